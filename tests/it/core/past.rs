//! What was said before: at JOIN, and when somebody asks for it.

use super::*;

#[test]
fn a_newcomer_is_told_what_was_said() {
    script(
        "a+alice
        a> JOIN #x
        a> TOPIC #x :tides
        a> PRIVMSG #x :one
        a> PRIVMSG #x :\u{1}ACTION waves\u{1}
        a*
        b+bob
        b> JOIN #x
        b< :bob!~bob@h JOIN #x
        b< :chatui.local 332 bob #x :tides
        b< :chatui.local 333 bob #x alice *
        b< :chatui.local 353 bob *
        b< :chatui.local 366 bob *
        b< :alice!~alice@h PRIVMSG #x :[*:*] one
        b< :alice!~alice@h PRIVMSG #x :\u{1}ACTION [*:*] waves\u{1}
        c+
        c> CAP LS 302
        c< :chatui.local CAP * LS :message-tags *
        c> CAP REQ :server-time batch message-tags
        c< :chatui.local CAP * ACK :server-time batch message-tags
        c> NICK carol
        c> USER c 0 * :c
        c.
        c> CAP END
        c*
        c> JOIN #x
        c< @time=*;msgid=* :carol!~c@h JOIN #x
        c< :chatui.local 332 carol #x :tides
        c< :chatui.local 333 carol *
        c< :chatui.local 353 carol *
        c< :chatui.local 366 carol *
        c< :chatui.local BATCH +b* chathistory #x
        c< @batch=b*;time=*;msgid=* :alice!~alice@h PRIVMSG #x :one
        c< @batch=b*;time=*;msgid=* :alice!~alice@h PRIVMSG #x :\u{1}ACTION waves\u{1}
        c< :chatui.local BATCH -b*
        a< :bob!~bob@h JOIN #x
        a< :carol!~c@h JOIN #x
        b< :carol!~c@h JOIN #x",
    );
}

#[test]
fn history_is_asked_for_by_those_who_know_how() {
    let mut stage = script(
        "a+
        a> CAP REQ :draft/chathistory batch server-time message-tags labeled-response
        a> NICK alice
        a> USER a 0 * :a
        a> CAP END
        b+bob
        b> JOIN #x
        b> PRIVMSG #x :one
        b> PRIVMSG #x :two
        b> PRIVMSG #x :three
        a> JOIN #x
        b*
        a*
        a> CHATHISTORY LATEST #x * 2
        a< :chatui.local BATCH +b* chathistory #x
        a< @batch=b*;time=*;msgid=* :bob!~bob@h PRIVMSG #x :two
        a< @batch=b*;time=*;msgid=* :bob!~bob@h PRIVMSG #x :three
        a< :chatui.local BATCH -b*
        a> @label=h CHATHISTORY AFTER #x timestamp=2020-01-01T00:00:00.000Z 1
        a< @label=h :chatui.local BATCH +b* chathistory #x
        a< @batch=b*;* :bob!~bob@h PRIVMSG #x :one
        a< :chatui.local BATCH -b*
        a> CHATHISTORY LATEST #nowhere * 2
        a< :chatui.local FAIL CHATHISTORY INVALID_TARGET LATEST #nowhere :*
        a> CHATHISTORY SIDEWAYS #x * 2
        a< :chatui.local FAIL CHATHISTORY INVALID_PARAMS SIDEWAYS :*
        a> CHATHISTORY BEFORE #x number=5 2
        a< :chatui.local FAIL CHATHISTORY INVALID_MSGREFTYPE BEFORE #x :*
        a> CHATHISTORY TARGETS timestamp=2020-01-01T00:00:00.000Z timestamp=2030-01-01T00:00:00.000Z 5
        a< :chatui.local BATCH +b* draft/chathistory-targets
        a< @batch=b* :chatui.local CHATHISTORY TARGETS #x 2026-*
        a< :chatui.local BATCH -b*",
    );
    let two = stage.kept.iter().find(|line| line.message().param(1) == "two").unwrap().msgid().to_owned();
    stage.run(&format!(
        "a> CHATHISTORY BEFORE #x msgid={two} 10
        a< *BATCH +*
        a< * PRIVMSG #x :one
        a< *BATCH -*
        a> CHATHISTORY AFTER #x msgid={two} 10
        a< *BATCH +*
        a< * PRIVMSG #x :three
        a< *BATCH -*
        a> CHATHISTORY AROUND #x msgid={two} 3
        a< *BATCH +*
        a< * PRIVMSG #x :one
        a< * PRIVMSG #x :two
        a< * PRIVMSG #x :three
        a< *BATCH -*"
    ));
}

#[test]
fn events_are_played_back_to_those_who_asked_for_them_in_a_batch() {
    let mut stage = Stage::new(Config::default());
    stage.pages = Pages::Read;
    stage.run(
        "b+bob
        b> JOIN #x
        b> TOPIC #x :tides
        b> PRIVMSG #x :one
        b*
        a+
        a> CAP REQ :draft/chathistory draft/event-playback batch message-tags labeled-response
        a> NICK alice
        a> USER a 0 * :a
        a> CAP END
        a> JOIN #x
        a*
        b*
        a> @label=h CHATHISTORY LATEST #x * 10
        a< @label=h;draft/chathistory-end :chatui.local BATCH +b* chathistory #x
        a< @batch=b*;msgid=* :bob!~bob@h JOIN #x
        a< @batch=b*;msgid=* :bob!~bob@h TOPIC #x :tides
        a< @batch=b*;msgid=* :bob!~bob@h PRIVMSG #x :one
        a< @batch=b*;msgid=* :alice!~a@h JOIN #x
        a< :chatui.local BATCH -b*
        a> CAP REQ -batch
        a< *ACK*
        a> CHATHISTORY LATEST #x * 10
        a< :bob!~bob@h PRIVMSG #x :[*] one
        a.",
    );
    stage.pages = Pages::Broken;
    stage.run(
        "a> CAP REQ batch
        a< *ACK*
        a> @label=i CHATHISTORY LATEST #x * 10
        a< @label=i :chatui.local FAIL CHATHISTORY MESSAGE_ERROR LATEST #x :*
        a.",
    );
}

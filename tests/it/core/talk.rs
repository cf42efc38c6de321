//! What is said in a channel and in private, its topic, the echo, and what is said again.

use super::*;

#[test]
fn a_conversation_in_a_channel() {
    let stage = script(
        "a+alice
        b+bob
        a> JOIN #lobby
        a< :alice!~alice@h JOIN #lobby
        a< :chatui.local 353 alice = #lobby :@alice
        a< :chatui.local 366 alice #lobby :*
        b> JOIN #LOBBY
        b< :bob!~bob@h JOIN #lobby
        b< :chatui.local 353 bob = #lobby :@alice bob
        b< :chatui.local 366 bob #lobby :*
        a< :bob!~bob@h JOIN #lobby
        a> PRIVMSG #lobby :hi there
        b< :alice!~alice@h PRIVMSG #lobby :hi there
        a.
        b> NICK rob
        b< :bob!~bob@h NICK rob
        a< :bob!~bob@h NICK rob
        b> PRIVMSG alice :psst
        a< :rob!~bob@h PRIVMSG alice :psst
        b> PART #lobby :bye
        a< :rob!~bob@h PART #lobby :bye
        b< :rob!~bob@h PART #lobby :bye
        b> PRIVMSG #lobby :hello?
        b< :chatui.local 404 rob #lobby :*",
    );
    let kept: Vec<String> = stage
        .kept
        .iter()
        .map(|line| String::from_utf8_lossy(line.untagged()).trim_end().to_owned())
        .collect();
    assert_eq!(
        kept,
        [
            ":alice!~alice@h JOIN #lobby",
            ":bob!~bob@h JOIN #lobby",
            ":alice!~alice@h PRIVMSG #lobby :hi there",
            ":bob!~bob@h NICK rob",
            ":rob!~bob@h PART #lobby :bye",
        ],
        "what was for one person alone is not kept"
    );
}

#[test]
fn a_topic_is_its_operators() {
    script(
        "a+alice
        b+bob
        a> JOIN #x
        b> JOIN #x
        a*
        b*
        b> TOPIC #x :mine
        b< :chatui.local 482 bob #x :*
        b> TOPIC #x
        b< :chatui.local 331 bob #x :*
        a> TOPIC #x :ours
        a< :alice!~alice@h TOPIC #x :ours
        b< :alice!~alice@h TOPIC #x :ours
        a> MODE #x -t
        a< :alice!~alice@h MODE #x -t
        b< :alice!~alice@h MODE #x -t
        b> TOPIC #x :mine
        a< :bob!~bob@h TOPIC #x :mine
        b< :bob!~bob@h TOPIC #x :mine
        b> MODE #x +o bob
        b< :chatui.local 482 bob #x :*
        a> KICK #x bob :out
        a< :alice!~alice@h KICK #x bob :out
        b< :alice!~alice@h KICK #x bob :out
        a> MODE #x +kl word 5
        a< :alice!~alice@h MODE #x +kl word 5
        b> JOIN #x
        b< :chatui.local 475 bob #x :*
        b> JOIN #x word
        a< :bob!~bob@h JOIN #x
        b*
        b> MODE #x
        b< :chatui.local 324 bob #x +nkl word 5
        b< :chatui.local 329 bob #x *",
    );
}

#[test]
fn the_echo_goes_to_those_who_asked_for_it() {
    script(
        "a+
        a> CAP REQ :echo-message labeled-response message-tags batch
        a> NICK alice
        a> USER a 0 * :a
        a> CAP END
        a> JOIN #x
        a*
        b+bob
        b> JOIN #x
        b*
        a*
        a> @+chatui/id=1;time=x;label=l1 PRIVMSG #x :hi
        a< @label=l1;msgid=*;+chatui/id=1 :alice!~a@h PRIVMSG #x :hi
        b< :alice!~a@h PRIVMSG #x :hi
        a> @label=l2 PING t
        a< @label=l2 :chatui.local PONG chatui.local t
        a> @label=l3 PONG t
        a< @label=l3 :chatui.local ACK
        a> @label=l4 TOPIC #x
        a< @label=l4 :chatui.local 331 *
        a> @label=l5 WHO #x
        a< @label=l5 :chatui.local BATCH +b* labeled-response
        a< @batch=b* :chatui.local 352 *
        a< @batch=b* :chatui.local 352 *
        a< @batch=b* :chatui.local 315 *
        a< :chatui.local BATCH -b*
        a> @label=l6 PRIVMSG bob :you
        a< @label=l6;msgid=* :alice!~a@h PRIVMSG bob :you
        b< :alice!~a@h PRIVMSG bob :you",
    );
}

#[test]
fn a_line_that_is_said_again_under_its_id_is_heard_once() {
    let stage = script(
        "a+
        a> CAP REQ :echo-message message-tags
        a> NICK alice
        a> USER a 0 * :a
        a> CAP END
        a> JOIN #x
        a*
        b+bob
        b> JOIN #x
        b*
        a*
        a> @+chatui/id=0123456789abcdef0123456789abcdef PRIVMSG #x :once
        a< @msgid=*;+chatui/id=0123456789abcdef0123456789abcdef :alice!~a@h PRIVMSG #x :once
        b< :alice!~a@h PRIVMSG #x :once
        a> PRIVMSG #x :between
        a< @msgid=* :alice!~a@h PRIVMSG #x :between
        b< :alice!~a@h PRIVMSG #x :between
        a> @+chatui/id=0123456789abcdef0123456789abcdef PRIVMSG #x :once
        a< @msgid=*;+chatui/id=0123456789abcdef0123456789abcdef :alice!~a@h PRIVMSG #x :once
        b.",
    );
    assert_eq!(stage.kept.iter().filter(|line| line.message().param(1) == "once").count(), 1);
}

#[test]
fn what_is_said_again_is_heard_once_in_private_and_after_a_restart_and_under_another_nick() {
    let log = script(
        "a+alice
        a> JOIN #x
        a> @+chatui/id=0123456789abcdef0123456789abcdef PRIVMSG #x :once
        a*",
    );
    let mut stage = Stage::new(Config::default());
    log.kept.iter().for_each(|line| stage.core.recall_id(line));
    let msgid = log.kept.last().unwrap().msgid();
    stage.run(&format!(
        "a+
        a> CAP REQ :echo-message message-tags
        a> NICK alice_
        a> USER a 0 * :a
        a> CAP END
        a> JOIN #x
        a*
        b+bob
        b> JOIN #x
        b*
        a*
        a> @+chatui/id=0123456789abcdef0123456789abcdef PRIVMSG #x :once
        a< @msgid={msgid};+chatui/id=0123456789abcdef0123456789abcdef :alice_!~a@h PRIVMSG #x :once
        a> @+chatui/id=1123456789abcdef0123456789abcdef NOTICE bob :you
        a< *+chatui/id=1123456789abcdef0123456789abcdef :alice_!~a@h NOTICE bob :you
        b< :alice_!~a@h NOTICE bob :you
        a> @+chatui/id=1123456789abcdef0123456789abcdef NOTICE bob :you
        a< *+chatui/id=1123456789abcdef0123456789abcdef :alice_!~a@h NOTICE bob :you
        a> @+chatui/id=1123456789abcdef0123456789abcdef TAGMSG bob
        a< *+chatui/id=1123456789abcdef0123456789abcdef :alice_!~a@h TAGMSG bob
        a.
        b."
    ));
}

#[test]
fn what_is_no_utf8_is_not_relayed() {
    let mut stage = script("a+alice\n b+bob\n a> JOIN #x\n b> JOIN #x\n a*\n b*");
    stage.input(Input::Line(ConnId(u32::from(b'a')), b"PRIVMSG #x :\xff\xfe"));
    stage.run("a< :chatui.local FAIL PRIVMSG INVALID_UTF8 :*\n b.");
}

#[test]
fn what_no_line_may_hold_becomes_a_blank() {
    let mut stage = script("a+alice\n b+bob\n a> JOIN #x\n b> JOIN #x\n a*\n b*");
    stage.bytes('a', b"PRIVMSG #x :a\r:b PRIVMSG #x :\0c");
    stage.run("b< :alice!~alice@h PRIVMSG #x :a :b PRIVMSG #x : c\n a.");
}

//! What some are told and others are not, by their capabilities; and the tags that go from client to client.

use chatui::server::core::Config;
use chatui::server::core::config::Operator;
use chatui::server::core::password::Hidden;

use super::{Stage, script};

#[test]
fn who_joins_is_told_with_the_real_name_to_those_who_asked() {
    let mut stage = Stage::new(Config::default());
    stage.run(
        "a+alice
        b+bob
        a> CAP REQ extended-join
        a*
        a> JOIN #x
        a< :alice!~alice@h JOIN #x * alice
        a*
        b> JOIN #x
        b< :bob!~bob@h JOIN #x
        b*
        a< :bob!~bob@h JOIN #x * bob
        c+
        c> CAP REQ :extended-join server-time message-tags
        c> NICK carol
        c> USER c 0 * :Carol of the Sea
        c> CAP END
        c*
        c> JOIN #x
        c< @* :carol!~c@h JOIN #x * :Carol of the Sea
        c*
        a< :carol!~c@h JOIN #x * :Carol of the Sea
        b< :carol!~c@h JOIN #x
        c> PART #x
        a*
        b*
        c*",
    );
    stage.say(u32::from('c'), "JOIN #x");
    // All forms have one stamp, which is the kept line's.
    let heard = stage.take('c').remove(0);
    let kept = stage.kept.last().unwrap();
    assert_eq!(heard, format!("@{} :carol!~c@h JOIN #x * :Carol of the Sea", kept.tags()));
}

#[test]
fn a_labelled_join_is_answered_in_the_form_that_was_asked_for() {
    script(
        "a+
        a> CAP REQ :labeled-response batch message-tags extended-join no-implicit-names
        a> NICK alice
        a> USER alice 0 * :alice
        a> CAP END
        a*
        a> @label=1 JOIN #x
        a< @label=1;msgid=* :alice!~alice@h JOIN #x * alice
        b+bob
        b> JOIN #x
        b*
        a< @msgid=* :bob!~bob@h JOIN #x * bob",
    );
}

#[test]
fn the_names_come_unasked_unless_one_said_no() {
    for name in ["no-implicit-names", "draft/no-implicit-names"] {
        script(&format!(
            "a+alice
            a> CAP REQ :{name}
            a< :chatui.local CAP alice ACK :{name}
            a> JOIN #x
            a< :alice!~alice@h JOIN #x
            a.
            a> NAMES #x
            a< :chatui.local 353 alice = #x :@alice
            a< :chatui.local 366 alice #x :*"
        ));
    }
}

#[test]
fn an_operator_gives_somebody_another_host() {
    let operator = Operator { name: "root".to_owned(), hash: Hidden::new("hash of tide") };
    Stage::new(Config { operators: vec![operator], ..Config::default() }).run(
        "a+alice
        b+bob
        c+carol
        a> CAP REQ chghost
        b> CAP REQ chghost
        a> JOIN #x
        b> JOIN #x
        c> JOIN #x
        a*
        b*
        c*
        b> CHGHOST bob home.example
        b< :chatui.local 481 bob :*
        a> OPER root tide
        a*
        a> CHGHOST bob home.example
        a< :bob!~bob@h CHGHOST ~bob home.example
        b< :bob!~bob@h CHGHOST ~bob home.example
        b< :chatui.local 396 bob home.example :*
        c.
        b> PRIVMSG #x :hi
        a< :bob!~bob@home.example PRIVMSG #x :hi
        c< :bob!~bob@home.example PRIVMSG #x :hi
        c> WHOIS bob
        c< :chatui.local 311 carol bob ~bob home.example * :bob
        c*
        a> CHGHOST bob home.example
        a.
        a> CHGHOST bob a!b@c
        a< :chatui.local NOTICE alice :CHGHOST: *
        a> CHGHOST nobody home.example
        a< :chatui.local 401 alice nobody :*",
    );
}

#[test]
fn a_clients_tags_reach_those_who_read_tags_and_no_others() {
    script(
        "a+alice
        b+bob
        c+carol
        a> CAP REQ message-tags
        b> CAP REQ :message-tags echo-message
        a> JOIN #x
        b> JOIN #x
        c> JOIN #x
        a*
        b*
        c*
        b> @+typing=active TAGMSG #x
        a< @msgid=*;+typing=active :bob!~bob@h TAGMSG #x
        b< @msgid=*;+typing=active :bob!~bob@h TAGMSG #x
        b> @+draft/react=%;+reply=0123;time=1970 TAGMSG #x
        a< @msgid=*;+draft/react=%;+reply=0123 :bob!~bob@h TAGMSG #x
        b< @msgid=*;+draft/react=%;+reply=0123 :bob!~bob@h TAGMSG #x
        b> @+draft/unreact=%;+draft/reply=0123 TAGMSG alice
        a< @msgid=*;+draft/unreact=%;+draft/reply=0123 :bob!~bob@h TAGMSG alice
        b< @msgid=*;+draft/unreact=%;+draft/reply=0123 :bob!~bob@h TAGMSG alice
        b> @+reply=0123;+channel-context=#x PRIVMSG #x :so do I
        a< @msgid=*;+reply=0123;+channel-context=#x :bob!~bob@h PRIVMSG #x :so do I
        b< @msgid=*;+reply=0123;+channel-context=#x :bob!~bob@h PRIVMSG #x :so do I
        c< :bob!~bob@h PRIVMSG #x :so do I
        b> @+typing=done TAGMSG carol
        b< @msgid=*;+typing=done :bob!~bob@h TAGMSG carol
        c.",
    );
}

#[test]
fn what_is_granted_is_told_whole_however_long_the_wish_is() {
    let mut stage = script("a+alice");
    let wish = "multi-prefix ".repeat(38);
    stage.say(u32::from('a'), &format!("CAP REQ :{}", wish.trim_end()));
    let told = stage.take('a');
    let head = ":chatui.local CAP alice ACK :";
    let granted: Vec<&str> =
        told.iter().flat_map(|line| line.strip_prefix(head).unwrap().split(' ')).collect();
    assert_eq!(granted, vec!["multi-prefix"; 38]);
    assert_eq!(told.len(), 2);
    stage.say(u32::from('a'), &format!("CAP REQ :{}", "a ".repeat(240)));
    let told = stage.take('a');
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with(":chatui.local CAP alice NAK :a a "), "{told:?}");
}

#[test]
fn a_list_of_capabilities_goes_on_in_another_line() {
    let name = "a".repeat(63);
    let mut stage = Stage::new(Config { name, ..Config::default() });
    stage.run("a+");
    let whole = |told: Vec<String>| -> Vec<String> {
        told.iter().flat_map(|line| line.rsplit_once(':').unwrap().1.split(' ')).map(str::to_owned).collect()
    };
    stage.bytes('a', b"CAP LS");
    let plain = stage.take('a');
    assert!(plain.iter().all(|line| line.contains(" CAP * LS :")));
    stage.bytes('a', b"CAP LS 302");
    let marked = stage.take('a');
    assert!(marked.len() > 1 || marked[0].len() <= 510);
    assert!(marked[..marked.len() - 1].iter().all(|line| line.contains(" CAP * LS * :")));
    assert_eq!(whole(plain), whole(marked));
}

#[test]
fn each_line_of_capabilities_has_as_many_as_fit() {
    for length in 1..=63 {
        let mut stage = Stage::new(Config { name: "a".repeat(length), ..Config::default() });
        stage.run("a+alice");
        stage.bytes('a', b"CAP LS 302");
        let told = stage.take('a');
        for pair in told.windows(2) {
            let next = pair[1].rsplit_once(':').unwrap().1.split(' ').next().unwrap();
            // That none is longer than a line may be is checked wherever something is heard.
            assert!(pair[0].len() + 1 + next.len() > 510, "{length}: {pair:?}");
        }
        // What is not granted is told in one line, which has room for a mark that it does not need.
        stage.bytes('a', format!("CAP REQ :{}", ["abc"; 125].join(" ")).as_bytes());
        let told = stage.take('a');
        assert!(told.len() == 1 && told[0].len() > 510 - 2 - " abc".len(), "{length}: {told:?}");
    }
}

#[test]
fn whoever_asks_what_there_is_is_waited_for() {
    script(
        "a+
        a> CAP LS
        a*
        a> NICK alice
        a> USER a 0 * :a
        a.
        a> CAP LS
        a*
        a> CAP END
        a< :chatui.local 001 alice *
        a*
        a> CAP LS
        a*
        a> JOIN #x
        a< :alice!~a@h JOIN #x
        a*",
    );
}

#[test]
fn an_answer_that_is_a_batch_of_its_own_carries_the_label_itself() {
    script(
        "a+alice
        a> CAP REQ :labeled-response batch draft/chathistory
        a> JOIN #x
        a*
        a> @label=t CHATHISTORY TARGETS timestamp=2020-01-01T00:00:00.000Z timestamp=2030-01-01T00:00:00.000Z 9
        a< @label=t :chatui.local BATCH +b* draft/chathistory-targets
        a< :chatui.local BATCH -b*
        a> PRIVMSG #x :hi
        a> @label=t CHATHISTORY TARGETS timestamp=2020-01-01T00:00:00.000Z timestamp=2030-01-01T00:00:00.000Z 9
        a< @label=t :chatui.local BATCH +b* draft/chathistory-targets
        a< @batch=b* :chatui.local CHATHISTORY TARGETS #x *
        a< :chatui.local BATCH -b*
        a> @label= PING x
        a< :chatui.local PONG *
        a> @label=a;label=b PING x
        a< @label=b :chatui.local PONG *
        a> @label=a\\sb;x WHAT
        a< @label=a\\sb :chatui.local 421 alice WHAT :*",
    );
    let long = "l".repeat(64);
    script(&format!(
        "a+alice
        a> @label=x PING x
        a< :chatui.local PONG *
        a> CAP REQ :labeled-response batch
        a*
        a> @label={long} PING x
        a< @label={long} :chatui.local PONG *
        a> @label=l{long} PING x
        a< :chatui.local PONG *"
    ));
}

#[test]
fn a_labelled_message_to_oneself_and_to_nobody_is_answered_under_its_label() {
    script(
        "a+alice
        b+bob
        a> CAP REQ :labeled-response batch
        a> JOIN #x
        b> JOIN #x
        a*
        b*
        a> @label=1 PRIVMSG bob :hi
        a< @label=1 :chatui.local ACK
        b< :alice!~alice@h PRIVMSG bob :hi
        a> @label=2 PRIVMSG #x :hi
        a< @label=2 :chatui.local ACK
        b< :alice!~alice@h PRIVMSG #x :hi
        a> @label=3 NICK alicia
        a< @label=3 :alice!~alice@h NICK alicia
        b< :alice!~alice@h NICK alicia
        a> @label=4 TOPIC #x :tides
        a< @label=4 :alicia!~alice@h TOPIC #x :tides
        b< :alicia!~alice@h TOPIC #x :tides
        a> @label=5 MODE #x +m
        a< @label=5 :alicia!~alice@h MODE #x +m
        b< :alicia!~alice@h MODE #x +m
        a> @label=6 KICK #x bob :out
        a< @label=6 :alicia!~alice@h KICK #x bob :out
        b< :alicia!~alice@h KICK #x bob :out
        a> @label=7 PART #x
        a< @label=7 :alicia!~alice@h PART #x
        a> @label=8 AWAY :tea
        a< @label=8 :chatui.local 306 alicia :*
        a> @label=9 PRIVMSG nobody,none :hi
        a< @label=9 :chatui.local BATCH +b* labeled-response
        a< @batch=b* :chatui.local 401 alicia nobody :*
        a< @batch=b* :chatui.local 401 alicia none :*
        a< :chatui.local BATCH -b*",
    );
}

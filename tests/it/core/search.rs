//! SEARCH: what is found, what is not, and what nobody learns by it.

use super::*;

/// Somebody who may search, as they come in.
const SEARCHER: &str = "
    a+
    a> CAP REQ :soju.im/search batch server-time message-tags labeled-response
    a> NICK alice
    a> USER a 0 * :a
    a> CAP END
    a*";

/// Alice in `#x`, where Bob has said some things; and Bob and Carol in a room of their own.
fn stage() -> Stage {
    let mut stage = script(SEARCHER);
    stage.run(
        "b+bob
        c+carol
        a> JOIN #x
        b> JOIN #x
        b> JOIN #Secret
        c> JOIN #secret
        b> PRIVMSG #x :the tide tables
        b> NOTICE #x :Tide at noon
        b> TOPIC #x :tide
        c> PRIVMSG #secret :the tide of secrets
        b> PRIVMSG alice :tide, between us
        c> PRIVMSG bob :tide, between them
        b> PRIVMSG #x :\u{1}ACTION watches the TIDE tables\u{1}
        a> PRIVMSG #X :ebb; and \\flow
        a*
        b*
        c*",
    );
    stage
}

#[test]
fn words_are_found_whatever_their_case_and_their_order() {
    stage().run(
        "a> SEARCH text=TABLES\\stide
        a< @draft/chathistory-end :chatui.local BATCH +b* soju.im/search
        a< @batch=b*;time=*;msgid=* :bob!~bob@h PRIVMSG #x :the tide tables
        a< @batch=b*;time=*;msgid=* :bob!~bob@h PRIVMSG #x :\u{1}ACTION watches the TIDE tables\u{1}
        a< :chatui.local BATCH -b*
        a> SEARCH text=\"tide\\stables\";limit=1
        a< *BATCH +b*
        a< * PRIVMSG #x :*watches*
        a< *BATCH -b*
        a> @label=s SEARCH from=BOB;in=#X;text=at
        a< @label=s;draft/chathistory-end :chatui.local BATCH +b* soju.im/search
        a< * NOTICE #x :Tide at noon
        a< * PRIVMSG #x :*watches*
        a< *BATCH -b*
        a> SEARCH :text=ebb\\:\\sand \\\\flow
        a< *BATCH +b*
        a< * :alice!~a@h PRIVMSG #X :ebb; and *flow
        a< *BATCH -b*
        a> SEARCH text=action
        a< *BATCH +b*
        a< *BATCH -b*",
    );
}

#[test]
fn nobody_learns_what_is_said_where_they_are_not() {
    let mut stage = stage();
    let mut answer = |ask: &str| {
        stage.run("~1");
        stage.say(u32::from('a'), &format!("SEARCH {ask}"));
        stage.take('a')
    };
    let all = answer("text=tide");
    assert_eq!(all.len(), 5, "{all:#?}");
    assert!(!all.iter().any(|line| line.contains("ecret") || line.contains("between")), "{all:#?}");
    assert_eq!(answer("from=carol").len(), 2, "she is nowhere that alice is");
    // A room that one is not in, one that is not there, a person who is, one who is not: all the same answer.
    let shape = |lines: &[String]| -> Vec<String> {
        let steady = |line: &String| {
            line.split(' ').filter(|word| !word.contains(['+', '-'])).collect::<Vec<_>>().join(" ")
        };
        lines.iter().map(steady).collect()
    };
    let there = answer("text=tide;in=#secret");
    assert_eq!(there.len(), 2);
    for ask in ["in=#nowhere", "in=bob", "in=carol", "in=alice", "in=dave", "in", "in=#secret;from=carol"] {
        assert_eq!(shape(&answer(&format!("text=tide;{ask}"))), shape(&there), "{ask}");
    }
    // Once she is in, she may read it, and so she finds it; once she is out, no more.
    let joined = |stage: &mut Stage, what: &str| {
        stage.run(&format!("a> {what} #secret\na*\nb*\nc*"));
        stage.say(u32::from('a'), "SEARCH text=secrets");
        stage.take('a').len()
    };
    assert_eq!((joined(&mut stage, "JOIN"), joined(&mut stage, "PART")), (3, 2));
}

#[test]
fn it_has_to_be_negotiated_and_asked_for_properly() {
    let mut stage = stage();
    stage.run(
        "b> SEARCH text=tide
        b< :chatui.local 421 bob SEARCH :Unknown command
        a> SEARCH
        a< :chatui.local FAIL SEARCH INVALID_PARAMS :Invalid attributes
        a> SEARCH text=a in=#x
        a< :chatui.local FAIL SEARCH INVALID_PARAMS :Invalid attributes
        a> SEARCH txet=tide
        a< :chatui.local FAIL SEARCH INVALID_PARAMS txet :Invalid attributes
        a> SEARCH text=tide;after=monday
        a< :chatui.local FAIL SEARCH INVALID_PARAMS after :Invalid attributes
        a> SEARCH text=tide;limit=0
        a< *BATCH +b*
        a< *BATCH -b*",
    );
    let many = vec!["w"; 17].join("\\s");
    stage.run(&format!("a> SEARCH text={many}\na< *INVALID_PARAMS text :*"));
}

#[test]
fn times_are_included_and_ids_are_not() {
    let mut stage = script(SEARCHER);
    stage.run("a> JOIN #x\na*");
    for n in 1..=9 {
        stage.run(&format!("~1\na> PRIVMSG #x :number {n}\na*"));
    }
    let said: Vec<Line> =
        stage.kept.iter().filter(|line| line.message().command == "PRIVMSG").cloned().collect();
    let mut found = |ask: String| -> String {
        stage.run("~1");
        stage.say(u32::from('a'), &format!("SEARCH text=number;{ask}"));
        let lines = stage.take('a');
        lines.iter().filter_map(|line| line.split_once("number ")).map(|(_, n)| n).collect()
    };
    let (three, six) = (&said[2], &said[5]);
    assert_eq!(found("limit=2".to_owned()), "89");
    assert_eq!(found(format!("before={};limit=2", six.time())), "56");
    assert_eq!(found(format!("after={};limit=2", six.time())), "67", "the first ones from there on");
    assert_eq!(found(format!("after={};before={}", three.time(), six.time())), "3456");
    assert_eq!(found(format!("chatui/before={};limit=2", six.msgid())), "45");
    assert_eq!(found(format!("chatui/after={};limit=2", six.msgid())), "78");
    assert_eq!(found(format!("after={};chatui/before=*;limit=2", three.time())), "89");
    assert_eq!(found(format!("after={};chatui/before={}", three.time(), six.msgid())), "345");
}

#[test]
fn who_searches_without_end_is_told_to_wait() {
    let mut stage = stage();
    for _ in 0..20 {
        stage.run("a> SEARCH text=tide;limit=1\na< *BATCH +*\na< *\na< *BATCH -*");
    }
    stage.run(
        "a> SEARCH text=tide;limit=1
        a< :chatui.local FAIL SEARCH RATE_LIMITED 1 :So many searches at once, wait a moment
        ~1
        a> SEARCH text=tide;limit=1
        a< *BATCH +*
        a< *
        a< *BATCH -*",
    );
}

#[test]
fn what_is_said_after_a_search_was_asked_for_is_not_in_it() {
    let mut stage = stage();
    let last = stage.kept.last().map(|line| (line.time(), line.seq()));
    stage.run("a> SEARCH text=ebb\n a*");
    assert_eq!((stage.until, last.is_some()), (last, true));
}

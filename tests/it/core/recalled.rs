//! What is known of before: from the log at a start, of those who have left, and of who is on the way out; and how much all
//! of that may become.

use chatui::irc::Draft;
use chatui::server::core::state::Kind;
use chatui::server::core::{Find, Of, Playback, Query, Rest, Which};

use super::*;

/// A core that was started on what another has kept, with Alice in it, who may ask.
fn restarted(before: &Stage, behind: Option<usize>) -> Stage {
    let mut stage = Stage::new(Config::default());
    before.kept.iter().for_each(|line| stage.core.recall(line));
    if let Some(n) = behind {
        let line = &before.kept[n];
        stage.core.recall_behind(line.time(), line.seq());
    }
    stage.run(
        "a+
        a> CAP REQ :draft/chathistory batch
        a> NICK alice
        a> USER a 0 * :a
        a> CAP END
        a> JOIN #x
        a*",
    );
    stage
}

#[test]
fn what_was_recalled_is_history_and_what_may_lack_is_read_from_the_log() {
    let before = script(
        "b+bob
        b> JOIN #x
        b> TOPIC #x :tides
        b> PRIVMSG #x :one
        b> PRIVMSG #x :two
        b> PRIVMSG #x :three
        b*",
    );
    let mut stage = restarted(&before, None);
    stage.run(
        "a> TOPIC #x
        a< :chatui.local 332 alice #x :tides
        a< :chatui.local 333 alice #x bob *
        a> CHATHISTORY LATEST #x * 9
        a< :chatui.local BATCH +*
        a< * PRIVMSG #x :one
        a< * PRIVMSG #x :two
        a< * PRIVMSG #x :three
        a< :chatui.local BATCH -*",
    );
    assert_eq!(stage.core.users(), 1);
    // Sure behind `one`.
    let mut stage = restarted(&before, Some(2));
    stage.run(
        "a> CHATHISTORY LATEST #x * 2
        a< :chatui.local BATCH +*
        a< * PRIVMSG #x :two
        a< * PRIVMSG #x :three
        a< :chatui.local BATCH -*
        a> CHATHISTORY LATEST #x * 3
        a< asked for a page of #x
        a> JOIN #y
        a*
        a> CHATHISTORY LATEST #y * 3
        a< asked for a page of #y",
    );
}

#[test]
fn who_joins_a_channel_of_which_more_may_be_in_the_log_is_given_a_page() {
    let before = script("b+bob\n b> JOIN #x\n b> PRIVMSG #x :one\n b*");
    let mut stage = restarted(&before, Some(1));
    stage.run("b+bob\n b> JOIN #x\n b< :bob!~bob@h JOIN #x\n b< *\n b< *\n b< asked for a page of #x\n a*");
}

#[test]
fn of_those_who_left_the_last_thousand_are_remembered() {
    let mut stage = Stage::new(Config::default());
    for n in 0..1_001 {
        stage.run(&format!("b+n{n}\n b! gone"));
    }
    stage.run(
        "a+alice
        a> WHOWAS n0
        a< :chatui.local 406 alice n0 :*
        a< :chatui.local 369 *
        a> WHOWAS n1 0
        a< :chatui.local 314 alice n1 *
        a< :chatui.local 312 *
        a< :chatui.local 369 *
        a> WHOWAS x,,n1000,x,x,x 1
        a< :chatui.local 406 alice x *
        a< :chatui.local 369 *
        a< :chatui.local 314 alice n1000 *
        a< :chatui.local 312 *
        a< :chatui.local 369 *
        a< :chatui.local 406 alice x *
        a< :chatui.local 369 *
        a< :chatui.local 406 alice x *
        a< :chatui.local 369 *",
    );
}

#[test]
fn who_is_on_the_way_out_does_and_is_asked_nothing_more() {
    let mut core = Core::new(Config::default());
    let (mut out, now) = (Vec::new(), Time::from_millis(1_795_190_700_000));
    core.handle(Input::Open(ConnId(0), Peer::default()), now, &mut out);
    for line in ["NICK alice", "USER a 0 * :a", "JOIN #x"] {
        core.handle(Input::Line(ConnId(0), line.as_bytes()), now, &mut out);
    }
    let Some(Output::Append { draft, origin, .. }) = out.pop() else { panic!("{out:?}") };
    core.handle(Input::Appended(draft.stamp(now, 1), Some(origin)), now, &mut out);
    out.clear();
    core.handle(Input::Close(ConnId(0), "gone".to_owned()), now, &mut out);
    let Some(Output::Append { draft, .. }) = out.pop() else { panic!("{out:?}") };
    // Until the log has the QUIT.
    core.handle(Input::Line(ConnId(0), b"PING x"), now, &mut out);
    core.handle(Input::Tick, now + Duration::from_secs(1_000), &mut out);
    assert!(out.is_empty(), "{out:?}");
    core.handle(Input::Appended(draft.stamp(now, 2), Some(ConnId(0))), now, &mut out);
    assert!(matches!(out.last(), Some(Output::Close(ConnId(0), reason)) if reason == "gone"), "{out:?}");
    core.handle(Input::Close(ConnId(0), "gone".to_owned()), now, &mut out);
    assert_eq!(out.iter().filter(|output| matches!(output, Output::Close(..))).count(), 1);
}

#[test]
fn an_output_is_about_as_large_as_its_bytes() {
    let line = Draft::new("", "a!a@h", "PRIVMSG", &["#x", "hello"]).stamp(Time::from_millis(1), 1);
    let length = line.tagged().len();
    let query =
        Query { channel: "#x".to_owned(), which: Which::Latest(None), limit: 3, events: false, until: None };
    let page = |lines| {
        let playback = Box::new(Playback {
            form: Form::Full,
            server: "s".to_owned(),
            of: Of::Search,
            batch: None,
            asked: None,
            label: None,
            now: Time::default(),
        });
        Output::Page { to: ConnId(0), lines, playback }
    };
    let recent = Lines::Recent { lines: vec![line.clone(); 2], rest: Rest::End, query: query.clone() };
    for (output, size) in [
        (Output::Deliver { line, to: Audience::One(ConnId(0), Form::Full), except: None }, length),
        (Output::Reply { to: ConnId(0), bytes: b"12345"[..].into(), of: None }, 5),
        (page(recent), 2 * length),
        (page(Lines::Asked(query)), 3 * 512),
        (page(Lines::Sought(Box::new(Find { limit: 5, ..Find::default() }))), 5 * 512),
        (Output::Close(ConnId(0), "gone".to_owned()), 64),
    ] {
        assert_eq!(output.size(), size, "{output:?}");
    }
    assert_eq!((Kind::Irc.name(), Kind::Plain.name()), ("irc", "plain"));
}

#[test]
fn of_too_many_empty_channels_some_are_forgotten_and_read_from_the_log_again() {
    let mut stage = Stage::new(Config::default());
    let said = |n: u64| {
        Draft::new("", "bob!b@h", "PRIVMSG", &[&format!("#c{n}"), "hi"])
            .stamp(Time::from_millis(1_000 + n), n)
    };
    (1..=10_000).for_each(|n| stage.core.recall(&said(n)));
    stage.run("a+alice\n a> JOIN #c10001\n a< :alice!~alice@h JOIN #c10001\n a*\n a> PART #c10001\n a*");
    stage.run("a> JOIN #c10000\n a< * JOIN *\n a< *\n a< *\n a< :bob!b@h PRIVMSG #c10000 :[*] hi\n a> PART #c10000\n a*");
    // Of those in which nothing but this was said, the one that has been empty longest.
    let again =
        Draft::new("", "bob!b@h", "PRIVMSG", &["#c1", "again"]).stamp(Time::from_millis(11_000), 10_000);
    stage.core.recall(&again);
    stage.core.recall(&said(10_001));
    stage.run("a> JOIN #c10001\n a< * JOIN *\n a< *\n a< *\n a< :bob!b@h PRIVMSG #c10001 :[*] hi");
    stage.run(
        "a> JOIN #c1\n a< * JOIN *\n a< *\n a< *\n a< *PRIVMSG #c1 :[*] hi\n a< *PRIVMSG #c1 :[*] again",
    );
    stage.run("a> JOIN #c2\n a< * JOIN *\n a< *\n a< *\n a< asked for a page of #c2");
    stage.run("a> JOIN #c3\n a< * JOIN *\n a< *\n a< *\n a< :bob!b@h PRIVMSG #c3 :[*] hi");
}

//! What one has typed and nobody has confirmed yet: over a restart of the client, and on servers that confirm nothing.

use std::time::Duration;

use chatui::client::Address;
use chatui::client::app::{Effect, Event, Keep, Options};
use chatui::client::entry::State;
use chatui::client::outbox::journal;
use crossterm::event::{KeyCode, KeyModifiers};

use crate::client::{CAPS, Talk, in_lobby, line, tag, untagged};

/// What a client has on its disk after all that it wanted to be kept.
fn disk(talk: &mut Talk, mut disk: String) -> String {
    for effect in talk.others() {
        match effect {
            Effect::Keep(Keep::Append(records)) => disk.push_str(&records),
            Effect::Keep(Keep::Replace(whole)) => disk = whole,
            _ => {}
        }
    }
    disk
}

/// A client that has found this journal.
fn started_with(journal: &str) -> Talk {
    let mut talk = Talk::new();
    talk.event(Event::Kept(vec![journal.to_owned().into()]));
    talk
}

/// What the server is told, without tags and what every start says.
fn said(talk: &mut Talk) -> Vec<String> {
    let lines = talk.sent().into_iter().filter(|line| line.contains("PRIVMSG") || line.contains("NOTICE"));
    lines.map(|line| untagged(&line).to_owned()).collect()
}

#[test]
fn a_line_is_on_the_disk_before_it_is_sent_and_gone_from_it_when_it_is_heard() {
    let mut talk = started_with("");
    assert_eq!(talk.others()[1..].len(), 2, "connects, and the journal is begun");
    talk.online(CAPS);
    talk.joined("#lobby", "bob alice");
    let label = tag(talk.sent.last().unwrap(), "label").to_owned();
    talk.history(Some(&label), "#lobby", &[line(1, "bob", "one")]);
    talk.sent();
    let effects = talk.app.update(Event::Paste("hello".into()), talk.now);
    let typing = Effect::Send("@+typing=active TAGMSG #lobby".into());
    assert_eq!(effects, [typing], "a draft is not written at every key");
    let enter = crossterm::event::KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE);
    let effects = talk.app.update(Event::Key(enter), talk.now);
    let [Effect::Keep(Keep::Append(records)), Effect::Send(sent)] = &effects[..] else {
        panic!("{effects:?}");
    };
    let kept = journal::read(records.as_bytes()).lines;
    assert_eq!((&*kept[0].text, &*kept[0].id), ("hello", tag(sent, "+chatui/id")));
    assert_eq!(&*kept[0].sent.as_ref().unwrap().msgid, "m0001");
    let echo = line(2, "alice", "hello").replacen('@', &format!("@label={};", tag(sent, "label")), 1);
    let effects = talk.app.update(Event::Line(echo.into_bytes().into()), talk.now);
    assert_eq!(effects, [Effect::Keep(Keep::Replace(String::new()))]);
}

#[test]
fn lines_typed_offline_are_sent_once_by_the_next_client() {
    let mut talk = in_lobby();
    talk.event(Event::Kept(Vec::new()));
    talk.event(Event::Offline("cut".into()));
    talk.types("one dark line");
    talk.types("/me waits");
    talk.types("/msg bob and you?");
    let left = disk(&mut talk, String::new());
    drop(talk);

    let mut talk = started_with(&left);
    assert_eq!(talk.app.status(), chatui::client::app::Status::Quiet);
    assert_eq!(talk.shows("#lobby"), ["alice: one dark line (pending)", "* alice waits (pending)"]);
    talk.online(CAPS);
    assert_eq!(said(&mut talk), ["PRIVMSG bob :and you?"]);
    talk.joined("#lobby", "bob alice");
    let label = tag(talk.sent.last().unwrap(), "label").to_owned();
    talk.history(Some(&label), "#lobby", &[line(1, "bob", "one")]);
    assert_eq!(said(&mut talk), ["PRIVMSG #lobby :one dark line", "PRIVMSG #lobby :\u{1}ACTION waits\u{1}"]);
}

#[test]
fn a_line_of_which_nobody_knows_is_looked_for_in_all_that_came_since() {
    let mut talk = in_lobby();
    talk.event(Event::Kept(Vec::new()));
    talk.types("heard");
    talk.types("not heard");
    let ids: Vec<String> = talk.sent().iter().map(|line| tag(line, "+chatui/id").to_owned()).collect();
    let left = disk(&mut talk, String::new());

    let mut talk = started_with(&left);
    talk.online(CAPS);
    talk.joined("#lobby", "alice");
    let asked = talk.sent();
    let asked = &asked[asked.len() - 2..];
    assert_eq!(untagged(&asked[0]), "CHATHISTORY AFTER #lobby msgid=m0002 100");
    assert_eq!(untagged(&asked[1]), "CHATHISTORY LATEST #lobby * 50");
    // A hundred lines later its echo would have been; it was said under another nick.
    let mut page: Vec<String> = (3..103).map(|n| line(n, "bob", &n.to_string())).collect();
    page[99] = line(102, "alice_", "heard").replacen('@', &format!("@+chatui/id={};", ids[0]), 1);
    talk.history(Some(tag(&asked[1], "label")), "#lobby", &[line(200, "bob", "200")]);
    assert_eq!(said(&mut talk), [""; 0], "not before all is known");
    talk.history(Some(tag(&asked[0], "label")), "#lobby", &page);
    let more = talk.sent();
    assert_eq!(untagged(&more[0]), "CHATHISTORY AFTER #lobby msgid=m0102 100");
    talk.history(Some(tag(&more[0], "label")), "#lobby", &[line(103, "bob", "103")]);
    let sent = talk.sent();
    assert_eq!((sent.len(), untagged(&sent[0])), (1, "PRIVMSG #lobby :not heard"));
    assert_eq!(tag(&sent[0], "+chatui/id"), ids[1]);
    let rows: Vec<String> = talk.shows("#lobby").into_iter().filter(|row| row.contains(": ")).collect();
    assert_eq!(rows, ["bob: 200", "alice: not heard (pending)"]);
    // Its echo comes under the nick it was said with first, and settles it all the same.
    let echo = line(201, "alice_", "not heard").replacen('@', &format!("@+chatui/id={};", ids[1]), 1);
    talk.hears(&echo);
    assert_eq!(talk.shows("#lobby").last().unwrap(), "alice: not heard");
}

#[test]
fn a_history_that_keeps_no_ids_tells_by_the_words() {
    let mut talk = in_lobby();
    talk.types("ok");
    let id = tag(&talk.sent()[0], "+chatui/id").to_owned();
    talk.hears(&line(3, "alice", "ok").replacen('@', &format!("@+chatui/id={id};"), 1));
    talk.types("ok");
    talk.types("/me waves");
    talk.types("ok");
    talk.event(Event::Offline("cut".into()));
    talk.passes(1_000);
    talk.online(CAPS);
    talk.hears(":alice!a@h NICK alice_");
    talk.sent();
    talk.hears(
        ":alice_!a@h JOIN #lobby\n:s 353 alice_ = #lobby :alice_ alice bob\n:s 366 alice_ #lobby :End",
    );
    let asked = talk.sent();
    let asked = asked.iter().rfind(|line| line.contains("CHATHISTORY")).unwrap();
    // One of the two was heard; the first of all is known, though it is told again; and somebody else says it, too.
    let page = [
        line(3, "alice", "ok"),
        line(4, "alice", "ok"),
        line(5, "alice", "\u{1}ACTION waves\u{1}"),
        line(6, "bob", "ok"),
    ];
    talk.history(Some(tag(asked, "label")), "#lobby", &page);
    assert_eq!(said(&mut talk), ["PRIVMSG #lobby :ok"]);
    let rows: Vec<String> = talk.shows("#lobby").into_iter().filter(|row| row.contains("ok")).collect();
    assert_eq!(rows, ["alice: ok", "alice: ok", "bob: ok", "alice: ok (pending)"]);
}

#[test]
fn where_no_history_tells_the_user_is_asked() {
    let mut talk = in_lobby();
    talk.event(Event::Kept(Vec::new()));
    talk.types("into the blue");
    let left = disk(&mut talk, String::new());
    // A server without history or echo.
    let mut talk = started_with(&left);
    talk.online("");
    talk.joined("#lobby", "alice");
    assert_eq!(said(&mut talk), [""; 0]);
    let last = talk.window("#lobby").entries().back().unwrap();
    let State::Failed(reason) = &last.state else { panic!("{last:?}") };
    assert!(reason.starts_with("perhaps not sent"), "{reason}");
    talk.types("/retry");
    assert_eq!(said(&mut talk), ["PRIVMSG #lobby :into the blue"]);
    assert_eq!(talk.shows("#lobby").last().unwrap(), "alice: into the blue (pending)");
}

#[test]
fn without_an_echo_a_refusal_comes_before_the_answer() {
    let mut talk = Talk::new();
    talk.online("");
    talk.joined("#lobby", "alice");
    talk.sent();
    talk.types("one");
    talk.types("two");
    assert_eq!(talk.sent(), ["PRIVMSG #lobby :one", "PING :said-1", "PRIVMSG #lobby :two"]);
    talk.hears(":s 404 alice #lobby :muted\n:s PONG s said-1");
    assert_eq!(talk.sent(), ["PING :said-2"], "one question at a time");
    assert_eq!(talk.shows("#lobby")[2..], ["alice: one (failed)", "alice: two (pending)"]);
    talk.hears(":s PONG s :said-2");
    assert_eq!(talk.shows("#lobby")[2..], ["alice: one (failed)", "alice: two"]);
    talk.types("three");
    talk.event(Event::Offline("cut".into()));
    talk.online("");
    talk.joined("#lobby", "alice");
    assert!(talk.shows("#lobby").contains(&"alice: three (failed)".to_owned()), "nobody knows");
}

#[test]
fn a_message_that_is_refused_by_any_number_has_failed() {
    for (target, refusal) in [
        ("bob", "486 alice bob :You must identify to a registered nick to private message that person"),
        ("bob", "531 alice bob :You are not permitted to send private messages to this user"),
        ("bob", "716 alice bob :is in +g mode (server-side ignore)"),
        ("bob", "707 alice bob :Targets changing too fast, message dropped"),
        ("bob", "439 alice bob :Target change too fast"),
        ("bob", "492 alice bob :does not accept private CTCPs"),
        ("#lobby", "408 alice #lobby :Colours are not permitted here"),
        ("#lobby", "477 alice #lobby :You need to identify to speak"),
        ("#lobby", "489 alice #lobby :You must use TLS here"),
    ] {
        let mut talk = Talk::new();
        talk.online("");
        talk.joined("#lobby", "alice bob");
        talk.types(&format!("/msg {target} hello"));
        talk.hears(&format!(":s {refusal}\n:s PONG s said-1"));
        let shown = talk.shows(target);
        assert_eq!(shown.last().unwrap(), "alice: hello (failed)", "{refusal}: {shown:?}");
    }
}

#[test]
fn a_line_that_waited_for_days_is_not_sent_into_another_conversation() {
    let mut talk = in_lobby();
    talk.event(Event::Kept(Vec::new()));
    talk.event(Event::Offline("cut".into()));
    talk.types("who has the key?");
    let left = disk(&mut talk, String::new());
    let mut talk = Talk::new();
    talk.now = talk.now + Duration::from_secs(3 * 24 * 60 * 60);
    talk.event(Event::Kept(vec![left.into()]));
    talk.online(CAPS);
    talk.joined("#lobby", "alice");
    let label = tag(talk.sent.last().unwrap(), "label").to_owned();
    talk.history(Some(&label), "#lobby", &[]);
    assert_eq!(said(&mut talk), [""; 0]);
    let last = talk.window("#lobby").entries().back().unwrap();
    let State::Failed(reason) = &last.state else { panic!("{last:?}") };
    assert_eq!(&**reason, "not sent: it was written on 20 November 16:05 and has waited since");
}

#[test]
fn drafts_are_there_again_and_commands_are_not() {
    let mut talk = Talk::with(Options {
        server: Some(Address { host: "h".into(), port: 6667, tls: false }),
        nick: "alice".into(),
        channels: vec!["#lobby".into(), "#b".into()],
        ..Options::default()
    });
    talk.event(Event::Kept(Vec::new()));
    talk.online(CAPS);
    talk.event(Event::Paste("half a\nthought".into()));
    let left = disk(&mut talk, String::new());
    assert_eq!(left, "", "not at every key");
    talk.control('n');
    talk.event(Event::Paste("/msg nickserv identify secret".into()));
    talk.passes(2_000);
    let left = disk(&mut talk, left);
    assert!(left.contains("thought") && !left.contains("secret"), "{left}");
    talk.control('p');
    talk.event(Event::Paste(" more".into()));
    talk.event(Event::Leave);
    let left = disk(&mut talk, left);

    let mut talk = started_with(&left);
    assert_eq!(talk.app.editor().text(), "half a\nthought more");
    talk.online(CAPS);
    talk.control('u');
    talk.key(KeyModifiers::NONE, KeyCode::Backspace);
    talk.control('u');
    assert_eq!(talk.app.editor().text(), "");
    assert_eq!(disk(&mut talk, left), "", "what is gone is gone at once");
}

#[test]
fn two_journals_with_a_draft_for_the_same_room_lose_neither() {
    let journal = |text: &str| {
        let mut talk = in_lobby();
        talk.event(Event::Kept(Vec::new()));
        talk.event(Event::Paste(text.into()));
        talk.passes(2_000);
        disk(&mut talk, String::new()).into()
    };
    let mut talk = Talk::new();
    talk.event(Event::Kept(vec![journal("one"), journal("two")]));
    assert_eq!(talk.app.editor().text(), "one\ntwo");
}

#[test]
fn a_disk_that_keeps_nothing_is_said_once_and_all_goes_on() {
    let mut talk = in_lobby();
    talk.event(Event::Kept(Vec::new()));
    talk.others();
    talk.event(Event::NotKept("No space left on device".into()));
    talk.types("still here");
    assert_eq!(said(&mut talk), ["PRIVMSG #lobby :still here"]);
    assert_eq!(talk.others(), []);
    let told =
        |talk: &Talk| talk.app.windows()[0].entries().iter().filter(|e| e.text.contains("No space")).count();
    assert_eq!(told(&talk), 1);
}

//! What people wrote while one was not there, on servers that keep it.

use chatui::client::app::{Effect, Event, Keep};
use chatui::client::window::With;
use chatui::irc::Time;
use crossterm::event::{KeyCode, KeyModifiers};

use crate::client::{CAPS, Talk, tag, untagged};
use crate::client_people::picture;

/// What bob, or somebody else, wrote to alice: number `n`, a second apart each.
fn wrote(n: u64, who: &str, text: &str) -> String {
    format!("@time={};msgid=p{n:04} :{who}!u@h PRIVMSG alice :{text}", at(n))
}

fn at(n: u64) -> Time {
    Time::from_millis(1_795_190_000_000 + n * 1000)
}

/// Comes to a server that keeps what people write, and stays in no room.
fn comes(memory: &str) -> Talk {
    let mut talk = Talk::new();
    talk.event(Event::Kept(Vec::new()));
    talk.event(Event::Recalled(memory.to_owned().into_bytes().into()));
    talk.online(CAPS);
    talk
}

/// The questions about the past that were sent, without their labels, and the label of the last one.
fn asked(talk: &mut Talk) -> (Vec<String>, String) {
    let lines: Vec<String> = talk.sent().into_iter().filter(|line| line.contains("CHATHISTORY")).collect();
    let label = lines.last().map(|line| tag(line, "label").to_owned()).unwrap_or_default();
    (lines.iter().map(|line| untagged(line).to_owned()).collect(), label)
}

/// The server names these.
fn names(talk: &mut Talk, label: &str, targets: &[&str]) {
    talk.hears(&format!("@label={label} :s BATCH +t draft/chathistory-targets"));
    for target in targets {
        talk.hears(&format!("@batch=t :s CHATHISTORY TARGETS {target} {}", at(20)));
    }
    talk.hears(":s BATCH -t");
}

/// What is remembered after all that has happened.
fn remembered(talk: &mut Talk) -> Option<String> {
    talk.others().into_iter().rev().find_map(|effect| match effect {
        Effect::Keep(Keep::Memory(text)) => Some(text),
        _ => None,
    })
}

fn people(memory: &str) -> Option<&str> {
    memory.lines().find(|line| line.ends_with(" PEOPLE *"))
}

#[test]
fn what_people_wrote_since_the_last_time_is_there_and_unread() {
    let mut talk = comes(&format!("@time={} PEOPLE *\n@msgid=p0004;time={} READ carol\n", at(10), at(4)));
    let (lines, label) = asked(&mut talk);
    let until = "timestamp=2026-11-21T";
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with(&format!("CHATHISTORY TARGETS timestamp={} {until}", at(10))), "{lines:?}");
    assert!(lines[0].ends_with(" 50"), "{lines:?}");
    names(&mut talk, &label, &["#lobby", "bob", "alice", "carol", "NickServ"]);
    let lines = talk.sent();
    let (bob, carol, service) = (&lines[0], &lines[1], &lines[2]);
    assert_eq!(untagged(bob), "CHATHISTORY LATEST bob * 50");
    assert_eq!((untagged(carol), lines.len()), ("CHATHISTORY LATEST carol * 50", 3));
    let said = [wrote(8, "bob", "old"), wrote(11, "bob", "new"), wrote(12, "bob", "newer")];
    talk.history(Some(tag(bob, "label")), "bob", &said);
    assert_eq!(
        talk.shows("bob"),
        ["Beginning this is where bob begins", "bob: old", "bob: new", "bob: newer"]
    );
    let window = talk.window("bob");
    assert_eq!((window.with, window.unread, window.mentions), (With::Person, 2, 2));
    assert_eq!(window.mark.map(|mark| mark.count), Some(2));
    // How far carol was read is known better than when one was here.
    talk.hears(&wrote(14, "carol", "just now"));
    talk.history(
        Some(tag(carol, "label")),
        "carol",
        &[wrote(4, "carol", "read"), wrote(5, "carol", "not read")],
    );
    let window = talk.window("carol");
    assert_eq!((window.unread, window.mentions, window.mark.map(|mark| mark.count)), (2, 2, Some(2)));
    // What services tell opens no window.
    let notice = format!("@time={};msgid=n1 :NickServ!s@h NOTICE alice :hello", at(15));
    talk.history(Some(tag(service, "label")), "NickServ", &[notice]);
    assert!(!talk.app.windows().iter().any(|window| window.is("NickServ") || window.is("alice")));
}

#[test]
fn what_is_unread_is_so_at_the_next_start_and_what_was_read_is_not_asked_for() {
    let mut talk = comes(&format!("@time={} PEOPLE *\n", at(10)));
    let (_, label) = asked(&mut talk);
    names(&mut talk, &label, &["bob"]);
    let (_, label) = asked(&mut talk);
    talk.history(Some(&label), "bob", &[wrote(11, "bob", "one"), wrote(12, "bob", "two")]);
    talk.hears(&format!("@time={} :s NOTICE alice :something of now", at(30)));
    talk.others();
    talk.passes(20_000);
    let memory = remembered(&mut talk).expect("that bob is there is remembered");
    // The last moment before the first unread one.
    assert_eq!(
        people(&memory),
        Some(format!("@time={} PEOPLE *", Time::from_millis(at(11).millis() - 1)).as_str())
    );
    talk.types("/query bob");
    picture(&mut talk);
    talk.passes(20_000);
    let memory = remembered(&mut talk).expect("that bob was read is remembered");
    assert!(memory.contains(&format!("@msgid=p0012;time={} READ bob", at(12))), "{memory}");
    assert_eq!(people(&memory), Some(format!("@time={} PEOPLE *", at(30)).as_str()));
    let mut talk = comes(&memory);
    let (lines, _) = asked(&mut talk);
    assert!(lines[0].starts_with(&format!("CHATHISTORY TARGETS timestamp={}", at(30))), "{lines:?}");
}

#[test]
fn what_people_wrote_while_the_connection_was_gone_stands_behind_what_is_here() {
    let mut talk = comes("");
    assert_eq!(asked(&mut talk).0, [""; 0], "whoever comes for the first time has missed nothing");
    talk.hears(&wrote(1, "bob", "hello"));
    talk.types("/query bob");
    talk.event(Event::Offline("cut".into()));
    talk.event(Event::Focus(false));
    talk.online(CAPS);
    let (lines, label) = asked(&mut talk);
    assert!(lines[0].starts_with(&format!("CHATHISTORY TARGETS timestamp={}", at(1))), "{lines:?}");
    names(&mut talk, &label, &["bob"]);
    let (lines, label) = asked(&mut talk);
    assert_eq!(lines, ["CHATHISTORY AFTER bob msgid=p0001 100"]);
    // What is said meanwhile stands where it belongs, and what is typed waits.
    talk.hears(&wrote(9, "bob", "still there?"));
    talk.types("/msg bob yes");
    assert!(!talk.sent().iter().any(|line| line.contains("PRIVMSG")));
    talk.history(Some(&label), "bob", &[wrote(2, "bob", "are you there?"), wrote(9, "bob", "still there?")]);
    assert!(talk.sent().iter().any(|line| untagged(line) == "PRIVMSG bob :yes"));
    let rows = ["bob: hello", "bob: are you there?", "bob: still there?", "alice: yes (pending)"];
    assert_eq!(talk.shows("bob"), rows);
    assert_eq!(talk.window("bob").unread, 2);
}

#[test]
fn a_server_that_keeps_nothing_of_people_is_asked_once_and_that_is_all() {
    for answer in
        ["FAIL CHATHISTORY INVALID_PARAMS TARGETS :Unknown command", "421 alice CHATHISTORY :Unknown command"]
    {
        let mut talk = comes(&format!("@time={} PEOPLE *\n", at(10)));
        let (_, label) = asked(&mut talk);
        let rows = talk.shows("#lobby");
        talk.hears(&format!("@label={label} :s {answer}"));
        talk.joined("#lobby", "alice bob");
        let (lines, label) = asked(&mut talk);
        assert_eq!(lines, ["CHATHISTORY LATEST #lobby * 50"]);
        talk.history(Some(&label), "#lobby", &[]);
        assert_eq!(
            talk.shows("#lobby")[rows.len()..],
            ["Beginning this is where #lobby begins", "Join alice"]
        );
        // Nobody is believed who names people unasked, and the past of a person is not asked for.
        names(&mut talk, "0", &["bob"]);
        talk.hears(&wrote(40, "bob", "hello"));
        talk.types("/query bob");
        talk.key(KeyModifiers::ALT, KeyCode::Home);
        picture(&mut talk);
        assert_eq!(asked(&mut talk).0, [""; 0]);
    }
}

#[test]
fn a_conversation_is_read_back_as_a_room_is() {
    let mut talk = comes(&format!("@time={} PEOPLE *\n", at(10)));
    let (_, label) = asked(&mut talk);
    names(&mut talk, &label, &["bob"]);
    let (_, label) = asked(&mut talk);
    let page: Vec<String> = (100..150).map(|n| wrote(n, "bob", &n.to_string())).collect();
    talk.history(Some(&label), "bob", &page);
    // All of it is newer than the last time: where that ends is looked for.
    let (lines, label) = asked(&mut talk);
    assert_eq!(lines, ["CHATHISTORY BEFORE bob msgid=p0100 100"]);
    let page: Vec<String> = (1..100).map(|n| wrote(n, "bob", &n.to_string())).collect();
    talk.history(Some(&label), "bob", &page);
    assert_eq!(talk.window("bob").unread, 139);
}

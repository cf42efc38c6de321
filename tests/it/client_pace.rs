//! How quickly a server is written to that closes whoever writes too quickly; and how often one comes back to it.

use std::time::Duration;

use chatui::client::Address;
use chatui::client::app::{Effect, Event, Options, Status};
use chatui::client::backoff::LONGEST;
use chatui::client::pace::{BURST, INTERVAL};

use crate::client::{CAPS, Talk, line, tag, untagged};

/// A server that closes whoever writes too quickly.
const SOLANUM: &str = "solanum-1.0-dev";

/// In #lobby of such a server, with all that was sent meanwhile paid for.
fn in_lobby(caps: &str) -> Talk {
    let mut talk = Talk::new();
    talk.online_at(SOLANUM, caps);
    talk.joined("#lobby", "alice");
    talk.passes(20_000);
    talk.sent();
    talk
}

/// A text of so many lines is said; the guard that asks about long ones is answered.
fn say_lines(talk: &mut Talk, count: usize) {
    let text: Vec<String> = (0..count).map(|n| n.to_string()).collect();
    talk.event(Event::Paste(text.join("\n")));
    talk.key(crossterm::event::KeyModifiers::NONE, crossterm::event::KeyCode::Enter);
}

/// The words that were sent.
fn said(talk: &mut Talk) -> Vec<String> {
    let lines = talk.sent().into_iter().filter(|line| line.contains("PRIVMSG"));
    lines.map(|line| untagged(&line).to_owned()).collect()
}

const ECHO: &str = "server-time labeled-response echo-message";

#[test]
fn a_long_text_is_sent_at_a_pace_that_servers_take() {
    let mut talk = in_lobby(ECHO);
    say_lines(&mut talk, 40);
    let mut all = said(&mut talk);
    assert_eq!(all.len(), BURST as usize);
    let words = "32 lines wait: this server is sent one every 2 s";
    assert_eq!(talk.app.status(), Status::Info(words.into()));
    let mut turns = 0;
    while let Some(at) = talk.app.next_tick().filter(|_| all.len() < 40) {
        // Whatever else is due comes at its own time.
        talk.now = at.max(talk.now);
        talk.event(Event::Tick);
        let now = said(&mut talk);
        assert!(now.len() <= 1, "{now:?}");
        turns += now.len();
        all.extend(now);
    }
    assert_eq!(turns, 32);
    let wanted: Vec<String> = (0..40).map(|n| format!("PRIVMSG #lobby :{n}")).collect();
    assert_eq!(all, wanted);
}

#[test]
fn a_chatui_server_is_sent_all_at_once() {
    let mut talk = Talk::new();
    talk.online(ECHO);
    talk.joined("#lobby", "alice");
    say_lines(&mut talk, 40);
    assert_eq!(said(&mut talk).len(), 40);
}

#[test]
fn what_waited_for_its_turn_when_the_connection_broke_was_not_sent() {
    // Without a history nobody could tell of a line that was sent; of one that was not, all is known.
    let mut talk = in_lobby(ECHO);
    say_lines(&mut talk, 12);
    assert_eq!(said(&mut talk).len(), BURST as usize);
    talk.event(Event::Offline("Excess Flood".into()));
    talk.online_at(SOLANUM, ECHO);
    talk.joined("#lobby", "alice");
    let rows = talk.shows("#lobby");
    let count = |state: &str| rows.iter().filter(|row| row.ends_with(state)).count();
    assert_eq!((count("(failed)"), count("(pending)")), (BURST as usize, 4));
    talk.passes(60_000);
    let late = said(&mut talk);
    assert_eq!((late.len(), &*late[0]), (4, "PRIVMSG #lobby :8"));
}

#[test]
fn what_is_typed_by_hand_and_what_keeps_the_connection_waits_for_nothing() {
    let mut talk = in_lobby(ECHO);
    say_lines(&mut talk, 40);
    talk.sent();
    talk.hears("PING :x");
    talk.types("/whois bob");
    assert_eq!(talk.sent(), ["PONG :x", "WHOIS bob"]);
    // A single line to somebody else has the next turn, not the one behind the long text.
    talk.types("/msg bob help");
    assert_eq!(said(&mut talk), [""; 0]);
    talk.passes(2 * INTERVAL.as_millis() as u64);
    assert_eq!(said(&mut talk), ["PRIVMSG bob :help"], "what was typed by hand took a turn");
    talk.types("/quit");
    assert!(talk.sent().contains(&"QUIT leaving".to_owned()));
}

/// In so many rooms of such a server.
fn in_rooms(count: usize) -> Talk {
    let channels: Vec<String> = (0..count).map(|n| format!("#room{n}")).collect();
    let server = Some(Address { host: "h".into(), port: 6667, tls: false });
    Talk::with(Options { server, nick: "alice".into(), channels, ..Options::default() })
}

#[test]
fn many_rooms_are_joined_in_few_lines() {
    let mut talk = in_rooms(30);
    talk.online_at(SOLANUM, "");
    let joins = talk.sent().into_iter().filter(|line| line.starts_with("JOIN ")).collect::<Vec<_>>();
    assert_eq!(joins.len(), 1, "{joins:?}");
    assert_eq!(joins[0].split(',').count(), 30);
    let mut talk = in_rooms(10);
    talk.event(Event::Online);
    talk.hears(":s CAP * LS :\n:s 001 alice :Hi\n:s 005 alice TARGMAX=PRIVMSG:4,JOIN:4 :are supported");
    talk.sent();
    talk.hears(":s 376 alice :End");
    let joins = talk.sent();
    assert_eq!(joins.iter().map(|line| line.split(',').count()).collect::<Vec<_>>(), [4, 4, 2]);
}

#[test]
fn a_server_that_does_not_end_its_welcome_is_not_waited_for_long() {
    let mut talk = in_rooms(2);
    talk.event(Event::Online);
    talk.hears(":s CAP * LS :\n:s 001 alice :Hi");
    talk.sent();
    talk.passes(4_999);
    assert_eq!(talk.sent(), [""; 0]);
    assert!(talk.app.next_tick().is_some_and(|at| at <= talk.now + Duration::from_millis(1)));
    talk.passes(1);
    assert_eq!(talk.sent(), ["JOIN #room0,#room1"]);
}

#[test]
fn what_was_said_in_many_rooms_is_asked_for_in_turn_and_answered_late() {
    let mut talk = in_rooms(40);
    talk.online_at(SOLANUM, CAPS);
    for n in 0..40 {
        talk.joined(&format!("#room{n}"), "alice bob");
    }
    let mut asked: Vec<String> =
        talk.sent().into_iter().filter(|line| line.contains("CHATHISTORY")).collect();
    assert!(asked.len() < BURST as usize, "{asked:?}");
    let room = talk.app.current();
    talk.types("/query #room39");
    assert_ne!(talk.app.current(), room);
    // What is said there waits until it is known what was said before.
    talk.types("hello");
    for _ in 0..200 {
        talk.passes(1_000);
        for line in talk.sent() {
            if line.contains("CHATHISTORY") {
                let room = untagged(&line).split(' ').nth(2).unwrap().to_owned();
                let said = line_in(&room);
                talk.history(Some(tag(&line, "label")), &room, &[said]);
                asked.push(line);
            } else if line.contains("PRIVMSG") {
                assert_eq!(untagged(&line), "PRIVMSG #room39 :hello");
                talk.hears(&format!(
                    "@label={};msgid=e :alice!a@h PRIVMSG #room39 :hello",
                    tag(&line, "label")
                ));
            }
        }
    }
    assert_eq!(asked.len(), 40);
    let early: Vec<String> = asked[..BURST as usize].iter().map(|line| untagged(line).to_owned()).collect();
    for n in 8..40 {
        assert!(talk.shows(&format!("#room{n}")).contains(&"bob: before".to_owned()), "#room{n}: {early:?}");
    }
    assert_eq!(talk.shows("#room39").last().unwrap(), "alice: hello");
}

fn line_in(room: &str) -> String {
    line(1, "bob", "before").replace("#lobby", room)
}

#[test]
fn a_server_that_closes_us_again_and_again_is_asked_ever_less_often() {
    let mut talk = in_lobby(ECHO);
    let mut pauses = Vec::new();
    for _ in 0..8 {
        talk.others();
        talk.event(Event::Offline("Excess Flood".into()));
        let after = talk.others().into_iter().find_map(|effect| match effect {
            Effect::Connect { after, .. } => Some(after),
            _ => None,
        });
        pauses.push(after.unwrap());
        talk.online_at(SOLANUM, ECHO);
        talk.passes(500);
    }
    assert!(pauses[0] < Duration::from_secs(1), "the first is short: {pauses:?}");
    assert!(pauses[7] > LONGEST / 3, "{pauses:?}");
    // Once it has stood for a while, it is as at first.
    talk.passes(30_000);
    talk.others();
    talk.event(Event::Offline("cut".into()));
    let after = talk.others().into_iter().find_map(|effect| match effect {
        Effect::Connect { after, .. } => Some(after),
        _ => None,
    });
    assert!(after.unwrap() < Duration::from_secs(1));
}

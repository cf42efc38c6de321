//! Who is ignored, what is muted, what calls the reader, and how far a room was read, over the client's end as well.

use chatui::client::app::{Effect, Event, Keep, Status};
use chatui::client::terminal::notice::Notice;
use chatui::irc::Time;
use crossterm::event::{KeyCode, KeyModifiers};

use crate::client::{CAPS, Talk, asked, line, tag};
use crate::client_people::picture;

/// In `#lobby`, whose history is empty.
fn in_lobby(before: Option<&str>) -> Talk {
    let mut talk = Talk::new();
    if let Some(memory) = before {
        talk.event(Event::Recalled(memory.to_owned().into_bytes().into()));
    }
    talk.online(CAPS);
    talk.joined("#lobby", "alice bob");
    talk
}

/// Answers the last question about the past.
fn answer(talk: &mut Talk, lines: &[String]) {
    let asked = asked(talk).expect("a question");
    talk.history(Some(tag(&asked, "label")), "#lobby", lines);
}

/// What was last written of what is remembered.
fn remembered(talk: &mut Talk) -> Option<String> {
    let mut memories = talk.others().into_iter().filter_map(|effect| match effect {
        Effect::Keep(Keep::Memory(text)) => Some(text),
        _ => None,
    });
    memories.next_back()
}

fn calls(talk: &mut Talk) -> Vec<Effect> {
    talk.others().into_iter().filter(|effect| matches!(effect, Effect::Bell | Effect::Notify(_))).collect()
}

fn notice(title: &str, body: &str) -> Effect {
    Effect::Notify(Notice { title: title.to_owned(), body: body.to_owned() })
}

#[test]
fn who_is_ignored_is_a_number_opens_no_window_and_calls_nobody() {
    let mut talk = in_lobby(None);
    answer(&mut talk, &[]);
    talk.event(Event::Focus(false));
    talk.types("/ignore Bob");
    assert_eq!(remembered(&mut talk).as_deref(), Some("IGNORE Bob!*@*\n"));
    talk.hears(&[line(1, "bob", "alice: buy"), line(2, "bob", "now"), line(3, "eve", "hello")].join("\n"));
    talk.hears(":bob!b@h PRIVMSG alice :psst\n@+typing=active :bob!b@h TAGMSG #lobby");
    assert_eq!(calls(&mut talk), []);
    assert_eq!(talk.app.windows().len(), 2, "no window for bob");
    assert_eq!((talk.app.window().unread, talk.app.window().mentions), (1, 0));
    assert_eq!(talk.app.typists(), [""; 0]);
    let shown = picture(&mut talk).join("\n");
    assert!(
        shown.contains("2 lines ignored") && !shown.contains("buy") && shown.contains("hello"),
        "{shown}"
    );
    // Alt-= shows all that is folded.
    talk.key(KeyModifiers::ALT, KeyCode::Char('='));
    let shown = picture(&mut talk).join("\n");
    assert!(shown.contains("bob (ignored): alice: buy"), "{shown}");

    // The next client knows, also of what was said before.
    let mut talk = in_lobby(Some("IGNORE Bob!*@*\n"));
    answer(&mut talk, &[line(1, "bob", "alice: buy"), line(2, "eve", "hello")]);
    assert!(!picture(&mut talk).join("\n").contains("buy"));
    talk.types("/unignore bob");
    assert!(!remembered(&mut talk).expect("it is written").contains("IGNORE"));
    talk.hears(&line(4, "bob", "sorry"));
    assert_eq!(talk.shows("#lobby").last().unwrap(), "bob: sorry");
    talk.types("/unignore bob");
    assert!(matches!(talk.app.status(), Status::Error(_)));
}

#[test]
fn a_muted_room_counts_and_calls_nobody() {
    let mut talk = in_lobby(None);
    talk.types("/mute");
    assert_eq!(remembered(&mut talk).as_deref(), Some("MUTE #lobby\n"));
    talk.types("/join #b");
    talk.joined("#b", "alice");
    talk.event(Event::Focus(false));
    talk.hears(":bob!b@h PRIVMSG #lobby :alice?\n:bob!b@h PRIVMSG #lobby :more");
    assert_eq!(calls(&mut talk), []);
    assert_eq!((talk.window("#lobby").unread, talk.window("#lobby").mentions), (2, 1));
    assert_eq!(talk.app.title(), "chatui #b");
    talk.hears(":bob!b@h PRIVMSG #b :alice?");
    assert_eq!(calls(&mut talk).len(), 2, "another room calls");
    talk.types("/unmute #lobby");
    assert_eq!(talk.app.title(), "chatui #b (3)");

    let mut talk = in_lobby(Some("MUTE #Lobby\n"));
    assert!(talk.app.window().muted);
    talk.types("/mute #nowhere");
    assert!(matches!(talk.app.status(), Status::Error(_)));
}

#[test]
fn only_who_is_elsewhere_is_called_and_never_by_the_past() {
    let mut talk = in_lobby(None);
    answer(&mut talk, &[line(1, "bob", "alice, are you there?")]);
    talk.event(Event::Focus(true));
    talk.hears(":bob!b@h PRIVMSG alice :psst");
    assert_eq!(calls(&mut talk), [], "the keyboard is here");
    talk.event(Event::Focus(false));
    talk.hears(":bob!b@h PRIVMSG #lobby :nothing for anybody");
    // Told as if it were new, ten minutes later.
    talk.hears(&line(3, "bob", "alice, come"));
    assert_eq!(calls(&mut talk), []);
    talk.hears(":b\u{1b}ob!b@h PRIVMSG #lobby :alice\u{7}\u{1b}]0;evil\u{7}\u{202e}: tea?");
    assert_eq!(
        calls(&mut talk),
        [Effect::Bell, notice("b␛b in #lobby", "alice␇␛⟨RLO⟩: tea?")],
        "and nothing of it is a control character"
    );
    talk.passes(1100);
    talk.hears(":bob!b@h PRIVMSG alice :psst");
    assert_eq!(calls(&mut talk), [Effect::Bell, notice("bob", "psst")]);
}

#[test]
fn the_title_has_nothing_of_the_wire_that_a_terminal_would_obey() {
    let mut talk = in_lobby(None);
    talk.hears(":\u{1b}]2;x\u{7}\u{9b}31m!b@h PRIVMSG alice :psst");
    talk.key(KeyModifiers::ALT, KeyCode::Char('2'));
    let title = talk.app.title();
    assert!(title.starts_with("chatui ") && !title.chars().any(char::is_control), "{title:?}");
}

#[test]
fn what_was_not_read_before_the_end_is_unread_afterwards() {
    let mut talk = in_lobby(None);
    let past: Vec<String> = (1..=3).map(|n| line(n, "bob", "old")).collect();
    answer(&mut talk, &past);
    picture(&mut talk);
    talk.passes(11_000);
    let memory = remembered(&mut talk).expect("it is written after a while");
    let at = Time::from_millis(1_795_190_003_000);
    assert_eq!(memory, format!("@msgid=m0003;time={at} READ #lobby\n"));
    talk.hears(&line(4, "bob", "seen as well"));
    picture(&mut talk);
    talk.others();
    talk.event(Event::Leave);
    let memory = remembered(&mut talk).expect("and at the end");
    assert!(memory.starts_with("@msgid=m0004;"), "{memory}");

    let mut talk = in_lobby(Some(&memory));
    let page: Vec<String> = (2..=9).map(|n| line(n, "bob", &format!("text {n}"))).collect();
    answer(&mut talk, &page);
    let window = talk.app.window();
    let mark = window.mark.expect("the unread line");
    assert_eq!((&*window.entry(mark.entry).unwrap().text, mark.count, window.unread), ("text 5", 5, 0));
}

#[test]
fn the_place_that_was_read_last_is_looked_for_in_older_pages() {
    let at = Time::from_millis(1_795_190_010_000);
    let memory = format!("@msgid=m0010;time={at} READ #lobby\n");
    let mut talk = in_lobby(Some(&memory));
    talk.types("/join #b");
    let page = |from: u64, count: u64| -> Vec<String> {
        (from..from + count).map(|n| line(n, "bob", &format!("text {n}"))).collect()
    };
    // What comes meanwhile is behind what was missed.
    talk.hears(&line(200, "bob", "live"));
    answer(&mut talk, &page(150, 50));
    assert!(talk.window("#lobby").resume.is_some(), "not found yet");
    assert!(talk.sent.last().unwrap().contains("CHATHISTORY BEFORE #lobby"), "{:?}", talk.sent);
    answer(&mut talk, &page(50, 100));
    answer(&mut talk, &page(5, 45));
    let window = talk.window("#lobby");
    let mark = window.mark.unwrap();
    assert_eq!((&*window.entry(mark.entry).unwrap().text, mark.count), ("text 11", 190));
    assert_eq!(window.unread, 190);
}

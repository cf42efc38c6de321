//! What is set takes effect at once, leaves as a change of the file, and can be looked up; keys are mapped.

use chatui::client::app::{Effect, Event, Keep, Options, Overlay, Status};
use chatui::client::keys::Keymap;
use chatui::client::settings::{Change, Settings, Value, read};
use chatui::client::view::Lines;
use crossterm::event::{KeyCode, KeyModifiers};

use crate::client::{CAPS, Talk, asked, line, tag};
use crate::client_people::picture;

/// In `#lobby`, with this configuration.
fn with(text: &str) -> Talk {
    let loaded = read(text);
    let mut talk = Talk::with(Options {
        server: Some(chatui::client::Address { host: "h".into(), port: 6667, tls: false }),
        nick: "alice".into(),
        settings: loaded.settings,
        keys: loaded.keys,
        complaints: loaded.complaints,
        ..Options::default()
    });
    talk.online(CAPS);
    talk.joined("#lobby", "alice bob");
    let asked = asked(&mut talk).expect("a question");
    talk.history(Some(tag(&asked, "label")), "#lobby", &[]);
    talk.others();
    talk
}

fn changes(talk: &mut Talk) -> Vec<Change> {
    let change = |effect| match effect {
        Effect::Keep(Keep::Change(change)) => Some(change),
        _ => None,
    };
    talk.others().into_iter().filter_map(change).collect()
}

fn shown(talk: &mut Talk) -> String {
    picture(talk).join("\n")
}

fn said(talk: &Talk) -> String {
    match talk.app.status() {
        Status::Info(text) | Status::Error(text) => text,
        other => format!("{other:?}"),
    }
}

#[test]
fn the_times_follow_the_local_clock_unless_another_is_set() {
    let east = |hours: i32| chrono::FixedOffset::east_opt(hours * 3600).unwrap();
    let mut talk = with("");
    talk.event(Event::Offset(east(2)));
    assert_eq!(talk.app.offset(), east(2));
    let mut talk = with("[client]\nclock = \"utc\"\n");
    talk.event(Event::Offset(east(2)));
    assert_eq!(talk.app.offset(), east(0));
    talk.types("/set clock local");
    assert_eq!(talk.app.offset(), east(2));
}

#[test]
fn a_setting_counts_at_once_and_is_handed_to_the_file() {
    let mut talk = with("");
    talk.types("/set mouse off");
    assert!(!talk.app.settings().mouse);
    let others = talk.others();
    let change = Change::Setting("mouse", Some(Value::Switch(false)));
    assert!(others.contains(&Effect::Mouse(false)) && others.contains(&Effect::Keep(Keep::Change(change))));
    assert_eq!(said(&talk), "mouse is off now");
    talk.types("/set theme light");
    assert!(talk.others().contains(&Effect::Look));
    talk.types("/set clock utc");
    talk.types("/set nick carol");
    assert_eq!(said(&talk), "nick is carol from the next start on");
    talk.types("/unset mouse");
    assert_eq!(changes(&mut talk).last(), Some(&Change::Setting("mouse", None)));
    talk.types("/set -reset theme");
    assert_eq!(changes(&mut talk), [Change::Setting("theme", None)]);
    assert_eq!(talk.sent(), [""; 0], "nothing of it is said to anybody");
    talk.event(Event::NotSet("the disk is full".to_owned()));
    assert_eq!(said(&talk), "it counts now, and is not kept: the disk is full");
}

#[test]
fn what_is_wrong_is_told_and_changes_nothing() {
    let mut talk = with("");
    for (typed, told) in [
        ("/set thmee dark", "there is no setting thmee: theme?"),
        ("/set theme drak", "theme is auto, dark or light, not drak (dark?)"),
        ("/set paste-lines many", "paste-lines is a number from 1 to 100, not many"),
        ("/unset frobnicate", "there is no setting frobnicate: /set lists all"),
        ("/keys alt-x nxt-room", "there is no action nxt-room: next-room?"),
        ("/keys x undo", "x is a character that is typed: it needs ctrl- or alt-"),
    ] {
        talk.types(typed);
        assert_eq!(said(&talk), told);
    }
    assert_eq!(changes(&mut talk), []);
    assert_eq!((talk.app.settings(), talk.app.keys()), (&Settings::default(), &Keymap::default()));
}

#[test]
fn a_setting_explains_itself_and_tab_completes_it() {
    let mut talk = with("");
    talk.types("/set comings");
    let text = shown(&mut talk);
    for part in ["comings = fold", "fold: a run of them in one row", "default fold"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    for c in "/set com".chars() {
        talk.key(KeyModifiers::NONE, KeyCode::Char(c));
    }
    talk.key(KeyModifiers::NONE, KeyCode::Tab);
    assert_eq!(talk.app.editor().text(), "/set comings ");
    talk.key(KeyModifiers::NONE, KeyCode::Tab);
    assert_eq!(talk.app.editor().text(), "/set comings fold ", "an empty word, too, has its values");
    let text = shown(&mut talk);
    assert!(text.contains("as it is, the default") && text.contains("each in a row"), "{text}");
    talk.key(KeyModifiers::NONE, KeyCode::Tab);
    talk.key(KeyModifiers::NONE, KeyCode::Enter);
    assert_eq!(said(&talk), "comings is show now");
}

#[test]
fn what_is_wrong_with_the_file_is_told_in_the_room() {
    let mut talk = with("[client]\nthmee = \"dark\"\n[keys]\n\"alt-x\" = \"nothing\"\n");
    let text = shown(&mut talk);
    for part in ["line 2: there is no setting thmee: theme?", "line 4: there is no action nothing"] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn mapped_keys_do_what_they_are_mapped_to_and_f1_shows_them() {
    let mut talk = with("[keys]\n\"alt-x\" = \"help\"\nf1 = \"none\"\n");
    assert!(shown(&mut talk).contains("Alt-X keys"), "the hint at the input, too");
    talk.key(KeyModifiers::NONE, KeyCode::F(1));
    assert!(talk.app.overlay().is_none());
    talk.key(KeyModifiers::ALT, KeyCode::Char('x'));
    assert!(shown(&mut talk).contains("Alt-X           these keys"));
    talk.key(KeyModifiers::ALT, KeyCode::Char('x'));
    talk.types("/keys ctrl-t next-room");
    assert_eq!(said(&talk), "Ctrl-T = next-room · go to the next room");
    talk.types("/join #other");
    talk.control('t');
    assert_eq!(talk.app.window().name, "#lobby");
    talk.types("/unset ctrl-t");
    assert_eq!(said(&talk), "Ctrl-T = transpose · exchange two characters");
    assert_eq!(changes(&mut talk).len(), 2);
}

#[test]
fn a_sheet_that_is_too_long_is_scrolled_and_any_other_key_closes_it() {
    let mut talk = with("");
    talk.event(Event::Resize(40, 12));
    talk.key(KeyModifiers::NONE, KeyCode::F(1));
    talk.key(KeyModifiers::NONE, KeyCode::PageDown);
    assert!(talk.app.overlay().is_some());
    talk.key(KeyModifiers::NONE, KeyCode::Char('x'));
    assert!(talk.app.overlay().is_none());
    assert_eq!(talk.app.editor().text(), "x", "and does what it does");
}

#[test]
fn what_calls_is_as_it_is_set() {
    let calls = |text: &str, said: &str| {
        let mut talk = with(text);
        talk.event(Event::Focus(false));
        talk.hears(&format!(":bob!b@h PRIVMSG #lobby :{said}"));
        let others = talk.others();
        let has = |wanted: fn(&Effect) -> bool| others.iter().any(wanted);
        (has(|effect| *effect == Effect::Bell), has(|effect| matches!(effect, Effect::Notify(_))))
    };
    assert_eq!(calls("", "alice: tea?"), (true, true));
    assert_eq!(calls("", "tea?"), (false, false));
    assert_eq!(calls("[client]\nnotify = \"all\"", "tea?"), (true, true));
    assert_eq!(calls("[client]\nnotify = \"off\"", "alice: tea?"), (false, false));
    assert_eq!(calls("[client]\nbell = false", "alice: tea?"), (false, true));
    assert_eq!(calls("[client]\ndesktop = \"off\"", "alice: tea?"), (true, false));
    assert_eq!(calls("[client]\nhighlight = [\"tea\"]", "Tea?"), (true, true));
    assert_eq!(calls("[client]\nhighlight = [\"tea\"]", "steam"), (false, false));
    assert_eq!(calls("[client]\nignore = [\"bob\"]", "alice: tea?"), (false, false));
}

#[test]
fn comings_and_goings_are_folded_shown_or_hidden() {
    let come = ":eve!e@h JOIN #lobby\n:dan!d@h JOIN #lobby\n:dan!d@h QUIT :bye";
    let count = |text: &str| {
        let mut talk = with(text);
        talk.hears(&line(1, "bob", "one"));
        talk.hears(come);
        talk.hears(&line(2, "bob", "two"));
        let rows = picture(&mut talk);
        rows.iter()
            .filter(|row| row.contains("eve") && !row.contains('│') || row.contains("dan left"))
            .count()
    };
    assert_eq!(count("[client]\npeople-list = \"hide\""), 1);
    assert_eq!(count("[client]\npeople-list = \"hide\"\ncomings = \"show\""), 2);
    assert_eq!(count("[client]\npeople-list = \"hide\"\ncomings = \"hide\""), 0);
    // Nothing but comings: the row is there, for there is nothing above that it could belong to.
    let mut talk = with("[client]\ncomings = \"hide\"");
    talk.hears(come);
    picture(&mut talk);
    talk.key(KeyModifiers::ALT, KeyCode::Char('='));
    assert!(shown(&mut talk).contains("dan left: bye"), "the key shows them for now");
}

#[test]
fn times_and_lists_stand_as_they_are_set() {
    let mut talk = with("[client]\ntime = \"12h\"\npeople-list = \"hide\"\n");
    talk.hears(&line(1, "bob", "here"));
    let text = shown(&mut talk);
    assert!(text.contains(" pm") && !text.contains('│'), "{text}");
    talk.key(KeyModifiers::NONE, KeyCode::F(8));
    assert!(shown(&mut talk).lines().any(|row| row.trim_end().ends_with("bob")), "its key brings it");
    talk.types("/set time seconds");
    assert!(shown(&mut talk).lines().any(|row| row.matches(':').count() >= 2));
    // What was turned in a window of one width is not turned in one of another.
    talk.event(Event::Resize(120, 24));
    assert!(!talk.app.people_turned());
    talk.event(Event::Resize(80, 24));
    assert!(talk.app.people_turned());
}

#[test]
fn what_is_told_to_others_is_as_it_is_set() {
    let mut talk = with("[client]\ntyping = false\nquit-message = \"so long\"\npaste-lines = 1\n");
    talk.key(KeyModifiers::NONE, KeyCode::Char('x'));
    assert_eq!(talk.tagged, [""; 0]);
    talk.event(Event::Paste("\ntwo".to_owned()));
    assert!(matches!(talk.app.overlay(), Some(Overlay::Guard(_))), "two lines are asked about");
    talk.event(Event::Leave);
    assert!(talk.sent().iter().any(|line| line.contains("QUIT") && line.ends_with("so long")));
}

#[test]
fn lines_of_text_say_each_thing_once_and_in_order() {
    let (mut talk, mut lines) = (with(""), Lines::default());
    let mut written = |talk: &mut Talk| {
        let (text, drawn) = lines.update(&talk.app, 80);
        talk.event(Event::Drawn(drawn));
        text
    };
    let first = written(&mut talk);
    assert!(first.contains("now in #lobby, 2 here\r\n") && first.ends_with("#lobby> "), "{first:?}");
    assert_eq!(written(&mut talk), "", "nothing new, nothing written");
    talk.hears(&line(1, "bob", "hi \u{1b}[2J\u{202e}all"));
    let text = written(&mut talk);
    assert!(text.contains(" bob: hi ␛⟨RLO⟩all\r\n#lobby> "), "{text:?}");
    talk.key(KeyModifiers::NONE, KeyCode::Char('x'));
    assert_eq!(written(&mut talk), "x");
    talk.key(KeyModifiers::NONE, KeyCode::Enter);
    let text = written(&mut talk);
    assert!(text.contains(" alice: x\r\n"), "{text:?}");
    talk.hears(":eve!e@h PRIVMSG alice :psst");
    assert!(written(&mut talk).contains("2 eve writes to you"), "who writes to us is told of");
    // Whatever comes, the terminal is only told to go back in a row and to erase its rest.
    talk.types("/set");
    let text = written(&mut talk).replace("\u{1b}[K", "");
    assert!(!text.contains('\u{1b}') && text.contains("theme = auto"), "{text:?}");
}

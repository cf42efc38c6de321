//! What a person who has read nothing does: slips that are mended where they were made, a server that is not there, keys
//! that tell what they do here, people and links reached by letters. In the core.

use chatui::client::Address;
use chatui::client::app::{Effect, Event, Options, Overlay, Screen, Status, To};
use chatui::client::entry::State;
use chatui::client::theme::{Depth, Ground, Theme};
use chatui::client::view::{Held, show};
use chatui::irc::Time;
use crossterm::event::{KeyCode, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::client::{CAPS, Talk, asked, in_lobby, line, surroundings, tag, untagged};

const NONE: KeyModifiers = KeyModifiers::NONE;

fn letters(talk: &mut Talk, text: &str) {
    text.chars().for_each(|c| talk.key(NONE, KeyCode::Char(c)));
}

/// The rows of a frame, of which the client is told.
fn frame(talk: &mut Talk, width: u16, height: u16) -> Vec<String> {
    talk.event(Event::Resize(width, height));
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    let theme = Theme::new(Depth::True, Ground::DARK);
    let shown = show(&talk.app, &theme, &mut Held::default(), None, area, &mut buffer);
    talk.event(Event::Touchable(shown.touch));
    talk.event(Event::Drawn(shown.drawn));
    (0..height).map(|y| (0..width).map(|x| buffer[(x, y)].symbol()).collect()).collect()
}

#[test]
fn a_slip_in_a_command_stays_where_it_can_be_mended() {
    let mut talk = in_lobby();
    for (typed, told) in [
        ("/jion #foo", "there is no command /jion: /join?"),
        ("/msg bob", "/msg nick text: say something to somebody"),
        (
            "/usr/bin/env is missing",
            "there is no command /usr/bin/env: /help lists all, and a second / in front says it",
        ),
    ] {
        talk.types(typed);
        assert_eq!(talk.app.status(), Status::Error(told.into()));
        assert_eq!((talk.sent().len(), talk.app.editor().text()), (0, typed));
        talk.control('u');
    }
    let lines = talk.shows("#lobby").len();
    talk.types("/help jion");
    assert_eq!(talk.shows("#lobby")[lines..], ["Server there is no command /jion: /join?"]);
    assert_eq!(talk.app.status(), Status::Quiet, "what was said of the line before is not said of this one");
}

#[test]
fn the_channels_are_listed_and_of_thousands_the_first() {
    let mut talk = in_lobby();
    talk.types("/list");
    assert_eq!(talk.sent(), ["LIST"]);
    let lines = talk.shows("#lobby").len();
    talk.hears(
        ":s 321 alice Channel :Users  Name
         :s 322 alice #lobby 2 :all about it
         :s 322 alice #dev 1 :
         :s 323 alice :End of LIST",
    );
    assert_eq!(
        talk.shows("#lobby")[lines..],
        ["Server #lobby · 2 people · all about it", "Server #dev · 1 person"]
    );
    for number in 0..500 {
        talk.hears(&format!(":s 322 alice #r{number} 3 :"));
    }
    talk.hears(":s 323 alice :End of LIST");
    let shown = &talk.shows("#lobby")[lines + 2..];
    assert_eq!((shown.len(), shown[0].as_str()), (201, "Server #r0 · 3 people"));
    assert_eq!(shown[200], "Server 300 more channels: /list #part* shows some");
    talk.types("/list #d*");
    assert_eq!(talk.sent(), ["LIST #d*"]);
}

#[test]
fn somebody_is_kept_out_by_nick_or_by_mask() {
    let mut talk = in_lobby();
    talk.types("/ban eve");
    talk.types("/ban *!*@10.0.0.9");
    talk.types("/unban eve");
    talk.types("/ban #other eve");
    let lines = [
        "MODE #lobby +b eve!*@*",
        "MODE #lobby +b *!*@10.0.0.9",
        "MODE #lobby -b eve!*@*",
        "MODE #other +b eve!*@*",
    ];
    assert_eq!(talk.sent(), lines);
    // By where they come from, once that is known: another nick is soon taken.
    talk.hears(":eve!e@evil.example JOIN #lobby\n:dan!d@h PRIVMSG #lobby :hi\n:bob!b@shared JOIN #lobby");
    talk.types("/ban eve");
    talk.types("/kickban eve spam, again");
    talk.types("/unban eve");
    let lines = [
        "MODE #lobby +b *!*@evil.example",
        "MODE #lobby +b *!*@evil.example",
        "KICK #lobby eve :spam, again",
        "MODE #lobby -bb eve!*@* *!*@evil.example",
    ];
    assert_eq!(talk.sent(), lines);
    talk.hears(":zoe!z@h JOIN #lobby\n:s 311 alice zoe z far.example * :Zoe");
    talk.types("/ban zoe");
    assert_eq!(talk.sent(), ["MODE #lobby +b *!*@far.example"]);
    // Who shares that with others is not kept out together with them.
    talk.hears(":carol!c@shared JOIN #lobby");
    talk.types("/ban bob");
    assert_eq!(talk.sent(), ["MODE #lobby +b bob!*@*"]);
}

#[test]
fn what_was_missed_is_told_in_a_few_lines() {
    let mut talk = in_lobby();
    talk.types("/catchup");
    assert_eq!(talk.app.status(), Status::Info("nothing was missed".into()));
    talk.joined("#dev", "bob alice");
    talk.key(KeyModifiers::ALT, KeyCode::Char('1'));
    talk.event(Event::Focus(false));
    for (n, (who, text)) in
        [("bob", "carol: look"), ("carol", "where?"), ("dan", "tea?"), ("bob", "alice: you, too")]
            .into_iter()
            .enumerate()
    {
        talk.hears(&line(10 + n as u64, who, text));
    }
    talk.hears(":bob!b@h PRIVMSG #dev :alice: psst");
    talk.event(Event::Focus(true));
    let (lines, mark) = (talk.shows("#lobby").len(), talk.window("#lobby").mark);
    talk.types("/catchup");
    let told: Vec<String> =
        talk.shows("#lobby").split_off(lines).iter().map(|line| line.replacen("Server ", "", 1)).collect();
    assert!(told[0].starts_with("since ") && told[0].ends_with(": 4 messages of 3 people"), "{told:?}");
    assert_eq!(
        told[1..],
        [
            "you were named: bob: alice: you, too",
            "bob, carol: 3 messages",
            "dan: 1 message",
            "#dev has 1 new, 1 names you"
        ]
    );
    assert_eq!(
        (talk.window("#lobby").mark, talk.window("#dev").unread),
        (mark, 1),
        "nothing is read by that"
    );
}

#[test]
fn that_one_types_is_refused_and_the_message_fails_once() {
    let mut talk = in_lobby();
    talk.hears(":s 005 alice CLIENTTAGDENY= :are supported");
    talk.types("/query nobody");
    letters(&mut talk, "hey");
    assert_eq!(talk.tagged.len(), 1);
    talk.key(NONE, KeyCode::Enter);
    let sent = talk.sent();
    assert_eq!(untagged(&sent[0]), "PRIVMSG nobody :hey");
    let label = tag(&sent[0], "label").to_owned();
    talk.hears(":s 401 alice nobody :No such nick");
    assert_eq!(talk.shows("nobody"), ["alice: hey (pending)"], "that was about the typing");
    talk.hears(&format!("@label={label} :s 401 alice nobody :No such nick"));
    assert_eq!(talk.shows("nobody"), ["alice: hey (failed)"]);
    // What is asked by hand is answered.
    talk.types("/whois nobody");
    talk.hears(":s 401 alice nobody :No such nick");
    assert_eq!(talk.shows("nobody")[1..], ["Error there is nobody called nobody here"]);
}

#[test]
fn what_is_refused_long_after_one_typed_is_shown() {
    let mut talk = in_lobby();
    talk.hears(":s 005 alice CLIENTTAGDENY= :are supported");
    talk.types("/query bob");
    talk.types("hey");
    letters(&mut talk, "more");
    assert_eq!(talk.tagged.len(), 2);
    // He was there to hear that one types. Then he left.
    talk.passes(6_000);
    talk.hears(":s 401 alice bob :No such nick");
    assert_eq!(talk.shows("bob"), ["Error there is nobody called bob here", "alice: hey (pending)"]);
    // What is asked by hand is answered even at once.
    letters(&mut talk, " and more");
    talk.control('u');
    talk.types("/whois bob");
    talk.hears(":s 401 alice bob :No such nick");
    assert_eq!(talk.shows("bob").len(), 3);
}

#[test]
fn what_is_said_elsewhere_by_a_command_is_told_here() {
    let mut talk = in_lobby();
    talk.types("/msg bob psst");
    assert_eq!(talk.app.status(), Status::Info("for bob: psst".into()));
    talk.types("/msg #nowhere psst");
    assert_eq!(talk.shows("#lobby").last().unwrap(), "Error you are not in #nowhere: /join #nowhere");
    assert_eq!(talk.app.status(), Status::Quiet);
}

#[test]
fn a_server_that_is_not_there_leads_back_to_the_form() {
    let now = Time::from_millis(1_795_190_700_000);
    let mut app = chatui::client::app::App::new(
        Options { nick: "alice".into(), ..Options::default() },
        surroundings(),
        now,
    );
    app.start(now);
    for c in "chat.exmaple".chars() {
        app.update(Event::Key(KeyCode::Char(c).into()), now);
    }
    let effects = app.update(Event::Key(KeyCode::Enter.into()), now);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Connect { .. })));
    let effects = app.update(Event::Offline("no host is called chat.exmaple".into()), now);
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Fail(_) | Effect::Quit)));
    let Screen::Form(form) = app.screen() else { panic!("{:?}", app.screen()) };
    assert_eq!((form.host.text(), form.nick.text()), ("chat.exmaple", "alice"));
    let why = "could not connect to chat.exmaple:6667: no host is called chat.exmaple";
    assert_eq!(form.error.as_deref(), Some(why));
    // The whole of it stands on the screen.
    let area = Rect::new(0, 0, 80, 24);
    let mut buffer = Buffer::empty(area);
    show(&app, &Theme::new(Depth::True, Ground::DARK), &mut Held::default(), None, area, &mut buffer);
    let text: String =
        (0..24).map(|y| (0..80).map(|x| buffer[(x, y)].symbol()).collect::<String>()).collect();
    assert_eq!(
        text.split_whitespace().collect::<Vec<_>>().join(" ").matches("called chat.exmaple").count(),
        1
    );
    // Mended, it is tried again; given on the command line, it ends the client.
    for _ in 0..12 {
        app.update(Event::Key(KeyCode::Backspace.into()), now);
    }
    app.update(Event::Paste("localhost".into()), now);
    let effects = app.update(Event::Key(KeyCode::Enter.into()), now);
    let to = Address { host: "localhost".into(), port: 6667, tls: false };
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Connect { to: there, .. } if *there == to)));
    let mut talk = Talk::new();
    talk.event(Event::Offline("refused".into()));
    assert!(talk.others().iter().any(|effect| matches!(effect, Effect::Fail(_))));
}

#[test]
fn the_sheet_of_a_chosen_message_is_about_it_and_its_keys_work_from_there() {
    let mut talk = in_lobby();
    talk.hears(&line(1, "bob", "see https://a.example/x"));
    talk.key(KeyModifiers::ALT, KeyCode::Up);
    for open in [KeyCode::F(1), KeyCode::Char('?')] {
        talk.key(NONE, open);
        assert!(matches!(talk.app.overlay(), Some(Overlay::Help { .. })) && talk.app.selected().is_some());
        let rows = frame(&mut talk, 80, 24).join("\n");
        assert!(rows.contains("answer it") && !rows.contains("undo, redo"), "{rows}");
        talk.key(NONE, KeyCode::Esc);
        assert!(talk.app.overlay().is_none() && talk.app.selected().is_some());
    }
    talk.key(NONE, KeyCode::F(1));
    talk.others();
    talk.key(NONE, KeyCode::Char('o'));
    assert_eq!(talk.others(), [Effect::Open("https://a.example/x".into())]);
    talk.key(NONE, KeyCode::F(1));
    assert!(
        frame(&mut talk, 80, 24).join("\n").contains("undo, redo"),
        "without a chosen one it is the whole sheet"
    );
}

#[test]
fn a_reaction_is_found_by_its_name() {
    let mut talk = in_lobby();
    talk.hears(":s 005 alice CLIENTTAGDENY= :are supported");
    talk.hears(&line(1, "bob", "done"));
    let mut react = |keys: &[KeyCode]| {
        talk.key(KeyModifiers::ALT, KeyCode::Up);
        talk.key(NONE, KeyCode::Char('+'));
        keys.iter().for_each(|key| talk.key(NONE, *key));
        (std::mem::take(&mut talk.tagged), talk.app.editor().text().to_owned())
    };
    let sent = |sign: &str| vec![format!("@+draft/react={sign};+draft/reply=m0001 TAGMSG #lobby")];
    let rocket: Vec<KeyCode> = ":rocke".chars().map(KeyCode::Char).chain([KeyCode::Enter]).collect();
    assert_eq!(react(&rocket), (sent("🚀"), String::new()));
    assert_eq!(react(&[KeyCode::Char('2')]), (sent("❤️"), String::new()));
    let second = ["t", "h", "u", "m", "b", "s", "2"].map(|c| KeyCode::Char(c.chars().next().unwrap()));
    assert_eq!(react(&second), (sent("👎"), String::new()));
    assert_eq!(react(&[KeyCode::Char('🦀')]), (sent("🦀"), String::new()));
    let none: Vec<KeyCode> =
        "zzzq".chars().map(KeyCode::Char).chain([KeyCode::Enter, KeyCode::Esc]).collect();
    assert_eq!(react(&none), (Vec::new(), String::new()), "no letter of it gets into the line");
}

#[test]
fn a_line_that_failed_is_chosen_and_sent_again_edited_or_dropped() {
    let fails = || {
        let mut talk = in_lobby();
        talk.hears(&line(1, "bob", "hi"));
        talk.types("hello");
        let label = tag(&talk.sent()[0], "label").to_owned();
        talk.hears(&format!("@label={label} :s 404 alice #lobby :muted for guests"));
        talk.key(KeyModifiers::ALT, KeyCode::Up);
        let chosen = talk.app.selected().and_then(|id| talk.app.window().entry(id)).unwrap();
        assert!(matches!(chosen.state, State::Failed(_)), "{chosen:?}");
        talk
    };
    let keys = Status::Question("r retry  e edit  d drop  y copy  Esc".into());
    let mut talk = fails();
    assert_eq!(talk.app.status(), keys);
    talk.key(NONE, KeyCode::Char('r'));
    assert_eq!(untagged(&talk.sent()[0]), "PRIVMSG #lobby :hello");
    let mut talk = fails();
    talk.key(NONE, KeyCode::Char('e'));
    assert_eq!((talk.sent().len(), talk.app.editor().text()), (0, "hello"));
    assert!(!talk.shows("#lobby").iter().any(|shown| shown.contains("failed")));
    let mut talk = fails();
    talk.key(NONE, KeyCode::Char('d'));
    assert!(
        talk.app.editor().is_empty() && !talk.shows("#lobby").iter().any(|shown| shown.contains("hello"))
    );
}

#[test]
fn the_chosen_message_is_on_the_screen_however_small_that_is() {
    let mut talk = in_lobby();
    for n in 1..20 {
        talk.hears(&line(n, if n % 2 == 0 { "bob" } else { "carol" }, &format!("words {n}")));
    }
    for _ in 0..3 {
        frame(&mut talk, 40, 12);
        talk.key(KeyModifiers::SHIFT, KeyCode::Up);
    }
    for _ in 0..4 {
        let rows = frame(&mut talk, 40, 12);
        talk.key(KeyModifiers::SHIFT, KeyCode::Up);
        frame(&mut talk, 40, 12);
        talk.key(KeyModifiers::ALT, KeyCode::Up);
        let chosen = talk.app.selected().and_then(|id| talk.app.window().entry(id)).unwrap().text.to_string();
        let now = frame(&mut talk, 40, 12);
        assert!(now.iter().any(|row| row.contains(&chosen)), "{chosen}: {now:#?} after {rows:#?}");
        talk.key(NONE, KeyCode::Esc);
    }
}

#[test]
fn the_switcher_finds_the_people_of_the_room_too() {
    let mut talk = in_lobby();
    talk.hears(":bobby!b@h JOIN #lobby\n:carol!c@h JOIN #lobby");
    talk.key(KeyModifiers::ALT, KeyCode::Char('k'));
    let people = |talk: &Talk| {
        let Some(Overlay::Switcher(switcher)) = talk.app.overlay() else { return Vec::new() };
        let found = talk.app.switcher_found(switcher);
        let people = found.iter().filter(|found| matches!(found.to, To::Person(_)));
        people.map(|found| talk.app.found_name(found)).collect()
    };
    assert_eq!(people(&talk), [""; 0], "unasked they are not listed");
    letters(&mut talk, "caro");
    assert_eq!(people(&talk), ["carol"]);
    assert!(frame(&mut talk, 80, 24).iter().any(|row| row.contains("carol") && row.contains("write to")));
    talk.key(NONE, KeyCode::Enter);
    assert_eq!(talk.app.window().name, "carol");
    talk.key(KeyModifiers::ALT, KeyCode::Char('1'));
    talk.key(KeyModifiers::ALT, KeyCode::Char('k'));
    letters(&mut talk, "caro");
    assert_eq!(people(&talk), [""; 0], "now she has a room of her own");
    talk.key(NONE, KeyCode::Esc);
    talk.key(KeyModifiers::ALT, KeyCode::Char('k'));
    letters(&mut talk, "alice");
    assert_eq!(people(&talk), [""; 0], "nobody talks with themselves");
}

#[test]
fn letters_stand_on_the_links_and_open_or_copy_them() {
    let mut talk = in_lobby();
    talk.key(KeyModifiers::ALT, KeyCode::Char('o'));
    assert_eq!(talk.app.status(), Status::Info("there is no link on the screen".into()));
    talk.hears(&line(1, "bob", "https://a.example/1 or https://a.example/2"));
    frame(&mut talk, 80, 24);
    talk.others();
    talk.key(KeyModifiers::ALT, KeyCode::Char('o'));
    let rows = frame(&mut talk, 80, 24).join("\n");
    assert!(rows.contains("attps://a.example/1 or sttps://a.example/2"), "{rows}");
    talk.key(NONE, KeyCode::Char('s'));
    assert_eq!(talk.others(), [Effect::Open("https://a.example/2".into())]);
    talk.key(KeyModifiers::ALT, KeyCode::Char('o'));
    talk.key(KeyModifiers::SHIFT, KeyCode::Char('A'));
    assert_eq!(talk.others(), [Effect::Copy("https://a.example/1".into())]);
    talk.key(KeyModifiers::ALT, KeyCode::Char('o'));
    talk.key(NONE, KeyCode::Esc);
    letters(&mut talk, "s");
    assert_eq!((talk.others(), talk.app.editor().text()), (Vec::new(), "s"));
}

#[test]
fn what_a_frame_and_an_echo_take_is_shown_when_asked_for() {
    let mut talk = in_lobby();
    talk.types("/perf");
    talk.app.measured(std::time::Duration::from_micros(1_240), 321);
    let shown = |echo: &str| Status::Info(format!("last frame 1.3 ms, 321 bytes · echo {echo}"));
    assert_eq!(talk.app.status(), shown("none yet"));
    talk.types("hello");
    let label = tag(&talk.sent()[0], "label").to_owned();
    talk.now = talk.now + std::time::Duration::from_millis(7);
    talk.hears(&line(4, "alice", "hello").replacen('@', &format!("@label={label};"), 1));
    assert_eq!(talk.app.status(), shown("7 ms"));
    talk.types("/perf");
    assert_eq!(talk.app.status(), Status::Quiet);
}

/// A time as a read marker has it, `n` seconds in.
fn marker(place: &str, n: u64) -> String {
    format!(":s MARKREAD {place} timestamp={}", Time::from_millis(1_795_190_000_000 + n * 1000))
}

#[test]
fn what_was_read_on_another_device_is_read_here() {
    let mut talk = Talk::new();
    talk.online(&format!("{CAPS} draft/read-marker"));
    talk.joined("#lobby", "@alice bob");
    let asked = asked(&mut talk).unwrap();
    // The server tells it at the join, before the past is here.
    talk.hears(&marker("#lobby", 2));
    let past: Vec<String> = (1..=4).map(|n| line(n, "bob", &format!("words {n}"))).collect();
    talk.event(Event::Focus(false));
    talk.history(Some(tag(&asked, "label")), "#lobby", &past);
    assert_eq!(
        (talk.window("#lobby").unread, talk.window("#lobby").mark.map(|mark| mark.count)),
        (2, Some(2))
    );
    // Elsewhere it is read on, but for the last.
    talk.hears(&line(5, "bob", "alice: words 5"));
    talk.hears(&marker("#lobby", 4));
    let window = talk.window("#lobby");
    assert_eq!((window.unread, window.mentions, window.mark.map(|mark| mark.count)), (1, 1, Some(1)));
    talk.hears(&marker("#lobby", 3));
    assert_eq!(talk.window("#lobby").unread, 1, "a marker does not go back");
    talk.hears(&marker("#lobby", 5));
    assert_eq!((talk.window("#lobby").unread, talk.window("#lobby").mark), (0, None));
    talk.hears(
        ":s MARKREAD #lobby *\n:s MARKREAD #nowhere timestamp=2026-11-20T00:00:00.000Z\n:s MARKREAD #lobby",
    );
}

#[test]
fn what_is_read_here_is_told_not_for_each_message_and_once() {
    let mut talk = Talk::new();
    talk.online(&format!("{CAPS} draft/read-marker"));
    talk.joined("#lobby", "@alice bob");
    let asked = asked(&mut talk).unwrap();
    talk.history(Some(tag(&asked, "label")), "#lobby", &[line(1, "bob", "one")]);
    let marks = |talk: &mut Talk| -> Vec<String> {
        talk.sent().into_iter().filter(|line| line.contains("MARKREAD")).collect()
    };
    for n in 2..5 {
        talk.hears(&line(n, "bob", "more"));
        frame(&mut talk, 80, 24);
    }
    assert_eq!(marks(&mut talk), [""; 0]);
    talk.passes(3_000);
    let newest = marker("#lobby", 4).trim_start_matches(":s ").to_owned();
    assert_eq!(marks(&mut talk), [newest]);
    frame(&mut talk, 80, 24);
    talk.passes(10_000);
    assert_eq!(marks(&mut talk), [""; 0], "once");
    // What is not looked at is not read; what was read last is told on leaving.
    talk.event(Event::Focus(false));
    talk.hears(&line(5, "bob", "unseen"));
    frame(&mut talk, 80, 24);
    talk.passes(10_000);
    assert_eq!(marks(&mut talk), [""; 0]);
    talk.event(Event::Focus(true));
    frame(&mut talk, 80, 24);
    talk.types("/quit");
    assert_eq!(marks(&mut talk).len(), 1);
    // A server without it is not bothered.
    let mut talk = in_lobby();
    talk.hears(&line(2, "bob", "more"));
    frame(&mut talk, 80, 24);
    talk.passes(10_000);
    assert_eq!(marks(&mut talk), [""; 0]);
}

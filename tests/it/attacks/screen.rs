//! Attacks on the client by what a server or somebody behind it says: A64, A66 to A80, A83. The client's whole state and its
//! picture, without a terminal; with one they are in `attacks::evil`.

use chatui::client::app::{Effect, Event};
use chatui::client::entry::State;
use chatui::client::theme::{Depth, Ground, Theme};
use chatui::client::view::draw;
use chatui::client::window;
use chatui::irc::{Framed, Framer, MAX_LINE};
use crossterm::event::{KeyCode, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::client::{Talk, in_lobby, line, tag};
use crate::escapes::unescape;

const TEXTS: &str = include_str!("../../data/hostile-lines/message-texts.tsv");
const SERVED: &str = include_str!("../../data/hostile-lines/server-lines.tsv");
const NAUGHTY: &str = include_str!("../../data/hostile-lines/blns.txt");

/// The hostile texts: id, group, bytes.
fn texts() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let row = |row: &'static str| {
        let mut columns = row.split('\t');
        let mut next = || columns.next().unwrap();
        (next(), next(), unescape(next()))
    };
    TEXTS.lines().map(row).collect()
}

/// Whether a terminal would obey a character, or be led astray by it.
fn is_raw(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The client's picture at a size, every cell of it looked at.
fn picture(talk: &mut Talk, columns: u16, rows: u16) -> Vec<String> {
    talk.event(Event::Resize(columns, rows));
    let area = Rect::new(0, 0, columns, rows);
    let mut buffer = Buffer::empty(area);
    let (drawn, _) = draw(&talk.app, &Theme::new(Depth::True, Ground::DARK), area, &mut buffer);
    for cell in &buffer.content {
        assert!(!cell.symbol().chars().any(is_raw), "{:?}", cell.symbol());
        assert!(cell.symbol().len() <= 64, "{:?}", cell.symbol());
    }
    assert!(!talk.app.title().chars().any(is_raw), "{:?}", talk.app.title());
    talk.event(Event::Drawn(drawn));
    let row = |y| (0..columns).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (0..rows).map(row).collect()
}

/// Bytes of a server, as the link hands them on.
fn served(talk: &mut Talk, bytes: &[u8]) {
    let mut framer = Framer::new(MAX_LINE);
    framer.push(bytes, |framed| {
        if let Framed::Line(line) = framed {
            talk.event(Event::Line(line.to_vec().into()));
        }
    });
}

/// What a server can bring the client to do: to answer, to ring, to show, to keep and to connect to it again; nothing on this
/// machine.
#[track_caller]
fn does_nothing_here(talk: &mut Talk, id: &str) {
    for effect in talk.others() {
        match effect {
            Effect::Bell
            | Effect::Keep(_)
            | Effect::Connect { .. }
            | Effect::Disconnect(_)
            | Effect::Remember(_) => {}
            Effect::Notify(notice) => assert!(!format!("{notice:?}").contains('\u{1b}'), "{id}: {notice:?}"),
            other => panic!("{id}: {other:?}"),
        }
    }
}

#[test]
fn a64_no_control_of_the_wire_is_on_the_screen_wherever_it_stood() {
    let mut cases = 0;
    for (id, _, text) in texts() {
        let clean: Vec<u8> = text.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n' | 0)).collect();
        let word: Vec<u8> = clean.iter().copied().filter(|b| *b != b' ').take(60).collect();
        let mut talk = in_lobby();
        for (head, with, tail) in [
            (&b":bob!u@h PRIVMSG #lobby :"[..], &clean, &b""[..]),
            (b":bob!u@h NOTICE #lobby :", &clean, b""),
            (b":bob!u@h PRIVMSG alice :", &clean, b""),
            (b":bob!u@h PRIVMSG #lobby :\x01ACTION ", &clean, b"\x01"),
            (b":bob!u@h TOPIC #lobby :", &clean, b""),
            (b":", &word, b"!u@h JOIN #lobby"),
            (b":", &word, b"!u@h PRIVMSG #lobby :words"),
            (b":bob!u@h NICK :", &word, b""),
            (b":carol!", &word, b"@h PART #lobby :gone"),
            (b":carol!u@h JOIN #lobby * :", &clean, b""),
            (b":carol!u@h PART #lobby :", &clean, b""),
            (b":carol!u@h AWAY :", &clean, b""),
            (b":carol!u@h KICK #lobby carol :", &clean, b""),
            (b":carol!u@h MODE #lobby +k ", &word, b""),
            (b":carol!u@h INVITE alice :#", &word, b""),
            (b":s 311 alice bob u h * :", &clean, b""),
            (b":s 301 alice bob :", &clean, b""),
            (b":s 332 alice #lobby :", &clean, b""),
            (b":s 353 alice = #lobby :", &word, b""),
            (b":s 372 alice :- ", &clean, b""),
            (b":s 433 alice ", &word, b" :in use"),
            (b":s 005 alice NETWORK=", &word, b" :are supported"),
            (b":s NOTICE alice :", &clean, b""),
            (b"FAIL PRIVMSG X #lobby :", &clean, b""),
            (b"WARN * X :", &clean, b""),
            (b":s CAP alice NEW :", &clean, b""),
            (b":", &word, b" NOTICE alice :a server's name"),
            (b":alice!u@h JOIN :#", &word, b""),
            (b":carol!u@h QUIT :", &clean, b""),
            (b"ERROR :", &clean, b""),
        ] {
            talk.event(Event::Line([head, with, tail].concat().into()));
            picture(&mut talk, 100, 30);
        }
        picture(&mut talk, 40, 12);
        does_nothing_here(&mut talk, id);
        for at in 0..talk.app.windows().len().min(9) {
            talk.key(KeyModifiers::ALT, KeyCode::Char(char::from(b'1' + at as u8)));
            picture(&mut talk, 120, 40);
        }
        cases += 1;
    }
    println!("hostile | message-texts.tsv | {cases} | client, in 30 places each | {} | 5, 6 | ", cases * 30);
}

#[test]
fn a66_a68_no_text_moves_a_border_a_column_or_another_row() {
    let all = texts().into_iter().map(|(_, _, text)| String::from_utf8_lossy(&text).into_owned());
    let naughty =
        NAUGHTY.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned);
    let mut cases = 0;
    for text in all.chain(naughty) {
        cases += 1;
        let mut talk = in_lobby();
        talk.hears(&line(3, "bob", "before it"));
        let text = text.replace(['\r', '\n', '\0'], " ");
        talk.event(Event::Line(line(4, "bob", &text).into_bytes().into()));
        talk.hears(&line(5, "bob", "after it"));
        let rows = picture(&mut talk, 120, 60);
        // The first lines of the list on the right, with its rule, are where they always are.
        let column = |row: &str| row.chars().rev().position(|c| c == '│');
        let rules: Vec<_> = rows[2..20].iter().map(|row| column(row)).collect();
        assert!(rules.iter().all(|at| *at == rules[0] && at.is_some()), "{text:?}:\n{}", rows.join("\n"));
        let starts =
            |words: &str| rows.iter().find_map(|row| row.find(words).map(|at| row[..at].chars().count()));
        assert_eq!(starts("before it"), starts("after it"), "{text:?}:\n{}", rows.join("\n"));
        assert!(starts("after it").is_some(), "{text:?}:\n{}", rows.join("\n"));
    }
    assert_eq!(cases, 130 + 516);
    println!(
        "hostile | blns.txt, texts | {cases} | client's picture | {cases} | 5, 6 | no border, column or other row moved"
    );
}

#[test]
fn a67_a_link_shows_where_it_leads_and_only_the_web_is_opened() {
    let mut talk = in_lobby();
    for text in [
        "\u{1b}]8;;http://evil.example/\u{1b}\\bank.example\u{1b}]8;;\u{1b}\\",
        "file:///etc/passwd javascript:alert(1) ssh://root@h",
        "[bank.example](http://evil.example/)",
    ] {
        talk.hears(&line(3, "bob", text));
        let rows = picture(&mut talk, 120, 40).join("\n");
        assert!(!rows.contains('\u{1b}'));
        talk.key(KeyModifiers::ALT, KeyCode::Up);
        talk.key(KeyModifiers::NONE, KeyCode::Char('o'));
        for effect in talk.others() {
            if let Effect::Open(link) = effect {
                assert!(link.starts_with("http://") || link.starts_with("https://"), "{link}");
                // Whole, or behind the words that hide it.
                let host = link.split('/').nth(2).unwrap();
                assert!(rows.contains(&link) || rows.contains(&format!("({host})")), "{link}:\n{rows}");
            }
        }
        talk.key(KeyModifiers::NONE, KeyCode::Esc);
    }
}

#[test]
fn a69_a_text_can_look_like_anything_but_stands_where_its_speakers_texts_stand() {
    for text in [
        "<bob> I never said this",
        "* alice waves",
        "12:00 -!- alice [a@h] has quit",
        "-- 3 new messages --",
        "── 9 new ──",
    ] {
        let mut talk = in_lobby();
        talk.hears(&line(3, "mallory", "honest"));
        talk.hears(&line(4, "mallory", text));
        let rows = picture(&mut talk, 80, 24);
        let at =
            |words: &str| rows.iter().find_map(|row| row.find(words).map(|at| row[..at].chars().count()));
        assert_eq!(at("honest"), at(text), "{}", rows.join("\n"));
        assert!(at(text).unwrap() > 6, "{}", rows.join("\n"));
        // Nothing else was believed of it.
        assert!(talk.shows("#lobby").last().unwrap().ends_with(&format!("mallory: {text}")));
    }
}

#[test]
fn a70_a76_a78_no_line_of_a_server_harms_the_client_or_has_it_do_anything() {
    let mut cases = 0;
    for row in SERVED.lines() {
        let (id, rest) = row.split_once('\t').unwrap();
        let bytes = unescape(rest.split('\t').next().unwrap());
        cases += 1;
        for welcomed in [false, true] {
            let mut talk = if welcomed { in_lobby() } else { Talk::new() };
            if !welcomed {
                talk.event(Event::Online);
            }
            talk.others();
            talk.sent();
            served(&mut talk, &bytes);
            does_nothing_here(&mut talk, id);
            let sent = talk.sent();
            // It answers a PING with a PONG, and else with some lines at most.
            let own = sent.iter().filter(|line| !line.starts_with("PONG")).count();
            assert!(own <= 50, "{id}: {own} lines were sent: {:?}", &sent[..50]);
            assert!(!sent.iter().any(|line| line.contains("AUTHENTICATE")), "{id}");
            picture(&mut talk, 80, 24);
            // It still lives: what is typed stands in its line.
            talk.types("/help");
            assert!(talk.app.windows().len() <= 701, "{id}: {} windows", talk.app.windows().len());
            for window in talk.app.windows() {
                assert!(window.entries().len() <= window::MOST, "{id}");
            }
        }
    }
    assert_eq!(cases, 76);
    println!("hostile | server-lines.tsv | {cases} | client's state and picture | {} | 5, 6 | ", 2 * cases);
}

#[test]
fn a79_what_is_heard_or_pasted_is_never_a_command() {
    let mut talk = in_lobby();
    for text in ["/quit", "/msg nickserv identify pw", "/exec rm -rf ~", "/join #evil"] {
        talk.hears(&line(3, "bob", text));
        talk.hears(&format!(":bob!u@h PRIVMSG alice :{text}"));
        talk.hears(&format!(":bob!u@h TOPIC #lobby :{text}"));
    }
    assert_eq!(talk.sent(), [""; 0]);
    does_nothing_here(&mut talk, "texts");
    // A slash in the second of several lines is text; so is one in a line that is pasted and does not begin the input.
    talk.event(Event::Paste("see this:\n/quit\n".into()));
    assert_eq!(talk.sent(), [""; 0]);
    talk.key(KeyModifiers::NONE, KeyCode::Enter);
    let sent = talk.sent();
    assert!(sent.iter().all(|line| line.contains("PRIVMSG #lobby")), "{sent:?}");
    assert!(sent.last().unwrap().ends_with("/quit"), "{sent:?}");
    does_nothing_here(&mut talk, "a paste");
}

#[test]
fn a80_a_server_that_moves_the_client_about_gets_no_storm_of_answers_and_no_windows_without_end() {
    let mut talk = in_lobby();
    for n in 0..3_000 {
        talk.hears(&format!(":alice!a@host JOIN #c{n}\n:s 366 alice #c{n} :End"));
        if n % 2 == 0 {
            talk.hears(&format!(
                ":alice!a@host PART #c{n}\n:alice!a@host JOIN #d{n}\n:s KICK #d{n} alice :x"
            ));
        }
    }
    assert!(talk.app.windows().len() <= 701, "{}", talk.app.windows().len());
    // The one with the server is still the server's.
    assert!(!talk.app.windows()[0].name.starts_with('#'));
    talk.sent();
    for _ in 0..50 {
        talk.hears(":bob!u@h KICK #lobby alice :out");
        talk.passes(1_000);
    }
    let sent = talk.sent();
    assert!(!sent.iter().any(|line| line.contains("JOIN #lobby")), "it goes back by itself: {sent:?}");
    for n in 0..50 {
        talk.hears(&format!(":{}!a@host NICK n{n}", talk.app.nick().to_owned()));
        assert_eq!(talk.app.nick(), format!("n{n}"));
    }
    picture(&mut talk, 80, 24);
}

#[test]
fn a83_another_one_who_uses_the_id_of_my_line_does_not_settle_it() {
    let mut talk = in_lobby();
    talk.types("mine");
    let sent = talk.sent();
    let (id, label) = (tag(&sent[0], "+chatui/id").to_owned(), tag(&sent[0], "label").to_owned());
    assert!(!id.is_empty(), "{sent:?}");
    // Whoever guesses the id says something else under it.
    talk.hears(&format!("@+chatui/id={id};msgid=m9001 :mallory!u@h PRIVMSG #lobby :not mine at all"));
    let entries = talk.window("#lobby").waiting().count();
    assert_eq!(entries, 1, "mine still waits: {:#?}", talk.shows("#lobby"));
    assert!(
        talk.shows("#lobby").contains(&"mallory: not mine at all".to_owned()),
        "{:#?}",
        talk.shows("#lobby")
    );
    talk.hears(&format!("@+chatui/id={id};label={label};msgid=m9002 :alice!a@host PRIVMSG #lobby :mine"));
    assert_eq!(talk.window("#lobby").waiting().count(), 0);
    let mine = talk.window("#lobby").entries().back().unwrap();
    assert_eq!((&*mine.text, &mine.state), ("mine", &State::Sent));
}

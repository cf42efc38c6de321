//! Any text of others: what the gate lets through, and how it stands on a screen of any width, wrapped.
#![no_main]

use chatui::client::Address;
use chatui::client::app::{App, Event, Options, Surroundings};
use chatui::client::theme::{Depth, Ground, Theme};
use chatui::client::view::draw;
use chatui::irc::Time;
use chatui::irc::text::{escape_len, format_len, gate, plain, without_formatting};
use chatui_fuzz::{check_screen, is_raw};
use chrono::FixedOffset;
use libfuzzer_sys::fuzz_target;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Most texts of one input.
const MOST_TEXTS: usize = 32;

/// The gate alone.
fn pass(text: &str) {
    let gated = gate(text);
    assert!(!gated.chars().any(is_raw), "{gated:?}");
    assert_eq!(gate(&gated), gated, "what has passed passes again");
    assert!(!plain(text).chars().any(is_raw));
    assert!(without_formatting(text).len() <= text.len());
    for (at, _) in text.char_indices() {
        let rest = &text[at..];
        assert!(rest.is_char_boundary(format_len(rest)), "{rest:?}");
        if rest.starts_with('\u{1b}') {
            assert!(rest.is_char_boundary(escape_len(rest)), "{rest:?}");
        }
    }
}

/// A client in a room of this size in which this was said, done, and made the topic.
fn stand(text: &str, columns: u16, rows: u16) {
    let options = Options {
        server: Some(Address { host: "h".into(), port: 6667, tls: false }),
        nick: "self".into(),
        channels: vec!["#test".into()],
        ..Options::default()
    };
    let offset = FixedOffset::east_opt(0).expect("no offset");
    let surroundings = Surroundings { seed: 7, offset, size: (columns, rows), last_host: None };
    let now = Time::from_millis(1_795_190_700_000);
    let mut app = App::new(options, surroundings, now);
    app.start(now);
    app.update(Event::Online, now);
    let mut lines = vec![
        ":s 001 self :hi".to_owned(),
        ":self!u@h JOIN #test".to_owned(),
        ":s 366 self #test :End".to_owned(),
    ];
    for text in text.split(['\r', '\n', '\0']).take(MOST_TEXTS) {
        lines.push(format!(":bob!b@h PRIVMSG #test :{text}"));
        lines.push(format!(":bob!b@h PRIVMSG #test :\u{1}ACTION {text}\u{1}"));
        lines.push(format!(":bob!b@h TOPIC #test :{text}"));
    }
    lines.push(":bob!b@h PRIVMSG #test :behind it".to_owned());
    for line in lines {
        app.update(Event::Line(line.into_bytes().into()), now);
    }
    let area = Rect::new(0, 0, columns, rows);
    let mut buffer = Buffer::empty(area);
    draw(&app, &Theme::new(Depth::True, Ground::DARK), area, &mut buffer);
    check_screen(&buffer);
    let row = |y| (0..columns).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    if columns >= 60 && rows >= 8 {
        assert!((0..rows).any(|y| row(y).contains("behind it")), "the row behind it is gone");
    }
    // Where the lists stand beside it, their rules stay where they are.
    if (100..140).contains(&columns) && rows >= 16 {
        for y in 1..rows - 8 {
            assert_eq!(buffer[(16, y)].symbol(), "│", "{:?}", row(y));
        }
    }
}

fuzz_target!(|input: &[u8]| {
    chatui_fuzz::timed(input, |input| {
        let Some((&[columns, rows], bytes)) = input.split_first_chunk() else { return };
        let text = String::from_utf8_lossy(bytes);
        pass(&text);
        stand(&text, u16::from(columns), u16::from(rows % 100));
    });
});

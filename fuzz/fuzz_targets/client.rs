//! Any bytes from a server into the client's state, and a drawing of it at any size. Nothing of the wire reaches the terminal
//! as more than text, nothing of it is executed, and what is kept of it is bounded.
//!
//! An input is two bytes for the size, and lines. A line that begins with one of the first control characters is not the
//! server's: keys typed (1), one special key (2), a new size (3), time (4), the connection lost and found (5), a paste (6).
#![no_main]

use std::time::Duration;

use chatui::client::app::{App, Effect, Event, Options, Surroundings};
use chatui::client::theme::{Depth, Ground, Theme};
use chatui::client::view::draw;
use chatui::client::{Address, window};
use chatui::irc::{Framed, Framer, MAX_LINE, Time};
use chatui_fuzz::{check_screen, is_raw};
use chrono::FixedOffset;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use libfuzzer_sys::fuzz_target;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Most steps of an input, and most drawings: an input is one moment of a client, not its day.
const MOST_STEPS: usize = 400;
const MOST_DRAWINGS: usize = 8;

/// Windows that a server may open.
const MOST_WINDOWS: usize = 1_000;

struct Stage {
    app: App,
    theme: Theme,
    now: Time,
    /// A person has done something: then what follows is the person's.
    used: bool,
}

impl Stage {
    fn new(size: (u16, u16)) -> Stage {
        let options = Options {
            server: Some(Address { host: "h".into(), port: 6667, tls: false }),
            nick: "self".into(),
            channels: vec!["#test".into()],
            ..Options::default()
        };
        let offset = FixedOffset::east_opt(0).expect("no offset");
        let surroundings = Surroundings { seed: 7, offset, size, last_host: None };
        let now = Time::from_millis(1_795_190_700_000);
        let mut app = App::new(options, surroundings, now);
        let effects = app.start(now);
        let theme = Theme::new(Depth::True, Ground::DARK);
        let mut stage = Stage { app, theme, now, used: false };
        stage.check(effects);
        stage.event(Event::Online);
        for line in [
            ":s CAP * LS :batch message-tags server-time echo-message draft/chathistory labeled-response",
            ":s CAP * ACK :batch message-tags server-time echo-message draft/chathistory labeled-response",
            ":s 001 self :hi",
            ":self!u@h JOIN #test",
            ":s 353 self = #test :self alice",
            ":s 366 self #test :End",
        ] {
            stage.event(Event::Line(line.as_bytes().into()));
        }
        stage
    }

    fn event(&mut self, event: Event) {
        let effects = self.app.update(event, self.now);
        self.check(effects);
    }

    fn check(&self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send(line) => {
                    assert!(!line.contains(['\r', '\n', '\0']), "{line:?}");
                    assert!(line.len() <= MAX_LINE, "{} bytes are sent", line.len());
                }
                Effect::Notify(notice) => {
                    assert!(!format!("{notice:?}").chars().any(is_raw), "{notice:?}");
                }
                Effect::Edit(_) | Effect::Copy(_) | Effect::Open(_) | Effect::Suspend | Effect::Quit => {
                    assert!(self.used, "a server brings about {effect:?}");
                }
                _ => {}
            }
        }
    }

    fn draw(&mut self) {
        let (columns, rows) = self.app.size();
        let area = Rect::new(0, 0, columns, rows);
        let mut buffer = Buffer::empty(area);
        let (drawn, cursor) = draw(&self.app, &self.theme, area, &mut buffer);
        assert!(cursor.is_none_or(|cursor| area.contains(cursor)), "{cursor:?} in {area:?}");
        check_screen(&buffer);
        assert!(!self.app.title().chars().any(is_raw), "{:?}", self.app.title());
        self.event(Event::Drawn(drawn));
        assert!(self.app.windows().len() <= MOST_WINDOWS);
        for window in self.app.windows() {
            assert!(window.entries().len() <= window::MOST, "{} entries", window.entries().len());
        }
    }

    fn key(&mut self, code: KeyCode, modifiers: KeyModifiers) {
        self.used = true;
        self.event(Event::Key(KeyEvent::new(code, modifiers)));
    }

    /// What is not the server's; false if it is.
    fn other(&mut self, line: &[u8]) -> bool {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match line {
            [1, keys @ ..] => text(keys).chars().for_each(|c| self.key(KeyCode::Char(c), KeyModifiers::NONE)),
            [2, which, held, ..] => {
                let modifiers = KeyModifiers::from_bits_truncate(held & 7);
                let codes = [
                    KeyCode::Enter,
                    KeyCode::Tab,
                    KeyCode::Up,
                    KeyCode::Down,
                    KeyCode::PageUp,
                    KeyCode::PageDown,
                    KeyCode::Home,
                    KeyCode::End,
                    KeyCode::Esc,
                    KeyCode::Backspace,
                    KeyCode::Left,
                    KeyCode::Right,
                    KeyCode::F(1),
                    KeyCode::F(7),
                    KeyCode::F(8),
                    KeyCode::F(9),
                ];
                match which {
                    b' '..=b'~' => self.key(KeyCode::Char(char::from(*which)), modifiers),
                    _ => self.key(codes[usize::from(which % 16)], modifiers),
                }
            }
            [3, columns, rows, ..] => self.event(Event::Resize(u16::from(*columns), u16::from(rows % 100))),
            [4, tens, ..] => {
                self.now = self.now + Duration::from_millis(u64::from(*tens) * 100);
                self.event(Event::Tick);
            }
            [5, ..] => {
                self.event(Event::Offline("cut".into()));
                self.event(Event::Online);
            }
            [6, pasted @ ..] => {
                self.used = true;
                self.event(Event::Paste(text(pasted)));
            }
            _ => return false,
        }
        true
    }
}

fuzz_target!(|input: &[u8]| {
    chatui_fuzz::timed(input, |input| {
        let Some((&[columns, rows], bytes)) = input.split_first_chunk() else { return };
        let mut stage = Stage::new((u16::from(columns), u16::from(rows % 100)));
        let mut framer = Framer::new(MAX_LINE);
        for (n, line) in bytes.split_inclusive(|b| *b == b'\n').take(MOST_STEPS).enumerate() {
            if !stage.other(line.strip_suffix(b"\n").unwrap_or(line)) {
                framer.push(line, |framed| {
                    if let Framed::Line(line) = framed {
                        stage.event(Event::Line(line.to_vec().into()));
                    }
                });
            }
            if n % (MOST_STEPS / MOST_DRAWINGS) == 9 {
                stage.draw();
            }
        }
        stage.draw();
    });
});

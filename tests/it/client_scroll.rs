//! Scrollback without an end: whatever way the reader takes through a long history, what is here is bounded, in order,
//! and has no hole that is not marked; and the line under the eye stays.

use chatui::client::app::{Event, Status};
use chatui::client::entry::{Entry, GapState, Kind};
use chatui::client::theme::{Depth, Ground, Theme};
use chatui::client::view;
use chatui::client::window::{self, Drawn, Past};
use chatui::irc::Time;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use fastrand::Rng;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::client::{CAPS, Talk, line, tag, untagged};

/// When [`line`] has its messages said: number `n` so many seconds after this.
const FIRST: u64 = 1_795_190_000_000;

/// What a message says: of any length, and of all kinds of width.
fn text(n: u64) -> String {
    let words = [
        "tide",
        "潮位計",
        "a-word-that-is-longer-than-a-narrow-window-is-wide",
        "👩\u{200d}🔬",
        "z\u{308}",
        "من",
        "x",
    ];
    let more = (0..n * 7 % 23).map(|k| words[((n + k * k) % 7) as usize]);
    std::iter::once(format!("number {n}")).chain(more.map(str::to_owned)).collect::<Vec<_>>().join(" ")
}

/// A reader, and a server that has so many messages.
struct Reader {
    talk: Talk,
    said: u64,
    size: (u16, u16),
    /// Questions that are not answered yet.
    asked: Vec<String>,
    answered: usize,
}

fn number(entry: &Entry) -> Option<u64> {
    entry.msgid.strip_prefix('m').and_then(|digits| digits.parse().ok())
}

impl Reader {
    fn new(said: u64) -> Reader {
        let mut talk = Talk::new();
        talk.online(CAPS);
        talk.joined("#lobby", "bob alice");
        let mut reader = Reader { talk, said, size: (80, 24), asked: Vec::new(), answered: 0 };
        reader.settle();
        reader
    }

    /// Draws, and takes what the client asks for.
    fn draw(&mut self) -> Drawn {
        let area = Rect::new(0, 0, self.size.0, self.size.1);
        let theme = Theme::new(Depth::True, Ground::DARK);
        let (drawn, _) = view::draw(&self.talk.app, &theme, area, &mut Buffer::empty(area));
        self.talk.event(Event::Drawn(drawn));
        let asked = self.talk.sent().into_iter().filter(|line| line.contains("CHATHISTORY"));
        self.asked.extend(asked);
        drawn
    }

    /// The server answers its oldest question.
    fn answer(&mut self) {
        if self.asked.is_empty() {
            return;
        }
        let asked = self.asked.remove(0);
        self.answered += 1;
        let words: Vec<&str> = untagged(&asked).split(' ').collect();
        let limit: u64 = words[4].parse().unwrap();
        let reference: u64 = match words[3].split_once('=') {
            Some(("msgid", id)) => id.trim_start_matches('m').parse().unwrap(),
            Some((_, time)) => Time::parse(time).unwrap().millis().saturating_sub(FIRST) / 1000,
            None => 0,
        };
        let (from, to) = match words[1] {
            "LATEST" => (self.said.saturating_sub(limit) + 1, self.said),
            "BEFORE" => (reference.saturating_sub(limit).max(1), reference - 1),
            "AFTER" => (reference + 1, (reference + limit).min(self.said)),
            "AROUND" => {
                ((reference.saturating_sub(limit / 2)).max(1), (reference + limit / 2).clamp(1, self.said))
            }
            other => panic!("{other}"),
        };
        let page: Vec<String> = (from..=to).map(|n| line(n, "bob", &text(n))).collect();
        self.talk.history(Some(tag(&asked, "label")), "#lobby", &page);
    }

    fn settle(&mut self) {
        for _ in 0..100 {
            self.draw();
            if self.asked.is_empty() {
                return;
            }
            self.answer();
        }
        panic!("it asks without end");
    }

    fn key(&mut self, code: KeyCode, modifiers: KeyModifiers) {
        self.talk.event(Event::Key(KeyEvent::new(code, modifiers)));
    }

    fn hears_one(&mut self) {
        self.said += 1;
        let line = line(self.said, "bob", &text(self.said));
        self.talk.hears(&line);
    }

    /// Order, holes, and bounds.
    #[track_caller]
    fn check(&self) {
        let entries = self.talk.window("#lobby").entries();
        assert!(entries.len() <= window::MOST, "{} entries", entries.len());
        let (mut last, mut gap) = (None, false);
        for entry in entries {
            gap |= matches!(entry.kind, Kind::Gap(_));
            let Some(n) = number(entry) else { continue };
            if let Some(last) = last {
                assert!(n > last, "{n} behind {last}");
                assert!(gap || n == last + 1, "a hole between {last} and {n}");
            }
            (last, gap) = (Some(n), false);
        }
        assert_eq!(last, Some(self.said), "the newest are always here");
    }

    /// The numbers on the screen's lower edge: what the eye is on.
    fn eye(&mut self) -> Option<u64> {
        let (id, _) = self.draw().bottom?;
        number(self.talk.window("#lobby").entry(id)?)
    }
}

#[test]
fn scrolling_alone_reaches_the_beginning_and_comes_back_at_constant_memory() {
    let mut reader = Reader::new(9_000);
    let (mut pages, mut most) = (0, 0);
    while reader.talk.window("#lobby").past != Past::Complete {
        reader.key(KeyCode::PageUp, KeyModifiers::NONE);
        reader.settle();
        pages += 1;
        assert!(pages < 2_000, "it never comes to the beginning");
        if pages % 50 == 0 {
            reader.check();
        }
        most = most.max(reader.talk.window("#lobby").entries().len());
    }
    reader.check();
    let first: Vec<u64> = reader.talk.window("#lobby").entries().iter().filter_map(number).take(2).collect();
    assert_eq!(first, [1, 2]);
    assert!(most <= window::MOST);
    while !reader.talk.window("#lobby").is_live() {
        reader.key(KeyCode::PageDown, KeyModifiers::NONE);
        reader.settle();
        pages += 1;
        assert!(pages < 4_000, "it never comes back");
        if pages % 50 == 0 {
            reader.check();
        }
    }
    reader.check();
}

#[test]
fn a_jump_leads_there_and_back() {
    let mut reader = Reader::new(9_000);
    for _ in 0..30 {
        reader.key(KeyCode::PageUp, KeyModifiers::NONE);
        reader.settle();
    }
    let top = |reader: &mut Reader| {
        let top = reader.draw().top.unwrap();
        number(reader.talk.window("#lobby").entry(top).unwrap())
    };
    let before = top(&mut reader);
    reader.talk.types("/goto 2026-11-20 16:00");
    reader.settle();
    // 16:00 is 13 minutes and 20 seconds, and so many messages, after the first.
    assert_eq!(top(&mut reader).unwrap(), 400);
    reader.key(KeyCode::Home, KeyModifiers::ALT);
    reader.settle();
    assert_eq!(top(&mut reader).unwrap(), 1);
    reader.check();
    for expected in [Some(400), before] {
        reader.key(KeyCode::Left, KeyModifiers::ALT);
        reader.settle();
        assert_eq!(top(&mut reader), expected);
        reader.check();
    }
    reader.key(KeyCode::Left, KeyModifiers::ALT);
    assert_eq!(reader.talk.app.status(), Status::Info("there is nowhere to go back to".into()));
    reader.talk.types("/goto the day after");
    assert!(matches!(reader.talk.app.status(), Status::Error(_)));
}

#[test]
fn no_way_through_the_history_loses_order_or_place() {
    let seeds: u64 = std::env::var("CHATUI_SEEDS").ok().map_or(6, |seeds| seeds.parse().unwrap());
    let mut jumps = 0;
    for seed in 0..seeds {
        let mut rng = Rng::with_seed(seed);
        let mut reader = Reader::new(rng.u64(60..20_000));
        for _ in 0..250 {
            match rng.u32(..100) {
                0..30 => {
                    let code = if rng.u32(..3) == 0 { KeyCode::PageDown } else { KeyCode::PageUp };
                    for _ in 0..rng.u32(1..40) {
                        reader.key(code, KeyModifiers::NONE);
                        reader.draw();
                        reader.answer();
                    }
                }
                30..35 => reader.key(KeyCode::Home, KeyModifiers::ALT),
                35..38 => reader.key(KeyCode::Esc, KeyModifiers::NONE),
                38..45 => {
                    // A time in the history, to the minute.
                    let at = Time::from_millis(FIRST + rng.u64(..reader.said) * 1000);
                    reader.talk.types(&format!("/goto {}", at.utc().format("%Y-%m-%d %H:%M")));
                    jumps += 1;
                }
                // From here on nobody scrolls: the line under the eye stays.
                45..70 => {
                    let before = reader.eye();
                    for _ in 0..rng.u32(1..120) {
                        reader.hears_one();
                    }
                    if before.is_some() {
                        assert_eq!(reader.eye(), before, "seed {seed}: lines came");
                    }
                }
                70..80 => {
                    let before = reader.eye();
                    reader.size = (rng.u16(20..160), rng.u16(6..50));
                    let after = reader.eye();
                    if let (Some(before), Some(after)) = (before, after) {
                        // A screen that holds less or more of it still has it in view.
                        assert!(before.abs_diff(after) <= 50, "seed {seed}: {before} became {after}");
                    }
                }
                80..95 => {
                    let before = reader.eye();
                    reader.answer();
                    let jumped = reader.talk.window("#lobby").moved != 0
                        || matches!(reader.talk.window("#lobby").scroll, window::Scroll::Top(_));
                    if before.is_some() && !jumped {
                        assert_eq!(reader.eye(), before, "seed {seed}: a page came");
                    }
                }
                _ => reader.settle(),
            }
            reader.check();
        }
        let loading = |entry: &Entry| matches!(entry.kind, Kind::Gap(gap) if gap.state == GapState::Loading);
        reader.settle();
        assert!(!reader.talk.window("#lobby").entries().iter().any(loading));
    }
    assert!(jumps > 0);
}

#[test]
fn for_any_series_of_resizes_and_arrivals_the_line_under_the_eye_stays() {
    let seeds: u64 = std::env::var("CHATUI_SEEDS").ok().map_or(4, |seeds| seeds.parse().unwrap());
    for seed in 0..seeds {
        let mut rng = Rng::with_seed(seed);
        let mut reader = Reader::new(5_000);
        // So far up that no screen reaches the beginning of what is here, and down to a message.
        for _ in 0..rng.u32(10..60) {
            reader.key(KeyCode::PageUp, KeyModifiers::NONE);
            reader.settle();
        }
        reader.key(KeyCode::Up, KeyModifiers::SHIFT);
        let eye = reader.eye();
        assert!(eye.is_some(), "seed {seed}");
        for step in 0..120 {
            match rng.u32(..100) {
                0..30 => (0..rng.u32(1..60)).for_each(|_| reader.hears_one()),
                30..45 => (0..rng.u32(1..12)).for_each(|n| {
                    let who = format!(":n{seed}x{step}x{n}!u@h");
                    reader.talk.hears(&format!("{who} JOIN #lobby"));
                    reader.talk.hears(&format!("{who} PART #lobby"));
                }),
                45..50 => reader
                    .talk
                    .hears(":bob!u@h TOPIC #lobby :another topic, and so long that it is cut at its end"),
                50..55 => {
                    // A reaction takes a row below what it is about: here or elsewhere.
                    let about = eye.unwrap().saturating_add_signed(rng.i64(-6..6));
                    reader.talk.hears(&format!(
                        "@+draft/react=👍;+draft/reply=m{about};msgid=r{seed}x{step} :bob!u@h TAGMSG #lobby"
                    ));
                }
                55..60 => reader.answer(),
                60..65 => reader.key(KeyCode::Char('='), KeyModifiers::ALT),
                _ => {
                    reader.size = (rng.u16(20..200), rng.u16(5..60));
                    reader.talk.event(Event::Resize(reader.size.0, reader.size.1));
                }
            }
            assert_eq!(reader.eye(), eye, "seed {seed}, step {step}, {:?}", reader.size);
            reader.check();
        }
    }
}

//! More messages than anybody reads: then the screen is calm, and the status line says how many they are.

use std::time::Duration;

use super::super::entry::EntryId;
use super::super::settings::Comings;
use super::super::window::Scroll;
use super::{App, Status};
use crate::irc::Time;

/// Over which span messages are counted.
const SPAN: Duration = Duration::from_millis(500);
/// From so many messages a second on it is a flood.
const BEGINS: u64 = 100;
/// Under so many it ends.
const ENDS: u64 = 50;

/// How many messages come in the window that is shown.
#[derive(Debug, Default)]
pub(super) struct Flood {
    since: Time,
    count: u64,
    /// Messages a second, while it is a flood.
    rate: Option<u64>,
}

impl Flood {
    /// A message has come.
    fn note(&mut self, now: Time) {
        self.tick(now);
        self.count += 1;
    }

    /// Time has passed.
    pub(super) fn tick(&mut self, now: Time) {
        let passed = now.since(self.since);
        if passed < SPAN {
            return;
        }
        let rate = self.count * 1000 / u64::try_from(passed.as_millis()).unwrap_or(u64::MAX).max(1);
        let least = if self.rate.is_some() { ENDS } else { BEGINS };
        self.rate = (rate >= least).then_some(rate);
        (self.since, self.count) = (now, 0);
    }

    /// When it is to be seen whether it goes on.
    pub(super) fn next_tick(&self) -> Option<Time> {
        self.rate.map(|_| self.since + SPAN)
    }
}

/// All that the place and the look of the messages on the screen hang on but what others say. While it stays the same,
/// the messages may be drawn a moment later than a key is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stand {
    size: (u16, u16),
    window: usize,
    windows: usize,
    scroll: Scroll,
    moved: i32,
    selected: Option<EntryId>,
    comings: Comings,
    /// Goes up with each line of one's own.
    next_id: u128,
}

impl App {
    /// What the messages on the screen hang on but what others say.
    pub fn stand(&self) -> Stand {
        let window = self.window();
        Stand {
            size: self.size,
            window: self.current,
            windows: self.windows.len(),
            scroll: window.scroll,
            moved: window.moved,
            selected: self.selected(),
            comings: self.comings,
            next_id: self.next_id,
        }
    }

    /// Whether more is said in the window that is shown than anybody reads.
    pub fn is_flooded(&self) -> bool {
        self.flood.rate.is_some()
    }

    /// Somebody said something in this window.
    pub(super) fn note_flood(&mut self, at: usize) {
        if at == self.current {
            self.flood.note(self.now);
        }
    }

    pub(super) fn flood_status(&self) -> Option<Status> {
        self.flood.rate.map(|rate| Status::Info(format!("{rate} messages/s, catching up")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_begins_at_a_rate_and_ends_by_itself() {
        let at = Time::from_millis;
        let mut flood = Flood::default();
        for n in 0..100 {
            flood.note(at(10_000 + n * 20));
        }
        assert_eq!(
            (flood.rate, flood.next_tick()),
            (None, None),
            "fifty a second can be read by nobody, but are few"
        );
        for n in 0..1000 {
            flood.note(at(20_000 + n * 2));
        }
        assert!(flood.rate.is_some_and(|rate| (450..=550).contains(&rate)), "{:?}", flood.rate);
        let due = flood.next_tick().unwrap();
        flood.tick(due);
        flood.tick(due + SPAN);
        assert_eq!(flood.rate, None);
    }
}

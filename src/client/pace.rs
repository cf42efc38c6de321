//! How quickly a server is written to. Most servers close the connection of whoever writes much faster than a person types
//! ("Excess Flood"): so some lines go at once, and from then on one every other second. What waits for its turn here are the
//! client's own questions; words wait in the outbox, where they count as not sent.
//!
//! A chatui server lets whoever is faster wait, and loses nothing: there no pace is kept.

use std::collections::VecDeque;
use std::time::Duration;

use crate::irc::Time;

/// How many lines may go at once after a while of silence. Servers close after some 10 to 20 that they have not taken in yet.
pub const BURST: u32 = 8;
/// One line each from then on: what servers that reckon a cost for each line have allowed for decades (two seconds a line).
pub const INTERVAL: Duration = Duration::from_secs(2);
/// What was sent out of turn is made up for by a pause, of so many lines at most.
const AHEAD_MOST: u32 = 2 * BURST;
/// Most lines that wait for their turn; what nobody waits for is left out beyond.
const HELD_MOST: usize = 2_000;

/// Which lines go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// What the reader waits for.
    Awaited,
    /// What they may come to.
    Useful,
    /// What only makes it nicer.
    Idle,
}

/// Keeps the pace.
#[derive(Debug, Default)]
pub struct Pace {
    lifted: bool,
    /// When all that was sent will have been paid for, at a line for each [`INTERVAL`].
    paid: Time,
    /// Lines that wait for their turn, in its order.
    held: VecDeque<(Rank, String)>,
    /// Whether words wait in the outbox for nothing but their turn.
    words_wait: bool,
    /// Whether a word was the last that had its turn: it and the held lines go by turns.
    was_words: bool,
    /// How many of the lines of this update had their turn here.
    counted: usize,
}

impl Pace {
    /// The server loses nothing, however quickly it is written to.
    pub fn lift(&mut self) {
        self.lifted = true;
    }

    /// Whether a line may go now.
    pub fn allows(&mut self, now: Time) -> bool {
        // Also when the clock was set back meanwhile.
        self.paid = self.paid.min(now + INTERVAL * AHEAD_MOST);
        self.lifted || self.next() <= now
    }

    /// A line goes in its turn.
    pub fn sent(&mut self, now: Time) {
        self.counted += 1;
        self.count(now);
    }

    /// So many lines go in this update, those in their turn among them: the others count, too.
    pub fn all_sent(&mut self, lines: usize, now: Time) {
        for _ in std::mem::take(&mut self.counted)..lines {
            self.count(now);
        }
    }

    fn count(&mut self, now: Time) {
        self.paid = (self.paid.max(now) + INTERVAL).min(now + INTERVAL * AHEAD_MOST);
    }

    /// When the next line may go.
    fn next(&self) -> Time {
        let burst = (INTERVAL * (BURST - 1)).as_millis();
        Time::from_millis(self.paid.millis().saturating_sub(u64::try_from(burst).unwrap_or(u64::MAX)))
    }

    /// When something that waits may go; nothing if nothing waits.
    pub fn next_tick(&self) -> Option<Time> {
        (self.words_wait || !self.held.is_empty()).then(|| self.next())
    }

    /// Has a line wait for its turn. Whether there was room.
    pub fn hold(&mut self, rank: Rank, line: String) -> bool {
        if rank == Rank::Idle && self.held.len() >= HELD_MOST {
            return false;
        }
        let at = self.held.partition_point(|(known, _)| *known <= rank);
        self.held.insert(at, (rank, line));
        true
    }

    /// Whether lines wait for their turn: what comes now stands behind them.
    pub fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    /// The next line whose turn it is.
    pub fn take(&mut self) -> Option<String> {
        self.was_words = false;
        self.held.pop_front().map(|(_, line)| line)
    }

    /// Whether words wait for nothing but their turn.
    pub fn set_words_wait(&mut self, wait: bool) {
        self.words_wait = wait;
    }

    /// Whether words wait for their turn.
    pub fn words_wait(&self) -> bool {
        self.words_wait
    }

    /// Whether it is the turn of words, if some wait.
    pub fn is_turn_of_words(&mut self) -> bool {
        self.was_words = !self.was_words;
        self.was_words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many lines go at this moment.
    fn goes(pace: &mut Pace, now: Time) -> usize {
        let mut count = 0;
        while pace.allows(now) {
            pace.sent(now);
            count += 1;
        }
        count
    }

    #[test]
    fn some_lines_go_at_once_and_then_one_each_two_seconds() {
        let (mut pace, start) = (Pace::default(), Time::from_millis(1_795_190_700_000));
        assert_eq!(goes(&mut pace, start), BURST as usize);
        let seconds = |count| start + Duration::from_secs(count);
        let mut count = 0;
        for second in 1..=20 {
            count += goes(&mut pace, seconds(second));
        }
        assert_eq!(count, 10);
        assert_eq!(goes(&mut pace, seconds(1_000)), BURST as usize, "after a silence it is as at first");
        pace.lift();
        assert!(pace.allows(seconds(1_000)));
    }

    #[test]
    fn what_goes_out_of_turn_counts_and_a_clock_that_is_set_back_stops_nothing_for_long() {
        let (mut pace, start) = (Pace::default(), Time::from_millis(1_795_190_700_000));
        pace.sent(start);
        pace.all_sent(4, start);
        assert_eq!(goes(&mut pace, start), BURST as usize - 4);
        pace.all_sent(1_000, start);
        let hour_before = Time::from_millis(start.millis() - 3_600_000);
        assert!(!pace.allows(hour_before));
        assert!(pace.allows(hour_before + INTERVAL * AHEAD_MOST));
    }

    #[test]
    fn what_is_awaited_goes_first_and_each_kind_in_its_order() {
        let mut pace = Pace::default();
        assert_eq!(pace.next_tick(), None);
        let lines = [(Rank::Idle, "1"), (Rank::Useful, "2"), (Rank::Awaited, "3"), (Rank::Useful, "4")];
        for (rank, line) in lines.into_iter().chain([(Rank::Awaited, "5")]) {
            assert!(pace.hold(rank, line.to_owned()));
        }
        assert!(pace.next_tick().is_some());
        let order: Vec<String> = std::iter::from_fn(|| pace.take()).collect();
        assert_eq!(order, ["3", "5", "2", "4", "1"]);
    }
}

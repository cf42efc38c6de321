//! What was said in a channel last, as much of it as is remembered; and which of the channels that nobody is in are
//! forgotten first.

use std::collections::{BTreeSet, VecDeque};

use crate::irc::Line;

use super::config::{MAX_EMPTY_BYTES, RECENT_BYTES, RECENT_LINES};
use super::state::ChanId;

/// The last messages of a channel, oldest first: at most [`RECENT_LINES`], and of large ones fewer.
#[derive(Debug, Default)]
pub struct Recent {
    lines: VecDeque<Line>,
    bytes: usize,
}

impl Recent {
    /// They.
    pub fn lines(&self) -> &VecDeque<Line> {
        &self.lines
    }

    /// Adds one. Says whether that was all the room there is: older ones may be in the log alone.
    pub fn push(&mut self, line: Line) -> bool {
        self.bytes += line.tagged().len();
        self.lines.push_back(line);
        let is_full = self.lines.len() >= RECENT_LINES || self.bytes > RECENT_BYTES;
        while self.lines.len() > RECENT_LINES || (self.bytes > RECENT_BYTES && self.lines.len() > 1) {
            self.lines.pop_front().inspect(|line| self.bytes -= line.tagged().len());
        }
        is_full
    }

    /// Keeps those that are like this.
    pub fn retain(&mut self, is_kept: impl FnMut(&Line) -> bool) {
        self.lines.retain(is_kept);
        self.bytes = self.lines.iter().map(|line| line.tagged().len()).sum();
    }

    /// Keeps the last one: from when on nothing was said is known then.
    fn keep_last(&mut self) {
        self.lines.drain(..self.lines.len().saturating_sub(1));
        self.bytes = self.lines.back().map_or(0, |line| line.tagged().len());
    }
}

/// Where a channel that nobody is in stands among those: how many lines of it are remembered, and when it was put there.
pub type Rank = (usize, u64);

/// The channels that nobody is in. Those go first that little was said in, and of these the one that has been empty longest: so
/// whoever makes many of them does not have the others forgotten.
#[derive(Debug, Default)]
pub struct Empties {
    order: BTreeSet<(Rank, ChanId)>,
    bytes: usize,
    next: u64,
}

impl Empties {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// The one that is forgotten first.
    pub fn first(&self) -> Option<ChanId> {
        self.order.first().map(|(_, channel)| *channel)
    }

    /// Takes one in. Says where it stands, and whether some of its lines had to be given up: all of them together may
    /// take [`MAX_EMPTY_BYTES`].
    pub fn insert(&mut self, channel: ChanId, recent: &mut Recent) -> (Rank, bool) {
        let rank = (recent.lines.len(), self.next);
        self.next += 1;
        self.order.insert((rank, channel));
        let is_cut = recent.lines.len() > 1 && self.bytes + recent.bytes > MAX_EMPTY_BYTES;
        if is_cut {
            recent.keep_last();
        }
        self.bytes += recent.bytes;
        (rank, is_cut)
    }

    /// Takes one out that stands there, with the same lines as when it was taken in.
    pub fn remove(&mut self, channel: ChanId, rank: Rank, recent: &Recent) {
        if self.order.remove(&(rank, channel)) {
            self.bytes -= recent.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::irc::{Draft, Time};

    fn line(seq: u64, length: usize) -> Line {
        let text = "x".repeat(length);
        let tags = format!("+x={}", "y".repeat(4_000));
        let tags = if length > 300 { tags.as_str() } else { "" };
        Draft::new(tags, "a!a@h", "PRIVMSG", &["#c", &text]).stamp(Time::from_millis(1_000), seq)
    }

    fn seqs(recent: &Recent) -> Vec<u64> {
        recent.lines().iter().map(Line::seq).collect()
    }

    #[test]
    fn so_many_lines_are_remembered_and_so_many_bytes() {
        let mut recent = Recent::default();
        let full: Vec<bool> = (1..=150).map(|seq| recent.push(line(seq, 10))).collect();
        assert_eq!(full.iter().position(|is_full| *is_full), Some(RECENT_LINES - 1));
        assert_eq!(seqs(&recent), (51..=150).collect::<Vec<_>>());
        let bytes: usize = recent.lines().iter().map(|line| line.tagged().len()).sum();
        assert_eq!(recent.bytes, bytes);
        (151..=250).for_each(|seq| assert!(recent.push(line(seq, 400))));
        let bytes: usize = recent.lines().iter().map(|line| line.tagged().len()).sum();
        assert!(recent.bytes == bytes && bytes <= RECENT_BYTES && bytes > RECENT_BYTES - 5_000, "{bytes}");
        assert!(seqs(&recent).ends_with(&[249, 250]) && recent.lines().len() < 50);
        recent.retain(|line| line.seq() == 250);
        assert_eq!((seqs(&recent), recent.bytes), (vec![250], recent.lines()[0].tagged().len()));
    }

    #[test]
    fn little_said_and_long_empty_goes_first_and_too_much_is_given_up() {
        let mut empties = Empties::default();
        let mut recents: Vec<Recent> = (0..4).map(|_| Recent::default()).collect();
        for (n, lines) in [3, 1, 1, 2].into_iter().enumerate() {
            (0..lines).for_each(|seq| {
                recents[n].push(line(seq, 10));
            });
        }
        let ranks: Vec<Rank> =
            recents.iter_mut().enumerate().map(|(n, recent)| empties.insert(n, recent).0).collect();
        let mut gone = Vec::new();
        while let Some(first) = empties.first() {
            gone.push(first);
            empties.remove(first, ranks[first], &recents[first]);
        }
        assert_eq!((gone, empties.bytes), (vec![1, 2, 3, 0], 0));

        let (mut cut, mut all) = (0, 0);
        for n in 0..2 * MAX_EMPTY_BYTES / RECENT_BYTES {
            let mut recent = Recent::default();
            (0..50).for_each(|seq| {
                recent.push(line(seq, 400));
            });
            let is_cut = empties.insert(n, &mut recent).1;
            assert!(is_cut == (recent.lines().len() == 1) && seqs(&recent).last() == Some(&49));
            (cut, all) = (cut + usize::from(is_cut), all + recent.bytes);
        }
        assert_eq!(empties.bytes, all);
        assert!(cut > 100 && all < MAX_EMPTY_BYTES + MAX_EMPTY_BYTES / 16, "{cut} {all}");
    }
}

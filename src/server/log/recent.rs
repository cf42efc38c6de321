//! What the server must know of each channel after a restart: its last topic and its last lines. The table goes with
//! the log from line to line, and is written down at each segment change.

use std::collections::{HashMap, VecDeque};

use crate::irc::{Line, name};

use super::REMEMBERED;
use super::format::{self, Kind, Place};

/// Most channels that are remembered. Beyond it the half that has been silent longest is forgotten.
const MAX_CHANNELS: usize = 65_536;

/// Most bytes that are remembered of all channels. Beyond it the half of the channels that has been silent longest
/// keeps its topics only.
const MAX_BYTES: usize = 32 << 20;

/// What a remembered line costs beside its bytes.
const LINE_COST: usize = 64;

/// The table.
#[derive(Debug)]
pub(super) struct Recent {
    channels: HashMap<String, Channel>,
    bytes: usize,
    max_channels: usize,
    max_bytes: usize,
    /// The place of the last line.
    last: Place,
    /// What is not behind this place may lack lines between the others.
    sure_behind: Option<Place>,
}

/// Messages and events have a list each, so that no crowd of people coming and going pushes out what was said.
#[derive(Debug, Default)]
struct Channel {
    topic: Option<Line>,
    messages: VecDeque<Line>,
    events: VecDeque<Line>,
    last: Place,
}

impl Default for Recent {
    fn default() -> Recent {
        Recent::within(MAX_CHANNELS, MAX_BYTES)
    }
}

impl Recent {
    fn within(max_channels: usize, max_bytes: usize) -> Recent {
        Recent { channels: HashMap::new(), bytes: 0, max_channels, max_bytes, last: 0, sure_behind: None }
    }

    /// Takes note of the next line of the log.
    pub(super) fn note(&mut self, line: &Line) {
        self.last = format::place_of(line);
        let Some((kind, target)) = format::heading(line.tagged()) else { return };
        let Ok(target) = std::str::from_utf8(target) else { return };
        let folded = name::fold(target);
        if !self.channels.contains_key(&*folded) {
            if !name::is_channel(target) {
                return;
            }
            self.channels.insert(folded.clone().into_owned(), Channel::default());
        }
        let Some(channel) = self.channels.get_mut(&*folded) else { return };
        channel.last = format::place_of(line);
        self.bytes += cost(line);
        let gone = match kind {
            Kind::Topic => channel.topic.replace(line.clone()),
            Kind::Message => push(&mut channel.messages, line),
            Kind::Event => push(&mut channel.events, line),
        };
        self.bytes -= gone.as_ref().map_or(0, cost);
        self.forget();
    }

    /// All that is remembered, in the order of the log.
    pub(super) fn lines(&self) -> Vec<&Line> {
        let mut lines: Vec<&Line> = self.channels.values().flat_map(Channel::lines).collect();
        lines.sort_unstable_by(|one, other| one.msgid().cmp(other.msgid()));
        lines
    }

    /// The log is damaged here.
    pub(super) fn note_gap(&mut self) {
        self.sure_behind = Some(self.last);
    }

    /// If the log may have more than is remembered, other than what is older than the oldest lines of each channel: the
    /// place behind which nothing is missing between two lines.
    pub(super) fn sure_behind(&self) -> Option<Place> {
        // One that came from a checkpoint does not say what it forgot; it can only have been when it was full.
        let full = self.channels.len() > self.max_channels / 4 || self.bytes > self.max_bytes / 4;
        self.sure_behind.or(full.then_some(0))
    }

    /// What was before this place is gone from the log: messages and events go here, too. A topic is still the topic.
    pub(super) fn forget_before(&mut self, place: Place) {
        for channel in self.channels.values_mut() {
            for list in [&mut channel.messages, &mut channel.events] {
                list.retain(|line| format::place_of(line) >= place);
            }
        }
        self.keep(|channel| channel.lines().next().is_some());
    }

    /// Makes room among the half that has been silent longest: its lines go first, and if that was not enough its
    /// topics.
    fn forget(&mut self) {
        while self.is_over() {
            self.sure_behind.get_or_insert(0);
            let mut places: Vec<Place> = self.channels.values().map(|channel| channel.last).collect();
            let half = places.len() / 2;
            let middle = *places.select_nth_unstable(half).1;
            for channel in self.channels.values_mut().filter(|channel| channel.last <= middle) {
                channel.messages.clear();
                channel.events.clear();
            }
            self.keep(|channel| channel.last > middle || channel.topic.is_some());
            if self.is_over() {
                self.keep(|channel| channel.last > middle);
            }
        }
    }

    fn is_over(&self) -> bool {
        self.bytes > self.max_bytes || self.channels.len() > self.max_channels
    }

    fn keep(&mut self, mut which: impl FnMut(&Channel) -> bool) {
        self.channels.retain(|_, channel| which(channel));
        self.bytes = self.channels.values().flat_map(Channel::lines).map(cost).sum();
    }
}

impl Channel {
    fn lines(&self) -> impl Iterator<Item = &Line> {
        self.topic.iter().chain(&self.messages).chain(&self.events)
    }
}

fn cost(line: &Line) -> usize {
    line.tagged().len() + LINE_COST
}

/// Appends to a list of the last [`REMEMBERED`]; gives what had to go.
fn push(list: &mut VecDeque<Line>, line: &Line) -> Option<Line> {
    let gone = if list.len() == REMEMBERED { list.pop_front() } else { None };
    list.push_back(line.clone());
    gone
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::irc::{Draft, Time};

    fn line(seq: u64, command: &str, params: &[&str]) -> Line {
        Draft::new("", "a!a@h", command, params).stamp(Time::from_millis(1000), seq)
    }

    fn seqs(recent: &Recent) -> Vec<u64> {
        recent.lines().iter().map(|line| line.seq()).collect()
    }

    #[test]
    fn the_last_topic_messages_and_events_stay() {
        let mut recent = Recent::default();
        recent.note(&line(1, "TOPIC", &["#A", "old"]));
        recent.note(&line(2, "TOPIC", &["#a", "new"]));
        recent.note(&line(3, "PRIVMSG", &["bob", "no channel"]));
        recent.note(&line(4, "PRIVMSG", &["#a", "hi"]));
        for seq in 5..500 {
            recent.note(&line(seq, "JOIN", &["#a"]));
        }
        let mut expected = vec![2, 4];
        expected.extend(400..500);
        assert_eq!(seqs(&recent), expected);
    }

    #[test]
    fn what_retention_took_is_not_remembered_but_for_topics() {
        let mut recent = Recent::default();
        recent.note(&line(1, "PRIVMSG", &["#gone", "x"]));
        recent.note(&line(2, "TOPIC", &["#a", "stays"]));
        recent.note(&line(3, "JOIN", &["#a"]));
        recent.note(&line(4, "PRIVMSG", &["#a", "x"]));
        recent.forget_before(format::place(Time::from_millis(1000), 4));
        assert_eq!(seqs(&recent), [2, 4]);
        let summed: usize = recent.lines().into_iter().map(cost).sum();
        assert_eq!((recent.bytes, recent.channels.len()), (summed, 1));
    }

    #[test]
    fn it_knows_since_when_nothing_is_missing() {
        let mut recent = Recent::default();
        recent.note(&line(1, "PRIVMSG", &["#a", "x"]));
        recent.note(&line(2, "QUIT", &["x"]));
        assert_eq!(recent.sure_behind(), None);
        recent.note_gap();
        recent.note(&line(4, "PRIVMSG", &["#a", "x"]));
        assert_eq!(seqs(&recent), [1, 4]);
        assert_eq!(recent.sure_behind(), Some(format::place(Time::from_millis(1000), 2)));
        let mut full = Recent::within(4, 100_000);
        full.note(&line(1, "PRIVMSG", &["#a", "x"]));
        full.note(&line(2, "PRIVMSG", &["#b", "x"]));
        assert_eq!(full.sure_behind(), Some(0));
    }

    #[test]
    fn a_million_channels_do_not_fill_the_memory() {
        let mut recent = Recent::within(1000, 100_000);
        recent.note(&line(1, "TOPIC", &["#quiet", "stays as long as it can"]));
        for seq in 2..2000 {
            recent.note(&line(seq, "PRIVMSG", &["#busy", "x"]));
            recent.note(&line(seq + 10_000, "PRIVMSG", &[&format!("#c{seq}"), "x"]));
            assert!(recent.bytes <= recent.max_bytes && recent.channels.len() <= recent.max_channels);
            let summed: usize = recent.lines().into_iter().map(cost).sum();
            assert_eq!(recent.bytes, summed);
        }
        let seqs = seqs(&recent);
        assert!(seqs.contains(&1), "a topic is forgotten last");
        assert!(seqs.contains(&1999) && seqs.contains(&11_999));
    }

    #[test]
    fn what_is_remembered_reaches_its_limits_and_not_beyond() {
        let one = |seq: u64| line(seq, "PRIVMSG", &[&format!("#c{seq}"), "x"]);
        let each = cost(&one(1));
        let after = |max_channels, max_bytes, count| {
            let mut recent = Recent::within(max_channels, max_bytes);
            (1..=count).for_each(|seq| recent.note(&one(seq)));
            (seqs(&recent), recent.sure_behind())
        };
        // A quarter full it may have come from a checkpoint that forgot something.
        assert_eq!(after(8, usize::MAX, 2), (vec![1, 2], None));
        assert_eq!(after(8, usize::MAX, 3), (vec![1, 2, 3], Some(0)));
        assert_eq!(after(100, 8 * each, 2), (vec![1, 2], None));
        assert_eq!(after(100, 8 * each, 3), (vec![1, 2, 3], Some(0)));
        assert_eq!(after(8, usize::MAX, 8).0, (1..=8).collect::<Vec<_>>());
        assert_eq!(after(100, 8 * each, 8).0, (1..=8).collect::<Vec<_>>());
        // Then the half that was silent longest goes.
        assert_eq!(after(8, usize::MAX, 9).0, (6..=9).collect::<Vec<_>>());
        assert_eq!(after(100, 8 * each, 9).0, (6..=9).collect::<Vec<_>>());
        // Lines go before topics, and only as many topics as must.
        let mut recent = Recent::within(100, 8 * each);
        recent.note(&line(1, "TOPIC", &["#a", "x"]));
        (2..=9).for_each(|seq| recent.note(&one(seq)));
        assert_eq!(seqs(&recent), [1, 6, 7, 8, 9]);
        assert_eq!(recent.channels.len(), 5);
    }

    #[test]
    fn topics_alone_are_bounded_too() {
        let mut recent = Recent::within(100, 20_000);
        for seq in 1..5000 {
            recent.note(&line(seq, "TOPIC", &[&format!("#c{seq}"), &"x".repeat(300)]));
            assert!(recent.bytes <= recent.max_bytes && recent.channels.len() <= recent.max_channels);
        }
        assert!(seqs(&recent).contains(&4999));
    }
}

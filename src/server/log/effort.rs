//! Tests of how much is read for an answer: windows that double, searches that end after so many bytes, and nothing of what
//! cannot hold an answer. And of segments in which lines are doubled or out of order: each is told once, in its place.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use super::SEARCH_BYTES;
use super::format;
use super::page::{FIRST_WINDOW, LAST_WINDOW, Page, Store, page};
use super::scan::ReadAt;
use super::search::Hunt;
use super::seek::{self, Position, first_at};
use super::sum::{BLOCK, Sum};
use crate::irc::{Draft, Time};
use crate::server::core::{Find, Query, Reference, Rest, Which};

/// How long a line of the filler is.
const FILLER_LINE: u64 = 4 << 10;
/// How much is read at once to look at one line.
const PROBE: u64 = 4 << 10;
const MIB: u64 = 1 << 20;

/// What a segment has: lines, then so many bytes that are none, then lines again.
#[derive(Default)]
struct Source {
    head: Vec<u8>,
    filler: u64,
    tail: Vec<u8>,
}

impl Source {
    fn length(&self) -> u64 {
        self.head.len() as u64 + self.filler + self.tail.len() as u64
    }

    fn read_at(&self, into: &mut [u8], at: u64) -> usize {
        let (head, filled) = (self.head.len() as u64, self.head.len() as u64 + self.filler);
        let part = |bytes: &[u8], at: u64, into: &mut [u8]| (&bytes[at as usize..]).read_at(into, 0).unwrap();
        if at < head {
            return part(&self.head, at, into);
        } else if at >= filled {
            return part(&self.tail, at - filled, into);
        }
        let count = into.len().min((filled - at) as usize);
        into[..count].fill(b'x');
        let end = (FILLER_LINE - 1 - (at - head) % FILLER_LINE) as usize;
        into[..count].iter_mut().skip(end).step_by(FILLER_LINE as usize).for_each(|byte| *byte = b'\n');
        count
    }
}

/// A log that notes what is done with it.
#[derive(Default)]
struct Counted {
    segments: Vec<Rc<Source>>,
    sums: Option<Vec<Arc<Sum>>>,
    noted: Rc<RefCell<Noted>>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Noted {
    /// Which segments were opened.
    opened: Vec<usize>,
    /// From which segment how many bytes were read at once.
    reads: Vec<(usize, u64)>,
}

struct Segment {
    n: usize,
    source: Rc<Source>,
    noted: Rc<RefCell<Noted>>,
}

impl ReadAt for Segment {
    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        let count = self.source.read_at(into, at.min(self.source.length()));
        if count > 0 {
            self.noted.borrow_mut().reads.push((self.n, count as u64));
        }
        Ok(count)
    }
}

impl Store for Counted {
    type Segment = Segment;

    fn segments(&self) -> usize {
        self.segments.len()
    }

    fn open(&self, n: usize) -> io::Result<(Segment, u64)> {
        self.noted.borrow_mut().opened.push(n);
        let source = Rc::clone(&self.segments[n]);
        let length = source.length();
        Ok((Segment { n, source, noted: Rc::clone(&self.noted) }, length))
    }

    fn sum(&self, n: usize) -> Option<Arc<Sum>> {
        self.sums.as_ref().map(|sums| Arc::clone(&sums[n]))
    }
}

impl Counted {
    fn new(segments: impl IntoIterator<Item = Source>) -> Counted {
        Counted { segments: segments.into_iter().map(Rc::new).collect(), ..Counted::default() }
    }

    /// With all that can be known of its segments.
    fn summed(mut self) -> Counted {
        let sums = (0..self.segments.len()).map(|n| {
            let (segment, length) = self.open(n).unwrap();
            let mut sum = Sum::default();
            sum.extend(&segment, length, u64::MAX).unwrap();
            sum.seal(length);
            Arc::new(sum)
        });
        self.sums = Some(sums.collect());
        self.noted.take();
        self
    }

    /// What has been done since it was last asked.
    fn noted(&self) -> Noted {
        self.noted.take()
    }

    fn ask(&self, channel: &str, which: Which, limit: usize) -> Page {
        let query = Query { channel: channel.into(), which, limit, events: true, until: None };
        page(self, &query).unwrap()
    }

    /// What a search finds in steps of so many bytes, and how much was read in each of them.
    fn search(&self, find: &Find, step: u64) -> (Page, Vec<u64>) {
        let (mut hunt, mut steps) = (Hunt::new(find).unwrap(), Vec::new());
        loop {
            let over = hunt.search(self, step).unwrap();
            steps.push(self.noted().bytes(0..self.segments.len()));
            if over {
                return (hunt.page().clone(), steps);
            }
            assert!(steps.len() < 1000, "it does not get on");
        }
    }
}

impl Noted {
    /// Without the small reads that look for a place.
    fn without_probes(mut self) -> Noted {
        self.reads.retain(|(_, count)| *count > PROBE);
        self
    }

    /// How many bytes were read of these segments.
    fn bytes(&self, segments: std::ops::Range<usize>) -> u64 {
        self.reads.iter().filter(|(n, _)| segments.contains(n)).map(|(_, count)| count).sum()
    }
}

fn at(seq: u64) -> Time {
    Time::from_millis(1_000 * seq)
}

fn reference(seq: u64) -> Reference {
    Reference::Line(at(seq), seq)
}

/// Lines of a channel with these numbers, in this order.
fn lines(channel: &str, seqs: impl IntoIterator<Item = u64>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for seq in seqs {
        let text = format!("number {seq}, and some more words, so that it is as long as lines are");
        let draft = Draft::new("", "alice!a@h", "PRIVMSG", &[channel, &text]);
        format::encode(&draft.stamp(at(seq), seq), &mut bytes);
    }
    bytes
}

fn seqs(page: &Page) -> Vec<u64> {
    page.lines().iter().map(crate::irc::Line::seq).collect()
}

fn find(channel: &str) -> Find {
    Find { channels: vec![channel.into()], words: vec!["words".into()], limit: 100, ..Find::default() }
}

#[test]
fn windows_double_up_to_the_largest_and_what_was_read_is_not_read_again() {
    let log = Counted::new([Source { filler: 2 * MIB, ..Source::default() }]);
    let doubled = |noted: Noted| {
        let sizes: Vec<u64> = noted.reads.iter().map(|(_, count)| count / FIRST_WINDOW).collect();
        assert_eq!(sizes[..6], [1, 2, 4, 8, 8, 8], "{noted:?}");
        assert_eq!(LAST_WINDOW, 8 * FIRST_WINDOW);
        assert!((2 * MIB..2 * MIB + 20_000).contains(&noted.bytes(0..1)), "{noted:?}");
    };
    for which in [Which::Latest(None), Which::After(Reference::Time(Time::default()))] {
        assert_eq!(log.ask("#a", which, 10).rest(), Rest::End);
        doubled(log.noted().without_probes());
    }
    for forwards in [false, true] {
        let mut hunt = Hunt::new(&Find { forwards, ..find("#a") }).unwrap();
        assert!(hunt.search(&log, u64::MAX).unwrap());
        doubled(log.noted());
    }
}

#[test]
fn a_page_of_a_busy_channel_is_in_the_first_window() {
    let log = Counted::new([Source { head: lines("#a", 1..=10_000), ..Source::default() }]);
    assert_eq!(seqs(&log.ask("#a", Which::Latest(None), 100)), (9_901..=10_000).collect::<Vec<_>>());
    assert!(log.noted().bytes(0..1) <= FIRST_WINDOW + 1);
    let after = log.ask("#a", Which::After(Reference::Time(Time::default())), 100);
    assert_eq!(seqs(&after), (1..=100).collect::<Vec<_>>());
    assert!(log.noted().without_probes().bytes(0..1) <= FIRST_WINDOW + 1_024);
}

#[test]
fn a_page_ends_after_so_many_bytes_and_each_direction_has_its_half() {
    let filler = 2 * SEARCH_BYTES;
    let log = Counted::new([
        Source { head: lines("#a", [1]), filler, tail: lines("#a", [2]) },
        Source { head: lines("#a", [3]), filler, tail: lines("#a", [4]) },
    ]);
    let near = |bytes: u64, wanted: u64| {
        assert!((wanted..wanted + wanted / 8).contains(&bytes), "{bytes}, and not about {wanted}");
    };
    for which in [Which::Latest(None), Which::After(Reference::Time(Time::default()))] {
        log.ask("#never", which, 100);
        near(log.noted().bytes(0..2), SEARCH_BYTES);
    }
    // What looking for the place takes is not counted.
    let place = format::place(at(3), 3);
    assert_eq!(first_at(&log, place).unwrap(), Position { segment: 0, at: log.segments[0].length() });
    let seeking = log.noted();
    log.ask("#never", Which::Around(reference(3)), 100);
    let noted = log.noted();
    near(noted.bytes(0..1) - 2 * seeking.bytes(0..1), SEARCH_BYTES / 2);
    near(noted.bytes(1..2) - 2 * seeking.bytes(1..2), SEARCH_BYTES / 2);
    // What the first has not used is the second's.
    log.ask("#never", Which::Around(Reference::Time(Time::default())), 100);
    near(log.noted().bytes(0..2), SEARCH_BYTES);
}

#[test]
fn half_of_what_is_around_a_line_is_in_front_of_it() {
    let log = Counted::new([Source { head: lines("#a", 1..=50), ..Source::default() }]);
    let around = |seq, limit| seqs(&log.ask("#a", Which::Around(reference(seq)), limit));
    assert_eq!(around(20, 10), (15..25).collect::<Vec<_>>());
    assert_eq!(around(20, 5), (18..23).collect::<Vec<_>>());
    assert_eq!(around(3, 10), (1..=10).collect::<Vec<_>>());
    assert_eq!(around(49, 10), (44..=50).collect::<Vec<_>>());
    assert_eq!(around(20, 1), [20]);
}

#[test]
fn a_query_may_end_with_a_line_and_a_segment_be_empty() {
    let log = Counted::new([
        Source::default(),
        Source { head: lines("#a", 1..=20), ..Source::default() },
        Source { head: lines("#a", 21..=40), ..Source::default() },
    ]);
    let forwards = Which::After(Reference::Time(Time::default()));
    for (which, expected) in
        [(Which::Latest(None), 1..=30), (forwards, 1..=30), (Which::After(reference(25)), 26..=30)]
    {
        let query =
            Query { channel: "#a".into(), which, limit: 100, events: true, until: Some((at(30), 30)) };
        let found = page(&log, &query).unwrap();
        assert_eq!((seqs(&found), found.rest()), (expected.collect(), Rest::End), "{which:?}");
    }
}

#[test]
fn nothing_is_read_where_nothing_can_be() {
    let rare = |from: u64| {
        let mut bytes = lines("#often", from..from + 5_000);
        bytes.extend(lines("#rare", [from + 5_000]));
        bytes.extend(lines("#often", from + 5_001..from + 10_000));
        Source { head: bytes, ..Source::default() }
    };
    let often = |from: u64| Source { head: lines("#often", from..from + 10_000), ..Source::default() };
    let log = Counted::new([rare(1), often(10_001), rare(20_001)]).summed();
    let forwards = Which::After(Reference::Time(Time::default()));
    for which in [Which::Latest(None), forwards] {
        assert!(seqs(&log.ask("#never", which, 100)).is_empty());
        assert_eq!(log.noted().without_probes().bytes(0..3), 0);
        assert_eq!(seqs(&log.ask("#rare", which, 100)), [5_001, 25_001]);
        let noted = log.noted().without_probes();
        assert!(noted.bytes(0..3) <= 2 * (BLOCK + 2 * 1_024), "{noted:?}");
        assert_eq!(noted.bytes(1..2), 0);
    }
    for forwards in [false, true] {
        let (page, steps) = log.search(&Find { forwards, ..find("#never") }, MIB);
        assert_eq!((seqs(&page), page.rest(), steps), (vec![], Rest::End, vec![0]));
        let (page, steps) = log.search(&Find { forwards, ..find("#rare") }, MIB);
        assert_eq!(seqs(&page), [5_001, 25_001]);
        assert!(steps.iter().sum::<u64>() <= 2 * (BLOCK + 2 * 1_024), "{steps:?}");
    }
}

#[test]
fn who_asks_for_nothing_costs_nothing() {
    let log = Counted::new([Source { head: lines("#a", 1..=10), ..Source::default() }]);
    for (which, limit) in [
        (Which::Latest(None), 0),
        (Which::Between(reference(5), reference(5)), 10),
        (Which::Before(Reference::Time(Time::default())), 10),
    ] {
        assert!(seqs(&log.ask("#a", which, limit)).is_empty(), "{which:?}");
        assert_eq!(log.noted(), Noted::default(), "{which:?}");
    }
    for (find, rest) in [
        (Find { limit: 0, ..find("#a") }, Rest::Open),
        (Find { channels: vec![], ..find("#a") }, Rest::End),
        (Find { after: Some(reference(5)), before: Some(reference(5)), ..find("#a") }, Rest::End),
    ] {
        let mut hunt = Hunt::new(&find).unwrap();
        assert!(hunt.search(&log, 1).unwrap(), "{find:?}");
        assert_eq!(hunt.page().rest(), rest, "{find:?}");
        assert_eq!(log.noted(), Noted::default(), "{find:?}");
    }
    let empty = Counted::new([]);
    assert!(seqs(&empty.ask("#a", Which::Latest(None), 10)).is_empty());
    let mut hunt = Hunt::new(&find("#a")).unwrap();
    assert!(hunt.search(&empty, 1).unwrap());
}

#[test]
fn a_step_of_a_search_is_as_large_as_it_may_be_and_all_of_them_end() {
    let log =
        Counted::new([Source { head: lines("#a", [1]), filler: 2 * SEARCH_BYTES, tail: lines("#a", [2]) }]);
    for (forwards, first) in [(false, 2), (true, 1)] {
        let (page, steps) = log.search(&Find { forwards, ..find("#a") }, MIB);
        assert_eq!((seqs(&page), page.rest()), (vec![first], Rest::From(at(first), first)));
        assert!(steps.iter().all(|bytes| (MIB..MIB + 2 * LAST_WINDOW).contains(bytes)), "{steps:?}");
        let all: u64 = steps.iter().sum();
        assert!((SEARCH_BYTES..SEARCH_BYTES + SEARCH_BYTES / 8).contains(&all), "{all}");
    }
}

#[test]
fn a_place_is_found_by_halving() {
    let log = Counted::new((0..8).map(|n| {
        let from = n * 10_000;
        Source { head: lines("#a", from + 1..=from + 10_000), ..Source::default() }
    }));
    let length = log.segments[0].length();
    assert!(length > MIB);
    for (seq, segment) in [(10_001, 0), (34_000, 3), (35_000, 3), (36_000, 3), (79_999, 7)] {
        let found = first_at(&log, format::place(at(seq), seq)).unwrap();
        assert_eq!(found.segment, segment);
        let noted = log.noted();
        assert!(noted.reads.len() < 20 && noted.bytes(0..8) < 150_000, "{noted:?}");
        assert_eq!(noted.without_probes().reads.len(), 1, "the last piece is read at once");
    }
}

#[test]
fn the_tail_is_all_that_is_read_of_it() {
    let log = Counted::new([
        Source { head: lines("#a", 1..=1_000), ..Source::default() },
        Source { head: lines("#a", 1_001..=2_000), ..Source::default() },
    ]);
    let mut found = Vec::new();
    let bytes = log.segments[1].length() + 1_000;
    seek::tail(&log, bytes, &mut |line| found.push(line.seq())).unwrap();
    assert!(found.len() > 1_000 && found.len() < 1_010 && found.last() == Some(&2_000), "{}", found.len());
    assert_eq!(log.noted().bytes(0..2), bytes + 1);
    seek::tail(&log, 0, &mut |line| found.push(line.seq())).unwrap();
    assert_eq!(log.noted(), Noted::default());
}

#[test]
fn a_line_that_is_doubled_or_out_of_order_is_told_once_and_in_its_place() {
    let often = |seqs: &[u64]| Source { head: lines("#a", seqs.iter().copied()), ..Source::default() };
    let expected = [1, 2, 3, 4, 5, 6];
    for log in [
        Counted::new([often(&[1, 2, 3]), often(&[3, 2, 4, 5]), often(&[5, 5, 6, 6])]),
        // In one segment, windows apart.
        Counted::new([Source {
            head: lines("#a", 1..=3),
            filler: MIB,
            tail: lines("#a", [3, 4, 5, 4, 5, 6]),
        }]),
    ] {
        for which in [Which::Latest(None), Which::After(Reference::Time(Time::default()))] {
            assert_eq!(seqs(&log.ask("#a", which, 100)), expected, "{which:?}");
        }
        for forwards in [false, true] {
            let find = Find { forwards, ..find("#a") };
            assert_eq!(seqs(&log.search(&find, MIB).0), expected, "{forwards}");
        }
        let mut found = Vec::new();
        seek::tail(&log, u64::MAX, &mut |line| found.push(line.seq())).unwrap();
        assert_eq!(found, expected);
    }
}

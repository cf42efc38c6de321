//! Tests of what is made of a log that cannot be read in some place: the answer is whole, or it is an error. And of one that
//! gives few bytes at a time: then the answer is the same.

use std::cell::Cell;
use std::io;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;

use super::format::{self, Place};
use super::page::{Page, Store, page};
use super::scan::{ReadAt, scan};
use super::search::Hunt;
use super::seek::{self, each_backwards, first_at};
use super::sum::Sum;
use crate::irc::{Draft, Time};
use crate::server::core::{Find, Query, Reference, Which};

/// How many lines a segment has: more bytes than are looked through without halving them first.
const LINES: u64 = 300;

struct Disk {
    segments: Rc<[Vec<u8>]>,
    /// How often something was opened or read.
    calls: Cell<usize>,
    /// Which of these calls fails.
    fails: usize,
    /// How many bytes a read gives at most.
    most: usize,
}

/// A log on such a disk.
#[derive(Clone)]
struct Bad {
    disk: Rc<Disk>,
    sums: Option<Rc<[Arc<Sum>]>>,
}

struct Segment(Rc<Disk>, usize);

impl Disk {
    fn call(&self) -> io::Result<()> {
        let call = self.calls.replace(self.calls.get() + 1);
        if call == self.fails { Err(io::Error::other("bad sector")) } else { Ok(()) }
    }
}

impl ReadAt for Segment {
    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        self.0.call()?;
        let most = into.len().min(self.0.most);
        self.0.segments[self.1].as_slice().read_at(&mut into[..most], at)
    }
}

impl Store for Bad {
    type Segment = Segment;

    fn segments(&self) -> usize {
        self.disk.segments.len()
    }

    fn open(&self, n: usize) -> io::Result<(Segment, u64)> {
        self.disk.call()?;
        Ok((Segment(Rc::clone(&self.disk), n), self.disk.segments[n].len() as u64))
    }

    fn sum(&self, n: usize) -> Option<Arc<Sum>> {
        self.sums.as_ref().map(|sums| Arc::clone(&sums[n]))
    }
}

/// The time of a line.
fn at(seq: u64) -> Time {
    Time::from_millis(1_000 * seq)
}

/// Three segments of lines of two channels.
fn segments() -> Rc<[Vec<u8>]> {
    let segment = |n: u64| {
        let mut bytes = Vec::new();
        for seq in n * LINES + 1..=(n + 1) * LINES {
            let channel = if seq % 50 == 0 { "#rare" } else { "#often" };
            let text = format!("number {seq}, and some more words, so that it is as long as lines are");
            let draft = Draft::new("", "alice!a@h", "PRIVMSG", &[channel, &text]);
            format::encode(&draft.stamp(at(seq), seq), &mut bytes);
        }
        bytes
    };
    (0..3).map(segment).collect()
}

/// The same log on a disk of which such a call fails and that gives so many bytes at most.
fn again(log: &Bad, fails: usize, most: usize) -> Bad {
    let segments = Rc::clone(&log.disk.segments);
    Bad { disk: Rc::new(Disk { segments, calls: Cell::new(0), fails, most }), sums: log.sums.clone() }
}

/// A good one, with sums or without.
fn good(summed: bool) -> Bad {
    let segments = segments();
    let sum = |bytes: &Vec<u8>| {
        let mut sum = Sum::default();
        sum.extend(&bytes.as_slice(), bytes.len() as u64, u64::MAX).unwrap();
        sum.seal(bytes.len() as u64);
        Arc::new(sum)
    };
    let sums = summed.then(|| segments.iter().map(sum).collect());
    Bad { disk: Rc::new(Disk { segments, calls: Cell::new(0), fails: usize::MAX, most: usize::MAX }), sums }
}

/// Asks a good log, one that gives seven hundred bytes at a time, and one after the other those whose n-th call fails.
fn is_whole_or_an_error(what: &str, ask: impl Fn(&Bad) -> io::Result<String>) {
    for summed in [false, true] {
        let good = good(summed);
        let expected = ask(&good).unwrap();
        assert_eq!(ask(&again(&good, usize::MAX, 700)).unwrap(), expected, "{what}, in small pieces");
        let calls = good.disk.calls.get();
        assert!(calls > 0 && !expected.is_empty(), "{what}");
        for fails in 0..calls {
            let answer = ask(&again(&good, fails, usize::MAX));
            assert!(answer.is_err(), "{what}, call {fails} of {calls}: {answer:?}");
        }
    }
}

fn numbers(page: &Page) -> String {
    let seqs: Vec<String> = page.lines().iter().map(|line| line.seq().to_string()).collect();
    format!("{} {:?}", seqs.join(" "), page.rest())
}

#[test]
fn a_page_is_whole_or_an_error() {
    let (early, late) = (Reference::Time(at(LINES / 2)), Reference::Line(at(2 * LINES), 2 * LINES));
    for channel in ["#rare", "#often"] {
        for which in [
            Which::Latest(None),
            Which::Latest(Some(early)),
            Which::Before(late),
            Which::After(early),
            Which::Around(late),
            Which::Between(early, late),
            Which::Between(late, early),
        ] {
            for limit in [3, usize::MAX] {
                let query = Query { channel: channel.into(), which, limit, events: true, until: None };
                is_whole_or_an_error(&format!("{query:?}"), |log| {
                    page(log, &query).map(|page| numbers(&page))
                });
            }
        }
    }
}

#[test]
fn a_search_is_whole_or_an_error() {
    for (forwards, channel) in [(true, "#rare"), (false, "#often"), (false, "#rare")] {
        let find = Find {
            channels: vec![channel.to_owned()],
            words: vec!["more".to_owned()],
            after: Some(Reference::Time(at(70))),
            before: Some(Reference::Line(at(800), 800)),
            forwards,
            limit: 5,
            ..Find::default()
        };
        is_whole_or_an_error(&format!("{find:?}"), |log| {
            let mut hunt = Hunt::new(&find).unwrap();
            // Some of it in each step.
            while !hunt.search(log, 10_000)? {}
            Ok(numbers(hunt.page()))
        });
    }
}

#[test]
fn what_else_is_read_is_whole_or_an_error() {
    is_whole_or_an_error("the tail", |log| {
        let mut seqs = Vec::new();
        seek::tail(log, 60_000, &mut |line| seqs.push(line.seq()))?;
        assert!(seqs.len() > 300 && seqs.is_sorted() && seqs.last() == Some(&(3 * LINES)));
        Ok(format!("{seqs:?}"))
    });
    for seq in [1, LINES, LINES + 1, 500, 3 * LINES + 1] {
        let place: Place = format::place(at(seq), seq);
        is_whole_or_an_error("a place", |log| first_at(log, place).map(|found| format!("{found:?}")));
    }
    is_whole_or_an_error("the end", |log| first_at(log, Place::MAX).map(|found| format!("{found:?}")));
    let of_one = |log: &Bad, ask: &dyn Fn(&Segment, u64) -> io::Result<String>| {
        let (segment, length) = log.open(1)?;
        ask(&segment, length)
    };
    is_whole_or_an_error("a segment", |log| {
        of_one(log, &|segment, length| {
            let found = scan(segment, 0, length, 0, &mut |_| {})?;
            assert_eq!(found.lines, LINES);
            Ok(format!("{found:?}"))
        })
    });
    is_whole_or_an_error("a segment backwards", |log| {
        of_one(log, &|segment, length| {
            let mut count = 0;
            let flow = each_backwards(segment, 0..length, &mut |_| {
                count += 1;
                ControlFlow::Continue(())
            })?;
            assert!(flow.is_continue() && count == LINES);
            Ok(count.to_string())
        })
    });
    is_whole_or_an_error("its sum", |log| {
        of_one(log, &|segment, length| {
            let mut sum = Sum::default();
            sum.extend(segment, length, u64::MAX)?;
            sum.seal(length);
            assert!(sum.is_whole() && sum.has("#rare") && !sum.has("#other"));
            Ok(format!("{:?}", sum.parts("#rare", 0..length)))
        })
    });
}

#[test]
fn a_segment_that_ends_before_its_length_is_an_error_backwards() {
    let good = good(false);
    let (segment, length) = good.open(0).unwrap();
    let flow = each_backwards(&segment, 0..length + 1, &mut |_| ControlFlow::Continue(()));
    assert_eq!(flow.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    let mut count = 0;
    let flow = each_backwards(&segment, 0..length, &mut |_| {
        count += 1;
        if count == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(flow.unwrap().is_break() && count == 3);
}

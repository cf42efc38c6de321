//! A slice of one channel's history: where it begins is found by [`seek`](super::seek), which parts of a segment are worth
//! reading is told by its [`sum`](super::sum), and what is read there is copied as it lies, once its checksum has been
//! found right. Readers use `pread`-style calls up to a fixed length: what they see is a true prefix of the log and nothing
//! that is being written.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use crate::irc::Line;
use crate::irc::line::Seq;
use crate::server::core::{Item, Query, Reference, Rest, Which};

use super::format::{self, Kind, MAX_FILE_LINE, Place};
use super::scan::{ReadAt, read_up_to};
use super::seek::{Position, first_at};
use super::sum::Sum;
use super::{PAGE_BYTES, SEARCH_BYTES};

/// How many bytes are read at once at first: a page of a busy channel is in the first ones.
pub(super) const FIRST_WINDOW: u64 = 32 << 10;
/// How many bytes are read at once at most; each window is twice as large as the one before.
pub(super) const LAST_WINDOW: u64 = 256 << 10;
/// How many bytes behind a window are read with it: the last line that begins in it nearly always ends in them.
const MARGIN: u64 = 1 << 10;

/// The segments of a log, at one moment.
pub(super) trait Store {
    /// One of them.
    type Segment: ReadAt;
    /// How many there are.
    fn segments(&self) -> usize;
    /// Opens the `n`-th; says how many bytes of it may be read. One that has been deleted meanwhile is empty.
    fn open(&self, n: usize) -> io::Result<(Self::Segment, u64)>;
    /// What is known of where its lines are.
    fn sum(&self, _n: usize) -> Option<Arc<Sum>> {
        None
    }
}

/// A slice of one channel's history, in the order of the log: lines as the log has them, and gaps where it is damaged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The lines, one behind the other in the order in which they were found.
    bytes: Vec<u8>,
    pub(super) items: Vec<Hit>,
    pub(super) rest: Rest,
}

/// Something on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Hit {
    /// A line: which of the page's bytes.
    Line(Range<usize>, Place),
    /// Something that is no line, where there may have been one.
    Gap,
}

impl Page {
    /// What is on it, to be written for somebody.
    pub fn items(&self) -> impl Iterator<Item = Item<'_>> {
        self.items.iter().filter_map(|hit| match hit {
            Hit::Line(range, _) => format::pieces(&self.bytes[range.clone()]).map(Item::Line),
            Hit::Gap => Some(Item::Gap),
        })
    }

    /// Its lines alone.
    pub fn lines(&self) -> Vec<Line> {
        let lines = self.items.iter().filter_map(|hit| match hit {
            Hit::Line(range, _) => format::decode(&self.bytes[range.clone()]),
            Hit::Gap => None,
        });
        lines.collect()
    }

    /// What lies beyond it.
    pub fn rest(&self) -> Rest {
        self.rest
    }

    /// How many bytes its lines have.
    pub(super) fn size(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn push(&mut self, raw: &[u8], place: Place) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(raw);
        self.items.push(Hit::Line(start..self.bytes.len(), place));
    }

    /// Several damaged places between two lines are one gap.
    fn push_gap(&mut self) {
        if self.items.last() != Some(&Hit::Gap) {
            self.items.push(Hit::Gap);
        }
    }

    fn count(&self) -> usize {
        self.items.iter().filter(|hit| matches!(hit, Hit::Line(..))).count()
    }
}

/// Answers a query.
pub(super) fn page<S: Store>(store: &S, query: &Query) -> io::Result<Page> {
    let limit = query.limit;
    let mut search = Search::new(store, query);
    let end = query.until.map_or(Place::MAX, |(at, seq)| format::place(at, seq) + 1);
    let before = |reference| before(reference).min(end);
    match query.which {
        Which::Latest(None) => search.backwards(0..end, limit)?,
        Which::Latest(Some(from)) => search.backwards(after(from)..end, limit)?,
        Which::Before(to) => search.backwards(0..before(to), limit)?,
        Which::After(from) => search.forwards(after(from)..end, limit)?,
        Which::Around(middle) => {
            // Half of the work belongs to each direction; what the first has not used is the second's, too.
            search.left = SEARCH_BYTES / 2;
            search.backwards(0..before(middle), limit / 2)?;
            search.left += SEARCH_BYTES / 2;
            let found = search.page.count();
            search.forwards(before(middle)..end, limit - found)?;
            // Of two directions one word says nothing.
            search.page.rest = Rest::Open;
        }
        Which::Between(from, to) if before(from) <= before(to) => {
            search.forwards(after(from)..before(to), limit)?;
        }
        Which::Between(from, to) => search.backwards(after(to)..before(from), limit)?,
    }
    Ok(search.page)
}

/// The first place that a reference excludes.
fn before(reference: Reference) -> Place {
    match reference {
        Reference::Time(at) => format::place(at, 0),
        Reference::Line(at, seq) => format::place(at, seq),
    }
}

/// The first place behind a reference.
fn after(reference: Reference) -> Place {
    match reference {
        Reference::Time(at) => format::place(at, Seq::MAX) + 1,
        Reference::Line(at, seq) => format::place(at, seq) + 1,
    }
}

struct Search<'a, S> {
    store: &'a S,
    query: &'a Query,
    /// How many bytes may still be read.
    left: u64,
    /// How many are read next.
    step: u64,
    window: Window,
    page: Page,
}

/// What a piece of a segment is to the search.
enum Found {
    /// A line that was asked for.
    Wanted(Place),
    /// A line that was not.
    Other,
    /// No line.
    Bad,
}

impl<'a, S: Store> Search<'a, S> {
    fn new(store: &'a S, query: &'a Query) -> Search<'a, S> {
        Search {
            store,
            query,
            left: SEARCH_BYTES,
            step: FIRST_WINDOW,
            window: Window::default(),
            page: Page::default(),
        }
    }

    /// Adds the first `limit` lines in a range.
    fn forwards(&mut self, range: Range<Place>, limit: usize) -> io::Result<()> {
        let Some((from, to)) = self.positions(&range, limit)? else { return Ok(()) };
        let (mut next, mut found) = (range.start, 0);
        for n in from.segment..=to.segment {
            let Some((segment, length, sum)) = self.open(n)? else { continue };
            if length == 0 && found > 0 {
                // Perhaps deleted meanwhile, with all that was in front of it: a page has no gap that is not marked.
                self.page.rest = Rest::Open;
                return Ok(());
            }
            let start = if n == from.segment { from.at } else { 0 };
            let end = if n == to.segment { to.at.min(length) } else { length };
            for run in parts(sum.as_deref(), &self.query.channel, start..end) {
                let mut at = run.start;
                while at < run.end {
                    let part = at..run.end.min(at + self.step);
                    at = part.end;
                    self.read(&segment, part, length)?;
                    for piece in 0..self.window.pieces.len() {
                        let (raw, begin) = self.window.piece(piece);
                        match classify(self.query, raw, begin, &(next..range.end), sum.as_deref()) {
                            Found::Wanted(place) => {
                                (next, found) = (place + 1, found + 1);
                                self.page.push(raw, place);
                            }
                            Found::Other => {}
                            Found::Bad => self.page.push_gap(),
                        }
                        if found == limit || self.page.bytes.len() > PAGE_BYTES {
                            self.page.rest = more(found < limit, Some(next - 1));
                            return Ok(());
                        }
                    }
                    if self.left == 0 {
                        self.page.rest = more(true, self.window.places().next_back());
                        return Ok(());
                    }
                }
            }
        }
        self.page.rest = Rest::End;
        Ok(())
    }

    /// Adds the last `limit` lines in a range; the page is empty before.
    fn backwards(&mut self, range: Range<Place>, limit: usize) -> io::Result<()> {
        let flow = self.collect_backwards(range, limit);
        self.page.items.reverse();
        self.page.rest = flow?;
        Ok(())
    }

    /// Collects them, the last one first.
    fn collect_backwards(&mut self, range: Range<Place>, limit: usize) -> io::Result<Rest> {
        let Some((from, to)) = self.positions(&range, limit)? else { return Ok(Rest::Open) };
        let mut found = 0;
        for n in (from.segment..=to.segment).rev() {
            let Some((segment, length, sum)) = self.open(n)? else { continue };
            let start = if n == from.segment { from.at } else { 0 };
            // One that has been deleted meanwhile is empty, wherever a place was found in it before.
            let end = if n == to.segment { to.at.min(length) } else { length };
            for run in parts(sum.as_deref(), &self.query.channel, start..end).into_iter().rev() {
                let mut at = run.end;
                while at > run.start {
                    let part = at.saturating_sub(self.step).max(run.start)..at;
                    at = part.start;
                    self.read(&segment, part, length)?;
                    for piece in (0..self.window.pieces.len()).rev() {
                        let (raw, begin) = self.window.piece(piece);
                        match classify(self.query, raw, begin, &range, sum.as_deref()) {
                            Found::Wanted(place) => {
                                // What stands behind this line but does not come after it is out of order.
                                found -= drop_behind(&mut self.page.items, place);
                                self.page.push(raw, place);
                                found += 1;
                                if found == limit || self.page.bytes.len() > PAGE_BYTES {
                                    return Ok(more(found < limit, Some(place)));
                                }
                            }
                            Found::Other => {}
                            Found::Bad => self.page.push_gap(),
                        }
                    }
                    if self.left == 0 {
                        return Ok(more(true, self.window.places().next()));
                    }
                }
            }
        }
        Ok(Rest::End)
    }

    /// Opens a segment, unless it is known that nothing of it is asked for.
    #[allow(
        clippy::type_complexity,
        reason = "a segment, its length and its sum: nobody else needs the three together"
    )]
    fn open(&self, n: usize) -> io::Result<Option<(S::Segment, u64, Option<Arc<Sum>>)>> {
        let sum = self.store.sum(n);
        if sum.as_ref().is_some_and(|sum| sum.is_whole() && !sum.has(&self.query.channel)) {
            return Ok(None);
        }
        let (segment, length) = self.store.open(n)?;
        Ok(Some((segment, length, sum)))
    }

    /// Reads the lines that begin in a part of a segment.
    fn read(&mut self, segment: &S::Segment, part: Range<u64>, length: u64) -> io::Result<()> {
        self.left = self.left.saturating_sub(part.end - part.start);
        self.step = (self.step * 2).min(LAST_WINDOW);
        self.window.read(segment, part, length)
    }

    /// From where to where a range lies; `None` if nothing is to be read.
    fn positions(&self, range: &Range<Place>, limit: usize) -> io::Result<Option<(Position, Position)>> {
        if limit == 0 || range.is_empty() || self.store.segments() == 0 {
            return Ok(None);
        }
        Ok(Some((first_at(self.store, range.start)?, first_at(self.store, range.end)?)))
    }
}

/// What a search leaves that has not come to its end: whoever wants to go on does so from a place.
fn more(short: bool, place: Option<Place>) -> Rest {
    match place.map(format::split) {
        Some((at, seq)) if short => Rest::From(at, seq),
        _ => Rest::Open,
    }
}

/// Drops the last lines that do not come before a place; says how many.
fn drop_behind(items: &mut Vec<Hit>, place: Place) -> usize {
    let mut dropped = 0;
    while let Some(at) = items.iter().rposition(|hit| matches!(hit, Hit::Line(..)))
        && matches!(items[at], Hit::Line(_, behind) if behind <= place)
    {
        items.truncate(at);
        dropped += 1;
    }
    dropped
}

/// What a piece is. The cheap questions come first; that another channel's line is a good one is known already, unless
/// nobody has looked yet.
fn classify(query: &Query, raw: &[u8], begin: u64, range: &Range<Place>, sum: Option<&Sum>) -> Found {
    let doubtful = || sum.is_none_or(|sum| sum.doubts(begin));
    let wanted = format::concern(raw, query.channel.as_bytes())
        .is_some_and(|kind| kind == Kind::Message || query.events);
    if !wanted && !doubtful() {
        return Found::Other;
    }
    match format::check(raw) {
        Some(place) if wanted && range.contains(&place) => Found::Wanted(place),
        Some(_) => Found::Other,
        None => Found::Bad,
    }
}

/// The parts of a range that are worth reading, in order.
pub(super) fn parts(sum: Option<&Sum>, channel: &str, range: Range<u64>) -> Vec<Range<u64>> {
    match sum {
        Some(sum) => sum.parts(channel, range),
        None if range.is_empty() => Vec::new(),
        None => vec![range],
    }
}

/// A part of a segment, with all of the lines that begin in it.
#[derive(Debug, Default)]
pub(super) struct Window {
    bytes: Vec<u8>,
    /// Where its bytes are from.
    at: u64,
    /// The lines, line ends included, and what is none.
    pieces: Vec<Range<usize>>,
}

impl Window {
    fn piece(&self, n: usize) -> (&[u8], u64) {
        let range = self.pieces[n].clone();
        let begin = self.at + range.start as u64;
        (&self.bytes[range], begin)
    }

    /// All of the lines, one behind the other.
    pub(super) fn whole(&self) -> &[u8] {
        let start = self.pieces.first().map_or(0, |piece| piece.start);
        let end = self.pieces.last().map_or(start, |piece| piece.end);
        &self.bytes[start..end]
    }

    /// The places of its good lines.
    pub(super) fn places(&self) -> impl DoubleEndedIterator<Item = Place> {
        self.pieces.iter().filter_map(|range| format::check(&self.bytes[range.clone()]))
    }

    pub(super) fn read<R: ReadAt>(&mut self, source: &R, part: Range<u64>, length: u64) -> io::Result<()> {
        self.pieces.clear();
        // From the byte before on, for that one tells whether a line begins here.
        self.at = part.start.saturating_sub(1);
        let mut end = length.min(part.end + MARGIN);
        read_up_to(source, &mut self.bytes, self.at, (end - self.at) as usize)?;
        let within = (part.end - self.at) as usize;
        let mut from = if part.start == 0 { 0 } else { line_end(&self.bytes, 0).0 };
        while from < within.min(self.bytes.len()) {
            let (to, ended) = line_end(&self.bytes, from);
            // The last line may go on; what is longer than any line is none, and its rest belongs to it.
            if !ended && end < length && to - from <= MAX_FILE_LINE {
                end = length.min(end + MAX_FILE_LINE as u64);
                let have = self.at + self.bytes.len() as u64;
                let mut rest = Vec::new();
                read_up_to(source, &mut rest, have, end.saturating_sub(have) as usize)?;
                if !rest.is_empty() {
                    self.bytes.extend_from_slice(&rest);
                    continue;
                }
            }
            self.pieces.push(from..to);
            from = to;
        }
        Ok(())
    }
}

/// Where the line at `from` ends, its line end included, and whether it has one.
fn line_end(bytes: &[u8], from: usize) -> (usize, bool) {
    memchr::memchr(b'\n', &bytes[from..]).map_or((bytes.len(), false), |end| (from + end + 1, true))
}

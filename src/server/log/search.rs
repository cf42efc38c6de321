//! Searching the whole log: the bytes are searched as they lie there, and only what may be a hit is read as a line.
//!
//! A search of the server is made in steps, so that it holds nobody up for longer than one of them: see [`Hunt`].

use std::collections::VecDeque;
use std::io;
use std::ops::{ControlFlow, Range};

use regex::{Regex, RegexBuilder, bytes};

use crate::irc::line::Seq;
use crate::irc::message::action;
use crate::irc::{Line, Time, name};
use crate::server::core::{Find, Reference, Rest};

use super::archive::Archive;
use super::format::{self, MAX_FILE_LINE, Place};
use super::page::{FIRST_WINDOW, LAST_WINDOW, Page, Store, Window, parts};
use super::scan::read_up_to;
use super::{PAGE_BYTES, SEARCH_BYTES, seek};

/// How many bytes are searched at once.
const WINDOW: usize = 1 << 20;

// A window holds a whole line at least, so that the search gets on.
const _: () = assert!(WINDOW > 2 * MAX_FILE_LINE);

/// Most bytes of a pattern when it is compiled: a larger one is refused.
const MAX_COMPILED: usize = 4 << 20;

/// What a text must have in it.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// All of them must be found in a text.
    texts: Vec<Regex>,
    /// What is in the bytes of every line that is a hit, if it can be told: the longest word.
    bytes: Option<bytes::Regex>,
}

impl Pattern {
    /// Texts with all of these words in them, in any order, without regard to case. A word may have blanks in it.
    ///
    /// # Errors
    /// When the words are too long: one sentence.
    pub fn words(words: &[String]) -> Result<Pattern, String> {
        let escaped: Vec<String> = words.iter().map(|word| regex::escape(word)).collect();
        let texts = escaped.iter().map(|word| compile(word)).collect::<Result<_, _>>()?;
        let longest = escaped.iter().max_by_key(|word| word.len()).filter(|word| !word.is_empty());
        let bytes = longest.map(|word| {
            bytes::RegexBuilder::new(word).case_insensitive(true).size_limit(MAX_COMPILED).build()
        });
        Ok(Pattern { texts, bytes: bytes.transpose().map_err(|error| error.to_string())? })
    }

    /// Texts that this regular expression fits, without regard to case.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn regex(pattern: &str) -> Result<Pattern, String> {
        Ok(Pattern { texts: vec![compile(pattern)?], bytes: None })
    }

    /// Whether a text is a hit.
    pub fn fits(&self, text: &str) -> bool {
        self.texts.iter().all(|part| part.is_match(text))
    }
}

fn compile(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern)
        .case_insensitive(true)
        .size_limit(MAX_COMPILED)
        .build()
        .map_err(|error| error.to_string())
}

/// Which lines are hits: messages, and topics, that fit all of it.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What the text must have in it.
    pub pattern: Pattern,
    /// Who must have said it: a nick.
    pub from: Option<String>,
    /// In which channels it must have been said, if it matters.
    pub channels: Option<Vec<String>>,
    /// Whether topics are looked at.
    pub topics: bool,
    /// When at the earliest.
    pub since: Time,
    /// Before when.
    pub until: Time,
}

impl Wanted {
    fn fits(&self, line: &Line) -> bool {
        let message = line.message();
        let text = message.param(1);
        (matches!(message.command, "PRIVMSG" | "NOTICE") || (self.topics && message.command == "TOPIC"))
            && self.from.as_ref().is_none_or(|nick| name::same(nick, message.nick()))
            && self.is_place(message.param(0).as_bytes())
            && self.pattern.fits(action(text).unwrap_or(text))
    }

    fn is_place(&self, target: &[u8]) -> bool {
        let all = self.channels.as_ref();
        all.is_none_or(|channels| channels.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(target)))
    }
}

impl Archive {
    /// Hands out the hits, the newest first, until there are no more or `each` breaks.
    ///
    /// # Errors
    /// When a segment cannot be read.
    pub fn search(&self, wanted: &Wanted, each: &mut dyn FnMut(Line) -> ControlFlow<()>) -> io::Result<()> {
        if self.segments() == 0 || wanted.since >= wanted.until {
            return Ok(());
        }
        let (from, to) = (format::place(wanted.since, 0), format::place(wanted.until, 0));
        let (first, last) = (seek::first_at(self, from)?, seek::first_at(self, to)?);
        let mut window = Vec::with_capacity(WINDOW);
        for n in (first.segment..=last.segment).rev() {
            let (source, length) = self.open(n)?;
            let start = if n == first.segment { first.at } else { 0 };
            let mut end = if n == last.segment { last.at } else { length };
            while end > start {
                let at = end.saturating_sub(WINDOW as u64).max(start);
                read_up_to(&source, &mut window, at, (end - at) as usize)?;
                // The first line of the window may have begun before it.
                let head = if at == start { 0 } else { line_end(&window, 0) };
                let bytes = &window[head..];
                for hit in hits(bytes, wanted, from..to).into_iter().rev() {
                    if let Some(line) = format::decode(&bytes[hit.0])
                        && each(line).is_break()
                    {
                        return Ok(());
                    }
                }
                end = if head < window.len() { at + head as u64 } else { at };
            }
        }
        Ok(())
    }
}

/// A search under way: what is wanted, how far it has come, and what has been found. All of its steps are made in one
/// and the same state of the log.
#[derive(Debug)]
pub struct Hunt {
    wanted: Wanted,
    range: Range<Place>,
    forwards: bool,
    limit: usize,
    /// The segments still to be looked at; none before the first step.
    segments: Option<Range<usize>>,
    /// Where the first line of the range begins, and the first one behind it: segment and byte.
    ends: ((usize, u64), (usize, u64)),
    /// What is still to be looked at of the segment under way.
    segment: usize,
    parts: VecDeque<Range<u64>>,
    /// How many bytes may still be looked at, and how many are next.
    left: u64,
    step: u64,
    /// The outermost line that has been looked at, in the direction of the search.
    edge: Option<Place>,
    window: Window,
    page: Page,
}

impl Hunt {
    /// A search that has not begun.
    ///
    /// # Errors
    /// When the words are too long: one sentence.
    pub fn new(find: &Find) -> Result<Hunt, String> {
        let mut pattern = Pattern::words(&find.words)?;
        if let (None, Some(nick)) = (&pattern.bytes, &find.from) {
            // Who said it stands in the line as well.
            let source = format!(" :{}!", regex::escape(nick));
            let builder =
                bytes::RegexBuilder::new(&source).case_insensitive(true).size_limit(MAX_COMPILED).build();
            pattern.bytes = Some(builder.map_err(|error| error.to_string())?);
        }
        let wanted = Wanted {
            pattern,
            from: find.from.clone(),
            channels: Some(find.channels.clone()),
            topics: false,
            since: Time::default(),
            until: Time::from_millis(u64::MAX),
        };
        let start = find.after.map_or(0, |reference| match reference {
            Reference::Time(at) => format::place(at, 0),
            Reference::Line(at, seq) => format::place(at, seq) + 1,
        });
        let end = find.before.map_or(Place::MAX, |reference| match reference {
            Reference::Time(at) => format::place(at, Seq::MAX) + 1,
            Reference::Line(at, seq) => format::place(at, seq),
        });
        let until = find.until.map_or(Place::MAX, |(at, seq)| format::place(at, seq) + 1);
        Ok(Hunt {
            wanted,
            range: start..end.min(until),
            forwards: find.forwards,
            limit: find.limit,
            segments: None,
            ends: Default::default(),
            segment: 0,
            parts: VecDeque::new(),
            left: SEARCH_BYTES,
            step: FIRST_WINDOW,
            edge: None,
            window: Window::default(),
            page: Page::default(),
        })
    }

    /// What has been found.
    pub fn page(&self) -> &Page {
        &self.page
    }

    /// Looks at so many bytes more, about. Whether the search is over.
    pub(super) fn search<S: Store>(&mut self, store: &S, bytes: u64) -> io::Result<bool> {
        let over = self.steps(store, bytes)?;
        if let Some(rest) = over {
            self.page.rest = rest;
            if !self.forwards {
                self.page.items.reverse();
            }
        }
        Ok(over.is_some())
    }

    fn steps<S: Store>(&mut self, store: &S, bytes: u64) -> io::Result<Option<Rest>> {
        if self.segments.is_none() && !self.begin(store)? {
            return Ok(Some(if self.limit == 0 { Rest::Open } else { Rest::End }));
        }
        let enough = self.left.saturating_sub(bytes);
        while self.left > enough {
            let Some(part) = self.next_part() else {
                if !self.next_segment(store)? {
                    return Ok(Some(Rest::End));
                }
                continue;
            };
            let (source, length) = store.open(self.segment)?;
            self.left = self.left.saturating_sub(part.end - part.start);
            self.step = (self.step * 2).min(LAST_WINDOW);
            self.window.read(&source, part.start..part.end.min(length), length)?;
            if let Some(rest) = self.take() {
                return Ok(Some(rest));
            }
        }
        let edge = self.edge.map(format::split);
        let rest = edge.map_or(Rest::Open, |(at, seq)| Rest::From(at, seq));
        Ok((self.left == 0).then_some(rest))
    }

    /// Finds where the range lies; `false` if nothing can be in it.
    fn begin<S: Store>(&mut self, store: &S) -> io::Result<bool> {
        let nowhere = self.wanted.channels.as_ref().is_some_and(Vec::is_empty);
        if nowhere || self.limit == 0 || self.range.is_empty() || store.segments() == 0 {
            return Ok(false);
        }
        let (first, last) =
            (seek::first_at(store, self.range.start)?, seek::first_at(store, self.range.end)?);
        self.ends = ((first.segment, first.at), (last.segment, last.at));
        self.segments = Some(first.segment..last.segment + 1);
        Ok(true)
    }

    /// Takes up the next segment that may have something; `false` if there is none.
    fn next_segment<S: Store>(&mut self, store: &S) -> io::Result<bool> {
        let Some(segments) = &mut self.segments else { return Ok(false) };
        let Some(n) = (if self.forwards { segments.next() } else { segments.next_back() }) else {
            return Ok(false);
        };
        let channels = self.wanted.channels.as_deref().unwrap_or_default();
        let sum = store.sum(n);
        self.segment = n;
        self.parts.clear();
        if sum.as_ref().is_some_and(|sum| sum.is_whole() && !channels.iter().any(|name| sum.has(name))) {
            return Ok(true);
        }
        let (_, length) = store.open(n)?;
        let (first, last) = self.ends;
        let start = if n == first.0 { first.1 } else { 0 };
        // One that has been deleted meanwhile is empty, wherever a place was found in it before.
        let end = if n == last.0 { last.1.min(length) } else { length };
        let all = channels.iter().flat_map(|name| parts(sum.as_deref(), name, start..end.max(start)));
        self.parts = together(all.collect());
        Ok(true)
    }

    /// What is read next.
    fn next_part(&mut self) -> Option<Range<u64>> {
        if self.forwards {
            let run = self.parts.pop_front()?;
            let part = run.start..run.end.min(run.start + self.step);
            if part.end < run.end {
                self.parts.push_front(part.end..run.end);
            }
            Some(part)
        } else {
            let run = self.parts.pop_back()?;
            let part = run.end.saturating_sub(self.step).max(run.start)..run.end;
            if part.start > run.start {
                self.parts.push_back(run.start..part.start);
            }
            Some(part)
        }
    }

    /// Takes over the hits of what has been read; what is beyond, if it is enough.
    fn take(&mut self) -> Option<Rest> {
        let bytes = self.window.whole();
        let edge = if self.forwards { self.window.places().next_back() } else { self.window.places().next() };
        self.edge = edge.or(self.edge);
        let mut found = hits(bytes, &self.wanted, self.range.clone());
        if !self.forwards {
            found.reverse();
        }
        for (line, place) in found {
            // What does not come after what has been found is out of order and not shown.
            if self.forwards {
                self.range.start = place + 1;
            } else {
                self.range.end = place;
            }
            self.page.push(&bytes[line], place);
            let full = self.page.items.len() == self.limit;
            if full || self.page.size() > PAGE_BYTES {
                let (at, seq) = format::split(place);
                return Some(if full { Rest::Open } else { Rest::From(at, seq) });
            }
        }
        None
    }
}

/// Pieces in order, those that touch or overlap as one.
fn together(mut pieces: Vec<Range<u64>>) -> VecDeque<Range<u64>> {
    pieces.sort_unstable_by_key(|piece| piece.start);
    let mut joined: VecDeque<Range<u64>> = VecDeque::new();
    for piece in pieces {
        match joined.back_mut() {
            Some(last) if last.end >= piece.start => last.end = last.end.max(piece.end),
            _ => joined.push_back(piece),
        }
    }
    joined
}

/// The hits in a piece of a segment that begins with a line, in the order of the log: where they stand in it. One that does
/// not come after the one before it is out of order and not shown.
fn hits(bytes: &[u8], wanted: &Wanted, range: Range<Place>) -> Vec<(Range<usize>, Place)> {
    let mut found = Vec::new();
    let (mut at, mut next) = (0, range.start);
    while at < bytes.len() {
        let start = match &wanted.pattern.bytes {
            None => at,
            Some(part) => match part.find_at(bytes, at) {
                Some(hit) => memchr::memrchr(b'\n', &bytes[..hit.start()]).map_or(0, |end| end + 1).max(at),
                None => break,
            },
        };
        at = line_end(bytes, start);
        if let Some(line) = hit(&bytes[start..at], wanted) {
            let place = format::place_of(&line);
            if (next..range.end).contains(&place) {
                next = place + 1;
                found.push((start..at, place));
            }
        }
    }
    found
}

/// The line, if it is a hit. The cheap question comes first.
fn hit(raw: &[u8], wanted: &Wanted) -> Option<Line> {
    let (_, target) = format::heading(raw)?;
    if !wanted.is_place(target) || !may_fit(raw, wanted) {
        return None;
    }
    format::decode(raw).filter(|line| wanted.fits(line))
}

/// Whether the text at the end of a raw line fits: what is behind the last ` :` at the latest is a part of it. Without a
/// colon, or with text that is no UTF-8, reading the line tells.
fn may_fit(raw: &[u8], wanted: &Wanted) -> bool {
    let Ok(text) = std::str::from_utf8(raw) else { return false };
    let body = text.trim_end_matches(['\r', '\n']);
    // Behind the tags and the source, the first ` :` begins the text of every message that the server writes.
    let rest =
        body.strip_prefix('@').and_then(|tagged| tagged.split_once(' ')).map_or(body, |(_, rest)| rest);
    match rest.split_once(" :") {
        Some((_, words)) => wanted.pattern.fits(words),
        None => true,
    }
}

/// Where the line at `from` ends, its line end included.
fn line_end(bytes: &[u8], from: usize) -> usize {
    memchr::memchr(b'\n', &bytes[from..]).map_or(bytes.len(), |end| from + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_that_touch_or_overlap_are_read_once() {
        let pieces = vec![20..30, 0..5, 5..8, 3..4, 10..12, 11..15];
        assert_eq!(together(pieces), [0..8, 10..15, 20..30]);
    }
}

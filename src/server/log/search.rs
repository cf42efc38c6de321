//! Searching the whole log, the newest line first: the bytes are searched as they lie there, and only what may be a hit
//! is read as a line.

use std::io;
use std::ops::ControlFlow;

use regex::{Regex, RegexBuilder, bytes};

use crate::irc::{Line, Time, name};

use super::archive::Archive;
use super::format::{self, MAX_FILE_LINE, Place};
use super::page::Store;
use super::scan::read_up_to;
use super::seek;

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

/// Which lines are hits: messages and topics that fit all of it.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What the text must have in it.
    pub pattern: Pattern,
    /// Who must have said it: a nick.
    pub from: Option<String>,
    /// Where it must have been said.
    pub channel: Option<String>,
    /// When at the earliest.
    pub since: Time,
    /// Before when.
    pub until: Time,
}

impl Wanted {
    fn fits(&self, line: &Line) -> bool {
        let message = line.message();
        matches!(message.command, "PRIVMSG" | "NOTICE" | "TOPIC")
            && self.from.as_ref().is_none_or(|nick| name::same(nick, message.nick()))
            && self.channel.as_ref().is_none_or(|channel| name::same(channel, message.param(0)))
            && self.pattern.fits(message.param(1))
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
                let hits = hits(&window[head..], wanted, from..to);
                for line in hits.into_iter().rev() {
                    if each(line).is_break() {
                        return Ok(());
                    }
                }
                end = if head < window.len() { at + head as u64 } else { at };
            }
        }
        Ok(())
    }
}

/// The hits in a piece of a segment that begins with a line, in the order of the log. One that does not come after the
/// one before it is out of order and not shown.
fn hits(bytes: &[u8], wanted: &Wanted, range: std::ops::Range<Place>) -> Vec<Line> {
    let mut found: Vec<Line> = Vec::new();
    let (mut at, mut last) = (0, range.start.saturating_sub(1));
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
            if place > last && place < range.end {
                last = place;
                found.push(line);
            }
        }
    }
    found
}

/// The line, if it is a hit. The cheap question comes first.
fn hit(raw: &[u8], wanted: &Wanted) -> Option<Line> {
    let (_, target) = format::heading(raw)?;
    if wanted.channel.as_ref().is_some_and(|channel| !channel.as_bytes().eq_ignore_ascii_case(target)) {
        return None;
    }
    if wanted.pattern.bytes.is_none() && !may_fit(raw, wanted) {
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

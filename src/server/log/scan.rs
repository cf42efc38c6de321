//! Reading a segment from one end to the other: its raw lines, and at start which of them are good and where the
//! good part ends. Memory stays the same whatever the file holds.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

use crate::irc::Line;

use super::WRITE_BYTES;
use super::format::{self, MAX_FILE_LINE, Place};

/// Bytes that can be read at any place, by several readers at once.
pub(super) trait ReadAt {
    /// Reads some bytes at a place; 0 at the end.
    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize>;
}

impl ReadAt for File {
    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        loop {
            match FileExt::read_at(self, into, at) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }
}

/// What is not there (any more) is empty.
impl<R: ReadAt> ReadAt for Option<R> {
    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        self.as_ref().map_or(Ok(0), |source| source.read_at(into, at))
    }
}

impl ReadAt for &[u8] {
    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        let rest = usize::try_from(at).ok().and_then(|at| self.get(at..)).unwrap_or_default();
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}

/// A raw line: all bytes up to and with a LF.
#[derive(Debug)]
pub(super) struct Raw<'a> {
    /// Where it begins.
    pub at: u64,
    /// Its bytes, line end included.
    pub bytes: &'a [u8],
    /// Whether this is all of it. A line beyond the limit comes in pieces, of which none is whole.
    pub whole: bool,
}

impl Raw<'_> {
    /// The line, if it is a good one.
    pub(super) fn decode(&self) -> Option<Line> {
        if self.whole { format::decode(self.bytes) } else { None }
    }

    /// Where the next one begins.
    pub(super) fn end(&self) -> u64 {
        self.at + self.bytes.len() as u64
    }
}

/// The raw lines of a source, forwards.
pub(super) struct Lines<'a, R> {
    source: &'a R,
    /// Where reading stops.
    end: u64,
    /// How many bytes are read at once.
    chunk: usize,
    buffer: Vec<u8>,
    /// How much of the buffer has been handed out.
    used: usize,
    /// Where in the source the unused part of the buffer begins.
    at: u64,
    /// In the middle of a line beyond the limit.
    within: bool,
}

impl<'a, R: ReadAt> Lines<'a, R> {
    /// The lines from `at` to `end`. `at` is where a line begins.
    pub(super) fn new(source: &'a R, at: u64, end: u64, chunk: usize) -> Self {
        Lines { source, end, chunk, buffer: Vec::new(), used: 0, at, within: false }
    }

    /// The next raw line. What lies between the last LF and the end comes last and is not whole.
    pub(super) fn next(&mut self) -> io::Result<Option<Raw<'_>>> {
        let (length, ended) = loop {
            let unused = &self.buffer[self.used..];
            if let Some(found) = memchr::memchr(b'\n', unused) {
                break (found + 1, true);
            }
            if unused.len() > MAX_FILE_LINE || !self.fill()? {
                break (self.buffer.len() - self.used, false);
            }
        };
        if length == 0 {
            return Ok(None);
        }
        let raw = Raw {
            at: self.at,
            bytes: &self.buffer[self.used..self.used + length],
            whole: ended && !self.within,
        };
        self.used += length;
        self.at += length as u64;
        self.within = !ended;
        Ok(Some(raw))
    }

    /// Reads more; `false` at the end.
    fn fill(&mut self) -> io::Result<bool> {
        self.buffer.drain(..self.used);
        self.used = 0;
        let held = self.buffer.len();
        let left = self.end.saturating_sub(self.at + held as u64);
        let want = usize::try_from(left).unwrap_or(usize::MAX).min(self.chunk);
        self.buffer.resize(held + want, 0);
        let got = self.source.read_at(&mut self.buffer[held..], self.at + held as u64)?;
        self.buffer.truncate(held + got);
        Ok(got > 0)
    }
}

/// What was found in a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Scanned {
    /// How many good lines there are.
    pub lines: u64,
    /// The place of the last good line, or of what was before the segment.
    pub last: Place,
    /// Where the last good line ends.
    pub good_end: u64,
    /// How many bytes in front of that are no good line.
    pub bad: u64,
    /// Where the first of them is.
    pub first_bad: u64,
    /// How many bytes behind it are lines that are whole but out of order.
    pub stale: u64,
}

/// What is met on the way through a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A good line.
    Good(Line),
    /// Bytes that are no good line, between two that are.
    Bad(Range<u64>),
}

/// Reads all lines from `from` to `length` and hands out the good ones. A line is good if it can be decoded and
/// comes after all good ones before it and after the place `after`: an old block under a new length is whole, too,
/// and only the order tells. Nothing is looked for *inside* a bad line: a text can hold what looks like a line.
pub(super) fn scan<R: ReadAt>(
    source: &R,
    from: u64,
    length: u64,
    after: Place,
    each: &mut dyn FnMut(Line),
) -> io::Result<Scanned> {
    scan_pieces(source, from, length, after, &mut |piece| {
        if let Piece::Good(line) = piece {
            each(line);
        }
    })
}

/// The same, with what lies between the good lines. What lies behind the last of them shows in
/// [`Scanned::good_end`].
pub(super) fn scan_pieces<R: ReadAt>(
    source: &R,
    from: u64,
    length: u64,
    after: Place,
    each: &mut dyn FnMut(Piece),
) -> io::Result<Scanned> {
    let mut found = Scanned { last: after, good_end: from, ..Scanned::default() };
    let mut lines = Lines::new(source, from, length, WRITE_BYTES);
    while let Some(raw) = lines.next()? {
        let Some(line) = raw.decode() else { continue };
        let place = format::place_of(&line);
        if place <= found.last {
            found.stale += raw.bytes.len() as u64;
            continue;
        }
        if raw.at > found.good_end {
            if found.bad == 0 {
                found.first_bad = found.good_end;
            }
            found.bad += raw.at - found.good_end;
            each(Piece::Bad(found.good_end..raw.at));
        }
        found.last = place;
        found.lines += 1;
        found.good_end = raw.end();
        found.stale = 0;
        each(Piece::Good(line));
    }
    Ok(found)
}

/// Reads a range of a source, as much of it as there is.
pub(super) fn read_up_to<R: ReadAt>(source: &R, into: &mut Vec<u8>, at: u64, count: usize) -> io::Result<()> {
    into.clear();
    into.resize(count, 0);
    let mut got = 0;
    while got < count {
        match source.read_at(&mut into[got..], at + got as u64)? {
            0 => break,
            more => got += more,
        }
    }
    into.truncate(got);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::irc::{Draft, Time};

    fn raw_line(seq: u64) -> Vec<u8> {
        let mut out = Vec::new();
        let draft = Draft::new("", "a!a@h", "PRIVMSG", &["#c", "x"]);
        format::encode(&draft.stamp(Time::from_millis(1000), seq), &mut out);
        out
    }

    fn scanned(bytes: &[u8]) -> (Scanned, Vec<u64>) {
        let mut seqs = Vec::new();
        let found = scan(&bytes, 0, bytes.len() as u64, 0, &mut |line| seqs.push(line.seq())).unwrap();
        (found, seqs)
    }

    #[test]
    fn raw_lines_are_the_same_at_any_chunk() {
        let mut text = b"one\r\n\ntwo\n".to_vec();
        text.extend_from_slice(&[b'x'; MAX_FILE_LINE + 50]);
        text.extend_from_slice(b"\nlast");
        for chunk in [1, 2, 3, 100, MAX_FILE_LINE, 1 << 20] {
            let source = &text[..];
            let mut lines = Lines::new(&source, 0, text.len() as u64, chunk);
            let (mut all, mut whole) = (Vec::new(), Vec::new());
            while let Some(raw) = lines.next().unwrap() {
                assert_eq!(raw.at, all.len() as u64);
                all.extend_from_slice(raw.bytes);
                if raw.whole && raw.bytes.len() < 100 {
                    whole.push(String::from_utf8(raw.bytes.to_vec()).unwrap());
                }
                assert!(raw.bytes.len() <= MAX_FILE_LINE + chunk + 1);
            }
            assert_eq!(all, text);
            assert_eq!(whole, ["one\r\n", "\n", "two\n"]);
        }
    }

    #[test]
    fn a_bad_line_never_hides_a_good_one_after_it() {
        let (one, two, three) = (raw_line(1), raw_line(2), raw_line(3));
        let (found, seqs) = scanned(&[&one[..], b"hello\r\n", &two, &one, &three, b"@ti"].concat());
        assert_eq!(seqs, [1, 2, 3]);
        assert_eq!(found.bad, 7 + one.len() as u64);
        assert_eq!(found.first_bad, one.len() as u64);
        assert_eq!(found.good_end, (one.len() * 2 + 7 + two.len() + three.len()) as u64);
        assert_eq!(found.stale, 0);
    }

    #[test]
    fn an_old_line_at_the_end_is_stale() {
        let (one, two) = (raw_line(1), raw_line(2));
        let (found, seqs) = scanned(&[&one[..], &two, &one].concat());
        assert_eq!(seqs, [1, 2]);
        assert_eq!(found.good_end, (one.len() + two.len()) as u64);
        assert_eq!(found.stale, one.len() as u64);
    }

    #[test]
    fn a_line_inside_a_bad_line_is_not_believed() {
        let (one, two) = (raw_line(1), raw_line(2));
        let (_, seqs) = scanned(&[&one[..], b"\0\0\0\0", &two].concat());
        assert_eq!(seqs, [1]);
    }
}

//! Finding a place in the log by binary search over bytes: no index is kept. And reading from there on back, and the last
//! bytes of it.

use std::io;
use std::ops::{ControlFlow, Range};

use crate::irc::Line;

use super::format::{self, MAX_FILE_LINE, Place};
use super::page::Store;
use super::scan::{Lines, Raw, ReadAt};

/// How many bytes are read at once to look at one line.
const PROBE: usize = 4 << 10;
/// How many bytes are read at once to look at all lines.
const WINDOW: u64 = 128 << 10;
/// A piece of a segment this small is read from its beginning rather than halved again.
const SMALL: u64 = 32 << 10;

// A window holds a whole line at least, so that reading backwards gets on.
const _: () = assert!(WINDOW > MAX_FILE_LINE as u64);

/// Where a line begins: a segment, and a byte in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    /// Which of the segments.
    pub segment: usize,
    /// Which byte.
    pub at: u64,
}

/// Hands out the lines that begin in the last so many bytes, in the order of the log.
pub(super) fn tail<S: Store>(store: &S, bytes: u64, each: &mut dyn FnMut(&Line)) -> io::Result<()> {
    // Each segment from the newest on back, and from where it belongs to them.
    let (mut parts, mut left) = (Vec::new(), bytes);
    for n in (0..store.segments()).rev() {
        if left == 0 {
            break;
        }
        let length = store.open(n)?.1;
        parts.push((n, length.saturating_sub(left)));
        left = left.saturating_sub(length);
    }
    let mut last = 0;
    for (n, from) in parts.into_iter().rev() {
        let (segment, length) = store.open(n)?;
        // From the byte before on: the first piece is the end of the line before, or its line end alone.
        let mut lines = Lines::new(&segment, from.saturating_sub(1), length, WINDOW as usize);
        let mut before = from > 0;
        while let Some(raw) = lines.next()? {
            if std::mem::take(&mut before) {
                continue;
            }
            if let Some(line) = raw.decode().filter(|line| format::place_of(line) > last) {
                last = format::place_of(&line);
                each(&line);
            }
        }
    }
    Ok(())
}

/// Where the first line at or behind a place begins; where the log ends, if there is none.
pub(super) fn first_at<S: Store>(store: &S, place: Place) -> io::Result<Position> {
    let count = store.segments();
    if place == 0 {
        return Ok(Position { segment: 0, at: 0 });
    }
    if place == Place::MAX {
        return Ok(Position { segment: count - 1, at: store.open(count - 1)?.1 });
    }
    // The segments up to `low` begin before the place, those from `high` on do not.
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        match first_place(store, middle, high)? {
            Some((n, first)) if first < place => low = n + 1,
            _ => high = middle,
        }
    }
    let Some(segment) = low.checked_sub(1) else { return Ok(Position { segment: 0, at: 0 }) };
    let (source, length) = store.open(segment)?;
    Ok(Position { segment, at: first_in(&source, length, place)? })
}

/// The place of the first good line of the segments from `n` up to `end`, and the segment it is in.
fn first_place<S: Store>(store: &S, n: usize, end: usize) -> io::Result<Option<(usize, Place)>> {
    for n in n..end {
        let (source, length) = store.open(n)?;
        if let Some((_, place)) = first_good(&source, 0, length, length)? {
            return Ok(Some((n, place)));
        }
    }
    Ok(None)
}

/// Where in a segment the first line at or behind a place begins, by halving.
fn first_in<R: ReadAt>(source: &R, length: u64, place: Place) -> io::Result<u64> {
    // Good lines that begin in front of `low` are before the place, those that begin at or behind `high` are not.
    let (mut low, mut high) = (0, length);
    while high.saturating_sub(low) > SMALL {
        let middle = low + (high - low) / 2;
        match first_good(source, middle, high, length)? {
            Some((end, found)) if found < place => low = end,
            _ => high = middle,
        }
    }
    let mut lines = Lines::new(source, low, length, SMALL as usize + PROBE);
    let mut end = high.max(low);
    while let Some(raw) = lines.next()? {
        if raw.at >= high {
            break;
        }
        if raw.decode().is_some_and(|line| format::place_of(&line) >= place) {
            return Ok(raw.at);
        }
        end = end.max(raw.end());
    }
    Ok(end)
}

/// The first good line that begins at or behind the byte `from` and in front of `to`: where it ends, and its place.
pub(super) fn first_good<R: ReadAt>(
    source: &R,
    from: u64,
    to: u64,
    length: u64,
) -> io::Result<Option<(u64, Place)>> {
    // From the byte before it on, for that one tells whether a line begins here; the first piece is the end of
    // the line before.
    let mut lines = Lines::new(source, from.saturating_sub(1), length, PROBE);
    let mut before = from > 0;
    while let Some(raw) = lines.next()? {
        if raw.at >= to {
            break;
        }
        if !std::mem::take(&mut before)
            && let Some(line) = raw.decode()
        {
            return Ok(Some((raw.end(), format::place_of(&line))));
        }
    }
    Ok(None)
}

/// Hands out the raw lines in a range of a segment, the last one first.
pub(super) fn each_backwards<R: ReadAt>(
    source: &R,
    range: Range<u64>,
    each: &mut dyn FnMut(Raw<'_>) -> ControlFlow<()>,
) -> io::Result<ControlFlow<()>> {
    let mut end = range.end;
    let mut window = Vec::new();
    while end > range.start {
        let start = end.saturating_sub(WINDOW).max(range.start);
        window.clear();
        window.resize((end - start) as usize, 0);
        read_exact(source, &mut window, start)?;
        // The first line of the window may have begun before it; without any line end all of it is part of
        // something that is no line.
        let first = if start == range.start {
            0
        } else {
            memchr::memchr(b'\n', &window).map_or(window.len(), |found| found + 1)
        };
        let mut rest = window.len();
        while rest > first {
            let begin =
                memchr::memrchr(b'\n', &window[first..rest - 1]).map_or(first, |found| first + found + 1);
            let bytes = &window[begin..rest];
            let raw = Raw { at: start + begin as u64, bytes, whole: bytes.ends_with(b"\n") };
            if each(raw).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            rest = begin;
        }
        let got_on = first < window.len();
        end = if got_on { start + first as u64 } else { start };
        if !got_on && each(Raw { at: start, bytes: &window, whole: false }).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

fn read_exact<R: ReadAt>(source: &R, mut into: &mut [u8], mut at: u64) -> io::Result<()> {
    while !into.is_empty() {
        let got = source.read_at(into, at)?;
        if got == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        into = &mut into[got..];
        at += got as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::irc::{Draft, Time};

    /// Lines of one length, their places an even distance apart; as many as a power of two, so that halving the bytes
    /// falls on line ends too.
    fn even_lines(count: u64) -> (Vec<u8>, usize) {
        let mut bytes = Vec::new();
        for n in 0..count {
            let draft = Draft::new("", "a!a@h", "PRIVMSG", &["#c", "x"]);
            format::encode(&draft.stamp(Time::from_millis(1000), 2 * n + 2), &mut bytes);
        }
        let length = bytes.len() / usize::try_from(count).unwrap();
        (bytes, length)
    }

    #[test]
    fn each_line_is_found_where_it_begins() {
        let (bytes, length) = even_lines(1024);
        assert!(bytes.len() as u64 > 2 * SMALL);
        for n in 0..=1024u64 {
            let begin = n * length as u64;
            for place in [2 * n + 1, 2 * n + 2] {
                let place = format::place(Time::from_millis(1000), place);
                assert_eq!(first_in(&&bytes[..], bytes.len() as u64, place).unwrap(), begin, "{n}");
            }
        }
    }

    #[test]
    fn backwards_is_forwards_reversed_whatever_the_bytes_are() {
        let mut bytes = even_lines(4096).0;
        bytes[500..1_000].fill(b'x');
        bytes[50_000..50_000 + 3 * WINDOW as usize / 2].fill(0);
        bytes.extend_from_slice(b"no end");
        let source = &bytes[..];
        let (mut forwards, mut backwards) = (Vec::new(), Vec::new());
        let mut lines = Lines::new(&source, 0, bytes.len() as u64, 5000);
        while let Some(raw) = lines.next().unwrap() {
            forwards.extend(raw.decode().map(|line| (raw.at, line)));
        }
        let flow = each_backwards(&source, 0..bytes.len() as u64, &mut |raw| {
            backwards.extend(raw.decode().map(|line| (raw.at, line)));
            ControlFlow::Continue(())
        });
        assert!(flow.unwrap().is_continue());
        backwards.reverse();
        assert!(forwards.len() > 100);
        assert_eq!(backwards, forwards);
    }
}

//! Which parts of a segment hold lines of which channel. A page of a channel that is rarely spoken in is found by it without
//! reading what the others said, and a channel that was silent for a gigabyte costs nothing.
//!
//! It is only a help: what it does not cover is read line by line, and its file (`<segment>.sum`, for sealed segments, beside
//! them) may be deleted at will. Nothing about it is told from names: a channel is known by a hash, and two with the same
//! hash are read for each other, which costs a little and shows nothing wrong.

use std::collections::HashMap;
use std::io;
use std::ops::Range;

use super::format;
use super::scan::{Lines, ReadAt};

/// How many bytes a part has: about a hundred lines.
pub(super) const BLOCK: u64 = 16 << 10;
/// Most channels that are told apart in one segment; with more, all of it is read for everybody.
const MAX_CHANNELS: usize = 65_536;
/// How many bytes are read at once.
const CHUNK: usize = 256 << 10;
/// How its file begins: what it is, and the version of the format.
const MAGIC: &[u8] = b"chatui-log-sum 1\r\n";

/// A part of a segment, by its number.
type Block = u16;

/// The largest segment that is covered.
const MAX_COVERED: u64 = (Block::MAX as u64 + 1) * BLOCK;

/// What is known of a segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    /// How many bytes of it have been looked at. A line begins there, or it ends there.
    covered: u64,
    /// It is sealed, and all of it has been looked at.
    whole: bool,
    /// Where each channel's lines begin.
    blocks: HashMap<u32, Vec<Block>>,
    /// There are more channels than can be told apart.
    crowded: bool,
    /// Where something begins that is no good line.
    bad: Vec<Block>,
}

impl Sum {
    /// How many bytes are covered.
    pub(super) fn covered(&self) -> u64 {
        self.covered
    }

    /// Whether the segment is sealed and nothing of it is missing here.
    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }

    /// The segment is sealed with this length.
    pub(super) fn seal(&mut self, length: u64) {
        self.whole = self.covered == length;
    }

    /// About how much memory it takes.
    pub(super) fn size(&self) -> usize {
        self.blocks.values().map(|blocks| blocks.len() * size_of::<Block>() + 64).sum()
    }

    /// Whether there may be something of a channel, or something that is no line.
    pub(super) fn has(&self, channel: &str) -> bool {
        self.crowded || !self.bad.is_empty() || self.blocks.contains_key(&key(channel.as_bytes()))
    }

    /// Whether what begins at this byte may be no good line.
    pub(super) fn doubts(&self, at: u64) -> bool {
        at >= self.covered || block(at).is_none_or(|block| self.bad.binary_search(&block).is_ok())
    }

    /// The parts of a range that may hold lines of a channel, or something that is no line; in order.
    pub(super) fn parts(&self, channel: &str, range: Range<u64>) -> Vec<Range<u64>> {
        let mut parts: Vec<Range<u64>> = Vec::new();
        let mut add = |part: Range<u64>| {
            let part = part.start.max(range.start)..part.end.min(range.end);
            match parts.last_mut() {
                _ if part.is_empty() => {}
                Some(last) if last.end >= part.start => last.end = last.end.max(part.end),
                _ => parts.push(part),
            }
        };
        if self.crowded {
            add(0..self.covered);
        } else {
            let own = self.blocks.get(&key(channel.as_bytes())).map_or(&[][..], Vec::as_slice);
            let (mut own, mut bad) = (own.iter().peekable(), self.bad.iter().peekable());
            while let Some(next) = own.peek().into_iter().chain(bad.peek()).min().map(|next| **next) {
                let start = u64::from(next) * BLOCK;
                add(start..(start + BLOCK).min(self.covered));
                own.next_if(|block| **block == next);
                bad.next_if(|block| **block == next);
            }
        }
        add(self.covered..u64::MAX);
        parts
    }

    /// Looks at some more of a segment, at least so many bytes if there are as many before `end`.
    pub(super) fn extend<R: ReadAt>(&mut self, source: &R, end: u64, least: u64) -> io::Result<()> {
        let stop = self.covered.saturating_add(least);
        let mut lines = Lines::new(source, self.covered, end.min(MAX_COVERED), CHUNK);
        while self.covered < stop {
            let Some(raw) = lines.next()? else { return Ok(()) };
            let Some(block) = block(raw.at) else { return Ok(()) };
            self.covered = raw.end();
            if raw.whole && format::check(raw.bytes).is_some() {
                format::each_channel(raw.bytes, &mut |channel| {
                    push(self.blocks.entry(key(channel)).or_default(), block);
                });
                if self.blocks.len() > MAX_CHANNELS {
                    self.crowded = true;
                }
                if self.crowded {
                    self.blocks.clear();
                }
            } else {
                push(&mut self.bad, block);
            }
        }
        Ok(())
    }

    /// It as a file.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend_from_slice(&self.covered.to_le_bytes());
        out.push(u8::from(self.crowded));
        put_blocks(0, &self.bad, &mut out);
        let mut keys: Vec<&u32> = self.blocks.keys().collect();
        keys.sort_unstable();
        for key in keys {
            put_blocks(*key, &self.blocks[key], &mut out);
        }
        let sum = crc32c::crc32c(&out);
        out.extend_from_slice(&sum.to_le_bytes());
        out
    }

    /// Reads the file of a sealed segment of this length; `None` if it cannot be believed from its first to its last byte.
    pub(super) fn decode(file: &[u8], length: u64) -> Option<Sum> {
        let (body, sum) = file.split_last_chunk::<4>()?;
        if crc32c::crc32c(body) != u32::from_le_bytes(*sum) {
            return None;
        }
        let (covered, rest) = body.strip_prefix(MAGIC)?.split_first_chunk::<8>()?;
        let (crowded, mut rest) = rest.split_first()?;
        let covered = u64::from_le_bytes(*covered);
        let mut sum = Sum { covered, whole: true, crowded: *crowded == 1, ..Sum::default() };
        sum.bad = take_blocks(&mut rest)?.1;
        while !rest.is_empty() {
            let (key, blocks) = take_blocks(&mut rest)?;
            sum.blocks.insert(key, blocks);
        }
        (covered == length).then_some(sum)
    }
}

fn push(blocks: &mut Vec<Block>, block: Block) {
    if blocks.last() != Some(&block) {
        blocks.push(block);
    }
}

/// The part in which a byte lies.
fn block(at: u64) -> Option<Block> {
    Block::try_from(at / BLOCK).ok()
}

/// What a channel is known by, whatever the case of its name.
fn key(channel: &[u8]) -> u32 {
    let mut folded = [0; 64];
    let mut sum = 0;
    for piece in channel.chunks(folded.len()) {
        let folded = &mut folded[..piece.len()];
        folded.copy_from_slice(piece);
        folded.make_ascii_lowercase();
        sum = crc32c::crc32c_append(sum, folded);
    }
    sum
}

fn put_blocks(key: u32, blocks: &[Block], out: &mut Vec<u8>) {
    out.extend_from_slice(&key.to_le_bytes());
    out.extend_from_slice(&(blocks.len() as u32).to_le_bytes());
    blocks.iter().for_each(|block| out.extend_from_slice(&block.to_le_bytes()));
}

fn take_blocks(from: &mut &[u8]) -> Option<(u32, Vec<Block>)> {
    let (key, rest) = from.split_first_chunk::<4>()?;
    let (count, rest) = rest.split_first_chunk::<4>()?;
    let (blocks, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*count)).ok()? * 2)?;
    *from = rest;
    let blocks = blocks.as_chunks::<2>().0.iter().map(|block| Block::from_le_bytes(*block)).collect();
    Some((u32::from_le_bytes(*key), blocks))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::irc::{Draft, Time};

    /// Lines of two busy channels, and one of a quiet one now and then.
    fn lines(count: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        for n in 1..=count {
            let channel = if n % 2000 == 0 { "#Quiet" } else { ["#a", "#b"][n as usize % 2] };
            let draft = Draft::new("", "a!a@h", "PRIVMSG", &[channel, "some words"]);
            format::encode(&draft.stamp(Time::from_millis(1000), n), &mut bytes);
        }
        bytes
    }

    fn summed(bytes: &[u8], step: u64) -> Sum {
        let (mut sum, length) = (Sum::default(), bytes.len() as u64);
        while sum.covered < length {
            sum.extend(&bytes, length, step).unwrap();
        }
        sum.seal(length);
        sum
    }

    #[test]
    fn it_is_the_same_however_often_it_was_extended() {
        let bytes = lines(10_000);
        let sum = summed(&bytes, u64::MAX);
        assert_eq!(summed(&bytes, 1000), sum);
        assert!(sum.is_whole() && sum.has("#quiet") && sum.has("#QUIET") && !sum.has("#other"));
        let parts = sum.parts("#quiet", 0..sum.covered);
        assert_eq!(parts.len(), 5, "five lines, far apart: {parts:?}");
        assert_eq!(
            sum.parts("#other", 0..u64::MAX),
            vec![sum.covered..u64::MAX; 1],
            "nobody has looked there"
        );
        assert_eq!(sum.parts("#a", 100..sum.covered), vec![100..sum.covered; 1]);
        // Two bytes for each part in which somebody speaks, and something for each of the three.
        let parts = bytes.len().div_ceil(BLOCK as usize);
        assert_eq!(sum.size(), 2 * (2 * parts + 5) + 3 * 64);
    }

    #[test]
    fn what_is_no_line_is_everybodys() {
        let mut bytes = lines(10_000);
        let at = bytes.len() / 2;
        bytes[at..at + 10].fill(0);
        let sum = summed(&bytes, u64::MAX);
        let part = sum.parts("#other", 0..sum.covered);
        assert_eq!(part.len(), 1);
        assert!(part[0].start <= at as u64 && part[0].end > at as u64);
        assert!(sum.doubts(at as u64) && !sum.doubts(0) && sum.doubts(sum.covered));
    }

    #[test]
    fn its_file_is_read_as_it_was_written_or_not_at_all() {
        let mut bytes = lines(3000);
        bytes[70..80].fill(0);
        let sum = summed(&bytes, u64::MAX);
        let file = sum.encode();
        assert_eq!(Sum::decode(&file, sum.covered), Some(sum.clone()));
        assert_eq!(Sum::decode(&file, sum.covered + 1), None);
        let crowded = Sum { crowded: true, blocks: HashMap::new(), ..sum.clone() };
        assert_eq!(Sum::decode(&crowded.encode(), sum.covered), Some(crowded));
        for at in 0..file.len() {
            let mut other = file.clone();
            other[at] ^= 1;
            assert_eq!(Sum::decode(&other, sum.covered), None, "{at}");
            assert_eq!(Sum::decode(&file[..at], sum.covered), None, "{at}");
        }
    }
}

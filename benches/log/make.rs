//! A log of any size, made by the log's own writer: segments, checksums, checkpoint and all.

use std::path::Path;

use chatui::irc::{Draft, Time};
use chatui::server::log::{FileLog, Log, Options, SEGMENT_BYTES, Sync};

use crate::Outcome;

/// Half of all lines are said here.
pub const BUSY: &str = "#busy";
/// Three of a thousand.
pub const RARE: &str = "#rare";
/// The first lines of all, and nothing since.
pub const SILENT: &str = "#silent";
const SILENT_LINES: u64 = 100;
/// A word that is said once in so many lines.
pub const WORD: &str = "heliotrope";
const WORD_EVERY: u64 = 1_000_000;

/// When the first line was said: 2025-01-01.
pub const BEGIN: u64 = 1_735_689_600_000;

/// Lines of one turn.
const TURN: u64 = 512;

const WORDS: [&str; 16] = [
    "the", "lamp", "by", "harbour", "went", "out", "again", "and", "nobody", "knows", "who", "lit", "it",
    "there", "before", "dawn",
];

/// What was made.
#[derive(Clone, Copy, Debug)]
pub struct Made {
    /// How many lines.
    pub lines: u64,
    /// How many bytes.
    pub bytes: u64,
    /// When the last line was said.
    pub end: Time,
}

/// Makes a log of about so many bytes in a data folder, and a little more: its newest segment is nearly full, so that a start
/// has as much to read as it ever can.
pub fn make(data: &Path, bytes: u64) -> Outcome<Made> {
    let (mut log, _) = FileLog::open(data, Options::new(Sync::Never, Time::from_millis(BEGIN)), &mut |_| {})?;
    let mut chance = fastrand::Rng::with_seed(7);
    let mut made = Made { lines: 0, bytes: 0, end: Time::default() };
    let (mut lines, mut segment, mut size) = (Vec::new(), 0, 0);
    while made.bytes < bytes || segment + 2 * size < SEGMENT_BYTES {
        lines.clear();
        size = 0;
        for seq in made.lines + 1..=made.lines + TURN {
            let channel = match chance.u32(..1000) {
                _ if seq <= SILENT_LINES => SILENT,
                0..500 => BUSY,
                500..503 => RARE,
                503..803 => "#second",
                other => ["#tea", "#books", "#garden", "#films"][other as usize % 4],
            };
            let mut text = String::new();
            for _ in 0..8 {
                text.push_str(WORDS[chance.usize(..WORDS.len())]);
                text.push(' ');
            }
            if seq % WORD_EVERY == WORD_EVERY / 2 {
                text.push_str(WORD);
            }
            let source = ["alice!~alice@192.0.2.1", "bob!~bob@192.0.2.2"][chance.usize(..2)];
            let draft = Draft::new("", source, "PRIVMSG", &[channel, text.trim_end()]);
            made.end = Time::from_millis(BEGIN + seq);
            let line = draft.stamp(made.end, seq);
            // The checksum's tag.
            size += line.tagged().len() as u64 + 11;
            lines.push(line);
        }
        segment = if segment + size > SEGMENT_BYTES { size } else { segment + size };
        made.bytes += size;
        log.append(&lines)?;
        made.lines += TURN;
    }
    log.sync()?;
    Ok(made)
}

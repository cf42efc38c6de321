//! The checkpoint: what the server remembers of all segments older than a certain one, so that a start reads that one
//! and not years of history. It is only a help: missing, damaged or deleted, the whole log is read instead.
//!
//! Its first line says what it is of; the others are lines of the log, with their checksums:
//!
//! ```text
//! chatui-log-checkpoint 1 before=<number of the first line not covered> lines=<how many are covered> last=<place of the
//! last of them> kept=<how many follow> c=<CRC-32C of all this>
//! ```

use std::io;
use std::path::Path;

use super::disk::{self, Disk};
use super::format::{self, Place};
use super::recent::Recent;
use super::scan::{self, Lines};
use super::{WRITE_BYTES, folder};
use crate::irc::line::Seq;

/// Its name in the log's folder.
const NAME: &str = "checkpoint";
/// Its name while it is being written.
const ASIDE: &str = "checkpoint.new";
/// How its first line begins: what it is, and the version of the format.
const MAGIC: &str = "chatui-log-checkpoint 1";
/// Most bytes that it may have: what is remembered, with room for the checksums. A larger one is not ours.
const MAX_BYTES: u64 = 64 << 20;

/// What a checkpoint is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Covered {
    /// The name of the first segment that is not covered.
    pub before: Seq,
    /// How many good lines the covered segments have.
    pub lines: u64,
    /// The place of the last of them.
    pub last: Place,
}

/// Writes the checkpoint aside, makes it durable and puts it in the place of the old one.
pub(super) fn write(disk: &mut Disk, folder: &Path, covered: Covered, recent: &Recent) -> io::Result<()> {
    let aside = folder.join(ASIDE);
    disk.remove(&aside)?;
    if let Err(error) = write_aside(disk, &aside, covered, recent) {
        // Half of it would only take the room that the log needs; if even this fails, the next attempt does it.
        let _ = disk.remove(&aside);
        return Err(error);
    }
    disk.rename(&aside, &folder.join(NAME))?;
    disk.sync_folder(folder)
}

fn write_aside(disk: &mut Disk, aside: &Path, covered: Covered, recent: &Recent) -> io::Result<()> {
    let file = disk.create(aside)?;
    let lines = recent.lines();
    let mut buffer = first_line(covered, lines.len()).into_bytes();
    for line in lines {
        format::encode(line, &mut buffer);
        if buffer.len() >= WRITE_BYTES {
            folder::write_all(disk, &file, &buffer)?;
            buffer.clear();
        }
    }
    folder::write_all(disk, &file, &buffer)?;
    disk.sync(&file)
}

/// Reads the checkpoint; `None` if there is none that can be believed from its first to its last byte.
pub(super) fn read(folder: &Path) -> Option<(Covered, Recent)> {
    let file = disk::open_to_read(&folder.join(NAME)).ok()?;
    let length = file.metadata().ok().filter(|data| data.is_file() && data.len() <= MAX_BYTES)?.len();
    let mut lines = Lines::new(&file, 0, length, WRITE_BYTES);
    let first = lines.next().ok()??;
    let (covered, kept) = parse(std::str::from_utf8(first.bytes).ok()?)?;
    let mut recent = Recent::default();
    let found = scan::scan(&file, first.end(), length, 0, &mut |line| recent.note(&line)).ok()?;
    let whole =
        found.lines == kept && found.bad == 0 && found.good_end == length && found.last <= covered.last;
    whole.then_some((covered, recent))
}

fn first_line(covered: Covered, kept: usize) -> String {
    let Covered { before, lines, last } = covered;
    let text = format!("{MAGIC} before={before} lines={lines} last={last} kept={kept}");
    format!("{text} c={:08x}\r\n", crc32c::crc32c(text.as_bytes()))
}

fn parse(line: &str) -> Option<(Covered, u64)> {
    let mut words = line.strip_prefix(MAGIC)?.split_ascii_whitespace();
    let mut next = |key: &str| words.next()?.strip_prefix(key);
    let covered = Covered {
        before: next("before=")?.parse().ok()?,
        lines: next("lines=")?.parse().ok()?,
        last: next("last=")?.parse().ok()?,
    };
    let kept: usize = next("kept=")?.parse().ok()?;
    (first_line(covered, kept) == line).then_some((covered, kept as u64))
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "the file is spoiled to see that it is not believed")]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;
    use crate::irc::{Draft, Line, Time};

    fn line(seq: u64) -> Line {
        Draft::new("", "a!a@h", "PRIVMSG", &["#a", "words"]).stamp(Time::from_millis(1_000), seq)
    }

    fn place(seq: u64) -> Place {
        format::place(Time::from_millis(1_000), seq)
    }

    #[test]
    fn it_is_read_as_it_was_written_or_not_at_all() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join(NAME);
        let mut recent = Recent::default();
        (3..=9).for_each(|seq| recent.note(&line(seq)));
        let covered = Covered { before: 20, lines: 9, last: place(9) };
        write(&mut Disk::default(), folder.path(), covered, &recent).unwrap();
        let seqs = |recent: &Recent| recent.lines().iter().map(|line| line.seq()).collect::<Vec<_>>();
        let read_now = || read(folder.path()).map(|(covered, recent)| (covered, seqs(&recent)));
        assert_eq!(read_now(), Some((covered, (3..=9).collect())));
        assert!(!folder.path().join(ASIDE).exists());

        let good = fs::read(&path).unwrap();
        let ends: Vec<usize> = (1..=good.len()).filter(|at| good[at - 1] == b'\n').collect();
        let mut more = good.clone();
        format::encode(&line(10), &mut more);
        let mut spoiled = good.clone();
        spoiled[ends[2] + 60] ^= 1;
        let less = [&good[..ends[2]], &good[ends[3]..]].concat();
        // As many good lines, and something else between or behind them.
        let between = [&good[..ends[2]], b"what is this\r\n", &good[ends[2]..]].concat();
        for (n, bad) in
            [more, spoiled, less, between, [&good[..], b"x"].concat(), Vec::new()].iter().enumerate()
        {
            fs::write(&path, bad).unwrap();
            assert_eq!(read_now(), None, "{n}");
        }
        // A head that is not its own, and lines behind what it covers.
        let head = first_line(covered, 7);
        let body = &good[ends[0]..];
        for bad in [
            head.replace("lines=9", "lines=8"),
            head.replace("before=20", "before=21"),
            first_line(Covered { last: place(8), ..covered }, 7),
            first_line(covered, 6),
            head.trim_end().to_owned(),
        ] {
            fs::write(&path, [bad.as_bytes(), body].concat()).unwrap();
            assert_eq!(read_now(), None, "{bad}");
        }
        fs::write(&path, &good).unwrap();
        assert!(read_now().is_some());
        fs::remove_file(&path).unwrap();
        assert_eq!(read_now(), None);
        fs::create_dir(&path).unwrap();
        assert_eq!(read_now(), None);
    }

    #[test]
    fn its_first_line_is_read_as_it_was_written_or_not_at_all() {
        let covered = Covered { before: 17, lines: 16, last: 1 << 70 };
        let line = first_line(covered, 5);
        assert_eq!(parse(&line), Some((covered, 5)));
        for at in 0..line.len() {
            let mut bytes = line.clone().into_bytes();
            bytes[at] ^= 1;
            assert_eq!(parse(&String::from_utf8(bytes).unwrap()), None, "{at}");
        }
    }
}

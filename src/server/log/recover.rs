//! What is done at start: the checkpoint is read, then the segments that it does not cover, and a torn end of the newest
//! one is moved aside. Nothing else is ever changed, and everything found wrong is told.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use crate::irc::Time;
use crate::irc::line::Seq;

use super::checkpoint::{self, Covered};
use super::disk::{self, Disk};
use super::folder::{self, failed};
use super::format::{self, Place};
use super::recent::Recent;
use super::scan::{Piece, Scanned, read_up_to, scan_pieces};
use super::{OpenError, Opened, Options, WRITE_BYTES, seek};

/// How far the log may be ahead of the clock before it is told.
const AHEAD: Duration = Duration::from_secs(24 * 60 * 60);

/// What a torn end may hold of whole lines that are out of order: an old block under a new length has at most a write's.
/// More than that is no torn write, and is not cut.
const MAX_STALE: u64 = WRITE_BYTES as u64;

/// A log as it was found.
pub(super) struct Recovered {
    /// The segments, in order; there is at least one.
    pub segments: Vec<Seq>,
    /// The newest segment, open for appending.
    pub newest: File,
    /// How long it is.
    pub length: u64,
    /// What is remembered.
    pub recent: Recent,
    /// How many lines there are.
    pub lines: u64,
    /// The place of the last of them.
    pub last: Place,
    /// What was wrong.
    pub repairs: Vec<String>,
}

impl Recovered {
    /// What is told of it.
    pub(super) fn opened(&self, now: Time) -> Opened {
        let (last_time, last_seq) = format::split(self.last);
        let mut repairs = self.repairs.clone();
        if last_time > now + AHEAD {
            repairs.push(format!(
                "the last line is dated {last_time}, but the clock says {now}: new lines get that date until the clock has \
                 come so far"
            ));
        }
        Opened { last_time, last_seq, lines: self.lines, segments: self.segments.len(), repairs }
    }
}

/// Reads what must be read of the log in a folder and mends its end.
pub(super) fn recover(folder: &Path, options: &mut Options) -> Result<Recovered, OpenError> {
    let disk = &mut options.disk;
    let mut segments = folder::segments(folder)?;
    if segments.is_empty() {
        let path = folder.join(folder::name(1));
        disk.create(&path).map_err(failed("create", &path))?;
        disk.sync_folder(folder).map_err(failed("sync", folder))?;
        segments.push(1);
    }
    let newest = segments.last().copied().unwrap_or_default();
    let known = match checkpoint::read(folder) {
        Some((covered, recent)) if segments.contains(&covered.before) && fits(folder, covered)? => {
            Some((covered, recent))
        }
        _ => None,
    };
    let (mut covered, mut recent) = known.unwrap_or_default();
    let mut repairs = Vec::new();
    for first in segments.iter().copied().filter(|first| (covered.before..newest).contains(first)) {
        let path = folder.join(folder::name(first));
        let file = disk::open_to_read(&path).map_err(failed("open", &path))?;
        let found = read(&file, &path, covered.last, &mut recent)?;
        let length = file.metadata().map_err(failed("look at", &path))?.len();
        covered.lines = covered.lines.saturating_add(found.lines);
        covered.last = found.last;
        tell(first, &found, length, &mut repairs);
    }
    if covered.before != newest && segments.len() > 1 {
        covered.before = newest;
        keep_checkpoint(disk, folder, covered, &recent);
    }

    let path = folder.join(folder::name(newest));
    let file = disk.open(&path).map_err(failed("open", &path))?;
    settle(disk, &file).map_err(failed("sync", &path))?;
    let found = read(&file, &path, covered.last, &mut recent)?;
    let mut recovered = Recovered {
        segments,
        newest: file,
        length: found.good_end,
        recent,
        lines: covered.lines.saturating_add(found.lines),
        last: found.last,
        repairs,
    };
    mend(&mut recovered, folder, options, newest, found, covered)?;
    Ok(recovered)
}

/// Whether a checkpoint is of this log: the first line that it does not cover comes after those that it covers. One of
/// another log could make good lines look as if they were out of order.
fn fits(folder: &Path, covered: Covered) -> Result<bool, OpenError> {
    let path = folder.join(folder::name(covered.before));
    let file = disk::open_to_read(&path).map_err(failed("open", &path))?;
    let length = file.metadata().map_err(failed("look at", &path))?.len();
    let first = seek::first_good(&file, 0, length, length).map_err(failed("read", &path))?;
    Ok(first.is_none_or(|(_, place)| place > covered.last))
}

/// Writes the checkpoint, if it can be: it is only a help.
pub(super) fn keep_checkpoint(disk: &mut Disk, folder: &Path, covered: Covered, recent: &Recent) {
    if let Err(error) = checkpoint::write(disk, folder, covered, recent) {
        tracing::warn!(%error, "the log's checkpoint could not be written; the next start reads more of the log");
    }
}

/// What a killed server has written is in memory only, and what a failed sync has not written may look as if it were on
/// the disk: so everything is synced, then read anew from the disk.
fn settle(disk: &mut Disk, file: &File) -> io::Result<()> {
    disk.sync(file)?;
    #[cfg(target_os = "linux")]
    rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed)?;
    Ok(())
}

fn read(file: &File, path: &Path, after: Place, recent: &mut Recent) -> Result<Scanned, OpenError> {
    let length = file.metadata().map_err(failed("look at", path))?.len();
    let note = &mut |piece: Piece| match piece {
        Piece::Good(line) => recent.note(&line),
        Piece::Bad(_) => recent.note_gap(),
    };
    scan_pieces(file, 0, length, after, note).map_err(failed("read", path))
}

/// Tells of what is no good line in a segment that is left as it is.
fn tell(first: Seq, found: &Scanned, length: u64, repairs: &mut Vec<String>) {
    let name = folder::name(first);
    if found.bad > 0 {
        repairs.push(format!(
            "{name}: {} damaged bytes from byte {} on stay where they are and are not shown",
            found.bad, found.first_bad
        ));
    }
    if length > found.good_end {
        repairs.push(format!(
            "{name}: {} damaged bytes at its end stay where they are and are not shown",
            length - found.good_end
        ));
    }
}

/// Moves a torn end of the newest segment aside. An end with more old lines in it than a torn write leaves is not cut:
/// the segment is sealed instead.
fn mend(
    recovered: &mut Recovered,
    folder: &Path,
    options: &mut Options,
    newest: Seq,
    mut found: Scanned,
    covered: Covered,
) -> Result<(), OpenError> {
    let (disk, path) = (&mut options.disk, folder.join(folder::name(newest)));
    let length = recovered.newest.metadata().map_err(failed("look at", &path))?.len();
    if length > found.good_end && found.stale > MAX_STALE {
        tell(newest, &found, length, &mut recovered.repairs);
        let next = newest.max(format::split(found.last).1).saturating_add(1);
        let path = folder.join(folder::name(next));
        recovered.newest = disk.create(&path).map_err(failed("create", &path))?;
        disk.sync_folder(folder).map_err(failed("sync", folder))?;
        recovered.segments.push(next);
        recovered.length = 0;
        let covered =
            Covered { before: next, lines: covered.lines.saturating_add(found.lines), last: found.last };
        keep_checkpoint(disk, folder, covered, &recovered.recent);
        return Ok(());
    }
    if length > found.good_end {
        let torn = length - found.good_end;
        let name = move_aside(disk, folder, options.now, &recovered.newest, found.good_end..length)?;
        disk.truncate(&recovered.newest, found.good_end).map_err(failed("cut", &path))?;
        disk.sync(&recovered.newest).map_err(failed("sync", &path))?;
        found.stale = 0;
        recovered.repairs.push(format!(
            "{}: a torn end of {torn} bytes was moved to {name}; it was never acknowledged",
            folder::name(newest)
        ));
    }
    tell(newest, &found, found.good_end, &mut recovered.repairs);
    Ok(())
}

/// Copies a range of a file into a file of its own and makes that durable; gives its name.
fn move_aside(
    disk: &mut Disk,
    folder: &Path,
    now: Time,
    from: &File,
    range: Range<u64>,
) -> Result<String, OpenError> {
    let (torn, name) =
        folder::create_torn(disk, folder, &now.to_string()).map_err(failed("save a torn end in", folder))?;
    let path = folder.join(&name);
    if let Err(error) = copy(disk, from, range, &torn) {
        // Half of it only takes room, and the whole of it is where it was.
        let _ = disk.remove(&path);
        return Err(failed("write", &path)(error));
    }
    disk.sync(&torn).map_err(failed("sync", &path))?;
    disk.sync_folder(folder).map_err(failed("sync", folder))?;
    Ok(name)
}

/// Appends a range of a file to another file.
pub(super) fn copy(disk: &mut Disk, from: &File, mut range: Range<u64>, to: &File) -> io::Result<()> {
    let mut buffer = Vec::new();
    while !range.is_empty() {
        let want = usize::try_from(range.end - range.start).unwrap_or(usize::MAX).min(WRITE_BYTES);
        read_up_to(from, &mut buffer, range.start, want)?;
        if buffer.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        folder::write_all(disk, to, &buffer)?;
        range.start += buffer.len() as u64;
    }
    Ok(())
}

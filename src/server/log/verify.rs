//! Every line of every segment checked; and, when its server is stopped, what is damaged cut out of the segments and kept
//! beside them.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::Path;

use super::archive::Archive;
use super::disk::{self, Disk};
use super::folder::{self, failed};
use super::format::Place;
use super::page::Store;
use super::recover;
use super::scan::{Piece, ReadAt, scan_pieces};
use super::{OpenError, Options};

/// Most damaged places that are listed; more are counted.
pub const MAX_DAMAGE: usize = 10_000;

/// Its name while a segment is being written anew.
const ASIDE: &str = "repaired.new";

/// A damaged place: bytes of a segment that are no good line, or one that does not come after those before it. No reader
/// shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The segment's file name.
    pub segment: String,
    /// Which bytes of it.
    pub bytes: Range<u64>,
    /// Nothing good follows in this segment.
    pub at_end: bool,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Damage { segment, bytes, at_end } = self;
        let count = bytes.end - bytes.start;
        let place = if *at_end { "at its end" } else { "in the middle" };
        write!(f, "{segment}: {count} damaged bytes {place}, from byte {} on", bytes.start)
    }
}

/// What was found in a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many segments there are.
    pub segments: usize,
    /// How many good lines.
    pub lines: u64,
    /// How many bytes were read.
    pub bytes: u64,
    /// The damaged places, the oldest first; at most [`MAX_DAMAGE`].
    pub damage: Vec<Damage>,
    /// How many there are in all.
    pub damaged: usize,
}

impl Archive {
    /// Checks every line. After each segment `passed` is told how many bytes have been read so far. What is under way at
    /// the end of the newest segment of a running server looks like damage until it is whole.
    ///
    /// # Errors
    /// When a segment cannot be read.
    pub fn verify(&self, passed: &mut dyn FnMut(u64)) -> io::Result<Verified> {
        let mut verified = Verified { segments: self.segments(), ..Verified::default() };
        let mut last: Place = 0;
        for n in 0..self.segments() {
            let (source, length) = self.open(n)?;
            last = check(&source, length, last, &folder::name(self.segment(n)), &mut verified)?;
            passed(verified.bytes);
        }
        Ok(verified)
    }
}

/// Checks one segment; gives the place of its last good line.
fn check<R: ReadAt>(
    source: &R,
    length: u64,
    after: Place,
    segment: &str,
    verified: &mut Verified,
) -> io::Result<Place> {
    let mut note = |bytes: Range<u64>, at_end: bool| {
        verified.damaged += 1;
        if verified.damage.len() < MAX_DAMAGE {
            verified.damage.push(Damage { segment: segment.to_owned(), bytes, at_end });
        }
    };
    let found = scan_pieces(source, 0, length, after, &mut |piece| {
        if let Piece::Bad(bytes) = piece {
            note(bytes, false);
        }
    })?;
    if found.good_end < length {
        note(found.good_end..length, true);
    }
    verified.lines += found.lines;
    verified.bytes += length;
    Ok(found.last)
}

/// Cuts everything damaged out of the segments of a log whose server is stopped: each segment that has some is written
/// anew without it and put in the place of the old one, and what was cut is in a file of its own beside it. Gives a
/// sentence for each. A crash in between leaves the old segment or the new one.
///
/// # Errors
/// When a server runs, or something cannot be read or written: nothing is lost then.
pub fn repair(data: &Path, mut options: Options) -> Result<Vec<String>, OpenError> {
    let (folder, _lock) = folder::prepare(&mut options.disk, data)?;
    let mut told = Vec::new();
    let mut last: Place = 0;
    for first in folder::segments(&folder)? {
        let name = folder::name(first);
        let path = folder.join(&name);
        let file = disk::open_to_read(&path).map_err(failed("open", &path))?;
        let length = file.metadata().map_err(failed("look at", &path))?.len();
        let mut bad: Vec<Range<u64>> = Vec::new();
        let found = scan_pieces(&file, 0, length, last, &mut |piece| {
            if let Piece::Bad(bytes) = piece {
                bad.push(bytes);
            }
        })
        .map_err(failed("read", &path))?;
        last = found.last;
        if found.good_end < length {
            bad.push(found.good_end..length);
        }
        if bad.is_empty() {
            continue;
        }
        let aside = cut(&mut options, &folder, &path, &file, length, &bad)?;
        let count: u64 = bad.iter().map(|bytes| bytes.end - bytes.start).sum();
        told.push(format!("{name}: {count} damaged bytes in {} places were moved to {aside}", bad.len()));
    }
    Ok(told)
}

/// Writes a segment anew without these bytes, and the bytes into a file beside it; gives the name of that.
fn cut(
    options: &mut Options,
    folder: &Path,
    path: &Path,
    file: &std::fs::File,
    length: u64,
    bad: &[Range<u64>],
) -> Result<String, OpenError> {
    let disk: &mut Disk = &mut options.disk;
    let (torn, name) = folder::create_torn(disk, folder, &options.now.to_string())
        .map_err(failed("save what is damaged in", folder))?;
    for bytes in bad {
        recover::copy(disk, file, bytes.clone(), &torn).map_err(failed("write", &folder.join(&name)))?;
    }
    disk.sync(&torn).map_err(failed("sync", &folder.join(&name)))?;
    let aside = folder.join(ASIDE);
    disk.remove(&aside).map_err(failed("delete", &aside))?;
    let new = disk.create(&aside).map_err(failed("create", &aside))?;
    let mut at = 0;
    for bytes in bad {
        recover::copy(disk, file, at..bytes.start, &new).map_err(failed("write", &aside))?;
        at = bytes.end;
    }
    recover::copy(disk, file, at..length, &new).map_err(failed("write", &aside))?;
    disk.sync(&new).map_err(failed("sync", &aside))?;
    // What was cut has its name for sure before the segment loses it.
    disk.sync_folder(folder).map_err(failed("sync", folder))?;
    disk.rename(&aside, path).map_err(failed("rename", &aside))?;
    disk.sync_folder(folder).map_err(failed("sync", folder))?;
    Ok(name)
}

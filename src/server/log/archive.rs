//! A log read from outside: by `chatui log`, while its server runs or not. Nothing is changed and no lock is needed: what
//! is sealed stays as it is, and of the newest segment whole good lines are read only.
//!
//! A reader in another process cannot know how much of the newest segment has been synced, so it may see the lines of
//! the last turn some milliseconds before anybody hears them.

use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crate::irc::line::Seq;
use crate::irc::{Line, Time};
use crate::server::core::Query;

use super::format::{self, Place};
use super::page::{self, Store};
use super::scan::Lines;
use super::{OpenError, WRITE_BYTES, disk, folder, seek};

/// The log of a data folder, as it is at one moment.
#[derive(Clone, Debug)]
pub struct Archive {
    folder: PathBuf,
    segments: Vec<Seq>,
}

/// How far somebody has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The segment's number.
    segment: Seq,
    /// The byte in it.
    at: u64,
    /// The place of the last good line.
    last: Place,
    /// How many bytes have been passed.
    passed: u64,
}

impl Cursor {
    /// How many bytes of the log have been passed with it.
    pub fn passed(&self) -> u64 {
        self.passed
    }
}

impl Archive {
    /// Looks at the log in a data folder; `None` if there is none.
    ///
    /// # Errors
    /// When the folder is not safe to use or cannot be read.
    pub fn open(data: &Path) -> Result<Option<Archive>, OpenError> {
        let Some(folder) = folder::find(data)? else { return Ok(None) };
        let segments = folder::segments(&folder)?;
        Ok(Some(Archive { folder, segments }))
    }

    /// Looks again: segments come and go while a server runs.
    ///
    /// # Errors
    /// As [`Archive::open`].
    pub fn refresh(&mut self) -> Result<(), OpenError> {
        self.segments = folder::segments(&self.folder)?;
        Ok(())
    }

    /// How many bytes its segments have.
    ///
    /// # Errors
    /// When one of them cannot be looked at.
    pub fn bytes(&self) -> io::Result<u64> {
        (0..self.segments()).map(|n| Ok(self.open(n)?.1)).sum()
    }

    /// The number in the name of the `n`-th segment.
    pub(super) fn segment(&self, n: usize) -> Seq {
        self.segments[n]
    }

    /// A slice of one channel's history, see [`Log::page`](super::Log::page).
    ///
    /// # Errors
    /// When a segment cannot be read.
    pub fn page(&self, query: &Query) -> io::Result<Vec<Line>> {
        Ok(page::page(self, query)?.lines())
    }

    /// In front of the first line that is not before a time.
    ///
    /// # Errors
    /// When a segment cannot be read.
    pub fn since(&self, time: Time) -> io::Result<Cursor> {
        self.before(if time == Time::default() { 0 } else { format::place(time, 0) })
    }

    /// In front of the last so many lines that fit, but not in front of `since`.
    ///
    /// # Errors
    /// When a segment cannot be read.
    pub fn last(&self, count: usize, since: Time, fits: &dyn Fn(&Line) -> bool) -> io::Result<Cursor> {
        let since = format::place(since, 0);
        let (mut first, mut left) = (Place::MAX, count);
        // Behind the last good line, for when none fits.
        let mut behind = None;
        for n in (0..self.segments()).rev() {
            let (source, length) = self.open(n)?;
            let flow = seek::each_backwards(&source, 0..length, &mut |raw| {
                let Some(line) = raw.decode() else { return ControlFlow::Continue(()) };
                let place = format::place_of(&line);
                let segment = self.segments[n];
                behind = behind.or(Some(Cursor { segment, at: raw.end(), last: place, passed: 0 }));
                if left == 0 || place < since {
                    return ControlFlow::Break(());
                }
                if place < first && fits(&line) {
                    first = place;
                    left -= 1;
                }
                ControlFlow::Continue(())
            })?;
            if flow.is_break() {
                break;
            }
        }
        match behind {
            Some(behind) if first == Place::MAX => Ok(behind),
            _ => self.before(if first == Place::MAX { since } else { first }),
        }
    }

    /// In front of a place.
    fn before(&self, place: Place) -> io::Result<Cursor> {
        if self.segments.is_empty() {
            return Ok(Cursor { segment: 0, at: 0, last: 0, passed: 0 });
        }
        let position = seek::first_at(self, place)?;
        Ok(Cursor {
            segment: self.segments[position.segment],
            at: position.at,
            last: place.saturating_sub(1),
            passed: 0,
        })
    }

    /// Hands out the lines from a cursor on and moves it behind them, until there are no more or `each` breaks. A line
    /// that is not whole at the end of the newest segment is left for the next time: it may be under way.
    ///
    /// # Errors
    /// When a segment cannot be read.
    pub fn read(
        &self,
        cursor: &mut Cursor,
        each: &mut dyn FnMut(&Line) -> ControlFlow<()>,
    ) -> io::Result<ControlFlow<()>> {
        let from = self.segments.partition_point(|first| *first < cursor.segment);
        for n in from..self.segments() {
            if self.segments[n] != cursor.segment {
                (cursor.segment, cursor.at) = (self.segments[n], 0);
            }
            let (source, length) = self.open(n)?;
            // A full disk takes a turn back: the file is shorter then.
            cursor.at = cursor.at.min(length);
            let mut lines = Lines::new(&source, cursor.at, length, WRITE_BYTES);
            while let Some(raw) = lines.next()? {
                if !raw.bytes.ends_with(b"\n") && raw.end() == length && n + 1 == self.segments() {
                    break;
                }
                (cursor.at, cursor.passed) = (raw.end(), cursor.passed + raw.bytes.len() as u64);
                let Some(line) = raw.decode() else { continue };
                let place = format::place_of(&line);
                if place <= cursor.last {
                    continue;
                }
                cursor.last = place;
                if each(&line).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

impl Store for Archive {
    type Segment = Option<File>;

    fn segments(&self) -> usize {
        self.segments.len()
    }

    fn open(&self, n: usize) -> io::Result<(Option<File>, u64)> {
        disk::open_segment(&self.folder.join(folder::name(self.segments[n])))
    }
}

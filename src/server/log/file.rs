//! The log in files: turns are appended to the newest segment, and made durable before they are said to be kept.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::io::Errno;

use crate::irc::line::Seq;
use crate::irc::{Line, Time};
use crate::server::core::Query;

use super::checkpoint::Covered;
use super::disk;
use super::format::{self, Place};
use super::page::{self, Page, Store};
use super::recent::Recent;
use super::recover::{self, Recovered};
use super::retain::{self, Keep};
use super::room::{self, Room};
use super::sum::Sum;
use super::sums::Sums;
use super::{AppendError, Hunt, Log, OpenError, Opened, Options, Prefix, Sync, WRITE_BYTES, folder, seek};

/// The log of one server, in the folder `log` of its data folder.
#[derive(Debug)]
pub struct FileLog {
    folder: PathBuf,
    options: Options,
    newest: File,
    /// How long the newest segment is; what is behind that is not said to be kept.
    length: u64,
    lines: u64,
    last: Place,
    recent: Recent,
    reader: Reader,
    /// Lines on their way into the file.
    buffer: Vec<u8>,
    room: Room,
    /// Something has been appended since the last sync.
    unsynced: bool,
    /// A call has failed that is never tried again.
    broken: bool,
    /// Held as long as the log is open.
    _lock: folder::Lock,
}

impl FileLog {
    /// Opens the log in a data folder, or makes both, and mends its end if a crash has torn it. `each` is handed, in the
    /// order of the log, the lines from which the server rebuilds its channels: of each the last topic, the last
    /// [`REMEMBERED`](super::REMEMBERED) messages and as many other lines (JOIN, PART, KICK, MODE), wherever they lie.
    /// In a log with tens of thousands of channels those that have been silent longest may miss.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(
        data: &Path,
        mut options: Options,
        each: &mut dyn FnMut(&Line),
    ) -> Result<(FileLog, Opened), OpenError> {
        let (folder, lock) = folder::prepare(&mut options.disk, data)?;
        let mut room = Room::new(folder.parent().unwrap_or(data));
        let recovered = match recover::recover(&folder, &mut options) {
            // What a crash has torn has to be moved somewhere.
            Err(OpenError::Io { error, .. }) if room::is_full(&error) && room.give_up(&mut options.disk) => {
                recover::recover(&folder, &mut options)
            }
            recovered => recovered,
        }?;
        room.settle(&mut options.disk);
        let mut opened = recovered.opened(options.now);
        let Recovered { segments, newest, length, recent, lines, last, .. } = recovered;
        let reader = Reader {
            folder: folder.clone().into(),
            extent: Arc::new(Mutex::new(Extent { segments: segments.into(), length })),
            sums: Arc::new(Sums::new(folder.clone().into())),
        };
        let mut log = FileLog {
            folder,
            options,
            newest,
            length,
            lines,
            last,
            recent,
            reader,
            buffer: Vec::new(),
            room,
            unsynced: false,
            broken: false,
            _lock: lock,
        };
        log.retire();
        if log.options.keep != Keep::default() {
            log.forget_retired();
        }
        opened.segments = log.reader.snapshot().segments();
        for line in log.recent.lines() {
            each(line);
        }
        Ok((log, opened))
    }

    /// If what [`FileLog::open`] has handed over may lack lines that are in the log or were there, other than those older than
    /// the oldest of each channel: the time and the number of the line behind which nothing is missing. That is so when the
    /// log is damaged, or has more channels than are remembered.
    pub fn sure_behind(&self) -> Option<(Time, Seq)> {
        self.recent.sure_behind().map(format::split)
    }

    /// What answers queries, also from another thread.
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// Seals the newest segment and begins one with this line number.
    fn begin_segment(&mut self, first: Seq) -> Result<(), AppendError> {
        if self.unsynced {
            self.options.disk.sync(&self.newest).map_err(AppendError::Broken)?;
            self.unsynced = false;
        }
        // Names must grow, whatever names were found.
        let first = self.reader.newest().map_or(first, |newest| first.max(newest.saturating_add(1)));
        let path = self.folder.join(folder::name(first));
        self.newest = self.options.disk.create(&path).map_err(full_or_broken)?;
        self.length = 0;
        // Without this a power cut would take the whole file with all that is in it.
        self.options.disk.sync_folder(&self.folder).map_err(AppendError::Broken)?;
        self.reader.publish(|extent| {
            extent.segments = extent.segments.iter().copied().chain([first]).collect();
            extent.length = 0;
        });
        self.retire();
        let covered = Covered { before: first, lines: self.lines, last: self.last };
        recover::keep_checkpoint(&mut self.options.disk, &self.folder, covered, &self.recent);
        Ok(())
    }

    /// Deletes the oldest segments as far as they are not to be kept. That one cannot be
    /// deleted is no reason to stop: it is tried again at the next change.
    fn retire(&mut self) {
        let gone = match retain::expired(&self.reader.snapshot(), self.options.keep, self.last) {
            Ok(0) => return,
            Ok(gone) => gone,
            Err(error) => {
                tracing::warn!(%error, "the log could not be looked through for what is not to be kept");
                return;
            }
        };
        let segments = self.reader.snapshot().extent.segments;
        let mut deleted = 0;
        for first in &segments[..gone] {
            if let Err(error) = self.options.disk.remove(&self.folder.join(folder::name(*first))) {
                // Those behind it stay, too: the log has no gap.
                tracing::warn!(%error, "an old segment of the log could not be deleted");
                break;
            }
            deleted += 1;
        }
        if deleted == 0 {
            return;
        }
        // Until then readers find them empty.
        self.reader.publish(|extent| extent.segments = segments[deleted..].into());
        if let Err(error) = self.options.disk.sync_folder(&self.folder) {
            tracing::warn!(%error, "old segments of the log may come back after a power cut");
        }
        tracing::info!(segments = deleted, "old segments of the log were deleted");
        self.forget_retired();
    }

    /// What is not in the log any more is not remembered either.
    fn forget_retired(&mut self) {
        match retain::first_kept(&self.reader.snapshot()) {
            Ok(place) => self.recent.forget_before(place),
            Err(error) => tracing::warn!(%error, "the log's oldest line could not be read"),
        }
    }

    /// Writes the lines behind the good ones.
    fn write(&mut self, lines: &[Line]) -> io::Result<()> {
        self.buffer.clear();
        for line in lines {
            if self.buffer.len() + format::file_len(line) > WRITE_BYTES {
                folder::write_all(&mut self.options.disk, &self.newest, &self.buffer)?;
                self.buffer.clear();
            }
            format::encode(line, &mut self.buffer);
        }
        folder::write_all(&mut self.options.disk, &self.newest, &self.buffer)
    }

    /// Everything but the bookkeeping of an append.
    fn append_whole(&mut self, lines: &[Line], first: Seq) -> Result<(), AppendError> {
        let size: u64 = lines.iter().map(|line| format::file_len(line) as u64).sum();
        self.room.admit(&mut self.options.disk, size).map_err(AppendError::Full)?;
        if self.length > 0 && self.length + size > self.options.segment_bytes {
            self.begin_segment(first)?;
        }
        if let Err(error) = self.write(lines) {
            let error = full_or_broken(error);
            if matches!(error, AppendError::Full(_)) {
                self.options.disk.truncate(&self.newest, self.length).map_err(AppendError::Broken)?;
            }
            return Err(error);
        }
        let found = self.newest.metadata().map_err(AppendError::Broken)?;
        if found.len() != self.length + size || found.nlink() == 0 {
            return Err(AppendError::Broken(io::Error::other(
                "a segment was changed or deleted by somebody else",
            )));
        }
        self.unsynced = true;
        if self.options.sync == Sync::Turn {
            self.options.disk.sync(&self.newest).map_err(AppendError::Broken)?;
            self.unsynced = false;
        }
        self.length += size;
        Ok(())
    }
}

impl Log for FileLog {
    fn append(&mut self, lines: &[Line]) -> Result<(), AppendError> {
        if self.broken {
            return Err(AppendError::Broken(io::Error::other("an earlier call failed")));
        }
        let Some((first, last)) = lines.first().zip(lines.last()) else { return Ok(()) };
        let last = format::place_of(last);
        let result = check(lines, self.last).and_then(|()| self.append_whole(lines, first.seq()));
        if let Err(error) = result {
            match &error {
                AppendError::Full(error) => self.room.refused(&mut self.options.disk, error, lines.len()),
                AppendError::Broken(_) => self.broken = true,
            }
            return Err(error);
        }
        self.room.kept();
        self.room.look(&mut self.options.disk);
        self.lines += lines.len() as u64;
        self.last = last;
        for line in lines {
            self.recent.note(line);
        }
        let length = self.length;
        self.reader.publish(|extent| extent.length = length);
        Ok(())
    }

    fn prefix(&self) -> Arc<dyn Prefix> {
        Arc::new(self.reader.snapshot())
    }

    fn sync(&mut self) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other("an earlier call failed"));
        }
        if self.unsynced {
            self.options.disk.sync(&self.newest).inspect_err(|_| self.broken = true)?;
            self.unsynced = false;
        }
        self.room.look(&mut self.options.disk);
        Ok(())
    }
}

/// Refuses lines that could not be read back: they come of a mistake of our own, and it must not go on.
pub(super) fn check(lines: &[Line], mut last: Place) -> Result<(), AppendError> {
    for line in lines {
        let place = format::place_of(line);
        if place <= last || !format::is_kept(line) {
            return Err(AppendError::Broken(io::Error::other("a line is out of order or cannot be kept")));
        }
        last = place;
    }
    Ok(())
}

/// What a failed write or open means.
fn full_or_broken(error: io::Error) -> AppendError {
    let full = [Errno::NOSPC, Errno::DQUOT, Errno::FBIG, Errno::MFILE, Errno::NFILE];
    if full.iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error())) {
        AppendError::Full(error)
    } else {
        AppendError::Broken(error)
    }
}

/// Answers queries from what is kept of a log, while it goes on growing. Its clones may be on other threads.
#[derive(Clone, Debug)]
pub struct Reader {
    folder: Arc<Path>,
    extent: Arc<Mutex<Extent>>,
    sums: Arc<Sums>,
}

/// How much of the log may be read.
#[derive(Clone, Debug)]
struct Extent {
    segments: Arc<[Seq]>,
    /// How much of the newest segment is kept; the others are sealed and read whole.
    length: u64,
}

impl Reader {
    /// Answers a query, see [`Log::page`].
    ///
    /// # Errors
    /// When a segment cannot be read.
    pub fn page(&self, query: &Query) -> io::Result<Vec<Line>> {
        Ok(self.snapshot().page(query)?.lines())
    }

    /// Does a small step of what makes pages quick later: looks up whose lines are where. Says whether there is more to do.
    pub fn tend(&self) -> bool {
        let snapshot = self.snapshot();
        snapshot.sums.tend(&snapshot.extent.segments, &snapshot).unwrap_or_else(|error| {
            tracing::debug!(%error, "the log could not be looked through");
            false
        })
    }

    /// The log as it is now.
    fn snapshot(&self) -> Snapshot {
        let extent = self.extent.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Snapshot { folder: Arc::clone(&self.folder), extent, sums: Arc::clone(&self.sums) }
    }

    /// Hands out the last lines, in the order of the log: those that begin in the last so many bytes.
    ///
    /// # Errors
    /// When a segment cannot be read.
    pub fn tail(&self, bytes: u64, each: &mut dyn FnMut(&Line)) -> io::Result<()> {
        seek::tail(&self.snapshot(), bytes, each)
    }

    fn newest(&self) -> Option<Seq> {
        self.extent.lock().unwrap_or_else(PoisonError::into_inner).segments.last().copied()
    }

    fn publish(&self, change: impl FnOnce(&mut Extent)) {
        change(&mut self.extent.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

#[derive(Debug)]
struct Snapshot {
    folder: Arc<Path>,
    extent: Extent,
    sums: Arc<Sums>,
}

impl Snapshot {
    fn is_sealed(&self, n: usize) -> bool {
        n + 1 < self.extent.segments.len()
    }
}

impl Prefix for Snapshot {
    fn page(&self, query: &Query) -> io::Result<Page> {
        page::page(self, query)
    }

    fn search(&self, hunt: &mut Hunt, bytes: u64) -> io::Result<bool> {
        hunt.search(self, bytes)
    }
}

impl Store for Snapshot {
    type Segment = Option<File>;

    fn segments(&self) -> usize {
        self.extent.segments.len()
    }

    fn open(&self, n: usize) -> io::Result<(Option<File>, u64)> {
        let (file, length) = disk::open_segment(&self.folder.join(folder::name(self.extent.segments[n])))?;
        Ok((file, if self.is_sealed(n) { length } else { length.min(self.extent.length) }))
    }

    fn sum(&self, n: usize) -> Option<Arc<Sum>> {
        self.sums.of(self.extent.segments[n], self.is_sealed(n))
    }
}

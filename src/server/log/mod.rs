//! The log: where every kept line lies before anybody hears it. It is an edge of the server and its database: one
//! append-only text in segments, a line of it is a line of the wire and one checksum tag.
//!
//! ```text
//! DATA/ballast                         what is given up when the disk is full; not longer than a mebibyte
//! DATA/log/00000000000000000001.irc    a segment: named by the number of its first line, sealed when it is full
//!          00000000000000398113.irc    the newest segment: the only one that grows
//!          00000000000000000001.sum    which parts of a sealed segment hold whose lines; may be deleted at will
//!          checkpoint                  what the server remembers of all older segments; may be deleted at will
//!          torn-20261120T160500.123Z   what was cut off the end of a segment at a start
//!          lock                        held by the running server
//! ```
//!
//! | module | what |
//! |---|---|
//! | `format` | a line of the wire ↔ a line of the file |
//! | `disk` | the calls of the file system that change something, in one place where a test can fail them |
//! | `folder` | the log's folder: made, checked, locked, listed |
//! | `scan` | reading a segment at start: which lines are good, and where its good part ends |
//! | `recent` | the lines that the server must know of each channel |
//! | `checkpoint` | these lines of all older segments, in one file |
//! | `seek` | a time's or an id's place, by binary search |
//! | `sum`, `sums` | which parts of a segment hold lines of which channel |
//! | `page` | a slice of one channel's history |
//! | `recover` | what is done at start: which segments are read, what is cut, what is told |
//! | `retain` | which of the oldest segments go |
//! | `room` | a full disk: what is given up, and what is told |
//! | `file` | [`FileLog`]: appending, segment change |
//! | `archive` | [`Archive`]: the same files read by another process, while the server runs |
//! | `search` | words and patterns in all of it |
//! | `verify` | every line of every segment checked, and what is damaged cut out |
//! | `memory` | [`MemoryLog`]: the same in memory, with faults, for simulations |
//!
//! The promise: [`Log::append`] has succeeded before anybody hears a line, and what it took is found again after a
//! crash of the program and, with [`Sync::Turn`], of the machine.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::irc::line::Seq;
use crate::irc::{Line, Time};

use super::core::Query;

mod archive;
mod checkpoint;
mod disk;
#[cfg(test)]
mod effort;
mod file;
mod folder;
mod format;
mod memory;
mod page;
mod recent;
mod recover;
mod retain;
mod room;
mod scan;
mod search;
mod seek;
mod sum;
mod sums;
#[cfg(test)]
mod unreadable;
mod verify;

pub use archive::{Archive, Cursor};
pub use disk::{Call, Disk, Fate};
pub use file::{FileLog, Reader};
pub use format::concerns;
pub use memory::{Fault, MemoryLog};
pub use page::Page;
pub use retain::Keep;
pub use search::{Hunt, Pattern, Wanted};
pub use verify::{Damage, MAX_DAMAGE, Verified, repair};

/// Where lines are kept. The implementations are [`FileLog`] and [`MemoryLog`].
pub trait Log: Send {
    /// Appends the lines of one turn and makes them durable as the sync mode says. They must come after all that
    /// are in the log already, in order.
    ///
    /// # Errors
    /// See [`AppendError`]. In every case nobody may hear any line of the turn.
    fn append(&mut self, lines: &[Line]) -> Result<(), AppendError>;

    /// The log as it is now, to be read by another thread while this one goes on writing.
    fn prefix(&self) -> Arc<dyn Prefix>;

    /// The lines that a query asks for now, see [`Prefix::page`].
    ///
    /// # Errors
    /// When a segment cannot be read.
    fn page(&mut self, query: &Query) -> io::Result<Vec<Line>> {
        Ok(self.prefix().page(query)?.lines())
    }

    /// Makes everything durable that has been appended: at a graceful stop, and every second with
    /// [`Sync::Interval`]. Called now and then without need, too: it is when a log looks at its disk.
    ///
    /// # Errors
    /// When the disk could not do it. It must not be tried again: the server has to stop.
    fn sync(&mut self) -> io::Result<()>;
}

/// A log up to a line: what is appended behind it later is not in it. Retention may take away its beginning.
pub trait Prefix: fmt::Debug + Send + std::marker::Sync {
    /// The lines that a query asks for, in the order of the log, and what is damaged between them. Only so many bytes are
    /// searched for one query (see [`SEARCH_BYTES`]); then what has been found is the answer.
    ///
    /// # Errors
    /// When a segment cannot be read.
    fn page(&self, query: &Query) -> io::Result<Page>;

    /// Goes on with a search, which was begun in this state of the log: looks at so many bytes more, about. Whether it is
    /// over, which it is after [`SEARCH_BYTES`] of them at the latest.
    ///
    /// # Errors
    /// When a segment cannot be read.
    fn search(&self, hunt: &mut Hunt, bytes: u64) -> io::Result<bool>;
}

/// Why lines were not appended.
#[derive(Debug)]
pub enum AppendError {
    /// There is no room (ENOSPC, EDQUOT, EFBIG) or no descriptor left: nothing of the turn is kept, the file is as
    /// it was before, and the log goes on.
    Full(io::Error),
    /// The disk is broken, or the log on it is not what was written (EIO, any failed sync, a deleted segment). It is
    /// never tried again, and every later append fails too: the server must stop (exit code 74). Whether the lines of
    /// the turn are kept shows at the next start.
    Broken(io::Error),
}

impl fmt::Display for AppendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AppendError::Full(error) => write!(f, "no room for the log: {error}"),
            AppendError::Broken(error) => write!(f, "the log is broken: {error}"),
        }
    }
}

impl std::error::Error for AppendError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            AppendError::Full(error) | AppendError::Broken(error) => Some(error),
        }
    }
}

/// When appended lines are made durable (`--sync`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sync {
    /// With each turn, before anybody hears it: a power cut takes back nothing that was heard.
    #[default]
    Turn,
    /// Once a second, by [`Log::sync`]: a power cut takes back the last second.
    Interval,
    /// When the operating system likes, and at a graceful stop.
    Never,
}

/// How a log is opened.
#[derive(Debug)]
pub struct Options {
    /// When appended lines are made durable.
    pub sync: Sync,
    /// A new segment is begun when this many bytes would be passed; see [`SEGMENT_BYTES`].
    pub segment_bytes: u64,
    /// How much is kept; looked at when the log is opened and at each segment change.
    pub keep: Keep,
    /// The clock at the start: names what is cut off, and a log that is ahead of it is told.
    pub now: Time,
    /// The file system's calls.
    pub disk: Disk,
}

impl Options {
    /// The usual way.
    pub fn new(sync: Sync, now: Time) -> Options {
        Options { sync, segment_bytes: SEGMENT_BYTES, keep: Keep::default(), now, disk: Disk::default() }
    }
}

/// What was found when a log was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// The time of the last line; the next stamp must not be before it. The epoch if there is no line.
    pub last_time: Time,
    /// The number of the last line; 0 if there is no line.
    pub last_seq: Seq,
    /// How many good lines the log has, or has had: those that retention has deleted are counted as long as the
    /// checkpoint knows of them.
    pub lines: u64,
    /// How many segments it has.
    pub segments: usize,
    /// What was wrong and what was done about it, in sentences that hold nothing of what people wrote.
    pub repairs: Vec<String>,
}

/// Why a log could not be opened.
#[derive(Debug)]
pub enum OpenError {
    /// Another server has this folder.
    InUse(PathBuf),
    /// The folder or a file in it is not safe to use: a symbolic link, of another kind, or somebody else's.
    Refused(PathBuf, &'static str),
    /// Something could not be done.
    Io {
        /// What was being tried, as in "create".
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::InUse(path) => write!(f, "{} is in use by another server", path.display()),
            OpenError::Refused(path, why) => write!(f, "{} {why}", path.display()),
            OpenError::Io { doing, path, error } => write!(f, "cannot {doing} {}: {error}", path.display()),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            OpenError::Io { error, .. } => Some(error),
            OpenError::InUse(_) | OpenError::Refused(..) => None,
        }
    }
}

/// A segment is sealed when it would grow beyond this: small enough to be verified whole at each start.
pub const SEGMENT_BYTES: u64 = 64 << 20;

/// Most bytes that one write takes; a longer turn is written in several.
pub const WRITE_BYTES: usize = 1 << 20;

/// Most bytes of the log that are searched for one query: some 15 ms of work of a thread that has nothing else to do. It is
/// enough for a thousand lines that lie far apart; beyond it somebody else has his turn.
pub const SEARCH_BYTES: u64 = 32 << 20;

/// Bytes of lines, about, with which a page is full, however many lines were asked for: a quarter of what may wait for one
/// connection.
pub const PAGE_BYTES: usize = 1 << 20;

/// How many messages of a channel the log hands over at start, and how many other lines of it.
pub const REMEMBERED: usize = 100;

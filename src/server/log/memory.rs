//! The log in memory, for simulations: the same bytes, the same recovery, the same pages, and faults that a test sets.

use std::io;
use std::sync::Arc;

use crate::irc::Line;
use crate::server::core::Query;

use super::file::check;
use super::format::{self, Place};
use super::page::{self, Page, Store};
use super::recent::Recent;
use super::scan::scan;
use super::{AppendError, Hunt, Log, Opened, Prefix};

/// What befalls the next append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The disk is full: [`AppendError::Full`], once.
    Full,
    /// The disk breaks, or the machine stops, in the middle of it: [`AppendError::Broken`] from now on. This many bytes of
    /// the turn are kept.
    Broken {
        /// How many bytes of the turn are kept; all of them, if it has fewer.
        kept: usize,
    },
}

/// A log that is one segment in memory.
#[derive(Debug, Default)]
pub struct MemoryLog {
    bytes: Arc<Vec<u8>>,
    last: Place,
    fault: Option<Fault>,
    broken: bool,
}

impl MemoryLog {
    /// An empty log.
    pub fn new() -> MemoryLog {
        MemoryLog::default()
    }

    /// Opens a log from the bytes that another has left, as [`FileLog::open`](super::FileLog::open) does: a torn end is
    /// cut, and `each` is handed the same lines.
    pub fn recover(mut bytes: Vec<u8>, each: &mut dyn FnMut(&Line)) -> (MemoryLog, Opened) {
        let mut recent = Recent::default();
        let length = bytes.len() as u64;
        // Memory can always be read.
        let found = scan(&bytes.as_slice(), 0, length, 0, &mut |line| recent.note(&line)).unwrap_or_default();
        for line in recent.lines() {
            each(line);
        }
        let (last_time, last_seq) = format::split(found.last);
        let mut repairs = Vec::new();
        if found.bad > 0 {
            repairs.push(format!("{} damaged bytes from byte {} on", found.bad, found.first_bad));
        }
        if length > found.good_end {
            repairs.push(format!("a torn end of {} bytes was cut", length - found.good_end));
            bytes.truncate(usize::try_from(found.good_end).unwrap_or(usize::MAX));
        }
        let log = MemoryLog { bytes: Arc::new(bytes), last: found.last, fault: None, broken: false };
        (log, Opened { last_time, last_seq, lines: found.lines, segments: 1, repairs })
    }

    /// Lets the next append fail.
    pub fn fail_next(&mut self, fault: Fault) {
        self.fault = Some(fault);
    }

    /// What is in it, as a file would have it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it leaves when its server goes away, for [`MemoryLog::recover`].
    pub fn into_bytes(self) -> Vec<u8> {
        Arc::unwrap_or_clone(self.bytes)
    }
}

impl Log for MemoryLog {
    fn append(&mut self, lines: &[Line]) -> Result<(), AppendError> {
        if self.broken {
            return Err(AppendError::Broken(io::Error::other("an earlier call failed")));
        }
        let Some(last) = lines.last() else { return Ok(()) };
        check(lines, self.last).inspect_err(|_| self.broken = true)?;
        let good = self.bytes.len();
        match self.fault.take() {
            Some(Fault::Full) => return Err(AppendError::Full(io::ErrorKind::StorageFull.into())),
            Some(Fault::Broken { kept }) => {
                self.broken = true;
                let bytes = Arc::make_mut(&mut self.bytes);
                lines.iter().for_each(|line| format::encode(line, bytes));
                bytes.truncate(good.saturating_add(kept));
                return Err(AppendError::Broken(io::Error::other("the disk is broken")));
            }
            None => {}
        }
        let bytes = Arc::make_mut(&mut self.bytes);
        lines.iter().for_each(|line| format::encode(line, bytes));
        self.last = format::place_of(last);
        Ok(())
    }

    fn prefix(&self) -> Arc<dyn Prefix> {
        Arc::new(Bytes(Arc::clone(&self.bytes)))
    }

    fn sync(&mut self) -> io::Result<()> {
        if self.broken { Err(io::Error::other("an earlier call failed")) } else { Ok(()) }
    }
}

/// What was in it at some moment.
#[derive(Debug)]
struct Bytes(Arc<Vec<u8>>);

impl Prefix for Bytes {
    fn page(&self, query: &Query) -> io::Result<Page> {
        page::page(&self.0.as_slice(), query)
    }

    fn search(&self, hunt: &mut Hunt, bytes: u64) -> io::Result<bool> {
        hunt.search(&self.0.as_slice(), bytes)
    }
}

impl<'a> Store for &'a [u8] {
    type Segment = &'a [u8];

    fn segments(&self) -> usize {
        1
    }

    fn open(&self, _: usize) -> io::Result<(&'a [u8], u64)> {
        Ok((self, self.len() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::irc::{Draft, Time};

    fn line(seq: u64) -> Line {
        Draft::new("", "a!a@h", "PRIVMSG", &["#a", "x"]).stamp(Time::from_millis(1000), seq)
    }

    fn recovered(log: MemoryLog) -> (Vec<u64>, Opened) {
        let mut seqs = Vec::new();
        let (_, opened) = MemoryLog::recover(log.into_bytes(), &mut |line| seqs.push(line.seq()));
        (seqs, opened)
    }

    #[test]
    fn a_full_disk_is_full_once() {
        let mut log = MemoryLog::new();
        log.append(&[line(1)]).unwrap();
        log.fail_next(Fault::Full);
        assert!(matches!(log.append(&[line(2)]), Err(AppendError::Full(_))));
        log.append(&[line(3)]).unwrap();
        assert_eq!(recovered(log).0, [1, 3]);
    }

    #[test]
    fn a_broken_disk_stays_broken_and_a_torn_turn_is_cut_to_whole_lines() {
        let length = format::file_len(&line(2));
        for (kept, seqs, torn) in [
            (0, &[1][..], false),
            (length - 1, &[1], true),
            (length, &[1, 2], false),
            (length + 1, &[1, 2], true),
            (usize::MAX, &[1, 2, 3], false),
        ] {
            let mut log = MemoryLog::new();
            log.append(&[line(1)]).unwrap();
            log.fail_next(Fault::Broken { kept });
            assert!(matches!(log.append(&[line(2), line(3)]), Err(AppendError::Broken(_))));
            assert!(matches!(log.append(&[line(4)]), Err(AppendError::Broken(_))));
            assert!(log.sync().is_err());
            let (found, opened) = recovered(log);
            assert_eq!((&found[..], opened.repairs.len()), (seqs, usize::from(torn)), "{kept}");
        }
    }
}

//! The [sums](super::sum) of a log's segments: kept in memory, read from their files, and made when there is time. Making
//! one takes a while, so it is done in small steps by whoever has nothing else to do, and never for a page.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::irc::line::Seq;

use super::disk::{self, Disk};
use super::folder;
use super::page::Store;
use super::sum::Sum;

/// Most bytes of memory, about, that all sums together take; beyond it those of the oldest segments are read from their files
/// again.
const MEMORY: usize = 64 << 20;
/// Largest file that is read as a sum.
const MAX_FILE: u64 = 64 << 20;
/// How many bytes of the log are looked at in one step: 2 ms of work.
const STEP: u64 = 2 << 20;
/// What a sum's file ends with.
const SUFFIX: &str = "sum";
/// The name of one while it is being written.
const ASIDE: &str = "sum.new";

/// What is known of all segments.
#[derive(Debug)]
pub(super) struct Sums {
    folder: Arc<Path>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    sums: BTreeMap<Seq, Arc<Sum>>,
    /// Sealed segments of which nothing more is to be made, whether their sums are in memory now or in their files.
    whole: HashSet<Seq>,
    /// The oldest segment when it was last looked for files of segments that are gone.
    oldest: Option<Seq>,
    /// A file could not be written; that is said once.
    told: bool,
    disk: Disk,
    /// Most bytes of memory, about, that all sums together take.
    memory: usize,
}

impl Sums {
    /// Of the log in this folder; nothing is known yet.
    pub(super) fn new(folder: Arc<Path>) -> Sums {
        Sums { folder, known: Mutex::new(Known { memory: MEMORY, ..Known::default() }) }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of a segment; `sealed` says that it does not grow any more.
    pub(super) fn of(&self, segment: Seq, sealed: bool) -> Option<Arc<Sum>> {
        let mut known = self.known();
        if let Some(sum) = known.sums.get(&segment) {
            return Some(Arc::clone(sum));
        }
        let sum = Arc::new(self.read(segment).filter(|_| sealed)?);
        known.keep(segment, Arc::clone(&sum));
        Some(sum)
    }

    /// Does a step of what there is to do, for the log as it is now: the newest segment first. Says whether there is more.
    pub(super) fn tend(
        &self,
        segments: &[Seq],
        store: &impl Store<Segment = Option<File>>,
    ) -> io::Result<bool> {
        for (n, segment) in segments.iter().copied().enumerate().rev() {
            if self.known().whole.contains(&segment) {
                continue;
            }
            let sealed = n + 1 < segments.len();
            let known = self.of(segment, sealed);
            if known.as_ref().is_some_and(|sum| sum.is_whole()) {
                continue;
            }
            let (source, length) = store.open(n)?;
            let mut sum = known.map_or_else(Sum::default, Arc::unwrap_or_clone);
            if source.is_none() || (sum.covered() >= length && !sealed) {
                continue;
            }
            let before = sum.covered();
            sum.extend(&source, length, STEP)?;
            let stuck = sum.covered() == before;
            if sealed {
                sum.seal(length);
            }
            if sum.is_whole() {
                self.write(segment, &sum);
            }
            self.known().keep(segment, Arc::new(sum));
            if !stuck {
                return Ok(true);
            }
        }
        self.forget_gone(segments);
        Ok(false)
    }

    /// The files of segments that retention has deleted go, too.
    fn forget_gone(&self, segments: &[Seq]) {
        let mut known = self.known();
        if known.oldest == segments.first().copied() {
            return;
        }
        known.oldest = segments.first().copied();
        known.sums.retain(|segment, _| segments.contains(segment));
        known.whole.retain(|segment| segments.contains(segment));
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for entry in entries.flatten() {
            let path = entry.path();
            let segment = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
            if path.extension().is_some_and(|end| end == SUFFIX)
                && segment.is_some_and(|segment: Seq| !segments.contains(&segment))
            {
                // It is only a help, and the next start tries again.
                let _ = known.disk.remove(&path);
            }
        }
    }

    fn path(&self, segment: Seq) -> PathBuf {
        self.folder.join(folder::name(segment)).with_extension(SUFFIX)
    }

    fn read(&self, segment: Seq) -> Option<Sum> {
        let length = disk::open_segment(&self.folder.join(folder::name(segment))).ok()?.1;
        let file = disk::open_to_read(&self.path(segment)).ok()?;
        let mut bytes = Vec::new();
        file.take(MAX_FILE).read_to_end(&mut bytes).ok()?;
        Sum::decode(&bytes, length)
    }

    /// Writes it aside and puts it in its place. It is not synced: half of one is not believed.
    fn write(&self, segment: Seq, sum: &Sum) {
        let mut known = self.known();
        let aside = self.folder.join(ASIDE);
        let disk = &mut known.disk;
        let written = disk.remove(&aside).and_then(|()| disk.create(&aside)).and_then(|file| {
            folder::write_all(disk, &file, &sum.encode())?;
            disk.rename(&aside, &self.path(segment))
        });
        if let Err(error) = written {
            // Half of it would only take the room that the log needs.
            let _ = disk.remove(&aside);
            if !std::mem::replace(&mut known.told, true) {
                tracing::warn!(%error, "a help for reading the log could not be written; the next start makes it anew");
            }
        }
    }
}

impl Known {
    fn keep(&mut self, segment: Seq, sum: Arc<Sum>) {
        if sum.is_whole() {
            self.whole.insert(segment);
        }
        self.sums.insert(segment, sum);
        let mut size: usize = self.sums.values().map(|sum| sum.size()).sum();
        // What is not whole is in no file and would have to be made again.
        let oldest: Vec<Seq> = self.sums.iter().filter(|(_, sum)| sum.is_whole()).map(|(n, _)| *n).collect();
        for other in oldest.into_iter().filter(|other| *other != segment) {
            if size <= self.memory {
                return;
            }
            size -= self.sums.remove(&other).map_or(0, |sum| sum.size());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::irc::{Draft, Time};
    use crate::server::log::format;

    fn sum(is_whole: bool) -> Arc<Sum> {
        let mut bytes = Vec::new();
        let draft = Draft::new("", "a!a@h", "PRIVMSG", &["#a", "x"]);
        format::encode(&draft.stamp(Time::from_millis(1_000), 1), &mut bytes);
        let (mut sum, length) = (Sum::default(), bytes.len() as u64);
        sum.extend(&bytes.as_slice(), length, u64::MAX).unwrap();
        if is_whole {
            sum.seal(length);
        }
        Arc::new(sum)
    }

    #[test]
    fn the_oldest_that_can_be_read_again_go_when_there_are_too_many() {
        let of_one = sum(true).size();
        let mut known = Known { memory: 3 * of_one, ..Known::default() };
        let mut kept = |segment: Seq, is_whole| {
            known.keep(segment, sum(is_whole));
            known.sums.keys().copied().collect::<Vec<_>>()
        };
        assert_eq!(kept(10, true), [10]);
        assert_eq!(kept(20, false), [10, 20]);
        assert_eq!(kept(30, true), [10, 20, 30]);
        assert_eq!(kept(40, true), [20, 30, 40], "the oldest goes");
        assert_eq!(kept(50, true), [20, 40, 50], "what is in no file stays");
        assert_eq!(kept(5, true), [5, 20, 50], "what is asked for now stays, too");
        assert_eq!(known.whole, HashSet::from([5, 10, 30, 40, 50]));
    }
}

//! Room on the disk: a file of ballast that is given up when the disk is full, and what the operator is told of it.
//!
//! A full disk must not take everything: what is said can be refused, and its senders are told, but a torn end has to be
//! moved aside at a start, and whoever is to make room needs some himself. So a file that nobody needs lies in the data
//! folder. When there is no room for a line, it is deleted, and lines are refused, not written into its place; once
//! it fits in again beside them, it is put back, and lines are kept as before.
#![allow(clippy::disallowed_methods, reason = "an edge: how long ago it last looked at the disk")]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::disk::Disk;
use super::folder;

/// The ballast's name in the data folder.
const NAME: &str = "ballast";

/// How many bytes it has.
pub(super) const BALLAST: u64 = 1 << 20;

/// How much more must be free before it is put back: what a few lines need, so that it does not come and go with each.
const SPARE: u64 = 256 << 10;

/// Less than so many of a thousand parts free is told.
const LOW: u128 = 50;

/// From so many on it is not low any more; the difference keeps a disk at the edge from telling it again and again.
const ENOUGH: u128 = 60;

/// How often it is looked how much is free.
const LOOK: Duration = Duration::from_secs(10);

/// How long after a failed attempt it is tried again to put the ballast back: soon enough for a service that is back
/// within a second, and seldom enough to cost nothing while thousands of lines are refused. (To look whether there is room
/// costs next to nothing. But a quota is not seen before it is hit.)
const RETRY: Duration = Duration::from_millis(200);

/// How long nothing must have been refused before it is told that there is room again: where there is a little left, short
/// lines are kept and long ones are not.
const CALM: Duration = Duration::from_secs(1);

/// Whether an error says that the disk, or the share of it that is ours, is full.
pub(super) fn is_full(error: &io::Error) -> bool {
    [Errno::NOSPC, Errno::DQUOT].iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

/// Where the ballast is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ballast {
    /// In its place.
    Laid,
    /// Nowhere, for want of room; to put it back failed then.
    GivenUp(Option<Instant>),
    /// It cannot be made for another reason: then lines are written as long as they can be.
    Impossible,
}

/// Lines are being refused.
#[derive(Clone, Copy, Debug)]
struct Refusing {
    since: Instant,
    last: Instant,
    lines: u64,
    /// Something has been kept after the last of them.
    kept: bool,
    /// The ballast was given up meanwhile.
    given_up: bool,
}

/// The room that one log has.
#[derive(Debug)]
pub(super) struct Room {
    data: PathBuf,
    ballast: Ballast,
    refusing: Option<Refusing>,
    gauge: Gauge,
    looked: Option<Instant>,
}

impl Room {
    /// The room of the log in this data folder. Nothing is touched before [`Room::settle`].
    pub(super) fn new(data: &Path) -> Room {
        Room {
            data: data.to_owned(),
            ballast: Ballast::GivenUp(None),
            refusing: None,
            gauge: Gauge::default(),
            looked: None,
        }
    }

    fn path(&self) -> PathBuf {
        self.data.join(NAME)
    }

    /// At a start: puts the ballast in its place if it is not there, and tells if there is little room.
    pub(super) fn settle(&mut self, disk: &mut Disk) {
        if let Err(error) = self.put_back(disk, 0) {
            tracing::warn!(%error, "there is no room on the disk: nothing can be said until there is");
        }
        self.look(disk);
    }

    /// Deletes the ballast, so that something else finds room; says whether it was there and is gone.
    pub(super) fn give_up(&mut self, disk: &mut Disk) -> bool {
        let path = self.path();
        if self.ballast == Ballast::Impossible || fs::symlink_metadata(&path).is_err() {
            return false;
        }
        self.ballast = Ballast::GivenUp(None);
        let removed = disk.remove(&path);
        if let Err(error) = &removed {
            tracing::warn!(%error, "{} could not be deleted to make room", path.display());
        }
        removed.is_ok()
    }

    /// Whether so many bytes of lines may be written: not into the place of the ballast.
    ///
    /// # Errors
    /// Why not: the disk is full.
    pub(super) fn admit(&mut self, disk: &mut Disk, bytes: u64) -> io::Result<()> {
        match self.ballast {
            Ballast::Laid | Ballast::Impossible => Ok(()),
            Ballast::GivenUp(Some(tried)) if tried.elapsed() < RETRY => Err(Errno::NOSPC.into()),
            Ballast::GivenUp(_) => self.put_back(disk, bytes),
        }
    }

    /// Lines were refused for want of room.
    pub(super) fn refused(&mut self, disk: &mut Disk, error: &io::Error, lines: usize) {
        let now = Instant::now();
        let refusing = self.refusing.get_or_insert_with(|| {
            tracing::warn!(
                "the log has no room: {error}; nothing can be said until it has, and senders are told"
            );
            Refusing { since: now, last: now, lines: 0, kept: false, given_up: false }
        });
        refusing.lines += lines as u64;
        (refusing.last, refusing.kept) = (now, false);
        if !is_full(error) || self.ballast != Ballast::Laid {
            return;
        }
        let told = std::mem::replace(&mut refusing.given_up, true);
        if self.give_up(disk) && !told {
            let path = self.path();
            tracing::warn!("{} was deleted to make room; it comes back when there is enough", path.display());
        }
        // What a quota leaves cannot be seen: then it would come and go with each line.
        self.ballast = Ballast::GivenUp(Some(now));
    }

    /// Lines were kept.
    pub(super) fn kept(&mut self) {
        if let Some(refusing) = &mut self.refusing {
            refusing.kept = true;
        }
    }

    /// Tells that lines are kept again, once none has been refused for a while.
    fn tell_of_room(&mut self) {
        if let Some(Refusing { since, last, lines, .. }) =
            self.refusing.take_if(|refusing| refusing.kept && refusing.last.elapsed() > CALM)
        {
            let seconds = (last - since).as_secs();
            tracing::warn!("the log has room again; {lines} lines were refused in {seconds} s");
        }
    }

    /// Looks how much is free, if it is time, and tells when that has become little or enough.
    pub(super) fn look(&mut self, disk: &mut Disk) {
        self.tell_of_room();
        if self.looked.is_some_and(|at| at.elapsed() < LOOK) {
            return;
        }
        self.looked = Some(Instant::now());
        // Nobody may say anything for hours; the ballast comes back all the same. That there is no room has been told.
        let _ = self.admit(disk, 0);
        let Ok((free, all)) = free(&self.data) else { return };
        let data = self.data.display();
        match self.gauge.read(free, all) {
            Some(true) => tracing::warn!(
                "the disk of {data} is nearly full: {} of {} MiB are free; when it is full, nothing can be said",
                free >> 20,
                all >> 20
            ),
            Some(false) => tracing::info!("the disk of {data} has {} MiB free again", free >> 20),
            None => {}
        }
    }

    /// Puts the ballast in its place, if it fits in beside so many bytes.
    fn put_back(&mut self, disk: &mut Disk, beside: u64) -> io::Result<()> {
        let path = self.path();
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_file() && found.len() == BALLAST => {
                self.ballast = Ballast::Laid;
                return Ok(());
            }
            _ => {}
        }
        // Without this look the attempt itself would take, for a moment, the room that is there for others.
        if free(&self.data).is_ok_and(|(free, _)| free < BALLAST + SPARE + beside) {
            return Err(Errno::NOSPC.into());
        }
        let Err(error) = lay(disk, &path) else {
            self.ballast = Ballast::Laid;
            return Ok(());
        };
        let removed = disk.remove(&path);
        if is_full(&error) {
            self.ballast = Ballast::GivenUp(Some(Instant::now()));
            return Err(error);
        }
        tracing::warn!(%error, "{} cannot be made: a full disk will leave no reserve", path.display());
        if let Err(error) = removed {
            tracing::warn!(%error, "{} cannot be deleted", path.display());
        }
        self.ballast = Ballast::Impossible;
        Ok(())
    }
}

/// Writes the ballast. It need not be durable, for nobody reads it; but it must take its room, on a file system that
/// compresses, too: so its bytes look like chance.
fn lay(disk: &mut Disk, path: &Path) -> io::Result<()> {
    disk.remove(path)?;
    let file = disk.create(path)?;
    let mut state: u64 = 0x9E37_79B9_7F4A_7C15;
    let bytes: Vec<u8> = (0..BALLAST / 8)
        .flat_map(|_| {
            // Marsaglia's xorshift.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()
        })
        .collect();
    folder::write_all(disk, &file, &bytes)
}

/// How many bytes of the disk of a folder are free for us, and how many there are for us in all: what `df` counts.
fn free(folder: &Path) -> io::Result<(u64, u64)> {
    let found = rustix::fs::statvfs(folder)?;
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let used = found.f_blocks.saturating_sub(found.f_bfree).saturating_mul(found.f_frsize);
    Ok((free, used.saturating_add(free)))
}

/// Whether there is little room, told once at each change.
#[derive(Clone, Copy, Debug, Default)]
struct Gauge {
    low: bool,
}

impl Gauge {
    /// `true` when it has become little, `false` when it has become enough again. A disk of unknown size has enough.
    fn read(&mut self, free: u64, all: u64) -> Option<bool> {
        let parts = u128::from(free) * 1000;
        let low = if self.low { ENOUGH } else { LOW } * u128::from(all) > parts;
        (std::mem::replace(&mut self.low, low) != low).then_some(low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::log::{Call, Fate};
    use std::io::Seek;
    use tempfile::TempDir;

    #[test]
    fn little_room_is_told_once_until_there_was_enough() {
        let mut gauge = Gauge::default();
        let told: Vec<Option<bool>> =
            [100, 51, 50, 49, 55, 59, 49, 60, 50, 10, 0, 1000].map(|free| gauge.read(free, 1000)).into();
        let (low, enough) = (Some(true), Some(false));
        let expected = [None, None, None, low, None, None, None, enough, None, low, None, enough];
        assert_eq!(told, expected);
        assert_eq!(Gauge::default().read(0, 0), None);
    }

    fn laid(data: &Path) -> bool {
        fs::symlink_metadata(data.join(NAME)).is_ok_and(|found| found.len() == BALLAST)
    }

    #[test]
    fn a_full_disk_takes_the_ballast_and_not_the_room_that_it_leaves() {
        let (data, mut disk) = (TempDir::new().unwrap(), Disk::default());
        let mut room = Room::new(data.path());
        room.settle(&mut disk);
        assert!(laid(data.path()) && room.admit(&mut disk, 1).is_ok());
        // No share of the disk is too large, and no descriptor is missing, for want of a mebibyte.
        room.refused(&mut disk, &Errno::FBIG.into(), 1);
        assert!(laid(data.path()) && room.admit(&mut disk, 1).is_ok());
        room.refused(&mut disk, &Errno::NOSPC.into(), 1);
        assert!(!laid(data.path()));
        assert!(is_full(&room.admit(&mut disk, 1).unwrap_err()), "not so soon");
        room.ballast = Ballast::GivenUp(None);
        assert!(is_full(&room.admit(&mut disk, u64::MAX / 2).unwrap_err()), "there is not so much");
        assert!(!laid(data.path()));
        room.admit(&mut disk, 1).unwrap();
        assert!(laid(data.path()));
    }

    #[test]
    fn a_quota_keeps_the_ballast_away_and_leaves_nothing_of_it() {
        let data = TempDir::new().unwrap();
        let mut writes = 0;
        let mut disk = Disk::judged(move |call| {
            writes += usize::from(call == Call::Write);
            match call {
                Call::Write if writes == 1 => Fate::Short(5000),
                Call::Write if writes == 2 => Fate::Failed(Errno::DQUOT.into()),
                _ => Fate::Made,
            }
        });
        let mut room = Room::new(data.path());
        assert!(is_full(&room.admit(&mut disk, 1).unwrap_err()));
        assert_eq!(fs::read_dir(data.path()).unwrap().count(), 0);
        assert!(is_full(&room.admit(&mut disk, 1).unwrap_err()), "not so soon");
        room.ballast = Ballast::GivenUp(None);
        room.look(&mut disk);
        assert!(laid(data.path()), "it comes back without a line, too");
    }

    #[test]
    fn ballast_that_cannot_be_deleted_is_tried_again_and_lines_are_refused_meanwhile() {
        let data = TempDir::new().unwrap();
        let mut removes = 0;
        let mut disk = Disk::judged(move |call| {
            removes += usize::from(call == Call::Remove);
            // The first one is of what might have been there.
            if call == Call::Remove && removes == 2 { Fate::Failed(Errno::IO.into()) } else { Fate::Made }
        });
        let mut room = Room::new(data.path());
        room.settle(&mut disk);
        assert!(!room.give_up(&mut disk) && laid(data.path()));
        assert_eq!(room.ballast, Ballast::GivenUp(None));
        room.admit(&mut disk, 1).unwrap();
        assert_eq!(room.ballast, Ballast::Laid, "it is still there");
        assert!(room.give_up(&mut disk) && !laid(data.path()));
        assert!(!room.give_up(&mut disk), "once");
    }

    #[test]
    fn the_ballast_cannot_be_compressed_away() {
        let (data, mut disk) = (TempDir::new().unwrap(), Disk::default());
        Room::new(data.path()).settle(&mut disk);
        let bytes = fs::read(data.path().join(NAME)).unwrap();
        let words: std::collections::HashSet<&[u8]> = bytes.chunks(8).collect();
        assert_eq!(words.len() as u64, BALLAST / 8, "no word is there twice");
        let ones: u64 = bytes.iter().map(|byte| u64::from(byte.count_ones())).sum();
        assert!(ones.abs_diff(4 * BALLAST) < BALLAST / 100, "{ones}");
        let (free, all) = free(data.path()).unwrap();
        assert!(free <= all && all > BALLAST);
    }

    #[test]
    fn that_there_is_room_again_is_told_after_a_calm_with_something_kept() {
        let (data, mut disk) = (TempDir::new().unwrap(), Disk::default());
        let mut room = Room::new(data.path());
        room.settle(&mut disk);
        let full = io::Error::from(Errno::NOSPC);
        room.refused(&mut disk, &full, 2);
        room.refused(&mut disk, &full, 3);
        assert_eq!(room.refusing.map(|refusing| refusing.lines), Some(5));
        let calm = |room: &mut Room| {
            let past = Instant::now().checked_sub(CALM + Duration::from_millis(1)).unwrap();
            if let Some(refusing) = &mut room.refusing {
                refusing.last = past;
                refusing.since = refusing.since.min(past);
            }
        };
        calm(&mut room);
        room.tell_of_room();
        assert!(room.refusing.is_some(), "nothing has been kept");
        room.kept();
        room.refused(&mut disk, &full, 1);
        calm(&mut room);
        room.tell_of_room();
        assert!(room.refusing.is_some(), "nothing has been kept since");
        room.kept();
        if let Some(refusing) = &mut room.refusing {
            refusing.last = Instant::now();
        }
        room.tell_of_room();
        assert!(room.refusing.is_some(), "it is not calm");
        calm(&mut room);
        room.look(&mut disk);
        assert!(room.refusing.is_none());
    }

    #[test]
    fn what_happens_to_the_ballast_while_lines_are_refused_is_told_once() {
        let (data, mut disk) = (TempDir::new().unwrap(), Disk::default());
        let mut room = Room::new(data.path());
        let mut said = tempfile::tempfile().unwrap();
        let diagnostics = std::sync::Arc::new(said.try_clone().unwrap());
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(diagnostics).finish();
        tracing::subscriber::with_default(subscriber, || {
            room.settle(&mut disk);
            for _ in 0..3 {
                room.refused(&mut disk, &Errno::NOSPC.into(), 1);
                room.refused(&mut disk, &Errno::NOSPC.into(), 1);
                room.ballast = Ballast::GivenUp(None);
                room.admit(&mut disk, 1).unwrap();
            }
            // It is gone already: nothing was deleted.
            room.refusing = None;
            fs::remove_file(data.path().join(NAME)).unwrap();
            room.refused(&mut disk, &Errno::NOSPC.into(), 1);
        });
        said.rewind().unwrap();
        let said = io::read_to_string(said).unwrap();
        assert_eq!(said.matches("was deleted to make room").count(), 1, "{said}");
        assert_eq!(said.matches("the log has no room").count(), 2, "{said}");
    }

    #[test]
    fn it_is_looked_how_much_is_free_now_and_then() {
        let (data, mut disk) = (TempDir::new().unwrap(), Disk::default());
        let mut room = Room::new(data.path());
        room.settle(&mut disk);
        let first = room.looked.unwrap();
        room.look(&mut disk);
        assert_eq!(room.looked, Some(first), "not so soon");
        // What went away meanwhile is put back when it is time.
        fs::remove_file(data.path().join(NAME)).unwrap();
        room.ballast = Ballast::GivenUp(None);
        room.look(&mut disk);
        assert!(!laid(data.path()));
        let past = Instant::now().checked_sub(LOOK).unwrap();
        room.looked = Some(past);
        room.look(&mut disk);
        assert!(laid(data.path()) && room.looked.is_some_and(|at| at >= first));
    }

    #[test]
    fn ballast_that_is_there_is_left_and_one_of_another_size_is_laid_anew() {
        use std::os::unix::fs::MetadataExt;
        let (data, mut disk) = (TempDir::new().unwrap(), Disk::default());
        let path = data.path().join(NAME);
        Room::new(data.path()).settle(&mut disk);
        let inode = |path: &Path| fs::symlink_metadata(path).unwrap().ino();
        let first = inode(&path);
        Room::new(data.path()).settle(&mut disk);
        assert_eq!(inode(&path), first);
        fs::write(&path, "half of it").unwrap();
        // So that the next one is another file whatever numbers the disk gives.
        fs::rename(&path, data.path().join("aside")).unwrap();
        fs::hard_link(data.path().join("aside"), &path).unwrap();
        Room::new(data.path()).settle(&mut disk);
        assert!(laid(data.path()) && inode(&path) != first);
    }

    #[test]
    fn what_is_in_the_way_of_the_ballast_stops_nobody() {
        let (data, mut disk) = (TempDir::new().unwrap(), Disk::default());
        fs::create_dir(data.path().join(NAME)).unwrap();
        let mut room = Room::new(data.path());
        room.settle(&mut disk);
        assert_eq!(room.ballast, Ballast::Impossible);
        room.admit(&mut disk, u64::MAX).unwrap();
        room.refused(&mut disk, &Errno::NOSPC.into(), 1);
        assert!(data.path().join(NAME).is_dir());
    }
}

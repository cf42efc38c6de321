//! The log's folder: made, checked, locked, listed; and how its files are written.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::irc::line::Seq;

use super::OpenError;
use super::disk::Disk;

/// The log's folder in the data folder.
const FOLDER: &str = "log";
/// The file that a running server holds.
const LOCK: &str = "lock";
/// What a segment's name ends with.
const SUFFIX: &str = ".irc";
/// How many digits a segment's name has: the largest number has as many.
const DIGITS: usize = 20;
/// How many pieces cut off in one millisecond can be told apart.
const MAX_TORN: usize = 100;

/// The lock of a log's folder, held as long as it lives.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file is not enough: a child process that is just being started has it open, too, for a moment.
        let _ = self.0.unlock();
    }
}

/// Makes the folder `log` in the data folder `data` if need be, checks both, and takes the lock.
pub(super) fn prepare(disk: &mut Disk, data: &Path) -> Result<(PathBuf, Lock), OpenError> {
    // Without a slash at its end: behind one a link would be followed.
    let data: PathBuf = data.components().collect();
    for folder in missing(&data) {
        make(disk, folder)?;
    }
    check(&data, true)?;
    let log = data.join(FOLDER);
    make(disk, &log)?;
    check(&log, true)?;
    disk.close_folder(&log).map_err(failed("close", &log))?;

    let path = log.join(LOCK);
    let lock = disk.open(&path).map_err(|error| refused_or_failed("open", &path, error))?;
    check(&path, false)?;
    match lock.try_lock() {
        Ok(()) => Ok((log, Lock(lock))),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(data)),
        Err(TryLockError::Error(error)) => Err(failed("lock", &path)(error)),
    }
}

/// The folder `log` in a data folder, for reading; `None` if there is none.
pub(super) fn find(data: &Path) -> Result<Option<PathBuf>, OpenError> {
    let log = data.join(FOLDER);
    match fs::symlink_metadata(&log) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("look at", &log)(error)),
        Ok(_) => check(&log, true).map(|()| Some(log)),
    }
}

/// The folders that do not exist, the outermost first.
fn missing(data: &Path) -> Vec<&Path> {
    let absent = |folder: &&Path| fs::symlink_metadata(folder).is_err();
    let mut folders: Vec<&Path> =
        data.ancestors().filter(|folder| !folder.as_os_str().is_empty()).take_while(absent).collect();
    folders.reverse();
    folders
}

fn make(disk: &mut Disk, folder: &Path) -> Result<(), OpenError> {
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
    match disk.make_folder(folder, parent.unwrap_or(Path::new("."))) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(failed("create", folder)(error)),
        _ => Ok(()),
    }
}

/// Refuses what is a symbolic link, of another kind than expected, or somebody else's.
fn check(path: &Path, folder: bool) -> Result<(), OpenError> {
    let found = fs::symlink_metadata(path).map_err(failed("look at", path))?;
    let refused = |why| Err(OpenError::Refused(path.to_owned(), why));
    if found.is_symlink() {
        refused("is a symbolic link; name the place itself")
    } else if folder && !found.is_dir() {
        refused("is not a folder")
    } else if !folder && !found.is_file() {
        refused("is not a plain file")
    } else if found.uid() != rustix::process::geteuid().as_raw() {
        refused("belongs to another user")
    } else {
        Ok(())
    }
}

/// The segments in the folder, by the numbers in their names, in order. Each must be a plain file of ours.
pub(super) fn segments(folder: &Path) -> Result<Vec<Seq>, OpenError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed("list", folder))? {
        let entry = entry.map_err(failed("list", folder))?;
        if let Some(first) = entry.file_name().to_str().and_then(parse_name) {
            check(&entry.path(), false)?;
            found.push(first);
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// The name of the segment that begins with this number.
pub(super) fn name(first: Seq) -> String {
    format!("{first:0DIGITS$}{SUFFIX}")
}

fn parse_name(name: &str) -> Option<Seq> {
    let digits = name.strip_suffix(SUFFIX)?;
    (digits.len() == DIGITS && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok())?
}

/// Creates the file into which a torn tail is moved, named by the clock.
pub(super) fn create_torn(disk: &mut Disk, folder: &Path, now: &str) -> io::Result<(File, String)> {
    let stamp = now.replace(['-', ':'], "");
    let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
    for n in 0..MAX_TORN {
        let name = if n == 0 { format!("torn-{stamp}") } else { format!("torn-{stamp}-{n}") };
        match disk.create(&folder.join(&name)) {
            Ok(file) => return Ok((file, name)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

/// Appends all of the bytes, in as many writes as the disk needs.
pub(super) fn write_all(disk: &mut Disk, file: &File, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match disk.write(file, bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// What was being tried, as an error.
pub(super) fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> OpenError {
    let path = path.to_owned();
    move |error| OpenError::Io { doing, path, error }
}

/// The same, for an open that does not follow symbolic links.
fn refused_or_failed(doing: &'static str, path: &Path, error: io::Error) -> OpenError {
    if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) {
        return OpenError::Refused(path.to_owned(), "is a symbolic link; name the place itself");
    }
    failed(doing, path)(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_segments() {
        assert_eq!(name(398_113), "00000000000000398113.irc");
        assert_eq!(parse_name(&name(Seq::MAX)), Some(Seq::MAX));
        for other in ["1.irc", "checkpoint", "0000000000000039811x.irc", "99999999999999999999.irc", "torn-1"]
        {
            assert_eq!(parse_name(other), None, "{other}");
        }
    }

    #[test]
    fn the_lock_goes_with_its_owner_though_a_child_has_the_file_open() {
        let data = tempfile::TempDir::new().unwrap();
        let (_, lock) = prepare(&mut Disk::default(), data.path()).unwrap();
        let _childs = lock.0.try_clone().unwrap();
        assert!(matches!(prepare(&mut Disk::default(), data.path()), Err(OpenError::InUse(_))));
        drop(lock);
        prepare(&mut Disk::default(), data.path()).unwrap();
    }
}

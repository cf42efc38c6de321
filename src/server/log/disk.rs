//! The calls of the file system that change something: all of them go through [`Disk`], so that a test can fail the
//! k-th of them in every way a real disk does.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::OFlags;

/// The mode of the log's files, whatever the umask.
const FILE_MODE: u32 = 0o600;
/// The mode of the log's folder, whatever the umask.
const FOLDER_MODE: u32 = 0o700;

/// A call that is about to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// A folder is made.
    MakeFolder,
    /// A file is created or opened for writing.
    Open,
    /// Bytes are appended to a file.
    Write,
    /// A file's data are made durable.
    Sync,
    /// A folder's entries are made durable.
    SyncFolder,
    /// A file is cut to a length.
    Truncate,
    /// A file gets another name.
    Rename,
    /// A file is deleted.
    Remove,
}

/// What becomes of a call.
#[derive(Debug)]
pub enum Fate {
    /// It is made.
    Made,
    /// It is not made, and fails like this.
    Failed(io::Error),
    /// Of a write, only this many bytes are taken; other calls are made.
    Short(usize),
}

/// Decides what becomes of each call.
type Judge = Box<dyn FnMut(Call) -> Fate + Send>;

/// The file system, as it is by default; a test can let some calls fail.
#[derive(Default)]
pub struct Disk {
    judge: Option<Judge>,
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.judge.is_some() { "Disk(judged)" } else { "Disk" })
    }
}

impl Disk {
    /// A disk on which each call's fate is decided by a function.
    pub fn judged(judge: impl FnMut(Call) -> Fate + Send + 'static) -> Disk {
        Disk { judge: Some(Box::new(judge)) }
    }

    /// How many bytes a write may take at most.
    fn ask(&mut self, call: Call) -> io::Result<usize> {
        match self.judge.as_mut().map_or(Fate::Made, |judge| judge(call)) {
            Fate::Made => Ok(usize::MAX),
            Fate::Short(most) => Ok(most),
            Fate::Failed(error) => Err(error),
        }
    }

    /// Makes a folder that only its owner may enter, and makes its name durable in `parent`.
    pub(super) fn make_folder(&mut self, path: &Path, parent: &Path) -> io::Result<()> {
        self.ask(Call::MakeFolder)?;
        fs::DirBuilder::new().mode(FOLDER_MODE).create(path)?;
        self.sync_folder(parent)
    }

    /// Gives a folder the mode of the log's folder.
    pub(super) fn close_folder(&mut self, path: &Path) -> io::Result<()> {
        fs::set_permissions(path, fs::Permissions::from_mode(FOLDER_MODE))
    }

    /// Creates a file that must not exist, for appending and reading.
    pub(super) fn create(&mut self, path: &Path) -> io::Result<File> {
        self.ask(Call::Open)?;
        open(path, OpenOptions::new().create_new(true))
    }

    /// Opens a file for appending and reading, and creates it if it does not exist.
    pub(super) fn open(&mut self, path: &Path) -> io::Result<File> {
        self.ask(Call::Open)?;
        open(path, OpenOptions::new().create(true))
    }

    /// Appends some of the bytes; says how many.
    pub(super) fn write(&mut self, mut file: &File, bytes: &[u8]) -> io::Result<usize> {
        let most = self.ask(Call::Write)?;
        file.write(&bytes[..most.min(bytes.len())])
    }

    /// Makes a file's data and length durable.
    pub(super) fn sync(&mut self, file: &File) -> io::Result<()> {
        self.ask(Call::Sync)?;
        file.sync_data()
    }

    /// Makes the names in a folder durable.
    pub(super) fn sync_folder(&mut self, path: &Path) -> io::Result<()> {
        self.ask(Call::SyncFolder)?;
        OpenOptions::new().read(true).open(path)?.sync_all()
    }

    /// Cuts a file to a length.
    pub(super) fn truncate(&mut self, file: &File, length: u64) -> io::Result<()> {
        self.ask(Call::Truncate)?;
        file.set_len(length)
    }

    /// Gives a file another name; what had that name is gone.
    pub(super) fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        self.ask(Call::Rename)?;
        fs::rename(from, to)
    }

    /// Deletes a file; it need not exist.
    pub(super) fn remove(&mut self, path: &Path) -> io::Result<()> {
        self.ask(Call::Remove)?;
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Opens a file for appending and reading, never through a symbolic link, and closes it to everybody else.
fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let file = options
        .read(true)
        .append(true)
        .mode(FILE_MODE)
        .custom_flags(OFlags::NOFOLLOW.bits() as i32)
        .open(path)?;
    file.set_permissions(fs::Permissions::from_mode(FILE_MODE))?;
    Ok(file)
}

/// Opens a file for reading, never through a symbolic link.
pub(super) fn open_to_read(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(OFlags::NOFOLLOW.bits() as i32).open(path)
}

/// Opens a segment for reading and says how long it is. Retention deletes the oldest at any moment: what is not there
/// is empty.
pub(super) fn open_segment(path: &Path) -> io::Result<(Option<File>, u64)> {
    match open_to_read(path) {
        Ok(file) => {
            let length = file.metadata()?.len();
            Ok((Some(file), length))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((None, 0)),
        Err(error) => Err(error),
    }
}

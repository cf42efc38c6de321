//! A small file of the data folder: read without following a link, and written whole or not at all.
#![allow(clippy::disallowed_methods, reason = "this is the edge that reads and writes the files")]

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use tracing::warn;

/// The mode of such a file, whatever the umask.
pub const MODE: u32 = 0o600;
/// Most bytes of one that are read.
pub const READ_MOST: u64 = 1 << 20;

/// Reads a file of ours. One that others may read is for its owner alone from then on.
///
/// # Errors
/// When it is not there, a link, no plain file, somebody else's, or cannot be read.
pub fn read_own(path: &Path) -> io::Result<Vec<u8>> {
    let file = open(path, OFlags::NOFOLLOW)?;
    let found = file.metadata()?;
    if found.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::Error::other("it belongs to another user"));
    }
    if found.permissions().mode() & 0o077 != 0 {
        warn!("{} could be read by others; now it cannot", path.display());
        file.set_permissions(Permissions::from_mode(MODE))?;
    }
    contents(file)
}

/// Reads a file of somebody's, through links.
///
/// # Errors
/// When it is not there, no plain file, or cannot be read.
pub fn read_given(path: &Path) -> io::Result<Vec<u8>> {
    contents(open(path, OFlags::empty())?)
}

fn open(path: &Path, flags: OFlags) -> io::Result<File> {
    let mut options = OpenOptions::new();
    // Not blocking: a pipe by this name must not hold the server up.
    options.read(true).custom_flags((flags | OFlags::NONBLOCK).bits().cast_signed());
    let file = options.open(path).map_err(|error| match error.raw_os_error() {
        Some(number) if number == rustix::io::Errno::LOOP.raw_os_error() => {
            io::Error::other("it is a symbolic link; put the file itself there")
        }
        _ => error,
    })?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is not a file")) }
}

fn contents(file: File) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    file.take(READ_MOST).read_to_end(&mut text)?;
    Ok(text)
}

/// Written aside, synced, renamed, and the folder synced: it is there whole, or not at all.
///
/// # Errors
/// Of the disk; then what was there before is there still.
pub fn write_own(path: &Path, text: &str) -> io::Result<()> {
    let aside = path.with_added_extension("new");
    match fs::remove_file(&aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(&aside)?;
    file.set_permissions(Permissions::from_mode(MODE))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&aside, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

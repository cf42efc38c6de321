//! The file of the journal: where it is, whose it is, and how it is written.
//!
//! A folder for each user, a file for each server and nick, and a number behind it: each client that runs has one of
//! its own, which it holds by a lock. A client that starts takes over what those before it have left, that is: files
//! that nobody holds. Appending is one write; a whole journal is written aside and renamed. So after a client's death
//! the file holds all that was handed to it but perhaps a part of the last record, which its checksum gives away. The
//! disk is not waited for: what was typed survives the program, not a power cut.
#![allow(clippy::disallowed_methods, reason = "an edge: these are the client's own files")]

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use bytes::Bytes;

/// Most clients of one nick on one server that have a journal at once.
const CLIENTS_MOST: u32 = 16;
/// Most bytes of a journal that are read: a full one of a client has less than a tenth of it.
const READ_MOST: u64 = 16 * 1024 * 1024;
/// Most bytes of a name before it is cut and told from others by a checksum.
const NAME_MOST: usize = 150;

/// The journal of this client.
#[derive(Debug)]
pub struct Store {
    own: Held,
    file: File,
    /// Those that were found, until they are taken over.
    found: Vec<Held>,
}

/// A journal that is ours as long as this lives.
#[derive(Debug)]
struct Held {
    path: PathBuf,
    lock: File,
}

impl Store {
    /// Takes the first journal that nobody holds, and reads it and all others that nobody holds.
    ///
    /// # Errors
    /// The folder or the file cannot be made or written; or all are held.
    pub fn open(folder: &Path, server: &str, nick: &str) -> io::Result<(Store, Vec<Bytes>)> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        let name = file_name(server, nick);
        let mut found = Vec::new();
        for number in 1..=CLIENTS_MOST {
            let path = folder.join(format!("{name}.{number}"));
            // Of those after our own only the ones that are there.
            if (found.is_empty() || path.exists())
                && let Some(held) = Held::take(path)?
            {
                found.push(held);
            }
        }
        let journals = found.iter().map(Held::read).collect();
        if found.is_empty() {
            return Err(io::Error::other(format!("{CLIENTS_MOST} others run as {nick}")));
        }
        let own = found.remove(0);
        let file = append_to(&own.path)?;
        Ok((Store { own, file, found }, journals))
    }

    /// Adds records.
    ///
    /// # Errors
    /// They could not be written. The journal is empty then: what it says would not hold any more, and a line could
    /// be said again that was said since.
    pub fn append(&mut self, records: &str) -> io::Result<()> {
        self.file.write_all(records.as_bytes()).inspect_err(|_| {
            // On a full disk this works; on a broken one nothing does.
            let _ = self.file.set_len(0);
        })
    }

    /// Writes the whole journal anew. Then the others that were found are taken over, and go.
    ///
    /// # Errors
    /// It could not be written: the old one is still there.
    pub fn replace(&mut self, whole: &str) -> io::Result<()> {
        if whole.is_empty() {
            self.file.set_len(0)?;
        } else {
            let aside = self.own.path.with_added_extension("new");
            gone(fs::remove_file(&aside))?;
            let mut file = private().append(true).create_new(true).open(&aside)?;
            file.write_all(whole.as_bytes())?;
            fs::rename(&aside, &self.own.path)?;
            self.file = file;
        }
        for held in self.found.drain(..) {
            held.remove()?;
        }
        Ok(())
    }

    /// The end: nothing is left behind if nothing is in it.
    pub fn close(self) {
        let is_empty = self.file.metadata().is_ok_and(|found| found.len() == 0);
        if is_empty && self.found.is_empty() {
            // A file that stays does no harm.
            let _ = self.own.remove();
        }
    }
}

impl Held {
    /// Takes a journal, which need not be there yet; nothing if another client has it.
    fn take(path: PathBuf) -> io::Result<Option<Held>> {
        let name = path.with_added_extension("lock");
        let lock = private().write(true).create(true).truncate(false).open(&name)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // Whoever had it before may have removed it meanwhile: then it locks nothing any more.
        let is_there = fs::metadata(&name).is_ok_and(|found| is_same(&found, &lock));
        Ok(is_there.then_some(Held { path, lock }))
    }

    /// What is in it, as far as it can be read: no file keeps the client from starting.
    fn read(&self) -> Bytes {
        let mut bytes = Vec::new();
        if let Ok(file) = File::open(&self.path) {
            // What was read before an error counts.
            let _ = file.take(READ_MOST).read_to_end(&mut bytes);
        }
        bytes.into()
    }

    fn remove(self) -> io::Result<()> {
        gone(fs::remove_file(&self.path))?;
        fs::remove_file(self.path.with_added_extension("lock"))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // A child process may have the file open for a moment longer.
        let _ = self.lock.unlock();
    }
}

/// A file that is not there need not be removed.
fn gone(removed: io::Result<()>) -> io::Result<()> {
    removed.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

/// Opens a journal for more. What is torn at its end gets an end: the next record is not to be a part of it.
fn append_to(path: &Path) -> io::Result<File> {
    let mut file = private().append(true).create(true).open(path)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    if file.metadata()?.len() > 0 {
        file.write_all(b"\n")?;
    }
    Ok(file)
}

fn is_same(found: &fs::Metadata, lock: &File) -> bool {
    use std::os::unix::fs::MetadataExt;
    lock.metadata().is_ok_and(|held| (held.dev(), held.ino()) == (found.dev(), found.ino()))
}

/// A file's name for a server and a nick: what is not a plain letter, digit or one of a few signs is written as its
/// number, so that no name leads out of the folder and no two are the same.
pub(super) fn file_name(server: &str, nick: &str) -> String {
    let whole = format!("{}@{}", nick.to_lowercase(), server.to_lowercase());
    let mut name = String::new();
    for byte in whole.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'@' => name.push(char::from(byte)),
            b'.' if !name.is_empty() => name.push('.'),
            _ => name.push_str(&format!("%{byte:02x}")),
        }
    }
    if name.len() > NAME_MOST {
        name.truncate(NAME_MOST);
        name.push_str(&format!("~{:08x}", crc32c::crc32c(whole.as_bytes())));
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(folder: &Path) -> (Store, Vec<String>) {
        let (store, found) = Store::open(folder, "[::1]:6667", "Alice").unwrap();
        (store, found.iter().map(|bytes| String::from_utf8(bytes.to_vec()).unwrap()).collect())
    }

    #[test]
    fn what_one_client_leaves_the_next_one_takes_over_and_nobody_else() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("a/outbox");
        let (mut first, found) = open(&folder);
        assert_eq!(found, [""]);
        first.append("one\n").unwrap();
        // Two at once: each has its own.
        let (mut second, found) = open(&folder);
        assert_eq!(found, [""]);
        second.append("two\n").unwrap();
        drop((first, second));

        let (mut third, found) = open(&folder);
        assert_eq!(found, ["one\n", "two\n"]);
        // Killed before it had taken them over: they are still there.
        drop(third);
        (third, _) = open(&folder);
        third.replace("one\ntwo\n").unwrap();
        third.append("three\n").unwrap();
        drop(third);
        let (mut fourth, found) = open(&folder);
        assert_eq!(found, ["one\ntwo\nthree\n"]);
        fourth.replace("").unwrap();
        fourth.close();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0, "nothing is left behind");
    }

    #[test]
    fn a_torn_end_does_not_swallow_the_next_record() {
        let home = tempfile::tempdir().unwrap();
        let (mut first, _) = open(home.path());
        first.append("whole\nto").unwrap();
        drop(first);
        let (mut second, _) = open(home.path());
        second.append("next\n").unwrap();
        drop(second);
        assert_eq!(open(home.path()).1, ["whole\nto\nnext\n"]);
    }

    #[test]
    fn nobody_else_can_read_it() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("outbox");
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        let (mut store, _) = open(&folder);
        store.append("a\n").unwrap();
        store.replace("b\n").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        for entry in fs::read_dir(&folder).unwrap() {
            assert_eq!(mode(&entry.unwrap().path()), 0o600);
        }
    }

    #[test]
    fn no_name_leads_out_of_the_folder_and_no_two_are_the_same() {
        assert_eq!(file_name("host.example:6667", "Alice"), "alice@host.example%3a6667");
        let odd = ["..", ".", "", "a/b", "a%2fb", "a@b", "ä", "\0"];
        let long: Vec<String> = (0..9).map(|n| format!("{}{n}", "x".repeat(300))).collect();
        let mut names: Vec<String> = odd
            .into_iter()
            .chain(long.iter().map(String::as_str))
            .map(|nick| file_name("h:1", nick))
            .collect();
        assert!(names.iter().all(|name| !name.contains('/') && !name.starts_with('.') && name.len() < 200));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), odd.len() + long.len());
    }
}

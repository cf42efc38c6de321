//! The configuration file of the user: `config.toml` in the folder for settings, never one of the folder one happens to be
//! in. It may be a link, as people have who keep their settings together: then what it points to is read and replaced.
#![allow(clippy::disallowed_methods, reason = "an edge: this is the user's own file")]

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::settings::{Change, Loaded, changed, read};

/// Most bytes of the file.
const BYTES_MOST: u64 = 1 << 20;
/// The mode of a file that is written, whatever the umask: it may name people.
const MODE: u32 = 0o600;

/// Where the file is, whether it is there or not; nothing where there is no home folder.
pub fn path() -> Option<PathBuf> {
    let folders = directories::ProjectDirs::from("", "", "chatui")?;
    Some(folders.config_dir().join("config.toml"))
}

/// Reads the file. That there is none is nothing to tell; whatever else is wrong is among the complaints.
pub fn load() -> Loaded {
    let Some(path) = path() else { return Loaded::default() };
    let name = path.display();
    let mut loaded = match text_of(&path) {
        Ok(text) => read(&text.unwrap_or_default()),
        Err(error) => Loaded { complaints: vec![error.to_string()], ..Loaded::default() },
    };
    loaded.complaints.iter_mut().for_each(|words| *words = format!("{name}: {words}"));
    loaded
}

/// Changes the file: it is read anew, and what comes of it is written aside and renamed.
///
/// # Errors
/// A sentence: it cannot be read or written, or is not TOML.
pub fn change(change: &Change) -> Result<(), String> {
    let path = path().ok_or("there is no home folder")?;
    change_at(&path, change).map_err(|why| format!("{}: {why}", path.display()))
}

fn change_at(path: &Path, change: &Change) -> Result<(), String> {
    let before = text_of(path).map_err(|error| error.to_string())?;
    let after = changed(before.as_deref().unwrap_or_default(), change)?;
    if before.as_deref().unwrap_or_default() == after {
        return Ok(());
    }
    replace(path, &after).map_err(|error| error.to_string())
}

/// What is in the file; nothing if there is none.
fn text_of(path: &Path) -> io::Result<Option<String>> {
    // A pipe in its place must not keep the client waiting.
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        // Nor is there one behind a link that leads nowhere; that shows when it is to be written.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("is no file"));
    }
    let mut text = String::new();
    file.take(BYTES_MOST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > BYTES_MOST {
        return Err(io::Error::other(format!("is larger than {BYTES_MOST} bytes")));
    }
    Ok(Some(text))
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    // The file itself, not the link to it.
    let is_link = fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
    let path = if is_link { fs::canonicalize(path)? } else { path.to_owned() };
    let aside = path.with_added_extension(format!("new{}", std::process::id()));
    // One that is there is left from a client that died.
    let _ = fs::remove_file(&aside);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(&aside)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    written.and_then(|()| fs::rename(&aside, &path)).inspect_err(|_| {
        let _ = fs::remove_file(&aside);
    })
}

#[cfg(test)]
mod tests {
    use super::super::settings::Value;
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn off(name: &'static str) -> Change {
        Change::Setting(name, Some(Value::Switch(false)))
    }

    #[test]
    fn the_file_is_made_for_its_owner_alone_and_replaced_whole() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("chatui/config.toml");
        change_at(&path, &off("mouse")).unwrap();
        change_at(&path, &off("bell")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "[client]\nmouse = false\nbell = false\n");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left aside");
    }

    #[test]
    fn a_link_stays_a_link() {
        let home = tempfile::tempdir().unwrap();
        let (path, kept) = (home.path().join("config.toml"), home.path().join("kept.toml"));
        fs::write(&kept, "# mine\n").unwrap();
        symlink(&kept, &path).unwrap();
        change_at(&path, &off("mouse")).unwrap();
        assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&kept).unwrap(), "# mine\n\n[client]\nmouse = false\n");
        fs::remove_file(&kept).unwrap();
        assert!(change_at(&path, &off("bell")).is_err(), "it leads nowhere");
    }

    #[test]
    fn what_cannot_be_read_is_not_overwritten() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("config.toml");
        for bytes in [&b"[client\n"[..], b"# \xff\n"] {
            fs::write(&path, bytes).unwrap();
            assert!(change_at(&path, &off("mouse")).is_err());
            assert_eq!(fs::read(&path).unwrap(), bytes);
        }
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(change_at(&path, &off("mouse")).is_err());
    }
}

//! The same jobs done by SQLite: a Python script, since every Python has the library.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Outcome;

/// A Python with SQLite in it.
#[derive(Debug)]
pub struct Sqlite {
    version: String,
    folder: PathBuf,
}

impl Sqlite {
    /// Looks for one; its files will be in this folder.
    pub fn find(folder: &Path) -> Option<Sqlite> {
        let output = script(folder, &["version"]).ok()?;
        let version = output.get("version")?.clone();
        Some(Sqlite { version, folder: folder.to_owned() })
    }

    /// Its version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Does a job; gives its figures by name.
    pub fn run(&self, arguments: &[&str]) -> Outcome<HashMap<String, String>> {
        script(&self.folder, arguments)
    }
}

fn script(folder: &Path, arguments: &[&str]) -> Outcome<HashMap<String, String>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/log/sqlite.py");
    let mut command = Command::new("python3");
    command.arg(path).arg(folder.join("beside.sqlite")).args(arguments).stdin(Stdio::null());
    let output = command.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err("sqlite.py failed".into());
    }
    let text = String::from_utf8(output.stdout)?;
    let figures = text.lines().filter_map(|line| line.split_once('\t'));
    Ok(figures.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

//! The file in which the bans from the server outlive it: `bans` in the data folder, a line each. The server writes it; while it
//! does not run, or before a SIGHUP, an operator may.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::core::ban::Ban;
use super::core::config::MAX_BANS;
use super::file;

/// What stands at its head, for people.
const HEAD: &str = "# Who is banned from this server: WHOM until TIME|ever by NICK at TIME :REASON, a line each.\n\
                    # WHOM is an address, a network or a mask. KLINE and UNKLINE write this file; SIGHUP reads it.\n";

/// The file.
#[derive(Clone, Debug)]
pub struct BanFile(PathBuf);

impl BanFile {
    /// That of a data folder.
    pub fn new(data: &Path) -> BanFile {
        BanFile(data.join("bans"))
    }

    /// Reads it; there are no bans where there is no file.
    ///
    /// # Errors
    /// A sentence: it cannot be read, or has a line that is no ban. Whom it was to keep out is not known then.
    pub fn read(&self) -> Result<Arc<[Ban]>, String> {
        let failed = |why: &dyn std::fmt::Display| format!("{}: {why}", self.0.display());
        let text = match file::read_own(&self.0) {
            Ok(text) => String::from_utf8(text).map_err(|_| failed(&"it is not UTF-8"))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Arc::default()),
            Err(error) => return Err(failed(&error)),
        };
        let mut bans = Vec::new();
        for (n, line) in
            text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        {
            bans.push(Ban::parse(line).ok_or_else(|| failed(&format!("line {} is no ban", n + 1)))?);
        }
        if bans.len() > MAX_BANS {
            return Err(failed(&format!("it has {} bans; there may be {MAX_BANS}", bans.len())));
        }
        Ok(bans.into())
    }

    /// Writes it.
    ///
    /// # Errors
    /// A sentence: it cannot be written, and is what it was.
    pub fn write(&self, bans: &[Ban]) -> Result<(), String> {
        let lines: String = bans.iter().map(|ban| format!("{ban}\n")).collect();
        file::write_own(&self.0, &format!("{HEAD}{lines}"))
            .map_err(|error| format!("{} cannot be written: {error}", self.0.display()))
    }
}

//! The configuration file: TOML, one section for the server and one for each of its operators. Everything in it may be missing, nothing else may be in it,
//! and a flag wins over it.
#![allow(clippy::disallowed_methods, reason = "this is the edge that reads the file")]

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;

/// The whole file.
#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// `[server]`
    #[serde(default)]
    pub server: Server,
    /// `[[oper]]`: the server's operators, each with a section of its own.
    #[serde(default)]
    pub oper: Vec<Oper>,
    /// What one file may hold for the client beside it: `chatui join` reads these, and knows what may be in them.
    #[serde(default)]
    client: IgnoredAny,
    #[serde(default)]
    keys: IgnoredAny,
    #[serde(default)]
    rooms: IgnoredAny,
}

/// `[[oper]]`: somebody who may act for the server after `OPER name password`. One of the two passwords is needed.
#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Oper {
    /// The name that is given with OPER; it need not be a nick.
    pub name: String,
    /// The password's hash, as `chatui hash-password` prints it.
    pub password: Option<String>,
    /// A file whose first line is that.
    pub password_file: Option<PathBuf>,
}

/// `[server.limits]`: how many may come, and how fast they may speak. 0 is for no limit.
#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Connections from one address at one time.
    pub per_address: Option<u32>,
    /// New connections from one address in ten minutes.
    pub new_per_address: Option<u32>,
    /// Lines a second of one connection.
    pub lines_per_second: Option<u32>,
    /// Lines at once of one connection.
    pub burst: Option<u32>,
    /// Whether all of that holds for connections from this machine, too.
    pub loopback: bool,
}

/// `[server]`: what `serve` has flags for, by the same names.
#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// `--listen`, a list.
    pub listen: Vec<String>,
    /// `--data`
    pub data: Option<PathBuf>,
    /// `--name`
    pub name: Option<String>,
    /// The network's name, which clients show as the name of the place.
    pub network: Option<String>,
    /// `--motd`
    pub motd: Option<PathBuf>,
    /// `--history`
    pub history: Option<u16>,
    /// `--max-clients`
    pub max_clients: Option<u32>,
    /// `--password-file`
    pub password_file: Option<PathBuf>,
    /// `--sync`
    pub sync: Option<String>,
    /// `--keep`, a list.
    pub keep: Vec<String>,
    /// `--allow-plaintext`
    pub allow_plaintext: bool,
    /// `--require-tls`
    pub require_tls: bool,
    /// `--tls-cert`
    pub tls_cert: Option<PathBuf>,
    /// `--tls-key`
    pub tls_key: Option<PathBuf>,
    /// `--shards`
    pub shards: Option<u8>,
    /// `--metrics`
    pub metrics: Option<String>,
    /// `--open-metrics`
    pub open_metrics: bool,
    /// `[server.limits]`
    pub limits: Limits,
    /// `[server.plain]`
    pub plain: Plain,
}

/// `[server.plain]`: the plain-text door.
#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Plain {
    /// `--plain` or `--no-plain`
    pub on: Option<bool>,
    /// The channel that plain-text users are in.
    pub room: Option<String>,
    /// What the silent are sent: `both`, `nick`, `text` or `off`.
    pub prompt: Option<String>,
    /// After how many seconds.
    pub prompt_after: Option<f64>,
}

/// Why a file was not taken.
#[derive(Debug)]
pub enum ConfigError {
    /// It cannot be read.
    Read(PathBuf, io::Error),
    /// It is not what it should be.
    Content(PathBuf, String),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigError::Read(path, error) => write!(f, "cannot read {}: {error}", path.display()),
            ConfigError::Content(path, why) => write!(f, "{}: {why}", path.display()),
        }
    }
}

impl std::error::Error for ConfigError {}

/// Reads a file.
///
/// # Errors
/// When it cannot be read, is no TOML, or has a key that is not known.
pub fn read(path: &Path) -> Result<File, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Read(path.to_owned(), error))?;
    toml::from_str(&text)
        .map_err(|error| ConfigError::Content(path.to_owned(), error.to_string().trim_end().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_refused() {
        assert_eq!(toml::from_str::<File>("").unwrap(), File::default());
        let file: File = toml::from_str("[server]\nlisten = [\"127.0.0.1:1\"]\nhistory = 5\n").unwrap();
        assert_eq!((file.server.listen.len(), file.server.history), (1, Some(5)));
        assert!(toml::from_str::<File>("[server]\nhistori = 5\n").is_err());
        assert!(toml::from_str::<File>("[sever]\n").is_err());
        let file: File = toml::from_str("[server.plain]\non = false\nprompt_after = 0.5\n").unwrap();
        assert_eq!((file.server.plain.on, file.server.plain.prompt_after), (Some(false), Some(0.5)));
        assert!(toml::from_str::<File>("[server.plain]\noff = true\n").is_err());
    }
}

//! What each command does: the arguments and the file become the library's configuration, and its outcome a line and an
//! exit code.

pub mod check;
pub mod configuration;
pub mod doctor;
pub mod host;
pub mod join;
pub mod log;
pub mod prompt;
pub mod serve;
pub mod settings;
pub mod terminal;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use chatui::server::log::OpenError;
use chatui::server::tls::Tls;
use chatui::server::{Server, ServerError};

/// How a command failed: one sentence, and an exit code of its own kind (after sysexits).
#[derive(Debug)]
pub struct Failure {
    /// The sentence.
    pub words: String,
    /// The exit code.
    pub code: u8,
}

/// What was asked for could not be done.
pub const FAILED: u8 = 1;
/// The command line is wrong.
pub const USAGE: u8 = 2;
/// There is no such file.
pub const NO_INPUT: u8 = 66;
/// The address is taken, or cannot be listened on.
pub const UNAVAILABLE: u8 = 69;
/// The data folder is in use or cannot be used.
pub const CANNOT_CREATE: u8 = 73;
/// The log failed.
pub const IO_ERROR: u8 = 74;
/// The configuration file is wrong.
pub const CONFIG: u8 = 78;

impl Failure {
    /// A failure with this code.
    pub fn new(code: u8, words: impl fmt::Display) -> Failure {
        Failure { words: words.to_string(), code }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Failure {
        Failure::new(CANNOT_CREATE, error)
    }
}

impl From<ServerError> for Failure {
    fn from(error: ServerError) -> Failure {
        let code = match &error {
            ServerError::Listen(..) => UNAVAILABLE,
            ServerError::Tls(_) | ServerError::Bans(_) => CONFIG,
            ServerError::Open(OpenError::InUse(_) | OpenError::Refused(..) | OpenError::Io { .. }) => {
                CANNOT_CREATE
            }
            ServerError::Setup(_) | ServerError::Thread(_) => FAILED,
            ServerError::Log(_) => IO_ERROR,
        };
        Failure::new(code, error)
    }
}

/// The platform's data folder for chatui.
///
/// # Errors
/// When there is no home folder to put it in.
pub fn data_folder() -> Result<PathBuf, Failure> {
    directories::ProjectDirs::from("", "", "chatui").map(|dirs| dirs.data_dir().to_owned()).ok_or_else(|| {
        Failure::new(CANNOT_CREATE, "there is no home folder to keep the log in; name one with --data")
    })
}

/// What others type to come here. An address that stands for all of the machine's is nothing to be typed anywhere else:
/// instead of it they are given the machine's name.
pub fn join_line(address: SocketAddr) -> String {
    let uname = rustix::system::uname();
    match uname.nodename().to_str() {
        Ok(name) if address.ip().is_unspecified() && !name.is_empty() => {
            format!("chatui join {name}:{}", address.port())
        }
        _ => format!("chatui join {address}"),
    }
}

/// What others type to come to a server, with the fingerprint of a certificate that it has made for itself: nobody could
/// judge that one otherwise. The operator's own may be renewed, and may be known to their systems.
pub fn join_line_of(server: &Server) -> String {
    let Some(address) = server.addresses().first().copied() else { return String::new() };
    let line = join_line(address);
    match server.tls().filter(|tls| !tls.is_given() && !address.ip().to_canonical().is_loopback()) {
        Some(tls) => format!("{line} --fingerprint {}", tls.fingerprint()),
        None => line,
    }
}

/// The certificate, for those who compare it.
pub fn certificate_line(tls: &Tls) -> String {
    let fingerprint = tls.fingerprint();
    format!("TLS certificate: SHA-256 {fingerprint}, in words: {}", fingerprint.phrase())
}

/// The first line of a file: a password.
///
/// # Errors
/// When the file cannot be read or has no first line.
#[allow(clippy::disallowed_methods, reason = "this is the edge that reads the file")]
pub fn first_line(path: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::new(CONFIG, format!("cannot read {}: {error}", path.display())))?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(line.to_owned()),
        _ => Err(Failure::new(CONFIG, format!("{} has no password in its first line", path.display()))),
    }
}

/// The user's login name as a nick, and whether it could be used as it is.
pub fn login_nick() -> String {
    let name =
        ["USER", "LOGNAME", "USERNAME"].iter().find_map(|key| std::env::var(key).ok()).unwrap_or_default();
    let mut nick: String =
        name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).take(32).collect();
    if nick.starts_with(|c: char| !c.is_ascii_alphabetic() && c != '_') {
        nick.insert(0, '_');
        nick.truncate(32);
    }
    if nick.is_empty() { "guest".to_owned() } else { nick }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_told_to_join_everywhere() {
        let line = |address: &str| join_line(address.parse().unwrap());
        assert_eq!(line("127.0.0.1:6667"), "chatui join 127.0.0.1:6667");
        assert_eq!(line("[fd00::1]:6667"), "chatui join [fd00::1]:6667");
        for everywhere in ["0.0.0.0:6667", "[::]:6667"] {
            let line = line(everywhere);
            assert!(!line.contains(everywhere) && line.ends_with(":6667"), "{line}");
        }
    }
}

//! What the client remembers of servers' certificates: which one it has trusted at which address, and which hosts are to
//! be spoken to through TLS only. A small text file, written aside and renamed; if it cannot be read as a whole, nothing is
//! trusted on its behalf.
#![allow(clippy::disallowed_methods, reason = "an edge: this is the client's own file")]

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::address::Address;
use crate::irc::Fingerprint;

/// Most bytes of the file: ten thousand servers.
const BYTES_MOST: u64 = 1 << 20;
/// The mode of the file, whatever the umask.
const MODE: u32 = 0o600;
/// What stands at its head, for people.
const HEAD: &str = "# What chatui trusts. `host:port sha256 CERTIFICATE key KEY` (a certificate with the same key is trusted, too); \
                    `host:port authority` (what an authority of this system has signed, and nothing else); \
                    `host tls-port PORT until SECONDS-SINCE-1970`.\n";

/// What a server has shown. It is the key that is trusted: a certificate can be renewed, run out, or be for another name, and the
/// server is still the one that it was, as long as it holds the same key. Whoever has the certificate without that key
/// cannot use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The certificate's fingerprint: what people compare.
    pub certificate: Fingerprint,
    /// That of its key; what an earlier chatui has remembered does not have it.
    pub key: Option<Fingerprint>,
}

impl Pin {
    /// Whether the server that shows this is the one that was trusted.
    pub fn is_of(&self, shown: &Pin) -> bool {
        self.certificate == shown.certificate || (self.key.is_some() && self.key == shown.key)
    }
}

/// Why a server was trusted, and is again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It has shown this, and nobody else stood for it.
    Pin(Pin),
    /// An authority of the system's has stood for it: what none stands for is not this server.
    Authority,
}

/// The file; one for all clients of a user.
#[derive(Clone, Debug)]
pub struct Pins {
    path: PathBuf,
}

/// What is known, as it stands in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Known {
    /// By address, as it was typed.
    pins: Vec<(String, Trust)>,
    /// By host: the port, and until when.
    policies: Vec<(String, u16, u64)>,
}

impl Pins {
    /// The pins in this folder.
    pub fn new(folder: &Path) -> Pins {
        Pins { path: folder.join("trusted-servers") }
    }

    /// Where they are.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is trusted at an address, if anything is.
    ///
    /// # Errors
    /// A sentence: the file is there and cannot be read, or is damaged. Then nobody knows what was trusted.
    pub fn trusted(&self, at: &Address) -> Result<Option<Trust>, String> {
        let known = self.read()?;
        let key = key(at);
        Ok(known.pins.into_iter().find(|(address, _)| *address == key).map(|(_, trust)| trust))
    }

    /// At which port a host is to be spoken to through TLS, and nowhere else, at this time.
    ///
    /// # Errors
    /// As of [`trusted`](Self::trusted).
    pub fn tls_port(&self, host: &str, now: u64) -> Result<Option<u16>, String> {
        let (known, host) = (self.read()?, host.to_lowercase());
        let policy = known.policies.into_iter().find(|(of, _, until)| *of == host && now < *until);
        Ok(policy.map(|(_, port, _)| port))
    }

    /// Remembers what is trusted at an address.
    ///
    /// # Errors
    /// A sentence: it cannot be kept.
    pub fn trust(&self, at: &Address, trust: Trust) -> Result<(), String> {
        let key = key(at);
        self.change(|known| {
            known.pins.retain(|(address, _)| *address != key);
            known.pins.push((key.clone(), trust));
        })
    }

    /// Remembers that a host is to be spoken to at this port, through TLS; until now is the past, not at all.
    ///
    /// # Errors
    /// A sentence: it cannot be kept.
    pub fn insist(&self, host: &str, port: u16, until: u64) -> Result<(), String> {
        let host = host.to_lowercase();
        self.change(|known| {
            known.policies.retain(|(of, ..)| *of != host);
            known.policies.push((host.clone(), port, until));
        })
    }

    fn read(&self) -> Result<Known, String> {
        let failed = |why: &str| {
            format!(
                "{} cannot be read ({why}): what was trusted before is not known. Mend it, or remove it to trust anew",
                self.path.display()
            )
        };
        let mut options = OpenOptions::new();
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let file = match options.read(true).custom_flags(flags.bits().cast_signed()).open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Known::default()),
            Err(error) => return Err(failed(&error.to_string())),
        };
        let mut text = String::new();
        match file.take(BYTES_MOST + 1).read_to_string(&mut text) {
            Ok(count) if count as u64 > BYTES_MOST => Err(failed("it is too long")),
            Ok(_) => Known::parse(&text).map_err(|why| failed(&why)),
            Err(error) => Err(failed(&error.to_string())),
        }
    }

    /// Reads, changes and writes, while no other client does.
    fn change(&self, change: impl FnOnce(&mut Known)) -> Result<(), String> {
        let failed = |error: io::Error| format!("{} cannot be written: {error}", self.path.display());
        if let Some(folder) = self.path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        }
        let lock =
            private().write(true).create(true).truncate(false).open(self.path.with_added_extension("lock"));
        let lock = lock.map_err(failed)?;
        lock.lock().map_err(failed)?;
        let mut known = self.read()?;
        let before = known.clone();
        change(&mut known);
        if known == before { Ok(()) } else { self.write(&known.to_string()).map_err(failed) }
    }

    fn write(&self, text: &str) -> io::Result<()> {
        let aside = self.path.with_added_extension("new");
        match fs::remove_file(&aside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = private().write(true).create_new(true).open(&aside)?;
        file.set_permissions(Permissions::from_mode(MODE))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&aside, &self.path)?;
        self.path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    }
}

impl Known {
    fn parse(text: &str) -> Result<Known, String> {
        let mut known = Known::default();
        // The file is renamed into its place whole; a half line would be somebody else's doing.
        if !text.is_empty() && !text.ends_with('\n') {
            return Err("its last line has no end".to_owned());
        }
        for (n, line) in text.lines().enumerate() {
            let words: Vec<&str> = line.split(' ').collect();
            let read = match words[..] {
                [""] => Some(()),
                [word, ..] if word.starts_with('#') => Some(()),
                [at, "authority"] => {
                    known.pins.push((at.to_owned(), Trust::Authority));
                    Some(())
                }
                [at, "sha256", certificate] => Fingerprint::parse(certificate).ok().map(|certificate| {
                    known.pins.push((at.to_owned(), Trust::Pin(Pin { certificate, key: None })));
                }),
                [at, "sha256", certificate, "key", key] => Fingerprint::parse(certificate)
                    .ok()
                    .zip(Fingerprint::parse(key).ok())
                    .map(|(certificate, key)| {
                        known.pins.push((at.to_owned(), Trust::Pin(Pin { certificate, key: Some(key) })));
                    }),
                [host, "tls-port", port, "until", until] => port
                    .parse()
                    .ok()
                    .zip(until.parse().ok())
                    .map(|(port, until)| known.policies.push((host.to_owned(), port, until))),
                _ => None,
            };
            read.ok_or_else(|| format!("line {} is damaged", n + 1))?;
        }
        Ok(known)
    }
}

impl std::fmt::Display for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(HEAD)?;
        for (at, trust) in &self.pins {
            match trust {
                Trust::Authority => writeln!(f, "{at} authority")?,
                Trust::Pin(Pin { certificate, key: None }) => writeln!(f, "{at} sha256 {certificate}")?,
                Trust::Pin(Pin { certificate, key: Some(key) }) => {
                    writeln!(f, "{at} sha256 {certificate} key {key}")?;
                }
            }
        }
        for (host, port, until) in &self.policies {
            writeln!(f, "{host} tls-port {port} until {until}")?;
        }
        Ok(())
    }
}

/// An address as it was typed, in small letters: another name for the same machine is another server.
fn key(at: &Address) -> String {
    let mut key = String::new();
    // Writing to a string does not fail.
    let _ = if at.host.contains(':') {
        write!(key, "[{}]:{}", at.host, at.port)
    } else {
        write!(key, "{}:{}", at.host, at.port)
    };
    key.to_lowercase()
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(MODE).custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
    options
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn at(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    #[test]
    fn pins_are_kept_apart_by_host_and_port_as_typed() {
        let home = tempfile::tempdir().unwrap();
        let pins = Pins::new(&home.path().join("a/b"));
        let print = |n| Fingerprint::new([n; 32]);
        let [one, two] = [(1, None), (2, Some(3))]
            .map(|(n, key)| Trust::Pin(Pin { certificate: print(n), key: key.map(print) }));
        assert_eq!(pins.trusted(&at("Chat.example")), Ok(None));
        pins.trust(&at("Chat.example"), one).unwrap();
        pins.trust(&at("[::1]:7"), two).unwrap();
        pins.trust(&at("signed.example"), Trust::Authority).unwrap();
        pins.insist("Chat.example", 6697, 100).unwrap();
        assert_eq!(pins.trusted(&at("signed.example")), Ok(Some(Trust::Authority)));
        assert_eq!(pins.trusted(&at("chat.EXAMPLE:6667")), Ok(Some(one)));
        assert_eq!(pins.trusted(&at("chat.example:+6667")), Ok(Some(one)));
        assert_eq!(pins.trusted(&at("[::1]:7")), Ok(Some(two)));
        for other in ["chat.example:6668", "10.0.0.1:6667", "[::1]:8"] {
            assert_eq!(pins.trusted(&at(other)), Ok(None));
        }
        assert_eq!(pins.tls_port("chat.EXAMPLE", 99), Ok(Some(6697)));
        assert_eq!(pins.tls_port("chat.example", 100), Ok(None));
        pins.trust(&at("chat.example"), two).unwrap();
        assert_eq!(pins.trusted(&at("chat.example")), Ok(Some(two)));
        assert_eq!(pins.tls_port("chat.example", 99), Ok(Some(6697)));
        let mode = fs::metadata(pins.path()).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
    }

    #[test]
    fn a_damaged_file_is_not_taken_for_an_empty_one() {
        let home = tempfile::tempdir().unwrap();
        let pins = Pins::new(home.path());
        let pin =
            Trust::Pin(Pin { certificate: Fingerprint::new([7; 32]), key: Some(Fingerprint::new([8; 32])) });
        pins.trust(&at("chat.example"), pin).unwrap();
        let good = fs::read(pins.path()).unwrap();
        for (n, bad) in [
            &good[..good.len() - 1],
            &good[..good.len() - 9],
            &[&good[..], b"chat.example:6667 sha1 00\n"].concat(),
            b"\0\n",
            b"\xff\n",
        ]
        .into_iter()
        .enumerate()
        {
            fs::write(pins.path(), bad).unwrap();
            assert!(pins.trusted(&at("chat.example")).is_err(), "{n}");
            assert!(pins.trust(&at("chat.example"), pin).is_err(), "{n}");
            assert_eq!(fs::read(pins.path()).unwrap(), bad, "it is left as it is");
        }
        fs::remove_file(pins.path()).unwrap();
        let elsewhere = home.path().join("elsewhere");
        fs::write(&elsewhere, &good).unwrap();
        symlink(&elsewhere, pins.path()).unwrap();
        assert!(pins.trusted(&at("chat.example")).is_err(), "no link is followed");
    }
}

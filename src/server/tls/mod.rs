//! TLS: what the server proves itself with, and each connection's session. A shard feeds a session with what its socket
//! has read and writes what it seals; nothing waits for anybody.

mod files;
mod session;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use rustls::server::NoServerSessionStorage;
use rustls::{ServerConfig, ServerConnection};

use crate::irc::{Certificate, Fingerprint, Time};

use super::config::TLS_HANDSHAKE;
use files::Pair;
pub use session::{End, Received, Session};

/// What the operator may choose.
#[derive(Clone, Debug)]
pub struct Options {
    /// A certificate chain and its key, both PEM, instead of what the server makes for itself.
    pub files: Option<(PathBuf, PathBuf)>,
    /// Whether TLS is required of connections from this machine, too.
    pub required: bool,
    /// How long a handshake may take, since the connection was accepted.
    pub handshake: Duration,
}

impl Default for Options {
    fn default() -> Options {
        Options { files: None, required: false, handshake: TLS_HANDSHAKE }
    }
}

/// Why there can be no TLS: a sentence.
#[derive(Debug)]
pub struct TlsError(String);

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TlsError {}

/// Where certificate and key are.
#[derive(Clone, Debug)]
enum Source {
    /// In these files of the operator's: certificates, and key.
    Given(PathBuf, PathBuf),
    /// In this file of the data folder, made by the server itself.
    Made(PathBuf),
}

#[derive(Debug)]
struct Current {
    source: Source,
    config: Arc<ServerConfig>,
    fingerprint: Fingerprint,
    /// From when on, and until when, the certificate is good.
    lasts: Option<(Time, Time)>,
}

/// The server's certificate and key, as all shards use them.
#[derive(Debug)]
pub struct Tls(RwLock<Current>);

impl Tls {
    /// Opens what there is: the operator's files, or those of the data folder. There they are made on the first start on
    /// which other machines can connect; once they are there, they are used on loopback as well, since whoever has trusted
    /// the server once will not speak with it in the clear any more. `None` where there is nothing and nothing is needed.
    ///
    /// # Errors
    /// Files that cannot be read or written, or that do not hold a certificate with its key.
    pub fn open(
        options: &Options,
        data: &std::path::Path,
        addresses: &[SocketAddr],
        needed: bool,
    ) -> Result<Option<Tls>, TlsError> {
        let source = match &options.files {
            Some((certificate, key)) => Source::Given(certificate.clone(), key.clone()),
            None => {
                let path = files::made_path(data);
                if !files::is_there(&path)? {
                    if !needed {
                        return Ok(None);
                    }
                    files::make(&path, addresses)?;
                }
                Source::Made(path)
            }
        };
        Ok(Some(Tls(RwLock::new(read(source)?))))
    }

    /// Reads the files again: new connections are given what they hold now.
    ///
    /// # Errors
    /// When they cannot be used: then what was there before stays.
    pub fn reload(&self) -> Result<Fingerprint, TlsError> {
        let source = self.current().source.clone();
        self.take(source)
    }

    /// The same, from these files, if some are named.
    ///
    /// # Errors
    /// As of [`reload`](Self::reload).
    pub fn reload_from(&self, files: Option<&(PathBuf, PathBuf)>) -> Result<Fingerprint, TlsError> {
        match files {
            Some((certificate, key)) => self.take(Source::Given(certificate.clone(), key.clone())),
            None => self.reload(),
        }
    }

    fn take(&self, source: Source) -> Result<Fingerprint, TlsError> {
        let current = read(source)?;
        let fingerprint = current.fingerprint;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = current;
        Ok(fingerprint)
    }

    fn current(&self) -> RwLockReadGuard<'_, Current> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The certificate's fingerprint.
    pub fn fingerprint(&self) -> Fingerprint {
        self.current().fingerprint
    }

    /// From when on, and until when, the certificate is good, if that can be read.
    pub fn lasts(&self) -> Option<(Time, Time)> {
        self.current().lasts
    }

    /// Whether the certificate is the operator's: then it may change with time, and clients may have ways to judge it.
    pub fn is_given(&self) -> bool {
        matches!(self.current().source, Source::Given(..))
    }

    /// A session for a connection whose first bytes are those of TLS; `None` if the library has no memory for one.
    pub fn session(&self) -> Option<Session> {
        let config = Arc::clone(&self.current().config);
        ServerConnection::new(config).ok().map(Session::new)
    }
}

fn read(source: Source) -> Result<Current, TlsError> {
    let pair = match &source {
        Source::Given(certificate, key) => Pair::given(certificate, key)?,
        Source::Made(path) => Pair::made(path)?,
    };
    let fingerprint = pair.fingerprint()?;
    let lasts = pair.chain.first().and_then(|first| Certificate::parse(first));
    let lasts = lasts.map(|certificate| (certificate.begins, certificate.ends));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(pair.chain, pair.key))
        .map_err(|error| TlsError(format!("{} cannot be used for TLS: {error}", source.name())))?;
    Ok(Current { source, config: Arc::new(without_resumption(config)), fingerprint, lasts })
}

/// A chat connection stays for hours: to resume one saves nothing worth the memory, and the keys that it needs.
fn without_resumption(mut config: ServerConfig) -> ServerConfig {
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config
}

impl Source {
    fn name(&self) -> String {
        match self {
            Source::Given(certificate, key) => format!("{} with {}", certificate.display(), key.display()),
            Source::Made(path) => path.display().to_string(),
        }
    }
}

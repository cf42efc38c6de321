//! Certificate and key on the disk.
#![allow(clippy::disallowed_methods, reason = "this is the edge that reads and writes the files")]

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, date_time_ymd};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tracing::info;

use crate::irc::Fingerprint;

use super::TlsError;
use crate::server::file::{read_given, read_own, write_own};

/// The file of the data folder that holds the key and the certificate that the server has made for itself: one file, so
/// that there is never one without the other.
const MADE: &str = "tls.pem";

/// Where the server's own is.
pub fn made_path(data: &Path) -> PathBuf {
    data.join(MADE)
}

/// Whether there is anything by this name, a link that leads nowhere included.
pub fn is_there(path: &Path) -> Result<bool, TlsError> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(TlsError(format!("cannot look at {}: {error}", path.display()))),
    }
}

/// A chain of certificates, the server's own first, and its key.
#[derive(Debug)]
pub struct Pair {
    pub chain: Vec<CertificateDer<'static>>,
    pub key: PrivateKeyDer<'static>,
}

impl Pair {
    /// The operator's. Links are followed, for that is how certificates are renewed.
    pub fn given(certificate: &Path, key: &Path) -> Result<Pair, TlsError> {
        let chain = certificates(certificate, &contents(certificate, read_given)?)?;
        Ok(Pair { chain, key: private_key(key, &contents(key, read_given)?)? })
    }

    /// The server's own.
    pub fn made(path: &Path) -> Result<Pair, TlsError> {
        let bad = |error: TlsError| {
            TlsError(format!(
                "{error}. Move it away, and the next start makes a new one; everybody must trust that one anew"
            ))
        };
        let text = contents(path, read_own).map_err(bad)?;
        Ok(Pair {
            chain: certificates(path, &text).map_err(bad)?,
            key: private_key(path, &text).map_err(bad)?,
        })
    }

    pub fn fingerprint(&self) -> Result<Fingerprint, TlsError> {
        let first = self.chain.first().ok_or_else(|| TlsError("there is no certificate".to_owned()))?;
        let digest = ring::digest::digest(&ring::digest::SHA256, first);
        digest
            .as_ref()
            .try_into()
            .map(Fingerprint::new)
            .map_err(|_| TlsError("a fingerprint has 32 bytes".to_owned()))
    }
}

fn contents(path: &Path, read: impl FnOnce(&Path) -> io::Result<Vec<u8>>) -> Result<Vec<u8>, TlsError> {
    read(path).map_err(|error| TlsError(format!("cannot read {}: {error}", path.display())))
}

fn certificates(path: &Path, text: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(text)
        .collect::<Result<_, _>>()
        .map_err(|error| TlsError(format!("{} has a damaged certificate: {error}", path.display())))?;
    if chain.is_empty() {
        return Err(TlsError(format!("{} has no certificate in PEM form", path.display())));
    }
    Ok(chain)
}

fn private_key(path: &Path, text: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(text)
        .map_err(|_| TlsError(format!("{} has no private key in PEM form", path.display())))
}

/// Makes a key and a certificate for the names by which the server may be called.
pub fn make(path: &Path, addresses: &[SocketAddr]) -> Result<(), TlsError> {
    let text =
        make_text(addresses).map_err(|error| TlsError(format!("cannot make a certificate: {error}")))?;
    write_own(path, &text).map_err(|error| TlsError(format!("cannot write {}: {error}", path.display())))?;
    info!("a key and a certificate were made: {}", path.display());
    Ok(())
}

fn make_text(addresses: &[SocketAddr]) -> Result<String, rcgen::Error> {
    let uname = rustix::system::uname();
    let host = uname.nodename().to_str().ok().filter(|name| crate::irc::name::is_hostname(name));
    let mut names: Vec<String> = vec!["localhost".to_owned()];
    names.extend(host.map(str::to_owned));
    let listened = addresses.iter().map(SocketAddr::ip).filter(|ip| !ip.is_unspecified());
    let near = [std::net::Ipv4Addr::LOCALHOST.into(), std::net::Ipv6Addr::LOCALHOST.into()];
    names.extend(listened.chain(near).map(|ip| ip.to_canonical().to_string()));
    names.sort();
    names.dedup();
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, host.unwrap_or("chatui"));
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Whoever trusts it trusts the key. That it ended some day would only take away what people have compared; and a clock
    // that is wrong is no reason to keep somebody out.
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2120, 1, 1));
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok(format!("{}{}", key.serialize_pem(), certificate.pem()))
}

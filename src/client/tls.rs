//! TLS to a server: whom to trust, and what to say when nobody should.
//!
//! A certificate is judged in this order: by the fingerprint that was given; by the one that was shown at this address
//! before, or its key; by the authorities in a file, if one was named; by the system's; and a certificate that no known
//! authority has signed is trusted the first time, and remembered. For whom an authority has stood once, one does from then
//! on, or it is somebody else. Who is known by fingerprint need not have the right name or
//! date, and may have a new certificate for the same key, for it is the key that is trusted; that the server holds that key is
//! always proven.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "an edge: a socket, and the files of authorities"
)]

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, Error, PeerIncompatible,
    RootCertStore, SignatureScheme,
};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::address::Address;
use super::pins::Pin;
use crate::irc::{Certificate, Fingerprint};

/// What a certificate must be.
#[derive(Clone, Debug)]
pub enum Demand {
    /// This one, as the user has said.
    Given(Fingerprint),
    /// This one, as it was before, or one with the same key.
    Pinned(Pin),
    /// One by an authority in this file.
    By(PathBuf),
    /// One by an authority of the system's, as it was before.
    Signed,
    /// One by an authority of the system's; or any that no known authority has signed.
    Any,
}

/// What came of a certificate that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It is the one that was given or known.
    Known(Pin),
    /// An authority stands for it.
    Signed,
    /// Nobody stands for it: it is trusted because it is the first.
    First(Pin),
}

/// Why there is no TLS.
#[derive(Debug, PartialEq, Eq)]
pub enum Failure {
    /// The certificate was not accepted: it is no use to try again.
    Refused(String),
    /// The server does not seem to speak TLS.
    NotSpoken,
    /// The connection ended in the middle of the handshake, without a word: a server that does not know what to make of it,
    /// that has just ended, or is not let be reached.
    Ended,
    /// Something else, in words.
    Failed(String),
}

/// Speaks TLS with a server that was reached at this address.
///
/// # Errors
/// [`Failure`]; nothing but the handshake has been sent then.
pub async fn seal(
    stream: TcpStream,
    at: &Address,
    demand: Demand,
) -> Result<(TlsStream<TcpStream>, Accepted), Failure> {
    let name = ServerName::try_from(at.host.clone())
        .map_err(|_| Failure::Refused(format!("{} cannot be the name of a server with TLS", at.host)))?;
    let roots = match &demand {
        Demand::Given(_) | Demand::Pinned(_) => Ok(None),
        Demand::By(file) => Ok(Some(of_file(file).map_err(Failure::Refused)?)),
        // A few hundred files.
        Demand::Signed | Demand::Any => tokio::task::spawn_blocking(of_system).await.map(Some),
    };
    let roots = roots.map_err(|error| Failure::Failed(error.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let authorities = match roots.filter(|roots| !roots.is_empty()) {
        Some(roots) => {
            let built =
                WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build();
            Some(built.map_err(|error| Failure::Failed(error.to_string()))?)
        }
        None => None,
    };
    let judge = Arc::new(Judge {
        at: at.clone(),
        demand,
        authorities,
        provider: Arc::clone(&provider),
        verdict: Mutex::new(None),
    });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::Failed(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&judge) as Arc<dyn ServerCertVerifier>)
        .with_no_client_auth();
    match TlsConnector::from(Arc::new(config)).connect(name, stream).await {
        Ok(stream) => match judge.verdict() {
            Some(Ok(accepted)) => Ok((stream, accepted)),
            _ => Err(Failure::Failed("the server showed no certificate".to_owned())),
        },
        Err(error) => Err(match judge.verdict() {
            Some(Err(why)) => Failure::Refused(why),
            _ => failure(&error),
        }),
    }
}

fn of_file(file: &std::path::Path) -> Result<RootCertStore, String> {
    let failed = |why: &dyn std::fmt::Display| format!("cannot use {}: {why}", file.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| failed(&error))? {
        roots.add(certificate.map_err(|error| failed(&error))?).map_err(|error| failed(&error))?;
    }
    if roots.is_empty() { Err(failed(&"it holds no certificate")) } else { Ok(roots) }
}

/// What cannot be read among the system's authorities stands for nobody.
fn of_system() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

/// What is remembered of a certificate.
fn pin(certificate: &CertificateDer<'_>) -> Option<Pin> {
    let key = Certificate::parse(certificate).and_then(|parsed| fingerprint(parsed.key));
    Some(Pin { certificate: fingerprint(certificate)?, key })
}

fn fingerprint(bytes: &[u8]) -> Option<Fingerprint> {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    digest.as_ref().try_into().map(Fingerprint::new).ok()
}

/// Judges a certificate, and remembers how.
#[derive(Debug)]
struct Judge {
    at: Address,
    demand: Demand,
    authorities: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
    verdict: Mutex<Option<Result<Accepted, String>>>,
}

impl Judge {
    fn verdict(&self) -> Option<Result<Accepted, String>> {
        self.verdict.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn judge(
        &self,
        certificate: &CertificateDer<'_>,
        by_authorities: impl FnOnce(&WebPkiServerVerifier) -> Result<ServerCertVerified, Error>,
    ) -> Result<Accepted, String> {
        let pin = pin(certificate).ok_or("a fingerprint has 32 bytes")?;
        let (at, shown) = (&self.at, pin.certificate);
        match &self.demand {
            Demand::Given(wanted) if *wanted == shown => Ok(Accepted::Known(pin)),
            Demand::Given(wanted) => Err(format!(
                "the certificate at {at} is not the one that was named: --fingerprint {wanted} ({}), but it shows {shown} \
                 ({}). Somebody may be in between, listening; or the server has a new one. Ask whoever runs it",
                wanted.phrase(),
                shown.phrase()
            )),
            Demand::Pinned(wanted) if wanted.is_of(&pin) => Ok(Accepted::Known(pin)),
            Demand::Pinned(wanted) => Err(changed(at, wanted.certificate, shown)),
            Demand::By(_) | Demand::Signed | Demand::Any => {
                let refused = match self.authorities.as_deref().map(by_authorities) {
                    Some(Ok(_)) => return Ok(Accepted::Signed),
                    Some(Err(error)) => Some(error),
                    None => None,
                };
                match (&self.demand, refused) {
                    (Demand::By(_), Some(error)) => Err(refusal(at, &error, shown)),
                    (_, Some(error)) if !is_unsigned(certificate, &error) => Err(refusal(at, &error, shown)),
                    // Nobody known stands for it.
                    (Demand::Any, _) => Ok(Accepted::First(pin)),
                    _ => Err(unsigned(at, shown)),
                }
            }
        }
    }
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict =
            self.judge(certificate, |signed| signed.verify_server_cert(certificate, chain, name, ocsp, now));
        let accepted = verdict.is_ok();
        *self.verdict.lock().unwrap_or_else(PoisonError::into_inner) = Some(verdict);
        if accepted {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Whether nobody that is known stands for a certificate: then it is as good as its fingerprint. One that an authority has
/// signed, but for another name or time, is not: somebody may use it who should not.
fn is_unsigned(certificate: &CertificateDer<'_>, error: &Error) -> bool {
    matches!(error, Error::InvalidCertificate(CertificateError::UnknownIssuer))
        || Certificate::parse(certificate).is_some_and(|parsed| parsed.is_self_signed())
}

/// What to say of a certificate that is not the one that was known.
fn changed(at: &Address, wanted: Fingerprint, shown: Fingerprint) -> String {
    format!(
        "THE CERTIFICATE OF {at} HAS CHANGED. Known is {wanted} ({}), but now it shows {shown} ({}). Somebody may be in \
         between, listening; or the server has a new one. Ask whoever runs it. If the new one is right: chatui join {at} \
         --fingerprint {shown}",
        wanted.phrase(),
        shown.phrase()
    )
}

/// What to say of a certificate that nobody stands for, where somebody did.
fn unsigned(at: &Address, shown: Fingerprint) -> String {
    format!(
        "THE CERTIFICATE OF {at} HAS CHANGED. An authority that this system knows stood for it before, now none does, and it \
         shows {shown} ({}). Somebody may be in between, listening; or the server has made its own. Ask whoever runs it. If \
         the new one is right: chatui join {at} --fingerprint {shown}",
        shown.phrase()
    )
}

/// What to say of a certificate that the authorities do not accept.
fn refusal(at: &Address, error: &Error, shown: Fingerprint) -> String {
    use CertificateError as Bad;
    let why = match error {
        Error::InvalidCertificate(Bad::Expired | Bad::ExpiredContext { .. }) => {
            "has expired (if this machine's clock is right)".to_owned()
        }
        Error::InvalidCertificate(Bad::NotValidYet | Bad::NotValidYetContext { .. }) => {
            "is not valid yet (if this machine's clock is right)".to_owned()
        }
        Error::InvalidCertificate(Bad::NotValidForNameContext { presented, .. }) if !presented.is_empty() => {
            let names: Vec<String> = presented.iter().take(5).map(|name| plain_name(name)).collect();
            format!("is for another name: {}", names.join(", "))
        }
        Error::InvalidCertificate(Bad::NotValidForName | Bad::NotValidForNameContext { .. }) => {
            "is for another name".to_owned()
        }
        Error::InvalidCertificate(Bad::UnknownIssuer) => {
            "is by none of the authorities that were named".to_owned()
        }
        Error::InvalidCertificate(Bad::Revoked) => "was revoked".to_owned(),
        other => format!("is not good: {other}"),
    };
    format!(
        "the certificate of {at} {why}. If you know all the same that it is the right server: --fingerprint {shown} ({})",
        shown.phrase()
    )
}

/// A name out of a certificate, as `DnsName("a.example")` is printed.
fn plain_name(name: &str) -> String {
    let inner = name.split_once('"').and_then(|(_, rest)| rest.rsplit_once('"'));
    inner.map_or(name, |(inner, _)| inner).to_owned()
}

/// Why a handshake failed that failed for another reason than the certificate.
fn failure(error: &io::Error) -> Failure {
    let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) else {
        return match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
                Failure::Ended
            }
            _ => Failure::Failed(error.to_string()),
        };
    };
    match inner {
        Error::InvalidMessage(_) | Error::AlertReceived(AlertDescription::HandshakeFailure) => {
            Failure::NotSpoken
        }
        Error::AlertReceived(AlertDescription::ProtocolVersion)
        | Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => Failure::Failed(
            "it speaks only versions of TLS before 1.2, which are not safe any more".to_owned(),
        ),
        other => Failure::Failed(format!("TLS failed: {other}")),
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};

    use super::*;

    fn params(name: &str, until: i32) -> CertificateParams {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        params
    }

    #[test]
    fn what_an_authority_has_signed_is_judged_and_what_nobody_has_is_its_fingerprint() {
        let mut authority = params("an authority", 2100);
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(authority.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .build()
            .unwrap();
        let judge = |demand, authorities| Judge {
            at: Address::parse("chat.example").unwrap(),
            demand,
            authorities,
            provider: Arc::clone(&provider),
            verdict: Mutex::new(None),
        };
        let judged = |judge: &Judge, certificate: &CertificateDer<'_>| {
            let name = ServerName::try_from("chat.example").unwrap();
            // 2026
            let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_790_000_000));
            let _ = judge.verify_server_cert(certificate, &[], &name, &[], now);
            judge.verdict().unwrap()
        };
        let any = judge(Demand::Any, Some(Arc::clone(&verifier)));
        let verdict = |certificate: &CertificateDer<'_>| judged(&any, certificate);
        let key = KeyPair::generate().unwrap();
        let signed = |name: &str, until| params(name, until).signed_by(&key, &authority).unwrap();
        assert_eq!(verdict(signed("chat.example", 2100).der()), Ok(Accepted::Signed));
        assert!(verdict(signed("chat.example", 2021).der()).unwrap_err().contains("has expired"));
        assert!(
            verdict(signed("other.example", 2100).der())
                .unwrap_err()
                .contains("another name: other.example.")
        );
        for (name, until) in [("chat.example", 2100), ("other.example", 2021)] {
            let own = params(name, until).self_signed(&key).unwrap();
            assert!(matches!(verdict(own.der()), Ok(Accepted::First(_))), "{name} {until}");
        }
        let mut unknown = params("chat.example", 2100);
        unknown.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let unknown = CertifiedIssuer::self_signed(unknown, KeyPair::generate().unwrap()).unwrap();
        let by_unknown = params("chat.example", 2100).signed_by(&key, &unknown).unwrap();
        assert!(matches!(verdict(by_unknown.der()), Ok(Accepted::First(_))));

        // Where an authority has stood before, one does, whatever else is shown.
        let before = judge(Demand::Signed, Some(verifier));
        assert_eq!(judged(&before, signed("chat.example", 2100).der()), Ok(Accepted::Signed));
        assert!(judged(&before, signed("chat.example", 2021).der()).unwrap_err().contains("has expired"));
        let own = params("chat.example", 2100).self_signed(&key).unwrap();
        for (judge, certificate) in [
            (&before, own.der()),
            (&before, by_unknown.der()),
            (&judge(Demand::Signed, None), signed("chat.example", 2100).der()),
        ] {
            let why = judged(judge, certificate).unwrap_err();
            assert!(
                why.starts_with("THE CERTIFICATE OF chat.example:6667 HAS CHANGED. An authority"),
                "{why}"
            );
        }
    }
}

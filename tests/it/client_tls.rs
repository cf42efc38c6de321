//! The client's link and TLS: whom it trusts, whom it refuses, and with which words. Against the real server, and small ones
//! that misbehave.

mod between;

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use chatui::client::app::{Effect, Event};
use chatui::client::link::Link;
use chatui::client::pins::{Pin, Pins, Trust};
use chatui::client::{Address, Security};
use chatui::irc::Fingerprint;
use chatui::server::tls::Options as Tls;
use chatui::server::{self, Config, Server};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};
use tempfile::TempDir;

use crate::client::{Talk, in_lobby};
use crate::server::{PATIENCE, config};

/// A folder with what a client remembers, and whatever else a test needs.
struct Home(TempDir);

impl Home {
    fn new() -> Home {
        Home(TempDir::new().unwrap())
    }

    fn pins(&self) -> Pins {
        Pins::new(&self.0.path().join("state"))
    }

    /// What happens when a client connects: all events up to the first line, or up to the end.
    fn visit(&self, security: Security, to: &Address) -> Vec<Event> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let pins = self.pins();
        runtime.block_on(async {
            let mut link = Link::new(security, Some(pins));
            link.connect(to.clone(), Duration::ZERO, PATIENCE);
            let mut events = Vec::new();
            loop {
                let event = tokio::time::timeout(PATIENCE, link.next()).await.expect("an end");
                match &event {
                    Event::Online => assert!(link.send("CAP LS 302".to_owned())),
                    Event::Trying(_) => continue,
                    _ => {}
                }
                let is_last = matches!(event, Event::Line(_) | Event::Offline(_) | Event::Refused(_));
                let is_end = matches!(event, Event::Offline(_) | Event::Refused(_));
                events.push(event);
                if is_end {
                    let more = tokio::time::timeout(Duration::from_millis(20), link.next()).await;
                    assert!(more.is_err(), "there was an end, and then {more:?}: {events:?}");
                }
                if is_last {
                    return events;
                }
            }
        })
    }
}

/// A visit that comes to a conversation; gives what the user was told.
#[track_caller]
fn welcome(events: &[Event]) -> Option<&str> {
    assert!(matches!(events.last(), Some(Event::Line(_))), "{events:?}");
    events.iter().find_map(|event| if let Event::Told(words) = event { Some(words.as_str()) } else { None })
}

/// A visit that is refused before anything was said; gives the reason.
#[track_caller]
fn refused(events: &[Event]) -> &str {
    assert!(!events.contains(&Event::Online), "{events:?}");
    match events.last() {
        Some(Event::Refused(reason)) => reason,
        _ => panic!("it was not refused: {events:?}"),
    }
}

/// The real server, for TLS only.
struct Sealed {
    server: Option<Server>,
    _data: TempDir,
}

impl Sealed {
    fn start(address: &str, files: Option<(PathBuf, PathBuf)>) -> Sealed {
        let data = TempDir::new().unwrap();
        let tls = Tls { required: true, files, ..Tls::default() };
        let config = Config { listen: vec![address.parse().unwrap()], tls, ..config(&data) };
        Sealed { server: Some(server::start(config).unwrap()), _data: data }
    }

    fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    fn at(&self) -> Address {
        at(self.server().addresses()[0])
    }

    fn fingerprint(&self) -> Fingerprint {
        self.server().tls().unwrap().fingerprint()
    }
}

impl Drop for Sealed {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.stopper().stop("Bye!");
            server.wait().unwrap();
        }
    }
}

fn at(address: SocketAddr) -> Address {
    Address { host: address.ip().to_string(), port: address.port(), tls: true }
}

/// A server on a port of its own that does this with each connection.
fn small_server(mut each: impl FnMut(std::net::TcpStream) + Send + 'static) -> Address {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = at(listener.local_addr().unwrap());
    thread::spawn(move || listener.incoming().for_each(|stream| each(stream.unwrap())));
    address
}

/// What has come on a connection until it is silent for a moment or closed.
fn all_of(stream: &mut std::net::TcpStream) -> Vec<u8> {
    stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let mut got = Vec::new();
    let _ = stream.read_to_end(&mut got);
    got
}

#[test]
fn the_first_certificate_is_remembered_and_another_one_refused_until_it_is_named() {
    let home = Home::new();
    let any = Security::default;
    let first = Sealed::start("127.0.0.1:0", None);
    let (to, known) = (first.at(), first.fingerprint());
    let events = home.visit(any(), &to);
    let told = welcome(&events).expect("the first visit is said");
    assert!(told.contains(&known.to_string()) && told.contains(&known.phrase()), "{told}");
    assert_eq!(welcome(&home.visit(any(), &to)), None, "the second is not");
    let address = first.server().addresses()[0].to_string();
    drop(first);

    // Somebody else at the same place.
    let second = Sealed::start(&address, None);
    let new = second.fingerprint();
    let events = home.visit(any(), &to);
    let reason = refused(&events);
    for part in
        [known.to_string(), known.phrase(), new.phrase(), format!("chatui join {to} --fingerprint {new}")]
    {
        assert!(reason.contains(&part), "{part}: {reason}");
    }
    // With the old one named, too; and that it was refused changed nothing.
    refused(&home.visit(Security { fingerprint: Some(known), ..any() }, &to));
    refused(&home.visit(any(), &to));
    welcome(&home.visit(Security { fingerprint: Some(new), ..any() }, &to));
    assert_eq!(welcome(&home.visit(any(), &to)), None);
    let trusted = home.pins().trusted(&to);
    assert!(matches!(trusted, Ok(Some(Trust::Pin(pin))) if pin.certificate == new), "{trusted:?}");
}

/// A certificate for this key, which nobody else stands for and which has expired, in files of its own.
fn own_files(folder: &Path, key: &KeyPair, name: &str) -> (PathBuf, PathBuf) {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.not_after = date_time_ymd(2021, 1, 1);
    let paths = (folder.join("own.pem"), folder.join("own.key"));
    fs::write(&paths.0, params.self_signed(key).unwrap().pem()).unwrap();
    fs::write(&paths.1, key.serialize_pem()).unwrap();
    paths
}

#[test]
fn a45_a_new_certificate_for_the_same_key_is_no_alarm_nor_is_a_wrong_name_or_date_of_what_is_trusted() {
    let (home, folder) = (Home::new(), TempDir::new().unwrap());
    let (key, another) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let server = Sealed::start("127.0.0.1:0", Some(own_files(folder.path(), &key, "one.example")));
    let (to, first) = (server.at(), server.fingerprint());
    assert!(welcome(&home.visit(Security::default(), &to)).unwrap().contains(&first.to_string()));
    let tls = server.server().tls().unwrap();
    own_files(folder.path(), &key, "two.example");
    let renewed = tls.reload().unwrap();
    assert_ne!(renewed, first);
    assert_eq!(welcome(&home.visit(Security::default(), &to)), None);
    own_files(folder.path(), &another, "two.example");
    let changed = tls.reload().unwrap();
    let events = home.visit(Security::default(), &to);
    let reason = refused(&events);
    for part in [renewed.to_string(), format!("--fingerprint {changed}")] {
        assert!(reason.contains(&part), "{part}: {reason}");
    }
    // What an earlier chatui has remembered is one certificate, and its key from the next visit on.
    home.pins().trust(&to, Trust::Pin(Pin { certificate: changed, key: None })).unwrap();
    assert_eq!(welcome(&home.visit(Security::default(), &to)), None);
    own_files(folder.path(), &another, "three.example");
    tls.reload().unwrap();
    assert_eq!(welcome(&home.visit(Security::default(), &to)), None);
}

#[test]
fn a_fingerprint_that_is_named_is_the_only_one() {
    let home = Home::new();
    let server = Sealed::start("127.0.0.1:0", None);
    let wrong = Security { fingerprint: Some(Fingerprint::new([7; 32])), ..Security::default() };
    let events = home.visit(wrong, &server.at());
    let shown = server.fingerprint().to_string();
    assert!(refused(&events).contains(&shown), "{events:?}");
    assert_eq!(home.pins().trusted(&server.at()), Ok(None), "what was refused is not remembered");
    let right = Security { fingerprint: Some(server.fingerprint()), ..Security::default() };
    // On this machine, too, without being asked for TLS in another way.
    let to = Address { tls: false, ..server.at() };
    assert_eq!(welcome(&home.visit(right, &to)), None);
    assert_eq!(welcome(&home.visit(Security::default(), &to)), None, "it is known from now on");
}

#[test]
fn a_server_that_was_known_by_tls_is_not_spoken_to_without() {
    let home = Home::new();
    let (tell, heard) = std::sync::mpsc::channel();
    let to = small_server(move |mut stream| {
        stream.write_all(b":s NOTICE * :hello\r\n").unwrap();
        tell.send(all_of(&mut stream)).unwrap();
    });
    let plain = Address { tls: false, ..to.clone() };
    home.pins().trust(&to, Trust::Pin(Pin { certificate: Fingerprint::new([7; 32]), key: None })).unwrap();
    for to in [&to, &plain] {
        let events = home.visit(Security::default(), to);
        assert!(refused(&events).contains("speaks no TLS now, but it did before"), "{events:?}");
        let got = heard.recv_timeout(PATIENCE).unwrap();
        assert_eq!(got[0], 0x16, "nothing but a hello");
        assert!(!got.windows(4).any(|part| part == b"NICK" || part == b"CAP "));
    }
    // Only in so many words, and only for this time.
    welcome(&home.visit(Security { plaintext: true, ..Security::default() }, &plain));
    heard.recv_timeout(PATIENCE).unwrap();
    refused(&home.visit(Security::default(), &plain));
}

#[test]
fn a_server_without_tls_is_asked_for_its_port_and_told_nothing_else() {
    let home = Home::new();
    let sealed = Sealed::start("127.0.0.1:0", None);
    let (tell, heard) = std::sync::mpsc::channel();
    let port = sealed.at().port;
    let mut answers = [
        format!(":s CAP * LS :batch sts=port={port}\r\n"),
        ":s CAP * LS :batch\r\n".to_owned(),
        "ERROR :Full\r\n".to_owned(),
    ]
    .into_iter();
    let mut answer = None;
    let to = small_server(move |mut stream| {
        let mut first = [0; 5];
        stream.read_exact(&mut first).unwrap();
        if first[0] == 0x16 {
            answer = answers.next();
            // Words, where a hello was due.
            stream.write_all(b":s NOTICE * :what?\r\n").unwrap();
            all_of(&mut stream);
        } else {
            stream.write_all(answer.as_ref().unwrap().as_bytes()).unwrap();
            tell.send([&first, &all_of(&mut stream)[..]].concat()).unwrap();
        }
    });
    let events = home.visit(Security::default(), &to);
    assert!(welcome(&events).unwrap().contains(&sealed.fingerprint().to_string()));
    assert_eq!(heard.recv_timeout(PATIENCE).unwrap(), b"CAP LS 302\r\n");
    let events = home.visit(Security::default(), &to);
    assert!(refused(&events).contains(":+6697") && refused(&events).contains("--plaintext"), "{events:?}");
    let events = home.visit(Security::default(), &to);
    assert_eq!(events.last(), Some(&Event::Offline("Full".to_owned())));
}

#[test]
fn a_server_that_wants_tls_gets_it_now_and_later() {
    let home = Home::new();
    let sealed = Sealed::start("127.0.0.1:0", None);
    let port = sealed.at().port;
    let plain = small_server(move |mut stream| {
        let answer = format!(":s CAP * LS :sts=port={port},duration=1000\r\n");
        // What was heard without TLS counts for now only.
        let _ = stream.write_all(answer.as_bytes());
        all_of(&mut stream);
    });
    let plain = Address { tls: false, ..plain };
    let events = home.visit(Security::default(), &plain);
    assert_eq!(events.iter().filter(|event| **event == Event::Online).count(), 2, "{events:?}");
    assert!(welcome(&events).unwrap().contains(&sealed.fingerprint().to_string()));
    assert_eq!(home.pins().tls_port("127.0.0.1", 0), Ok(None));

    // What was said through TLS holds for as long as it was said.
    let folder = TempDir::new().unwrap();
    let (chain, key) = Authority::new("one").issue(folder.path(), "127.0.0.1", 2100);
    let chain = CertificateDer::pem_file_iter(chain).unwrap().map(Result::unwrap).collect();
    let server = tls_server(chain, &key);
    let insisting = small_server(move |stream| {
        let mut stream =
            rustls::StreamOwned::new(ServerConnection::new(Arc::clone(&server)).unwrap(), stream);
        stream.write_all(b":s CAP * LS :sts=duration=1000\r\n").unwrap();
        let _ = stream.read(&mut [0; 100]);
    });
    welcome(&home.visit(Security::default(), &insisting));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert_eq!(home.pins().tls_port("127.0.0.1", now + 900), Ok(Some(insisting.port)));
    assert_eq!(home.pins().tls_port("127.0.0.1", now + 1100), Ok(None));
    // Another port of the same host, without TLS: it is the one that was named.
    assert_eq!(welcome(&home.visit(Security::default(), &plain)), None);
}

/// What a small server with this certificate says of TLS.
fn tls_server(chain: Vec<CertificateDer<'static>>, key: &Path) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let key = PrivateKeyDer::from_pem_file(key).unwrap();
    Arc::new(config.with_no_client_auth().with_single_cert(chain, key).unwrap())
}

/// An authority of our own.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str) -> Authority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        Authority(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Its own certificate, and one for a name that is good until a year, with its key.
    fn issue(&self, folder: &Path, name: &str, until: i32) -> (PathBuf, PathBuf) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let made = params.signed_by(&key, &self.0).unwrap();
        let paths = (folder.join("chain.pem"), folder.join("key.pem"));
        fs::write(&paths.0, made.pem()).unwrap();
        fs::write(&paths.1, key.serialize_pem()).unwrap();
        fs::write(folder.join("authority.pem"), self.0.pem()).unwrap();
        paths
    }
}

#[test]
fn an_authority_that_is_named_decides() {
    let (home, folder) = (Home::new(), TempDir::new().unwrap());
    let security = Security { authorities: Some(folder.path().join("authority.pem")), ..Security::default() };
    let authority = Authority::new("one");
    for (name, until, otherwise) in [
        ("127.0.0.1", 2100, None),
        ("127.0.0.1", 2021, Some("has expired")),
        ("10.0.0.1", 2100, Some("is for another name: ")),
        ("chat.example", 2100, Some("is for another name: chat.example.")),
    ] {
        let server = Sealed::start("127.0.0.1:0", Some(authority.issue(folder.path(), name, until)));
        let events = home.visit(security.clone(), &server.at());
        match otherwise {
            None => assert_eq!(welcome(&events), None),
            Some(why) => {
                let reason = refused(&events);
                assert!(reason.contains(why), "{reason}");
                assert!(reason.contains(&format!("--fingerprint {}", server.fingerprint())), "{reason}");
            }
        }
        assert_eq!(
            home.pins().trusted(&server.at()),
            Ok(None),
            "who is known by an authority may change his key"
        );
    }
    // Another authority's, and one that a server has made for itself.
    let other =
        Sealed::start("127.0.0.1:0", Some(Authority::new("other").issue(folder.path(), "127.0.0.1", 2100)));
    authority.issue(folder.path(), "x", 2100);
    let own = Sealed::start("127.0.0.1:0", None);
    for server in [&other, &own] {
        let events = home.visit(security.clone(), &server.at());
        assert!(refused(&events).contains("none of the authorities"), "{events:?}");
    }
    let missing = Security { authorities: Some(folder.path().join("missing")), ..Security::default() };
    assert!(refused(&home.visit(missing, &own.at())).contains("missing"));
}

#[test]
fn what_was_trusted_and_cannot_be_read_is_not_trusted_anew() {
    let home = Home::new();
    let server = Sealed::start("127.0.0.1:0", None);
    welcome(&home.visit(Security::default(), &server.at()));
    let path = home.pins().path().to_owned();
    let good = fs::read(&path).unwrap();
    fs::write(&path, &good[..good.len() - 10]).unwrap();
    let events = home.visit(Security::default(), &server.at());
    assert!(refused(&events).contains(path.to_str().unwrap()), "{events:?}");
    // Whoever names the fingerprint needs no memory, and is told that there is none.
    let named = Security { fingerprint: Some(server.fingerprint()), ..Security::default() };
    assert!(welcome(&home.visit(named, &server.at())).unwrap().contains("is not remembered"));
    // Where nothing can be kept, nobody is trusted because he is the first.
    fs::remove_file(&path).unwrap();
    fs::remove_file(path.with_added_extension("lock")).unwrap();
    fs::remove_dir(path.parent().unwrap()).unwrap();
    fs::write(path.parent().unwrap(), "a file where the folder was").unwrap();
    let events = home.visit(Security::default(), &server.at());
    assert!(matches!(events.last(), Some(Event::Refused(_))), "{events:?}");
}

#[test]
fn an_old_version_is_named() {
    let home = Home::new();
    let to = small_server(|mut stream| {
        stream.read_exact(&mut [0; 5]).unwrap();
        // A fatal alert: `protocol_version`.
        stream.write_all(&[0x15, 3, 2, 0, 2, 2, 70]).unwrap();
        all_of(&mut stream);
    });
    let events = home.visit(Security::default(), &to);
    assert!(matches!(events.last(), Some(Event::Offline(why)) if why.contains("before 1.2")), "{events:?}");
}

#[test]
fn a_refusal_is_said_and_ends_the_tries() {
    let refusal = || Event::Refused("THE CERTIFICATE HAS CHANGED".to_owned());
    let mut first = Talk::new();
    first.others();
    first.event(refusal());
    assert!(
        matches!(&first.others()[..], [Effect::Fail(why)] if why.ends_with("THE CERTIFICATE HAS CHANGED"))
    );
    let mut later = in_lobby();
    later.event(Event::Offline("gone".to_owned()));
    assert!(later.others().iter().any(|effect| matches!(effect, Effect::Connect { .. })));
    later.event(refusal());
    assert!(!later.others().iter().any(|effect| matches!(effect, Effect::Connect { .. } | Effect::Fail(_))));
    assert!(later.shows("#lobby").last().unwrap().contains("THE CERTIFICATE HAS CHANGED"));
}

#[test]
fn what_is_to_be_known_of_the_connection_is_told_in_the_room() {
    let mut talk = Talk::new();
    talk.event(Event::Told("first visit".to_owned()));
    talk.online("");
    assert!(talk.shows("#lobby").contains(&"Server first visit".to_owned()), "{:?}", talk.shows("#lobby"));
}

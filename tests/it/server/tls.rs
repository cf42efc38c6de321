//! TLS at the server: what peers see of it, what strangers cannot do with it, and the files behind it.

#[path = "../../../examples/flood/certificate.rs"]
mod certificate;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chatui::server::config::{Config, Plain};
use chatui::server::tls::Options;
use chatui::server::{self, ServerError};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, ClientConnection};
use tempfile::TempDir;

use super::{Host, PATIENCE, Peer, config};
use certificate::AnyCertificate;

fn client_of(versions: &[&'static rustls::SupportedProtocolVersion]) -> Arc<ClientConfig> {
    let client = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate::default()))
        .with_no_client_auth();
    Arc::new(client)
}

pub fn client() -> Arc<ClientConfig> {
    client_of(rustls::ALL_VERSIONS)
}

/// A server that listens to TLS only, on loopback as well: there it sees of its peers what it sees of other machines'
/// elsewhere.
fn sealed(change: impl FnOnce(&mut Config)) -> Host {
    Host::start_as(|config| {
        config.tls = Options { required: true, ..Options::default() };
        config.plain.on = Some(true);
        change(config);
    })
}

fn user(host: &Host, nick: &str) -> Peer {
    let mut peer = Peer::connect_tls(host.address, &client());
    peer.register(nick, "");
    peer
}

/// The certificate that a server shows.
fn shown(host: &Host) -> CertificateDer<'static> {
    let mut peer = Peer::connect_tls(host.address, &client());
    peer.send("CAP LS");
    peer.line();
    peer.tls.unwrap().peer_certificates().unwrap()[0].clone()
}

/// The first bytes of a handshake.
pub fn hello() -> Vec<u8> {
    let mut connection = ClientConnection::new(client(), "localhost".try_into().unwrap()).unwrap();
    let mut bytes = Vec::new();
    connection.write_tls(&mut bytes).unwrap();
    bytes
}

/// A pair of files as an operator has them.
fn files(folder: &Path) -> (std::path::PathBuf, std::path::PathBuf) {
    let made = rcgen::generate_simple_self_signed(vec!["chat.example".to_owned()]).unwrap();
    let paths = (folder.join("chain.pem"), folder.join("key.pem"));
    fs::write(&paths.0, made.cert.pem()).unwrap();
    fs::write(&paths.1, made.signing_key.serialize_pem()).unwrap();
    paths
}

#[test]
fn a_conversation_goes_through_tls_of_both_versions() {
    let host = Host::start_as(|config| {
        // A certificate that is there is used on loopback, too.
        fs::create_dir_all(&config.data).unwrap();
        let needed = Config { tls: Options { required: true, ..Options::default() }, ..config.clone() };
        let server = server::start(needed).unwrap();
        server.stopper().stop("Bye!");
        server.wait().unwrap();
    });
    let mut peers: Vec<Peer> = [&rustls::version::TLS12, &rustls::version::TLS13]
        .iter()
        .map(|version| Peer::connect_tls(host.address, &client_of(&[version])))
        .chain([host.peer()])
        .collect();
    for (peer, nick) in peers.iter_mut().zip(["old", "new", "clear"]) {
        peer.register(nick, "");
        peer.join("#x");
    }
    let long = "x".repeat(400);
    for n in 0..200 {
        peers[0].send(&format!("PRIVMSG #x :{n} {long}"));
        peers[2].send(&format!("PRIVMSG #x :{n} {long}"));
    }
    let mut heard = [0, 0];
    while heard != [200, 200] {
        let line = peers[1].until(|line| line.contains("PRIVMSG #x :"));
        let from = usize::from(line.starts_with(":clear!"));
        assert!(line.ends_with(&format!("PRIVMSG #x :{} {long}", heard[from])), "{line}");
        heard[from] += 1;
    }
    let secure = |asker: &mut Peer, nick: &str| {
        asker.send(&format!("WHOIS {nick}"));
        let mut is_secure = false;
        asker.until(|line| {
            is_secure |= line.contains(&format!(" 671 clear {nick} :is using a secure connection"));
            line.contains(" 318 ")
        });
        is_secure
    };
    let mut clear = peers.pop().unwrap();
    assert!(secure(&mut clear, "old") && secure(&mut clear, "new") && !secure(&mut clear, "clear"));
    // The end is said twice, in IRC and in TLS: without the latter, reading would fail here.
    for mut peer in peers {
        peer.send("QUIT :bye");
        assert!(peer.rest().last().unwrap().starts_with("ERROR :"));
    }
}

#[test]
fn nobody_gets_in_without_tls_where_it_is_needed() {
    let host = sealed(|_| {});
    let port = host.address.port();
    let words = format!("TLS is needed here: connect to port {port} with TLS (chatui does so by itself).");
    for (first, answer) in [
        ("NICK a\r\nUSER a 0 * :a\r\n", format!("ERROR :{words}\r\n")),
        ("CAP LS 302\r\n", format!("ERROR :{words}\r\n")),
        ("anna\r\n", format!("{words}\r\n")),
    ] {
        let mut peer = host.peer();
        peer.send_if_wanted(first.as_bytes());
        assert_eq!(String::from_utf8(peer.bytes_to_the_end()).unwrap(), answer);
    }
    let mut alice = user(&host, "alice");
    alice.send("ISON a anna alice");
    assert!(alice.line().unwrap().ends_with(" 303 alice :alice"));
}

/// An address of this machine that is none of the loopback's, if it has one. What is sent there does not leave the machine,
/// and comes from the same address: to the server, from elsewhere.
fn own_address() -> Option<std::net::IpAddr> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    // Nothing is sent: the system only chooses an address.
    socket.connect("192.0.2.1:9").ok()?;
    socket.local_addr().ok().map(|address| address.ip()).filter(|ip| !ip.is_loopback())
}

#[test]
fn other_machines_need_tls_and_are_told_how_to_come_by_it() {
    let Some(own) = own_address() else { return };
    let folder = TempDir::new().unwrap();
    let paths = files(folder.path());
    for (given, allowed) in [(false, false), (true, false), (true, true)] {
        let host = Host::start_as(|config| {
            config.listen = vec!["0.0.0.0:0".parse().unwrap()];
            config.allow_plaintext = allowed;
            config.tls.files = given.then(|| paths.clone());
        });
        let there = std::net::SocketAddr::new(own, host.address.port());
        let mut clear = Peer::connect(there);
        clear.send("CAP LS 302");
        let first = clear.line().unwrap();
        assert_eq!(first.contains(&format!("sts=port={}", there.port())), given, "{first}");
        assert_eq!(first.contains("batch"), allowed, "{first}");
        if !allowed {
            assert!(clear.rest().iter().chain([&first]).any(|line| line.starts_with("ERROR :TLS is needed")));
        }
        let mut sealed = Peer::connect_tls(there, &client());
        sealed.send("CAP LS 302");
        let caps = sealed.line().unwrap();
        assert_eq!(caps.contains("sts=duration="), given, "{caps}");
        // On this machine all is as it always was.
        let mut near = Peer::connect(std::net::SocketAddr::new([127, 0, 0, 1].into(), there.port()));
        near.send("CAP LS 302");
        let caps = near.line().unwrap();
        assert!(caps.contains("batch") && !caps.contains("sts"), "{caps}");
    }
}

#[test]
fn behind_tls_the_door_is_the_same() {
    let host = sealed(|_| {});
    let mut alice = user(&host, "alice");
    alice.join("#lobby");
    let mut web = Peer::connect_tls(host.address, &client());
    web.send_bytes(b"POST / HTTP/1.1\r\n\r\nNICK web\r\n");
    assert_eq!(web.line().as_deref(), Some("HTTP/1.1 426 Upgrade Required"));
    let mut twice = Peer::connect_tls(host.address, &client());
    twice.send_bytes(&hello());
    assert_eq!(twice.line().as_deref(), Some("Plain UTF-8 text or IRC only."));
    let mut person = Peer::connect_tls(host.address, &client());
    person.send_bytes(b"anna\n");
    alice.until(|line| line.starts_with(":anna!") && line.ends_with("JOIN #lobby"));
    person.send_bytes("gr\u{fc}\u{df} dich\n".as_bytes());
    alice.until(|line| line.ends_with("PRIVMSG #lobby :gr\u{fc}\u{df} dich"));
}

#[test]
fn a_hello_may_be_cut_anywhere() {
    let host = sealed(|_| {});
    let hello = hello();
    for cut in 1..hello.len() {
        let mut peer = host.peer();
        peer.send_bytes(&hello[..cut]);
        peer.send_bytes(&hello[cut..]);
        // A handshake record of TLS: the server's own hello.
        peer.wait_for_unread();
        let mut first = [0; 3];
        std::io::Read::read_exact(&mut peer.stream(), &mut first).unwrap();
        assert_eq!(first, [0x16, 3, 3], "{cut}");
    }
}

#[test]
fn what_is_no_handshake_is_answered_with_an_alert_and_the_end() {
    let host = sealed(|_| {});
    let mut alice = user(&host, "alice");
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut junk = |count: usize| -> Vec<u8> {
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 56) as u8
        };
        (0..count).map(|_| next()).collect()
    };
    for begin in [&[0x16, 3, 1][..], &[0x16, 3, 1, 0, 5], &[0x16, 3, 3, 0, 4, 1, 0, 0, 0]] {
        let mut peer = host.peer();
        peer.send_if_wanted(&[begin, &junk(3000)].concat());
        let answer = peer.bytes_to_the_end();
        assert_eq!((answer.len(), &answer[..1]), (7, &[0x15][..]), "{begin:?}");
    }
    // After a whole hello: the answer to it comes, and then the end.
    for _ in 0..20 {
        let mut peer = host.peer();
        peer.send_if_wanted(&[hello(), junk(3000)].concat());
        assert_eq!(peer.bytes_to_the_end()[0], 0x16);
    }
    // After the handshake: an alert through TLS.
    let mut bob = user(&host, "bob");
    bob.join("#x");
    alice.join("#x");
    std::io::Write::write_all(&mut bob.stream(), &[&[0x17, 3, 3, 0, 50][..], &junk(50)].concat()).unwrap();
    alice.until(|line| line.starts_with(":bob!") && line.ends_with("QUIT :TLS failed"));
}

/// A hello of TLS up to this version, with this one cipher and nothing else.
fn old_hello(version: u8, cipher: [u8; 2]) -> Vec<u8> {
    let body = [&[3, version][..], &[7; 32], &[0, 0, 2], &cipher, &[1, 0]].concat();
    let (length, record) = (body.len() as u8, body.len() as u8 + 4);
    [&[0x16, 3, 1, 0, record, 1, 0, 0, length][..], &body].concat()
}

#[test]
fn a44_what_we_have_nothing_in_common_with_is_told_why_and_let_go() {
    let host = sealed(|_| {});
    let mut alice = user(&host, "alice");
    // A fatal alert and the end: `protocol_version`, since neither 1.0 nor 1.1 is spoken.
    for version in [1, 2] {
        let mut peer = host.peer();
        peer.send_if_wanted(&old_hello(version, [0x00, 0x2f]));
        assert_eq!(peer.bytes_to_the_end(), [0x15, 3, 1, 0, 2, 2, 70], "3.{version}");
    }
    // 1.2, but with no cipher of ours: an alert that is fatal, whichever.
    let mut peer = host.peer();
    peer.send_if_wanted(&old_hello(3, [0x00, 0x2f]));
    let answer = peer.bytes_to_the_end();
    assert_eq!((answer.len(), answer[0], answer[5]), (7, 0x15, 2), "{answer:?}");
    // A goodbye in the middle of the handshake, once, and a thousand times.
    for times in [1, 1_000] {
        let mut peer = host.peer();
        peer.send_if_wanted(&[hello(), [0x15, 3, 3, 0, 2, 1, 0].repeat(times)].concat());
        peer.bytes_to_the_end();
    }
    alice.send("PING :x");
    assert!(alice.line().unwrap().ends_with("PONG chatui.local x"));
}

#[test]
fn a_slow_handshake_has_an_end_that_counts_from_the_beginning() {
    let limit = Duration::from_millis(400);
    let host = sealed(|config| config.tls.handshake = limit);
    let mut alice = user(&host, "alice");
    let begun = Instant::now();
    // One says nothing, one half a hello, one a whole hello, and one goes on with a byte now and then.
    let mut silent = host.peer();
    let mut half = host.peer();
    half.send_bytes(&hello()[..100]);
    let mut whole = host.peer();
    whole.send_bytes(&hello());
    let mut slow = host.peer();
    let (stream, bytes) = (slow.stream(), hello());
    let trickle = std::thread::spawn(move || {
        for byte in bytes {
            std::thread::sleep(Duration::from_millis(5));
            if std::io::Write::write_all(&mut &stream, &[byte]).is_err() {
                return;
            }
        }
    });
    silent.bytes_to_the_end();
    half.bytes_to_the_end();
    whole.bytes_to_the_end();
    slow.bytes_to_the_end();
    assert!(begun.elapsed() >= limit && begun.elapsed() < PATIENCE / 2);
    drop(slow);
    trickle.join().unwrap();
    alice.send("PING :x");
    assert!(alice.line().unwrap().ends_with("PONG chatui.local x"));
}

#[test]
fn whoever_does_not_read_for_a_while_gets_all_of_it_in_order() {
    let host = sealed(|config| config.plain = Plain { on: Some(false), ..Plain::default() });
    let mut slow = user(&host, "slow");
    slow.join("#x");
    let mut alice = user(&host, "alice");
    alice.join("#x");
    // More than the sockets of both sides take in, and less than the send queue.
    let (count, text) = (6000, "y".repeat(420));
    for n in 0..count {
        alice.send(&format!("PRIVMSG #x :{n} {text}"));
    }
    alice.send("PING :said");
    alice.until(|line| line.ends_with("PONG chatui.local said"));
    for n in 0..count {
        let line = slow.until(|line| line.contains("PRIVMSG"));
        assert!(line.ends_with(&format!(":{n} {text}")), "{n}: {line}");
    }
}

#[test]
fn the_certificate_is_made_once_and_for_its_owner_alone() {
    let mut host = sealed(|_| {});
    let path = host.data().join("tls.pem");
    let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    let fingerprint = host.server().tls().unwrap().fingerprint();
    assert_eq!(mode(), 0o600);
    assert!(!host.data().join("tls.pem.new").exists());
    let digest = ring::digest::digest(&ring::digest::SHA256, &shown(&host));
    let hex: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(fingerprint.to_string(), hex);

    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    host.restart();
    assert_eq!(host.server().tls().unwrap().fingerprint(), fingerprint);
    assert_eq!(mode(), 0o600);

    // What is damaged, half of it, or a link is not replaced in silence: people have trusted it.
    host.stop().unwrap();
    let good = fs::read(&path).unwrap();
    let elsewhere = host.data().join("elsewhere.pem");
    fs::write(&elsewhere, &good).unwrap();
    for bad in [&b"nothing of use"[..], &good[..good.len() / 2], b""] {
        fs::write(&path, bad).unwrap();
        assert!(matches!(server::start(config(&host.data)), Err(ServerError::Tls(_))));
        assert_eq!(fs::read(&path).unwrap(), bad);
    }
    fs::remove_file(&path).unwrap();
    symlink(&elsewhere, &path).unwrap();
    assert!(matches!(server::start(config(&host.data)), Err(ServerError::Tls(_))));
}

#[test]
fn ones_own_certificate_is_shown_announced_and_read_again() {
    let folder = TempDir::new().unwrap();
    let paths = files(folder.path());
    let mut host = sealed(|config| config.tls.files = Some(paths.clone()));
    assert!(!host.data().join("tls.pem").exists());
    let tls = Arc::clone(host.server().tls().unwrap());
    let (first, before) = (tls.fingerprint(), shown(&host));
    let mut alice = user(&host, "alice");

    // A bad one changes nothing, nor does one whose key is another's.
    let good = fs::read(&paths.0).unwrap();
    for bad in [b"nothing of use".to_vec(), {
        files(folder.path());
        good
    }] {
        fs::write(&paths.0, bad).unwrap();
        assert!(tls.reload().is_err());
        assert_eq!((tls.fingerprint(), shown(&host)), (first, before.clone()));
    }
    files(folder.path());
    assert_ne!(tls.reload().unwrap(), first);
    assert_ne!(shown(&host), before);
    alice.send("PING :x");
    assert!(alice.line().unwrap().ends_with("PONG chatui.local x"));

    fs::write(&paths.1, "no key").unwrap();
    host.stop().unwrap();
    let bad = Config { tls: Options { files: Some(paths), ..Options::default() }, ..config(&host.data) };
    assert!(matches!(server::start(bad), Err(ServerError::Tls(_))));
}

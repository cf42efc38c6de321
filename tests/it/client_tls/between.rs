//! Whoever stands between a client and its server: with a key of his own, without TLS, or with nothing to say.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;

use chatui::client::Security;
use chatui::client::app::Event;
use chatui::client::pins::{Pin, Trust};
use chatui::irc::Fingerprint;
use rcgen::KeyPair;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ServerConnection, StreamOwned};
use tempfile::TempDir;

use super::{Home, Sealed, all_of, own_files, refused, small_server, tls_server, welcome};
use crate::server::PATIENCE;

#[test]
fn whoever_is_in_between_with_a_key_of_his_own_is_told_nothing() {
    let home = Home::new();
    let real = Sealed::start("127.0.0.1:0", None);
    let there = real.server().addresses()[0];
    let own = TempDir::new().unwrap();
    let (chain, key) = own_files(own.path(), &KeyPair::generate().unwrap(), "127.0.0.1");
    let chain = CertificateDer::pem_file_iter(chain).unwrap().map(Result::unwrap).collect();
    let reads_along = Arc::new(AtomicBool::new(false));
    let (tell, told) = channel();
    let middle = small_server({
        let (server, reads_along) = (tls_server(chain, &key), Arc::clone(&reads_along));
        move |client| {
            let onward = TcpStream::connect(there).unwrap();
            if reads_along.load(Ordering::SeqCst) {
                client.set_read_timeout(Some(PATIENCE)).unwrap();
                let mut opened =
                    StreamOwned::new(ServerConnection::new(Arc::clone(&server)).unwrap(), client);
                let mut read = [0; 100];
                let count = opened.read(&mut read).unwrap_or_default();
                tell.send(read[..count].to_vec()).unwrap();
            } else {
                copy_both_ways(client, onward);
            }
        }
    });
    // Whoever only carries what is sealed is no harm.
    let first = welcome(&home.visit(Security::default(), &middle)).map(str::to_owned);
    assert!(first.unwrap().contains(&real.fingerprint().to_string()));
    reads_along.store(true, Ordering::SeqCst);
    let named = Security { fingerprint: Some(real.fingerprint()), ..Security::default() };
    for (security, words) in [(Security::default(), "HAS CHANGED"), (named, "is not the one that was named")]
    {
        let events = home.visit(security, &middle);
        let reason = refused(&events);
        assert!(reason.contains(words) && reason.contains(&real.fingerprint().to_string()), "{reason}");
        assert_eq!(told.recv_timeout(PATIENCE).unwrap(), b"");
    }
    reads_along.store(false, Ordering::SeqCst);
    assert_eq!(welcome(&home.visit(Security::default(), &middle)), None);
}

/// Carries bytes both ways until one side ends.
fn copy_both_ways(one: TcpStream, other: TcpStream) {
    let ends = (one.try_clone().unwrap(), other.try_clone().unwrap());
    for (mut from, mut to) in [(one, other), (ends.1, ends.0)] {
        thread::spawn(move || {
            let _ = std::io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Both);
        });
    }
}

#[test]
fn a_server_whose_key_is_known_and_that_ends_in_the_handshake_is_tried_again_and_told_nothing() {
    let home = Home::new();
    let (tell, heard) = channel();
    let to = small_server(move |mut stream| {
        let mut first = [0; 5];
        stream.read_exact(&mut first).unwrap();
        tell.send(first[0]).unwrap();
    });
    home.pins().trust(&to, Trust::Pin(Pin { certificate: Fingerprint::new([7; 32]), key: None })).unwrap();
    let named = Security { fingerprint: Some(Fingerprint::new([7; 32])), ..Security::default() };
    for security in [Security::default(), named] {
        let events = home.visit(security, &to);
        let last = events.last();
        assert!(
            matches!(last, Some(Event::Offline(why)) if why.contains("middle of the TLS handshake")),
            "{events:?}"
        );
        assert_eq!(heard.recv_timeout(PATIENCE), Ok(0x16));
    }
    assert!(heard.try_recv().is_err(), "it was asked something else");
}

#[test]
fn a_server_whose_fingerprint_was_named_is_not_asked_anything_without_tls() {
    let home = Home::new();
    let (tell, heard) = channel();
    let to = small_server(move |mut stream| {
        stream.write_all(b":s NOTICE * :hello\r\n").unwrap();
        tell.send(all_of(&mut stream)).unwrap();
    });
    let named = Security { fingerprint: Some(Fingerprint::new([7; 32])), ..Security::default() };
    let events = home.visit(named, &to);
    assert!(refused(&events).contains("speaks no TLS, so it is not the server"), "{events:?}");
    assert_eq!(heard.recv_timeout(PATIENCE).unwrap()[0], 0x16);
    assert!(heard.try_recv().is_err(), "it was asked something else");
}

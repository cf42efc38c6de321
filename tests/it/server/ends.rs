//! How connections and servers end: each is told, and nobody waits for anybody who does not read.

use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use chatui::server::core::password::{Hidden, Secret};
use chatui::server::log::OpenError;
use chatui::server::{self, Config, ServerError};
use tempfile::TempDir;

use chatui::server::threshold::{CROWDED_FROM_THERE, Limits};

use super::{Host, Peer, config};

/// A line of some kilobytes, as those hear it who read tags.
fn long(text: &str) -> String {
    format!("@+x={} {text}", "x".repeat(4000))
}

#[test]
fn a_graceful_stop_tells_everybody_and_waits_for_nobody_long() {
    let mut host = Host::start();
    let mut members = host.members("#x", &["alice", "bob"], "");
    let mut newcomer = host.peer();
    newcomer.send("NICK carol");
    newcomer.settle();
    let mut deaf = Peer::connect_narrow(host.address);
    deaf.register("deaf", "message-tags");
    // More than the system takes for it waits when the server stops.
    for n in 0..1200 {
        members[0].send(&long(&format!("PRIVMSG deaf :{n}")));
    }
    members[0].settle();
    let since = Instant::now();
    let counts = host.stop().unwrap();
    // Two seconds, and what a busy machine adds.
    assert!(since.elapsed() < Duration::from_secs(4), "{:?}", since.elapsed());
    assert_eq!((counts.arrivals, counts.lines), (3, 2));
    for member in &mut members {
        let rest = member.rest();
        let [.., notice, error] = &rest[..] else { panic!("{rest:#?}") };
        assert!(notice.contains(" NOTICE ") && notice.ends_with("Bye!"), "{rest:#?}");
        assert_eq!(error, "ERROR :Bye!");
    }
    assert_eq!(newcomer.rest(), ["ERROR :Bye!"]);
}

#[test]
fn a_slow_reader_is_closed_and_slows_nobody() {
    let host = Host::start_as(|config| config.sync = server::log::Sync::Never);
    let nicks: Vec<String> = (0..20).map(|n| format!("n{n}")).collect();
    let mut slow = Peer::connect_narrow(host.address);
    slow.register("slow", "message-tags");
    slow.join("#x");
    let healthy = host.members("#x", &nicks.iter().map(String::as_str).collect::<Vec<_>>(), "message-tags");
    let mut speaker = host.user("speaker");
    speaker.join("#x");
    // The speaker never gets far ahead of the healthy ones, so that a busy machine makes none of them slow.
    const WINDOW: usize = 50;
    let (progress, seen) = channel();
    let (closed, all): (bool, usize) = thread::scope(|scope| {
        let readers: Vec<_> = healthy
            .into_iter()
            .map(|mut peer| {
                let progress = progress.clone();
                scope.spawn(move || {
                    let (mut count, mut gone) = (0, false);
                    loop {
                        let line = peer.line().expect("a healthy one stays");
                        if let Some((_, text)) = line.split_once(" PRIVMSG #x :") {
                            if text == "end" {
                                return (count, gone);
                            }
                            assert_eq!(text, count.to_string());
                            count += 1;
                            if count % WINDOW == 0 {
                                // The speaker has given up: then that is the failure.
                                let _ = progress.send(gone);
                            }
                        } else if line.contains(":slow!") && line.contains(" QUIT ") {
                            assert!(line.ends_with(" QUIT :SendQ exceeded"), "{line}");
                            gone = true;
                        }
                    }
                })
            })
            .collect();
        let mut said = 0;
        let mut closed = false;
        // Enough for the send queue and for whatever buffers a system has.
        while !closed && said < 10_000 {
            for _ in 0..WINDOW {
                speaker.send(&long(&format!("PRIVMSG #x :{said}")));
                said += 1;
            }
            let gone: Vec<bool> =
                (0..readers.len()).map(|_| seen.recv_timeout(super::PATIENCE).unwrap()).collect();
            closed = gone.into_iter().all(|gone| gone);
        }
        speaker.send("PRIVMSG #x :end");
        for reader in readers {
            assert_eq!(reader.join().unwrap(), (said, true));
        }
        (closed, said)
    });
    assert!(closed, "after {all} messages");
    // The nick is free again.
    host.user("slow");
}

#[test]
fn a_half_closed_peer_gets_all_its_answers() {
    let host = Host::start();
    let mut peer = Peer::connect_narrow(host.address);
    let mut script = "NICK alice\r\nUSER alice 0 * :alice\r\nJOIN #x\r\n".to_owned();
    let token = "x".repeat(400);
    for n in 0..7000 {
        script.push_str(&format!("PING :{n} {token}\r\n"));
    }
    peer.send_bytes(script.as_bytes());
    peer.close_half();
    let heard = peer.rest();
    assert!(heard.iter().any(|line| line.contains(" 366 ")));
    let pongs: Vec<&String> = heard.iter().filter(|line| line.contains(" PONG ")).collect();
    assert_eq!(pongs.len(), 7000);
    assert!(pongs[6999].contains(" :6999 "));
}

#[test]
fn a_goodbye_is_not_taken_back_by_what_the_peer_still_sends() {
    let host = Host::start();
    // Of forty nearly all: a busy machine may now and then need longer for the few steps than the server waits.
    let taken = (0..40).filter(|_| {
        let mut peer = host.user("alice");
        peer.send("QUIT :enough");
        assert_eq!(peer.rest(), ["ERROR :Quit: enough"]);
        // A connection that is closed on both sides answers the first with a reset, and then the second fails.
        peer.send_if_wanted(b"PING 1\r\n") && peer.send_if_wanted(b"PING 2\r\n")
    });
    assert!(taken.count() > 32);
}

#[test]
fn a_reset_is_announced_with_its_reason() {
    let host = Host::start();
    let mut alice = host.user("alice");
    alice.join("#x");
    let mut bob = host.user("bob");
    bob.join("#x");
    bob.settle();
    alice.send("PRIVMSG bob :unread");
    // Whoever closes with something unread resets.
    bob.wait_for_unread();
    drop(bob);
    assert_eq!(alice.hears(" QUIT "), ":bob!~bob@127.0.0.1 QUIT :Connection reset by peer");
}

#[test]
fn an_end_is_announced_with_its_reason() {
    let host = Host::start();
    let mut members = host.members("#x", &["alice", "bob", "carol"], "");
    let mut carol = members.pop().unwrap();
    drop(members.pop());
    assert_eq!(members[0].hears(" QUIT "), ":bob!~bob@127.0.0.1 QUIT :Connection closed");
    carol.send("QUIT :enough");
    assert_eq!(members[0].hears(" QUIT "), ":carol!~carol@127.0.0.1 QUIT :Quit: enough");
    assert!(carol.rest().ends_with(&["ERROR :Quit: enough".to_owned()]));
}

#[test]
fn whoever_is_one_too_many_is_told_so() {
    let host = Host::start_as(|config| config.limits.max_clients = 2);
    let (mut alice, bob) = (host.user("alice"), host.user("bob"));
    assert_eq!(host.peer().rest(), ["ERROR :Server is full"]);
    alice.send("QUIT");
    alice.rest();
    host.user("carol");
    drop(bob);
}

#[test]
fn the_password_is_asked_for() {
    let host = Host::start_as(|config| config.core.password = Some(Secret::Plain(Hidden::new("tide"))));
    for pass in ["", "PASS wrong\r\n"] {
        let mut peer = host.peer();
        peer.send(&format!("{pass}NICK alice\r\nUSER alice 0 * :alice"));
        let rest = peer.rest();
        assert!(rest[0].contains(" 464 alice "), "{rest:?}");
        assert_eq!(rest[1], "ERROR :Password incorrect");
    }
    let mut peer = host.peer();
    peer.send("PASS tide");
    peer.register("alice", "");
}

#[test]
fn a_data_folder_belongs_to_one_server() {
    let mut host = Host::start();
    let second = || server::start(config(&host.data));
    assert!(matches!(second(), Err(ServerError::Open(OpenError::InUse(_)))));
    host.stop().unwrap();
    server::start(config(&host.data)).unwrap().stopper().stop("Bye!");
}

#[test]
fn an_address_that_cannot_be_listened_on_is_said() {
    let host = Host::start();
    let data = TempDir::new().unwrap();
    let on = |listen: &[std::net::SocketAddr]| {
        server::start(Config { listen: listen.to_vec(), ..config(&data) }).unwrap_err()
    };
    let error = on(&[host.address]);
    assert!(
        matches!(&error, ServerError::Listen(_, error) if error.kind() == std::io::ErrorKind::AddrInUse),
        "{error}"
    );
    // One that is named twice is listened on once.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = server::start(Config { listen: vec![free, free], ..config(&data) }).unwrap();
    assert_eq!(server.addresses(), [free]);
    server.stopper().stop("Bye!");
    server.wait().unwrap();
}

#[test]
fn everywhere_of_both_kinds_may_have_the_same_port() {
    let data = TempDir::new().unwrap();
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        return; // a system without IPv6
    }
    for everywhere in [["0.0.0.0", "[::]"], ["[::]", "0.0.0.0"]] {
        // A port that is free for one need not be free for the other: there are other tests.
        let server = (0..20).find_map(|_| {
            let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
            let listen = everywhere.map(|ip| format!("{ip}:{}", free.port()).parse().unwrap()).to_vec();
            server::start(Config { listen, allow_plaintext: true, ..config(&data) }).ok()
        });
        let server = server.expect("a port that both kinds have");
        let port = server.addresses()[0].port();
        assert_eq!(server.addresses()[1].port(), port);
        for (near, nick) in [("127.0.0.1", "alice"), ("[::1]", "bob")] {
            Peer::connect(format!("{near}:{port}").parse().unwrap()).register(nick, "");
        }
        server.stopper().stop("Bye!");
        server.wait().unwrap();
    }
}

#[test]
fn those_who_have_not_registered_are_few_at_a_time() {
    // Whoever comes from this machine is not counted, unless a test wants it so.
    let host = Host::start_as(|config| config.limits.threshold = Limits { all: 256, of_one: 2, near: true });
    let mut silent = host.peer();
    let mut half = host.peer();
    half.send("NICK half");
    // Both stand there for sure.
    silent.settle();
    half.settle();
    assert_eq!(host.peer().rest(), [format!("ERROR :{CROWDED_FROM_THERE}")]);
    // Who is in, or gone, makes room.
    half.send("USER half 0 * :half");
    half.hears(" 422 ");
    let mut third = host.peer();
    third.settle();
    assert_eq!(host.peer().rest(), [format!("ERROR :{CROWDED_FROM_THERE}")]);
    third.register("third", "");
    silent.send("QUIT");
    silent.rest();
    host.user("fourth");
    half.settle();

    let free = Host::start();
    let _many: Vec<Peer> = (0..300).map(|_| free.peer()).collect();
    free.user("alice");
}

//! Attacks by coming, going and coming back: A37, A38, A82.

use std::ops::Range;
use std::thread;
use std::time::{Duration, Instant};

use chatui::server::core::config::MAX_EMPTY_CHANNELS;
use chatui::server::log::Sync;

use crate::cli::Server;
use crate::server::{Host, PATIENCE, Peer};
use crate::terminal::Home;

#[test]
fn a37_an_end_in_the_middle_of_anything_frees_the_nick_and_harms_nobody() {
    let host = Host::start_as(|config| config.sync = Sync::Never);
    let mut witness = host.user("witness");
    witness.join("#x");
    for n in 0..1_200 {
        witness.send(&format!("PRIVMSG #x :{n} {}", "x".repeat(300)));
    }
    witness.settle();
    for how in 0..6 {
        let mut peer =
            host.user_with("mallory", "batch draft/chathistory server-time message-tags labeled-response");
        match how {
            // A large answer is on its way, and is cut off by a reset, by an end, or by nobody who reads.
            0 | 1 => {
                peer.send("JOIN #x");
                peer.hears(" 366 ");
                peer.send(&"CHATHISTORY LATEST #x * 1000\r\n".repeat(4));
                peer.hears(" BATCH ");
                if how == 0 { peer.reset() } else { drop(peer) }
            }
            // In a batch of its own; in the middle of a line; in the middle of a character.
            2 => {
                peer.send("BATCH +1 draft/multiline #x\r\n@batch=1 PRIVMSG #x :half");
                drop(peer);
            }
            3 | 4 => {
                peer.send_bytes(if how == 3 {
                    &b"PRIVMSG #x :no end"[..]
                } else {
                    &b"PRIVMSG #x :\xe2\x82"[..]
                });
                drop(peer);
            }
            // All of its commands and the end in one packet.
            _ => {
                peer.send("JOIN #x\r\nWHO *\r\nNAMES\r\nLIST\r\nNICK mallory2\r\nQUIT :x\r\nPRIVMSG #x :after the end");
                drop(peer);
                let gone = witness.until(|line| line.contains(" QUIT "));
                assert!(gone.starts_with(":mallory"), "{gone}");
                continue;
            }
        }
        // As soon as the end is known the nick is free: nothing of it is left behind.
        let until = Instant::now() + PATIENCE;
        loop {
            let mut next = host.peer();
            next.send("NICK mallory\r\nUSER m 0 * :m\r\nPING :end");
            if next.lines_until(" PONG ").iter().any(|line| line.contains(" 001 ")) {
                next.send("QUIT");
                next.rest();
                break;
            }
            assert!(Instant::now() < until, "{how}: the nick is not free again");
        }
    }
    // Ends in the middle of the registration.
    for part in [
        "N",
        "NICK mallory",
        "NICK mallory\r\n",
        "NICK mallory\r\nUSER m",
        "CAP LS 302\r\nNICK mallory\r\nUSER m 0 * :m\r\n",
    ] {
        let mut peer = host.peer();
        peer.write(part);
        drop(peer);
    }
    witness.settle();
    witness.send("LUSERS");
    witness.hears(" 255 witness :I have 1 clients");
}

#[test]
fn a38_what_fifty_thousand_names_and_channels_leave_behind_is_bounded() {
    let home = Home::new();
    let server = Server::start(&home, &["--data", &home.path("data"), "--sync", "never", "--quiet"]);
    let mut peer = Peer::connect(server.address().parse().unwrap());
    peer.register("alice", "");
    let process = server.process();
    let mut wave = |numbers: Range<usize>, topic: bool| {
        for part in numbers.collect::<Vec<_>>().chunks(500) {
            let step = |n: &usize| {
                let topic = if topic { format!("TOPIC #c{n} :t\r\n") } else { String::new() };
                format!("NICK n{n}\r\nJOIN #c{n}\r\n{topic}PART #c{n}\r\n")
            };
            peer.write(&part.iter().map(step).collect::<String>());
            peer.settle();
        }
        process.memory()
    };
    // What is remembered of each grows with every wave; what the allocator keeps or the log has in hand comes and goes.
    let mut growth = |waves: [Range<usize>; 3], topic: bool| {
        let mut before = wave(waves[0].start..waves[0].start + 1, topic);
        let grown = waves.map(|numbers| {
            let after = wave(numbers, topic);
            after.saturating_sub(std::mem::replace(&mut before, after))
        });
        println!("{before} in all, grown by {grown:?}");
        grown.into_iter().min().unwrap_or_default()
    };
    // Of each channel something is remembered, of so many channels: then the next ones cost no more. (Of ten thousand, 11 MiB.)
    growth([0..65_600, 65_600..65_601, 65_601..65_602], false);
    let beyond = growth([65_602..75_600, 75_600..85_600, 85_600..95_600], false);
    assert!(beyond < 8 << 20, "{beyond}");
    // Of one with a topic that is more; beyond the limit it is read from the log again.
    let full = 100_000 + MAX_EMPTY_CHANNELS + 200;
    growth([100_000..full, full..full + 1, full + 1..full + 2], true);
    let beyond = growth([150_000..150_300, 150_300..150_600, 150_600..150_900], true);
    assert!(beyond < 1 << 20, "{beyond}");
    peer.send("LIST\r\nLUSERS");
    let left = peer.lines_until(" 255 ");
    assert!(!left.iter().any(|line| line.contains(" 322 ")), "{left:#?}");
}

#[test]
fn a82_a_thousand_who_come_back_at_once_are_all_in_within_half_a_minute() {
    const CLIENTS: usize = 1_000;
    let home = Home::new();
    let server = Server::start(&home, &["--data", &home.path("data"), "--quiet"]);
    let address = server.address().parse().unwrap();
    let since = Instant::now();
    let peers: Vec<_> = (0..4)
        .map(|part| {
            thread::spawn(move || {
                let mut peers: Vec<Peer> = (0..CLIENTS / 4).map(|_| Peer::connect(address)).collect();
                for (n, peer) in peers.iter_mut().enumerate() {
                    peer.send(&format!("NICK c{part}x{n}\r\nUSER c 0 * :c\r\nJOIN #lobby"));
                }
                for peer in &mut peers {
                    peer.hears(" 366 ");
                }
                peers
            })
        })
        .collect();
    let peers: Vec<_> = peers.into_iter().flat_map(|part| part.join().unwrap()).collect();
    assert!(since.elapsed() < Duration::from_secs(30), "{:?}", since.elapsed());
    assert_eq!(peers.len(), CLIENTS);
}

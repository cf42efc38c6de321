//! People who talk: one order for all, and what is there after a restart.

use std::thread;

use super::{Host, Peer};

/// The texts of the messages that a peer hears, until it has heard so many.
fn texts(peer: &mut Peer, count: usize) -> Vec<String> {
    (0..count)
        .map(|_| {
            let line = peer.hears(" PRIVMSG ");
            line.rsplit_once(" :").unwrap().1.to_owned()
        })
        .collect()
}

#[test]
fn all_members_hear_the_same_in_the_same_order() {
    let host = Host::start();
    let members = host.members("#x", &["a", "b", "c", "d", "e"], "echo-message");
    let count = 60;
    let heard: Vec<Vec<String>> = thread::scope(|scope| {
        let talkers: Vec<_> = members
            .into_iter()
            .enumerate()
            .map(|(who, mut member)| {
                scope.spawn(move || {
                    for n in 0..count {
                        member.send(&format!("PRIVMSG #x :{who} {n}"));
                    }
                    texts(&mut member, 5 * count)
                })
            })
            .collect();
        talkers.into_iter().map(|talker| talker.join().unwrap()).collect()
    });
    for other in &heard[1..] {
        assert_eq!(*other, heard[0]);
    }
    for who in 0..5 {
        let own: Vec<&String> = heard[0].iter().filter(|text| text.starts_with(&format!("{who} "))).collect();
        let said: Vec<String> = (0..count).map(|n| format!("{who} {n}")).collect();
        assert!(own.into_iter().eq(&said), "nobody's own order is changed");
    }
}

#[test]
fn who_hears_no_echo_hears_all_but_the_own_lines_in_everybodys_order() {
    let host = Host::start();
    let mut talkers = host.members("#x", &["a", "b", "c"], "");
    let mut listener = host.user_with("listener", "server-time message-tags");
    listener.join("#x");
    let count = 100;
    for (who, talker) in talkers.iter_mut().enumerate() {
        // In one piece, so that many lines of many people come into one turn.
        let lines: Vec<String> = (0..count).map(|n| format!("PRIVMSG #x :{who} {n}\r\n")).collect();
        talker.send_bytes(lines.concat().as_bytes());
    }
    let all = texts(&mut listener, 3 * count);
    for (who, talker) in talkers.iter_mut().enumerate() {
        let others = all.iter().filter(|text| !text.starts_with(&format!("{who} ")));
        assert!(others.eq(&texts(talker, 2 * count)), "{who}");
    }
}

#[test]
fn topic_and_history_are_there_after_a_restart_at_once() {
    let mut host = Host::start();
    let mut members = host.members("#x", &["alice", "bob"], "");
    members[0].send("TOPIC #x :what we do\r\nPRIVMSG #x :one\r\nPRIVMSG #x :two");
    members[1].hears("PRIVMSG #x :two");
    // Somebody is still connected: the address is free all the same.
    host.restart();
    assert_eq!(host.server().opened().repairs, Vec::<String>::new());
    let mut carol = host.user_with("carol", "batch server-time message-tags");
    carol.send("JOIN #x");
    assert!(carol.hears(" 332 ").ends_with(" 332 carol #x :what we do"));
    carol.hears(" BATCH +");
    for text in ["one", "two"] {
        let line = carol.line().unwrap();
        assert!(line.contains(";time=") && line.contains(";msgid="), "{line}");
        assert!(line.ends_with(&format!(" :alice!~alice@127.0.0.1 PRIVMSG #x :{text}")), "{line}");
    }
    assert!(carol.line().unwrap().contains(" BATCH -"));
}

#[test]
fn s001_s8_one_message_reaches_all_of_three_hundred_who_come_and_go() {
    let host = Host::start();
    let mut crowd: Vec<Peer> = (0..300).map(|_| host.peer()).collect();
    for (n, peer) in crowd.iter_mut().enumerate() {
        peer.send(&format!("NICK n{n}\r\nUSER n 0 * :n\r\nJOIN #x"));
    }
    thread::scope(|scope| {
        for part in crowd.chunks_mut(75) {
            scope.spawn(move || {
                for (n, peer) in part.iter_mut().enumerate() {
                    peer.hears(" 366 ");
                    if n % 2 == 0 {
                        peer.send("PART #x\r\nJOIN #x");
                        peer.hears(" 366 ");
                    }
                    peer.settle();
                }
            });
        }
    });
    crowd[0].send("PRIVMSG #x :all of you");
    thread::scope(|scope| {
        for part in crowd[1..].chunks_mut(75) {
            scope.spawn(move || {
                for peer in part {
                    let line = peer.hears(" PRIVMSG ");
                    assert_eq!(line, ":n0!~n@127.0.0.1 PRIVMSG #x :all of you");
                }
            });
        }
    });
}

#[test]
fn a_server_listens_on_several_addresses_also_of_ipv6() {
    // Not every machine has IPv6.
    let six = std::net::TcpListener::bind("[::1]:0").is_ok();
    let host = Host::start_as(|config| {
        config.listen.push("127.0.0.1:0".parse().unwrap());
        if six {
            config.listen.push("[::1]:0".parse().unwrap());
        }
    });
    let addresses = host.server().addresses().to_vec();
    assert_eq!(addresses.len(), if six { 3 } else { 2 });
    let mut alice = host.user("alice");
    alice.join("#x");
    for (n, address) in addresses.into_iter().enumerate() {
        let mut other = Peer::connect(address);
        other.register(&format!("n{n}"), "");
        other.join("#x");
        let shown = if address.is_ipv6() { "0::1" } else { "127.0.0.1" };
        alice.hears(&format!(":n{n}!~n{n}@{shown} JOIN "));
    }
}

//! Floods, guessers and the banned against a whole server. Tests are named by the attack that they show.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use chatui::server::config::Limits;
use chatui::server::core::config::Operator;
use chatui::server::core::password::{Hidden, Secret};
use chatui::server::passwords;
use chatui::server::tls::Options;
use chatui::server::{Config, arrivals, pace};
use tempfile::TempDir;

use super::tls::client;
use super::{Host, PATIENCE, Peer, config};

/// So many lines at once, then so many a second, for this machine's own, too.
fn paced(burst: u32, per_second: u32) -> impl FnOnce(&mut Config) {
    move |config| config.limits.pace = pace::Limits { per_second, burst, near: true }
}

/// An operator, whose password is `tide`.
fn operated(config: &mut Config) {
    let hash = Hidden::new(&passwords::hash("tide").unwrap());
    config.core.operators = vec![Operator { name: "root".to_owned(), hash }];
}

fn operator(host: &Host, nick: &str) -> Peer {
    let mut peer = host.user(nick);
    peer.send("OPER root tide");
    peer.hears(" MODE ");
    peer
}

/// How long it takes at least until all of these lines were said.
fn least(lines: u32, burst: u32, per_second: u32) -> Duration {
    Duration::from_secs(1) * (lines - burst) / per_second
}

#[test]
fn a07_a33_who_writes_too_fast_waits_and_loses_nothing_and_others_do_not_wait() {
    let host = Host::start_as(paced(40, 1_000));
    let mut members = host.members("#x", &["alice", "bob"], "");
    let (mut bob, mut alice) = (members.pop().unwrap(), members.pop().unwrap());
    let mut carol = host.user("carol");
    let said: String = (0..1_000).map(|n| format!("PRIVMSG #x :{n}\r\n")).collect();
    let since = Instant::now();
    let mut writer = alice.stream();
    let writing = thread::spawn(move || writer.write_all(format!("{said}PING :over\r\n").as_bytes()));
    for n in 0..1_000 {
        let line = bob.hears("PRIVMSG #x");
        assert!(line.ends_with(&format!(" :{n}")), "{n}: {line}");
        if n == 500 {
            // In the middle of it.
            carol.settle();
        }
    }
    assert!(since.elapsed() >= least(1_000, 40, 1_000), "{:?}", since.elapsed());
    alice.hears(" PONG ");
    writing.join().unwrap().unwrap();
}

#[test]
fn a33_plain_text_is_paced_too() {
    let host = Host::start_as(|config| {
        paced(10, 50)(config);
        config.plain.on = Some(true);
    });
    let mut alice = host.user("alice");
    alice.join("#lobby");
    let mut guest = Peer::connect_as(super::peers::Reads::Text, host.address);
    guest.write("gus\n");
    alice.hears(" JOIN ");
    let since = Instant::now();
    guest.write(&(0..40).map(|n| format!("{n}\n")).collect::<String>());
    guest.close_half();
    for n in 0..40 {
        assert!(alice.hears("PRIVMSG #lobby").ends_with(&format!(" :{n}")), "{n}");
    }
    assert!(since.elapsed() >= least(40, 10, 50), "{:?}", since.elapsed());
    alice.hears(" QUIT ");
}

#[test]
fn a34_nicks_change_no_faster_than_once_in_three_seconds() {
    let host = Host::start_as(paced(60, 1_000));
    let mut alice = host.user("alice");
    let since = Instant::now();
    alice.send("NICK one\r\nNICK two\r\nPING :end");
    alice.hears(" NICK ");
    alice.hears(" NICK ");
    assert!(since.elapsed() >= Duration::from_secs(3), "{:?}", since.elapsed());
    alice.hears(" PONG ");
}

#[test]
fn a35_who_asks_for_much_pays_for_it() {
    let host = Host::start_as(paced(20, 100));
    let mut members = host.members("#x", &["alice", "bob"], "");
    let alice = &mut members[0];
    let since = Instant::now();
    alice.send_bytes(format!("{}PING :end\r\n", "LIST\r\n".repeat(40)).as_bytes());
    let answers = alice.lines_until(" PONG ");
    assert_eq!(answers.iter().filter(|line| line.contains(" 323 ")).count(), 40);
    // Each costs eight lines.
    assert!(since.elapsed() >= least(39 * 8, 20, 100), "{:?}", since.elapsed());
}

#[test]
fn a28_one_address_has_its_share_and_no_more() {
    let host = Host::start_as(|config| {
        config.limits.arrivals = arrivals::Limits { at_once: 2, anew: 4, near: true };
    });
    let (mut alice, bob) = (host.user("alice"), host.user("bob"));
    assert_eq!(host.peer().rest(), ["ERROR :Too many connections from your address"]);
    // Another address is another one's. (All of 127.0.0.0/8 is this machine.)
    let mut other = Peer::from("127.0.0.2", host.address);
    other.register("carol", "");
    alice.send("QUIT");
    alice.rest();
    let _dora = host.user("dora");
    drop(bob);
    let until = Instant::now() + PATIENCE;
    // Bob's place is free once the server has seen him go; then one more comes, and that was the last for a while.
    let mut came = 0;
    loop {
        assert!(Instant::now() < until, "{came}");
        let mut peer = host.peer();
        peer.send_if_wanted(b"PING :x\r\n");
        match peer.line().unwrap().as_str() {
            "ERROR :Too many connections from your address" => {}
            "ERROR :Too many new connections from your address; try again in some minutes" => break,
            other => {
                assert!(other.contains("PONG"), "{other}");
                came += 1;
            }
        }
    }
    assert_eq!(came, 1);
}

/// A server that listens to TLS only, on loopback as well.
fn sealed(limits: Limits) -> Host {
    Host::start_as(|config| {
        config.tls = Options { required: true, ..Options::default() };
        config.limits = limits;
    })
}

#[test]
fn a28_a44_who_is_not_let_in_is_told_so_in_his_own_language() {
    for limits in [
        Limits { max_clients: 1, ..Limits::default() },
        Limits { arrivals: arrivals::Limits { at_once: 1, anew: 0, near: true }, ..Limits::default() },
    ] {
        let host = sealed(limits);
        let mut alice = Peer::connect_tls(host.address, &client());
        alice.register("alice", "");
        let mut bob = Peer::connect_tls(host.address, &client());
        bob.send("CAP LS 302\r\nNICK bob\r\nUSER bob 0 * :bob");
        let told = bob.rest();
        assert_eq!(told.len(), 1, "{told:?}");
        let full = limits.max_clients == 1;
        let words =
            if full { "ERROR :Server is full" } else { "ERROR :Too many connections from your address" };
        assert_eq!(told[0], words);
        // Without TLS, too.
        let mut clear = host.peer();
        clear.send("NICK carol");
        assert_eq!(clear.rest(), [words]);
        alice.settle();
    }
}

#[test]
fn a29_a30_a44_a_thousand_half_handshakes_end_in_time_and_nobody_waits_for_them() {
    let host = Host::start_as(|config| {
        let handshake = Duration::from_secs(2);
        config.tls = Options { required: true, handshake, ..Options::default() };
        config.shards = 1;
    });
    let mut alice = Peer::connect_tls(host.address, &client());
    alice.register("alice", "");
    let hello = super::tls::hello();
    let since = Instant::now();
    let mut half = Vec::new();
    for n in 0..1_000 {
        let mut peer = host.peer();
        // Some say nothing, some half a hello, some a whole one.
        peer.send_if_wanted(&hello[..[0, hello.len() / 2, hello.len()][n % 3]]);
        half.push(peer);
        if n % 100 == 0 {
            alice.settle();
        }
    }
    alice.settle();
    for mut peer in half {
        peer.bytes_to_the_end();
    }
    assert!(since.elapsed() >= Duration::from_secs(2));
    alice.settle();
}

#[test]
fn a47_a48_hashed_passwords_are_checked_beside_the_conversation_and_in_order() {
    let host = Host::start_as(|config| {
        operated(config);
        config.core.password = Some(Secret::Hash(Hidden::new(&passwords::hash("ebb").unwrap())));
    });
    let mut peer = host.peer();
    peer.send("PASS wrong\r\nNICK alice\r\nUSER alice 0 * :alice\r\nJOIN #x");
    assert_eq!(peer.rest().last().map(String::as_str), Some("ERROR :Password incorrect"));
    // All at once: what is said behind the password waits for it.
    let mut alice = host.peer();
    alice.send("PASS ebb\r\nNICK alice\r\nUSER alice 0 * :alice\r\nJOIN #x\r\nPING :end");
    let heard = alice.lines_until(" PONG ");
    let at = |part: &str| {
        heard.iter().position(|line| line.contains(part)).unwrap_or_else(|| panic!("{heard:#?}"))
    };
    assert!(at(" 001 ") < at(" JOIN "), "{heard:#?}");
    // Twenty who guess, and one who talks.
    let mut guessers: Vec<Peer> = Vec::new();
    for n in 0..20 {
        let mut guesser = host.peer();
        guesser.send(&format!("PASS {}\r\nNICK g{n}\r\nUSER g 0 * :g", "x".repeat(480)));
        guessers.push(guesser);
    }
    alice.settle();
    for mut guesser in guessers {
        assert_eq!(guesser.rest().last().map(String::as_str), Some("ERROR :Password incorrect"));
    }
    alice.send("OPER root tide");
    alice.hears(" MODE ");
}

#[test]
fn a_ban_holds_at_the_door_and_over_a_restart_until_it_is_taken_back() {
    let mut host = Host::start_as(operated);
    let mut alice = operator(&host, "alice");
    let mut mallory = Peer::from("127.0.0.9", host.address);
    mallory.register("mallory", "");
    alice.send("KLINE 127.0.0.8/30 :enough");
    let words = "ERROR :You are banned from this server: enough";
    assert_eq!(mallory.rest().last().map(String::as_str), Some(words));
    let refused = |host: &Host| {
        let until = Instant::now() + PATIENCE;
        // The door is told when the ban lies on the disk, with the turn that has sent him away; not before.
        loop {
            let told = Peer::from("127.0.0.10", host.address).rest();
            if told == [words] {
                return;
            }
            assert!(Instant::now() < until, "{told:?}");
        }
    };
    refused(&host);
    drop(alice);
    host.restart_as(operated);
    refused(&host);
    let file = std::fs::read_to_string(host.data().join("bans")).unwrap();
    assert!(file.lines().any(|line| line.starts_with("127.0.0.8/30 until ever by alice at ")), "{file}");
    let mut alice = operator(&host, "alice");
    alice.send("UNKLINE 127.0.0.8/30");
    alice.hears(" NOTICE ");
    alice.settle();
    let mut mallory = Peer::from("127.0.0.9", host.address);
    mallory.register("mallory", "");
}

#[test]
fn what_is_read_again_holds_and_a_broken_file_changes_nothing() {
    let host = Host::start_as(operated);
    let mut alice = host.user("alice");
    let reloader = host.server().reloader();
    let data = TempDir::new().unwrap();
    let chosen = |change: &dyn Fn(&mut Config)| {
        let mut config = Config { data: host.data().to_owned(), ..config(&data) };
        change(&mut config);
        config
    };
    let bans = host.data().join("bans");
    std::fs::write(&bans, "this is no ban\n").unwrap();
    let why = reloader.reload(&chosen(&|config| config.core.motd = vec!["new".to_owned()])).unwrap_err();
    assert!(why.contains("line 1 is no ban"), "{why}");
    alice.settle();
    alice.send("MOTD");
    assert!(alice.line().unwrap().contains(" 422 "), "the old one");
    std::fs::write(&bans, "# mine\n\nmallory!*@* until ever by me at 2026-01-01T00:00:00.000Z :no\n")
        .unwrap();
    let reloaded = reloader
        .reload(&chosen(&|config| {
            config.core.motd = vec!["new".to_owned()];
            config.core.name = "other.example".to_owned();
            config.limits.max_clients = 2;
        }))
        .unwrap();
    assert_eq!((reloaded.bans, reloaded.restart), (1, vec!["name"]));
    alice.send("MOTD");
    assert!(alice.hears(" 372 ").contains("new"));
    alice.send("OPER root tide");
    alice.hears(" 491 ");
    let mut mallory = host.peer();
    mallory.send("NICK mallory\r\nUSER m 0 * :m");
    assert_eq!(mallory.rest().last().map(String::as_str), Some("ERROR :You are banned from this server: no"));
    let _bob = host.user("bob");
    assert_eq!(host.peer().rest(), ["ERROR :Server is full"]);
}

#[test]
fn the_metrics_count_and_name_nobody() {
    let host = Host::start_as(|config| config.metrics = Some(SocketAddr::from(([127, 0, 0, 1], 0))));
    let mut members = host.members("#x", &["alice", "bob"], "");
    members[0].send("PRIVMSG #x :secret");
    members[1].hears("secret");
    let address = host.server().metrics().unwrap();
    let ask = |question: &str| {
        let mut peer = Peer::connect(address);
        peer.send_if_wanted(question.as_bytes());
        String::from_utf8(peer.bytes_to_the_end()).unwrap()
    };
    let text = ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    let value = |name: &str| {
        let line = text.lines().find(|line| line.split(' ').next() == Some(name));
        line.unwrap_or_else(|| panic!("no {name}: {text}"))
            .rsplit(' ')
            .next()
            .unwrap()
            .parse::<f64>()
            .unwrap()
    };
    assert!(text.starts_with("HTTP/1.0 200 OK\r\n"), "{text}");
    assert!((value("chatui_connections") - 2.0).abs() < 0.1);
    assert!((value("chatui_registrations_total") - 2.0).abs() < 0.1);
    // Two joins and what was said.
    assert!((value("chatui_lines_kept_total") - 3.0).abs() < 0.1);
    assert!(value("chatui_deliveries_total") >= 1.0 && value("chatui_sync_seconds_count") >= 1.0);
    assert!(!text.contains("alice") && !text.contains("secret") && !text.contains("#x"));
    assert!(ask("GET /health HTTP/1.0\r\n\r\n").ends_with("\r\n\r\nwell\n"));
    assert!(ask("HEAD /health HTTP/1.0\r\n\r\n").ends_with("\r\n\r\n"));
    assert!(ask("GET /other HTTP/1.0\r\n\r\n").starts_with("HTTP/1.0 404 "));
    assert!(ask("POST /metrics HTTP/1.0\r\n\r\n").starts_with("HTTP/1.0 405 "));
    assert!(ask(&"x".repeat(5_000)).starts_with("HTTP/1.0 405 "));
}

#[test]
fn checks_of_passwords_are_two_at_a_time_and_bounded() {
    use chatui::server::core::ConnId;
    use chatui::server::core::password::{Check, Verdict};
    use chatui::server::inbox::{Event, Inbox};

    let inbox = Arc::new(Inbox::default());
    let checks = passwords::Checks::new(Arc::clone(&inbox));
    let hash = Hidden::new(&passwords::hash("tide").unwrap());
    let mut most = 0;
    for n in 0..300 {
        let password = Hidden::new(if n == 0 { "tide" } else { "ebb" });
        checks.ask(Check { of: ConnId(n), hash: hash.clone(), password });
        most = most.max(checks.count());
    }
    assert!(most <= 258, "{most}");
    let (mut verdicts, mut batches) = (Vec::new(), Vec::new());
    let until = Instant::now() + PATIENCE;
    while verdicts.len() < 300 {
        assert!(Instant::now() < until, "only {} verdicts", verdicts.len());
        inbox.wait(PATIENCE);
        inbox.take(&mut batches);
        for event in batches.iter().flat_map(|batch| &batch.events) {
            if let Event::Checked(id, verdict) = event {
                verdicts.push((id.0, *verdict));
            }
        }
        batches.clear();
    }
    assert!(verdicts.contains(&(0, Verdict::Right)));
    let busy = verdicts.iter().filter(|(_, verdict)| *verdict == Verdict::Busy).count();
    assert!((1..=44).contains(&busy), "{busy}");
}

#[test]
fn what_was_said_before_a_goodbye_is_said_though_it_had_to_wait() {
    let host = Host::start_as(|config| {
        config.tls.required = true;
        paced(5, 50)(config);
    });
    let user = |nick: &str| {
        let mut peer = Peer::connect_tls(host.address, &client());
        peer.register(nick, "");
        peer.join("#x");
        peer
    };
    let (mut bob, mut alice) = (user("bob"), user("alice"));
    // The lines and the end of TLS in one flight, as a program leaves that has nothing more to say.
    let mut stream = alice.stream();
    let tls = alice.tls.as_mut().unwrap();
    for n in 0..30 {
        tls.writer().write_all(format!("PRIVMSG #x :{n}.\r\n").as_bytes()).unwrap();
    }
    tls.send_close_notify();
    let mut flight = Vec::new();
    while tls.wants_write() {
        tls.write_tls(&mut flight).unwrap();
    }
    stream.write_all(&flight).unwrap();
    for n in 0..30 {
        bob.until(|line| line.ends_with(&format!("PRIVMSG #x :{n}.")));
    }
    bob.until(|line| line.starts_with(":alice!") && line.contains(" QUIT "));
}

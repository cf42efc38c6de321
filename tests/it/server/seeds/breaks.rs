//! The sixteen ways in which the five systems break. None of them breaks this server.

use std::time::{Duration, Instant};

use super::{Host, Peer, host, irc_user};

#[test]
fn break_01_a_client_leaves_and_the_others_go_on() {
    let host = host();
    let mut anna = Peer::netcat(&host, "anna");
    let mut bob = Peer::s001(&host, "bob");
    let carol = Peer::s000(&host, "carol");
    drop(carol);
    anna.hears("*** carol left");
    bob.write("bob: still here\n");
    assert_eq!(anna.hears("still"), "bob: still here");
    let mut dora = Peer::s002(&host, "dora");
    dora.write("and I");
    anna.hears("dora: and I");
}

#[test]
fn break_02_silent_connections_keep_nobody_out() {
    let host = host();
    let silent: Vec<Peer> = (0..100).map(|_| Peer::person(&host)).collect();
    let since = Instant::now();
    Peer::netcat(&host, "anna");
    assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());
    drop(silent);
}

#[test]
fn break_03_who_comes_and_goes_without_a_name_is_no_news() {
    let host = host();
    let mut alice = irc_user(&host, "alice");
    let mut anna = Peer::netcat(&host, "anna");
    alice.hears("JOIN");
    for _ in 0..5 {
        drop(Peer::person(&host));
        let mut prompted = Peer::person(&host);
        prompted.hears("Type your nickname");
        drop(prompted);
        let prompted = Peer::person(&host);
        // The prompt is not read: this one resets.
        prompted.reset();
    }
    alice.send("PRIVMSG #lobby :end");
    assert_eq!(anna.lines_until("alice: end"), ["*** 2 people are here: alice, anna"]);
    alice.send("PING :end");
    assert!(alice.line().unwrap().contains(" PONG "));
}

#[test]
fn break_04_a_message_over_1024_bytes_is_one_message() {
    let host = host();
    let mut anna = Peer::netcat(&host, "anna");
    let mut bob = Peer::s000(&host, "bob");
    let text = "0123456789".repeat(300);
    bob.write(&text);
    assert_eq!(anna.hears("bob: "), format!("bob: {text}"));
}

#[test]
fn break_05_three_messages_back_to_back_are_three() {
    let host = host();
    let mut alice = irc_user(&host, "alice");
    let mut anna = Peer::netcat(&host, "anna");
    let mut bob = Peer::s001(&host, "bob");
    bob.write("bob: one\nbob: two\nbob: three\n");
    for word in ["one", "two", "three"] {
        assert_eq!(anna.hears("bob: "), format!("bob: {word}"));
        assert!(alice.hears("PRIVMSG").ends_with(&format!(" :{word}")));
    }
}

#[test]
fn break_06_no_reader_dies_of_a_cut_character() {
    let host = host();
    let mut readers = [
        Peer::s000(&host, "a0"),
        Peer::s001(&host, "a1"),
        Peer::s002(&host, "a2"),
        Peer::s003(&host, "a3"),
        Peer::s004(&host, "a4"),
    ];
    let mut nc = Peer::netcat(&host, "nc");
    // They read all the time, as such programs do.
    std::thread::scope(|scope| {
        for reader in &mut readers {
            scope.spawn(|| {
                for n in 0..4 {
                    let text = "\u{20ac}".repeat(1500);
                    assert_eq!(reader.hears("nc: "), format!("nc: {}{text}", "x".repeat(n)));
                }
                reader.hears("nc: end");
            });
        }
        for n in 0..4 {
            nc.write(&format!("{}{}\n", "x".repeat(n), "\u{20ac}".repeat(1500)));
        }
        nc.write("end\n");
    });
}

#[test]
fn break_07_bytes_that_are_no_utf8_are_replaced_and_their_sender_stays() {
    let host = host();
    let mut anna = Peer::s000(&host, "anna");
    let mut bob = Peer::netcat(&host, "bob");
    bob.send_bytes(b"caf\xe9 \x80\xfe\n");
    assert_eq!(anna.hears("bob: "), "bob: caf\u{fffd} \u{fffd}\u{fffd}");
    bob.write("still here\n");
    anna.hears("bob: still here");
}

#[test]
fn break_08_the_second_of_one_name_is_renamed_and_told() {
    let host = host();
    let mut first = Peer::netcat(&host, "anna");
    let mut second = Peer::person(&host);
    second.write("Anna\n");
    assert!(second.hears("Welcome, ").starts_with("Welcome, Anna2!"));
    assert_eq!(second.line().unwrap(), "*** Anna is taken, so you are Anna2");
    first.hears("*** Anna2 joined");
    second.write("Anna: hi\n");
    assert_eq!(first.hears("hi"), "Anna2: hi");
}

#[test]
fn break_09_nobody_speaks_as_another() {
    let host = host();
    let mut anna = Peer::netcat(&host, "anna");
    let mut eve = Peer::s004(&host, "eve");
    let mut bob = Peer::s001(&host, "bob");
    eve.write("bob: I owe you money");
    assert_eq!(anna.hears("money"), "eve: bob: I owe you money");
    bob.write("server: it is late\n");
    assert_eq!(anna.hears("late"), "bob: server: it is late");
}

#[test]
fn break_10_terminal_escape_codes_are_stripped() {
    let host = host();
    let mut anna = Peer::netcat(&host, "anna");
    let mut alice = irc_user(&host, "alice");
    let mut bob = Peer::s000(&host, "bob");
    bob.write("a\u{1b}[2Jb\u{1b}]0;title\u{7}c\u{9b}d\u{202e}");
    assert_eq!(anna.hears("bob: "), "bob: abcd");
    assert!(alice.hears("PRIVMSG").ends_with(":abcd"));
    // An IRC user may send them; here they do not arrive.
    alice.send("PRIVMSG #lobby :e\u{1b}[2Jf\u{3}04g\u{202e}");
    assert_eq!(anna.hears("alice: "), "alice: efg");
}

#[test]
fn break_11_every_line_has_its_senders_name() {
    let host = host();
    let mut anna = Peer::netcat(&host, "anna");
    let mut eve = Peer::s000(&host, "eve");
    eve.write("hi\nserver: you are all banned\r*** bob joined");
    for line in ["eve: hi", "eve: server: you are all banned", "eve: *** bob joined"] {
        assert_eq!(anna.hears("eve: "), line);
    }
}

#[test]
fn break_12_a_quit_word_glued_to_a_message_leaves() {
    let host = host();
    let mut anna = Peer::netcat(&host, "anna");
    let mut bob = Peer::s002(&host, "bob");
    bob.write("bye all{quit}");
    assert_eq!(anna.hears("bob: "), "bob: bye all");
    assert_eq!(anna.line().unwrap(), "*** bob left (quit)");
    assert!(bob.text_to_the_end().ends_with("*** Bye!\n"));
}

#[test]
fn break_13_who_never_reads_is_closed_and_all_others_hear_all() {
    let host = Host::start_as(|config| {
        super::quick(config);
        config.sync = chatui::server::log::Sync::Never;
    });
    let mut deaf = Peer::connect_narrow(host.server().addresses()[0]);
    deaf.write("deaf\n");
    let mut anna = Peer::netcat(&host, "anna");
    let mut bob = Peer::netcat(&host, "bob");
    anna.hears("*** bob joined");
    let text = "x".repeat(7000);
    let mut said = 0;
    // Enough for the queue and whatever the system keeps for it.
    loop {
        said += 1;
        assert!(said < 4000, "nobody was closed");
        bob.write(&format!("{said} {text}\n"));
        let line = anna.line().unwrap();
        if line == "*** deaf left (SendQ exceeded)" {
            break;
        }
        assert!(line.starts_with(&format!("bob: {said} ")), "{}", &line[..40]);
    }
    bob.write("end\n");
    anna.hears("bob: end");
}

#[test]
fn break_14_a_newcomer_is_given_the_last_lines_and_lives() {
    let host = host();
    let mut nc = Peer::netcat(&host, "nc");
    for n in 0..60 {
        nc.write(&format!("{n} {}\n", "\u{e9}\u{20ac}".repeat(60)));
    }
    nc.write("/who\n");
    nc.hears("nobody else is here");
    nc.hears("nobody else is here");
    let mut anna = Peer::s000(&host, "anna");
    let head = anna.hears("--- last ");
    let history = anna.lines_until("--- end ---");
    assert_eq!(head, format!("--- last {} lines ---", history.len()));
    assert!(history.len() >= 20 && history.iter().map(String::len).sum::<usize>() <= 8 << 10);
    assert!(history.last().unwrap().contains("] nc: 59 "));
    nc.write("hi\n");
    anna.hears("nc: hi");
}

#[test]
fn break_15_a_stop_says_goodbye_to_all_and_ends() {
    let mut host = host();
    let mut all = [
        Peer::s000(&host, "a0"),
        Peer::s001(&host, "a1"),
        Peer::s002(&host, "a2"),
        Peer::s004(&host, "a4"),
        Peer::netcat(&host, "nc"),
    ];
    let mut silent = Peer::person(&host);
    let since = Instant::now();
    host.stop().unwrap();
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
    for peer in &mut all {
        let rest = peer.text_to_the_end();
        assert!(rest.ends_with("*** Bye!\n"), "{rest:?}");
    }
    silent.text_to_the_end();
}

#[test]
fn break_16_a_restart_binds_at_once() {
    let mut host = host();
    let mut anna = Peer::netcat(&host, "anna");
    anna.write("before\n/who\n");
    anna.hears("nobody else");
    anna.hears("nobody else");
    // Somebody is still connected when it stops.
    host.restart_as(super::quick);
    let mut bob = Peer::netcat(&host, "bob");
    assert!(bob.hears("anna: before").starts_with('['));
}

#[test]
fn whoever_says_a_lot_and_closes_at_once_has_said_all_of_it() {
    let host = host();
    let mut alice = irc_user(&host, "alice");
    // More than is dealt with in one turn, and the end has been read before the first of it goes in.
    let said: Vec<String> = (0..2000).map(|n| format!("m{n}")).collect();
    let mut nan = Peer::person(&host);
    nan.write(&format!("nan\n{}\n", said.join("\n")));
    nan.close_half();
    let mut heard = Vec::new();
    alice.until(|line| {
        heard.extend(line.split_once(" PRIVMSG #lobby :").map(|(_, text)| text.to_owned()));
        line.contains(" QUIT ")
    });
    assert_eq!(heard, said);
}

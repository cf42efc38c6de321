//! What each of the five systems could do, by the number of the feature.

use super::{Host, Peer, host, irc_user, quick};

#[test]
fn all_five_and_netcat_and_telnet_and_irc_talk_with_each_other() {
    let host = host();
    let mut alice = irc_user(&host, "alice");
    let mut people = [
        ("a0", Peer::s000(&host, "a0")),
        ("a1", Peer::s001(&host, "a1")),
        ("a2", Peer::s002(&host, "a2")),
        ("a3", Peer::s003(&host, "a3")),
        ("a4", Peer::s004(&host, "a4")),
        ("nc", Peer::netcat(&host, "nc")),
        ("tn", Peer::telnet(&host, "tn")),
        ("kk", Peer::key_by_key(&host, "kk")),
        ("late", Peer::s001_late(&host, "late", "first words")),
    ];
    for n in 0..people.len() {
        let (name, speaker) = &mut people[n];
        let name = *name;
        match name {
            "a1" | "late" => speaker.write(&format!("{name}: I am {name}\n")),
            "a4" => speaker.write(&format!("{name}: I am {name}")),
            "nc" => speaker.write(&format!("I am {name}\n")),
            "tn" => speaker.write(&format!("I am {name}\r\n")),
            "kk" => speaker.types(&format!("I am {name}")),
            _ => speaker.write(&format!("I am {name}")),
        }
        alice.hears(&format!(":{name}!~plain@127.0.0.1 PRIVMSG #lobby :I am {name}"));
        for (other, peer) in people.iter_mut().filter(|(other, _)| *other != name) {
            assert_eq!(peer.hears("I am "), format!("{name}: I am {name}"), "{other}");
        }
        // Who draws only what it is sent hears itself.
        if matches!(name, "a0" | "a2" | "a3") {
            people[n].1.hears(&format!("{name}: I am {name}"));
        }
    }
    alice.send("PRIVMSG #lobby :bye");
    for (name, peer) in &mut people {
        let before = peer.lines_until("alice: bye");
        assert!(!before.iter().any(|line| line.contains("I am ")), "{name}: {before:#?}");
    }
}

#[test]
fn s000_s4_a_newcomer_is_given_the_last_lines() {
    let host = host();
    let mut nc = Peer::netcat(&host, "nc");
    nc.write("one\ntwo\n/me waves\n/who\n");
    nc.hears("nobody else");
    nc.hears("nobody else");
    let mut anna = Peer::s000(&host, "anna");
    anna.hears("--- last 3 lines ---");
    let lines = anna.lines_until("--- end ---");
    let texts: Vec<&str> = lines.iter().map(|line| &line["[16:05] ".len()..]).collect();
    assert_eq!(texts, ["nc: one", "nc: two", "* nc waves"]);
    assert!(lines.iter().all(|line| line.starts_with('[') && &line[6..7] == "]"), "{lines:?}");
}

#[test]
fn s000_s6_a_plain_user_reads_nick_and_text() {
    let host = host();
    let mut alice = irc_user(&host, "alice");
    let mut anna = Peer::s000(&host, "anna");
    alice.send("PRIVMSG #lobby :hi there");
    assert_eq!(anna.hears("hi"), "alice: hi there");
}

#[test]
fn s000_s7_joins_and_leaves_are_told_and_not_kept_as_messages() {
    let host = host();
    let mut nc = Peer::netcat(&host, "nc");
    let anna = Peer::s000(&host, "anna");
    assert_eq!(nc.hears("joined"), "*** anna joined");
    drop(anna);
    assert_eq!(nc.hears("left"), "*** anna left (Connection closed)");
    let mut bob = Peer::netcat(&host, "bob");
    nc.write("end\n");
    assert_eq!(bob.lines_until("nc: end"), ["*** 2 people are here: bob, nc"]);
}

#[test]
fn s000_s8_a_reset_is_told_with_its_reason() {
    let host = host();
    let mut nc = Peer::netcat(&host, "nc");
    let anna = Peer::s000(&host, "anna");
    nc.hears("*** anna joined");
    nc.write("unread\n");
    anna.reset();
    assert!(nc.hears("anna left").starts_with("*** anna left (Connection"));
}

#[test]
fn s001_s2_s3_the_prompt_lets_its_client_in() {
    let host = host();
    let mut nc = Peer::netcat(&host, "nc");
    let mut bob = Peer::s001(&host, "bob");
    assert_eq!(nc.hears("joined"), "*** bob joined");
    bob.write("bob: hi\n");
    assert_eq!(nc.hears("bob: "), "bob: hi");
    // Its owner sees what he types, and not once more.
    nc.write("end\n");
    assert!(!bob.lines_until("nc: end").iter().any(|line| line.contains("hi")));
}

#[test]
fn s001_s2_its_slow_owner_gets_in_with_his_first_message() {
    let host = host();
    let mut nc = Peer::netcat(&host, "nc");
    let mut bob = Peer::s001_late(&host, "bob", "sorry, I am late");
    assert_eq!(nc.hears("bob: "), "bob: sorry, I am late");
    bob.write("bob: hi\n");
    assert_eq!(nc.hears("bob: "), "bob: hi");
}

#[test]
fn s001_s7_a_newcomer_is_told_where_it_is_and_how_to_leave() {
    let host = host();
    let mut alice = irc_user(&host, "alice");
    let mut anna = Peer::person(&host);
    anna.write("anna\n");
    assert_eq!(
        anna.line().unwrap(),
        "Welcome, anna! You are in #lobby. /quit (or exit, salir, {quit}) to leave, /who, /nick NAME."
    );
    assert_eq!(anna.line().unwrap(), "*** 2 people are here: alice, anna");
    alice.hears(":anna!~plain@127.0.0.1 JOIN ");
}

#[test]
fn s001_s11_a_reset_before_the_name_ends_nothing() {
    let host = host();
    for _ in 0..10 {
        let peer = Peer::person(&host);
        peer.reset();
    }
    Peer::netcat(&host, "anna");
}

#[test]
fn s001_c2_s004_c3_a_client_that_closes_without_a_word_is_gone_for_all() {
    let host = host();
    let mut nc = Peer::netcat(&host, "nc");
    drop(Peer::s001(&host, "bob"));
    assert!(nc.hears("bob left").starts_with("*** bob left ("));
    drop(Peer::s004(&host, "dave"));
    assert!(nc.hears("dave left").starts_with("*** dave left ("));
}

#[test]
fn s002_s3_the_one_too_many_reads_why_and_a_place_is_free_again() {
    let host = Host::start_as(|config| {
        quick(config);
        config.limits.max_clients = 5;
    });
    let mut five: Vec<Peer> = (0..5).map(|n| Peer::netcat(&host, &format!("n{n}x"))).collect();
    assert_eq!(Peer::person(&host).text_to_the_end(), "ERROR :Server is full\r\n");
    let mut first = five.remove(0);
    first.write("/quit\n");
    first.text_to_the_end();
    Peer::s002(&host, "anna");
    five[0].hears("*** anna joined");
}

#[test]
fn s002_s4_s5_s12_its_client_is_asked_welcomed_and_hears_itself() {
    let host = host();
    let mut anna = Peer::person(&host);
    anna.hears("Type your nickname and press Enter.");
    anna.write("anna");
    assert!(anna.hears("Welcome, anna!").contains("{quit}"));
    anna.write("hi");
    assert_eq!(anna.hears("hi"), "anna: hi");
    anna.write("/echo off");
    anna.hears("not sent back to you");
    anna.write("once");
    anna.send_bytes(b"\n");
    anna.write("/who\n");
    assert_eq!(anna.lines_until("nobody else"), [""; 0]);
}

#[test]
fn s002_s7_s8_its_quit_word_leaves_with_a_reason() {
    let host = host();
    let mut nc = Peer::netcat(&host, "nc");
    let mut anna = Peer::s002(&host, "anna");
    anna.write("{quit}");
    assert_eq!(nc.hears("anna left"), "*** anna left (quit)");
    anna.text_to_the_end();
    // For a name it is no name, and nobody was here.
    let mut nobody = Peer::person(&host);
    nobody.hears("Type your nickname");
    nobody.write("{quit}");
    assert!(nobody.text_to_the_end().starts_with("Bye!\n"));
    let mut bob = Peer::netcat(&host, "bob");
    bob.write("end\n");
    assert_eq!(nc.lines_until("bob: end"), ["*** bob joined"]);
}

#[test]
fn s002_s9_s004_s7_a_stop_is_told_to_all() {
    let mut host = host();
    let mut anna = Peer::s002(&host, "anna");
    let mut alice = irc_user(&host, "alice");
    host.stop().unwrap();
    assert!(anna.text_to_the_end().ends_with("*** Bye!\n"));
    assert!(alice.rest().ends_with(&["ERROR :Bye!".to_owned()]));
}

#[test]
fn s003_s3_s4_c3_its_client_comes_and_leaves_by_its_word() {
    let host = host();
    let mut nc = Peer::netcat(&host, "nc");
    let mut luz = Peer::s003(&host, "luz");
    nc.hears("*** luz joined");
    luz.write("hola");
    nc.hears("luz: hola");
    luz.write("salir");
    nc.hears("*** luz left (quit)");
    luz.text_to_the_end();
}

#[test]
fn s003_s6_every_end_is_told_once() {
    let host = host();
    let mut nc = Peer::netcat(&host, "nc");
    let mut quits = Peer::netcat(&host, "quits");
    quits.write("exit\n");
    quits.text_to_the_end();
    nc.hears("*** quits left (quit)");
    drop(Peer::netcat(&host, "ends"));
    nc.hears("*** ends left (");
    let mut last = Peer::netcat(&host, "last");
    last.write("end\n");
    assert_eq!(nc.lines_until("last: end"), ["*** last joined"]);
}

#[test]
fn s004_s3_s4_its_client_comes_in_at_once_and_its_own_name_is_taken_off() {
    let host = host();
    let mut nc = Peer::netcat(&host, "nc");
    let mut dave = Peer::s004(&host, "dave");
    nc.hears("*** dave joined");
    dave.write("dave: hello");
    assert_eq!(nc.hears("dave: "), "dave: hello");
    nc.write("end\n");
    assert!(!dave.lines_until("nc: end").iter().any(|line| line.contains("hello")));
}

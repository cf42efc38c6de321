//! Who knocks at the door, whole.

use super::{Host, Peer, host, irc_user};

#[test]
fn a_web_page_cannot_speak() {
    let host = host();
    let mut anna = Peer::netcat(&host, "anna");
    for method in ["GET", "POST", "OPTIONS", "CONNECT", "PRI"] {
        let mut web = Peer::person(&host);
        let request = format!(
            "{method} / HTTP/1.1\r\nHost: x\r\n\r\nweb\nNICK web\r\nUSER w 0 * :w\r\nJOIN #lobby\r\n"
        );
        web.send_if_wanted(request.as_bytes());
        let answer = web.text_to_the_end();
        assert!(answer.starts_with("HTTP/1.1 426 ") && answer.ends_with("\r\n\r\n"), "{answer}");
    }
    let mut bob = Peer::netcat(&host, "bob");
    bob.write("end\n");
    assert_eq!(anna.lines_until("end"), ["*** nobody else is here", "*** bob joined"]);
}

#[test]
fn strangers_are_sent_away() {
    let host = host();
    for first in [b"SSH-2.0-OpenSSH_9\r\n".as_slice(), b"\x00\x01\x02\x03\n", b"\x1b[A\n"] {
        let mut peer = Peer::person(&host);
        peer.send_if_wanted(first);
        assert_eq!(peer.text_to_the_end(), "Plain UTF-8 text or IRC only.\r\n");
    }
    let mut proxy = Peer::person(&host);
    proxy.send_if_wanted(b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nNICK a\r\n");
    assert_eq!(proxy.text_to_the_end(), "");
}

#[test]
fn irc_that_comes_late_or_in_pieces_or_by_hand_is_irc() {
    let host = host();
    let mut late = Peer::person(&host);
    late.hears("Type your nickname");
    late.write("NICK late\r\nUSER l 0 * :l\r\n");
    late.hears(" 001 late ");
    let mut prompted = Peer::person(&host);
    // The prompt, and what ends its line, are a line for themselves.
    prompted.write("NI");
    prompted.write("CK pieces\r\nUSER p 0 * :p\r\n");
    prompted.hears(" 001 pieces ");
    let mut hand = Peer::person(&host);
    hand.write("nick hand\n");
    hand.write("user a b c d\n");
    hand.hears(" 001 hand ");
}

#[test]
fn the_silent_are_sent_away_at_last() {
    let host = Host::start_as(|config| {
        super::quick(config);
        config.plain.times.nick_deadline = std::time::Duration::from_millis(900);
    });
    let mut silent = Peer::person(&host);
    assert_eq!(
        silent.text_to_the_end(),
        "NICK\r\nWelcome. Type your nickname and press Enter.\r\nBye: no nickname given.\r\n"
    );
}

#[test]
fn without_plain_text_a_name_is_an_unknown_command() {
    let host = Host::start_as(|config| config.plain.on = Some(false));
    let mut peer = Peer::person(&host);
    peer.write("anna\nNICK anna\nUSER a 0 * :a\n");
    let answer = peer.line().unwrap();
    assert!(answer.contains(" 421 ") || answer.contains(" 451 "), "{answer}");
    peer.hears(" 001 anna ");
}

#[test]
fn a_pipe_says_all_it_has_and_is_gone() {
    let host = host();
    let mut alice = irc_user(&host, "alice");
    let mut pipe = Peer::person(&host);
    pipe.write("pipe\nhi\nlast");
    pipe.close_half();
    assert!(pipe.text_to_the_end().starts_with("Welcome, pipe!"));
    assert_eq!(alice.hears("PRIVMSG"), ":pipe!~plain@127.0.0.1 PRIVMSG #lobby :hi");
    assert_eq!(alice.hears("PRIVMSG"), ":pipe!~plain@127.0.0.1 PRIVMSG #lobby :last");
    assert_eq!(alice.hears("QUIT"), ":pipe!~plain@127.0.0.1 QUIT :Connection closed");
}

#[test]
fn a_key_that_interrupts_leaves() {
    let host = host();
    let mut alice = irc_user(&host, "alice");
    for keys in [b"\x03".as_slice(), b"\x04", b"\xff\xf4\xff\xfd\x06"] {
        let mut peer = Peer::telnet(&host, "raw");
        peer.send_bytes(keys);
        alice.hears(":raw!~plain@127.0.0.1 QUIT :Quit");
        assert!(peer.text_to_the_end().ends_with("*** Bye!\n"));
    }
}

#[test]
fn commands_of_a_person() {
    let host = host();
    let mut alice = irc_user(&host, "alice");
    let mut anna = Peer::netcat(&host, "anna");
    anna.hears("2 people are here: alice, anna");
    anna.write("/me waves\n/nick alice\n/nick rob\n/who\n/join #x\n exit\n");
    assert!(alice.hears("PRIVMSG").ends_with(" :\u{1}ACTION waves\u{1}"));
    // What needs no core is answered at once.
    anna.hears("/join is no command here");
    anna.hears("*** alice is taken");
    anna.hears("*** you are now rob");
    anna.hears("2 people are here: alice, rob");
    alice.hears(":anna!~plain@127.0.0.1 NICK ");
    assert_eq!(alice.hears("PRIVMSG"), ":rob!~plain@127.0.0.1 PRIVMSG #lobby :exit");
    alice
        .send("TOPIC #lobby :tea\r\nNICK ally\r\nPRIVMSG #lobby :\u{1}ACTION nods\u{1}\r\nPRIVMSG rob :psst");
    anna.hears("*** topic: tea");
    anna.hears("*** alice is now ally");
    anna.hears("* ally nods");
    anna.hears("ally (to you alone): psst");
    alice.send("KICK #lobby rob :noise");
    anna.hears("*** you were put out by ally (noise)");
    anna.text_to_the_end();
    alice.send("MODE #lobby +k tide");
    alice.hears("MODE");
    let mut late = Peer::person(&host);
    late.write("late\n");
    assert!(late.text_to_the_end().starts_with("*** you cannot come in: "));
}

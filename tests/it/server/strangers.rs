//! Whoever knocks and is not what one expects.

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{Host, Peer};
use crate::cli::Server;
use crate::terminal::Home;

#[test]
fn what_a_web_page_posts_is_not_executed() {
    let host = Host::start();
    let mut alice = host.user("alice");
    alice.join("#x");
    let mut web = host.peer();
    web.send_if_wanted(
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 80\r\n\r\nNICK web\r\nUSER web 0 * :web\r\nJOIN #x\r\nPRIVMSG #x :hi\r\n",
    );
    let answer = String::from_utf8(web.bytes_to_the_end()).unwrap();
    assert!(answer.starts_with("HTTP/1.1 426 ") && answer.ends_with("\r\n\r\n"), "{answer}");
    alice.send("WHOIS web\r\nPING :end");
    let mut heard = Vec::new();
    alice.until(|line| {
        heard.push(line.to_owned());
        line.contains(" PONG ")
    });
    assert!(heard[0].contains(" 401 alice web "), "{heard:?}");
    assert_eq!(heard.len(), 3, "{heard:?}");
}

#[test]
fn whoever_speaks_tls_is_told_in_tls() {
    let host = Host::start();
    let mut peer = host.peer();
    peer.send_if_wanted(&[&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3][..], &[0x55; 500]].concat());
    // A fatal alert of seven bytes (RFC 8446 6), and the end.
    let answer = peer.bytes_to_the_end();
    assert_eq!((answer.len(), &answer[..6]), (7, &[0x15, 3, 1, 0, 2, 2][..]));
}

#[test]
fn one_byte_in_a_packet_gives_the_same_conversation() {
    let host = Host::start();
    let script =
        "\r\nNICK alice\r\nUSER alice 0 * :alice\nJOIN #x\r\nPRIVMSG alice :h\u{e9}llo\r\nQUIT :bye\r\n";
    let mut at_once = host.peer();
    at_once.send_bytes(script.as_bytes());
    let expected = at_once.rest();
    assert!(expected.iter().any(|line| line.ends_with("PRIVMSG alice :h\u{e9}llo")), "{expected:#?}");
    let mut slowly = host.peer();
    for byte in script.bytes() {
        slowly.send_bytes(&[byte]);
    }
    assert_eq!(slowly.rest(), expected);
}

#[test]
fn ten_megabytes_without_a_line_end_are_one_line_that_is_too_long() {
    let host = Host::start();
    let mut peer = host.user("alice");
    let chunk = vec![b'x'; 1 << 20];
    for _ in 0..10 {
        peer.send_bytes(&chunk);
    }
    peer.send("\r\nPING :after");
    assert!(peer.line().unwrap().contains(" 417 alice "));
    assert!(peer.line().unwrap().ends_with("PONG chatui.local after"));
    // Whoever says nothing at all but blanks is sent away.
    let mut blank = host.peer();
    blank.send_if_wanted(&vec![b' '; 1 << 20]);
    assert_eq!(blank.bytes_to_the_end(), b"");
}

#[test]
fn any_bytes_are_survived() {
    let host = Host::start();
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..20 {
        let mut bytes = b"NICK a\r\nUSER a 0 * :a\r\n".to_vec();
        for _ in 0..20_000 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            // Line ends and blanks more often than chance has them.
            bytes.push(match seed % 23 {
                0 => b'\n',
                1 => b' ',
                2 => b':',
                _ => (seed >> 32) as u8,
            });
        }
        let mut peer = host.peer();
        peer.send_bytes(&bytes);
        peer.close_half();
        peer.bytes_to_the_end();
    }
    host.user("alice").join("#x");
}

#[test]
fn each_stranger_is_closed_within_a_second_and_is_one_line_for_the_operator() {
    const BODY: &str = "NICK evil\r\nUSER e 0 * :e\r\nJOIN #lobby\r\nPRIVMSG #lobby :evil\r\n";
    let request = |method: &str| {
        let head = format!("{method} / HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://evil.example\r\n");
        format!("{head}Content-Type: text/plain\r\nContent-Length: {}\r\n\r\n{BODY}", BODY.len()).into_bytes()
    };
    let hello = [&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3][..], &[0x55; 500]].concat();
    let knocks: [(&str, Vec<u8>); 10] = [
        ("HTTP", request("GET")),
        ("HTTP", request("POST")),
        ("HTTP", request("OPTIONS")),
        ("HTTP", request("CONNECT")),
        ("HTTP", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec()),
        ("TLS", hello),
        ("SSH", b"SSH-2.0-OpenSSH_9.0\r\n".to_vec()),
        ("proxy", b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nNICK evil\r\n".to_vec()),
        ("text", b"\x00\x01\x02\x03\x04\x05\x06\x07junk\n".to_vec()),
        ("line end", vec![b'x'; 20_000]),
    ];
    let home = Home::new();
    let told = home.path("told");
    let server = Server::start_with_diagnostics(&home, &["--data", &home.path("data")], &told);
    let address = server.address().parse().unwrap();
    let mut witness = Peer::connect(address);
    witness.register("witness", "");
    witness.join("#lobby");
    for (_, bytes) in &knocks {
        let since = Instant::now();
        let mut stranger = Peer::connect(address);
        stranger.send_if_wanted(bytes);
        stranger.bytes_to_the_end();
        assert!(since.elapsed() < Duration::from_secs(1), "{:?} {:?}", since.elapsed(), &bytes[..8]);
    }
    // Nothing of it has happened.
    witness.send("NAMES #lobby\r\nPING :end");
    let heard = witness.lines_until(" PONG ");
    assert_eq!(heard.len(), 2, "{heard:#?}");
    assert!(heard[0].ends_with(" = #lobby :@witness"));
    assert_eq!(server.stop(Signal::TERM).0, Some(0));
    let told = fs::read_to_string(&told).unwrap();
    let lines: Vec<&str> = told.lines().filter(|line| line.contains("turned away")).collect();
    assert_eq!(lines.len(), knocks.len(), "{told}");
    for ((why, _), line) in knocks.iter().zip(lines) {
        assert!(line.contains("address=127.0.0.1") && line.contains(why), "{why}: {line}");
    }
    assert_eq!(told.matches("connection=").count(), knocks.len() + 1, "one line each: {told}");
}

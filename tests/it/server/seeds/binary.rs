//! Rows that need the program itself: its start and its end, what it says, and what it holds.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use socket2::{Domain, Socket, Type};

use super::super::peers::Reads;
use super::Peer;
use crate::cli::{Server, run, text};
use crate::process::Process;
use crate::terminal::{Home, PATIENCE, Terminal};

/// Somebody at a bare terminal, in the room.
fn person(address: &str, name: &str) -> Peer {
    let mut peer = Peer::connect_as(Reads::Text, address.parse().unwrap());
    peer.write(&format!("{name}\n"));
    peer.hears("Welcome, ");
    peer
}

/// The address in the line that is to be handed to others.
fn address_in(text: &str) -> String {
    let port = text.split("chatui join 127.0.0.1:").nth(1).unwrap_or_default();
    let port: String = port.chars().take_while(char::is_ascii_digit).collect();
    format!("127.0.0.1:{port}")
}

#[test]
fn s000_s1_it_listens_where_it_is_told_and_warns_where_others_could_read() {
    let home = Home::new();
    let (data, told) = (home.path("data"), home.path("told"));
    let near = ["--listen", "[::1]:0", "--data", data.as_str()];
    let server = Server::start_with_diagnostics(&home, &near, &told);
    let ready = server.ready().to_owned();
    assert!(ready.contains("127.0.0.1:") && ready.contains("[::1]:"), "{ready}");
    let port = ready.split("[::1]:").nth(1).unwrap().split_ascii_whitespace().next().unwrap();
    TcpStream::connect(format!("[::1]:{port}")).unwrap();
    assert_eq!(server.stop(Signal::TERM).0, Some(0));
    assert!(!fs::read_to_string(&told).unwrap().contains("without TLS"));

    let far = ["--listen", "0.0.0.0:0", "--allow-plaintext", "--data", data.as_str()];
    let server = Server::start_with_diagnostics(&home, &far, &told);
    assert_eq!(server.stop(Signal::TERM).0, Some(0));
    assert!(fs::read_to_string(&told).unwrap().contains("other machines may connect without TLS"));
}

#[test]
fn s000_s5_what_was_said_survives_a_kill_and_is_there_once() {
    let home = Home::new();
    let data = home.path("data");
    let server = Server::start(&home, &["--data", &data]);
    let address = server.address();
    let (mut anna, mut bob) = (person(&address, "anna"), person(&address, "bob"));
    bob.write("remember me\n");
    // Whoever has heard it may rely on it.
    anna.hears("bob: remember me");
    drop(server);
    let server = Server::start(&home, &["--data", &data]);
    let mut carl = person(&server.address(), "carl");
    assert_eq!(carl.hears("--- last"), "--- last line ---");
    assert!(carl.line().unwrap().ends_with("] bob: remember me"));
    assert_eq!(carl.line().unwrap(), "--- end ---");
}

#[test]
fn s000_s9_who_comes_and_goes_is_told_to_the_operator_and_not_what_they_say() {
    let home = Home::new();
    let told = home.path("told");
    let server = Server::start_with_diagnostics(&home, &["--data", &home.path("data")], &told);
    let address = server.address();
    let mut anna = person(&address, "anna");
    let bob = person(&address, "bob");
    let mut ivy = Peer::connect(address.parse().unwrap());
    ivy.register("ivy", "");
    ivy.join("#lobby");
    anna.hears("*** ivy joined");
    anna.write("a secret\n");
    ivy.hears("a secret");
    bob.reset();
    ivy.hears(" QUIT ");
    ivy.send("QUIT :had enough");
    ivy.rest();
    assert_eq!(server.stop(Signal::TERM).0, Some(0));
    let told = fs::read_to_string(&told).unwrap();
    let line = |words: &[&str]| {
        let fits = |line: &&str| line.contains("127.0.0.1") && words.iter().all(|word| line.contains(word));
        assert_eq!(told.lines().filter(fits).count(), 1, "{words:?}: {told}");
    };
    line(&["registered", "kind=\"plain\"", "nick=anna"]);
    line(&["registered", "kind=\"plain\"", "nick=bob"]);
    line(&["registered", "kind=\"irc\"", "nick=ivy"]);
    line(&["left", "nick=bob", "Connection"]);
    line(&["left", "nick=ivy", "Quit: had enough"]);
    assert!(!told.contains("a secret"), "{told}");
    // Each line has its time in front.
    assert!(told.lines().all(|line| line.starts_with("20") && line[..30].contains('T')), "{told}");
}

#[test]
fn s003_s1_the_first_line_says_where_it_listens_and_how_to_come() {
    let home = Home::new();
    let server = Server::start(&home, &["--data", &home.path("data")]);
    let ready = server.ready();
    assert!(ready.starts_with("chatui serves 127.0.0.1:"), "{ready}");
    assert!(ready.ends_with(&format!("join with: chatui join {}\n", server.address())), "{ready}");
    person(&server.address(), "anna");
}

#[test]
fn s004_s7_a_key_at_its_terminal_stops_it_though_people_are_there() {
    for key in ["q", "\r"] {
        let home = Home::new();
        let args = ["serve", "--listen", "127.0.0.1:0", "--data", &home.path("data")];
        let mut server = Terminal::chatui(&home, 200, 30, &args);
        server.sees("stops the server");
        let address = address_in(&server.screen());
        let mut anna = person(&address, "anna");
        let mut ivy = Peer::connect(address.parse().unwrap());
        ivy.register("ivy", "");
        let silent = TcpStream::connect(&address).unwrap();
        let since = Instant::now();
        server.keys(key);
        assert_eq!(server.exit(), 0);
        assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
        assert!(anna.text_to_the_end().ends_with("*** Server is shutting down. Bye!\n"));
        assert!(ivy.rest().last().unwrap().starts_with("ERROR :"));
        drop(silent);
    }
}

#[test]
fn s004_s8_its_last_line_says_how_long_it_ran_and_for_how_many() {
    let home = Home::new();
    let server = Server::start(&home, &["--data", &home.path("data")]);
    let mut anna = person(&server.address(), "anna");
    // Once at the welcome, and once when all that was typed before has been dealt with.
    anna.hears("nobody else");
    anna.write("hi\n/who\n");
    anna.hears("nobody else");
    let (code, rest) = server.stop(Signal::INT);
    assert_eq!(code, Some(0));
    assert!(rest.starts_with("chatui stopped after 0:00:"), "{rest}");
    // A JOIN and a message.
    assert!(rest.contains("1 people came") && rest.ends_with("2 lines were kept\n"), "{rest}");
}

#[test]
fn s004_s9_of_ten_thousand_who_came_and_went_nothing_is_left() {
    let home = Home::new();
    let args = ["--data", &home.path("data"), "--sync", "never", "--quiet"];
    let server = Server::start(&home, &args);
    let address: SocketAddr = server.address().parse().unwrap();
    let wave = |number: usize| {
        let mut peers: Vec<Peer> = (0..100).map(|_| Peer::connect_as(Reads::Text, address)).collect();
        for (n, peer) in peers.iter_mut().enumerate() {
            match n % 4 {
                0 => peer.send(&format!("NICK n{number}x{n}\r\nUSER n 0 * :n\r\nJOIN #r{}", n % 7)),
                1 => peer.write(&format!("p{number}x{n}\n")),
                2 => peer.send("CAP LS 302"),
                _ => {}
            }
        }
        // The last of each kind has been dealt with.
        peers[96].hears(" 366 ");
        peers[97].hears("elcome, ");
        peers[98].hears(" LS ");
    };
    let process = server.process();
    (0..10).for_each(wave);
    settle(&process, 0, |_| true);
    let (memory, threads) = (process.memory(), process.threads());
    let mut watcher = Peer::connect(address);
    watcher.register("watcher", "");
    let descriptors = process.descriptors();
    (10..110).for_each(wave);
    settle(&process, descriptors, |now| now <= descriptors);
    watcher.send("LUSERS");
    watcher.hears(" 255 watcher :I have 1 clients");
    assert_eq!(process.threads(), threads);
    let grown = process.memory().saturating_sub(memory);
    assert!(grown < 8 << 20, "{grown} bytes more than after the first thousand");
}

/// Waits until as many files and sockets are open as should be.
fn settle(process: &Process, wanted: usize, holds: impl Fn(usize) -> bool) {
    let until = Instant::now() + PATIENCE;
    while !holds(process.descriptors()) {
        assert!(Instant::now() < until, "{} are open, not {wanted}", process.descriptors());
        std::thread::yield_now();
    }
}

#[test]
fn s001_c3_s004_c5_a_lost_server_is_told_and_waiting_costs_nothing() {
    let home = Home::new();
    let data = home.path("data");
    let server = Server::start(&home, &["--data", &data]);
    let address = server.address();
    let mut alice = Terminal::chatui(&home, 100, 30, &["join", &address, "--nick", "alice"]);
    alice.sees("@alice");
    drop(server);
    alice.sees("offline");
    let (since, before) = (Instant::now(), alice.process().ticks());
    let args = ["serve", "--listen", address.as_str(), "--data", &data, "--quiet"];
    let server = Terminal::chatui(&home, 100, 30, &args);
    server.sees("chatui join");
    alice.sees_no("offline");
    let (took, waited) = (alice.process().ticks() - before, since.elapsed());
    // Half a processor would be a loop that spins; the first picture and a second one are a few hundredths.
    assert!(u128::from(took) <= 10 + waited.as_millis() / 20, "{took} hundredths in {waited:?}");
    alice.line("/quit");
    assert_eq!(alice.exit(), 0);
}

#[test]
fn s002_c3_an_address_that_never_answers_is_given_up_and_named() {
    // One place is all there is in front of this door, and it is taken.
    let door = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    door.bind(&"127.0.0.1:0".parse::<SocketAddr>().unwrap().into()).unwrap();
    door.listen(0).unwrap();
    let address = door.local_addr().unwrap().as_socket().unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(100)) {
        waiting.push(stream);
    }
    let home = Home::new();
    let since = Instant::now();
    let args = ["join", &address.to_string(), "--nick", "alice", "--connect-timeout", "1"];
    let person = Terminal::chatui(&home, 100, 30, &args);
    assert_eq!(person.exit(), 1);
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
    person.sees(&address.to_string());
    person.is_restored();
}

#[test]
fn s002_s1_a_port_that_is_none_is_one_line() {
    let home = Home::new();
    for wrong in [":abc", "127.0.0.1:99999", "127.0.0.1:"] {
        let output = run(&home, &["serve", "--listen", wrong]);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
        assert!(text(&output.stderr).lines().next().unwrap().contains(wrong), "{}", text(&output.stderr));
    }
}

//! The main job, seen from outside: the real binary in a pseudo-terminal, a server and people at it, one of them
//! killed, the server stopped and started again, and the state in which each leaves the terminal. Needs the binary.

use std::io::{BufRead, BufReader};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use rustix::process::Signal;

use crate::terminal::{Home, PATIENCE, Terminal, chatui};

/// A server in a terminal of its own, and where it listens.
pub struct Server {
    pub terminal: Terminal,
    pub address: String,
}

impl Server {
    /// Starts one at any free port.
    pub fn start(home: &Home) -> Server {
        Server::at(home, "127.0.0.1:0")
    }

    fn at(home: &Home, listen: &str) -> Server {
        let data = home.path("data");
        let terminal = Terminal::chatui(home, 200, 30, &["serve", "--listen", listen, "--data", &data]);
        terminal.sees("chatui join 127.0.0.1:");
        let address = address_in(&terminal.screen());
        Server { terminal, address }
    }

    /// A person at it, who is in the room.
    pub fn person(&self, home: &Home, nick: &str) -> Terminal {
        let person = Terminal::chatui(home, 100, 30, &["join", &self.address, "--nick", nick]);
        person.sees("#lobby");
        person.sees_rows(&format!("{nick} is among the people"), |rows| member(rows, nick));
        person
    }
}

/// The address in the line that is to be handed to others.
fn address_in(screen: &str) -> String {
    let port = screen.split("chatui join 127.0.0.1:").nth(1).unwrap_or_default();
    let port: String = port.chars().take_while(char::is_ascii_digit).collect();
    format!("127.0.0.1:{port}")
}

/// Whether the list of people, at the right end of a row, has this name.
pub fn member(rows: &[String], nick: &str) -> bool {
    rows.iter().any(|row| {
        let right = row.rsplit_once('│').map_or("", |(_, right)| right);
        right.trim().trim_start_matches(['@', '+']) == nick
    })
}

/// Whether a message of this person, with this text, stands in a row.
pub fn message(rows: &[String], nick: &str, text: &str) -> bool {
    rows.iter().any(|row| row.find(nick).is_some_and(|at| row[at..].contains(text)))
}

#[test]
fn two_people_talk_and_one_is_killed() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut alice = server.person(&home, "alice");
    let mut bob = server.person(&home, "bob");
    alice.sees_rows("alice sees bob arrive", |rows| member(rows, "bob"));

    alice.line("good morning, bob");
    bob.sees_rows("bob reads alice", |rows| message(rows, "alice", "good morning, bob"));
    bob.line("good morning to you, alice");
    alice.sees_rows("alice reads bob", |rows| message(rows, "bob", "good morning to you, alice"));
    bob.sees("good morning to you, alice");

    bob.signal(Signal::KILL);
    alice.sees_rows("bob is no longer among the people", |rows| !member(rows, "bob"));
    alice.sees("bob left: ");

    alice.line("/quit bye");
    assert_eq!(alice.exit(), 0);
    alice.is_restored();
}

#[test]
fn a_server_stops_gracefully_and_comes_back_with_history_and_topic() {
    let home = Home::new();
    let mut server = Server::start(&home);
    let address = server.address.clone();
    let mut alice = server.person(&home, "alice");
    alice.line("/topic tea at five");
    alice.sees("tea at five");
    alice.line("remember the milk");
    alice.sees_rows("the line has come back", |rows| message(rows, "alice", "remember the milk"));

    for round in 0..3 {
        match round {
            0 => server.terminal.signal(Signal::TERM),
            1 => server.terminal.keys("q"),
            _ => server.terminal.keys("\u{3}"),
        }
        assert_eq!(server.terminal.exit(), 0, "round {round}");
        server.terminal.is_restored();
        let screen = server.terminal.screen();
        let last = screen.trim_end().lines().last().unwrap_or_default().to_owned();
        assert!(last.chars().any(|c| c.is_ascii_digit()), "no uptime and counts in the last line: {screen}");
        // The same port, at once.
        server = Server::at(&home, &address);
    }
    alice.sees_rows("alice is back", |rows| member(rows, "alice"));

    let bob = server.person(&home, "bob");
    bob.sees("tea at five");
    bob.sees_rows("bob reads what was said before", |rows| message(rows, "alice", "remember the milk"));
    let times = bob.screen().matches("remember the milk").count();
    assert_eq!(times, 1, "{}", bob.screen());
}

#[test]
fn a_server_whose_terminal_is_gone_ends_and_frees_its_folder() {
    let home = Home::new();
    let terminal = native_pty_system().openpty(PtySize::default()).unwrap();
    let mut command = CommandBuilder::new(chatui());
    command.args(["serve", "--listen", "127.0.0.1:0", "--data", &home.path("data")]);
    command.env_clear();
    home.variables().into_iter().for_each(|(name, value)| command.env(name, value));
    let mut server = terminal.slave.spawn_command(command).unwrap();
    let shown = BufReader::new(terminal.master.try_clone_reader().unwrap());
    let running = shown.lines().map_while(Result::ok).any(|line| line.contains("stops the server"));
    assert!(running, "it never said how it is stopped");

    // Nobody holds the other side any more: the server is sent SIGHUP, and what it writes from now on fails.
    drop(terminal);
    let mut killer = server.clone_killer();
    let (tell, ended) = std::sync::mpsc::channel();
    std::thread::spawn(move || tell.send(server.wait().unwrap()));
    let exit = ended.recv_timeout(PATIENCE).inspect_err(|_| killer.kill().unwrap());
    let exit = exit.expect("the server ends");
    assert_eq!((exit.exit_code(), exit.signal()), (0, None));
    Server::start(&home);
}

#[test]
fn what_is_typed_while_the_server_is_away_is_sent_once() {
    let home = Home::new();
    let server = Server::start(&home);
    let address = server.address.clone();
    let mut alice = server.person(&home, "alice");
    let bob = server.person(&home, "bob");
    server.terminal.signal(Signal::TERM);
    assert_eq!(server.terminal.exit(), 0);
    alice.sees("offline");
    alice.line("said into the dark");

    let _server = Server::at(&home, &address);
    for person in [&alice, &bob] {
        person.sees_rows("the line arrives", |rows| message(rows, "alice", "said into the dark"));
        person.sees_no("offline");
    }
    assert_eq!(bob.screen().matches("said into the dark").count(), 1, "{}", bob.screen());
}

#[test]
fn what_is_typed_while_the_server_is_away_outlives_the_client_that_is_killed() {
    let home = Home::new();
    let server = Server::start(&home);
    let address = server.address.clone();
    let mut alice = server.person(&home, "alice");
    let bob = server.person(&home, "bob");
    server.terminal.signal(Signal::TERM);
    assert_eq!(server.terminal.exit(), 0);
    alice.sees("offline");
    alice.line("said into the dark");
    alice.line("and once more");
    alice.keys("half a thou");
    alice.sees("2 lines wait");
    comes_true("the draft is on the disk", || journal(&home).contains("thou"));
    alice.signal(Signal::KILL);

    let server = Server::at(&home, &address);
    let mut alice = server.person(&home, "alice");
    alice.sees("half a thou");
    for person in [&alice, &bob] {
        person.sees_rows("the lines arrive", |rows| {
            message(rows, "alice", "said into the dark")
                && rows.iter().any(|row| row.contains("and once more"))
        });
    }
    // Killed again, at the moment after Enter: whether the server has heard it is not known to anybody yet.
    alice.keys("\u{15}");
    for n in 0..5 {
        bob.sees_rows("bob sees alice", |rows| member(rows, "alice"));
        let text = format!("word {n}");
        alice.line(&text);
        // Taken is what is no longer in the input.
        alice.sees_rows("the line is taken", |rows| {
            rows.iter().any(|row| row.contains(&text) && !row.contains('›'))
        });
        alice.signal(Signal::KILL);
        bob.sees_rows("the server knows that alice is gone", |rows| !member(rows, "alice"));
        alice = server.person(&home, "alice");
    }
    bob.sees("word 4");
    for text in ["said into the dark", "and once more", "word 0", "word 1", "word 2", "word 3", "word 4"] {
        bob.sees(text);
        assert_eq!(bob.screen().matches(text).count(), 1, "{}", bob.screen());
    }
    // All is settled: nothing is left but the file itself.
    comes_true("the journal is empty", || journal(&home).is_empty());
}

fn comes_true(what: &str, holds: impl Fn() -> bool) {
    let until = std::time::Instant::now() + PATIENCE;
    while !holds() {
        assert!(std::time::Instant::now() < until, "waited in vain until {what}");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// What all clients have on the disk.
fn journal(home: &Home) -> String {
    let files = std::fs::read_dir(home.path("state/chatui/outbox")).into_iter().flatten().flatten();
    files.filter_map(|file| std::fs::read_to_string(file.path()).ok()).collect()
}

#[test]
fn a_paste_that_ends_early_sends_nothing_by_itself() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut alice = server.person(&home, "alice");
    let mut bob = server.person(&home, "bob");
    alice.keys("\u{1b}[200~rm -rf\u{1b}[201~\rsecret\r\u{3}\u{4}more\u{1b}[201~");
    alice.sees_rows("all of it is in the input", |rows| {
        let typed = rows.iter().rev().take(3).rev().map(|row| row.trim()).collect::<Vec<_>>();
        typed[0].ends_with("rm -rf") && typed[1] == "secret" && typed[2].starts_with("more")
    });
    // What bob says comes after whatever alice would have sent.
    bob.line("anybody here?");
    alice.sees_rows("alice reads bob", |rows| message(rows, "bob", "anybody here?"));
    assert!(!bob.screen().contains("secret") && !bob.screen().contains("rm -rf"), "{}", bob.screen());
}

#[test]
fn a_paste_that_stands_still_sends_nothing_by_itself() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut alice = server.person(&home, "alice");
    let mut bob = server.person(&home, "bob");
    alice.keys("\u{1b}[200~one\rtwo");
    alice.sees_rows("what has come is in the input", |rows| {
        rows.last().is_some_and(|row| row.trim().starts_with("two"))
    });
    alice.keys("\rsecret\r");
    alice.sees_rows("so is what comes after a pause", |rows| {
        rows.last().is_some_and(|row| row.trim().starts_with("secret"))
    });
    bob.line("anybody here?");
    alice.sees_rows("alice reads bob", |rows| message(rows, "bob", "anybody here?"));
    assert!(!bob.screen().contains("secret") && !bob.screen().contains("two"), "{}", bob.screen());
}

#[test]
fn the_users_own_editor_has_the_terminal_and_gives_the_draft_back() {
    let home = Home::new();
    let server = Server::start(&home);
    let bob = server.person(&home, "bob");
    let editor = home.path("editor");
    let script = "#!/bin/sh\necho EDITING; cat $1; read line < /dev/tty; echo \"$line\" >> $1\n";
    std::fs::write(&editor, script).unwrap();
    let mut command = CommandBuilder::new("sh");
    let line =
        format!("EDITOR='sh {editor}' exec {} join {} --nick alice", chatui().display(), server.address);
    command.args(["-c", &line]);
    let mut alice = Terminal::run(&home, 100, 30, command);
    alice.sees_rows("alice is among the people", |rows| member(rows, "alice"));
    alice.keys("first half\u{18}");
    alice.sees("EDITING");
    alice.line("second half");
    alice.sees_rows("the room is back", |rows| member(rows, "alice"));
    alice.sees("second half");
    alice.keys("\r");
    bob.sees_rows("both lines arrive", |rows| {
        message(rows, "alice", "first half") && rows.iter().any(|row| row.contains("second half"))
    });
    let left = std::fs::read_dir(home.path("state/chatui")).unwrap().flatten();
    let left: Vec<_> = left.filter(|file| file.file_name().to_string_lossy().contains("draft")).collect();
    assert!(left.is_empty(), "{left:?}");
    alice.line("/quit");
    assert_eq!(alice.exit(), 0);
    alice.is_restored();
}

#[test]
fn a_suspended_client_gives_the_terminal_back_and_returns() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut shell = CommandBuilder::new("sh");
    shell.arg("-i");
    let mut alice = Terminal::run(&home, 100, 30, shell);
    alice.line("PS1='prompt> '; set -m; echo rea''dy");
    alice.sees("ready");
    alice.line(&format!("{} join {} --nick alice", chatui().display(), server.address));
    alice.sees_rows("alice is among the people", |rows| member(rows, "alice"));

    alice.keys("\u{1a}");
    alice.sees("Stopped");
    alice.line("echo st''ill here");
    alice.sees("still here");
    alice.line("fg");
    alice.sees_rows("the room is back", |rows| member(rows, "alice"));
    alice.line("back again");
    alice.sees_rows("and works", |rows| message(rows, "alice", "back again"));
    alice.line("/quit");
    alice.sees_rows("the shell waits", |rows| {
        rows.iter().rfind(|row| !row.trim().is_empty()).is_some_and(|row| row.trim() == "prompt>")
    });
    alice.line("exit");
    assert_eq!(alice.exit(), 0);
    alice.is_restored();
}

#[test]
fn no_size_of_the_window_is_too_small() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut alice = server.person(&home, "alice");
    // One after the other as a hand drags them, and faster.
    let storm = (0..200u16).map(|n| (n * 37 % 130, n * 23 % 50));
    let sizes = [(40, 12), (20, 5), (3, 2), (1, 1), (0, 0), (0, 9), (9, 0), (200, 60)];
    for (columns, rows) in sizes.into_iter().chain(storm).chain([(100, 30)]) {
        alice.resize(columns, rows);
    }
    alice.sees_rows("all is back in its place", |rows| member(rows, "alice"));
    alice.line("still in one piece");
    alice.sees_rows("and works", |rows| message(rows, "alice", "still in one piece"));
    alice.line("/quit");
    assert_eq!(alice.exit(), 0);
    alice.is_restored();
}

#[test]
fn host_is_a_server_and_a_person_in_one() {
    let home = Home::new();
    let data = home.path("data");
    let args = ["host", "--listen", "127.0.0.1:0", "--data", data.as_str(), "--nick", "alice"];
    let mut alice = Terminal::chatui(&home, 80, 24, &args);
    alice.sees_rows("alice is among the people", |rows| member(rows, "alice"));
    alice.sees("others here type: chatui join 127.0.0.1:");
    let address = address_in(&alice.screen());

    let mut bob = Terminal::chatui(&home, 100, 30, &["join", &address, "--nick", "bob"]);
    bob.sees_rows("bob is among the people", |rows| member(rows, "bob"));
    bob.line("hello, host");
    alice.sees_rows("alice reads bob", |rows| message(rows, "bob", "hello, host"));

    // Who hosts where somebody hosts already is a guest.
    let args = ["host", "--listen", address.as_str(), "--data", data.as_str(), "--nick", "carol"];
    let mut carol = Terminal::chatui(&home, 80, 24, &args);
    carol.sees(&format!("runs here already: chatui join {address}"));
    carol.sees_rows("carol sees bob", |rows| member(rows, "bob"));
    carol.line("/quit");
    assert_eq!(carol.exit(), 0);

    bob.line("still there?");
    alice.sees_rows("alice reads bob", |rows| message(rows, "bob", "still there?"));
    alice.line("/quit");
    assert_eq!(alice.exit(), 0);
    alice.is_restored();
    bob.sees("offline");
}

#[test]
fn where_nobody_listens_is_said_soon() {
    let home = Home::new();
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let begun = std::time::Instant::now();
    let person = Terminal::chatui(&home, 100, 30, &["join", &address, "--nick", "alice"]);
    assert_eq!(person.exit(), 1);
    assert!(begun.elapsed() < std::time::Duration::from_secs(5));
    person.sees(&address);
    person.is_restored();
}

//! Logging in to an account, and what becomes of it if that fails. At the end with the real program and a small server.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use chatui::client::Address;
use chatui::client::app::{Effect, Event, Options, Screen};
use chatui::client::session::Account;
use portable_pty::CommandBuilder;

use crate::client::Talk;
use crate::terminal::{Home, PATIENCE, Terminal, chatui};

/// `\0ivy\0hunter2` in base64.
const IVY: &str = "AGl2eQBodW50ZXIy";

/// A client that is to log in, at the first lines of the server.
fn coming(optional: bool) -> Talk {
    let mut talk = Talk::with(Options {
        server: Some(Address { host: "h".into(), port: 6697, tls: true }),
        nick: "ivy".into(),
        user: "ivy/tea@desk".into(),
        account: Some(Account { name: "ivy".into(), password: "hunter2".into(), optional }),
        ..Options::default()
    });
    talk.event(Event::Online);
    talk
}

/// The end of a connection that the client has given up: the reason, and what it does then.
fn given_up(talk: &mut Talk) -> (String, Vec<Effect>) {
    let reason = talk.others().into_iter().find_map(|effect| match effect {
        Effect::Disconnect(reason) => Some(reason),
        _ => None,
    });
    let reason = reason.expect("it is given up");
    assert!(!talk.sent().contains(&"CAP END".to_owned()), "nobody comes in without an account silently");
    talk.event(Event::Offline(reason.clone()));
    (reason, talk.others())
}

#[test]
fn one_is_logged_in_before_the_welcome() {
    let mut talk = coming(false);
    assert_eq!(talk.sent(), ["CAP LS 302", "NICK ivy", "USER ivy/tea@desk 0 * ivy"]);
    talk.hears(":s CAP * LS * :server-time\n:s CAP * LS :sasl=EXTERNAL,PLAIN batch");
    assert_eq!(talk.sent(), ["CAP REQ :server-time batch sasl"]);
    talk.hears(":s CAP * NAK :server-time batch sasl\n:s CAP * ACK :server-time\n:s CAP * NAK :batch");
    assert_eq!(talk.sent(), ["CAP REQ :server-time", "CAP REQ :batch", "CAP REQ :sasl"]);
    talk.hears(":s CAP * ACK :sasl");
    assert_eq!(talk.sent(), ["AUTHENTICATE PLAIN"]);
    talk.hears("AUTHENTICATE +");
    assert_eq!(talk.sent(), [format!("AUTHENTICATE {IVY}")]);
    talk.hears(":s 900 ivy ivy!i@h ivy :You are now logged in as ivy");
    assert_eq!(talk.sent(), [""; 0]);
    talk.hears(":s 903 ivy :SASL authentication successful");
    assert_eq!(talk.sent(), ["CAP END"]);
    talk.hears(":s 001 ivy :Welcome\n:s 376 ivy :End");
    assert_eq!(talk.sent(), ["JOIN #lobby"]);
    // Once is enough: whatever a server says later is not answered with a password.
    talk.hears("AUTHENTICATE +\n:s CAP * NEW :sasl=PLAIN\n:s CAP * ACK :sasl\n:s 903 ivy :again");
    assert_eq!(talk.sent(), [""; 0]);
}

#[test]
fn a_refused_login_ends_it_with_the_reason_and_is_not_tried_again_by_itself() {
    for (lines, why) in [
        (":s 904 ivy :SASL authentication failed", "SASL authentication failed"),
        (":s 902 ivy :You must use a nick assigned to you", "You must use a nick assigned to you"),
        (":s 905 ivy :SASL message too long", "SASL message too long"),
        (
            ":s 908 ivy SCRAM-SHA-256,EXTERNAL :are available SASL mechanisms\n:s 904 ivy :SASL authentication failed",
            "this server wants another mechanism: SCRAM-SHA-256,EXTERNAL",
        ),
    ] {
        let mut talk = coming(false);
        talk.hears(":s CAP * LS :sasl\n:s CAP * ACK :sasl\nAUTHENTICATE +");
        talk.sent();
        talk.others();
        talk.hears(lines);
        let (reason, effects) = given_up(&mut talk);
        assert_eq!(reason, format!("not logged in as ivy: {why}"));
        assert_eq!(effects, [Effect::Fail(format!("could not connect to h:+6697: {reason}"))]);
    }
    // The same when the connection was lost and comes back.
    let mut talk = coming(false);
    talk.hears(":s CAP * LS :sasl\n:s CAP * ACK :sasl\nAUTHENTICATE +\n:s 903 ivy :in\n:s 001 ivy :Hi\n:s 376 ivy :End");
    talk.event(Event::Offline("cut".into()));
    talk.event(Event::Online);
    talk.hears(":s CAP * LS :sasl\n:s CAP * ACK :sasl\nAUTHENTICATE +");
    talk.sent();
    talk.others();
    talk.hears(":s 904 ivy :SASL authentication failed");
    let (reason, effects) = given_up(&mut talk);
    assert_eq!(effects, [], "it does not try passwords out");
    assert!(talk.shows("#lobby").contains(&format!("Error {reason}")), "{:?}", talk.shows("#lobby"));
    talk.types("/reconnect");
    assert!(matches!(talk.others()[..], [Effect::Connect { .. }]));
}

#[test]
fn a_server_where_nobody_can_log_in_is_left_and_tried_again_later() {
    for lines in [
        ":s CAP * LS :server-time",
        ":s CAP * LS :sasl=EXTERNAL",
        ":s CAP * LS :sasl\n:s CAP * NAK :sasl",
        ":s CAP * LS :sasl\n:s CAP * ACK :sasl\n:s 906 ivy :SASL authentication aborted",
        ":s 421 ivy CAP :Unknown command\n:s 001 ivy :Welcome",
        ":s CAP * LS :sasl\n:s 001 ivy :Welcome",
    ] {
        let mut talk = coming(false);
        talk.others();
        talk.hears(lines);
        assert!(matches!(talk.app.screen(), Screen::Connecting(_)), "{lines}");
        let (reason, effects) = given_up(&mut talk);
        assert!(reason.starts_with("not logged in as ivy: th"), "{reason}");
        assert_eq!(effects, [Effect::Fail(format!("could not connect to h:+6697: {reason}"))]);
        // Once one was in, it may be that only the part of the server is away that looks after the accounts.
        let mut talk = coming(false);
        talk.hears(":s CAP * LS :sasl\n:s CAP * ACK :sasl\nAUTHENTICATE +\n:s 903 ivy :in\n:s 001 ivy :Hi");
        talk.event(Event::Offline("cut".into()));
        talk.event(Event::Online);
        talk.sent();
        talk.others();
        talk.hears(lines);
        let (_, effects) = given_up(&mut talk);
        assert!(matches!(effects[..], [Effect::Connect { .. }]), "{lines}: {effects:?}");
    }
}

#[test]
fn who_wants_to_goes_on_without_the_account_and_is_told() {
    for lines in [
        ":s CAP * LS :sasl\n:s CAP * ACK :sasl\nAUTHENTICATE +\n:s 904 ivy :wrong",
        ":s CAP * LS :sasl=EXTERNAL",
        ":s CAP * LS :sasl\n:s CAP * NAK :sasl",
        ":s CAP * LS :",
    ] {
        let mut talk = coming(true);
        talk.hears(lines);
        assert_eq!(talk.sent().last().unwrap(), "CAP END", "{lines}");
        talk.hears(":s 001 ivy :Welcome");
        let told = |row: &String| row.starts_with("Server not logged in as ivy: ");
        assert!(talk.shows("#lobby").iter().any(told), "{:?}", talk.shows("#lobby"));
    }
}

/// A small server that lets ivy log in, and tells what it has heard.
fn small_server() -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (tell, heard) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            // A client that leaves ends only its own conversation.
            let _ = serve(&stream.unwrap(), &mut |line| drop(tell.send(line)));
        }
    });
    (address, heard)
}

fn serve(stream: &TcpStream, tell: &mut dyn FnMut(String)) -> std::io::Result<()> {
    let mut out = stream;
    for line in BufReader::new(stream).lines() {
        let line = line?;
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["CAP", "LS", ..] => write!(out, ":s CAP * LS :sasl=PLAIN\r\n")?,
            ["CAP", "REQ", ..] => write!(out, ":s CAP * ACK :sasl\r\n")?,
            ["AUTHENTICATE", "PLAIN"] => write!(out, "AUTHENTICATE +\r\n")?,
            ["AUTHENTICATE", IVY] => write!(out, ":s 903 ivy :SASL authentication successful\r\n")?,
            ["AUTHENTICATE", _] => write!(out, ":s 904 ivy :SASL authentication failed\r\n")?,
            ["CAP", "END"] => write!(out, ":s 001 ivy :Welcome to the tea house\r\n:s 376 ivy :End\r\n")?,
            ["JOIN", room] => write!(out, ":ivy!i@h JOIN {room}\r\n:s 366 ivy {room} :End\r\n")?,
            ["QUIT", ..] => write!(out, "ERROR :Bye\r\n")?,
            _ => {}
        }
        tell(line);
    }
    Ok(())
}

#[track_caller]
fn hears(heard: &Receiver<String>, wanted: &str) {
    while heard.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("the server does not hear {wanted}"))
        != wanted
    {}
}

#[test]
fn the_password_is_asked_for_or_in_a_file_or_a_variable_and_a_wrong_one_is_the_end() {
    let (home, (address, heard)) = (Home::new(), small_server());
    let join = |more: &[&str], variables: &[(&str, &str)]| {
        let mut command = CommandBuilder::new(chatui());
        command.args(["join", &address, "--nick", "ivy"]);
        command.args(more);
        Terminal::with(&home, 80, 24, command, variables)
    };
    let comes_in = |mut ivy: Terminal| {
        hears(&heard, "JOIN #lobby");
        ivy.sees("#lobby");
        ivy.line("/quit");
        assert_eq!(ivy.exit(), 0);
        assert!(!ivy.written().contains("hunter2"), "a password is seen by nobody");
    };
    let mut ivy = join(&["--account", "ivy"], &[]);
    ivy.sees("Password of the account ivy: ");
    ivy.keys("hunter2\r");
    comes_in(ivy);
    let variable = [("CHATUI_ACCOUNT_PASSWORD", "hunter2")];
    comes_in(join(&["--account", "ivy", "--user", "ivy/tea"], &variable));
    fs::write(home.path("right"), "hunter2\n").unwrap();
    let file = home.path("right");
    let wrong = [("CHATUI_ACCOUNT_PASSWORD", "wrong")];
    comes_in(join(&["--account", "ivy", "--account-password-file", &file], &wrong));
    // What is wrong is the end, unless one goes on without.
    let ivy = join(&["--account", "ivy"], &wrong);
    assert_eq!(ivy.exit(), 1);
    ivy.sees("not logged in as ivy: SASL authentication failed");
    ivy.is_restored();
    let mut ivy = join(&["--account", "ivy", "--account-optional"], &wrong);
    ivy.sees("not logged in as ivy");
    ivy.line("/quit");
    assert_eq!(ivy.exit(), 0);
    // The account of this server stands in the configuration.
    fs::create_dir_all(home.path("config/chatui")).unwrap();
    let config = format!("[accounts]\n\"{address}\" = {{ name = \"ivy\", password-file = \"~/right\" }}\n");
    fs::write(home.path("config/chatui/config.toml"), config).unwrap();
    comes_in(join(&[], &[]));
}

//! Rows of the five systems' clients, done by `chatui join` in a terminal, beside somebody with netcat.

use super::{Host, Peer, host};
use crate::terminal::{Home, Terminal};

/// A client in a terminal, whose input is ready.
fn client(host: &Host, home: &Home, args: &[&str]) -> Terminal {
    let address = host.server().addresses()[0].to_string();
    let mut all = vec!["join", &address];
    all.extend(args);
    let client = Terminal::chatui(home, 100, 30, &all);
    client.sees("#lobby");
    client
}

/// The last row, where one types.
fn input(rows: &[String]) -> &str {
    rows.iter().rfind(|row| !row.trim().is_empty()).map_or("", |row| row.trim())
}

#[test]
fn s000_c1_oneself_others_and_errors_are_told_apart_by_colour() {
    let host = host();
    let home = Home::new();
    let mut nan = Peer::netcat(&host, "nan");
    let mut alice = client(&host, &home, &["--nick", "alice"]);
    nan.hears("alice joined");
    alice.line("mine");
    nan.hears("alice: mine");
    nan.write("alice: yours\n");
    alice.sees("yours");
    alice.line("/topic tea");
    alice.sees("only an operator");
    let error = "only an operator";
    let colours =
        [("alice", "mine"), ("nan", "yours"), (error, error)].map(|(word, text)| alice.colour(word, text));
    for (n, colour) in colours.iter().enumerate() {
        assert_ne!(*colour, vt100::Color::Default, "{}", alice.screen());
        assert!(!colours[..n].contains(colour), "{colours:?}");
    }

    // Whoever asks for no colours gets none.
    let (chatui, address) = (crate::terminal::chatui(), host.server().addresses()[0].to_string());
    let mut command = portable_pty::CommandBuilder::new("env");
    command.args(["NO_COLOR=1", chatui.to_str().unwrap(), "join", &address, "--nick", "bob"]);
    let bob = Terminal::run(&home, 100, 30, command);
    bob.sees("yours");
    assert_eq!(bob.colour("nan", "yours"), vt100::Color::Default);
}

#[test]
fn s000_c2_s001_c4_s003_c1_s004_c2_who_gives_no_name_comes_under_his_login() {
    let host = host();
    let home = Home::new();
    let mut nan = Peer::netcat(&host, "nan");
    let _tester = client(&host, &home, &[]);
    nan.hears("*** tester joined");
}

#[test]
fn s000_c3_c4_s002_c6_enter_sends_and_clears_and_a_blank_line_is_nothing() {
    let host = host();
    let home = Home::new();
    let mut nan = Peer::netcat(&host, "nan");
    let mut alice = client(&host, &home, &["--nick", "alice"]);
    nan.hears("*** alice joined");
    alice.keys("one");
    alice.sees_rows("what is typed", |rows| input(rows).ends_with("one"));
    alice.keys("\r\r");
    alice.sees_rows("the input is empty", |rows| !input(rows).ends_with("one"));
    alice.line("two");
    assert_eq!(nan.line().unwrap(), "alice: one");
    assert_eq!(nan.line().unwrap(), "alice: two");
    alice.keys("   \r\u{15}");
    alice.line("three");
    assert_eq!(nan.line().unwrap(), "alice: three");
}

#[test]
fn s001_c1_s003_c2_what_arrives_does_not_disturb_what_is_typed() {
    let host = host();
    let home = Home::new();
    let mut nan = Peer::netcat(&host, "nan");
    let mut alice = client(&host, &home, &["--nick", "alice"]);
    nan.hears("*** alice joined");
    alice.keys("half a ");
    alice.sees_rows("half a line", |rows| input(rows).ends_with("half a"));
    for n in 0..100 {
        nan.write(&format!("message {n}\n"));
    }
    alice.sees("message 99");
    alice.keys("line\r");
    assert_eq!(nan.hears("alice: "), "alice: half a line");
}

#[test]
fn s002_c4_a_client_told_not_to_come_back_ends_with_its_server() {
    let mut host = host();
    let home = Home::new();
    let alice = client(&host, &home, &["--nick", "alice", "--no-reconnect"]);
    alice.sees("alice");
    host.stop().unwrap();
    assert_eq!(alice.exit(), 1);
    alice.is_restored();
}

#[test]
fn s002_c5_who_leaves_by_ctrl_c_has_quit() {
    let host = host();
    let home = Home::new();
    let mut nan = Peer::netcat(&host, "nan");
    let mut alice = client(&host, &home, &["--nick", "alice"]);
    nan.hears("*** alice joined");
    alice.keys("\u{3}\u{3}");
    assert_eq!(alice.exit(), 0);
    assert_eq!(nan.hears("alice left"), "*** alice left (leaving)");
}

#[test]
fn s004_c6_steps_of_its_work_are_not_on_the_screen() {
    let host = host();
    let home = Home::new();
    let mut alice = client(&host, &home, &["--nick", "alice"]);
    alice.line("/quit");
    assert_eq!(alice.exit(), 0);
    alice.is_restored();
    assert_eq!(alice.screen().trim(), "", "nothing is left behind");
}

#[test]
fn s001_c5_what_ends_without_a_line_end_is_a_line_of_its_own() {
    let host = host();
    let home = Home::new();
    let mut anna = Peer::s000(&host, "anna");
    let alice = client(&host, &home, &["--nick", "alice"]);
    anna.hears("alice joined");
    for word in ["one", "two"] {
        anna.write(word);
        anna.hears(&format!("anna: {word}"));
    }
    alice.sees_rows("each in a row", |rows| {
        let row = |word: &str| rows.iter().position(|row| row.contains(word) && !row.contains("anna joined"));
        row("one").is_some_and(|one| row("two").is_some_and(|two| two > one))
    });
}

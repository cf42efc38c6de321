//! What the client and its terminal say to each other, and what is remembered from one start to the next. Needs the
//! binary.

use std::process::{Command, Stdio};

use rustix::process::Signal;

use crate::pty::{Server, member, message};
use crate::terminal::{Home, Terminal, chatui};

#[test]
fn where_one_had_read_to_and_who_is_ignored_outlive_the_client() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut alice = server.person(&home, "alice");
    let mut bob = server.person(&home, "bob");
    bob.line("seen by alice");
    alice.sees_rows("alice reads bob", |rows| message(rows, "bob", "seen by alice"));
    alice.line("/ignore carol");
    alice.sees("carol is ignored");
    alice.signal(Signal::TERM);
    assert_eq!(alice.exit(), 143);
    alice.is_restored();
    bob.sees_rows("alice is gone", |rows| !member(rows, "alice"));
    bob.line("said while alice was away");
    bob.sees_rows("it is said", |rows| message(rows, "bob", "said while alice was away"));
    let mut carol = server.person(&home, "carol");
    carol.line("pay attention to me");
    bob.sees_rows("carol speaks", |rows| message(rows, "carol", "pay attention"));

    let alice = server.person(&home, "alice");
    alice.sees_rows("the unread line stands between", |rows| {
        let at = |text: &str| rows.iter().position(|row| row.contains(text));
        let (seen, line, missed) = (at("seen by alice"), at("1 new"), at("said while alice was away"));
        seen.is_some() && seen < line && line < missed
    });
    alice.sees("1 line ignored");
    alice.sees_no("pay attention");
}

#[test]
fn a_mention_calls_who_is_elsewhere_and_back_again_the_ground_is_asked_for() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut alice = server.person(&home, "alice");
    let mut bob = server.person(&home, "bob");
    alice.writes("\u{1b}]11;?\u{1b}\\", 1);
    alice.keys("\u{1b}[O");
    // The title has no count before; a key would be seen, the loss of the keyboard is not.
    alice.keys("x");
    alice.sees("x");
    bob.line("alice: tea?");
    alice.writes("\u{1b}]9;chatui: bob in #lobby: alice: tea?\u{1b}\\", 1);
    alice.writes("\u{1b}]2;chatui #lobby (1)\u{1b}\\", 1);
    alice.keys("\u{1b}[I");
    alice.writes("\u{1b}]11;?\u{1b}\\", 2);
    alice.writes("\u{1b}]2;chatui #lobby\u{1b}\\", 2);
    alice.keys("\u{15}");
    alice.line("/quit");
    assert_eq!(alice.exit(), 0);
    alice.is_restored();
}

#[test]
fn the_doctor_asks_the_terminal_and_restores_it() {
    let home = Home::new();
    let mut terminal = Terminal::chatui(&home, 100, 30, &["doctor"]);
    terminal.writes("\u{1b}[c", 1);
    terminal.keys("\u{1b}]11;rgb:ffff/ffff/ffff\u{1b}\\\u{1b}[?1004;2$y\u{1b}[?62;52c");
    assert_eq!(terminal.exit(), 0);
    terminal.sees("#ffffff by its own answer");
    terminal.sees("told (1004)");
    terminal.sees("not measured");
    terminal.is_restored();
}

#[test]
fn the_doctor_without_a_terminal_says_what_the_environment_says() {
    let home = Home::new();
    let mut command = Command::new(chatui());
    command.arg("doctor").env_clear().envs(home.variables()).stdin(Stdio::null());
    let out = command.output().unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(out.status.success() && text.contains("not both a terminal"), "{text}");
    assert!(text.contains("256 (TERM") && !text.contains('\u{1b}'), "{text}");
}

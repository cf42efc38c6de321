//! Every way of leaving: the state in which the terminal is left, and that nothing runs on when it is gone. Needs the
//! binary.

use std::io::Write;

use chatui::client::terminal::{Frames, Guard, Use};
use crossterm::queue;
use crossterm::terminal::BeginSynchronizedUpdate;
use portable_pty::CommandBuilder;
use rustix::process::Signal;

use crate::pty::{Server, member};
use crate::terminal::{Home, Terminal, chatui};

#[test]
fn each_way_of_leaving_restores_the_terminal() {
    let home = Home::new();
    let server = Server::start(&home);
    // Who ends by a signal says so with its exit code, as shells do: 128 and the signal's number.
    let leave: [(&str, &str, Option<Signal>, u32); 10] = [
        ("by /quit", "/quit\r", None, 0),
        ("by /quit with a reason", "/quit off to lunch\r", None, 0),
        ("by Ctrl-C twice", "\u{3}\u{3}", None, 0),
        ("by Ctrl-C with text and twice", "some text\u{3}\u{3}\u{3}", None, 0),
        ("by Ctrl-D twice", "\u{4}\u{4}", None, 0),
        ("by exit, asked once", "exit\ry", None, 0),
        ("by SIGTERM", "", Some(Signal::TERM), 143),
        ("by SIGHUP", "", Some(Signal::HUP), 129),
        ("by SIGINT", "", Some(Signal::INT), 130),
        ("by SIGQUIT", "", Some(Signal::QUIT), 131),
    ];
    for (n, (how, keys, signal, code)) in leave.into_iter().enumerate() {
        let mut person = server.person(&home, &format!("leaver{n}"));
        person.keys(keys);
        if let Some(signal) = signal {
            person.signal(signal);
        }
        assert_eq!(person.exit(), code, "{how}");
        person.is_restored();
    }
}

/// Says to this very program, started again in a terminal, that it is to panic there.
const PANIC: &str = "CHATUI_TEST_PANICS";

#[test]
fn a_panic_in_the_middle_of_a_frame_restores_the_terminal_and_is_reported() {
    if std::env::var_os(PANIC).is_some() {
        let _guard = Guard::new(Use::Screen { mouse: true }).unwrap();
        let mut frames = Frames::new();
        queue!(frames, BeginSynchronizedUpdate).unwrap();
        frames.flush().unwrap();
        queue!(frames, BeginSynchronizedUpdate).unwrap();
        frames.write_all(b"half a frame").unwrap();
        panic!("a trial of the panic hook");
    }
    let home = Home::new();
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    let name = "pty_leaving::a_panic_in_the_middle_of_a_frame_restores_the_terminal_and_is_reported";
    command.args(["--exact", name, "--nocapture"]);
    let person = Terminal::with(&home, 100, 30, command, &[(PANIC, "1")]);
    assert_eq!(person.exit(), 101);
    person.is_restored();
    person.sees("a trial of the panic hook");
    assert!(!person.screen().contains("half a frame"), "{}", person.screen());
}

#[test]
fn a_client_whose_terminal_is_gone_ends() {
    let home = Home::new();
    let server = Server::start(&home);
    let alice = server.person(&home, "alice");
    // The terminal's first process is told; where that is another one which ignores it, nobody tells the client.
    for (nick, before) in [("bob", "exec "), ("carol", "trap '' HUP; ")] {
        let mut command = CommandBuilder::new("sh");
        let join = format!("{before}{} join {} --nick {nick}; true", chatui().display(), server.address);
        command.args(["-c", &join]);
        let person = Terminal::run(&home, 100, 30, command);
        person.sees_rows(&format!("{nick} is among the people"), |rows| member(rows, nick));
        person.hang_up();
        alice.sees_rows(&format!("{nick} is gone"), |rows| !member(rows, nick));
    }
}

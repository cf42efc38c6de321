//! Settings and the plain screen with the real binary: a file is read, changed by `/set`, and counts at the next start.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use portable_pty::CommandBuilder;

use crate::pty::Server;
use crate::terminal::{Home, Terminal, chatui};

fn write_config(home: &Home, text: &str) {
    fs::create_dir_all(home.path("config/chatui")).unwrap();
    fs::write(home.path("config/chatui/config.toml"), text).unwrap();
}

#[test]
fn a_setting_is_written_back_and_counts_at_the_next_start() {
    let home = Home::new();
    let server = Server::start(&home);
    write_config(&home, "# mine\n[client]\nnick = \"carol\"   # me\nchannels = [\"#tea\"]\nthmee = 1\n");
    // What lies in the folder one happens to be in is nobody's configuration.
    fs::write(home.path("config.toml"), "[client]\nnick = \"mallory\"\n").unwrap();
    let mut carol = Terminal::chatui(&home, 100, 30, &["join", &server.address]);
    carol.sees("#tea");
    carol.sees("carol");
    carol.sees("line 5: there is no setting thmee: theme?");
    carol.line("/set time 12h");
    carol.sees("time is 12h now");
    carol.line("/quit");
    assert_eq!(carol.exit(), 0);
    carol.is_restored();
    let path = home.path("config/chatui/config.toml");
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(
        text,
        "# mine\n[client]\nnick = \"carol\"   # me\nchannels = [\"#tea\"]\nthmee = 1\ntime = \"12h\"\n"
    );
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    // A flag wins.
    let dave = Terminal::chatui(&home, 100, 30, &["join", &server.address, "--nick", "dave"]);
    dave.sees("dave");
    dave.sees_rows("the time is as it was set", |rows| {
        rows.iter().any(|row| row.contains(" am") || row.contains(" pm"))
    });
}

#[test]
fn lines_of_text_need_nothing_of_the_terminal() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut alice = Terminal::chatui(&home, 80, 24, &["join", &server.address, "--nick", "alice", "--plain"]);
    alice.sees("#lobby> ");
    let mut bob = server.person(&home, "bob");
    alice.sees("bob came");
    bob.line("good morning");
    alice.sees(" bob: good morning");
    alice.line("and to you 日本");
    bob.sees("and to you 日本");
    alice.sees(" alice: and to you 日本");
    alice.keys("half a ");
    bob.line("second");
    alice.sees_rows("the input stands below what is new", |rows| {
        let rows: Vec<&String> = rows.iter().filter(|row| !row.trim().is_empty()).collect();
        let [.., above, last] = &rows[..] else { return false };
        above.contains("bob: second") && last.starts_with("#lobby> half a")
    });
    alice.keys("\u{15}");
    alice.line("/quit");
    assert_eq!(alice.exit(), 0);
    alice.is_restored();
    // Nothing is drawn or coloured, no other screen is taken, the cursor is not sent about.
    let written = alice.written();
    for part in
        ["\u{1b}[?1049", "\u{1b}[?1000", "\u{1b}[?2026", "│", "─", "\u{1b}[38", "\u{1b}[48", "\u{1b}[?25"]
    {
        assert!(!written.contains(part), "{part:?} in {written:?}");
    }
    let moves = written.replace("\u{1b}[K", "").matches("\u{1b}[").count();
    let switches = written.matches("\u{1b}[?2004").count() + written.matches("\u{1b}[?1004").count();
    // The title is put on the stack and taken from it.
    assert_eq!(moves, switches + 2, "{written:?}");
}

#[test]
fn a_terminal_that_becomes_light_is_followed_and_no_key_behind_its_word_is_lost() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut command = CommandBuilder::new(chatui());
    command.args(["join", &server.address, "--nick", "alice"]);
    let mut alice = Terminal::with(&home, 80, 24, command, &[("COLORTERM", "truecolor")]);
    alice.writes("\u{1b}]11;?", 1);
    alice.sees("#lobby");
    alice.keys("\u{1b}]11;rgb:1616/1818/1d1d\u{1b}\\");
    // The accent on a dark ground, and then on a light one.
    alice.writes("38;2;120;180;243", 1);
    alice.keys("\u{1b}[?997;2nhello there");
    alice.writes("\u{1b}]11;?", 2);
    alice.sees("hello there");
    alice.keys("\u{1b}]11;rgb:fbfb/fbfb/f9f9\u{7}");
    alice.writes("38;2;45;105;162", 1);
    // What is set wins.
    alice.keys("\u{15}");
    alice.line("/set colours none");
    alice.sees("colours is none now");
    alice.keys("\u{15}");
    alice.line("/quit");
    assert_eq!(alice.exit(), 0);
    alice.is_restored();
}

#[test]
fn what_the_terminal_counts_by_character_is_drawn_so() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut alice = Terminal::chatui(&home, 80, 24, &["join", &server.address, "--nick", "alice"]);
    alice.sees("#lobby");
    alice.writes("\u{1b}[6n", 4);
    let mut bob = server.person(&home, "bob");
    bob.line("one ❤\u{fe0f}two 👍🏽three");
    bob.sees("two");
    alice.sees("three");
    // The terminal of these tests counts an emoji with a variation sign as one cell, and a skin tone as two more.
    assert!(!alice.screen().contains("❤\u{fe0f}two"), "{}", alice.screen());
    alice.keys("\u{1b}[1;2R\u{1b}[1;2R\u{1b}[1;5R\u{1b}[1;7R");
    alice.sees("❤\u{fe0f}two 👍🏽three");
}

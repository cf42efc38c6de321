//! What an enemy may write, and what an evil server may send (`tests/data/hostile-lines`), before the real client in a
//! terminal: nothing of it reaches the terminal but as text, nothing is drawn where it does not belong, the client lives.
//! Needs the binary.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use crate::escapes::unescape;
use crate::terminal::{Home, PATIENCE, Terminal};

const TEXTS: &str = include_str!("../data/hostile-lines/message-texts.tsv");
const NAUGHTY: &str = include_str!("../data/hostile-lines/blns.txt");
const NAMES: &str = include_str!("../data/hostile-lines/names.tsv");
const LINES: &str = include_str!("../data/hostile-lines/server-lines.tsv");

/// The size of the terminal.
const SIZE: (u16, u16) = (100, 30);

/// The row of the status line, in which the clock stands.
const STATUS: usize = 28;

/// A server that says what it is told to say.
struct Evil {
    address: String,
    arrived: Receiver<TcpStream>,
    client: Option<TcpStream>,
    marks: usize,
}

impl Evil {
    /// `early`: said before the welcome.
    fn start(early: &[u8]) -> Evil {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (arrive, arrived) = channel();
        let early = early.to_vec();
        thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                let (early, arrive) = (early.clone(), arrive.clone());
                thread::spawn(move || {
                    welcome(&stream, &early, || drop(stream.try_clone().map(|stream| arrive.send(stream))))
                });
            }
        });
        Evil { address, arrived, client: None, marks: 0 }
    }

    /// The client, which is in the room.
    fn client(&mut self, home: &Home) -> Terminal {
        let args = ["join", &self.address, "--nick", "self", "--channel", "#test"];
        let terminal = Terminal::chatui(home, SIZE.0, SIZE.1, &args);
        self.client = Some(self.arrived.recv_timeout(PATIENCE).unwrap());
        terminal
    }

    /// Says something. A connection that is gone hears nothing.
    fn say(&mut self, bytes: &[u8]) {
        let _ = self.client.as_mut().unwrap().write_all(bytes);
    }

    /// Says something harmless and waits until it stands on the screen, on this connection or on the next.
    fn settle(&mut self, terminal: &Terminal) {
        self.marks += 1;
        let mark = format!("settled-{:05}", self.marks);
        let line = format!("\r\n:ann!a@h NOTICE self :{mark}\r\n");
        let until = std::time::Instant::now() + PATIENCE;
        self.say(line.as_bytes());
        while !terminal.screen().contains(&mark) {
            if let Ok(stream) = self.arrived.recv_timeout(std::time::Duration::from_millis(5)) {
                self.client = Some(stream);
                self.say(line.as_bytes());
            }
            assert!(!terminal.has_ended(), "the client is gone:\n{}", terminal.screen());
            assert!(std::time::Instant::now() < until, "{mark} never came:\n{}", terminal.screen());
        }
    }
}

/// Lets a client in, and answers it.
fn welcome(stream: &TcpStream, early: &[u8], joined: impl Fn()) -> std::io::Result<()> {
    let mut out = stream;
    out.write_all(early)?;
    for line in BufReader::new(stream).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).trim_end().to_owned();
        let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
        match verb {
            "CAP" if rest.starts_with("LS") => write!(out, ":s CAP * LS :message-tags server-time\r\n")?,
            "CAP" if rest.starts_with("REQ") => write!(out, ":s CAP * ACK :message-tags server-time\r\n")?,
            "CAP" => write!(
                out,
                ":s 001 self :hi\r\n:s 005 self CHANTYPES=# PREFIX=(ov)@+ :ok\r\n:s 376 self :end\r\n"
            )?,
            "JOIN" => {
                write!(
                    out,
                    ":self!s@h JOIN #test\r\n:s 353 self = #test :self mallory ann\r\n:s 366 self #test :end\r\n"
                )?;
                joined();
            }
            "PING" => write!(out, ":s PONG s {rest}\r\n")?,
            _ => {}
        }
    }
    Ok(())
}

/// The rows of the screen but the one with the clock.
fn picture(terminal: &Terminal) -> Vec<String> {
    terminal
        .rows()
        .into_iter()
        .enumerate()
        .filter(|(row, _)| *row != STATUS)
        .map(|(_, cells)| cells)
        .collect()
}

/// What is on the screen is what a terminal shows that is painted anew.
#[track_caller]
fn is_sound(terminal: &mut Terminal, what: &str) {
    terminal.is_drawn();
    let before = picture(terminal);
    terminal.repaint();
    let after = picture(terminal);
    for (row, (before, after)) in before.iter().zip(&after).enumerate() {
        assert_eq!(before, after, "{what}, row {row}:\n{}", terminal.screen());
    }
}

/// Nothing has been written but what a client like this one writes.
#[track_caller]
fn is_clean(terminal: &Terminal, what: &str) {
    let bytes = terminal.bytes();
    let text = String::from_utf8(bytes).unwrap_or_else(|error| {
        // The last character may be on its way.
        assert!(error.utf8_error().error_len().is_none(), "{what}: no UTF-8");
        let upto = error.utf8_error().valid_up_to();
        String::from_utf8_lossy(&error.as_bytes()[..upto]).into_owned()
    });
    if let Some(foreign) = foreign(&text) {
        panic!("{what}: the terminal got {foreign:?}");
    }
}

/// The first piece of an output that the client does not write of itself.
fn foreign(output: &str) -> Option<String> {
    // Before the first frame the terminal is asked what it can do.
    let mut rest = output.find("\u{1b}[?2026h").map_or(output, |first| &output[first..]);
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '\u{1b}' => match own_sequence(rest) {
                Some(length) => length,
                None => return Some(rest.chars().take(40).collect()),
            },
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => return Some(rest.chars().take(40).collect()),
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                return Some(rest.chars().take(40).collect());
            }
            c => c.len_utf8(),
        };
        rest = &rest[length..];
    }
    None
}

/// The length of the sequence at the beginning, if it is one that the client writes. One that is not whole yet is the rest.
fn own_sequence(text: &str) -> Option<usize> {
    if let Some(body) = text.strip_prefix("\u{1b}[") {
        let Some(end) = body.find(|c: char| ('@'..='~').contains(&c)) else { return Some(text.len()) };
        let (params, last) = (&body[..end], &body[end..=end]);
        let is_ours = match last {
            "H" => params.split(';').all(|n| n.parse::<u16>().is_ok()),
            "J" => params == "2",
            "t" => matches!(params, "22;2" | "23;2"),
            "h" | "l" => {
                matches!(
                    params,
                    "?7" | "?25" | "?1000" | "?1004" | "?1006" | "?1049" | "?2004" | "?2026" | "?2031"
                )
            }
            // Colours of the table of 256 alone, and what else text can look like.
            "m" => {
                let mut numbers = params.split(';');
                loop {
                    match numbers.next() {
                        None => break true,
                        Some("38" | "48") => {
                            if numbers.next() != Some("5") || numbers.next().is_none() {
                                break false;
                            }
                        }
                        Some(
                            "0" | "1" | "2" | "3" | "4" | "7" | "9" | "22" | "23" | "24" | "27" | "29" | "39"
                            | "49" | "59",
                        ) => {}
                        Some(_) => break false,
                    }
                }
            }
            _ => false,
        };
        return is_ours.then_some(2 + end + 1);
    }
    let body = text.strip_prefix("\u{1b}]")?;
    let end = body.find('\u{1b}').unwrap_or(body.len());
    let inner = &body[..end];
    if end == body.len() && !inner.chars().any(char::is_control) {
        return Some(text.len());
    }
    let is_ours = match inner.split_once(';') {
        Some(("2", title)) => title.starts_with("chatui"),
        Some(("8", link)) => {
            link.bytes().all(|b| b.is_ascii_graphic())
                && link.split_once(';').is_some_and(|(_, uri)| uri.is_empty() || uri.starts_with("http"))
        }
        Some(("11", "?")) => true,
        _ => false,
    };
    let is_plain = !inner.chars().any(char::is_control);
    (is_ours && is_plain && (body[end..].starts_with("\u{1b}\\") || body.len() == end + 1))
        .then_some(2 + end + 2)
}

/// The cases of a file: id, and the bytes of a column.
fn cases(file: &'static str, column: usize) -> Vec<(&'static str, Vec<u8>)> {
    let rows = file.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    rows.map(|line| {
        let columns: Vec<&str> = line.split('\t').collect();
        (columns[0], unescape(columns[column]))
    })
    .collect()
}

#[test]
fn the_oracle_knows_what_is_not_ours() {
    let ours = "\u{1b}[3;1H\u{1b}[38;5;12;49mhello\u{1b}[0m\u{1b}]8;id=1.0;https://a.example/\u{1b}\\x\u{1b}]8;;\u{1b}\\";
    assert_eq!(foreign(ours), None);
    for evil in [
        "\u{7}",
        "a\nb",
        "\u{9b}2J",
        "\u{1b}[31m",
        "\u{1b}[5n",
        "\u{1b}c",
        "\u{1b}]0;x\u{7}",
        "\u{1b}]52;c;aGk=\u{1b}\\",
        "\u{202e}",
        "\u{1b}]8;;file:///etc/passwd\u{1b}\\",
        "\u{1b}]2;root\u{1b}\\",
        "\u{1b}P1\u{1b}\\",
        "\u{1b}[?5h",
    ] {
        assert!(foreign(evil).is_some(), "{evil:?}");
    }
}

#[test]
fn no_message_moves_or_reaches_what_is_not_its_own() {
    let home = Home::new();
    let mut evil = Evil::start(b"");
    let mut terminal = evil.client(&home);
    let naughty = NAUGHTY.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let texts: Vec<(&str, Vec<u8>)> =
        cases(TEXTS, 2).into_iter().chain(naughty.map(|text| (text, text.as_bytes().to_vec()))).collect();
    assert_eq!(texts.len(), 130 + 516);
    // As many at once as have room on the screen.
    for some in texts.chunks(12) {
        for (_, text) in some {
            evil.say(&[b":mallory!m@h PRIVMSG #test :", &text[..], b"\r\n"].concat());
        }
        evil.settle(&terminal);
        is_sound(&mut terminal, &format!("messages from {} on", some[0].0));
    }
    is_clean(&terminal, "messages");
    // The topic has only a part of its row, and the title of the window is set by the name alone.
    for some in texts.chunks(12) {
        for (_, text) in some {
            evil.say(&[b":mallory!m@h TOPIC #test :", &text[..], b"\r\n"].concat());
        }
        evil.settle(&terminal);
    }
    is_sound(&mut terminal, "topics");
    is_clean(&terminal, "topics");
    let count = texts.len();
    println!(
        "hostile | blns.txt, texts | {count} | client in a terminal, twice each | {} | 5, 6 | ",
        2 * count
    );
    terminal.line("/quit");
    assert_eq!(terminal.exit(), 0);
    terminal.is_restored();
}

#[test]
fn no_name_moves_or_reaches_what_is_not_its_own() {
    let home = Home::new();
    let mut evil = Evil::start(b"");
    let mut terminal = evil.client(&home);
    let names = cases(NAMES, 2);
    assert_eq!(names.len(), 102);
    for some in names.chunks(6) {
        for name in some.iter().flat_map(|(_, name)| name.split(|b| *b == b'\t')) {
            evil.say(
                &[b":", name, b"!u@h JOIN #test\r\n:", name, b"!u@h PRIVMSG #test :it is me\r\n"].concat(),
            );
            evil.say(
                &[b":mallory!m@h PRIVMSG ", name, b" :hello\r\n:", name, b"!u@h PRIVMSG self :psst\r\n"]
                    .concat(),
            );
            evil.say(&[b":self!s@h JOIN ", name, b"\r\n:", name, b"!u@h PART #test :gone\r\n"].concat());
        }
        evil.settle(&terminal);
        is_sound(&mut terminal, &format!("names from {} on", some[0].0));
    }
    is_clean_but(&["\u{7}"], &terminal, "names");
    println!(
        "hostile | names.tsv | {} | client in a terminal, 5 times each | {} | 5, 6 | ",
        names.len(),
        5 * names.len()
    );
}

/// The same, these aside: a direct message may ring the bell, and back at the shell there are lines.
#[track_caller]
fn is_clean_but(aside: &[&str], terminal: &Terminal, what: &str) {
    let mut text = String::from_utf8_lossy(&terminal.bytes()).into_owned();
    aside.iter().for_each(|own| text = text.replace(own, ""));
    if let Some(foreign) = foreign(&text) {
        panic!("{what}: the terminal got {foreign:?}");
    }
}

#[test]
fn an_evil_server_is_outlived() {
    let lines = cases(LINES, 1);
    assert_eq!(lines.len(), 76);
    // What belongs to the beginning of a connection is said there.
    let is_early =
        |id: &str| matches!(id, "S026" | "S027" | "S040" | "S041" | "S042" | "S043" | "S044" | "S064");
    for some in lines.chunks(26) {
        let home = Home::new();
        let mut evil = Evil::start(b"");
        let mut terminal = evil.client(&home);
        evil.settle(&terminal);
        let before = terminal.process().memory();
        for (id, bytes) in some {
            evil.say(bytes);
            if matches!(*id, "S067" | "S068") {
                // It may have left by itself.
                let _ = evil.client.take().unwrap().shutdown(Shutdown::Both);
                evil.client = Some(evil.arrived.recv_timeout(PATIENCE).unwrap());
            }
            evil.settle(&terminal);
            // Keys are answered.
            terminal.keys("q");
            terminal.keys("\u{15}");
        }
        // All keys have been answered.
        terminal.sees("› Message ");
        let grown = terminal.process().memory().saturating_sub(before);
        assert!(grown < some.len() as u64 * (16 << 20), "{grown} bytes");
        is_sound(&mut terminal, &format!("lines from {} on", some[0].0));
        is_clean_but(&["\u{7}"], &terminal, &format!("lines from {} on", some[0].0));
    }
    for (id, bytes) in lines.iter().filter(|(id, _)| is_early(id)) {
        let home = Home::new();
        let evil = Evil::start(bytes);
        let args = ["join", &evil.address, "--nick", "self", "--channel", "#test"];
        let terminal = Terminal::chatui(&home, SIZE.0, SIZE.1, &args);
        // In the room, or back at the shell with a sentence that says why it got no further.
        terminal
            .sees_rows(id, |rows| rows.iter().any(|row| row.contains("self") || row.contains("chatui: ")));
        assert!(!terminal.screen().contains("panicked"), "{id}: {}", terminal.screen());
        // What the terminal is asked may stand behind the first frame here.
        let own = ["\u{7}", "\r\n", "\u{1b}[H", "\r", "\u{1b}[6n", "\u{1b}[K"];
        is_clean_but(&own, &terminal, id);
    }
}

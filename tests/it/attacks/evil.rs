//! The real client in a terminal, and a server that is its enemy: the 76 lines of `server-lines.tsv` (A70 to A76, and of A64
//! and A65 what only a terminal shows), and a terminal that will not have what the client writes (A85).

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

use crate::escapes::unescape;
use crate::server::{Host, PATIENCE};
use crate::terminal::{Home, Terminal, chatui};

const SERVED: &str = include_str!("../../data/hostile-lines/server-lines.tsv");

/// Bytes by which the client may grow over a case.
const GROWN: u64 = 16 << 20;

/// How long a key may take to be seen; a twentieth of that where nothing else runs.
const KEY: Duration = Duration::from_secs(1);

/// A server that welcomes the client, lets it into its room, and then sends it what it is told to.
struct Evil {
    address: SocketAddr,
    send: Sender<Vec<u8>>,
    done: Receiver<()>,
}

impl Evil {
    fn start() -> Evil {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (send, cases) = channel();
        let (tell, done) = channel();
        thread::spawn(move || {
            let mut first = true;
            for stream in listener.incoming() {
                let serves = Serves { cases: if first { Some(&cases) } else { None }, tell: &tell };
                // The client may go at any moment.
                let _ = serves.serve(stream.unwrap());
                // Whoever was waiting for it waits no longer.
                let _ = tell.send(());
                first = false;
            }
        });
        Evil { address, send, done }
    }

    /// Sends these bytes, and waits until the client has read them or has gone.
    fn sends(&self, bytes: Vec<u8>) {
        self.send.send(bytes).unwrap();
        self.done.recv_timeout(PATIENCE).unwrap();
    }
}

struct Serves<'a> {
    cases: Option<&'a Receiver<Vec<u8>>>,
    tell: &'a Sender<()>,
}

impl Serves<'_> {
    fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut heard = String::new();
        let mut buffer = [0; 4096];
        let mut wait = |stream: &mut TcpStream, word: &str| -> std::io::Result<()> {
            while !heard.contains(word) {
                match stream.read(&mut buffer)? {
                    0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                    count => heard.push_str(&String::from_utf8_lossy(&buffer[..count])),
                }
            }
            Ok(())
        };
        wait(&mut stream, "USER ")?;
        stream.write_all(b":s CAP * LS :\r\n:s 001 self :hi\r\n:s 376 self :End\r\n")?;
        wait(&mut stream, "JOIN #test")?;
        stream.write_all(
            b":self!u@h JOIN #test\r\n:s 353 self = #test :self alice\r\n:s 366 self #test :End\r\n",
        )?;
        let Some(cases) = self.cases else { return wait(&mut stream, "\0 never") };
        if let Ok(bytes) = cases.recv() {
            // What the client says meanwhile may fill the way back.
            let mut writer = stream.try_clone()?;
            let writing = thread::spawn(move || {
                writer.write_all(&bytes).and_then(|()| writer.write_all(b"\r\nPING :the-end-of-it\r\n"))
            });
            wait(&mut stream, "PONG :the-end-of-it").or_else(|_| wait(&mut stream, "PONG the-end-of-it"))?;
            let _ = writing.join();
            let _ = self.tell.send(());
        }
        wait(&mut stream, "\0 never")
    }
}

/// What is left of what a program wrote to its terminal when the sequences that the client uses are taken out. Of those that
/// it never uses the first one is the error.
fn text_of(bytes: &[u8]) -> Result<String, String> {
    let (mut text, mut rest) = (Vec::new(), bytes);
    while let Some(at) = rest.iter().position(|b| *b == 0x1b) {
        text.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let end = match rest.get(1) {
            Some(b'[') => rest[2..].iter().position(|b| (0x40..=0x7e).contains(b)).map(|end| end + 3),
            Some(b']' | b'P') => {
                let end = rest[2..].iter().position(|b| *b == 7 || *b == 0x1b).map(|end| end + 3);
                end.map(|end| if rest[end - 1] == 0x1b { end + 1 } else { end })
            }
            Some(_) => Some(2),
            None => None,
        };
        // The last one may be half written.
        let Some(end) = end.filter(|end| *end <= rest.len()) else {
            return Ok(String::from_utf8_lossy(&text).into_owned());
        };
        let sequence = String::from_utf8_lossy(&rest[..end]).into_owned();
        let known = match rest[1] {
            b'[' => !matches!(rest[end - 1], b'b' | b'i' | b'L' | b'M' | b'P' | b'@' | b'p'),
            b']' => ["0;", "2;", "10;?", "11;?", "8;"].iter().any(|head| sequence[2..].starts_with(head)),
            b'P' => false,
            other => matches!(other, b'7' | b'8' | b'=' | b'>' | b'\\'),
        };
        let body = sequence[2..].trim_end_matches(['\u{7}', '\\', '\u{1b}']);
        if !known || body.chars().any(char::is_control) {
            return Err(format!("{sequence:?}"));
        }
        rest = &rest[end..];
    }
    text.extend_from_slice(rest);
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Lets a client meet a case, and says how long a key took to be seen.
fn meet(id: &str, bytes: Vec<u8>) -> Duration {
    let home = Home::new();
    let evil = Evil::start();
    let address = evil.address.to_string();
    let mut person =
        Terminal::chatui(&home, 100, 30, &["join", &address, "--nick", "self", "--channel", "#test"]);
    person.sees("alice");
    let memory = person.process().memory();
    evil.sends(bytes);
    let since = Instant::now();
    let typed = format!("typed after {id}");
    person.keys(&typed);
    person.sees(&typed);
    let took = since.elapsed();
    let grown = person.process().memory().saturating_sub(memory);
    assert!(grown < GROWN, "{id}: {grown} bytes");
    assert!(!person.has_ended(), "{id}");
    let text = text_of(&person.output()).unwrap_or_else(|sequence| panic!("{id}: {sequence} was written"));
    let raw = |c: char| {
        // It rings its own bell for who writes to one alone.
        (c.is_control() && !matches!(c, '\r' | '\n' | '\u{7}'))
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!text.chars().any(raw), "{id}: {:?}", text.chars().filter(|c| raw(*c)).collect::<String>());
    person.signal(Signal::TERM);
    assert_eq!(person.exit(), 143, "{id}");
    person.is_restored();
    took
}

#[test]
fn a70_a76_an_evil_server_harms_neither_the_client_nor_its_terminal() {
    let cases: Vec<(&str, Vec<u8>)> = SERVED
        .lines()
        .map(|row| {
            let mut columns = row.split('\t');
            (columns.next().unwrap(), unescape(columns.next().unwrap()))
        })
        .collect();
    let slowest = thread::scope(|scope| {
        let parts: Vec<_> = (0..4)
            .map(|part| {
                let cases = &cases;
                scope.spawn(move || {
                    let mine = cases.iter().skip(part).step_by(4);
                    let met = mine.map(|(id, bytes)| {
                        // A machine that has other things to do may be slow once; a case that takes long does so each time.
                        let quick = (0..3).map(|_| meet(id, bytes.clone())).find(|took| *took < KEY);
                        (quick.unwrap_or_else(|| panic!("{id}: no key within {KEY:?}")), *id)
                    });
                    met.max().unwrap()
                })
            })
            .collect();
        parts.into_iter().map(|part| part.join().unwrap()).max().unwrap()
    });
    let count = cases.len();
    println!(
        "hostile | server-lines.tsv | {count} | client in a terminal | {count} | 5, 6 | the slowest key: {slowest:?}"
    );
    assert_eq!(count, 76);
}

#[test]
fn a85_a_storm_of_sizes_leaves_the_last_one_drawn() {
    let host = Host::start();
    let home = Home::new();
    let address = host.server().addresses()[0].to_string();
    let mut person = Terminal::chatui(&home, 100, 30, &["join", &address, "--nick", "alice"]);
    person.sees("@alice");
    for n in 0..1_000u16 {
        person.resize(1 + n * 7 % 200, 1 + n * 3 % 60);
    }
    person.resize(90, 25);
    person.sees("@alice");
    person.line("after the storm");
    person.sees("after the storm");
    person.signal(Signal::TERM);
    assert_eq!(person.exit(), 143);
    person.is_restored();
}

#[test]
fn a85_a_client_whose_terminal_takes_nothing_any_more_still_ends() {
    let host = Host::start();
    let home = Home::new();
    let terminal = native_pty_system()
        .openpty(PtySize { rows: 50, cols: 200, pixel_width: 0, pixel_height: 0 })
        .unwrap();
    let mut command = CommandBuilder::new(chatui());
    command.args(["join", &host.server().addresses()[0].to_string(), "--nick", "alice"]);
    command.env_clear();
    home.variables().into_iter().for_each(|(name, value)| command.env(name, value));
    let mut bob = host.user("bob");
    bob.join("#lobby");
    let mut client = terminal.slave.spawn_command(command).unwrap();
    let (mut reader, read) = (terminal.master.try_clone_reader().unwrap(), AtomicBool::new(true));
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut buffer = [0; 4096];
            while read.load(Ordering::SeqCst) {
                assert!(reader.read(&mut buffer).unwrap() > 0);
            }
        });
        bob.until(|line| line.starts_with(":alice!") && line.contains(" JOIN "));
        read.store(false, Ordering::SeqCst);
        // One more drawing ends the reader's last read.
        bob.send("PRIVMSG #lobby :alice: hello");
    });
    // Nobody reads what the client writes: the terminal is full soon.
    for n in 0..300 {
        bob.send(&format!("PRIVMSG #lobby :{n} {}", "wörter ".repeat(50)));
        bob.settle();
    }
    let pid = Pid::from_raw(client.process_id().unwrap() as i32).unwrap();
    let mut killer = client.clone_killer();
    let (tell, ended) = channel();
    thread::spawn(move || tell.send(client.wait().unwrap()));
    kill_process(pid, Signal::TERM).unwrap();
    let exit = ended.recv_timeout(PATIENCE).inspect_err(|_| killer.kill().unwrap());
    exit.expect("the client ends");
}

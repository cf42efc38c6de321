//! The least that a chat server can do: it lets clients in, puts a name before each line that is said, and copies the
//! bytes to everybody in the room. No log, no modes, no checks, no limits. What it costs is what the machine costs, so a
//! real server can be measured beside it. It is not for use.
//!
//! ```text
//! cargo run --release --example relay -- --write turn      # each touched client is written once a turn
//! cargo run --release --example relay -- --write line      # each line is a write of its own
//! ```
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "an example that is nothing but sockets"
)]

use std::collections::HashMap;
use std::error::Error;
use std::io::{self, Read, Write};

use clap::{Parser, ValueEnum};
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

const LISTENER: Token = Token(usize::MAX);
const READ_SIZE: usize = 64 * 1024;

/// The least that a chat server can do, to be measured beside a real one.
#[derive(Parser)]
struct Cli {
    /// Where to listen; port 0 takes a free one, and the first line printed says which
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: String,
    /// When a client is written
    #[arg(long, value_enum, default_value_t = Writes::Turn)]
    write: Writes,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Writes {
    /// Once for all that has come in one turn of the loop
    Turn,
    /// Once for each line
    Line,
}

/// A client: what it has not been sent, and the line that has not come whole.
struct Client {
    stream: TcpStream,
    nick: String,
    room: Option<usize>,
    begun: Vec<u8>,
    unsent: Vec<u8>,
    touched: bool,
}

struct Relay {
    clients: Vec<Option<Client>>,
    free: Vec<usize>,
    names: HashMap<Vec<u8>, usize>,
    rooms: Vec<Vec<usize>>,
    touched: Vec<usize>,
    writes: Writes,
}

fn main() -> Result<(), Box<dyn Error>> {
    let cli = Cli::parse();
    raise_descriptor_limit();
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(1024);
    let mut listener = TcpListener::bind(cli.listen.parse()?)?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    println!("{}", listener.local_addr()?);
    let mut relay = Relay {
        clients: Vec::new(),
        free: Vec::new(),
        names: HashMap::new(),
        rooms: Vec::new(),
        touched: Vec::new(),
        writes: cli.write,
    };
    let mut buffer = vec![0; READ_SIZE];
    loop {
        match poll.poll(&mut events, None) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error.into()),
            _ => {}
        }
        for event in &events {
            match event.token() {
                LISTENER => relay.accept(&listener, &poll)?,
                Token(place) => {
                    if event.is_writable() {
                        relay.touch(place);
                    }
                    if event.is_readable() {
                        relay.read(place, &mut buffer);
                    }
                }
            }
        }
        relay.flush();
    }
}

impl Relay {
    fn accept(&mut self, listener: &TcpListener, poll: &Poll) -> io::Result<()> {
        loop {
            let mut stream = match listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            stream.set_nodelay(true)?;
            let place = self.free.pop().unwrap_or_else(|| {
                self.clients.push(None);
                self.clients.len() - 1
            });
            poll.registry().register(&mut stream, Token(place), Interest::READABLE | Interest::WRITABLE)?;
            self.clients[place] = Some(Client {
                stream,
                nick: "*".into(),
                room: None,
                begun: Vec::new(),
                unsent: Vec::new(),
                touched: false,
            });
        }
    }

    fn read(&mut self, place: usize, buffer: &mut [u8]) {
        loop {
            let Some(client) = &mut self.clients[place] else { return };
            match client.stream.read(buffer) {
                Ok(0) => return self.remove(place),
                Ok(count) => {
                    let mut begun = std::mem::take(&mut client.begun);
                    begun.extend_from_slice(&buffer[..count]);
                    let mut from = 0;
                    while let Some(length) = memchr::memchr(b'\n', &begun[from..]) {
                        let line = &begun[from..from + length];
                        self.line(place, line.strip_suffix(b"\r").unwrap_or(line));
                        from += length + 1;
                    }
                    begun.drain(..from);
                    if let Some(client) = &mut self.clients[place] {
                        client.begun = begun;
                    }
                    if count < buffer.len() {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => return self.remove(place),
            }
        }
    }

    fn line(&mut self, place: usize, line: &[u8]) {
        if line.starts_with(b"PRIVMSG ") {
            self.say(place, line);
        } else if let Some(nick) = line.strip_prefix(b"NICK ") {
            let nick = String::from_utf8_lossy(nick).into_owned();
            if let Some(client) = &mut self.clients[place] {
                client.nick = nick;
            }
        } else if line.starts_with(b"USER ") {
            self.answer(place, |nick| format!(":relay 001 {nick} :hello\r\n:relay 422 {nick} :no MOTD\r\n"));
        } else if let Some(name) = line.strip_prefix(b"JOIN ") {
            let room = *self.names.entry(name.to_vec()).or_insert_with(|| {
                self.rooms.push(Vec::new());
                self.rooms.len() - 1
            });
            self.rooms[room].push(place);
            if let Some(client) = &mut self.clients[place] {
                client.room = Some(room);
            }
            let name = String::from_utf8_lossy(name);
            self.answer(place, |nick| format!(":relay 366 {nick} {name} :end\r\n"));
        }
    }

    /// The bytes as they came, with the speaker's name before them, to everybody else in the room.
    fn say(&mut self, place: usize, line: &[u8]) {
        let Some(client) = &self.clients[place] else { return };
        let Some(room) = client.room else { return };
        let mut said = format!(":{}!flood@relay ", client.nick).into_bytes();
        said.extend_from_slice(line);
        said.extend_from_slice(b"\r\n");
        let members = std::mem::take(&mut self.rooms[room]);
        for member in members.iter().filter(|member| **member != place) {
            self.put(*member, &said);
        }
        self.rooms[room] = members;
    }

    fn answer(&mut self, place: usize, text: impl Fn(&str) -> String) {
        let Some(client) = &self.clients[place] else { return };
        let text = text(&client.nick);
        self.put(place, text.as_bytes());
    }

    fn put(&mut self, place: usize, bytes: &[u8]) {
        let Some(client) = &mut self.clients[place] else { return };
        client.unsent.extend_from_slice(bytes);
        match self.writes {
            Writes::Turn => self.touch(place),
            Writes::Line => client.flush(),
        }
    }

    fn touch(&mut self, place: usize) {
        let Some(client) = &mut self.clients[place] else { return };
        if !client.touched && !client.unsent.is_empty() {
            client.touched = true;
            self.touched.push(place);
        }
    }

    fn flush(&mut self) {
        for place in self.touched.drain(..) {
            if let Some(client) = &mut self.clients[place] {
                client.touched = false;
                client.flush();
            }
        }
    }

    fn remove(&mut self, place: usize) {
        if let Some(room) = self.clients[place].take().and_then(|client| client.room) {
            self.rooms[room].retain(|member| *member != place);
        }
        self.free.push(place);
    }
}

impl Client {
    fn flush(&mut self) {
        while !self.unsent.is_empty() {
            match self.stream.write(&self.unsent) {
                Ok(written) if written == self.unsent.len() => self.unsent.clear(),
                Ok(written) => drop(self.unsent.drain(..written)),
                // Full, or gone: the next event says which.
                Err(_) => return,
            }
        }
    }
}

/// Ten thousand clients need ten thousand descriptors; what the system does not give is found out when accepting.
fn raise_descriptor_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        eprintln!("relay: the limit of open files stays as it is: {error}");
    }
}

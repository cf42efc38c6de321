//! Many clients on one thread: connecting, registering, reading lines, writing lines. What they do with it is the
//! scenario's business.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use chatui::irc::{Cap, Caps, Framed, Framer, MAX_LINE, Message};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::Outcome;
use crate::report::Latency;
use crate::usage::{Process, Usage};

/// Bytes that are read at once; all clients share the buffer.
const READ_SIZE: usize = 64 * 1024;

/// Events that are taken from the system at once.
const EVENTS: usize = 1024;

/// What all scenarios need to know of a run.
#[derive(Debug)]
pub struct Run {
    /// Where the server listens.
    pub address: SocketAddr,
    /// The server's process, if it is known.
    pub process: Option<Process>,
    /// How many may be on their way in at once.
    pub at_once: usize,
    /// When to give up.
    pub deadline: Deadline,
}

impl Run {
    /// What the server has used so far.
    pub fn usage(&self) -> Option<Usage> {
        self.process.map(Process::usage)
    }
}

/// The moment after which nothing is waited for any more.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    /// So long from now.
    pub fn after(limit: Duration) -> Deadline {
        Deadline(Instant::now() + limit)
    }

    /// Whether it is past.
    pub fn is_past(self) -> bool {
        Instant::now() >= self.0
    }

    /// An error that says what was being done, once it is past.
    pub fn check(self, doing: &str) -> Outcome<()> {
        if self.is_past() { Err(format!("out of time while {doing}").into()) } else { Ok(()) }
    }
}

/// What a client hears.
#[derive(Debug)]
pub enum Heard<'a> {
    /// It is registered.
    Welcome,
    /// A line that came after the welcome; a PING is answered and not handed on.
    Line(&'a [u8]),
    /// The connection has ended, by the other side.
    Closed,
}

/// The clients. A client is known by its place, which stays its own when it connects anew.
pub struct Crowd {
    poll: Poll,
    events: Events,
    clients: Vec<Client>,
    buffer: Vec<u8>,
    unflushed: Vec<usize>,
    address: SocketAddr,
    /// Signs that make the names of this run unlike those of another.
    mark: String,
}

#[derive(Default)]
struct Client {
    stream: Option<TcpStream>,
    framer: Option<Framer>,
    greeting: Greeting,
    unsent: Vec<u8>,
    /// It reads nothing, whatever comes.
    deaf: bool,
}

impl Crowd {
    /// So many places, nobody connected.
    pub fn new(address: SocketAddr, places: usize) -> Outcome<Crowd> {
        let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        Ok(Crowd {
            poll: Poll::new()?,
            events: Events::with_capacity(EVENTS),
            clients: (0..places).map(|_| Client::default()).collect(),
            buffer: vec![0; READ_SIZE],
            unflushed: Vec::new(),
            address,
            mark: base36(clock as u64 / 100, 4),
        })
    }

    /// How many places there are.
    pub fn len(&self) -> usize {
        self.clients.len()
    }

    /// The nick with this number: nine signs, as RFC 1459 allows.
    pub fn nick(&self, number: usize) -> String {
        format!("f{}{}", self.mark, base36(number as u64, 4))
    }

    /// The number in a [nick](Self::nick) of this run.
    pub fn number(&self, nick: &str) -> Option<usize> {
        let digits = nick.strip_prefix('f')?.strip_prefix(self.mark.as_str())?;
        usize::from_str_radix(digits, 36).ok()
    }

    /// The room with this number.
    pub fn room(&self, number: usize) -> String {
        format!("#f{}-{number}", self.mark)
    }

    /// Begins to connect; the welcome is [heard](Heard::Welcome) later.
    pub fn connect(&mut self, place: usize, nick: &str, wanted: Caps) -> io::Result<()> {
        let mut stream = TcpStream::connect(self.address)?;
        // Or our own system would hold back a second small line until the first is acknowledged, 40 ms later.
        stream.set_nodelay(true)?;
        self.poll.registry().register(&mut stream, Token(place), Interest::READABLE | Interest::WRITABLE)?;
        let mut client = Client {
            stream: Some(stream),
            framer: Some(Framer::new(MAX_LINE)),
            greeting: Greeting { wanted, ..Greeting::default() },
            unsent: Vec::new(),
            deaf: false,
        };
        if wanted != Caps::default() {
            client.unsent.extend_from_slice(b"CAP LS 302\r\n");
        }
        client.unsent.extend_from_slice(format!("NICK {nick}\r\nUSER flood 0 * :flood\r\n").as_bytes());
        self.clients[place] = client;
        Ok(())
    }

    /// Puts a line in the queue of a client; it goes out with the next [turn](Self::turn).
    pub fn send(&mut self, place: usize, line: &str) {
        let unsent = &mut self.clients[place].unsent;
        if unsent.is_empty() {
            self.unflushed.push(place);
        }
        unsent.extend_from_slice(line.as_bytes());
        unsent.extend_from_slice(b"\r\n");
    }

    /// Ends a connection without a word, as a pulled cable does.
    pub fn drop_connection(&mut self, place: usize) {
        self.clients[place] = Client::default();
    }

    /// From now on this client reads nothing.
    pub fn deafen(&mut self, place: usize) {
        self.clients[place].deaf = true;
    }

    /// Reads on, and says whether the server has ended the connection meanwhile.
    pub fn was_cut_off(&mut self, place: usize) -> bool {
        let client = &mut self.clients[place];
        client.deaf = false;
        let mut closed = false;
        client.read(&mut self.buffer, true, |heard| closed |= matches!(heard, Heard::Closed));
        closed
    }

    /// The capabilities that a client was given.
    pub fn caps(&self, place: usize) -> Caps {
        self.clients[place].greeting.given
    }

    /// Writes what is queued, waits for the server, and hands on all that has come.
    pub fn turn(&mut self, wait: Duration, mut each: impl FnMut(usize, Heard<'_>)) -> Outcome<()> {
        for place in std::mem::take(&mut self.unflushed) {
            self.clients[place].flush();
        }
        match self.poll.poll(&mut self.events, Some(wait)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error.into()),
            _ => {}
        }
        for event in &self.events {
            let place = event.token().0;
            let client = &mut self.clients[place];
            if event.is_writable() {
                client.flush();
            }
            if event.is_readable() || event.is_read_closed() || event.is_error() {
                let closing = event.is_read_closed() || event.is_error();
                client.read(&mut self.buffer, closing, |heard| each(place, heard));
            }
        }
        Ok(())
    }

    /// Connects everybody, with at most [`Run::at_once`] on their way, and has each join the room that `room` names. Gives
    /// the time that each took from its connecting to being in.
    pub fn enter(
        &mut self,
        run: &Run,
        wanted: Caps,
        room: impl Fn(&Crowd, usize) -> Option<String>,
    ) -> Outcome<Latency> {
        let mut latency = Latency::default();
        let mut since = vec![Instant::now(); self.len()];
        let (mut begun, mut inside) = (0, 0);
        let mut welcomed = Vec::new();
        while inside < self.len() {
            run.deadline.check(&format!("connecting ({inside} of {} are in)", self.len()))?;
            while begun < self.len() && begun - inside < run.at_once.max(1) {
                since[begun] = Instant::now();
                self.connect(begun, &self.nick(begun), wanted)?;
                begun += 1;
            }
            let (mut arrived, mut closed) = (Vec::new(), None);
            self.turn(Duration::from_millis(100), |place, heard| match heard {
                Heard::Welcome => welcomed.push(place),
                Heard::Line(line) if command_of(line) == b"366" => arrived.push(place),
                Heard::Line(_) => {}
                Heard::Closed => closed = Some(place),
            })?;
            if let Some(place) = closed {
                return Err(
                    format!("client {place} was not let in: {}", self.clients[place].greeting.last).into()
                );
            }
            for place in std::mem::take(&mut welcomed) {
                match room(self, place) {
                    Some(room) => self.send(place, &format!("JOIN {room}")),
                    None => arrived.push(place),
                }
            }
            for place in arrived {
                latency.add(since[place].elapsed());
                inside += 1;
            }
        }
        Ok(latency)
    }

    /// Waits until nobody has heard anything for a while.
    pub fn quiet(&mut self, run: &Run, pause: Duration) -> Outcome<()> {
        let mut last = Instant::now();
        while last.elapsed() < pause {
            run.deadline.check("waiting for silence")?;
            self.turn(pause / 4, |_, _| last = Instant::now())?;
        }
        Ok(())
    }
}

impl Client {
    fn flush(&mut self) {
        let Some(stream) = &mut self.stream else { return };
        while !self.unsent.is_empty() {
            match stream.write(&self.unsent) {
                Ok(0) => return,
                Ok(written) => drop(self.unsent.drain(..written)),
                // Not connected yet, or full: the system says when to go on. A broken one says so at the next read.
                Err(_) => return,
            }
        }
    }

    fn read(&mut self, buffer: &mut [u8], closing: bool, mut each: impl FnMut(Heard<'_>)) {
        let Client { stream, framer, greeting, unsent, deaf } = self;
        if *deaf {
            return;
        }
        let (Some(open), Some(framer)) = (stream.as_mut(), framer.as_mut()) else { return };
        let had_unsent = !unsent.is_empty();
        let ended = loop {
            match open.read(buffer) {
                Ok(0) => break true,
                Ok(count) => {
                    framer.push(&buffer[..count], |framed| {
                        if let Framed::Line(line) = framed {
                            hear(line, greeting, unsent, &mut each);
                        }
                    });
                    // Less than there was room for: the socket is drained, and a new edge will come. But not for
                    // an end that is there already.
                    if count < buffer.len() && !closing {
                        break false;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    greeting.last = error.to_string();
                    break true;
                }
            }
        };
        if ended {
            *stream = None;
            each(Heard::Closed);
        } else if !had_unsent {
            self.flush();
        }
    }
}

fn hear(line: &[u8], greeting: &mut Greeting, unsent: &mut Vec<u8>, each: &mut impl FnMut(Heard<'_>)) {
    if line.starts_with(b"PING") {
        unsent.extend_from_slice(b"PONG");
        unsent.extend_from_slice(&line[4..]);
        unsent.extend_from_slice(b"\r\n");
    } else if greeting.done {
        each(Heard::Line(line));
    } else if let Ok(message) = Message::parse(&String::from_utf8_lossy(line)) {
        greeting.answer(&message, unsent);
        if greeting.done {
            each(Heard::Welcome);
        }
    }
}

/// The way to the welcome.
#[derive(Default)]
struct Greeting {
    wanted: Caps,
    given: Caps,
    offered: Caps,
    done: bool,
    /// The last line before the welcome: the reason, if there is no welcome.
    last: String,
}

impl Greeting {
    fn answer(&mut self, message: &Message<'_>, unsent: &mut Vec<u8>) {
        self.last = message.to_string();
        let list = message.params.last().unwrap_or("");
        let caps = || list.split(' ').filter_map(|cap| Cap::by_name(cap.split('=').next().unwrap_or(cap)));
        match (message.command, message.param(1)) {
            ("376" | "422", _) => self.done = true,
            ("CAP", "LS") => {
                caps().for_each(|cap| self.offered.insert(cap));
                if message.param(2) != "*" {
                    let asked: Vec<&str> =
                        self.offered.iter().filter(|cap| self.wanted.has(*cap)).map(Cap::name).collect();
                    if !asked.is_empty() {
                        unsent.extend_from_slice(format!("CAP REQ :{}\r\n", asked.join(" ")).as_bytes());
                    }
                    unsent.extend_from_slice(b"CAP END\r\n");
                }
            }
            ("CAP", "ACK") => caps().for_each(|cap| self.given.insert(cap)),
            _ => {}
        }
    }
}

/// The command of a line, as it stands.
pub fn command_of(line: &[u8]) -> &[u8] {
    let (_, rest) = split_prefix(line);
    &rest[..memchr::memchr(b' ', rest).unwrap_or(rest.len())]
}

/// The tags of a line with its source, and what follows them. Done by hand, because it is done for every delivery.
fn split_prefix(line: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    for sign in [b'@', b':'] {
        if line.get(at) == Some(&sign) {
            at += memchr::memchr(b' ', &line[at..]).map_or(line.len() - at, |blank| blank + 1);
        }
    }
    line.split_at(at)
}

/// The text of a PRIVMSG to a room.
pub fn said(line: &[u8]) -> Option<&[u8]> {
    let (_, rest) = split_prefix(line);
    let rest = rest.strip_prefix(b"PRIVMSG #")?;
    let text = &rest[memchr::memchr(b' ', rest)? + 1..];
    Some(text.strip_prefix(b":").unwrap_or(text))
}

/// What each text carries: who said it, which of theirs it is, and when it was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// The speaker's number.
    pub sender: u32,
    /// Which of the speaker's messages.
    pub number: u32,
    /// Nanoseconds since the scenario began.
    pub moment: u64,
}

impl Words {
    /// The text, filled up to `size` bytes.
    pub fn text(self, size: usize) -> String {
        let mut text = format!("{:x} {:x} {:x} ", self.sender, self.number, self.moment);
        while text.len() < size {
            text.push('.');
        }
        text
    }

    /// Reads a text.
    pub fn read(text: &[u8]) -> Option<Words> {
        let mut fields = text.splitn(4, |b| *b == b' ');
        let mut hex = || {
            fields
                .next()?
                .iter()
                .try_fold(0u64, |sum, digit| Some(sum << 4 | u64::from(char::from(*digit).to_digit(16)?)))
        };
        let (sender, number, moment) = (hex()?, hex()?, hex()?);
        Some(Words { sender: u32::try_from(sender).ok()?, number: u32::try_from(number).ok()?, moment })
    }
}

fn base36(mut number: u64, width: usize) -> String {
    let mut digits = vec![b'0'; width];
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789abcdefghijklmnopqrstuvwxyz"[(number % 36) as usize];
        number /= 36;
    }
    digits.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back_from_any_form_of_line() {
        let words = Words { sender: 11, number: 4000, moment: 123_456_789_012 };
        for front in ["", ":a!b@c ", "@time=x;msgid=y :a!b@c "] {
            let line = format!("{front}PRIVMSG #room :{}", words.text(64));
            assert_eq!(said(line.as_bytes()).and_then(Words::read), Some(words), "{line}");
        }
        assert_eq!(said(b":a!b@c PRIVMSG alice :1 2 3 "), None);
        assert_eq!(Words::read(b"hello there"), None);
        assert_eq!(command_of(b"@t=1 :server 366 a #b :End"), b"366");
    }
}

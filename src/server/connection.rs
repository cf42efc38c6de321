//! One socket: bytes in become lines for the core, bytes out come from its outbox.
#![allow(clippy::disallowed_types, reason = "this is the edge that has the socket")]

use std::io::{self, Read, Write};
use std::net::{IpAddr, Shutdown};
use std::time::Instant;

use mio::net::TcpStream;

use crate::irc::{Framed, Framer, MAX_LINE};

use super::config::{ANSWERS, LINGER, READ_SHARE, SEND_QUEUE};
use super::core::ConnId;
use super::door::{self, Verdict};
use super::inbox::{Batch, Event};
use super::outbox::{Flushed, Outbox, Spare};

/// Where a connection is in its life. Bytes go out in all of it, as long as the socket takes them.
#[derive(Debug, PartialEq, Eq)]
enum Phase {
    /// The first bytes have not said yet who it is; what has come so far.
    Door(Vec<u8>),
    /// Lines go in.
    Open,
    /// It has ended, and the core has been told; its id is in use until the core gives it back. What still comes in is
    /// thrown away. Answers to what came before go out: the peer may have closed its own half only.
    Ended,
    /// The core has given it up: what waits is written until then, at most.
    Leaving(Instant),
}

/// A connection of one shard.
#[derive(Debug)]
pub struct Connection {
    id: ConnId,
    socket: TcpStream,
    framer: Framer,
    outbox: Outbox,
    phase: Phase,
    /// The peer has closed its half: nothing more comes in.
    silent: bool,
    /// Nothing goes out any more: the socket is broken, or the peer does not read.
    deaf: bool,
    /// Our half has been closed: the peer has all it will get.
    shut: bool,
    /// The core has lines of it and has not said yet that it has dealt with them. Until then it is handed no others, and
    /// the id is not given away.
    asking: bool,
    /// Lines that the core has given back: it is handed them again before anything more is read.
    later: Batch,
    /// Whether it is on its shard's list of connections to flush.
    pub touched: bool,
    /// Whether it is on its shard's list of connections to read.
    pub queued: bool,
    /// Whether there may be more to read.
    pub readable: bool,
}

impl Connection {
    /// A connection that has just been accepted.
    pub fn new(id: ConnId, socket: TcpStream) -> Connection {
        Connection {
            id,
            socket,
            // A client's tag section may be shorter; the core checks that.
            framer: Framer::new(MAX_LINE),
            outbox: Outbox::default(),
            phase: Phase::Door(Vec::new()),
            silent: false,
            deaf: false,
            shut: false,
            asking: false,
            later: Batch::default(),
            touched: false,
            queued: false,
            readable: false,
        }
    }

    /// The socket, to be registered.
    pub fn socket(&mut self) -> &mut TcpStream {
        &mut self.socket
    }

    /// Whether there is anything to hand in now. What the core has given back waits until the peer has read its answers.
    pub fn may_ask(&self) -> bool {
        let next =
            if self.later.events.is_empty() { self.readable } else { self.outbox.waiting() <= ANSWERS };
        next && !self.asking
    }

    /// The core has dealt with its lines, or never will.
    pub fn is_heard(&mut self) {
        self.asking = false;
    }

    /// Takes a line back from the core.
    pub fn keep_for_later(&mut self, event: &Event, of: &Batch) {
        if self.phase == Phase::Open {
            self.later.again(event, of);
        }
    }

    /// Hands in what was given back, or else reads once, at most its share; whole lines go into the batch.
    pub fn ask(&mut self, buffer: &mut [u8], batch: &mut Batch) {
        let before = batch.events.len();
        if self.later.events.is_empty() {
            self.read(buffer, batch);
        } else {
            let later = std::mem::take(&mut self.later);
            later.events.iter().for_each(|event| batch.again(event, &later));
        }
        self.asking = matches!(batch.events[before..].first(), Some(Event::Line(..) | Event::TooLong(_)));
    }

    fn read(&mut self, buffer: &mut [u8], batch: &mut Batch) {
        let share = buffer.len().min(READ_SHARE);
        match self.socket.read(&mut buffer[..share]) {
            Ok(0) => {
                self.silent = true;
                self.readable = false;
                self.end("Connection closed", batch);
            }
            Ok(count) => self.take(&buffer[..count], batch),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.readable = false,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => self.fail(&reason(&error), batch),
        }
    }

    fn take(&mut self, bytes: &[u8], batch: &mut Batch) {
        match &mut self.phase {
            Phase::Door(first) => {
                first.extend_from_slice(bytes);
                match door::look(first) {
                    Verdict::Irc => {
                        let first = std::mem::take(first);
                        self.phase = Phase::Open;
                        self.lines(&first, batch);
                    }
                    // Blanks and line ends alone tell nothing, and are worth keeping only so far.
                    Verdict::Wait if first.len() > MAX_LINE => self.end("Nothing was said", batch),
                    Verdict::Wait => {}
                    Verdict::Refuse(answer, why) => {
                        // The socket is new and empty: the few bytes go out, or nobody is there to miss them.
                        let _ = self.socket.write(answer);
                        self.end(why, batch);
                    }
                }
            }
            Phase::Open => self.lines(bytes, batch),
            Phase::Ended | Phase::Leaving(_) => {}
        }
    }

    fn lines(&mut self, bytes: &[u8], batch: &mut Batch) {
        let id = self.id;
        self.framer.push(bytes, |framed| match framed {
            Framed::Line([]) => {}
            Framed::Line(line) => batch.line(id, line),
            Framed::TooLong => batch.events.push(Event::TooLong(id)),
        });
    }

    /// Nothing more is heard from the peer; the core is told once.
    fn end(&mut self, why: &str, batch: &mut Batch) {
        if matches!(self.phase, Phase::Door(_) | Phase::Open) {
            self.phase = Phase::Ended;
            self.later = Batch::default();
            batch.events.push(Event::Close(self.id, why.to_owned()));
        }
    }

    /// The same, and nothing more can be said to it either.
    fn fail(&mut self, why: &str, batch: &mut Batch) {
        self.outbox = Outbox::default();
        self.deaf = true;
        self.readable = false;
        self.end(why, batch);
    }

    /// Where to put bytes for it; `None` when it hears nothing any more.
    pub fn buffer(&mut self, spare: &mut Spare) -> Option<&mut Vec<u8>> {
        (!self.deaf && !self.is_leaving()).then(|| self.outbox.buffer(spare))
    }

    /// Whether more waits for it than may wait.
    pub fn is_over(&self) -> bool {
        self.outbox.waiting() > SEND_QUEUE
    }

    /// Writes what waits. Whoever has too much waiting is closed.
    pub fn flush(&mut self, now: Instant, spare: &mut Spare, batch: &mut Batch) {
        if self.deaf {
            return;
        }
        match self.outbox.flush(&mut self.socket, spare) {
            Flushed::All => {
                if let Phase::Leaving(until) = &mut self.phase
                    && !self.shut
                {
                    self.shut = true;
                    *until = (*until).min(now + LINGER);
                    // A peer that is gone already cannot be told.
                    let _ = self.socket.shutdown(Shutdown::Write);
                }
            }
            Flushed::Blocked if self.is_over() => self.fail("SendQ exceeded", batch),
            Flushed::Blocked => {}
            Flushed::Failed(error) => self.fail(&reason(&error), batch),
        }
    }

    /// The core has given the connection up: it may read its last lines until then.
    pub fn leave(&mut self, until: Instant) {
        self.phase = Phase::Leaving(until);
        self.later = Batch::default();
    }

    /// Whether the socket may be dropped, and the id be given away: the core has given it up and has nothing of it any
    /// more, and the peer has all that it gets, or time is up.
    /// A peer that has not closed its half yet is waited for: what it has sent and nobody reads would turn our goodbye
    /// into a reset.
    pub fn is_done(&self, now: Instant) -> bool {
        self.deadline().is_some_and(|until| self.deaf || (self.shut && self.silent) || now >= until)
    }

    /// Until when it is waited for, if the core has given it up; none while the core still has lines of it.
    pub fn deadline(&self) -> Option<Instant> {
        match self.phase {
            Phase::Leaving(until) if !self.asking => Some(until),
            _ => None,
        }
    }

    /// Whether the core has given it up.
    pub fn is_leaving(&self) -> bool {
        matches!(self.phase, Phase::Leaving(_))
    }
}

/// An I/O error as people read it.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionReset => "Connection reset by peer".to_owned(),
        io::ErrorKind::BrokenPipe => "Connection closed".to_owned(),
        io::ErrorKind::TimedOut => "Connection timed out".to_owned(),
        kind => format!("Connection failed: {kind}"),
    }
}

/// An address as it stands in a source: an IPv4 address in IPv6 clothes without them, and never with a colon in front,
/// which would be read as the beginning of the last param.
pub fn shown_address(address: IpAddr) -> String {
    let text = address.to_canonical().to_string();
    if text.starts_with(':') { format!("0{text}") } else { text }
}

//! One socket: bytes in become lines for the core, bytes out come from its outbox.
#![allow(clippy::disallowed_types, reason = "this is the edge that has the socket")]

use std::io::{self, Read, Write};
use std::net::{IpAddr, Shutdown};
use std::time::Instant;

use mio::net::TcpStream;

use crate::irc::{Framed, Framer, MAX_LINE};

use super::config::{READ_SHARE, SEND_QUEUE};
use super::core::ConnId;
use super::door::{self, Verdict};
use super::inbox::{Batch, Event};
use super::outbox::{Flushed, Outbox, Spare};

/// Where a connection is in its life.
#[derive(Debug, PartialEq, Eq)]
enum Phase {
    /// The first bytes have not said yet who it is; what has come so far.
    Door(Vec<u8>),
    /// Lines go in and out.
    Open,
    /// It has ended, and the core has been told; its id is in use until the core gives it back.
    Ended,
    /// The core has given it up: what waits is written until then, and its own bytes are thrown away.
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
    /// The write side has been shut: the peer has all it will get.
    shut: bool,
    /// Whether it is on its shard's list of connections to flush.
    pub touched: bool,
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
            shut: false,
            touched: false,
            readable: false,
        }
    }

    /// The socket, to be registered.
    pub fn socket(&mut self) -> &mut TcpStream {
        &mut self.socket
    }

    /// Reads once, at most its share; whole lines go into the batch.
    pub fn read(&mut self, buffer: &mut [u8], batch: &mut Batch) {
        let share = buffer.len().min(READ_SHARE);
        match self.socket.read(&mut buffer[..share]) {
            Ok(0) => self.end("Connection closed", batch),
            Ok(count) => self.take(&buffer[..count], batch),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.readable = false,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => self.end(&reason(&error), batch),
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

    /// The connection ends, as seen from here; the core is told once.
    fn end(&mut self, why: &str, batch: &mut Batch) {
        self.readable = false;
        match self.phase {
            Phase::Door(_) | Phase::Open => {
                self.phase = Phase::Ended;
                batch.events.push(Event::Close(self.id, why.to_owned()));
            }
            Phase::Ended => {}
            // The peer has read its goodbye, or will never: nothing is left to wait for.
            Phase::Leaving(_) => {
                self.outbox = Outbox::default();
                self.shut = true;
            }
        }
    }

    /// Where to put bytes for it; `None` when it hears nothing any more.
    pub fn buffer(&mut self, spare: &mut Spare) -> Option<&mut Vec<u8>> {
        matches!(self.phase, Phase::Door(_) | Phase::Open).then(|| self.outbox.buffer(spare))
    }

    /// Writes what waits. Whoever has too much waiting is closed.
    pub fn flush(&mut self, spare: &mut Spare, batch: &mut Batch) {
        match self.outbox.flush(&mut self.socket, spare) {
            Flushed::All => {
                if matches!(self.phase, Phase::Leaving(_)) && !self.shut {
                    self.shut = true;
                    // A peer that is gone already cannot be told.
                    let _ = self.socket.shutdown(Shutdown::Write);
                }
            }
            Flushed::Blocked if self.outbox.waiting() > SEND_QUEUE => {
                self.outbox = Outbox::default();
                self.end("SendQ exceeded", batch);
            }
            Flushed::Blocked => {}
            Flushed::Failed(error) => {
                self.outbox = Outbox::default();
                self.end(&reason(&error), batch);
            }
        }
    }

    /// The core has given the connection up: it may read its last lines until then.
    pub fn leave(&mut self, until: Instant) {
        let ended = self.phase == Phase::Ended;
        self.phase = Phase::Leaving(until);
        self.readable = true;
        if ended {
            self.outbox = Outbox::default();
            self.shut = true;
        }
    }

    /// Whether the socket may be dropped: the core has given it up, and the peer has what it gets, or time is up.
    /// A peer that has not closed its side yet is waited for, so that its last unread bytes do not turn our goodbye into
    /// a reset.
    pub fn is_done(&self, now: Instant) -> bool {
        matches!(self.phase, Phase::Leaving(until) if (self.shut && !self.readable) || now >= until)
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

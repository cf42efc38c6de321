//! One connection's TLS: sealed bytes in, clear ones out, and the other way round. It owns no socket.

use std::io::{self, Write};

use rustls::{Error, InvalidMessage, PeerIncompatible, ServerConnection};

use super::super::outbox::{Flushed, Outbox, Spare};

/// A connection's TLS. What it keeps while nothing is under way is the keys, and the library's smallest read buffer.
#[derive(Debug)]
pub struct Session {
    connection: ServerConnection,
    /// It has failed: an alert may have to go out yet, and nothing behind it.
    broken: bool,
    /// Our goodbye (`close_notify`) has been sealed.
    closed: bool,
}

/// What has come of some sealed bytes.
#[derive(Debug)]
pub struct Received {
    /// How many clear bytes there are now.
    pub count: usize,
    /// Nothing comes behind them, and why.
    pub end: Option<End>,
}

/// Why nothing more comes.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// The peer has said its goodbye.
    Closed,
    /// What it sent is no TLS, or not for us; the peer is told with an alert.
    Failed(String),
    /// It knows no version that is safe. Of that the library has no alert of its own.
    TooOld,
}

impl Session {
    /// A session that waits for a hello.
    pub fn new(connection: ServerConnection) -> Session {
        Session { connection, broken: false, closed: false }
    }

    /// Whether it is not known yet with which keys to speak.
    pub fn is_handshaking(&self) -> bool {
        self.connection.is_handshaking()
    }

    /// Opens what has come. The clear bytes are no more than the sealed ones and one record (16 KiB) that was waiting for its
    /// end: there is to be room for them.
    pub fn receive(&mut self, mut sealed: &[u8], clear: &mut [u8]) -> Received {
        let mut count = 0;
        loop {
            let before = sealed.len();
            let state =
                match self.connection.read_tls(&mut sealed).map(|_| self.connection.process_new_packets()) {
                    Ok(Ok(state)) => state,
                    Ok(Err(error)) => return self.fail(count, end(&error)),
                    Err(error) => return self.fail(count, End::Failed(error.to_string())),
                };
            if state.plaintext_bytes_to_read() > 0 {
                let mut reader = self.connection.reader();
                while let Ok(read @ 1..) = io::Read::read(&mut reader, &mut clear[count..]) {
                    count += read;
                }
            }
            if state.peer_has_closed() {
                return Received { count, end: Some(End::Closed) };
            }
            // That nothing is taken any more must not become a loop.
            if sealed.is_empty() || sealed.len() == before {
                return Received { count, end: None };
            }
        }
    }

    fn fail(&mut self, count: usize, end: End) -> Received {
        self.broken = true;
        Received { count, end: Some(end) }
    }

    /// Whether sealed bytes wait for the socket.
    pub fn waits(&self) -> bool {
        self.connection.wants_write()
    }

    /// Seals what waits in an outbox, at most so many bytes of it, and writes as much as the socket takes.
    pub fn flush(
        &mut self,
        outbox: &mut Outbox,
        socket: &mut impl Write,
        spare: &mut Spare,
        most: usize,
    ) -> Flushed {
        match outbox.flush_part(&mut Sealed { session: self, socket }, spare, most) {
            flushed @ (Flushed::All | Flushed::Part) => match self.send(socket) {
                Flushed::All => flushed,
                other => other,
            },
            other => other,
        }
    }

    /// Writes what is sealed already.
    pub fn send(&mut self, socket: &mut impl Write) -> Flushed {
        while self.connection.wants_write() {
            match self.connection.write_tls(socket) {
                Ok(0) => return Flushed::Failed(io::ErrorKind::WriteZero.into()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Flushed::Blocked,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Flushed::Failed(error),
            }
        }
        Flushed::All
    }

    /// Seals the goodbye; it is to be [sent](Self::send). Says whether that had not been done before.
    pub fn close(&mut self) -> bool {
        if self.closed || self.broken {
            return false;
        }
        self.closed = true;
        self.connection.send_close_notify();
        true
    }
}

/// A socket whose bytes are sealed on the way.
struct Sealed<'a, S> {
    session: &'a mut Session,
    socket: &'a mut S,
}

impl<S: Write> Write for Sealed<'_, S> {
    /// Takes as many bytes as the library seals at once, and only when all that was sealed before has been written: so no
    /// more than that ever waits behind a socket that takes nothing.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.session.broken {
            // The alert was the last word.
            return Ok(bytes.len());
        }
        match self.session.send(self.socket) {
            Flushed::All => {}
            Flushed::Failed(error) => return Err(error),
            Flushed::Blocked | Flushed::Part => return Err(io::ErrorKind::WouldBlock.into()),
        }
        let taken = self.session.connection.writer().write(bytes)?;
        match self.session.send(self.socket) {
            Flushed::Failed(error) => Err(error),
            _ => Ok(taken),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What went wrong, for the diagnostics: with the cases that an operator can do something about first.
fn end(error: &Error) -> End {
    End::Failed(match error {
        Error::PeerIncompatible(
            PeerIncompatible::SupportedVersionsExtensionRequired
            | PeerIncompatible::SignatureAlgorithmsExtensionRequired
            | PeerIncompatible::Tls12NotOfferedOrEnabled,
        ) => return End::TooOld,
        Error::PeerIncompatible(why) => {
            format!("TLS failed: the client has nothing in common with us ({why:?})")
        }
        Error::AlertReceived(alert) => format!("TLS failed: the client has refused us ({alert:?})"),
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "TLS failed: what the client sends is not TLS".to_owned()
        }
        other => format!("TLS failed: {other}"),
    })
}

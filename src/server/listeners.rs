//! Where a server is knocked at: its listening sockets, and the rest they take when the process can hold no more.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "this is the edge with sockets and deadlines"
)]

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Registry, Token};
use tracing::warn;

use super::config::ACCEPT_PAUSE;

/// The token of the first listener; the others follow downwards.
const FIRST: usize = usize::MAX - 1;

/// The listeners of one shard; most shards have none.
#[derive(Debug, Default)]
pub struct Listeners {
    sockets: Vec<TcpListener>,
    /// Until then nobody is accepted.
    rest: Option<Instant>,
    /// Which of them is asked next.
    next: usize,
}

impl Listeners {
    /// These, each with a token of its own.
    ///
    /// # Errors
    /// When one of them cannot be registered.
    pub fn watched(mut sockets: Vec<TcpListener>, registry: &Registry) -> io::Result<Listeners> {
        for (n, socket) in sockets.iter_mut().enumerate() {
            registry.register(socket, Token(FIRST - n), Interest::READABLE)?;
        }
        Ok(Listeners { sockets, rest: None, next: 0 })
    }

    /// Whether a token is one of theirs.
    pub fn have(&self, token: Token) -> bool {
        (FIRST - self.sockets.len() + 1..=FIRST).contains(&token.0)
    }

    /// Until when they rest.
    pub fn rest(&self) -> Option<Instant> {
        self.rest
    }

    /// Whether to ask them now, after somebody has knocked or not. While they rest, they rest: whoever knocks meanwhile is
    /// found afterwards.
    pub fn are_due(&self, knocked: bool) -> bool {
        self.rest.map_or(knocked, |until| Instant::now() >= until)
    }

    /// The next one who knocks; none when nobody is left, or they have to rest.
    pub fn accept(&mut self) -> Option<(TcpStream, SocketAddr)> {
        self.rest = None;
        while let Some(socket) = self.sockets.get(self.next) {
            match socket.accept() {
                Ok(accepted) => return Some(accepted),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.next += 1,
                Err(error) if error.kind() == io::ErrorKind::Interrupted || is_passing(&error) => {}
                Err(error) => {
                    warn!("accepting rests for a moment: {error}");
                    self.rest = Some(Instant::now() + ACCEPT_PAUSE);
                    break;
                }
            }
        }
        self.next = 0;
        None
    }
}

/// Errors of one connection that never came to be: no reason to rest.
fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset)
}

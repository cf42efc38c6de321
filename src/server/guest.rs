//! A plain-text user at the edge: what [`plain`](super::plain) knows nothing of, that is the clock, and the pace at which
//! its socket is written.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "this is the edge that has the socket and knows the time zone"
)]

use std::time::{Duration, Instant};

use mio::net::TcpStream;
use rustix::net::sockopt;

use super::clock;
use super::config::{PACE_BYTES, Plain};
use super::door::Manner;
use super::plain::{Effects, Entry, User};

/// How long such a connection may be silent before the system asks whether anybody is there: it has no PING of its own.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(60);
/// How long between two such questions, and how many of them go without an answer.
const KEEPALIVE_EVERY: Duration = Duration::from_secs(10);
const KEEPALIVE_TIMES: u32 = 3;

/// A plain-text user and its times.
#[derive(Debug)]
pub struct Guest {
    user: User,
    opened: Instant,
    /// When it is looked at again.
    pub alarm: Option<Instant>,
    /// Before this nothing more is written to it.
    rests: Option<Instant>,
    pace: Duration,
    effects: Effects,
}

impl Guest {
    /// Lets somebody in whose first bytes are these.
    pub fn enter(
        manner: Manner,
        plain: &Plain,
        first: &[u8],
        opened: Instant,
        now: Instant,
        alarm: Option<Instant>,
        socket: &TcpStream,
    ) -> Guest {
        watch_over(socket);
        let entry = Entry { manner, zone: *chrono::Local::now().offset(), now: clock::now() };
        let mut effects = Effects::default();
        let at = now.saturating_duration_since(opened);
        let user = User::enter(&entry, plain, first, at, &mut effects);
        Guest { user, opened, alarm, rests: None, pace: plain.times.pace, effects }
    }

    /// Takes what has arrived.
    pub fn take(&mut self, bytes: &[u8], now: Instant) {
        self.user.take(bytes, now.saturating_duration_since(self.opened), &mut self.effects);
    }

    /// The peer has closed its half.
    pub fn close(&mut self) {
        self.user.close(&mut self.effects);
    }

    /// Whole lines from the core.
    pub fn hear(&mut self, lines: &[u8]) {
        self.user.hear(lines, &mut self.effects);
    }

    /// Its alarm has rung.
    pub fn ring(&mut self, now: Instant) {
        self.alarm = None;
        // A rest that is over is due no more, or the alarm would ring for it again and again.
        self.rests = self.rests.filter(|until| now < *until);
        self.user.tick(now.saturating_duration_since(self.opened), &mut self.effects);
    }

    /// What all of this has brought about.
    pub fn effects(&mut self) -> Effects {
        std::mem::take(&mut self.effects)
    }

    /// When something is due: a message ends, or what `waits` to be written may be.
    pub fn due(&self, waits: bool) -> Option<Instant> {
        let message = self.user.due().map(|due| self.opened + due);
        message.into_iter().chain(self.rests.filter(|_| waits)).min()
    }

    /// How many bytes may be written to it now.
    pub fn share(&self, now: Instant) -> usize {
        match self.rests {
            _ if !self.user.is_paced() => usize::MAX,
            Some(until) if now < until => 0,
            _ => PACE_BYTES,
        }
    }

    /// Something was written to it.
    pub fn written(&mut self, now: Instant) {
        self.rests = self.user.is_paced().then(|| now + self.pace);
    }
}

/// Has the system find out when nobody is there any more. That it cannot is no reason to let nobody in.
fn watch_over(socket: &TcpStream) {
    let asked = sockopt::set_socket_keepalive(socket, true)
        .and_then(|()| sockopt::set_tcp_keepidle(socket, KEEPALIVE_AFTER))
        .and_then(|()| sockopt::set_tcp_keepintvl(socket, KEEPALIVE_EVERY))
        .and_then(|()| sockopt::set_tcp_keepcnt(socket, KEEPALIVE_TIMES));
    #[cfg(target_os = "linux")]
    let asked = asked.and_then(|()| {
        let most = u32::try_from(KEEPALIVE_AFTER.as_millis()).unwrap_or(u32::MAX);
        sockopt::set_tcp_user_timeout(socket, most)
    });
    if let Err(error) = asked {
        tracing::debug!("a plain-text connection is not watched over: {error}");
    }
}

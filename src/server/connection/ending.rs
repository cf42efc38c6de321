//! The end of a connection: by its peer, by the socket, by the core.

use std::io;
use std::time::Instant;

use tracing::debug;

use super::super::inbox::{Batch, Event};
use super::super::outbox::Outbox;
use super::{Behind, Connection, Phase};

impl Connection {
    /// Nothing more is heard from the peer; the core is told once.
    pub(super) fn end(&mut self, why: &str, batch: &mut Batch) {
        match &self.phase {
            Phase::Open => {
                self.phase = Phase::Ended;
                self.later = Batch::default();
                self.paced = None;
                batch.events.push(Event::Close(self.id, why.to_owned()));
            }
            Phase::Door(stranger) => {
                debug!(connection = self.id.0, address = %stranger.address, reason = why, "gone without a word");
                self.phase = Phase::TurnedAway;
            }
            Phase::TurnedAway | Phase::Ended | Phase::Leaving(_) => {}
        }
    }

    /// The same, and nothing more can be said to it either. A guest that closed its half before is let finish: it hears
    /// what it has to hear until all that it said is said, and then ends by itself.
    pub(super) fn fail(&mut self, why: &str, batch: &mut Batch) {
        self.outbox = Outbox::default();
        self.behind = Behind::default();
        self.deaf = true;
        self.readable = false;
        if !self.silent || self.guest.is_none() {
            self.end(why, batch);
        }
    }

    /// The core has given the connection up: it may read its last lines until then.
    pub fn leave(&mut self, until: Instant) {
        self.stay = None;
        self.phase = Phase::Leaving(until);
        self.later = Batch::default();
        self.paced = None;
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
pub(super) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionReset => "Connection reset by peer".to_owned(),
        io::ErrorKind::BrokenPipe => "Connection closed".to_owned(),
        io::ErrorKind::TimedOut => "Connection timed out".to_owned(),
        kind => format!("Connection failed: {kind}"),
    }
}

//! The queue into the core: what the shards have read, in the order in which they read it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::config::INBOX;
use super::core::config::Reload;
use super::core::password::Verdict;
use super::core::{ConnId, Peer};

/// One thing that happened at an edge.
#[derive(Debug)]
pub enum Event {
    /// A connection was accepted.
    Open(ConnId, Peer),
    /// A connection sent a line: a range of its batch's bytes.
    Line(ConnId, std::ops::Range<usize>),
    /// A connection sent a line over the limit.
    TooLong(ConnId),
    /// A connection ended.
    Close(ConnId, String),
    /// A connection's password has been checked.
    Checked(ConnId, Verdict),
    /// The operator has chosen anew.
    Reload(Box<Reload>),
    /// The server is to stop, for this reason.
    Shutdown(String),
}

/// Events with the bytes they point to: one allocation for many lines, and used again.
#[derive(Debug, Default)]
pub struct Batch {
    /// What happened.
    pub events: Vec<Event>,
    /// The lines' bytes.
    pub data: Vec<u8>,
}

impl Batch {
    /// Adds a line.
    pub fn line(&mut self, id: ConnId, line: &[u8]) {
        let start = self.data.len();
        self.data.extend_from_slice(line);
        self.events.push(Event::Line(id, start..self.data.len()));
    }

    /// Adds a line, or the note that one was too long, of another batch.
    pub fn again(&mut self, event: &Event, of: &Batch) {
        match event {
            Event::Line(id, range) => self.line(*id, &of.data[range.clone()]),
            Event::TooLong(id) => self.events.push(Event::TooLong(*id)),
            _ => {}
        }
    }

    /// Forgets all of it, but not its room.
    pub fn clear(&mut self) {
        self.events.clear();
        self.data.clear();
    }
}

#[derive(Debug, Default)]
struct Waiting {
    batches: Vec<Batch>,
    bytes: usize,
    /// Emptied batches, to be filled again.
    spare: Vec<Batch>,
    /// Nobody waits any more.
    closed: bool,
}

/// The inbox.
#[derive(Debug, Default)]
pub struct Inbox {
    waiting: Mutex<Waiting>,
    filled: Condvar,
}

/// Most emptied batches that are kept.
const SPARE: usize = 8;

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // The data is whole at every moment the lock is free, so a panic elsewhere spoils nothing.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a batch in and gives an empty one back; says whether reading should rest. Whoever is to take it is not
    /// woken: see [`Inbox::ring`].
    pub fn push(&self, batch: Batch) -> (Batch, bool) {
        let mut waiting = self.lock();
        waiting.bytes += batch.data.len() + batch.events.len() * size_of::<Event>();
        waiting.batches.push(batch);
        let full = waiting.bytes > INBOX;
        let spare = waiting.spare.pop().unwrap_or_default();
        (spare, full)
    }

    /// Hands in a single event.
    pub fn push_event(&self, event: Event) {
        self.push(Batch { events: vec![event], data: Vec::new() });
        self.ring();
    }

    /// Wakes whoever [waits](Inbox::wait).
    pub fn ring(&self) {
        self.filled.notify_one();
    }

    /// Nobody needs to wait any more, now or later.
    pub fn close(&self) {
        self.lock().closed = true;
        self.ring();
    }

    /// How many bytes wait for the core.
    pub fn bytes(&self) -> usize {
        self.lock().bytes
    }

    /// How many events wait.
    pub fn events(&self) -> usize {
        self.lock().batches.iter().map(|batch| batch.events.len()).sum()
    }

    /// Whether reading should still rest.
    pub fn is_full(&self) -> bool {
        self.lock().bytes > INBOX
    }

    /// Waits for something to come in, at most this long.
    pub fn wait(&self, at_most: Duration) {
        let empty = |waiting: &mut Waiting| waiting.batches.is_empty() && !waiting.closed;
        drop(self.filled.wait_timeout_while(self.lock(), at_most, empty));
    }

    /// Takes all there is, for batches that are emptied; says whether the inbox had been full.
    pub fn take(&self, into: &mut Vec<Batch>) -> bool {
        let mut waiting = self.lock();
        for mut batch in into.drain(..) {
            if waiting.spare.len() < SPARE && batch.data.capacity() <= INBOX {
                batch.clear();
                waiting.spare.push(batch);
            }
        }
        std::mem::swap(&mut waiting.batches, into);
        let full = waiting.bytes > INBOX;
        waiting.bytes = 0;
        full
    }
}

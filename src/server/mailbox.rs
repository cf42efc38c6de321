//! From the log's thread to the shards: each turn reaches each shard once.
#![allow(clippy::disallowed_types, reason = "a socket that one shard has accepted is handed to another")]

use std::sync::{Arc, Mutex, PoisonError};

use super::turn::Turn;

/// What a shard is handed.
#[derive(Debug)]
pub enum Delivery {
    /// A turn whose lines are kept: its outputs may be heard.
    Turn(Turn),
    /// The server cannot go on: everybody is told this, and closed.
    Fatal(&'static str),
    /// A connection that another shard has accepted.
    Accepted(Mutex<Option<(mio::net::TcpStream, std::net::SocketAddr)>>),
}

/// One shard's mailbox.
#[derive(Debug)]
pub struct Mailbox {
    waiting: Mutex<Vec<Arc<Delivery>>>,
    waker: mio::Waker,
}

impl Mailbox {
    /// A mailbox that wakes its shard with this.
    pub fn new(waker: mio::Waker) -> Mailbox {
        Mailbox { waiting: Mutex::new(Vec::new()), waker }
    }

    /// Puts something in.
    pub fn send(&self, delivery: Arc<Delivery>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let first = waiting.is_empty();
        waiting.push(delivery);
        drop(waiting);
        if first {
            self.wake();
        }
    }

    /// Takes all there is.
    pub fn take(&self, into: &mut Vec<Arc<Delivery>>) {
        into.append(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn wake(&self) {
        if let Err(error) = self.waker.wake() {
            tracing::error!("a shard could not be woken: {error}");
        }
    }
}

/// All shards' mailboxes, by lane.
#[derive(Clone, Debug)]
pub struct Mailboxes(Arc<[Mailbox]>);

impl Mailboxes {
    /// These, in the order of their lanes.
    pub fn new(mailboxes: Vec<Mailbox>) -> Mailboxes {
        Mailboxes(mailboxes.into())
    }

    /// One of them.
    pub fn lane(&self, lane: usize) -> &Mailbox {
        &self.0[lane]
    }

    /// How many there are.
    pub fn lanes(&self) -> usize {
        self.0.len()
    }

    /// The same for all of them.
    pub fn send(&self, delivery: &Arc<Delivery>) {
        self.0.iter().for_each(|mailbox| mailbox.send(Arc::clone(delivery)));
    }

    /// Wakes all of them: there may be something to do.
    pub fn wake(&self) {
        self.0.iter().for_each(Mailbox::wake);
    }
}

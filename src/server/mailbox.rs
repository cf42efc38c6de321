//! From the engine and the pages' thread to the shards: each turn reaches each shard once.
#![allow(clippy::disallowed_types, reason = "a socket that one shard has accepted is handed to another")]

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use bytes::BytesMut;

use super::behind::PageId;
use super::config::{GOODBYE, MAILBOX};
use super::core::ConnId;
use super::turn::Turn;

/// What a shard is handed.
#[derive(Debug)]
pub enum Delivery {
    /// A turn whose lines are kept: its outputs may be heard. Its number is part of its pages' names.
    Turn(u64, Turn),
    /// The server cannot go on: everybody is told this, and closed.
    Fatal(&'static str),
    /// A page of history that a turn before it has asked for.
    Page {
        /// Whose.
        to: ConnId,
        /// Which one.
        page: PageId,
        /// Whole lines.
        bytes: BytesMut,
    },
    /// A connection that another shard has accepted.
    Accepted(Mutex<Option<(mio::net::TcpStream, std::net::SocketAddr)>>),
}

/// One shard's mailbox.
#[derive(Debug)]
pub struct Mailbox {
    waiting: Mutex<Vec<Arc<Delivery>>>,
    taken: Condvar,
    waker: mio::Waker,
}

impl Mailbox {
    /// A mailbox that wakes its shard with this.
    pub fn new(waker: mio::Waker) -> Mailbox {
        Mailbox { waiting: Mutex::new(Vec::new()), taken: Condvar::new(), waker }
    }

    /// Puts something in.
    pub fn send(&self, delivery: Arc<Delivery>) {
        if self.put(delivery) {
            self.wake();
        }
    }

    /// Puts something in without a wake; says whether it is the first that lies there.
    fn put(&self, delivery: Arc<Delivery>) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push(delivery);
        waiting.len() == 1
    }

    /// Waits for room: a shard that is behind holds up the engine instead of letting turns pile up. It never waits for the
    /// engine itself, so this cannot last; should the shard be gone, the wait ends all the same.
    fn wait_for_room(&self) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.taken.wait_timeout_while(waiting, GOODBYE, |waiting| waiting.len() >= MAILBOX));
    }

    /// Takes all there is.
    pub fn take(&self, into: &mut Vec<Arc<Delivery>>) {
        into.append(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        self.taken.notify_one();
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

    /// The same for all of them, once there is room. `here` is the lane of the shard whose thread this is, if it is one's: it
    /// cannot wait for itself, and looks by itself.
    pub fn send(&self, delivery: &Arc<Delivery>, here: Option<usize>) {
        for (lane, mailbox) in self.0.iter().enumerate() {
            if here == Some(lane) {
                mailbox.put(Arc::clone(delivery));
            } else {
                mailbox.wait_for_room();
                mailbox.send(Arc::clone(delivery));
            }
        }
    }

    /// Something for the shard of one connection, once there is room.
    pub fn send_to(&self, id: ConnId, delivery: Arc<Delivery>) {
        let mailbox = &self.0[id.0 as usize % self.0.len()];
        mailbox.wait_for_room();
        mailbox.send(delivery);
    }

    /// Wakes all of them: there may be something to do.
    pub fn wake(&self) {
        self.0.iter().for_each(Mailbox::wake);
    }
}

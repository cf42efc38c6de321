//! An I/O shard: one thread that owns its connections and their buffers without a lock. It reads whoever is ready and
//! hands in all their lines at once; it takes each turn from its mailbox and writes each touched connection once.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "this is the edge with sockets and deadlines"
)]

mod deliveries;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use tracing::{debug, warn};

use super::alarm::Alarms;
use super::config::{EVENTS, GOODBYE, HANDSHAKES, INBOX, READ_BUFFER};
use super::connection::{Connection, Tools, is_near};
use super::core::ConnId;
use super::engine::Desk;
use super::house::House;
use super::inbox::Batch;
use super::listeners::Listeners;
use super::mailbox::{Delivery, Mailboxes};
use super::outbox::{Piece, Spare};

/// The token of the mailbox's waker.
pub const WAKER: Token = Token(usize::MAX);

/// A shard.
#[derive(Debug)]
pub struct Shard {
    lane: usize,
    house: Arc<House>,
    poll: Poll,
    desk: Arc<Desk>,
    mailboxes: Mailboxes,
    listeners: Listeners,
    next_lane: usize,
    connections: Vec<Option<Box<Connection>>>,
    free: Vec<usize>,
    /// Slots that may have more to read.
    ready: Vec<usize>,
    /// Slots that are to be flushed.
    touched: Vec<usize>,
    /// Slots that the core has given up and that are not empty yet.
    leaving: Vec<usize>,
    alarms: Alarms,
    spare: Spare,
    batch: Batch,
    reading_rests: bool,
    ending: Option<Instant>,
}

impl Shard {
    /// A shard for one lane; the one with listeners accepts for all.
    ///
    /// # Errors
    /// When a listener cannot be registered.
    pub fn new(
        lane: usize,
        poll: Poll,
        listeners: Vec<TcpListener>,
        desk: Arc<Desk>,
        mailboxes: Mailboxes,
        house: Arc<House>,
    ) -> io::Result<Shard> {
        let listeners = Listeners::watched(listeners, poll.registry())?;
        Ok(Shard {
            lane,
            house,
            poll,
            desk,
            mailboxes,
            listeners,
            next_lane: 0,
            connections: Vec::new(),
            free: Vec::new(),
            ready: Vec::new(),
            touched: Vec::new(),
            leaving: Vec::new(),
            alarms: Alarms::default(),
            spare: Spare::default(),
            batch: Batch::default(),
            reading_rests: false,
            ending: None,
        })
    }

    /// The shard's loop, until the last turn has been written.
    pub fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS);
        let mut buffer = vec![0; READ_BUFFER];
        let mut deliveries = Vec::new();
        loop {
            if let Err(error) = self.poll.poll(&mut events, self.patience())
                && error.kind() != io::ErrorKind::Interrupted
            {
                warn!("waiting for sockets failed: {error}");
                return;
            }
            let mut accept = false;
            for event in &events {
                match event.token() {
                    WAKER => {}
                    token if self.listeners.have(token) => accept = true,
                    Token(slot) => self.note_ready(slot, event.is_readable(), event.is_writable()),
                }
            }
            self.deliver(&mut deliveries);
            if self.listeners.are_due(accept) {
                self.accept();
            }
            self.read(&mut buffer);
            self.ring();
            if self.hand_in() {
                // The turn may have been done meanwhile, on this thread.
                self.deliver(&mut deliveries);
            }
            self.sweep();
            if self.ending.is_some_and(|until| self.leaving.is_empty() || Instant::now() >= until) {
                return;
            }
        }
    }

    /// How long to wait for the next event: not at all while there is more to read.
    fn patience(&self) -> Option<Duration> {
        let to_read = !self.ready.is_empty() && !self.reading_rests;
        if to_read || !self.touched.is_empty() || !self.batch.events.is_empty() {
            return Some(Duration::ZERO);
        }
        let leaving = self.leaving.iter().filter_map(|slot| self.connections[*slot].as_ref()?.deadline());
        let next = leaving.chain(self.listeners.rest()).chain(self.ending).chain(self.alarms.next()).min();
        next.map(|until| until.saturating_duration_since(Instant::now()))
    }

    fn note_ready(&mut self, slot: usize, readable: bool, writable: bool) {
        let Some(connection) = self.connections.get_mut(slot).and_then(Option::as_mut) else { return };
        if readable {
            connection.readable = true;
            queue(&mut self.ready, connection, slot);
        }
        if writable {
            touch(&mut self.touched, connection, slot);
        }
    }

    /// Reads whoever is ready, once around: each connection its share, so that none can keep the others waiting.
    fn read(&mut self, buffer: &mut [u8]) {
        if self.reading_rests {
            self.reading_rests = self.desk.inbox.is_full();
            if self.reading_rests {
                return;
            }
        }
        if self.ready.is_empty() {
            return;
        }
        let now = Instant::now();
        let mut waiting = std::mem::take(&mut self.ready);
        let (mut read, mut handshakes) = (0, 0);
        for slot in &waiting {
            if self.batch.data.len() > INBOX {
                break;
            }
            read += 1;
            let Some(connection) = self.connections.get_mut(*slot).and_then(Option::as_mut) else { continue };
            connection.queued = false;
            if !connection.may_ask() {
                continue;
            }
            let may_shake = connection.shakes_hands(&self.house);
            if may_shake && handshakes >= HANDSHAKES {
                // Those who are inside come first; it has its turn in the next round.
                queue(&mut self.ready, connection, *slot);
                continue;
            }
            let (spare, batch) = (&mut self.spare, &mut self.batch);
            connection.ask(buffer, &mut Tools { now, house: &self.house, spare, batch });
            // Who stands at the door may have spoken in the clear.
            handshakes += usize::from(may_shake && connection.has_tls());
            queue(&mut self.ready, connection, *slot);
            if connection.is_special() {
                self.look_after(*slot);
            }
        }
        // Whoever had no turn in this round is first in the next.
        waiting.drain(..read);
        waiting.append(&mut self.ready);
        self.ready = waiting;
    }

    /// Looks at those whose time has come.
    fn ring(&mut self) {
        let Some(next) = self.alarms.next() else { return };
        let now = Instant::now();
        if next > now {
            return;
        }
        while let Some(slot) = self.alarms.ringing(now) {
            let Some(connection) = self.connections.get_mut(slot).and_then(Option::as_mut) else { continue };
            let (spare, batch) = (&mut self.spare, &mut self.batch);
            connection.ring(&mut Tools { now, house: &self.house, spare, batch });
            queue(&mut self.ready, connection, slot);
            self.look_after(slot);
        }
    }

    /// What a connection that is special needs after anything has happened to it.
    fn look_after(&mut self, slot: usize) {
        let Some(connection) = self.connections.get_mut(slot).and_then(Option::as_mut) else { return };
        if connection.is_turned_away() {
            self.leave(slot);
            return;
        }
        if connection.has_waiting() {
            touch(&mut self.touched, connection, slot);
        }
        for at in [connection.alarm(), connection.pace_alarm()].into_iter().flatten() {
            self.alarms.set(at, slot);
        }
    }

    /// Hands in all that was read in this round; says whether that was anything.
    fn hand_in(&mut self) -> bool {
        if self.batch.events.is_empty() {
            return false;
        }
        self.house.metrics.read.add(self.batch.events.len());
        let (empty, full) = self.desk.hand_in(std::mem::take(&mut self.batch), self.lane);
        self.batch = empty;
        self.reading_rests = full;
        true
    }

    /// Takes what lies in the mailbox, and writes it.
    fn deliver(&mut self, deliveries: &mut Vec<Arc<Delivery>>) {
        self.mailboxes.lane(self.lane).take(deliveries);
        for delivery in deliveries.drain(..) {
            self.receive(&delivery);
        }
        self.flush();
    }

    /// Takes in whoever knocks; each goes to the next lane.
    fn accept(&mut self) {
        while let Some((socket, address)) = self.listeners.accept() {
            let lane = self.next_lane;
            self.next_lane = (lane + 1) % self.mailboxes.lanes();
            if lane == self.lane {
                self.adopt(socket, address);
            } else {
                let accepted = Delivery::Accepted(Mutex::new(Some((socket, address))));
                self.mailboxes.lane(lane).send(Arc::new(accepted));
            }
        }
    }

    fn adopt(&mut self, socket: TcpStream, address: SocketAddr) {
        if self.ending.is_some() {
            return;
        }
        let now = Instant::now();
        let admitted = self.house.admit(address.ip(), now);
        // Whether somebody speaks TLS is not known before he has said something; where it is not spoken, he is told at once.
        let (stay, at_once) = match admitted {
            Ok(stay) => (Ok(stay), None),
            Err(why) => match self.house.refuse(why.clone()) {
                Some(refusal) => (Err(refusal), self.house.tls.is_none().then_some(why)),
                None => return debug!(%address, "turned away without a word"),
            },
        };
        // The server gathers what belongs together itself; waiting for more would only cost time.
        if let Err(error) = socket.set_nodelay(true) {
            debug!("a connection was gone before it could be used: {error}");
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            self.connections.push(None);
            self.connections.len() - 1
        });
        let id = self.id_of(slot);
        let pace = self.house.pace(is_near(address.ip()), now);
        let mut connection = Box::new(Connection::new(id, socket, address.ip(), now, stay, pace));
        let interest = Interest::READABLE | Interest::WRITABLE;
        if let Err(error) = self.poll.registry().register(connection.socket(), Token(slot), interest) {
            warn!("a connection could not be watched: {error}");
            self.free.push(slot);
            return;
        }
        debug!(connection = id.0, %address, "accepted");
        connection.readable = true;
        queue(&mut self.ready, &mut connection, slot);
        self.connections[slot] = Some(connection);
        if let Some(why) = at_once {
            debug!(connection = id.0, %address, why, "turned away");
            self.refuse(slot, &why);
        }
    }

    /// Sends somebody away who has not even been asked who it is.
    fn refuse(&mut self, slot: usize, why: &str) {
        if let Some(connection) = self.connections.get_mut(slot).and_then(Option::as_mut) {
            connection.say(&format!("ERROR :{why}\r\n"), &mut self.spare);
            self.leave(slot);
        }
    }

    fn id_of(&self, slot: usize) -> ConnId {
        ConnId((slot * self.mailboxes.lanes() + self.lane) as u32)
    }

    fn slot_of(&self, id: ConnId) -> Option<usize> {
        let lanes = self.mailboxes.lanes();
        (id.0 as usize % lanes == self.lane).then_some(id.0 as usize / lanes)
    }

    fn connection(&mut self, id: ConnId) -> Option<&mut Connection> {
        let slot = self.slot_of(id)?;
        self.connections.get_mut(slot)?.as_deref_mut()
    }

    fn leave(&mut self, slot: usize) {
        let Some(connection) = self.connections.get_mut(slot).and_then(Option::as_mut) else { return };
        if connection.is_leaving() {
            return;
        }
        connection.leave(Instant::now() + GOODBYE);
        self.leaving.push(slot);
        touch(&mut self.touched, connection, slot);
    }

    /// Writes each touched connection once.
    fn flush(&mut self) {
        let now = Instant::now();
        for slot in self.touched.drain(..) {
            if let Some(connection) = self.connections.get_mut(slot).and_then(Option::as_mut) {
                connection.touched = false;
                connection.flush(now, &mut self.spare, &mut self.batch);
                queue(&mut self.ready, connection, slot);
                for at in [connection.alarm(), connection.pace_alarm()].into_iter().flatten() {
                    self.alarms.set(at, slot);
                }
            }
        }
    }

    /// Drops the connections that have had their goodbye; with that their ids are free.
    fn sweep(&mut self) {
        if self.leaving.is_empty() {
            return;
        }
        let now = Instant::now();
        let mut leaving = std::mem::take(&mut self.leaving);
        leaving.retain(|slot| {
            let done = self.connections[*slot].as_ref().is_none_or(|connection| connection.is_done(now));
            if done {
                self.connections[*slot] = None;
                self.free.push(*slot);
            }
            !done
        });
        self.leaving = leaving;
    }

    /// The server ends: nothing new is accepted, whoever has not had a goodbye yet is told why, and what waits has some
    /// time to be written.
    fn end(&mut self, why: &str) {
        self.listeners = Listeners::default();
        let goodbye = Bytes::from(format!("ERROR :{why}\r\n"));
        for slot in 0..self.connections.len() {
            self.put(slot, Piece::Shared(&goodbye));
            self.leave(slot);
            if let Some(connection) = self.connections.get_mut(slot).and_then(Option::as_mut) {
                // The core says nothing more.
                connection.is_heard();
            }
        }
        self.ending = Some(Instant::now() + GOODBYE);
    }
}

/// Puts a connection on the list of those that are to be read, if there is anything to read and it is not there.
fn queue(ready: &mut Vec<usize>, connection: &mut Connection, slot: usize) {
    if connection.may_ask() && !connection.queued {
        connection.queued = true;
        ready.push(slot);
    }
}

/// Puts a connection on the list of those that are to be flushed, if it is not there.
fn touch(touched: &mut Vec<usize>, connection: &mut Connection, slot: usize) {
    if !connection.touched {
        connection.touched = true;
        touched.push(slot);
    }
}

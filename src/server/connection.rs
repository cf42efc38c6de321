//! One socket: bytes in become lines for the core, bytes out come from its outbox.
#![allow(clippy::disallowed_types, reason = "this is the edge that has the socket")]

mod arrival;
mod ending;
mod paced;

use std::io::{self, Read};
use std::net::{IpAddr, Shutdown};
use std::time::Instant;

use mio::net::TcpStream;

use crate::irc::{Framed, Framer, MAX_LINE};

use super::behind::{Behind, PageId};
use super::config::{ANSWERS, LINGER, PLAIN_QUEUE, READ_SHARE, SEND_QUEUE};
use super::core::ConnId;
use super::door::Door;
use super::guest::Guest;
use super::house::{House, Refusal, Stay};
use super::inbox::{Batch, Event};
use super::outbox::{Flushed, Outbox, Spare};
use super::pace::Pace;
use super::tls::Session;
use arrival::Stranger;
use ending::reason;
use paced::Paced;

/// Where a connection is in its life. Bytes go out in all of it, as long as the socket takes them.
#[derive(Debug)]
enum Phase {
    /// The first bytes have not said yet who it is; the core knows nothing of it.
    Door(Box<Stranger>),
    /// It has ended there: the core need not be told.
    TurnedAway,
    /// Lines go in.
    Open,
    /// It has ended, and the core has been told; its id is in use until the core gives it back. What still comes in is
    /// thrown away. Answers to what came before go out: the peer may have closed its own half only.
    Ended,
    /// The core has given it up: what waits is written until then, at most.
    Leaving(Instant),
}

/// What a connection works with: its shard's.
#[derive(Debug)]
pub struct Tools<'a> {
    /// What time it is.
    pub now: Instant,
    /// How plain text is spoken, and with whom TLS.
    pub house: &'a House,
    /// Buffers to be used again.
    pub spare: &'a mut Spare,
    /// What the core is handed.
    pub batch: &'a mut Batch,
}

/// A connection of one shard.
#[derive(Debug)]
pub struct Connection {
    id: ConnId,
    socket: TcpStream,
    framer: Framer,
    outbox: Outbox,
    /// Its TLS, if it speaks through that: then all bytes go through it, both ways.
    tls: Option<Box<Session>>,
    phase: Phase,
    /// What stands between it and the core, if it speaks plain text.
    guest: Option<Box<Guest>>,
    /// The peer has closed its half: nothing more comes in.
    silent: bool,
    /// Nothing goes out any more: the socket is broken, or the peer does not read.
    deaf: bool,
    /// Our half has been closed: the peer has all it will get.
    shut: bool,
    /// The core has lines of it and has not said yet that it has dealt with them. Until then it is handed no others, and
    /// the id is not given away.
    asking: bool,
    /// Lines that the core has given back, or that came while it had others: it is handed them before anything more is
    /// read.
    later: Batch,
    /// It has ended, for this reason. The core is told once it has dealt with all that was said before.
    over: Option<&'static str>,
    /// What waits behind pages of history that it has asked for.
    behind: Behind,
    /// How fast it may speak, if that is limited, and what it has said beyond it.
    paced: Option<Box<Paced>>,
    /// That it is here, until the core has given it up. Who is not let in is not.
    stay: Option<Stay>,
    /// Whether it is on its shard's list of connections to flush.
    pub touched: bool,
    /// Whether it is on its shard's list of connections to read.
    pub queued: bool,
    /// Whether there may be more to read.
    pub readable: bool,
}

impl Connection {
    /// A connection that has just been accepted, from this address.
    pub fn new(
        id: ConnId,
        socket: TcpStream,
        ip: IpAddr,
        now: Instant,
        stay: Result<Stay, Refusal>,
        pace: Option<Pace>,
    ) -> Connection {
        let (address, near) = (shown_address(ip), is_near(ip));
        let (stay, refusal) = match stay {
            Ok(stay) => (Some(stay), None),
            Err(refusal) => (None, Some(refusal)),
        };
        let door = Door::default();
        let stranger = Stranger { door, opened: now, address, near, refusal, alarm: None, due: Some(now) };
        Connection {
            id,
            socket,
            // A client's tag section may be shorter; the core checks that.
            framer: Framer::new(MAX_LINE),
            outbox: Outbox::default(),
            tls: None,
            phase: Phase::Door(Box::new(stranger)),
            guest: None,
            silent: false,
            deaf: false,
            shut: false,
            asking: false,
            later: Batch::default(),
            over: None,
            behind: Behind::default(),
            paced: pace.map(Paced::new),
            stay,
            touched: false,
            queued: false,
            readable: false,
        }
    }

    /// The socket, to be registered.
    pub fn socket(&mut self) -> &mut TcpStream {
        &mut self.socket
    }

    /// Whether there is anything to hand in now. What the core has given back waits until the peer has read its answers; and
    /// who has asked for a page of history says nothing more before he has it.
    pub fn may_ask(&self) -> bool {
        let next = match &self.paced {
            _ if !self.later.events.is_empty() => self.outbox.waiting() <= ANSWERS,
            Some(paced) if paced.waits() => !paced.rests(),
            _ => self.readable || self.over.is_some(),
        };
        next && !self.asking && self.behind.is_empty()
    }

    /// The core has dealt with its lines, or never will.
    pub fn is_heard(&mut self) {
        self.asking = false;
    }

    /// Takes a line back from the core.
    pub fn keep_for_later(&mut self, event: &Event, of: &Batch) {
        if matches!(self.phase, Phase::Open) {
            self.later.again(event, of);
        }
    }

    /// Hands in what was given back, or else that it has ended, or else reads once, at most its share; whole lines go into
    /// the batch.
    pub fn ask(&mut self, buffer: &mut [u8], tools: &mut Tools<'_>) {
        if !self.later.events.is_empty() {
            let later = std::mem::take(&mut self.later);
            later.events.iter().for_each(|event| tools.batch.again(event, &later));
            self.asking = true;
        } else if self.paced.as_ref().is_some_and(|paced| paced.waits()) {
            self.pay(tools);
        } else if let Some(why) = self.over.take() {
            self.end(why, tools.batch);
        } else {
            self.read(buffer, tools);
        }
    }

    fn read(&mut self, buffer: &mut [u8], tools: &mut Tools<'_>) {
        // Of what is sealed there is room behind it for what it becomes.
        let (share, clear) = buffer.split_at_mut(READ_SHARE.min(buffer.len()));
        match self.socket.read(share) {
            Ok(0) => {
                self.silent = true;
                self.hears_no_more(tools);
            }
            Ok(count) => {
                match self.tls.as_mut().filter(|_| matches!(self.phase, Phase::Door(_) | Phase::Open)) {
                    Some(tls) => {
                        let received = tls.receive(&share[..count], clear);
                        self.take_opened(&received, clear, tools);
                    }
                    None => self.take(&share[..count], tools),
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.readable = false,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => self.fail(&reason(&error), tools.batch),
        }
    }

    /// The peer has closed its half of the conversation.
    fn hears_no_more(&mut self, tools: &mut Tools<'_>) {
        self.readable = false;
        match self.guest.as_mut().filter(|_| matches!(self.phase, Phase::Open)) {
            // What it has said before is still on its way.
            Some(guest) => {
                guest.close();
                self.settle_guest(tools);
            }
            None => self.end_behind("Connection closed", tools.batch),
        }
    }

    /// It has ended, and so it does once all that it has said is handed in.
    fn end_behind(&mut self, why: &'static str, batch: &mut Batch) {
        let waits = self.paced.as_ref().is_some_and(|paced| paced.waits());
        if matches!(self.phase, Phase::Open) && (self.asking || waits || !self.later.events.is_empty()) {
            self.over = Some(why);
        } else {
            self.end(why, batch);
        }
    }

    fn take(&mut self, bytes: &[u8], tools: &mut Tools<'_>) {
        match (&mut self.phase, &mut self.guest) {
            (Phase::Open, None) => self.lines(bytes, tools),
            (Phase::Open, Some(guest)) => {
                guest.take(bytes, tools.now);
                self.settle_guest(tools);
            }
            (Phase::Door(stranger), _) => {
                stranger.door.take(bytes, tools.now.saturating_duration_since(stranger.opened));
                self.look(tools);
            }
            (Phase::TurnedAway | Phase::Ended | Phase::Leaving(_), _) => {}
        }
    }

    /// Hands on what a guest has brought about: lines for the core, text for the peer.
    fn settle_guest(&mut self, tools: &mut Tools<'_>) {
        let Some(guest) = &mut self.guest else { return };
        let effects = guest.effects();
        if matches!(self.phase, Phase::Open) {
            // What the core has, or has given back, comes first; then what a guest says now waits behind it.
            let first = self.later.events.is_empty() && !self.asking;
            let queue = match &mut self.paced {
                Some(paced) => paced.queue(),
                None if first => &mut *tools.batch,
                None => &mut self.later,
            };
            for line in &effects.core {
                queue.line(self.id, line.as_bytes());
            }
            match &self.paced {
                Some(_) if first => self.pay(tools),
                Some(_) => {}
                None => self.asking |= first && !effects.core.is_empty(),
            }
            if let Some(why) = effects.ended {
                self.end_behind(why, tools.batch);
            }
        }
        if !effects.peer.is_empty() && !self.deaf {
            self.outbox.buffer(tools.spare).extend_from_slice(effects.peer.as_bytes());
        }
    }

    /// Its alarm has rung.
    pub fn ring(&mut self, tools: &mut Tools<'_>) {
        if let Some(paced) = &mut self.paced {
            paced.ring(tools.now);
        }
        match (&mut self.phase, &mut self.guest) {
            (Phase::Door(stranger), _) => {
                stranger.alarm = None;
                self.look(tools);
            }
            (_, Some(guest)) => {
                guest.ring(tools.now);
                self.settle_guest(tools);
            }
            _ => {}
        }
    }

    /// When its alarm must ring, if it has none yet that rings early enough; it is taken as set then.
    pub fn alarm(&mut self) -> Option<Instant> {
        match (&mut self.phase, &mut self.guest) {
            (Phase::Door(stranger), _) => earlier(stranger.due, &mut stranger.alarm),
            (_, Some(guest)) => {
                let waits = self.outbox.waiting() > 0 && !self.deaf;
                let due = guest.due(waits);
                earlier(due, &mut guest.alarm)
            }
            _ => None,
        }
    }

    /// When it may go on to speak, if no alarm is set for that; it is taken as set then.
    pub fn pace_alarm(&mut self) -> Option<Instant> {
        self.paced.as_mut()?.alarm()
    }

    /// Whether it needs more looking after than reading and writing: it is at the door, speaks plain text, or too fast.
    pub fn is_special(&self) -> bool {
        self.guest.is_some()
            || self.paced.as_ref().is_some_and(|paced| paced.rests())
            || self.tls.as_ref().is_some_and(|tls| tls.waits())
            || matches!(self.phase, Phase::Door(_) | Phase::TurnedAway)
    }

    /// Whether it has ended before the core knew of it: then the shard lets it go.
    pub fn is_turned_away(&self) -> bool {
        matches!(self.phase, Phase::TurnedAway)
    }

    /// Whether something waits to be written.
    pub fn has_waiting(&self) -> bool {
        self.outbox.waiting() > 0 || self.tls.as_ref().is_some_and(|tls| tls.waits())
    }

    /// Bytes for somebody who cannot be given them as they are. Nobody is at the door yet, so nothing is for whoever
    /// stands there.
    pub fn hear(&mut self, bytes: &[u8], tools: &mut Tools<'_>) {
        if self.shut || (self.deaf && !self.silent) {
            return;
        }
        if let Some(guest) = &mut self.guest {
            guest.hear(bytes);
            self.settle_guest(tools);
        }
    }

    /// Bytes for somebody who is not let in at all.
    pub fn say(&mut self, words: &str, spare: &mut Spare) {
        self.outbox.buffer(spare).extend_from_slice(words.as_bytes());
    }

    fn lines(&mut self, bytes: &[u8], tools: &mut Tools<'_>) {
        let id = self.id;
        let batch = self.paced.as_mut().map_or(&mut *tools.batch, |paced| paced.queue());
        let before = batch.events.len();
        self.framer.push(bytes, |framed| match framed {
            Framed::Line([]) => {}
            Framed::Line(line) => batch.line(id, line),
            Framed::TooLong => batch.events.push(Event::TooLong(id)),
        });
        let any = batch.events.len() > before;
        match self.paced {
            Some(_) => self.pay(tools),
            None => self.asking |= any,
        }
    }

    /// Hands in what it has said, as far as it may go on to speak.
    fn pay(&mut self, tools: &mut Tools<'_>) {
        if let Some(paced) = &mut self.paced {
            self.asking |= paced.hand_in(tools.now, tools.batch);
            tools.house.metrics.slowed.add(usize::from(paced.rests()));
        }
    }

    /// It is answered so many bytes.
    pub fn answer(&mut self, bytes: usize, now: Instant) {
        if let Some(paced) = &mut self.paced {
            paced.pace.answer(bytes, now);
        }
    }

    /// It has registered.
    pub fn is_registered(&mut self) {
        if let Some(stay) = &mut self.stay {
            stay.place = None;
        }
        if let Some(paced) = &mut self.paced {
            paced.pace.registered();
        }
    }

    /// Whether it speaks TLS.
    pub fn has_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Whether the next thing that it sends may have to do with the keys of TLS, which is work.
    pub fn shakes_hands(&self, house: &House) -> bool {
        match &self.tls {
            Some(tls) => tls.is_handshaking(),
            None => house.tls.is_some() && matches!(self.phase, Phase::Door(_)),
        }
    }

    /// Where to put lines of IRC for it; `None` when it hears none, or not as they are.
    pub fn outbox(&mut self) -> Option<&mut Outbox> {
        let inside = matches!(self.phase, Phase::Open | Phase::Ended | Phase::Leaving(_));
        let hears = inside && !self.shut && !self.deaf && self.guest.is_none();
        hears.then_some(&mut self.outbox)
    }

    /// It has asked for a page of history: what it is told from now on waits behind it.
    pub fn wait_for(&mut self, page: PageId) {
        if !self.deaf && !self.is_leaving() {
            self.behind.ask(page);
        }
    }

    /// The page has been read: what comes right behind it, if it is still waited for.
    pub fn page_is_read(&mut self, page: PageId) -> Option<Vec<u8>> {
        self.behind.read(page)
    }

    /// Keeps back what it is told while it waits for a page; says whether it did. Whoever has too much waiting is closed.
    pub fn hold_back(&mut self, bytes: &[u8], batch: &mut Batch) -> bool {
        let held = self.behind.hold(bytes);
        if held && self.behind.is_over() {
            self.fail("SendQ exceeded", batch);
        }
        held
    }

    /// Whether more waits for it than may wait.
    pub fn is_over(&self) -> bool {
        self.outbox.waiting() > if self.guest.is_some() { PLAIN_QUEUE } else { SEND_QUEUE }
    }

    /// Writes what waits. Whoever has too much waiting is closed.
    pub fn flush(&mut self, now: Instant, spare: &mut Spare, batch: &mut Batch) {
        if self.deaf {
            return;
        }
        let most = self.guest.as_ref().map_or(usize::MAX, |guest| guest.share(now));
        let waiting = self.outbox.waiting();
        let flushed = match &mut self.tls {
            None => self.outbox.flush_part(&mut self.socket, spare, most),
            Some(tls) => tls.flush(&mut self.outbox, &mut self.socket, spare, most),
        };
        if let Some(guest) = self.guest.as_mut().filter(|_| self.outbox.waiting() < waiting) {
            guest.written(now);
        }
        match flushed {
            Flushed::All => {
                if let Phase::Leaving(until) = &mut self.phase
                    && !self.shut
                    && self.behind.is_empty()
                {
                    if let Some(tls) = &mut self.tls
                        && tls.close()
                        && matches!(tls.send(&mut self.socket), Flushed::Blocked)
                    {
                        return;
                    }
                    self.shut = true;
                    *until = (*until).min(now + LINGER);
                    // A peer that is gone already cannot be told.
                    let _ = self.socket.shutdown(Shutdown::Write);
                }
            }
            Flushed::Blocked | Flushed::Part if self.is_over() => self.fail("SendQ exceeded", batch),
            Flushed::Blocked | Flushed::Part => {}
            Flushed::Failed(error) => self.fail(&reason(&error), batch),
        }
    }
}

/// The time for which an alarm is to be set, if there is none that rings before it.
fn earlier(due: Option<Instant>, alarm: &mut Option<Instant>) -> Option<Instant> {
    let due = due.filter(|due| alarm.is_none_or(|alarm| *due < alarm))?;
    *alarm = Some(due);
    Some(due)
}

/// Whether an address is of this machine itself.
pub fn is_near(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// An address as it stands in a source: an IPv4 address in IPv6 clothes without them, and never with a colon in front,
/// which would be read as the beginning of the last param.
pub fn shown_address(address: IpAddr) -> String {
    let text = address.to_canonical().to_string();
    if text.starts_with(':') { format!("0{text}") } else { text }
}

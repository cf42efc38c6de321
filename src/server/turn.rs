//! The turn loop, the heart of the server, on a thread of its own; and the log's thread behind it.
//!
//! ```text
//! shards ──lines──▶ inbox ──▶ core ──turn──▶ log: one write, one sync ──▶ mailboxes ──bytes──▶ shards
//! ```
//!
//! While the log syncs turn n the core handles turn n + 1; at most [`TURNS_UNDER_WAY`](super::config::TURNS_UNDER_WAY)
//! wait, then the core waits, and the inbox behind it, and the sockets behind that.
//!
//! Nobody's questions keep the others waiting: of each connection the core is handed the lines of one read at a time,
//! and no more before the turn with the answers has come back to its shard ([`Turn::heard`]). Lines that would bring
//! forth more than [`ANSWERS`] in one turn are given back with it ([`Turn::later`]), and are handed in again once
//! the peer has read what it was answered. So what is ahead of anybody's line is bounded by the number of connections,
//! not by what they ask for; and who asks faster than he reads waits, and is not closed.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};

use tracing::{debug, error, info, warn};

use crate::irc::{Line, Time};

use super::backbone::Backbone;
use super::clock;
use super::config::{self, ANSWERS, SYNC_INTERVAL, TICK};
use super::core::{ConnId, Core, Input, Lines, Note, Output};
use super::desk::Desk;
use super::inbox::{Batch, Event, Inbox};
use super::log::{AppendError, Log, Sync};
use super::mailbox::{Delivery, Mailboxes};
use super::pages::{Job, Pages};

/// What one turn has brought: lines for the log, and what follows once they lie there.
#[derive(Debug, Default)]
pub struct Turn {
    /// The lines to be kept, in order.
    pub lines: Vec<Line>,
    /// What leaves the core, in order.
    pub outputs: Vec<Output>,
    /// How many of the log's losses the core had been told of when it was begun: it may still show lines of the later ones.
    pub losses_known: u64,
    /// Whose lines, all that were handed in, it has dealt with: they are handled, or are given back.
    pub heard: Vec<ConnId>,
    /// Lines that are given back, to be handed in again, in the order in which they came.
    pub later: Batch,
    /// Nothing comes after this one.
    pub last: bool,
}

/// Counts for the last line of the server's life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections that registered.
    pub arrivals: u64,
    /// Lines that were kept.
    pub lines: u64,
}

/// Hands one input to the core and brings what it asks to be ordered back to it, until nothing is left to order.
/// This is the whole of what a turn does with an input; simulations use it as it is.
pub fn drive(
    core: &mut Core,
    backbone: &mut dyn Backbone,
    input: Input<'_>,
    now: Time,
    turn: &mut Turn,
    scratch: &mut Vec<Output>,
) {
    scratch.clear();
    core.handle(input, now, scratch);
    for output in scratch.drain(..) {
        let Output::Append { draft, origin, keep } = output else {
            turn.outputs.push(output);
            continue;
        };
        let Some(line) = backbone.order(draft, now) else { continue };
        if keep {
            turn.lines.push(core.kept(&line));
        }
        core.handle(Input::Appended(line, Some(origin)), now, &mut turn.outputs);
    }
    core.settle(&mut turn.outputs);
}

/// The core's thread: until a shutdown has been handled.
pub fn run_core(
    core: Core,
    backbone: Box<dyn Backbone>,
    inbox: &Inbox,
    mailboxes: &Mailboxes,
    turns: &SyncSender<Turn>,
) {
    let mut batches: Vec<Batch> = Vec::new();
    let mut ticked = clock::now();
    let mut rounds = Rounds::new(core, backbone);
    loop {
        let was_full = inbox.take(&mut batches, TICK);
        if was_full {
            mailboxes.wake();
        }
        rounds.now = clock::now();
        for batch in &mut batches {
            for event in batch.events.drain(..) {
                if rounds.room == 0 && turns.send(rounds.next()).is_err() {
                    return;
                }
                rounds.event(event, &batch.data);
            }
        }
        rounds.end_of_lines();
        if rounds.now.since(ticked) >= TICK {
            ticked = rounds.now;
            rounds.input(Input::Tick);
        }
        let turn = rounds.next();
        if turn.outputs.is_empty() && turn.lines.is_empty() && turn.heard.is_empty() && !turn.last {
            continue;
        }
        let last = turn.last;
        // The log's thread is gone only when the log is broken: then there is nothing left to do.
        if turns.send(turn).is_err() || last {
            return;
        }
    }
}

/// The core, and the turn that it is filling.
struct Rounds {
    core: Core,
    backbone: Box<dyn Backbone>,
    scratch: Vec<Output>,
    losses_known: u64,
    now: Time,
    turn: Turn,
    /// How many bytes the turn may still let out.
    room: usize,
    /// Whose lines are being handled; those of one connection come one behind the other.
    asker: Option<ConnId>,
    /// How many bytes of answers they have brought forth.
    answered: usize,
    /// Its password is being checked: it has been heard once that is done.
    is_checked: bool,
}

impl Rounds {
    fn new(core: Core, backbone: Box<dyn Backbone>) -> Rounds {
        Rounds {
            core,
            backbone,
            scratch: Vec::new(),
            losses_known: 0,
            now: Time::default(),
            turn: Turn::default(),
            room: config::TURN,
            asker: None,
            answered: 0,
            is_checked: false,
        }
    }

    /// Gives the turn away and begins the next one.
    fn next(&mut self) -> Turn {
        self.room = config::TURN;
        let next = Turn { losses_known: self.losses_known, ..Turn::default() };
        std::mem::replace(&mut self.turn, next)
    }

    fn event(&mut self, event: Event, data: &[u8]) {
        let input = match event {
            Event::Line(id, range) => {
                let line = &data[range];
                if !self.may_ask(id) {
                    self.turn.later.line(id, line);
                    return;
                }
                Input::Line(id, line)
            }
            Event::TooLong(id) => {
                if !self.may_ask(id) {
                    self.turn.later.events.push(Event::TooLong(id));
                    return;
                }
                Input::TooLong(id)
            }
            Event::Open(id, peer) => Input::Open(id, peer),
            Event::Close(id, reason) => Input::Close(id, reason),
            Event::Checked(id, verdict) => {
                self.end_of_lines();
                self.turn.heard.push(id);
                Input::Checked(id, verdict)
            }
            Event::Reload(reload) => Input::Reload(reload),
            Event::NotKept(lines) => {
                self.losses_known += 1;
                Input::NotKept(lines)
            }
            Event::Shutdown(reason) => {
                self.turn.last = true;
                Input::Shutdown(reason)
            }
        };
        self.answered += self.input(input);
    }

    /// Whether this connection's next line is to be handled in this turn.
    fn may_ask(&mut self, id: ConnId) -> bool {
        if self.asker != Some(id) {
            self.end_of_lines();
            self.asker = Some(id);
        }
        self.answered <= ANSWERS
    }

    /// All lines of the connection under way have been dealt with.
    fn end_of_lines(&mut self) {
        let asker = self.asker.take().filter(|_| !self.is_checked);
        self.turn.heard.extend(asker);
        (self.answered, self.is_checked) = (0, false);
    }

    /// Handles an input; says how many bytes it lets out.
    fn input(&mut self, input: Input<'_>) -> usize {
        let before = self.turn.outputs.len();
        drive(&mut self.core, self.backbone.as_mut(), input, self.now, &mut self.turn, &mut self.scratch);
        let outputs = &self.turn.outputs[before..];
        let size: usize = outputs.iter().map(Output::size).sum();
        // A page that must be read is a share of its own, however short: so a connection has those of one line under way.
        let page = |output: &Output| matches!(output, Output::Page { lines: Lines::Asked(_), .. });
        // So is a password: what its giver says behind it waits for the verdict.
        let check = outputs.iter().any(|output| matches!(output, Output::Check(_)));
        self.is_checked |= check;
        let size = if check || outputs.iter().any(page) { size.max(ANSWERS + 1) } else { size };
        self.room = if self.turn.last { usize::MAX } else { self.room.saturating_sub(size) };
        size
    }
}

/// The log's thread: keeps each turn's lines, then releases its outputs, and has the pages that they ask for read. Ends with
/// the last turn, or when the log breaks; then nobody hears the turn, and the error says why.
///
/// # Errors
/// The log's, when it may not be used any more.
pub fn run_log(
    log: &mut dyn Log,
    sync: Sync,
    turns: &Receiver<Turn>,
    inbox: &Inbox,
    mailboxes: &Mailboxes,
    pages: &Pages,
    desk: &Desk,
) -> Result<Counts, String> {
    let mut counts = Counts::default();
    let mut number = 0;
    let mut unsynced = false;
    let mut losses = Losses::default();
    loop {
        desk.beat();
        let wait = if unsynced { SYNC_INTERVAL } else { TICK };
        let mut turn = match turns.recv_timeout(wait) {
            Ok(turn) => turn,
            Err(RecvTimeoutError::Timeout) => {
                sync_now(log, &mut unsynced, mailboxes)?;
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => {
                mailboxes.send(&Arc::new(Delivery::Fatal("server failure")));
                return Err("the core's thread ended unexpectedly".to_owned());
            }
        };
        let since = desk.begin();
        match if turn.lines.is_empty() { Ok(()) } else { log.append(&turn.lines) } {
            Ok(()) => {
                desk.kept(turn.lines.len(), since);
                counts.lines += turn.lines.len() as u64;
                unsynced |= sync == Sync::Interval && !turn.lines.is_empty();
            }
            Err(AppendError::Full(reason)) => {
                debug!("a turn was not kept: {reason}");
                inbox.push_event(Event::NotKept(losses.add(&mut turn)));
            }
            Err(AppendError::Broken(reason)) => {
                error!("the log failed: {reason}");
                mailboxes.send(&Arc::new(Delivery::Fatal("log failure")));
                return Err(reason.to_string());
            }
        }
        losses.sift(&mut turn);
        number += 1;
        let asked = release(&mut turn, number, log, pages.room(), &mut counts);
        desk.serve(&mut turn.outputs);
        let last = turn.last;
        if last {
            sync_now(log, &mut unsynced, mailboxes)?;
        }
        mailboxes.send(&Arc::new(Delivery::Turn(number, turn)));
        // Behind the turn: no page reaches a shard before the turn that asked for it.
        asked.into_iter().for_each(|job| pages.read(job));
        if last {
            return Ok(counts);
        }
    }
}

fn sync_now(log: &mut dyn Log, unsynced: &mut bool, mailboxes: &Mailboxes) -> Result<(), String> {
    *unsynced = false;
    log.sync().map_err(|reason| {
        error!("the log could not be synced: {reason}");
        mailboxes.send(&Arc::new(Delivery::Fatal("log failure")));
        reason.to_string()
    })
}

/// Answers the turn's pages as far as they are remembered, and takes its notes for the diagnostics. Gives the pages that are
/// to be read from the log as it is now: all the turn's lines can be found there, and nothing later. They stay among the
/// outputs, so that the shards know what is said behind them.
fn release(turn: &mut Turn, number: u64, log: &dyn Log, room: usize, counts: &mut Counts) -> Vec<Job> {
    let mut asked = Vec::new();
    let mut prefix = None;
    for (n, output) in turn.outputs.iter_mut().enumerate() {
        match output {
            Output::Page { to, lines: Lines::Recent { lines, rest, .. }, playback } => {
                *output = Output::Reply { to: *to, bytes: playback.lines(lines, *rest), of: None };
            }
            Output::Page { to, lines: Lines::Asked(_), playback } if asked.len() >= room => {
                warn!("too many pages wait to be read");
                *output = Output::Reply { to: *to, bytes: playback.failure(), of: None };
            }
            Output::Page { to, lines: Lines::Asked(query), playback } => {
                let log = Arc::clone(prefix.get_or_insert_with(|| log.prefix()));
                let (query, playback) = (query.clone(), playback.clone());
                asked.push(Job { to: *to, page: (number, n), query, playback, log });
            }
            Output::Note(Note::Arrived(id, nick, peer)) => {
                counts.arrivals += 1;
                let (address, kind) = (&peer.address, peer.kind.name());
                info!(connection = id.0, %address, kind, tls = peer.secure, nick = %nick, "registered");
            }
            Output::Note(Note::Left(id, nick, peer, reason)) => {
                let (address, kind) = (&peer.address, peer.kind.name());
                let reason = crate::irc::text::plain(reason);
                info!(connection = id.0, %address, kind, nick = %nick, %reason, "left");
            }
            _ => {}
        }
    }
    asked
}

/// The lines that the log had no room for. Nobody may hear them: neither from their own turn nor from the turns behind it,
/// until the core has been told and shows them no more.
#[derive(Debug, Default)]
pub struct Losses {
    count: u64,
    recent: VecDeque<(u64, HashSet<String>)>,
}

impl Losses {
    /// The turn could not be kept. What was spoken in it is lost and given back, for [`Input::NotKept`]; who came and went is
    /// heard all the same.
    pub fn add(&mut self, turn: &mut Turn) -> Vec<Line> {
        let spoken = |line: &Line| matches!(line.message().command, "PRIVMSG" | "NOTICE" | "TOPIC");
        let lost: Vec<Line> = turn.lines.drain(..).filter(spoken).collect();
        self.count += 1;
        self.recent.push_back((self.count, lost.iter().map(|line| line.msgid().to_owned()).collect()));
        lost
    }

    /// Takes out of a turn whatever shows a line that is lost.
    pub fn sift(&mut self, turn: &mut Turn) {
        self.recent.retain(|(number, _)| *number > turn.losses_known);
        if self.recent.is_empty() {
            return;
        }
        let lost = |line: &Line| self.recent.iter().any(|(_, ids)| ids.contains(line.msgid()));
        turn.outputs.retain_mut(|output| match output {
            Output::Deliver { line, .. } | Output::Reply { of: Some(line), .. } => !lost(line),
            // A page with something left out would look like the last one.
            Output::Page { lines: shown @ Lines::Recent { .. }, .. } => {
                if let Lines::Recent { lines, query, .. } = shown
                    && lines.iter().any(lost)
                {
                    *shown = Lines::Asked(query.clone());
                }
                true
            }
            _ => true,
        });
    }
}

//! The engine, the heart of the server: the core with the log behind it, and the desk at which both are to be found.
//!
//! ```text
//! shards ──lines──▶ inbox ──▶ core ──turn──▶ log: one write, one sync ──▶ mailboxes ──bytes──▶ shards
//! ```
//!
//! One thread at a time is in it, so there is one order of things. Which one does not matter: a shard that has brought
//! little and finds the engine free does the turn itself, for to wake another thread and to be woken by it costs more
//! than the turn. Whatever is more than that, and everything while the disk is slow, is done by the core's thread, and
//! the shards go on reading and writing meanwhile. What comes in while a turn is being synced is the next turn's: so
//! turns, and the writes behind them, grow with the load.
#![allow(
    clippy::disallowed_methods,
    reason = "an edge: how long the disk took, and when it is to be synced again"
)]

use std::sync::{Arc, Mutex, MutexGuard, TryLockError};
use std::time::Instant;

use tracing::{debug, error, info, warn};

use super::config::{DESK, QUICK, SYNC_INTERVAL, TICK};
use super::core::{Lines, Note, Output};
use super::errands::Errands;
use super::inbox::{Batch, Inbox};
use super::log::{AppendError, Log, Sync};
use super::mailbox::{Delivery, Mailboxes};
use super::pages::{Job, Pages, Work};
use super::turn::{self, Rounds, Turn};

/// Counts for the last line of the server's life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections that registered.
    pub arrivals: u64,
    /// Lines that were kept.
    pub lines: u64,
}

/// Why a server could not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broken {
    /// The log may not be used any more, for this reason.
    Log(String),
    /// A thread on which others stand has ended by itself: this one.
    Thread(String),
}

/// How the server's life ended.
pub type Ended = Result<Counts, Broken>;

/// The core with the log behind it.
pub struct Engine {
    rounds: Rounds,
    log: Box<dyn Log>,
    sync: Sync,
    mailboxes: Mailboxes,
    pages: Arc<Pages>,
    errands: Errands,
    batches: Vec<Batch>,
    /// The lane of the shard whose thread is in here, if it is one's: it looks into its mailbox itself afterwards.
    here: Option<usize>,
    /// How many turns there were.
    number: u64,
    counts: Counts,
    /// When everything was durable last.
    synced: Instant,
    /// The disk took long for the last turn that had lines for it.
    slow: bool,
    ended: Option<Ended>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("number", &self.number)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// The engine of a server; `sync` is the log's.
    pub fn new(
        rounds: Rounds,
        log: Box<dyn Log>,
        sync: Sync,
        mailboxes: Mailboxes,
        pages: Arc<Pages>,
        errands: Errands,
    ) -> Engine {
        Engine {
            rounds,
            log,
            sync,
            mailboxes,
            pages,
            errands,
            batches: Vec::new(),
            here: None,
            number: 0,
            counts: Counts::default(),
            synced: Instant::now(),
            slow: false,
            ended: None,
        }
    }

    /// Takes what has come in and does the turns that it asks for, on the thread of the shard of this lane or on the core's.
    fn round(&mut self, inbox: &Inbox, here: Option<usize>) {
        self.here = here;
        self.errands.beat();
        let mut batches = std::mem::take(&mut self.batches);
        if inbox.take(&mut batches) {
            self.mailboxes.wake();
        }
        self.rounds.begin();
        for batch in &mut batches {
            for event in batch.events.drain(..) {
                if self.rounds.is_full() {
                    self.turns();
                }
                self.rounds.event(event, &batch.data);
            }
        }
        self.batches = batches;
        self.rounds.end();
        self.turns();
        let due = if self.sync == Sync::Interval { SYNC_INTERVAL } else { TICK };
        if self.ended.is_none() && self.synced.elapsed() >= due {
            self.sync_now();
        }
    }

    /// Does the turn that has been filled, and the one that tells of it if the log had no room.
    fn turns(&mut self) {
        while self.ended.is_none()
            && let Some(turn) = self.rounds.take()
        {
            self.keep(turn);
        }
    }

    /// Keeps the turn's lines, then releases its outputs, and has the pages that they ask for read. If the log breaks,
    /// nobody hears the turn, and nothing more is done.
    pub fn keep(&mut self, mut turn: Turn) {
        let began = Instant::now();
        let kept = if turn.lines.is_empty() { Ok(()) } else { self.log.append(&turn.lines) };
        let took = began.elapsed();
        if !turn.lines.is_empty() {
            self.slow = took > QUICK;
        }
        match kept {
            Ok(()) => {
                self.counts.lines += turn.lines.len() as u64;
                self.errands.kept(turn.lines.len(), took);
            }
            Err(AppendError::Full(reason)) => {
                debug!("a turn was not kept: {reason}");
                self.rounds.not_kept(turn::lose(&mut turn));
            }
            Err(AppendError::Broken(reason)) => {
                error!("the log failed: {reason}");
                return self.fail(Broken::Log(reason.to_string()));
            }
        }
        self.number += 1;
        let asked = self.release(&mut turn);
        self.errands.run(&mut turn.outputs);
        let last = turn.last;
        if last {
            self.sync_now();
            if self.ended.is_some() {
                return;
            }
            self.ended = Some(Ok(self.counts));
        }
        self.mailboxes.send(&Arc::new(Delivery::Turn(self.number, turn)), self.here);
        // Behind the turn: no page reaches a shard before the turn that asked for it.
        asked.into_iter().for_each(|job| self.pages.read(job));
    }

    fn sync_now(&mut self) {
        self.synced = Instant::now();
        if let Err(reason) = self.log.sync() {
            error!("the log could not be synced: {reason}");
            self.fail(Broken::Log(reason.to_string()));
        }
    }

    fn fail(&mut self, broken: Broken) {
        let told = match broken {
            Broken::Log(_) => "log failure",
            Broken::Thread(_) => "server failure",
        };
        self.mailboxes.send(&Arc::new(Delivery::Fatal(told)), self.here);
        self.ended = Some(Err(broken));
    }

    /// Answers the turn's pages as far as they are remembered, and takes its notes for the diagnostics. Gives the pages that
    /// are to be read from the log as it is now: all the turn's lines can be found there, and nothing later. They stay
    /// among the outputs, so that the shards know what is said behind them.
    fn release(&mut self, turn: &mut Turn) -> Vec<Job> {
        let mut asked = Vec::new();
        let mut prefix = None;
        for (n, output) in turn.outputs.iter_mut().enumerate() {
            match output {
                Output::Page { to, lines: Lines::Recent { lines, rest, .. }, playback } => {
                    *output = Output::Reply { to: *to, bytes: playback.lines(lines, *rest), of: None };
                }
                Output::Page { to, lines: Lines::Asked(_) | Lines::Sought(_), playback }
                    if asked.len() >= self.pages.room() =>
                {
                    warn!("too many pages wait to be read");
                    *output = Output::Reply { to: *to, bytes: playback.failure(), of: None };
                }
                Output::Page { to, lines: lines @ (Lines::Asked(_) | Lines::Sought(_)), playback } => {
                    let log = Arc::clone(prefix.get_or_insert_with(|| self.log.prefix()));
                    let work = match lines {
                        Lines::Sought(find) => Work::Search(find.clone()),
                        Lines::Asked(query) | Lines::Recent { query, .. } => Work::Page(query.clone()),
                    };
                    asked.push(Job {
                        to: *to,
                        page: (self.number, n),
                        work,
                        playback: playback.clone(),
                        log,
                    });
                }
                Output::Note(Note::Arrived(id, nick, peer)) => {
                    self.counts.arrivals += 1;
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
}

/// Where the shards bring what they have read, and whoever is free makes turns of it.
#[derive(Debug)]
pub struct Desk {
    /// What has come in.
    pub inbox: Arc<Inbox>,
    engine: Mutex<Engine>,
}

impl Desk {
    /// The desk before an engine, with this inbox.
    pub fn new(engine: Engine, inbox: Arc<Inbox>) -> Desk {
        Desk { inbox, engine: Mutex::new(engine) }
    }

    /// A shard, that of this lane, hands in what it has read: gets an empty batch back, and whether reading should rest. If it
    /// is little and nobody is in the engine, the turn has been done when this returns, and what comes of it for the
    /// shard lies in its mailbox, without a wake.
    pub fn hand_in(&self, batch: Batch, lane: usize) -> (Batch, bool) {
        let (empty, full) = self.inbox.push(batch);
        if !self.round_here(lane) {
            self.inbox.ring();
        }
        (empty, full)
    }

    /// Does a round on a shard's thread, if that is quick. All that waits counts, whoever has brought it: a shard's own
    /// mailbox cannot make it wait, and so is filled by no more than this.
    fn round_here(&self, lane: usize) -> bool {
        // Should this thread panic in there, the core's has to learn of it.
        let _bell = Bell(&self.inbox);
        let mut engine = match self.engine.try_lock() {
            Ok(engine) if !engine.slow && self.inbox.events() <= DESK => engine,
            Ok(_) | Err(TryLockError::WouldBlock | TryLockError::Poisoned(_)) => return false,
        };
        if engine.ended.is_none() {
            engine.round(&self.inbox, Some(lane));
        }
        if engine.ended.is_some() {
            self.inbox.close();
        }
        true
    }

    /// The core's thread, until a shutdown has been handled, or the log breaks; then nobody hears the turn, and the error
    /// says why.
    ///
    /// # Errors
    /// The log's, when it may not be used any more.
    pub fn run(&self) -> Ended {
        loop {
            let Some(mut engine) = self.lock() else { return Err(Broken::Thread("core".to_owned())) };
            if let Some(ended) = engine.ended.take() {
                // Whoever asks for a turn from now on gets none.
                engine.ended = Some(Ok(Counts::default()));
                engine.pages.close();
                return ended;
            }
            engine.round(&self.inbox, None);
            let (going, interval) = (engine.ended.is_none(), engine.sync == Sync::Interval);
            drop(engine);
            if going {
                self.inbox.wait(if interval { SYNC_INTERVAL } else { TICK });
            }
        }
    }

    /// A thread on which others stand has ended. If that was not the end of all of it, it is now: half a server would keep
    /// whoever watches over it from beginning anew.
    pub fn thread_ended(&self, name: &str) {
        if let Some(mut engine) = self.lock()
            && engine.ended.is_none()
        {
            error!("the thread {name:?} ended unexpectedly: the server cannot go on");
            engine.here = None;
            engine.fail(Broken::Thread(name.to_owned()));
        }
        self.inbox.close();
    }

    /// The engine; nothing, if a thread has panicked in it: everybody has been told then that the server cannot go on.
    fn lock(&self) -> Option<MutexGuard<'_, Engine>> {
        self.engine.lock().map_or_else(
            |poisoned| {
                let engine = poisoned.into_inner();
                engine.mailboxes.send(&Arc::new(Delivery::Fatal("server failure")), None);
                engine.pages.close();
                None
            },
            Some,
        )
    }
}

/// Wakes the core's thread for good if the thread that holds it panics.
struct Bell<'a>(&'a Inbox);

impl Drop for Bell<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.close();
        }
    }
}

//! Turns: what the core makes of the lines that have come in, gathered until the log has kept it.
//!
//! Nobody's questions keep the others waiting: of each connection the core is handed the lines of one read at a time,
//! and no more before the turn with the answers has come back to its shard ([`Turn::heard`]). Lines that would bring
//! forth more than [`ANSWERS`] in one turn are given back with it ([`Turn::later`]), and are handed in again once
//! the peer has read what it was answered. So what is ahead of anybody's line is bounded by the number of connections,
//! not by what they ask for; and who asks faster than he reads waits, and is not closed.

use std::collections::HashSet;

use crate::irc::{Line, Time};

use super::backbone::Backbone;
use super::clock;
use super::config::{self, ANSWERS, TICK};
use super::core::{ConnId, Core, Input, Lines, Output};
use super::inbox::{Batch, Event};

/// What one turn has brought: lines for the log, and what follows once they lie there.
#[derive(Debug, Default)]
pub struct Turn {
    /// The lines to be kept, in order.
    pub lines: Vec<Line>,
    /// Who has sent each of them.
    pub senders: Vec<ConnId>,
    /// What leaves the core, in order.
    pub outputs: Vec<Output>,
    /// Whose lines, all that were handed in, it has dealt with: they are handled, or are given back.
    pub heard: Vec<ConnId>,
    /// Lines that are given back, to be handed in again, in the order in which they came.
    pub later: Batch,
    /// Nothing comes after this one.
    pub last: bool,
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
            turn.senders.push(origin);
        }
        core.handle(Input::Appended(line, Some(origin)), now, &mut turn.outputs);
    }
    core.settle(&mut turn.outputs);
}

/// The log has no room for a turn. What was spoken in it is lost and given back, for [`Input::NotKept`], and nobody may
/// hear it: whatever shows it is taken out. Who came and went is heard all the same.
pub fn lose(turn: &mut Turn) -> Vec<(Line, ConnId)> {
    let spoken = |line: &Line| matches!(line.message().command, "PRIVMSG" | "NOTICE" | "TOPIC");
    let sent = turn.lines.drain(..).zip(turn.senders.drain(..));
    let lines: Vec<(Line, ConnId)> = sent.filter(|(line, _)| spoken(line)).collect();
    let ids: HashSet<&str> = lines.iter().map(|(line, _)| line.msgid()).collect();
    let lost = |line: &Line| ids.contains(line.msgid());
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
    lines
}

/// The core, and the turn that it is filling.
pub struct Rounds {
    core: Core,
    backbone: Box<dyn Backbone>,
    scratch: Vec<Output>,
    now: Time,
    /// When the core was told last that time has passed.
    ticked: Time,
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
    /// None yet.
    pub fn new(core: Core, backbone: Box<dyn Backbone>) -> Rounds {
        let now = clock::now();
        Rounds {
            core,
            backbone,
            scratch: Vec::new(),
            now,
            ticked: now,
            turn: Turn::default(),
            room: config::TURN,
            asker: None,
            answered: 0,
            is_checked: false,
        }
    }

    /// A round begins: what comes now has come now.
    pub fn begin(&mut self) {
        self.now = clock::now();
    }

    /// Whether the turn has no room for more, and is to go to the log first.
    pub fn is_full(&self) -> bool {
        self.room == 0
    }

    /// Gives the turn away, if there is anything in it, and begins the next one.
    pub fn take(&mut self) -> Option<Turn> {
        let turn = &self.turn;
        if turn.outputs.is_empty() && turn.lines.is_empty() && turn.heard.is_empty() && !turn.last {
            return None;
        }
        self.room = config::TURN;
        Some(std::mem::take(&mut self.turn))
    }

    /// Handles what has happened at an edge.
    pub fn event(&mut self, event: Event, data: &[u8]) {
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
            Event::Shutdown(reason) => {
                self.turn.last = true;
                Input::Shutdown(reason)
            }
        };
        self.answered += self.input(input);
    }

    /// A round is over: all that has come in has been dealt with.
    pub fn end(&mut self) {
        self.end_of_lines();
        if self.now.since(self.ticked) >= TICK {
            self.ticked = self.now;
            self.input(Input::Tick);
        }
    }

    /// The log had no room for these lines.
    pub fn not_kept(&mut self, lines: Vec<(Line, ConnId)>) {
        self.input(Input::NotKept(lines));
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
        let page = |output: &Output| {
            matches!(output, Output::Page { lines: Lines::Asked(_) | Lines::Sought(_), .. })
        };
        // So is a password: what its giver says behind it waits for the verdict.
        let check = outputs.iter().any(|output| matches!(output, Output::Check(_)));
        self.is_checked |= check;
        let size = if check || outputs.iter().any(page) { size.max(ANSWERS + 1) } else { size };
        self.room = if self.turn.last { usize::MAX } else { self.room.saturating_sub(size) };
        size
    }
}

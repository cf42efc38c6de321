//! What outlives the client: the lines that are not settled, and the drafts. The core says what is to be in the
//! [journal]; the edge has the file.

use std::time::Duration;

use bytes::Bytes;

use super::super::editor::Draft;
use super::super::entry::{Entry, Extra, Kind};
use super::super::outbox::journal::{self, DRAFTS_MOST, Unsettled};
use super::super::outbox::{Item, Progress};
use super::super::settings::Change;
use super::super::window::With;
use super::sending::kind_of;
use super::{App, Effect, Event, Status};
use crate::irc::Time;
use crate::irc::name::same;
use crate::irc::text::plain;

/// A line that has waited so long for the next start is not sent without asking: the conversation has gone on.
const OLD: Duration = Duration::from_secs(12 * 60 * 60);
/// How long after the first key a draft is kept: a killed client loses no more than this of it.
const DRAFT_PAUSE: Duration = Duration::from_secs(1);
/// From so many bytes on a journal is written anew with what still counts, or later if much counts.
const REWRITE_FROM: usize = 64 * 1024;

/// What the edge does with the journal. A journal belongs to one client: another one with the same nick on the same
/// server has its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Find the journals that were left, those of clients that live excepted; answer with [`super::Event::Kept`].
    Open {
        /// The server's address as it was given.
        server: String,
        /// The nick that is asked for.
        nick: String,
    },
    /// Append this to our own.
    Append(String),
    /// Make this the whole of our own, and remove those that were found.
    Replace(String),
    /// Change the configuration; answer with [`super::Event::NotSet`] if that does not work.
    Change(Change),
    /// Make this the whole of what is remembered of the conversations ([`super::super::memory`]).
    Memory(String),
}

/// Whether an event can have changed what is being typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Drafts {
    /// It cannot.
    Unchanged,
    /// It can.
    Changed,
    /// It may be the last one: nothing waits for a pause any more.
    Last,
}

impl Drafts {
    pub(super) fn after(event: &Event) -> Drafts {
        match event {
            Event::Key(_) | Event::Paste(_) | Event::Edited(_) | Event::Tick | Event::Kept(_) => {
                Drafts::Changed
            }
            Event::Leave => Drafts::Last,
            _ => Drafts::Unchanged,
        }
    }
}

/// What is known of the journal.
#[derive(Debug, Default)]
pub(super) struct Keeping {
    is_open: bool,
    /// What was found is to be taken over.
    is_stale: bool,
    /// Bytes in the file, and beyond how many it is written anew with what still counts.
    size: usize,
    rewrite_at: usize,
    /// The drafts in it.
    drafts: Vec<(String, Draft)>,
    /// When the draft that is being typed is due.
    due: Option<Time>,
}

impl Keeping {
    pub(super) fn next_tick(&self) -> Option<Time> {
        self.due
    }
}

impl App {
    /// Before the first connection: what was left is looked for.
    pub(super) fn open_journal(&mut self, effects: &mut Vec<Effect>) {
        let server = self.options.server.as_ref().map(ToString::to_string).unwrap_or_default();
        let nick = self.session.nick().to_owned();
        effects.push(Effect::Keep(Keep::Open { server, nick }));
    }

    /// The journals of clients before this one: their lines wait as they did there.
    pub(super) fn on_kept(&mut self, journals: &[Bytes]) {
        (self.keeping.is_open, self.keeping.is_stale) = (true, true);
        for journal in journals {
            let found = journal::read(journal);
            for line in found.lines {
                if !self.outbox.has(&line.id) {
                    self.take_over(line);
                }
            }
            for (room, draft) in found.drafts {
                self.take_over_draft(&room, draft);
            }
        }
    }

    /// The journal cannot be kept.
    pub(super) fn on_not_kept(&mut self, reason: &str) {
        self.keeping = Keeping::default();
        let text = format!("what waits to be sent would not survive the end of chatui: {}", plain(reason));
        self.windows[0].push(Entry::new(self.now, Kind::Error, "".into(), &text));
        self.say(Status::Error(text));
    }

    fn take_over(&mut self, line: Unsettled) {
        let with = if self.session.support().is_channel(&line.target) { With::Channel } else { With::Person };
        let at = self.window_for(&line.target, with);
        if with == With::Channel {
            self.windows[at].wanted = true;
        }
        let mut entry = Entry::new(line.typed, kind_of(line.manner), self.session.nick().into(), &line.text);
        entry.extra = line.reply.clone().map(Extra::answer);
        let entry = self.windows[at].push_pending(entry);
        let is_old = self.now.since(line.typed) >= OLD;
        self.outbox.push(Item {
            id: line.id,
            target: line.target,
            manner: line.manner,
            text: line.text,
            reply: line.reply,
            place: self.windows[at].name.clone(),
            entry,
            label: None,
            probe: None,
            typed: line.typed,
            progress: if line.sent.is_some() { Progress::Unsure } else { Progress::Waiting },
            since: line.sent.unwrap_or_default(),
            is_old,
        });
    }

    fn take_over_draft(&mut self, room: &str, draft: Draft) {
        let with = if self.session.support().is_channel(room) { With::Channel } else { With::Person };
        // A room that is not there is not opened for the sake of a draft; the draft waits until it is.
        match self.windows.iter().position(|window| window.with == with && window.is(room)) {
            Some(at) if at == self.current => {
                let typed = self.editor.swap(Draft::default());
                self.editor.swap(joined(typed, draft));
            }
            Some(at) => {
                let known = std::mem::take(&mut self.windows[at].draft);
                self.windows[at].draft = joined(known, draft);
            }
            None => self.note_draft(room, draft),
        }
    }

    /// A window is made: what was typed for it once.
    pub(super) fn kept_draft(&self, room: &str) -> Draft {
        let found = self.keeping.drafts.iter().find(|(known, _)| same(known, room));
        found.map(|(_, draft)| draft.clone()).unwrap_or_default()
    }

    /// What is being typed, by the room it is for.
    fn typed(&self) -> (String, Draft) {
        let draft = Draft { text: self.editor.text().to_owned(), cursor: self.editor.cursor() };
        (self.window().name.clone(), kept_of(draft))
    }

    fn is_noted(&self, room: &str, text: &str) -> bool {
        let noted = self.keeping.drafts.iter().find(|(known, _)| same(known, room));
        noted.map_or("", |(_, draft)| &draft.text) == text
    }

    fn note_draft(&mut self, room: &str, draft: Draft) {
        self.keeping.drafts.retain(|(known, _)| !same(known, room));
        if !draft.text.is_empty() && self.keeping.drafts.len() < DRAFTS_MOST {
            self.keeping.drafts.push((room.to_owned(), draft));
        }
    }

    /// What changed goes into the journal before anything else is done: a line that is sent is known as such first.
    pub(super) fn keep_changes(&mut self, drafts: Drafts, effects: &mut Vec<Effect>) {
        let mut notes = self.outbox.take_notes();
        if !self.keeping.is_open {
            return;
        }
        if drafts != Drafts::Unchanged {
            self.draft_changes(drafts == Drafts::Last, &mut notes);
        }
        let keeping = &self.keeping;
        if notes.is_empty() && !keeping.is_stale {
            return;
        }
        let is_empty = self.outbox.is_empty() && keeping.drafts.is_empty();
        let keep = if keeping.is_stale || is_empty || keeping.size + notes.len() > keeping.rewrite_at {
            let whole = self.whole_journal();
            self.keeping.is_stale = false;
            self.keeping.size = whole.len();
            self.keeping.rewrite_at = REWRITE_FROM.max(4 * whole.len());
            Keep::Replace(whole)
        } else {
            self.keeping.size += notes.len();
            Keep::Append(notes)
        };
        effects.insert(0, Effect::Keep(keep));
    }

    /// The drafts that differ from what the journal has: of the room that is shown after a pause, or at once when it
    /// is empty or nothing will come after this; of the others at once.
    fn draft_changes(&mut self, is_last: bool, notes: &mut String) {
        let (here, typed) = self.typed();
        let mut changed: Vec<(String, Draft)> = Vec::new();
        if self.is_noted(&here, &typed.text) {
            self.keeping.due = None;
        } else if typed.text.is_empty() || is_last || self.keeping.due.is_some_and(|due| self.now >= due) {
            self.keeping.due = None;
            changed.push((here.clone(), typed));
        } else {
            self.keeping.due.get_or_insert(self.now + DRAFT_PAUSE);
        }
        for window in self.windows.iter().filter(|window| !same(&window.name, &here)) {
            let draft = kept_of(window.draft.clone());
            if !self.is_noted(&window.name, &draft.text) {
                changed.push((window.name.clone(), draft));
            }
        }
        for (room, draft) in changed {
            journal::draft(notes, &room, &draft);
            self.note_draft(&room, draft);
        }
    }

    fn whole_journal(&self) -> String {
        let mut whole = self.outbox.snapshot();
        for (room, draft) in &self.keeping.drafts {
            journal::draft(&mut whole, room, draft);
        }
        whole
    }
}

/// A draft as it is kept: a command is none, for it may hold a password.
fn kept_of(draft: Draft) -> Draft {
    let is_command = draft.text.starts_with('/') && !draft.text.starts_with("//");
    if is_command { Draft::default() } else { draft }
}

/// Two drafts for one room: one below the other.
fn joined(one: Draft, other: Draft) -> Draft {
    if one.text.is_empty() || one.text == other.text {
        return other;
    }
    let text = format!("{}\n{}", one.text, other.text);
    Draft { cursor: text.len(), text }
}

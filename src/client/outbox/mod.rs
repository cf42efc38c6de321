//! What one has said and nobody has confirmed yet: kept while there is no connection, sent exactly once.
//!
//! A line waits, then is sent, then settled by its echo. When the connection breaks in between, nobody knows whether it
//! was heard: it is *unsure* until the channel's history tells, and only then sent again or settled.
//!
//! All of it outlives the client: each change is noted in a [`journal`], which the edge keeps in a file. What is noted
//! goes to the file before anything goes to the server, so a line that may have been sent is known as such.

pub mod journal;

use super::entry::{EntryId, second};
use crate::irc::Time;

/// Most lines that wait: more is not taken.
pub const MOST: usize = 1_000;

/// How a line is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Plainly.
    Message,
    /// `/me`.
    Action,
    /// As a notice.
    Notice,
}

/// How far a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Not sent.
    Waiting,
    /// Sent; its echo is awaited.
    Sent,
    /// Sent over a connection that broke before the echo.
    Unsure,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its own id, 128 bits in hexadecimal.
    pub id: String,
    /// To whom.
    pub target: String,
    /// How.
    pub manner: Manner,
    /// The words: they fit one line.
    pub text: String,
    /// The server's id of the message that it answers.
    pub reply: Option<Box<str>>,
    /// The window in which it stands: the target's own, but for a notice.
    pub place: String,
    /// Its entry there.
    pub entry: EntryId,
    /// The label it was sent with.
    pub label: Option<u64>,
    /// The question whose answer says that it was heard, where a server echoes nothing.
    pub probe: Option<u64>,
    /// When it was typed.
    pub typed: Time,
    /// What was the newest known there when it was sent: the beginning if nothing was.
    pub since: Since,
    /// Whether it is so old that it is not sent without asking.
    pub is_old: bool,
    /// How far it is.
    pub progress: Progress,
}

/// A place in a channel's history: everything that matters comes after it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Since {
    /// The server's id of the message there, or empty.
    pub msgid: Box<str>,
    /// Its time.
    pub at: Time,
}

/// All lines that are not settled, in the order in which they were typed.
#[derive(Debug, Default)]
pub struct Outbox {
    items: Vec<Item>,
    /// What has changed and is not in the journal yet.
    notes: String,
}

impl Outbox {
    /// How many lines are not settled.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether all lines are settled.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Whether there is room for so many more.
    pub fn has_room(&self, lines: usize) -> bool {
        self.items.len() + lines <= MOST
    }

    /// All lines.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// Adds a line.
    pub fn push(&mut self, item: Item) {
        journal::say(&mut self.notes, &item);
        self.items.push(item);
    }

    /// All lines to this target.
    pub fn to(&self, target: &str) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(move |item| item.target.eq_ignore_ascii_case(target))
    }

    /// Marks the first waiting line to this target as sent, and gives it.
    pub fn send_next(&mut self, target: &str, label: Option<u64>, since: &Since) -> Option<&Item> {
        let item = self
            .items
            .iter_mut()
            .find(|item| item.progress == Progress::Waiting && item.target.eq_ignore_ascii_case(target))?;
        (item.progress, item.label, item.since) = (Progress::Sent, label, since.clone());
        journal::sent(&mut self.notes, item);
        Some(item)
    }

    /// What was unsure and has turned out not to have been heard waits again.
    pub fn not_heard(&mut self, target: &str) {
        for item in &mut self.items {
            if item.progress == Progress::Unsure && !item.is_old && item.target.eq_ignore_ascii_case(target) {
                item.progress = Progress::Waiting;
            }
        }
    }

    /// From where the history must be known to tell which of the unsure lines to this target were heard.
    pub fn unsure_since(&self, target: &str) -> Option<Since> {
        let unsure = self.to(target).filter(|item| item.progress == Progress::Unsure);
        unsure.map(|item| &item.since).min_by_key(|since| since.at).cloned()
    }

    /// Whether a line has this id of its own.
    pub fn has(&self, id: &str) -> bool {
        self.items.iter().any(|item| item.id == id)
    }

    /// Whether these very words were said here under this id. The id alone is no proof: others hear it, too, and could say
    /// something else under it.
    pub fn has_said(&self, id: &str, target: &str, text: &str) -> bool {
        let is_it =
            |item: &Item| item.id == id && item.target.eq_ignore_ascii_case(target) && item.text == text;
        self.items.iter().any(is_it)
    }

    /// Takes out the line with this id of its own.
    pub fn take_by_id(&mut self, id: &str) -> Option<Item> {
        self.take(|item| item.id == id)
    }

    /// Takes out the first unsure line that must be this one, which one has said here: a history need not keep ids. The same
    /// words, and not before the second of what was the newest when it was sent: some servers keep no more of the time.
    pub fn take_unsure_said(&mut self, target: &str, manner: Manner, text: &str, at: Time) -> Option<Item> {
        self.take(|item| {
            item.progress == Progress::Unsure
                && item.manner == manner
                && item.text == text
                && item.target.eq_ignore_ascii_case(target)
                && second(at)
                    >= second(if item.since.at == Time::default() { item.typed } else { item.since.at })
        })
    }

    /// Takes out the line that an echo belongs to: by its id, by its label, or else the first one to this target
    /// with the same words.
    pub fn take_echoed(
        &mut self,
        id: Option<&str>,
        label: Option<u64>,
        target: &str,
        text: &str,
    ) -> Option<Item> {
        if let Some(item) = id.and_then(|id| self.take_by_id(id)) {
            return Some(item);
        }
        if let Some(item) = label.and_then(|label| self.take_by_label(label)) {
            return Some(item);
        }
        if id.is_some() {
            // It carries an id that is not one of ours here: another session of the same person said it.
            return None;
        }
        self.take(|item| {
            item.progress == Progress::Sent && item.target.eq_ignore_ascii_case(target) && item.text == text
        })
    }

    /// Takes out the line that was sent with this label.
    pub fn take_by_label(&mut self, label: u64) -> Option<Item> {
        self.take(|item| item.label == Some(label))
    }

    /// Takes out the first line that was sent to this target: what a refusal without a label is about.
    pub fn take_sent_to(&mut self, target: &str) -> Option<Item> {
        self.take(|item| item.progress == Progress::Sent && item.target.eq_ignore_ascii_case(target))
    }

    /// Takes out all lines to this target.
    pub fn take_all_to(&mut self, target: &str) -> Vec<Item> {
        self.take_all(|item| item.target.eq_ignore_ascii_case(target))
    }

    /// Takes out the lines to this target of which nobody knows whether they were heard.
    pub fn take_unsure_to(&mut self, target: &str) -> Vec<Item> {
        self.take_all(|item| item.progress == Progress::Unsure && item.target.eq_ignore_ascii_case(target))
    }

    /// Takes out the lines to this target that are too old to be sent without asking.
    pub fn take_old_to(&mut self, target: &str) -> Vec<Item> {
        self.take_all(|item| item.is_old && item.target.eq_ignore_ascii_case(target))
    }

    /// The answer to this question will say that every line that is sent by now was heard; `false` if there is none
    /// that no question is about.
    pub fn probe(&mut self, number: u64) -> bool {
        let mut found = false;
        for item in &mut self.items {
            if item.progress == Progress::Sent && item.probe.is_none() {
                item.probe = Some(number);
                found = true;
            }
        }
        found
    }

    /// How many lines are sent that no question is about.
    pub fn unprobed(&self) -> usize {
        self.items.iter().filter(|item| item.progress == Progress::Sent && item.probe.is_none()).count()
    }

    /// Takes out the lines that the answer to this question is about.
    pub fn take_probed(&mut self, number: u64) -> Vec<Item> {
        self.take_all(|item| item.probe == Some(number))
    }

    /// The connection is gone: what was sent and not echoed is unsure.
    pub fn disconnected(&mut self) {
        for item in &mut self.items {
            (item.label, item.probe) = (None, None);
            if item.progress == Progress::Sent {
                item.progress = Progress::Unsure;
            }
        }
    }

    /// Somebody has another nick: lines to them go there.
    pub fn rename(&mut self, from: &str, to: &str) {
        for item in &mut self.items {
            if item.place.eq_ignore_ascii_case(from) {
                to.clone_into(&mut item.place);
            }
            if item.target.eq_ignore_ascii_case(from) {
                to.clone_into(&mut item.target);
                journal::say(&mut self.notes, item);
            }
        }
    }

    /// What has changed since this was asked last, for the journal.
    pub fn take_notes(&mut self) -> String {
        std::mem::take(&mut self.notes)
    }

    /// The journal of what there is now: it takes the place of all that was noted before.
    pub fn snapshot(&self) -> String {
        let mut out = String::new();
        self.items.iter().for_each(|item| journal::say(&mut out, item));
        out
    }

    fn take(&mut self, which: impl Fn(&Item) -> bool) -> Option<Item> {
        let at = self.items.iter().position(which)?;
        let item = self.items.remove(at);
        journal::done(&mut self.notes, &item.id);
        Some(item)
    }

    fn take_all(&mut self, which: impl Fn(&Item) -> bool) -> Vec<Item> {
        let taken: Vec<Item> = self.items.extract_if(.., |item| which(item)).collect();
        taken.iter().for_each(|item| journal::done(&mut self.notes, &item.id));
        taken
    }
}

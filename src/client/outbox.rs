//! What one has said and nobody has confirmed yet: kept while there is no connection, sent exactly once.
//!
//! A line waits, then is sent, then settled by its echo. When the connection breaks in between, nobody knows whether it
//! was heard: it is *unsure* until the channel's history tells, and only then sent again or settled.

use super::entry::EntryId;

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
    /// The window in which it stands: the target's own, but for a notice.
    pub place: String,
    /// Its entry there.
    pub entry: EntryId,
    /// The label it was sent with.
    pub label: Option<u64>,
    /// How far it is.
    pub progress: Progress,
}

/// All lines that are not settled, in the order in which they were typed.
#[derive(Debug, Default)]
pub struct Outbox(Vec<Item>);

impl Outbox {
    /// How many lines are not settled.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether all lines are settled.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there is room for so many more.
    pub fn has_room(&self, lines: usize) -> bool {
        self.0.len() + lines <= MOST
    }

    /// Adds a line.
    pub fn push(&mut self, item: Item) {
        self.0.push(item);
    }

    /// All lines to this target.
    pub fn to(&mut self, target: &str) -> impl Iterator<Item = &mut Item> {
        self.0.iter_mut().filter(move |item| item.target.eq_ignore_ascii_case(target))
    }

    /// Takes out the line with this id of its own.
    pub fn take_by_id(&mut self, id: &str) -> Option<Item> {
        self.take(|item| item.id == id)
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
        self.0.extract_if(.., |item| item.target.eq_ignore_ascii_case(target)).collect()
    }

    /// Takes out the lines to this target of which nobody knows whether they were heard.
    pub fn take_unsure_to(&mut self, target: &str) -> Vec<Item> {
        self.0
            .extract_if(.., |item| {
                item.progress == Progress::Unsure && item.target.eq_ignore_ascii_case(target)
            })
            .collect()
    }

    /// The connection is gone: what was sent and not echoed is unsure.
    pub fn disconnected(&mut self) {
        for item in &mut self.0 {
            item.label = None;
            if item.progress == Progress::Sent {
                item.progress = Progress::Unsure;
            }
        }
    }

    /// Somebody has another nick: lines to them go there.
    pub fn rename(&mut self, from: &str, to: &str) {
        for item in &mut self.0 {
            for name in [&mut item.target, &mut item.place] {
                if name.eq_ignore_ascii_case(from) {
                    to.clone_into(name);
                }
            }
        }
    }

    fn take(&mut self, which: impl Fn(&Item) -> bool) -> Option<Item> {
        let at = self.0.iter().position(which)?;
        Some(self.0.remove(at))
    }
}

//! Batches: lines that belong together ([batch](https://ircv3.net/specs/extensions/batch)). Those of a history are
//! collected and given as one block; the lines of all other kinds are handled as they come.

use super::Marks;
use super::report::{Beyond, Heard, Report};

/// Most batches that are open at once; those beyond are not seen as batches.
pub const MAX_OPEN: usize = 32;
/// Most lines that one batch collects; the oldest of a longer one are dropped.
pub const MAX_LINES: usize = 2_000;

#[derive(Debug)]
struct Open {
    reference: String,
    history: bool,
    target: String,
    label: Option<u64>,
    beyond: Beyond,
    items: Vec<Heard>,
    lines: usize,
}

/// The batches that are open now.
#[derive(Debug, Default)]
pub(super) struct Batches(Vec<Open>);

impl Batches {
    /// A batch begins, with the tags of its first line; if it lies in another, that one's label holds for it as well.
    pub(super) fn open(&mut self, reference: &str, kind: &str, target: &str, marks: &Marks<'_>) {
        if self.0.len() >= MAX_OPEN {
            return;
        }
        let outer = marks.batch.and_then(|name| self.0.iter().find(|open| open.reference == name));
        let history = matches!(kind, "chathistory" | "draft/chathistory");
        let label = marks.label.or(outer.and_then(|outer| outer.label));
        self.0.push(Open {
            reference: reference.to_owned(),
            history,
            target: target.to_owned(),
            label,
            beyond: marks.beyond.clone(),
            items: Vec::new(),
            lines: 0,
        });
    }

    /// A batch ends; if it was a piece of history, this is it.
    pub(super) fn close(&mut self, reference: &str) -> Option<Report> {
        let at = self.0.iter().position(|open| open.reference == reference)?;
        let open = self.0.remove(at);
        open.history.then_some(Report::History {
            place: open.target,
            items: open.items,
            lines: open.lines,
            beyond: open.beyond,
            label: open.label,
        })
    }

    /// Whether lines of this batch are of the past.
    pub(super) fn is_history(&self, reference: &str) -> bool {
        self.0.iter().any(|open| open.history && open.reference == reference)
    }

    /// The label that an open batch answers.
    pub(super) fn label(&self, reference: &str) -> Option<u64> {
        self.0.iter().find(|open| open.reference == reference)?.label
    }

    /// Adds a line to a piece of history; one that says nothing is counted all the same.
    pub(super) fn push(&mut self, reference: &str, item: Option<Heard>) {
        let Some(open) = self.0.iter_mut().find(|open| open.reference == reference) else { return };
        open.lines += 1;
        if let Some(item) = item {
            if open.items.len() >= MAX_LINES {
                open.items.remove(0);
            }
            open.items.push(item);
        }
    }
}

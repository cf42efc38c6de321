//! Batches: lines that belong together ([batch](https://ircv3.net/specs/extensions/batch)). Those of a history or a search
//! are collected and given as one block; the lines of all other kinds are handled as they come.

use super::Marks;
use super::report::{Beyond, Heard, Report};

/// Most batches that are open at once; those beyond are not seen as batches.
pub const MAX_OPEN: usize = 32;
/// Most lines that one batch collects; the oldest of a longer one are dropped.
pub const MAX_LINES: usize = 2_000;

#[derive(Debug)]
struct Open {
    reference: String,
    kind: Kind,
    target: String,
    label: Option<u64>,
    beyond: Beyond,
    items: Vec<Heard>,
    lines: usize,
}

/// What the lines of a batch are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A piece of the past.
    History,
    /// What was found.
    Found,
    /// Who has written, and where something was said.
    Targets,
    /// Lines of now.
    Other,
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
        let kind = match kind {
            "chathistory" | "draft/chathistory" => Kind::History,
            "draft/chathistory-targets" | "chathistory-targets" => Kind::Targets,
            "soju.im/search" => Kind::Found,
            _ => Kind::Other,
        };
        let label = marks.label.or(outer.and_then(|outer| outer.label));
        self.0.push(Open {
            reference: reference.to_owned(),
            kind,
            target: target.to_owned(),
            label,
            beyond: marks.beyond.clone(),
            items: Vec::new(),
            lines: 0,
        });
    }

    /// A batch ends; if it was a piece of history or what was found, this is it.
    pub(super) fn close(&mut self, reference: &str) -> Option<Report> {
        let at = self.0.iter().position(|open| open.reference == reference)?;
        let open = self.0.remove(at);
        let Open { target: place, items, lines, beyond, label, .. } = open;
        match open.kind {
            Kind::History => Some(Report::History { place, items, lines, beyond, label }),
            Kind::Found => Some(Report::Found { items, lines, beyond, label }),
            Kind::Targets => Some(Report::TargetsTold),
            Kind::Other => None,
        }
    }

    /// Whether lines of this batch are of the past, and are collected.
    pub(super) fn collects(&self, reference: &str) -> bool {
        let collects = |kind| matches!(kind, Kind::History | Kind::Found);
        self.0.iter().any(|open| collects(open.kind) && open.reference == reference)
    }

    /// The label that an open batch answers.
    pub(super) fn label(&self, reference: &str) -> Option<u64> {
        self.0.iter().find(|open| open.reference == reference)?.label
    }

    /// Adds a line to what is collected; one that says nothing is counted all the same.
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

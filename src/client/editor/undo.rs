//! What undo and redo go back to: earlier states of the input, whole.

use super::Draft;

/// Most states that undo goes back through.
pub const UNDO_MAX: usize = 200;
/// Most bytes of all states together; beyond them the oldest are forgotten.
const UNDO_BYTES: usize = 512 * 1024;

/// The states before and, after an undo, behind the present one.
#[derive(Clone, Debug, Default)]
pub(super) struct Undo {
    past: Vec<Draft>,
    future: Vec<Draft>,
}

impl Undo {
    /// Keeps the state before a change; what had been undone can then not be done again.
    pub(super) fn remember(&mut self, draft: Draft) {
        self.future.clear();
        self.past.push(draft);
        let mut bytes: usize = self.past.iter().map(|draft| draft.text.len()).sum();
        let mut forgotten = 0;
        while self.past.len() - forgotten > UNDO_MAX
            || (bytes > UNDO_BYTES && forgotten + 1 < self.past.len())
        {
            bytes -= self.past[forgotten].text.len();
            forgotten += 1;
        }
        self.past.drain(..forgotten);
    }

    /// The state before this one.
    pub(super) fn back(&mut self, now: Draft) -> Option<Draft> {
        let earlier = self.past.pop()?;
        self.future.push(now);
        Some(earlier)
    }

    /// The state that an undo left.
    pub(super) fn forth(&mut self, now: Draft) -> Option<Draft> {
        let later = self.future.pop()?;
        self.past.push(now);
        Some(later)
    }
}

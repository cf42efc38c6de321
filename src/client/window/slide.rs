//! A window holds some thousand entries of a conversation that may have millions: what is far from the reader's eye is
//! let go, and comes back from the server when the reader does. The newest entries always stay: they are what one
//! returns to, and where what is missed is asked from.

use std::ops::Range;

use super::{Entry, EntryId, Gap, GapState, Kind, LIMIT, Mark, Past, Scroll, Time, Window};

/// How many entries stay on each side of the reader's eye: several screens of any size.
const NEAR: usize = 1_200;
/// How many of the newest entries stay.
const NEWEST: usize = 400;
/// Over the limit by so many before anything is let go while somebody reads: letting go moves all that is behind.
const SLACK: usize = 500;

/// Most entries of a window at any time, what waits for its echo left out.
pub const MOST: usize = LIMIT + SLACK + crate::client::session::BATCH_MOST;

impl Window {
    /// Lets go of what is too much: at the live end the oldest, else what is far from the reader's eye.
    pub(super) fn trim(&mut self) {
        match self.eye() {
            None => self.let_go_above(self.entries.len() - self.pending),
            Some(_) if self.entries.len() - self.pending <= LIMIT + SLACK => {}
            Some(eye) => {
                self.let_go_below(eye);
                self.let_go_above(eye.saturating_sub(NEAR));
            }
        }
    }

    /// Where the reader looks, if not at the live end.
    fn eye(&self) -> Option<usize> {
        match self.scroll {
            Scroll::Live if self.moved <= 0 => None,
            Scroll::Live => self.entries.len().checked_sub(1),
            Scroll::At(id, _) | Scroll::Top(id) => self.index_of(id),
            Scroll::Oldest => Some(0),
        }
    }

    /// The oldest go, down to the limit, but none from this index on.
    fn let_go_above(&mut self, most: usize) {
        let settled = self.entries.len() - self.pending;
        let count = settled.saturating_sub(LIMIT).min(most);
        let count = self.entries.range(..count).position(is_awaited).unwrap_or(count);
        if count == 0 {
            return;
        }
        self.entries.drain(..count);
        if self.past == Past::Complete {
            self.past = Past::More;
        }
        let first = self.entries.front().map(|entry| entry.id);
        self.heal_mark(first);
    }

    /// What lies between the surroundings of the eye and the newest entries becomes a gap.
    fn let_go_below(&mut self, eye: usize) {
        let newest = (self.entries.len() - self.pending).saturating_sub(NEWEST);
        let from = (eye + NEAR + 1).min(newest);
        // A gap that is being filled stays, and what is behind it may go.
        let from = self.entries.range(from..newest).rposition(is_awaited).map_or(from, |at| from + at + 1);
        if newest - from >= SLACK {
            self.make_gap(from..newest);
        }
    }

    /// Puts a gap in the place of these entries; one that touches them becomes a part of it.
    fn make_gap(&mut self, range: Range<usize>) {
        let is_gap = |at: usize| {
            self.entries.get(at).is_some_and(|entry| matches!(entry.kind, Kind::Gap(_)) && !is_awaited(entry))
        };
        let start = range.start - usize::from(range.start > 0 && is_gap(range.start - 1));
        let end = range.end + usize::from(is_gap(range.end));
        let gone = || self.entries.range(start..end);
        let missing = gone().try_fold(0, |count: u32, entry| match entry.kind {
            Kind::Gap(gap) => Some(count.saturating_add(gap.missing?)),
            _ => Some(count + u32::from(entry.is_speech())),
        });
        let at = gone().next().map_or_else(Default::default, |entry| entry.at);
        let gap = Kind::Gap(Gap { missing, state: GapState::Waiting });
        let mut entry = Entry::new(at, gap, "".into(), "");
        let id = self.give_id(&mut entry);
        self.entries.drain(start..end);
        self.entries.insert(start, entry);
        self.heal_mark(Some(id));
    }

    /// The unread line stands above something that is there.
    fn heal_mark(&mut self, instead: Option<EntryId>) {
        if let Some(Mark { entry, count }) = self.mark
            && self.index_of(entry).is_none()
        {
            self.mark = instead.map(|entry| Mark { entry, count });
        }
    }

    /// Shows a piece of the past from anywhere: it stands before the newest entries, with a gap between unless they
    /// meet, and everything else is let go.
    pub fn show_piece(&mut self, piece: Vec<Entry>) {
        let settled = self.entries.len() - self.pending;
        let newest = settled.saturating_sub(NEWEST);
        let gaps = self.entries.range(..settled).rposition(|entry| matches!(entry.kind, Kind::Gap(_)));
        // Behind the last gap they are whole; but where what was missed is being filled in, it goes on.
        let kept = newest.max(gaps.map_or(0, |gap| gap + 1));
        let awaited = self.catching_up.and_then(|gap| self.index_of(gap));
        self.entries.drain(..awaited.map_or(kept, |gap| kept.min(gap)));
        let count = piece.len();
        let added = self.insert_before(None, piece);
        if added == count && added < self.entries.len() - self.pending {
            let gap = Kind::Gap(Gap { missing: None, state: GapState::Waiting });
            let at = self.entries[added - 1].at;
            let mut entry = Entry::new(at, gap, "".into(), "");
            self.give_id(&mut entry);
            self.entries.insert(added, entry);
        }
        self.past = Past::More;
        let first = self.entries.front().map(|entry| entry.id);
        self.heal_mark(first);
    }
}

/// Places in what is here.
impl Window {
    /// The entry with this id of the server, or the first one from this time on if what is here reaches to both sides
    /// of it without a gap.
    pub fn find(&self, msgid: &str, at: Time) -> Option<EntryId> {
        if !msgid.is_empty() {
            return self.entries.iter().rev().find(|entry| *entry.msgid == *msgid).map(|entry| entry.id);
        }
        let known = |entry: &&Entry| !entry.msgid.is_empty() || matches!(entry.kind, Kind::Gap(_));
        let mut before = None;
        for entry in self.entries.iter().filter(known) {
            if !matches!(entry.kind, Kind::Gap(_)) && entry.at >= at {
                let reaches = match before {
                    Some(Kind::Gap(_)) => false,
                    Some(_) => true,
                    None => self.past == Past::Complete,
                };
                return reaches.then_some(entry.id);
            }
            before = Some(entry.kind);
        }
        None
    }

    /// The same, whatever is missing around it; the last entry before that time if there is none from it on.
    pub fn find_near(&self, msgid: &str, at: Time) -> Option<EntryId> {
        let known = || self.entries.iter().filter(|entry| !entry.msgid.is_empty());
        let same = known().find(|entry| !msgid.is_empty() && *entry.msgid == *msgid);
        let entry = same.or_else(|| known().find(|entry| entry.at >= at)).or_else(|| known().next_back());
        entry.map(|entry| entry.id)
    }

    /// Somebody reacts to the message with this id of the server, if it is here.
    pub fn react(&mut self, msgid: &str, who: &str, with: &str) {
        if let Some(entry) = self.entries.iter_mut().rev().find(|entry| *entry.msgid == *msgid) {
            entry.react(who, with);
        }
    }

    /// A reader on the way down has come to a gap: what is behind it is not shown before the gap is filled.
    pub fn look_at(&mut self, gap: EntryId) {
        if let Scroll::At(..) = self.scroll {
            (self.scroll, self.moved) = (Scroll::At(gap, 0), 0);
        }
    }

    /// A gap is about to be filled: whoever looks at it goes on looking at what is above it.
    pub fn look_above(&mut self, gap: EntryId) {
        let above = self.index_of(gap).and_then(|at| self.entries.get(at.wrapping_sub(1)));
        if let Some(above) = above
            && matches!(self.scroll, Scroll::At(eye, _) if eye == gap)
        {
            self.scroll = Scroll::At(above.id, 0);
        }
    }

    /// So many of a gap's messages are there now; it waits for the next.
    pub fn filled_some(&mut self, id: EntryId, count: usize) {
        let Some(at) = self.index_of(id) else { return };
        if let Kind::Gap(gap) = &mut self.entries[at].kind {
            let left = |missing: u32| missing.saturating_sub(u32::try_from(count).unwrap_or(u32::MAX));
            *gap = Gap { missing: gap.missing.map(left).filter(|left| *left > 0), state: GapState::Waiting };
        }
    }
}

/// Whether an answer of the server is to be put at this entry.
fn is_awaited(entry: &Entry) -> bool {
    matches!(entry.kind, Kind::Gap(gap) if gap.state == GapState::Loading)
}

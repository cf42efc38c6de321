//! One conversation: its entries, where the reader is in it, what is unread, and the draft of the next message.

mod slide;
mod unread;

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use super::editor::Draft;
use super::entry::{Entry, EntryId, Gap, GapState, Kind, State, second};
use super::memory::Read;
use crate::irc::Time;
use crate::irc::name::{fold, mask_matches, same};

/// How many entries a window keeps: enough to read back for hours, little enough that a flood of 100,000 lines costs a
/// megabyte or two. The rest is on the server, and comes when the reader does.
pub const LIMIT: usize = 5_000;

/// How long a line may wait for its echo before it is drawn as waiting: a quick server's is simply there.
pub const PENDING_SHOWN_AFTER: Duration = Duration::from_millis(150);

pub use slide::MOST;

/// What a window is a conversation with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum With {
    /// The server: its greeting, and what belongs nowhere else.
    Server,
    /// A channel.
    Channel,
    /// One person.
    Person,
}

/// Where the lower edge of the view is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scroll {
    /// At the newest row, and it follows.
    #[default]
    Live,
    /// This row of this entry is the lowest one shown, counted from its last (0): so it stays there whatever comes
    /// before or after, and when another width breaks the rows anew.
    At(EntryId, u16),
    /// The upper edge is the oldest row. The view finds the lower edge and says it in [`Drawn`].
    Oldest,
    /// The upper edge is the first unread entry, or this one.
    Top(EntryId),
}

/// What the last frame has shown of a window: the view alone knows rows, so it reports them, and the edge hands
/// them back as an event after each frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    /// The lowest row shown, `None` at the live end. [`Window::moved`] is included in it.
    pub bottom: Option<(EntryId, u16)>,
    /// The uppermost entry shown.
    pub top: Option<EntryId>,
    /// Whether the first row of the oldest entry is on the screen.
    pub at_top: bool,
    /// Whether a gap is on the screen: the first of them.
    pub gap: Option<EntryId>,
    /// How many rows the area of the messages has: a page.
    pub rows: u16,
}

/// The unread line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// It stands above this entry.
    pub entry: EntryId,
    /// How many were new when the reader came.
    pub count: usize,
}

/// How far a conversation was read at an earlier time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resume {
    /// The server's id of the last message that was seen.
    pub msgid: Box<str>,
    /// Its time.
    pub at: Time,
    /// How many older pages were asked for to find it.
    pub pages: u32,
}

/// How much of a conversation's past is here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Past {
    /// There may be more on the server.
    #[default]
    More,
    /// An older page has been asked for.
    Loading,
    /// The beginning is here.
    Complete,
    /// The server keeps nothing, or does not give it.
    Nowhere,
}

/// Which way the reader went last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Heading {
    /// To what is older.
    #[default]
    Up,
    /// To what is newer.
    Down,
}

/// One conversation.
#[derive(Debug)]
pub struct Window {
    /// The channel's or the person's name, or the server's address.
    pub name: String,
    /// What it is a conversation with.
    pub with: With,
    /// Where the reader is.
    pub scroll: Scroll,
    /// Rows to scroll from there, up if positive; the next frame takes them in.
    pub moved: i32,
    /// Which way the reader went last: from there a gap is filled.
    pub heading: Heading,
    /// How many entries have come below since the reader left the live end.
    pub below: usize,
    /// How many messages have come unseen.
    pub unread: usize,
    /// How many of them name the reader; in a conversation with a person all do.
    pub mentions: usize,
    /// Where the unread line stands.
    pub mark: Option<Mark>,
    /// Whether one is in it now: a channel is joined, a person can be written to.
    pub joined: bool,
    /// Whether one wants to be in it: after a pause it is joined again.
    pub wanted: bool,
    /// How much of the past is here.
    pub past: Past,
    /// Whether it calls nobody.
    pub muted: bool,
    /// How far it was read at an earlier time, until that place is found.
    pub resume: Option<Resume>,
    /// Where the reader was at an earlier time, until they are there again.
    pub restore: Option<Read>,
    /// How far it was read, as the server knows it or will be told.
    pub marked: Time,
    /// How far it was read here since.
    pub read_here: Option<Time>,
    /// What had been typed when the reader went to another window.
    pub draft: Draft,
    /// The gap at which what was missed during a pause is being filled in.
    pub catching_up: Option<EntryId>,
    entries: VecDeque<Entry>,
    /// The latest time of an entry that the server has stamped.
    newest: Time,
    /// Whether the server may be telling again what is here.
    replay: bool,
    /// How many entries at the end wait for their echo: what others say meanwhile goes in front of them.
    pending: usize,
    next_id: u64,
}

impl Window {
    /// An empty conversation.
    pub fn new(name: &str, with: With) -> Window {
        Window {
            name: name.to_owned(),
            with,
            scroll: Scroll::Live,
            moved: 0,
            heading: Heading::Up,
            below: 0,
            unread: 0,
            mentions: 0,
            mark: None,
            joined: with == With::Person,
            wanted: false,
            past: Past::More,
            muted: false,
            resume: None,
            restore: None,
            marked: Time::default(),
            read_here: None,
            draft: Draft::default(),
            catching_up: None,
            entries: VecDeque::new(),
            newest: Time::default(),
            replay: false,
            pending: 0,
            next_id: 1,
        }
    }

    /// Whether this is the window of that channel or person.
    pub fn is(&self, name: &str) -> bool {
        self.with != With::Server && same(&self.name, name)
    }

    /// All entries, oldest first; those that wait for their echo stand at the end.
    pub fn entries(&self) -> &VecDeque<Entry> {
        &self.entries
    }

    /// The oldest entry.
    pub fn first(&self) -> Option<EntryId> {
        self.entries.front().map(|entry| entry.id)
    }

    /// The entries that wait for their echo, in the order in which they were typed.
    pub fn waiting(&self) -> impl Iterator<Item = &Entry> {
        self.entries.range(self.entries.len() - self.pending..)
    }

    /// The entry with this id.
    pub fn entry(&self, id: EntryId) -> Option<&Entry> {
        self.index_of(id).map(|at| &self.entries[at])
    }

    /// Where an entry stands now in [`entries`](Self::entries).
    pub fn index_of(&self, id: EntryId) -> Option<usize> {
        self.entries.iter().rposition(|entry| entry.id == id)
    }

    /// The newest entry that has come from the server's order: what is asked for after a pause begins after it.
    pub fn newest_known(&self) -> Option<&Entry> {
        let known = self.entries.len() - self.pending;
        self.entries.range(..known).rev().find(|entry| !entry.msgid.is_empty())
    }

    /// The same; where the server gives no ids, the newest that somebody else has said, by its time.
    pub fn newest_told(&self) -> Option<&Entry> {
        let known = self.entries.len() - self.pending;
        let said = || self.entries.range(..known).rev().find(|entry| entry.is_speech() && !entry.own);
        self.newest_known().or_else(said)
    }

    /// The oldest entry that the server has an id for.
    pub fn oldest_known(&self) -> Option<&Entry> {
        self.entries.iter().find(|entry| !entry.msgid.is_empty())
    }

    /// Whether the live end is what is shown.
    pub fn is_live(&self) -> bool {
        self.scroll == Scroll::Live && self.moved <= 0
    }

    fn give_id(&mut self, entry: &mut Entry) -> EntryId {
        entry.id = EntryId(self.next_id);
        self.next_id += 1;
        entry.id
    }

    /// Adds what has just happened: at the end, but in front of what waits for its echo.
    pub fn push(&mut self, mut entry: Entry) -> EntryId {
        let id = self.give_id(&mut entry);
        if !self.is_live() && entry.is_speech() {
            self.below += 1;
        }
        if !entry.msgid.is_empty() {
            self.newest = self.newest.max(entry.at);
        }
        if self.pending == 0 {
            self.entries.push_back(entry);
        } else {
            self.entries.insert(self.entries.len() - self.pending, entry);
        }
        self.trim();
        id
    }

    /// Adds a line of one's own that waits for its echo.
    pub fn push_pending(&mut self, mut entry: Entry) -> EntryId {
        let id = self.give_id(&mut entry);
        entry.state = State::Pending;
        entry.own = true;
        self.entries.push_back(entry);
        self.pending += 1;
        id
    }

    /// The echo of a waiting line has come: it takes its place in the server's order, which is the end of what
    /// is known. If it is known already (said over a connection that broke, heard over the next one, and then said
    /// again under its id), it only waits no more. Nothing if it does not wait.
    pub fn settle(&mut self, id: EntryId, at: Time, msgid: &str) {
        let newer =
            self.entries.iter_mut().rev().take_while(|entry| entry.at >= at || entry.msgid.is_empty());
        if let Some(known) = newer.into_iter().find(|entry| !msgid.is_empty() && *entry.msgid == *msgid) {
            known.own = true;
            self.remove(id);
            return;
        }
        let Some(mut entry) = self.take_pending(id) else { return };
        entry.at = at;
        entry.msgid = msgid.into();
        entry.state = State::Sent;
        let mut place = self.entries.len() - self.pending;
        if !msgid.is_empty() && at < self.newest {
            // It was said long ago: what came after it stands behind it.
            let earlier = |entry: &Entry| !entry.msgid.is_empty() && entry.at <= at;
            place = match self.entries.range(..place).rposition(earlier) {
                Some(before) => before + 1,
                // So long ago that it comes with the page of that time.
                None if self.past != Past::Complete => return,
                None => 0,
            };
        }
        self.newest = self.newest.max(at);
        self.entries.insert(place, entry);
    }

    /// A waiting line was not said, and why.
    pub fn fail(&mut self, id: EntryId, reason: &str) {
        let Some(mut entry) = self.take_pending(id) else { return };
        entry.state = State::Failed(reason.into());
        let end = self.entries.len() - self.pending;
        self.entries.insert(end, entry);
    }

    /// Takes an entry out: a waiting line that was found elsewhere, a failed one that is sent anew, a filled gap.
    pub fn remove(&mut self, id: EntryId) -> Option<Entry> {
        let at = self.index_of(id)?;
        if at >= self.entries.len() - self.pending {
            self.pending -= 1;
        }
        if let Scroll::At(anchor, _) | Scroll::Top(anchor) = self.scroll
            && anchor == id
        {
            let next = self.entries.get(at + 1).or_else(|| self.entries.get(at.wrapping_sub(1)));
            self.scroll = next.map_or(Scroll::Live, |entry| Scroll::At(entry.id, 0));
        }
        if let Some(mark) = &mut self.mark
            && mark.entry == id
        {
            self.mark = self.entries.get(at + 1).map(|entry| Mark { entry: entry.id, count: mark.count });
        }
        self.entries.remove(at)
    }

    fn take_pending(&mut self, id: EntryId) -> Option<Entry> {
        let first = self.entries.len() - self.pending;
        let at = (first..self.entries.len()).find(|at| self.entries[*at].id == id)?;
        self.pending -= 1;
        self.entries.remove(at)
    }

    /// Puts older entries where they belong: in front of this entry, or in front of all. What is here already, by
    /// the server's id, is left out. Returns how many are new; none if that entry is gone.
    pub fn insert_before(&mut self, place: Option<EntryId>, older: Vec<Entry>) -> usize {
        let at = place.map_or(Some(0), |id| self.index_of(id));
        at.map_or(0, |at| self.insert_at(at, older))
    }

    /// The same behind an entry.
    pub fn insert_after(&mut self, place: EntryId, newer: Vec<Entry>) -> usize {
        let end = self.entries.len() - self.pending;
        self.index_of(place).map_or(0, |at| self.insert_at((at + 1).min(end), newer))
    }

    fn insert_at(&mut self, at: usize, entries: Vec<Entry>) -> usize {
        let entries = self.unknown(entries);
        let count = entries.len();
        let tail = self.entries.split_off(at.min(self.entries.len()));
        for mut entry in entries {
            self.give_id(&mut entry);
            self.newest = self.newest.max(entry.at);
            self.entries.push_back(entry);
        }
        self.entries.extend(tail);
        self.trim();
        count
    }

    /// Of these entries, those that are not here yet. What has no id is known by its words, who said them, and the second: some
    /// servers keep no more of the time.
    fn unknown(&self, mut entries: Vec<Entry>) -> Vec<Entry> {
        let known: HashSet<&str> =
            self.entries.iter().map(|entry| &*entry.msgid).filter(|id| !id.is_empty()).collect();
        entries.retain(|entry| !known.contains(&*entry.msgid));
        if entries.iter().all(|entry| !entry.msgid.is_empty()) {
            return entries;
        }
        fn words(entry: &Entry) -> (u64, String, Box<str>) {
            (second(entry.at), fold(&entry.who).into_owned(), entry.text.clone())
        }
        let is_said =
            |entry: &&Entry| entry.msgid.is_empty() && entry.is_speech() && entry.state == State::Sent;
        let mut said: HashMap<_, usize> = HashMap::new();
        for entry in self.entries.iter().filter(is_said) {
            *said.entry(words(entry)).or_default() += 1;
        }
        // Who has said it twice in that second is told twice.
        entries.retain(|entry| match said.get_mut(&words(entry)).filter(|_| is_said(&entry)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        });
        entries
    }

    /// Takes out what the server has told behind this entry.
    pub fn forget_after(&mut self, id: EntryId) {
        let Some(from) = self.index_of(id) else { return };
        let end = self.entries.len() - self.pending;
        let behind: Vec<EntryId> = self
            .entries
            .range(from.min(end)..end)
            .filter(|entry| !entry.msgid.is_empty())
            .map(|entry| entry.id)
            .collect();
        let (mut unread, mut mentions) = (0, 0);
        for id in behind {
            let Some(entry) = self.remove(id).filter(|entry| entry.is_speech() && !entry.own) else {
                continue;
            };
            unread += 1;
            mentions += usize::from(entry.mention || self.with == With::Person);
        }
        // What was seen as it came was not counted, and is not taken off.
        let unread = unread.min(self.unread);
        self.unread -= unread;
        self.mentions = self.mentions.saturating_sub(mentions);
        if let Some(mark) = &mut self.mark {
            mark.count = mark.count.saturating_sub(unread);
        }
    }

    /// From now on the server may tell again, unasked, what is here already: it replays at the join.
    pub fn expect_replay(&mut self) {
        self.replay = true;
    }

    /// Whether a line is one that is here already, by the server's id. Once a newer one has come the replay is over,
    /// and no line is looked up any more.
    pub fn is_replay(&mut self, msgid: &str, at: Time) -> bool {
        if !self.replay || msgid.is_empty() {
            return false;
        }
        self.replay = at <= self.newest;
        self.replay && self.entries.iter().rev().any(|entry| &*entry.msgid == msgid)
    }

    /// Whoever fits this mask is ignored no more: what they have said is shown. Where they came from is not known of that, so a
    /// mask without a nick finds nothing.
    pub fn hear_again(&mut self, mask: &str) {
        for entry in self.entries.iter_mut().filter(|entry| entry.kind == Kind::Ignored) {
            if mask_matches(mask, &format!("{}!*@*", entry.who)) {
                let kind = entry.extra.as_mut().and_then(|extra| extra.ignored.take());
                entry.kind = kind.unwrap_or(Kind::Message);
            }
        }
    }

    /// Changes what is said about a gap.
    pub fn set_gap(&mut self, id: EntryId, state: GapState) {
        if let Some(at) = self.index_of(id)
            && let Kind::Gap(gap) = &mut self.entries[at].kind
        {
            gap.state = state;
        }
    }

    /// Takes all settled entries off the screen (`/clear`); the past can be loaded again.
    pub fn clear(&mut self) {
        let keep = self.entries.len() - self.pending;
        self.entries.drain(..keep);
        (self.scroll, self.moved, self.below, self.mark) = (Scroll::Live, 0, 0, None);
        if self.past != Past::Nowhere {
            self.past = Past::More;
        }
    }

    /// Back to the live end.
    pub fn go_live(&mut self) {
        (self.scroll, self.moved, self.below) = (Scroll::Live, 0, 0);
        self.heading = Heading::Up;
        self.trim();
    }

    /// Takes in what the last frame has shown.
    pub fn drawn(&mut self, drawn: &Drawn) {
        self.moved = 0;
        match drawn.bottom {
            Some((entry, row)) => self.scroll = Scroll::At(entry, row),
            None if self.scroll != Scroll::Live => self.go_live(),
            None => self.below = 0,
        }
    }
}

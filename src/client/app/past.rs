//! The past: what is asked of the server's history, and where the answers go
//! ([chathistory](https://ircv3.net/specs/extensions/chathistory)).

use super::super::entry::{Entry, EntryId, Extra, Gap, GapState, Kind, State, second};
use super::super::outbox::{Item, Manner};
use super::super::session::{Ask, Beyond, Heard, MAX_CHANNELS, What};
use super::super::window::{Heading, Past, Window, With};
use super::question::{Asked, Purpose};
use super::{App, Effect, Status};
use crate::irc::name::same;
use crate::irc::{Cap, Time};

/// How many lines a newcomer asks for.
const FIRST_LINES: u32 = 50;
/// How many pages are asked for after a pause before a gap is left open: at a hundred lines each, a thousand lines.
pub(super) const MAX_PAGES: u32 = 10;
/// How many pages are looked through for lines that may have been said: at a hundred lines each, ten thousand lines.
const SEARCHED_PAGES: u32 = 100;
/// How often a server that searches only so much for one question is asked on for the same page.
const MAX_STEPS: u32 = 100;
/// The service by which Ergo tells joins and other events of the past as messages: it mentions nobody.
const REPLAYER: &str = "HistServ";
/// Most windows into which a server can put us without being asked.
const MAX_ROOMS: usize = MAX_CHANNELS;

impl App {
    /// One is in a channel: what was said there before is asked for.
    pub(super) fn on_joined(&mut self, name: &str, effects: &mut Vec<Effect>) {
        let is_new = !self.windows.iter().any(|window| window.is(name));
        if is_new && self.windows.len() >= MAX_ROOMS {
            // A server may let us into as many as it likes; nobody has asked for them.
            return;
        }
        let at = self.window_for(name, With::Channel);
        name.clone_into(&mut self.windows[at].name);
        self.windows[at].joined = true;
        self.windows[at].wanted = true;
        if !self.session.has(Cap::Chathistory) {
            self.windows[at].expect_replay();
            self.windows[at].past = Past::Nowhere;
            return;
        }
        if self.windows[at].past == Past::Nowhere {
            self.windows[at].past = Past::More;
        }
        let known = newest(&self.windows[at]);
        if let Some(since) = self.outbox.unsure_since(name)
            && known.as_ref().is_none_or(|(msgid, at)| (&since.msgid, since.at) != (msgid, *at))
        {
            // What is asked for below need not begin where they were sent.
            self.look_for_unsure(name, &Ask::After(&since.msgid, since.at), effects);
        }
        self.ask_missed(name, effects);
    }

    /// Asks for what was said in a conversation since one was here, or for the last of it.
    pub(super) fn ask_missed(&mut self, name: &str, effects: &mut Vec<Effect>) {
        let page = self.session.support().history_page;
        let at = self.windows.iter().position(|window| window.is(name));
        let known = at.and_then(|at| newest(&self.windows[at]).zip(Some(at)));
        let Some(((msgid, time), at)) = known else {
            self.ask(name, Purpose::First, &Ask::Latest, FIRST_LINES, effects);
            return;
        };
        let gap = Gap { missing: None, state: GapState::Loading };
        let gap = self.windows[at].push(Entry::new(self.now, Kind::Gap(gap), "".into(), ""));
        self.windows[at].catching_up = Some(gap);
        let purpose = Purpose::CatchUp { gap, page: 1 };
        self.ask(name, purpose, &Ask::After(&msgid, time), page, effects);
    }

    /// Looks for one's own unsure lines from there on, if there are any and it is not being done.
    fn look_for_unsure(&mut self, name: &str, from: &Ask<'_>, effects: &mut Vec<Effect>) {
        let search = |asked: &Asked| {
            matches!(asked.purpose, Purpose::Search { .. }) && asked.place.eq_ignore_ascii_case(name)
        };
        if self.outbox.unsure_since(name).is_some() && !self.asks.iter().any(search) {
            let page = self.session.support().history_page;
            self.ask(name, Purpose::Search { page: 1 }, from, page, effects);
        }
    }

    /// A piece of the past has come.
    pub(super) fn on_history(
        &mut self,
        place: &str,
        items: Vec<Heard>,
        lines: usize,
        beyond: &Beyond,
        label: Option<u64>,
        effects: &mut Vec<Effect>,
    ) {
        let asked = self.take_ask(place, label);
        let found = self.windows.iter().position(|window| window.is(place));
        let is_first = asked.as_ref().is_some_and(|asked| asked.purpose == Purpose::First);
        let at = match found {
            None if is_first => self.window_of_missed(place, &items, effects),
            found => found,
        };
        let Some(at) = at else {
            if is_first && !self.is_catching_up(place) {
                self.caught_up(place, true, effects);
            }
            return;
        };
        if is_first {
            self.resume_person(at);
        }
        self.settle_from(&items, at);
        let last = items.last().map(|item| (item.msgid.clone(), item.at));
        let entries: Vec<Entry> = items.into_iter().map(|item| self.entry_of(item)).collect();
        let Some(asked) = asked else {
            self.replayed(at, entries);
            return;
        };
        let full = lines >= asked.limit as usize && *beyond != Beyond::Nothing;
        let holds_back = asked.purpose.holds_back();
        let new = self.file(at, &asked.purpose, entries);
        match beyond {
            Beyond::From(from) if asked.steps < MAX_STEPS => {
                self.ask_on(asked, from, at, effects);
                return;
            }
            Beyond::Unknown if lines == 0 && self.ask_by_time(&asked, effects) => return,
            _ => {}
        }
        match asked.purpose {
            Purpose::CatchUp { gap, page } => match last {
                Some((msgid, time)) if full && new > 0 && page < MAX_PAGES => {
                    let purpose = Purpose::CatchUp { gap, page: page + 1 };
                    self.ask(place, purpose, &Ask::After(&msgid, time), asked.limit, effects);
                    return;
                }
                Some((msgid, time)) if full && new > 0 => {
                    self.windows[at].catching_up = None;
                    self.windows[at].set_gap(gap, GapState::Waiting);
                    self.ask(place, Purpose::Rest { gap }, &Ask::Latest, FIRST_LINES, effects);
                    // One's own lines may be in what is left out.
                    self.look_for_unsure(place, &Ask::After(&msgid, time), effects);
                }
                _ => {
                    let window = &mut self.windows[at];
                    window.catching_up = None;
                    window.remove(gap);
                    // Of what was missed, some may have been read elsewhere.
                    window.read_until(window.marked);
                }
            },
            Purpose::Search { page } if full && self.outbox.unsure_since(place).is_some() => match last {
                Some((msgid, time)) if page < SEARCHED_PAGES => {
                    let purpose = Purpose::Search { page: page + 1 };
                    self.ask(place, purpose, &Ask::After(&msgid, time), asked.limit, effects);
                }
                _ => self.settle_unsure(place, false),
            },
            Purpose::Search { .. } | Purpose::People => {}
            Purpose::Rest { gap } | Purpose::Fill { gap } | Purpose::FillOn { gap } => {
                if !full || new < lines {
                    // The lines meet those on the gap's other side: nothing is missing any more.
                    self.windows[at].remove(gap);
                } else {
                    self.windows[at].filled_some(gap, new);
                }
            }
            Purpose::Jump { to: Some(ref to) } => {
                self.jumped(at, to);
                effects.push(Effect::Hurry);
            }
            Purpose::Jump { to: None } => {}
            // All of them may have come live meanwhile: that does not mean that nothing is before them.
            Purpose::First => {
                self.filed_older(at, full);
                self.find_read(at, effects);
            }
            Purpose::Older { before } if before != self.windows[at].first() && new == 0 => {
                // What they belong in front of has been let go meanwhile.
                self.windows[at].past = Past::More;
                self.windows[at].resume = None;
            }
            Purpose::Older { .. } => {
                self.filed_older(at, full && new > 0);
                self.find_read(at, effects);
            }
        }
        if holds_back && !self.is_catching_up(place) {
            self.caught_up(place, true, effects);
        }
    }

    /// Puts entries where the purpose wants them; gives how many are new.
    fn file(&mut self, at: usize, purpose: &Purpose, entries: Vec<Entry>) -> usize {
        let seen = at == self.current && self.focused;
        let window = &mut self.windows[at];
        match purpose {
            Purpose::First => window.insert_before(None, entries),
            Purpose::Older { before } if *before != window.first() => 0,
            Purpose::Older { .. } => window.insert_before(None, entries),
            Purpose::CatchUp { gap, .. } => {
                let new = window.insert_before(Some(*gap), entries);
                // What was missed is new to the reader, wherever they look.
                let end = window.index_of(*gap).unwrap_or_default();
                window.missed(end.saturating_sub(new)..end, seen);
                new
            }
            Purpose::Rest { gap } => window.insert_after(*gap, entries),
            Purpose::Fill { gap } => {
                window.look_above(*gap);
                window.insert_after(*gap, entries)
            }
            Purpose::FillOn { gap } => {
                window.look_above(*gap);
                window.insert_before(Some(*gap), entries)
            }
            Purpose::Jump { to: None } => 0,
            Purpose::Jump { .. } if entries.is_empty() => 0,
            Purpose::Jump { .. } => {
                let count = entries.len();
                window.show_piece(entries);
                count
            }
            Purpose::Search { .. } | Purpose::People => 0,
        }
    }

    fn filed_older(&mut self, at: usize, more: bool) {
        let window = &mut self.windows[at];
        window.past = if more { Past::More } else { Past::Complete };
        if !more {
            let time = window.entries().front().map_or(self.now, |entry| entry.at);
            let text = format!("this is where {} begins", window.name);
            window.insert_before(None, vec![Entry::new(time, Kind::Beginning, "".into(), &text)]);
        }
    }

    /// Lines of the past that nobody asked for: a server's own replay at the join. They go in front of the join.
    fn replayed(&mut self, at: usize, entries: Vec<Entry>) {
        let window = &mut self.windows[at];
        let join = window.entries().iter().rev().find(|entry| entry.own && entry.kind == Kind::Join);
        let place = join.map(|entry| entry.id);
        match place {
            Some(join) => window.insert_before(Some(join), entries),
            None => window.insert_before(None, entries),
        };
    }

    /// The server does not give what was asked for.
    pub(super) fn on_history_failed(&mut self, place: &str, label: Option<u64>, effects: &mut Vec<Effect>) {
        if let Some(asked) = self.take_ask(place, label)
            && !self.ask_by_time(&asked, effects)
        {
            self.give_up(&asked, effects);
        }
    }

    fn give_up(&mut self, asked: &Asked, effects: &mut Vec<Effect>) {
        if asked.purpose == Purpose::People {
            // It keeps nothing of the kind: so nothing of it is missing.
            self.remembering.knows_people = true;
            return;
        }
        let Some(at) = self.windows.iter().position(|window| window.is(&asked.place)) else {
            if asked.purpose.holds_back() && !self.is_catching_up(&asked.place) {
                self.caught_up(&asked.place, false, effects);
            }
            return;
        };
        let window = &mut self.windows[at];
        match asked.purpose {
            Purpose::First | Purpose::Older { .. } => (window.past, window.resume) = (Past::Nowhere, None),
            Purpose::CatchUp { gap, .. }
            | Purpose::Rest { gap }
            | Purpose::Fill { gap }
            | Purpose::FillOn { gap } => {
                window.set_gap(gap, GapState::Failed);
            }
            Purpose::Search { .. } | Purpose::People | Purpose::Jump { to: None } => {}
            Purpose::Jump { .. } => {
                self.say(Status::Error("the server does not give what was said then".to_owned()));
                return;
            }
        }
        if asked.purpose.holds_back() {
            window.catching_up = None;
            self.settle_unsure(&asked.place, false);
            if !self.is_catching_up(&asked.place) {
                self.caught_up(&asked.place, false, effects);
            }
        }
    }

    pub(super) fn give_up_asks(&mut self, effects: &mut Vec<Effect>) {
        let now = self.now;
        let late: Vec<Asked> =
            self.asks.extract_if(.., |asked| asked.given_up().is_some_and(|at| now >= at)).collect();
        for asked in late {
            self.give_up(&asked, effects);
        }
    }

    /// The reader sees the top, or a gap: what belongs there is asked for.
    pub(super) fn load_seen(&mut self, at_top: bool, gap: Option<EntryId>, effects: &mut Vec<Effect>) {
        if !self.session.has(Cap::Chathistory) {
            return;
        }
        let (window, page) = (&mut self.windows[self.current], self.session.support().history_page);
        let is_kept = match window.with {
            With::Channel => true,
            With::Person => self.remembering.has_people,
            With::Server => false,
        };
        if !window.joined || !is_kept {
            return;
        }
        let place_name = window.name.clone();
        if at_top && window.past == Past::More && !window.is_live() {
            window.past = Past::Loading;
            let purpose = Purpose::Older { before: window.first() };
            match oldest(window) {
                Some((msgid, time)) => {
                    self.ask(&place_name, purpose, &Ask::Before(&msgid, time), page, effects);
                }
                // The window was cleared.
                None => self.ask(&place_name, purpose, &Ask::Latest, page, effects),
            }
            return;
        }
        let Some(gap) = gap else { return };
        let Some(at) = window.index_of(gap) else { return };
        if !matches!(window.entries()[at].kind, Kind::Gap(gap) if gap.state == GapState::Waiting) {
            return;
        }
        // Where the server knows no ids, the time tells.
        let by_id = self.session.support().history_by_id;
        let known = |entry: &&Entry| !entry.msgid.is_empty() || !by_id && entry.is_speech() && !entry.own;
        let place = |entry: &Entry| (entry.msgid.clone(), entry.at);
        let behind = window.entries().range(at..).find(known).map(place);
        let before = window.entries().range(..at).rfind(known).map(place);
        match (window.heading, before, behind) {
            (Heading::Down, Some((msgid, time)), _) | (_, Some((msgid, time)), None) => {
                window.set_gap(gap, GapState::Loading);
                window.look_at(gap);
                self.ask(&place_name, Purpose::FillOn { gap }, &Ask::After(&msgid, time), page, effects);
            }
            (_, _, Some((msgid, time))) => {
                window.set_gap(gap, GapState::Loading);
                self.ask(&place_name, Purpose::Fill { gap }, &Ask::Before(&msgid, time), page, effects);
            }
            (_, None, None) => {}
        }
    }

    /// An entry for something that somebody did.
    pub(super) fn entry_of(&self, heard: Heard) -> Entry {
        let kind = match heard.what {
            What::Message => Kind::Message,
            What::Action => Kind::Action,
            What::Notice => Kind::Notice,
            What::Join => Kind::Join,
            What::Part => Kind::Part,
            What::Quit => Kind::Quit,
            What::Nick => Kind::Nick,
            What::Topic => Kind::Topic,
            What::Mode => Kind::Mode,
            What::Kick => Kind::Kick,
        };
        let is_said = matches!(kind, Kind::Message | Kind::Action | Kind::Notice);
        let speech = is_said && !heard.ignored;
        let mut extra = heard.reply.map(Extra::answer);
        if is_said && heard.ignored {
            extra.get_or_insert_default().ignored = Some(kind);
        }
        let kind = if is_said && heard.ignored { Kind::Ignored } else { kind };
        let by_person = !heard.own && heard.who.as_ref() != REPLAYER;
        let mention = speech && by_person && self.names_reader(&heard.text);
        Entry {
            msgid: heard.msgid,
            text: heard.text,
            own: heard.own,
            mention,
            state: State::Sent,
            extra,
            ..Entry::new(heard.at, kind, heard.who, "")
        }
    }

    /// Lines of one's own that are found in the past were heard: they are settled, and stand where they were said.
    fn settle_from(&mut self, items: &[Heard], at: usize) {
        if self.outbox.is_empty() {
            return;
        }
        // It may have been said under another nick than now: then its words tell, too.
        for item in items {
            let found = match item.id.as_deref() {
                Some(id) if item.own || self.outbox.has_said(id, &item.place, &item.text) => {
                    self.outbox.take_by_id(id)
                }
                Some(_) => None,
                // Not every server keeps ids with its history. What is here already was known when the line was sent.
                None => self.settle_by_words(item, at),
            };
            if let Some(sent) = found {
                self.windows[at].remove(sent.entry);
            }
        }
    }

    /// A line of one's own, under this nick or the wanted one, that carries no id: the one of which its words tell.
    fn settle_by_words(&mut self, item: &Heard, at: usize) -> Option<Item> {
        let manner = match item.what {
            What::Message => Manner::Message,
            What::Action => Manner::Action,
            What::Notice => Manner::Notice,
            _ => return None,
        };
        let is_own = item.own || same(&item.who, self.session.wanted_nick());
        let is_here = |entry: &Entry| {
            if item.msgid.is_empty() {
                entry.state == State::Sent && second(entry.at) == second(item.at) && entry.text == item.text
            } else {
                entry.msgid == item.msgid
            }
        };
        if !is_own || self.windows[at].entries().iter().any(is_here) {
            return None;
        }
        self.outbox.take_unsure_said(&item.place, manner, &item.text, item.at)
    }
}

/// From where a window is caught up: the newest line that the server told, or else the newest one said.
fn newest(window: &Window) -> Option<(Box<str>, Time)> {
    let said = || window.entries().iter().rev().find(|entry| entry.is_speech() && entry.state == State::Sent);
    window.newest_known().or_else(said).map(|entry| (entry.msgid.clone(), entry.at))
}

/// From where older lines are asked for.
pub(super) fn oldest(window: &Window) -> Option<(Box<str>, Time)> {
    let said = || window.entries().iter().find(|entry| entry.is_speech());
    window.oldest_known().or_else(said).map(|entry| (entry.msgid.clone(), entry.at))
}

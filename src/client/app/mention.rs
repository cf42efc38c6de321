//! The messages that name the reader, one after the other; those that are not here any more are looked for on the server.

use super::super::entry::{Entry, EntryId, Kind};
use super::super::session::{Beyond, Heard, Sought, What};
use super::super::window::{Scroll, With};
use super::jump::Place;
use super::search::{Asking, HITS_PAGE, PATIENCE_FOR_HITS, STEPS_MOST};
use super::{App, Effect, Status};
use crate::irc::name::names;
use crate::irc::{Cap, Time};

/// Where the reader has come to among the mentions of a room, and what is asked for.
#[derive(Debug, Default)]
pub(super) struct Mention {
    /// The room, the server's id of the mention, and the entry.
    at: Option<(String, Box<str>, Option<EntryId>)>,
    /// For which room, whether for an older one, and the question.
    asked: Option<(String, bool, Asking)>,
}

impl Mention {
    /// The answer will not come.
    pub(super) fn give_up(&mut self) {
        self.asked = None;
    }

    /// When nobody answers any more.
    pub(super) fn next_tick(&self) -> Option<Time> {
        self.asked.as_ref().map(|(.., asked)| asked.at + PATIENCE_FOR_HITS)
    }
}

impl App {
    /// Goes to the mention before the one that one has come to, or before what is on the screen; or to the next one.
    pub(super) fn step_mention(&mut self, older: bool, effects: &mut Vec<Effect>) {
        let came_by = self.mention_shown();
        let window = self.window();
        let entries = window.entries();
        let is_mention = |at: &usize| entries[*at].mention && entries[*at].is_speech();
        let place = |id: Option<EntryId>| id.and_then(|id| window.index_of(id));
        let next = if older {
            let top = place(self.drawn.top).filter(|_| !window.is_live());
            (0..came_by.or(top).unwrap_or(entries.len())).rev().find(is_mention)
        } else {
            let bottom = place(self.drawn.bottom.map(|(id, _)| id)).filter(|_| !window.is_live());
            let from = came_by.or(bottom).map_or(entries.len(), |at| at + 1);
            (from..entries.len()).find(is_mention)
        };
        if let Some(gap) = self.gap_before(older, came_by, next) {
            return self.ask_mention(gap, older, effects);
        }
        if came_by.is_none() && next.is_some() {
            self.note_visit(self.here());
        }
        match next {
            Some(at) => {
                let window = self.window();
                let Entry { id, msgid, .. } = &window.entries()[at];
                let id = *id;
                self.finding.mention.at = Some((window.name.clone(), msgid.clone(), Some(id)));
                self.aim(id, true);
            }
            None if older => {
                let oldest = self.window().oldest_known().map(|entry| entry.msgid.clone());
                match oldest.filter(|_| self.can_ask_mention()) {
                    Some(oldest) => self.ask_mention(oldest, true, effects),
                    None => self.say(Status::Info("no older mention is here".to_owned())),
                }
            }
            None if self.window().is_live() => self.say(Status::Info("no newer mention".to_owned())),
            None => {
                self.windows[self.current].go_live();
                self.finding.mention.at = None;
            }
        }
    }

    /// Between where one is and the next mention that is here something may be missing: the message beside the gap.
    fn gap_before(&self, older: bool, came_by: Option<usize>, next: Option<usize>) -> Option<Box<str>> {
        let entries = self.window().entries();
        let from = came_by.filter(|_| self.can_ask_mention())?;
        let is_gap = |at: &usize| matches!(entries[*at].kind, Kind::Gap(_));
        let id = |at: usize| Some(entries[at].msgid.clone()).filter(|msgid| !msgid.is_empty());
        if older {
            let gap = (next.unwrap_or(0)..from).rev().find(is_gap)?;
            (gap + 1..=from).find_map(id)
        } else {
            let gap = (from..next.unwrap_or(entries.len())).find(is_gap)?;
            (from..gap).rev().find_map(id)
        }
    }

    /// The mention that one has come to, if it is on the screen.
    fn mention_shown(&self) -> Option<usize> {
        let window = self.window();
        let (room, msgid, id) = self.finding.mention.at.as_ref()?;
        let is_it =
            |entry: &Entry| if msgid.is_empty() { Some(entry.id) == *id } else { entry.msgid == *msgid };
        let at = window.entries().iter().rposition(is_it).filter(|_| *room == window.name)?;
        let top = self.drawn.top.and_then(|id| window.index_of(id)).unwrap_or(0);
        let bottom = self.drawn.bottom.and_then(|(id, _)| window.index_of(id));
        // The next frame will have it, if the last one has not.
        let is_aimed_at = matches!(window.scroll, Scroll::Top(id) if id == window.entries()[at].id);
        let is_on_screen = (top..=bottom.unwrap_or(window.entries().len())).contains(&at);
        (is_aimed_at || is_on_screen).then_some(at)
    }

    fn can_ask_mention(&self) -> bool {
        let window = self.window();
        self.session.has(Cap::Search) && window.joined && window.with == With::Channel
    }

    /// A mention that is not here is looked for on the server, before this message or after it.
    fn ask_mention(&mut self, from: Box<str>, older: bool, effects: &mut Vec<Effect>) {
        let room = self.window().name.clone();
        self.say(Status::Info("looking for a mention …".to_owned()));
        self.look_for_mention(room, &from, older, 0, effects);
    }

    fn look_for_mention(
        &mut self,
        room: String,
        from: &str,
        older: bool,
        steps: u32,
        effects: &mut Vec<Effect>,
    ) {
        let nick = self.nick().to_owned();
        let sought = Sought {
            text: &nick,
            place: Some(&room),
            before: Some(from).filter(|_| older),
            after: Some(from).filter(|_| !older),
            limit: HITS_PAGE,
            ..Sought::default()
        };
        if let Some((line, label)) = self.session.ask_search(&sought) {
            effects.push(Effect::Send(line));
            self.finding.mention.asked = Some((room, older, Asking { label, at: self.now, steps }));
        }
    }

    /// The server has found messages with the reader's name in them.
    pub(super) fn on_mention_found(
        &mut self,
        items: Vec<Heard>,
        beyond: &Beyond,
        label: Option<u64>,
        effects: &mut Vec<Effect>,
    ) {
        let answered = self.finding.mention.asked.take_if(|(.., asked)| asked.is_answered_by(label));
        let Some((room, older, asked)) = answered else { return };
        self.said = None;
        if self.window().name != room {
            return;
        }
        let nick = self.nick().to_owned();
        let is_mention = |item: &&Heard| {
            matches!(item.what, What::Message | What::Action | What::Notice)
                && !item.own
                && !item.ignored
                && names(&item.text, &nick)
        };
        let outermost = if older { items.first() } else { items.last() };
        let outermost = outermost.map(|item| item.msgid.clone());
        let full = items.len() >= HITS_PAGE;
        let found = if older { items.iter().rfind(is_mention) } else { items.iter().find(is_mention) };
        if let Some(found) = found {
            if self.mention_shown().is_none() {
                self.note_visit(self.here());
            }
            self.finding.mention.at = Some((room, found.msgid.clone(), None));
            let to = Place { msgid: found.msgid.clone(), at: found.at, in_context: true };
            return self.go_to(to, effects);
        }
        let from = match beyond {
            Beyond::From(from) => Some(from.clone()),
            Beyond::Unknown => outermost.filter(|_| full),
            Beyond::Nothing => None,
        };
        match from.filter(|_| asked.steps < STEPS_MOST) {
            Some(from) => self.look_for_mention(room, &from, older, asked.steps + 1, effects),
            None if older => self.say(Status::Info("no older mention".to_owned())),
            None => self.windows[self.current].go_live(),
        }
    }

    /// Nobody answers.
    pub(super) fn give_up_mention(&mut self) {
        if self.finding.mention.next_tick().is_some_and(|due| self.now >= due) {
            self.finding.mention.give_up();
        }
    }
}

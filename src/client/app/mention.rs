//! The messages that name the reader, one after the other; those that are not here any more are looked for on the server.

use super::super::entry::{Entry, EntryId};
use super::super::session::{Beyond, Heard, Sought, What};
use super::super::window::{Scroll, With};
use super::jump::Place;
use super::search::{Asking, HITS_PAGE, PATIENCE_FOR_HITS, STEPS_MOST};
use super::{App, Effect, Status};
use crate::irc::{Cap, Time};

/// Where the reader has come to among the mentions of a room, and what is asked for.
#[derive(Debug, Default)]
pub(super) struct Mention {
    /// The room, the server's id of the mention, and the entry.
    at: Option<(String, Box<str>, Option<EntryId>)>,
    /// For which room, and the question.
    asked: Option<(String, Asking)>,
}

impl Mention {
    /// The answer will not come.
    pub(super) fn give_up(&mut self) {
        self.asked = None;
    }

    /// When nobody answers any more.
    pub(super) fn next_tick(&self) -> Option<Time> {
        self.asked.as_ref().map(|(_, asked)| asked.at + PATIENCE_FOR_HITS)
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
            None if older => self.ask_mention(effects),
            None if self.window().is_live() => self.say(Status::Info("no newer mention".to_owned())),
            None => {
                self.windows[self.current].go_live();
                self.finding.mention.at = None;
            }
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

    /// Older mentions than those that are here are looked for on the server.
    fn ask_mention(&mut self, effects: &mut Vec<Effect>) {
        let window = self.window();
        let can = self.session.has(Cap::Search) && window.joined && window.with == With::Channel;
        let Some(before) = window.oldest_known().map(|entry| entry.msgid.clone()).filter(|_| can) else {
            return self.say(Status::Info("no older mention is here".to_owned()));
        };
        let room = window.name.clone();
        self.say(Status::Info("looking for an older mention …".to_owned()));
        self.look_for_mention(room, &before, 0, effects);
    }

    fn look_for_mention(&mut self, room: String, before: &str, steps: u32, effects: &mut Vec<Effect>) {
        let nick = self.nick().to_owned();
        let sought = Sought {
            text: &nick,
            place: Some(&room),
            before: Some(before),
            limit: HITS_PAGE,
            ..Sought::default()
        };
        if let Some((line, label)) = self.session.ask_search(&sought) {
            effects.push(Effect::Send(line));
            self.finding.mention.asked = Some((room, Asking { label, at: self.now, steps }));
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
        let answered = self.finding.mention.asked.take_if(|(_, asked)| asked.is_answered_by(label));
        let Some((room, asked)) = answered else { return };
        self.said = None;
        if self.window().name != room {
            return;
        }
        let nick = self.nick().to_owned();
        let is_mention = |item: &&Heard| {
            matches!(item.what, What::Message | What::Action | What::Notice)
                && !item.own
                && !item.ignored
                && super::heard::names(&item.text, &nick)
        };
        let oldest = items.first().map(|item| item.msgid.clone());
        let full = items.len() >= HITS_PAGE;
        if let Some(found) = items.iter().rev().find(is_mention) {
            self.finding.mention.at = Some((room, found.msgid.clone(), None));
            let to = Place { msgid: found.msgid.clone(), at: found.at, in_context: true };
            self.jump(to, effects);
            return;
        }
        let from = match beyond {
            Beyond::From(from) => Some(from.clone()),
            Beyond::Unknown => oldest.filter(|_| full),
            Beyond::Nothing => None,
        };
        match from.filter(|_| asked.steps < STEPS_MOST) {
            Some(from) => self.look_for_mention(room, &from, asked.steps + 1, effects),
            None => self.say(Status::Info("no older mention".to_owned())),
        }
    }

    /// Nobody answers.
    pub(super) fn give_up_mention(&mut self) {
        if self.finding.mention.next_tick().is_some_and(|due| self.now >= due) {
            self.finding.mention.give_up();
        }
    }
}

//! What people wrote while one was not there. A server that keeps it says who wrote (`CHATHISTORY TARGETS`,
//! [chathistory](https://ircv3.net/specs/extensions/chathistory#targets)), and each conversation is then asked for as a
//! channel's past is. Where it keeps nothing of the kind, it says nothing, and nothing is lost but the question.

use std::time::Duration;

use super::super::pace::Rank;
use super::super::session::{Heard, What};
use super::super::window::{Resume, With};
use super::question::Purpose;
use super::{App, Effect};
use crate::irc::name::same;
use crate::irc::{Cap, Time};

/// Most people of whom it is asked at once.
const PEOPLE_MOST: u32 = 50;
/// Until when it is asked: the server's clock may be ahead of ours.
const AHEAD: Duration = Duration::from_secs(24 * 60 * 60);

impl App {
    /// Asks who has written since one was here. Whoever comes for the first time has missed nothing.
    pub(super) fn ask_people(&mut self, effects: &mut Vec<Effect>) {
        let since = self.remembering.memory.people_at;
        self.remembering.knows_people = true;
        if since == Time::default() || !self.session.has(Cap::Chathistory) {
            return;
        }
        self.remembering.knows_people = false;
        let limit = PEOPLE_MOST.min(self.session.support().history_page);
        let (line, label) = self.session.ask_targets(since, self.now + AHEAD, limit);
        self.ask_line("", Purpose::People, (line, label), limit, effects);
    }

    /// Somebody has written, or something was said in a channel; the channels are asked for when they are joined.
    pub(super) fn on_target(&mut self, name: &str, effects: &mut Vec<Effect>) {
        let is_person = !name.is_empty() && !self.session.support().is_channel(name);
        if !is_person || same(name, self.nick()) || !self.asks_who_wrote() {
            return;
        }
        self.remembering.has_people = true;
        self.ask_missed(name, effects);
    }

    /// All who have written are named.
    pub(super) fn on_targets_told(&mut self) {
        self.asks.retain(|asked| asked.purpose != Purpose::People);
        self.remembering.knows_people = true;
    }

    fn asks_who_wrote(&self) -> bool {
        self.asks.iter().any(|asked| asked.purpose == Purpose::People)
    }

    /// A conversation's past is here that has no window yet: it gets one if somebody said something to us. Services and those
    /// who are ignored open none.
    pub(super) fn window_of_missed(
        &mut self,
        place: &str,
        items: &[Heard],
        effects: &mut Vec<Effect>,
    ) -> Option<usize> {
        let is_said = |item: &Heard| matches!(item.what, What::Message | What::Action) && !item.ignored;
        if self.session.support().is_channel(place) || !items.iter().any(is_said) {
            return None;
        }
        let at = self.window_for(place, With::Person);
        if !self.windows[at].is(place) {
            // There are as many as there may be.
            return None;
        }
        if self.session.has(Cap::ReadMarker) {
            // Of a channel the server tells it by itself.
            let line = self.session.line("MARKREAD", &[place], None, None);
            self.send_in_turn(Rank::Useful, line, effects);
        }
        Some(at)
    }

    /// From where on a conversation with a person is new: from where it was read to, or else from when one was here last.
    pub(super) fn resume_person(&mut self, at: usize) {
        let memory = &self.remembering.memory;
        let window = &mut self.windows[at];
        if window.with != With::Person || window.resume.is_some() {
            return;
        }
        let since = Resume { msgid: "".into(), at: memory.people_at, pages: 0 };
        let read = memory.read(&window.name);
        window.resume =
            Some(read.map_or(since, |read| Resume { msgid: read.msgid.clone(), at: read.at, pages: 0 }));
    }

    /// Remembers up to when all is known that people wrote: to the next time what came later is new. What is unread is.
    pub(super) fn note_people(&mut self) {
        let is_person = |place: &str| place.is_empty() || !self.session.support().is_channel(place);
        if !self.remembering.knows_people || self.asks.iter().any(|asked| is_person(&asked.place)) {
            return;
        }
        let mut until = self.session.stamped();
        for window in self.windows.iter().filter(|window| window.with == With::Person && window.unread > 0) {
            let Some(first) = window.mark.and_then(|mark| window.entry(mark.entry)) else { return };
            until = until.min(Time::from_millis(first.at.millis().saturating_sub(1)));
        }
        let known = &mut self.remembering.memory.people_at;
        *known = until.max(*known);
    }
}

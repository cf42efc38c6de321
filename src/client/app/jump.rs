//! Going to a place in the past, and back to where one was.

use super::super::entry::EntryId;
use super::super::session::Ask;
use super::super::window::{Heading, Past, Scroll, With};
use super::question::Purpose;
use super::search::Finding;
use super::{App, Effect, Status};
use crate::irc::{Cap, Time};

/// Most places that one can go back to.
const VISITED_MOST: usize = 50;

/// A place in a conversation's past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The server's id of a message, or empty.
    pub(super) msgid: Box<str>,
    /// Its time.
    pub(super) at: Time,
    /// Whether it is to be seen with what was said before it, and not at the upper edge.
    pub(super) in_context: bool,
}

/// Where the reader is or was: the window's name, and the place in it unless at the live end.
pub(super) type Visit = (String, Option<Place>);

impl App {
    /// The reader wants to see what was said at some time, or a certain message; and to come back afterwards.
    pub(super) fn jump(&mut self, to: Place, effects: &mut Vec<Effect>) {
        self.note_visit(self.here());
        self.go_to(to, effects);
    }

    /// Where the reader is.
    pub(super) fn here(&self) -> Visit {
        let window = self.window();
        let top = self.drawn.top.filter(|_| !window.is_live()).and_then(|top| window.index_of(top));
        let here = top.and_then(|top| window.entries().range(top..).find(|entry| !entry.msgid.is_empty()));
        let here = here.map(|entry| Place { msgid: entry.msgid.clone(), at: entry.at, in_context: false });
        (window.name.clone(), here)
    }

    /// One can come back there.
    pub(super) fn note_visit(&mut self, visit: Visit) {
        self.finding.ahead.clear();
        push(&mut self.finding.visited, visit);
    }

    /// Back to where the reader was before the last jump, or forward again.
    pub(super) fn jump_back(&mut self, back: bool, effects: &mut Vec<Effect>) {
        let here = self.here();
        let Finding { visited, ahead, .. } = &mut self.finding;
        let (from, to) = if back { (visited, ahead) } else { (ahead, visited) };
        let Some((name, place)) = from.pop() else {
            let way = if back { "back" } else { "forward" };
            self.say(Status::Info(format!("there is nowhere to go {way} to")));
            return;
        };
        push(to, here);
        let Some(at) = self.windows.iter().position(|window| window.name == name) else { return };
        self.show(at);
        self.take_place(place, effects);
    }

    /// Goes to a place of the window that is shown, or to its live end.
    pub(super) fn take_place(&mut self, place: Option<Place>, effects: &mut Vec<Effect>) {
        match place {
            Some(place) => self.go_to(place, effects),
            None => self.windows[self.current].go_live(),
        }
    }

    pub(super) fn go_to(&mut self, to: Place, effects: &mut Vec<Effect>) {
        let window = &mut self.windows[self.current];
        if let Some(id) = window.find(&to.msgid, to.at) {
            self.aim(id, to.in_context);
            return;
        }
        if !self.session.has(Cap::Chathistory) || !window.joined || window.with != With::Channel {
            self.say(Status::Error("nothing older is known of this room".to_owned()));
            return;
        }
        let (name, page) = (window.name.clone(), self.session.support().history_page);
        let ask = Ask::Around(&to.msgid, to.at);
        self.say(Status::Info("looking there …".to_owned()));
        self.ask(&name, Purpose::Jump { to: Some(to.clone()) }, &ask, page, effects);
    }

    /// The window that is shown has this entry at its upper edge, or a third further down.
    pub(super) fn aim(&mut self, id: EntryId, in_context: bool) {
        let above = if in_context { i32::from(self.page / 3) } else { 0 };
        let window = &mut self.windows[self.current];
        (window.scroll, window.moved, window.heading) = (Scroll::Top(id), above, Heading::Up);
    }

    /// The beginning of the conversation, or of what there is of it.
    pub(super) fn go_to_beginning(&mut self, effects: &mut Vec<Effect>) {
        let window = &mut self.windows[self.current];
        let has_more = matches!(window.past, Past::More | Past::Loading);
        if has_more && window.joined && window.with == With::Channel && self.session.has(Cap::Chathistory) {
            self.jump(Place { msgid: "".into(), at: Time::default(), in_context: false }, effects);
        } else if !window.entries().is_empty() {
            (window.scroll, window.moved, window.heading) = (Scroll::Oldest, 0, Heading::Up);
        }
    }

    /// What was said there has come.
    pub(super) fn jumped(&mut self, at: usize, to: &Place) {
        self.said = None;
        let above = if to.in_context { i32::from(self.page / 3) } else { 0 };
        let window = &mut self.windows[at];
        match window.find_near(&to.msgid, to.at) {
            Some(id) => (window.scroll, window.moved, window.heading) = (Scroll::Top(id), above, Heading::Up),
            None => self.say(Status::Info("nothing was said then".to_owned())),
        }
    }

    /// Whether the reader is on the way to a place that is still to come.
    pub(super) fn is_jumping(&self) -> bool {
        self.asks.iter().any(|asked| matches!(asked.purpose, Purpose::Jump { to: Some(_) }))
    }

    /// The reader has gone elsewhere: what was asked for to show it is not shown when it comes.
    pub(super) fn forget_jumps(&mut self) {
        for asked in &mut self.asks {
            if let Purpose::Jump { to } = &mut asked.purpose {
                *to = None;
            }
        }
    }
}

fn push(visits: &mut Vec<Visit>, visit: Visit) {
    if visits.len() >= VISITED_MOST {
        visits.remove(0);
    }
    visits.push(visit);
}

//! Going to a place in the past, and back to where one was.

use super::super::session::Ask;
use super::super::window::{Heading, Past, Scroll, With};
use super::past::Purpose;
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
}

impl App {
    /// The reader wants to see what was said at some time, or a certain message; and to come back afterwards.
    pub(super) fn jump(&mut self, to: Place, effects: &mut Vec<Effect>) {
        let window = self.window();
        let top = self.drawn.top.filter(|_| !window.is_live()).and_then(|top| window.index_of(top));
        let here = top.and_then(|top| window.entries().range(top..).find(|entry| !entry.msgid.is_empty()));
        let here = here.map(|entry| Place { msgid: entry.msgid.clone(), at: entry.at });
        let visited = (window.name.clone(), here);
        if self.visited.len() >= VISITED_MOST {
            self.visited.remove(0);
        }
        self.visited.push(visited);
        self.go_to(to, effects);
    }

    /// Back to where the reader was before the last jump.
    pub(super) fn jump_back(&mut self, effects: &mut Vec<Effect>) {
        let Some((name, place)) = self.visited.pop() else {
            self.say(Status::Info("there is nowhere to go back to".to_owned()));
            return;
        };
        let Some(at) = self.windows.iter().position(|window| window.name == name) else { return };
        self.show(at);
        match place {
            Some(place) => self.go_to(place, effects),
            None => self.windows[at].go_live(),
        }
    }

    fn go_to(&mut self, to: Place, effects: &mut Vec<Effect>) {
        let window = &mut self.windows[self.current];
        if let Some(id) = window.find(&to.msgid, to.at) {
            (window.scroll, window.moved, window.heading) = (Scroll::Top(id), 0, Heading::Up);
            return;
        }
        if !self.session.has(Cap::Chathistory) || !window.joined || window.with != With::Channel {
            self.say(Status::Error("nothing older is known of this room".to_owned()));
            return;
        }
        let (name, page) = (window.name.clone(), self.session.support().history_page);
        let ask = Ask::Around(&to.msgid, to.at);
        self.say(Status::Info("looking there …".to_owned()));
        self.ask(&name, Purpose::Jump { to: to.clone() }, &ask, page, effects);
    }

    /// The beginning of the conversation, or of what there is of it.
    pub(super) fn go_to_beginning(&mut self, effects: &mut Vec<Effect>) {
        let window = &mut self.windows[self.current];
        let has_more = matches!(window.past, Past::More | Past::Loading);
        if has_more && window.joined && window.with == With::Channel && self.session.has(Cap::Chathistory) {
            self.jump(Place { msgid: "".into(), at: Time::default() }, effects);
        } else if !window.entries().is_empty() {
            (window.scroll, window.moved, window.heading) = (Scroll::Oldest, 0, Heading::Up);
        }
    }

    /// What was said there has come.
    pub(super) fn jumped(&mut self, at: usize, to: &Place) {
        self.said = None;
        let window = &mut self.windows[at];
        match window.find_near(&to.msgid, to.at) {
            Some(id) => (window.scroll, window.moved, window.heading) = (Scroll::Top(id), 0, Heading::Up),
            None => self.say(Status::Info("nothing was said then".to_owned())),
        }
    }
}

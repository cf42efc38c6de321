//! A message chosen by the keys: answered, reacted to, copied; its link opened; what it answers looked up.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::super::entry::{Entry, EntryId, State};
use super::super::keys::Action;
use super::super::web;
use super::super::window::{Scroll, With};
use super::jump::Place;
use super::{App, Effect, Status};
use crate::irc::name::same;
use crate::irc::text::plain;

/// What one reacts with, by the digit that stands for it.
pub const REACTIONS: [&str; 6] = ["👍", "❤️", "😂", "🎉", "😮", "😢"];

/// A message that is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Selection {
    entry: EntryId,
    /// Whether a reaction is being chosen.
    reacting: bool,
}

/// The next message answers this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answering {
    /// The conversation.
    place: String,
    msgid: Box<str>,
    who: String,
}

impl App {
    /// The message of the window that is shown that is chosen.
    pub fn selected(&self) -> Option<EntryId> {
        self.selection.map(|selection| selection.entry)
    }

    /// What the keys do to the message that is chosen, or whom the next message answers.
    pub(super) fn selection_status(&self) -> Option<Status> {
        if let Some(selection) = self.selection {
            let keys = if selection.reacting {
                let signs = REACTIONS.iter().enumerate().map(|(n, sign)| format!("{} {sign}", n + 1));
                format!("{}  Esc", signs.collect::<Vec<_>>().join("  "))
            } else {
                "r reply  + react  y copy  o open  Enter what it answers  Esc".to_owned()
            };
            return Some(Status::Question(keys));
        }
        let answering = self.answering.as_ref().filter(|answering| self.window().is(&answering.place))?;
        Some(Status::Info(format!("answering {} · Esc", plain(&answering.who))))
    }

    /// Chooses the newest message on the screen.
    pub(super) fn select(&mut self) {
        let bottom = self.drawn.bottom.map(|(entry, _)| entry);
        let window = self.window();
        let from = bottom.and_then(|id| window.index_of(id)).map_or(window.entries().len(), |at| at + 1);
        match (0..from).rev().find(|at| is_message(&window.entries()[*at])) {
            Some(at) => self.choose(at),
            None => self.say(Status::Info("no message to choose".to_owned())),
        }
    }

    /// Chooses this message, if it is one.
    pub(super) fn choose_entry(&mut self, entry: EntryId) {
        let window = self.window();
        if let Some(at) = window.index_of(entry).filter(|at| is_message(&window.entries()[*at])) {
            self.choose(at);
        }
    }

    fn choose(&mut self, at: usize) {
        let drawn = self.drawn;
        let window = &mut self.windows[self.current];
        let entry = window.entries()[at].id;
        // What is chosen is on the screen.
        let place = |id: Option<EntryId>| id.and_then(|id| window.index_of(id));
        if place(drawn.top).is_some_and(|top| at <= top) {
            (window.scroll, window.moved) = (Scroll::Top(entry), 0);
        } else if place(drawn.bottom.map(|(id, _)| id)).is_some_and(|bottom| at > bottom) {
            (window.scroll, window.moved) = (Scroll::At(entry, 0), 0);
        }
        self.selection = Some(Selection { entry, reacting: false });
    }

    /// A key while a message is chosen: whether it belongs to that. Any other leaves the message and does what it does.
    pub(super) fn on_select_key(
        &mut self,
        key: &KeyEvent,
        action: Option<Action>,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let Some(selection) = self.selection.take() else { return false };
        let Some(at) = self.window().index_of(selection.entry) else { return false };
        let is_plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        let character = match key.code {
            KeyCode::Char(c) if is_plain => Some(c),
            _ => None,
        };
        if selection.reacting {
            let digit = character.and_then(|c| c.to_digit(10)).and_then(|digit| digit.checked_sub(1));
            if let Some(with) = digit.and_then(|digit| REACTIONS.get(digit as usize)) {
                self.react(at, with, effects);
            }
            return true;
        }
        let entry = &self.window().entries()[at];
        match (action, key.code, character) {
            (Some(Action::Escape), ..) => {}
            (Some(Action::Select), ..) | (None, KeyCode::Up, _) | (_, _, Some('k')) => {
                self.step_selection(at, true);
            }
            (None, KeyCode::Down, _) | (_, _, Some('j')) => self.step_selection(at, false),
            (_, _, Some('/')) => self.open_search(),
            (_, _, Some('r')) => self.answer_to(at),
            (_, _, Some('+')) => self.selection = Some(Selection { reacting: true, ..selection }),
            (_, _, Some('y')) => {
                effects.push(Effect::Copy(entry.text.to_string()));
                self.say(Status::Info("copied".to_owned()));
            }
            (_, _, Some('o')) => match web::first(&plain(&entry.text)) {
                Some(target) => effects.push(Effect::Open(target.uri)),
                None => self.say(Status::Info("there is no link in it".to_owned())),
            },
            (Some(Action::Send), ..) => match entry.extra.as_ref().filter(|extra| !extra.reply.is_empty()) {
                Some(extra) => {
                    let to = Place { msgid: extra.reply.clone(), at: entry.at, in_context: false };
                    self.jump(to, effects);
                }
                None => self.say(Status::Info("it answers no other message".to_owned())),
            },
            (None, _, Some(_)) => self.selection = Some(selection),
            _ => return false,
        }
        true
    }

    fn step_selection(&mut self, at: usize, up: bool) {
        let entries = self.window().entries();
        let next = if up {
            (0..at).rev().find(|at| is_message(&entries[*at])).or(Some(at))
        } else {
            (at + 1..entries.len()).find(|at| is_message(&entries[*at]))
        };
        // Below the newest there is the input.
        match next {
            Some(next) => self.choose(next),
            None => self.windows[self.current].go_live(),
        }
    }

    fn answer_to(&mut self, at: usize) {
        let entry = &self.window().entries()[at];
        if entry.msgid.is_empty() || !self.session.carries_replies() {
            self.say(Status::Error("this server does not carry answers: name them".to_owned()));
            return;
        }
        let (msgid, who) = (entry.msgid.clone(), entry.who.to_string());
        self.said = None;
        self.answering = Some(Answering { place: self.window().name.clone(), msgid, who });
        self.windows[self.current].go_live();
    }

    /// The id of the message that the next one to this target answers; asked once.
    pub(super) fn take_answered(&mut self, target: &str) -> Option<Box<str>> {
        let here = self.answering.as_ref().is_some_and(|answering| same(&answering.place, target));
        if here { self.answering.take().map(|answering| answering.msgid) } else { None }
    }

    fn react(&mut self, at: usize, with: &str, effects: &mut Vec<Effect>) {
        let window = self.window();
        let entry = &window.entries()[at];
        let line = self.session.reaction(&window.name, &entry.msgid, with);
        match line.filter(|_| !entry.msgid.is_empty() && window.with != With::Server && self.online()) {
            Some(line) => {
                effects.push(Effect::Send(line));
                // Where nothing is echoed one's own is not heard; heard twice it counts once.
                let (msgid, nick) = (entry.msgid.clone(), self.nick().to_owned());
                self.windows[self.current].react(&msgid, &nick, with);
            }
            None => self.say(Status::Error("this server does not carry reactions".to_owned())),
        }
    }

    /// Another window is shown, or this one has changed: what was chosen is not there any more.
    pub(super) fn forget_selection(&mut self) {
        self.selection = None;
    }
}

fn is_message(entry: &Entry) -> bool {
    entry.is_speech() && entry.state == State::Sent
}

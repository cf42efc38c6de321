//! Who is typing: told to others, not too often, and shown
//! ([typing](https://ircv3.net/specs/client-tags/typing)).

use std::time::Duration;

use super::super::window::With;
use super::{App, Effect};
use crate::irc::Time;
use crate::irc::name::same;
use crate::irc::text::plain;

/// How often it is told that one is typing, at most.
const TELL_PAUSE: Duration = Duration::from_secs(3);
/// How long somebody who has said nothing more is taken to be typing.
const SHOWN_FOR: Duration = Duration::from_secs(6);
/// How long after it was told that one types a refusal of that may still come. What is refused later is something else, and
/// is shown.
const REFUSED_WITHIN: Duration = Duration::from_secs(5);
/// Most people of whom it is known that they are typing.
const TYPISTS_MOST: usize = 64;

/// Somebody who types.
#[derive(Debug)]
pub(super) struct Typist {
    place: String,
    who: String,
    until: Time,
}

/// What is known of who types.
#[derive(Debug, Default)]
pub(super) struct Typing {
    typists: Vec<Typist>,
    /// Where it was told that one types, and when.
    told: Option<(String, Time)>,
    /// Where it was told last, how many refusals of that may still come, and until when.
    refusable: (String, usize, Time),
}

impl Typing {
    /// When somebody is no longer taken to be typing.
    pub(super) fn next_tick(&self) -> Option<Time> {
        self.typists.iter().map(|typist| typist.until).min()
    }

    pub(super) fn tick(&mut self, now: Time) {
        self.typists.retain(|typist| now < typist.until);
    }
}

impl App {
    /// Who is typing in the window that is shown; through the gate.
    pub fn typists(&self) -> Vec<String> {
        let here = &self.window().name;
        let typists = self.typing.typists.iter().filter(|typist| same(&typist.place, here));
        typists.map(|typist| plain(&typist.who)).collect()
    }

    pub(super) fn on_typing(&mut self, place: &str, who: &str, active: bool) {
        let (now, typists) = (self.now, &mut self.typing.typists);
        typists.retain(|typist| !(same(&typist.place, place) && same(&typist.who, who)));
        if active && typists.len() < TYPISTS_MOST {
            typists.push(Typist { place: place.to_owned(), who: who.to_owned(), until: now + SHOWN_FOR });
        }
    }

    /// Something may have been typed: those in the room are told, unless they were just now.
    pub(super) fn tell_typing(&mut self, effects: &mut Vec<Effect>) {
        let text = self.editor.text();
        let says = !text.is_empty() && (!text.starts_with('/') || text.starts_with("//"));
        // It is worth no turn that words could have.
        let is_free = self.pace.allows(self.now) && !self.pace.words_wait();
        let window = self.window();
        let hears =
            is_free && self.settings.typing && window.joined && window.with != With::Server && self.online();
        match &self.typing.told {
            Some((place, _)) if !says && *place == window.name => {
                if let Some(line) = self.session.typing(place, false).filter(|_| hears) {
                    let place = place.clone();
                    effects.push(Effect::Send(line));
                    self.note_told(&place);
                }
                self.typing.told = None;
            }
            Some((place, at)) if *place == window.name && self.now.since(*at) < TELL_PAUSE => {}
            _ if says && hears => {
                let name = window.name.clone();
                if let Some(line) = self.session.typing(&name, true) {
                    effects.push(Effect::Send(line));
                    self.note_told(&name);
                }
                self.typing.told = Some((name, self.now));
            }
            _ => {}
        }
    }

    /// Whether a refusal from there is about that one types, and about no message. Each is taken once.
    pub(super) fn is_typing_refused(&mut self, place: &str) -> bool {
        let (told, count, until) = &mut self.typing.refusable;
        let is_it = *count > 0 && self.now < *until && same(told, place);
        *count -= usize::from(is_it);
        is_it
    }

    fn note_told(&mut self, place: &str) {
        let (told, count, until) = &mut self.typing.refusable;
        if !same(told, place) || self.now >= *until {
            (*told, *count) = (place.to_owned(), 0);
        }
        *count += 1;
        *until = self.now + REFUSED_WITHIN;
    }

    /// Something is asked of the server by hand: what is refused from here on may be that.
    pub(super) fn asked_by_hand(&mut self) {
        self.typing.refusable.1 = 0;
    }

    /// What was typed has been sent: a message says that nobody types any more.
    pub(super) fn typing_sent(&mut self) {
        self.typing.told = None;
    }
}

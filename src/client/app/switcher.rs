//! The room switcher: some letters of a room's name, and one is there.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent};

use super::super::editor::Editor;
use super::super::keys::Action;
use super::super::session::Channel;
use super::super::window::With;
use super::{App, Effect, Overlay, Status};
use crate::irc::name::same;
use crate::irc::text::plain;

/// What is typed into the switcher, and which of the rooms that match is chosen.
#[derive(Debug)]
pub struct Switcher {
    /// The letters to look for.
    pub query: Editor,
    chosen: usize,
}

/// Most people that are offered.
const PEOPLE_MOST: usize = 50;

/// Where one may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    /// To the window with this number.
    Window(usize),
    /// To somebody in the room that is shown, with whom there is no conversation yet.
    Person(Arc<str>),
}

/// A window or somebody that matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Which.
    pub to: To,
    /// Where in its name (in bytes) the letters stand that were looked for.
    pub letters: Vec<usize>,
}

/// How well a name matches; a better one is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// The letters are in it, in this order.
    Scattered,
    /// They stand together.
    Together,
    /// They stand together where a word begins.
    Word,
    /// The name begins with them.
    Start,
}

impl Switcher {
    fn new() -> Switcher {
        Switcher { query: Editor::new(), chosen: 0 }
    }

    /// Which of so many is chosen.
    pub fn chosen(&self, count: usize) -> usize {
        self.chosen.min(count.saturating_sub(1))
    }
}

impl App {
    /// The windows that match what is typed into the switcher: the best match first, then the one before this one,
    /// then those in which something happened lately, then the server's; this one last. Among them the people of the
    /// room that is shown, once something is typed.
    pub fn switcher_found(&self, switcher: &Switcher) -> Vec<Found> {
        let query = switcher.query.text();
        let mut found: Vec<(Fit, Found)> = self
            .windows
            .iter()
            .enumerate()
            .filter_map(|(window, room)| {
                let (fit, letters) = fit(&plain(&room.name), query)?;
                Some((fit, Found { to: To::Window(window), letters }))
            })
            .collect();
        if !query.trim().is_empty() {
            found.extend(self.people_found(query));
        }
        let recency = |to: &To| {
            let To::Window(at) = *to else { return None };
            let window = &self.windows[at];
            let is_room = window.with != With::Server;
            let newest = window.entries().back().map(|entry| entry.at);
            Some((at != self.current, is_room, window.name == self.last, newest))
        };
        found.sort_by_key(|(fit, found)| std::cmp::Reverse((*fit, recency(&found.to))));
        found.into_iter().map(|(_, found)| found).collect()
    }

    /// The people of this room that match; those with whom one talks already have a window.
    fn people_found(&self, query: &str) -> Vec<(Fit, Found)> {
        let members = self.channel(self.window()).map(Channel::members).unwrap_or_default();
        let is_new =
            |nick: &str| !same(nick, self.nick()) && !self.windows.iter().any(|window| window.is(nick));
        let fits = members.iter().filter_map(|member| {
            let (fit, letters) = fit(&plain(&member.nick), query)?;
            Some((fit, Found { to: To::Person(member.nick.clone()), letters }))
        });
        fits.filter(|(_, found)| matches!(&found.to, To::Person(nick) if is_new(nick)))
            .take(PEOPLE_MOST)
            .collect()
    }

    /// The name of where one may go; through the gate.
    pub fn found_name(&self, found: &Found) -> String {
        match &found.to {
            To::Window(at) => self.windows.get(*at).map(|window| plain(&window.name)).unwrap_or_default(),
            To::Person(nick) => plain(nick),
        }
    }

    pub(super) fn open_switcher(&mut self) {
        self.overlay = Some(Overlay::Switcher(Box::new(Switcher::new())));
    }

    /// A key while the switcher is open. Gives back one that is for something else: the switcher is closed then.
    pub(super) fn on_switcher_key(
        &mut self,
        mut switcher: Box<Switcher>,
        key: &KeyEvent,
        action: Option<Action>,
        effects: &mut Vec<Effect>,
    ) -> Option<Action> {
        let found = self.switcher_found(&switcher);
        let chosen = switcher.chosen(found.len());
        match (action, key.code) {
            (Some(Action::Send), _) => {
                match found.get(chosen) {
                    Some(Found { to: To::Window(at), .. }) => self.show(*at),
                    Some(Found { to: To::Person(nick), .. }) => {
                        let at = self.window_for(nick, With::Person);
                        self.show(at);
                    }
                    None => self.say(Status::Info("nothing here is called that".to_owned())),
                }
                return None;
            }
            (Some(Action::Escape | Action::ClearOrLeave | Action::Switch), _) => return None,
            (Some(Action::NextWindow | Action::Complete), _) | (None, KeyCode::Down) => {
                switcher.chosen = (chosen + 1) % found.len().max(1);
            }
            (Some(Action::PreviousWindow | Action::CompleteBack), _) | (None, KeyCode::Up) => {
                switcher.chosen = (chosen + found.len().saturating_sub(1)) % found.len().max(1);
            }
            (Some(Action::Suspend), _) => self.suspend(effects),
            (Some(Action::Repaint), _) => effects.push(Effect::Repaint),
            (Some(Action::HomeOrOldest), _) => switcher.query.home(),
            (Some(Action::EndOrNewest), _) => switcher.query.end(),
            (Some(Action::DeleteOrLeave), _) => switcher.query.delete(),
            (Some(action), _) => return Some(action),
            (None, _) => {
                self.keys.edit(&mut switcher.query, key);
                switcher.chosen = 0;
            }
        }
        self.overlay = Some(Overlay::Switcher(switcher));
        None
    }
}

/// How a name matches some letters, whatever their case, and where they stand in it. Blanks among them mean nothing.
fn fit(name: &str, letters: &str) -> Option<(Fit, Vec<usize>)> {
    let lower = |c: char| c.to_lowercase().next().unwrap_or(c);
    let wanted: Vec<char> = letters.chars().filter(|c| !c.is_whitespace()).map(lower).collect();
    let name: Vec<(usize, char)> = name.char_indices().map(|(at, c)| (at, lower(c))).collect();
    let place = |at: &usize| name[*at].0;
    // The sign of a channel need not be typed.
    let start = usize::from(name.first().is_some_and(|(_, c)| !c.is_alphanumeric()));
    let is_here = |at: &usize| {
        name[*at..].len() >= wanted.len()
            && name[*at..].iter().zip(&wanted).all(|((_, c), wanted)| c == wanted)
    };
    let rank = |at: &usize| match *at {
        at if at <= start => Fit::Start,
        at if !name[at - 1].1.is_alphanumeric() => Fit::Word,
        _ => Fit::Together,
    };
    let together = (0..=name.len()).filter(is_here).max_by_key(|at| (rank(at), std::cmp::Reverse(*at)));
    if let Some(at) = together {
        return Some((rank(&at), (at..at + wanted.len()).map(|at| place(&at)).collect()));
    }
    let mut next = 0;
    let mut scattered = Vec::new();
    for letter in wanted {
        let at = next + name[next..].iter().position(|(_, c)| *c == letter)?;
        scattered.push(name[at].0);
        next = at + 1;
    }
    Some((Fit::Scattered, scattered))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_fit_at_the_start_in_a_word_together_or_scattered() {
        assert_eq!(fit("#kitchen", "ki"), Some((Fit::Start, vec![1, 2])));
        assert_eq!(fit("#kitchen", "#K"), Some((Fit::Start, vec![0, 1])));
        assert_eq!(fit("#the-kitchen", "ki"), Some((Fit::Word, vec![5, 6])));
        assert_eq!(fit("#viking-kit", "ki"), Some((Fit::Word, vec![8, 9])));
        assert_eq!(fit("#viking", "ki"), Some((Fit::Together, vec![3, 4])));
        assert_eq!(fit("#knitting", "ki"), Some((Fit::Scattered, vec![1, 3])));
        assert_eq!(fit("#küche", "kü c"), Some((Fit::Start, vec![1, 2, 4])));
        assert_eq!(fit("#lobby", "ki"), None);
        assert_eq!(fit("", "k"), None);
        assert_eq!(fit("#lobby", ""), Some((Fit::Start, vec![])));
    }
}

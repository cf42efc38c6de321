//! The links on the screen, each opened or copied by a letter that stands on it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::super::touch::HINTS;
use super::{App, Effect, Status};

impl App {
    /// Whether letters stand on the links of the screen.
    pub fn is_hinting(&self) -> bool {
        self.hinting
    }

    pub(super) fn hint_status(&self) -> Option<Status> {
        let words = "a letter opens its link  a capital copies it  Esc";
        self.hinting.then(|| Status::Question(words.to_owned()))
    }

    pub(super) fn show_hints(&mut self) {
        self.hinting = !self.touch.hints().is_empty();
        if !self.hinting {
            self.say(Status::Info("there is no link on the screen".to_owned()));
        }
    }

    /// A key while letters stand on the links: whether it was meant for them. Any other takes them away and does what it does.
    pub(super) fn on_hint_key(&mut self, key: &KeyEvent, effects: &mut Vec<Effect>) -> bool {
        if !std::mem::take(&mut self.hinting) {
            return false;
        }
        let KeyCode::Char(c) = key.code else { return key.code == KeyCode::Esc };
        if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
            return false;
        }
        let at = HINTS.iter().position(|letter| *letter == c.to_ascii_lowercase());
        let link = at.and_then(|at| self.touch.hints().into_iter().nth(at)).map(|(_, link)| link);
        match link {
            Some(link) if c.is_ascii_uppercase() => {
                effects.push(Effect::Copy(link.uri.to_string()));
                self.say(Status::Info("the link is copied".to_owned()));
            }
            Some(link) => effects.push(Effect::Open(link.uri.to_string())),
            None => self.say(Status::Info("no link has this letter".to_owned())),
        }
        true
    }
}

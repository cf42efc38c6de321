//! What the terminal sends, until it is certain that it was typed.
#![allow(clippy::disallowed_methods, reason = "a part of the edge: it reads the clock")]

use std::time::Instant;

use crossterm::event::Event as Input;

use super::super::app::Event;
use super::super::terminal::{self, Mended};
use super::Client;

impl Client {
    /// Something that was typed, unless it is a part of a sequence that was torn.
    pub(super) fn mend(&mut self, input: Input) {
        let idle = std::mem::take(&mut self.idle);
        self.quiet += idle;
        match self.torn.take(input, idle) {
            Mended::Nothing => self.held_at = Instant::now(),
            Mended::Typed(inputs) => inputs.into_iter().for_each(|input| self.input(input)),
            Mended::Paste => self.after_paste.begin(),
        }
    }

    pub(super) fn input(&mut self, input: Input) {
        let quiet = std::mem::take(&mut self.quiet);
        let mut typed = Vec::new();
        self.after_paste.take(input, quiet, &mut typed);
        if self.after_paste.holds().is_some() {
            self.held_at = Instant::now();
        }
        typed.into_iter().for_each(|input| self.typed(input));
    }

    pub(super) fn typed(&mut self, input: Input) {
        let event = match input {
            Input::Key(key) => Event::Key(key),
            Input::Paste(text) => Event::Paste(text),
            Input::Resize(columns, rows) => {
                // Even when the size is the old one again: on the way there the terminal may have cut its rows.
                self.stale = true;
                Event::Resize(columns, rows)
            }
            Input::Mouse(mouse) => Event::Mouse(mouse),
            Input::FocusGained => {
                // Where the theme follows the time of day, it changed while one was elsewhere. A terminal that is gone
                // shows in the next frame.
                self.answers.expect();
                let _ = terminal::ask_ground();
                Event::Focus(true)
            }
            Input::FocusLost => Event::Focus(false),
        };
        self.urgent = true;
        self.update(event);
    }
}

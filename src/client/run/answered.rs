//! What the terminal is asked and says: its ground, how it counts; and the screen that is lines of text.

use std::io;

use super::super::home::theme;
use super::super::terminal::{self, input::Answer};
use super::super::view;
use super::super::window::Drawn;
use super::{Client, Failure};

impl Client {
    /// The terminal has said something.
    pub(super) fn answered(&mut self, answer: Answer) -> Result<(), Failure> {
        match answer {
            Answer::Ground(ground) if self.ground != Some(ground) => {
                self.ground = Some(ground);
                self.look();
            }
            // Dark has become light, or the contrary: which dark or light it is, is asked.
            Answer::Scheme => self.ask_ground()?,
            Answer::Column(column) => self.measured(column),
            Answer::Ground(_) => {}
        }
        Ok(())
    }

    /// The terminal has moved its cursor so far for the next of the clusters that it was shown.
    fn measured(&mut self, column: u16) {
        if self.columns.len() < view::PROBES.len() {
            self.columns.push(column);
            if let Ok(columns) = self.columns.as_slice().try_into()
                && view::follow(columns)
            {
                // What was drawn before that is drawn anew, once.
                self.repaint();
            }
        }
    }

    /// The colours, as they are set and as the ground is.
    pub(super) fn look(&mut self) {
        self.theme = theme(self.ground, self.app.settings());
        (self.stand, self.dirty) = (None, true);
    }

    /// Has the terminal say what its ground is, where that matters.
    pub(super) fn ask_ground(&self) -> io::Result<()> {
        if self.lines.is_some() {
            return Ok(());
        }
        terminal::ask_ground()
    }

    /// Writes what is new, if the screen is lines of text.
    pub(super) fn draw_lines(&mut self) -> Result<Drawn, Failure> {
        let Some(lines) = &mut self.lines else { return Ok(Drawn::default()) };
        if std::mem::take(&mut self.stale) {
            terminal::write_lines(&lines.anew())?;
        }
        let (text, drawn) = lines.update(&self.app, self.app.size().0);
        if !text.is_empty() {
            terminal::write_lines(&text)?;
        }
        Ok(drawn)
    }
}

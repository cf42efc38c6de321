//! When a frame is drawn, and what of it.
#![allow(clippy::disallowed_methods, reason = "a part of the edge: it reads the clock")]

use std::time::{Duration, Instant};

use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use crossterm::{execute, queue};
use ratatui::layout::Rect;

use super::super::app::Event;
use super::super::view::Shown;
use super::super::window::Drawn;
use super::super::{terminal, view};
use super::{Client, Failure, now};

/// The time between two frames at least: 30 a second. A frame that answers a key does not wait.
const FRAME: Duration = Duration::from_millis(33);
/// And while more arrives than anybody reads.
const FLOOD_FRAME: Duration = Duration::from_millis(250);
/// When nothing has arrived for so long, a flood is over as far as frames are concerned.
const FLOOD_PAUSE: Duration = Duration::from_millis(50);

impl Client {
    /// How long until the next frame, if no key asks for one.
    pub(super) fn frame_due(&self) -> Duration {
        let pause = FRAME.saturating_sub(self.drawn_at.elapsed());
        if !(self.heard && self.app.is_flooded()) {
            return pause;
        }
        let calm = FLOOD_FRAME.saturating_sub(self.messages_at.elapsed());
        calm.min(FLOOD_PAUSE.saturating_sub(self.heard_at.elapsed())).max(pause)
    }

    /// Draws a frame. One that answers a key has the messages as they were, if more have come and nothing else moves
    /// them: it is small, and theirs follows it.
    pub(super) fn draw(&mut self) -> Result<(), Failure> {
        if self.lines.is_some() {
            let seen = self.draw_lines()?;
            (self.urgent, self.drawn_at) = (false, Instant::now());
            self.tell_title()?;
            self.frame_drawn(seen);
            return Ok(());
        }
        let begun = Instant::now();
        let stand = self.app.stand();
        let hold = self.urgent && self.heard && !self.stale && self.stand == Some(stand);
        let (columns, rows) = self.app.size();
        let area = Rect::new(0, 0, columns, rows);
        queue!(self.screen.inner_mut(), BeginSynchronizedUpdate)?;
        if std::mem::take(&mut self.stale) || self.screen.shown().area != area {
            self.screen.clear(area)?;
        }
        let typed = hold.then(|| view::show_typed(&self.app, &self.theme, &self.held, area)).flatten();
        let shown = match typed {
            Some((mut parts, shown)) => {
                for part in &mut parts {
                    self.screen.show(part, self.knows_links.then_some(&shown.links))?;
                }
                shown
            }
            None => self.draw_whole(hold, area)?,
        };
        self.screen.put_cursor(shown.cursor)?;
        execute!(self.screen.inner_mut(), EndSynchronizedUpdate)?;
        self.app.measured(begun.elapsed(), terminal::take_written());
        (self.urgent, self.drawn_at) = (false, Instant::now());
        self.tell_title()?;
        self.effects.extend(self.app.update(Event::Touchable(shown.touch), now()));
        if hold {
            return Ok(());
        }
        self.frame_drawn(shown.drawn);
        Ok(())
    }

    /// Draws the whole screen; `hold`: with the messages as the terminal shows them.
    fn draw_whole(&mut self, hold: bool, area: Rect) -> Result<Shown, Failure> {
        self.next.resize(area);
        let terminal = hold.then(|| self.screen.shown());
        let shown = view::show(&self.app, &self.theme, &mut self.held, terminal, area, &mut self.next);
        self.screen.show(&mut self.next, self.knows_links.then_some(&shown.links))?;
        // Most of the time nothing is drawn: until then its memory is the system's. A row's worth is kept, for what is given
        // back whole the allocator keeps for itself from then on.
        self.next.content.clear();
        self.next.content.shrink_to(usize::from(area.width));
        Ok(shown)
    }

    /// A frame was drawn with all that there is.
    fn frame_drawn(&mut self, drawn: Drawn) {
        (self.heard, self.messages_at) = (false, Instant::now());
        let wanted = self.app.update(Event::Drawn(drawn), now());
        // What the frame showed is where things stand now: what was scrolled by is taken in.
        self.stand = Some(self.app.stand());
        // What the frame made the core ask for shows in the next one: "loading".
        self.dirty = !wanted.is_empty();
        self.effects.extend(wanted);
    }

    /// The terminal's title says where one is and how much is new.
    fn tell_title(&mut self) -> Result<(), Failure> {
        let title = self.app.title();
        if self.app.settings().title && title != self.title {
            terminal::set_title(&title)?;
            self.title = title;
        }
        Ok(())
    }

    /// Has the next frame drawn from nothing, at once.
    pub(super) fn repaint(&mut self) {
        (self.stale, self.dirty, self.urgent) = (true, true, true);
    }
}

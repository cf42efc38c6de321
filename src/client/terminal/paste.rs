//! What the terminal sends and nobody has typed: the rest of a paste that ended early.

use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

use crate::irc::Time;

/// How long after a paste, or after what still belongs to it, keys are taken for a part of it.
pub const PASTE_REST: Duration = Duration::from_millis(150);

/// The rest of a paste that ended early. A text that has the sequence for the end of a paste in it ends the terminal's
/// bracket in its middle, and what follows arrives as if it had been typed: a line break there would send, and a
/// control character would do anything. Nobody types so soon after a paste.
#[derive(Debug, Default)]
pub struct AfterPaste(Option<Time>);

impl AfterPaste {
    /// What an event stands for that comes at this moment; nothing if it is a part of a paste that no text can be.
    pub fn take(&mut self, event: Event, now: Time) -> Option<Event> {
        if let Event::Paste(_) = event {
            self.0 = Some(now);
            return Some(event);
        }
        let Event::Key(key) = event else { return Some(event) };
        if self.0.is_none_or(|last| now.since(last) >= PASTE_REST) {
            self.0 = None;
            return Some(event);
        }
        self.0 = Some(now);
        let is_plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        match key.code {
            KeyCode::Char(c) if is_plain => Some(Event::Paste(c.to_string())),
            KeyCode::Tab => Some(Event::Paste("\t".to_owned())),
            // A line end alone is not taken from a paste's end: this one is in its middle.
            KeyCode::Enter => Some(Event::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::ALT))),
            // A line feed is read as this.
            KeyCode::Char('j') => Some(Event::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::ALT))),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_that_ends_early_goes_on_and_sends_nothing() {
        let (at, mut after) = (Time::from_millis, AfterPaste::default());
        let key = |code, modifiers| Event::Key(KeyEvent::new(code, modifiers));
        let enter = key(KeyCode::Enter, KeyModifiers::NONE);
        assert_eq!(after.take(enter.clone(), at(0)), Some(enter.clone()), "no paste, no rest");
        after.take(Event::Paste("one".to_owned()), at(10));
        let new_line = Some(key(KeyCode::Enter, KeyModifiers::ALT));
        assert_eq!(after.take(enter.clone(), at(20)), new_line);
        assert_eq!(after.take(key(KeyCode::Char('j'), KeyModifiers::CONTROL), at(30)), new_line);
        let letter = key(KeyCode::Char('x'), KeyModifiers::NONE);
        assert_eq!(after.take(letter.clone(), at(130)), Some(Event::Paste("x".to_owned())));
        for control in ['c', 'd', 'u', 'z'] {
            assert_eq!(after.take(key(KeyCode::Char(control), KeyModifiers::CONTROL), at(200)), None);
        }
        assert_eq!(after.take(key(KeyCode::Up, KeyModifiers::NONE), at(210)), None);
        assert_eq!(after.take(enter.clone(), at(400)), Some(enter));
        assert_eq!(after.take(letter.clone(), at(401)), Some(letter));
    }
}

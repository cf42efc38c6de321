//! What the terminal sends and nobody has typed: the rest of a paste that ended early.

use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

/// How long must have been waited for keys after a paste, or after what still belongs to it, for the next one to be no part
/// of it.
const PASTE_REST: Duration = Duration::from_millis(150);

/// The rest of a paste that ended early. A text that has the sequence for the end of a paste in it ends the terminal's
/// bracket in its middle, and what follows arrives as if it had been typed: a line break there would send, and a
/// control character would do anything. Nobody types so soon after a paste. What counts is how long nothing came while
/// we waited, not what a clock says: while we are busy with a large paste, its rest lies ready.
#[derive(Debug, Default)]
pub struct AfterPaste(Option<Duration>);

impl AfterPaste {
    /// So long was waited, for whatever came then.
    pub fn waited(&mut self, pause: Duration) {
        self.0 = self.0.map(|quiet| quiet + pause).filter(|quiet| *quiet < PASTE_REST);
    }

    /// What an event stands for that comes now; nothing if it is a part of a paste that no text can be.
    pub fn take(&mut self, event: Event) -> Option<Event> {
        if let Event::Paste(_) = event {
            self.0 = Some(Duration::ZERO);
            return Some(event);
        }
        let Event::Key(key) = event else { return Some(event) };
        if self.0.is_none() {
            return Some(event);
        }
        self.0 = Some(Duration::ZERO);
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
        let (wait, mut after) = (Duration::from_millis(140), AfterPaste::default());
        let key = |code, modifiers| Event::Key(KeyEvent::new(code, modifiers));
        let enter = key(KeyCode::Enter, KeyModifiers::NONE);
        assert_eq!(after.take(enter.clone()), Some(enter.clone()), "no paste, no rest");
        after.take(Event::Paste("one".to_owned()));
        let new_line = Some(key(KeyCode::Enter, KeyModifiers::ALT));
        assert_eq!(after.take(enter.clone()), new_line);
        after.waited(wait);
        assert_eq!(after.take(key(KeyCode::Char('j'), KeyModifiers::CONTROL)), new_line);
        let letter = key(KeyCode::Char('x'), KeyModifiers::NONE);
        after.waited(wait);
        assert_eq!(after.take(letter.clone()), Some(Event::Paste("x".to_owned())));
        for control in ['c', 'd', 'u', 'z'] {
            assert_eq!(after.take(key(KeyCode::Char(control), KeyModifiers::CONTROL)), None);
        }
        assert_eq!(after.take(key(KeyCode::Up, KeyModifiers::NONE)), None);
        after.waited(wait);
        after.waited(wait);
        assert_eq!(after.take(enter.clone()), Some(enter));
        assert_eq!(after.take(letter.clone()), Some(letter));
    }
}

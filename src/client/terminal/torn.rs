//! Sequences of the terminal that were torn on their way: on a slow line an ESC may arrive alone, is read as the key, and
//! the rest looks as if it had been typed (`[<0;12;3M`). Nobody types so fast.

use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

/// How soon after an ESC its sequence must go on.
const SOON: Duration = Duration::from_millis(50);
/// Most characters of a sequence.
const LENGTH_MOST: usize = 32;
/// What begins a paste.
const PASTE: &str = "[200~";

/// Puts what was torn together again, and takes it away.
#[derive(Debug, Default)]
pub struct Torn {
    /// How long was waited since an ESC.
    escaped: Option<Duration>,
    held: Vec<Event>,
    text: String,
}

/// What an event stands for.
#[derive(Debug, PartialEq)]
pub enum Mended {
    /// Nothing yet, or nothing at all.
    Nothing,
    /// These were typed.
    Typed(Vec<Event>),
    /// A paste begins: what follows is not typed.
    Paste,
}

impl Torn {
    /// Takes an event; `idle`: how long it was waited for since the one before.
    pub fn take(&mut self, event: Event, idle: Duration) -> Mended {
        let is_soon = self.escaped.as_mut().is_some_and(|waited| {
            *waited += idle;
            *waited < SOON
        });
        let Event::Key(KeyEvent { code, modifiers, .. }) = event else { return self.give_up(event) };
        let is_plain = !modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        match code {
            KeyCode::Esc if is_plain && self.held.is_empty() => {
                self.escaped = Some(Duration::ZERO);
                Mended::Typed(vec![event])
            }
            KeyCode::Char(c) if is_soon && is_plain && self.goes_on_with(c) => {
                self.text.push(c);
                self.held.push(event);
                if self.text.len() == 1 || !('@'..='~').contains(&c) {
                    return Mended::Nothing;
                }
                let is_paste = self.text == PASTE;
                *self = Torn::default();
                if is_paste { Mended::Paste } else { Mended::Nothing }
            }
            _ => self.give_up(event),
        }
    }

    fn goes_on_with(&self, c: char) -> bool {
        match self.text.len() {
            0 => c == '[',
            // A key that is one letter behind the bracket is `[A` as well as typed: only what has numbers is certain.
            1 => matches!(c, '<' | '0'..='9'),
            length => length < LENGTH_MOST && (' '..='~').contains(&c),
        }
    }

    /// Nothing more has come for a while: what is held was typed.
    pub fn release(&mut self) -> Vec<Event> {
        std::mem::take(self).held
    }

    /// Whether something is held back.
    pub fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    fn give_up(&mut self, event: Event) -> Mended {
        let mut events = self.release();
        events.push(event);
        Mended::Typed(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(c: char) -> Event {
        let code = if c == '\u{1b}' { KeyCode::Esc } else { KeyCode::Char(c) };
        Event::Key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    /// What is typed of some characters that come at these distances, and whether a paste begins.
    fn typed(text: &str, apart: u64) -> (Vec<Event>, bool) {
        let mut torn = Torn::default();
        let (mut typed, mut pastes) = (Vec::new(), false);
        for c in text.chars() {
            match torn.take(key(c), Duration::from_millis(apart)) {
                Mended::Nothing => {}
                Mended::Typed(events) => typed.extend(events),
                Mended::Paste => pastes = true,
            }
        }
        typed.extend(torn.release());
        (typed, pastes)
    }

    fn keys(text: &str) -> Vec<Event> {
        text.chars().map(key).collect()
    }

    #[test]
    fn codes_of_the_mouse_and_of_keys_are_never_typed() {
        assert_eq!(typed("a\u{1b}[<0;12;3Mb", 1), (keys("a\u{1b}b"), false));
        assert_eq!(typed("\u{1b}[<64;1;1mx\u{1b}[1;5Cy", 1), (keys("\u{1b}x\u{1b}y"), false));
        assert_eq!(typed("\u{1b}[200~rm", 1), (keys("\u{1b}rm"), true));
    }

    #[test]
    fn what_a_hand_types_is_typed() {
        for (text, apart) in
            [("\u{1b}[<0;1;1M", 80), ("\u{1b}[x", 1), ("\u{1b}a[1]", 1), ("[12]", 1), ("\u{1b}[1", 1)]
        {
            assert_eq!(typed(text, apart), (keys(text), false), "{text:?}");
        }
    }
}

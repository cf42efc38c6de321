//! What the terminal sends and nobody has typed: the rest of a paste that ended early, and answers to questions.

use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

use super::super::theme::{Ground, ground_answer};
use crate::irc::Time;

/// Most events of an answer of the terminal that are held back until it is whole.
const ANSWER_MOST: usize = 48;

/// How long after a paste, or after what still belongs to it, keys are taken for a part of it.
pub const PASTE_REST: Duration = Duration::from_millis(150);

/// The rest of a paste that ended early. A text that has the sequence for the end of a paste in it ends the terminal's
/// bracket in its middle, and what follows arrives as if it had been typed: a line break there would send, and a
/// control character would do anything. Nobody types so soon after a paste.
#[derive(Debug, Default)]
pub struct AfterPaste(Option<Time>);

impl AfterPaste {
    /// A paste has begun that is not told as one.
    pub fn begin(&mut self, now: Time) {
        self.0 = Some(now);
    }

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

/// Answers of the terminal that arrive as if they had been typed: the event parser knows no OSC, and reads
/// `ESC ] 1 1 ; … ESC \` as Alt-], letters, Alt-\. They are held back from the first sign on and put together; what
/// turns out to be none is handed on as it came.
#[derive(Debug)]
pub struct Answers {
    held: Vec<Event>,
    text: String,
    /// Whether an answer may still come.
    expected: bool,
}

/// What became of an event.
#[derive(Debug, PartialEq)]
pub enum Taken {
    /// Nothing yet: it may be a part of an answer.
    Held,
    /// These events were typed.
    Typed(Vec<Event>),
    /// It was an answer: this is the ground.
    Ground(Ground),
}

impl Answers {
    /// One answer is expected.
    pub fn expected() -> Answers {
        Answers { held: Vec::new(), text: String::new(), expected: true }
    }

    /// One more is expected.
    pub fn expect(&mut self) {
        self.expected = true;
    }

    /// Takes an event.
    pub fn take(&mut self, event: Event) -> Taken {
        if !self.expected {
            return Taken::Typed(vec![event]);
        }
        let Some(sign) = sign_of(&event) else { return self.give_up(event) };
        self.text.push_str(&sign);
        let begins = self.text.starts_with("\u{1b}]11;") || "\u{1b}]11;".starts_with(&self.text);
        if !begins || self.held.len() >= ANSWER_MOST {
            return self.give_up(event);
        }
        self.held.push(event);
        if !self.text.ends_with("\u{1b}\\") && !self.text.ends_with('\u{7}') {
            return Taken::Held;
        }
        self.expected = false;
        let text = std::mem::take(&mut self.text);
        let held = std::mem::take(&mut self.held);
        match ground_answer(&text) {
            Some(ground) => Taken::Ground(ground),
            None => Taken::Typed(held),
        }
    }

    /// Nothing more has come for a while: what is held was typed.
    pub fn release(&mut self) -> Vec<Event> {
        self.text.clear();
        std::mem::take(&mut self.held)
    }

    /// Whether something is held back.
    pub fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    fn give_up(&mut self, event: Event) -> Taken {
        let mut events = self.release();
        events.push(event);
        Taken::Typed(events)
    }
}

/// The bytes that a key was read from, for those keys that an answer consists of.
fn sign_of(event: &Event) -> Option<String> {
    let Event::Key(KeyEvent { code: KeyCode::Char(c), modifiers, .. }) = event else { return None };
    if modifiers.contains(KeyModifiers::ALT) {
        return Some(format!("\u{1b}{c}"));
    }
    if modifiers.contains(KeyModifiers::CONTROL) {
        return (*c == 'g').then(|| "\u{7}".to_owned());
    }
    Some(c.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<Event> {
        let mut events = Vec::new();
        let mut alt = KeyModifiers::NONE;
        for c in text.chars() {
            match c {
                '\u{1b}' => alt = KeyModifiers::ALT,
                '\u{7}' => events.push(Event::Key(KeyEvent::new(KeyCode::Char('g'), KeyModifiers::CONTROL))),
                c => {
                    events.push(Event::Key(KeyEvent::new(KeyCode::Char(c), alt)));
                    alt = KeyModifiers::NONE;
                }
            }
        }
        events
    }

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

    #[test]
    fn an_answer_is_taken_out_of_what_is_typed() {
        for end in ["\u{1b}\\", "\u{7}"] {
            let mut answers = Answers::expected();
            let mut typed = Vec::new();
            let mut ground = None;
            for event in keys(&format!("ab\u{1b}]11;rgb:1616/1818/1d1d{end}cd]")) {
                match answers.take(event) {
                    Taken::Held => {}
                    Taken::Typed(events) => typed.extend(events),
                    Taken::Ground(found) => ground = Some(found),
                }
            }
            assert_eq!(ground, Some(Ground::DARK));
            assert_eq!(typed, keys("abcd]"));
            assert!(!answers.holds(), "what was understood is not typed later");
        }
    }

    #[test]
    fn what_is_no_answer_is_typed_as_it_came() {
        for text in ["\u{1b}]x", "\u{1b}]11;", "\u{1b}a\u{1b}]", "1;"] {
            let mut answers = Answers::expected();
            let mut typed = Vec::new();
            for event in keys(text) {
                if let Taken::Typed(events) = answers.take(event) {
                    typed.extend(events);
                }
            }
            typed.extend(answers.release());
            assert_eq!(typed, keys(text), "{text:?}");
        }
    }
}

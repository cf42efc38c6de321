//! What the terminal sends and nobody has typed: the rest of a paste that ended early, and answers to questions.

use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

use super::super::theme::{Ground, ground_answer};

/// Most events of an answer of the terminal that are held back until it is whole.
const ANSWER_MOST: usize = 48;

/// For how long nothing more of a paste must have come before keys are typed again.
pub const PASTE_REST: Duration = Duration::from_millis(150);
/// And for how long the first of them must stay alone: a paste may be delayed on its way, but nobody types so fast.
const ALONE: Duration = Duration::from_millis(10);

/// The rest of a paste that ended early. A text that has the sequence for the end of a paste in it ends the terminal's
/// bracket in its middle, and what follows arrives as if it had been typed: a line break there would send, and a
/// control character would do anything. Nobody types so soon after a paste.
#[derive(Debug, Default)]
pub struct AfterPaste {
    /// How long nothing has come since a paste, or since what still belongs to it.
    quiet: Option<Duration>,
    /// A key that may be the first that is typed again.
    held: Option<KeyEvent>,
}

impl AfterPaste {
    /// A paste has begun that is not told as one.
    pub fn begin(&mut self) {
        self.quiet = Some(Duration::ZERO);
    }

    /// What an event stands for, in `out`; nothing if it is a part of a paste that no text can be, or is held back.
    /// `idle`: how long it was waited for since the event before. The time in which this program was busy does not
    /// count: meanwhile the rest of a paste has come, and waits.
    pub fn take(&mut self, event: Event, idle: Duration, out: &mut Vec<Event>) {
        if let Some(held) = self.held.take() {
            let is_rest = idle < ALONE && matches!(event, Event::Key(_) | Event::Paste(_));
            if is_rest {
                self.begin();
                out.extend(rest(held));
            } else {
                self.quiet = None;
                out.push(Event::Key(held));
            }
        }
        if let Event::Paste(_) = event {
            self.begin();
        }
        match (event, &mut self.quiet) {
            (Event::Key(key), Some(quiet)) => {
                *quiet += idle;
                if *quiet >= PASTE_REST {
                    self.held = Some(key);
                } else {
                    self.begin();
                    out.extend(rest(key));
                }
            }
            (event, quiet) => {
                *quiet = quiet.map(|quiet| quiet + idle);
                out.push(event);
            }
        }
    }

    /// Nothing more has come for a while: what is held was typed.
    pub fn release(&mut self) -> Option<Event> {
        let held = self.held.take()?;
        self.quiet = None;
        Some(Event::Key(held))
    }

    /// For how long a key must still be held back, if one is.
    pub fn holds(&self) -> Option<Duration> {
        self.held.as_ref().map(|_| ALONE)
    }
}

/// What a key of the rest of a paste is as text; nothing if no text can be it.
fn rest(key: KeyEvent) -> Option<Event> {
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
    use std::slice::from_ref;

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
        let mut paste = AfterPaste::default();
        let key = |code, modifiers| Event::Key(KeyEvent::new(code, modifiers));
        let mut take = |event: &Event, idle: u64| {
            let mut out = Vec::new();
            paste.take(event.clone(), Duration::from_millis(idle), &mut out);
            out
        };
        let enter = key(KeyCode::Enter, KeyModifiers::NONE);
        let letter = key(KeyCode::Char('x'), KeyModifiers::NONE);
        let leave = key(KeyCode::Char('d'), KeyModifiers::CONTROL);
        let pasted = Event::Paste("x".to_owned());
        assert_eq!(take(&enter, 0), from_ref(&enter), "no paste, no rest");
        assert_eq!(take(&Event::Paste("one".to_owned()), 10).len(), 1);
        let new_line = [key(KeyCode::Enter, KeyModifiers::ALT)];
        assert_eq!(take(&enter, 10), new_line);
        assert_eq!(take(&key(KeyCode::Char('j'), KeyModifiers::CONTROL), 10), new_line);
        assert_eq!(take(&letter, 100), from_ref(&pasted));
        for control in ['c', 'd', 'u', 'z'] {
            assert_eq!(take(&key(KeyCode::Char(control), KeyModifiers::CONTROL), 70), []);
        }
        assert_eq!(take(&key(KeyCode::Up, KeyModifiers::NONE), 10), []);
        // What is no key ends no wait.
        assert_eq!(take(&Event::FocusGained, 80), [Event::FocusGained]);
        assert_eq!(take(&letter, 60), from_ref(&pasted));
        // The line was slow: the first key after a pause is no hand's if the next is there at once.
        assert_eq!(take(&leave, 400), []);
        assert_eq!(take(&letter, 2), [pasted]);
        assert_eq!(take(&leave, 1), []);
        // But a hand's if it is alone.
        assert_eq!(take(&letter, 400), []);
        assert_eq!(take(&enter, 30), [letter.clone(), enter.clone()]);
        assert_eq!(take(&letter, 1), from_ref(&letter));
        take(&Event::Paste("one".to_owned()), 10);
        assert_eq!(take(&letter, 400), []);
        assert!(paste.holds().is_some());
        assert_eq!((paste.release(), paste.holds()), (Some(letter), None));
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

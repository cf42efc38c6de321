//! The terminal: switched to what a full-screen program needs, and given back in every way of leaving.

use std::io::{self, Write, stdout};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossterm::cursor::Show;
use crossterm::event::{DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange};
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use crossterm::queue;
use crossterm::style::{Print, ResetColor};
use crossterm::terminal::{
    DisableLineWrap, EnableLineWrap, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};

use super::theme::{GROUND_QUESTION, Ground, ground_answer};
use crate::irc::Time;

/// Buttons and wheel, with coordinates beyond 223; no report of mere movement, which would wake us for nothing.
const MOUSE_ON: &str = "\u{1b}[?1000h\u{1b}[?1006h";
const MOUSE_OFF: &str = "\u{1b}[?1006l\u{1b}[?1000l";
/// The title is put on the terminal's stack, and taken from it at the end (XTWINOPS 22 and 23).
const TITLE_SAVE: &str = "\u{1b}[22;2t";
const TITLE_RESTORE: &str = "\u{1b}[23;2t";
/// Most events of an answer of the terminal that are held back until it is whole.
const ANSWER_MOST: usize = 48;

/// Whether the terminal is ours now: what the panic hook and the guard must undo, once.
static OURS: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// While it lives, the terminal is a full screen; when it is dropped, it is as it was.
#[derive(Debug)]
pub struct Guard(());

impl Guard {
    /// Takes the terminal. A panic gives it back before it is reported.
    ///
    /// # Errors
    /// When there is no terminal.
    pub fn new() -> io::Result<Guard> {
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                leave();
                before(info);
            }));
        });
        let guard = Guard(());
        guard.enter(true)?;
        Ok(guard)
    }

    /// Takes the terminal, for the first time or again after a pause; the mouse only if it is wanted.
    ///
    /// # Errors
    /// When there is no terminal.
    pub fn enter(&self, mouse: bool) -> io::Result<()> {
        enable_raw_mode()?;
        OURS.store(true, Ordering::SeqCst);
        let mut out = stdout().lock();
        queue!(out, Print(TITLE_SAVE), EnterAlternateScreen, EnableBracketedPaste, EnableFocusChange)?;
        // A cluster that the terminal draws wider than reckoned must not reach into the next row.
        queue!(out, DisableLineWrap)?;
        queue!(out, Print(if mouse { MOUSE_ON } else { MOUSE_OFF }))?;
        out.flush()
    }

    /// Gives the terminal back for now.
    pub fn pause(&self) {
        leave();
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        leave();
    }
}

/// Takes the mouse, or leaves it to the terminal.
///
/// # Errors
/// When the terminal is gone.
pub fn set_mouse(on: bool) -> io::Result<()> {
    write_now(if on { MOUSE_ON } else { MOUSE_OFF })
}

/// Sets the terminal's title; the text has been through the gate.
///
/// # Errors
/// When the terminal is gone.
pub fn set_title(title: &str) -> io::Result<()> {
    write_now(&format!("\u{1b}]2;{title}\u{1b}\\"))
}

/// Gives a text to the terminal's clipboard (OSC 52); a terminal that has none, or does not allow it, does nothing.
///
/// # Errors
/// When the terminal is gone.
pub fn copy(text: &str) -> io::Result<()> {
    write_now(&format!("\u{1b}]52;c;{}\u{7}", base64(text.as_bytes())))
}

/// [RFC 4648, section 4](https://www.rfc-editor.org/rfc/rfc4648#section-4).
fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits =
            three.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for n in 0..4 {
            let sign = char::from(SIGNS[(bits >> (18 - 6 * n) & 63) as usize]);
            out.push(if n <= three.len() { sign } else { '=' });
        }
    }
    out
}

/// Asks for the colour of the ground; the answer comes among the events, see [`Answers`].
///
/// # Errors
/// When the terminal is gone.
pub fn ask_ground() -> io::Result<()> {
    write_now(GROUND_QUESTION)
}

fn write_now(text: &str) -> io::Result<()> {
    let mut out = stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Undoes everything. A step that fails does not keep the others from being done, and nobody could be told.
fn leave() {
    if !OURS.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = stdout().lock();
    let _ = queue!(out, Print(MOUSE_OFF), DisableFocusChange, DisableBracketedPaste);
    let _ = out.flush();
    // Before the old screen is seen: whoever sees it and types is not to have their Enter read raw.
    let _ = disable_raw_mode();
    let _ = queue!(out, EnableLineWrap, ResetColor, LeaveAlternateScreen, Show, Print(TITLE_RESTORE));
    let _ = out.flush();
}

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
    fn base64_is_that_of_the_rfc() {
        let of = |text: &str| base64(text.as_bytes());
        assert_eq!(
            ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map(of),
            ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"]
        );
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

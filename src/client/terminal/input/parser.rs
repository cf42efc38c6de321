//! What a terminal sends, cut into keys, pastes, the mouse, and its answers. Pure: bytes in, events out, however they are cut.
//!
//! Control sequences are those of ECMA-48; the keys are xterm's
//! ([ctlseqs](https://invisible-island.net/xterm/ctlseqs/ctlseqs.html)).

use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use crate::client::theme::{Ground, ground_answer};

/// How long the rest of a sequence is waited for: after that an Escape was a key.
pub const REST_WAIT: Duration = Duration::from_millis(30);
/// How long the rest of a paste is waited for before what is there of it is shown. It is a paste still.
const PASTE_WAIT: Duration = Duration::from_secs(1);
/// How long nothing must have come of such a paste for it to be over, though its end never came. A connection that stands
/// still is back by then; before, what comes may be its rest, and a line end in it would send.
const PASTE_LOST: Duration = Duration::from_secs(30);
/// Most bytes of a sequence; a longer one is none.
const SEQUENCE_MOST: usize = 512;
/// Most bytes of a paste that are taken.
const PASTE_MOST: usize = 1 << 20;
/// What ends a paste.
const PASTE_END: &[u8] = b"\x1b[201~";
/// Keys that are heard while a paste stands still.
const CTRL_C: u8 = 3;
const CTRL_D: u8 = 4;
const CTRL_L: u8 = 12;
const CTRL_Z: u8 = 26;

/// Something that the terminal sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Sent {
    /// The user did something.
    Typed(Event),
    /// The terminal said something.
    Answer(Answer),
}

/// What a terminal says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// This is the ground (OSC 11).
    Ground(Ground),
    /// The ground has become dark or light (mode 2031).
    Scheme,
    /// The cursor stands in this column, counted from 1 (CPR).
    Column(u16),
}

/// What stands at the beginning of the bytes.
enum Found {
    /// Its length, and what it is; nothing if it means nothing.
    Whole(usize, Option<Sent>),
    /// It is not there as a whole.
    Part,
    /// A paste begins behind so many bytes.
    Paste(usize),
}

/// A paste whose end has not come.
#[derive(Debug, Default)]
struct Paste {
    /// What was pasted and is not shown yet.
    bytes: Vec<u8>,
    /// How many bytes of it were taken.
    taken: usize,
    /// Whether it stands still: what is there of it was shown, and the rest is shown as it comes.
    is_stalled: bool,
}

impl Paste {
    /// How much of it can be shown before more is there: no part of a character, and no line end, which alone would be
    /// taken for the paste's own and left out.
    fn showable(&self) -> usize {
        let whole = match std::str::from_utf8(&self.bytes) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => self.bytes.len(),
        };
        self.bytes[..whole].iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |at| at + 1)
    }
}

/// Bytes that are not yet events.
#[derive(Debug, Default)]
pub struct Parser {
    bytes: Vec<u8>,
    /// The paste that lasts.
    paste: Option<Paste>,
}

impl Parser {
    /// Takes bytes, and puts what they are behind what is there.
    pub fn take(&mut self, bytes: &[u8], out: &mut impl Extend<Sent>) {
        // While a paste stands still, whoever waits may want to be out of it. A key alone is no part of the rest, which
        // comes in one go with what is behind it; and these keys send nothing.
        if let [key @ (CTRL_C | CTRL_D | CTRL_L | CTRL_Z)] = bytes
            && self.paste.as_ref().is_some_and(|paste| paste.is_stalled)
        {
            out.extend(self::key(*key).map(|(code, modifiers)| typed(code, modifiers)));
            return;
        }
        self.bytes.extend_from_slice(bytes);
        self.parse(false, out);
    }

    /// Nothing more has come for [`wait`](Self::wait): what is held back is what it is.
    pub fn release(&mut self, out: &mut impl Extend<Sent>) {
        let Some(paste) = &mut self.paste else { return self.parse(true, out) };
        let showable = paste.showable();
        if showable > 0 {
            let shown: Vec<u8> = paste.bytes.drain(..showable).collect();
            out.extend([pasted(&shown)]);
        } else if paste.is_stalled && self.bytes == [0x1B] {
            // The end of the paste does not come so slowly: somebody has pressed it.
            self.bytes.clear();
            out.extend([typed(KeyCode::Esc, KeyModifiers::NONE)]);
        } else if paste.is_stalled {
            let rest = std::mem::take(&mut paste.bytes);
            self.paste = None;
            self.bytes.clear();
            out.extend((!rest.is_empty()).then(|| pasted(&rest)));
            return;
        }
        paste.is_stalled = true;
    }

    /// How long to wait for the rest of what is held back; nothing if nothing is.
    pub fn wait(&self) -> Option<Duration> {
        match (&self.paste, self.bytes.is_empty()) {
            (Some(paste), _) if paste.is_stalled && paste.showable() > 0 => Some(REST_WAIT),
            (Some(paste), _) if paste.is_stalled && self.bytes != [0x1B] => Some(PASTE_LOST),
            (Some(_), _) => Some(PASTE_WAIT),
            (None, false) => Some(REST_WAIT),
            (None, true) => None,
        }
    }

    fn parse(&mut self, is_all: bool, out: &mut impl Extend<Sent>) {
        let mut at = 0;
        loop {
            if self.paste.is_some() {
                match self.take_paste(at) {
                    Some(end) => {
                        at = end;
                        let paste = self.paste.take().unwrap_or_default();
                        out.extend([pasted(&paste.bytes)]);
                    }
                    None => return,
                }
            }
            let rest = &self.bytes[at..];
            if rest.is_empty() {
                break;
            }
            match find(rest) {
                Found::Whole(length, sent) => {
                    at += length;
                    out.extend(sent);
                }
                Found::Paste(length) => {
                    at += length;
                    self.paste = Some(Paste::default());
                }
                Found::Part if is_all => {
                    let (length, sent) = part(rest);
                    at += length;
                    out.extend(sent);
                }
                Found::Part => break,
            }
        }
        self.bytes.drain(..at);
    }

    /// Moves what belongs to a paste out of the bytes; the place behind its end, if that is there.
    fn take_paste(&mut self, from: usize) -> Option<usize> {
        let paste = self.paste.as_mut()?;
        let rest = &self.bytes[from..];
        let end = rest.windows(PASTE_END.len()).position(|window| window == PASTE_END);
        // The beginning of its end may be the last that has come.
        let keep = (1..PASTE_END.len()).rev().find(|n| rest.ends_with(&PASTE_END[..*n])).unwrap_or(0);
        let length = end.unwrap_or(rest.len() - keep);
        let room = PASTE_MOST.saturating_sub(paste.taken).min(length);
        paste.bytes.extend_from_slice(&rest[..room]);
        paste.taken += room;
        if end.is_some() {
            return Some(from + length + PASTE_END.len());
        }
        self.bytes.drain(..from + length);
        None
    }
}

fn pasted(bytes: &[u8]) -> Sent {
    Sent::Typed(Event::Paste(String::from_utf8_lossy(bytes).into_owned()))
}

fn typed(code: KeyCode, modifiers: KeyModifiers) -> Sent {
    Sent::Typed(Event::Key(KeyEvent::new(code, modifiers)))
}

/// What a part of a sequence is after which nothing comes: Escape, or a key with Alt; the rest is typed.
fn part(bytes: &[u8]) -> (usize, Option<Sent>) {
    match bytes {
        [0x1B] | [0x1B, 0x1B, ..] => (1, Some(typed(KeyCode::Esc, KeyModifiers::NONE))),
        [0x1B, letter, ..] => {
            (2, key(*letter).map(|(code, modifiers)| typed(code, modifiers | KeyModifiers::ALT)))
        }
        // A character that was cut in its middle.
        _ => (1, None),
    }
}

fn find(bytes: &[u8]) -> Found {
    match bytes {
        [0x1B] => Found::Part,
        [0x1B, b'[', ..] => find_control(bytes),
        [0x1B, b'O', ..] => match bytes.get(2) {
            None => Found::Part,
            Some(last) => Found::Whole(3, named(*last).map(|code| typed(code, KeyModifiers::NONE))),
        },
        [0x1B, b']' | b'P' | b'_', ..] => find_string(bytes),
        // Escape twice, or a key with Alt that itself begins with Escape.
        [0x1B, 0x1B, ..] => match find(&bytes[1..]) {
            Found::Whole(length, Some(Sent::Typed(Event::Key(key)))) if length > 1 => {
                Found::Whole(length + 1, Some(typed(key.code, key.modifiers | KeyModifiers::ALT)))
            }
            Found::Part if bytes.len() < SEQUENCE_MOST => Found::Part,
            _ => Found::Whole(1, Some(typed(KeyCode::Esc, KeyModifiers::NONE))),
        },
        [0x1B, ..] => match find_character(&bytes[1..]) {
            Found::Whole(length, Some(Sent::Typed(Event::Key(key)))) => {
                Found::Whole(length + 1, Some(typed(key.code, key.modifiers | KeyModifiers::ALT)))
            }
            Found::Whole(length, _) => Found::Whole(length + 1, None),
            other => other,
        },
        _ => find_character(bytes),
    }
}

/// A key that is one character, or a byte that is none.
fn find_character(bytes: &[u8]) -> Found {
    let first = bytes[0];
    if first < 0x80 {
        return Found::Whole(1, key(first).map(|(code, modifiers)| typed(code, modifiers)));
    }
    let length = match first {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return Found::Whole(1, None),
    };
    let there = &bytes[..length.min(bytes.len())];
    match std::str::from_utf8(there) {
        Ok(text) => {
            let character = text.chars().next().unwrap_or(char::REPLACEMENT_CHARACTER);
            Found::Whole(length, Some(typed(KeyCode::Char(character), shift_of(character))))
        }
        Err(error) if error.error_len().is_none() && there.len() < length => Found::Part,
        Err(_) => Found::Whole(1, None),
    }
}

fn shift_of(character: char) -> KeyModifiers {
    if character.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE }
}

/// The key of one byte of ASCII.
fn key(byte: u8) -> Option<(KeyCode, KeyModifiers)> {
    let control = |c: u8| Some((KeyCode::Char(char::from(c)), KeyModifiers::CONTROL));
    match byte {
        b'\r' => Some((KeyCode::Enter, KeyModifiers::NONE)),
        b'\t' => Some((KeyCode::Tab, KeyModifiers::NONE)),
        0x7F => Some((KeyCode::Backspace, KeyModifiers::NONE)),
        0x1B => Some((KeyCode::Esc, KeyModifiers::NONE)),
        0 => control(b' '),
        1..=0x1A => control(byte - 1 + b'a'),
        0x1C..=0x1F => control(byte - 0x1C + b'4'),
        0x20..=0x7E => Some((KeyCode::Char(char::from(byte)), shift_of(char::from(byte)))),
        _ => None,
    }
}

/// A key that is named by the last byte of its sequence.
fn named(last: u8) -> Option<KeyCode> {
    Some(match last {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'H' => KeyCode::Home,
        b'F' => KeyCode::End,
        b'P' => KeyCode::F(1),
        b'Q' => KeyCode::F(2),
        b'R' => KeyCode::F(3),
        b'S' => KeyCode::F(4),
        b'M' => KeyCode::Enter,
        _ => return None,
    })
}

/// A string sequence (OSC, DCS, APC): up to BEL or ST.
fn find_string(bytes: &[u8]) -> Found {
    let end = bytes.iter().enumerate().skip(2).find_map(|(at, byte)| match byte {
        0x07 => Some(at + 1),
        0x1B => bytes.get(at + 1).map(|next| if *next == b'\\' { at + 2 } else { at }),
        _ => None,
    });
    match end {
        Some(end) => {
            let answer = std::str::from_utf8(&bytes[..end]).ok().and_then(ground_answer);
            Found::Whole(end, answer.map(|ground| Sent::Answer(Answer::Ground(ground))))
        }
        None if bytes.len() < SEQUENCE_MOST => Found::Part,
        None => Found::Whole(2, None),
    }
}

/// A control sequence (CSI).
fn find_control(bytes: &[u8]) -> Found {
    // The Linux console's F1 to F5.
    if let [_, _, b'[', rest @ ..] = bytes {
        return match rest.first() {
            None => Found::Part,
            Some(last @ b'A'..=b'E') => {
                Found::Whole(4, Some(typed(KeyCode::F(1 + last - b'A'), KeyModifiers::NONE)))
            }
            Some(_) => Found::Whole(4, None),
        };
    }
    let Some(at) = bytes.iter().skip(2).position(|byte| !(0x20..=0x3F).contains(byte)) else {
        return if bytes.len() < SEQUENCE_MOST { Found::Part } else { Found::Whole(bytes.len(), None) };
    };
    let (end, last) = (at + 2, bytes[at + 2]);
    if !(0x40..=0x7E).contains(&last) {
        // Something else begins in its middle.
        return Found::Whole(end, None);
    }
    let body = std::str::from_utf8(&bytes[2..end]).unwrap_or_default();
    if (body, last) == ("200", b'~') {
        return Found::Paste(end + 1);
    }
    Found::Whole(end + 1, control(body, last))
}

/// What a control sequence means, by what stands in it and its last byte.
fn control(body: &str, last: u8) -> Option<Sent> {
    let (private, params) = match body.chars().next() {
        Some(sign @ ('<' | '=' | '>' | '?')) => (Some(sign), &body[1..]),
        _ => (None, body),
    };
    // Of sub-parameters, with a colon, only the first is of interest.
    let number = |text: &str| text.split(':').next().unwrap_or_default().parse::<u16>().ok();
    let numbers: Vec<Option<u16>> = params.trim_end_matches('$').split(';').map(number).collect();
    let at = |n: usize| numbers.get(n).copied().flatten();
    match (private, last) {
        (Some('?'), b'n') if at(0) == Some(997) => Some(Sent::Answer(Answer::Scheme)),
        (Some('<'), b'M' | b'm') => mouse(at(0)?, at(1)?, at(2)?, last == b'm').map(Sent::Typed),
        (Some(_), _) => None,
        (None, b'I') => Some(Sent::Typed(Event::FocusGained)),
        (None, b'O') => Some(Sent::Typed(Event::FocusLost)),
        (None, b'Z') => Some(typed(KeyCode::BackTab, KeyModifiers::SHIFT)),
        // F3 with a modifier looks the same: it is in row 1, where nobody asks where the cursor is but we.
        (None, b'R') if numbers.len() == 2 => Some(Sent::Answer(Answer::Column(at(1)?))),
        (None, b'~') if at(0) == Some(27) => character(at(2)?, modifiers(at(1))),
        (None, b'~') => Some(typed(numbered(at(0)?)?, modifiers(at(1)))),
        (None, b'u') => character(at(0)?, modifiers(at(1))),
        (None, b'M') => None,
        (None, last) => Some(typed(named(last)?, modifiers(at(1)))),
    }
}

fn modifiers(number: Option<u16>) -> KeyModifiers {
    let bits = number.unwrap_or(1).saturating_sub(1);
    let mut modifiers = KeyModifiers::NONE;
    for (bit, modifier) in [
        (1, KeyModifiers::SHIFT),
        (2, KeyModifiers::ALT),
        (4, KeyModifiers::CONTROL),
        (8, KeyModifiers::SUPER),
    ] {
        if bits & bit != 0 {
            modifiers |= modifier;
        }
    }
    modifiers
}

/// A key that is sent as the number of a character.
fn character(number: u16, modifiers: KeyModifiers) -> Option<Sent> {
    let (code, own) = match u8::try_from(number).ok().filter(u8::is_ascii) {
        // Only those that have a name: a control character is no key here.
        Some(byte @ (b'\r' | b'\t' | 0x1B | 0x7F | 0x20..=0x7E)) => key(byte)?,
        Some(_) => return None,
        None => (KeyCode::Char(char::from_u32(number.into())?), KeyModifiers::NONE),
    };
    let code =
        if code == KeyCode::Tab && modifiers.contains(KeyModifiers::SHIFT) { KeyCode::BackTab } else { code };
    Some(typed(code, modifiers | own))
}

/// A key that has a number.
fn numbered(number: u16) -> Option<KeyCode> {
    let function = |n: u16| u8::try_from(n).ok().map(KeyCode::F);
    match number {
        1 | 7 => Some(KeyCode::Home),
        2 => Some(KeyCode::Insert),
        3 => Some(KeyCode::Delete),
        4 | 8 => Some(KeyCode::End),
        5 => Some(KeyCode::PageUp),
        6 => Some(KeyCode::PageDown),
        11..=15 => function(number - 10),
        17..=21 => function(number - 11),
        23..=26 => function(number - 12),
        28..=29 => function(number - 13),
        31..=34 => function(number - 14),
        _ => None,
    }
}

/// The mouse, as mode 1006 has it: what, column and row from 1, and whether a button was let go.
fn mouse(what: u16, column: u16, row: u16, is_up: bool) -> Option<Event> {
    let button = match what & 0b11 {
        0 => Some(MouseButton::Left),
        1 => Some(MouseButton::Middle),
        2 => Some(MouseButton::Right),
        _ => None,
    };
    let is_dragged = what & 32 != 0;
    let kind = match (what & 0b1100_0000, button) {
        (64, _) => match what & 0b11 {
            0 => MouseEventKind::ScrollUp,
            1 => MouseEventKind::ScrollDown,
            2 => MouseEventKind::ScrollLeft,
            _ => MouseEventKind::ScrollRight,
        },
        (0, Some(button)) if is_up => MouseEventKind::Up(button),
        (0, Some(button)) if is_dragged => MouseEventKind::Drag(button),
        (0, Some(button)) => MouseEventKind::Down(button),
        (0, None) => MouseEventKind::Moved,
        _ => return None,
    };
    let mut modifiers = KeyModifiers::NONE;
    for (bit, modifier) in [(4, KeyModifiers::SHIFT), (8, KeyModifiers::ALT), (16, KeyModifiers::CONTROL)] {
        if what & bit != 0 {
            modifiers |= modifier;
        }
    }
    let (column, row) = (column.saturating_sub(1), row.saturating_sub(1));
    Some(Event::Mouse(MouseEvent { kind, column, row, modifiers }))
}

#[cfg(test)]
mod tests;

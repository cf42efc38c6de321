//! A key with its modifiers, as it is written in the configuration (`alt-up`) and shown to people (`Alt-↑`).

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

const CTRL: KeyModifiers = KeyModifiers::CONTROL;
const ALT: KeyModifiers = KeyModifiers::ALT;
const SHIFT: KeyModifiers = KeyModifiers::SHIFT;

/// The keys that have names: how they are written, how they are shown. Of two names for one key the first is ours.
const NAMED: &[(&str, &str, KeyCode)] = &[
    ("enter", "Enter", KeyCode::Enter),
    ("return", "Enter", KeyCode::Enter),
    ("tab", "Tab", KeyCode::Tab),
    ("esc", "Esc", KeyCode::Esc),
    ("escape", "Esc", KeyCode::Esc),
    ("space", "Space", KeyCode::Char(' ')),
    ("backspace", "Backspace", KeyCode::Backspace),
    ("delete", "Del", KeyCode::Delete),
    ("insert", "Ins", KeyCode::Insert),
    ("home", "Home", KeyCode::Home),
    ("end", "End", KeyCode::End),
    ("pgup", "PgUp", KeyCode::PageUp),
    ("pageup", "PgUp", KeyCode::PageUp),
    ("pgdn", "PgDn", KeyCode::PageDown),
    ("pagedown", "PgDn", KeyCode::PageDown),
    ("up", "↑", KeyCode::Up),
    ("down", "↓", KeyCode::Down),
    ("left", "←", KeyCode::Left),
    ("right", "→", KeyCode::Right),
];

/// A key with its modifiers. Two presses that terminals do not tell apart are one chord.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chord {
    modifiers: KeyModifiers,
    code: KeyCode,
}

impl Chord {
    /// The chord of a key that was pressed.
    pub fn of(key: &KeyEvent) -> Chord {
        Chord::new(key.modifiers, key.code)
    }

    fn new(modifiers: KeyModifiers, code: KeyCode) -> Chord {
        let mut modifiers = modifiers & (CTRL | ALT | SHIFT);
        let code = match code {
            KeyCode::BackTab => {
                modifiers |= SHIFT;
                KeyCode::Tab
            }
            // Terminals differ in whether a letter with Ctrl comes with Shift, in upper case, or neither; and these
            // digits are what the control characters behind Escape are read as.
            KeyCode::Char(c) if modifiers.contains(CTRL) => {
                modifiers -= SHIFT;
                KeyCode::Char(match c.to_ascii_lowercase() {
                    '4' => '\\',
                    '5' => ']',
                    '6' => '^',
                    '7' | '/' => '_',
                    c => c,
                })
            }
            KeyCode::Char(c) if c.is_uppercase() => {
                modifiers |= SHIFT;
                KeyCode::Char(c.to_lowercase().next().unwrap_or(c))
            }
            KeyCode::Char(c) if !c.is_lowercase() => {
                modifiers -= SHIFT;
                KeyCode::Char(c)
            }
            code => code,
        };
        Chord { modifiers, code }
    }

    /// Whether it is a character that is typed.
    pub fn is_text(self) -> bool {
        matches!(self.code, KeyCode::Char(_)) && !self.modifiers.intersects(CTRL | ALT)
    }

    /// The same letter without Shift, if it is a letter with Shift.
    pub fn unshifted(self) -> Option<Chord> {
        let is_letter = matches!(self.code, KeyCode::Char(_)) && self.modifiers.contains(SHIFT);
        is_letter.then(|| Chord { modifiers: self.modifiers - SHIFT, ..self })
    }

    /// Reads `ctrl-t`, `alt-shift-b`, `shift-up`, `f7`; a plus will do for the hyphen.
    ///
    /// # Errors
    /// Why it is no key that could be mapped, as the rest of a sentence that begins with it.
    pub fn parse(text: &str) -> Result<Chord, String> {
        let (mut rest, mut modifiers) = (text.trim(), KeyModifiers::NONE);
        loop {
            let modifier = [("ctrl", CTRL), ("alt", ALT), ("meta", ALT), ("shift", SHIFT)]
                .into_iter()
                .find_map(|(name, modifier)| {
                    let (head, tail) = rest.split_at_checked(name.len())?;
                    let tail = tail.strip_prefix(['-', '+']).filter(|tail| !tail.is_empty())?;
                    head.eq_ignore_ascii_case(name).then_some((modifier, tail))
                });
            let Some((modifier, tail)) = modifier else { break };
            modifiers |= modifier;
            rest = tail;
        }
        // F1 shows letters large: that is no Shift.
        let chord =
            Chord::new(modifiers, code_of(rest).ok_or("is no key: say ctrl-t, alt-x, shift-up or f5")?);
        let sent_as = match chord.code {
            KeyCode::Char('m') => "Enter",
            KeyCode::Char('i') => "Tab",
            KeyCode::Char('[') => "Esc",
            _ => "",
        };
        if chord.modifiers.contains(CTRL) && !sent_as.is_empty() {
            return Err(format!("comes from terminals as {sent_as}"));
        }
        if chord.is_text() {
            return Err("is a character that is typed: it needs ctrl- or alt-".to_owned());
        }
        Ok(chord)
    }

    /// As it is written in the configuration.
    pub fn written(self) -> String {
        let modifiers = [(CTRL, "ctrl-"), (ALT, "alt-"), (SHIFT, "shift-")];
        self.with(modifiers, |name, _| name.to_owned(), |c| c.to_string(), 'f')
    }

    fn with(
        self,
        modifiers: [(KeyModifiers, &str); 3],
        named: impl Fn(&str, &str) -> String,
        letter: impl Fn(char) -> String,
        function: char,
    ) -> String {
        let mut text = String::new();
        for (modifier, name) in modifiers {
            if self.modifiers.contains(modifier) {
                text.push_str(name);
            }
        }
        let known = NAMED.iter().find(|(_, _, code)| *code == self.code);
        text.push_str(&match (known, self.code) {
            (Some((written, shown, _)), _) => named(written, shown),
            (None, KeyCode::Char(c)) => letter(c),
            (None, KeyCode::F(number)) => format!("{function}{number}"),
            (None, _) => String::new(),
        });
        text
    }

    /// What is shown behind the modifiers, and the modifiers: for keys that stand together as `Alt-Home/End`.
    pub(super) fn shown_parts(self) -> (String, String) {
        let bare = Chord { modifiers: KeyModifiers::NONE, ..self }.to_string();
        let whole = self.to_string();
        (whole[..whole.len() - bare.len()].to_owned(), bare)
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let modifiers = [(CTRL, "Ctrl-"), (ALT, "Alt-"), (SHIFT, "Shift-")];
        let text = self.with(modifiers, |_, shown| shown.to_owned(), |c| c.to_uppercase().to_string(), 'F');
        f.write_str(&text)
    }
}

fn code_of(name: &str) -> Option<KeyCode> {
    let lower = name.to_lowercase();
    if let Some((_, _, code)) = NAMED.iter().find(|(written, ..)| *written == lower) {
        return Some(*code);
    }
    let mut characters = name.chars();
    match (characters.next()?, characters.next()) {
        (c, None) if !c.is_control() && !c.is_whitespace() => {
            Some(KeyCode::Char(c.to_lowercase().next().unwrap_or(c)))
        }
        ('f' | 'F', Some(_)) => name[1..].parse().ok().filter(|n| (1..=24).contains(n)).map(KeyCode::F),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for (written, shown) in [
            ("ctrl-t", "Ctrl-T"),
            ("alt-up", "Alt-↑"),
            ("alt--", "Alt--"),
            ("alt-shift-b", "Alt-Shift-B"),
            ("shift-tab", "Shift-Tab"),
            ("f12", "F12"),
            ("ctrl-alt-delete", "Ctrl-Alt-Del"),
            ("ctrl-_", "Ctrl-_"),
            ("alt-é", "Alt-É"),
        ] {
            let chord = Chord::parse(written).unwrap();
            assert_eq!((chord.written().as_str(), chord.to_string().as_str()), (written, shown));
        }
        assert_eq!(Chord::parse("Alt+Return"), Chord::parse("alt-enter"));
        assert_eq!(Chord::parse("Alt-B"), Chord::parse("alt-b"), "as it is shown it can be written");
        assert_eq!(Chord::parse("ctrl-7"), Chord::parse("ctrl-_"), "terminals send the same for both");
    }

    #[test]
    fn what_is_no_key_is_told() {
        for (text, why) in [
            ("x", "is typed"),
            ("space", "is typed"),
            ("shift-x", "is typed"),
            ("ctrl-m", "as Enter"),
            ("ctrl-i", "as Tab"),
            ("hyper-x", "is no key"),
            ("ctrl-", "is no key"),
            ("", "is no key"),
            ("f99", "is no key"),
            ("é\u{301}", "is no key"),
        ] {
            let told = Chord::parse(text).unwrap_err();
            assert!(told.contains(why), "{text}: {told}");
        }
    }

    #[test]
    fn a_pressed_key_is_the_chord_however_the_terminal_sends_it() {
        let of = |modifiers, code| Chord::of(&KeyEvent::new(code, modifiers)).written();
        assert_eq!(of(CTRL, KeyCode::Char('C')), "ctrl-c");
        assert_eq!(of(CTRL | SHIFT, KeyCode::Char('c')), "ctrl-c");
        assert_eq!(of(ALT | SHIFT, KeyCode::Char('B')), "alt-shift-b");
        assert_eq!(of(ALT | SHIFT, KeyCode::Char('=')), "alt-=");
        assert_eq!(of(KeyModifiers::NONE, KeyCode::BackTab), "shift-tab");
        assert_eq!(of(CTRL, KeyCode::Char('7')), "ctrl-_");
    }
}

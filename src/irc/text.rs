//! The gate: what of a text that others wrote may reach a terminal. Everything that is shown, logged as a
//! diagnostic or set as a window title goes through here, on both sides.
//!
//! Control characters, escape sequences, bidi controls, invisible and unassigned-for-text characters become visible
//! stand-ins, so that nothing is executed and nothing is hidden. IRC's own formatting codes are taken out by
//! [`plain`], or interpreted by whoever draws.

use std::borrow::Cow;

/// What a character of others becomes on a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Itself.
    Plain(char),
    /// A stand-in, to be drawn dim.
    StandIn(&'static str),
    /// A stand-in of one sign: a picture of the control character.
    Picture(char),
}

/// How one character is to be shown.
pub fn shown(c: char) -> Shown {
    match c {
        '\u{0}'..='\u{1F}' => Shown::Picture(char::from_u32(0x2400 + c as u32).unwrap_or('␀')),
        '\u{7F}' => Shown::Picture('␡'),
        '\u{80}'..='\u{9F}' => Shown::StandIn("⟨C1⟩"),
        '\u{61C}' => Shown::StandIn("⟨ALM⟩"),
        '\u{200E}' => Shown::StandIn("⟨LRM⟩"),
        '\u{200F}' => Shown::StandIn("⟨RLM⟩"),
        '\u{202A}' => Shown::StandIn("⟨LRE⟩"),
        '\u{202B}' => Shown::StandIn("⟨RLE⟩"),
        '\u{202C}' => Shown::StandIn("⟨PDF⟩"),
        '\u{202D}' => Shown::StandIn("⟨LRO⟩"),
        '\u{202E}' => Shown::StandIn("⟨RLO⟩"),
        '\u{2066}' => Shown::StandIn("⟨LRI⟩"),
        '\u{2067}' => Shown::StandIn("⟨RLI⟩"),
        '\u{2068}' => Shown::StandIn("⟨FSI⟩"),
        '\u{2069}' => Shown::StandIn("⟨PDI⟩"),
        '\u{2028}' | '\u{2029}' => Shown::Picture('␤'),
        '\u{200B}'
        | '\u{2060}'..='\u{2065}'
        | '\u{206A}'..='\u{206F}'
        | '\u{FEFF}'
        | '\u{180E}'
        | '\u{FFF9}'..='\u{FFFB}' => Shown::StandIn("⟨0⟩"),
        '\u{E0001}' => Shown::StandIn("⟨TAG⟩"),
        _ if (c as u32) & 0xFFFE == 0xFFFE || ('\u{FDD0}'..='\u{FDEF}').contains(&c) => {
            Shown::Picture('\u{FFFD}')
        }
        _ => Shown::Plain(c),
    }
}

/// Whether a character is shown as itself and takes part in no trick: no control, no bidi control, none that
/// is invisible. Names may hold no other.
pub fn is_plain(c: char) -> bool {
    matches!(shown(c), Shown::Plain(_))
        && !matches!(
            c,
            '\u{AD}' | '\u{34F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{200C}' | '\u{200D}' | '\u{3164}'
                | '\u{FFA0}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0000}'..='\u{E01EF}'
        )
}

/// The text as a terminal may have it: an escape sequence becomes one `␛`, whatever else must not pass becomes
/// its stand-in. Borrowed when nothing had to be changed.
pub fn gate(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| matches!(shown(c), Shown::Plain(_))) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        match shown(c) {
            Shown::Plain(c) | Shown::Picture(c) => out.push(c),
            Shown::StandIn(name) => out.push_str(name),
        }
        rest = match c {
            '\u{1B}' => &rest[escape_len(rest)..],
            _ => &rest[c.len_utf8()..],
        };
    }
    Cow::Owned(out)
}

/// How many bytes the escape sequence at the beginning of a text has (ECMA-48): its ESC, and as much of what
/// follows as belongs to it. A string sequence (OSC, DCS, APC, PM, SOS) ends at BEL or ST; one that never ends is
/// its introducer alone, so that a lone ESC cannot swallow a line.
pub fn escape_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    match bytes.get(1) {
        Some(b'[') => {
            let body = bytes[2..].iter().take_while(|b| (0x20..=0x3F).contains(*b)).count();
            let end = 2 + body;
            if bytes.get(end).is_some_and(|b| (0x40..=0x7E).contains(b)) { end + 1 } else { end }
        }
        Some(b']' | b'P' | b'_' | b'^' | b'X') => {
            let mut at = 2;
            while at < bytes.len() {
                match bytes[at] {
                    0x07 => return at + 1,
                    0x1B if bytes.get(at + 1) == Some(&b'\\') => return at + 2,
                    _ => at += 1,
                }
            }
            2
        }
        Some(b' '..=b'/') => {
            let middle = bytes[1..].iter().take_while(|b| (0x20..=0x2F).contains(*b)).count();
            let end = 1 + middle;
            if bytes.get(end).is_some_and(|b| (0x30..=0x7E).contains(b)) { end + 1 } else { end }
        }
        Some(b'0'..=b'~') => 2,
        _ => 1,
    }
}

/// Takes IRC's formatting codes out of a text (bold, italics, underline, strike, monospace, reverse, reset,
/// colours and hexadecimal colours), see [IRC formatting](https://modern.ircdocs.horse/formatting).
pub fn without_formatting(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(is_format_code) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let used = format_len(rest);
        if used == 0 {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        } else {
            rest = &rest[used..];
        }
    }
    Cow::Owned(out)
}

fn is_format_code(b: u8) -> bool {
    matches!(b, 0x02 | 0x03 | 0x04 | 0x0F | 0x11 | 0x16 | 0x1D | 0x1E | 0x1F)
}

/// How many bytes the formatting code at the beginning of a text has; 0 if there is none.
pub fn format_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize, most: usize, hex: bool| {
        bytes[from.min(bytes.len())..]
            .iter()
            .take(most)
            .take_while(|b| if hex { b.is_ascii_hexdigit() } else { b.is_ascii_digit() })
            .count()
    };
    match bytes.first() {
        Some(0x03) => {
            let fore = digits(1, 2, false);
            if fore == 0 || bytes.get(1 + fore) != Some(&b',') {
                return 1 + fore;
            }
            let back = digits(2 + fore, 2, false);
            if back == 0 { 1 + fore } else { 2 + fore + back }
        }
        Some(0x04) => {
            if digits(1, 6, true) < 6 {
                return 1;
            }
            if bytes.get(7) == Some(&b',') && digits(8, 6, true) == 6 { 14 } else { 7 }
        }
        Some(b) if is_format_code(*b) => 1,
        _ => 0,
    }
}

/// The text in one plain piece for places that know no styles: no formatting codes, and through the [`gate`].
pub fn plain(text: &str) -> String {
    gate(&without_formatting(text)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_an_escape_passes() {
        assert_eq!(gate("a\u{1b}[2Jb"), "a␛b");
        assert_eq!(gate("a\u{1b}]0;title\u{7}b"), "a␛b");
        assert_eq!(gate("a\u{1b}]0;title\u{1b}\\b"), "a␛b");
        assert_eq!(gate("a\u{1b}]never ends"), "a␛never ends");
        assert_eq!(gate("a\u{1b}"), "a␛");
        assert_eq!(gate("\u{1b}(0x"), "␛x");
        assert_eq!(gate("\u{9b}2J"), "⟨C1⟩2J");
        assert_eq!(gate("x\u{202e}y\u{0}\u{7f}\t"), "x⟨RLO⟩y␀␡␉");
        assert_eq!(gate("日本 é 👩‍🔬"), "日本 é 👩‍🔬");
    }

    #[test]
    fn formatting_is_taken_out() {
        assert_eq!(without_formatting("\u{2}bold\u{2} \u{3}04,12red\u{3} \u{4}FF0000hex"), "bold red hex");
        assert_eq!(without_formatting("\u{3},5x \u{3}1,x"), ",5x ,x");
    }

    #[test]
    fn gated_text_has_no_control_whatever_came() {
        for c in (0..=0x10_FFFF).filter_map(char::from_u32) {
            let text = format!("a{c}b");
            assert!(gate(&text).chars().all(|c| !c.is_control()), "{:x}", c as u32);
        }
    }

    #[test]
    fn each_trick_has_its_stand_in() {
        for (c, name) in [
            ('\u{80}', "⟨C1⟩"),
            ('\u{9F}', "⟨C1⟩"),
            ('\u{61C}', "⟨ALM⟩"),
            ('\u{200E}', "⟨LRM⟩"),
            ('\u{200F}', "⟨RLM⟩"),
            ('\u{202A}', "⟨LRE⟩"),
            ('\u{202B}', "⟨RLE⟩"),
            ('\u{202C}', "⟨PDF⟩"),
            ('\u{202D}', "⟨LRO⟩"),
            ('\u{202E}', "⟨RLO⟩"),
            ('\u{2066}', "⟨LRI⟩"),
            ('\u{2067}', "⟨RLI⟩"),
            ('\u{2068}', "⟨FSI⟩"),
            ('\u{2069}', "⟨PDI⟩"),
            ('\u{200B}', "⟨0⟩"),
            ('\u{2060}', "⟨0⟩"),
            ('\u{2065}', "⟨0⟩"),
            ('\u{206F}', "⟨0⟩"),
            ('\u{FEFF}', "⟨0⟩"),
            ('\u{180E}', "⟨0⟩"),
            ('\u{FFFB}', "⟨0⟩"),
            ('\u{E0001}', "⟨TAG⟩"),
        ] {
            assert_eq!(shown(c), Shown::StandIn(name), "{:x}", c as u32);
            assert!(!is_plain(c));
        }
        for (c, picture) in [
            ('\0', '␀'),
            ('\u{1F}', '␟'),
            ('\u{7F}', '␡'),
            ('\u{2028}', '␤'),
            ('\u{2029}', '␤'),
            ('\u{FDD0}', '\u{FFFD}'),
            ('\u{FDEF}', '\u{FFFD}'),
            ('\u{FFFE}', '\u{FFFD}'),
            ('\u{10FFFF}', '\u{FFFD}'),
        ] {
            assert_eq!(shown(c), Shown::Picture(picture), "{:x}", c as u32);
        }
        for c in [' ', '~', '\u{A0}', '\u{FDCF}', '\u{FDF0}', '\u{FFFD}', '\u{1F469}', 'é'] {
            assert!(shown(c) == Shown::Plain(c) && is_plain(c), "{:x}", c as u32);
        }
        // Shown as they are, but not in names.
        for c in
            ['\u{AD}', '\u{34F}', '\u{115F}', '\u{200D}', '\u{3164}', '\u{FFA0}', '\u{FE0F}', '\u{E01EF}']
        {
            assert!(shown(c) == Shown::Plain(c) && !is_plain(c), "{:x}", c as u32);
        }
    }

    #[test]
    fn an_escape_sequence_ends_where_it_ends() {
        for (text, length) in [
            ("\u{1b}", 1),
            ("\u{1b}\u{7f}", 1),
            ("\u{1b}é", 1),
            ("\u{1b}cx", 2),
            ("\u{1b}~x", 2),
            ("\u{1b}[", 2),
            ("\u{1b}[12;3", 6),
            ("\u{1b}[12;3Hx", 7),
            ("\u{1b}[?25lx", 6),
            ("\u{1b}[ qx", 4),
            ("\u{1b}[1\u{7f}", 3),
            ("\u{1b}(B", 3),
            ("\u{1b}#8x", 3),
            ("\u{1b} ", 2),
            ("\u{1b}(é", 2),
            ("\u{1b}]0;a\u{7}x", 6),
            ("\u{1b}Pa\u{1b}\\x", 5),
            ("\u{1b}_a\u{1b}\\", 5),
            ("\u{1b}^a\u{1b}x", 2),
            ("\u{1b}Xa", 2),
        ] {
            assert_eq!(escape_len(text), length, "{text:?}");
        }
    }

    #[test]
    fn a_formatting_code_takes_its_digits_and_no_more() {
        for (text, length) in [
            ("x", 0),
            ("", 0),
            ("\u{2}1", 1),
            ("\u{1f}", 1),
            ("\u{3}x", 1),
            ("\u{3}4", 2),
            ("\u{3}045", 3),
            ("\u{3}4,x", 2),
            ("\u{3}4,5x", 4),
            ("\u{3}04,123", 6),
            ("\u{3},1", 1),
            ("\u{4}12345", 1),
            ("\u{4}12345f7", 7),
            ("\u{4}123456,12345", 7),
            ("\u{4}123456,abcdef0", 14),
        ] {
            assert_eq!(format_len(text), length, "{text:?}");
        }
        assert_eq!(plain("\u{2}a\u{1b}[2J\u{3}4b"), "a␛b");
    }
}

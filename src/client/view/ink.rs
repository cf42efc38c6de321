//! What somebody wrote, styled: IRC's formatting codes interpreted and closed at the end of the line, links and the
//! reader's own name found. Codes: [IRC formatting](https://modern.ircdocs.horse/formatting).

use std::ops::Range;

use ratatui::style::{Modifier, Style};

use super::glyph::Row;
use crate::client::theme::{Role, Theme, Tint};
use crate::irc::text::format_len;

/// Most bytes of one message that are drawn; how many more there are is said.
pub(super) const TEXT_MAX: usize = 16 * 1024;
/// Most links of one line that are marked as such.
const LINKS_MAX: usize = 32;
/// Most times that the own name is marked in one line.
const MENTIONS_MAX: usize = 8;

/// How a text is to be styled.
#[derive(Clone, Copy)]
pub(super) struct Ink<'a> {
    pub(super) theme: &'a Theme,
    /// The style of a plain word.
    pub(super) base: Style,
    /// On which ground, if not on the terminal's.
    pub(super) tint: Option<Tint>,
    /// The reader's nick, marked where it stands in the text; empty: not.
    pub(super) nick: &'a str,
    /// Words that are marked as the nick is.
    pub(super) words: &'a [String],
}

/// What the formatting codes have switched on.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Format {
    modifiers: Modifier,
    is_code: bool,
    colour: Option<u8>,
}

impl Ink<'_> {
    /// A text of one or more lines, each as one row that is still to be wrapped or cut.
    pub(super) fn lines(&self, text: &str) -> Vec<Row> {
        let cut = text.floor_char_boundary(TEXT_MAX);
        let mut rows: Vec<Row> = text[..cut].split('\n').map(|line| self.line(line)).collect();
        if cut < text.len()
            && let Some(last) = rows.last_mut()
        {
            let more = format!("… {} more bytes", text.len() - cut);
            last.push(&more, self.quiet(), self.quiet());
        }
        rows
    }

    /// A text as one row, whatever lines it has.
    pub(super) fn line(&self, line: &str) -> Row {
        let mut row = Row::default();
        let mut format = Format::default();
        let (mut from, mut at) = (0, 0);
        while at < line.len() {
            let used = format_len(&line[at..]);
            if used > 0 {
                row.push(&line[from..at], self.styled(format), self.quiet());
                format.take(&line[at..at + used]);
                from = at + used;
                at = from;
            } else {
                at += line[at..].chars().next().map_or(1, char::len_utf8);
            }
        }
        row.push(&line[from..], self.styled(format), self.quiet());
        self.mark(&mut row);
        row
    }

    /// Marks links and the reader's name.
    fn mark(&self, row: &mut Row) {
        let text = row.text();
        if text.contains("://") {
            for link in links(text).take(LINKS_MAX).collect::<Vec<_>>() {
                row.patch_bytes(link, self.theme.link());
            }
        }
        let style = self.theme.role(Role::Mention).add_modifier(Modifier::BOLD);
        for name in std::iter::once(self.nick).chain(self.words.iter().map(String::as_str)) {
            if name.is_empty() {
                continue;
            }
            for mention in mentions(row.text(), name).take(MENTIONS_MAX).collect::<Vec<_>>() {
                row.patch_bytes(mention, style);
            }
        }
    }

    fn quiet(&self) -> Style {
        match self.tint {
            Some(_) => self.theme.role(Role::Muted),
            None => self.theme.role(Role::Quiet),
        }
    }

    fn styled(&self, format: Format) -> Style {
        let mut style = self.base;
        if let Some(colour) = format.colour {
            style = style.patch(self.colour(colour));
        }
        if format.is_code {
            style = style.patch(self.theme.tint(Tint::Bar));
        }
        style.add_modifier(format.modifiers)
    }

    /// One of the sixteen colours of IRC in the nearest hue that can be read on this ground. Grounds are not
    /// taken over, so no text can be hidden by having the colour of its ground. Black, white and the extended
    /// colours are the text's own.
    fn colour(&self, number: u8) -> Style {
        match number {
            2 | 12 => self.theme.hue(7),
            3 | 9 => self.theme.hue(3),
            4 => self.theme.hue(11),
            5 | 7 => self.theme.hue(0),
            6 => self.theme.hue(9),
            8 => self.theme.hue(1),
            10 => self.theme.hue(4),
            11 => self.theme.hue(5),
            13 => self.theme.hue(10),
            14 | 15 => self.theme.role(Role::Muted),
            _ => Style::new(),
        }
    }
}

impl Format {
    /// Takes in one formatting code, with its digits if it has any.
    fn take(&mut self, code: &str) {
        let toggled = match code.as_bytes()[0] {
            0x02 => Modifier::BOLD,
            0x1D => Modifier::ITALIC,
            0x1F => Modifier::UNDERLINED,
            0x1E => Modifier::CROSSED_OUT,
            0x16 => Modifier::REVERSED,
            0x11 => {
                self.is_code = !self.is_code;
                Modifier::empty()
            }
            0x03 => {
                let digits = code[1..].split(',').next().unwrap_or_default();
                self.colour = digits.parse().ok();
                Modifier::empty()
            }
            0x0F => {
                *self = Format::default();
                Modifier::empty()
            }
            _ => Modifier::empty(),
        };
        self.modifiers.toggle(toggled);
    }
}

/// Where links are: `http://` or `https://` up to a blank, a quote or a stand-in, without the punctuation that
/// belongs to the sentence around it.
fn links(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let scheme = text[from..].find("://")? + from;
            let start = ["https", "http"]
                .iter()
                .find_map(|name| text[..scheme].ends_with(name).then(|| scheme - name.len()));
            from = scheme + 3;
            let Some(start) = start else { continue };
            if text[..start].ends_with(|c: char| c.is_alphanumeric()) {
                continue;
            }
            let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>' | '`' | '⟨' | '⟩' | '␛');
            let end = text[from..].find(is_end).map_or(text.len(), |length| from + length);
            let end = start + without_punctuation(&text[start..end]);
            if end > from {
                from = end;
                return Some(start..end);
            }
        }
    })
}

/// The length of a link without what follows it in the sentence; a closing bracket stays if it was opened in it.
fn without_punctuation(link: &str) -> usize {
    let mut link = link;
    while let Some(last) = link.chars().next_back() {
        let ends_sentence = matches!(last, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~' | '…');
        let closes = match last {
            ')' => !link.contains('('),
            ']' => !link.contains('['),
            '}' => !link.contains('{'),
            _ => false,
        };
        if !ends_sentence && !closes {
            break;
        }
        link = &link[..link.len() - last.len_utf8()];
    }
    link.len()
}

/// Where a nick stands as a word of its own, without case.
fn mentions(text: &str, nick: &str) -> impl Iterator<Item = Range<usize>> {
    let belongs = |b: u8| b.is_ascii_alphanumeric() || b >= 0x80 || b"-_[]{}\\|`^".contains(&b);
    let (bytes, nick) = (text.as_bytes(), nick.as_bytes());
    (0..bytes.len().saturating_sub(nick.len().saturating_sub(1)))
        .filter(move |&at| {
            bytes[at..at + nick.len()].eq_ignore_ascii_case(nick)
                && !at.checked_sub(1).is_some_and(|before| belongs(bytes[before]))
                && !bytes.get(at + nick.len()).is_some_and(|after| belongs(*after))
        })
        .map(move |at| at..at + nick.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::theme::{Depth, Ground};

    fn found(text: &str) -> Vec<&str> {
        links(text).map(|link| &text[link]).collect()
    }

    fn styles(text: &str) -> Vec<(String, Style)> {
        let theme = Theme::new(Depth::True, Ground::DARK);
        let ink = Ink { theme: &theme, base: Style::new(), tint: None, nick: "viewer", words: &[] };
        let mut runs: Vec<(String, Style)> = Vec::new();
        let row = ink.line(text);
        for (cluster, glyph) in row.glyphs() {
            match runs.last_mut() {
                Some((run, style)) if *style == glyph.style => run.push_str(cluster),
                _ => runs.push((cluster.to_owned(), glyph.style)),
            }
        }
        runs
    }

    #[test]
    fn links_end_where_the_sentence_goes_on() {
        assert_eq!(found("see https://a.example/x_(y), ok"), ["https://a.example/x_(y)"]);
        assert_eq!(found("(http://a.example/?q=1)."), ["http://a.example/?q=1"]);
        assert_eq!(found("https://a.b⟨RLO⟩gnp.exe"), ["https://a.b"]);
        assert_eq!(found("https:// ftp://x javascript://x xhttp://y https://."), Vec::<&str>::new());
        assert_eq!(found(&"https://x.y/ ".repeat(120)).len(), 120);
    }

    #[test]
    fn formatting_is_interpreted_and_ends_with_the_line() {
        let bold = Style::new().add_modifier(Modifier::BOLD);
        assert_eq!(
            styles("a\u{2}b\u{2}c"),
            [("a".into(), Style::new()), ("b".into(), bold), ("c".into(), Style::new())]
        );
        assert_eq!(styles("\u{2}b\u{f}c"), [("b".into(), bold), ("c".into(), Style::new())]);
        let theme = Theme::new(Depth::True, Ground::DARK);
        let ink = Ink { theme: &theme, base: Style::new(), tint: None, nick: "", words: &[] };
        let lines = ink.lines("\u{2}never closed\nnext");
        assert!(lines[1].glyphs().all(|(_, glyph)| glyph.style == Style::new()));
    }

    #[test]
    fn text_in_the_colour_of_its_ground_is_read_all_the_same() {
        assert_eq!(styles("\u{3}01,01seen"), [("seen".into(), Style::new())]);
        assert!(styles("\u{3}04,12red").iter().all(|(_, style)| style.bg.is_none()));
    }

    #[test]
    fn the_own_name_is_marked_only_as_a_word() {
        let marked = |text: &str| {
            styles(text)
                .iter()
                .filter(|(_, style)| style.fg.is_some())
                .map(|(run, _)| run.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(marked("viewer, yours"), ["viewer"]);
        assert_eq!(marked("thanks @Viewer!"), ["Viewer"]);
        assert_eq!(marked("viewers viewer_ previewer"), Vec::<String>::new());
    }
}

//! What somebody wrote, styled: IRC's formatting codes interpreted and closed at the end of the line, links and the
//! reader's own name found. Codes: [IRC formatting](https://modern.ircdocs.horse/formatting).

use std::ops::Range;

use ratatui::style::{Modifier, Style};

use super::glyph::Row;
use crate::client::theme::{Role, Theme, Tint};
use crate::client::web;
use crate::irc::name::mentions;
use crate::irc::text::{format_len, without_formatting};

/// Most bytes of one message that are drawn; how many more there are is said.
pub(super) const TEXT_MAX: usize = 16 * 1024;
/// Most links of one message that are marked as such.
const LINKS_MAX: u16 = 32;
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
        let mut links = 0;
        let mut rows: Vec<Row> =
            text[..cut].split('\n').map(|line| self.numbered(line, &mut links)).collect();
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
        self.numbered(line, &mut 0)
    }

    /// A line; its links are numbered from what stands in `links` on.
    fn numbered(&self, line: &str, links: &mut u16) -> Row {
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
            } else if *links < LINKS_MAX
                && !format.is_code
                && let Some(named) = web::named(&line[at..])
            {
                row.push(&line[from..at], self.styled(format), self.quiet());
                let begin = row.count();
                row.push(&without_formatting(named.words), self.styled(format), self.quiet());
                row.link(begin..row.count(), &named.target.uri, *links, self.theme.link());
                self.unveil(&mut row, &named.target.host);
                *links += 1;
                from = at + named.length;
                at = from;
            } else {
                at += line[at..].chars().next().map_or(1, char::len_utf8);
            }
        }
        row.push(&line[from..], self.styled(format), self.quiet());
        self.mark(&mut row, links);
        row
    }

    /// The host that a link really leads to, behind it.
    fn unveil(&self, row: &mut Row, host: &str) {
        let style = self.base.patch(
            self.tint.map_or_else(|| self.theme.role(Role::Muted), |tint| self.theme.on(tint, Role::Muted)),
        );
        row.push(&format!(" ({host})"), style, style);
    }

    /// Marks the links that stand there as they are, and the reader's name.
    fn mark(&self, row: &mut Row, links: &mut u16) {
        if row.text().contains("://") {
            let room = usize::from(LINKS_MAX.saturating_sub(*links));
            let found: Vec<(Range<usize>, web::Target)> = web::links(row.text())
                .map(|link| (row.glyphs_in(link.at), link.target))
                // The words of a link do not lead anywhere else.
                .filter(|(glyphs, _)| !row.has_link(glyphs))
                .take(room)
                .collect();
            let first = *links;
            *links += u16::try_from(found.len()).unwrap_or(0);
            // From the last one on: what is put in moves what is behind it.
            for ((glyphs, target), number) in found.iter().zip(first..).collect::<Vec<_>>().into_iter().rev()
            {
                row.link(glyphs.clone(), &target.uri, number, self.theme.link());
                if target.is_veiled {
                    let behind = row.slice(glyphs.end, row.count());
                    *row = row.slice(0, glyphs.end);
                    self.unveil(row, &target.host);
                    row.append(&behind);
                }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::theme::{Depth, Ground};

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
    fn a_link_says_where_it_leads_if_its_words_do_not() {
        let theme = Theme::new(Depth::True, Ground::DARK);
        let ink = Ink { theme: &theme, base: Style::new(), tint: None, nick: "", words: &[] };
        let read = |text: &str| {
            let row = ink.line(text);
            let links: Vec<(String, String)> = row
                .links(0, u16::MAX)
                .map(|(columns, link)| {
                    let words = row.text().chars().skip(columns.start.into()).take(columns.len()).collect();
                    (words, link.uri.to_string())
                })
                .collect();
            (row.text().to_owned(), links)
        };
        let one = |words: &str, uri: &str| vec![(words.to_owned(), uri.to_owned())];
        assert_eq!(
            read("see [the notes](https://tides.example/46)."),
            ("see the notes (tides.example).".to_owned(), one("the notes", "https://tides.example/46"))
        );
        assert_eq!(
            read("[https://bank.example](https://evil.example/x)"),
            (
                "https://bank.example (evil.example)".to_owned(),
                one("https://bank.example", "https://evil.example/x")
            )
        );
        let (text, links) = read("https://b\u{fc}cher.example/1 and https://a@b.example/ x");
        assert_eq!(
            text,
            "https://b\u{fc}cher.example/1 (xn--bcher-kva.example) and https://a@b.example/ (b.example) x"
        );
        assert_eq!(links.iter().map(|(_, uri)| uri.as_str()).collect::<Vec<_>>().len(), 2);
        let (text, links) = read("[a\u{2}b\u{1b}c\u{202e}](https://x.example)");
        assert_eq!((text.as_str(), links.len()), ("ab␛⟨RLO⟩ (x.example)", 1));
        assert_eq!(
            read("\u{11}[a](https://x.example)\u{11}").1,
            one("https://x.example", "https://x.example")
        );
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

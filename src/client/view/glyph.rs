//! Glyphs: the one way from a text to the cells of the screen. Whatever others wrote passes the gate
//! ([`crate::irc::text`]) here, by whole grapheme clusters; nothing else in the view builds a cell from a text.

use std::num::NonZeroU16;
use std::ops::Range;
use std::sync::Arc;

use ratatui::buffer::{Buffer, CellDiffOption, CellWidth};
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use super::widths::cells;
use crate::irc::text::{Shown, escape_len, shown};

/// Most bytes of one cluster that are drawn: the longest emoji have 35. What a stack of marks has beyond is left out.
const CLUSTER_BYTES_MAX: usize = 40;
/// Most combining marks on one letter that are drawn; no script needs more.
const MARKS_MAX: usize = 8;
/// How far apart tab stops are, in cells.
const TAB_WIDTH: u16 = 8;
/// What stands where something was cut off.
const ELLIPSIS: &str = "…";

/// One cluster as it is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Glyph {
    bytes: u8,
    /// Cells.
    pub(super) width: u16,
    pub(super) style: Style,
}

/// A piece of text in glyphs, to be drawn on one row of the screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    text: String,
    glyphs: Vec<Glyph>,
    width: u16,
    links: Vec<LinkedPart>,
}

/// Some glyphs of a row that are a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LinkedPart {
    glyphs: Range<usize>,
    /// Where it leads.
    pub(super) uri: Arc<str>,
    /// Which link of its text it is.
    pub(super) number: u16,
}

impl Row {
    /// A text of one style, through the gate.
    pub(super) fn of(text: &str, style: Style) -> Row {
        let mut row = Row::default();
        row.push(text, style, style);
        row
    }

    /// The same row with a text behind it.
    pub(super) fn and(mut self, text: &str, style: Style) -> Row {
        self.push(text, style, style);
        self
    }

    /// The same row with another one behind it.
    pub(super) fn with(mut self, other: &Row) -> Row {
        self.append(other);
        self
    }

    /// How many cells it takes.
    pub(super) fn width(&self) -> u16 {
        self.width
    }

    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.glyphs.is_empty()
    }

    /// What is read in it.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The glyphs with their texts.
    pub(super) fn glyphs(&self) -> impl Iterator<Item = (&str, Glyph)> {
        let mut at = 0;
        self.glyphs.iter().map(move |glyph| {
            let from = at;
            at += usize::from(glyph.bytes);
            (&self.text[from..at], *glyph)
        })
    }

    /// Adds another row behind it.
    pub(super) fn append(&mut self, other: &Row) {
        let begin = self.glyphs.len();
        let moved = |link: &LinkedPart| LinkedPart {
            glyphs: begin + link.glyphs.start..begin + link.glyphs.end,
            ..link.clone()
        };
        self.links.extend(other.links.iter().map(moved));
        self.text.push_str(&other.text);
        self.glyphs.extend_from_slice(&other.glyphs);
        self.width = self.width.saturating_add(other.width);
    }

    /// Adds a text of one style; stand-ins for what must not pass are drawn in another.
    pub(super) fn push(&mut self, text: &str, style: Style, stand_in: Style) {
        let mut plain = 0;
        let mut at = 0;
        while let Some(character) = text[at..].chars().next() {
            let length = match character {
                '\u{1B}' => escape_len(&text[at..]),
                _ => character.len_utf8(),
            };
            let replacement: Option<&str> = match (character, shown(character)) {
                ('\t', _) => Some(""),
                (_, Shown::Plain(_)) => None,
                (_, Shown::StandIn(name)) => Some(name),
                (_, Shown::Picture(_)) => Some(picture(character)),
            };
            if let Some(name) = replacement {
                self.push_clusters(&text[plain..at], style, stand_in);
                if character == '\t' {
                    let blanks = TAB_WIDTH - self.width % TAB_WIDTH;
                    (0..blanks).for_each(|_| self.push_glyph(" ", style));
                } else {
                    name.graphemes(true).for_each(|cluster| self.push_glyph(cluster, stand_in));
                }
                plain = at + length;
            }
            at += length;
        }
        self.push_clusters(&text[plain..], style, stand_in);
    }

    fn push_clusters(&mut self, text: &str, style: Style, stand_in: Style) {
        for cluster in text.graphemes(true) {
            let bytes = cluster.as_bytes();
            if bytes.len() == 1 && (0x20..0x7F).contains(&bytes[0]) {
                self.push_glyph(cluster, style);
            } else {
                self.push_cluster(cluster, style, stand_in);
            }
        }
    }

    /// Adds a cluster that is more than a letter of ASCII: no more marks than a script needs, nothing invisible.
    fn push_cluster(&mut self, cluster: &str, style: Style, stand_in: Style) {
        let mut characters = cluster.chars();
        let Some(base) = characters.next() else { return };
        if let Some(name) = invisible(base) {
            return name.graphemes(true).for_each(|glyph| self.push_glyph(glyph, stand_in));
        }
        let mut drawn = String::from(base);
        let (mut marks, mut hides) = (0, false);
        for character in characters {
            match character {
                '\u{E0020}'..='\u{E007F}' if base != '\u{1F3F4}' => hides = true,
                '\u{E0100}'..='\u{E01EF}' => hides = true,
                '\u{200C}' if base.is_ascii() => hides = true,
                '\u{200D}' | '\u{FE0F}' | '\u{E0020}'..='\u{E007F}' => drawn.push(character),
                _ => {
                    marks += 1;
                    if marks <= MARKS_MAX {
                        drawn.push(character);
                    }
                }
            }
        }
        drawn.truncate(drawn.floor_char_boundary(CLUSTER_BYTES_MAX));
        let drawn = drawn.trim_end_matches('\u{200D}');
        match cells(drawn) {
            0 => self.push_glyph(&format!("◌{drawn}"), style),
            _ => self.push_glyph(drawn, style),
        }
        if hides {
            "⟨0⟩".graphemes(true).for_each(|glyph| self.push_glyph(glyph, stand_in));
        }
    }

    /// Adds one glyph that has passed the gate.
    fn push_glyph(&mut self, cluster: &str, style: Style) {
        let Ok(bytes) = u8::try_from(cluster.len()) else { return };
        // A mark alone on its circle may still count as nothing: it takes the cell of the circle.
        let width = cells(cluster).max(1);
        self.text.push_str(cluster);
        self.glyphs.push(Glyph { bytes, width, style });
        self.width = self.width.saturating_add(width);
    }

    /// Some of the glyphs as a row of their own.
    pub(super) fn slice(&self, from: usize, to: usize) -> Row {
        let start: usize = self.glyphs[..from].iter().map(|glyph| usize::from(glyph.bytes)).sum();
        let glyphs = &self.glyphs[from..to];
        let length: usize = glyphs.iter().map(|glyph| usize::from(glyph.bytes)).sum();
        Row {
            text: self.text[start..start + length].to_owned(),
            glyphs: glyphs.to_vec(),
            width: glyphs.iter().fold(0, |sum: u16, glyph| sum.saturating_add(glyph.width)),
            links: self.links.iter().filter_map(|link| link.within(from, to)).collect(),
        }
    }

    /// How many glyphs it has.
    pub(super) fn count(&self) -> usize {
        self.glyphs.len()
    }

    /// The glyphs that begin within some bytes of [`Row::text`].
    pub(super) fn glyphs_in(&self, bytes: Range<usize>) -> Range<usize> {
        let mut ends = self.glyphs.iter().scan(0, |at, glyph| {
            let begin = *at;
            *at += usize::from(glyph.bytes);
            Some(begin)
        });
        let from = ends.position(|begin| begin >= bytes.start).unwrap_or(self.glyphs.len());
        let count = if from == self.glyphs.len() {
            0
        } else {
            1 + ends.take_while(|begin| *begin < bytes.end).count()
        };
        from..from + count
    }

    /// Makes some of the glyphs a link, in this style.
    pub(super) fn link(&mut self, glyphs: Range<usize>, uri: &str, number: u16, style: Style) {
        for glyph in &mut self.glyphs[glyphs.clone()] {
            glyph.style = glyph.style.patch(style);
        }
        self.links.push(LinkedPart { glyphs, uri: uri.into(), number });
    }

    /// Whether some of these glyphs are a link.
    pub(super) fn has_link(&self, glyphs: &Range<usize>) -> bool {
        self.links.iter().any(|link| link.glyphs.start < glyphs.end && glyphs.start < link.glyphs.end)
    }

    /// The links, with the columns that each takes if the row is drawn from a column on up to another one.
    pub(super) fn links(&self, x: u16, right: u16) -> impl Iterator<Item = (Range<u16>, &LinkedPart)> {
        let before = move |count: usize| {
            self.glyphs[..count].iter().fold(x, |sum: u16, glyph| sum.saturating_add(glyph.width)).min(right)
        };
        self.links.iter().map(move |link| (before(link.glyphs.start)..before(link.glyphs.end), link))
    }

    /// As much of it as has room in so many cells; the cut falls between clusters and is marked by `…`.
    pub(super) fn cut(self, width: u16) -> Row {
        if self.width <= width {
            return self;
        }
        let mut used = 0;
        let fits = |glyph: &&Glyph| {
            used += glyph.width;
            used < width
        };
        let count = self.glyphs.iter().take_while(fits).count();
        let style = self.glyphs.get(count).map_or(Style::new(), |glyph| glyph.style);
        let mut row = self.slice(0, count);
        if width > 0 {
            row.push_glyph(ELLIPSIS, style);
        }
        row
    }

    /// Lays a style over the glyphs that begin within some bytes of [`Row::text`].
    pub(super) fn patch_bytes(&mut self, bytes: Range<usize>, style: Style) {
        let mut at = 0;
        for glyph in &mut self.glyphs {
            if bytes.contains(&at) {
                glyph.style = glyph.style.patch(style);
            }
            at += usize::from(glyph.bytes);
        }
    }

    /// Draws it from a cell on, in as many cells as there are up to `right`, which is outside; a glyph that does
    /// not fit whole ends the row. Returns the column behind it.
    pub(super) fn draw(&self, buffer: &mut Buffer, x: u16, y: u16, right: u16) -> u16 {
        let right = right.min(buffer.area.right());
        let mut at = x;
        if y < buffer.area.top() || y >= buffer.area.bottom() || x < buffer.area.left() {
            return at;
        }
        for (text, glyph) in self.glyphs() {
            if at.saturating_add(glyph.width) > right {
                break;
            }
            set_symbol(buffer, at, y, text, glyph.width);
            buffer[(at, y)].set_style(glyph.style);
            for behind in at + 1..at + glyph.width {
                buffer[(behind, y)].set_char(' ').set_style(glyph.style);
            }
            at += glyph.width;
        }
        at
    }
}

impl LinkedPart {
    /// What of it is among the glyphs from one up to another, counted from the first of those.
    fn within(&self, from: usize, to: usize) -> Option<LinkedPart> {
        let (start, end) = (self.glyphs.start.max(from), self.glyphs.end.min(to));
        (start < end).then(|| LinkedPart { glyphs: start - from..end - from, ..self.clone() })
    }
}

/// The only place where a text becomes a cell.
#[allow(clippy::disallowed_methods, reason = "glyphs have passed the gate when they were made")]
fn set_symbol(buffer: &mut Buffer, x: u16, y: u16, cluster: &str, width: u16) {
    let forced = NonZeroU16::new(width).filter(|width| width.get() != cluster.cell_width());
    let cell = &mut buffer[(x, y)];
    cell.set_symbol(cluster);
    cell.set_diff_option(forced.map_or(CellDiffOption::None, CellDiffOption::ForcedWidth));
}

/// The picture of a control character, as a text.
fn picture(character: char) -> &'static str {
    const PICTURES: [&str; 33] = [
        "␀", "␁", "␂", "␃", "␄", "␅", "␆", "␇", "␈", "␉", "␊", "␋", "␌", "␍", "␎", "␏", "␐", "␑", "␒", "␓",
        "␔", "␕", "␖", "␗", "␘", "␙", "␚", "␛", "␜", "␝", "␞", "␟", "␡",
    ];
    match character {
        '\u{0}'..='\u{1F}' => PICTURES[character as usize],
        '\u{7F}' => PICTURES[32],
        '\u{2028}' | '\u{2029}' => "␤",
        _ => "\u{FFFD}",
    }
}

/// The stand-in of a character that would be seen as nothing, or as a blank that it is not, if it began a cluster.
fn invisible(base: char) -> Option<&'static str> {
    match base {
        '\u{AD}' => Some("-"),
        '\u{34F}'
        | '\u{115F}'
        | '\u{1160}'
        | '\u{17B4}'
        | '\u{17B5}'
        | '\u{200C}'
        | '\u{200D}'
        | '\u{3164}'
        | '\u{FFA0}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{13430}'..='\u{13440}'
        | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0100}'..='\u{E01EF}' => Some("⟨0⟩"),
        '\u{E0000}'..='\u{E007F}' => Some("⟨TAG⟩"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;

    fn shown(text: &str) -> String {
        Row::of(text, Style::new()).text
    }

    #[test]
    fn what_must_not_pass_becomes_visible() {
        assert_eq!(shown("a\u{1b}[2Jb\u{202e}c\u{0}"), "a␛b⟨RLO⟩c␀");
        assert_eq!(shown("\u{1b}]0;title\u{7}x"), "␛x");
        assert_eq!(shown("\u{301}a"), "◌\u{301}a");
        assert_eq!(shown("\u{fe0f}\u{200d}x\u{3164}"), "⟨0⟩x⟨0⟩");
        assert_eq!(shown("a\u{e0041}\u{e007f}b"), "a⟨0⟩b");
        assert_eq!(shown("\u{e0041}"), "⟨TAG⟩");
        assert_eq!(shown("soft\u{ad}hyphen"), "soft-hyphen");
        assert_eq!(
            shown("\u{13430}x\u{1bca0}\u{1d173}"),
            "⟨0⟩x⟨0⟩⟨0⟩",
            "controls of hieroglyphs, shorthand, music"
        );
    }

    #[test]
    fn honest_clusters_stay_whole() {
        for cluster in [
            "👨‍👩‍👧‍👦",
            "👩🏽‍❤️‍💋‍👨🏽",
            "🇩🇪",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            "z\u{308}",
            "❤️",
            "각",
        ] {
            assert_eq!(shown(cluster), cluster);
        }
        assert_eq!(Row::of("👨‍👩‍👧‍👦日a", Style::new()).width(), 5);
    }

    #[test]
    fn a_tower_of_marks_is_lowered() {
        assert_eq!(shown(&format!("a{}b", "\u{301}".repeat(200))), format!("a{}b", "\u{301}".repeat(8)));
        assert!(shown(&format!("{}x", "👨\u{200d}".repeat(30))).len() <= CLUSTER_BYTES_MAX + 4);
    }

    #[test]
    fn tabs_go_to_the_next_stop() {
        assert_eq!(shown("a\tb"), "a       b");
        assert_eq!(shown("日\t1234567\tb"), "日      1234567 b");
    }

    #[test]
    fn a_cut_falls_between_clusters() {
        let cut = |text: &str, width| Row::of(text, Style::new()).cut(width).text;
        assert_eq!(cut("abcd", 4), "abcd");
        assert_eq!(cut("abcde", 4), "abc…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("日本語", 1), "…");
        assert_eq!(cut("日本語", 0), "");
    }

    #[test]
    fn a_wide_character_never_straddles_the_edge() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 4, 1));
        let end = Row::of("a日本", Style::new()).draw(&mut buffer, 0, 0, 4);
        assert_eq!(end, 3);
        assert_eq!(buffer[(3, 0)].symbol(), " ");
        assert_eq!(Row::of("x", Style::new()).draw(&mut buffer, 9, 9, 20), 9);
    }
}

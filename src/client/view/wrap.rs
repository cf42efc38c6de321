//! A row of any length in rows of a width: broken at blanks, between the signs of scripts that write none, and, if a
//! word is too long, at the edge.

use super::glyph::Row;

/// What a glyph is to the breaking of rows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// A row may end in front of it, and it does not begin one.
    Blank,
    /// A row may end on either side of it: an ideograph, a kana.
    Ideograph,
    /// It belongs to what is before it: closing punctuation of those scripts.
    Closing,
    /// It belongs to what is after it.
    Opening,
    /// A part of a word.
    Word,
}

fn class(text: &str, width: u16) -> Class {
    let mut characters = text.chars();
    match characters.next() {
        Some('\u{A0}' | '\u{202F}') => Class::Word,
        Some(_) if width == 1 && characters.next().is_some() => Class::Word,
        Some(c) if c.is_whitespace() && characters.next().is_none() => Class::Blank,
        Some(
            '、' | '。' | '，' | '．' | '！' | '？' | '：' | '；' | '）' | '」' | '』' | '】' | '》' | '〉'
            | '〕' | 'ー' | '々' | 'っ' | 'ッ' | 'ゃ' | 'ゅ' | 'ょ' | 'ャ' | 'ュ' | 'ョ',
        ) => Class::Closing,
        Some('（' | '「' | '『' | '【' | '《' | '〈' | '〔') => Class::Opening,
        // Hangul is written with blanks; the wide signs that are no letters are emoji, which stay with their word.
        Some('가'..='힣') => Class::Word,
        Some(c) if width == 2 && c.is_alphabetic() => Class::Ideograph,
        _ => Class::Word,
    }
}

/// Whether a row may end between two glyphs.
fn may_break(before: Class, after: Class) -> bool {
    match (before, after) {
        (_, Class::Closing) | (Class::Opening, _) => after == Class::Blank,
        (_, Class::Blank) | (Class::Blank, _) => true,
        (Class::Ideograph | Class::Closing, _) | (_, Class::Ideograph | Class::Opening) => true,
        (Class::Word, Class::Word) => false,
    }
}

/// Breaks a row into rows of at most so many cells, at least one. Blanks at a break are dropped, those at the
/// beginning and within are kept.
pub(super) fn wrap(row: &Row, width: u16) -> Vec<Row> {
    let width = width.max(1);
    if row.width() <= width {
        return vec![row.clone()];
    }
    let glyphs: Vec<(Class, u16)> =
        row.glyphs().map(|(text, glyph)| (class(text, glyph.width), glyph.width)).collect();
    let mut rows = Vec::new();
    let mut start = 0;
    while start < glyphs.len() {
        let end = row_end(&glyphs, start, width);
        let mut trimmed = end;
        while trimmed > start && glyphs[trimmed - 1].0 == Class::Blank {
            trimmed -= 1;
        }
        rows.push(if end == glyphs.len() { row.slice(start, end) } else { row.slice(start, trimmed) });
        start = end;
        while start < glyphs.len() && glyphs[start].0 == Class::Blank {
            start += 1;
        }
    }
    // A glyph that is wider than the whole row cannot be drawn: its row is a mark that something is there.
    rows.into_iter().map(|row| if row.width() > width { row.cut(width) } else { row }).collect()
}

/// Where the row that starts at a glyph ends.
fn row_end(glyphs: &[(Class, u16)], start: usize, width: u16) -> usize {
    let mut used = 0;
    let mut edge = start;
    while edge < glyphs.len() && used + glyphs[edge].1 <= width {
        used += glyphs[edge].1;
        edge += 1;
    }
    if edge == glyphs.len() || glyphs[edge].0 == Class::Blank {
        return edge.max(start + 1);
    }
    let can_end = |at: usize| may_break(glyphs[at - 1].0, glyphs[at].0);
    let has_words = |at: usize| glyphs[start..at].iter().any(|(class, _)| *class != Class::Blank);
    let Some(end) = (start + 1..=edge).rev().find(|at| can_end(*at)).filter(|at| has_words(*at)) else {
        return edge.max(start + 1);
    };
    let next = (end + 1..glyphs.len()).find(|at| can_end(*at)).unwrap_or(glyphs.len());
    let sum = |range: &[(Class, u16)]| range.iter().map(|(_, width)| u32::from(*width)).sum::<u32>();
    let (word, left_empty) = (sum(&glyphs[end..next]), u32::from(width) - sum(&glyphs[start..end]));
    if word > u32::from(width) && left_empty * 3 > u32::from(width) { edge } else { end }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ratatui::style::Style;

    fn rows(text: &str, width: u16) -> Vec<String> {
        wrap(&Row::of(text, Style::new()), width).iter().map(|row| row.text().to_owned()).collect()
    }

    #[test]
    fn rows_end_at_blanks_and_inner_blanks_stay() {
        assert_eq!(rows("stations   2024: 29 and so on", 20), ["stations   2024: 29", "and so on"]);
        assert_eq!(rows("abc def", 3), ["abc", "def"]);
        assert_eq!(rows("abc  ", 3), ["abc"]);
        assert_eq!(rows("  abc def", 6), ["  abc", "def"]);
        assert_eq!(rows("", 5), [""]);
    }

    #[test]
    fn a_long_word_is_broken_at_the_edge_when_moving_it_would_leave_a_hole() {
        assert_eq!(rows("ab abcdefghijklmno", 9), ["ab abcdef", "ghijklmno"]);
        assert_eq!(rows("abcdef abcdefghijklmno", 9), ["abcdef", "abcdefghi", "jklmno"]);
        assert_eq!(rows("abcdef ghijklm", 9), ["abcdef", "ghijklm"]);
    }

    #[test]
    fn wide_characters_do_not_straddle_the_edge() {
        assert_eq!(rows("日本語日本", 5), ["日本", "語日", "本"]);
        assert_eq!(rows("日本", 1), ["…", "…"]);
        assert_eq!(rows("ab日本語", 5), ["ab日", "本語"]);
    }

    #[test]
    fn no_row_begins_with_a_closing_sign() {
        assert_eq!(rows("今日は、海", 6), ["今日", "は、海"]);
        assert_eq!(rows("今日（は）", 6), ["今日", "（は）"]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_row_is_too_wide(text in "[ -~日本、👩\u{200d}🔬\u{301}é]{0,80}", width in 2u16..40) {
            let whole = Row::of(&text, Style::new());
            let rows = wrap(&whole, width);
            prop_assert!(rows.iter().all(|row| row.width() <= width));
            let without_blanks = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
            let joined: String = rows.iter().map(Row::text).collect();
            prop_assert_eq!(without_blanks(&joined), without_blanks(whole.text()));
        }
    }
}

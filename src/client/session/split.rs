//! Long texts: cut into pieces that each fit a line.

use unicode_segmentation::UnicodeSegmentation;

/// Cuts a text into pieces of at most `room` bytes: between words, or between what a person sees as characters when
/// a word alone is longer. The blank between two pieces is left out. A text that fits is one piece.
pub fn split(text: &str, room: usize) -> Vec<&str> {
    let room = room.max(4);
    let mut pieces = Vec::new();
    let mut rest = text;
    while rest.len() > room {
        let most = rest.floor_char_boundary(room);
        let hard = last_border(rest, most);
        // A piece is not made much shorter than it could be for the sake of a word.
        match rest.as_bytes()[..(most + 1).min(rest.len())]
            .iter()
            .rposition(|b| *b == b' ')
            .filter(|at| *at >= room / 2)
        {
            Some(blank) => {
                pieces.push(&rest[..blank]);
                rest = &rest[blank + 1..];
            }
            None => {
                pieces.push(&rest[..hard]);
                rest = &rest[hard..];
            }
        }
    }
    if !rest.is_empty() || pieces.is_empty() {
        pieces.push(rest);
    }
    pieces
}

/// The last border between grapheme clusters that is not after `most`; `most` itself if a cluster alone is longer.
fn last_border(text: &str, most: usize) -> usize {
    let end = text.ceil_char_boundary((most + 64).min(text.len()));
    text[..end]
        .grapheme_indices(true)
        .map(|(at, _)| at)
        .take_while(|at| *at <= most)
        .last()
        .filter(|at| *at > 0)
        .unwrap_or(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_fit_and_nothing_but_blanks_is_lost() {
        let texts = [
            "a short one".to_owned(),
            "word ".repeat(300),
            "x".repeat(1_000),
            "日本語".repeat(200),
            "👩‍👩‍👧‍👦".repeat(100),
            format!("{} {}", "a".repeat(399), "b".repeat(399)),
            String::new(),
        ];
        for text in &texts {
            for room in [10, 40, 100, 399, 400, 401] {
                let pieces = split(text, room);
                assert!(pieces.iter().all(|piece| piece.len() <= room), "{room} {text}");
                assert_eq!(pieces.concat().replace(' ', ""), text.replace(' ', ""));
            }
        }
        assert_eq!(split("one two three", 8), ["one two", "three"]);
        let family = "👩‍👩‍👧‍👦".repeat(3);
        assert!(split(&family, 30).iter().all(|piece| piece.len() % 25 == 0));
    }
}

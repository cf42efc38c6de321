//! What a frame has put where, for the hand: a place of the screen and what a click there means. The view alone knows
//! it, so it reports it with each frame. Plain data.

use std::ops::Range;
use std::sync::Arc;

use super::entry::EntryId;

/// The letters by which links are chosen, those under the fingers first.
pub const HINTS: [char; 26] = [
    'a', 's', 'd', 'f', 'g', 'h', 'j', 'k', 'l', 'e', 'r', 'i', 'o', 'n', 'm', 'w', 'u', 'v', 'c', 'b', 't',
    'p', 'q', 'x', 'y', 'z',
];

/// What stands at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spot {
    /// The name of a room.
    Room(Box<str>),
    /// The name of somebody.
    Person(Arc<str>),
    /// The words of a message.
    Message(EntryId),
    /// A link, or a row of it.
    Link(Hyperlink),
    /// The row that leads to the live end.
    Live,
    /// The title of a channel.
    Title,
    /// This entry of the menu of a completion.
    Choice(usize),
    /// Something that lies over all that and means nothing itself.
    Cover,
}

/// A link on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hyperlink {
    /// Where it leads: visible ASCII alone ([`super::web::Target::uri`]).
    pub uri: Arc<str>,
    /// All rows of one link have the same, and no other link of the screen has it.
    pub id: (u64, u16),
}

/// A place: columns of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The row.
    pub row: u16,
    /// The columns.
    pub columns: Range<u16>,
}

/// All that can be touched. What was put last lies on top.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touch {
    spots: Vec<(Place, Spot)>,
}

impl Touch {
    /// Something stands in these columns of a row.
    pub fn put(&mut self, row: u16, columns: Range<u16>, spot: Spot) {
        if !columns.is_empty() {
            self.spots.push((Place { row, columns }, spot));
        }
    }

    /// What can be touched at a place.
    pub fn at(&self, column: u16, row: u16) -> Option<&Spot> {
        let here = |place: &Place| place.row == row && place.columns.contains(&column);
        self.spots.iter().rev().find(|(place, _)| here(place)).map(|(_, spot)| spot)
    }

    /// All of it, what lies below first.
    pub fn spots(&self) -> &[(Place, Spot)] {
        &self.spots
    }

    /// Adds all of another.
    pub fn extend(&mut self, other: &[(Place, Spot)]) {
        self.spots.extend_from_slice(other);
    }

    /// The links that can be seen, each with the place where it begins, from the top; the last of them if they are too many
    /// for the letters.
    pub fn hints(&self) -> Vec<(Place, Hyperlink)> {
        let mut hints: Vec<(Place, Hyperlink)> = Vec::new();
        for (place, spot) in &self.spots {
            if let Spot::Link(link) = spot
                && hints.iter().all(|(_, known)| known.id != link.id)
            {
                hints.push((place.clone(), link.clone()));
            }
        }
        hints.sort_by_key(|(place, _)| (place.row, place.columns.start));
        hints.split_off(hints.len().saturating_sub(HINTS.len()))
    }

    /// The links, with the columns of each that can still be seen: `is_seen` says it of a column and a row.
    pub fn links(&self, is_seen: impl Fn(u16, u16) -> bool) -> Vec<(Place, Hyperlink)> {
        let mut seen: Vec<(Place, Hyperlink)> = Vec::new();
        for (place, spot) in &self.spots {
            let Spot::Link(link) = spot else { continue };
            let mut from = place.columns.start;
            for column in place.columns.start..=place.columns.end {
                if column < place.columns.end && is_seen(column, place.row) {
                    continue;
                }
                if from < column {
                    seen.push((Place { row: place.row, columns: from..column }, link.clone()));
                }
                from = column + 1;
            }
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_last_lies_on_top() {
        let mut touch = Touch::default();
        touch.put(3, 5..9, Spot::Live);
        touch.put(3, 7..8, Spot::Cover);
        touch.put(3, 8..8, Spot::Choice(1));
        assert_eq!(
            [5, 6, 7, 8, 9].map(|column| touch.at(column, 3).cloned()),
            [Some(Spot::Live), Some(Spot::Live), Some(Spot::Cover), Some(Spot::Live), None]
        );
        assert_eq!(touch.at(5, 2), None);
    }

    #[test]
    fn a_link_that_is_half_covered_is_what_can_be_seen_of_it() {
        let mut touch = Touch::default();
        let link = Hyperlink { uri: "https://a.example".into(), id: (1, 0) };
        touch.put(0, 2..10, Spot::Link(link.clone()));
        let pieces = |touch: &Touch| -> Vec<Range<u16>> {
            touch
                .links(|column, _| !(4..6).contains(&column))
                .into_iter()
                .map(|(place, _)| place.columns)
                .collect()
        };
        assert_eq!(pieces(&touch), [2..4, 6..10]);
    }
}

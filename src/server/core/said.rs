//! Which lines have been said already, by the id that their sender gave them.
//!
//! A client whose connection broke before the echo does not know whether its line was heard. It says it again under the
//! same id, and the server takes it once: the second time it answers with the first one's echo. The id is 128 random bits,
//! so it needs no name beside it; a sender may well have had to come back under another nick.

use std::collections::{HashMap, VecDeque};

use crate::irc::line::Seq;
use crate::irc::message::Tags;
use crate::irc::{Line, Time};

/// The client tag that carries the id: 32 hexadecimal digits.
pub const ID_TAG: &str = "+chatui/id";

/// How many ids are remembered: some megabytes, and more than is said in the time that a client needs to come back.
pub const REMEMBERED_IDS: usize = 65_536;

/// The ids that were said last, each with the place of its line in the order.
#[derive(Debug, Default)]
pub struct Said {
    places: HashMap<u128, (Time, Seq)>,
    order: VecDeque<u128>,
}

/// The id among the tags of a line, if there is one.
pub fn id_of(tags: Tags<'_>) -> Option<u128> {
    let value = tags.get(ID_TAG)?;
    let whole = value.len() == 32 && value.bytes().all(|b| b.is_ascii_hexdigit());
    whole.then(|| u128::from_str_radix(&value, 16).ok())?
}

impl Said {
    /// Where the line with this id is in the order, if it has been said.
    pub fn place(&self, id: u128) -> Option<(Time, Seq)> {
        self.places.get(&id).copied()
    }

    /// A line with an id has been said.
    pub fn insert(&mut self, line: &Line) {
        let Some(id) = id_of(line.message().tags) else { return };
        if self.places.insert(id, (line.time(), line.seq())).is_none() {
            self.order.push_back(id);
        }
        if self.order.len() > REMEMBERED_IDS
            && let Some(oldest) = self.order.pop_front()
        {
            self.places.remove(&oldest);
        }
    }

    /// A line could not be kept: its id is free again.
    pub fn remove(&mut self, line: &Line) {
        let id = id_of(line.message().tags).filter(|id| self.place(*id) == Some((line.time(), line.seq())));
        if let Some(id) = id {
            self.places.remove(&id);
            self.order.retain(|other| *other != id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::irc::Draft;

    fn line(id: u128, seq: Seq) -> Line {
        let tags = format!("{ID_TAG}={id:032x}");
        Draft::new(&tags, "a!a@h", "PRIVMSG", &["#x", "hi"]).stamp(Time::from_millis(5), seq)
    }

    #[test]
    fn an_id_is_known_until_it_is_too_old_or_lost() {
        let mut said = Said::default();
        said.insert(&line(7, 1));
        assert_eq!(said.place(7), Some((Time::from_millis(5), 1)));
        said.remove(&line(7, 2));
        assert!(said.place(7).is_some(), "another line with this id was lost");
        said.remove(&line(7, 1));
        assert_eq!(said.place(7), None);
        for id in 0..=REMEMBERED_IDS as u128 {
            said.insert(&line(id, 1));
        }
        assert_eq!((said.place(0), said.order.len()), (None, REMEMBERED_IDS));
        assert!(said.place(1).is_some());
    }

    #[test]
    fn only_whole_ids_count() {
        assert_eq!(id_of(Tags("+chatui/id=12")), None);
        assert_eq!(id_of(Tags("+chatui/id=+0000000000000000000000000000001")), None);
        assert_eq!(id_of(Tags("+chatui/id=000000000000000000000000000000ff")), Some(255));
    }
}

//! Which lines have been said already, by the id that their sender gave them.
//!
//! A client whose connection broke before the echo does not know whether its line was heard. It says it again under the
//! same id, and the server takes it once: the second time it answers with the first one's echo. The id is 128 random bits,
//! so it is found without a name beside it; a sender may well have had to come back under another nick. But each
//! sender's ids have a limit of their own, so that nobody's flood pushes out another's.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::irc::line::Seq;
use crate::irc::message::Tags;
use crate::irc::{Line, Time, name};

/// The client tag that carries the id: 32 hexadecimal digits.
pub const ID_TAG: &str = "+chatui/id";

/// How many ids of one sender (a nick) are remembered: more than a client says before it hears an echo.
pub const IDS_OF_ONE: usize = 4_096;

/// How many ids are remembered in all: some tens of megabytes. Beyond it the oldest go, whosever they are.
pub const IDS: usize = 262_144;

/// The ids that were said last, each with the place of its line in the order.
#[derive(Debug, Default)]
pub struct Said {
    places: HashMap<u128, Place>,
    /// Of each sender, by folded nick, in the order in which they were said.
    senders: HashMap<Arc<str>, VecDeque<u128>>,
    /// All of them in that order, and some that are gone already.
    order: VecDeque<(Seq, u128)>,
}

/// Where a line is, and whose it is.
#[derive(Clone, Debug)]
struct Place {
    at: Time,
    seq: Seq,
    sender: Arc<str>,
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
        self.places.get(&id).map(|place| (place.at, place.seq))
    }

    /// A line has been said: if it is a message with an id, that is remembered. The first line with an id counts.
    pub fn insert(&mut self, line: &Line) {
        let message = line.message();
        let Some(id) = id_of(message.tags).filter(|id| !self.places.contains_key(id)) else { return };
        if !matches!(message.command, "PRIVMSG" | "NOTICE") {
            return;
        }
        let nick = name::fold(message.nick());
        let sender = match self.senders.get_key_value(&*nick) {
            Some((sender, _)) => Arc::clone(sender),
            None => Arc::from(&*nick),
        };
        self.places.insert(id, Place { at: line.time(), seq: line.seq(), sender: Arc::clone(&sender) });
        self.order.push_back((line.seq(), id));
        let ids = self.senders.entry(sender).or_default();
        ids.push_back(id);
        if ids.len() > IDS_OF_ONE
            && let Some(oldest) = ids.front().copied()
        {
            self.forget(oldest);
        }
        self.make_room();
    }

    /// A line could not be kept: its id is free again.
    pub fn remove(&mut self, line: &Line) {
        let id = id_of(line.message().tags).filter(|id| self.place(*id) == Some((line.time(), line.seq())));
        if let Some(id) = id {
            self.forget(id);
        }
    }

    fn forget(&mut self, id: u128) {
        let Some(Place { sender, .. }) = self.places.remove(&id) else { return };
        let Some(ids) = self.senders.get_mut(&sender) else { return };
        if ids.front() == Some(&id) {
            ids.pop_front();
        } else {
            ids.retain(|other| *other != id);
        }
        if ids.is_empty() {
            self.senders.remove(&sender);
        }
    }

    fn make_room(&mut self) {
        while self.places.len() > IDS {
            let Some((seq, id)) = self.order.pop_front() else { return };
            if self.places.get(&id).is_some_and(|place| place.seq == seq) {
                self.forget(id);
            }
        }
        if self.order.len() > 2 * IDS {
            let places = &self.places;
            self.order.retain(|(seq, id)| places.get(id).is_some_and(|place| place.seq == *seq));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::irc::Draft;

    fn line(nick: &str, id: u128, seq: Seq) -> Line {
        let tags = format!("{ID_TAG}={id:032x}");
        Draft::new(&tags, &format!("{nick}!a@h"), "PRIVMSG", &["#x", "hi"]).stamp(Time::from_millis(5), seq)
    }

    #[test]
    fn an_id_is_known_until_it_is_lost() {
        let mut said = Said::default();
        said.insert(&line("a", 7, 1));
        assert_eq!(said.place(7), Some((Time::from_millis(5), 1)));
        said.insert(&line("b", 7, 3));
        said.remove(&line("a", 7, 2));
        assert_eq!(
            said.place(7),
            Some((Time::from_millis(5), 1)),
            "the first line counts, and another was lost"
        );
        said.remove(&line("a", 7, 1));
        assert_eq!((said.place(7), said.senders.len()), (None, 0));
    }

    #[test]
    fn nobodys_flood_pushes_out_anothers_ids() {
        let mut said = Said::default();
        said.insert(&line("alice", 1, 1));
        for id in 2..3 * IDS as u128 {
            said.insert(&line(["Bob", "bob"][id as usize % 2], id, id as u64));
        }
        let newest = 3 * IDS as u128 - 1;
        assert!(said.place(1).is_some() && said.place(newest).is_some());
        assert_eq!(said.place(newest - IDS_OF_ONE as u128), None);
        assert!(said.place(newest + 1 - IDS_OF_ONE as u128).is_some());
        assert_eq!((said.places.len(), said.senders.len()), (IDS_OF_ONE + 1, 2));
        assert!(said.order.len() <= 2 * IDS);
    }

    #[test]
    fn a_crowd_of_senders_is_bounded_too() {
        let mut said = Said::default();
        for id in 0..IDS as u128 + 1000 {
            said.insert(&line(&format!("n{}", id / 10), id, id as u64));
        }
        assert_eq!((said.places.len(), said.senders.len()), (IDS, IDS.div_ceil(10)));
        assert_eq!((said.place(999), said.place(1000).is_some()), (None, true));
    }

    #[test]
    fn only_whole_ids_count() {
        assert_eq!(id_of(Tags("+chatui/id=12")), None);
        assert_eq!(id_of(Tags("+chatui/id=+0000000000000000000000000000001")), None);
        assert_eq!(id_of(Tags("+chatui/id=000000000000000000000000000000ff")), Some(255));
    }
}

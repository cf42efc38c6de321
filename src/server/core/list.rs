//! LIST and its filters ([LIST](https://modern.ircdocs.horse/#list-message)).

use crate::irc::name::mask_matches;
use crate::irc::numeric::*;
use crate::irc::{Message, Time};

use super::state::{Channel, Topic};
use super::{ConnId, Core};

/// One thing that LIST may ask of a channel (`ELIST=CMNTU`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filter<'a> {
    /// `mask`: one of these has to fit.
    Named(&'a str),
    /// `!mask`
    NotNamed(&'a str),
    /// `>n`: more members than this.
    More(usize),
    /// `<n`: fewer.
    Fewer(usize),
    /// `C<n`, `C>n`: made less, or more, than so many minutes ago.
    Made(Age),
    /// `T<n`, `T>n`: its topic was set then.
    Topic(Age),
}

/// How long ago something was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Age {
    /// Less than so many minutes.
    Below(u64),
    /// More than that.
    Above(u64),
}

impl Age {
    fn holds(self, at: Time, now: Time) -> bool {
        let seconds = now.since(at).as_secs();
        match self {
            Age::Below(minutes) => seconds < minutes.saturating_mul(60),
            Age::Above(minutes) => seconds > minutes.saturating_mul(60),
        }
    }
}

impl<'a> Filter<'a> {
    /// What a word asks for; nothing if its number is none.
    fn parse(word: &'a str) -> Option<Filter<'a>> {
        let age = |rest: &str| match rest.split_at_checked(1)? {
            ("<", minutes) => Some(Age::Below(minutes.parse().ok()?)),
            (">", minutes) => Some(Age::Above(minutes.parse().ok()?)),
            _ => None,
        };
        match word.split_at_checked(1) {
            Some(("!", mask)) => Some(Filter::NotNamed(mask)),
            Some((">", count)) => Some(Filter::More(count.parse().ok()?)),
            Some(("<", count)) => Some(Filter::Fewer(count.parse().ok()?)),
            Some(("C" | "c", rest)) => Some(Filter::Made(age(rest)?)),
            Some(("T" | "t", rest)) => Some(Filter::Topic(age(rest)?)),
            _ => Some(Filter::Named(word)),
        }
    }

    fn passes(self, place: &Channel, now: Time) -> bool {
        match self {
            Filter::Named(mask) => mask_matches(mask, &place.name),
            Filter::NotNamed(mask) => !mask_matches(mask, &place.name),
            Filter::More(count) => place.members.len() > count,
            Filter::Fewer(count) => place.members.len() < count,
            Filter::Made(age) => age.holds(place.created, now),
            Filter::Topic(age) => place.topic().is_some_and(|topic| age.holds(topic.line.time(), now)),
        }
    }
}

impl Core {
    pub(super) fn list(&mut self, id: ConnId, message: &Message<'_>) {
        let words = message.param(0).split(',').filter(|word| !word.is_empty());
        let filters: Vec<Filter<'_>> = words.filter_map(Filter::parse).collect();
        let (names, others): (Vec<Filter<'_>>, Vec<Filter<'_>>) =
            filters.into_iter().partition(|filter| matches!(filter, Filter::Named(_)));
        let now = self.now;
        let mut rows: Vec<(String, usize, Option<Topic>)> = self
            .state
            .channels()
            .filter(|(channel, place)| {
                self.may_see(id, *channel)
                    && (names.is_empty() || names.iter().any(|filter| filter.passes(place, now)))
                    && others.iter().all(|filter| filter.passes(place, now))
            })
            .map(|(_, place)| (place.name.clone(), place.members.len(), place.topic().cloned()))
            .collect();
        rows.sort_by(|one, other| one.0.cmp(&other.0));
        self.numeric(id, RPL_LISTSTART, &["Channel", "Users  Name"]);
        for (name, members, topic) in rows {
            let text = topic.as_ref().map_or("", |topic| topic.text.as_str());
            let line = topic.as_ref().map(|topic| &topic.line);
            self.numeric_of(id, RPL_LIST, &[&name, &members.to_string(), text], line);
        }
        self.numeric(id, RPL_LISTEND, &["End of /LIST"]);
    }
}

//! Looking for words in what was said: SEARCH
//! ([search](https://codeberg.org/emersion/soju/src/branch/master/doc/ext/search.md), capability `soju.im/search`).
//!
//! `SEARCH text=tide\stables;in=#harbour;from=marit;limit=20`: attributes written like tags. `text` is words, each of which
//! must be in a message, whatever the case of its letters; what stands between double quotes is one of them. `after` and
//! `before` are times and include what was said then; with `after` the first hits are told, else the last ones. Two
//! attributes are chatui's own: [`BEFORE`] and [`AFTER`].
//!
//! What anybody finds is what they could read anyway: messages of the channels that they are in. A channel that is not there
//! and one that they are not in are answered alike, and so are people: messages between two are not in the log.
//!
//! The work is not done here but by the thread that reads the log, which searches only so much for one question. Then the
//! batch says so, as one of CHATHISTORY does, by [`MORE_TAG`](super::history::MORE_TAG) with the id from which to ask on, or by
//! [`END_TAG`](super::history::END_TAG) if it has searched all.

use std::time::Duration;

use crate::irc::line::parse_msgid;
use crate::irc::message::Tags;
use crate::irc::name::{fold, is_channel_name};
use crate::irc::numeric::ERR_UNKNOWNCOMMAND;
use crate::irc::{Cap, Message, Time};

use super::config::{MAX_FOUND, MAX_WORDS, SEARCH_EVERY, SEARCHES_AT_ONCE};
use super::history::Of;
use super::register::shown_word;
use super::{ConnId, Core, Find, Lines, Output, Reference};

/// The kind of batch that the hits come in.
pub(super) const BATCH: &str = "soju.im/search";

/// The last hits before the message with this id, or the last ones of all (`*`), whatever else is asked for: so one who has
/// some goes on to older ones.
const BEFORE: &str = "chatui/before";

/// The first hits behind the message with this id.
const AFTER: &str = "chatui/after";

impl Core {
    pub(super) fn search(&mut self, id: ConnId, message: &Message<'_>) {
        let Some(connection) = self.state.connection(id) else { return };
        if !connection.caps.has(Cap::Search) {
            self.numeric(id, ERR_UNKNOWNCOMMAND, &["SEARCH", "Unknown command"]);
            return;
        }
        let find = match message.params.as_slice() {
            [attributes] => parse(Tags(attributes)),
            _ => Err(String::new()),
        };
        let (find, place) = match find {
            Ok(found) => found,
            Err(attribute) => {
                let shown = shown_word(&attribute);
                let context: &[&str] = if attribute.is_empty() { &[] } else { &[&shown] };
                self.fail(id, "SEARCH", "INVALID_PARAMS", context, "Invalid attributes");
                return;
            }
        };
        if let Some(wait) = self.wait_to_search(id) {
            let seconds = wait.as_millis().div_ceil(1000).to_string();
            self.fail(id, "SEARCH", "RATE_LIMITED", &[&seconds], "So many searches at once, wait a moment");
            return;
        }
        let find = Find { channels: self.searched(id, place.as_deref()), until: self.last, ..find };
        let mut playback = self.playback(id, Of::Search);
        playback.label = self.take_label(id);
        playback.asked = Some("SEARCH".to_owned());
        let lines = Lines::Sought(Box::new(find));
        self.after_label(Output::Page { to: id, lines, playback: Box::new(playback) });
    }

    /// Where somebody may look: in the channels that they are in, or in this one of them.
    fn searched(&self, id: ConnId, place: Option<&str>) -> Vec<String> {
        let Some(connection) = self.state.connection(id) else { return Vec::new() };
        let only = match place {
            None => None,
            Some(name) => match self.state.channel_id(name).filter(|_| is_channel_name(name)) {
                Some(channel) => Some(channel),
                None => return Vec::new(),
            },
        };
        let inside = connection.channels.iter().map(|(channel, _)| *channel);
        inside
            .filter(|channel| only.is_none_or(|only| only == *channel))
            .filter_map(|channel| self.state.channel(channel))
            .map(|channel| fold(&channel.name).into_owned())
            .collect()
    }

    /// How long this connection has to wait before it may search again; nothing, if it may, and then it has.
    fn wait_to_search(&mut self, id: ConnId) -> Option<Duration> {
        let now = self.now;
        let connection = self.state.connection_mut(id)?;
        let due = connection.searched.max(now) + SEARCH_EVERY;
        let allowed = now + SEARCH_EVERY * SEARCHES_AT_ONCE;
        if due > allowed {
            return Some(due.since(allowed));
        }
        connection.searched = due;
        None
    }
}

/// What is asked for, and where if that is said.
///
/// # Errors
/// The attribute that is none, or whose value makes no sense.
fn parse(attributes: Tags<'_>) -> Result<(Find, Option<String>), String> {
    let mut find = Find { limit: MAX_FOUND, ..Find::default() };
    let (mut place, mut times, mut own) = (None, (None, None), (None, None));
    for (key, _) in attributes.iter_raw() {
        let value = attributes.get(key).unwrap_or_default();
        let sensible = match key {
            "in" => {
                place = Some(value.into_owned());
                true
            }
            "from" => {
                find.from = Some(value.into_owned());
                true
            }
            "text" => {
                find.words = words(&value);
                find.words.len() <= MAX_WORDS
            }
            "limit" => value.parse::<usize>().map(|limit| find.limit = limit.min(MAX_FOUND)).is_ok(),
            "after" => time(&value).map(|at| times.0 = Some(at)).is_some(),
            "before" => time(&value).map(|at| times.1 = Some(at)).is_some(),
            AFTER => line(&value).map(|at| own.0 = Some(at)).is_some(),
            BEFORE if value == "*" => {
                own.1 = Some(None);
                true
            }
            BEFORE => line(&value).map(|at| own.1 = Some(Some(at))).is_some(),
            _ => false,
        };
        if !sensible {
            return Err(key.to_owned());
        }
    }
    find.forwards = own.1.is_none() && (own.0.is_some() || times.0.is_some());
    find.after = later(times.0, own.0);
    find.before = earlier(times.1, own.1.flatten());
    Ok((find, place))
}

/// The later one of two places to begin behind; both say no more than it alone.
fn later(time: Option<Reference>, line: Option<Reference>) -> Option<Reference> {
    match (time, line) {
        (Some(Reference::Time(at)), Some(Reference::Line(known, _))) if at > known => time,
        (time, line) => line.or(time),
    }
}

/// The earlier one of two places to end at.
fn earlier(time: Option<Reference>, line: Option<Reference>) -> Option<Reference> {
    match (time, line) {
        (Some(Reference::Time(at)), Some(Reference::Line(known, _))) if at < known => time,
        (time, line) => line.or(time),
    }
}

fn time(value: &str) -> Option<Reference> {
    Time::parse(value).map(Reference::Time)
}

fn line(id: &str) -> Option<Reference> {
    parse_msgid(id).map(|(at, seq)| Reference::Line(at, seq))
}

/// The words of a text: what is between blanks, or between double quotes.
fn words(text: &str) -> Vec<String> {
    let parts = text.split('"').enumerate();
    let words = parts.flat_map(|(n, part)| {
        let quoted = n % 2 == 1;
        let whole = quoted.then_some(part);
        let single = (!quoted).then(|| part.split_whitespace());
        whole.into_iter().chain(single.into_iter().flatten())
    });
    words.filter(|word| !word.trim().is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_is_between_blanks_or_quotes() {
        assert_eq!(words("tide  tables"), ["tide", "tables"]);
        assert_eq!(words("\"tide tables\" north"), ["tide tables", "north"]);
        assert_eq!(words("north \"tide ta"), ["north", "tide ta"]);
        assert_eq!(words(" \"\" \" \" "), Vec::<String>::new());
    }

    #[test]
    fn of_a_time_and_a_line_the_narrower_holds() {
        let time = |millis| Some(Reference::Time(Time::from_millis(millis)));
        let line = |millis| Some(Reference::Line(Time::from_millis(millis), 7));
        assert_eq!((later(None, None), later(time(5), None), later(None, line(5))), (None, time(5), line(5)));
        assert_eq!(
            (later(time(6), line(5)), later(time(5), line(5)), later(time(4), line(5))),
            (time(6), line(5), line(5))
        );
        assert_eq!(
            (earlier(None, None), earlier(time(5), None), earlier(None, line(5))),
            (None, time(5), line(5))
        );
        assert_eq!(
            (earlier(time(4), line(5)), earlier(time(5), line(5)), earlier(time(6), line(5))),
            (time(4), line(5), line(5))
        );
    }

    #[test]
    fn the_direction_is_the_specs_unless_asked_for_otherwise() {
        let parsed = |text: &str| parse(Tags(text)).map(|(find, _)| (find.forwards, find.after, find.before));
        let time = |text: &str| Some(Reference::Time(Time::parse(text).unwrap()));
        let (early, late) = ("2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z");
        assert_eq!(parsed("text=a"), Ok((false, None, None)));
        assert_eq!(parsed(&format!("before={late}")), Ok((false, None, time(late))));
        assert_eq!(parsed(&format!("after={early};before={late}")), Ok((true, time(early), time(late))));
        assert_eq!(parsed(&format!("after={early};chatui/before=*")), Ok((false, time(early), None)));
        for bad in ["txet=a", "limit=x", "limit=-1", "after=monday", "chatui/before=7", "chatui/after=*"] {
            let key = bad.split('=').next().unwrap();
            assert_eq!(parsed(bad), Err(key.to_owned()));
        }
    }
}

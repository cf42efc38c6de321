//! What was said before: the replay at JOIN, and CHATHISTORY
//! ([chathistory](https://ircv3.net/specs/extensions/chathistory)).
//!
//! The channel's recent lines answer nearly everything; what is older becomes an [`Output::Page`].

use std::collections::VecDeque;

use bytes::{BufMut, BytesMut};

use crate::irc::line::{Pieces, msgid, parse_msgid};
use crate::irc::message::{action, ctcp, push_tag};
use crate::irc::name::{fold, is_channel_name};
use crate::irc::{Cap, Line, Message, Time};

use super::config::MAX_HISTORY;
use super::register::shown_word;
use super::state::ChanId;
use super::{ConnId, Core, Form, Item, Lines, Output, Query, Reference, Rest, Which};

/// The tag of a batch beyond which nothing lies in the direction asked for
/// ([chathistory](https://ircv3.net/specs/extensions/chathistory)).
pub const END_TAG: &str = "draft/chathistory-end";

/// The tag of a batch that is shorter than was asked for although there may be more: only so much is searched for one
/// request. Its value is a message id; whoever wants the rest asks again from there (`BEFORE` it after LATEST or BEFORE,
/// `AFTER` it after AFTER, and in the place of the first reference of BETWEEN).
pub const MORE_TAG: &str = "chatui/history-more";

/// What stands where the log is damaged.
const DAMAGED: &str = "Something is missing here: the server's log is damaged in this place";

/// What is said of history that cannot be had, whatever the reason.
const NOT_RETRIEVED: &str = "Messages could not be retrieved";

/// What is said of a search that cannot be made, whatever the reason.
const NOT_SEARCHED: &str = "The log could not be searched";

/// What a piece of history is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Of {
    /// A channel, as it is written.
    Channel(String),
    /// What was looked for, wherever it was said.
    Search,
}

/// How a piece of history is written for one connection.
#[derive(Clone, Debug)]
pub struct Playback {
    /// The form it reads.
    pub form: Form,
    /// The server's name.
    pub server: String,
    /// What it is of.
    pub of: Of,
    /// The batch it comes in, for those who know batches.
    pub batch: Option<String>,
    /// The command that asked for it, or the subcommand of CHATHISTORY; none at a JOIN.
    pub asked: Option<String>,
    /// The label of the command that asked for it.
    pub label: Option<String>,
    /// When it is written: a time in front of an old text has a date, if it is not of today.
    pub now: Time,
}

impl Playback {
    /// Remembered lines, oldest first, as whole bytes for the connection.
    pub fn lines(&self, lines: &[Line], rest: Rest) -> BytesMut {
        self.bytes(lines.iter().map(|line| Item::Line(line.pieces())), rest)
    }

    /// What is on a page, oldest first, as whole bytes for the connection.
    pub fn bytes<'a>(&self, items: impl IntoIterator<Item = Item<'a>>, rest: Rest) -> BytesMut {
        let mut out = BytesMut::new();
        let server = &self.server;
        let mut tag = String::new();
        if let Some(batch) = &self.batch {
            let tags = self.batch_tags(rest);
            let kind = match &self.of {
                Of::Channel(channel) => format!("chathistory {channel}"),
                Of::Search => super::search::BATCH.to_owned(),
            };
            out.put_slice(format!("{tags}:{server} BATCH +{batch} {kind}\r\n").as_bytes());
            tag = format!("batch={batch}");
        }
        // A gap has the time of the line before it, or else of the one behind it: so it stays in its place.
        let (mut last, mut gap) = (None, false);
        for item in items {
            match (item, last) {
                (Item::Gap, Some(at)) => self.put_gap(at, &tag, &mut out),
                (Item::Gap, None) => gap = true,
                (Item::Line(line), _) => {
                    if std::mem::take(&mut gap) {
                        self.put_gap(line.time(), &tag, &mut out);
                    }
                    last = Some(line.time());
                    let text = line.message().param(1);
                    if self.batch.is_none() && ctcp(text).is_some() && action(text).is_none() {
                        // Without a batch it looks like a question of now, and a client would answer it.
                        continue;
                    }
                    if self.batch.is_some() || matches!(self.form, Form::Time | Form::Full) {
                        self.form.put_pieces(line, &tag, &mut out);
                    } else {
                        self.put_alone(line, &mut out);
                    }
                }
            }
        }
        if gap {
            self.put_gap(self.now, &tag, &mut out);
        }
        if let Some(batch) = &self.batch {
            out.put_slice(format!(":{server} BATCH -{batch}\r\n").as_bytes());
        }
        out
    }

    /// The tags of the line that begins the batch: the label, and for those who asked and read tags what lies beyond the
    /// page.
    fn batch_tags(&self, rest: Rest) -> String {
        let mut tags = self.label.as_ref().map(|label| format!("label={label}")).unwrap_or_default();
        if self.asked.is_some() && self.form.has_tags() {
            match rest {
                Rest::Open => {}
                Rest::End => push_tag(&mut tags, END_TAG, ""),
                Rest::From(at, seq) => {
                    push_tag(&mut tags, MORE_TAG, &String::from_utf8_lossy(&msgid(at, seq)));
                }
            }
        }
        if tags.is_empty() { tags } else { format!("@{tags} ") }
    }

    /// Says that something is missing.
    fn put_gap(&self, at: Time, tag: &str, out: &mut BytesMut) {
        // A search has no place in which something could be missing.
        let Of::Channel(channel) = &self.of else { return };
        let mut tags = tag.to_owned();
        if matches!(self.form, Form::Time | Form::Full) {
            push_tag(&mut tags, "time", &at.to_string());
        }
        if !tags.is_empty() {
            out.put_slice(format!("@{tags} ").as_bytes());
        }
        crate::irc::line::put_untagged(out, &self.server, "NOTICE", &[channel, DAMAGED]);
    }

    /// What is said instead of the page when it cannot be read. Who only joins is told nothing.
    pub fn failure(&self) -> BytesMut {
        let mut out = BytesMut::new();
        if let Some(asked) = &self.asked {
            if let Some(label) = &self.label {
                out.put_slice(format!("@label={label} ").as_bytes());
            }
            let params: &[&str] = match &self.of {
                Of::Channel(channel) => &["CHATHISTORY", "MESSAGE_ERROR", asked, channel, NOT_RETRIEVED],
                Of::Search => &[asked, "INTERNAL_ERROR", NOT_SEARCHED],
            };
            crate::irc::line::put_untagged(&mut out, &self.server, "FAIL", params);
        }
        out
    }

    /// A line for somebody who reads neither batches nor times: the time stands in the text.
    fn put_alone(&self, line: Pieces<'_>, out: &mut BytesMut) {
        let message = line.message();
        let (at, today) = (line.time().utc(), self.now.utc());
        let time = if at.date_naive() == today.date_naive() {
            at.format("[%H:%M]")
        } else {
            at.format("[%Y-%m-%d %H:%M]")
        };
        let text = match action(message.param(1)) {
            Some(words) => format!("\u{1}ACTION {time} {words}\u{1}"),
            None => format!("{time} {}", message.param(1)),
        };
        let source = message.source.unwrap_or_default();
        crate::irc::line::put_untagged(out, source, message.command, &[message.param(0), &text]);
    }
}

impl Core {
    /// The last lines to a newcomer: as a batch, as timed lines, or as plain ones. Who can ask asks for himself.
    pub(super) fn replay(&mut self, channel: ChanId, id: ConnId) {
        let (Some(place), Some(connection)) = (self.state.channel(channel), self.state.connection(id)) else {
            return;
        };
        let nothing = place.recent.lines().is_empty() && !place.older;
        if connection.caps.has(Cap::Chathistory) || nothing || self.config.history == 0 {
            return;
        }
        let limit = self.config.history;
        self.answer(id, channel, Which::Latest(None), limit, None);
    }

    pub(super) fn playback(&mut self, id: ConnId, of: Of) -> Playback {
        let connection = self.state.connection(id);
        let caps = connection.map(|connection| connection.caps).unwrap_or_default();
        let form = connection.map(super::connection::Connection::form).unwrap_or_default();
        let batch = caps.has(Cap::Batch).then(|| self.next_batch());
        Playback {
            form,
            server: self.config.name.clone(),
            of,
            batch,
            asked: None,
            label: None,
            now: self.now,
        }
    }

    pub(super) fn chathistory(&mut self, id: ConnId, message: &Message<'_>) {
        let verb = message.param(0).to_ascii_uppercase();
        if verb == "TARGETS" {
            self.history_targets(id, message);
            return;
        }
        let target = message.param(1);
        let count = if verb == "BETWEEN" { 4 } else { 3 };
        let limit = message.param(count).parse::<usize>().ok();
        let shown = shown_word(target);
        let references: Result<Vec<Option<Reference>>, &str> =
            message.params.iter().skip(2).take(count - 2).map(reference).collect();
        let references = match references {
            Ok(references) => references,
            Err(code) => {
                let verb = shown_word(&verb);
                // Of a reference that is no reference at all there is nothing more to say.
                let context: &[&str] = if code == "INVALID_PARAMS" { &[&verb] } else { &[&verb, &shown] };
                self.fail(id, "CHATHISTORY", code, context, "Not a timestamp= or a msgid=");
                return;
            }
        };
        let first = references.first().copied().flatten();
        let second = references.get(1).copied().flatten();
        let which = match (verb.as_str(), first, second) {
            ("LATEST", reference, _) => Some(Which::Latest(reference)),
            ("BEFORE", Some(reference), _) => Some(Which::Before(reference)),
            ("AFTER", Some(reference), _) => Some(Which::After(reference)),
            ("AROUND", Some(reference), _) => Some(Which::Around(reference)),
            ("BETWEEN", Some(one), Some(other)) => Some(Which::Between(one, other)),
            _ => None,
        };
        let (Some(which), Some(limit), false) = (which, limit, message.params.len() <= count) else {
            self.fail(
                id,
                "CHATHISTORY",
                "INVALID_PARAMS",
                &[&shown_word(&verb)],
                "Invalid or missing parameters",
            );
            return;
        };
        let inside = self.state.channel_id(target).filter(|channel| {
            is_channel_name(target) && self.state.connection(id).is_some_and(|c| c.status(*channel).is_some())
        });
        let Some(channel) = inside else {
            // The same answer whether there is such a channel or not.
            let context = [&*shown_word(&verb), &*shown];
            self.fail(id, "CHATHISTORY", "INVALID_TARGET", &context, NOT_RETRIEVED);
            return;
        };
        self.answer(id, channel, which, limit.min(MAX_HISTORY), Some(&verb));
    }

    /// `asked` is the subcommand of CHATHISTORY; none at a JOIN.
    fn answer(&mut self, id: ConnId, channel: ChanId, which: Which, limit: usize, asked: Option<&str>) {
        let name = self.state.channel(channel).map(|place| place.name.clone()).unwrap_or_default();
        let mut playback = self.playback(id, Of::Channel(name));
        // The batch of the page is the whole answer to CHATHISTORY, so it carries the label itself; at a JOIN it is a
        // part of the answer, and comes after it.
        playback.label = asked.and_then(|_| self.take_label(id));
        playback.asked = asked.map(str::to_owned);
        // Outside a batch an event of the past could be taken for one of now.
        let caps = self.state.connection(id).map(|connection| connection.caps).unwrap_or_default();
        let events = asked.is_some() && caps.has(Cap::EventPlayback) && caps.has(Cap::Batch);
        let Some(place) = self.state.channel(channel) else { return };
        // Messages alone are remembered here.
        let recent = from_recent(place.recent.lines(), place.older, which, limit).filter(|_| !events);
        let channel = fold(&place.name).into_owned();
        let query = Query { channel, which, limit, events, until: self.last };
        let lines = match recent {
            Some(lines) => {
                // Of two directions one word says nothing.
                let end = lines.len() < limit && !matches!(which, Which::Around(_));
                let rest = if end { Rest::End } else { Rest::Open };
                Lines::Recent { lines: lines.into_iter().cloned().collect(), rest, query }
            }
            None => Lines::Asked(query),
        };
        self.after_label(Output::Page { to: id, lines, playback: Box::new(playback) });
    }

    /// Which of one's channels had messages between two times, and when the last one was.
    fn history_targets(&mut self, id: ConnId, message: &Message<'_>) {
        let times = (reference(message.param(1)), reference(message.param(2)));
        let limit = message.param(3).parse::<usize>().ok();
        let (Ok(Some(Reference::Time(one))), Ok(Some(Reference::Time(other))), Some(limit)) =
            (times.0, times.1, limit)
        else {
            self.fail(id, "CHATHISTORY", "INVALID_PARAMS", &["TARGETS"], "Invalid or missing parameters");
            return;
        };
        let (from, to) = (one.min(other), one.max(other));
        let Some(connection) = self.state.connection(id) else { return };
        let mut targets: Vec<(Time, String)> = connection
            .channels
            .iter()
            .filter_map(|(channel, _)| self.state.channel(*channel))
            .filter_map(|place| Some((place.recent.lines().back()?.time(), place.name.clone())))
            .filter(|(at, _)| *at > from && *at < to)
            .collect();
        targets.sort();
        targets.truncate(limit.min(MAX_HISTORY));
        let server = self.config.name.clone();
        let batch = self.next_batch();
        self.raw(id, &format!(":{server} BATCH +{batch} draft/chathistory-targets"));
        for (at, name) in targets {
            self.raw(id, &format!("@batch={batch} :{server} CHATHISTORY TARGETS {name} {at}"));
        }
        self.raw(id, &format!(":{server} BATCH -{batch}"));
    }
}

/// A reference as it is written: `*`, `timestamp=…` or `msgid=…`.
fn reference(text: &str) -> Result<Option<Reference>, &'static str> {
    if text == "*" {
        return Ok(None);
    }
    match text.split_once('=') {
        Some(("timestamp", stamp)) => {
            Time::parse(stamp).map(|at| Some(Reference::Time(at))).ok_or("INVALID_PARAMS")
        }
        // What no server gives out as an id is none.
        Some(("msgid", id)) if !id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) => {
            Err("INVALID_PARAMS")
        }
        Some(("msgid", id)) => {
            // An id that is none of ours is before everything: nothing is found for it, and nothing is wrong.
            let (at, seq) = parse_msgid(id).unwrap_or_default();
            Ok(Some(Reference::Line(at, seq)))
        }
        Some(_) => Err("INVALID_MSGREFTYPE"),
        None => Err("INVALID_PARAMS"),
    }
}

/// Where a line lies seen from a reference.
fn order(line: &Line, reference: Reference) -> std::cmp::Ordering {
    match reference {
        Reference::Time(at) => line.time().cmp(&at),
        Reference::Line(at, seq) => (line.time(), line.seq()).cmp(&(at, seq)),
    }
}

/// The answer out of the recent lines, if they surely hold all of it; `None` if older lines may belong to it.
fn from_recent(recent: &VecDeque<Line>, older: bool, which: Which, limit: usize) -> Option<Vec<&Line>> {
    let all = !older;
    let covers =
        |reference: Reference| all || recent.front().is_some_and(|first| order(first, reference).is_lt());
    let after = |reference: Reference| recent.iter().filter(move |line| order(line, reference).is_gt());
    let before = |reference: Reference| recent.iter().filter(move |line| order(line, reference).is_lt());
    match which {
        Which::Latest(None) => (all || recent.len() >= limit)
            .then(|| recent.iter().skip(recent.len().saturating_sub(limit)).collect()),
        Which::Latest(Some(reference)) => {
            let lines: Vec<&Line> = after(reference).collect();
            (covers(reference) || lines.len() >= limit).then(|| last(lines, limit))
        }
        Which::Before(reference) => {
            let lines: Vec<&Line> = before(reference).collect();
            (all || lines.len() >= limit).then(|| last(lines, limit))
        }
        Which::After(reference) => covers(reference).then(|| after(reference).take(limit).collect()),
        Which::Around(reference) => {
            let older: Vec<&Line> = before(reference).collect();
            let half = limit / 2;
            if !(all || older.len() >= half && covers(reference)) {
                return None;
            }
            let from = older.len().saturating_sub(half);
            Some(recent.iter().skip(from).take(limit).collect())
        }
        Which::Between(one, other) => {
            let (from, to, backwards) =
                if precedes(one, other) { (one, other, false) } else { (other, one, true) };
            if !covers(from) {
                return None;
            }
            let lines: Vec<&Line> = after(from).filter(|line| order(line, to).is_lt()).collect();
            let skip = if backwards { lines.len().saturating_sub(limit) } else { 0 };
            Some(lines.into_iter().skip(skip).take(limit).collect())
        }
    }
}

/// The last of some lines.
fn last(mut lines: Vec<&Line>, limit: usize) -> Vec<&Line> {
    lines.drain(..lines.len().saturating_sub(limit));
    lines
}

fn precedes(one: Reference, other: Reference) -> bool {
    let key = |reference| match reference {
        Reference::Time(at) => (at, 0),
        Reference::Line(at, seq) => (at, seq),
    };
    key(one) <= key(other)
}

//! A line of the log as people read it and as programs read it, and back.

use std::collections::BTreeMap;
use std::fmt::Write;

use chatui::irc::line::{Seq, parse_msgid};
use chatui::irc::message::{self, PLACES_TAG, Tags};
use chatui::irc::name::{Source, is_channel, is_nick};
use chatui::irc::text::{self, Shown};
use chatui::irc::{Draft, Line, MAX_CLIENT_TAGS, Message, Time};
use chrono::{Local, TimeZone};
use serde::{Deserialize, Serialize};

/// Whom a text is of if it does not say more than the nick.
const UNKNOWN: &str = "imported";

/// A line for people, with the time on the clock of this place: nothing in it can play tricks on a terminal.
pub fn readable(line: &Line) -> String {
    let millis = i64::try_from(line.time().millis()).unwrap_or(i64::MAX);
    let time = Local.timestamp_millis_opt(millis).earliest().unwrap_or_default();
    told(line, &time.format("%Y-%m-%d %H:%M:%S").to_string())
}

/// The same with the whole time in UTC: what [`taken`] reads.
pub fn text(line: &Line) -> String {
    told(line, &line.time().to_string())
}

fn told(line: &Line, time: &str) -> String {
    let message = line.message();
    let nick = message.nick();
    let (place, words) = (message.param(0), message.param(1));
    let said = match message.command {
        "PRIVMSG" => match message::action(words) {
            Some(deed) => format!("* {nick} {deed}"),
            None => format!("<{nick}> {words}"),
        },
        "NOTICE" => format!("-{nick}- {words}"),
        "TOPIC" => format!("-- {nick} set the topic: {words}"),
        "JOIN" => format!("-- {nick} joined"),
        "PART" => format!("-- {nick} left{}", reason(words)),
        "QUIT" => format!("-- {nick} quit{}", reason(place)),
        "NICK" => format!("-- {nick} is now {place}"),
        "KICK" => format!("-- {nick} put {words} out{}", reason(message.param(2))),
        other => {
            let rest: Vec<&str> = message.params.iter().skip(1).collect();
            format!("-- {nick} {} {}", other.to_lowercase(), rest.join(" "))
        }
    };
    let place = if place.starts_with('#') { place } else { "*" };
    text::plain(&format!("{time} {place} {said}"))
}

fn reason(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!(" ({words})") }
}

/// A line as a JSON object.
#[derive(Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    time: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    msgid: Option<String>,
    source: String,
    command: String,
    params: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<String, String>,
}

/// A line for programs: one JSON object, in which every character that does not belong on a terminal is written as a
/// number.
pub fn json(line: &Line) -> String {
    let message = line.message();
    let entry = Entry {
        time: line.time().to_string(),
        msgid: Some(line.msgid().to_owned()),
        source: message.source.unwrap_or_default().to_owned(),
        command: message.command.to_owned(),
        params: message.params.iter().map(str::to_owned).collect(),
        tags: Tags(line.sender_tags())
            .iter_raw()
            .map(|(key, raw)| (key.to_owned(), message::unescape(raw).into_owned()))
            .collect(),
    };
    // An object of texts can always be written.
    let plain = serde_json::to_string(&entry).unwrap_or_default();
    if plain.chars().all(|c| matches!(text::shown(c), Shown::Plain(_))) {
        return plain;
    }
    let mut out = String::with_capacity(plain.len() + 16);
    for c in plain.chars() {
        if matches!(text::shown(c), Shown::Plain(_)) {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

/// A line that is to be taken into a log.
#[derive(Debug)]
pub struct Taken {
    /// When it was said.
    pub time: Time,
    /// The number that it had in the log it comes from.
    pub seq: Option<Seq>,
    /// The line.
    pub draft: Draft,
}

/// Reads a line in either form.
///
/// # Errors
/// Why it is left out, in a few words that hold nothing of it.
pub fn taken(told: &str) -> Result<Taken, &'static str> {
    if told.starts_with('{') { from_json(told) } else { from_text(told) }
}

fn from_json(told: &str) -> Result<Taken, &'static str> {
    let entry: Entry = serde_json::from_str(told).map_err(|_| "not an object as export writes them")?;
    let time = Time::parse(&entry.time).ok_or("not a time")?;
    let seq = entry.msgid.as_deref().and_then(parse_msgid).filter(|(at, _)| *at == time).map(|(_, seq)| seq);
    let mut tags = String::new();
    // The log's own tag stands in front of the sender's.
    let (noted, own): (Vec<_>, Vec<_>) = entry.tags.iter().partition(|(key, _)| *key == PLACES_TAG);
    for (key, value) in noted.into_iter().chain(own) {
        let valid = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'/');
        let noted = key == PLACES_TAG && matches!(entry.command.as_str(), "NICK" | "QUIT");
        if noted && !value.split(',').all(is_channel) {
            return Err("not names of channels");
        }
        if !noted && !key.strip_prefix('+').is_some_and(|key| !key.is_empty() && key.bytes().all(valid)) {
            return Err("not a client tag");
        }
        message::push_tag(&mut tags, key, value);
    }
    if tags.len() > MAX_CLIENT_TAGS {
        return Err("too many tags");
    }
    let params: Vec<&str> = entry.params.iter().map(String::as_str).collect();
    let draft = draft(&tags, &entry.source, &entry.command, &params)?;
    Ok(Taken { time, seq, draft })
}

fn from_text(told: &str) -> Result<Taken, &'static str> {
    const NOT_ONE: &str = "not a line as export writes them";
    let (time, rest) = told.split_once(' ').ok_or(NOT_ONE)?;
    let time = Time::parse(time).ok_or("not a time")?;
    let (channel, rest) = rest.split_once(' ').ok_or(NOT_ONE)?;
    let (nick, command, words) = if let Some(rest) = rest.strip_prefix('<') {
        let (nick, words) = rest.split_once("> ").ok_or(NOT_ONE)?;
        (nick, "PRIVMSG", words.to_owned())
    } else if let Some(rest) = rest.strip_prefix("* ") {
        let (nick, deed) = rest.split_once(' ').ok_or(NOT_ONE)?;
        (nick, "PRIVMSG", format!("\u{1}ACTION {deed}\u{1}"))
    } else if let Some(rest) = rest.strip_prefix("-- ") {
        let (nick, topic) = rest.split_once(" set the topic: ").ok_or("neither a message nor a topic")?;
        (nick, "TOPIC", topic.to_owned())
    } else {
        let (nick, words) = rest.strip_prefix('-').and_then(|rest| rest.split_once("- ")).ok_or(NOT_ONE)?;
        (nick, "NOTICE", words.to_owned())
    };
    if words.is_empty() && command != "TOPIC" {
        return Err("an empty message");
    }
    let draft = draft("", &format!("{nick}!{UNKNOWN}@{UNKNOWN}"), command, &[channel, &words])?;
    Ok(Taken { time, seq: None, draft })
}

/// The line, if it is one that a server would have kept.
fn draft(tags: &str, source: &str, command: &str, params: &[&str]) -> Result<Draft, &'static str> {
    let first = params.first().copied().unwrap_or_default();
    let count = params.len();
    let good = match command {
        "PRIVMSG" | "NOTICE" | "TOPIC" => count == 2 && is_channel(first),
        "JOIN" => count == 1 && is_channel(first),
        "PART" => count <= 2 && is_channel(first),
        "KICK" => (2..=3).contains(&count) && is_channel(first),
        "MODE" => count >= 2 && is_channel(first),
        "NICK" => count == 1 && is_nick(first),
        "QUIT" => count <= 1,
        _ => return Err("not a command that is kept"),
    };
    if !good {
        return Err("not the params of its command");
    }
    if !is_nick(Source::split(source).nick) || !source.chars().all(|c| text::is_plain(c) && c != ' ') {
        return Err("not a source");
    }
    let draft = Draft::new(tags, source, command, params);
    let whole = draft.message().is_some_and(|message: Message<'_>| {
        let found = message.params.as_slice();
        // The last one may have been cut to what a line holds.
        found.len() == count
            && found.iter().zip(params).enumerate().all(|(n, (found, param))| {
                if n + 1 == count { param.starts_with(found) } else { found == param }
            })
    });
    if whole { Ok(draft) } else { Err("not what a line can hold") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(tags: &str, command: &str, params: &[&str]) -> Line {
        Draft::new(tags, "alice!~a@h", command, params).stamp(Time::from_millis(1_795_190_700_123), 42)
    }

    fn back(told: &str) -> Line {
        let taken = taken(told).unwrap();
        taken.draft.stamp(taken.time, taken.seq.unwrap_or(42))
    }

    #[test]
    fn a_line_for_people() {
        let told = |command, params: &[&str]| text(&line("", command, params));
        let at = "2026-11-20T16:05:00.123Z";
        assert_eq!(told("PRIVMSG", &["#a", "hi"]), format!("{at} #a <alice> hi"));
        assert_eq!(told("PRIVMSG", &["#a", "\u{1}ACTION waves\u{1}"]), format!("{at} #a * alice waves"));
        assert_eq!(told("KICK", &["#a", "bob", "out"]), format!("{at} #a -- alice put bob out (out)"));
        assert_eq!(told("MODE", &["#a", "+o", "bob"]), format!("{at} #a -- alice mode +o bob"));
        assert_eq!(told("QUIT", &["bye"]), format!("{at} * -- alice quit (bye)"));
        assert_eq!(told("NICK", &["al"]), format!("{at} * -- alice is now al"));
    }

    #[test]
    fn json_there_and_back_is_the_same_line() {
        for line in [
            line("", "PRIVMSG", &["#a", "hi"]),
            line(
                "+chatui/id=7;+x=a\\sb",
                "PRIVMSG",
                &["#ü", "\u{1}ACTION \u{2}bold\u{2} \u{1b}[2J\u{9b}x\u{202e}\u{1}"],
            ),
            line("", "JOIN", &["#a"]),
            line("", "KICK", &["#a", "bob", "out you go"]),
            line("", "MODE", &["#a", "+ov", "bob", "carol"]),
            line("", "NICK", &["al"]),
            line("", "QUIT", &["bye"]),
            line("in=#a,#b\\:c;+x=1", "QUIT", &["bye"]),
        ] {
            let told = json(&line);
            assert!(told.chars().all(|c| matches!(text::shown(c), Shown::Plain(_))), "{told}");
            assert_eq!(back(&told), line, "{told}");
        }
    }

    #[test]
    fn text_there_and_back_is_what_was_said() {
        for line in [
            line("", "PRIVMSG", &["#a", "hi <x> there"]),
            line("", "PRIVMSG", &["#a", "\u{1}ACTION waves\u{1}"]),
            line("", "NOTICE", &["#a", "note - this"]),
            line("", "TOPIC", &["#a", "what for"]),
            line("", "TOPIC", &["#a", ""]),
        ] {
            let (found, wanted) = (back(&text(&line)), line.message());
            let found = found.message();
            assert_eq!((found.nick(), found.command, found.params), ("alice", wanted.command, wanted.params));
        }
    }

    #[test]
    fn what_no_server_would_have_kept_is_left_out() {
        let good = json(&line("+x=1", "PRIVMSG", &["#a", "hi"]));
        assert!(taken(&good).is_ok());
        for (from, to) in [
            ("PRIVMSG", "WALLOPS"),
            ("PRIVMSG", "JOIN"),
            ("PRIVMSG", "NICK"),
            ("#a", "a"),
            ("#a", "#a b"),
            ("#a", ""),
            ("alice!", "!"),
            ("~a@h", "a@h x"),
            ("~a@h", "a@\\u001b[2J"),
            ("hi", "h\\ni"),
            ("+x", "+x;c"),
            ("+x", "time"),
            ("16:05", "25:05"),
            ("\"params\"", "\"parms\""),
            ("+x", "in"),
        ] {
            let bad = good.replacen(from, to, 1);
            assert_ne!(bad, good);
            assert!(taken(&bad).is_err(), "{bad}");
        }
        for bad in ["", "{}", "hello", "2026-11-20T16:05:00Z #a <alice>", "2026-11-20T16:05:00Z a <alice> x"]
        {
            assert!(taken(bad).is_err(), "{bad}");
        }
    }
}

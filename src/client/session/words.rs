//! Replies and errors in words: whole sentences, never a number.

use super::report::Report;
use super::{Marks, Session, Stage};
use crate::irc::{Message, Time};

/// Most channels of a list that are shown.
const LISTED_MOST: usize = 200;

impl Session {
    /// A numeric or a verb that only tells something.
    pub(super) fn on_words(&mut self, message: &Message<'_>, _marks: &Marks<'_>, out: &mut Vec<Report>) {
        let known = match message.command {
            "321" | "322" | "323" => self.listed_channel(message),
            _ => told(message),
        };
        let (place, text, asked) = match known {
            Some(told) => told,
            // What is not known is shown as it came, without the number and our own nick.
            None if message.command.len() == 3 && message.command.as_bytes()[0].is_ascii_digit() => {
                (String::new(), message.params.as_slice().get(1..).unwrap_or_default().join(" "), false)
            }
            None => return,
        };
        if !text.is_empty() {
            out.push(Report::Told { place, text, asked });
        }
    }

    /// One of the channels that there are. Of a network's thousands only the first are shown.
    fn listed_channel(&mut self, message: &Message<'_>) -> Option<(String, String, bool)> {
        let asked = |text: String| Some((String::new(), text, true));
        if message.command != "322" {
            let count = std::mem::take(&mut self.listed);
            let more = count.saturating_sub(LISTED_MOST);
            return asked(if more > 0 {
                format!("{more} more channels: /list #part* shows some")
            } else {
                String::new()
            });
        }
        self.listed += 1;
        let people = match message.param(2) {
            "1" => "1 person".to_owned(),
            count => format!("{count} people"),
        };
        let topic = message.params.as_slice().get(3).copied().unwrap_or_default();
        let topic = if topic.is_empty() { String::new() } else { format!(" · {topic}") };
        asked(if self.listed > LISTED_MOST {
            String::new()
        } else {
            format!("{} · {people}{topic}", message.param(1))
        })
    }

    /// A numeric that reports an error: `<us> <context…> :<sentence>`.
    pub(super) fn on_error(&mut self, message: &Message<'_>, marks: &Marks<'_>, out: &mut Vec<Report>) {
        let (code, context) = (message.command, message.param(1));
        let sentence = if message.params.len() > 1 { message.params.last().unwrap_or_default() } else { "" };
        if self.stage == Stage::Registering && matches!(code, "464" | "465" | "463") {
            out.push(Report::Ended(sentence.to_owned()));
            return;
        }
        let is_channel = self.support.is_channel(context);
        let text = match code {
            "401" => format!("there is nobody called {context} here"),
            "402" => format!("there is no server {context}"),
            "403" => format!("there is no channel {context}"),
            "404" | "408" | "415" | "439" | "486" | "492" | "531" | "707" | "716"
                if message.params.len() > 2 =>
            {
                format!("not sent to {context}: {sentence}")
            }
            "405" => format!("{context} not joined: you are in too many channels"),
            "406" => format!("nobody called {context} has been here lately"),
            "421" => format!("the server does not know {context}"),
            "432" => format!("{context} cannot be a nick here: {sentence}"),
            "437" if is_channel => format!("{context} not joined: {sentence}"),
            "433" | "436" | "437" => format!("the nick {context} is in use"),
            "441" => format!("{context} is not in {}", message.param(2)),
            "442" => format!("you are not in {context}"),
            "443" => format!("{context} is already in {}", message.param(2)),
            "461" => format!("{context} needs more than that"),
            "470" if message.params.len() > 3 => {
                format!("{context} leads to {}: {sentence}", message.param(2))
            }
            "471" => format!("{context} not joined: it is full"),
            "473" => format!("{context} not joined: by invitation only"),
            "474" => format!("{context} not joined: you are banned from it"),
            "475" => format!("{context} not joined: it needs a key: /join {context} KEY"),
            "472" => format!("there is no mode {context} here"),
            "478" => format!("the list of {context} is full"),
            "696" => format!("mode {}: {sentence}", message.param(2)),
            "476" => format!("{context} is no name for a channel"),
            "482" => format!("only an operator of {context} can do that"),
            _ if message.params.len() > 2 => format!("{context}: {sentence}"),
            _ => sentence.to_owned(),
        };
        let place = match message.params.len() {
            0..=2 => "",
            _ if matches!(code, "441" | "443") => message.param(2),
            _ if code == "437" && is_channel => context,
            _ if matches!(code, "421" | "432" | "433" | "436" | "437" | "461") => "",
            _ => context,
        };
        let command = if matches!(code, "421" | "461") { context } else { "" };
        out.push(Report::Failed {
            command: command.to_owned(),
            code: code.to_owned(),
            place: place.to_owned(),
            text,
            label: self.label_of(marks),
        });
    }

    /// `FAIL`, `WARN`, `NOTE` ([standard replies](https://ircv3.net/specs/extensions/standard-replies)):
    /// `<command> <code> <context…> :<sentence>`.
    pub(super) fn on_standard_reply(
        &mut self,
        message: &Message<'_>,
        marks: &Marks<'_>,
        out: &mut Vec<Report>,
    ) {
        let text = message.params.last().unwrap_or_default().to_owned();
        let context = message.params.as_slice();
        let context = context.get(2..context.len().saturating_sub(1)).unwrap_or_default();
        let (command, code) = (message.param(0).to_owned(), message.param(1).to_owned());
        // Of the context, what names a channel or, for messages, their target.
        let place = context
            .iter()
            .find(|item| self.support.is_channel(item))
            .or_else(|| context.first().filter(|_| matches!(&*command, "PRIVMSG" | "NOTICE")))
            .map_or_else(String::new, |place| (*place).to_owned());
        if message.is("FAIL") {
            out.push(Report::Failed { command, code, place, text, label: self.label_of(marks) });
        } else {
            out.push(Report::Told { place, text, asked: true });
        }
    }

    fn label_of(&self, marks: &Marks<'_>) -> Option<u64> {
        marks.label.or_else(|| marks.batch.and_then(|batch| self.batches.label(batch)))
    }
}

/// The place, the sentence, and whether it was asked for.
fn told(message: &Message<'_>) -> Option<(String, String, bool)> {
    let (first, second, third) = (message.param(1), message.param(2), message.param(3));
    let last = message.params.last().unwrap_or_default();
    let asked = |text: String| Some((String::new(), text, true));
    match message.command {
        "301" => Some((first.to_owned(), format!("{first} is away: {last}"), true)),
        "305" => asked("you are back".to_owned()),
        "306" => asked("you are away".to_owned()),
        "311" => asked(format!("{first} is {second}@{third}, {last}")),
        "312" => asked(format!("{first} is on {second}, {last}")),
        "717" => Some((first.to_owned(), format!("{first} {last}"), true)),
        "313" => asked(format!("{first} {last}")),
        "317" => asked(idle(first, second, third)),
        "319" => asked(format!("{first} is in {}", last.trim_end())),
        "330" => asked(format!("{first} is logged in as {second}")),
        "671" | "335" => asked(format!("{first} {last}")),
        "338" | "378" => asked(format!("{first} {}", message.params.as_slice().get(2..)?.join(" "))),
        "314" => asked(format!("{first} was {second}@{third}, {last}")),
        "324" => {
            let modes = message.params.as_slice().get(2..)?.join(" ");
            Some((first.to_owned(), format!("modes of {first}: {modes}"), true))
        }
        "221" => asked(format!("your modes: {first}")),
        "341" => asked(format!("{first} is invited to {second}")),
        "352" => {
            let real = last.split_once(' ').map_or(last, |(_, real)| real);
            let away = if message.param(6).starts_with('G') { ", away" } else { "" };
            asked(format!("{} is {second}@{third}, {real}{away}", message.param(5)))
        }
        "367" => asked(listed("banned from", message)),
        "346" => asked(listed("always let into", message)),
        "348" => asked(listed("never banned from", message)),
        "351" | "391" | "371" | "704" | "705" => {
            asked(message.params.as_slice().get(1..)?.join(" ").trim().to_owned())
        }
        "381" => asked(last.to_owned()),
        "256" | "257" | "258" | "259" => asked(last.to_owned()),
        "001" | "002" | "003" | "372" | "251" | "255" => Some((String::new(), last.to_owned(), false)),
        // Ends of lists, and what only programs read.
        "005" | "252" | "253" | "254" | "265" | "266" | "315" | "318" | "329" | "347" | "349" | "366"
        | "368" | "369" | "374" | "375" | "706" | "396" | "903" | "908" => {
            Some((String::new(), String::new(), false))
        }
        "900" | "901" => Some((String::new(), last.to_owned(), false)),
        "WALLOPS" => Some((String::new(), format!("{}: {last}", message.nick()), false)),
        _ => None,
    }
}

/// An entry of one of a channel's lists: `#channel mask [by whom, when]`.
fn listed(what: &str, message: &Message<'_>) -> String {
    let by = message.param(3).split('!').next().unwrap_or_default();
    let by = if by.is_empty() { String::new() } else { format!(", by {by}") };
    format!("{what} {}: {}{by}", message.param(1), message.param(2))
}

fn idle(nick: &str, seconds: &str, since: &str) -> String {
    let Ok(seconds) = seconds.parse::<u64>() else { return format!("{nick} is connected") };
    let quiet = match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    };
    match since.parse::<u64>() {
        Ok(at) if at > 1_000_000 => {
            let at = Time::from_millis(at.saturating_mul(1000)).utc().format("%Y-%m-%d %H:%M UTC");
            format!("{nick} has said nothing for {quiet}, and came {at}")
        }
        _ => format!("{nick} has said nothing for {quiet}"),
    }
}

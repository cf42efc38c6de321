//! `/catchup`: what was missed in a few lines: who named the reader, who spoke with whom and how much, and what is new in
//! other rooms. The unread line stays where it is.

use super::super::entry::{Entry, Kind};
use super::super::window::{Window, With};
use super::{App, Status};
use crate::irc::name::same;
use crate::irc::text::plain;

/// Most messages that name the reader, most conversations and most rooms that are told one by one.
const TOLD_MOST: usize = 5;
/// Most names of a conversation that are told.
const NAMES_MOST: usize = 4;
/// Most people that are told apart; all others are one crowd.
const PEOPLE_MOST: usize = 200;

/// People who spoke with each other, and how much they said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Conversation {
    /// Who, in the order in which they first spoke.
    people: Vec<String>,
    count: usize,
}

impl App {
    pub(super) fn catch_up(&mut self) {
        let window = self.window();
        let mut lines = missed(window);
        if let Some(head) = lines.first_mut() {
            let from = window.mark.and_then(|mark| window.entry(mark.entry)).map(|entry| entry.at);
            let time = from.map(|at| at.utc().with_timezone(&self.offset).format("%H:%M").to_string());
            head.insert_str(0, &format!("since {}: ", time.unwrap_or_default()));
        }
        lines.extend(self.news_elsewhere());
        if lines.is_empty() {
            self.say(Status::Info("nothing was missed".to_owned()));
        }
        for line in lines {
            self.tell_here(Kind::Server, &line);
        }
    }

    /// What is new in other rooms, those that call the reader first.
    fn news_elsewhere(&self) -> Vec<String> {
        let others =
            self.windows.iter().enumerate().filter(|(at, window)| {
                *at != self.current && window.with != With::Server && window.urgent() > 0
            });
        let mut others: Vec<&Window> = others.map(|(_, window)| window).collect();
        others.sort_by_key(|window| std::cmp::Reverse((window.mentions, window.unread)));
        let told = others.iter().take(TOLD_MOST).map(|window| match (window.with, window.mentions) {
            (With::Channel, 1) => format!("{} has {} new, 1 names you", window.name, window.unread),
            (With::Channel, named) if named > 0 => {
                format!("{} has {} new, {named} name you", window.name, window.unread)
            }
            _ => format!("{} has {} new", window.name, window.unread),
        });
        let more = others.len().saturating_sub(TOLD_MOST);
        let rest = (more > 0).then(|| format!("{more} more rooms have something new"));
        told.chain(rest).map(|line| plain(&line)).collect()
    }
}

/// What came behind the unread line: how much, who named the reader, who spoke with whom.
fn missed(window: &Window) -> Vec<String> {
    let from = window.mark.and_then(|mark| window.index_of(mark.entry));
    let Some(from) = from else { return Vec::new() };
    let heard = |entry: &&Entry| entry.is_speech() && !entry.own;
    let entries: Vec<&Entry> = window.entries().range(from..).filter(heard).collect();
    let people = conversations(&entries);
    let count: usize = people.iter().map(|found| found.people.len()).sum();
    let mut lines = vec![format!("{} of {}", counted(entries.len(), "message"), counted(count, "person"))];
    let named: Vec<&&Entry> = entries.iter().filter(|entry| entry.mention).collect();
    let said = |entry: &&&Entry| format!("you were named: {}: {}", plain(&entry.who), plain(&entry.text));
    lines.extend(named.iter().take(TOLD_MOST).map(said));
    if named.len() > TOLD_MOST {
        lines.push(format!("and {} times more", named.len() - TOLD_MOST));
    }
    if people.len() > 1 || count > 1 {
        lines.extend(people.iter().take(TOLD_MOST).map(told));
    }
    lines
}

fn counted(count: usize, what: &str) -> String {
    match (count, what) {
        (1, what) => format!("1 {what}"),
        (count, "person") => format!("{count} people"),
        (count, what) => format!("{count} {what}s"),
    }
}

fn told(conversation: &Conversation) -> String {
    let people = &conversation.people;
    let names: Vec<String> = people.iter().take(NAMES_MOST).map(|name| plain(name)).collect();
    let more = people.len().saturating_sub(NAMES_MOST);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}: {}", names.join(", "), counted(conversation.count, "message"))
}

/// Who spoke with whom: whoever answers a message, or begins with somebody's name, speaks with them. The longest first.
fn conversations(entries: &[&Entry]) -> Vec<Conversation> {
    let mut people: Vec<(&str, usize)> = Vec::new();
    for entry in entries {
        let has_room = people.len() < PEOPLE_MOST;
        match people.iter_mut().find(|(who, _)| same(who, &entry.who)) {
            Some((_, count)) => *count += 1,
            None if has_room => people.push((&entry.who, 1)),
            None => {}
        }
    }
    // Each belongs to a conversation, at first to one of their own; those that meet become one.
    let mut of: Vec<usize> = (0..people.len()).collect();
    let place = |name: &str| people.iter().position(|(who, _)| same(who, name));
    for entry in entries {
        let (Some(one), Some(other)) = (place(&entry.who), spoken_to(entry, entries).and_then(place)) else {
            continue;
        };
        let (keep, gone) = (of[one].min(of[other]), of[one].max(of[other]));
        of.iter_mut().filter(|at| **at == gone).for_each(|at| *at = keep);
    }
    let mut found: Vec<Conversation> = vec![Conversation::default(); people.len()];
    for (at, (who, count)) in people.iter().enumerate() {
        found[of[at]].people.push((*who).to_owned());
        found[of[at]].count += count;
    }
    found.retain(|conversation| conversation.count > 0);
    found.sort_by_key(|conversation| std::cmp::Reverse(conversation.count));
    found
}

/// Whom a message speaks to: the author of the one that it answers, or the name that it begins with.
fn spoken_to<'a>(entry: &'a Entry, entries: &[&'a Entry]) -> Option<&'a str> {
    let reply = entry.extra.as_ref().map(|extra| &*extra.reply).filter(|reply| !reply.is_empty());
    let answered = reply.and_then(|id| entries.iter().find(|entry| *entry.msgid == *id));
    if let Some(answered) = answered {
        return Some(&answered.who);
    }
    let (name, _) = entry.text.split_once([':', ','])?;
    (!name.contains(' ')).then_some(name.trim_start_matches('@'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::irc::Time;

    fn said(who: &str, text: &str) -> Entry {
        Entry::new(Time::default(), Kind::Message, who.into(), text)
    }

    #[test]
    fn who_speaks_with_whom_is_one_conversation() {
        let entries = [
            said("bob", "carol: look"),
            said("dan", "nobody hears me"),
            said("Carol", "where?"),
            said("eve", "@bob, here"),
            said("dan", "http://a.example: gone"),
        ];
        let entries: Vec<&Entry> = entries.iter().collect();
        let found: Vec<String> = conversations(&entries).iter().map(told).collect();
        assert_eq!(found, ["bob, Carol, eve: 3 messages", "dan: 2 messages"]);
        assert_eq!(conversations(&[]), []);
    }
}

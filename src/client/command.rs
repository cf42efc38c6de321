//! `/join`, `/me` and so on: what is typed becomes a [`Command`].

use std::fmt;

use super::nearest::nearest;

/// What the user wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Say it here.
    Say(String),
    /// Join channels (with commas between them), with a key.
    Join(String, Option<String>),
    /// Leave a channel (this one if none is named), with a reason.
    Part(Option<String>, String),
    /// `/me`.
    Me(String),
    /// Say something to somebody.
    Message(String, String),
    /// The same as a notice.
    Notice(String, String),
    /// Open a conversation with somebody, and say something there.
    Query(String, Option<String>),
    /// Take another nick.
    Nick(String),
    /// Show the topic of a channel (this one if none is named), or set it; an empty one takes it away.
    Topic(Option<String>, Option<String>),
    /// Show who is here.
    Names(Option<String>),
    /// Show the channels that there are, or those whose names fit a mask.
    List(Option<String>),
    /// Ask about somebody.
    Whois(String),
    /// Ask about somebody who has left.
    Whowas(String),
    /// Show who is in this channel, or who fits a mask.
    Who(Option<String>),
    /// Show the message of the day.
    Motd,
    /// Become an operator of the server: name and password.
    Oper(String, String),
    /// Ask somebody's program something: the question, and what belongs to it.
    Ctcp(String, String, String),
    /// Say something to one of the network's services: its nick.
    Service(&'static str, String),
    /// Be away, with a reason.
    Away(String),
    /// Be back.
    Back,
    /// Leave.
    Quit(Option<String>),
    /// Explain a command, or name all.
    Help(Option<String>),
    /// Remove somebody from a channel (this one if none is named), with a reason.
    Kick(Option<String>, String, String),
    /// The same, and keep them out.
    KickBan(Option<String>, String, String),
    /// Keep whoever fits this nick or mask out of a channel (`true`), or no more.
    Ban(bool, Option<String>, String),
    /// Leave a channel and come back, with a reason.
    Cycle(Option<String>, String),
    /// Show or set modes of the channel, or of what is named first.
    Mode(String),
    /// Give a rank to these people in a channel (`true`), or take it: the mode's letter.
    Rank(bool, char, Option<String>, Vec<String>),
    /// Invite somebody, to this channel if none is named.
    Invite(String, Option<String>),
    /// Go to what was said at some time.
    Goto(String),
    /// Look for what was said.
    Search(String),
    /// Empty the window.
    Clear,
    /// Hide what whoever fits this nick or mask says; without one: say who is hidden.
    Ignore(Option<String>),
    /// And no more.
    Unignore(String),
    /// Have a room (this one if none is named) call no more (`true`), or again.
    Mute(Option<String>, bool),
    /// Say what is set, explain a setting, or set it to a value.
    Set(Option<(String, Option<String>)>),
    /// A setting or a key is again as it was before it was set.
    Unset(String),
    /// Say what keys do, or map one to an action.
    Keys(Option<(String, Option<String>)>),
    /// Send the last failed line again.
    Retry,
    /// Connect anew.
    Reconnect,
    /// Tell what was missed, in a few lines.
    Catchup,
    /// Show what a frame and an echo take, or no more.
    Perf,
    /// Send a line as it is.
    Quote(String),
}

/// Why something is no command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// There is no such command; the nearest one that there is.
    Unknown(String, Option<&'static str>),
    /// It lacks something: how it is used.
    Usage(&'static Spec),
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wrong::Usage(spec) => write!(f, "{}: {}", spec.usage(), spec.what),
            Wrong::Unknown(name, Some(near)) => write!(f, "there is no command /{name}: /{near}?"),
            // A path, or a word with a slash in front.
            Wrong::Unknown(name, None) => {
                write!(f, "there is no command /{name}: /help lists all, and a second / in front says it")
            }
        }
    }
}

/// One command.
#[derive(Debug)]
pub struct Spec {
    /// Its name, without the slash.
    pub name: &'static str,
    /// What follows it.
    pub params: &'static str,
    /// What it does.
    pub what: &'static str,
    make: fn(&str) -> Option<Command>,
}

impl PartialEq for Spec {
    fn eq(&self, other: &Spec) -> bool {
        self.name == other.name
    }
}
impl Eq for Spec {}

impl Spec {
    /// How it is typed: `/join #channel [key]`.
    pub fn usage(&self) -> String {
        format!("/{} {}", self.name, self.params).trim_end().to_owned()
    }
}

const fn spec(
    name: &'static str,
    params: &'static str,
    what: &'static str,
    make: fn(&str) -> Option<Command>,
) -> Spec {
    Spec { name, params, what, make }
}

/// All commands, as `/help` lists them.
pub const TABLE: &[Spec] = &[
    spec("join", "#channel [key]", "join a channel", |rest| {
        let (channels, key) = word(rest);
        let key = (!key.is_empty()).then(|| key.to_owned());
        (!channels.is_empty()).then(|| Command::Join(channels.to_owned(), key))
    }),
    spec("part", "[#channel] [reason]", "leave the channel, close the window", |rest| {
        let (channel, reason) = channel(rest);
        Some(Command::Part(channel, reason.to_owned()))
    }),
    spec("me", "text", "say what you do", |rest| some(rest).map(Command::Me)),
    spec("msg", "nick text", "say something to somebody", |rest| {
        let (to, text) = word(rest);
        (!text.is_empty()).then(|| Command::Message(to.to_owned(), text.to_owned()))
    }),
    spec("query", "nick [text]", "open a conversation with somebody", |rest| {
        let (nick, text) = word(rest);
        some(nick).map(|nick| Command::Query(nick, some(text)))
    }),
    spec("notice", "nick text", "say something nobody's program answers", |rest| {
        let (to, text) = word(rest);
        (!text.is_empty()).then(|| Command::Notice(to.to_owned(), text.to_owned()))
    }),
    spec("nick", "nick", "take another nick", |rest| some(word(rest).0).map(Command::Nick)),
    spec("topic", "[#channel] [text]", "show the topic, or set it; -delete takes it away", |rest| {
        let (channel, text) = channel(rest);
        let text = if text.trim() == "-delete" { Some(String::new()) } else { some(text) };
        Some(Command::Topic(channel, text))
    }),
    spec("names", "[#channel]", "show who is here", |rest| Some(Command::Names(some(word(rest).0)))),
    spec("list", "[mask]", "show the channels that there are", |rest| {
        Some(Command::List(some(word(rest).0)))
    }),
    spec("whois", "nick", "ask about somebody", |rest| some(word(rest).0).map(Command::Whois)),
    spec("whowas", "nick", "ask about somebody who has left", |rest| some(word(rest).0).map(Command::Whowas)),
    spec("who", "[#channel or mask]", "show who is there, and where they come from", |rest| {
        Some(Command::Who(some(word(rest).0)))
    }),
    spec("ctcp", "nick question", "ask somebody's program: version, time, ping", |rest| {
        let (nick, question) = word(rest);
        let (question, words) = word(question);
        let command = || Command::Ctcp(nick.to_owned(), question.to_ascii_uppercase(), words.to_owned());
        (!question.is_empty()).then(command)
    }),
    spec("ns", "text", "say something to NickServ", |rest| {
        some(rest).map(|text| Command::Service("NickServ", text))
    }),
    spec("cs", "text", "say something to ChanServ", |rest| {
        some(rest).map(|text| Command::Service("ChanServ", text))
    }),
    spec("motd", "", "show the server's message of the day", |_| Some(Command::Motd)),
    spec("away", "[reason]", "be away; alone: be back", |rest| {
        Some(some(rest).map_or(Command::Back, Command::Away))
    }),
    spec("back", "", "be back", |_| Some(Command::Back)),
    spec("kick", "[#channel] nick [reason]", "remove somebody from the channel", |rest| {
        removed(rest).map(|(channel, nick, reason)| Command::Kick(channel, nick, reason))
    }),
    spec("kickban", "[#channel] nick [reason]", "remove somebody, and keep them out", |rest| {
        removed(rest).map(|(channel, nick, reason)| Command::KickBan(channel, nick, reason))
    }),
    spec("ban", "[#channel] nick or mask", "keep somebody out of the channel", |rest| bans(true, rest)),
    spec("unban", "[#channel] nick or mask", "and no more", |rest| bans(false, rest)),
    spec("op", "[#channel] nick …", "make operators", |rest| ranks(true, 'o', rest)),
    spec("deop", "[#channel] nick …", "operators no more", |rest| ranks(false, 'o', rest)),
    spec("voice", "[#channel] nick …", "let speak in a moderated channel", |rest| ranks(true, 'v', rest)),
    spec("devoice", "[#channel] nick …", "and no more", |rest| ranks(false, 'v', rest)),
    spec("mode", "[#channel] [+modes]", "show or set modes", |rest| {
        Some(Command::Mode(rest.trim().to_owned()))
    }),
    spec("invite", "nick [#channel]", "invite somebody", |rest| {
        let (first, rest) = channel(rest);
        let (nick, rest) = word(rest);
        (!nick.is_empty()).then(|| Command::Invite(nick.to_owned(), first.or_else(|| some(word(rest).0))))
    }),
    spec("cycle", "[#channel] [reason]", "leave the channel and come back", |rest| {
        let (channel, reason) = channel(rest);
        Some(Command::Cycle(channel, reason.to_owned()))
    }),
    spec("oper", "name password", "become an operator of the server", |rest| {
        let (name, password) = word(rest);
        (!password.is_empty()).then(|| Command::Oper(name.to_owned(), password.trim_end().to_owned()))
    }),
    spec("catchup", "", "tell what was missed, in a few lines", |_| Some(Command::Catchup)),
    spec("goto", "day or time", "go to what was said then", |rest| some(rest).map(Command::Goto)),
    spec("search", "words from: in: since: before: has:link", "look for what was said", |rest| {
        some(rest).map(Command::Search)
    }),
    spec("ignore", "[nick or mask]", "hide what somebody says; alone: who is hidden", |rest| {
        Some(Command::Ignore(some(word(rest).0)))
    }),
    spec("unignore", "nick or mask", "and no more", |rest| some(word(rest).0).map(Command::Unignore)),
    spec("mute", "[room]", "be called by a room no more", |rest| {
        Some(Command::Mute(some(word(rest).0), true))
    }),
    spec("unmute", "[room]", "and again", |rest| Some(Command::Mute(some(word(rest).0), false))),
    spec("set", "[name [value]]", "see or change a setting", |rest| match word(rest) {
        ("-reset", name) => some(word(name).0).map(Command::Unset),
        (name, value) => Some(Command::Set(some(name).map(|name| (name, some(value))))),
    }),
    spec("unset", "name or key", "take a setting or a mapped key back", |rest| {
        some(word(rest).0).map(Command::Unset)
    }),
    spec("keys", "[key [action]]", "see or change what keys do", |rest| {
        let (key, action) = word(rest);
        Some(Command::Keys(some(key).map(|key| (key, some(word(action).0)))))
    }),
    spec("retry", "", "send the line that failed again", |_| Some(Command::Retry)),
    spec("clear", "", "empty the window", |_| Some(Command::Clear)),
    spec("reconnect", "", "connect anew", |_| Some(Command::Reconnect)),
    spec("perf", "", "show what the last frame and echo took, or no more", |_| Some(Command::Perf)),
    spec("quote", "line", "send a line to the server as it is", |rest| some(rest).map(Command::Quote)),
    spec("quit", "[reason]", "leave chatui", |rest| Some(Command::Quit(some(rest)))),
    spec("help", "[command or setting]", "explain", |rest| {
        Some(Command::Help(some(word(rest).0.trim_start_matches('/'))))
    }),
];

/// Other names of the same commands, known elsewhere.
const ALIASES: &[(&str, &str)] = &[
    ("j", "join"),
    ("leave", "part"),
    ("close", "part"),
    ("action", "me"),
    ("m", "msg"),
    ("q", "query"),
    ("exit", "quit"),
    ("bye", "quit"),
    ("raw", "quote"),
    ("w", "names"),
    ("t", "topic"),
    ("h", "help"),
    ("kb", "kickban"),
    ("rejoin", "cycle"),
    ("nickserv", "ns"),
    ("chanserv", "cs"),
];

fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    text.split_once(char::is_whitespace).map_or((text, ""), |(first, rest)| (first, rest.trim_start()))
}

fn some(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.to_owned())
}

/// The channel that is named first, if one is, and the rest.
fn channel(text: &str) -> (Option<String>, &str) {
    let (first, rest) = word(text);
    if is_channel(first) { (Some(first.to_owned()), rest) } else { (None, text) }
}

fn ranks(set: bool, letter: char, rest: &str) -> Option<Command> {
    let (channel, nicks) = channel(rest);
    let nicks: Vec<String> = nicks.split_whitespace().map(str::to_owned).collect();
    (!nicks.is_empty()).then_some(Command::Rank(set, letter, channel, nicks))
}

fn bans(set: bool, rest: &str) -> Option<Command> {
    let (channel, mask) = channel(rest);
    some(word(mask).0).map(|mask| Command::Ban(set, channel, mask))
}

/// Who is to be removed: from which channel, the nick, and the reason.
fn removed(rest: &str) -> Option<(Option<String>, String, String)> {
    let (channel, rest) = channel(rest);
    let (nick, reason) = word(rest);
    (!nick.is_empty()).then(|| (channel, nick.to_owned(), reason.to_owned()))
}

fn is_channel(text: &str) -> bool {
    text.starts_with(['#', '&'])
}

/// The command of this name.
pub fn find(name: &str) -> Option<&'static Spec> {
    let name = name.to_ascii_lowercase();
    let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name.as_str(), |(_, name)| *name);
    TABLE.iter().find(|spec| spec.name == name)
}

/// Reads what was typed. A text that begins with two slashes, or with a slash and a blank, is said, without the
/// first of them.
///
/// # Errors
/// [`Wrong`], when it begins with a slash and is no command.
pub fn parse(text: &str) -> Result<Command, Wrong> {
    let Some(rest) = text.strip_prefix('/') else { return Ok(Command::Say(text.to_owned())) };
    if rest.starts_with(['/', ' ']) || rest.is_empty() {
        return Ok(Command::Say(rest.to_owned()));
    }
    let (name, rest) = word(rest);
    let spec = find(name).ok_or_else(|| unknown(name))?;
    (spec.make)(rest).ok_or(Wrong::Usage(spec))
}

/// That there is no command of this name, and which one may have been meant.
pub fn unknown(name: &str) -> Wrong {
    let near = nearest(&name.to_ascii_lowercase(), TABLE.iter().map(|spec| spec.name));
    Wrong::Unknown(name.to_owned(), near)
}

/// Whether a whole input is a word with which people leave programs; then it is asked about.
pub fn means_leave(text: &str) -> bool {
    matches!(text.trim().to_ascii_lowercase().as_str(), "exit" | "{quit}" | "salir" | "quit" | ":q")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read() {
        assert_eq!(parse("hello /join"), Ok(Command::Say("hello /join".into())));
        assert_eq!(parse("//join"), Ok(Command::Say("/join".into())));
        assert_eq!(parse("/join #a"), Ok(Command::Join("#a".into(), None)));
        assert_eq!(parse("/J #a k"), Ok(Command::Join("#a".into(), Some("k".into()))));
        assert_eq!(parse("/part #a bye now"), Ok(Command::Part(Some("#a".into()), "bye now".into())));
        assert_eq!(parse("/part so long"), Ok(Command::Part(None, "so long".into())));
        assert_eq!(parse("/me waves  twice"), Ok(Command::Me("waves  twice".into())));
        assert_eq!(parse("/msg bob hi there"), Ok(Command::Message("bob".into(), "hi there".into())));
        assert_eq!(parse("/quit"), Ok(Command::Quit(None)));
        assert_eq!(parse("/msg bob"), Err(Wrong::Usage(find("msg").unwrap())));
        assert_eq!(parse("/help /join"), Ok(Command::Help(Some("join".into()))));
    }

    #[test]
    fn an_unknown_command_names_the_nearest() {
        for (typed, meant) in [("jion", Some("join")), ("tpoic", Some("topic")), ("quti", Some("quit"))] {
            assert_eq!(parse(&format!("/{typed}")), Err(Wrong::Unknown(typed.into(), meant)));
        }
        assert_eq!(parse("/frobnicate x"), Err(Wrong::Unknown("frobnicate".into(), None)));
        assert!(parse(&format!("/{}", "x".repeat(10_000))).is_err());
    }

    #[test]
    fn names_and_aliases_do_not_clash() {
        for (alias, name) in ALIASES {
            assert!(TABLE.iter().all(|spec| spec.name != *alias));
            assert!(TABLE.iter().any(|spec| spec.name == *name));
        }
    }
}

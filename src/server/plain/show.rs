//! The core's lines as text that anybody can read: always one line each, and nothing in it but text.

use std::fmt::Write;

use chrono::FixedOffset;

use crate::irc::message::{action, ctcp};
use crate::irc::name::{is_channel_name, same};
use crate::irc::{Message, Time};

pub use super::typed::strip;
use super::{Entry, MORE};

/// Most lines of history that a newcomer is shown.
const HISTORY_LINES: usize = 50;
/// Most bytes of them, for people, and for programs that read slowly.
const HISTORY_BYTES: usize = 16 << 10;
const HISTORY_BYTES_PACED: usize = 8 << 10;
/// Most people that are listed by name.
const NAMES: usize = 50;
/// Most bytes of a long message that are put together again.
const MOST_HELD: usize = 16 << 10;

/// A line of the server's own. Nobody's nick can begin like it.
pub fn tell(peer: &mut String, words: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(peer, "*** {}", strip(words));
}

/// What can be typed.
pub fn help(peer: &mut String) {
    for words in [
        "what you type is said to all; a line that begins with / is for the server:",
        "/who  who is here      /nick NAME  change your name      /me waves  say what you do",
        "/echo on|off  see your own messages again or not      /help  this",
        "/quit, /exit, exit, quit, salir, {quit}  leave; with a blank in front the word is said",
    ] {
        tell(peer, words);
    }
}

/// A long message of which more is to come.
#[derive(Debug, Default)]
struct Held {
    line: String,
    /// Who says it, and to whom: what anybody else says is none of it.
    of: (String, String),
    in_history: bool,
}

/// What a user sees of the room.
#[derive(Debug)]
pub struct Scene {
    /// Its nick, as the server has it.
    pub nick: String,
    /// Whether it is shown its own messages.
    pub echo: bool,
    room: String,
    zone: FixedOffset,
    now: Time,
    history_bytes: usize,
    /// Names that are being listed.
    names: Vec<String>,
    /// The history that is being handed over: its batch, and its lines.
    history: Option<(String, Vec<String>)>,
    /// A long message, as far as it has come.
    held: Held,
    /// The server's last words: it says its last ones twice.
    last_words: String,
}

impl Scene {
    /// Nothing seen yet.
    pub fn new(entry: &Entry, room: &str, echo: bool) -> Scene {
        Scene {
            nick: String::new(),
            echo,
            room: room.to_owned(),
            zone: entry.zone,
            now: entry.now,
            history_bytes: if entry.manner.lines { HISTORY_BYTES } else { HISTORY_BYTES_PACED },
            names: Vec::new(),
            history: None,
            held: Held::default(),
            last_words: String::new(),
        }
    }

    /// Shows a message, if it is one that a person wants to see.
    pub fn show(&mut self, message: &Message<'_>, peer: &mut String) {
        let nick = message.nick();
        let own = same(nick, &self.nick);
        match message.command {
            "PRIVMSG" | "NOTICE" => self.speech(message, peer),
            "JOIN" if own => {
                let _ = writeln!(
                    peer,
                    "Welcome, {nick}! You are in {}. /quit (or exit, salir, {{quit}}) to leave, /who, /nick NAME.",
                    self.room
                );
            }
            "JOIN" => tell(peer, &format!("{nick} joined")),
            "PART" => tell(peer, &left(nick, message.param(1))),
            "QUIT" => tell(peer, &left(nick, message.param(0))),
            "KICK" => {
                let who = if same(message.param(1), &self.nick) { "you were" } else { message.param(1) };
                let was = if who == "you were" { "" } else { " was" };
                tell(peer, &format!("{who}{was} put out by {nick} ({})", message.param(2)));
            }
            "NICK" => {
                if own {
                    message.param(0).clone_into(&mut self.nick);
                    tell(peer, &format!("you are now {}", self.nick));
                } else {
                    tell(peer, &format!("{nick} is now {}", message.param(0)));
                }
            }
            "TOPIC" => tell(peer, &format!("topic: {}", message.param(1))),
            "332" => tell(peer, &format!("topic: {}", message.param(2))),
            "353" => {
                let words = message.param(3).split_ascii_whitespace();
                self.names
                    .extend(words.map(|word| word.trim_start_matches(['~', '&', '@', '%', '+']).to_owned()));
            }
            "366" => self.people(peer),
            "BATCH" => self.batch(message, peer),
            "404" => tell(peer, &format!("not sent: {}", message.param(2))),
            "433" => tell(peer, &format!("{} is taken", message.param(1))),
            "FAIL" => tell(peer, message.params.last().unwrap_or_default()),
            "ERROR" => self.goodbye(message.param(0), peer),
            number if crate::irc::numeric::is_error(number) && number != "422" => {
                tell(peer, message.params.last().unwrap_or_default());
            }
            _ => {}
        }
    }

    fn speech(&mut self, message: &Message<'_>, peer: &mut String) {
        let (nick, text) = (message.nick(), message.param(1));
        if message.source.is_none_or(|source| !source.contains('!')) {
            strip(text).clone_into(&mut self.last_words);
            tell(peer, text);
            return;
        }
        let acts = action(text);
        if acts.is_none() && ctcp(text).is_some() {
            return;
        }
        let in_history = self
            .history
            .as_ref()
            .is_some_and(|(batch, _)| message.tags.get("batch").is_some_and(|of| of == batch.as_str()));
        if same(nick, &self.nick) && !in_history && !self.echo {
            return;
        }
        let words = strip(acts.unwrap_or(text));
        let of = (nick, message.param(0));
        if (self.held.of.0.as_str(), self.held.of.1.as_str()) != of || self.held.in_history != in_history {
            self.release(peer);
        }
        if self.held.line.is_empty() {
            let of = (of.0.to_owned(), of.1.to_owned());
            self.held = Held { line: String::new(), of, in_history };
            if in_history && let Some(at) = message.tags.get("time").and_then(|stamp| Time::parse(&stamp)) {
                self.held.line = self.clock(at);
            }
            let alone = if is_channel_name(message.param(0)) { "" } else { " (to you alone)" };
            let mark = if message.is("NOTICE") { "-" } else { "" };
            let _ = match acts {
                Some(_) => write!(self.held.line, "* {nick}{alone} {words}"),
                None => write!(self.held.line, "{mark}{nick}{mark}{alone}: {words}"),
            };
        } else {
            self.held.line.push_str(&words);
        }
        if message.tags.get(MORE).is_none() || self.held.line.len() >= MOST_HELD {
            self.release(peer);
        }
    }

    /// Shows a long message, as far as it has come.
    fn release(&mut self, peer: &mut String) {
        let Held { line, in_history, .. } = std::mem::take(&mut self.held);
        if line.is_empty() {
            return;
        }
        match self.history.as_mut().filter(|_| in_history) {
            Some((_, lines)) => lines.push(line),
            None => {
                peer.push_str(&line);
                peer.push('\n');
            }
        }
    }

    /// `[16:05] `, and with the date if it was another day.
    fn clock(&self, at: Time) -> String {
        let (at, today) = (at.utc().with_timezone(&self.zone), self.now.utc().with_timezone(&self.zone));
        let same_day = at.date_naive() == today.date_naive();
        at.format(if same_day { "[%H:%M] " } else { "[%Y-%m-%d %H:%M] " }).to_string()
    }

    fn batch(&mut self, message: &Message<'_>, peer: &mut String) {
        if let Some(name) = message.param(0).strip_prefix('+')
            && message.param(1) == "chathistory"
        {
            self.history = Some((name.to_owned(), Vec::new()));
        } else if self.history.is_some() {
            self.release(peer);
            let Some((_, lines)) = self.history.take() else { return };
            let mut bytes = 0;
            let fits = lines.iter().rev().take(HISTORY_LINES).take_while(|line| {
                bytes += line.len() + 1;
                bytes <= self.history_bytes
            });
            let count = fits.count();
            if count == 0 {
                return;
            }
            let _ = match count {
                1 => writeln!(peer, "--- last line ---"),
                _ => writeln!(peer, "--- last {count} lines ---"),
            };
            for line in &lines[lines.len() - count..] {
                peer.push_str(line);
                peer.push('\n');
            }
            peer.push_str("--- end ---\n");
        }
    }

    fn people(&mut self, peer: &mut String) {
        let mut names = std::mem::take(&mut self.names);
        names.sort_by_key(|name| name.to_ascii_lowercase());
        let count = names.len();
        let shown = names[..count.min(NAMES)].join(", ");
        let more = if count > NAMES { format!(" and {} more", count - NAMES) } else { String::new() };
        match count {
            1 => tell(peer, "nobody else is here"),
            _ => tell(peer, &format!("{count} people are here: {shown}{more}")),
        }
    }

    fn goodbye(&mut self, reason: &str, peer: &mut String) {
        if reason == "Quit" {
            tell(peer, "Bye!");
        } else if strip(reason) != self.last_words {
            tell(peer, reason);
        }
    }
}

/// `bob left (reason)`, in few words.
fn left(nick: &str, reason: &str) -> String {
    match reason.strip_prefix("Quit: ").unwrap_or(reason) {
        "" => format!("{nick} left"),
        "Quit" => format!("{nick} left (quit)"),
        reason => format!("{nick} left ({reason})"),
    }
}

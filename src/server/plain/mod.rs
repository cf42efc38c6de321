//! A plain-text peer as an IRC user: what it types becomes lines of IRC for the core, and the core's lines become text
//! that anybody can read. Pure: bytes, lines and the time since the connection was accepted go in, [`Effects`] come out.
//! For the core and for everybody else such a user is like any other.
//!
//! | module | what |
//! |---|---|
//! | [`keys`] | telnet's commands and the ways to press Enter |
//! | [`nick`] | a nick for a typed name |
//! | [`typed`] | what a message means: words, commands, ways to leave |
//! | [`show`] | the core's lines as text |
//!
//! There are two kinds of peers: people, whose messages end with a line end; and programs that send a message as one write
//! and nothing else, so that only the quiet after it tells where it ends.

pub mod keys;
pub mod nick;
pub mod show;
pub mod typed;

use std::time::Duration;

use chrono::FixedOffset;

use crate::irc::name::{NICK_LEN, is_nick};
use crate::irc::{MAX_REST, Time, line::cut};

use super::config::Plain;
use super::core::config::REALNAME_LEN;
use super::door::Manner;
use keys::Keys;
use show::{Scene, strip};
use typed::Typed;

/// Most bytes of a message.
pub const MAX_MESSAGE: usize = 8 << 10;

/// Most bytes of messages that wait until their sender is in the room: more than one message, less than a flood.
const MAX_WAITING: usize = 1 << 20;

/// Nicks that are tried for one name.
const NICKS: u32 = 1000;

/// Bytes of a source beside the nick: `!~plain@` and the longest address.
const SOURCE_REST: usize = "!~plain@".len() + 45;

/// The client-only tag of a piece of a message that goes on in the next line: whoever knows it reads one message.
pub const MORE: &str = "+chatui/more";

/// A byte that says goodbye when it comes alone: the interrupt key and the end-of-file key of a raw terminal.
const GOODBYE_KEYS: [&[u8]; 2] = [&[3], &[4]];

/// What follows from an input.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// Lines for the core, without line ends.
    pub core: Vec<String>,
    /// Text for the peer: whole lines.
    pub peer: String,
    /// The connection is over, for this reason: the peer has closed its half, and all that it said has been handed in.
    pub ended: Option<&'static str>,
}

/// How far somebody has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Asking for a nick; how many were tried.
    Asking(u32),
    /// Waiting for the room.
    Entering,
    /// In the room.
    Inside,
    /// It has left, or was put out: what it still sends is nobody's.
    Gone,
}

/// What is known when somebody comes in.
#[derive(Clone, Debug)]
pub struct Entry {
    /// As the door has seen it.
    pub manner: Manner,
    /// The server's own time zone: times in the history are shown in it.
    pub zone: FixedOffset,
    /// What time it is: older days are shown with their date.
    pub now: Time,
}

/// A plain-text user.
#[derive(Debug)]
pub struct User {
    lines: bool,
    paced: bool,
    quiet: Duration,
    keys: Keys,
    /// A message that has no end yet.
    partial: Vec<u8>,
    /// The message under way is too long: the rest of it is thrown away.
    skipping: bool,
    /// When something came last.
    last: Duration,
    stage: Stage,
    /// The name as it was sent, and the nick that was made of it.
    sent: String,
    wanted: String,
    room: String,
    /// Messages from before it was in the room.
    waiting: Vec<String>,
    waiting_bytes: usize,
    /// It has closed its half.
    closed: bool,
    scene: Scene,
}

impl User {
    /// Somebody whose first bytes are these: its name, and perhaps messages already.
    pub fn enter(entry: &Entry, plain: &Plain, first: &[u8], at: Duration, effects: &mut Effects) -> User {
        let Manner { lines, echo } = entry.manner;
        let mut user = User {
            lines,
            paced: !lines,
            quiet: plain.times.message_quiet,
            keys: Keys::default(),
            partial: Vec::new(),
            skipping: false,
            last: at,
            stage: Stage::Asking(1),
            sent: String::new(),
            wanted: String::new(),
            room: plain.room.clone(),
            waiting: Vec::new(),
            waiting_bytes: 0,
            closed: false,
            scene: Scene::new(entry, &plain.room, echo),
        };
        let mut text = Vec::new();
        let interrupted = user.keys.push(first.trim_ascii_start(), &mut text);
        let end = text.iter().position(|b| *b == b'\n').unwrap_or(text.len());
        let name = String::from_utf8_lossy(&text[..end]).into_owned();
        let rest = text.get(end + 1..).unwrap_or_default();
        if interrupted || GOODBYE_KEYS.contains(&name.as_bytes()) || typed::is_quit(&name) {
            user.stage = Stage::Gone;
            effects.peer.push_str("Bye!\n");
            effects.core.push("QUIT".to_owned());
            return user;
        }
        let name = strip(&name);
        // Programs that put the name in front of each message do so with the first one, too, if it is late for them.
        let (name, message) = match name.split_once(": ") {
            Some((name, message)) if is_nick(name) => (name.to_owned(), Some(message.to_owned())),
            _ => (name, None),
        };
        user.paced |= message.is_some();
        user.waiting.extend(message);
        user.sent = name.trim().to_owned();
        user.wanted = nick::from_name(&user.sent);
        effects.core.push("CAP REQ :batch echo-message message-tags server-time".to_owned());
        effects.core.push(format!("NICK {}", user.wanted));
        // Whoever is asked for no name, or gives none that can be read, has one all the same; and none fills a line.
        let name = if user.sent.is_empty() { &user.wanted } else { &user.sent };
        effects.core.push(format!("USER plain 0 * :{}", cut(name, REALNAME_LEN)));
        effects.core.push("CAP END".to_owned());
        user.partial.extend_from_slice(rest);
        user.whole_lines(effects);
        user
    }

    /// Whether it is to be written little at a time: it takes what it reads at once for whole characters.
    pub fn is_paced(&self) -> bool {
        self.paced
    }

    /// Takes what has arrived.
    pub fn take(&mut self, bytes: &[u8], at: Duration, effects: &mut Effects) {
        if self.stage == Stage::Gone {
            return;
        }
        let mut text = Vec::with_capacity(bytes.len());
        let interrupted = self.keys.push(bytes, &mut text);
        if interrupted || (self.partial.is_empty() && GOODBYE_KEYS.contains(&&text[..])) {
            self.leave(effects);
            return;
        }
        self.last = at;
        self.partial.extend_from_slice(&text);
        // From its first line end on it is somebody who sends lines. One inside a message does not say so.
        self.lines |= text.ends_with(b"\n");
        self.whole_lines(effects);
    }

    /// When quiet would end a message.
    pub fn due(&self) -> Option<Duration> {
        let waits = !self.lines && self.partial.len() > incomplete(&self.partial);
        (waits && self.stage != Stage::Gone).then_some(self.last + self.quiet)
    }

    /// Time has passed.
    pub fn tick(&mut self, at: Duration, effects: &mut Effects) {
        if self.due().is_none_or(|due| at < due) {
            return;
        }
        let tail = self.partial.split_off(self.partial.len() - incomplete(&self.partial));
        let message = std::mem::replace(&mut self.partial, tail);
        if !std::mem::take(&mut self.skipping) {
            self.message(&message, effects);
        }
    }

    /// The peer has closed its half: what it said before is still said.
    pub fn close(&mut self, effects: &mut Effects) {
        self.closed = true;
        let message = std::mem::take(&mut self.partial);
        if !message.is_empty() && !std::mem::take(&mut self.skipping) {
            self.message(&message, effects);
        }
        self.end_if_closed(effects);
    }

    fn end_if_closed(&mut self, effects: &mut Effects) {
        if self.closed && matches!(self.stage, Stage::Inside | Stage::Gone) {
            self.stage = Stage::Gone;
            effects.ended = Some("Connection closed");
        }
    }

    fn whole_lines(&mut self, effects: &mut Effects) {
        let mut rest = std::mem::take(&mut self.partial);
        let mut from = 0;
        while let Some(length) = memchr::memchr(b'\n', &rest[from..]) {
            let line = &rest[from..from + length];
            if !std::mem::take(&mut self.skipping) {
                self.message(line, effects);
            }
            from += length + 1;
        }
        rest.drain(..from);
        if rest.len() > MAX_MESSAGE {
            if !self.skipping {
                self.too_long(effects);
            }
            self.skipping = true;
        } else if !rest.is_empty() {
            self.partial = rest;
        }
    }

    fn too_long(&self, effects: &mut Effects) {
        show::tell(&mut effects.peer, &format!("not sent: longer than {MAX_MESSAGE} bytes"));
    }

    fn message(&mut self, bytes: &[u8], effects: &mut Effects) {
        if self.stage == Stage::Gone {
            return;
        }
        if bytes.len() > MAX_MESSAGE {
            self.too_long(effects);
            return;
        }
        let text = strip(&String::from_utf8_lossy(bytes));
        if self.stage == Stage::Inside {
            self.do_typed(&text, effects);
            return;
        }
        self.waiting_bytes += text.len() + size_of::<String>();
        if self.waiting_bytes > MAX_WAITING {
            self.leave(effects);
        } else {
            self.waiting.push(text);
        }
    }

    fn do_typed(&mut self, text: &str, effects: &mut Effects) {
        let glued = if self.lines { None } else { typed::before_quit(text) };
        if let Some(before) = glued {
            if !before.trim().is_empty() {
                self.do_typed(before, effects);
            }
            self.leave(effects);
            return;
        }
        let own = [self.sent.as_str(), self.scene.nick.as_str()];
        match typed::understand(text, own) {
            Typed::Nothing => {}
            Typed::Say(words) => self.say(&words, ["", ""], effects),
            Typed::Act(words) => self.say(&words, ["\u{1}ACTION ", "\u{1}"], effects),
            Typed::Who => effects.core.push(format!("NAMES {}", self.room)),
            Typed::Nick(name) if name.is_empty() => {
                show::tell(&mut effects.peer, &format!("you are {}; /nick NAME changes it", self.scene.nick));
            }
            Typed::Nick(name) => effects.core.push(format!("NICK {}", nick::from_name(&name))),
            Typed::Echo(wanted) => {
                self.scene.echo = wanted.unwrap_or(self.scene.echo);
                let state = if self.scene.echo { "sent back to you" } else { "not sent back to you" };
                show::tell(
                    &mut effects.peer,
                    &format!("your own messages are {state} (/echo on, /echo off)"),
                );
            }
            Typed::Help => show::help(&mut effects.peer),
            Typed::Unknown(word) => {
                let word = cut(&word, NICK_LEN);
                show::tell(
                    &mut effects.peer,
                    &format!("not sent: /{word} is no command here; //{word} says it"),
                );
                show::help(&mut effects.peer);
            }
            Typed::Quit => self.leave(effects),
        }
    }

    /// Says something in the room, in as many lines as it takes; cut between characters.
    fn say(&self, words: &str, [before, after]: [&str; 2], effects: &mut Effects) {
        let room = &self.room;
        // `:source PRIVMSG #room :` in front, and the line end.
        let head = 1 + NICK_LEN + SOURCE_REST + " PRIVMSG ".len() + room.len() + 2 + 2;
        let most = MAX_REST - head - before.len() - after.len();
        let mut rest = words;
        while !rest.is_empty() {
            let piece = cut(rest, most);
            rest = &rest[piece.len()..];
            let tag = if rest.is_empty() { String::new() } else { format!("@{MORE} ") };
            effects.core.push(format!("{tag}PRIVMSG {room} :{before}{piece}{after}"));
        }
    }

    fn leave(&mut self, effects: &mut Effects) {
        self.stage = Stage::Gone;
        self.waiting.clear();
        effects.core.push("QUIT".to_owned());
    }

    /// Whole lines that the core sends to this user.
    pub fn hear(&mut self, lines: &[u8], effects: &mut Effects) {
        for line in lines.split(|b| *b == b'\n') {
            let Ok(line) = std::str::from_utf8(line) else { continue };
            let Ok(message) = crate::irc::Message::parse(line.trim_end_matches('\r')) else { continue };
            match message.command {
                "PING" => effects.core.push(format!("PONG :{}", message.param(0))),
                "001" if matches!(self.stage, Stage::Asking(_)) => {
                    self.stage = Stage::Entering;
                    message.param(0).clone_into(&mut self.scene.nick);
                    effects.core.push(format!("JOIN {}", self.room));
                }
                "432" | "433" | "436" | "437" if matches!(self.stage, Stage::Asking(_)) => {
                    self.ask_again(effects);
                }
                "366" if self.stage == Stage::Entering => {
                    self.scene.show(&message, &mut effects.peer);
                    self.stage = Stage::Inside;
                    self.catch_up(effects);
                }
                "403" | "405" | "471" | "473" | "474" | "475" if self.stage == Stage::Entering => {
                    show::tell(&mut effects.peer, &format!("you cannot come in: {}", message.param(2)));
                    self.leave(effects);
                }
                "KICK" if message.param(1) == self.scene.nick => {
                    self.scene.show(&message, &mut effects.peer);
                    self.leave(effects);
                }
                _ => self.scene.show(&message, &mut effects.peer),
            }
            if self.stage == Stage::Entering && message.is("JOIN") && self.scene.nick != self.wanted {
                let words = format!("{} is taken, so you are {}", self.wanted, self.scene.nick);
                show::tell(&mut effects.peer, &words);
            }
        }
    }

    fn ask_again(&mut self, effects: &mut Effects) {
        let Stage::Asking(tried) = self.stage else { return };
        if tried == NICKS {
            self.leave(effects);
            return;
        }
        self.stage = Stage::Asking(tried + 1);
        effects.core.push(format!("NICK {}", nick::numbered(&self.wanted, tried + 1)));
    }

    /// Says what was typed before it was in the room.
    fn catch_up(&mut self, effects: &mut Effects) {
        for text in std::mem::take(&mut self.waiting) {
            if self.stage == Stage::Inside {
                self.do_typed(&text, effects);
            }
        }
        self.waiting_bytes = 0;
        self.end_if_closed(effects);
    }
}

/// How many bytes at the end are the beginning of a character whose rest may still come.
fn incomplete(bytes: &[u8]) -> usize {
    for back in 1..=bytes.len().min(3) {
        let byte = bytes[bytes.len() - back];
        let length = match byte {
            0xC2..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF4 => 4,
            0x80..=0xBF => continue,
            _ => return 0,
        };
        return if back < length { back } else { 0 };
    }
    0
}

#[cfg(test)]
mod tests;

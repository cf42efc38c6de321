//! The server core: pure. Inputs come in, outputs go out; it knows no socket, no file and no clock, never
//! blocks, never waits and never fails: what a peer sends wrongly is answered, not returned as an error.
//!
//! What a channel's members hear takes one way: a handler checks the command and asks with [`Output::Append`]
//! that its draft be ordered; it comes back as [`Input::Appended`], and only then does the core change its state
//! and say who is to hear it. So every node that is given the same lines in the same order knows the same.
//!
//! | module | what |
//! |---|---|
//! | [`state`], [`connection`] | connections and channels |
//! | [`audience`] | who is to hear a line, and in which form |
//! | [`command`] | the table of commands |
//! | [`modes`] | what modes there are |
//! | [`password`], [`ban`], [`net`] | who is let in, and who is not |
//! | `register`, `message`, `membership`, `list`, `mode`, `people`, `whowas`, `monitor`, `oper`, `info`, `help`, `absent`, [`history`], `search` | their handlers, by family |
//! | `apply` | what a line in the order does to the state, and who hears it |
//! | `reply` | numerics, standard replies, labels |

mod absent;
mod apply;
pub mod audience;
pub mod ban;
pub mod command;
pub mod config;
pub mod connection;
mod help;
pub mod history;
mod info;
mod list;
mod membership;
mod message;
mod mode;
pub mod modes;
mod monitor;
pub mod net;
mod oper;
pub mod password;
mod people;
pub mod query;
mod recent;
mod register;
mod reload;
mod reply;
mod said;
mod search;
pub mod state;
mod whowas;

use std::sync::Arc;

use bytes::BytesMut;

use crate::irc::line::Seq;
use crate::irc::numeric::RPL_MONOFFLINE;
use crate::irc::{Draft, Line, Message, Time};

pub use audience::{Audience, Ears, Form};
pub use config::Config;
pub use history::{Of, Playback};
pub use query::{Find, Item, Query, Reference, Rest, Which};
pub use state::{ConnId, Kind, Peer};

use ban::Ban;
use config::Reload;
use connection::Deadline;
use password::{Check, Guesses, Verdict};
use state::State;

/// What enters the core.
#[derive(Debug)]
pub enum Input<'a> {
    /// A connection was accepted.
    Open(ConnId, Peer),
    /// A connection sent a line; given without its end. It may be anything.
    Line(ConnId, &'a [u8]),
    /// A connection sent a line over the limit; nothing of it is left.
    TooLong(ConnId),
    /// A draft has got its place in the order. Whose it was comes with it, if that is a connection of this node.
    Appended(Line, Option<ConnId>),
    /// The log had no room: these lines were not kept and must not be heard.
    NotKept(Vec<(Line, ConnId)>),
    /// A connection is gone, for this reason.
    Close(ConnId, String),
    /// What has come of an [`Output::Check`].
    Checked(ConnId, Verdict),
    /// The operator has chosen anew.
    Reload(Box<Reload>),
    /// Some seconds have passed: deadlines are looked at.
    Tick,
    /// The server stops: everybody is told why, and closed.
    Shutdown(String),
}

/// What leaves the core.
#[derive(Debug)]
pub enum Output {
    /// To be ordered; comes back as [`Input::Appended`] with the same origin. What is `keep` goes into the log
    /// and is heard only once it lies there; the rest is only stamped.
    Append {
        /// The line without its stamp.
        draft: Draft,
        /// The connection that sent it.
        origin: ConnId,
        /// Whether it goes into the log.
        keep: bool,
    },
    /// A stamped line for these connections, in the form each of them reads.
    Deliver {
        /// The line.
        line: Line,
        /// Who hears it.
        to: Audience,
        /// All of them but this one.
        except: Option<ConnId>,
    },
    /// Bytes for one connection: whole lines.
    Reply {
        /// Whose.
        to: ConnId,
        /// The lines.
        bytes: BytesMut,
        /// If it shows a line of this turn's log: which. It must not be sent if that line could not be kept.
        of: Option<Line>,
    },
    /// A piece of history, to be sent in this form.
    Page {
        /// For whom.
        to: ConnId,
        /// Where its lines come from.
        lines: Lines,
        /// How it is to be written.
        playback: Box<Playback>,
    },
    /// A password is to be checked; comes back as [`Input::Checked`]. Until then the connection is handed in no more lines.
    Check(Check),
    /// The bans are these now, and are to be kept.
    Bans {
        /// All of them.
        bans: Arc<[Ban]>,
        /// Who has changed them, to be told if they cannot be kept.
        by: Option<ConnId>,
    },
    /// The connection is closed once its bytes are written. Exactly one for each [`Input::Open`]: with it, and not
    /// before, the id is free again.
    Close(ConnId, String),
    /// For the diagnostics: who came or went, and why; never a message's text.
    Note(Note),
}

/// Where the lines of a page come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lines {
    /// The core remembers them. Any of them may still be on its way to the log; if one gets lost there, the page is read from
    /// the log instead.
    Recent {
        /// The lines.
        lines: Vec<Line>,
        /// What lies beyond them.
        rest: Rest,
        /// What was asked for.
        query: Query,
    },
    /// They are older, and are read from the log.
    Asked(Query),
    /// They are looked for in the log.
    Sought(Box<Find>),
}

impl Output {
    /// How many bytes it will be, about; what many hear counts once, for it is shared. A page is counted as what it may
    /// become.
    pub fn size(&self) -> usize {
        match self {
            Output::Append { .. } => 0,
            Output::Deliver { line, .. } => line.tagged().len(),
            Output::Reply { bytes, .. } => bytes.len(),
            Output::Page { lines: Lines::Recent { lines, .. }, .. } => {
                lines.iter().map(|line| line.tagged().len()).sum()
            }
            Output::Page { lines: Lines::Asked(query), .. } => query.limit * crate::irc::MAX_REST,
            Output::Page { lines: Lines::Sought(find), .. } => find.limit * crate::irc::MAX_REST,
            Output::Check(_) | Output::Bans { .. } | Output::Close(..) | Output::Note(_) => 64,
        }
    }
}

/// What the diagnostics are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// Somebody is registered: connection, nick, and who it is.
    Arrived(ConnId, String, Peer),
    /// A connection ended: its nick (empty if it never had one), who it was, and the reason.
    Left(ConnId, String, Peer, String),
}

/// The server core.
#[derive(Debug)]
pub struct Core {
    config: Arc<Config>,
    state: State,
    /// The time of the input under way.
    now: Time,
    /// What it has brought so far.
    out: Vec<Output>,
    /// What has been said already.
    said: said::Said,
    /// Who was there.
    past: whowas::Past,
    /// Who is kept out.
    bans: Arc<[Ban]>,
    /// Who has guessed passwords.
    /// By what they were to open.
    guesses: [Guesses; 2],
    /// The labelled command under way, if it is one.
    label: Option<reply::Label>,
    /// The line that was applied last.
    last: Option<(Time, Seq)>,
    /// Counts the batches, for their names.
    batches: u64,
}

impl Core {
    /// A core with nobody in it.
    pub fn new(config: Config) -> Core {
        let state = State::new(config.lanes);
        Core {
            config: Arc::new(config),
            state,
            now: Time::default(),
            out: Vec::new(),
            said: said::Said::default(),
            past: whowas::Past::default(),
            bans: Arc::default(),
            guesses: Default::default(),
            label: None,
            last: None,
            batches: 0,
        }
    }

    /// Takes one input; what follows from it is appended to `out`. For each [`Output::Append`] among it the caller
    /// hands in the [`Input::Appended`] at once or later, and calls [`Core::settle`] after the last of them.
    pub fn handle(&mut self, input: Input<'_>, now: Time, out: &mut Vec<Output>) {
        self.now = now;
        std::mem::swap(&mut self.out, out);
        match input {
            Input::Open(id, peer) => self.open(id, peer),
            Input::Line(id, line) => self.line(id, line),
            Input::TooLong(id) => self.too_long(id),
            Input::Appended(line, origin) => self.apply(line, origin),
            Input::NotKept(lines) => self.not_kept(&lines),
            Input::Close(id, reason) => self.close(id, &reason),
            Input::Checked(id, verdict) => self.password_checked(id, verdict),
            Input::Reload(reload) => self.reload(*reload),
            Input::Tick => self.tick(),
            Input::Shutdown(reason) => self.shutdown(&reason),
        }
        std::mem::swap(&mut self.out, out);
    }

    /// Ends the input that was handed in last: all that it asked to be ordered has come back or will come later.
    /// A labelled command is answered here.
    pub fn settle(&mut self, out: &mut Vec<Output>) {
        std::mem::swap(&mut self.out, out);
        self.finish_label();
        std::mem::swap(&mut self.out, out);
    }

    /// Takes a line of the log at start: the channels' recent lines and topics are what they were.
    pub fn recall(&mut self, line: &Line) {
        self.remember(line);
        self.said.insert(line);
    }

    /// What was recalled at start may lack lines, unless it lies behind this one: what is before is read from the log, which
    /// knows where it is damaged.
    pub fn recall_behind(&mut self, at: Time, seq: Seq) {
        self.state.recall_behind(at, seq);
    }

    /// Takes one of the log's last lines at start, whatever its channel: it is not said a second time under the same id.
    pub fn recall_id(&mut self, line: &Line) {
        self.said.insert(line);
    }

    /// How many connections are registered.
    pub fn users(&self) -> usize {
        self.state.registered
    }

    fn open(&mut self, id: ConnId, peer: Peer) {
        self.state.open(id, peer, self.now);
    }

    fn too_long(&mut self, id: ConnId) {
        if self.state.connection(id).is_some() {
            self.numeric(id, crate::irc::numeric::ERR_INPUTTOOLONG, &["Input line was too long"]);
        }
    }

    fn line(&mut self, id: ConnId, line: &[u8]) {
        let now = self.now;
        let Some(connection) = self.state.connection_mut(id) else { return };
        connection.heard(now);
        if connection.babbles() {
            self.drop_connection(id, "Too many lines before registration");
            return;
        }
        let Ok(text) = std::str::from_utf8(line) else {
            self.not_utf8(id, &String::from_utf8_lossy(line));
            return;
        };
        if command::too_long(text) {
            self.too_long(id);
            return;
        }
        // No line may hold these bytes. A blank stands in for them: then the rest of what somebody wrote is not lost.
        let cleaned;
        let text = if memchr::memchr2(b'\r', 0, line).is_some() {
            cleaned = text.replace(['\r', '\0'], " ");
            &cleaned
        } else {
            text
        };
        let Ok(message) = Message::parse(text) else { return };
        self.dispatch(id, &message);
    }

    /// A line that is not UTF-8 is refused whole, by a FAIL to everybody: whoever sends such lines has not read `UTF8ONLY`
    /// either ([UTF8ONLY](https://ircv3.net/specs/extensions/utf8-only)).
    fn not_utf8(&mut self, id: ConnId, nearly: &str) {
        let message = Message::parse(nearly).unwrap_or(Message::new("*", &[]));
        self.take_up_label(id, &message);
        let verb = register::shown_word(&message.command.to_ascii_uppercase());
        let verb = if verb.is_ascii() { verb.as_str() } else { "*" };
        self.server_line(id, "FAIL", &[verb, "INVALID_UTF8", "Message rejected, it is not valid UTF-8"]);
    }

    /// The end of a connection as its peer or its edge saw it.
    fn close(&mut self, id: ConnId, reason: &str) {
        self.leave(id, reason);
        self.release(id, reason);
    }

    /// The end of a connection as the server decides it: the peer is told why.
    pub(crate) fn drop_connection(&mut self, id: ConnId, reason: &str) {
        if self.state.connection(id).is_some() {
            let text = format!("ERROR :{}", crate::irc::line::cut(reason, 400));
            self.raw(id, &text);
            // A labelled QUIT is answered now: afterwards nobody is there.
            if self.label_is_for(id) {
                self.finish_label();
            }
            self.close(id, reason);
        }
    }

    /// A registered user's QUIT goes to all who share a channel; whoever is alone is simply gone.
    fn leave(&mut self, id: ConnId, reason: &str) {
        let Some(connection) = self.state.connection(id) else { return };
        if connection.registered && !connection.channels.is_empty() {
            let draft = Draft::new("", &connection.source, "QUIT", &[reason]);
            self.state.set_leaving(id);
            self.out.push(Output::Append { draft, origin: id, keep: true });
        }
    }

    /// The id is given back, now or when the QUIT under way has been applied.
    fn release(&mut self, id: ConnId, reason: &str) {
        let Some(connection) = self.state.connection_mut(id) else { return };
        if connection.leaving {
            connection.close_reason = Some(reason.to_owned());
            return;
        }
        self.gone(id, reason);
    }

    /// Nothing of the connection is left but what WHOWAS remembers.
    fn gone(&mut self, id: ConnId, reason: &str) {
        let Some(connection) = self.state.connection(id) else { return };
        if connection.registered {
            self.past.insert(connection, self.now);
        }
        let (nick, peer) = (connection.nick.clone(), connection.peer.clone());
        let registered = connection.registered;
        self.state.remove(id);
        if registered {
            self.tell_watchers(&nick, RPL_MONOFFLINE, &nick);
        }
        self.out.push(Output::Note(Note::Left(id, nick, peer, reason.to_owned())));
        self.out.push(Output::Close(id, reason.to_owned()));
    }

    fn tick(&mut self) {
        let now = self.now;
        let limits = self.config.clone();
        self.end_bans();
        for id in self.state.ids() {
            let Some(connection) = self.state.connection_mut(id) else { continue };
            let verdict = connection.deadline(now, &limits);
            match verdict {
                Deadline::Fine => {}
                Deadline::Ask => {
                    let ping = format!("PING :{}", limits.name);
                    self.raw(id, &ping);
                }
                Deadline::Unregistered => self.drop_connection(id, "Registration timed out"),
                Deadline::Silent => self.drop_connection(id, "Ping timeout"),
            }
        }
    }

    fn shutdown(&mut self, reason: &str) {
        for id in self.state.ids() {
            if self.state.connection(id).is_some_and(|connection| connection.registered) {
                self.server_notice(id, reason);
            }
            self.raw(id, &format!("ERROR :{reason}"));
            self.state.remove(id);
            self.out.push(Output::Close(id, reason.to_owned()));
        }
    }

    /// A name for the next batch.
    fn next_batch(&mut self) -> String {
        self.batches += 1;
        format!("b{}", self.batches)
    }
}

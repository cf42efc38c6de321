//! A connection as the core knows it, and what the clock says of it.

use crate::irc::{Caps, Time};

use super::audience::Form;
use super::config::{Config, MAX_EARLY_LINES, Operator};
use super::modes::UserModes;
use super::password::{Hidden, Purpose};
use super::state::{ChanId, Peer, Status};

/// A connection, registered or on its way there.
#[derive(Debug)]
pub struct Connection {
    /// Who is at the other end.
    pub peer: Peer,
    /// The capabilities it has asked for and got.
    pub caps: Caps,
    /// Whether it knows `CAP LS 302`: values, and `cap-notify` implied.
    pub cap_302: bool,
    /// Between CAP LS or REQ and CAP END.
    pub negotiating: bool,
    /// Its nick; empty until it has one.
    pub nick: String,
    /// Its user name; empty until USER.
    pub user: String,
    /// Its real name.
    pub realname: String,
    /// Its host as others see it: its address, unless an operator has given it another.
    pub host: String,
    /// `nick!user@host`.
    pub source: String,
    /// What it gave as the server's password, until that has been looked at.
    pub password: Option<Hidden>,
    /// Its password is being checked, for this.
    pub checking: Option<Purpose>,
    /// After the welcome.
    pub registered: bool,
    /// Its away text, while it is away.
    pub away: Option<String>,
    /// Its modes.
    pub modes: UserModes,
    /// As which operator it acts, or has acted.
    pub operator: Option<Operator>,
    /// How often it gave OPER a wrong password.
    pub oper_failures: u8,
    /// The nicks that it watches, as it wrote them: at most [`MAX_MONITORED`](super::config::MAX_MONITORED).
    pub monitoring: Vec<String>,
    /// Where it is, and as what.
    pub channels: Vec<(ChanId, Status)>,
    /// Channels it may enter past `+i`, by their [founding](super::state::Channel::founding).
    pub invited: Vec<u64>,
    /// When its searches so far would be over if each of them took its [time](super::config::SEARCH_EVERY).
    pub searched: Time,
    /// When it connected.
    pub opened: Time,
    /// When it last said something to somebody: for idle times.
    pub spoke: Time,
    /// When anything was last read from it.
    heard: Time,
    /// How many lines were read from it before it was registered.
    early_lines: u32,
    /// When it was asked with a PING that it has not answered.
    asked: Option<Time>,
    /// Its QUIT is on its way into the order.
    pub leaving: bool,
    /// Why it ends, once its QUIT has been applied.
    pub close_reason: Option<String>,
}

/// What the clock says of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// Nothing is due.
    Fine,
    /// It has been silent and is to be asked.
    Ask,
    /// It did not register in time.
    Unregistered,
    /// It did not answer.
    Silent,
}

impl Connection {
    /// A connection that has just been accepted.
    pub fn new(peer: Peer, now: Time) -> Connection {
        Connection {
            host: peer.address.clone(),
            peer,
            caps: Caps::default(),
            cap_302: false,
            negotiating: false,
            nick: String::new(),
            user: String::new(),
            realname: String::new(),
            source: String::new(),
            password: None,
            checking: None,
            registered: false,
            away: None,
            modes: UserModes::default(),
            operator: None,
            oper_failures: 0,
            monitoring: Vec::new(),
            channels: Vec::new(),
            invited: Vec::new(),
            searched: now,
            opened: now,
            spoke: now,
            heard: now,
            early_lines: 0,
            asked: None,
            leaving: false,
            close_reason: None,
        }
    }

    /// The name it is addressed by in replies: `*` until it has a nick.
    pub fn shown_nick(&self) -> &str {
        if self.nick.is_empty() { "*" } else { &self.nick }
    }

    /// Which form of a line it reads.
    pub fn form(&self) -> Form {
        Form::of(self.caps)
    }

    /// What it is in a channel; `None` if it is not in it.
    pub fn status(&self, channel: ChanId) -> Option<Status> {
        self.channels.iter().find(|(id, _)| *id == channel).map(|(_, status)| *status)
    }

    /// A line was read from it.
    pub fn heard(&mut self, now: Time) {
        self.heard = now;
        self.asked = None;
        self.early_lines += u32::from(!self.registered);
    }

    /// Whether it has said more than anybody needs to register, and has not.
    pub fn babbles(&self) -> bool {
        !self.registered && self.early_lines > MAX_EARLY_LINES
    }

    /// The source is made anew when nick, user or host are known or change.
    pub fn rename(&mut self) {
        self.source = format!("{}!{}@{}", self.nick, self.user, self.host);
    }

    /// What is due now.
    pub fn deadline(&mut self, now: Time, config: &Config) -> Deadline {
        if self.leaving {
            return Deadline::Fine;
        }
        if !self.registered {
            let late = self.peer.waited + now.since(self.opened) >= config.registration_deadline;
            return if late { Deadline::Unregistered } else { Deadline::Fine };
        }
        match self.asked {
            Some(at) if now.since(at) >= config.ping_deadline => Deadline::Silent,
            Some(_) => Deadline::Fine,
            None if now.since(self.heard) >= config.ping_after => {
                self.asked = Some(now);
                Deadline::Ask
            }
            None => Deadline::Fine,
        }
    }
}

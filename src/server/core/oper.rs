//! Acting for the server: OPER, KILL, CHGHOST, WALLOPS; and the modes of a user, of which being its operator is one
//! ([operator messages](https://modern.ircdocs.horse/#operator-messages)).

use std::sync::Arc;

use crate::irc::line::cut;
use crate::irc::name::same;
use crate::irc::numeric::*;
use crate::irc::{Draft, Line, MAX_REST, Message};

use super::config::{HOST_LEN, MAX_OPER_FAILURES, Operator, REASON_LEN};
use super::modes::UserModes;
use super::password::{Check, Hidden, Lock, Purpose, Verdict};
use super::register::shown_word;
use super::{Audience, ConnId, Core, Output};

impl Core {
    pub(super) fn oper(&mut self, id: ConnId, message: &Message<'_>) {
        let config = self.config.clone();
        if config.operators.is_empty() {
            self.numeric(id, ERR_NOOPERHOST, &["This server has no operators"]);
            return;
        }
        if let Some(words) = self.must_wait(id, Lock::Operator) {
            return self.numeric(id, ERR_PASSWDMISMATCH, &[&words]);
        }
        let (name, password) = (message.param(0), Hidden::new(message.param(1)));
        // The same work and the same answer, whether it was the name or the password.
        let named = config.operators.iter().find(|operator| operator.name == name);
        let Some(hash) = named.or(config.operators.first()).map(|operator| operator.hash.clone()) else {
            return;
        };
        let purpose = Purpose::Operate { named: named.cloned(), label: self.take_label(id) };
        let Some(connection) = self.state.connection_mut(id) else { return };
        connection.checking = Some(purpose);
        self.out.push(Output::Check(Check { of: id, hash, password }));
    }

    /// The password that was given with OPER has been checked.
    pub(super) fn oper_checked(&mut self, id: ConnId, named: Option<Operator>, verdict: Verdict) {
        let Some(connection) = self.state.connection_mut(id) else { return };
        match verdict {
            Verdict::Right => {
                connection.operator = named;
                let modes = UserModes { operator: true, ..connection.modes };
                self.numeric(id, RPL_YOUREOPER, &["You are now an IRC operator"]);
                self.set_user_modes(id, modes);
            }
            Verdict::Wrong => {
                connection.oper_failures += 1;
                let too_many = connection.oper_failures >= MAX_OPER_FAILURES;
                self.numeric(id, ERR_PASSWDMISMATCH, &["Password incorrect"]);
                if too_many {
                    self.drop_connection(id, "Too many wrong passwords");
                }
            }
            Verdict::Busy => {
                self.numeric(id, ERR_PASSWDMISMATCH, &["Too many passwords are being checked; try again"]);
            }
        }
    }

    /// Whether somebody may act for the server; who may not is told so.
    pub(super) fn is_operator(&mut self, id: ConnId) -> bool {
        let operator = self.state.connection(id).is_some_and(|connection| connection.modes.operator);
        if !operator {
            self.numeric(id, ERR_NOPRIVILEGES, &["Permission Denied- You're not an IRC operator"]);
        }
        operator
    }

    pub(super) fn kill(&mut self, id: ConnId, message: &Message<'_>) {
        if !self.is_operator(id) {
            return;
        }
        let Some((target, user)) = self.state.user(message.param(0)) else {
            return self.no_such_nick(id, message.param(0));
        };
        let nick = user.nick.clone();
        let Some(by) = self.state.connection(id) else { return };
        let reason = match message.param(1) {
            "" => "No reason",
            words => cut(words, REASON_LEN),
        };
        let told = format!("Killed ({} ({reason}))", by.nick);
        let head = format!(":{} KILL {nick} :", by.source);
        let room = (MAX_REST - 2).saturating_sub(head.len());
        self.raw(target, &format!("{head}{}", cut(reason, room)));
        self.drop_connection(target, &told);
    }

    /// Gives somebody a host to be seen with instead of his address.
    pub(super) fn chghost(&mut self, id: ConnId, message: &Message<'_>) {
        if !self.is_operator(id) {
            return;
        }
        let (nick, host) = (message.param(0), message.param(1));
        let Some((_, user)) = self.state.user(nick) else {
            return self.no_such_nick(id, nick);
        };
        if !is_host(host) {
            let shown = shown_word(host);
            self.fail(id, "CHGHOST", "INVALID_HOST", &[&shown], "That is no name for a host");
        } else if user.host != host {
            let draft = Draft::new("", &user.source, "CHGHOST", &[&user.user, host]);
            self.out.push(Output::Append { draft, origin: id, keep: false });
        }
    }

    pub(super) fn wallops(&mut self, id: ConnId, message: &Message<'_>) {
        if !self.is_operator(id) {
            return;
        }
        let Some(by) = self.state.connection(id) else { return };
        let draft = Draft::new("", &by.source, "WALLOPS", &[message.param(0)]);
        self.out.push(Output::Append { draft, origin: id, keep: false });
    }

    /// A WALLOPS in the order goes to those who asked for such with `+w`.
    pub(super) fn apply_wallops(&mut self, line: &Line) {
        let ears = self.state.ears(self.state.ids(), |connection| connection.modes.wallops);
        self.out.push(Output::Deliver {
            line: line.clone(),
            to: Audience::Many(Arc::new(ears)),
            except: None,
        });
    }

    /// MODE on oneself.
    pub(super) fn user_mode(&mut self, id: ConnId, message: &Message<'_>) {
        let Some(connection) = self.state.connection(id) else { return };
        if !same(message.param(0), &connection.nick) {
            if self.state.user(message.param(0)).is_some() {
                self.numeric(id, ERR_USERSDONTMATCH, &["Can't change mode for other users"]);
            } else {
                self.no_such_nick(id, message.param(0));
            }
            return;
        }
        let mut modes = connection.modes;
        if message.params.len() < 2 {
            self.numeric(id, RPL_UMODEIS, &[&modes.shown()]);
            return;
        }
        let (mut set, mut unknown) = (true, false);
        for letter in message.param(1).chars() {
            match (letter, modes.flag(letter)) {
                ('+' | '-', _) => set = letter == '+',
                // An operator is made by OPER alone.
                ('o', _) if set => {}
                (_, Some(flag)) => *flag = set,
                (_, None) => unknown = true,
            }
        }
        self.set_user_modes(id, modes);
        if unknown {
            self.numeric(id, ERR_UMODEUNKNOWNFLAG, &["Unknown MODE flag"]);
        }
    }

    pub(super) fn set_user_modes(&mut self, id: ConnId, modes: UserModes) {
        let Some(connection) = self.state.connection_mut(id) else { return };
        let changed = modes.since(std::mem::replace(&mut connection.modes, modes));
        if !changed.is_empty() {
            let (source, nick) = (connection.source.clone(), connection.nick.clone());
            self.raw(id, &format!(":{source} MODE {nick} {changed}"));
        }
    }

    pub(super) fn no_such_nick(&mut self, id: ConnId, nick: &str) {
        let shown = shown_word(nick);
        self.numeric(id, ERR_NOSUCHNICK, &[&shown, "No such nick"]);
    }
}

/// Whether others may be shown this as somebody's host: what a host's name or address may look like, or such names with
/// slashes as networks give.
fn is_host(host: &str) -> bool {
    (1..=HOST_LEN).contains(&host.len())
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'/' | b':'))
        && !host.starts_with(':')
}

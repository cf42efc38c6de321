//! Who was there: the people who left or changed their nick, and WHOWAS
//! ([WHOWAS](https://modern.ircdocs.horse/#whowas-message)).

use std::collections::VecDeque;

use crate::irc::name::same;
use crate::irc::numeric::*;
use crate::irc::{Message, Time};

use super::config::{MAX_TARGETS, WHOWAS};
use super::connection::Connection;
use super::register::shown_word;
use super::{ConnId, Core};

/// Somebody under a nick that is no longer theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Person {
    nick: String,
    user: String,
    host: String,
    realname: String,
    until: Time,
}

/// The last people who gave up a nick, the latest last: at most [`WHOWAS`].
#[derive(Debug, Default)]
pub struct Past(VecDeque<Person>);

impl Past {
    /// A registered user gives up the present nick.
    pub fn insert(&mut self, user: &Connection, now: Time) {
        if self.0.len() == WHOWAS {
            self.0.pop_front();
        }
        self.0.push_back(Person {
            nick: user.nick.clone(),
            user: user.user.clone(),
            host: user.host.clone(),
            realname: user.realname.clone(),
            until: now,
        });
    }
}

impl Core {
    pub(super) fn whowas(&mut self, id: ConnId, message: &Message<'_>) {
        // What is no positive number asks for all of them.
        let count = message.param(1).parse::<usize>().ok().filter(|count| *count > 0).unwrap_or(WHOWAS);
        let server = self.config.name.clone();
        for nick in message.param(0).split(',').filter(|nick| !nick.is_empty()).take(MAX_TARGETS) {
            let people: Vec<Person> = self
                .past
                .0
                .iter()
                .rev()
                .filter(|person| same(&person.nick, nick))
                .take(count)
                .cloned()
                .collect();
            let shown = shown_word(nick);
            if people.is_empty() {
                self.numeric(id, ERR_WASNOSUCHNICK, &[&shown, "There was no such nickname"]);
            }
            for person in people {
                let Person { nick, user, host, realname, until } = person;
                self.numeric(id, RPL_WHOWASUSER, &[&nick, &user, &host, "*", &realname]);
                self.numeric(id, RPL_WHOISSERVER, &[&nick, &server, &until.to_string()]);
            }
            self.numeric(id, RPL_ENDOFWHOWAS, &[&shown, "End of WHOWAS"]);
        }
    }
}

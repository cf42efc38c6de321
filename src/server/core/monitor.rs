//! MONITOR: who wants to know when somebody comes and goes, and who also wants to hear what changes about them
//! ([MONITOR](https://ircv3.net/specs/extensions/monitor),
//! [extended-monitor](https://ircv3.net/specs/extensions/extended-monitor)).

use crate::irc::name::{is_nick, same};
use crate::irc::numeric::*;
use crate::irc::{Cap, Message, line::cut};

use super::config::MAX_MONITORED;
use super::register::shown_word;
use super::{ConnId, Core, Ears};

/// Most bytes of one answer's list: with source, numeric and nick in front it fits a line.
const LIST_LEN: usize = 350;

impl Core {
    pub(super) fn monitor(&mut self, id: ConnId, message: &Message<'_>) {
        let nicks = message.param(1).split(',').filter(|nick| !nick.is_empty());
        match message.param(0) {
            "+" => self.watch(id, nicks.collect()),
            "-" => nicks.for_each(|nick| self.state.unwatch(id, nick)),
            "c" | "C" => self.monitored(id).iter().for_each(|nick| self.state.unwatch(id, nick)),
            "l" | "L" => {
                let nicks = self.monitored(id);
                self.tell_list(id, RPL_MONLIST, &nicks);
                self.numeric(id, RPL_ENDOFMONLIST, &["End of MONITOR list"]);
            }
            "s" | "S" => {
                let nicks = self.monitored(id);
                self.tell_presence(id, &nicks);
            }
            other => {
                let shown = shown_word(other);
                self.numeric(id, ERR_UNKNOWNERROR, &["MONITOR", &shown, "is none of + - C L S"]);
            }
        }
    }

    fn monitored(&self, id: ConnId) -> Vec<String> {
        self.state.connection(id).map(|connection| connection.monitoring.clone()).unwrap_or_default()
    }

    fn watch(&mut self, id: ConnId, nicks: Vec<&str>) {
        let mut taken: Vec<String> = Vec::new();
        for (n, nick) in nicks.iter().enumerate() {
            if !is_nick(nick) {
                let shown = shown_word(nick);
                self.numeric(id, ERR_ERRONEUSNICKNAME, &[&shown, "Erroneous nickname"]);
                continue;
            }
            let Some(connection) = self.state.connection(id) else { return };
            if connection.monitoring.iter().any(|other| same(other, nick)) {
                continue;
            }
            if connection.monitoring.len() >= MAX_MONITORED {
                let rest: Vec<&str> = nicks[n..].iter().copied().filter(|nick| is_nick(nick)).collect();
                let (limit, rest) = (MAX_MONITORED.to_string(), rest.join(","));
                let words = "Monitor list is full";
                self.numeric(id, ERR_MONLISTFULL, &[&limit, cut(&rest, LIST_LEN), words]);
                break;
            }
            self.state.watch(id, nick);
            taken.push((*nick).to_owned());
        }
        self.tell_presence(id, &taken);
    }

    /// Which of these are here, and which are not.
    fn tell_presence(&mut self, id: ConnId, nicks: &[String]) {
        let (mut online, mut offline) = (Vec::new(), Vec::new());
        for nick in nicks {
            match self.state.user(nick) {
                Some((_, user)) => online.push(user.source.clone()),
                None => offline.push(nick.clone()),
            }
        }
        self.tell_list(id, RPL_MONONLINE, &online);
        self.tell_list(id, RPL_MONOFFLINE, &offline);
    }

    /// A list with commas, in as many lines as it takes.
    fn tell_list(&mut self, id: ConnId, code: &str, words: &[String]) {
        let mut list = String::new();
        for word in words {
            if !list.is_empty() && list.len() + 1 + word.len() > LIST_LEN {
                self.numeric(id, code, &[&list]);
                list.clear();
            }
            if !list.is_empty() {
                list.push(',');
            }
            list.push_str(word);
        }
        if !list.is_empty() {
            self.numeric(id, code, &[&list]);
        }
    }

    /// Those who watch a nick learn that somebody has it now (the source), or that nobody has it any more (the nick).
    pub(super) fn tell_watchers(&mut self, nick: &str, code: &str, word: &str) {
        for watcher in self.state.watchers(nick).to_vec() {
            self.numeric(watcher, code, &[word]);
        }
    }

    /// Who hears of a change of somebody that is told by this capability: who shares a channel, and who watches and
    /// has asked to hear that as well; but not somebody himself.
    pub(super) fn ears_of_change(&self, id: ConnId, cap: Cap) -> Ears {
        let Some(connection) = self.state.connection(id) else { return self.state.ears([], |_| true) };
        let watchers = self.state.watchers(&connection.nick).iter().copied();
        let watchers = watchers.filter(|watcher| {
            self.state.connection(*watcher).is_some_and(|other| other.caps.has(Cap::ExtendedMonitor))
        });
        let mut ids: Vec<ConnId> = self.state.neighbours(id).into_iter().chain(watchers).collect();
        ids.retain(|other| *other != id);
        ids.sort_unstable();
        ids.dedup();
        self.state.ears(ids, |other| other.caps.has(cap))
    }
}

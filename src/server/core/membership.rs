//! JOIN, PART, KICK, INVITE, TOPIC and NAMES
//! ([channel operations](https://modern.ircdocs.horse/#channel-operations)).

use crate::irc::name::{fold, is_channel};
use crate::irc::numeric::*;
use crate::irc::{Cap, Draft, MAX_REST, Message, line::cut};

use super::config::*;
use super::register::shown_word;
use super::state::{ChanId, Topic};
use super::{ConnId, Core, Output};

impl Core {
    pub(super) fn join(&mut self, id: ConnId, message: &Message<'_>) {
        if message.param(0) == "0" {
            let channels = self.state.connection(id).map(|c| c.channels.clone()).unwrap_or_default();
            for (channel, _) in channels {
                self.part_one(id, channel, "");
            }
            return;
        }
        let mut keys = message.param(1).split(',');
        // Joins asked for in one line are counted as they are asked for, not as they happen.
        let mut joining: Vec<String> = Vec::new();
        for name in message.param(0).split(',').filter(|name| !name.is_empty()) {
            let key = keys.next().unwrap_or_default();
            if joining.contains(&fold(name).into_owned()) {
                continue;
            }
            if let Some((code, words)) = self.join_refusal(id, name, key, joining.len()) {
                let shown = shown_word(name);
                self.numeric(id, code, &[&shown, words]);
                continue;
            }
            let Some(connection) = self.state.connection(id) else { return };
            let channel = self.state.channel_id(name);
            if channel.is_some_and(|channel| connection.status(channel).is_some()) {
                continue;
            }
            let written =
                channel.and_then(|channel| self.state.channel(channel)).map_or(name, |c| c.name.as_str());
            let draft = Draft::new("", &connection.source, "JOIN", &[written]);
            joining.push(fold(name).into_owned());
            self.out.push(Output::Append { draft, origin: id, keep: true });
        }
    }

    fn join_refusal(
        &self,
        id: ConnId,
        name: &str,
        key: &str,
        joining: usize,
    ) -> Option<(&'static str, &'static str)> {
        if !is_channel(name) {
            return Some((ERR_NOSUCHCHANNEL, "No such channel"));
        }
        let connection = self.state.connection(id)?;
        if connection.channels.len() + joining >= MAX_CHANNELS_PER_USER {
            return Some((ERR_TOOMANYCHANNELS, "You have joined too many channels"));
        }
        let channel = self.state.channel_id(name)?;
        let place = self.state.channel(channel)?;
        if connection.status(channel).is_some() {
            return None;
        }
        let invited = connection.invited.contains(&place.founding);
        let modes = &place.modes;
        if modes.key.as_deref().is_some_and(|wanted| wanted != key) {
            return Some((ERR_BADCHANNELKEY, "Cannot join channel (+k)"));
        }
        if modes.limit.is_some_and(|limit| place.members.len() >= limit) && !invited {
            return Some((ERR_CHANNELISFULL, "Cannot join channel (+l)"));
        }
        if modes.invite_only && !invited && !modes.is_invited(&connection.source) {
            return Some((ERR_INVITEONLYCHAN, "Cannot join channel (+i)"));
        }
        if modes.is_banned(&connection.source) && !invited {
            return Some((ERR_BANNEDFROMCHAN, "Cannot join channel (+b)"));
        }
        None
    }

    /// What a newcomer is told: topic, names, and what was said before.
    pub(super) fn greet(&mut self, channel: ChanId, id: ConnId) {
        self.tell_topic(channel, id, false);
        if !self.state.connection(id).is_some_and(|connection| connection.caps.has(Cap::NoImplicitNames)) {
            self.tell_names(channel, id);
        }
        self.replay(channel, id);
    }

    pub(super) fn part(&mut self, id: ConnId, message: &Message<'_>) {
        // What is asked for in one line happens after it: nobody leaves a channel twice.
        let mut parting = Vec::new();
        for name in message.param(0).split(',').filter(|name| !name.is_empty()) {
            match self.member_of(id, name) {
                Ok(channel) if parting.contains(&channel) => {}
                Ok(channel) => {
                    parting.push(channel);
                    self.part_one(id, channel, cut(message.param(1), REASON_LEN));
                }
                Err(code) => self.channel_error(id, name, code),
            }
        }
    }

    fn part_one(&mut self, id: ConnId, channel: ChanId, reason: &str) {
        let (Some(connection), Some(place)) = (self.state.connection(id), self.state.channel(channel)) else {
            return;
        };
        let name = place.name.as_str();
        let params: &[&str] = if reason.is_empty() { &[name] } else { &[name, reason] };
        let draft = Draft::new("", &connection.source, "PART", params);
        self.out.push(Output::Append { draft, origin: id, keep: true });
    }

    /// The channel of this name, if somebody is in it; otherwise the numeric that says why not. To those who may not know
    /// of a channel there is none.
    fn member_of(&self, id: ConnId, name: &str) -> Result<ChanId, &'static str> {
        let channel = self.state.channel_id(name).filter(|channel| self.may_see(id, *channel));
        let channel = channel.ok_or(ERR_NOSUCHCHANNEL)?;
        let connection = self.state.connection(id).ok_or(ERR_NOTONCHANNEL)?;
        connection.status(channel).map(|_| channel).ok_or(ERR_NOTONCHANNEL)
    }

    pub(super) fn channel_error(&mut self, id: ConnId, name: &str, code: &'static str) {
        let words = match code {
            ERR_NOTONCHANNEL => "You're not on that channel",
            ERR_CHANOPRIVSNEEDED => "You're not channel operator",
            _ => "No such channel",
        };
        let shown = shown_word(name);
        self.numeric(id, code, &[&shown, words]);
    }

    /// The same, and the one who asks must be its operator.
    pub(super) fn operator_of(&self, id: ConnId, name: &str) -> Result<ChanId, &'static str> {
        let channel = self.member_of(id, name)?;
        let status = self.state.connection(id).and_then(|connection| connection.status(channel));
        if status.is_some_and(|status| status.operator) { Ok(channel) } else { Err(ERR_CHANOPRIVSNEEDED) }
    }

    pub(super) fn kick(&mut self, id: ConnId, message: &Message<'_>) {
        let nicks: Vec<&str> = words(message.param(1)).take(MAX_TARGETS).collect();
        let names: Vec<&str> = words(message.param(0)).take(MAX_TARGETS).collect();
        // One channel for all of them, or each from a channel of its own.
        if names.len() != 1 && names.len() != nicks.len() {
            self.numeric(id, ERR_NEEDMOREPARAMS, &["KICK", "Not enough parameters"]);
            return;
        }
        let mut kicking = Vec::new();
        let mut refused = Vec::new();
        for (name, nick) in names.iter().cycle().zip(nicks) {
            let channel = match self.operator_of(id, name) {
                Ok(channel) => channel,
                Err(_) if refused.contains(name) => continue,
                Err(code) => {
                    refused.push(name);
                    self.channel_error(id, name, code);
                    continue;
                }
            };
            let target = self.state.user(nick).filter(|(_, user)| user.status(channel).is_some());
            let Some((target_id, target)) = target else {
                let (shown, name) = (shown_word(nick), shown_word(name));
                self.numeric(id, ERR_USERNOTINCHANNEL, &[&shown, &name, "They aren't on that channel"]);
                continue;
            };
            if kicking.contains(&(channel, target_id)) {
                continue;
            }
            kicking.push((channel, target_id));
            let (Some(by), Some(place)) = (self.state.connection(id), self.state.channel(channel)) else {
                return;
            };
            let reason =
                if message.param(2).is_empty() { &by.nick } else { cut(message.param(2), REASON_LEN) };
            let draft = Draft::new("", &by.source, "KICK", &[&place.name, &target.nick, reason]);
            self.out.push(Output::Append { draft, origin: id, keep: true });
        }
    }

    pub(super) fn invite(&mut self, id: ConnId, message: &Message<'_>) {
        let (nick, name) = (message.param(0), message.param(1));
        if message.params.is_empty() {
            return self.tell_invitations(id);
        }
        if name.is_empty() {
            self.numeric(id, ERR_NEEDMOREPARAMS, &["INVITE", "Not enough parameters"]);
            return;
        }
        let channel = match self.member_of(id, name) {
            Ok(channel) => channel,
            Err(code) => return self.channel_error(id, name, code),
        };
        let by_operator = self.operator_of(id, name).is_ok();
        if self.state.channel(channel).is_some_and(|place| place.modes.invite_only) && !by_operator {
            return self.channel_error(id, name, ERR_CHANOPRIVSNEEDED);
        }
        let Some((target, user)) = self.state.user(nick) else {
            return self.no_such_nick(id, nick);
        };
        let nick = user.nick.clone();
        let (Some(by), Some(place)) = (self.state.connection(id), self.state.channel(channel)) else {
            return;
        };
        let (source, written, founding) = (by.source.clone(), place.name.clone(), place.founding);
        if user.status(channel).is_some() {
            self.numeric(id, ERR_USERONCHANNEL, &[&nick, &written, "is already on channel"]);
            return;
        }
        let watchers: Vec<ConnId> = place
            .members
            .iter()
            .copied()
            .filter(|member| *member != id)
            .filter(|member| {
                self.state.connection(*member).is_some_and(|c| {
                    c.caps.has(Cap::InviteNotify) && c.status(channel).is_some_and(|s| s.operator)
                })
            })
            .collect();
        // Anybody may say that somebody is welcome; past bans and limits only those let him who have set them.
        if let Some(user) = self.state.connection_mut(target).filter(|_| by_operator)
            && !user.invited.contains(&founding)
        {
            // The oldest invitations go first: many of them may be to places that are no more.
            if user.invited.len() == MAX_CHANNELS_PER_USER {
                user.invited.remove(0);
            }
            user.invited.push(founding);
        }
        self.numeric(id, RPL_INVITING, &[&nick, &written]);
        for ear in std::iter::once(target).chain(watchers) {
            self.raw(ear, &format!(":{source} INVITE {nick} :{written}"));
        }
    }

    /// The channels that somebody is invited to, and has not entered.
    fn tell_invitations(&mut self, id: ConnId) {
        let invited = self.state.connection(id).map(|c| c.invited.clone()).unwrap_or_default();
        let places = self.state.channels().map(|(_, place)| place);
        let mut names: Vec<String> = places
            .filter(|place| !place.members.is_empty() && invited.contains(&place.founding))
            .map(|place| place.name.clone())
            .collect();
        names.sort();
        for name in names {
            self.numeric(id, RPL_INVITELIST, &[&name]);
        }
        self.numeric(id, RPL_ENDOFINVITELIST, &["End of INVITE list"]);
    }

    pub(super) fn topic(&mut self, id: ConnId, message: &Message<'_>) {
        let name = message.param(0);
        let channel = match self.member_of(id, name) {
            Ok(channel) => channel,
            Err(code) => return self.channel_error(id, name, code),
        };
        let Some(text) = message.params.get(1) else {
            self.tell_topic(channel, id, true);
            return;
        };
        let protected = self.state.channel(channel).is_some_and(|place| place.modes.topic_protected);
        if protected && self.operator_of(id, name).is_err() {
            return self.channel_error(id, name, ERR_CHANOPRIVSNEEDED);
        }
        let (Some(by), Some(place)) = (self.state.connection(id), self.state.channel(channel)) else {
            return;
        };
        let draft = Draft::new("", &by.source, "TOPIC", &[&place.name, cut(text, TOPIC_LEN)]);
        self.out.push(Output::Append { draft, origin: id, keep: true });
    }

    fn tell_topic(&mut self, channel: ChanId, id: ConnId, asked: bool) {
        let Some(place) = self.state.channel(channel) else { return };
        let name = place.name.clone();
        match place.topic().cloned() {
            Some(Topic { text, by, line }) => {
                let at = line.time().seconds().to_string();
                self.numeric_of(id, RPL_TOPIC, &[&name, &text], Some(&line));
                self.numeric_of(id, RPL_TOPICWHOTIME, &[&name, &by, &at], Some(&line));
            }
            None if asked => self.numeric(id, RPL_NOTOPIC, &[&name, "No topic is set"]),
            None => {}
        }
    }

    pub(super) fn names(&mut self, id: ConnId, message: &Message<'_>) {
        if message.param(0).is_empty() {
            self.numeric(id, RPL_ENDOFNAMES, &["*", "End of /NAMES list"]);
            return;
        }
        let mut asked = Vec::new();
        for name in words(message.param(0)).take(MAX_TARGETS) {
            let channel = self.state.channel_id(name).filter(|channel| self.may_see(id, *channel));
            if let Some(channel) = channel {
                self.tell_members(channel, id);
            }
            let written = channel.and_then(|channel| self.state.channel(channel));
            asked.push(written.map_or_else(|| shown_word(name), |place| place.name.clone()));
        }
        self.numeric(id, RPL_ENDOFNAMES, &[&asked.join(","), "End of /NAMES list"]);
    }

    /// Whether somebody may know of a channel: a secret one is its members' alone.
    pub(super) fn may_see(&self, id: ConnId, channel: ChanId) -> bool {
        let inside = self.state.connection(id).is_some_and(|connection| connection.status(channel).is_some());
        inside
            || self
                .state
                .channel(channel)
                .is_some_and(|place| !place.modes.secret && !place.members.is_empty())
    }

    fn tell_names(&mut self, channel: ChanId, id: ConnId) {
        let Some(name) = self.state.channel(channel).map(|place| place.name.clone()) else { return };
        self.tell_members(channel, id);
        self.numeric(id, RPL_ENDOFNAMES, &[&name, "End of /NAMES list"]);
    }

    fn tell_members(&mut self, channel: ChanId, id: ConnId) {
        let (Some(place), Some(asker)) = (self.state.channel(channel), self.state.connection(id)) else {
            return;
        };
        let inside = asker.status(channel).is_some();
        let (all, hosts) = (asker.caps.has(Cap::MultiPrefix), asker.caps.has(Cap::UserhostInNames));
        let kind = if place.modes.secret { "@" } else { "=" };
        let name = place.name.clone();
        // `:server 353 nick = #channel :`, and the line end.
        let head = 1 + self.config.name.len() + 5 + asker.shown_nick().len() + 3 + name.len() + 2 + 2;
        let room = MAX_REST.saturating_sub(head);
        let mut lists = vec![String::new()];
        for member in &place.members {
            let Some(user) = self.state.connection(*member) else { continue };
            if user.modes.invisible && !inside {
                continue;
            }
            let prefix = user.status(channel).unwrap_or_default().prefix(all);
            let shown = if hosts { &user.source } else { &user.nick };
            if lists.last().is_none_or(|list| list.len() + prefix.len() + shown.len() + 1 > room) {
                lists.push(String::new());
            }
            if let Some(list) = lists.last_mut() {
                if !list.is_empty() {
                    list.push(' ');
                }
                list.push_str(prefix);
                list.push_str(shown);
            }
        }
        for list in lists.iter().filter(|list| !list.is_empty()) {
            self.numeric(id, RPL_NAMREPLY, &[kind, &name, list]);
        }
    }
}

/// The words of a list with commas.
fn words(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').filter(|word| !word.is_empty())
}

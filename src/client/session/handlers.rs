//! What each line means: who is where, who said what.

use std::sync::Arc;

use super::super::memory::is_ignored;
use super::channel::Channel;
use super::report::{Heard, Report, What};
use super::{LIFE_TOKEN, MAX_CHANNELS, Marks, Session, Stage, WHO_MOST};
use crate::irc::message::{action, ctcp, unescape};
use crate::irc::name::{Source, fold, same};
use crate::irc::numeric::{
    ERR_ERRONEUSNICKNAME, ERR_NICKNAMEINUSE, ERR_NOMOTD, ERR_UNKNOWNCOMMAND, RPL_ENDOFMOTD, RPL_ENDOFNAMES,
    RPL_ENDOFWHO, RPL_ISUPPORT, RPL_MYINFO, RPL_NAMREPLY, RPL_NOTOPIC, RPL_NOWAWAY, RPL_TOPIC,
    RPL_TOPICWHOTIME, RPL_UNAWAY, RPL_VISIBLEHOST, RPL_WELCOME, RPL_WHOISUSER, RPL_WHOREPLY, is_error,
};
use crate::irc::{Cap, Message, Time};

/// Most members that are collected from NAMES before its end.
const MAX_NAMES: usize = super::MAX_MEMBERS;
/// The numerics that refuse a nick for being in use somewhere, besides 433.
const NICK_COLLISION: &str = "436";
const NICK_UNAVAILABLE: &str = "437";

impl Session {
    pub(super) fn handle(&mut self, message: &Message<'_>, marks: &Marks<'_>, out: &mut Vec<Report>) {
        // Every line of one's own shows where the server says that one is.
        if let Some(source) = message.source.filter(|_| self.is_me(message.nick())) {
            self.learn_own_source(source);
        }
        match message.command {
            "PRIVMSG" | "NOTICE" => self.on_speech(message, marks, out),
            "PING" => {
                let token = message.params.last().unwrap_or_default();
                out.push(Report::Answer(format!("PONG :{token}")));
            }
            "PONG" if message.params.last() != Some(LIFE_TOKEN) => out.push(Report::Answered),
            "TAGMSG" => self.on_tags(message, marks, out),
            "PONG" | "ACK" => {}
            "BATCH" => self.on_batch(message, marks, out),
            "CHATHISTORY" if message.param(0) == "TARGETS" => {
                out.push(Report::Target(message.param(1).to_owned()));
            }
            "JOIN" => self.on_join(message, marks, out),
            "PART" => self.on_part(message, marks, out),
            "KICK" => self.on_kick(message, marks, out),
            "QUIT" => self.on_quit(message, marks, out),
            "NICK" => self.on_nick(message, marks, out),
            "TOPIC" => self.on_topic(message, marks, out),
            "MODE" => self.on_mode(message, marks, out),
            "AWAY" => self.on_away(message.nick(), !message.param(0).is_empty()),
            "CHGHOST" => {
                if self.is_me(message.nick()) {
                    self.own_source = Some((message.param(0).len(), message.param(1).len()));
                }
                self.on_host(message.nick(), message.param(1));
            }
            "INVITE" => self.on_invite(message, out),
            "CAP" => self.on_cap(message, out),
            "AUTHENTICATE" => self.on_authenticate(message, out),
            "902" | "903" | "904" | "905" | "906" | "907" | "908" if self.on_login_numeric(message, out) => {}
            "MARKREAD" => {
                let at = message.param(1).strip_prefix("timestamp=").and_then(Time::parse);
                out.extend(at.map(|at| Report::Read { place: message.param(0).to_owned(), at }));
            }
            "ERROR" => {
                out.push(Report::Ended(message.params.last().unwrap_or_default().to_owned()));
            }
            "FAIL" | "WARN" | "NOTE" => self.on_standard_reply(message, marks, out),
            RPL_WELCOME => self.on_welcome(message, out),
            RPL_ISUPPORT => {
                // The first param is our nick, the last one a sentence for people.
                let last = message.params.len().saturating_sub(1);
                for token in message.params.iter().skip(1).take(last.saturating_sub(1)) {
                    self.support.take(token);
                }
            }
            RPL_MYINFO => message.param(2).clone_into(&mut self.support.version),
            RPL_ENDOFMOTD | ERR_NOMOTD => self.on_ready(out),
            RPL_NAMREPLY => self.on_names(message),
            RPL_ENDOFNAMES => self.on_names_end(message.param(1), out),
            RPL_TOPIC | RPL_NOTOPIC | RPL_TOPICWHOTIME => self.on_topic_reply(message, out),
            RPL_WHOREPLY if self.quiet.contains(&*fold(message.param(1))) => {
                let away = message.param(6).starts_with('G');
                self.on_away(message.param(5), away);
                self.on_host(message.param(5), message.param(3));
            }
            RPL_WHOREPLY | RPL_WHOISUSER => {
                let who = if message.command == RPL_WHOREPLY { 5 } else { 1 };
                self.on_host(message.param(who), message.param(3));
                self.on_words(message, marks, out);
            }
            RPL_ENDOFWHO if self.quiet.remove(&*fold(message.param(1))) => {}
            RPL_VISIBLEHOST => self.on_own_host(message.param(1)),
            RPL_UNAWAY | RPL_NOWAWAY => {
                self.away = message.command == RPL_NOWAWAY;
                self.on_words(message, marks, out);
            }
            ERR_NICKNAMEINUSE | ERR_ERRONEUSNICKNAME | NICK_COLLISION | NICK_UNAVAILABLE
                if self.stage == Stage::Registering && !self.support.is_channel(message.param(1)) =>
            {
                self.on_nick_refused(message, out);
            }
            // A server from before CAP: nothing is negotiated, the registration goes on.
            ERR_UNKNOWNCOMMAND if message.param(1) == "CAP" => {}
            command if is_error(command) => self.on_error(message, marks, out),
            _ => self.on_words(message, marks, out),
        }
    }

    /// The nick as it is shared by all that its owner does in a channel, if it is known there.
    fn shared_nick(&self, place: &str, nick: &str) -> Arc<str> {
        if self.is_me(nick) && *nick == *self.nick {
            return self.nick.clone();
        }
        self.channel(place)
            .and_then(|channel| channel.member(nick))
            .filter(|member| *member.nick == *nick)
            .map_or_else(|| nick.into(), |member| member.nick.clone())
    }

    /// Of a line that tells what somebody did: what, where, and the words. Changes nothing, so it does for lines of
    /// the past as well.
    pub(super) fn heard_of(&self, message: &Message<'_>, marks: &Marks<'_>) -> Option<Heard> {
        let nick = message.nick();
        let own = self.is_me(nick);
        let (what, place, text) = match message.command {
            verb @ ("PRIVMSG" | "NOTICE") => {
                let text = message.params.last().unwrap_or_default();
                let (what, text) = match (action(text), verb) {
                    (Some(words), _) => (What::Action, words),
                    (None, "PRIVMSG") if ctcp(text).is_none() => (What::Message, text),
                    _ => (What::Notice, text),
                };
                let target = self.support.without_rank(message.param(0));
                let place = match () {
                    () if self.support.is_channel(target) => target,
                    () if own => target,
                    () if !message.source.unwrap_or_default().contains('!') => "",
                    () => nick,
                };
                (what, place, text)
            }
            "JOIN" => (What::Join, message.param(0), ""),
            "PART" => (What::Part, message.param(0), message.param(1)),
            "QUIT" => (What::Quit, "", message.param(0)),
            "NICK" => (What::Nick, "", message.param(0)),
            "TOPIC" => (What::Topic, message.param(0), message.param(1)),
            "MODE" => (What::Mode, message.param(0), ""),
            "KICK" => (What::Kick, message.param(0), ""),
            _ => return None,
        };
        let text: Box<str> = match what {
            // What one program asks or tells another; ours does not answer.
            What::Notice => match ctcp(text) {
                Some((verb, words)) => format!("({verb}) {words}").trim_end().into(),
                None => text.into(),
            },
            What::Mode => message.params.as_slice().get(1..).unwrap_or_default().join(" ").into(),
            What::Kick => format!("{} {}", message.param(1), message.param(2)).trim_end().into(),
            _ => text.into(),
        };
        // Not all who are in the channel have heard it: that is to be seen.
        let text = match message.param(0) {
            to if self.support.without_rank(to).len() < to.len() => format!("(to {to}) {text}").into(),
            _ => text,
        };
        Some(Heard {
            place: self.shared_place(place),
            what,
            who: self.shared_nick(place, nick),
            text,
            at: marks.at,
            msgid: marks.msgid.into(),
            id: marks.id.map(Into::into),
            label: marks.label.or_else(|| marks.batch.and_then(|batch| self.batches.label(batch))),
            own,
            reply: marks.reply.map(Into::into),
            ignored: !own && self.is_ignored(message),
        })
    }

    fn is_ignored(&self, message: &Message<'_>) -> bool {
        is_ignored(&self.ignored, message.source.unwrap_or_default())
    }

    /// Tags without a message: somebody types, or reacts to something.
    fn on_tags(&self, message: &Message<'_>, marks: &Marks<'_>, out: &mut Vec<Report>) {
        if self.is_ignored(message) {
            return;
        }
        let nick = message.nick();
        let target = self.support.without_rank(message.param(0));
        let is_here = self.support.is_channel(target) || self.is_me(nick);
        let (place, who) = (if is_here { target } else { nick }.to_owned(), nick.to_owned());
        match (marks.react, marks.reply, marks.typing) {
            (Some(with), Some(msgid), _) => {
                let (msgid, with) = (msgid.to_owned(), unescape(with).into_owned());
                out.push(Report::Reacted { place, who, msgid, with });
            }
            (_, _, Some(state)) if !self.is_me(nick) => {
                out.push(Report::Typing { place, who, active: matches!(state, "active" | "paused") });
            }
            _ => {}
        }
    }

    /// The name of a conversation, shared with the channel's own.
    fn shared_place(&self, place: &str) -> Arc<str> {
        match self.channel(place) {
            Some(channel) if *channel.name == *place => channel.name.clone(),
            _ => place.into(),
        }
    }

    fn report_heard(
        &self,
        message: &Message<'_>,
        marks: &Marks<'_>,
        place: Option<&str>,
        out: &mut Vec<Report>,
    ) {
        if let Some(mut heard) = self.heard_of(message, marks) {
            if let Some(place) = place {
                heard.place = self.shared_place(place);
            }
            out.push(Report::Heard(heard));
        }
    }

    fn on_speech(&mut self, message: &Message<'_>, marks: &Marks<'_>, out: &mut Vec<Report>) {
        let Some(heard) = self.heard_of(message, marks) else { return };
        if let Some(channel) = self.channel_mut(&heard.place)
            && let Some(member) = channel.member_mut(&heard.who)
        {
            member.spoke = marks.at;
            member.learn_host(Source::split(message.source.unwrap_or_default()).host);
        }
        out.push(Report::Heard(heard));
    }

    fn on_batch(&mut self, message: &Message<'_>, marks: &Marks<'_>, out: &mut Vec<Report>) {
        let reference = message.param(0);
        if let Some(name) = reference.strip_prefix('+') {
            self.batches.open(name, message.param(1), message.param(2), marks);
        } else if let Some(name) = reference.strip_prefix('-') {
            out.extend(self.batches.close(name));
        }
    }

    fn on_join(&mut self, message: &Message<'_>, marks: &Marks<'_>, out: &mut Vec<Report>) {
        let (nick, name) = (message.nick(), message.param(0));
        if self.is_me(nick) {
            if self.channel(name).is_none() && self.channels.len() < MAX_CHANNELS {
                self.channels.push(Channel::new(name));
            }
            self.quiet.insert(fold(name).into_owned());
            out.push(Report::Joined(name.to_owned()));
        }
        if let Some(channel) = self.channel_mut(name) {
            channel.add(nick, 0);
            if let Some(member) = channel.member_mut(nick) {
                member.learn_host(Source::split(message.source.unwrap_or_default()).host);
            }
        }
        self.report_heard(message, marks, None, out);
    }

    /// Somebody is no longer in a channel; if it is us, the channel goes.
    fn on_gone_from(&mut self, nick: &str, name: &str, out: &mut Vec<Report>) {
        if self.is_me(nick) {
            self.channels.retain(|channel| !same(&channel.name, name));
            self.names.retain(|(named, _)| !same(named, name));
            self.former.retain(|channel| !same(&channel.name, name));
            out.push(Report::Left(name.to_owned()));
        } else if let Some(channel) = self.channel_mut(name) {
            channel.remove(nick);
        }
    }

    fn on_part(&mut self, message: &Message<'_>, marks: &Marks<'_>, out: &mut Vec<Report>) {
        self.report_heard(message, marks, None, out);
        self.on_gone_from(message.nick(), message.param(0), out);
    }

    fn on_kick(&mut self, message: &Message<'_>, marks: &Marks<'_>, out: &mut Vec<Report>) {
        self.report_heard(message, marks, None, out);
        self.on_gone_from(message.param(1), message.param(0), out);
    }

    fn on_quit(&mut self, message: &Message<'_>, marks: &Marks<'_>, out: &mut Vec<Report>) {
        let nick = message.nick();
        let places: Vec<Arc<str>> = self
            .channels
            .iter()
            .filter(|channel| channel.member(nick).is_some())
            .map(|channel| channel.name.clone())
            .collect();
        for place in &places {
            self.report_heard(message, marks, Some(place), out);
            if let Some(channel) = self.channel_mut(place) {
                channel.remove(nick);
            }
        }
        let reason = message.param(0).to_owned();
        out.push(Report::Gone { who: nick.to_owned(), reason, at: marks.at });
        self.take_back_nick(nick, out);
    }

    fn on_nick(&mut self, message: &Message<'_>, marks: &Marks<'_>, out: &mut Vec<Report>) {
        let (from, to) = (message.nick().to_owned(), message.param(0));
        if to.is_empty() {
            return;
        }
        let places: Vec<Arc<str>> = self
            .channels
            .iter()
            .filter(|channel| channel.member(&from).is_some())
            .map(|channel| channel.name.clone())
            .collect();
        for place in &places {
            self.report_heard(message, marks, Some(place), out);
            if let Some(channel) = self.channel_mut(place) {
                channel.rename(&from, to);
            }
        }
        if self.is_me(&from) {
            if places.is_empty() {
                self.report_heard(message, marks, None, out);
            }
            self.nick = to.into();
            // The nick that was asked for is wanted from now on, though a server may cut it; one that services force on
            // somebody is not.
            let asked =
                self.asked_nick.take_if(|asked| asked.get(..to.len()).is_some_and(|cut| same(cut, to)));
            if self.stage == Stage::Registered && asked.is_some() {
                to.clone_into(&mut self.identity.nick);
            }
            self.varied &= !same(to, &self.identity.nick);
        } else {
            self.take_back_nick(&from, out);
        }
        out.push(Report::Renamed { from, to: to.to_owned() });
    }

    fn on_topic(&mut self, message: &Message<'_>, marks: &Marks<'_>, out: &mut Vec<Report>) {
        if let Some(channel) = self.channel_mut(message.param(0)) {
            message.param(1).clone_into(&mut channel.topic.text);
            message.nick().clone_into(&mut channel.topic.by);
            channel.topic.at = Some(marks.at);
        }
        self.report_heard(message, marks, None, out);
    }

    fn on_topic_reply(&mut self, message: &Message<'_>, out: &mut Vec<Report>) {
        let (name, text) = (message.param(1).to_owned(), message.param(2));
        let Some(channel) = self.channel_mut(&name) else { return };
        let asked = channel.complete;
        match message.command {
            RPL_TOPIC => text.clone_into(&mut channel.topic.text),
            RPL_NOTOPIC => channel.topic = super::Topic::default(),
            _ => {
                Source::split(text).nick.clone_into(&mut channel.topic.by);
                let seconds: Option<u64> = message.param(3).parse().ok();
                channel.topic.at = seconds.map(|s| Time::from_millis(s.saturating_mul(1000)));
                return;
            }
        }
        if asked {
            let topic = &channel.topic.text;
            let text = if topic.is_empty() { "there is no topic".into() } else { format!("topic: {topic}") };
            out.push(Report::Told { place: name, text, asked: true });
        }
    }

    fn on_mode(&mut self, message: &Message<'_>, marks: &Marks<'_>, out: &mut Vec<Report>) {
        let name = message.param(0);
        if !self.support.is_channel(name) {
            return;
        }
        let mut params = message.params.iter().skip(2);
        let mut set = true;
        for mode in message.param(1).chars() {
            match mode {
                '+' | '-' => set = mode == '+',
                _ if !self.support.mode_has_param(mode, set) => {}
                _ => {
                    let param = params.next().unwrap_or_default();
                    // Some servers show a star in its place.
                    if mode == 'k' && param != "*" {
                        self.set_key(name, Some(param).filter(|key| set && !key.is_empty()));
                    }
                    let Some(bit) = self.support.prefixes.bit_of_mode(mode) else { continue };
                    if let Some(member) = self.channel_mut(name).and_then(|c| c.member_mut(param)) {
                        member.prefixes = if set { member.prefixes | bit } else { member.prefixes & !bit };
                    }
                }
            }
        }
        self.report_heard(message, marks, None, out);
    }

    fn on_away(&mut self, nick: &str, away: bool) {
        for channel in &mut self.channels {
            if let Some(member) = channel.member_mut(nick) {
                member.away = away;
            }
        }
    }

    /// Somebody comes from there.
    fn on_host(&mut self, nick: &str, host: &str) {
        for channel in &mut self.channels {
            if let Some(member) = channel.member_mut(nick) {
                member.learn_host(host);
            }
        }
    }

    /// One is seen at another host from now on; some servers give the user name with it.
    fn on_own_host(&mut self, shown: &str) {
        if let Some((user, host)) = &mut self.own_source {
            match shown.split_once('@') {
                Some((name, place)) => (*user, *host) = (name.len(), place.len()),
                None => *host = shown.len(),
            }
        }
    }

    fn on_invite(&self, message: &Message<'_>, out: &mut Vec<Report>) {
        let (nick, whom, name) = (message.nick(), message.param(0), message.param(1));
        let (place, text) = if self.is_me(whom) {
            ("", format!("{nick} invites you to {name}: /join {name}"))
        } else {
            (name, format!("{nick} invites {whom}"))
        };
        out.push(Report::Told { place: place.to_owned(), text, asked: self.is_me(whom) });
    }

    fn on_names(&mut self, message: &Message<'_>) {
        let name = message.param(2);
        let list = message.params.last().unwrap_or_default();
        let at = match self.names.iter().position(|(named, _)| same(named, name)) {
            Some(at) => at,
            None if self.names.len() < MAX_CHANNELS => {
                self.names.push((name.to_owned(), Vec::new()));
                self.names.len() - 1
            }
            None => return,
        };
        let known = &mut self.names[at].1;
        for item in list.split(' ').filter(|item| !item.is_empty()) {
            let (bits, full) = self.support.prefixes.split(item);
            // With `userhost-in-names` the whole source stands there.
            let nick = Source::split(full).nick;
            if known.len() < MAX_NAMES {
                known.push((bits, nick.to_owned()));
            }
        }
    }

    fn on_names_end(&mut self, name: &str, out: &mut Vec<Report>) {
        let at = self.names.iter().position(|(named, _)| same(named, name));
        let named = at.map(|at| self.names.swap_remove(at).1).unwrap_or_default();
        let quiet = self.quiet.remove(&*fold(name));
        let (prefixes, follow_away) = (self.support.prefixes.clone(), self.has(Cap::AwayNotify));
        let words: Vec<String> = named
            .iter()
            .map(|(bits, nick)| {
                prefixes.sign(*bits).map_or_else(|| nick.clone(), |sign| format!("{sign}{nick}"))
            })
            .collect();
        let former = self.former.iter().position(|channel| same(&channel.name, name));
        let former = former.map(|at| self.former.swap_remove(at));
        if let Some(channel) = self.channel_mut(name) {
            let first = !channel.complete;
            channel.set_members(named);
            if let Some(former) = former {
                channel.remember(&former);
            }
            let count = channel.len();
            if first {
                out.push(Report::Named(name.to_owned()));
                if follow_away && (2..=WHO_MOST).contains(&count) {
                    self.quiet.insert(fold(name).into_owned());
                    out.push(Report::Query(format!("WHO {name}")));
                }
            }
        }
        if !quiet {
            let text = match words.len() {
                0 => format!("nobody is in {name}, or it does not exist"),
                1 => format!("1 person in {name}: {}", words.join(" ")),
                count => format!("{count} people in {name}: {}", words.join(" ")),
            };
            out.push(Report::Told { place: name.to_owned(), text, asked: true });
        }
    }
}

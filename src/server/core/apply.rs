//! What a line in the order does to the state, and who hears it. This is the only place where a line changes
//! what the core knows of channels, nicks and topics.

use std::sync::Arc;

use crate::irc::message::{PLACES_TAG, push_tag};
use crate::irc::name::{Source, is_channel_name, same};
use crate::irc::numeric::{RPL_MONOFFLINE, RPL_MONONLINE, RPL_VISIBLEHOST};
use crate::irc::{Cap, Draft, Line, Message};

use super::connection::Connection;
use super::message::split_statusmsg;
use super::state::{ChanId, Topic};
use super::{Audience, ConnId, Core, Output};

impl Core {
    /// A line has its place: it happens now.
    pub(super) fn apply(&mut self, line: Line, origin: Option<ConnId>) {
        self.last = Some((line.time(), line.seq()));
        let message = line.message();
        let origin = origin.or_else(|| self.state.by_nick(message.nick()));
        match message.command {
            "PRIVMSG" | "NOTICE" | "TAGMSG" => self.apply_message(&line, &message, origin),
            "JOIN" => self.apply_join(&line, &message, origin),
            "PART" => self.apply_part(&line, &message),
            "KICK" => self.apply_kick(&line, &message),
            "TOPIC" => self.apply_topic(&line, &message),
            "MODE" => self.apply_mode(&line, &message),
            "NICK" => self.apply_nick(&line, &message, origin),
            "QUIT" => self.apply_quit(&line, origin),
            "AWAY" => self.apply_away(&line, &message, origin),
            "SETNAME" => self.apply_setname(&line, &message, origin),
            "CHGHOST" => self.apply_chghost(&line, &message),
            "WALLOPS" => self.apply_wallops(&line),
            _ => {}
        }
    }

    /// What the log keeps of a line: where one that names no channel was heard is noted in a tag, for the history of these
    /// channels.
    pub fn kept(&self, line: &Line) -> Line {
        let message = line.pieces().message();
        if !matches!(message.command, "NICK" | "QUIT") {
            return line.clone();
        }
        let Some((_, connection)) = self.state.user(message.nick()) else { return line.clone() };
        let places = connection.channels.iter().filter_map(|(channel, _)| self.state.channel(*channel));
        let mut names: Vec<&str> = places.map(|place| place.name.as_str()).collect();
        // The same on every node.
        names.sort_unstable();
        if names.is_empty() {
            return line.clone();
        }
        let mut tag = String::new();
        push_tag(&mut tag, PLACES_TAG, &names.join(","));
        line.noted(&tag)
    }

    /// A line to a whole channel; the one who sent a labelled command hears it as its answer.
    fn tell_channel(&mut self, channel: ChanId, line: &Line, origin: Option<ConnId>, except: Option<ConnId>) {
        let Some(place) = self.state.channel(channel) else { return };
        let to = Audience::Many(Arc::clone(&place.ears));
        let labelled = origin.filter(|id| self.label_is_for(*id) && except != Some(*id));
        self.out.push(Output::Deliver { line: line.clone(), to, except: except.or(labelled) });
        if let Some(id) = labelled.filter(|id| self.in_channel(*id, channel)) {
            self.hear(id, line, true);
        }
    }

    pub(super) fn label_is_for(&self, id: ConnId) -> bool {
        self.label.as_ref().is_some_and(|label| label.is_for(id))
    }

    fn in_channel(&self, id: ConnId, channel: ChanId) -> bool {
        self.state.connection(id).is_some_and(|connection| connection.status(channel).is_some())
    }

    fn apply_message(&mut self, line: &Line, message: &Message<'_>, origin: Option<ConnId>) {
        let echo = origin
            .and_then(|id| self.state.connection(id))
            .is_some_and(|sender| sender.caps.has(Cap::EchoMessage));
        self.said.insert(line);
        let (prefix, name) = split_statusmsg(message.param(0));
        if !is_channel_name(name) {
            self.tell_user(name, line, message, origin, echo);
            return;
        }
        let Some(channel) = self.state.channel_id(name) else { return };
        if prefix.is_empty() && message.command != "TAGMSG" {
            self.remember(line);
            self.tell_channel(channel, line, origin, origin.filter(|_| !echo));
            if echo && let Some(id) = origin.filter(|id| !self.in_channel(*id, channel)) {
                // Who writes from outside (-n) hears the echo all the same.
                self.hear(id, line, true);
            }
            return;
        }
        let Some(place) = self.state.channel(channel) else { return };
        let others = place.members.iter().copied().filter(|member| origin != Some(*member));
        let ears = self.state.ears(others, |connection| {
            let status = connection.status(channel).unwrap_or_default();
            let ranked = match prefix {
                "" => true,
                "@" => status.operator,
                _ => status.operator || status.voice,
            };
            ranked && (message.command != "TAGMSG" || connection.form().has_tags())
        });
        self.out.push(Output::Deliver {
            line: line.clone(),
            to: Audience::Many(Arc::new(ears)),
            except: None,
        });
        self.echo(line, message, origin, echo);
    }

    fn tell_user(
        &mut self,
        nick: &str,
        line: &Line,
        message: &Message<'_>,
        origin: Option<ConnId>,
        echo: bool,
    ) {
        let target = self.state.user(nick).map(|(id, user)| (id, user.form()));
        if let Some((id, form)) = target
            && (message.command != "TAGMSG" || form.has_tags())
        {
            self.out.push(Output::Deliver { line: line.clone(), to: Audience::One(id, form), except: None });
        }
        self.echo(line, message, origin, echo);
    }

    fn echo(&mut self, line: &Line, message: &Message<'_>, origin: Option<ConnId>, echo: bool) {
        let reads = |id: &ConnId| {
            let form = self.state.connection(*id).map(Connection::form);
            form.is_some_and(|form| message.command != "TAGMSG" || form.has_tags())
        };
        if let Some(id) = origin.filter(|_| echo).filter(reads) {
            self.hear(id, line, false);
        }
    }

    fn apply_join(&mut self, line: &Line, message: &Message<'_>, origin: Option<ConnId>) {
        let Some(id) = origin else { return };
        let channel = self.state.channel_or_new(message.param(0), line.time());
        let Some(place) = self.state.channel(channel) else { return };
        let first = place.members.is_empty();
        self.state.put_in(channel, id, super::state::Status { operator: first, voice: false });
        self.tell_join(channel, id, line);
        self.tell_away(channel, id);
        self.greet(channel, id);
    }

    /// Who comes is told with account and real name to those who asked for that, under the same stamp
    /// ([extended-join](https://ircv3.net/specs/extensions/extended-join)).
    fn tell_join(&mut self, channel: ChanId, id: ConnId, line: &Line) {
        let (Some(place), Some(newcomer)) = (self.state.channel(channel), self.state.connection(id)) else {
            return;
        };
        let extended = |connection: &Connection| connection.caps.has(Cap::ExtendedJoin);
        let ears = self.state.ears(place.members.iter().copied(), extended);
        if ears.iter().next().is_none() {
            return self.tell_channel(channel, line, Some(id), None);
        }
        let params = [place.name.as_str(), "*", newcomer.realname.as_str()];
        let long = Draft::new("", &newcomer.source, "JOIN", &params).stamp(line.time(), line.seq());
        let own = if extended(newcomer) { long.clone() } else { line.clone() };
        let others = self.state.ears(place.members.iter().copied(), |connection| !extended(connection));
        let labelled = Some(id).filter(|id| self.label_is_for(*id));
        for (line, ears) in [(line.clone(), others), (long, ears)] {
            self.out.push(Output::Deliver { line, to: Audience::Many(Arc::new(ears)), except: labelled });
        }
        if labelled.is_some() {
            self.hear(id, &own, true);
        }
    }

    /// Those who asked for it learn that the newcomer is away
    /// ([away-notify](https://ircv3.net/specs/extensions/away-notify)).
    fn tell_away(&mut self, channel: ChanId, id: ConnId) {
        let Some(connection) = self.state.connection(id) else { return };
        let Some(away) = connection.away.clone() else { return };
        let source = connection.source.clone();
        let members = self.state.channel(channel).map(|place| place.members.clone()).unwrap_or_default();
        for member in members {
            let told = self.state.connection(member).is_some_and(|other| other.caps.has(Cap::AwayNotify));
            if told && member != id {
                self.raw(member, &format!(":{source} AWAY :{away}"));
            }
        }
    }

    fn apply_part(&mut self, line: &Line, message: &Message<'_>) {
        let Some(channel) = self.state.channel_id(message.param(0)) else { return };
        let Some(id) = self.state.by_nick(message.nick()) else { return };
        self.tell_channel(channel, line, Some(id), None);
        self.state.part(channel, id);
    }

    fn apply_kick(&mut self, line: &Line, message: &Message<'_>) {
        let Some(channel) = self.state.channel_id(message.param(0)) else { return };
        let Some(id) = self.state.by_nick(message.param(1)) else { return };
        let by = self.state.by_nick(message.nick());
        self.tell_channel(channel, line, by, None);
        self.state.part(channel, id);
    }

    fn apply_topic(&mut self, line: &Line, message: &Message<'_>) {
        let Some(channel) = self.state.channel_id(message.param(0)) else { return };
        self.remember(line);
        let by = self.state.by_nick(message.nick());
        self.tell_channel(channel, line, by, None);
        if by.is_some_and(|id| !self.in_channel(id, channel))
            && let Some(id) = by
        {
            self.hear(id, line, true);
        }
    }

    fn apply_mode(&mut self, line: &Line, message: &Message<'_>) {
        let Some(channel) = self.state.channel_id(message.param(0)) else { return };
        self.set_modes(channel, message);
        let by = self.state.by_nick(message.nick());
        self.tell_channel(channel, line, by, None);
    }

    fn apply_away(&mut self, line: &Line, message: &Message<'_>, origin: Option<ConnId>) {
        let Some(id) = origin else { return };
        let Some(connection) = self.state.connection_mut(id) else { return };
        connection.away = Some(message.param(0)).filter(|text| !text.is_empty()).map(str::to_owned);
        self.tell_change(id, Cap::AwayNotify, line);
    }

    fn apply_setname(&mut self, line: &Line, message: &Message<'_>, origin: Option<ConnId>) {
        let Some(id) = origin else { return };
        let Some(connection) = self.state.connection_mut(id) else { return };
        message.param(0).clone_into(&mut connection.realname);
        if connection.caps.has(Cap::Setname) {
            self.hear(id, line, false);
        }
        self.tell_change(id, Cap::Setname, line);
    }

    /// Somebody has another host from now on; whoever did not ask for such news sees it in what he says next
    /// ([chghost](https://ircv3.net/specs/extensions/chghost)).
    fn apply_chghost(&mut self, line: &Line, message: &Message<'_>) {
        let Some(id) = self.state.by_nick(message.nick()) else { return };
        let Some(connection) = self.state.connection_mut(id) else { return };
        message.param(1).clone_into(&mut connection.host);
        connection.rename();
        if connection.caps.has(Cap::Chghost) {
            self.hear(id, line, false);
        }
        self.numeric(id, RPL_VISIBLEHOST, &[message.param(1), "is now your displayed host"]);
        self.tell_change(id, Cap::Chghost, line);
    }

    /// A change of somebody goes to the others who asked for such by this capability.
    fn tell_change(&mut self, id: ConnId, cap: Cap, line: &Line) {
        let to = Audience::Many(Arc::new(self.ears_of_change(id, cap)));
        self.out.push(Output::Deliver { line: line.clone(), to, except: None });
    }

    fn apply_nick(&mut self, line: &Line, message: &Message<'_>, origin: Option<ConnId>) {
        let Some(id) = origin else { return };
        let neighbours = self.state.ears(self.state.neighbours(id), |_| true);
        let Some(connection) = self.state.connection(id) else { return };
        let old = connection.nick.clone();
        if !same(&old, message.param(0)) {
            self.past.insert(connection, self.now);
        }
        self.state.set_nick(id, message.param(0));
        self.out.push(Output::Deliver {
            line: line.clone(),
            to: Audience::Many(Arc::new(neighbours)),
            except: None,
        });
        self.hear(id, line, true);
        let Some(connection) = self.state.connection(id).filter(|now| !same(&now.nick, &old)) else { return };
        let (nick, source) = (connection.nick.clone(), connection.source.clone());
        self.tell_watchers(&old, RPL_MONOFFLINE, &old);
        self.tell_watchers(&nick, RPL_MONONLINE, &source);
    }

    fn apply_quit(&mut self, line: &Line, origin: Option<ConnId>) {
        let Some(id) = origin else { return };
        let neighbours = self.state.ears(self.state.neighbours(id), |_| true);
        self.out.push(Output::Deliver {
            line: line.clone(),
            to: Audience::Many(Arc::new(neighbours)),
            except: None,
        });
        let reason = self.state.connection_mut(id).and_then(|connection| connection.close_reason.take());
        self.gone(id, &reason.unwrap_or_default());
    }

    /// Keeps a message or a topic where a newcomer is given it from. At start the log's lines come through here.
    pub(super) fn remember(&mut self, line: &Line) {
        let message = line.message();
        let name = message.param(0);
        if !is_channel_name(name) || !matches!(message.command, "PRIVMSG" | "NOTICE" | "TOPIC") {
            return;
        }
        let known = self.state.channel_id(name).is_some();
        let channel = self.state.channel_or_new(name, line.time());
        self.state.change(channel, |place| {
            if message.command == "TOPIC" {
                let text = message.param(1).to_owned();
                let by = message.source.map_or("*", |source| Source::split(source).nick).to_owned();
                place.set_topic(Topic { text, by, line: line.clone() });
            } else {
                // At start the log hands over as many as are kept here: when that is all the room there is, more may be there.
                place.older |= place.recent.push(line.clone());
            }
        });
        if !known {
            self.state.forget_if_empty(channel);
        }
    }

    /// Takes a line back that could not be kept.
    pub(super) fn forget(&mut self, line: &Line) {
        let message = line.message();
        let Some(channel) = self.state.channel_id(message.param(0)) else { return };
        self.state.change(channel, |place| {
            place.recent.retain(|other| other.msgid() != line.msgid());
            place.topics.retain(|topic| topic.line.msgid() != line.msgid());
        });
        self.said.remove(line);
    }
}

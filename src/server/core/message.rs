//! PRIVMSG, NOTICE and TAGMSG, from the check to the draft
//! ([sending messages](https://modern.ircdocs.horse/#sending-messages)).

use crate::irc::message::Tags;
use crate::irc::name::is_channel_name;
use crate::irc::numeric::*;
use crate::irc::{Cap, Draft, Message, message};

use super::config::MAX_TARGETS;
use super::register::shown_word;
use super::state::ChanId;
use super::{ConnId, Core, Output, said};

impl Core {
    pub(super) fn privmsg(&mut self, id: ConnId, message: &Message<'_>) {
        self.send(id, "PRIVMSG", message);
    }

    pub(super) fn notice(&mut self, id: ConnId, message: &Message<'_>) {
        self.send(id, "NOTICE", message);
    }

    pub(super) fn tagmsg(&mut self, id: ConnId, message: &Message<'_>) {
        self.send(id, "TAGMSG", message);
    }

    fn send(&mut self, id: ConnId, verb: &'static str, message: &Message<'_>) {
        // A NOTICE is never answered, so that two programs cannot answer each other for ever.
        let quiet = verb == "NOTICE";
        let (targets, text) = (message.param(0), message.param(1));
        if targets.is_empty() {
            if !quiet {
                self.numeric(id, ERR_NORECIPIENT, &[&format!("No recipient given ({verb})")]);
            }
            return;
        }
        if text.is_empty() && verb != "TAGMSG" {
            if !quiet {
                self.numeric(id, ERR_NOTEXTTOSEND, &["No text to send"]);
            }
            return;
        }
        let now = self.now;
        if verb != "TAGMSG"
            && let Some(connection) = self.state.connection_mut(id)
        {
            connection.spoke = now;
        }
        let mut tags = client_tags(message.tags);
        if self.state.connection(id).is_some_and(|sender| sender.modes.bot) {
            message::push_tag(&mut tags, "bot", "");
        }
        for (count, target) in targets.split(',').filter(|target| !target.is_empty()).enumerate() {
            if count == MAX_TARGETS {
                let shown = shown_word(target);
                self.numeric(id, ERR_TOOMANYTARGETS, &[&shown, "Too many targets"]);
                return;
            }
            match self.refusal(id, target, text) {
                None => self.send_to(id, verb, target, text, &tags),
                Some((code, words)) if !quiet => {
                    let shown = shown_word(target);
                    self.numeric(id, code, &[&shown, words]);
                }
                Some(_) => {}
            }
        }
    }

    /// Why somebody may not write to a target: a numeric and its words.
    fn refusal(&self, id: ConnId, target: &str, text: &str) -> Option<(&'static str, &'static str)> {
        let (_, target) = split_statusmsg(target);
        if !is_channel_name(target) {
            return self.state.user(target).is_none().then_some((ERR_NOSUCHNICK, "No such nick"));
        }
        let Some(channel) = self.state.channel_id(target) else {
            return Some((ERR_NOSUCHCHANNEL, "No such channel"));
        };
        // Whoever may not write and may not know of the channel is told what he would be told if there were none.
        let refused = self.channel_refusal(id, channel, text);
        refused.map(|words| match self.may_see(id, channel) {
            true => (ERR_CANNOTSENDTOCHAN, words),
            false => (ERR_NOSUCHCHANNEL, "No such channel"),
        })
    }

    fn channel_refusal(&self, id: ConnId, channel: ChanId, text: &str) -> Option<&'static str> {
        let sender = self.state.connection(id)?;
        let place = self.state.channel(channel)?;
        let status = sender.status(channel);
        let voiced = status.is_some_and(|status| status.operator || status.voice);
        if status.is_none() && place.modes.no_external {
            return Some("Cannot send to channel: you are not in it");
        }
        if place.modes.no_ctcp && message::ctcp(text).is_some() && message::action(text).is_none() {
            return Some("Cannot send to channel: no CTCP here (+C)");
        }
        if place.modes.moderated && !voiced {
            return Some("Cannot send to channel: it is moderated (+m)");
        }
        if !voiced && place.modes.is_banned(&sender.source) {
            return Some("Cannot send to channel: you are banned");
        }
        None
    }

    fn send_to(&mut self, id: ConnId, verb: &'static str, target: &str, text: &str, tags: &str) {
        let Some(sender) = self.state.connection(id) else { return };
        let (prefix, name) = split_statusmsg(target);
        let channel = self.state.channel_id(name).filter(|_| is_channel_name(name));
        // Everybody sees the target as it is written where it was made: one name for one thing in the log.
        let written = match channel.and_then(|channel| self.state.channel(channel)) {
            Some(place) => format!("{prefix}{}", place.name),
            None => self.state.user(name).map_or_else(|| name.to_owned(), |(_, user)| user.nick.clone()),
        };
        // Kept is what a whole channel hears. What is for some (`@#channel`), for one, or passing (typing) is not.
        let keep = channel.is_some() && prefix.is_empty() && verb != "TAGMSG";
        let params: &[&str] = if verb == "TAGMSG" { &[&written] } else { &[&written, text] };
        let draft = Draft::new(tags, &sender.source, verb, params);
        // Said before, and its sender does not know: the answer is the first one's echo, and nobody else hears anything.
        let id_of = |tags| said::id_of(Tags(tags)).filter(|_| verb != "TAGMSG");
        if let Some((at, seq)) = id_of(tags).and_then(|said| self.said.place(said)) {
            if sender.caps.has(Cap::EchoMessage) {
                self.hear(id, &draft.stamp(at, seq), true);
            }
            return;
        }
        self.out.push(Output::Append { draft, origin: id, keep });
        // Who writes to somebody who is away is told so.
        if channel.is_none()
            && verb == "PRIVMSG"
            && let Some((nick, away)) =
                self.state.user(name).and_then(|(_, user)| Some((user.nick.clone(), user.away.clone()?)))
        {
            self.numeric(id, RPL_AWAY, &[&nick, &away]);
        }
    }
}

/// `@#channel` and `+#channel` go to those with this status (STATUSMSG).
pub(super) fn split_statusmsg(target: &str) -> (&str, &str) {
    match target.find('#') {
        Some(1) if target.starts_with(['@', '+']) => target.split_at(1),
        _ => ("", target),
    }
}

/// The client-only tags of a message, escaped anew: they are relayed, and whatever else a client writes there is
/// the server's to say and is dropped ([client-only tags](https://ircv3.net/specs/extensions/message-tags)).
fn client_tags(tags: Tags<'_>) -> String {
    let mut out = String::new();
    for (key, raw) in tags.iter_raw() {
        let valid = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'/');
        if key.strip_prefix('+').is_some_and(|name| !name.is_empty() && name.bytes().all(valid)) {
            message::push_tag(&mut out, key, &message::unescape(raw));
        }
    }
    out
}

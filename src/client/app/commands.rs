//! What the commands that are typed do.

use super::super::command::{self, Command};
use super::super::entry::Kind;
use super::super::outbox::Manner;
use super::super::window::With;
use super::connection::Connection;
use super::jump::Place;
use super::{App, Effect, Status, when};
use crate::irc::Message;
use crate::irc::text::plain;

impl App {
    /// Why nobody would hear what is said in the window that is shown.
    pub(super) fn deaf_here(&self) -> Option<String> {
        if self.window().with == With::Server {
            return Some("nobody hears what is said here: Ctrl-N goes to a room".to_owned());
        }
        self.deaf(&self.window().name)
    }

    /// Says a text in the window that is shown.
    pub(super) fn say_here(&mut self, text: &str, effects: &mut Vec<Effect>) {
        if let Some(reason) = self.deaf_here() {
            self.tell_here(Kind::Error, &reason);
            return;
        }
        let target = self.window().name.clone();
        self.send_text(&target, Manner::Message, text, effects);
    }

    pub(super) fn run(&mut self, command: Command, effects: &mut Vec<Effect>) {
        match command {
            Command::Say(text) => self.say_here(&text, effects),
            Command::Me(text) if self.window().with != With::Server => {
                let target = self.window().name.clone();
                self.send_text(&target, Manner::Action, &text, effects);
            }
            Command::Message(to, text) => {
                self.send_text(&to, Manner::Message, &text, effects);
                // It stands in another room: here nothing else would tell that it went there.
                if !self.window().is(&to) && self.outbox.to(&to).next().is_some() {
                    self.say(Status::Info(format!("for {}: {}", plain(&to), plain(&text))));
                }
            }
            Command::Notice(to, text) => self.send_text(&to, Manner::Notice, &text, effects),
            Command::Join(channels, key) => self.join(&channels, key.as_deref(), effects),
            Command::Part(channel, reason) => self.part(channel, &reason, effects),
            Command::Query(nick, text) => {
                let with =
                    if self.session.support().is_channel(&nick) { With::Channel } else { With::Person };
                let at = self.window_for(&nick, with);
                self.show(at);
                if let Some(text) = text {
                    self.say_here(&text, effects);
                }
            }
            Command::Help(topic) => self.help(topic.as_deref()),
            Command::Clear => self.windows[self.current].clear(),
            Command::Goto(text) => match when::parse(&text, self.now, self.offset) {
                Some(at) => self.jump(Place { msgid: "".into(), at, in_context: false }, effects),
                None => self.say(Status::Error(when::EXAMPLES.to_owned())),
            },
            Command::Search(text) => self.search_for(&text, effects),
            Command::Ignore(mask) => self.ignore(mask.as_deref()),
            Command::Unignore(mask) => self.unignore(&mask),
            Command::Mute(room, muted) => self.mute(room.as_deref(), muted),
            Command::Set(what) => {
                let what = what.as_ref().map(|(name, value)| (name.as_str(), value.as_deref()));
                self.set(what, effects);
            }
            Command::Unset(name) => self.unset(&name, effects),
            Command::Keys(what) => {
                let what = what.as_ref().map(|(key, action)| (key.as_str(), action.as_deref()));
                self.map_keys(what, effects);
            }
            Command::Catchup => self.catch_up(),
            Command::Perf => self.turn_perf(),
            Command::Retry => self.retry(effects),
            Command::Quit(reason) => self.leave(reason.as_deref(), effects),
            Command::Reconnect if self.connection == Connection::Online => {
                effects.push(Effect::Disconnect("asked for".to_owned()));
            }
            Command::Reconnect => self.connect_now(effects),
            Command::Nick(nick) if !self.online() => {
                self.session.set_wanted_nick(&nick);
                self.say(Status::Info(format!("{nick} will be asked for")));
            }
            other => self.ask_server(other, effects),
        }
    }

    /// Commands that are lines to the server.
    fn ask_server(&mut self, command: Command, effects: &mut Vec<Effect>) {
        if !self.online() {
            self.say(Status::Error("there is no connection now".to_owned()));
            return;
        }
        self.asked_by_hand();
        match self.lines_of(command) {
            Some(lines) => effects.extend(lines.into_iter().map(Effect::Send)),
            None => self.tell_here(Kind::Error, "that makes sense in a room only"),
        }
    }

    /// The lines that a command is to the server; nothing if it is about a channel and there is none here.
    fn lines_of(&mut self, command: Command) -> Option<Vec<String>> {
        let line = |verb: &str, params: &[&str]| self.session.line(verb, params, None, None);
        Some(vec![match command {
            Command::Nick(nick) => {
                self.session.nick_asked(&nick);
                self.session.line("NICK", &[&nick], None, None)
            }
            Command::List(None) => line("LIST", &[]),
            Command::List(Some(mask)) => line("LIST", &[&mask]),
            Command::Whois(nick) => line("WHOIS", &[&nick]),
            Command::Whowas(nick) => line("WHOWAS", &[&nick]),
            Command::Oper(name, password) => line("OPER", &[&name, &password]),
            Command::Motd => {
                // It is shown there.
                self.show(0);
                self.session.line("MOTD", &[], None, None)
            }
            // It waits in no journal: it may hold a password.
            Command::Service(nick, text) => line("PRIVMSG", &[nick, &text]),
            Command::Ctcp(nick, question, words) => {
                // The answer to a PING gives back what was sent with it.
                let sent = if question == "PING" { self.now.millis().to_string() } else { String::new() };
                let words = if words.is_empty() { &sent } else { &words };
                line("PRIVMSG", &[&nick, &format!("\u{1}{}\u{1}", format!("{question} {words}").trim_end())])
            }
            Command::Away(reason) => self.session.set_away(Some(&reason)),
            Command::Back => self.session.set_away(None),
            Command::Mode(rest) => {
                // Without a target in front they are the channel's, or one's own where there is none.
                let own = if self.window().with == With::Channel { &self.window().name } else { self.nick() };
                let names_target = !rest.is_empty() && !rest.starts_with(['+', '-']);
                let target = (!names_target).then_some(own);
                let params: Vec<&str> = target.into_iter().chain(rest.split_whitespace()).collect();
                line("MODE", &params)
            }
            Command::Quote(text) => {
                if let Ok(message) = Message::parse(&text)
                    && message.is("NICK")
                {
                    self.session.nick_asked(message.param(0));
                }
                text.replace(['\r', '\n', '\0'], " ")
            }
            other => return self.room_lines(other),
        }])
    }

    /// The same of those that are about a channel: the one that is named, or the one that is shown.
    fn room_lines(&mut self, command: Command) -> Option<Vec<String>> {
        let here = Some(&self.window().name).filter(|_| self.window().with == With::Channel).cloned();
        let line = |verb: &str, params: &[&str]| self.session.line(verb, params, None, None);
        let kick = |room: &str, nick: &str, reason: &str| {
            let reason = Some(reason).filter(|reason| !reason.is_empty());
            line("KICK", &[room, nick].into_iter().chain(reason).collect::<Vec<_>>())
        };
        Some(vec![match command {
            Command::Topic(room, None) => line("TOPIC", &[&room.or(here)?]),
            Command::Topic(room, Some(text)) => line("TOPIC", &[&room.or(here)?, &text]),
            Command::Names(room) => {
                let room = room.or(here)?;
                self.session.names_asked(&room);
                self.session.line("NAMES", &[&room], None, None)
            }
            Command::Who(mask) => {
                let mask = mask.or(here)?;
                self.session.names_asked(&mask);
                self.session.line("WHO", &[&mask], None, None)
            }
            Command::Kick(room, nick, reason) => kick(&room.or(here)?, &nick, &reason),
            Command::KickBan(room, nick, reason) => {
                let room = room.or(here)?;
                let ban = line("MODE", &[&room, "+b", &self.ban_mask(&room, &nick)]);
                return Some(vec![ban, kick(&room, &nick, &reason)]);
            }
            Command::Ban(true, room, mask) => {
                let room = room.or(here)?;
                line("MODE", &[&room, "+b", &self.ban_mask(&room, &mask)])
            }
            Command::Ban(false, room, mask) => {
                let room = room.or(here)?;
                // Of a nick it is not known in which of the two ways it was banned.
                let by_nick = format!("{mask}!*@*");
                match self.ban_mask(&room, &mask) {
                    by_host if by_host != by_nick && !is_mask(&mask) => {
                        line("MODE", &[&room, "-bb", &by_nick, &by_host])
                    }
                    mask => line("MODE", &[&room, "-b", &mask]),
                }
            }
            Command::Rank(set, letter, room, nicks) => {
                let letters: String = nicks.iter().map(|_| letter).collect();
                let modes = format!("{}{letters}", if set { '+' } else { '-' });
                let room = room.or(here)?;
                let params: Vec<&str> =
                    [&*room, &*modes].into_iter().chain(nicks.iter().map(String::as_str)).collect();
                line("MODE", &params)
            }
            Command::Invite(nick, room) => line("INVITE", &[&nick, &room.or(here)?]),
            Command::Cycle(room, reason) => {
                let room = room.or(here)?;
                let reason = Some(&*reason).filter(|reason| !reason.is_empty());
                let part = line("PART", &[&*room].into_iter().chain(reason).collect::<Vec<_>>());
                return Some(vec![part, self.join_line(&room)]);
            }
            _ => return None,
        }])
    }

    /// Whom to keep out: a nick is kept out by where its owner comes from, for another nick is soon taken. But by the nick, if
    /// that is not known, or somebody else here comes from there, too.
    fn ban_mask(&self, room: &str, nick: &str) -> String {
        if is_mask(nick) {
            return nick.to_owned();
        }
        let host = self.session.channel(room).and_then(|channel| channel.host_of_one(nick));
        host.map_or_else(|| format!("{nick}!*@*"), |host| format!("*!*@{host}"))
    }

    fn join(&mut self, channels: &str, key: Option<&str>, effects: &mut Vec<Effect>) {
        let mut keys = key.unwrap_or_default().split(',');
        for name in channels.split(',').filter(|name| !name.is_empty()) {
            let key = keys.next().filter(|key| !key.is_empty());
            let named =
                if self.session.support().is_channel(name) { name.to_owned() } else { format!("#{name}") };
            let at = self.window_for(&named, With::Channel);
            self.windows[at].wanted = true;
            self.show(at);
            if key.is_some() && !self.windows[at].joined {
                self.session.set_key(&named, key);
            }
            if self.online() && !self.windows[at].joined {
                effects.push(Effect::Send(self.join_line(&named)));
            }
        }
    }

    /// The line that joins a channel, with its key if that is known.
    pub(super) fn join_line(&self, name: &str) -> String {
        let params: Vec<&str> = std::iter::once(name).chain(self.session.key_of(name)).collect();
        self.session.line("JOIN", &params, None, None)
    }

    fn part(&mut self, channel: Option<String>, reason: &str, effects: &mut Vec<Effect>) {
        let at = match &channel {
            Some(name) => self.windows.iter().position(|window| window.is(name)),
            None => Some(self.current),
        };
        let Some(at) = at.filter(|at| self.windows[*at].with != With::Server) else {
            self.tell_here(Kind::Error, "there is no such room here");
            return;
        };
        let window = &self.windows[at];
        if window.with == With::Channel && window.joined && self.online() {
            let params: Vec<&str> =
                std::iter::once(window.name.as_str()).chain((!reason.is_empty()).then_some(reason)).collect();
            effects.push(Effect::Send(self.session.line("PART", &params, None, None)));
        }
        let name = window.name.clone();
        self.outbox.take_all_to(&name);
        self.note_open(&name, false);
        if at == self.current {
            self.show(self.next_after(at));
        }
        self.windows.remove(at);
        if self.current > at {
            self.current -= 1;
        }
    }

    /// Which window is shown when this one closes: the one before, else a neighbour of its kind, and the server's
    /// last.
    fn next_after(&self, at: usize) -> usize {
        let with = |at: usize| self.windows.get(at).map(|window| window.with);
        let last = self.windows.iter().position(|window| window.name == self.last);
        let last = last.filter(|last| *last != at && with(*last) != Some(With::Server));
        let neighbours = [at + 1, at - 1];
        let alike = neighbours.into_iter().find(|near| with(*near) == with(at));
        let room = neighbours.into_iter().find(|near| with(*near).is_some_and(|with| with != With::Server));
        last.or(alike).or(room).unwrap_or(0)
    }

    fn help(&mut self, topic: Option<&str>) {
        let lines: Vec<String> = match topic.map(command::find) {
            Some(Some(spec)) => vec![format!("{} · {}", spec.usage(), spec.what)],
            // The settings, too, are explained.
            Some(None) if self.explain_setting(topic.unwrap_or_default()) => Vec::new(),
            Some(None) => vec![command::unknown(topic.unwrap_or_default()).to_string()],
            None => {
                let row = |spec: &command::Spec| format!("{} · {}", spec.usage(), spec.what);
                let mut lines: Vec<String> = command::TABLE.iter().map(row).collect();
                lines
                    .push("F1 shows the keys, /keys all that can be mapped, /set what can be set".to_owned());
                lines
            }
        };
        for line in lines {
            self.tell_here(Kind::Server, &line);
        }
    }
}

/// Whether what is to be kept out is a mask, and no nick.
fn is_mask(text: &str) -> bool {
    text.contains(['!', '@', '*', '?', '$', ':'])
}

//! Registration: CAP, PASS, NICK, USER until the welcome, and QUIT
//! ([connection registration](https://modern.ircdocs.horse/#connection-registration),
//! [capability negotiation](https://ircv3.net/specs/extensions/capability-negotiation)).

use crate::irc::caps::TABLE;
use crate::irc::name::{CHANNEL_LEN, NICK_LEN, USER_LEN, is_nick, same};
use crate::irc::numeric::*;
use crate::irc::{Cap, Caps, Draft, MAX_REST, Message, line::cut, text};

use super::ban::Ban;
use super::config::*;
use super::modes::{CHANNEL_MODES, USER_MODES};
use super::password::{Check, Hidden, Lock, Purpose, Secret, equal_in_constant_time};
use super::{ConnId, Core, Note, Output, Peer};

/// Nicks that nobody may have: they would be taken for the server's own voice.
const RESERVED: &[&str] = &["server", "chatui", "nickserv", "chanserv", "histserv", "operserv"];

impl Core {
    pub(super) fn cap(&mut self, id: ConnId, message: &Message<'_>) {
        let Some(connection) = self.state.connection_mut(id) else { return };
        let registered = connection.registered;
        match message.param(0).to_ascii_uppercase().as_str() {
            "LS" => {
                connection.negotiating |= !registered;
                if message.param(1).parse::<u32>().is_ok_and(|version| version >= 302) {
                    connection.cap_302 = true;
                    connection.caps.insert(Cap::CapNotify);
                }
                let served = TABLE.iter().filter(|(cap, _)| cap.is_served());
                let mut names: Vec<&str> = served.flat_map(|(_, names)| names.iter().copied()).collect();
                // Nobody can ask for it, so it is no row of the table; without 302 its value could not be understood.
                let sts = sts(&connection.peer, self.config.sts).filter(|_| connection.cap_302);
                names.extend(sts.as_deref());
                self.cap_list(id, "LS", &names);
            }
            "LIST" => {
                let names: Vec<&str> = connection.caps.iter().map(Cap::name).collect();
                self.cap_list(id, "LIST", &names);
            }
            "REQ" => {
                connection.negotiating |= !registered;
                self.cap_request(id, message.param(1));
            }
            "END" => {
                connection.negotiating = false;
                self.try_register(id);
            }
            other => {
                let other = shown_word(other);
                self.numeric(id, ERR_INVALIDCAPCMD, &[&other, "Invalid CAP command"]);
            }
        }
    }

    /// A list of capabilities in as many lines as it takes. Of LS and LIST all but the last are marked by an asterisk
    /// for those who know the mark; each ACK stands for itself. What was not granted is told in one line, as far as it
    /// goes: there is nothing to be done about the rest.
    fn cap_list(&mut self, id: ConnId, verb: &str, names: &[&str]) {
        let Some(connection) = self.state.connection(id) else { return };
        let (nick, marked) = (connection.shown_nick().to_owned(), connection.cap_302);
        let marked = marked && matches!(verb, "LS" | "LIST");
        // `:server CAP nick VERB * :`, and the line end.
        let head = 1 + self.config.name.len() + 5 + nick.len() + 1 + verb.len() + 4 + 2;
        let mut lines = packed(names, MAX_REST.saturating_sub(head));
        if verb == "NAK" {
            lines.truncate(1);
        }
        let last = lines.pop().unwrap_or_default();
        for line in lines {
            let params: &[&str] = if marked { &[&nick, verb, "*", &line] } else { &[&nick, verb, &line] };
            self.server_line(id, "CAP", params);
        }
        self.server_line(id, "CAP", &[&nick, verb, &last]);
    }

    /// All of the list is taken, or nothing of it.
    fn cap_request(&mut self, id: ConnId, list: &str) {
        let Some(connection) = self.state.connection(id) else { return };
        let mut caps: Caps = connection.caps;
        let names: Vec<&str> = list.split_ascii_whitespace().collect();
        for name in &names {
            let (wanted, name) = name.strip_prefix('-').map_or((true, *name), |name| (false, name));
            match Cap::by_name(name).filter(|cap| cap.is_served()) {
                Some(cap) if wanted => caps.insert(cap),
                // With 302, `cap-notify` is not to be had otherwise.
                Some(Cap::CapNotify) if connection.cap_302 => {}
                Some(cap) => caps.remove(cap),
                None => {
                    self.cap_list(id, "NAK", &names);
                    return;
                }
            }
        }
        self.state.set_caps(id, caps);
        self.cap_list(id, "ACK", &names);
    }

    pub(super) fn pass(&mut self, id: ConnId, message: &Message<'_>) {
        let Some(connection) = self.state.connection_mut(id) else { return };
        if connection.registered {
            self.numeric(id, ERR_ALREADYREGISTERED, &["You may not reregister"]);
            return;
        }
        connection.password = Some(Hidden::new(message.param(0)));
    }

    pub(super) fn nick(&mut self, id: ConnId, message: &Message<'_>) {
        let nick = message.param(0);
        if nick.is_empty() {
            self.numeric(id, ERR_NONICKNAMEGIVEN, &["No nickname given"]);
            return;
        }
        if !is_nick(nick) || RESERVED.iter().any(|word| same(word, nick)) || same(nick, &self.config.name) {
            let shown = shown_word(nick);
            self.numeric(id, ERR_ERRONEUSNICKNAME, &[&shown, "Erroneous nickname"]);
            return;
        }
        if self.state.by_nick(nick).is_some_and(|other| other != id) {
            self.numeric(id, ERR_NICKNAMEINUSE, &[nick, "Nickname is already in use"]);
            return;
        }
        let Some(connection) = self.state.connection(id) else { return };
        if !connection.registered {
            self.state.set_nick(id, nick);
            return self.try_register(id);
        }
        if connection.nick == nick {
            return;
        }
        if let Some(words) = self.banned_as(id, nick).map(Ban::words) {
            return self.numeric(id, ERR_ERRONEUSNICKNAME, &[nick, &words]);
        }
        let draft = Draft::new("", &connection.source, "NICK", &[nick]);
        let keep = !connection.channels.is_empty();
        self.out.push(Output::Append { draft, origin: id, keep });
    }

    pub(super) fn user(&mut self, id: ConnId, message: &Message<'_>) {
        let Some(connection) = self.state.connection_mut(id) else { return };
        if connection.registered {
            self.numeric(id, ERR_ALREADYREGISTERED, &["You may not reregister"]);
            return;
        }
        if message.param(0).is_empty() || message.param(3).is_empty() {
            self.numeric(id, ERR_NEEDMOREPARAMS, &["USER", "Not enough parameters"]);
            return;
        }
        let word: String = message
            .param(0)
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
            .collect();
        // The tilde says that nobody has proven this name.
        connection.user = format!("~{}", cut(if word.is_empty() { "user" } else { &word }, USER_LEN - 1));
        connection.realname = cut(message.param(3), REALNAME_LEN).to_owned();
        self.try_register(id);
    }

    /// Lets a connection in once all that is needed is there.
    fn try_register(&mut self, id: ConnId) {
        let Some(connection) = self.state.connection(id) else { return };
        let ready = !connection.nick.is_empty() && !connection.user.is_empty() && !connection.negotiating;
        if connection.registered || !ready || connection.checking.is_some() {
            return;
        }
        if self.banned(id).is_some() {
            return self.turn_away(id);
        }
        let Some(secret) = self.config.password.clone() else { return self.let_in(id) };
        if let Some(words) = self.must_wait(id, Lock::Server) {
            self.numeric(id, ERR_PASSWDMISMATCH, &[&words]);
            return self.drop_connection(id, &words);
        }
        let given = self.state.connection_mut(id).and_then(|connection| connection.password.take());
        match (secret, given) {
            (Secret::Plain(right), Some(given)) if equal_in_constant_time(right.text(), given.text()) => {
                self.let_in(id);
            }
            (Secret::Hash(hash), Some(password)) => {
                if let Some(connection) = self.state.connection_mut(id) {
                    connection.checking = Some(Purpose::Enter);
                }
                self.out.push(Output::Check(Check { of: id, hash, password }));
            }
            // Who gives none has not guessed.
            (_, None) => self.keep_out(id),
            (Secret::Plain(_), Some(_)) => {
                self.guessed_wrong(id, Lock::Server);
                self.keep_out(id);
            }
        }
    }

    /// Sends somebody away who is banned.
    pub(super) fn turn_away(&mut self, id: ConnId) {
        let Some(words) = self.banned(id).map(Ban::words) else { return };
        self.numeric(id, ERR_YOUREBANNEDCREEP, &[&words]);
        self.drop_connection(id, &words);
    }

    /// Sends somebody away who did not know the password.
    pub(super) fn keep_out(&mut self, id: ConnId) {
        self.numeric(id, ERR_PASSWDMISMATCH, &["Password incorrect"]);
        self.drop_connection(id, "Password incorrect");
    }

    /// From here on it is a user.
    pub(super) fn let_in(&mut self, id: ConnId) {
        let now = self.now;
        self.state.register(id, now);
        let Some(connection) = self.state.connection(id) else { return };
        let (nick, peer) = (connection.nick.clone(), connection.peer.clone());
        self.out.push(Output::Note(Note::Arrived(id, nick, peer)));
        self.welcome(id);
        let user = self.state.connection(id).map(|user| (user.nick.clone(), user.source.clone()));
        if let Some((nick, source)) = user {
            self.tell_watchers(&nick, RPL_MONONLINE, &source);
        }
    }

    fn welcome(&mut self, id: ConnId) {
        let config = self.config.clone();
        let source =
            self.state.connection(id).map(|connection| connection.source.clone()).unwrap_or_default();
        let version = concat!("chatui-", env!("CARGO_PKG_VERSION"));
        self.numeric(id, RPL_WELCOME, &[&format!("Welcome to {}, {source}", config.network)]);
        self.numeric(id, RPL_YOURHOST, &[&format!("Your host is {}, running {version}", config.name)]);
        self.numeric(id, RPL_CREATED, &[&format!("This server was started {}", config.created)]);
        self.numeric(id, RPL_MYINFO, &[&config.name, version, USER_MODES, CHANNEL_MODES.0, CHANNEL_MODES.1]);
        self.isupport(id);
        self.lusers(id, &Message::new("LUSERS", &[]));
        self.motd(id, &Message::new("MOTD", &[]));
    }

    /// What the server supports (005), thirteen tokens a line at most.
    fn isupport(&mut self, id: ConnId) {
        let tokens = [
            format!("NETWORK={}", self.config.network),
            "CASEMAPPING=ascii".to_owned(),
            "UTF8ONLY".to_owned(),
            "CHANTYPES=#".to_owned(),
            "PREFIX=(ov)@+".to_owned(),
            "CHANMODES=beI,k,l,Cimnst".to_owned(),
            "EXCEPTS=e".to_owned(),
            "INVEX=I".to_owned(),
            format!("CHANLIMIT=#:{MAX_CHANNELS_PER_USER}"),
            format!("MAXLIST=beI:{MAX_MASKS}"),
            format!("MODES={MAX_MODE_PARAMS}"),
            format!("NICKLEN={NICK_LEN}"),
            format!("CHANNELLEN={CHANNEL_LEN}"),
            format!("TOPICLEN={TOPIC_LEN}"),
            format!("AWAYLEN={AWAY_LEN}"),
            format!("KICKLEN={REASON_LEN}"),
            format!("KEYLEN={KEY_LEN}"),
            format!("USERLEN={USER_LEN}"),
            format!("HOSTLEN={HOST_LEN}"),
            format!("NAMELEN={REALNAME_LEN}"),
            format!(
                "TARGMAX=JOIN:,KICK:{MAX_TARGETS},NAMES:{MAX_TARGETS},NOTICE:{MAX_TARGETS},PART:,PRIVMSG:{MAX_TARGETS},TAGMSG:{MAX_TARGETS},WHOIS:1,WHOWAS:{MAX_TARGETS}"
            ),
            "STATUSMSG=@+".to_owned(),
            "ELIST=CMNTU".to_owned(),
            "SAFELIST".to_owned(),
            "WHOX".to_owned(),
            format!("MONITOR={MAX_MONITORED}"),
            "BOT=B".to_owned(),
            format!("CHATHISTORY={MAX_HISTORY}"),
            "MSGREFTYPES=msgid,timestamp".to_owned(),
        ];
        for group in tokens.chunks(12) {
            let mut params: Vec<&str> = group.iter().map(String::as_str).collect();
            params.push("are supported by this server");
            self.numeric(id, RPL_ISUPPORT, &params);
        }
    }

    pub(super) fn quit(&mut self, id: ConnId, message: &Message<'_>) {
        let reason = match message.param(0) {
            "" => "Quit".to_owned(),
            words => format!("Quit: {}", cut(words, REASON_LEN)),
        };
        self.drop_connection(id, &reason);
    }

    pub(super) fn ping(&mut self, id: ConnId, message: &Message<'_>) {
        match message.params.get(0) {
            Some("") => self.numeric(id, ERR_NOORIGIN, &["No origin specified"]),
            Some(token) => {
                let name = self.config.name.clone();
                self.server_line(id, "PONG", &[&name, token]);
            }
            None => self.numeric(id, ERR_NEEDMOREPARAMS, &["PING", "Not enough parameters"]),
        }
    }

    /// That something was read is all that counts.
    #[allow(clippy::unused_self, reason = "a handler has the shape of a handler")]
    pub(super) fn pong(&mut self, _: ConnId, _: &Message<'_>) {}
}

/// Words in lines of at most so many bytes; a word longer than that has a line of its own.
fn packed(words: &[&str], room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut().filter(|line| line.len() + 1 + word.len() <= room) {
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push((*word).to_owned()),
        }
    }
    lines
}

/// A word of a peer for a reply's middle param: gated, without blanks, not empty, not long.
pub(super) fn shown_word(word: &str) -> String {
    let word: String = text::plain(word).chars().map(|c| if c.is_whitespace() { '_' } else { c }).collect();
    let word = cut(&word, 64).trim_start_matches(':');
    if word.is_empty() { "*".to_owned() } else { word.to_owned() }
}

/// What is said to somebody of strict transport security: that he is to come through TLS from now on, or where TLS is spoken. On
/// this machine nothing is, since the certificate is not for the names it is called by there.
pub(super) fn sts(peer: &Peer, seconds: Option<u64>) -> Option<String> {
    let seconds = seconds.filter(|_| peer.port != 0)?;
    Some(if peer.secure { format!("sts=duration={seconds}") } else { format!("sts=port={}", peer.port) })
}

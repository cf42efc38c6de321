//! From the connection to the welcome: capabilities, password, nick, user
//! ([capability negotiation](https://ircv3.net/specs/extensions/capability-negotiation)).

use super::report::Report;
use super::{READY_MOST, Session, Stage};
use crate::irc::name::{NICK_LEN, is_nick};
use crate::irc::{Cap, Caps, Message};

/// Most nicks that are tried in one registration.
const MAX_NICKS: usize = 12;
/// Capabilities that are known and not asked for: a window shows who comes and goes now, not who did long ago; and it
/// shows the names, so they may come unasked.
const UNWANTED: &[Cap] = &[Cap::EventPlayback, Cap::NoImplicitNames];
/// Most bytes of a user name that was chosen, and of one that is made of the nick.
const USER_MOST: usize = 100;
const SHORT_USER: usize = 16;
/// The length of nick that every server takes.
const SHORT_NICK: usize = 9;

impl Session {
    /// The first lines. CAP comes first: a server that knows it waits for CAP END, any other goes on.
    pub(super) fn opening(&self) -> Vec<String> {
        let identity = &self.identity;
        let mut lines = vec!["CAP LS 302".to_owned()];
        if let Some(password) = &identity.password {
            lines.push(self.line("PASS", &[password.reveal()], None, None));
        }
        let user = user_name(&identity.user, &identity.nick);
        let real = if identity.real_name.is_empty() { &identity.nick } else { &identity.real_name };
        lines.push(self.line("NICK", &[&identity.nick], None, None));
        lines.push(self.line("USER", &[&user, "0", "*", real], None, None));
        lines
    }

    /// `CAP` from the server.
    pub(super) fn on_cap(&mut self, message: &Message<'_>, out: &mut Vec<Report>) {
        let list = message.params.last().unwrap_or_default();
        let names = || list.split(' ').filter_map(|item| Cap::by_name(item.split('=').next()?));
        match message.param(1).to_ascii_uppercase().as_str() {
            "LS" => {
                names().for_each(|cap| self.offered.insert(cap));
                let sasl = list.split(' ').find(|item| item.split('=').next() == Some(Cap::Sasl.name()));
                if let Some(sasl) = sasl {
                    self.note_mechanisms(sasl.split_once('=').map(|(_, value)| value));
                }
                // A star in front of the list says that another line of it follows.
                let is_last = message.param(2) != "*" || message.params.len() < 4;
                if is_last && self.check_login(out) {
                    self.request(self.offered, out);
                }
            }
            "ACK" => {
                for item in list.split(' ') {
                    match item.strip_prefix('-') {
                        Some(name) => Cap::by_name(name).into_iter().for_each(|cap| self.caps.remove(cap)),
                        None => Cap::by_name(item).into_iter().for_each(|cap| self.caps.insert(cap)),
                    }
                }
                self.answered(out);
            }
            "NAK" => {
                // All or nothing: what was refused together is asked for one by one.
                let refused: Vec<Cap> = names().collect();
                if refused.len() > 1 {
                    self.asked += refused.len();
                    out.extend(refused.iter().map(|cap| request_line(&[*cap])));
                } else if refused == [Cap::Sasl]
                    && !self.login_failed("the server does not let accounts log in now", true, out)
                {
                    return;
                }
                self.answered(out);
            }
            "NEW" => {
                let new: Vec<Cap> = names().filter(|cap| !self.caps.has(*cap)).collect();
                self.request(Caps::of(&new), out);
            }
            "DEL" => names().for_each(|cap| self.caps.remove(cap)),
            _ => {}
        }
    }

    fn request(&mut self, caps: Caps, out: &mut Vec<Report>) {
        let logs_in = self.wants_login();
        let is_wanted = |cap: &Cap| !UNWANTED.contains(cap) && (*cap != Cap::Sasl || logs_in);
        let wanted: Vec<Cap> = caps.iter().filter(is_wanted).collect();
        if !wanted.is_empty() {
            self.asked += 1;
            out.push(request_line(&wanted));
        } else if self.stage == Stage::Registering && self.asked == 0 {
            out.push(Report::Answer("CAP END".to_owned()));
        }
    }

    fn answered(&mut self, out: &mut Vec<Report>) {
        self.asked = self.asked.saturating_sub(1);
        if self.asked == 0 && self.stage == Stage::Registering && !self.begin_login(out) {
            out.push(Report::Answer("CAP END".to_owned()));
        }
    }

    /// `001`: the server calls us by our nick.
    pub(super) fn on_welcome(&mut self, message: &Message<'_>, out: &mut Vec<Report>) {
        if self.stage == Stage::Registered || !self.stays_without_login(out) {
            return;
        }
        if !message.param(0).is_empty() {
            self.nick = message.param(0).into();
        }
        self.stage = Stage::Registered;
        self.varied = !self.is_me(&self.identity.nick);
        if let Some(own) = message.params.last().and_then(|text| text.rsplit(' ').next())
            && own.contains('!')
        {
            self.learn_own_source(own);
        }
        self.ready_by = Some(self.heard + READY_MOST);
        out.push(Report::Welcome);
        if let Some(reason) = &self.away_reason {
            out.push(Report::Answer(self.line("AWAY", &[reason], None, None)));
        }
    }

    /// The server has said what it is and what it supports; after the welcome this comes once.
    pub(super) fn on_ready(&mut self, out: &mut Vec<Report>) {
        if self.ready_by.take().is_some() {
            out.push(Report::Ready);
        }
    }

    /// The nick is taken or not allowed. During the registration a variation is tried.
    pub(super) fn on_nick_refused(&mut self, message: &Message<'_>, out: &mut Vec<Report>) {
        self.refused += 1;
        let refused = self.nick.to_string();
        let taken = message.command != crate::irc::numeric::ERR_ERRONEUSNICKNAME;
        let trying = variation(&self.identity.nick, &refused, taken, self.refused);
        if self.refused >= MAX_NICKS || trying == refused {
            out.push(Report::Ended(format!("no nick like {} is free here", self.identity.nick)));
            return;
        }
        self.nick = trying.as_str().into();
        out.push(Report::Answer(self.line("NICK", &[&trying], None, None)));
        let reason = message.params.last().unwrap_or_default().to_owned();
        out.push(Report::NickRefused { wanted: refused, trying, reason });
    }

    /// The wanted nick has become free: it is asked for.
    pub(super) fn take_back_nick(&self, free: &str, out: &mut Vec<Report>) {
        if self.varied && crate::irc::name::same(free, &self.identity.nick) {
            out.push(Report::Answer(self.line("NICK", &[&self.identity.nick], None, None)));
        }
    }
}

fn request_line(caps: &[Cap]) -> Report {
    let names: Vec<&str> = caps.iter().map(|cap| cap.name()).collect();
    Report::Answer(format!("CAP REQ :{}", names.join(" ")))
}

/// The next nick to try: an underscore more, within the length that the refusal seems to allow, then numbers.
fn variation(wanted: &str, refused: &str, taken: bool, count: usize) -> String {
    let allowed: String = wanted.chars().filter(|c| is_nick(&format!("a{c}"))).collect();
    let base = if is_nick(&allowed) { allowed } else { format!("a{allowed}") };
    if !taken {
        // Not taken but not allowed: too long for this server, or with signs that it does not like.
        let short: String = base.chars().take(SHORT_NICK).collect();
        if short != refused {
            return short;
        }
        return base.chars().filter(char::is_ascii_alphanumeric).take(SHORT_NICK - 1).collect();
    }
    let most = if refused.len() < wanted.len() { SHORT_NICK } else { NICK_LEN };
    let ending = if count <= 2 { "_".repeat(count) } else { count.to_string() };
    let kept = base.floor_char_boundary(most - ending.len());
    format!("{}{ending}", &base[..kept])
}

/// What is sent as the user name: the one that was chosen, else one made of the nick. Whoever chooses it knows what the server
/// wants (a bouncer has `user/network@client`): only what would not be one word is left out. Never empty.
fn user_name(user: &str, nick: &str) -> String {
    let chosen: String = user.chars().filter(char::is_ascii_graphic).take(USER_MOST).collect();
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let from_nick: String = nick.chars().filter(is_plain).take(SHORT_USER).collect();
    [chosen.trim_start_matches(':').to_owned(), from_nick]
        .into_iter()
        .find(|name| !name.is_empty())
        .unwrap_or_else(|| "chatui".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variation_is_a_nick_and_differs() {
        assert_eq!(variation("alice", "alice", true, 1), "alice_");
        assert_eq!(variation("alice", "alice_", true, 2), "alice__");
        assert_eq!(variation("alice", "alice__", true, 3), "alice3");
        assert_eq!(variation("averylongnick", "averylongnick", false, 1), "averylong");
        assert_eq!(variation("averylongnick", "averylong", true, 2), "averylo__");
        assert_eq!(variation("jörg", "jörg", false, 1), "jrg");
        assert_eq!(variation("7of9", "7of9", false, 1), "a7of9");
        let long = "x".repeat(NICK_LEN);
        assert!(is_nick(&variation(&long, &long, true, 1)));
    }

    #[test]
    fn a_user_name_is_never_empty() {
        assert_eq!(user_name("", "alice"), "alice");
        assert_eq!(user_name("日本", "[x]"), "x");
        assert_eq!(user_name("日本", "[]"), "chatui");
        assert_eq!(user_name(" :ivy/libera@desk\r\n", "alice"), "ivy/libera@desk");
    }
}

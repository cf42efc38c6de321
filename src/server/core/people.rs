//! Who is there: WHO, WHOIS, USERHOST, ISON, AWAY, SETNAME
//! ([user-based queries](https://modern.ircdocs.horse/#user-based-queries)).

use crate::irc::name::{is_channel_name, mask_matches};
use crate::irc::numeric::*;
use crate::irc::{Cap, Draft, Message, line::cut};

use super::config::{AWAY_LEN, REALNAME_LEN};
use super::connection::Connection;
use super::register::shown_word;
use super::state::ChanId;
use super::{ConnId, Core, Output};

/// Most users of one WHO by a mask: more than that is not asked to be read.
const MAX_WHO: usize = 500;

impl Core {
    pub(super) fn who(&mut self, id: ConnId, message: &Message<'_>) {
        let mask = message.param(0);
        let end = shown_word(mask);
        let rows: Vec<(ConnId, Option<ChanId>)> = if is_channel_name(mask) {
            let channel = self.state.channel_id(mask).filter(|channel| self.may_see(id, *channel));
            let members =
                channel.and_then(|channel| self.state.channel(channel)).map(|place| place.members.clone());
            let inside = channel.is_some_and(|channel| self.is_in(id, channel));
            members
                .unwrap_or_default()
                .into_iter()
                .filter(|member| {
                    inside || self.state.connection(*member).is_some_and(|user| !user.modes.invisible)
                })
                .map(|member| (member, channel))
                .collect()
        } else {
            self.who_by_mask(id, mask)
        };
        let fields =
            message.param(1).strip_prefix('%').map(|fields| fields.split_once(',').unwrap_or((fields, "")));
        let operators_only = message.param(1) == "o";
        for (user, channel) in rows {
            if operators_only && !self.state.connection(user).is_some_and(|user| user.modes.operator) {
                continue;
            }
            match fields {
                Some((letters, token)) => self.whox_row(id, user, channel, letters, token),
                None => self.who_row(id, user, channel),
            }
        }
        self.numeric(id, RPL_ENDOFWHO, &[&end, "End of /WHO list"]);
    }

    fn is_in(&self, id: ConnId, channel: ChanId) -> bool {
        self.state.connection(id).is_some_and(|connection| connection.status(channel).is_some())
    }

    fn who_by_mask(&self, id: ConnId, mask: &str) -> Vec<(ConnId, Option<ChanId>)> {
        if let Some((user, _)) = self.state.user(mask) {
            return vec![(user, None)];
        }
        let mask = if mask.is_empty() || mask == "0" { "*" } else { mask };
        self.state
            .ids()
            .into_iter()
            .filter(|other| {
                let Some(user) = self.state.connection(*other).filter(|user| user.registered) else {
                    return false;
                };
                let fits = [&user.nick, &user.user, &user.host, &user.realname];
                let seen = *other == id || !user.modes.invisible || self.state.share_a_channel(id, *other);
                seen && fits.iter().any(|text| mask_matches(mask, text))
            })
            .take(MAX_WHO)
            .map(|other| (other, None))
            .collect()
    }

    /// The channel that a row names: the one asked about, or one that the asker may know of.
    fn row_channel(&self, asker: ConnId, user: &Connection, channel: Option<ChanId>) -> (String, String) {
        let visible = channel.or_else(|| {
            user.channels.iter().map(|(channel, _)| *channel).find(|channel| self.may_see(asker, *channel))
        });
        let all = self.state.connection(asker).is_some_and(|asker| asker.caps.has(Cap::MultiPrefix));
        let name =
            visible.and_then(|channel| self.state.channel(channel)).map_or("*", |place| place.name.as_str());
        let status = visible.and_then(|channel| user.status(channel)).unwrap_or_default();
        let here = if user.away.is_some() { "G" } else { "H" };
        let operator = if user.modes.operator { "*" } else { "" };
        let bot = if user.modes.bot { "B" } else { "" };
        let flags = format!("{here}{operator}{bot}{}", status.prefix(all));
        (name.to_owned(), flags)
    }

    fn who_row(&mut self, id: ConnId, user: ConnId, channel: Option<ChanId>) {
        let Some(user) = self.state.connection(user) else { return };
        let (name, flags) = self.row_channel(id, user, channel);
        let row = [
            name.as_str(),
            &user.user.clone(),
            &user.host.clone(),
            &self.config.name.clone(),
            &user.nick.clone(),
            &flags,
            &format!("0 {}", user.realname),
        ];
        self.numeric(id, RPL_WHOREPLY, &row);
    }

    /// [WHOX](https://ircv3.net/specs/extensions/whox): the asked fields in their fixed order.
    fn whox_row(&mut self, id: ConnId, user: ConnId, channel: Option<ChanId>, letters: &str, token: &str) {
        let now = self.now;
        let Some(user) = self.state.connection(user) else { return };
        let (name, flags) = self.row_channel(id, user, channel);
        let mut row: Vec<String> = Vec::new();
        for field in "tcuihsnfdlaor".chars().filter(|field| letters.contains(*field)) {
            row.push(match field {
                't' => shown_word(cut(token, 3)),
                'c' => name.clone(),
                'u' => user.user.clone(),
                'i' | 'h' => user.host.clone(),
                's' => self.config.name.clone(),
                'n' => user.nick.clone(),
                'f' => flags.clone(),
                'd' => "0".to_owned(),
                'l' => now.since(user.spoke).as_secs().to_string(),
                'a' => "0".to_owned(),
                'o' => "n/a".to_owned(),
                _ => user.realname.clone(),
            });
        }
        let row: Vec<&str> = row.iter().map(String::as_str).collect();
        self.numeric(id, RPL_WHOSPCRPL, &row);
    }

    pub(super) fn whois(&mut self, id: ConnId, message: &Message<'_>) {
        // With two params the first names a server, and there is only this one.
        let nick = if message.params.len() > 1 { message.param(1) } else { message.param(0) };
        let nick = nick.split(',').next().unwrap_or_default();
        if nick.is_empty() {
            self.numeric(id, ERR_NONICKNAMEGIVEN, &["No nickname given"]);
            return;
        }
        let Some((target, user)) = self.state.user(nick) else {
            let shown = shown_word(nick);
            self.no_such_nick(id, nick);
            self.numeric(id, RPL_ENDOFWHOIS, &[&shown, "End of /WHOIS list"]);
            return;
        };
        let (nick, name, host) = (user.nick.clone(), user.user.clone(), user.host.clone());
        let (realname, away, modes) = (user.realname.clone(), user.away.clone(), user.modes);
        let (idle, since) =
            (self.now.since(user.spoke).as_secs().to_string(), user.opened.seconds().to_string());
        let all = self.state.connection(id).is_some_and(|asker| asker.caps.has(Cap::MultiPrefix));
        let mut channels: Vec<String> = user
            .channels
            .iter()
            .filter(|(channel, _)| self.may_see(id, *channel))
            .filter(|(channel, _)| !user.modes.invisible || target == id || self.is_in(id, *channel))
            .filter_map(|(channel, status)| {
                Some(format!("{}{}", status.prefix(all), self.state.channel(*channel)?.name))
            })
            .collect();
        channels.sort();
        let config = self.config.clone();
        self.numeric(id, RPL_WHOISUSER, &[&nick, &name, &host, "*", &realname]);
        for some in channels.chunks(6) {
            self.numeric(id, RPL_WHOISCHANNELS, &[&nick, &some.join(" ")]);
        }
        self.numeric(id, RPL_WHOISSERVER, &[&nick, &config.name, &config.network]);
        if modes.operator {
            self.numeric(id, RPL_WHOISOPERATOR, &[&nick, "is an IRC operator"]);
        }
        if modes.bot {
            self.numeric(id, RPL_WHOISBOT, &[&nick, "is a bot"]);
        }
        if let Some(away) = away {
            self.numeric(id, RPL_AWAY, &[&nick, &away]);
        }
        self.numeric(id, RPL_WHOISIDLE, &[&nick, &idle, &since, "seconds idle, signon time"]);
        self.numeric(id, RPL_ENDOFWHOIS, &[&nick, "End of /WHOIS list"]);
    }

    pub(super) fn userhost(&mut self, id: ConnId, message: &Message<'_>) {
        let rows: Vec<String> = message
            .params
            .iter()
            .take(5)
            .filter_map(|nick| {
                let (_, user) = self.state.user(nick)?;
                let here = if user.away.is_some() { '-' } else { '+' };
                let operator = if user.modes.operator { "*" } else { "" };
                Some(format!("{}{operator}={here}{}@{}", user.nick, user.user, user.host))
            })
            .collect();
        self.numeric(id, RPL_USERHOST, &[&rows.join(" ")]);
    }

    pub(super) fn ison(&mut self, id: ConnId, message: &Message<'_>) {
        let there: Vec<String> = message
            .params
            .iter()
            .flat_map(|param| param.split(' '))
            .filter_map(|nick| self.state.user(nick).map(|(_, user)| user.nick.clone()))
            .collect();
        self.numeric(id, RPL_ISON, &[&there.join(" ")]);
    }

    pub(super) fn away(&mut self, id: ConnId, message: &Message<'_>) {
        let text = cut(message.param(0), AWAY_LEN);
        let Some(connection) = self.state.connection(id) else { return };
        if connection.away.as_deref().unwrap_or_default() != text {
            let params: &[&str] = if text.is_empty() { &[] } else { &[text] };
            let draft = Draft::new("", &connection.source, "AWAY", params);
            self.out.push(Output::Append { draft, origin: id, keep: false });
        }
        if text.is_empty() {
            self.numeric(id, RPL_UNAWAY, &["You are no longer marked as being away"]);
        } else {
            self.numeric(id, RPL_NOWAWAY, &["You have been marked as being away"]);
        }
    }

    pub(super) fn setname(&mut self, id: ConnId, message: &Message<'_>) {
        let name = cut(message.param(0), REALNAME_LEN);
        if name.is_empty() {
            self.fail(id, "SETNAME", "INVALID_REALNAME", &[], "Realname is not valid");
            return;
        }
        let Some(connection) = self.state.connection(id) else { return };
        let draft = Draft::new("", &connection.source, "SETNAME", &[name]);
        self.out.push(Output::Append { draft, origin: id, keep: false });
    }
}

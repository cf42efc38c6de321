//! Bans from the whole server: KLINE and UNKLINE, and the lines of the file in which the bans outlive the server.
//!
//! There is one list of them, and the server keeps it. A list in the configuration beside it would need a rule for which of
//! the two holds when an operator takes a ban back.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::irc::line::cut;
use crate::irc::name::mask_matches;
use crate::irc::{Message, Time, text};

use super::config::{MAX_BANS, REASON_LEN};
use super::net::Net;
use super::{ConnId, Core, Output};

/// The longest ban that ends: ten years in minutes.
const MOST_MINUTES: u64 = 10 * 366 * 24 * 60;
/// Most bytes of a mask.
const MASK_LEN: usize = 128;

/// Whom a ban keeps out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// Who comes from there.
    Net(Net),
    /// Whose `nick!user@address` is like this.
    Mask(String),
}

impl Whom {
    /// Reads an address, a network (`192.0.2.0/24`), a mask (`*!*@host`) or a nick.
    pub fn parse(text: &str) -> Option<Whom> {
        if let Some(net) = Net::parse(text) {
            return Some(Whom::Net(net));
        }
        let fine = |c: char| text::is_plain(c) && !c.is_whitespace();
        if text.is_empty() || text.len() > MASK_LEN || text.starts_with(':') || !text.chars().all(fine) {
            return None;
        }
        Some(Whom::Mask(match (text.contains('!'), text.contains('@')) {
            (true, _) => text.to_owned(),
            (false, true) => format!("*!{text}"),
            (false, false) => format!("{text}!*@*"),
        }))
    }

    /// Whether it means somebody with this source and address.
    fn means(&self, source: &str, address: Option<IpAddr>) -> bool {
        match self {
            Whom::Net(net) => address.is_some_and(|address| net.contains(address)),
            Whom::Mask(mask) => mask_matches(mask, source),
        }
    }
}

impl fmt::Display for Whom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Whom::Net(net) => net.fmt(f),
            Whom::Mask(mask) => f.write_str(mask),
        }
    }
}

/// A ban. Shown, it is the line that [`Ban::parse`] reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ban {
    /// Whom it keeps out.
    pub whom: Whom,
    /// Until when; without it, until it is taken back.
    pub until: Option<Time>,
    /// Who has set it.
    pub by: String,
    /// When.
    pub set: Time,
    /// Why.
    pub reason: String,
}

impl Ban {
    /// Reads a line of the file: `WHOM until TIME|ever by NICK at TIME :REASON`.
    pub fn parse(line: &str) -> Option<Ban> {
        let (head, reason) = line.split_once(" :")?;
        let words: Vec<&str> = head.split(' ').collect();
        let [whom, "until", until, "by", by, "at", set] = words[..] else { return None };
        let until = if until == "ever" { None } else { Some(Time::parse(until)?) };
        let reason = cut(&text::plain(reason), REASON_LEN).to_owned();
        Some(Ban { whom: Whom::parse(whom)?, until, by: by.to_owned(), set: Time::parse(set)?, reason })
    }

    /// Whether it holds at this time.
    pub fn holds(&self, now: Time) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    /// Whether it keeps out everybody who comes from an address, whatever he calls himself.
    pub fn is_of(&self, address: IpAddr) -> bool {
        matches!(self.whom, Whom::Net(net) if net.contains(address))
    }

    /// What somebody is told whom it keeps out.
    pub fn words(&self) -> String {
        match self.until {
            None => format!("You are banned from this server: {}", self.reason),
            Some(until) => format!("You are banned from this server until {until}: {}", self.reason),
        }
    }
}

impl fmt::Display for Ban {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} until ", self.whom)?;
        match self.until {
            None => f.write_str("ever")?,
            Some(until) => until.fmt(f)?,
        }
        write!(f, " by {} at {} :{}", self.by, self.set, self.reason)
    }
}

impl Core {
    /// `KLINE [minutes] whom [:reason]`; without params it lists.
    pub(super) fn kline(&mut self, id: ConnId, message: &Message<'_>) {
        if !self.is_operator(id) {
            return;
        }
        let params = message.params.as_slice();
        if params.is_empty() {
            return self.list_bans(id);
        }
        let minutes = params[0].parse::<u64>().ok();
        let mut rest = params.iter().skip(usize::from(minutes.is_some()));
        let (word, reason) = (rest.next().copied().unwrap_or(""), rest.next().copied().unwrap_or(""));
        let refused = |core: &mut Core, code: &str, words: &str| core.fail(id, "KLINE", code, &[], words);
        let Some(whom) = Whom::parse(word) else {
            return refused(
                self,
                "INVALID_MASK",
                "Say KLINE [minutes] ADDRESS, ADDRESS/BITS, nick!user@host or a nick, then :reason",
            );
        };
        let Some(by) = self.state.connection(id) else { return };
        let address = by.peer.address.parse().ok();
        if whom.means(&by.source, address) || whom.means(&plain_source(by, &by.nick), address) {
            return refused(self, "WOULD_BAN_YOU", "That is you, too");
        }
        if self.bans.len() >= MAX_BANS && !self.bans.iter().any(|ban| ban.whom == whom) {
            return refused(self, "LIST_FULL", "There are too many bans already");
        }
        let until = minutes
            .filter(|minutes| *minutes > 0)
            .map(|minutes| self.now + Duration::from_secs(minutes.min(MOST_MINUTES) * 60));
        let reason = match reason {
            "" => "No reason".to_owned(),
            words => cut(&text::plain(words), REASON_LEN).to_owned(),
        };
        let ban = Ban { whom, until, by: by.nick.clone(), set: self.now, reason };
        self.server_notice(id, &format!("KLINE: {ban}"));
        let mut bans: Vec<Ban> = self.bans.iter().filter(|other| other.whom != ban.whom).cloned().collect();
        bans.push(ban.clone());
        self.set_bans(bans, Some(id));
        self.drop_banned(&[ban]);
    }

    /// `UNKLINE whom`
    pub(super) fn unkline(&mut self, id: ConnId, message: &Message<'_>) {
        if !self.is_operator(id) {
            return;
        }
        let whom = Whom::parse(message.param(0));
        let (taken, left): (Vec<Ban>, Vec<Ban>) =
            self.bans.iter().cloned().partition(|ban| Some(&ban.whom) == whom.as_ref());
        let Some(ban) = taken.first() else {
            return self.fail(id, "UNKLINE", "NO_SUCH_BAN", &[], "There is no such ban; KLINE lists them");
        };
        self.server_notice(id, &format!("UNKLINE: {}", ban.whom));
        self.set_bans(left, Some(id));
    }

    fn list_bans(&mut self, id: ConnId) {
        for ban in self.bans.clone().iter() {
            self.server_notice(id, &format!("KLINE: {ban}"));
        }
        self.server_notice(id, &format!("KLINE: {} bans", self.bans.len()));
    }

    /// The ban that keeps a connection out, if one does: by its address, or by the source that it would have. A host that
    /// an operator has given somebody hides nothing here.
    pub(super) fn banned(&self, id: ConnId) -> Option<&Ban> {
        self.ban_among(&self.bans, id, &self.state.connection(id)?.nick)
    }

    /// The ban that would keep a connection out if it had this nick.
    pub(super) fn banned_as(&self, id: ConnId, nick: &str) -> Option<&Ban> {
        self.ban_among(&self.bans, id, nick)
    }

    fn ban_among<'a>(&self, bans: &'a [Ban], id: ConnId, nick: &str) -> Option<&'a Ban> {
        let connection = self.state.connection(id)?;
        let (source, address) = (plain_source(connection, nick), connection.peer.address.parse().ok());
        bans.iter().find(|ban| ban.holds(self.now) && ban.whom.means(&source, address))
    }

    fn set_bans(&mut self, bans: Vec<Ban>, by: Option<ConnId>) {
        self.bans = bans.into();
        self.out.push(Output::Bans { bans: Arc::clone(&self.bans), by });
    }

    /// Takes the bans that were read at start.
    pub fn recall_bans(&mut self, bans: Arc<[Ban]>) {
        self.bans = bans;
    }

    /// Sends those away who are here and whom one of these bans keeps out.
    pub(super) fn drop_banned(&mut self, bans: &[Ban]) {
        for id in self.state.ids() {
            if let Some(connection) = self.state.connection(id).filter(|connection| connection.registered)
                && let Some(words) = self.ban_among(bans, id, &connection.nick).map(Ban::words)
            {
                self.drop_connection(id, &words);
            }
        }
    }

    /// The bans were read anew, by somebody who knew those at that time: what has changed here since holds, too.
    pub(super) fn reload_bans(&mut self, read: &Arc<[Ban]>, known: &[Ban]) {
        let here = std::mem::replace(&mut self.bans, Arc::clone(read));
        if *here != *known {
            let set: Vec<&Ban> = here.iter().filter(|ban| !known.contains(ban)).collect();
            let lifted = |ban: &Ban| known.contains(ban) && !here.contains(ban);
            let kept = read.iter().filter(|ban| !lifted(ban) && set.iter().all(|new| new.whom != ban.whom));
            self.set_bans(kept.chain(set.iter().copied()).cloned().collect(), None);
        }
        self.drop_banned(&Arc::clone(&self.bans));
    }

    /// Forgets the bans that have ended.
    pub(super) fn end_bans(&mut self) {
        let now = self.now;
        if self.bans.iter().any(|ban| !ban.holds(now)) {
            let left = self.bans.iter().filter(|ban| ban.holds(now)).cloned().collect();
            self.set_bans(left, None);
        }
    }
}

/// `nick!user@address`
fn plain_source(connection: &super::connection::Connection, nick: &str) -> String {
    format!("{nick}!{}@{}", connection.user, connection.peer.address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ban_is_read_as_it_is_written() {
        let at = Time::from_millis(1_795_190_700_000);
        for (whom, until) in [("192.0.2.0/24", None), ("*!*@evil.example", Some(at)), ("bob", None)] {
            let reason = "spam : and more".to_owned();
            let ban =
                Ban { whom: Whom::parse(whom).unwrap(), until, by: "alice".to_owned(), set: at, reason };
            assert_eq!(Ban::parse(&ban.to_string()), Some(ban));
        }
        assert_eq!(Whom::parse("bob").unwrap().to_string(), "bob!*@*");
        assert_eq!(Whom::parse("~x@h").unwrap().to_string(), "*!~x@h");
        for bad in ["", ":x", "a b", "a\u{202e}b", "\u{1b}[2J", &"x".repeat(MASK_LEN + 1)] {
            assert_eq!(Whom::parse(bad), None, "{bad:?}");
        }
        for bad in ["", "bob", "bob until ever by a at x :y", "bob until 1 by a at 2 :y", "# x"] {
            assert_eq!(Ban::parse(bad), None, "{bad:?}");
        }
    }
}

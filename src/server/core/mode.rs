//! MODE: what a channel allows, and what one is oneself
//! ([modes](https://modern.ircdocs.horse/#modes)).

use crate::irc::line::cut;
use crate::irc::name::{is_channel_name, mask_matches, same};
use crate::irc::numeric::*;
use crate::irc::{Draft, MAX_REST, Message, Time};

use super::config::{KEY_LEN, MAX_MASKS, MAX_MODE_PARAMS};
use super::register::shown_word;
use super::state::ChanId;
use super::{ConnId, Core, Output};

/// A channel's modes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modes {
    /// `+n`: only members write.
    pub no_external: bool,
    /// `+t`: only operators set the topic.
    pub topic_protected: bool,
    /// `+m`: only operators and the voiced write.
    pub moderated: bool,
    /// `+i`: only the invited enter.
    pub invite_only: bool,
    /// `+s`: only members know of it.
    pub secret: bool,
    /// `+k`: what one must know to enter.
    pub key: Option<String>,
    /// `+l`: how many may be in it.
    pub limit: Option<usize>,
    /// `+b`: who may neither enter nor write.
    pub bans: Vec<Ban>,
}

/// One mask of the ban list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ban {
    /// The mask, `nick!user@host`.
    pub mask: String,
    /// Who set it.
    pub by: String,
    /// When.
    pub at: Time,
}

impl Default for Modes {
    /// What a new channel is: its members' own, its topic its operators'.
    fn default() -> Modes {
        Modes {
            no_external: true,
            topic_protected: true,
            moderated: false,
            invite_only: false,
            secret: false,
            key: None,
            limit: None,
            bans: Vec::new(),
        }
    }
}

impl Modes {
    /// Whether a source is on the ban list.
    pub fn is_banned(&self, source: &str) -> bool {
        self.bans.iter().any(|ban| mask_matches(&ban.mask, source))
    }

    fn flag(&mut self, letter: char) -> Option<&mut bool> {
        match letter {
            'n' => Some(&mut self.no_external),
            't' => Some(&mut self.topic_protected),
            'm' => Some(&mut self.moderated),
            'i' => Some(&mut self.invite_only),
            's' => Some(&mut self.secret),
            _ => None,
        }
    }

    /// The letters, and their params as far as they may be shown: a key only to members.
    fn shown(&self, key: bool) -> Vec<String> {
        let mut letters = "+".to_owned();
        let flags = [
            ('i', self.invite_only),
            ('m', self.moderated),
            ('n', self.no_external),
            ('s', self.secret),
            ('t', self.topic_protected),
        ];
        letters.extend(flags.iter().filter(|(_, set)| *set).map(|(letter, _)| *letter));
        let mut params = Vec::new();
        if let Some(word) = &self.key {
            letters.push('k');
            params.push(if key { word.clone() } else { "*".to_owned() });
        }
        if let Some(limit) = self.limit {
            letters.push('l');
            params.push(limit.to_string());
        }
        params.insert(0, letters);
        params
    }
}

/// One change that a MODE asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    set: bool,
    letter: char,
    param: Option<String>,
}

/// Splits `+o-v nick nick` into its changes. A letter that needs a param and has none is left out, but for a list's
/// letter, which then asks for the list.
fn changes(message: &Message<'_>) -> Vec<Change> {
    let mut params = message.params.iter().skip(2);
    let mut set = true;
    let mut out = Vec::new();
    for letter in message.param(1).chars() {
        match letter {
            '+' => set = true,
            '-' => set = false,
            'o' | 'v' | 'k' => {
                // `-k` is taken without its key as well: whoever may set it may clear it.
                let param = params.next().filter(|param| !param.is_empty());
                if param.is_some() || (letter == 'k' && !set) {
                    out.push(Change { set, letter, param: param.map(str::to_owned) });
                }
            }
            'l' if set => {
                if let Some(param) = params.next() {
                    out.push(Change { set, letter, param: Some(param.to_owned()) });
                }
            }
            'b' => out.push(Change { set, letter, param: params.next().map(str::to_owned) }),
            _ => out.push(Change { set, letter, param: None }),
        }
    }
    out
}

/// Changes written as one MODE: letters, then params.
fn written(changes: &[Change]) -> Vec<String> {
    let mut letters = String::new();
    let mut params = Vec::new();
    let mut sign = None;
    for change in changes {
        if sign != Some(change.set) {
            letters.push(if change.set { '+' } else { '-' });
            sign = Some(change.set);
        }
        letters.push(change.letter);
        params.extend(change.param.clone());
    }
    params.insert(0, letters);
    params
}

/// A mask made whole: `nick` becomes `nick!*@*`, `user@host` becomes `*!user@host`.
fn whole_mask(mask: &str) -> String {
    match (mask.contains('!'), mask.contains('@')) {
        (true, true) => mask.to_owned(),
        (true, false) => format!("{mask}@*"),
        (false, true) => format!("*!{mask}"),
        (false, false) => format!("{mask}!*@*"),
    }
}

impl Core {
    pub(super) fn mode(&mut self, id: ConnId, message: &Message<'_>) {
        let target = message.param(0);
        if !is_channel_name(target) {
            self.user_mode(id, message);
            return;
        }
        let Some(channel) = self.state.channel_id(target).filter(|channel| self.may_see(id, *channel)) else {
            return self.channel_error(id, target, ERR_NOSUCHCHANNEL);
        };
        if message.params.len() < 2 {
            self.tell_modes(channel, id);
            return;
        }
        let operator = self.operator_of(id, target);
        let mut wanted = Vec::new();
        let mut refused = false;
        let mut listed = false;
        for change in changes(message) {
            if change.letter == 'b' && change.param.is_none() {
                if !listed {
                    self.tell_bans(channel, id);
                }
                listed = true;
                continue;
            }
            if !"ovklbimnst".contains(change.letter) {
                let letter = shown_word(&change.letter.to_string());
                self.numeric(id, ERR_UNKNOWNMODE, &[&letter, "is unknown mode char to me"]);
                continue;
            }
            if let Err(code) = operator {
                if !refused {
                    self.channel_error(id, target, code);
                }
                refused = true;
                continue;
            }
            // What is asked twice is done once: so a line of many letters becomes no line of too many.
            if let Some(change) = self.checked(channel, id, change)
                && !wanted.contains(&change)
            {
                wanted.push(change);
            }
        }
        let mut with_param = 0;
        wanted.retain(|change| {
            with_param += usize::from(change.param.is_some());
            change.param.is_none() || with_param <= MAX_MODE_PARAMS
        });
        let (Some(by), Some(place)) = (self.state.connection(id), self.state.channel(channel)) else {
            return;
        };
        // `:source MODE #channel +…-…`, with two signs for each change; what does not fit in one line comes in the next.
        let head = 1 + by.source.len() + 6 + place.name.len() + 1;
        let length = |change: &Change| 2 + change.param.as_ref().map_or(0, |param| 1 + param.len());
        let mut rest = wanted.as_slice();
        while !rest.is_empty() {
            let lengths = rest.iter().scan(head, |total, change| {
                *total += length(change);
                Some(*total)
            });
            let fitting = lengths.take_while(|total| *total <= MAX_REST - 2).count().max(1);
            let (now, later) = rest.split_at(fitting);
            rest = later;
            let words = written(now);
            let mut params: Vec<&str> = vec![&place.name];
            params.extend(words.iter().map(String::as_str));
            let draft = Draft::new("", &by.source, "MODE", &params);
            self.out.push(Output::Append { draft, origin: id, keep: true });
        }
    }

    /// A change in the form in which it will be told, if it changes anything.
    fn checked(&mut self, channel: ChanId, id: ConnId, mut change: Change) -> Option<Change> {
        let place = self.state.channel(channel)?;
        let name = place.name.clone();
        let param = change.param.clone().unwrap_or_default();
        match change.letter {
            'o' | 'v' => {
                let user = self.state.user(&param).map(|(_, user)| (user.nick.clone(), user.status(channel)));
                let Some((nick, status)) = user else {
                    let shown = shown_word(&param);
                    self.numeric(id, ERR_NOSUCHNICK, &[&shown, "No such nick"]);
                    return None;
                };
                let Some(status) = status else {
                    self.numeric(id, ERR_USERNOTINCHANNEL, &[&nick, &name, "They aren't on that channel"]);
                    return None;
                };
                let has = if change.letter == 'o' { status.operator } else { status.voice };
                change.param = Some(nick);
                (has != change.set).then_some(change)
            }
            'k' if change.set => {
                let valid = !param.is_empty()
                    && param.len() <= KEY_LEN
                    && param.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b',' | b':'));
                if !valid {
                    self.numeric(id, ERR_INVALIDKEY, &[&name, "Key is not well-formed"]);
                    return None;
                }
                Some(change)
            }
            'k' => {
                // The key is told as it was, not as somebody guessed it.
                let key = place.modes.key.clone()?;
                change.param = Some(key);
                Some(change)
            }
            'l' if change.set => {
                let limit = param.parse::<u32>().ok().filter(|limit| *limit > 0)?;
                change.param = Some(limit.to_string());
                Some(change)
            }
            'l' => place.modes.limit.map(|_| change),
            'b' => {
                let mask = whole_mask(&shown_word(cut(&param, 200)));
                let there = place.modes.bans.iter().any(|ban| same(&ban.mask, &mask));
                if change.set && place.modes.bans.len() >= MAX_MASKS {
                    return None;
                }
                change.param = Some(mask);
                (there != change.set).then_some(change)
            }
            letter => {
                let mut modes = place.modes.clone();
                let has = modes.flag(letter).is_some_and(|flag| *flag);
                (has != change.set).then_some(change)
            }
        }
    }

    /// Does what a MODE in the order says.
    pub(super) fn set_modes(&mut self, channel: ChanId, message: &Message<'_>) {
        let (by, at) = (message.nick().to_owned(), self.now);
        for change in changes(message) {
            let param = change.param.unwrap_or_default();
            if let 'o' | 'v' = change.letter {
                if let Some(member) = self.state.by_nick(&param) {
                    self.state.set_status(channel, member, |status| {
                        *(if change.letter == 'o' { &mut status.operator } else { &mut status.voice }) =
                            change.set;
                    });
                }
                continue;
            }
            let Some(place) = self.state.channel_mut(channel) else { return };
            let modes = &mut place.modes;
            match change.letter {
                'k' => modes.key = change.set.then_some(param),
                'l' => modes.limit = param.parse().ok().filter(|_| change.set),
                'b' if change.set => modes.bans.push(Ban { mask: param, by: by.clone(), at }),
                'b' => modes.bans.retain(|ban| !same(&ban.mask, &param)),
                letter => {
                    if let Some(flag) = modes.flag(letter) {
                        *flag = change.set;
                    }
                }
            }
        }
    }

    fn tell_modes(&mut self, channel: ChanId, id: ConnId) {
        let Some(place) = self.state.channel(channel) else { return };
        let inside = self.state.connection(id).is_some_and(|c| c.status(channel).is_some());
        let (name, created) = (place.name.clone(), place.created.seconds().to_string());
        let words = place.modes.shown(inside);
        let mut params: Vec<&str> = vec![&name];
        params.extend(words.iter().map(String::as_str));
        self.numeric(id, RPL_CHANNELMODEIS, &params);
        self.numeric(id, RPL_CREATIONTIME, &[&name, &created]);
    }

    fn tell_bans(&mut self, channel: ChanId, id: ConnId) {
        let Some(place) = self.state.channel(channel) else { return };
        let (name, bans) = (place.name.clone(), place.modes.bans.clone());
        for ban in bans {
            self.numeric(id, RPL_BANLIST, &[&name, &ban.mask, &ban.by, &ban.at.seconds().to_string()]);
        }
        self.numeric(id, RPL_ENDOFBANLIST, &[&name, "End of channel ban list"]);
    }

    fn user_mode(&mut self, id: ConnId, message: &Message<'_>) {
        let Some(connection) = self.state.connection_mut(id) else { return };
        if !same(message.param(0), &connection.nick) {
            let known = self.state.user(message.param(0)).is_some();
            if known {
                self.numeric(id, ERR_USERSDONTMATCH, &["Can't change mode for other users"]);
            } else {
                let shown = shown_word(message.param(0));
                self.numeric(id, ERR_NOSUCHNICK, &[&shown, "No such nick"]);
            }
            return;
        }
        if message.params.len() < 2 {
            let modes = if connection.invisible { "+i" } else { "+" };
            self.numeric(id, RPL_UMODEIS, &[modes]);
            return;
        }
        let (nick, before) = (connection.nick.clone(), connection.invisible);
        let mut unknown = false;
        for change in changes(message) {
            match change.letter {
                'i' => connection.invisible = change.set,
                _ => unknown = true,
            }
        }
        let after = connection.invisible;
        if before != after {
            let source = connection.source.clone();
            self.raw(id, &format!(":{source} MODE {nick} {}i", if after { '+' } else { '-' }));
        }
        if unknown {
            self.numeric(id, ERR_UMODEUNKNOWNFLAG, &["Unknown MODE flag"]);
        }
    }
}

//! MODE on a channel: what it allows
//! ([modes](https://modern.ircdocs.horse/#modes)).

use crate::irc::line::cut;
use crate::irc::name::{is_channel_name, same};
use crate::irc::numeric::*;
use crate::irc::{Draft, MAX_REST, Message, text::plain};

use super::config::{KEY_LEN, MAX_MASKS, MAX_MODE_PARAMS};
use super::modes::{CHANNEL_MODES, List, Mask, list, whole_mask};
use super::register::shown_word;
use super::state::ChanId;
use super::{ConnId, Core, Output};

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
            _ if list(letter).is_some() => {
                // A mask of which nothing is left when it is shown would be everybody's.
                let param =
                    params.next().filter(|mask| !plain(mask).trim_start_matches(':').trim().is_empty());
                out.push(Change { set, letter, param: param.map(str::to_owned) });
            }
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
        let mut told = Vec::new();
        for change in changes(message) {
            if let (Some(list), None) = (list(change.letter), &change.param) {
                if !told.contains(&list.letter) {
                    self.tell_masks(channel, id, list);
                    told.push(list.letter);
                }
                continue;
            }
            if !CHANNEL_MODES.0.contains(change.letter) {
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
            let masks = wanted.iter().filter(|change: &&Change| change.set && list(change.letter).is_some());
            let masks = masks.count();
            if let Some(change) = self.checked(channel, id, change, masks)
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

    /// A change in the form in which it will be told, if it changes anything. So many `masks` are to be set before it.
    fn checked(&mut self, channel: ChanId, id: ConnId, mut change: Change, masks: usize) -> Option<Change> {
        let place = self.state.channel(channel)?;
        let name = place.name.clone();
        let param = change.param.clone().unwrap_or_default();
        match change.letter {
            'o' | 'v' => {
                let user = self.state.user(&param).map(|(_, user)| (user.nick.clone(), user.status(channel)));
                let Some((nick, status)) = user else {
                    self.no_such_nick(id, &param);
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
            letter if list(letter).is_some() => {
                let mask = whole_mask(&shown_word(cut(&param, 200)));
                if place.modes.has_mask(letter, &mask) == change.set {
                    return None;
                }
                if change.set && place.modes.masks() + masks >= MAX_MASKS {
                    let words = "Channel list is full";
                    self.numeric(id, ERR_BANLISTFULL, &[&name, &letter.to_string(), &mask, words]);
                    return None;
                }
                change.param = Some(mask);
                Some(change)
            }
            letter => {
                let place = self.state.channel_mut(channel)?;
                let has = place.modes.flag(letter).is_some_and(|flag| *flag);
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
                letter => {
                    if let Some(flag) = modes.flag(letter) {
                        *flag = change.set;
                    } else if let Some(masks) = modes.masks_of(letter) {
                        masks.retain(|mask| !same(&mask.mask, &param));
                        if change.set {
                            masks.push(Mask { mask: param, by: by.clone(), at });
                        }
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

    fn tell_masks(&mut self, channel: ChanId, id: ConnId, list: &List) {
        let Some(place) = self.state.channel_mut(channel) else { return };
        let name = place.name.clone();
        let masks = place.modes.masks_of(list.letter).cloned().unwrap_or_default();
        for Mask { mask, by, at } in masks {
            self.numeric(id, list.item, &[&name, &mask, &by, &at.seconds().to_string()]);
        }
        self.numeric(id, list.end, &[&name, list.words]);
    }
}

//! What modes a channel and a user have, and how they are written
//! ([channel modes](https://modern.ircdocs.horse/#channel-modes), [user modes](https://modern.ircdocs.horse/#user-modes)).

use crate::irc::Time;
use crate::irc::name::{mask_matches, same};
use crate::irc::numeric::*;

/// All letters of a channel's modes, and those of them that take a param: what RPL_MYINFO tells.
pub const CHANNEL_MODES: (&str, &str) = ("CIbeiklmnostv", "Ibeklov");

/// All letters of a user's modes.
pub const USER_MODES: &str = "Biow";

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
    /// `+C`: no CTCP but `/me`.
    pub no_ctcp: bool,
    /// `+k`: what one must know to enter.
    pub key: Option<String>,
    /// `+l`: how many may be in it.
    pub limit: Option<usize>,
    /// `+b`: who may neither enter nor write.
    pub bans: Vec<Mask>,
    /// `+e`: whom the bans do not concern.
    pub exceptions: Vec<Mask>,
    /// `+I`: who may enter in spite of `+i`.
    pub invitations: Vec<Mask>,
}

/// One mask of a channel's lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    /// The mask, `nick!user@host`.
    pub mask: String,
    /// Who set it.
    pub by: String,
    /// When.
    pub at: Time,
}

/// How one of a channel's lists is told.
#[derive(Debug)]
pub struct List {
    /// The mode's letter.
    pub letter: char,
    /// The numeric of each mask.
    pub item: &'static str,
    /// The numeric at the end.
    pub end: &'static str,
    /// The words at the end.
    pub words: &'static str,
}

/// A channel's lists.
pub const LISTS: &[List] = &[
    List { letter: 'b', item: RPL_BANLIST, end: RPL_ENDOFBANLIST, words: "End of channel ban list" },
    List {
        letter: 'e',
        item: RPL_EXCEPTLIST,
        end: RPL_ENDOFEXCEPTLIST,
        words: "End of channel exception list",
    },
    List {
        letter: 'I',
        item: RPL_INVEXLIST,
        end: RPL_ENDOFINVEXLIST,
        words: "End of channel invite exception list",
    },
];

/// The list of this letter.
pub fn list(letter: char) -> Option<&'static List> {
    LISTS.iter().find(|list| list.letter == letter)
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
            no_ctcp: false,
            key: None,
            limit: None,
            bans: Vec::new(),
            exceptions: Vec::new(),
            invitations: Vec::new(),
        }
    }
}

impl Modes {
    /// Whether a source is banned, and not excepted.
    pub fn is_banned(&self, source: &str) -> bool {
        holds(&self.bans, source) && !holds(&self.exceptions, source)
    }

    /// Whether a source may enter in spite of `+i`.
    pub fn is_invited(&self, source: &str) -> bool {
        holds(&self.invitations, source)
    }

    /// How many masks there are on all lists.
    pub fn masks(&self) -> usize {
        self.bans.len() + self.exceptions.len() + self.invitations.len()
    }

    /// Whether the list with this letter has this very mask.
    pub fn has_mask(&self, letter: char, mask: &str) -> bool {
        let masks = match letter {
            'e' => &self.exceptions,
            'I' => &self.invitations,
            _ => &self.bans,
        };
        masks.iter().any(|other| same(&other.mask, mask))
    }

    /// The masks of the list with this letter.
    pub fn masks_of(&mut self, letter: char) -> Option<&mut Vec<Mask>> {
        match letter {
            'b' => Some(&mut self.bans),
            'e' => Some(&mut self.exceptions),
            'I' => Some(&mut self.invitations),
            _ => None,
        }
    }

    /// The flag with this letter.
    pub fn flag(&mut self, letter: char) -> Option<&mut bool> {
        match letter {
            'C' => Some(&mut self.no_ctcp),
            'n' => Some(&mut self.no_external),
            't' => Some(&mut self.topic_protected),
            'm' => Some(&mut self.moderated),
            'i' => Some(&mut self.invite_only),
            's' => Some(&mut self.secret),
            _ => None,
        }
    }

    /// The letters, and their params as far as they may be shown: a key only to members.
    pub fn shown(&self, key: bool) -> Vec<String> {
        let mut letters = "+".to_owned();
        let flags = [
            ('C', self.no_ctcp),
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

fn holds(masks: &[Mask], source: &str) -> bool {
    masks.iter().any(|mask| mask_matches(&mask.mask, source))
}

/// A mask made whole: `nick` becomes `nick!*@*`, `user@host` becomes `*!user@host`.
pub fn whole_mask(mask: &str) -> String {
    match (mask.contains('!'), mask.contains('@')) {
        (true, true) => mask.to_owned(),
        (true, false) => format!("{mask}@*"),
        (false, true) => format!("*!{mask}"),
        (false, false) => format!("{mask}!*@*"),
    }
}

/// A user's modes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UserModes {
    /// `+B`: a program, and it says so ([bot mode](https://ircv3.net/specs/extensions/bot-mode)).
    pub bot: bool,
    /// `+i`: not shown to strangers.
    pub invisible: bool,
    /// `+o`: may act for the server.
    pub operator: bool,
    /// `+w`: hears WALLOPS.
    pub wallops: bool,
}

impl UserModes {
    /// The mode with this letter.
    pub fn flag(&mut self, letter: char) -> Option<&mut bool> {
        match letter {
            'B' => Some(&mut self.bot),
            'i' => Some(&mut self.invisible),
            'o' => Some(&mut self.operator),
            'w' => Some(&mut self.wallops),
            _ => None,
        }
    }

    fn letters(self) -> impl Iterator<Item = (char, bool)> {
        [('B', self.bot), ('i', self.invisible), ('o', self.operator), ('w', self.wallops)].into_iter()
    }

    /// The letters of those that are set, after a `+`.
    pub fn shown(self) -> String {
        let mut text = "+".to_owned();
        text.extend(self.letters().filter(|(_, set)| *set).map(|(letter, _)| letter));
        text
    }

    /// What has changed since these modes, as MODE tells it; empty if nothing has.
    pub fn since(self, before: UserModes) -> String {
        let mut text = String::new();
        for sign in ['+', '-'] {
            let changed = self.letters().zip(before.letters());
            let changed: String = changed
                .filter(|((_, now), (_, then))| now != then && *now == (sign == '+'))
                .map(|((letter, _), _)| letter)
                .collect();
            if !changed.is_empty() {
                text.push(sign);
                text.push_str(&changed);
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_in_a_users_modes() {
        let before = UserModes { invisible: true, ..UserModes::default() };
        let after = UserModes { operator: true, wallops: true, ..UserModes::default() };
        assert_eq!(after.since(before), "+ow-i");
        assert_eq!(after.since(after), "");
        assert_eq!((before.shown(), after.shown()), ("+i".to_owned(), "+ow".to_owned()));
    }
}

//! Who is in a channel, and what it is about.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::irc::Time;
use crate::irc::name::same;

/// Most members that are kept of one channel; a server that names more is not believed.
pub const MAX_MEMBERS: usize = 100_000;

/// The signs in front of nicks, highest first, with the mode letter of each (`PREFIX` of 005).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefixes(Vec<(char, char)>);

impl Default for Prefixes {
    fn default() -> Prefixes {
        Prefixes(vec![('o', '@'), ('v', '+')])
    }
}

impl Prefixes {
    /// Reads the value of `PREFIX`, `(ov)@+`; an empty one means that there are none.
    pub fn parse(value: &str) -> Prefixes {
        let (letters, signs) =
            value.strip_prefix('(').and_then(|rest| rest.split_once(')')).unwrap_or_default();
        // A member's prefixes are a set of eight bits.
        Prefixes(letters.chars().zip(signs.chars()).take(8).collect())
    }

    /// The bit of a mode letter.
    pub fn bit_of_mode(&self, mode: char) -> Option<u8> {
        self.0.iter().position(|(letter, _)| *letter == mode).map(|at| 1 << at)
    }

    /// Splits `@+alice` into the bits of its signs and the nick.
    pub fn split<'a>(&self, name: &'a str) -> (u8, &'a str) {
        let mut bits = 0;
        let mut rest = name;
        while let Some(sign) = rest.chars().next()
            && let Some(at) = self.0.iter().position(|(_, s)| *s == sign)
        {
            bits |= 1 << at;
            rest = &rest[sign.len_utf8()..];
        }
        (bits, rest)
    }

    /// The sign of the highest rank among these bits.
    pub fn sign(&self, bits: u8) -> Option<char> {
        self.0.get(bits.trailing_zeros() as usize).map(|(_, sign)| *sign)
    }
}

/// Somebody in a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The nick, as its owner writes it.
    pub nick: Arc<str>,
    /// The ranks, a bit for each as [`Prefixes`] has them: the lowest bit is the highest rank.
    pub prefixes: u8,
    /// Whether away.
    pub away: bool,
    /// When this person last said something here.
    pub spoke: Time,
    /// Where they come from, if that was seen.
    pub host: Option<Box<str>>,
}

impl Member {
    fn new(nick: &str, prefixes: u8) -> Member {
        Member { nick: nick.into(), prefixes, away: false, spoke: Time::default(), host: None }
    }

    /// They come from there.
    pub(super) fn learn_host(&mut self, host: &str) {
        if !host.is_empty() && self.host.as_deref() != Some(host) {
            self.host = Some(host.into());
        }
    }
}

/// The topic of a channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topic {
    /// The words, raw; empty when there is none.
    pub text: String,
    /// Who set it, or empty.
    pub by: String,
    /// When, if known.
    pub at: Option<Time>,
}

/// A channel that one is in.
#[derive(Clone, Debug, Default)]
pub struct Channel {
    /// Its name as the server writes it.
    pub name: Arc<str>,
    /// Its topic.
    pub topic: Topic,
    /// Whether the list of members is whole.
    pub complete: bool,
    /// By nick, without case.
    members: Vec<Member>,
}

fn order(one: &str, other: &str) -> Ordering {
    one.bytes().map(|b| b.to_ascii_lowercase()).cmp(other.bytes().map(|b| b.to_ascii_lowercase()))
}

impl Channel {
    /// A channel just joined: nobody is known in it.
    pub fn new(name: &str) -> Channel {
        Channel { name: name.into(), ..Channel::default() }
    }

    /// How many are in it.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether nobody is known in it.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// All members, by nick without case.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// All members as a list shows them: the highest ranks first, then by nick.
    pub fn ranked(&self) -> impl Iterator<Item = &Member> {
        (0..=8u32).flat_map(move |rank| {
            self.members.iter().filter(move |member| member.prefixes.trailing_zeros() == rank)
        })
    }

    fn find(&self, nick: &str) -> Result<usize, usize> {
        self.members.binary_search_by(|member| order(&member.nick, nick))
    }

    /// The member with this nick.
    pub fn member(&self, nick: &str) -> Option<&Member> {
        self.find(nick).ok().map(|at| &self.members[at])
    }

    /// Where this member comes from, if that is known and nobody else here is known to come from there.
    pub fn host_of_one(&self, nick: &str) -> Option<&str> {
        let host = self.member(nick)?.host.as_deref()?;
        let is_there =
            |member: &&Member| member.host.as_deref().is_some_and(|other| other.eq_ignore_ascii_case(host));
        (self.members.iter().filter(is_there).count() == 1).then_some(host)
    }

    /// The same, to be changed; the nick stays.
    pub fn member_mut(&mut self, nick: &str) -> Option<&mut Member> {
        self.find(nick).ok().map(|at| &mut self.members[at])
    }

    /// Adds somebody; who is there already gets these prefixes.
    pub fn add(&mut self, nick: &str, prefixes: u8) {
        match self.find(nick) {
            Ok(at) => self.members[at].prefixes = prefixes,
            Err(at) if self.members.len() < MAX_MEMBERS => {
                self.members.insert(at, Member::new(nick, prefixes));
            }
            Err(_) => {}
        }
    }

    /// Takes somebody out, and says whether they were in it.
    pub fn remove(&mut self, nick: &str) -> Option<Member> {
        self.find(nick).ok().map(|at| self.members.remove(at))
    }

    /// Gives somebody another nick, and says whether they are in it.
    pub fn rename(&mut self, from: &str, to: &str) -> bool {
        let Some(mut member) = self.remove(from) else { return false };
        member.nick = to.into();
        match self.find(to) {
            Ok(at) => self.members[at] = member,
            Err(at) => self.members.insert(at, member),
        }
        true
    }

    /// Takes over when each member spoke last from the same channel as it was before a pause.
    pub fn remember(&mut self, former: &Channel) {
        for member in &mut self.members {
            if let Some(known) = former.member(&member.nick) {
                member.spoke = member.spoke.max(known.spoke);
            }
        }
    }

    /// Replaces all members by those whom NAMES has told; what was known of each beyond that is kept.
    pub fn set_members(&mut self, named: Vec<(u8, String)>) {
        let old = std::mem::take(&mut self.members);
        let mut members: Vec<Member> = named
            .into_iter()
            .take(MAX_MEMBERS)
            .map(|(prefixes, nick)| {
                let known = old.binary_search_by(|member| order(&member.nick, &nick)).ok().map(|at| &old[at]);
                match known {
                    Some(known) => Member { prefixes, ..known.clone() },
                    None => Member::new(&nick, prefixes),
                }
            })
            .collect();
        members.sort_by(|one, other| order(&one.nick, &other.nick));
        members.dedup_by(|one, other| same(&one.nick, &other.nick));
        self.members = members;
        self.complete = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_first_then_by_name() {
        let prefixes = Prefixes::parse("(qaohv)~&@%+");
        let mut channel = Channel::new("#x");
        for name in ["zoe", "@+Bea", "+yuki", "@adam", "~owner", "Anna"] {
            let (bits, nick) = prefixes.split(name);
            channel.add(nick, bits);
        }
        let shown: Vec<String> = channel
            .ranked()
            .map(|m| format!("{}{}", prefixes.sign(m.prefixes).map(String::from).unwrap_or_default(), m.nick))
            .collect();
        assert_eq!(shown, ["~owner", "@adam", "@Bea", "+yuki", "Anna", "zoe"]);
        assert!(channel.rename("ANNA", "aaron") && channel.member("Aaron").is_some());
        assert!(channel.remove("anna").is_none());
        assert_eq!(prefixes.bit_of_mode('v'), Some(16));
    }
}

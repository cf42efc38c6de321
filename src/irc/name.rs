//! Names: nicks, channels, sources and masks; which are valid, and how two compare.
//!
//! The casemapping is `ascii` ([casemapping](https://modern.ircdocs.horse/#casemapping-parameter)): only `A-Z`
//! and `a-z` fold. Both sides use these functions; a client of a server with another casemapping compares a
//! little too strictly, never too loosely.

use std::borrow::Cow;
use std::ops::Range;

/// Most bytes of a nick (`NICKLEN`).
pub const NICK_LEN: usize = 32;
/// Most bytes of a channel's name (`CHANNELLEN`).
pub const CHANNEL_LEN: usize = 64;
/// Most bytes of a user name, the `~` of an unproven one included (`USERLEN`).
pub const USER_LEN: usize = 18;

/// A name as it is compared and looked up: ASCII letters in lower case.
pub fn fold(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// Whether two names are the same one.
pub fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// Whether a server lets somebody have this nick: letters, digits and ``-_[]{}\|`^``, no digit and no `-` first
/// (RFC 2812 2.3.1, with [`NICK_LEN`] for its nine).
pub fn is_nick(nick: &str) -> bool {
    let special = |b: u8| matches!(b, b'_' | b'[' | b']' | b'{' | b'}' | b'\\' | b'|' | b'`' | b'^');
    let mut bytes = nick.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || special(b))
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'-' || special(b))
        && nick.len() <= NICK_LEN
}

/// Where a nick stands in a text as a word of its own, without case. What may stand in a nick belongs to a word, and the
/// letters of other scripts do: `alice-bot` does not name `alice`.
pub fn mentions<'a>(text: &'a str, nick: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
    let in_word = |b: &u8| b.is_ascii_alphanumeric() || *b >= 0x80 || b"-_[]{}\\|`^".contains(b);
    let (text, nick) = (text.as_bytes(), nick.as_bytes());
    // No byte of a text is this one: an empty nick is named nowhere.
    let first = nick.first().copied().unwrap_or(0xFF);
    memchr::memchr2_iter(first.to_ascii_lowercase(), first.to_ascii_uppercase(), text)
        .map(move |at| at..at + nick.len())
        .filter(move |word| {
            text.get(word.clone()).is_some_and(|found| found.eq_ignore_ascii_case(nick))
                && !word.start.checked_sub(1).is_some_and(|before| in_word(&text[before]))
                && !text.get(word.end).is_some_and(in_word)
        })
}

/// Whether a text names somebody.
pub fn names(text: &str, nick: &str) -> bool {
    mentions(text, nick).next().is_some()
}

/// Whether a text is addressed to a channel. Only `#` is offered (`CHANTYPES=#`).
pub fn is_channel_name(target: &str) -> bool {
    target.starts_with('#')
}

/// Whether a channel may have this name: `#` and at least one sign more, no blank, comma, colon, control or
/// invisible character, at most [`CHANNEL_LEN`] bytes. Other scripts are welcome.
pub fn is_channel(name: &str) -> bool {
    name.strip_prefix('#').is_some_and(|rest| {
        !rest.is_empty()
            && name.len() <= CHANNEL_LEN
            && rest.chars().all(|c| !c.is_whitespace() && !matches!(c, ',' | ':') && super::text::is_plain(c))
    })
}

/// The parts of a source, `nick!user@host`; what is missing is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source<'a> {
    /// The nick, or a server's name.
    pub nick: &'a str,
    /// The user name.
    pub user: &'a str,
    /// The host.
    pub host: &'a str,
}

impl<'a> Source<'a> {
    /// Splits at the first `@` and at the first `!` in front of it.
    pub fn split(source: &'a str) -> Source<'a> {
        let (left, host) = source.split_once('@').unwrap_or((source, ""));
        let (nick, user) = left.split_once('!').unwrap_or((left, ""));
        Source { nick, user, host }
    }
}

/// Whether a mask fits a text: `*` is any run, `?` any one character, all else itself, letters without case.
/// Takes at most mask × text steps, whatever the mask.
pub fn mask_matches(mask: &str, text: &str) -> bool {
    let (mask, text) = (mask.as_bytes(), text.as_bytes());
    let (mut m, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match mask.get(m) {
            Some(b'*') => {
                retry = Some((m + 1, t));
                m += 1;
            }
            Some(b'?') => {
                m += 1;
                t += 1;
                while text.get(t).is_some_and(|b| b & 0xC0 == 0x80) {
                    t += 1;
                }
            }
            Some(b) if b.eq_ignore_ascii_case(&text[t]) => {
                m += 1;
                t += 1;
            }
            _ => {
                let Some((after, from)) = retry else { return false };
                retry = Some((after, from + 1));
                m = after;
                t = from + 1;
            }
        }
    }
    mask[m..].iter().all(|b| *b == b'*')
}

/// Whether a text is a host name that a server may give itself (RFC 1123, with at least one dot; that may be the
/// root's, at the end).
pub fn is_hostname(host: &str) -> bool {
    let labels = host.strip_suffix('.').unwrap_or(host);
    labels.len() <= 253
        && host.contains('.')
        && labels.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mention_is_a_whole_word_in_any_case() {
        for text in
            ["alice: hi", "hi Alice", "(ALICE)", "\u{2}alice\u{2}", "alice", "@alice, x", "malice alice"]
        {
            assert!(names(text, "alice"), "{text}");
        }
        for text in ["malice", "alice_", "alices", "", "alic", "éalice", "alice2", "alice-bot", "not-alice"]
        {
            assert!(!names(text, "alice"), "{text}");
        }
        assert!(names("is [x] here", "[x]") && !names("anything", ""));
        assert_eq!(mentions("é alice, Alice", "alice").collect::<Vec<_>>(), [3..8, 10..15]);
    }

    #[test]
    fn nicks() {
        for good in ["alice", "[x]", "a-1", "_", "x|away", "A`^{}\\"] {
            assert!(is_nick(good), "{good}");
        }
        for bad in ["", "1a", "-a", "a b", "a!b", "a@b", "#a", "é", "a.b", "*", &"x".repeat(33)] {
            assert!(!is_nick(bad), "{bad}");
        }
    }

    #[test]
    fn channels() {
        for good in ["#a", "#Übung", "#日本", "##", "#a#b"] {
            assert!(is_channel(good), "{good}");
        }
        for bad in [
            "",
            "#",
            "a",
            "#a b",
            "#a,b",
            "#a:b",
            "#a\u{7}",
            "#a\u{202e}b",
            "#a\u{200b}",
            &format!("#{}", "x".repeat(64)),
        ] {
            assert!(!is_channel(bad), "{bad}");
        }
    }

    #[test]
    fn a_host_name_may_end_in_the_root_and_have_no_empty_label_else() {
        assert!(is_hostname("services.") && is_hostname("irc.example.com."));
        assert!(is_hostname(&format!("{}.", "x.".repeat(126) + "x")));
        for bad in [".", "..", "a..", ".a", "a..b", &("x.".repeat(127) + "x")] {
            assert!(!is_hostname(bad), "{bad}");
        }
    }

    #[test]
    fn a_mask_bomb_is_cheap() {
        assert!(!mask_matches(&"*a".repeat(100), &"a".repeat(99)));
        assert!(!mask_matches(&format!("{}b", "*a".repeat(60)), &"a".repeat(400)));
        assert!(mask_matches("?", "é"));
    }
}

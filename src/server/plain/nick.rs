//! A nick for somebody who typed a name: nobody is asked to choose another one, for most of the programs that get here
//! cannot ask their owner, and would send the next message instead.

use crate::irc::name::{NICK_LEN, is_nick};

/// Whoever has no name that could be one.
const NAMELESS: &str = "guest";

/// The nick for a typed name: blanks and what no nick may hold become `_`.
pub fn from_name(name: &str) -> String {
    let valid = |c: char| is_nick(&format!("a{c}"));
    let nick: String = name.trim().chars().map(|c| if valid(c) { c } else { '_' }).collect();
    let nick = nick.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-');
    let nick = &nick[..nick.len().min(NICK_LEN)];
    if !nick.bytes().any(|b| b.is_ascii_alphanumeric()) {
        return NAMELESS.to_owned();
    }
    if crate::server::door::is_word(nick) { format!("{nick}_") } else { nick.to_owned() }
}

/// The same nick with a number, for when it is taken: `anna2`, `anna3`.
pub fn numbered(nick: &str, number: u32) -> String {
    let number = number.to_string();
    format!("{}{number}", &nick[..nick.len().min(NICK_LEN - number.len())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_gives_a_nick() {
        for (name, nick) in [
            ("anna", "anna"),
            (" anna maria\r", "anna_maria"),
            ("007bond", "bond"),
            ("-x", "x"),
            ("José", "Jos_"),
            ("日本", "guest"),
            ("", "guest"),
            ("123", "guest"),
            ("NICK", "NICK_"),
            ("GET", "GET_"),
            ("nick", "nick"),
        ] {
            assert_eq!(from_name(name), nick, "{name:?}");
        }
        let long = from_name(&"x".repeat(100));
        assert_eq!(long.len(), NICK_LEN);
        assert_eq!(numbered(&long, 12), format!("{}12", "x".repeat(30)));
        assert!(is_nick(&from_name("a,b!c@d:e\u{202e}\u{1b}")));
    }
}

//! What a plain-text user has typed, and what it means.

use crate::irc::text::{Shown, escape_len, shown, without_formatting};

/// The words that leave, each the whole of a message. `{quit}`, `exit` and `salir` are what the users of other programs
/// are used to.
const QUIT_WORDS: &[&str] = &["/quit", "/exit", "{quit}", "exit", "quit", "salir"];

/// The one that also leaves at the end of a message, where messages have no ends of their own.
const QUIT_MARK: &str = "{quit}";

/// A message, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// Nothing is in it.
    Nothing,
    /// To be said in the room.
    Say(String),
    /// `/me`
    Act(String),
    /// `/who`
    Who,
    /// `/nick`, with a name or without.
    Nick(String),
    /// `/echo on`, `/echo off`; without either, neither.
    Echo(Option<bool>),
    /// `/help`
    Help,
    /// It leaves.
    Quit,
    /// A word that is no command.
    Unknown(String),
}

/// Understands a message. It may begin with a name of the sender: there are programs that put it there themselves.
pub fn understand(text: &str, own_names: [&str; 2]) -> Typed {
    if is_quit(text) {
        return Typed::Quit;
    }
    let own = |name: &str| text.strip_prefix(name).and_then(|rest| rest.strip_prefix(": "));
    let (text, named) = match own_names.into_iter().filter(|name| !name.is_empty()).find_map(own) {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    if text.trim().is_empty() {
        return Typed::Nothing;
    }
    if named && is_quit(text) {
        return Typed::Quit;
    }
    if let Some(rest) = text.strip_prefix('/').filter(|rest| rest.starts_with('/')) {
        return Typed::Say(rest.to_owned());
    }
    let Some(command) = text.strip_prefix('/') else { return Typed::Say(text.trim().to_owned()) };
    let (word, rest) = command.split_once(' ').unwrap_or((command, ""));
    let rest = rest.trim();
    match word.to_ascii_lowercase().as_str() {
        "who" => Typed::Who,
        "nick" => Typed::Nick(rest.to_owned()),
        "me" if rest.is_empty() => Typed::Nothing,
        "me" => Typed::Act(rest.to_owned()),
        "help" => Typed::Help,
        "echo" => Typed::Echo(match rest.to_ascii_lowercase().as_str() {
            "on" => Some(true),
            "off" => Some(false),
            _ => None,
        }),
        "quit" | "exit" => Typed::Quit,
        _ => Typed::Unknown(word.to_owned()),
    }
}

/// Whether the whole message is a word that leaves. With a blank in front it is only said.
pub fn is_quit(text: &str) -> bool {
    !text.starts_with(' ') && QUIT_WORDS.iter().any(|word| text.trim_end().eq_ignore_ascii_case(word))
}

/// What stands in front of a quit word that is glued to the end of a message.
pub fn before_quit(text: &str) -> Option<&str> {
    let text = text.trim_end();
    let at = text.len().checked_sub(QUIT_MARK.len()).filter(|at| text.is_char_boundary(*at))?;
    text[at..].eq_ignore_ascii_case(QUIT_MARK).then(|| &text[..at])
}

/// A text without anything that is not text: no controls, escape sequences, formatting codes, or marks that turn the
/// direction of text. A tab becomes a blank; what was taken back with the erase key is not there.
pub fn strip(text: &str) -> String {
    let text = without_formatting(text);
    let mut out = String::with_capacity(text.len());
    let mut rest: &str = &text;
    while let Some(c) = rest.chars().next() {
        let mut length = c.len_utf8();
        match c {
            '\t' => out.push(' '),
            '\u{8}' | '\u{7F}' => drop(out.pop()),
            '\u{1B}' => length = escape_len(rest),
            c if shown(c) == Shown::Plain(c) => out.push(c),
            _ => {}
        }
        rest = &rest[length..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Typed {
        understand(text, ["anna m", "anna_m"])
    }

    #[test]
    fn words_and_commands() {
        let say = |text: &str| Typed::Say(text.to_owned());
        assert_eq!(typed("hi"), say("hi"));
        assert_eq!(typed("  \t "), Typed::Nothing);
        assert_eq!(typed("anna m: hi"), say("hi"));
        assert_eq!(typed("anna_m: anna_m: hi"), say("anna_m: hi"));
        assert_eq!(typed("bob: hi"), say("bob: hi"));
        assert_eq!(typed("anna_m: "), Typed::Nothing);
        assert_eq!(typed("/ME waves "), Typed::Act("waves".to_owned()));
        assert_eq!(typed("/nick  rob"), Typed::Nick("rob".to_owned()));
        assert_eq!(typed("/echo OFF"), Typed::Echo(Some(false)));
        assert_eq!(typed("/echo"), Typed::Echo(None));
        assert_eq!(typed("/join #x"), Typed::Unknown("join".to_owned()));
        assert_eq!((typed("/who"), typed("/help")), (Typed::Who, Typed::Help));
    }

    #[test]
    fn words_that_leave_and_ways_to_say_them() {
        for word in ["/quit", "/Exit", "{QUIT}", "exit", "Quit ", "salir", "/quit for today", "anna_m: exit"]
        {
            assert_eq!(typed(word), Typed::Quit, "{word:?}");
        }
        assert_eq!(typed(" exit"), Typed::Say("exit".to_owned()));
        assert_eq!(typed("//exit"), Typed::Say("/exit".to_owned()));
        assert_eq!(typed("exit now"), Typed::Say("exit now".to_owned()));
        assert_eq!(before_quit("bye all{quit}\n"), Some("bye all"));
        assert_eq!((before_quit("quit"), before_quit("€quit}")), (None, None));
    }

    #[test]
    fn only_text_is_left() {
        assert_eq!(strip("a\u{1b}[2Jb\u{1b}]0;t\u{7}c\u{0}\u{9b}\u{202e}d\te"), "abcd e");
        assert_eq!(strip("\u{3}04,12red\u{3} \u{2}bold\u{1}"), "red bold");
        assert_eq!(strip("helx\u{8}lp\u{7f}o"), "hello");
        for c in (0..=0x10_FFFF).filter_map(char::from_u32) {
            assert!(strip(&format!("a{c}b")).chars().all(|c| !c.is_control()), "{:x}", c as u32);
        }
    }
}

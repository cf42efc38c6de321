//! The table of the settings: name, explanation, kind, allowed values, and where each is kept.

use super::{
    Clock, Colours, Comings, Desktop, LIST_MOST, Notify, Settings, Sidebar, TEXT_MOST, ThemeChoice, TimeForm,
    Value,
};
use crate::client::nearest::nearest;
use crate::irc::name::{is_channel, is_nick};

/// Why a text is not allowed, as the rest of a sentence that begins with it.
type Check = fn(&str) -> Result<(), &'static str>;

/// What a setting can be, and where it is kept.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// On or off.
    Switch(fn(&mut Settings) -> &mut bool),
    /// One of several words, each with its explanation.
    Choice {
        /// The words.
        words: &'static [(&'static str, &'static str)],
        /// Which it is.
        get: fn(&Settings) -> usize,
        /// To be another one.
        put: fn(&mut Settings, usize),
    },
    /// A number.
    Number {
        /// The least.
        least: u32,
        /// The most.
        most: u32,
        /// Where it is kept.
        field: fn(&mut Settings) -> &mut u32,
    },
    /// A text.
    Text(Check, fn(&mut Settings) -> &mut String),
    /// Several texts.
    List(Check, fn(&mut Settings) -> &mut Vec<String>),
}

/// A setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name in the file and behind `/set`.
    pub name: &'static str,
    /// What it sets, in a sentence without its end.
    pub what: &'static str,
    /// Whether a change takes effect at once; if not, at the next start.
    pub live: bool,
    /// What it can be.
    pub kind: Kind,
}

const fn live(name: &'static str, kind: Kind, what: &'static str) -> Setting {
    Setting { name, what, live: true, kind }
}

const fn later(name: &'static str, kind: Kind, what: &'static str) -> Setting {
    Setting { name, what, live: false, kind }
}

/// A choice whose words are those of an enum.
macro_rules! words {
    ($type:ident, $field:ident) => {
        Kind::Choice {
            words: $type::WORDS,
            get: |settings| settings.$field as usize,
            put: |settings, at| settings.$field = $type::ALL[at],
        }
    };
}

/// All settings, in the order in which `/set` lists them.
pub const TABLE: &[Setting] = &[
    later("nick", Kind::Text(a_nick, |s| &mut s.nick), "the nick to ask for; empty: your login name"),
    later(
        "channels",
        Kind::List(a_channel, |s| &mut s.channels),
        "the channels to join, where [rooms] names no others",
    ),
    live(
        "quit-message",
        Kind::Text(anything, |s| &mut s.quit_message),
        "what others read when you leave without a word",
    ),
    live("theme", words!(ThemeChoice, theme), "for which ground the colours are chosen"),
    live("colours", words!(Colours, colours), "how many colours are used"),
    later(
        "plain",
        Kind::Switch(|s| &mut s.plain),
        "lines of text instead of a full screen, for screen readers",
    ),
    live("time", words!(TimeForm, time), "how a time is written"),
    live("clock", words!(Clock, clock), "by which clock times are shown"),
    live("comings", words!(Comings, comings), "what is shown of those who come and go"),
    live("rooms-list", words!(Sidebar, rooms), "whether the list of rooms stands beside the messages"),
    live("people-list", words!(Sidebar, people), "whether the list of people stands beside the messages"),
    live(
        "two-places",
        Kind::Switch(|s| &mut s.two_places),
        "keep the newest rows in view while you read above",
    ),
    live(
        "mouse",
        Kind::Switch(|s| &mut s.mouse),
        "take the mouse; off leaves it to the terminal's own selection",
    ),
    live("title", Kind::Switch(|s| &mut s.title), "name the room and what is unread in the terminal's title"),
    live("notify", words!(Notify, notify), "what calls you while you look elsewhere"),
    live("bell", Kind::Switch(|s| &mut s.bell), "ring the terminal's bell when you are called"),
    live("desktop", words!(Desktop, desktop), "how the desktop is told when you are called"),
    live("highlight", Kind::List(a_word, |s| &mut s.highlight), "words that call you as your nick does"),
    live("ignore", Kind::List(a_word, |s| &mut s.ignore), "nicks or masks that are ignored on every server"),
    live("typing", Kind::Switch(|s| &mut s.typing), "tell others that you are typing"),
    live(
        "paste-lines",
        Kind::Number { least: 1, most: 100, field: |s| &mut s.paste_lines },
        "up to so many lines are sent without asking",
    ),
];

fn anything(_: &str) -> Result<(), &'static str> {
    Ok(())
}

fn a_nick(text: &str) -> Result<(), &'static str> {
    match is_nick(text) || text.is_empty() {
        true => Ok(()),
        false => Err("is no nick: letters, digits and -_[]{}\\|`^, no digit first, at most 32"),
    }
}

fn a_channel(text: &str) -> Result<(), &'static str> {
    if is_channel(text) { Ok(()) } else { Err("is no channel: it begins with #, and has no blank or comma") }
}

fn a_word(text: &str) -> Result<(), &'static str> {
    let is_word = !text.is_empty() && !text.contains(char::is_whitespace);
    if is_word { Ok(()) } else { Err("is not one word") }
}

/// The setting of this name.
///
/// # Errors
/// A sentence with the nearest name.
pub fn find(name: &str) -> Result<&'static Setting, String> {
    let lower = name.to_lowercase().replace('_', "-");
    TABLE.iter().find(|setting| setting.name == lower).ok_or_else(|| {
        let near = nearest(&lower, TABLE.iter().map(|setting| setting.name));
        let hint = near.map_or_else(|| "/set lists all".to_owned(), |near| format!("{near}?"));
        format!("there is no setting {name}: {hint}")
    })
}

impl Setting {
    /// What it is set to.
    pub fn value(&self, settings: &Settings) -> Value {
        let mut settings = settings.clone();
        match self.kind {
            Kind::Switch(field) => Value::Switch(*field(&mut settings)),
            Kind::Choice { words, get, .. } => Value::Text(words[get(&settings)].0.to_owned()),
            Kind::Number { field, .. } => Value::Number(*field(&mut settings)),
            Kind::Text(_, field) => Value::Text(std::mem::take(field(&mut settings))),
            Kind::List(_, field) => Value::List(std::mem::take(field(&mut settings))),
        }
    }

    /// What it is unless it is set.
    pub fn default(&self) -> Value {
        self.value(&Settings::default())
    }

    /// What it can be, in words.
    pub fn allowed(&self) -> String {
        match self.kind {
            Kind::Switch(_) => "on or off".to_owned(),
            Kind::Choice { words, .. } => {
                let mut words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                let last = words.pop().unwrap_or_default();
                format!("{} or {last}", words.join(", "))
            }
            Kind::Number { least, most, .. } => format!("a number from {least} to {most}"),
            Kind::Text(..) => "a text".to_owned(),
            Kind::List(..) => "words with blanks between them".to_owned(),
        }
    }

    /// Reads what was typed behind `/set name`.
    ///
    /// # Errors
    /// A sentence: it cannot be that.
    pub fn typed(&self, text: &str) -> Result<Value, String> {
        let text = text.trim();
        let bare = if text == "\"\"" { "" } else { text };
        match self.kind {
            Kind::Switch(_) => match text.to_lowercase().as_str() {
                "on" | "true" | "yes" | "1" => Ok(Value::Switch(true)),
                "off" | "false" | "no" | "0" => Ok(Value::Switch(false)),
                _ => Err(self.refusal(text)),
            },
            Kind::Number { .. } => text.parse().map(Value::Number).map_err(|_| self.refusal(text)),
            Kind::Choice { .. } => Ok(Value::Text(text.to_lowercase())),
            Kind::Text(..) => Ok(Value::Text(bare.to_owned())),
            Kind::List(..) => {
                let words = bare.split([' ', ',']).filter(|word| !word.is_empty());
                Ok(Value::List(words.map(str::to_owned).collect()))
            }
        }
    }

    /// Sets it.
    ///
    /// # Errors
    /// A sentence: it cannot be that. Nothing is changed then.
    pub fn set(&self, settings: &mut Settings, value: Value) -> Result<(), String> {
        match (self.kind, value) {
            (Kind::Switch(field), Value::Switch(is_on)) => *field(settings) = is_on,
            (Kind::Choice { words, put, .. }, Value::Text(word)) => {
                match words.iter().position(|(known, _)| *known == word) {
                    Some(at) => put(settings, at),
                    None => return Err(self.refusal(&word)),
                }
            }
            (Kind::Number { least, most, field }, Value::Number(number)) => {
                if !(least..=most).contains(&number) {
                    return Err(self.refusal(&number.to_string()));
                }
                *field(settings) = number;
            }
            (Kind::Text(check, field), Value::Text(text)) => {
                checked(check, &text)?;
                *field(settings) = text;
            }
            (Kind::List(check, field), Value::List(list)) => {
                if list.len() > LIST_MOST {
                    return Err(format!("{} has room for {LIST_MOST} at most", self.name));
                }
                list.iter().try_for_each(|text| checked(check, text))?;
                *field(settings) = list;
            }
            (_, value) => return Err(self.refusal(&value.to_string())),
        }
        Ok(())
    }

    /// Why it cannot be that, with the nearest word if it is one of several.
    fn refusal(&self, text: &str) -> String {
        let near = match self.kind {
            Kind::Choice { words, .. } => nearest(text, words.iter().map(|(word, _)| *word)),
            _ => None,
        };
        let hint = near.map(|near| format!(" ({near}?)")).unwrap_or_default();
        format!("{} is {}, not {text}{hint}", self.name, self.allowed())
    }
}

/// Whether a text is allowed: short, without control characters, and what the check says.
fn checked(check: Check, text: &str) -> Result<(), String> {
    if text.len() > TEXT_MOST || text.chars().any(char::is_control) {
        return Err(format!("a text has at most {TEXT_MOST} bytes, and no control characters"));
    }
    check(text).map_err(|why| format!("{text} {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_explained_and_has_a_default_that_is_allowed() {
        for (n, setting) in TABLE.iter().enumerate() {
            assert!(TABLE[..n].iter().all(|other| other.name != setting.name), "{}", setting.name);
            assert!(setting.what.len() > 10 && !setting.what.ends_with('.'), "{}", setting.name);
            let mut settings = Settings::default();
            setting.set(&mut settings, setting.default()).unwrap();
            assert_eq!(settings, Settings::default(), "{}", setting.name);
            let shown = setting.default().to_string();
            assert_eq!(
                setting.typed(&shown).unwrap(),
                setting.default(),
                "what is shown can be typed: {shown}"
            );
        }
    }

    #[test]
    fn each_setting_changes_something_of_its_own() {
        let mut seen = Vec::new();
        for setting in TABLE {
            let other = match (setting.kind, setting.default()) {
                (_, Value::Switch(is_on)) => Value::Switch(!is_on),
                (_, Value::Number(number)) => Value::Number(number + 1),
                (Kind::Choice { words, .. }, Value::Text(word)) => {
                    let other = words.iter().find(|(known, _)| *known != word).unwrap();
                    Value::Text(other.0.to_owned())
                }
                (_, Value::Text(_)) => Value::Text("other".to_owned()),
                (_, Value::List(_)) => Value::List(vec!["#other".to_owned()]),
            };
            let mut settings = Settings::default();
            setting.set(&mut settings, other.clone()).unwrap();
            assert_eq!(setting.value(&settings), other);
            assert!(settings != Settings::default() && !seen.contains(&settings), "{}", setting.name);
            seen.push(settings);
        }
    }

    #[test]
    fn what_cannot_be_is_told_with_the_nearest_word() {
        let mut settings = Settings::default();
        let mut set = |name: &str, text: &str| {
            let setting = find(name)?;
            setting.set(&mut settings, setting.typed(text)?)
        };
        assert_eq!(set("theme", "drak").unwrap_err(), "theme is auto, dark or light, not drak (dark?)");
        assert_eq!(set("thmee", "dark").unwrap_err(), "there is no setting thmee: theme?");
        assert_eq!(set("frobnicate", "1").unwrap_err(), "there is no setting frobnicate: /set lists all");
        assert_eq!(set("mouse", "maybe").unwrap_err(), "mouse is on or off, not maybe");
        assert_eq!(set("paste-lines", "0").unwrap_err(), "paste-lines is a number from 1 to 100, not 0");
        assert!(set("nick", "two words").unwrap_err().starts_with("two words is no nick"));
        assert!(set("channels", "#a b").unwrap_err().starts_with("b is no channel"));
        assert!(set("quit-message", &"x".repeat(500)).is_err());
        assert_eq!(set("paste_lines", "5"), Ok(()), "an underscore will do for the hyphen");
        assert_eq!(settings, Settings { paste_lines: 5, ..Settings::default() });
    }
}

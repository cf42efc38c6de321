//! What can be set: in the configuration file, and live by `/set`. Each setting is a row of one [table](TABLE), from which
//! the help, the completion, the check of the file and what is written back come.

mod choices;
mod file;
mod sample;
mod table;

use std::fmt;

pub use choices::{Clock, Colours, Comings, Desktop, Notify, Sidebar, ThemeChoice, TimeForm};
pub use file::{COMPLAINTS_MOST, Change, KnownAccount, Loaded, SECTION, changed, line_of, read};
pub use sample::sample;
pub use table::{Kind, Setting, TABLE, find};

/// Most things in a list.
pub const LIST_MOST: usize = 200;
/// Most bytes of a text, and of each thing in a list.
pub const TEXT_MOST: usize = 400;

/// All that is set. What each field means stands in the [table](TABLE).
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is explained in the table, and nowhere twice")]
pub struct Settings {
    pub nick: String,
    pub channels: Vec<String>,
    pub quit_message: String,
    pub theme: ThemeChoice,
    pub colours: Colours,
    pub plain: bool,
    pub time: TimeForm,
    pub clock: Clock,
    pub comings: Comings,
    pub rooms: Sidebar,
    pub people: Sidebar,
    pub two_places: bool,
    pub mouse: bool,
    pub title: bool,
    pub notify: Notify,
    pub bell: bool,
    pub desktop: Desktop,
    pub highlight: Vec<String>,
    pub ignore: Vec<String>,
    pub typing: bool,
    pub paste_lines: u32,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            nick: String::new(),
            channels: vec!["#lobby".to_owned()],
            quit_message: "leaving".to_owned(),
            theme: ThemeChoice::Auto,
            colours: Colours::Auto,
            plain: false,
            time: TimeForm::Minutes,
            clock: Clock::Local,
            comings: Comings::Fold,
            rooms: Sidebar::Auto,
            people: Sidebar::Auto,
            two_places: true,
            mouse: true,
            title: true,
            notify: Notify::Mentions,
            bell: true,
            desktop: Desktop::Auto,
            highlight: Vec::new(),
            ignore: Vec::new(),
            typing: true,
            paste_lines: 3,
        }
    }
}

/// What a setting can be set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// On or off.
    Switch(bool),
    /// A number.
    Number(u32),
    /// A text, or one of several words.
    Text(String),
    /// Several texts.
    List(Vec<String>),
}

/// As it is typed behind `/set name`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Switch(true) => f.write_str("on"),
            Value::Switch(false) => f.write_str("off"),
            Value::Number(number) => write!(f, "{number}"),
            Value::Text(text) if text.is_empty() => f.write_str("\"\""),
            Value::Text(text) => f.write_str(text),
            Value::List(list) if list.is_empty() => f.write_str("\"\""),
            Value::List(list) => f.write_str(&list.join(" ")),
        }
    }
}

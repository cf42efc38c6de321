//! The configuration file as text: read with a sentence for whatever is wrong in it, and changed with all else in it left
//! as it is.

use std::ops::Range;

use toml_edit::{Array, Document, DocumentMut, Item, Key, Table, TableLike, TomlError};

use super::table::find;
use super::{LIST_MOST, Settings, TEXT_MOST, Value};
use crate::client::address::Address;
use crate::client::keys::{Chord, Keymap};
use crate::client::nearest::nearest;
use crate::irc::name::is_channel;

/// The section of the settings.
pub const SECTION: &str = "client";
/// The section of the keys.
const KEYS: &str = "keys";
/// The section of the channels to join on each server.
const ROOMS: &str = "rooms";
/// The section of the accounts to log in to on each server.
const ACCOUNTS: &str = "accounts";
/// All sections that there are; the others are the server's.
const SECTIONS: [&str; 6] = [SECTION, KEYS, ROOMS, ACCOUNTS, "server", "oper"];
/// Most things wrong with a file that are told.
pub const COMPLAINTS_MOST: usize = 12;

/// What a file says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loaded {
    /// The settings; those that are wrong or not there are the default.
    pub settings: Settings,
    /// The keys.
    pub keys: Keymap,
    /// The channels to join on a server.
    pub rooms: Vec<(Address, Vec<String>)>,
    /// As whom one comes to a server.
    pub accounts: Vec<(Address, KnownAccount)>,
    /// What is wrong with it: a sentence for each, with its line.
    pub complaints: Vec<String>,
}

/// As whom one comes to a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownAccount {
    /// The account's name; empty: none, the user name alone is wanted.
    pub name: String,
    /// The file whose first line is its password. The password itself has no place here.
    pub password_file: Option<String>,
    /// The user name.
    pub user: Option<String>,
    /// Whether one goes on without the account if the login fails.
    pub optional: bool,
}

impl Loaded {
    /// As whom one comes to this server.
    pub fn account_of(&self, server: Option<&Address>) -> Option<&KnownAccount> {
        own(&self.accounts, server?)
    }

    /// The channels to join on this server: those of its own entry, else those of the setting.
    pub fn channels_of(&self, server: Option<&Address>) -> &[String] {
        server.and_then(|server| own(&self.rooms, server)).unwrap_or(&self.settings.channels)
    }
}

/// What a server has of its own.
fn own<'a, T>(all: &'a [(Address, T)], server: &Address) -> Option<&'a T> {
    let is_it = |at: &Address| at.host.eq_ignore_ascii_case(&server.host) && at.port == server.port;
    all.iter().find(|(at, _)| is_it(at)).map(|(_, own)| own)
}

/// A change of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A setting has this value from now on; none: its default.
    Setting(&'static str, Option<Value>),
    /// A key does what has this name; none: what it does by default.
    Key(Chord, Option<String>),
}

/// The line of a byte, counted from 1.
pub fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}

/// Reads a file. Whatever is wrong in it is told, and all else counts.
pub fn read(text: &str) -> Loaded {
    let mut reading = Reading { text, loaded: Loaded::default() };
    match Document::parse(text) {
        Ok(document) => reading.sections(document.as_table()),
        Err(error) => {
            let words = not_toml(text, &error);
            reading.loaded.complaints.push(format!("{words}; nothing of it counts"));
        }
    }
    reading.loaded
}

/// Where a text stops being TOML, and why.
fn not_toml(text: &str, error: &TomlError) -> String {
    let line = line_of(text, error.span().map_or(0, |span| span.start));
    let why = error.message().lines().collect::<Vec<_>>().join(", ");
    format!("line {line}: {why}")
}

struct Reading<'a> {
    text: &'a str,
    loaded: Loaded,
}

impl Reading<'_> {
    fn complain(&mut self, at: Option<Range<usize>>, words: &str) {
        if self.loaded.complaints.len() < COMPLAINTS_MOST {
            let line = at.map(|span| format!("line {}: ", line_of(self.text, span.start)));
            self.loaded.complaints.push(format!("{}{words}", line.unwrap_or_default()));
        }
    }

    fn sections(&mut self, document: &dyn TableLike) {
        for (key, item) in entries(document) {
            let (name, at) = (key.get(), key.span().or_else(|| item.span()));
            let section = item.as_table_like();
            match (name, section) {
                (SECTION, Some(section)) => self.settings(section),
                (KEYS, Some(section)) => self.keys(section),
                (ROOMS, Some(section)) => self.rooms(section),
                (ACCOUNTS, Some(section)) => self.accounts(section),
                ("server" | "oper", _) => {}
                (SECTION | KEYS | ROOMS | ACCOUNTS, None) => {
                    self.complain(at, &format!("{name} is a section: write [{name}]"));
                }
                // What stands before all sections was probably meant as a setting.
                _ if find(name).is_ok() && section.is_none() => {
                    self.complain(at, &format!("{name} belongs under [{SECTION}]"));
                }
                _ => {
                    let near = nearest(name, SECTIONS.into_iter());
                    let hint = near.map(|near| format!(": [{near}]?")).unwrap_or_default();
                    self.complain(at, &format!("there is no section [{name}]{hint}"));
                }
            }
        }
    }

    fn settings(&mut self, section: &dyn TableLike) {
        for (key, item) in entries(section) {
            let result = find(key.get()).and_then(|setting| {
                let value = value_of(item)
                    .ok_or_else(|| format!("{} is {}, not that", setting.name, setting.allowed()))?;
                setting.set(&mut self.loaded.settings, value)
            });
            if let Err(why) = result {
                self.complain(key.span().or_else(|| item.span()), &why);
            }
        }
    }

    fn keys(&mut self, section: &dyn TableLike) {
        for (key, item) in entries(section) {
            let at = key.span().or_else(|| item.span());
            let Some(name) = item.as_str() else {
                self.complain(at, &format!("{} needs the name of an action in quotes", key.get()));
                continue;
            };
            match self.loaded.keys.map(key.get(), name) {
                Ok(None) => {}
                Ok(Some(before)) => {
                    self.complain(
                        at,
                        &format!("{} stands there twice: {name} counts, {before} does not", key.get()),
                    );
                }
                Err(why) => self.complain(at, &why),
            }
        }
    }

    fn rooms(&mut self, section: &dyn TableLike) {
        for (key, item) in entries(section) {
            let at = key.span().or_else(|| item.span());
            let channels = match value_of(item) {
                Some(Value::List(channels)) if channels.iter().all(|name| is_channel(name)) => Ok(channels),
                _ => Err(format!("{} needs channels: [\"#one\", \"#two\"]", key.get())),
            };
            match (Address::parse(key.get()), channels) {
                (Ok(server), Ok(channels)) if self.loaded.rooms.len() < LIST_MOST => {
                    self.loaded.rooms.push((server, channels));
                }
                (Ok(_), Ok(_)) => {
                    self.complain(at, &format!("more than {LIST_MOST} servers have no room here"));
                }
                (Err(why), _) => self.complain(at, &format!("{} is no server: {why}", key.get())),
                (_, Err(why)) => self.complain(at, &why),
            }
        }
    }

    fn accounts(&mut self, section: &dyn TableLike) {
        for (key, item) in entries(section) {
            let at = key.span().or_else(|| item.span());
            let account = item
                .as_table_like()
                .ok_or_else(|| format!("{} needs {{ name = \"…\", password-file = \"…\" }}", key.get()));
            match (Address::parse(key.get()), account.and_then(account_in)) {
                (Ok(server), Ok(account)) if self.loaded.accounts.len() < LIST_MOST => {
                    self.loaded.accounts.push((server, account));
                }
                (Ok(_), Ok(_)) => {
                    self.complain(at, &format!("more than {LIST_MOST} servers have no room here"));
                }
                (Err(why), _) => self.complain(at, &format!("{} is no server: {why}", key.get())),
                (_, Err(why)) => self.complain(at, &why),
            }
        }
    }
}

/// What can be said of an account.
const ACCOUNT_KEYS: [&str; 4] = ["name", "password-file", "user", "optional"];

/// An account as it is written. If anything in it is wrong, nothing of it counts: who one is, is not guessed.
fn account_in(table: &dyn TableLike) -> Result<KnownAccount, String> {
    let mut account = KnownAccount::default();
    for (key, item) in entries(table) {
        let word = |text: &str| -> Result<String, String> {
            let is_word =
                !text.is_empty() && text.len() <= TEXT_MOST && text.bytes().all(|b| b.is_ascii_graphic());
            if is_word { Ok(text.to_owned()) } else { Err(format!("{} is one word", key.get())) }
        };
        match (key.get(), value_of(item)) {
            ("name", Some(Value::Text(name))) => account.name = word(&name)?,
            ("user", Some(Value::Text(user))) => account.user = Some(word(&user)?),
            ("password-file", Some(Value::Text(file))) => account.password_file = Some(file),
            ("optional", Some(Value::Switch(is_on))) => account.optional = is_on,
            ("password", _) => {
                return Err(
                    "a password has no place here: write it into a file, and name that as password-file"
                        .to_owned(),
                );
            }
            (name, _) if ACCOUNT_KEYS.contains(&name) => {
                return Err(format!(
                    "{name} is {}",
                    if name == "optional" { "true or false" } else { "a text" }
                ));
            }
            (name, _) => {
                let near = nearest(name, ACCOUNT_KEYS.into_iter());
                let hint = near.map(|near| format!(": {near}?")).unwrap_or_default();
                return Err(format!("an account has no {name}{hint}"));
            }
        }
    }
    if account.name.is_empty() && account.user.is_none() {
        return Err("an account needs a name".to_owned());
    }
    Ok(account)
}

fn entries(table: &dyn TableLike) -> impl Iterator<Item = (&Key, &Item)> {
    table.iter().filter_map(|(name, _)| table.get_key_value(name))
}

fn value_of(item: &Item) -> Option<Value> {
    match item.as_value()? {
        toml_edit::Value::Boolean(is_on) => Some(Value::Switch(*is_on.value())),
        toml_edit::Value::Integer(number) => u32::try_from(*number.value()).ok().map(Value::Number),
        toml_edit::Value::String(text) => Some(Value::Text(text.value().clone())),
        toml_edit::Value::Array(list) => {
            let texts = list.iter().map(|text| text.as_str().map(str::to_owned));
            texts.collect::<Option<Vec<String>>>().map(Value::List)
        }
        _ => None,
    }
}

pub(super) fn written(value: &Value) -> toml_edit::Value {
    match value {
        Value::Switch(is_on) => (*is_on).into(),
        Value::Number(number) => i64::from(*number).into(),
        Value::Text(text) => text.as_str().into(),
        Value::List(list) => list.iter().map(String::as_str).collect::<Array>().into(),
    }
}

/// The text of a file after a change: all else in it, comments, order and blanks, is as it was.
///
/// # Errors
/// A sentence: the file is not TOML, or the section is something else there.
pub fn changed(text: &str, change: &Change) -> Result<String, String> {
    let mut document: DocumentMut =
        text.parse().map_err(|error: TomlError| format!("{}; mend that first", not_toml(text, &error)))?;
    let (section, name, value) = match change {
        Change::Setting(name, value) => (SECTION, (*name).to_owned(), value.as_ref().map(written)),
        Change::Key(chord, name) => (KEYS, chord.written(), name.as_deref().map(toml_edit::Value::from)),
    };
    if value.is_none() && !document.contains_key(section) {
        return Ok(text.to_owned());
    }
    if !document.contains_key(section) {
        // What stands at the end of the file stays above what comes behind it.
        let end = document.trailing().as_str().unwrap_or_default().to_owned();
        let mut table = Table::new();
        table.decor_mut().set_prefix(if text.is_empty() { end } else { format!("{end}\n") });
        document.set_trailing("");
        document.insert(section, Item::Table(table));
    }
    let Some(table) = document.get_mut(section).and_then(Item::as_table_like_mut) else {
        return Err(format!("{section} is no section there; mend that first"));
    };
    // It may be written there in another way.
    let is_it = |known: &str| match change {
        Change::Setting(name, _) => known.to_lowercase().replace('_', "-") == *name,
        Change::Key(chord, _) => Chord::parse(known).is_ok_and(|known| known == *chord),
    };
    let known: Vec<String> =
        table.iter().map(|(known, _)| known.to_owned()).filter(|known| is_it(known)).collect();
    match value {
        Some(mut value) => {
            let name = known.last().cloned().unwrap_or(name);
            match table.get_mut(&name).and_then(Item::as_value_mut) {
                Some(before) => {
                    // What stands behind it, a comment, stays.
                    value.decor_mut().clone_from(before.decor());
                    *before = value;
                }
                None => drop(table.insert(&name, Item::Value(value))),
            }
        }
        None => {
            let left: String = known.iter().map(|name| take_out(table, name)).collect();
            if !left.is_empty() {
                let after = document.trailing().as_str().unwrap_or_default().to_owned();
                document.set_trailing(format!("{after}{left}"));
            }
        }
    }
    Ok(document.to_string())
}

/// Takes an entry out. Comments above it go to the one below it; if there is none, they are given back.
fn take_out(table: &mut dyn TableLike, name: &str) -> String {
    let names: Vec<String> = table.iter().map(|(name, _)| name.to_owned()).collect();
    let next = names.iter().position(|known| known == name).and_then(|at| names.get(at + 1));
    let prefix = |table: &dyn TableLike, name: &str| {
        let key = table.key(name)?;
        Some(key.leaf_decor().prefix()?.as_str().unwrap_or_default().to_owned())
    };
    let comments = prefix(table, name).filter(|text| text.contains('#')).unwrap_or_default();
    if let Some(next) = next.filter(|_| !comments.is_empty()) {
        let own = prefix(table, next).unwrap_or_default();
        if let Some(mut key) = table.key_mut(next) {
            key.leaf_decor_mut().set_prefix(format!("{comments}{own}"));
        }
        table.remove(name);
        return String::new();
    }
    table.remove(name);
    comments
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::keys::{Action, Does};
    use crate::client::settings::{Comings, ThemeChoice};

    #[test]
    fn a_file_is_read_and_what_is_wrong_in_it_is_told_with_its_line() {
        let loaded = read(
            "# mine\nmouse = false\n[client]\nnick = \"alice\"\nthmee = \"dark\"\ntheme = \"lihgt\"\n\
             paste-lines = \"many\"\ncomings = \"hide\"\nbell = 7\n[keys]\n\"alt-x\" = \"next-room\"\n\
             \"Alt-X\" = \"undo\"\n\"q\" = \"undo\"\nhome = 3\n[clinet]\n[server]\nlisten = []\n\
             [rooms]\n\"chat.example\" = [\"#a\", \"#b\"]\n\"other.example\" = \"#a\"\n",
        );
        assert_eq!(loaded.settings.nick, "alice");
        assert_eq!(loaded.settings.comings, Comings::Hide);
        assert_eq!(
            loaded.complaints,
            [
                "line 2: mouse belongs under [client]",
                "line 5: there is no setting thmee: theme?",
                "line 6: theme is auto, dark or light, not lihgt (light?)",
                "line 7: paste-lines is a number from 1 to 100, not many",
                "line 9: bell is on or off, not 7",
                "line 12: Alt-X stands there twice: undo counts, next-room does not",
                "line 13: q is a character that is typed: it needs ctrl- or alt-",
                "line 14: home needs the name of an action in quotes",
                "line 15: there is no section [clinet]: [client]?",
                "line 20: other.example needs channels: [\"#one\", \"#two\"]",
            ]
        );
        let server = Address::parse("chat.example").unwrap();
        assert_eq!(loaded.channels_of(Some(&server)), ["#a", "#b"]);
        assert_eq!(loaded.channels_of(None), ["#lobby"]);
    }

    #[test]
    fn accounts_belong_to_servers_and_a_password_has_no_place_here() {
        let loaded = read(
            "[accounts]\n\"irc.example:+6697\" = { name = \"ivy\", password-file = \"~/ivy\", optional = true }\n\
             \"b.example\" = { user = \"ivy/tea@desk\" }\n\"c.example\" = { name = \"x\", password = \"y\" }\n\
             \"d.example\" = { nam = \"x\" }\n\"e.example\" = \"x\"\n\"f.example\" = {}\n\
             \"g.example\" = { name = \"a b\" }\n[accounts.\"h.example\"]\nname = \"h\"\noptional = 1\n",
        );
        let of = |server: &str| loaded.account_of(Some(&Address::parse(server).unwrap()));
        let ivy = of("irc.example:6697").unwrap();
        assert_eq!((&*ivy.name, ivy.password_file.as_deref(), ivy.optional), ("ivy", Some("~/ivy"), true));
        assert_eq!(of("b.example").unwrap().user.as_deref(), Some("ivy/tea@desk"));
        assert_eq!((of("irc.example"), of("c.example"), loaded.account_of(None)), (None, None, None));
        assert_eq!(
            loaded.complaints,
            [
                "line 4: a password has no place here: write it into a file, and name that as password-file",
                "line 5: an account has no nam: name?",
                "line 6: e.example needs { name = \"…\", password-file = \"…\" }",
                "line 7: an account needs a name",
                "line 8: name is one word",
                "line 9: optional is true or false",
            ]
        );
    }

    #[test]
    fn what_is_not_toml_counts_for_nothing_and_the_line_is_told() {
        let loaded = read("[client]\nmouse = false\ntheme = dark\n");
        assert_eq!(loaded.settings, Settings::default());
        assert!(loaded.complaints[0].starts_with("line 3: "), "{:?}", loaded.complaints);
        assert_eq!(read(""), Loaded::default());
    }

    #[test]
    fn no_text_makes_the_reading_fail() {
        for text in
            ["\u{feff}[client]", "client = 1", "[client.theme]\nx=1", "[[keys]]", "a.b.c = 1", "=", "\0"]
        {
            assert!(read(text).complaints.len() <= COMPLAINTS_MOST, "{text:?}");
        }
        let many: String = (0..500).map(|n| format!("x{n} = 1\n")).collect();
        assert_eq!(read(&many).complaints.len(), COMPLAINTS_MOST);
    }

    const FILE: &str = "# My chat.\n\n[keys]   # mine\n\"Alt-X\"  =  \"undo\" # often\n\n[client]\n# Dark is calm.\n\
                        theme = \"dark\"   # really\n  mouse=true\n";

    #[test]
    fn a_change_leaves_all_else_as_it_was() {
        let set = |name, value| changed(FILE, &Change::Setting(name, value)).unwrap();
        let light = set("theme", Some(Value::Text("light".to_owned())));
        assert_eq!(light, FILE.replace("\"dark\" ", "\"light\" "));
        let list = set("highlight", Some(Value::List(vec!["tea".to_owned(), "rust".to_owned()])));
        assert_eq!(list, format!("{FILE}highlight = [\"tea\", \"rust\"]\n"));
        assert_eq!(set("bell", None), FILE);
        let chord = Chord::parse("alt-x").unwrap();
        let mapped = changed(FILE, &Change::Key(chord, Some("next-room".to_owned()))).unwrap();
        assert_eq!(mapped, FILE.replace("\"undo\"", "\"next-room\""));
        assert_eq!(read(&mapped).keys.does(chord), Some(Does::Act(Action::NextWindow)));
    }

    #[test]
    fn a_setting_that_is_taken_out_leaves_its_comment() {
        let without = changed(FILE, &Change::Setting("theme", None)).unwrap();
        assert_eq!(read(&without).settings.theme, ThemeChoice::Auto);
        assert!(without.contains("# Dark is calm.") && without.contains("  mouse=true"), "{without}");
        let without = changed("[client]\n# why\nbell = false\n", &Change::Setting("bell", None)).unwrap();
        assert!(without.contains("# why") && !without.contains("bell"), "{without}");
    }

    #[test]
    fn a_new_file_gets_its_section_and_a_broken_one_is_not_touched() {
        let first = changed("", &Change::Setting("mouse", Some(Value::Switch(false)))).unwrap();
        assert_eq!(first, "[client]\nmouse = false\n");
        let broken = changed("[client\n", &Change::Setting("mouse", None)).unwrap_err();
        assert!(broken.starts_with("line 1: ") && broken.ends_with("mend that first"), "{broken}");
        assert!(changed("client = 1\n", &Change::Setting("mouse", Some(Value::Switch(false)))).is_err());
    }

    #[test]
    fn every_setting_comes_back_from_the_file_as_it_was_written() {
        for setting in super::super::TABLE {
            let text = changed("", &Change::Setting(setting.name, Some(setting.default()))).unwrap();
            assert_eq!(read(&text), Loaded::default(), "{text}");
        }
    }
}

//! `/set`, `/unset` and `/keys`: what is set takes effect at once, and leaves as an effect for the file.

use super::super::editor::Candidate;
use super::super::entry::Kind as Entry;
use super::super::keys::{self, Chord, NOTHING, name_of};
use super::super::settings::{
    self, Change, Clock, Comings, Desktop, Kind, Notify, Setting, Settings, Sidebar, Value,
};
use super::super::window::With;
use super::{App, Effect, Keep, Status};
use crate::irc::name::names;
use crate::irc::text::plain;
use chrono::FixedOffset;

/// How many classes of width there are, and where each but the first begins: the lists are turned in each by itself.
pub const WIDTHS: [u16; 4] = [50, 76, 100, 140];

/// Which lists the user has turned around, in each class of width.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Turned {
    rooms: [bool; WIDTHS.len() + 1],
    people: [bool; WIDTHS.len() + 1],
}

/// The class of a width.
fn class(width: u16) -> usize {
    WIDTHS.iter().filter(|from| width >= **from).count()
}

/// What the view reads of what is set.
impl App {
    /// All that is set.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether the lists of rooms and of people stand beside the messages where there is room for them.
    pub fn lists_stand(&self) -> (bool, bool) {
        (self.settings.rooms == Sidebar::Auto, self.settings.people == Sidebar::Auto)
    }

    /// Whether the user has turned the list of rooms around in a window as wide as this: shown where it would be folded
    /// (as an overlay), folded where it would stand.
    pub fn rooms_turned(&self) -> bool {
        self.turned.rooms[class(self.size.0)]
    }

    /// The same for the list of people.
    pub fn people_turned(&self) -> bool {
        self.turned.people[class(self.size.0)]
    }

    /// What is shown of those who come and go: what is set, unless a key has changed it for now.
    pub fn comings(&self) -> Comings {
        self.comings
    }
}

impl App {
    pub(super) fn turn_rooms(&mut self) {
        let turned = &mut self.turned.rooms[class(self.size.0)];
        *turned = !*turned;
    }

    pub(super) fn turn_people(&mut self) {
        let turned = &mut self.turned.people[class(self.size.0)];
        *turned = !*turned;
    }

    /// Shows each of those who come and go, or no longer.
    pub(super) fn turn_comings(&mut self) {
        self.comings = match (self.comings, self.settings.comings) {
            (Comings::Show, Comings::Show) => Comings::Fold,
            (Comings::Show, set) => set,
            _ => Comings::Show,
        };
        let text = match self.comings {
            Comings::Show => "everybody who comes and goes",
            Comings::Fold => "comings and goings folded",
            Comings::Hide => "comings and goings hidden",
        };
        self.say(Status::Info(text.to_owned()));
    }

    /// Whether a text names the reader, by the nick or by a word that is set.
    pub(super) fn names_reader(&self, text: &str) -> bool {
        let mut words =
            std::iter::once(self.session.nick()).chain(self.settings.highlight.iter().map(String::as_str));
        words.any(|word| names(text, word))
    }

    /// Whether a message calls the reader who looks elsewhere.
    pub(super) fn calls(&self, with: With, mention: bool) -> bool {
        match self.settings.notify {
            Notify::Off => false,
            Notify::Mentions => mention || with == With::Person,
            Notify::All => true,
        }
    }

    /// Whether the desktop is told.
    pub(super) fn tells_desktop(&self) -> bool {
        self.tells_focus && self.settings.desktop != Desktop::Off
    }

    /// Whom the session is not to hear: those of this server, and those of all.
    pub(super) fn take_ignored(&mut self) {
        let own = self.settings.ignore.iter().map(|mask| super::super::memory::whole_mask(mask));
        let masks: Vec<String> = self.remembering.memory.ignored.iter().cloned().chain(own).collect();
        self.session.set_ignored(&masks);
    }

    /// What was wrong with the file, once there is a place to say it.
    pub(super) fn tell_complaints(&mut self) {
        for words in std::mem::take(&mut self.options.complaints) {
            self.tell_here(Entry::Error, &plain(&words));
        }
    }

    /// `/set`: lists all; `/set name`: explains; `/set name value`: sets.
    pub(super) fn set(&mut self, what: Option<(&str, Option<&str>)>, effects: &mut Vec<Effect>) {
        let Some((name, typed)) = what else { return self.list_settings() };
        let result = settings::find(name).and_then(|setting| match typed {
            None => {
                self.explain(setting);
                Ok(())
            }
            Some(text) => self.change(setting, Some(setting.typed(text)?), effects),
        });
        if let Err(why) = result {
            self.say(Status::Error(plain(&why)));
        }
    }

    /// Explains the setting of this name. Whether there is one.
    pub(super) fn explain_setting(&mut self, name: &str) -> bool {
        let setting = settings::find(name);
        if let Ok(setting) = setting {
            self.explain(setting);
        }
        setting.is_ok()
    }

    /// `/unset name`: as it was before it was set.
    pub(super) fn unset(&mut self, name: &str, effects: &mut Vec<Effect>) {
        let result = match (settings::find(name), Chord::parse(name)) {
            (Ok(setting), _) => self.change(setting, None, effects),
            // A key, too, may have been set.
            (Err(_), Ok(chord)) => {
                self.keys.unmap(chord);
                effects.push(Effect::Keep(Keep::Change(Change::Key(chord, None))));
                self.tell_key(chord);
                Ok(())
            }
            (Err(why), Err(_)) => Err(why),
        };
        if let Err(why) = result {
            self.say(Status::Error(plain(&why)));
        }
    }

    fn list_settings(&mut self) {
        for setting in settings::TABLE {
            let (value, default) = (setting.value(&self.settings), setting.default());
            let note = if value == default { String::new() } else { format!(" (default {default})") };
            self.tell_here(Entry::Server, &format!("{} = {value}{note} · {}", setting.name, setting.what));
        }
        self.tell_here(
            Entry::Server,
            "/set NAME explains one, /set NAME VALUE sets it, /unset NAME takes it back",
        );
    }

    fn explain(&mut self, setting: &Setting) {
        let (value, default) = (setting.value(&self.settings), setting.default());
        let when = if setting.live { "" } else { "; a change counts from the next start on" };
        let head = format!("{} = {value} · {}{when}", setting.name, setting.what);
        self.tell_here(Entry::Server, &head);
        let allowed = match setting.kind {
            Kind::Choice { words, .. } => {
                let words: Vec<String> = words.iter().map(|(word, what)| format!("{word}: {what}")).collect();
                words.join("; ")
            }
            _ => setting.allowed(),
        };
        self.tell_here(Entry::Server, &format!("it can be {allowed} (default {default})"));
    }

    fn change(
        &mut self,
        setting: &'static Setting,
        value: Option<Value>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), String> {
        let before = self.settings.clone();
        setting.set(&mut self.settings, value.clone().unwrap_or_else(|| setting.default()))?;
        self.take_settings(&before, effects);
        effects.push(Effect::Keep(Keep::Change(Change::Setting(setting.name, value))));
        let when = if setting.live { "now" } else { "from the next start on" };
        let shown = setting.value(&self.settings);
        self.say(Status::Info(plain(&format!("{} is {shown} {when}", setting.name))));
        Ok(())
    }

    /// The local clock is another: all times on the screen are.
    pub(super) fn on_offset(&mut self, local: FixedOffset, effects: &mut Vec<Effect>) {
        (self.local_offset, self.offset) = (local, offset(local, self.settings.clock));
        effects.push(Effect::Look);
    }

    /// What is set takes effect.
    fn take_settings(&mut self, before: &Settings, effects: &mut Vec<Effect>) {
        let now = self.settings.clone();
        self.offset = offset(self.local_offset, now.clock);
        if before.mouse != now.mouse {
            self.mouse = now.mouse;
            effects.push(Effect::Mouse(now.mouse));
        }
        if before.comings != now.comings {
            self.comings = now.comings;
        }
        if before.ignore != now.ignore {
            self.take_ignored();
        }
        if (before.theme, before.colours) != (now.theme, now.colours) {
            effects.push(Effect::Look);
        }
        if (before.rooms, before.people) != (now.rooms, now.people) {
            // Whoever says what stands does not mean the contrary of it.
            self.turned = Turned::default();
        }
    }

    /// A setting or a key could not be written.
    pub(super) fn on_not_set(&mut self, reason: &str) {
        self.say(Status::Error(format!("it counts now, and is not kept: {}", plain(reason))));
    }

    /// `/keys`: lists all; with an action its keys, with a key what it does; with both the key is mapped.
    pub(super) fn map_keys(&mut self, what: Option<(&str, Option<&str>)>, effects: &mut Vec<Effect>) {
        match what {
            None => self.list_keys(),
            Some((name, None)) => match (keys::find(name), Chord::parse(name)) {
                (Some(spec), _) => self.tell_action(spec),
                (None, Ok(chord)) => self.tell_key(chord),
                (None, Err(_)) => {
                    let why = keys::action_of(name).err().unwrap_or_default();
                    self.say(Status::Error(plain(&why)));
                }
            },
            Some((key, Some(name))) => match self.keys.map(key, name) {
                Ok(_) => {
                    if let Ok(chord) = Chord::parse(key) {
                        effects.push(Effect::Keep(Keep::Change(Change::Key(chord, Some(name.to_owned())))));
                        self.tell_key(chord);
                    }
                }
                Err(why) => self.say(Status::Error(plain(&why))),
            },
        }
    }

    fn list_keys(&mut self) {
        keys::TABLE.iter().for_each(|spec| self.tell_action(spec));
        let words = "/keys KEY ACTION maps a key (ctrl-t, alt-x, f5), with none it does nothing, /unset KEY takes it back";
        self.tell_here(Entry::Server, words);
    }

    fn tell_action(&mut self, spec: &keys::Spec) {
        let keys = self.keys.shown(spec.does);
        let keys = if keys.is_empty() { "no key" } else { &keys };
        self.tell_here(Entry::Server, &format!("{} = {keys} · {}", spec.name, spec.what));
    }

    fn tell_key(&mut self, chord: Chord) {
        let name = self.keys.does(chord).map_or(NOTHING, name_of);
        let what = keys::find(name).map_or("does nothing", |spec| spec.what);
        self.say(Status::Info(format!("{chord} = {name} · {what}")));
    }

    /// What can follow `/set`, `/unset`, `/keys` and `/help`, with its explanation: the word behind so many others.
    pub(super) fn arguments(&self, before: &str) -> Vec<Candidate> {
        let words: Vec<&str> = before.split_whitespace().collect();
        let candidate =
            |text: &str, note: &str| Candidate { sign: None, text: text.to_owned(), note: note.to_owned() };
        match words[..] {
            ["/set" | "/unset"] => settings::TABLE.iter().map(|it| candidate(it.name, it.what)).collect(),
            ["/set", name] => settings::find(name).map(|setting| self.values_of(setting)).unwrap_or_default(),
            ["/keys"] | ["/keys", _] => {
                let actions = keys::TABLE.iter().map(|spec| candidate(spec.name, spec.what));
                actions.chain([candidate(NOTHING, "the key does nothing")]).collect()
            }
            ["/help"] => {
                super::super::command::TABLE.iter().map(|spec| candidate(spec.name, spec.what)).collect()
            }
            _ => Vec::new(),
        }
    }

    fn values_of(&self, setting: &Setting) -> Vec<Candidate> {
        let (value, default) = (setting.value(&self.settings).to_string(), setting.default().to_string());
        let mut values: Vec<Candidate> = match setting.kind {
            Kind::Choice { words, .. } => words
                .iter()
                .map(|(word, what)| Candidate {
                    sign: None,
                    text: (*word).to_owned(),
                    note: (*what).to_owned(),
                })
                .collect(),
            Kind::Switch(_) => ["on", "off"]
                .map(|word| Candidate { sign: None, text: word.to_owned(), note: String::new() })
                .into(),
            _ => vec![Candidate { sign: None, text: value.clone(), note: String::new() }],
        };
        if !values.iter().any(|known| known.text == default) {
            values.push(Candidate { sign: None, text: default.clone(), note: String::new() });
        }
        for known in &mut values {
            for (text, note) in [(&value, "as it is"), (&default, "the default")] {
                if known.text == *text {
                    let gap = if known.note.is_empty() { "" } else { ", " };
                    known.note = format!("{}{gap}{note}", known.note);
                }
            }
        }
        values
    }
}

/// How far the clock that is shown is from UTC.
pub(super) fn offset(local: FixedOffset, clock: Clock) -> FixedOffset {
    match clock {
        Clock::Local => local,
        Clock::Utc => FixedOffset::east_opt(0).unwrap_or(local),
    }
}

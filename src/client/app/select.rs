//! A message chosen by the keys: answered, reacted to, copied; its link opened; what it answers looked up.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::super::emoji;
use super::super::entry::{Entry, EntryId, State};
use super::super::keys::{Action, MESSAGE_SHEET, SEARCH_SHEET};
use super::super::web;
use super::super::window::{Scroll, With};
use super::jump::Place;
use super::{App, Effect, Overlay, Status};
use crate::irc::name::same;
use crate::irc::text::plain;

/// What one reacts with, by the digit that stands for it.
pub const REACTIONS: [&str; 6] = ["👍", "❤️", "😂", "🎉", "😮", "😢"];

/// Cells of a name that every window but the narrowest shows whole.
const NAME_WHOLE: usize = 8;
/// Longest name of an emoji that is looked for.
const QUERY_MOST: usize = 40;

/// A message that is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selection {
    entry: EntryId,
    /// While a reaction is being chosen: some letters of its name.
    reacting: Option<String>,
}

impl Selection {
    /// What the digits stand for: the usual ones, or what is called as the letters say, with its name.
    fn reactions(&self) -> Vec<(&'static str, &'static str)> {
        let query = self.reacting.as_deref().unwrap_or_default();
        if query.is_empty() {
            return REACTIONS.iter().map(|sign| (*sign, "")).collect();
        }
        let mut found: Vec<(&str, &str)> = Vec::new();
        let begins = |name: &&str| name.starts_with(query);
        let has = |name: &&str| name.contains(query);
        let fits: [&dyn Fn(&&str) -> bool; 2] = [&begins, &has];
        for fits in fits {
            for named in emoji::all().filter(|named| fits(&named.short)) {
                if found.len() < REACTIONS.len() && found.iter().all(|(sign, _)| *sign != named.sign) {
                    found.push((named.sign, named.short));
                }
            }
        }
        found
    }
}

/// The next message answers this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answering {
    /// The conversation.
    place: String,
    msgid: Box<str>,
    who: String,
}

impl App {
    /// The message of the window that is shown that is chosen.
    pub fn selected(&self) -> Option<EntryId> {
        self.selection.as_ref().map(|selection| selection.entry)
    }

    /// What the keys do to the message that is chosen, or whom the next message answers.
    pub(super) fn selection_status(&self) -> Option<Status> {
        if let Some(selection) = &self.selection {
            let keys = match &selection.reacting {
                Some(query) => reaction_keys(query, &selection.reactions()),
                None if self.is_failed(selection.entry) => "r retry  e edit  d drop  y copy  Esc".to_owned(),
                None => "r reply  + react  y copy  o open  Enter what it answers  Esc".to_owned(),
            };
            let who = self.window().entry(selection.entry).map(|entry| plain(&entry.who)).unwrap_or_default();
            // A name that its column may cut stands here whole.
            let is_long = who.chars().count() > NAME_WHOLE && selection.reacting.is_none();
            return Some(Status::Question(if is_long { format!("{who}   {keys}") } else { keys }));
        }
        let answering = self.answering.as_ref().filter(|answering| self.window().is(&answering.place))?;
        Some(Status::Info(format!("answering {} · Esc", plain(&answering.who))))
    }

    /// The keys that a sheet of this context shows instead of the general ones, if a message is chosen or hits are read.
    pub fn sheet(&self) -> Option<&'static [(&'static str, &'static str)]> {
        let of_search = self.search().map(|_| SEARCH_SHEET);
        of_search.or_else(|| self.selection.as_ref().map(|_| MESSAGE_SHEET))
    }

    /// Chooses the newest message on the screen.
    pub(super) fn select(&mut self) {
        let bottom = self.drawn.bottom.map(|(entry, _)| entry);
        let window = self.window();
        let from = bottom.and_then(|id| window.index_of(id)).map_or(window.entries().len(), |at| at + 1);
        match (0..from).rev().find(|at| is_message(&window.entries()[*at])) {
            Some(at) => self.choose(at),
            None => self.say(Status::Info("no message to choose".to_owned())),
        }
    }

    /// Chooses this message, if it is one.
    pub(super) fn choose_entry(&mut self, entry: EntryId) {
        let window = self.window();
        if let Some(at) = window.index_of(entry).filter(|at| is_message(&window.entries()[*at])) {
            self.choose(at);
        }
    }

    fn choose(&mut self, at: usize) {
        let drawn = self.drawn;
        let window = &mut self.windows[self.current];
        let entry = window.entries()[at].id;
        // What is chosen is on the screen.
        let place = |id: Option<EntryId>| id.and_then(|id| window.index_of(id));
        let hidden = drawn.bottom.map_or(0, |(_, hidden)| hidden);
        if place(drawn.top).is_some_and(|top| at <= top) {
            (window.scroll, window.moved) = (Scroll::Top(entry), 0);
        } else if let Some(bottom) = place(drawn.bottom.map(|(id, _)| id))
            && (at > bottom || at == bottom && hidden > 0)
        {
            (window.scroll, window.moved) = (Scroll::At(entry, 0), 0);
        }
        self.selection = Some(Selection { entry, reacting: None });
    }

    /// A key while a message is chosen: whether it belongs to that. Any other leaves the message and does what it does.
    pub(super) fn on_select_key(
        &mut self,
        key: &KeyEvent,
        action: Option<Action>,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let Some(selection) = self.selection.take() else { return false };
        let Some(at) = self.window().index_of(selection.entry) else { return false };
        let is_plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        let character = match key.code {
            KeyCode::Char(c) if is_plain => Some(c),
            _ => None,
        };
        if selection.reacting.is_some() {
            self.on_reaction_key(selection, key.code, character, effects);
            return true;
        }
        let entry = &self.window().entries()[at];
        if matches!(entry.state, State::Failed(_)) && self.on_failed_key(at, character, effects) {
            return true;
        }
        let entry = &self.window().entries()[at];
        match (action, key.code, character) {
            (Some(Action::Escape), ..) => {}
            (Some(Action::Help), ..) | (_, _, Some('?')) => {
                self.overlay = Some(Overlay::Help { from: 0 });
                self.selection = Some(selection);
            }
            (Some(Action::Select), ..) | (None, KeyCode::Up, _) | (_, _, Some('k')) => {
                self.step_selection(at, true);
            }
            (None, KeyCode::Down, _) | (_, _, Some('j')) => self.step_selection(at, false),
            (_, _, Some('/')) => self.open_search(),
            (_, _, Some('r')) => self.answer_to(at),
            (_, _, Some('+')) => {
                self.selection = Some(Selection { reacting: Some(String::new()), ..selection });
            }
            (_, _, Some('y')) => {
                effects.push(Effect::Copy(entry.text.to_string()));
                self.say(Status::Info("copied".to_owned()));
            }
            (_, _, Some('o')) => match web::first(&plain(&entry.text)) {
                Some(target) => effects.push(Effect::Open(target.uri)),
                None => self.say(Status::Info("there is no link in it".to_owned())),
            },
            (Some(Action::Send), ..) => match entry.extra.as_ref().filter(|extra| !extra.reply.is_empty()) {
                Some(extra) => {
                    let to = Place { msgid: extra.reply.clone(), at: entry.at, in_context: false };
                    self.jump(to, effects);
                }
                None => self.say(Status::Info("it answers no other message".to_owned())),
            },
            (None, _, Some(_)) => self.selection = Some(selection),
            _ => return false,
        }
        true
    }

    /// A key while a reaction is being chosen: a digit takes one of those that are shown, letters look for others.
    fn on_reaction_key(
        &mut self,
        mut selection: Selection,
        code: KeyCode,
        character: Option<char>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(at) = self.window().index_of(selection.entry) else { return };
        let Some(mut query) = selection.reacting.take() else { return };
        let digit = character.and_then(|c| c.to_digit(10)).and_then(|digit| digit.checked_sub(1));
        let first = (code == KeyCode::Enter && !query.is_empty()).then_some(0);
        match (first.or(digit), character, code) {
            (Some(number), ..) => {
                selection.reacting = Some(query);
                if let Some((with, _)) = selection.reactions().get(number as usize) {
                    return self.react(at, with, effects);
                }
                self.selection = Some(selection);
                return;
            }
            // An emoji of the keyboard's own.
            (None, Some(c), _) if emoji::is_emoji(c) => {
                return self.react(at, c.encode_utf8(&mut [0; 4]), effects);
            }
            (None, Some(c), _) if c.is_ascii_alphanumeric() || "_-+".contains(c) => {
                if query.len() < QUERY_MOST {
                    query.push(c.to_ascii_lowercase());
                }
            }
            (None, Some(':'), _) => {}
            (None, _, KeyCode::Backspace) if query.pop().is_some() => {}
            _ => return,
        }
        self.selection = Some(Selection { reacting: Some(query), ..selection });
    }

    fn is_failed(&self, entry: EntryId) -> bool {
        self.window().entry(entry).is_some_and(|entry| matches!(entry.state, State::Failed(_)))
    }

    /// A key while a line of one's own is chosen that was not sent: whether it is one of those that mend that.
    fn on_failed_key(&mut self, at: usize, character: Option<char>, effects: &mut Vec<Effect>) -> bool {
        let entry = self.window().entries()[at].id;
        match character {
            Some('r') => self.retry_entry(entry, effects),
            Some('e') => {
                if let Some(entry) = self.windows[self.current].remove(entry) {
                    // Undo brings back what was there before.
                    self.editor.clear();
                    self.editor.paste(&entry.text);
                }
                self.windows[self.current].go_live();
            }
            Some('d') => drop(self.windows[self.current].remove(entry)),
            // There is nobody who could be answered.
            Some('+') => self.say(Status::Info("it was not sent: nobody else sees it".to_owned())),
            _ => return false,
        }
        true
    }

    fn step_selection(&mut self, at: usize, up: bool) {
        let entries = self.window().entries();
        let next = if up {
            (0..at).rev().find(|at| is_message(&entries[*at])).or(Some(at))
        } else {
            (at + 1..entries.len()).find(|at| is_message(&entries[*at]))
        };
        // Below the newest there is the input.
        match next {
            Some(next) => self.choose(next),
            None => self.windows[self.current].go_live(),
        }
    }

    fn answer_to(&mut self, at: usize) {
        let entry = &self.window().entries()[at];
        if entry.msgid.is_empty() || !self.session.carries_replies() {
            self.say(Status::Error("this server does not carry answers: name them".to_owned()));
            return;
        }
        let (msgid, who) = (entry.msgid.clone(), entry.who.to_string());
        self.said = None;
        self.answering = Some(Answering { place: self.window().name.clone(), msgid, who });
        self.windows[self.current].go_live();
    }

    /// The id of the message that the next one to this target answers; asked once.
    pub(super) fn take_answered(&mut self, target: &str) -> Option<Box<str>> {
        let here = self.answering.as_ref().is_some_and(|answering| same(&answering.place, target));
        if here { self.answering.take().map(|answering| answering.msgid) } else { None }
    }

    fn react(&mut self, at: usize, with: &str, effects: &mut Vec<Effect>) {
        let window = self.window();
        let entry = &window.entries()[at];
        let line = self.session.reaction(&window.name, &entry.msgid, with);
        match line.filter(|_| !entry.msgid.is_empty() && window.with != With::Server && self.online()) {
            Some(line) => {
                effects.push(Effect::Send(line));
                // Where nothing is echoed one's own is not heard; heard twice it counts once.
                let (msgid, nick) = (entry.msgid.clone(), self.nick().to_owned());
                self.windows[self.current].react(&msgid, &nick, with);
            }
            None => self.say(Status::Error("this server does not carry reactions".to_owned())),
        }
    }

    /// Another window is shown, or this one has changed: what was chosen is not there any more.
    pub(super) fn forget_selection(&mut self) {
        self.selection = None;
    }
}

fn is_message(entry: &Entry) -> bool {
    entry.is_speech() && entry.state != State::Pending
}

/// What the keys do while a reaction is being chosen.
fn reaction_keys(query: &str, reactions: &[(&str, &str)]) -> String {
    let signs = reactions.iter().enumerate().map(|(n, (sign, name))| {
        let blank = if name.is_empty() { "" } else { " " };
        format!("{} {sign}{blank}{name}", n + 1)
    });
    let signs = signs.collect::<Vec<_>>().join("  ");
    match (query, reactions) {
        ("", _) => format!("{signs}  or some letters of a name  Esc"),
        (query, []) => format!("{query}: no emoji is called that  Esc"),
        (query, _) => format!("{query}: {signs}  Esc"),
    }
}

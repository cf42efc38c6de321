//! The screen as lines of text, for screen readers and poor terminals: what is new is written below what is there, once, and
//! never changed; under it stands the line that is being typed, with the cursor in it. No colours, no boxes, nothing that
//! moves; of the terminal it needs to go back in a row and to erase its rest.

use std::collections::{HashSet, VecDeque};

use ratatui::buffer::CellWidth;
use unicode_segmentation::UnicodeSegmentation;

use super::messages::sentence;
use super::{clock, status};
use crate::client::app::{App, Field, Overlay, Screen, Status};
use crate::client::editor::Editor;
use crate::client::entry::{Entry, EntryId, GapState, Kind, State};
use crate::client::keys::SHEET;
use crate::client::settings::Comings;
use crate::client::theme::{Depth, Ground, Theme};
use crate::client::window::{Drawn, Past, Window, With};
use crate::irc::text::plain;

/// How many messages a room is begun with, and how many a page back has.
const PAGE: usize = 10;
/// Most rooms of which it is known what was written; the one that was shown longest ago is forgotten first.
const ROOMS_MOST: usize = 50;
/// Most matches of a completion that are written.
const MATCHES_MOST: usize = 12;

/// The lines: what was written already.
#[derive(Debug)]
pub struct Lines {
    theme: Theme,
    rooms: VecDeque<Room>,
    /// The room that was shown last, by name.
    shown: Option<String>,
    day: String,
    status: String,
    place: String,
    /// How many mentions were told, for each window by name.
    told: Vec<(String, usize, usize)>,
    input: Input,
}

/// What was written of a room.
#[derive(Debug, Default)]
struct Room {
    name: String,
    written: HashSet<EntryId>,
    /// Those of which it was told that they failed.
    failed: HashSet<EntryId>,
    /// The reader has asked for older ones that are not there yet.
    wants_older: bool,
}

/// The line that is being typed, as it stands on the terminal.
#[derive(Debug, Default)]
struct Input {
    text: String,
    /// Where the cursor stands, in bytes.
    cursor: usize,
}

impl Default for Lines {
    fn default() -> Lines {
        Lines {
            theme: Theme::new(Depth::Mono, Ground::Unknown),
            rooms: VecDeque::new(),
            shown: None,
            day: String::new(),
            status: String::new(),
            place: String::new(),
            told: Vec::new(),
            input: Input::default(),
        }
    }
}

impl Lines {
    /// What is to be written now on a terminal of so many columns, and what of the current window has been.
    pub fn update(&mut self, app: &App, columns: u16) -> (String, Drawn) {
        let mut lines = Vec::new();
        let mut drawn = Drawn { rows: u16::try_from(PAGE).unwrap_or(u16::MAX), ..Drawn::default() };
        match app.screen() {
            Screen::Form(form) => {
                let words = form.error.clone().unwrap_or_else(|| {
                    "Where to? The server, Tab, your nick, Enter. Control C leaves.".to_owned()
                });
                self.say(words, &mut lines);
            }
            Screen::Connecting(connecting) => {
                let words = match connecting.tries.last() {
                    _ if connecting.greeting => "connected, waiting for the welcome".to_owned(),
                    Some(tried) => match &tried.failed {
                        Some(reason) => format!("{}: {reason}", tried.address),
                        None => format!("trying {}", tried.address),
                    },
                    None => format!("connecting to {}", connecting.address),
                };
                self.say(words, &mut lines);
            }
            Screen::Rooms => {
                self.room(app, &mut drawn, &mut lines);
                self.elsewhere(app, &mut lines);
                self.status(app, &mut lines);
                self.place(app, &mut lines);
            }
        }
        (self.input.write(lines, typed(app), columns), drawn)
    }

    /// Erases the line that is being typed, whatever stands there: it is written anew.
    pub fn anew(&mut self) -> String {
        self.input = Input::default();
        "\r\u{1b}[K".to_owned()
    }

    fn say(&mut self, words: String, lines: &mut Vec<String>) {
        if words != self.status {
            lines.push(plain(&words));
            self.status = words;
        }
    }

    fn status(&mut self, app: &App, lines: &mut Vec<String>) {
        let words = match app.status() {
            Status::Quiet | Status::Typing(_) => String::new(),
            // The seconds to the next try are not counted down.
            Status::Offline { for_good: true, .. } => "offline: Enter connects".to_owned(),
            Status::Offline { .. } => "offline, trying again; what you write waits".to_owned(),
            _ => status::momentary(app, &self.theme).map(|row| row.text().to_owned()).unwrap_or_default(),
        };
        if words.is_empty() {
            self.status.clear();
        } else {
            self.say(words, lines);
        }
    }

    /// What is told of what lies over the messages elsewhere: the keys, the matches, what is chosen.
    fn place(&mut self, app: &App, lines: &mut Vec<String>) {
        let mut words = Vec::new();
        let is_help = matches!(app.overlay(), Some(Overlay::Help { .. }));
        if let Some(sheet) = app.sheet().filter(|_| is_help) {
            words.extend(sheet.iter().map(|(key, what)| format!("{key}: {what}")));
        } else if is_help {
            for row in SHEET {
                let keys = app.keys().shown_row(row);
                if !keys.is_empty() {
                    words.push(format!("{keys}: {}", row.what));
                }
            }
        } else if let Some(completion) = app.editor().completion() {
            let matches =
                completion.matches.iter().take(MATCHES_MOST).map(|entry| match entry.note.as_str() {
                    "" => entry.text.clone(),
                    note => format!("{} ({note})", entry.text),
                });
            words.push(format!(
                "{} matches: {}",
                completion.matches.len(),
                matches.collect::<Vec<_>>().join(", ")
            ));
        } else if let Some(entry) = app.selected().and_then(|id| app.window().entry(id)) {
            words.extend(self.entry(app, app.window(), entry).map(|text| format!("chosen: {text}")));
        }
        let words = words.join("\n");
        if words != self.place {
            lines.extend(words.lines().map(plain));
            self.place = words;
        }
    }

    /// What is new in other rooms: once when something is, and each time when it names the reader.
    fn elsewhere(&mut self, app: &App, lines: &mut Vec<String>) {
        let mut told = Vec::new();
        for (number, window) in app.windows().iter().enumerate() {
            let before = self.told.iter().find(|(name, ..)| *name == window.name);
            let (mentions, unread) = before.map_or((0, 0), |(_, mentions, unread)| (*mentions, *unread));
            let now = if number == app.current() { (0, 0) } else { (window.mentions, window.urgent()) };
            if now.0 > mentions && window.with == With::Person {
                lines.push(plain(&format!("{number} {} writes to you", window.name)));
            } else if now.0 > mentions {
                lines.push(plain(&format!("{number} {}: you are named", window.name)));
            } else if now.1 > 0 && unread == 0 {
                lines.push(plain(&format!("{number} {}: new messages", window.name)));
            }
            told.push((window.name.clone(), now.0, now.1));
        }
        self.told = told;
    }

    fn room(&mut self, app: &App, drawn: &mut Drawn, lines: &mut Vec<String>) {
        let window = app.window();
        let mut room = self.take_room(&window.name);
        if self.shown.as_deref() != Some(&window.name) {
            lines.push(plain(&heading(app, window)));
            self.shown = Some(window.name.clone());
        }
        let entries = window.entries();
        // What has slid out of the window is not coming back under its old number.
        if room.written.len() > 2 * entries.len() + PAGE {
            let there: HashSet<EntryId> = entries.iter().map(|entry| entry.id).collect();
            room.written.retain(|id| there.contains(id));
        }
        let known = entries.iter().position(|entry| room.written.contains(&entry.id));
        let first = known.unwrap_or_else(|| entries.len().saturating_sub(PAGE));
        if (window.moved > 0 || room.wants_older) && first > 0 {
            let from = first.saturating_sub(PAGE);
            lines.push("before that:".to_owned());
            for entry in entries.range(from..first) {
                self.write(app, window, entry, &mut room, lines);
            }
            lines.push("so far what was before".to_owned());
            self.day.clear();
            room.wants_older = false;
        } else if window.moved > 0 {
            room.wants_older = window.past == Past::More;
            match window.past {
                Past::More | Past::Loading => lines.push("older messages are being loaded".to_owned()),
                Past::Complete => lines.push("there is nothing older".to_owned()),
                Past::Nowhere => lines.push("older messages are not on this server".to_owned()),
            }
            if let Some(oldest) = entries.front() {
                (drawn.at_top, drawn.bottom) = (room.wants_older, Some((oldest.id, 0)));
            }
        }
        for entry in entries.range(first..) {
            if !room.written.contains(&entry.id) {
                self.write(app, window, entry, &mut room, lines);
            }
            if let State::Failed(reason) = &entry.state
                && room.failed.insert(entry.id)
            {
                lines.push(plain(&format!("not sent: {reason}: {}", entry.text)));
            }
        }
        room.failed.retain(|id| room.written.contains(id));
        self.rooms.push_back(room);
    }

    fn take_room(&mut self, name: &str) -> Room {
        if let Some(at) = self.rooms.iter().position(|room| room.name == name) {
            return self.rooms.remove(at).unwrap_or_default();
        }
        if self.rooms.len() >= ROOMS_MOST {
            self.rooms.pop_front();
        }
        Room { name: name.to_owned(), ..Room::default() }
    }

    fn write(&mut self, app: &App, window: &Window, entry: &Entry, room: &mut Room, lines: &mut Vec<String>) {
        if matches!(entry.kind, Kind::Gap(gap) if gap.state == GapState::Loading) {
            // It comes to be something else, and is written then.
            return;
        }
        room.written.insert(entry.id);
        let Some(text) = self.entry(app, window, entry) else { return };
        let day = clock::day_name(clock::day(entry.at, app.offset()));
        if day != self.day && entry.is_speech() {
            lines.push(day.clone());
            self.day = day;
        }
        lines.push(text);
    }

    /// An entry as a line; nothing if it is not shown.
    fn entry(&self, app: &App, window: &Window, entry: &Entry) -> Option<String> {
        let time = clock::time(entry.at, app);
        let time = time.trim_start();
        let text = entry.text.lines().map(plain).collect::<Vec<_>>().join(" / ");
        let who = plain(&entry.who);
        let answers = entry.extra.as_ref().filter(|extra| !extra.reply.is_empty());
        let answered = answers.and_then(|extra| window.entries().iter().find(|it| *it.msgid == *extra.reply));
        let to = answered.map(|entry| format!(" to {}", plain(&entry.who))).unwrap_or_default();
        Some(match entry.kind {
            Kind::Message => format!("{time} {who}{to}: {text}"),
            Kind::Action => format!("{time} {who} {text}"),
            Kind::Notice if !who.is_empty() => format!("{time} notice of {who}: {text}"),
            Kind::Error => format!("{time} error: {text}"),
            Kind::Ignored => return None,
            Kind::Join | Kind::Part | Kind::Quit | Kind::Nick if app.comings() == Comings::Hide => {
                return None;
            }
            Kind::Gap(gap) => match gap.missing {
                Some(count) => format!("{count} messages between are not shown"),
                None => "messages between are not shown".to_owned(),
            },
            Kind::Beginning => text,
            _ => format!("{time} {}", plain(&sentence(entry))),
        })
    }
}

/// What is said when a room is entered.
fn heading(app: &App, window: &Window) -> String {
    let name = match window.with {
        With::Server => app.server_name(),
        With::Channel | With::Person => window.name.clone(),
    };
    let Some(channel) = app.channel(window) else { return format!("now in {name}") };
    let topic = &channel.topic.text;
    let topic = if topic.is_empty() { String::new() } else { format!(": {topic}") };
    format!("now in {name}, {} here{topic}", channel.len())
}

/// The prompt, what is typed behind it, and the byte of the whole at which the cursor stands.
fn typed(app: &App) -> (String, String, usize) {
    let (prompt, editor): (String, &Editor) = match (app.screen(), app.overlay()) {
        (Screen::Form(form), _) => match form.field {
            Field::Host => ("server> ".to_owned(), &form.host),
            Field::Nick => ("nick> ".to_owned(), &form.nick),
        },
        (Screen::Connecting(_), _) => return (String::new(), String::new(), 0),
        (Screen::Rooms, Some(Overlay::Switcher(switcher))) => {
            let found = app.switcher_found(switcher);
            let chosen = found.get(switcher.chosen(found.len()));
            let name = chosen.map_or_else(|| "nothing".to_owned(), |found| app.found_name(found));
            (format!("go to {name}> "), &switcher.query)
        }
        (Screen::Rooms, _) => match app.editor().search() {
            Some(search) => (format!("history {}> ", plain(&search.query)), app.editor()),
            None => (format!("{}> ", plain(&app.window().name)), app.editor()),
        },
    };
    // Each cluster through the gate: a line end is told by a sign of its own.
    let shown = |text: &str| plain(&text.replace('\n', " / ").replace('\t', " "));
    let before = shown(&editor.text()[..editor.cursor()]);
    let after = shown(&editor.text()[editor.cursor()..]);
    let cursor = prompt.len() + before.len();
    (prompt, before + &after, cursor)
}

impl Input {
    /// The bytes that add lines above the input, and make the input what it is now. It never fills its row, so that
    /// nothing wraps: of a long text the part around the cursor is there.
    fn write(&mut self, lines: Vec<String>, typed: (String, String, usize), columns: u16) -> String {
        let (prompt, text, cursor) = typed;
        let (whole, cursor) =
            fitted(&(prompt + &text), cursor, usize::from(columns.saturating_sub(1)).max(1));
        let mut out = String::new();
        if !lines.is_empty() {
            out.push_str("\r\u{1b}[K");
            for line in lines {
                out.push_str(&line);
                out.push_str("\r\n");
            }
            *self = Input::default();
        }
        if (whole.as_str(), cursor) == (self.text.as_str(), self.cursor) {
            return out;
        }
        // What both begin with stays as it is: whoever types hears the letter and not the line.
        let same = common(&self.text, &whole);
        if same < self.text.len() || whole.len() > same {
            out.push_str(&steps(&self.text, self.cursor, same));
            if same < self.text.len() {
                out.push_str("\u{1b}[K");
            }
            out.push_str(&whole[same..]);
            out.push_str(&steps(&whole, whole.len(), cursor));
        } else {
            out.push_str(&steps(&whole, self.cursor, cursor));
        }
        (self.text, self.cursor) = (whole, cursor);
        out
    }
}

/// How many bytes two texts begin with alike, up to the border of a cluster of both.
fn common(one: &str, other: &str) -> usize {
    one.graphemes(true)
        .zip(other.graphemes(true))
        .take_while(|(one, other)| one == other)
        .map(|(one, _)| one.len())
        .sum()
}

/// What moves the cursor within a row from a byte of its text to another: back by backspaces, on by writing it again.
fn steps(text: &str, from: usize, to: usize) -> String {
    if to >= from {
        return text.get(from..to).unwrap_or_default().to_owned();
    }
    "\u{8}".repeat(usize::from(text.get(to..from).unwrap_or_default().cell_width()))
}

/// As much of a text as has room, around the cursor; and where the cursor is in it.
fn fitted(text: &str, cursor: usize, room: usize) -> (String, usize) {
    let width = |text: &str| usize::from(text.cell_width());
    let (mut from, mut used) = (cursor, 0);
    for cluster in text[..cursor].graphemes(true).rev() {
        used += width(cluster);
        if used >= room {
            break;
        }
        from -= cluster.len();
    }
    let (mut shown, mut used) = (String::new(), 0);
    for cluster in text[from..].graphemes(true) {
        used += width(cluster);
        if used > room {
            break;
        }
        shown.push_str(cluster);
    }
    let cursor = (cursor - from).min(shown.len());
    (shown, cursor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str, cursor: usize) -> (String, String, usize) {
        ("> ".to_owned(), text.to_owned(), cursor + 2)
    }

    #[test]
    fn a_typed_letter_is_all_that_is_written() {
        let mut input = Input::default();
        assert_eq!(input.write(Vec::new(), typed("a", 1), 80), "> a");
        assert_eq!(input.write(Vec::new(), typed("ab", 2), 80), "b");
        assert_eq!(input.write(Vec::new(), typed("ab", 2), 80), "", "nothing new, nothing written");
        assert_eq!(input.write(Vec::new(), typed("a", 1), 80), "\u{8}\u{1b}[K");
        assert_eq!(input.write(Vec::new(), typed("日a", 4), 80), "\u{8}\u{1b}[K日a");
        assert_eq!(
            input.write(Vec::new(), typed("日a", 0), 80),
            "\u{8}\u{8}\u{8}",
            "a wide one is two steps"
        );
        assert_eq!(input.write(Vec::new(), typed("x日a", 1), 80), "\u{1b}[Kx日a\u{8}\u{8}\u{8}");
    }

    #[test]
    fn lines_are_written_above_the_input_and_it_stands_again() {
        let mut input = Input::default();
        input.write(Vec::new(), typed("ab", 1), 80);
        let written = input.write(vec!["12:00 bob: hi".to_owned()], typed("ab", 1), 80);
        assert_eq!(written, "\r\u{1b}[K12:00 bob: hi\r\n> ab\u{8}");
    }

    #[test]
    fn a_long_input_never_reaches_the_edge() {
        let long = "word ".repeat(100);
        for columns in [1, 2, 5, 20, 80] {
            for cursor in [0, 3, 250, long.len()] {
                let (shown, at) = fitted(&long, cursor, columns);
                assert!(shown.len() <= columns && at <= shown.len(), "{columns} {cursor}: {shown:?} {at}");
            }
        }
        assert_eq!(fitted("日本語", 9, 5), ("本語".to_owned(), 6));
    }
}

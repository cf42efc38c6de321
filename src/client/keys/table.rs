//! All that keys can do, in one table: its name, its explanation and its keys unless others are mapped. What the keys do,
//! the sheet of F1, `/keys`, the completion and the check of the configuration all come from here.

use super::{Action, Edit};

/// Something that a key can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// Something of the program.
    Act(Action),
    /// Something of the line that is being typed.
    Edit(Edit),
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// Its name in the configuration.
    pub name: &'static str,
    /// What it does, in a sentence without its end.
    pub what: &'static str,
    /// What it does.
    pub does: Does,
    /// Its keys, if none are mapped otherwise.
    pub keys: &'static [&'static str],
}

const fn act(name: &'static str, action: Action, keys: &'static [&'static str], what: &'static str) -> Spec {
    Spec { name, what, does: Does::Act(action), keys }
}

const fn edit(name: &'static str, edit: Edit, keys: &'static [&'static str], what: &'static str) -> Spec {
    Spec { name, what, does: Does::Edit(edit), keys }
}

/// The table.
pub const TABLE: &[Spec] = &[
    act("send", Action::Send, &["enter"], "send what is typed; on an empty line while offline: connect now"),
    act(
        "new-line",
        Action::NewLine,
        &["alt-enter", "shift-enter", "ctrl-j"],
        "begin a new line in the input",
    ),
    act("complete", Action::Complete, &["tab"], "complete the word, or go on to the next match"),
    act("complete-back", Action::CompleteBack, &["shift-tab"], "go back to the match before"),
    act("clear-or-leave", Action::ClearOrLeave, &["ctrl-c"], "clear the input; on an empty one ask to leave"),
    act(
        "delete-or-leave",
        Action::DeleteOrLeave,
        &["ctrl-d"],
        "delete the next character; on an empty input ask to leave",
    ),
    act("escape", Action::Escape, &["esc"], "leave what lies over the messages, then go to the live end"),
    act("suspend", Action::Suspend, &["ctrl-z"], "stop chatui and give the terminal back for now"),
    act("repaint", Action::Repaint, &["ctrl-l"], "paint everything anew"),
    act("page-up", Action::PageUp, &["pgup"], "scroll a page up"),
    act("page-down", Action::PageDown, &["pgdn"], "scroll a page down"),
    act("row-up", Action::RowUp, &["shift-up"], "scroll a row up"),
    act("row-down", Action::RowDown, &["shift-down"], "scroll a row down"),
    act("oldest", Action::Oldest, &["alt-home"], "go to the oldest message"),
    act("newest", Action::Newest, &["alt-end"], "go to the live end"),
    act(
        "home",
        Action::HomeOrOldest,
        &["home"],
        "go to the start of the line; on an empty input to the oldest message",
    ),
    act("end", Action::EndOrNewest, &["end"], "go to the end of the line; on an empty input to the live end"),
    act("first-unread", Action::FirstUnread, &["alt-u"], "go to the first unread message"),
    act("goto", Action::Goto, &["alt-g"], "go to a day or a time"),
    act(
        "back",
        Action::BackOrWord,
        &["alt-left"],
        "back to where you were before a jump; while you type, a word to the left",
    ),
    act(
        "forward",
        Action::ForwardOrWord,
        &["alt-right"],
        "forward again to where you came back from; while you type, a word to the right",
    ),
    act("search", Action::Search, &["ctrl-s"], "look for what was said, in all of its history"),
    act("older-mention", Action::OlderMention, &["alt-p"], "go to the message before this that names you"),
    act("newer-mention", Action::NewerMention, &["alt-n"], "go to the next message that names you"),
    act(
        "choose-message",
        Action::Select,
        &["alt-up", "alt-shift-up"],
        "choose a message to answer, react to, copy or open",
    ),
    act("open-link", Action::Hint, &["alt-o"], "open one of the links on the screen, by a letter"),
    act("comings", Action::Unfold, &["alt-="], "show each of those who come and go, or fold them"),
    act("next-room", Action::NextWindow, &["ctrl-n"], "go to the next room"),
    act("previous-room", Action::PreviousWindow, &["ctrl-p"], "go to the room before"),
    act("last-room", Action::LastWindow, &["alt-/"], "go back to the room that was shown before"),
    act(
        "next-active",
        Action::NextActive,
        &["alt-a"],
        "go to the next room with something new, mentions first",
    ),
    act("switch-room", Action::Switch, &["alt-k"], "go to a room or somebody by some letters of the name"),
    act("room-0", Action::Window(0), &["alt-0"], "go to what the server says"),
    act("room-1", Action::Window(1), &["alt-1"], "go to room 1"),
    act("room-2", Action::Window(2), &["alt-2"], "go to room 2"),
    act("room-3", Action::Window(3), &["alt-3"], "go to room 3"),
    act("room-4", Action::Window(4), &["alt-4"], "go to room 4"),
    act("room-5", Action::Window(5), &["alt-5"], "go to room 5"),
    act("room-6", Action::Window(6), &["alt-6"], "go to room 6"),
    act("room-7", Action::Window(7), &["alt-7"], "go to room 7"),
    act("room-8", Action::Window(8), &["alt-8"], "go to room 8"),
    act("room-9", Action::Window(9), &["alt-9"], "go to room 9"),
    act("help", Action::Help, &["f1"], "show the keys"),
    act("rooms", Action::Rooms, &["f7", "alt-shift-b"], "show or fold the list of rooms"),
    act("people", Action::People, &["f8", "alt-shift-n"], "show or fold the list of people"),
    act(
        "mouse",
        Action::Mouse,
        &["f9", "alt-m"],
        "take the mouse, or leave it to the terminal's own selection",
    ),
    act("search-history", Action::SearchHistory, &["ctrl-r"], "search what you sent before"),
    act("own-editor", Action::Edit, &["ctrl-x"], "write the draft in your own editor"),
    edit("left", Edit::Left, &["left", "ctrl-b"], "a character to the left"),
    edit("right", Edit::Right, &["right", "ctrl-f"], "a character to the right"),
    edit("word-left", Edit::WordLeft, &["ctrl-left", "alt-b", "shift-left"], "a word to the left"),
    edit("word-right", Edit::WordRight, &["ctrl-right", "alt-f", "shift-right"], "a word to the right"),
    edit("up", Edit::Up, &["up", "ctrl-up"], "a line up; from the first line to what you sent before"),
    edit(
        "down",
        Edit::Down,
        &["down", "ctrl-down", "alt-down"],
        "a line down; from the last line to what you sent after",
    ),
    edit("line-start", Edit::LineStart, &["ctrl-a", "ctrl-home"], "to the start of the line"),
    edit("line-end", Edit::LineEnd, &["ctrl-e", "ctrl-end"], "to the end of the line"),
    edit(
        "delete-back",
        Edit::DeleteBack,
        &["backspace", "ctrl-h", "shift-backspace"],
        "delete the character before",
    ),
    edit("delete", Edit::Delete, &["delete"], "delete the character behind"),
    edit("cut-back", Edit::CutBack, &["ctrl-w"], "cut back to the blank before"),
    edit("cut-word-back", Edit::CutWordBack, &["alt-backspace", "ctrl-backspace"], "cut the word before"),
    edit("cut-word", Edit::CutWord, &["alt-d"], "cut the word behind"),
    edit("cut-to-start", Edit::CutToStart, &["ctrl-u"], "cut to the start of the line"),
    edit("cut-to-end", Edit::CutToEnd, &["ctrl-k"], "cut to the end of the line"),
    edit("yank", Edit::Yank, &["ctrl-y"], "put back what was cut last"),
    edit("yank-older", Edit::YankOlder, &["alt-y"], "instead of it what was cut before"),
    edit("transpose", Edit::Transpose, &["ctrl-t"], "exchange two characters"),
    edit("undo", Edit::Undo, &["ctrl-_"], "take the last change back"),
    edit("redo", Edit::Redo, &["alt-_"], "do it again"),
];

/// The row of this name.
pub fn find(name: &str) -> Option<&'static Spec> {
    TABLE.iter().find(|spec| spec.name == name)
}

/// A group of the key sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Writing.
    Write,
    /// Reading.
    Read,
    /// Rooms and the program.
    Go,
}

/// A row of the key sheet: some actions that are told in one breath.
#[derive(Clone, Copy, Debug)]
pub struct SheetRow {
    /// Where on the sheet.
    pub group: Group,
    /// What they do: at most 19 cells, so that the sheet has two columns in 80.
    pub what: &'static str,
    /// Which, by name.
    pub names: &'static [&'static str],
}

const fn row(group: Group, what: &'static str, names: &'static [&'static str]) -> SheetRow {
    SheetRow { group, what, names }
}

/// The sheet of keys, in its order.
pub const SHEET: &[SheetRow] = &[
    row(Group::Write, "send", &["send"]),
    row(Group::Write, "new line", &["new-line"]),
    row(Group::Write, "complete the word", &["complete"]),
    row(Group::Write, "sent before, search", &["up", "down", "search-history"]),
    row(Group::Write, "in my own editor", &["own-editor"]),
    row(Group::Write, "start, end of line", &["line-start", "line-end"]),
    row(Group::Write, "by word", &["word-left", "word-right"]),
    row(Group::Write, "cut a word", &["cut-back", "cut-word"]),
    row(Group::Write, "cut to start, end", &["cut-to-start", "cut-to-end"]),
    row(Group::Write, "put back, an older", &["yank", "yank-older"]),
    row(Group::Write, "undo, redo", &["undo", "redo"]),
    row(Group::Read, "by page", &["page-up", "page-down"]),
    row(Group::Read, "by row (or wheel)", &["row-up", "row-down"]),
    row(Group::Read, "oldest, newest", &["oldest", "newest"]),
    row(Group::Read, "same, input empty", &["home", "end"]),
    row(Group::Read, "unread, go to time", &["first-unread", "goto"]),
    row(Group::Read, "who named me, next", &["older-mention", "newer-mention"]),
    row(Group::Read, "search", &["search"]),
    row(Group::Read, "back, forward", &["back", "forward"]),
    row(Group::Read, "message, open link", &["choose-message", "open-link"]),
    row(Group::Read, "who comes and goes", &["comings"]),
    row(Group::Read, "back to live end", &["escape"]),
    row(Group::Go, "next, previous", &["next-room", "previous-room"]),
    row(
        Group::Go,
        "room by number",
        &["room-1", "room-2", "room-3", "room-4", "room-5", "room-6", "room-7", "room-8", "room-9"],
    ),
    row(Group::Go, "next with news", &["next-active"]),
    row(Group::Go, "go to by name", &["switch-room"]),
    row(Group::Go, "last room", &["last-room"]),
    row(Group::Go, "rooms, people", &["rooms", "people"]),
    row(Group::Go, "mouse on, off", &["mouse"]),
    row(Group::Go, "paint anew", &["repaint"]),
    row(Group::Go, "suspend", &["suspend"]),
    row(Group::Go, "twice: leave", &["clear-or-leave"]),
    row(Group::Go, "these keys", &["help"]),
];

/// What keys do while a message is chosen, and what while results of a search are read: they are not mapped.
pub const MESSAGE_SHEET: &[(&str, &str)] = &[
    ("j k ↑ ↓", "next, one before"),
    ("r", "answer it"),
    ("+", "react: digit, name"),
    ("y", "copy its text"),
    ("o", "open its link"),
    ("Enter", "what it answers"),
    ("/", "search"),
    ("r e d", "if it failed:"),
    ("", "retry, edit, drop"),
    ("Esc", "leave the message"),
];

/// The same while results of a search are read.
pub const SEARCH_SHEET: &[(&str, &str)] = &[
    ("n ↑ k", "older one"),
    ("N ↓ j", "newer one"),
    ("Enter", "read on there"),
    ("/ Ctrl-S", "other words"),
    ("Esc", "back to where I was"),
    ("from:bob", "who said it"),
    ("in:#room", "where"),
    ("since:monday", "not before then"),
    ("before:10:30", "and not after"),
    ("has:link", "with a link"),
];

#[cfg(test)]
mod tests {
    use super::super::Chord;
    use super::*;

    #[test]
    fn no_key_and_no_name_stands_twice_in_the_table() {
        let mut chords = Vec::new();
        for (n, spec) in TABLE.iter().enumerate() {
            assert!(
                TABLE[..n].iter().all(|other| other.name != spec.name && other.does != spec.does),
                "{}",
                spec.name
            );
            for key in spec.keys {
                let chord = Chord::parse(key).unwrap();
                assert_eq!(chord.written(), *key, "each key is written in its own way");
                assert!(!chords.contains(&chord), "{key}");
                chords.push(chord);
            }
        }
    }

    #[test]
    fn the_sheet_names_what_there_is_and_fits_into_its_columns() {
        for (key, what) in MESSAGE_SHEET.iter().chain(SEARCH_SHEET) {
            assert!(key.chars().count() <= 15 && what.chars().count() <= 19, "{key} {what}");
        }
        for row in SHEET {
            assert!(row.what.chars().count() <= 19, "{row:?}");
            assert!(row.names.iter().all(|name| find(name).is_some()), "{row:?}");
        }
    }

    #[test]
    fn every_action_is_explained() {
        for spec in TABLE {
            let is_name =
                spec.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            assert!(is_name && spec.what.len() > 6 && !spec.what.ends_with('.'), "{spec:?}");
        }
    }
}

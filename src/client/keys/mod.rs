//! Which key does what: the [table](TABLE) of all that keys can do, and the map of the keys that do it, which the user may
//! change. What F1 and `/keys` show is read off both.

mod chord;
mod table;

use std::fmt::Write;

use crossterm::event::{KeyCode, KeyEvent};

use super::editor::Editor;
use super::nearest::nearest;

pub use chord::Chord;
pub use table::{Does, Group, MESSAGE_SHEET, SEARCH_SHEET, SHEET, SheetRow, Spec, TABLE, find};

/// What a key does in the program. Keys of the input line that are not here are typed, or are an [`Edit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send what is typed; on an empty line while offline: connect now.
    Send,
    /// A new line in the input.
    NewLine,
    /// Complete the word, forward.
    Complete,
    /// Complete the word, backward.
    CompleteBack,
    /// Clear the input; on an empty one ask to leave.
    ClearOrLeave,
    /// Ask to leave, if the input is empty; else delete the character to the right.
    DeleteOrLeave,
    /// Leave an overlay, then go to the live end.
    Escape,
    /// Stop the program and give the terminal back for now.
    Suspend,
    /// Paint everything anew.
    Repaint,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// A row up.
    RowUp,
    /// A row down.
    RowDown,
    /// The oldest message.
    Oldest,
    /// The live end.
    Newest,
    /// `Home`: the oldest message if the input is empty, else the start of the line.
    HomeOrOldest,
    /// `End`: the live end if the input is empty, else the end of the line.
    EndOrNewest,
    /// The first unread message.
    FirstUnread,
    /// Go to a day or a time.
    Goto,
    /// Back to where the reader was before a jump; on a line that is being typed, a word to the left.
    BackOrWord,
    /// Forward again; on a line that is being typed, a word to the right.
    ForwardOrWord,
    /// Look for what was said.
    Search,
    /// The message before this that names the reader.
    OlderMention,
    /// The next one.
    NewerMention,
    /// The next window.
    NextWindow,
    /// The window before.
    PreviousWindow,
    /// The window that was shown before this one.
    LastWindow,
    /// The next window with something new, mentions first.
    NextActive,
    /// The window with this number; 0 is the server's.
    Window(u8),
    /// Choose a room by some letters of its name.
    Switch,
    /// The sheet of keys.
    Help,
    /// Show or hide the list of rooms.
    Rooms,
    /// Show or hide the list of people.
    People,
    /// Search what was sent before.
    SearchHistory,
    /// Write the draft in one's own editor.
    Edit,
    /// Choose a message, or the one above it.
    Select,
    /// Open one of the links on the screen, by a letter.
    Hint,
    /// Show each of those who come and go, or fold them.
    Unfold,
    /// The mouse for chatui, or for the terminal's own selection.
    Mouse,
}

/// What a key does to the line that is being typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// A character to the left.
    Left,
    /// A character to the right.
    Right,
    /// A word to the left.
    WordLeft,
    /// A word to the right.
    WordRight,
    /// A line up, or what was sent before.
    Up,
    /// A line down, or what was sent after that.
    Down,
    /// To the start of the line.
    LineStart,
    /// To its end.
    LineEnd,
    /// Delete the character before.
    DeleteBack,
    /// Delete the character behind.
    Delete,
    /// Cut back to a blank.
    CutBack,
    /// Cut back to the start of a word.
    CutWordBack,
    /// Cut to the end of the word.
    CutWord,
    /// Cut to the start of the line.
    CutToStart,
    /// Cut to its end.
    CutToEnd,
    /// Put back what was cut.
    Yank,
    /// Put back what was cut before that instead.
    YankOlder,
    /// Exchange two characters.
    Transpose,
    /// Take a change back.
    Undo,
    /// Do it again.
    Redo,
}

/// Most keys that can be mapped by the user.
pub const MAPPED_MOST: usize = 500;
/// What a key is mapped to that is to do nothing.
pub const NOTHING: &str = "none";
/// Most cells of keys on the sheet.
const SHOWN_MOST: usize = 15;

/// Which key does what.
#[derive(Clone, Debug, PartialEq)]
pub struct Keymap {
    /// What the user mapped; nothing if the key is to do nothing.
    own: Vec<(Chord, Option<Does>)>,
    /// What is so without being mapped.
    defaults: Vec<(Chord, Does)>,
}

impl Default for Keymap {
    fn default() -> Keymap {
        let chords = |spec: &'static Spec| {
            spec.keys.iter().filter_map(|key| Chord::parse(key).ok()).map(|chord| (chord, spec.does))
        };
        Keymap { own: Vec::new(), defaults: TABLE.iter().flat_map(chords).collect() }
    }
}

impl Keymap {
    /// Maps a key to the action of this name, or to [`NOTHING`]. Gives what stood in its way, if it was mapped before.
    ///
    /// # Errors
    /// A sentence: there is no such key or no such action.
    pub fn map(&mut self, key: &str, name: &str) -> Result<Option<String>, String> {
        let chord = Chord::parse(key).map_err(|why| format!("{key} {why}"))?;
        let does = action_of(name)?;
        let before = self.own.iter().position(|(known, _)| *known == chord);
        let before = before.map(|at| self.own.remove(at)).map(|(_, does)| does.map_or(NOTHING, name_of));
        if self.own.len() >= MAPPED_MOST {
            return Err(format!("more than {MAPPED_MOST} keys cannot be mapped"));
        }
        self.own.push((chord, does));
        Ok(before.map(str::to_owned))
    }

    /// A key does again what it does without being mapped. Whether it was mapped.
    pub fn unmap(&mut self, chord: Chord) -> bool {
        let before = self.own.len();
        self.own.retain(|(known, _)| *known != chord);
        self.own.len() < before
    }

    /// Whether the user has mapped this key.
    pub fn is_own(&self, chord: Chord) -> bool {
        self.own.iter().any(|(known, _)| *known == chord)
    }

    /// What a key does, if it does anything but being typed.
    pub fn does(&self, chord: Chord) -> Option<Does> {
        if chord.is_text() {
            return None;
        }
        let known = |chord: Chord| {
            let own = self.own.iter().find(|(known, _)| *known == chord).map(|(_, does)| *does);
            own.or_else(|| {
                self.defaults.iter().find(|(known, _)| *known == chord).map(|(_, does)| Some(*does))
            })
        };
        known(chord).or_else(|| known(chord.unshifted()?)).flatten()
    }

    /// What a key does in the program; `None` if it belongs to the editor.
    pub fn action(&self, key: &KeyEvent) -> Option<Action> {
        match self.does(Chord::of(key)) {
            Some(Does::Act(action)) => Some(action),
            Some(Does::Edit(_)) | None => None,
        }
    }

    /// A key for the editor: typed, or one of those that edit. Others do nothing.
    pub fn edit(&self, editor: &mut Editor, key: &KeyEvent) {
        let chord = Chord::of(key);
        match (self.does(chord), key.code) {
            (Some(Does::Edit(edit)), _) => perform(editor, edit),
            (None, KeyCode::Char(c)) if chord.is_text() => editor.insert(c),
            _ => {}
        }
    }

    /// The keys that do something, those that the user mapped first.
    pub fn keys_of(&self, does: Does) -> Vec<Chord> {
        let own = self.own.iter().filter(|(_, known)| *known == Some(does)).map(|(chord, _)| *chord);
        let defaults = self.defaults.iter().filter(|(_, known)| *known == does).map(|(chord, _)| *chord);
        own.chain(defaults.filter(|chord| !self.is_own(*chord))).collect()
    }

    /// The keys of an action for people, `Ctrl-N`; empty if it has none.
    pub fn shown(&self, does: Does) -> String {
        self.keys_of(does).iter().map(Chord::to_string).collect::<Vec<_>>().join(" ")
    }

    /// The keys of a row of the sheet, in at most 15 cells; empty if there are none.
    pub fn shown_row(&self, row: &SheetRow) -> String {
        let first = |name: &&str| self.keys_of(find(name)?.does).first().copied();
        let chords: Vec<Chord> = row.names.iter().filter_map(first).collect();
        let mut text = match &chords[..] {
            [first, .., last] if chords.len() > 3 => format!("{first} .. {last}"),
            chords => chords.iter().map(Chord::to_string).collect::<Vec<_>>().join(" "),
        };
        if text.chars().count() > SHOWN_MOST
            && let [one, other] = chords[..]
            && one.shown_parts().0 == other.shown_parts().0
        {
            text.clear();
            let _ = write!(text, "{one}/{}", other.shown_parts().1);
        }
        if text.chars().count() > SHOWN_MOST {
            text = chords.first().map(Chord::to_string).unwrap_or_default();
        }
        text
    }
}

/// The name of what a key does.
pub fn name_of(does: Does) -> &'static str {
    TABLE.iter().find(|spec| spec.does == does).map_or(NOTHING, |spec| spec.name)
}

/// What has this name; nothing for [`NOTHING`].
///
/// # Errors
/// A sentence with the nearest name.
pub fn action_of(name: &str) -> Result<Option<Does>, String> {
    if name == NOTHING {
        return Ok(None);
    }
    if let Some(spec) = find(name) {
        return Ok(Some(spec.does));
    }
    let names = TABLE.iter().map(|spec| spec.name).chain([NOTHING]);
    let hint = nearest(name, names).map_or_else(|| "/keys lists all".to_owned(), |near| format!("{near}?"));
    Err(format!("there is no action {name}: {hint}"))
}

fn perform(editor: &mut Editor, edit: Edit) {
    match edit {
        Edit::Left => editor.left(),
        Edit::Right => editor.right(),
        Edit::WordLeft => editor.word_left(),
        Edit::WordRight => editor.word_right(),
        Edit::Up => editor.up(),
        Edit::Down => editor.down(),
        Edit::LineStart => editor.home(),
        Edit::LineEnd => editor.end(),
        Edit::DeleteBack => editor.delete_back(),
        Edit::Delete => editor.delete(),
        Edit::CutBack => editor.kill_to_blank(),
        Edit::CutWordBack => editor.kill_word_back(),
        Edit::CutWord => editor.kill_word(),
        Edit::CutToStart => editor.kill_to_start(),
        Edit::CutToEnd => editor.kill_to_end(),
        Edit::Yank => editor.yank(),
        Edit::YankOlder => editor.yank_older(),
        Edit::Transpose => editor.transpose(),
        Edit::Undo => drop(editor.undo()),
        Edit::Redo => drop(editor.redo()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossterm::event::KeyModifiers;

    const NONE: KeyModifiers = KeyModifiers::NONE;
    const CTRL: KeyModifiers = KeyModifiers::CONTROL;
    const ALT: KeyModifiers = KeyModifiers::ALT;

    fn action(keys: &Keymap, modifiers: KeyModifiers, code: KeyCode) -> Option<Action> {
        keys.action(&KeyEvent::new(code, modifiers))
    }

    #[test]
    fn keys_find_their_action_and_letters_do_not() {
        let keys = Keymap::default();
        assert_eq!(action(&keys, NONE, KeyCode::PageUp), Some(Action::PageUp));
        assert_eq!(action(&keys, ALT, KeyCode::Char('3')), Some(Action::Window(3)));
        assert_eq!(action(&keys, CTRL, KeyCode::Char('C')), Some(Action::ClearOrLeave));
        assert_eq!(action(&keys, NONE, KeyCode::Char('u')), None);
        assert_eq!(action(&keys, ALT | KeyModifiers::SHIFT, KeyCode::Char('B')), Some(Action::Rooms));
        assert_eq!(action(&keys, ALT | KeyModifiers::SHIFT, KeyCode::Char('A')), Some(Action::NextActive));
    }

    #[test]
    fn a_mapped_key_does_what_it_was_mapped_to_and_the_sheet_says_so() {
        let mut keys = Keymap::default();
        let ctrl_t = Chord::parse("ctrl-t").unwrap();
        assert_eq!(keys.map("alt-x", "next-room"), Ok(None));
        assert_eq!(keys.map("ctrl-t", "none"), Ok(None));
        assert_eq!(keys.map("Ctrl-T", "undo"), Ok(Some("none".to_owned())), "twice is told");
        assert_eq!(action(&keys, ALT, KeyCode::Char('x')), Some(Action::NextWindow));
        assert_eq!(keys.shown(Does::Act(Action::NextWindow)), "Alt-X Ctrl-N");
        assert_eq!(keys.does(ctrl_t), Some(Does::Edit(Edit::Undo)));
        assert_eq!(keys.map("ctrl-n", "none"), Ok(None));
        let row = SHEET.iter().find(|row| row.names.contains(&"next-room")).unwrap();
        assert_eq!(keys.shown_row(row), "Alt-X Ctrl-P");
        assert!(keys.unmap(ctrl_t) && !keys.unmap(ctrl_t));
        assert_eq!(keys.does(ctrl_t), Some(Does::Edit(Edit::Transpose)));
    }

    #[test]
    fn what_cannot_be_mapped_is_told_with_the_nearest_name() {
        let mut keys = Keymap::default();
        let told = |result: Result<Option<String>, String>| result.unwrap_err();
        assert_eq!(told(keys.map("alt-x", "nxt-room")), "there is no action nxt-room: next-room?");
        assert!(told(keys.map("alt-x", "frobnicate")).ends_with("/keys lists all"));
        assert!(told(keys.map("x", "undo")).starts_with("x is a character"));
        assert_eq!(keys, Keymap::default());
    }

    #[test]
    fn the_keys_of_each_row_fit_into_its_column() {
        let keys = Keymap::default();
        for row in SHEET {
            let shown = keys.shown_row(row);
            assert!((1..=15).contains(&shown.chars().count()), "{row:?}: {shown}");
        }
        let shown = |name: &str| {
            SHEET.iter().find(|row| row.names[0] == name).map(|row| keys.shown_row(row)).unwrap_or_default()
        };
        assert_eq!((shown("oldest").as_str(), shown("room-1").as_str()), ("Alt-Home/End", "Alt-1 .. Alt-9"));
    }

    #[test]
    fn keys_of_a_shell_edit_and_letters_are_typed() {
        let (keys, mut editor) = (Keymap::default(), Editor::new());
        "one two".chars().for_each(|c| keys.edit(&mut editor, &KeyEvent::new(KeyCode::Char(c), NONE)));
        keys.edit(&mut editor, &KeyEvent::new(KeyCode::Char('X'), KeyModifiers::SHIFT));
        keys.edit(&mut editor, &KeyEvent::new(KeyCode::Char('q'), CTRL));
        assert_eq!(editor.text(), "one twoX");
        keys.edit(&mut editor, &KeyEvent::new(KeyCode::Char('w'), CTRL));
        assert_eq!(editor.text(), "one ");
        keys.edit(&mut editor, &KeyEvent::new(KeyCode::Char('7'), CTRL));
        assert_eq!(editor.text(), "one twoX");
    }
}

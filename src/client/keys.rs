//! Which key does what: one table, which is also what F1 shows.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::editor::Editor;

/// What a key does. Keys of the input line that are not here are typed, or belong to the editor.
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
    /// Show each of those who come and go, or fold them.
    Unfold,
    /// The mouse for chatui, or for the terminal's own selection.
    Mouse,
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

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// How the keys are written for people: at most 15 cells, so that the sheet has two columns in 80.
    pub shown: &'static str,
    /// What they do: at most 19 cells.
    pub what: &'static str,
    /// Where on the sheet.
    pub group: Group,
    /// The keys with what each does; empty for those that the editor knows.
    pub keys: &'static [(KeyModifiers, KeyCode, Action)],
}

const NONE: KeyModifiers = KeyModifiers::NONE;
const CTRL: KeyModifiers = KeyModifiers::CONTROL;
const ALT: KeyModifiers = KeyModifiers::ALT;
const SHIFT: KeyModifiers = KeyModifiers::SHIFT;

const fn row(
    group: Group,
    shown: &'static str,
    what: &'static str,
    keys: &'static [(KeyModifiers, KeyCode, Action)],
) -> Binding {
    Binding { shown, what, group, keys }
}

/// All keys, in the order of the sheet.
pub const TABLE: &[Binding] = &[
    row(Group::Write, "Enter", "send", &[(NONE, KeyCode::Enter, Action::Send)]),
    row(
        Group::Write,
        "Alt-Enter",
        "new line",
        &[
            (ALT, KeyCode::Enter, Action::NewLine),
            (SHIFT, KeyCode::Enter, Action::NewLine),
            (CTRL, KeyCode::Char('j'), Action::NewLine),
        ],
    ),
    row(
        Group::Write,
        "Tab",
        "complete the word",
        &[
            (NONE, KeyCode::Tab, Action::Complete),
            (SHIFT, KeyCode::BackTab, Action::CompleteBack),
            (NONE, KeyCode::BackTab, Action::CompleteBack),
        ],
    ),
    row(
        Group::Write,
        "Up Down Ctrl-R",
        "sent before, search",
        &[(CTRL, KeyCode::Char('r'), Action::SearchHistory)],
    ),
    row(Group::Write, "Ctrl-X", "in my own editor", &[(CTRL, KeyCode::Char('x'), Action::Edit)]),
    row(Group::Write, "Ctrl-A Ctrl-E", "start, end of line", &[]),
    row(Group::Write, "Ctrl-← Ctrl-→", "by word", &[]),
    row(Group::Write, "Ctrl-W Alt-D", "cut a word", &[]),
    row(Group::Write, "Ctrl-U Ctrl-K", "cut to start, end", &[]),
    row(Group::Write, "Ctrl-Y Alt-Y", "put back, an older", &[]),
    row(Group::Write, "Ctrl-_ Alt-_", "undo, redo", &[]),
    row(
        Group::Read,
        "PgUp PgDn",
        "by page",
        &[(NONE, KeyCode::PageUp, Action::PageUp), (NONE, KeyCode::PageDown, Action::PageDown)],
    ),
    row(
        Group::Read,
        "Shift-↑ Shift-↓",
        "by row (or wheel)",
        &[(SHIFT, KeyCode::Up, Action::RowUp), (SHIFT, KeyCode::Down, Action::RowDown)],
    ),
    row(
        Group::Read,
        "Alt-Home/End",
        "oldest, newest",
        &[(ALT, KeyCode::Home, Action::Oldest), (ALT, KeyCode::End, Action::Newest)],
    ),
    row(
        Group::Read,
        "Home End",
        "same, input empty",
        &[(NONE, KeyCode::Home, Action::HomeOrOldest), (NONE, KeyCode::End, Action::EndOrNewest)],
    ),
    row(
        Group::Read,
        "Alt-U Alt-G",
        "unread, go to time",
        &[(ALT, KeyCode::Char('u'), Action::FirstUnread), (ALT, KeyCode::Char('g'), Action::Goto)],
    ),
    row(
        Group::Read,
        "Alt-P Alt-N",
        "who named me, next",
        &[(ALT, KeyCode::Char('p'), Action::OlderMention), (ALT, KeyCode::Char('n'), Action::NewerMention)],
    ),
    row(Group::Read, "Ctrl-S", "search", &[(CTRL, KeyCode::Char('s'), Action::Search)]),
    row(
        Group::Read,
        "Alt-← Alt-→",
        "back, forward",
        &[(ALT, KeyCode::Left, Action::BackOrWord), (ALT, KeyCode::Right, Action::ForwardOrWord)],
    ),
    row(Group::Read, "Alt-↑", "choose a message", &[(ALT, KeyCode::Up, Action::Select)]),
    row(Group::Read, "Alt-=", "who comes and goes", &[(ALT, KeyCode::Char('='), Action::Unfold)]),
    row(Group::Read, "Esc", "back to live end", &[(NONE, KeyCode::Esc, Action::Escape)]),
    row(
        Group::Go,
        "Ctrl-N Ctrl-P",
        "next, previous",
        &[(CTRL, KeyCode::Char('n'), Action::NextWindow), (CTRL, KeyCode::Char('p'), Action::PreviousWindow)],
    ),
    row(
        Group::Go,
        "Alt-1 .. Alt-9",
        "room by number",
        &[
            (ALT, KeyCode::Char('0'), Action::Window(0)),
            (ALT, KeyCode::Char('1'), Action::Window(1)),
            (ALT, KeyCode::Char('2'), Action::Window(2)),
            (ALT, KeyCode::Char('3'), Action::Window(3)),
            (ALT, KeyCode::Char('4'), Action::Window(4)),
            (ALT, KeyCode::Char('5'), Action::Window(5)),
            (ALT, KeyCode::Char('6'), Action::Window(6)),
            (ALT, KeyCode::Char('7'), Action::Window(7)),
            (ALT, KeyCode::Char('8'), Action::Window(8)),
            (ALT, KeyCode::Char('9'), Action::Window(9)),
        ],
    ),
    row(Group::Go, "Alt-A", "next with news", &[(ALT, KeyCode::Char('a'), Action::NextActive)]),
    row(Group::Go, "Alt-K", "go to by name", &[(ALT, KeyCode::Char('k'), Action::Switch)]),
    row(Group::Go, "Alt-/", "last room", &[(ALT, KeyCode::Char('/'), Action::LastWindow)]),
    row(
        Group::Go,
        "F7 F8",
        "rooms, people",
        &[(NONE, KeyCode::F(7), Action::Rooms), (NONE, KeyCode::F(8), Action::People)],
    ),
    row(
        Group::Go,
        "F9",
        "mouse on, off",
        &[(NONE, KeyCode::F(9), Action::Mouse), (ALT, KeyCode::Char('m'), Action::Mouse)],
    ),
    row(Group::Go, "Ctrl-L", "paint anew", &[(CTRL, KeyCode::Char('l'), Action::Repaint)]),
    row(Group::Go, "Ctrl-Z", "suspend", &[(CTRL, KeyCode::Char('z'), Action::Suspend)]),
    row(
        Group::Go,
        "Ctrl-C twice",
        "leave (or /quit)",
        &[
            (CTRL, KeyCode::Char('c'), Action::ClearOrLeave),
            (CTRL, KeyCode::Char('d'), Action::DeleteOrLeave),
        ],
    ),
    row(Group::Go, "F1", "these keys", &[(NONE, KeyCode::F(1), Action::Help)]),
];

/// What this key does; `None` if it belongs to the editor.
pub fn action(key: &KeyEvent) -> Option<Action> {
    // Terminals differ in whether a letter with Alt or Ctrl comes with Shift or in upper case.
    let code = match key.code {
        KeyCode::Char(c) if key.modifiers.contains(CTRL) => KeyCode::Char(c.to_ascii_lowercase()),
        code => code,
    };
    let modifiers = key.modifiers & (CTRL | ALT | SHIFT);
    TABLE
        .iter()
        .flat_map(|binding| binding.keys)
        .find(|(wanted, wanted_code, _)| *wanted == modifiers && *wanted_code == code)
        .map(|(_, _, action)| *action)
}

/// A key for the editor: typed, or one of those the fingers know from a shell. Others do nothing.
pub fn edit(editor: &mut Editor, key: &KeyEvent) {
    let control = key.modifiers.contains(CTRL);
    let alt = key.modifiers.contains(ALT);
    match (key.code, control, alt) {
        (KeyCode::Char(c), false, false) => editor.insert(c),
        (KeyCode::Char(c), true, false) => match c.to_ascii_lowercase() {
            'a' => editor.home(),
            'e' => editor.end(),
            'b' => editor.left(),
            'f' => editor.right(),
            'h' => editor.delete_back(),
            'w' => editor.kill_to_blank(),
            'k' => editor.kill_to_end(),
            'u' => editor.kill_to_start(),
            'y' => editor.yank(),
            't' => editor.transpose(),
            // Ctrl-_ reaches programs as Ctrl-7 or Ctrl-/ on some terminals.
            '_' | '7' | '/' => drop(editor.undo()),
            _ => {}
        },
        (KeyCode::Char(c), false, true) => match c.to_ascii_lowercase() {
            'b' => editor.word_left(),
            'f' => editor.word_right(),
            'd' => editor.kill_word(),
            'y' => editor.yank_older(),
            '_' => drop(editor.redo()),
            _ => {}
        },
        (KeyCode::Left, false, false) => editor.left(),
        (KeyCode::Right, false, false) => editor.right(),
        (KeyCode::Left, ..) => editor.word_left(),
        (KeyCode::Right, ..) => editor.word_right(),
        (KeyCode::Up, ..) => editor.up(),
        (KeyCode::Down, ..) => editor.down(),
        (KeyCode::Home, ..) => editor.home(),
        (KeyCode::End, ..) => editor.end(),
        (KeyCode::Backspace, false, false) => editor.delete_back(),
        (KeyCode::Backspace, ..) => editor.kill_word_back(),
        (KeyCode::Delete, ..) => editor.delete(),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_stands_twice_in_the_table() {
        let all: Vec<_> = TABLE.iter().flat_map(|binding| binding.keys).map(|(m, c, _)| (*m, *c)).collect();
        for (n, key) in all.iter().enumerate() {
            assert!(!all[..n].contains(key), "{key:?}");
        }
    }

    #[test]
    fn the_sheet_fits_into_its_columns() {
        for binding in TABLE {
            assert!(binding.shown.chars().count() <= 15 && binding.what.chars().count() <= 19, "{binding:?}");
        }
    }

    #[test]
    fn keys_find_their_action_and_letters_do_not() {
        let key = |modifiers, code| action(&KeyEvent::new(code, modifiers));
        assert_eq!(key(NONE, KeyCode::PageUp), Some(Action::PageUp));
        assert_eq!(key(ALT, KeyCode::Char('3')), Some(Action::Window(3)));
        assert_eq!(key(CTRL, KeyCode::Char('C')), Some(Action::ClearOrLeave));
        assert_eq!(key(NONE, KeyCode::Char('u')), None);
    }
}

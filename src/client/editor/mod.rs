//! The input line: what is being typed, edited by whole grapheme clusters. Pure: keys become calls of these methods,
//! the view reads [`Editor::text`] and [`Editor::cursor`].
//!
//! The invariant that everything here keeps: the cursor stands on the border of a grapheme cluster, and nothing ever
//! takes away a part of one.

mod complete;
mod history;
mod kill;
mod undo;

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

pub use complete::{COMMANDS, Candidate, Completion, Kind, MATCHES_MAX};
pub use history::{HISTORY_MAX, Search};
pub use kill::KILLS_MAX;
pub use undo::UNDO_MAX;

use history::History;
use kill::Kills;
use undo::Undo;

/// Most bytes of text the input holds; what is typed or pasted beyond is not taken. Some forty full messages.
pub const TEXT_MAX: usize = 16 * 1024;

/// A text that was left unsent, with its cursor: what a window keeps while another one is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// What was typed.
    pub text: String,
    /// The byte at which the cursor stood.
    pub cursor: usize,
}

/// What the last call did, as far as the next one cares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Last {
    #[default]
    Other,
    /// Typed one more character: one step of undo for the run.
    Typed,
    /// Deleted one more character: likewise.
    Deleted,
    /// Killed text: the next kill joins it.
    Killed,
    /// Yanked the text that begins at this byte: `yank_older` replaces it.
    Yanked { start: usize },
}

/// The input line.
#[derive(Clone, Debug, Default)]
pub struct Editor {
    text: String,
    cursor: usize,
    last: Last,
    undo: Undo,
    kills: Kills,
    history: History,
    completion: Option<Completion>,
    /// The column (in clusters) that a run of up and down keys aims at.
    goal: Option<usize>,
}

impl Editor {
    /// An empty input with no history.
    pub fn new() -> Editor {
        Editor::default()
    }

    /// What has been typed. Lines are separated by `\n`; no other control character but the tab is in it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The byte of [`Editor::text`] in front of which the cursor stands.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Whether nothing has been typed.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Takes the text to send it: it goes into the history, and the input is empty, undo included.
    pub fn take(&mut self) -> String {
        let text = std::mem::take(&mut self.text);
        self.cursor = 0;
        self.settle(Last::Other);
        self.undo = Undo::default();
        self.history.keep(&text);
        text
    }

    /// Empties the input in a way that [`Editor::undo`] brings back.
    pub fn clear(&mut self) {
        if !self.text.is_empty() {
            self.before_change(Last::Other);
            self.text.clear();
            self.cursor = 0;
        }
        self.settle(Last::Other);
    }

    /// Puts the text away and another one in its place (a window is left, another one is entered). Undo and the place
    /// in the history begin anew; history and killed texts stay.
    pub fn swap(&mut self, draft: Draft) -> Draft {
        let mut text = draft.text;
        text.truncate(text.floor_char_boundary(TEXT_MAX));
        let old = Draft { text: std::mem::replace(&mut self.text, text), cursor: self.cursor };
        self.cursor = draft.cursor;
        self.snap();
        self.settle(Last::Other);
        self.undo = Undo::default();
        self.history.leave();
        old
    }

    /// Types one character. A control character other than `\n` and the tab is not taken; nor is anything beyond
    /// [`TEXT_MAX`].
    pub fn insert(&mut self, character: char) {
        if !typeable(character) || self.text.len() + character.len_utf8() > TEXT_MAX {
            return;
        }
        if character == '\n' || character == ' ' {
            self.settle(Last::Other);
        }
        self.before_change(Last::Typed);
        self.text.insert(self.cursor, character);
        self.cursor += character.len_utf8();
        self.snap();
        self.settle(Last::Typed);
    }

    /// Puts a whole text in at the cursor, as one step of undo: line ends become `\n`, control characters are left
    /// out. What does not fit into [`TEXT_MAX`] is cut at the border of a cluster; then the answer is `false`.
    pub fn paste(&mut self, text: &str) -> bool {
        let clean: String =
            text.replace("\r\n", "\n").replace('\r', "\n").chars().filter(|c| typeable(*c)).collect();
        let room = TEXT_MAX - self.text.len();
        let fitting = fitting(&clean, room);
        if !fitting.is_empty() {
            self.before_change(Last::Other);
            self.text.insert_str(self.cursor, fitting);
            self.cursor += fitting.len();
            self.snap();
        }
        self.settle(Last::Other);
        fitting.len() == clean.len()
    }

    /// Moves back by a cluster.
    pub fn left(&mut self) {
        self.move_to(previous_border(&self.text, self.cursor));
    }

    /// Moves on by a cluster.
    pub fn right(&mut self) {
        self.move_to(next_border(&self.text, self.cursor));
    }

    /// Moves back to the start of the word.
    pub fn word_left(&mut self) {
        self.move_to(self.word_start());
    }

    /// Moves on to the end of the word.
    pub fn word_right(&mut self) {
        self.move_to(self.word_end());
    }

    /// Moves to the start of the line.
    pub fn home(&mut self) {
        self.move_to(self.line_start());
    }

    /// Moves to the end of the line.
    pub fn end(&mut self) {
        self.move_to(self.line_end());
    }

    /// Moves to a byte of the text (a click); to the border of the cluster it lies in.
    pub fn place(&mut self, at: usize) {
        self.cursor = at;
        self.snap();
        self.settle(Last::Other);
    }

    /// Up: to the line above, or from the first line to the older text in the history.
    pub fn up(&mut self) {
        let start = self.line_start();
        if start == 0 {
            self.history_older();
        } else {
            self.move_to_line(previous_line_start(&self.text, start));
        }
    }

    /// Down: to the line below, or from the last line to the newer text in the history.
    pub fn down(&mut self) {
        let end = self.line_end();
        if end == self.text.len() {
            self.history_newer();
        } else {
            self.move_to_line(end + 1);
        }
    }

    /// Deletes the cluster in front of the cursor.
    pub fn delete_back(&mut self) {
        self.remove(previous_border(&self.text, self.cursor), self.cursor);
    }

    /// Deletes the cluster after the cursor.
    pub fn delete(&mut self) {
        self.remove(self.cursor, next_border(&self.text, self.cursor));
    }

    fn remove(&mut self, from: usize, to: usize) {
        if from < to {
            self.before_change(Last::Deleted);
            self.text.replace_range(from..to, "");
            self.cursor = from;
            self.snap();
        }
        self.settle(Last::Deleted);
    }

    /// Exchanges the clusters on both sides of the cursor and moves on; at the end of a line the two before it.
    pub fn transpose(&mut self) {
        let middle = if self.cursor == self.line_end() {
            previous_border(&self.text, self.cursor)
        } else {
            self.cursor
        };
        let (start, end) = (previous_border(&self.text, middle), next_border(&self.text, middle));
        if middle > self.line_start() && end > middle {
            let turned = format!("{}{}", &self.text[middle..end], &self.text[start..middle]);
            self.before_change(Last::Other);
            self.text.replace_range(start..end, &turned);
            self.cursor = end;
            self.snap();
        }
        self.settle(Last::Other);
    }

    /// Takes the last change back. `false` if there was none.
    pub fn undo(&mut self) -> bool {
        self.travel(Undo::back)
    }

    /// Does again what [`Editor::undo`] took back. `false` if there was nothing.
    pub fn redo(&mut self) -> bool {
        self.travel(Undo::forth)
    }

    fn travel(&mut self, step: fn(&mut Undo, Draft) -> Option<Draft>) -> bool {
        self.settle(Last::Other);
        let now = Draft { text: self.text.clone(), cursor: self.cursor };
        let Some(draft) = step(&mut self.undo, now) else { return false };
        self.text = draft.text;
        self.cursor = draft.cursor;
        self.snap();
        true
    }

    /// Remembers the state before a change, unless the change continues the run of the one before.
    fn before_change(&mut self, change: Last) {
        let continues = change == self.last && matches!(change, Last::Typed | Last::Deleted);
        if !continues {
            self.undo.remember(Draft { text: self.text.clone(), cursor: self.cursor });
        }
    }

    /// Ends what only lives from one call to the next: a completion, a column aimed at, a search.
    fn settle(&mut self, last: Last) {
        self.last = last;
        self.goal = None;
        self.completion = None;
        self.history.end_search();
    }

    fn move_to(&mut self, at: usize) {
        self.cursor = at;
        self.settle(Last::Other);
    }

    /// Moves to the line that starts at a byte, as near as possible to the column the run of up and down began in.
    fn move_to_line(&mut self, start: usize) {
        let goal =
            self.goal.unwrap_or_else(|| self.text[self.line_start()..self.cursor].graphemes(true).count());
        let line = self.text[start..].split('\n').next().unwrap_or_default();
        let offset = line.grapheme_indices(true).nth(goal).map_or(line.len(), |(at, _)| at);
        self.move_to(start + offset);
        self.goal = Some(goal);
    }

    fn line_start(&self) -> usize {
        self.text[..self.cursor].rfind('\n').map_or(0, |at| at + 1)
    }

    fn line_end(&self) -> usize {
        self.text[self.cursor..].find('\n').map_or(self.text.len(), |at| self.cursor + at)
    }

    fn word_start(&self) -> usize {
        let start = self.text[..self.cursor]
            .split_word_bound_indices()
            .rev()
            .find(|(_, word)| word.chars().any(char::is_alphanumeric))
            .map_or(0, |(at, _)| at);
        if is_border(&self.text, start) { start } else { previous_border(&self.text, start) }
    }

    fn word_end(&self) -> usize {
        let end = self.text[self.cursor..]
            .split_word_bound_indices()
            .find(|(_, word)| word.chars().any(char::is_alphanumeric))
            .map_or(self.text.len(), |(at, word)| self.cursor + at + word.len());
        if is_border(&self.text, end) { end } else { next_border(&self.text, end) }
    }

    /// Moves the cursor on to the next border if a change has made it stand inside a cluster.
    fn snap(&mut self) {
        self.cursor = self.text.ceil_char_boundary(self.cursor.min(self.text.len()));
        if !is_border(&self.text, self.cursor) {
            self.cursor = next_border(&self.text, self.cursor);
        }
    }
}

/// Whether a character may stand in the input.
fn typeable(character: char) -> bool {
    !character.is_control() || matches!(character, '\n' | '\t')
}

/// As much of a text as has room in so many bytes, cut between clusters.
fn fitting(text: &str, room: usize) -> &str {
    if text.len() <= room {
        return text;
    }
    let cut = text.grapheme_indices(true).map(|(at, _)| at).take_while(|at| *at <= room).last().unwrap_or(0);
    &text[..cut]
}

fn is_border(text: &str, at: usize) -> bool {
    GraphemeCursor::new(at, text.len(), true).is_boundary(text, 0).unwrap_or(true)
}

fn previous_border(text: &str, at: usize) -> usize {
    GraphemeCursor::new(at, text.len(), true).prev_boundary(text, 0).ok().flatten().unwrap_or(0)
}

fn next_border(text: &str, at: usize) -> usize {
    GraphemeCursor::new(at, text.len(), true).next_boundary(text, 0).ok().flatten().unwrap_or(text.len())
}

fn previous_line_start(text: &str, start: usize) -> usize {
    text[..start.saturating_sub(1)].rfind('\n').map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests;

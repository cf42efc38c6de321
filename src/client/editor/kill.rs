//! Killing and yanking: what is cut out can be put in again, also what was cut out before that.

use std::collections::VecDeque;

use super::{Editor, Last, TEXT_MAX, is_border, next_border, previous_border};

/// Most killed texts that are kept.
pub const KILLS_MAX: usize = 32;

/// The killed texts, newest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Kills {
    texts: VecDeque<String>,
    /// Which one was yanked last.
    at: usize,
}

/// On which side of the cursor the killed text stood.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

impl Editor {
    /// Kills to the end of the line; at its end, the line break.
    pub fn kill_to_end(&mut self) {
        let end = self.line_end();
        let end = if end == self.cursor { next_border(&self.text, end) } else { end };
        self.kill(self.cursor, end, Side::After);
    }

    /// Kills to the start of the line; at its start, the line break before it.
    pub fn kill_to_start(&mut self) {
        let start = self.line_start();
        let start = if start == self.cursor { previous_border(&self.text, start) } else { start };
        self.kill(start, self.cursor, Side::Before);
    }

    /// Kills back to the start of the word (Alt-Backspace).
    pub fn kill_word_back(&mut self) {
        self.kill(self.word_start(), self.cursor, Side::Before);
    }

    /// Kills on to the end of the word (Alt-D).
    pub fn kill_word(&mut self) {
        self.kill(self.cursor, self.word_end(), Side::After);
    }

    /// Kills back to the blank before the word, so that a link or a path goes as one (Ctrl-W).
    pub fn kill_to_blank(&mut self) {
        let before = &self.text[..self.cursor];
        let word = before.trim_end();
        let start = word.rfind(char::is_whitespace).map_or(0, |at| next_border(&self.text, at));
        self.kill(start.min(self.cursor), self.cursor, Side::Before);
    }

    fn kill(&mut self, from: usize, to: usize, side: Side) {
        let from = if is_border(&self.text, from) { from } else { previous_border(&self.text, from) };
        if from >= to {
            return self.settle(Last::Other);
        }
        let joins = self.last == Last::Killed;
        self.before_change(Last::Killed);
        let killed = self.text[from..to].to_owned();
        self.kills.keep(killed, side, joins);
        self.text.replace_range(from..to, "");
        self.cursor = from;
        self.snap();
        self.settle(Last::Killed);
    }

    /// Puts in what was killed last.
    pub fn yank(&mut self) {
        self.kills.at = 0;
        self.put_killed(self.cursor);
    }

    /// Directly after a yank: puts in what was killed before, in its place.
    pub fn yank_older(&mut self) {
        let Last::Yanked { start } = self.last else { return };
        if self.kills.texts.is_empty() {
            return;
        }
        self.kills.at = (self.kills.at + 1) % self.kills.texts.len();
        self.put_killed(start);
    }

    /// Replaces what stands between a byte and the cursor by the chosen killed text.
    fn put_killed(&mut self, start: usize) {
        let Some(text) = self.kills.texts.get(self.kills.at).cloned() else { return };
        if self.text.len() - (self.cursor - start) + text.len() > TEXT_MAX {
            return;
        }
        self.before_change(Last::Other);
        self.text.replace_range(start..self.cursor, &text);
        self.cursor = start + text.len();
        self.snap();
        self.settle(Last::Yanked { start });
    }
}

impl Kills {
    /// Keeps a killed text, joined to the last one if the kills follow each other.
    fn keep(&mut self, text: String, side: Side, joins: bool) {
        match self.texts.front_mut() {
            Some(last) if joins && last.len() + text.len() <= TEXT_MAX => match side {
                Side::Before => last.insert_str(0, &text),
                Side::After => last.push_str(&text),
            },
            _ => {
                self.texts.push_front(text);
                self.texts.truncate(KILLS_MAX);
            }
        }
    }
}

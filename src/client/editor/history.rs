//! What was sent before: walked through with up and down, searched with Ctrl-R.

use std::collections::VecDeque;

use super::{Draft, Editor, Last};

/// Most texts that are kept.
pub const HISTORY_MAX: usize = 500;
/// Longest text that is kept; a pasted book is not.
const ENTRY_MAX: usize = 4 * 1024;
/// Longest text that is searched for.
const QUERY_MAX: usize = 128;

/// The texts, newest first, and where in them one stands.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    texts: VecDeque<String>,
    /// Which text is shown; none while one types a new one.
    at: Option<usize>,
    /// What had been typed before the walk began.
    unsent: Draft,
    search: Option<Search>,
}

/// A search in the history under way; the input shows what it found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// What is searched for; upper and lower case count as the same.
    pub query: String,
    /// Whether something with it was found. If not, the input still shows the last find.
    pub found: bool,
    /// The place in the history of what is shown.
    at: Option<usize>,
    before: Draft,
}

impl History {
    /// Keeps a sent text, unless it is blank, too long or the same as the last.
    pub(super) fn keep(&mut self, text: &str) {
        self.leave();
        let is_new = self.texts.front().is_none_or(|last| last != text);
        if is_new && !text.trim().is_empty() && text.len() <= ENTRY_MAX {
            self.texts.push_front(text.to_owned());
            self.texts.truncate(HISTORY_MAX);
        }
    }

    /// Back to typing a new text; what was unsent is forgotten.
    pub(super) fn leave(&mut self) {
        self.at = None;
        self.unsent = Draft::default();
    }

    pub(super) fn end_search(&mut self) {
        self.search = None;
    }

    /// The next older text with the query in it, from a place on.
    fn find(&self, query: &str, from: usize) -> Option<usize> {
        let query = query.to_lowercase();
        (from..self.texts.len()).find(|at| self.texts[*at].to_lowercase().contains(&query))
    }
}

impl Editor {
    /// Shows the older text of the history. What was being typed is kept until one comes back to it.
    pub fn history_older(&mut self) {
        self.walk(self.history.at.map_or(0, |at| at + 1));
    }

    /// Shows the newer text of the history; after the newest, what had been typed.
    pub fn history_newer(&mut self) {
        match self.history.at {
            Some(0) => {
                let unsent = std::mem::take(&mut self.history.unsent);
                self.show(unsent);
                self.history.at = None;
            }
            Some(at) => self.walk(at - 1),
            None => self.settle(Last::Other),
        }
    }

    fn walk(&mut self, to: usize) {
        let Some(text) = self.history.texts.get(to).cloned() else { return self.settle(Last::Other) };
        if self.history.at.is_none() {
            self.history.unsent = Draft { text: self.text.clone(), cursor: self.cursor };
        }
        self.history.at = Some(to);
        self.show(Draft { cursor: text.len(), text });
    }

    fn show(&mut self, draft: Draft) {
        if draft.text != self.text {
            self.before_change(Last::Other);
        }
        self.text = draft.text;
        self.cursor = draft.cursor;
        self.snap();
        self.settle(Last::Other);
    }

    /// The search under way, if any.
    pub fn search(&self) -> Option<&Search> {
        self.history.search.as_ref()
    }

    /// Ctrl-R: begins to search the history, or goes on to the next older find.
    pub fn search_older(&mut self) {
        match self.history.search.clone() {
            None => {
                let before = Draft { text: self.text.clone(), cursor: self.cursor };
                self.settle(Last::Other);
                self.history.search = Some(Search { query: String::new(), found: true, at: None, before });
            }
            Some(search) if search.query.is_empty() => {}
            Some(search) => {
                let from = search.at.map_or(0, |at| at + 1);
                self.search_from(search, from);
            }
        }
    }

    /// Types a character into the query; the find is kept if it still fits.
    pub fn search_insert(&mut self, character: char) {
        if let Some(mut search) = self.history.search.clone() {
            if character.is_control() || search.query.len() + character.len_utf8() > QUERY_MAX {
                return;
            }
            search.query.push(character);
            let from = search.at.unwrap_or(0);
            self.search_from(search, from);
        }
    }

    /// Takes the last character of the query away and searches from the newest on.
    pub fn search_delete_back(&mut self) {
        if let Some(mut search) = self.history.search.clone() {
            search.query.pop();
            if search.query.is_empty() {
                let before = search.before.clone();
                self.show(before);
                self.history.search = Some(Search { at: None, found: true, ..search });
            } else {
                self.search_from(search, 0);
            }
        }
    }

    /// Ends the search and keeps what it found.
    pub fn search_accept(&mut self) {
        self.settle(Last::Other);
    }

    /// Ends the search and brings back what had been typed.
    pub fn search_cancel(&mut self) {
        if let Some(search) = self.history.search.take() {
            self.show(search.before);
        }
    }

    fn search_from(&mut self, mut search: Search, from: usize) {
        let find = self.history.find(&search.query, from);
        search.found = find.is_some();
        if let Some(at) = find {
            search.at = Some(at);
            let text = self.history.texts[at].clone();
            self.show(Draft { cursor: text.len(), text });
        }
        self.history.search = Some(search);
    }
}

//! Looking for what was said: on the server where it can search, else in what is here. What was found is stepped through
//! where it was said; then the reader stays there, or goes back to where they were.

mod asking;

use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::super::editor::Editor;
use super::super::entry::{Entry, EntryId};
use super::super::keys::Action;
use super::super::window::{Window, With};
use super::jump::{Place, Visit};
use super::wanted::Wanted;
use super::{App, Effect, Status};
use crate::irc::Time;

/// How many hits are asked for at once.
pub(super) const HITS_PAGE: usize = 50;
/// Most hits that are kept: nobody steps through more.
const HITS_MOST: usize = 2_000;
/// How often a server that searches only so much for one question is asked on before the reader is asked whether it should be.
pub(super) const STEPS_MOST: u32 = 8;
/// How long an answer is awaited.
pub(super) const PATIENCE_FOR_HITS: Duration = Duration::from_secs(30);
/// What the status line says while one types what to look for.
const HINT: &str = "from: in: since: before: has:link   Enter looks  Esc";

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The conversation it was said in.
    pub place: Arc<str>,
    /// Who said it.
    pub who: Arc<str>,
    /// The words, raw.
    pub text: Box<str>,
    /// When.
    pub at: Time,
    /// The server's id of it, or empty.
    pub msgid: Box<str>,
    /// The entry, if it was found in what is here.
    entry: Option<EntryId>,
}

/// Where older hits are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Older {
    /// There are none, or nobody to ask.
    Nothing,
    /// From the newest message on.
    Newest,
    /// Before the message with this id, and its time if that is known.
    Before(Box<str>, Option<Time>),
}

/// A question that is not answered yet.
#[derive(Clone, Debug)]
pub(super) struct Asking {
    pub(super) label: Option<u64>,
    pub(super) at: Time,
    /// How many answers have been cut short.
    pub(super) steps: u32,
}

impl Asking {
    pub(super) fn is_answered_by(&self, label: Option<u64>) -> bool {
        self.label == label
    }
}

/// A search: what is typed, and what was found.
#[derive(Debug)]
pub struct Search {
    /// What to look for, as it is typed.
    pub query: Editor,
    wanted: Wanted,
    /// Oldest first.
    hits: Vec<Hit>,
    chosen: usize,
    older: Older,
    asked: Option<Asking>,
    /// Whether the reader waits for a hit that is older than all that are here.
    steps_on: bool,
    /// Whether the keys step through the hits; else they type.
    is_reading: bool,
    /// Whether a hit has been shown: then the reader is somewhere else than before.
    has_moved: bool,
    /// Whether only what is here was looked through.
    is_local: bool,
    /// Where the reader was.
    origin: Visit,
}

impl Search {
    fn new(origin: Visit) -> Search {
        Search {
            query: Editor::new(),
            wanted: Wanted::default(),
            hits: Vec::new(),
            chosen: 0,
            older: Older::Nothing,
            asked: None,
            steps_on: false,
            is_reading: false,
            has_moved: false,
            is_local: false,
            origin,
        }
    }

    /// What was found, oldest first.
    pub fn hits(&self) -> &[Hit] {
        &self.hits
    }

    /// Which of them is shown, once one is.
    pub fn chosen(&self) -> Option<usize> {
        (self.has_moved && self.chosen < self.hits.len()).then_some(self.chosen)
    }

    /// What was looked for, once it was.
    pub fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    /// Whether the keys step through what was found; else they type what to look for.
    pub fn is_reading(&self) -> bool {
        self.is_reading
    }

    /// Whether an entry of this window is a hit, and if so, whether it is the one that is shown.
    pub fn marks(&self, window: &Window, entry: &Entry) -> Option<bool> {
        let chosen = self.chosen().map(|at| &self.hits[at])?;
        let is_chosen = window.is(&chosen.place)
            && if chosen.msgid.is_empty() {
                chosen.entry == Some(entry.id)
            } else {
                chosen.msgid == entry.msgid
            };
        let is_hit = is_chosen || entry.is_speech() && self.wanted.fits(&entry.who, &entry.text, entry.at);
        is_hit.then_some(is_chosen)
    }

    /// When nobody answers any more.
    pub(super) fn next_tick(&self) -> Option<Time> {
        self.asked.as_ref().map(|asked| asked.at + PATIENCE_FOR_HITS)
    }

    fn status(&self) -> String {
        let more = if self.older == Older::Nothing { "" } else { "+" };
        let (count, at) = (self.hits.len(), self.hits.len().saturating_sub(self.chosen));
        let only = if self.is_local { " of what is here, for this server does not search" } else { "" };
        match self.asked {
            _ if !self.is_reading => HINT.to_owned(),
            Some(_) if !self.has_moved || self.steps_on => "looking …   Esc".to_owned(),
            _ if count == 0 => "nothing found so far   n looks further back  / other words  Esc".to_owned(),
            _ => {
                let older = if self.chosen > 0 || !more.is_empty() { "n older  " } else { "" };
                let newer = if at > 1 { "N newer  " } else { "" };
                format!("{at} of {count}{more}{only}   {older}{newer}Enter read here  Esc")
            }
        }
    }
}

/// What is known for finding things again.
#[derive(Debug, Default)]
pub(super) struct Finding {
    pub(super) search: Option<Box<Search>>,
    /// What was looked for last.
    last: String,
    /// Where the reader was before each jump.
    pub(super) visited: Vec<Visit>,
    /// Where they came back from.
    pub(super) ahead: Vec<Visit>,
    pub(super) mention: super::mention::Mention,
}

impl App {
    /// The search that is under way.
    pub fn search(&self) -> Option<&Search> {
        self.finding.search.as_deref()
    }

    pub(super) fn search_status(&self) -> Option<Status> {
        self.search().map(|search| Status::Question(search.status()))
    }

    /// The reader wants to look for something, or for something else.
    pub(super) fn open_search(&mut self) {
        if let Some(search) = &mut self.finding.search {
            search.is_reading = false;
            return;
        }
        self.said = None;
        self.forget_selection();
        if self.editor.completion().is_some() {
            self.editor.complete_cancel();
        }
        self.finding.search = Some(Box::new(Search::new(self.here())));
    }

    /// `/search`.
    pub(super) fn search_for(&mut self, text: &str, effects: &mut Vec<Effect>) {
        self.open_search();
        if let Some(search) = &mut self.finding.search {
            search.query.paste(text);
        }
        self.begin_search(effects);
    }

    /// A key while something is looked for: whether it belongs to that.
    pub(super) fn on_finding_key(
        &mut self,
        key: &KeyEvent,
        action: Option<Action>,
        effects: &mut Vec<Effect>,
    ) -> bool {
        match &self.finding.search {
            None => false,
            Some(search) if search.is_reading => self.on_reading_key(key, action, effects),
            Some(_) => self.on_query_key(key, action, effects),
        }
    }

    fn on_query_key(&mut self, key: &KeyEvent, action: Option<Action>, effects: &mut Vec<Effect>) -> bool {
        let Some(search) = &mut self.finding.search else { return false };
        let query = &mut search.query;
        match (action, key.code) {
            (Some(Action::Send), _) => self.begin_search(effects),
            (Some(Action::Escape | Action::ClearOrLeave), _) => self.close_search(true, effects),
            (Some(Action::Search), _) => search.is_reading = !search.hits.is_empty(),
            (Some(Action::DeleteOrLeave), _) => query.delete(),
            (Some(Action::HomeOrOldest), _) => query.home(),
            (Some(Action::EndOrNewest), _) => query.end(),
            (Some(Action::BackOrWord), _) => query.word_left(),
            (Some(Action::ForwardOrWord), _) => query.word_right(),
            (Some(Action::Complete | Action::CompleteBack | Action::NewLine | Action::SearchHistory), _) => {}
            (Some(action), _) if stays(action) => return false,
            (Some(_), _) => {
                self.close_search(false, effects);
                return false;
            }
            (None, KeyCode::Up) if query.is_empty() => drop(query.paste(&self.finding.last)),
            (None, KeyCode::Up | KeyCode::Down) => {}
            (None, _) => self.keys.edit(query, key),
        }
        true
    }

    fn on_reading_key(&mut self, key: &KeyEvent, action: Option<Action>, effects: &mut Vec<Effect>) -> bool {
        let plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        match (action, key.code) {
            (None, KeyCode::Char('n' | 'k') | KeyCode::Up) if plain => self.step_hit(true, effects),
            (None, KeyCode::Char('N' | 'j') | KeyCode::Down) if plain => self.step_hit(false, effects),
            (Some(Action::Search), _) | (None, KeyCode::Char('/')) => self.open_search(),
            (Some(Action::Send), _) => self.close_search(false, effects),
            (Some(Action::Escape | Action::ClearOrLeave), _) => self.close_search(true, effects),
            (Some(action), _) if stays(action) => return false,
            (Some(_), _) => {
                self.close_search(false, effects);
                return false;
            }
            (None, _) => {}
        }
        true
    }

    fn step_hit(&mut self, older: bool, effects: &mut Vec<Effect>) {
        let Some(search) = &mut self.finding.search else { return };
        let (at, count) = (search.chosen, search.hits.len());
        match older {
            true if at > 0 => self.show_hit(at - 1, effects),
            true if search.older != Older::Nothing => {
                search.steps_on = true;
                if search.asked.is_none() {
                    self.ask_older(0, effects);
                }
            }
            false if at + 1 < count => self.show_hit(at + 1, effects),
            _ => {}
        }
    }

    /// Shows a hit where it was said.
    fn show_hit(&mut self, at: usize, effects: &mut Vec<Effect>) {
        let Some(search) = &mut self.finding.search else { return };
        let Some(hit) = search.hits.get(at).cloned() else { return };
        (search.chosen, search.has_moved) = (at, true);
        let is_channel = self.session.support().is_channel(&hit.place);
        let window = match self.windows.iter().position(|window| window.is(&hit.place)) {
            Some(window) => window,
            None if !is_channel => self.window_for(&hit.place, With::Person),
            None => {
                let name = crate::irc::text::plain(&hit.place);
                return self.say(Status::Error(format!("it was said in {name}: /join {name}")));
            }
        };
        self.peek(window);
        self.forget_jumps();
        let here = hit.entry.filter(|id| self.window().index_of(*id).is_some());
        match here {
            Some(entry) => self.aim(entry, true),
            None => self.go_to(Place { msgid: hit.msgid, at: hit.at, in_context: true }, effects),
        }
    }

    /// The window has another size: a hit that one has come to stays in sight.
    pub(super) fn on_resize(&mut self, columns: u16, rows: u16) {
        self.size = (columns, rows);
        let Some(hit) = self.search().and_then(|search| search.hits.get(search.chosen()?)) else { return };
        let here = hit.entry.filter(|id| self.window().index_of(*id).is_some());
        let found = || self.window().find(&hit.msgid, hit.at).filter(|_| !hit.msgid.is_empty());
        if let Some(entry) = here.or_else(found).filter(|_| self.window().is(&hit.place)) {
            // Title, status, input and what is new below take some of the rows.
            self.page = rows.saturating_sub(6).max(1);
            self.aim(entry, true);
        }
    }

    /// Shows a window without its being taken for read.
    fn peek(&mut self, at: usize) {
        if at == self.current || at >= self.windows.len() {
            return;
        }
        let (left, last) = (self.current, self.last.clone());
        let marks = [left, at]
            .map(|at| (at, self.windows[at].mark, self.windows[at].unread, self.windows[at].mentions));
        self.show(at);
        for (at, mark, unread, mentions) in marks {
            let window = &mut self.windows[at];
            (window.mark, window.unread, window.mentions) = (mark, unread, mentions);
        }
        self.last = last;
    }

    /// The end: the reader goes back to where they were, or stays and can come back later.
    pub(super) fn close_search(&mut self, back: bool, effects: &mut Vec<Effect>) {
        let Some(search) = self.finding.search.take() else { return };
        if !search.has_moved {
            return;
        }
        if back {
            self.forget_jumps();
            if let Some(at) = self.windows.iter().position(|window| window.name == search.origin.0) {
                self.peek(at);
                self.take_place(search.origin.1, effects);
            }
            return;
        }
        self.windows[self.current].seen();
        if search.origin.0 != self.window().name {
            self.last.clone_from(&search.origin.0);
        }
        self.note_visit(search.origin);
    }
}

/// Whether what a key does leaves the search as it is.
fn stays(action: Action) -> bool {
    matches!(
        action,
        Action::PageUp
            | Action::PageDown
            | Action::RowUp
            | Action::RowDown
            | Action::Suspend
            | Action::Repaint
            | Action::Help
            | Action::Mouse
            | Action::Rooms
            | Action::People
            | Action::Unfold
    )
}

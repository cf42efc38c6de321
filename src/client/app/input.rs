//! Keys and paste.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::super::address::Address;
use super::super::command;
use super::super::keys::{Action, Does, SHEET};
use super::super::window::{Drawn, Heading, Past, Scroll};
use super::connection::Connection;
use super::guard::is_command;
use super::{About, App, Effect, Field, Overlay, Question, Screen, Status};
use crate::irc::text::plain;

/// Rows that the sheet of keys scrolls by at a time.
const SHEET_STEP: u16 = 8;

/// Where the sheet of keys begins after a key that scrolls it.
fn sheet_scrolled(from: u16, key: &KeyEvent, action: Option<Action>) -> Option<u16> {
    let last = u16::try_from(SHEET.len()).unwrap_or(u16::MAX);
    match (action, key.code) {
        (Some(Action::PageDown), _) => Some((from + SHEET_STEP).min(last)),
        (Some(Action::PageUp), _) => Some(from.saturating_sub(SHEET_STEP)),
        (_, KeyCode::Down) => Some((from + 1).min(last)),
        (_, KeyCode::Up) => Some(from.saturating_sub(1)),
        _ => None,
    }
}

impl App {
    pub(super) fn on_key(&mut self, key: &KeyEvent, effects: &mut Vec<Effect>) {
        if key.kind == KeyEventKind::Release {
            return;
        }
        let action = self.keys.action(key);
        if self.leaving.is_some() {
            // Whoever asks again does not want to wait.
            if matches!(action, Some(Action::ClearOrLeave | Action::DeleteOrLeave)) {
                effects.push(Effect::Quit);
            }
            return;
        }
        match self.screen {
            Screen::Form(_) => return self.on_form_key(key, action, effects),
            Screen::Connecting(_) => {
                match action {
                    Some(Action::ClearOrLeave | Action::DeleteOrLeave | Action::Escape) => {
                        effects.push(Effect::Quit);
                    }
                    Some(Action::Suspend) => self.suspend(effects),
                    Some(Action::Repaint) => effects.push(Effect::Repaint),
                    _ => {}
                }
                return;
            }
            Screen::Rooms => {}
        }
        match self.overlay.take() {
            Some(Overlay::Help { from }) => {
                if matches!(action, Some(Action::Help | Action::Escape)) {
                    return;
                }
                if let Some(from) = sheet_scrolled(from, key, action) {
                    self.overlay = Some(Overlay::Help { from });
                    return;
                }
            }
            Some(Overlay::Switcher(switcher)) => {
                if let Some(action) = self.on_switcher_key(switcher, key, action, effects) {
                    self.act(action, effects);
                }
                return;
            }
            Some(Overlay::Guard(guard)) => return self.on_guard_key(guard, key, action, effects),
            None => {}
        }
        if let Some(question) = self.question.take()
            && self.answer(question.about, key, action, effects)
        {
            return;
        }
        if self.on_hint_key(key, effects) {
            return;
        }
        if self.on_finding_key(key, action, effects) || self.on_select_key(key, action, effects) {
            return;
        }
        if self.editor.search().is_some() && self.on_search_key(key) {
            return;
        }
        match action {
            Some(action) => self.act(action, effects),
            None => self.keys.edit(&mut self.editor, key),
        }
    }

    /// A key while a question is asked: whether it was the answer. Any other key means no, and does what it does.
    fn answer(
        &mut self,
        about: About,
        key: &KeyEvent,
        action: Option<Action>,
        effects: &mut Vec<Effect>,
    ) -> bool {
        match (about, action, key.code) {
            (About::Leave, Some(Action::ClearOrLeave | Action::DeleteOrLeave), _) => {
                self.leave(None, effects);
            }
            (About::LeaveWord, Some(Action::Send), _)
            | (About::LeaveWord, None, KeyCode::Char('y' | 'Y')) => {
                self.editor.clear();
                self.leave(None, effects);
            }
            (About::LeaveWord, None, KeyCode::Char('s')) => {
                let text = self.editor.take();
                self.say_here(&text, effects);
            }
            (_, Some(Action::Escape), _) => {}
            _ => return false,
        }
        true
    }

    /// Whether the user means to leave. Whoever hosts takes everybody with them, and is told so.
    fn leave_question(&self) -> &'static str {
        if self.options.hosts { "stop the server for all, and leave?" } else { "leave chatui?" }
    }

    /// Stops until continued. Whoever hosts would stop the server with it, and nobody could say anything any more.
    pub(super) fn suspend(&mut self, effects: &mut Vec<Effect>) {
        if self.options.hosts {
            self.say(Status::Error("the server runs in here, and would stop for all: it goes on".to_owned()));
        } else {
            effects.push(Effect::Suspend);
        }
    }

    fn ask_user(&mut self, about: About, text: &str) {
        self.question = Some(Question { text: text.to_owned(), about });
    }

    fn act(&mut self, action: Action, effects: &mut Vec<Effect>) {
        match action {
            Action::Send => self.on_enter(effects),
            Action::NewLine => self.editor.insert('\n'),
            Action::Complete => self.complete(true),
            Action::CompleteBack => self.complete(false),
            // Ctrl-D, too: who holds it to delete what follows must not find himself outside.
            Action::ClearOrLeave | Action::DeleteOrLeave if self.editor.is_empty() => {
                let keys = self.keys.keys_of(Does::Act(action));
                let key = keys.first().map(ToString::to_string).unwrap_or_default();
                self.ask_user(About::Leave, &format!("{} {key} again", self.leave_question()));
            }
            Action::ClearOrLeave => self.editor.clear(),
            Action::DeleteOrLeave => self.editor.delete(),
            Action::Escape if self.editor.completion().is_some() => self.editor.complete_cancel(),
            Action::Escape if self.answering.is_some() => self.answering = None,
            Action::Select => self.select(),
            Action::Escape | Action::Newest => self.windows[self.current].go_live(),
            Action::Suspend => self.suspend(effects),
            Action::Repaint => effects.push(Effect::Repaint),
            Action::PageUp => self.scroll(i32::from(self.page.saturating_sub(2).max(1))),
            Action::PageDown => self.scroll(-i32::from(self.page.saturating_sub(2).max(1))),
            Action::RowUp => self.scroll(1),
            Action::RowDown => self.scroll(-1),
            Action::HomeOrOldest if !self.editor.is_empty() => self.editor.home(),
            Action::EndOrNewest if !self.editor.is_empty() => self.editor.end(),
            Action::HomeOrOldest | Action::Oldest => self.go_to_beginning(effects),
            Action::EndOrNewest => self.windows[self.current].go_live(),
            Action::FirstUnread => match self.window().mark {
                Some(mark) => self.scroll_to(Scroll::Top(mark.entry)),
                None => self.say(Status::Info("nothing is unread here".to_owned())),
            },
            Action::Goto => {
                // What is typed already is put back by undo.
                self.editor.clear();
                self.editor.paste("/goto ");
            }
            Action::BackOrWord if self.editor.is_empty() => self.jump_back(true, effects),
            Action::BackOrWord => self.editor.word_left(),
            Action::ForwardOrWord if self.editor.is_empty() => self.jump_back(false, effects),
            Action::ForwardOrWord => self.editor.word_right(),
            Action::Search => self.open_search(),
            Action::OlderMention => self.step_mention(true, effects),
            Action::NewerMention => self.step_mention(false, effects),
            Action::NextWindow => self.step(1),
            Action::PreviousWindow => self.step(self.windows.len() - 1),
            Action::LastWindow => {
                if let Some(at) = self.windows.iter().position(|window| window.name == self.last) {
                    self.show(at);
                }
            }
            Action::NextActive => self.show_active(),
            Action::Switch => self.open_switcher(),
            Action::Window(number) if usize::from(number) < self.windows.len() => self.show(number.into()),
            Action::Window(number) => self.say(Status::Info(format!("there is no room {number}"))),
            Action::Help => self.overlay = Some(Overlay::Help { from: 0 }),
            Action::Rooms => self.turn_rooms(),
            Action::People => self.turn_people(),
            Action::Mouse => {
                self.mouse = !self.mouse;
                effects.push(Effect::Mouse(self.mouse));
                let text = if self.mouse { "the mouse scrolls here" } else { "the mouse selects text" };
                self.say(Status::Info(text.to_owned()));
            }
            Action::SearchHistory => self.editor.search_older(),
            Action::Edit => effects.push(Effect::Edit(self.editor.text().to_owned())),
            Action::Unfold => self.turn_comings(),
            Action::Hint => self.show_hints(),
        }
    }

    /// A key while the input history is searched: whether it belongs to the search.
    fn on_search_key(&mut self, key: &KeyEvent) -> bool {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('r' | 's') if control => self.editor.search_older(),
            KeyCode::Char('g' | 'c') if control => self.editor.search_cancel(),
            KeyCode::Char(c) if !control && !key.modifiers.contains(KeyModifiers::ALT) => {
                self.editor.search_insert(c);
            }
            KeyCode::Backspace => self.editor.search_delete_back(),
            KeyCode::Esc => self.editor.search_cancel(),
            KeyCode::Enter => self.editor.search_accept(),
            _ => {
                self.editor.search_accept();
                return false;
            }
        }
        true
    }

    fn on_enter(&mut self, effects: &mut Vec<Effect>) {
        // What was said about the line before is not about this one.
        if matches!(self.said, Some((Status::Info(_) | Status::Error(_), _))) {
            self.said = None;
        }
        let text = self.editor.text();
        if text.trim().is_empty() {
            if matches!(self.connection, Connection::Waiting(_) | Connection::None) {
                self.connect_now(effects);
            }
            return;
        }
        if command::means_leave(text) {
            let question = format!("{} Enter leaves · s says it · Esc", self.leave_question());
            self.ask_user(About::LeaveWord, &question);
            return;
        }
        let is_command = is_command(text);
        if !self.is_small() {
            self.ask_to_send();
            return;
        }
        if !is_command && let Some(reason) = self.deaf_here() {
            // What was typed stays where it is: it can be said somewhere else, or after coming in.
            self.say(Status::Error(plain(&reason)));
            return;
        }
        match command::parse(text) {
            Ok(command) => {
                self.editor.take();
                self.run(command, effects);
            }
            // What was typed stays: a slip is mended there, and not typed anew.
            Err(wrong) => self.say(Status::Error(plain(&wrong.to_string()))),
        }
    }

    pub(super) fn on_paste(&mut self, text: &str) {
        match &mut self.screen {
            Screen::Form(form) => {
                form.edited().paste(text.trim());
            }
            Screen::Connecting(_) => {}
            Screen::Rooms => {
                if let Some(Overlay::Switcher(switcher)) = &mut self.overlay {
                    switcher.query.paste(text.lines().next().unwrap_or_default());
                    return;
                }
                if let Some(search) = &mut self.finding.search {
                    search.query.paste(text.lines().next().unwrap_or_default());
                    return;
                }
                self.question = None;
                self.forget_selection();
                // A line end at the very end is not one that was meant.
                self.paste(text.strip_suffix('\n').unwrap_or(text));
            }
        }
    }

    /// The user's own editor has ended.
    pub(super) fn on_edited(&mut self, text: Result<String, String>) {
        match text {
            Ok(text) => {
                // Undo brings back what was there before.
                self.editor.clear();
                if !self.editor.paste(text.trim_end()) {
                    self.say(Status::Error("the end of the text did not fit and was left out".to_owned()));
                }
            }
            Err(reason) => self.say(Status::Error(plain(&reason))),
        }
    }

    pub(super) fn on_focus(&mut self, focused: bool) {
        (self.focused, self.tells_focus) = (focused, true);
        if focused {
            self.windows[self.current].seen();
        } else {
            self.windows[self.current].mark = None;
        }
    }

    pub(super) fn on_drawn(&mut self, drawn: &Drawn, effects: &mut Vec<Effect>) {
        if !matches!(self.screen, Screen::Rooms) {
            return;
        }
        (self.page, self.drawn) = (drawn.rows, *drawn);
        self.windows[self.current].drawn(drawn);
        self.note_read();
        self.note_place(effects);
        self.load_seen(drawn.at_top, drawn.gap, effects);
    }

    /// Scrolls by so many rows, up if positive. The next frame knows where that is.
    pub(super) fn scroll(&mut self, rows: i32) {
        let window = &mut self.windows[self.current];
        if rows > 0 || !window.is_live() {
            window.moved = window.moved.saturating_add(rows);
            window.heading = if rows > 0 { Heading::Up } else { Heading::Down };
        }
    }

    fn scroll_to(&mut self, scroll: Scroll) {
        let window = &mut self.windows[self.current];
        (window.scroll, window.moved, window.heading) = (scroll, 0, Heading::Up);
        if window.past == Past::Complete && window.entries().is_empty() {
            window.scroll = Scroll::Live;
        }
    }

    fn step(&mut self, by: usize) {
        // The server's window is reached by its number; walking goes through the rooms.
        let count = self.windows.len();
        let mut next = (self.current + by) % count;
        if next == 0 && count > 1 {
            next = (next + by) % count;
        }
        self.show(next);
    }

    fn show_active(&mut self) {
        let rank = |at: &usize| {
            let window = &self.windows[*at];
            (usize::from(window.mentions > 0), window.urgent().min(1))
        };
        let count = self.windows.len();
        let next = (1..count).map(|n| (self.current + n) % count).rev().max_by_key(rank);
        match next.filter(|at| self.windows[*at].urgent() > 0) {
            Some(at) => self.show(at),
            None => self.say(Status::Info("nothing new".to_owned())),
        }
    }

    /// Shows a window: what was typed in the one before is put away with it.
    pub(super) fn show(&mut self, at: usize) {
        if at == self.current || at >= self.windows.len() {
            return;
        }
        let draft = self.editor.swap(std::mem::take(&mut self.windows[at].draft));
        let left = &mut self.windows[self.current];
        left.draft = draft;
        left.mark = None;
        self.last.clone_from(&left.name);
        self.current = at;
        self.windows[at].seen();
        self.question = None;
        self.forget_selection();
    }

    fn on_form_key(&mut self, key: &KeyEvent, action: Option<Action>, effects: &mut Vec<Effect>) {
        let Screen::Form(form) = &mut self.screen else { return };
        form.error = None;
        match (action, key.code) {
            (Some(Action::Send), _) => self.on_form_enter(effects),
            (Some(Action::ClearOrLeave | Action::Escape), _) => effects.push(Effect::Quit),
            (Some(Action::DeleteOrLeave), _) if form.edited().is_empty() => effects.push(Effect::Quit),
            (Some(Action::DeleteOrLeave), _) => form.edited().delete(),
            (Some(Action::Suspend), _) => self.suspend(effects),
            (Some(Action::Repaint), _) => effects.push(Effect::Repaint),
            (Some(Action::HomeOrOldest), _) => form.edited().home(),
            (Some(Action::EndOrNewest), _) => form.edited().end(),
            (Some(Action::Complete | Action::CompleteBack), _) | (_, KeyCode::Up | KeyCode::Down) => {
                form.field = if form.field == Field::Host { Field::Nick } else { Field::Host };
            }
            (Some(_), _) => {}
            (None, _) => self.keys.edit(form.edited(), key),
        }
    }

    fn on_form_enter(&mut self, effects: &mut Vec<Effect>) {
        let Screen::Form(form) = &mut self.screen else { return };
        let address = match Address::parse(form.host.text()) {
            Ok(address) => address,
            Err(reason) => {
                form.error = Some(reason);
                form.field = Field::Host;
                return;
            }
        };
        let nick = form.nick.text().trim().to_owned();
        if nick.is_empty() || nick.contains(char::is_whitespace) {
            form.error = Some("a nick is one word".to_owned());
            form.field = Field::Nick;
            return;
        }
        self.options.nick_is_login = self.options.nick_is_login && nick == self.options.nick;
        self.typed_host = Some(form.host.text().to_owned());
        self.session.set_wanted_nick(&nick);
        self.first_connect(&address, effects);
    }
}

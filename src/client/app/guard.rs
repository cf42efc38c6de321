//! Nothing large is sent by accident: what would become many lines or many messages is shown and asked about, whether
//! it was pasted or typed. Asked is by what would really go over the wire.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::super::command::{self, Command};
use super::super::editor::Draft;
use super::super::keys::Action;
use super::{App, Effect, Overlay, Status};
use crate::irc::text::plain;

/// The question whether a text is to be sent.
#[derive(Debug)]
pub struct Guard {
    /// What the input was before the paste; none if all of it was typed.
    before: Option<Draft>,
    /// How many bytes of the paste have no room in the input: then it cannot be sent.
    pub left_out: usize,
}

/// How much a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Its lines that are not blank.
    pub lines: usize,
    /// The messages on the wire that it becomes here.
    pub messages: usize,
    /// Its bytes, those included that have no room in the input.
    pub bytes: usize,
}

impl Guard {
    /// Whether the text was pasted: `Esc` takes it away again.
    pub fn is_paste(&self) -> bool {
        self.before.is_some()
    }
}

impl App {
    /// How much the input is; `guard`: with what did not fit into it.
    pub fn measure(&self, guard: &Guard) -> Measure {
        let (lines, messages) = self.typed_pieces();
        Measure { lines, messages, bytes: self.editor.text().len() + guard.left_out }
    }

    /// Whether what is in the input is sent without a question.
    pub(super) fn is_small(&self) -> bool {
        let (lines, messages) = self.typed_pieces();
        lines <= self.settings.paste_lines as usize && messages <= lines
    }

    /// How many lines the input has, and how many messages they become: here, or where a command says them. A command that
    /// says nothing is one line to the server at most.
    pub(super) fn typed_pieces(&self) -> (usize, usize) {
        let (text, here) = (self.editor.text(), &self.window().name);
        if !is_command(text) {
            return self.wire_pieces(text, here, false);
        }
        match command::parse(text) {
            Ok(Command::Me(words)) => self.wire_pieces(&words, here, true),
            Ok(Command::Message(to, words) | Command::Notice(to, words)) => {
                self.wire_pieces(&words, &to, false)
            }
            Ok(Command::Query(nick, Some(words))) => self.wire_pieces(&words, &nick, false),
            _ => {
                let (lines, messages) = self.wire_pieces(text, here, false);
                (lines, if lines == 1 { 1 } else { messages })
            }
        }
    }

    /// Asks whether what was typed is to be sent.
    pub(super) fn ask_to_send(&mut self) {
        self.overlay = Some(Overlay::Guard(Box::new(Guard { before: None, left_out: 0 })));
    }

    /// A text is pasted into the input.
    pub(super) fn paste(&mut self, text: &str) {
        let before = Draft { text: self.editor.text().to_owned(), cursor: self.editor.cursor() };
        let fits = self.editor.paste(text);
        let left_out =
            if fits { 0 } else { (before.text.len() + text.len()).saturating_sub(self.editor.text().len()) };
        if let Some(Overlay::Guard(guard)) = &mut self.overlay {
            // The rest of a paste that has the end of one in it.
            guard.left_out += left_out;
        } else if !fits || !self.is_small() {
            self.overlay = Some(Overlay::Guard(Box::new(Guard { before: Some(before), left_out })));
        }
    }

    /// A key while it is asked. All but those that answer do nothing: what is pasted may go on arriving.
    pub(super) fn on_guard_key(
        &mut self,
        guard: Box<Guard>,
        key: &KeyEvent,
        action: Option<Action>,
        effects: &mut Vec<Effect>,
    ) {
        let is_plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        match (action, key.code) {
            (Some(Action::Send), _) if guard.left_out == 0 => return self.send_guarded(effects),
            (None, KeyCode::Char('e' | 'E')) if is_plain => return,
            (Some(Action::Escape | Action::ClearOrLeave), _) => {
                if let Some(before) = guard.before {
                    self.editor.clear();
                    self.editor.paste(&before.text);
                    self.editor.place(before.cursor);
                }
                return;
            }
            // A line end of what is pasted.
            (Some(Action::NewLine), _) => self.editor.insert('\n'),
            (Some(Action::Suspend), _) => self.suspend(effects),
            (Some(Action::Repaint), _) => effects.push(Effect::Repaint),
            _ => {}
        }
        self.overlay = Some(Overlay::Guard(guard));
    }

    fn send_guarded(&mut self, effects: &mut Vec<Effect>) {
        let text = self.editor.text();
        if is_command(text)
            && !text.trim_end().contains('\n')
            && let Ok(command) = command::parse(text)
        {
            self.editor.take();
            return self.run(command, effects);
        }
        if let Some(reason) = self.deaf_here() {
            self.say(Status::Error(plain(&reason)));
            return;
        }
        let text = self.editor.take();
        let words = match command::parse(&text) {
            Ok(Command::Say(words)) => words,
            // Lines that begin with a slash are words here, and no command.
            _ => text,
        };
        self.say_here(&words, effects);
    }
}

/// Whether a text is taken for a command.
pub(super) fn is_command(text: &str) -> bool {
    text.starts_with('/') && !text.starts_with("//")
}

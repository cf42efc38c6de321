//! What the word at the cursor may become: the nicks of this room, commands, rooms, emoji.

use super::super::command;
use super::super::editor::{Candidate, Kind as Word};
use super::super::emoji;
use super::super::window::With;
use super::{App, Status};
use crate::irc::Time;
use crate::irc::text::plain;

/// Somebody who spoke longer ago than so many minutes is not said to have.
const MINUTES_MOST: u64 = 600;

impl App {
    /// `Tab`: completes the word at the cursor, or goes on to the next match.
    pub(super) fn complete(&mut self, forward: bool) {
        let mut editor = std::mem::take(&mut self.editor);
        let before = editor.before_word().to_owned();
        let found = editor.complete(forward, |word| self.candidates(word, &before));
        self.editor = editor;
        if !found && self.editor.is_empty() {
            self.say(Status::Info("Tab completes a nick, a /command, a #room or an :emoji".to_owned()));
        }
    }

    /// What a word of this kind can be completed to, the most likely first.
    fn candidates(&self, word: Word, before: &str) -> Vec<Candidate> {
        let candidate = |text: String, note: &str| Candidate { text, sign: None, note: note.to_owned() };
        match word {
            Word::Argument => self.arguments(before),
            Word::Command => {
                command::TABLE.iter().map(|spec| candidate(format!("/{}", spec.name), spec.what)).collect()
            }
            Word::Channel => {
                let channels = self.windows.iter().filter(|window| window.with == With::Channel);
                channels.map(|window| candidate(plain(&window.name), "room")).collect()
            }
            Word::Emoji => emoji::all()
                .map(|emoji| Candidate {
                    text: format!(":{}:", emoji.short),
                    sign: Some(emoji.sign),
                    note: emoji.name.to_owned(),
                })
                .collect(),
            Word::Nick => {
                let window = self.window();
                let Some(channel) = self.session.channel(&window.name) else {
                    return vec![candidate(plain(&window.name), "")];
                };
                let mut members: Vec<_> =
                    channel.members().iter().filter(|member| *member.nick != *self.session.nick()).collect();
                // Whoever spoke last is most likely meant.
                members.sort_by_key(|member| std::cmp::Reverse(member.spoke));
                members
                    .iter()
                    .map(|member| candidate(plain(&member.nick), &spoke(self.now, member.spoke)))
                    .collect()
            }
        }
    }
}

/// When somebody spoke, in words; nothing if it is too long ago.
fn spoke(now: Time, at: Time) -> String {
    match now.since(at).as_secs() / 60 {
        _ if at == Time::default() => String::new(),
        0 => "spoke just now".to_owned(),
        minutes if minutes < MINUTES_MOST => format!("spoke {minutes} min ago"),
        _ => String::new(),
    }
}

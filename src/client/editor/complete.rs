//! Completion of the word at the cursor: nicks, commands, channels. What could be meant comes in as data, the most
//! likely first; this picks what fits and walks through it.

use super::{Editor, Last, TEXT_MAX};

/// Most matches of one completion that are walked through.
pub const MATCHES_MAX: usize = 256;

/// What kind of word stands at the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A nick: anything that is none of the others.
    Nick,
    /// `/command`: the first word of the input, with its slash.
    Command,
    /// `#channel`, with its sign.
    Channel,
    /// `:emoji:`, with its colon and at least one letter.
    Emoji,
    /// What follows one of the [`COMMANDS`] whose arguments are known.
    Argument,
}

/// The commands whose arguments are known, with the blank behind each.
pub const COMMANDS: [&str; 4] = ["/set ", "/unset ", "/keys ", "/help "];

/// Something that a word can be completed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The whole word: `alice`, `/join`, `#lobby`, `:tada:`.
    pub text: String,
    /// What it becomes, if that is something else: the emoji.
    pub sign: Option<&'static str>,
    /// What it is, for the menu: `spoke 3 min ago`, `room`.
    pub note: String,
}

/// A completion under way: the menu above the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What fits, most likely first. A single one needs no menu.
    pub matches: Vec<Candidate>,
    /// Which of them stands in the input.
    pub chosen: usize,
    /// The byte at which the word begins.
    pub start: usize,
    /// What kind of word it is.
    pub kind: Kind,
    /// What had been typed of it.
    typed: String,
}

impl Completion {
    /// What separates the word from the next.
    fn separator(&self) -> &'static str {
        if self.start == 0 && self.kind == Kind::Nick { ": " } else { " " }
    }
}

impl Candidate {
    /// How it stands in the menu.
    pub fn shown(&self) -> String {
        self.sign.map_or_else(|| self.text.clone(), |sign| format!("{sign} {}", self.text))
    }
}

impl Editor {
    /// The completion under way, until the next key that is none of its own.
    pub fn completion(&self) -> Option<&Completion> {
        self.completion.as_ref()
    }

    /// Completes the word before the cursor, or goes on to the next (`forward`) or previous match. What could be
    /// meant is asked for only when a completion begins: candidates of that kind, most likely first. A nick at the
    /// start of the input gets `: `, all else a blank. `false` if nothing fits.
    pub fn complete(&mut self, forward: bool, candidates: impl FnOnce(Kind) -> Vec<Candidate>) -> bool {
        let mut completion = match self.completion.take() {
            Some(mut completion) => {
                let count = completion.matches.len();
                let step = if forward { 1 } else { count - 1 };
                completion.chosen = (completion.chosen + step) % count;
                completion
            }
            None => {
                let Some(completion) = self.begin(candidates) else { return false };
                self.before_change(Last::Other);
                if forward {
                    completion
                } else {
                    Completion { chosen: completion.matches.len() - 1, ..completion }
                }
            }
        };
        let separator = completion.separator();
        self.put(&mut completion, separator);
        let goes_on = completion.matches.len() > 1;
        self.settle(Last::Other);
        self.completion = goes_on.then_some(completion);
        true
    }

    /// Takes the match with this number (a click on the menu), and ends the completion.
    pub fn complete_with(&mut self, number: usize) {
        if let Some(mut completion) = self.completion.take()
            && number < completion.matches.len()
        {
            completion.chosen = number;
            let separator = completion.separator();
            self.put(&mut completion, separator);
            self.settle(Last::Other);
        }
    }

    /// Takes the completion back: the word is again as it was typed.
    pub fn complete_cancel(&mut self) {
        if let Some(completion) = self.completion.take() {
            self.text.replace_range(completion.start..self.cursor, &completion.typed);
            self.cursor = completion.start + completion.typed.len();
            self.snap();
            self.settle(Last::Other);
        }
    }

    /// What stands before the word at the cursor.
    pub fn before_word(&self) -> &str {
        self.text.get(..self.word()).unwrap_or_default()
    }

    /// The byte at which the word at the cursor begins.
    fn word(&self) -> usize {
        let before = &self.text[..self.cursor];
        before.rfind(char::is_whitespace).map_or(0, |at| super::next_border(&self.text, at))
    }

    fn begin(&self, candidates: impl FnOnce(Kind) -> Vec<Candidate>) -> Option<Completion> {
        let start = self.word();
        let typed = self.text[..self.cursor].get(start..)?;
        let kind = match typed.chars().next() {
            _ if COMMANDS.iter().any(|command| self.before_word().starts_with(command)) => Kind::Argument,
            None => return None,
            Some('/') if start == 0 => Kind::Command,
            Some('#') => Kind::Channel,
            Some(':') if typed[1..].starts_with(|c: char| c.is_alphanumeric() || matches!(c, '+' | '-')) => {
                Kind::Emoji
            }
            Some(_) => Kind::Nick,
        };
        let wanted = typed.to_lowercase();
        let mut all = candidates(kind);
        if kind == Kind::Emoji {
            // A heart is meant more often than a heart of some kind.
            all.sort_by_key(|candidate| candidate.text.len());
        }
        let begins = |candidate: &&Candidate| candidate.text.to_lowercase().starts_with(&wanted);
        // Of an emoji's name one may remember any part.
        let within = wanted.trim_start_matches(':');
        let has = |candidate: &&Candidate| kind == Kind::Emoji && candidate.text.contains(within);
        let matches: Vec<Candidate> = all
            .iter()
            .filter(begins)
            .chain(all.iter().filter(|candidate| has(candidate) && !begins(candidate)))
            .take(MATCHES_MAX)
            .cloned()
            .collect();
        (!matches.is_empty()).then(|| Completion { matches, chosen: 0, start, kind, typed: typed.to_owned() })
    }

    /// Puts the chosen match in the place of the word, and after it what separates it from the next; a blank that is
    /// there already is used. The cursor stands behind both.
    fn put(&mut self, completion: &mut Completion, separator: &str) {
        let Some(candidate) = completion.matches.get(completion.chosen) else { return };
        let rest = &self.text[self.cursor..];
        let separator = if rest.starts_with(' ') { separator.trim_end() } else { separator };
        let word = format!("{}{separator}", candidate.sign.unwrap_or(&candidate.text));
        if completion.start + word.len() + rest.len() > TEXT_MAX {
            return;
        }
        self.text.replace_range(completion.start..self.cursor, &word);
        self.cursor = completion.start + word.len();
        self.snap();
    }
}

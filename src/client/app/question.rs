//! The questions about the past that are open: why each was asked, and until when its answer is awaited.

use std::time::Duration;

use super::super::entry::EntryId;
use super::super::pace::Rank;
use super::super::session::{Ask, MAX_CHANNELS};
use super::jump::Place;
use super::{App, Effect};
use crate::irc::Time;

/// Most questions about the past that are open at once: two for each channel.
const MAX_ASKS: usize = 2 * MAX_CHANNELS;
/// How long an answer is awaited; then it is as if the server had none.
const PATIENCE_FOR_HISTORY: Duration = Duration::from_secs(30);

/// Why a piece of the past was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The last lines of a channel never seen before.
    First,
    /// What was missed: this page of it; it goes in front of the gap.
    CatchUp { gap: EntryId, page: u32 },
    /// The last lines, for what was missed is too much: they go behind the gap.
    Rest { gap: EntryId },
    /// Nothing to show: this page of what came since one's unsure lines were sent, to find them or find that they
    /// were not heard.
    Search { page: u32 },
    /// Older lines, for the reader is at the top: those before what was the oldest here then.
    Older { before: Option<EntryId> },
    /// What belongs into a gap the reader has come to from below: the lines before what stands behind it.
    Fill { gap: EntryId },
    /// The same from above: the lines after what stands before it.
    FillOn { gap: EntryId },
    /// Who has written to us since one was here last.
    People,
    /// What was said around a moment: the reader goes there, unless they have gone elsewhere meanwhile.
    Jump { to: Option<Place> },
}

impl Purpose {
    /// Whether nothing is sent to the channel before the answer is there: it tells what has been said already.
    pub(super) fn holds_back(&self) -> bool {
        matches!(self, Purpose::First | Purpose::CatchUp { .. } | Purpose::Search { .. })
    }

    /// Whether what comes next in the direction of the question is later, and not earlier.
    pub(super) fn looks_on(&self) -> bool {
        matches!(self, Purpose::CatchUp { .. } | Purpose::Search { .. } | Purpose::FillOn { .. })
    }
}

/// A question about the past that is not answered yet.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) place: String,
    pub(super) purpose: Purpose,
    pub(super) label: Option<u64>,
    pub(super) limit: u32,
    /// How many answers to the same question have been cut short.
    pub(super) steps: u32,
    /// Where the question begins, if it names a message by its id: a server that has forgotten that one may know the time.
    pub(super) since: Option<Time>,
    /// When it was asked.
    pub(super) at: Time,
    /// The line, as long as it waits for its turn.
    pub(super) held: Option<String>,
}

impl Asked {
    /// When it will be as if the server had no answer.
    pub(super) fn given_up(&self) -> Option<Time> {
        self.held.is_none().then(|| self.at + PATIENCE_FOR_HISTORY)
    }
}

impl App {
    /// Asks about a place.
    pub(super) fn ask(
        &mut self,
        place: &str,
        purpose: Purpose,
        ask: &Ask<'_>,
        limit: u32,
        effects: &mut Vec<Effect>,
    ) {
        if self.asks.len() >= MAX_ASKS {
            return;
        }
        let limit = limit.min(self.session.support().history_page);
        let question = self.session.ask_history(ask, place, limit);
        self.ask_line(place, purpose, question, limit, effects);
        if let Some(asked) = self.asks.last_mut() {
            asked.since = match ask {
                Ask::After(msgid, at) if !msgid.is_empty() => Some(*at),
                _ => None,
            };
        }
    }

    /// Asks by this line with its label.
    pub(super) fn ask_line(
        &mut self,
        place: &str,
        purpose: Purpose,
        (line, label): (String, Option<u64>),
        limit: u32,
        effects: &mut Vec<Effect>,
    ) {
        // What the reader looks at comes first.
        let rank = if self.window().is(place) { Rank::Awaited } else { Rank::Useful };
        let held = (!self.send_in_turn(rank, line.clone(), effects)).then_some(line);
        let (place, at) = (place.to_owned(), self.now);
        self.asks.push(Asked { place, purpose, label, limit, steps: 0, since: None, at, held });
    }

    /// A line that had waited for its turn was sent: if it is a question about the past, its answer is awaited from now on.
    pub(super) fn ask_was_sent(&mut self, line: &str) {
        if let Some(at) = self.asks.iter().position(|asked| asked.held.as_deref() == Some(line)) {
            // The questions stand in the order in which they are asked: so are they answered.
            let asked = self.asks.remove(at);
            self.asks.push(Asked { at: self.now, held: None, ..asked });
        }
    }

    /// The answer was cut short: the same is asked from there on.
    pub(super) fn ask_on(&mut self, asked: Asked, from: &str, at: usize, effects: &mut Vec<Effect>) {
        let time = Time::default();
        let ask = if asked.purpose.looks_on() { Ask::After(from, time) } else { Ask::Before(from, time) };
        let purpose = match asked.purpose {
            Purpose::Older { .. } => Purpose::Older { before: self.windows[at].first() },
            purpose => purpose,
        };
        self.ask(&asked.place, purpose, &ask, asked.limit, effects);
        if let Some(next) = self.asks.last_mut() {
            (next.steps, next.since) = (asked.steps + 1, None);
        }
    }

    /// What was missed is asked for by the time: the server does not know the message any more, or has lost all it knew.
    pub(super) fn ask_by_time(&mut self, asked: &Asked, effects: &mut Vec<Effect>) -> bool {
        let (Purpose::CatchUp { page: 1, .. }, Some(since)) = (&asked.purpose, asked.since) else {
            return false;
        };
        self.ask(&asked.place, asked.purpose.clone(), &Ask::After("", since), asked.limit, effects);
        true
    }

    /// The question that this answer is to.
    pub(super) fn take_ask(&mut self, place: &str, label: Option<u64>) -> Option<Asked> {
        let at = match label {
            Some(label) => self.asks.iter().position(|asked| asked.label == Some(label)),
            // Without a label it answers the oldest question about the place; a refusal may not even name that.
            None => self.asks.iter().position(|asked| {
                asked.held.is_none() && (place.is_empty() || asked.place.eq_ignore_ascii_case(place))
            }),
        }?;
        Some(self.asks.remove(at))
    }

    /// Whether what was said in a channel before is still being asked for.
    pub(super) fn is_catching_up(&self, place: &str) -> bool {
        let asked = |asked: &Asked| asked.purpose.holds_back() && asked.place.eq_ignore_ascii_case(place);
        self.asks.iter().any(asked)
    }
}

//! One thing that happened in a conversation: what it is, who did it, and what became of it.

use std::sync::Arc;

use crate::irc::Time;
use crate::irc::name::same;

/// Which entry of a window: given once, never used again, not ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EntryId(pub(super) u64);

impl EntryId {
    /// It as a number; no other entry of the same window has it.
    pub fn number(self) -> u64 {
        self.0
    }
}

/// What an entry is, and so how it is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Somebody says something.
    Message,
    /// `/me`.
    Action,
    /// A notice of a person or of the server.
    Notice,
    /// A whole sentence of the client about the room or the server.
    Server,
    /// It failed; the text is the sentence.
    Error,
    /// Somebody who is ignored says something.
    Ignored,
    /// `who` came.
    Join,
    /// `who` left the channel; the text is the reason, or empty.
    Part,
    /// `who` left the server; the text is the reason, or empty.
    Quit,
    /// `who` is now called as the text says.
    Nick,
    /// `who` set the topic; the text is the topic. Empty: took it away.
    Topic,
    /// `who` set the modes in the text.
    Mode,
    /// `who` removed somebody: the text's first word is the nick of the removed, the rest the reason.
    Kick,
    /// Messages are missing here.
    Gap(Gap),
    /// Nothing is before this; the text says so in a sentence.
    Beginning,
}

/// Messages that are missing at some place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// How many, if that is known.
    pub missing: Option<u32>,
    /// What is done about it.
    pub state: GapState,
}

/// What is done about a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapState {
    /// Asked for, not yet there.
    Loading,
    /// It will be asked for when the reader comes here.
    Waiting,
    /// The server did not give it.
    Failed,
}

/// What became of an entry of one's own; those of others are always `Sent`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Said and heard.
    #[default]
    Sent,
    /// On its way: not yet echoed, or waiting for the connection.
    Pending,
    /// It was not said; why, in a sentence.
    Failed(Box<str>),
}

/// One thing that happened in a conversation. Text and names are raw, as they came from the wire: the gate
/// ([`crate::irc::text`]) and the wrapping happen when it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which entry; [`Window`](super::window::Window) gives it.
    pub id: EntryId,
    /// When, by the server's clock if it tells.
    pub at: Time,
    /// The server's id of it, or empty.
    pub msgid: Box<str>,
    /// What it is.
    pub kind: Kind,
    /// Who said or did it; empty for the client's own sentences.
    pub who: Arc<str>,
    /// The words.
    pub text: Box<str>,
    /// What became of it.
    pub state: State,
    /// Whether it is one's own.
    pub own: bool,
    /// Whether it names the reader.
    pub mention: bool,
    /// What few entries have.
    pub extra: Option<Box<Extra>>,
}

/// What few entries have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extra {
    /// The server's id of the message that it answers, or empty.
    pub reply: Box<str>,
    /// Of what somebody who is ignored has said: what it would be if they were not.
    pub ignored: Option<Kind>,
    /// What others reacted to it with, in the order in which the first of each came.
    pub reactions: Vec<Reaction>,
}

/// The second of a time, which is all that some servers keep of it in their history.
pub(super) fn second(at: Time) -> u64 {
    at.millis() / 1000
}

impl Extra {
    /// Of a message that answers the one with this id of the server.
    pub fn answer(reply: Box<str>) -> Box<Extra> {
        Box::new(Extra { reply, ..Extra::default() })
    }
}

/// One kind of reaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reaction {
    /// With what, raw.
    pub with: Box<str>,
    /// Who; each once.
    pub who: Vec<Arc<str>>,
}

/// Most kinds of reaction to one message, and most people of each kind, that are kept.
pub const REACTIONS_MOST: usize = 24;
const PEOPLE_MOST: usize = 200;

impl Entry {
    /// An entry of the past or of somebody else; `own`, `mention` and `msgid` are set by the caller when they apply.
    pub fn new(at: Time, kind: Kind, who: Arc<str>, text: &str) -> Entry {
        Entry {
            id: EntryId(0),
            at,
            msgid: "".into(),
            kind,
            who,
            text: text.into(),
            state: State::Sent,
            own: false,
            mention: false,
            extra: None,
        }
    }

    /// Somebody reacts to it. Who does so twice with the same counts once.
    pub fn react(&mut self, who: &str, with: &str) {
        let reactions = &mut self.extra.get_or_insert_default().reactions;
        let at = reactions.iter().position(|reaction| *reaction.with == *with).unwrap_or(reactions.len());
        if at == reactions.len() && at < REACTIONS_MOST {
            reactions.push(Reaction { with: with.into(), who: Vec::new() });
        }
        if let Some(reaction) = reactions.get_mut(at)
            && reaction.who.len() < PEOPLE_MOST
            && !reaction.who.iter().any(|known| same(known, who))
        {
            reaction.who.push(who.into());
        }
    }

    /// Whether somebody's words are in it: only these count as unread.
    pub fn is_speech(&self) -> bool {
        matches!(self.kind, Kind::Message | Kind::Action | Kind::Notice)
    }

    /// Whether it is one of those that fold into one row: comings and goings, and what is ignored.
    pub fn is_foldable(&self) -> bool {
        matches!(self.kind, Kind::Join | Kind::Part | Kind::Quit | Kind::Nick | Kind::Ignored)
    }
}

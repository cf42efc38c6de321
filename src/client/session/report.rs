//! What the session says to whoever holds it.

use std::sync::Arc;

use crate::irc::Time;

/// What somebody did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Said something.
    Message,
    /// `/me`.
    Action,
    /// Said something that nobody is to answer automatically.
    Notice,
    /// Joined the channel.
    Join,
    /// Left the channel; the text is the reason.
    Part,
    /// Left the server; the text is the reason.
    Quit,
    /// Took another nick: the text.
    Nick,
    /// Set the topic: the text.
    Topic,
    /// Set modes: the text.
    Mode,
    /// Removed somebody: the text's first word is who, the rest the reason.
    Kick,
}

/// Something that somebody did in a conversation, now or in the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The conversation: a channel, or the other person's nick; empty if it is the server that speaks.
    pub place: Arc<str>,
    /// What.
    pub what: What,
    /// Who.
    pub who: Arc<str>,
    /// The words, raw; in front of those that not the whole channel heard, to whom they went: `(to @#lobby) `.
    pub text: Box<str>,
    /// When: the server's word, or else when it came.
    pub at: Time,
    /// The server's id of it, or empty.
    pub msgid: Box<str>,
    /// The sender's own id of it (`+chatui/id`), as it came.
    pub id: Option<Box<str>>,
    /// The label of the command that this answers.
    pub label: Option<u64>,
    /// Whether it is one's own.
    pub own: bool,
    /// The server's id of the message that it answers.
    pub reply: Option<Box<str>>,
    /// Whether the one who said it is ignored.
    pub ignored: bool,
}

/// What the server says of what lies beyond a piece of the past, in the direction in which it was asked for
/// ([chathistory](https://ircv3.net/specs/extensions/chathistory)).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Beyond {
    /// It says nothing: a full page may have more behind it.
    #[default]
    Unknown,
    /// Nothing (`draft/chathistory-end`).
    Nothing,
    /// There may be more, although the page is not full: a chatui server searches only so much for one question, and gives
    /// the id from which to ask on (`chatui/history-more`).
    From(Box<str>),
}

/// What the session says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// This line is to be sent.
    Answer(String),
    /// The nick is taken or not allowed; another is tried.
    NickRefused {
        /// The nick that was asked for.
        wanted: String,
        /// The one that is tried now.
        trying: String,
        /// Why, in a sentence of the server.
        reason: String,
    },
    /// This line is to be sent when nothing is more urgent: its answer only makes something nicer.
    Query(String),
    /// The login to the account did not come about, and one does not want to be here without.
    LoginFailed {
        /// Why, in a sentence.
        reason: String,
        /// Whether it may come about later by itself.
        again: bool,
    },
    /// Registered.
    Welcome,
    /// The server has said what it is and what it supports: now channels are joined.
    Ready,
    /// Somebody did something, just now.
    Heard(Heard),
    /// A piece of the past, oldest first, as one block.
    History {
        /// The conversation.
        place: String,
        /// What happened in it.
        items: Vec<Heard>,
        /// How many lines the server sent: a page is full by these.
        lines: usize,
        /// What the server says of what lies beyond.
        beyond: Beyond,
        /// The label of the command that asked.
        label: Option<u64>,
    },
    /// What a search has found, oldest first.
    Found {
        /// What was said; each in its conversation.
        items: Vec<Heard>,
        /// How many lines the server sent.
        lines: usize,
        /// What the server says of what lies beyond.
        beyond: Beyond,
        /// The label of the command that asked.
        label: Option<u64>,
    },
    /// There was something in this conversation, as the server's history has it.
    Target(String),
    /// All such conversations are named.
    TargetsTold,
    /// One has joined a channel.
    Joined(String),
    /// The list of members of a channel one has joined is whole now.
    Named(String),
    /// One has left a channel, or was made to.
    Left(String),
    /// Somebody has another nick; conversations with them go on under it.
    Renamed {
        /// The old nick.
        from: String,
        /// The new nick.
        to: String,
    },
    /// Somebody has left the server: a conversation with them ends with this.
    Gone {
        /// Who.
        who: String,
        /// The reason.
        reason: String,
        /// When.
        at: Time,
    },
    /// The server answers something, in a sentence.
    Told {
        /// The conversation it is about; empty: the server.
        place: String,
        /// The sentence.
        text: String,
        /// Whether it was asked for, and so belongs where the user looks.
        asked: bool,
    },
    /// Something was refused.
    Failed {
        /// The verb that failed, if it is known.
        command: String,
        /// The numeric or the code.
        code: String,
        /// The conversation or the nick it is about; empty if none.
        place: String,
        /// Why, in a sentence.
        text: String,
        /// The label of the command.
        label: Option<u64>,
    },
    /// Somebody is typing, or is no longer.
    Typing {
        /// The conversation.
        place: String,
        /// Who.
        who: String,
        /// Whether they are.
        active: bool,
    },
    /// Somebody reacts to a message.
    Reacted {
        /// The conversation.
        place: String,
        /// Who.
        who: String,
        /// The message, by the server's id.
        msgid: String,
        /// With what: an emoji, as a rule.
        with: String,
    },
    /// How far a conversation was read, here or on another device.
    Read {
        /// The conversation.
        place: String,
        /// Up to what was said then.
        at: Time,
    },
    /// The server has answered a PING of the holder's: it has taken all that was sent before.
    Answered,
    /// The server ends the connection.
    Ended(String),
    /// Nothing has come for too long: the connection is dead.
    Silent,
}

//! What the screen shows besides the conversations, as data.

use std::time::Duration;

use super::super::editor::Editor;
use super::guard::Guard;
use super::switcher::Switcher;
use crate::irc::Time;

/// Which screen is shown.
#[derive(Debug)]
pub enum Screen {
    /// No host was given: the form asks.
    Form(Box<Form>),
    /// The first connection is being made.
    Connecting(Connecting),
    /// The conversations.
    Rooms,
}

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The server.
    Host,
    /// The nick.
    Nick,
}

/// The form that asks where to connect.
#[derive(Debug)]
pub struct Form {
    /// `HOST[:PORT]`.
    pub host: Editor,
    /// The nick.
    pub nick: Editor,
    /// Which of them is being edited.
    pub field: Field,
    /// What is wrong with them, or why no connection came about, in a sentence.
    pub error: Option<String>,
}

impl Form {
    /// A form with what is known filled in.
    pub fn new(host: Option<&str>, nick: &str) -> Form {
        let filled = |text: &str| {
            let mut editor = Editor::new();
            editor.paste(text);
            editor
        };
        Form { host: filled(host.unwrap_or_default()), nick: filled(nick), field: Field::Host, error: None }
    }

    /// The field that is being edited.
    pub fn edited(&mut self) -> &mut Editor {
        match self.field {
            Field::Host => &mut self.host,
            Field::Nick => &mut self.nick,
        }
    }
}

/// The first connection is being made.
#[derive(Clone, Debug, Default)]
pub struct Connecting {
    /// The address as it was given.
    pub address: String,
    /// Every address of it that has been tried, in order; the last one is the one being tried.
    pub tries: Vec<Try>,
    /// Whether the connection stands and the server has yet to welcome us.
    pub greeting: bool,
}

/// One address that was or is being tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Try {
    /// The address, in numbers.
    pub address: String,
    /// Why it failed, or nothing yet.
    pub failed: Option<String>,
}

/// What lies over the messages; at most one thing.
#[derive(Debug)]
pub enum Overlay {
    /// The sheet of keys ([`crate::client::keys::SHEET`]). Any key that does not scroll it closes it, and does what it does.
    Help {
        /// The row it begins with, if it is longer than there is room for.
        from: u16,
    },
    /// The room switcher.
    Switcher(Box<Switcher>),
    /// The question whether so much is to be sent.
    Guard(Box<Guard>),
}

/// Something that is asked in the status line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What is asked and which keys answer it: `leave chatui? Ctrl-C again`.
    pub text: String,
    /// What is asked about.
    pub about: About,
}

/// What a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// To leave; asked by Ctrl-C or Ctrl-D, and answered by either.
    Leave,
    /// Whether a word such as `exit` was meant as a message.
    LeaveWord,
}

/// What is momentary, one thing, the most urgent: the middle of the status line. Texts are gated already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Something is asked.
    Question(String),
    /// Something failed.
    Error(String),
    /// There is no connection.
    Offline {
        /// When the next try is; `None` while one is under way.
        next: Option<Time>,
        /// Whether no try will be made by itself.
        for_good: bool,
        /// How many lines wait to be sent.
        waiting: usize,
    },
    /// The connection is back.
    Back {
        /// How long it was gone.
        after: Duration,
        /// How many waiting lines were sent.
        sent: usize,
    },
    /// A word from the client: `copied`, `no such room`.
    Info(String),
    /// These people are typing; at least one.
    Typing(Vec<String>),
    /// Nothing.
    Quiet,
}

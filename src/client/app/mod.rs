//! The client's core: what has happened comes in as an [`Event`], what is to be done goes out as [`Effect`]s, and
//! what is to be seen is read off the [`App`]. Pure: no socket, no file, no clock, no chance.

mod screen;

use std::time::Duration;

use bytes::Bytes;
use chrono::FixedOffset;
use crossterm::event::{KeyEvent, MouseEvent};

use super::address::Address;
use super::editor::Editor;
use super::session::Channel;
use super::session::Session;
use super::window::{Drawn, Window, With};
use crate::irc::Time;

pub use screen::{About, Connecting, Field, Form, Overlay, Question, Screen, Status, Try};

/// What the user asked for on the command line; plain data.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to connect; `None` shows a form that asks.
    pub server: Option<Address>,
    /// The nick to ask for.
    pub nick: String,
    /// Whether the nick was not chosen but is the login name; then it is said.
    pub nick_is_login: bool,
    /// The channels to join.
    pub channels: Vec<String>,
    /// The server's password.
    pub password: Option<String>,
    /// How long to wait for each address of a name.
    pub connect_timeout: Duration,
    /// Whether to come back when the connection is lost.
    pub reconnect: bool,
    /// Something to show at the start, such as how others can join.
    pub note: Option<String>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            server: None,
            nick: String::new(),
            nick_is_login: false,
            channels: vec!["#lobby".to_owned()],
            password: None,
            connect_timeout: Duration::from_secs(2),
            reconnect: true,
            note: None,
        }
    }
}

/// What the core cannot know by itself; the edge looks it up once.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Chance for message ids and for the jitter of the pauses: counted on from here.
    pub seed: u128,
    /// How far the local clock is from UTC.
    pub offset: FixedOffset,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The host that was used last, for the form.
    pub last_host: Option<String>,
}

/// Something has happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A key was pressed.
    Key(KeyEvent),
    /// A text was pasted.
    Paste(String),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// The mouse.
    Mouse(MouseEvent),
    /// The terminal was given (`true`) or lost the keyboard.
    Focus(bool),
    /// This address is being tried.
    Trying(String),
    /// This address did not answer: the address, and why.
    Unreachable(String, String),
    /// The connection stands.
    Online,
    /// A line has come, without its end.
    Line(Bytes),
    /// The connection is gone, or none came about; why.
    Offline(String),
    /// A frame has been drawn; what it showed.
    Drawn(Drawn),
    /// A moment that [`App::next_tick`] named has come.
    Tick,
    /// The program is asked to end (a signal): say goodbye and go.
    Leave,
}

/// Something is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send this line; its end is added by the link.
    Send(String),
    /// Connect to this address after a pause; a pause under way is replaced.
    Connect {
        /// Where.
        to: Address,
        /// The pause.
        after: Duration,
    },
    /// Close the connection and answer with [`Event::Offline`] and this reason.
    Disconnect(String),
    /// Ring the bell.
    Bell,
    /// Give the terminal back and stop until continued.
    Suspend,
    /// Paint every cell anew.
    Repaint,
    /// Take the mouse, or leave it to the terminal.
    Mouse(bool),
    /// Remember this host for the form's next time.
    Remember(String),
    /// The end: restore the terminal and exit with success.
    Quit,
    /// The end: restore the terminal, print this, and exit with failure.
    Fail(String),
}

/// The client's whole state.
#[derive(Debug)]
pub struct App {
    options: Options,
    offset: FixedOffset,
    now: Time,
    size: (u16, u16),
    focused: bool,
    screen: Screen,
    session: Session,
    windows: Vec<Window>,
    current: usize,
    editor: Editor,
    overlay: Option<Overlay>,
    question: Option<Question>,
    rooms_turned: bool,
    people_turned: bool,
}

/// What the view reads.
impl App {
    /// Which screen is shown.
    pub fn screen(&self) -> &Screen {
        &self.screen
    }

    /// The moment of the last event: what "in 4 s" and "spoke lately" are reckoned from.
    pub fn now(&self) -> Time {
        self.now
    }

    /// How far the local clock is from UTC.
    pub fn offset(&self) -> FixedOffset {
        self.offset
    }

    /// Columns and rows of the terminal.
    pub fn size(&self) -> (u16, u16) {
        self.size
    }

    /// Whether the terminal has the keyboard.
    pub fn focused(&self) -> bool {
        self.focused
    }

    /// All windows in their order: the server's first (number 0), then channels, then people.
    pub fn windows(&self) -> &[Window] {
        &self.windows
    }

    /// The number of the window that is shown.
    pub fn current(&self) -> usize {
        self.current
    }

    /// The window that is shown.
    pub fn window(&self) -> &Window {
        &self.windows[self.current]
    }

    /// Who is in a window and what it is about, if it is a channel that one is in.
    pub fn channel(&self, window: &Window) -> Option<&Channel> {
        (window.with == With::Channel).then(|| self.session.channel(&window.name))?
    }

    /// The client's half of the protocol: nick, prefixes, network.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// One's own nick.
    pub fn nick(&self) -> &str {
        self.session.nick()
    }

    /// The input line.
    pub fn editor(&self) -> &Editor {
        &self.editor
    }

    /// What lies over the messages.
    pub fn overlay(&self) -> Option<Overlay> {
        self.overlay
    }

    /// What is being asked in the status line.
    pub fn question(&self) -> Option<&Question> {
        self.question.as_ref()
    }
}

/// What the view reads of the momentary.
impl App {
    /// The middle of the status line.
    pub fn status(&self) -> Status {
        self.question.as_ref().map_or(Status::Quiet, |question| Status::Question(question.text.clone()))
    }

    /// Whether the user has turned the list of rooms around: shown where it would be folded (as an overlay), folded
    /// where it would stand.
    pub fn rooms_turned(&self) -> bool {
        self.rooms_turned
    }

    /// The same for the list of people.
    pub fn people_turned(&self) -> bool {
        self.people_turned
    }

    /// How many messages on the wire the input would become.
    pub fn wire_messages(&self) -> usize {
        1
    }
}

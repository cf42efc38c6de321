//! The client's core: what has happened comes in as an [`Event`], what is to be done goes out as [`Effect`]s, and
//! what is to be seen is read off the [`App`]. Pure: no socket, no file, no clock, no chance.

mod catchup;
mod commands;
mod completing;
mod connection;
mod flood;
mod guard;
mod heard;
mod hint;
mod input;
mod jump;
mod keeping;
mod mention;
mod momentary;
mod mouse;
mod options;
mod pacing;
mod past;
mod people;
mod perf;
mod question;
mod remembering;
mod screen;
mod search;
mod select;
mod sending;
mod settings;
mod switcher;
mod typing;
mod wanted;
mod when;

use std::time::Duration;

use bytes::Bytes;
use chrono::FixedOffset;
use crossterm::event::{KeyEvent, MouseEvent};

use super::address::Address;
use super::backoff::Backoff;
use super::editor::Editor;
use super::keys::Keymap;
use super::outbox::Outbox;
use super::pace::Pace;
use super::session::{Channel, Identity, Report, Session};
use super::settings::{Comings, Settings};
use super::terminal::notice::Notice;
use super::touch::Touch;
use super::window::{Drawn, Window, With};
use crate::irc::Time;

use connection::Connection;
use flood::Flood;
use keeping::{Drafts, Keeping};
use perf::Perf;
use question::Asked;
use remembering::Remembering;
use search::Finding;
use select::{Answering, Selection};
use settings::Turned;
use typing::Typing;

pub use flood::Stand;
pub use guard::{Guard, Measure};
pub use keeping::Keep;
pub use options::Options;
pub use screen::{About, Connecting, Field, Form, Overlay, Question, Screen, Status, Try};
pub use search::{Hit, Search};
pub use settings::WIDTHS;
pub use switcher::{Found, Switcher, To};
pub use wanted::Wanted;

/// What the core cannot know by itself; the edge looks it up.
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
    /// The server is not to be trusted as it is, and no more tries are made; why, and what can be done.
    Refused(String),
    /// Something about the connection that the user is to know once it stands.
    Told(String),
    /// A frame has been drawn; what it showed.
    Drawn(Drawn),
    /// And what of it can be touched.
    Touchable(Touch),
    /// The local clock is this far from UTC now: summer has come, or the machine has travelled.
    Offset(FixedOffset),
    /// A moment that [`App::next_tick`] named has come.
    Tick,
    /// What clients before this one left unsettled: the journal of each, as [`Keep::Open`] found them.
    Kept(Vec<Bytes>),
    /// The journal cannot be kept; why.
    NotKept(String),
    /// What is remembered of the conversations, as [`Keep::Memory`] wrote it.
    Recalled(Bytes),
    /// It could not be written; why.
    NotRemembered(String),
    /// A change could not be written into the configuration; why.
    NotSet(String),
    /// The user's own editor has ended: the draft, or why there is none.
    Edited(Result<String, String>),
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
    /// Have the desktop show this; through the gate.
    Notify(Notice),
    /// Give the terminal back and stop until continued.
    Suspend,
    /// Give the terminal to the user's own editor with this draft; answer with [`Event::Edited`].
    Edit(String),
    /// Give this text to the terminal's clipboard.
    Copy(String),
    /// Open this link of the web.
    Open(String),
    /// Paint every cell anew.
    Repaint,
    /// Draw at once: what the user asked for and waits for is there. Once for each thing that they ask for.
    Hurry,
    /// Take the mouse, or leave it to the terminal.
    Mouse(bool),
    /// The colours were set otherwise.
    Look,
    /// Keep what is to outlive the client. Done at once: what comes after it in the list waits.
    Keep(Keep),
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
    keys: Keymap,
    settings: Settings,
    /// How far the local clock is from UTC, and the clock that is shown.
    local_offset: FixedOffset,
    offset: FixedOffset,
    now: Time,
    size: (u16, u16),
    focused: bool,
    /// Whether the terminal tells when it is given and loses the keyboard.
    tells_focus: bool,
    screen: Screen,
    session: Session,
    windows: Vec<Window>,
    current: usize,
    /// The window that was shown before this one, by name.
    last: String,
    editor: Editor,
    overlay: Option<Overlay>,
    question: Option<Question>,
    selection: Option<Selection>,
    /// Whether a letter opens one of the links on the screen.
    hinting: bool,
    answering: Option<Answering>,
    finding: Finding,
    /// What the last frame showed.
    drawn: Drawn,
    /// What of it can be touched.
    touch: Touch,
    flood: Flood,
    /// What the status line says for a moment, and until when.
    said: Option<(Status, Time)>,
    turned: Turned,
    comings: Comings,
    mouse: bool,
    /// How many rows the messages had in the last frame.
    page: u16,
    perf: Perf,
    connection: Connection,
    /// What was typed into the form as the server, until there is a welcome: if there is none, the form asks again.
    typed_host: Option<String>,
    backoff: Backoff,
    /// The login to the account was refused: the connection is given up for that, and none is made by itself.
    locked_out: bool,
    /// Since when one is welcome.
    welcomed: Option<Time>,
    pace: Pace,
    /// To whom the last line went that had waited for its turn.
    said_to: String,
    /// When the connection was lost.
    lost: Option<Time>,
    /// What the user is to know of the connection once he is inside: a few sentences at most.
    told: Vec<String>,
    /// How many lines that had waited were sent since the connection came back.
    sent_late: usize,
    /// Until when the server's answer to QUIT is awaited.
    leaving: Option<Time>,
    outbox: Outbox,
    typing: Typing,
    keeping: Keeping,
    remembering: Remembering,
    /// How many questions were asked whose answer confirms what was sent, and the one that is open.
    probes: u64,
    probing: Option<u64>,
    /// The id of the next message: counted on from a seed.
    next_id: u128,
    asks: Vec<Asked>,
    /// When the bell rang last.
    rang: Time,
    /// A line's reports, kept to be used again.
    reports: Vec<Report>,
}

impl App {
    /// A client before its first event. [`start`](Self::start) begins.
    pub fn new(options: Options, surroundings: Surroundings, now: Time) -> App {
        let identity = Identity {
            nick: options.nick.clone(),
            user: options.user.clone(),
            real_name: options.nick.clone(),
            password: options.password.clone(),
            account: options.account.clone(),
        };
        let mut form = Form::new(surroundings.last_host.as_deref(), &options.nick);
        form.field = if form.host.is_empty() { Field::Host } else { Field::Nick };
        // The low bits make the jitter; all of them the message ids.
        let jitter = (surroundings.seed & u128::from(u64::MAX)) as u64;
        let mut app = App {
            local_offset: surroundings.offset,
            offset: settings::offset(surroundings.offset, options.settings.clock),
            now,
            size: surroundings.size,
            focused: true,
            tells_focus: false,
            screen: Screen::Form(Box::new(form)),
            session: Session::new(identity),
            windows: vec![Window::new("", With::Server)],
            current: 0,
            last: String::new(),
            editor: Editor::new(),
            overlay: None,
            question: None,
            selection: None,
            hinting: false,
            answering: None,
            finding: Finding::default(),
            drawn: Drawn::default(),
            touch: Touch::default(),
            flood: Flood::default(),
            said: None,
            turned: Turned::default(),
            comings: options.settings.comings,
            mouse: options.settings.mouse,
            perf: Perf::default(),
            page: surroundings.size.1.saturating_sub(3).max(1),
            connection: Connection::None,
            typed_host: None,
            backoff: Backoff::new(jitter),
            locked_out: false,
            welcomed: None,
            pace: Pace::default(),
            said_to: String::new(),
            lost: None,
            told: Vec::new(),
            sent_late: 0,
            leaving: None,
            outbox: Outbox::default(),
            typing: Typing::default(),
            keeping: Keeping::default(),
            remembering: Remembering::default(),
            probes: 0,
            probing: None,
            next_id: surroundings.seed,
            asks: Vec::new(),
            rang: Time::default(),
            reports: Vec::new(),
            keys: options.keys.clone(),
            settings: options.settings.clone(),
            options,
        };
        for channel in app.options.channels.clone() {
            let at = app.window_for(&channel, With::Channel);
            app.windows[at].wanted = true;
        }
        app.current = usize::from(app.windows.len() > 1);
        app.take_ignored();
        app
    }

    /// The first effects: to connect, if it is known where to.
    pub fn start(&mut self, now: Time) -> Vec<Effect> {
        self.now = now;
        let mut effects = Vec::new();
        if let Some(server) = self.options.server.clone() {
            self.first_connect(&server, &mut effects);
        }
        effects
    }

    /// Takes in what has happened and says what is to be done.
    pub fn update(&mut self, event: Event, now: Time) -> Vec<Effect> {
        self.now = now;
        let mut effects = Vec::new();
        let drafts = Drafts::after(&event);
        let is_last = remembering::is_last(&event);
        let is_typed = matches!(event, Event::Key(_) | Event::Paste(_));
        match event {
            Event::Line(bytes) => self.on_line(&bytes, &mut effects),
            Event::Key(key) => self.on_key(&key, &mut effects),
            Event::Paste(text) => self.on_paste(&text),
            Event::Mouse(mouse) => self.on_mouse(&mouse, &mut effects),
            Event::Resize(columns, rows) => self.on_resize(columns, rows),
            Event::Focus(focused) => self.on_focus(focused),
            Event::Drawn(drawn) => self.on_drawn(&drawn, &mut effects),
            Event::Touchable(touch) => self.on_touchable(touch),
            Event::Trying(address) => self.on_trying(address),
            Event::Unreachable(address, reason) => self.on_unreachable(address, reason),
            Event::Online => self.on_online(&mut effects),
            Event::Offline(reason) if std::mem::take(&mut self.locked_out) => {
                self.on_refused(&reason, &mut effects);
            }
            Event::Offline(reason) => self.on_offline(&reason, &mut effects),
            Event::Refused(reason) => self.on_refused(&reason, &mut effects),
            Event::Told(words) => self.on_told(words),
            Event::Kept(journals) => self.on_kept(&journals),
            Event::NotKept(reason) => self.on_not_kept(&reason),
            Event::Recalled(bytes) => self.on_recalled(&bytes),
            Event::NotRemembered(reason) => self.on_not_remembered(&reason),
            Event::NotSet(reason) => self.on_not_set(&reason),
            Event::Edited(text) => self.on_edited(text),
            Event::Offset(offset) => self.on_offset(offset, &mut effects),
            Event::Leave => self.leave(None, &mut effects),
            Event::Tick => self.on_tick(&mut effects),
        }
        if is_typed {
            self.tell_typing(&mut effects);
        }
        self.count_sent(&effects);
        self.keep_changes(drafts, &mut effects);
        self.keep_memory(is_last, &mut effects);
        effects
    }
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

    /// Who is in a window and what it is about, if it is a channel that one is in, or was and will be again.
    pub fn channel(&self, window: &Window) -> Option<&Channel> {
        (window.with == With::Channel && window.wanted).then(|| self.session.shown_channel(&window.name))?
    }

    /// The client's half of the protocol: nick, prefixes, network.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// One's own nick.
    pub fn nick(&self) -> &str {
        self.session.nick()
    }

    /// Which key does what.
    pub fn keys(&self) -> &Keymap {
        &self.keys
    }

    /// The input line.
    pub fn editor(&self) -> &Editor {
        &self.editor
    }

    /// What lies over the messages.
    pub fn overlay(&self) -> Option<&Overlay> {
        self.overlay.as_ref()
    }

    /// What is being asked in the status line.
    pub fn question(&self) -> Option<&Question> {
        self.question.as_ref()
    }
}

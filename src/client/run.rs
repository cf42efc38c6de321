//! The client's one event stream. Keys, lines from the server, signals and what is due all become [`Event`]s;
//! everything that is ready is handled, then one frame is drawn.
#![allow(clippy::disallowed_methods, reason = "the edge: it reads the clock and takes chance")]

mod answered;
mod frames;

use std::collections::VecDeque;
use std::io::{self, IsTerminal, stdout};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use chrono::FixedOffset;
use crossterm::event::Event as Input;
use crossterm::execute;
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use rustix::io::Errno;
use tokio::time::{sleep, timeout};

use super::app::{App, Effect, Event, Keep, Options, Stand, Surroundings};
use super::edit::{self, Edit};
use super::home::{self, Keeper, remember, remembered, state_folder, theme};
use super::link::Link;
use super::pins::Pins;
use super::signals::{Heard, Signals};
use super::terminal::input::{Inputs, Sent};
use super::terminal::{self, AfterPaste, Frames, Guard, Use};
use super::theme::{Ground, Theme};
use super::view::{self, Healing, Held, Lines};
use crate::irc::Time;

/// How long events are handled before a frame is drawn, however many wait.
const DRAIN_MOST: Duration = Duration::from_millis(25);
/// How long the server is given to take a goodbye when a signal ends the client.
const FAREWELL: Duration = Duration::from_millis(300);
/// How long the stop by Ctrl-Z may take to come about.
const STOP_MOST: Duration = Duration::from_millis(100);

/// How the client ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The user left.
    Left,
    /// A signal with this number ended it; the exit code is 128 more.
    Signal(i32),
}

/// Why the client could not go on.
#[derive(Debug)]
pub enum Failure {
    /// There is no terminal: no keyboard, or what is drawn goes into a file or a pipe.
    NoTerminal(&'static str),
    /// The terminal cannot be used, or is gone.
    Terminal(io::Error),
    /// No connection came about; the text has the reason for every address.
    Connection(String),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::NoTerminal(what) => write!(f, "a terminal is needed: {what}"),
            Failure::Terminal(error) => write!(f, "the terminal cannot be used: {error}"),
            Failure::Connection(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Failure {}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Terminal(error)
    }
}

/// Runs the client on this terminal until the user leaves. To be called on a current-thread runtime with I/O and
/// time.
///
/// # Errors
/// [`Failure`], after the terminal has been given back: it is for the caller to print it.
pub async fn run(options: Options) -> Result<Ending, Failure> {
    let patience = options.connect_timeout;
    let mut signals = Signals::new()?;
    let mut client = Client::new(options)?;
    client.start(patience)?;
    let ending = loop {
        let turn = client.wait(&mut signals).await;
        if let Turn::Signal(number) = turn {
            if client.edit.is_some() && number == rustix::process::Signal::INT.as_raw() {
                // A key pressed in the editor: it reaches all that run on the terminal.
                continue;
            }
            break Ok(Ending::Signal(number));
        }
        if let Some(ending) = client.handle(turn, &mut signals).await? {
            break ending;
        }
    };
    client.end(ending).await
}

/// What woke the client.
enum Turn {
    Input(io::Result<Sent>),
    Link(Event),
    Continued,
    Edited(Result<String, String>),
    Signal(i32),
    Due,
}

struct Client {
    app: App,
    theme: Theme,
    /// What the terminal said last of its ground.
    ground: Option<Ground>,
    link: Link,
    keeper: Keeper,
    patience: Duration,
    /// The terminal's half of the stream; gone once the terminal is being given back.
    inputs: Option<Inputs>,
    /// Where the cursor stood behind the clusters that the terminal was shown, as far as it has said.
    columns: Vec<u16>,
    after_paste: AfterPaste,
    /// While the user's own editor has the terminal: what comes of it.
    edit: Option<Edit>,
    screen: Healing<CrosstermBackend<Frames>>,
    /// What the next frame is drawn into.
    next: Buffer,
    /// What the screen is instead, if it is lines of text.
    lines: Option<Lines>,
    guard: Guard,
    effects: VecDeque<Effect>,
    mouse: bool,
    /// How far the local clock is from UTC.
    offset: FixedOffset,
    /// Whether the terminal is told of links.
    knows_links: bool,
    title: String,
    /// Something may look different now.
    dirty: bool,
    /// The terminal may show something else than what was drawn last.
    stale: bool,
    /// A key was pressed, or what it asked for has come: the frame does not wait.
    urgent: bool,
    /// The room was there once: the frame that showed it first did not wait.
    arrived: bool,
    drawn_at: Instant,
    /// The messages as the last frame had them, and what their place hung on.
    held: Held,
    stand: Option<Stand>,
    /// When they were drawn.
    messages_at: Instant,
    /// Something has arrived since, and when the last of it came.
    heard: bool,
    heard_at: Instant,
}

impl Client {
    fn new(options: Options) -> Result<Client, Failure> {
        // Lines of text can be read by another program; a screen cannot.
        if !options.settings.plain && !stdout().is_terminal() {
            return Err(Failure::NoTerminal("the output goes into a file or a pipe"));
        }
        // First of all: whatever size it gets from here on is told.
        let inputs = Inputs::new().map_err(|error| match error.raw_os_error() {
            Some(code) if code == Errno::NXIO.raw_os_error() => {
                Failure::NoTerminal("there is none to read keys from")
            }
            _ => Failure::Terminal(error),
        })?;
        let size = crossterm::terminal::size()?;
        let surroundings =
            Surroundings { seed: fastrand::u128(..), offset: local_offset(), size, last_host: remembered() };
        let offset = surroundings.offset;
        let theme = theme(None, &options.settings);
        let lines = options.settings.plain.then(Lines::default);
        let guard = Guard::new(used(lines.is_some(), options.settings.mouse))?;
        let screen = Healing::new(CrosstermBackend::new(Frames::new()), Rect::new(0, 0, size.0, size.1));
        Ok(Client {
            app: App::new(options.clone(), surroundings, now()),
            theme,
            ground: None,
            link: Link::new(options.security.clone(), state_folder().map(|folder| Pins::new(&folder))),
            keeper: Keeper::default(),
            patience: options.connect_timeout,
            inputs: Some(inputs),
            columns: Vec::new(),
            after_paste: AfterPaste::default(),
            edit: None,
            screen,
            next: Buffer::default(),
            lines,
            guard,
            effects: VecDeque::new(),
            mouse: options.settings.mouse,
            offset,
            knows_links: home::knows_links(),
            title: String::new(),
            dirty: true,
            urgent: true,
            arrived: false,
            stale: false,
            drawn_at: Instant::now(),
            held: Held::default(),
            stand: None,
            messages_at: Instant::now(),
            heard: false,
            heard_at: Instant::now(),
        })
    }

    fn start(&mut self, patience: Duration) -> Result<(), Failure> {
        self.patience = patience;
        self.ask_ground()?;
        if self.lines.is_none() {
            terminal::ask_widths(&view::PROBES)?;
        }
        self.effects.extend(self.app.start(now()));
        // Nothing that is done at the start can end the client.
        while let Some(effect) = self.effects.pop_front() {
            match effect {
                Effect::Connect { to, after } => self.link.connect(to, after, patience),
                Effect::Keep(keep) => self.keep(keep),
                _ => {}
            }
        }
        // The first frame waits for the room, but no longer than any frame does: a server that is near is simply there.
        self.urgent = false;
        Ok(())
    }

    /// Sleeps until something happens or is due. Nothing due, nothing happening: it sleeps for ever.
    async fn wait(&mut self, signals: &mut Signals) -> Turn {
        let due = self.due();
        let alarm = async {
            match due {
                Some(pause) => sleep(pause).await,
                None => std::future::pending().await,
            }
        };
        let begun = Instant::now();
        let turn = tokio::select! {
            biased;
            heard = signals.next() => match heard {
                Heard::End(number) => Turn::Signal(number),
                Heard::Continued => Turn::Continued,
            },
            Some(input) = async { Some(self.inputs.as_mut()?.next().await) } => {
                Turn::Input(input)
            }
            event = self.link.next() => Turn::Link(event),
            Some(text) = async { Some(self.edit.as_mut()?.done().await) } => Turn::Edited(text),
            () = alarm => Turn::Due,
        };
        self.after_paste.waited(begun.elapsed());
        turn
    }

    /// How long until something is due: a frame, or what the core waits for.
    fn due(&self) -> Option<Duration> {
        let frame = (self.dirty && self.edit.is_none()).then(|| self.frame_due());
        let tick = self.app.next_tick().map(|at| at.since(now()));
        [frame, tick].into_iter().flatten().min()
    }

    /// Handles what woke us and everything else that is ready, and draws if it is time.
    async fn handle(
        &mut self,
        first: Turn,
        signals: &mut Signals,
    ) -> Result<Option<Result<Ending, Failure>>, Failure> {
        let begun = Instant::now();
        let mut next = Some(first);
        while let Some(turn) = next {
            self.take(turn)?;
            if let Some(ending) = self.perform(signals).await? {
                return Ok(Some(ending));
            }
            next = if begun.elapsed() < DRAIN_MOST { self.ready() } else { None };
        }
        if self.edit.is_none() && self.dirty && (self.urgent || self.frame_due().is_zero()) {
            self.draw()?;
            if let Some(ending) = self.perform(signals).await? {
                return Ok(Some(ending));
            }
        }
        Ok(None)
    }

    /// Something that is there already; keys first.
    fn ready(&mut self) -> Option<Turn> {
        match self.inputs.as_mut().and_then(Inputs::ready) {
            Some(input) => Some(Turn::Input(input)),
            // A key that was pressed is answered before what others said.
            None if self.urgent => None,
            None => self.link.ready().map(Turn::Link),
        }
    }

    fn take(&mut self, turn: Turn) -> Result<(), Failure> {
        match turn {
            Turn::Input(input) => match input? {
                Sent::Typed(input) => self.input(input),
                Sent::Answer(answer) => self.answered(answer)?,
            },
            Turn::Link(event) => {
                (self.heard, self.heard_at) = (true, Instant::now());
                self.update(event);
            }
            // An editor that was stopped with us has the terminal again.
            Turn::Continued if self.edit.is_some() => {}
            Turn::Continued => self.resume()?,
            Turn::Edited(text) => {
                self.edit = None;
                self.resume()?;
                self.update(Event::Edited(text));
            }
            Turn::Due => {
                // The clock on the screen makes this come about once a minute.
                let offset = local_offset();
                if std::mem::replace(&mut self.offset, offset) != offset {
                    self.update(Event::Offset(offset));
                }
                if self.app.next_tick().is_some_and(|at| at <= now()) {
                    self.update(Event::Tick);
                }
            }
            Turn::Signal(_) => {}
        }
        Ok(())
    }

    fn input(&mut self, input: Input) {
        let Some(input) = self.after_paste.take(input) else { return };
        let event = match input {
            Input::Key(key) => Event::Key(key),
            Input::Paste(text) => Event::Paste(text),
            Input::Resize(columns, rows) => {
                // Even when the size is the old one again: on the way there the terminal may have cut its rows.
                self.stale = true;
                Event::Resize(columns, rows)
            }
            Input::Mouse(mouse) => Event::Mouse(mouse),
            Input::FocusGained => {
                // Where the theme follows the time of day, it changed while one was elsewhere. A terminal that is gone
                // shows in the next frame.
                let _ = self.ask_ground();
                Event::Focus(true)
            }
            Input::FocusLost => Event::Focus(false),
        };
        self.urgent = true;
        self.update(event);
    }

    fn update(&mut self, event: Event) {
        self.dirty = true;
        self.effects.extend(self.app.update(event, now()));
        if !self.arrived && self.app.has_arrived() {
            (self.arrived, self.urgent) = (true, true);
        }
    }

    /// Does what the core wants done; gives the ending if that is it.
    async fn perform(&mut self, signals: &mut Signals) -> Result<Option<Result<Ending, Failure>>, Failure> {
        while let Some(effect) = self.effects.pop_front() {
            match effect {
                Effect::Send(line) => {
                    if !self.link.send(line) {
                        self.disconnect("the server takes nothing any more");
                    }
                }
                Effect::Connect { to, after } => self.link.connect(to, after, self.patience),
                Effect::Disconnect(reason) => self.disconnect(&reason),
                Effect::Bell => execute!(stdout(), crossterm::style::Print('\u{7}'))?,
                Effect::Notify(notice) => {
                    terminal::notify(home::manner(self.app.settings().desktop), &notice)?;
                }
                Effect::Look => self.look(),
                Effect::Suspend => self.suspend(signals).await?,
                Effect::Copy(text) => terminal::copy(&text)?,
                Effect::Open(link) => {
                    if let Err(reason) = edit::open_link(&link) {
                        // On another machine there may be no browser: the clipboard is where the hand is.
                        terminal::copy(&link)?;
                        self.update(Event::Edited(Err(format!("{reason}; the link is copied instead"))));
                    }
                }
                Effect::Edit(text) => self.start_edit(&text),
                Effect::Repaint => self.repaint(),
                Effect::Hurry => (self.urgent, self.dirty) = (true, true),
                Effect::Mouse(on) => {
                    self.mouse = on;
                    if self.lines.is_none() {
                        terminal::set_mouse(on)?;
                    }
                }
                Effect::Keep(keep) => self.keep(keep),
                Effect::Remember(host) => remember(&host),
                Effect::Quit => return Ok(Some(Ok(Ending::Left))),
                Effect::Fail(text) => return Ok(Some(Err(Failure::Connection(text)))),
            }
        }
        Ok(None)
    }

    fn keep(&mut self, keep: Keep) {
        for event in self.keeper.keep(keep) {
            self.update(event);
        }
    }

    fn disconnect(&mut self, reason: &str) {
        self.link.close();
        self.update(Event::Offline(reason.to_owned()));
    }

    /// Ctrl-Z: the terminal is given back, and the program stops until it is continued.
    async fn suspend(&mut self, signals: &mut Signals) -> Result<(), Failure> {
        // What is typed from here on is for the shell.
        self.inputs = None;
        self.guard.pause();
        rustix::process::kill_current_process_group(rustix::process::Signal::TSTP)
            .map_err(io::Error::from)?;
        // The stop comes about at some moment after the call. Where nothing stops us (no shell to go back to), no
        // signal to continue comes either.
        let _ = timeout(STOP_MOST, signals.continued.recv()).await;
        self.resume()
    }

    /// Hands the terminal to the user's own editor. The connection goes on meanwhile.
    fn start_edit(&mut self, text: &str) {
        let edit = state_folder()
            .ok_or_else(|| io::Error::other("there is no home folder"))
            .and_then(|folder| Edit::prepare(&folder, text));
        match edit {
            Ok(prepared) => {
                self.inputs = None;
                self.guard.pause();
                self.edit = Some(prepared.start());
            }
            Err(error) => self.update(Event::Edited(Err(error.to_string()))),
        }
    }

    fn resume(&mut self) -> Result<(), Failure> {
        self.guard.enter(used(self.lines.is_some(), self.mouse))?;
        if self.inputs.is_none() {
            self.inputs = Some(Inputs::new()?);
            // It may have got another one meanwhile.
            let (columns, rows) = crossterm::terminal::size()?;
            self.update(Event::Resize(columns, rows));
        }
        self.title.clear();
        self.repaint();
        Ok(())
    }

    /// The end: the terminal is given back first, then the server is said goodbye if a signal is the reason.
    async fn end(mut self, ending: Result<Ending, Failure>) -> Result<Ending, Failure> {
        // What is typed from here on is for the shell.
        self.inputs = None;
        self.guard.pause();
        if let Ok(Ending::Signal(_)) = ending {
            for effect in self.app.update(Event::Leave, now()) {
                match effect {
                    Effect::Send(line) => drop(self.link.send(line)),
                    Effect::Keep(keep) => self.keep(keep),
                    _ => {}
                }
            }
            std::mem::take(&mut self.link).finish(FAREWELL).await;
        }
        self.keeper.close();
        ending
    }
}

/// What is made of the terminal.
fn used(is_lines: bool, mouse: bool) -> Use {
    if is_lines { Use::Lines } else { Use::Screen { mouse } }
}

/// How far the local clock is from UTC: what it is set to is looked up anew.
fn local_offset() -> FixedOffset {
    *chrono::Local::now().offset()
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

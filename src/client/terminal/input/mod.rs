//! The keys' end of the terminal: read without a thread of its own, and cut into what was [typed](Sent::Typed) and what the
//! terminal [answered](Sent::Answer).
#![allow(clippy::disallowed_methods, reason = "an edge: it reads the terminal and a clock")]

mod parser;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, stdin};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use crossterm::event::Event;
use rustix::fs::{Mode, OFlags, open};
use rustix::termios::ttyname;
use tokio::net::unix::pipe::Receiver;
use tokio::signal::unix::{Signal, SignalKind, signal};

pub use parser::{Answer, Parser, REST_WAIT, Sent};

/// Most bytes that are read at once.
const READ_MOST: usize = 4096;

/// What comes from the terminal.
#[derive(Debug)]
pub struct Inputs {
    /// The runtime watches it as it would watch a pipe: of a terminal, too, it only wants to know whether it can be read.
    terminal: Receiver,
    resized: Signal,
    parser: Parser,
    waiting: VecDeque<Sent>,
    /// When bytes came last.
    read_at: Instant,
}

impl Inputs {
    /// Begins to read. To be called on a runtime.
    ///
    /// # Errors
    /// There is no terminal.
    pub fn new() -> io::Result<Inputs> {
        Ok(Inputs {
            terminal: Receiver::from_file_unchecked(File::from(own_terminal()?))?,
            resized: signal(SignalKind::window_change())?,
            parser: Parser::default(),
            waiting: VecDeque::new(),
            read_at: Instant::now(),
        })
    }

    /// The next thing. Nothing is lost if it is not waited for to the end.
    ///
    /// # Errors
    /// The terminal is gone.
    pub async fn next(&mut self) -> io::Result<Sent> {
        loop {
            if let Some(sent) = self.waiting.pop_front() {
                return Ok(sent);
            }
            let rest = self.rest();
            tokio::select! {
                ready = self.terminal.readable() => {
                    ready?;
                    self.read()?;
                }
                _ = self.resized.recv() => self.resize()?,
                () = tokio::time::sleep(rest.unwrap_or_default()), if rest.is_some() => {
                    self.parser.release(&mut self.waiting);
                }
            }
        }
    }

    /// The next thing that is there already.
    pub fn ready(&mut self) -> Option<io::Result<Sent>> {
        if self.waiting.is_empty()
            && let Err(error) = self.read()
        {
            return Some(Err(error));
        }
        self.waiting.pop_front().map(Ok)
    }

    /// Reads what is there, if anything is.
    fn read(&mut self) -> io::Result<()> {
        let mut piece = [0; READ_MOST];
        match self.terminal.try_read(&mut piece) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                self.read_at = Instant::now();
                self.parser.take(&piece[..count], &mut self.waiting);
                Ok(())
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// How long the rest of what is held back is still waited for.
    fn rest(&self) -> Option<Duration> {
        self.parser.wait().map(|wait| wait.saturating_sub(self.read_at.elapsed()))
    }

    fn resize(&mut self) -> io::Result<()> {
        let (columns, rows) = crossterm::terminal::size()?;
        self.waiting.push_back(Sent::Typed(Event::Resize(columns, rows)));
        Ok(())
    }
}

/// The terminal, opened once more: what is set on this opening (not to wait) is not set for what writes to it, nor for the
/// shell.
fn own_terminal() -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let name = ttyname(stdin(), Vec::new());
    let opened = match &name {
        Ok(name) => open(name.as_c_str(), flags, Mode::empty()),
        Err(_) => open("/dev/tty", flags, Mode::empty()),
    };
    opened.map_err(io::Error::from)
}

//! A client in a pseudo-terminal: what it has written, what stands on its screen, and keys for it.

use std::io::{Read, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::Outcome;

/// The size of the terminal.
const SIZE: PtySize = PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 };

/// How a frame begins: a synchronized update.
const FRAME: &[u8] = b"\x1b[?2026h";

/// A client in its terminal.
pub struct Pane {
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    keys: Arc<Mutex<Box<dyn Write + Send>>>,
    shared: Arc<Shared>,
    /// When it was started.
    pub started: Instant,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    screen: vt100::Parser,
    bytes: u64,
    /// How many frames have begun, and how far the beginning of one has come.
    frames: u64,
    begun: usize,
    last: Instant,
    /// Bytes a second that the terminal takes; 0 for as many as come.
    pace: u64,
    /// Letters that are waited for, and when each came.
    awaited: Option<u8>,
    came: Option<Instant>,
    closed: bool,
}

impl Pane {
    /// Starts it.
    pub fn start(command: CommandBuilder) -> Outcome<Pane> {
        let pair = native_pty_system().openpty(SIZE)?;
        let mut output = pair.master.try_clone_reader()?;
        let keys = Arc::new(Mutex::new(pair.master.take_writer()?));
        let started = Instant::now();
        let child = pair.slave.spawn_command(command)?;
        drop(pair.slave);
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                screen: vt100::Parser::new(SIZE.rows, SIZE.cols, 0),
                bytes: 0,
                frames: 0,
                begun: 0,
                last: started,
                pace: 0,
                awaited: None,
                came: None,
                closed: false,
            }),
            changed: Condvar::new(),
        });
        let (theirs, answers) = (Arc::clone(&shared), Arc::clone(&keys));
        thread::spawn(move || {
            let mut buffer = vec![0; 64 << 10];
            loop {
                let pace = theirs.lock().pace;
                // A slow line takes a little at a time.
                let most = if pace == 0 { buffer.len() } else { (pace / 1000).max(1) as usize };
                let Ok(count @ 1..) = output.read(&mut buffer[..most]) else { break };
                if pace > 0 {
                    thread::sleep(Duration::from_secs_f64(count as f64 / pace as f64));
                }
                answer(&buffer[..count], &answers);
                theirs.take(&buffer[..count]);
            }
            theirs.lock().closed = true;
            theirs.changed.notify_all();
        });
        Ok(Pane { master: pair.master, child, keys, shared, started })
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap_or_default()
    }

    /// Presses keys.
    pub fn keys(&self, keys: &[u8]) -> Outcome<()> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).write_all(keys)?;
        Ok(())
    }

    /// How many bytes it has written.
    pub fn bytes(&self) -> u64 {
        self.shared.lock().bytes
    }

    /// How many frames it has begun (mode 2026), if it says so.
    pub fn frames(&self) -> u64 {
        self.shared.lock().frames
    }

    /// Lets the terminal take only so many bytes a second; 0 for as many as come.
    pub fn set_pace(&self, pace: u64) {
        self.shared.lock().pace = pace;
    }

    /// Waits until a text stands on the screen; gives the moment.
    pub fn shows(&self, text: &str) -> Outcome<Instant> {
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut state = self.shared.lock();
        let mut seen = u64::MAX;
        loop {
            if state.bytes != seen {
                seen = state.bytes;
                if state.screen.screen().contents().contains(text) {
                    return Ok(state.last);
                }
            }
            if state.closed {
                return Err(format!("it ended; on its screen: {}", state.screen.screen().contents()).into());
            }
            if Instant::now() > deadline {
                return Err(format!(
                    "{text:?} never came; on its screen: {}",
                    state.screen.screen().contents()
                )
                .into());
            }
            let wait = self.shared.changed.wait_timeout(state, Duration::from_millis(100));
            state = wait.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Presses a letter that is nowhere on the screen, and waits until it is written; gives the time that took.
    pub fn echo(&self, letter: u8) -> Outcome<Duration> {
        {
            let mut state = self.shared.lock();
            (state.awaited, state.came) = (Some(letter), None);
        }
        let pressed = Instant::now();
        self.keys(&[letter])?;
        let state = self.shared.lock();
        let waited = self.shared.changed.wait_timeout_while(state, Duration::from_secs(20), |state| {
            state.came.is_none() && !state.closed
        });
        let state = waited.unwrap_or_else(PoisonError::into_inner).0;
        let came = state.came.ok_or("a key was never shown")?;
        Ok(came.saturating_duration_since(pressed))
    }

    /// Waits for the first byte that is written after a moment; gives the moment at which it came.
    pub fn answered_after(&self, moment: Instant) -> Outcome<Instant> {
        let state = self.shared.lock();
        let waited = self
            .shared
            .changed
            .wait_timeout_while(state, Duration::from_secs(5), |state| state.last <= moment && !state.closed);
        let last = waited.unwrap_or_else(PoisonError::into_inner).0.last;
        if last > moment { Ok(last) } else { Err("nothing was drawn".into()) }
    }

    /// Waits for the first byte that is written after a moment, and until nothing more has come for so long; gives the
    /// moment of the last byte.
    pub fn drawn_after(&self, moment: Instant, pause: Duration) -> Outcome<Instant> {
        self.answered_after(moment)?;
        Ok(self.quiet(pause))
    }

    /// Waits until nothing has been written for so long; gives the moment of the last byte.
    pub fn quiet(&self, pause: Duration) -> Instant {
        loop {
            let last = self.shared.lock().last;
            let silent = last.elapsed();
            if silent >= pause {
                return last;
            }
            thread::sleep(pause - silent);
        }
    }

    /// Changes the terminal's size.
    pub fn resize(&self, columns: u16, rows: u16) -> Outcome<()> {
        self.shared.lock().screen.screen_mut().set_size(rows, columns);
        self.master.resize(PtySize { rows, cols: columns, ..SIZE })?;
        Ok(())
    }
}

impl Drop for Pane {
    fn drop(&mut self) {
        // Whatever it answers, it is gone afterwards.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, bytes: &[u8]) {
        let now = Instant::now();
        let mut state = self.lock();
        if state.awaited.is_some_and(|letter| memchr::memchr(letter, bytes).is_some()) {
            (state.awaited, state.came) = (None, Some(now));
        }
        state.bytes += bytes.len() as u64;
        state.count_frames(bytes);
        state.last = now;
        state.screen.process(bytes);
        drop(state);
        self.changed.notify_all();
    }
}

impl State {
    /// Counts the beginnings of frames, however they are cut.
    fn count_frames(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.begun = match byte {
                byte if *byte == FRAME[self.begun] => self.begun + 1,
                0x1B => 1,
                _ => 0,
            };
            if self.begun == FRAME.len() {
                (self.frames, self.begun) = (self.frames + 1, 0);
            }
        }
    }
}

/// What a terminal says when it is asked for its background and what it is.
fn answer(output: &[u8], keys: &Mutex<Box<dyn Write + Send>>) {
    let asked = |question: &[u8]| memchr::memmem::find(output, question).is_some();
    let say = |text: &[u8]| {
        // A client that is gone asks nothing.
        let _ = keys.lock().unwrap_or_else(PoisonError::into_inner).write_all(text);
    };
    if asked(b"\x1b]11;?") {
        say(b"\x1b]11;rgb:1616/1818/1d1d\x1b\\");
    }
    if asked(b"\x1b[c") || asked(b"\x1b[0c") {
        say(b"\x1b[?62;22c");
    }
}

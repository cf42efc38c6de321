//! The signals that the client heeds, and the end of its terminal.
#![allow(clippy::disallowed_methods, reason = "an edge: it waits for the terminal's end on a thread")]

use std::fs::File;
use std::future::Future;
use std::io::{self, IsTerminal, stdin};
use std::os::fd::AsFd;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

/// How long the client may take to end in good order once its terminal is gone, or it was told to end.
const LAST_MOMENT: Duration = Duration::from_secs(3);

/// What a signal says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// To end; the signal's number.
    End(i32),
    /// That we are no longer stopped.
    Continued,
}

/// The signals that end the client, and the one that continues it.
#[derive(Debug)]
pub struct Signals {
    /// As long as it is there, the client runs.
    _running: Arc<()>,
    ends: [(i32, Signal); 4],
    /// The terminal is gone; nothing more comes after that.
    gone: Option<oneshot::Receiver<()>>,
    /// The terminal's shell has continued us.
    pub continued: Signal,
}

impl Signals {
    /// Listens for all of them.
    ///
    /// # Errors
    /// The system does not let us.
    pub fn new() -> io::Result<Signals> {
        let of = |kind: SignalKind| signal(kind).map(|stream| (kind.as_raw_value(), stream));
        let running = Arc::new(());
        end_at_last(Arc::downgrade(&running));
        Ok(Signals {
            _running: running,
            ends: [
                of(SignalKind::terminate())?,
                of(SignalKind::hangup())?,
                of(SignalKind::interrupt())?,
                of(SignalKind::quit())?,
            ],
            gone: watch_terminal(),
            continued: signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?,
        })
    }

    /// The next one.
    pub fn next(&mut self) -> impl Future<Output = Heard> + '_ {
        let [term, hup, int, quit] = &mut self.ends;
        let (gone, continued) = (&mut self.gone, &mut self.continued);
        async move {
            tokio::select! {
                _ = term.1.recv() => Heard::End(term.0),
                _ = hup.1.recv() => Heard::End(hup.0),
                _ = int.1.recv() => Heard::End(int.0),
                _ = quit.1.recv() => Heard::End(quit.0),
                () = hung_up(gone) => Heard::End(SignalKind::hangup().as_raw_value()),
                _ = continued.recv() => Heard::Continued,
            }
        }
    }
}

/// Sees to it on a thread that the client ends when it is told to, also while it writes to a terminal that takes nothing any
/// more. SIGINT is a key, too, and not always the end; and what runs on behind the client, as a server does, is none of its
/// business.
fn end_at_last(running: Weak<()>) {
    let wait = move || -> io::Result<()> {
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let number = runtime.block_on(async {
            let mut term = signal(SignalKind::terminate())?;
            let mut hup = signal(SignalKind::hangup())?;
            let mut quit = signal(SignalKind::quit())?;
            io::Result::Ok(tokio::select! {
                _ = term.recv() => SignalKind::terminate(),
                _ = hup.recv() => SignalKind::hangup(),
                _ = quit.recv() => SignalKind::quit(),
            })
        })?;
        thread::sleep(LAST_MOMENT);
        if running.strong_count() > 0 {
            std::process::exit(128 + number.as_raw_value());
        }
        Ok(())
    };
    // Without it the client ends all the same, as long as its terminal reads.
    let _ = thread::Builder::new().name("last moment".to_owned()).spawn(wait);
}

/// Comes when the terminal is gone; never where that cannot be known.
async fn hung_up(gone: &mut Option<oneshot::Receiver<()>>) {
    if let Some(receiver) = gone
        && receiver.await.is_ok()
    {
        *gone = None;
        return;
    }
    std::future::pending::<()>().await;
}

/// Waits on a thread for the end of the terminal. The signal for it is sent to the terminal's first process alone, which
/// may be another one that does not hand it on; and who reads on from a terminal that is gone is told "nothing" again
/// and again, without a pause.
fn watch_terminal() -> Option<oneshot::Receiver<()>> {
    let (tell, gone) = oneshot::channel();
    let wait = move || {
        let input = stdin();
        let terminal = if input.is_terminal() { None } else { File::open("/dev/tty").ok() };
        let terminal = terminal.as_ref().map_or(input.as_fd(), AsFd::as_fd);
        // Nothing is asked for: what it is told all the same is the end.
        let mut watched = [PollFd::from_borrowed_fd(terminal, PollFlags::empty())];
        while poll(&mut watched, None) == Err(rustix::io::Errno::INTR) {}
        if watched[0].revents().intersects(PollFlags::HUP | PollFlags::ERR) && tell.send(()).is_ok() {
            thread::sleep(LAST_MOMENT);
            // Whatever holds it up: nobody sees it any more.
            std::process::exit(128 + SignalKind::hangup().as_raw_value());
        }
    };
    thread::Builder::new().name("terminal's end".to_owned()).spawn(wait).ok().map(|_| gone)
}

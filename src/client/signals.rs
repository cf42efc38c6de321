//! The signals that the client heeds.

use std::future::Future;
use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

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
    ends: [(i32, Signal); 4],
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
        Ok(Signals {
            ends: [
                of(SignalKind::terminate())?,
                of(SignalKind::hangup())?,
                of(SignalKind::interrupt())?,
                of(SignalKind::quit())?,
            ],
            continued: signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?,
        })
    }

    /// The next one.
    pub fn next(&mut self) -> impl Future<Output = Heard> + '_ {
        let [term, hup, int, quit] = &mut self.ends;
        let continued = &mut self.continued;
        async move {
            tokio::select! {
                _ = term.1.recv() => Heard::End(term.0),
                _ = hup.1.recv() => Heard::End(hup.0),
                _ = int.1.recv() => Heard::End(int.0),
                _ = quit.1.recv() => Heard::End(quit.0),
                _ = continued.recv() => Heard::Continued,
            }
        }
    }
}

//! `/perf`: what the last frame cost, and how long the server took to give one's last line back; in the status line.

use std::time::Duration;

use super::{App, Status};

/// What was measured last.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Perf {
    /// Whether it is shown.
    is_on: bool,
    frame: Duration,
    bytes: usize,
    echo: Option<Duration>,
}

impl App {
    /// A frame was drawn: how long that took until it was with the terminal, and its bytes. It shows in the next one, and
    /// asks for none.
    pub fn measured(&mut self, frame: Duration, bytes: usize) {
        (self.perf.frame, self.perf.bytes) = (frame, bytes);
    }

    /// A line of one's own has come back from the server after so long.
    pub(super) fn measured_echo(&mut self, after: Duration) {
        self.perf.echo = Some(after);
    }

    pub(super) fn turn_perf(&mut self) {
        self.perf.is_on = !self.perf.is_on;
    }

    pub(super) fn perf_status(&self) -> Option<Status> {
        let perf = self.perf;
        let tenths = perf.frame.as_micros().div_ceil(100);
        let echo = perf.echo.map_or_else(|| "none yet".to_owned(), |echo| format!("{} ms", echo.as_millis()));
        let (whole, rest) = (tenths / 10, tenths % 10);
        let words = format!("last frame {whole}.{rest} ms, {} bytes · echo {echo}", perf.bytes);
        perf.is_on.then_some(Status::Info(words))
    }
}

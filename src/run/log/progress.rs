//! How far a long piece of work is: one line on a terminal, with rate and time left, drawn anew a few times a second;
//! nothing where nobody looks.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// How often the line is drawn.
const PAUSE: Duration = Duration::from_millis(200);

/// The line.
pub struct Progress {
    doing: &'static str,
    /// How many bytes there are, if that is known.
    total: Option<u64>,
    started: Instant,
    /// When it was drawn last; `None` if it never is.
    drawn: Option<Instant>,
    shown: bool,
}

impl Progress {
    /// Work on so many bytes begins. `quiet` says that the terminal is needed for something else.
    pub fn begin(doing: &'static str, total: Option<u64>, quiet: bool) -> Progress {
        let now = Instant::now();
        let drawn = (!quiet && std::io::stderr().is_terminal()).then_some(now);
        Progress { doing, total, started: now, drawn, shown: false }
    }

    /// So many bytes of it are done.
    pub fn at(&mut self, done: u64) {
        let Some(drawn) = self.drawn else { return };
        let now = Instant::now();
        if now.duration_since(drawn) >= PAUSE {
            (self.drawn, self.shown) = (Some(now), true);
            let line = told(self.doing, done, self.total, now.duration_since(self.started));
            // That it cannot be drawn is no reason to stop.
            let _ = write!(std::io::stderr(), "\r\x1b[K{line}");
        }
    }

    /// The work is over: the line goes away. Gives how long it took.
    pub fn end(self) -> Duration {
        if self.shown {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
        self.started.elapsed()
    }
}

fn told(doing: &str, done: u64, total: Option<u64>, took: Duration) -> String {
    let rate = done as f64 / took.as_secs_f64().max(0.001);
    let Some(total) = total.filter(|total| *total > 0) else {
        return format!("{doing}  {}  {}/s", bytes(done), bytes(rate as u64));
    };
    let percent = done.min(total) * 100 / total;
    let left = (total.saturating_sub(done) as f64 / rate.max(1.0)) as u64;
    format!(
        "{doing}  {percent:3}%  {} of {}  {}/s  {}:{:02} left",
        bytes(done),
        bytes(total),
        bytes(rate as u64),
        left / 60,
        left % 60
    )
}

/// A number of bytes as people say it.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if count < 1000 {
        return format!("{count} bytes");
    }
    let (mut value, mut unit) = (count as f64 / 1000.0, 0);
    while value >= 999.95 && unit + 1 < UNITS.len() {
        (value, unit) = (value / 1000.0, unit + 1);
    }
    format!("{value:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_and_time_left() {
        let took = Duration::from_secs(2);
        assert_eq!(
            told("reading", 50_000_000, Some(200_000_000), took),
            "reading   25%  50.0 MB of 200.0 MB  25.0 MB/s  0:06 left"
        );
        assert_eq!(told("reading", 3_000, None, took), "reading  3.0 kB  1.5 kB/s");
        assert_eq!((bytes(999).as_str(), bytes(999_960).as_str()), ("999 bytes", "1.0 MB"));
    }
}

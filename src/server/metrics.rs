//! What is counted for those who watch the server, as [Prometheus reads it], and whether it is well: over HTTP, on an address
//! of its own. Numbers only: no name, no address and no word of anybody is in them.
//!
//! [Prometheus reads it]: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "this is the edge that has the socket and measures times"
)]

use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tracing::{debug, warn};

use super::config::TICK;
use super::house::House;
use super::inbox::Inbox;
use super::pages::Pages;
use super::passwords::Checks;

/// Up to which times, in seconds, turns are counted that the log has kept; beyond them is the last.
const BOUNDS: [f64; 8] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1.0];
/// Most bytes of a question.
const QUESTION: usize = 4 << 10;
/// How long a question and its answer may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long the log may be silent and be well: it says something each [`TICK`].
const SILENCE: Duration = Duration::from_secs(3 * TICK.as_secs());
/// How long accepting rests after it has failed.
const PAUSE: Duration = Duration::from_millis(500);

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// So many more.
    pub fn add(&self, more: usize) {
        self.0.fetch_add(more as u64, Ordering::Relaxed);
    }

    /// How many.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What is counted.
#[derive(Debug)]
pub struct Metrics {
    /// Connections that were accepted.
    pub accepted: Count,
    /// Connections that were not let in: by a limit, or a ban.
    pub refused: Count,
    /// Connections that registered.
    pub arrived: Count,
    /// Connections that ended, of those the core knew.
    pub left: Count,
    /// Lines that were read.
    pub read: Count,
    /// Lines that were delivered: each once for each who heard it.
    pub delivered: Count,
    /// How often somebody had to wait who spoke too fast.
    pub slowed: Count,
    lines_kept: Count,
    turns_kept: [Count; BOUNDS.len() + 1],
    micros_kept: Count,
    started: Instant,
    beat: AtomicU64,
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics {
            accepted: Count::default(),
            refused: Count::default(),
            arrived: Count::default(),
            left: Count::default(),
            read: Count::default(),
            delivered: Count::default(),
            slowed: Count::default(),
            lines_kept: Count::default(),
            turns_kept: Default::default(),
            micros_kept: Count::default(),
            started: Instant::now(),
            beat: AtomicU64::new(0),
        }
    }
}

impl Metrics {
    /// The log has written and synced so many lines of a turn in this time.
    pub fn kept(&self, lines: usize, took: Duration) {
        self.lines_kept.add(lines);
        let slot = BOUNDS.iter().position(|bound| took.as_secs_f64() <= *bound).unwrap_or(BOUNDS.len());
        self.turns_kept[slot].add(1);
        self.micros_kept.add(usize::try_from(took.as_micros()).unwrap_or(usize::MAX));
    }

    /// The engine goes: the log answers.
    pub fn beat(&self) {
        self.beat.store(self.started.elapsed().as_secs(), Ordering::Relaxed);
    }

    /// For how long it has said nothing.
    fn silence(&self) -> Duration {
        let beat = Duration::from_secs(self.beat.load(Ordering::Relaxed));
        self.started.elapsed().saturating_sub(beat)
    }
}

/// What is looked at beside the counts.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Who is there.
    pub house: Arc<House>,
    /// What waits for the core.
    pub inbox: Arc<Inbox>,
    /// What is to be read from the log.
    pub pages: Arc<Pages>,
    /// What is to be checked.
    pub checks: Arc<Checks>,
}

impl Watched {
    /// All of it, in Prometheus' words.
    pub fn text(&self) -> String {
        let counts = &self.house.metrics;
        let mut text = String::new();
        let mut put = |name: &str, kind: &str, help: &str, value: u64| {
            // Writing to a string does not fail.
            let _ = write!(
                text,
                "# HELP chatui_{name} {help}\n# TYPE chatui_{name} {kind}\nchatui_{name} {value}\n"
            );
        };
        put("connections", "gauge", "Connections that are there.", self.house.present() as u64);
        put(
            "connections_accepted_total",
            "counter",
            "Connections that were accepted.",
            counts.accepted.get(),
        );
        put(
            "connections_refused_total",
            "counter",
            "Connections that a limit or a ban has kept out.",
            counts.refused.get(),
        );
        put("registrations_total", "counter", "Connections that registered.", counts.arrived.get());
        put(
            "departures_total",
            "counter",
            "Connections that ended, of those let through the door.",
            counts.left.get(),
        );
        put("lines_read_total", "counter", "Lines that were read.", counts.read.get());
        put("lines_kept_total", "counter", "Lines that were written to the log.", counts.lines_kept.get());
        put(
            "deliveries_total",
            "counter",
            "Lines that were delivered, once for each who heard them.",
            counts.delivered.get(),
        );
        put(
            "slowed_total",
            "counter",
            "How often somebody had to wait who spoke too fast.",
            counts.slowed.get(),
        );
        put("inbox_bytes", "gauge", "Bytes that wait for the core.", self.inbox.bytes() as u64);
        put("pages_waiting", "gauge", "Pages of history that wait to be read.", self.pages.waiting() as u64);
        put(
            "password_checks",
            "gauge",
            "Passwords that are being checked, or wait for it.",
            self.checks.count() as u64,
        );
        put("uptime_seconds", "gauge", "Seconds since the start.", counts.started.elapsed().as_secs());
        let _ = write!(
            text,
            "# HELP chatui_sync_seconds How long it took to write and sync a turn's lines.\n# TYPE chatui_sync_seconds histogram\n"
        );
        let mut sum = 0;
        for (bound, count) in BOUNDS.iter().zip(&counts.turns_kept) {
            sum += count.get();
            let _ = writeln!(text, "chatui_sync_seconds_bucket{{le=\"{bound}\"}} {sum}");
        }
        sum += counts.turns_kept[BOUNDS.len()].get();
        let seconds = Duration::from_micros(counts.micros_kept.get()).as_secs_f64();
        let _ = write!(
            text,
            "chatui_sync_seconds_bucket{{le=\"+Inf\"}} {sum}\nchatui_sync_seconds_sum {seconds}\nchatui_sync_seconds_count {sum}\n"
        );
        text
    }

    fn answer(&self, path: &str) -> (&'static str, String) {
        match path {
            "/metrics" => ("200 OK", self.text()),
            "/health" if self.house.metrics.silence() <= SILENCE => ("200 OK", "well\n".to_owned()),
            "/health" => ("503 Service Unavailable", "the log does not answer\n".to_owned()),
            _ => ("404 Not Found", "there are /metrics and /health\n".to_owned()),
        }
    }
}

/// The thread that answers.
#[derive(Debug)]
pub struct Watch {
    address: SocketAddr,
    ends: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

/// Listens there; nobody is answered before the [`Watch`] is [started](Watch::start).
///
/// # Errors
/// When that cannot be listened on.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address)
}

impl Watch {
    /// Answers at this address.
    ///
    /// # Errors
    /// When it cannot be listened on, or there is no thread.
    pub fn start(listener: TcpListener, watched: Watched) -> io::Result<Watch> {
        let address = listener.local_addr()?;
        let ends = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&ends);
        let thread = std::thread::Builder::new().name("metrics".to_owned()).spawn(move || {
            // One after the other: whoever is slow takes two seconds of those who watch, and nothing of anybody else.
            while let accepted = listener.accept()
                && !ended.load(Ordering::SeqCst)
            {
                match accepted {
                    Ok((stream, _)) => {
                        if let Err(error) = serve(stream, &watched) {
                            debug!("somebody who asked for the metrics was not answered: {error}");
                        }
                    }
                    Err(error) => {
                        warn!("the metrics rest for a moment: {error}");
                        std::thread::sleep(PAUSE);
                    }
                }
            }
        })?;
        Ok(Watch { address, ends, thread })
    }

    /// Where it answers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it.
    pub fn end(self) {
        self.ends.store(true, Ordering::SeqCst);
        // It waits for somebody to come; if nobody can, it ends with the process.
        if TcpStream::connect_timeout(&self.address, PATIENCE).is_ok() {
            let _ = self.thread.join();
        }
    }
}

fn serve(mut stream: TcpStream, watched: &Watched) -> io::Result<()> {
    let until = Instant::now() + PATIENCE;
    let mut question = Vec::new();
    let mut buffer = [0; 512];
    while !question.windows(4).any(|end| end == b"\r\n\r\n") && question.len() < QUESTION {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut buffer)? {
            0 => break,
            count => question.extend_from_slice(&buffer[..count]),
        }
    }
    let head = String::from_utf8_lossy(&question);
    let mut words = head.split(' ');
    let (status, body) = match (words.next(), words.next()) {
        (Some("GET" | "HEAD"), Some(path)) => watched.answer(path),
        _ => ("405 Method Not Allowed", "only GET\n".to_owned()),
    };
    let is_head = head.starts_with("HEAD ");
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    let answer = format!(
        "HTTP/1.0 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
        body.len(),
        if is_head { "" } else { &body }
    );
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(answer.as_bytes())
}

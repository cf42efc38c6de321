//! `chatui serve`: a headless server, from its first line on stdout to its last.
#![allow(clippy::disallowed_methods, reason = "this is the edge that reads files and the clock")]

use std::io::{IsTerminal, Write};
use std::time::Instant;

use chatui::server::core::password::{Hidden, Secret};
use chatui::server::reload::Reloader;
use chatui::server::{self, Counts, Server, log};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tracing::{Level, info, warn};

use super::configuration::configuration;
use super::terminal::Keys;
use super::{FAILED, Failure, certificate_line, join_line_of, prompt};
use crate::cli::{LogFormat, ServeArgs};

/// What everybody is told when the server stops.
const GOODBYE: &str = "Server is shutting down. Bye!";

/// Runs the server until it is stopped.
///
/// # Errors
/// [`Failure`], with the exit code of its kind.
pub fn run(args: &ServeArgs) -> Result<(), Failure> {
    diagnostics(args);
    let mut config = configuration(args)?;
    if args.ask_password {
        let asked = prompt::password("Password that clients must give: ")?;
        config.core.password = Some(Secret::Plain(Hidden::new(&asked)));
    }
    if rustix::process::geteuid().is_root() {
        warn!("the server runs as root, and needs nothing of what root may do: run it as a user of its own");
    }
    let asked = config.core.password.clone().filter(|_| args.ask_password);
    let (data, sync) = (config.data.clone(), config.sync);
    let all_may_speak_clear = config.allow_plaintext && !config.tls.required;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(FAILED, format!("cannot start: {error}")))?;
    // Watched before anybody can know that the server runs: whoever stops it then stops it gracefully.
    let signals = {
        let _inside = runtime.enter();
        Signals::watch()?
    };
    let started = Instant::now();
    let server = server::start(config)?;
    for repair in &server.opened().repairs {
        warn!("{repair}");
    }
    let is_near = server.addresses().iter().all(|address| address.ip().to_canonical().is_loopback());
    if all_may_speak_clear && !is_near {
        warn!(
            "other machines may connect without TLS: whoever sees that traffic can read what is said there, passwords included"
        );
    }
    let opened = server.opened();
    info!(lines = opened.lines, segments = opened.segments, took = ?started.elapsed(), "the log is open");
    say(&ready_line(&server, &data.display().to_string(), sync));
    if let Some(tls) = server.tls() {
        say(&certificate_line(tls));
    }
    if let Some(address) = server.metrics() {
        info!(%address, "metrics and health are answered");
    }
    let reload = Reload { args, asked, reloader: server.reloader() };
    let counts = runtime.block_on(wait(server, signals, &reload))?;
    let up = started.elapsed().as_secs();
    say(&format!(
        "chatui stopped after {}:{:02}:{:02}: {} people came, {} lines were kept",
        up / 3600,
        up / 60 % 60,
        up % 60,
        counts.arrivals,
        counts.lines
    ));
    Ok(())
}

/// A line on stdout. That nobody reads it is no reason to stop.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Address, folder, sync mode, and the line to hand to a friend.
fn ready_line(server: &Server, data: &str, sync: log::Sync) -> String {
    let listed: Vec<String> = server.addresses().iter().map(ToString::to_string).collect();
    let sync = match sync {
        log::Sync::Turn => "sync turn",
        log::Sync::Interval => "sync interval: a power cut can take back the last second",
        log::Sync::Never => "sync never: a power cut can take back what was said",
    };
    let join = join_line_of(server);
    format!("chatui serves {}  data {data}  {sync}  join with: {join}", listed.join(" and "))
}

/// The signals that stop a server.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    /// The terminal is gone, or the files are to be read again.
    hangup: Signal,
    /// The server was started with a terminal, and not to outlive it (`nohup`).
    has_terminal: bool,
}

/// What a signal wants.
enum Wish {
    Stop,
    Reload,
}

impl Signals {
    fn watch() -> Result<Signals, Failure> {
        let watch = |kind| {
            signal(kind).map_err(|error| Failure::new(FAILED, format!("cannot watch signals: {error}")))
        };
        // A file that may grow no further (`ulimit -f`) would end the server; like this, the write fails, and the log has no
        // room. Once watched, a signal never ends the program again.
        let _ = watch(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()))?;
        let has_terminal = !hangup_is_ignored() && terminal_is_there();
        Ok(Signals {
            interrupt: watch(SignalKind::interrupt())?,
            terminate: watch(SignalKind::terminate())?,
            hangup: watch(SignalKind::hangup())?,
            has_terminal,
        })
    }

    /// Waits for the first of them. SIGHUP says that the terminal is gone, if there was one and now there is not; else
    /// somebody wants the files to be read again, as with other servers.
    async fn any(&mut self) -> Wish {
        tokio::select! {
            _ = self.interrupt.recv() => Wish::Stop,
            _ = self.terminate.recv() => Wish::Stop,
            _ = self.hangup.recv() => {
                if self.has_terminal && !terminal_is_there() { Wish::Stop } else { Wish::Reload }
            }
        }
    }
}

/// Whether this process belongs to a terminal that somebody may look at.
fn terminal_is_there() -> bool {
    std::fs::File::open("/dev/tty").is_ok()
}

/// Reading again what can be read again while the server runs.
struct Reload<'a> {
    args: &'a ServeArgs,
    /// The password that was asked for at the start: nobody is asked again.
    asked: Option<Secret>,
    reloader: Reloader,
}

impl Reload<'_> {
    fn run(&self) {
        let mut config = match configuration(self.args) {
            Ok(config) => config,
            Err(failure) => return warn!("{}; everything stays as it was", failure.words),
        };
        if self.asked.is_some() {
            config.core.password.clone_from(&self.asked);
        }
        match self.reloader.reload(&config) {
            Err(why) => warn!("{why}; everything stays as it was"),
            Ok(reloaded) => {
                let operators = config.core.operators.len();
                info!(
                    bans = reloaded.bans,
                    operators, "message of the day, password, operators, bans and limits were read again"
                );
                if let Some(fingerprint) = reloaded.fingerprint {
                    info!(%fingerprint, "the certificate was read again");
                }
                if !reloaded.restart.is_empty() {
                    warn!(
                        "these settings are other than at the start, and need a new one: {}",
                        reloaded.restart.join(", ")
                    );
                }
            }
        }
    }
}

/// Whether SIGHUP was ignored when this program was started; where the system does not tell, it was not.
fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 1 != 0)
}

/// Waits for a reason to stop, then for the end. A second Ctrl+C ends at once.
async fn wait(server: Server, mut signals: Signals, reload: &Reload<'_>) -> Result<Counts, Failure> {
    let mut keys = Keys::watch();
    if keys.is_some() {
        info!("q, Enter or Ctrl+C stops the server");
    }
    let stopper = server.stopper();
    // A thread that nothing waits for: the runtime would wait for its own, even when this one unwinds.
    let (tell, mut end) = oneshot::channel();
    std::thread::Builder::new()
        .name("server".to_owned())
        .spawn(move || tell.send(server.wait()))
        .map_err(|error| Failure::new(FAILED, format!("cannot start: {error}")))?;
    let ended = loop {
        tokio::select! {
            ended = &mut end => break Some(ended),
            wish = signals.any() => match wish {
                Wish::Stop => break None,
                Wish::Reload => reload.run(),
            },
            () = Keys::stop(&mut keys) => break None,
        }
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            info!("stopping");
            stopper.stop(GOODBYE);
            tokio::select! {
                ended = &mut end => ended,
                _ = signals.interrupt.recv() => {
                    drop(keys);
                    std::process::exit(130);
                }
            }
        }
    };
    ended.map_err(|_| Failure::new(FAILED, "the server ended unexpectedly"))?.map_err(Failure::from)
}

/// Diagnostics go to stderr: with time, address and reason, never with what people say.
fn diagnostics(args: &ServeArgs) {
    let level = match (args.verbose, args.quiet) {
        (true, _) => Level::DEBUG,
        (_, true) => Level::WARN,
        _ => Level::INFO,
    };
    let colour =
        std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let subscriber = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(colour)
        .with_target(false)
        .with_max_level(level)
        // What cannot be written, for the terminal is gone, is lost: to complain about it on the same terminal panics.
        .log_internal_errors(false);
    match args.log_format {
        LogFormat::Text => subscriber.init(),
        LogFormat::Json => subscriber.json().flatten_event(true).init(),
    }
}

//! `chatui serve`: a headless server, from its first line on stdout to its last.
#![allow(clippy::disallowed_methods, reason = "this is the edge that reads files and the clock")]

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chatui::server::tls::{self, Tls};
use chatui::server::{self, Config, Counts, Server, clock, config, core, log, threshold};
use clap::ValueEnum;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tracing::{Level, info, warn};

use super::terminal::Keys;
use super::{CONFIG, FAILED, Failure, certificate_line, data_folder, first_line, join_line_of};
use crate::cli::{ServeArgs, SyncMode, listen_address, quantity, server_name};
use crate::config::{self as file, File};

/// What everybody is told when the server stops.
const GOODBYE: &str = "Server is shutting down. Bye!";

/// Runs the server until it is stopped.
///
/// # Errors
/// [`Failure`], with the exit code of its kind.
pub fn run(args: &ServeArgs) -> Result<(), Failure> {
    diagnostics(args);
    let config = configuration(args)?;
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
    let counts = runtime.block_on(wait(server, signals))?;
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

/// Reads again what can be read again while the server runs.
fn reload(tls: Option<&Arc<Tls>>) {
    match tls.map(|tls| tls.reload()) {
        Some(Ok(fingerprint)) => info!(%fingerprint, "the certificate was read again"),
        Some(Err(error)) => warn!("{error}; the certificate stays as it was"),
        None => info!("there is nothing to read again"),
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
async fn wait(server: Server, mut signals: Signals) -> Result<Counts, Failure> {
    let mut keys = Keys::watch();
    if keys.is_some() {
        info!("q, Enter or Ctrl+C stops the server");
    }
    let stopper = server.stopper();
    let tls = server.tls().cloned();
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
                Wish::Reload => reload(tls.as_ref()),
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
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(colour)
        .with_target(false)
        .with_max_level(level)
        // What cannot be written, for the terminal is gone, is lost: to complain about it on the same terminal panics.
        .log_internal_errors(false)
        .init();
}

/// The server's configuration: flags over file over defaults.
fn configuration(args: &ServeArgs) -> Result<Config, Failure> {
    let File { server: file, oper } = match &args.config {
        Some(path) => file::read(path).map_err(|error| Failure::new(CONFIG, error))?,
        None => File::default(),
    };
    check(&file)?;
    let mut listen = args.listen.clone();
    if listen.is_empty() {
        for text in &file.listen {
            let address = listen_address(text);
            listen.push(address.map_err(|why| Failure::new(CONFIG, format!("listen: {why}")))?);
        }
    }
    if listen.is_empty() {
        listen.push(SocketAddr::from(([127, 0, 0, 1], crate::cli::DEFAULT_PORT)));
    }
    let sync = match (args.sync, &file.sync) {
        (Some(mode), _) => mode,
        (None, Some(name)) => SyncMode::from_str(name, true)
            .map_err(|_| Failure::new(CONFIG, format!("sync: not turn, interval or never: {name:?}")))?,
        (None, None) => SyncMode::Turn,
    };
    let keep = if args.keep.is_empty() {
        let all: Result<Vec<log::Keep>, String> = file.keep.iter().map(|text| quantity::keep(text)).collect();
        quantity::keep_all(all.map_err(|why| Failure::new(CONFIG, format!("keep: {why}")))?)
    } else {
        quantity::keep_all(args.keep.iter().copied())
    };
    let motd = match args.motd.as_ref().or(file.motd.as_ref()) {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| Failure::new(CONFIG, format!("cannot read {}: {error}", path.display())))?
            .lines()
            .map(str::to_owned)
            .collect(),
        None => Vec::new(),
    };
    let password = match (&args.password, args.password_file.as_ref().or(file.password_file.as_ref())) {
        (Some(password), _) => Some(password.clone()),
        (None, Some(path)) => Some(first_line(path)?),
        (None, None) => None,
    };
    let data = match args.data.clone().or(file.data) {
        Some(folder) => folder,
        None => data_folder()?,
    };
    let shards = args.shards.or(file.shards).map_or_else(shards_by_processors, usize::from);
    let plain = plain(args, &file.plain)?;
    let certificate_files =
        args.tls_cert.clone().or(file.tls_cert).zip(args.tls_key.clone().or(file.tls_key));
    let defaults = core::Config::default();
    Ok(Config {
        listen,
        data,
        sync: match sync {
            SyncMode::Turn => log::Sync::Turn,
            SyncMode::Interval => log::Sync::Interval,
            SyncMode::Never => log::Sync::Never,
        },
        keep,
        allow_plaintext: args.allow_plaintext || file.allow_plaintext,
        tls: tls::Options {
            files: certificate_files,
            required: args.require_tls || file.require_tls,
            ..tls::Options::default()
        },
        shards,
        max_clients: args.max_clients.or(file.max_clients).map_or(config::MAX_CLIENTS, |most| most as usize),
        threshold: threshold::Limits::default(),
        plain,
        core: core::Config {
            name: args.name.clone().or(file.name).unwrap_or(defaults.name),
            network: file.network.unwrap_or(defaults.network),
            motd,
            history: args.history.or(file.history).map_or(defaults.history, usize::from),
            password,
            operators: operators(oper)?,
            created: clock::now(),
            ..core::Config::default()
        },
    })
}

/// The operators of the file, with their passwords.
fn operators(listed: Vec<file::Oper>) -> Result<Vec<core::config::Operator>, Failure> {
    let wrong = |name: &str, why: &str| Failure::new(CONFIG, format!("oper {name:?}: {why}"));
    let mut operators: Vec<core::config::Operator> = Vec::new();
    for oper in listed {
        let name = oper.name;
        if name.is_empty() || name.contains(char::is_whitespace) || name.starts_with(':') {
            return Err(wrong(&name, "a name is one word"));
        }
        if operators.iter().any(|other| other.name == name) {
            return Err(wrong(&name, "there are two of this name"));
        }
        let password = match (oper.password, oper.password_file) {
            (Some(password), None) if !password.is_empty() => password,
            (None, Some(path)) => first_line(&path)?,
            _ => return Err(wrong(&name, "needs either password or password_file")),
        };
        operators.push(core::config::Operator { name, password });
    }
    Ok(operators)
}

/// The plain-text door: flags over file over defaults.
fn plain(args: &ServeArgs, file: &file::Plain) -> Result<config::Plain, Failure> {
    let mut plain = config::Plain { on: args.plain.choice().or(file.on), ..config::Plain::default() };
    if let Some(room) = &file.room {
        plain.room =
            crate::cli::channel(room).map_err(|why| Failure::new(CONFIG, format!("plain.room: {why}")))?;
    }
    plain.prompt = match file.prompt.as_deref() {
        None | Some("both") => config::Prompt::Both,
        Some("nick") => config::Prompt::Nick,
        Some("text") => config::Prompt::Text,
        Some("off") => config::Prompt::Off,
        Some(other) => {
            let why = format!("plain.prompt: not both, nick, text or off: {other:?}");
            return Err(Failure::new(CONFIG, why));
        }
    };
    if let Some(seconds) = file.prompt_after {
        if !(0.1..=30.0).contains(&seconds) {
            return Err(Failure::new(CONFIG, "plain.prompt_after: a number of seconds from 0.1 to 30"));
        }
        let after = Duration::from_secs_f64(seconds);
        let between = plain.times.text_prompt - plain.times.nick_prompt;
        (plain.times.nick_prompt, plain.times.text_prompt) = (after, after + between);
    }
    Ok(plain)
}

/// What the flags' own parsers check, of the file's values.
fn check(file: &file::Server) -> Result<(), Failure> {
    let wrong = |key: &str, why: &str| Err(Failure::new(CONFIG, format!("{key}: {why}")));
    if let Some(Err(why)) = file.name.as_deref().map(server_name) {
        return wrong("name", &why);
    }
    // It stands in a list of words (005).
    if file
        .network
        .as_ref()
        .is_some_and(|name| !(1..=64).contains(&name.len()) || !name.bytes().all(|b| b.is_ascii_graphic()))
    {
        return wrong("network", "a word of at most 64 ASCII letters, digits and signs");
    }
    if file.history.is_some_and(|lines| lines > 100) {
        return wrong("history", "100 lines at most");
    }
    if file.max_clients.is_some_and(|most| !(1..=1_000_000).contains(&most)) {
        return wrong("max_clients", "a number from 1 to 1000000");
    }
    if file.tls_cert.is_some() != file.tls_key.is_some() {
        return wrong("tls_cert, tls_key", "each needs the other");
    }
    if file.shards.is_some_and(|shards| !(1..=config::MAX_SHARDS).contains(&usize::from(shards))) {
        return wrong("shards", &format!("a number from 1 to {}", config::MAX_SHARDS));
    }
    Ok(())
}

/// One shard for each processor beside the one for the core's thread.
pub fn shards_by_processors() -> usize {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    processors.saturating_sub(1).clamp(1, config::MAX_SHARDS)
}

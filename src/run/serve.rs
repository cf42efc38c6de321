//! `chatui serve`: a headless server, from its first line on stdout to its last.
#![allow(clippy::disallowed_methods, reason = "this is the edge that reads files and the clock")]

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::time::Instant;

use chatui::server::{self, Config, Counts, Server, clock, config, core, log};
use clap::ValueEnum;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{Level, info, warn};

use super::terminal::Keys;
use super::{CONFIG, FAILED, Failure, data_folder, first_line};
use crate::cli::{ServeArgs, SyncMode, quantity};
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
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(FAILED, format!("cannot start: {error}")))?;
    // Watched before anybody is told that the server is ready, for then it may be asked to stop.
    let signals = {
        let _inside = runtime.enter();
        Signals::watch()?
    };
    let started = Instant::now();
    let server = server::start(config)?;
    for repair in &server.opened().repairs {
        warn!("{repair}");
    }
    let opened = server.opened();
    info!(lines = opened.lines, segments = opened.segments, took = ?started.elapsed(), "the log is open");
    say(&ready_line(server.addresses(), &data.display().to_string(), sync));
    let counts = runtime.block_on(wait(server, signals));
    runtime.shutdown_background();
    let counts = counts?;
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
fn ready_line(addresses: &[SocketAddr], data: &str, sync: log::Sync) -> String {
    let listed: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    let sync = match sync {
        log::Sync::Turn => "sync turn",
        log::Sync::Interval => "sync interval: a power cut can take back the last second",
        log::Sync::Never => "sync never: a power cut can take back what was said",
    };
    let join = listed.first().map(|first| format!("chatui join {first}")).unwrap_or_default();
    format!("chatui serves {}  data {data}  {sync}  join with: {join}", listed.join(" and "))
}

/// The signals that ask for an end.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Signals {
    fn watch() -> Result<Signals, Failure> {
        let watched = |kind| {
            signal(kind).map_err(|error| Failure::new(FAILED, format!("cannot watch signals: {error}")))
        };
        Ok(Signals {
            interrupt: watched(SignalKind::interrupt())?,
            terminate: watched(SignalKind::terminate())?,
            hangup: watched(SignalKind::hangup())?,
        })
    }
}

/// Waits for a reason to stop, then for the end. A second Ctrl+C ends at once.
async fn wait(server: Server, signals: Signals) -> Result<Counts, Failure> {
    let Signals { mut interrupt, mut terminate, mut hangup } = signals;
    let mut keys = Keys::watch();
    if keys.is_some() {
        info!("q, Enter or Ctrl+C stops the server");
    }
    let stopper = server.stopper();
    let mut end = tokio::task::spawn_blocking(move || server.wait());
    let ended = tokio::select! {
        ended = &mut end => Some(ended),
        _ = interrupt.recv() => None,
        _ = terminate.recv() => None,
        _ = hangup.recv() => None,
        () = Keys::stop(&mut keys) => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            info!("stopping");
            stopper.stop(GOODBYE);
            tokio::select! {
                ended = &mut end => ended,
                _ = interrupt.recv() => {
                    drop(keys);
                    std::process::exit(130);
                }
            }
        }
    };
    ended.map_err(|error| Failure::new(FAILED, error))?.map_err(Failure::from)
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
        .init();
}

/// The server's configuration: flags over file over defaults.
fn configuration(args: &ServeArgs) -> Result<Config, Failure> {
    let File { server: file } = match &args.config {
        Some(path) => file::read(path).map_err(|error| Failure::new(CONFIG, error))?,
        None => File::default(),
    };
    let mut listen = args.listen.clone();
    if listen.is_empty() {
        for text in &file.listen {
            let address = text
                .parse()
                .map_err(|_| Failure::new(CONFIG, format!("listen: not an address: {text:?}")))?;
            listen.push(address);
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
        shards,
        core: core::Config {
            name: args.name.clone().or(file.name).unwrap_or(defaults.name),
            network: file.network.unwrap_or(defaults.network),
            motd,
            history: args.history.or(file.history).map_or(defaults.history, usize::from),
            max_clients: args
                .max_clients
                .or(file.max_clients)
                .map_or(defaults.max_clients, |most| most as usize),
            password,
            lanes: shards,
            created: clock::now(),
            ..core::Config::default()
        },
    })
}

/// One shard for each processor beside the core's and the log's threads.
pub fn shards_by_processors() -> usize {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    processors.saturating_sub(1).clamp(1, config::MAX_SHARDS)
}

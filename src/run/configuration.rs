//! The server's configuration: flags over file over defaults.
#![allow(clippy::disallowed_methods, reason = "this is the edge that reads files and the clock")]

use std::net::SocketAddr;
use std::time::Duration;

use chatui::server::config::Limits;
use chatui::server::core::password::Secret;
use chatui::server::{Config, arrivals, clock, config, core, log, pace, passwords, threshold, tls};
use clap::ValueEnum;

use super::{CONFIG, Failure, data_folder, first_line};
use crate::cli::{ServeArgs, SyncMode, listen_address, quantity, server_name};
use crate::config::{self as file, File};

/// The server's configuration: flags over file over defaults.
///
/// # Errors
/// [`Failure`]: something of it is wrong, or cannot be read.
pub fn configuration(args: &ServeArgs) -> Result<Config, Failure> {
    let File { server: file, oper, .. } = match &args.config {
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
        // A variable that is set to nothing is a mistake, and nobody should learn of it by who gets in, or does not.
        (Some(password), _) if password.is_empty() => {
            return Err(Failure::new(CONFIG, "the password is empty (CHATUI_PASSWORD, or --password)"));
        }
        (Some(password), _) => Some(password.clone()),
        (None, Some(path)) => Some(first_line(path)?),
        (None, None) => None,
    };
    let password = password.map(|text| passwords::secret(&text)).transpose();
    let password = password.map_err(|why| Failure::new(CONFIG, format!("password: {why}")))?;
    let most = args.max_clients.or(file.max_clients);
    let limits = limits(most, &file.limits)?;
    let metrics = metrics(args, &file)?;
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
        limits,
        metrics,
        plain,
        core: core::Config {
            name: args.name.clone().or(file.name).unwrap_or(defaults.name),
            network: file.network.unwrap_or(defaults.network),
            motd,
            history: args.history.or(file.history).map_or(defaults.history, usize::from),
            password,
            operators: operators(oper)?,
            near_guessers_wait: file.limits.loopback,
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
        match passwords::secret(&password).map_err(|why| wrong(&name, &why))? {
            Secret::Hash(hash) => operators.push(core::config::Operator { name, hash }),
            Secret::Plain(_) => {
                return Err(wrong(
                    &name,
                    "its password is not hashed, so that whoever reads it can act for the server: put what \
                     chatui hash-password prints in its place",
                ));
            }
        }
    }
    Ok(operators)
}

/// How many may be there, and how fast they may speak.
fn limits(most: Option<u32>, file: &file::Limits) -> Result<Limits, Failure> {
    let defaults = Limits::default();
    let or = |given: Option<u32>, default: usize| given.map_or(default, |given| given as usize);
    if file.burst == Some(0) {
        return Err(Failure::new(CONFIG, "limits.burst: at least 1"));
    }
    if file.lines_per_second.is_some_and(|lines| lines > 1_000_000) {
        return Err(Failure::new(CONFIG, "limits.lines_per_second: 1000000 at most; 0 is for no limit"));
    }
    let near = file.loopback;
    Ok(Limits {
        max_clients: or(most, defaults.max_clients),
        threshold: threshold::Limits { near, ..defaults.threshold },
        arrivals: arrivals::Limits {
            at_once: or(file.per_address, defaults.arrivals.at_once),
            anew: or(file.new_per_address, defaults.arrivals.anew),
            near,
        },
        pace: pace::Limits {
            per_second: file.lines_per_second.unwrap_or(defaults.pace.per_second),
            burst: file.burst.unwrap_or(defaults.pace.burst),
            near,
        },
    })
}

/// Where those are answered who watch the server: on this machine only, unless more is said.
fn metrics(args: &ServeArgs, file: &file::Server) -> Result<Option<SocketAddr>, Failure> {
    let given = match (args.metrics, &file.metrics) {
        (Some(address), _) => Some(address),
        (None, Some(text)) => {
            Some(listen_address(text).map_err(|why| Failure::new(CONFIG, format!("metrics: {why}")))?)
        }
        (None, None) => None,
    };
    match given {
        Some(address)
            if !(address.ip().to_canonical().is_loopback() || args.open_metrics || file.open_metrics) =>
        {
            Err(Failure::new(
                CONFIG,
                format!(
                    "metrics: everybody who reaches {address} could read them; name an address of this machine \
                     (127.0.0.1:9667), or say --open-metrics"
                ),
            ))
        }
        given => Ok(given),
    }
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

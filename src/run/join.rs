//! `chatui join`: the client on this terminal.

use std::process::exit;

use chatui::client::settings::Settings;
use chatui::client::{self, Address, Ending, Options, Security};
use chatui::irc::text;

use super::{FAILED, Failure, USAGE, first_line, login_nick};
use crate::cli::{ClientArgs, JoinArgs};

/// Runs the client until its user leaves.
///
/// # Errors
/// [`Failure`]: no terminal, or no connection.
pub fn run(args: &JoinArgs) -> Result<(), Failure> {
    let server = match &args.server {
        Some(text) => Some(Address::parse(text).map_err(|why| Failure::new(USAGE, why))?),
        None => None,
    };
    if args.security.wanted().plaintext && server.as_ref().is_some_and(|server| server.tls) {
        return Err(Failure::new(
            USAGE,
            "--plaintext is the contrary of ircs:// and of a plus before the port",
        ));
    }
    let mut options = options(&args.client, server)?;
    options.security = args.security.wanted();
    options.settings.plain |= args.plain;
    show(options)
}

/// What the command line says about the client.
///
/// # Errors
/// When the password's file cannot be read.
pub fn options(args: &ClientArgs, server: Option<Address>) -> Result<Options, Failure> {
    let password = args.password_file.as_deref().map(first_line).transpose()?;
    let loaded = client::config::load();
    let set = Some(loaded.settings.nick.clone()).filter(|nick| !nick.is_empty());
    let chosen = args.nick.clone().or(set);
    let channels = match &args.channel[..] {
        [] => loaded.channels_of(server.as_ref()).to_vec(),
        given => given.to_vec(),
    };
    Ok(Options {
        server,
        nick_is_login: chosen.is_none(),
        nick: chosen.unwrap_or_else(login_nick),
        channels,
        password,
        security: Security::default(),
        connect_timeout: args.connect_timeout,
        reconnect: !args.no_reconnect,
        hosts: false,
        notes: Vec::new(),
        keys: loaded.keys,
        settings: Settings { plain: loaded.settings.plain || is_dumb(), ..loaded.settings },
        complaints: loaded.complaints,
    })
}

/// Whether the terminal can but write one line after the other.
fn is_dumb() -> bool {
    std::env::var("TERM").is_ok_and(|term| term == "dumb")
}

/// Runs the client with these options. A signal that ended it is its exit code, as shells have it.
///
/// # Errors
/// [`Failure`]: no terminal, or no connection.
pub fn show(options: Options) -> Result<(), Failure> {
    match block_on(options)? {
        Ending::Left => Ok(()),
        Ending::Signal(number) => exit(128 + number),
    }
}

/// Runs the client on a runtime of its own.
///
/// # Errors
/// [`Failure`]: no terminal, or no connection.
pub fn block_on(options: Options) -> Result<Ending, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(FAILED, format!("cannot start: {error}")))?;
    let ending = runtime.block_on(client::run(options));
    // A lookup of a name that is still under way is not waited for.
    runtime.shutdown_background();
    ending.map_err(|failure| Failure::new(FAILED, text::plain(&failure.to_string())))
}

//! `chatui join`: the client on this terminal.

use std::path::PathBuf;
use std::process::exit;

use chatui::client::session::Account;
use chatui::client::settings::{Loaded, Settings};
use chatui::client::{self, Address, Ending, Options, Security};
use chatui::irc::text;

use super::{FAILED, Failure, USAGE, first_line, login_nick, prompt};
use crate::cli::{AccountArgs, ClientArgs, JoinArgs};

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
    let mut options = options(&args.client, Some(&args.account), server)?;
    options.security = args.security.wanted();
    options.settings.plain |= args.plain;
    show(options)
}

/// What the command line says about the client.
///
/// # Errors
/// When a password's file cannot be read, or what is typed is no password.
pub fn options(
    args: &ClientArgs,
    account: Option<&AccountArgs>,
    server: Option<Address>,
) -> Result<Options, Failure> {
    let password = args.password_file.as_deref().map(first_line).transpose()?;
    let loaded = client::config::load();
    let set = Some(loaded.settings.nick.clone()).filter(|nick| !nick.is_empty());
    let chosen = args.nick.clone().or(set);
    let channels = match &args.channel[..] {
        [] => loaded.channels_of(server.as_ref()).to_vec(),
        given => given.to_vec(),
    };
    let known = account.and_then(|_| loaded.account_of(server.as_ref()));
    let user = account.and_then(|args| args.user.clone()).or_else(|| known?.user.clone());
    let account = account.map(|args| self::account(args, &loaded, server.as_ref())).transpose()?.flatten();
    Ok(Options {
        server,
        nick_is_login: chosen.is_none(),
        nick: chosen.unwrap_or_else(login_nick),
        channels,
        password: password.map(Into::into),
        user: user.unwrap_or_default(),
        account,
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

/// The variable that has the account's password.
const ACCOUNT_PASSWORD: &str = "CHATUI_ACCOUNT_PASSWORD";

/// The account to log in to, if one is named on the command line or in the file for this server, with its password.
fn account(
    args: &AccountArgs,
    loaded: &Loaded,
    server: Option<&Address>,
) -> Result<Option<Account>, Failure> {
    let known = loaded.account_of(server).filter(|known| !known.name.is_empty());
    let Some(name) = args.account.as_ref().or(known.map(|known| &known.name)) else { return Ok(None) };
    // The file's password is that of the file's account.
    let known = known.filter(|known| known.name == *name);
    let variable = std::env::var(ACCOUNT_PASSWORD).ok().filter(|password| !password.is_empty());
    let file = known.and_then(|known| known.password_file.as_deref()).map(in_home);
    let password = match (&args.account_password_file, variable, file) {
        (Some(file), ..) => first_line(file)?,
        (None, Some(password), _) => password,
        (None, None, Some(file)) => first_line(&file)?,
        (None, None, None) => prompt::password(&format!("Password of the account {}: ", text::plain(name)))?,
    };
    let optional = args.account_optional || known.is_some_and(|known| known.optional);
    Ok(Some(Account { name: name.clone(), password: password.into(), optional }))
}

/// A path as people write it: `~/` is their home.
fn in_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(path),
    }
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

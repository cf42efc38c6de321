//! The command line: `serve`, `join`, `host`, `log`, `check`, `hash-password`, `doctor`, `settings`, and their help.

pub mod log;
pub mod quantity;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use chatui::client::Security;
use chatui::irc::Fingerprint;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// The port that chatui uses when none is named: IRC's.
pub const DEFAULT_PORT: u16 = 6667;

/// The chat that a group of people runs themselves, in the terminal, with one binary.
#[derive(Debug, Parser)]
#[command(name = "chatui", version, about, propagate_version = true, max_term_width = 100)]
#[command(after_help = "To begin: chatui host. It says what the others type.")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What chatui can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a server without a screen
    Serve(Box<ServeArgs>),
    /// Join a server: a full-screen client
    Join(JoinArgs),
    /// Run a server and join it, in one process: the quick start
    Host(HostArgs),
    /// Show, search, verify, repair, export and import what was said, also while the server runs
    Log(log::LogArgs),
    /// Look whether a server's configuration and data folder are as they should be
    Check(Box<ServeArgs>),
    /// Make the hash of a password, for the configuration: asks for it, or reads it from the standard input
    HashPassword,
    /// Ask this terminal what it can do, and tell what the client makes of it
    Doctor,
    /// Print a configuration file with all settings and keys, each explained
    Settings,
}

/// `chatui serve`
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Address to listen on, repeatable; :6667 is all of IPv4, port 0 picks a free one [default: 127.0.0.1:6667]
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen_address)]
    pub listen: Vec<SocketAddr>,
    /// Folder for the log [default: the platform's data folder for chatui]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The server's name, as clients see it [default: chatui.local]
    #[arg(long, value_name = "NAME", value_parser = server_name)]
    pub name: Option<String>,
    /// File with the message of the day
    #[arg(long, value_name = "FILE")]
    pub motd: Option<PathBuf>,
    /// Lines of history that a newcomer to a channel is given, 100 at most [default: 50]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=100))]
    pub history: Option<u16>,
    /// Most connections at one time [default: 10000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub max_clients: Option<u32>,
    /// File whose first line is the password that clients must give, or its hash (chatui hash-password)
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Ask for the password that clients must give, before the server starts
    #[arg(long, conflicts_with_all = ["password", "password_file"])]
    pub ask_password: bool,
    /// The password itself, or its hash; other users of this machine can see it while the server runs, a file or the variable is better
    #[arg(
        long,
        value_name = "PASSWORD",
        env = "CHATUI_PASSWORD",
        hide_env_values = true,
        conflicts_with = "password_file"
    )]
    pub password: Option<String>,
    /// When lines are made durable: before anybody hears them, once a second, or when the system likes [default: turn]
    #[arg(long, value_name = "MODE")]
    pub sync: Option<SyncMode>,
    /// Delete the oldest parts of the log that are older than this (90d, 12w, 2y) or while it is larger (500MB, 10GB);
    /// may be given for both [default: everything is kept]
    #[arg(long, value_name = "AGE|SIZE", value_parser = quantity::keep)]
    pub keep: Vec<chatui::server::log::Keep>,
    /// Let other machines connect without TLS, too: everybody on the way can read what is said then
    #[arg(long)]
    pub allow_plaintext: bool,
    /// Require TLS of connections from this machine, too (behind a proxy or a forwarded port, everybody comes from it)
    #[arg(long, conflicts_with = "allow_plaintext")]
    pub require_tls: bool,
    /// Certificate chain (PEM) [default: one that the server makes for itself, where other machines can reach it]
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// Its private key (PEM); SIGHUP has both read again
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Whether plain text is spoken.
    #[command(flatten)]
    pub plain: PlainArgs,
    /// Configuration file (TOML); a flag wins over it
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How many threads serve the sockets [default: by the number of processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=16))]
    pub shards: Option<u8>,
    /// Answer on this address with metrics (Prometheus) and health, over HTTP: 127.0.0.1:9667
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen_address)]
    pub metrics: Option<SocketAddr>,
    /// Let others than this machine read the metrics, too
    #[arg(long)]
    pub open_metrics: bool,
    /// How the diagnostics are written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,
    /// Tell more about what happens, on stderr
    #[arg(long, short)]
    pub verbose: bool,
    /// Tell warnings and errors only
    #[arg(long, short, conflicts_with = "verbose")]
    pub quiet: bool,
}

/// How the diagnostics are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    Text,
    /// For programs: a JSON object a line
    Json,
}

/// Whether plain text is spoken with netcat, telnet and the like.
#[derive(Debug, Args)]
pub struct PlainArgs {
    /// Let people in who come without any client (netcat, telnet), from other machines, too
    #[arg(long)]
    plain: bool,
    /// Let in only those who speak IRC [default: where other machines can reach it]
    #[arg(long, conflicts_with = "plain")]
    no_plain: bool,
}

impl PlainArgs {
    /// What was chosen, if anything was.
    pub fn choice(&self) -> Option<bool> {
        (self.plain || self.no_plain).then_some(self.plain)
    }
}

/// When lines are made durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SyncMode {
    /// With each turn, before anybody hears it
    Turn,
    /// Once a second
    Interval,
    /// When the operating system likes
    Never,
}

/// `chatui join`
#[derive(Debug, Args)]
pub struct JoinArgs {
    /// The server: HOST, HOST:PORT, [ADDRESS]:PORT or irc://HOST, with TLS even on this machine HOST:+PORT or ircs://HOST;
    /// without it, a form asks
    #[arg(value_name = "HOST[:PORT]", value_parser = not_empty)]
    pub server: Option<String>,
    /// Lines of text instead of a full screen: for screen readers and poor terminals
    #[arg(long)]
    pub plain: bool,
    /// What the server must show.
    #[command(flatten)]
    pub security: SecurityArgs,
    /// As whom.
    #[command(flatten)]
    pub account: AccountArgs,
    /// The client's own settings.
    #[command(flatten)]
    pub client: ClientArgs,
}

/// As whom one comes to a server that has accounts, or is a bouncer.
#[derive(Debug, Args)]
pub struct AccountArgs {
    /// Account to log in to (SASL); its password is in the file, in CHATUI_ACCOUNT_PASSWORD, or asked for
    #[arg(long, value_name = "NAME", value_parser = one_word)]
    pub account: Option<String>,
    /// File whose first line is the account's password
    #[arg(long, value_name = "FILE", requires = "account")]
    pub account_password_file: Option<PathBuf>,
    /// Go on without the account if the login fails, instead of leaving
    #[arg(long)]
    pub account_optional: bool,
    /// User name, as a bouncer may want it: name/network@client [default: made of the nick]
    #[arg(long, value_name = "NAME", value_parser = one_word)]
    pub user: Option<String>,
}

/// What a server must show.
#[derive(Debug, Args)]
pub struct SecurityArgs {
    /// Take no other certificate than this (SHA-256), and remember it: what `serve` prints, or what has changed
    #[arg(long, value_name = "FINGERPRINT", value_parser = Fingerprint::parse, conflicts_with_all = ["plaintext", "tls_ca"])]
    fingerprint: Option<Fingerprint>,
    /// Take only certificates by the authorities in this file (PEM)
    #[arg(long, value_name = "FILE", conflicts_with = "plaintext")]
    tls_ca: Option<PathBuf>,
    /// Speak TLS with a server on this machine, too
    #[arg(long, conflicts_with = "plaintext")]
    tls: bool,
    /// Speak without TLS: everybody on the way can read what is said, and the password
    #[arg(long)]
    plaintext: bool,
}

impl SecurityArgs {
    /// The same for the client.
    pub fn wanted(&self) -> Security {
        Security {
            tls: self.tls,
            plaintext: self.plaintext,
            fingerprint: self.fingerprint,
            authorities: self.tls_ca.clone(),
        }
    }
}

/// What `join` and `host` have in common.
#[derive(Debug, Args)]
pub struct ClientArgs {
    /// Your name in the chat [default: your login name]
    #[arg(long, short, value_name = "NAME", value_parser = nick)]
    pub nick: Option<String>,
    /// Channel to join, repeatable [default: #lobby]
    #[arg(long, short, value_name = "CHANNEL", value_parser = channel)]
    pub channel: Vec<String>,
    /// How long to try each address of the server, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = seconds)]
    pub connect_timeout: Duration,
    /// File whose first line is the server's password
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Leave when the connection is lost, instead of trying again
    #[arg(long)]
    pub no_reconnect: bool,
}

/// `chatui host`
#[derive(Debug, Args)]
pub struct HostArgs {
    /// Address to listen on
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:6667", value_parser = listen_address)]
    pub listen: SocketAddr,
    /// Folder for the log [default: the platform's data folder for chatui]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Let other machines connect without TLS, too: everybody on the way can read what is said then
    #[arg(long)]
    pub allow_plaintext: bool,
    /// Certificate chain (PEM) [default: one that the server makes for itself, where other machines can reach it]
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// Its private key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Lines of text instead of a full screen: what `join` calls --plain
    #[arg(long)]
    pub plain_screen: bool,
    /// Whether plain text is spoken.
    #[command(flatten)]
    pub plain: PlainArgs,
    /// The client's own settings.
    #[command(flatten)]
    pub client: ClientArgs,
}

/// `ADDR:PORT`, `ADDR`, or `:PORT` for all addresses of IPv4; names are not looked up, for a server should know where it listens.
pub fn listen_address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Ok(address);
    }
    if let Ok(ip) = text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        return Ok(SocketAddr::new(ip, DEFAULT_PORT));
    }
    let (host, port) =
        text.rsplit_once(':').ok_or("not an address: say 127.0.0.1:6667, [::1]:6667, or :6667 for all")?;
    let port = port.parse().map_err(|_| format!("not a port: {port:?} (a number from 0 to 65535)"))?;
    match host {
        "" => Ok(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port)),
        "localhost" => Ok(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port)),
        _ => Err(format!("not an address: {host:?} (numbers such as 127.0.0.1 or [::1])")),
    }
}

/// A name that the server may give itself: it stands in front of each of its replies, so it is not long.
pub fn server_name(text: &str) -> Result<String, String> {
    if text.len() <= 63 && chatui::irc::name::is_hostname(text) {
        Ok(text.to_owned())
    } else {
        Err("a server's name looks like a host name, with a dot, of at most 63 signs: chat.example"
            .to_owned())
    }
}

fn not_empty(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("the server's name must not be empty".to_owned()),
        text => Ok(text.to_owned()),
    }
}

fn one_word(text: &str) -> Result<String, String> {
    let is_word = !text.is_empty() && text.len() <= 100 && text.bytes().all(|b| b.is_ascii_graphic());
    match is_word && !text.starts_with(':') {
        true => Ok(text.to_owned()),
        false => Err("one word of at most 100 bytes, letters, digits and signs of ASCII".to_owned()),
    }
}

fn nick(text: &str) -> Result<String, String> {
    if chatui::irc::name::is_nick(text) {
        Ok(text.to_owned())
    } else {
        Err("a nick has letters, digits and -_[]{}\\|`^, no digit first, at most 32 signs".to_owned())
    }
}

pub(crate) fn channel(text: &str) -> Result<String, String> {
    let name = if text.starts_with('#') { text.to_owned() } else { format!("#{text}") };
    if chatui::irc::name::is_channel(&name) {
        Ok(name)
    } else {
        Err("a channel's name has no blank, comma or colon, at most 64 bytes".to_owned())
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(number) if (0.1..=600.0).contains(&number) => Ok(Duration::from_secs_f64(number)),
        _ => Err("a number of seconds from 0.1 to 600".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn addresses_to_listen_on() {
        let on = |text: &str| listen_address(text).map(|address| address.to_string());
        assert_eq!(on("127.0.0.1:7000").as_deref(), Ok("127.0.0.1:7000"));
        assert_eq!(on("[::1]:7000").as_deref(), Ok("[::1]:7000"));
        assert_eq!(on("0.0.0.0").as_deref(), Ok("0.0.0.0:6667"));
        assert_eq!(on("[::1]").as_deref(), Ok("[::1]:6667"));
        assert_eq!(on(":0").as_deref(), Ok("0.0.0.0:0"));
        assert_eq!(on("localhost:7").as_deref(), Ok("127.0.0.1:7"));
        for bad in [":abc", "", "example.org:1", "1.2.3.4:70000"] {
            assert!(on(bad).is_err(), "{bad}");
        }
    }
}

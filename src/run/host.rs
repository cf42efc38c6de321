//! `chatui host`: a server and its first client in one process. If a server is there already, it is joined.

use std::net::SocketAddr;

use chatui::client::{Address, Ending};
use chatui::server::{self, Config, Server, ServerError, clock, config, core, log};

use super::configuration::shards_by_processors;
use super::join::{block_on, options};
use super::{Failure, data_folder, join_line, join_line_of};
use crate::cli::HostArgs;

/// Runs both until the client is left; then the server stops.
///
/// # Errors
/// [`Failure`]: of the server's start, or of the client.
pub fn run(args: &HostArgs) -> Result<(), Failure> {
    let data = match args.data.clone() {
        Some(folder) => folder,
        None => data_folder()?,
    };
    let shards = shards_by_processors();
    let config = Config {
        listen: vec![args.listen],
        data,
        sync: log::Sync::Turn,
        keep: log::Keep::default(),
        allow_plaintext: args.allow_plaintext,
        tls: server::tls::Options {
            files: args.tls_cert.clone().zip(args.tls_key.clone()),
            ..server::tls::Options::default()
        },
        shards,
        limits: config::Limits::default(),
        metrics: None,
        plain: config::Plain { on: args.plain.choice(), ..config::Plain::default() },
        core: core::Config { created: clock::now(), ..core::Config::default() },
    };
    let server = match server::start(config) {
        Ok(server) => Some(server),
        // Somebody hosts here already: that is where to go.
        Err(ServerError::Listen(_, error)) if error.kind() == std::io::ErrorKind::AddrInUse => None,
        Err(error) => return Err(error.into()),
    };
    let address =
        server.as_ref().and_then(|server| server.addresses().first().copied()).unwrap_or(args.listen);
    let near = reachable(address);
    let here = Address { host: near.ip().to_string(), port: near.port(), tls: false };
    let mut options = options(&args.client, None, Some(here))?;
    options.settings.plain |= args.plain_screen;
    options.hosts = server.is_some();
    // Where TLS is spoken, nobody needs to be asked whether the server is our own.
    if let Some(tls) = server.as_ref().and_then(Server::tls).filter(|_| !near.ip().is_loopback()) {
        options.security.fingerprint = Some(tls.fingerprint());
    }
    // Short enough to stand on one row of a window of 80 columns: it is to be copied.
    options.notes = match &server {
        Some(server) if args.listen.ip().is_loopback() => vec![
            format!("others here type: {}", join_line_of(server)),
            format!("for elsewhere: chatui host --listen 0.0.0.0:{}", near.port()),
        ],
        Some(server) => vec![format!("others type: {}", join_line_of(server))],
        None => vec![format!("runs here already: {}", join_line(address))],
    };
    let ending = block_on(options);
    let served = server.map(|server| {
        server.stopper().stop("The host has left. Bye!");
        server.wait()
    });
    let ending = ending?;
    served.transpose()?;
    match ending {
        Ending::Left => Ok(()),
        Ending::Signal(number) => std::process::exit(128 + number),
    }
}

/// Where this machine itself reaches an address that it listens on: of "everywhere", the loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        std::net::IpAddr::V4(ip) if ip.is_unspecified() => std::net::Ipv4Addr::LOCALHOST.into(),
        std::net::IpAddr::V6(ip) if ip.is_unspecified() => std::net::Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

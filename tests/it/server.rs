//! Real sockets on ports of their own: what a peer sees of a whole server, from its start to its end.

mod ends;
mod floods;
mod full;
mod guard;
mod hostile;
mod pages;
pub mod peers;
mod search;
mod seeds;
mod strangers;
mod talk;
mod tls;
mod turns;

use std::net::SocketAddr;
use std::time::Duration;

use chatui::server::config::{Limits, Plain, Prompt};
use chatui::server::log::{Disk, Keep, Options, Sync};
use chatui::server::{self, Config, Counts, Server, ServerError, clock, core};
use tempfile::TempDir;

pub use peers::Peer;

/// How long anything may take before a test fails; generous, since tests run beside each other on few cores.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A server with a data folder of its own; it is stopped when the test is over.
pub struct Host {
    server: Option<Server>,
    address: SocketAddr,
    data: TempDir,
}

/// A server on any free port of the loopback.
pub fn config(data: &TempDir) -> Config {
    Config {
        listen: vec!["127.0.0.1:0".parse().unwrap()],
        data: data.path().to_owned(),
        sync: Sync::Turn,
        allow_plaintext: false,
        tls: server::tls::Options::default(),
        keep: Keep::default(),
        shards: 2,
        limits: Limits::default(),
        metrics: None,
        // The prompts are for the silent, and a test that waits for its turn on a busy machine is none.
        plain: Plain { prompt: Prompt::Off, ..Plain::default() },
        core: core::Config { created: clock::now(), ..core::Config::default() },
    }
}

impl Host {
    pub fn start() -> Host {
        Host::start_as(|_| {})
    }

    /// Starts one whose configuration is changed first.
    pub fn start_as(change: impl FnOnce(&mut Config)) -> Host {
        let data = TempDir::new().unwrap();
        let mut config = config(&data);
        change(&mut config);
        Host::of(server::start(config).unwrap(), data)
    }

    /// Starts one whose log is opened in another way.
    pub fn start_with(change: impl FnOnce(&mut Config, &mut Options)) -> Host {
        let data = TempDir::new().unwrap();
        let (mut config, mut options) = (config(&data), Options::new(Sync::Never, clock::now()));
        change(&mut config, &mut options);
        Host::of(server::start_with(config, options).unwrap(), data)
    }

    /// Starts one whose log is on this disk.
    pub fn start_on(disk: Disk) -> Host {
        let data = TempDir::new().unwrap();
        let options = Options { disk, ..Options::new(Sync::Turn, clock::now()) };
        Host::of(server::start_with(config(&data), options).unwrap(), data)
    }

    fn of(server: Server, data: TempDir) -> Host {
        Host { address: server.addresses()[0], server: Some(server), data }
    }

    pub fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    /// Asks it to stop, and waits for its end.
    pub fn stop(&mut self) -> Result<Counts, ServerError> {
        let server = self.server.take().unwrap();
        server.stopper().stop("Bye!");
        server.wait()
    }

    /// Its data folder.
    pub fn data(&self) -> &std::path::Path {
        self.data.path()
    }

    /// Stops it and starts it anew, on the same address and folder.
    pub fn restart(&mut self) {
        self.restart_as(|_| {});
    }

    /// The same, with a configuration that is changed first.
    pub fn restart_as(&mut self, change: impl FnOnce(&mut Config)) {
        self.stop().unwrap();
        self.start_again_as(change);
    }

    /// Starts it anew after it was stopped, on the same address and folder.
    pub fn start_again(&mut self) {
        self.start_again_as(|_| {});
    }

    fn start_again_as(&mut self, change: impl FnOnce(&mut Config)) {
        let mut config = Config { listen: vec![self.address], ..config(&self.data) };
        change(&mut config);
        self.server = Some(server::start(config).unwrap());
    }

    /// A peer that has said nothing yet.
    pub fn peer(&self) -> Peer {
        Peer::connect(self.address)
    }

    /// A peer that is registered as this nick.
    pub fn user(&self, nick: &str) -> Peer {
        self.user_with(nick, "")
    }

    /// The same, with these capabilities.
    pub fn user_with(&self, nick: &str, caps: &str) -> Peer {
        let mut peer = self.peer();
        peer.register(nick, caps);
        peer
    }

    /// Several that are registered and in a channel, each having seen the last one join.
    pub fn members(&self, channel: &str, nicks: &[&str], caps: &str) -> Vec<Peer> {
        let mut members: Vec<Peer> = Vec::new();
        for nick in nicks {
            let mut member = self.user_with(nick, caps);
            member.join(channel);
            members.push(member);
        }
        if let Some((last, others)) = nicks.split_last() {
            let joined = format!(":{last}!");
            for (member, _) in members.iter_mut().zip(others) {
                member.until(|line| line.contains(&joined) && line.contains(" JOIN "));
            }
        }
        members
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.stopper().stop("Bye!");
            // Whether it ended well is the test's business, if it is anybody's.
            let _ = server.wait();
        }
    }
}

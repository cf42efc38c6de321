//! The server: edges, with a pure core inside.
//!
//! [`start`] binds, opens the log and sets the threads going: the I/O shards, the core's, and the one that reads old history. [`Server`] is
//! the handle of it all.
//!
//! | module | what |
//! |---|---|
//! | [`core`] | who may do what, and who hears it: pure |
//! | [`turn`] | what it makes of what has come in |
//! | [`engine`] | the turn loop: the core with the log behind it |
//! | [`log`] | where lines are kept before anybody hears them |
//! | [`pages`], [`behind`] | older history, read by a thread of its own; and what waits for it |
//! | [`backbone`] | what gives lines their order and stamp |
//! | [`listeners`], [`shard`], [`connection`], [`outbox`] | sockets, their buffers, and one write per touched connection and turn |
//! | [`tls`] | the certificate, and each connection's session |
//! | [`door`] | the first bytes of a connection: who is knocking |
//! | [`plain`], [`guest`] | a plain-text peer as an IRC user, and its socket's clock |
//! | [`house`] | what all shards know |
//! | [`threshold`], [`arrivals`] | how many may be connected and not registered yet, and come from one address |
//! | [`pace`] | how fast a connection may speak |
//! | [`errands`], [`passwords`], [`bans`] | what turns ask of others: passwords checked, bans kept |
//! | [`reload`], [`metrics`] | choosing anew while it runs; what is counted |
//! | [`mod@file`] | a small file, read and written whole |
//! | [`alarm`] | when to look at which connection again |
//! | [`inbox`], [`mailbox`] | the two queues between shards and core |

pub mod alarm;
pub mod arrivals;
pub mod backbone;
pub mod bans;
pub mod behind;
pub mod clock;
pub mod config;
pub mod connection;
pub mod core;
pub mod door;
pub mod engine;
pub mod errands;
pub mod file;
pub mod guest;
pub mod house;
pub mod inbox;
pub mod listeners;
pub mod log;
pub mod mailbox;
pub mod metrics;
pub mod outbox;
pub mod pace;
pub mod pages;
pub mod passwords;
pub mod plain;
pub mod reload;
pub mod shard;
pub mod threshold;
pub mod tls;
pub mod turn;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use mio::net::TcpListener;
use mio::{Poll, Waker};
use socket2::{Domain, Socket, Type};

pub use config::Config;
pub use engine::Counts;

use self::core::Core;
use backbone::Local;
use bans::BanFile;
use engine::{Broken, Desk, Ended, Engine};
use errands::Errands;
use house::House;
use inbox::{Event, Inbox};
use log::{FileLog, OpenError, Opened};
use mailbox::{Delivery, Mailbox, Mailboxes};
use metrics::{Watch, Watched};
use pages::Pages;
use passwords::Checks;
use reload::Reloader;
use shard::{Shard, WAKER};
use tls::{Tls, TlsError};
use turn::Rounds;

/// Why a server did not start, or had to stop.
#[derive(Debug)]
pub enum ServerError {
    /// An address cannot be listened on.
    Listen(SocketAddr, io::Error),
    /// The file of bans cannot be used.
    Bans(String),
    /// There is no certificate to use, or none could be made.
    Tls(TlsError),
    /// The data folder cannot be used.
    Open(OpenError),
    /// The threads or their queues cannot be set up.
    Setup(io::Error),
    /// The log failed while the server was running.
    Log(String),
    /// A thread of the server, this one, ended unexpectedly while it was running.
    Thread(String),
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServerError::Listen(address, error) if error.kind() == io::ErrorKind::AddrInUse => {
                write!(f, "{address} is taken: another program listens there")
            }
            ServerError::Listen(address, error) => write!(f, "cannot listen on {address}: {error}"),
            ServerError::Bans(why) => f.write_str(why),
            ServerError::Tls(error) => error.fmt(f),
            ServerError::Open(error) => error.fmt(f),
            ServerError::Setup(error) => write!(f, "cannot set up the server: {error}"),
            ServerError::Log(reason) => write!(f, "the log failed, so nothing more may be said: {reason}"),
            ServerError::Thread(name) => {
                write!(f, "the thread {name:?} ended unexpectedly, and the server with it")
            }
        }
    }
}

impl std::error::Error for ServerError {}

/// A running server.
#[derive(Debug)]
pub struct Server {
    addresses: Vec<SocketAddr>,
    tls: Option<Arc<Tls>>,
    opened: Opened,
    desk: Arc<Desk>,
    mailboxes: Mailboxes,
    core: JoinHandle<Ended>,
    shards: Vec<JoinHandle<()>>,
    pages: Arc<Pages>,
    reader: JoinHandle<()>,
    reloader: Reloader,
    watch: Option<Watch>,
}

/// Binds, opens the log, and starts the threads.
///
/// # Errors
/// [`ServerError`]: nothing is left behind then.
pub fn start(config: Config) -> Result<Server, ServerError> {
    let options = log::Options { keep: config.keep, ..log::Options::new(config.sync, clock::now()) };
    start_with(config, options)
}

/// The same, with a log that is opened in this way: with smaller segments, or on a disk that fails when a test wants it
/// to. The sync mode is the options'.
///
/// # Errors
/// [`ServerError`]: nothing is left behind then.
pub fn start_with(mut config: Config, options: log::Options) -> Result<Server, ServerError> {
    config.core.lanes = config.shards.clamp(1, config::MAX_SHARDS);
    config.sync = options.sync;
    let started = Arc::new(config.clone());
    config.core.motd = config.motd();
    let (mut listeners, addresses) = listen(&config)?;
    let metrics = config.metrics.map(|address| (address, metrics::bind(address)));
    let metrics = metrics.map(|(address, bound)| bound.map_err(|error| ServerError::Listen(address, error)));
    let metrics = metrics.transpose()?;
    let mut core = Core::new(config.core.clone());
    let sync = options.sync;
    let (file, opened) =
        FileLog::open(&config.data, options, &mut |line| core.recall(line)).map_err(ServerError::Open)?;
    let read = file.reader().tail(config::IDS_READ, &mut |line| core.recall_id(line));
    read.map_err(ServerError::Setup)?;
    if let Some((time, seq)) = file.sure_behind() {
        core.recall_behind(time, seq);
    }
    let backbone = Box::new(Local::after(opened.last_time, opened.last_seq));

    config.plain.on.get_or_insert(addresses.iter().all(|address| is_near(*address)));
    let tls = certificate(&config, &addresses)?;
    let ban_file = BanFile::new(&config.data);
    let bans = ban_file.read().map_err(ServerError::Bans)?;
    core.recall_bans(Arc::clone(&bans));
    core.insist_on_tls(tls.as_ref().filter(|tls| tls.is_given()).map(|_| config::STS_DURATION));
    let house = Arc::new(House::new(&config, tls.clone(), bans));
    let inbox = Arc::new(Inbox::default());
    let checks = Checks::new(Arc::clone(&inbox));
    let errands = Errands {
        checks: Arc::clone(&checks),
        bans: ban_file.clone(),
        house: Arc::clone(&house),
        name: config.core.name.clone(),
    };
    let reloader = Reloader { started, house: Arc::clone(&house), inbox: Arc::clone(&inbox), bans: ban_file };
    let (polls, mailboxes) = mailboxes(config.core.lanes).map_err(ServerError::Setup)?;
    let (pages, history) = (Arc::new(Pages::default()), file.reader());
    let rounds = Rounds::new(core, backbone);
    let engine = Engine::new(rounds, Box::new(file), sync, mailboxes.clone(), Arc::clone(&pages), errands);
    let desk = Arc::new(Desk::new(engine, Arc::clone(&inbox)));
    let mut ready = Vec::new();
    for (lane, poll) in polls.into_iter().enumerate() {
        let listeners = std::mem::take(&mut listeners);
        let house = Arc::clone(&house);
        let shard = Shard::new(lane, poll, listeners, Arc::clone(&desk), mailboxes.clone(), house);
        ready.push(shard.map_err(ServerError::Setup)?);
    }
    // From here on threads run; each of them ends when the engine does.
    let (asked, page_mailboxes) = (Arc::clone(&pages), mailboxes.clone());
    let reader = vital("pages".to_owned(), &desk, move || {
        pages::run_pages(&asked, &page_mailboxes, &mut || history.tend());
    })?;
    let core_desk = Arc::clone(&desk);
    let core = thread("core".to_owned(), move || core_desk.run())?;
    let mut shards = Vec::new();
    for (lane, shard) in ready.into_iter().enumerate() {
        let shard = vital(format!("shard {lane}"), &desk, move || shard.run());
        shards.push(shard.inspect_err(|_| desk.inbox.push_event(Event::Shutdown(String::new())))?);
    }
    let watched = Watched { house, inbox, pages: Arc::clone(&pages), checks };
    let watch =
        metrics.map(|listener| Watch::start(listener, watched)).transpose().map_err(ServerError::Setup);
    let watch = watch.inspect_err(|_| desk.inbox.push_event(Event::Shutdown(String::new())))?;
    Ok(Server { addresses, tls, opened, desk, mailboxes, core, shards, pages, reader, reloader, watch })
}

/// What the server proves itself with. The data folder is ours by now: nobody else makes one there.
fn certificate(config: &Config, addresses: &[SocketAddr]) -> Result<Option<Arc<Tls>>, ServerError> {
    let needed = config.tls.required || !addresses.iter().all(|address| is_near(*address));
    let tls = Tls::open(&config.tls, &config.data, addresses, needed).map_err(ServerError::Tls)?;
    Ok(tls.map(Arc::new))
}

/// Binds all addresses, each once.
fn listen(config: &Config) -> Result<(Vec<TcpListener>, Vec<SocketAddr>), ServerError> {
    let (mut listeners, mut addresses) = (Vec::new(), Vec::new());
    for (n, address) in config.listen.iter().enumerate() {
        if address.port() != 0 && config.listen[..n].contains(address) {
            continue;
        }
        let failed = |error| ServerError::Listen(*address, error);
        let listener = bind(*address, &config.listen).map_err(failed)?;
        addresses.push(listener.local_addr().map_err(failed)?);
        listeners.push(listener);
    }
    Ok((listeners, addresses))
}

/// Connections that the system takes in before they are accepted.
const BACKLOG: i32 = 1024;

/// Binds an address. "Everywhere" of IPv6 is everywhere of IPv4 as well on most systems, and would take the place of an
/// IPv4 address with the same port: if there is one, it keeps to IPv6.
fn bind(address: SocketAddr, all: &[SocketAddr]) -> io::Result<TcpListener> {
    let beside = |other: &SocketAddr| other.is_ipv4() && other.port() == address.port();
    if !(address.is_ipv6() && address.port() != 0 && all.iter().any(beside)) {
        return TcpListener::bind(address);
    }
    let socket = Socket::new(Domain::IPV6, Type::STREAM, None)?;
    socket.set_only_v6(true)?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(TcpListener::from_std(socket.into()))
}

/// Whether only this machine itself can connect there.
fn is_near(address: SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}

fn mailboxes(lanes: usize) -> io::Result<(Vec<Poll>, Mailboxes)> {
    let polls: Vec<Poll> = (0..lanes).map(|_| Poll::new()).collect::<io::Result<_>>()?;
    let boxes: io::Result<Vec<Mailbox>> =
        polls.iter().map(|poll| Waker::new(poll.registry(), WAKER).map(Mailbox::new)).collect();
    Ok((polls, Mailboxes::new(boxes?)))
}

fn thread<T: Send + 'static>(
    name: String,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, ServerError> {
    std::thread::Builder::new().name(name).spawn(work).map_err(ServerError::Setup)
}

/// A thread without which the server is none: if it ends before the engine does, everything ends.
fn vital(
    name: String,
    desk: &Arc<Desk>,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, ServerError> {
    let vital = Vital(Arc::clone(desk), name.clone());
    thread(name, move || {
        let _vital = vital;
        work();
    })
}

/// Tells of the end of a thread, however it comes.
struct Vital(Arc<Desk>, String);

impl Drop for Vital {
    fn drop(&mut self) {
        self.0.thread_ended(&self.1);
    }
}

/// Stops a server.
#[derive(Clone, Debug)]
pub struct Stopper(Arc<Desk>);

impl Stopper {
    /// Asks it to stop: everybody is told this, what waits is written for at most two seconds, the log is synced.
    pub fn stop(&self, reason: &str) {
        self.0.inbox.push_event(Event::Shutdown(reason.to_owned()));
    }
}

impl Server {
    /// Where it listens, with the ports that were picked.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Its certificate, if it speaks TLS.
    pub fn tls(&self) -> Option<&Arc<Tls>> {
        self.tls.as_ref()
    }

    /// Where those are answered who watch it, if anywhere.
    pub fn metrics(&self) -> Option<SocketAddr> {
        self.watch.as_ref().map(Watch::address)
    }

    /// What takes a configuration into it while it runs.
    pub fn reloader(&self) -> Reloader {
        self.reloader.clone()
    }

    /// What was found in the log.
    pub fn opened(&self) -> &Opened {
        &self.opened
    }

    /// What stops it, while another waits for its end.
    pub fn stopper(&self) -> Stopper {
        Stopper(Arc::clone(&self.desk))
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// [`ServerError::Log`] when the log failed, [`ServerError::Thread`] when a part of the server did.
    pub fn wait(self) -> Result<Counts, ServerError> {
        let ended = self.core.join().unwrap_or_else(|_| {
            self.mailboxes.send(&Arc::new(Delivery::Fatal("server failure")), None);
            Err(Broken::Thread("core".to_owned()))
        });
        for shard in self.shards {
            // A shard that ended by a panic has said so; the others still have their goodbyes to write.
            let _ = shard.join();
        }
        // Nobody is left to hear a page that still waits to be read.
        self.pages.abandon();
        let _ = self.reader.join();
        if let Some(watch) = self.watch {
            watch.end();
        }
        ended.map_err(|broken| match broken {
            Broken::Log(reason) => ServerError::Log(reason),
            Broken::Thread(name) => ServerError::Thread(name),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_others_stand_on_takes_the_whole_server_with_it() {
        for fails in [true, false] {
            let data = tempfile::tempdir().unwrap();
            let config = Config {
                listen: vec!["127.0.0.1:0".parse().unwrap()],
                data: data.path().to_owned(),
                shards: 2,
                sync: log::Sync::Turn,
                keep: log::Keep::default(),
                allow_plaintext: false,
                tls: tls::Options::default(),
                limits: config::Limits::default(),
                metrics: None,
                plain: config::Plain::default(),
                core: core::Config::default(),
            };
            let server = start(config).unwrap();
            // By a panic, or as a shard does that cannot wait for sockets any more.
            let work = move || assert!(!fails, "a mistake of ours");
            let part = vital("a part".to_owned(), &server.desk, work).unwrap();
            let ended = server.wait();
            assert!(matches!(&ended, Err(ServerError::Thread(name)) if name == "a part"), "{ended:?}");
            assert_eq!(part.join().is_err(), fails);
        }
    }
}

//! A load generator for any IRC server: many plain clients on one thread, one scenario a run, one row of figures.
//!
//! ```text
//! cargo run --release --example flood -- --pid 1234 127.0.0.1:6667 fan --receivers 1000
//! ```
//!
//! It is polite by construction: it keeps a window of messages in flight (or a rate), so a server whose flood
//! control is switched off is measured and not drowned. Each text carries its sender, its number and its moment, and
//! each receiver checks that nothing is lost, doubled or out of order; the exit code is 1 if something was.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a load generator is all edge: sockets, clocks, /proc"
)]

mod arrive;
mod certificate;
mod churn;
mod crowd;
mod history;
mod report;
mod stream;
mod talk;
mod usage;

use std::error::Error;
use std::net::{SocketAddr, ToSocketAddrs};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

/// What every part of the generator gives back: the reason why nothing could be measured.
type Outcome<T> = Result<T, Box<dyn Error>>;

/// Loads an IRC server with many clients and says what it cost and whether all arrived.
#[derive(Parser)]
struct Cli {
    /// Where the server listens
    #[arg(value_name = "HOST:PORT")]
    server: String,
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    scenario: Scenario,
}

#[derive(Args)]
struct Options {
    /// The server's process: its CPU time and memory are read from /proc
    #[arg(long)]
    pid: Option<u32>,
    /// Print one JSON object instead of a table row
    #[arg(long)]
    json: bool,
    /// Print the row without the heading
    #[arg(long)]
    no_heading: bool,
    /// Speak TLS, with any certificate
    #[arg(long)]
    tls: bool,
    /// How many connect at once; some servers stumble over more, others let a client wait a second and need many
    #[arg(long, default_value_t = 32)]
    at_once: usize,
    /// Give up after this many seconds
    #[arg(long, default_value_t = 120)]
    timeout: u64,
}

#[derive(Subcommand)]
enum Scenario {
    /// Some senders, many receivers, one room, a window of messages in flight
    Fan {
        #[command(flatten)]
        room: Room,
        /// Most messages in flight, all senders together
        #[arg(long, default_value_t = 64)]
        window: u32,
    },
    /// The same with one message in flight: what a single line costs
    Ping {
        #[command(flatten)]
        room: Room,
    },
    /// The same at a fixed pace: what a lively room costs, and how late its lines are
    Pace {
        #[command(flatten)]
        room: Room,
        /// Messages a second, all senders together
        #[arg(long, default_value_t = 100)]
        rate: u32,
    },
    /// Many small rooms, one sender in each
    Rooms {
        /// How many rooms
        #[arg(long, default_value_t = 100)]
        rooms: usize,
        /// People in each, the sender included
        #[arg(long, default_value_t = 10)]
        members: usize,
        /// Messages in each room
        #[arg(long, default_value_t = 200)]
        messages: u32,
        /// Most messages in flight in each room
        #[arg(long, default_value_t = 1)]
        window: u32,
        /// Bytes of each text
        #[arg(long, default_value_t = 64)]
        size: usize,
    },
    /// One room in which some never read: what they cost those who do, and the server
    Slow {
        #[command(flatten)]
        room: Room,
        /// How many never read; the receivers who do are to hear everything
        #[arg(long, default_value_t = 10)]
        deaf: usize,
        /// Most messages in flight, all senders together
        #[arg(long, default_value_t = 64)]
        window: u32,
    },
    /// Clients that each ask for the last lines of one room (CHATHISTORY)
    History {
        /// How many clients
        #[arg(long, default_value_t = 50)]
        clients: usize,
        /// How many lines each asks for
        #[arg(long, default_value_t = 1000)]
        lines: u32,
        /// Bytes of each text
        #[arg(long, default_value_t = 64)]
        size: usize,
    },
    /// Clients that connect, register and join a room each shares with some others
    Connect {
        /// How many clients
        #[arg(long, default_value_t = 1000)]
        clients: usize,
        /// How many share a room
        #[arg(long, default_value_t = 10)]
        room: usize,
    },
    /// Clients that are there already, and then all join one room
    Joinone {
        /// How many clients
        #[arg(long, default_value_t = 1000)]
        clients: usize,
    },
    /// All in one room, and every other one's connection breaks at the same moment
    Quithalf {
        /// How many clients
        #[arg(long, default_value_t = 1000)]
        clients: usize,
    },
    /// Clients that register and then say nothing: memory and CPU of an idle connection
    Idle {
        /// How many clients
        #[arg(long, default_value_t = 10_000)]
        clients: usize,
        /// How many share a room; without it they are in none
        #[arg(long)]
        room: Option<usize>,
        /// For how long the idle CPU is taken
        #[arg(long, default_value_t = 10)]
        seconds: u64,
    },
    /// Clients that join, talk, leave and vanish at random; then one message that must reach all
    Churn {
        /// How many clients
        #[arg(long, default_value_t = 200)]
        clients: usize,
        /// For how long
        #[arg(long, default_value_t = 30)]
        seconds: u64,
        /// How many rooms they move between
        #[arg(long, default_value_t = 4)]
        rooms: usize,
        /// Deeds a second, all clients together
        #[arg(long, default_value_t = 600)]
        rate: u32,
        /// The seed of their wanderings; without it the clock gives one, and it is printed
        #[arg(long)]
        seed: Option<u64>,
    },
}

/// A room and what is said in it.
#[derive(Args)]
struct Room {
    /// How many talk
    #[arg(long, default_value_t = 1)]
    senders: usize,
    /// How many listen
    #[arg(long, default_value_t = 100)]
    receivers: usize,
    /// How many messages, all senders together
    #[arg(long, default_value_t = 5000)]
    messages: u32,
    /// Bytes of each text
    #[arg(long, default_value_t = 64)]
    size: usize,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(report) => {
            report.print(cli.options.json, !cli.options.no_heading);
            if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("flood: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(cli: &Cli) -> Outcome<report::Report> {
    raise_descriptor_limit();
    let address = resolve(&cli.server)?;
    let usage = cli.options.pid.map(usage::Process::new);
    let limit = Duration::from_secs(cli.options.timeout);
    let run = crowd::Run {
        address,
        tls: cli.options.tls.then(stream::any_certificate).transpose()?,
        process: usage,
        at_once: cli.options.at_once,
        deadline: crowd::Deadline::after(limit),
    };
    match &cli.scenario {
        Scenario::Fan { room, window } => talk::run(&run, &plan(room, "fan", talk::Pacing::Window(*window))),
        Scenario::Ping { room } => talk::run(&run, &plan(room, "ping", talk::Pacing::Window(1))),
        Scenario::Pace { room, rate } => talk::run(&run, &plan(room, "pace", talk::Pacing::Rate(*rate))),
        Scenario::Rooms { rooms, members, messages, window, size } => talk::run(
            &run,
            &talk::Plan {
                scenario: "rooms",
                rooms: *rooms,
                senders: 1,
                receivers: members.saturating_sub(1),
                deaf: 0,
                messages: *messages,
                size: *size,
                pacing: talk::Pacing::Window(*window),
            },
        ),
        Scenario::Slow { room, deaf, window } => {
            let pacing = talk::Pacing::Window(*window);
            talk::run(&run, &talk::Plan { deaf: *deaf, ..plan(room, "slow", pacing) })
        }
        Scenario::History { clients, lines, size } => history::run(&run, *clients, *lines, *size),
        Scenario::Connect { clients, room } => arrive::connect(&run, *clients, *room),
        Scenario::Joinone { clients } => arrive::join_one(&run, *clients),
        Scenario::Quithalf { clients } => arrive::quit_half(&run, *clients),
        Scenario::Idle { clients, room, seconds } => {
            arrive::idle(&run, *clients, *room, Duration::from_secs(*seconds))
        }
        Scenario::Churn { clients, seconds, rooms, rate, seed } => {
            let seed = seed.unwrap_or_else(|| fastrand::u64(..));
            let span = Duration::from_secs(*seconds);
            churn::run(&run, &churn::Plan { clients: *clients, span, rooms: *rooms, rate: *rate, seed })
        }
    }
}

fn plan(room: &Room, scenario: &'static str, pacing: talk::Pacing) -> talk::Plan {
    talk::Plan {
        scenario,
        rooms: 1,
        senders: room.senders,
        receivers: room.receivers,
        deaf: 0,
        messages: room.messages,
        size: room.size,
        pacing,
    }
}

fn resolve(server: &str) -> Outcome<SocketAddr> {
    let mut all = server.to_socket_addrs().map_err(|error| format!("{server}: {error}"))?;
    all.next().ok_or_else(|| format!("{server}: no address").into())
}

/// Ten thousand clients need ten thousand descriptors; what the system does not give is found out when connecting.
fn raise_descriptor_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        eprintln!("flood: the limit of open files stays as it is: {error}");
    }
}

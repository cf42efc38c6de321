//! One bad neighbour beside a hundred good ones: for each of the floods A28 to A39 what the good ones notice of it.
//!
//! ```text
//! cargo run --release --example neighbour -- --pid 1234 127.0.0.1:6667 --seconds 10
//! ```
//!
//! A hundred clients in one room say fifty messages a second in all; each text carries its moment, and all others who hear it
//! count how long it took. Meanwhile the neighbour does what its row says. `.ci/neighbour` starts the server and this.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a load generator is all edge: sockets, clocks, /proc"
)]

mod attack;
mod good;
#[path = "../flood/usage.rs"]
mod usage;

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::thread::JoinHandle;
use std::time::Duration;

use clap::Parser;
use tokio::runtime::Builder;

use attack::Attack;
use good::Good;
use usage::Process;

/// Says what a hundred good clients notice of one bad one.
#[derive(Parser)]
struct Cli {
    /// Where the server listens
    server: SocketAddr,
    /// The server's process
    #[arg(long)]
    pid: u32,
    /// For how long each attack goes on
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Only these attacks, as in A31
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// From where the neighbour comes, if that is not where the others come from; for each further attack from the next
    /// address, since what one address may do is counted over ten minutes
    #[arg(long)]
    from: Option<Ipv4Addr>,
}

/// How many good clients there are.
const CLIENTS: usize = 100;

/// What the good ones may have to wait, for 99 of 100 messages.
const MOST: Duration = Duration::from_millis(100);

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("neighbour: {error}");
            ExitCode::from(2)
        }
    }
}

/// The neighbour has a thread of its own: what it does is not to be a burden on those who measure.
fn apart(attack: Attack, server: SocketAddr, from: Option<SocketAddr>, span: Duration) -> JoinHandle<()> {
    std::thread::spawn(move || {
        if let Ok(runtime) = Builder::new_current_thread().enable_all().build() {
            runtime.block_on(attack.go_on(server, from, span));
        }
    })
}

/// Whether all of it was bearable.
fn run(cli: &Cli) -> Result<bool, Box<dyn Error>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let process = Process::new(cli.pid);
    println!(
        "{:<34} {:>8} {:>8} {:>8} {:>6} {:>5} {:>8} {:>8} {:>8} {:>6}",
        "attack", "p50 ms", "p99 ms", "max ms", "heard", "gone", "before", "most", "after", "cpu %"
    );
    let mut bearable = true;
    for (number, attack) in (0..).zip(Attack::ALL) {
        if !cli.only.is_empty() && !cli.only.iter().any(|name| attack.name().starts_with(name.as_str())) {
            continue;
        }
        let span = Duration::from_secs(cli.seconds);
        let from = cli.from.map(|first| SocketAddr::from((Ipv4Addr::from_bits(first.to_bits() + number), 0)));
        let row = runtime.block_on(async {
            let good = Good::come(cli.server, CLIENTS).await?;
            let before = process.usage();
            let enemy = apart(attack, cli.server, from, span);
            let mut most = before.memory;
            let watch = async {
                // It goes on until the others are done.
                loop {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    most = most.max(process.usage().memory);
                }
            };
            let noticed = tokio::select! {
                noticed = good.talk(span) => noticed,
                noticed = watch => noticed,
            };
            let _ = enemy.join();
            let cpu = process.usage().cpu.saturating_sub(before.cpu).as_secs_f64() / span.as_secs_f64();
            // What is over is given back within some moments.
            tokio::time::sleep(Duration::from_secs(2)).await;
            let after = process.usage().memory;
            Ok::<_, Box<dyn Error>>((noticed, before.memory, most, after, cpu))
        })?;
        let (mut noticed, before, most, after, cpu) = row;
        let [p50, p99, max] = noticed.latencies();
        let millis = |time: Duration| format!("{:.1}", time.as_secs_f64() * 1_000.0);
        let mib = |bytes: u64| format!("{:.1}", bytes as f64 / f64::from(1 << 20));
        println!(
            "{:<34} {:>8} {:>8} {:>8} {:>6} {:>5} {:>8} {:>8} {:>8} {:>6.0}",
            attack.name(),
            millis(p50),
            millis(p99),
            millis(max),
            noticed.heard(),
            noticed.gone,
            mib(before),
            mib(most),
            mib(after),
            cpu * 100.0
        );
        bearable &= p99 < MOST && noticed.gone == 0 && noticed.heard() > 0;
    }
    println!("memory in MiB; bearable is: p99 below {} ms, nobody gone", MOST.as_millis());
    Ok(bearable)
}

//! What the log promises in figures, measured: one table, with what was promised and what SQLite does in its place.
//!
//! ```text
//! cargo bench --bench log                      all of it: 12 GB of room on the disk, about ten minutes
//! cargo bench --bench log -- --start 1 echo    some of it, see --help
//! ```
//!
//! chatui is the real binary over loopback; SQLite (WAL, `synchronous=FULL`) is driven by `sqlite.py` with Python's own
//! module, if there is one, with the same lines on the same disk: its figures are of the database alone, without a server
//! in front of it. "cold" means that the system was asked to forget the files before each request.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a measurement is all edge: sockets, clocks, files"
)]

mod jobs;
mod make;
mod peer;
mod sqlite;
mod table;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use sqlite::Sqlite;
use table::Table;

/// What every part gives back: the reason why nothing could be measured.
type Outcome<T> = Result<T, Box<dyn Error>>;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Job {
    /// Echoes at a quiet pace, and as many as there can be.
    Echo,
    /// Pages of history, and searches.
    History,
    /// Starts with much log.
    Start,
}

#[derive(Parser)]
#[command(about = "Measures what the log promises, beside SQLite")]
struct Cli {
    /// What is measured; everything, if nothing is named
    jobs: Vec<Job>,
    /// How many GB of log there are at a start
    #[arg(long, default_value_t = 10.0)]
    start: f64,
    /// How many GB of log pages and searches have before them
    #[arg(long, default_value_t = 1.0)]
    history: f64,
    /// For how many seconds each pace is kept
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Where the logs are made, and deleted afterwards
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Without SQLite, whose GB takes minutes to load
    #[arg(long)]
    no_sqlite: bool,
    /// What cargo says to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("nothing measured: {error}");
            ExitCode::from(2)
        }
    }
}

/// Measures and prints; says whether everything held.
fn run(cli: &Cli) -> Outcome<bool> {
    let folder = cli.folder.clone().unwrap_or_else(std::env::temp_dir);
    let scratch = tempfile::TempDir::new_in(&folder)?;
    let sqlite = if cli.no_sqlite { None } else { Sqlite::find(scratch.path()) };
    let wanted = |job| cli.jobs.is_empty() || cli.jobs.contains(&job);
    let mut table = Table::new(sqlite.as_ref().map(Sqlite::version));
    if wanted(Job::Echo) {
        jobs::echo(&mut table, scratch.path(), cli.seconds, sqlite.as_ref())?;
    }
    if wanted(Job::History) {
        jobs::history(&mut table, scratch.path(), cli.history, sqlite.as_ref())?;
    }
    if wanted(Job::Start) {
        jobs::start(&mut table, scratch.path(), cli.start)?;
    }
    table.print();
    Ok(table.all_held())
}

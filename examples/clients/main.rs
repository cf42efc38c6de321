//! What terminal chat clients cost and how quick they are, each in a pseudo-terminal before the same scripted server, one
//! after the other: the goals of a client as a table.
//!
//! ```text
//! cargo build --release && cargo run --release --example clients -- [--rounds 3] [chatui irssi weechat senpai]
//! ```
//!
//! Of the clients named those run that are installed; `chatui` is the release build of this tree. Everything stays on
//! loopback and in a temporary folder. Linux only: CPU, memory and wakeups are read from /proc.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a measuring instrument is all edge: processes, sockets, clocks"
)]

mod client;
mod measure;
mod pane;
mod process;
mod real;
mod server;

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;

use client::Make;
use measure::{ROWS, measure};

/// What every part gives back: the reason why nothing could be measured.
type Outcome<T> = Result<T, Box<dyn Error>>;

/// Measures terminal chat clients before a scripted server.
#[derive(Parser)]
struct Cli {
    /// How often each is measured; the table shows the median
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How many messages the burst has
    #[arg(long, default_value_t = 100_000)]
    burst: usize,
    /// For how many seconds each is watched while nothing happens
    #[arg(long, default_value_t = 10)]
    idle: u64,
    /// Which clients
    #[arg(value_enum, default_values_t = [Make::Chatui, Make::Irssi, Make::Weechat])]
    clients: Vec<Make>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut columns: Vec<(Make, Vec<Vec<f64>>)> = Vec::new();
    for make in cli.clients.iter().copied() {
        match make.program() {
            Some(_) => columns.push((make, Vec::new())),
            None => eprintln!("{make} is not there: left out"),
        }
    }
    for round in 1..=cli.rounds {
        for (make, figures) in &mut columns {
            match measure(*make, cli.burst, cli.idle) {
                Ok(row) => figures.push(row),
                Err(error) => eprintln!("{make}, round {round}: {error}"),
            }
        }
        eprintln!("round {round} of {}", cli.rounds);
    }
    print!("| what | goal |");
    columns.iter().for_each(|(make, _)| print!(" {make} |"));
    print!("\n|---|---|");
    columns.iter().for_each(|_| print!("---|"));
    println!();
    for (n, (name, goal)) in ROWS.iter().enumerate() {
        match goal {
            goal if goal.is_nan() => print!("| {name} | |"),
            goal => print!("| {name} | {goal} |"),
        }
        for (_, figures) in &columns {
            match median(figures.iter().filter_map(|row| row.get(n).copied())) {
                Some(figure) => print!(" {figure:.2} |"),
                None => print!(" - |"),
            }
        }
        println!();
    }
    if columns.iter().any(|(_, figures)| figures.len() < cli.rounds) {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn median(figures: impl Iterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = figures.filter(|figure| figure.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

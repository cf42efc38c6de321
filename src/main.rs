//! Parses the arguments, runs what they ask for, and turns the outcome into an exit code.

mod cli;
mod config;
mod run;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use cli::{Cli, Command};

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Serve(args) => run::serve::run(&args),
        Command::Join(args) => run::join::run(&args),
        Command::Host(args) => run::host::run(&args),
        Command::Log(args) => run::log::run(&args),
        Command::Check(args) => run::check::run(&args),
        Command::HashPassword => run::prompt::hash(),
        Command::Doctor => run::doctor::run(),
        Command::Settings => run::settings::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // The terminal may be gone; the exit code says it all the same.
            let _ = writeln!(std::io::stderr(), "chatui: {}", failure.words);
            ExitCode::from(failure.code)
        }
    }
}

//! `chatui log`: what was said, shown, searched, checked, mended, written out and taken in. All but the mending and the
//! taking in only read, and work while the server runs.
#![allow(
    clippy::disallowed_methods,
    reason = "this is the edge that reads files, the clock and the terminal"
)]

mod form;
mod mend;
mod progress;
mod search;
mod show;
mod transfer;

use std::io::{self, ErrorKind};
use std::path::PathBuf;

use chatui::irc::{Line, Time};
use chatui::server::clock;
use chatui::server::log::{self, Archive};

pub use mend::verified;

use super::{FAILED, Failure, IO_ERROR, NO_INPUT, USAGE, data_folder};
use crate::cli::log::{LogArgs, LogCommand, Part, Place};

/// Does what is asked.
///
/// # Errors
/// [`Failure`], with the exit code of its kind.
pub fn run(args: &LogArgs) -> Result<(), Failure> {
    match &args.command {
        None => show::run(&args.show),
        Some(LogCommand::Show(args)) => show::run(args),
        Some(LogCommand::Search(args)) => search::run(args),
        Some(LogCommand::Verify(args)) => mend::verify(args),
        Some(LogCommand::Repair(args)) => mend::repair(args),
        Some(LogCommand::Export(args)) => transfer::export(args),
        Some(LogCommand::Import(args)) => transfer::import(args),
    }
}

/// The data folder.
fn folder(place: &Place) -> Result<PathBuf, Failure> {
    place.data.clone().map_or_else(data_folder, Ok)
}

/// The log in it, which must be there.
fn archive(place: &Place) -> Result<Archive, Failure> {
    let data = folder(place)?;
    Archive::open(&data)?.ok_or_else(|| {
        Failure::new(NO_INPUT, format!("there is no log in {}; name its folder with --data", data.display()))
    })
}

/// Which lines belong to the part that was asked for.
struct Span {
    channel: Option<String>,
    since: Time,
    until: Time,
}

impl Span {
    fn of(part: &Part) -> Span {
        let now = clock::now();
        Span {
            channel: part.channel.clone(),
            since: part.since.map_or_else(Time::default, |moment| moment.time(now)),
            until: part.until.map_or(Time::from_millis(u64::MAX), |moment| moment.time(now)),
        }
    }

    /// Whether a line is of the channel that was asked for.
    fn fits(&self, line: &Line) -> bool {
        let channel = self.channel.as_ref();
        channel.is_none_or(|channel| log::concerns(line, channel))
    }
}

/// A segment that cannot be read.
fn unreadable(error: io::Error) -> Failure {
    Failure::new(IO_ERROR, format!("cannot read the log: {error}"))
}

/// What became of writing: that nobody reads on, as with `| head`, is no failure.
fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new(IO_ERROR, format!("cannot write: {error}")))
        }
        _ => Ok(()),
    }
}

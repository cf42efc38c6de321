//! The arguments of `chatui log`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::channel;
use super::quantity::Moment;

/// `chatui log`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct LogArgs {
    /// What to do with it; without it, show.
    #[command(subcommand)]
    pub command: Option<LogCommand>,
    /// What is shown.
    #[command(flatten)]
    pub show: ShowArgs,
}

/// What can be done with a log.
#[derive(Debug, Subcommand)]
pub enum LogCommand {
    /// Show what was said, oldest first (the default)
    Show(ShowArgs),
    /// Find words or a pattern, newest first
    Search(SearchArgs),
    /// Check every line; exit code 1 if any is damaged
    Verify(VerifyArgs),
    /// Cut damaged bytes out and keep them beside the log; the server must be stopped
    Repair(RepairArgs),
    /// Write all of it to a file or to standard output
    Export(ExportArgs),
    /// Put a transcript in front of a new server's log; the server must be stopped
    Import(ImportArgs),
}

/// Which log.
#[derive(Debug, Args)]
pub struct Place {
    /// Folder of the log [default: the platform's data folder for chatui]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// Which part of it.
#[derive(Debug, Args)]
pub struct Part {
    /// Only what happened in this channel
    #[arg(long, short, value_name = "CHANNEL", value_parser = channel)]
    pub channel: Option<String>,
    /// Not before: 2026-11-20, '2026-11-20 16:05', or how long ago, as in 2h or 7d
    #[arg(long, value_name = "TIME", value_parser = Moment::parse)]
    pub since: Option<Moment>,
    /// Before this time
    #[arg(long, value_name = "TIME", value_parser = Moment::parse)]
    pub until: Option<Moment>,
}

/// `chatui log show`
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Which log.
    #[command(flatten)]
    pub place: Place,
    /// Which part of it.
    #[command(flatten)]
    pub part: Part,
    /// Go on with what is said from now on; begins with the last ten lines
    #[arg(long, short)]
    pub follow: bool,
    /// Only the last so many lines
    #[arg(long, short = 'n', value_name = "N")]
    pub lines: Option<usize>,
    /// A JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `chatui log search`
#[derive(Debug, Args)]
pub struct SearchArgs {
    /// Words that must all be in the text; in quotes for a phrase
    #[arg(value_name = "WORD", required = true)]
    pub words: Vec<String>,
    /// The word is a regular expression
    #[arg(long, short = 'e')]
    pub regex: bool,
    /// Only what this person said
    #[arg(long, value_name = "NICK")]
    pub from: Option<String>,
    /// Which log.
    #[command(flatten)]
    pub place: Place,
    /// Which part of it.
    #[command(flatten)]
    pub part: Part,
    /// Show so many messages of the channel before and after each hit, 100 at most
    #[arg(long, short = 'C', value_name = "N", default_value = "0", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub context: u8,
    /// Stop after so many hits
    #[arg(long, short = 'n', value_name = "N")]
    pub lines: Option<usize>,
    /// A JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `chatui log verify`
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Which log.
    #[command(flatten)]
    pub place: Place,
}

/// `chatui log repair`
#[derive(Debug, Args)]
pub struct RepairArgs {
    /// Which log.
    #[command(flatten)]
    pub place: Place,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
}

/// How a transcript is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// A JSON object a line: nothing is lost
    Json,
    /// A line for people: time, channel, who, what
    Text,
}

/// `chatui log export`
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The file to write; it must not exist [default: standard output]
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// How it is written
    #[arg(long, value_name = "FORM", default_value = "json")]
    pub form: Form,
    /// Which log.
    #[command(flatten)]
    pub place: Place,
    /// Which part of it.
    #[command(flatten)]
    pub part: Part,
}

/// `chatui log import`
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The file to read, in either form [default: standard input]
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Which log.
    #[command(flatten)]
    pub place: Place,
}

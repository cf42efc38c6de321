//! Prints a data folder's log in a readable form. The server may run meanwhile: the log is only read.
//!
//! ```text
//! cargo run --example replay -- ~/.local/share/chatui --channel '#lobby'
//! ```
//!
//! A line of the log is a line of the wire, so the wire's own parser reads it; what people wrote goes through the
//! gate, so nothing in it can play tricks on the terminal. Each message is printed as the example `import` takes it back:
//!
//! ```text
//! 2026-11-20T16:05:00.123Z #lobby <alice> hello
//! ```
#![allow(clippy::disallowed_methods, reason = "reads files: that is what it is for")]

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use chatui::irc::{Framed, Framer, MAX_LINE, Message, message, name, text};
use clap::Parser;

/// Bytes that the checksum adds to a line of the wire.
const CHECKSUM: usize = 11;

/// Prints a log in a readable form.
#[derive(Parser)]
struct Cli {
    /// The server's data folder
    data: PathBuf,
    /// Only what happened here
    #[arg(long)]
    channel: Option<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let cli = Cli::parse();
    let mut out = BufWriter::new(io::stdout().lock());
    for segment in segments(&cli.data.join("log"))? {
        let told = replay(&segment, cli.channel.as_deref(), &mut out).and_then(|()| out.flush());
        match told {
            // Nobody reads on, as with `| head`.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
            told => told.map_err(|error| format!("{}: {error}", segment.display()))?,
        }
    }
    Ok(())
}

/// The segments of a log, oldest first: their names sort by their first line.
fn segments(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let mut segments: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "irc")).collect();
    segments.sort();
    Ok(segments)
}

fn replay(segment: &Path, channel: Option<&str>, out: &mut impl Write) -> io::Result<()> {
    let mut file = File::open(segment)?;
    let mut framer = Framer::new(MAX_LINE + CHECKSUM);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        let mut told = Vec::new();
        framer.push(&buffer[..count], |framed| {
            if let Framed::Line(line) = framed {
                told.extend(std::str::from_utf8(line).ok().and_then(|line| tell(line, channel)));
            }
        });
        for line in told {
            writeln!(out, "{line}")?;
        }
    }
}

/// One line for people; `None` for what is no message, or happened elsewhere.
fn tell(line: &str, channel: Option<&str>) -> Option<String> {
    let message = Message::parse(line).ok()?;
    let place = message.params.get(0).filter(|place| place.starts_with('#')).unwrap_or("*");
    if channel.is_some_and(|wanted| !name::same(wanted, place)) {
        return None;
    }
    let time = message.tags.get("time").unwrap_or_default();
    let nick = message.nick();
    let words = message.params.last().unwrap_or("");
    let said = match message.command {
        "PRIVMSG" => match message::action(words) {
            Some(deed) => format!("* {nick} {deed}"),
            None => format!("<{nick}> {words}"),
        },
        "NOTICE" => format!("-{nick}- {words}"),
        "TOPIC" => format!("-- {nick} set the topic: {words}"),
        "JOIN" => format!("-- {nick} joined"),
        "PART" => format!("-- {nick} left"),
        "QUIT" => format!("-- {nick} quit: {words}"),
        "NICK" => format!("-- {nick} is now {words}"),
        other => format!("-- {nick} {other} {}", message.params.iter().skip(1).collect::<Vec<_>>().join(" ")),
    };
    Some(text::plain(&format!("{time} {place} {said}")))
}

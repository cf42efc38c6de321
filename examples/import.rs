//! Puts a transcript into a data folder's log, as if it had been said there: a room that moves to chatui can bring
//! its past along. The folder must not be in use.
//!
//! ```text
//! cargo run --example import -- new-data-folder < transcript
//! ```
//!
//! A line of the transcript is what the example `replay` prints: `TIME #CHANNEL <NICK> TEXT`, where the time is UTC
//! as in `2026-11-20T16:05:00.123Z`; besides `<nick> …` these forms are taken: `* nick waves` and
//! `-- nick set the topic: …`. What has another form is counted and left out. Times must grow: who was earlier than
//! the line before is moved to its moment.
#![allow(clippy::disallowed_methods, reason = "reads the clock for the log, which is an edge")]

use std::error::Error;
use std::io::{self, BufRead};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use chatui::irc::{Draft, Line, Time, name};
use chatui::server::log::{FileLog, Log, Options, Sync};
use clap::Parser;

/// How many lines are appended at once.
const TURN: usize = 1000;

/// Puts a transcript, read from standard input, into a log.
#[derive(Parser)]
struct Cli {
    /// The server's data folder
    data: PathBuf,
}

fn main() -> Result<(), Box<dyn Error>> {
    let cli = Cli::parse();
    let clock = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let now = Time::from_millis(u64::try_from(clock.as_millis())?);
    let (mut log, opened) = FileLog::open(&cli.data, Options::new(Sync::Turn, now), &mut |_| {})?;
    let (mut seq, mut time) = (opened.last_seq, opened.last_time);
    let (mut turn, mut taken, mut left_out) = (Vec::new(), 0, 0);
    for told in io::stdin().lock().lines() {
        let Some((at, draft)) = read(&told?) else {
            left_out += 1;
            continue;
        };
        time = time.max(at);
        seq += 1;
        taken += 1;
        turn.push(draft.stamp(time, seq));
        if turn.len() == TURN {
            append(&mut log, &mut turn)?;
        }
    }
    append(&mut log, &mut turn)?;
    println!("{taken} lines taken, {left_out} left out");
    Ok(())
}

fn append(log: &mut FileLog, turn: &mut Vec<Line>) -> Result<(), Box<dyn Error>> {
    log.append(turn)?;
    turn.clear();
    Ok(())
}

/// A line of the transcript: its time, and the line of the wire that it was.
fn read(told: &str) -> Option<(Time, Draft)> {
    let (time, rest) = told.split_once(' ')?;
    let (channel, rest) = rest.split_once(' ')?;
    let time = Time::parse(time)?;
    let (nick, command, words) = if let Some(rest) = rest.strip_prefix('<') {
        let (nick, words) = rest.split_once("> ")?;
        (nick, "PRIVMSG", words.to_owned())
    } else if let Some(rest) = rest.strip_prefix("* ") {
        let (nick, deed) = rest.split_once(' ')?;
        (nick, "PRIVMSG", format!("\u{1}ACTION {deed}\u{1}"))
    } else {
        let (nick, topic) = rest.strip_prefix("-- ")?.split_once(" set the topic: ")?;
        (nick, "TOPIC", topic.to_owned())
    };
    if !name::is_nick(nick) || !name::is_channel(channel) || words.is_empty() {
        return None;
    }
    Some((time, Draft::new("", &format!("{nick}!{nick}@imported"), command, &[channel, &words])))
}

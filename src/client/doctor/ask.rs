//! The asking: the questions are written, and what comes within a second is read.
#![allow(clippy::disallowed_methods, reason = "an edge: it reads the terminal and a clock")]

use std::io::{self, IsTerminal, Write, stdin, stdout};
use std::time::{Duration, Instant};

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::super::settings::{Setting, Settings, TABLE};
use super::super::{config, home};
use super::{Answers, Around, questions, report};

/// How long the terminal is given to answer.
const PATIENCE: Duration = Duration::from_secs(1);
/// Most bytes of answers that are read.
const ANSWERS_MOST: usize = 64 * 1024;

/// Examines this terminal; gives the report. Without a terminal it tells what the environment says.
///
/// # Errors
/// The terminal cannot be switched, read or written.
pub fn examine() -> io::Result<String> {
    let is_terminal = stdin().is_terminal() && stdout().is_terminal();
    let loaded = config::load();
    let settings = loaded.settings;
    let answers = if is_terminal { Some(ask()?) } else { None };
    let around = Around {
        term: std::env::var("TERM").unwrap_or_default(),
        size: is_terminal.then(|| crossterm::terminal::size().ok()).flatten(),
        depth: home::depth(),
        set: set(&settings),
        ground: home::ground(),
        manner: home::manner(settings.desktop),
        links: home::knows_links(),
        config: config::path().map(|path| path.display().to_string()),
        complaints: loaded.complaints,
        folder: home::state_folder().map(|folder| folder.display().to_string()),
    };
    Ok(report(&around, answers.as_ref()))
}

/// What is set of the look, and not as it is by default.
fn set(settings: &Settings) -> Vec<String> {
    let of_look = |it: &&Setting| matches!(it.name, "theme" | "colours" | "plain");
    let changed = |it: &&Setting| it.value(settings) != it.default();
    TABLE
        .iter()
        .filter(of_look)
        .filter(changed)
        .map(|it| format!("{} = {}", it.name, it.value(settings)))
        .collect()
}

fn ask() -> io::Result<Answers> {
    enable_raw_mode()?;
    let answers = converse();
    disable_raw_mode()?;
    answers
}

fn converse() -> io::Result<Answers> {
    let mut out = stdout().lock();
    out.write_all(questions().as_bytes())?;
    out.flush()?;
    let (begun, input, mut bytes) = (Instant::now(), stdin(), Vec::new());
    loop {
        let answers = Answers::read(&bytes);
        let left = PATIENCE.saturating_sub(begun.elapsed());
        if answers.is_whole || left.is_zero() || bytes.len() > ANSWERS_MOST {
            return Ok(answers);
        }
        let mut watched = [PollFd::new(&input, PollFlags::IN)];
        // Less than a second once time has passed; at its very beginning a whole one.
        let left = Timespec { tv_sec: 0, tv_nsec: i64::from(left.subsec_nanos().max(1_000_000)) };
        match poll(&mut watched, Some(&left)) {
            Err(rustix::io::Errno::INTR) | Ok(0) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => {
                let mut piece = [0; 4096];
                match rustix::io::read(&input, &mut piece)? {
                    0 => return Ok(answers),
                    count => bytes.extend_from_slice(&piece[..count]),
                }
            }
        }
    }
}

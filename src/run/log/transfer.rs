//! `chatui log export` and `chatui log import`.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal, Read, Write};
use std::ops::ControlFlow;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use chatui::irc::Line;
use chatui::irc::line::Seq;
use chatui::server::clock;
use chatui::server::log::{AppendError, FileLog, Log, Opened, Options, Sync};

use super::form::{self, Taken};
use super::progress::{Progress, bytes};
use super::{FAILED, Failure, IO_ERROR, NO_INPUT, Span, archive, folder, unreadable, written};
use crate::cli::log::{ExportArgs, Form, ImportArgs};

/// Most bytes of a line of a transcript: more than any line of a log takes in either form.
const MAX_TOLD: u64 = 64 << 10;

/// How many lines are appended at once.
const TURN: usize = 1_000;

/// Most lines that are left out of which each is told.
const MAX_TOLD_OUT: u64 = 10;

pub fn export(args: &ExportArgs) -> Result<(), Failure> {
    let archive = archive(&args.place)?;
    let span = Span::of(&args.part);
    let (out, quiet): (Box<dyn Write>, bool) = match &args.file {
        Some(path) => (Box::new(create(path)?), false),
        None => (Box::new(io::stdout().lock()), io::stdout().is_terminal()),
    };
    let mut out = BufWriter::with_capacity(1 << 16, out);
    let mut cursor = archive.since(span.since).map_err(unreadable)?;
    let total = archive.bytes().map_err(unreadable)?;
    let mut progress = Progress::begin("exporting", Some(total), quiet);
    let (mut lines, mut result, mut seen) = (0u64, Ok(()), 0u64);
    let read = archive.read(&mut cursor, &mut |line| {
        seen += line.tagged().len() as u64;
        progress.at(seen);
        if line.time() >= span.until {
            return ControlFlow::Break(());
        }
        if line.time() >= span.since && span.fits(line) {
            lines += 1;
            let told = if args.form == Form::Json { form::json(line) } else { form::text(line) };
            result = writeln!(out, "{told}");
        }
        if result.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    let took = progress.end();
    let _ = read.map_err(unreadable)?;
    written(result.and_then(|()| out.flush()))?;
    if args.file.is_some() {
        println!("{lines} lines exported in {:.1} s", took.as_secs_f64());
    }
    Ok(())
}

/// A new file that nobody else may read: what was said is nobody else's.
fn create(path: &Path) -> Result<File, Failure> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| Failure::new(FAILED, format!("cannot create {}: {error}", path.display())))
}

pub fn import(args: &ImportArgs) -> Result<(), Failure> {
    let (input, total): (Box<dyn Read>, Option<u64>) = match &args.file {
        Some(path) => {
            let no_input = |error| Failure::new(NO_INPUT, format!("cannot read {}: {error}", path.display()));
            let file = File::open(path).map_err(no_input)?;
            let length = file.metadata().map_err(no_input)?.len();
            (Box::new(file), Some(length))
        }
        None => (Box::new(io::stdin().lock()), None),
    };
    let data = folder(&args.place)?;
    // Synced when a segment is full, and at the end.
    let options = Options::new(Sync::Never, clock::now());
    let (log, opened) = FileLog::open(&data, options, &mut |_| {})?;
    let mut importer = Importer::new(log, &opened);
    let mut progress = Progress::begin("importing", total, false);
    let result = importer.all(input, &mut progress);
    let took = progress.end();
    // What was taken stays, and is told, also when something failed.
    let ended = result.and_then(|()| importer.finish());
    let Importer { taken, moved, left_out, read, .. } = importer;
    println!("{taken} lines imported, {left_out} left out, {} in {:.1} s", bytes(read), took.as_secs_f64());
    if moved > 0 {
        println!("{moved} of them were earlier than the line before and got its time");
    }
    ended
}

/// Puts lines into a log.
struct Importer {
    log: FileLog,
    /// Nothing may be before the lines that are there already.
    opened: Opened,
    time: chatui::irc::Time,
    seq: Seq,
    turn: Vec<Line>,
    taken: u64,
    moved: u64,
    left_out: u64,
    read: u64,
    number: u64,
}

impl Importer {
    fn new(log: FileLog, opened: &Opened) -> Importer {
        Importer {
            log,
            opened: opened.clone(),
            time: opened.last_time,
            seq: opened.last_seq,
            turn: Vec::new(),
            taken: 0,
            moved: 0,
            left_out: 0,
            read: 0,
            number: 0,
        }
    }

    fn all(&mut self, input: Box<dyn Read>, progress: &mut Progress) -> Result<(), Failure> {
        let mut input = BufReader::with_capacity(1 << 16, input);
        let mut told = Vec::new();
        loop {
            told.clear();
            let count = input.by_ref().take(MAX_TOLD).read_until(b'\n', &mut told);
            let count = count.map_err(|error| Failure::new(IO_ERROR, format!("cannot read: {error}")))?;
            if count == 0 {
                return Ok(());
            }
            self.read += count as u64;
            self.number += 1;
            let text = std::str::from_utf8(&told).map(|text| text.trim_end_matches(['\r', '\n']));
            match text {
                Ok("") => {}
                Ok(text) => match form::taken(text) {
                    Ok(taken) => self.take(taken)?,
                    Err(why) => self.leave_out(why),
                },
                Err(_) => self.leave_out("not UTF-8"),
            }
            progress.at(self.read);
        }
    }

    fn take(&mut self, Taken { time, seq, draft }: Taken) -> Result<(), Failure> {
        if self.taken == 0 && self.opened.lines > 0 && time < self.opened.last_time {
            return Err(Failure::new(
                FAILED,
                format!(
                    "the log has lines up to {}, and what is imported begins before that; import into a new folder",
                    self.opened.last_time
                ),
            ));
        }
        self.taken += 1;
        self.moved += u64::from(time < self.time);
        // The ids of another log stay as they are where they can.
        self.seq = seq.filter(|seq| *seq > self.seq && time >= self.time).unwrap_or(self.seq + 1);
        self.time = self.time.max(time);
        self.turn.push(draft.stamp(self.time, self.seq));
        if self.turn.len() == TURN { self.append() } else { Ok(()) }
    }

    fn leave_out(&mut self, why: &str) {
        self.left_out += 1;
        if self.left_out <= MAX_TOLD_OUT {
            eprintln!("line {} is left out: {why}", self.number);
        }
    }

    fn append(&mut self) -> Result<(), Failure> {
        let turn = std::mem::take(&mut self.turn);
        self.log.append(&turn).map_err(|error: AppendError| {
            self.taken -= turn.len() as u64;
            Failure::new(IO_ERROR, error)
        })
    }

    fn finish(&mut self) -> Result<(), Failure> {
        self.append()?;
        self.log
            .sync()
            .map_err(|error| Failure::new(IO_ERROR, format!("the log could not be synced: {error}")))
    }
}

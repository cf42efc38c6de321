//! `chatui log show`: what was said, oldest first, and with `-f` what is said from now on.

use std::io::{BufWriter, Write};
use std::ops::ControlFlow;
use std::time::Duration;

use super::{Failure, Span, archive, form, unreadable, written};
use crate::cli::log::ShowArgs;

/// How often a followed log is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// With how many lines following begins.
const FOLLOWED: usize = 10;

pub fn run(args: &ShowArgs) -> Result<(), Failure> {
    let mut archive = archive(&args.place)?;
    let span = Span::of(&args.part);
    let count = args.lines.or_else(|| (args.follow && args.part.since.is_none()).then_some(FOLLOWED));
    let fits = |line: &_| span.fits(line);
    let cursor = match count {
        // The last ones before the end of the time that was asked for.
        Some(count) => archive.last(count, span.since, &|line| line.time() < span.until && fits(line)),
        None => archive.since(span.since),
    };
    let mut cursor = cursor.map_err(unreadable)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut result = Ok(());
    loop {
        let flow = archive.read(&mut cursor, &mut |line| {
            if line.time() >= span.until {
                return ControlFlow::Break(());
            }
            if line.time() >= span.since && fits(line) {
                let told = if args.json { form::json(line) } else { form::readable(line) };
                result = writeln!(out, "{told}");
            }
            if result.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        let over = flow.map_err(unreadable)?.is_break();
        let result = std::mem::replace(&mut result, Ok(())).and_then(|()| out.flush());
        if over || !args.follow || result.is_err() {
            return written(result);
        }
        std::thread::sleep(LOOK);
        archive.refresh()?;
    }
}

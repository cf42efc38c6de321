//! What the fuzz targets share: the time that an input may take, and what holds for every line and every cell whatever
//! was said.

use std::cell::Cell;
use std::fs;
use std::path::Path;

use ratatui::buffer::Buffer;
use rustix::time::{ClockId, clock_gettime};

/// Milliseconds of processor time that one input may take.
pub const MOST_MILLIS: u64 = 250;

thread_local! {
    /// Microseconds of the slowest input so far.
    static SLOWEST: Cell<u64> = const { Cell::new(0) };
}

/// Microseconds of processor time that this thread has had.
fn worked() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec.unsigned_abs() * 1_000_000 + time.tv_nsec.unsigned_abs() / 1_000
}

/// Does what a target does with an input. The slowest one so far is told on standard error, and kept in the folder that
/// `FUZZ_SLOWEST` names.
///
/// # Panics
/// When it takes too long, so that the fuzzer keeps the input.
pub fn timed(input: &[u8], target: impl FnOnce(&[u8])) {
    let before = worked();
    target(input);
    let took = worked() - before;
    if took > SLOWEST.get() {
        SLOWEST.set(took);
        eprintln!("slowest: {took} us, {} bytes", input.len());
        if let Some(folder) = std::env::var_os("FUZZ_SLOWEST") {
            // It is for people to look at; the run does not depend on it.
            let _ = fs::write(Path::new(&folder).join("input"), input);
        }
    }
    assert!(took <= MOST_MILLIS * 1_000, "an input of {} bytes took {took} us", input.len());
}

/// Whether a terminal would obey this character, or be led astray by it.
pub fn is_raw(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Checks that nothing on a screen can do anything to a terminal.
///
/// # Panics
/// When something can.
pub fn check_screen(buffer: &Buffer) {
    for cell in &buffer.content {
        assert!(!cell.symbol().chars().any(is_raw), "{:?} reached the screen", cell.symbol());
        assert!(cell.symbol().len() <= 64, "{:?} is one cell", cell.symbol());
    }
}

/// Checks bytes that a server sends: whole lines, within the limits of both parts, of text.
///
/// # Panics
/// When they are not.
pub fn check_lines(bytes: &[u8]) -> Vec<&str> {
    let text = std::str::from_utf8(bytes).expect("what is sent is UTF-8");
    let text = text.strip_suffix("\r\n").expect("what is sent is whole lines");
    let lines: Vec<&str> = text.split("\r\n").collect();
    for line in &lines {
        assert!(!line.contains(['\r', '\n', '\0']), "{line:?}");
        let rest = match line.strip_prefix('@') {
            Some(tagged) => tagged.split_once(' ').expect("something behind the tags").1,
            None => line,
        };
        assert!(rest.len() <= 510, "{} bytes: {rest:?}", rest.len());
        assert!(line.len() - rest.len() <= 8191, "tags of {} bytes", line.len() - rest.len());
    }
    lines
}

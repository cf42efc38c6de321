//! `chatui doctor`: what this terminal can do, and what the client makes of it.

use std::io::Write;

use chatui::client::doctor;

use super::{FAILED, Failure};

/// Examines the terminal and prints the report.
///
/// # Errors
/// [`Failure`]: the terminal is gone.
pub fn run() -> Result<(), Failure> {
    let report = doctor::examine()
        .map_err(|error| Failure::new(FAILED, format!("the terminal cannot be asked: {error}")))?;
    // That nobody reads it is no failure.
    let _ = std::io::stdout().write_all(report.as_bytes());
    Ok(())
}

//! `chatui settings`: the configuration file with all that can be in it, and where it belongs.

use std::io::Write;

use chatui::client::{config, settings};

use super::Failure;

/// Prints the file.
///
/// # Errors
/// None: that nobody reads it is no failure.
pub fn run() -> Result<(), Failure> {
    let place = config::path().map(|path| format!("# Its place is {}\n", path.display())).unwrap_or_default();
    let _ = write!(std::io::stdout(), "{place}{}", settings::sample());
    Ok(())
}

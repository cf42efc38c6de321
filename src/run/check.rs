//! `chatui check`.
use super::Failure;
use crate::cli::ServeArgs;
/// Looks.
///
/// # Errors
/// [`Failure`].
pub fn run(args: &ServeArgs) -> Result<(), Failure> {
    super::configuration::configuration(args).map(drop)
}

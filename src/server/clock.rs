//! The server's clock: the one place where its edges read the time of day.
#![allow(clippy::disallowed_methods, reason = "this is the edge that reads the clock")]

use std::time::{SystemTime, UNIX_EPOCH};

use crate::irc::Time;

/// Now. A clock before 1970 reads as 1970.
pub fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

//! Retention: whole segments go, the oldest first, when the log is longer or larger than its operator wants. The newest
//! two always stay.

use std::fs::File;
use std::io;
use std::time::Duration;

use crate::irc::Time;

use super::format::{self, Place};
use super::page::Store;
use super::seek;

/// The newest segment and the one before it always stay, whatever is wanted: so there is always some history.
const ALWAYS: usize = 2;

/// How much of a log is kept; all of it by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// Segments all of whose lines are so much older than the log's last line go. It is the log's own time that
    /// counts: a clock that is wrong at a start deletes nothing.
    pub age: Option<Duration>,
    /// The oldest segments go while the log has more bytes.
    pub bytes: Option<u64>,
}

/// How many of the oldest segments are to go.
pub(super) fn expired(
    store: &impl Store<Segment = Option<File>>,
    keep: Keep,
    last: Place,
) -> io::Result<usize> {
    if keep == Keep::default() {
        return Ok(0);
    }
    let count = store.segments();
    let mut left: u64 = 0;
    if keep.bytes.is_some() {
        for n in 0..count {
            left += store.open(n)?.1;
        }
    }
    let limit = keep.age.map(|age| before(format::split(last).0, age));
    for n in 0..count.saturating_sub(ALWAYS) {
        let length = store.open(n)?.1;
        let too_large = keep.bytes.is_some_and(|most| left > most);
        // Every line of a segment is older than the first of the next.
        let too_old = match limit {
            Some(limit) if !too_large => {
                let (next, length) = store.open(n + 1)?;
                let first = seek::first_good(&next, 0, length, length)?;
                first.is_some_and(|(_, place)| format::split(place).0 <= limit)
            }
            _ => false,
        };
        if !too_large && !too_old {
            return Ok(n);
        }
        left = left.saturating_sub(length);
    }
    Ok(count.saturating_sub(ALWAYS))
}

fn before(time: Time, age: Duration) -> Time {
    let age = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
    // Nothing is older than an age that reaches behind all time.
    time.millis().checked_sub(age).map(Time::from_millis).unwrap_or_default()
}

/// The place of the first line that is still there.
pub(super) fn first_kept(store: &impl Store<Segment = Option<File>>) -> io::Result<Place> {
    for n in 0..store.segments() {
        let (source, length) = store.open(n)?;
        if let Some((_, place)) = seek::first_good(&source, 0, length, length)? {
            return Ok(place);
        }
    }
    Ok(0)
}

//! A moment, and its stamp as the `time` tag has it
//! ([server-time](https://ircv3.net/specs/extensions/server-time)).

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};

/// A moment in milliseconds since the Unix epoch, UTC. It comes in as an argument: nothing pure reads a clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u64);

/// How many bytes a [stamp](Time::stamp) has: `2026-11-20T16:05:00.123Z`.
pub const STAMP_LEN: usize = 24;

/// The last moment that a stamp of four year digits can name.
const LAST: u64 = 253_402_300_799_999;

impl Time {
    /// The moment `millis` milliseconds after the epoch; what lies after the year 9999 becomes its end.
    pub fn from_millis(millis: u64) -> Time {
        Time(millis.min(LAST))
    }

    /// Milliseconds since the epoch.
    pub fn millis(self) -> u64 {
        self.0
    }

    /// Whole seconds since the epoch, as numerics 317, 329 and 333 have them.
    pub fn seconds(self) -> u64 {
        self.0 / 1000
    }

    /// How long after `earlier` this is; nothing if it is not after it.
    pub fn since(self, earlier: Time) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// The same moment for the calendar.
    pub fn utc(self) -> DateTime<Utc> {
        i64::try_from(self.0).ok().and_then(DateTime::from_timestamp_millis).unwrap_or_default()
    }

    /// The stamp: always [`STAMP_LEN`] bytes, so stamps of one log sort as bytes.
    pub fn stamp(self) -> [u8; STAMP_LEN] {
        let at = self.utc();
        let mut out = *b"0000-00-00T00:00:00.000Z";
        let mut put = |from: usize, width: usize, mut value: u32| {
            for slot in out[from..from + width].iter_mut().rev() {
                *slot = b'0' + (value % 10) as u8;
                value /= 10;
            }
        };
        put(0, 4, at.year().unsigned_abs());
        put(5, 2, at.month());
        put(8, 2, at.day());
        put(11, 2, at.hour());
        put(14, 2, at.minute());
        put(17, 2, at.second());
        put(20, 3, at.timestamp_subsec_millis());
        out
    }

    /// Reads a stamp. The fraction may be missing or of another length, since foreign servers differ; anything
    /// else that is not a UTC stamp gives `None`, and so does a time before the epoch.
    pub fn parse(stamp: &str) -> Option<Time> {
        let body = stamp.strip_suffix('Z')?;
        let (date, clock) = body.split_once('T')?;
        let mut parts = date.splitn(3, '-');
        let (year, month, day) = (number(parts.next()?)?, number(parts.next()?)?, number(parts.next()?)?);
        let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
        let mut parts = clock.splitn(3, ':');
        let (hour, minute, second) = (number(parts.next()?)?, number(parts.next()?)?, number(parts.next()?)?);
        let mut millis = 0;
        for at in 0..3 {
            let digit = fraction.as_bytes().get(at).copied().unwrap_or(b'0');
            millis = millis * 10 + u32::from(digit.is_ascii_digit().then(|| digit - b'0')?);
        }
        // A leap second is named `:60`: it becomes the last millisecond of its minute.
        let (second, millis) = if second == 60 { (59, 999) } else { (second, millis) };
        let at = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?
            .and_hms_milli_opt(hour, minute, second, millis)?;
        u64::try_from(at.and_utc().timestamp_millis()).ok().map(Time::from_millis)
    }
}

fn number(digits: &str) -> Option<u32> {
    (digits.len() <= 4 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok())?
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.stamp()).unwrap_or_default())
    }
}

impl std::ops::Add<Duration> for Time {
    type Output = Time;
    fn add(self, after: Duration) -> Time {
        Time::from_millis(self.0.saturating_add(u64::try_from(after.as_millis()).unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_and_back() {
        for millis in [0, 1, 999, 1_000, 1_795_190_700_123, 951_782_400_000, LAST] {
            let time = Time::from_millis(millis);
            assert_eq!(Time::parse(&time.to_string()), Some(time), "{time}");
        }
        assert_eq!(Time::from_millis(1_795_190_700_123).to_string(), "2026-11-20T16:05:00.123Z");
    }

    #[test]
    fn foreign_and_bad_stamps() {
        assert_eq!(Time::parse("2026-11-20T16:05:00Z"), Some(Time::from_millis(1_795_190_700_000)));
        assert_eq!(Time::parse("2026-11-20T16:05:00.1234567Z"), Some(Time::from_millis(1_795_190_700_123)));
        for bad in [
            "",
            "Z",
            "T",
            "2026-11-20",
            "2026-13-01T00:00:00.000Z",
            "1969-01-01T00:00:00.000Z",
            "+026-1-1T0:0:0Z",
        ] {
            assert_eq!(Time::parse(bad), None, "{bad}");
        }
        assert!(Time::parse("2026-06-30T23:59:60.500Z").is_some());
    }

    #[test]
    fn parts_of_a_stamp_are_numbers_in_their_ranges() {
        for bad in [
            "2026-11-20T24:00:00Z",
            "2026-11-20T00:60:00Z",
            "2026-11-20T00:00:61Z",
            "2026-02-29T00:00:00Z",
            "2026-11T00:00:00Z",
            "2026-11-20T00:00Z",
            "2026-11-20T00:00:00.xZ",
            "2026-11-20T00:00:00.00:Z",
            "02026-11-20T00:00:00Z",
            "2026-11-2xT00:00:00Z",
            "2026-11-20T00:00:00",
            "2026-11-20 00:00:00Z",
        ] {
            assert_eq!(Time::parse(bad), None, "{bad}");
        }
        let millis = |stamp: &str| Time::parse(stamp).unwrap().millis();
        assert_eq!(millis("1970-01-01T00:00:01.2Z"), 1_200);
        assert_eq!(millis("1970-1-1T0:1:0.03Z"), 60_030);
        assert_eq!(millis("1970-01-01T00:00:60.5Z"), 59_999, "a leap second");
        assert_eq!(Time::from_millis(u64::MAX).to_string(), "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn moments_are_told_apart_and_added_to() {
        let (early, late) = (Time::from_millis(1_500), Time::from_millis(4_000));
        assert_eq!(late.since(early), Duration::from_millis(2_500));
        assert_eq!(early.since(late), Duration::ZERO);
        assert_eq!((early + Duration::from_millis(2_500), early.seconds()), (late, 1));
        assert_eq!(late + Duration::MAX, Time::from_millis(u64::MAX));
        assert_eq!(late.utc().timestamp_millis(), 4_000);
    }
}

//! Ages, sizes and moments as people write them on a command line.

use std::time::Duration;

use chrono::{Local, NaiveDate, NaiveDateTime, TimeZone};

use chatui::irc::Time;
use chatui::server::log::Keep;

/// Seconds of a day.
const DAY: u64 = 24 * 60 * 60;

/// `90d`, `2w`, `36h`, `10m`, `30s`, `1y`.
pub fn age(text: &str) -> Option<Duration> {
    let (number, unit) = split(text)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => DAY,
        "w" => 7 * DAY,
        "y" => 365 * DAY,
        _ => return None,
    };
    number.checked_mul(seconds).map(Duration::from_secs)
}

/// Bytes: `10GB`, `500MB`, `2TB`; `GiB` and the like count in 1024.
pub fn size(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    let unit: u64 = match unit.to_ascii_uppercase().as_str() {
        "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        "KIB" => 1 << 10,
        "MIB" => 1 << 20,
        "GIB" => 1 << 30,
        "TIB" => 1 << 40,
        _ => return None,
    };
    number.checked_mul(unit)
}

/// A number and what follows it.
fn split(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    Some((number.parse().ok()?, unit.trim()))
}

/// How much of the log is kept: an age or a size.
///
/// # Errors
/// What could be written instead.
pub fn keep(text: &str) -> Result<Keep, String> {
    match (age(text), size(text)) {
        (None, None) => {
            Err("say how long, as in 90d, 12w or 2y, or how much, as in 500MB or 10GB".to_owned())
        }
        (age, bytes) => Ok(Keep { age, bytes }),
    }
}

/// All that was said about it, the last of each kind.
pub fn keep_all(all: impl IntoIterator<Item = Keep>) -> Keep {
    all.into_iter()
        .fold(Keep::default(), |sum, one| Keep { age: one.age.or(sum.age), bytes: one.bytes.or(sum.bytes) })
}

/// A moment: on the clock of this place, in UTC, or so long ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// So long before now.
    Ago(Duration),
    /// On the clock of this place.
    Here(NaiveDateTime),
    /// In UTC.
    At(Time),
}

impl Moment {
    /// Reads `2026-11-20`, `2026-11-20 16:05`, `2026-11-20 16:05:00` (also with a `T`), `2026-11-20T16:05:00.123Z`, or an
    /// age as in `2h`.
    ///
    /// # Errors
    /// What could be written instead.
    pub fn parse(text: &str) -> Result<Moment, String> {
        if let Some(age) = age(text) {
            return Ok(Moment::Ago(age));
        }
        if let Some(time) = Time::parse(text) {
            return Ok(Moment::At(time));
        }
        let forms = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"];
        let clock = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
        let day = || {
            NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|day| day.and_time(chrono::NaiveTime::MIN))
        };
        clock.or_else(day).map(Moment::Here).ok_or_else(|| {
            "say 2026-11-20, '2026-11-20 16:05', 2026-11-20T16:05:00Z, or how long ago: 30m, 2h, 7d"
                .to_owned()
        })
    }

    /// The moment itself. An hour that the clock of this place shows twice is the first of them; one that it leaves out is
    /// the same hour in UTC.
    pub fn time(self, now: Time) -> Time {
        match self {
            Moment::Ago(age) => Time::from_millis(
                now.millis().saturating_sub(u64::try_from(age.as_millis()).unwrap_or(u64::MAX)),
            ),
            Moment::At(time) => time,
            Moment::Here(clock) => {
                let here = Local.from_local_datetime(&clock).earliest();
                let millis =
                    here.map_or_else(|| clock.and_utc().timestamp_millis(), |at| at.timestamp_millis());
                Time::from_millis(u64::try_from(millis).unwrap_or(0))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_sizes() {
        assert_eq!(age("90d"), Some(Duration::from_secs(90 * DAY)));
        assert_eq!(age("2 h"), Some(Duration::from_secs(7200)));
        assert_eq!((age("90"), age("d"), age("1.5d"), age("-1d")), (None, None, None, None));
        assert_eq!(age("999999999999999999y"), None);
        assert_eq!(size("10GB"), Some(10_000_000_000));
        assert_eq!(size("64 MiB"), Some(64 << 20));
        assert_eq!((size("10"), size("GB"), size("99999999999999999TB")), (None, None, None));
    }

    #[test]
    fn how_much_is_kept() {
        let both = keep_all([keep("90d").unwrap(), keep("10GB").unwrap(), keep("2w").unwrap()]);
        assert_eq!(both, Keep { age: age("2w"), bytes: Some(10_000_000_000) });
        assert!(keep("10").is_err() && keep("forever").is_err());
    }

    #[test]
    fn moments() {
        let now = Time::from_millis(1_795_190_700_000);
        assert_eq!(Moment::parse("5m").unwrap().time(now), Time::from_millis(1_795_190_400_000));
        assert_eq!(Moment::parse("999y").unwrap().time(now), Time::default());
        assert_eq!(Moment::parse("2026-11-20T16:05:00Z").unwrap().time(Time::default()), now);
        for here in ["2026-11-20", "2026-11-20 16:05", "2026-11-20T16:05:09"] {
            assert!(matches!(Moment::parse(here), Ok(Moment::Here(_))), "{here}");
        }
        for bad in ["", "yesterday", "2026-13-01", "16:05", "2026-11-20 25:00"] {
            assert!(Moment::parse(bad).is_err(), "{bad}");
        }
    }
}

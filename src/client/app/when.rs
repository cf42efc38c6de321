//! A moment as people write it: `2026-03-01`, `14:30`, `yesterday 9:00`, `monday`.

use chrono::{DateTime, Days, FixedOffset, NaiveDate, NaiveTime, TimeZone, Weekday};

use crate::irc::Time;

/// What can be written, for the help.
pub(super) const EXAMPLES: &str = "a day, a time or both: 2026-03-01, 14:30, yesterday 9:00, monday";

/// The moment that a text names, by the local clock; a day alone is its beginning, a time alone the last one that has
/// been.
pub(super) fn parse(text: &str, now: Time, offset: FixedOffset) -> Option<Time> {
    let now = now.utc().with_timezone(&offset);
    let (mut day, mut time) = (None, None);
    for word in text.to_lowercase().split_whitespace() {
        match (clock(word), date(word, now)) {
            (Some(found), _) if time.is_none() => time = Some(found),
            (None, Some(found)) if day.is_none() => day = Some(found),
            _ => return None,
        }
    }
    let at = match (day, time) {
        (None, None) => return None,
        (Some(day), time) => day.and_time(time.unwrap_or_default()),
        (None, Some(time)) if time > now.time() => {
            now.date_naive().checked_sub_days(Days::new(1))?.and_time(time)
        }
        (None, Some(time)) => now.date_naive().and_time(time),
    };
    let at = offset.from_local_datetime(&at).single()?.timestamp_millis();
    u64::try_from(at).ok().map(Time::from_millis)
}

fn clock(word: &str) -> Option<NaiveTime> {
    NaiveTime::parse_from_str(word, "%H:%M").ok()
}

fn date(word: &str, now: DateTime<FixedOffset>) -> Option<NaiveDate> {
    let today = now.date_naive();
    match word {
        "today" => return Some(today),
        "yesterday" => return today.pred_opt(),
        _ => {}
    }
    if let Ok(weekday) = word.parse::<Weekday>() {
        return (1..=7).filter_map(|ago| today.checked_sub_days(Days::new(ago))).find(|day| {
            use chrono::Datelike;
            day.weekday() == weekday
        });
    }
    NaiveDate::parse_from_str(word, "%Y-%m-%d").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_times_are_read_by_the_local_clock() {
        // A Friday, 17:05 in Oslo.
        let now = Time::parse("2026-11-20T16:05:00.000Z").unwrap();
        let offset = FixedOffset::east_opt(3600).unwrap();
        let at = |text| parse(text, now, offset).map(|at| at.to_string());
        for (text, expected) in [
            ("2026-03-01", "2026-02-28T23:00:00.000Z"),
            ("2026-03-01 14:30", "2026-03-01T13:30:00.000Z"),
            ("9:00 yesterday", "2026-11-19T08:00:00.000Z"),
            ("today", "2026-11-19T23:00:00.000Z"),
            ("17:00", "2026-11-20T16:00:00.000Z"),
            ("17:10", "2026-11-19T16:10:00.000Z"),
            ("Monday 8:15", "2026-11-16T07:15:00.000Z"),
            ("fri", "2026-11-12T23:00:00.000Z"),
        ] {
            assert_eq!(at(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "soon", "2026-13-01", "25:00", "today today", "9:00 10:00", "1960-01-01", "x 9:00"] {
            assert_eq!(at(text), None, "{text}");
        }
    }
}

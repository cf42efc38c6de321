//! Moments as the reader's clock and calendar show them.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Timelike};

use crate::irc::Time;

/// The months as people call them.
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn local(at: Time, offset: FixedOffset) -> DateTime<FixedOffset> {
    at.utc().with_timezone(&offset)
}

/// Hour and minute: `06:58`.
pub(super) fn time(at: Time, offset: FixedOffset) -> String {
    let at = local(at, offset);
    format!("{:02}:{:02}", at.hour(), at.minute())
}

/// A moment of any day in few cells: `06:58` of today, `20 Nov 06:58`, `20 Nov 2025` of another year.
pub(super) fn short(at: Time, now: Time, offset: FixedOffset) -> String {
    let (moment, today) = (local(at, offset), local(now, offset));
    let day = format!("{} {}", moment.day(), &MONTHS[moment.month0() as usize][..3]);
    if moment.date_naive() == today.date_naive() {
        time(at, offset)
    } else if moment.year() == today.year() {
        format!("{day} {}", time(at, offset))
    } else {
        format!("{day} {}", moment.year())
    }
}

/// Which minute it is, to tell whether two moments show the same time.
pub(super) fn minute(at: Time) -> u64 {
    // Offsets are whole minutes wherever people live.
    at.seconds() / 60
}

/// The day it was where the reader is.
pub(super) fn day(at: Time, offset: FixedOffset) -> NaiveDate {
    local(at, offset).date_naive()
}

/// A day in words: `Friday 20 November 2026`.
pub(super) fn day_name(day: NaiveDate) -> String {
    const WEEKDAYS: [&str; 7] =
        ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let weekday = WEEKDAYS[day.weekday().num_days_from_monday() as usize];
    format!("{weekday} {} {} {}", day.day(), MONTHS[day.month0() as usize], day.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_the_readers() {
        let at = Time::from_millis(1_795_130_880_000); // 2026-11-19T23:28:00Z
        let east = FixedOffset::east_opt(3600).unwrap();
        assert_eq!(day_name(day(at, east)), "Friday 20 November 2026");
        assert_eq!(time(at, east), "00:28");
        let short = |days: u64| short(at, Time::from_millis(at.millis() + days * 86_400_000), east);
        assert_eq!([short(0), short(1), short(60)], ["00:28", "20 Nov 00:28", "20 Nov 2026"]);
        assert_eq!(day_name(day(at, FixedOffset::east_opt(0).unwrap())), "Thursday 19 November 2026");
    }
}

//! Moments as the reader's clock and calendar show them.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Timelike};

use crate::client::app::App;
use crate::client::settings::TimeForm;
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

/// The time as it is set to be written, `06:58`; as many cells as [`width`] says.
pub(super) fn time(at: Time, app: &App) -> String {
    written(at, app.offset(), app.settings().time)
}

/// A moment of any day in few cells: `06:58` of today, `20 Nov 06:58`, `20 Nov 2025` of another year.
pub(super) fn short(at: Time, app: &App) -> String {
    brief(at, app.now(), app.offset(), app.settings().time)
}

fn brief(at: Time, now: Time, offset: FixedOffset, form: TimeForm) -> String {
    let (moment, today) = (local(at, offset), local(now, offset));
    let day = format!("{} {}", moment.day(), &MONTHS[moment.month0() as usize][..3]);
    if moment.date_naive() == today.date_naive() {
        written(at, offset, form)
    } else if moment.year() == today.year() {
        format!("{day} {}", written(at, offset, form))
    } else {
        format!("{day} {}", moment.year())
    }
}

fn written(at: Time, offset: FixedOffset, form: TimeForm) -> String {
    let at = local(at, offset);
    match form {
        TimeForm::Minutes => format!("{:02}:{:02}", at.hour(), at.minute()),
        TimeForm::Seconds => format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second()),
        TimeForm::Twelve => {
            let (is_afternoon, hour) = at.hour12();
            format!("{hour:2}:{:02} {}", at.minute(), if is_afternoon { "pm" } else { "am" })
        }
    }
}

/// How many cells a time takes.
pub(super) fn width(form: TimeForm) -> u16 {
    match form {
        TimeForm::Minutes => 5,
        TimeForm::Seconds | TimeForm::Twelve => 8,
    }
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
        let later = |days: u64| Time::from_millis(at.millis() + days * 86_400_000);
        let short = |days: u64| brief(at, later(days), east, TimeForm::Minutes);
        assert_eq!([short(0), short(1), short(60)], ["00:28", "20 Nov 00:28", "20 Nov 2026"]);
        for (form, shown) in
            [(TimeForm::Minutes, "00:28"), (TimeForm::Seconds, "00:28:00"), (TimeForm::Twelve, "12:28 am")]
        {
            assert_eq!(written(at, east, form), shown);
            assert_eq!(shown.len(), usize::from(width(form)), "the column has just this width");
        }
        assert_eq!(day_name(day(at, FixedOffset::east_opt(0).unwrap())), "Thursday 19 November 2026");
    }
}

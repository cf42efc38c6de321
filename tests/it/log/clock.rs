//! Clocks that jump: the order stays, times never run backwards, no id comes twice, and the operator is told once.

use std::io::{self, Seek};

use chatui::server::backbone::{Backbone, Local};

use super::*;

const HOUR: i64 = 3_600_000;
const FIFTY_YEARS: i64 = 50 * 365 * 24 * HOUR;

/// How often the clock was told to be behind, and to have come so far, while something was done.
fn told(work: impl FnOnce()) -> (usize, usize) {
    let mut said = tempfile::tempfile().unwrap();
    let diagnostics = Arc::new(said.try_clone().unwrap());
    let subscriber =
        tracing_subscriber::fmt().with_ansi(false).with_target(false).with_writer(diagnostics).finish();
    tracing::subscriber::with_default(subscriber, work);
    said.rewind().unwrap();
    let said = io::read_to_string(said).unwrap();
    (said.matches("WARN the clock says").count(), said.matches("INFO the clock has come to").count())
}

/// A log whose lines are stamped by a clock that a test sets.
struct Stamped {
    dir: TempDir,
    log: FileLog,
    backbone: Local,
    /// What the clock said at each line.
    clock: Vec<Time>,
}

impl Stamped {
    fn new() -> Stamped {
        let dir = in_memory();
        let (log, opened, _) = open(dir.path());
        Stamped { dir, log, backbone: Local::after(opened.last_time, opened.last_seq), clock: Vec::new() }
    }

    /// A stop, and a start by this clock; gives what was told of the log.
    fn restart(&mut self, now: Time) -> Vec<String> {
        let other = in_memory();
        self.log = open(other.path()).0;
        let (log, opened, _) = open_with(self.dir.path(), Options { now, ..small() });
        self.log = log;
        self.backbone = Local::after(opened.last_time, opened.last_seq);
        opened.repairs
    }

    /// Says three lines in a turn by this clock.
    fn say(&mut self, now: Time) {
        let mut lines = Vec::new();
        for n in 0..3 {
            let draft = Draft::new("", "alice!a@h", "PRIVMSG", &["#a", &format!("{} {n}", self.clock.len())]);
            lines.extend(self.backbone.order(draft, now));
            self.clock.push(now);
        }
        self.log.append(&lines).unwrap();
    }

    /// All that was said is there, in order; each line has the time of its moment or that of the line before.
    fn check(&mut self) {
        let lines = all(&mut self.log, "#a");
        let texts: Vec<String> = lines.iter().map(|line| line.message().param(1).to_owned()).collect();
        let expected: Vec<String> = (0..self.clock.len()).map(|n| format!("{} {}", n, n % 3)).collect();
        assert_eq!(texts, expected);
        assert!(lines.windows(2).all(|pair| pair[0].msgid() < pair[1].msgid()));
        let mut last = Time::default();
        for (line, now) in lines.iter().zip(&self.clock) {
            last = last.max(*now);
            assert_eq!(line.time(), last);
        }
    }
}

fn moved(by: i64) -> Time {
    Time::from_millis(at(0).millis().saturating_add_signed(by))
}

#[test]
fn a_clock_that_jumps_disturbs_no_order_and_is_told_once() {
    // A leap second is one that comes twice, or a step back of the same length.
    for (jump, warned) in [(-HOUR, 1), (HOUR, 1), (-FIFTY_YEARS, 1), (-1000, 0), (i64::MIN, 1)] {
        let mut log = Stamped::new();
        let counts = told(|| {
            log.say(moved(-5));
            log.say(moved(0));
            for step in 0..3 {
                log.say(moved(jump.saturating_add(step)));
            }
            // And back, which is a jump of its own.
            for step in 3..6 {
                log.say(moved(step));
            }
            log.say(moved(2 * HOUR));
        });
        assert_eq!(counts, (warned, warned), "{jump}");
        log.check();
    }
}

#[test]
fn a_clock_that_jumps_between_two_starts_disturbs_no_order() {
    let mut log = Stamped::new();
    log.say(moved(0));
    let day = 24 * HOUR;
    for (jump, loud) in
        [(-HOUR, 0), (HOUR, 0), (0, 0), (-FIFTY_YEARS, 1), (-1000, 0), (i64::MIN, 1), (3 * day, 0), (day, 1)]
    {
        let now = moved(jump);
        assert_eq!(log.restart(now).len(), loud, "{jump}: more than a day ahead of the clock is told");
        log.say(now);
        log.say(now);
        log.check();
    }
    log.restart(moved(9 * day));
    log.check();
}

#[test]
fn a_log_that_is_a_day_ahead_is_let_pass_and_a_millisecond_more_is_told() {
    let mut log = Stamped::new();
    log.say(moved(0));
    let day = 24 * HOUR;
    assert!(log.restart(moved(-day)).is_empty());
    let told = log.restart(moved(-day - 1));
    assert!(told.len() == 1 && told[0].starts_with(&format!("the last line is dated {}", at(0))), "{told:?}");
}

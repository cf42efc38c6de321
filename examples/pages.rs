//! How long a page of history takes, anywhere in a large log: of a busy channel, of one with 0.3 % of the lines, of one
//! that was never spoken in; and what the lines cost that fifty newcomers are given.
//!
//! `cargo run --release --example pages [MEGABYTES] [FOLDER]`
#![allow(clippy::disallowed_methods, reason = "it measures time")]

use std::path::Path;
use std::time::{Duration, Instant};

use chatui::irc::{Draft, Line, Time};
use chatui::server::core::{Form, Playback, Query, Reference, Which};
use chatui::server::log::{FileLog, Log, Options, Sync};

const START: u64 = 1_795_190_700_000;

fn main() {
    let mut args = std::env::args().skip(1);
    let megabytes: u64 = args.next().map_or(1000, |text| text.parse().unwrap_or(1000));
    let folder = args.next().map_or_else(|| std::env::temp_dir().join("chatui-pages"), Into::into);
    let mut log = open(&folder);
    let lines = fill(&mut log, megabytes << 20, &folder);
    let prefix = log.prefix();
    for sums in [false, true] {
        if sums {
            let since = Instant::now();
            while log.reader().tend() {}
            println!("sums made in {:.2} s", since.elapsed().as_secs_f64());
        }
        for (channel, what) in [
            ("#busy", "half of the lines"),
            ("#third", "a third"),
            ("#sparse", "0.3 %"),
            ("#rare", "one in 100,000"),
            ("#silent", "none"),
        ] {
            let mut times = Vec::new();
            let (mut found, mut short) = (0, 0);
            let rounds = if sums { 2000 } else { 100 };
            for n in 0..rounds {
                // Anywhere, in no order.
                let seq = (n * 7_919_317 + 13) % lines;
                let at = Time::from_millis(START + seq);
                let query = Query {
                    channel: channel.to_owned(),
                    which: Which::Before(Reference::Time(at)),
                    limit: 100,
                    events: false,
                    until: None,
                };
                let since = Instant::now();
                let Ok(page) = prefix.page(&query) else { return };
                times.push(since.elapsed());
                found += page.items().count();
                short += usize::from(matches!(page.rest(), chatui::server::core::Rest::From(..)));
            }
            times.sort();
            let at = |part: usize| millis(times[(times.len() * part / 1000).min(times.len() - 1)]);
            println!(
                "{} sums, {channel} ({what}): p50 {:.3} ms, p99 {:.3} ms, max {:.3} ms; {:.1} lines a page, {short} of {rounds} cut short",
                if sums { "with" } else { "without" },
                at(500),
                at(990),
                at(1000),
                found as f64 / rounds as f64,
            );
        }
    }
    newcomers(&log);
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn open(folder: &Path) -> FileLog {
    let options = Options::new(Sync::Never, Time::from_millis(START));
    let Ok((log, _)) = FileLog::open(folder, options, &mut |_| {}) else {
        eprintln!("cannot open a log in {}", folder.display());
        std::process::exit(1);
    };
    log
}

/// One line a millisecond, until there are so many bytes; says how many lines there are.
fn fill(log: &mut FileLog, bytes: u64, folder: &Path) -> u64 {
    let mut lines = 0;
    while size(folder) < bytes {
        let turn: Vec<Line> = (0..10_000)
            .map(|_| {
                lines += 1;
                let channel = match lines {
                    n if n % 100_000 == 7 => "#rare",
                    n if n % 333 == 5 => "#sparse",
                    n if n % 2 == 0 => "#busy",
                    n if n % 3 == 0 => "#third",
                    _ => "#others",
                };
                let words = "some words as people say them, neither few nor many";
                let draft = Draft::new("", "somebody!~somebody@198.51.100.7", "PRIVMSG", &[channel, words]);
                draft.stamp(Time::from_millis(START + lines), lines)
            })
            .collect();
        if log.append(&turn).is_err() {
            return lines;
        }
    }
    lines
}

fn size(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder.join("log")).into_iter().flatten().flatten();
    files.filter_map(|file| file.metadata().ok()).map(|data| data.len()).sum()
}

/// Fifty newcomers are given the last thousand lines each.
fn newcomers(log: &FileLog) {
    let playback = Playback {
        form: Form::Full,
        server: "chatui.local".to_owned(),
        channel: "#busy".to_owned(),
        batch: Some("b1".to_owned()),
        asked: None,
        label: None,
        now: Time::from_millis(START),
    };
    let query = Query {
        channel: "#busy".to_owned(),
        which: Which::Latest(None),
        limit: 1000,
        events: false,
        until: None,
    };
    let (mut bytes, rounds) = (0, 20);
    let since = Instant::now();
    for _ in 0..50 * rounds {
        let Ok(page) = log.prefix().page(&query) else { return };
        bytes += playback.bytes(page.items(), page.rest()).len();
    }
    let each = since.elapsed().as_secs_f64() / f64::from(50 * rounds * 1000) * 1e6;
    println!(
        "50 clients x the last 1000 lines: {each:.3} us a line, {} bytes a page",
        bytes / (50 * rounds) as usize
    );
}

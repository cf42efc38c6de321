//! One round of one client: from its start to its end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::client::Make;
use crate::pane::Pane;
use crate::process::{cpu, memory, wakeups};
use crate::real::Real;
use crate::server::{SHOWN, Server};

/// What is measured, in the order of the figures of [`measure`], and the goal of chatui.
pub const ROWS: &[(&str, f64)] = &[
    ("start to room shown, ms", 15.0),
    ("memory at the start, MiB", 8.0),
    ("burst: CPU, s", 0.6),
    ("burst: until the last is shown, s", 0.8),
    ("burst: bytes to the terminal, kB", 100.0),
    ("burst: frames a second", 30.0),
    ("memory after the burst, MiB", 16.0),
    ("page up: first drawn, p50 ms", f64::NAN),
    ("the first of 100,000 lines reached, ms", f64::NAN),
    ("memory then, MiB", 16.0),
    ("search: the first of 100,000 lines shown, ms", 20.0),
    ("1,000 messages/s: CPU, % of a core", 5.0),
    ("1,000 messages/s: terminal, KiB/s", 150.0),
    ("1,000 messages/s: frames a second", 30.0),
    ("1,000 messages/s: key shown, p50 ms", 0.3),
    ("1,000 messages/s: key shown, p99 ms", 2.0),
    ("the same on a line of 1,000 KiB/s: p50 ms", 0.5),
    ("the same on a line of 1,000 KiB/s: p99 ms", 5.0),
    ("resize by a column: until drawn, ms", 5.0),
    ("idle: wakeups", 0.0),
    ("idle: CPU, ms", 1.0),
    ("idle: bytes to the terminal", 0.0),
    ("first try after a drop, ms", 1000.0),
];

/// Letters that stand in no message and in no name, so that one on its way to the screen is the one that was pressed.
const LETTERS: &[u8] = b"QJZX";

/// A word of one message alone, and what stands behind it.
const NEEDLE: &str = "needle";
const HAYSTACK: &str = "in a stack of hay";
/// The last of many.
const LAST: &str = "and here is the last of them";

/// How many keys are pressed for one figure.
const KEYS: usize = 100;

/// For how long frames are counted while nobody presses a key.
const WATCHED: Duration = Duration::from_secs(2);
/// How long it is waited before a client counts as idle: what it does a little later, so as not to do it often, is done then.
const SETTLED: Duration = Duration::from_secs(8);
/// How long a client is given to come back after a drop.
const RETURN_MOST: Duration = Duration::from_secs(3);

/// How often a second something is said while keys are pressed: 1,000 messages in all.
const GULPS: u32 = 100;

/// The figures of one round.
pub fn measure(make: Make, burst: usize, idle: u64) -> Outcome<Vec<f64>> {
    let home = tempfile::tempdir()?;
    let mut server = Server::start()?;
    let pane = Pane::start(make.command(server.address(), home.path())?)?;
    server.wait_for_client()?;
    let shown = pane.shows(SHOWN)?;
    let mut row = vec![millis(shown - pane.started)];
    pane.quiet(Duration::from_millis(500));
    row.push(memory(pane.pid()));

    let (used, written, frames, begun) = (cpu(pane.pid()), pane.bytes(), pane.frames(), Instant::now());
    server.say([needle()].into_iter().chain((1..burst).map(text)).chain([LAST.to_owned()]))?;
    let shown = pane.shows(LAST)?;
    pane.quiet(Duration::from_millis(500));
    row.push((cpu(pane.pid()) - used).as_secs_f64());
    row.push((shown - begun).as_secs_f64());
    row.push((pane.bytes() - written) as f64 / 1e3);
    row.push(rate(make, pane.frames() - frames, shown - begun));
    row.push(memory(pane.pid()));
    row.extend(scrolled(make, &pane)?);
    row.push(match make {
        Make::Chatui => searched(burst)?,
        // It has all of them in memory. What it shows of the search scrolls by.
        Make::Irssi => found(&pane, format!("/lastlog {NEEDLE}").as_bytes())?,
        Make::Weechat | Make::Senpai => f64::NAN,
    });

    let [cpu_share, terminal, p50, p99] = under_load(&mut server, &pane)?;
    row.extend([cpu_share, terminal, watched(make, &mut server, &pane)?, p50, p99]);
    pane.set_pace(1000 << 10);
    row.extend(&under_load(&mut server, &pane)?[2..]);
    pane.set_pace(0);
    pane.quiet(Duration::from_millis(500));

    let mut steps = Vec::new();
    for columns in (110..120).rev() {
        let begun = Instant::now();
        pane.resize(columns, 40)?;
        let drawn = pane.drawn_after(begun, Duration::from_millis(100))?;
        steps.push(millis(drawn.saturating_duration_since(begun)));
    }
    row.push(quantile(&mut steps, 0.5));

    thread::sleep(SETTLED);
    let (woken, used, written) = (wakeups(pane.pid()), cpu(pane.pid()), pane.bytes());
    thread::sleep(Duration::from_secs(idle));
    row.push((wakeups(pane.pid()) - woken) as f64);
    row.push(millis(cpu(pane.pid()) - used));
    row.push((pane.bytes() - written) as f64);

    let tried = server.drop_client(RETURN_MOST)?;
    row.push(tried.map_or(f64::NAN, millis));
    Ok(row)
}

/// Pages up, then (Alt-Home) to the first line of all, and back: how long each took, and the memory at that end.
fn scrolled(make: Make, pane: &Pane) -> Outcome<[f64; 3]> {
    let mut pages = Vec::new();
    for _ in 0..9 {
        let begun = Instant::now();
        pane.keys(b"\x1b[5~")?;
        pages.push(millis(pane.answered_after(begun)?.saturating_duration_since(begun)));
        pane.quiet(Duration::from_millis(100));
    }
    if make != Make::Chatui {
        // What they have, they have in memory.
        (0..9).try_for_each(|_| pane.keys(b"\x1b[6~"))?;
        pane.quiet(Duration::from_millis(300));
        return Ok([quantile(&mut pages, 0.5), f64::NAN, f64::NAN]);
    }
    let begun = Instant::now();
    pane.keys(b"\x1b[1;3H")?;
    let reached = millis(pane.shows(HAYSTACK)?.saturating_duration_since(begun));
    pane.quiet(Duration::from_millis(300));
    let there = memory(pane.pid());
    pane.keys(b"\x1b")?;
    pane.shows(LAST)?;
    pane.quiet(Duration::from_millis(300));
    Ok([quantile(&mut pages, 0.5), reached, there])
}

/// How many frames a second there are while 1,000 messages a second arrive and nobody presses a key.
fn watched(make: Make, server: &mut Server, pane: &Pane) -> Outcome<f64> {
    let (frames, begun) = (pane.frames(), Instant::now());
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let talk = scope.spawn(|| talk(server, begun, &over).map_err(|error| error.to_string()));
        thread::sleep(WATCHED);
        over.store(true, Ordering::Relaxed);
        talk.join().map_err(|_| "the talk broke".to_owned())?
    })?;
    Ok(rate(make, pane.frames() - frames, begun.elapsed()))
}

/// Frames a second, of a client that says where its frames begin.
fn rate(make: Make, frames: u64, over: Duration) -> f64 {
    if make == Make::Chatui { frames as f64 / over.as_secs_f64() } else { f64::NAN }
}

/// How long the client takes to show the oldest of so many lines that a server of its own make has in its log.
fn searched(burst: usize) -> Outcome<f64> {
    let home = tempfile::tempdir()?;
    let server = Real::start(home.path())?;
    server.say([needle()].into_iter().chain((1..burst).map(text)))?;
    let pane = Pane::start(Make::Chatui.command(server.address(), home.path())?)?;
    pane.shows("1 person")?;
    pane.quiet(Duration::from_millis(500));
    pane.keys(b"\x13")?;
    found(&pane, NEEDLE.as_bytes())
}

/// Types a question, then asks it; gives the time until the line that it is about is shown.
fn found(pane: &Pane, question: &[u8]) -> Outcome<f64> {
    pane.keys(question)?;
    pane.quiet(Duration::from_millis(300));
    let begun = Instant::now();
    pane.keys(b"\r")?;
    Ok(millis(pane.shows(HAYSTACK)?.saturating_duration_since(begun)))
}

/// Presses keys while 1,000 messages a second arrive. Gives the shares of CPU and of the terminal, and how long keys took:
/// half of them, and 99 of 100.
fn under_load(server: &mut Server, pane: &Pane) -> Outcome<[f64; 4]> {
    let (used, written, begun) = (cpu(pane.pid()), pane.bytes(), Instant::now());
    let over = AtomicBool::new(false);
    let times = thread::scope(|scope| {
        let talk = scope.spawn(|| talk(server, begun, &over).map_err(|error| error.to_string()));
        let times = press(pane);
        over.store(true, Ordering::Relaxed);
        talk.join().map_err(|_| "the talk broke")??;
        times
    })?;
    let over = begun.elapsed().as_secs_f64();
    let mut times: Vec<f64> = times.into_iter().map(millis).collect();
    Ok([
        (cpu(pane.pid()) - used).as_secs_f64() / over * 100.0,
        (pane.bytes() - written) as f64 / 1024.0 / over,
        quantile(&mut times, 0.5),
        quantile(&mut times, 0.99),
    ])
}

/// Says 1,000 messages a second until it is over.
fn talk(server: &mut Server, begun: Instant, over: &AtomicBool) -> Outcome<()> {
    let each = 1000 / GULPS as usize;
    for gulp in 1.. {
        if over.load(Ordering::Relaxed) {
            break;
        }
        server.say((0..each).map(|n| text(gulp as usize * each + n)))?;
        let due = begun + Duration::from_secs(1) / GULPS * gulp;
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    Ok(())
}

/// Presses a letter, waits for it, takes it back; again and again.
fn press(pane: &Pane) -> Outcome<Vec<Duration>> {
    let mut times = Vec::new();
    for n in 0..KEYS {
        times.push(pane.echo(LETTERS[n % LETTERS.len()])?);
        pane.keys(b"\x7f")?;
        thread::sleep(Duration::from_millis(30));
    }
    Ok(times)
}

fn needle() -> String {
    format!("a {NEEDLE} {HAYSTACK}")
}

fn text(number: usize) -> String {
    format!("message number {number}, and some words behind it so that it has the length of a line")
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn quantile(times: &mut [f64], share: f64) -> f64 {
    times.sort_by(f64::total_cmp);
    let at = ((times.len() as f64 * share).ceil() as usize).clamp(1, times.len());
    times[at - 1]
}

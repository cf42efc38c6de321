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

/// What is measured, in the order of the figures of [`measure`].
pub const ROWS: &[&str] = &[
    "start to room shown, ms",
    "memory at the start, MiB",
    "burst: CPU, s",
    "burst: until the last is shown, s",
    "burst: bytes to the terminal, kB",
    "memory after the burst, MiB",
    "search: the first of 100,000 lines shown, ms",
    "1,000 messages/s: CPU, % of a core",
    "1,000 messages/s: terminal, KiB/s",
    "1,000 messages/s: key shown, p50 ms",
    "1,000 messages/s: key shown, p99 ms",
    "the same on a line of 1,000 KiB/s: p50 ms",
    "the same on a line of 1,000 KiB/s: p99 ms",
    "resize by a column: until drawn, ms",
    "idle: wakeups",
    "idle: CPU, ms",
    "idle: bytes to the terminal",
];

/// Letters that stand in no message and in no name, so that one on its way to the screen is the one that was pressed.
const LETTERS: &[u8] = b"QJZX";

/// A word of one message alone, and what stands behind it.
const NEEDLE: &str = "needle";
const HAYSTACK: &str = "in a stack of hay";

/// How many keys are pressed for one figure.
const KEYS: usize = 100;

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

    let (used, written, begun) = (cpu(pane.pid()), pane.bytes(), Instant::now());
    let last = "and here is the last of them";
    server.say([needle()].into_iter().chain((1..burst).map(text)).chain([last.to_owned()]))?;
    let shown = pane.shows(last)?;
    pane.quiet(Duration::from_millis(500));
    row.push((cpu(pane.pid()) - used).as_secs_f64());
    row.push((shown - begun).as_secs_f64());
    row.push((pane.bytes() - written) as f64 / 1e3);
    row.push(memory(pane.pid()));
    row.push(match make {
        Make::Chatui => searched(burst)?,
        // It has all of them in memory. What it shows of the search scrolls by.
        Make::Irssi => found(&pane, format!("/lastlog {NEEDLE}").as_bytes())?,
        Make::Weechat | Make::Senpai => f64::NAN,
    });

    row.extend(under_load(&mut server, &pane, true)?);
    pane.set_pace(1000 << 10);
    row.extend(under_load(&mut server, &pane, false)?);
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

    thread::sleep(Duration::from_secs(2));
    let (woken, used, written) = (wakeups(pane.pid()), cpu(pane.pid()), pane.bytes());
    thread::sleep(Duration::from_secs(idle));
    row.push((wakeups(pane.pid()) - woken) as f64);
    row.push(millis(cpu(pane.pid()) - used));
    row.push((pane.bytes() - written) as f64);
    Ok(row)
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

/// Presses keys while 1,000 messages a second arrive. Gives the shares of CPU and of the terminal, if they are wanted, and how
/// long keys took.
fn under_load(server: &mut Server, pane: &Pane, with_cost: bool) -> Outcome<Vec<f64>> {
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
    let mut row = Vec::new();
    if with_cost {
        row.push((cpu(pane.pid()) - used).as_secs_f64() / over * 100.0);
        row.push((pane.bytes() - written) as f64 / 1024.0 / over);
    }
    row.push(quantile(&mut times, 0.5));
    row.push(quantile(&mut times, 0.99));
    Ok(row)
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

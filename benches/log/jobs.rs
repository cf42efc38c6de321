//! What is measured.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use chatui::irc::{Draft, Time};
use chatui::server::core::config::SEARCHES_AT_ONCE;
use chatui::server::log::{FileLog, Log, Options, Sync};

use crate::Outcome;
use crate::make::{self, BEGIN, BUSY, Made, RARE, SILENT, WORD};
use crate::peer::{CHATUI, Peer, Server, forget, remember};
use crate::sqlite::Sqlite;
use crate::table::{Table, Times, millis};

/// Messages a second in a quiet room, and how many people say them.
const PACE: u64 = 50;
const PEOPLE: usize = 10;
/// How many say as much as they can.
const SENDERS: usize = 64;
/// How many pages are asked for, and how many when nothing is in memory.
const PAGES: usize = 300;
const COLD_PAGES: usize = 60;

type Figures = Option<HashMap<String, String>>;

fn beside(sqlite: Option<&Sqlite>, arguments: &[&str]) -> Outcome<Figures> {
    sqlite.map(|sqlite| sqlite.run(arguments)).transpose()
}

fn figure(figures: &Figures, name: &str) -> Option<String> {
    figures.as_ref().and_then(|figures| figures.get(name).cloned())
}

/// D8 and D9: how long an echo takes, and how many lines a second are synced.
pub fn echo(table: &mut Table, scratch: &Path, seconds: u64, sqlite: Option<&Sqlite>) -> Outcome<()> {
    let data = scratch.join("echo");
    let server = Server::start(&data)?;
    let times = quiet(&server, seconds)?;
    let held =
        times.percentile(50) < Duration::from_millis(1) && times.percentile(99) < Duration::from_millis(10);
    let other = beside(sqlite, &["pace", &PACE.to_string(), &seconds.to_string()])?;
    let name = format!("D8 echo, {PACE} messages a second, {PEOPLE} people");
    let single = figure(&other, "pace").map(|words| format!("{words} (a commit)"));
    table.add(&name, "p50 < 1 ms, p99 < 10 ms", times.words(), held, single);

    let disk = disk_alone(&scratch.join("disk"), seconds)?;
    table.note("   the disk alone at that pace: 160 bytes and a sync", disk.words(), None);

    let groups = beside(sqlite, &["flood", &SENDERS.to_string(), "5"])?;
    for (window, goal) in [(1, None), (16, Some(20_000))] {
        let rate = flood(&server, window, seconds.min(10))?;
        let name = format!("D9 synced lines a second, {SENDERS} senders, {window} under way each");
        match goal {
            Some(goal) => table.add(&name, &format!(">= {goal}"), format!("{rate}"), rate >= goal, None),
            None => table.note(&name, format!("{rate}"), None),
        }
    }
    drop(server);
    let (rate, times) = alone(&scratch.join("alone"))?;
    table.note(
        &format!("   the log alone, {SENDERS} lines a sync"),
        format!("{rate}  {}", times.words()),
        figure(&groups, "rate").map(|rate| format!("{rate} ({SENDERS} rows a commit)")),
    );
    Ok(())
}

/// What a single line costs on this disk at the least: no server can be quicker.
fn disk_alone(path: &Path, seconds: u64) -> Outcome<Times> {
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
    let mut times = Times::default();
    let begun = Instant::now();
    for n in 0..PACE * seconds {
        let due = begun + Duration::from_millis(1000 / PACE) * u32::try_from(n)?;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let since = Instant::now();
        file.write_all(&[b'x'; 160])?;
        file.sync_data()?;
        times.add(since.elapsed());
    }
    Ok(times)
}

/// One line after the other at its pace, each by somebody else, and how long until it comes back.
fn quiet(server: &Server, seconds: u64) -> Outcome<Times> {
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        people.push(Peer::connect(server.address, &format!("q{number}"), "echo-message", &["#quiet"])?);
    }
    let mut times = Times::default();
    let begun = Instant::now();
    for n in 0..PACE * seconds {
        let due = begun + Duration::from_millis(1000 / PACE) * u32::try_from(n)?;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let peer = &mut people[n as usize % PEOPLE];
        let (line, end) =
            (format!("PRIVMSG #quiet :{n} and some words beside it\r\n"), format!(" :{n} and "));
        let since = Instant::now();
        peer.send(&line)?;
        // Whatever the others have said meanwhile comes before it.
        peer.until(|line| line.contains(&end))?;
        times.add(since.elapsed());
    }
    Ok(times)
}

/// As many lines as there can be, so many under way from each sender in a room of his own; gives how many a second.
fn flood(server: &Server, window: usize, seconds: u64) -> Outcome<u64> {
    let (echoes, done) = (AtomicU64::new(0), AtomicBool::new(false));
    let mut peers = Vec::new();
    for number in 0..SENDERS {
        let (nick, room) = (format!("f{window}x{number}"), format!("#f{number}"));
        peers.push((Peer::connect(server.address, &nick, "echo-message", &[&room])?, room));
    }
    let count = thread::scope(|scope| -> Result<u64, String> {
        let threads: Vec<_> = peers
            .into_iter()
            .map(|(mut peer, room)| {
                let (echoes, done) = (&echoes, &done);
                scope.spawn(move || -> Result<(), String> {
                    let line = format!("PRIVMSG {room} :{}\r\n", "x".repeat(64));
                    peer.send(&line.repeat(window)).map_err(|error| error.to_string())?;
                    while !done.load(Ordering::Relaxed) {
                        let lines = peer.lines().map_err(|error| error.to_string())?;
                        echoes.fetch_add(lines as u64, Ordering::Relaxed);
                        peer.send(&line.repeat(lines)).map_err(|error| error.to_string())?;
                    }
                    Ok(())
                })
            })
            .collect();
        // The first second is for everybody to begin.
        thread::sleep(Duration::from_secs(1));
        let (before, since) = (echoes.load(Ordering::Relaxed), Instant::now());
        thread::sleep(Duration::from_secs(seconds));
        let count = echoes.load(Ordering::Relaxed) - before;
        let rate = (count as f64 / since.elapsed().as_secs_f64()) as u64;
        done.store(true, Ordering::Relaxed);
        for thread in threads {
            thread.join().map_err(|_| "a sender failed".to_owned())??;
        }
        Ok(rate)
    });
    Ok(count?)
}

/// The log without a server: one turn after the other, synced; gives lines a second, and how long a turn took.
fn alone(data: &Path) -> Outcome<(u64, Times)> {
    let (mut log, _) = FileLog::open(data, Options::new(Sync::Turn, Time::from_millis(BEGIN)), &mut |_| {})?;
    let draft = Draft::new("", "alice!~alice@192.0.2.1", "PRIVMSG", &["#room", &"x".repeat(64)]);
    let (mut times, mut seq) = (Times::default(), 0);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(5) {
        let lines: Vec<_> = (0..SENDERS as u64)
            .map(|n| draft.clone().stamp(Time::from_millis(BEGIN + seq), seq + n + 1))
            .collect();
        seq += SENDERS as u64;
        let since = Instant::now();
        log.append(&lines)?;
        times.add(since.elapsed());
    }
    Ok(((seq as f64 / begun.elapsed().as_secs_f64()) as u64, times))
}

/// D10 and D11: pages from anywhere, and a search of everything.
pub fn history(table: &mut Table, scratch: &Path, gigabytes: f64, sqlite: Option<&Sqlite>) -> Outcome<()> {
    let data = scratch.join("history");
    let made = made(&data, gigabytes)?;
    let log = data.join("log");
    let loaded = beside(sqlite, &["load", &log.to_string_lossy(), &BEGIN.to_string()])?;
    let size = format!("{:.2} GB, {} lines", made.bytes as f64 / 1e9, made.lines);
    let other = figure(&loaded, "bytes").zip(figure(&loaded, "seconds"));
    table.note(
        "   the log that is searched",
        size,
        other.map(|(bytes, seconds)| {
            format!("{:.2} GB, loaded in {seconds} s", bytes.parse::<f64>().unwrap_or_default() / 1e9)
        }),
    );
    let (begin, end) = (BEGIN.to_string(), made.end.millis().to_string());
    let server = Server::start(&data)?;
    let mut peer = Peer::connect(
        server.address,
        "reader",
        "batch server-time draft/chathistory soju.im/search",
        &[BUSY, RARE, SILENT],
    )?;
    for cold in [false, true] {
        let (count, goal, warmth) = if cold { (COLD_PAGES, 50, "cold") } else { (PAGES, 5, "warm") };
        let other = beside(sqlite, &["pages", &begin, &end, &count.to_string(), warmth])?;
        remember(&log)?;
        for (channel, kind) in
            [(BUSY, "every second line"), (RARE, "0.3 % of them"), (SILENT, "100 lines long ago")]
        {
            let (times, found) = pages(&mut peer, channel, &made, count, cold.then_some(&log))?;
            table.add(
                &format!("D10 {warmth} page of 100 from anywhere, of a channel with {kind}"),
                &format!("p99 < {goal} ms"),
                format!("{}  ({found:.0} lines)", times.words()),
                times.percentile(99) < Duration::from_millis(goal),
                figure(&other, channel),
            );
        }
    }
    remember(&log)?;
    let (times, found) = searches(&mut peer)?;
    table.add(
        "D12 SEARCH of a rare word in all rooms, one answer (at most 32 MiB are searched for it), warm",
        "p99 < 50 ms",
        format!("{}  ({found:.0} hits)", times.words()),
        times.percentile(99) < Duration::from_millis(50),
        None,
    );
    drop(peer);
    drop(server);
    remember(&log)?;
    let mut best = Duration::MAX;
    let mut hits = 0;
    for _ in 0..3 {
        let since = Instant::now();
        let output = Command::new(CHATUI)
            .args(["log", "search", WORD, "--data"])
            .arg(&data)
            .stdin(Stdio::null())
            .output()?;
        best = best.min(since.elapsed());
        hits = String::from_utf8_lossy(&output.stdout).matches(WORD).count();
    }
    let other = beside(sqlite, &["search", WORD])?;
    table.add(
        "D11 `chatui log search` of a rare word, warm, best of 3",
        "< 300 ms",
        format!("{}, {hits} hits", millis(best)),
        best < Duration::from_millis(300),
        figure(&other, "search"),
    );
    std::fs::remove_dir_all(&data)?;
    Ok(())
}

/// Asks for pages before random moments; gives how long each took, and how many lines one had.
fn pages(
    peer: &mut Peer,
    channel: &str,
    made: &Made,
    count: usize,
    forgotten: Option<&Path>,
) -> Outcome<(Times, f64)> {
    let mut chance = fastrand::Rng::with_seed(11);
    let (mut times, mut lines) = (Times::default(), 0);
    for _ in 0..count {
        if let Some(log) = forgotten {
            forget(log)?;
        }
        let moment = Time::from_millis(chance.u64(BEGIN..=made.end.millis()));
        let since = Instant::now();
        peer.send(&format!("CHATHISTORY BEFORE {channel} timestamp={moment} 100\r\n"))?;
        peer.until(|line| line.contains(" BATCH +"))?;
        lines += peer.until(|line| line.contains(" BATCH -"))?;
        times.add(since.elapsed());
    }
    Ok((times, lines as f64 / count.max(1) as f64))
}

/// Searches, as often as one may at once; gives how long each took, and how many hits one had.
fn searches(peer: &mut Peer) -> Outcome<(Times, f64)> {
    let (mut times, mut hits) = (Times::default(), 0);
    for _ in 0..SEARCHES_AT_ONCE {
        let since = Instant::now();
        peer.send(&format!("SEARCH text={WORD}\r\n"))?;
        peer.until(|line| line.contains(" BATCH +"))?;
        hits += peer.until(|line| line.contains(" BATCH -"))?;
        times.add(since.elapsed());
    }
    Ok((times, hits as f64 / f64::from(SEARCHES_AT_ONCE)))
}

/// D7: how long a start takes with much log, and how long it takes to verify all of it.
pub fn start(table: &mut Table, scratch: &Path, gigabytes: f64) -> Outcome<()> {
    let data = scratch.join("start");
    let made = made(&data, gigabytes)?;
    let log = data.join("log");
    let size = format!("{:.1} GB, {} lines", made.bytes as f64 / 1e9, made.lines);
    for cold in [true, false] {
        let mut times = Times::default();
        for _ in 0..5 {
            if cold {
                forget(&log)?;
            }
            times.add(Server::start(&data)?.ready);
        }
        table.add(
            &format!("D7 start with {size}, {}, 5 times", if cold { "cold" } else { "warm" }),
            "< 1 s",
            times.words(),
            times.percentile(100) < Duration::from_secs(1),
            None,
        );
    }
    let since = Instant::now();
    let verified =
        Command::new(CHATUI).args(["log", "verify", "--data"]).arg(&data).stdin(Stdio::null()).output()?;
    let took = since.elapsed();
    table.add(
        "D7 `chatui log verify` of all of it",
        "< 60 s",
        format!("{:.1} s", took.as_secs_f64()),
        verified.status.success() && took < Duration::from_secs(60),
        None,
    );
    std::fs::remove_dir_all(&data)?;
    Ok(())
}

fn made(data: &Path, gigabytes: f64) -> Outcome<Made> {
    let since = Instant::now();
    let made = make::make(data, (gigabytes * 1e9) as u64)?;
    eprintln!("made {} lines of log in {:.0} s", made.lines, since.elapsed().as_secs_f64());
    Ok(made)
}

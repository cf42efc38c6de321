//! Arriving, being there and leaving: the scenarios `connect`, `joinone`, `idle` and `quithalf`.

use std::time::{Duration, Instant};

use chatui::irc::Caps;

use crate::Outcome;
use crate::crowd::{Crowd, Heard, Run, command_of};
use crate::report::{Latency, Report};

/// The report of a scenario whose units are clients.
fn of_clients(scenario: String, units: usize, span: Duration, latency: Latency) -> Report {
    Report { scenario, units: units as u64, unit: "client", span, latency, ..Report::default() }
}

/// Clients connect, register and join a room each, which so many share.
pub fn connect(run: &Run, clients: usize, room: usize) -> Outcome<Report> {
    let mut crowd = Crowd::new(run, clients)?;
    let before = run.usage();
    let begun = Instant::now();
    let latency = crowd.enter(run, Caps::default(), |crowd, place| Some(crowd.room(place / room.max(1))))?;
    let span = begun.elapsed();
    let mut report =
        of_clients(format!("connect {clients}, {} at once", run.at_once), clients, span, latency);
    report.set_usage(before, run.usage());
    Ok(report)
}

/// Clients who are there already all join one room.
pub fn join_one(run: &Run, clients: usize) -> Outcome<Report> {
    let mut crowd = Crowd::new(run, clients)?;
    crowd.enter(run, Caps::default(), |_, _| None)?;
    crowd.quiet(run, Duration::from_millis(300))?;
    let before = run.usage();
    let begun = Instant::now();
    let (mut inside, mut gone) = (0, 0);
    let mut latency = Latency::default();
    let room = crowd.room(0);
    for place in 0..clients {
        crowd.send(place, &format!("JOIN {room}"));
    }
    while inside < clients && gone == 0 {
        run.deadline.check(&format!("joining ({inside} of {clients} are in)"))?;
        crowd.turn(Duration::from_millis(100), |_, heard| match heard {
            Heard::Line(line) if command_of(line) == b"366" => {
                inside += 1;
                latency.add(begun.elapsed());
            }
            Heard::Closed => gone += 1,
            _ => {}
        })?;
    }
    let span = begun.elapsed();
    // The last one is in; that everybody has heard of everybody belongs to the cost.
    crowd.quiet(run, Duration::from_millis(300))?;
    let mut report = Report { gone, ..of_clients(format!("joinone {clients}"), clients, span, latency) };
    report.set_usage(before, run.usage());
    Ok(report)
}

/// Of the clients in one room every other one's connection breaks at the same moment, and those who stay are told of each.
pub fn quit_half(run: &Run, clients: usize) -> Outcome<Report> {
    let mut crowd = Crowd::new(run, clients)?;
    let room = crowd.room(0);
    crowd.enter(run, Caps::default(), |_, _| Some(room.clone()))?;
    crowd.quiet(run, Duration::from_millis(300))?;
    let leaving: Vec<usize> = (0..clients).filter(|place| place % 2 == 1).collect();
    let mut told = vec![0; clients];
    let all = leaving.len() * (clients - leaving.len());
    let before = run.usage();
    let begun = Instant::now();
    for place in &leaving {
        crowd.drop_connection(*place);
    }
    let (mut heard, mut gone) = (0, 0);
    let mut latency = Latency::default();
    while heard < all && gone == 0 && !run.deadline.is_past() {
        crowd.turn(Duration::from_millis(100), |place, what| match what {
            Heard::Line(line) if command_of(line) == b"QUIT" => {
                heard += 1;
                told[place] += 1;
                if told[place] == leaving.len() {
                    latency.add(begun.elapsed());
                }
            }
            Heard::Closed => gone += 1,
            _ => {}
        })?;
    }
    let span = begun.elapsed();
    crowd.quiet(run, Duration::from_millis(300))?;
    let mut report = Report {
        lost: all.saturating_sub(heard) as u64,
        gone,
        ..of_clients(format!("quithalf {clients}"), leaving.len(), span, latency)
    };
    report.set_usage(before, run.usage());
    Ok(report)
}

/// Clients who register, perhaps share rooms with some others, and then say nothing.
pub fn idle(run: &Run, clients: usize, room: Option<usize>, rest: Duration) -> Outcome<Report> {
    let mut crowd = Crowd::new(run, clients)?;
    let empty = run.usage();
    let begun = Instant::now();
    let latency =
        crowd.enter(run, Caps::default(), |crowd, place| room.map(|room| crowd.room(place / room.max(1))))?;
    let span = begun.elapsed();
    crowd.quiet(run, Duration::from_secs(1))?;
    let full = run.usage();
    let (mut gone, resting) = (0, Instant::now());
    while resting.elapsed() < rest && !run.deadline.is_past() {
        crowd
            .turn(Duration::from_millis(500), |_, heard| gone += u64::from(matches!(heard, Heard::Closed)))?;
    }
    let mut report = Report { gone, ..of_clients(format!("idle {clients}"), clients, span, latency) };
    report.set_usage(empty, full);
    if let (Some(empty), Some(full), Some(after)) = (empty, full, run.usage()) {
        let each = full.memory.saturating_sub(empty.memory) as f64 / clients.max(1) as f64;
        let idle = after.cpu.saturating_sub(full.cpu).as_secs_f64() * 1e3 / resting.elapsed().as_secs_f64();
        report.bytes_each = Some(each);
        report.note =
            format!("{each:.0} bytes for each idle client, {idle:.2} ms of CPU a second for all of them");
    }
    Ok(report)
}

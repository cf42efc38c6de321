//! What a process has used, read from /proc: CPU time of all its threads and children, and resident memory.

use std::fs;
use std::time::Duration;

/// A process that is watched, with its children.
#[derive(Clone, Copy, Debug)]
pub struct Process {
    pid: u32,
}

/// What it has used up to a moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// User and system time.
    pub cpu: Duration,
    /// Resident memory in bytes, what it shares with others counted by its share.
    pub memory: u64,
}

impl Process {
    /// The process of this number.
    pub fn new(pid: u32) -> Process {
        Process { pid }
    }

    /// What it and its children have used. A process that is gone has used nothing: the figures of a server that
    /// died are worth nothing, and its clients say that it died.
    pub fn usage(self) -> Usage {
        let mut usage = Usage::default();
        let mut family = vec![self.pid];
        while let Some(pid) = family.pop() {
            usage.cpu += cpu(pid);
            usage.memory += memory(pid);
            family.extend(children(pid));
        }
        usage
    }
}

/// CPU time by the scheduler's own count in nanoseconds, or by `stat`'s ticks of 10 ms where there is none.
fn cpu(pid: u32) -> Duration {
    let precise: u64 = threads(pid)
        .filter_map(|thread| fs::read_to_string(format!("/proc/{pid}/task/{thread}/schedstat")).ok())
        .filter_map(|text| text.split(' ').next()?.parse::<u64>().ok())
        .sum();
    if precise > 0 {
        return Duration::from_nanos(precise);
    }
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name in brackets may hold blanks; user time is the 12th field after it, system time the 13th.
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 =
        after_name.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

fn memory(pid: u32) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let kilobytes = rollup
        .lines()
        .find_map(|line| line.strip_prefix("Pss:"))
        .and_then(|rest| rest.trim().strip_suffix("kB").and_then(|number| number.trim().parse::<u64>().ok()));
    kilobytes.unwrap_or(0) * 1024
}

fn threads(pid: u32) -> impl Iterator<Item = String> {
    let entries = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten();
    entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok())
}

fn children(pid: u32) -> Vec<u32> {
    threads(pid)
        .filter_map(|thread| fs::read_to_string(format!("/proc/{pid}/task/{thread}/children")).ok())
        .flat_map(|text| text.split_whitespace().filter_map(|n| n.parse().ok()).collect::<Vec<_>>())
        .collect()
}

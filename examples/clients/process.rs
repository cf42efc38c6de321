//! What a process has used, read from /proc.

use std::fs;
use std::time::Duration;

/// CPU time of all threads of a process, by the scheduler's own count.
pub fn cpu(pid: u32) -> Duration {
    let nanos = threads(pid)
        .filter_map(|thread| fs::read_to_string(format!("{thread}/schedstat")).ok())
        .filter_map(|text| text.split(' ').next()?.parse::<u64>().ok())
        .sum();
    Duration::from_nanos(nanos)
}

/// Resident memory in MiB.
pub fn memory(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes: f64 =
        line.and_then(|rest| rest.trim().strip_suffix("kB")?.trim().parse().ok()).unwrap_or(f64::NAN);
    kilobytes / 1024.0
}

/// How often its threads have begun to wait of their own accord: each time, something had woken them before.
pub fn wakeups(pid: u32) -> u64 {
    threads(pid)
        .filter_map(|thread| fs::read_to_string(format!("{thread}/status")).ok())
        .filter_map(|text| {
            let line = text.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
            line.trim().parse::<u64>().ok()
        })
        .sum()
}

fn threads(pid: u32) -> impl Iterator<Item = String> {
    let entries = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten();
    entries.filter_map(|entry| entry.ok()?.path().into_os_string().into_string().ok())
}

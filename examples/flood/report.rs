//! The figures of one run: a table row for people, a JSON object for scripts.

use std::fmt::Write as _;
use std::time::Duration;

use crate::usage::Usage;

/// What one run gave.
#[derive(Debug, Default)]
pub struct Report {
    /// Which scenario, and how large.
    pub scenario: String,
    /// How many units were counted: deliveries, or clients.
    pub units: u64,
    /// What a unit is called.
    pub unit: &'static str,
    /// How long it took.
    pub span: Duration,
    /// CPU time that the server used meanwhile, if its process is known.
    pub cpu: Option<Duration>,
    /// Its memory at the end.
    pub memory: Option<u64>,
    /// Bytes that each unit added to its memory, where that is the question.
    pub bytes_each: Option<f64>,
    /// How long each unit took.
    pub latency: Latency,
    /// Units that never came.
    pub lost: u64,
    /// Units that came again.
    pub doubled: u64,
    /// Units that came after a later one, and receivers whose order was not everybody's.
    pub disordered: u64,
    /// Connections that the server ended.
    pub gone: u64,
    /// What the scenario has to add in words.
    pub note: String,
}

impl Report {
    /// Enters what the server used between two moments.
    pub fn set_usage(&mut self, before: Option<Usage>, after: Option<Usage>) {
        if let (Some(before), Some(after)) = (before, after) {
            self.cpu = Some(after.cpu.saturating_sub(before.cpu));
            self.memory = Some(after.memory);
        }
    }

    /// Whether everything arrived, once, in order, and nobody was cut off.
    pub fn is_sound(&self) -> bool {
        self.lost + self.doubled + self.disordered + self.gone == 0
    }

    /// CPU microseconds for each unit.
    fn cpu_each(&self) -> Option<f64> {
        self.cpu.map(|cpu| cpu.as_secs_f64() * 1e6 / self.units.max(1) as f64)
    }

    fn rate(&self) -> f64 {
        self.units as f64 / self.span.as_secs_f64().max(1e-9)
    }

    /// Writes it to standard output.
    pub fn print(&self, json: bool, heading: bool) {
        if json {
            println!("{}", self.json());
            return;
        }
        if heading {
            println!(
                "{:<26} {:>10} {:>11} {:>10} {:>9} {:>9} {:>9} {:>9} {:>6} {:>7} {:>5} {:>5}",
                "scenario",
                "units",
                "CPU µs/unit",
                "units/s",
                "p50 ms",
                "p99 ms",
                "max ms",
                "MiB",
                "lost",
                "doubled",
                "order",
                "gone"
            );
        }
        println!(
            "{:<26} {:>10} {:>11} {:>10.0} {:>9.2} {:>9.2} {:>9.2} {:>9} {:>6} {:>7} {:>5} {:>5}",
            self.scenario,
            self.units,
            self.cpu_each().map_or("-".into(), |us| format!("{us:.3}")),
            self.rate(),
            self.latency.quantile(0.5),
            self.latency.quantile(0.99),
            self.latency.quantile(1.0),
            self.memory.map_or("-".into(), |bytes| format!("{:.1}", bytes as f64 / f64::from(1 << 20))),
            self.lost,
            self.doubled,
            self.disordered,
            self.gone,
        );
        if !self.note.is_empty() {
            println!("{}", self.note);
        }
    }

    fn json(&self) -> String {
        let mut out = String::from("{");
        let mut field = |name: &str, value: &str| {
            let comma = if out.len() > 1 { "," } else { "" };
            // Writing into a String does not fail.
            let _ = write!(out, "{comma}\"{name}\":{value}");
        };
        field("scenario", &format!("\"{}\"", self.scenario));
        field("unit", &format!("\"{}\"", self.unit));
        field("units", &self.units.to_string());
        field("seconds", &format!("{:.3}", self.span.as_secs_f64()));
        field("units_per_second", &format!("{:.0}", self.rate()));
        let number = |value: Option<f64>| value.map_or("null".into(), |value| format!("{value:.4}"));
        field("cpu_us_per_unit", &number(self.cpu_each()));
        field("memory_bytes", &self.memory.map_or("null".into(), |bytes| bytes.to_string()));
        field("bytes_per_unit", &number(self.bytes_each));
        for (name, share) in [("p50_ms", 0.5), ("p99_ms", 0.99), ("max_ms", 1.0)] {
            field(name, &format!("{:.3}", self.latency.quantile(share)));
        }
        for (name, count) in [
            ("lost", self.lost),
            ("doubled", self.doubled),
            ("disordered", self.disordered),
            ("gone", self.gone),
        ] {
            field(name, &count.to_string());
        }
        out.push('}');
        out
    }
}

/// How many columns a factor of two is divided into: a quantile is at most 1/32 too high.
const STEPS: u32 = 32;

/// A histogram of times, by powers of two in steps.
#[derive(Debug, Default)]
pub struct Latency {
    columns: Vec<u64>,
    most: u64,
}

impl Latency {
    /// Counts one.
    pub fn add(&mut self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).max(1);
        let column = column_of(nanos);
        if self.columns.len() <= column {
            self.columns.resize(column + 1, 0);
        }
        self.columns[column] += 1;
        self.most = self.most.max(nanos);
    }

    /// The time under which this share lies, in milliseconds; 0 if nothing was counted.
    pub fn quantile(&self, share: f64) -> f64 {
        let all: u64 = self.columns.iter().sum();
        let wanted = (all as f64 * share).ceil() as u64;
        let mut seen = 0;
        for (column, count) in self.columns.iter().enumerate() {
            seen += count;
            if seen >= wanted && *count > 0 {
                return upper_edge(column).min(self.most) as f64 / 1e6;
            }
        }
        0.0
    }
}

fn column_of(nanos: u64) -> usize {
    let power = nanos.ilog2();
    let within = if power >= 5 { (nanos >> (power - 5)) as u32 - STEPS } else { 0 };
    (power * STEPS + within) as usize
}

fn upper_edge(column: usize) -> u64 {
    let (power, within) = (column as u32 / STEPS, column as u32 % STEPS);
    if power < 5 { (2 << power) - 1 } else { ((u64::from(STEPS + within) + 1) << (power - 5)) - 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_near_and_never_above_the_most() {
        let mut latency = Latency::default();
        for millis in 1..=100 {
            latency.add(Duration::from_millis(millis));
        }
        for (share, truth) in [(0.5, 50.0), (0.99, 99.0), (1.0, 100.0)] {
            let found = latency.quantile(share);
            assert!((truth..=truth * 1.04).contains(&found), "{share}: {found}");
        }
        assert!(Latency::default().quantile(0.5) < 1e-9);
    }
}

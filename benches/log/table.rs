//! The table of figures.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

/// Samples of something that takes its time.
#[derive(Clone, Debug, Default)]
pub struct Times(Vec<Duration>);

impl Times {
    /// Adds one.
    pub fn add(&mut self, took: Duration) {
        self.0.push(took);
    }

    /// How long so many of a hundred took at most.
    pub fn percentile(&self, percent: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let at = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
        sorted.get(at).copied().unwrap_or_default()
    }

    /// The median, the 99th and the 100th, in words.
    pub fn words(&self) -> String {
        let [middle, late, last] = [50, 99, 100].map(|percent| millis(self.percentile(percent)));
        format!("p50 {middle}  p99 {late}  max {last}")
    }
}

/// A duration in milliseconds.
pub fn millis(took: Duration) -> String {
    format!("{:.2} ms", took.as_secs_f64() * 1000.0)
}

/// One line of the table.
#[derive(Debug)]
struct Row {
    name: String,
    goal: String,
    figure: String,
    held: Option<bool>,
    beside: String,
}

/// All of them.
#[derive(Debug)]
pub struct Table {
    rows: Vec<Row>,
    beside: String,
}

impl Table {
    /// An empty one. SQLite has a version, if it is there.
    pub fn new(sqlite: Option<&str>) -> Table {
        Table {
            rows: Vec::new(),
            beside: sqlite.map_or("SQLite".to_owned(), |name| format!("SQLite {name}")),
        }
    }

    /// Adds a figure that was promised, and says it at once: the whole takes minutes.
    pub fn add(&mut self, name: &str, goal: &str, figure: String, held: bool, beside: Option<String>) {
        self.push(name, goal, figure, Some(held), beside);
    }

    /// Adds a figure of which nothing is promised.
    pub fn note(&mut self, name: &str, figure: String, beside: Option<String>) {
        self.push(name, "", figure, None, beside);
    }

    fn push(&mut self, name: &str, goal: &str, figure: String, held: Option<bool>, beside: Option<String>) {
        eprintln!("{name}: {figure}");
        let beside = beside.unwrap_or_else(|| "-".to_owned());
        self.rows.push(Row { name: name.to_owned(), goal: goal.to_owned(), figure, held, beside });
    }

    /// Whether everything that was promised held.
    pub fn all_held(&self) -> bool {
        self.rows.iter().all(|row| row.held != Some(false))
    }

    /// Prints it, with how busy the machine was: that decides more than anything else.
    pub fn print(&self) {
        let cells = |row: &Row| {
            let held = match row.held {
                Some(true) => "held",
                Some(false) => "MISSED",
                None => "",
            };
            [row.name.clone(), row.goal.clone(), row.figure.clone(), held.to_owned(), row.beside.clone()]
        };
        let heading = ["figure", "goal", "chatui", "", &self.beside].map(str::to_owned);
        let lines: Vec<[String; 5]> = std::iter::once(heading).chain(self.rows.iter().map(cells)).collect();
        let widths: Vec<usize> = (0..5)
            .map(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0))
            .collect();
        for line in &lines {
            let mut text = String::new();
            for (cell, width) in line.iter().zip(&widths) {
                // Writing into a string cannot fail.
                let _ = write!(text, "{cell:width$}  ");
            }
            println!("{}", text.trim_end());
        }
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load: Vec<&str> = load.split(' ').take(3).collect();
        let processors = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
        println!(
            "\n{processors} processors; load at the end, this program's own included: {}",
            load.join(" ")
        );
    }
}

//! A process seen from outside: what it has used, and what it holds (`/proc/PID`).

use std::fs;

/// A process, by its number.
pub struct Process(pub u32);

impl Process {
    fn read(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.0)).unwrap()
    }

    /// What is in its `stat` at this place, counted as the manual counts.
    fn stat(&self, place: usize) -> u64 {
        let stat = self.read("stat");
        // The name before may hold blanks.
        let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
        fields[place - 3].parse().unwrap()
    }

    /// Hundredths of a second of processor time.
    pub fn ticks(&self) -> u64 {
        self.stat(14) + self.stat(15)
    }

    /// Bytes of memory that it really has.
    pub fn memory(&self) -> u64 {
        self.stat(24) * 4096
    }

    /// How many threads it has.
    pub fn threads(&self) -> u64 {
        self.stat(20)
    }

    /// How many files and sockets it has open.
    pub fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.0)).unwrap().count()
    }
}

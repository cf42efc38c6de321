//! How many cells a cluster takes: as Unicode has it, unless the terminal has shown that it counts otherwise. Some count an
//! emoji of several characters character by character; what they draw then stands where this says.

use std::sync::atomic::{AtomicU8, Ordering};

use ratatui::buffer::CellWidth;

/// What the terminal is shown, one for each class of cluster, to see how far its cursor moves.
pub const PROBES: [&str; 4] = ["❤\u{fe0f}", "1\u{fe0f}\u{20e3}", "👍🏽", "👨\u{200d}👩\u{200d}👧"];

/// The classes that this terminal counts by character: one bit for each of [`PROBES`]. A process has one terminal, and
/// each text that is drawn depends on it.
static BY_CHARACTER: AtomicU8 = AtomicU8::new(0);

/// Takes over what was measured: the columns in which the cursor stood behind each of [`PROBES`], which began in column 1.
/// Whether anything is counted otherwise than before.
pub fn follow(columns: [u16; PROBES.len()]) -> bool {
    let table = table(columns);
    BY_CHARACTER.swap(table, Ordering::Relaxed) != table
}

/// What the terminal counts by character. What it counts in a way of its own is left as Unicode has it: its rows heal.
fn table(columns: [u16; PROBES.len()]) -> u8 {
    let mut table = 0;
    for (class, (probe, column)) in PROBES.iter().zip(columns).enumerate() {
        let cells = column.saturating_sub(1);
        if cells != probe.cell_width() && cells == by_character(probe) {
            table |= 1 << class;
        }
    }
    table
}

/// How many cells a cluster takes on this terminal.
pub(super) fn cells(cluster: &str) -> u16 {
    cells_by(BY_CHARACTER.load(Ordering::Relaxed), cluster)
}

fn cells_by(table: u8, cluster: &str) -> u16 {
    match class(cluster).filter(|class| table & (1 << class) != 0) {
        Some(_) => by_character(cluster),
        None => cluster.cell_width(),
    }
}

/// Which class a cluster is of, if terminals disagree on it.
fn class(cluster: &str) -> Option<u8> {
    // Nothing of those is so short.
    if cluster.len() < 4 {
        return None;
    }
    let has = |wanted: fn(char) -> bool| cluster.chars().skip(1).any(wanted);
    if has(|c| c == '\u{200d}') {
        Some(3)
    } else if has(|c| ('\u{1f3fb}'..='\u{1f3ff}').contains(&c)) {
        Some(2)
    } else if has(|c| c == '\u{20e3}') {
        Some(1)
    } else {
        has(|c| c == '\u{fe0f}').then_some(0)
    }
}

fn by_character(cluster: &str) -> u16 {
    let width = |c: char| match c {
        '\u{200d}' | '\u{20e3}' | '\u{fe00}'..='\u{fe0f}' => 0,
        c => c.encode_utf8(&mut [0; 4]).cell_width(),
    };
    cluster.chars().map(width).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_that_counts_clusters_is_taken_at_its_word() {
        assert_eq!(table([3, 3, 3, 3]), 0);
        for cluster in ["a", "日", "❤\u{fe0f}", "👩🏽", "z\u{308}", "🇫🇷"] {
            assert_eq!(cells_by(0, cluster), cluster.cell_width());
        }
    }

    #[test]
    fn a_terminal_that_counts_characters_is_followed_class_by_class() {
        let all = table([2, 2, 5, 7]);
        assert_eq!(all, 0b1111);
        let by = |table, cluster| cells_by(table, cluster);
        assert_eq!([by(all, "☁\u{fe0f}"), by(all, "2\u{fe0f}\u{20e3}")], [1, 1]);
        assert_eq!([by(all, "👩🏽"), by(all, "👨\u{200d}👩\u{200d}👧\u{200d}👦")], [4, 8]);
        assert_eq!([by(all, "日"), by(all, "🎉"), by(all, "🇫🇷")], [2, 2, 2], "others are as they were");
        let joined = table([3, 3, 3, 7]);
        assert_eq!([by(joined, "👍🏽"), by(joined, "👨\u{200d}👧")], [2, 4]);
    }

    #[test]
    fn what_no_terminal_should_say_changes_nothing() {
        assert_eq!(table([0, 1, 80, u16::MAX]), 0);
    }
}

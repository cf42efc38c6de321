//! Comings and goings, and what is ignored, folded: a run of them is one row.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

use crate::client::entry::{Entry, Kind};
use crate::irc::name::same;

/// Most names that are listed of those who came, of those who went and of those who changed their name.
const NAMES_MAX: usize = 12;
/// From so many who leave with the same reason on only their number is said: a part of the network is gone.
const AT_ONCE: usize = 5;
/// How far back it is looked whether somebody spoke lately.
const LOOK_BACK: usize = 64;
/// Who left so soon after having said something is missed: this gets a sentence of its own.
const SPOKE_LATELY: Duration = Duration::from_secs(10 * 60);

/// Whether an entry is one of those that fold: it comes or goes, and is nobody who spoke lately.
pub(super) fn folds(entries: &VecDeque<Entry>, at: usize) -> bool {
    let entry = &entries[at];
    let leaves = matches!(entry.kind, Kind::Part | Kind::Quit);
    entry.is_foldable() && !(leaves && spoke_lately(entries, at))
}

fn spoke_lately(entries: &VecDeque<Entry>, at: usize) -> bool {
    let entry = &entries[at];
    let from = at.saturating_sub(LOOK_BACK);
    entries
        .range(from..at)
        .rev()
        .take_while(|earlier| entry.at.since(earlier.at) < SPOKE_LATELY)
        .any(|earlier| matches!(earlier.kind, Kind::Message | Kind::Action) && same(&earlier.who, &entry.who))
}

/// The entries that are drawn together with this one: the whole run if it folds, else itself.
pub(super) fn block(entries: &VecDeque<Entry>, at: usize) -> Range<usize> {
    let mut block = at..at + 1;
    if folds(entries, at) {
        while block.start > 0 && folds(entries, block.start - 1) {
            block.start -= 1;
        }
        while block.end < entries.len() && folds(entries, block.end) {
            block.end += 1;
        }
    }
    block
}

/// The entries that are drawn together with this one where what folds is hidden: it has no rows of its own, so it belongs
/// to what stands above it. Before everything else there is nothing to belong to; then it is as if it were not hidden.
pub(super) fn hiding_block(entries: &VecDeque<Entry>, at: usize) -> Range<usize> {
    let start = if folds(entries, at) {
        let run = block(entries, at);
        match run.start.checked_sub(1) {
            Some(above) => above,
            None => return run,
        }
    } else {
        at
    };
    let below = start + 1;
    let hides = below < entries.len() && folds(entries, below);
    start..if hides { block(entries, below).end } else { below }
}

/// The one row that a run of comings and goings becomes: `+ greta_s jp  − q  dara → dara_`.
pub(super) fn text<'a>(run: impl Iterator<Item = &'a Entry>) -> String {
    let (mut came, mut went, mut renamed) = (Group::default(), Group::default(), Group::default());
    let mut ignored = 0;
    let mut reason: Option<&str> = None;
    let mut one_reason = true;
    for entry in run {
        match entry.kind {
            Kind::Ignored => ignored += 1,
            Kind::Join => came.add(|| entry.who.to_string()),
            Kind::Nick => renamed.add(|| format!("{} → {}", entry.who, entry.text)),
            _ => {
                one_reason &= reason.is_none_or(|reason| *reason == *entry.text);
                reason = Some(&entry.text);
                went.add(|| entry.who.to_string());
            }
        }
    }
    let mut parts = Vec::new();
    if came.count > 0 {
        parts.push(format!("+ {}", came.listed()));
    }
    match reason {
        Some(reason) if one_reason && !reason.is_empty() && went.count >= AT_ONCE => {
            parts.push(format!("− {} left at once ({reason})", went.count));
        }
        Some(_) => parts.push(format!("− {}", went.listed())),
        None => {}
    }
    if renamed.count > 0 {
        parts.push(renamed.listed());
    }
    match ignored {
        0 => {}
        1 => parts.push("1 line ignored".to_owned()),
        count => parts.push(format!("{count} lines ignored")),
    }
    parts.join("  ")
}

/// The first of some names, and how many there are.
#[derive(Default)]
struct Group {
    names: Vec<String>,
    count: usize,
}

impl Group {
    fn add(&mut self, name: impl FnOnce() -> String) {
        self.count += 1;
        if self.names.len() < NAMES_MAX {
            self.names.push(name());
        }
    }

    fn listed(&self) -> String {
        let names = self.names.join(" ");
        match self.count - self.names.len() {
            0 => names,
            more => format!("{names} and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::irc::Time;

    fn entry(seconds: u64, kind: Kind, who: &str, text: &str) -> Entry {
        Entry::new(Time::from_millis(seconds * 1000), kind, who.into(), text)
    }

    #[test]
    fn a_run_says_who_came_who_went_and_who_is_called_otherwise() {
        let run = [
            entry(1, Kind::Join, "greta_s", ""),
            entry(2, Kind::Join, "jp", ""),
            entry(3, Kind::Quit, "q", "gone"),
            entry(4, Kind::Nick, "dara", "dara_"),
            entry(5, Kind::Ignored, "x", "buy"),
            entry(6, Kind::Ignored, "x", "buy now"),
        ];
        assert_eq!(text(run.iter()), "+ greta_s jp  − q  dara → dara_  2 lines ignored");
    }

    #[test]
    fn each_entry_is_in_one_block_whether_folded_or_hidden() {
        for pattern in 1..1u32 << 7 {
            let kind = |n: u64| if pattern >> n & 1 == 1 { Kind::Join } else { Kind::Message };
            let entries: VecDeque<Entry> = (0..7).map(|n| entry(n, kind(n), "x", "")).collect();
            for blocks in [block, hiding_block] {
                for at in 0..entries.len() {
                    let found = blocks(&entries, at);
                    assert!(found.contains(&at) && found.end <= entries.len(), "{pattern:b} {at} {found:?}");
                    assert!(found.clone().all(|other| blocks(&entries, other) == found), "{pattern:b} {at}");
                }
            }
            let shown = |at: usize| !folds(&entries, hiding_block(&entries, at).start);
            assert!((0..7).all(|at| shown(at) || hiding_block(&entries, at).start == 0), "{pattern:b}");
        }
    }

    #[test]
    fn many_at_once_are_a_number_with_their_reason() {
        let names: Vec<String> = (0..6).map(|n| format!("n{n}")).collect();
        let run: Vec<Entry> = names.iter().map(|name| entry(1, Kind::Quit, name, "hub leaf")).collect();
        assert_eq!(text(run.iter()), "− 6 left at once (hub leaf)");
        let run: Vec<Entry> = (0..40).map(|n| entry(1, Kind::Join, &format!("n{n}"), "")).collect();
        assert!(text(run.iter()).ends_with("n10 n11 and 28 more"));
    }

    #[test]
    fn who_spoke_lately_is_not_folded_away() {
        let entries: VecDeque<Entry> = [
            entry(0, Kind::Message, "jp", "hi"),
            entry(60, Kind::Join, "bea", ""),
            entry(61, Kind::Quit, "JP", "bye"),
            entry(62, Kind::Join, "q", ""),
            entry(1000, Kind::Quit, "jp", "bye"),
        ]
        .into();
        assert_eq!(block(&entries, 1), 1..2);
        assert_eq!(block(&entries, 2), 2..3);
        assert_eq!(block(&entries, 3), 3..5);
        assert_eq!(block(&entries, 4), 3..5);
    }
}

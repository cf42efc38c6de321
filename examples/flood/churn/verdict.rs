//! The comparison at the end: what each life heard and said beside what its rooms' witnesses saw.

use std::collections::HashMap;

use chatui::irc::Cap;

use super::{Churn, Fact};
use crate::report::Report;

impl Churn<'_> {
    /// Compares every stay with what the room's witness saw.
    pub(super) fn judge(&mut self) -> Report {
        let mut report = Report { unit: "delivery", units: self.delivered, ..Report::default() };
        report.scenario = format!("churn {} for {} s", self.plan.clients, self.plan.span.as_secs());
        report.latency = std::mem::take(&mut self.latency);
        for room in 0..self.plan.rooms {
            let mut joined: Vec<Vec<usize>> = vec![Vec::new(); self.lives.len()];
            let mut said: Vec<Vec<(u32, u32)>> = vec![Vec::new(); self.lives.len()];
            for (at, fact) in self.orders[room].iter().enumerate() {
                match *fact {
                    Fact::Joined(number) => joined[number].push(at),
                    Fact::Said(by, words) => said[by as usize].push((by, words)),
                    Fact::Left(_) => {}
                }
            }
            for number in 0..self.lives.len() {
                self.judge_stays(room, number, &joined[number], &mut report);
                self.judge_words(room, number, &said[number], &mut report);
            }
        }
        report.gone = self.gone;
        report
    }

    /// Whether each stay of this life in this room is the piece of the room's order that it must be.
    fn judge_stays(&mut self, room: usize, number: usize, joined: &[usize], report: &mut Report) {
        let life = &self.lives[number];
        let echo = life.caps.has(Cap::EchoMessage);
        let order = &self.orders[room];
        let mut verdicts = Vec::new();
        for (nth, stay) in life.stays.iter().filter(|stay| stay.room == room).enumerate() {
            let Some(from) = joined.get(nth) else {
                verdicts.push((nth, Verdict { lost: 1, ..Verdict::default() }));
                continue;
            };
            let expected: Vec<(u32, u32)> = order[from + 1..]
                .iter()
                .take_while(|fact| **fact != Fact::Left(number))
                .filter_map(|fact| match *fact {
                    Fact::Said(sender, said) => (echo || sender as usize != number).then_some((sender, said)),
                    _ => None,
                })
                .collect();
            let whole = stay.whole || !(life.cut || life.leaving);
            verdicts.push((nth, compare(&expected, &stay.heard, whole)));
        }
        for (nth, verdict) in verdicts {
            report.lost += verdict.lost;
            report.doubled += verdict.doubled;
            report.disordered += verdict.disordered;
            if verdict != Verdict::default() {
                self.complain(|| format!("room {room}, life {number}, stay {nth}: {verdict:?}"));
            }
        }
    }

    /// Whether all that this life said in this room came to its witness, in order; what it said just before it
    /// vanished may be missing at the end.
    fn judge_words(&mut self, room: usize, number: usize, seen: &[(u32, u32)], report: &mut Report) {
        let life = &self.lives[number];
        let sender = number as u32;
        let own = life.words.iter().filter(|(where_said, _)| *where_said == room);
        let said: Vec<(u32, u32)> = own.map(|(_, said)| (sender, *said)).collect();
        let verdict = compare(&said, seen, !life.cut);
        report.lost += verdict.lost;
        report.doubled += verdict.doubled;
        report.disordered += verdict.disordered;
        if verdict != Verdict::default() {
            self.complain(|| format!("room {room}, words of life {number}: {verdict:?}"));
        }
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Verdict {
    lost: u64,
    doubled: u64,
    disordered: u64,
}

/// How a list differs from the one that it must be, or must begin as if it is not whole.
fn compare(expected: &[(u32, u32)], heard: &[(u32, u32)], whole: bool) -> Verdict {
    if heard == expected || (!whole && expected.starts_with(heard)) {
        return Verdict::default();
    }
    let mut counts: HashMap<(u32, u32), i64> = HashMap::new();
    expected.iter().for_each(|words| *counts.entry(*words).or_default() += 1);
    heard.iter().for_each(|words| *counts.entry(*words).or_default() -= 1);
    let lost = counts.values().filter(|count| **count > 0).sum::<i64>() as u64;
    let doubled = counts.values().filter(|count| **count < 0).sum::<i64>().unsigned_abs();
    let disordered = u64::from(lost + doubled == 0);
    Verdict { lost, doubled, disordered }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(heard: &[u32], whole: bool) -> Verdict {
        let list = |numbers: &[u32]| numbers.iter().map(|number| (1, *number)).collect::<Vec<_>>();
        compare(&list(&[1, 2, 3]), &list(heard), whole)
    }

    #[test]
    fn what_is_lost_doubled_or_out_of_order_is_found() {
        assert_eq!(verdict(&[1, 2, 3], true), Verdict::default());
        assert_eq!(verdict(&[1, 2], false), Verdict::default());
        assert_eq!(verdict(&[1, 2], true), Verdict { lost: 1, ..Verdict::default() });
        assert_eq!(verdict(&[1, 3], false), Verdict { lost: 1, ..Verdict::default() });
        assert_eq!(verdict(&[1, 2, 2, 3], true), Verdict { doubled: 1, ..Verdict::default() });
        assert_eq!(verdict(&[1, 3, 2], true), Verdict { disordered: 1, ..Verdict::default() });
        assert_eq!(verdict(&[1, 2, 3, 4], false), Verdict { doubled: 1, ..Verdict::default() });
    }
}

//! When to look at which connection of a shard again. Most connections have no deadline at the edge and are never in here;
//! finding the next one that is due takes no look at the others.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

/// The alarms of a shard. A connection whose deadline moves later keeps its alarm, and sets it again when it rings: so
/// there is about one for each connection, however often it is spoken with. One that outlives its connection rings for
/// nothing.
#[derive(Debug, Default)]
pub struct Alarms(BinaryHeap<Reverse<(Instant, usize)>>);

impl Alarms {
    /// Sets one for a slot.
    pub fn set(&mut self, at: Instant, slot: usize) {
        self.0.push(Reverse((at, slot)));
    }

    /// When the next one rings.
    pub fn next(&self) -> Option<Instant> {
        self.0.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes one that is due: its slot.
    pub fn ringing(&mut self, now: Instant) -> Option<usize> {
        self.next().filter(|at| *at <= now)?;
        self.0.pop().map(|Reverse((_, slot))| slot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any moment will do")]
    fn alarms_ring_in_order() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut alarms = Alarms::default();
        for (millis, slot) in [(30, 3), (10, 1), (20, 2)] {
            alarms.set(at(millis), slot);
        }
        assert_eq!((alarms.next(), alarms.ringing(at(9))), (Some(at(10)), None));
        assert_eq!(
            (alarms.ringing(at(20)), alarms.ringing(at(20)), alarms.ringing(at(20))),
            (Some(1), Some(2), None)
        );
    }
}

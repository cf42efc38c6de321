//! The pauses between tries to connect: the first is short, each is longer than the one before, none is long, and no
//! two clients that lost the same server come back in step.

use std::time::Duration;

/// The first pause at most.
pub const FIRST: Duration = Duration::from_millis(900);
/// No pause is longer.
pub const LONGEST: Duration = Duration::from_secs(30);

/// Counts the tries; the chance in it is counted on from a seed.
#[derive(Clone, Debug)]
pub struct Backoff {
    tries: u32,
    state: u64,
}

impl Backoff {
    /// Pauses with the jitter that follows from this seed.
    pub fn new(seed: u64) -> Backoff {
        Backoff { tries: 0, state: seed }
    }

    /// The connection stands: the next pause is a first one again.
    pub fn reset(&mut self) {
        self.tries = 0;
    }

    /// The next pause: between half of and all of [`FIRST`] doubled with each try, [`LONGEST`] at most.
    pub fn next_pause(&mut self) -> Duration {
        let whole = FIRST.saturating_mul(1 << self.tries.min(10)).min(LONGEST);
        self.tries += 1;
        // A step of a linear congruential generator (Knuth's MMIX): its high bits are even enough for jitter.
        self.state =
            self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let half = whole / 2;
        let share = u32::try_from(self.state >> 48).unwrap_or_default();
        half + half * share / u32::from(u16::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_begin_anew() {
        for seed in 0..50 {
            let mut backoff = Backoff::new(seed);
            let pauses: Vec<Duration> = (0..20).map(|_| backoff.next_pause()).collect();
            assert!(pauses[0] < Duration::from_secs(1) && pauses[0] >= FIRST / 2);
            assert!(pauses.iter().all(|pause| *pause <= LONGEST));
            assert!(pauses[10..].iter().all(|pause| *pause >= LONGEST / 2));
            backoff.reset();
            assert!(backoff.next_pause() < Duration::from_secs(1));
        }
        assert_ne!(Backoff::new(1).next_pause(), Backoff::new(2).next_pause());
    }
}

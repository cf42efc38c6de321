//! How many may come from one address: at one time, and anew in a while. Unlike the [threshold](super::threshold), this counts
//! those, too, who have registered.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::core::net::Net;

/// In which time newcomers are counted.
pub const WHILE: Duration = Duration::from_secs(600);
/// Most addresses that are counted. With more of them coming in ten minutes than that, the others are not held back
/// here: what they may do all together is limited elsewhere.
const MAX_ADDRESSES: usize = 65_536;

/// How many there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// At one time; 0 for as many as they like.
    pub at_once: usize,
    /// New ones in [`WHILE`]; 0 for as many as they like.
    pub anew: usize,
    /// Whether those are counted, too, who come from this machine itself.
    pub near: bool,
}

impl Default for Limits {
    /// A household, or a small office behind one address, with some who come again after a cut.
    fn default() -> Limits {
        Limits { at_once: 16, anew: 32, near: false }
    }
}

/// What one is told from whose address there are too many.
pub const TOO_MANY: &str = "Too many connections from your address";
/// What one is told from whose address too many have come of late.
pub const TOO_OFTEN: &str = "Too many new connections from your address; try again in some minutes";

/// Who has come from where.
#[derive(Debug)]
pub struct Arrivals(Mutex<Counted>);

#[derive(Debug)]
struct Counted {
    limits: Limits,
    of_each: HashMap<Net, Address>,
    /// When it was last looked for addresses that need not be counted any more.
    tidied: Option<Instant>,
}

#[derive(Debug, Default)]
struct Address {
    here: usize,
    /// When they came, within the last while; at most as many as may.
    came: VecDeque<Instant>,
}

/// That somebody is here; it ends when this is dropped.
#[derive(Debug)]
pub struct Presence {
    of: Arc<Arrivals>,
    net: Net,
}

impl Arrivals {
    /// Nobody has come yet.
    pub fn new(limits: Limits) -> Arc<Arrivals> {
        Arc::new(Arrivals(Mutex::new(Counted { limits, of_each: HashMap::new(), tidied: None })))
    }

    fn lock(&self) -> MutexGuard<'_, Counted> {
        // The counts are whole at every moment the lock is free, so a panic elsewhere spoils nothing.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Other limits hold from now on, for those who come.
    pub fn limit(&self, limits: Limits) {
        self.lock().limits = limits;
    }

    /// Somebody comes from this address; none is counted who need not be.
    ///
    /// # Errors
    /// What he is to be told if there are too many.
    pub fn come(
        self: &Arc<Arrivals>,
        address: IpAddr,
        now: Instant,
    ) -> Result<Option<Presence>, &'static str> {
        let mut counted = self.lock();
        let limits = counted.limits;
        if !limits.near && address.to_canonical().is_loopback() {
            return Ok(None);
        }
        let net = Net::around(address);
        if counted.of_each.len() >= MAX_ADDRESSES && !counted.of_each.contains_key(&net) && !counted.tidy(now)
        {
            return Ok(None);
        }
        let of_it = counted.of_each.entry(net).or_default();
        while of_it.came.front().is_some_and(|came| now.saturating_duration_since(*came) >= WHILE) {
            of_it.came.pop_front();
        }
        if limits.at_once > 0 && of_it.here >= limits.at_once {
            return Err(TOO_MANY);
        }
        if limits.anew > 0 && of_it.came.len() >= limits.anew {
            return Err(TOO_OFTEN);
        }
        of_it.here += 1;
        if limits.anew > 0 {
            of_it.came.push_back(now);
        }
        Ok(Some(Presence { of: Arc::clone(self), net }))
    }
}

impl Counted {
    /// Forgets those of whom nobody is here or has come of late, at most once a minute; says whether there is room then.
    fn tidy(&mut self, now: Instant) -> bool {
        const EVERY: Duration = Duration::from_secs(60);
        if self.tidied.is_none_or(|at| now.saturating_duration_since(at) >= EVERY) {
            self.tidied = Some(now);
            let old = |came: &Instant| now.saturating_duration_since(*came) >= WHILE;
            self.of_each.retain(|_, of_it| of_it.here > 0 || !of_it.came.back().is_none_or(old));
        }
        self.of_each.len() < MAX_ADDRESSES
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        let mut counted = self.of.lock();
        if let Some(of_it) = counted.of_each.get_mut(&self.net) {
            of_it.here -= 1;
            if of_it.here == 0 && of_it.came.is_empty() {
                counted.of_each.remove(&self.net);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "any moment will do")]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a28_of_ten_thousand_from_one_address_16_are_here_at_once_and_32_come_in_ten_minutes() {
        let arrivals = Arrivals::new(Limits::default());
        let start = Instant::now();
        let mut here = Vec::new();
        let mut refused = 0;
        for _ in 0..10_000 {
            match arrivals.come(ip("192.0.2.1"), start) {
                Ok(presence) => here.push(presence.unwrap()),
                Err(why) => {
                    assert_eq!(why, TOO_MANY);
                    refused += 1;
                }
            }
        }
        assert_eq!((here.len(), refused), (16, 9_984));
        assert!(arrivals.come(ip("192.0.2.2"), start).is_ok(), "others come in");
        // Each goes at once and comes again.
        here.clear();
        let mut count = 16;
        while arrivals.come(ip("192.0.2.1"), start).is_ok() {
            count += 1;
        }
        assert_eq!(count, 32);
        assert_eq!(
            arrivals.come(ip("192.0.2.1"), start + WHILE - Duration::from_millis(1)).err(),
            Some(TOO_OFTEN)
        );
        assert!(arrivals.come(ip("192.0.2.1"), start + WHILE).is_ok());
    }

    #[test]
    fn a28_this_machine_is_exempt_unless_that_is_wanted() {
        let now = Instant::now();
        let arrivals = Arrivals::new(Limits { anew: 1, ..Limits::default() });
        for _ in 0..100 {
            assert!(arrivals.come(ip("127.0.0.1"), now).unwrap().is_none());
        }
        arrivals.limit(Limits { anew: 1, near: true, ..Limits::default() });
        assert!(arrivals.come(ip("::1"), now).unwrap().is_some());
        assert!(arrivals.come(ip("::1"), now).is_err());
        arrivals.limit(Limits { at_once: 0, anew: 0, near: true });
        let all: Vec<_> = (0..100).map(|_| arrivals.come(ip("::1"), now)).collect();
        assert!(all.iter().all(Result::is_ok));
    }

    #[test]
    fn what_is_remembered_of_addresses_is_bounded() {
        let arrivals = Arrivals::new(Limits::default());
        let now = Instant::now();
        for n in 0..MAX_ADDRESSES + 100 {
            let address = std::net::Ipv4Addr::from_bits(0x0a00_0000 + u32::try_from(n).unwrap());
            assert!(arrivals.come(address.into(), now).is_ok());
        }
        assert_eq!(arrivals.lock().of_each.len(), MAX_ADDRESSES);
        assert!(arrivals.come(ip("192.0.2.1"), now + WHILE).unwrap().is_some());
        assert_eq!(arrivals.lock().of_each.len(), 1, "the old ones have made room");
    }
}

//! How many may stand on the threshold: connected, and not registered yet. Who comes is given a place, which is free again
//! once he is in, or gone. So nobody who only connects, and says nothing or little, keeps the others out.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::core::net::Net;

/// How many there may be, and who is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most at one time.
    pub all: usize,
    /// Most of one address.
    pub of_one: usize,
    /// Whether those are counted, too, who come from this machine itself. They are not strangers: a gateway, an ssh
    /// tunnel or a load generator brings many people from one address, and all at once.
    pub near: bool,
}

impl Default for Limits {
    /// Registration takes a second, so 256 at one time are as many newcomers in a second; 8 are a household's devices
    /// coming back after a cut.
    fn default() -> Limits {
        Limits { all: 256, of_one: 8, near: false }
    }
}

/// What one is told for whom there is no place, because of all the others.
pub const CROWDED: &str = "Too many are coming in at this moment; try again in a minute";

/// What one is told for whom there is no place, because of those who came from there before.
pub const CROWDED_FROM_THERE: &str =
    "Too many connections from your address have not registered yet; try again in a minute";

/// The threshold.
#[derive(Debug)]
pub struct Threshold(Mutex<Standing>);

#[derive(Debug)]
struct Standing {
    limits: Limits,
    all: usize,
    of_each: HashMap<Net, usize>,
}

/// Somebody's place on the threshold; it is free again when this is dropped.
#[derive(Debug)]
pub struct Place {
    of: Arc<Threshold>,
    net: Net,
}

impl Threshold {
    /// One on which nobody stands.
    pub fn new(limits: Limits) -> Arc<Threshold> {
        Arc::new(Threshold(Mutex::new(Standing { limits, all: 0, of_each: HashMap::new() })))
    }

    fn lock(&self) -> MutexGuard<'_, Standing> {
        // The counts are whole at every moment the lock is free, so a panic elsewhere spoils nothing.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Other limits hold from now on, for those who come.
    pub fn limit(&self, limits: Limits) {
        self.lock().limits = limits;
    }

    /// Gives a place to somebody who comes from this address; none is needed for those who are not counted.
    ///
    /// # Errors
    /// What he is to be told if there is no place.
    pub fn step_on(self: &Arc<Threshold>, address: IpAddr) -> Result<Option<Place>, &'static str> {
        let mut standing = self.lock();
        let limits = standing.limits;
        if !limits.near && address.to_canonical().is_loopback() {
            return Ok(None);
        }
        let net = Net::around(address);
        if standing.of_each.get(&net).is_some_and(|count| *count >= limits.of_one) {
            return Err(CROWDED_FROM_THERE);
        }
        if standing.all >= limits.all {
            return Err(CROWDED);
        }
        standing.all += 1;
        *standing.of_each.entry(net).or_default() += 1;
        Ok(Some(Place { of: Arc::clone(self), net }))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut standing = self.of.lock();
        standing.all -= 1;
        if let Some(count) = standing.of_each.get_mut(&self.net) {
            *count -= 1;
            if *count == 0 {
                standing.of_each.remove(&self.net);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn places_are_counted_by_address_and_in_all_and_given_back() {
        let threshold = Threshold::new(Limits { all: 4, of_one: 2, near: false });
        let mut places: Vec<Place> = Vec::new();
        let mut step = |from: &str| threshold.step_on(ip(from)).map(|place| places.extend(place));
        assert_eq!(step("192.0.2.1"), Ok(()));
        assert_eq!(step("::ffff:192.0.2.1"), Ok(()), "the same in IPv6's clothes");
        assert_eq!(step("192.0.2.1"), Err(CROWDED_FROM_THERE));
        assert_eq!(step("2001:db8::1"), Ok(()));
        assert_eq!(step("2001:db8::ffff:1"), Ok(()));
        assert_eq!(step("2001:db8::2"), Err(CROWDED_FROM_THERE), "one network");
        assert_eq!(step("192.0.2.2"), Err(CROWDED));
        places.pop();
        assert!(threshold.step_on(ip("2001:db8:0:1::1")).unwrap().is_some());
        places.clear();
        let standing = threshold.lock();
        assert_eq!((standing.all, standing.of_each.len()), (0, 0));
    }

    #[test]
    fn who_comes_from_this_machine_is_counted_only_if_that_is_wanted() {
        for (near, last) in [(false, Ok(())), (true, Err(CROWDED_FROM_THERE))] {
            let threshold = Threshold::new(Limits { all: 9, of_one: 1, near });
            for from in ["127.0.0.1", "::1"] {
                let _first = threshold.step_on(ip(from)).unwrap();
                assert_eq!(threshold.step_on(ip(from)).map(drop), last, "{from}");
            }
        }
    }
}

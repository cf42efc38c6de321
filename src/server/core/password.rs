//! Passwords, and how they are guessed: what somebody must know, what is asked of the edge, and how long whoever was wrong
//! too often waits. To check a hash takes time and memory on purpose, so the core asks for it and goes on.

use std::collections::HashMap;
use std::fmt;
use std::hint::black_box;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::irc::{MAX_REST, Time};

use super::config::Operator;
use super::net::Net;
use super::{ConnId, Core};

/// Wrong passwords from one address that cost nothing: people mistype.
const FREE_GUESSES: u32 = 3;
/// How long an address waits after one more; each further one doubles it.
const FIRST_WAIT: Duration = Duration::from_secs(10);
/// The longest wait, and how long the guesses of an address are remembered after it.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);
/// Most addresses whose guesses are remembered. Who comes from so many can try in turn; then the bounded rate of checks is
/// what is left.
const MAX_GUESSERS: usize = 10_000;

/// A text that is in no output, for whatever reason.
#[derive(Clone, PartialEq, Eq)]
pub struct Hidden(Arc<str>);

impl Hidden {
    /// Hides a text.
    pub fn new(text: &str) -> Hidden {
        Hidden(text.into())
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// What somebody must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Secret {
    /// The password as it is.
    Plain(Hidden),
    /// What it hashes to, as [PHC string](https://github.com/P-H-C/phc-string-format) of argon2.
    Hash(Hidden),
}

/// What the edge is to find out: whether a password hashes to this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Who waits for the answer; nothing else that he says is heard before it.
    pub of: ConnId,
    /// The hash.
    pub hash: Hidden,
    /// The password that was given: a param of one line, so it is short.
    pub password: Hidden,
}

/// What the edge has found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the password.
    Right,
    /// It is not.
    Wrong,
    /// Too many others wait for the same.
    Busy,
}

/// For what somebody waits whose password is being checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To be let in.
    Enter,
    /// To act for the server.
    Operate {
        /// The operator whose name he gave, if there is one.
        named: Option<Operator>,
        /// The label of his question.
        label: Option<String>,
    },
}

/// Compares without telling by its time how much was right, or how long the right one is.
pub fn equal_in_constant_time(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut difference = u8::from(one.len() != other.len());
    for at in 0..MAX_REST.max(one.len()).max(other.len()) {
        difference = black_box(difference | (one.get(at).unwrap_or(&0) ^ other.get(at).unwrap_or(&0)));
    }
    difference == 0
}

/// What a password opens. Each is guessed by itself: whoever knows the server's is no nearer to being its operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// The server.
    Server,
    /// Acting for it.
    Operator,
}

/// Who has guessed, and how often.
#[derive(Debug, Default)]
pub struct Guesses(HashMap<Place, Guessed>);

/// Where somebody comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Place {
    At(Net),
    /// An edge that has no addresses.
    Named(String),
}

#[derive(Debug)]
struct Guessed {
    times: u32,
    /// Until then no other password of there is looked at.
    until: Time,
}

impl Guesses {
    /// How long passwords from this address are not looked at yet; `None` if they are.
    pub fn wait(&self, address: &str, now: Time) -> Option<Duration> {
        let guessed = self.0.get(&Place::of(address))?;
        (now < guessed.until).then(|| guessed.until.since(now))
    }

    /// A wrong one came from there.
    pub fn wrong(&mut self, address: &str, now: Time) {
        let place = Place::of(address);
        if self.0.len() >= MAX_GUESSERS && !self.0.contains_key(&place) {
            self.0.retain(|_, guessed| now < guessed.until);
            if self.0.len() >= MAX_GUESSERS {
                return;
            }
        }
        let guessed = self.0.entry(place).or_insert(Guessed { times: 0, until: now });
        if now.since(guessed.until) > LONGEST_WAIT {
            guessed.times = 0;
        }
        guessed.times = guessed.times.saturating_add(1);
        let wait = match guessed.times.checked_sub(FREE_GUESSES) {
            None => Duration::ZERO,
            Some(over) => FIRST_WAIT.saturating_mul(1 << over.min(20)).min(LONGEST_WAIT),
        };
        guessed.until = now + wait;
    }

    /// The right one came from there: whoever it is may mistype again.
    pub fn right(&mut self, address: &str) {
        self.0.remove(&Place::of(address));
    }
}

impl Place {
    fn of(address: &str) -> Place {
        match address.parse::<IpAddr>() {
            Ok(ip) => Place::At(Net::around(ip)),
            Err(_) => Place::Named(address.to_owned()),
        }
    }
}

impl Core {
    /// A password has been checked.
    pub(super) fn password_checked(&mut self, id: ConnId, verdict: Verdict) {
        let Some(purpose) = self.state.connection_mut(id).and_then(|connection| connection.checking.take())
        else {
            return;
        };
        let verdict = match (&purpose, verdict) {
            (Purpose::Operate { named: None, .. }, Verdict::Right) => Verdict::Wrong,
            (_, verdict) => verdict,
        };
        let lock = match purpose {
            Purpose::Enter => Lock::Server,
            Purpose::Operate { .. } => Lock::Operator,
        };
        match verdict {
            Verdict::Right => self.guessed_right(id, lock),
            Verdict::Wrong => self.guessed_wrong(id, lock),
            Verdict::Busy => {}
        }
        match (purpose, verdict) {
            // Bans may have been set meanwhile.
            (Purpose::Enter, Verdict::Right) if self.banned(id).is_some() => self.turn_away(id),
            (Purpose::Enter, Verdict::Right) => self.let_in(id),
            (Purpose::Enter, Verdict::Wrong) => self.keep_out(id),
            (Purpose::Enter, Verdict::Busy) => {
                self.drop_connection(id, "Too many passwords are being checked; try again");
            }
            (Purpose::Operate { named, label }, verdict) => {
                if let Some(label) = label {
                    self.begin_label(id, label);
                }
                self.oper_checked(id, named, verdict);
            }
        }
    }

    /// What somebody is told whose passwords are not looked at, since too many wrong ones have come from where he is.
    pub(super) fn must_wait(&self, id: ConnId, lock: Lock) -> Option<String> {
        let wait = self.guesses[lock as usize].wait(self.guesser(id)?, self.now)?;
        let seconds = wait.as_millis().div_ceil(1000);
        Some(format!("Too many wrong passwords from your address; try again in {seconds} seconds"))
    }

    pub(super) fn guessed_wrong(&mut self, id: ConnId, lock: Lock) {
        if let Some(address) = self.guesser(id).map(str::to_owned) {
            self.guesses[lock as usize].wrong(&address, self.now);
        }
    }

    fn guessed_right(&mut self, id: ConnId, lock: Lock) {
        if let Some(address) = self.guesser(id).map(str::to_owned) {
            self.guesses[lock as usize].right(&address);
        }
    }

    /// The address of a connection, if those who guess there have to wait.
    fn guesser(&self, id: ConnId) -> Option<&str> {
        let address = &self.state.connection(id)?.peer.address;
        let near = address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        (!near || self.config.near_guessers_wait).then_some(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a47_who_guesses_waits_longer_each_time_and_others_do_not() {
        let mut guesses = Guesses::default();
        let mut now = Time::from_millis(1_000_000);
        let mut waits = Vec::new();
        for _ in 0..14 {
            guesses.wrong("192.0.2.1", now);
            let wait = guesses.wait("192.0.2.1", now).unwrap_or_default();
            waits.push(wait.as_secs());
            now = now + wait;
        }
        assert_eq!(waits, [0, 0, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]);
        assert_eq!(guesses.wait("192.0.2.1", now), None, "the wait is over");
        guesses.wrong("192.0.2.1", now);
        assert!(guesses.wait("::ffff:192.0.2.1", now).is_some(), "the same in IPv6's clothes");
        assert_eq!(guesses.wait("192.0.2.2", now), None);
        guesses.right("192.0.2.1");
        assert_eq!(guesses.wait("192.0.2.1", now), None);
    }

    #[test]
    fn who_has_been_quiet_for_long_begins_anew() {
        let start = Time::from_millis(1_000_000);
        for (quiet, wait) in [(LONGEST_WAIT, 20), (LONGEST_WAIT + Duration::from_millis(1), 0)] {
            let mut guesses = Guesses::default();
            (0..3).for_each(|_| guesses.wrong("192.0.2.1", start));
            let over = start + guesses.wait("192.0.2.1", start).unwrap();
            let later = over + quiet;
            guesses.wrong("192.0.2.1", later);
            assert_eq!(guesses.wait("192.0.2.1", later).map_or(0, |wait| wait.as_secs()), wait, "{quiet:?}");
        }
    }

    #[test]
    fn what_is_remembered_of_guessers_is_bounded() {
        let mut guesses = Guesses::default();
        let now = Time::from_millis(1_000_000);
        for n in 0..MAX_GUESSERS + 10 {
            for _ in 0..3 {
                guesses.wrong(&format!("10.0.{}.{}", n / 256, n % 256), now);
            }
        }
        assert_eq!(guesses.0.len(), MAX_GUESSERS);
        // Those whose wait is over make room.
        guesses.wrong("192.0.2.1", now + Duration::from_secs(11));
        assert_eq!(guesses.0.len(), 1);
    }

    #[test]
    fn a_password_is_equal_only_to_itself_and_shown_nowhere() {
        assert!(equal_in_constant_time("tide", "tide") && equal_in_constant_time("", ""));
        for other in ["", "tid", "tidE", "tide ", "tide\0"] {
            assert!(!equal_in_constant_time("tide", other) && !equal_in_constant_time(other, "tide"));
        }
        let long = "x".repeat(2 * MAX_REST);
        assert!(equal_in_constant_time(&long, &long) && !equal_in_constant_time(&long, &long[1..]));
        let secret = Secret::Plain(Hidden::new("tide"));
        assert!(!format!("{secret:?}").contains("tide"));
    }
}

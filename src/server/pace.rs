//! How fast one connection may speak: a burst at once, then so much a second. What it says costs by the command, and by
//! what it is answered; whoever cannot pay waits, and nothing of what he has said is lost. Pure: time comes in.

use std::time::{Duration, Instant};

/// Bytes of answers that cost as much as a line.
const ANSWER: usize = 8 << 10;
/// How long a connection may have to wait at most for what it has been answered, beside its burst.
const DEBT: Duration = Duration::from_secs(10);
/// How long nobody changes his nick again: everybody around has to read it.
const NICK_EVERY: Duration = Duration::from_secs(3);
/// What a line costs if nothing else is said: a second's worth holds ten to twenty of them.
const LINE: u32 = 1;

/// What commands cost that are not as cheap as a line: what many hear of, and what is answered at length.
const COSTS: &[(&[u8], u32)] = &[
    (b"AWAY", 2),
    (b"CHATHISTORY", 3),
    (b"INVITE", 2),
    (b"KICK", 2),
    (b"LIST", 8),
    (b"MODE", 2),
    (b"MONITOR", 2),
    (b"NAMES", 3),
    (b"OPER", 5),
    (b"PASS", 2),
    (b"SEARCH", 5),
    (b"SETNAME", 2),
    (b"TOPIC", 2),
    (b"WHO", 4),
    (b"WHOIS", 2),
    (b"WHOWAS", 2),
];

/// What costs that much for each of its targets.
const BY_TARGET: &[&[u8]] = &[b"PRIVMSG", b"NOTICE", b"TAGMSG", b"JOIN", b"PART", b"NAMES", b"KICK"];

/// How fast connections may speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Lines a second; 0 for as many as they like.
    pub per_second: u32,
    /// Lines at once.
    pub burst: u32,
    /// Whether that holds for those, too, who come from this machine itself: a gateway speaks for many.
    pub near: bool,
}

impl Default for Limits {
    /// Nobody types fifteen lines a second. Sixty at once are a paste, or a client that comes back and enters all its rooms.
    fn default() -> Limits {
        Limits { per_second: 15, burst: 60, near: false }
    }
}

/// One connection's pace.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// What a line takes.
    line: Duration,
    burst: Duration,
    /// When all that was said is paid for.
    paid: Instant,
    /// Before this the nick is not changed.
    nick: Instant,
    /// Bytes of answers that are not paid for.
    answered: usize,
    /// Whether it is registered: before, a nick may be taken, and another one has to be tried.
    registered: bool,
}

impl Pace {
    /// That of a connection which begins now, from this machine or not; `None` if it may speak as fast as it likes.
    pub fn new(limits: Limits, near: bool, now: Instant) -> Option<Pace> {
        if limits.per_second == 0 || (near && !limits.near) {
            return None;
        }
        let line = Duration::from_secs(1) / limits.per_second;
        let burst = line * limits.burst.max(1);
        Some(Pace { line, burst, paid: now, nick: now, answered: 0, registered: false })
    }

    /// It is registered.
    pub fn registered(&mut self) {
        self.registered = true;
    }

    /// Pays for a line.
    ///
    /// # Errors
    /// When it can be paid for, if not now.
    pub fn pay(&mut self, line: &[u8], now: Instant) -> Result<(), Instant> {
        let (verb, target) = words(line);
        let is_nick = self.registered && verb.eq_ignore_ascii_case(b"NICK");
        if is_nick && now < self.nick {
            return Err(self.nick);
        }
        // What costs more than the burst could never be paid.
        let cost = (self.line * cost(verb, target)).min(self.burst);
        let paid = self.paid.max(now) + cost;
        if paid > now + self.burst {
            return Err(paid - self.burst);
        }
        self.paid = paid;
        if is_nick {
            self.nick = now + NICK_EVERY;
        }
        Ok(())
    }

    /// It is answered so many bytes, for which it pays with its next line.
    pub fn answer(&mut self, bytes: usize, now: Instant) {
        self.answered += bytes;
        let lines = u32::try_from(self.answered / ANSWER).unwrap_or(u32::MAX);
        self.answered %= ANSWER;
        if lines > 0 {
            let paid = self.paid.max(now) + self.line.saturating_mul(lines).min(self.burst + DEBT);
            self.paid = paid.min(now + self.burst + DEBT);
        }
    }
}

/// A line's verb, and its first param.
fn words(line: &[u8]) -> (&[u8], &[u8]) {
    let mut words = line.split(|b| *b == b' ').filter(|word| !word.is_empty());
    let mut word = words.next().unwrap_or_default();
    for sign in [b'@', b':'] {
        if word.first() == Some(&sign) {
            word = words.next().unwrap_or_default();
        }
    }
    (word, words.next().unwrap_or_default())
}

fn cost(verb: &[u8], target: &[u8]) -> u32 {
    let one = COSTS.iter().find(|(name, _)| verb.eq_ignore_ascii_case(name)).map_or(LINE, |(_, cost)| *cost);
    if !BY_TARGET.iter().any(|name| verb.eq_ignore_ascii_case(name)) {
        return one;
    }
    let targets = 1 + memchr::memchr_iter(b',', target).count();
    one.saturating_mul(u32::try_from(targets).unwrap_or(u32::MAX))
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "any moment will do")]
mod tests {
    use super::*;

    /// How many of these lines are paid for in this time, each as soon as it can be, and the longest wait between two.
    fn spoken(pace: &mut Pace, line: &[u8], from: Instant, seconds: u64) -> u32 {
        let (mut now, mut count) = (from, 0);
        loop {
            match pace.pay(line, now) {
                Ok(()) => count += 1,
                Err(until) => {
                    assert!(until > now, "time goes on");
                    now = until;
                }
            }
            if now > from + Duration::from_secs(seconds) {
                return count;
            }
        }
    }

    fn pace() -> (Pace, Instant) {
        let now = Instant::now();
        let mut pace = Pace::new(Limits::default(), false, now).unwrap();
        pace.registered();
        (pace, now)
    }

    #[test]
    fn a33_a_burst_then_ten_to_twenty_lines_a_second() {
        let (mut pace, now) = pace();
        assert_eq!(spoken(&mut pace, b"PRIVMSG #x :hi", now, 0), 60);
        let (mut pace, now) = self::pace();
        let count = spoken(&mut pace, b"PRIVMSG #x :hi", now, 60);
        assert!((10 * 60..=20 * 60).contains(&(count - 60)), "{count}");
        // Whoever was silent for a while has his burst again, and no more.
        assert_eq!(spoken(&mut pace, b"PING x", now + Duration::from_secs(600), 0), 60);
    }

    #[test]
    fn a34_a_nick_is_changed_once_in_three_seconds_and_loops_are_slower_than_talk() {
        let (mut pace, now) = pace();
        assert_eq!(spoken(&mut pace, b"nick other", now, 10), 4);
        for verb in ["AWAY :x", "TOPIC #x :y", "MODE #x +i", "JOIN #a,#b"] {
            let (mut pace, now) = self::pace();
            let count = spoken(&mut pace, verb.as_bytes(), now, 60);
            assert!((200..=600).contains(&count), "{verb}: {count}");
        }
        let now = Instant::now();
        let mut newcomer = Pace::new(Limits::default(), false, now).unwrap();
        assert_eq!(spoken(&mut newcomer, b"NICK a", now, 0), 60, "who looks for a nick that is free may try");
    }

    #[test]
    fn a35_a_line_to_many_costs_for_each_and_long_answers_cost_too() {
        let (mut pace, now) = pace();
        let many: Vec<String> = (0..50).map(|n| format!("#c{n}")).collect();
        let line = format!("@a=b :c PRIVMSG {} :hi", many.join(","));
        assert_eq!(spoken(&mut pace, line.as_bytes(), now, 0), 1);
        assert_eq!(
            spoken(&mut pace, &[b"JOIN ", ",".repeat(500).as_bytes()].concat(), now, 60),
            15,
            "what costs too much can be paid"
        );
        let (mut pace, now) = self::pace();
        pace.answer(60 * ANSWER, now);
        assert!(pace.pay(b"PING x", now).is_err());
        pace.answer(usize::MAX / 2, now);
        let until = pace.pay(b"PING x", now).unwrap_err();
        assert!(until <= now + DEBT + Duration::from_secs(1), "nobody waits for ever");
        let (mut pace, now) = self::pace();
        assert!(spoken(&mut pace, b"LIST", now, 0) < 10);
    }

    #[test]
    fn who_comes_from_this_machine_is_not_slowed_unless_that_is_wanted() {
        let now = Instant::now();
        assert!(Pace::new(Limits::default(), true, now).is_none());
        assert!(Pace::new(Limits { near: true, ..Limits::default() }, true, now).is_some());
        assert!(Pace::new(Limits { per_second: 0, ..Limits::default() }, false, now).is_none());
    }

    #[test]
    fn a_line_is_known_by_its_verb_whatever_stands_before() {
        for line in ["NICK a", "  NICK a", "@a=b NICK a", "@a :src  NICK   a", ":src NICK a"] {
            assert_eq!(words(line.as_bytes()), (&b"NICK"[..], &b"a"[..]), "{line}");
        }
        assert_eq!(words(b""), (&b""[..], &b""[..]));
        assert_eq!(words(b"@a"), (&b""[..], &b""[..]));
    }
}

//! Hashes of passwords: made, read, and checked by threads of their own, at most two at a time, since each check takes some
//! hundredths of a second and many megabytes on purpose.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Argon2, Params};
use ring::rand::{SecureRandom, SystemRandom};
use tracing::warn;

use super::core::password::{Check, Hidden, Secret, Verdict};
use super::inbox::{Event, Inbox};

/// Most checks at one time: so much memory and so many processors are spent on strangers.
const AT_ONCE: usize = 2;
/// Most checks that wait: who comes then is told to try again, and would have waited for many seconds.
const WAITING: usize = 256;
/// Most memory, in KiB, that a hash may ask for: what is more was not meant.
const MEMORY_MOST: u32 = 1 << 20;
/// Bytes of salt.
const SALT: usize = 16;

/// The checks under way.
#[derive(Debug)]
pub struct Checks {
    inbox: Arc<Inbox>,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    queue: VecDeque<Check>,
    working: usize,
}

impl Checks {
    /// None yet; what comes of them goes into this inbox.
    pub fn new(inbox: Arc<Inbox>) -> Arc<Checks> {
        Arc::new(Checks { inbox, waiting: Mutex::default() })
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // The queue is whole at every moment the lock is free, so a panic elsewhere spoils nothing.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many wait or are under way.
    pub fn count(&self) -> usize {
        let waiting = self.lock();
        waiting.queue.len() + waiting.working
    }

    /// Has a password checked; the verdict comes as an event in any case.
    pub fn ask(self: &Arc<Checks>, check: Check) {
        let mut waiting = self.lock();
        if waiting.queue.len() >= WAITING {
            drop(waiting);
            return self.inbox.push_event(Event::Checked(check.of, Verdict::Busy));
        }
        waiting.queue.push_back(check);
        if waiting.working == AT_ONCE {
            return;
        }
        waiting.working += 1;
        drop(waiting);
        let checks = Arc::clone(self);
        let spawned = std::thread::Builder::new().name("passwords".to_owned()).spawn(move || checks.work());
        if let Err(error) = spawned {
            warn!("no thread to check passwords: {error}");
            let mut waiting = self.lock();
            waiting.working -= 1;
            let left =
                if waiting.working == 0 { std::mem::take(&mut waiting.queue) } else { VecDeque::new() };
            drop(waiting);
            left.iter().for_each(|check| self.inbox.push_event(Event::Checked(check.of, Verdict::Busy)));
        }
    }

    fn work(&self) {
        loop {
            let mut waiting = self.lock();
            let Some(check) = waiting.queue.pop_front() else {
                waiting.working -= 1;
                return;
            };
            drop(waiting);
            let right = is_right(check.hash.text(), check.password.text());
            let verdict = if right { Verdict::Right } else { Verdict::Wrong };
            self.inbox.push_event(Event::Checked(check.of, verdict));
        }
    }
}

/// Whether a password hashes to this.
fn is_right(hash: &str, password: &str) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else { return false };
    Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
}

/// Hashes a password with argon2id and a salt of its own, by the library's defaults: 19 MiB, two passes
/// ([RFC 9106](https://www.rfc-editor.org/rfc/rfc9106)).
///
/// # Errors
/// A sentence: the system gives no random bytes.
pub fn hash(password: &str) -> Result<String, String> {
    let mut salt = [0; SALT];
    SystemRandom::new().fill(&mut salt).map_err(|_| "the system gives no random bytes".to_owned())?;
    let salt = SaltString::encode_b64(&salt).map_err(|error| error.to_string())?;
    let hash =
        Argon2::default().hash_password(password.as_bytes(), &salt).map_err(|error| error.to_string())?;
    Ok(hash.to_string())
}

/// Reads a password as somebody has written it down: an argon2 hash, or the password itself.
///
/// # Errors
/// A sentence: it looks like a hash and is none that can be checked.
pub fn secret(text: &str) -> Result<Secret, String> {
    if !text.starts_with("$argon2") {
        return Ok(Secret::Plain(Hidden::new(text)));
    }
    let damaged =
        |why: &dyn std::fmt::Display| format!("the hash is damaged ({why}); chatui hash-password makes one");
    let hash = PasswordHash::new(text).map_err(|error| damaged(&error))?;
    let params = Params::try_from(&hash).map_err(|error| damaged(&error))?;
    if hash.hash.is_none() || hash.salt.is_none() {
        return Err(damaged(&"it is cut off"));
    }
    if params.m_cost() > MEMORY_MOST {
        return Err(format!("the hash asks for {} MiB of memory", params.m_cost() / 1024));
    }
    Ok(Secret::Hash(Hidden::new(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hashed_is_known_again_and_nothing_else() {
        for password in ["tide", "", "p\u{e4}ssw\u{f6}rd \u{1f511}", &"x".repeat(500)] {
            let made = hash(password).unwrap();
            assert!(made.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{made}");
            assert!(is_right(&made, password));
            assert!(!is_right(&made, &format!("{password} ")));
            assert_eq!(secret(&made), Ok(Secret::Hash(Hidden::new(&made))));
        }
        assert_ne!(hash("tide"), hash("tide"), "each has a salt of its own");
    }

    #[test]
    fn a_damaged_hash_is_no_password() {
        let made = hash("tide").unwrap();
        for bad in [
            "$argon2",
            "$argon2id$v=19$m=19456,t=2,p=1$",
            &made[..made.len() - 50],
            &made.replace("m=19456", "m=4000000"),
        ] {
            assert!(secret(bad).is_err(), "{bad}");
        }
        assert_eq!(secret("tide"), Ok(Secret::Plain(Hidden::new("tide"))));
    }
}

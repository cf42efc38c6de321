//! What all shards know: how plain text is spoken, with whom TLS, how many are there, and who is not let in.

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use super::arrivals::{Arrivals, Presence};
use super::clock;
use super::config::{Config, Limits, Plain, Prompt, REFUSED};
use super::core::ban::Ban;
use super::metrics::Metrics;
use super::pace::Pace;
use super::threshold::{Place, Threshold};
use super::tls::Tls;

/// What all shards know.
#[derive(Debug)]
pub struct House {
    /// How plain text is spoken.
    pub plain: Plain,
    /// The same at the door of those who must speak TLS, or are not let in: they are told so, whoever they are, and not asked
    /// for a nick before.
    guarded: Plain,
    /// The certificate, if there is one.
    pub tls: Option<Arc<Tls>>,
    /// How long the handshake of TLS may take, since the connection was accepted.
    pub handshake: Duration,
    clear: Clear,
    /// Where those stand who have not registered yet.
    threshold: Arc<Threshold>,
    arrivals: Arc<Arrivals>,
    limits: RwLock<Limits>,
    bans: RwLock<Arc<[Ban]>>,
    /// Connections that have not been given up, strangers at the door among them.
    present: AtomicUsize,
    /// Connections that are not let in and have not been told so yet.
    refused: AtomicUsize,
    /// What is counted for those who watch the server.
    pub metrics: Arc<Metrics>,
}

/// Who may speak without TLS.
#[derive(Clone, Copy, Debug)]
enum Clear {
    /// Everybody.
    All,
    /// Who comes from this machine.
    Near,
    /// Nobody.
    None,
}

/// That somebody is here, and his place on the threshold until he is registered. Both end when this is dropped.
#[derive(Debug)]
pub struct Stay {
    house: Arc<House>,
    /// Until he is registered.
    pub place: Option<Place>,
    _presence: Option<Presence>,
}

/// That somebody is not let in and waits to be told so in his own language; it ends when this is dropped.
#[derive(Debug)]
pub struct Refusal {
    house: Arc<House>,
    /// What he is to be told.
    pub why: String,
}

impl House {
    /// A house with nobody in it.
    pub fn new(config: &Config, tls: Option<Arc<Tls>>, bans: Arc<[Ban]>) -> House {
        let (plain, handshake) = (config.plain.clone(), config.tls.handshake);
        let clear = match (config.tls.required, config.allow_plaintext) {
            (true, _) => Clear::None,
            (false, true) => Clear::All,
            (false, false) => Clear::Near,
        };
        let mut guarded = Plain { on: Some(true), prompt: Prompt::Off, ..plain.clone() };
        guarded.times.nick_deadline = handshake;
        House {
            plain,
            guarded,
            tls,
            handshake,
            clear,
            threshold: Threshold::new(config.limits.threshold),
            arrivals: Arrivals::new(config.limits.arrivals),
            limits: RwLock::new(config.limits),
            bans: RwLock::new(bans),
            present: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
            metrics: Arc::default(),
        }
    }

    /// Whether somebody may speak without TLS, who comes from this machine or not.
    pub fn hears_clear(&self, near: bool) -> bool {
        match self.clear {
            Clear::All => true,
            Clear::Near => near,
            Clear::None => false,
        }
    }

    /// How the door is kept for somebody: who may come in as he is, and who may not.
    pub fn manners(&self, may_enter: bool) -> &Plain {
        if may_enter { &self.plain } else { &self.guarded }
    }

    /// Whether the certificate is the operator's. One that the server has made for itself is nothing that clients of other makers
    /// could insist on.
    pub fn is_given(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.is_given())
    }

    /// Somebody comes from this address.
    ///
    /// # Errors
    /// What he is to be told if he is not let in.
    pub fn admit(self: &Arc<House>, address: IpAddr, now: Instant) -> Result<Stay, String> {
        let admitted = self.look_at(address, now);
        let counts = &self.metrics;
        match &admitted {
            Ok(_) => counts.accepted.add(1),
            Err(_) => counts.refused.add(1),
        }
        admitted
    }

    fn look_at(self: &Arc<House>, address: IpAddr, now: Instant) -> Result<Stay, String> {
        if let Some(ban) = self.bans().iter().find(|ban| ban.is_of(address) && ban.holds(clock::now())) {
            return Err(ban.words());
        }
        let presence = self.arrivals.come(address, now)?;
        let place = self.threshold.step_on(address)?;
        let most = self.limits().max_clients;
        let enter = |present| (present < most).then_some(present + 1);
        if self.present.fetch_update(Ordering::Relaxed, Ordering::Relaxed, enter).is_err() {
            return Err("Server is full".to_owned());
        }
        Ok(Stay { house: Arc::clone(self), place, _presence: presence })
    }

    /// Somebody is not let in, and is to be told so once it is known what he speaks; `None` if too many are told so now.
    pub fn refuse(self: &Arc<House>, why: String) -> Option<Refusal> {
        let enter = |refused| (refused < REFUSED).then_some(refused + 1);
        self.refused.fetch_update(Ordering::Relaxed, Ordering::Relaxed, enter).ok()?;
        Some(Refusal { house: Arc::clone(self), why })
    }

    /// How fast somebody may speak who comes now, from this machine or not.
    pub fn pace(&self, near: bool, now: Instant) -> Option<Pace> {
        Pace::new(self.limits().pace, near, now)
    }

    /// How many are here.
    pub fn present(&self) -> usize {
        self.present.load(Ordering::Relaxed)
    }

    fn limits(&self) -> Limits {
        *self.limits.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Other limits hold from now on, for those who come.
    pub fn limit(&self, limits: Limits) {
        *self.limits.write().unwrap_or_else(PoisonError::into_inner) = limits;
        self.threshold.limit(limits.threshold);
        self.arrivals.limit(limits.arrivals);
    }

    /// Whom the server keeps out.
    pub fn bans(&self) -> Arc<[Ban]> {
        Arc::clone(&self.bans.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The bans are these now.
    pub fn ban(&self, bans: Arc<[Ban]>) {
        *self.bans.write().unwrap_or_else(PoisonError::into_inner) = bans;
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        self.house.present.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Refusal {
    fn drop(&mut self) {
        self.house.refused.fetch_sub(1, Ordering::Relaxed);
    }
}

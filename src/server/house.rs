//! What all shards know: how plain text is spoken, how many are there, and how many stand on the threshold.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::config::Plain;
use super::threshold::{Limits, Threshold};

/// What all shards know.
#[derive(Debug)]
pub struct House {
    /// How plain text is spoken.
    pub plain: Plain,
    /// Where those stand who have not registered yet.
    pub threshold: Arc<Threshold>,
    max_clients: usize,
    /// Connections that have not been given up, strangers at the door among them.
    present: AtomicUsize,
}

impl House {
    /// A house with nobody in it.
    pub fn new(plain: Plain, limits: Limits, max_clients: usize) -> House {
        House { plain, threshold: Threshold::new(limits), max_clients, present: AtomicUsize::new(0) }
    }

    /// Somebody has come; says whether there is room for him. In any case he is to leave again.
    pub fn enter(&self) -> bool {
        self.present.fetch_add(1, Ordering::Relaxed) < self.max_clients
    }

    /// Somebody is gone.
    pub fn leave(&self) {
        self.present.fetch_sub(1, Ordering::Relaxed);
    }
}

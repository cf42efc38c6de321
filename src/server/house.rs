//! What all shards know: how plain text is spoken, and how many are there.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::config::Plain;

/// What all shards know.
#[derive(Debug)]
pub struct House {
    /// How plain text is spoken.
    pub plain: Plain,
    max_clients: usize,
    /// Connections that have not been given up, strangers at the door among them.
    present: AtomicUsize,
}

impl House {
    /// A house with nobody in it.
    pub fn new(plain: Plain, max_clients: usize) -> House {
        House { plain, max_clients, present: AtomicUsize::new(0) }
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

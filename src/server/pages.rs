//! Pages of history that are older than what the core remembers, read from the log by a thread of their own: neither the
//! writing nor anybody else waits for one. Each is read from the log as it was when its turn was released; what its
//! connection is told meanwhile waits [behind](super::behind) it.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::BytesMut;
use tracing::error;

use super::behind::PageId;
use super::config::PAGES;
use super::core::{ConnId, Playback, Query};
use super::log::Prefix;
use super::mailbox::{Delivery, Mailboxes};

/// How long the thread rests between two small steps of what it does when nobody asks, so that it takes a fraction of a
/// processor only.
const STEP_PAUSE: Duration = Duration::from_millis(10);
/// How long when there was nothing to do.
const PAUSE: Duration = Duration::from_secs(1);

/// A page that is to be read.
#[derive(Debug)]
pub struct Job {
    /// For whom.
    pub to: ConnId,
    /// Which one.
    pub page: PageId,
    /// What of the log.
    pub query: Query,
    /// How it is to be written.
    pub playback: Box<Playback>,
    /// The log, as it was.
    pub log: Arc<dyn Prefix>,
}

impl Job {
    /// Reads it.
    pub fn bytes(&self) -> BytesMut {
        match self.log.page(&self.query) {
            Ok(page) => self.playback.bytes(page.items(), page.rest()),
            Err(reason) => {
                error!("a page of the log could not be read: {reason}");
                self.playback.failure()
            }
        }
    }
}

/// The pages that wait to be read.
#[derive(Debug, Default)]
pub struct Pages {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    /// No more will come.
    closed: bool,
}

/// What is to be done next.
enum Next {
    Read(Box<Job>),
    Tend,
    Nothing,
}

impl Pages {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // The data is whole at every moment the lock is free, so a panic elsewhere spoils nothing.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many wait to be read.
    pub fn waiting(&self) -> usize {
        self.lock().jobs.len()
    }

    /// How many more may be asked for now.
    pub fn room(&self) -> usize {
        PAGES.saturating_sub(self.lock().jobs.len())
    }

    /// Asks for a page.
    pub fn read(&self, job: Job) {
        self.lock().jobs.push_back(job);
        self.changed.notify_one();
    }

    /// No more will be asked for: those that wait are still read.
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_one();
    }

    /// Those that wait are for nobody any more.
    pub fn abandon(&self) {
        let mut waiting = self.lock();
        waiting.closed = true;
        waiting.jobs.clear();
        drop(waiting);
        self.changed.notify_one();
    }

    /// Waits for the next one, so long at most.
    fn next(&self, at_most: Duration) -> Next {
        let idle = |waiting: &mut Waiting| waiting.jobs.is_empty() && !waiting.closed;
        let waited = self.changed.wait_timeout_while(self.lock(), at_most, idle);
        let mut waiting = waited.unwrap_or_else(PoisonError::into_inner).0;
        match waiting.jobs.pop_front() {
            Some(job) => Next::Read(Box::new(job)),
            None if waiting.closed => Next::Nothing,
            None => Next::Tend,
        }
    }
}

/// The pages' thread, until no more will come and all are read. When nobody asks, `tend` does a small step of what
/// helps later, and says whether there is more of it.
pub fn run_pages(pages: &Pages, mailboxes: &Mailboxes, tend: &mut dyn FnMut() -> bool) {
    let mut pause = Duration::ZERO;
    loop {
        match pages.next(pause) {
            Next::Read(job) => {
                let read = Delivery::Page { to: job.to, page: job.page, bytes: job.bytes() };
                mailboxes.send_to(job.to, Arc::new(read));
            }
            Next::Tend => pause = if tend() { STEP_PAUSE } else { PAUSE },
            Next::Nothing => return,
        }
    }
}

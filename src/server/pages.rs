//! Pages of history that are older than what the core remembers, read from the log by a thread of their own: neither the
//! writing nor anybody else waits for one. Each is read from the log as it was when its turn was released; what its
//! connection is told meanwhile waits [behind](super::behind) it. Searches are read by the same thread, in small steps between
//! the pages.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::BytesMut;
use tracing::error;

use super::behind::PageId;
use super::config::PAGES;
use super::core::{ConnId, Find, Playback, Query};
use super::log::{Hunt, Prefix};
use super::mailbox::{Delivery, Mailboxes};

/// How long the thread rests between two small steps of what it does when nobody asks, so that it takes a fraction of a
/// processor only.
const STEP_PAUSE: Duration = Duration::from_millis(10);
/// How long when there was nothing to do.
const PAUSE: Duration = Duration::from_secs(1);

/// How many bytes of the log one step of a search looks at: some milliseconds, for which a page of history may have to wait.
const SEARCH_STEP: u64 = 1 << 20;

/// A page that is to be read.
#[derive(Debug)]
pub struct Job {
    /// For whom.
    pub to: ConnId,
    /// Which one.
    pub page: PageId,
    /// What of the log.
    pub work: Work,
    /// How it is to be written.
    pub playback: Box<Playback>,
    /// The log, as it was.
    pub log: Arc<dyn Prefix>,
}

/// What is to be read of the log.
#[derive(Debug)]
pub enum Work {
    /// A piece of history.
    Page(Query),
    /// What fits some words.
    Search(Box<Find>),
    /// The same, begun.
    Hunt(Box<Hunt>),
}

impl Job {
    /// Does a step of it; the page, if that was the last one.
    pub fn step(&mut self) -> Option<BytesMut> {
        let done = match &mut self.work {
            Work::Page(query) => {
                self.log.page(query).map(|page| Some(self.playback.bytes(page.items(), page.rest())))
            }
            Work::Hunt(hunt) => match self.log.search(hunt, SEARCH_STEP) {
                Ok(false) => return None,
                Ok(true) => Ok(Some(self.playback.bytes(hunt.page().items(), hunt.page().rest()))),
                Err(reason) => Err(reason),
            },
            Work::Search(find) => match Hunt::new(find) {
                Ok(hunt) => {
                    self.work = Work::Hunt(Box::new(hunt));
                    return None;
                }
                Err(reason) => Err(std::io::Error::other(reason)),
            },
        };
        done.unwrap_or_else(|reason| {
            error!("a page of the log could not be read: {reason}");
            Some(self.playback.failure())
        })
    }

    /// Does all of it.
    pub fn bytes(&mut self) -> BytesMut {
        loop {
            if let Some(bytes) = self.step() {
                return bytes;
            }
        }
    }

    fn is_page(&self) -> bool {
        matches!(self.work, Work::Page(_))
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
    pages: VecDeque<Job>,
    /// Each has a step of it done in turn: so the time is shared by those who search, however much each of them asks for.
    searches: VecDeque<Job>,
    /// The last one taken was a search: a page comes next, if one waits.
    searched: bool,
    /// No more will come.
    closed: bool,
    /// Nobody waits for them any more.
    abandoned: bool,
}

impl Waiting {
    fn len(&self) -> usize {
        self.pages.len() + self.searches.len()
    }

    /// Pages and steps of searches by turns, so that neither keeps the other waiting for long.
    fn take(&mut self) -> Option<Job> {
        let page_first = self.searched || self.searches.is_empty();
        let job = if page_first {
            self.pages.pop_front().or_else(|| self.searches.pop_front())
        } else {
            self.searches.pop_front()
        };
        self.searched = job.as_ref().is_some_and(|job| !job.is_page());
        job
    }
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

    /// How many wait to be read, or to be searched for.
    pub fn waiting(&self) -> usize {
        self.lock().len()
    }

    /// How many more may be asked for now.
    pub fn room(&self) -> usize {
        PAGES.saturating_sub(self.lock().len())
    }

    /// Asks for a page, or for the next step of one.
    pub fn read(&self, job: Job) {
        let mut waiting = self.lock();
        if waiting.abandoned {
            return;
        }
        if job.is_page() {
            waiting.pages.push_back(job);
        } else {
            waiting.searches.push_back(job);
        }
        drop(waiting);
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
        (waiting.closed, waiting.abandoned) = (true, true);
        waiting.pages.clear();
        waiting.searches.clear();
        drop(waiting);
        self.changed.notify_one();
    }

    /// Waits for the next one, so long at most.
    fn next(&self, at_most: Duration) -> Next {
        let idle = |waiting: &mut Waiting| waiting.len() == 0 && !waiting.closed;
        let waited = self.changed.wait_timeout_while(self.lock(), at_most, idle);
        let mut waiting = waited.unwrap_or_else(PoisonError::into_inner).0;
        match waiting.take() {
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
            Next::Read(mut job) => match job.step() {
                Some(bytes) => {
                    let read = Delivery::Page { to: job.to, page: job.page, bytes };
                    mailboxes.send_to(job.to, Arc::new(read));
                }
                None => pages.read(*job),
            },
            Next::Tend => pause = if tend() { STEP_PAUSE } else { PAUSE },
            Next::Nothing => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::core::{Form, Of, Which};
    use super::super::log::{Log, MemoryLog};
    use super::*;
    use crate::irc::Time;

    fn job(id: u32, work: Work) -> Job {
        let playback = Playback {
            form: Form::Full,
            server: "s".to_owned(),
            of: Of::Search,
            batch: Some("b".to_owned()),
            asked: Some("SEARCH".to_owned()),
            label: None,
            now: Time::default(),
        };
        Job {
            to: ConnId(id),
            page: (1, 0),
            work,
            playback: Box::new(playback),
            log: MemoryLog::new().prefix(),
        }
    }

    fn page(id: u32) -> Job {
        let which = Which::Latest(None);
        job(id, Work::Page(Query { channel: "#x".to_owned(), which, limit: 1, events: false, until: None }))
    }

    fn search(id: u32) -> Job {
        job(id, Work::Search(Box::default()))
    }

    #[test]
    fn searches_and_pages_take_turns_and_each_searcher_has_a_step() {
        let pages = Pages::default();
        [search(1), search(2), page(3), page(4), page(5)].into_iter().for_each(|job| pages.read(job));
        let mut order = Vec::new();
        while pages.room() < PAGES {
            let Next::Read(mut job) = pages.next(Duration::ZERO) else { panic!("nothing") };
            order.push(job.to.0);
            if job.step().is_none() {
                pages.read(*job);
            }
        }
        assert_eq!(order, [1, 3, 2, 4, 1, 5, 2], "a search has a step to begin, and one to find nothing");
        pages.read(search(6));
        pages.abandon();
        pages.read(search(7));
        assert!(matches!(pages.next(Duration::ZERO), Next::Nothing), "nobody waits any more");
    }
}

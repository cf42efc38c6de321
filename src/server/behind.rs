//! What waits for a connection behind pages of history that it has asked for and that are still being read. It hears
//! everything in the order in which the core has said it, as if reading took no time:
//!
//! - A page holds all lines up to the turn that asked for it, and none of a later turn. What is said to a channel later
//!   comes behind it: so the replay at a JOIN and the lines that follow are together every line once, in the order of the log,
//!   for those, too, who cannot put lines in order by their times.
//! - Answers come in the order of their questions, a PART or a KICK comes behind the history of the channel that one was in,
//!   and the goodbye comes last.
//!
//! Only this connection waits: everybody else hears the same lines at once.

use std::collections::VecDeque;

use super::config::SEND_QUEUE;

/// A page that was asked for: the number of the turn, and which of its outputs.
pub type PageId = (u64, usize);

/// Pages under way, with what waits behind each of them.
#[derive(Debug, Default)]
pub struct Behind {
    pages: VecDeque<(PageId, Vec<u8>)>,
    held: usize,
}

impl Behind {
    /// Whether no page is under way, so that nothing waits.
    pub fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    /// A page has been asked for.
    pub fn ask(&mut self, page: PageId) {
        self.pages.push_back((page, Vec::new()));
    }

    /// Keeps bytes back, if a page is under way; says whether it did.
    pub fn hold(&mut self, bytes: &[u8]) -> bool {
        let Some((_, behind)) = self.pages.back_mut() else { return false };
        behind.extend_from_slice(bytes);
        self.held += bytes.len();
        true
    }

    /// Whether more waits than may wait for one connection.
    pub fn is_over(&self) -> bool {
        self.held > SEND_QUEUE
    }

    /// The page has been read: what comes right behind it. None if it is not the next one: somebody had the id before.
    pub fn read(&mut self, page: PageId) -> Option<Vec<u8>> {
        self.pages.front().filter(|(next, _)| *next == page)?;
        let (_, behind) = self.pages.pop_front()?;
        self.held -= behind.len();
        Some(behind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_page_has_its_own_behind_it() {
        let mut behind = Behind::default();
        assert!(!behind.hold(b"at once"));
        behind.ask((1, 4));
        assert!(behind.hold(b"one ") && behind.hold(b"two"));
        behind.ask((2, 0));
        assert!(behind.hold(b"three"));
        assert_eq!(behind.read((2, 0)), None, "the first one comes first");
        assert_eq!(behind.read((1, 4)).as_deref(), Some(&b"one two"[..]));
        assert_eq!(behind.read((1, 4)), None);
        assert_eq!(behind.read((2, 0)).as_deref(), Some(&b"three"[..]));
        assert!(behind.is_empty() && !behind.is_over() && behind.held == 0);
        behind.ask((3, 0));
        assert!(behind.hold(&vec![0; SEND_QUEUE + 1]) && behind.is_over());
    }
}

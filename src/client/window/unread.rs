//! What of a conversation is unread, and where that begins.

use std::ops::Range;

use super::{Mark, Resume, Window, With};
use crate::client::entry::{Entry, EntryId, Kind};
use crate::irc::Time;

impl Window {
    /// These entries have come while the reader was away or offline: they are unread, and the unread line stands
    /// above the first of them.
    pub fn missed(&mut self, range: Range<usize>, seen: bool) {
        let from_others = |entry: &&Entry| entry.is_speech() && !entry.own;
        let Some(first) = self.entries.range(range.clone()).find(from_others).map(|entry| entry.id) else {
            return;
        };
        let speech = self.entries.range(range.clone()).filter(from_others).count();
        let is_person = self.with == With::Person;
        let names = |entry: &&Entry| from_others(entry) && (entry.mention || is_person);
        let mentions = self.entries.range(range).filter(names).count();
        if !seen {
            self.unread += speech;
            self.mentions += mentions;
        }
        if !self.is_live() {
            self.below += speech;
        }
        self.mark.get_or_insert(Mark { entry: first, count: 0 }).count += speech;
    }

    /// Where what was not read at an earlier time begins, if that is here.
    pub fn after_read(&self, read: &Resume) -> Option<usize> {
        let known = |entry: &Entry| !entry.msgid.is_empty() || entry.is_speech() && !entry.own;
        let is_it = |entry: &Entry| !entry.msgid.is_empty() && entry.msgid == read.msgid;
        let exactly = self.entries.iter().rposition(is_it);
        let about = || self.entries.iter().rposition(|entry| known(entry) && entry.at <= read.at);
        exactly.or_else(about).map(|at| at + 1)
    }

    /// What stands from there on, as far as it was said before one came, was missed at an earlier time.
    pub fn resumed(&mut self, from: usize, seen: bool) {
        let later = self.mark.take();
        // Whoever is not joined but written to: until the first that has come since.
        let first = || later.and_then(|mark| self.index_of(mark.entry));
        let join =
            self.entries.iter().rposition(|entry| entry.own && entry.kind == Kind::Join).or_else(first);
        let end = join.unwrap_or(self.entries.len() - self.pending);
        if from < end {
            self.missed(from..end, seen);
        }
        match (&mut self.mark, later) {
            (Some(mark), Some(later)) => mark.count += later.count,
            (mark, later) => *mark = later.or(*mark),
        }
    }

    /// How many messages have come unseen that call the reader.
    pub fn urgent(&self) -> usize {
        if self.muted { self.mentions } else { self.unread }
    }

    /// Somebody said something just now: unread if nobody looks, and the unread line stands above the first.
    pub fn count_unread(&mut self, id: EntryId, mention: bool) {
        self.unread += 1;
        self.mentions += usize::from(mention || self.with == With::Person);
        self.mark.get_or_insert(Mark { entry: id, count: 0 }).count += 1;
    }

    /// Somebody looks: nothing is unread, but the unread line stays where it is.
    pub fn seen(&mut self) {
        (self.unread, self.mentions) = (0, 0);
    }

    /// It was read elsewhere up to what was said then: only what came later is unread.
    pub fn read_until(&mut self, at: Time) {
        let Some(mark) = self.mark.filter(|_| self.unread > 0) else { return };
        let from = self.index_of(mark.entry).unwrap_or(0);
        let unread = |entry: &&Entry| entry.is_speech() && !entry.own && entry.at > at;
        let (mut count, mut mentions) = (0, 0);
        for entry in self.entries.range(from..).filter(unread) {
            count += 1;
            mentions += usize::from(entry.mention || self.with == With::Person);
        }
        let first = self.entries.range(from..).find(unread).map(|entry| entry.id);
        (self.unread, self.mentions) = (self.unread.min(count), self.mentions.min(mentions));
        self.mark = first.map(|entry| Mark { entry, count: self.unread });
    }
}

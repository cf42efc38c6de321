//! What a connection has said faster than it may speak, and when it goes on.

use std::time::Instant;

use super::super::inbox::{Batch, Event};
use super::super::pace::Pace;
use super::earlier;

/// A connection's pace, and its lines that wait for their time: no more than one read brings, since nothing is read
/// while any wait.
#[derive(Debug)]
pub(super) struct Paced {
    pub pace: Pace,
    waiting: Batch,
    /// How many of them have been handed in.
    handed: usize,
    /// Until when it waits.
    rests: Option<Instant>,
    /// When it is looked at again.
    alarm: Option<Instant>,
}

impl Paced {
    pub fn new(pace: Pace) -> Box<Paced> {
        Box::new(Paced { pace, waiting: Batch::default(), handed: 0, rests: None, alarm: None })
    }

    /// Where to put what it says.
    pub fn queue(&mut self) -> &mut Batch {
        &mut self.waiting
    }

    /// Whether anything waits.
    pub fn waits(&self) -> bool {
        self.handed < self.waiting.events.len()
    }

    /// Whether it has to wait before it goes on.
    pub fn rests(&self) -> bool {
        self.rests.is_some()
    }

    /// Hands in as many lines as may be said now; says whether there were any.
    pub fn hand_in(&mut self, now: Instant, batch: &mut Batch) -> bool {
        let before = self.handed;
        self.rests = None;
        while let Some(event) = self.waiting.events.get(self.handed) {
            let line = match event {
                Event::Line(_, range) => &self.waiting.data[range.clone()],
                _ => &[],
            };
            if let Err(until) = self.pace.pay(line, now) {
                self.rests = Some(until);
                break;
            }
            batch.again(event, &self.waiting);
            self.handed += 1;
        }
        let handed = self.handed > before;
        if !self.waits() {
            (self.waiting, self.handed) = (Batch::default(), 0);
        }
        handed
    }

    /// Its alarm has rung.
    pub fn ring(&mut self, now: Instant) {
        self.alarm = self.alarm.filter(|at| now < *at);
        self.rests = self.rests.filter(|until| now < *until);
    }

    /// When it is to be looked at again, if no alarm is set that rings early enough; it is taken as set then.
    pub fn alarm(&mut self) -> Option<Instant> {
        earlier(self.rests, &mut self.alarm)
    }
}

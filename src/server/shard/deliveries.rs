//! What comes out of a shard's mailbox, on its way into the connections' outboxes.
#![allow(
    clippy::disallowed_methods,
    reason = "a guest's text has a pace, and so needs to know what time it is"
)]

use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;

use crate::irc::Line;
use crate::server::behind::PageId;
use crate::server::connection::Tools;
use crate::server::core::{Audience, ConnId, Ears, Form, Note, Output};
use crate::server::inbox::Event;
use crate::server::mailbox::Delivery;
use crate::server::outbox::Piece;
use crate::server::turn::Turn;

use super::{Shard, queue, touch};

impl Shard {
    /// Takes one thing out of the mailbox.
    pub(super) fn receive(&mut self, delivery: &Delivery) {
        match delivery {
            Delivery::Turn(number, turn) => self.turn(*number, turn),
            Delivery::Page { to, page, bytes } => self.page(*to, *page, bytes),
            Delivery::Fatal(why) => self.end(why),
            Delivery::Accepted(socket) => {
                let taken = socket.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
                if let Some((socket, address)) = taken {
                    self.adopt(socket, address);
                }
            }
        }
    }

    fn turn(&mut self, number: u64, turn: &Turn) {
        let mut outputs = turn.outputs.as_slice();
        while let Some((output, behind)) = outputs.split_first() {
            let n = turn.outputs.len() - outputs.len();
            outputs = behind;
            match output {
                Output::Reply { to, bytes, .. } => {
                    if let Some(slot) = self.slot_of(*to) {
                        self.put(slot, Piece::Own(bytes));
                        self.answered(slot, bytes.len());
                    }
                }
                Output::Deliver { line, to: Audience::One(id, form), except } => {
                    if let Some(slot) = self.slot_of(*id).filter(|_| *except != Some(*id)) {
                        self.put(slot, Piece::Own(&form.bytes(line)));
                    }
                }
                Output::Deliver { line, to: Audience::Many(ears), except } => {
                    let mut lines = vec![(line, *except)];
                    while let Some((Output::Deliver { line, to: Audience::Many(same), except }, behind)) =
                        outputs.split_first()
                        && Arc::ptr_eq(ears, same)
                    {
                        lines.push((line, *except));
                        outputs = behind;
                    }
                    self.fan_out(ears, &lines);
                }
                Output::Close(id, _) => {
                    if let Some(slot) = self.slot_of(*id) {
                        self.leave(slot);
                    }
                }
                Output::Page { to, .. } => {
                    if let Some(connection) = self.connection(*to) {
                        connection.wait_for((number, n));
                    }
                }
                Output::Note(Note::Arrived(id, ..)) => {
                    if let Some(connection) = self.connection(*id) {
                        connection.is_registered();
                    }
                }
                Output::Append { .. }
                | Output::Check(_)
                | Output::Bans { .. }
                | Output::Note(Note::Left(..)) => {}
            }
        }
        self.heard(turn);
        if turn.last {
            self.end("Server is shutting down");
        }
    }

    /// A page of history has been read: whoever waits for it hears it, and what was said behind it.
    fn page(&mut self, to: ConnId, page: PageId, bytes: &[u8]) {
        let Some(behind) = self.connection(to).and_then(|connection| connection.page_is_read(page)) else {
            return;
        };
        let Some(slot) = self.slot_of(to) else { return };
        self.put_now(slot, Piece::Own(bytes));
        self.put_now(slot, Piece::Own(&behind));
        self.answered(slot, bytes.len());
    }

    /// Somebody pays for so many bytes of answers.
    fn answered(&mut self, slot: usize, bytes: usize) {
        if let Some(connection) = self.connections.get_mut(slot).and_then(Option::as_mut) {
            connection.answer(bytes, Instant::now());
        }
    }

    /// Those with whose lines the turn has dealt may hand in the next ones, and those first that are given back.
    fn heard(&mut self, turn: &Turn) {
        for event in &turn.later.events {
            if let Event::Line(id, _) | Event::TooLong(id) = event
                && let Some(connection) = self.connection(*id)
            {
                connection.keep_for_later(event, &turn.later);
            }
        }
        for id in &turn.heard {
            if let Some(slot) = self.slot_of(*id)
                && let Some(connection) = self.connections.get_mut(slot).and_then(Option::as_mut)
            {
                connection.is_heard();
                queue(&mut self.ready, connection, slot);
            }
        }
    }

    /// Lines that follow each other to one audience: one copy of them all for each recipient but those who are spared
    /// some of them, their own.
    fn fan_out(&mut self, ears: &Ears, lines: &[(&Line, Option<ConnId>)]) {
        let spared: Vec<ConnId> = lines.iter().filter_map(|(_, except)| *except).collect();
        for form in Form::ALL {
            let ids = ears.of(self.lane, form);
            if ids.is_empty() {
                continue;
            }
            let mut all = BytesMut::with_capacity(lines.iter().map(|(line, _)| line.tagged().len()).sum());
            for (line, _) in lines {
                form.put(line, "", &mut all);
            }
            let all = all.freeze();
            self.house.metrics.delivered.add(ids.len() * lines.len());
            for id in ids {
                let slot = id.0 as usize / self.mailboxes.lanes();
                if !spared.contains(id) {
                    self.put(slot, Piece::Shared(&all));
                    continue;
                }
                for (line, _) in lines.iter().filter(|(_, except)| *except != Some(*id)) {
                    self.put(slot, Piece::Own(&form.bytes(line)));
                }
            }
        }
    }

    /// Tells somebody something, at once or behind the pages that he waits for.
    pub(super) fn put(&mut self, slot: usize, bytes: Piece<'_>) {
        let Some(connection) = self.connections.get_mut(slot).and_then(Option::as_mut) else { return };
        if !connection.is_leaving() && !connection.hold_back(bytes.as_slice(), &mut self.batch) {
            self.put_now(slot, bytes);
        }
    }

    fn put_now(&mut self, slot: usize, bytes: Piece<'_>) {
        let Some(connection) = self.connections.get_mut(slot).and_then(Option::as_mut) else { return };
        if let Some(outbox) = connection.outbox() {
            match bytes {
                Piece::Own(bytes) => outbox.buffer(&mut self.spare).extend_from_slice(bytes),
                Piece::Shared(bytes) => outbox.share(bytes, &mut self.spare),
            }
        } else if connection.is_special() {
            let (now, spare, batch) = (Instant::now(), &mut self.spare, &mut self.batch);
            connection.hear(bytes.as_slice(), &mut Tools { now, house: &self.house, spare, batch });
        } else {
            return;
        }
        if connection.is_over() {
            // It is either emptied or closed at once, so that no turn makes it grow any further.
            connection.flush(Instant::now(), &mut self.spare, &mut self.batch);
        }
        touch(&mut self.touched, connection, slot);
    }
}

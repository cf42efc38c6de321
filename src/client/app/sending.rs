//! From what was typed to lines on the wire: cutting, waiting, sending, and what the echo settles.

use super::super::entry::{Entry, EntryId, Extra, Kind, State};
use super::super::outbox::{Item, Manner, Progress, Since};
use super::super::pace::INTERVAL;
use super::super::session::{Heard, Stage, split};
use super::super::window::{Window, With};
use super::{App, Effect, Status};
use crate::irc::Cap;
use crate::irc::text::plain;

/// Why a line of which nobody knows whether it was heard is not sent again by itself.
const UNSURE: &str = "perhaps not sent: the connection broke before the server confirmed it";

/// That so many lines wait for their turn needs no word.
const FEW: usize = 2;
/// While lines wait for their turn, this many are sent before it is asked whether they were heard.
const PROBE_EVERY: usize = 4;

impl App {
    /// Says a text to a channel or a person: one line for each line of it, and more where a line is too long.
    pub(super) fn send_text(&mut self, target: &str, manner: Manner, text: &str, effects: &mut Vec<Effect>) {
        let with = if self.session.support().is_channel(target) { With::Channel } else { With::Person };
        let room = self.session.room(target, manner == Manner::Action);
        let pieces: Vec<String> = text
            .split('\n')
            .filter(|line| !line.trim().is_empty())
            .flat_map(|line| split(line, room))
            .map(str::to_owned)
            .collect();
        if !self.outbox.has_room(pieces.len()) {
            self.say(Status::Error("too many lines wait to be sent already".to_owned()));
            return;
        }
        if let Some(reason) = self.deaf(target) {
            self.tell_here(Kind::Error, &reason);
            return;
        }
        let at = match (manner, with) {
            // A notice opens no window.
            (Manner::Notice, _) => self.windows.iter().position(|w| w.is(target)).unwrap_or(self.current),
            _ => self.window_for(target, with),
        };
        let mut reply = self.take_answered(target).filter(|_| manner != Manner::Notice);
        for piece in pieces {
            let mut entry = Entry::new(self.now, kind_of(manner), self.session.nick().into(), &piece);
            let reply = reply.take();
            entry.extra = reply.clone().map(Extra::answer);
            let entry = self.windows[at].push_pending(entry);
            let id = format!("{:032x}", self.next_id);
            self.next_id = self.next_id.wrapping_add(1);
            self.outbox.push(Item {
                id,
                target: target.to_owned(),
                manner,
                text: piece,
                reply,
                place: self.windows[at].name.clone(),
                entry,
                label: None,
                probe: None,
                typed: self.now,
                since: Since::default(),
                is_old: false,
                progress: Progress::Waiting,
            });
        }
        self.typing_sent();
        self.windows[at].mark = None;
        if at == self.current {
            self.windows[at].go_live();
        }
        self.flush(target, effects);
        let waiting = self.outbox.to(target).filter(|item| item.progress == Progress::Waiting).count();
        if self.pace.words_wait() && waiting > FEW {
            let pause = INTERVAL.as_secs();
            self.say(Status::Info(format!("{waiting} lines wait: this server is sent one every {pause} s")));
        }
    }

    /// Why nobody would hear what is said to this target: it is a channel that one is not in, and will not be again
    /// by itself; or no target at all.
    pub(super) fn deaf(&self, target: &str) -> Option<String> {
        if self.session.support().is_channel(target) {
            let in_it =
                self.windows.iter().any(|window| window.is(target) && (window.joined || window.wanted));
            return (!in_it).then(|| format!("you are not in {target}: /join {target}"));
        }
        None
    }

    /// Whether what is said to this target now gets there, and stands where it belongs.
    pub(super) fn is_open_to(&self, target: &str) -> bool {
        if self.session.stage() != Stage::Registered || self.is_catching_up(target) {
            return false;
        }
        let channel = self.session.support().is_channel(target);
        !channel || self.windows.iter().any(|window| window.is(target) && window.joined)
    }

    /// Sends what waits for this target, if it can be sent now, as far as the pace allows it.
    fn flush(&mut self, target: &str, effects: &mut Vec<Effect>) {
        if self.is_open_to(target) {
            while self.send_next(target, effects) {}
            self.probe(effects);
        }
    }

    /// Sends the next line that waits for this target, if the pace allows it.
    pub(super) fn send_next(&mut self, target: &str, effects: &mut Vec<Effect>) -> bool {
        if !self.outbox.to(target).any(|item| item.progress == Progress::Waiting) {
            return false;
        }
        if !self.pace.allows(self.now) {
            self.pace.set_words_wait(true);
            return false;
        }
        let newest = self.windows.iter().find(|window| window.is(target)).and_then(Window::newest_told);
        let since =
            newest.map(|entry| Since { msgid: entry.msgid.clone(), at: entry.at }).unwrap_or_default();
        let session = &mut self.session;
        let label = session.label();
        let Some(item) = self.outbox.send_next(target, label, &since) else { return false };
        let words = match item.manner {
            Manner::Action => format!("\u{1}ACTION {}\u{1}", item.text),
            Manner::Message | Manner::Notice => item.text.clone(),
        };
        let verb = if item.manner == Manner::Notice { "NOTICE" } else { "PRIVMSG" };
        let line = session.speech(verb, &item.target, &words, item.label, &item.id, item.reply.as_deref());
        self.pace.sent(self.now);
        target.clone_into(&mut self.said_to);
        effects.push(Effect::Send(line));
        self.sent_late += 1;
        true
    }

    /// Where no echo says that a line was heard, the answer to a question behind it does: a server takes one line
    /// after the other, and a refusal would come before. One question at a time.
    pub(super) fn probe(&mut self, effects: &mut Vec<Effect>) {
        if self.session.has(Cap::EchoMessage) || self.probing.is_some() {
            return;
        }
        if self.pace.words_wait() && self.outbox.unprobed() < PROBE_EVERY {
            // It takes a turn of its own: where every other second a line goes, not each gets one.
            return;
        }
        let number = self.probes + 1;
        if self.outbox.probe(number) {
            (self.probes, self.probing) = (number, Some(number));
            effects.push(Effect::Send(format!("PING :said-{number}")));
        }
    }

    /// The answer to such a question.
    pub(super) fn on_answered(&mut self, effects: &mut Vec<Effect>) {
        let Some(number) = self.probing.take() else { return };
        for item in self.outbox.take_probed(number) {
            let typed = item.typed;
            self.settle_entry(&item, |window, entry| window.settle(entry, typed, ""));
        }
        self.probe(effects);
    }

    /// Sends what waits for people: after the welcome nothing is in its way.
    pub(super) fn flush_people(&mut self, effects: &mut Vec<Effect>) {
        let mut people: Vec<String> = Vec::new();
        for item in self.outbox.items() {
            let known = people.iter().any(|name| name.eq_ignore_ascii_case(&item.target));
            if !known && !self.session.support().is_channel(&item.target) {
                people.push(item.target.clone());
            }
        }
        for name in people {
            self.settle_unsure(&name, false);
            self.flush(&name, effects);
        }
    }

    /// The members of a channel are known: one is in it for good. Without a history to ask, what waits is sent now.
    pub(super) fn on_named(&mut self, name: &str, effects: &mut Vec<Effect>) {
        if !self.session.has(Cap::Chathistory) {
            self.caught_up(name, false, effects);
        }
    }

    /// All that can be known of what was said in a channel before is known; `told` if the server has told it. Lines
    /// that are not in it were not heard and are sent again; if it was not told, that is for the user to decide.
    pub(super) fn caught_up(&mut self, name: &str, told: bool, effects: &mut Vec<Effect>) {
        let before = self.sent_late;
        self.settle_unsure(name, told && self.session.carries_ids());
        self.flush(name, effects);
        self.count_late(before);
    }

    /// So many more lines that had waited are sent: while it is said how many were, it is said so.
    pub(super) fn count_late(&mut self, before: usize) {
        let late = self.sent_late - before;
        if late > 0
            && let Some((Status::Back { sent, .. }, _)) = &mut self.said
        {
            *sent += late;
        }
    }

    /// What is unsure is decided: sent `again`, or left to the user. So is what is too old to be sent unasked.
    pub(super) fn settle_unsure(&mut self, target: &str, again: bool) {
        if again {
            self.outbox.not_heard(target);
        } else {
            for item in self.outbox.take_unsure_to(target) {
                self.fail_item(&item, UNSURE);
            }
        }
        for item in self.outbox.take_old_to(target) {
            let day = item.typed.utc().with_timezone(&self.offset).format("%-d %B %H:%M");
            self.fail_item(&item, &format!("not sent: it was written on {day} and has waited since"));
        }
    }

    /// One's own line has come back: it was heard. Whether it was one that waited for that.
    pub(super) fn echoed(&mut self, heard: &Heard) -> bool {
        let item = self.outbox.take_echoed(heard.id.as_deref(), heard.label, &heard.place, &heard.text);
        let Some(item) = item else { return false };
        self.measured_echo(self.now.since(item.typed));
        self.settle_entry(&item, |window, entry| window.settle(entry, heard.at, &heard.msgid));
        true
    }

    /// A line was refused.
    pub(super) fn fail_item(&mut self, item: &Item, reason: &str) {
        // Who said it from another window would not see it.
        if !self.window().name.eq_ignore_ascii_case(&item.place) {
            self.say(Status::Error(plain(reason)));
        }
        self.settle_entry(item, |window, entry| window.fail(entry, reason));
    }

    fn settle_entry(&mut self, item: &Item, what: impl FnOnce(&mut Window, EntryId)) {
        if let Some(window) = self.windows.iter_mut().find(|w| w.name.eq_ignore_ascii_case(&item.place)) {
            what(window, item.entry);
        }
    }

    /// Sends the last failed line of this window again.
    pub(super) fn retry(&mut self, effects: &mut Vec<Effect>) {
        let window = self.window();
        let failed = window
            .entries()
            .iter()
            .rev()
            .find(|entry| matches!(entry.state, State::Failed(_)))
            .map(|entry| entry.id);
        match failed {
            Some(failed) => self.retry_entry(failed, effects),
            None => self.say(Status::Info("no line has failed here".to_owned())),
        }
    }

    /// Sends a failed line of this window again.
    pub(super) fn retry_entry(&mut self, failed: EntryId, effects: &mut Vec<Effect>) {
        let target = self.window().name.clone();
        if let Some(reason) = self.deaf(&target) {
            self.say(Status::Error(plain(&reason)));
            return;
        }
        let Some(entry) = self.windows[self.current].remove(failed) else { return };
        let manner = match entry.kind {
            Kind::Action => Manner::Action,
            Kind::Notice => Manner::Notice,
            _ => Manner::Message,
        };
        self.send_text(&target, manner, &entry.text, effects);
    }

    /// How many lines a text has, and how many messages it would become there.
    pub(super) fn wire_pieces(&self, text: &str, target: &str, action: bool) -> (usize, usize) {
        let room = self.session.room(target, action);
        let lines = text.split('\n').filter(|line| !line.trim().is_empty());
        lines.fold((0, 0), |(lines, pieces), line| (lines + 1, pieces + split(line, room).len()))
    }
}

pub(super) fn kind_of(manner: Manner) -> Kind {
    match manner {
        Manner::Message => Kind::Message,
        Manner::Action => Kind::Action,
        Manner::Notice => Kind::Notice,
    }
}

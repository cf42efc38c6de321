//! What goes to the server at once, and what waits for its turn.

use super::super::outbox::Progress;
use super::super::pace::Rank;
use super::super::session::Stage;
use super::{App, Effect};

impl App {
    /// Sends a line of the client's own in its turn; whether that is now.
    pub(super) fn send_in_turn(&mut self, rank: Rank, line: String, effects: &mut Vec<Effect>) -> bool {
        if self.pace.allows(self.now) && !self.pace.holds() {
            self.pace.sent(self.now);
            effects.push(Effect::Send(line));
            return true;
        }
        self.pace.hold(rank, line);
        false
    }

    /// It may be somebody's turn. One's own words and the client's questions go by turns, so that neither waits for all of
    /// the other.
    pub(super) fn take_turns(&mut self, effects: &mut Vec<Effect>) {
        while self.pace.next_tick().is_some() && self.pace.allows(self.now) {
            if self.pace.is_turn_of_words() && self.say_waiting(effects) {
                continue;
            }
            if let Some(line) = self.pace.take() {
                self.ask_was_sent(&line);
                self.pace.sent(self.now);
                effects.push(Effect::Send(line));
            } else if !self.say_waiting(effects) {
                break;
            }
        }
    }

    /// Says the next line of the outbox that waits for nothing but its turn, if there is one. Where lines wait for several
    /// targets, a single one does not wait for a long text to another.
    fn say_waiting(&mut self, effects: &mut Vec<Effect>) -> bool {
        let waiting = self.outbox.items().iter().filter(|item| item.progress == Progress::Waiting);
        let mut next: Option<&str> = None;
        for item in waiting {
            let is_other = !item.target.eq_ignore_ascii_case(&self.said_to);
            if (next.is_none() || is_other) && self.is_open_to(&item.target) {
                next = Some(&item.target);
                if is_other {
                    break;
                }
            }
        }
        let Some(target) = next.map(str::to_owned) else {
            self.pace.set_words_wait(false);
            return false;
        };
        let before = self.sent_late;
        let sent = self.send_next(&target, effects);
        self.probe(effects);
        self.count_late(before);
        sent
    }

    /// Whatever else goes to the server in this update counts as well; but for what keeps the connection, or ends it.
    pub(super) fn count_sent(&mut self, effects: &[Effect]) {
        let counts = |effect: &&Effect| {
            let Effect::Send(line) = effect else { return false };
            let verb = line.split(' ').next().unwrap_or_default();
            !matches!(verb, "PONG" | "QUIT")
        };
        let lines = effects.iter().filter(counts).count();
        let lines = if self.session.stage() == Stage::Registered { lines } else { 0 };
        self.pace.all_sent(lines, self.now);
    }
}

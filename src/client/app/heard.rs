//! What the session reports becomes entries of windows.

use std::time::Duration;

use bytes::Bytes;

use super::super::entry::{Entry, EntryId, Kind};
use super::super::pace::Rank;
use super::super::session::{Heard, Report, What};
use super::super::terminal::notice::Notice;
use super::super::window::{Window, With};
use super::{App, Effect, Status};
use crate::irc::Cap;
use crate::irc::name::same;
use crate::irc::text::plain;

/// However many speak to us, the bell rings no oftener.
const BELL_PAUSE: Duration = Duration::from_secs(1);
/// What was said longer ago calls nobody: a server may tell the past as if it were new.
const CALL_FRESH: Duration = Duration::from_secs(120);
/// The numerics with which servers refuse a message, besides what they are for: no such nick, cannot send, too many targets,
/// no text, too long; no colours or none for strangers (408, 415, 477, 486, 489), too many others at a time (439, 707),
/// CTCP (492), and whoever wants none (531, 716).
const UNSAID: &[&str] = &[
    "401", "404", "407", "408", "411", "412", "415", "417", "439", "477", "486", "489", "492", "531", "707",
    "716",
];
/// Most windows: strangers who write to us open one each.
const MAX_WINDOWS: usize = 200;

impl App {
    pub(super) fn on_line(&mut self, bytes: &Bytes, effects: &mut Vec<Effect>) {
        let line = String::from_utf8_lossy(bytes);
        let mut reports = std::mem::take(&mut self.reports);
        self.session.receive(&line, self.now, &mut reports);
        self.take_reports(&mut reports, effects);
        self.reports = reports;
    }

    pub(super) fn take_reports(&mut self, reports: &mut Vec<Report>, effects: &mut Vec<Effect>) {
        for report in reports.drain(..) {
            self.take_report(report, effects);
        }
    }

    fn take_report(&mut self, report: Report, effects: &mut Vec<Effect>) {
        match report {
            Report::Answer(line) => effects.push(Effect::Send(line)),
            Report::Query(line) => drop(self.send_in_turn(Rank::Idle, line, effects)),
            Report::Heard(heard) => self.on_heard(heard, effects),
            Report::History { place, items, lines, beyond, label } => {
                self.on_history(&place, items, lines, &beyond, label, effects);
            }
            Report::Found { items, lines, beyond, label } => {
                self.on_found(items, lines, &beyond, label, effects);
            }
            Report::Welcome => self.on_welcome(effects),
            Report::Ready => self.on_ready(effects),
            Report::NickRefused { wanted, trying, reason } => {
                let text = format!("the nick {wanted} is not free ({reason}); trying {trying}");
                self.tell_here(Kind::Server, &text);
            }
            Report::Target(name) => self.on_target(&name, effects),
            Report::TargetsTold => self.on_targets_told(),
            Report::Joined(name) => self.on_joined(&name, effects),
            Report::Named(name) => self.on_named(&name, effects),
            Report::Left(name) => {
                if let Some(at) = self.windows.iter().position(|window| window.is(&name)) {
                    self.windows[at].joined = false;
                    self.windows[at].wanted = false;
                }
            }
            Report::Renamed { from, to } => self.on_renamed(&from, &to),
            Report::Gone { who, reason, at } => {
                if let Some(window) = self.windows.iter_mut().find(|w| w.with == With::Person && w.is(&who)) {
                    window.push(Entry::new(at, Kind::Quit, who.as_str().into(), &reason));
                }
            }
            Report::Told { place, text, asked } => {
                let at = self.windows.iter().position(|window| window.is(&place));
                let at = at.unwrap_or(if asked { self.current } else { 0 });
                self.windows[at].push(Entry::new(self.now, Kind::Server, "".into(), &text));
            }
            Report::Failed { command, code, place, text, label } => {
                self.on_failed(&command, &code, &place, &text, label, effects);
            }
            Report::Typing { place, who, active } => self.on_typing(&place, &who, active),
            Report::Reacted { place, who, msgid, with } => {
                if let Some(window) = self.windows.iter_mut().find(|window| window.is(&place)) {
                    window.react(&msgid, &who, &with);
                }
            }
            Report::Read { place, at } => self.on_read_elsewhere(&place, at),
            Report::Answered => self.on_answered(effects),
            Report::Ended(reason) => self.on_ended(&reason, effects),
            Report::LoginFailed { reason, again } => {
                self.locked_out = !again;
                self.on_ended(&reason, effects);
            }
            Report::Silent => {
                effects.push(Effect::Disconnect("the server does not answer any more".to_owned()));
            }
        }
    }

    /// The window of a channel or a person, made if there is none: channels stand before people, each in the order
    /// in which they came.
    pub(super) fn window_for(&mut self, name: &str, with: With) -> usize {
        if let Some(at) = self.windows.iter().position(|window| window.is(name)) {
            return at;
        }
        if self.windows.len() >= MAX_WINDOWS && with == With::Person {
            return 0;
        }
        let at = match with {
            With::Channel => self.windows.iter().position(|window| window.with == With::Person),
            With::Server | With::Person => None,
        };
        let at = at.unwrap_or(self.windows.len());
        let mut window = Window::new(name, with);
        window.draft = self.kept_draft(name);
        self.windows.insert(at, window);
        self.recall(at);
        if with == With::Person {
            self.note_open(name, true);
        }
        if at <= self.current && self.windows.len() > 1 {
            self.current += 1;
        }
        at
    }

    /// Says a sentence in the window that is shown.
    pub(super) fn tell_here(&mut self, kind: Kind, text: &str) {
        let entry = Entry::new(self.now, kind, "".into(), text);
        self.windows[self.current].push(entry);
    }

    fn on_heard(&mut self, heard: Heard, effects: &mut Vec<Effect>) {
        // Under another nick than now if it was said before: then its id and its words tell.
        let said = |id: &str| self.outbox.has_said(id, &heard.place, &heard.text);
        let own = heard.own || heard.id.as_deref().is_some_and(said);
        if own && matches!(heard.what, What::Message | What::Action | What::Notice) && self.echoed(&heard) {
            return;
        }
        let Some(at) = self.place_of(&heard) else { return };
        // Who says something, or leaves, types no more.
        self.on_typing(&heard.place, &heard.who, false);
        if self.windows[at].is_replay(&heard.msgid, heard.at) {
            return;
        }
        let own = heard.own;
        let entry = self.entry_of(heard);
        let (speech, mention) = (entry.is_speech(), entry.mention);
        let id = self.windows[at].push(entry);
        self.note_flood(at);
        if speech && !own {
            self.arrived(at, id, mention, effects);
        }
    }

    /// In which window something is shown.
    fn place_of(&mut self, heard: &Heard) -> Option<usize> {
        if let Some(at) = self.windows.iter().position(|window| window.is(&heard.place)) {
            return Some(at);
        }
        match heard.what {
            _ if heard.place.is_empty() => Some(0),
            // A channel whose window was closed, or one that we are not in.
            _ if self.session.support().is_channel(&heard.place) => {
                matches!(heard.what, What::Message | What::Action | What::Notice).then_some(0)
            }
            // Whom one does not hear does not open a window.
            _ if heard.ignored => None,
            What::Message | What::Action => Some(self.window_for(&heard.place, With::Person)),
            // Notices of services and bots open no window: they are shown where one looks.
            What::Notice => Some(self.current),
            _ => None,
        }
    }

    /// Somebody said something: unread if nobody looks; a bell if it is for us.
    fn arrived(&mut self, at: usize, id: EntryId, mention: bool, effects: &mut Vec<Effect>) {
        let looking = at == self.current && self.focused;
        let window = &mut self.windows[at];
        // What the server says of itself is not something one has missed.
        if looking || window.with == With::Server {
            return;
        }
        window.count_unread(id, mention);
        let (with, muted) = (window.with, window.muted);
        if !muted && self.calls(with, mention) {
            self.call(at, id, effects);
        }
    }

    /// Calls the reader, who is elsewhere; not for what was said long ago. As long as the terminal has never told where the
    /// keyboard is, they are taken to be elsewhere, and the bell alone calls.
    fn call(&mut self, at: usize, id: EntryId, effects: &mut Vec<Effect>) {
        let window = &self.windows[at];
        let Some(entry) = window.entry(id) else { return };
        let is_here = self.focused && self.tells_focus;
        if is_here || self.now < self.rang + BELL_PAUSE || self.now.since(entry.at) > CALL_FRESH {
            return;
        }
        self.rang = self.now;
        if self.settings.bell {
            effects.push(Effect::Bell);
        }
        if self.tells_desktop() {
            let title = match window.with {
                With::Person => plain(&entry.who),
                _ => format!("{} in {}", plain(&entry.who), plain(&window.name)),
            };
            effects.push(Effect::Notify(Notice { title, body: plain(&entry.text) }));
        }
    }

    fn on_renamed(&mut self, from: &str, to: &str) {
        self.outbox.rename(from, to);
        let taken = self.windows.iter().any(|window| window.is(to));
        let person = self.windows.iter_mut().find(|w| w.with == With::Person && w.is(from));
        if let Some(window) = person
            && (!taken || same(from, to))
        {
            to.clone_into(&mut window.name);
            window.push(Entry::new(self.now, Kind::Nick, from.into(), to));
            self.note_open(from, false);
            self.note_open(to, true);
        }
    }

    fn on_failed(
        &mut self,
        command: &str,
        code: &str,
        place: &str,
        text: &str,
        label: Option<u64>,
        effects: &mut Vec<Effect>,
    ) {
        if command.eq_ignore_ascii_case("CHATHISTORY") {
            self.on_history_failed(place, label, effects);
            return;
        }
        if command.eq_ignore_ascii_case("SEARCH") {
            self.on_search_failed(text, label, effects);
            return;
        }
        // A message that was refused says so itself. Where all that is sent has a label, a numeric without one is not about a
        // message but about what has none: that one types. A refusal by the log has none, but names the command.
        let is_failure = matches!(command, "PRIVMSG" | "NOTICE");
        let about_message = is_failure || UNSAID.contains(&code);
        let may_be = is_failure || !self.session.has(Cap::LabeledResponse);
        let refused = label.and_then(|label| self.outbox.take_by_label(label)).or_else(|| {
            (about_message && label.is_none() && may_be).then(|| self.outbox.take_sent_to(place)).flatten()
        });
        if let Some(item) = refused {
            self.fail_item(&item, text);
            return;
        }
        if about_message && label.is_none() && self.is_typing_refused(place) {
            // Not a message: that one types reaches nobody there either.
            return;
        }
        let at = self.windows.iter().position(|window| window.is(place));
        // A channel that does not let us in: what waits for it will not be said. Servers have many numbers for that; those
        // few that refuse something else in a channel are known.
        let about_else = matches!(
            code,
            "401" | "404" | "441" | "442" | "443" | "461" | "467" | "472" | "478" | "482" | "696"
        );
        let is_numeric = code.len() == 3 && code.bytes().all(|digit| digit.is_ascii_digit());
        if (command.eq_ignore_ascii_case("JOIN") || is_numeric && !about_else)
            && let Some(at) = at
            && self.windows[at].with == With::Channel
            && !self.windows[at].joined
        {
            self.windows[at].wanted = false;
            for item in self.outbox.take_all_to(place) {
                self.fail_item(&item, text);
            }
        }
        let at = at.unwrap_or(self.current);
        self.windows[at].push(Entry::new(self.now, Kind::Error, "".into(), text));
        if at != self.current {
            self.say(Status::Error(plain(text)));
        }
    }
}

//! What is remembered of the conversations: who is ignored, which rooms are muted, and how far each was read.

use std::time::Duration;

use super::super::entry::Kind;
use super::super::memory::{Memory, Read, whole_mask};
use super::super::session::Ask;
use super::super::window::{Past, Resume, Scroll, With};
use super::jump::Place;
use super::past::{MAX_PAGES, oldest};
use super::question::{Asked, Purpose};
use super::{App, Effect, Event, Keep, Screen, Status};
use crate::irc::name::same;
use crate::irc::{Cap, Time};

/// How long after a change what is remembered is written: a killed client forgets no more than this of it.
const MEMORY_PAUSE: Duration = Duration::from_secs(10);

/// How long after a message was read the server is told: in a busy room not for each.
const MARK_PAUSE: Duration = Duration::from_secs(3);

/// What is remembered, and when it is to be written.
#[derive(Debug, Default)]
pub(super) struct Remembering {
    pub(super) memory: Memory,
    due: Option<Time>,
    /// Whether it is known what people wrote while one was away, and whether the server keeps what they write.
    pub(super) knows_people: bool,
    pub(super) has_people: bool,
    /// When the server is told how far was read.
    marks_due: Option<Time>,
}

impl Remembering {
    pub(super) fn next_tick(&self) -> Option<Time> {
        [self.due, self.marks_due].into_iter().flatten().min()
    }
}

impl App {
    /// What a client before this one remembered.
    pub(super) fn on_recalled(&mut self, bytes: &[u8]) {
        self.remembering.memory = Memory::parse(bytes);
        self.take_ignored();
        for at in 0..self.windows.len() {
            self.recall(at);
        }
        for nick in self.remembering.memory.open.clone() {
            self.window_for(&nick, With::Person);
        }
    }

    /// One talks with somebody, or no more: the conversation is opened again at the next start.
    pub(super) fn note_open(&mut self, nick: &str, open: bool) {
        if self.remembering.memory.set_open(nick, open) {
            self.remember_soon(MEMORY_PAUSE);
        }
    }

    /// The reader is somewhere in the room that is shown: there they will be at the next start. At the first sight of it they
    /// are taken to where they were the last time.
    pub(super) fn note_place(&mut self, effects: &mut Vec<Effect>) {
        let window = &self.windows[self.current];
        let is_here = window.joined && window.with == With::Channel && window.newest_known().is_some();
        if !is_here || window.resume.is_some() || self.is_catching_up(&window.name) {
            return;
        }
        let is_live = window.is_live();
        if let Some(place) = self.windows[self.current].restore.take() {
            if is_live && self.session.has(Cap::Chathistory) {
                self.go_to(Place { msgid: place.msgid, at: place.at, in_context: false }, effects);
            }
            return;
        }
        // Whoever only looks around, or is still on the way, is not there.
        let is_under_way = matches!(self.windows[self.current].scroll, Scroll::Top(_) | Scroll::Oldest);
        if is_under_way || self.finding.search.is_some() || self.is_jumping() {
            return;
        }
        let (room, place) = self.here();
        let place = place.map(|place| Read { room: room.clone(), msgid: place.msgid, at: place.at });
        if self.remembering.memory.set_place(&room, place) {
            self.remember_soon(MEMORY_PAUSE);
        }
    }

    /// Whatever is remembered of a window that was made just now.
    pub(super) fn recall(&mut self, at: usize) {
        let (memory, window) = (&self.remembering.memory, &mut self.windows[at]);
        if window.with == With::Server {
            return;
        }
        window.muted = memory.is_muted(&window.name);
        let read = memory.read(&window.name).filter(|_| window.with == With::Channel);
        window.restore = memory.place(&window.name).cloned();
        window.resume = read.map(|read| Resume { msgid: read.msgid.clone(), at: read.at, pages: 0 });
    }

    /// The reader sees the newest of the window that is shown.
    pub(super) fn note_read(&mut self) {
        let window = &self.windows[self.current];
        let looks = self.focused && matches!(self.screen, Screen::Rooms) && window.is_live();
        // Before the past is here nothing of it was seen.
        if !looks || window.with == With::Server || window.resume.is_some() {
            return;
        }
        let Some(newest) = window.newest_told() else { return };
        if newest.at > window.marked && self.session.has(Cap::ReadMarker) && self.online() {
            let (current, at) = (self.current, newest.at);
            self.windows[current].read_here = Some(at);
            self.remembering.marks_due.get_or_insert(self.now + MARK_PAUSE);
        }
        let window = &self.windows[self.current];
        // What a person wrote is told again only by a server with a history.
        let is_kept = window.with == With::Channel || self.session.has(Cap::Chathistory);
        let Some(newest) = window.newest_told().filter(|_| is_kept) else { return };
        let known = self.remembering.memory.read(&window.name);
        if known.is_some_and(|known| known.msgid == newest.msgid && known.at == newest.at) {
            return;
        }
        let read = Read { room: window.name.clone(), msgid: newest.msgid.clone(), at: newest.at };
        if self.remembering.memory.note_read(read) {
            self.remember_soon(MEMORY_PAUSE);
        }
    }

    /// The server is told how far was read here, if it is time, or if this is the end.
    pub(super) fn tell_marks(&mut self, is_last: bool, effects: &mut Vec<Effect>) {
        if self.remembering.marks_due.is_none_or(|due| !is_last && self.now < due) {
            return;
        }
        self.remembering.marks_due = None;
        if !self.online() {
            return;
        }
        for window in &mut self.windows {
            if let Some(at) = window.read_here.filter(|at| *at > window.marked) {
                if !self.pace.allows(self.now) {
                    // The next time: until then it may have been read further.
                    self.remembering.marks_due = Some(self.now + MARK_PAUSE);
                    return;
                }
                self.pace.sent(self.now);
                window.marked = at;
                let params = [window.name.as_str(), &format!("timestamp={at}")];
                effects.push(Effect::Send(self.session.line("MARKREAD", &params, None, None)));
            }
        }
    }

    /// A conversation was read on another device, or in an earlier session of this one.
    pub(super) fn on_read_elsewhere(&mut self, place: &str, at: Time) {
        let is_first = |asked: &Asked| matches!(asked.purpose, Purpose::First) && same(&asked.place, place);
        let is_coming = self.asks.iter().any(is_first);
        let Some(window) = self.windows.iter_mut().find(|window| window.is(place)) else { return };
        if at <= window.marked {
            return;
        }
        window.marked = at;
        match &mut window.resume {
            Some(resume) if at > resume.at => *resume = Resume { msgid: "".into(), at, pages: resume.pages },
            Some(_) => {}
            // Before the past is here it is not known what of it is new.
            None if is_coming => {
                window.resume = Some(Resume { msgid: "".into(), at, pages: 0 });
            }
            None => window.read_until(at),
        }
    }

    /// Where the reader of an earlier time had come to: from there on it is unread. Older pages are asked for until that
    /// is found.
    pub(super) fn find_read(&mut self, at: usize, effects: &mut Vec<Effect>) {
        let (seen, page) = (at == self.current && self.focused, self.session.support().history_page);
        let window = &mut self.windows[at];
        let Some(read) = window.resume.take() else { return };
        if let Some(from) = window.after_read(&read) {
            window.resumed(from, seen);
        } else if let Some((msgid, time)) = oldest(window)
            && window.past == Past::More
            && read.pages < MAX_PAGES
        {
            window.past = Past::Loading;
            window.resume = Some(Resume { pages: read.pages + 1, ..read });
            let (place, purpose) = (window.name.clone(), Purpose::Older { before: window.first() });
            self.ask(&place, purpose, &Ask::Before(&msgid, time), page, effects);
        } else {
            window.resumed(0, seen);
        }
    }

    fn remember_soon(&mut self, pause: Duration) {
        let due = self.now + pause;
        self.remembering.due = Some(self.remembering.due.map_or(due, |known| known.min(due)));
    }

    /// Has what is remembered written if it is time, or if this is the end.
    pub(super) fn keep_memory(&mut self, is_last: bool, effects: &mut Vec<Effect>) {
        let end = effects.iter().position(|effect| matches!(effect, Effect::Quit | Effect::Fail(_)));
        if self.remembering.due.is_some_and(|due| is_last || end.is_some() || self.now >= due) {
            self.remembering.due = None;
            self.note_people();
            let keep = Effect::Keep(Keep::Memory(self.remembering.memory.written()));
            effects.insert(end.unwrap_or(effects.len()), keep);
        }
    }

    /// What is remembered could not be written.
    pub(super) fn on_not_remembered(&mut self, reason: &str) {
        let reason = crate::irc::text::plain(reason);
        self.say(Status::Error(format!("not remembered for the next time: {reason}")));
    }

    /// `/ignore`: from now on; without a mask it says who is ignored.
    pub(super) fn ignore(&mut self, mask: Option<&str>) {
        let memory = &mut self.remembering.memory;
        match mask {
            Some(mask) if memory.ignore(mask) => {
                self.say(Status::Info(format!("{} is ignored", crate::irc::text::plain(mask))));
                self.ignored_changed();
            }
            Some(_) => self.say(Status::Error("so many are ignored that no more can be".to_owned())),
            None if memory.ignored.is_empty() => self.say(Status::Info("nobody is ignored".to_owned())),
            None => {
                let text = format!("ignored: {}", memory.ignored.join("  "));
                self.tell_here(Kind::Server, &text);
            }
        }
    }

    /// `/unignore`.
    pub(super) fn unignore(&mut self, mask: &str) {
        let shown = crate::irc::text::plain(mask);
        if self.remembering.memory.unignore(mask) {
            self.say(Status::Info(format!("{shown} is heard again")));
            let mask = whole_mask(mask);
            self.windows.iter_mut().for_each(|window| window.hear_again(&mask));
            self.ignored_changed();
        } else {
            self.say(Status::Error(format!("{shown} is not ignored; /ignore shows who is")));
        }
    }

    fn ignored_changed(&mut self) {
        self.take_ignored();
        self.remember_soon(Duration::ZERO);
    }

    /// `/mute` and `/unmute`, of the window that is shown unless one is named.
    pub(super) fn mute(&mut self, room: Option<&str>, muted: bool) {
        let at = match room {
            Some(name) => self.windows.iter().position(|window| window.is(name)),
            None => Some(self.current),
        };
        let Some(at) = at.filter(|at| self.windows[*at].with != With::Server) else {
            self.say(Status::Error("there is no such room here".to_owned()));
            return;
        };
        let name = self.windows[at].name.clone();
        if !self.remembering.memory.set_muted(&name, muted) {
            self.say(Status::Error("so many rooms are muted that no more can be".to_owned()));
            return;
        }
        self.windows[at].muted = muted;
        self.remember_soon(Duration::ZERO);
        let name = crate::irc::text::plain(&name);
        self.say(Status::Info(match muted {
            true => format!("{name} is muted: it counts, and calls no more"),
            false => format!("{name} is muted no more"),
        }));
    }
}

/// Whether nothing comes after an event that could be waited for.
pub(super) fn is_last(event: &Event) -> bool {
    matches!(event, Event::Leave)
}

//! Asking for what is looked for, and taking in what was found.

use std::sync::Arc;

use super::super::wanted::Wanted;
use super::super::{App, Effect, Status};
use super::{Asking, HITS_MOST, HITS_PAGE, Hit, Older, STEPS_MOST, Search};
use crate::client::entry::{Entry, State};
use crate::client::session::{Beyond, Heard, Sought, What};
use crate::client::window::{Window, With};
use crate::irc::{Cap, Time};

impl App {
    /// What was typed is looked for.
    pub(super) fn begin_search(&mut self, effects: &mut Vec<Effect>) {
        let Some(search) = &self.finding.search else { return };
        let text = search.query.text().trim().to_owned();
        let wanted = match Wanted::parse(&text, self.now, self.offset) {
            Ok(wanted) => self.resolved(wanted, &search.origin.0),
            Err(reason) => return self.say(Status::Error(crate::irc::text::plain(&reason))),
        };
        let serves = self.session.has(Cap::Search) && self.online();
        // What two people say to each other need not be on the server.
        let hits = self.hits_here(&wanted, serves);
        self.said = None;
        self.finding.last = text;
        let Some(search) = &mut self.finding.search else { return };
        if search.wanted == wanted && !search.hits.is_empty() {
            search.is_reading = true;
            return;
        }
        search.older = if serves { Older::Newest } else { Older::Nothing };
        (search.wanted, search.hits, search.is_local) = (wanted, hits, !serves);
        (search.is_reading, search.has_moved, search.steps_on) = (true, search.has_moved, true);
        search.chosen = search.hits.len();
        if serves { self.ask_older(0, effects) } else { self.step_on(effects) }
    }

    /// Names as people write them: `me`, `here`, `lobby`.
    fn resolved(&self, mut wanted: Wanted, here: &str) -> Wanted {
        if wanted.from.as_deref() == Some("me") {
            wanted.from = Some(self.nick().to_owned());
        }
        let known = |name: &str| self.windows.iter().find(|window| window.is(name));
        wanted.place = wanted.place.map(|place| match place.as_str() {
            "here" => here.to_owned(),
            name => match known(name).or_else(|| known(&format!("#{name}"))) {
                Some(window) => window.name.clone(),
                None => place,
            },
        });
        wanted
    }

    /// What is found in what is here.
    fn hits_here(&self, wanted: &Wanted, people_only: bool) -> Vec<Hit> {
        let is_searched = |window: &&Window| {
            let kind = window.with == With::Person || (window.with == With::Channel && !people_only);
            kind && wanted.place.as_ref().is_none_or(|place| window.is(place))
        };
        let mut hits: Vec<Hit> = Vec::new();
        for window in self.windows.iter().filter(is_searched) {
            let place: Arc<str> = window.name.as_str().into();
            let fits = |entry: &&Entry| {
                entry.is_speech()
                    && entry.state == State::Sent
                    && wanted.fits(&entry.who, &entry.text, entry.at)
            };
            hits.extend(window.entries().iter().filter(fits).map(|entry| Hit {
                place: place.clone(),
                who: entry.who.clone(),
                text: entry.text.clone(),
                at: entry.at,
                msgid: entry.msgid.clone(),
                entry: Some(entry.id),
            }));
        }
        hits.sort_by_key(|hit| hit.at);
        hits.drain(..hits.len().saturating_sub(HITS_MOST));
        hits
    }

    /// Asks the server for hits that are older than those that are here.
    pub(super) fn ask_older(&mut self, steps: u32, effects: &mut Vec<Effect>) {
        let Some(search) = &mut self.finding.search else { return };
        let (before, time) = match &search.older {
            Older::Nothing => return,
            Older::Newest => (None, None),
            Older::Before(msgid, at) => (Some(&**msgid), *at),
        };
        let text = search.wanted.text();
        // What was said at a time itself is not before it.
        let until = search.wanted.before.map(|at| Time::from_millis(at.millis().saturating_sub(1)));
        let sought = Sought {
            text: &text,
            from: search.wanted.from.as_deref(),
            place: search.wanted.place.as_deref(),
            since: search.wanted.since,
            until: until.into_iter().chain(time).min(),
            before,
            after: None,
            limit: HITS_PAGE,
        };
        match self.session.ask_search(&sought) {
            Some((line, label)) => {
                effects.push(Effect::Send(line));
                search.asked = Some(Asking { label, at: self.now, steps });
            }
            None => {
                search.is_reading = false;
                self.say(Status::Error("so many words are too many".to_owned()));
            }
        }
    }

    /// The server has found something.
    pub(in super::super) fn on_found(
        &mut self,
        items: Vec<Heard>,
        lines: usize,
        beyond: &Beyond,
        label: Option<u64>,
        effects: &mut Vec<Effect>,
    ) {
        let answered =
            |asked: &Option<Asking>| asked.as_ref().is_some_and(|asked| asked.is_answered_by(label));
        match &mut self.finding.search {
            Some(search) if answered(&search.asked) => {
                let steps = search.asked.take().map_or(0, |asked| asked.steps);
                let new = search.take(items, lines, beyond);
                if new == 0 && search.older != Older::Nothing && steps < STEPS_MOST {
                    self.ask_older(steps + 1, effects);
                } else {
                    self.step_on(effects);
                }
            }
            _ => self.on_mention_found(items, beyond, label, effects),
        }
    }

    /// Whoever waits for a hit is shown one, or told that there is none.
    pub(super) fn step_on(&mut self, effects: &mut Vec<Effect>) {
        let Some(search) = &mut self.finding.search else { return };
        if !std::mem::take(&mut search.steps_on) {
            return;
        }
        effects.push(Effect::Hurry);
        if search.chosen > 0 {
            let at = search.chosen - 1;
            self.show_hit(at, effects);
        } else if search.hits.is_empty() && search.older == Older::Nothing {
            search.is_reading = false;
            let only = if search.is_local { " in what is here; this server does not search" } else { "" };
            self.say(Status::Error(format!("nothing found{only}")));
        }
    }

    /// The server does not search.
    pub(in super::super) fn on_search_failed(
        &mut self,
        text: &str,
        label: Option<u64>,
        effects: &mut Vec<Effect>,
    ) {
        match &self.finding.search {
            Some(search) if search.asked.as_ref().is_some_and(|asked| asked.is_answered_by(label)) => {
                self.search_ended(effects);
            }
            _ => self.finding.mention.give_up(),
        }
        self.say(Status::Error(crate::irc::text::plain(text)));
    }

    /// The answer will not come: then what is here is all, or other words are asked for.
    pub(in super::super) fn search_ended(&mut self, effects: &mut Vec<Effect>) {
        let Some(search) = &mut self.finding.search else { return };
        if search.asked.take().is_none() {
            return;
        }
        if search.hits.is_empty() {
            // Whoever has come some way back goes on from there.
            (search.is_reading, search.steps_on) = (search.older != Older::Newest, false);
        }
        self.step_on(effects);
    }

    /// Nobody answers.
    pub(in super::super) fn give_up_search(&mut self, effects: &mut Vec<Effect>) {
        let due = self.finding.search.as_ref().and_then(|search| search.next_tick());
        if due.is_some_and(|due| self.now >= due) {
            let label = self.finding.search.as_ref().and_then(|search| search.asked.as_ref()?.label);
            self.on_search_failed("the server does not answer the search", label, effects);
        }
    }
}

impl Search {
    /// Takes over what the server has found; says how many of them are new.
    fn take(&mut self, items: Vec<Heard>, lines: usize, beyond: &Beyond) -> usize {
        let oldest = items.first().map(|item| (item.msgid.clone(), item.at));
        let chosen = self.hits.get(self.chosen).cloned();
        let known = self.hits.len();
        for item in items {
            let is_speech = matches!(item.what, What::Message | What::Action | What::Notice) && !item.ignored;
            // A server may find other words than we would, but not other people, times or links.
            let conditions = Wanted { words: Vec::new(), ..self.wanted.clone() };
            let fits = is_speech && conditions.fits(&item.who, &item.text, item.at);
            let is_known = |hit: &Hit| !hit.msgid.is_empty() && hit.msgid == item.msgid;
            if fits && self.hits.len() < HITS_MOST && !self.hits.iter().any(is_known) {
                let (place, who, text) = (item.place, item.who, item.text);
                self.hits.push(Hit { place, who, text, at: item.at, msgid: item.msgid, entry: None });
            }
        }
        let new = self.hits.len() - known;
        self.hits.sort_by(|one, other| (one.at, &one.msgid).cmp(&(other.at, &other.msgid)));
        self.chosen = match chosen {
            Some(chosen) => self.hits.iter().position(|hit| *hit == chosen).unwrap_or_default(),
            None => self.hits.len(),
        };
        let full = lines >= HITS_PAGE && new > 0;
        self.older = match (beyond, oldest) {
            _ if self.hits.len() >= HITS_MOST => Older::Nothing,
            (Beyond::From(from), _) => Older::Before(from.clone(), None),
            (Beyond::Unknown, Some((msgid, at))) if full => Older::Before(msgid, Some(at)),
            _ => Older::Nothing,
        };
        new
    }
}

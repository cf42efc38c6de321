//! Connecting, losing the connection, coming back, leaving; and all that is due at a time.

use std::time::Duration;

use super::super::address::Address;
use super::super::entry::{Entry, GapState, Kind};
use super::super::pace::{Pace, Rank};
use super::super::session::{Stage, join_lines};
use super::super::window::{PENDING_SHOWN_AFTER, Past, Window, With};
use super::question::Asked;
use super::{App, Connecting, Effect, Form, Screen, Status, Try};
use crate::irc::text::plain;
use crate::irc::{Cap, Time};

/// How long the server's answer to QUIT is awaited.
pub const FAREWELL: Duration = Duration::from_secs(1);
/// How long the status line says an error or a hint.
const SAID_FOR: Duration = Duration::from_secs(6);
/// How long it says that the connection is back.
const BACK_FOR: Duration = Duration::from_secs(3);
/// The milliseconds of a minute.
const MINUTE: u64 = 60_000;
/// A connection that breaks sooner after the welcome is as good as none: the pauses before the next try grow. A server that
/// closes us for what we do would else be asked again and again, a second apart.
const STANDS: Duration = Duration::from_secs(30);
/// Most addresses of one name whose failures are told.
const MAX_TRIES: usize = 32;

/// Most sentences about the connection that wait to be told.
const MAX_TOLD: usize = 4;

/// How the connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Connection {
    /// There is none, and none will be made by itself.
    None,
    /// The next try is at this time.
    Waiting(Time),
    /// It is being made.
    Trying,
    /// It stands.
    Online,
}

impl App {
    /// When something is due; ticks come only then.
    pub fn next_tick(&self) -> Option<Time> {
        let said = self.said.as_ref().map(|(_, until)| *until);
        // While the next try is counted down on the screen, each second is drawn.
        let countdown = match self.connection {
            Connection::Waiting(until) if until > self.now => {
                let left = until.since(self.now).as_millis();
                let to_second = u64::try_from((left - 1) % 1000 + 1).unwrap_or(1000);
                Some(self.now + Duration::from_millis(to_second))
            }
            _ => None,
        };
        let asked = self.asks.iter().filter_map(Asked::given_up).min();
        // A line that waits for its echo is drawn otherwise after a while.
        let waiting =
            self.window().waiting().map(|entry| entry.at + PENDING_SHOWN_AFTER).find(|at| *at > self.now);
        // The clock in the corner changes with the minute.
        let minute = matches!(self.screen, Screen::Rooms)
            .then(|| Time::from_millis((self.now.millis() / MINUTE + 1) * MINUTE));
        let (draft, typing) = (self.keeping.next_tick(), self.typing.next_tick());
        let search = self.finding.search.as_ref().and_then(|search| search.next_tick());
        let (memory, flood) = (self.remembering.next_tick(), self.flood.next_tick());
        [
            search,
            self.finding.mention.next_tick(),
            memory,
            flood,
            typing,
            minute,
            self.leaving,
            said,
            countdown,
            asked,
            waiting,
            draft,
            self.session.next_tick(),
            self.pace.next_tick().filter(|_| self.online()),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    pub(super) fn on_tick(&mut self, effects: &mut Vec<Effect>) {
        if self.leaving.is_some_and(|until| self.now >= until) {
            effects.push(Effect::Quit);
            return;
        }
        if self.said.as_ref().is_some_and(|(_, until)| self.now >= *until) {
            self.said = None;
        }
        if let Connection::Waiting(until) = self.connection
            && self.now >= until
        {
            self.connection = Connection::Trying;
        }
        self.take_turns(effects);
        self.give_up_asks(effects);
        self.give_up_search(effects);
        self.give_up_mention();
        self.tell_marks(false, effects);
        self.typing.tick(self.now);
        self.flood.tick(self.now);
        let mut reports = std::mem::take(&mut self.reports);
        self.session.tick(self.now, &mut reports);
        self.take_reports(&mut reports, effects);
        self.reports = reports;
    }

    /// Says something in the status line for a moment.
    pub(super) fn say(&mut self, status: Status) {
        let time = if matches!(status, Status::Back { .. }) { BACK_FOR } else { SAID_FOR };
        self.said = Some((status, self.now + time));
    }

    pub(super) fn first_connect(&mut self, server: &Address, effects: &mut Vec<Effect>) {
        self.options.server = Some(server.clone());
        self.screen = Screen::Connecting(Connecting { address: server.to_string(), ..Connecting::default() });
        self.windows[0].name = server.to_string();
        self.connection = Connection::Trying;
        self.open_journal(effects);
        effects.push(Effect::Connect { to: server.clone(), after: Duration::ZERO });
    }

    /// Connects at once: the user does not want to wait.
    pub(super) fn connect_now(&mut self, effects: &mut Vec<Effect>) {
        if let Some(to) = self.options.server.clone() {
            self.connection = Connection::Trying;
            effects.push(Effect::Connect { to, after: Duration::ZERO });
        }
    }

    pub(super) fn on_trying(&mut self, address: String) {
        self.connection = Connection::Trying;
        if let Screen::Connecting(connecting) = &mut self.screen
            && connecting.tries.len() < MAX_TRIES
        {
            connecting.tries.push(Try { address, failed: None });
        }
    }

    pub(super) fn on_unreachable(&mut self, address: String, reason: String) {
        if let Screen::Connecting(connecting) = &mut self.screen {
            match connecting.tries.iter_mut().find(|tried| tried.address == address) {
                Some(tried) => tried.failed = Some(reason),
                None => connecting.tries.push(Try { address, failed: Some(reason) }),
            }
        }
    }

    pub(super) fn on_online(&mut self, effects: &mut Vec<Effect>) {
        self.connection = Connection::Online;
        self.pace = Pace::default();
        if let Screen::Connecting(connecting) = &mut self.screen {
            connecting.greeting = true;
        }
        effects.extend(self.session.connected(self.now).into_iter().map(Effect::Send));
    }

    /// The welcome: the rooms are shown.
    pub(super) fn on_welcome(&mut self, effects: &mut Vec<Effect>) {
        if !matches!(self.screen, Screen::Rooms) {
            self.screen = Screen::Rooms;
            self.typed_host = None;
            self.first_words();
            if let Some(server) = &self.options.server {
                effects.push(Effect::Remember(server.to_string()));
            }
        }
        for words in std::mem::take(&mut self.told) {
            self.tell_here(Kind::Server, &words);
        }
        self.welcomed = Some(self.now);
        self.windows.iter_mut().filter(|w| w.with == With::Person).for_each(|window| window.joined = true);
    }

    /// The server has said what it supports: the rooms one wants to be in are joined, and what waits is sent.
    pub(super) fn on_ready(&mut self, effects: &mut Vec<Effect>) {
        if self.session.support().is_chatui() {
            self.pace.lift();
        }
        let wanted = self.windows.iter().filter(|window| window.wanted && !window.joined);
        let rooms = wanted.map(|window| (window.name.as_str(), self.session.key_of(&window.name)));
        let rooms: Vec<(&str, Option<&str>)> = rooms.collect();
        for line in join_lines(&rooms, self.session.support().join_most) {
            self.send_in_turn(Rank::Awaited, line, effects);
        }
        self.sent_late = 0;
        self.flush_people(effects);
        self.ask_people(effects);
        if let Some(lost) = self.lost.take() {
            let sent = self.sent_late;
            self.say(Status::Back { after: self.now.since(lost), sent });
        }
    }

    /// What is to be said once: what the server cannot do, that the nick is the login name, and the note that was given.
    fn first_words(&mut self) {
        let mut words = Vec::new();
        if !self.session.has(Cap::EchoMessage) {
            words.push("this server sends no echo: your lines stand where you sent them".to_owned());
        }
        if self.options.nick_is_login {
            let nick = self.session.nick();
            words.push(format!("no nick was given: you are {nick} (/nick NAME changes it)"));
        }
        words.append(&mut self.options.notes);
        for text in words {
            self.tell_here(Kind::Server, &text);
        }
        self.tell_complaints();
    }

    pub(super) fn on_offline(&mut self, reason: &str, effects: &mut Vec<Effect>) {
        let was_online = self.connection == Connection::Online;
        if self.welcomed.take().is_some_and(|at| self.now.since(at) >= STANDS) {
            self.backoff.reset();
        }
        self.pace = Pace::default();
        self.note_people();
        self.remembering.knows_people = false;
        self.session.disconnected();
        self.outbox.disconnected();
        self.probing = None;
        self.typing = super::Typing::default();
        self.asks.clear();
        self.finding.mention.give_up();
        self.search_ended(effects);
        self.windows.iter_mut().for_each(Window::disconnected);
        self.connection = Connection::None;
        if self.leaving.is_some() {
            effects.push(Effect::Quit);
            return;
        }
        match &self.screen {
            Screen::Form(_) => return,
            Screen::Connecting(connecting) => {
                let words = failure(connecting, reason);
                match self.typed_host.take() {
                    Some(host) => self.ask_again(&host, words),
                    None => effects.push(Effect::Fail(words)),
                }
                return;
            }
            Screen::Rooms => {}
        }
        if was_online {
            self.lost.get_or_insert(self.now);
            let text = format!("the connection is gone: {reason}");
            self.windows[0].push(Entry::new(self.now, Kind::Error, "".into(), &text));
        }
        if !self.options.reconnect {
            effects.push(Effect::Fail(format!("the connection is gone: {}", plain(reason))));
            return;
        }
        if let Some(to) = self.options.server.clone() {
            let after = self.backoff.next_pause();
            self.connection = Connection::Waiting(self.now + after);
            effects.push(Effect::Connect { to, after });
        }
    }

    /// No connection to what was typed into the form: it asks again, and says why. A slip is mended there.
    fn ask_again(&mut self, host: &str, why: String) {
        let mut form = Form::new(Some(host), self.session.nick());
        form.error = Some(why);
        self.options.server = None;
        self.screen = Screen::Form(Box::new(form));
    }

    /// Something to be told once the rooms are there.
    pub(super) fn on_told(&mut self, words: String) {
        if self.told.len() < MAX_TOLD {
            self.told.push(words);
        }
    }

    /// The server is not to be trusted: that is said where it cannot be overlooked, and not tried again.
    pub(super) fn on_refused(&mut self, reason: &str, effects: &mut Vec<Effect>) {
        let reconnect = std::mem::replace(&mut self.options.reconnect, false);
        if matches!(self.screen, Screen::Rooms) && self.leaving.is_none() {
            self.session.disconnected();
            self.pace = Pace::default();
            self.connection = Connection::None;
            self.tell_here(Kind::Error, &plain(reason));
        } else {
            self.on_offline(reason, effects);
        }
        self.options.reconnect = reconnect;
    }

    /// Says goodbye. The end comes with the server's answer, or after [`FAREWELL`]; at once when asked again.
    pub(super) fn leave(&mut self, reason: Option<&str>, effects: &mut Vec<Effect>) {
        if self.session.stage() == Stage::Offline || self.leaving.is_some() {
            effects.push(Effect::Quit);
            return;
        }
        self.tell_marks(true, effects);
        let reason = reason.unwrap_or(&self.settings.quit_message);
        effects.push(Effect::Send(self.session.line("QUIT", &[reason], None, None)));
        self.leaving = Some(self.now + FAREWELL);
        self.say(Status::Info("leaving …".to_owned()));
    }

    /// The server has ended the connection: it says why.
    pub(super) fn on_ended(&mut self, reason: &str, effects: &mut Vec<Effect>) {
        if self.leaving.is_some() {
            effects.push(Effect::Quit);
            return;
        }
        effects.push(Effect::Disconnect(plain(reason)));
    }
}

/// Why the first connection failed: every address with its reason.
fn failure(connecting: &Connecting, reason: &str) -> String {
    let text = format!("could not connect to {}: ", connecting.address);
    let failed: Vec<String> = connecting
        .tries
        .iter()
        .filter_map(|tried| tried.failed.as_ref().map(|why| format!("{}: {why}", tried.address)))
        .collect();
    match &failed[..] {
        _ if connecting.greeting => text + &plain(reason),
        [] | [_] => text + &plain(reason),
        several => text + &several.join("; "),
    }
}

impl Window {
    /// The connection is gone. A catch-up that was under way will begin anew from where it began: what came behind
    /// its gap meanwhile is given up, for it will be told again, in its place.
    fn disconnected(&mut self) {
        self.joined = false;
        if self.newest_known().is_some() {
            // What is missed from here on is asked for from here on.
            self.resume = None;
        }
        if let Some(gap) = self.catching_up.take() {
            self.forget_after(gap);
            self.remove(gap);
        }
        if self.past == Past::Loading {
            self.past = Past::More;
        }
        let loading: Vec<_> = self
            .entries()
            .iter()
            .filter(|entry| matches!(entry.kind, Kind::Gap(gap) if gap.state == GapState::Loading))
            .map(|entry| entry.id)
            .collect();
        for gap in loading {
            self.set_gap(gap, GapState::Waiting);
        }
    }
}

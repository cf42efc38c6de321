//! What the core knows: connections and channels.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::irc::line::Seq;
use crate::irc::name::{fold, same};
use crate::irc::{Caps, Line, Time};

use super::audience::{Ears, Form};
use super::config;
use super::connection::Connection;
use super::modes::Modes;
use super::recent::{Empties, Rank, Recent};

/// A connection's number: dense, so that it is an index; given by the edge, and reused only after its
/// [`Output::Close`](super::Output::Close).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnId(pub u32);

impl ConnId {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Who is at the other end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peer {
    /// The address as it is shown in sources; without port.
    pub address: String,
    /// What it speaks: for the diagnostics, the core treats all alike.
    pub kind: Kind,
    /// Whether it speaks through TLS.
    pub secure: bool,
    /// The port at which it has come; 0 if it comes from this machine itself.
    pub port: u16,
    /// How long it had been connected when the core was told of it: it has that much less time to register.
    pub waited: Duration,
}

/// What somebody speaks with the edge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// IRC.
    #[default]
    Irc,
    /// Plain text, which the edge translates.
    Plain,
}

impl Kind {
    /// Its name in the diagnostics.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Irc => "irc",
            Kind::Plain => "plain",
        }
    }
}

/// What somebody is in a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// `@`
    pub operator: bool,
    /// `+`
    pub voice: bool,
}

impl Status {
    /// The highest prefix, or all of them for those with `multi-prefix`.
    pub fn prefix(self, all: bool) -> &'static str {
        match (self.operator, self.voice) {
            (true, true) if all => "@+",
            (true, _) => "@",
            (false, true) => "+",
            (false, false) => "",
        }
    }
}

/// A channel's number inside the core.
pub type ChanId = usize;

/// A channel's topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The text; empty when the topic was cleared.
    pub text: String,
    /// Who set it: a nick.
    pub by: String,
    /// The line that set it.
    pub line: Line,
}

/// A channel.
#[derive(Debug)]
pub struct Channel {
    /// The name as it was first written.
    pub name: String,
    /// When it came into being.
    pub created: Time,
    /// Which of all the times that people came together somewhere this is: an invitation is to these people, and ends
    /// when the last of them is gone, whoever comes after them.
    pub founding: u64,
    /// Its topics, the last one is what [`Channel::topic`] says. The ones before it are what it would be if the last
    /// could not be kept: at most [`config::TOPICS_BACK`].
    pub topics: Vec<Topic>,
    /// Who is in it, in no order.
    pub members: Vec<ConnId>,
    /// The same, as an audience.
    pub ears: Arc<Ears>,
    /// Its modes.
    pub modes: Modes,
    /// Its last messages.
    pub recent: Recent,
    /// The log may have older messages than these.
    pub older: bool,
    /// Where it stands among those that nobody is in, if it is one of them.
    rank: Option<Rank>,
}

impl Channel {
    /// Its topic, if it has one.
    pub fn topic(&self) -> Option<&Topic> {
        self.topics.last().filter(|topic| !topic.text.is_empty())
    }

    /// Sets its topic.
    pub fn set_topic(&mut self, topic: Topic) {
        self.topics.push(topic);
        if self.topics.len() > config::TOPICS_BACK {
            // The oldest is the one that is kept most surely, so it stays.
            self.topics.remove(1);
        }
    }
}

/// Everything the core knows.
#[derive(Debug)]
pub struct State {
    connections: Vec<Option<Box<Connection>>>,
    open: usize,
    /// How many users, that is: registered connections.
    pub registered: usize,
    /// Most users that there were at one time.
    pub most: usize,
    nicks: HashMap<String, ConnId>,
    /// Who watches a nick, by its folded form.
    watchers: HashMap<String, Vec<ConnId>>,
    channels: Vec<Option<Box<Channel>>>,
    free_channels: Vec<ChanId>,
    channel_ids: HashMap<String, ChanId>,
    empties: Empties,
    /// The log may have lines of channels that are not known here.
    more_past: bool,
    foundings: u64,
    lanes: usize,
}

impl State {
    /// Nobody and nothing.
    pub fn new(lanes: usize) -> State {
        State {
            connections: Vec::new(),
            open: 0,
            registered: 0,
            most: 0,
            nicks: HashMap::new(),
            watchers: HashMap::new(),
            channels: Vec::new(),
            free_channels: Vec::new(),
            channel_ids: HashMap::new(),
            empties: Empties::default(),
            more_past: false,
            foundings: 0,
            lanes: lanes.max(1),
        }
    }

    /// A new connection takes its id.
    pub fn open(&mut self, id: ConnId, peer: Peer, now: Time) {
        if self.connections.len() <= id.index() {
            self.connections.resize_with(id.index() + 1, || None);
        }
        self.connections[id.index()] = Some(Box::new(Connection::new(peer, now)));
        self.open += 1;
    }

    /// How many connections there are.
    pub fn connections(&self) -> usize {
        self.open
    }

    /// The ids of all connections.
    pub fn ids(&self) -> Vec<ConnId> {
        (0u32..).zip(&self.connections).filter(|(_, slot)| slot.is_some()).map(|(id, _)| ConnId(id)).collect()
    }

    /// A connection.
    pub fn connection(&self, id: ConnId) -> Option<&Connection> {
        self.connections.get(id.index()).and_then(Option::as_deref)
    }

    /// A connection, to change it.
    pub fn connection_mut(&mut self, id: ConnId) -> Option<&mut Connection> {
        self.connections.get_mut(id.index()).and_then(Option::as_deref_mut)
    }

    /// A connection that is on its way out still hears nothing more of its own doing.
    pub fn set_leaving(&mut self, id: ConnId) {
        if let Some(connection) = self.connection_mut(id) {
            connection.leaving = true;
        }
    }

    /// Takes a connection out of everything it is in.
    pub fn remove(&mut self, id: ConnId) {
        let Some(connection) = self.connections.get_mut(id.index()).and_then(Option::take) else { return };
        self.open -= 1;
        self.registered -= usize::from(connection.registered);
        let form = connection.form();
        for (channel, _) in &connection.channels {
            self.take_out(*channel, id, form);
        }
        for nick in &connection.monitoring {
            self.forget_watcher(id, nick);
        }
        let key = fold(&connection.nick);
        if self.nicks.get(key.as_ref()) == Some(&id) {
            self.nicks.remove(key.as_ref());
        }
    }

    /// Who has a nick; registered or about to.
    pub fn by_nick(&self, nick: &str) -> Option<ConnId> {
        self.nicks.get(fold(nick).as_ref()).copied()
    }

    /// A registered user by nick.
    pub fn user(&self, nick: &str) -> Option<(ConnId, &Connection)> {
        let id = self.by_nick(nick)?;
        self.connection(id).filter(|connection| connection.registered).map(|connection| (id, connection))
    }

    /// A connection becomes a user.
    pub fn register(&mut self, id: ConnId, now: Time) {
        let Some(connection) = self.connection_mut(id) else { return };
        connection.registered = true;
        connection.spoke = now;
        connection.rename();
        self.registered += 1;
        self.most = self.most.max(self.registered);
    }

    /// Gives a nick to a connection and frees the one it had. Whether it is free was checked by the caller.
    pub fn set_nick(&mut self, id: ConnId, nick: &str) {
        let Some(connection) = self.connection_mut(id) else { return };
        let old = std::mem::replace(&mut connection.nick, nick.to_owned());
        connection.rename();
        let key = fold(&old).into_owned();
        if self.nicks.get(&key) == Some(&id) {
            self.nicks.remove(&key);
        }
        self.nicks.insert(fold(nick).into_owned(), id);
    }

    /// Who watches a nick.
    pub fn watchers(&self, nick: &str) -> &[ConnId] {
        self.watchers.get(fold(nick).as_ref()).map_or(&[], Vec::as_slice)
    }

    /// Somebody watches a nick from now on. That he does not do so yet was checked by the caller.
    pub fn watch(&mut self, id: ConnId, nick: &str) {
        if let Some(connection) = self.connection_mut(id) {
            connection.monitoring.push(nick.to_owned());
            self.watchers.entry(fold(nick).into_owned()).or_default().push(id);
        }
    }

    /// Somebody watches a nick no more.
    pub fn unwatch(&mut self, id: ConnId, nick: &str) {
        if let Some(connection) = self.connection_mut(id) {
            connection.monitoring.retain(|other| !same(other, nick));
            self.forget_watcher(id, nick);
        }
    }

    fn forget_watcher(&mut self, id: ConnId, nick: &str) {
        let key = fold(nick);
        if let Some(watchers) = self.watchers.get_mut(key.as_ref()) {
            watchers.retain(|other| *other != id);
            if watchers.is_empty() {
                self.watchers.remove(key.as_ref());
            }
        }
    }

    /// A channel by its name.
    pub fn channel_id(&self, name: &str) -> Option<ChanId> {
        self.channel_ids.get(fold(name).as_ref()).copied()
    }

    /// A channel.
    pub fn channel(&self, id: ChanId) -> Option<&Channel> {
        self.channels.get(id).and_then(Option::as_deref)
    }

    /// A channel, to change it.
    pub fn channel_mut(&mut self, id: ChanId) -> Option<&mut Channel> {
        self.channels.get_mut(id).and_then(Option::as_deref_mut)
    }

    /// All channels.
    pub fn channels(&self) -> impl Iterator<Item = (ChanId, &Channel)> {
        self.channels.iter().enumerate().filter_map(|(id, slot)| Some((id, slot.as_deref()?)))
    }

    /// How many channels somebody is in.
    pub fn living_channels(&self) -> usize {
        self.channel_ids.len() - self.empties.len()
    }

    /// A channel by its name, made if it is not there: it is empty then, and forgotten unless something is said.
    pub fn channel_or_new(&mut self, name: &str, now: Time) -> ChanId {
        if let Some(id) = self.channel_id(name) {
            return id;
        }
        let channel = Channel {
            name: name.to_owned(),
            created: now,
            founding: 0,
            topics: Vec::new(),
            members: Vec::new(),
            ears: Arc::new(Ears::new(self.lanes)),
            modes: Modes::default(),
            recent: Recent::default(),
            older: self.more_past,
            rank: None,
        };
        let id = self.free_channels.pop().unwrap_or_else(|| {
            self.channels.push(None);
            self.channels.len() - 1
        });
        self.channels[id] = Some(Box::new(channel));
        self.channel_ids.insert(fold(name).into_owned(), id);
        self.enter_empties(id);
        id
    }

    /// Nobody is in a channel.
    fn enter_empties(&mut self, channel: ChanId) {
        let Some(place) = self.channels.get_mut(channel).and_then(Option::as_mut) else { return };
        let (rank, is_cut) = self.empties.insert(channel, &mut place.recent);
        place.rank = Some(rank);
        // What is not remembered any more is in the log.
        place.older |= is_cut;
    }

    /// It is not one of those any more; says whether it was.
    fn leave_empties(&mut self, channel: ChanId) -> bool {
        let Some(place) = self.channels.get_mut(channel).and_then(Option::as_mut) else { return false };
        let Some(rank) = place.rank.take() else { return false };
        self.empties.remove(channel, rank, &place.recent);
        true
    }

    /// Changes what is remembered of a channel.
    pub fn change(&mut self, channel: ChanId, change: impl FnOnce(&mut Channel)) {
        let is_empty = self.leave_empties(channel);
        if let Some(place) = self.channel_mut(channel) {
            change(place);
        }
        if is_empty {
            self.enter_empties(channel);
        }
    }

    /// Of what is remembered, only lines behind this one are surely all that there are; and the log may have lines of
    /// channels that are not known here.
    pub fn recall_behind(&mut self, at: Time, seq: Seq) {
        self.more_past = true;
        for channel in 0..self.channels.len() {
            self.change(channel, |place| {
                place.recent.retain(|line| (line.time(), line.seq()) > (at, seq));
                place.older = true;
            });
        }
    }

    /// Puts a connection into a channel.
    pub fn put_in(&mut self, channel: ChanId, id: ConnId, status: Status) {
        let Some(connection) = self.connection_mut(id) else { return };
        if connection.status(channel).is_some() {
            return;
        }
        connection.channels.push((channel, status));
        let form = connection.form();
        let next_founding = self.foundings + 1;
        let Some(place) = self.channel_mut(channel) else { return };
        let was_empty = place.members.is_empty();
        if was_empty {
            place.founding = next_founding;
        }
        place.members.push(id);
        Arc::make_mut(&mut place.ears).insert(id, form);
        let founding = place.founding;
        if was_empty {
            self.foundings = next_founding;
            self.leave_empties(channel);
        }
        if let Some(connection) = self.connection_mut(id) {
            connection.invited.retain(|other| *other != founding);
        }
    }

    /// Takes a connection out of one channel.
    pub fn part(&mut self, channel: ChanId, id: ConnId) {
        let Some(connection) = self.connection_mut(id) else { return };
        let form = connection.form();
        connection.channels.retain(|(other, _)| *other != channel);
        self.take_out(channel, id, form);
    }

    fn take_out(&mut self, channel: ChanId, id: ConnId, form: Form) {
        let Some(place) = self.channel_mut(channel) else { return };
        let Some(at) = place.members.iter().position(|other| *other == id) else { return };
        place.members.swap_remove(at);
        Arc::make_mut(&mut place.ears).remove(id, form);
        if place.members.is_empty() {
            // What was agreed among people who are gone (modes, keys) is gone too; what was said stays.
            place.modes = Modes::default();
            self.enter_empties(channel);
            self.forget_if_empty(channel);
        }
    }

    /// Forgets a channel that nobody is in and in which nothing was said; and of those that nobody is in, as many as there
    /// are beyond the limit.
    pub fn forget_if_empty(&mut self, channel: ChanId) {
        let Some(place) = self.channel(channel) else { return };
        let read_again = !place.older || self.more_past;
        let silent = place.recent.lines().is_empty() && read_again && place.topic().is_none();
        if place.members.is_empty() && silent {
            self.forget_channel(channel);
        }
        while self.empties.len() > config::MAX_EMPTY_CHANNELS
            && let Some(first) = self.empties.first()
        {
            self.more_past = true;
            self.forget_channel(first);
        }
    }

    fn forget_channel(&mut self, channel: ChanId) {
        self.leave_empties(channel);
        if let Some(place) = self.channels.get_mut(channel).and_then(Option::take) {
            self.channel_ids.remove(&*fold(&place.name));
            self.free_channels.push(channel);
        }
    }

    /// Changes what somebody is in a channel.
    pub fn set_status(&mut self, channel: ChanId, id: ConnId, change: impl FnOnce(&mut Status)) {
        let Some(connection) = self.connection_mut(id) else { return };
        if let Some((_, status)) = connection.channels.iter_mut().find(|(other, _)| *other == channel) {
            change(status);
        }
    }

    /// Changes a connection's capabilities, and with them the form in which it hears its channels.
    pub fn set_caps(&mut self, id: ConnId, caps: Caps) {
        let Some(connection) = self.connection_mut(id) else { return };
        let old = connection.form();
        connection.caps = caps;
        let new = connection.form();
        if old == new {
            return;
        }
        let channels: Vec<ChanId> = connection.channels.iter().map(|(channel, _)| *channel).collect();
        for channel in channels {
            if let Some(place) = self.channel_mut(channel) {
                let ears = Arc::make_mut(&mut place.ears);
                ears.remove(id, old);
                ears.insert(id, new);
            }
        }
    }

    /// Everybody who shares a channel with somebody, each once, and the one in question not among them.
    pub fn neighbours(&self, id: ConnId) -> Vec<ConnId> {
        let Some(connection) = self.connection(id) else { return Vec::new() };
        let mut ids: Vec<ConnId> = connection
            .channels
            .iter()
            .filter_map(|(channel, _)| self.channel(*channel))
            .flat_map(|channel| channel.members.iter().copied())
            .filter(|other| *other != id)
            .collect();
        if connection.channels.len() > 1 {
            ids.sort_unstable();
            ids.dedup();
        }
        ids
    }

    /// Those of some connections that fit, as an audience.
    pub fn ears(&self, ids: impl IntoIterator<Item = ConnId>, wanted: impl Fn(&Connection) -> bool) -> Ears {
        let mut ears = Ears::new(self.lanes);
        for id in ids {
            if let Some(connection) = self.connection(id).filter(|connection| wanted(connection)) {
                ears.insert(id, connection.form());
            }
        }
        ears
    }

    /// Whether two users are in a channel together.
    pub fn share_a_channel(&self, one: ConnId, other: ConnId) -> bool {
        match (self.connection(one), self.connection(other)) {
            (Some(one), Some(other)) => {
                one.channels.iter().any(|(channel, _)| other.status(*channel).is_some())
            }
            _ => false,
        }
    }
}

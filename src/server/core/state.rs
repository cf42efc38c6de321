//! What the core knows: connections and channels.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::sync::Arc;

use crate::irc::name::fold;
use crate::irc::{Caps, Line, Time};

use super::audience::{Ears, Form};
use super::config::{self, Config};

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

/// A connection, registered or on its way there.
#[derive(Debug)]
pub struct Connection {
    /// Who is at the other end.
    pub peer: Peer,
    /// The capabilities it has asked for and got.
    pub caps: Caps,
    /// Whether it knows `CAP LS 302`: values, and `cap-notify` implied.
    pub cap_302: bool,
    /// Between CAP LS or REQ and CAP END.
    pub negotiating: bool,
    /// Its nick; empty until it has one.
    pub nick: String,
    /// Its user name; empty until USER.
    pub user: String,
    /// Its real name.
    pub realname: String,
    /// `nick!user@host`.
    pub source: String,
    /// Whether it gave the server's password.
    pub password_given: bool,
    /// After the welcome.
    pub registered: bool,
    /// Its away text, while it is away.
    pub away: Option<String>,
    /// User mode `+i`: not shown to strangers.
    pub invisible: bool,
    /// Where it is, and as what.
    pub channels: Vec<(ChanId, Status)>,
    /// Channels it may enter past `+i`, by their [founding](Channel::founding).
    pub invited: Vec<u64>,
    /// When it connected.
    pub opened: Time,
    /// When it last said something to somebody: for idle times.
    pub spoke: Time,
    /// When anything was last read from it.
    heard: Time,
    /// When it was asked with a PING that it has not answered.
    asked: Option<Time>,
    /// Its QUIT is on its way into the order.
    pub leaving: bool,
    /// Why it ends, once its QUIT has been applied.
    pub close_reason: Option<String>,
}

/// What the clock says of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// Nothing is due.
    Fine,
    /// It has been silent and is to be asked.
    Ask,
    /// It did not register in time.
    Unregistered,
    /// It did not answer.
    Silent,
}

impl Connection {
    fn new(peer: Peer, now: Time) -> Connection {
        Connection {
            peer,
            caps: Caps::default(),
            cap_302: false,
            negotiating: false,
            nick: String::new(),
            user: String::new(),
            realname: String::new(),
            source: String::new(),
            password_given: false,
            registered: false,
            away: None,
            invisible: false,
            channels: Vec::new(),
            invited: Vec::new(),
            opened: now,
            spoke: now,
            heard: now,
            asked: None,
            leaving: false,
            close_reason: None,
        }
    }

    /// The name it is addressed by in replies: `*` until it has a nick.
    pub fn shown_nick(&self) -> &str {
        if self.nick.is_empty() { "*" } else { &self.nick }
    }

    /// Which form of a line it reads.
    pub fn form(&self) -> Form {
        Form::of(self.caps)
    }

    /// What it is in a channel; `None` if it is not in it.
    pub fn status(&self, channel: ChanId) -> Option<Status> {
        self.channels.iter().find(|(id, _)| *id == channel).map(|(_, status)| *status)
    }

    /// Something was read from it.
    pub fn heard(&mut self, now: Time) {
        self.heard = now;
        self.asked = None;
    }

    /// The source is made anew when nick, user or address are known or change.
    pub fn rename(&mut self) {
        self.source = format!("{}!{}@{}", self.nick, self.user, self.peer.address);
    }

    /// What is due now.
    pub fn deadline(&mut self, now: Time, config: &Config) -> Deadline {
        if self.leaving {
            return Deadline::Fine;
        }
        if !self.registered {
            let late = now.since(self.opened) >= config.registration_deadline;
            return if late { Deadline::Unregistered } else { Deadline::Fine };
        }
        match self.asked {
            Some(at) if now.since(at) >= config.ping_deadline => Deadline::Silent,
            Some(_) => Deadline::Fine,
            None if now.since(self.heard) >= config.ping_after => {
                self.asked = Some(now);
                Deadline::Ask
            }
            None => Deadline::Fine,
        }
    }
}

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
    pub modes: super::mode::Modes,
    /// Its last messages, oldest first: at most [`config::RECENT_LINES`].
    pub recent: VecDeque<Line>,
    /// The log may have older messages than these.
    pub older: bool,
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
    /// How many of them are registered.
    pub registered: usize,
    /// Most that there were at one time.
    pub most: usize,
    nicks: HashMap<String, ConnId>,
    channels: Vec<Option<Box<Channel>>>,
    free_channels: Vec<ChanId>,
    channel_ids: HashMap<String, ChanId>,
    empty_channels: usize,
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
            channels: Vec::new(),
            free_channels: Vec::new(),
            channel_ids: HashMap::new(),
            empty_channels: 0,
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
        self.most = self.most.max(self.open);
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
        self.channel_ids.len() - self.empty_channels
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
            modes: super::mode::Modes::default(),
            recent: VecDeque::new(),
            older: false,
        };
        let id = self.free_channels.pop().unwrap_or_else(|| {
            self.channels.push(None);
            self.channels.len() - 1
        });
        self.channels[id] = Some(Box::new(channel));
        self.channel_ids.insert(fold(name).into_owned(), id);
        self.empty_channels += 1;
        id
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
            self.empty_channels -= 1;
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
            place.modes = super::mode::Modes::default();
            self.empty_channels += 1;
            self.forget_if_empty(channel);
        }
    }

    /// Forgets a channel that nobody is in and in which nothing was said, and any beyond the limit.
    pub fn forget_if_empty(&mut self, channel: ChanId) {
        let Some(place) = self.channel(channel) else { return };
        let silent = place.recent.is_empty() && !place.older && place.topic().is_none();
        if place.members.is_empty() && (silent || self.empty_channels > config::MAX_EMPTY_CHANNELS) {
            let key = fold(&place.name).into_owned();
            self.channel_ids.remove(&key);
            self.channels[channel] = None;
            self.free_channels.push(channel);
            self.empty_channels -= 1;
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
    pub fn neighbours(&self, id: ConnId, wanted: impl Fn(&Connection) -> bool) -> Ears {
        let mut ears = Ears::new(self.lanes);
        let Some(connection) = self.connection(id) else { return ears };
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
        for other in ids {
            if let Some(neighbour) = self.connection(other).filter(|neighbour| wanted(neighbour)) {
                ears.insert(other, neighbour.form());
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

//! The client's half of the protocol: registration, capabilities, who is in which channel, batches. Lines come in,
//! [`Report`]s go out. Pure; a bot needs nothing but this and a socket. Works with any server: what it does not
//! offer is done without.

mod batch;
mod channel;
mod handlers;
mod joining;
mod login;
mod report;
mod search;
mod split;
mod support;
mod welcome;
mod words;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

pub use channel::{Channel, MAX_MEMBERS, Member, Prefixes, Topic};
pub use joining::join_lines;
pub use login::{Account, Secret};
pub use report::{Beyond, Heard, Report, What};
pub use search::Sought;
pub use split::split;
pub use support::{HISTORY_PAGE, Support};

use crate::irc::message::push_tag;
use crate::irc::name::{Source, fold, same};
use crate::irc::{Cap, Caps, MAX_REST, Message, Time};
use batch::Batches;
pub use batch::MAX_LINES as BATCH_MOST;
use login::Login;

/// The client tag that carries a message's own id, so that it can be found again after the connection broke.
pub const ID_TAG: &str = "+chatui/id";
/// After so long without a line the server is asked for a sign of life.
pub const SILENCE: Duration = Duration::from_secs(60);
/// A server that has welcomed us says next what it is and what it supports. If the end of that does not come, nobody waits
/// longer for it than this.
const READY_MOST: Duration = Duration::from_secs(5);
/// After so long without an answer to that the connection is taken for dead.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// What is sent with the question for a sign of life.
const LIFE_TOKEN: &str = "chatui";
/// Most channels that are kept; a server that puts us into more is not followed.
pub const MAX_CHANNELS: usize = 500;
/// Most members of a channel for which a WHO is sent to learn who is away.
const WHO_MOST: usize = 100;
/// What a server prepends to our lines at most, when it has not yet told: user name and host at their longest.
const UNKNOWN_SOURCE: usize = 1 + 18 + 1 + 63;

/// Who registers.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    /// The nick to ask for.
    pub nick: String,
    /// The user name; empty: made of the nick.
    pub user: String,
    /// The real name.
    pub real_name: String,
    /// The server's password.
    pub password: Option<Secret>,
    /// The account to log in to.
    pub account: Option<Account>,
}

/// How far the connection is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// No connection.
    #[default]
    Offline,
    /// Before the welcome.
    Registering,
    /// Welcome.
    Registered,
}

/// The client's half of the protocol.
#[derive(Debug, Default)]
pub struct Session {
    identity: Identity,
    stage: Stage,
    nick: Arc<str>,
    away: bool,
    /// With which reason one wants to be away, whatever becomes of the connection.
    away_reason: Option<String>,
    support: Support,
    caps: Caps,
    offered: Caps,
    /// How many answers to CAP REQ are still to come before CAP END.
    asked: usize,
    login: Login,
    /// Whether the server lets accounts log in by SASL PLAIN, if it offers SASL.
    takes_plain: bool,
    /// How many nicks were refused during this registration.
    refused: usize,
    /// The nick that the user has asked for and not got yet.
    asked_nick: Option<String>,
    /// Whether the nick in use is a variation of the wanted one, which is taken back when it becomes free.
    varied: bool,
    /// After the welcome: until when the end of what the server says of itself is awaited.
    ready_by: Option<Time>,
    /// Masks of people who are ignored.
    ignored: Vec<String>,
    channels: Vec<Channel>,
    /// The keys of channels, by their names (folded), as they were given or shown; kept over connections.
    keys: HashMap<String, String>,
    /// The channels of the connection before this one, until their members are told anew.
    former: Vec<Channel>,
    batches: Batches,
    /// The bytes of our own user name and host, as the server has shown them.
    own_source: Option<(usize, usize)>,
    next_label: u64,
    /// Channels of which the members are being told, with those told so far.
    names: Vec<(String, Vec<(u8, String)>)>,
    /// Channels (folded) whose NAMES or WHO nobody asked for by hand: the answer is not shown.
    quiet: HashSet<String>,
    /// How many channels of a list were told.
    listed: usize,
    heard: Time,
    /// The latest time with which the server has stamped something that happened just now.
    stamped: Time,
    /// When the server was asked for a sign of life.
    pinged: Option<Time>,
}

impl Session {
    /// A session that will register as this.
    pub fn new(identity: Identity) -> Session {
        Session { nick: identity.nick.as_str().into(), identity, next_label: 1, ..Session::default() }
    }

    /// How far the connection is.
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// One's own nick.
    pub fn nick(&self) -> &str {
        &self.nick
    }

    /// The nick that is asked for at each connection.
    pub fn wanted_nick(&self) -> &str {
        &self.identity.nick
    }

    /// Who is ignored from now on: masks.
    pub fn set_ignored(&mut self, masks: &[String]) {
        masks.clone_into(&mut self.ignored);
    }

    /// Whether one is away.
    pub fn away(&self) -> bool {
        self.away
    }

    /// One wants to be away with this reason, or to be back: the line that says so, now and after each welcome.
    pub fn set_away(&mut self, reason: Option<&str>) -> String {
        self.away_reason = reason.map(str::to_owned);
        let params: Vec<&str> = reason.into_iter().collect();
        self.line("AWAY", &params, None, None)
    }

    /// What the server says of itself.
    pub fn support(&self) -> &Support {
        &self.support
    }

    /// The signs in front of nicks.
    pub fn prefixes(&self) -> &Prefixes {
        &self.support.prefixes
    }

    /// The capabilities in use.
    pub fn caps(&self) -> Caps {
        self.caps
    }

    /// Whether a capability is in use.
    pub fn has(&self, cap: Cap) -> bool {
        self.caps.has(cap)
    }

    /// A channel that one is in.
    pub fn channel(&self, name: &str) -> Option<&Channel> {
        self.channels.iter().find(|channel| same(&channel.name, name))
    }

    /// A channel as it is shown: after a pause as it was before, until who is in it and what it is about has been
    /// told anew.
    pub fn shown_channel(&self, name: &str) -> Option<&Channel> {
        let now = self.channel(name);
        let former = || self.former.iter().find(|channel| same(&channel.name, name));
        now.filter(|channel| channel.complete).or_else(former).or(now)
    }

    /// All channels that one is in.
    pub fn channels(&self) -> &[Channel] {
        &self.channels
    }

    fn channel_mut(&mut self, name: &str) -> Option<&mut Channel> {
        self.channels.iter_mut().find(|channel| same(&channel.name, name))
    }

    /// Asks for another nick from the next registration on.
    pub fn set_wanted_nick(&mut self, nick: &str) {
        nick.clone_into(&mut self.identity.nick);
        if self.stage == Stage::Offline {
            self.nick = nick.into();
        }
    }

    /// The user asks the server for another nick: if it is given, it is the wanted one.
    pub fn nick_asked(&mut self, nick: &str) {
        self.asked_nick = Some(nick.to_owned());
    }

    /// The connection stands: these lines are to be sent.
    pub fn connected(&mut self, now: Time) -> Vec<String> {
        let (next_label, ignored) = (self.next_label, std::mem::take(&mut self.ignored));
        let (keys, away_reason) = (std::mem::take(&mut self.keys), self.away_reason.take());
        // Of a channel that was not whole when the connection broke, what was known before still is.
        let mut former = std::mem::take(&mut self.channels);
        former.retain(|channel| channel.complete);
        self.former.retain(|old| !former.iter().any(|channel| same(&channel.name, &old.name)));
        former.append(&mut self.former);
        former.truncate(MAX_CHANNELS);
        let identity = std::mem::take(&mut self.identity);
        *self = Session { next_label, ignored, keys, away_reason, former, ..Session::new(identity) };
        self.stage = Stage::Registering;
        self.heard = now;
        self.opening()
    }

    /// The connection is gone. Who was in which channel is kept for the eye until the next connection stands.
    pub fn disconnected(&mut self) {
        self.stage = Stage::Offline;
        self.batches = Batches::default();
        self.caps = Caps::default();
        self.names.clear();
        self.quiet.clear();
        (self.pinged, self.ready_by) = (None, None);
    }

    /// Takes one line, without its end. What follows from it is appended to `out`. A line that is no message is
    /// passed over.
    pub fn receive(&mut self, line: &str, now: Time, out: &mut Vec<Report>) {
        self.heard = now;
        self.pinged = None;
        let Ok(message) = Message::parse(line) else { return };
        let marks = Marks::read(&message, now);
        if let Some(batch) = marks.batch
            && self.batches.collects(batch)
        {
            let item = self.heard_of(&message, &marks);
            self.batches.push(batch, item);
            return;
        }
        if marks.is_stamped {
            // A time that has not come yet is nobody's.
            self.stamped = self.stamped.max(marks.at.min(now));
        }
        self.handle(&message, &marks, out);
    }

    /// When [`tick`](Self::tick) has something to do.
    pub fn next_tick(&self) -> Option<Time> {
        let life = match (self.stage, self.pinged) {
            (Stage::Offline, _) => return None,
            (_, Some(pinged)) => pinged + PATIENCE,
            (_, None) => self.heard + SILENCE,
        };
        Some(self.ready_by.map_or(life, |by| by.min(life)))
    }

    /// Asks for a sign of life after a long silence, and says when there is none.
    pub fn tick(&mut self, now: Time, out: &mut Vec<Report>) {
        if self.next_tick().is_none_or(|due| now < due) {
            return;
        }
        if self.ready_by.is_some_and(|by| now >= by) {
            self.on_ready(out);
        } else if self.pinged.is_some() {
            self.pinged = None;
            out.push(Report::Silent);
        } else {
            self.pinged = Some(now);
            out.push(Report::Answer(format!("PING :{LIFE_TOKEN}")));
        }
    }

    /// A label for the next command, if the server answers with labels.
    pub fn label(&mut self) -> Option<u64> {
        if !self.has(Cap::LabeledResponse) {
            return None;
        }
        self.next_label += 1;
        Some(self.next_label)
    }

    /// A command as a line to be sent. `id` is sent as [`ID_TAG`] where the server relays it.
    pub fn line(&self, command: &str, params: &[&str], label: Option<u64>, id: Option<&str>) -> String {
        let mut tags = String::new();
        if let Some(label) = label {
            push_tag(&mut tags, "label", &label.to_string());
        }
        if let Some(id) = id
            && self.carries_ids()
        {
            push_tag(&mut tags, ID_TAG, id);
        }
        // What a line cannot hold is not sent, whatever the caller gives.
        let clean: Vec<String> = params.iter().map(|param| param.replace(['\r', '\n', '\0'], " ")).collect();
        let clean: Vec<&str> = clean.iter().map(String::as_str).collect();
        Message::new(command, &clean).with_tags(&tags).to_string()
    }

    /// Words to a target as a line to be sent, with their own id, and with that of the message that they answer. The
    /// words always stand behind a colon, as old programs expect.
    pub fn speech(
        &self,
        verb: &str,
        target: &str,
        words: &str,
        label: Option<u64>,
        id: &str,
        reply: Option<&str>,
    ) -> String {
        let head = self.line(verb, &[target], label, Some(id));
        let head = match reply.filter(|_| self.carries_replies()) {
            // It is given back as it came.
            Some(reply) => match head.strip_prefix('@') {
                Some(tagged) => format!("@+draft/reply={reply};{tagged}"),
                None => format!("@+draft/reply={reply} {head}"),
            },
            None => head,
        };
        format!("{head} :{}", words.replace(['\r', '\n', '\0'], " "))
    }

    /// That one is typing to this target, or is no longer
    /// ([typing](https://ircv3.net/specs/client-tags/typing)); nothing where nobody would hear it.
    pub fn typing(&self, target: &str, active: bool) -> Option<String> {
        let relays = self.has(Cap::MessageTags) && self.support.relays("typing");
        relays.then(|| format!("@+typing={} TAGMSG {target}", if active { "active" } else { "done" }))
    }

    /// A reaction to a message ([react](https://ircv3.net/specs/client-tags/react)); nothing where nobody would hear it.
    pub fn reaction(&self, target: &str, msgid: &str, with: &str) -> Option<String> {
        let support = &self.support;
        let relays =
            self.has(Cap::MessageTags) && support.relays("draft/react") && support.relays("draft/reply");
        relays.then(|| {
            let mut tags = String::new();
            // An id is given back as it came.
            push_tag(&mut tags, "+draft/react", with);
            format!("@{tags};+draft/reply={msgid} TAGMSG {target}")
        })
    }

    /// Whether a message can say which one it answers.
    pub fn carries_replies(&self) -> bool {
        self.has(Cap::MessageTags) && self.support.relays("draft/reply")
    }

    /// Whether a message's own id is sent and comes back.
    pub fn carries_ids(&self) -> bool {
        self.has(Cap::MessageTags) && self.support.client_tags
    }

    /// How many bytes of text fit into one message to this target, so that the line still fits with our own source
    /// in front of it, as others get it.
    pub fn room(&self, target: &str, action: bool) -> usize {
        let source = self.own_source.map_or(UNKNOWN_SOURCE, |(user, host)| "!@".len() + user + host);
        let frame = ":".len() + self.nick.len() + source + " PRIVMSG ".len() + target.len() + " :\r\n".len();
        let frame = frame + if action { "\u{1}ACTION \u{1}".len() } else { 0 };
        MAX_REST.saturating_sub(frame)
    }

    /// Asks for a piece of a channel's past: `what` is the subcommand with its references. Gives the line and its
    /// label.
    pub fn ask_history(&mut self, what: &Ask<'_>, target: &str, limit: u32) -> (String, Option<u64>) {
        let label = self.label();
        let limit = limit.min(self.support.history_page).to_string();
        let (verb, reference) = match what {
            Ask::Latest => ("LATEST", "*".to_owned()),
            Ask::Before(msgid, at) => ("BEFORE", self.reference(msgid, *at)),
            Ask::After(msgid, at) => ("AFTER", self.reference(msgid, *at)),
            Ask::Around(msgid, at) => ("AROUND", self.reference(msgid, *at)),
        };
        (self.line("CHATHISTORY", &[verb, target, &reference, &limit], label, None), label)
    }

    /// Asks which conversations had messages between two times
    /// ([TARGETS](https://ircv3.net/specs/extensions/chathistory#targets)). Gives the line and its label.
    pub fn ask_targets(&mut self, since: Time, until: Time, limit: u32) -> (String, Option<u64>) {
        let label = self.label();
        let (since, until) = (format!("timestamp={since}"), format!("timestamp={until}"));
        let params = ["TARGETS", &since, &until, &limit.to_string()];
        (self.line("CHATHISTORY", &params, label, None), label)
    }

    /// The latest time with which the server has stamped something that happened just now.
    pub fn stamped(&self) -> Time {
        self.stamped
    }

    fn reference(&self, msgid: &str, at: Time) -> String {
        if msgid.is_empty() || !self.support.history_by_id {
            format!("timestamp={at}")
        } else {
            format!("msgid={msgid}")
        }
    }

    /// The key of a channel, as it was given or shown.
    pub fn key_of(&self, channel: &str) -> Option<&str> {
        self.keys.get(&*fold(channel)).map(String::as_str)
    }

    /// A channel has this key from now on, or none.
    pub fn set_key(&mut self, channel: &str, key: Option<&str>) {
        let name = fold(channel).into_owned();
        match key {
            Some(key) if self.keys.len() < MAX_CHANNELS || self.keys.contains_key(&name) => {
                self.keys.insert(name, key.to_owned());
            }
            _ => drop(self.keys.remove(&name)),
        }
    }

    /// The user asks for the members of a channel by hand: the answer is shown.
    pub fn names_asked(&mut self, channel: &str) {
        self.quiet.remove(&*fold(channel));
    }

    fn is_me(&self, nick: &str) -> bool {
        same(&self.nick, nick)
    }

    fn learn_own_source(&mut self, source: &str) {
        let parts = Source::split(source);
        if !parts.host.is_empty() {
            self.own_source = Some((parts.user.len(), parts.host.len()));
        }
    }
}

/// Which piece of the past is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask<'a> {
    /// The last lines.
    Latest,
    /// Those before this message id, or this time where ids are not known.
    Before(&'a str, Time),
    /// Those after it.
    After(&'a str, Time),
    /// Those on both sides of it.
    Around(&'a str, Time),
}

/// The tags that matter, read in one pass.
#[derive(Debug, Default)]
struct Marks<'a> {
    at: Time,
    is_stamped: bool,
    msgid: &'a str,
    batch: Option<&'a str>,
    label: Option<u64>,
    id: Option<&'a str>,
    /// The message that this one answers, or is about.
    reply: Option<&'a str>,
    typing: Option<&'a str>,
    react: Option<&'a str>,
    /// At the beginning of a piece of history: what lies beyond it.
    beyond: Beyond,
}

impl<'a> Marks<'a> {
    fn read(message: &Message<'a>, now: Time) -> Marks<'a> {
        let mut marks = Marks { at: now, ..Marks::default() };
        for (key, value) in message.tags.iter_raw() {
            match key {
                "time" => {
                    let at = Time::parse(value);
                    (marks.at, marks.is_stamped) = (at.unwrap_or(now), at.is_some());
                }
                // An id is opaque and comes back as it came: it has no need to be unescaped, only to be the same.
                "msgid" => marks.msgid = value,
                "batch" => marks.batch = Some(value),
                "label" => marks.label = value.parse().ok(),
                ID_TAG => marks.id = Some(value),
                "+reply" | "+draft/reply" => marks.reply = Some(value),
                "+typing" => marks.typing = Some(value),
                "+draft/react" | "+react" => marks.react = Some(value),
                "draft/chathistory-end" => marks.beyond = Beyond::Nothing,
                "chatui/history-more" => marks.beyond = Beyond::From(value.into()),
                _ => {}
            }
        }
        marks
    }
}

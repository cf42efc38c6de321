//! Every limit and name of the core, with its default and its reason.

use std::sync::Arc;
use std::time::Duration;

use crate::irc::Time;

use super::ban::Ban;
use super::password::{Hidden, Secret};

/// Most channels that one user may be in (`CHANLIMIT`): a window each is more than anybody reads.
pub const MAX_CHANNELS_PER_USER: usize = 50;
/// Most targets of one PRIVMSG, NOTICE, KICK or NAMES (`TARGMAX`): so that one line stays one line's work.
pub const MAX_TARGETS: usize = 4;
/// Most lines of a connection before it is registered: an old client that tries one nick after the other needs fewer. A
/// hundred who babble at once are a hundred times that, and each line is answered, before anybody else's turn comes.
pub const MAX_EARLY_LINES: u32 = 128;
/// Most bytes of a topic (`TOPICLEN`).
pub const TOPIC_LEN: usize = 390;
/// Most bytes of an away text (`AWAYLEN`).
pub const AWAY_LEN: usize = 200;
/// Most bytes of a reason in KICK, PART and QUIT (`KICKLEN`).
pub const REASON_LEN: usize = 390;
/// Most bytes of a channel's key (`KEYLEN`).
pub const KEY_LEN: usize = 32;
/// Most bytes of a real name (`NAMELEN`).
pub const REALNAME_LEN: usize = 150;
/// Most bytes of a host that an operator gives somebody (`HOSTLEN`): those of a name in the DNS.
pub const HOST_LEN: usize = 63;
/// Most masks on all of a channel's lists together (`MAXLIST`).
pub const MAX_MASKS: usize = 100;
/// Most wrong passwords of OPER on one connection: a guesser has to come back after each few.
pub const MAX_OPER_FAILURES: u8 = 3;
/// Most bans from the server: each newcomer is held against all of them.
pub const MAX_BANS: usize = 1_000;
/// Most people that WHOWAS remembers: a minute's leaving of a large server.
pub const WHOWAS: usize = 1_000;
/// Most people that one user may watch (`MONITOR`).
pub const MAX_MONITORED: usize = 100;
/// Most mode changes with a parameter in one MODE (`MODES`).
pub const MAX_MODE_PARAMS: usize = 6;
/// Most channels that are remembered while nobody is in them: their topic and their last lines.
pub const MAX_EMPTY_CHANNELS: usize = 10_000;
/// Lines of each channel that are kept in memory: they answer nearly every JOIN and LATEST without the disk.
pub const RECENT_LINES: usize = 100;
/// Most bytes of them in one channel: with tags of the largest, a hundred lines would be half a mebibyte.
pub const RECENT_BYTES: usize = 128 << 10;
/// Most bytes, about, of the lines that are kept of all channels in which nobody is.
pub const MAX_EMPTY_BYTES: usize = 64 << 20;
/// Topics of a channel that are remembered, the present one included, until it is known whether the log had room for
/// them.
pub const TOPICS_BACK: usize = 8;
/// Most lines of one CHATHISTORY (`CHATHISTORY`).
pub const MAX_HISTORY: usize = 1_000;

/// Most hits in the answer to one SEARCH: a screen or two. Who wants more asks on.
pub const MAX_FOUND: usize = 100;
/// Most words of one SEARCH: each of them costs time with every line that has the longest of them.
pub const MAX_WORDS: usize = 16;
/// How often one connection may search in the long run. Each search may read a good deal of the log, and is read for whoever asks.
pub const SEARCH_EVERY: Duration = Duration::from_millis(500);
/// How many searches it may make at once before that holds: somebody who steps through what was found is quick for a while.
pub const SEARCHES_AT_ONCE: u32 = 20;

/// Somebody who may act for the server once he has said who he is (OPER).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// The name that goes with the password; not a nick.
    pub name: String,
    /// What the password hashes to.
    pub hash: Hidden,
}

/// Bans that were read again.
#[derive(Clone, Debug)]
pub struct ReadBans {
    /// They.
    pub read: Arc<[Ban]>,
    /// The bans of the time before that.
    pub known: Arc<[Ban]>,
}

/// What the operator may choose anew while the server runs.
#[derive(Clone, Debug)]
pub struct Reload {
    /// [`Config::motd`]
    pub motd: Vec<String>,
    /// [`Config::password`]
    pub password: Option<Secret>,
    /// [`Config::operators`]
    pub operators: Vec<Operator>,
    /// [`Config::sts`]
    pub sts: Option<u64>,
    /// [`Config::near_guessers_wait`]
    pub near_guessers_wait: bool,
    /// The bans, if they were read again.
    pub bans: Option<ReadBans>,
}

/// What the operator may choose about the core.
#[derive(Clone, Debug)]
pub struct Config {
    /// The server's name, as it stands in front of its replies.
    pub name: String,
    /// The network's name, for `NETWORK`.
    pub network: String,
    /// The message of the day, a line each; none means there is none.
    pub motd: Vec<String>,
    /// How many lines a newcomer is given at JOIN.
    pub history: usize,
    /// What a connection must know to be let in.
    pub password: Option<Secret>,
    /// Who may act for the server.
    pub operators: Vec<Operator>,
    /// For how many seconds clients that come through TLS from elsewhere are told to come in no other way
    /// ([`sts`](https://ircv3.net/specs/extensions/sts)); nothing is said of it without.
    pub sts: Option<u64>,
    /// Whether guessing passwords makes those wait, too, who come from this machine itself. Behind a gateway, all do, and one
    /// of them would keep the others out.
    pub near_guessers_wait: bool,
    /// How the edge splits its connections: the id modulo this number says whose it is, so that an audience can be
    /// split once and not at every message. The server's edges set it to the number of their shards.
    pub lanes: usize,
    /// When the server was started.
    pub created: Time,
    /// How long a connection may take to register.
    pub registration_deadline: Duration,
    /// How long a connection may be silent before it is asked with a PING.
    pub ping_after: Duration,
    /// How long it may take to answer one.
    pub ping_deadline: Duration,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            name: "chatui.local".to_owned(),
            network: "chatui".to_owned(),
            motd: Vec::new(),
            history: 50,
            password: None,
            operators: Vec::new(),
            sts: None,
            near_guessers_wait: false,
            lanes: 1,
            created: Time::default(),
            // A slowloris counts from its connect; a person at a prompt needs no longer.
            registration_deadline: Duration::from_secs(30),
            ping_after: Duration::from_secs(120),
            ping_deadline: Duration::from_secs(60),
        }
    }
}

//! Every limit and name of the server's edges, with its default and its reason. The core's are in
//! [`super::core::config`].

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::core;
use super::log::{Keep, Sync};
use super::tls;
use super::{arrivals, pace, threshold};

/// Bytes that may wait for one connection (the send queue). Whoever has more than this waiting is not reading, and is
/// closed: nobody waits for him. A burst of a busy room fits in.
pub const SEND_QUEUE: usize = 4 << 20;

/// Bytes that one connection may hand in at once: then the others have their turn.
pub const READ_SHARE: usize = 16 << 10;

/// Bytes of answers, about, that one connection's lines may bring forth in one turn, and that may wait for it while the
/// lines behind them wait, too: what somebody asks for costs only his own time. A page of 1000 lines goes beyond it,
/// but alone.
pub const ANSWERS: usize = 64 << 10;

/// Bytes of one read; the buffer is shared by all connections of a shard.
pub const READ_BUFFER: usize = 64 << 10;

/// Most sockets that one wait tells a shard of.
pub const EVENTS: usize = 1024;

/// Bytes of lines that may wait for the core, and that a shard reads in one round. Above it nothing more is read: that
/// is the back-pressure.
pub const INBOX: usize = 1 << 20;

/// Bytes that one turn may let out, about; what has come in beyond it is the next turn's. Without it, a megabyte of
/// short questions would become gigabytes of answers before the first of them could be sent.
pub const TURN: usize = 1 << 20;

/// Events with which a shard does the turn itself, if it can: that many lines are decided in less time than it takes to
/// wake another thread twice, and are what one busy speaker says between two turns. More is worth a second processor.
pub const DESK: usize = 64;

/// How long the log may take for a turn for the next one to be done on a shard's thread, which can neither read nor write
/// meanwhile. A good disk syncs within a tenth of it.
pub const QUICK: Duration = Duration::from_millis(2);

/// Pages of history that may wait to be read from the log: about one for each connection of a large server, since each
/// has those of one line under way at most. Who asks beyond it is told that he cannot have his now.
pub const PAGES: usize = 16_384;

/// Turns that may wait for one shard.
pub const MAILBOX: usize = 16;

/// How long a connection that was told to go may take to read its last lines.
pub const GOODBYE: Duration = Duration::from_secs(2);

/// How long a connection that has read its last lines may take to close its half. Without this wait, what it had sent
/// meanwhile would make the system take those lines back.
pub const LINGER: Duration = Duration::from_millis(500);

/// How long accepting rests when the process is out of descriptors: no spinning, and soon tried again.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(500);

/// Bytes of the log that are read at a start for the ids of what was said last: about 100,000 lines, 50 ms. Whoever
/// did not hear an echo before a crash said it in the last turns.
pub const IDS_READ: u64 = 16 << 20;

/// How long the handshake of TLS may take, since the connection was accepted. Its client speaks first, and at once; nobody has
/// to think.
pub const TLS_HANDSHAKE: Duration = Duration::from_secs(10);

/// For how many seconds a client that has come through TLS is told to come in no other way
/// ([`sts`](https://ircv3.net/specs/extensions/sts)): 30 days.
pub const STS_DURATION: u64 = 30 * 24 * 60 * 60;

/// How often deadlines are looked at.
pub const TICK: Duration = Duration::from_secs(5);

/// How often `--sync interval` syncs.
pub const SYNC_INTERVAL: Duration = Duration::from_secs(1);

/// Most connections at one time, if nothing else is said.
pub const MAX_CLIENTS: usize = 10_000;

/// Most connections that are not let in and wait to be told so, where what they are told depends on whether they speak TLS.
/// Beyond it, they are closed without a word.
pub const REFUSED: usize = 256;

/// Handshakes of TLS that a shard goes on with in one round, one after the other. Each of them is some hundred microseconds
/// of work, so those who are inside wait a millisecond or two for all of these. There is a shard for each processor at most.
pub const HANDSHAKES: usize = 8;

/// Most I/O shards: beyond it the one core is the limit.
pub const MAX_SHARDS: usize = 16;

/// What the operator may choose.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen. Port 0 picks a free one.
    pub listen: Vec<SocketAddr>,
    /// The data folder.
    pub data: PathBuf,
    /// When lines are made durable.
    pub sync: Sync,
    /// How much of the log is kept.
    pub keep: Keep,
    /// Whether other machines may speak without TLS.
    pub allow_plaintext: bool,
    /// TLS.
    pub tls: tls::Options,
    /// How many I/O shards there are.
    pub shards: usize,
    /// Plain text.
    pub plain: Plain,
    /// How many may be there, and how fast they may speak.
    pub limits: Limits,
    /// Where those are answered who watch the server, if that is wanted.
    pub metrics: Option<SocketAddr>,
    /// The core's names and limits.
    pub core: core::Config,
}

impl Config {
    /// The message of the day, with a caution where an echo does not mean that a power cut cannot take the line back.
    pub fn motd(&self) -> Vec<String> {
        let caution = match self.sync {
            Sync::Turn => None,
            Sync::Interval => {
                Some("sync interval: a power cut can take back what was said in the last second")
            }
            Sync::Never => Some("sync never: a power cut can take back what was said"),
        };
        self.core.motd.iter().map(String::as_str).chain(caution).map(str::to_owned).collect()
    }
}

/// How many may be there, and how fast they may speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most connections at one time, strangers at the door among them.
    pub max_clients: usize,
    /// How many may be connected and not registered yet.
    pub threshold: threshold::Limits,
    /// How many may come from one address.
    pub arrivals: arrivals::Limits,
    /// How fast each may speak.
    pub pace: pace::Limits,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            max_clients: MAX_CLIENTS,
            threshold: threshold::Limits::default(),
            arrivals: arrivals::Limits::default(),
            pace: pace::Limits::default(),
        }
    }
}

/// Bytes that may wait for a plain-text peer: such a peer is a person at a terminal, or a program that reads slowly on
/// purpose. Whoever has more waiting is closed, as everybody is at [`SEND_QUEUE`].
pub const PLAIN_QUEUE: usize = 1 << 20;

/// Bytes that a peer without line ends is written at once. Such programs read 1024 at a time and take what they read for
/// whole characters.
pub const PACE_BYTES: usize = 1000;

/// What a peer who has said nothing yet is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Prompt {
    /// `NICK`, then a line for people.
    #[default]
    Both,
    /// `NICK` alone: programs of one kind wait for it.
    Nick,
    /// The line for people alone.
    Text,
    /// Nothing.
    Off,
}

/// The plain-text door: whether it is open, and how long it waits for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plain {
    /// Whether plain text is spoken; if nothing is said, only where no other machine can connect.
    pub on: Option<bool>,
    /// The one channel that plain-text users are in.
    pub room: String,
    /// What the silent are sent.
    pub prompt: Prompt,
    /// How long is waited for what.
    pub times: Times,
}

impl Default for Plain {
    fn default() -> Plain {
        Plain { on: None, room: "#lobby".to_owned(), prompt: Prompt::Both, times: Times::default() }
    }
}

impl Plain {
    /// Whether the door is open. The server decides it when it starts.
    pub fn is_on(&self) -> bool {
        self.on == Some(true)
    }
}

/// How long the plain-text door waits for what; most of it since the connection was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// Until the silent are sent `NICK`. IRC clients speak at once, so few of them ever see it.
    pub nick_prompt: Duration,
    /// Until the silent are sent a line for people.
    pub text_prompt: Duration,
    /// Until those who gave no nick are sent away; a person may think for a while.
    pub nick_deadline: Duration,
    /// The same where plain text is not spoken, so that nobody has to think.
    pub silent_deadline: Duration,
    /// How long the beginning of a word that decides waits for its rest, since its first byte.
    pub word: Duration,
    /// The quiet that ends a nick without a line end.
    pub quiet: Duration,
    /// The same while every read was a single byte: somebody types.
    pub quiet_keys: Duration,
    /// The quiet that ends a message without a line end.
    pub message_quiet: Duration,
    /// Who gives a nick this soon has asked for it before, and shows its own messages itself.
    pub eager: Duration,
    /// So does who answers `NICK` this soon.
    pub answer: Duration,
    /// Between two writes to a peer without line ends.
    pub pace: Duration,
}

impl Default for Times {
    fn default() -> Times {
        Times {
            nick_prompt: Duration::from_secs(1),
            text_prompt: Duration::from_secs(3),
            nick_deadline: Duration::from_secs(60),
            silent_deadline: Duration::from_secs(30),
            word: Duration::from_secs(10),
            quiet: Duration::from_millis(250),
            quiet_keys: Duration::from_secs(3),
            message_quiet: Duration::from_millis(80),
            eager: Duration::from_millis(500),
            answer: Duration::from_millis(200),
            pace: Duration::from_millis(50),
        }
    }
}

//! Every limit and name of the server's edges, with its default and its reason. The core's are in
//! [`super::core::config`].

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::core;
use super::log::{Keep, Sync};

/// Bytes that may wait for one connection (the send queue). Whoever has more than this waiting is not reading, and is
/// closed: nobody waits for him. A burst of a busy room fits in.
pub const SEND_QUEUE: usize = 4 << 20;

/// Bytes that one connection may hand in at once: then the others have their turn.
pub const READ_SHARE: usize = 16 << 10;

/// Bytes of lines that may wait for the core, and that a shard reads in one round. Above it nothing more is read: that
/// is the back-pressure.
pub const INBOX: usize = 1 << 20;

/// Bytes that one turn may let out, about; what has come in beyond it is the next turn's. Without it, a megabyte of
/// short questions would become gigabytes of answers before the first of them could be sent.
pub const TURN: usize = 1 << 20;

/// Turns that may be under way to the log at one time. With one being synced and one waiting, the disk never idles;
/// with more, a slow disk would only be seen later.
pub const TURNS_UNDER_WAY: usize = 2;

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

/// How often deadlines are looked at.
pub const TICK: Duration = Duration::from_secs(5);

/// How often `--sync interval` syncs.
pub const SYNC_INTERVAL: Duration = Duration::from_secs(1);

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
    /// Whether plain text may be spoken with other machines.
    pub allow_plaintext: bool,
    /// How many I/O shards there are.
    pub shards: usize,
    /// The core's names and limits.
    pub core: core::Config,
}

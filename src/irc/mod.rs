//! The wire: IRC with IRCv3, as pure functions and types that both sides share. It imports nothing of the
//! crate, and knows no socket, no file and no clock.
//!
//! | module | what |
//! |---|---|
//! | [`message`] | one line, parsed in place, and written back |
//! | [`mod@line`] | a line of the server: formatted once, stamped, shared |
//! | [`framer`] | bytes in, whole lines out, within limits |
//! | [`name`] | nicks, channel names, sources, masks, and how two names compare |
//! | [`caps`] | the capabilities by name, and sets of them |
//! | [`numeric`] | numeric replies by name |
//! | [`certificate`] | what a certificate says of itself |
//! | [`mod@fingerprint`] | a server's certificate as people and programs tell it from others |
//! | [`text`] | the gate: which characters of others may reach a terminal |
//! | [`time`] | a moment, and its `@time=` stamp |
//!
//! Specifications: [Modern IRC](https://modern.ircdocs.horse/) and [IRCv3](https://ircv3.net/irc/).

pub mod caps;
pub mod certificate;
pub mod fingerprint;
pub mod framer;
pub mod line;
pub mod message;
pub mod name;
pub mod numeric;
pub mod text;
pub mod time;

pub use caps::{Cap, Caps};
pub use certificate::Certificate;
pub use fingerprint::Fingerprint;
pub use framer::{Framed, Framer};
pub use line::{Draft, Line};
pub use message::{Message, ParseError};
pub use time::Time;

/// Most bytes of a line without its tags, line end included ([Modern IRC, message format]).
///
/// [Modern IRC, message format]: https://modern.ircdocs.horse/#message-format
pub const MAX_REST: usize = 512;

/// Most bytes of tag data that a client may send, without the `@` and the blank after it
/// ([message-tags, size limit](https://ircv3.net/specs/extensions/message-tags#size-limit)).
pub const MAX_CLIENT_TAGS: usize = 4094;

/// Most bytes of the whole tag section, `@` and blank included, in either direction (same section).
pub const MAX_TAGS: usize = 8191;

/// Most bytes of any line that may be met, tags and line end included.
pub const MAX_LINE: usize = MAX_TAGS + MAX_REST;

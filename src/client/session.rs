//! The client's half of the protocol.

use super::channel::{Channel, Prefixes};

/// The client's half of the protocol.
#[derive(Debug, Default)]
pub struct Session {
    nick: String,
    channels: Vec<Channel>,
    prefixes: Prefixes,
}

impl Session {
    /// One's own nick.
    pub fn nick(&self) -> &str {
        &self.nick
    }

    /// The signs in front of nicks.
    pub fn prefixes(&self) -> &Prefixes {
        &self.prefixes
    }

    /// A channel that one is in.
    pub fn channel(&self, name: &str) -> Option<&Channel> {
        self.channels.iter().find(|channel| crate::irc::name::same(&channel.name, name))
    }
}

//! People without any client: netcat, telnet, and the clients of five small chat systems, written anew from what they send
//! and how they read. What each of those systems could do is done here; where they break, this server holds.
//!
//! The tests' names begin with the system (`s000` to `s004`), its server or client, and the number of the feature.

mod binary;
mod breaks;
mod joined;
mod knocks;
mod people;
mod rows;
mod table;

use std::time::Duration;

use chatui::server::Config;
use chatui::server::config::{Plain, Prompt, Times};

use super::{Host, Peer};

/// Prompts come soon, so that no test waits long; all that depends on how fast somebody answers is generous instead.
pub fn quick(config: &mut Config) {
    config.plain = Plain {
        on: Some(true),
        prompt: Prompt::Both,
        times: Times {
            nick_prompt: Duration::from_millis(100),
            text_prompt: Duration::from_millis(700),
            answer: Duration::from_millis(500),
            ..Times::default()
        },
        ..Plain::default()
    };
}

pub fn host() -> Host {
    Host::start_as(quick)
}

/// An IRC user in the room who is told everything.
pub fn irc_user(host: &Host, nick: &str) -> Peer {
    let mut peer = host.user(nick);
    peer.join("#lobby");
    peer.settle();
    peer
}

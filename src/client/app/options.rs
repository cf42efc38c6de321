//! What the client is started with.

use std::time::Duration;

use super::super::address::{Address, Security};
use super::super::keys::Keymap;
use super::super::session::{Account, Secret};
use super::super::settings::Settings;

/// What the user asked for on the command line; plain data.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to connect; `None` shows a form that asks.
    pub server: Option<Address>,
    /// The nick to ask for.
    pub nick: String,
    /// Whether the nick was not chosen but is the login name; then it is said.
    pub nick_is_login: bool,
    /// The channels to join.
    pub channels: Vec<String>,
    /// The server's password.
    pub password: Option<Secret>,
    /// The user name; empty: made of the nick.
    pub user: String,
    /// The account to log in to.
    pub account: Option<Account>,
    /// What the server must show.
    pub security: Security,
    /// How long to wait for each address of a name.
    pub connect_timeout: Duration,
    /// Whether to come back when the connection is lost.
    pub reconnect: bool,
    /// Whether the server runs in this process and ends with the client.
    pub hosts: bool,
    /// What to show at the start, a sentence for each, such as how others can join.
    pub notes: Vec<String>,
    /// Which key does what.
    pub keys: Keymap,
    /// What is set.
    pub settings: Settings,
    /// What is wrong with the configuration, a sentence for each; told once there is a place to say it.
    pub complaints: Vec<String>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            server: None,
            nick: String::new(),
            nick_is_login: false,
            channels: vec!["#lobby".to_owned()],
            password: None,
            user: String::new(),
            account: None,
            security: Security::default(),
            connect_timeout: Duration::from_secs(2),
            reconnect: true,
            hosts: false,
            notes: Vec::new(),
            keys: Keymap::default(),
            settings: Settings::default(),
            complaints: Vec::new(),
        }
    }
}

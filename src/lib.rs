//! chatui: the chat that a group of people runs themselves, in the terminal, with one binary.

pub mod client;
pub mod irc;
pub mod server;

//! All integration tests in one binary; each module says what it shows and what it needs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests are edges, and fail by panicking"
)]

mod attacks;
mod cli;
mod client;
mod client_comfort;
mod client_hands;
mod client_hostile;
mod client_login;
mod client_missed;
mod client_outbox;
mod client_pace;
mod client_past;
mod client_people;
mod client_scroll;
mod client_search;
mod client_settings;
mod client_slips;
mod client_tls;
mod core;
mod crash;
mod escapes;
mod guard;
mod log;
mod log_command;
mod process;
mod pty;
mod pty_comfort;
mod pty_leaving;
mod pty_settings;
mod screens;
mod server;
mod simulation;
mod terminal;
mod wire;

//! The client: edges, with a pure core inside. The edges are `run` (the event stream), [`link`] (the socket), [`tls`]
//! (whom to trust on it), [`pins`], `store`, `home` and [`config`] (files), `edit` (another program), `signals`, `doctor::ask` and
//! [`terminal`]; all else is pure.

pub mod address;
pub mod app;
pub mod backoff;
pub mod command;
pub mod config;
pub mod doctor;
mod edit;
pub mod editor;
mod emoji;
pub mod entry;
mod home;
pub mod keys;
pub mod link;
pub mod memory;
pub mod nearest;
pub mod outbox;
pub mod pace;
pub mod pins;
mod run;
pub mod session;
pub mod settings;
mod signals;
mod store;
pub mod sts;
pub mod terminal;
pub mod theme;
pub mod tls;
pub mod touch;
pub mod view;
pub mod web;
pub mod window;

pub use address::{Address, Security};
pub use app::Options;
pub use run::{Ending, Failure, run};

//! The client: edges, with a pure core inside.

pub mod address;
pub mod app;
pub mod backoff;
pub mod command;
pub mod editor;
pub mod keys;
pub mod outbox;
pub mod session;
pub mod theme;
pub mod view;
pub mod window;

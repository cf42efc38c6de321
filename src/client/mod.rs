//! The client: edges, with a pure core inside.

pub mod address;
pub mod app;
pub mod channel;
pub mod editor;
pub mod keys;
pub mod session;
pub mod theme;
pub mod view;
pub mod window;

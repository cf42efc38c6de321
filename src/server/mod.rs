//! The server: edges, with a pure core inside.
pub mod core;
pub mod log;

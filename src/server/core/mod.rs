//! The server core: pure. Inputs come in, outputs go out; it knows no socket, no file and no clock.

pub mod query;

pub use query::{Query, Reference, Which};

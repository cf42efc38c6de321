//! The client: edges, with a pure core inside.

pub mod editor;
pub mod theme;

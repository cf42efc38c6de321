//! The screen as a function of the client's state.

mod glyph;
mod ink;
mod wrap;

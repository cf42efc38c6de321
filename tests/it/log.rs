//! The log: append, recover, torn tails, pages.

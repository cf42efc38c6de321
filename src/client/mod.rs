//! The client: edges, with a pure core inside.

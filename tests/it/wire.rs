//! Public parser vectors, and any bytes at any cut.

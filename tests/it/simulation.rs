//! Server core and clients in one thread, under a seed.

//! Events in, a picture of the terminal out.

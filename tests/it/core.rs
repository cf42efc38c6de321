//! Scripts of lines in and lines out: the conversation is the test.

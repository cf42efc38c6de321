//! The command line: help, bad arguments, exit codes.

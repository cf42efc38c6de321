//! chatui: the chat that a group of people runs themselves, in the terminal, with one binary.
//!
//! `chatui serve` is a headless IRC server with a log, `chatui join` a full-screen client of it and of any IRC server,
//! `chatui host` both in one process. This library is all of them; the binary is arguments and exit codes.
//!
//! # The idea
//!
//! 1. **Two pure cores, thin edges.** The server's core is [`Core::handle`](server::core::Core::handle): an input and the
//!    time go in, outputs come out. The client's is [`App::update`](client::app::App::update), and what is on the screen is
//!    a function of its state, [`view`](client::view::view()). Neither knows sockets, files, clocks or chance.
//! 2. **One wire language**, [`irc`], is shared by both sides, and the log is written in it.
//! 3. **One line of travel**: socket, inbox, core, log, outbox, socket. Nothing calls back up.
//! 4. **The log speaks first.** Nobody hears a message that is not on the disk; an echo means that it is.
//! 5. **Work in turns.** All that has arrived is handled, written and synced once, and each connection is written once. The
//!    client handles all that has arrived, then draws one frame.
//!
//! # Who may import whom
//!
//! ```text
//! main -> cli, config, run -> server, client
//! server edges (mod, turn, errands, pages, shard, connection, tls, outbox, log, metrics) -> server::core, irc
//! client edges (run, link, tls, pins, terminal, store, edit) -> client::{app, view}, irc
//! client::view -> client::app (read only)        client::app -> session, window, editor, outbox, irc
//! server::core -> irc                            client::session -> irc                 irc -> nothing
//! ```
//!
//! Absent on purpose: `server` and `client` never import each other; in `irc`, `server::core` and the client but its edges
//! there is no socket, file, clock, chance or diagnostic (`clippy.toml` sees to it); nothing writes to a socket but
//! `connection` and `link`; nothing writes the log but `log`; there is no `unsafe` and no `unwrap`.
//!
//! # The life of a message
//!
//! | # | where | what |
//! |---|---|---|
//! | 1 | `client::run` | a key is taken from the one stream that has keys, lines, signals and what is due |
//! | 2 | [`client::app`] | Enter: the session writes `PRIVMSG #lobby :hi`, with an id of its own |
//! | 3 | [`client::link`] | writes it |
//! | 4 | [`server::shard`] | reads whoever is ready, cuts lines, hands them all to the core at once |
//! | 5 | [`server::core`] | checks it, formats it once into a [draft](irc::Draft) |
//! | 6 | [`server::turn`] | orders and stamps it; the core says who is to hear it |
//! | 7 | [`server::log`] | one write and one sync for all lines of the turn, on a thread of its own |
//! | 8 | [`server::shard`] | one copy into each recipient's buffer, one write for each touched connection |
//! | 9 | [`client::app`] | the echo settles the line; the others see it |
//! | 10 | [`client::view`] | one frame |
//!
//! The server's sockets are served by plain threads over `mio`, not by tasks: a turn's deliveries touch hundreds of
//! connections at once, and a task woken for each of them costs more than the write itself.

pub mod client;
pub mod irc;
pub mod server;

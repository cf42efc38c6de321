//! The terminal of a headless server: `q` and Enter stop it, without waiting for a line to be finished.
#![allow(clippy::disallowed_methods, reason = "this is the edge that reads the terminal")]

use std::io::{IsTerminal, Read, stdin};

use rustix::process::getpgrp;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// The keys of the server's terminal. While it lives, keys come one by one and are not shown; afterwards the terminal is as
/// it was.
#[derive(Debug)]
pub struct Keys {
    before: Termios,
    pressed: UnboundedReceiver<u8>,
}

impl Keys {
    /// Watches the keys, if there is a terminal and this program is in its foreground: in the background, reading it
    /// would stop the server.
    pub fn watch() -> Option<Keys> {
        let input = stdin();
        if !input.is_terminal() || tcgetpgrp(&input).ok() != Some(getpgrp()) {
            return None;
        }
        let before = tcgetattr(&input).ok()?;
        let mut raw = before.clone();
        // Signals stay: Ctrl+C and Ctrl+Z do what they always do.
        raw.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
        tcsetattr(&input, OptionalActions::Now, &raw).ok()?;
        let (send, pressed) = unbounded_channel();
        // The thread ends with the process: nothing wakes a read of a terminal.
        std::thread::Builder::new()
            .name("keys".to_owned())
            .spawn(move || {
                let mut key = [0];
                while stdin().lock().read(&mut key).is_ok_and(|count| count == 1) && send.send(key[0]).is_ok()
                {
                }
            })
            .ok()?;
        Some(Keys { before, pressed })
    }

    /// Waits for `q` or Enter; without a terminal, for ever.
    pub async fn stop(keys: &mut Option<Keys>) {
        if let Some(keys) = keys {
            while let Some(key) = keys.pressed.recv().await {
                if matches!(key, b'q' | b'Q' | b'\r' | b'\n') {
                    return;
                }
            }
        }
        std::future::pending::<()>().await;
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing restored.
        let _ = tcsetattr(stdin(), OptionalActions::Now, &self.before);
    }
}

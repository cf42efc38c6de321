//! Passwords that are typed, and seen by nobody; and `chatui hash-password`.
#![allow(clippy::disallowed_methods, reason = "this is the edge that reads the terminal")]

use std::io::{BufRead, IsTerminal, Read, Write, stderr, stdin};

use chatui::server::passwords;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use super::{FAILED, Failure, USAGE};

/// Most bytes of a password: it has to fit into one line of IRC.
const MOST: usize = 400;
/// What ends a program that is interrupted with Ctrl+C.
const INTERRUPTED: u8 = 130;

/// `chatui hash-password`: on a terminal the password is asked for twice, else it is the first line of the standard input.
///
/// # Errors
/// When it cannot be read, or is none that a client could give.
pub fn hash() -> Result<(), Failure> {
    let password = password("Password: ")?;
    if stdin().is_terminal() && self::password("The same again: ")? != password {
        return Err(Failure::new(FAILED, "these were two different passwords"));
    }
    let hash = passwords::hash(&password).map_err(|why| Failure::new(FAILED, why))?;
    println!("{hash}");
    Ok(())
}

/// Asks for a password on the terminal, or reads the first line of the standard input where there is none.
///
/// # Errors
/// When it cannot be read, or is none that a client could give.
pub fn password(words: &str) -> Result<String, Failure> {
    let failed = |error: std::io::Error| Failure::new(FAILED, format!("cannot read the password: {error}"));
    let typed = if stdin().is_terminal() {
        let typed = typed(words);
        let _ = stderr().write_all(b"\n");
        typed?
    } else {
        let mut line = String::new();
        stdin().lock().take(MOST as u64 + 3).read_line(&mut line).map_err(failed)?;
        line.trim_end_matches(['\r', '\n']).to_owned()
    };
    if typed.is_empty() || typed.len() > MOST || typed.contains(char::is_control) {
        let words = format!("a password has 1 to {MOST} bytes, and no control characters");
        return Err(Failure::new(USAGE, words));
    }
    Ok(typed)
}

/// The terminal as it was, again.
struct Restored(Termios);

impl Drop for Restored {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing restored.
        let _ = tcsetattr(stdin(), OptionalActions::Flush, &self.0);
    }
}

/// Asks, and gives what is typed up to Enter, with the terminal showing none of it.
fn typed(words: &str) -> Result<String, Failure> {
    let failed = |error: std::io::Error| Failure::new(FAILED, format!("cannot read the password: {error}"));
    let before = tcgetattr(stdin()).map_err(|error| failed(error.into()))?;
    let mut raw = before.clone();
    // Without signals, or Ctrl+C would leave a terminal that shows nothing.
    raw.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG);
    let _restored = Restored(before);
    tcsetattr(stdin(), OptionalActions::Flush, &raw).map_err(|error| failed(error.into()))?;
    // Not before: what was typed at once would be shown, and be lost.
    let mut out = stderr();
    let _ = out.write_all(words.as_bytes()).and_then(|()| out.flush());
    let (mut bytes, mut key) = (Vec::new(), [0]);
    loop {
        let count = stdin().lock().read(&mut key).map_err(failed)?;
        match key[0] {
            _ if count == 0 => break,
            b'\r' | b'\n' | 0x04 => break,
            0x03 => return Err(Failure::new(INTERRUPTED, "interrupted")),
            0x08 | 0x7f => {
                // A character, not a byte.
                while bytes.pop().is_some_and(|byte: u8| byte & 0xc0 == 0x80) {}
            }
            0x15 => bytes.clear(),
            byte if bytes.len() <= MOST => bytes.push(byte),
            _ => {}
        }
    }
    String::from_utf8(bytes).map_err(|_| Failure::new(USAGE, "a password is UTF-8"))
}

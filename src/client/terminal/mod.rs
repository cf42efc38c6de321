//! The terminal: switched to what a full-screen program needs, and given back in every way of leaving.

pub mod input;
pub mod links;
pub mod notice;
mod paste;

use std::io::{self, Stdout, Write, stdout};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crossterm::cursor::Show;
use crossterm::event::{DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange};
use crossterm::queue;
use crossterm::style::{Print, ResetColor};
use crossterm::terminal::{
    DisableLineWrap, EnableLineWrap, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};

use super::theme::GROUND_QUESTION;

use notice::{Manner, Notice};

pub use paste::AfterPaste;

/// Buttons and wheel, with coordinates beyond 223; no report of mere movement, which would wake us for nothing.
const MOUSE_ON: &str = "\u{1b}[?1000h\u{1b}[?1006h";
const MOUSE_OFF: &str = "\u{1b}[?1006l\u{1b}[?1000l";
/// The terminal tells when its ground becomes dark or light
/// ([mode 2031](https://contour-terminal.org/vt-extensions/color-palette-update-notifications/)).
const SCHEME_ON: &str = "\u{1b}[?2031h";
const SCHEME_OFF: &str = "\u{1b}[?2031l";
/// The title is put on the terminal's stack, and taken from it at the end (XTWINOPS 22 and 23).
const TITLE_SAVE: &str = "\u{1b}[22;2t";
const TITLE_RESTORE: &str = "\u{1b}[23;2t";

/// Whether the terminal is ours now: what the panic hook and the guard must undo, once.
static OURS: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// What is made of the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// A full screen, with the mouse or without.
    Screen {
        /// Whether the mouse is taken.
        mouse: bool,
    },
    /// Lines of text, one after the other; nothing is switched but how keys are read.
    Lines,
}

/// How many bytes of frames went to the terminal since [`take_written`] was asked.
static WRITTEN: AtomicUsize = AtomicUsize::new(0);

/// How many bytes of frames went to the terminal since this was asked last.
pub fn take_written() -> usize {
    WRITTEN.swap(0, Ordering::Relaxed)
}

/// Whether it is used for lines.
static LINES: AtomicBool = AtomicBool::new(false);

/// While it lives, the terminal is ours; when it is dropped, it is as it was.
#[derive(Debug)]
pub struct Guard(());

impl Guard {
    /// Takes the terminal. A panic gives it back before it is reported.
    ///
    /// # Errors
    /// When there is no terminal.
    pub fn new(wanted: Use) -> io::Result<Guard> {
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                leave();
                before(info);
            }));
        });
        let guard = Guard(());
        guard.enter(wanted)?;
        Ok(guard)
    }

    /// Takes the terminal, for the first time or again after a pause.
    ///
    /// # Errors
    /// When there is no terminal.
    pub fn enter(&self, wanted: Use) -> io::Result<()> {
        enable_raw_mode()?;
        LINES.store(wanted == Use::Lines, Ordering::SeqCst);
        OURS.store(true, Ordering::SeqCst);
        let mut out = stdout().lock();
        let Use::Screen { mouse } = wanted else {
            queue!(out, Print(TITLE_SAVE), EnableBracketedPaste, EnableFocusChange)?;
            return out.flush();
        };
        queue!(out, Print(TITLE_SAVE), EnterAlternateScreen, EnableBracketedPaste, EnableFocusChange)?;
        // A cluster that the terminal draws wider than reckoned must not reach into the next row.
        queue!(out, DisableLineWrap)?;
        queue!(out, Print(SCHEME_ON), Print(if mouse { MOUSE_ON } else { MOUSE_OFF }))?;
        out.flush()
    }

    /// Gives the terminal back for now.
    pub fn pause(&self) {
        leave();
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        leave();
    }
}

/// Takes the mouse, or leaves it to the terminal.
///
/// # Errors
/// When the terminal is gone.
pub fn set_mouse(on: bool) -> io::Result<()> {
    write_now(if on { MOUSE_ON } else { MOUSE_OFF })
}

/// Sets the terminal's title; the text has been through the gate.
///
/// # Errors
/// When the terminal is gone.
pub fn set_title(title: &str) -> io::Result<()> {
    write_now(&format!("\u{1b}]2;{title}\u{1b}\\"))
}

/// Has the desktop show a notice, in the way that this terminal knows.
///
/// # Errors
/// When the terminal is gone.
pub fn notify(manner: Manner, notice: &Notice) -> io::Result<()> {
    write_now(&manner.sequence(notice))
}

/// Gives a text to the terminal's clipboard (OSC 52); a terminal that has none, or does not allow it, does nothing.
///
/// # Errors
/// When the terminal is gone.
pub fn copy(text: &str) -> io::Result<()> {
    write_now(&format!("\u{1b}]52;c;{}\u{7}", base64(text.as_bytes())))
}

/// [RFC 4648, section 4](https://www.rfc-editor.org/rfc/rfc4648#section-4).
fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits =
            three.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for n in 0..4 {
            let sign = char::from(SIGNS[(bits >> (18 - 6 * n) & 63) as usize]);
            out.push(if n <= three.len() { sign } else { '=' });
        }
    }
    out
}

/// Asks for the colour of the ground; the answer is an [`Answer`](input::Answer).
///
/// # Errors
/// When the terminal is gone.
pub fn ask_ground() -> io::Result<()> {
    write_now(GROUND_QUESTION)
}

/// Writes lines of text and what else is to stand there.
///
/// # Errors
/// When the terminal is gone.
pub fn write_lines(text: &str) -> io::Result<()> {
    write_now(text)
}

/// Shows the terminal clusters in its first row, which is empty then again, and asks each time where its cursor stands.
///
/// # Errors
/// When the terminal is gone.
pub fn ask_widths(clusters: &[&str]) -> io::Result<()> {
    let asked: String = clusters.iter().map(|cluster| format!("\r{cluster}\u{1b}[6n")).collect();
    write_now(&format!("\u{1b}[H{asked}\r\u{1b}[K"))
}

fn write_now(text: &str) -> io::Result<()> {
    let mut out = stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Undoes everything. A step that fails does not keep the others from being done, and nobody could be told.
fn leave() {
    if !OURS.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = stdout().lock();
    if LINES.load(Ordering::SeqCst) {
        // The line that was being typed goes.
        let _ =
            queue!(out, Print("\r\u{1b}[K"), DisableFocusChange, DisableBracketedPaste, Print(TITLE_RESTORE));
        let _ = out.flush();
        let _ = disable_raw_mode();
        return;
    }
    // A panic may have cut a frame short.
    let _ = queue!(
        out,
        EndSynchronizedUpdate,
        Print(SCHEME_OFF),
        Print(MOUSE_OFF),
        DisableFocusChange,
        DisableBracketedPaste
    );
    let _ = out.flush();
    // Before the old screen is seen: whoever sees it and types is not to have their Enter read raw.
    let _ = disable_raw_mode();
    let _ = queue!(out, EnableLineWrap, ResetColor, LeaveAlternateScreen, Show, Print(TITLE_RESTORE));
    let _ = out.flush();
}

/// A frame in which there is nothing.
const EMPTY_FRAME: &[u8] = b"\x1b[?2026h\x1b[?2026l";
/// Room for a frame on its way to the terminal: one write for most.
const FRAME_BYTES: usize = 64 * 1024;

/// The way of frames to the terminal. What is not written when the terminal is given back never is: a panic in the
/// middle of a frame unwinds after that, and half a frame does not belong on the user's own screen.
#[derive(Debug)]
pub struct Frames {
    out: Stdout,
    bytes: Vec<u8>,
}

impl Frames {
    /// To this terminal.
    pub fn new() -> Frames {
        Frames { out: stdout(), bytes: Vec::with_capacity(FRAME_BYTES) }
    }
}

impl Default for Frames {
    fn default() -> Frames {
        Frames::new()
    }
}

impl Write for Frames {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > FRAME_BYTES {
            self.flush()?;
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.bytes == EMPTY_FRAME {
            self.bytes.clear();
        }
        let bytes = std::mem::take(&mut self.bytes);
        WRITTEN.fetch_add(bytes.len(), Ordering::Relaxed);
        let mut out = self.out.lock();
        let done = if OURS.load(Ordering::SeqCst) {
            out.write_all(&bytes).and_then(|()| out.flush())
        } else {
            Ok(())
        };
        self.bytes = bytes;
        self.bytes.clear();
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        let of = |text: &str| base64(text.as_bytes());
        assert_eq!(
            ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map(of),
            ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"]
        );
    }
}

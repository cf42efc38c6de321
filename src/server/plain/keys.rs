//! What a terminal or a telnet client sends besides text: telnet's commands are taken out
//! ([RFC 854](https://www.rfc-editor.org/rfc/rfc854)), and every way to press Enter becomes one line feed.

/// Telnet's "interpret as command".
pub const IAC: u8 = 0xFF;
/// The person has pressed what interrupts a program.
const INTERRUPT: u8 = 0xF4;
/// A negotiation of any length begins, and ends.
const SUB: u8 = 0xFA;
const SUB_END: u8 = 0xF0;
/// WILL, WON'T, DO and DON'T name an option with one more byte.
const OPTIONS: std::ops::RangeInclusive<u8> = 0xFB..=0xFE;

/// Where the bytes stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    /// After a CR: the LF or NUL that may follow belongs to it.
    Return,
    Command,
    Option,
    Sub,
    SubCommand,
}

/// The filter of one connection's bytes. Any cut of the same bytes into calls gives the same text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Keys(State);

impl Keys {
    /// Appends what is text to `out`. True if the person has asked to be let out.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> bool {
        let mut interrupted = false;
        for byte in bytes {
            self.0 = match (self.0, *byte) {
                (State::Return, b'\n' | 0) => State::Text,
                (State::Text | State::Return, IAC) => State::Command,
                (State::Text | State::Return, b'\r') => {
                    out.push(b'\n');
                    State::Return
                }
                (State::Text | State::Return, byte) => {
                    out.push(byte);
                    State::Text
                }
                (State::Command, IAC) => {
                    out.push(IAC);
                    State::Text
                }
                (State::Command, SUB) => State::Sub,
                (State::Command, byte) if OPTIONS.contains(&byte) => State::Option,
                (State::Command, INTERRUPT) => {
                    interrupted = true;
                    State::Text
                }
                (State::Command, SUB_END..) | (State::Option, _) => State::Text,
                // No command at all: a byte of some other encoding, and the next one is text.
                (State::Command, byte) => {
                    out.extend([IAC, byte]);
                    State::Text
                }
                (State::Sub, IAC) => State::SubCommand,
                (State::SubCommand, SUB_END) => State::Text,
                (State::Sub | State::SubCommand, _) => State::Sub,
            };
        }
        interrupted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(parts: &[&[u8]]) -> (Vec<u8>, bool) {
        let (mut keys, mut out, mut interrupted) = (Keys::default(), Vec::new(), false);
        for part in parts {
            interrupted |= keys.push(part, &mut out);
        }
        (out, interrupted)
    }

    #[test]
    fn every_enter_is_one_line_feed() {
        assert_eq!(text(&[b"a\r\nb\r\0c\rd\ne\r", b"\nf\r\r"]).0, b"a\nb\nc\nd\ne\nf\n\n");
    }

    #[test]
    fn telnet_commands_are_no_text() {
        assert_eq!(
            text(&[b"a\xff\xfb", b"\x18b\xff\xfa\x18\0xterm\xff\xf0c\xff\xff\xff\xf1d"]).0,
            b"abc\xffd"
        );
        assert_eq!(text(&[b"\xff\xf4\xff\xfd\x06"]), (Vec::new(), true));
        assert_eq!(text(&[b"caf\xff!"]), (b"caf\xff!".to_vec(), false));
    }
}

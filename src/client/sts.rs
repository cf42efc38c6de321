//! [Strict transport security](https://ircv3.net/specs/extensions/sts): what a server says of it in its capabilities.

use crate::irc::Message;

/// What a server says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Where it speaks TLS: what counts of it on a connection without.
    pub port: Option<u16>,
    /// For how many seconds it is to be spoken to through TLS only: what counts of it on a connection with TLS.
    pub duration: Option<u64>,
}

/// What a line says of it, if it is an answer to `CAP LS` or a `CAP NEW` that names it.
pub fn read(line: &[u8]) -> Option<Policy> {
    let line = std::str::from_utf8(line).ok()?;
    let message = Message::parse(line).ok()?;
    if message.command != "CAP" || !matches!(message.param(1), "LS" | "NEW") {
        return None;
    }
    let said = message.params.last()?.split(' ').find_map(|cap| cap.strip_prefix("sts="))?;
    let mut policy = Policy::default();
    for (key, value) in said.split(',').filter_map(|token| token.split_once('=')) {
        match key {
            "port" => policy.port = value.parse().ok().filter(|port| *port != 0),
            "duration" => policy.duration = value.parse().ok(),
            _ => {}
        }
    }
    Some(policy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_read_from_the_capabilities() {
        let policy = |port, duration| Some(Policy { port, duration });
        for (line, expected) in [
            (":s CAP * LS :multi-prefix sts=port=6697 batch", policy(Some(6697), None)),
            ("CAP * LS * :sts=duration=60,port=1,preload", policy(Some(1), Some(60))),
            (":s CAP a NEW :sts=duration=0", policy(None, Some(0))),
            (":s CAP * LS :sts=port=0,duration=-1,x", policy(None, None)),
            (":s CAP * ACK :sts=port=6697", None),
            (":s CAP * LS :stst=port=1 sts", None),
            (":s PRIVMSG LS LS :sts=port=1", None),
        ] {
            assert_eq!(read(line.as_bytes()), expected, "{line}");
        }
        assert_eq!(read(b"CAP * LS :sts=port=1\xff"), None);
    }
}

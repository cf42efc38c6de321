//! The first bytes of a connection: who is knocking. Pure: bytes in, verdict out.
//!
//! A web page can make a browser connect to a port of its own machine and send what it likes in the body of a POST; so
//! whatever begins like HTTP is answered once, closed, and never read any further.

/// What the first bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not enough bytes to tell.
    Wait,
    /// IRC.
    Irc,
    /// Somebody else: answered with these bytes and closed, for this reason.
    Refuse(&'static [u8], &'static str),
}

/// The methods of HTTP, and the first word of HTTP/2.
const METHODS: &[&[u8]] = &[
    b"GET ",
    b"POST ",
    b"HEAD ",
    b"PUT ",
    b"DELETE ",
    b"OPTIONS ",
    b"PATCH ",
    b"TRACE ",
    b"CONNECT ",
    b"PRI ",
];

const HTTP_ANSWER: &[u8] = b"HTTP/1.1 426 Upgrade Required\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
/// A fatal alert, `handshake_failure` (RFC 8446 6): what a TLS client shows as a clear refusal.
const TLS_ALERT: &[u8] = &[0x15, 3, 1, 0, 2, 2, 40];

/// Looks at all that has come so far.
pub fn look(first: &[u8]) -> Verdict {
    let first = first.trim_ascii_start();
    if first.is_empty() {
        return Verdict::Wait;
    }
    if first[0] == 0x16 {
        return match first.get(1) {
            None => Verdict::Wait,
            Some(3) => Verdict::Refuse(TLS_ALERT, "TLS is not offered here"),
            Some(_) => Verdict::Irc,
        };
    }
    for method in METHODS {
        if first.starts_with(method) {
            return Verdict::Refuse(HTTP_ANSWER, "HTTP is not spoken here");
        }
        if method.starts_with(first) {
            return Verdict::Wait;
        }
    }
    if first.starts_with(b"SSH-") {
        return Verdict::Refuse(b"IRC is spoken here.\r\n", "SSH is not spoken here");
    }
    Verdict::Irc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_knocking() {
        assert_eq!(look(b"NICK a\r\n"), Verdict::Irc);
        assert_eq!(look(b"CAP LS 302\r\n"), Verdict::Irc);
        assert_eq!(look(b"\r\n"), Verdict::Wait);
        assert_eq!(look(b"P"), Verdict::Wait);
        assert_eq!(look(b"PASS x"), Verdict::Irc);
        assert_eq!(look(b"get "), Verdict::Irc);
        for web in [b"POST / HTTP/1.1\r\n".as_slice(), b"GET ", b"\r\nOPTIONS *", b"PRI * HTTP/2.0"] {
            assert!(matches!(look(web), Verdict::Refuse(answer, _) if answer.starts_with(b"HTTP/1.1 4")));
        }
        assert!(matches!(look(&[0x16, 3, 1]), Verdict::Refuse(TLS_ALERT, _)));
        assert_eq!(look(&[0x16]), Verdict::Wait);
    }
}

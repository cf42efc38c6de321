//! Where a server is: `HOST[:PORT]`, `[::1]:6667`, `irc://host:port`; with TLS in any case `HOST:+PORT`, `ircs://host`. And
//! what it must show before it is spoken to.

use std::fmt;
use std::path::PathBuf;

use crate::irc::Fingerprint;

/// The port when none is named.
pub const DEFAULT_PORT: u16 = 6667;

/// The port when none is named, and TLS is.
pub const DEFAULT_TLS_PORT: u16 = 6697;

/// A server's address, as a person writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// A name or a number, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether TLS was asked for, wherever it is.
    pub tls: bool,
}

/// What a server must show, as the user wants it. Nothing said: TLS, unless the server is on this machine; its certificate
/// must be good in the eyes of the system's authorities, or be the one that was shown there the first time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Security {
    /// TLS on this machine, too.
    pub tls: bool,
    /// No TLS, wherever it is.
    pub plaintext: bool,
    /// This certificate and no other; it is remembered.
    pub fingerprint: Option<Fingerprint>,
    /// A certificate by one of the authorities in this file (PEM), and no other.
    pub authorities: Option<PathBuf>,
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Address, String> {
        let text = text.trim();
        let ircs = text.strip_prefix("ircs://");
        let bare = ircs.or_else(|| text.strip_prefix("irc://")).unwrap_or(text);
        if let Some((scheme, _)) = bare.split_once("://") {
            return Err(format!("{scheme}:// is not IRC: a server is HOST, HOST:PORT, irc:// or ircs://"));
        }
        let bare = bare.split(['/', '?']).next().unwrap_or_default();
        let (host, port) = if let Some(rest) = bare.strip_prefix('[') {
            let (host, after) = rest.split_once(']').ok_or("the address lacks its closing bracket")?;
            (host, after.strip_prefix(':').or((!after.is_empty()).then_some(after)))
        } else if bare.matches(':').count() > 1 {
            (bare, None)
        } else {
            bare.split_once(':').map_or((bare, None), |(host, port)| (host, Some(port)))
        };
        if host.is_empty() || host.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err("a host is needed, such as localhost or chat.example:6667".to_owned());
        }
        let plus = port.and_then(|port| port.strip_prefix('+'));
        let (port, tls) = (plus.or(port), plus.is_some() || ircs.is_some());
        let port = match port {
            None | Some("") if tls => DEFAULT_TLS_PORT,
            None | Some("") => DEFAULT_PORT,
            Some(port) => match port.parse() {
                Ok(number) if number != 0 && !port.starts_with('+') => number,
                _ => return Err(format!("{port} is no port; a port is a number from 1 to 65535")),
            },
        };
        Ok(Address { host: host.to_owned(), port, tls })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plus = if self.tls { "+" } else { "" };
        if self.host.contains(':') {
            write!(f, "[{}]:{plus}{}", self.host, self.port)
        } else {
            write!(f, "{}:{plus}{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_ways_to_write_an_address() {
        for (text, host, port) in [
            ("localhost", "localhost", 6667),
            ("localhost:7000", "localhost", 7000),
            ("[::1]:6668", "::1", 6668),
            ("[::1]", "::1", 6667),
            ("::1", "::1", 6667),
            ("irc://chat.example:6670/#lobby", "chat.example", 6670),
            (" 127.0.0.1: ", "127.0.0.1", 6667),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!((address.host.as_str(), address.port, address.tls), (host, port, false), "{text}");
            assert_eq!(Address::parse(&address.to_string()), Ok(address));
        }
        for (text, host, port) in [
            ("chat.example:+7000", "chat.example", 7000),
            ("chat.example:+", "chat.example", 6697),
            ("ircs://chat.example/#lobby", "chat.example", 6697),
            ("ircs://chat.example:6667", "chat.example", 6667),
            ("irc://[::1]:+6697", "::1", 6697),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!((address.host.as_str(), address.port, address.tls), (host, port, true), "{text}");
            assert_eq!(Address::parse(&address.to_string()), Ok(address));
        }
        for bad in ["", ":6667", "a:b", "a:0", "a:70000", "[::1", "[::1]x", "a b", "ircs://", "a:++1", "a:+0"]
        {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
    }
}

//! Where a server is: `HOST[:PORT]`, `[::1]:6667`, `irc://host:port`.

use std::fmt;

/// The port when none is named.
pub const DEFAULT_PORT: u16 = 6667;

/// A server's address, as a person writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// A name or a number, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Address, String> {
        let text = text.trim();
        let bare = text.strip_prefix("irc://").unwrap_or(text);
        if text.starts_with("ircs://") {
            return Err("ircs:// (TLS) is not spoken yet; use irc:// or host:port".to_owned());
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
        let port = match port {
            None | Some("") => DEFAULT_PORT,
            Some(port) => match port.parse() {
                Ok(port) if port != 0 => port,
                _ => return Err(format!("{port} is no port; a port is a number from 1 to 65535")),
            },
        };
        Ok(Address { host: host.to_owned(), port })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
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
            assert_eq!((address.host.as_str(), address.port), (host, port), "{text}");
            assert_eq!(Address::parse(&address.to_string()), Ok(address));
        }
        for bad in ["", ":6667", "a:b", "a:0", "a:70000", "[::1", "[::1]x", "a b", "ircs://a"] {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
    }
}

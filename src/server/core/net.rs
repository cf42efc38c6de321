//! Addresses and networks of them, as bans and limits count them.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// How many bits of an IPv6 address tell one subscriber from another: a whole `/64` is what one machine is given to choose from.
const SUBSCRIBER: u8 = 64;

/// A network (CIDR): an address, and how many of its bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Net {
    first: IpAddr,
    bits: u8,
}

impl Net {
    /// Reads `192.0.2.0/24`, `2001:db8::/32`, or one address. The bits that do not count are cleared; an IPv4 address in
    /// IPv6 clothes is taken without them.
    pub fn parse(text: &str) -> Option<Net> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) if bits.len() <= 3 && bits.bytes().all(|b| b.is_ascii_digit()) => {
                (address, Some(bits.parse().ok()?))
            }
            Some(_) => return None,
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let plain = address.to_canonical();
        let most = width(plain);
        let bits = bits.unwrap_or(width(address)).checked_sub(width(address) - most)?;
        (bits <= most).then(|| Net { first: masked(plain, bits), bits })
    }

    /// What counts as one address: of IPv6 a `/64`.
    pub fn around(address: IpAddr) -> Net {
        let address = address.to_canonical();
        let bits = width(address).min(if address.is_ipv6() { SUBSCRIBER } else { u8::MAX });
        Net { first: masked(address, bits), bits }
    }

    /// Whether an address is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.first.is_ipv4() && masked(address, self.bits) == self.first
    }
}

impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.bits == width(self.first) {
            return self.first.fmt(f);
        }
        write!(f, "{}/{}", self.first, self.bits)
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn masked(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            IpAddr::V4((address.to_bits() & mask).into())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn networks_are_read_and_shown() {
        for (text, shown) in [
            ("192.0.2.7", "192.0.2.7"),
            ("192.0.2.7/24", "192.0.2.0/24"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7/120", "192.0.2.0/24"),
            ("2001:db8:1:2::7/32", "2001:db8::/32"),
            ("::/0", "::/0"),
            ("0.0.0.0/0", "0.0.0.0/0"),
        ] {
            assert_eq!(Net::parse(text).unwrap().to_string(), shown, "{text}");
        }
        for bad in [
            "",
            "1.2.3",
            "1.2.3.4/33",
            "1.2.3.4/",
            "1.2.3.4/+1",
            "::1/129",
            "::1/0129",
            "a/8",
            "::ffff:1.2.3.4/95",
        ] {
            assert_eq!(Net::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_address_is_in_its_networks_and_in_no_others() {
        let net = Net::parse("192.0.2.0/25").unwrap();
        assert!(net.contains(ip("192.0.2.127")) && net.contains(ip("::ffff:192.0.2.1")));
        assert!(!net.contains(ip("192.0.2.128")) && !net.contains(ip("2001:db8::1")));
        let all = Net::parse("0.0.0.0/0").unwrap();
        assert!(all.contains(ip("255.1.2.3")) && !all.contains(ip("::1")));
        assert_eq!(Net::around(ip("2001:db8::1")), Net::around(ip("2001:db8::ffff:1")));
        assert_ne!(Net::around(ip("2001:db8::1")), Net::around(ip("2001:db8:0:1::1")));
        assert_eq!(Net::around(ip("::ffff:192.0.2.1")).to_string(), "192.0.2.1");
    }
}

//! What both sides read of a certificate ([RFC 5280, 4.1](https://www.rfc-editor.org/rfc/rfc5280#section-4.1)) that the library
//! of TLS does not tell: its key, who has issued it to whom, and from when to when it is good. It judges nothing.

use chrono::NaiveDateTime;

use super::Time;

/// A certificate in DER.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certificate<'a> {
    issuer: &'a [u8],
    subject: &'a [u8],
    /// From when on it is good.
    pub begins: Time,
    /// Until when.
    pub ends: Time,
    /// Its public key (SubjectPublicKeyInfo, in DER): what stays when it is renewed with the same key.
    pub key: &'a [u8],
}

/// The tag of an explicit version.
const VERSION: u8 = 0xA0;
/// A time whose year has two digits.
const UTC_TIME: u8 = 0x17;
/// A time whose year has four digits.
const GENERALIZED_TIME: u8 = 0x18;

impl<'a> Certificate<'a> {
    /// Reads one; `None` if it is cut off, or none.
    pub fn parse(der: &'a [u8]) -> Option<Certificate<'a>> {
        let (_, body, _) = element(der)?;
        let (_, mut rest, _) = element(body)?;
        if rest.first() == Some(&VERSION) {
            rest = element(rest)?.2;
        }
        let mut fields = [&[][..]; 5];
        for field in &mut fields {
            let (_, content, behind) = element(rest)?;
            (*field, rest) = (content, behind);
        }
        let [_serial, _algorithm, issuer, validity, subject] = fields;
        let (begins, behind) = time(validity)?;
        let (ends, _) = time(behind)?;
        let (_, _, behind) = element(rest)?;
        let key = &rest[..rest.len() - behind.len()];
        Some(Certificate { issuer, subject, begins, ends, key })
    }

    /// Whether it names itself as its issuer.
    pub fn is_self_signed(&self) -> bool {
        self.issuer == self.subject
    }
}

/// The first element of DER: its tag, its content, and what follows it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, length], rest) = der.split_first_chunk()?;
    let (length, rest) = match usize::from(length) {
        short @ ..0x80 => (short, rest),
        long => {
            let (digits, rest) =
                rest.split_at_checked(long - 0x80).filter(|(digits, _)| digits.len() <= 4)?;
            (digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit)), rest)
        }
    };
    rest.split_at_checked(length).map(|(content, behind)| (tag, content, behind))
}

/// A time, and what follows it. What lies before 1970 becomes that.
fn time(der: &[u8]) -> Option<(Time, &[u8])> {
    let (tag, content, behind) = element(der)?;
    let digits = std::str::from_utf8(content).ok()?.strip_suffix('Z')?;
    let whole = match tag {
        // The century is the one around 2000.
        UTC_TIME => format!("{}{digits}", if digits < "5" { "20" } else { "19" }),
        GENERALIZED_TIME => digits.to_owned(),
        _ => return None,
    };
    let at = NaiveDateTime::parse_from_str(&whole, "%Y%m%d%H%M%S").ok()?;
    let millis = u64::try_from(at.and_utc().timestamp_millis()).unwrap_or(0);
    Some((Time::from_millis(millis), behind))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    #[test]
    fn what_a_certificate_says_is_read_and_a_cut_one_is_none() {
        let key = KeyPair::generate().unwrap();
        let made = |from, until| {
            let mut params = CertificateParams::new(vec!["chat.example".to_owned()]).unwrap();
            (params.not_before, params.not_after) = (date_time_ymd(from, 1, 2), date_time_ymd(until, 3, 4));
            params.self_signed(&key).unwrap().der().to_vec()
        };
        let (one, other) = (made(2020, 2120), made(2021, 2049));
        let [first, second] = [&one, &other].map(|der| Certificate::parse(der).unwrap());
        assert!(first.is_self_signed());
        assert_eq!(
            (first.key, first.begins.to_string()),
            (second.key, "2020-01-02T00:00:00.000Z".to_owned())
        );
        assert_eq!(first.ends.to_string(), "2120-03-04T00:00:00.000Z");
        assert_eq!(second.ends.to_string(), "2049-03-04T00:00:00.000Z");
        assert_ne!(one, other);
        for cut in 0..one.len() {
            assert_eq!(Certificate::parse(&one[..cut]), None, "{cut}");
        }
        for bad in [&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff][..], &[0x30, 0x80, 0x30, 0x80]] {
            assert_eq!(Certificate::parse(bad), None);
        }
    }
}

//! A server's certificate as people tell it from others: its SHA-256, and a few words of it. Both sides print it, and the
//! client remembers it.

mod words;

use std::fmt;

/// How many words a [phrase](Fingerprint::phrase) has.
const PHRASE_WORDS: usize = 6;

/// The SHA-256 of a certificate's DER form: what `openssl x509 -fingerprint -sha256`, WeeChat's `tls_fingerprint` and
/// irssi's `-tls_pinned_cert` mean, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint with these bytes.
    pub fn new(digest: [u8; 32]) -> Fingerprint {
        Fingerprint(digest)
    }

    /// Reads one, as this program or another has printed it: 64 hexadecimal digits, with or without colons or blanks.
    ///
    /// # Errors
    /// A sentence that says what it should look like.
    pub fn parse(text: &str) -> Result<Fingerprint, String> {
        let wrong = || "a fingerprint is SHA-256: 64 hexadecimal digits, with or without colons".to_owned();
        let mut nibbles = Vec::with_capacity(64);
        for sign in text.trim().chars().filter(|sign| !matches!(sign, ':' | ' ')) {
            nibbles.push(sign.to_digit(16).filter(|_| nibbles.len() < 64).ok_or_else(wrong)? as u8);
        }
        let bytes: Vec<u8> = nibbles.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
        bytes.try_into().map(Fingerprint).map_err(|_| wrong())
    }

    /// Six words to compare at a glance, or over the telephone: its first six bytes. They give away every mistake and every
    /// certificate that somebody happened to have, but 48 bits can be searched for by somebody who takes days for it; a
    /// program compares the whole.
    pub fn phrase(&self) -> String {
        let words: Vec<&str> =
            self.0.iter().take(PHRASE_WORDS).map(|byte| words::WORDS[usize::from(*byte)]).collect();
        words.join(" ")
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_in_every_form_it_is_printed_in() {
        let digest: [u8; 32] = std::array::from_fn(|n| n as u8 * 7);
        let print = Fingerprint::new(digest);
        let text = print.to_string();
        assert_eq!(Fingerprint::parse(&text), Ok(print));
        let pairs: Vec<&str> = (0..32).map(|n| &text[2 * n..2 * n + 2]).collect();
        assert_eq!(Fingerprint::parse(&format!(" {} \n", pairs.join(":").to_uppercase())), Ok(print));
        for bad in ["", &text[1..], &format!("{text}0"), &format!("{text}00"), &text.replace('0', "x")] {
            assert!(Fingerprint::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn each_byte_has_a_word_of_its_own() {
        let mut words = words::WORDS.to_vec();
        assert!(words.is_sorted(), "sorted, so that it is easily seen that none is missing");
        words.dedup();
        assert_eq!(words.len(), 256);
        assert!(
            words
                .iter()
                .all(|word| (4..=8).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase()))
        );
        let mut digest = [0; 32];
        digest[5] = 255;
        assert_eq!(Fingerprint::new(digest).phrase(), "acorn acorn acorn acorn acorn zebra");
    }
}

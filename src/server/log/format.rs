//! A line of the wire ↔ a line of the file: the same bytes, with a checksum tag at a fixed place behind the stamp,
//! so that it is put in and cut out by position.
//!
//! ```text
//! @time=2026-11-20T16:05:00.123Z;msgid=<18 signs>;c=1a2b3c4d;+client/tag=x :alice!a@h PRIVMSG #lobby :hi\r\n
//! |------------------ stamp, STAMP bytes --------||checksum||- sender's -|
//! ```
//!
//! The checksum is CRC-32C of the line as the wire has it, without the line end, in eight lower-case hexadecimal
//! digits: one that is written in another way is none, so every flipped bit is found.
//!
//! A NICK or a QUIT names no channel. Behind the checksum, and under it, stands in which ones it was heard:
//! `…;c=1a2b3c4d;in=#a,#b :alice!a@h QUIT :bye`. That tag is cut out with the checksum when the line is sent.

use bytes::{BufMut, BytesMut};

use crate::irc::line::{MSGID_LEN, Pieces, STAMP, Seq, parse_msgid};
use crate::irc::message::{self, PLACES_TAG, Tags};
use crate::irc::{Line, MAX_LINE, MAX_REST, MAX_TAGS, Time, name};

/// What stands in front of the checksum's digits.
const TAG: &[u8; 3] = b";c=";
/// How many bytes the checksum tag has.
const CHECKSUM: usize = TAG.len() + 8;
/// Where the checksum tag ends.
const CHECKED: usize = STAMP + CHECKSUM;

/// Most bytes of a line of the file, line end included.
pub(super) const MAX_FILE_LINE: usize = MAX_LINE + CHECKSUM;

/// A place in the order of all lines: the milliseconds and the number of a message id, in one.
pub(super) type Place = u128;

/// How many bits of a place are the number.
const SEQ_BITS: u32 = 40;

/// The place of the line with this number, stamped at this time.
pub(super) fn place(at: Time, seq: Seq) -> Place {
    (Place::from(at.millis()) << SEQ_BITS) | Place::from(seq & ((1 << SEQ_BITS) - 1))
}

/// The place of a line.
pub(super) fn place_of(line: &Line) -> Place {
    parse_msgid(line.msgid()).map_or(0, |(at, seq)| place(at, seq))
}

/// The time and the number of a place.
pub(super) fn split(place: Place) -> (Time, Seq) {
    let seq = place & ((1 << SEQ_BITS) - 1);
    (Time::from_millis(u64::try_from(place >> SEQ_BITS).unwrap_or(u64::MAX)), seq as Seq)
}

/// How many bytes a line takes in the file.
pub(super) fn file_len(line: &Line) -> usize {
    line.tagged().len() + CHECKSUM
}

/// Writes a line as the file has it.
pub(super) fn encode(line: &Line, out: &mut Vec<u8>) {
    let wire = line.tagged();
    let (stamp, rest) = wire.split_at(STAMP);
    let sum = crc32c::crc32c(wire.strip_suffix(b"\r\n").unwrap_or(wire));
    out.extend_from_slice(stamp);
    out.extend_from_slice(TAG);
    out.extend_from_slice(&hex(sum));
    out.extend_from_slice(rest);
}

/// Reads a line of the file, given with its line end. `None` unless it is whole, has the right checksum, and
/// is what the wire allows: a log may be old, damaged or made by somebody else.
pub(super) fn decode(raw: &[u8]) -> Option<Line> {
    if raw.len() > MAX_FILE_LINE {
        return None;
    }
    let body = raw.strip_suffix(b"\r\n")?;
    let (stamp, sum, rest) = (body.get(..STAMP)?, body.get(STAMP..CHECKED)?, &body[CHECKED..]);
    let expected = crc32c::crc32c_append(crc32c::crc32c(stamp), rest);
    if &sum[..TAG.len()] != TAG || sum[TAG.len()..] != hex(expected) {
        return None;
    }
    let mut wire = BytesMut::with_capacity(raw.len() - CHECKSUM);
    wire.put_slice(stamp);
    wire.put_slice(rest);
    wire.put_slice(b"\r\n");
    let line = Line::from_wire(wire.freeze())?;
    is_kept(&line).then_some(line)
}

/// A line of the file as it is sent: the checksum and what only the log knows are cut out by position. Nothing is checked.
pub(super) fn pieces(raw: &[u8]) -> Option<Pieces<'_>> {
    let blank = CHECKED + memchr::memchr(b' ', raw.get(CHECKED..)?)?;
    let tags = &raw[CHECKED..blank];
    let tags = places(tags).map_or(tags, |places| &tags[NOTE.len() + places.len()..]);
    Some(Pieces { stamp: &raw[..STAMP], tags, untagged: &raw[blank + 1..] })
}

/// How the tag with the channels begins where it stands.
const NOTE: &[u8] = b";in=";

/// The channels that the tags behind the checksum note, as they stand there.
fn places(tags: &[u8]) -> Option<&[u8]> {
    let value = tags.strip_prefix(NOTE)?;
    Some(&value[..memchr::memchr(b';', value).unwrap_or(value.len())])
}

/// The place of a line of the file, given with its line end; `None` unless it is a good one. That its command and
/// params are in order is believed: the checksum says that it is what was written, and only good lines are.
pub(super) fn check(raw: &[u8]) -> Option<Place> {
    let body = raw.strip_suffix(b"\r\n").filter(|_| raw.len() <= MAX_FILE_LINE)?;
    let (stamp, sum, rest) = (body.get(..STAMP)?, body.get(STAMP..CHECKED)?, &body[CHECKED..]);
    let expected = crc32c::crc32c_append(crc32c::crc32c(stamp), rest);
    let whole = &sum[..TAG.len()] == TAG
        && sum[TAG.len()..] == hex(expected)
        && memchr::memchr3(b'\r', b'\n', 0, body).is_none()
        && std::str::from_utf8(body).is_ok();
    let (at, seq) = parse_msgid(std::str::from_utf8(&stamp[STAMP - MSGID_LEN..]).ok()?).filter(|_| whole)?;
    Some(place(at, seq))
}

/// Whether a line may be in a log: within the wire's limits, text throughout, nothing in it that could be taken
/// for a line end, and both halves of its stamp of one time.
pub(super) fn is_kept(line: &Line) -> bool {
    let wire = line.tagged();
    let Some(text) = wire.strip_suffix(b"\r\n").and_then(|body| std::str::from_utf8(body).ok()) else {
        return false;
    };
    let untagged = line.untagged().len();
    let time = std::str::from_utf8(line.time_tag()).ok().and_then(|tag| tag.strip_prefix("@time="));
    untagged <= MAX_REST
        && wire.len() - untagged <= MAX_TAGS
        && memchr::memchr3(b'\r', b'\n', 0, text.as_bytes()).is_none()
        // What is behind the tags was parsed when the line was made; there, tags of its own would still have been some.
        && !text[wire.len() - untagged..].trim_start_matches(' ').starts_with('@')
        && time.and_then(Time::parse) == Some(line.time())
}

fn hex(sum: u32) -> [u8; 8] {
    let mut digits = [b'0'; 8];
    for (n, digit) in digits.iter_mut().rev().enumerate() {
        *digit = b"0123456789abcdef"[(sum >> (4 * n)) as usize & 15];
    }
    digits
}

/// What a line of a channel is to its history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// PRIVMSG or NOTICE: something was said.
    Message,
    /// TOPIC: an event, and the last one counts.
    Topic,
    /// JOIN, PART, KICK, MODE; NICK and QUIT.
    Event,
}

/// What a line of the file is to the history of a channel, found without parsing the rest; `None` if it is nothing to it.
pub(super) fn concern(raw: &[u8], channel: &[u8]) -> Option<Kind> {
    if let Some((kind, target)) = heading(raw) {
        return target.eq_ignore_ascii_case(channel).then_some(kind);
    }
    let mut concerned = false;
    each_noted(raw, &mut |place| concerned |= place.eq_ignore_ascii_case(channel));
    concerned.then_some(Kind::Event)
}

/// Hands out the channels, or whoever else is addressed, in whose history a line of the file is.
pub(super) fn each_channel(raw: &[u8], each: &mut dyn FnMut(&[u8])) {
    match heading(raw) {
        Some((_, target)) => each(target),
        None => each_noted(raw, each),
    }
}

fn each_noted(raw: &[u8], each: &mut dyn FnMut(&[u8])) {
    let tags = raw.get(CHECKED..).unwrap_or_default();
    let noted = places(&tags[..memchr::memchr(b' ', tags).unwrap_or(tags.len())]);
    let Some(Ok(noted)) = noted.map(std::str::from_utf8) else { return };
    message::unescape(noted).split(',').for_each(|place| each(place.as_bytes()));
}

/// Whether a line of the log is of a channel, or was heard in it.
pub fn concerns(line: &Line, channel: &str) -> bool {
    match line.message().command {
        "NICK" | "QUIT" => Tags(line.sender_tags())
            .get(PLACES_TAG)
            .is_some_and(|places| places.split(',').any(|place| name::same(place, channel))),
        _ => name::same(line.message().param(0), channel),
    }
}

/// The target of a line and what the line is to the target's history, found without parsing the rest. Takes a line
/// of the wire or of the file, stamped. `None` for lines of other kinds.
pub(super) fn heading(line: &[u8]) -> Option<(Kind, &[u8])> {
    let line = line.strip_suffix(b"\r\n").unwrap_or(line);
    let (_, mut rest) = word(line);
    if rest.starts_with(b":") {
        (_, rest) = word(rest);
    }
    let (command, rest) = word(rest);
    let kind = match command {
        b"PRIVMSG" | b"NOTICE" => Kind::Message,
        b"TOPIC" => Kind::Topic,
        b"JOIN" | b"PART" | b"KICK" | b"MODE" => Kind::Event,
        _ => return None,
    };
    let target = rest.strip_prefix(b":").unwrap_or_else(|| word(rest).0);
    Some((kind, target))
}

/// The text up to a blank, and what follows the run of blanks.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let end = memchr::memchr(b' ', text).unwrap_or(text.len());
    let (word, mut rest) = text.split_at(end);
    while let [b' ', after @ ..] = rest {
        rest = after;
    }
    (word, rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::irc::Draft;

    fn line(tags: &str, command: &str, params: &[&str]) -> Line {
        Draft::new(tags, "alice!a@h", command, params).stamp(Time::from_millis(1_795_190_700_123), 42)
    }

    fn written(line: &Line) -> Vec<u8> {
        let mut out = Vec::new();
        encode(line, &mut out);
        assert_eq!(out.len(), file_len(line));
        out
    }

    #[test]
    fn the_checksum_stands_at_its_place() {
        // CRC-32C's check value, from the catalogue of checksums.
        assert_eq!(hex(crc32c::crc32c(b"123456789")), *b"e3069283");
        let line = line("+chatui/id=7", "PRIVMSG", &["#lobby", "hi"]);
        let sum = format!("{:08x}", crc32c::crc32c(line.tagged().strip_suffix(b"\r\n").unwrap()));
        let expected = format!(
            "@time=2026-11-20T16:05:00.123Z;msgid={};c={sum};+chatui/id=7 :alice!a@h PRIVMSG #lobby :hi\r\n",
            line.msgid()
        );
        assert_eq!(String::from_utf8(written(&line)).unwrap(), expected);
        assert_eq!(decode(expected.as_bytes()), Some(line));
    }

    #[test]
    fn what_is_sent_is_what_was_heard_without_the_logs_own() {
        let quit = line("+x=1", "QUIT", &["bye"]);
        let noted = quit.noted("in=#a,#b\\:c");
        let raw = written(&noted);
        assert_eq!(decode(&raw), Some(noted.clone()));
        assert_eq!(check(&raw), Some(place_of(&quit)));
        assert_eq!(pieces(&raw), Some(quit.pieces()));
        for (channel, kind) in [("#A", Some(Kind::Event)), ("#b;c", Some(Kind::Event)), ("#b", None)] {
            assert_eq!(concern(&raw, channel.as_bytes()), kind, "{channel}");
            assert_eq!(concerns(&noted, channel), kind.is_some(), "{channel}");
        }
        // As logs were before: heard, but nobody knows where.
        let plain = written(&quit);
        assert_eq!((pieces(&plain), concern(&plain, b"#a")), (Some(quit.pieces()), None));
        let said = line("", "PRIVMSG", &["#a", "in=#b"]);
        assert_eq!(pieces(&written(&said)), Some(said.pieces()));
        assert_eq!(concern(&written(&said), b"#a"), Some(Kind::Message));
    }

    #[test]
    fn every_flipped_bit_is_found_without_parsing() {
        let mut raw = written(&line("+x=1", "PRIVMSG", &["#a", "h\u{e9}llo"]));
        assert!(check(&raw).is_some());
        for at in 0..raw.len() * 8 {
            raw[at / 8] ^= 1 << (at % 8);
            assert_eq!(check(&raw), None, "{at}");
            raw[at / 8] ^= 1 << (at % 8);
        }
    }

    #[test]
    fn a_line_is_as_long_as_a_line_may_be() {
        let good = line("", "PRIVMSG", &["#lobby", "hi"]);
        let stamp = &good.tagged()[..STAMP];
        let of_length = |length: usize| {
            let end = b" :a!a@h PRIVMSG #c :hi";
            let tag = vec![b'x'; length - STAMP - CHECKSUM - b";+x=".len() - end.len() - 2];
            let rest = [b";+x=", &tag[..], end].concat();
            let sum = crc32c::crc32c(&[stamp, &rest].concat());
            [stamp, TAG, &hex(sum), &rest, b"\r\n"].concat()
        };
        let (longest, longer) = (of_length(MAX_FILE_LINE), of_length(MAX_FILE_LINE + 1));
        assert_eq!((longest.len(), MAX_FILE_LINE), (MAX_FILE_LINE, MAX_TAGS + MAX_REST + 11));
        assert_eq!((check(&longest), check(&longer)), (Some(place_of(&good)), None));
    }

    #[test]
    fn a_checksum_in_capitals_is_none() {
        let raw = String::from_utf8(written(&line("", "PRIVMSG", &["#lobby", "hi"]))).unwrap();
        let sum = &raw[STAMP + 3..CHECKED];
        assert!(sum.contains(|c: char| c.is_ascii_lowercase()), "{sum}");
        assert_eq!(decode(raw.replacen(sum, &sum.to_uppercase(), 1).as_bytes()), None);
    }

    #[test]
    fn what_the_wire_forbids_is_not_read_even_with_the_right_checksum() {
        let good = line("", "PRIVMSG", &["#lobby", "hi"]);
        let stamp = std::str::from_utf8(&good.tagged()[..STAMP]).unwrap();
        let later = stamp.replace("00.123Z", "00.124Z");
        let long = "x".repeat(MAX_REST);
        for (stamp, rest) in [
            (stamp, &b" :a!a@h PRIVMSG #c :a\rb"[..]),
            (stamp, b" :a!a@h PRIVMSG #c :a\0b"),
            (stamp, b" :a!a@h PRIVMSG #c :\xff"),
            (stamp, b";+a=\xff :a!a@h PRIVMSG #c :a"),
            (stamp, b";+a=\r :a!a@h PRIVMSG #c :a"),
            (stamp, b" "),
            (stamp, format!(" PRIVMSG #c :{long}").as_bytes()),
            (&later, b" :a!a@h PRIVMSG #c :a"),
        ] {
            let sum = crc32c::crc32c(&[stamp.as_bytes(), rest].concat());
            let raw = [stamp.as_bytes(), b";c=", &hex(sum), rest, b"\r\n"].concat();
            assert_eq!(decode(&raw), None, "{}", raw.escape_ascii());
        }
    }

    #[test]
    fn places_sort_as_ids_do() {
        let (early, late) = (place(Time::from_millis(5), 9), place(Time::from_millis(6), 1));
        assert!(early < late);
        assert_eq!(split(early), (Time::from_millis(5), 9));
        assert_eq!(place_of(&line("", "JOIN", &["#c"])), place(Time::from_millis(1_795_190_700_123), 42));
    }

    #[test]
    fn headings() {
        let kinds = |command, params: &[&str]| {
            let line = line("+a=PRIVMSG", command, params);
            heading(line.tagged()).map(|(kind, target)| (kind, String::from_utf8(target.to_vec()).unwrap()))
        };
        let is = |kind, target: &str| Some((kind, target.to_owned()));
        assert_eq!(kinds("PRIVMSG", &["#a", "x y"]), is(Kind::Message, "#a"));
        assert_eq!(kinds("NOTICE", &["bob", "x"]), is(Kind::Message, "bob"));
        assert_eq!(kinds("TOPIC", &["#a", ""]), is(Kind::Topic, "#a"));
        assert_eq!(kinds("JOIN", &["#a"]), is(Kind::Event, "#a"));
        assert_eq!(kinds("PART", &["#a"]), is(Kind::Event, "#a"));
        assert_eq!(kinds("QUIT", &["#a"]), None);
        let line = line("", "KICK", &["#a", "bob", "out"]);
        assert_eq!(heading(&written(&line)), Some((Kind::Event, &b"#a"[..])));
        assert_eq!(heading(b"PRIVMSG"), None);
    }
}

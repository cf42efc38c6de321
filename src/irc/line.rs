//! A line of the server: formatted once as a [`Draft`], stamped into a [`Line`], and from then on shared as
//! bytes by the log and by everybody who hears it.
//!
//! ```text
//! @time=2026-11-20T16:05:00.123Z;msgid=<18 signs>;+client/tag=x :alice!a@h PRIVMSG #lobby :hi\r\n
//! |------------------ stamp, STAMP bytes --------| |- sender's -||------- the untagged form -----|
//! ```

use bytes::{BufMut, Bytes, BytesMut};

use super::message::{Message, needs_colon};
use super::numeric::*;
use super::{MAX_REST, Time, time};

/// How many signs a message id has: 88 bits, five a sign.
pub const MSGID_LEN: usize = 18;

/// How many bytes the stamp has: `@time=…;msgid=…`, without what separates it from the rest.
pub const STAMP: usize = 6 + time::STAMP_LEN + 7 + MSGID_LEN;

/// Where in the stamp the time ends: `@time=…`.
const TIME_END: usize = 6 + time::STAMP_LEN;

/// The signs of a message id, in the order of their bytes, so that ids sort as the lines do.
const SIGNS: &[u8; 32] = b"0123456789ABCDEFGHIJKLMNOPQRSTUV";

/// What each byte is worth as a sign of a message id; [`NO_SIGN`] if it is none.
const VALUES: [u8; 256] = {
    let mut values = [NO_SIGN; 256];
    let mut value = 0;
    while value < SIGNS.len() {
        values[SIGNS[value] as usize] = value as u8;
        value += 1;
    }
    values
};

/// A byte that is no sign of a message id.
const NO_SIGN: u8 = u8::MAX;

/// A running number among all lines of a server; 40 bits of it are kept in a message id.
pub type Seq = u64;

/// The message id of the line with this number, stamped at this time: 48 bits of milliseconds, then 40 bits of
/// number. Sorted by time as well as by number, for both only grow.
pub fn msgid(at: Time, seq: Seq) -> [u8; MSGID_LEN] {
    let mut bits = (u128::from(at.millis() & 0xFFFF_FFFF_FFFF) << 40) | u128::from(seq & 0xFF_FFFF_FFFF);
    let mut id = [b'0'; MSGID_LEN];
    for sign in id.iter_mut().rev() {
        *sign = SIGNS[(bits & 31) as usize];
        bits >>= 5;
    }
    id
}

/// The time and the number inside a message id of ours; `None` if it is none.
pub fn parse_msgid(id: &str) -> Option<(Time, Seq)> {
    if id.len() != MSGID_LEN {
        return None;
    }
    let mut bits = 0u128;
    for sign in id.bytes() {
        let value = VALUES[usize::from(sign)];
        if value == NO_SIGN {
            return None;
        }
        bits = (bits << 5) | u128::from(value);
    }
    let millis = u64::try_from(bits >> 40).ok()?;
    Some((Time::from_millis(millis), (bits & 0xFF_FFFF_FFFF) as u64))
}

/// A line that has no order yet: all of it is written but the stamp, for which there is room in front.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    bytes: BytesMut,
    untagged: usize,
}

impl Draft {
    /// Formats `:source COMMAND params`. `tags` are a sender's own, as they stand on the wire, or empty. The
    /// last param is cut, between characters, so that the untagged form fits [`MAX_REST`].
    pub fn new(tags: &str, source: &str, command: &str, params: &[&str]) -> Draft {
        let mut bytes = BytesMut::with_capacity(
            STAMP + 2 + tags.len() + MAX_REST.min(128 + source.len() + text_len(params)),
        );
        bytes.put_bytes(b' ', STAMP);
        if !tags.is_empty() {
            bytes.put_u8(b';');
            bytes.put_slice(tags.as_bytes());
        }
        bytes.put_u8(b' ');
        let untagged = bytes.len();
        put_untagged(&mut bytes, source, command, params);
        Draft { bytes, untagged }
    }

    /// The message as it will be heard, without stamp.
    pub fn message(&self) -> Option<Message<'_>> {
        parse(&self.bytes[self.untagged..])
    }

    /// Gives the line its place in the order.
    pub fn stamp(mut self, at: Time, seq: Seq) -> Line {
        let stamp = &mut self.bytes[..STAMP];
        stamp[..6].copy_from_slice(b"@time=");
        stamp[6..TIME_END].copy_from_slice(&at.stamp());
        stamp[TIME_END..TIME_END + 7].copy_from_slice(b";msgid=");
        stamp[TIME_END + 7..].copy_from_slice(&msgid(at, seq));
        Line { bytes: self.bytes.freeze(), untagged: self.untagged }
    }
}

fn text_len(params: &[&str]) -> usize {
    params.iter().map(|param| param.len() + 2).sum()
}

/// Writes `:source COMMAND params\r\n`, at most [`MAX_REST`] bytes of it: the last param is cut between
/// characters when it does not fit, and so is the line if what stands before that param is too long already. Line ends
/// in a param cannot be: the parser lets none in, and what does come from elsewhere (a file, a flag) is turned into a
/// blank here.
pub fn put_untagged(out: &mut BytesMut, source: &str, command: &str, params: &[&str]) {
    let start = out.len();
    if !source.is_empty() {
        out.put_u8(b':');
        out.put_slice(source.as_bytes());
        out.put_u8(b' ');
    }
    out.put_slice(command.as_bytes());
    if let Some((last, middle)) = params.split_last() {
        for param in middle {
            out.put_u8(b' ');
            out.put_slice(param.as_bytes());
        }
        out.put_u8(b' ');
        if needs_colon(last) || is_text(command, params.len()) {
            out.put_u8(b':');
        }
        let room = (MAX_REST - 2).saturating_sub(out.len() - start);
        out.put_slice(cut(last, room).as_bytes());
    }
    if out.len() - start > MAX_REST - 2 {
        let most = start + MAX_REST - 2;
        // The first byte that goes must begin a character.
        let end = (start..=most).rev().find(|at| out[*at] & 0xC0 != 0x80).unwrap_or(start);
        out.truncate(end);
    }
    while let Some(at) = memchr::memchr3(b'\r', b'\n', 0, &out[start..]) {
        out[start + at] = b' ';
    }
    out.put_slice(b"\r\n");
}

/// Whether the last of so many params is what somebody wrote, or a list: it gets its colon even where it could do without,
/// as people and simple programs expect it.
fn is_text(command: &str, count: usize) -> bool {
    match command {
        "QUIT" | "AWAY" | "SETNAME" | "WALLOPS" | "CAP" => true,
        "PRIVMSG" | "NOTICE" | "TOPIC" | "PART" | RPL_USERHOST | RPL_ISON => count > 1,
        "KICK" | RPL_AWAY | RPL_WHOISCHANNELS | RPL_TOPIC => count > 2,
        RPL_LIST | RPL_NAMREPLY => count > 3,
        RPL_WHOISUSER | RPL_WHOWASUSER => count > 5,
        _ => false,
    }
}

/// The longest beginning of a text that has at most `room` bytes and ends between characters.
pub fn cut(text: &str, room: usize) -> &str {
    &text[..text.floor_char_boundary(room)]
}

fn parse(bytes: &[u8]) -> Option<Message<'_>> {
    let text = std::str::from_utf8(bytes).ok()?;
    Message::parse(text.strip_suffix("\r\n").unwrap_or(text)).ok()
}

/// A stamped line: its bytes are shared, never changed, and hold the tagged and the untagged form in one piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    bytes: Bytes,
    untagged: usize,
}

impl Line {
    /// Takes a line as it stands on the wire with its line end; `None` if it does not begin with a stamp or is
    /// no message.
    pub fn from_wire(bytes: Bytes) -> Option<Line> {
        let head = bytes.get(..STAMP + 1)?;
        let stamped = head.starts_with(b"@time=")
            && head[TIME_END..].starts_with(b";msgid=")
            && matches!(head[STAMP], b' ' | b';');
        if !stamped || !bytes.ends_with(b"\r\n") {
            return None;
        }
        let untagged = memchr::memchr(b' ', &bytes)? + 1;
        let line = Line { bytes, untagged };
        parse_msgid(line.msgid())?;
        Time::parse(std::str::from_utf8(&line.bytes[6..TIME_END]).ok()?)?;
        parse(&line.bytes[line.untagged..])?;
        Some(line)
    }

    /// With all tags, line end included.
    pub fn tagged(&self) -> &Bytes {
        &self.bytes
    }

    /// Without tags, line end included: a suffix of the tagged form.
    pub fn untagged(&self) -> &[u8] {
        &self.bytes[self.untagged..]
    }

    /// The `time` tag alone, as `@time=…`, for those who know no other.
    pub fn time_tag(&self) -> &[u8] {
        &self.bytes[..TIME_END]
    }

    /// The tags, as they stand between `@` and the blank.
    pub fn tags(&self) -> &str {
        std::str::from_utf8(&self.bytes[1..self.untagged - 1]).unwrap_or_default()
    }

    /// The sender's own tags: what follows the stamp.
    pub fn sender_tags(&self) -> &str {
        self.tags().get(STAMP..).unwrap_or_default()
    }

    /// Its message id.
    pub fn msgid(&self) -> &str {
        std::str::from_utf8(&self.bytes[TIME_END + 7..STAMP]).unwrap_or_default()
    }

    /// When it was stamped.
    pub fn time(&self) -> Time {
        parse_msgid(self.msgid()).map(|(at, _)| at).unwrap_or_default()
    }

    /// Its running number.
    pub fn seq(&self) -> Seq {
        parse_msgid(self.msgid()).map(|(_, seq)| seq).unwrap_or_default()
    }

    /// Its pieces.
    pub fn pieces(&self) -> Pieces<'_> {
        let tags = &self.bytes[STAMP..self.untagged - 1];
        Pieces { stamp: &self.bytes[..STAMP], tags, untagged: self.untagged() }
    }

    /// The same line with one more tag in front of the sender's own: for the log, which notes there what is not heard.
    pub fn noted(&self, tag: &str) -> Line {
        let Pieces { stamp, tags, untagged } = self.pieces();
        let mut bytes = BytesMut::with_capacity(self.bytes.len() + 1 + tag.len());
        bytes.put_slice(stamp);
        bytes.put_u8(b';');
        bytes.put_slice(tag.as_bytes());
        bytes.put_slice(tags);
        bytes.put_u8(b' ');
        let start = bytes.len();
        bytes.put_slice(untagged);
        Line { bytes: bytes.freeze(), untagged: start }
    }

    /// The message it carries, its tags included.
    pub fn message(&self) -> Message<'_> {
        // Checked when the line was made: a draft's message or `from_wire`.
        parse(&self.bytes).unwrap_or_else(|| Message::new("", &[]))
    }
}

/// A stamped line in its pieces, wherever they lie: it may be one that is being heard or one of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pieces<'a> {
    /// `@time=…;msgid=…`
    pub stamp: &'a [u8],
    /// The sender's own tags, each with a `;` in front.
    pub tags: &'a [u8],
    /// The line without its tags, line end included.
    pub untagged: &'a [u8],
}

impl<'a> Pieces<'a> {
    /// The `time` tag alone, as `@time=…`.
    pub fn time_tag(&self) -> &'a [u8] {
        self.stamp.get(..TIME_END).unwrap_or_default()
    }

    /// The rest of the stamp, as `msgid=…`.
    pub fn msgid_tag(&self) -> &'a [u8] {
        self.stamp.get(TIME_END + 1..).unwrap_or_default()
    }

    /// When it was stamped.
    pub fn time(&self) -> Time {
        let id = self.stamp.get(TIME_END + 7..).and_then(|id| std::str::from_utf8(id).ok());
        id.and_then(parse_msgid).map(|(at, _)| at).unwrap_or_default()
    }

    /// The message it carries, without tags.
    pub fn message(&self) -> Message<'a> {
        parse(self.untagged).unwrap_or_else(|| Message::new("", &[]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_stands_in_front_of_the_senders_tags() {
        let line = Draft::new("+a=1", "alice!a@h", "QUIT", &["bye"]).stamp(Time::from_millis(5), 42);
        let noted = line.noted("in=#a,#b");
        assert_eq!(noted.sender_tags(), "in=#a,#b;+a=1");
        assert_eq!((noted.msgid(), noted.untagged()), (line.msgid(), line.untagged()));
        assert_eq!(Line::from_wire(noted.tagged().clone()), Some(noted));
        let pieces = line.pieces();
        assert_eq!((pieces.tags, pieces.time()), (&b";+a=1"[..], line.time()));
        assert_eq!(pieces.message().command, "QUIT");
    }

    #[test]
    fn both_forms_are_one_piece() {
        let draft = Draft::new("+chatui/id=7", "alice!a@h", "PRIVMSG", &["#lobby", "hi"]);
        assert_eq!(draft.message().unwrap().param(1), "hi");
        let line = draft.stamp(Time::from_millis(1_795_190_700_123), 42);
        let wire = format!(
            "@time=2026-11-20T16:05:00.123Z;msgid={};+chatui/id=7 :alice!a@h PRIVMSG #lobby :hi\r\n",
            line.msgid()
        );
        assert_eq!(line.tagged(), wire.as_bytes());
        assert_eq!(line.untagged(), b":alice!a@h PRIVMSG #lobby :hi\r\n");
        assert_eq!((line.time(), line.seq()), (Time::from_millis(1_795_190_700_123), 42));
        assert_eq!(line.sender_tags(), "+chatui/id=7");
        assert_eq!(Line::from_wire(line.tagged().clone()), Some(line));
    }

    #[test]
    fn ids_sort_as_lines_do() {
        let earlier = msgid(Time::from_millis(5), 9);
        assert!(earlier < msgid(Time::from_millis(5), 10));
        assert!(earlier < msgid(Time::from_millis(6), 1));
        assert_eq!(parse_msgid(std::str::from_utf8(&earlier).unwrap()), Some((Time::from_millis(5), 9)));
        assert_eq!(parse_msgid("short"), None);
        assert_eq!(parse_msgid("zzzzzzzzzzzzzzzzzz"), None);
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let text = "é".repeat(400);
        let draft = Draft::new("", "a!a@h", "PRIVMSG", &["#x", &text]);
        let line = draft.stamp(Time::default(), 1);
        assert!(line.untagged().len() <= MAX_REST && line.untagged().len() >= MAX_REST - 1);
        assert!(std::str::from_utf8(line.untagged()).is_ok());
    }

    #[test]
    fn middle_params_that_are_too_long_do_not_make_the_line_too_long() {
        for long in ["x".repeat(600), "é".repeat(300), format!("x{}", "é".repeat(300))] {
            let line = Draft::new("", "a!a@h", "MODE", &["#x", &long, "y"]).stamp(Time::default(), 1);
            assert!((MAX_REST - 1..=MAX_REST).contains(&line.untagged().len()));
            assert_eq!(line.message().command, "MODE");
        }
        // Whatever is left for the last one: nothing, or less than nothing.
        let least = "x".repeat(MAX_REST - 2 - ":a!a@h MODE #x  y".len());
        for more in 0..5 {
            let long = format!("{least}{}", "x".repeat(more));
            let line = Draft::new("", "a!a@h", "MODE", &["#x", &long, "y"]).stamp(Time::default(), 1);
            assert_eq!(line.untagged().len(), MAX_REST);
            assert_eq!(line.message().param(2), ["y", "", "", "", ""][more]);
        }
    }

    #[test]
    fn a_text_gets_its_colon_and_a_word_only_where_it_needs_one() {
        for (command, params, written) in [
            ("QUIT", &["bye"][..], "QUIT :bye"),
            ("PRIVMSG", &["#x", "hi"], "PRIVMSG #x :hi"),
            ("PART", &["#x"], "PART #x"),
            ("PART", &["#x", "bye"], "PART #x :bye"),
            ("KICK", &["#x", "bob"], "KICK #x bob"),
            ("KICK", &["#x", "bob", "out"], "KICK #x bob :out"),
            (RPL_LIST, &["a", "#x", "1"], "322 a #x 1"),
            (RPL_LIST, &["a", "#x", "1", "t"], "322 a #x 1 :t"),
            (RPL_WHOISUSER, &["a", "b", "c", "d", "*"], "311 a b c d *"),
            (RPL_WHOISUSER, &["a", "b", "c", "d", "*", "e"], "311 a b c d * :e"),
            ("JOIN", &["#x"], "JOIN #x"),
            ("MODE", &["#x", "+k", ":y"], "MODE #x +k ::y"),
            ("PING", &["a\r\n\0b"], "PING a   b"),
            ("LIST", &[], "LIST"),
        ] {
            let mut out = BytesMut::new();
            put_untagged(&mut out, "", command, params);
            assert_eq!(std::str::from_utf8(&out).unwrap(), format!("{written}\r\n"));
        }
        assert_eq!((cut("aé", 2), cut("aé", 3), cut("aé", 9)), ("a", "aé", "aé"));
    }

    #[test]
    fn what_is_no_stamped_line_is_none() {
        let good = Draft::new("", "a!a@h", "PRIVMSG", &["#x", "hi"]).stamp(Time::from_millis(5), 7);
        let wire = String::from_utf8(good.tagged().to_vec()).unwrap();
        let read = |text: String| Line::from_wire(Bytes::from(text));
        assert_eq!(read(wire.clone()), Some(good.clone()));
        for bad in [
            wire.trim_end().to_owned(),
            wire[1..].to_owned(),
            wire.replace(";msgid=", ";msgxx="),
            wire.replace("1970-", "197x-"),
            wire.replace(good.msgid(), "zzzzzzzzzzzzzzzzzz"),
            wire.replace(" :a!a@h", "x:a!a@h"),
            wire[..STAMP].to_owned(),
            format!("{} \r\n", &wire[..STAMP]),
        ] {
            assert_eq!(read(bad.clone()), None, "{bad}");
        }
        let (pieces, tag) = (good.pieces(), "@time=1970-01-01T00:00:00.005Z");
        assert_eq!((pieces.time_tag(), good.time_tag()), (tag.as_bytes(), tag.as_bytes()));
        assert_eq!(pieces.msgid_tag(), format!("msgid={}", good.msgid()).as_bytes());
        assert_eq!((good.tags().len(), good.sender_tags()), (STAMP - 1, ""));
        // More than an id has room for begins anew, and touches nothing else.
        let id = msgid(Time::from_millis(5), (1 << 40) + 3);
        assert_eq!(parse_msgid(std::str::from_utf8(&id).unwrap()), Some((Time::from_millis(5), 3)));
    }
}

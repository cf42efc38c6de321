//! The first bytes of a connection: who is knocking. Pure: bytes and the time since the connection was accepted go in, a
//! verdict comes out.
//!
//! One port serves IRC clients, people at a bare terminal, and programs that send a message as one write without any line
//! end. Silence means one of the latter two, and is prompted with words that do no harm to anybody else. A web page can
//! make a browser connect to a port of its own machine and send what it likes in the body of a POST; so whatever begins
//! like HTTP is answered once, closed, and never read any further.

use std::time::Duration;

use crate::irc::MAX_LINE;

use super::config::{Plain, Prompt};
use super::plain::keys::{IAC, Keys};

/// What is to be done with whoever knocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is not known yet; if nothing comes, look again at this time.
    Wait(Duration),
    /// It is sent this; then look again.
    Say(&'static [u8]),
    /// It speaks IRC. If it is in the middle of a line of ours, that line is to be ended first.
    Irc {
        /// Whether it is.
        mid_line: bool,
    },
    /// It speaks plain text, in this manner; its first bytes are its name, or begin with it.
    Plain(Manner),
    /// It speaks TLS: its first bytes are of its hello.
    Tls,
    /// It is answered with these bytes and closed, for this reason.
    Refuse(&'static [u8], &'static str),
}

/// How a plain-text peer behaves, as far as its first bytes show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// Its messages end with a line end. If not, quiet ends them.
    pub lines: bool,
    /// It shows only what it is sent, so it must hear its own messages.
    pub echo: bool,
}

/// Most bytes that decide nothing.
const MOST: usize = 1024;

/// First bytes among which no control character may be.
const MUST_BE_TEXT: usize = 64;

/// The methods of HTTP, and the first word of HTTP/2.
const METHODS: &[&str] =
    &["GET ", "POST ", "HEAD ", "PUT ", "DELETE ", "OPTIONS ", "PATCH ", "TRACE ", "CONNECT ", "PRI "];

/// The commands with which an IRC client begins.
const WORDS: &[&str] =
    &["CAP ", "NICK ", "USER ", "PASS ", "AUTHENTICATE ", "WEBIRC ", "PING ", "QUIT ", "STARTTLS "];

const NICK_PROMPT: &[u8] = b"NICK";
const TEXT_PROMPT: &[u8] = b"\r\nWelcome. Type your nickname and press Enter.\r\n";
const NAMELESS: &[u8] = b"Bye: no nickname given.\r\n";
const SILENT: &[u8] = b"ERROR :Registration timed out\r\n";
const HTTP_ANSWER: &[u8] = b"HTTP/1.1 426 Upgrade Required\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
/// A fatal alert, `handshake_failure` (RFC 8446 6): what a TLS client shows as a clear refusal.
pub const TLS_ALERT: &[u8] = &[0x15, 3, 1, 0, 2, 2, 40];
/// The same, `protocol_version`: for a client that knows no version from 1.2 on.
pub const TLS_TOO_OLD: &[u8] = &[0x15, 3, 1, 0, 2, 2, 70];
const NOT_TEXT: &[u8] = b"Plain UTF-8 text or IRC only.\r\n";

/// Whether a nick reads like a word that decides here: it would be a confusing nick.
pub fn is_word(nick: &str) -> bool {
    METHODS.iter().chain(WORDS).any(|word| word.trim_end() == nick) || nick == "PROXY"
}

/// What a connection has said until it is known who it is.
#[derive(Debug, Default)]
pub struct Door {
    /// It is a door behind TLS; there is none in TLS.
    inner: bool,
    first: Vec<u8>,
    /// When the first byte came that is no blank, and when the last one.
    came: Option<(Duration, Duration)>,
    /// Every read so far was longer than one byte: nobody types.
    in_pieces: bool,
    nick_prompt: Option<Duration>,
    text_prompt: bool,
}

/// What bytes alone say.
enum Judged {
    Refuse(&'static [u8], &'static str),
    Tls,
    Irc,
    /// A whole line of something else.
    Line,
    /// They may be the beginning of a word that decides.
    Beginning,
    /// Text without a line end.
    Text,
}

impl Door {
    /// The door behind TLS.
    pub fn inner() -> Door {
        Door { inner: true, ..Door::default() }
    }

    /// Takes what has arrived.
    pub fn take(&mut self, bytes: &[u8], at: Duration) {
        self.first.extend_from_slice(bytes);
        if !is_silence(&self.first) {
            self.in_pieces |= bytes.len() > 1;
            self.came = Some((self.came.map_or(at, |(first, _)| first), at));
        }
    }

    /// All that has arrived.
    pub fn into_first(self) -> Vec<u8> {
        self.first
    }

    /// Decides, if it can be decided at this time.
    pub fn look(&mut self, at: Duration, plain: &Plain) -> Step {
        let content = self.first.trim_ascii_start();
        let Some((came, last)) = self.came.filter(|_| !content.is_empty()) else {
            return self.silence(at, plain);
        };
        let times = &plain.times;
        match judge(content) {
            Judged::Refuse(answer, why) => Step::Refuse(answer, why),
            Judged::Tls if self.inner => Step::Refuse(NOT_TEXT, "TLS in TLS"),
            Judged::Tls => Step::Tls,
            Judged::Irc => self.irc(),
            Judged::Beginning if content.len() > MAX_LINE => Step::Refuse(NOT_TEXT, "no line end"),
            Judged::Beginning if at < came + times.word => Step::Wait(came + times.word),
            Judged::Beginning if content[0] < b' ' => Step::Refuse(NOT_TEXT, "no text"),
            // Without plain text, IRC answers what it does not know.
            _ if !plain.is_on() => self.irc(),
            _ if is_junk(content) => Step::Refuse(NOT_TEXT, "no text"),
            Judged::Line => Step::Plain(Manner { lines: true, echo: false }),
            _ if content.len() > MOST => Step::Refuse(NOT_TEXT, "no line end"),
            Judged::Beginning => self.pieces(came, times.eager, times.answer),
            Judged::Text => {
                let quiet = if self.in_pieces { times.quiet } else { times.quiet_keys };
                // However slowly somebody types, it has an end.
                let due = (last + quiet).min(came + times.nick_deadline);
                if at < due {
                    return Step::Wait(due);
                }
                self.pieces(came, times.eager, times.answer)
            }
        }
    }

    fn irc(&self) -> Step {
        Step::Irc { mid_line: self.nick_prompt.is_some() && !self.text_prompt }
    }

    /// Whoever has its name at hand before it is asked, or answers as a program does, shows its own messages itself.
    fn pieces(&self, came: Duration, eager: Duration, answer: Duration) -> Step {
        let quick = match self.nick_prompt {
            None => came < eager,
            Some(prompted) => came.saturating_sub(prompted) < answer,
        };
        Step::Plain(Manner { lines: false, echo: !quick })
    }

    /// What is due while nothing has been said.
    fn silence(&mut self, at: Duration, plain: &Plain) -> Step {
        if self.first.len() > MOST {
            return Step::Refuse(b"", "nothing was said");
        }
        let times = &plain.times;
        if !plain.is_on() {
            let due = times.silent_deadline;
            return if at < due { Step::Wait(due) } else { Step::Refuse(SILENT, "nothing was said") };
        }
        let mut next = times.nick_deadline;
        if at >= next {
            return Step::Refuse(NAMELESS, "no nickname given");
        }
        if self.nick_prompt.is_none() && matches!(plain.prompt, Prompt::Both | Prompt::Nick) {
            if at >= times.nick_prompt {
                self.nick_prompt = Some(at);
                return Step::Say(NICK_PROMPT);
            }
            next = next.min(times.nick_prompt);
        }
        if !self.text_prompt && matches!(plain.prompt, Prompt::Both | Prompt::Text) {
            if at >= times.text_prompt {
                self.text_prompt = true;
                return Step::Say(TEXT_PROMPT);
            }
            next = next.min(times.text_prompt);
        }
        Step::Wait(next)
    }
}

/// Judges bytes that begin with no blank.
fn judge(content: &[u8]) -> Judged {
    match content {
        [0x16] | [0x16, 3] => return Judged::Beginning,
        [0x16, 3, 0..=4, ..] => return Judged::Tls,
        _ => {}
    }
    if METHODS.iter().any(|method| content.starts_with(method.as_bytes())) {
        return Judged::Refuse(HTTP_ANSWER, "HTTP is not spoken here");
    }
    if content.starts_with(b"PROXY ") {
        return Judged::Refuse(b"", "no proxy is trusted here");
    }
    if content.starts_with(b"SSH-") {
        return Judged::Refuse(NOT_TEXT, "SSH is not spoken here");
    }
    let end = content.iter().position(|b| matches!(b, b'\r' | b'\n'));
    let line = &content[..end.unwrap_or(content.len())];
    if is_irc(line, end.is_some()) {
        return Judged::Irc;
    }
    if end.is_some() {
        return Judged::Line;
    }
    let begins = |word: &&str| word.as_bytes().starts_with(content);
    let tags_or_source = matches!(content[0], b'@' | b':') && !content.contains(&b' ');
    if tags_or_source || METHODS.iter().chain(WORDS).chain(&["PROXY ", "SSH-"]).any(begins) {
        return Judged::Beginning;
    }
    Judged::Text
}

/// Whether a first line is of IRC: by a program, or, when the line is whole, by somebody who types IRC by hand.
fn is_irc(line: &[u8], whole: bool) -> bool {
    if WORDS.iter().any(|word| line.starts_with(word.as_bytes())) {
        return true;
    }
    if matches!(line.first(), Some(b'@' | b':'))
        && line.iter().position(|b| *b == b' ').is_some_and(|at| at > 1)
    {
        return true;
    }
    if !whole {
        return false;
    }
    let line = String::from_utf8_lossy(line);
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let sub = |word: &str| ["ls", "req", "end", "list"].iter().any(|sub| word.eq_ignore_ascii_case(sub));
    match words[..] {
        ["QUIT"] => true,
        [verb, _] if verb.eq_ignore_ascii_case("nick") => true,
        [verb, _, _, _, _, ..] if verb.eq_ignore_ascii_case("user") => true,
        [verb, word, ..] if verb.eq_ignore_ascii_case("cap") => sub(word),
        _ => false,
    }
}

/// Whether nobody has said anything so far: there are blanks, and what telnet clients of some makers settle among themselves
/// before a person has touched a key.
fn is_silence(first: &[u8]) -> bool {
    let content = first.trim_ascii_start();
    let mut text = Vec::new();
    content.is_empty()
        || (content[0] == IAC
            && !Keys::default().push(content, &mut text)
            && text.trim_ascii_start().is_empty())
}

/// Whether there is a control character where text should be, telnet's own commands left aside.
fn is_junk(content: &[u8]) -> bool {
    let mut text = Vec::new();
    Keys::default().push(content, &mut text);
    // A lone interrupt key says goodbye, and a key that takes back the last sign belongs to typing.
    text.iter().take(MUST_BE_TEXT).any(|b| matches!(b, 0..=2 | 5..=7 | 14..=0x1F))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on() -> Plain {
        Plain { on: Some(true), ..Plain::default() }
    }

    fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// What is decided when this comes at once, and nothing after it for so many milliseconds.
    fn look(first: &[u8], millis: u64) -> Step {
        let mut door = Door::default();
        door.take(first, at(0));
        door.look(at(millis), &on())
    }

    const IRC: Step = Step::Irc { mid_line: false };
    const LINE: Step = Step::Plain(Manner { lines: true, echo: false });

    #[test]
    fn irc_is_known_by_its_first_word() {
        for first in [
            "NICK a",
            "CAP LS 302\r\n",
            "\r\nPASS x\r\n",
            "@a=b PING",
            ":x NICK a",
            "QUIT\n",
            "nick bob\r\n",
            "User a b c d\n",
            "cap Ls 302\n",
            "PING x",
        ] {
            assert_eq!(look(first.as_bytes(), 0), IRC, "{first:?}");
        }
        for first in
            ["anna\n", "NICK\n", "nick\n", "user a b\n", "cap gun\n", "get \r\n", "EHLO x\r\n", ": hi\n"]
        {
            assert_eq!(look(first.as_bytes(), 0), LINE, "{first:?}");
        }
    }

    #[test]
    fn strangers_are_refused_in_their_own_tongue() {
        for web in ["POST / HTTP/1.1\r\n", "GET ", "\r\nOPTIONS *", "PRI * HTTP/2.0"] {
            assert!(
                matches!(look(web.as_bytes(), 0), Step::Refuse(answer, _) if answer.starts_with(b"HTTP/1.1 4")),
                "{web:?}"
            );
        }
        assert_eq!(look(&[0x16, 3, 1], 0), Step::Tls);
        let mut inner = Door::inner();
        inner.take(&[0x16, 3, 1], at(0));
        assert!(matches!(inner.look(at(0), &on()), Step::Refuse(NOT_TEXT, _)));
        assert!(matches!(look(b"PROXY TCP4 1.2.3.4", 0), Step::Refuse(b"", _)));
        for junk in
            [b"\x16\x04\n".as_slice(), b"SSH-2.0-x\r\n", b"\r\n\r\n\0\r\nQUIT\n", b"abc\x1b[A\n", b"\x01\x02"]
        {
            assert!(matches!(look(junk, 300), Step::Refuse(NOT_TEXT, _)), "{junk:?}");
        }
        assert!(matches!(look(&[b'x'; 1025], 0), Step::Refuse(NOT_TEXT, _)));
        assert!(matches!(look(&[b' '; 1025], 0), Step::Refuse(b"", _)));
    }

    #[test]
    fn a_beginning_waits_for_its_rest() {
        for first in ["P", "NI", "PASS", "GE", "PROX", "\u{16}", "@time=1"] {
            assert_eq!(look(first.as_bytes(), 9_999), Step::Wait(at(10_000)), "{first:?}");
        }
        assert!(matches!(look(b"NI", 10_000), Step::Plain(Manner { lines: false, .. })));
        assert!(matches!(look(&[0x16, 3], 10_000), Step::Refuse(NOT_TEXT, _)));
        let mut door = Door::default();
        door.take(b"NI", at(0));
        assert_eq!(door.look(at(0), &on()), Step::Wait(at(10_000)));
        door.take(b"CK a", at(5_000));
        assert_eq!(door.look(at(5_000), &on()), IRC);
    }

    #[test]
    fn quiet_ends_a_name_and_typing_is_slow() {
        assert_eq!(look(b"anna", 0), Step::Wait(at(250)));
        assert!(matches!(look(b"anna", 250), Step::Plain(Manner { lines: false, echo: false })));
        let mut door = Door::default();
        for (n, key) in b"anna".iter().enumerate() {
            door.take(&[*key], at(2_000 * n as u64));
            assert_eq!(door.look(at(2_000 * n as u64), &on()), Step::Wait(at(2_000 * n as u64 + 3_000)));
        }
        door.take(b"\r", at(8_000));
        assert_eq!(door.look(at(8_000), &on()), LINE);
        assert_eq!(look(b"anna\r\0", 0), LINE);
        assert_eq!(look(b"\xff\xfd\x03anna\r\n", 0), LINE);
    }

    #[test]
    fn what_a_telnet_client_settles_before_anybody_types_is_silence() {
        // PuTTY's, and the end of one that is under way.
        let first =
            b"\xff\xfb\x1f\xff\xfb\x20\xff\xfb\x18\xff\xfb\x27\xff\xfd\x01\xff\xfb\x03\xff\xfd\x03\xff";
        let mut door = Door::default();
        door.take(first, at(0));
        assert_eq!(door.look(at(0), &on()), Step::Wait(at(1_000)));
        assert_eq!(door.look(at(1_000), &on()), Step::Say(b"NICK"));
        // Then somebody types, slowly.
        door.take(b"\xfd\x05", at(1_500));
        for (n, key) in b"anna".iter().enumerate() {
            door.take(&[*key], at(2_000 + 1_000 * n as u64));
            assert_eq!(
                door.look(at(2_000 + 1_000 * n as u64), &on()),
                Step::Wait(at(5_000 + 1_000 * n as u64))
            );
        }
        // What interrupts a program is a word.
        assert!(matches!(look(b"\xff\xfb\x1f\xff\xf4", 300), Step::Plain(_)));
    }

    #[test]
    fn the_silent_are_prompted_and_at_last_sent_away() {
        let mut door = Door::default();
        assert_eq!(door.look(at(0), &on()), Step::Wait(at(1_000)));
        door.take(b"\r\n", at(1));
        assert_eq!(door.look(at(1_000), &on()), Step::Say(b"NICK"));
        assert_eq!(door.look(at(1_000), &on()), Step::Wait(at(3_000)));
        assert_eq!(door.look(at(3_000), &on()), Step::Say(TEXT_PROMPT));
        assert_eq!(door.look(at(3_000), &on()), Step::Wait(at(60_000)));
        assert!(matches!(door.look(at(60_000), &on()), Step::Refuse(NAMELESS, _)));
        let quiet = |prompt| Plain { prompt, ..on() };
        assert_eq!(Door::default().look(at(1_000), &quiet(Prompt::Text)), Step::Wait(at(3_000)));
        assert_eq!(Door::default().look(at(5_000), &quiet(Prompt::Off)), Step::Wait(at(60_000)));
    }

    #[test]
    fn the_answer_to_a_prompt_shows_who_it_is() {
        let prompted = |till: u64| {
            let mut door = Door::default();
            assert_eq!(door.look(at(1_000), &on()), Step::Say(b"NICK"));
            if till >= 3_000 {
                assert_eq!(door.look(at(3_000), &on()), Step::Say(TEXT_PROMPT));
            }
            door
        };
        for (came, echo) in [(1_100, false), (1_300, true), (4_000, true)] {
            let mut door = prompted(came);
            door.take(b"anna", at(came));
            assert_eq!(
                door.look(at(came + 250), &on()),
                Step::Plain(Manner { lines: false, echo }),
                "{came}"
            );
        }
        for (came, mid_line) in [(1_100, true), (4_000, false)] {
            let mut door = prompted(came);
            door.take(b"NICK a\r\n", at(came));
            assert_eq!(door.look(at(came), &on()), Step::Irc { mid_line });
        }
    }

    #[test]
    fn without_plain_text_all_that_is_text_is_irc() {
        let off = Plain { on: Some(false), ..Plain::default() };
        let mut door = Door::default();
        assert_eq!(door.look(at(5_000), &off), Step::Wait(at(30_000)));
        assert!(matches!(door.look(at(30_000), &off), Step::Refuse(SILENT, _)));
        door.take(b"anna\n", at(1));
        assert_eq!(door.look(at(1), &off), IRC);
        let mut web = Door::default();
        web.take(b"GET / HTTP/1.1", at(1));
        assert!(matches!(web.look(at(1), &off), Step::Refuse(HTTP_ANSWER, _)));
    }

    #[test]
    fn any_bytes_at_any_cut_are_judged_alike_in_the_end() {
        let script = b"\r\n  NICK anna\r\nUSER a 0 * :a\r\n";
        for cut in 1..script.len() {
            let mut door = Door::default();
            door.take(&script[..cut], at(0));
            let first = door.look(at(0), &on());
            door.take(&script[cut..], at(1));
            assert!(matches!(first, Step::Wait(_)) || first == IRC, "{cut}: {first:?}");
            assert_eq!(door.look(at(1), &on()), IRC, "{cut}");
        }
    }
}

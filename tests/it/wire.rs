//! The wire: public parser vectors (`tests/data/parser-tests`), and any bytes at any cut.

use chatui::irc::line::STAMP;
use chatui::irc::message::{MAX_PARAMS, push_tag};
use chatui::irc::name::{Source, is_hostname, mask_matches};
use chatui::irc::text::{escape_len, format_len, gate, plain, shown, without_formatting};
use chatui::irc::{Draft, Framed, Framer, Line, MAX_REST, Message, Time, message, text};
use proptest::prelude::*;
use serde_yaml_ng::Value;

/// The vectors of a file.
fn vectors(yaml: &str) -> Vec<Value> {
    let file: Value = serde_yaml_ng::from_str(yaml).unwrap();
    file["tests"].as_sequence().unwrap().clone()
}

/// A text in a vector; nothing, if it is not there.
fn text_of<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).map(|text| text.as_str().unwrap())
}

fn list_of<'a>(value: &'a Value, key: &str) -> Vec<&'a str> {
    let list = value.get(key).and_then(Value::as_sequence).map(Vec::as_slice).unwrap_or_default();
    list.iter().map(|text| text.as_str().unwrap()).collect()
}

fn tags_of(atoms: &Value) -> Vec<(&str, &str)> {
    let tags = atoms.get("tags").and_then(Value::as_mapping);
    tags.into_iter().flatten().map(|(key, value)| (key.as_str().unwrap(), value.as_str().unwrap())).collect()
}

#[test]
fn lines_are_split_as_the_vectors_say() {
    let vectors = vectors(include_str!("../data/parser-tests/msg-split.yaml"));
    assert_eq!(vectors.len(), 35);
    for vector in &vectors {
        let (input, atoms) = (text_of(vector, "input").unwrap(), &vector["atoms"]);
        let message = Message::parse(input).unwrap();
        assert_eq!(message.source, text_of(atoms, "source"), "{input}");
        assert_eq!(Some(message.command), text_of(atoms, "verb"), "{input}");
        assert_eq!(message.params.as_slice(), list_of(atoms, "params"), "{input}");
        let tags = tags_of(atoms);
        for (key, value) in &tags {
            assert_eq!(message.tags.get(key).as_deref(), Some(*value), "{input}");
        }
        let mut keys: Vec<&str> = message.tags.iter_raw().map(|(key, _)| key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), tags.len(), "{input}");
    }
}

#[test]
fn messages_are_written_as_the_vectors_say() {
    let vectors = vectors(include_str!("../data/parser-tests/msg-join.yaml"));
    assert_eq!(vectors.len(), 18);
    for vector in &vectors {
        let atoms = &vector["atoms"];
        let mut tags = String::new();
        for (key, value) in tags_of(atoms) {
            push_tag(&mut tags, key, value);
        }
        let params = list_of(atoms, "params");
        let mut message = Message::new(text_of(atoms, "verb").unwrap(), &params).with_tags(&tags);
        if let Some(source) = text_of(atoms, "source") {
            message = message.with_source(source);
        }
        let written = message.to_string();
        assert!(list_of(vector, "matches").contains(&written.as_str()), "{written}");
    }
}

#[test]
fn sources_are_split_as_the_vectors_say() {
    let vectors = vectors(include_str!("../data/parser-tests/userhost-split.yaml"));
    assert_eq!(vectors.len(), 7);
    for vector in &vectors {
        let part = |key| text_of(&vector["atoms"], key).unwrap_or_default();
        let expected = Source { nick: part("nick"), user: part("user"), host: part("host") };
        assert_eq!(Source::split(text_of(vector, "source").unwrap()), expected);
    }
}

#[test]
fn masks_match_as_the_vectors_say() {
    let vectors = vectors(include_str!("../data/parser-tests/mask-match.yaml"));
    let (mut hits, mut misses) = (0, 0);
    for vector in &vectors {
        let mask = text_of(vector, "mask").unwrap();
        for text in list_of(vector, "matches") {
            assert!(mask_matches(mask, text), "{mask} fits {text}");
            hits += 1;
        }
        for text in list_of(vector, "fails") {
            assert!(!mask_matches(mask, text), "{mask} does not fit {text}");
            misses += 1;
        }
    }
    assert_eq!((vectors.len(), hits, misses), (6, 14, 12));
}

#[test]
fn host_names_are_valid_as_the_vectors_say() {
    let vectors = vectors(include_str!("../data/parser-tests/validate-hostname.yaml"));
    assert_eq!(vectors.len(), 19);
    for vector in &vectors {
        let host = text_of(vector, "host").unwrap();
        assert_eq!(is_hostname(host), vector["valid"].as_bool().unwrap(), "{host}");
    }
}

/// What a param may be, short of what ends a line.
const ANY_PARAM: &str = "[^\r\n\0]{0,40}";
/// What a param in the middle may be.
const MIDDLE: &str = "[^\r\n\0 :][^\r\n\0 ]{0,12}";

/// Texts with much in them that terminals obey.
fn nasty() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        "[\\x00-\\x1f\\x7f-\\u{9f}]",
        "[\\u{61c}\\u{200b}-\\u{200f}\\u{2028}-\\u{202e}\\u{2060}-\\u{206f}\\u{feff}\\u{e0001}]",
        "\\x1b[\\[\\]PX^_ -/0-~]",
        "[0-9;,]{1,7}",
        Just("\u{7}".to_owned()),
        Just("\u{1b}\\".to_owned()),
        "[\\x02\\x03\\x04\\x0f\\x11\\x16\\x1d\\x1e\\x1f][0-9a-f,]{0,14}",
        "[a-zé日👩]{1,4}",
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// All bidi controls (Unicode's property Bidi_Control).
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What a framer makes of bytes that arrive in such pieces.
fn framed<'a>(limit: usize, pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Option<Vec<u8>>> {
    let mut framer = Framer::new(limit);
    let mut lines = Vec::new();
    for piece in pieces {
        framer.push(piece, |line| {
            lines.push(match line {
                Framed::Line(line) => Some(line.to_vec()),
                Framed::TooLong => None,
            });
        });
        assert!(framer.partial().len() <= limit + 1, "no more is kept than a line and its CR");
    }
    lines
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1024) })]

    #[test]
    fn what_is_written_is_what_is_read(
        tags in "[^\r\n\0 ]{0,20}",
        source in prop::option::of("[^\r\n\0 ]{1,20}"),
        command in "[A-Za-z]{1,10}|[0-9]{3}",
        middle in prop::collection::vec(MIDDLE, 0..MAX_PARAMS),
        last in prop::option::of(ANY_PARAM),
    ) {
        let params: Vec<&str> = middle.iter().chain(&last).map(String::as_str).collect();
        let mut message = Message::new(&command, &params).with_tags(&tags);
        message.source = source.as_deref();
        let written = message.to_string();
        prop_assert_eq!(Message::parse(&written), Ok(message));
    }

    #[test]
    fn any_line_that_is_read_is_written_as_the_same_message(line in "[ :@;=#a0é]{0,30}|\\PC{0,60}") {
        if let Ok(message) = Message::parse(&line) {
            let written = message.to_string();
            prop_assert_eq!(Message::parse(&written), Ok(message), "{}", written);
        }
    }

    #[test]
    fn tags_come_back_as_they_were_meant(values in prop::collection::vec(any::<String>(), 1..6)) {
        let mut tags = String::new();
        for (n, value) in values.iter().enumerate() {
            push_tag(&mut tags, &format!("+k{n}"), value);
        }
        prop_assert!(!tags.contains([' ', '\r', '\n']));
        for (n, value) in values.iter().enumerate() {
            let read = message::Tags(&tags).get(&format!("+k{n}"));
            prop_assert_eq!(read.as_deref(), Some(value.as_str()));
        }
    }

    #[test]
    fn any_cut_of_the_same_bytes_gives_the_same_lines(
        bytes in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), Just(b'x'), any::<u8>()], 0..200),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        limit in 1..20usize,
    ) {
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        places.extend([0, bytes.len()]);
        places.sort_unstable();
        let whole = framed(limit, std::iter::once(&bytes[..]));
        prop_assert_eq!(&framed(limit, places.windows(2).map(|pair| &bytes[pair[0]..pair[1]])), &whole);
        prop_assert_eq!(&framed(limit, bytes.chunks(1)), &whole);
        prop_assert!(whole.iter().flatten().all(|line| line.len() <= limit && !line.contains(&b'\n')));
    }

    #[test]
    fn a_stamped_line_keeps_the_limits_whatever_was_said(
        target in "#[a-z]{1,20}",
        said in prop_oneof![any::<String>(), nasty(), "\\PC{300,600}"],
        seq in 0..1u64 << 40,
        millis in 0..253_402_300_800_000u64,
    ) {
        let at = Time::from_millis(millis);
        let line = Draft::new("+chatui/id=1", "alice!a@h", "PRIVMSG", &[&target, &said]).stamp(at, seq);
        prop_assert_eq!((line.time(), line.seq()), (at, seq));
        prop_assert!(line.untagged().len() <= MAX_REST);
        let body = line.tagged().strip_suffix(b"\r\n").unwrap();
        let is_end = |b: &u8| b"\r\n\0".contains(b);
        prop_assert!(!body.iter().any(is_end));
        prop_assert_eq!(line.tagged()[STAMP], b';');
        prop_assert_eq!(Line::from_wire(line.tagged().clone()), Some(line.clone()));
        prop_assert_eq!(line.message().param(0), target);
    }

    #[test]
    fn neither_controls_nor_bidi_controls_pass_the_gate(text in nasty()) {
        for shown in [gate(&text).into_owned(), plain(&text)] {
            prop_assert!(!shown.chars().any(|c| c.is_control() || is_bidi_control(c)), "{:?}", shown);
            let invisible = ['\u{2028}', '\u{2029}', '\u{200b}', '\u{feff}'];
            prop_assert!(!shown.contains(invisible));
            prop_assert_eq!(&gate(&shown), &shown, "what has passed passes again unchanged");
        }
    }

    #[test]
    fn escapes_and_formatting_end_between_characters(text in nasty()) {
        for (at, c) in text.char_indices() {
            let rest = &text[at..];
            if c == '\u{1b}' {
                let length = escape_len(rest);
                prop_assert!(length >= 1 && rest.is_char_boundary(length));
            }
            prop_assert!(rest.is_char_boundary(format_len(rest)));
        }
        let bare = without_formatting(&text);
        prop_assert!(bare.chars().all(|c| format_len(c.encode_utf8(&mut [0; 4])) == 0));
    }

    #[test]
    fn a_plain_text_is_left_alone(text in "\\PC{0,60}") {
        if text.chars().all(|c| shown(c) == text::Shown::Plain(c)) {
            prop_assert_eq!(&plain(&text), &text);
        }
    }
}

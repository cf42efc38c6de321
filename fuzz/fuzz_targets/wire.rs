//! Any bytes as what a connection sends: at any cut they are the same lines, and each line is read, written and read
//! again as the same message.
#![no_main]

use chatui::irc::message::{Tags, push_tag, unescape};
use chatui::irc::name::{is_channel, is_nick, mask_matches};
use chatui::irc::{Fingerprint, Framed, Framer, Message, Time};
use libfuzzer_sys::fuzz_target;

const LIMIT: usize = 1_000;

/// The lines of these bytes, cut into pieces of these lengths in turn.
fn lines(bytes: &[u8], cuts: &[u8]) -> Vec<Option<Vec<u8>>> {
    let (mut framer, mut out, mut rest) = (Framer::new(LIMIT), Vec::new(), bytes);
    let mut cuts = cuts.iter().cycle();
    while !rest.is_empty() {
        let most = cuts.next().map_or(rest.len(), |cut| usize::from(*cut) + 1);
        let (piece, after) = rest.split_at(most.min(rest.len()));
        framer.push(piece, |framed| {
            out.push(match framed {
                Framed::Line(line) => Some(line.to_vec()),
                Framed::TooLong => None,
            });
        });
        assert!(framer.partial().len() <= LIMIT + 1);
        rest = after;
    }
    out
}

fn check(line: &str) {
    // Whatever it is taken for, nothing panics.
    let _ = (is_nick(line), is_channel(line), Time::parse(line), Fingerprint::parse(line));
    let half = line.floor_char_boundary(line.len() / 2);
    mask_matches(&line[..half], &line[half..]);
    let Ok(message) = Message::parse(line) else { return };
    assert!(message.params.len() <= 15);
    let written = message.to_string();
    let again = Message::parse(&written).expect("what was written can be read");
    assert_eq!((again.source, again.command), (message.source, message.command));
    assert!(again.params.iter().eq(message.params.iter()), "{line:?}: {written:?}");
    assert_eq!(again.to_string(), written);
    for (key, raw) in message.tags.iter_raw() {
        let meant = unescape(raw);
        let mut written = String::new();
        push_tag(&mut written, key, &meant);
        let tags = Tags(&written);
        assert!(!written.contains([' ', '\r', '\n']), "{written:?}");
        assert_eq!(tags.get(key).as_deref(), Some(&*meant), "{raw:?}");
    }
}

fuzz_target!(|input: &[u8]| {
    chatui_fuzz::timed(input, |input| {
        let (cuts, bytes) = input.split_at(input.len().min(4));
        let whole = lines(bytes, &[]);
        assert_eq!(lines(bytes, cuts), whole);
        for line in whole.iter().flatten() {
            match std::str::from_utf8(line) {
                Ok(line) => check(line),
                Err(_) => check(&String::from_utf8_lossy(line)),
            }
        }
    });
});

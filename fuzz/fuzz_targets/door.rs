//! Any bytes as the first ones of a connection, with any pauses between them: sooner or later it is known who knocks. Who
//! speaks plain text is let in, and what it types and hears goes through its translation.
//!
//! An input is read as steps: a byte that says how long nothing comes, a byte that says how much comes then, and that much.
#![no_main]

use std::time::Duration;

use chatui::irc::{Message, Time};
use chatui::server::config::{Plain, Prompt};
use chatui::server::door::{Door, Step};
use chatui::server::plain::{Effects, Entry, User};
use chrono::FixedOffset;
use libfuzzer_sys::fuzz_target;

/// The next step: how much later, and what comes.
fn step<'a>(rest: &mut &'a [u8]) -> Option<(Duration, &'a [u8])> {
    let (&[pause, length], after) = rest.split_first_chunk()?;
    let (piece, after) = after.split_at(usize::from(length).min(after.len()));
    *rest = after;
    Some((Duration::from_millis(u64::from(pause) * 20), piece))
}

/// What a plain-text user brings about is lines that the core can read, and text that a terminal may have.
fn check(effects: &mut Effects) {
    for line in effects.core.drain(..) {
        let message = Message::parse(&line).unwrap_or_else(|error| panic!("{line:?}: {error:?}"));
        assert!(line.len() <= 8191 + 510 && message.params.len() <= 15, "{line:?}");
    }
    for line in std::mem::take(&mut effects.peer).lines() {
        let line = line.trim_end_matches('\r');
        assert!(!line.chars().any(|c| chatui_fuzz::is_raw(c) && c != '\t'), "{line:?}");
    }
}

/// Somebody is in: what it types and, now and then, what is said by others in the same words.
fn inside(mut user: User, mut at: Duration, rest: &mut &[u8], mut effects: Effects) {
    check(&mut effects);
    user.hear(b":s 001 a :Welcome\r\n:a!~plain@h JOIN #lobby\r\n:s 366 a #lobby :End\r\n", &mut effects);
    check(&mut effects);
    while let Some((pause, piece)) = step(rest) {
        at += pause;
        user.tick(at, &mut effects);
        match piece.split_first() {
            Some((0, line)) => {
                let line: Vec<u8> =
                    line.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n' | 0)).collect();
                user.hear(&[&line, &b"\r\n"[..]].concat(), &mut effects);
            }
            _ => user.take(piece, at, &mut effects),
        }
        check(&mut effects);
    }
    user.close(&mut effects);
    check(&mut effects);
}

fuzz_target!(|input: &[u8]| {
    chatui_fuzz::timed(input, |input| {
        let Some((&manner, mut rest)) = input.split_first() else { return };
        let prompt = [Prompt::Both, Prompt::Nick, Prompt::Text, Prompt::Off][usize::from(manner) % 4];
        let plain = Plain { on: Some(manner & 4 == 0), prompt, ..Plain::default() };
        let mut door = if manner & 8 == 0 { Door::default() } else { Door::inner() };
        let mut at = Duration::ZERO;
        // Each prompt once, and then only deadlines that lie ahead.
        for _ in 0..2 * input.len() + 16 {
            match door.look(at, &plain) {
                Step::Wait(due) => {
                    assert!(due > at, "a deadline that has passed: {due:?} at {at:?}");
                    let Some((pause, piece)) = step(&mut rest) else {
                        at = due;
                        continue;
                    };
                    at += pause;
                    door.take(piece, at);
                }
                Step::Say(words) => assert!(!words.is_empty()),
                Step::Irc { .. } | Step::Tls | Step::Refuse(..) => return,
                Step::Plain(manner) => {
                    let zone = FixedOffset::east_opt(3600).expect("an hour");
                    let entry = Entry { manner, zone, now: Time::from_millis(1_795_190_700_000) };
                    let mut effects = Effects::default();
                    let user = User::enter(&entry, &plain, &door.into_first(), at, &mut effects);
                    return inside(user, at, &mut rest, effects);
                }
            }
        }
        panic!("nobody knows who it is after {at:?}");
    });
});

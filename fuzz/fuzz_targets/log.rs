//! Any bytes as a log that a server finds: it starts, tells what it mended, keeps what it finds good, and goes on from there;
//! after a repair nothing is damaged any more.
//!
//! The first byte says what the rest is. Even: it is the log itself. Odd: its lines are said first, as a server keeps them,
//! and then the log is damaged in the places that the next three bytes name.
#![no_main]

use std::fs;
use std::path::Path;

use chatui::irc::{Draft, Line, Time};
use chatui::server::log::{Archive, FileLog, Log, MemoryLog, Options, Sync, repair};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

fn options() -> Options {
    Options::new(Sync::Never, Time::from_millis(1_795_190_700_000))
}

/// A log in which each line of a text was said, damaged.
fn damaged(bytes: &[u8]) -> Vec<u8> {
    let Some((&[place, what, length], texts)) = bytes.split_first_chunk() else { return Vec::new() };
    let mut log = MemoryLog::new();
    for (seq, text) in texts.split(|b| *b == b'\n').take(200).enumerate() {
        let text: String = String::from_utf8_lossy(text).replace(['\r', '\0'], " ");
        let commands = ["PRIVMSG", "TOPIC", "JOIN", "NICK", "QUIT"];
        let command = commands[text.bytes().next().map_or(0, usize::from) % commands.len()];
        let time = Time::from_millis(1_795_190_600_000 + seq as u64);
        let line = Draft::new("", "a!b@h", command, &["#a", &text]).stamp(time, seq as u64 + 1);
        log.append(&[line]).expect("lines in order");
    }
    let mut log = log.into_bytes();
    let from = log.len() * usize::from(place) / 256;
    let to = (from + usize::from(length)).min(log.len());
    match what % 4 {
        0 => log[from..to].fill(what),
        1 => drop(log.drain(from..to)),
        2 => log.truncate(from),
        _ => drop(log.splice(from..from, texts.iter().copied().take(usize::from(length)))),
    }
    log
}

/// Opens it; how many lines are good, the last one's number, and what was mended.
fn open(data: &Path) -> (FileLog, u64, u64, Vec<String>) {
    let (log, opened) = FileLog::open(data, options(), &mut |_| {}).expect("any bytes are a log");
    (log, opened.lines, opened.last_seq, opened.repairs)
}

fn check(bytes: &[u8]) {
    let dir = TempDir::new().expect("a folder");
    let folder = dir.path().join("log");
    fs::create_dir(&folder).expect("a folder in it");
    fs::write(folder.join("00000000000000000001.irc"), bytes).expect("a file in it");
    let (_, in_memory) = MemoryLog::recover(bytes.to_vec(), &mut |line: &Line| {
        let _ = line.message();
    });
    let (mut log, lines, last, _) = open(dir.path());
    assert_eq!((lines, last), (in_memory.lines, in_memory.last_seq));
    let time = in_memory.last_time.max(Time::from_millis(1_795_190_700_000));
    let next = Draft::new("", "a!b@h", "PRIVMSG", &["#a", "after it"]).stamp(time, last + 1);
    let kept = log.append(&[next]).is_ok();
    drop(log);

    let archive = Archive::open(dir.path()).expect("a log can be read").expect("there is one");
    let verified = archive.verify(&mut |_| {}).expect("it can be verified");
    assert_eq!(verified.lines, lines + u64::from(kept));
    repair(dir.path(), options()).expect("it can be repaired");
    let archive = Archive::open(dir.path()).expect("a log can be read").expect("there is one");
    let verified = archive.verify(&mut |_| {}).expect("it can be verified");
    assert_eq!((verified.lines, verified.damaged), (lines + u64::from(kept), 0));
    let (_, after, _, repairs) = open(dir.path());
    assert_eq!((after, repairs), (lines + u64::from(kept), Vec::<String>::new()));
}

fuzz_target!(|input: &[u8]| {
    chatui_fuzz::timed(input, |input| {
        let Some((kind, bytes)) = input.split_first() else { return };
        match kind % 2 {
            0 => check(bytes),
            _ => check(&damaged(bytes)),
        }
    });
});

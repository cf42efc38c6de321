//! The log: append, recover, torn tails, pages, segments, and a disk that fails.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use chatui::irc::line::Seq;
use chatui::irc::{Draft, Line, Time};
use chatui::server::core::{Item, Query, Reference, Rest, Which};
use chatui::server::log::{
    AppendError, FileLog, Keep, Log, MemoryLog, OpenError, Opened, Options, REMEMBERED, SEARCH_BYTES, Sync,
};
use proptest::prelude::*;
use tempfile::TempDir;

mod archive;
mod clock;
mod faults;
mod odd;
mod pages;
mod power;
mod retention;
mod search;
mod torn;

/// 2026-11-20T16:05:00Z and so many milliseconds.
fn at(millis: u64) -> Time {
    Time::from_millis(1_795_190_700_000 + millis)
}

fn line(seq: Seq, time: Time, command: &str, params: &[&str]) -> Line {
    Draft::new("+chatui/id=7", "alice!a@h", command, params).stamp(time, seq)
}

fn said(seq: Seq, channel: &str) -> Line {
    line(seq, at(seq / 3), "PRIVMSG", &[channel, &format!("text {seq}")])
}

fn options(sync: Sync) -> Options {
    Options::new(sync, at(0))
}

/// A folder in memory, where there is one: for what syncs much and needs no real disk.
fn in_memory() -> TempDir {
    TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap()
}

fn open_with(dir: &Path, options: Options) -> (FileLog, Opened, Vec<Line>) {
    let mut lines = Vec::new();
    let (log, opened) = FileLog::open(dir, options, &mut |line| lines.push(line.clone())).unwrap();
    (log, opened, lines)
}

fn open(dir: &Path) -> (FileLog, Opened, Vec<Line>) {
    open_with(dir, options(Sync::Never))
}

fn refusal(dir: &Path) -> OpenError {
    FileLog::open(dir, options(Sync::Never), &mut |_| {}).map(drop).unwrap_err()
}

/// The whole history of a channel.
fn all(log: &mut dyn Log, channel: &str) -> Vec<Line> {
    let query = Query {
        channel: channel.into(),
        which: Which::Latest(None),
        limit: usize::MAX,
        events: true,
        until: None,
    };
    log.page(&query).unwrap()
}

fn seqs(lines: &[Line]) -> Vec<Seq> {
    lines.iter().map(Line::seq).collect()
}

/// The files of a log whose names fit, in order.
fn files(dir: &Path, fits: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(dir.join("log"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| fits(path.file_name().unwrap().to_str().unwrap()))
        .collect();
    paths.sort();
    paths
}

fn segments(dir: &Path) -> Vec<PathBuf> {
    files(dir, |name| name.ends_with(".irc"))
}

fn torn(dir: &Path) -> Vec<PathBuf> {
    files(dir, |name| name.starts_with("torn-"))
}

#[test]
fn what_was_appended_is_there_after_a_restart() {
    let dir = TempDir::new().unwrap();
    let (mut log, opened, lines) = open_with(&dir.path().join("new/data"), options(Sync::Turn));
    assert_eq!(opened, Opened { segments: 1, ..Opened::default() });
    assert!(lines.is_empty());
    let turn = [said(1, "#a"), said(2, "#B"), line(3, at(5), "TOPIC", &["#a", "what for"])];
    log.append(&turn[..2]).unwrap();
    log.append(&[]).unwrap();
    log.append(&turn[2..]).unwrap();
    drop(log);
    let (mut log, opened, lines) = open(&dir.path().join("new/data"));
    let expected = Opened { last_time: at(5), last_seq: 3, lines: 3, segments: 1, repairs: Vec::new() };
    assert_eq!(opened, expected);
    assert_eq!(lines, turn);
    assert_eq!(seqs(&all(&mut log, "#a")), [1, 3]);
    assert_eq!(seqs(&all(&mut log, "#b")), [2]);
    log.append(&[said(400, "#a")]).unwrap();
}

#[test]
fn a_line_out_of_order_is_a_mistake_of_ours_and_stops_the_log() {
    let dir = TempDir::new().unwrap();
    let (mut log, ..) = open(dir.path());
    log.append(&[said(5, "#a")]).unwrap();
    assert!(matches!(log.append(&[said(4, "#a")]), Err(AppendError::Broken(_))));
    assert!(matches!(log.append(&[said(6, "#a")]), Err(AppendError::Broken(_))));
}

#[test]
fn a_file_holds_what_grep_and_a_wire_expect() {
    let dir = TempDir::new().unwrap();
    open(dir.path()).0.append(&[said(1, "#a")]).unwrap();
    let text = fs::read_to_string(&segments(dir.path())[0]).unwrap();
    assert!(text.starts_with("@time=2026-11-20T16:05:00.000Z;msgid="), "{text}");
    assert!(text.ends_with(";+chatui/id=7 :alice!a@h PRIVMSG #a :text 1\r\n"), "{text}");
    assert!(segments(dir.path())[0].ends_with("00000000000000000001.irc"));
}

#[test]
fn every_prefix_recovers_to_whole_lines() {
    let mut log = MemoryLog::new();
    // Of every length up to the longest text.
    let text = |seq: Seq| format!("{seq} {}", "x".repeat(seq as usize * 97 % 400));
    let lines: Vec<Line> = (1..=220)
        .map(|seq| {
            let channel = ["#a", "#b", "#c"][seq as usize % 3];
            line(seq, at(seq / 3), "PRIVMSG", &[channel, &text(seq)])
        })
        .collect();
    let mut ends = vec![0];
    for line in &lines {
        log.append(std::slice::from_ref(line)).unwrap();
        ends.push(log.bytes().len());
    }
    let bytes = log.into_bytes();
    assert!(bytes.len() > 64 << 10, "{}", bytes.len());
    let dir = in_memory();
    drop(open(dir.path()));
    let segment = segments(dir.path()).remove(0);
    for length in 0..=bytes.len() {
        let whole = ends.iter().filter(|end| **end <= length).count() - 1;
        let torn_bytes = length - ends[whole];
        let mut kept = Vec::new();
        let (log, opened) = MemoryLog::recover(bytes[..length].to_vec(), &mut |line| kept.push(line.clone()));
        assert_eq!(kept, lines[..whole]);
        assert_eq!(log.bytes(), &bytes[..ends[whole]]);
        assert_eq!((opened.lines, opened.repairs.len()), (whole as u64, usize::from(torn_bytes > 0)));

        // The same with files, at every byte of two lines and at every line end: a start syncs much.
        if (ends[50]..=ends[52]).contains(&length) || torn_bytes == 0 {
            fs::write(&segment, &bytes[..length]).unwrap();
            let (_, opened, kept) = open(dir.path());
            assert_eq!((opened.lines, opened.repairs.len()), (whole as u64, usize::from(torn_bytes > 0)));
            assert_eq!(kept, lines[..whole]);
            assert_eq!(fs::read(&segment).unwrap(), &bytes[..ends[whole]]);
            for path in torn(dir.path()) {
                assert_eq!(fs::read(&path).unwrap(), &bytes[ends[whole]..length]);
                fs::remove_file(path).unwrap();
            }
        }
    }
}

#[test]
fn every_flipped_bit_is_found() {
    let mut log = MemoryLog::new();
    let lines: Vec<Line> = (1..=36).map(|seq| said(seq, "#a")).collect();
    log.append(&lines).unwrap();
    let bytes = log.into_bytes();
    assert!(bytes.len() > 4000);
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let mut kept = Vec::new();
        let (_, opened) = MemoryLog::recover(flipped, &mut |line| kept.push(line.clone()));
        assert!(!opened.repairs.is_empty(), "bit {bit}");
        assert!(kept.iter().all(|line| lines.contains(line)), "bit {bit}");
        assert!(kept.len() >= lines.len() - 2, "bit {bit}: at most a line and, with its line end, the next");
    }
}

#[test]
fn every_flipped_bit_is_found_in_the_file() {
    use chatui::server::log::Archive;
    use std::os::unix::fs::FileExt;
    let dir = in_memory();
    let lines: Vec<Line> = (1..=36).map(|seq| said(seq, "#a")).collect();
    open(dir.path()).0.append(&lines).unwrap();
    let path = segments(dir.path()).remove(0);
    let bytes = fs::read(&path).unwrap();
    assert!(bytes.len() > 4000);
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    let archive = Archive::open(dir.path()).unwrap().unwrap();
    for bit in 0..bytes.len() * 8 {
        let at = bit / 8;
        file.write_all_at(&[bytes[at] ^ 1 << (bit % 8)], at as u64).unwrap();
        let verified = archive.verify(&mut |_| {}).unwrap();
        let [damage] = &verified.damage[..] else { panic!("bit {bit}: {:?}", verified.damage) };
        assert!(damage.bytes.contains(&(at as u64)), "bit {bit}: {damage}");
        file.write_all_at(&[bytes[at]], at as u64).unwrap();
    }
    assert_eq!(archive.verify(&mut |_| {}).unwrap().damaged, 0);
}

#[test]
fn a_second_server_is_refused() {
    let dir = TempDir::new().unwrap();
    let first = open(dir.path()).0;
    assert!(matches!(refusal(dir.path()), OpenError::InUse(path) if path == dir.path()));
    drop(first);
    open(dir.path());
}

#[test]
fn no_symbolic_link_is_followed() {
    let dir = TempDir::new().unwrap();
    let (real, data) = (dir.path().join("real"), dir.path().join("data"));
    drop(open(&real));
    let refused = |data: &Path, link: &Path| {
        assert!(matches!(refusal(data), OpenError::Refused(path, _) if path == link), "{}", link.display());
    };
    symlink(&real, &data).unwrap();
    refused(&data, &data);
    refused(&dir.path().join("data/"), &data);
    fs::remove_file(&data).unwrap();

    fs::create_dir(&data).unwrap();
    symlink(real.join("log"), data.join("log")).unwrap();
    refused(&data, &data.join("log"));
    fs::remove_file(data.join("log")).unwrap();

    fs::create_dir(data.join("log")).unwrap();
    for name in ["lock", "00000000000000000001.irc"] {
        let (link, target) = (data.join("log").join(name), dir.path().join("elsewhere"));
        symlink(&target, &link).unwrap();
        refused(&data, &link);
        fs::write(&target, "precious").unwrap();
        refused(&data, &link);
        assert_eq!(fs::read(&target).unwrap(), b"precious");
        fs::remove_file(&target).unwrap();
        fs::remove_file(&link).unwrap();
    }
    fs::write(dir.path().join("file"), "").unwrap();
    refused(&dir.path().join("file"), &dir.path().join("file"));
}

#[test]
fn the_files_are_closed_to_others_whatever_the_umask() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    fs::create_dir_all(data.join("log")).unwrap();
    fs::set_permissions(data.join("log"), fs::Permissions::from_mode(0o755)).unwrap();
    let before = rustix::process::umask(rustix::fs::Mode::empty());
    fill_segments(&data, 40);
    fill_segments(&dir.path().join("other"), 1);
    rustix::process::umask(before);
    let mode = |path: &Path| fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&data.join("log")), 0o700);
    assert_eq!(mode(&dir.path().join("other")), 0o700);
    let all = files(&data, |_| true);
    assert!(all.len() >= 5 && all.iter().any(|path| path.ends_with("checkpoint")), "{all:?}");
    for path in all {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

/// Options with segments of about 1.5 kB, ten lines.
fn small() -> Options {
    Options { segment_bytes: 1500, ..options(Sync::Never) }
}

/// Appends lines in turns of three: in `#a`, each tenth in `#b`, of which the second is a topic.
fn fill_segments(dir: &Path, count: Seq) -> Vec<Line> {
    let lines: Vec<Line> = (1..=count)
        .map(|seq| match seq {
            20 => line(seq, at(seq / 3), "TOPIC", &["#b", "an old topic"]),
            _ => said(seq, if seq % 10 == 0 { "#b" } else { "#a" }),
        })
        .collect();
    let (mut log, ..) = open_with(dir, small());
    for turn in lines.chunks(3) {
        log.append(turn).unwrap();
    }
    lines
}

#[test]
fn a_full_segment_is_sealed_and_a_new_one_begun() {
    let dir = TempDir::new().unwrap();
    let lines = fill_segments(dir.path(), 300);
    let paths = segments(dir.path());
    assert!(paths.len() > 20, "{}", paths.len());
    let mut text = Vec::new();
    for path in &paths {
        let bytes = fs::read(path).unwrap();
        assert!(bytes.len() <= 1500 && bytes.ends_with(b"\r\n"));
        text.extend_from_slice(&bytes);
    }
    let mut memory = MemoryLog::new();
    memory.append(&lines).unwrap();
    assert_eq!(text, memory.bytes(), "all segments in a row are the log");
    let (mut log, opened, _) = open_with(dir.path(), small());
    assert_eq!((opened.lines, opened.last_seq, opened.segments), (300, 300, paths.len()));
    assert!(opened.repairs.is_empty());
    let everywhere: Vec<Line> = lines.iter().filter(|line| line.seq() % 10 != 0).cloned().collect();
    assert_eq!(all(&mut log, "#a"), everywhere);
}

#[test]
fn a_turn_lies_in_one_segment_even_if_it_is_longer_than_one() {
    let dir = TempDir::new().unwrap();
    let (mut log, ..) = open_with(dir.path(), small());
    log.append(&[said(1, "#a")]).unwrap();
    let turn: Vec<Line> = (2..9000).map(|seq| said(seq, "#a")).collect();
    log.append(&turn).unwrap();
    log.append(&[said(9000, "#a")]).unwrap();
    let names: Vec<String> =
        segments(dir.path()).iter().map(|path| path.file_stem().unwrap().to_str().unwrap().into()).collect();
    assert_eq!(names, [1, 2, 9000].map(|first| format!("{first:020}")));
    assert_eq!(all(&mut log, "#a").len(), 9000);
}

#[test]
fn old_topics_and_lines_come_back_by_the_checkpoint_and_without_it() {
    let dir = TempDir::new().unwrap();
    let lines = fill_segments(dir.path(), 900);
    let in_a: Vec<&Line> = lines.iter().filter(|line| line.seq() % 10 != 0).collect();
    let mut expected: Vec<Line> = in_a[in_a.len() - REMEMBERED..].iter().copied().cloned().collect();
    expected.extend(lines.iter().filter(|line| line.seq() % 10 == 0).cloned());
    expected.sort_by_key(Line::seq);
    let checkpoint = dir.path().join("log/checkpoint");
    let good = fs::read(&checkpoint).unwrap();

    // All but the newest segment emptied: what comes back comes from the checkpoint.
    let sealed = segments(dir.path());
    let saved: Vec<Vec<u8>> = sealed.iter().map(|path| fs::read(path).unwrap()).collect();
    let (_, old) = sealed.split_last().unwrap();
    old.iter().for_each(|path| fs::write(path, "").unwrap());
    let (_, opened, by_checkpoint) = open_with(dir.path(), small());
    assert_eq!(by_checkpoint, expected);
    assert_eq!((opened.lines, opened.last_seq, opened.repairs.len()), (900, 900, 0));
    sealed.iter().zip(&saved).for_each(|(path, bytes)| fs::write(path, bytes).unwrap());

    // A checkpoint that is deleted, cut, or changed anywhere is not believed: the whole log is read, and a new one
    // is written.
    let mut changed = good.clone();
    changed[good.len() / 2] ^= 4;
    for bad in [None, Some(&good[..good.len() - 200]), Some(&changed[..]), Some(&[][..])] {
        match bad {
            None => fs::remove_file(&checkpoint).unwrap(),
            Some(bytes) => fs::write(&checkpoint, bytes).unwrap(),
        }
        let (_, opened, by_reading) = open_with(dir.path(), small());
        assert_eq!(by_reading, expected);
        assert_eq!((opened.lines, opened.last_seq, opened.repairs.len()), (900, 900, 0));
        assert_eq!(fs::read(&checkpoint).unwrap(), good);
    }
}

#[test]
fn a_checkpoint_of_another_log_is_not_believed() {
    let (dir, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    fill_segments(dir.path(), 300);
    let (_, expected, lines) = open_with(dir.path(), small());
    // The other log has the same segments, an hour later.
    let (mut log, ..) = open_with(other.path(), small());
    for turn in fill_segments(&other.path().join("first"), 300).chunks(3) {
        let later = |old: &Line| {
            let message = old.message();
            line(old.seq(), at(3_600_000 + old.seq()), message.command, message.params.as_slice())
        };
        log.append(&turn.iter().map(later).collect::<Vec<_>>()).unwrap();
    }
    drop(log);
    let name = |dir: &Path| segments(dir).last().unwrap().file_name().unwrap().to_owned();
    assert_eq!(name(dir.path()), name(other.path()));
    fs::copy(other.path().join("log/checkpoint"), dir.path().join("log/checkpoint")).unwrap();
    let (_, opened, found) = open_with(dir.path(), small());
    assert_eq!((opened, found), (expected, lines));
}

#[test]
fn an_older_checkpoint_is_carried_on() {
    let dir = TempDir::new().unwrap();
    fill_segments(dir.path(), 300);
    let old = fs::read(dir.path().join("log/checkpoint")).unwrap();
    let (mut log, ..) = open_with(dir.path(), small());
    for seq in 301..400 {
        log.append(&[said(seq, "#c")]).unwrap();
    }
    drop(log);
    let expected = open_with(dir.path(), small());
    drop(expected.0);
    fs::write(dir.path().join("log/checkpoint"), old).unwrap();
    let (_, opened, lines) = open_with(dir.path(), small());
    assert_eq!((opened, lines), (expected.1, expected.2));
}

#[test]
fn damage_in_a_sealed_segment_is_told_and_left() {
    let dir = TempDir::new().unwrap();
    fill_segments(dir.path(), 60);
    let first = segments(dir.path()).remove(0);
    let mut bytes = fs::read(&first).unwrap();
    bytes[200] ^= 1;
    let cut = bytes.len() - 5;
    fs::write(&first, &bytes[..cut]).unwrap();
    fs::remove_file(dir.path().join("log/checkpoint")).unwrap();
    let (mut log, opened, _) = open_with(dir.path(), small());
    assert_eq!(opened.lines, 58);
    assert_eq!(opened.repairs.len(), 2, "{:?}", opened.repairs);
    assert!(opened.repairs.iter().all(|told| !told.contains("text") && !told.contains("alice")));
    assert_eq!(fs::read(&first).unwrap(), &bytes[..cut]);
    let kept = seqs(&all(&mut log, "#a"));
    assert!(!kept.contains(&2) && kept.contains(&1) && kept.contains(&3), "{kept:?}");
}

//! Twenty logs as an enemy, a broken program or a broken disk leaves them (`tests/data/hostile-lines/torn-logs.tsv`).
//!
//! They were written before the format: each line that begins with a whole stamp gets the id of its time and number, a
//! number met again gets the id it had, and a checksum of what stands there. Where the file leaves a choice, ours is:
//!
//! - A good line after a bad one is kept: D008 "rest moved aside" (its last line begins inside a bad one, where nothing is
//!   looked for), D012 "1 kept" is 2 here.
//! - A whole line that does not come after the one before it is not good: cut at the end (D009, D020), left in the middle
//!   (D010, D017).
//! - A line is bytes up to CR LF: D014, with LF only, has none.
//! - Text that is no UTF-8 is not read, whatever its checksum (D011).

use std::collections::HashMap;

use super::*;

use std::os::unix::fs::DirBuilderExt;

use chatui::irc::Message;
use chatui::irc::line::{STAMP, msgid};
use rustix::process::Signal;

use crate::cli::{Server, run, text};
use crate::escapes::unescape;
use crate::server::Peer;
use crate::terminal::Home;

const CASES: &str = include_str!("../../data/hostile-lines/torn-logs.tsv");

/// What is kept (by the numbers in the ids), whether an end is moved aside, and whether anything is told.
const OUR_READING: [(&str, &[Seq], bool, bool); 20] = [
    ("D001", &[], false, false),
    ("D002", &[1, 2, 3], false, false),
    ("D003", &[1, 2], true, true),
    ("D004", &[1, 2], true, true),
    ("D005", &[1, 2], true, true),
    ("D006", &[1, 2], true, true),
    ("D007", &[1, 2], true, true),
    ("D008", &[1], true, true),
    ("D009", &[1, 3], true, true),
    ("D010", &[1, 2], false, true),
    ("D011", &[1, 3], false, true),
    ("D012", &[1, 3], false, true),
    ("D013", &[1, 3], false, true),
    ("D014", &[], true, true),
    ("D015", &[], true, true),
    ("D016", &[1, 3], false, true),
    ("D017", &[1, 3], false, true),
    ("D018", &[1, 2], false, true),
    ("D019", &[1, 2], true, true),
    ("D020", &[1, 2], true, true),
];

/// The log in chatui's format.
fn in_our_format(log: &[u8]) -> Vec<u8> {
    let mut ids: HashMap<Seq, [u8; 18]> = HashMap::new();
    let mut out = Vec::new();
    for piece in log.split_inclusive(|b| *b == b'\n') {
        let start = piece.windows(6).position(|six| six == b"@time=").unwrap_or(0);
        let (junk, raw) = piece.split_at(start);
        out.extend_from_slice(junk);
        let parts = raw.get(6..30).and_then(|time| {
            let time = Time::parse(std::str::from_utf8(time).ok()?)?;
            let number = raw[30..].strip_prefix(b";msgid=")?.get(..10)?;
            Some((time, std::str::from_utf8(number).ok()?.parse::<Seq>().ok()?))
        });
        let Some((time, number)) = parts else {
            out.extend_from_slice(raw);
            continue;
        };
        let id = *ids.entry(number).or_insert_with(|| msgid(time, number));
        let rest = &raw[47..];
        let body = rest.len() - rest.iter().rev().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let stamp = [&raw[..37], &id].concat();
        assert_eq!(stamp.len(), STAMP);
        let sum = crc32c::crc32c(&[&stamp, &rest[..body]].concat());
        out.extend_from_slice(&stamp);
        out.extend_from_slice(format!(";c={sum:08x}").as_bytes());
        out.extend_from_slice(rest);
    }
    out
}

#[test]
fn every_torn_log_starts_as_its_row_says() {
    let cases: Vec<Vec<&str>> = CASES.lines().map(|row| row.split('\t').collect()).collect();
    assert_eq!(cases.len(), OUR_READING.len());
    for (case, (id, kept, cut, told)) in cases.iter().zip(OUR_READING) {
        assert_eq!(case[0], id);
        // Our reading is the row's, where that is plain.
        if let Some((count, end)) = case[2].split_once(" kept, ").filter(|_| id != "D009" && id != "D012") {
            assert_eq!(count.parse(), Ok(kept.len()), "{id}");
            assert_eq!(cut, !end.starts_with("0 cut"), "{id}");
        }
        assert_eq!(told, case[2] != "0 kept, 0 cut" && case[2] != "3 kept, 0 cut", "{id}");

        let dir = TempDir::new().unwrap();
        drop(open(dir.path()));
        let segment = segments(dir.path()).remove(0);
        let content = in_our_format(&unescape(case[1]));
        fs::write(&segment, &content).unwrap();
        let (mut log, opened, lines) = open(dir.path());
        assert_eq!(seqs(&lines), kept, "{id}");
        assert_eq!(seqs(&all(&mut log, "#c")), kept, "{id}");
        assert_eq!(!opened.repairs.is_empty(), told, "{id}: {:?}", opened.repairs);
        assert_eq!(torn(dir.path()).len(), usize::from(cut), "{id}");
        let aside = torn(dir.path()).first().map(|path| fs::read(path).unwrap()).unwrap_or_default();
        assert_eq!([fs::read(&segment).unwrap(), aside].concat(), content, "{id}: no byte is lost");

        // The next stamp is not before the last; then the log goes on, and the next start has nothing more to cut.
        let next = line(opened.last_seq + 1, opened.last_time.max(at(0)), "PRIVMSG", &["#c", "next"]);
        log.append(std::slice::from_ref(&next)).unwrap();
        drop(log);
        let (_, opened, lines) = open(dir.path());
        assert_eq!(lines.last(), Some(&next), "{id}");
        assert_eq!(torn(dir.path()).len(), usize::from(cut), "{id}: {:?}", opened.repairs);
    }
    println!("hostile | torn-logs.tsv | {} | log | {} | 3, 6 | ", cases.len(), cases.len());
}

#[test]
fn the_real_server_starts_on_every_torn_log_and_serves_what_is_whole() {
    for (row, (id, kept, ..)) in CASES.lines().zip(OUR_READING) {
        let home = Home::new();
        let (data, told) = (home.path("data"), home.path("told"));
        let log = Path::new(&data).join("log");
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&log).unwrap();
        let content = in_our_format(&unescape(row.split('\t').nth(1).unwrap()));
        fs::write(log.join("00000000000000000001.irc"), content).unwrap();
        let server = Server::start_with_diagnostics(&home, &["--data", &data], &told);
        let memory = server.process().memory();
        let mut alice = Peer::connect(server.address().parse().unwrap());
        alice.register("alice", "batch message-tags server-time draft/chathistory");
        alice.send("JOIN #c\r\nCHATHISTORY LATEST #c * 100\r\nPRIVMSG #c :and on it goes\r\nPING :end");
        let heard = alice.lines_until(" PONG ");
        let replayed = heard.iter().filter(|line| line.contains("batch=") && line.contains(" PRIVMSG #c "));
        assert_eq!(replayed.count(), kept.len(), "{id}: {heard:#?}");
        for line in &heard {
            assert!(Message::parse(line).is_ok() && !line.contains(['\r', '\n', '\0']), "{id}: {line:?}");
        }
        assert!(server.process().memory() < memory + (1 << 20), "{id}");
        assert_eq!(server.stop(Signal::TERM).0, Some(0), "{id}");
        let told = fs::read_to_string(&told).unwrap();
        let raw = |c: char| c.is_control() && c != '\n';
        assert!(!told.contains("panicked") && !told.chars().any(raw), "{id}: {told}");
        // What is left of it is a log of which each line can be read, or whose bad places are named.
        let output = run(&home, &["log", "verify", "--data", &data]);
        assert!(matches!(output.status.code(), Some(0 | 1)), "{id}: {output:?}");
        let shown = run(&home, &["log", "--data", &data]);
        assert!(text(&shown.stdout).contains("and on it goes"), "{id}: {shown:?}");
        assert!(!text(&shown.stdout).chars().any(raw), "{id}: {shown:?}");
    }
    println!("hostile | torn-logs.tsv | 20 | server | 20 | 2-5 | ");
}

#[test]
fn a_log_of_old_blocks_is_sealed_and_not_cut() {
    let dir = TempDir::new().unwrap();
    let (mut log, ..) = open(dir.path());
    let many: Vec<Line> = (1..12_000).map(|seq| said(seq, "#a")).collect();
    log.append(&many).unwrap();
    drop(log);
    let segment = segments(dir.path()).remove(0);
    let mut bytes = fs::read(&segment).unwrap();
    assert!(bytes.len() > 1 << 20);
    // A line from the future in front of everything: all that follows is out of order.
    let mut future = MemoryLog::new();
    future.append(&[line(1, at(1 << 40), "PRIVMSG", &["#a", "x"])]).unwrap();
    bytes.splice(..0, future.into_bytes());
    fs::write(&segment, &bytes).unwrap();
    let (mut log, opened, _) = open(dir.path());
    assert_eq!(fs::read(&segment).unwrap(), bytes);
    assert_eq!((opened.segments, opened.lines), (2, 1));
    assert!(!opened.repairs.is_empty() && torn(dir.path()).is_empty());
    let next = line(2, at(1 << 40), "PRIVMSG", &["#a", "next"]);
    log.append(&[next]).unwrap();
    drop(log);
    assert_eq!(open(dir.path()).1.lines, 2);
}

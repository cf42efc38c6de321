//! Power cuts. What was synced is there; of what was under way each sector of 512 bytes is there, zero, or holds old
//! bytes, the file ends somewhere, and a new, a renamed or a deleted file may be there under its old name or not at all.
//! However it comes: what was acknowledged is there, once, in order; nothing is there that was never said; everything that
//! had to be cut is told.
//!
//! `CHATUI_POWER_SEEDS` says how many seeds are tried (300, each with four cuts), `CHATUI_SEED` tries one alone.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use chatui::server::log::{Archive, Damage};
use fastrand::Rng;

use super::*;

const SECTOR: usize = 512;

type Image = BTreeMap<String, Vec<u8>>;

fn image(dir: &Path) -> Image {
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    files(dir, |name| name != "lock").iter().map(|path| (name(path), fs::read(path).unwrap())).collect()
}

/// A file that grew from `old` to `new` while the power went.
fn torn_file(rng: &mut Rng, old: &[u8], new: &[u8]) -> Vec<u8> {
    assert!(new.starts_with(old), "a file is only appended to");
    let mut bytes = new[..rng.usize(old.len()..=new.len())].to_vec();
    let mut at = old.len();
    while at < bytes.len() {
        let end = (at / SECTOR * SECTOR + SECTOR).min(bytes.len());
        match rng.u8(..4) {
            0 => bytes[at..end].fill(0),
            // Old bytes: of another place of this very log, as a disk that is used again holds them.
            1 if at > SECTOR => {
                let from = rng.usize(..at - SECTOR);
                bytes.copy_within(from..from + (end - at), at);
            }
            _ => {}
        }
        at = end;
    }
    bytes
}

/// What is found after a power cut between the durable image and the one that was under way.
fn after_cut(rng: &mut Rng, durable: &Image, under_way: &Image) -> Image {
    let mut found = Image::new();
    for (name, new) in under_way {
        match durable.get(name) {
            Some(old) if name.ends_with(".irc") => drop(found.insert(name.clone(), torn_file(rng, old, new))),
            // Renamed over the old one, or not yet.
            Some(old) => drop(found.insert(name.clone(), if rng.bool() { old } else { new }.clone())),
            None if rng.bool() => drop(found.insert(name.clone(), torn_file(rng, &[], new))),
            None => {}
        }
    }
    // Deleted, or not yet; the oldest go first.
    let deleted: Vec<&String> = durable.keys().filter(|name| !under_way.contains_key(*name)).collect();
    for name in deleted.iter().skip(rng.usize(..=deleted.len())) {
        found.insert((*name).clone(), durable[*name].clone());
    }
    found
}

fn put(dir: &Path, image: &Image) {
    files(dir, |name| name != "lock").iter().for_each(|path| fs::remove_file(path).unwrap());
    for (name, bytes) in image {
        fs::write(dir.join("log").join(name), bytes).unwrap();
    }
}

fn kept(dir: &Path) -> Vec<Line> {
    let archive = Archive::open(dir).unwrap().unwrap();
    let (mut cursor, mut lines) = (archive.since(Time::default()).unwrap(), Vec::new());
    let flow = archive.read(&mut cursor, &mut |line| {
        lines.push(line.clone());
        ControlFlow::Continue(())
    });
    assert!(flow.unwrap().is_continue());
    lines
}

/// Appends random turns and lets the power go in the middle of the last one. What was acknowledged goes into `safe`,
/// everything into `said`.
fn run_until_cut(rng: &mut Rng, dir: &Path, safe: &mut Vec<Line>, said: &mut Vec<Line>) -> Opened {
    let keep = Keep { bytes: rng.bool().then_some(6_000), age: None };
    let options = Options { segment_bytes: 2_000, keep, ..options(Sync::Turn) };
    let (mut log, opened, _) = open_with(dir, options);
    let (mut seq, turns) = (opened.last_seq, rng.usize(1..9));
    let mut durable = image(dir);
    for turn in 0..turns {
        if turn + 1 == turns {
            durable = image(dir);
        }
        let lines: Vec<Line> = (0..rng.usize(1..7))
            .map(|_| {
                seq += rng.u64(1..3);
                let text = format!("text {seq} {}", "x".repeat(rng.usize(..300)));
                line(seq, opened.last_time.max(at(seq / 3)), "PRIVMSG", &["#a", &text])
            })
            .collect();
        log.append(&lines).unwrap();
        said.extend_from_slice(&lines);
        if turn + 1 < turns {
            safe.extend(lines);
        }
    }
    drop(log);
    let under_way = image(dir);
    put(dir, &after_cut(rng, &durable, &under_way));
    opened
}

/// Checks what the next start finds.
fn check(dir: &Path, safe: &mut Vec<Line>, said: &[Line], known: &mut Vec<Damage>) -> usize {
    let before = Archive::open(dir).unwrap().unwrap().verify(&mut |_| {}).unwrap();
    let (_, opened, _) = open_with(dir, Options { segment_bytes: 2_000, ..options(Sync::Turn) });
    // What was told at an earlier start need not be told again: sealed segments are not read at each start.
    let new = before.damage.iter().any(|damage| !known.contains(damage));
    assert!(!new || !opened.repairs.is_empty(), "not told: {:?}", before.damage);
    assert!(before.damaged > 0 || opened.repairs.is_empty(), "nothing was damaged: {:?}", opened.repairs);
    let after = Archive::open(dir).unwrap().unwrap().verify(&mut |_| {}).unwrap();
    let middle = before.damage.iter().filter(|damage| !damage.at_end).count();
    assert!(after.damaged <= middle + 1 && after.lines == before.lines, "{:?}", after.damage);
    let lines = kept(dir);
    assert!(lines.windows(2).all(|pair| pair[0].msgid() < pair[1].msgid()), "in order, once");
    assert!(lines.iter().all(|line| said.contains(line)), "nothing that was never said");
    // Retention may have taken the oldest.
    let first = lines.first().map_or(Seq::MAX, Line::seq);
    let lost: Vec<&Line> = safe.iter().filter(|line| line.seq() >= first && !lines.contains(line)).collect();
    assert!(lost.is_empty() && (safe.is_empty() || !lines.is_empty()), "lost: {lost:?}");
    // What survived is as good as acknowledged from now on: readers have seen it.
    *safe = lines;
    *known = after.damage;
    usize::from(new)
}

#[test]
fn a_power_cut_takes_nothing_that_was_acknowledged() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = match number("CHATUI_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("CHATUI_POWER_SEEDS").unwrap_or(300),
    };
    let (mut cuts, mut repairs) = (0, 0);
    for seed in seeds {
        let run = std::panic::catch_unwind(|| {
            let mut rng = Rng::with_seed(seed);
            let dir = in_memory();
            let (mut safe, mut said, mut known, mut repairs) = (Vec::new(), Vec::new(), Vec::new(), 0);
            for _ in 0..4 {
                run_until_cut(&mut rng, dir.path(), &mut safe, &mut said);
                repairs += check(dir.path(), &mut safe, &said, &mut known);
            }
            repairs
        });
        repairs += run.unwrap_or_else(|_| panic!("seed {seed} failed; CHATUI_SEED={seed} runs it alone"));
        cuts += 4;
    }
    println!("{cuts} power cuts, {repairs} repairs, all told; 0 lost, 0 doubled");
    assert!(repairs > 0);
}

//! The log read by another process: from a time on, the last lines, what comes meanwhile, what is looked for; verified and
//! repaired.

use std::ops::ControlFlow;

use chatui::server::log::{Archive, Cursor, Damage, Disk, Fate, MAX_DAMAGE, Pattern, Wanted, repair};

use super::*;

/// Sixty lines in segments of some ten: a topic, then words in two channels, a second apart.
fn filled() -> (TempDir, Vec<Line>) {
    let dir = TempDir::new().unwrap();
    let mut lines = vec![line(1, at(1_000), "TOPIC", &["#a", "the tide tables"])];
    for seq in 2..=60 {
        let (channel, text) = (["#a", "#b"][seq as usize % 2], format!("number {seq} of ours"));
        lines.push(line(seq, at(1_000 * seq), "PRIVMSG", &[channel, &text]));
    }
    let (mut log, ..) = open_with(dir.path(), Options { segment_bytes: 1_500, ..options(Sync::Never) });
    lines.chunks(3).for_each(|turn| log.append(turn).unwrap());
    (dir, lines)
}

fn archive(dir: &Path) -> Archive {
    Archive::open(dir).unwrap().unwrap()
}

/// What is read from a cursor on.
fn rest(archive: &Archive, cursor: &mut Cursor) -> Vec<Seq> {
    let mut found = Vec::new();
    let flow = archive.read(cursor, &mut |line| {
        found.push(line.seq());
        ControlFlow::Continue(())
    });
    assert!(flow.unwrap().is_continue());
    found
}

#[test]
fn it_is_read_from_a_time_on_and_then_what_comes() {
    let (dir, lines) = filled();
    let mut archive = archive(dir.path());
    assert!(segments(dir.path()).len() > 4);
    for (millis, first) in [(0, 1), (1_000, 1), (1_001, 2), (30_000, 30), (30_500, 31), (60_001, 61)] {
        let mut cursor = archive.since(at(millis)).unwrap();
        assert_eq!(rest(&archive, &mut cursor), (first..=60).collect::<Vec<_>>(), "{millis}");
    }
    let mut cursor = archive.since(Time::default()).unwrap();
    assert_eq!(cursor.passed(), 0);
    assert_eq!(rest(&archive, &mut cursor).len(), 60);
    assert_eq!(rest(&archive, &mut cursor), [0; 0], "once");
    let bytes: u64 = segments(dir.path()).iter().map(|path| fs::metadata(path).unwrap().len()).sum();
    assert_eq!((cursor.passed(), archive.bytes().unwrap()), (bytes, bytes));

    let (mut log, ..) = open_with(dir.path(), Options { segment_bytes: 1_500, ..options(Sync::Never) });
    let more: Vec<Line> = (61..90).map(|seq| said(seq, "#a")).collect();
    let more: Vec<Line> = more.iter().map(|line| line_again(line, 61_000)).collect();
    more.chunks(3).for_each(|turn| log.append(turn).unwrap());
    let known = rest(&archive, &mut cursor);
    assert!(known.len() < more.len(), "it knows of the old segments only: {known:?}");
    archive.refresh().unwrap();
    assert_eq!([known, rest(&archive, &mut cursor)].concat(), seqs(&more));
    assert_eq!(archive.page(&latest("#b", 2)).unwrap(), [lines[56].clone(), lines[58].clone()]);
}

/// The same words later.
fn line_again(of: &Line, millis: u64) -> Line {
    let message = of.message();
    line(of.seq(), at(millis), message.command, &[message.param(0), message.param(1)])
}

fn latest(channel: &str, limit: usize) -> Query {
    Query { channel: channel.into(), which: Which::Latest(None), limit, events: true, until: None }
}

#[test]
fn whoever_breaks_off_goes_on_behind_that_line() {
    let (dir, _) = filled();
    let archive = archive(dir.path());
    let mut cursor = archive.since(at(0)).unwrap();
    for n in 1..=60 {
        let mut seen = None;
        let flow = archive.read(&mut cursor, &mut |line| {
            seen = Some(line.seq());
            ControlFlow::Break(())
        });
        assert!(flow.unwrap().is_break());
        assert_eq!(seen, Some(n));
    }
    assert_eq!(rest(&archive, &mut cursor), [0; 0]);
}

#[test]
fn the_last_lines_that_fit_are_found_from_the_end() {
    let (dir, _) = filled();
    let archive = archive(dir.path());
    let last = |count, since, fits: &dyn Fn(&Line) -> bool| {
        let mut cursor = archive.last(count, since, fits).unwrap();
        rest(&archive, &mut cursor).first().copied()
    };
    let of = |channel: &'static str| move |line: &Line| line.message().param(0) == channel;
    assert_eq!(last(3, at(0), &|_| true), Some(58));
    assert_eq!(last(3, at(0), &of("#a")), Some(56));
    assert_eq!(last(29, at(0), &of("#b")), Some(3));
    assert_eq!(last(100, at(0), &of("#b")), Some(3), "there are no more");
    assert_eq!(last(100, at(40_000), &|_| true), Some(40));
    assert_eq!(last(100, at(40_000), &of("#b")), Some(41));
    assert_eq!(last(0, at(0), &|_| true), None, "behind the last one");
    assert_eq!(last(5, at(0), &of("#c")), None);
    assert_eq!(last(5, at(61_000), &|_| true), None);
    // Of a log without a line it is the beginning.
    let empty = TempDir::new().unwrap();
    drop(open(empty.path()));
    let mut cursor = self::archive(empty.path()).last(5, at(0), &|_| true).unwrap();
    assert_eq!(rest(&self::archive(empty.path()), &mut cursor), [0; 0]);
    for path in segments(empty.path()) {
        fs::remove_file(path).unwrap();
    }
    let empty = self::archive(empty.path());
    let mut cursor = empty.since(at(5)).unwrap();
    assert_eq!((rest(&empty, &mut cursor), cursor.passed()), (Vec::new(), 0));
    let dir = TempDir::new().unwrap();
    assert!(Archive::open(dir.path()).unwrap().is_none());
    fs::write(dir.path().join("log"), "").unwrap();
    assert!(matches!(Archive::open(dir.path()), Err(OpenError::Refused(..))));
}

#[test]
fn a_line_under_way_is_left_for_the_next_time() {
    let (dir, _) = filled();
    let archive = archive(dir.path());
    let newest = segments(dir.path()).pop().unwrap();
    let whole = fs::read(&newest).unwrap();
    let mut cursor = archive.since(at(0)).unwrap();
    fs::write(&newest, &whole[..whole.len() - 5]).unwrap();
    assert_eq!(rest(&archive, &mut cursor).last(), Some(&59));
    fs::write(&newest, &whole).unwrap();
    assert_eq!(rest(&archive, &mut cursor), [60]);
    // A full disk has taken it back, and something else is there now.
    let cut = whole[..whole.len() - 1].iter().rposition(|b| *b == b'\n').unwrap() + 1;
    fs::write(&newest, &whole[..cut]).unwrap();
    assert_eq!(rest(&archive, &mut cursor), [0; 0]);
    let (mut log, ..) = open_with(dir.path(), options(Sync::Never));
    log.append(&[line(61, at(61_000), "PRIVMSG", &["#a", "x"])]).unwrap();
    assert_eq!(rest(&archive, &mut cursor), [61]);
}

fn wanted(pattern: Pattern) -> Wanted {
    Wanted {
        pattern,
        from: None,
        channels: None,
        topics: true,
        since: Time::default(),
        until: Time::from_millis(u64::MAX >> 20),
    }
}

/// The hits, the newest first.
fn found(dir: &Path, wanted: &Wanted) -> Vec<Seq> {
    let mut found = Vec::new();
    archive(dir)
        .search(wanted, &mut |line| {
            found.push(line.seq());
            ControlFlow::Continue(())
        })
        .unwrap();
    found
}

#[test]
fn what_is_looked_for_is_found_newest_first() {
    let (dir, _) = filled();
    let words = |words: &[&str]| {
        Pattern::words(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()).unwrap()
    };
    let all: Vec<Seq> = (2..=60).rev().collect();
    assert_eq!(found(dir.path(), &wanted(words(&["OURS", "number"]))), all);
    assert_eq!(found(dir.path(), &wanted(words(&["tide"]))), [1]);
    assert_eq!(found(dir.path(), &Wanted { topics: false, ..wanted(words(&["tide"])) }), [0; 0]);
    assert_eq!(
        found(dir.path(), &wanted(words(&["number 5", "ours"]))),
        [59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 5]
    );
    let pattern = Pattern::regex("^number [12]\\d of").unwrap();
    assert_eq!(found(dir.path(), &wanted(pattern.clone())), (10..=29).rev().collect::<Vec<_>>());
    assert!(pattern.fits("NUMBER 17 of") && !pattern.fits("a number 17 of"));
    let some = Wanted { since: at(15_000), until: at(18_000), ..wanted(pattern.clone()) };
    assert_eq!(found(dir.path(), &some), [17, 16, 15]);
    let none = Wanted { since: at(18_000), until: at(18_000), ..wanted(pattern.clone()) };
    assert_eq!(found(dir.path(), &none), [0; 0]);
    let place = Wanted { channels: Some(vec!["#B".to_owned()]), ..some.clone() };
    assert_eq!(found(dir.path(), &place), [17, 15]);
    assert_eq!(found(dir.path(), &Wanted { from: Some("ALICE".to_owned()), ..some.clone() }), [17, 16, 15]);
    assert_eq!(found(dir.path(), &Wanted { from: Some("bob".to_owned()), ..some }), [0; 0]);
    assert!(Pattern::regex("(").unwrap_err().contains('('));
    assert!(Pattern::regex(&"(a|b){900}".repeat(90)).is_err(), "too large");
    let mut count = 0;
    let first = archive(dir.path()).search(&wanted(pattern), &mut |_| {
        count += 1;
        if count == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(first.is_ok() && count == 2);
}

#[test]
fn a_search_goes_over_many_windows_without_losing_a_line() {
    let dir = TempDir::new().unwrap();
    let (mut log, ..) = open(dir.path());
    let text = "x".repeat(300);
    let lines: Vec<Line> =
        (1..=7_000).map(|seq| line(seq, at(seq), "PRIVMSG", &["#a", &format!("{text} end")])).collect();
    log.append(&lines).unwrap();
    assert!(archive(dir.path()).bytes().unwrap() > 2 << 20, "more than two windows");
    let pattern = Pattern::words(&["end".to_owned()]).unwrap();
    assert_eq!(found(dir.path(), &wanted(pattern)), (1..=7_000).rev().collect::<Vec<_>>());
    let archive = archive(dir.path());
    let mut cursor = archive.last(6_900, at(0), &|_| true).unwrap();
    assert_eq!(rest(&archive, &mut cursor), (101..=7_000).collect::<Vec<_>>());
}

/// Spoils a log: a line in the middle, one that comes too early, and a torn end. Which bytes of which segment.
fn spoiled(dir: &Path) -> Vec<Damage> {
    let paths = segments(dir);
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let mut first = fs::read(&paths[0]).unwrap();
    let ends: Vec<u64> = (0..).zip(&first).filter(|(_, b)| **b == b'\n').map(|(n, _)| n + 1).collect();
    first[ends[1] as usize + 60] ^= 1;
    fs::write(&paths[0], &first).unwrap();
    let second = fs::read(&paths[1]).unwrap();
    let early = &first[..ends[0] as usize];
    fs::write(&paths[1], [early, &second].concat()).unwrap();
    let last = fs::read(&paths[3]).unwrap();
    fs::write(&paths[3], [&last[..], b"@time=2026"].concat()).unwrap();
    let end = last.len() as u64;
    vec![
        Damage { segment: name(&paths[0]), bytes: ends[1]..ends[2], at_end: false },
        Damage { segment: name(&paths[1]), bytes: 0..ends[0], at_end: false },
        Damage { segment: name(&paths[3]), bytes: end..end + 10, at_end: true },
    ]
}

#[test]
fn more_damage_than_anybody_reads_is_counted_and_not_listed() {
    let dir = in_memory();
    drop(open(dir.path()));
    let mut good = MemoryLog::new();
    let count = MAX_DAMAGE as u64 + 2;
    good.append(&(1..=count).map(|seq| said(seq, "#a")).collect::<Vec<_>>()).unwrap();
    let lines = good.bytes().split_inclusive(|b| *b == b'\n');
    let damaged: Vec<u8> = lines.flat_map(|line| [b"no line\n", line].concat()).collect();
    fs::write(&segments(dir.path())[0], damaged).unwrap();
    let verified = archive(dir.path()).verify(&mut |_| {}).unwrap();
    assert_eq!((verified.lines, verified.damaged as u64), (count, count));
    assert_eq!(verified.damage.len(), MAX_DAMAGE);
}

#[test]
fn damage_is_listed_and_cut_out_and_kept() {
    let (dir, lines) = filled();
    let mut passed = Vec::new();
    let verified = archive(dir.path()).verify(&mut |bytes| passed.push(bytes)).unwrap();
    assert_eq!((verified.lines, verified.damaged, verified.segments), (60, 0, passed.len()));
    assert!(passed.is_sorted() && passed.last() == Some(&verified.bytes));
    assert_eq!(verified.bytes, archive(dir.path()).bytes().unwrap());

    let damage = spoiled(dir.path());
    let verified = archive(dir.path()).verify(&mut |_| {}).unwrap();
    assert_eq!((verified.lines, verified.damaged, &verified.damage), (59, 3, &damage));
    assert_eq!(
        damage[0].to_string(),
        format!(
            "{}: {} damaged bytes in the middle, from byte {} on",
            damage[0].segment,
            damage[0].bytes.end - damage[0].bytes.start,
            damage[0].bytes.start
        )
    );
    assert!(damage[2].to_string().contains(" 10 damaged bytes at its end, from byte "));
    let cut: Vec<Vec<u8>> = damage
        .iter()
        .map(|Damage { segment, bytes, .. }| {
            fs::read(dir.path().join("log").join(segment)).unwrap()[bytes.start as usize..bytes.end as usize]
                .to_vec()
        })
        .collect();

    let told = repair(dir.path(), options(Sync::Never)).unwrap();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(
        told[2]
            .starts_with(&format!("{}: 10 damaged bytes in 1 places were moved to torn-", damage[2].segment))
    );
    let kept: Vec<Vec<u8>> = torn(dir.path()).iter().map(|path| fs::read(path).unwrap()).collect();
    assert_eq!(kept, cut);
    let verified = archive(dir.path()).verify(&mut |_| {}).unwrap();
    assert_eq!((verified.lines, verified.damaged), (59, 0));
    assert_eq!(repair(dir.path(), options(Sync::Never)).unwrap(), [""; 0]);
    let mut left = seqs(&lines);
    left.remove(2);
    assert_eq!(rest(&archive(dir.path()), &mut archive(dir.path()).since(at(0)).unwrap()), left);
}

#[test]
fn whatever_call_fails_a_repair_loses_nothing_and_can_be_made_again() {
    let (dir, lines) = filled();
    spoiled(dir.path());
    let good: Vec<Seq> = seqs(&lines).into_iter().filter(|seq| *seq != 3).collect();
    let before: Vec<(PathBuf, Vec<u8>)> =
        segments(dir.path()).into_iter().map(|path| (path.clone(), fs::read(&path).unwrap())).collect();
    let mut calls = 0;
    loop {
        calls += 1;
        for (path, bytes) in &before {
            fs::write(path, bytes).unwrap();
        }
        let mut n = 0;
        let disk = Disk::judged(move |_| {
            n += 1;
            if n == calls { Fate::Failed(io::Error::other("bad sector")) } else { Fate::Made }
        });
        let failed = repair(dir.path(), Options { disk, ..options(Sync::Never) });
        let mut cursor = archive(dir.path()).since(at(0)).unwrap();
        assert_eq!(rest(&archive(dir.path()), &mut cursor), good, "call {calls}");
        if failed.is_ok() {
            break;
        }
        repair(dir.path(), options(Sync::Never)).unwrap();
        assert_eq!(archive(dir.path()).verify(&mut |_| {}).unwrap().damaged, 0, "call {calls}");
        torn(dir.path()).iter().for_each(|path| fs::remove_file(path).unwrap());
    }
    assert!(calls > 30, "{calls}");
    // While a server has it, nothing is cut.
    let (_log, ..) = open(dir.path());
    assert!(matches!(repair(dir.path(), options(Sync::Never)), Err(OpenError::InUse(_))));
}

#[test]
fn a_search_between_two_times_has_all_of_the_segments_between_them_and_each_line_once() {
    let (dir, _) = filled();
    let pattern = || Pattern::words(&["number".to_owned()]).unwrap();
    let some = Wanted { since: at(9_000), until: at(53_000), ..wanted(pattern()) };
    assert_eq!(found(dir.path(), &some), (9..=52).rev().collect::<Vec<_>>());
    // The newest segment doubled, and behind that an old line.
    let newest = segments(dir.path()).pop().unwrap();
    let bytes = fs::read(&newest).unwrap();
    let first = bytes.iter().position(|b| *b == b'\n').unwrap() + 1;
    fs::write(&newest, [&bytes[..], &bytes, &bytes[..first]].concat()).unwrap();
    assert_eq!(found(dir.path(), &wanted(pattern())), (2..=60).rev().collect::<Vec<_>>());
}

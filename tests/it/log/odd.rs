//! What is not as it should be: files of another kind, a segment that cannot be read, a disk that fails at a start; and what
//! is said of it.

use std::error::Error;

use chatui::irc::line::STAMP;
use chatui::irc::{MAX_LINE, MAX_REST, MAX_TAGS};
use chatui::server::log::{Archive, Call, Disk, Fate, WRITE_BYTES};
use rustix::io::Errno;

use super::*;

/// A disk whose calls have such fates.
fn disk(judge: impl FnMut(Call) -> Fate + Send + 'static) -> Disk {
    Disk::judged(judge)
}

#[test]
fn an_error_says_what_was_tried_with_what_and_why_not() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    let error = |text: &str| io::Error::other(text.to_owned());
    assert_eq!(AppendError::Full(error("a")).to_string(), "no room for the log: a");
    assert_eq!(AppendError::Broken(error("b")).to_string(), "the log is broken: b");
    assert_eq!(AppendError::Broken(error("c")).source().unwrap().to_string(), "c");
    assert_eq!(AppendError::Full(error("d")).source().unwrap().to_string(), "d");
    assert_eq!(OpenError::InUse("x".into()).to_string(), "x is in use by another server");
    assert!(OpenError::InUse("x".into()).source().is_none());
    fs::write(&data, "").unwrap();
    let refused = refusal(&data);
    assert_eq!(refused.to_string(), format!("{} is not a folder", data.display()));
    assert!(refused.source().is_none());
    let failed = FileLog::open(
        &dir.path().join("other"),
        Options { disk: disk(move |_| Fate::Failed(error("no"))), ..options(Sync::Never) },
        &mut |_| {},
    );
    let failed = failed.map(drop).unwrap_err();
    assert_eq!(failed.to_string(), format!("cannot create {}: no", dir.path().join("other").display()));
    assert_eq!(failed.source().unwrap().to_string(), "no");
    assert_eq!(format!("{:?} {:?}", Disk::default(), disk(|_| Fate::Made)), "Disk Disk(judged)");
}

#[test]
fn what_is_of_another_kind_or_somebody_elses_is_refused() {
    let dir = TempDir::new().unwrap();
    let log = dir.path().join("log");
    fs::create_dir_all(log.join("00000000000000000007.irc")).unwrap();
    let told = |path: &Path, words: &str| {
        let refused = refusal(dir.path()).to_string();
        assert_eq!(refused, format!("{} {words}", path.display()));
    };
    told(&log.join("00000000000000000007.irc"), "is not a plain file");
    fs::remove_dir(log.join("00000000000000000007.irc")).unwrap();
    fs::remove_file(log.join("lock")).unwrap();
    fs::create_dir(log.join("lock")).unwrap();
    assert!(
        matches!(refusal(dir.path()), OpenError::Io { doing: "open", path, .. } if path == log.join("lock"))
    );
    fs::remove_dir(log.join("lock")).unwrap();
    drop(open(dir.path()));
    // Only root can make something somebody else's.
    if std::os::unix::fs::chown(&log, Some(12_345), None).is_ok() {
        told(&log, "belongs to another user");
        assert!(matches!(Archive::open(dir.path()), Err(OpenError::Refused(..))));
    }
}

#[test]
fn whatever_call_fails_at_a_start_with_a_torn_end_nothing_that_was_whole_is_lost() {
    let torn_end = |dir: &Path| {
        let (mut log, ..) = open_with(dir, small());
        (1..40).for_each(|seq| log.append(&[said(seq, "#a")]).unwrap());
        drop(log);
        // The checkpoint is written anew, too.
        fs::remove_file(dir.join("log/checkpoint")).unwrap();
        let newest = segments(dir).pop().unwrap();
        let good = fs::read(&newest).unwrap();
        fs::write(&newest, [&good[..], b"@time=torn"].concat()).unwrap();
    };
    let mut failing = 0;
    loop {
        let dir = in_memory();
        torn_end(dir.path());
        let mut calls = 0;
        let judge = move |_| {
            calls += 1;
            if calls == failing + 1 { Fate::Failed(Errno::IO.into()) } else { Fate::Made }
        };
        let first = FileLog::open(dir.path(), Options { disk: disk(judge), ..small() }, &mut |_| {});
        let over = first.as_ref().is_ok_and(|(_, opened)| opened.repairs.len() == 1) && failing > 20;
        drop(first);
        let (mut log, opened, _) = open_with(dir.path(), small());
        assert_eq!((opened.last_seq, opened.lines), (39, 39), "call {failing}");
        assert_eq!(seqs(&all(&mut log, "#a")), (1..40).collect::<Vec<_>>(), "call {failing}");
        let kept = torn(dir.path()).iter().filter(|path| fs::read(path).unwrap() == b"@time=torn").count();
        assert!(kept >= 1, "call {failing}: what was torn is kept");
        if over {
            break;
        }
        failing += 1;
    }
}

#[test]
fn a_write_that_is_interrupted_is_made_again_and_one_that_takes_nothing_breaks_the_log() {
    let dir = TempDir::new().unwrap();
    let mut writes = 0;
    let judge = move |call| {
        writes += usize::from(call == Call::Write);
        match call {
            Call::Write if writes % 2 == 1 => Fate::Failed(io::ErrorKind::Interrupted.into()),
            _ => Fate::Made,
        }
    };
    let (mut log, ..) = open_with(dir.path(), Options { disk: disk(judge), ..options(Sync::Turn) });
    (1..4).for_each(|seq| log.append(&[said(seq, "#a")]).unwrap());
    assert_eq!(seqs(&all(&mut log, "#a")), [1, 2, 3]);
    drop(log);
    let nothing = disk(|call| if call == Call::Write { Fate::Short(0) } else { Fate::Made });
    let (mut log, ..) = open_with(dir.path(), Options { disk: nothing, ..options(Sync::Turn) });
    assert!(matches!(log.append(&[said(4, "#a")]), Err(AppendError::Broken(_))));
}

#[test]
fn a_turn_is_written_at_once_up_to_so_many_bytes() {
    let dir = in_memory();
    let writes = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&writes);
    let judge = move |call| {
        counted.fetch_add(usize::from(call == Call::Write), Ordering::Relaxed);
        Fate::Made
    };
    let (mut log, ..) = open_with(dir.path(), Options { disk: disk(judge), ..options(Sync::Never) });
    let mut seq = 0;
    let mut of_length = |length: usize| {
        seq += 1;
        let short = Draft::new("+x=", "alice!a@h", "PRIVMSG", &["#a", "x"]).stamp(at(0), seq);
        // In the file each line has its checksum, too.
        let tag = format!("+x={}", "y".repeat(length - 11 - short.tagged().len()));
        Draft::new(&tag, "alice!a@h", "PRIVMSG", &["#a", "x"]).stamp(at(0), seq)
    };
    let count = WRITE_BYTES / 4096;
    for (last, expected) in [(4096, 1), (4097, 2), (300, 1)] {
        let mut turn: Vec<Line> = (1..count).map(|_| of_length(4096)).collect();
        turn.push(of_length(last));
        writes.store(0, Ordering::Relaxed);
        log.append(&turn).unwrap();
        assert_eq!(writes.load(Ordering::Relaxed), expected, "{last}");
    }
    assert_eq!(fs::metadata(&segments(dir.path())[0]).unwrap().len() as usize, 3 * WRITE_BYTES + 1 - 3796);
}

#[test]
fn a_segment_that_cannot_be_read_is_an_error_for_who_asks_and_stops_nobody_else() {
    let dir = TempDir::new().unwrap();
    let (mut log, ..) =
        open_with(dir.path(), Options { keep: Keep { bytes: Some(5_000), age: None }, ..small() });
    (1..30).for_each(|seq| log.append(&[said(seq, "#a")]).unwrap());
    let (reader, archive) = (log.reader(), Archive::open(dir.path()).unwrap().unwrap());
    // A folder can be opened, and has a length, but no bytes.
    let first = segments(dir.path()).remove(0);
    fs::remove_file(&first).unwrap();
    fs::create_dir(&first).unwrap();
    let query = Query {
        channel: "#a".into(),
        which: Which::Latest(None),
        limit: usize::MAX,
        events: true,
        until: None,
    };
    assert!(reader.page(&query).is_err() && log.page(&query).is_err() && archive.page(&query).is_err());
    assert!(reader.tail(u64::MAX, &mut |_| {}).is_err());
    let mut cursor = archive.since(Time::default()).unwrap();
    assert!(archive.read(&mut cursor, &mut |_| std::ops::ControlFlow::Continue(())).is_err());
    assert!(archive.verify(&mut |_| {}).is_err());
    assert!(archive.last(100, Time::default(), &|_| true).is_err());
    // The newest ones are summed up, and then that one cannot be.
    let tended = (0..100).take_while(|_| reader.tend()).count();
    assert!(tended < 100);
    let few = Query { limit: 3, ..query };
    assert_eq!(seqs(&reader.page(&few).unwrap()), [27, 28, 29]);
    (30..80).for_each(|seq| log.append(&[said(seq, "#a")]).unwrap());
    assert!(first.is_dir(), "what cannot be deleted stays, and all behind it");
    assert_eq!(seqs(&log.page(&few).unwrap()), [77, 78, 79]);
}

#[test]
fn a_sum_that_cannot_be_written_is_only_a_help() {
    let dir = TempDir::new().unwrap();
    let (mut log, ..) = open_with(dir.path(), small());
    (1..40).for_each(|seq| log.append(&[said(seq, "#a")]).unwrap());
    let aside = dir.path().join("log/sum.new");
    fs::create_dir(&aside).unwrap();
    let reader = log.reader();
    assert!((0..100).take_while(|_| reader.tend()).count() < 100);
    assert_eq!(files(dir.path(), |name| name.ends_with(".sum")).len(), 0);
    assert_eq!(seqs(&all(&mut log, "#a")), (1..40).collect::<Vec<_>>());
    drop((log, reader));
    fs::remove_dir(&aside).unwrap();
    let (mut log, ..) = open_with(dir.path(), small());
    let reader = log.reader();
    assert!((0..100).take_while(|_| reader.tend()).count() < 100);
    assert_eq!(files(dir.path(), |name| name.ends_with(".sum")).len(), segments(dir.path()).len() - 1);
    assert_eq!(seqs(&all(&mut log, "#a")), (1..40).collect::<Vec<_>>());
}

#[test]
fn a_log_with_damage_says_from_where_on_it_is_sure_of_all() {
    let dir = TempDir::new().unwrap();
    let lines = fill_segments(dir.path(), 30);
    assert_eq!(open_with(dir.path(), small()).0.sure_behind(), None);
    let newest = segments(dir.path()).pop().unwrap();
    let mut bytes = fs::read(&newest).unwrap();
    let length = bytes.iter().position(|b| *b == b'\n').unwrap() + 1;
    bytes[length + 60] ^= 1;
    fs::write(&newest, &bytes).unwrap();
    let (log, _, remembered) = open_with(dir.path(), small());
    let first: Seq = newest.file_stem().unwrap().to_str().unwrap().parse().unwrap();
    let (at, seq) = log.sure_behind().unwrap();
    assert!(seq >= first && seq <= first + 1, "{seq}, and the damaged line is {}", first + 1);
    assert_eq!(at, lines[seq as usize - 1].time());
    assert!(!seqs(&remembered).contains(&(first + 1)));
}

#[test]
fn so_many_torn_ends_of_one_moment_have_names_and_no_more() {
    let dir = TempDir::new().unwrap();
    for n in 0..=100 {
        drop(open(dir.path()));
        let newest = segments(dir.path()).pop().unwrap();
        fs::write(&newest, format!("torn {n}")).unwrap();
        let again = FileLog::open(dir.path(), options(Sync::Never), &mut |_| {});
        assert_eq!(again.is_ok(), n < 100, "{n}");
    }
    assert_eq!(torn(dir.path()).len(), 100);
    assert!(torn(dir.path()).iter().any(|path| path.ends_with("torn-20261120T160500.000Z-99")));
    let texts: std::collections::BTreeSet<Vec<u8>> =
        torn(dir.path()).iter().map(|path| fs::read(path).unwrap()).collect();
    assert_eq!(texts.len(), 100, "each has its own");
}

#[test]
fn a_line_at_the_limits_of_the_wire_is_kept_and_one_beyond_them_is_not() {
    let dir = TempDir::new().unwrap();
    let (mut log, ..) = open(dir.path());
    let long = |seq, more| {
        let tags = format!("+x={}", "y".repeat(MAX_TAGS - STAMP - 5 + more));
        Draft::new(&tags, "alice!a@h", "PRIVMSG", &["#a", &"z".repeat(MAX_REST)]).stamp(at(0), seq)
    };
    let most = long(1, 0);
    assert_eq!(most.tagged().len(), MAX_LINE);
    log.append(std::slice::from_ref(&most)).unwrap();
    log.append(&[said(2, "#a")]).unwrap();
    assert_eq!(all(&mut log, "#a")[0], most);
    drop(log);
    let (mut log, opened, lines) = open(dir.path());
    assert_eq!((opened.lines, opened.repairs.len(), &lines[0]), (2, 0, &most));
    assert!(matches!(log.append(&[long(3, 1)]), Err(AppendError::Broken(_))));
}

#[test]
fn sums_are_read_again_after_a_restart_and_go_with_their_segments() {
    let dir = TempDir::new().unwrap();
    let (mut log, ..) = open_with(dir.path(), small());
    (1..80).for_each(|seq| log.append(&[said(seq, "#a")]).unwrap());
    let tended = |log: &FileLog| {
        let reader = log.reader();
        (0..100).take_while(|_| reader.tend()).count()
    };
    let count = segments(dir.path()).len();
    assert!(count > 3);
    assert_eq!((tended(&log), tended(&log)), (count, 0), "a step for each");
    log.append(&[said(80, "#a")]).unwrap();
    assert_eq!(tended(&log), 1, "what was added");
    drop(log);
    let (mut log, ..) = open_with(dir.path(), small());
    assert_eq!(tended(&log), 1, "of the newest nothing is written down");
    assert_eq!(seqs(&all(&mut log, "#a")), (1..=80).collect::<Vec<_>>());
    drop(log);
    // What is no sum, or no segment's, is left alone.
    let others = ["notes.sum", "00000000000000000001.txt"].map(|name| dir.path().join("log").join(name));
    others.iter().for_each(|path| fs::write(path, "mine").unwrap());
    let keep = Keep { bytes: Some(1), age: None };
    let (log, opened, _) = open_with(dir.path(), Options { keep, ..small() });
    assert_eq!(opened.segments, 2);
    tended(&log);
    let sums = files(dir.path(), |name| name.ends_with(".sum") && name.starts_with('0'));
    assert_eq!(sums, [segments(dir.path())[0].with_extension("sum")]);
    assert!(others.iter().all(|path| fs::read(path).unwrap() == b"mine"));
    // One that is damaged is made anew.
    let good = fs::read(&sums[0]).unwrap();
    fs::write(&sums[0], &good[1..]).unwrap();
    drop(log);
    let (mut log, ..) = open_with(dir.path(), small());
    assert_eq!((tended(&log), fs::read(&sums[0]).unwrap()), (2, good));
    let all = seqs(&all(&mut log, "#a"));
    assert!(all.len() > 3 && all.last() == Some(&80));
}

#[test]
fn what_fails_at_a_start_for_another_reason_than_a_full_disk_is_not_tried_again() {
    for error in [Errno::IO, Errno::NOSPC] {
        let dir = TempDir::new().unwrap();
        fill_segments(dir.path(), 3);
        let newest = segments(dir.path()).pop().unwrap();
        let good = fs::read(&newest).unwrap();
        fs::write(&newest, [&good[..], b"torn"].concat()).unwrap();
        let mut failed = false;
        let judge = move |call| match call {
            Call::Truncate if !std::mem::replace(&mut failed, true) => Fate::Failed(error.into()),
            _ => Fate::Made,
        };
        let opened = FileLog::open(dir.path(), Options { disk: disk(judge), ..small() }, &mut |_| {});
        // Where the disk is full, room can be made.
        assert_eq!(opened.is_ok(), error == Errno::NOSPC);
        if let Ok((_, opened)) = opened {
            assert!(opened.repairs[0].contains(": a torn end of 4 bytes was moved to torn-"), "{opened:?}");
        }
    }
}

#[test]
fn a_segment_that_is_a_link_now_is_an_error_and_one_that_is_gone_is_empty() {
    let dir = TempDir::new().unwrap();
    fill_segments(dir.path(), 60);
    let (mut log, ..) = open_with(dir.path(), small());
    let query =
        |limit| Query { channel: "#a".into(), which: Which::Latest(None), limit, events: false, until: None };
    let first = segments(dir.path()).remove(0);
    let aside = dir.path().join("aside");
    fs::rename(&first, &aside).unwrap();
    assert!(seqs(&log.page(&query(1_000)).unwrap()).first().is_some_and(|seq| *seq > 5));
    symlink(&aside, &first).unwrap();
    assert!(log.page(&query(1_000)).is_err());
    assert_eq!(seqs(&log.page(&query(1)).unwrap()), [59]);
}

#[test]
fn nobody_reads_what_is_not_kept_yet() {
    let dir = TempDir::new().unwrap();
    let mut writes = 0;
    let judge = move |call| {
        writes += usize::from(call == Call::Write);
        match call {
            Call::Write if writes == 3 => Fate::Short(30),
            Call::Write if writes == 4 => Fate::Failed(Errno::IO.into()),
            _ => Fate::Made,
        }
    };
    let (mut log, ..) = open_with(dir.path(), Options { disk: disk(judge), ..small() });
    log.append(&[said(1, "#a"), said(2, "#a")]).unwrap();
    assert!(matches!(log.append(&[said(3, "#a")]), Err(AppendError::Broken(_))));
    let bytes = fs::read(&segments(dir.path())[0]).unwrap();
    assert!(!bytes.ends_with(b"\n"), "half of it is there");
    let query =
        Query { channel: "#a".into(), which: Which::Latest(None), limit: 10, events: false, until: None };
    let page = log.prefix().page(&query).unwrap();
    assert_eq!((seqs(&page.lines()), page.items().count()), (vec![1, 2], 2));
}

#[test]
fn a_checkpoint_is_written_where_there_is_something_to_cover_and_not_again_while_it_is_good() {
    use std::os::unix::fs::MetadataExt;
    let dir = TempDir::new().unwrap();
    let checkpoint = dir.path().join("log/checkpoint");
    fill_segments(dir.path(), 3);
    drop(open_with(dir.path(), small()));
    assert!(!checkpoint.exists(), "there is one segment");
    let (mut log, ..) = open_with(dir.path(), small());
    (4..60).for_each(|seq| log.append(&[said(seq, "#a")]).unwrap());
    drop(log);
    let inode = fs::metadata(&checkpoint).unwrap().ino();
    drop(open_with(dir.path(), small()));
    assert_eq!(fs::metadata(&checkpoint).unwrap().ino(), inode);
}

//! A disk that is full, slow to take a write, broken, or changed by somebody else.

use std::time::Instant;

use super::*;
use crate::terminal::PATIENCE;

use chatui::server::log::{Call, Disk, Fate};

/// A disk whose calls are written down, and of which some get another fate.
fn judged(mut judge: impl FnMut(usize, Call) -> Fate + Send + 'static) -> (Disk, Arc<Mutex<Vec<Call>>>) {
    let calls = Arc::new(Mutex::new(Vec::new()));
    let written = Arc::clone(&calls);
    let disk = Disk::judged(move |call| {
        let mut calls = written.lock().unwrap();
        calls.push(call);
        judge(calls.len(), call)
    });
    (disk, calls)
}

fn errno(errno: rustix::io::Errno) -> io::Error {
    io::Error::from_raw_os_error(errno.raw_os_error())
}

#[test]
fn a_full_disk_keeps_nothing_of_the_turn_and_the_log_goes_on() {
    let dir = TempDir::new().unwrap();
    let state = Arc::new(AtomicUsize::new(0));
    let full = Arc::clone(&state);
    // While it is full, a write takes ten bytes and the next takes none.
    let (disk, _) = judged(move |_, call| match (call, full.load(Ordering::Relaxed)) {
        (Call::Write, 1) => {
            full.store(2, Ordering::Relaxed);
            Fate::Short(10)
        }
        (Call::Write, 2) => Fate::Failed(errno(rustix::io::Errno::NOSPC)),
        _ => Fate::Made,
    });
    let (mut log, ..) = open_with(dir.path(), Options { disk, ..options(Sync::Turn) });
    log.append(&[said(1, "#a")]).unwrap();
    let segment = segments(dir.path()).remove(0);
    let before = fs::read(&segment).unwrap();
    state.store(1, Ordering::Relaxed);
    for seq in 2..5 {
        let result = log.append(&[said(seq, "#a"), said(seq + 1, "#a")]);
        assert!(matches!(result, Err(AppendError::Full(_))));
        assert_eq!(fs::read(&segment).unwrap(), before);
        assert_eq!(seqs(&all(&mut log, "#a")), [1]);
    }
    state.store(0, Ordering::Relaxed);
    // It is looked now and then whether there is room.
    let until = Instant::now() + PATIENCE;
    while let Err(error) = log.append(&[said(9, "#a")]) {
        assert!(matches!(error, AppendError::Full(_)) && Instant::now() < until, "{error}");
    }
    log.sync().unwrap();
    assert_eq!(seqs(&all(&mut log, "#a")), [1, 9]);
    drop(log);
    let (_, opened, lines) = open(dir.path());
    assert_eq!((seqs(&lines), opened.repairs.len()), (vec![1, 9], 0));
}

#[test]
fn short_writes_are_gone_on_with() {
    let dir = TempDir::new().unwrap();
    let (disk, _) = judged(|_, call| match call {
        Call::Write => Fate::Short(7),
        _ => Fate::Made,
    });
    let (mut log, ..) = open_with(dir.path(), Options { disk, ..options(Sync::Turn) });
    log.append(&[said(1, "#a"), said(2, "#a")]).unwrap();
    drop(log);
    assert_eq!(seqs(&open(dir.path()).2), [1, 2]);
}

#[test]
fn a_broken_disk_is_never_tried_again() {
    for broken in [Call::Write, Call::Sync] {
        let dir = TempDir::new().unwrap();
        let count = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&count);
        let (disk, calls) = judged(move |_, call| {
            if call == broken && counter.fetch_add(1, Ordering::Relaxed) == 2 {
                return Fate::Failed(errno(rustix::io::Errno::IO));
            }
            Fate::Made
        });
        let (mut log, ..) = open_with(dir.path(), Options { disk, ..options(Sync::Turn) });
        let mut acknowledged = Vec::new();
        let mut calls_then = 0;
        for seq in 1..6 {
            match log.append(&[said(seq, "#a")]) {
                Ok(()) => acknowledged.push(seq),
                Err(AppendError::Broken(_)) if calls_then == 0 => calls_then = calls.lock().unwrap().len(),
                Err(AppendError::Broken(_)) => assert_eq!(calls.lock().unwrap().len(), calls_then),
                Err(error) => panic!("{error}"),
            }
        }
        assert!(log.sync().is_err());
        assert!(calls_then > 0 && acknowledged.len() < 3);
        assert_eq!(calls.lock().unwrap().len(), calls_then);
    }
}

#[test]
fn a_segment_that_somebody_deleted_or_cut_is_noticed() {
    for how in [|path: &Path| fs::remove_file(path).unwrap(), |path: &Path| fs::write(path, "x").unwrap()] {
        let dir = TempDir::new().unwrap();
        let (mut log, ..) = open_with(dir.path(), options(Sync::Turn));
        log.append(&[said(1, "#a")]).unwrap();
        how(&segments(dir.path())[0]);
        assert!(matches!(log.append(&[said(2, "#a")]), Err(AppendError::Broken(_))));
    }
}

#[test]
fn each_mode_syncs_when_it_says() {
    for (mode, expected) in [(Sync::Turn, 3), (Sync::Interval, 1), (Sync::Never, 1)] {
        let dir = TempDir::new().unwrap();
        let (disk, calls) = judged(|_, _| Fate::Made);
        let (mut log, ..) = open_with(dir.path(), Options { disk, ..options(mode) });
        calls.lock().unwrap().clear();
        for seq in 1..4 {
            log.append(&[said(seq, "#a")]).unwrap();
        }
        log.sync().unwrap();
        log.sync().unwrap();
        let syncs = calls.lock().unwrap().iter().filter(|call| **call == Call::Sync).count();
        assert_eq!(syncs, expected, "{mode:?}");
    }
}

#[test]
fn what_a_killed_server_wrote_is_made_durable_before_it_is_believed() {
    let dir = TempDir::new().unwrap();
    open(dir.path()).0.append(&[said(1, "#a")]).unwrap();
    let (disk, calls) = judged(|_, _| Fate::Made);
    open_with(dir.path(), Options { disk, ..options(Sync::Never) });
    assert!(calls.lock().unwrap().contains(&Call::Sync));
    let (disk, _) = judged(|_, call| match call {
        Call::Sync => Fate::Failed(errno(rustix::io::Errno::IO)),
        _ => Fate::Made,
    });
    let failed = FileLog::open(dir.path(), Options { disk, ..options(Sync::Never) }, &mut |_| {});
    assert!(matches!(failed, Err(OpenError::Io { doing: "sync", .. })));
}

#[test]
fn a_segment_is_durable_before_it_is_sealed_in_every_mode() {
    let dir = TempDir::new().unwrap();
    let (disk, calls) = judged(|_, _| Fate::Made);
    let (mut log, ..) = open_with(dir.path(), Options { disk, ..small() });
    log.append(&(1..10).map(|seq| said(seq, "#a")).collect::<Vec<_>>()).unwrap();
    calls.lock().unwrap().clear();
    log.append(&(10..19).map(|seq| said(seq, "#a")).collect::<Vec<_>>()).unwrap();
    assert_eq!(calls.lock().unwrap()[..3], [Call::Sync, Call::Open, Call::SyncFolder]);
}

#[test]
fn a_new_segment_is_named_durably_before_its_lines_are_acknowledged() {
    let dir = TempDir::new().unwrap();
    let (disk, calls) = judged(|_, _| Fate::Made);
    let (mut log, ..) = open_with(dir.path(), Options { disk, sync: Sync::Turn, ..small() });
    log.append(&(1..10).map(|seq| said(seq, "#a")).collect::<Vec<_>>()).unwrap();
    calls.lock().unwrap().clear();
    log.append(&(10..19).map(|seq| said(seq, "#a")).collect::<Vec<_>>()).unwrap();
    let calls = calls.lock().unwrap();
    assert_eq!(segments(dir.path()).len(), 2);
    assert_eq!(calls[..2], [Call::Open, Call::SyncFolder]);
    assert_eq!(calls[calls.len() - 2..], [Call::Write, Call::Sync]);
}

/// How many turns of work need more calls than are failed one by one.
const TURNS: u64 = 45;
/// How many calls are failed one by one.
const CALLS: usize = 200;

/// Opens, appends and syncs until something fails; gives what was acknowledged.
fn work(dir: &Path, disk: Disk) -> Vec<Seq> {
    let mut acknowledged = Vec::new();
    let options = Options { disk, sync: Sync::Turn, keep: Keep { bytes: Some(3_000), age: None }, ..small() };
    let Ok((mut log, opened)) = FileLog::open(dir, options, &mut |_| {}) else { return acknowledged };
    for turn in 0..TURNS {
        let first = opened.last_seq + 1 + turn * 3;
        let lines: Vec<Line> = (first..first + 3).map(|seq| said(seq, "#a")).collect();
        match log.append(&lines) {
            Ok(()) => acknowledged.extend(first..first + 3),
            Err(AppendError::Full(_)) => {}
            Err(AppendError::Broken(_)) => break,
        }
    }
    let _ = log.sync();
    acknowledged
}

#[test]
fn whatever_call_fails_what_was_acknowledged_is_there_and_the_next_start_is_sound() {
    let dir = in_memory();
    let (disk, calls) = judged(|_, _| Fate::Made);
    work(dir.path(), disk);
    let count = calls.lock().unwrap().len();
    assert!(count >= CALLS, "{count}");
    let kinds = calls.lock().unwrap()[..CALLS].to_vec();
    for kind in [Call::Open, Call::Write, Call::Sync, Call::SyncFolder, Call::Rename, Call::Remove] {
        assert!(kinds.contains(&kind), "{kind:?} is not among them");
    }
    for error in [rustix::io::Errno::IO, rustix::io::Errno::NOSPC] {
        for k in 1..=CALLS {
            let dir = in_memory();
            let (disk, _) = judged(move |n, call| match call {
                Call::Write if n + 1 == k => Fate::Short(33),
                _ if n == k => Fate::Failed(errno(error)),
                _ => Fate::Made,
            });
            let acknowledged = work(dir.path(), disk);
            let (mut log, opened, _) = open_with(dir.path(), small());
            let kept = seqs(&all(&mut log, "#a"));
            // The oldest segments are not to be kept.
            let first = kept.first().copied().unwrap_or(Seq::MAX);
            let lost: Vec<&Seq> =
                acknowledged.iter().filter(|seq| **seq >= first && !kept.contains(seq)).collect();
            assert!(acknowledged.is_empty() || !kept.is_empty(), "call {k}, {error}: all lost");
            assert!(lost.is_empty(), "call {k}, {error}: lost {lost:?}");
            assert!(opened.lines >= kept.len() as u64, "call {k}, {error}");
            let next = opened.last_seq + 1;
            log.append(&[said(next, "#a")]).unwrap();
            assert_eq!(all(&mut log, "#a").last().map(Line::seq), Some(next));
        }
    }
}

#[test]
fn a_full_disk_gives_up_its_ballast_for_what_a_crash_has_torn() {
    let dir = TempDir::new().unwrap();
    open(dir.path()).0.append(&[said(1, "#a")]).unwrap();
    let segment = segments(dir.path()).remove(0);
    let good = fs::read(&segment).unwrap();
    fs::write(&segment, [&good[..], b"@time=torn"].concat()).unwrap();
    let start = |full: bool| {
        // Nothing finds room until something is deleted that was there.
        let mut room = !full;
        let ballast = dir.path().join("ballast");
        let (disk, _) = judged(move |_, call| {
            room |= call == Call::Remove && ballast.exists();
            if call == Call::Write && !room {
                Fate::Failed(errno(rustix::io::Errno::NOSPC))
            } else {
                Fate::Made
            }
        });
        FileLog::open(dir.path(), Options { disk, ..options(Sync::Turn) }, &mut |_| {})
    };
    let (mut log, opened) = start(true).unwrap();
    assert_eq!((opened.lines, opened.repairs.len()), (1, 1));
    let aside: Vec<Vec<u8>> = torn(dir.path()).iter().map(|path| fs::read(path).unwrap()).collect();
    assert_eq!(aside, [b"@time=torn"], "the attempt that failed has left nothing");
    log.append(&[said(2, "#a")]).unwrap();
    assert_eq!(fs::metadata(dir.path().join("ballast")).unwrap().len(), 1 << 20, "it is back");
}

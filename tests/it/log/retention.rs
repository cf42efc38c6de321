//! What is not to be kept goes, whole segments of it, and nobody who reads meanwhile sees a gap.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::*;

fn keeping(bytes: Option<u64>, age: Option<Duration>) -> Options {
    Options { keep: Keep { bytes, age }, ..small() }
}

fn size(dir: &Path) -> u64 {
    segments(dir).iter().map(|path| fs::metadata(path).unwrap().len()).sum()
}

#[test]
fn the_oldest_segments_go_while_the_log_is_too_large() {
    let dir = TempDir::new().unwrap();
    let (mut log, ..) = open_with(dir.path(), keeping(Some(10_000), None));
    log.append(&[line(1, at(0), "TOPIC", &["#old", "stays"]), said(2, "#old")]).unwrap();
    for seq in 3..600 {
        log.append(&[said(seq, "#a")]).unwrap();
        assert!(size(dir.path()) <= 10_000 + 2 * 1500, "{}", size(dir.path()));
    }
    let kept = seqs(&all(&mut log, "#a"));
    assert!(size(dir.path()) > 10_000 - 1500 && kept.len() > 50);
    assert_eq!(kept, (600 - kept.len() as u64..600).collect::<Vec<_>>(), "no gap");
    assert_eq!(all(&mut log, "#old"), []);
    drop(log);
    // What is gone is not remembered, but for topics; without the checkpoint they are gone, too.
    let (_, opened, lines) = open_with(dir.path(), keeping(Some(10_000), None));
    assert_eq!(
        (opened.last_seq, opened.segments, opened.repairs.len()),
        (599, segments(dir.path()).len(), 0)
    );
    assert_eq!(lines[0].seq(), 1);
    assert!(lines[1..].iter().all(|line| kept.contains(&line.seq())) && lines.len() > 50);
    fs::remove_file(dir.path().join("log/checkpoint")).unwrap();
    let (mut log, _, lines) = open_with(dir.path(), keeping(Some(10_000), None));
    assert!(lines.iter().all(|line| kept.contains(&line.seq())));
    assert_eq!(seqs(&all(&mut log, "#a")), kept);
    log.append(&[said(600, "#a")]).unwrap();
}

#[test]
fn the_oldest_segments_go_when_they_are_too_old() {
    let dir = TempDir::new().unwrap();
    let hour = |n: u64| at(n * 3_600_000);
    let (mut log, ..) = open_with(dir.path(), keeping(None, Some(Duration::from_secs(100 * 3600))));
    for seq in 1..600 {
        log.append(&[line(seq, hour(seq), "PRIVMSG", &["#a", &format!("text {seq}")])]).unwrap();
    }
    let kept = seqs(&all(&mut log, "#a"));
    assert!(kept.len() >= 100 && kept.len() < 130, "{}", kept.len());
    assert_eq!(kept.last(), Some(&599));
}

#[test]
fn a_smaller_limit_counts_from_the_next_start_and_some_history_always_stays() {
    let dir = TempDir::new().unwrap();
    fill_segments(dir.path(), 300);
    assert!(segments(dir.path()).len() > 20);
    let (_, opened, lines) = open_with(dir.path(), keeping(Some(1), Some(Duration::ZERO)));
    assert_eq!((opened.segments, segments(dir.path()).len()), (2, 2));
    let remembered = seqs(&lines);
    drop(lines);
    assert_eq!(seqs(&open_with(dir.path(), keeping(Some(1), None)).2), remembered);
}

#[test]
fn a_segment_that_cannot_be_deleted_stops_nothing() {
    use chatui::server::log::{Call, Disk, Fate};
    let dir = TempDir::new().unwrap();
    let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
    let mut calls = 0;
    let disk = Disk::judged(move |call| {
        calls += usize::from(call == Call::Remove);
        // Every other one: the checkpoint is removed by the same call.
        if call == Call::Remove && calls.is_multiple_of(2) { Fate::Failed(denied()) } else { Fate::Made }
    });
    let (mut log, ..) = open_with(dir.path(), Options { disk, ..keeping(Some(4_000), None) });
    for seq in 1..200 {
        log.append(&[said(seq, "#a")]).unwrap();
    }
    let kept = seqs(&all(&mut log, "#a"));
    assert!(kept.len() > 20 && kept.last() == Some(&199));
    drop(log);
    let (mut log, ..) = open_with(dir.path(), keeping(Some(4_000), None));
    assert_eq!(seqs(&all(&mut log, "#a")).last(), Some(&199));
    assert!(size(dir.path()) <= 4_000 + 2 * 1500);
}

#[test]
fn readers_see_no_gap_while_segments_come_and_go() {
    let dir = TempDir::new().unwrap();
    let (mut log, ..) = open_with(dir.path(), keeping(Some(6_000), None));
    log.append(&[said(1, "#a"), said(2, "#a"), said(3, "#a")]).unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..4u64)
        .map(|n| {
            let (reader, done) = (log.reader(), Arc::clone(&done));
            std::thread::spawn(move || {
                let (mut pages, mut from) = (0, 1);
                loop {
                    let over = done.load(Ordering::Acquire);
                    let which = match n % 2 {
                        0 => Which::Latest(None),
                        _ => Which::After(Reference::Line(at(from / 3), from)),
                    };
                    let query = Query { channel: "#a".into(), which, limit: 30, events: true, until: None };
                    reader.tend();
                    let page = seqs(&reader.page(&query).unwrap());
                    assert!(page.windows(2).all(|pair| pair[0] + 1 == pair[1]), "no gap: {page:?}");
                    from = page.last().copied().unwrap_or(from);
                    pages += 1;
                    if over {
                        return (n, pages, from);
                    }
                }
            })
        })
        .collect();
    for first in (4..6000).step_by(3) {
        log.append(&[said(first, "#a"), said(first + 1, "#a"), said(first + 2, "#a")]).unwrap();
    }
    done.store(true, Ordering::Release);
    while log.reader().tend() {}
    let known = files(dir.path(), |name| name.ends_with(".sum"));
    assert_eq!(known.len(), segments(dir.path()).len() - 1, "what is known of segments goes with them");
    for reader in readers {
        let (n, pages, last) = reader.join().unwrap();
        assert!(pages > 1, "{pages} pages");
        assert!(n % 2 == 1 || last == 6000, "the last page ends with the last line: {last}");
    }
}

#[test]
fn a_log_of_exactly_so_many_bytes_is_kept_whole() {
    let dir = TempDir::new().unwrap();
    fill_segments(dir.path(), 60);
    let (count, bytes) = (segments(dir.path()).len(), size(dir.path()));
    assert!(count > 4);
    drop(open_with(dir.path(), keeping(Some(bytes), None)));
    assert_eq!(segments(dir.path()).len(), count);
    drop(open_with(dir.path(), keeping(Some(bytes - 1), None)));
    assert_eq!(segments(dir.path()).len(), count - 1);
}

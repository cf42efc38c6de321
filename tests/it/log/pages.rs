//! Pages against a plain filter over all lines, in logs of one and of many segments, whole and damaged.

use std::sync::LazyLock;

use super::*;

const CHANNELS: [&str; 4] = ["#a", "#Busy", "#quiet", "bob"];
const COMMANDS: [&str; 8] = ["PRIVMSG", "NOTICE", "TOPIC", "JOIN", "PART", "KICK", "MODE", "QUIT"];

/// What a page is, said as plainly as possible.
fn model(lines: &[Line], query: &Query) -> Vec<Line> {
    let wanted: Vec<&Line> = lines
        .iter()
        .filter(|line| {
            let message = line.message();
            let said = message.is("PRIVMSG") || message.is("NOTICE");
            let event = ["TOPIC", "JOIN", "PART", "KICK", "MODE"].iter().any(|verb| message.is(verb));
            message.param(0).eq_ignore_ascii_case(&query.channel) && (said || (event && query.events))
        })
        .collect();
    let is_before = |line: &Line, reference: Reference| match reference {
        Reference::Time(time) => line.time() < time,
        Reference::Line(time, seq) => (line.time(), line.seq()) < (time, seq),
    };
    let is_after = |line: &Line, reference: Reference| match reference {
        Reference::Time(time) => line.time() > time,
        Reference::Line(time, seq) => (line.time(), line.seq()) > (time, seq),
    };
    let first = |fits: &dyn Fn(&Line) -> bool, limit: usize| -> Vec<Line> {
        wanted.iter().filter(|line| fits(line)).take(limit).map(|line| (*line).clone()).collect()
    };
    let last = |fits: &dyn Fn(&Line) -> bool, limit: usize| -> Vec<Line> {
        let mut lines: Vec<Line> =
            wanted.iter().rev().filter(|line| fits(line)).take(limit).map(|line| (*line).clone()).collect();
        lines.reverse();
        lines
    };
    let limit = query.limit;
    match query.which {
        Which::Latest(None) => last(&|_| true, limit),
        Which::Latest(Some(from)) => last(&|line| is_after(line, from), limit),
        Which::Before(to) => last(&|line| is_before(line, to), limit),
        Which::After(from) => first(&|line| is_after(line, from), limit),
        Which::Around(middle) => {
            let mut lines = last(&|line| is_before(line, middle), limit / 2);
            lines.extend(first(&|line| !is_before(line, middle), limit - lines.len()));
            lines
        }
        Which::Between(from, to) if starts_first(from, to) => {
            first(&|line| is_after(line, from) && is_before(line, to), limit)
        }
        Which::Between(from, to) => last(&|line| is_after(line, to) && is_before(line, from), limit),
    }
}

fn starts_first(one: Reference, other: Reference) -> bool {
    let start = |reference| match reference {
        Reference::Time(time) => (time, 0),
        Reference::Line(time, seq) => (time, seq),
    };
    start(one) <= start(other)
}

/// Lines from (milliseconds after the one before, channel, command).
fn lines_of(steps: &[(u64, usize, usize)]) -> Vec<Line> {
    let (mut millis, mut seq) = (0, 0);
    steps
        .iter()
        .map(|(pause, channel, command)| {
            millis += pause;
            seq += 1 + pause % 2;
            let (channel, command) = (CHANNELS[*channel], COMMANDS[*command]);
            let last = format!("text {seq}");
            let params: &[&str] = match command {
                "QUIT" => &[&last],
                "JOIN" | "PART" => &[channel],
                "KICK" => &[channel, "carol", &last],
                "MODE" => &[channel, "+o", "carol"],
                _ => &[channel, &last],
            };
            line(seq, at(millis), command, params)
        })
        .collect()
}

fn steps(count: impl Into<prop::collection::SizeRange>) -> impl Strategy<Value = Vec<(u64, usize, usize)>> {
    prop::collection::vec((0..3u64, 0..CHANNELS.len(), 0..COMMANDS.len()), count)
}

/// References in, before and behind a log of so many milliseconds and lines; those to lines need not be true.
fn reference(millis: u64, lines: u64) -> impl Strategy<Value = Reference> {
    prop_oneof![
        (0..millis + 3).prop_map(|millis| Reference::Time(at(millis))),
        (0..millis + 3, 0..lines * 2).prop_map(|(millis, seq)| Reference::Line(at(millis), seq)),
        Just(Reference::Time(Time::default())),
        Just(Reference::Time(Time::from_millis(u64::MAX))),
        Just(Reference::Line(Time::from_millis(u64::MAX), u64::MAX)),
    ]
}

fn query(millis: u64, lines: u64) -> impl Strategy<Value = Query> {
    let which =
        (0..7usize, reference(millis, lines), reference(millis, lines)).prop_map(|(kind, one, other)| {
            match kind {
                0 => Which::Latest(None),
                1 => Which::Latest(Some(one)),
                2 => Which::Before(one),
                3 => Which::After(one),
                4 => Which::Around(one),
                _ => Which::Between(one, other),
            }
        });
    (which, 0..3usize, 0..60usize, any::<bool>()).prop_map(|(which, channel, limit, events)| Query {
        channel: CHANNELS[channel].to_ascii_lowercase(),
        which,
        limit,
        events,
        until: None,
    })
}

/// A fixed log with everything in it, large enough that searching needs many steps.
static LARGE: LazyLock<Vec<Line>> = LazyLock::new(|| {
    let mut dice = 1u64;
    let mut roll = move |sides: u64| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) % sides
    };
    let steps: Vec<(u64, usize, usize)> = (0..6000)
        .map(|_| {
            let channel = if roll(200) == 0 { 2 } else { roll(2) as usize };
            (roll(4) * roll(2), channel, roll(COMMANDS.len() as u64) as usize)
        })
        .collect();
    lines_of(&steps)
});
/// About how many milliseconds it takes.
const LARGE_MILLIS: u64 = 4600;

static LARGE_IN_MEMORY: LazyLock<Mutex<MemoryLog>> = LazyLock::new(|| {
    let mut log = MemoryLog::new();
    log.append(&LARGE).unwrap();
    Mutex::new(log)
});

static LARGE_IN_FILES: LazyLock<(TempDir, Mutex<FileLog>)> = LazyLock::new(|| {
    let dir = TempDir::new().unwrap();
    let (mut log, ..) = open_with(dir.path(), Options { segment_bytes: 50_000, ..options(Sync::Never) });
    LARGE.chunks(50).for_each(|turn| log.append(turn).unwrap());
    assert!(segments(dir.path()).len() > 10);
    (dir, Mutex::new(log))
});

/// The same, with all that is known of where whose lines are.
static LARGE_WITH_SUMS: LazyLock<(TempDir, Mutex<FileLog>)> = LazyLock::new(|| {
    let dir = TempDir::new().unwrap();
    let (mut log, ..) = open_with(dir.path(), Options { segment_bytes: 200_000, ..options(Sync::Never) });
    LARGE.chunks(50).for_each(|turn| log.append(turn).unwrap());
    while log.reader().tend() {}
    assert_eq!(sums(dir.path()).len(), segments(dir.path()).len() - 1);
    (dir, Mutex::new(log))
});

/// What is known of each sealed segment.
fn sums(dir: &Path) -> Vec<PathBuf> {
    files(dir, |name| name.ends_with(".sum"))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn a_page_of_a_small_log_is_what_a_filter_gives(steps in steps(0..60), query in query(60, 60)) {
        let lines = lines_of(&steps);
        let mut log = MemoryLog::new();
        log.append(&lines).unwrap();
        prop_assert_eq!(log.page(&query).unwrap(), model(&lines, &query));
    }

    #[test]
    fn a_page_of_a_large_log_is_what_a_filter_gives(query in query(LARGE_MILLIS, 7500)) {
        let expected = model(&LARGE, &query);
        prop_assert_eq!(&LARGE_IN_MEMORY.lock().unwrap().page(&query).unwrap(), &expected);
        prop_assert_eq!(&LARGE_IN_FILES.1.lock().unwrap().page(&query).unwrap(), &expected);
        prop_assert_eq!(&LARGE_WITH_SUMS.1.lock().unwrap().page(&query).unwrap(), &expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn a_page_of_a_damaged_log_is_what_is_whole(
        holes in prop::collection::vec((any::<prop::sample::Index>(), 1..200_000usize, any::<bool>()), 1..5),
        queries in prop::collection::vec(query(LARGE_MILLIS, 7500), 12),
    ) {
        let mut bytes = LARGE_IN_MEMORY.lock().unwrap().bytes().to_vec();
        let whole = bytes.clone();
        for (place, length, large) in holes {
            let start = place.index(bytes.len());
            let end = (start + if large { length } else { length % 50 + 1 }).min(bytes.len());
            bytes[start..end].fill(0);
        }
        // A line is lost if a byte of it is, or the line end before it.
        let (mut start, mut kept) = (0, Vec::new());
        for (line, raw) in LARGE.iter().zip(whole.split_inclusive(|b| *b == b'\n')) {
            let from = usize::saturating_sub(start, 1);
            let end = start + raw.len();
            if whole[from..end] == bytes[from..end] {
                kept.push(line.clone());
            }
            start = end;
        }
        let (mut log, opened) = MemoryLog::recover(bytes, &mut |_| {});
        prop_assert_eq!(opened.lines, kept.len() as u64);
        for query in queries {
            prop_assert_eq!(log.page(&query).unwrap(), model(&kept, &query));
        }
    }
}

#[test]
fn a_damaged_segment_is_read_around_with_or_without_its_sum() {
    let dir = TempDir::new().unwrap();
    let (mut log, ..) = open_with(dir.path(), Options { segment_bytes: 200_000, ..options(Sync::Never) });
    LARGE.chunks(50).for_each(|turn| log.append(turn).unwrap());
    drop(log);
    let segment = segments(dir.path()).remove(1);
    let mut bytes = fs::read(&segment).unwrap();
    bytes[70_000..70_010].fill(0);
    bytes[100_000..140_000].fill(b'x');
    fs::write(&segment, &bytes).unwrap();
    let ask = |log: &FileLog, channel: &str| {
        let query = Query {
            channel: channel.into(),
            which: Which::Latest(None),
            limit: 10_000,
            events: true,
            until: None,
        };
        let page = log.prefix().page(&query).unwrap();
        let gaps = page.items().filter(|item| matches!(item, Item::Gap)).count();
        (page.lines(), gaps)
    };
    // It is read from the sums' files after a restart, and anew where they are not what was written.
    let mut found = Vec::new();
    for round in 0..4 {
        let (log, ..) = open_with(dir.path(), Options { segment_bytes: 200_000, ..options(Sync::Never) });
        if round > 0 {
            while log.reader().tend() {}
        }
        found.push(["#a", "#quiet", "#never"].map(|channel| ask(&log, channel)));
        if round == 2 {
            fs::write(&sums(dir.path())[1], b"something else").unwrap();
        }
    }
    assert!(found.windows(2).all(|pair| pair[0] == pair[1]));
    let [busy, quiet, never] = &found[0];
    let known: Vec<&Line> = LARGE.iter().filter(|line| busy.0.contains(line)).collect();
    assert!(known.into_iter().eq(&busy.0) && busy.0.len() > 1000);
    assert_eq!((busy.1, never.1, never.0.len()), (2, 1, 0), "a gap of nobody's lines is one");
    assert!(!quiet.0.is_empty());
}

#[test]
fn only_so_much_is_searched_for_a_silent_channel() {
    let mut log = MemoryLog::new();
    log.append(&[said(1, "#quiet")]).unwrap();
    let text = "x".repeat(400);
    let mut seq = 1;
    while (log.bytes().len() as u64) < SEARCH_BYTES + (1 << 20) {
        let turn: Vec<Line> =
            (0..1000).map(|n| line(seq + 1 + n, at(seq + n), "PRIVMSG", &["#busy", &text])).collect();
        seq += 1000;
        log.append(&turn).unwrap();
    }
    log.append(&[line(seq + 1, at(seq), "PRIVMSG", &["#quiet", "x"])]).unwrap();
    let prefix = log.prefix();
    let ask = |which| {
        let query = Query { channel: "#quiet".into(), which, limit: 100, events: true, until: None };
        let page = prefix.page(&query).unwrap();
        (seqs(&page.lines()), page.rest())
    };
    assert_eq!(ask(Which::Before(Reference::Line(at(1), 3))), (vec![1], Rest::End));
    // What was not searched yet is said, and whoever goes on from there finds all of it.
    let (found, Rest::From(time, line)) = ask(Which::Latest(None)) else { panic!("it ended too early") };
    assert_eq!(found, [seq + 1]);
    assert_eq!(ask(Which::Before(Reference::Line(time, line))), (vec![1], Rest::End));
    let (found, Rest::From(time, line)) = ask(Which::After(Reference::Time(Time::default()))) else {
        panic!("it ended too early")
    };
    assert_eq!(found, [1]);
    assert_eq!(ask(Which::After(Reference::Line(time, line))), (vec![seq + 1], Rest::End));
}

#[test]
fn a_text_that_looks_like_a_line_of_the_log_misleads_nobody() {
    let mut log = MemoryLog::new();
    let mut forged = MemoryLog::new();
    forged.append(&[line(900, at(900), "PRIVMSG", &["#a", "forged"])]).unwrap();
    let text = String::from_utf8(forged.into_bytes()).unwrap();
    let turn: Vec<Line> =
        (1..800).map(|seq| line(seq, at(seq), "PRIVMSG", &["#a", text.trim_end()])).collect();
    log.append(&turn).unwrap();
    for seq in [1, 2, 400, 798, 799] {
        let which = Which::Around(Reference::Line(at(seq), seq));
        let page =
            log.page(&Query { channel: "#a".into(), which, limit: 1, events: false, until: None }).unwrap();
        assert_eq!(seqs(&page), [seq]);
    }
    // Not even when the disk loses the beginning of a line, or all but what looks like one.
    let mut bytes = log.into_bytes();
    let start = bytes.windows(7).position(|seven| seven == b":@time=").unwrap() + 1;
    bytes[..start].fill(0);
    let mut handed = Vec::new();
    let (mut log, _) = MemoryLog::recover(bytes, &mut |line| handed.push(line.clone()));
    assert!(handed.iter().chain(&all(&mut log, "#a")).all(|line| line.seq() < 800));
}

#[test]
fn a_reader_on_another_thread_sees_whole_pages_while_the_log_grows() {
    let dir = TempDir::new().unwrap();
    let (mut log, ..) = open_with(dir.path(), small());
    let reader = log.reader();
    let done = Arc::new(AtomicUsize::new(0));
    let finished = Arc::clone(&done);
    let reading = std::thread::spawn(move || {
        let query =
            Query { channel: "#a".into(), which: Which::Latest(None), limit: 50, events: true, until: None };
        let mut last = 0;
        loop {
            let over = finished.load(Ordering::Acquire) == 1;
            let page = seqs(&reader.page(&query).unwrap());
            let newest = page.last().copied().unwrap_or(0);
            assert!(newest >= last && newest.is_multiple_of(3), "a turn is seen whole or not at all");
            assert!(page.windows(2).all(|pair| pair[0] + 1 == pair[1]), "no gap: {page:?}");
            last = newest;
            if over {
                return last;
            }
        }
    });
    for first in (1..3000).step_by(3) {
        log.append(&[said(first, "#a"), said(first + 1, "#a"), said(first + 2, "#a")]).unwrap();
    }
    done.store(1, Ordering::Release);
    assert_eq!(reading.join().unwrap(), 3000);
}

#[test]
fn the_tail_is_the_last_lines_across_segments() {
    let dir = TempDir::new().unwrap();
    let lines = fill_segments(dir.path(), 100);
    let (log, ..) = open_with(dir.path(), small());
    let tail = |bytes| {
        let mut found = Vec::new();
        log.reader().tail(bytes, &mut |line| found.push(line.clone())).unwrap();
        found
    };
    let length = |line: &Line| line.tagged().len() as u64 + 11;
    let mut bytes = 0;
    assert_eq!(tail(0), []);
    for (n, line) in lines.iter().enumerate().rev() {
        assert_eq!(tail(bytes + length(line) - 1), lines[n + 1..]);
        bytes += length(line);
        assert_eq!(tail(bytes), lines[n..]);
    }
    assert_eq!(tail(u64::MAX), lines);
}

#[test]
fn the_longest_lines_are_read_whole_wherever_a_window_ends() {
    let (tag, text) = (format!("+x={}", "y".repeat(4_000)), "words ".repeat(60));
    let mut log = MemoryLog::new();
    // As many as one page takes, about.
    let turn: Vec<Line> = (1..230)
        .map(|seq| Draft::new(&tag, "alice!a@h", "PRIVMSG", &["#a", &text]).stamp(at(seq), seq))
        .collect();
    log.append(&turn).unwrap();
    for which in [Which::Latest(None), Which::After(Reference::Time(Time::default()))] {
        let query = Query { channel: "#a".into(), which, limit: 1_000, events: true, until: None };
        let page = log.page(&query).unwrap();
        assert_eq!(seqs(&page), seqs(&turn), "{which:?}");
        assert!(page == turn);
    }
}

#[test]
fn a_page_that_is_full_of_bytes_says_from_where_to_go_on_and_one_full_of_lines_does_not() {
    let tag = format!("+x={}", "y".repeat(4_000));
    let mut log = MemoryLog::new();
    let turn: Vec<Line> =
        (1..400).map(|seq| Draft::new(&tag, "a!a@h", "PRIVMSG", &["#a", "x"]).stamp(at(seq), seq)).collect();
    log.append(&turn).unwrap();
    let ask = |which, limit| {
        let query = Query { channel: "#a".into(), which, limit, events: true, until: None };
        let page = log.prefix().page(&query).unwrap();
        (seqs(&page.lines()), page.rest())
    };
    let (last, rest) = ask(Which::Latest(None), 1_000);
    assert!(last.len() > 200 && last.len() < 399 && last.ends_with(&[398, 399]));
    assert_eq!(rest, Rest::From(at(last[0]), last[0]));
    let older = ask(Which::Before(Reference::Line(at(last[0]), last[0])), 1_000);
    assert_eq!(older, ((1..last[0]).collect(), Rest::End));
    let (first, rest) = ask(Which::After(Reference::Time(Time::default())), 1_000);
    let behind = first[first.len() - 1];
    assert!(first.len() > 200 && first.len() < 399 && first.starts_with(&[1, 2]));
    assert_eq!(rest, Rest::From(at(behind), behind));
    let newer = ask(Which::After(Reference::Line(at(behind), behind)), 1_000);
    assert_eq!(newer, ((behind + 1..400).collect(), Rest::End));
    assert_eq!(ask(Which::Latest(None), 3), (vec![397, 398, 399], Rest::Open));
    assert_eq!(ask(Which::After(Reference::Time(Time::default())), 3), (vec![1, 2, 3], Rest::Open));
}

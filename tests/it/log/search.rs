//! Searches of the server against a plain filter over all lines, in steps of any size, in logs of one and of many segments.

use chatui::server::core::Find;
use chatui::server::log::{Hunt, Prefix};

use super::*;

const WORDS: [&str; 4] = ["tide", "Ebb", "flöw", "NOON"];
const CHANNELS: [&str; 4] = ["#a", "#Busy", "#quiet", "bob"];
const NICKS: [&str; 3] = ["alice", "Bob", "c[x]"];

/// What a search finds, said as plainly as possible.
fn model(lines: &[Line], find: &Find) -> Vec<Line> {
    let fits = |line: &&Line| {
        let message = line.message();
        let place = (line.time(), line.seq());
        let text = message.param(1).to_lowercase();
        matches!(message.command, "PRIVMSG" | "NOTICE")
            && find.channels.contains(&message.param(0).to_ascii_lowercase())
            && find.from.as_ref().is_none_or(|nick| nick.eq_ignore_ascii_case(message.nick()))
            && find.words.iter().all(|word| text.contains(&word.to_lowercase()))
            && find.after.is_none_or(|after| match after {
                Reference::Time(at) => line.time() >= at,
                Reference::Line(at, seq) => place > (at, seq),
            })
            && find.before.is_none_or(|before| match before {
                Reference::Time(at) => line.time() <= at,
                Reference::Line(at, seq) => place < (at, seq),
            })
            && find.until.is_none_or(|until| place <= until)
    };
    let mut hits: Vec<Line> = lines.iter().filter(fits).cloned().collect();
    if find.forwards {
        hits.truncate(find.limit);
    } else {
        hits.drain(..hits.len().saturating_sub(find.limit));
    }
    hits
}

fn lines_of(count: u64) -> Vec<Line> {
    let mut dice = 7u64;
    let mut roll = move |sides: usize| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) as usize % sides
    };
    let mut line = |n: u64| {
        let channel = if roll(100) == 0 { "#quiet" } else { CHANNELS[[0, 1, 3][roll(3)]] };
        let text = format!("{} {} and {n}", WORDS[roll(4)], WORDS[roll(4)]);
        let verb = ["PRIVMSG", "PRIVMSG", "NOTICE", "TOPIC", "PART"][roll(5)];
        let source = format!("{}!u@h", NICKS[roll(3)]);
        Draft::new("", &source, verb, &[channel, &text]).stamp(at(n / 3), n)
    };
    (1..=count).map(&mut line).collect()
}

/// All of it, in steps of so many bytes.
fn searched(log: &dyn Prefix, find: &Find, step: u64) -> (Vec<Line>, Rest) {
    let mut hunt = Hunt::new(find).unwrap();
    let mut steps = 0;
    while !log.search(&mut hunt, step).unwrap() {
        steps += 1;
        assert!(steps < 10_000, "it does not get on");
    }
    (hunt.page().lines(), hunt.page().rest())
}

fn reference(lines: u64) -> impl Strategy<Value = Option<Reference>> {
    prop_oneof![
        3 => Just(None),
        1 => (0..lines / 3 + 2).prop_map(|millis| Some(Reference::Time(at(millis)))),
        1 => (0..lines + 2).prop_map(|n| Some(Reference::Line(at(n / 3), n))),
    ]
}

fn find(lines: u64) -> impl Strategy<Value = Find> {
    let words = prop::collection::vec(prop::sample::select(vec!["TIDE", "ebb", "FLÖW", "oo", "and 1"]), 0..3);
    let from = prop::option::of(prop::sample::select(vec!["ALICE", "bob", "C[X]", "nobody", "ob"]));
    let channels = prop::sample::subsequence(vec!["#a", "#busy", "#quiet", "#none"], 0..4);
    let parts = (words, from, channels, reference(lines), reference(lines));
    (parts, any::<bool>(), 0..40usize, prop::option::of(0..lines)).prop_map(
        |(parts, forwards, limit, until)| {
            let (words, from, channels, after, before) = parts;
            let owned = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect();
            let until = until.map(|n| (at(n / 3), n));
            let from = from.map(str::to_owned);
            Find {
                channels: owned(channels),
                from,
                words: owned(words),
                after,
                before,
                forwards,
                limit,
                until,
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_search_finds_what_a_filter_finds_whatever_its_steps_are(find in find(4000), step in 1..200_000u64) {
        use std::sync::LazyLock;
        static LINES: LazyLock<Vec<Line>> = LazyLock::new(|| lines_of(4000));
        static LOGS: LazyLock<(TempDir, Vec<Arc<dyn Prefix>>)> = LazyLock::new(|| {
            let dir = in_memory();
            let mut memory = MemoryLog::new();
            memory.append(&LINES).unwrap();
            let (mut log, ..) = open_with(dir.path(), Options { segment_bytes: 60_000, ..options(Sync::Never) });
            LINES.chunks(50).for_each(|turn| log.append(turn).unwrap());
            let bare = log.prefix();
            // The same files, once without what helps, once with it.
            let (summed, ..) = open_with(&copy(&dir), Options { segment_bytes: 60_000, ..options(Sync::Never) });
            while summed.reader().tend() {}
            (dir, vec![memory.prefix(), bare, summed.prefix()])
        });
        let expected = model(&LINES, &find);
        for log in &LOGS.1 {
            let (found, rest) = searched(log.as_ref(), &find, step);
            prop_assert_eq!(seqs(&found), seqs(&expected));
            let full = expected.len() == find.limit;
            prop_assert_eq!(rest, if full { Rest::Open } else { Rest::End });
        }
    }
}

/// Another folder with the same log, beside the first.
fn copy(dir: &TempDir) -> PathBuf {
    let other = dir.path().join("copy");
    fs::create_dir_all(other.join("log")).unwrap();
    for path in segments(dir.path()) {
        fs::copy(&path, other.join("log").join(path.file_name().unwrap())).unwrap();
    }
    other
}

#[test]
fn a_search_is_bounded_and_goes_on_from_where_it_stopped() {
    let mut log = MemoryLog::new();
    let filler = "x".repeat(400);
    let count = SEARCH_BYTES / 480 * 5 / 2;
    let mut seq = 0;
    while seq < count {
        let lines: Vec<Line> = (0..1000)
            .map(|_| {
                seq += 1;
                let text = if seq % 20_000 == 7 { "needle" } else { &filler };
                line(seq, at(seq), "PRIVMSG", &["#a", text])
            })
            .collect();
        log.append(&lines).unwrap();
    }
    let prefix = log.prefix();
    for forwards in [false, true] {
        let mut find = Find {
            channels: vec!["#a".to_owned()],
            words: vec!["NEEDLE".to_owned()],
            limit: 100,
            forwards,
            ..Find::default()
        };
        let (mut found, mut asked) = (Vec::new(), 0);
        loop {
            let (mut lines, rest) = searched(prefix.as_ref(), &find, 1 << 20);
            asked += 1;
            found.append(&mut lines);
            let Rest::From(at, seq) = rest else {
                assert_eq!(rest, Rest::End);
                break;
            };
            let edge = Some(Reference::Line(at, seq));
            if forwards { find.after = edge } else { find.before = edge }
        }
        assert_eq!(asked, 3, "{SEARCH_BYTES} bytes each");
        let mut numbers = seqs(&found);
        numbers.sort_unstable();
        assert_eq!(numbers, (0..=(seq - 7) / 20_000).map(|n| n * 20_000 + 7).collect::<Vec<_>>());
    }
}

#[test]
fn damage_hides_no_other_line_and_nothing_deleted_is_an_error() {
    let dir = in_memory();
    let lines = lines_of(3000);
    let (mut log, ..) = open_with(dir.path(), Options { segment_bytes: 60_000, ..options(Sync::Never) });
    lines.chunks(50).for_each(|turn| log.append(turn).unwrap());
    let files = segments(dir.path());
    let mut bytes = fs::read(&files[1]).unwrap();
    bytes[20_000..20_010].fill(b'\n');
    fs::write(&files[1], &bytes).unwrap();
    let find = Find {
        channels: vec!["#a".into(), "#busy".into()],
        words: vec!["tide".into()],
        limit: 5000,
        ..Find::default()
    };
    let (found, rest) = searched(log.prefix().as_ref(), &find, 10_000);
    assert_eq!(rest, Rest::End);
    assert!(model(&lines, &find).len() - found.len() <= 2, "only the damaged line is missing");
    let prefix = log.prefix();
    fs::remove_file(&files[0]).unwrap();
    let (found, _) = searched(prefix.as_ref(), &find, 10_000);
    assert!(!found.is_empty());
}

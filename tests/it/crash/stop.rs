//! A server that is told to stop, or is killed, in the middle of its work: many say much at once, so that a turn
//! writes up to a mebibyte, and each of them remembers what was echoed.

use super::*;
use crate::cli::finish;

/// How many speak.
const SPEAKERS: usize = 64;
/// How many lines each has under way, and how long their texts are: a mebibyte in all.
const UNDER_WAY: usize = 40;
const TEXT: usize = 380;

/// Says one line for each that is echoed, until the connection ends; gives the ids that were echoed, and the last line.
fn speak(mut peer: Peer, nick: &str, echoes: &AtomicU64) -> (Vec<String>, Option<String>) {
    // A room of its own: only the sender hears it.
    peer.send(&format!("PART #room\r\nJOIN #{nick}")).unwrap();
    let mut next = 0u64;
    let mut lines = |count: usize| -> String {
        (0..count)
            .map(|_| {
                next += 1;
                format!("@+chatui/id={nick}-{next} PRIVMSG #{nick} :{next} {}\r\n", "x".repeat(TEXT))
            })
            .collect()
    };
    peer.send(lines(UNDER_WAY).trim_end()).unwrap();
    let (mut echoed, mut last) = (Vec::new(), None);
    let mut sound = true;
    while let Some(line) = peer.line() {
        let message = Message::parse(&line).unwrap();
        if message.is("PRIVMSG") {
            echoed.push(message.tags.get("+chatui/id").unwrap().into_owned());
            echoes.fetch_add(1, Ordering::Relaxed);
            // Half of them at once, so that they come together.
            if echoed.len() % (UNDER_WAY / 2) == 0 && sound {
                sound = peer.send(lines(UNDER_WAY / 2).trim_end()).is_some();
            }
        }
        last = Some(line);
    }
    (echoed, last)
}

/// Lets everybody speak and ends the server by a signal when so many lines have been echoed. Gives what each was
/// echoed, the last line of each, the exit code, and how long the end took.
fn end(
    home: &Home,
    data: &str,
    signal: Signal,
    after: u64,
) -> (Vec<String>, Vec<String>, Option<i32>, Duration) {
    let (child, address) = start(home, data);
    let peers: Vec<Peer> =
        (0..SPEAKERS).map(|number| Peer::connect(address, &format!("s{number}")).unwrap()).collect();
    let echoes = AtomicU64::new(0);
    thread::scope(|scope| {
        let speakers: Vec<_> = peers
            .into_iter()
            .enumerate()
            .map(|(number, peer)| {
                let echoes = &echoes;
                scope.spawn(move || speak(peer, &format!("s{number}"), echoes))
            })
            .collect();
        let until = Instant::now() + PATIENCE;
        while echoes.load(Ordering::Relaxed) < after {
            assert!(Instant::now() < until, "nobody gets an echo");
            thread::sleep(Duration::from_micros(100));
        }
        kill_process(Pid::from_child(&child), signal).unwrap();
        let since = Instant::now();
        let code = finish(child).status.code();
        let took = since.elapsed();
        let (mut echoed, mut last) = (Vec::new(), Vec::new());
        for speaker in speakers {
            let (ids, line) = speaker.join().unwrap();
            echoed.extend(ids);
            last.extend(line);
        }
        (echoed, last, code, took)
    })
}

/// The ids in the log, which has no damage but perhaps a torn end.
fn kept(data: &str, torn: bool) -> Vec<String> {
    let archive = Archive::open(Path::new(data)).unwrap().unwrap();
    let damage = archive.verify(&mut |_| {}).unwrap().damage;
    assert!(damage.is_empty() || torn && damage.len() == 1 && damage[0].at_end, "{damage:?}");
    let (mut ids, mut cursor) = (Vec::new(), archive.since(Time::default()).unwrap());
    let flow = archive.read(&mut cursor, &mut |line| {
        ids.extend(line.message().tags.get("+chatui/id").map(std::borrow::Cow::into_owned));
        ControlFlow::Continue(())
    });
    assert!(flow.unwrap().is_continue());
    ids.sort_unstable();
    ids
}

fn has_all(kept: &[String], echoed: &[String]) {
    let lost: Vec<&String> = echoed.iter().filter(|id| kept.binary_search(id).is_err()).collect();
    assert!(lost.is_empty(), "echoed and lost: {lost:?}");
    assert!(kept.windows(2).all(|pair| pair[0] != pair[1]), "doubled");
}

#[test]
fn a_server_that_is_told_to_stop_under_load_keeps_what_it_took_and_says_goodbye() {
    let home = Home::new();
    let data = home.path("data");
    let (echoed, last, code, took) = end(&home, &data, Signal::TERM, 3000);
    assert_eq!(code, Some(0));
    assert_eq!(last.len(), SPEAKERS);
    for line in last {
        assert!(line.starts_with("ERROR :Server is shutting down"), "{line}");
    }
    let kept = kept(&data, false);
    has_all(&kept, &echoed);
    println!("stopped in {took:?}; {} lines kept, {} echoed", kept.len(), echoed.len());
}

#[test]
fn a_server_that_is_killed_in_a_long_write_starts_with_whole_lines() {
    let home = Home::new();
    for round in 0..number_of("CHATUI_LONG_WRITES", 3) {
        let data = home.path(&format!("data{round}"));
        let (echoed, _, code, _) = end(&home, &data, Signal::KILL, 500 + 700 * round);
        assert_eq!(code, None);
        let before = kept(&data, true);
        has_all(&before, &echoed);
        let (child, address) = start(&home, &data);
        assert_eq!(kept(&data, false), before, "a start cuts no whole line");
        assert!(Peer::connect(address, "alice").is_some());
        kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
        assert_eq!(finish(child).status.code(), Some(0));
    }
}

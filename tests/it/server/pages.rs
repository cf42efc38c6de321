//! Pages of history that are read from the log while the server goes on: what a connection hears, and in which order.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use chatui::irc::Message;
use chatui::server::log::Keep;

use super::{Host, Peer};

const CAPS: &str = "batch message-tags server-time draft/chathistory echo-message";

/// The number at the end of a text.
fn number(line: &str) -> Option<u64> {
    line.contains(" PRIVMSG #x ")
        .then(|| line.rsplit(' ').next().unwrap().trim_start_matches(':').parse().unwrap())
}

/// Says so many numbered things, from one on.
fn talk(host: &Host, count: u64) -> Peer {
    let mut talker = host.user_with("talker", "echo-message");
    talker.join("#x");
    for n in 1..=count {
        talker.send(&format!("PRIVMSG #x :said {n}"));
    }
    talker.hears(&format!("said {count}"));
    talker
}

/// A page, as it was asked for: its first line, and those between that and its last.
fn page(peer: &mut Peer, ask: &str) -> (String, Vec<String>) {
    peer.send(ask);
    let head = peer.until(|line| line.contains(" BATCH +") || line.contains(" FAIL "));
    let mut lines = Vec::new();
    peer.until(|line| {
        lines.push(line.to_owned());
        line.contains(" BATCH -")
    });
    lines.pop();
    // What is said meanwhile to all comes before the page or after it, never within.
    assert!(lines.iter().all(|line| line.starts_with("@batch=")), "{lines:#?}");
    (head, lines)
}

fn msgid(line: &str) -> String {
    Message::parse(line).unwrap().tags.get("msgid").unwrap().into_owned()
}

#[test]
fn a_newcomer_hears_what_was_said_and_what_follows_once_and_in_order() {
    let host = Host::start_as(|config| config.core.history = 400);
    let mut talker = talk(&host, 300);
    let over = AtomicBool::new(false);
    let last = thread::scope(|scope| {
        let (host, over) = (&host, &over);
        let joiners: Vec<_> = (0..6)
            .map(|who| {
                scope.spawn(move || {
                    for turn in 0..6 {
                        // Neither batches nor times: the order in which the lines come is all that it has.
                        let mut joiner = host.user(&format!("j{who}x{turn}"));
                        joiner.send("JOIN #x");
                        let mut next = None;
                        joiner.until(|line| {
                            if let Some(n) = number(line) {
                                assert!(next.is_none_or(|next| next == n), "{next:?} was to come: {line}");
                                next = Some(n + 1);
                            }
                            next.is_some_and(|next| next > 320 + turn * 10)
                        });
                        joiner.send("QUIT");
                        joiner.rest();
                    }
                    over.store(true, Ordering::Release);
                })
            })
            .collect();
        let mut n = 300;
        while joiners.iter().any(|joiner| !joiner.is_finished()) {
            n += 1;
            talker.send(&format!("PRIVMSG #x :said {n}"));
            talker.hears(&format!("said {n}"));
        }
        joiners.into_iter().for_each(|joiner| joiner.join().unwrap());
        n
    });
    assert!(last > 370);
}

#[test]
fn a_page_comes_before_the_goodbye_and_a_stop_waits_for_it() {
    let mut host = Host::start();
    drop(talk(&host, 300));
    let mut reader = host.user_with("reader", CAPS);
    reader.join("#x");
    reader.send("CHATHISTORY LATEST #x * 1000\r\nPART #x\r\nQUIT :enough");
    let heard = reader.rest();
    let numbers: Vec<u64> = heard.iter().filter_map(|line| number(line)).collect();
    assert_eq!(numbers, (1..=300).collect::<Vec<u64>>());
    let place = |part: &str| heard.iter().position(|line| line.contains(part)).unwrap();
    assert!(place(" BATCH -") < place(" PART #x") && place(" PART #x") < place("ERROR :Quit: enough"));

    let mut reader = host.user_with("reader", CAPS);
    reader.join("#x");
    reader.send("CHATHISTORY LATEST #x * 1000");
    reader.hears(" BATCH +");
    host.stop().unwrap();
    let heard = reader.rest();
    assert_eq!(heard.iter().filter(|line| number(line).is_some()).count(), 300);
    assert_eq!(heard.last().unwrap(), "ERROR :Bye!");
}

#[test]
fn many_read_far_back_while_more_is_said_and_the_oldest_goes() {
    let host = Host::start_with(|config, options| {
        config.core.history = 0;
        options.segment_bytes = 64 << 10;
        options.keep = Keep { bytes: Some(400 << 10), age: None };
    });
    let mut talker = talk(&host, 1000);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let (host, done) = (&host, &done);
        let readers: Vec<_> = (0..10)
            .map(|who| {
                scope.spawn(move || {
                    let mut reader = host.user_with(&format!("r{who}"), CAPS);
                    reader.join("#x");
                    let mut pages = 0;
                    for _ in 0..3 {
                        let (head, lines) = page(&mut reader, "CHATHISTORY LATEST #x * 50");
                        let (mut head, mut lines) = (head, lines);
                        let mut before: Option<u64> = None;
                        while let Some(oldest) = lines.first().map(|line| msgid(line)) {
                            let numbers: Vec<u64> = lines.iter().filter_map(|line| number(line)).collect();
                            assert_eq!(numbers.len(), lines.len());
                            assert!(numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{numbers:?}");
                            assert!(before.is_none_or(|before| numbers[numbers.len() - 1] + 1 == before));
                            before = Some(numbers[0]);
                            pages += 1;
                            if head.contains("draft/chathistory-end") {
                                break;
                            }
                            (head, lines) =
                                page(&mut reader, &format!("CHATHISTORY BEFORE #x msgid={oldest} 50"));
                        }
                        assert!(head.contains("draft/chathistory-end"), "{head}");
                    }
                    pages
                })
            })
            .collect();
        scope.spawn(move || {
            let mut noise = host.user_with("noise", "echo-message");
            noise.join("#noise");
            while !done.load(Ordering::Acquire) {
                noise.send("PRIVMSG #noise :some words that are said elsewhere");
                noise.hears(" PRIVMSG #noise ");
            }
        });
        let mut n = 1000;
        while readers.iter().any(|reader| !reader.is_finished()) {
            n += 1;
            talker.send(&format!("PRIVMSG #x :said {n}"));
            talker.hears(&format!("said {n}"));
        }
        done.store(true, Ordering::Release);
        let pages: u64 = readers.into_iter().map(|reader| reader.join().unwrap()).sum();
        assert!(pages > 10 * 3 * 5, "{pages}");
    });
}

#[test]
fn what_is_damaged_in_the_log_is_a_notice_in_its_place() {
    let mut host = Host::start();
    drop(talk(&host, 300));
    host.stop().unwrap();
    let segment = host.data().join("log/00000000000000000001.irc");
    let mut bytes = std::fs::read(&segment).unwrap();
    let hit = |bytes: &[u8], text: &[u8]| bytes.windows(text.len()).position(|part| part == text).unwrap();
    // One line with a flipped bit, and one that is not even a line any more, near the end.
    let at = hit(&bytes, b":said 150\r\n");
    bytes[at + 1] ^= 1;
    let (from, to) = (hit(&bytes, b":said 280\r\n"), hit(&bytes, b":said 283\r\n"));
    bytes[from..to].fill(0);
    std::fs::write(&segment, &bytes).unwrap();

    host.start_again();
    let mut reader = host.user_with("reader", CAPS);
    reader.join("#x");
    for (ask, from) in [("LATEST #x * 1000", 1), ("LATEST #x * 50", 247)] {
        let (_, lines) = page(&mut reader, &format!("CHATHISTORY {ask}"));
        let shape: Vec<Option<u64>> = lines.iter().map(|line| number(line)).collect();
        let whole = (from..=300).filter(|n| ![150, 280, 281, 282, 283].contains(n));
        let expected: Vec<Option<u64>> = whole
            .flat_map(|n| if [149, 279].contains(&n) { vec![Some(n), None] } else { vec![Some(n)] })
            .collect();
        assert_eq!(shape, expected, "{ask}");
        let notice = lines.iter().find(|line| number(line).is_none()).unwrap();
        assert!(
            notice.contains(";time=")
                && notice.contains(" :chatui.local NOTICE #x :Something is missing here")
        );
    }
    // Whoever joins is given what the log has, too.
    let mut plain = host.user("plain");
    plain.send("JOIN #x");
    assert!(plain.hears(" NOTICE #x ").starts_with(":chatui.local NOTICE #x :Something is missing here"));
    plain.hears("said 300");
}

#[test]
fn who_left_and_who_took_another_name_comes_back_in_the_history_of_the_channels() {
    let mut host = Host::start();
    let mut members = host.members("#x,#y", &["alice", "bob"], "");
    members[1].send("NICK bobby\r\nPART #y\r\nQUIT :bye");
    members[0].hears(" QUIT ");
    for restarted in [false, true] {
        if restarted {
            host.restart();
        }
        let mut reader = host.user_with("reader", &format!("{CAPS} draft/event-playback"));
        for (channel, expected) in [("#X", &["NICK", "QUIT"][..]), ("#y", &["NICK", "PART #y"]), ("#z", &[])]
        {
            reader.join(channel);
            let (_, lines) = page(&mut reader, &format!("CHATHISTORY LATEST {channel} * 100"));
            let bobs: Vec<&String> = lines.iter().filter(|line| line.contains(" :bob")).collect();
            assert!(lines.iter().all(|line| !line.contains(";in=") && !line.contains(";c=")), "{lines:#?}");
            let after: Vec<&&String> = bobs.iter().filter(|line| !line.contains(" JOIN ")).collect();
            assert_eq!(after.len(), expected.len(), "{channel}: {lines:#?}");
            assert!(
                after.iter().zip(expected).all(|(line, verb)| line.contains(&format!(" {verb}"))),
                "{after:#?}"
            );
        }
    }
}

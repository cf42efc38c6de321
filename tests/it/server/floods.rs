//! Who asks for more than anybody can read: that is the asker's own trouble.

use std::io::Read;
use std::net::Shutdown;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use chatui::server::config::SEND_QUEUE;
use chatui::server::log::Sync;

use super::{Host, PATIENCE, Peer};

/// More than the channel keeps in memory, so that pages are read from the log.
const SAID: usize = 1_200;
/// How often each of the askers asks: the answers to `WHO` alone are more than may wait for anybody.
const TIMES: usize = 12_000;
/// What has come to each of the readers when the flood is in full flow.
const FLOOD: usize = 1 << 20;
/// A room where much has been said.
fn old_room(host: &Host) -> Peer {
    let mut alice = host.user("alice");
    alice.join("#x");
    for n in 0..SAID {
        alice.send(&format!("PRIVMSG #x :{n} and what else there is to say about the tide tables"));
    }
    alice.settle();
    alice
}

#[test]
fn who_floods_with_questions_keeps_nobody_waiting() {
    let host = Host::start_as(|config| config.sync = Sync::Never);
    let mut alice = old_room(&host);
    // Eight of them, half of whom read what they are answered.
    let mut readers = Vec::new();
    let mut deaf = Vec::new();
    for n in 0..8 {
        let mut asker = Peer::connect_narrow(host.address);
        asker.register(&format!("asker{n}"), "draft/chathistory batch server-time message-tags");
        asker.join("#x");
        let question = if n % 4 == 0 { "WHO *" } else { "CHATHISTORY LATEST #x * 1000" };
        let script = format!("{question}\r\n").repeat(TIMES) + "PING :over\r\n";
        let mut writer = asker.stream();
        // It ends when the server has taken all, or when the test is over.
        thread::spawn(move || std::io::Write::write_all(&mut writer, script.as_bytes()));
        if n < 4 {
            let mut reader = asker.stream();
            let count = Arc::new(AtomicUsize::new(0));
            let counting = Arc::clone(&count);
            thread::spawn(move || {
                let mut buffer = [0; 64 << 10];
                while let Ok(got @ 1..) = reader.read(&mut buffer) {
                    counting.fetch_add(got, Ordering::SeqCst);
                }
            });
            readers.push((asker, count));
        } else {
            deaf.push(asker);
        }
    }
    let flows = || readers.iter().all(|(_, count)| count.load(Ordering::SeqCst) > FLOOD);
    let until = Instant::now() + PATIENCE;
    let (mut longest, mut asked_in_the_flood) = (Duration::ZERO, 0);
    while asked_in_the_flood < 20 {
        asked_in_the_flood += usize::from(flows());
        let asked = Instant::now();
        alice.settle();
        longest = longest.max(asked.elapsed());
        assert!(asked < until, "the flood does not flow");
    }
    // A tenth of that where the server is built for speed.
    assert!(longest < Duration::from_secs(1), "{longest:?}");
    for (asker, _) in readers {
        // They would go on for long.
        asker.stream().shutdown(Shutdown::Both).unwrap();
    }
    // Who did not read until now has missed nothing: it is more than may wait for anybody.
    let mut answers = 0;
    let mut bytes = 0;
    deaf[0].until(|line| {
        answers += usize::from(line.contains(" 315 "));
        bytes += line.len();
        line.contains(" PONG ") && line.ends_with(" over")
    });
    assert_eq!(answers, TIMES);
    assert!(bytes > SEND_QUEUE, "{bytes}");
}

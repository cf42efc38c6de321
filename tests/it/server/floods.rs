//! Who asks for more than anybody can read: that is the asker's own trouble.

use std::io::Read;
use std::net::Shutdown;
use std::thread;
use std::time::{Duration, Instant};

use chatui::server::config::SEND_QUEUE;
use chatui::server::log::Sync;

use super::{Host, Peer};

/// More than the channel keeps in memory, so that pages are read from the log.
const SAID: usize = 1_200;
/// What each of the askers asks, again and again.
const QUESTIONS: [&str; 4] =
    ["WHO *", "CHATHISTORY LATEST #x * 1000", "CHATHISTORY LATEST #x * 100", "PRIVMSG nobody :x"];

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
        let mut asker =
            host.user_with(&format!("asker{n}"), "draft/chathistory batch server-time message-tags");
        asker.join("#x");
        let script = format!("{}\r\n", QUESTIONS[n % QUESTIONS.len()]).repeat(8_000) + "PING :over\r\n";
        let mut writer = asker.stream();
        // It ends when the server has taken all, or when the test is over.
        thread::spawn(move || std::io::Write::write_all(&mut writer, script.as_bytes()));
        if n < 4 {
            let mut reader = asker.stream();
            let counting = thread::spawn(move || {
                let (mut buffer, mut count) = ([0; 64 << 10], 0);
                while let Ok(got @ 1..) = reader.read(&mut buffer) {
                    count += got;
                }
                count
            });
            readers.push((asker, counting));
        } else {
            deaf.push(asker);
        }
    }
    let waited: Vec<Duration> = (0..20)
        .map(|_| {
            let asked = Instant::now();
            alice.settle();
            asked.elapsed()
        })
        .collect();
    // A tenth of that where the server is built for speed.
    assert!(waited.iter().all(|time| *time < Duration::from_secs(1)), "{waited:?}");

    for (asker, counting) in readers {
        // They would go on for long.
        asker.stream().shutdown(Shutdown::Both).unwrap();
        assert!(counting.join().unwrap() > 64 << 10, "there was a flood");
    }
    // Who did not read until now has missed nothing: it is more than may wait for anybody.
    let mut answers = 0;
    let mut bytes = 0;
    deaf[0].until(|line| {
        answers += usize::from(line.contains(" 315 "));
        bytes += line.len();
        line.contains(" PONG ") && line.ends_with(" over")
    });
    assert_eq!(answers, 8_000);
    assert!(bytes > SEND_QUEUE, "{bytes}");
}

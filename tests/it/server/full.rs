//! A log without room, and a log that is broken: nobody hears what is not kept.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chatui::server::ServerError;
use chatui::server::log::{Call, Disk, Fate, Sync};

use super::Host;

/// A disk on which this call fails like this, while the switch is on.
fn failing(failing: Call, errno: rustix::io::Errno) -> (Disk, Arc<AtomicBool>) {
    let on = Arc::new(AtomicBool::new(false));
    let switch = Arc::clone(&on);
    let disk = Disk::judged(move |call| {
        if call == failing && on.load(Ordering::SeqCst) {
            Fate::Failed(io::Error::from_raw_os_error(errno.raw_os_error()))
        } else {
            Fate::Made
        }
    });
    (disk, switch)
}

#[test]
fn nobody_hears_what_a_full_disk_did_not_keep() {
    let (disk, full) = failing(Call::Write, rustix::io::Errno::NOSPC);
    let mut host = Host::start_on(disk);
    let mut members = host.members("#x", &["alice", "bob"], "standard-replies echo-message");
    let (mut bob, mut alice) = (members.pop().unwrap(), members.pop().unwrap());
    alice.send("TOPIC #x :kept\r\nPRIVMSG #x :one");
    alice.hears("PRIVMSG #x :one");
    bob.hears("PRIVMSG #x :one");

    full.store(true, Ordering::SeqCst);
    alice.send("TOPIC #x :lost\r\nPRIVMSG #x :lost");
    assert!(alice.line().unwrap().contains(" FAIL TOPIC LOG_FULL #x :"));
    assert!(alice.line().unwrap().contains(" FAIL PRIVMSG LOG_FULL #x :"));
    bob.send("PRIVMSG #x :lost\r\nPING :still there");
    let (first, second) = (bob.line().unwrap(), bob.line().unwrap());
    assert!([&first, &second].iter().any(|line| line.contains(" PONG ")), "{first} {second}");
    assert!([&first, &second].iter().any(|line| line.contains(" FAIL PRIVMSG LOG_FULL #x :")));
    // Who comes meanwhile is told what is kept, and no more; who knows no standard replies is told in words.
    let mut carol = host.user("carol");
    carol.send("JOIN #x");
    assert!(carol.hears(" 332 ").ends_with(" :kept"));
    assert!(carol.hears(" PRIVMSG ").contains(" one"));
    carol.send("PRIVMSG #x :lost");
    assert!(carol.line().unwrap().contains(" NOTICE carol :PRIVMSG: not sent"));

    full.store(false, Ordering::SeqCst);
    // It is looked now and then whether there is room.
    loop {
        alice.send("PRIVMSG #x :again");
        let answer = alice.until(|line| line.contains(" LOG_FULL ") || line.ends_with(" PRIVMSG #x :again"));
        if !answer.contains(" LOG_FULL ") {
            break;
        }
    }
    alice.send("PRIVMSG #x :two\r\nTOPIC #x");
    assert!(alice.hears(" PRIVMSG ").ends_with(" :two"));
    assert!(alice.hears(" 332 ").ends_with(" :kept"));
    for other in [&mut bob, &mut carol] {
        let mut lost = 0;
        other.until(|line| {
            lost += usize::from(line.contains("lost"));
            line.ends_with("PRIVMSG #x :two")
        });
        assert_eq!(lost, 0);
    }
    host.restart();
    let mut dave = host.user("dave");
    dave.send("JOIN #x");
    assert!(dave.hears(" 332 ").ends_with(" :kept"));
    assert!(dave.hears(" PRIVMSG ").contains(" one"));
    assert!(dave.hears(" PRIVMSG ").contains(" again"));
    assert!(dave.hears(" PRIVMSG ").contains(" two"));
}

#[test]
fn a_broken_log_ends_the_server_and_everybody_is_told() {
    for call in [Call::Sync, Call::Write] {
        let (disk, broken) = failing(call, rustix::io::Errno::IO);
        let mut host = Host::start_on(disk);
        let mut members = host.members("#x", &["alice", "bob"], "echo-message");
        broken.store(true, Ordering::SeqCst);
        members[0].send("PRIVMSG #x :lost");
        for member in &mut members {
            assert_eq!(member.rest(), ["ERROR :log failure"], "{call:?}");
        }
        // It ends by itself, with all its threads.
        let server = host.server.take().unwrap();
        assert!(matches!(server.wait(), Err(ServerError::Log(_))));
    }
}

#[test]
fn the_welcome_says_what_a_power_cut_can_take_back() {
    for (sync, words) in
        [(Sync::Turn, None), (Sync::Interval, Some("the last second")), (Sync::Never, Some("what was said"))]
    {
        let host = Host::start_as(|config| config.sync = sync);
        let mut peer = host.peer();
        peer.send("NICK alice\r\nUSER alice 0 * :alice");
        let line = peer.until(|line| line.contains(" 422 ") || line.contains(" 372 "));
        let said = line.contains("a power cut can take back").then_some(line.as_str());
        assert_eq!(said.is_some(), words.is_some(), "{sync:?}: {line}");
        assert!(words.is_none_or(|words| line.ends_with(words)), "{sync:?}: {line}");
    }
}

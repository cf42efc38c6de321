//! What an attack may cost at most: A4, A11.

use std::time::{Duration, Instant};

use chatui::server::core::Config;
use rustix::process::Signal;

use super::lines::say;
use crate::cli::Server;
use crate::core::Stage;
use crate::server::Peer;
use crate::terminal::Home;

/// Bytes by which the server may grow over ten megabytes without a line end: the sixteen kilobytes that may wait, and what an
/// allocator and two more connections take.
const GROWN: u64 = 1 << 20;

#[test]
fn a04_of_ten_megabytes_without_a_line_end_next_to_nothing_is_kept() {
    let home = Home::new();
    let server = Server::start(&home, &["--data", &home.path("data"), "--quiet"]);
    let mut alice = Peer::connect(server.address().parse().unwrap());
    alice.register("alice", "");
    let mut witness = Peer::connect(server.address().parse().unwrap());
    witness.register("witness", "");
    let process = server.process();
    let before = process.memory();
    let chunk = vec![b'x'; 1 << 20];
    for n in 0..10 {
        alice.send_bytes(&chunk);
        witness.settle();
        let grown = process.memory().saturating_sub(before);
        assert!(grown <= GROWN, "{grown} bytes after {} MiB", n + 1);
    }
    alice.send("\r\nPING :after");
    assert!(alice.line().unwrap().contains(" 417 alice "));
    assert!(alice.line().unwrap().ends_with("PONG chatui.local after"));
    // Who has not even said who he is is sent away.
    let mut stranger = Peer::connect(server.address().parse().unwrap());
    while stranger.send_if_wanted(&chunk) {}
    stranger.bytes_to_the_end();
    assert!(process.memory().saturating_sub(before) <= GROWN);
    assert_eq!(server.stop(Signal::TERM).0, Some(0));
}

#[test]
fn a11_no_mask_costs_more_than_a_millisecond() {
    const MOST: Duration = Duration::from_millis(1);
    let bombs = ["*a".repeat(150), format!("{}b", "*a".repeat(150)), "*?".repeat(150), "*".repeat(300)];
    let mut stage = Stage::new(Config::default());
    let nick = "a".repeat(32);
    stage.run(&format!("v+{nick}\n v> JOIN #x\n v*\n b+bob\n b> JOIN #x\n b*\n v*"));
    let mut costs = Vec::new();
    for bomb in &bombs {
        for line in [
            format!("WHO {bomb}"),
            format!("MODE #x +b {bomb}!{bomb}@{bomb}"),
            format!("MODE #x +b {bomb}"),
            format!("LINKS {bomb}"),
            format!("MONITOR + {bomb}"),
            format!("LIST {bomb}"),
            format!("WHOWAS {bomb}"),
            // Whoever comes is held against the bans.
            "PART #x\r\nJOIN #x".to_owned(),
        ] {
            // The quickest of some: what a busy machine adds is no cost of the mask.
            let took = (0..7).map(|_| {
                let since = Instant::now();
                line.split("\r\n").for_each(|line| say(&mut stage, 'v', &line[..line.len().min(510)]));
                let took = since.elapsed();
                stage.take('v');
                stage.take('b');
                took
            });
            costs.push((took.min().unwrap(), line));
        }
    }
    let (most, line) = costs.into_iter().max().unwrap();
    assert!(most <= MOST, "{most:?}: {line}");
    say(&mut stage, 'b', "PING :still there");
    assert!(stage.take('b')[0].ends_with("still there"));
}

//! Attacks by names: A57 to A63. The names of `tests/data/hostile-lines/names.tsv` are tried on the real binary in
//! `server::hostile`; here is what follows from them.

use std::sync::{Arc, Barrier};
use std::thread;

use chatui::server::core::Config;

use super::lines::say;
use crate::core::Stage;
use crate::server::Host;

#[test]
fn a57_a58_a59_a_nick_has_no_letter_that_looks_like_another_and_none_that_is_not_seen() {
    let mut stage = Stage::new(Config::default());
    stage.run("a+alice\n b+");
    // Cyrillic, full width, mathematical, dotless; not seen; that turn the text round.
    for nick in [
        "\u{430}lice",
        "\u{ff41}lice",
        "\u{1d5ba}lice",
        "al\u{131}ce",
        "alice\u{200b}",
        "alice\u{a0}",
        "alice\u{3164}",
        "alice\u{fe0f}",
        "alice\u{ad}",
        "ali\u{202e}ec",
        "\u{2067}alice",
    ] {
        say(&mut stage, 'b', &format!("NICK {nick}"));
        assert!(stage.take('b').iter().all(|line| line.contains(" 432 ")), "{nick:?}");
        say(&mut stage, 'b', &format!("JOIN #{nick}"));
        stage.take('b');
    }
    stage.run("b> NICK bob\n b> USER bob 0 * :b\n b*");
    // A channel may have other scripts, but nothing that is not seen or turns the text round.
    for (name, is_let) in [
        ("#\u{43f}\u{440}\u{438}", true),
        ("#a\u{200b}", false),
        ("#a\u{202e}b", false),
        ("#\u{3164}", false),
    ] {
        say(&mut stage, 'b', &format!("JOIN {name}"));
        let joined = stage.take('b').iter().any(|line| line.starts_with(":bob!") && line.contains(" JOIN "));
        assert_eq!(joined, is_let, "{name:?}");
    }
    // In a text such signs are somebody's words: they are kept as they are, and the client shows what they are.
    stage.run("b> JOIN #x\n b*");
    say(&mut stage, 'b', "TOPIC #x :a\u{202e}b");
    assert!(stage.take('b')[0].ends_with("a\u{202e}b"));
}

#[test]
fn a60_one_name_in_other_letters_is_one_name() {
    let mut stage = Stage::new(Config::default());
    stage.run("a+alice\n b+bob\n c+");
    for (nick, number) in [("ALICE", "433"), ("aLiCe", "433"), ("Bob", "433")] {
        say(&mut stage, 'c', &format!("NICK {nick}"));
        assert!(stage.take('c')[0].contains(number), "{nick}");
    }
    stage.run(
        "a> JOIN #Room
        a*
        b> JOIN #rOOM
        a< :bob!~bob@h JOIN #Room
        b*
        b> PRIVMSG ALICE :hi
        a< :bob!~bob@h PRIVMSG alice *",
    );
}

#[test]
fn a61_nobody_has_the_name_of_what_speaks_for_the_server() {
    let mut stage = Stage::new(Config::default());
    stage.run("a+");
    for nick in [
        "server",
        "SERVER",
        "chatui",
        "NickServ",
        "nickserv",
        "ChanServ",
        "OperServ",
        "HistServ",
        "*",
        "*status",
        "chatui.local",
        "irc.example.org",
        "localhost.localdomain",
        "a.b",
    ] {
        say(&mut stage, 'a', &format!("NICK {nick}"));
        assert!(stage.take('a')[0].contains(" 432 "), "{nick}");
    }
}

#[test]
fn a62_of_fifty_who_take_one_name_at_once_one_has_it() {
    let host = Arc::new(Host::start());
    let barrier = Arc::new(Barrier::new(50));
    let tries: Vec<_> = (0..50)
        .map(|n| {
            let (host, barrier) = (Arc::clone(&host), Arc::clone(&barrier));
            thread::spawn(move || {
                let mut peer = host.peer();
                barrier.wait();
                peer.send(&format!(
                    "NICK {}\r\nUSER u 0 * :u\r\nPING :end",
                    if n % 2 == 0 { "prize" } else { "PRIZE" }
                ));
                let mut lines = peer.lines_until(" PONG ");
                lines.retain(|line| line.contains(" 001 ") || line.contains(" 433 "));
                (peer, lines)
            })
        })
        .collect();
    let ends: Vec<_> = tries.into_iter().map(|one| one.join().unwrap()).collect();
    let count =
        |number: &str| ends.iter().filter(|(_, lines)| lines.len() == 1 && lines[0].contains(number)).count();
    assert_eq!((count(" 001 "), count(" 433 ")), (1, 49));
    drop(ends);
}

#[test]
fn a63_what_was_said_under_a_name_stays_with_who_had_it_then() {
    let mut stage = Stage::new(Config::default());
    stage.run(
        "a+alice
        b+bob
        c+carol
        a> JOIN #x
        b> JOIN #x
        c> JOIN #x
        a*
        b*
        c*
        b> PRIVMSG #x :by the first
        b!
        c> NICK bob
        c> PRIVMSG #x :by the second
        a< :bob!~bob@h PRIVMSG #x *first
        a< :bob!~bob@h QUIT *
        a< :carol!~carol@h NICK bob
        a< :bob!~carol@h PRIVMSG #x *second
        c*
        a> PRIVMSG bob :for the second
        c< :alice!~alice@h PRIVMSG bob *
        d+dave
        d> JOIN #x
        a*
        c*
        d*",
    );
    let sources: Vec<&str> = stage
        .kept
        .iter()
        .filter(|line| line.message().is("PRIVMSG"))
        .filter_map(|line| line.message().source)
        .collect();
    assert_eq!(sources, ["bob!~bob@h", "bob!~carol@h"]);
}

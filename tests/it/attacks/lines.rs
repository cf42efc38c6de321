//! Attacks by lines and their parts: A1 to A14, A36, and what history tells whom (A53 to A55).

use chatui::server::core::Config;
use chatui::server::log::Sync;

use crate::core::Stage;
use crate::server::Host;

/// Every command that the server knows, and some that it does not.
const VERBS: &str = "ADMIN AUTHENTICATE AWAY BATCH CAP CHATHISTORY CHGHOST HELP HELPOP INFO INVITE ISON JOIN KICK KILL LINKS \
                     LIST LUSERS MODE MONITOR MOTD NAMES NICK NOTICE OPER PART PASS PING PONG PRIVMSG QUIT REGISTER SEARCH SETNAME \
                     TAGMSG TIME TOPIC USER USERHOST VERSION WALLOPS WHO WHOIS WHOWAS REDACT SERVER 001 X";

/// Two people in a room; what they heard on their way is forgotten.
fn two() -> Stage {
    let mut stage = Stage::new(Config::default());
    let caps = "batch message-tags server-time draft/chathistory labeled-response echo-message";
    stage.run(&format!(
        "a+alice\n b+bob\n a> CAP REQ :{caps}\n b> CAP REQ :{caps}\n a> JOIN #x\n b> JOIN #x\n a*\n b*"
    ));
    stage
}

/// A line of somebody.
pub fn say(stage: &mut Stage, who: char, line: &str) {
    stage.bytes(who, line.as_bytes());
}

/// What somebody is told, without tags.
fn told(stage: &mut Stage, who: char) -> Vec<String> {
    let lines = stage.take(who);
    let untagged = |line: String| match line.strip_prefix('@') {
        Some(tagged) => tagged.split_once(' ').unwrap().1.to_owned(),
        None => line,
    };
    lines.into_iter().map(untagged).collect()
}

#[test]
fn a01_what_ends_a_line_elsewhere_ends_none_here_in_any_param_of_any_command() {
    for verb in VERBS.split(' ') {
        for place in 0..4 {
            for evil in ["\r", "\0", "\u{2028}", "\u{85}"] {
                let mut stage = two();
                let mut params = ["#x", "bob", "alice", ":text"].map(str::to_owned);
                params[place] = format!("{}{evil}:bob!b@h PRIVMSG #x :forged", params[place]);
                let before = stage.kept.len();
                stage.bytes('a', format!("{verb} {}", params.join(" ")).as_bytes());
                // That nothing of what is heard holds CR, LF or NUL, the stage itself checks.
                for line in stage.take('b') {
                    assert!(!line.starts_with(":bob!b@h"), "{verb} {place}: {line:?}");
                }
                stage.take('a');
                for line in &stage.kept[before..] {
                    let line = line.tagged().strip_suffix(b"\r\n").unwrap();
                    assert!(!line.iter().any(|b| matches!(b, b'\r' | b'\n' | 0)), "{verb} {place}: {line:?}");
                }
                assert!(
                    stage.kept.len() <= before + 1,
                    "{verb} {place} {evil:?}: more than one line in the log"
                );
            }
        }
    }
}

#[test]
fn a02_an_escaped_line_end_in_a_tag_stays_escaped_for_readers_in_the_log_and_in_history() {
    let mut stage = two();
    say(&mut stage, 'a', "@+t=a\\r\\n:bob!b@h\\sQUIT PRIVMSG #x :hi");
    let [heard] = &stage.take('b')[..] else { panic!() };
    assert!(heard.contains(";+t=a\\r\\n:bob!b@h\\sQUIT :alice!~alice@h PRIVMSG #x :hi"), "{heard}");
    let kept = std::str::from_utf8(stage.kept.last().unwrap().tagged()).unwrap().to_owned();
    assert_eq!(kept.matches("+t=a\\r\\n:bob!b@h\\sQUIT ").count(), 1, "{kept}");
    stage.take('a');
    say(&mut stage, 'b', "CHATHISTORY LATEST #x * 10");
    let page = stage.take('b');
    assert_eq!(
        page.iter().filter(|line| line.contains(";+t=a\\r\\n:bob!b@h\\sQUIT ")).count(),
        1,
        "{page:#?}"
    );
    assert_eq!(page.iter().filter(|line| line.contains(" PRIVMSG ")).count(), 1, "{page:#?}");
}

#[test]
fn a03_lines_at_their_limits_are_taken_whole_cut_or_refused_and_never_relayed_too_long() {
    let host = Host::start();
    let mut bob = host.user_with("bob", "message-tags");
    bob.join("#x");
    let mut alice = host.user("alice");
    alice.join("#x");
    let head = "PRIVMSG #x :";
    // (bytes of the line with its end, bytes of the tags with @ and blank, whether it is taken)
    let cases = [
        (511, 0, true),
        (512, 0, true),
        (513, 0, false),
        (512, 4096, true),
        (512, 4097, false),
        (512, 8191, false),
        (512, 8192, false),
    ];
    for (rest, tags, taken) in cases {
        let text = "x".repeat(rest - head.len() - 2);
        let tags = if tags == 0 { String::new() } else { format!("@+t={} ", "y".repeat(tags - 5)) };
        alice.send(&format!("{tags}{head}{text}\r\nPRIVMSG #x :behind it"));
        if taken {
            let line = bob.hears(" PRIVMSG #x :x");
            let at = line.find(":alice!").unwrap();
            assert!(line.len() - at <= 510 && at <= 8191, "{rest}: {} and {at} bytes", line.len() - at);
            assert!(line.contains("xxxx"), "{rest}");
        } else {
            alice.hears(" 417 alice ");
        }
        let next = bob.until(|line| line.contains(" PRIVMSG #x :"));
        assert!(next.ends_with(":behind it"), "{rest} {}: {next:?}", tags.len());
    }
}

#[test]
fn a05_text_that_is_no_utf8_is_refused_whole_and_what_is_cut_is_cut_between_characters() {
    let mut stage = two();
    for bad in [&b"\xc3"[..], b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xff", b"a\xe2\x82"] {
        stage.bytes('a', &[b"PRIVMSG #x :", bad].concat());
        assert!(stage.take('a')[0].contains(" FAIL PRIVMSG INVALID_UTF8 "));
        assert_eq!(stage.take('b'), [""; 0]);
    }
    // With its source in front it is too long: each start of the last character comes to stand at the limit once.
    for pad in 0..4 {
        say(&mut stage, 'a', &format!("PRIVMSG #x :{}{}", "x".repeat(pad), "€".repeat(160)));
        let heard = told(&mut stage, 'b').remove(0);
        assert!((506..=510).contains(&heard.len()) && heard.ends_with('€'), "{} bytes: {heard}", heard.len());
        stage.take('a');
    }
}

#[test]
fn a07_ten_thousand_lines_in_one_write_are_heard_in_their_order() {
    let host = Host::start_as(|config| config.sync = Sync::Never);
    let [mut alice, mut bob] = <[_; 2]>::try_from(host.members("#x", &["alice", "bob"], "")).ok().unwrap();
    let mut writer = alice.stream();
    let lines: String = (0..10_000).map(|n| format!("PRIVMSG #x :{n}\r\n")).collect();
    std::thread::scope(|scope| {
        scope.spawn(move || std::io::Write::write_all(&mut writer, lines.as_bytes()).unwrap());
        for n in 0..10_000 {
            let line = bob.hears(" PRIVMSG #x :");
            assert!(line.ends_with(&format!(":{n}")), "{n}: {line}");
        }
    });
    alice.settle();
}

#[test]
fn a09_what_only_a_server_may_say_in_tags_is_dropped() {
    let mut stage = two();
    say(
        &mut stage,
        'a',
        "@time=1970-01-01T00:00:00.000Z;msgid=forged;account=root;c=00000000;in=#y;+ok=1 PRIVMSG #x :hi",
    );
    let [heard] = &stage.take('b')[..] else { panic!() };
    let (tags, rest) = heard.split_once(' ').unwrap();
    let keys: Vec<&str> =
        tags[1..].split(';').map(|tag| tag.split_once('=').map_or(tag, |(key, _)| key)).collect();
    assert_eq!((keys, rest), (vec!["time", "msgid", "+ok"], ":alice!~alice@h PRIVMSG #x :hi"), "{heard}");
    assert!(!heard.contains("1970") && !heard.contains("forged"), "{heard}");
    let kept = std::str::from_utf8(stage.kept.last().unwrap().tagged()).unwrap();
    for forged in ["1970", "forged", "account", ";c=", "in="] {
        assert!(!kept.contains(forged), "{kept}");
    }
    stage.take('a');
    say(&mut stage, 'a', "@batch=1 PRIVMSG #x :in no batch");
    assert!(!stage.take('b').iter().any(|line| line.contains("batch=1")));
}

#[test]
fn a10_nobody_plays_the_server_or_somebody_else() {
    let mut stage = two();
    say(&mut stage, 'a', ":bob!~bob@h PRIVMSG #x :not mine");
    say(&mut stage, 'a', ":chatui.local NOTICE #x :nor the server's");
    assert_eq!(
        told(&mut stage, 'b'),
        [":alice!~alice@h PRIVMSG #x :not mine", ":alice!~alice@h NOTICE #x :nor the server's"]
    );
    stage.take('a');
    for verb in ["SERVER", "SQUIT", "001", "433", "CONNECT", "SVSNICK", "ERROR"] {
        say(&mut stage, 'a', &format!("{verb} alice bob :words"));
        let [answer] = &told(&mut stage, 'a')[..] else { panic!("{verb}") };
        assert!(answer.starts_with(&format!(":chatui.local 421 alice {verb} ")), "{answer}");
    }
    assert_eq!(stage.take('b'), [""; 0]);
}

#[test]
fn a12_what_is_done_to_what_is_not_there_is_answered_by_a_number() {
    for line in [
        "KICK #nowhere bob",
        "KICK #x nobody",
        "KICK #x,#nowhere nobody,bob",
        "INVITE nobody #x",
        "INVITE bob #nowhere",
        "INVITE bob #x",
        "MODE #nowhere +o bob",
        "MODE #x +o nobody",
        "MODE #x -v nobody",
        "MODE nobody +i",
        "TOPIC #nowhere :x",
        "TOPIC #nowhere",
        "PART #nowhere",
        "NAMES nobody",
        "WHOIS nobody",
        "PRIVMSG #nowhere :x",
        "PRIVMSG nobody :x",
    ] {
        let mut stage = two();
        say(&mut stage, 'a', line);
        let answers = told(&mut stage, 'a');
        let number = |line: &String| line.split(' ').nth(1).is_some_and(|word| word.parse::<u16>().is_ok());
        assert!(!answers.is_empty() && answers.iter().all(number), "{line}: {answers:#?}");
        assert_eq!(stage.take('b'), [""; 0], "{line}");
    }
    // Outside of the room it is the same.
    let mut stage = two();
    stage
        .run("c+carol\n c> KICK #x bob\n c< :chatui.local 442 *\n c> INVITE carol #x\n c< :chatui.local 44*");
}

#[test]
fn a13_no_number_and_no_kind_of_params_brings_the_server_down() {
    let kinds: [&[u8]; 8] =
        [b"", b"*", b"#x", b"-1", b"99999999999999999999", b"bob", b"\xff\xfe\x01\x02", &[b'x'; 300]];
    for verb in VERBS.split(' ') {
        for kind in kinds {
            let mut stage = two();
            stage.run("c+");
            for count in 0..=20 {
                let mut line = [verb.as_bytes(), &[b" ", kind].concat().repeat(count)].concat();
                line.truncate(500);
                for who in ['a', 'c'] {
                    stage.bytes(who, &line);
                    stage.bytes(
                        who,
                        &[&line[..line.len().min(450)], b" :", &kind[..kind.len().min(40)]].concat(),
                    );
                }
            }
            stage.take('a');
            stage.take('b');
            stage.take('c');
            // Whoever is there is answered.
            stage.run("b> PING :still there\n b< *:still there");
        }
    }
}

#[test]
fn a36_who_says_a_thousand_lines_and_does_not_register_is_closed() {
    let host = Host::start();
    let mut peer = host.peer();
    peer.send_if_wanted("CAP LS 302\r\n".repeat(1_100).as_bytes());
    let mut told = peer.rest();
    assert_eq!(told.pop().unwrap(), "ERROR :Too many lines before registration");
    // What the others wait for, when many do so at once, is bounded.
    assert!(told.len() < 200, "{} lines were answered", told.len());
    // Who is registered may ask as often.
    let mut alice = host.user("alice");
    for _ in 0..1_100 {
        alice.send("CAP LS 302");
    }
    alice.settle();
}

#[test]
fn a53_history_is_for_who_is_there_and_whoever_is_not_cannot_tell_what_there_is() {
    let mut stage = two();
    stage.run("a> MODE #x +i\n a> PRIVMSG #x :secret\n a> PRIVMSG bob :between us\n b> PRIVMSG alice :and back\n a*\n b*\n c+carol");
    stage.run("c> CAP REQ :batch message-tags server-time draft/chathistory\n c*");
    for ask in ["LATEST ? * 10", "BEFORE ? timestamp=2030-01-01T00:00:00.000Z 10", "AROUND ? msgid=x 10"] {
        let answers = ["#x", "#nowhere"].map(|name| {
            say(&mut stage, 'c', &format!("CHATHISTORY {}", ask.replace('?', name)));
            stage.take('c').iter().map(|line| line.replace(name, "?")).collect::<Vec<_>>()
        });
        assert_eq!(answers[0], answers[1], "{ask}");
        assert!(answers[0].iter().all(|line| line.contains(" FAIL CHATHISTORY ")), "{answers:#?}");
    }
    // What two people said to each other is nobody else's, under whatever name he asks.
    for target in ["alice", "bob", "carol"] {
        say(&mut stage, 'c', &format!("CHATHISTORY LATEST {target} * 10"));
        assert!(!stage.take('c').iter().any(|line| line.contains(" PRIVMSG ")));
    }
    say(
        &mut stage,
        'c',
        "CHATHISTORY TARGETS timestamp=2020-01-01T00:00:00.000Z timestamp=2030-01-01T00:00:00.000Z 50",
    );
    assert!(!stage.take('c').iter().any(|line| line.contains("#x") || line.contains("alice")));
    // Who was put out is outside.
    stage.run("a> KICK #x bob\n a*\n b*\n b> CHATHISTORY LATEST #x * 10\n b< *FAIL CHATHISTORY *");
}

#[test]
fn a54_nobody_takes_back_what_another_has_said() {
    let mut stage = two();
    say(&mut stage, 'a', "PRIVMSG #x :mine");
    let id = stage.kept.last().unwrap().msgid().to_owned();
    stage.take('a');
    stage.take('b');
    let before = stage.kept.len();
    for line in [format!("REDACT #x {id} :gone"), format!("@+draft/delete={id} TAGMSG #x")] {
        say(&mut stage, 'b', &line);
        stage.take('b');
        assert!(!told(&mut stage, 'a').iter().any(|line| line.contains("REDACT")));
    }
    assert!(stage.kept[..before].last().unwrap().message().param(1) == "mine");
    say(&mut stage, 'a', "CHATHISTORY LATEST #x * 10");
    assert!(stage.take('a').iter().any(|line| line.contains(" PRIVMSG #x ") && line.ends_with("mine")));
}

#[test]
fn a55_a_secret_channel_is_in_no_list() {
    let mut stage = two();
    stage.run("a> MODE #x +s\n a*\n b*\n c+carol");
    for line in [
        "LIST",
        "LIST #*",
        "NAMES",
        "NAMES #x",
        "WHO alice",
        "WHO *",
        "WHOIS alice",
        "WHOX alice %c",
        "LUSERS",
    ] {
        say(&mut stage, 'c', line);
        let answers = stage.take('c');
        let shows = |answer: &String| answer.contains("#x") && !answer.contains(" 366 ");
        assert!(!answers.iter().any(shows), "{line}: {answers:#?}");
    }
}

//! Attacks on files: A19, A22, A23, A26, A87.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use chatui::irc::line::msgid;
use chatui::irc::{Message, Time};
use chatui::server::ServerError;
use chatui::server::log::Sync;
use rustix::process::Signal;

use crate::cli::{Server, run, text};
use crate::server::{Host, Peer};
use crate::terminal::{Home, Terminal};

/// All files below a folder, as paths within it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.iter().map(|path| path.strip_prefix(folder).unwrap().to_owned()).collect()
}

#[test]
fn a19_no_file_is_named_after_a_nick_or_a_channel() {
    let host = Host::start();
    let mut alice = host.user("CON");
    let emoji = format!("#{}", "😀".repeat(15));
    let channels = [
        "#../../etc/passwd",
        "#..",
        "#.",
        "#a/b",
        "#a\\b",
        "#a%2f..%2fb",
        "#CON",
        "#nul.txt",
        "#a.",
        "#-rf",
        "#~",
        "#$HOME",
        &emoji,
    ];
    for channel in channels {
        alice.join(channel);
        alice.send(&format!("PRIVMSG {channel} :hi\r\nTOPIC {channel} :t"));
    }
    alice.send("JOIN #nul\0");
    alice.settle();
    let mut names: Vec<String> =
        files(host.data()).iter().map(|path| path.to_string_lossy().into_owned()).collect();
    names.retain(|name| !matches!(name.as_str(), "ballast" | "log/lock" | "log/checkpoint"));
    assert_eq!(names, ["log/00000000000000000001.irc"]);
    assert!(!host.data().parent().unwrap().join("etc").exists());
}

#[test]
fn a22_a_log_that_is_taken_away_or_cut_under_a_running_server_is_noticed_and_nobody_is_told_a_lie() {
    for how in ["the file is gone", "the folder is gone", "it is cut"] {
        let mut host = Host::start_with(|config, options| {
            config.sync = Sync::Turn;
            options.sync = Sync::Turn;
            options.segment_bytes = 2_000;
        });
        let mut alice = host.user_with("alice", "echo-message");
        alice.join("#x");
        alice.send("PRIVMSG #x :before");
        alice.hears("before");
        let segment = host.data().join("log/00000000000000000001.irc");
        match how {
            "the file is gone" => fs::remove_file(&segment).unwrap(),
            "the folder is gone" => fs::remove_dir_all(host.data()).unwrap(),
            _ => fs::File::options().write(true).open(&segment).unwrap().set_len(10).unwrap(),
        }
        // By the next segment at the latest it is known, and then all are told and the server stops.
        let (mut heard, mut echoed) = (Vec::new(), 0);
        'all: for n in 0..50 {
            alice.send_if_wanted(format!("PRIVMSG #x :{n} {}\r\n", "x".repeat(200)).as_bytes());
            loop {
                let Some(line) = alice.line() else { break 'all };
                heard.push(line);
                if heard.last().unwrap().contains(&format!(" PRIVMSG #x :{n} ")) {
                    echoed += 1;
                    break;
                }
            }
        }
        assert!(heard.last().is_some_and(|line| line.starts_with("ERROR ")), "{how}: {heard:#?}");
        assert!(echoed < 15, "{how}: {echoed} lines were echoed after it");
        assert!(matches!(host.stop(), Err(ServerError::Log(_))), "{how}");
    }
}

#[test]
fn a23_a_path_means_what_it_says() {
    let home = Home::new();
    for name in ["%Y-%m", "${HOME}", "~", "$(id)", "a b"] {
        let path = format!("data {name}");
        let server = Server::start(&home, &["--data", &path]);
        assert_eq!(server.stop(Signal::TERM).0, Some(0));
        assert!(Path::new(&home.path(&path)).join("log").is_dir(), "{name}");
    }
    // In what is said it is text.
    let host = Host::start();
    let [mut alice, mut bob] = <[_; 2]>::try_from(host.members("#x", &["alice", "bob"], "")).ok().unwrap();
    alice.send("PRIVMSG #x :%Y-%m-%d ${HOME} ~ $(id) `id` %n%s");
    assert!(bob.hears(" PRIVMSG ").ends_with(" :%Y-%m-%d ${HOME} ~ $(id) `id` %n%s"));
}

/// A line as the log has it, with the right checksum, whatever is in it.
fn poisoned(number: u64, rest: &[u8]) -> Vec<u8> {
    let time = Time::from_millis(1_795_190_700_000 + number);
    let stamp = [&b"@time="[..], &time.stamp(), b";msgid=", &msgid(time, number)].concat();
    let sum = crc32c::crc32c(&[&stamp, rest].concat());
    [&stamp, format!(";c={sum:08x}").as_bytes(), rest, b"\r\n"].concat()
}

#[test]
fn a26_a_log_that_somebody_has_written_is_looked_at_as_closely_as_the_wire() {
    let home = Home::new();
    let log = Path::new(&home.path("data")).join("log");
    fs::create_dir_all(&log).unwrap();
    fs::set_permissions(home.path("data"), fs::Permissions::from_mode(0o700)).unwrap();
    let evil: [&[u8]; 9] = [
        b" :alice!~a@h PRIVMSG #x :an honest line",
        b" :alice!~a@h PRIVMSG #x :\x1b]0;title\x07 and \x1b[2J",
        b" :alice!~a@h PRIVMSG #x :a\r:bob!~b@h PRIVMSG #x :forged",
        b" :alice!~a@h PRIVMSG #x :\xff\xfe",
        b" :alice!~a@h PRIVMSG #x :\0",
        " :alice!~a@h PRIVMSG #x :\u{202e}turned".as_bytes(),
        b" :alice!~a@h JOIN #x",
        b" :alice!~a@h TOPIC #x :\x1b[31mred",
        b" :chatui.local 001 alice :welcome",
    ];
    let content: Vec<u8> = evil.iter().zip(1..).flat_map(|(rest, number)| poisoned(number, rest)).collect();
    fs::write(log.join("00000000000000000001.irc"), content).unwrap();
    let server = Server::start_with_diagnostics(&home, &["--data", &home.path("data")], &home.path("told"));
    let mut bob = Peer::connect(server.address().parse().unwrap());
    bob.register("bob", "batch message-tags server-time draft/chathistory draft/event-playback");
    bob.send("JOIN #x\r\nCHATHISTORY LATEST #x * 100\r\nPING :end");
    let heard = bob.lines_until(" PONG ");
    assert!(heard.iter().any(|line| line.contains("an honest line")), "{heard:#?}");
    for line in &heard {
        let message = Message::parse(line).unwrap();
        assert!(!line.contains(['\r', '\0']) && !line.contains("forged"), "{line:?}");
        assert!(message.nick() == "alice" || !message.is("PRIVMSG"), "{line:?}");
        assert!(!(message.is("001") && line.contains("msgid=")), "{line:?}");
    }
    assert_eq!(server.stop(Signal::TERM).0, Some(0));
    // Nothing that a terminal would obey comes out of the commands that show the log.
    let data = home.path("data");
    for args in [&["log"][..], &["log", "search", "title"], &["log", "verify"], &["log", "search", "turned"]]
    {
        let output = run(&home, &[args, &["--data", &data]].concat());
        for shown in
            [text(&output.stdout), text(&output.stderr), fs::read_to_string(home.path("told")).unwrap()]
        {
            assert!(
                !shown.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'),
                "{args:?}: {shown:?}"
            );
        }
    }
}

#[test]
fn a87_nothing_is_read_from_the_folder_one_happens_to_be_in() {
    let home = Home::new();
    // A terminal begins in the home's top; what lies there under these names is not the user's.
    let enemy = b"\x1b[31m not what anybody trusts\n";
    for name in [
        "trusted-servers",
        "config.toml",
        "chatui.toml",
        ".chatui.toml",
        "rooms",
        "outbox",
        "tls.pem",
        ".env",
    ] {
        fs::write(home.path(name), enemy).unwrap();
    }
    let server = Server::start(&home, &["--data", &home.path("data"), "--require-tls"]);
    let mut alice = Terminal::chatui(
        &home,
        100,
        30,
        &["join", &format!("ircs://{}", server.address()), "--nick", "alice"],
    );
    alice.sees("@alice");
    alice.line("all is well");
    alice.sees("all is well");
    assert!(!alice.screen().contains("cannot be read"), "{}", alice.screen());
    alice.line("/quit");
    assert_eq!(alice.exit(), 0);
    assert_eq!(fs::read(home.path("trusted-servers")).unwrap(), enemy);
    assert!(Path::new(&home.path("state/chatui/trusted-servers")).is_file());
    assert_eq!(server.stop(Signal::TERM).0, Some(0));
}

//! `chatui log`: shown, searched, verified, repaired, exported and imported. Needs the binary.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use chatui::irc::{Draft, Line, Time};
use chatui::server::log::{FileLog, Log, Options, Sync};
use rustix::process::Signal;

use crate::cli::{Server, command, fails, finish, run, text};
use crate::terminal::Home;

/// 2026-11-20T16:05:00Z and so many seconds.
fn at(seconds: u64) -> Time {
    Time::from_millis(1_795_190_700_000 + 1000 * seconds)
}

fn line(seq: u64, nick: &str, verb: &str, params: &[&str]) -> Line {
    Draft::new("+x=1", &format!("{nick}!~{nick}@h"), verb, params).stamp(at(seq), seq)
}

/// Lines of two channels, a minute's worth, in segments of ten lines.
fn filled(data: &Path) -> Vec<Line> {
    let mut lines = vec![
        line(1, "alice", "JOIN", &["#tide"]),
        line(2, "alice", "TOPIC", &["#tide", "High water"]),
        line(3, "bob", "JOIN", &["#tide"]),
    ];
    for seq in 4..58 {
        let (nick, channel) =
            (["alice", "bob"][seq as usize % 2], ["#tide", "#moon", "#tide"][seq as usize % 3]);
        lines.push(line(seq, nick, "PRIVMSG", &[channel, &format!("Message number {seq} of ours")]));
    }
    lines.push(line(
        58,
        "bob",
        "PRIVMSG",
        &["#tide", "\u{1}ACTION says \u{1b}[2J\u{9b}31m \u{2}Grüße\u{2}\u{1}"],
    ));
    // As older servers kept it: nobody knows where it was heard.
    lines.push(line(59, "bob", "NICK", &["rob"]));
    lines.push(line(60, "rob", "QUIT", &["gone"]).noted("in=#tide,#other"));
    let options = Options { segment_bytes: 1500, ..Options::new(Sync::Never, at(0)) };
    let (mut log, _) = FileLog::open(data, options, &mut |_| {}).unwrap();
    lines.chunks(3).for_each(|turn| log.append(turn).unwrap());
    lines
}

fn segments(data: &str) -> Vec<PathBuf> {
    let names = fs::read_dir(Path::new(data).join("log")).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> =
        names.filter(|path| path.extension().is_some_and(|end| end == "irc")).collect();
    paths.sort();
    paths
}

fn bytes(data: &str) -> Vec<u8> {
    segments(data).iter().flat_map(|path| fs::read(path).unwrap()).collect()
}

/// What a `chatui log` command that must be good writes to standard output.
#[track_caller]
fn told(home: &Home, args: &[&str]) -> String {
    let mut all = vec!["log"];
    all.extend(args);
    let output = run(home, &all);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", text(&output.stderr));
    let told = text(&output.stdout);
    assert!(told.chars().all(|c| c == '\n' || !c.is_control()), "{told:?}");
    told
}

#[test]
fn the_log_is_shown_by_channel_by_time_and_by_count() {
    let home = Home::new();
    let data = home.path("data");
    filled(Path::new(&data));
    let show = |args: &[&str]| -> Vec<String> {
        let mut all = args.to_vec();
        all.extend(["--data", &data]);
        told(&home, &all).lines().map(str::to_owned).collect()
    };
    let all = show(&[]);
    assert_eq!((all.len(), show(&["show"])), (60, all.clone()));
    assert_eq!(all[0], "2026-11-20 16:05:01 #tide -- alice joined");
    assert_eq!(all[1], "2026-11-20 16:05:02 #tide -- alice set the topic: High water");
    assert_eq!(all[3], "2026-11-20 16:05:04 #moon <alice> Message number 4 of ours");
    assert_eq!(all[57], "2026-11-20 16:05:58 #tide * bob says ␛⟨C1⟩31m Grüße");
    assert_eq!(all[59], "2026-11-20 16:06:00 * -- rob quit (gone)");
    let moon = show(&["--channel", "#MOON"]);
    assert_eq!(moon.len(), 18);
    assert!(moon.iter().all(|line| line.contains(" #moon <")));
    assert_eq!(show(&["-c", "moon", "-n", "2"]), moon[16..]);
    assert_eq!(show(&["-c", "tide", "-n", "2"]), [all[57].clone(), all[59].clone()]);
    assert_eq!(show(&["-c", "other"]), all[59..]);
    assert_eq!(show(&["--since", "2026-11-20 16:05:30", "--until", "2026-11-20T16:05:35Z"]), all[29..34]);
    assert_eq!(show(&["-n", "3", "--until", "2026-11-20 16:05:35"]), all[31..34]);
    assert_eq!(show(&["--since", "2027-01-01"]), [""; 0]);
    let json = show(&["--json", "-n", "3"]);
    assert!(json[0].starts_with(r##"{"time":"2026-11-20T16:05:58.000Z","msgid":""##), "{}", json[0]);
    assert!(
        json[0].contains(r##""command":"PRIVMSG","params":["#tide","\u0001ACTION says \u001b[2J\u009b31m "##)
    );
    let object: serde_json::Value = serde_json::from_str(&json[0]).unwrap();
    assert_eq!(object["params"][1], "\u{1}ACTION says \u{1b}[2J\u{9b}31m \u{2}Grüße\u{2}\u{1}");
}

#[test]
fn words_and_patterns_are_found_newest_first() {
    let home = Home::new();
    let data = home.path("data");
    let lines = filled(Path::new(&data));
    let search = |args: &[&str]| -> Vec<String> {
        let mut all = vec!["search", "--data", &data];
        all.extend(args);
        let told = told(&home, &all);
        told.lines().map(|line| line.split_once(' ').unwrap_or(("", line)).1.to_owned()).collect()
    };
    // Every way of asking against a plain filter.
    let said = |fits: &dyn Fn(&Line, &str) -> bool| -> usize {
        let fits = |line: &&Line| {
            let message = line.message();
            matches!(message.command, "PRIVMSG" | "TOPIC") && fits(line, message.param(1))
        };
        lines.iter().filter(fits).count()
    };
    assert_eq!(search(&["MESSAGE", "number"]).len(), 54);
    assert_eq!(search(&["ours", "1"]).len(), said(&|_, text| text.contains("ours") && text.contains('1')));
    assert_eq!(search(&["number 1"]).len(), said(&|_, text| text.contains("number 1")));
    assert_eq!(search(&["GRÜße"]), ["16:05:58 #tide * bob says ␛⟨C1⟩31m Grüße"]);
    assert_eq!(search(&["high"]), ["16:05:02 #tide -- alice set the topic: High water"]);
    assert_eq!(search(&["-e", "^message number [1-3]\\d of"]).len(), 30);
    assert_eq!(
        search(&["--from", "BOB", "message"]).len(),
        said(&|line, text| line.message().nick() == "bob" && text.contains("Message"))
    );
    assert_eq!(search(&["-c", "moon", "message"]).len(), 18);
    assert_eq!(
        search(&["-n", "2", "--until", "2026-11-20 16:05:20", "message"]),
        [
            "16:05:19 #moon <bob> Message number 19 of ours",
            "16:05:18 #tide <alice> Message number 18 of ours"
        ]
    );
    // Around the hits, the newest group first; hits that lie close together are one group.
    let around = search(&["-C", "1", "-e", "number (20|21|30) "]);
    assert_eq!(
        around,
        [
            "16:05:29 #tide <bob> Message number 29 of ours",
            "16:05:30 #tide <alice> Message number 30 of ours",
            "16:05:32 #tide <alice> Message number 32 of ours",
            "--",
            "16:05:18 #tide <alice> Message number 18 of ours",
            "16:05:20 #tide <alice> Message number 20 of ours",
            "16:05:21 #tide <bob> Message number 21 of ours",
            "16:05:23 #tide <bob> Message number 23 of ours",
        ]
    );
    assert_eq!(told(&home, &["search", "--data", &data, "--json", "high"]).lines().count(), 1);
    fails(&home, &["log", "search", "--data", &data, "sun"], 1, "nothing found");
    fails(&home, &["log", "search", "--data", &data, "-e", "("], 2, "(");
    // A nick, a channel or a tag is not what was said.
    fails(&home, &["log", "search", "--data", &data, "~alice"], 1, "nothing found");
}

#[test]
fn a_log_that_is_not_there_is_said_and_not_made() {
    let home = Home::new();
    let data = home.path("data");
    for what in ["show", "verify", "export"] {
        fails(&home, &["log", what, "--data", &data], 66, &data);
    }
    assert!(!Path::new(&data).exists());
    fails(&home, &["log", "show", "--since", "yesterday"], 2, "yesterday");
    fails(&home, &["log", "show", "--channel", "a b"], 2, "a b");
}

#[test]
fn a_running_servers_log_is_followed() {
    let home = Home::new();
    let data = home.path("data");
    filled(Path::new(&data));
    let server = Server::start(&home, &["--data", &data]);
    let mut follow =
        command(&home, &["log", "-f", "-n", "1", "--channel", "#tide", "--data", &data]).spawn().unwrap();
    let mut told = BufReader::new(follow.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(told.next().unwrap().ends_with("* -- rob quit (gone)"));
    let mut peer = std::net::TcpStream::connect(server.address()).unwrap();
    peer.write_all(b"NICK carol\r\nUSER c 0 * c\r\nJOIN #tide\r\nJOIN #moon\r\nPRIVMSG #moon :not here\r\n")
        .unwrap();
    assert!(told.next().unwrap().ends_with("#tide -- carol joined"));
    peer.write_all(b"PRIVMSG #tide :as it happens\r\n").unwrap();
    assert!(told.next().unwrap().ends_with("#tide <carol> as it happens"));
    assert!(self::told(&home, &["verify", "--data", &data]).contains("good lines"));
    assert!(self::told(&home, &["search", "--data", &data, "happens"]).contains("as it happens"));
    fails(&home, &["log", "import", "--data", &data], 73, &data);
    follow.kill().unwrap();
    follow.wait().unwrap();
    assert_eq!(server.stop(Signal::TERM).0, Some(0));
}

#[test]
fn damage_is_found_and_cut_out_and_kept() {
    let home = Home::new();
    let data = home.path("data");
    filled(Path::new(&data));
    assert!(told(&home, &["verify", "--data", &data]).starts_with("60 good lines, "));
    let paths = segments(&data);
    let (first, last) = (&paths[0], paths.last().unwrap());
    let mut bad = fs::read(first).unwrap();
    let end = bad.iter().position(|b| *b == b'\n').unwrap() + 1;
    bad[end + 100] ^= 1;
    fs::write(first, &bad).unwrap();
    fs::OpenOptions::new().append(true).open(last).unwrap().write_all(b"@time=torn").unwrap();
    let length = bad[end..].iter().position(|b| *b == b'\n').unwrap() + 1;
    let name = first.file_name().unwrap().to_str().unwrap();

    let output = run(&home, &["log", "verify", "--data", &data]);
    let told_bad = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{told_bad}");
    assert!(
        told_bad.contains(&format!("{name}: {length} damaged bytes in the middle, from byte {end} on")),
        "{told_bad}"
    );
    assert!(
        told_bad.contains("10 damaged bytes at its end") && told_bad.contains("59 good lines"),
        "{told_bad}"
    );

    let refused = run(&home, &["log", "repair", "--data", &data]);
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(fs::read(first).unwrap(), bad);
    let repaired = told(&home, &["repair", "--yes", "--data", &data]);
    assert!(repaired.contains("moved to torn-"), "{repaired}");
    assert!(told(&home, &["verify", "--data", &data]).starts_with("59 good lines, "));
    assert_eq!(fs::read(first).unwrap(), [&bad[..end], &bad[end + length..]].concat());
    let mut kept: Vec<Vec<u8>> = fs::read_dir(Path::new(&data).join("log"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("torn-"))
        .map(|path| fs::read(path).unwrap())
        .collect();
    kept.sort();
    let mut expected = vec![bad[end..end + length].to_vec(), b"@time=torn".to_vec()];
    expected.sort();
    assert_eq!(kept, expected);
    // The server starts on it as on any log.
    assert_eq!(Server::start(&home, &["--data", &data]).stop(Signal::TERM).0, Some(0));
}

#[test]
fn a_log_that_is_exported_and_imported_is_the_same_log() {
    let home = Home::new();
    let (data, new) = (home.path("data"), home.path("new"));
    filled(Path::new(&data));
    let file = home.path("transcript");
    assert!(told(&home, &["export", &file, "--data", &data]).starts_with("60 lines exported"));
    fails(&home, &["log", "export", &file, "--data", &data], 1, &file);
    assert!(told(&home, &["import", &file, "--data", &new]).starts_with("60 lines imported, 0 left out"));
    assert_eq!(bytes(&new), bytes(&data));
    // What is there already is not gone behind.
    fails_but_tells(&home, &["log", "import", &file, "--data", &new], "into a new folder");
    assert_eq!(bytes(&new), bytes(&data));
}

#[track_caller]
fn fails_but_tells(home: &Home, args: &[&str], words: &str) {
    let output = run(home, args);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains(words), "{}", text(&output.stderr));
}

#[test]
fn a_transcript_in_plain_text_is_taken_from_standard_input() {
    let home = Home::new();
    let (data, new) = (home.path("data"), home.path("new"));
    let transcript = "2026-11-20T16:05:00.000Z #tide <alice> hello\n\
        2026-11-20T16:05:02.000Z #tide * bob waves\n\
        2026-11-20T16:05:01.000Z #tide -- alice set the topic: High water\n\
        2026-11-20T16:05:03.000Z #tide -- alice joined\n\
        what is this\n";
    let mut child =
        command(&home, &["log", "import", "--data", &data]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(transcript.as_bytes()).unwrap();
    let output = finish(child);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).starts_with("3 lines imported, 2 left out"), "{}", text(&output.stdout));
    assert!(text(&output.stdout).contains("1 of them were earlier"), "{}", text(&output.stdout));
    assert!(text(&output.stderr).contains("line 5 is left out"), "{}", text(&output.stderr));
    let exported = told(&home, &["export", "--form", "text", "--data", &data]);
    let expected =
        transcript.lines().take(3).collect::<Vec<_>>().join("\n").replace("05:01.", "05:02.") + "\n";
    assert_eq!(exported, expected);
    let mut again = command(&home, &["log", "import", "--data", &new]).stdin(Stdio::piped()).spawn().unwrap();
    again.stdin.take().unwrap().write_all(exported.as_bytes()).unwrap();
    finish(again);
    assert_eq!(bytes(&new), bytes(&data));
}

//! 178 lines of an enemy or of a broken program (`tests/data/hostile-lines/protocol-lines.tsv`), each said to the real
//! binary over a socket, before and after the welcome; after each of them the six rules of the README there are checked.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chatui::irc::Message;
use chatui::irc::numeric::is_error;
use rustix::process::Signal;

use super::Peer;
use crate::cli::{Server, run, text};
use crate::escapes::unescape;
use crate::terminal::Home;

const CASES: &str = include_str!("../../data/hostile-lines/protocol-lines.tsv");

/// Where a row leaves a choice: what this server does, alike before the welcome and after it.
const CHOSEN: &[(&str, &str)] = &[
    ("F005", "ok"),
    ("F007", "ok"),
    ("F013", "error:417"),
    ("F014", "ok"),
    ("F022", "421"),
    ("F026", "ok"),
    ("F027", "error:421"),
    ("F031", "409"),
    ("F036", "error:421"),
    ("T001", "ok"),
    ("T005", "ok"),
    ("T009", "ok"),
    ("T017", "server-tag-dropped"),
    ("T023", "ok"),
    ("R015", "NAK"),
    ("R019", "ok"),
    ("R027", "ok"),
    ("R028", "limited"),
    ("R030", "close-self"),
    ("R031", "error:421"),
    ("R032", "451"),
    ("X006", "close-self"),
    ("C003", "ok"),
    ("C004", "ok"),
    ("C005", "ignored"),
    ("C006", "403|476"),
    ("C011", "482"),
    ("C018", "482"),
    ("C024", "error:407"),
    ("C039", "error:432"),
    ("C045", "ok"),
    ("C048", "empty"),
    ("C049", "ok"),
    ("C053", "ok"),
    ("C060", "421"),
];

/// How long the other user may wait for an answer.
const ANSWER: Duration = Duration::from_secs(1);

/// Bytes by which the server's memory may have grown after a case.
const GROWN: u64 = 1 << 20;

/// Hundredths of a second of processor time that a case may take.
const TICKS: u64 = 25;

/// What a row's bytes brought about.
#[derive(Debug)]
struct Outcome {
    /// It came after the welcome.
    registered: bool,
    /// What the one who sent them was told.
    told: Vec<String>,
    /// It was closed.
    closed: bool,
    /// What the other user heard.
    heard: Vec<String>,
    /// Lines about `#test` that the log has got.
    kept: usize,
}

impl Outcome {
    /// Whether it was told one of these.
    fn is_told(&self, wanted: impl Fn(&Message<'_>) -> bool) -> bool {
        self.told.iter().any(|line| Message::parse(line).is_ok_and(|message| wanted(&message)))
    }

    /// Whether it was told of an error. That a command comes too early is what is usual before the welcome.
    fn has_error(&self) -> bool {
        self.is_told(|message| is_error(message.command) && (self.registered || !message.is("451")))
    }

    /// How many messages to the whole channel the other user heard.
    fn messages(&self) -> usize {
        self.heard.iter().filter(|line| line.contains(" PRIVMSG #test ")).count()
    }

    /// Whether it is what one word of the column says.
    fn is(&self, word: &str) -> bool {
        let word = word.strip_suffix("-clean").unwrap_or(word);
        let word = word.strip_prefix("error:").unwrap_or(word);
        let fails = self.is_told(|message| message.is("FAIL"));
        match word {
            "clean" => true,
            "close-self" => self.closed,
            _ if self.closed => false,
            // Whoever is welcomed was answered as usual, whatever he was told before.
            "ok" if self.is_told(|message| message.is("001")) => true,
            "ok" | "no-auto-reply-flood" => !self.has_error() && !fails,
            "ok-cut" | "ok-limited" | "ok-capped" | "limited" => true,
            "ignored" => self.told.is_empty() && self.heard.is_empty(),
            "silent" => self.told.is_empty(),
            "once" => self.messages() == 1,
            "error" => self.has_error(),
            "FAIL" => fails,
            "NAK" | "ACK" => self.is_told(|message| message.is("CAP") && message.param(1) == word),
            "empty" => self.told.iter().all(|line| line.contains(" BATCH ")),
            "source-replaced" | "server-tag-dropped" => self.messages() == 1,
            "one-log-line" => self.kept == 1 && self.messages() == 1,
            numbers => numbers.split('|').any(|number| self.is_told(|message| message.is(number))),
        }
    }
}

/// The server, and the user who was there before.
struct Scene {
    server: Server,
    witness: Peer,
    log: PathBuf,
    /// How much of the log has been read.
    read: usize,
    /// The longest that the witness waited for an answer.
    slowest: Duration,
}

impl Scene {
    fn start(home: &Home) -> Scene {
        let data = home.path("data");
        let args = ["--data", &data, "--sync", "never", "--no-plain", "--verbose"];
        let server = Server::start_with_diagnostics(home, &args, &home.path("diagnostics"));
        let mut witness = Peer::connect(server.address().parse().unwrap());
        witness.register("witness", "message-tags server-time batch");
        witness.join("#test");
        witness.send("MONITOR + self");
        witness.settle();
        let log = Path::new(&data).join("log");
        let mut scene = Scene { server, witness, log, read: 0, slowest: Duration::ZERO };
        scene.new_lines();
        scene
    }

    /// The lines that the log has got since the last look, each of which can be read.
    fn new_lines(&mut self) -> Vec<String> {
        let mut segments: Vec<PathBuf> =
            fs::read_dir(&self.log).unwrap().map(|entry| entry.unwrap().path()).collect();
        segments.retain(|path| path.extension().is_some_and(|extension| extension == "irc"));
        segments.sort();
        let all: Vec<u8> = segments.iter().flat_map(|segment| fs::read(segment).unwrap()).collect();
        let new = std::str::from_utf8(&all[self.read..]).unwrap();
        self.read = all.len();
        assert!(new.is_empty() || new.ends_with("\r\n"), "{new:?}");
        let lines: Vec<String> = new.split_terminator("\r\n").map(str::to_owned).collect();
        for line in &lines {
            assert!(line.starts_with("@time=") && Message::parse(line).is_ok(), "{line:?}");
        }
        lines
    }

    /// What the witness has heard, up to the answer to its own question.
    fn heard(&mut self) -> Vec<String> {
        let mut heard = Vec::new();
        // Who is slow once may have had to wait for the machine.
        for last in [false, true] {
            let asked = Instant::now();
            self.witness.send("PING :witness");
            heard.extend(self.witness.lines_until(" PONG "));
            self.slowest = self.slowest.max(asked.elapsed());
            if asked.elapsed() < ANSWER {
                break;
            }
            assert!(!last, "it took {:?} to answer somebody else", asked.elapsed());
        }
        heard
    }

    /// Says a row's bytes, looks at what comes of them, and checks the rules.
    fn play(&mut self, case: &Case<'_>) -> Outcome {
        let process = self.server.process();
        let (memory, ticks) = (process.memory(), process.ticks());
        let mut peer = Peer::connect(self.server.address().parse().unwrap());
        let mut sources = vec!["chatui.local".to_owned(), "witness!~witness@127.0.0.1".to_owned()];
        if case.registered {
            peer.register("self", "standard-replies batch message-tags server-time draft/chathistory");
            peer.join("#test");
            peer.settle();
            sources.push("self!~self@127.0.0.1".to_owned());
        }
        self.heard();
        self.new_lines();
        let mut bytes = unescape(case.bytes);
        if !bytes.ends_with(b"\n") {
            bytes.extend(b"\r\n");
        }
        bytes.extend(b"PING :the end\r\n");
        let wanted = peer.send_if_wanted(&bytes);
        let mut told = Vec::new();
        let closed = loop {
            match peer.line() {
                Some(line) if line.ends_with(" PONG chatui.local :the end") => break false,
                Some(line) => told.push(line),
                None => break true,
            }
        };
        assert!(wanted || closed, "{case}");
        drop(peer);
        let mut heard = self.heard();
        while case.registered && !heard.iter().any(|line| line.contains(" 731 ")) {
            heard.push(self.witness.line().unwrap());
        }
        let kept = self.new_lines().iter().filter(|line| line.contains(" PRIVMSG #test ")).count();
        // Whoever was let in has a source of his own from then on.
        let welcomes = told.iter().filter(|line| line.contains(" 001 "));
        sources.extend(welcomes.map(|line| line.rsplit_once(' ').unwrap().1.to_owned()));
        let is_irc = !told
            .first()
            .is_some_and(|line| line.starts_with("HTTP/1.1 426 ") || line.starts_with("Plain UTF-8"));
        for line in told.iter().filter(|_| is_irc).chain(&heard) {
            check_line(case, line, &sources);
        }
        heard.retain(|line| {
            line.contains(" PRIVMSG ") || line.contains(" NOTICE ") || line.contains(" TAGMSG ")
        });
        let grown = process.memory().saturating_sub(memory);
        assert!(grown <= GROWN, "{case}: the server has grown by {grown} bytes");
        let took = process.ticks() - ticks;
        assert!(took <= TICKS, "{case}: {took} hundredths of a second");
        let outcome = Outcome { registered: case.registered, told, closed, heard, kept };
        assert_eq!(outcome.kept, outcome.messages(), "{case}: {outcome:#?}");
        outcome
    }
}

/// What holds for every line that anybody receives.
fn check_line(case: &Case<'_>, line: &str, sources: &[String]) {
    let message = Message::parse(line).unwrap_or_else(|error| panic!("{case}: {line:?}: {error:?}"));
    let tags = if line.starts_with('@') { line.find(' ').unwrap() + 1 } else { 0 };
    assert!(tags <= 8191 && line.len() - tags <= 510, "{case}: {} bytes: {line:?}", line.len());
    match message.source {
        Some(source) => assert!(sources.iter().any(|known| known == source), "{case}: {line:?}"),
        None => assert!(["PING", "ERROR"].contains(&message.command), "{case}: {line:?}"),
    }
    let forged = ["1970-01-01", "msgid=0000000000000000", "account=", "batch=1;"];
    assert!(!forged.iter().any(|tag| message.tags.0.contains(tag)), "{case}: {line:?}");
}

/// One row, in one phase.
struct Case<'a> {
    id: &'a str,
    bytes: &'a str,
    expected: &'a str,
    registered: bool,
}

impl fmt::Display for Case<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phase = if self.registered { "after" } else { "before" };
        write!(f, "{} {phase} the welcome", self.id)
    }
}

/// Whether a text may be shown on a terminal as it is.
fn is_clean(text: &str) -> bool {
    !text.chars().any(|c| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    })
}

#[test]
fn hostile_lines_do_what_their_column_says_and_no_harm() {
    let home = Home::new();
    let mut scene = Scene::start(&home);
    let mut rows = 0;
    let mut chosen = Vec::new();
    for row in CASES.lines() {
        let [id, phase, bytes, expected, _] = row.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{row}")
        };
        rows += 1;
        for registered in [false, true] {
            if phase != "any" && (phase == "reg") != registered {
                continue;
            }
            let case = Case { id, bytes, expected, registered };
            let outcome = scene.play(&case);
            let words: Vec<&str> = case.expected.split("-or-").collect();
            let word = words.iter().find(|word| outcome.is(word));
            let word = word.unwrap_or_else(|| panic!("{case} is to be {expected}, but: {outcome:#?}"));
            if words.len() > 1 {
                chosen.push((id, *word));
            }
        }
    }
    assert_eq!(rows, 178);
    chosen.dedup();
    assert_eq!(chosen, CHOSEN);
    println!("the longest wait of the other user: {:?}", scene.slowest);

    let Scene { server, .. } = scene;
    let (code, _) = server.stop(Signal::TERM);
    let diagnostics = fs::read_to_string(home.path("diagnostics")).unwrap();
    assert_eq!(code, Some(0), "{diagnostics}");
    assert!(!diagnostics.contains("panicked"), "{diagnostics}");
    assert!(diagnostics.lines().count() > rows && is_clean(&diagnostics), "{diagnostics}");
    for command in [&["log", "verify"][..], &["log"], &["log", "search", "forged"]] {
        let mut args = command.to_vec();
        let data = home.path("data");
        args.extend(["--data", &data]);
        let output = run(&home, &args);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", text(&output.stderr));
        assert!(!output.stdout.is_empty() && is_clean(&text(&output.stdout)), "{args:?}");
    }
}

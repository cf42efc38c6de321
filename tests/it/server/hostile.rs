//! What an enemy or a broken program says (`tests/data/hostile-lines`), to the real binary over a socket: 178 lines, before
//! and after the welcome; 130 texts and 516 naughty strings, as messages, topics, real names, away and quit texts; 102 names.
//! After each of them the six rules of the README there are checked. `.ci/hostile` prints what came of it.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chatui::irc::Message;
use chatui::irc::name::is_nick;
use chatui::irc::numeric::is_error;
use rustix::process::Signal;

use super::Peer;
use crate::cli::{self, Server, text};
use crate::escapes::unescape;
use crate::terminal::Home;

const CASES: &str = include_str!("../../data/hostile-lines/protocol-lines.tsv");
const TEXTS: &str = include_str!("../../data/hostile-lines/message-texts.tsv");
const NAUGHTY: &str = include_str!("../../data/hostile-lines/blns.txt");
const NAMES: &str = include_str!("../../data/hostile-lines/names.tsv");

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
    ("R028", "close-self"),
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
    /// The longest that the witness waited for an answer, and how many cases there were, since that was told last.
    slowest: Duration,
    cases: usize,
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
        let mut scene = Scene { server, witness, log, read: 0, slowest: Duration::ZERO, cases: 0 };
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
        let mut bytes = case.bytes.clone();
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
        let new = self.new_lines();
        let kept = new.iter().filter(|line| line.contains(" PRIVMSG #test ")).count();
        // Whatever was said to the channel and heard in it, the log has got, and nothing else.
        assert_eq!(spoken(&new), spoken(&heard), "{case}");
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
        self.cases += 1;
        outcome
    }

    /// For `.ci/hostile`: what has been shown of a file.
    fn told(&mut self, file: &str, rows: usize) {
        let cases = std::mem::take(&mut self.cases);
        let slowest = std::mem::take(&mut self.slowest);
        println!(
            "hostile | {file} | {rows} | server | {cases} | 1-6 | longest wait of the other user {slowest:?}"
        );
    }

    /// Stops the server, and looks at its diagnostics and at what shows its log.
    fn finish(self, home: &Home, cases: usize) {
        let (code, _) = self.server.stop(Signal::TERM);
        let diagnostics = fs::read_to_string(home.path("diagnostics")).unwrap();
        assert_eq!(code, Some(0), "{diagnostics}");
        assert!(!diagnostics.contains("panicked"), "{diagnostics}");
        assert!(diagnostics.lines().count() > cases && is_clean(&diagnostics), "{diagnostics}");
        let data = home.path("data");
        for command in [&["log", "verify"][..], &["log"], &["log", "search", "e"]] {
            let output = cli::command(home, &[command, &["--data", &data]].concat()).output().unwrap();
            // A search in which nothing is found ends with 1, as that of `grep` does.
            let wanted = [Some(0), Some(i32::from(command.contains(&"search")))];
            assert!(wanted.contains(&output.status.code()), "{command:?}: {}", text(&output.stderr));
            assert!(is_clean(&text(&output.stdout)) && is_clean(&text(&output.stderr)), "{command:?}");
        }
    }
}

/// What was said to the channel, as its readers and the log have it, without tags.
fn spoken(lines: &[String]) -> Vec<String> {
    let is_spoken = |line: &&String| {
        let message = Message::parse(line).unwrap();
        ["PRIVMSG", "NOTICE", "TOPIC"].contains(&message.command) && message.param(0) == "#test"
    };
    let untagged = |line: &String| match line.strip_prefix('@') {
        Some(tagged) => tagged.split_once(' ').unwrap().1.to_owned(),
        None => line.clone(),
    };
    lines.iter().filter(is_spoken).map(untagged).collect()
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
    bytes: Vec<u8>,
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
            let case = Case { id, bytes: unescape(bytes), registered };
            let outcome = scene.play(&case);
            let words: Vec<&str> = expected.split("-or-").collect();
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
    scene.told("protocol-lines.tsv", rows);
    scene.finish(&home, rows);
}

/// A line with a text at its end; of the text nothing that ends a line, for then it would be two.
fn with(head: &str, text: &[u8]) -> Vec<u8> {
    let text: Vec<u8> = text.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
    [head.as_bytes(), &text, b"\r\n"].concat()
}

#[test]
fn hostile_and_naughty_texts_are_text_and_do_no_harm() {
    let home = Home::new();
    let mut scene = Scene::start(&home);
    let texts: Vec<(&str, Vec<u8>)> = TEXTS
        .lines()
        .map(|row| {
            let columns: Vec<&str> = row.split('\t').collect();
            (columns[0], unescape(columns[2]))
        })
        .collect();
    let naughty: Vec<&str> =
        NAUGHTY.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert_eq!((texts.len(), naughty.len()), (130, 516));
    for (id, text) in &texts {
        let heads = [
            "PRIVMSG #test :",
            "NOTICE #test :",
            "TOPIC #test :",
            "AWAY :",
            "SETNAME :",
            "PRIVMSG witness :",
        ];
        let mut bytes: Vec<u8> = heads.iter().flat_map(|head| with(head, text)).collect();
        bytes.extend(b"WHOIS self\r\n");
        let outcome = scene.play(&Case { id, bytes, registered: true });
        assert!(!outcome.closed, "{id}: {outcome:#?}");
        // What is UTF-8 and not too long is relayed as it was said, but for what no line may hold.
        if let Ok(said) = std::str::from_utf8(text).map(|text| text.replace('\0', " ").replace('\r', "")) {
            let short = said.len() <= 400 && !said.is_empty();
            let heard = outcome
                .heard
                .iter()
                .filter(|line| short && line.ends_with(&format!(" PRIVMSG #test :{said}")));
            let alone = outcome
                .heard
                .iter()
                .filter(|line| short && line.ends_with(&format!(" PRIVMSG #test {said}")));
            assert_eq!(heard.chain(alone).count(), usize::from(short), "{id}: {outcome:#?}");
        }
        // As the words with which somebody goes, and before he is anybody.
        let words = with("QUIT :", text);
        let is_taken = words.len() <= 512 && std::str::from_utf8(&words).is_ok();
        let goodbye = scene.play(&Case { id, bytes: words, registered: true });
        assert_eq!(goodbye.closed, is_taken, "{id}: {goodbye:#?}");
        let bytes = [b"NICK early\r\n".to_vec(), with("USER early 0 * :", text), b"WHOIS early\r\n".to_vec()]
            .concat();
        scene.play(&Case { id, bytes, registered: false });
    }
    scene.told("message-texts.tsv", texts.len());
    for (n, said) in naughty.iter().enumerate() {
        let id = format!("string {}", n + 1);
        let outcome =
            scene.play(&Case { id: &id, bytes: with("PRIVMSG #test :", said.as_bytes()), registered: true });
        if said.len() <= 400 {
            let heard = outcome.heard.iter().filter(|line| {
                let message = Message::parse(line).unwrap();
                message.is("PRIVMSG") && message.params.last() == Some(said)
            });
            assert_eq!(heard.count(), 1, "{id}: {outcome:#?}");
        }
    }
    scene.told("blns.txt", naughty.len());
    scene.finish(&home, texts.len() + naughty.len());
}

/// Whether a nick was taken, or a channel entered, by this name and no other.
fn is_taken(outcome: &Outcome, name: &str) -> bool {
    outcome.is_told(|message| message.is("001") && message.param(0) == name)
        || outcome.is_told(|message| message.is("JOIN") && message.param(0) == name)
}

#[test]
fn hostile_names_are_taken_or_refused_as_their_row_says() {
    let home = Home::new();
    let mut scene = Scene::start(&home);
    let mut rows = 0;
    for row in NAMES.lines() {
        let [id, kind, name, verdict, _] = row.split('\t').collect::<Vec<_>>()[..] else { panic!("{row}") };
        rows += 1;
        let bytes = unescape(name);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if kind == "nick-pair" {
            let (one, other) = text.split_once('\t').unwrap();
            let mut holder = Peer::connect(scene.server.address().parse().unwrap());
            holder.send(&format!("NICK {one}\r\nUSER x 0 * :x\r\nPING :end"));
            let is_held = holder.lines_until(" PONG ").iter().any(|line| line.contains(" 001 "));
            let line = format!("NICK {other}\r\nUSER y 0 * :y\r\n");
            let outcome = scene.play(&Case { id, bytes: line.into_bytes(), registered: false });
            // Nicks are ASCII, so nothing outside of it can be confused with anything: it is refused, whichever is first.
            let is_let = is_held && is_taken(&outcome, other);
            let wanted = match verdict {
                "same" | "confusable-reject" => false,
                _ => is_nick(one) && is_nick(other),
            };
            assert_eq!(is_let, wanted, "{id} {verdict}: {outcome:#?}");
            holder.send("QUIT");
            holder.rest();
            continue;
        }
        let (line, registered) = match kind {
            "nick" => ([&b"NICK :"[..], &bytes, b"\r\nUSER x 0 * :x\r\n"].concat(), false),
            _ => ([&b"JOIN :"[..], &bytes, b"\r\n"].concat(), true),
        };
        let outcome = scene.play(&Case { id, bytes: line, registered });
        match verdict {
            "accept" => assert!(is_taken(&outcome, &text), "{id}: {outcome:#?}"),
            // No file is named after anybody, so that one is like any other.
            "reject" if id == "NB41" => assert!(is_taken(&outcome, &text), "{id}: {outcome:#?}"),
            "reject" => assert!(!is_taken(&outcome, &text), "{id}: {outcome:#?}"),
            _ => {}
        }
    }
    assert_eq!(rows, 102);
    scene.told("names.tsv", rows);
    let folder = Path::new(&home.path("data")).join("log");
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(["00000000000000000001.irc", "lock", "checkpoint"].contains(&name.as_str()), "{name}");
    }
    scene.finish(&home, rows);
}

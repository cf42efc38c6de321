//! Scripts of lines in and lines out: the conversation is the test.
//!
//! `a> LINE` is said by connection `a`, `a< LINE` must be the next line that `a` hears (`*` stands for any run), `a.`
//! says that `a` has heard all, `a!` closes `a`'s connection, `a+` opens it and registers it as a nick of that name,
//! `~N` lets N seconds pass. What nobody asked for at the end of a script fails it.

mod asked;
mod bans;
mod coming;
mod connections;
mod extensions;
mod guard;
mod itself;
mod mended;
mod modes;
mod monitor;
mod operators;
mod order;
mod past;
mod people;
mod queries;
mod recalled;
mod search;
mod sent;
mod status;
mod talk;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use chatui::irc::name::mask_matches;
use chatui::irc::{Line, Time};
use chatui::server::backbone::Local;
use chatui::server::core::ban::Ban;
use chatui::server::core::password::Verdict;
use chatui::server::core::{Audience, Config, ConnId, Core, Form, Input, Lines, Output, Peer};
use chatui::server::log::{Log, MemoryLog};
use chatui::server::pages::{Job, Work};
use chatui::server::turn::{Turn, drive};

pub struct Stage {
    core: Core,
    backbone: Local,
    now: Time,
    heard: BTreeMap<u32, VecDeque<String>>,
    closed: Vec<u32>,
    pub kept: Vec<Line>,
    /// Who has sent what was kept, by the lines' ids.
    senders: HashMap<String, ConnId>,
    /// The bans that were to be kept last.
    pub bans: Arc<[Ban]>,
    /// How many passwords were to be checked.
    checks: usize,
    /// What becomes of a page that is to be read from the log.
    pages: Pages,
    /// Too many passwords are being checked for another one.
    busy: bool,
    /// What comes of a check is for the test to say.
    slow: bool,
    /// Behind which line nothing was to be found by the last search.
    until: Option<(Time, u64)>,
}

/// What becomes of a page of the log: it is named, it is read from what was kept, or it cannot be read.
enum Pages {
    Named,
    Read,
    Broken,
}

impl Stage {
    pub fn new(config: Config) -> Stage {
        Stage {
            core: Core::new(config),
            backbone: Local::after(Time::default(), 0),
            now: Time::from_millis(1_795_190_700_000),
            heard: BTreeMap::new(),
            closed: Vec::new(),
            kept: Vec::new(),
            senders: HashMap::new(),
            bans: Arc::default(),
            checks: 0,
            pages: Pages::Named,
            busy: false,
            slow: false,
            until: None,
        }
    }

    fn input(&mut self, input: Input<'_>) {
        let (mut turn, mut scratch) = (Turn::default(), Vec::new());
        drive(&mut self.core, &mut self.backbone, input, self.now, &mut turn, &mut scratch);
        let ids = turn.lines.iter().map(|line| line.msgid().to_owned());
        self.senders.extend(ids.zip(turn.senders));
        self.kept.extend(turn.lines);
        for output in turn.outputs {
            match output {
                Output::Reply { to, bytes, .. } => self.hear(to, &bytes),
                Output::Deliver { line, to: Audience::One(id, form), except } if except != Some(id) => {
                    self.hear(id, &form.bytes(&line));
                }
                Output::Deliver { line, to: Audience::Many(ears), except } => {
                    for form in Form::ALL {
                        for id in ears.of(0, form).iter().filter(|id| except != Some(**id)) {
                            self.hear(*id, &form.bytes(&line));
                        }
                    }
                }
                Output::Close(id, _) => self.closed.push(id.0),
                Output::Page { to, lines: Lines::Recent { lines, rest, .. }, playback } => {
                    self.hear(to, &playback.lines(&lines, rest));
                }
                Output::Page { to, lines: Lines::Asked(query), playback } => {
                    let mut log = MemoryLog::new();
                    log.append(&self.kept).unwrap();
                    let bytes = match self.pages {
                        Pages::Named => {
                            format!("asked for a page of {}\r\n", query.channel).as_bytes().into()
                        }
                        Pages::Read => {
                            let page = log.prefix().page(&query).unwrap();
                            playback.bytes(page.items(), page.rest())
                        }
                        Pages::Broken => playback.failure(),
                    };
                    self.hear(to, &bytes);
                }
                Output::Page { to, lines: Lines::Sought(find), playback } => {
                    let mut log = MemoryLog::new();
                    log.append(&self.kept).unwrap();
                    self.until = find.until;
                    let (work, log) = (Work::Search(find), log.prefix());
                    let bytes = Job { to, page: (0, 0), work, playback, log }.bytes();
                    self.hear(to, &bytes);
                }
                Output::Append { .. } => panic!("an append was left over"),
                Output::Check(_) if self.slow => self.checks += 1,
                Output::Check(check) => {
                    self.checks += 1;
                    let right = check.hash.text() == format!("hash of {}", check.password.text());
                    let verdict = match (self.busy, right) {
                        (true, _) => Verdict::Busy,
                        (_, true) => Verdict::Right,
                        (_, false) => Verdict::Wrong,
                    };
                    self.input(Input::Checked(check.of, verdict));
                }
                Output::Bans { bans, .. } => self.bans = bans,
                Output::Deliver { .. } | Output::Note(_) => {}
            }
        }
    }

    /// The log had no room for these.
    fn not_kept(&mut self, lines: Vec<Line>) {
        let lines = lines.into_iter().map(|line| {
            let sender = self.senders[line.msgid()];
            (line, sender)
        });
        let lines = lines.collect();
        self.input(Input::NotKept(lines));
    }

    fn hear(&mut self, id: ConnId, bytes: &[u8]) {
        let text = std::str::from_utf8(bytes).unwrap();
        let lines = text.strip_suffix("\r\n").unwrap_or_else(|| panic!("no line end: {text:?}"));
        for line in lines.split("\r\n") {
            assert!(!line.contains(['\r', '\n', '\0']), "{line:?}");
            let untagged = line
                .strip_prefix('@')
                .and_then(|tagged| tagged.split_once(' '))
                .map_or(line, |(_, rest)| rest);
            assert!(untagged.len() <= 510, "{} bytes: {untagged}", untagged.len());
            self.heard.entry(id.0).or_default().push_back(line.to_owned());
        }
    }

    fn say(&mut self, id: u32, line: &str) {
        self.input(Input::Line(ConnId(id), line.as_bytes()));
    }

    pub fn take(&mut self, id: char) -> Vec<String> {
        self.heard.remove(&u32::from(id)).unwrap_or_default().into()
    }

    pub fn bytes(&mut self, id: char, line: &[u8]) {
        self.input(Input::Line(ConnId(u32::from(id)), line));
    }

    pub fn run(&mut self, script: &str) {
        for (n, step) in script.lines().map(str::trim).enumerate().filter(|(_, step)| !step.is_empty()) {
            if let Some(seconds) = step.strip_prefix('~') {
                self.now = self.now + Duration::from_secs(seconds.trim().parse().unwrap());
                self.input(Input::Tick);
                continue;
            }
            let id = u32::from(step.as_bytes()[0]);
            let rest = step[2..].trim_start();
            match step.as_bytes()[1] {
                b'>' => self.say(id, rest),
                b'<' => {
                    let next = self.heard.entry(id).or_default().pop_front();
                    let next = next.unwrap_or_else(|| panic!("step {n}: {step}\n  but nothing was heard"));
                    assert!(fits(rest, &next), "step {n}: {step}\n  but heard: {next}");
                }
                b'.' => {
                    let left = self.heard.entry(id).or_default();
                    assert!(left.is_empty(), "step {n}: {step}\n  but heard: {left:#?}");
                }
                b'*' => drop(self.heard.remove(&id)),
                b'!' => self.input(Input::Close(ConnId(id), rest.to_owned())),
                b'+' => {
                    self.input(Input::Open(ConnId(id), Peer { address: "h".to_owned(), ..Peer::default() }));
                    if !rest.is_empty() {
                        self.say(id, &format!("NICK {rest}"));
                        self.say(id, &format!("USER {} 0 * :{rest}", rest.to_lowercase()));
                        self.heard.remove(&id);
                    }
                }
                b'#' => assert!(self.closed.contains(&id), "step {n}: {step}\n  but it is open"),
                other => panic!("step {n}: what is {:?}?", char::from(other)),
            }
        }
        let left: Vec<_> = self.heard.iter().filter(|(_, lines)| !lines.is_empty()).collect();
        assert!(left.is_empty(), "at the end there is more: {left:#?}");
    }
}

/// A mask for lines: `*` alone is special, since `?` and brackets are text here, and letters have their case.
fn fits(mask: &str, line: &str) -> bool {
    if !mask.contains('*') {
        return mask == line;
    }
    mask_matches(mask, line)
}

fn script(text: &str) -> Stage {
    let mut stage = Stage::new(Config::default());
    stage.run(text);
    stage
}

//! Any series of inputs to the server's core. What leaves it is checked as a reader would: whole lines within the limits,
//! and in front of each the server's name or somebody who is there under that name.
//!
//! An input is a script, a step a line: `a> LINE` is said by connection `a`, `a+NICK` opens it and registers it, `a+` only
//! opens it, `a!` closes it, `a~N` lets N seconds pass, `a-` takes the last kept line back. Of the first sign the lowest
//! three bits count.
#![no_main]

use std::time::Duration;

use chatui::irc::line::cut;
use chatui::irc::{Line, Time};
use chatui::server::backbone::Local;
use chatui::server::core::config::Operator;
use chatui::server::core::password::{Hidden, Verdict};
use chatui::server::core::{Audience, Config, ConnId, Core, Form, Input, Lines, Output, Peer};
use chatui::server::log::{Log, MemoryLog};
use chatui::server::turn::{Turn, drive};
use chatui_fuzz::check_lines;
use libfuzzer_sys::fuzz_target;

/// Most lines of a script: more of them show nothing that these do not.
const MOST_STEPS: usize = 400;

struct Stage {
    core: Core,
    backbone: Local,
    now: Time,
    kept: Vec<Line>,
    open: [bool; 8],
}

impl Stage {
    fn new() -> Stage {
        // The password stands for its hash.
        let operators = vec![Operator { name: "o".into(), hash: Hidden::new("p") }];
        Stage {
            core: Core::new(Config { operators, motd: vec!["m".into()], ..Config::default() }),
            backbone: Local::after(Time::default(), 0),
            now: Time::from_millis(1_795_190_700_000),
            kept: Vec::new(),
            open: [false; 8],
        }
    }

    fn input(&mut self, input: Input<'_>) {
        let (mut turn, mut scratch) = (Turn::default(), Vec::new());
        drive(&mut self.core, &mut self.backbone, input, self.now, &mut turn, &mut scratch);
        for line in &turn.lines {
            let message = line.message();
            assert!(!message.source.unwrap_or_default().is_empty(), "{line:?} has no source");
            check_lines(line.tagged());
        }
        self.kept.extend(turn.lines);
        for output in turn.outputs {
            self.output(output);
        }
    }

    fn output(&mut self, output: Output) {
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
            Output::Close(id, _) => {
                assert!(std::mem::take(&mut self.open[id.0 as usize]), "{id:?} is closed twice");
            }
            Output::Page { to, lines: Lines::Recent { lines, rest, .. }, playback } => {
                self.hear_page(to, &playback.lines(&lines, rest));
            }
            Output::Page { to, lines: Lines::Asked(query), playback } => {
                let mut log = MemoryLog::new();
                log.append(&self.kept).expect("lines in order");
                let page = log.prefix().page(&query).expect("memory can be read");
                self.hear_page(to, &playback.bytes(page.items(), page.rest()));
            }
            Output::Page { to, lines: Lines::Sought(_), playback } => self.hear(to, &playback.failure()),
            Output::Append { .. } => panic!("an append was left over"),
            Output::Check(check) => {
                let verdict = if check.password == check.hash { Verdict::Right } else { Verdict::Wrong };
                self.input(Input::Checked(check.of, verdict));
            }
            Output::Deliver { .. } | Output::Bans { .. } | Output::Note(_) => {}
        }
    }

    /// A page of which nothing is for these ears, told without a batch, has no line.
    fn hear_page(&self, to: ConnId, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.hear(to, bytes);
        }
    }

    fn hear(&self, to: ConnId, bytes: &[u8]) {
        assert!(self.open[to.0 as usize], "{to:?} is not there");
        for line in check_lines(bytes) {
            let untagged =
                line.strip_prefix('@').and_then(|line| line.split_once(' ')).map_or(line, |(_, rest)| rest);
            let source =
                untagged.strip_prefix(':').and_then(|rest| rest.split_once(' ')).map(|(source, _)| source);
            match source {
                Some(source) => {
                    let is_user = source.contains('!') && source.contains('@');
                    assert!(source == "chatui.local" || is_user, "{line:?}");
                }
                None => assert!(untagged.starts_with("PING ") || untagged.starts_with("ERROR "), "{line:?}"),
            }
        }
    }

    fn open(&mut self, id: ConnId, nick: &[u8]) {
        if std::mem::replace(&mut self.open[id.0 as usize], true) {
            return;
        }
        self.input(Input::Open(id, Peer { address: "h".to_owned(), ..Peer::default() }));
        if !nick.is_empty() {
            for line in
                [&b"CAP REQ :"[..], b"batch message-tags server-time echo-message labeled-response"].chunks(2)
            {
                self.input(Input::Line(id, &line.concat()));
            }
            self.input(Input::Line(id, &[b"NICK ", nick].concat()));
            if self.open[id.0 as usize] {
                self.input(Input::Line(id, b"USER u 0 * :u"));
            }
            if self.open[id.0 as usize] {
                self.input(Input::Line(id, b"CAP END"));
            }
        }
    }

    fn step(&mut self, step: &[u8]) {
        let [who, what, rest @ ..] = step else { return };
        let id = ConnId(u32::from(who & 7));
        let there = self.open[id.0 as usize];
        let rest = rest.strip_prefix(b" ").unwrap_or(rest);
        match what {
            b'>' if there && rest.len() > 8191 + 510 => self.input(Input::TooLong(id)),
            b'>' if there => self.input(Input::Line(id, rest)),
            b'!' if there => {
                self.input(Input::Close(id, cut(&String::from_utf8_lossy(rest), 300).to_owned()))
            }
            b'+' => self.open(id, rest),
            b'~' => {
                let seconds = rest.iter().fold(0, |sum, b| (sum * 10 + u64::from(b & 15)) % 1_000);
                self.now = self.now + Duration::from_secs(seconds);
                self.input(Input::Tick);
            }
            b'-' => {
                if let Some(line) = self.kept.pop() {
                    self.input(Input::NotKept(vec![line]));
                }
            }
            _ => {}
        }
    }
}

fuzz_target!(|input: &[u8]| {
    chatui_fuzz::timed(input, |input| {
        let mut stage = Stage::new();
        for step in input.split(|b| *b == b'\n').take(MOST_STEPS) {
            stage.step(step);
        }
        for id in 0..8 {
            if stage.open[id] {
                stage.input(Input::Close(ConnId(id as u32), "the end".to_owned()));
            }
        }
        assert_eq!(stage.core.users(), 0, "somebody is left");
        assert_eq!(stage.open, [false; 8], "a connection is left");
    });
});

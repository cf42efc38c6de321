//! Scripts of lines in and lines out: the conversation is the test.
//!
//! `a> LINE` is said by connection `a`, `a< LINE` must be the next line that `a` hears (`*` stands for any run), `a.`
//! says that `a` has heard all, `a!` closes `a`'s connection, `a+` opens it and registers it as a nick of that name,
//! `~N` lets N seconds pass. What nobody asked for at the end of a script fails it.

mod mended;
mod modes;
mod monitor;
mod operators;
mod queries;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use chatui::irc::name::mask_matches;
use chatui::irc::{Line, Time};
use chatui::server::backbone::Local;
use chatui::server::core::{Audience, Config, ConnId, Core, Form, Input, Lines, Output, Peer};
use chatui::server::log::{Log, MemoryLog};
use chatui::server::turn::{Turn, drive};

pub struct Stage {
    core: Core,
    backbone: Local,
    now: Time,
    heard: BTreeMap<u32, VecDeque<String>>,
    closed: Vec<u32>,
    pub kept: Vec<Line>,
    /// What becomes of a page that is to be read from the log.
    pages: Pages,
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
            pages: Pages::Named,
        }
    }

    fn input(&mut self, input: Input<'_>) {
        let (mut turn, mut scratch) = (Turn::default(), Vec::new());
        drive(&mut self.core, &mut self.backbone, input, self.now, &mut turn, &mut scratch);
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
                Output::Append { .. } => panic!("an append was left over"),
                Output::Deliver { .. } | Output::Note(_) => {}
            }
        }
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

#[test]
fn a_welcome() {
    script(
        "a+
        a> NICK alice
        a.
        a> USER al 0 * :Alice A
        a< :chatui.local 001 alice :Welcome to chatui, alice!~al@h
        a< :chatui.local 002 alice :*
        a< :chatui.local 003 alice :*
        a< :chatui.local 004 alice chatui.local chatui-* Biow CIbeiklmnostv Ibeklov
        a< :chatui.local 005 alice *CASEMAPPING=ascii*
        a< :chatui.local 005 alice *WHOX*
        a< :chatui.local 005 alice *CHATHISTORY=*
        a< :chatui.local 251 alice :*
        a< :chatui.local 252 alice *
        a< :chatui.local 253 alice *
        a< :chatui.local 254 alice *
        a< :chatui.local 255 alice *
        a< :chatui.local 265 alice *
        a< :chatui.local 266 alice *
        a< :chatui.local 422 alice :*",
    );
}

#[test]
fn a_conversation_in_a_channel() {
    let stage = script(
        "a+alice
        b+bob
        a> JOIN #lobby
        a< :alice!~alice@h JOIN #lobby
        a< :chatui.local 353 alice = #lobby @alice
        a< :chatui.local 366 alice #lobby :*
        b> JOIN #LOBBY
        b< :bob!~bob@h JOIN #lobby
        b< :chatui.local 353 bob = #lobby :@alice bob
        b< :chatui.local 366 bob #lobby :*
        a< :bob!~bob@h JOIN #lobby
        a> PRIVMSG #lobby :hi there
        b< :alice!~alice@h PRIVMSG #lobby :hi there
        a.
        b> NICK rob
        b< :bob!~bob@h NICK rob
        a< :bob!~bob@h NICK rob
        b> PRIVMSG alice :psst
        a< :rob!~bob@h PRIVMSG alice :psst
        b> PART #lobby :bye
        a< :rob!~bob@h PART #lobby :bye
        b< :rob!~bob@h PART #lobby :bye
        b> PRIVMSG #lobby :hello?
        b< :chatui.local 404 rob #lobby :*",
    );
    let kept: Vec<String> = stage
        .kept
        .iter()
        .map(|line| String::from_utf8_lossy(line.untagged()).trim_end().to_owned())
        .collect();
    assert_eq!(
        kept,
        [
            ":alice!~alice@h JOIN #lobby",
            ":bob!~bob@h JOIN #lobby",
            ":alice!~alice@h PRIVMSG #lobby :hi there",
            ":bob!~bob@h NICK rob",
            ":rob!~bob@h PART #lobby :bye",
        ],
        "what was for one person alone is not kept"
    );
}

#[test]
fn a_newcomer_is_told_what_was_said() {
    script(
        "a+alice
        a> JOIN #x
        a> TOPIC #x :tides
        a> PRIVMSG #x :one
        a> PRIVMSG #x :\u{1}ACTION waves\u{1}
        a*
        b+bob
        b> JOIN #x
        b< :bob!~bob@h JOIN #x
        b< :chatui.local 332 bob #x tides
        b< :chatui.local 333 bob #x alice *
        b< :chatui.local 353 bob *
        b< :chatui.local 366 bob *
        b< :alice!~alice@h PRIVMSG #x :[*:*] one
        b< :alice!~alice@h PRIVMSG #x :\u{1}ACTION [*:*] waves\u{1}
        c+
        c> CAP LS 302
        c< :chatui.local CAP * LS :message-tags *
        c> CAP REQ :server-time batch message-tags
        c< :chatui.local CAP * ACK :server-time batch message-tags
        c> NICK carol
        c> USER c 0 * :c
        c.
        c> CAP END
        c*
        c> JOIN #x
        c< @time=*;msgid=* :carol!~c@h JOIN #x
        c< :chatui.local 332 carol #x tides
        c< :chatui.local 333 carol *
        c< :chatui.local 353 carol *
        c< :chatui.local 366 carol *
        c< :chatui.local BATCH +b* chathistory #x
        c< @batch=b*;time=*;msgid=* :alice!~alice@h PRIVMSG #x :one
        c< @batch=b*;time=*;msgid=* :alice!~alice@h PRIVMSG #x :\u{1}ACTION waves\u{1}
        c< :chatui.local BATCH -b*
        a< :bob!~bob@h JOIN #x
        a< :carol!~c@h JOIN #x
        b< :carol!~c@h JOIN #x",
    );
}

#[test]
fn a_topic_is_its_operators() {
    script(
        "a+alice
        b+bob
        a> JOIN #x
        b> JOIN #x
        a*
        b*
        b> TOPIC #x :mine
        b< :chatui.local 482 bob #x :*
        b> TOPIC #x
        b< :chatui.local 331 bob #x :*
        a> TOPIC #x :ours
        a< :alice!~alice@h TOPIC #x :ours
        b< :alice!~alice@h TOPIC #x :ours
        a> MODE #x -t
        a< :alice!~alice@h MODE #x -t
        b< :alice!~alice@h MODE #x -t
        b> TOPIC #x :mine
        a< :bob!~bob@h TOPIC #x :mine
        b< :bob!~bob@h TOPIC #x :mine
        b> MODE #x +o bob
        b< :chatui.local 482 bob #x :*
        a> KICK #x bob :out
        a< :alice!~alice@h KICK #x bob :out
        b< :alice!~alice@h KICK #x bob :out
        a> MODE #x +kl word 5
        a< :alice!~alice@h MODE #x +kl word 5
        b> JOIN #x
        b< :chatui.local 475 bob #x :*
        b> JOIN #x word
        a< :bob!~bob@h JOIN #x
        b*
        b> MODE #x
        b< :chatui.local 324 bob #x +nkl word 5
        b< :chatui.local 329 bob #x *",
    );
}

#[test]
fn the_echo_goes_to_those_who_asked_for_it() {
    script(
        "a+
        a> CAP REQ :echo-message labeled-response message-tags batch
        a> NICK alice
        a> USER a 0 * :a
        a> CAP END
        a> JOIN #x
        a*
        b+bob
        b> JOIN #x
        b*
        a*
        a> @+chatui/id=1;time=x;label=l1 PRIVMSG #x :hi
        a< @label=l1;msgid=*;+chatui/id=1 :alice!~a@h PRIVMSG #x :hi
        b< :alice!~a@h PRIVMSG #x :hi
        a> @label=l2 PING t
        a< @label=l2 :chatui.local PONG chatui.local t
        a> @label=l3 PONG t
        a< @label=l3 :chatui.local ACK
        a> @label=l4 TOPIC #x
        a< @label=l4 :chatui.local 331 *
        a> @label=l5 WHO #x
        a< @label=l5 :chatui.local BATCH +b* labeled-response
        a< @batch=b* :chatui.local 352 *
        a< @batch=b* :chatui.local 352 *
        a< @batch=b* :chatui.local 315 *
        a< :chatui.local BATCH -b*
        a> @label=l6 PRIVMSG bob :you
        a< @label=l6;msgid=* :alice!~a@h PRIVMSG bob :you
        b< :alice!~a@h PRIVMSG bob :you",
    );
}

#[test]
fn a_line_that_is_said_again_under_its_id_is_heard_once() {
    let stage = script(
        "a+
        a> CAP REQ :echo-message message-tags
        a> NICK alice
        a> USER a 0 * :a
        a> CAP END
        a> JOIN #x
        a*
        b+bob
        b> JOIN #x
        b*
        a*
        a> @+chatui/id=0123456789abcdef0123456789abcdef PRIVMSG #x :once
        a< @msgid=*;+chatui/id=0123456789abcdef0123456789abcdef :alice!~a@h PRIVMSG #x :once
        b< :alice!~a@h PRIVMSG #x :once
        a> PRIVMSG #x :between
        a< @msgid=* :alice!~a@h PRIVMSG #x :between
        b< :alice!~a@h PRIVMSG #x :between
        a> @+chatui/id=0123456789abcdef0123456789abcdef PRIVMSG #x :once
        a< @msgid=*;+chatui/id=0123456789abcdef0123456789abcdef :alice!~a@h PRIVMSG #x :once
        b.",
    );
    assert_eq!(stage.kept.iter().filter(|line| line.message().param(1) == "once").count(), 1);
}

#[test]
fn what_is_said_again_is_heard_once_in_private_and_after_a_restart_and_under_another_nick() {
    let log = script(
        "a+alice
        a> JOIN #x
        a> @+chatui/id=0123456789abcdef0123456789abcdef PRIVMSG #x :once
        a*",
    );
    let mut stage = Stage::new(Config::default());
    log.kept.iter().for_each(|line| stage.core.recall_id(line));
    let msgid = log.kept.last().unwrap().msgid();
    stage.run(&format!(
        "a+
        a> CAP REQ :echo-message message-tags
        a> NICK alice_
        a> USER a 0 * :a
        a> CAP END
        a> JOIN #x
        a*
        b+bob
        b> JOIN #x
        b*
        a*
        a> @+chatui/id=0123456789abcdef0123456789abcdef PRIVMSG #x :once
        a< @msgid={msgid};+chatui/id=0123456789abcdef0123456789abcdef :alice_!~a@h PRIVMSG #x :once
        a> @+chatui/id=1123456789abcdef0123456789abcdef NOTICE bob :you
        a< *+chatui/id=1123456789abcdef0123456789abcdef :alice_!~a@h NOTICE bob :you
        b< :alice_!~a@h NOTICE bob :you
        a> @+chatui/id=1123456789abcdef0123456789abcdef NOTICE bob :you
        a< *+chatui/id=1123456789abcdef0123456789abcdef :alice_!~a@h NOTICE bob :you
        a> @+chatui/id=1123456789abcdef0123456789abcdef TAGMSG bob
        a< *+chatui/id=1123456789abcdef0123456789abcdef :alice_!~a@h TAGMSG bob
        a.
        b."
    ));
}

#[test]
fn a_connection_that_ends_frees_its_nick_at_once() {
    let stage = script(
        "a+alice
        b+bob
        a> JOIN #x,#y
        b> JOIN #x,#y
        a*
        b*
        a! Connection reset by peer
        b< :alice!~alice@h QUIT :Connection reset by peer
        b.
        a#
        c+
        c> NICK ALICE
        c> USER c 0 * :c
        c< :chatui.local 001 ALICE :*
        c*
        b> QUIT :enough
        b< ERROR :Quit: enough
        b#",
    );
    assert_eq!(stage.closed.len(), 2);
}

#[test]
fn nicks_are_valid_and_free() {
    script(
        "a+alice
        b+
        b> NICK Alice
        b< :chatui.local 433 * Alice :*
        b> NICK 1x
        b< :chatui.local 432 * 1x :*
        b> NICK
        b< :chatui.local 431 * :*
        b> NICK server
        b< :chatui.local 432 * server :*
        b> PRIVMSG alice :x
        b< :chatui.local 451 * :*
        a> NICK Alice
        a< :alice!~alice@h NICK Alice",
    );
}

#[test]
fn a_silent_connection_is_asked_and_then_closed() {
    script(
        "a+alice
        b+
        ~31
        b< ERROR :Registration timed out
        b#
        ~90
        a< PING *chatui.local
        ~30
        a> PONG chatui.local
        ~121
        a< PING *
        ~61
        a< ERROR :Ping timeout
        a#",
    );
}

#[test]
fn the_password_opens_the_door() {
    let mut stage = Stage::new(Config { password: Some("tide".to_owned()), ..Config::default() });
    stage.run(
        "a+
        a> PASS wrong
        a> NICK a
        a> USER a 0 * a
        a< :chatui.local 464 a :*
        a< ERROR :*
        a#
        b+
        b> PASS tide
        b> NICK b
        b> USER b 0 * b
        b< :chatui.local 001 b :*
        b*",
    );
}

#[test]
fn history_is_asked_for_by_those_who_know_how() {
    let mut stage = script(
        "a+
        a> CAP REQ :draft/chathistory batch server-time message-tags labeled-response
        a> NICK alice
        a> USER a 0 * :a
        a> CAP END
        b+bob
        b> JOIN #x
        b> PRIVMSG #x :one
        b> PRIVMSG #x :two
        b> PRIVMSG #x :three
        a> JOIN #x
        b*
        a*
        a> CHATHISTORY LATEST #x * 2
        a< :chatui.local BATCH +b* chathistory #x
        a< @batch=b*;time=*;msgid=* :bob!~bob@h PRIVMSG #x :two
        a< @batch=b*;time=*;msgid=* :bob!~bob@h PRIVMSG #x :three
        a< :chatui.local BATCH -b*
        a> @label=h CHATHISTORY AFTER #x timestamp=2020-01-01T00:00:00.000Z 1
        a< @label=h :chatui.local BATCH +b* chathistory #x
        a< @batch=b*;* :bob!~bob@h PRIVMSG #x :one
        a< :chatui.local BATCH -b*
        a> CHATHISTORY LATEST #nowhere * 2
        a< :chatui.local FAIL CHATHISTORY INVALID_TARGET LATEST #nowhere :*
        a> CHATHISTORY SIDEWAYS #x * 2
        a< :chatui.local FAIL CHATHISTORY INVALID_PARAMS SIDEWAYS :*
        a> CHATHISTORY BEFORE #x number=5 2
        a< :chatui.local FAIL CHATHISTORY INVALID_MSGREFTYPE BEFORE #x :*
        a> CHATHISTORY TARGETS timestamp=2020-01-01T00:00:00.000Z timestamp=2030-01-01T00:00:00.000Z 5
        a< :chatui.local BATCH +b* draft/chathistory-targets
        a< @batch=b* :chatui.local CHATHISTORY TARGETS #x 2026-*
        a< :chatui.local BATCH -b*",
    );
    let two = stage.kept.iter().find(|line| line.message().param(1) == "two").unwrap().msgid().to_owned();
    stage.run(&format!(
        "a> CHATHISTORY BEFORE #x msgid={two} 10
        a< *BATCH +*
        a< * PRIVMSG #x :one
        a< *BATCH -*
        a> CHATHISTORY AFTER #x msgid={two} 10
        a< *BATCH +*
        a< * PRIVMSG #x :three
        a< *BATCH -*
        a> CHATHISTORY AROUND #x msgid={two} 3
        a< *BATCH +*
        a< * PRIVMSG #x :one
        a< * PRIVMSG #x :two
        a< * PRIVMSG #x :three
        a< *BATCH -*"
    ));
}

#[test]
fn events_are_played_back_to_those_who_asked_for_them_in_a_batch() {
    let mut stage = Stage::new(Config::default());
    stage.pages = Pages::Read;
    stage.run(
        "b+bob
        b> JOIN #x
        b> TOPIC #x :tides
        b> PRIVMSG #x :one
        b*
        a+
        a> CAP REQ :draft/chathistory draft/event-playback batch message-tags labeled-response
        a> NICK alice
        a> USER a 0 * :a
        a> CAP END
        a> JOIN #x
        a*
        b*
        a> @label=h CHATHISTORY LATEST #x * 10
        a< @label=h;draft/chathistory-end :chatui.local BATCH +b* chathistory #x
        a< @batch=b*;msgid=* :bob!~bob@h JOIN #x
        a< @batch=b*;msgid=* :bob!~bob@h TOPIC #x :tides
        a< @batch=b*;msgid=* :bob!~bob@h PRIVMSG #x :one
        a< @batch=b*;msgid=* :alice!~a@h JOIN #x
        a< :chatui.local BATCH -b*
        a> CAP REQ -batch
        a< *ACK*
        a> CHATHISTORY LATEST #x * 10
        a< :bob!~bob@h PRIVMSG #x :[*] one
        a.",
    );
    stage.pages = Pages::Broken;
    stage.run(
        "a> CAP REQ batch
        a< *ACK*
        a> @label=i CHATHISTORY LATEST #x * 10
        a< @label=i :chatui.local FAIL CHATHISTORY MESSAGE_ERROR LATEST #x :*
        a.",
    );
}

#[test]
fn what_is_no_utf8_is_not_relayed() {
    let mut stage = script("a+alice\n b+bob\n a> JOIN #x\n b> JOIN #x\n a*\n b*");
    stage.input(Input::Line(ConnId(u32::from(b'a')), b"PRIVMSG #x :\xff\xfe"));
    stage.input(Input::Line(ConnId(u32::from(b'a')), b"PRIVMSG #x :a\rb"));
    stage.run("a< :chatui.local FAIL PRIVMSG INVALID_UTF8 :*\n b.");
}

#[test]
fn everybody_is_told_when_the_server_stops() {
    let mut stage = script("a+alice\n b+");
    stage.input(Input::Shutdown("Bye!".to_owned()));
    stage.run(
        "a< :chatui.local NOTICE alice :Bye!
        a< ERROR :Bye!
        b< ERROR :Bye!
        a#
        b#",
    );
}

#[test]
fn who_is_here() {
    script(
        "a+alice
        b+bob
        a> JOIN #x
        a*
        b> AWAY :lunch
        b< :chatui.local 306 bob :*
        a> PRIVMSG bob :hi
        a< :chatui.local 301 alice bob lunch
        b< :alice!~alice@h PRIVMSG bob :hi
        b> WHO #x
        b< :chatui.local 352 bob #x ~alice h chatui.local alice H@ :0 alice
        b< :chatui.local 315 bob #x :*
        b> WHOIS alice
        b< :chatui.local 311 bob alice ~alice h * alice
        b< :chatui.local 319 bob alice @#x
        b< :chatui.local 312 bob alice chatui.local chatui
        b< :chatui.local 317 bob alice 0 * :*
        b< :chatui.local 318 bob alice :*
        b> LIST
        b< :chatui.local 321 bob *
        b< :chatui.local 322 bob #x 1 :
        b< :chatui.local 323 bob :*
        b> NAMES #x
        b< :chatui.local 353 bob = #x @alice
        b< :chatui.local 366 bob #x :*
        a> MODE #x +s
        a< :alice!~alice@h MODE #x +s
        b> LIST
        b< :chatui.local 321 bob *
        b< :chatui.local 323 bob :*
        b> NAMES #x
        b< :chatui.local 366 bob #x :*
        b> WHOIS nobody
        b< :chatui.local 401 bob nobody :*
        b< :chatui.local 318 bob nobody :*",
    );
}

//! Conversations with the client's core: lines and keys in, lines and windows out.

use std::time::Duration;

use chatui::client::Address;
use chatui::client::app::{App, Effect, Event, Measure, Options, Overlay, Screen, Status, Surroundings};
use chatui::client::entry::{Entry, GapState, Kind, State};
use chatui::client::window::{Drawn, Scroll};
use chatui::irc::Time;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

pub const CAPS: &str = "message-tags server-time batch labeled-response echo-message draft/chathistory";

/// A client and what it has sent.
pub struct Talk {
    pub app: App,
    pub now: Time,
    pub sent: Vec<String>,
    pub tagged: Vec<String>,
    others: Vec<Effect>,
}

impl Talk {
    pub fn new() -> Talk {
        Talk::with(Options {
            server: Some(Address { host: "h".into(), port: 6667, tls: false }),
            nick: "alice".into(),
            ..Options::default()
        })
    }

    pub fn with(options: Options) -> Talk {
        let now = Time::from_millis(1_795_190_700_000);
        let mut talk = Talk {
            app: App::new(options, surroundings(), now),
            now,
            sent: Vec::new(),
            tagged: Vec::new(),
            others: Vec::new(),
        };
        let effects = talk.app.start(now);
        talk.keep(effects);
        talk
    }

    pub fn keep(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                // That one types is not what most tests are about.
                Effect::Send(line) if line.contains(" TAGMSG ") => self.tagged.push(line),
                Effect::Send(line) => self.sent.push(line),
                other => self.others.push(other),
            }
        }
    }

    pub fn event(&mut self, event: Event) {
        let effects = self.app.update(event, self.now);
        self.keep(effects);
    }

    /// What the client has sent since this was asked last.
    pub fn sent(&mut self) -> Vec<String> {
        std::mem::take(&mut self.sent)
    }

    pub fn others(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.others)
    }

    /// Lines of the server, one a row.
    pub fn hears(&mut self, lines: &str) {
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            self.event(Event::Line(line.to_owned().into_bytes().into()));
        }
    }

    pub fn key(&mut self, modifiers: KeyModifiers, code: KeyCode) {
        self.event(Event::Key(KeyEvent::new(code, modifiers)));
    }

    pub fn control(&mut self, c: char) {
        self.key(KeyModifiers::CONTROL, KeyCode::Char(c));
    }

    pub fn types(&mut self, text: &str) {
        for c in text.chars() {
            self.key(KeyModifiers::NONE, KeyCode::Char(c));
        }
        self.key(KeyModifiers::NONE, KeyCode::Enter);
    }

    pub fn passes(&mut self, millis: u64) {
        self.now = self.now + Duration::from_millis(millis);
        self.event(Event::Tick);
    }

    /// Connected and welcomed by a chatui server with these capabilities.
    pub fn online(&mut self, caps: &str) {
        self.online_at("chatui-1", caps);
    }

    /// The same by a server of this version: where others than chatui are written to at a pace.
    pub fn online_at(&mut self, version: &str, caps: &str) {
        self.event(Event::Online);
        self.hears(&format!(":s CAP * LS :{caps}"));
        if !caps.is_empty() {
            self.hears(&format!(":s CAP * ACK :{caps}"));
        }
        self.hears(&format!(
            ":s 001 alice :Welcome, alice!a@host
             :s 004 alice s {version} B b
             :s 005 alice CHATHISTORY=100 PREFIX=(ov)@+ :are supported
             :s 422 alice :MOTD File is missing"
        ));
    }

    pub fn joined(&mut self, name: &str, names: &str) {
        self.hears(&format!(
            ":alice!a@host JOIN {name}\n:s 353 alice = {name} :{names}\n:s 366 alice {name} :End of /NAMES list"
        ));
    }

    /// A piece of history: what the client asked for last is answered with these lines.
    pub fn history(&mut self, label: Option<&str>, name: &str, lines: &[String]) {
        let label = label.map(|label| format!("@label={label} ")).unwrap_or_default();
        self.hears(&format!("{label}:s BATCH +h chathistory {name}"));
        for line in lines {
            self.hears(&line.replacen('@', "@batch=h;", 1));
        }
        self.hears(":s BATCH -h");
    }

    /// What a window shows: speech as `who: text`, other entries by their kind.
    pub fn shows(&self, name: &str) -> Vec<String> {
        self.window(name).entries().iter().map(shown).collect()
    }

    pub fn window(&self, name: &str) -> &chatui::client::window::Window {
        self.app.windows().iter().find(|window| window.name == name).unwrap()
    }
}

fn shown(entry: &Entry) -> String {
    let state = match &entry.state {
        State::Sent => "",
        State::Pending => " (pending)",
        State::Failed(_) => " (failed)",
    };
    match entry.kind {
        Kind::Message => format!("{}: {}{state}", entry.who, entry.text),
        Kind::Action => format!("* {} {}{state}", entry.who, entry.text),
        Kind::Join | Kind::Part | Kind::Quit | Kind::Nick => {
            format!("{:?} {} {}", entry.kind, entry.who, entry.text).trim_end().into()
        }
        Kind::Gap(gap) => format!("Gap {:?}", gap.state),
        _ => format!("{:?} {}", entry.kind, entry.text),
    }
}

/// What a client knows of the world when it starts.
pub fn surroundings() -> Surroundings {
    Surroundings {
        seed: 7,
        offset: chrono::FixedOffset::east_opt(0).unwrap(),
        size: (80, 24),
        last_host: None,
    }
}

/// What the client has asked of the history last, if it has asked anything.
pub fn asked(talk: &mut Talk) -> Option<String> {
    talk.sent().into_iter().rfind(|line| line.contains("CHATHISTORY"))
}

/// A stamped line, number `n`, a second apart each.
pub fn line(n: u64, who: &str, text: &str) -> String {
    let at = Time::from_millis(1_795_190_000_000 + n * 1000);
    format!("@time={at};msgid=m{n:04} :{who}!u@h PRIVMSG #lobby :{text}")
}

/// The label and the id in the tags of a line that was sent.
pub fn tag<'a>(line: &'a str, key: &str) -> &'a str {
    line.split([' ', ';', '@']).find_map(|tag| tag.strip_prefix(key)?.strip_prefix('=')).unwrap_or_default()
}

pub fn untagged(line: &str) -> &str {
    if line.starts_with('@') { line.split_once(' ').unwrap().1 } else { line }
}

#[test]
fn registration_asks_for_what_is_offered_and_joins() {
    let mut talk = Talk::with(Options {
        server: Some(Address { host: "h".into(), port: 6667, tls: false }),
        nick: "alice".into(),
        password: Some("se cret".into()),
        channels: vec!["#lobby".into(), "#b".into()],
        ..Options::default()
    });
    assert!(matches!(talk.others()[..], [Effect::Keep(_), Effect::Connect { after: Duration::ZERO, .. }]));
    assert!(matches!(talk.app.screen(), Screen::Connecting(_)));
    talk.event(Event::Online);
    assert_eq!(talk.sent(), ["CAP LS 302", "PASS :se cret", "NICK alice", "USER alice 0 * alice"]);
    talk.hears(":s CAP * LS * :message-tags sasl=PLAIN server-time");
    assert_eq!(talk.sent(), [""; 0]);
    talk.hears(":s CAP * LS :batch unknown");
    assert_eq!(talk.sent(), ["CAP REQ :message-tags server-time batch"]);
    talk.hears(":s CAP * NAK :message-tags server-time batch");
    assert_eq!(talk.sent(), ["CAP REQ :message-tags", "CAP REQ :server-time", "CAP REQ :batch"]);
    talk.hears(":s CAP * ACK :message-tags\n:s CAP * NAK :server-time");
    assert_eq!(talk.sent(), [""; 0]);
    talk.hears(":s CAP * ACK :batch");
    assert_eq!(talk.sent(), ["CAP END"]);
    talk.hears("PING :x\n:s 001 alice :Welcome");
    assert_eq!(talk.sent(), ["PONG :x"]);
    assert!(matches!(talk.app.screen(), Screen::Rooms));
    talk.hears(":s 005 alice TARGMAX=JOIN: :are supported\n:s 376 alice :End of /MOTD command");
    assert_eq!(talk.sent(), ["JOIN #lobby,#b"]);
    talk.hears(":s 376 alice :End of /MOTD command");
    assert_eq!(talk.sent(), [""; 0], "a message of the day that is asked for later is none");
}

#[test]
fn a_taken_nick_is_varied_and_said_and_taken_back() {
    let mut talk = Talk::new();
    talk.event(Event::Online);
    talk.sent();
    talk.hears(":s CAP * LS :\n:s 433 * alice :Nickname is already in use");
    assert_eq!(talk.sent(), ["CAP END", "NICK alice_"]);
    talk.hears(":s 433 * alice_ :Nickname is already in use");
    assert_eq!(talk.sent(), ["NICK alice__"]);
    talk.hears(":s 001 alice__ :Welcome");
    assert_eq!(talk.app.nick(), "alice__");
    assert!(talk.shows("#lobby")[0].contains("alice is not free"), "{:?}", talk.shows("#lobby"));
    talk.sent();
    talk.hears(":alice__!a@h JOIN #lobby\n:s 353 x = #lobby :alice alice__\n:s 366 x #lobby :End");
    talk.hears(":alice!a@h QUIT :gone");
    assert_eq!(talk.sent(), ["NICK alice"]);
    talk.hears(":alice__!a@h NICK alice");
    assert_eq!(talk.app.nick(), "alice");
}

#[test]
fn joining_shows_what_was_said_before_as_one_block() {
    let mut talk = Talk::new();
    talk.online(CAPS);
    talk.sent();
    talk.joined("#lobby", "@bob alice");
    let asked = talk.sent();
    assert_eq!(untagged(&asked[0]), "CHATHISTORY LATEST #lobby * 50");
    // Somebody is quicker than the answer, which has that line as well.
    talk.hears(&line(3, "bob", "three"));
    talk.history(
        Some(tag(&asked[0], "label")),
        "#lobby",
        &[line(1, "bob", "one"), line(2, "eve", "two, alice"), line(3, "bob", "three")],
    );
    assert_eq!(
        talk.shows("#lobby"),
        ["Beginning this is where #lobby begins", "bob: one", "eve: two, alice", "Join alice", "bob: three"]
    );
    let window = talk.window("#lobby");
    assert_eq!((window.unread, window.mark), (0, None));
    assert!(window.entries()[2].mention);
    let channel = talk.app.channel(window).unwrap();
    assert_eq!(channel.ranked().map(|member| &*member.nick).collect::<Vec<_>>(), ["bob", "alice"]);
}

/// A client in #lobby that has seen the lines up to number 2.
pub fn in_lobby() -> Talk {
    let mut talk = Talk::new();
    talk.online(CAPS);
    talk.joined("#lobby", "bob alice");
    let label = tag(talk.sent.last().unwrap(), "label").to_owned();
    talk.history(Some(&label), "#lobby", &[line(1, "bob", "one"), line(2, "bob", "two")]);
    talk.sent();
    talk.others();
    talk
}

#[test]
fn ones_own_line_waits_for_its_echo_and_stands_in_the_servers_order() {
    let mut talk = in_lobby();
    talk.types("hello");
    let sent = talk.sent();
    assert_eq!(untagged(&sent[0]), "PRIVMSG #lobby :hello");
    assert_eq!(tag(&sent[0], "+chatui/id").len(), 32);
    talk.hears(&line(3, "bob", "quicker"));
    assert_eq!(talk.shows("#lobby")[4..], ["bob: quicker", "alice: hello (pending)"]);
    let echo = line(4, "alice", "hello").replacen('@', &format!("@label={};", tag(&sent[0], "label")), 1);
    talk.hears(&echo);
    talk.hears(&line(5, "bob", "later"));
    assert_eq!(talk.shows("#lobby")[4..], ["bob: quicker", "alice: hello", "bob: later"]);
    // A refusal belongs to its line.
    talk.types("/me shouts");
    let sent = talk.sent();
    assert_eq!(untagged(&sent[0]), "PRIVMSG #lobby :\u{1}ACTION shouts\u{1}");
    talk.hears(&format!("@label={} :s 404 alice #lobby :muted for guests", tag(&sent[0], "label")));
    let last = talk.window("#lobby").entries().back().unwrap().clone();
    assert_eq!(last.state, State::Failed("not sent to #lobby: muted for guests".into()));
    talk.types("/retry");
    assert_eq!(
        talk.sent().iter().map(|line| untagged(line)).collect::<Vec<_>>(),
        ["PRIVMSG #lobby :\u{1}ACTION shouts\u{1}"]
    );
    assert_eq!(talk.shows("#lobby").last().unwrap(), "* alice shouts (pending)");
}

#[test]
fn after_a_pause_nothing_is_missing_and_nothing_is_doubled() {
    let mut talk = in_lobby();
    talk.event(Event::Offline("cut".into()));
    let effects = talk.others();
    let [Effect::Connect { after, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert!(*after < Duration::from_secs(1));
    assert!(matches!(talk.app.status(), Status::Offline { next: Some(_), .. }));
    talk.passes(1000);
    talk.online(CAPS);
    assert!(talk.sent().iter().any(|line| line == "JOIN #lobby"));
    talk.joined("#lobby", "bob alice");
    let asked = talk.sent();
    assert_eq!(untagged(asked.last().unwrap()), "CHATHISTORY AFTER #lobby msgid=m0002 100");
    assert!(talk.shows("#lobby").contains(&"Gap Loading".to_owned()));
    // Live lines come while the pages are under way; the second page has them as well.
    talk.hears(&line(150, "bob", "150"));
    let page: Vec<String> = (3..103).map(|n| line(n, "bob", &n.to_string())).collect();
    talk.history(Some(tag(asked.last().unwrap(), "label")), "#lobby", &page);
    let asked = talk.sent();
    assert_eq!(untagged(&asked[0]), "CHATHISTORY AFTER #lobby msgid=m0102 100");
    let page: Vec<String> = (103..151).map(|n| line(n, "bob", &n.to_string())).collect();
    talk.history(Some(tag(&asked[0], "label")), "#lobby", &page);
    let texts: Vec<String> = talk
        .window("#lobby")
        .entries()
        .iter()
        .filter(|entry| entry.kind == Kind::Message)
        .map(|entry| entry.text.to_string())
        .collect();
    let mut wanted = vec!["one".to_owned(), "two".to_owned()];
    wanted.extend((3..151).map(|n| n.to_string()));
    assert_eq!(texts, wanted);
    assert!(!talk.shows("#lobby").iter().any(|row| row.starts_with("Gap")));
    assert!(matches!(talk.app.status(), Status::Back { sent: 0, .. }));
}

#[test]
fn a_catch_up_that_is_cut_off_begins_anew_where_it_began() {
    let mut talk = in_lobby();
    talk.event(Event::Offline("cut".into()));
    talk.online(CAPS);
    talk.joined("#lobby", "bob alice");
    // Lines 3 to 9 are missing; 10 comes live; then the connection breaks before the answer.
    talk.hears(&line(10, "bob", "10"));
    talk.event(Event::Offline("cut again".into()));
    talk.online(CAPS);
    talk.sent();
    talk.joined("#lobby", "bob alice");
    let asked = talk.sent();
    assert_eq!(untagged(asked.last().unwrap()), "CHATHISTORY AFTER #lobby msgid=m0002 100");
    let page: Vec<String> = (3..13).map(|n| line(n, "bob", &n.to_string())).collect();
    talk.history(Some(tag(asked.last().unwrap(), "label")), "#lobby", &page);
    let texts: Vec<String> = talk.shows("#lobby").into_iter().filter(|row| row.starts_with("bob")).collect();
    let wanted: Vec<String> =
        ["one", "two"].map(str::to_owned).into_iter().chain((3..13).map(|n| n.to_string())).collect();
    assert_eq!(texts, wanted.iter().map(|text| format!("bob: {text}")).collect::<Vec<_>>());
}

#[test]
fn a_gap_too_large_is_shown_and_filled_when_the_reader_comes_there() {
    let mut talk = in_lobby();
    talk.event(Event::Offline("cut".into()));
    talk.online(CAPS);
    talk.joined("#lobby", "bob alice");
    let mut n = 3;
    for _ in 0..10 {
        let asked = talk.sent().pop().unwrap();
        assert!(untagged(&asked).starts_with("CHATHISTORY AFTER"), "{asked}");
        let page: Vec<String> = (n..n + 100).map(|n| line(n, "bob", &n.to_string())).collect();
        n += 100;
        talk.history(Some(tag(&asked, "label")), "#lobby", &page);
    }
    let asked = talk.sent().pop().unwrap();
    assert_eq!(untagged(&asked), "CHATHISTORY LATEST #lobby * 50");
    let page: Vec<String> = (1151..1201).map(|n| line(n, "bob", &n.to_string())).collect();
    talk.history(Some(tag(&asked, "label")), "#lobby", &page);
    let entries = talk.window("#lobby").entries();
    let at = entries
        .iter()
        .position(|entry| matches!(entry.kind, Kind::Gap(gap) if gap.state == GapState::Waiting));
    let at = at.unwrap();
    assert_eq!((&*entries[at - 1].text, &*entries[at + 1].text), ("1002", "1151"));
    let gap = entries[at].id;
    talk.event(Event::Drawn(Drawn { gap: Some(gap), bottom: Some((gap, 0)), rows: 20, ..Drawn::default() }));
    let asked = talk.sent().pop().unwrap();
    assert_eq!(untagged(&asked), "CHATHISTORY BEFORE #lobby msgid=m1151 100");
    // Asked once, however often the gap is drawn.
    talk.event(Event::Drawn(Drawn { gap: Some(gap), bottom: Some((gap, 0)), rows: 20, ..Drawn::default() }));
    assert_eq!(talk.sent(), [""; 0]);
    let page: Vec<String> = (1051..1151).map(|n| line(n, "bob", &n.to_string())).collect();
    talk.history(Some(tag(&asked, "label")), "#lobby", &page);
    talk.event(Event::Drawn(Drawn { gap: Some(gap), bottom: Some((gap, 0)), rows: 20, ..Drawn::default() }));
    let asked = talk.sent().pop().unwrap();
    assert_eq!(untagged(&asked), "CHATHISTORY BEFORE #lobby msgid=m1051 100");
    let page: Vec<String> = (951..1051).map(|n| line(n, "bob", &n.to_string())).collect();
    talk.history(Some(tag(&asked, "label")), "#lobby", &page);
    let texts: Vec<u64> =
        talk.window("#lobby").entries().iter().filter_map(|entry| entry.text.parse().ok()).collect();
    assert_eq!(texts, (3..1201).collect::<Vec<u64>>());
    assert!(!talk.shows("#lobby").iter().any(|row| row.starts_with("Gap")));
}

#[test]
fn a_line_typed_offline_is_sent_once_after_the_catch_up() {
    let mut talk = in_lobby();
    talk.event(Event::Offline("cut".into()));
    talk.types("are you there?");
    assert_eq!(talk.sent(), [""; 0]);
    assert!(matches!(talk.app.status(), Status::Offline { waiting: 1, .. }));
    // Enter on the empty line does not wait for the pause.
    talk.others();
    talk.key(KeyModifiers::NONE, KeyCode::Enter);
    assert!(matches!(talk.others()[..], [Effect::Connect { after: Duration::ZERO, .. }]));
    talk.online(CAPS);
    talk.joined("#lobby", "alice");
    let asked = talk.sent();
    assert!(!asked.iter().any(|line| line.contains("PRIVMSG")));
    talk.history(Some(tag(asked.last().unwrap(), "label")), "#lobby", &[line(3, "bob", "three")]);
    let sent = talk.sent();
    assert_eq!(
        sent.iter().map(|line| untagged(line)).collect::<Vec<_>>(),
        ["PRIVMSG #lobby :are you there?"]
    );
    assert!(matches!(talk.app.status(), Status::Back { sent: 1, .. }));
    talk.hears(&line(4, "alice", "are you there?").replacen(
        '@',
        &format!("@label={};", tag(&sent[0], "label")),
        1,
    ));
    assert_eq!(talk.shows("#lobby").last().unwrap(), "alice: are you there?");
}

#[test]
fn an_unanswered_line_is_settled_by_its_id_or_sent_again() {
    let mut talk = in_lobby();
    talk.types("heard");
    talk.types("not heard");
    let ids: Vec<String> = talk.sent().iter().map(|line| tag(line, "+chatui/id").to_owned()).collect();
    talk.event(Event::Offline("cut".into()));
    talk.online(CAPS);
    talk.joined("#lobby", "alice");
    let asked = talk.sent();
    let heard = line(3, "alice", "heard").replacen('@', &format!("@+chatui/id={};", ids[0]), 1);
    talk.history(Some(tag(asked.last().unwrap(), "label")), "#lobby", &[heard, line(4, "bob", "four")]);
    let sent = talk.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!((untagged(&sent[0]), tag(&sent[0], "+chatui/id")), ("PRIVMSG #lobby :not heard", &*ids[1]));
    let rows: Vec<String> = talk.shows("#lobby").into_iter().filter(|row| row.contains(": ")).collect();
    assert_eq!(rows, ["bob: one", "bob: two", "alice: heard", "bob: four", "alice: not heard (pending)"]);
}

#[test]
fn an_unanswered_line_to_a_person_is_not_sent_again_by_itself() {
    let mut talk = in_lobby();
    talk.types("/msg bob hi");
    assert_eq!(talk.sent().len(), 1);
    talk.event(Event::Offline("cut".into()));
    talk.types("/msg bob typed offline");
    talk.online(CAPS);
    let sent: Vec<String> = talk.sent().into_iter().filter(|line| line.contains("PRIVMSG")).collect();
    assert_eq!(sent.iter().map(|line| untagged(line)).collect::<Vec<_>>(), ["PRIVMSG bob :typed offline"]);
    assert_eq!(talk.shows("bob"), ["alice: hi (failed)", "alice: typed offline (pending)"]);
}

#[test]
fn a_server_without_capabilities_is_enough() {
    let mut talk = Talk::new();
    talk.event(Event::Online);
    talk.hears(":s 421 alice CAP :Unknown command\n:s 001 alice :Hi alice!a@host");
    talk.sent();
    talk.joined("#lobby", "@bob alice");
    talk.types("hello");
    // Nothing echoes: the answer to the question behind it says that it was heard.
    assert_eq!(talk.sent(), ["PRIVMSG #lobby :hello", "PING :said-1"]);
    let lack = "Server this server sends no echo: your lines stand where you sent them";
    assert_eq!(talk.shows("#lobby"), [lack, "Join alice", "alice: hello (pending)"]);
    talk.hears(":s PONG s :said-1");
    talk.hears(":bob!b@h PRIVMSG #lobby :hi alice\n:bob!b@h MODE #lobby +v alice\n:bob!b@h PART #lobby :bye");
    assert_eq!(
        talk.shows("#lobby"),
        [lack, "Join alice", "alice: hello", "bob: hi alice", "Mode +v alice", "Part bob bye"]
    );
    talk.event(Event::Offline("cut".into()));
    talk.types("offline");
    talk.event(Event::Online);
    talk.hears(":s 001 alice :Hi");
    talk.sent();
    talk.joined("#lobby", "alice");
    assert_eq!(talk.sent(), ["PRIVMSG #lobby :offline", "PING :said-2"]);
}

#[test]
fn a_replay_at_the_join_is_not_shown_twice() {
    let mut talk = Talk::new();
    let caps = "message-tags server-time batch";
    talk.online(caps);
    talk.joined("#lobby", "alice");
    talk.hears(&[line(1, "bob", "one"), line(2, "bob", "two")].join("\n"));
    talk.event(Event::Offline("cut".into()));
    talk.online(caps);
    talk.joined("#lobby", "alice");
    talk.hears(&[line(1, "bob", "one"), line(2, "bob", "two"), line(3, "bob", "three")].join("\n"));
    let rows: Vec<String> = talk.shows("#lobby").into_iter().filter(|row| row.starts_with("bob")).collect();
    assert_eq!(rows, ["bob: one", "bob: two", "bob: three"]);
}

#[test]
fn long_texts_are_cut_so_that_every_line_fits_with_the_source_in_front() {
    let mut talk = in_lobby();
    let text = "日本語のとても長い文 ".repeat(60);
    talk.event(Event::Paste(text.clone()));
    assert!(matches!(talk.app.overlay(), Some(Overlay::Guard(_))), "it is asked about");
    assert_eq!(talk.sent(), [""; 0]);
    talk.key(KeyModifiers::NONE, KeyCode::Enter);
    let sent = talk.sent();
    assert!(sent.len() > 1);
    let mut whole = String::new();
    for line in &sent {
        let line = untagged(line);
        assert!(format!(":alice!a@host {line}\r\n").len() <= 512);
        whole.push_str(line.strip_prefix("PRIVMSG #lobby :").unwrap());
    }
    assert_eq!(whole.replace(' ', ""), text.replace(' ', ""));
}

#[test]
fn a_paste_sends_nothing_and_many_lines_are_asked_about() {
    let mut talk = in_lobby();
    talk.event(Event::Paste("one\ntwo\n".into()));
    assert_eq!((talk.sent().len(), talk.app.editor().text()), (0, "one\ntwo"));
    talk.key(KeyModifiers::NONE, KeyCode::Enter);
    assert_eq!(talk.sent().len(), 2);
    talk.event(Event::Paste("before ".into()));
    let text = "1\n2\n3\n4\r\nQUIT";
    let asked = |talk: &Talk| match talk.app.overlay() {
        Some(Overlay::Guard(guard)) => Some((talk.app.measure(guard), guard.is_paste())),
        _ => None,
    };
    let measure = Measure { lines: 5, messages: 5, bytes: 19 };
    talk.event(Event::Paste(text.into()));
    assert_eq!(asked(&talk), Some((measure, true)), "at once");
    // What is no answer does nothing, also what comes of the paste's own rest.
    for key in [KeyCode::Char('x'), KeyCode::Char('y'), KeyCode::Up, KeyCode::PageUp, KeyCode::F(1)] {
        talk.key(KeyModifiers::NONE, key);
    }
    talk.key(KeyModifiers::NONE, KeyCode::Esc);
    assert_eq!((talk.app.editor().text(), asked(&talk)), ("before ", None), "dropped");
    talk.event(Event::Paste(text.into()));
    talk.key(KeyModifiers::NONE, KeyCode::Char('e'));
    assert_eq!((talk.app.editor().text(), asked(&talk)), ("before 1\n2\n3\n4\nQUIT", None));
    // Edited or not, it is asked again before it goes.
    talk.key(KeyModifiers::NONE, KeyCode::Enter);
    assert_eq!((talk.sent().len(), asked(&talk)), (0, Some((measure, false))));
    talk.key(KeyModifiers::NONE, KeyCode::Esc);
    assert_eq!(talk.app.editor().text(), "before 1\n2\n3\n4\nQUIT", "what was typed stays");
    talk.key(KeyModifiers::NONE, KeyCode::Enter);
    talk.key(KeyModifiers::NONE, KeyCode::Enter);
    assert_eq!(untagged(&talk.sent()[4]), "PRIVMSG #lobby :QUIT");
}

#[test]
fn a_paste_that_has_no_room_is_not_sent_and_lines_with_a_slash_are_no_commands() {
    let mut talk = in_lobby();
    talk.event(Event::Paste("a line of it\n".repeat(80_000)));
    let Some(Overlay::Guard(guard)) = talk.app.overlay() else { panic!("it is asked") };
    assert!(talk.app.measure(guard).bytes > 1_000_000 && guard.left_out > 0);
    talk.key(KeyModifiers::NONE, KeyCode::Enter);
    assert!(talk.sent().is_empty() && talk.app.overlay().is_some(), "a part of it is not what was meant");
    talk.key(KeyModifiers::NONE, KeyCode::Esc);
    assert_eq!((talk.app.editor().text(), talk.app.overlay().is_none()), ("", true));
    talk.event(Event::Paste("/quit\n/part\n/nick x\n/away".into()));
    talk.key(KeyModifiers::NONE, KeyCode::Enter);
    let sent = talk.sent();
    assert_eq!(untagged(&sent[0]), "PRIVMSG #lobby :/quit");
    assert_eq!(sent.len(), 4);
}

#[test]
fn leaving_says_goodbye_and_waits_for_the_answer_a_second_at_most() {
    for answer in [true, false] {
        let mut talk = in_lobby();
        talk.types("/quit so long");
        assert_eq!(talk.sent(), ["QUIT :so long"]);
        assert_eq!(talk.others(), []);
        if answer {
            talk.hears("ERROR :Closing link");
        } else {
            talk.passes(999);
            assert_eq!(talk.others(), []);
            assert!(talk.app.next_tick().unwrap() <= talk.now + Duration::from_millis(1));
            talk.passes(1);
        }
        assert_eq!(talk.others(), [Effect::Quit]);
    }
}

#[test]
fn control_c_clears_first_then_asks_then_leaves() {
    let mut talk = in_lobby();
    talk.key(KeyModifiers::NONE, KeyCode::Char('x'));
    talk.control('c');
    assert!(talk.app.editor().is_empty() && talk.app.question().is_none());
    talk.control('c');
    assert_eq!(talk.app.status(), Status::Question("leave chatui? Ctrl-C again".into()));
    talk.key(KeyModifiers::NONE, KeyCode::Char('y'));
    assert!(talk.app.question().is_none() && talk.app.editor().text() == "y", "another key means no");
    talk.control('d');
    assert_eq!((talk.sent().len(), talk.app.editor().text()), (0, "y"), "Ctrl-D deletes while there is text");
    talk.control('c');
    talk.control('c');
    talk.control('c');
    assert_eq!(talk.sent(), ["QUIT leaving"]);
    talk.control('c');
    assert_eq!(talk.others(), [Effect::Quit], "asked again, it does not wait");
    let mut talk = in_lobby();
    talk.control('d');
    assert_eq!(talk.app.status(), Status::Question("leave chatui? Ctrl-D again".into()));
    assert_eq!(talk.sent(), [""; 0], "who holds Ctrl-D to delete is not put out");
    talk.control('d');
    assert_eq!(talk.sent(), ["QUIT leaving"]);
}

#[test]
fn a_channel_that_does_not_let_one_in_holds_no_lines_back_whatever_the_number() {
    for (refusal, sentence) in [
        ("470 alice #a ##a :Forwarding to another channel", "#a leads to ##a: Forwarding to another channel"),
        (
            "437 alice #a :Nick/channel is temporarily unavailable",
            "#a not joined: Nick/channel is temporarily",
        ),
        ("480 alice #a :Cannot join channel (+j) - throttle exceeded", "#a: Cannot join channel (+j)"),
        ("520 alice #a :Cannot join channel (+O)", "#a: Cannot join channel (+O)"),
        ("479 alice #a :Illegal channel name", "#a: Illegal channel name"),
        ("926 alice #a :Channel #a is forbidden: no", "#a: Channel #a is forbidden"),
        ("FAIL JOIN CHANNEL_RENAMED #a #b :It moved", "It moved"),
    ] {
        let mut talk = in_lobby();
        talk.types("/join #a");
        talk.types("hello?");
        talk.hears(&format!(":s {refusal}"));
        let shown = talk.shows("#a");
        assert!(shown.contains(&"alice: hello? (failed)".to_owned()), "{refusal}: {shown:?}");
        assert!(shown.iter().any(|row| row.contains(sentence)), "{refusal}: {shown:?}");
        assert!(!talk.window("#a").wanted, "{refusal}");
    }
    // What is refused in a channel that one is not in yet says nothing of coming in.
    let mut talk = in_lobby();
    talk.types("/join #a");
    talk.hears(":s 482 alice #a :You're not channel operator\n:s 404 alice #a :Cannot send to channel");
    assert!(talk.window("#a").wanted);
    // And in one that one is in, nothing is given up.
    talk.hears(":s 480 alice #lobby :throttled");
    assert!(talk.window("#lobby").wanted);
}

#[test]
fn a_channel_is_joined_again_with_its_key() {
    let mut talk = in_lobby();
    talk.types("/join #a,#b,#c one,two");
    assert_eq!(talk.sent(), ["JOIN #a one", "JOIN #b two", "JOIN #c"]);
    for name in ["#a", "#b", "#c"] {
        talk.joined(name, "@alice");
    }
    // It is changed, taken away, set, and hidden.
    talk.hears(":alice!a@host MODE #a +ok-v alice new alice\n:alice!a@host MODE #b -k two");
    talk.hears(":bob!b@h MODE #c +lk 5 three\n:bob!b@h MODE #a +k *");
    talk.event(Event::Offline("cut".into()));
    talk.passes(1_000);
    talk.online(CAPS);
    let joins: Vec<String> = talk.sent().into_iter().filter(|line| line.starts_with("JOIN")).collect();
    assert_eq!(joins, ["JOIN #a,#c,#lobby,#b new,three"], "those with keys first");
}

#[test]
fn a_nick_that_services_force_is_not_the_one_that_is_wanted() {
    let asks = |talk: &mut Talk| {
        talk.event(Event::Offline("cut".into()));
        talk.passes(1_000);
        talk.sent();
        talk.event(Event::Online);
        talk.sent()[1].clone()
    };
    let mut talk = in_lobby();
    talk.hears(":alice!a@host NICK Guest12345");
    assert_eq!(talk.app.nick(), "Guest12345");
    assert_eq!(asks(&mut talk), "NICK alice");

    for command in ["/nick al", "/quote nick al", "/nick altogether"] {
        let mut talk = in_lobby();
        talk.types(command);
        // A server may cut it.
        talk.hears(":alice!a@host NICK al");
        assert_eq!(asks(&mut talk), "NICK al", "{command}");
    }
}

#[test]
fn who_is_away_stays_away_over_a_pause_until_they_are_back() {
    let away = |talk: &mut Talk| -> Vec<String> {
        talk.event(Event::Offline("cut".into()));
        talk.passes(1_000);
        talk.online(CAPS);
        talk.sent().into_iter().filter(|line| line.starts_with("AWAY")).collect()
    };
    let mut talk = in_lobby();
    assert_eq!(away(&mut talk), [""; 0]);
    talk.types("/away out for lunch");
    assert_eq!(talk.sent(), ["AWAY :out for lunch"]);
    assert_eq!(away(&mut talk), ["AWAY :out for lunch"]);
    assert_eq!(away(&mut talk), ["AWAY :out for lunch"]);
    talk.types("/away");
    assert_eq!(talk.sent(), ["AWAY"]);
    assert_eq!(away(&mut talk), [""; 0]);
}

#[test]
fn what_fits_a_line_is_known_after_ones_own_host_has_changed() {
    let mut talk = in_lobby();
    let before = talk.app.session().room("#lobby", false);
    for (line, less) in [
        (":s 396 alice a.much.longer.host :is now your displayed host", 14),
        (":s 396 alice user@h :is now your displayed host", 0),
        (":alice!user@h CHGHOST longer a.host", 7),
        ("@time=2026-11-20T16:05:00.000Z :alice!a@host MODE #lobby +m", 0),
    ] {
        talk.hears(line);
        assert_eq!(talk.app.session().room("#lobby", false), before - less, "{line}");
    }
}

#[test]
fn who_hosts_is_told_that_all_leave_with_them() {
    let server = Some(Address { host: "h".into(), port: 6667, tls: false });
    let mut talk = Talk::with(Options { server, nick: "alice".into(), hosts: true, ..Options::default() });
    talk.online(CAPS);
    talk.joined("#lobby", "@alice bob");
    talk.control('c');
    let asked = Status::Question("stop the server for all, and leave? Ctrl-C again".into());
    assert_eq!(talk.app.status(), asked);
}

#[test]
fn who_hosts_does_not_stop_the_server_by_a_key() {
    let server = Some(Address { host: "h".into(), port: 6667, tls: false });
    let mut talk = Talk::with(Options { server, nick: "alice".into(), hosts: true, ..Options::default() });
    talk.online(CAPS);
    talk.joined("#lobby", "@alice bob");
    talk.others();
    talk.control('z');
    assert_eq!(talk.others(), []);
    assert!(matches!(talk.app.status(), Status::Error(text) if text.contains("stop for all")));
    // With a question on the screen, too.
    talk.event(Event::Paste("a\nb\nc\nd\ne".into()));
    talk.control('z');
    assert!(!talk.others().contains(&Effect::Suspend));
    let mut guest = in_lobby();
    guest.control('z');
    assert_eq!(guest.others(), [Effect::Suspend]);
}

#[test]
fn a_command_that_says_much_is_asked_about_and_says_it_as_a_command() {
    let mut talk = in_lobby();
    for (command, first) in [
        ("/me ", "PRIVMSG #lobby :\u{1}ACTION word"),
        ("/msg bob ", "PRIVMSG bob :word"),
        ("/notice bob ", "NOTICE bob :word"),
    ] {
        for c in command.chars() {
            talk.key(KeyModifiers::NONE, KeyCode::Char(c));
        }
        talk.event(Event::Paste("word ".repeat(400)));
        let Some(Overlay::Guard(guard)) = talk.app.overlay() else { panic!("{command} is asked about") };
        assert!(talk.app.measure(guard).messages > 3, "{command}");
        talk.sent();
        talk.key(KeyModifiers::NONE, KeyCode::Enter);
        let sent = talk.sent();
        assert!(sent.len() > 3 && untagged(&sent[0]).starts_with(first), "{command}: {}", sent[0]);
    }
    // What says nothing is one line however long.
    talk.types(&format!("/ignore {}", "x".repeat(1_000)));
    assert!(talk.app.overlay().is_none());
}

#[test]
fn words_with_which_people_leave_are_asked_about_and_not_sent() {
    for word in ["exit", "{quit}", "salir", "quit", " Quit "] {
        let mut talk = in_lobby();
        talk.types(word);
        assert_eq!(talk.sent(), [""; 0]);
        assert!(talk.app.question().is_some());
        talk.key(KeyModifiers::NONE, KeyCode::Char('s'));
        assert_eq!(talk.sent().len(), 1, "{word} can be said all the same");
        talk.types(word);
        talk.key(KeyModifiers::NONE, KeyCode::Enter);
        assert_eq!(talk.sent(), ["QUIT leaving"]);
    }
}

#[test]
fn the_first_connection_failing_tells_every_address() {
    let mut talk = Talk::new();
    talk.others();
    for address in ["127.0.0.1:6667", "[::1]:6667"] {
        talk.event(Event::Trying(address.into()));
        talk.event(Event::Unreachable(address.into(), "refused".into()));
    }
    talk.event(Event::Offline("refused".into()));
    let text = "could not connect to h:6667: 127.0.0.1:6667: refused; [::1]:6667: refused";
    assert_eq!(talk.others(), [Effect::Fail(text.into())]);
}

#[test]
fn a_wrong_password_is_the_end_with_the_reason() {
    let mut talk = Talk::new();
    talk.event(Event::Trying("127.0.0.1:6667".into()));
    talk.event(Event::Online);
    talk.others();
    talk.hears(":s 464 * :Password incorrect");
    assert_eq!(talk.others(), [Effect::Disconnect("Password incorrect".into())]);
    talk.event(Event::Offline("Password incorrect".into()));
    assert_eq!(talk.others(), [Effect::Fail("could not connect to h:6667: Password incorrect".into())]);
}

#[test]
fn without_a_host_a_form_asks() {
    let mut talk = Talk::with(Options { nick: "alice".into(), ..Options::default() });
    assert_eq!(talk.others(), []);
    talk.key(KeyModifiers::NONE, KeyCode::Enter);
    let Screen::Form(form) = talk.app.screen() else { panic!() };
    assert!(form.error.is_some());
    talk.types("localhost:7000");
    let to = Address { host: "localhost".into(), port: 7000, tls: false };
    assert_eq!(talk.others().last(), Some(&Effect::Connect { to, after: Duration::ZERO }));
    talk.event(Event::Online);
    talk.hears(":s 001 alice :Hi");
    assert!(talk.others().contains(&Effect::Remember("localhost:7000".into())));
    let mut talk = Talk::with(Options { nick: "alice".into(), ..Options::default() });
    talk.key(KeyModifiers::NONE, KeyCode::Esc);
    assert_eq!(talk.others(), [Effect::Quit]);
}

#[test]
fn unread_and_mentions_are_counted_until_one_looks() {
    let mut talk = in_lobby();
    talk.types("/join #b");
    talk.joined("#b", "alice");
    talk.others();
    talk.hears(&[line(3, "bob", "x"), line(4, "bob", "Alice?")].join("\n"));
    talk.hears("@msgid=d1 :bob!b@h PRIVMSG alice :psst");
    assert_eq!(talk.others(), [Effect::Bell], "the bell rings once, however many speak");
    let counts: Vec<_> =
        talk.app.windows().iter().map(|w| (w.name.as_str(), w.unread, w.mentions)).skip(1).collect();
    assert_eq!(counts, [("#lobby", 2, 1), ("#b", 0, 0), ("bob", 1, 1)]);
    assert_eq!(talk.app.title(), "chatui #b (3)");
    talk.key(KeyModifiers::ALT, KeyCode::Char('1'));
    assert_eq!((talk.app.window().name.as_str(), talk.app.window().unread), ("#lobby", 0));
    let mark = talk.app.window().mark.unwrap();
    assert_eq!((&*talk.app.window().entry(mark.entry).unwrap().text, mark.count), ("x", 2));
    talk.types("hi");
    assert_eq!(talk.app.window().mark, None, "the unread line goes when one writes");
    // The keyboard is elsewhere: what comes is unread.
    talk.event(Event::Focus(false));
    talk.hears(&line(5, "bob", "later"));
    assert_eq!(talk.app.window().unread, 1);
    talk.event(Event::Focus(true));
    assert_eq!((talk.app.window().unread, talk.app.window().mark.unwrap().count), (0, 1));
}

#[test]
fn the_text_under_the_eye_stays_when_lines_arrive() {
    let mut talk = in_lobby();
    let page: Vec<String> = (3..60).map(|n| line(n, "bob", &n.to_string())).collect();
    talk.hears(&page.join("\n"));
    talk.key(KeyModifiers::NONE, KeyCode::PageUp);
    assert!(talk.app.window().moved > 0);
    let eye = talk.app.window().entries()[30].id;
    talk.event(Event::Drawn(Drawn { bottom: Some((eye, 0)), rows: 20, ..Drawn::default() }));
    talk.hears(&line(60, "bob", "60"));
    let window = talk.app.window();
    assert_eq!((window.scroll, window.moved, window.below), (Scroll::At(eye, 0), 0, 1));
    talk.key(KeyModifiers::NONE, KeyCode::Esc);
    assert_eq!((talk.app.window().scroll, talk.app.window().below), (Scroll::Live, 0));
}

#[test]
fn reading_at_the_top_loads_older_pages_until_the_beginning() {
    let mut talk = Talk::new();
    talk.online(CAPS);
    talk.joined("#lobby", "alice");
    let label = tag(talk.sent.last().unwrap(), "label").to_owned();
    let page: Vec<String> = (151..201).map(|n| line(n, "bob", &n.to_string())).collect();
    talk.history(Some(&label), "#lobby", &page);
    talk.sent();
    let mut n = 151;
    for first in [51, 1] {
        talk.key(KeyModifiers::NONE, KeyCode::PageUp);
        let bottom = talk.app.window().entries()[19].id;
        let drawn = Drawn { bottom: Some((bottom, 0)), at_top: true, rows: 20, ..Drawn::default() };
        talk.event(Event::Drawn(drawn));
        talk.event(Event::Drawn(drawn));
        let asked = talk.sent();
        assert_eq!(asked.len(), 1, "asked once");
        assert_eq!(untagged(&asked[0]), format!("CHATHISTORY BEFORE #lobby msgid=m{n:04} 100"));
        let page: Vec<String> = (first..n).map(|n| line(n, "bob", &n.to_string())).collect();
        talk.history(Some(tag(&asked[0], "label")), "#lobby", &page);
        assert_eq!(talk.app.window().scroll, Scroll::At(bottom, 0));
        n = first;
    }
    let rows = talk.shows("#lobby");
    assert_eq!(rows[..3], ["Beginning this is where #lobby begins", "bob: 1", "bob: 2"]);
    assert_eq!(rows.iter().filter(|row| row.starts_with("bob")).count(), 200);
}

#[test]
fn history_that_never_comes_does_not_keep_lines_waiting_for_ever() {
    let mut talk = in_lobby();
    talk.event(Event::Offline("cut".into()));
    talk.types("waits");
    talk.online(CAPS);
    talk.joined("#lobby", "alice");
    // It is asked by the message's id, and once more by its time.
    for _ in 0..2 {
        let asked = talk.sent().pop().unwrap();
        talk.hears(&format!(
            "@label={} :s FAIL CHATHISTORY MESSAGE_ERROR AFTER #lobby :Messages could not be retrieved",
            tag(&asked, "label")
        ));
    }
    assert_eq!(untagged(&talk.sent()[0]), "PRIVMSG #lobby :waits");
    assert!(talk.shows("#lobby").contains(&"Gap Failed".to_owned()));
    let mut talk = in_lobby();
    talk.event(Event::Offline("cut".into()));
    talk.types("waits");
    talk.online(CAPS);
    talk.joined("#lobby", "alice");
    talk.sent();
    talk.passes(30_000);
    assert!(talk.sent().iter().any(|line| line.contains("PRIVMSG #lobby :waits")));
}

#[test]
fn a_silent_server_is_asked_and_then_given_up() {
    let mut talk = in_lobby();
    assert_eq!(talk.app.next_tick(), Some(talk.now + Duration::from_secs(60)));
    talk.passes(60_000);
    assert_eq!(talk.sent(), ["PING :chatui"]);
    talk.passes(29_999);
    talk.hears(":s PONG s :chatui");
    talk.passes(60_000);
    assert_eq!(talk.sent(), ["PING :chatui"]);
    talk.passes(30_000);
    assert_eq!(talk.others(), [Effect::Disconnect("the server does not answer any more".into())]);
}

#[test]
fn people_come_go_and_change_their_names() {
    let mut talk = in_lobby();
    talk.hears(
        ":eve!e@h JOIN #lobby\n:eve!e@h NICK eva\n:eva!e@h PRIVMSG alice :hi\n:eva!e@h NICK ev\n\
         :bob!b@h KICK #lobby ev :spam\n:ev!e@h QUIT :gone\n:bob!b@h TOPIC #lobby :tides",
    );
    assert_eq!(
        talk.shows("#lobby")[4..],
        ["Join eve", "Nick eve eva", "Nick eva ev", "Kick ev spam", "Topic tides"]
    );
    assert_eq!(talk.shows("ev"), ["eva: hi", "Nick eva ev", "Quit ev gone"]);
    let channel = talk.app.channel(talk.window("#lobby")).unwrap();
    assert_eq!((channel.len(), channel.topic.text.as_str()), (2, "tides"));
    // Removed from the room: it is not joined again by itself.
    talk.hears(":bob!b@h KICK #lobby alice :out");
    talk.event(Event::Offline("cut".into()));
    talk.sent();
    talk.online(CAPS);
    assert!(!talk.sent().iter().any(|line| line.starts_with("JOIN")));
}

#[test]
fn drafts_stay_with_their_rooms() {
    let mut talk = in_lobby();
    talk.types("/join #b");
    talk.key(KeyModifiers::NONE, KeyCode::Char('x'));
    talk.control('p');
    assert_eq!((talk.app.window().name.as_str(), talk.app.editor().text()), ("#lobby", ""));
    talk.control('n');
    assert_eq!((talk.app.window().name.as_str(), talk.app.editor().text()), ("#b", "x"));
    talk.control('c');
    talk.types("/part");
    assert_eq!(talk.app.windows().len(), 2);
    assert_eq!(talk.app.window().name, "#lobby");
}

#[test]
fn no_line_of_a_server_can_harm() {
    let mut talk = in_lobby();
    for line in [
        "",
        " ",
        ":",
        "@",
        "@a",
        ":x",
        "BATCH",
        "BATCH +",
        "BATCH -",
        "BATCH +h chathistory",
        "@batch=h X",
        "CAP",
        "CAP * ACK",
        "433",
        "001",
        "005",
        "353",
        "366",
        "JOIN",
        ":alice JOIN",
        "PART",
        ":alice PART",
        "KICK",
        "NICK",
        ":alice NICK",
        "QUIT",
        "MODE",
        "MODE #lobby",
        "MODE #lobby +ooo",
        "TOPIC",
        "FAIL",
        "FAIL PRIVMSG",
        "ERROR",
        "PING",
        "404",
        "404 a",
        "PRIVMSG",
        ":a!b@c PRIVMSG",
        ":a!b@c PRIVMSG alice",
        "AWAY",
        "352",
        "352 a b",
        "332",
        "333",
        "INVITE",
        "WHATEVER x",
        "999",
        "@time=x;msgid=;label=x PRIVMSG #lobby :x",
        "311",
        "317 a b c d",
    ] {
        talk.hears(line);
        talk.event(Event::Line(vec![0xFF, 0xFE, b' ', b':'].into()));
    }
}

#[test]
fn the_topic_that_the_title_shows_is_not_said_at_the_join() {
    let mut talk = Talk::new();
    talk.online("");
    talk.hears(
        ":alice!a@host JOIN #lobby\n:s 332 alice #lobby :tea at four\n:s 333 alice #lobby bob 1795190000
         :s 353 alice = #lobby :bob alice\n:s 366 alice #lobby :End of /NAMES list",
    );
    let topic = |talk: &Talk| talk.app.channel(talk.app.window()).unwrap().topic.text.clone();
    assert_eq!(topic(&talk), "tea at four");
    assert!(!talk.shows("#lobby").iter().any(|row| row.contains("tea")), "{:?}", talk.shows("#lobby"));
    talk.hears(":bob!b@host TOPIC #lobby :tea at five");
    assert_eq!(topic(&talk), "tea at five");
    let newest = talk.window("#lobby").entries().back().unwrap();
    assert_eq!((newest.kind, &*newest.text), (Kind::Topic, "tea at five"));
    talk.types("/topic");
    talk.hears(":s 332 alice #lobby :tea at five");
    assert_eq!(&*talk.window("#lobby").entries().back().unwrap().text, "topic: tea at five", "asked by hand");
}

#[test]
fn topic_and_people_stay_in_view_until_they_are_told_anew() {
    let mut talk = in_lobby();
    talk.hears(":bob!b@host TOPIC #lobby :tea at four");
    let seen = |talk: &Talk| {
        let channel = talk.app.channel(talk.window("#lobby"))?;
        let people = channel.ranked().map(|member| member.nick.to_string()).collect::<Vec<_>>();
        Some(format!("{} · {}", channel.topic.text, people.join(" ")))
    };
    let before = Some("tea at four · alice bob".to_owned());
    assert_eq!(seen(&talk), before);
    // Twice in a row, the first time cut before the end of NAMES.
    talk.event(Event::Offline("cut".into()));
    talk.online(CAPS);
    talk.hears(":alice!a@host JOIN #lobby\n:s 332 alice #lobby :tea\n:s 353 alice = #lobby :alice");
    assert_eq!(seen(&talk), before);
    talk.event(Event::Offline("cut".into()));
    assert_eq!(seen(&talk), before);
    talk.online(CAPS);
    assert_eq!(seen(&talk), before);
    talk.hears(":alice!a@host JOIN #lobby\n:s 353 alice = #lobby :alice carol");
    assert_eq!(seen(&talk), before);
    talk.hears(":s 366 alice #lobby :End of /NAMES list");
    assert_eq!(seen(&talk).unwrap(), " · alice carol", "nobody has said that there is still a topic");
    // A room that does not let us in again is not shown as if we were in it.
    talk.event(Event::Offline("cut".into()));
    talk.online(CAPS);
    talk.hears(":s 474 alice #lobby :Cannot join channel");
    assert_eq!(seen(&talk), None);
}

#[test]
fn what_nobody_would_hear_stays_in_the_input() {
    let mut talk = in_lobby();
    talk.hears(":bob!b@host KICK #lobby alice :too loud");
    let entries = talk.window("#lobby").entries().len();
    talk.types("am I still here?");
    assert_eq!(talk.sent(), [""; 0]);
    assert_eq!(talk.app.editor().text(), "am I still here?");
    assert_eq!(talk.app.status(), Status::Error("you are not in #lobby: /join #lobby".into()));
    assert_eq!(talk.window("#lobby").entries().len(), entries);
}

#[test]
fn a_retry_where_nobody_hears_it_does_not_lose_the_line() {
    let mut talk = in_lobby();
    talk.types("hello");
    let label = tag(&talk.sent()[0], "label").to_owned();
    talk.hears(&format!("@label={label} :s 404 alice #lobby :Cannot send to channel"));
    talk.hears(":bob!b@host KICK #lobby alice :too loud");
    talk.types("/retry");
    let failed = |talk: &Talk| {
        talk.window("#lobby").entries().iter().any(|entry| matches!(entry.state, State::Failed(_)))
    };
    assert!(failed(&talk) && talk.sent().is_empty());
    talk.joined("#lobby", "bob alice");
    let asked = talk.sent();
    talk.history(Some(tag(asked.last().unwrap(), "label")), "#lobby", &[line(3, "bob", "three")]);
    talk.types("/retry");
    assert!(!failed(&talk) && talk.sent()[0].ends_with("PRIVMSG #lobby :hello"));
}

#[test]
fn a_line_that_fails_in_another_window_says_so() {
    let mut talk = in_lobby();
    talk.types("/msg nobody psst");
    let label = tag(&talk.sent()[0], "label").to_owned();
    talk.hears(&format!("@label={label} :s 401 alice nobody :No such nick"));
    assert_eq!(talk.app.status(), Status::Error("there is nobody called nobody here".into()));
}

#[test]
fn closing_a_room_goes_back_to_the_one_before() {
    let mut talk = in_lobby();
    talk.types("/join #tea");
    talk.joined("#tea", "alice");
    talk.hears(":bob!b@host PRIVMSG alice :psst");
    talk.types("/part");
    assert_eq!(talk.app.window().name, "#lobby");
    // Without one before: a room rather than a person.
    talk.types("/join #tea");
    talk.key(KeyModifiers::ALT, KeyCode::Char('3'));
    talk.types("/part");
    assert_eq!(talk.app.window().name, "#tea");
    talk.types("/part");
    assert_eq!(talk.app.window().name, "#lobby");
}

//! A plain-text user between a scripted core and a scripted peer.

use super::*;

fn at(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn entry(lines: bool, echo: bool) -> Entry {
    let zone = FixedOffset::east_opt(3600).unwrap();
    Entry { manner: Manner { lines, echo }, zone, now: Time::parse("2026-11-20T16:05:00.000Z").unwrap() }
}

struct Stage {
    user: User,
    effects: Effects,
}

impl Stage {
    fn new(lines: bool, echo: bool, first: &str) -> Stage {
        let mut effects = Effects::default();
        let user = User::enter(&entry(lines, echo), &Plain::default(), first.as_bytes(), at(0), &mut effects);
        Stage { user, effects }
    }

    /// Somebody in the room, whose welcome has been read.
    fn inside(lines: bool, echo: bool, nick: &str) -> Stage {
        let first = if lines { format!("{nick}\n") } else { nick.to_owned() };
        let mut stage = Stage::new(lines, echo, &first);
        stage.come_in(nick);
        stage.effects = Effects::default();
        stage
    }

    fn come_in(&mut self, nick: &str) {
        self.hear(&format!(":s 001 {nick} :Welcome"));
        self.hear(&format!(":{nick}!~plain@h JOIN #lobby"));
        self.hear(&format!(":s 353 {nick} = #lobby :@bob {nick}"));
        self.hear(&format!(":s 366 {nick} #lobby :End"));
    }

    fn hear(&mut self, line: &str) {
        self.user.hear(format!("{line}\r\n").as_bytes(), &mut self.effects);
    }

    fn heard(&mut self, line: &str) -> String {
        self.hear(line);
        std::mem::take(&mut self.effects.peer)
    }

    fn types(&mut self, bytes: impl AsRef<[u8]>, millis: u64) -> Vec<String> {
        self.user.take(bytes.as_ref(), at(millis), &mut self.effects);
        std::mem::take(&mut self.effects.core)
    }

    fn quiet(&mut self, millis: u64) -> Vec<String> {
        self.user.tick(at(millis), &mut self.effects);
        std::mem::take(&mut self.effects.core)
    }
}

#[test]
fn a_name_becomes_a_user_in_the_room() {
    let mut stage = Stage::new(true, false, "\r\nanna maria\r\n");
    assert_eq!(
        stage.effects.core,
        [
            "CAP REQ :batch echo-message message-tags server-time",
            "NICK anna_maria",
            "USER plain 0 * :anna maria",
            "CAP END"
        ]
    );
    stage.effects = Effects::default();
    stage.hear(":s 001 anna_maria :Welcome");
    assert_eq!(stage.effects.core, ["JOIN #lobby"]);
    stage.hear(":anna_maria!~plain@h JOIN #lobby");
    stage.hear(":s 332 anna_maria #lobby :what we do");
    stage.hear(":s 353 anna_maria = #lobby :@bob anna_maria");
    stage.hear(":s 366 anna_maria #lobby :End of /NAMES list");
    assert_eq!(
        stage.effects.peer,
        "Welcome, anna_maria! You are in #lobby. /quit (or exit, salir, {quit}) to leave, /who, /nick NAME.\n\
         *** topic: what we do\n*** 2 people are here: anna_maria, bob\n"
    );
}

#[test]
fn a_taken_nick_gets_a_number_and_its_owner_is_told() {
    let mut stage = Stage::new(true, false, "anna\n");
    stage.effects = Effects::default();
    stage.hear(":s 433 * anna :Nickname is already in use");
    stage.hear(":s 433 * anna2 :Nickname is already in use");
    assert_eq!(std::mem::take(&mut stage.effects.core), ["NICK anna2", "NICK anna3"]);
    stage.come_in("anna3");
    assert!(stage.effects.peer.contains("*** anna is taken, so you are anna3\n"), "{}", stage.effects.peer);
    assert_eq!(
        stage.types("anna: hi\nanna3: ho\n", 1),
        ["JOIN #lobby", "PRIVMSG #lobby :hi", "PRIVMSG #lobby :ho"]
    );
}

#[test]
fn what_was_typed_before_the_room_is_said_in_it_and_then_it_ends() {
    let mut stage = Stage::new(true, false, "anna\nhi\nho");
    stage.user.close(&mut stage.effects);
    assert_eq!((stage.effects.core.len(), stage.effects.ended), (4, None));
    stage.effects = Effects::default();
    stage.come_in("anna");
    assert_eq!(stage.effects.core, ["JOIN #lobby", "PRIVMSG #lobby :hi", "PRIVMSG #lobby :ho"]);
    assert_eq!(stage.effects.ended, Some("Connection closed"));
}

#[test]
fn a_late_name_comes_with_the_first_message() {
    let mut stage = Stage::new(true, false, "anna: hi\n");
    assert!(stage.user.is_paced());
    assert_eq!(stage.effects.core[1], "NICK anna");
    stage.effects = Effects::default();
    stage.come_in("anna");
    assert_eq!(stage.effects.core, ["JOIN #lobby", "PRIVMSG #lobby :hi"]);
}

#[test]
fn quiet_ends_a_message_but_not_a_character() {
    let mut stage = Stage::inside(false, true, "anna");
    assert_eq!(stage.user.due(), None);
    assert!(stage.types("caf\u{e9} \u{20ac}".as_bytes().split_at(8).0, 1000).is_empty());
    assert_eq!(stage.user.due(), Some(at(1080)));
    assert_eq!(stage.quiet(1079), [""; 0]);
    assert_eq!(stage.quiet(1080), ["PRIVMSG #lobby :caf\u{e9}"]);
    assert_eq!(stage.user.due(), None);
    stage.types(b"\xac", 1090);
    assert_eq!(stage.quiet(1170), ["PRIVMSG #lobby :\u{20ac}"]);
    stage.types("one", 2000);
    stage.types("two", 2050);
    assert!(stage.quiet(2080).is_empty());
    assert_eq!(stage.quiet(2130), ["PRIVMSG #lobby :onetwo"]);
}

#[test]
fn a_line_end_makes_lines_for_good_and_one_inside_does_not() {
    let mut stage = Stage::inside(false, true, "anna");
    assert_eq!(stage.types("a\nserver: b", 0), ["PRIVMSG #lobby :a"]);
    assert_eq!(stage.quiet(80), ["PRIVMSG #lobby :server: b"]);
    assert_eq!(stage.types("anna: c\n", 100), ["PRIVMSG #lobby :c"]);
    assert!(stage.types("half", 200).is_empty());
    assert_eq!(stage.user.due(), None);
    assert_eq!(stage.types(" a line\r", 9000), ["PRIVMSG #lobby :half a line"]);
}

#[test]
fn a_quit_word_glued_to_a_message_leaves_after_it() {
    let mut stage = Stage::inside(false, true, "anna");
    stage.types("bye all{quit}", 0);
    assert_eq!(stage.quiet(80), ["PRIVMSG #lobby :bye all", "QUIT"]);
    assert!(stage.types("more\n", 100).is_empty());
    let mut stage = Stage::inside(true, false, "anna");
    assert_eq!(stage.types("what is {quit}\n", 0), ["PRIVMSG #lobby :what is {quit}"]);
}

#[test]
fn a_long_message_is_one_message_again_for_its_readers() {
    let mut stage = Stage::inside(true, false, "anna");
    let text: String = "d\u{e9}j\u{e0} vu ".repeat(150).trim().to_owned();
    let lines = stage.types(format!("{text}\n"), 0);
    assert!(lines.len() > 3);
    assert!(lines.iter().all(|line| line.trim_start_matches("@+chatui/more ").len() + 89 <= MAX_REST));
    let mut reader = Stage::inside(true, false, "carol");
    for line in &lines {
        reader.hear(&match line.split_once(" PRIVMSG") {
            Some((tags, rest)) => format!("{tags} :anna!~plain@h PRIVMSG{rest}"),
            None => format!(":anna!~plain@h {line}"),
        });
    }
    assert_eq!(reader.effects.peer, format!("anna: {text}\n"));
    assert!(stage.types([b'x'; MAX_MESSAGE + 1], 1).is_empty());
    assert!(stage.types("tail\nnext\n", 2).iter().eq(["PRIVMSG #lobby :next"]));
    assert_eq!(stage.effects.peer, "*** not sent: longer than 8192 bytes\n");
}

#[test]
fn a_long_message_has_nobody_elses_words_in_it() {
    let mut stage = Stage::inside(true, false, "anna");
    let more = "@+chatui/more=1 ";
    assert_eq!(stage.heard(&format!("{more}:eve!e@h PRIVMSG #lobby :I took it. ")), "");
    assert_eq!(stage.heard(":bob!b@h PRIVMSG #lobby :hi"), "eve: I took it. \nbob: hi\n");
    // Nor is what was said to one alone a part of what is said to all.
    assert_eq!(stage.heard(&format!("{more}:bob!b@h PRIVMSG anna :psst ")), "");
    assert_eq!(stage.heard(":bob!b@h PRIVMSG #lobby :hello"), "bob (to you alone): psst \nbob: hello\n");
    assert_eq!(stage.heard(&format!("{more}:bob!b@h PRIVMSG #lobby :one ")), "");
    assert_eq!(stage.heard(":bob!b@h PRIVMSG #lobby :two"), "bob: one two\n");
}

#[test]
fn whoever_gives_no_name_or_a_very_long_one_is_let_in_all_the_same() {
    for first in [format!("{}\n", "x".repeat(600)), "\u{200b}\n".to_owned(), "é".repeat(300)] {
        let stage = Stage::new(true, false, &first);
        let line = stage.effects.core.iter().find(|line| line.starts_with("USER ")).unwrap();
        let name = line.strip_prefix("USER plain 0 * :").unwrap();
        assert!(!name.is_empty() && name.len() <= REALNAME_LEN, "{line}");
    }
}

#[test]
fn commands_are_for_the_server() {
    let mut stage = Stage::inside(true, false, "anna");
    assert_eq!(
        stage.types("/who\n/nick 7rob\n/me waves\n", 0),
        ["NAMES #lobby", "NICK rob", "PRIVMSG #lobby :\u{1}ACTION waves\u{1}"]
    );
    assert!(stage.types("/join #x\n/help\n/nick\n/echo\n", 0).is_empty());
    let peer = std::mem::take(&mut stage.effects.peer);
    assert!(peer.starts_with("*** not sent: /join is no command here"), "{peer}");
    assert!(peer.lines().all(|line| line.starts_with("*** ")), "{peer}");
    assert_eq!(stage.heard(":s 353 anna = #lobby :@bob anna").len(), 0);
    assert_eq!(stage.heard(":s 366 anna #lobby :End"), "*** 2 people are here: anna, bob\n");
    assert_eq!(stage.heard(":s 433 anna rob :in use"), "*** rob is taken\n");
    assert_eq!(stage.heard(":anna!~plain@h NICK rob"), "*** you are now rob\n");
    assert_eq!(stage.types("rob: hi\n", 0), ["PRIVMSG #lobby :hi"]);
}

#[test]
fn own_messages_come_back_to_whom_they_are_shown_only_so() {
    let own = ":anna!~plain@h PRIVMSG #lobby :hi";
    assert_eq!(Stage::inside(false, true, "anna").heard(own), "anna: hi\n");
    let mut stage = Stage::inside(true, false, "anna");
    assert_eq!(stage.heard(own), "");
    stage.types("/echo on\n", 0);
    stage.effects.peer.clear();
    assert_eq!(stage.heard(own), "anna: hi\n");
}

#[test]
fn what_happens_in_the_room_reads_well() {
    let mut stage = Stage::inside(true, false, "anna");
    for (line, text) in [
        (":bob!b@h PRIVMSG #lobby :hi \u{2}there\u{2}\u{1b}[2J\u{202e}", "bob: hi there\n"),
        (":bob!b@h PRIVMSG #lobby :\u{1}ACTION waves\u{1}", "* bob waves\n"),
        (":bob!b@h PRIVMSG anna :psst", "bob (to you alone): psst\n"),
        (":bob!b@h PRIVMSG anna :\u{1}VERSION\u{1}", ""),
        (":bob!b@h NOTICE #lobby :note", "-bob-: note\n"),
        (":bob!b@h JOIN #lobby", "*** bob joined\n"),
        (":bob!b@h PART #lobby :off", "*** bob left (off)\n"),
        (":bob!b@h QUIT :Quit", "*** bob left (quit)\n"),
        (":bob!b@h QUIT :Quit: tea", "*** bob left (tea)\n"),
        (":bob!b@h QUIT :Connection closed", "*** bob left (Connection closed)\n"),
        (":bob!b@h NICK rob", "*** bob is now rob\n"),
        (":bob!b@h TOPIC #lobby :tea", "*** topic: tea\n"),
        (":bob!b@h KICK #lobby eve :noise", "*** eve was put out by bob (noise)\n"),
        (":bob!b@h MODE #lobby +t", ""),
        ("@+typing=active :bob!b@h TAGMSG #lobby", ""),
        (
            ":s 404 anna #lobby :Cannot send to channel: you are banned",
            "*** not sent: Cannot send to channel: you are banned\n",
        ),
        (":s NOTICE anna :Bye all", "*** Bye all\n"),
        ("ERROR :Bye all", ""),
        ("ERROR :log failure", "*** log failure\n"),
    ] {
        assert_eq!(stage.heard(line), text, "{line}");
    }
    stage.hear("PING :s");
    assert_eq!(stage.effects.core, ["PONG :s"]);
}

#[test]
fn history_has_times_and_two_ends() {
    let mut stage = Stage::inside(true, false, "anna");
    stage.hear(":s BATCH +b1 chathistory #lobby");
    stage.hear("@batch=b1;time=2026-11-19T12:00:00.000Z :bob!b@h PRIVMSG #lobby :yesterday");
    stage.hear("@batch=b1;time=2026-11-20T15:05:00.000Z :anna!~plain@h PRIVMSG #lobby :mine");
    stage.hear("@batch=b1;time=2026-11-20T15:06:00.000Z :bob!b@h PRIVMSG #lobby :\u{1}ACTION waves\u{1}");
    assert_eq!(stage.effects.peer, "");
    stage.hear(":s BATCH -b1");
    assert_eq!(
        stage.effects.peer,
        "--- last 3 lines ---\n[2026-11-19 13:00] bob: yesterday\n[16:05] anna: mine\n[16:06] * bob waves\n--- end ---\n"
    );
}

#[test]
fn history_is_as_much_as_its_reader_can_take() {
    for (lines, most) in [(true, 16 << 10), (false, 8 << 10)] {
        let mut stage = Stage::inside(lines, false, "anna");
        stage.hear(":s BATCH +b1 chathistory #lobby");
        for n in 0..100 {
            let text = "x".repeat(400);
            stage.hear(&format!(
                "@batch=b1;time=2026-11-20T15:05:00.000Z :bob!b@h PRIVMSG #lobby :{n} {text}"
            ));
        }
        stage.hear(":s BATCH -b1");
        let peer = std::mem::take(&mut stage.effects.peer);
        assert!(peer.len() < most + 100 && peer.len() > most - 600, "{}", peer.len());
        assert!(peer.contains(" bob: 99 "));
    }
}

#[test]
fn ways_to_leave() {
    for word in ["/quit", "EXIT", "{quit}", "salir", "anna: exit"] {
        let mut stage = Stage::inside(true, false, "anna");
        assert_eq!(stage.types(format!("{word}\r\n"), 0), ["QUIT"], "{word}");
        assert_eq!(stage.heard("ERROR :Quit"), "*** Bye!\n");
    }
    for keys in [b"\x03".as_slice(), b"\x04", b"\xff\xf4\xff\xfd\x06"] {
        assert_eq!(Stage::inside(true, false, "anna").types(keys, 0), ["QUIT"]);
    }
    assert_eq!(
        Stage::inside(true, false, "anna").types(" exit\n//exit\n", 0),
        ["PRIVMSG #lobby :exit", "PRIVMSG #lobby :/exit"]
    );
    // Whoever gives such a word for a name was never here.
    assert_eq!(Stage::new(true, false, "exit\n").effects.core, ["QUIT"]);
    let mut stage = Stage::inside(true, false, "anna");
    assert_eq!(stage.heard(":bob!b@h KICK #lobby anna :noise"), "*** you were put out by bob (noise)\n");
    assert_eq!(stage.effects.core, ["QUIT"]);
}

#[test]
fn a_closed_room_is_said_and_left() {
    let mut stage = Stage::new(true, false, "anna\n");
    stage.effects = Effects::default();
    stage.hear(":s 001 anna :Welcome");
    stage.hear(":s 475 anna #lobby :Cannot join channel (+k)");
    assert_eq!(stage.effects.core, ["JOIN #lobby", "QUIT"]);
    assert_eq!(stage.effects.peer, "*** you cannot come in: Cannot join channel (+k)\n");
}

#[test]
fn bytes_that_are_no_text_do_no_harm() {
    let mut stage = Stage::inside(true, false, "anna");
    assert_eq!(stage.types(b"caf\xe9 \xff!\n", 0), ["PRIVMSG #lobby :caf\u{fffd} \u{fffd}!"]);
    assert_eq!(stage.types("a\u{1b}[2Jb\u{0}c\n \t \n\u{1b}[0m\n", 0), ["PRIVMSG #lobby :abc"]);
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    for lines in [true, false] {
        let mut stage = Stage::inside(lines, true, "anna");
        for n in 0..20_000 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let bytes = seed.to_le_bytes();
            for line in stage.types(&bytes[..1 + n % 8], n as u64 * 50) {
                assert!(!line.contains(['\r', '\n', '\0']), "{line:?}");
            }
            stage.quiet(n as u64 * 50 + 40);
            assert!(stage.user.partial.len() <= MAX_MESSAGE + 8);
        }
    }
}

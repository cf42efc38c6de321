//! CHATHISTORY in all its forms, out of what is remembered; and what is read from the log instead.

use chatui::irc::Draft;
use chatui::irc::line::parse_msgid;
use chatui::server::core::{Item, Of, Playback, Rest};

use super::*;

/// Alice, who asks, in `#x`; Bob has said `one` to `five` there, a second apart, and `six` in `#y`.
fn stage() -> Stage {
    script(
        "a+
        a> CAP REQ :draft/chathistory batch message-tags server-time
        a> NICK alice
        a> USER a 0 * :a
        a> CAP END
        a> JOIN #x,#y,#z
        b+bob
        b> JOIN #x,#y
        b> PRIVMSG #x :one
        ~1
        b> PRIVMSG #x :two
        ~1
        b> PRIVMSG #x :three
        ~1
        b> PRIVMSG #x :four
        ~1
        b> PRIVMSG #x :five
        ~1
        b> PRIVMSG #y :six
        a*
        b*",
    )
}

/// The time of the n-th of them.
fn at(n: u64) -> String {
    format!("timestamp=2026-11-20T16:05:0{}.000Z", n - 1)
}

/// What the answer holds, and the tag beside its batch.
fn answer(stage: &mut Stage, ask: &str) -> (Vec<String>, bool) {
    stage.say(u32::from('a'), &format!("CHATHISTORY {ask}"));
    let mut told = stage.take('a');
    let (first, last) = (told.remove(0), told.pop().unwrap_or_default());
    assert!(first.contains(" BATCH +") && last.contains(" BATCH -"), "{ask}: {first} {told:?} {last}");
    let words = told.iter().map(|line| line.rsplit(' ').next().unwrap().trim_start_matches(':').to_owned());
    (words.collect(), first.starts_with("@draft/chathistory-end "))
}

#[test]
fn each_form_gives_the_right_lines_and_says_whether_that_is_the_end() {
    let mut stage = stage();
    let id = |stage: &Stage, text: &str| -> String {
        let line = stage.kept.iter().find(|line| line.message().param(1) == text).unwrap();
        format!("msgid={}", line.msgid())
    };
    let (two, four) = (id(&stage, "two"), id(&stage, "four"));
    let five = id(&stage, "five");
    for (ask, words, end) in [
        ("LATEST #x * 2".to_owned(), "four five", false),
        ("LATEST #x * 5".to_owned(), "one two three four five", false),
        ("LATEST #x * 6".to_owned(), "one two three four five", true),
        (format!("LATEST #x {two} 2"), "four five", false),
        (format!("LATEST #x {two} 9"), "three four five", true),
        (format!("latest #X {} 9", at(2)), "three four five", true),
        (format!("BEFORE #x {four} 2"), "two three", false),
        (format!("BEFORE #x {four} 9"), "one two three", true),
        (format!("BEFORE #x {} 3", at(4)), "one two three", false),
        (format!("AFTER #x {two} 2"), "three four", false),
        (format!("AFTER #x {two} 9"), "three four five", true),
        (format!("AFTER #x {} 9", at(3)), "four five", true),
        (format!("AFTER #x {five} 9"), "", true),
        (format!("AROUND #x {two} 2"), "one two", false),
        (format!("AROUND #x {} 3", at(3)), "two three four", false),
        (format!("AROUND #x {two} 9"), "one two three four five", false),
        (format!("AROUND #x {five} 4"), "three four five", false),
        (format!("BETWEEN #x {two} {five} 9"), "three four", true),
        (format!("BETWEEN #x {five} {two} 9"), "three four", true),
        (format!("BETWEEN #x {} {} 9", at(1), at(5)), "two three four", true),
        (format!("BETWEEN #x {} {} 2", at(1), at(5)), "two three", false),
        (format!("BETWEEN #x {} {} 2", at(5), at(1)), "three four", false),
        (format!("BETWEEN #x {} {two} 9", at(2)), "", true),
        (format!("BETWEEN #x {two} {} 9", at(2)), "", true),
        ("BEFORE #x msgid=none-of_ours0 9".to_owned(), "", true),
        ("AFTER #x msgid=none 9".to_owned(), "one two three four five", true),
        ("LATEST #x * 0".to_owned(), "", false),
        ("LATEST #z * 9".to_owned(), "", true),
    ] {
        let (told, last) = answer(&mut stage, &ask);
        assert_eq!((told.join(" ").as_str(), last), (words, end), "{ask}");
    }
}

#[test]
fn what_is_asked_wrongly_is_told() {
    let mut stage = stage();
    let fail = |what: &str| format!("a< :chatui.local FAIL CHATHISTORY {what}");
    for (ask, told) in [
        ("LATEST #x *".to_owned(), "INVALID_PARAMS LATEST :Invalid or missing parameters"),
        ("LATEST #x * many".to_owned(), "INVALID_PARAMS LATEST :Invalid or missing parameters"),
        ("LATEST #x five 5".to_owned(), "INVALID_PARAMS LATEST :Not a *"),
        ("LATEST #x timestamp=now 5".to_owned(), "INVALID_PARAMS LATEST :Not a *"),
        ("LATEST #x msgid=a+b 5".to_owned(), "INVALID_PARAMS LATEST :Not a *"),
        ("BEFORE #x * 5".to_owned(), "INVALID_PARAMS BEFORE :Invalid *"),
        ("AFTER #x * 5".to_owned(), "INVALID_PARAMS AFTER :Invalid *"),
        ("AROUND #x * 5".to_owned(), "INVALID_PARAMS AROUND :Invalid *"),
        (format!("BETWEEN #x {} * 5", at(1)), "INVALID_PARAMS BETWEEN :Invalid *"),
        (format!("BETWEEN #x * {} 5", at(1)), "INVALID_PARAMS BETWEEN :Invalid *"),
        (format!("BETWEEN #x {} {}", at(1), at(2)), "INVALID_PARAMS BETWEEN :Invalid *"),
        ("LATEST bob * 5".to_owned(), "INVALID_TARGET LATEST bob :*"),
        ("LATEST #w * 5".to_owned(), "INVALID_TARGET LATEST #w :*"),
        ("LATEST #x number=5 5".to_owned(), "INVALID_MSGREFTYPE LATEST #x :*"),
        ("SIDEWAYS".to_owned(), "INVALID_PARAMS SIDEWAYS :Invalid *"),
        ("TARGETS".to_owned(), "INVALID_PARAMS TARGETS :*"),
        (format!("TARGETS {} {}", at(1), at(2)), "INVALID_PARAMS TARGETS :*"),
        (format!("TARGETS {} msgid=x 5", at(1)), "INVALID_PARAMS TARGETS :*"),
        (format!("TARGETS * {} 5", at(1)), "INVALID_PARAMS TARGETS :*"),
    ] {
        stage.run(&format!("a> CHATHISTORY {ask}\n {}", fail(told)));
    }
}

#[test]
fn targets_are_the_channels_with_messages_between_two_times() {
    let mut stage = stage();
    for (ask, words) in [
        (format!("{} {} 9", at(1), at(9)), "#x #y"),
        (format!("{} {} 9", at(9), at(1)), "#x #y"),
        (format!("{} {} 1", at(1), at(9)), "#x"),
        (format!("{} {} 9", at(5), at(9)), "#y"),
        (format!("{} {} 9", at(1), at(6)), "#x"),
        (format!("{} {} 9", at(6), at(9)), ""),
    ] {
        stage.say(u32::from('a'), &format!("CHATHISTORY TARGETS {ask}"));
        let told = stage.take('a');
        let names = told[1..told.len() - 1].iter().map(|line| line.split(' ').nth(4).unwrap());
        assert_eq!(names.collect::<Vec<_>>().join(" "), words, "{ask}");
        assert!(
            told[0].ends_with(" draft/chathistory-targets") && told[told.len() - 1].contains(" BATCH -b")
        );
    }
}

#[test]
fn what_is_older_than_what_is_remembered_is_read_from_the_log() {
    let mut stage = stage();
    stage.run(&format!("{}a*", "b> PRIVMSG #x :more\n".repeat(100)));
    let five = stage.kept.iter().find(|line| line.message().param(1) == "five").unwrap().msgid().to_owned();
    let mores: Vec<String> = stage
        .kept
        .iter()
        .filter(|line| line.message().param(1) == "more")
        .map(|line| line.msgid().to_owned())
        .collect();
    let (first, tenth, last) = (&mores[0], &mores[9], &mores[99]);
    for (ask, remembered) in [
        ("LATEST #x * 100".to_owned(), Some(100)),
        ("LATEST #x * 101".to_owned(), None),
        (format!("LATEST #x msgid={first} 100"), None),
        (format!("LATEST #x msgid={tenth} 100"), Some(90)),
        (format!("LATEST #x msgid={five} 100"), Some(100)),
        (format!("LATEST #x msgid={five} 101"), None),
        (format!("BEFORE #x msgid={tenth} 9"), Some(9)),
        (format!("BEFORE #x msgid={tenth} 10"), None),
        (format!("AFTER #x msgid={tenth} 5"), Some(5)),
        (format!("AFTER #x msgid={first} 5"), None),
        (format!("AROUND #x msgid={tenth} 18"), Some(18)),
        (format!("AROUND #x msgid={tenth} 20"), None),
        (format!("BETWEEN #x msgid={tenth} msgid={last} 100"), Some(89)),
        (format!("BETWEEN #x msgid={last} msgid={tenth} 5"), Some(5)),
        (format!("BETWEEN #x msgid={first} msgid={last} 5"), None),
    ] {
        stage.say(u32::from('a'), &format!("CHATHISTORY {ask}"));
        let told = stage.take('a');
        let found = (!told[0].starts_with("asked for a page")).then(|| told.len() - 2);
        assert_eq!(found, remembered, "{ask}: {told:?}");
    }
}

/// A page of `#x` as it is written for somebody.
fn playback(form: Form, batch: Option<&str>) -> Playback {
    Playback {
        form,
        server: "s".to_owned(),
        of: Of::Channel("#x".to_owned()),
        batch: batch.map(str::to_owned),
        asked: Some("LATEST".to_owned()),
        label: None,
        now: Time::from_millis(1_795_190_700_000),
    }
}

#[test]
fn a_gap_stands_where_something_is_missing() {
    let now = Time::from_millis(1_795_190_700_000);
    let line = |millis: u64, seq| {
        Draft::new("", "bob!b@h", "PRIVMSG", &["#x", &format!("n{seq}")])
            .stamp(Time::from_millis(1_795_190_600_000 + millis), seq)
    };
    let (one, two) = (line(0, 1), line(1_000, 2));
    let words = "NOTICE #x :Something is missing here: the server's log is damaged in this place";
    let items = || vec![Item::Gap, Item::Line(one.pieces()), Item::Gap, Item::Line(two.pieces()), Item::Gap];
    let text = |playback: &Playback, items: Vec<Item<'_>>, rest| {
        String::from_utf8(playback.bytes(items, rest).to_vec()).unwrap()
    };
    assert_eq!(
        text(&playback(Form::Full, Some("1")), items(), Rest::Open),
        format!(
            ":s BATCH +1 chathistory #x\r\n\
             @batch=1;time=2026-11-20T16:03:20.000Z :s {words}\r\n\
             @batch=1;time=2026-11-20T16:03:20.000Z;msgid={} :bob!b@h PRIVMSG #x :n1\r\n\
             @batch=1;time=2026-11-20T16:03:20.000Z :s {words}\r\n\
             @batch=1;time=2026-11-20T16:03:21.000Z;msgid={} :bob!b@h PRIVMSG #x :n2\r\n\
             @batch=1;time=2026-11-20T16:03:21.000Z :s {words}\r\n\
             :s BATCH -1\r\n",
            one.msgid(),
            two.msgid(),
        )
    );
    assert_eq!(
        text(&playback(Form::Time, None), vec![Item::Gap], Rest::End),
        format!("@time={now} :s {words}\r\n"),
        "alone it has the present time"
    );
    assert_eq!(
        text(&playback(Form::Untagged, None), vec![Item::Gap, Item::Line(one.pieces())], Rest::End),
        format!(":s {words}\r\n:bob!b@h PRIVMSG #x :[16:03] n1\r\n")
    );
    let search = Playback { of: Of::Search, ..playback(Form::Full, Some("1")) };
    assert_eq!(
        text(&search, vec![Item::Gap], Rest::End),
        "@draft/chathistory-end :s BATCH +1 soju.im/search\r\n:s BATCH -1\r\n"
    );
}

#[test]
fn what_lies_beyond_a_page_is_told_to_those_who_asked_and_read_tags() {
    let at = Time::from_millis(1_795_190_600_000);
    let head = |playback: &Playback, rest| {
        let bytes = playback.bytes([], rest);
        let text = std::str::from_utf8(&bytes).unwrap();
        text.split(":s BATCH +1").next().unwrap().to_owned()
    };
    let asked = playback(Form::Tags, Some("1"));
    let more = head(&asked, Rest::From(at, 7));
    let id = more.strip_prefix("@chatui/history-more=").unwrap().trim_end();
    assert_eq!(parse_msgid(id), Some((at, 7)));
    let labelled = Playback { label: Some("l".to_owned()), ..asked.clone() };
    assert_eq!(head(&labelled, Rest::End), "@label=l;draft/chathistory-end ");
    assert_eq!(head(&labelled, Rest::Open), "@label=l ");
    assert_eq!(head(&Playback { asked: None, ..asked.clone() }, Rest::End), "");
    assert_eq!(head(&Playback { form: Form::Time, ..asked }, Rest::End), "");
}

#[test]
fn an_old_text_for_an_old_client_says_its_day_unless_it_is_today() {
    let playback = playback(Form::Untagged, None);
    let said = |millis: u64, text: &str| {
        Draft::new("", "bob!b@h", "NOTICE", &["#x", text]).stamp(Time::from_millis(millis), 1)
    };
    for (millis, text, told) in [
        (1_795_190_640_000, "hi", "[16:04] hi"),
        (1_795_132_800_000, "hi", "[00:00] hi"),
        (1_795_132_799_999, "hi", "[2026-11-19 23:59] hi"),
        (1_763_654_700_000, "\u{1}ACTION waves\u{1}", "\u{1}ACTION [2025-11-20 16:05] waves\u{1}"),
    ] {
        let bytes = playback.lines(&[said(millis, text)], Rest::End);
        assert_eq!(std::str::from_utf8(&bytes).unwrap(), format!(":bob!b@h NOTICE #x :{told}\r\n"));
    }
}

#[test]
fn what_cannot_be_read_is_told_to_those_who_asked() {
    let text = |playback: &Playback| String::from_utf8(playback.failure().to_vec()).unwrap();
    let asked = playback(Form::Full, Some("1"));
    assert_eq!(
        text(&Playback { label: Some("l".to_owned()), ..asked.clone() }),
        "@label=l :s FAIL CHATHISTORY MESSAGE_ERROR LATEST #x :Messages could not be retrieved\r\n"
    );
    let search = Playback { of: Of::Search, asked: Some("SEARCH".to_owned()), ..asked.clone() };
    assert_eq!(text(&search), ":s FAIL SEARCH INTERNAL_ERROR :The log could not be searched\r\n");
    assert_eq!(text(&Playback { asked: None, ..asked }), "", "who only joins is told nothing");
}

//! Answers about the past that are cut short, and servers that have forgotten what they are asked about.

use chatui::client::app::Event;
use chatui::client::entry::Kind;
use chatui::client::window::Drawn;
use chatui::irc::Time;

use crate::client::{CAPS, Talk, asked, in_lobby, line, tag, untagged};

/// An answer with tags of its own at its beginning.
fn answer(talk: &mut Talk, question: &str, tags: &str, lines: &[String]) {
    talk.hears(&format!("@label={};{tags} :s BATCH +h chathistory #lobby", tag(question, "label")));
    for line in lines {
        talk.hears(&line.replacen('@', "@batch=h;", 1));
    }
    talk.hears(":s BATCH -h");
}

fn spoken(talk: &Talk) -> Vec<String> {
    talk.shows("#lobby")
        .into_iter()
        .filter(|row| row.starts_with("bob") || row.starts_with("Beginning"))
        .collect()
}

#[test]
fn a_page_cut_short_is_asked_on_and_is_no_beginning() {
    let mut talk = Talk::new();
    talk.online(CAPS);
    talk.joined("#lobby", "bob alice");
    let first = asked(&mut talk).unwrap();
    assert_eq!(untagged(&first), "CHATHISTORY LATEST #lobby * 50");
    answer(&mut talk, &first, "chatui/history-more=m0040", &[line(50, "bob", "50"), line(51, "bob", "51")]);
    let second = asked(&mut talk).unwrap();
    assert_eq!(untagged(&second), "CHATHISTORY BEFORE #lobby msgid=m0040 50");
    assert_eq!(spoken(&talk), ["bob: 50", "bob: 51"]);
    // Nothing found in that piece either.
    answer(&mut talk, &second, "chatui/history-more=m0030", &[]);
    let third = asked(&mut talk).unwrap();
    assert_eq!(untagged(&third), "CHATHISTORY BEFORE #lobby msgid=m0030 50");
    answer(&mut talk, &third, "draft/chathistory-end", &[line(7, "bob", "7")]);
    assert_eq!(asked(&mut talk), None);
    assert_eq!(spoken(&talk)[1..], ["bob: 7", "bob: 50", "bob: 51"]);
    assert!(spoken(&talk)[0].starts_with("Beginning"), "{:?}", spoken(&talk));
}

#[test]
fn what_was_missed_is_asked_on_forwards() {
    let mut talk = in_lobby();
    talk.event(Event::Offline("cut".into()));
    talk.online(CAPS);
    talk.joined("#lobby", "bob alice");
    let first = asked(&mut talk).unwrap();
    assert_eq!(untagged(&first), "CHATHISTORY AFTER #lobby msgid=m0002 100");
    answer(&mut talk, &first, "chatui/history-more=m0500", &[line(3, "bob", "three")]);
    let second = asked(&mut talk).unwrap();
    assert_eq!(untagged(&second), "CHATHISTORY AFTER #lobby msgid=m0500 100");
    answer(&mut talk, &second, "draft/chathistory-end", &[line(600, "bob", "four")]);
    assert_eq!(asked(&mut talk), None);
    assert_eq!(spoken(&talk)[1..], ["bob: one", "bob: two", "bob: three", "bob: four"]);
    assert!(!talk.shows("#lobby").iter().any(|row| row.starts_with("Gap")));
}

#[test]
fn what_a_server_has_forgotten_is_asked_for_by_its_time() {
    for refuses in [false, true] {
        let mut talk = in_lobby();
        talk.event(Event::Offline("the server was started anew".into()));
        talk.online(CAPS);
        talk.joined("#lobby", "bob alice");
        let first = asked(&mut talk).unwrap();
        assert_eq!(untagged(&first), "CHATHISTORY AFTER #lobby msgid=m0002 100");
        if refuses {
            let label = tag(&first, "label");
            talk.hears(&format!(
                "@label={label} :s FAIL CHATHISTORY MESSAGE_ERROR AFTER #lobby m0002 :Not found"
            ));
        } else {
            answer(&mut talk, &first, "x=y", &[]);
        }
        let second = asked(&mut talk).unwrap();
        assert!(untagged(&second).starts_with("CHATHISTORY AFTER #lobby timestamp="), "{second}");
        answer(&mut talk, &second, "x=y", &[line(3, "bob", "said meanwhile")]);
        assert_eq!(asked(&mut talk), None, "once is enough");
        assert_eq!(spoken(&talk).last().unwrap(), "bob: said meanwhile");
    }
}

#[test]
fn an_end_that_is_said_is_believed() {
    let mut talk = in_lobby();
    talk.event(Event::Offline("cut".into()));
    talk.online(CAPS);
    talk.joined("#lobby", "bob alice");
    let first = asked(&mut talk).unwrap();
    // Nothing was said meanwhile: no second question.
    answer(&mut talk, &first, "draft/chathistory-end", &[]);
    assert_eq!(asked(&mut talk), None);
}

#[test]
fn what_is_told_twice_over_two_pauses_is_counted_once() {
    let mut talk = in_lobby();
    talk.event(Event::Focus(false));
    for _ in 0..2 {
        talk.event(Event::Offline("cut".into()));
        talk.passes(2_000);
        talk.online(CAPS);
        talk.joined("#lobby", "bob alice");
        // Before the answer is there, others speak, and another device of one's own.
        talk.hears(&line(9, "bob", "nine"));
        talk.hears(&line(10, "alice", "ten"));
        talk.hears(&line(11, "bob", "eleven, alice"));
    }
    let window = talk.window("#lobby");
    assert_eq!((window.unread, window.mentions, window.mark.unwrap().count), (2, 1, 2));
    let question = asked(&mut talk).unwrap();
    answer(&mut talk, &question, "", &[line(9, "bob", "nine"), line(10, "alice", "ten")]);
    let window = talk.window("#lobby");
    assert_eq!((window.unread, window.mentions, window.mark.unwrap().count), (2, 1, 2));
}

#[test]
fn a_replayed_join_is_no_mention() {
    let mut talk = Talk::new();
    talk.online(CAPS);
    talk.joined("#lobby", "bob alice");
    let first = asked(&mut talk).unwrap();
    let told = |n, who| line(n, who, "alice joined the channel");
    answer(&mut talk, &first, "draft/chathistory-end", &[told(1, "HistServ"), told(2, "bob")]);
    let mentions = talk.window("#lobby").entries().iter().filter(|entry| entry.mention);
    assert_eq!(mentions.map(|entry| &*entry.who).collect::<Vec<_>>(), ["bob"]);
}

/// A line as a server tells it that knows no ids, `n` seconds in; what it keeps of the time is the second.
fn plain(n: u64, text: &str) -> String {
    let at = Time::from_millis(1_795_190_000_000 + n * 1000);
    format!("@time={at} :bob!u@h PRIVMSG #lobby :{text}")
}

#[test]
fn a_server_that_knows_no_ids_is_asked_and_told_by_the_time() {
    let mut talk = Talk::new();
    talk.online(&format!("{CAPS} draft/read-marker"));
    talk.hears(":s 005 alice MSGREFTYPES=timestamp :are supported");
    talk.joined("#lobby", "bob alice");
    let first = asked(&mut talk).unwrap();
    answer(&mut talk, &first, "", &[plain(1, "one")]);
    let told = Time::from_millis(1_795_190_002_345).to_string();
    talk.hears(&format!("@time={told} :bob!u@h PRIVMSG #lobby :two"));
    talk.event(Event::Drawn(Drawn { rows: 20, ..Drawn::default() }));
    talk.passes(3_000);
    let sent = talk.sent();
    let mark = format!("MARKREAD #lobby timestamp={told}");
    assert!(sent.contains(&mark), "{sent:?} {mark}");
    // After a pause of a thousand lines there is a gap, which is filled by time until it meets what is there.
    talk.event(Event::Offline("cut".into()));
    talk.passes(2_000);
    talk.online(&format!("{CAPS} draft/read-marker"));
    talk.hears(":s 005 alice MSGREFTYPES=timestamp :are supported");
    talk.joined("#lobby", "bob alice");
    for page in 0..10u64 {
        let question = asked(&mut talk).unwrap();
        assert!(untagged(&question).starts_with("CHATHISTORY AFTER #lobby timestamp="), "{question}");
        let mut lines: Vec<String> =
            (0..100).map(|n| plain(3 + page * 100 + n, &format!("{page}.{n}"))).collect();
        if page == 0 {
            // It is here already, with more of its time.
            lines.insert(0, plain(2, "two"));
        }
        answer(&mut talk, &question, "", &lines);
    }
    let rest = asked(&mut talk).unwrap();
    assert_eq!(untagged(&rest), "CHATHISTORY LATEST #lobby * 50");
    let lines: Vec<String> = (0..50).map(|n| plain(1100 + n, "late")).collect();
    answer(&mut talk, &rest, "", &lines);
    let gap = talk.window("#lobby").entries().iter().find(|entry| matches!(entry.kind, Kind::Gap(_)));
    let gap = gap.expect("there is a gap").id;
    talk.event(Event::Drawn(Drawn { rows: 20, gap: Some(gap), ..Drawn::default() }));
    let question = asked(&mut talk).unwrap();
    let before = Time::from_millis(1_795_190_000_000 + 1_100_000);
    assert_eq!(untagged(&question), format!("CHATHISTORY BEFORE #lobby timestamp={before} 100"));
    let lines: Vec<String> =
        (1000..1100).map(|n| plain(n, &format!("{}.{}", (n - 3) / 100, (n - 3) % 100))).collect();
    answer(&mut talk, &question, "", &lines);
    let shown = talk.shows("#lobby");
    assert!(!shown.iter().any(|row| row.starts_with("Gap")), "it is closed");
    for said in ["bob: two", "bob: 9.99"] {
        assert_eq!(shown.iter().filter(|row| *row == said).count(), 1, "nothing is doubled");
    }
}

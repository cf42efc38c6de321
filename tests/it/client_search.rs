//! Finding: what was said, on the server and in what is here; who named one; and the place one was at before.

use chatui::client::app::{Effect, Event, Keep, Status};
use chatui::client::window::Scroll;
use chatui::irc::Time;
use crossterm::event::{KeyCode, KeyModifiers};

use crate::client::{CAPS, Talk, line, tag, untagged};
use crate::client_people::{picture, picture_of};

/// In `#lobby`, of which the lines from 901 to 1000 are here; the rest is on the server.
fn in_lobby(caps: &str) -> Talk {
    let mut talk = Talk::new();
    talk.online(&format!("{CAPS} {caps}"));
    talk.joined("#lobby", "bob alice");
    talk.joined("#b", "bob alice");
    let asked = asked(&mut talk, "CHATHISTORY LATEST #lobby").unwrap();
    let lines: Vec<String> = (901..=1000).map(|n| line(n, "bob", &format!("number {n}"))).collect();
    talk.history(Some(tag(&asked, "label")), "#lobby", &lines);
    talk.passes(100);
    picture(&mut talk);
    talk.others();
    talk
}

/// The last question of this kind, if one was asked.
fn asked(talk: &mut Talk, kind: &str) -> Option<String> {
    talk.sent().into_iter().rev().find(|line| untagged(line).starts_with(kind))
}

/// The server has found these.
fn found(talk: &mut Talk, question: &str, tags: &str, lines: &[String]) {
    talk.hears(&format!("@label={};{tags} :s BATCH +f soju.im/search", tag(question, "label")));
    for line in lines {
        talk.hears(&line.replacen('@', "@batch=f;", 1));
    }
    talk.hears(":s BATCH -f");
}

/// The server tells what was said around a message.
fn around(talk: &mut Talk, n: u64) {
    let asked = asked(talk, "CHATHISTORY AROUND #lobby").expect("the surroundings are asked for");
    assert!(asked.contains(&format!("msgid=m{n:04}")), "{asked}");
    let lines: Vec<String> = (n - 50..n + 50).map(|n| line(n, "bob", &format!("number {n}"))).collect();
    talk.history(Some(tag(&asked, "label")), "#lobby", &lines);
}

fn status(talk: &Talk) -> String {
    match talk.app.status() {
        Status::Question(text) | Status::Error(text) | Status::Info(text) => text,
        other => format!("{other:?}"),
    }
}

#[track_caller]
fn shows(talk: &mut Talk, text: &str) {
    let rows = picture(talk);
    assert!(rows.iter().any(|row| row.contains(text)), "no {text:?} in\n{}", rows.join("\n"));
}

#[test]
fn what_the_server_finds_is_stepped_through_where_it_was_said_and_escape_leads_back() {
    let mut talk = in_lobby("soju.im/search");
    talk.key(KeyModifiers::NONE, KeyCode::PageUp);
    picture(&mut talk);
    let eye = talk.window("#lobby").scroll;
    talk.control('s');
    shows(&mut talk, "words to look for");
    assert!(status(&talk).contains("from:"));
    talk.types("number 300 from:bob since:2026-01-01");
    let question = asked(&mut talk, "SEARCH").unwrap();
    assert_eq!(
        untagged(&question),
        "SEARCH text=number\\s300;from=bob;after=2026-01-01T00:00:00.000Z;limit=50;chatui/before=*"
    );
    assert!(status(&talk).starts_with("looking"));
    // One is here, one is not; the server has looked through only so much.
    let hits = [line(300, "bob", "number 300"), line(930, "bob", "number 930 and 300")];
    found(&mut talk, &question, "chatui/history-more=m0250", &hits);
    assert!(asked(&mut talk, "CHATHISTORY").is_none(), "that one is here");
    shows(&mut talk, "▸ number 930");
    assert_eq!(status(&talk), "1 of 2+   n older  Enter read here  Esc");
    talk.key(KeyModifiers::NONE, KeyCode::Char('n'));
    around(&mut talk, 300);
    shows(&mut talk, "▸ number 300");
    let rows = picture(&mut talk);
    let at = rows.iter().position(|row| row.contains("▸ number 300")).unwrap();
    assert!((4..14).contains(&at), "with what was said before it: {at}");
    // No older one is here: the server is asked on from where it stopped.
    talk.key(KeyModifiers::NONE, KeyCode::Char('n'));
    let question = asked(&mut talk, "SEARCH").unwrap();
    assert!(question.ends_with(";limit=50;chatui/before=m0250"), "{question}");
    found(&mut talk, &question, "chatui/history-more=m0150", &[]);
    let question = asked(&mut talk, "SEARCH").expect("nothing in that piece: asked on");
    found(&mut talk, &question, "draft/chathistory-end", &[line(100, "bob", "300 and number 100")]);
    around(&mut talk, 100);
    assert_eq!(status(&talk), "3 of 3   N newer  Enter read here  Esc");
    talk.key(KeyModifiers::NONE, KeyCode::Char('n'));
    assert_eq!(
        (status(&talk).as_str(), asked(&mut talk, "SEARCH")),
        ("3 of 3   N newer  Enter read here  Esc", None)
    );
    talk.key(KeyModifiers::NONE, KeyCode::Char('N'));
    around(&mut talk, 300);
    shows(&mut talk, "▸ number 300");
    // Back, although all of that has been let go.
    talk.key(KeyModifiers::NONE, KeyCode::Esc);
    assert!(talk.app.search().is_none());
    picture(&mut talk);
    assert!(matches!(eye, Scroll::At(..)));
    let back = talk.window("#lobby").entry(talk.window("#lobby").first().unwrap()).is_some();
    assert!(back);
    shows(&mut talk, "number 968");
}

#[test]
fn enter_stays_with_a_hit_and_one_can_come_back_from_it_and_go_forward_again() {
    let mut talk = in_lobby("soju.im/search");
    talk.types("/search number 300");
    let question = asked(&mut talk, "SEARCH").unwrap();
    found(&mut talk, &question, "draft/chathistory-end", &[line(300, "bob", "number 300")]);
    around(&mut talk, 300);
    picture(&mut talk);
    talk.key(KeyModifiers::NONE, KeyCode::Enter);
    assert!(talk.app.search().is_none());
    shows(&mut talk, "number 300");
    talk.key(KeyModifiers::ALT, KeyCode::Left);
    picture(&mut talk);
    assert!(talk.window("#lobby").is_live());
    talk.key(KeyModifiers::ALT, KeyCode::Right);
    shows(&mut talk, "number 300");
    talk.key(KeyModifiers::ALT, KeyCode::Right);
    assert_eq!(status(&talk), "there is nowhere to go forward to");
    talk.key(KeyModifiers::ALT, KeyCode::Left);
    picture(&mut talk);
    assert!(talk.window("#lobby").is_live());
}

#[test]
fn a_room_that_is_only_looked_into_stays_unread_and_its_late_page_moves_nobody() {
    let mut talk = in_lobby("soju.im/search");
    talk.types("/join #b");
    talk.hears(":bob!b@h PRIVMSG #lobby :alice: news");
    assert_eq!((talk.window("#lobby").unread, talk.window("#lobby").mentions), (1, 1));
    talk.types("/search number");
    let question = asked(&mut talk, "SEARCH").unwrap();
    found(&mut talk, &question, "draft/chathistory-end", &[line(300, "bob", "number 300")]);
    assert_eq!(talk.app.window().name, "#lobby");
    let late = asked(&mut talk, "CHATHISTORY AROUND #lobby").unwrap();
    talk.key(KeyModifiers::NONE, KeyCode::Esc);
    assert_eq!(talk.app.window().name, "#b");
    assert_eq!((talk.window("#lobby").unread, talk.window("#lobby").mentions), (1, 1));
    let before = talk.shows("#lobby");
    talk.history(Some(tag(&late, "label")), "#lobby", &[line(300, "bob", "number 300")]);
    assert!(talk.window("#lobby").is_live());
    assert_eq!(talk.shows("#lobby"), before);
}

#[test]
fn a_server_that_does_not_search_leaves_what_is_here_and_that_is_said() {
    let mut talk = in_lobby("");
    talk.hears(":bob!b@h PRIVMSG alice :Number four, between us");
    talk.control('s');
    talk.types("NUMBER four");
    assert_eq!(asked(&mut talk, "SEARCH"), None);
    assert_eq!(talk.app.window().name, "bob");
    assert!(
        status(&talk).starts_with("1 of 1 of what is here, for this server does not search"),
        "{}",
        status(&talk)
    );
    talk.control('s');
    talk.control('u');
    talk.types("in:lobby number 95 from:BOB");
    assert_eq!(talk.app.window().name, "#lobby");
    assert!(status(&talk).starts_with("1 of 11 of"), "{}", status(&talk));
    talk.control('s');
    talk.control('u');
    talk.types("unheard of");
    assert_eq!(status(&talk), "nothing found in what is here; this server does not search");
    // The words are still there, to be changed.
    shows(&mut talk, "/ unheard of");
    talk.control('u');
    talk.types("from: nobody");
    assert!(status(&talk).starts_with("from: needs"), "{}", status(&talk));
    talk.key(KeyModifiers::NONE, KeyCode::Esc);
    assert_eq!(talk.app.window().name, "#lobby", "where one was at the beginning");
}

#[test]
fn messages_between_two_are_found_here_even_where_the_server_searches() {
    let mut talk = in_lobby("soju.im/search");
    talk.hears(":bob!b@h PRIVMSG alice :a secret number");
    talk.types("/search number");
    let question = asked(&mut talk, "SEARCH").unwrap();
    found(&mut talk, &question, "draft/chathistory-end", &[line(950, "bob", "number 950")]);
    shows(&mut talk, "▸ number 950");
    talk.key(KeyModifiers::NONE, KeyCode::Up);
    assert_eq!(talk.app.window().name, "bob");
    talk.key(KeyModifiers::NONE, KeyCode::Down);
    assert_eq!(talk.app.window().name, "#lobby");
}

#[test]
fn what_was_found_is_a_list_where_there_is_room_and_only_there() {
    let mut talk = in_lobby("soju.im/search");
    talk.types("/search number has:link");
    let question = asked(&mut talk, "SEARCH").unwrap();
    assert!(untagged(&question).starts_with("SEARCH text=number\\s://;"), "{question}");
    let text = "see https://a.example and after a good many other words there is the number of it";
    let hits = [line(955, "bob", "no link for number 955"), line(950, "bob", text)];
    found(&mut talk, &question, "draft/chathistory-end", &hits);
    let wide = picture_of(&mut talk, 120, 40);
    assert!(wide.iter().any(|row| row.contains("bob") && row.contains("#lobby │")), "{}", wide.join("\n"));
    assert!(wide.iter().any(|row| row.trim_start().starts_with('…') && row.contains("number of it")));
    assert!(!wide.iter().any(|row| row.contains("no link")), "it has none");
    assert!(!picture_of(&mut talk, 99, 30).iter().any(|row| row.contains("#lobby │")));
    // It stays in sight in a window of another size.
    for (columns, rows) in [(120, 40), (80, 24), (40, 12), (20, 5), (100, 16)] {
        talk.event(Event::Resize(columns, rows));
        let picture = picture_of(&mut talk, columns, rows);
        assert!(picture.iter().any(|row| row.contains('▸')), "{columns}x{rows}:\n{}", picture.join("\n"));
    }
    picture_of(&mut talk, 1, 1);
}

#[test]
fn refused_unanswered_and_cut_off_searches_end() {
    let mut talk = in_lobby("soju.im/search");
    talk.types("/search number");
    let question = asked(&mut talk, "SEARCH").unwrap();
    talk.hears(&format!(
        "@label={} :s FAIL SEARCH RATE_LIMITED 3 :So many searches",
        tag(&question, "label")
    ));
    assert_eq!(status(&talk), "So many searches");
    assert!(!talk.app.search().unwrap().is_reading(), "to be tried again");
    talk.key(KeyModifiers::NONE, KeyCode::Enter);
    let mut question = asked(&mut talk, "SEARCH").unwrap();
    // So many pieces without a hit: then the reader is asked.
    for _ in 0..8 {
        found(&mut talk, &question, "chatui/history-more=m0700", &[]);
        question = asked(&mut talk, "SEARCH").unwrap();
    }
    found(&mut talk, &question, "chatui/history-more=m0600", &[]);
    assert_eq!(asked(&mut talk, "SEARCH"), None);
    assert!(status(&talk).starts_with("nothing found so far"), "{}", status(&talk));
    talk.key(KeyModifiers::NONE, KeyCode::Char('n'));
    let question = asked(&mut talk, "SEARCH").unwrap();
    talk.hears(&format!(
        "@label={} :s FAIL SEARCH RATE_LIMITED 3 :So many searches",
        tag(&question, "label")
    ));
    talk.key(KeyModifiers::NONE, KeyCode::Char('n'));
    assert!(asked(&mut talk, "SEARCH").unwrap().ends_with("chatui/before=m0600"), "on from there");
    talk.key(KeyModifiers::NONE, KeyCode::Esc);
    talk.types("/search number");
    assert!(asked(&mut talk, "SEARCH").is_some());
    talk.passes(31_000);
    assert_eq!(status(&talk), "the server does not answer the search");
    talk.key(KeyModifiers::NONE, KeyCode::Enter);
    assert!(asked(&mut talk, "SEARCH").is_some());
    talk.event(Event::Offline("cut".into()));
    assert!(!talk.app.search().unwrap().is_reading());
    talk.key(KeyModifiers::NONE, KeyCode::Esc);
    assert!(talk.app.search().is_none());
    talk.types(&format!("/search {}", "long ".repeat(200)));
    assert!(matches!(talk.app.status(), Status::Error(_)));
}

#[test]
fn mentions_are_walked_through_also_those_that_are_not_here_any_more() {
    let mut talk = in_lobby("soju.im/search");
    for n in [1001, 1002, 1003] {
        talk.hears(&line(n, "bob", &format!("alice: {n}")));
        talk.hears(&(0..30).map(|m| line(n * 100 + m, "eve", "chatter")).collect::<Vec<_>>().join("\n"));
    }
    let older = |talk: &mut Talk| talk.key(KeyModifiers::ALT, KeyCode::Char('p'));
    let newer = |talk: &mut Talk| talk.key(KeyModifiers::ALT, KeyCode::Char('n'));
    for n in [1003, 1002, 1001] {
        older(&mut talk);
        shows(&mut talk, &format!("alice: {n}"));
    }
    newer(&mut talk);
    shows(&mut talk, "alice: 1002");
    older(&mut talk);
    picture(&mut talk);
    older(&mut talk);
    let question = asked(&mut talk, "SEARCH").unwrap();
    assert_eq!(untagged(&question), "SEARCH text=alice;in=#lobby;limit=50;chatui/before=m0901");
    // Not every text with the name in it names one.
    let hits =
        [line(500, "bob", "Alice, look"), line(600, "bob", "malice"), line(700, "alice", "I am alice")];
    found(&mut talk, &question, "draft/chathistory-end", &hits);
    around(&mut talk, 500);
    shows(&mut talk, "number 500");
    // On the way back nothing is passed over that is not here.
    newer(&mut talk);
    let question = asked(&mut talk, "SEARCH").unwrap();
    assert_eq!(untagged(&question), "SEARCH text=alice;in=#lobby;limit=50;chatui/after=m0549");
    found(
        &mut talk,
        &question,
        "draft/chathistory-end",
        &[line(600, "bob", "malice"), line(800, "bob", "alice?")],
    );
    around(&mut talk, 800);
    shows(&mut talk, "number 800");
    newer(&mut talk);
    let question = asked(&mut talk, "SEARCH").unwrap();
    found(&mut talk, &question, "draft/chathistory-end", &[line(1001, "bob", "alice: 1001")]);
    assert!(asked(&mut talk, "CHATHISTORY").is_none(), "that one is here");
    shows(&mut talk, "alice: 1001");
    // One step back leads over all of them.
    talk.key(KeyModifiers::ALT, KeyCode::Left);
    picture(&mut talk);
    assert!(talk.window("#lobby").is_live());
    talk.key(KeyModifiers::ALT, KeyCode::Right);
    picture(&mut talk);
    newer(&mut talk);
    newer(&mut talk);
    shows(&mut talk, "alice: 1003");
    newer(&mut talk);
    picture(&mut talk);
    assert!(talk.window("#lobby").is_live());
    newer(&mut talk);
    assert_eq!(status(&talk), "no newer mention");
}

/// What was last written of what is remembered.
fn remembered(talk: &mut Talk) -> Option<String> {
    let mut memories = talk.others().into_iter().filter_map(|effect| match effect {
        Effect::Keep(Keep::Memory(text)) => Some(text),
        _ => None,
    });
    memories.next_back()
}

#[test]
fn the_place_in_a_room_and_the_open_conversations_survive_the_clients_end() {
    let mut talk = in_lobby("");
    talk.hears(":bob!b@h PRIVMSG alice :hello\n:carol!c@h PRIVMSG alice :hello");
    talk.key(KeyModifiers::NONE, KeyCode::PageUp);
    picture(&mut talk);
    let top =
        picture(&mut talk).iter().find_map(|row| row.split_once("number ")).map(|(_, n)| n[..3].to_owned());
    talk.types("/query carol");
    talk.types("/part");
    talk.event(Event::Leave);
    let memory = remembered(&mut talk).expect("it is written at the end");
    assert!(memory.contains("OPEN bob\n") && !memory.contains("carol"), "{memory}");
    let place = memory.lines().find(|line| line.contains(" PLACE #lobby")).expect("a place");
    assert!(place.contains(&format!("msgid=m0{};", top.clone().unwrap())), "{place}, not {top:?}");

    // The next client: the place is not among the last lines any more.
    let at = Time::from_millis(1_795_190_300_000);
    let mut talk = Talk::new();
    let memory = format!("OPEN bob\n@msgid=m0300;time={at} PLACE #lobby\n");
    talk.event(Event::Recalled(memory.into_bytes().into()));
    talk.online(CAPS);
    talk.joined("#lobby", "bob alice");
    assert_eq!(talk.app.windows().len(), 3);
    picture(&mut talk);
    let first = asked(&mut talk, "CHATHISTORY LATEST").unwrap();
    let lines: Vec<String> = (951..=1000).map(|n| line(n, "bob", &format!("number {n}"))).collect();
    talk.history(Some(tag(&first, "label")), "#lobby", &lines);
    picture(&mut talk);
    around(&mut talk, 300);
    picture(&mut talk);
    shows(&mut talk, "number 300");
    assert!(talk.window("#lobby").restore.is_none() && !talk.window("#lobby").is_live());
    // Back at the end, there is no place to remember.
    talk.key(KeyModifiers::NONE, KeyCode::Esc);
    picture(&mut talk);
    talk.event(Event::Leave);
    assert!(!remembered(&mut talk).expect("it is written").contains("PLACE"));
}

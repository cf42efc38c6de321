//! What people do besides talking: they type, answer, react, come and go, and are given or lose a rank.

use chatui::client::app::{Effect, Event, Status};
use chatui::client::theme::{Depth, Ground, Theme};
use chatui::client::view;
use crossterm::event::{KeyCode, KeyModifiers};
use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Rect;

use crate::client::{CAPS, Talk, in_lobby, line, tag};

/// The rows of the screen at 80x24.
pub fn picture(talk: &mut Talk) -> Vec<String> {
    picture_of(talk, 80, 24)
}

/// The rows of a screen of this size.
pub fn picture_of(talk: &mut Talk, columns: u16, rows: u16) -> Vec<String> {
    let area = Rect::new(0, 0, columns, rows);
    let mut buffer = Buffer::empty(area);
    let (drawn, _) = view::draw(&talk.app, &Theme::new(Depth::True, Ground::DARK), area, &mut buffer);
    talk.event(Event::Drawn(drawn));
    let row = |y| {
        let (mut text, mut x) = (String::new(), 0);
        while x < area.width {
            let symbol = buffer[(x, y)].symbol();
            text.push_str(symbol);
            x += symbol.cell_width().max(1);
        }
        text
    };
    (0..area.height).map(row).collect()
}

#[track_caller]
fn shows(talk: &mut Talk, text: &str) {
    let rows = picture(talk);
    assert!(rows.iter().any(|row| row.contains(text)), "no {text:?} in\n{}", rows.join("\n"));
}

#[test]
fn that_one_types_is_told_every_three_seconds_at_most() {
    let mut talk = in_lobby();
    talk.event(Event::Paste("h".into()));
    talk.event(Event::Paste("e".into()));
    assert_eq!(std::mem::take(&mut talk.tagged), ["@+typing=active TAGMSG #lobby"]);
    talk.passes(3_000);
    talk.event(Event::Paste("y".into()));
    assert_eq!(std::mem::take(&mut talk.tagged), ["@+typing=active TAGMSG #lobby"]);
    talk.control('c');
    assert_eq!(std::mem::take(&mut talk.tagged), ["@+typing=done TAGMSG #lobby"]);
    talk.event(Event::Paste("/msg bob".into()));
    assert_eq!(talk.tagged, [""; 0], "a command is nobody's business");
    talk.control('c');
    talk.event(Event::Paste("hey".into()));
    talk.key(KeyModifiers::NONE, KeyCode::Enter);
    assert_eq!(
        std::mem::take(&mut talk.tagged),
        ["@+typing=active TAGMSG #lobby"],
        "the message says the rest"
    );
    talk.hears(":s 005 alice CLIENTTAGDENY=*,-chatui/id :are supported");
    talk.event(Event::Paste("more".into()));
    assert_eq!(talk.tagged, [""; 0], "where it is not relayed it is not told");
}

#[test]
fn that_one_types_to_nobody_is_no_error() {
    let mut talk = in_lobby();
    talk.types("/query carol");
    talk.event(Event::Paste("are you there".into()));
    assert_eq!(std::mem::take(&mut talk.tagged), ["@+typing=active TAGMSG carol"]);
    talk.hears(":s 401 alice carol :No such nick");
    assert_eq!(talk.shows("carol"), [""; 0]);
    talk.sent();
    talk.key(KeyModifiers::NONE, KeyCode::Enter);
    let sent = talk.sent();
    talk.hears(&format!("@label={} :s 401 alice carol :No such nick", tag(&sent[0], "label")));
    assert_eq!(talk.shows("carol"), ["alice: are you there (failed)"]);
}

#[test]
fn who_types_is_shown_until_they_speak_stop_or_are_silent() {
    let mut talk = in_lobby();
    let typing = |state: &str, who: &str| format!("@+typing={state} :{who}!u@h TAGMSG #lobby");
    talk.hears(&typing("active", "bob"));
    assert_eq!(talk.app.status(), Status::Typing(vec!["bob".into()]));
    shows(&mut talk, "bob is typing");
    talk.hears(&typing("active", "eve"));
    talk.hears(&typing("active", "alice"));
    shows(&mut talk, "bob and eve are typing");
    talk.hears(&line(3, "bob", "hello"));
    assert_eq!(talk.app.status(), Status::Typing(vec!["eve".into()]));
    talk.hears(&typing("done", "eve"));
    assert_eq!(talk.app.status(), Status::Quiet);
    talk.hears("@+typing=active :bob!u@h TAGMSG alice");
    assert_eq!(talk.app.status(), Status::Quiet, "that is in another conversation");
    talk.hears(&typing("active", "bob"));
    talk.passes(6_000);
    assert_eq!(talk.app.status(), Status::Quiet);
}

#[test]
fn answers_quote_and_reactions_gather_under_their_message() {
    let mut talk = in_lobby();
    let answer = line(3, "eve", "yes, two").replacen('@', "@+draft/reply=m0002;", 1);
    talk.hears(&answer);
    shows(&mut talk, "┌ bob two");
    shows(&mut talk, "yes, two");
    let gone = line(4, "eve", "and before").replacen('@', "@+reply=m0000;", 1);
    talk.hears(&gone);
    shows(&mut talk, "┌ an older message");
    for (who, with) in [("bob", "🎉"), ("bob", "🎉"), ("alice", "👍"), ("carol", "🎉")] {
        talk.hears(&format!("@+draft/react={with};+draft/reply=m0003 :{who}!u@h TAGMSG #lobby"));
    }
    shows(&mut talk, "🎉 bob carol  👍 alice");
    talk.hears("@+draft/react=🎉;+draft/reply=m0003 :dave!u@h TAGMSG #lobby");
    shows(&mut talk, "🎉 3  👍 alice");
    for n in 0..500 {
        talk.hears(&format!("@+draft/react=\\s{n};+draft/reply=m0003 :p{n}!u@h TAGMSG #lobby"));
        talk.hears(&format!("@+draft/react=🎉;+draft/reply=m0003 :p{n}!u@h TAGMSG #lobby"));
    }
    let entry = talk.window("#lobby").entries().iter().find(|entry| &*entry.msgid == "m0003").unwrap();
    let reactions = &entry.extra.as_ref().unwrap().reactions;
    assert_eq!((reactions.len(), reactions[0].who.len()), (24, 200));
}

#[test]
fn a_chosen_message_is_answered_reacted_to_copied_and_opened() {
    let mut talk = in_lobby();
    talk.hears(&line(3, "eve", "see https://tides.example/x, bob"));
    talk.hears(&line(4, "alice", "mine"));
    picture(&mut talk);
    let up = |talk: &mut Talk| talk.key(KeyModifiers::ALT, KeyCode::Up);
    let key = |talk: &mut Talk, c: char| talk.key(KeyModifiers::NONE, KeyCode::Char(c));
    up(&mut talk);
    up(&mut talk);
    shows(&mut talk, "▸ see https://tides.example/x, bob");
    shows(&mut talk, "r reply  + react  y copy");
    key(&mut talk, 'y');
    assert_eq!(talk.others(), [Effect::Copy("see https://tides.example/x, bob".into())]);
    assert_eq!(talk.app.selected(), None);
    up(&mut talk);
    key(&mut talk, 'k');
    key(&mut talk, 'q');
    assert_eq!(talk.app.editor().text(), "", "a letter that means nothing is not typed");
    key(&mut talk, 'o');
    assert_eq!(talk.others(), [Effect::Open("https://tides.example/x".into())]);

    up(&mut talk);
    key(&mut talk, 'k');
    key(&mut talk, '+');
    shows(&mut talk, "1 👍");
    key(&mut talk, '4');
    assert_eq!(std::mem::take(&mut talk.tagged), ["@+draft/react=🎉;+draft/reply=m0003 TAGMSG #lobby"]);
    shows(&mut talk, "🎉 alice");
    talk.hears("@+draft/react=🎉;+draft/reply=m0003 :alice!u@h TAGMSG #lobby");
    shows(&mut talk, "🎉 alice");

    up(&mut talk);
    key(&mut talk, 'k');
    key(&mut talk, 'r');
    shows(&mut talk, "answering eve");
    talk.sent();
    talk.event(Event::Paste("thanks\nand more".into()));
    talk.key(KeyModifiers::NONE, KeyCode::Enter);
    let sent = talk.sent();
    assert_eq!(sent.iter().filter(|line| line.contains("+draft/reply=m0003")).count(), 1);
    assert!(
        sent[0].contains("+draft/reply=m0003") && sent[0].ends_with("PRIVMSG #lobby :thanks"),
        "{sent:?}"
    );
    shows(&mut talk, "┌ eve see https://tides.example/x, bob");
    assert_eq!(talk.app.status(), Status::Quiet, "asked once");

    // Escape, and the way down, leave it; another key leaves it and does what it does.
    up(&mut talk);
    talk.key(KeyModifiers::NONE, KeyCode::Esc);
    assert_eq!(talk.app.selected(), None);
    up(&mut talk);
    key(&mut talk, 'j');
    assert_eq!(talk.app.selected(), None);
    up(&mut talk);
    talk.control('a');
    assert_eq!(talk.app.selected(), None);
}

#[test]
fn a_message_beyond_the_edge_comes_into_view_when_it_is_chosen() {
    let mut talk = in_lobby();
    for n in 3..120 {
        talk.hears(&line(n, if n % 2 == 0 { "bob" } else { "eve" }, &format!("number {n}")));
    }
    picture(&mut talk);
    for _ in 0..60 {
        talk.key(KeyModifiers::ALT, KeyCode::Up);
        shows(&mut talk, "▸");
    }
    shows(&mut talk, "▸ number 60");
    for n in 61..=119 {
        talk.key(KeyModifiers::NONE, KeyCode::Char('j'));
        shows(&mut talk, &format!("▸ number {n}"));
    }
    talk.key(KeyModifiers::NONE, KeyCode::Down);
    picture(&mut talk);
    assert!(talk.window("#lobby").is_live());
}

#[test]
fn a_fold_of_comings_and_goings_opens_and_closes() {
    let mut talk = in_lobby();
    talk.hears(
        ":carol!u@h JOIN #lobby\n:dave!u@h JOIN #lobby\n:dave!u@h NICK dora\n:carol!u@h PART #lobby :bye",
    );
    shows(&mut talk, "+ alice carol dave  − carol  dave → dora");
    talk.key(KeyModifiers::ALT, KeyCode::Char('='));
    for text in ["carol came", "dave came", "dave is now called dora", "carol left the room: bye"] {
        shows(&mut talk, text);
    }
    talk.key(KeyModifiers::ALT, KeyCode::Char('='));
    shows(&mut talk, "+ alice carol dave  − carol  dave → dora");
}

#[test]
fn what_went_to_operators_only_looks_like_it() {
    let mut talk = Talk::new();
    talk.online(CAPS);
    talk.hears(":s 005 alice STATUSMSG=@+ :are supported");
    talk.joined("#lobby", "@alice bob");
    talk.hears(":bob!b@h PRIVMSG @#lobby :alice: look at eve\n:bob!b@h PRIVMSG #lobby :(hello)");
    talk.hears(":bob!b@h PRIVMSG +#lobby :\u{1}ACTION waves\u{1}");
    let shown = talk.shows("#lobby");
    assert_eq!(
        shown[shown.len() - 3..],
        ["bob: (to @#lobby) alice: look at eve", "bob: (hello)", "* bob (to +#lobby) waves"]
    );
    assert!(talk.window("#lobby").entries().iter().any(|entry| entry.mention));
}

#[test]
fn ranks_modes_and_invitations_are_commands_and_their_refusals_sentences() {
    let mut talk = Talk::new();
    talk.online(CAPS);
    talk.joined("#lobby", "@alice bob");
    for (typed, sent) in [
        ("/kick bob", "KICK #lobby bob"),
        ("/kick bob go away", "KICK #lobby bob :go away"),
        ("/op bob", "MODE #lobby +o bob"),
        ("/deop bob carol", "MODE #lobby -oo bob carol"),
        ("/voice bob", "MODE #lobby +v bob"),
        ("/devoice bob", "MODE #lobby -v bob"),
        ("/kick #other bob go away", "KICK #other bob :go away"),
        ("/op #other bob carol", "MODE #other +oo bob carol"),
        ("/topic", "TOPIC #lobby"),
        ("/topic tides and such", "TOPIC #lobby :tides and such"),
        ("/topic -delete", "TOPIC #lobby :"),
        ("/topic #other", "TOPIC #other"),
        ("/topic #other tides", "TOPIC #other tides"),
        ("/topic #other -delete", "TOPIC #other :"),
        ("/invite #other bob", "INVITE bob #other"),
        ("/who", "WHO #lobby"),
        ("/who *.example", "WHO *.example"),
        ("/whowas bob", "WHOWAS bob"),
        ("/oper root secret", "OPER root secret"),
        ("/ctcp bob version", "PRIVMSG bob \u{1}VERSION\u{1}"),
        ("/ctcp bob ping 7", "PRIVMSG bob :\u{1}PING 7\u{1}"),
        ("/ns identify secret", "PRIVMSG NickServ :identify secret"),
        ("/cs op #lobby", "PRIVMSG ChanServ :op #lobby"),
        ("/mode", "MODE #lobby"),
        ("/mode +m", "MODE #lobby +m"),
        ("/mode +k secret", "MODE #lobby +k secret"),
        ("/mode alice +i", "MODE alice +i"),
        ("/invite bob", "INVITE bob #lobby"),
        ("/invite bob #other", "INVITE bob #other"),
    ] {
        talk.sent();
        talk.types(typed);
        assert_eq!(talk.sent(), [sent], "{typed}");
    }
    talk.types("/cycle back soon");
    assert_eq!(talk.sent(), ["PART #lobby :back soon", "JOIN #lobby"]);
    talk.types("/motd");
    assert_eq!((talk.sent(), talk.app.current()), (vec!["MOTD".to_owned()], 0));
    talk.types("/kick bob");
    talk.types("/kick #lobby bob");
    assert_eq!(talk.sent(), ["KICK #lobby bob"], "here there is no room but the one that is named");
    talk.types("/query bob hello there");
    assert!(talk.sent()[0].ends_with("PRIVMSG bob :hello there"));
    talk.types("/join #lobby");
    for (line, sentence) in [
        ("482 alice #lobby :You're not channel operator", "only an operator of #lobby can do that"),
        ("441 alice bob #lobby :They aren't on that channel", "bob is not in #lobby"),
        ("443 alice bob #lobby :is already on channel", "bob is already in #lobby"),
        ("472 alice X :is unknown mode char to me", "there is no mode X here"),
        ("367 alice #lobby *!*@spam bob!b@h 1795190000", "banned from #lobby: *!*@spam, by bob"),
        ("341 alice bob #lobby", "bob is invited to #lobby"),
    ] {
        talk.hears(&format!(":s {line}"));
        let told = talk.window("#lobby").entries().back().unwrap().text.to_string();
        assert_eq!(told, sentence, "{line}");
    }
    talk.types("/kick");
    let Status::Error(usage) = talk.app.status() else { panic!("{:?}", talk.app.status()) };
    assert!(usage.starts_with("/kick [#channel] nick [reason]") && talk.app.editor().text() == "/kick");
}

#[test]
fn what_was_said_by_whoever_is_ignored_no_more_is_shown() {
    let mut talk = Talk::new();
    talk.online(CAPS);
    talk.joined("#lobby", "@alice bob eve");
    talk.types("/ignore bob");
    talk.types("/ignore eve");
    talk.hears(":bob!b@h PRIVMSG #lobby :one\n:bob!b@h PRIVMSG #lobby :\u{1}ACTION waves\u{1}");
    talk.hears(":eve!e@h PRIVMSG #lobby :two");
    assert!(!talk.shows("#lobby").contains(&"bob: one".to_owned()));
    talk.types("/unignore bob");
    let shown = talk.shows("#lobby");
    assert_eq!(shown[shown.len() - 3..], ["bob: one", "* bob waves", "Ignored two"]);
}

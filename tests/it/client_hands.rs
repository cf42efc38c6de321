//! What the hand and the eye touch: links, the mouse, completion, floods, and pastes; in the core, and with the real
//! binary.

use chatui::client::app::{Effect, Event, Status};
use chatui::client::theme::{Depth, Ground, Theme};
use chatui::client::touch::Spot;
use chatui::client::view::{Held, Shown, show};
use crossterm::event::{KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use portable_pty::CommandBuilder;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::client::{Talk, in_lobby};
use crate::pty::{Server, member};
use crate::terminal::{Home, Terminal, chatui};

const NONE: KeyModifiers = KeyModifiers::NONE;

/// A frame, of which the client is told.
fn frame(talk: &mut Talk, held: &mut Held, terminal: Option<&Buffer>) -> (Buffer, Shown) {
    let (columns, rows) = talk.app.size();
    let area = Rect::new(0, 0, columns, rows);
    let mut buffer = Buffer::empty(area);
    let shown = show(&talk.app, &Theme::new(Depth::True, Ground::DARK), held, terminal, area, &mut buffer);
    talk.event(Event::Touchable(shown.touch.clone()));
    talk.event(Event::Drawn(shown.drawn));
    (buffer, shown)
}

fn row(buffer: &Buffer, y: u16) -> String {
    (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect()
}

/// Clicks on the first cell of a text in the first row that has this other text, too.
fn click(talk: &mut Talk, button: MouseButton, text: &str, with: &str) {
    let (buffer, _) = frame(talk, &mut Held::default(), None);
    let place = (0..buffer.area.height).find_map(|y| {
        let row = row(&buffer, y);
        let at = row.find(text).filter(|_| row.contains(with))?;
        Some((u16::try_from(row[..at].chars().count()).unwrap(), y))
    });
    let (column, row) = place.unwrap_or_else(|| panic!("no {text:?} on the screen"));
    talk.event(Event::Mouse(MouseEvent { kind: MouseEventKind::Down(button), column, row, modifiers: NONE }));
}

#[test]
fn a_click_does_what_stands_under_it() {
    let mut talk = in_lobby();
    talk.event(Event::Resize(120, 40));
    talk.hears(
        ":bob!b@h JOIN #lobby
         :bob!b@h PRIVMSG #lobby :look at https://a.example/x and tell
         :carol!c@h PRIVMSG #lobby :later",
    );
    talk.others();
    click(&mut talk, MouseButton::Left, "https://a.example", "look at");
    click(&mut talk, MouseButton::Right, "a.example", "look at");
    let link = "https://a.example/x".to_owned();
    assert_eq!(talk.others(), [Effect::Open(link.clone()), Effect::Copy(link)]);
    click(&mut talk, MouseButton::Left, "look at", "bob");
    let chosen =
        talk.app.selected().and_then(|id| talk.app.window().entry(id)).map(|entry| entry.text.to_string());
    assert_eq!(chosen.unwrap(), "look at https://a.example/x and tell");
    click(&mut talk, MouseButton::Right, "bob", "look at");
    assert_eq!(talk.app.editor().text(), "bob: ");
    click(&mut talk, MouseButton::Left, "carol", "later");
    assert_eq!(talk.app.window().name, "carol");
    assert_eq!(talk.sent(), [""; 0], "nothing is sent by a click");
    click(&mut talk, MouseButton::Left, "#lobby", "1");
    assert_eq!((talk.app.window().name.as_str(), talk.app.editor().text()), ("#lobby", "bob: "));
    // What lies over something else is what is touched.
    talk.key(NONE, KeyCode::F(1));
    click(&mut talk, MouseButton::Left, "bob", "");
    assert!(talk.app.overlay().is_none() && talk.app.window().name == "#lobby");
}

#[test]
fn where_the_rooms_are_folded_their_counts_lead_to_them() {
    let mut talk = in_lobby();
    talk.hears(":bob!b@h PRIVMSG alice :psst");
    click(&mut talk, MouseButton::Left, "@1", "alice");
    assert_eq!(talk.app.window().name, "bob");
}

#[test]
fn a_link_over_several_rows_is_one_and_one_that_is_covered_is_none() {
    let mut talk = in_lobby();
    let uri = format!("https://a.example/{}", "path/".repeat(30));
    talk.hears(&format!(
        ":bob!b@h PRIVMSG #lobby :see {uri} and\n:bob!b@h PRIVMSG #lobby :[notes](https://b.example/1)"
    ));
    let (buffer, shown) = frame(&mut talk, &mut Held::default(), None);
    let (long, short): (Vec<_>, Vec<_>) = shown.links.iter().partition(|(_, link)| *link.uri == *uri);
    assert!(long.len() > 2 && long.iter().all(|(_, link)| link.id == long[0].1.id), "{long:?}");
    let read: String = long
        .iter()
        .map(|(place, _)| place.columns.clone().map(|x| buffer[(x, place.row)].symbol()).collect::<String>())
        .collect();
    assert_eq!(read, uri);
    assert!(short.len() == 1 && short[0].1.id != long[0].1.id);
    assert!((0..24).any(|y| row(&buffer, y).contains("notes (b.example)")));
    assert!(shown.touch.spots().iter().any(|(_, spot)| matches!(spot, Spot::Link(_))));
    talk.key(NONE, KeyCode::F(1));
    let (_, shown) = frame(&mut talk, &mut Held::default(), None);
    assert_eq!(shown.links, []);
}

#[test]
fn a_flood_is_said_and_ends_by_itself() {
    let mut talk = in_lobby();
    for number in 0..1_000 {
        talk.now = talk.now + std::time::Duration::from_millis(number % 5);
        talk.hears(&format!(":bob!b@h PRIVMSG #lobby :{number}"));
    }
    let Status::Info(text) = talk.app.status() else { panic!("{:?}", talk.app.status()) };
    let rate: u32 = text.split(' ').next().unwrap().parse().unwrap();
    assert!((450..550).contains(&rate) && text.ends_with(" messages/s, catching up"), "{text}");
    while talk.app.is_flooded() {
        let due = talk.app.next_tick().expect("it knows when");
        talk.now = due;
        talk.event(Event::Tick);
    }
    assert_eq!(talk.app.status(), Status::Quiet);
}

#[test]
fn a_key_is_answered_without_what_has_come_meanwhile() {
    let mut talk = in_lobby();
    let mut held = Held::default();
    talk.hears(":bob!b@h PRIVMSG #lobby :seen");
    let (before, _) = frame(&mut talk, &mut held, None);
    let stand = talk.app.stand();
    talk.hears(":bob!b@h PRIVMSG #lobby :not yet");
    talk.key(NONE, KeyCode::Char('x'));
    assert_eq!(talk.app.stand(), stand);
    let (between, shown) = frame(&mut talk, &mut held, Some(&before));
    let changed: Vec<u16> = (0..24).filter(|y| row(&before, *y) != row(&between, *y)).collect();
    assert_eq!(changed, [23], "the input alone");
    assert!(!shown.touch.spots().is_empty());
    let (after, _) = frame(&mut talk, &mut held, None);
    assert!((0..24).any(|y| row(&after, y).contains("not yet")));
    // What moves the messages is not held back.
    for key in [KeyCode::PageUp, KeyCode::Enter] {
        let stand = talk.app.stand();
        talk.key(NONE, key);
        assert_ne!(talk.app.stand(), stand, "{key:?}");
    }
}

#[test]
fn emoji_are_found_by_any_part_of_their_name() {
    let mut talk = in_lobby();
    let complete = |talk: &mut Talk, text: &str| {
        talk.control('u');
        talk.event(Event::Paste(text.into()));
        talk.key(NONE, KeyCode::Tab);
        talk.app.editor().text().to_owned()
    };
    assert_eq!(complete(&mut talk, "well done :tada"), "well done 🎉 ");
    assert_eq!(complete(&mut talk, ":+1"), "👍 ");
    assert!(complete(&mut talk, ":heart").starts_with('❤'));
    assert!(talk.app.editor().completion().is_some_and(|found| found.matches.len() > 5), "a menu");
    assert_eq!(complete(&mut talk, ":)"), ":)", "not everything with a colon is one");
    // A click takes one from the menu.
    complete(&mut talk, ":tea");
    click(&mut talk, MouseButton::Left, ":teapot:", "");
    assert_eq!((talk.app.editor().text(), talk.app.editor().completion()), ("🫖 ", None));
}

#[test]
fn links_are_told_to_the_terminal_and_a_click_opens_them() {
    let home = Home::new();
    let server = Server::start(&home);
    let opened = home.path("opened");
    let browser = home.path("browser");
    std::fs::write(
        &browser,
        format!("#!/bin/sh\nprintf %s \"$1\" > {opened}.new && mv {opened}.new {opened}\n"),
    )
    .unwrap();
    std::fs::set_permissions(&browser, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let mut command = CommandBuilder::new(chatui());
    command.args(["join", &server.address, "--nick", "alice"]);
    let mut alice = Terminal::with(&home, 100, 30, command, &[("BROWSER", &browser)]);
    alice.sees_rows("alice is among the people", |rows| member(rows, "alice"));
    let mut bob = server.person(&home, "bob");
    bob.line("[the notes](https://tides.example/46)");
    alice.sees("the notes (tides.example)");
    alice.is_drawn();
    alice.writes(";https://tides.example/46\u{1b}\\", 1);
    alice.writes("\u{1b}]8;;\u{1b}\\", 1);
    let screen = alice.screen();
    let (y, line) = screen.lines().enumerate().find(|(_, line)| line.contains("the notes")).unwrap();
    let x = line[..line.find("the notes").unwrap()].chars().count();
    // Pressed and let go, with the wheel before and after: none of it is typed.
    alice.keys(&format!("\u{1b}[<64;5;5M\u{1b}[<0;{};{}M\u{1b}[<0;{0};{1}m\u{1b}[<65;5;5M", x + 3, y + 1));
    alice.keys("x");
    alice.sees_rows("an x alone is typed", |rows| rows.iter().any(|row| row.trim() == "› x"));
    let until = std::time::Instant::now() + crate::terminal::PATIENCE;
    while !std::path::Path::new(&opened).exists() {
        assert!(std::time::Instant::now() < until, "nothing was opened:\n{}", alice.screen());
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert_eq!(std::fs::read_to_string(&opened).unwrap(), "https://tides.example/46");
}

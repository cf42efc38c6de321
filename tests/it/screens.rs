//! Events in, a picture of the terminal out.

#[path = "../../examples/gallery/scene.rs"]
#[allow(dead_code, reason = "the gallery shows more of it")]
mod scene;

use chatui::client::app::Event;
use chatui::client::theme::{Depth, Ground, Role, Theme, Tint};
use chatui::client::view::{Healing, draw};
use crossterm::event::{KeyCode, KeyModifiers};
use proptest::prelude::*;
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use scene::Scene;

const PLAIN: KeyModifiers = KeyModifiers::NONE;

/// Draws a frame at the client's size, and tells the client what it showed.
fn frame(scene: &mut Scene) -> Buffer {
    frame_in(scene, &Theme::new(Depth::True, Ground::DARK))
}

fn frame_in(scene: &mut Scene, theme: &Theme) -> Buffer {
    let (columns, rows) = scene.app.size();
    let area = Rect::new(0, 0, columns, rows);
    let mut buffer = Buffer::empty(area);
    let (drawn, cursor) = draw(&scene.app, theme, area, &mut buffer);
    assert!(cursor.is_none_or(|cursor| area.contains(cursor)), "{cursor:?} outside of {area:?}");
    scene.drawn(drawn);
    buffer
}

/// What can be read in a row, without the blanks at its end.
fn row(buffer: &Buffer, y: u16) -> String {
    let mut text = String::new();
    let mut x = 0;
    while x < buffer.area.width {
        let symbol = buffer[(x, y)].symbol();
        text.push_str(symbol);
        x += symbol.cell_width().max(1);
    }
    text.trim_end().to_owned()
}

fn rows(buffer: &Buffer) -> Vec<String> {
    (0..buffer.area.height).map(|y| row(buffer, y)).collect()
}

/// Compares with a picture that begins after its first line break.
fn assert_shows(buffer: &Buffer, picture: &str) {
    let shown = rows(buffer).join("\n");
    let picture = picture.strip_prefix('\n').unwrap_or(picture);
    assert!(shown.trim_end() == picture.trim_end(), "shown is:\n{shown}\n");
}

/// The first place of a text on the screen.
fn find(buffer: &Buffer, text: &str) -> (u16, u16) {
    let place = (0..buffer.area.height).find_map(|y| {
        (0..buffer.area.width).find(|x| row_from(buffer, *x, y).starts_with(text)).map(|x| (x, y))
    });
    place.unwrap_or_else(|| panic!("no {text:?} in:\n{}", rows(buffer).join("\n")))
}

fn row_from(buffer: &Buffer, x: u16, y: u16) -> String {
    (x..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect()
}

#[test]
fn the_room_in_120_by_40() {
    assert_shows(
        &frame(&mut Scene::lobby((120, 40))),
        r"
 #lobby  Spring tide on Thursday, be at the quay by 06:30 · buoy 14 is back · notes: tides.example/notes/46   15 people
                │                                                                                        │
 1 #lobby       │                                                                                        │@marit
 2 #firmware 17 │                                                                                        │@okonkwo
 3 #kitchen  @2 │                                                                                        │+tidebot
                │                                                                                        │ a-very-pati…
 4 greta_s   @2 │                                                                                        │ bea
 5 marit     @1 │                                                                                        │ dara
                │                                                                                        │ greta_s
                │                      older messages are not on this server                             │ jp
                │ ─── Friday 20 November 2026 ────────────────────────────────────────────────────────── │ leila
                │ 00:00                + viewer                                                          │ minh
                │ 06:58         yuki   おはようございます。横須賀の潮位計、今朝から値が 3 cm 高いです    │ rosalind
                │ 06:59          bea   morning! ☕ bread is out of the oven, the whole street smells of  │ sunniva
                │                      it                                                                │ tomasz
                │ 07:15        leila   harbour is flat calm here in Tunis, I can swap the sensor before  │ viewer
                │                      noon                                                              │ yuki
                │ 07:17        marit   plan for today: leila swaps gauge 22, tomasz tags 2.4.1, I chase  │
                │                      the funding letter. Anything that blocks you, say so before ten   │
                │            okonkwo   nothing blocks me                                                 │
                │ 08:10                + greta_s jp sunniva                                              │
                │ 08:12      greta_s   hi! first day for me, I have the three gauges in Travemünde       │
                │             viewer   welcome! the calibration sheet is the one with the yellow tab     │
                │ 09:20                − 6 left at once (hub – leaf3)                                    │
                │ 09:48        leila   new sensor is in. offset against the staff: 4 mm. I am covered in │
                │                      crab 🦀                                                           │
                │ 10:30           jp   Brest is on 2.4.1, notes: https://tides.example/notes/46          │
                │ ───────────────────────────────────────────────────────────────────────────── 9 new ── │
                │ 11:12      sunniva   here are the numbers for the letter:                              │
                │                      stations   2024: 29    2025: 36    2026: 40                       │
                │                      readings   1.5 M       1.9 M       2.1 M                          │
                │                      outages    112 h       71 h        38 h                           │
                │ 11:13      okonkwo   38 hours over forty stations and a year, that is 99.99 % 🥲       │
                │ 11:58        marit ▌ letter is out. Thank you all. viewer, yours was the best sentence │
                │                    ▌ in it                                                             │
                │       a-very-pati…   If I may add: the ferry captain sends his regards                 │
                │ 13:05      sunniva   they said yes. All of it. Three years.                            │
                │ 13:07            *   marit is away to look at water                                    │
 viewer                                                                                                           13:12
 › Message #lobby                                                                                               F1 keys
",
    );
}

#[test]
fn the_room_in_80_by_24() {
    assert_shows(
        &frame(&mut Scene::lobby((80, 24))),
        r"
 #lobby  Spring tide on Thursday, be at the quay by 06:30 · buoy 1…   15 people
 08:12   greta_s   in Travemünde                                   │@marit
          viewer   welcome! the calibration sheet is the one with  │@okonkwo
                   the yellow tab                                  │+tidebot
 09:20             − 6 left at once (hub – leaf3)                  │ a-very-pa…
 09:48     leila   new sensor is in. offset against the staff: 4   │ bea
                   mm. I am covered in crab 🦀                     │ dara
 10:30        jp   Brest is on 2.4.1, notes:                       │ greta_s
                   https://tides.example/notes/46                  │ jp
 ──────────────────────────────────────────────────────── 9 new ── │ leila
 11:12   sunniva   here are the numbers for the letter:            │ minh
                   stations   2024: 29    2025: 36    2026: 40     │ rosalind
                   readings   1.5 M       1.9 M       2.1 M        │ sunniva
                   outages    112 h       71 h        38 h         │ tomasz
 11:13   okonkwo   38 hours over forty stations and a year, that   │ viewer
                   is 99.99 % 🥲                                   │ yuki
 11:58     marit ▌ letter is out. Thank you all. viewer, yours was │
                 ▌ the best sentence in it                         │
       a-very-p…   If I may add: the ferry captain sends his       │
                   regards                                         │
 13:05   sunniva   they said yes. All of it. Three years.          │
 13:07         *   marit is away to look at water                  │
 viewer  2 17  3 @2  4 @2  5 @1                                           13:12
 › Message #lobby                                                       F1 keys
",
    );
}

#[test]
fn the_room_in_40_by_12_with_a_line_that_waits() {
    assert_shows(
        &frame(&mut Scene::sending((40, 12))),
        r"
 #lobby  Spring tide on Thursda…  @5 17
 a-very-patient-harbour-captain   11:58
  If I may add: the ferry captain sends
  his regards
 sunniva                          13:05
  they said yes. All of it. Three
  years.
 marit                            13:07
  marit is away to look at water
 viewer                           13:12
· coming! two minutes
› Message #lobby
",
    );
}

#[test]
fn in_a_narrow_window_a_minute_is_told_once_too() {
    let buffer = frame(&mut Scene::lobby((40, 30)));
    let (_, y) = find(&buffer, "a-very-patient");
    let above = (0..y).rev().find(|y| row(&buffer, *y).contains("marit")).map(|y| row(&buffer, y));
    assert!(above.is_some_and(|above| above.ends_with("11:58")), "{}", rows(&buffer).join("\n"));
    assert!(!row(&buffer, y).contains(':'), "{}", row(&buffer, y));
}

#[test]
fn every_kind_of_text_in_60_by_16() {
    let mut scene = Scene::joined((60, 16), "@marit viewer bea");
    scene.say("09:00", "a-very-patient-harbour-captain", "z\u{308} 日本 👨\u{200d}👩\u{200d}👧 🇩🇪 end");
    scene.say("09:00", "bea", "a\u{1b}[2Jb\u{202e}c\u{200b}d");
    scene.say("09:01", "bea", "see https://tides.example/a/very/long/link/that/is/broken/at/the/edge");
    scene.at("09:02", ":marit!x@host NOTICE #lobby :soup is ready");
    scene.at("09:02", ":marit!x@host KICK #lobby bea :too much soup");
    scene.at("09:03", ":marit!x@host TOPIC #lobby :soup");
    assert_shows(
        &frame(&mut scene),
        r"
 #lobby  soup                                      2 people



                  older messages are not on this server
 ─── Friday 20 November 2026 ──────────────────────────────
 00:00            + viewer
 09:00 a-very-…   z̈ 日本 👨‍👩‍👧 🇩🇪 end
            bea   a␛b⟨RLO⟩c⟨0⟩d
 09:01            see https://tides.example/a/very/long/lin
                  k/that/is/broken/at/the/edge
 09:02        -   marit soup is ready
              -   marit removed bea: too much soup
 09:03        -   marit set the topic: soup
 viewer                                               09:03
 › Message #lobby                                   F1 keys
",
    );
}

#[test]
fn scrolled_up_the_newest_stay_in_view() {
    let mut scene = Scene::lobby((80, 24));
    frame(&mut scene);
    scene.key(PLAIN, KeyCode::PageUp);
    frame(&mut scene);
    scene.say("13:14", "sunniva", "and the harbour master says yes too");
    assert_shows(
        &frame(&mut scene),
        r"
 #lobby  Spring tide on Thursday, be at the quay by 06:30 · buoy 1…   15 people
                   older messages are not on this server           │@marit
 ─── Friday 20 November 2026 ───────────────────────────────────── │@okonkwo
 00:00             + viewer                                        │+tidebot
 06:58      yuki   おはようございます。横須賀の潮位計、今朝から値  │ a-very-pa…
                   が 3 cm 高いです                                │ bea
 06:59       bea   morning! ☕ bread is out of the oven, the whole │ dara
                   street smells of it                             │ greta_s
 07:15     leila   harbour is flat calm here in Tunis, I can swap  │ jp
                   the sensor before noon                          │ leila
 07:17     marit   plan for today: leila swaps gauge 22, tomasz    │ minh
                   tags 2.4.1, I chase the funding letter.         │ rosalind
                   Anything that blocks you, say so before ten     │ sunniva
         okonkwo   nothing blocks me                               │ tomasz
 08:10             + greta_s jp sunniva                            │ viewer
 08:12   greta_s   hi! first day for me, I have the three gauges   │ yuki
                   in Travemünde                                   │
          viewer   welcome! the calibration sheet is the one with  │
                   the yellow tab                                  │
 ↓ 1 new below                                     Esc to live end │
 13:07         *   marit is away to look at water                  │
 13:14   sunniva   and the harbour master says yes too             │
 viewer  2 17  3 @2  4 @2  5 @1                                           13:14
 › Message #lobby                                                       F1 keys
",
    );
}

#[test]
fn offline_nothing_is_dimmed_and_lines_wait() {
    let mut scene = Scene::lobby((60, 16));
    scene.event(Event::Offline("the connection was reset".to_owned()));
    scene.type_text("said meanwhile");
    scene.key(PLAIN, KeyCode::Enter);
    scene.clock("13:13");
    assert_shows(
        &frame(&mut scene),
        r"
 #lobby  Spring tide on Thursday, be at the qu…   15 people
 11:12  sunniva   stations   2024: 29    2025: 36    2026:
                  40
                  readings   1.5 M       1.9 M       2.1 M
                  outages    112 h       71 h        38 h
 11:13  okonkwo   38 hours over forty stations and a year,
                  that is 99.99 % 🥲
 11:58    marit ▌ letter is out. Thank you all. viewer,
                ▌ yours was the best sentence in it
       a-very-…   If I may add: the ferry captain sends his
                  regards
 13:05  sunniva   they said yes. All of it. Three years.
 13:07        *   marit is away to look at water
 13:12   viewer · said meanwhile
 viewer   ○ offline · trying now · 1 line waits       13:13
 ○ Message #lobby                                   F1 keys
",
    );
}

#[test]
fn the_sheet_of_keys_covers_neither_title_nor_input() {
    let mut scene = Scene::lobby((80, 24));
    scene.key(PLAIN, KeyCode::F(1));
    assert_shows(
        &frame(&mut scene),
        r"
 #lobby  Spring tide on Thursday, be at the quay by 06:30 · buoy 1…   15 people
 08  Keys

     Enter           send                PgUp PgDn       by page
 09  Alt-Enter       new line            Shift-↑ Shift-↓ by row (or wheel)   a…
 09  Tab             complete the word   Alt-Home/End    oldest, newest
     ↑ ↓ Ctrl-R      sent before, search Home End        same, input empty
 10  Ctrl-X          in my own editor    Alt-U Alt-G     unread, go to time
     Ctrl-A Ctrl-E   start, end of line  Alt-P Alt-N     who named me, next
 ──  Ctrl-← Ctrl-→   by word             Ctrl-S          search
 11  Ctrl-W Alt-D    cut a word          Alt-← Alt-→     back, forward
     Ctrl-U Ctrl-K   cut to start, end   Alt-↑ Alt-O     message, open link
     Ctrl-Y Alt-Y    put back, an older  Alt-=           who comes and goes
     Ctrl-_ Alt-_    undo, redo          Esc             back to live end
 11
     Ctrl-N Ctrl-P   next, previous      F9              mouse on, off
 11  Alt-1 .. Alt-9  room by number      Ctrl-L          paint anew
     Alt-A           next with news      Ctrl-Z          suspend
     Alt-K           go to by name       Ctrl-C          twice: leave
     Alt-/           last room           F1              these keys
 13  F7 F8           rooms, people
 13
 viewer  2 17  3 @2  4 @2  5 @1                                           13:12
 › Message #lobby                                                       F1 keys
",
    );
}

#[test]
fn the_first_screens() {
    let mut scene = Scene::connecting((60, 7));
    scene.event(Event::Trying("[2001:db8::1]:6667".to_owned()));
    scene.event(Event::Unreachable("[2001:db8::1]:6667".to_owned(), "network is unreachable".to_owned()));
    scene.event(Event::Trying("192.0.2.1:6667".to_owned()));
    assert_shows(
        &frame(&mut scene),
        r"

                     tides.example:6667

                   trying 192.0.2.1:6667
         [2001:db8::1]:6667  network is unreachable
",
    );
    assert_shows(
        &frame(&mut Scene::form((60, 6))),
        r"
      server  › HOST or HOST:PORT
      nick      viewer

      Enter connect   Tab next field   Ctrl-C leave
",
    );
}

#[test]
fn a_mention_stands_out_by_ground_mark_and_weight() {
    let mut scene = Scene::lobby((80, 24));
    let buffer = frame(&mut scene);
    let (x, y) = find(&buffer, "viewer, yours");
    let name = &buffer[(x, y)];
    assert_eq!((name.fg, name.modifier), (Color::Rgb(0xf2, 0xbc, 0x61), Modifier::BOLD));
    let ground = Color::Rgb(0x31, 0x27, 0x18);
    assert!((0..67).all(|x| buffer[(x, y)].bg == ground && buffer[(x, y + 1)].bg == ground));
    assert_eq!([buffer[(67, y)].bg, buffer[(0, y - 1)].bg], [Color::Reset; 2]);
}

#[test]
fn without_colours_a_mention_still_has_its_mark_and_weight() {
    let mut scene = Scene::lobby((80, 24));
    let buffer = frame_in(&mut scene, &Theme::new(Depth::Mono, Ground::Unknown));
    let (x, y) = find(&buffer, "viewer, yours");
    assert_eq!((buffer[(17, y)].symbol(), buffer[(x, y)].modifier), ("▌", Modifier::BOLD));
    let all = buffer.content.iter();
    assert!(all.map(|cell| (cell.fg, cell.bg)).all(|colours| colours == (Color::Reset, Color::Reset)));
}

#[test]
fn the_line_under_the_eye_stays_when_lines_arrive_and_the_window_changes() {
    let mut scene = Scene::joined((80, 24), "viewer bea");
    for number in 100..180 {
        scene.say(
            "09:00",
            "bea",
            &format!("line {number}, and so much about it that it needs two rows or more"),
        );
    }
    frame(&mut scene);
    (0..20).for_each(|_| scene.key(KeyModifiers::SHIFT, KeyCode::Up));
    let lowest = |buffer: &Buffer| {
        let (_, below) = find(buffer, "↓");
        rows(buffer)[..usize::from(below)].join(" ").rsplit("line ").next().unwrap_or_default()[..3]
            .to_owned()
    };
    assert_eq!(lowest(&frame(&mut scene)), "169");
    for number in 0..30 {
        scene.say("09:15", "bea", &format!("later {number}"));
        scene.at("09:15", &format!(":n{number}!x@host JOIN #lobby"));
    }
    assert_eq!(lowest(&frame(&mut scene)), "169");
    for size in [(60, 20), (120, 40), (44, 18), (80, 24)] {
        scene.event(Event::Resize(size.0, size.1));
        assert_eq!(lowest(&frame(&mut scene)), "169", "{size:?}");
    }
    scene.key(PLAIN, KeyCode::Esc);
    let buffer = frame(&mut scene);
    assert!(row(&buffer, 21).contains("+ n29"), "{}", row(&buffer, 21));
}

#[test]
fn paging_to_the_oldest_and_back_shows_every_line() {
    let mut scene = Scene::joined((60, 16), "viewer bea");
    for number in 100..200 {
        scene.say("09:00", if number % 3 == 0 { "bea" } else { "leila" }, &format!("line {number}"));
    }
    let mut seen = std::collections::BTreeSet::new();
    for key in [KeyCode::PageUp, KeyCode::PageDown] {
        for _ in 0..20 {
            let buffer = frame(&mut scene);
            let numbers = rows(&buffer)
                .into_iter()
                .filter_map(|row| row.split("line ").nth(1)?.split_whitespace().next()?.parse::<u32>().ok());
            seen.extend(numbers);
            scene.key(PLAIN, key);
        }
        assert_eq!(seen.len(), 100, "after {key:?}");
        seen.clear();
    }
    assert!(scene.app.window().is_live());
}

#[test]
fn no_size_makes_it_panic() {
    let scenes: [fn((u16, u16)) -> Scene; 4] = [Scene::lobby, Scene::sending, Scene::connecting, Scene::form];
    for make in scenes {
        let mut scene = make((80, 24));
        for (width, height) in (0..30).flat_map(|width| (0..12).map(move |height| (width, height))) {
            scene.event(Event::Resize(width, height));
            frame(&mut scene);
        }
        scene.type_text(&"long 日本 ".repeat(30));
        scene.key(PLAIN, KeyCode::Tab);
        for (width, height) in [(1, 1), (20, 5), (5, 20), (49, 9), (200, 3), (300, 100)] {
            scene.event(Event::Resize(width, height));
            frame(&mut scene);
            scene.key(PLAIN, KeyCode::PageUp);
            scene.key(PLAIN, KeyCode::F(1));
            frame(&mut scene);
            scene.key(PLAIN, KeyCode::F(7));
            scene.key(PLAIN, KeyCode::F(8));
            frame(&mut scene);
            scene.key(KeyModifiers::ALT, KeyCode::Char('k'));
            frame(&mut scene);
        }
    }
}

/// What a terminal shows that counts widths by character, after these frames have been written to it.
fn on_terminal(frames: &[Buffer]) -> String {
    let area = frames[0].area;
    let mut written = Vec::new();
    let mut screen = Healing::new(CrosstermBackend::new(&mut written), area);
    for next in frames {
        screen.show(&mut next.clone(), None).unwrap();
    }
    drop(screen);
    let mut parser = vt100::Parser::new(area.height, area.width, 0);
    parser.process(&written);
    parser.screen().contents()
}

#[test]
fn scrolling_leaves_no_ghosts_where_terminals_disagree() {
    let mut scene = Scene::joined((80, 24), "viewer bea");
    for number in 0..60 {
        let odd = ["👨\u{200d}👩\u{200d}👧", "🇩🇪", "❤\u{fe0f}", "plain", "e\u{301}\u{327}", "☺\u{fe0e}"]
            [number % 6];
        scene.say("09:00", "bea", &format!("{odd} number {number} {odd}"));
    }
    let mut frames = vec![frame(&mut scene)];
    for key in [KeyCode::PageUp, KeyCode::PageUp, KeyCode::PageUp, KeyCode::PageDown, KeyCode::Esc] {
        scene.key(PLAIN, key);
        frames.push(frame(&mut scene));
    }
    for upto in 1..=frames.len() {
        assert_eq!(on_terminal(&frames[..upto]), on_terminal(&frames[upto - 1..upto]), "frame {upto}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_moves_a_column_or_reaches_the_terminal_raw(
        texts in prop::collection::vec(any_text(), 1..6),
        width in 1u16..160,
        height in 1u16..45,
    ) {
        let mut scene = Scene::joined((width, height), "@marit viewer bea");
        scene.line(&format!(":marit!x@host TOPIC #lobby :{}", texts[0]));
        for text in &texts {
            scene.say("09:00", "bea", text);
            scene.event(Event::Paste(text.clone()));
        }
        let buffer = frame(&mut scene);
        for cell in &buffer.content {
            let raw = |c: char| c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            prop_assert!(!cell.symbol().chars().any(raw), "{:?}", cell.symbol());
            prop_assert!(cell.symbol().len() <= 64, "{:?}", cell.symbol());
        }
        if width >= 100 && height >= 16 {
            let rule = |x: u16| (1..height - 8).all(|y| buffer[(x, y)].symbol() == "│");
            let (left, right) = if width >= 140 { (20, width - 19) } else { (16, width - 15) };
            prop_assert!(rule(left) && rule(right), "{}", rows(&buffer).join("\n"));
        }
    }
}

/// Texts of letters, wide and combining signs, controls, escapes, formatting codes and whatever else there is.
fn any_text() -> impl Strategy<Value = String> {
    let sign = prop_oneof![
        4 => "[a-z ]",
        2 => "[日本、👩🔬🇩🇪❤é]",
        2 => "[\u{301}\u{200d}\u{fe0f}\u{200b}\u{202e}\u{2067}\u{e0041}\u{3164}]",
        2 => "[\u{1b}\u{7}\u{2}\u{3}\u{4}\u{f}\u{16}\t\u{9b}\\[\\];0-9m,]",
        1 => any::<char>().prop_filter("ends a line", |c| !matches!(c, '\r' | '\n' | '\0')).prop_map(String::from),
    ];
    prop::collection::vec(sign, 0..120).prop_map(|signs| signs.concat())
}

#[test]
fn rooms_that_have_no_row_say_how_many_they_are_and_what_is_new_in_them() {
    let mut scene = Scene::joined((120, 12), "@marit viewer");
    for number in 1..=12 {
        scene.line(&format!(":viewer!v@host JOIN #berth{number:02}"));
    }
    let go = |scene: &mut Scene, room: &str| {
        let at = scene.app.windows().iter().position(|window| window.name == room).unwrap();
        while scene.app.current() != at {
            scene.key(KeyModifiers::CONTROL, KeyCode::Char('n'));
        }
    };
    let list = |scene: &mut Scene| {
        rows(&frame(scene))[2..11].iter().map(|row| row.chars().take(16).collect()).collect::<Vec<String>>()
    };
    go(&mut scene, "#berth03");
    scene.line(":marit!m@host PRIVMSG #kitchen :viewer: soup");
    scene.line(":marit!m@host PRIVMSG #berth12 :empty");
    assert_eq!(
        list(&mut scene),
        [
            " 1 #lobby       ",
            " 2 #firmware    ",
            " 3 #kitchen  @1 ",
            " 4 #berth01     ",
            " 5 #berth02     ",
            " 6 #berth03     ",
            " 7 #berth04     ",
            " 8 #berth05     ",
            " + 7 more     1 ",
        ]
    );
    go(&mut scene, "#berth08");
    assert_eq!(
        list(&mut scene),
        [
            " + 4 more    @1 ",
            " 5 #berth02     ",
            " 6 #berth03     ",
            " 7 #berth04     ",
            " 8 #berth05     ",
            " 9 #berth06     ",
            "   #berth07     ",
            "   #berth08     ",
            " + 4 more     1 ",
        ]
    );
}

#[test]
fn a_room_one_was_removed_from_says_so_where_one_would_type() {
    let mut scene = Scene::joined((60, 16), "@marit viewer bea");
    scene.at("09:02", ":marit!x@host KICK #lobby viewer :too much soup");
    assert!(rows(&frame(&mut scene))[15].starts_with(" › not in #lobby: /join #lobby"));
}

#[test]
fn the_room_switcher_finds_a_room_by_letters_of_its_name() {
    let mut scene = Scene::lobby((80, 24));
    scene.at("13:13", ":tides.example NOTICE viewer :the newest of all");
    scene.key(KeyModifiers::ALT, KeyCode::Char('k'));
    let buffer = frame(&mut scene);
    assert_eq!(find(&buffer, "Go to").1, 2, "from the third row on");
    let server = scene.app.windows()[0].name.clone();
    let names = ["#lobby", "#firmware", "#kitchen", "greta_s", "marit", &server];
    let mut order: Vec<(u16, &str)> = Vec::new();
    for name in names {
        let y = (4..10).find(|y| row(&buffer, *y).contains(&format!(" {name} ")));
        order.push((y.unwrap_or_else(|| panic!("no {name} in:\n{}", rows(&buffer).join("\n"))), name));
    }
    order.sort_unstable();
    assert_eq!(
        order[4..].iter().map(|(_, name)| *name).collect::<Vec<_>>(),
        [&*server, "#lobby"],
        "no goal, and here"
    );
    scene.type_text("ki");
    assert_shows(
        &frame(&mut scene),
        r"
 #lobby  Spring tide on Thursday, be at the quay by 06:30 · buoy 1…   15 people
 08:12   greta_s   in Travemünde                                   │@marit
          viewer Go to                                          h  │@okonkwo
                 › ki                                              │+tidebot
 09:20           #kitchen                                    @2    │ a-very-pa…
 09:48     leila yuki                                  write to    │ bea
                   mm. I am covered in crab 🦀                     │ dara
 10:30        jp   Brest is on 2.4.1, notes:                       │ greta_s
                   https://tides.example/notes/46                  │ jp
 ──────────────────────────────────────────────────────── 9 new ── │ leila
 11:12   sunniva   here are the numbers for the letter:            │ minh
                   stations   2024: 29    2025: 36    2026: 40     │ rosalind
                   readings   1.5 M       1.9 M       2.1 M        │ sunniva
                   outages    112 h       71 h        38 h         │ tomasz
 11:13   okonkwo   38 hours over forty stations and a year, that   │ viewer
                   is 99.99 % 🥲                                   │ yuki
 11:58     marit ▌ letter is out. Thank you all. viewer, yours was │
                 ▌ the best sentence in it                         │
       a-very-p…   If I may add: the ferry captain sends his       │
                   regards                                         │
 13:05   sunniva   they said yes. All of it. Three years.          │
 13:07         *   marit is away to look at water                  │
 viewer  2 17  3 @2  4 @2  5 @1                                           13:13
 › Message #lobby                                                       F1 keys
",
    );
    let buffer = frame(&mut scene);
    let (x, y) = find(&buffer, "#kitchen");
    let theme = Theme::new(Depth::True, Ground::DARK);
    let ink = |x| buffer[(x, y)].fg;
    assert_eq!(Some(ink(x + 1)), theme.on(Tint::Select, Role::Accent).fg, "the letters that match");
    assert_eq!(Some(ink(x + 3)), theme.on(Tint::Select, Role::Fg).fg, "the others");
    scene.key(PLAIN, KeyCode::Enter);
    assert_eq!(scene.app.window().name, "#kitchen");
    assert!(scene.app.overlay().is_none() && scene.app.editor().is_empty());
    // The room before comes first, and Esc leaves everything as it is.
    scene.key(KeyModifiers::ALT, KeyCode::Char('k'));
    scene.key(PLAIN, KeyCode::Enter);
    assert_eq!(scene.app.window().name, "#lobby");
    scene.key(KeyModifiers::ALT, KeyCode::Char('k'));
    scene.type_text("fir");
    scene.key(PLAIN, KeyCode::Esc);
    assert_eq!((scene.app.window().name.as_str(), scene.app.editor().text()), ("#lobby", ""));
    // Other keys do what they do.
    scene.key(KeyModifiers::ALT, KeyCode::Char('k'));
    scene.key(KeyModifiers::ALT, KeyCode::Char('2'));
    assert_eq!(scene.app.window().name, "#firmware");
    assert!(scene.app.overlay().is_none());
}

//! The gallery: draws a scripted conversation to the terminal it runs in, to be looked at and photographed.
//!
//! ```text
//! cargo run --example gallery -- [SCENE] [GROUND] [COLOURS]
//! ```
//!
//! SCENE is one of `lobby` (the default), `sending`, `scrolled`, `failed`, `lists`, `help`, `offline`, `completion`, `long`, `hostile`,
//! `connecting`, `form`; GROUND `dark`, `light` or `unknown`; COLOURS `true`, `256`, `16` or `none`. PgUp, PgDn and
//! all other keys do what they do in chatui; `q` on the empty input or Ctrl-C ends it. Nothing is connected.
#![allow(clippy::disallowed_methods, reason = "an example is an edge")]

mod scene;

use std::io::{self, Write, stdout};

use chatui::client::app::Event;
use chatui::client::theme::{Depth, Ground, Theme};
use chatui::client::view::{Healing, draw};
use crossterm::event::{self, KeyCode, KeyModifiers};
use crossterm::terminal::{
    DisableLineWrap, EnableLineWrap, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use crossterm::{execute, terminal};
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use scene::Scene;

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |otherwise: &str| arguments.next().unwrap_or_else(|| otherwise.to_owned());
    let (name, ground, colours) = (next("lobby"), next("dark"), next("true"));
    let depth = match colours.as_str() {
        "256" => Depth::Indexed,
        "16" => Depth::Sixteen,
        "none" => Depth::Mono,
        _ => Depth::True,
    };
    let ground = match ground.as_str() {
        "light" => Ground::LIGHT,
        "unknown" => Ground::Unknown,
        _ => Ground::DARK,
    };
    let mut scene = scene(&name, terminal::size()?);
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen, DisableLineWrap)?;
    let result = show(&mut scene, &Theme::new(depth, ground));
    execute!(stdout(), EnableLineWrap, LeaveAlternateScreen)?;
    disable_raw_mode()?;
    result
}

/// Draws until somebody has seen enough.
fn show(scene: &mut Scene, theme: &Theme) -> io::Result<()> {
    let mut screen = Healing::new(CrosstermBackend::new(stdout()), Rect::default());
    loop {
        let (columns, rows) = scene.app.size();
        let area = Rect::new(0, 0, columns, rows);
        if screen.shown().area != area {
            screen.clear(area)?;
        }
        let mut frame = Buffer::empty(area);
        let (drawn, cursor) = draw(&scene.app, theme, area, &mut frame);
        screen.show(&mut frame, None)?;
        screen.put_cursor(cursor)?;
        stdout().flush()?;
        scene.drawn(drawn);
        match event::read()? {
            event::Event::Key(key) if is_end(scene, &key) => return Ok(()),
            event::Event::Key(key) => scene.event(Event::Key(key)),
            event::Event::Resize(columns, rows) => scene.event(Event::Resize(columns, rows)),
            _ => {}
        }
    }
}

fn is_end(scene: &Scene, key: &event::KeyEvent) -> bool {
    (key.code == KeyCode::Char('q') && scene.app.editor().is_empty())
        || (key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL))
}

/// The scene of a name.
fn scene(name: &str, size: (u16, u16)) -> Scene {
    match name {
        "form" => return Scene::form(size),
        "connecting" => {
            let mut scene = Scene::connecting(size);
            scene.event(Event::Trying("[2001:db8::1]:6667".to_owned()));
            scene.event(Event::Unreachable(
                "[2001:db8::1]:6667".to_owned(),
                "network is unreachable".to_owned(),
            ));
            scene.event(Event::Trying("192.0.2.1:6667".to_owned()));
            return scene;
        }
        _ => {}
    }
    let mut scene = if name == "sending" { Scene::sending(size) } else { Scene::lobby(size) };
    match name {
        "scrolled" => {
            scene.drawn(chatui::client::window::Drawn {
                rows: 20,
                ..chatui::client::window::Drawn::default()
            });
            (0..3).for_each(|_| scene.key(KeyModifiers::SHIFT, KeyCode::Up));
            scene.say("13:14", "sunniva", "and the harbour master says yes too");
        }
        "help" => scene.key(KeyModifiers::NONE, KeyCode::F(1)),
        "offline" => {
            scene.event(Event::Offline("the connection was reset".to_owned()));
            scene.type_text("said meanwhile");
            scene.key(KeyModifiers::NONE, KeyCode::Enter);
            scene.clock("13:15");
        }
        "failed" => {
            scene.type_text("is the key under the mat?");
            scene.key(KeyModifiers::NONE, KeyCode::Enter);
            scene.line(":tides.example 404 viewer #lobby :#lobby is muted for guests");
        }
        "lists" => {
            scene.key(KeyModifiers::NONE, KeyCode::F(7));
            scene.key(KeyModifiers::NONE, KeyCode::F(8));
        }
        "completion" => {
            scene.type_text("thanks t");
            scene.key(KeyModifiers::NONE, KeyCode::Tab);
        }
        "long" => {
            scene.type_text(&"a long thought that needs some rows, ".repeat(9));
            scene.key(KeyModifiers::ALT, KeyCode::Enter);
            scene.type_text("and 日本語 in the last");
        }
        "hostile" => {
            scene.say("13:14", "bea", "a\u{1b}[2Jb \u{202e}gnp.exe\u{202c} z\u{308}\u{301} \u{200b} 👨‍👩‍👧‍👦 🇩🇪 🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} end");
            scene.say("13:14", "bea", &format!("{}!", "Z\u{351}\u{32b}\u{343}".repeat(30)));
            scene.say("13:14", "bea", "\u{2}bold\u{2} \u{1d}italic\u{1d} \u{3}4red \u{3}12blue\u{3} \u{11}code\u{11} \u{1e}gone\u{1e}");
            scene.say("13:14", "bea", "👩🏽‍🚀🧑‍🤝‍🧑❤️‍🔥 👍🏿 ﷽ שלום עולם مرحبا ☺︎ ☺️");
        }
        _ => {}
    }
    scene
}

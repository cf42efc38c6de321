//! A scripted conversation: the lines a server would send, put into the client's core. The gallery draws it, and the
//! tests of the screen take pictures of it.

use chatui::client::address::Address;
use chatui::client::app::{App, Effect, Event, Options, Surroundings};
use chatui::client::window::Drawn;
use chatui::irc::Time;
use chrono::{Offset, Utc};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// 2026-11-20T00:00:00Z, the Friday on which all of this happens.
const MIDNIGHT: u64 = 1_795_132_800_000;

/// A client, and what time it is for it.
pub struct Scene {
    /// The client.
    pub app: App,
    now: Time,
}

impl Scene {
    /// A client that has yet to be told where to connect.
    pub fn form(size: (u16, u16)) -> Scene {
        Scene::begin(size, None)
    }

    /// A client that connects and has not been answered.
    pub fn connecting(size: (u16, u16)) -> Scene {
        Scene::begin(size, Some("tides.example:6667"))
    }

    fn begin(size: (u16, u16), server: Option<&str>) -> Scene {
        let options = Options {
            server: server.and_then(|server| Address::parse(server).ok()),
            nick: "viewer".to_owned(),
            channels: vec!["#lobby".to_owned(), "#firmware".to_owned(), "#kitchen".to_owned()],
            ..Options::default()
        };
        let surroundings = Surroundings { seed: 7, offset: Utc.fix(), size, last_host: None };
        let now = Time::from_millis(MIDNIGHT);
        let mut scene = Scene { app: App::new(options, surroundings, now), now };
        let effects = scene.app.start(now);
        scene.answer(effects);
        scene
    }

    /// A client in `#lobby` with these people, and in two other rooms; nobody has said anything.
    pub fn joined(size: (u16, u16), people: &str) -> Scene {
        let mut scene = Scene::connecting(size);
        scene.event(Event::Online);
        scene.line(":tides.example 001 viewer :Welcome");
        scene.line(
            ":tides.example 005 viewer PREFIX=(ov)@+ CHANTYPES=# NETWORK=tides :are supported by this server",
        );
        scene.line(":tides.example 376 viewer :End of /MOTD command.");
        for room in ["#lobby", "#firmware", "#kitchen"] {
            scene.line(&format!(":viewer!v@host JOIN {room}"));
            if room == "#lobby" {
                scene.line(
                    ":tides.example 332 viewer #lobby :Spring tide on Thursday, be at the quay by 06:30 · buoy 14 is \
                     back · notes: tides.example/notes/46",
                );
            }
            scene.line(&format!(":tides.example 353 viewer = {room} :{people}"));
            scene.line(&format!(":tides.example 366 viewer {room} :End of /NAMES list."));
        }
        scene.key(KeyModifiers::ALT, KeyCode::Char('1'));
        scene
    }

    /// The room that the look was designed with: everything that can stand in it, at 13:12.
    pub fn lobby(size: (u16, u16)) -> Scene {
        let people = "@marit @okonkwo +tidebot a-very-patient-harbour-captain bea dara leila minh rosalind tomasz viewer \
                      yuki g1 g2 g3 g4 g5 g6";
        let mut scene = Scene::joined(size, people);
        scene.morning();
        scene.event(Event::Focus(false));
        scene.noon();
        scene.event(Event::Focus(true));
        scene.elsewhere();
        scene.clock("13:12");
        scene
    }

    /// The same, and a line of one's own that the server has not yet confirmed.
    pub fn sending(size: (u16, u16)) -> Scene {
        let mut scene = Scene::lobby(size);
        scene.type_text("coming! two minutes");
        scene.key(KeyModifiers::NONE, KeyCode::Enter);
        scene.clock("13:14");
        scene
    }

    fn morning(&mut self) {
        self.line(":dara!d@host AWAY :asleep");
        self.say("06:58", "yuki", "おはようございます。横須賀の潮位計、今朝から値が 3 cm 高いです");
        self.say("06:59", "bea", "morning! ☕ bread is out of the oven, the whole street smells of it");
        self.say("07:15", "leila", "harbour is flat calm here in Tunis, I can swap the sensor before noon");
        self.say(
            "07:17",
            "marit",
            "plan for today: leila swaps gauge 22, tomasz tags 2.4.1, I chase the funding letter. Anything that blocks \
             you, say so before ten",
        );
        self.say("07:17", "okonkwo", "nothing blocks me");
        for nick in ["greta_s", "jp", "sunniva"] {
            self.at("08:10", &format!(":{nick}!x@host JOIN #lobby"));
        }
        self.say("08:12", "greta_s", "hi! first day for me, I have the three gauges in Travemünde");
        self.say("08:12", "viewer", "welcome! the calibration sheet is the one with the yellow tab");
        for number in 1..=6 {
            self.at("09:20", &format!(":g{number}!x@host QUIT :hub – leaf3"));
        }
        self.say(
            "09:48",
            "leila",
            "new sensor is in. offset against the staff: 4 mm. I am covered in crab 🦀",
        );
        self.say("10:30", "jp", "Brest is on 2.4.1, notes: https://tides.example/notes/46");
    }

    fn noon(&mut self) {
        self.say("11:12", "sunniva", "here are the numbers for the letter:");
        self.say("11:12", "sunniva", "stations   2024: 29    2025: 36    2026: 40");
        self.say("11:12", "sunniva", "readings   1.5 M       1.9 M       2.1 M");
        self.say("11:12", "sunniva", "outages    112 h       71 h        38 h");
        self.say("11:13", "okonkwo", "38 hours over forty stations and a year, that is 99.99 % 🥲");
        self.say("11:58", "marit", "letter is out. Thank you all. viewer, yours was the best sentence in it");
        self.say(
            "11:58",
            "a-very-patient-harbour-captain",
            "If I may add: the ferry captain sends his regards",
        );
        self.say("13:05", "sunniva", "they said yes. All of it. Three years.");
        self.say("13:07", "marit", "\u{1}ACTION is away to look at water\u{1}");
    }

    fn elsewhere(&mut self) {
        for number in 0..17 {
            self.at("13:07", &format!(":tomasz!x@host PRIVMSG #firmware :build {number}"));
        }
        for _ in 0..2 {
            self.at("13:07", ":bea!x@host PRIVMSG #kitchen :viewer: soup?");
            self.at("13:07", ":greta_s!x@host PRIVMSG viewer :a question");
        }
        self.at("13:07", ":marit!x@host PRIVMSG viewer :come and see");
    }

    /// What time it is from now on.
    pub fn clock(&mut self, time: &str) {
        let (hours, minutes) = time.split_once(':').unwrap_or_default();
        let number = |text: &str| text.parse::<u64>().unwrap_or_default();
        self.now = Time::from_millis(MIDNIGHT + (number(hours) * 60 + number(minutes)) * 60_000);
        self.event(Event::Tick);
    }

    /// A line of the server at a time of the day; with its time as a tag.
    pub fn at(&mut self, time: &str, line: &str) {
        self.clock(time);
        self.line(&format!("@time=2026-11-20T{time}:00.000Z {line}"));
    }

    /// Somebody says something in `#lobby`; an empty text only lets the time pass.
    pub fn say(&mut self, time: &str, nick: &str, text: &str) {
        if text.is_empty() {
            return self.clock(time);
        }
        self.at(time, &format!(":{nick}!x@host PRIVMSG #lobby :{text}"));
    }

    /// A line of the server.
    pub fn line(&mut self, line: &str) {
        self.event(Event::Line(line.as_bytes().to_vec().into()));
    }

    /// Types a text, key by key.
    pub fn type_text(&mut self, text: &str) {
        for character in text.chars() {
            self.key(KeyModifiers::NONE, KeyCode::Char(character));
        }
    }

    /// Presses a key.
    pub fn key(&mut self, modifiers: KeyModifiers, code: KeyCode) {
        self.event(Event::Key(KeyEvent::new(code, modifiers)));
    }

    /// Tells the client what its last frame showed.
    pub fn drawn(&mut self, drawn: Drawn) {
        self.event(Event::Drawn(drawn));
    }

    /// Anything else that happens.
    pub fn event(&mut self, event: Event) {
        let effects = self.app.update(event, self.now);
        self.answer(effects);
    }

    /// The server's half of the capability negotiation.
    fn answer(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            let Effect::Send(line) = effect else { continue };
            if line.starts_with("CAP LS") {
                self.line(":tides.example CAP * LS :server-time message-tags echo-message labeled-response away-notify");
            } else if let Some(wanted) = line.strip_prefix("CAP REQ :") {
                self.line(&format!(":tides.example CAP * ACK :{wanted}"));
            }
        }
    }
}

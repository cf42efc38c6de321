//! Server core and clients in one thread, under a seed: random order and delay, connections cut at any byte, clients killed
//! between any two things they do or in the middle of one, a log that fails, is full or loses its torn end, and restarts.
//!
//! After every step: nobody shows a message that the log has not; each client's view is in the order of the log, without
//! doubles, and without a hole that is not marked as one. After all has been mended and is quiet: everybody is online and
//! agrees with the log, and each line that was typed is in it exactly once, unless its sender was told that it is not.
//!
//! `CHATUI_SEEDS=1000` runs that many seeds, `CHATUI_SEED=17` that one alone.

mod checks;
mod cuts;

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use chatui::client::app::{App, Effect, Event, Keep, Screen, Surroundings};
use chatui::client::entry::State;
use chatui::client::outbox::journal;
use chatui::client::window::Drawn;
use chatui::client::{Address, Options};
use chatui::irc::{Draft, Framed, Framer, Line, MAX_LINE, Time};
use chatui::server::backbone::Local;
use chatui::server::behind::{Behind, PageId};
use chatui::server::core::config::RECENT_LINES;
use chatui::server::core::{Audience, Config, ConnId, Core, Form, Input, Lines, Output, Peer, Query, Which};
use chatui::server::log::{AppendError, Log};
use chatui::server::log::{Fault, MemoryLog};
use chatui::server::pages::{Job, Work};
use chatui::server::turn::{Turn, drive, lose};
use chrono::FixedOffset;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use fastrand::Rng;

const CLIENTS: usize = 4;
const STEPS: usize = 1_500;
const CHANNEL: &str = "#lobby";
/// Bytes that may be on their way in one direction: a client or a server that sends without end shows here.
const MOST_IN_FLIGHT: usize = 1 << 20;

/// What has reached the server and waits for its turn.
enum Arrived {
    Open(ConnId),
    Line(ConnId, Vec<u8>),
    Close(ConnId, String),
}

/// A connection, with bytes on their way in both directions.
struct Pipe {
    client: usize,
    up: VecDeque<u8>,
    down: VecDeque<u8>,
    at_server: Framer,
    at_client: Framer,
    /// The client holds its end.
    client_end: bool,
    /// The server has not been told of its end and has not ended it.
    server_end: bool,
    /// What waits behind pages that are being read.
    behind: Behind,
    /// The core has given the id back behind them.
    leaving: bool,
    /// The server's core has given the id back.
    released: bool,
}

struct Server {
    core: Core,
    backbone: Local,
    log: MemoryLog,
    inbox: Vec<Arrived>,
    /// The turn that the log is to keep.
    turn: Option<Turn>,
    /// Pages that are to be read, and how many turns there were.
    pages: VecDeque<Job>,
    turned: u64,
}

struct Client {
    app: App,
    pipe: Option<ConnId>,
    connect_at: Option<Time>,
    typed: Vec<String>,
    /// What it has on its disk: the journal of what is not settled.
    disk: Vec<u8>,
    /// How many things it will do before it is killed.
    fuse: Option<usize>,
}

struct World {
    rng: Rng,
    now: Time,
    server: Option<Server>,
    disk: Vec<u8>,
    pipes: HashMap<ConnId, Pipe>,
    next_id: u32,
    clients: Vec<Client>,
    said: usize,
    /// What the log holds of the channel, in order.
    truth: Vec<Line>,
    restarts: usize,
    /// Pages behind which something had to wait.
    delayed: usize,
    kills: usize,
    /// What clients that were killed had told their users not to have been said.
    failed: HashSet<String>,
    faults: bool,
}

impl World {
    fn new(seed: u64) -> World {
        let mut world = World {
            rng: Rng::with_seed(seed),
            now: Time::from_millis(1_795_190_700_000),
            server: None,
            disk: Vec::new(),
            pipes: HashMap::new(),
            next_id: 0,
            clients: Vec::new(),
            said: 0,
            truth: Vec::new(),
            restarts: 0,
            delayed: 0,
            kills: 0,
            failed: HashSet::new(),
            faults: true,
        };
        if seed % 2 == 1 {
            world.disk = past(world.now);
        }
        world.start_server();
        for n in 0..CLIENTS {
            let app = world.new_app(n);
            let client =
                Client { app, pipe: None, connect_at: None, typed: Vec::new(), disk: Vec::new(), fuse: None };
            world.clients.push(client);
            world.begin(n);
        }
        world
    }

    fn new_app(&mut self, n: usize) -> App {
        let options = Options {
            server: Some(Address { host: "h".to_owned(), port: 1, tls: false }),
            nick: format!("nick{n}"),
            ..Options::default()
        };
        let surroundings = Surroundings {
            seed: self.rng.u128(..),
            offset: FixedOffset::east_opt(0).unwrap(),
            size: (80, 24),
            last_host: None,
        };
        App::new(options, surroundings, self.now)
    }

    /// The process is gone; its user starts it again, with what is on its disk.
    fn kill_client(&mut self, n: usize) {
        self.kills += 1;
        let window = self.clients[n].app.windows().iter().find(|window| window.is(CHANNEL));
        let entries = window.map(|window| window.entries().iter()).into_iter().flatten();
        let failed = entries.filter(|entry| matches!(entry.state, State::Failed(_)));
        // What its journal still has, nobody has been told: it is killed before the frame that would have.
        let left = journal::read(&self.clients[n].disk).lines;
        let told = failed.filter(|entry| left.iter().all(|line| *line.text != *entry.text));
        self.failed.extend(told.map(|entry| entry.text.to_string()));
        self.drop_client_end(n);
        (self.clients[n].fuse, self.clients[n].connect_at) = (None, None);
        self.clients[n].app = self.new_app(n);
        self.begin(n);
    }

    fn begin(&mut self, n: usize) {
        let effects = self.clients[n].app.start(self.now);
        self.effects(n, effects);
    }

    // ---- the server's side

    fn start_server(&mut self) {
        let mut core = Core::new(Config { history: 20, ..Config::default() });
        let (mut log, opened) =
            MemoryLog::recover(std::mem::take(&mut self.disk), &mut |line| core.recall(line));
        let backbone = Local::after(opened.last_time, opened.last_seq);
        self.truth = all_of(&mut log);
        self.server = Some(Server {
            core,
            backbone,
            log,
            inbox: Vec::new(),
            turn: None,
            pages: VecDeque::new(),
            turned: 0,
        });
    }

    /// The process is gone: what it had in memory, too; its connections break.
    fn crash_server(&mut self) {
        let Some(server) = self.server.take() else { return };
        self.disk = server.log.into_bytes();
        self.restarts += 1;
        for pipe in self.pipes.values_mut() {
            pipe.server_end = false;
            pipe.released = true;
        }
    }

    fn turn(&mut self) {
        let now = self.now;
        let Some(server) = self.server.as_mut().filter(|server| server.turn.is_none()) else { return };
        let (mut turn, mut scratch) = (Turn::default(), Vec::new());
        let inbox = std::mem::take(&mut server.inbox);
        let mut hand = |input: Input<'_>, turn: &mut Turn| {
            drive(&mut server.core, &mut server.backbone, input, now, turn, &mut scratch);
        };
        for arrived in inbox {
            match arrived {
                Arrived::Open(id) => {
                    hand(Input::Open(id, Peer { address: "h".to_owned(), ..Peer::default() }), &mut turn);
                }
                Arrived::Line(id, line) => hand(Input::Line(id, &line), &mut turn),
                Arrived::Close(id, reason) => hand(Input::Close(id, reason), &mut turn),
            }
        }
        hand(Input::Tick, &mut turn);
        server.turn = Some(turn);
    }

    /// The log takes the turn under way, and what follows from it is heard.
    fn keep(&mut self) {
        let Some(server) = self.server.as_mut() else { return };
        let Some(mut turn) = server.turn.take() else { return };
        match server.log.append(&turn.lines) {
            Ok(()) => {
                let messages = turn.lines.iter().filter(|line| is_message(line)).cloned();
                self.truth.extend(messages);
            }
            Err(AppendError::Full(_)) => {
                let (mut next, lost) = (Turn::default(), lose(&mut turn));
                let input = Input::NotKept(lost);
                drive(&mut server.core, &mut server.backbone, input, self.now, &mut next, &mut Vec::new());
                server.turn = Some(next);
            }
            Err(AppendError::Broken(_)) => {
                self.crash_server();
                return;
            }
        }
        server.turned += 1;
        let number = server.turned;
        for (n, output) in turn.outputs.into_iter().enumerate() {
            self.release((number, n), output);
        }
    }

    /// The oldest page that was asked for is read, at last: whoever waits for it hears it, and what was said behind it.
    fn read_page(&mut self) {
        let Some(mut job) = self.server.as_mut().and_then(|server| server.pages.pop_front()) else { return };
        let Some(pipe) = self.pipes.get_mut(&job.to) else { return };
        let Some(behind) = pipe.behind.read(job.page) else { return };
        self.delayed += usize::from(!behind.is_empty());
        self.put_now(job.to, &job.bytes());
        self.put_now(job.to, &behind);
        self.close_if_read(job.to);
    }

    /// A connection that was given up is closed once nothing waits for it any more.
    fn close_if_read(&mut self, id: ConnId) {
        if let Some(pipe) = self.pipes.get_mut(&id)
            && pipe.leaving
            && pipe.behind.is_empty()
        {
            assert!(!pipe.released, "an id is given back once");
            pipe.released = true;
            pipe.server_end = false;
        }
    }

    fn release(&mut self, page: PageId, output: Output) {
        match output {
            Output::Reply { to, bytes, .. } => self.put(to, &bytes),
            Output::Deliver { line, to, except } => {
                let ears: Vec<(ConnId, Form)> = match to {
                    Audience::One(id, form) => vec![(id, form)],
                    Audience::Many(ears) => Form::ALL
                        .iter()
                        .flat_map(|form| ears.of(0, *form).iter().map(|id| (*id, *form)))
                        .collect(),
                };
                for (id, form) in ears.into_iter().filter(|(id, _)| except != Some(*id)) {
                    self.put(id, &form.bytes(&line));
                }
            }
            Output::Page { to, lines: Lines::Recent { lines, rest, .. }, playback } => {
                self.put(to, &playback.lines(&lines, rest));
            }
            Output::Page { to, lines, playback } => {
                let work = match lines {
                    Lines::Sought(find) => Work::Search(find),
                    Lines::Asked(query) | Lines::Recent { query, .. } => Work::Page(query),
                };
                if let Some((server, pipe)) = self.server.as_mut().zip(self.pipes.get_mut(&to)) {
                    pipe.behind.ask(page);
                    server.pages.push_back(Job { to, page, work, playback, log: server.log.prefix() });
                }
            }
            Output::Close(id, _) => {
                if let Some(pipe) = self.pipes.get_mut(&id) {
                    assert!(!pipe.leaving, "an id is given back once");
                    pipe.leaving = true;
                }
                self.close_if_read(id);
            }
            Output::Append { .. } => panic!("an append was left over"),
            Output::Check(_) | Output::Bans { .. } | Output::Note(_) => {}
        }
    }

    fn put(&mut self, id: ConnId, bytes: &[u8]) {
        let Some(pipe) = self.pipes.get_mut(&id) else { return };
        if !pipe.behind.hold(bytes) {
            self.put_now(id, bytes);
        }
    }

    fn put_now(&mut self, id: ConnId, bytes: &[u8]) {
        if let Some(pipe) = self.pipes.get_mut(&id)
            && pipe.server_end
        {
            pipe.down.extend(bytes);
            assert!(pipe.down.len() < MOST_IN_FLIGHT, "the server sends without end");
        }
    }

    // ---- the clients' side

    fn event(&mut self, n: usize, event: Event) {
        let effects = self.clients[n].app.update(event, self.now);
        self.effects(n, effects);
    }

    fn effects(&mut self, n: usize, effects: Vec<Effect>) {
        for effect in effects {
            if let Some(fuse) = self.clients[n].fuse {
                if fuse == 0 {
                    self.half_done(n, &effect);
                    self.kill_client(n);
                    return;
                }
                self.clients[n].fuse = Some(fuse - 1);
            }
            match effect {
                Effect::Send(line) => self.send(n, &format!("{line}\r\n")),
                Effect::Keep(Keep::Open { .. }) => {
                    let disk = self.clients[n].disk.clone().into();
                    self.event(n, Event::Kept(vec![disk]));
                }
                Effect::Keep(Keep::Append(records)) => self.clients[n].disk.extend(records.as_bytes()),
                Effect::Keep(Keep::Replace(whole)) => self.clients[n].disk = whole.into_bytes(),
                Effect::Connect { after, .. } => self.clients[n].connect_at = Some(self.now + after),
                Effect::Disconnect(reason) => {
                    self.drop_client_end(n);
                    self.event(n, Event::Offline(reason));
                }
                // Its first connection failed: the user starts it again after a while.
                Effect::Fail(_) => {
                    self.kill_client(n);
                    self.kills -= 1;
                    self.clients[n].connect_at = Some(self.now + Duration::from_millis(500));
                }
                Effect::Quit => panic!("nobody left"),
                _ => {}
            }
        }
    }

    /// It is killed in the middle of this.
    fn half_done(&mut self, n: usize, effect: &Effect) {
        match effect {
            Effect::Send(line) => {
                let part = self.rng.usize(..=line.len());
                self.send(n, &line[..line.floor_char_boundary(part)]);
            }
            Effect::Keep(Keep::Append(records)) => {
                let part = self.rng.usize(..=records.len());
                self.clients[n].disk.extend(&records.as_bytes()[..part]);
            }
            _ => {}
        }
    }

    fn send(&mut self, n: usize, text: &str) {
        if let Some(pipe) = self.clients[n].pipe.and_then(|id| self.pipes.get_mut(&id)) {
            pipe.up.extend(text.as_bytes());
            assert!(pipe.up.len() < MOST_IN_FLIGHT, "the client sends without end");
        }
    }

    fn drop_client_end(&mut self, n: usize) {
        if let Some(pipe) = self.clients[n].pipe.take().and_then(|id| self.pipes.get_mut(&id)) {
            pipe.client_end = false;
        }
    }

    fn connect(&mut self, n: usize) {
        let due = self.clients[n].connect_at.is_some_and(|at| at <= self.now);
        if !due {
            return;
        }
        self.clients[n].connect_at = None;
        self.event(n, Event::Trying("h:1".to_owned()));
        if self.server.is_none() {
            self.event(n, Event::Unreachable("h:1".to_owned(), "refused".to_owned()));
            self.event(n, Event::Offline("refused".to_owned()));
            return;
        }
        let id = ConnId(self.free_id());
        if let Some(server) = &mut self.server {
            server.inbox.push(Arrived::Open(id));
        }
        self.pipes.insert(
            id,
            Pipe {
                client: n,
                up: VecDeque::new(),
                down: VecDeque::new(),
                at_server: Framer::new(MAX_LINE),
                at_client: Framer::new(MAX_LINE),
                client_end: true,
                server_end: true,
                behind: Behind::default(),
                leaving: false,
                released: false,
            },
        );
        self.clients[n].pipe = Some(id);
        self.event(n, Event::Online);
    }

    /// Ids are used again as soon as they may be: that must not confuse anybody.
    fn free_id(&mut self) -> u32 {
        let free =
            self.pipes.iter().filter(|(_, pipe)| pipe.released && !pipe.client_end).map(|(id, _)| *id).min();
        match free {
            Some(id) => {
                self.pipes.remove(&id);
                id.0
            }
            None => {
                self.next_id += 1;
                self.next_id
            }
        }
    }

    fn type_line(&mut self, n: usize) {
        if !matches!(self.clients[n].app.screen(), Screen::Rooms) {
            return;
        }
        self.said += 1;
        let text = format!("word {} of {n}", self.said);
        let kills = self.kills;
        self.event(n, Event::Paste(text.clone()));
        self.event(n, Event::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE)));
        // Who is killed before the line is on the disk has not seen it taken either.
        if self.kills == kills {
            self.clients[n].typed.push(text);
        }
    }

    /// A reader scrolls up to the top: older lines are asked for.
    fn look_up(&mut self, n: usize) {
        let Some(window) = self.clients[n].app.windows().iter().find(|window| window.is(CHANNEL)) else {
            return;
        };
        let Some(first) = window.entries().front().map(|entry| entry.id) else { return };
        self.event(n, Event::Key(KeyEvent::new(KeyCode::PageUp, KeyModifiers::NONE)));
        let drawn = Drawn { at_top: true, bottom: Some((first, 0)), rows: 20, ..Drawn::default() };
        self.event(n, Event::Drawn(drawn));
    }

    // ---- the net

    /// Some of what is on its way arrives, cut anywhere.
    fn carry(&mut self, id: ConnId, most: usize) {
        let Some(pipe) = self.pipes.get_mut(&id) else { return };
        if pipe.server_end
            && let Some(server) = &mut self.server
        {
            let count = pipe.up.len().min(most);
            let bytes: Vec<u8> = pipe.up.drain(..count).collect();
            pipe.at_server.push(&bytes, |framed| match framed {
                Framed::Line(line) if !line.is_empty() => server.inbox.push(Arrived::Line(id, line.to_vec())),
                Framed::Line(_) => {}
                Framed::TooLong => panic!("a client sent a line over the limit"),
            });
            // The end is seen once everything before it has come.
            if pipe.up.is_empty() && !pipe.client_end {
                pipe.server_end = false;
                server.inbox.push(Arrived::Close(id, "Connection closed".to_owned()));
            }
        }
        if pipe.client_end {
            let count = pipe.down.len().min(most);
            let bytes: Vec<u8> = pipe.down.drain(..count).collect();
            let mut lines = Vec::new();
            pipe.at_client.push(&bytes, |framed| match framed {
                Framed::Line(line) => lines.push(line.to_vec()),
                Framed::TooLong => panic!("the server sent a line over the limit"),
            });
            let (n, ended) = (pipe.client, pipe.down.is_empty() && !pipe.server_end);
            for line in lines {
                if self.clients[n].pipe == Some(id) {
                    self.event(n, Event::Line(line.into()));
                }
            }
            if ended && self.clients[n].pipe == Some(id) {
                self.drop_client_end(n);
                self.event(n, Event::Offline("closed".to_owned()));
            }
        }
    }

    /// A connection breaks: what was on its way is lost, and each end notices in its own time.
    fn cut(&mut self, id: ConnId) {
        let lost = self.rng.usize(..=100);
        let Some(pipe) = self.pipes.get_mut(&id) else { return };
        pipe.up.truncate(pipe.up.len() * lost / 100);
        pipe.down.clear();
        let n = pipe.client;
        if pipe.client_end {
            self.drop_client_end(n);
            self.event(n, Event::Offline("reset".to_owned()));
        }
    }

    fn tick(&mut self, by: Duration) {
        self.now = self.now + by;
        for n in 0..self.clients.len() {
            if self.clients[n].app.next_tick().is_some_and(|at| at <= self.now) {
                self.event(n, Event::Tick);
            }
            self.connect(n);
        }
    }

    fn ids(&self) -> Vec<ConnId> {
        let mut ids: Vec<ConnId> = self.pipes.keys().copied().collect();
        ids.sort_unstable();
        ids
    }

    fn step(&mut self) {
        let n = self.rng.usize(..CLIENTS);
        let ids = self.ids();
        let id = ids.get(self.rng.usize(..ids.len().max(1))).copied().unwrap_or(ConnId(0));
        match self.rng.u32(..103) {
            0..14 => self.type_line(n),
            14 => self.look_up(n),
            15..55 => {
                let most = if self.rng.bool() { self.rng.usize(1..40) } else { 4096 };
                self.carry(id, most);
            }
            55..70 => self.turn(),
            70..82 => self.keep(),
            82..85 => self.read_page(),
            85..94 => {
                let by = Duration::from_millis(self.rng.u64(1..400));
                self.tick(by);
            }
            94..96 if self.faults => self.cut(id),
            96 if self.faults => {
                if let Some(server) = &mut self.server {
                    server.log.fail_next(Fault::Full);
                }
            }
            97 if self.faults => {
                if let Some(server) = &mut self.server {
                    server.log.fail_next(Fault::Broken { kept: self.rng.usize(..400) });
                }
            }
            98 if self.faults => self.crash_server(),
            99 if self.faults => self.clients[n].fuse = Some(self.rng.usize(..4)),
            _ => {
                if self.server.is_none() {
                    self.start_server();
                }
            }
        }
    }
}

/// A log with more in it than the core remembers: then pages are read from it.
fn past(now: Time) -> Vec<u8> {
    let line = |n: u64| {
        let draft = Draft::new("", "old!o@h", "PRIVMSG", &[CHANNEL, &format!("long ago {n}")]);
        draft.stamp(Time::from_millis(now.millis() - 1000 + n), n)
    };
    let mut log = MemoryLog::new();
    log.append(&(1..=RECENT_LINES as u64 + 20).map(line).collect::<Vec<Line>>()).unwrap();
    log.into_bytes()
}

fn is_message(line: &Line) -> bool {
    line.message().command == "PRIVMSG" && line.message().param(0) == CHANNEL
}

fn all_of(log: &mut MemoryLog) -> Vec<Line> {
    let query = Query {
        channel: CHANNEL.to_owned(),
        which: Which::Latest(None),
        limit: usize::MAX,
        events: false,
        until: None,
    };
    log.page(&query).unwrap()
}

fn run(seed: u64) -> World {
    let mut world = World::new(seed);
    for _ in 0..STEPS {
        world.step();
        world.check();
    }
    world.settle();
    world.check_settled();
    world
}

#[test]
fn nothing_is_lost_doubled_or_out_of_order_whatever_breaks() {
    if let Ok(seed) = std::env::var("CHATUI_SEED") {
        run(seed.parse().unwrap());
        return;
    }
    let seeds: u64 = std::env::var("CHATUI_SEEDS").ok().map_or(300, |seeds| seeds.parse().unwrap());
    let (mut kept, mut restarts, mut kills, mut delayed) = (0, 0, 0, 0);
    for seed in 0..seeds {
        let world = std::panic::catch_unwind(|| run(seed));
        let Ok(world) = world else { panic!("seed {seed} failed; CHATUI_SEED={seed} runs it alone") };
        kept += world.truth.len();
        restarts += world.restarts;
        kills += world.kills;
        delayed += world.delayed;
    }
    assert!(kept > 0 && restarts > 0 && kills > 0 && delayed > 0, "the simulation simulated nothing");
    println!(
        "{seeds} seeds: {kept} messages kept, {restarts} restarts, {kills} clients killed, {delayed} pages with something \
         behind them"
    );
}

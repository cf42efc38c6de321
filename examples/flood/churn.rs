//! Clients that join, talk, leave, quit and vanish at random, and at the end one message that must reach all.
//!
//! In each room sits a witness who never talks and never leaves. What it hears, joins and leaves included, is the
//! room's one order; every stay of everybody else must then be exactly the piece of it between this client's
//! joining and leaving. So one comparison shows what was lost, doubled or out of order, and for whom.

mod verdict;

use std::time::{Duration, Instant};

use chatui::irc::{Cap, Caps, Message};

use crate::Outcome;
use crate::crowd::{Crowd, Heard, Run, Words, said};
use crate::report::{Latency, Report};

/// Bytes of each text.
const TEXT: usize = 48;

/// How long one may be on the way to or from somewhere before the run counts as failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// How it is done.
#[derive(Debug)]
pub struct Plan {
    /// How many wander, the witnesses not counted.
    pub clients: usize,
    /// For how long.
    pub span: Duration,
    /// Between how many rooms.
    pub rooms: usize,
    /// Deeds a second, all together.
    pub rate: u32,
    /// What chance is made from.
    pub seed: u64,
}

/// Runs it.
pub fn run(run: &Run, plan: &Plan) -> Outcome<Report> {
    let before = run.usage();
    let mut churn = Churn::new(run, plan)?;
    churn.seat_witnesses(run)?;
    let begun = Instant::now();
    let mut deeds = 0;
    while begun.elapsed() < plan.span && !run.deadline.is_past() {
        let due = (begun.elapsed().as_secs_f64() * f64::from(plan.rate)) as u64;
        while deeds < due {
            churn.deed()?;
            deeds += 1;
        }
        churn.turn(Duration::from_millis(5))?;
    }
    let reached = churn.last_message(run)?;
    let mut report = churn.judge();
    let everybody = (plan.clients + plan.rooms - 1) as u64;
    report.lost += everybody.saturating_sub(reached);
    report.doubled += reached.saturating_sub(everybody);
    report.note = format!(
        "seed {}: {} lives, {} stays, {} messages; the last message reached {reached} of {everybody}{}",
        plan.seed,
        churn.lives.len(),
        churn.lives.iter().map(|life| life.stays.len()).sum::<usize>(),
        churn.said,
        churn.complaint
    );
    report.span = begun.elapsed();
    report.set_usage(before, run.usage());
    Ok(report)
}

/// Everything that goes on. Wanderers sit in the first places, the witnesses after them.
struct Churn<'a> {
    plan: &'a Plan,
    crowd: Crowd,
    chance: fastrand::Rng,
    begun: Instant,
    /// The names of the rooms, the last one's included.
    rooms: Vec<String>,
    /// Who sits in each place: an index into the lives.
    seats: Vec<Option<usize>>,
    /// Each connection is a life of its own, with a nick of its own: its number.
    lives: Vec<Life>,
    /// What the witness of each room saw.
    orders: Vec<Vec<Fact>>,
    latency: Latency,
    delivered: u64,
    said: u64,
    gone: u64,
    /// How often the last message was heard.
    reached: u64,
    /// The first few things that were not as they must be, in words.
    complaint: String,
}

/// One connection.
struct Life {
    ready: bool,
    leaving: bool,
    cut: bool,
    caps: Caps,
    rooms: Vec<Door>,
    stays: Vec<Stay>,
    /// What it said: room and number, in order.
    words: Vec<(usize, u32)>,
}

/// Where a life stands towards one room.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Door {
    Outside,
    Entering,
    /// With the index of the stay.
    Inside(usize),
    Leaving(usize),
}

/// What one heard in one room between joining and leaving.
struct Stay {
    room: usize,
    heard: Vec<(u32, u32)>,
    /// Whether it saw its own leaving; if not, it may have missed the end of what was said.
    whole: bool,
}

/// What a witness saw.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fact {
    Joined(usize),
    Left(usize),
    Said(u32, u32),
}

impl<'a> Churn<'a> {
    fn new(run: &Run, plan: &'a Plan) -> Outcome<Churn<'a>> {
        if plan.clients == 0 || plan.rooms == 0 {
            return Err("there must be a client and a room".into());
        }
        let places = plan.clients + plan.rooms;
        let crowd = Crowd::new(run.address, places)?;
        Ok(Churn {
            plan,
            rooms: (0..=plan.rooms).map(|room| crowd.room(room)).collect(),
            crowd,
            chance: fastrand::Rng::with_seed(plan.seed),
            begun: Instant::now(),
            seats: vec![None; places],
            lives: Vec::new(),
            orders: vec![Vec::new(); plan.rooms],
            latency: Latency::default(),
            delivered: 0,
            said: 0,
            gone: 0,
            reached: 0,
            complaint: String::new(),
        })
    }

    /// The room in which the last message is said: one more than the others.
    fn last_room(&self) -> usize {
        self.plan.rooms
    }

    fn seat_witnesses(&mut self, run: &Run) -> Outcome<()> {
        for room in 0..self.plan.rooms {
            self.be_born(self.plan.clients + room)?;
        }
        self.wait(run, "seating the witnesses", |churn| {
            churn.witnesses().all(|life| churn.lives[life].ready)
        })?;
        for room in 0..self.plan.rooms {
            self.join(self.plan.clients + room, room);
        }
        self.wait(run, "seating the witnesses", |churn| {
            churn.witnesses().enumerate().all(|(room, life)| churn.is_inside(life, room))
        })
    }

    fn witnesses(&self) -> impl Iterator<Item = usize> {
        self.seats[self.plan.clients..].iter().flatten().copied()
    }

    fn is_inside(&self, life: usize, room: usize) -> bool {
        matches!(self.lives[life].rooms[room], Door::Inside(_))
    }

    fn wait(&mut self, run: &Run, doing: &str, done: impl Fn(&Churn<'_>) -> bool) -> Outcome<()> {
        let since = Instant::now();
        while !done(self) {
            run.deadline.check(doing)?;
            if since.elapsed() > PATIENCE {
                return Err(format!("nothing happened while {doing}").into());
            }
            self.turn(Duration::from_millis(50))?;
        }
        Ok(())
    }

    fn be_born(&mut self, place: usize) -> Outcome<()> {
        let number = self.lives.len();
        let mut wanted = Caps::of(&[Cap::MessageTags, Cap::ServerTime, Cap::Batch, Cap::Chathistory]);
        if place < self.plan.clients && self.chance.bool() {
            wanted.insert(Cap::EchoMessage);
        }
        self.crowd.connect(place, &self.crowd.nick(number), wanted)?;
        self.seats[place] = Some(number);
        self.lives.push(Life {
            ready: false,
            leaving: false,
            cut: false,
            caps: Caps::default(),
            rooms: vec![Door::Outside; self.plan.rooms + 1],
            stays: Vec::new(),
            words: Vec::new(),
        });
        Ok(())
    }

    /// Somebody does something.
    fn deed(&mut self) -> Outcome<()> {
        let place = self.chance.usize(..self.plan.clients);
        let Some(number) = self.seats[place] else { return self.be_born(place) };
        let life = &self.lives[number];
        if !life.ready || life.leaving {
            return Ok(());
        }
        let room = self.chance.usize(..self.plan.rooms);
        match (self.chance.u32(..100), life.rooms[room]) {
            (0..2, _) => self.vanish(place, number),
            (2..4, _) => {
                self.lives[number].leaving = true;
                self.crowd.send(place, "QUIT :had enough");
            }
            (4..29, Door::Inside(stay)) => {
                self.lives[number].rooms[room] = Door::Leaving(stay);
                let line = format!("PART {}", self.rooms[room]);
                self.crowd.send(place, &line);
            }
            (_, Door::Inside(_)) => self.say(place, number, room),
            (_, Door::Outside) => self.join(place, room),
            _ => {}
        }
        Ok(())
    }

    fn join(&mut self, place: usize, room: usize) {
        if let Some(number) = self.seats[place] {
            self.lives[number].rooms[room] = Door::Entering;
            let line = format!("JOIN {}", self.rooms[room]);
            self.crowd.send(place, &line);
        }
    }

    fn say(&mut self, place: usize, number: usize, room: usize) {
        let life = &mut self.lives[number];
        let moment = self.begun.elapsed().as_nanos() as u64;
        let words = Words { sender: number as u32, number: life.words.len() as u32, moment };
        life.words.push((room, words.number));
        let line = format!("PRIVMSG {} :{}", self.rooms[room], words.text(TEXT));
        self.crowd.send(place, &line);
        self.said += 1;
    }

    fn vanish(&mut self, place: usize, number: usize) {
        self.crowd.drop_connection(place);
        self.seats[place] = None;
        self.lives[number].cut = true;
    }

    fn turn(&mut self, wait: Duration) -> Outcome<()> {
        // Lines are few here and each is a small story, so they are collected and then told.
        let mut heard = Vec::new();
        self.crowd.turn(wait, |place, what| {
            heard.push((
                place,
                match what {
                    Heard::Welcome => Told::Welcome,
                    Heard::Line(line) => Told::Line(String::from_utf8_lossy(line).into_owned()),
                    Heard::Closed => Told::Closed,
                },
            ));
        })?;
        for (place, told) in heard {
            let Some(number) = self.seats[place] else { continue };
            match told {
                Told::Welcome => {
                    self.lives[number].ready = true;
                    self.lives[number].caps = self.crowd.caps(place);
                }
                Told::Line(line) => self.line(place, number, &line),
                Told::Closed => {
                    self.gone += u64::from(!self.lives[number].leaving);
                    self.lives[number].cut |= !self.lives[number].leaving;
                    self.seats[place] = None;
                }
            }
        }
        Ok(())
    }

    fn line(&mut self, place: usize, number: usize, line: &str) {
        let Ok(message) = Message::parse(line) else { return };
        // What is in a batch is history.
        if message.tags.get("batch").is_some() {
            return;
        }
        let known = self.crowd.number(message.nick()).filter(|number| *number < self.lives.len());
        let Some(actor) = known else { return };
        let witness = place.checked_sub(self.plan.clients);
        if message.is("QUIT") {
            return self.witness(witness, Fact::Left(actor));
        }
        let Some(room) = self.rooms.iter().position(|room| room == message.param(0)) else { return };
        let last = self.last_room();
        let sees = witness.filter(|own| *own == room);
        let life = &mut self.lives[number];
        if message.is("JOIN") {
            if actor == number {
                life.rooms[room] = Door::Inside(life.stays.len());
                life.stays.push(Stay { room, heard: Vec::new(), whole: false });
            }
            self.witness(sees, Fact::Joined(actor));
        } else if message.is("PART") {
            if let (true, Door::Leaving(stay)) = (actor == number, life.rooms[room]) {
                life.rooms[room] = Door::Outside;
                life.stays[stay].whole = true;
            }
            self.witness(sees, Fact::Left(actor));
        } else if let Some(words) = said(line.as_bytes()).and_then(Words::read) {
            if room == last {
                self.reached += 1;
            } else if let Door::Inside(stay) | Door::Leaving(stay) = life.rooms[room] {
                life.stays[stay].heard.push((words.sender, words.number));
            } else {
                self.gone += 1;
                self.complain(|| format!("life {number} heard room {room} from outside"));
            }
            self.witness(sees, Fact::Said(words.sender, words.number));
            self.delivered += 1;
            let age = (self.begun.elapsed().as_nanos() as u64).saturating_sub(words.moment);
            self.latency.add(Duration::from_nanos(age));
        }
    }

    fn witness(&mut self, room: Option<usize>, fact: Fact) {
        if let Some(room) = room {
            self.orders[room].push(fact);
        }
    }

    fn complain(&mut self, what: impl FnOnce() -> String) {
        if self.complaint.lines().count() < 8 {
            self.complaint.push_str("\n  ");
            self.complaint.push_str(&what());
        }
    }

    /// Brings everybody into one room, where the first witness says one thing; gives how many heard it.
    fn last_message(&mut self, run: &Run) -> Outcome<u64> {
        self.wait(run, "waiting for those who quit", |churn| {
            churn.seats.iter().flatten().all(|life| !churn.lives[*life].leaving)
        })?;
        for place in 0..self.plan.clients {
            if self.seats[place].is_none() {
                self.be_born(place)?;
            }
        }
        let all_ready = |churn: &Churn<'_>| churn.seats.iter().flatten().all(|life| churn.lives[*life].ready);
        self.wait(run, "bringing everybody back", all_ready)?;
        let last = self.last_room();
        for place in 0..self.seats.len() {
            self.join(place, last);
        }
        self.wait(run, "gathering for the last message", |churn| {
            churn.seats.iter().flatten().all(|life| churn.is_inside(*life, last))
        })?;
        let speaker = self.plan.clients;
        if let Some(number) = self.seats[speaker] {
            self.say(speaker, number, last);
        }
        let everybody = (self.seats.len() - 1) as u64;
        let since = Instant::now();
        while self.reached < everybody && since.elapsed() < PATIENCE && !run.deadline.is_past() {
            self.turn(Duration::from_millis(50))?;
        }
        // Whatever comes twice comes a moment later.
        let since = Instant::now();
        while since.elapsed() < Duration::from_millis(300) {
            self.turn(Duration::from_millis(50))?;
        }
        Ok(self.reached)
    }
}

enum Told {
    Welcome,
    Line(String),
    Closed,
}

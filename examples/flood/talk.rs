//! Rooms in which some talk and all listen: the scenarios `fan`, `ping`, `pace` and `rooms`.

use std::time::{Duration, Instant};

use chatui::irc::Caps;

use crate::Outcome;
use crate::crowd::{Crowd, Heard, Run, Words, said};
use crate::report::{Latency, Report};

/// Without any delivery for so long, what is missing is lost.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often the server's memory is looked at, where its peak is asked for.
const WATCH: Duration = Duration::from_millis(100);

/// How the senders hold themselves back.
#[derive(Clone, Copy, Debug)]
pub enum Pacing {
    /// At most so many messages in flight in a room: said, and not yet come to the one receiver who counts for
    /// this sender.
    Window(u32),
    /// So many messages a second.
    Rate(u32),
}

/// Who says how much.
#[derive(Debug)]
pub struct Plan {
    /// What the row is called.
    pub scenario: &'static str,
    /// How many rooms, all alike.
    pub rooms: usize,
    /// How many talk in a room.
    pub senders: usize,
    /// How many only listen in a room.
    pub receivers: usize,
    /// How many more are in a room and never read what they are sent.
    pub deaf: usize,
    /// How many messages are said in a room, all senders together.
    pub messages: u32,
    /// Bytes of a text.
    pub size: usize,
    /// How they hold themselves back.
    pub pacing: Pacing,
}

impl Plan {
    /// Who is to hear what is said, the speakers among them.
    fn members(&self) -> usize {
        self.senders + self.receivers
    }

    /// The room of a place: those who never read have the last places of all.
    fn room(&self, place: usize) -> usize {
        let hearing = self.rooms * self.members();
        if place < hearing { place / self.members() } else { (place - hearing) / self.deaf }
    }

    /// How many messages each sender says: all the same number, rounded up.
    fn quota(&self) -> u32 {
        self.messages.div_ceil(self.senders as u32)
    }

    fn deliveries(&self) -> u64 {
        (self.rooms * self.senders * (self.members() - 1)) as u64 * u64::from(self.quota())
    }
}

/// Runs it.
pub fn run(run: &Run, plan: &Plan) -> Outcome<Report> {
    if plan.senders == 0 || plan.receivers == 0 || plan.rooms == 0 {
        return Err("there must be a sender and a receiver".into());
    }
    let hearing = plan.rooms * plan.members();
    let mut crowd = Crowd::new(run.address, hearing + plan.rooms * plan.deaf)?;
    crowd.enter(run, Caps::default(), |crowd, place| Some(crowd.room(plan.room(place))))?;
    crowd.quiet(run, Duration::from_millis(300))?;
    (hearing..crowd.len()).for_each(|place| crowd.deafen(place));

    let before = run.usage();
    let (mut most_memory, mut watched) = (0, Instant::now());
    let mut talk = Talk::new(plan);
    while !talk.is_over() && !run.deadline.is_past() {
        let wait = talk.speak(&mut crowd);
        let now = talk.now();
        crowd.turn(wait, |place, heard| match heard {
            Heard::Line(line) => {
                if let Some(words) = said(line).and_then(Words::read) {
                    talk.hear(place, words);
                }
            }
            Heard::Closed => talk.gone += 1,
            Heard::Welcome => {}
        })?;
        talk.tick(now);
        if plan.deaf > 0 && watched.elapsed() >= WATCH {
            watched = Instant::now();
            most_memory = run.usage().map_or(0, |usage| usage.memory).max(most_memory);
        }
    }
    let mut report = talk.report();
    report.set_usage(before, run.usage());
    if plan.deaf > 0 {
        let cut_off = (hearing..crowd.len()).filter(|place| crowd.was_cut_off(*place)).count();
        let mib = most_memory as f64 / f64::from(1 << 20);
        report.note = format!(
            "{cut_off} of {} who never read were cut off; most memory {mib:.1} MiB",
            plan.rooms * plan.deaf
        );
    }
    Ok(report)
}

/// The state of a talk.
struct Talk<'a> {
    plan: &'a Plan,
    begun: Instant,
    /// When a delivery came last, in nanoseconds since the beginning.
    last: u64,
    came: bool,
    /// For each sender of each room: how many said, and how many came to the receiver who counts.
    said: Vec<u32>,
    counted: Vec<u32>,
    ears: Vec<Ear>,
    latency: Latency,
    delivered: u64,
    doubled: u64,
    late: u64,
    gone: u64,
}

/// What one client has heard.
#[derive(Clone, Default)]
struct Ear {
    /// For each sender of its room: the number that is due next.
    next: Vec<u32>,
    /// What was jumped over and has not come since: sender and number.
    missing: Vec<(u32, u32)>,
    /// A digest of the order in which all came.
    order: u64,
}

impl<'a> Talk<'a> {
    fn new(plan: &'a Plan) -> Talk<'a> {
        let ear = Ear { next: vec![0; plan.senders], ..Ear::default() };
        Talk {
            plan,
            begun: Instant::now(),
            last: 0,
            came: false,
            said: vec![0; plan.rooms * plan.senders],
            counted: vec![0; plan.rooms * plan.senders],
            ears: vec![ear; plan.rooms * plan.members()],
            latency: Latency::default(),
            delivered: 0,
            doubled: 0,
            late: 0,
            gone: 0,
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn is_over(&self) -> bool {
        let silent = self.now().saturating_sub(self.last) > PATIENCE.as_nanos() as u64;
        self.delivered >= self.plan.deliveries() || self.gone > 0 || silent
    }

    fn tick(&mut self, now: u64) {
        if std::mem::take(&mut self.came) {
            self.last = self.now().max(now);
        }
    }

    /// Lets the senders say what they may say now; gives the time until they may say more.
    fn speak(&mut self, crowd: &mut Crowd) -> Duration {
        let all = self.said.len();
        match self.plan.pacing {
            Pacing::Window(window) => {
                let each = (window / self.plan.senders as u32).max(1);
                for speaker in 0..all {
                    while self.said[speaker] < self.plan.quota()
                        && self.said[speaker] - self.counted[speaker] < each
                    {
                        self.say(crowd, speaker);
                    }
                }
                Duration::from_millis(100)
            }
            Pacing::Rate(rate) => {
                let spacing = 1_000_000_000 / u64::from(rate.max(1));
                loop {
                    let so_far: u32 = self.said.iter().sum();
                    if so_far >= self.plan.quota() * all as u32 {
                        return Duration::from_millis(100);
                    }
                    let due = spacing * u64::from(so_far);
                    let now = self.now();
                    if due > now {
                        return Duration::from_nanos(due - now);
                    }
                    self.say(crowd, so_far as usize % all);
                }
            }
        }
    }

    fn say(&mut self, crowd: &mut Crowd, speaker: usize) {
        let (room, sender) = (speaker / self.plan.senders, speaker % self.plan.senders);
        let words = Words { sender: sender as u32, number: self.said[speaker], moment: self.now() };
        let line = format!("PRIVMSG {} :{}", crowd.room(room), words.text(self.plan.size));
        crowd.send(room * self.plan.members() + sender, &line);
        self.said[speaker] += 1;
    }

    fn hear(&mut self, place: usize, words: Words) {
        let (room, member) = (place / self.plan.members(), place % self.plan.members());
        let sender = words.sender as usize;
        if sender >= self.plan.senders {
            return;
        }
        let ear = &mut self.ears[place];
        let due = &mut ear.next[sender];
        if words.number >= *due {
            let sender = words.sender;
            ear.missing.extend((*due..words.number).map(|number| (sender, number)));
            *due = words.number + 1;
        } else if let Some(at) = ear.missing.iter().position(|gap| *gap == (words.sender, words.number)) {
            ear.missing.swap_remove(at);
            self.late += 1;
        } else {
            self.doubled += 1;
            return;
        }
        let fact = u64::from(words.sender) << 32 | u64::from(words.number);
        ear.order = (ear.order.rotate_left(5) ^ fact).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        if member == self.plan.senders + sender % self.plan.receivers {
            self.counted[room * self.plan.senders + sender] += 1;
        }
        self.delivered += 1;
        self.came = true;
        let now = self.now();
        self.latency.add(Duration::from_nanos(now.saturating_sub(words.moment)));
    }

    /// How many listeners heard another order than the first listener of their room.
    fn other_orders(&self) -> u64 {
        let rooms = self.ears.chunks(self.plan.members());
        let listeners = rooms.map(|room| &room[self.plan.senders..]);
        listeners.map(|all| all.iter().filter(|ear| ear.order != all[0].order).count() as u64).sum()
    }

    fn report(self) -> Report {
        let plan = self.plan;
        let lost = plan.deliveries() - self.delivered.min(plan.deliveries());
        let how = match plan.pacing {
            Pacing::Window(window) => format!("window {window}"),
            Pacing::Rate(rate) => format!("{rate}/s"),
        };
        let rooms = if plan.rooms > 1 { format!("{}×", plan.rooms) } else { String::new() };
        Report {
            scenario: format!("{} {rooms}{}→{}, {how}", plan.scenario, plan.senders, plan.receivers),
            units: self.delivered,
            unit: "delivery",
            span: Duration::from_nanos(self.last),
            lost,
            doubled: self.doubled,
            // What is lost makes orders differ by itself.
            disordered: self.late + if lost == 0 { self.other_orders() } else { 0 },
            gone: self.gone,
            latency: self.latency,
            ..Report::default()
        }
    }
}

//! The turn loop between its queues, without sockets.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use chatui::irc::{Draft, Line, Time};
use chatui::server::backbone::Local;
use chatui::server::bans::BanFile;
use chatui::server::config::{ANSWERS, DESK, QUICK, TURN};
use chatui::server::core::{Audience, Config, ConnId, Core, Form, Output, Peer};
use chatui::server::core::{Lines, Of, Playback, Query, Rest, Which};
use chatui::server::engine::{Desk, Engine};
use chatui::server::errands::Errands;
use chatui::server::house::House;
use chatui::server::inbox::{Batch, Event};
use chatui::server::log::{AppendError, Fault, Hunt, Log, MemoryLog, Page, Prefix, Sync};
use chatui::server::mailbox::{Delivery, Mailbox, Mailboxes};
use chatui::server::pages::{Pages, run_pages};
use chatui::server::passwords::Checks;
use chatui::server::shard::WAKER;
use chatui::server::turn::{Rounds, Turn, lose};

use super::{PATIENCE, config};

fn mailboxes() -> (mio::Poll, Mailboxes) {
    let poll = mio::Poll::new().unwrap();
    let waker = mio::Waker::new(poll.registry(), WAKER).unwrap();
    (poll, Mailboxes::new(vec![Mailbox::new(waker)]))
}

fn said(seq: u64) -> Line {
    Draft::new("", "a!a@h", "PRIVMSG", &["#x", "hi"]).stamp(Time::from_millis(1000), seq)
}

fn engine(log: impl Log + 'static, mailboxes: &Mailboxes, pages: &Arc<Pages>) -> Engine {
    let rounds = Rounds::new(Core::new(Config::default()), Box::new(Local::after(Time::default(), 0)));
    Engine::new(rounds, Box::new(log), Sync::Turn, mailboxes.clone(), Arc::clone(pages), errands())
}

/// Where nothing is asked for.
fn errands() -> Errands {
    let data = tempfile::TempDir::new().unwrap();
    Errands {
        checks: Checks::new(Arc::default()),
        bans: BanFile::new(data.path()),
        house: Arc::new(House::new(&config(&data), None, Arc::default())),
        name: "chatui.local".to_owned(),
    }
}

/// A log before each append of which something happens.
struct Before<F>(MemoryLog, F);

impl<F: FnMut(&mut MemoryLog) + Send> Log for Before<F> {
    fn append(&mut self, lines: &[Line]) -> Result<(), AppendError> {
        (self.1)(&mut self.0);
        self.0.append(lines)
    }

    fn prefix(&self) -> Arc<dyn Prefix> {
        self.0.prefix()
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.sync()
    }
}

/// A desk before an engine with this log, and the one mailbox.
fn desk(log: impl Log + 'static) -> (mio::Poll, Mailboxes, Desk) {
    let (poll, mailboxes) = mailboxes();
    let desk = Desk::new(engine(log, &mailboxes, &Arc::default()), Arc::default());
    (poll, mailboxes, desk)
}

fn taken(mailboxes: &Mailboxes) -> Vec<Arc<Delivery>> {
    let mut delivered = Vec::new();
    mailboxes.lane(0).take(&mut delivered);
    delivered
}

fn turn_of(delivery: &Delivery) -> &Turn {
    let Delivery::Turn(_, turn) = delivery else { panic!("{delivery:?}") };
    turn
}

#[test]
fn what_was_lost_is_shown_by_nothing_of_its_turn() {
    let show = |line: &Line| Output::Reply { to: ConnId(1), bytes: "x".into(), of: Some(line.clone()) };
    let tell = |line: &Line| Output::Deliver {
        line: line.clone(),
        to: Audience::One(ConnId(1), Form::Full),
        except: None,
    };
    let plain = || Output::Reply { to: ConnId(1), bytes: "x".into(), of: None };
    let joined = Draft::new("", "b!b@h", "JOIN", &["#x"]).stamp(Time::from_millis(1000), 2);
    let lost = said(1);
    let mut turn = Turn {
        lines: vec![lost.clone(), joined.clone()],
        senders: vec![ConnId(1), ConnId(2)],
        outputs: vec![tell(&lost), plain(), show(&lost), tell(&joined), show(&said(0))],
        ..Turn::default()
    };
    assert_eq!(lose(&mut turn), [(lost, ConnId(1))]);
    assert!(turn.lines.is_empty());
    let left: Vec<Option<u64>> = turn
        .outputs
        .iter()
        .map(|output| match output {
            Output::Reply { of, .. } => of.as_ref().map(Line::seq),
            Output::Deliver { line, .. } => Some(line.seq()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(left, [None, Some(2), Some(0)], "who came and went is heard all the same");
}

/// All text that turns let out to somebody.
fn heard(delivered: &[Arc<Delivery>], id: ConnId) -> String {
    let outputs = delivered.iter().flat_map(|delivery| &turn_of(delivery).outputs);
    let bytes = outputs.filter_map(|output| match output {
        Output::Reply { to, bytes, .. } if *to == id => Some(String::from_utf8_lossy(bytes).into_owned()),
        Output::Deliver { line, to: Audience::Many(ears), except } if *except != Some(id) => {
            let form = Form::ALL.into_iter().find(|form| ears.of(0, *form).contains(&id))?;
            Some(String::from_utf8_lossy(&form.bytes(line)).into_owned())
        }
        _ => None,
    });
    bytes.collect()
}

#[test]
fn a_turn_without_room_is_told_to_its_speaker_alone_and_the_next_one_is_kept() {
    let full = Arc::new(AtomicBool::default());
    let fault = Arc::clone(&full);
    let fail = move |log: &mut MemoryLog| {
        if fault.swap(false, Ordering::Relaxed) {
            log.fail_next(Fault::Full);
        }
    };
    let (_poll, mailboxes, desk) = desk(Before(MemoryLog::new(), fail));
    let (speaker, other) = (ConnId(1), ConnId(2));
    let say = |lines: &[&str]| {
        let mut batch = Batch::default();
        lines.iter().for_each(|line| batch.line(speaker, line.as_bytes()));
        desk.hand_in(batch, 0);
        taken(&mailboxes)
    };
    let mut batch = Batch::default();
    for id in [speaker, other] {
        questions(&mut batch, id, 0);
        batch.line(id, b"JOIN #x");
    }
    desk.hand_in(batch, 0);
    taken(&mailboxes);
    full.store(true, Ordering::Relaxed);
    let delivered = say(&["PRIVMSG #x :lost"]);
    assert!(heard(&delivered, speaker).contains("disk is full"), "{delivered:?}");
    assert_eq!(heard(&delivered, other), "");
    assert!(heard(&say(&["PRIVMSG #x :kept"]), other).contains(":kept"));
}

#[test]
fn a_panic_in_a_turn_on_a_shards_thread_ends_the_server() {
    let log = Before(MemoryLog::new(), |_: &mut MemoryLog| panic!("on purpose"));
    let (_poll, _mailboxes, desk) = desk(log);
    thread::scope(|scope| {
        let core = scope.spawn(|| desk.run());
        let mut batch = Batch::default();
        questions(&mut batch, ConnId(1), 0);
        batch.line(ConnId(1), b"JOIN #x");
        let shard = scope.spawn(|| desk.hand_in(batch, 0));
        // Either of them was in the engine.
        let (shard, core) = (shard.join(), core.join());
        assert!(matches!((shard, core), (Err(_), Ok(Err(_))) | (Ok(_), Err(_))));
    });
}

#[test]
fn a_shard_that_brings_little_finds_its_turn_in_its_mailbox_without_a_wake() {
    let (mut poll, mailboxes, desk) = desk(MemoryLog::new());
    let mut batch = Batch::default();
    questions(&mut batch, ConnId(1), 0);
    desk.hand_in(batch, 0);
    let delivered = taken(&mailboxes);
    assert!(heard(&delivered, ConnId(1)).contains(" 001 a1 "), "{delivered:?}");
    let mut events = mio::Events::with_capacity(8);
    poll.poll(&mut events, Some(Duration::ZERO)).unwrap();
    assert!(events.is_empty());
}

#[test]
fn what_is_much_is_left_to_the_cores_thread() {
    let (_poll, mailboxes, desk) = desk(MemoryLog::new());
    let mut batch = Batch::default();
    questions(&mut batch, ConnId(1), DESK);
    desk.hand_in(batch, 0);
    assert!(taken(&mailboxes).is_empty());
    desk.inbox.push_event(Event::Shutdown("Bye!".to_owned()));
    desk.run().unwrap();
    assert!(heard(&taken(&mailboxes), ConnId(1)).contains(" 251 a1 "));
}

#[test]
fn while_the_disk_is_slow_turns_are_left_to_the_cores_thread() {
    let log = Before(MemoryLog::new(), |_: &mut MemoryLog| thread::sleep(QUICK * 2));
    let (_poll, mailboxes, desk) = desk(log);
    let hand_in = |line: &[u8]| {
        let mut batch = Batch::default();
        batch.line(ConnId(1), line);
        desk.hand_in(batch, 0);
        taken(&mailboxes).len()
    };
    let mut batch = Batch::default();
    questions(&mut batch, ConnId(1), 0);
    desk.hand_in(batch, 0);
    taken(&mailboxes);
    assert_eq!(hand_in(b"JOIN #x"), 1, "nobody knows yet");
    assert_eq!(hand_in(b"PRIVMSG #x :hi"), 0);
    thread::scope(|scope| {
        let core = scope.spawn(|| desk.run());
        let delivered = deliveries(&mailboxes, 1);
        assert_eq!(turn_of(&delivered[0]).lines.len(), 1);
        desk.inbox.push_event(Event::Shutdown("Bye!".to_owned()));
        core.join().unwrap().unwrap();
    });
}

/// Somebody registers and asks the same short question many times.
fn questions(batch: &mut Batch, id: ConnId, count: usize) {
    batch.events.push(Event::Open(id, Peer { address: "h".to_owned(), ..Peer::default() }));
    batch.line(id, format!("NICK a{}", id.0).as_bytes());
    batch.line(id, b"USER a 0 * :a");
    (0..count).for_each(|_| batch.line(id, b"LUSERS"));
}

/// What the engine makes of this.
fn turns_of(batch: Batch) -> Vec<Arc<Delivery>> {
    let (_poll, mailboxes, desk) = desk(MemoryLog::new());
    desk.inbox.push(batch);
    desk.inbox.push_event(Event::Shutdown("Bye!".to_owned()));
    thread::scope(|scope| {
        let core = scope.spawn(|| desk.run());
        let mut all: Vec<Arc<Delivery>> = Vec::new();
        while !all.last().is_some_and(|delivery| turn_of(delivery).last) {
            all.append(&mut deliveries(&mailboxes, 1));
        }
        core.join().unwrap().unwrap();
        all
    })
}

fn size(turn: &Turn) -> usize {
    turn.outputs.iter().map(Output::size).sum()
}

#[test]
fn many_short_questions_do_not_become_one_huge_turn() {
    let mut batch = Batch::default();
    (0..120).for_each(|id| questions(&mut batch, ConnId(id), 150));
    let sizes: Vec<usize> = turns_of(batch).iter().map(|delivery| size(turn_of(delivery))).collect();
    assert!(sizes.len() > 5, "{sizes:?}");
    assert!(sizes.iter().all(|size| *size < 2 * TURN), "{sizes:?}");
}

#[test]
fn what_one_asks_beyond_a_share_is_given_back_and_the_next_one_is_answered() {
    let (greedy, modest) = (ConnId(1), ConnId(2));
    let mut batch = Batch::default();
    questions(&mut batch, greedy, 3000);
    batch.events.push(Event::TooLong(greedy));
    questions(&mut batch, modest, 1);
    let delivered = turns_of(batch);
    let turns: Vec<&Turn> = delivered.iter().map(|delivery| turn_of(delivery)).collect();
    assert!(turns.iter().map(|turn| size(turn)).sum::<usize>() < 2 * ANSWERS);
    let answers = |who: ConnId| {
        let outputs = turns.iter().flat_map(|turn| &turn.outputs);
        let to = outputs.filter_map(|output| match output {
            Output::Reply { to, bytes, .. } if *to == who => Some(bytes),
            _ => None,
        });
        to.map(|bytes| String::from_utf8_lossy(bytes).matches(" 251 ").count()).sum::<usize>()
    };
    // One is of the welcome.
    assert_eq!(answers(modest), 1 + 1);
    let given_back: Vec<&Event> = turns.iter().flat_map(|turn| &turn.later.events).collect();
    assert_eq!(answers(greedy) - 1 + given_back.len() - 1, 3000);
    assert!(
        given_back
            .iter()
            .all(|event| matches!(event, Event::Line(id, _) | Event::TooLong(id) if *id == greedy))
    );
    assert!(matches!(given_back.last(), Some(Event::TooLong(_))), "they keep their order");
    let heard: Vec<ConnId> = turns.iter().flat_map(|turn| turn.heard.iter().copied()).collect();
    assert_eq!(heard, [greedy, modest]);
}

/// A log whose pages take as long as a test wants.
struct SlowLog(MemoryLog, Arc<Mutex<Receiver<()>>>);

#[derive(Debug)]
struct SlowPrefix(Arc<dyn Prefix>, Arc<Mutex<Receiver<()>>>);

impl Log for SlowLog {
    fn append(&mut self, lines: &[Line]) -> Result<(), AppendError> {
        self.0.append(lines)
    }

    fn prefix(&self) -> Arc<dyn Prefix> {
        Arc::new(SlowPrefix(self.0.prefix(), Arc::clone(&self.1)))
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.sync()
    }
}

impl Prefix for SlowPrefix {
    fn page(&self, query: &Query) -> io::Result<Page> {
        self.1.lock().unwrap().recv_timeout(PATIENCE).unwrap();
        self.0.page(query)
    }

    fn search(&self, hunt: &mut Hunt, bytes: u64) -> io::Result<bool> {
        self.0.search(hunt, bytes)
    }
}

/// Waits until so many deliveries have come.
fn deliveries(mailboxes: &Mailboxes, count: usize) -> Vec<Arc<Delivery>> {
    let (mut all, end) = (Vec::new(), Instant::now() + PATIENCE);
    while all.len() < count {
        assert!(Instant::now() < end, "only {} of {count} came", all.len());
        mailboxes.lane(0).take(&mut all);
        thread::yield_now();
    }
    all
}

#[test]
fn a_page_that_takes_long_holds_nobody_up_and_shows_the_log_as_it_was() {
    let (_poll, mailboxes) = mailboxes();
    let pages = Arc::new(Pages::default());
    let (go, wait) = channel();
    let log = SlowLog(MemoryLog::new(), Arc::new(Mutex::new(wait)));
    let mut engine = engine(log, &mailboxes, &pages);
    let query =
        Query { channel: "#x".to_owned(), which: Which::Latest(None), limit: 9, events: false, until: None };
    let asked = Output::Page { to: ConnId(7), lines: Lines::Asked(query), playback: Box::new(playback()) };
    let turn = |line: Line, output| Turn { lines: vec![line], outputs: vec![output], ..Turn::default() };
    let plain = || Output::Reply { to: ConnId(1), bytes: "x".into(), of: None };
    thread::scope(|scope| {
        let (pages, mailboxes) = (&pages, &mailboxes);
        scope.spawn(move || run_pages(pages, mailboxes, &mut || false));
        engine.keep(turn(said(1), asked));
        engine.keep(turn(said(2), plain()));
        engine.keep(turn(said(3), plain()));
        // The page has not been read, and everything else goes on.
        let first = deliveries(mailboxes, 3);
        assert!(first.iter().all(|delivery| matches!(&**delivery, Delivery::Turn(..))), "{first:?}");
        engine.keep(Turn { last: true, ..Turn::default() });
        let last = deliveries(mailboxes, 1);
        pages.close();
        go.send(()).unwrap();
        let page = deliveries(mailboxes, 1);
        let Delivery::Turn(1, first) = &*first[0] else { panic!("{first:?}") };
        assert!(matches!(&first.outputs[..], [Output::Page { .. }]), "its place is kept");
        assert!(matches!(&*last[0], Delivery::Turn(4, turn) if turn.last));
        let Delivery::Page { to: ConnId(7), page: (1, 0), bytes } = &*page[0] else { panic!("{page:?}") };
        assert_eq!(
            String::from_utf8_lossy(bytes).matches("PRIVMSG #x").count(),
            1,
            "what came later is not in it"
        );
    });
}

fn playback() -> Playback {
    Playback {
        form: Form::Full,
        server: "chatui.local".to_owned(),
        of: Of::Channel("#x".to_owned()),
        batch: None,
        asked: None,
        label: None,
        now: Time::from_millis(1000),
    }
}

#[test]
fn what_lies_beyond_a_page_is_told_to_those_who_asked_and_read_tags() {
    let head = |asked: bool, form, rest| {
        let asked = asked.then(|| "BEFORE".to_owned());
        let playback =
            Playback { batch: Some("b1".to_owned()), label: Some("l".to_owned()), asked, form, ..playback() };
        let bytes = playback.lines(&[said(5)], rest);
        String::from_utf8_lossy(&bytes).lines().next().unwrap().to_owned()
    };
    let at = Rest::From(said(5).time(), 5);
    let tail = ":chatui.local BATCH +b1 chathistory #x";
    let more = format!("@label=l;chatui/history-more={} {tail}", said(5).msgid());
    assert_eq!(head(true, Form::Full, at), more);
    assert_eq!(head(true, Form::Tags, Rest::End), format!("@label=l;draft/chathistory-end {tail}"));
    assert_eq!(head(true, Form::Full, Rest::Open), format!("@label=l {tail}"));
    assert_eq!(head(true, Form::Time, at), format!("@label=l {tail}"));
    assert_eq!(head(false, Form::Full, Rest::End), format!("@label=l {tail}"), "not at a JOIN");
}

#[test]
fn a_page_that_would_lack_a_lost_line_is_read_from_the_log() {
    let query =
        Query { channel: "#x".to_owned(), which: Which::Latest(None), limit: 2, events: false, until: None };
    let page = |lines: &[Line]| Output::Page {
        to: ConnId(1),
        lines: Lines::Recent { lines: lines.to_vec(), rest: Rest::Open, query: query.clone() },
        playback: Box::new(playback()),
    };
    let mut turn = Turn {
        lines: vec![said(3)],
        senders: vec![ConnId(1)],
        outputs: vec![page(&[said(2), said(3)]), page(&[said(1), said(2)])],
        ..Turn::default()
    };
    assert_eq!(lose(&mut turn), [(said(3), ConnId(1))]);
    assert!(
        matches!(&turn.outputs[..], [Output::Page { lines: Lines::Asked(asked), .. }, Output::Page { lines: Lines::Recent { lines, .. }, .. }] if *asked == query && lines.len() == 2)
    );
}

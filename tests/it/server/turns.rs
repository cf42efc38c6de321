//! The turn loop between its queues, without sockets.

use std::sync::mpsc::{Receiver, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::{io, time::Instant};

use chatui::irc::{Draft, Line, Time};
use chatui::server::backbone::Local;
use chatui::server::bans::BanFile;
use chatui::server::config::{ANSWERS, TURN};
use chatui::server::core::{Audience, Config, ConnId, Core, Form, Output, Peer};
use chatui::server::core::{Lines, Playback, Query, Rest, Which};
use chatui::server::desk::Desk;
use chatui::server::house::House;
use chatui::server::inbox::{Batch, Event, Inbox};
use chatui::server::log::{AppendError, Fault, Log, MemoryLog, Page, Prefix, Sync};
use chatui::server::mailbox::{Delivery, Mailbox, Mailboxes};
use chatui::server::pages::{Pages, run_pages};
use chatui::server::passwords::Checks;
use chatui::server::shard::WAKER;
use chatui::server::turn::{Losses, Turn, run_core, run_log};

use super::{PATIENCE, config};

fn mailboxes() -> (mio::Poll, Mailboxes) {
    let poll = mio::Poll::new().unwrap();
    let waker = mio::Waker::new(poll.registry(), WAKER).unwrap();
    (poll, Mailboxes::new(vec![Mailbox::new(waker)]))
}

fn said(seq: u64) -> Line {
    Draft::new("", "a!a@h", "PRIVMSG", &["#x", "hi"]).stamp(Time::from_millis(1000), seq)
}

/// Where nothing is asked for.
fn desk() -> Desk {
    let data = tempfile::TempDir::new().unwrap();
    let house = House::new(&config(&data), None, Arc::default());
    Desk {
        checks: Checks::new(Arc::default()),
        bans: BanFile::new(data.path()),
        house: Arc::new(house),
        name: "chatui.local".to_owned(),
    }
}

#[test]
fn what_was_lost_is_not_shown_by_turns_that_were_begun_before_the_core_knew() {
    let (_poll, mailboxes) = mailboxes();
    let inbox = Inbox::default();
    let (send, turns) = sync_channel(8);
    let show = |line: &Line| Output::Reply { to: ConnId(1), bytes: "x".into(), of: Some(line.clone()) };
    let tell = |line: &Line| Output::Deliver {
        line: line.clone(),
        to: Audience::One(ConnId(1), Form::Full),
        except: None,
    };
    let plain = || Output::Reply { to: ConnId(1), bytes: "x".into(), of: None };
    let (lost, kept) = (said(1), said(2));
    let turn = |lines: &[&Line], outputs, losses_known| Turn {
        lines: lines.iter().copied().cloned().collect(),
        outputs,
        losses_known,
        ..Turn::default()
    };
    send.send(turn(&[&lost], vec![tell(&lost), plain()], 0)).unwrap();
    send.send(turn(&[&kept], vec![show(&lost), tell(&kept)], 0)).unwrap();
    send.send(turn(&[], vec![show(&kept)], 1)).unwrap();
    send.send(Turn { losses_known: 1, last: true, ..Turn::default() }).unwrap();
    let mut log = MemoryLog::new();
    log.fail_next(Fault::Full);
    let counts =
        run_log(&mut log, Sync::Turn, &turns, &inbox, &mailboxes, &Pages::default(), &desk()).unwrap();
    assert_eq!(counts.lines, 1);
    let mut delivered = Vec::new();
    mailboxes.lane(0).take(&mut delivered);
    let shapes: Vec<Vec<Option<u64>>> = delivered
        .iter()
        .map(|delivery| match &**delivery {
            Delivery::Turn(_, turn) => turn
                .outputs
                .iter()
                .map(|output| match output {
                    Output::Reply { of, .. } => of.as_ref().map(Line::seq),
                    Output::Deliver { line, .. } => Some(line.seq()),
                    other => panic!("{other:?}"),
                })
                .collect(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(shapes, [vec![None], vec![Some(2)], vec![Some(2)], vec![]]);
    let mut batches = Vec::new();
    inbox.take(&mut batches, PATIENCE);
    assert!(matches!(&batches[0].events[..], [Event::NotKept(lines)] if *lines == [lost]));
}

#[test]
fn a_core_that_ends_without_a_last_turn_is_told_as_a_failure() {
    let (_poll, mailboxes) = mailboxes();
    let (send, turns) = sync_channel::<Turn>(1);
    drop(send);
    let (mut log, inbox, pages) = (MemoryLog::new(), Inbox::default(), Pages::default());
    assert!(run_log(&mut log, Sync::Turn, &turns, &inbox, &mailboxes, &pages, &desk()).is_err());
    let mut delivered = Vec::new();
    mailboxes.lane(0).take(&mut delivered);
    assert!(matches!(&*delivered[0], Delivery::Fatal(_)));
}

/// Somebody registers and asks the same short question many times.
fn questions(batch: &mut Batch, id: ConnId, count: usize) {
    batch.events.push(Event::Open(id, Peer { address: "h".to_owned(), ..Peer::default() }));
    batch.line(id, format!("NICK a{}", id.0).as_bytes());
    batch.line(id, b"USER a 0 * :a");
    (0..count).for_each(|_| batch.line(id, b"LUSERS"));
}

/// What the core makes of this.
fn turns_of(batch: Batch) -> Vec<Turn> {
    let (_poll, mailboxes) = mailboxes();
    let inbox = Arc::new(Inbox::default());
    inbox.push(batch);
    inbox.push_event(Event::Shutdown("Bye!".to_owned()));
    let (send, turns) = sync_channel(1);
    let core = Core::new(Config::default());
    let backbone = Box::new(Local::after(Time::default(), 0));
    let thread = thread::spawn(move || run_core(core, backbone, &inbox, &mailboxes, &send));
    let mut all: Vec<Turn> = Vec::new();
    while !all.last().is_some_and(|turn| turn.last) {
        all.push(turns.recv_timeout(PATIENCE).unwrap());
    }
    thread.join().unwrap();
    all
}

fn size(turn: &Turn) -> usize {
    turn.outputs.iter().map(Output::size).sum()
}

#[test]
fn many_short_questions_do_not_become_one_huge_turn() {
    let mut batch = Batch::default();
    (0..120).for_each(|id| questions(&mut batch, ConnId(id), 150));
    let sizes: Vec<usize> = turns_of(batch).iter().map(size).collect();
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
    let turns = turns_of(batch);
    assert!(turns.iter().map(size).sum::<usize>() < 2 * ANSWERS);
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
    let (inbox, pages) = (Inbox::default(), Pages::default());
    let (go, wait) = channel();
    let mut log = SlowLog(MemoryLog::new(), Arc::new(Mutex::new(wait)));
    let (send, turns) = sync_channel(8);
    let query =
        Query { channel: "#x".to_owned(), which: Which::Latest(None), limit: 9, events: false, until: None };
    let asked = Output::Page { to: ConnId(7), lines: Lines::Asked(query), playback: Box::new(playback()) };
    let turn = |line: Line, output| Turn { lines: vec![line], outputs: vec![output], ..Turn::default() };
    let plain = || Output::Reply { to: ConnId(1), bytes: "x".into(), of: None };
    thread::scope(|scope| {
        let (pages, mailboxes, inbox) = (&pages, &mailboxes, &inbox);
        scope.spawn(move || run_pages(pages, mailboxes, &mut || false));
        let writing = scope.spawn(move || {
            let ended = run_log(&mut log, Sync::Turn, &turns, inbox, mailboxes, pages, &desk());
            pages.close();
            ended
        });
        send.send(turn(said(1), asked)).unwrap();
        send.send(turn(said(2), plain())).unwrap();
        send.send(turn(said(3), plain())).unwrap();
        // The page has not been read, and everything else goes on.
        let first = deliveries(mailboxes, 3);
        assert!(first.iter().all(|delivery| matches!(&**delivery, Delivery::Turn(..))), "{first:?}");
        send.send(Turn { last: true, ..Turn::default() }).unwrap();
        assert_eq!(writing.join().unwrap().unwrap().lines, 3, "not even the end waits for it");
        let last = deliveries(mailboxes, 1);
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
        channel: "#x".to_owned(),
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
    let mut losses = Losses::default();
    let mut lost = Turn { lines: vec![said(3)], ..Turn::default() };
    assert_eq!(losses.add(&mut lost), [said(3)]);
    let mut turn =
        Turn { outputs: vec![page(&[said(2), said(3)]), page(&[said(1), said(2)])], ..Turn::default() };
    losses.sift(&mut turn);
    assert!(
        matches!(&turn.outputs[..], [Output::Page { lines: Lines::Asked(asked), .. }, Output::Page { lines: Lines::Recent { lines, .. }, .. }] if *asked == query && lines.len() == 2)
    );
}

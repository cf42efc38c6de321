//! The turn loop between its queues, without sockets.

use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;

use chatui::irc::{Draft, Line, Time};
use chatui::server::backbone::Local;
use chatui::server::config::{ANSWERS, TURN};
use chatui::server::core::{Audience, Config, ConnId, Core, Form, Output, Peer};
use chatui::server::inbox::{Batch, Event, Inbox};
use chatui::server::log::{Fault, MemoryLog, Sync};
use chatui::server::mailbox::{Delivery, Mailbox, Mailboxes};
use chatui::server::pages::Pages;
use chatui::server::shard::WAKER;
use chatui::server::turn::{Turn, run_core, run_log};

use super::PATIENCE;

fn mailboxes() -> (mio::Poll, Mailboxes) {
    let poll = mio::Poll::new().unwrap();
    let waker = mio::Waker::new(poll.registry(), WAKER).unwrap();
    (poll, Mailboxes::new(vec![Mailbox::new(waker)]))
}

fn said(seq: u64) -> Line {
    Draft::new("", "a!a@h", "PRIVMSG", &["#x", "hi"]).stamp(Time::from_millis(1000), seq)
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
    let counts = run_log(&mut log, Sync::Turn, &turns, &inbox, &mailboxes, &Pages::default()).unwrap();
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
    assert!(run_log(&mut log, Sync::Turn, &turns, &inbox, &mailboxes, &pages).is_err());
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

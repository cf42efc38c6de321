//! The promise of the log against the real binary: 16 senders and 4 readers talk while the server is killed again and
//! again, come back, and say again under its id what they did not hear. Nothing that was echoed is lost, nothing is
//! doubled, and the log verifies after each kill.
//!
//! `CHATUI_KILLS` says how often (100), `CHATUI_SEED` which seed.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use chatui::irc::{Message, Time};
use chatui::server::log::{Archive, Cursor};
use rustix::process::{Pid, Signal, kill_process};

use crate::cli::command;
use crate::terminal::{Home, PATIENCE};

mod full;
mod stop;
mod sync;

const SENDERS: usize = 16;
const READERS: usize = 4;
/// How many lines a sender has under way at a time.
const WINDOW: usize = 8;
/// How many lines of history a reader asks for at a time.
const PAGE: usize = 500;
/// A log up to this is verified after each kill, a larger one after every 25th.
const SMALL_LOG: u64 = 4_000_000;

fn number_of(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The sender's id of a line, and its message id.
type Echo = (String, String);

/// What all threads share.
#[derive(Default)]
struct World {
    /// Where the server is, and the how manieth it is.
    address: Mutex<(u64, Option<SocketAddr>)>,
    moved: Condvar,
    /// The ids that were echoed, each with the message id; those of the time since the last kill are in the list, too.
    echoed: Mutex<(HashMap<String, String>, Vec<Echo>)>,
    echoes: AtomicU64,
    /// Nothing new is to be said: what is said has to be settled.
    settling: AtomicBool,
    /// How many lines all senders together have said, once they are done.
    said: AtomicU64,
}

impl World {
    fn moved_to(&self, address: Option<SocketAddr>) {
        let mut place = self.address.lock().unwrap();
        *place = (place.0 + 1, address);
        self.moved.notify_all();
    }

    /// A connection to the server that comes after `last`, registered and in the room.
    fn connect(&self, last: &mut u64, nick: &str) -> Peer {
        let until = Instant::now() + PATIENCE;
        loop {
            let mut place = self.address.lock().unwrap();
            while place.1.is_none() || place.0 <= *last {
                assert!(Instant::now() < until, "there is no server");
                place = self.moved.wait_timeout(place, Duration::from_secs(1)).unwrap().0;
            }
            let address = place.1.unwrap();
            *last = place.0;
            drop(place);
            if let Some(peer) = Peer::connect(address, nick) {
                return peer;
            }
        }
    }
}

/// One end of a connection. `None` stands for: it is broken.
struct Peer(BufReader<TcpStream>);

impl Peer {
    fn connect(address: SocketAddr, nick: &str) -> Option<Peer> {
        let stream = TcpStream::connect(address).ok()?;
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut peer = Peer(BufReader::new(stream));
        peer.send("CAP REQ :echo-message message-tags server-time batch draft/chathistory")?;
        peer.send(&format!("NICK {nick}\r\nUSER {nick} 0 * :x\r\nCAP END\r\nJOIN #room"))?;
        loop {
            let line = peer.line()?;
            let message = Message::parse(&line).unwrap();
            assert!(!message.is("433"), "{line}");
            if message.is("366") {
                return Some(peer);
            }
        }
    }

    fn send(&mut self, line: &str) -> Option<()> {
        self.0.get_mut().write_all(format!("{line}\r\n").as_bytes()).ok()
    }

    /// The next whole line.
    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.0.read_line(&mut line) {
            Ok(_) if line.ends_with('\n') => Some(line.trim_end().to_owned()),
            Err(error)
                if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) =>
            {
                panic!("the server is silent")
            }
            _ => None,
        }
    }
}

/// The sender's id and the message id of a message in the room.
fn ids(message: &Message<'_>) -> Option<Echo> {
    let said = message.is("PRIVMSG") && message.param(0) == "#room";
    said.then(|| {
        Some((message.tags.get("+chatui/id")?.into_owned(), message.tags.get("msgid")?.into_owned()))
    })?
}

/// Says one line after the other until there is nothing left to settle.
fn send_on(world: &World, number: usize) {
    let nick = format!("s{number}");
    let mut rng = fastrand::Rng::with_seed(number as u64);
    let mut waiting: VecDeque<String> = VecDeque::new();
    let (mut generation, mut said) = (0, 0u64);
    loop {
        if waiting.is_empty() && world.settling.load(Ordering::Acquire) {
            world.said.fetch_add(said, Ordering::AcqRel);
            return;
        }
        let mut peer = world.connect(&mut generation, &nick);
        let say = |peer: &mut Peer, id: &str| {
            peer.send(&format!("@+chatui/id={id} PRIVMSG #room :from {nick}: {id}"))
        };
        // What was not echoed is said again.
        let mut sound = waiting.iter().try_for_each(|id| say(&mut peer, id));
        while sound.is_some() {
            while waiting.len() < WINDOW && !world.settling.load(Ordering::Acquire) && sound.is_some() {
                let id = format!("{:032x}", rng.u128(..));
                sound = say(&mut peer, &id);
                waiting.push_back(id);
                said += 1;
            }
            if waiting.is_empty() {
                break;
            }
            let Some(line) = peer.line() else { break };
            let message = Message::parse(&line).unwrap();
            let Some((id, msgid)) = ids(&message).filter(|_| message.nick() == nick) else { continue };
            waiting.retain(|other| *other != id);
            world.echoes.fetch_add(1, Ordering::Relaxed);
            let mut echoed = world.echoed.lock().unwrap();
            echoed.1.push((id.clone(), msgid.clone()));
            let before = echoed.0.insert(id.clone(), msgid.clone());
            assert!(before.is_none_or(|before| before == msgid), "{id} was echoed under two message ids");
        }
    }
}

/// Reads on until `done`; gives what was read: message ids, by id.
fn read_on(world: &World, number: usize, total: &AtomicU64) -> HashMap<String, String> {
    let nick = format!("r{number}");
    let mut seen: HashMap<String, String> = HashMap::new();
    let (mut generation, mut last) = (0, None::<String>);
    loop {
        let mut peer = world.connect(&mut generation, &nick);
        // All that is before `last` has been seen; what comes live behind a gap does not move it.
        let mut behind = true;
        let ask = |peer: &mut Peer, last: &Option<String>| match last {
            Some(last) => peer.send(&format!("CHATHISTORY AFTER #room msgid={last} {PAGE}")),
            None => peer.send(&format!("CHATHISTORY AFTER #room timestamp=2000-01-01T00:00:00.000Z {PAGE}")),
        };
        let mut sound = ask(&mut peer, &last);
        let mut page = 0;
        while sound.is_some() {
            let all = total.load(Ordering::Acquire);
            if !behind && all > 0 && seen.len() as u64 >= all {
                return seen;
            }
            let Some(line) = peer.line() else { break };
            let message = Message::parse(&line).unwrap();
            assert!(!message.is("FAIL"), "{line}");
            let old = message.tags.get("batch").is_some();
            if message.is("BATCH") && message.param(0).starts_with('-') {
                behind = page > 0;
                page = 0;
                if behind {
                    sound = ask(&mut peer, &last);
                } else {
                    last = seen.values().max().cloned();
                }
            }
            let Some((id, msgid)) = ids(&message) else { continue };
            if old {
                page += 1;
                last = Some(msgid.clone());
            } else if !behind {
                assert!(
                    last.as_ref().is_none_or(|last| *last < msgid),
                    "{nick} hears {id} out of order or again"
                );
                last = Some(msgid.clone());
            }
            let before = seen.insert(id.clone(), msgid.clone());
            assert!(
                before.is_none_or(|before| before == msgid),
                "{nick} has read {id} under two message ids"
            );
        }
    }
}

fn start(home: &Home, data: &str) -> (Child, SocketAddr) {
    let mut command = command(home, &["serve", "--listen", "127.0.0.1:0", "--data", data]);
    spawn(command.stderr(Stdio::null()))
}

/// Starts a command that becomes a server, and waits until it is ready.
fn spawn(command: &mut Command) -> (Child, SocketAddr) {
    let mut child = command.spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut ready).unwrap();
    let address = ready.split_whitespace().find_map(|word| word.parse().ok());
    (child, address.unwrap_or_else(|| panic!("no address in {ready:?}")))
}

/// Something that a test needs is not there: then it shows nothing and says so; with `CHATUI_SKIP_NOTHING` it fails.
fn skip(why: &str) {
    assert!(std::env::var_os("CHATUI_SKIP_NOTHING").is_none(), "not shown: {why}");
    println!("skipped: {why}");
}

/// What the log has, read on after each kill.
struct Truth {
    archive: Archive,
    cursor: Cursor,
    /// Message ids, by id.
    lines: HashMap<String, String>,
}

impl Truth {
    fn read_on(&mut self, echoed: &[Echo], verify: bool) {
        self.archive.refresh().unwrap();
        let lines = &mut self.lines;
        let flow = self.archive.read(&mut self.cursor, &mut |line| {
            if let Some((id, msgid)) = ids(&line.message()) {
                let before = lines.insert(id.clone(), msgid);
                assert_eq!(before, None, "{id} is in the log twice");
            }
            ControlFlow::Continue(())
        });
        assert!(flow.unwrap().is_continue());
        for (id, msgid) in echoed {
            assert_eq!(lines.get(id), Some(msgid), "{id} was echoed and is not in the log");
        }
        if verify {
            let verified = self.archive.verify(&mut |_| {}).unwrap();
            // A write that was cut short leaves half a turn at the end, which nobody has heard.
            assert!(verified.damage.iter().all(|damage| damage.at_end), "{:?}", verified.damage);
            assert!(verified.damaged <= 1, "{:?}", verified.damage);
        }
    }
}

#[test]
fn nothing_echoed_is_lost_and_nothing_doubled_however_often_the_server_is_killed() {
    let (kills, seed) = (number_of("CHATUI_KILLS", 100), number_of("CHATUI_SEED", fastrand::u64(..)));
    println!("{kills} kills, CHATUI_SEED={seed}");
    let mut rng = fastrand::Rng::with_seed(seed);
    let home = Home::new();
    let data = home.path("data");
    let world = Arc::new(World::default());
    let total = Arc::new(AtomicU64::new(0));
    let senders: Vec<_> = (0..SENDERS)
        .map(|number| {
            let world = Arc::clone(&world);
            thread::spawn(move || send_on(&world, number))
        })
        .collect();
    let readers: Vec<_> = (0..READERS)
        .map(|number| {
            let (world, total) = (Arc::clone(&world), Arc::clone(&total));
            thread::spawn(move || read_on(&world, number, &total))
        })
        .collect();

    let mut truth: Option<Truth> = None;
    for kill in 0..kills {
        let (mut child, address) = start(&home, &data);
        let (before, until) = (world.echoes.load(Ordering::Relaxed), Instant::now() + PATIENCE);
        world.moved_to(Some(address));
        // Somewhere between the first echo and some hundred later, at any moment of a turn.
        let enough = before + rng.u64(1..300);
        while world.echoes.load(Ordering::Relaxed) < enough {
            assert!(Instant::now() < until, "nobody gets an echo");
            assert!(senders.iter().all(|sender| !sender.is_finished()), "a sender failed");
            assert!(readers.iter().all(|reader| !reader.is_finished()), "a reader failed");
            thread::sleep(Duration::from_micros(rng.u64(50..1000)));
        }
        kill_process(Pid::from_child(&child), Signal::KILL).unwrap();
        child.wait().unwrap();
        world.moved_to(None);
        let truth = truth.get_or_insert_with(|| {
            let archive = Archive::open(Path::new(&data)).unwrap().unwrap();
            Truth { cursor: archive.since(Time::default()).unwrap(), archive, lines: HashMap::new() }
        });
        let echoed = std::mem::take(&mut world.echoed.lock().unwrap().1);
        let small = truth.archive.bytes().unwrap() < SMALL_LOG;
        truth.read_on(&echoed, small || kill % 25 == 0);
    }

    // A last server, which lives until all is settled.
    world.settling.store(true, Ordering::Release);
    let (mut child, address) = start(&home, &data);
    world.moved_to(Some(address));
    senders.into_iter().for_each(|sender| sender.join().unwrap());
    let said = world.said.load(Ordering::Acquire);
    total.store(said, Ordering::Release);
    // Readers look whenever something comes.
    let mut waker = Peer::connect(address, "waker").unwrap();
    let mut read = Vec::new();
    for reader in readers {
        while !reader.is_finished() {
            waker.send("TOPIC #room :over").unwrap();
            thread::sleep(Duration::from_millis(10));
        }
        read.push(reader.join().unwrap());
    }
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let mut truth = truth.unwrap();
    let (echoed, last) = std::mem::take(&mut *world.echoed.lock().unwrap());
    truth.read_on(&last, true);
    assert_eq!(truth.lines.len() as u64, said, "what was said is in the log, once");
    assert_eq!(echoed, truth.lines, "and was echoed");
    for lines in read {
        let (lines, all): (BTreeMap<_, _>, BTreeMap<_, _>) =
            (lines.iter().collect(), truth.lines.iter().collect());
        assert!(lines == all, "a reader lacks {} lines or has others", all.len() as i64 - lines.len() as i64);
    }
    println!("{said} lines said, each kept, echoed and read once; 0 lost, 0 doubled");
}

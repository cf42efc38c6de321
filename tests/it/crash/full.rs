//! A full disk under the real binary, twice: a small file system in memory that somebody else fills, and a segment that may
//! grow no further (`RLIMIT_FSIZE`). Lines come at their pace all the while. Each of them is echoed or refused, and its
//! sender told so; nothing else stops; once there is room, lines are kept again; and the log has what was echoed, whole.
//!
//! `CHATUI_FULL_SECONDS` says for how long the disk is full (1); where it is set, what is promised of times has to hold,
//! too: `.ci/trials full` does it, on a machine that has nothing else to do.

use std::fs;
use std::path::PathBuf;

use chatui::server::log::Archive;
use rustix::process::{Resource, Rlimit, getrlimit, prlimit};

use super::*;
use crate::cli::finish;

/// Lines a second, and how many say them: half of them with standard replies, half without.
const RATE: u64 = 1000;
const SPEAKERS: usize = 10;
/// A file system of this size takes the ballast, what is said before it is full, and little more.
const DISK: u64 = 6 << 20;
/// By how much a segment may still grow.
const GROWTH: u64 = 20_000;

/// What the speakers share.
#[derive(Default)]
struct Talk {
    done: AtomicBool,
    echoed: AtomicU64,
    refused: AtomicU64,
}

/// Ends the talk, also when the trial fails: nobody would wait for the others otherwise.
struct Ends<'a>(&'a Talk);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.done.store(true, Ordering::Release);
    }
}

/// What became of one speaker's lines.
#[derive(Default)]
struct Told {
    said: usize,
    echoed: Vec<String>,
    refused: usize,
}

/// Says lines at its share of the pace until it is enough, then waits until each has been answered.
fn speak(address: SocketAddr, number: usize, talk: &Talk) -> Told {
    let nick = format!("s{number}");
    let mut peer = Peer::connect(address, &nick).unwrap();
    let knows_replies = number.is_multiple_of(2);
    // Whoever asks for history knows such replies as well.
    peer.send(if knows_replies { "CAP REQ :standard-replies" } else { "CAP REQ :-draft/chathistory" })
        .unwrap();
    let answer = if knows_replies { "FAIL PRIVMSG LOG_FULL #room" } else { "PRIVMSG: not sent" };
    let mut writer = peer.0.get_ref().try_clone().unwrap();
    let said = AtomicU64::new(0);
    let over = AtomicBool::new(false);
    let mut told = Told::default();
    thread::scope(|scope| {
        scope.spawn(|| {
            let begun = Instant::now();
            while !talk.done.load(Ordering::Acquire) {
                let due = begun.elapsed().as_millis() as u64 * RATE / 1000 / SPEAKERS as u64;
                let behind = due.saturating_sub(said.load(Ordering::Relaxed));
                let first = said.fetch_add(behind, Ordering::AcqRel);
                let lines: String = (first..first + behind)
                    .map(|n| {
                        let id = format!("{:032x}", (number as u128) << 64 | u128::from(n));
                        format!("@+chatui/id={id} PRIVMSG #room :{n} {}\r\n", "x".repeat(200))
                    })
                    .collect();
                writer.write_all(lines.as_bytes()).unwrap();
                thread::sleep(Duration::from_millis(5));
            }
            over.store(true, Ordering::Release);
            writer.write_all(b"PING :all\r\n").unwrap();
        });
        while let Some(line) = peer.line() {
            let message = Message::parse(&line).unwrap();
            if message.is("PONG") {
                assert!(over.load(Ordering::Acquire));
                break;
            } else if let Some((id, _)) = ids(&message).filter(|_| message.nick() == nick) {
                told.echoed.push(id);
                talk.echoed.fetch_add(1, Ordering::Relaxed);
            } else if line.contains(answer) {
                told.refused += 1;
                talk.refused.fetch_add(1, Ordering::Relaxed);
            }
        }
        // A refusal comes by way of the core: it may be behind the answer to what was asked last.
        while (told.echoed.len() + told.refused) < said.load(Ordering::Acquire) as usize {
            let line = peer.line().expect("an answer to each line");
            let message = Message::parse(&line).unwrap();
            told.refused += usize::from(line.contains(answer));
            told.echoed.extend(ids(&message).filter(|_| message.nick() == nick).map(|(id, _)| id));
        }
    });
    told.said = said.into_inner() as usize;
    told
}

/// Asks for an answer again and again; gives the longest that it took.
fn ping_on(address: SocketAddr, talk: &Talk) -> Duration {
    let mut peer = Peer::connect(address, "pinger").unwrap();
    peer.send("PART #room").unwrap();
    let mut longest = Duration::ZERO;
    while !talk.done.load(Ordering::Acquire) {
        let since = Instant::now();
        peer.send("PING :there").unwrap();
        while !Message::parse(&peer.line().unwrap()).unwrap().is("PONG") {}
        longest = longest.max(since.elapsed());
        thread::sleep(Duration::from_millis(5));
    }
    longest
}

fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < until, "{what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Lets the disk of a server get full under load, and makes room again; gives what the log then has to hold.
fn trial(address: SocketAddr, mut fill: impl FnMut(), make_room: impl FnOnce()) -> Vec<String> {
    let timed = std::env::var_os("CHATUI_FULL_SECONDS").is_some();
    let span = Duration::from_secs(number_of("CHATUI_FULL_SECONDS", 1));
    let talk = Talk::default();
    let (told, longest, back) = thread::scope(|scope| {
        let ends = Ends(&talk);
        let speakers: Vec<_> = (0..SPEAKERS)
            .map(|number| {
                let talk = &talk;
                scope.spawn(move || speak(address, number, talk))
            })
            .collect();
        let pinger = scope.spawn(|| ping_on(address, &talk));
        wait_for("nothing is echoed", || talk.echoed.load(Ordering::Relaxed) > 200);
        wait_for("the disk does not get full", || {
            fill();
            talk.refused.load(Ordering::Relaxed) > 0
        });
        let (since, echoed) = (Instant::now(), talk.echoed.load(Ordering::Relaxed));
        // Whoever comes now is let in, and is given what was said.
        let mut late = TcpStream::connect(address).map(BufReader::new).map(Peer).unwrap();
        late.0.get_ref().set_read_timeout(Some(PATIENCE)).unwrap();
        late.send("NICK late\r\nUSER late 0 * :x\r\nJOIN #room").unwrap();
        let mut lines = std::iter::from_fn(|| late.line());
        assert!(
            lines.any(|line| line.contains(" 366 ")) && lines.any(|line| line.contains(" PRIVMSG #room :"))
        );
        wait_for("the span is not over", || since.elapsed() >= span);
        let meanwhile = talk.echoed.load(Ordering::Relaxed) - echoed;
        assert!(meanwhile < 500, "{meanwhile} lines were kept on a full disk");
        let (since, echoed) = (Instant::now(), talk.echoed.load(Ordering::Relaxed));
        make_room();
        wait_for("the service is not back", || talk.echoed.load(Ordering::Relaxed) > echoed);
        let back = since.elapsed();
        wait_for("it does not go on", || talk.echoed.load(Ordering::Relaxed) > echoed + RATE * 3 / 2);
        drop(ends);
        let told: Vec<Told> = speakers.into_iter().map(|speaker| speaker.join().unwrap()).collect();
        (told, pinger.join().unwrap(), back)
    });
    let said: usize = told.iter().map(|told| told.said).sum();
    let refused: usize = told.iter().map(|told| told.refused).sum();
    let echoed: Vec<String> = told.into_iter().flat_map(|told| told.echoed).collect();
    assert_eq!(echoed.len() + refused, said, "each line has one answer");
    println!(
        "full for {span:?}: {said} lines said, {} echoed, {refused} refused and told, 0 without an answer; \
         longest PING {longest:?}; back after {back:?}",
        echoed.len()
    );
    assert!(!timed || longest < Duration::from_millis(100), "a PING took {longest:?}");
    assert!(!timed || back < Duration::from_secs(1), "the service was back after {back:?}");
    echoed
}

/// Stops the server; gives what it said on standard error.
fn stop(child: Child) -> String {
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let output = finish(child);
    assert_eq!(output.status.code(), Some(0));
    String::from_utf8(output.stderr).unwrap()
}

/// The log verifies and has exactly what was echoed, once.
fn check(data: &Path, mut echoed: Vec<String>) {
    let archive = Archive::open(data).unwrap().unwrap();
    let verified = archive.verify(&mut |_| {}).unwrap();
    assert_eq!(verified.damage, []);
    let (mut kept, mut cursor) = (Vec::new(), archive.since(Time::default()).unwrap());
    let flow = archive.read(&mut cursor, &mut |line| {
        kept.extend(ids(&line.message()).map(|(id, _)| id));
        ControlFlow::Continue(())
    });
    assert!(flow.unwrap().is_continue());
    kept.sort_unstable();
    echoed.sort_unstable();
    assert!(kept == echoed, "{} lines are kept, {} were echoed", kept.len(), echoed.len());
}

/// How often a text is said.
fn count(text: &str, of: &str) -> usize {
    of.matches(text).count()
}

#[test]
fn a_full_disk_is_told_to_every_sender_and_stops_nothing_else() {
    let home = Home::new();
    let mount = home.path("disk");
    fs::create_dir(&mount).unwrap();
    // Becomes the server itself, in a world of its own where it may mount.
    let world = |script: &str| {
        let mut command = Command::new("unshare");
        let mounted = format!("mount -t tmpfs -o size={DISK} none '{mount}' && {script}");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &mounted]);
        command.env_clear().envs(home.variables()).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    if !world("true").output().is_ok_and(|output| output.status.success()) {
        return skip("nothing may be mounted here, in a world of one's own either");
    }
    let served = format!(
        "exec '{}' serve --listen 127.0.0.1:0 --data '{mount}/data'",
        crate::terminal::chatui().display()
    );
    let (child, address) = spawn(&mut world(&served));
    // The same folder, as it is seen from outside.
    let disk = PathBuf::from(format!("/proc/{}/root{mount}", child.id()));
    let (filler, ballast) = (disk.join("filler"), disk.join("data/ballast"));
    assert_eq!(fs::metadata(&ballast).unwrap().len(), 1 << 20);
    let fill = || {
        let mut file = fs::OpenOptions::new().create(true).append(true).open(&filler).unwrap();
        while file.write(&[0; 4096]).is_ok_and(|count| count > 0) {}
    };
    let mut filled = false;
    let echoed = trial(
        address,
        || {
            // Once: what the ballast leaves is the server's.
            if !std::mem::replace(&mut filled, true) {
                fill();
            }
        },
        || {
            assert!(!ballast.exists(), "it was given up");
            fs::remove_file(&filler).unwrap();
        },
    );
    assert_eq!(fs::metadata(&ballast).unwrap().len(), 1 << 20, "it is back");
    let copied = home.path("copy");
    let copy = Command::new("cp").args(["-r", disk.join("data").to_str().unwrap(), &copied]).status();
    assert!(copy.unwrap().success());
    let said = stop(child);
    assert_eq!(
        (count("the log has no room", &said), count("the log has room again", &said)),
        (1, 1),
        "{said}"
    );
    assert_eq!(count("ballast was deleted", &said), 1, "{said}");
    check(Path::new(&copied), echoed);
}

#[test]
fn a_segment_that_may_grow_no_further_is_a_full_disk() {
    let home = Home::new();
    let data = home.path("data");
    let mut command = command(&home, &["serve", "--listen", "127.0.0.1:0", "--data", &data]);
    let (child, address) = spawn(&mut command);
    let server = Pid::from_child(&child);
    let may_grow = |current: Option<u64>| {
        // It has inherited ours.
        let Rlimit { maximum, .. } = getrlimit(Resource::Fsize);
        prlimit(Some(server), Resource::Fsize, Rlimit { current, maximum }).unwrap();
    };
    let segment = Path::new(&data).join("log/00000000000000000001.irc");
    let length = || fs::metadata(&segment).unwrap().len();
    let limit = std::cell::Cell::new(None);
    let echoed = trial(
        address,
        || {
            if limit.get().is_none() {
                limit.set(Some(length() + GROWTH));
                may_grow(limit.get());
            }
        },
        || {
            assert!(Some(length()) <= limit.get());
            may_grow(None);
        },
    );
    assert!(Path::new(&data).join("ballast").exists(), "no ballast makes a segment longer");
    let said = stop(child);
    assert_eq!(
        (count("the log has no room", &said), count("the log has room again", &said)),
        (1, 1),
        "{said}"
    );
    check(Path::new(&data), echoed);
}

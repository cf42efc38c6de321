//! A disk whose `fdatasync` fails once, under the real binary, by `strace`: nobody hears an echo of what may not be kept,
//! and the server stops with its own exit code. Without `strace` (or where it may not trace) this shows nothing and says so;
//! `.ci/run` sees to it that it is there.

use super::*;
use crate::cli::finish;

#[test]
fn a_failed_sync_is_not_echoed_and_stops_the_server() {
    let home = Home::new();
    let traced = Command::new("strace").args(["-f", "-qq", "-o", "/dev/null", "true"]).output();
    if !traced.is_ok_and(|output| output.status.success()) {
        return skip("strace is not installed, or may not trace");
    }
    let data = home.path("data");
    let served = command(&home, &["serve", "--listen", "127.0.0.1:0", "--data", &data]);
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync"]);
    strace.args(["-e", "inject=fdatasync:error=EIO:when=9"]);
    strace.arg(served.get_program()).args(served.get_args());
    strace.env_clear().envs(home.variables()).current_dir(home.path(""));
    strace.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let (child, address) = spawn(&mut strace);

    let mut bystander = Peer::connect(address, "bob").unwrap();
    let mut peer = Peer::connect(address, "alice").unwrap();
    let mut echoed = Vec::new();
    let mut told = false;
    'said: for n in 0..100 {
        let id = format!("{n:032x}");
        if peer.send(&format!("@+chatui/id={id} PRIVMSG #room :number {n}")).is_none() {
            break;
        }
        loop {
            let Some(line) = peer.line() else { break 'said };
            let message = Message::parse(&line).unwrap();
            told |= message.is("ERROR") && line.contains("log failure");
            if ids(&message).is_some_and(|(echo, _)| echo == id) {
                assert!(!told, "an echo after the failure");
                echoed.push(id);
                break;
            }
        }
    }
    assert!(told, "nobody was told why");
    let heard: Vec<String> = std::iter::from_fn(|| bystander.line()).collect();
    assert_eq!(heard.last().map(String::as_str), Some("ERROR :log failure"));
    let messages: Vec<String> =
        heard.iter().filter_map(|line| ids(&Message::parse(line).unwrap())).map(|(id, _)| id).collect();
    assert_eq!(messages, echoed, "nobody else heard more");
    // Each thread's calls are counted for itself, and two of them do turns.
    assert!((1..2 * 9).contains(&echoed.len()), "{}", echoed.len());
    let output = finish(child);
    assert_eq!(output.status.code(), Some(74), "{}", String::from_utf8_lossy(&output.stderr));

    // The next start is sound, and every echo is there.
    let (mut child, address) = start(&home, &data);
    let archive = Archive::open(Path::new(&data)).unwrap().unwrap();
    let mut kept = Vec::new();
    let mut cursor = archive.since(Time::default()).unwrap();
    let flow = archive.read(&mut cursor, &mut |line| {
        kept.extend(ids(&line.message()).map(|(id, _)| id));
        ControlFlow::Continue(())
    });
    assert!(flow.unwrap().is_continue());
    assert!(kept.starts_with(&echoed), "{kept:?} lacks some of {echoed:?}");
    assert_eq!(archive.verify(&mut |_| {}).unwrap().damaged, 0);
    assert!(Peer::connect(address, "alice").is_some());
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

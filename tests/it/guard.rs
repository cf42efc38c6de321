//! What the real binary does for whoever runs it, and against whoever should not: files, passwords, descriptors, reading again,
//! `check`, `hash-password`. Tests are named by the attack that they show.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use chatui::server::passwords;
use rustix::process::Signal;

use crate::cli::{Server, command, fails, finish, run, text};
use crate::server::peers::Peer;
use crate::terminal::{Home, PATIENCE, chatui};

fn mode(path: &str) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

fn peer(server: &Server) -> Peer {
    Peer::connect(server.address().parse().unwrap())
}

/// Waits until a file says this.
fn said(file: &str, what: &str) {
    let until = Instant::now() + PATIENCE;
    while !fs::read_to_string(file).unwrap().contains(what) {
        assert!(Instant::now() < until, "it never said {what:?}: {}", fs::read_to_string(file).unwrap());
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a20_no_link_in_the_data_folder_is_followed() {
    let home = Home::new();
    let elsewhere = home.path("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    // As a list of bans it would do.
    fs::write(home.path("elsewhere/file"), "# mine\n").unwrap();
    let data = home.path("data");
    symlink(&elsewhere, &data).unwrap();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--data", &data];
    fails(&home, &serve, 73, "is a symbolic link");
    fs::remove_file(&data).unwrap();
    for name in ["log", "log/lock", "log/00000000000000000001.irc", "bans", "tls.pem"] {
        let path = home.path(&format!("data/{name}"));
        fs::create_dir_all(std::path::Path::new(&path).parent().unwrap()).unwrap();
        let target = if name == "log" { elsewhere.clone() } else { home.path("elsewhere/file") };
        symlink(&target, &path).unwrap();
        let output = run(&home, &serve);
        assert!(matches!(output.status.code(), Some(73 | 78)), "{name}: {output:?}");
        let said = text(&output.stderr);
        assert!(said.contains(name) && said.contains("is a symbolic link"), "{name} is not named: {said}");
        fs::remove_dir_all(&data).unwrap();
        assert_eq!(fs::read_to_string(home.path("elsewhere/file")).unwrap(), "# mine\n");
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 1, "{name}");
    }
}

#[test]
fn a20_what_belongs_to_another_user_is_refused() {
    if !rustix::process::geteuid().is_root() {
        return; // nobody else can give a file away
    }
    let home = Home::new();
    let data = home.path("data");
    let serve = ["serve", "--listen", "127.0.0.1:0", "--listen", "0.0.0.0:0", "--data", &data];
    let server = Server::of(command(&home, &serve));
    let mut alice = peer(&server);
    alice.register("alice", "");
    alice.join("#x");
    assert_eq!(server.stop(Signal::TERM).0, Some(0));
    fs::write(format!("{data}/bans"), "# mine\n").unwrap();
    for name in ["", "log", "log/00000000000000000001.irc", "log/lock", "bans", "tls.pem"] {
        let path = format!("{data}/{name}");
        chown(&path, Some(65_534), None).unwrap();
        let output = run(&home, &serve);
        assert!(matches!(output.status.code(), Some(73 | 78)), "{name}: {output:?}");
        assert!(text(&output.stderr).contains("belongs to another user"), "{name}: {output:?}");
        chown(&path, Some(0), None).unwrap();
    }
    assert_eq!(Server::of(command(&home, &serve)).stop(Signal::TERM).0, Some(0));
}

#[test]
fn a24_whatever_the_umask_nobody_else_can_read_what_is_kept() {
    let home = Home::new();
    let (data, config) = (home.path("data"), home.path("chatui.toml"));
    let hash = passwords::hash("tide").unwrap();
    fs::write(&config, format!("[[oper]]\nname = \"root\"\npassword = \"{hash}\"\n")).unwrap();
    let mut shell = Command::new("sh");
    let script =
        "umask 000; exec \"$0\" serve --listen 127.0.0.1:0 --listen 0.0.0.0:0 --data \"$1\" --config \"$2\"";
    shell.args(["-c", script]).arg(chatui()).args([&data, &config]).env_clear().envs(home.variables());
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let server = Server::of(shell);
    let mut alice = peer(&server);
    alice.register("alice", "");
    alice.join("#x");
    alice.send("PRIVMSG #x :hi\r\nOPER root tide\r\nKLINE 192.0.2.1");
    alice.hears("KLINE");
    assert_eq!(server.stop(Signal::TERM).0, Some(0));
    let mut seen = Vec::new();
    for folder in [data.clone(), format!("{data}/log")] {
        assert_eq!(mode(&folder) & 0o077, 0, "{folder}");
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let path = path.to_str().unwrap();
                assert_eq!(mode(path), 0o600, "{path}");
                seen.push(path.rsplit('/').next().unwrap().to_owned());
            }
        }
    }
    for name in ["bans", "tls.pem", "lock"] {
        assert!(seen.iter().any(|seen| seen == name), "{name}: {seen:?}");
    }
}

#[test]
fn a25_root_is_warned_and_nobody_else() {
    let home = Home::new();
    let file = home.path("said");
    let server = Server::start_with_diagnostics(&home, &["--data", &home.path("data")], &file);
    assert_eq!(server.stop(Signal::TERM).0, Some(0));
    let warned = fs::read_to_string(&file).unwrap().contains("runs as root");
    assert_eq!(warned, rustix::process::geteuid().is_root());
}

#[test]
fn a39_without_descriptors_accepting_rests_and_goes_on_when_there_are_some() {
    let home = Home::new();
    let mut shell = Command::new("sh");
    let script = "ulimit -n 64; exec \"$0\" serve --quiet --listen 127.0.0.1:0 --data \"$1\"";
    shell.args(["-c", script]).arg(chatui()).arg(home.path("data")).env_clear().envs(home.variables());
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let server = Server::of(shell);
    let mut alice = peer(&server);
    alice.register("alice", "");
    let crowd: Vec<TcpStream> = (0..100).map(|_| TcpStream::connect(server.address()).unwrap()).collect();
    let process = server.process();
    let until = Instant::now() + PATIENCE;
    while process.descriptors() < 64 {
        assert!(Instant::now() < until, "{}", process.descriptors());
        thread::sleep(Duration::from_millis(5));
    }
    // Whoever is inside is served, and nothing spins: 5 % of two seconds are ten ticks.
    alice.settle();
    let (before, since) = (process.ticks(), Instant::now());
    while since.elapsed() < Duration::from_secs(2) {
        alice.settle();
        thread::sleep(Duration::from_millis(100));
    }
    let used = process.ticks() - before;
    assert!(used <= 10, "{used} ticks");
    drop(crowd);
    peer(&server).register("bob", "");
}

#[test]
fn a52_passwords_are_in_no_diagnostics_no_log_and_no_list_of_processes() {
    let home = Home::new();
    let (data, file, password) = (home.path("data"), home.path("said"), home.path("password"));
    fs::write(&password, "secret-word\n").unwrap();
    let args = ["--verbose", "--data", &data, "--password-file", &password];
    let server = Server::start_with_diagnostics(&home, &args, &file);
    let process = fs::read(format!("/proc/{}/cmdline", server.process().0)).unwrap();
    assert!(!String::from_utf8_lossy(&process).contains("secret-word"));
    let mut wrong = peer(&server);
    wrong.send("PASS wrong-word\r\nNICK mallory\r\nUSER m 0 * :m");
    wrong.rest();
    let mut alice = peer(&server);
    alice.send("PASS secret-word");
    alice.register("alice", "");
    alice.join("#x");
    alice.send("OPER root third-word\r\nPRIVMSG #x :hi");
    alice.settle();
    assert_eq!(server.stop(Signal::TERM).0, Some(0));
    let mut all = fs::read_to_string(&file).unwrap();
    for entry in fs::read_dir(format!("{data}/log")).unwrap() {
        all.push_str(&String::from_utf8_lossy(&fs::read(entry.unwrap().path()).unwrap()));
    }
    assert!(all.contains("alice") && all.contains("mallory"));
    for word in ["secret-word", "wrong-word", "third-word"] {
        assert!(!all.contains(word), "{word}");
    }
}

#[test]
fn a87_nothing_is_read_from_the_folder_in_which_the_server_is_started() {
    let home = Home::new();
    for name in ["chatui.toml", "config.toml", "bans", "tls.pem", ".chatui", "motd"] {
        fs::write(home.path(name), "[server]\nname = \"evil.example\"\n").unwrap();
    }
    let server = Server::start(&home, &["--data", &home.path("data")]);
    let mut alice = peer(&server);
    alice.send("NICK alice\r\nUSER alice 0 * :alice");
    assert!(alice.hears(" 001 ").starts_with(":chatui.local "));
}

/// A configuration with this in it, and a password that is asked for.
fn configured(home: &Home, text: &str) -> String {
    let file = home.path("chatui.toml");
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    file
}

#[test]
fn hangup_reads_the_configuration_again_says_what_it_could_not_and_keeps_the_old_one_if_it_is_broken() {
    let home = Home::new();
    let (data, diagnostics, motd) = (home.path("data"), home.path("said"), home.path("motd"));
    fs::write(&motd, "the old words\n").unwrap();
    let text = |more: &str| format!("[server]\nmotd = \"{motd}\"\n{more}\n");
    let file = configured(&home, &text(""));
    let args = ["--data", &data, "--config", &file, "--log-format", "json"];
    let server = Server::start_with_diagnostics(&home, &args, &diagnostics);
    let mut alice = peer(&server);
    alice.register("alice", "");
    let motd_says = |alice: &mut Peer, words: &str| {
        alice.send("MOTD");
        assert!(alice.hears(" 372 ").contains(words));
    };
    motd_says(&mut alice, "the old words");
    fs::write(&motd, "the new words\n").unwrap();
    configured(&home, &text("nonsense = 1"));
    server.signal(Signal::HUP);
    said(&diagnostics, "everything stays as it was");
    motd_says(&mut alice, "the old words");
    let hash = passwords::hash("tide").unwrap();
    configured(
        &home,
        &text(&format!("name = \"other.example\"\n[[oper]]\nname = \"root\"\npassword = \"{hash}\"")),
    );
    server.signal(Signal::HUP);
    said(&diagnostics, "need a new one: name");
    alice.settle();
    motd_says(&mut alice, "the new words");
    alice.send("OPER root tide");
    alice.hears(" MODE ");
    assert_eq!(server.stop(Signal::TERM).0, Some(0));
    for line in fs::read_to_string(&diagnostics).unwrap().lines() {
        let object: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(object["timestamp"].is_string() && object["message"].is_string(), "{line}");
    }
}

#[test]
fn metrics_are_for_this_machine_unless_more_is_said() {
    let home = Home::new();
    let data = home.path("data");
    let args = ["serve", "--listen", "127.0.0.1:0", "--data", &data, "--metrics", "0.0.0.0:0"];
    fails(&home, &args, 78, "--open-metrics");
    let diagnostics = home.path("said");
    let server =
        Server::start_with_diagnostics(&home, &["--data", &data, "--metrics", "127.0.0.1:0"], &diagnostics);
    said(&diagnostics, "metrics and health are answered");
    let told = fs::read_to_string(&diagnostics).unwrap();
    let address = told.split("address=").nth(1).unwrap().split_whitespace().next().unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /health HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("well\n"), "{answer}");
    assert_eq!(server.stop(Signal::TERM).0, Some(0));
}

#[test]
fn a_password_is_hashed_from_the_standard_input_and_let_in_by_its_hash() {
    let home = Home::new();
    let hash = |given: &str| {
        let mut command = command(&home, &["hash-password"]);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        // It reads no more of a megabyte than it needs.
        let _ = child.stdin.take().unwrap().write_all(given.as_bytes());
        finish(child)
    };
    let made = hash("tide and ebb\n");
    assert_eq!(made.status.code(), Some(0), "{made:?}");
    for bad in ["", "\n", "a\tb\n", &"x".repeat(1 << 20)] {
        assert_eq!(hash(bad).status.code(), Some(2), "{}", bad.len());
    }
    let file = home.path("password");
    fs::write(&file, &made.stdout).unwrap();
    let server = Server::start(&home, &["--data", &home.path("data"), "--password-file", &file]);
    let mut alice = peer(&server);
    alice.send("PASS :tide and ebb");
    alice.register("alice", "");
}

#[test]
fn check_names_what_is_wrong_and_its_exit_code_says_whether_anything_is() {
    let home = Home::new();
    let data = home.path("data");
    let check = |more: &[&str]| {
        let output = run(&home, &[&["check", "--data", &data], more].concat());
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, told, _) = check(&["--listen", "127.0.0.1:0"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("is made on the first start"), "{told}");
    assert!(!std::path::Path::new(&data).exists(), "it changes nothing");
    let server = Server::start(&home, &["--data", &data]);
    let mut alice = peer(&server);
    alice.register("alice", "");
    alice.join("#x");
    let address = server.address();
    let (code, told, _) = check(&["--listen", &address]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("by the server itself") && told.contains("1 lines, every one whole"), "{told}");
    assert_eq!(server.stop(Signal::TERM).0, Some(0));

    let (_, told, _) = check(&["--listen", "0.0.0.0:0", "--allow-plaintext"]);
    assert!(told.contains("warning: no password") && told.contains("without TLS"), "{told}");
    fs::write(format!("{data}/bans"), "nonsense\n").unwrap();
    fs::set_permissions(format!("{data}/bans"), fs::Permissions::from_mode(0o644)).unwrap();
    symlink("/dev/null", format!("{data}/log/link")).unwrap();
    let segment = fs::read_dir(format!("{data}/log")).unwrap().map(|entry| entry.unwrap().path());
    let segment = segment.into_iter().find(|path| path.extension().is_some_and(|end| end == "irc")).unwrap();
    let mut bytes = fs::read(&segment).unwrap();
    bytes[50] ^= 1;
    fs::write(&segment, bytes).unwrap();
    let mut expired = rcgen::CertificateParams::new(vec!["chat.example".to_owned()]).unwrap();
    expired.not_after = rcgen::date_time_ymd(2021, 1, 1);
    let key = rcgen::KeyPair::generate().unwrap();
    let pair = format!("{}{}", key.serialize_pem(), expired.self_signed(&key).unwrap().pem());
    let pem = home.path("pair.pem");
    fs::write(&pem, pair).unwrap();
    let (code, told, error) = check(&["--listen", "127.0.0.1:0", "--tls-cert", &pem, "--tls-key", &pem]);
    assert_eq!(code, Some(1), "{told}");
    for part in [
        "bans can be read by others",
        "line 1 is no ban",
        "link is a symbolic link",
        "damaged places",
        "has expired: it was good until 2021-01-01",
    ] {
        assert!(
            told.lines().any(|line| line.starts_with("wrong: ") && line.contains(part)),
            "{part}: {told}"
        );
    }
    assert!(error.contains("things are wrong"), "{error}");
    let broken = configured(&home, "[server]\nnonsense = 1\n");
    assert_eq!(check(&["--config", &broken]).0, Some(78));
}

//! The command line: help, bad arguments, exit codes, one clear sentence for each failure. Needs the binary.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::process::Process;
use crate::terminal::{Home, PATIENCE, chatui};

pub fn command(home: &Home, args: &[&str]) -> Command {
    let mut command = Command::new(chatui());
    command.args(args).env_clear().envs(home.variables()).current_dir(home.path(""));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs to the end, which must come by itself.
#[track_caller]
pub fn run(home: &Home, args: &[&str]) -> Output {
    finish(command(home, args).spawn().unwrap())
}

#[track_caller]
pub fn finish(mut child: Child) -> Output {
    let until = Instant::now() + PATIENCE;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > until {
            child.kill().unwrap();
            let output = child.wait_with_output().unwrap();
            panic!("it did not end: {output:?}");
        }
        thread::sleep(Duration::from_millis(5));
    }
    child.wait_with_output().unwrap()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Checks the exit code, that standard output is empty, and that what is said names the culprit in a short way.
#[track_caller]
pub fn fails(home: &Home, args: &[&str], code: i32, names: &str) {
    let output = run(home, args);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{args:?} said: {said}");
    assert_eq!(text(&output.stdout), "", "{args:?}");
    assert!(said.contains(names), "{args:?} does not name {names:?}: {said}");
    assert!(said.lines().next().unwrap_or("").len() > 10, "{args:?} says too little: {said:?}");
    assert!(!said.contains("panicked") && !said.contains("Os {"), "{args:?}: {said}");
}

/// A server that listens; it is stopped when the test is over.
pub struct Server {
    child: Option<Child>,
    stdout: BufReader<std::process::ChildStdout>,
    ready: String,
}

impl Server {
    pub fn start(home: &Home, args: &[&str]) -> Server {
        let mut all = vec!["serve", "--listen", "127.0.0.1:0"];
        all.extend(args);
        Server::of(command(home, &all))
    }

    /// The same, with its diagnostics in this file.
    pub fn start_with_diagnostics(home: &Home, args: &[&str], file: &str) -> Server {
        let mut all = vec!["serve", "--listen", "127.0.0.1:0"];
        all.extend(args);
        let mut command = command(home, &all);
        command.stderr(Stdio::from(File::create(file).unwrap()));
        Server::of(command)
    }

    /// The server that this command starts.
    pub fn of(mut command: Command) -> Server {
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut ready = String::new();
        stdout.read_line(&mut ready).unwrap();
        Server { child: Some(child), stdout, ready }
    }

    /// Its process.
    pub fn process(&self) -> Process {
        Process(self.child.as_ref().unwrap().id())
    }

    /// The line that said that it was ready.
    pub fn ready(&self) -> &str {
        &self.ready
    }

    pub fn address(&self) -> String {
        let from = self.ready.find("127.0.0.1:").unwrap_or_else(|| panic!("no address in {:?}", self.ready));
        let rest = &self.ready[from..];
        let end = rest["127.0.0.1:".len()..].find(|c: char| !c.is_ascii_digit());
        rest[..end.map_or(rest.len(), |end| end + "127.0.0.1:".len())].to_owned()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(self.child.as_ref().unwrap()), signal).unwrap();
    }

    /// Sends a signal and waits for the end; gives the exit code and what was said on standard output meanwhile.
    pub fn stop(mut self, signal: Signal) -> (Option<i32>, String) {
        let child = self.child.take().unwrap();
        kill_process(Pid::from_child(&child), signal).unwrap();
        let status = finish(child).status;
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        (status.code(), rest)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

#[test]
fn help_is_there_for_everything() {
    let home = Home::new();
    for (args, words) in [
        (&["--help"][..], &["serve", "join", "host", "doctor", "settings"][..]),
        (
            &["settings"],
            &["Its place is ", "config.toml", "[client]", "# theme = \"auto\"", "[keys]", "next-room"],
        ),
        (&["join", "--help"], &["--plain "]),
        (
            &["serve", "--help"],
            &[
                "--listen",
                "--data",
                "--name",
                "--motd",
                "--history",
                "--max-clients",
                "--password-file",
                "--sync",
                "--config",
                "--verbose",
                "--quiet",
            ],
        ),
        (&["join", "--help"], &["--nick", "--channel", "--connect-timeout"]),
        (&["host", "--help"], &["--nick"]),
    ] {
        let output = run(&home, args);
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        for word in words {
            assert!(text(&output.stdout).contains(word), "{args:?} does not speak of {word}");
        }
    }
}

#[test]
fn the_version_is_told() {
    let output = run(&Home::new(), &["--version"]);
    assert_eq!(text(&output.stdout), format!("chatui {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn what_cannot_be_understood_is_a_usage_error() {
    let home = Home::new();
    fails(&home, &["serve", "--no-such-flag"], 2, "--no-such-flag");
    fails(&home, &["serve", "--listen", ":abc"], 2, ":abc");
    fails(&home, &["serve", "--listen", "127.0.0.1:99999"], 2, "99999");
    fails(&home, &["serve", "--sync", "sometimes"], 2, "sometimes");
    fails(&home, &["serve", "--max-clients", "many"], 2, "many");
    fails(&home, &["serve", "--keep", "10"], 2, "90d");
    fails(&home, &["join", ""], 2, "");
    fails(&home, &["join", "localhost:port"], 2, "port");
    fails(&home, &["no-such-command"], 2, "no-such-command");
}

#[test]
fn a_taken_port_is_said() {
    let home = Home::new();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    fails(&home, &["serve", "--listen", &address, "--data", &home.path("data")], 69, &address);
}

#[test]
fn a_data_folder_belongs_to_one_server() {
    let home = Home::new();
    let data = home.path("data");
    let _server = Server::start(&home, &["--data", &data]);
    fails(&home, &["serve", "--listen", "127.0.0.1:0", "--data", &data], 73, &data);
}

#[test]
fn a_data_folder_that_cannot_be_made_is_said() {
    let home = Home::new();
    std::fs::write(home.path("file"), "not a folder").unwrap();
    let data = home.path("file/data");
    fails(&home, &["serve", "--listen", "127.0.0.1:0", "--data", &data], 73, &data);
}

#[test]
fn a_bad_configuration_file_is_said() {
    let home = Home::new();
    let file = home.path("chatui.toml");
    for bad in ["listen = 12 12", "[server]\nkeep = [\"forever\"]\n", "[server]\nno-such-setting = 1\n"] {
        std::fs::write(&file, bad).unwrap();
        let culprit = if bad.contains("keep") { "keep" } else { file.as_str() };
        fails(&home, &["serve", "--listen", "127.0.0.1:0", "--config", &file], 78, culprit);
    }
    let missing = home.path("missing.toml");
    fails(&home, &["serve", "--listen", "127.0.0.1:0", "--config", &missing], 78, &missing);
}

#[test]
fn an_operator_in_the_file_has_a_name_and_one_password() {
    let home = Home::new();
    let file = home.path("chatui.toml");
    let hash = chatui::server::passwords::hash("tide").unwrap();
    let operator = |lines: &str| format!("[[oper]]\n{lines}\n");
    for (bad, culprit) in [
        (operator("name = \"two words\"\npassword = \"x\""), "one word"),
        (operator("name = \"root\""), "needs either"),
        (operator("name = \"root\"\npassword = \"\""), "needs either"),
        (operator("name = \"root\"\npassword = \"x\"\npassword_file = \"y\""), "needs either"),
        (operator("name = \"root\"\npassword_file = \"/missing/file\""), "/missing/file"),
        (operator("name = \"root\"\npassword = \"plain\""), "chatui hash-password"),
        (operator("name = \"root\"\npassword = \"$argon2id$v=19$m=16,t=2,p=1$\""), "the hash is damaged"),
        (operator(&format!("name = \"root\"\npassword = \"{hash}\"")).repeat(2), "two of this name"),
    ] {
        std::fs::write(&file, bad).unwrap();
        fails(&home, &["serve", "--data", &home.path("data"), "--config", &file], 78, culprit);
    }
}

#[test]
fn a_password_of_nothing_is_a_mistake_and_none_that_lets_anybody_in() {
    let home = Home::new();
    fails(&home, &["serve", "--data", &home.path("data"), "--password", ""], 78, "the password is empty");
}

#[test]
fn the_values_of_the_file_are_checked_as_the_flags_are() {
    let home = Home::new();
    let file = home.path("chatui.toml");
    for (bad, key) in [
        ("name = \"two words.example\"", "name"),
        ("network = \"two words\"", "network"),
        ("history = 101", "history"),
        ("max_clients = 0", "max_clients"),
        ("shards = 0", "shards"),
        ("listen = [\"example.org:1\"]", "listen"),
    ] {
        std::fs::write(&file, format!("[server]\n{bad}\n")).unwrap();
        fails(&home, &["serve", "--data", &home.path("data"), "--config", &file], 78, key);
    }
}

#[test]
fn a_server_for_other_machines_says_its_fingerprint_and_hangup_reads_its_certificate_again() {
    let home = Home::new();
    let (data, file) = (home.path("data"), home.path("said"));
    let mut server =
        Server::start_with_diagnostics(&home, &["--listen", "0.0.0.0:0", "--data", &data], &file);
    // The line to hand on is of the first address, which is of this machine only.
    assert!(!server.ready.contains("--fingerprint"), "{}", server.ready);
    let mut second = String::new();
    server.stdout.read_line(&mut second).unwrap();
    let words = second.trim_end().split_once("SHA-256 ").unwrap().1;
    let (fingerprint, phrase) = words.split_once(", in words: ").unwrap();
    assert_eq!(fingerprint.len(), 64, "{second}");
    assert_eq!(phrase.split(' ').count(), 6, "{second}");

    let said = |what: &str| {
        let until = Instant::now() + PATIENCE;
        while !std::fs::read_to_string(&file).unwrap().contains(what) {
            assert!(Instant::now() < until, "it never said {what:?}");
            thread::sleep(Duration::from_millis(5));
        }
    };
    let hang_up = || kill_process(Pid::from_child(server.child.as_ref().unwrap()), Signal::HUP).unwrap();
    hang_up();
    said("the certificate was read again");
    std::fs::write(format!("{data}/tls.pem"), "no certificate").unwrap();
    hang_up();
    said("everything stays as it was");
    assert_eq!(server.stop(Signal::TERM).0, Some(0));
    // What cannot be used is not made anew in silence: somebody has trusted it.
    fails(
        &home,
        &["serve", "--listen", "0.0.0.0:0", "--data", &data],
        78,
        "everybody must trust that one anew",
    );
}

#[test]
fn a_line_for_other_machines_names_the_fingerprint() {
    let home = Home::new();
    let mut server =
        Server::of(command(&home, &["serve", "--listen", "0.0.0.0:0", "--data", &home.path("data")]));
    let mut second = String::new();
    server.stdout.read_line(&mut second).unwrap();
    let fingerprint = second.split_once("SHA-256 ").unwrap().1.split_once(',').unwrap().0;
    assert!(server.ready.trim_end().ends_with(&format!(" --fingerprint {fingerprint}")), "{}", server.ready);
}

#[test]
fn one_line_says_that_the_server_is_ready() {
    let home = Home::new();
    let data = home.path("data");
    let server = Server::start(&home, &["--data", &data]);
    let address = server.address();
    assert!(server.ready.contains(&data), "{}", server.ready);
    assert!(server.ready.contains("turn"), "{}", server.ready);
    assert!(server.ready.contains(&format!("chatui join {address}")), "{}", server.ready);
    let (code, rest) = server.stop(Signal::TERM);
    assert_eq!(code, Some(0));
    assert_eq!(rest.lines().count(), 1, "{rest}");
}

#[test]
fn each_signal_that_asks_for_an_end_gets_a_graceful_one() {
    for signal in [Signal::TERM, Signal::INT] {
        let home = Home::new();
        let server = Server::start(&home, &["--data", &home.path("data")]);
        assert_eq!(server.stop(signal).0, Some(0), "{signal:?}");
    }
}

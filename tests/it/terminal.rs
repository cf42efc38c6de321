//! A pseudo-terminal with the real binary in it: type, wait for what the screen shows, send signals, and look at
//! the state in which the terminal is left.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, MasterPty, PtyPair, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::process::Process;

/// How long anything may take before a test fails; generous, since tests run beside each other on few cores.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A home of its own for the processes of one test: nothing of the user's is read or written.
pub struct Home(TempDir);

impl Home {
    /// An empty one.
    pub fn new() -> Home {
        Home(TempDir::new().unwrap())
    }

    /// A path inside.
    pub fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// The variables that a process inside sees, and no other.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        // What it runs counts, too, where that is counted (`.ci/coverage`).
        let counted = std::env::var("LLVM_PROFILE_FILE").ok().map(|file| ("LLVM_PROFILE_FILE", file));
        let mut variables = vec![
            ("HOME", self.path("")),
            ("XDG_DATA_HOME", self.path("share")),
            ("XDG_CONFIG_HOME", self.path("config")),
            ("XDG_STATE_HOME", self.path("state")),
            ("XDG_CACHE_HOME", self.path("cache")),
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("LANG", "C.UTF-8".to_owned()),
            ("TZ", "UTC".to_owned()),
            ("TERM", "xterm-256color".to_owned()),
            ("USER", "tester".to_owned()),
            ("LOGNAME", "tester".to_owned()),
        ];
        variables.extend(counted);
        variables
    }
}

/// The binary under test.
pub fn chatui() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_chatui"))
}

/// A running program and its terminal.
pub struct Terminal {
    /// None once the terminal is gone.
    pair: Option<PtyPair>,
    writer: Box<dyn Write + Send>,
    shared: Arc<Shared>,
    pid: Pid,
    before: String,
}

#[derive(Default)]
struct Shared {
    seen: Mutex<Seen>,
    changed: Condvar,
}

#[derive(Default)]
struct Seen {
    screen: Option<vt100::Parser>,
    bytes: Vec<u8>,
    exit: Option<portable_pty::ExitStatus>,
    /// Nobody is to read on.
    is_over: bool,
    /// Nobody reads on.
    is_unread: bool,
}

impl Terminal {
    /// Starts the binary with these arguments in a terminal of `columns` x `rows`.
    pub fn chatui(home: &Home, columns: u16, rows: u16, args: &[&str]) -> Terminal {
        let mut command = CommandBuilder::new(chatui());
        command.args(args);
        Terminal::run(home, columns, rows, command)
    }

    /// Starts any command.
    pub fn run(home: &Home, columns: u16, rows: u16, command: CommandBuilder) -> Terminal {
        Terminal::with(home, columns, rows, command, &[])
    }

    /// Starts any command with variables of its own.
    pub fn with(
        home: &Home,
        columns: u16,
        rows: u16,
        mut command: CommandBuilder,
        variables: &[(&str, &str)],
    ) -> Terminal {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let before = modes(&*pair.master);
        command.env_clear();
        for (name, value) in home.variables() {
            command.env(name, value);
        }
        for (name, value) in variables {
            command.env(name, value);
        }
        command.cwd(home.path(""));
        let mut child = pair.slave.spawn_command(command).unwrap();
        let pid = Pid::from_raw(child.process_id().unwrap() as i32).unwrap();
        let shared = Arc::new(Shared::default());
        shared.lock().screen = Some(vt100::Parser::new(rows, columns, 0));

        let mut reader = pair.master.try_clone_reader().unwrap();
        let ours = Arc::clone(&shared);
        thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if ours.lock().is_over {
                    break;
                }
                ours.change(|seen| {
                    seen.bytes.extend_from_slice(&buffer[..count]);
                    if let Some(screen) = &mut seen.screen {
                        // The emulator itself fails in some sizes of a few cells (it subtracts with overflow). Then it begins
                        // anew, and the next repaint tells it what there is.
                        let (rows, columns) = screen.screen().size();
                        let shown = catch_unwind(AssertUnwindSafe(|| screen.process(&buffer[..count])));
                        if shown.is_err() {
                            *screen = vt100::Parser::new(rows, columns, 0);
                        }
                    }
                });
            }
            drop(reader);
            ours.change(|seen| seen.is_unread = true);
        });
        let ours = Arc::clone(&shared);
        thread::spawn(move || {
            let exit = child.wait().unwrap();
            ours.change(|seen| seen.exit = Some(exit));
        });
        let writer = pair.master.take_writer().unwrap();
        Terminal { pair: Some(pair), writer, shared, pid, before }
    }

    /// Types.
    pub fn keys(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// Types a line and Enter.
    pub fn line(&mut self, line: &str) {
        self.keys(line);
        self.keys("\r");
    }

    /// Sends a signal to the program.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid, signal).unwrap();
    }

    /// Takes the terminal away, as a window that is closed or a connection that breaks does. What runs in it has to end
    /// within the patience of tests.
    #[track_caller]
    pub fn hang_up(mut self) {
        self.shared.change(|seen| seen.is_over = true);
        // The last reader goes with the next output.
        self.resize(90, 25);
        self.wait("nobody reads on", |seen| seen.is_unread);
        self.writer = Box::new(std::io::sink());
        self.pair = None;
        self.wait("what ran in the terminal has ended", |seen| seen.exit.is_some());
    }

    fn master(&self) -> &dyn MasterPty {
        &*self.pair.as_ref().expect("a terminal").master
    }

    /// Changes the size.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.shared.change(|seen| {
            if let Some(screen) = &mut seen.screen {
                // The emulator itself fails where something two cells wide meets one column.
                screen.screen_mut().set_size(rows.max(1), columns.max(2));
            }
        });
        self.master().resize(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).unwrap();
    }

    /// Waits until the screen shows this text.
    #[track_caller]
    pub fn sees(&self, text: &str) {
        self.wait(&format!("the screen shows {text:?}"), |seen| seen.text().contains(text));
    }

    /// Waits until the screen does not show this text.
    #[track_caller]
    pub fn sees_no(&self, text: &str) {
        self.wait(&format!("the screen shows no {text:?}"), |seen| !seen.text().contains(text));
    }

    /// Waits until the rows of the screen are as they should be.
    #[track_caller]
    pub fn sees_rows(&self, what: &str, holds: impl Fn(&[String]) -> bool) {
        self.wait(what, |seen| holds(&seen.text().lines().map(str::to_owned).collect::<Vec<_>>()));
    }

    /// Waits until the program has written these bytes, at least so many times.
    #[track_caller]
    pub fn writes(&self, bytes: &str, times: usize) {
        let count =
            |seen: &Seen| seen.bytes.windows(bytes.len()).filter(|part| *part == bytes.as_bytes()).count();
        self.wait(&format!("{bytes:?} is written {times} times"), |seen| count(seen) >= times);
    }

    /// All that the program has written.
    pub fn bytes(&self) -> Vec<u8> {
        self.shared.lock().bytes.clone()
    }

    /// The rows of the screen with all that can be seen of their cells.
    pub fn rows(&self) -> Vec<String> {
        let seen = self.shared.lock();
        let screen = seen.screen.as_ref().unwrap().screen();
        let (rows, columns) = screen.size();
        let row = |y| (0..columns).filter_map(|x| screen.cell(y, x)).map(seen_of).collect();
        (0..rows).map(row).collect()
    }

    /// Waits until no frame is under way.
    #[track_caller]
    pub fn is_drawn(&self) {
        self.wait("the frame is whole", |seen| {
            seen.bytes.ends_with(b"\x1b[?2026l") || last_is_title(&seen.bytes)
        });
    }

    /// Has the program paint everything anew, and waits until it has.
    #[track_caller]
    pub fn repaint(&mut self) {
        let from = self.shared.lock().bytes.len();
        self.keys("\u{c}");
        self.wait("all is painted anew", |seen| {
            let since = &seen.bytes[from..];
            let at = |what: &[u8]| since.windows(what.len()).rposition(|part| part == what);
            at(b"\x1b[2J").is_some() && at(b"\x1b[2J") < at(b"\x1b[?2026l")
        });
    }

    /// All that the program has written, as text.
    pub fn written(&self) -> String {
        String::from_utf8_lossy(&self.shared.lock().bytes).into_owned()
    }

    /// What the screen shows now.
    pub fn screen(&self) -> String {
        self.shared.lock().text()
    }

    /// The colour in which a word is written, in the last row that holds it and this text.
    #[track_caller]
    pub fn colour(&self, word: &str, text: &str) -> vt100::Color {
        let seen = self.shared.lock();
        let screen = seen.screen.as_ref().unwrap().screen();
        let rows: Vec<String> = seen.text().lines().map(str::to_owned).collect();
        let row = rows.iter().rposition(|row| row.contains(word) && row.contains(text)).expect("such a row");
        let column = rows[row].find(word).map(|at| rows[row][..at].chars().count()).unwrap();
        screen.cell(row as u16, column as u16).unwrap().fgcolor()
    }

    /// Waits for the program's end; gives its exit code. Death by a signal is not an end that a test may take for
    /// one: it fails.
    #[track_caller]
    pub fn exit(&self) -> u32 {
        self.wait("the program has ended", |seen| seen.exit.is_some());
        let seen = self.shared.lock();
        let exit = seen.exit.clone().unwrap();
        assert_eq!(exit.signal(), None, "killed by a signal; the screen:\n{}", seen.text());
        exit.exit_code()
    }

    /// The program as a process.
    pub fn process(&self) -> Process {
        Process(self.pid.as_raw_nonzero().get().cast_unsigned())
    }

    /// The very bytes that the program has written so far.
    pub fn output(&self) -> Vec<u8> {
        self.shared.lock().bytes.clone()
    }

    /// Whether the program has ended.
    pub fn has_ended(&self) -> bool {
        self.shared.lock().exit.is_some()
    }

    /// Checks that the terminal is as it was before: its modes, and each switch that the program has touched.
    #[track_caller]
    pub fn is_restored(&self) {
        assert_eq!(modes(self.master()), self.before, "the terminal's modes");
        // What is written last may still be on its way from the terminal to us.
        self.wait("every switch is back", |seen| switches_left(&seen.bytes).is_empty());
        let seen = self.shared.lock();
        let screen = seen.screen.as_ref().unwrap().screen();
        assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        assert_eq!((screen.fgcolor(), screen.bgcolor()), (vt100::Color::Default, vt100::Color::Default));
    }

    #[track_caller]
    fn wait(&self, what: &str, holds: impl Fn(&Seen) -> bool) {
        let until = Instant::now() + PATIENCE;
        let mut seen = self.shared.lock();
        while !holds(&seen) {
            let left = until.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "waited in vain until {what}; exit: {:?}, switches: {:?}, the screen:\n{}",
                seen.exit,
                switches_left(&seen.bytes),
                seen.text()
            );
            seen = self.shared.changed.wait_timeout(seen, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// A test that fails leaves nothing running.
impl Drop for Terminal {
    fn drop(&mut self) {
        if !self.has_ended() {
            // It may end at this very moment.
            let _ = kill_process(self.pid, Signal::KILL);
        }
    }
}

/// All that can be seen of a cell: of a blank only its ground.
fn seen_of(cell: &vt100::Cell) -> String {
    let ground = format!("{:?}{}{}", cell.bgcolor(), cell.inverse(), cell.underline());
    match cell.contents() {
        _ if cell.is_wide_continuation() => String::new(),
        "" | " " => format!("[ {ground}]"),
        text => {
            format!("[{text} {ground}{:?}{}{}{}]", cell.fgcolor(), cell.bold(), cell.dim(), cell.italic())
        }
    }
}

/// Whether the last that was written is the window's title, which follows a frame.
fn last_is_title(bytes: &[u8]) -> bool {
    let tail = &bytes[bytes.len().saturating_sub(400)..];
    tail.ends_with(b"\x1b\\")
        && tail.windows(4).rposition(|part| part == b"\x1b]2;")
            > tail.windows(8).rposition(|part| part == b"\x1b[?2026h")
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }
}

impl Seen {
    fn text(&self) -> String {
        self.screen.as_ref().map_or(String::new(), |screen| screen.screen().contents())
    }
}

/// The terminal's modes (echo, line by line, signals by keys …), as text.
fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios())
}

/// Which of the terminal's switches have been left in another position than the usual one.
fn switches_left(bytes: &[u8]) -> Vec<String> {
    // Shown cursor and line wrap are on by nature, all others off.
    let mut switches: BTreeMap<String, bool> = BTreeMap::new();
    let (mut keyboard, mut titles, mut cursor) = (0, 0, "0".to_owned());
    for sequence in bytes.split(|b| *b == 0x1b).skip(1).filter_map(|rest| rest.strip_prefix(b"[")) {
        let end = sequence.iter().position(|b| (0x40..=0x7e).contains(b)).unwrap_or(sequence.len());
        let body = String::from_utf8_lossy(&sequence[..end]).into_owned();
        match (body.chars().next(), sequence.get(end)) {
            (Some('?'), Some(position @ (b'h' | b'l'))) => {
                for switch in body[1..].split(';') {
                    switches.insert(switch.to_owned(), *position == b'h');
                }
            }
            (Some('>'), Some(b'u')) => keyboard += 1,
            (Some('<'), Some(b'u')) => keyboard -= 1,
            (_, Some(b't')) if body.starts_with("22;") => titles += 1,
            (_, Some(b't')) if body.starts_with("23;") => titles -= 1,
            (_, Some(b'q')) if body.ends_with(' ') => cursor = body.trim_end().to_owned(),
            _ => {}
        }
    }
    let mut left: Vec<String> = switches
        .into_iter()
        .filter(|(switch, on)| *on != matches!(switch.as_str(), "25" | "7"))
        .map(|(switch, on)| format!("?{switch}{}", if on { "h" } else { "l" }))
        .collect();
    if keyboard != 0 {
        left.push(format!("{keyboard} keyboard modes"));
    }
    if titles != 0 {
        left.push(format!("{titles} titles"));
    }
    if !matches!(cursor.as_str(), "" | "0") {
        left.push(format!("cursor {cursor}"));
    }
    left
}

#[test]
fn a_switch_that_is_left_is_found() {
    assert!(switches_left(b"plain \x1b[31mred\x1b[0m").is_empty());
    assert!(
        switches_left(b"\x1b[?1049h\x1b[?25l\x1b[>1u\x1b[<1u\x1b[?25h\x1b[?1049l\x1b[6 q\x1b[0 q").is_empty()
    );
    assert_eq!(switches_left(b"\x1b[?1000;2004h\x1b[?25l\x1b[?1000l"), ["?2004h", "?25l"]);
    assert_eq!(switches_left(b"\x1b[>5u\x1b[2 q"), ["1 keyboard modes", "cursor 2"]);
    assert_eq!(switches_left(b"\x1b[22;2t\x1b[22;2t\x1b[23;2t"), ["1 titles"]);
}

//! The real server, and bare connections to it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::Outcome;

/// The program that is measured.
pub const CHATUI: &str = env!("CARGO_BIN_EXE_chatui");

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server; it is stopped when it is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// From its start until it said that it was ready.
    pub ready: Duration,
}

impl Server {
    /// Starts one with its defaults on this data folder.
    pub fn start(data: &Path) -> Outcome<Server> {
        let mut command = Command::new(CHATUI);
        command.args(["serve", "--listen", "127.0.0.1:0", "--quiet", "--data"]).arg(data);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let since = Instant::now();
        let mut child = command.spawn()?;
        let mut line = String::new();
        if let Some(out) = &mut child.stdout {
            BufReader::new(out).read_line(&mut line)?;
        }
        let ready = since.elapsed();
        let address = line.split_whitespace().find_map(|word| word.parse().ok());
        let address = address.ok_or("the server did not start")?;
        Ok(Server { child, address, ready })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // If it is gone already, there is nothing to stop.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let _ = self.child.wait();
    }
}

/// A registered connection.
#[derive(Debug)]
pub struct Peer(BufReader<TcpStream>);

impl Peer {
    /// Registers with these capabilities and joins these channels.
    pub fn connect(address: SocketAddr, nick: &str, caps: &str, channels: &[&str]) -> Outcome<Peer> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut peer = Peer(BufReader::with_capacity(64 << 10, stream));
        peer.send(&format!("CAP REQ :{caps}\r\nNICK {nick}\r\nUSER {nick} 0 * :{nick}\r\nCAP END\r\n"))?;
        for channel in channels {
            peer.send(&format!("JOIN {channel}\r\n"))?;
        }
        peer.send("PING :there\r\n")?;
        peer.until(|line| line.contains(" PONG "))?;
        Ok(peer)
    }

    /// Writes whole lines.
    pub fn send(&mut self, lines: &str) -> Outcome<()> {
        Ok(self.0.get_mut().write_all(lines.as_bytes())?)
    }

    /// Reads up to the first line that is wanted; says how many came before it.
    pub fn until(&mut self, wanted: impl Fn(&str) -> bool) -> Outcome<usize> {
        let mut line = String::new();
        for count in 0.. {
            line.clear();
            if self.0.read_line(&mut line)? == 0 {
                break;
            }
            if wanted(&line) {
                return Ok(count);
            }
        }
        Err("the server closed the connection".into())
    }

    /// Reads what is there, or waits for it; says how many lines have ended in it.
    pub fn lines(&mut self) -> Outcome<usize> {
        let read = self.0.fill_buf()?;
        let (lines, length) = (memchr::memchr_iter(b'\n', read).count(), read.len());
        self.0.consume(length);
        if length == 0 { Err("the server closed the connection".into()) } else { Ok(lines) }
    }
}

/// Asks the system to forget what it holds of a folder's files, so that they are read from the disk.
pub fn forget(folder: &Path) -> Outcome<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() {
            let file = File::open(path)?;
            // What is not on the disk yet would be kept.
            file.sync_data()?;
            #[cfg(target_os = "linux")]
            rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed)?;
        }
    }
    Ok(())
}

/// Reads all files of a folder once, so that the system holds them.
pub fn remember(folder: &Path) -> Outcome<()> {
    let mut buffer = vec![0; 1 << 20];
    for entry in fs::read_dir(folder)? {
        let mut file = File::open(entry?.path())?;
        while file.read(&mut buffer)? > 0 {}
    }
    Ok(())
}

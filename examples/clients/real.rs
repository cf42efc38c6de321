//! A real server with a long log, for what only a server can answer quickly.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::Outcome;
use crate::client::Make;

/// A server: `chatui serve` of this tree.
pub struct Real {
    child: Child,
    address: SocketAddr,
}

impl Real {
    /// Starts it with its data in a folder.
    pub fn start(home: &Path) -> Outcome<Real> {
        let mut child = Command::new(Make::Chatui.program().ok_or("it is not built")?)
            .args(["serve", "--quiet", "--listen", "127.0.0.1:0", "--data"])
            .arg(home.join("data"))
            .env_clear()
            .env("HOME", home)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("it says nothing")?).lines();
        let address = lines.find_map(|line| {
            let line = line.ok()?;
            line.split_whitespace().find_map(|word| word.parse().ok())
        });
        Ok(Real { child, address: address.ok_or("it did not say where it listens")? })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Has somebody say this in the room, and waits until it is kept.
    pub fn say(&self, texts: impl Iterator<Item = String>) -> Outcome<()> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.write_all(b"NICK speaker\r\nUSER s 0 * :s\r\nJOIN #lobby\r\n")?;
        let lines: String = texts.map(|text| format!("PRIVMSG #lobby :{text}\r\n")).collect();
        stream.write_all(lines.as_bytes())?;
        stream.write_all(b"QUIT :done\r\n")?;
        // Its end comes when all before it has been dealt with.
        stream.read_to_end(&mut Vec::new())?;
        Ok(())
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        // Whatever it answers, it is gone afterwards.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! The peers: bare sockets that read as the programs they stand for.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use super::{Host, PATIENCE};

/// Most bytes that such a program reads at once.
const RECV: usize = 1024;

pub struct Text {
    stream: TcpStream,
    /// What has come and has not been looked at.
    got: Vec<u8>,
    /// It takes each piece that it reads for whole characters, and dies if they are not.
    strict: bool,
}

impl Text {
    pub fn connect(host: &Host) -> Text {
        Text::at(host.server().addresses()[0])
    }

    pub fn at(address: SocketAddr) -> Text {
        Text::of(TcpStream::connect(address).unwrap())
    }

    /// A peer for which the system takes in little before the server has to wait.
    pub fn narrow(host: &Host) -> Text {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        let stream = runtime.block_on(async {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.set_recv_buffer_size(4096).unwrap();
            socket.connect(host.server().addresses()[0]).await.unwrap().into_std().unwrap()
        });
        stream.set_nonblocking(false).unwrap();
        Text::of(stream)
    }

    fn of(stream: TcpStream) -> Text {
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Text { stream, got: Vec::new(), strict: false }
    }

    /// 000: the name is asked in a window after the connection, then sent alone; so are messages.
    pub fn s000(host: &Host, name: &str) -> Text {
        let mut client = Text::connect(host);
        client.strict = true;
        client.hears("Type your nickname");
        client.send(name);
        client.hears("Welcome, ");
        client
    }

    /// 001: answers `NICK`, when that is all it reads, and puts its name in front of each message.
    pub fn s001(host: &Host, name: &str) -> Text {
        let mut client = Text::connect(host);
        client.strict = true;
        assert_eq!(client.recv().as_deref(), Some("NICK"));
        client.send(name);
        client.hears("Welcome, ");
        client
    }

    /// 001 with an owner who took his time: the first thing sent is a message.
    pub fn s001_late(host: &Host, name: &str, message: &str) -> Text {
        let mut client = Text::connect(host);
        client.strict = true;
        client.hears("Type your nickname");
        client.send(&format!("{name}: {message}\n"));
        client.hears("Welcome, ");
        client
    }

    /// 002: waits for a greeting, then its owner types the name into the chat.
    pub fn s002(host: &Host, name: &str) -> Text {
        Text::s000(host, name)
    }

    /// 003: as 000, by all that is known.
    pub fn s003(host: &Host, name: &str) -> Text {
        Text::s000(host, name)
    }

    /// 004: knows its name before it connects, and puts it in front of each message.
    pub fn s004(host: &Host, name: &str) -> Text {
        let mut client = Text::connect(host);
        client.strict = true;
        client.send(name);
        client.hears("Welcome, ");
        client
    }

    pub fn netcat(host: &Host, name: &str) -> Text {
        let mut client = Text::connect(host);
        client.send(&format!("{name}\n"));
        client.hears("Welcome, ");
        client
    }

    pub fn telnet(host: &Host, name: &str) -> Text {
        let mut client = Text::connect(host);
        client.send(&format!("{name}\r\n"));
        client.hears("Welcome, ");
        client
    }

    /// Telnet in its character mode: each key is a packet, and Enter is CR NUL.
    pub fn key_by_key(host: &Host, name: &str) -> Text {
        let mut client = Text::connect(host);
        client.types(name);
        client.hears("Welcome, ");
        client
    }

    /// Each key for itself, and Enter.
    pub fn types(&mut self, text: &str) {
        for key in text.bytes().chain(*b"\r") {
            self.send_bytes(&[key]);
        }
        self.send_bytes(b"\0");
    }

    pub fn send(&mut self, text: &str) {
        self.send_bytes(text.as_bytes());
    }

    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// Writes, unless the server does not want it any more.
    pub fn send_if_wanted(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    pub fn close_half(&self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// Resets the connection: what closes with something unread does that.
    pub fn reset(self) {
        assert!(self.stream.peek(&mut [0]).unwrap() > 0);
    }

    /// Reads once.
    fn recv(&mut self) -> Option<String> {
        let mut buffer = [0; RECV];
        match self.stream.read(&mut buffer) {
            Ok(0) => None,
            Ok(count) if self.strict => {
                Some(String::from_utf8(buffer[..count].to_vec()).expect("whole characters"))
            }
            Ok(count) => {
                self.got.extend_from_slice(&buffer[..count]);
                Some(String::new())
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => None,
            Err(error) => panic!("nothing came: {error}; before: {:?}", String::from_utf8_lossy(&self.got)),
        }
    }

    /// The next line without its end; `None` when the connection is over.
    pub fn line(&mut self) -> Option<String> {
        loop {
            if let Some(at) = self.got.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.got.drain(..=at).collect();
                return Some(String::from_utf8(line).unwrap().trim_end().to_owned());
            }
            let piece = self.recv()?;
            self.got.extend_from_slice(piece.as_bytes());
        }
    }

    /// Reads up to the first line that holds this.
    #[track_caller]
    pub fn hears(&mut self, part: &str) -> String {
        let mut passed = Vec::new();
        while let Some(line) = self.line() {
            if line.contains(part) {
                return line;
            }
            passed.push(line);
        }
        panic!("{part:?} was never heard, but: {passed:#?}");
    }

    /// The lines up to one that somebody else says to mark the end.
    #[track_caller]
    pub fn lines_until(&mut self, part: &str) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(line) = self.line() {
            if line.contains(part) {
                return lines;
            }
            lines.push(line);
        }
        panic!("{part:?} was never heard, but: {lines:#?}");
    }

    /// All up to the end of the connection.
    pub fn rest(&mut self) -> String {
        while let Some(piece) = self.recv() {
            self.got.extend_from_slice(piece.as_bytes());
        }
        String::from_utf8_lossy(&std::mem::take(&mut self.got)).into_owned()
    }
}

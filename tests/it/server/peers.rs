//! The other end of a server's connection: a bare socket, with deadlines instead of pauses.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use super::PATIENCE;

pub struct Peer {
    stream: TcpStream,
    /// What has come and has not been looked at.
    got: Vec<u8>,
}

impl Peer {
    pub fn connect(address: SocketAddr) -> Peer {
        Peer::of(TcpStream::connect(address).unwrap())
    }

    /// A peer for which the system takes in little before the server has to wait.
    pub fn connect_narrow(address: SocketAddr) -> Peer {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        let stream = runtime.block_on(async {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.set_recv_buffer_size(4096).unwrap();
            socket.connect(address).await.unwrap().into_std().unwrap()
        });
        stream.set_nonblocking(false).unwrap();
        Peer::of(stream)
    }

    fn of(stream: TcpStream) -> Peer {
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Peer { stream, got: Vec::new() }
    }

    /// The bare connection, for another thread.
    pub fn stream(&self) -> TcpStream {
        self.stream.try_clone().unwrap()
    }

    pub fn send(&mut self, line: &str) {
        self.send_bytes(format!("{line}\r\n").as_bytes());
    }

    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// Writes until all is written, or the server does not want it any more: then it says false.
    pub fn send_if_wanted(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok()
    }

    /// Closes its own half.
    pub fn close_half(&self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// Waits until something has come, and leaves it there.
    pub fn wait_for_unread(&self) {
        assert!(self.stream.peek(&mut [0]).unwrap() > 0);
    }

    /// Reads once; false at the end.
    fn read(&mut self) -> bool {
        let mut buffer = [0; 64 << 10];
        match self.stream.read(&mut buffer) {
            Ok(count) => {
                self.got.extend_from_slice(&buffer[..count]);
                count > 0
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => false,
            Err(error) => panic!("nothing came: {error}"),
        }
    }

    /// The next line without its end; `None` when the connection is over.
    pub fn line(&mut self) -> Option<String> {
        let mut searched = 0;
        loop {
            if let Some(at) = self.got[searched..].iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.got.drain(..=searched + at).collect();
                let line = line.strip_suffix(b"\r\n").expect("a line that ends in CR LF");
                return Some(String::from_utf8(line.to_vec()).unwrap());
            }
            searched = self.got.len();
            if !self.read() {
                return None;
            }
        }
    }

    /// Reads up to the first line that is wanted, and gives it back.
    #[track_caller]
    pub fn until(&mut self, mut wanted: impl FnMut(&str) -> bool) -> String {
        let mut passed = Vec::new();
        while let Some(line) = self.line() {
            if wanted(&line) {
                return line;
            }
            passed.push(line);
        }
        panic!("the connection was over before; it said: {passed:#?}");
    }

    /// The same, for a line that holds this.
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

    /// All lines up to the end of the connection.
    pub fn rest(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.line()).collect()
    }

    /// All bytes up to the end of the connection.
    pub fn bytes_to_the_end(&mut self) -> Vec<u8> {
        while self.read() {}
        std::mem::take(&mut self.got)
    }

    #[track_caller]
    pub fn register(&mut self, nick: &str, caps: &str) {
        if !caps.is_empty() {
            self.send(&format!("CAP REQ :{caps}"));
        }
        self.send(&format!("NICK {nick}\r\nUSER {nick} 0 * :{nick}\r\nCAP END"));
        self.until(|line| line.contains(" 422 ") || line.contains(" 376 "));
        self.settle();
    }

    #[track_caller]
    pub fn join(&mut self, channel: &str) {
        self.send(&format!("JOIN {channel}"));
        self.hears(" 366 ");
    }

    /// Waits until all that was said before has been answered.
    #[track_caller]
    pub fn settle(&mut self) {
        self.send("PING :settled");
        self.hears(" PONG ");
    }
}

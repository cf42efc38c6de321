//! The other end of a server's connection: a bare socket, with deadlines instead of pauses. As what kind of program it
//! reads is its [`Reads`]; those that are not IRC clients come in through `seeds::people`.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;

use rustls::{ClientConfig, ClientConnection};

use super::PATIENCE;

/// Most bytes that a program reads at once.
const RECV: usize = 64 << 10;

/// Most bytes that the clients of the five systems read at once.
const SMALL_RECV: usize = 1024;

/// How a peer takes what it reads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// As IRC: every line ends in CR LF.
    Irc,
    /// As text, for people.
    Text,
    /// As text, little at once, and each piece as whole characters: it dies if they are not.
    Pieces,
}

pub struct Peer {
    stream: TcpStream,
    /// Its TLS, if it speaks through that.
    pub tls: Option<Box<ClientConnection>>,
    /// What has come and has not been looked at.
    got: Vec<u8>,
    reads: Reads,
}

impl Peer {
    pub fn connect(address: SocketAddr) -> Peer {
        Peer::of(TcpStream::connect(address).unwrap(), Reads::Irc)
    }

    /// A peer that takes what it reads in this way.
    pub fn connect_as(reads: Reads, address: SocketAddr) -> Peer {
        Peer { reads, ..Peer::connect(address) }
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
        Peer::of(stream, Reads::Irc)
    }

    /// A peer that comes from this address of the machine.
    pub fn from(address: &str, to: SocketAddr) -> Peer {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::new(address.parse().unwrap(), 0).into()).unwrap();
        socket.connect(&to.into()).unwrap();
        Peer::of(socket.into(), Reads::Irc)
    }

    fn of(stream: TcpStream, reads: Reads) -> Peer {
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Peer { stream, tls: None, got: Vec::new(), reads }
    }

    /// A peer that speaks through TLS.
    pub fn connect_tls(address: SocketAddr, config: &Arc<ClientConfig>) -> Peer {
        let tls = ClientConnection::new(Arc::clone(config), "localhost".try_into().unwrap()).unwrap();
        Peer { tls: Some(Box::new(tls)), ..Peer::connect(address) }
    }

    /// The bare connection, for another thread.
    pub fn stream(&self) -> TcpStream {
        self.stream.try_clone().unwrap()
    }

    /// A line, with its end.
    pub fn send(&mut self, line: &str) {
        self.send_bytes(format!("{line}\r\n").as_bytes());
    }

    /// A text as it is.
    pub fn write(&mut self, text: &str) {
        self.send_bytes(text.as_bytes());
    }

    pub fn send_bytes(&mut self, bytes: &[u8]) {
        match &mut self.tls {
            Some(tls) => rustls::Stream::new(tls.as_mut(), &mut self.stream).write_all(bytes).unwrap(),
            None => self.stream.write_all(bytes).unwrap(),
        }
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

    /// Resets the connection: what closes with something unread does that.
    pub fn reset(self) {
        self.wait_for_unread();
    }

    /// Reads once; how many bytes came, 0 at the end.
    fn read(&mut self) -> usize {
        let mut buffer = [0; RECV];
        let most = if self.reads == Reads::Pieces { SMALL_RECV } else { RECV };
        let read = match &mut self.tls {
            Some(tls) => rustls::Stream::new(tls.as_mut(), &mut self.stream).read(&mut buffer[..most]),
            None => self.stream.read(&mut buffer[..most]),
        };
        match read {
            Ok(count) => {
                if self.reads == Reads::Pieces {
                    std::str::from_utf8(&buffer[..count]).expect("whole characters");
                }
                self.got.extend_from_slice(&buffer[..count]);
                count
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => 0,
            Err(error) => panic!("nothing came: {error}; before: {:?}", String::from_utf8_lossy(&self.got)),
        }
    }

    /// What one read gives, when nothing that came before is left.
    pub fn piece(&mut self) -> String {
        let count = self.read();
        String::from_utf8(self.got.split_off(self.got.len() - count)).unwrap()
    }

    /// The next line without its end; `None` when the connection is over.
    pub fn line(&mut self) -> Option<String> {
        let mut searched = 0;
        loop {
            if let Some(at) = self.got[searched..].iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.got.drain(..=searched + at).collect();
                let line = String::from_utf8(line).unwrap();
                let irc = self.reads == Reads::Irc;
                let line = if irc { line.strip_suffix("\r\n") } else { Some(line.trim_end()) };
                return Some(line.expect("a line that ends in CR LF").to_owned());
            }
            searched = self.got.len();
            if self.read() == 0 {
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

    /// All lines up to the end of the connection.
    pub fn rest(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.line()).collect()
    }

    /// All bytes up to the end of the connection.
    pub fn bytes_to_the_end(&mut self) -> Vec<u8> {
        while self.read() > 0 {}
        std::mem::take(&mut self.got)
    }

    /// All text up to the end of the connection.
    pub fn text_to_the_end(&mut self) -> String {
        String::from_utf8_lossy(&self.bytes_to_the_end()).into_owned()
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

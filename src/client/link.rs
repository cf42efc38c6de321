//! The socket: finds every address of a name, tries each, and then carries lines both ways until it breaks.
#![allow(
    clippy::disallowed_types,
    reason = "this is the client's only socket; everything else sees events and lines"
)]

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::address::Address;
use super::app::Event;
use crate::irc::{Framed, Framer, MAX_LINE};

/// Most events that wait to be handled; then the socket is not read, and the server waits.
const EVENTS_WAITING: usize = 4_096;
/// Most lines that wait to be written; a server that takes none for so long is gone.
const LINES_WAITING: usize = 4_096;
/// Most addresses of one name that are tried.
const ADDRESSES_MOST: usize = 16;
/// How much is read at once.
const READ_SIZE: usize = 64 * 1024;
/// How long a name server is waited for.
const RESOLVE_MOST: Duration = Duration::from_secs(5);

/// The connection, or the tries to make one. There is one at a time: a new one ends the one before.
#[derive(Debug)]
pub struct Link {
    events: mpsc::Receiver<Event>,
    lines: mpsc::Sender<String>,
    task: Option<JoinHandle<()>>,
}

impl Link {
    /// No connection.
    pub fn new() -> Link {
        Link { events: mpsc::channel(1).1, lines: mpsc::channel(1).0, task: None }
    }

    /// Connects after a pause, waiting so long for each address.
    pub fn connect(&mut self, to: Address, after: Duration, patience: Duration) {
        self.close();
        let (event_sender, events) = mpsc::channel(EVENTS_WAITING);
        let (lines, line_receiver) = mpsc::channel(LINES_WAITING);
        (self.events, self.lines) = (events, lines);
        self.task = Some(tokio::spawn(async move {
            sleep(after).await;
            let reason = live(&to, patience, &event_sender, line_receiver).await;
            // Nobody listens any more if the client is ending.
            let _ = event_sender.send(Event::Offline(reason)).await;
        }));
    }

    /// Sends a line; its end is added. `false` if the connection takes no more.
    pub fn send(&self, line: String) -> bool {
        self.lines.try_send(line).is_ok()
    }

    /// Ends what there is, without an event.
    pub fn close(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
        self.events.close();
    }

    /// The next event; while there is no connection it waits for ever.
    pub async fn next(&mut self) -> Event {
        if self.task.is_none() {
            std::future::pending::<()>().await;
        }
        match self.events.recv().await {
            Some(event) => event,
            None => {
                self.task = None;
                Event::Offline("the connection ended".to_owned())
            }
        }
    }

    /// An event that is there already.
    pub fn ready(&mut self) -> Option<Event> {
        self.events.try_recv().ok()
    }

    /// Waits until the server has closed the connection, so long at most: what was sent is on its way.
    pub async fn finish(mut self, most: Duration) {
        let closed = async { while !matches!(self.next().await, Event::Offline(_)) {} };
        // Whether it was in time makes no difference: the program ends.
        let _ = timeout(most, closed).await;
    }
}

impl Default for Link {
    fn default() -> Link {
        Link::new()
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.close();
    }
}

/// A connection's whole life; gives the reason of its end.
async fn live(
    to: &Address,
    patience: Duration,
    events: &mpsc::Sender<Event>,
    lines: mpsc::Receiver<String>,
) -> String {
    let addresses = match resolve(to).await {
        Ok(addresses) => addresses,
        Err(reason) => {
            let _ = events.send(Event::Unreachable(to.to_string(), reason.clone())).await;
            return reason;
        }
    };
    let mut reason = "the name has no address".to_owned();
    for address in addresses {
        let _ = events.send(Event::Trying(address.to_string())).await;
        match timeout(patience, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // A chat line is to leave at once, not to wait for company.
                let _ = stream.set_nodelay(true);
                let _ = events.send(Event::Online).await;
                return converse(stream, events, lines).await;
            }
            Ok(Err(error)) => reason = in_words(&error),
            Err(_) => reason = format!("no answer within {} s", patience.as_secs_f32()),
        }
        let _ = events.send(Event::Unreachable(address.to_string(), reason.clone())).await;
    }
    reason
}

/// All addresses of a host, each once.
async fn resolve(to: &Address) -> Result<Vec<SocketAddr>, String> {
    let found = timeout(RESOLVE_MOST, tokio::net::lookup_host((to.host.as_str(), to.port))).await;
    let mut addresses: Vec<SocketAddr> = match found {
        Ok(Ok(found)) => found.collect(),
        Ok(Err(_)) => return Err(format!("no host is called {}", to.host)),
        Err(_) => return Err("the name server does not answer".to_owned()),
    };
    let mut seen = std::collections::HashSet::new();
    addresses.retain(|address| seen.insert(*address));
    addresses.truncate(ADDRESSES_MOST);
    Ok(addresses)
}

/// Lines both ways over any kind of stream, until it breaks; gives the reason.
async fn converse<S: AsyncRead + AsyncWrite>(
    stream: S,
    events: &mpsc::Sender<Event>,
    mut lines: mpsc::Receiver<String>,
) -> String {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let reading = async {
        let mut framer = Framer::new(MAX_LINE);
        let mut buffer = vec![0; READ_SIZE];
        let mut found = Vec::new();
        loop {
            match reader.read(&mut buffer).await {
                Ok(0) => return "the server closed the connection".to_owned(),
                Ok(count) => framer.push(&buffer[..count], |framed| {
                    // An overlong line is no message; the framer has dropped it.
                    if let Framed::Line(line) = framed
                        && !line.is_empty()
                    {
                        found.push(Event::Line(Bytes::copy_from_slice(line)));
                    }
                }),
                Err(error) => return in_words(&error),
            }
            for event in found.drain(..) {
                if events.send(event).await.is_err() {
                    return "nobody listens".to_owned();
                }
            }
        }
    };
    let writing = async {
        let mut out = Vec::new();
        while let Some(line) = lines.recv().await {
            put(&mut out, &line);
            while let Ok(line) = lines.try_recv() {
                put(&mut out, &line);
            }
            if let Err(error) = writer.write_all(&out).await {
                return in_words(&error);
            }
            out.clear();
        }
        "the client ended the connection".to_owned()
    };
    tokio::select! {
        reason = reading => reason,
        reason = writing => reason,
    }
}

fn put(out: &mut Vec<u8>, line: &str) {
    out.extend_from_slice(line.as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// What went wrong, in words.
fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "refused: nothing listens there".to_owned(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => "the connection was cut".to_owned(),
        io::ErrorKind::TimedOut => "no answer".to_owned(),
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
            "not reachable from here".to_owned()
        }
        _ => error.to_string(),
    }
}

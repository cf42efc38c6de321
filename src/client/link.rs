//! The socket: finds every address of a name, tries each, and then carries lines both ways until it breaks. Off this machine
//! it speaks TLS, or not at all unless the user has said so.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "this is the client's only socket, and what was said to be kept until some day needs a clock; everything else \
              sees events and lines"
)]

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::address::{Address, Security};
use super::app::Event;
use super::pins::{Pins, Trust};
use super::sts;
use super::tls::{Accepted, Demand, Failure, seal};
use crate::irc::{Framed, Framer, MAX_LINE};

/// Most events that wait to be handled; then the socket is not read, and the server waits.
const EVENTS_WAITING: usize = 4_096;
/// Most lines that wait to be written; a server that takes none for so long is gone.
const LINES_WAITING: usize = 4_096;
/// Most addresses of one name that are tried.
const ADDRESSES_MOST: usize = 16;
/// How much is read at once.
const READ_SIZE: usize = 64 * 1024;
/// How long the handshake of TLS may take.
const HANDSHAKE_MOST: Duration = Duration::from_secs(10);
/// How long a server that does not speak TLS is asked whether it does elsewhere.
const ASK_MOST: Duration = Duration::from_secs(3);
/// How long a name server is waited for.
const RESOLVE_MOST: Duration = Duration::from_secs(5);

/// The connection, or the tries to make one. There is one at a time: a new one ends the one before.
#[derive(Debug)]
pub struct Link {
    events: mpsc::Receiver<Event>,
    lines: mpsc::Sender<String>,
    task: Option<JoinHandle<()>>,
    security: Security,
    pins: Option<Pins>,
}

/// How a connection ended, or why there was none.
enum Ended {
    /// As connections end: it may be tried again.
    Offline(String),
    /// The server is not to be trusted as it is.
    Refused(String),
    /// The server wants to be spoken to at this port, through TLS.
    Upgrade(u16),
}

impl Link {
    /// No connection; those to come must show this, and what they have shown is remembered there. Without a place to
    /// remember it, nobody is trusted because he is the first.
    pub fn new(security: Security, pins: Option<Pins>) -> Link {
        Link { events: mpsc::channel(1).1, lines: mpsc::channel(1).0, task: None, security, pins }
    }

    /// Connects after a pause, waiting so long for each address.
    pub fn connect(&mut self, to: Address, after: Duration, patience: Duration) {
        self.close();
        let (event_sender, events) = mpsc::channel(EVENTS_WAITING);
        let (lines, line_receiver) = mpsc::channel(LINES_WAITING);
        (self.events, self.lines) = (events, lines);
        let (security, pins) = (self.security.clone(), self.pins.clone());
        self.task = Some(tokio::spawn(async move {
            sleep(after).await;
            let mut way = Way { to, patience, security, pins, events: event_sender, lines: line_receiver };
            let event = match way.live().await {
                Ended::Offline(reason) => Event::Offline(reason),
                Ended::Refused(reason) => Event::Refused(reason),
                Ended::Upgrade(_) => Event::Offline("the server sends us from port to port".to_owned()),
            };
            // Nobody listens any more if the client is ending.
            let _ = way.events.send(event).await;
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
            Some(event) => self.noted(event),
            None => {
                self.task = None;
                Event::Offline("the connection ended".to_owned())
            }
        }
    }

    /// An event that is there already.
    pub fn ready(&mut self) -> Option<Event> {
        let event = self.events.try_recv().ok()?;
        Some(self.noted(event))
    }

    /// Behind the end nothing comes: that there is nothing more is no second end.
    fn noted(&mut self, event: Event) -> Event {
        if matches!(event, Event::Offline(_) | Event::Refused(_)) {
            self.task = None;
        }
        event
    }

    /// Waits until the server has closed the connection, so long at most: what was sent is on its way.
    pub async fn finish(mut self, most: Duration) {
        let closed = async {
            while self.task.is_some() {
                drop(self.next().await);
            }
        };
        // Whether it was in time makes no difference: the program ends.
        let _ = timeout(most, closed).await;
    }
}

impl Default for Link {
    fn default() -> Link {
        Link::new(Security::default(), None)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.close();
    }
}

/// A way to a server, and what is on it.
struct Way {
    to: Address,
    patience: Duration,
    security: Security,
    pins: Option<Pins>,
    events: mpsc::Sender<Event>,
    lines: mpsc::Receiver<String>,
}

impl Way {
    /// A connection's whole life, the change to TLS included if the server asks for it.
    async fn live(&mut self) -> Ended {
        if let Err(reason) = self.obey_policy() {
            return Ended::Refused(reason);
        }
        match self.connect().await {
            Ended::Upgrade(port) => {
                // What was to be sent was for the connection that is given up.
                while self.lines.try_recv().is_ok() {}
                (self.to.port, self.to.tls) = (port, true);
                self.connect().await
            }
            ended => ended,
        }
    }

    /// Where TLS is to be spoken according to what the server has said earlier.
    fn obey_policy(&mut self) -> Result<(), String> {
        let Some(pins) = self.pins.as_ref().filter(|_| !self.to.tls && !self.security.plaintext) else {
            return Ok(());
        };
        if let Some(port) = pins.tls_port(&self.to.host, seconds_now())? {
            (self.to.port, self.to.tls) = (port, true);
        }
        Ok(())
    }

    /// Tries all addresses, and talks with the first that answers.
    async fn connect(&mut self) -> Ended {
        let addresses = match resolve(&self.to).await {
            Ok(addresses) => addresses,
            Err(reason) => {
                self.tell(Event::Unreachable(self.to.to_string(), reason.clone())).await;
                return Ended::Offline(reason);
            }
        };
        let trusted = match self.pins.as_ref().map_or(Ok(None), |pins| pins.trusted(&self.to)) {
            Ok(trusted) => trusted,
            Err(reason) if self.security.fingerprint.is_none() => return Ended::Refused(reason),
            Err(_) => None,
        };
        let demand = match (self.security.fingerprint, trusted, &self.security.authorities) {
            (Some(given), ..) => Demand::Given(given),
            (_, _, Some(file)) => Demand::By(file.clone()),
            (_, Some(Trust::Pin(pin)), _) => Demand::Pinned(pin),
            (_, Some(Trust::Authority), _) => Demand::Signed,
            _ => Demand::Any,
        };
        let known = matches!(demand, Demand::Pinned(_) | Demand::Given(_) | Demand::Signed);
        let by_system = matches!(demand, Demand::Any | Demand::Signed);
        let wanted = self.to.tls || self.security.tls || !matches!(demand, Demand::Any);
        let mut reason = "the name has no address".to_owned();
        for address in addresses {
            self.tell(Event::Trying(address.to_string())).await;
            match timeout(self.patience, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    // A chat line is to leave at once, not to wait for company.
                    let _ = stream.set_nodelay(true);
                    let is_near = address.ip().to_canonical().is_loopback();
                    if self.security.plaintext || (is_near && !wanted) {
                        return self.converse(stream, false).await;
                    }
                    match timeout(HANDSHAKE_MOST, seal(stream, &self.to, demand.clone())).await {
                        Ok(Ok((stream, accepted))) => {
                            return match self.remember(accepted, by_system) {
                                Ok(words) => {
                                    if let Some(words) = words {
                                        self.tell(Event::Told(words)).await;
                                    }
                                    self.converse(stream, true).await
                                }
                                Err(reason) => Ended::Refused(reason),
                            };
                        }
                        Ok(Err(Failure::Refused(reason))) => return Ended::Refused(reason),
                        // Whose key is known speaks TLS, and may just have been stopped: it is tried again.
                        Ok(Err(Failure::Ended)) if known => {
                            reason = "the connection ended in the middle of the TLS handshake".to_owned();
                        }
                        Ok(Err(Failure::NotSpoken | Failure::Ended)) => {
                            return self.without_tls(address, known).await;
                        }
                        Ok(Err(Failure::Failed(why))) => reason = why,
                        Err(_) => reason = format!("no TLS within {} s", HANDSHAKE_MOST.as_secs()),
                    }
                }
                Ok(Err(error)) => reason = in_words(&error),
                Err(_) => reason = format!("no answer within {} s", self.patience.as_secs_f32()),
            }
            self.tell(Event::Unreachable(address.to_string(), reason.clone())).await;
        }
        Ended::Offline(reason)
    }

    /// The server does not speak TLS where it was asked to. One of which no key is known is asked whether it does at another
    /// port, and told nothing else.
    async fn without_tls(&self, address: SocketAddr, known: bool) -> Ended {
        let to = &self.to;
        if known && self.security.fingerprint.is_some() {
            return Ended::Refused(format!(
                "{to} speaks no TLS, so it is not the server whose --fingerprint was named. Nothing was said to it"
            ));
        }
        if known {
            return Ended::Refused(format!(
                "{to} speaks no TLS now, but it did before. Somebody may be in between, or the server was changed. Nothing \
                 was said to it; --plaintext goes on all the same, for everybody on the way to read"
            ));
        }
        match timeout(ASK_MOST, ask_for_port(address)).await {
            Ok(Ok(Some(Answer::Port(port)))) if port != to.port => return Ended::Upgrade(port),
            Ok(Ok(Some(Answer::Error(words)))) => return Ended::Offline(words),
            // That nothing came of the question is no reason of its own.
            _ => {}
        }
        Ended::Refused(format!(
            "{to} speaks no TLS there. Its port for TLS is often 6697: chatui join {}:+6697. Or --plaintext does without, \
             and everybody on the way can read what is said",
            to.host
        ))
    }

    /// Remembers why a server is trusted; `by_system`, if those who stood for it are the system's authorities. Gives what the
    /// user is to know.
    fn remember(&self, accepted: Accepted, by_system: bool) -> Result<Option<String>, String> {
        let at = &self.to;
        let keep = |trust| match &self.pins {
            Some(pins) => pins.trust(at, trust),
            None => Err("there is no home folder".to_owned()),
        };
        let shown = match accepted {
            Accepted::Known(shown) | Accepted::First(shown) => shown,
            Accepted::Signed => {
                if let Some(Err(why)) = by_system.then(|| keep(Trust::Authority)) {
                    tracing::warn!("that an authority stands for {at} is not remembered: {why}");
                }
                return Ok(None);
            }
        };
        let is_first = matches!(accepted, Accepted::First(_));
        let kept = keep(Trust::Pin(shown));
        let shown = shown.certificate;
        match kept {
            Ok(()) if is_first => Ok(Some(format!(
                "first visit to {at}: its certificate is trusted from now on. To be sure that nobody is in between, compare \
                 with whoever runs it: {} ({shown})",
                shown.phrase()
            ))),
            Ok(()) => Ok(None),
            // Whoever has named the fingerprint does so again.
            Err(why) if !is_first => Ok(Some(format!("the certificate of {at} is not remembered: {why}"))),
            Err(why) => Err(format!(
                "nobody known stands for the certificate of {at}, and that it is trusted could not be remembered: {why}. \
                 With --fingerprint {shown} ({}) it need not be",
                shown.phrase()
            )),
        }
    }

    /// Lines both ways over any kind of stream, until it breaks or the server wants TLS.
    async fn converse<S: AsyncRead + AsyncWrite>(&mut self, stream: S, sealed: bool) -> Ended {
        self.tell(Event::Online).await;
        let Way { to, security, pins, events, lines, .. } = self;
        let pins = pins.as_ref().filter(|_| sealed);
        let mut ear = Ear { to, pins, sealed, upgrade: None, done: security.plaintext };
        let reason = converse(stream, events, lines, &mut ear).await;
        ear.upgrade.map_or(Ended::Offline(reason), Ended::Upgrade)
    }

    async fn tell(&self, event: Event) {
        // Nobody listens any more if the client is ending.
        let _ = self.events.send(event).await;
    }
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

/// Hears what a server says of TLS until it has welcomed us.
struct Ear<'a> {
    to: &'a Address,
    /// Where it is kept what was said through TLS.
    pins: Option<&'a Pins>,
    sealed: bool,
    /// Where TLS is to be spoken instead of here.
    upgrade: Option<u16>,
    done: bool,
}

impl Ear<'_> {
    /// Hears a line; says whether it is one after which nothing more is to be said here.
    fn hear(&mut self, line: &[u8]) -> bool {
        if self.done {
            return false;
        }
        // The welcome: `:server 001 nick :…`.
        self.done = line.split(|b| *b == b' ').nth(1) == Some(b"001");
        match sts::read(line) {
            Some(policy) if !self.sealed => self.upgrade = policy.port,
            Some(sts::Policy { duration: Some(duration), .. }) => {
                let until = seconds_now().saturating_add(duration);
                if let Some(pins) = self.pins
                    && let Err(why) = pins.insist(&self.to.host, self.to.port, until)
                {
                    tracing::warn!(
                        "that {} is to be spoken to through TLS is not remembered: {why}",
                        self.to
                    );
                }
            }
            _ => {}
        }
        self.upgrade.is_some()
    }
}

/// What a server without TLS says when it is asked where it speaks that.
enum Answer {
    Port(u16),
    Error(String),
}

/// Asks a server without TLS where it speaks that. Who one is, it is not told.
async fn ask_for_port(address: SocketAddr) -> io::Result<Option<Answer>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"CAP LS 302\r\n").await?;
    let mut framer = Framer::new(MAX_LINE);
    let mut buffer = vec![0; READ_SIZE];
    loop {
        let count = stream.read(&mut buffer).await?;
        let mut answer = None;
        let mut is_over = count == 0;
        framer.push(&buffer[..count], |framed| {
            let Framed::Line(line) = framed else { return };
            let text = String::from_utf8_lossy(line);
            if let Some(port) = sts::read(line).and_then(|policy| policy.port) {
                answer.get_or_insert(Answer::Port(port));
            } else if let Some(words) = text.strip_prefix("ERROR ") {
                answer.get_or_insert(Answer::Error(words.trim_start_matches(':').to_owned()));
            }
            // The last line of the list.
            is_over |= text.contains(" CAP ") && text.contains(" LS :");
        });
        if answer.is_some() || is_over {
            return Ok(answer);
        }
    }
}

fn seconds_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Lines both ways over any kind of stream, until it breaks; gives the reason.
async fn converse<S: AsyncRead + AsyncWrite>(
    stream: S,
    events: &mpsc::Sender<Event>,
    lines: &mut mpsc::Receiver<String>,
    ear: &mut Ear<'_>,
) -> String {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let reading = async {
        let mut framer = Framer::new(MAX_LINE);
        let mut buffer = vec![0; READ_SIZE];
        let mut found = Vec::new();
        loop {
            let mut stop = false;
            match reader.read(&mut buffer).await {
                Ok(0) => return "the server closed the connection".to_owned(),
                Ok(count) => framer.push(&buffer[..count], |framed| {
                    // An overlong line is no message; the framer has dropped it.
                    if let Framed::Line(line) = framed
                        && !line.is_empty()
                    {
                        stop |= ear.hear(line);
                        found.push(Event::Line(Bytes::copy_from_slice(line)));
                    }
                }),
                Err(error) => return in_words(&error),
            }
            if stop {
                return "the server wants TLS".to_owned();
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
            // TLS gathers what it has sealed until it is told that this is all.
            if let Err(error) = async {
                writer.write_all(&out).await?;
                writer.flush().await
            }
            .await
            {
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
        // TLS tells a connection that was ended from one that was cut; what was lost meanwhile is asked for anyway.
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof => {
            "the connection was cut".to_owned()
        }
        io::ErrorKind::TimedOut => "no answer".to_owned(),
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
            "not reachable from here".to_owned()
        }
        _ => error.to_string(),
    }
}

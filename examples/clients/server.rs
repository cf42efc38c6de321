//! The server before which all clients sit: it lets one in, answers what a client asks on its way, and says what it is told
//! to say. It has the extensions that make a client quick, and a history in which all that it has said can be found.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use chatui::irc::Message;
use chatui::irc::Time;

use crate::Outcome;

const CAPS: &str = "message-tags server-time batch labeled-response echo-message draft/chathistory";

const WELCOME: &str = ":s 001 alice :Welcome\r\n\
    :s 005 alice CHANTYPES=# PREFIX=(ov)@+ CHATHISTORY=1000 MSGREFTYPES=timestamp,msgid :are supported by this server\r\n\
    :s 376 alice :End\r\n";

/// What stands on the screen once the room is there.
pub const SHOWN: &str = "this room is shown";

/// The first moment of the conversation: 20 November 2026.
const BEGIN: u64 = 1_795_190_700_000;

/// The server, with its one client.
pub struct Server {
    address: SocketAddr,
    arrived: Receiver<TcpStream>,
    /// When somebody has connected.
    knocked: Receiver<Instant>,
    client: Option<TcpStream>,
    said: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Listens on a free port.
    pub fn start() -> Outcome<Server> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let (arrive, arrived) = channel();
        let (knock, knocked) = channel();
        let said = Arc::new(Mutex::new(Vec::new()));
        let history = Arc::clone(&said);
        thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                // Whoever waits for it is still there.
                let _ = knock.send(Instant::now());
                // A client that leaves in the middle is no error here.
                let _ = serve(&stream, &history, || {
                    let _ = stream.try_clone().map(|stream| arrive.send(stream));
                });
            }
        });
        Ok(Server { address, arrived, knocked, client: None, said })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until the client is in the room.
    pub fn wait_for_client(&mut self) -> Outcome<()> {
        self.client = Some(self.arrived.recv_timeout(Duration::from_secs(20)).map_err(|_| "nobody joined")?);
        Ok(())
    }

    /// Drops the connection; how long after that the client has tried again, if it has within so long.
    pub fn drop_client(&mut self, most: Duration) -> Outcome<Option<Duration>> {
        let client = self.client.take().ok_or("nobody is there")?;
        while self.knocked.try_recv().is_ok() {}
        let dropped = Instant::now();
        client.shutdown(Shutdown::Both)?;
        Ok(self.knocked.recv_timeout(most).ok().map(|tried| tried.saturating_duration_since(dropped)))
    }

    /// Says lines of so many people, all at once.
    pub fn say(&mut self, texts: impl Iterator<Item = String>) -> Outcome<()> {
        let mut bytes = String::new();
        {
            let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
            for text in texts {
                said.push(text);
                put(&mut bytes, said.len() - 1, &said, "");
            }
        }
        let client = self.client.as_mut().ok_or("nobody is there")?;
        client.write_all(bytes.as_bytes())?;
        Ok(())
    }
}

/// The line with this number.
fn put(out: &mut String, number: usize, said: &[String], batch: &str) {
    let time = Time::from_millis(BEGIN + number as u64);
    let (who, text) = (number % 50, &said[number]);
    out.push_str(&format!(
        "@{batch}time={time};msgid=m{number:08} :user{who}!u@host PRIVMSG #lobby :{text}\r\n"
    ));
}

fn serve(stream: &TcpStream, said: &Mutex<Vec<String>>, joined: impl Fn()) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut out, mut negotiates) = (stream, false);
    for line in BufReader::new(stream).lines() {
        let line = line?;
        let Ok(message) = Message::parse(line.trim_end()) else { continue };
        let label = message.tags.get("label").map(|label| format!("@label={label} ")).unwrap_or_default();
        let last = message.params.last().unwrap_or("");
        match (message.command.to_ascii_uppercase().as_str(), message.param(0)) {
            ("CAP", "LS") => {
                negotiates = true;
                write!(out, ":s CAP * LS :{CAPS}\r\n")?;
            }
            ("CAP", "REQ") => write!(out, ":s CAP * ACK :{last}\r\n")?,
            ("CAP", "END") => write!(out, "{WELCOME}")?,
            ("USER", _) if !negotiates => write!(out, "{WELCOME}")?,
            ("JOIN", _) => {
                let names: Vec<String> = (0..50).map(|n| format!("user{n}")).collect();
                write!(
                    out,
                    ":alice!a@h JOIN #lobby\r\n:s 332 alice #lobby :{SHOWN}\r\n:s 353 alice = #lobby :alice {}\r\n:s 366 alice #lobby :End\r\n",
                    names.join(" ")
                )?;
                joined();
            }
            ("CHATHISTORY", how) => history(out, how, &message, &label, said)?,
            ("PING", token) => write!(out, "{label}:s PONG s :{token}\r\n")?,
            ("WHO", mask) => write!(out, "{label}:s 315 alice {mask} :End\r\n")?,
            ("MODE", name) if name.starts_with('#') => write!(out, "{label}:s 324 alice {name} +nt\r\n")?,
            _ => {}
        }
    }
    Ok(())
}

/// A page by number: a message id is `m` and a number, a time is one millisecond a line.
fn history(
    mut out: &TcpStream,
    how: &str,
    message: &Message<'_>,
    label: &str,
    said: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let said = said.lock().unwrap_or_else(PoisonError::into_inner);
    let place = |n: usize| {
        let reference = message.param(n);
        let id = reference.strip_prefix("msgid=m").and_then(|id| id.parse::<usize>().ok());
        let time = || Time::parse(reference.strip_prefix("timestamp=")?);
        id.or_else(|| time().map(|time| time.millis().saturating_sub(BEGIN) as usize))
    };
    let limit: usize = message.params.last().and_then(|limit| limit.parse().ok()).unwrap_or(50);
    let all = said.len();
    let range = match how {
        "BEFORE" => {
            let end = place(2).unwrap_or(all).min(all);
            end.saturating_sub(limit)..end
        }
        "AFTER" => {
            let begin = place(2).map_or(0, |place| place + 1).min(all);
            begin..(begin + limit).min(all)
        }
        "AROUND" => {
            let begin = place(2).unwrap_or(all).saturating_sub(limit / 2).min(all);
            begin..(begin + limit).min(all)
        }
        _ => place(2).map_or(0, |place| place + 1).max(all.saturating_sub(limit)).min(all)..all,
    };
    let mut text = format!("{label}:s BATCH +b chathistory #lobby\r\n");
    range.for_each(|number| put(&mut text, number, &said, "batch=b;"));
    text.push_str(":s BATCH -b\r\n");
    drop(said);
    out.write_all(text.as_bytes())
}

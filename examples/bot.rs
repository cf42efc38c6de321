//! An echo bot on the library's own session: it joins a channel, and says back what is said to it.
//!
//! ```text
//! cargo run --example bot -- 127.0.0.1:6667 --nick parrot --channel '#lobby'
//! ```
//!
//! `parrot: hello` in the channel, or a direct message, is answered; other bots never are, and the bot answers by
//! NOTICE, so two bots cannot keep each other busy for ever. It needs the session and a socket, and nothing else of
//! the client. It ends when the connection does.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the bot is the edge around the session: its socket and its clock"
)]

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chatui::client::session::{Heard, Identity, Report, Session, What};
use chatui::irc::{Framed, Framer, MAX_LINE, Time, name, text};
use clap::Parser;

/// How long the socket is waited for before the session is asked whether something is due.
const PAUSE: Duration = Duration::from_secs(5);

/// Joins a channel and says back what is said to it.
#[derive(Parser)]
struct Cli {
    /// Where the server listens
    #[arg(value_name = "HOST:PORT", default_value = "127.0.0.1:6667")]
    server: String,
    /// The bot's name
    #[arg(long, default_value = "parrot")]
    nick: String,
    /// Where it sits
    #[arg(long, default_value = "#lobby")]
    channel: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let cli = Cli::parse();
    let mut socket = TcpStream::connect(&cli.server)
        .map_err(|error| format!("cannot connect to {}: {error}", cli.server))?;
    socket.set_read_timeout(Some(PAUSE))?;
    let identity = Identity {
        nick: cli.nick.clone(),
        user: "bot".to_owned(),
        real_name: "an echo bot".to_owned(),
        password: None,
        account: None,
    };
    let mut session = Session::new(identity);
    send(&mut socket, session.connected(now()))?;
    let mut framer = Framer::new(MAX_LINE);
    let mut buffer = [0; 4096];
    loop {
        let mut reports = Vec::new();
        match socket.read(&mut buffer) {
            Ok(0) => return Err("the server has closed the connection".into()),
            Ok(count) => framer.push(&buffer[..count], |framed| {
                if let Framed::Line(line) = framed {
                    session.receive(&String::from_utf8_lossy(line), now(), &mut reports);
                }
            }),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
        session.tick(now(), &mut reports);
        for report in reports {
            let lines = act(&cli, &session, &report)?;
            send(&mut socket, lines)?;
        }
    }
}

/// What the bot does about something that has happened: the lines to send.
fn act(cli: &Cli, session: &Session, report: &Report) -> Result<Vec<String>, Box<dyn Error>> {
    Ok(match report {
        Report::Answer(line) => vec![line.clone()],
        Report::Welcome => vec![session.line("JOIN", &[&cli.channel], None, None)],
        Report::Joined(channel) => {
            println!("{} sits in {}", session.nick(), text::plain(channel));
            Vec::new()
        }
        Report::Heard(heard) => answer(session, heard).into_iter().collect(),
        Report::Failed { text: reason, .. } => {
            eprintln!("refused: {}", text::plain(reason));
            Vec::new()
        }
        Report::Ended(reason) => return Err(format!("the server says: {}", text::plain(reason)).into()),
        Report::Silent => return Err("the server has fallen silent".into()),
        _ => Vec::new(),
    })
}

/// The answer to something that was said to the bot.
fn answer(session: &Session, heard: &Heard) -> Option<String> {
    if heard.own || heard.what != What::Message {
        return None;
    }
    let words = if heard.place.starts_with('#') {
        let (addressee, words) = heard.text.split_once([':', ','])?;
        name::same(addressee, session.nick()).then_some(words.trim())?
    } else {
        &heard.text
    };
    // The answer has to fit on a line with the target in front of it.
    let room = session.room(&heard.place, false);
    let words = &words[..words.floor_char_boundary(room)];
    (!words.is_empty()).then(|| session.line("NOTICE", &[&heard.place, words], None, None))
}

fn send(socket: &mut TcpStream, lines: Vec<String>) -> io::Result<()> {
    for line in lines {
        socket.write_all(format!("{line}\r\n").as_bytes())?;
    }
    Ok(())
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

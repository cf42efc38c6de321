//! The bad neighbour: one flood at a time.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

use crate::good::ROOM;

/// What it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attack {
    Nothing,
    Connects,
    Silence,
    Drops,
    NeverReads,
    ReadsSlowly,
    Writes,
    WritesElsewhere,
    Loops,
    Asks,
    Babbles,
    Breaks,
    Names,
    Descriptors,
}

/// Where it comes from, and where it goes.
#[derive(Clone, Copy)]
struct Way {
    server: SocketAddr,
    from: Option<SocketAddr>,
}

impl Way {
    async fn connect(self) -> io::Result<TcpStream> {
        let socket = if self.server.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        if let Some(from) = self.from {
            socket.bind(from)?;
        }
        let stream = socket.connect(self.server).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Somebody with a name, in a room.
    async fn enter(self, name: &str, room: &str) -> io::Result<TcpStream> {
        let mut stream = self.connect().await?;
        let hello = format!("NICK {name}\r\nUSER bad 0 * :bad\r\nJOIN {room}\r\n");
        stream.write_all(hello.as_bytes()).await?;
        Ok(stream)
    }
}

impl Attack {
    /// All of them, after none.
    pub const ALL: [Attack; 14] = [
        Attack::Nothing,
        Attack::Connects,
        Attack::Silence,
        Attack::Drops,
        Attack::NeverReads,
        Attack::ReadsSlowly,
        Attack::Writes,
        Attack::WritesElsewhere,
        Attack::Loops,
        Attack::Asks,
        Attack::Babbles,
        Attack::Breaks,
        Attack::Names,
        Attack::Descriptors,
    ];

    /// Its number, and what it is.
    pub fn name(self) -> &'static str {
        match self {
            Attack::Nothing => "-   nobody",
            Attack::Connects => "A28 connects without end",
            Attack::Silence => "A29 2,000 who say nothing",
            Attack::Drops => "A30 200 who say a byte now and then",
            Attack::NeverReads => "A31 never reads, 1,000 msg/s",
            Attack::ReadsSlowly => "A32 reads 1 kB/s, 1,000 msg/s",
            Attack::Writes => "A33 writes at full speed",
            Attack::WritesElsewhere => "A33 the same, in another room",
            Attack::Loops => "A34 JOIN, NICK, MODE loops",
            Attack::Asks => "A35 asks for large answers",
            Attack::Babbles => "A36 babbles before registration",
            Attack::Breaks => "A37 breaks off in the middle",
            Attack::Names => "A38 channels and nicks without end",
            Attack::Descriptors => "A39 holds 9,000 connections",
        }
    }

    /// Does it for so long. That the server does not let it is what is hoped for: then it tries again.
    pub async fn go_on(self, server: SocketAddr, from: Option<SocketAddr>, span: Duration) {
        let (way, begin) = (Way { server, from }, Instant::now());
        while begin.elapsed() < span {
            let left = span.saturating_sub(begin.elapsed());
            // Whether it is thrown out or runs out of time is the same to it.
            let _ = tokio::time::timeout(left, self.once(way)).await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    async fn once(self, way: Way) -> io::Result<()> {
        match self {
            Attack::Nothing => std::future::pending().await,
            Attack::Connects => loop {
                drop(way.connect().await?);
            },
            Attack::Silence => hold(way, 2_000, b"").await,
            Attack::Descriptors => hold(way, 9_000, b"").await,
            Attack::Drops => hold(way, 200, b"N").await,
            Attack::NeverReads | Attack::ReadsSlowly => deaf(way, self == Attack::ReadsSlowly).await,
            Attack::Writes => flood(way, ROOM, |n| format!("PRIVMSG {ROOM} :{n} and more of it\r\n")).await,
            Attack::WritesElsewhere => {
                flood(way, "#bad", |n| format!("PRIVMSG #bad :{n} and more of it\r\n")).await
            }
            Attack::Loops => {
                let step = |n: u64| {
                    format!(
                        "PART {ROOM}\r\nJOIN {ROOM}\r\nNICK bad{n}\r\nAWAY :{n}\r\nAWAY\r\nTOPIC {ROOM} :{n}\r\nMODE bad{n} +i\r\n"
                    )
                };
                flood(way, ROOM, step).await
            }
            Attack::Asks => {
                let step = |_| {
                    format!(
                        "WHO *\r\nNAMES {ROOM}\r\nLIST\r\nWHO {ROOM}\r\nCHATHISTORY LATEST {ROOM} * 1000\r\n"
                    )
                };
                flood(way, ROOM, step).await
            }
            Attack::Babbles => loop {
                let mut stream = way.connect().await?;
                // It is put out in the middle of it.
                let _ = stream.write_all("CAP LS 302\r\n".repeat(1_100).as_bytes()).await;
            },
            Attack::Breaks => loop {
                let mut stream = way.enter("bad", ROOM).await?;
                stream.write_all(b"NAMES\r\nWHO *\r\nCHATHISTORY LATEST #neighbours * 1000\r\nPRIVMSG #neighbours :half a").await?;
                let _ = stream.read(&mut [0; 16]).await?;
                // With something unread this is a reset.
                drop(stream);
            },
            Attack::Names => {
                let step = |n: u64| format!("NICK b{n}\r\nJOIN #b{n}\r\nTOPIC #b{n} :t\r\nPART #b{n}\r\n");
                flood(way, "#bad", step).await
            }
        }
    }
}

/// Holds so many connections, and says something on each of them every five seconds.
async fn hold(way: Way, count: usize, byte: &[u8]) -> io::Result<()> {
    let mut held = Vec::new();
    let mut refused = false;
    loop {
        while held.len() < count && !refused {
            match way.connect().await {
                Ok(stream) => held.push(stream),
                Err(_) => refused = true,
            }
        }
        for stream in &mut held {
            // Those that were closed by the server are of no use to it any more.
            let _ = stream.write_all(byte).await;
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
        refused = false;
    }
}

/// Says the same kind of thing without end, as fast as it is taken, and reads what comes back.
async fn flood(way: Way, room: &str, step: impl Fn(u64) -> String) -> io::Result<()> {
    let (mut reader, mut writer) = way.enter("bad", room).await?.into_split();
    let mut reading = JoinSet::new();
    reading.spawn(async move {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(1..) = reader.read(&mut buffer).await {}
    });
    for n in 0.. {
        writer.write_all(step(n).as_bytes()).await?;
    }
    Ok(())
}

/// Two of them in a room of their own: one says a thousand messages a second, the other hardly listens.
async fn deaf(way: Way, slowly: bool) -> io::Result<()> {
    let mut listener = way.enter("deaf", "#deaf").await?;
    let mut speaker = way.enter("loud", "#deaf").await?;
    let (begin, mut said, mut buffer) = (Instant::now(), 0, [0; 1024]);
    let mut draining = vec![0; 64 << 10];
    let text = format!("PRIVMSG #deaf :{}\r\n", "x".repeat(400));
    loop {
        for _ in 0..100 {
            speaker.write_all(text.as_bytes()).await?;
            said += 1;
        }
        // Its own answers it reads.
        while speaker.try_read(&mut draining).is_ok_and(|count| count > 0) {}
        if slowly && begin.elapsed().as_secs() * 1024 > said {
            let _ = listener.read(&mut buffer).await?;
        }
        tokio::time::sleep_until((begin + Duration::from_millis(said)).into()).await;
    }
}

//! The good neighbours: who talk with each other, and count how long it takes until they are heard.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

/// The room in which they are.
pub const ROOM: &str = "#neighbours";

/// Messages a second, of all of them together.
const RATE: u32 = 50;

/// All of them.
pub struct Good {
    /// From when on all of them count.
    begin: Instant,
    writers: Vec<OwnedWriteHalf>,
    readers: Vec<JoinHandle<()>>,
    heard: UnboundedReceiver<Duration>,
    gone: Arc<AtomicUsize>,
}

/// What they noticed.
pub struct Noticed {
    latencies: Vec<Duration>,
    /// How many were disconnected.
    pub gone: usize,
}

impl Noticed {
    /// The middle one, the 99th of a hundred, the longest.
    pub fn latencies(&mut self) -> [Duration; 3] {
        self.latencies.sort_unstable();
        let at = |share: f64| {
            let place = (self.latencies.len() as f64 * share) as usize;
            self.latencies.get(place.min(self.latencies.len().saturating_sub(1))).copied().unwrap_or_default()
        };
        [at(0.5), at(0.99), at(1.0)]
    }

    /// How many messages were heard by somebody else.
    pub fn heard(&self) -> usize {
        self.latencies.len()
    }
}

impl Good {
    /// They come, one after the other, and are in the room.
    pub async fn come(server: SocketAddr, count: usize) -> Result<Good, Box<dyn Error>> {
        let (tell, heard) = unbounded_channel();
        let gone = Arc::new(AtomicUsize::new(0));
        let (mut writers, mut readers) = (Vec::new(), Vec::new());
        let begin = Instant::now();
        for number in 0..count {
            let stream = TcpStream::connect(server).await?;
            stream.set_nodelay(true)?;
            let (reader, mut writer) = stream.into_split();
            let mut reader = BufReader::new(reader);
            let hello = format!("NICK good{number}\r\nUSER good 0 * :good\r\nJOIN {ROOM}\r\n");
            writer.write_all(hello.as_bytes()).await?;
            let mut line = String::new();
            while !line.contains(" 366 ") {
                line.clear();
                if reader.read_line(&mut line).await? == 0 {
                    return Err(format!("good{number} was not let in").into());
                }
            }
            readers.push(tokio::spawn(listen(reader, begin, tell.clone(), Arc::clone(&gone))));
            writers.push(writer);
        }
        Ok(Good { begin, writers, readers, heard, gone })
    }

    /// They talk for a while, then leave.
    pub async fn talk(mut self, span: Duration) -> Noticed {
        let begin = Instant::now();
        let mut said = 0;
        while begin.elapsed() < span {
            let speaker = said as usize % self.writers.len();
            let moment = self.begin.elapsed().as_micros();
            let text = format!("PRIVMSG {ROOM} :said at {moment}\r\n");
            // Who was disconnected has been counted by its reader.
            let _ = self.writers[speaker].write_all(text.as_bytes()).await;
            said += 1;
            tokio::time::sleep_until((begin + Duration::from_secs(1) / RATE * said).into()).await;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        let gone = self.gone.load(Ordering::SeqCst);
        let mut latencies = Vec::new();
        while let Ok(latency) = self.heard.try_recv() {
            latencies.push(latency);
        }
        for reader in &self.readers {
            reader.abort();
        }
        Noticed { latencies, gone }
    }
}

/// Reads what one of them hears, and tells how long each message took.
async fn listen(
    mut reader: BufReader<OwnedReadHalf>,
    begin: Instant,
    tell: UnboundedSender<Duration>,
    gone: Arc<AtomicUsize>,
) {
    let mut line = Vec::new();
    loop {
        line.clear();
        match reader.read_until(b'\n', &mut line).await {
            Ok(1..) => {}
            Ok(0) | Err(_) => {
                gone.fetch_add(1, Ordering::SeqCst);
                return;
            }
        }
        let text = String::from_utf8_lossy(&line);
        let moment = text.trim_end().rsplit_once(":said at ").and_then(|(_, moment)| moment.parse().ok());
        if let Some(moment) = moment {
            // Nobody asks any more when the run is over.
            let _ = tell.send(begin.elapsed().saturating_sub(Duration::from_micros(moment)));
        }
    }
}

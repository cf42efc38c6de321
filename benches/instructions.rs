//! Says so many messages into a channel of a hundred and formats each for the wire; `benches/instructions.sh` counts its
//! instructions. `cargo bench --bench instructions` alone only runs it.
#![allow(clippy::expect_used, reason = "a benchmark, and nobody's library")]

#[path = "micro/hall.rs"]
mod hall;

use chatui::server::core::{Audience, Form, Output};
use hall::{Hall, TEXT};

fn main() {
    let messages = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(1_000_u32);
    let mut hall = Hall::new(100);
    let line = format!("PRIVMSG #hall :{TEXT}");
    let mut bytes = hall.line().tagged().len();
    for _ in 0..messages {
        for output in hall.say(line.as_bytes()).outputs {
            if let Output::Deliver { line, to: Audience::Many(_), .. } = output {
                bytes += Form::ALL.iter().map(|form| form.bytes(&line).len()).sum::<usize>();
            }
        }
    }
    println!("{messages} messages, {bytes} bytes");
}

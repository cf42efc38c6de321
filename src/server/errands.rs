//! What turns ask of others than the log and the shards, once they are kept: passwords to be checked and bans to be kept. And
//! what is counted there.

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tracing::error;

use super::bans::BanFile;
use super::core::{Note, Output};
use super::house::House;
use super::passwords::Checks;

/// Where that is done.
#[derive(Debug)]
pub struct Errands {
    /// Passwords under way.
    pub checks: Arc<Checks>,
    /// Where the bans are kept.
    pub bans: BanFile,
    /// Who is told of them.
    pub house: Arc<House>,
    /// The server's name, for what it says.
    pub name: String,
}

impl Errands {
    /// The log has kept so many lines in this time.
    pub fn kept(&self, lines: usize, took: Duration) {
        if lines > 0 {
            self.house.metrics.kept(lines, took);
        }
    }

    /// The engine goes.
    pub fn beat(&self) {
        self.house.metrics.beat();
    }

    /// Does what a turn asks; what is left of it is for the shards.
    pub fn run(&self, outputs: &mut [Output]) {
        for output in outputs.iter_mut() {
            if let Output::Note(note) = output {
                match note {
                    Note::Arrived(..) => self.house.metrics.arrived.add(1),
                    Note::Left(..) => self.house.metrics.left.add(1),
                }
            }
            let Output::Bans { bans, by } = output else { continue };
            self.house.ban(Arc::clone(bans));
            let Err(why) = self.bans.write(bans) else { continue };
            error!("{why}: the bans hold until the server ends");
            if let Some(to) = *by {
                let words = format!(
                    ":{} NOTICE * :KLINE: it holds until the server ends, since it cannot be kept\r\n",
                    self.name
                );
                *output = Output::Reply { to, bytes: BytesMut::from(words.as_bytes()), of: None };
            }
        }
        // Their places among the outputs are the names of pages, so nothing is taken out.
        for output in outputs.iter() {
            if let Output::Check(check) = output {
                self.checks.ask(check.clone());
            }
        }
    }
}

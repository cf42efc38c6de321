//! A server's core with people in one channel, and nothing around it.

use chatui::irc::{Line, Time};
use chatui::server::backbone::Local;
use chatui::server::core::{Config, ConnId, Core, Input, Peer};
use chatui::server::turn::{Turn, drive};

/// 20 November 2026, in milliseconds.
const NOW: u64 = 1_795_190_700_000;

/// The text that is said: 64 bytes.
pub const TEXT: &str = "the quick brown fox jumps over the lazy dog, and then once more.";

/// The core, and the turn that its lines fill.
pub struct Hall {
    core: Core,
    backbone: Local,
    turn: Turn,
    scratch: Vec<chatui::server::core::Output>,
}

impl Hall {
    /// So many people in `#hall`.
    pub fn new(people: u32) -> Hall {
        let mut hall = Hall {
            core: Core::new(Config::default()),
            backbone: Local::after(Time::default(), 0),
            turn: Turn::default(),
            scratch: Vec::new(),
        };
        for n in 0..people {
            hall.input(Input::Open(ConnId(n), Peer { address: "127.0.0.1".to_owned(), ..Peer::default() }));
            for line in [format!("NICK p{n}"), format!("USER p{n} 0 * :p{n}"), "JOIN #hall".to_owned()] {
                hall.input(Input::Line(ConnId(n), line.as_bytes()));
            }
        }
        hall.turn = Turn::default();
        hall
    }

    fn input(&mut self, input: Input<'_>) {
        drive(
            &mut self.core,
            &mut self.backbone,
            input,
            Time::from_millis(NOW),
            &mut self.turn,
            &mut self.scratch,
        );
    }

    /// The first of them says a line; gives what the turn has brought.
    pub fn say(&mut self, line: &[u8]) -> Turn {
        self.input(Input::Line(ConnId(0), line));
        std::mem::take(&mut self.turn)
    }

    /// A line of `#hall` as the log keeps it.
    pub fn line(&mut self) -> Line {
        let turn = self.say(format!("PRIVMSG #hall :{TEXT}").as_bytes());
        turn.lines.into_iter().next().expect("a message is kept")
    }
}

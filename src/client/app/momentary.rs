//! What the view reads of the momentary: the middle of the status line, the terminal's title, whether all is there.

use super::super::session::Stage;
use super::super::window::With;
use super::{App, Connection, Screen, Status};

impl App {
    /// The middle of the status line: the most urgent of what there is.
    pub fn status(&self) -> Status {
        if let Some(question) = &self.question {
            return Status::Question(question.text.clone());
        }
        let selection = self.hint_status().or_else(|| self.search_status());
        let selection = selection.or_else(|| self.selection_status());
        let failed = matches!(self.said, Some((Status::Error(_), _))) && self.finding.search.is_some();
        if !failed && let Some(keys @ Status::Question(_)) = selection {
            return keys;
        }
        let said = self.said.as_ref().map(|(status, _)| status.clone());
        if let Some(error @ Status::Error(_)) = said {
            return error;
        }
        let waiting = self.outbox.len();
        match self.connection {
            _ if !matches!(self.screen, Screen::Rooms) => {}
            Connection::None => return Status::Offline { next: None, for_good: true, waiting },
            Connection::Waiting(until) => {
                return Status::Offline { next: Some(until), for_good: false, waiting };
            }
            Connection::Trying => return Status::Offline { next: None, for_good: false, waiting },
            Connection::Online => {}
        }
        let typists = || match self.typists() {
            typists if typists.is_empty() => self.perf_status().unwrap_or(Status::Quiet),
            typists => Status::Typing(typists),
        };
        said.or(selection).or_else(|| self.flood_status()).unwrap_or_else(typists)
    }

    /// Whether the connection stands and the server has welcomed us.
    pub fn online(&self) -> bool {
        self.session.stage() == Stage::Registered
    }

    /// Whether the room on the screen is there: joined, with its people and what was said before.
    pub fn has_arrived(&self) -> bool {
        matches!(self.screen, Screen::Rooms) && self.window().joined && self.asks.is_empty()
    }

    /// How many messages on the wire the input would become.
    pub fn wire_messages(&self) -> usize {
        self.typed_pieces().1
    }

    /// What the terminal's title is to say: the room and how much is unread. It has been through the gate.
    pub fn title(&self) -> String {
        let window = self.window();
        let name = match window.with {
            With::Server => self.server_name(),
            _ => window.name.clone(),
        };
        let unread: usize = self.windows.iter().filter(|w| !w.muted).map(|window| window.unread).sum();
        let count = if unread == 0 { String::new() } else { format!(" ({unread})") };
        crate::irc::text::plain(&format!("chatui {name}{count}")).trim_end().to_owned()
    }

    /// The server's name for people: its network, or the address.
    pub fn server_name(&self) -> String {
        let network = self.session.support().network.clone();
        network.or_else(|| self.options.server.as_ref().map(ToString::to_string)).unwrap_or_default()
    }
}

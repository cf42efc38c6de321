//! The messages as the last frame had them, to be shown once more: a frame that answers a key need not wait for all
//! that has arrived meanwhile to be laid out, nor for its way to the terminal. Mostly it need not even touch their rows.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;

use super::areas::Areas;
use crate::client::touch::{Place, Spot, Touch};
use crate::client::window::Drawn;

/// What is known of the frame before.
#[derive(Debug, Default)]
pub struct Held {
    areas: Option<Areas>,
    /// What can be touched between title and status.
    spots: Vec<(Place, Spot)>,
    /// How many of these are of the lists beside the messages.
    beside: usize,
    /// The messages, if something lies over them; else they can be seen on the screen.
    covered: Option<Vec<Cell>>,
    drawn: Drawn,
}

impl Held {
    /// Takes note of a frame: where all stands, what can be touched (first what is beside the messages), what was drawn.
    pub(super) fn keep(&mut self, areas: Areas, spots: &[(Place, Spot)], beside: usize, drawn: Drawn) {
        self.spots.clear();
        self.spots.extend_from_slice(spots);
        (self.areas, self.beside, self.drawn) = (Some(areas), beside, drawn);
    }

    /// Something is about to be laid over the messages of this frame, or nothing is.
    pub(super) fn cover(&mut self, is_covered: bool, area: Rect, buffer: &Buffer) {
        let area = area.intersection(buffer.area);
        self.covered = is_covered.then(|| area.positions().map(|place| buffer[place].clone()).collect());
    }

    /// There is no frame of conversations.
    pub(super) fn forget(&mut self) {
        *self = Held::default();
    }

    /// Draws the messages once more, if they stood in this area; they are taken from what the terminal shows.
    pub(super) fn draw(
        &self,
        area: Rect,
        terminal: &Buffer,
        touch: &mut Touch,
        buffer: &mut Buffer,
    ) -> Option<Drawn> {
        let before = self.areas.as_ref()?.messages;
        let is_there = |buffer: &Buffer| area.intersection(buffer.area) == area;
        if before != area || area.is_empty() || !is_there(buffer) || !is_there(terminal) {
            return None;
        }
        let mut covered = self.covered.iter().flatten();
        for place in area.positions() {
            buffer[place] = covered.next().unwrap_or(&terminal[place]).clone();
        }
        touch.extend(&self.spots[self.beside..]);
        Some(self.drawn)
    }

    /// What can be touched between title and status, if all that stands there can be left as it is.
    pub(super) fn rest(&self, areas: &Areas) -> Option<&[(Place, Spot)]> {
        (self.areas.as_ref() == Some(areas) && self.covered.is_none()).then_some(&self.spots)
    }
}

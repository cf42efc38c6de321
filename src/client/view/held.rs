//! The messages as the last frame had them, to be shown once more: a frame that answers a key need not wait for all
//! that has arrived meanwhile to be laid out, nor for its way to the terminal.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;

use crate::client::touch::{Place, Spot, Touch};
use crate::client::window::Drawn;

/// The part of a frame in which the messages stand.
#[derive(Debug, Default)]
pub struct Held {
    area: Rect,
    cells: Vec<Cell>,
    spots: Vec<(Place, Spot)>,
    drawn: Drawn,
}

impl Held {
    /// Keeps what a frame has drawn there.
    pub(super) fn keep(&mut self, area: Rect, buffer: &Buffer, spots: &[(Place, Spot)], drawn: Drawn) {
        let area = area.intersection(buffer.area);
        self.cells.clear();
        self.cells.extend(area.positions().map(|place| buffer[place].clone()));
        self.spots.clear();
        self.spots.extend_from_slice(spots);
        (self.area, self.drawn) = (area, drawn);
    }

    /// Draws it once more, if it was kept for this area.
    pub(super) fn draw(&self, area: Rect, touch: &mut Touch, buffer: &mut Buffer) -> Option<Drawn> {
        if self.area != area || area.intersection(buffer.area) != area || area.is_empty() {
            return None;
        }
        for (place, cell) in area.positions().zip(&self.cells) {
            buffer[place] = cell.clone();
        }
        touch.extend(&self.spots);
        Some(self.drawn)
    }
}

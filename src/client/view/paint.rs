//! Small strokes that several parts of the screen are drawn with.

use ratatui::buffer::{Buffer, CellDiffOption, CellWidth};
use ratatui::layout::Rect;
use ratatui::style::Style;

/// The most cells that a cluster has in any script.
const WIDEST: u16 = 8;

/// Empties an area and gives it a style.
pub(super) fn clear(buffer: &mut Buffer, area: Rect, style: Style) {
    let area = area.intersection(buffer.area);
    for y in area.top()..area.bottom() {
        halve(buffer, area.left(), y);
        for x in area.left()..area.right() {
            buffer[(x, y)].reset();
        }
    }
    buffer.set_style(area, style);
}

/// Takes away a wide character that reaches over an edge from the left: half of it cannot be drawn.
fn halve(buffer: &mut Buffer, edge: u16, y: u16) {
    for back in 1..=edge.saturating_sub(buffer.area.left()).min(WIDEST) {
        let cell = &mut buffer[(edge - back, y)];
        if cell.cell_width() > back {
            cell.set_char(' ');
        }
    }
}

/// A horizontal line of one sign from a column up to another, which is outside.
pub(super) fn across(buffer: &mut Buffer, from: u16, to: u16, y: u16, sign: char, style: Style) {
    for x in from..to.min(buffer.area.right()) {
        put(buffer, x, y, sign, style);
    }
}

/// A vertical line.
pub(super) fn down(buffer: &mut Buffer, x: u16, from: u16, to: u16, style: Style) {
    for y in from..to {
        put(buffer, x, y, '│', style);
    }
}

/// One sign of our own.
pub(super) fn put(buffer: &mut Buffer, x: u16, y: u16, sign: char, style: Style) {
    if let Some(cell) = buffer.cell_mut((x, y)) {
        cell.set_diff_option(CellDiffOption::None).set_char(sign).set_style(style);
    }
}

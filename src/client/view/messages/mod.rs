//! The visible part of a window: laid out from its lower edge upward, row by row until the area is full. What it
//! costs hangs on the size of the screen, not on how much was said.

mod block;
mod fold;
mod line;

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::areas::Columns;
use super::glyph::Row;
use super::paint;
use crate::client::app::App;
use crate::client::entry::{EntryId, Kind};
use crate::client::settings::Comings;
use crate::client::theme::{Role, Theme, Tint};
use crate::client::touch::{Spot, Touch};
use crate::client::window::{Drawn, Scroll};
pub(super) use block::sentence;

use block::Blocks;
use line::Line;

/// How many of the newest rows stay in view while one reads above.
const LIVE_ROWS: u16 = 2;

/// A place in a window: a block, and a row of it counted from its last.
#[derive(Clone, Debug)]
struct Place {
    block: Range<usize>,
    row: usize,
}

/// Rows that are to be drawn, top to bottom.
#[derive(Default)]
struct Part {
    lines: Vec<Line>,
    /// The block that the first row belongs to.
    top: Option<Range<usize>>,
    /// How many rows of that block there are.
    top_rows: usize,
    /// Whether the first row of the oldest entry is among them.
    at_top: bool,
    /// The first gap among them.
    gap: Option<EntryId>,
}

/// Draws the current window's messages and says what is shown. `low`: the window has no rows to spare.
pub(super) fn draw(
    app: &App,
    theme: &Theme,
    area: Rect,
    columns: Columns,
    low: bool,
    touch: &mut Touch,
    buffer: &mut Buffer,
) -> Drawn {
    let blocks = Blocks { app, theme, window: app.window(), columns };
    let live_rows = if low || !app.settings().two_places { 0 } else { LIVE_ROWS };
    let reserved = (1 + live_rows).min(area.height.saturating_sub(1));
    let rows = usize::from(area.height);
    let place = if rows == 0 { None } else { blocks.lower_edge(rows, rows - usize::from(reserved)) };
    let Some(place) = place else {
        let part = blocks.upward(blocks.newest(), rows);
        blocks.draw_part(part.lines, area, touch, buffer);
        return drawn(&blocks, part.top, part.at_top, part.gap, None, area.height);
    };
    let main = Rect { height: area.height - reserved, ..area };
    let part = blocks.upward(Some(place.clone()), usize::from(main.height));
    blocks.draw_part(part.lines, main, touch, buffer);
    if reserved > 0 {
        draw_below(app, theme, Rect { y: main.bottom(), height: 1, ..area }, buffer);
        touch.put(main.bottom(), area.x..area.right(), Spot::Live);
        let live = Rect { y: main.bottom() + 1, height: reserved - 1, ..area };
        let newest = blocks.upward(blocks.newest(), usize::from(live.height));
        blocks.draw_part(newest.lines, live, touch, buffer);
    }
    let bottom = blocks.window.entries().get(place.block.end - 1).map(|entry| entry.id);
    let bottom = bottom.map(|id| (id, u16::try_from(place.row).unwrap_or(u16::MAX)));
    drawn(&blocks, part.top, part.at_top, part.gap, bottom, main.height)
}

fn drawn(
    blocks: &Blocks<'_>,
    top: Option<Range<usize>>,
    at_top: bool,
    gap: Option<EntryId>,
    bottom: Option<(EntryId, u16)>,
    rows: u16,
) -> Drawn {
    let top = top.and_then(|block| blocks.window.entries().get(block.start)).map(|entry| entry.id);
    Drawn { bottom, top, at_top, gap, rows }
}

/// The row that says what is under the reader's view.
fn draw_below(app: &App, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    paint::clear(buffer, area, theme.tint(Tint::Bar));
    let (left, right) = (area.x + 1, area.right().saturating_sub(1));
    let text = match app.window().below {
        0 => "↓ more below".to_owned(),
        count => format!("↓ {count} new below"),
    };
    let hint = Row::of("Esc to live end", theme.on(Tint::Bar, Role::Muted));
    let text = Row::of(&text, theme.on(Tint::Bar, Role::Accent)).cut(right.saturating_sub(left));
    let hint_at = right.saturating_sub(hint.width());
    let end = text.draw(buffer, left, area.y, right);
    if hint_at > end {
        hint.draw(buffer, hint_at, area.y, right);
    }
}

impl Blocks<'_> {
    pub(super) fn block(&self, at: usize) -> Range<usize> {
        let entries = self.window.entries();
        match self.app.comings() {
            Comings::Show => at..at + 1,
            Comings::Fold => fold::block(entries, at),
            Comings::Hide => fold::hiding_block(entries, at),
        }
    }

    fn row_count(&self, block: &Range<usize>) -> usize {
        self.lines(block).len()
    }

    fn newest(&self) -> Option<Place> {
        let last = self.window.entries().len().checked_sub(1)?;
        Some(Place { block: self.block(last), row: 0 })
    }

    /// The lower edge of the view if it is not the live end. `rows` are there at the live end, `rows_above` for a
    /// reader above it.
    fn lower_edge(&self, rows: usize, rows_above: usize) -> Option<Place> {
        let start = match self.window.scroll {
            Scroll::Live if self.window.moved <= 0 => return None,
            Scroll::Live => self.newest()?,
            Scroll::At(id, row) => {
                let block = self.block(self.window.index_of(id)?);
                let row = usize::from(row).min(self.row_count(&block) - 1);
                Place { block, row }
            }
            Scroll::Oldest => self.under(0, rows_above)?,
            Scroll::Top(id) => self.under(self.block(self.window.index_of(id)?).start, rows_above)?,
        };
        let steps = usize::try_from(self.window.moved.unsigned_abs()).unwrap_or(usize::MAX);
        let place = if self.window.moved > 0 { self.up(start, steps) } else { self.down(start, steps)? };
        let part = self.upward(Some(place.clone()), rows_above);
        // Whoever scrolls up comes no further than the oldest row. Who does not scroll keeps the line under the eye: where
        // the window has become larger than what is here above that line, rows stay empty until more of the past is.
        let place = match rows_above - part.lines.len() {
            missing if missing > 0 && self.window.moved > 0 => self.down(place, missing)?,
            _ => place,
        };
        // A window that fits on the screen is not scrolled.
        if part.at_top && self.upward(self.newest(), rows).at_top {
            return None;
        }
        (place.row > 0 || place.block.end < self.window.entries().len()).then_some(place)
    }

    /// The lower edge of a view whose first row is the first of a block; `None` if that is the live end.
    fn under(&self, start: usize, rows: usize) -> Option<Place> {
        let block = self.block(start);
        let first = Place { row: self.row_count(&block).checked_sub(1)?, block };
        self.down(first, rows.saturating_sub(1))
    }

    /// So many rows further up, or the topmost row.
    fn up(&self, mut place: Place, mut steps: usize) -> Place {
        loop {
            let left = self.row_count(&place.block) - 1 - place.row;
            if steps <= left || place.block.start == 0 {
                place.row += steps.min(left);
                return place;
            }
            steps -= left + 1;
            place = Place { block: self.block(place.block.start - 1), row: 0 };
        }
    }

    /// So many rows further down; `None` at the live end.
    fn down(&self, mut place: Place, mut steps: usize) -> Option<Place> {
        loop {
            if steps <= place.row {
                place.row -= steps;
                return Some(place);
            }
            if place.block.end >= self.window.entries().len() {
                return None;
            }
            steps -= place.row + 1;
            let block = self.block(place.block.end);
            place = Place { row: self.row_count(&block) - 1, block };
        }
    }

    /// The rows from a place upward, as many as there is room for.
    fn upward(&self, place: Option<Place>, rows: usize) -> Part {
        let mut part = Part::default();
        let Some(Place { mut block, row: mut hidden }) = place.filter(|_| rows > 0) else { return part };
        loop {
            let mut lines = self.lines(&block);
            lines.truncate(lines.len() - hidden.min(lines.len()));
            hidden = 0;
            let room = rows - part.lines.len();
            let cut = lines.len().saturating_sub(room);
            part.top_rows = lines.len() - cut;
            part.lines.extend(lines.into_iter().skip(cut).rev());
            let entry = &self.window.entries()[block.start];
            if matches!(entry.kind, Kind::Gap(_)) {
                part.gap = Some(entry.id);
            }
            let is_oldest = block.start == 0;
            if is_oldest || part.lines.len() == rows {
                part.at_top = is_oldest && cut == 0;
                part.top = Some(block);
                break;
            }
            block = self.block(block.start - 1);
        }
        part.lines.reverse();
        self.say_who_speaks(&mut part);
        part
    }

    /// At the top edge time and name are always shown, so that nobody has to scroll to learn who speaks. Where they
    /// need a row of their own they take the place of the first one, if it is not the only one of its message.
    fn say_who_speaks(&self, part: &mut Part) {
        let goes_on = part.top_rows > 1;
        let Some((first, block)) = part.lines.first_mut().zip(part.top.as_ref()) else { return };
        if !first.body {
            return;
        }
        let (time, name) = self.head(block);
        if !self.columns.narrow {
            (first.time, first.name) = (time, name);
        } else if !name.is_empty() && goes_on {
            let (entry, who) = (first.entry, first.who.take());
            *first = Line { time, name, entry, who, ..self.head_row(&self.window.entries()[block.start]) };
        }
    }

    fn draw_part(&self, lines: Vec<Line>, area: Rect, touch: &mut Touch, buffer: &mut Buffer) {
        let unused = area.height.saturating_sub(u16::try_from(lines.len()).unwrap_or(u16::MAX));
        for (line, y) in lines.iter().zip(area.top() + unused..area.bottom()) {
            line.draw(&self.columns, area, y, self.theme, buffer);
            line.touch(&self.columns, area, y, touch);
        }
    }
}

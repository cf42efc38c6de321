//! Rows that heal themselves: terminals disagree on how wide some clusters are, and a row in which one was drawn
//! narrower or wider than reckoned keeps halves of what stood there before. A [`Healing`] backend paints such a row
//! whole whenever a cell of it changes, and moves the cursor anew behind each such cluster, so that a wrong width
//! costs one cell of its own row and never leaves a ghost.
//!
//! The terminal must not wrap lines by itself (DECAWM off), or a cluster at the right edge reaches into the next row.

use std::collections::BTreeSet;

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::{Cell, CellWidth};
use ratatui::layout::{Position, Size};

/// A backend around another one.
#[derive(Debug)]
pub struct Healing<B> {
    inner: B,
    rows: Vec<ShownRow>,
    cursor: Position,
}

/// What stands in a row of the terminal.
#[derive(Clone, Debug, Default)]
struct ShownRow {
    cells: Vec<Cell>,
    is_doubtful: bool,
}

impl<B: Backend> Healing<B> {
    /// Around a backend whose screen is empty.
    pub fn new(inner: B) -> Healing<B> {
        Healing { inner, rows: Vec::new(), cursor: Position::ORIGIN }
    }

    /// The backend within.
    pub fn inner(&self) -> &B {
        &self.inner
    }

    /// The backend within, for what is not drawn in cells.
    pub fn inner_mut(&mut self) -> &mut B {
        &mut self.inner
    }

    /// Remembers what a cell shows from now on.
    fn remember(&mut self, x: u16, y: u16, cell: &Cell) {
        let (x, y) = (usize::from(x), usize::from(y));
        if self.rows.len() <= y {
            self.rows.resize_with(y + 1, ShownRow::default);
        }
        let cells = &mut self.rows[y].cells;
        let width = usize::from(cell.cell_width()).max(1);
        if cells.len() < x + width {
            cells.resize(x + width, Cell::EMPTY);
        }
        for behind in &mut cells[x + 1..x + width] {
            *behind = blank(cell);
        }
        cells[x] = cell.clone();
    }

    /// Paints a row whole.
    fn heal(&mut self, y: u16) -> Result<(), B::Error> {
        let Some(row) = self.rows.get(usize::from(y)) else { return Ok(()) };
        let mut x = 0;
        let mut run: Vec<(u16, u16, &Cell)> = Vec::new();
        while x < row.cells.len() {
            let cell = &row.cells[x];
            let width = usize::from(cell.cell_width()).max(1);
            let column = u16::try_from(x).unwrap_or(u16::MAX);
            if is_doubtful(cell.symbol()) {
                // Blanks first, in case the terminal draws fewer cells; the calls that follow each begin with a
                // move of the cursor, in case it draws more.
                let blank = blank(cell);
                let behind = (x..x + width).filter_map(|x| u16::try_from(x).ok());
                run.extend(behind.map(|x| (x, y, &blank)));
                self.inner.draw(run.drain(..))?;
                self.inner.draw(std::iter::once((column, y, cell)))?;
                run = Vec::new();
            } else {
                run.push((column, y, cell));
            }
            x += width;
        }
        self.inner.draw(run.into_iter())
    }
}

/// An empty cell on the ground of another one.
fn blank(cell: &Cell) -> Cell {
    let mut blank = Cell::EMPTY;
    blank.bg = cell.bg;
    blank
}

/// Whether terminals disagree on the width of a cluster: more than one character, private use, an emoji. Signs of
/// ambiguous width (quotes, dashes, arrows) are left out: where they are wide, the lines that this screen is made of
/// are wide too, and in all other places they would cost a whole row each time.
fn is_doubtful(cluster: &str) -> bool {
    let mut characters = cluster.chars();
    let Some(first) = characters.next() else { return false };
    characters.next().is_some()
        || matches!(
            first,
            '\u{E000}'..='\u{F8FF}' | '\u{1F000}'..='\u{1FAFF}' | '\u{2600}'..='\u{27BF}' | '\u{F0000}'..
        )
}

impl<B: Backend> Backend for Healing<B> {
    type Error = B::Error;

    fn draw<'a, I>(&mut self, content: I) -> Result<(), Self::Error>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let content: Vec<(u16, u16, &Cell)> = content.collect();
        let mut touched = BTreeSet::new();
        for (x, y, cell) in &content {
            self.remember(*x, *y, cell);
            touched.insert(*y);
        }
        touched.retain(|y| {
            let row = &mut self.rows[usize::from(*y)];
            let was_doubtful = row.is_doubtful;
            row.is_doubtful = row.cells.iter().any(|cell| is_doubtful(cell.symbol()));
            was_doubtful || row.is_doubtful
        });
        self.inner.draw(content.into_iter().filter(|(_, y, _)| !touched.contains(y)))?;
        touched.into_iter().try_for_each(|y| self.heal(y))
    }

    fn append_lines(&mut self, count: u16) -> Result<(), Self::Error> {
        self.rows.clear();
        self.inner.append_lines(count)
    }

    fn hide_cursor(&mut self) -> Result<(), Self::Error> {
        self.inner.hide_cursor()
    }

    fn show_cursor(&mut self) -> Result<(), Self::Error> {
        self.inner.show_cursor()
    }

    /// Where the cursor was put last. The terminal is not asked: its answer would have to be read from among the keys.
    fn get_cursor_position(&mut self) -> Result<Position, Self::Error> {
        Ok(self.cursor)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Self::Error> {
        self.cursor = position.into();
        self.inner.set_cursor_position(self.cursor)
    }

    fn clear(&mut self) -> Result<(), Self::Error> {
        self.rows.clear();
        self.inner.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> Result<(), Self::Error> {
        self.rows.clear();
        self.inner.clear_region(clear_type)
    }

    fn size(&self) -> Result<Size, Self::Error> {
        self.inner.size()
    }

    fn window_size(&mut self) -> Result<WindowSize, Self::Error> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::backend::CrosstermBackend;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    /// Draws texts one after the other into the first row of a terminal that counts widths by character (a family
    /// is eight cells wide to it), and returns what then stands on its screen.
    fn shown_after(texts: &[&str], heals: bool) -> String {
        let mut parser = vt100::Parser::new(2, 20, 0);
        let mut previous = ratatui::buffer::Buffer::empty(Rect::new(0, 0, 20, 2));
        let mut written = Vec::new();
        let mut backend = Healing::new(CrosstermBackend::new(&mut written));
        for text in texts {
            let mut next = ratatui::buffer::Buffer::empty(previous.area);
            next.set_string(0, 0, text, Style::new());
            next.set_string(19, 0, "│", Style::new());
            let changes = previous.diff(&next);
            let changes = changes.into_iter();
            if heals {
                backend.draw(changes).unwrap();
            } else {
                backend.inner_mut().draw(changes).unwrap();
            }
            previous = next;
        }
        drop(backend);
        parser.process(&written);
        parser.screen().contents()
    }

    #[test]
    fn a_cluster_of_another_width_leaves_nothing_behind() {
        let texts = ["👩‍👩‍👧‍👦 ab", "x", "🇩🇪 flags", "plain text", "e\u{301}❤️👨‍👩‍👧"];
        for upto in 1..=texts.len() {
            let last = texts[upto - 1];
            let (history, alone) = (shown_after(&texts[..upto], true), shown_after(&[last], true));
            assert_eq!(history, alone, "after {last:?}");
            assert_eq!(history.trim_end().chars().last(), Some('│'));
        }
    }

    #[test]
    fn without_healing_it_would() {
        let texts = ["👩‍👩‍👧‍👦 ab", "👩‍👩‍👧‍👦 cd"];
        assert_ne!(shown_after(&texts, false), shown_after(&texts[1..], true));
    }

    #[test]
    fn the_frame_is_not_doubtful_but_marks_flags_and_emoji_are() {
        assert!(["a", "│", "日", "é", "“"].iter().all(|cluster| !is_doubtful(cluster)));
        assert!(["e\u{301}", "🇩🇪", "❤️", "🎉", "\u{e000}"].iter().all(|cluster| is_doubtful(cluster)));
    }
}

//! Rows that heal themselves: terminals disagree on how wide some clusters are, and a row in which one was drawn
//! narrower or wider than reckoned keeps halves of what stood there before. A [`Healing`] backend paints such a row
//! whole whenever a cell of it changes, and moves the cursor anew behind each such cluster, so that a wrong width
//! costs one cell of its own row and never leaves a ghost.
//!
//! The terminal must not wrap lines by itself (DECAWM off), or a cluster at the right edge reaches into the next row.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::ops::Range;

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::{Cell, CellWidth};
use ratatui::layout::{Position, Size};

use crate::client::touch::{Hyperlink, Place};

/// Most bytes of a link that a terminal is told of: some take no longer ones.
const LINK_MOST: usize = 2_000;

/// A cell and its place.
type Placed<'a> = (u16, u16, &'a Cell);

/// A backend around another one.
#[derive(Debug)]
pub struct Healing<B> {
    inner: B,
    rows: Vec<ShownRow>,
    /// The links of the frame that is drawn next; none once they are on the terminal.
    links: Option<Vec<(Place, Hyperlink)>>,
    cursor: Position,
}

/// What stands in a row of the terminal.
#[derive(Clone, Debug, Default)]
struct ShownRow {
    cells: Vec<Cell>,
    is_doubtful: bool,
    links: Vec<(Range<u16>, Hyperlink)>,
}

impl<B: Backend> Healing<B> {
    /// Around a backend whose screen is empty.
    pub fn new(inner: B) -> Healing<B> {
        Healing { inner, rows: Vec::new(), links: None, cursor: Position::ORIGIN }
    }

    /// The backend within.
    pub fn inner(&self) -> &B {
        &self.inner
    }

    /// The backend within, for what is not drawn in cells.
    pub fn inner_mut(&mut self) -> &mut B {
        &mut self.inner
    }

    /// What of the frame that is drawn next leads somewhere, for a terminal that knows links
    /// ([OSC 8](https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda)).
    pub fn set_links(&mut self, links: Vec<(Place, Hyperlink)>) {
        self.links = Some(links);
    }

    /// The row of the terminal with this number.
    fn row(&mut self, y: u16) -> &mut ShownRow {
        let y = usize::from(y);
        if self.rows.len() <= y {
            self.rows.resize_with(y + 1, ShownRow::default);
        }
        &mut self.rows[y]
    }

    /// Remembers what a cell shows from now on.
    fn remember(&mut self, x: u16, y: u16, cell: &Cell) {
        let x = usize::from(x);
        let cells = &mut self.row(y).cells;
        let width = usize::from(cell.cell_width()).max(1);
        if cells.len() < x + width {
            cells.resize(x + width, Cell::EMPTY);
        }
        for behind in &mut cells[x + 1..x + width] {
            *behind = blank(cell);
        }
        cells[x] = cell.clone();
    }

    /// Takes over the links of this frame; gives the rows whose links are other ones now.
    fn take_links(&mut self) -> BTreeSet<u16> {
        let mut changed = BTreeSet::new();
        let Some(links) = self.links.take() else { return changed };
        let mut next: Vec<Vec<(Range<u16>, Hyperlink)>> = Vec::new();
        for (Place { row, columns }, link) in links {
            // The gate has made it visible ASCII; this is the second lock.
            if link.uri.len() > LINK_MOST || !link.uri.bytes().all(|b| b.is_ascii_graphic()) {
                continue;
            }
            let at = usize::from(row);
            if next.len() <= at {
                next.resize_with(at + 1, Vec::new);
            }
            next[at].push((columns, link));
        }
        for at in 0..next.len().max(self.rows.len()) {
            let Ok(y) = u16::try_from(at) else { break };
            let links = next.get_mut(at).map(std::mem::take).unwrap_or_default();
            if self.rows.get(at).is_some_and(|row| row.links == links)
                || links.is_empty() && self.rows.len() <= at
            {
                continue;
            }
            self.row(y).links = links;
            changed.insert(y);
        }
        changed
    }
}

impl<B: Backend<Error = io::Error> + Write> Healing<B> {
    /// Paints a row whole.
    fn heal(&mut self, y: u16) -> io::Result<()> {
        let Some(row) = self.rows.get(usize::from(y)) else { return Ok(()) };
        let mut x = 0;
        let mut run: Vec<Placed<'_>> = Vec::new();
        while x < row.cells.len() {
            let cell = &row.cells[x];
            let width = usize::from(cell.cell_width()).max(1);
            let column = u16::try_from(x).unwrap_or(u16::MAX);
            if is_doubtful(cell.symbol()) {
                // Blanks first, in case the terminal draws fewer cells; the calls that follow each begin with a
                // move of the cursor, in case it draws more.
                let blank = blank(cell);
                let behind = (x..x + width).filter_map(|x| u16::try_from(x).ok());
                write_run(&mut self.inner, &run, &row.links)?;
                self.inner.draw(behind.map(|x| (x, y, &blank)))?;
                write_run(&mut self.inner, &[(column, y, cell)], &row.links)?;
                run.clear();
            } else {
                run.push((column, y, cell));
            }
            x += width;
        }
        write_run(&mut self.inner, &run, &row.links)
    }
}

/// Writes cells of one row; those of a link between its beginning and its end, so that none reaches over the row's.
fn write_run<B: Backend<Error = io::Error> + Write>(
    inner: &mut B,
    run: &[Placed<'_>],
    links: &[(Range<u16>, Hyperlink)],
) -> io::Result<()> {
    let link_at = |x: u16| links.iter().find(|(columns, _)| columns.contains(&x)).map(|(_, link)| link);
    for part in run.chunk_by(|before, after| link_at(before.0) == link_at(after.0)) {
        let link = link_at(part[0].0);
        if let Some(Hyperlink { uri, id: (entry, number) }) = link {
            write!(inner, "\u{1b}]8;id={entry:x}.{number};{uri}\u{1b}\\")?;
        }
        inner.draw(part.iter().copied())?;
        if link.is_some() {
            write!(inner, "\u{1b}]8;;\u{1b}\\")?;
        }
    }
    Ok(())
}

/// An empty cell on the ground of another one.
fn blank(cell: &Cell) -> Cell {
    let mut blank = Cell::EMPTY;
    blank.bg = cell.bg;
    blank
}

/// Whether terminals disagree on the width of a cluster: all do but those of one character from the scripts that
/// every terminal knows. Signs of ambiguous width (quotes, dashes, arrows) are not doubted: where they are wide, the
/// lines that this screen is made of are wide too, and in all other places they would cost a whole row each time.
fn is_doubtful(cluster: &str) -> bool {
    let mut characters = cluster.chars();
    let Some(first) = characters.next() else { return false };
    let is_known = matches!(
        first,
        // Latin, Greek, Cyrillic, Armenian, Hebrew and Arabic letters.
        '\0'..='\u{2FF}' | '\u{370}'..='\u{482}' | '\u{48A}'..='\u{58F}' | '\u{5D0}'..='\u{5F4}'
            | '\u{620}'..='\u{64A}'
            | '\u{1E00}'..='\u{1FFF}'
            // Punctuation, currency, arrows, mathematics, control pictures, lines and blocks.
            | '\u{2010}'..='\u{2027}'
            | '\u{2030}'..='\u{205E}'
            | '\u{2070}'..='\u{20BF}'
            | '\u{2100}'..='\u{2319}'
            | '\u{231C}'..='\u{23E8}'
            | '\u{2400}'..='\u{25FC}'
            | '\u{27C0}'..='\u{2B1A}'
            // Chinese, Japanese, Korean.
            | '\u{3000}'..='\u{3029}'
            | '\u{3030}'..='\u{3098}'
            | '\u{309B}'..='\u{312F}'
            | '\u{3400}'..='\u{4DBF}'
            | '\u{4E00}'..='\u{9FFF}'
            | '\u{AC00}'..='\u{D7A3}'
            | '\u{F900}'..='\u{FAFF}'
            // Not the two marks of voice behind them, which some draw over the sign before.
            | '\u{FF01}'..='\u{FF9D}'
            | '\u{20000}'..='\u{2FFFF}'
    );
    characters.next().is_some() || !is_known
}

impl<B: Backend<Error = io::Error> + Write> Backend for Healing<B> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let content: Vec<Placed<'_>> = content.collect();
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
        // What stands there already leads to where it led when it was written.
        touched.extend(self.take_links());
        let alone = content.into_iter().filter(|(_, y, _)| !touched.contains(y));
        let links = |y: u16| self.rows.get(usize::from(y)).map_or(&[][..], |row| &row.links);
        let (linked, plain): (Vec<_>, Vec<_>) = alone.partition(|(_, y, _)| !links(*y).is_empty());
        self.inner.draw(plain.into_iter())?;
        for row in linked.chunk_by(|before, after| before.1 == after.1) {
            write_run(&mut self.inner, row, links(row[0].1))?;
        }
        touched.into_iter().try_for_each(|y| self.heal(y))
    }

    fn append_lines(&mut self, count: u16) -> io::Result<()> {
        self.rows.clear();
        self.inner.append_lines(count)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.inner.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.inner.show_cursor()
    }

    /// Where the cursor was put last. The terminal is not asked: its answer would have to be read from among the keys.
    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.cursor)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.cursor = position.into();
        self.inner.set_cursor_position(self.cursor)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.rows.clear();
        self.inner.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.rows.clear();
        self.inner.clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        self.inner.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.inner)
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

    /// A place for bytes that can be looked into while somebody writes.
    #[derive(Clone, Default)]
    struct Sink(std::rc::Rc<std::cell::RefCell<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Draws a frame with this text in its first row, and links.
    fn write(
        backend: &mut Healing<CrosstermBackend<Sink>>,
        previous: &mut ratatui::buffer::Buffer,
        text: &str,
        links: &[(u16, Range<u16>, &str)],
    ) {
        let mut next = ratatui::buffer::Buffer::empty(previous.area);
        next.set_string(0, 0, text, Style::new());
        let link = |(row, columns, uri): &(u16, Range<u16>, &str)| {
            (Place { row: *row, columns: columns.clone() }, Hyperlink { uri: (*uri).into(), id: (7, 1) })
        };
        backend.set_links(links.iter().map(link).collect());
        backend.draw(previous.diff(&next).into_iter()).unwrap();
        *previous = next;
    }

    #[test]
    fn a_link_is_opened_and_closed_within_its_row_and_written_anew_when_it_leads_elsewhere() {
        let sink = Sink::default();
        let mut backend = Healing::new(CrosstermBackend::new(sink.clone()));
        let mut previous = ratatui::buffer::Buffer::empty(Rect::new(0, 0, 20, 2));
        let mut write = |text: &str, links: &[(u16, Range<u16>, &str)]| {
            write(&mut backend, &mut previous, text, links);
            let out = String::from_utf8(sink.0.take()).unwrap();
            let parts = |text: &str| out.matches(text).count();
            assert_eq!(parts("\u{1b}]8;id="), parts("\u{1b}]8;;\u{1b}\\"), "{out:?}");
            out
        };
        let first = write("see a.example now", &[(0, 4..13, "https://a.example/")]);
        assert!(first.contains("\u{1b}]8;id=7.1;https://a.example/\u{1b}\\"), "{first:?}");
        let inside = first.split("\u{1b}\\").nth(1).unwrap();
        assert!(
            inside.contains("a.example") && !inside.contains("see") && !inside.contains("now"),
            "{first:?}"
        );
        // Nothing has changed but where it leads; and then nothing at all.
        let second = write("see a.example now", &[(0, 4..13, "https://b.example/")]);
        assert!(second.contains("https://b.example/") && second.contains("a.example"), "{second:?}");
        let third = write("see a.example now", &[(0, 4..13, "https://b.example/")]);
        assert!(!third.contains("example"), "{third:?}");
        // A cell of it changes: it is written as a part of it. What is beside it is not.
        let fourth = write("see a.exampla nox", &[(0, 4..13, "https://b.example/")]);
        assert_eq!(fourth.matches("https://b.example/").count(), 1, "{fourth:?}");
        let last = write("see a.exampla nox", &[]);
        assert!(last.contains("a.exampla") && !last.contains("]8;"), "{last:?}");
        // What could break out never gets there, wherever it comes from.
        for evil in
            ["https://a\u{1b}\\x", "https://a b", "https://a\u{9c}", &format!("https://{}", "a".repeat(3000))]
        {
            assert!(!write("x", &[(0, 0..1, evil)]).contains("]8;"));
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
        assert!(
            ["e\u{301}", "🇩🇪", "❤️", "🎉", "\u{e000}", "ﾞ", "ﾟ"].iter().all(|cluster| is_doubtful(cluster))
        );
        assert!(["␛", "⟨", "●", "↓", "ｱ", "Ж", "한", "┄"].iter().all(|cluster| !is_doubtful(cluster)));
    }

    #[test]
    fn a_script_that_not_every_terminal_knows_is_doubtful() {
        // Of the hieroglyphs' joiners some terminals think that they take no cell, of others that they take one.
        for cluster in ["\u{13430}", "\u{13000}", "\u{16FE4}", "ༀ", "⯐", "⌚", "⏰", "◾"] {
            assert!(is_doubtful(cluster), "{cluster}");
        }
    }
}

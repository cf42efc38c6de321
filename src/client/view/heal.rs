//! Rows that heal themselves: terminals disagree on how wide some clusters are, and a row in which one was drawn
//! narrower or wider than reckoned keeps halves of what stood there before. A [`Healing`] screen paints such a row
//! whole whenever a cell of it changes, and moves the cursor anew behind each such cluster, so that a wrong width
//! costs one cell of its own row and never leaves a ghost.
//!
//! The terminal must not wrap lines by itself (DECAWM off), or a cluster at the right edge reaches into the next row.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::ops::Range;

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::queue;
use crossterm::terminal::{Clear, ClearType};
use ratatui::backend::Backend;
use ratatui::buffer::{Buffer, Cell, CellWidth};
use ratatui::layout::{Position, Rect};

use crate::client::touch::{Hyperlink, Place};

/// Most bytes of a link that a terminal is told of: some take no longer ones.
const LINK_MOST: usize = 2_000;

/// A cell and its place.
type Placed<'a> = (u16, u16, &'a Cell);

/// What a terminal shows, and the way to have it show something else. Nothing is flushed here: a frame is one write.
#[derive(Debug)]
pub struct Healing<B> {
    inner: B,
    shown: Buffer,
    rows: Vec<ShownRow>,
    /// Whether the cursor can be seen, and where it stands, as far as that is known.
    is_cursor_seen: Option<bool>,
    cursor: Option<Position>,
}

/// What else is known of a row of the terminal.
#[derive(Clone, Debug, Default)]
struct ShownRow {
    is_doubtful: bool,
    links: Vec<(Range<u16>, Hyperlink)>,
}

impl<B: Backend<Error = io::Error> + Write> Healing<B> {
    /// The screen of a terminal that has this size and is empty.
    pub fn new(inner: B, area: Rect) -> Healing<B> {
        let rows = vec![ShownRow::default(); usize::from(area.height)];
        Healing { inner, shown: Buffer::empty(area), rows, is_cursor_seen: None, cursor: None }
    }

    /// What the terminal shows.
    pub fn shown(&self) -> &Buffer {
        &self.shown
    }

    /// The way to the terminal, for what is not drawn in cells.
    pub fn inner_mut(&mut self) -> &mut B {
        &mut self.inner
    }

    /// Empties the terminal, whatever stands on it, and takes note of its size.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn clear(&mut self, area: Rect) -> io::Result<()> {
        if self.shown.area == area {
            self.shown.reset();
        } else {
            self.shown = Buffer::empty(area);
        }
        self.rows.clear();
        self.rows.resize_with(usize::from(area.height), ShownRow::default);
        (self.is_cursor_seen, self.cursor) = (None, None);
        queue!(self.inner, Clear(ClearType::All))
    }

    /// Has the terminal show a frame, or some whole rows of one. What leads somewhere in these rows is told to terminals
    /// that know links ([OSC 8](https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda)): `None` to others. The
    /// buffer is given back with what was shown before, or as it is.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn show(&mut self, next: &mut Buffer, links: Option<&[(Place, Hyperlink)]>) -> io::Result<()> {
        if next.area == self.shown.area {
            let before = std::mem::take(&mut self.shown);
            self.write(&before, next, links)?;
            self.shown = std::mem::replace(next, before);
            return Ok(());
        }
        let Some(cells) = self.cells_of(next.area) else { return Ok(()) };
        let before = Buffer { area: next.area, content: self.shown.content[cells.clone()].to_vec() };
        self.write(&before, next, links)?;
        self.shown.content[cells].clone_from_slice(&next.content);
        Ok(())
    }

    /// Puts the cursor somewhere, or hides it.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn put_cursor(&mut self, cursor: Option<Position>) -> io::Result<()> {
        if self.is_cursor_seen != Some(cursor.is_some()) {
            match cursor {
                Some(_) => queue!(self.inner, Show)?,
                None => queue!(self.inner, Hide)?,
            }
            self.is_cursor_seen = Some(cursor.is_some());
        }
        match cursor.filter(|cursor| self.cursor != Some(*cursor)) {
            Some(cursor) => {
                self.cursor = Some(cursor);
                queue!(self.inner, MoveTo(cursor.x, cursor.y))
            }
            None => Ok(()),
        }
    }

    /// Which of the cells shown are whole rows of this area.
    fn cells_of(&self, part: Rect) -> Option<Range<usize>> {
        let all = self.shown.area;
        let is_rows = part.x == all.x && part.width == all.width && part.intersection(all) == part;
        let from = usize::from(part.y - all.y.min(part.y)) * usize::from(all.width);
        is_rows.then(|| from..from + part.area() as usize)
    }

    /// Writes what differs.
    fn write(
        &mut self,
        before: &Buffer,
        next: &Buffer,
        links: Option<&[(Place, Hyperlink)]>,
    ) -> io::Result<()> {
        let changes: Vec<Placed<'_>> = before.diff_iter(next).collect();
        let mut whole: BTreeSet<u16> = changes.iter().map(|(_, y, _)| *y).collect();
        whole.retain(|y| {
            let is_doubtful = row_of(next, *y).iter().any(|cell| is_doubtful(cell.symbol()));
            let Some(row) = self.rows.get_mut(usize::from(*y)) else { return is_doubtful };
            std::mem::replace(&mut row.is_doubtful, is_doubtful) || is_doubtful
        });
        // What stands there already leads to where it led when it was written.
        whole.extend(links.map(|links| self.take_links(next.area, links)).unwrap_or_default());
        if !(changes.is_empty() && whole.is_empty()) {
            self.cursor = None;
        }
        let alone = changes.into_iter().filter(|(_, y, _)| !whole.contains(y));
        let (linked, plain): (Vec<_>, Vec<_>) =
            alone.partition(|(_, y, _)| !links_of(&self.rows, *y).is_empty());
        if !plain.is_empty() {
            self.inner.draw(plain.into_iter())?;
        }
        for row in linked.chunk_by(|before, after| before.1 == after.1) {
            write_run(&mut self.inner, row, links_of(&self.rows, row[0].1))?;
        }
        whole.into_iter().try_for_each(|y| self.heal(row_of(next, y), y))
    }

    /// Takes over the links of the rows that are shown; gives the rows whose links are other ones now.
    fn take_links(&mut self, area: Rect, links: &[(Place, Hyperlink)]) -> BTreeSet<u16> {
        let mut changed = BTreeSet::new();
        for y in area.top()..area.bottom() {
            let Some(row) = self.rows.get_mut(usize::from(y)) else { break };
            // The gate has made it visible ASCII; this is the second lock.
            let is_one = |link: &Hyperlink| {
                link.uri.len() <= LINK_MOST && link.uri.bytes().all(|b| b.is_ascii_graphic())
            };
            let here = || links.iter().filter(|(place, link)| place.row == y && is_one(link));
            if !here()
                .map(|(place, link)| (&place.columns, link))
                .eq(row.links.iter().map(|(columns, link)| (columns, link)))
            {
                row.links = here().map(|(place, link)| (place.columns.clone(), link.clone())).collect();
                changed.insert(y);
            }
        }
        changed
    }

    /// Paints a row whole.
    fn heal(&mut self, cells: &[Cell], y: u16) -> io::Result<()> {
        let links = links_of(&self.rows, y);
        let mut x = 0;
        let mut run: Vec<Placed<'_>> = Vec::new();
        while x < cells.len() {
            let cell = &cells[x];
            let width = usize::from(cell.cell_width()).max(1);
            let column = u16::try_from(x).unwrap_or(u16::MAX);
            if is_doubtful(cell.symbol()) {
                // Blanks first, in case the terminal draws fewer cells; the calls that follow each begin with a
                // move of the cursor, in case it draws more.
                let blank = blank(cell);
                let behind = (x..x + width).filter_map(|x| u16::try_from(x).ok());
                write_run(&mut self.inner, &run, links)?;
                self.inner.draw(behind.map(|x| (x, y, &blank)))?;
                write_run(&mut self.inner, &[(column, y, cell)], links)?;
                run.clear();
            } else {
                run.push((column, y, cell));
            }
            x += width;
        }
        write_run(&mut self.inner, &run, links)
    }
}

/// The cells of a row.
fn row_of(buffer: &Buffer, y: u16) -> &[Cell] {
    let width = usize::from(buffer.area.width);
    let at = usize::from(y.saturating_sub(buffer.area.y)) * width;
    buffer.content.get(at..at + width).unwrap_or_default()
}

/// The links of a row of the terminal.
fn links_of(rows: &[ShownRow], y: u16) -> &[(Range<u16>, Hyperlink)] {
    rows.get(usize::from(y)).map_or(&[], |row| &row.links)
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

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::backend::CrosstermBackend;
    use ratatui::style::Style;

    /// Draws texts one after the other into the first row of a terminal that counts widths by character (a family
    /// is eight cells wide to it), and returns what then stands on its screen.
    fn shown_after(texts: &[&str], heals: bool) -> String {
        let mut parser = vt100::Parser::new(2, 20, 0);
        let mut previous = Buffer::empty(Rect::new(0, 0, 20, 2));
        let mut written = Vec::new();
        let mut backend = Healing::new(CrosstermBackend::new(&mut written), previous.area);
        for text in texts {
            let mut next = Buffer::empty(previous.area);
            next.set_string(0, 0, text, Style::new());
            next.set_string(19, 0, "│", Style::new());
            if heals {
                backend.show(&mut next.clone(), None).unwrap();
            } else {
                backend.inner_mut().draw(previous.diff(&next).into_iter()).unwrap();
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
    fn write(backend: &mut Healing<CrosstermBackend<Sink>>, text: &str, links: &[(u16, Range<u16>, &str)]) {
        let mut next = Buffer::empty(backend.shown().area);
        next.set_string(0, 0, text, Style::new());
        let link = |(row, columns, uri): &(u16, Range<u16>, &str)| {
            (Place { row: *row, columns: columns.clone() }, Hyperlink { uri: (*uri).into(), id: (7, 1) })
        };
        let links: Vec<_> = links.iter().map(link).collect();
        backend.show(&mut next, Some(&links)).unwrap();
    }

    #[test]
    fn a_link_is_opened_and_closed_within_its_row_and_written_anew_when_it_leads_elsewhere() {
        let sink = Sink::default();
        let mut backend = Healing::new(CrosstermBackend::new(sink.clone()), Rect::new(0, 0, 20, 2));
        let mut write = |text: &str, links: &[(u16, Range<u16>, &str)]| {
            write(&mut backend, text, links);
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
    fn some_rows_alone_are_shown_like_a_whole_frame() {
        let area = Rect::new(0, 0, 20, 3);
        let mut written = Vec::new();
        let mut backend = Healing::new(CrosstermBackend::new(&mut written), area);
        let mut frame = Buffer::empty(area);
        for (text, y) in ["above", "👩‍👩‍👧‍👦 before", "below"].into_iter().zip(0..) {
            frame.set_string(0, y, text, Style::new());
        }
        backend.show(&mut frame, None).unwrap();
        let mut row = Buffer::empty(Rect { y: 1, height: 1, ..area });
        row.set_string(0, 1, "after", Style::new());
        backend.show(&mut row, None).unwrap();
        // It stands there now: once more is nothing.
        backend.show(&mut row, None).unwrap();
        let mut beyond = Buffer::empty(Rect { y: 3, height: 1, ..area });
        beyond.set_string(0, 3, "nowhere", Style::new());
        backend.show(&mut beyond, None).unwrap();
        let shown = backend.shown().clone();
        drop(backend);
        let mut parser = vt100::Parser::new(3, 20, 0);
        parser.process(&written);
        let rows: Vec<String> = parser.screen().rows(0, 20).map(|row| row.trim_end().to_owned()).collect();
        assert_eq!(rows, ["above", "after", "below"]);
        assert_eq!(String::from_utf8_lossy(&written).matches("after").count(), 1);
        assert_eq!(row_of(&shown, 1)[..5].iter().map(Cell::symbol).collect::<String>(), "after");
    }

    #[test]
    fn a_frame_that_changes_nothing_writes_nothing() {
        let sink = Sink::default();
        let area = Rect::new(0, 0, 20, 2);
        let mut backend = Healing::new(CrosstermBackend::new(sink.clone()), area);
        let mut written = |text: &str, cursor: Option<Position>| {
            let mut frame = Buffer::empty(area);
            frame.set_string(0, 0, text, Style::new());
            backend.show(&mut frame, None).unwrap();
            backend.put_cursor(cursor).unwrap();
            String::from_utf8(sink.0.take()).unwrap()
        };
        let (here, there) = (Some(Position::new(3, 1)), Some(Position::new(4, 1)));
        assert!(written("text", here).ends_with("\u{1b}[?25h\u{1b}[2;4H"));
        assert_eq!(written("text", here), "");
        assert_eq!(written("text", there), "\u{1b}[2;5H");
        assert!(written("next", there).ends_with("\u{1b}[2;5H"), "to write moves it");
        assert_eq!(written("next", None), "\u{1b}[?25l");
        assert_eq!(written("next", None), "");
        assert_eq!(written("next", there), "\u{1b}[?25h");
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

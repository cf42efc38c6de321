//! The input: the prompt, what is typed in as many rows as it needs, and the cursor.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use super::glyph::Row;
use crate::client::app::{App, Search, Status};
use crate::client::command;
use crate::client::editor::Editor;
use crate::client::keys::{Action, Does};
use crate::client::theme::{Role, Theme};
use crate::client::window::{Window, With};

/// The typed text in rows, and where the cursor and each byte of it stands.
pub(super) struct Typed {
    rows: Vec<Row>,
    /// For each cluster: its first byte, its column and its row.
    places: Vec<(usize, u16, u16)>,
    end: (u16, u16),
}

impl Typed {
    /// Breaks a text into rows of at most so many cells: behind blanks, else between clusters; blanks at the edge
    /// hang over it. A row that is full has its end in the next.
    pub(super) fn new(text: &str, width: u16, style: impl Fn(usize) -> Style) -> Typed {
        let width = width.max(1);
        let clusters: Vec<(usize, &str, Row)> = text
            .grapheme_indices(true)
            .map(|(at, cluster)| (at, cluster, glyphs(cluster, style(at)).cut(width)))
            .collect();
        let mut typed = Typed { rows: vec![Row::default()], places: Vec::new(), end: (0, 0) };
        let mut next_row = row_end(&clusters, 0, width);
        for (number, (at, _, glyphs)) in clusters.iter().enumerate() {
            if number == next_row {
                typed.rows.push(Row::default());
                next_row = row_end(&clusters, number, width);
            }
            let (column, row) = typed.here();
            typed.places.push((*at, column.min(width), row));
            if let Some(last) = typed.rows.last_mut() {
                last.append(glyphs);
            }
        }
        let ends_line = clusters.last().is_some_and(|(_, cluster, _)| is_line_break(cluster));
        if ends_line || typed.last_row().width() >= width {
            typed.rows.push(Row::default());
        }
        typed.end = typed.here();
        typed
    }

    fn last_row(&self) -> &Row {
        &self.rows[self.rows.len() - 1]
    }

    fn here(&self) -> (u16, u16) {
        (self.last_row().width(), u16::try_from(self.rows.len() - 1).unwrap_or(u16::MAX))
    }

    /// Column and row of a byte of the text.
    pub(super) fn place(&self, byte: usize) -> (u16, u16) {
        let after = self.places.partition_point(|(at, ..)| *at < byte);
        self.places.get(after).map_or(self.end, |(_, column, row)| (*column, *row))
    }

    /// How many rows it has.
    pub(super) fn height(&self) -> u16 {
        u16::try_from(self.rows.len()).unwrap_or(u16::MAX)
    }
}

/// A cluster as it is drawn in the input.
fn glyphs(cluster: &str, style: Style) -> Row {
    match cluster {
        _ if is_line_break(cluster) => Row::default(),
        "\t" => Row::of("    ", style),
        _ => Row::of(cluster, style),
    }
}

fn is_line_break(cluster: &str) -> bool {
    matches!(cluster, "\n" | "\r\n")
}

/// Which cluster begins the row after the one that begins with this.
fn row_end(clusters: &[(usize, &str, Row)], start: usize, width: u16) -> usize {
    let mut used = 0;
    let mut after_blank = None;
    for (number, (_, cluster, glyphs)) in clusters.iter().enumerate().skip(start) {
        if is_line_break(cluster) {
            return number + 1;
        }
        let is_blank = *cluster == " ";
        used += glyphs.width();
        if used > width && !is_blank {
            return after_blank.unwrap_or(number).max(start + 1);
        }
        if is_blank {
            after_blank = Some(number + 1);
        }
    }
    clusters.len()
}

/// How far from the left edge the text of the input begins: behind the prompt.
pub(super) fn indent(width: u16) -> u16 {
    if width < 50 { 2 } else { 3 }
}

/// What is being typed: what to look for, or what to say.
fn edited(app: &App) -> &Editor {
    app.search().map_or(app.editor(), |search| &search.query)
}

/// The input's text laid out for a window of this width.
pub(super) fn typed(app: &App, theme: &Theme, width: u16) -> Typed {
    let text = edited(app).text();
    let command = command(text).filter(|_| app.search().is_none());
    let command_end = command.map_or(0, str::len);
    let command_role = command.map_or(Role::Fg, role_of);
    let style = |at| theme.role(if at < command_end { command_role } else { Role::Fg });
    Typed::new(text, width.saturating_sub(indent(width) + 1), style)
}

/// The command at the start of the input, with its slash. Two slashes are a text that begins with one.
fn command(text: &str) -> Option<&str> {
    let word = text.split(char::is_whitespace).next()?;
    word.strip_prefix('/').is_some_and(|name| !name.is_empty() && !name.starts_with('/')).then_some(word)
}

/// Accent once a command is known, error once it cannot become one.
fn role_of(word: &str) -> Role {
    let name = word[1..].to_ascii_lowercase();
    if command::find(&name).is_some() {
        Role::Accent
    } else if command::TABLE.iter().any(|spec| spec.name.starts_with(&name)) {
        Role::Fg
    } else {
        Role::Error
    }
}

/// Draws the input and says where the cursor is to be.
pub(super) fn draw(
    app: &App,
    theme: &Theme,
    typed: &Typed,
    area: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    if area.is_empty() {
        return None;
    }
    let text_at = area.x + indent(area.width);
    let right = area.right().saturating_sub(1).max(area.x + 1);
    let cursor = typed.place(edited(app).cursor());
    // The row of the cursor is always among those shown.
    let first = (cursor.1 + 1).saturating_sub(area.height);
    let is_offline = matches!(app.status(), Status::Offline { .. });
    let prompt = if app.search().is_some() {
        Row::of("/", theme.role(Role::Accent))
    } else if is_offline {
        Row::of("○", theme.role(Role::Mention))
    } else {
        Row::of("›", theme.role(Role::Accent))
    };
    prompt.draw(buffer, text_at.saturating_sub(2), area.y, area.right());
    for (row, y) in typed.rows.iter().skip(usize::from(first)).zip(area.top()..area.bottom()) {
        row.draw(buffer, text_at, y, right);
    }
    let hint = hint(app, theme, area.width);
    if edited(app).is_empty() && app.editor().search().is_none() {
        let words = match app.search() {
            Some(_) => "words to look for".to_owned(),
            None => placeholder(app.window()),
        };
        let placeholder = Row::of(&words, theme.role(Role::Quiet));
        let room = right.saturating_sub(text_at + hint.width() + 2 * u16::from(!hint.is_empty()));
        placeholder.cut(room).draw(buffer, text_at, area.y, right);
    }
    let hint_at = right.saturating_sub(hint.width());
    let last_row = area.bottom() - 1;
    let used = typed.rows.get(usize::from(first + area.height - 1)).map_or(0, Row::width);
    if hint_at > text_at + used {
        hint.draw(buffer, hint_at, last_row, right);
    }
    if app.search().is_some_and(Search::is_reading) {
        return None;
    }
    let column = (text_at + cursor.0).min(area.right() - 1);
    Some(Position::new(column, area.y + cursor.1.saturating_sub(first)))
}

/// What an empty input says: where it goes, or how to get there.
fn placeholder(window: &Window) -> String {
    let name = &window.name;
    match window.with {
        With::Channel if !window.joined && !window.wanted => format!("not in {name}: /join {name}"),
        _ => format!("Message {name}"),
    }
}

/// What stands at the right end of the input.
fn hint(app: &App, theme: &Theme, width: u16) -> Row {
    if app.search().is_some() {
        return Row::default();
    }
    let messages = app.wire_messages();
    if let Some(search) = app.editor().search() {
        let (role, label) =
            if search.found { (Role::Accent, "history: ") } else { (Role::Error, "not sent before: ") };
        return Row::of(label, theme.role(Role::Quiet)).and(&search.query, theme.role(role)).cut(width / 2);
    }
    if messages > 1 {
        return Row::of(&format!("{messages} messages"), theme.role(Role::Quiet));
    }
    if app.editor().is_empty() && width >= 50 {
        let key = app.keys().keys_of(Does::Act(Action::Help));
        let hint = key.first().map(|key| format!("{key} keys")).unwrap_or_default();
        Row::of(&hint, theme.role(Role::Quiet))
    } else {
        Row::default()
    }
}

/// Draws one line of an editor (a field of the form) and says where its cursor is.
pub(super) fn draw_field(editor: &Editor, theme: &Theme, area: Rect, buffer: &mut Buffer) -> Position {
    let line = Typed::new(editor.text(), u16::MAX, |_| theme.role(Role::Fg));
    let (column, _) = line.place(editor.cursor());
    let room = area.width.saturating_sub(1);
    // A text that is longer than its field shows the part that ends at the cursor.
    let mut shown = line.rows[0].clone();
    let mut dropped = 0;
    while column - dropped > room && !shown.is_empty() {
        let count = shown.glyphs().count();
        dropped += shown.glyphs().next().map_or(0, |(_, glyph)| glyph.width);
        shown = shown.slice(1, count);
    }
    shown.draw(buffer, area.x, area.y, area.right());
    Position::new(area.x + (column - dropped).min(room), area.y)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, width: u16) -> Vec<String> {
        Typed::new(text, width, |_| Style::new()).rows.iter().map(|row| row.text().to_owned()).collect()
    }

    #[test]
    fn a_full_row_has_its_cursor_in_the_next() {
        assert_eq!(rows("abcd", 4), ["abcd", ""]);
        assert_eq!(rows("abc\n\nd", 4), ["abc", "", "d"]);
        assert_eq!(rows("ab日本", 3), ["ab", "日", "本"]);
        assert_eq!(rows("a\n", 4), ["a", ""]);
    }

    #[test]
    fn rows_end_behind_blanks_if_they_can() {
        assert_eq!(rows("one two three", 8), ["one two ", "three"]);
        assert_eq!(rows("one two  three", 7), ["one two  ", "three"]);
        assert_eq!(rows("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        let typed = Typed::new("one two  three", 7, |_| Style::new());
        assert_eq!([typed.place(8), typed.place(9)], [(7, 0), (0, 1)], "a blank over the edge has no cell");
    }

    #[test]
    fn a_command_is_known_may_become_one_or_cannot() {
        let role = |text| command(text).map(role_of);
        assert_eq!(role("/join #x"), Some(Role::Accent));
        assert_eq!(role("/jo"), Some(Role::Fg));
        assert_eq!(role("/jox"), Some(Role::Error));
        assert_eq!((role("//join"), role("/ x"), role("join")), (None, None, None));
    }

    #[test]
    fn every_byte_has_its_place() {
        let typed = Typed::new("a日\nb\u{202e}c", 40, |_| Style::new());
        assert_eq!(
            [typed.place(0), typed.place(1), typed.place(4), typed.place(5)],
            [(0, 0), (1, 0), (3, 0), (0, 1)]
        );
        assert_eq!(typed.place(99), (7, 1), "the stand-in of the override has five cells");
    }
}

//! The first screens: the form that asks where to connect, and what is shown while the connection is being made.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};

use super::glyph::Row;
use super::{input, status};
use crate::client::app::{App, Connecting, Field, Form};
use crate::client::theme::{Role, Theme};

/// Cells of the form.
const FORM_WIDTH: u16 = 48;
/// Rows of the form, without what went wrong.
const FORM_HEIGHT: u16 = 5;
/// Cells in front of a field.
const LABEL_WIDTH: u16 = 10;

/// A sentence in rows of so many cells, broken at blanks; a word that is longer than a row, anywhere.
fn broken(words: &str, width: u16) -> Vec<String> {
    let wide = |text: &str| Row::of(text, Style::new()).width();
    let mut rows = vec![String::new()];
    for word in words.split_whitespace() {
        for (n, piece) in pieces(word, width.max(1)).into_iter().enumerate() {
            let fits = |row: &&mut String| row.is_empty() || n == 0 && wide(row) + 1 + wide(piece) <= width;
            let row = rows.last_mut().filter(fits);
            match row {
                Some(row) if row.is_empty() => row.push_str(piece),
                Some(row) => {
                    row.push(' ');
                    row.push_str(piece);
                }
                None => rows.push(piece.to_owned()),
            }
        }
    }
    rows
}

/// A word in pieces of at most so many characters.
fn pieces(word: &str, most: u16) -> Vec<&str> {
    let mut rest = word;
    let mut pieces = Vec::new();
    while let Some((at, _)) = rest.char_indices().nth(usize::from(most)) {
        pieces.push(&rest[..at]);
        rest = &rest[at..];
    }
    pieces.push(rest);
    pieces
}

/// Draws rows in the middle of the screen, each centred.
fn centred(rows: &[Row], screen: Rect, buffer: &mut Buffer) {
    let count = u16::try_from(rows.len()).unwrap_or(u16::MAX);
    let top = screen.y + screen.height.saturating_sub(count) / 2;
    for (row, y) in rows.iter().zip(top..screen.bottom()) {
        let row = row.clone().cut(screen.width);
        row.draw(buffer, screen.x + (screen.width - row.width()) / 2, y, screen.right());
    }
}

/// Draws what is momentary (a question) into the last row.
fn draw_momentary(app: &App, theme: &Theme, screen: Rect, buffer: &mut Buffer) {
    if let Some(row) = status::momentary(app, theme).filter(|_| screen.height > 1) {
        row.cut(screen.width.saturating_sub(2)).draw(
            buffer,
            screen.x + 1,
            screen.bottom() - 1,
            screen.right(),
        );
    }
}

/// Draws what is being tried, and what was tried in vain and why.
pub(super) fn draw_connecting(
    app: &App,
    theme: &Theme,
    connecting: &Connecting,
    screen: Rect,
    buffer: &mut Buffer,
) {
    let muted = theme.role(Role::Muted);
    let mut rows = vec![
        Row::of(&connecting.address, theme.role(Role::Strong).add_modifier(Modifier::BOLD)),
        Row::default(),
    ];
    let trying = connecting.tries.iter().rfind(|attempt| attempt.failed.is_none());
    rows.push(match trying {
        _ if connecting.greeting => Row::of("connected, waiting for the welcome", muted),
        Some(attempt) => Row::of(&format!("trying {}", attempt.address), muted),
        None if connecting.tries.is_empty() => Row::of("looking up the address", muted),
        None => Row::of("no address answered", muted),
    });
    for attempt in &connecting.tries {
        if let Some(reason) = &attempt.failed {
            let row = Row::of(&attempt.address, muted).and("  ", muted).and(reason, theme.role(Role::Error));
            rows.push(row);
        }
    }
    centred(&rows, screen, buffer);
    draw_momentary(app, theme, screen, buffer);
}

/// Draws the form and says where the cursor is.
pub(super) fn draw_form(
    app: &App,
    theme: &Theme,
    form: &Form,
    screen: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    let width = FORM_WIDTH.min(screen.width);
    let error = form.error.as_ref().map(|error| broken(error, width)).unwrap_or_default();
    let height =
        FORM_HEIGHT.saturating_add(u16::try_from(error.len()).unwrap_or(u16::MAX)).min(screen.height);
    let area = Rect {
        x: screen.x + (screen.width - width) / 2,
        y: screen.y + (screen.height - height) / 2,
        width,
        height,
    };
    let right = area.right();
    let mut cursor = None;
    let fields = [("server", &form.host, Field::Host), ("nick", &form.nick, Field::Nick)];
    for ((label, editor, field), y) in fields.into_iter().zip(area.top()..area.bottom()) {
        let is_here = form.field == field;
        Row::of(label, theme.role(if is_here { Role::Strong } else { Role::Muted }))
            .draw(buffer, area.x, y, right);
        if is_here {
            let prompt_at = area.x + LABEL_WIDTH - 2;
            Row::of("›", theme.role(Role::Accent)).draw(buffer, prompt_at, y, right);
        }
        let x = (area.x + LABEL_WIDTH).min(right);
        let field_area = Rect { x, y, width: right - x, height: 1 };
        if field == Field::Host && editor.is_empty() {
            Row::of("HOST or HOST:PORT", theme.role(Role::Quiet)).draw(buffer, x, y, right);
        }
        let position = input::draw_field(editor, theme, field_area, buffer);
        cursor = cursor.or(is_here.then_some(position));
    }
    let keys = Row::of("Enter connect   Tab next field   Ctrl-C leave", theme.role(Role::Quiet));
    let below = [keys, Row::default()];
    let error = error.iter().map(|words| Row::of(words, theme.role(Role::Error)));
    for (row, y) in below.into_iter().chain(error).zip(area.y.saturating_add(3)..area.bottom()) {
        row.cut(area.width).draw(buffer, area.x, y, right);
    }
    draw_momentary(app, theme, screen, buffer);
    cursor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_sentence_is_broken_at_its_blanks() {
        assert_eq!(broken("a host is needed", 8), ["a host", "is", "needed"]);
        assert_eq!(broken("of 0123456789 x", 4), ["of", "0123", "4567", "89 x"]);
        assert_eq!(broken("01234 5", 5), ["01234", "5"]);
        assert_eq!(broken("", 8), [""]);
    }
}

//! The first screens: the form that asks where to connect, and what is shown while the connection is being made.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;

use super::glyph::Row;
use super::{input, status};
use crate::client::app::{App, Connecting, Field, Form};
use crate::client::theme::{Role, Theme};

/// Cells of the form.
const FORM_WIDTH: u16 = 48;
/// Cells in front of a field.
const LABEL_WIDTH: u16 = 10;

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
    let height = 6.min(screen.height);
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
    let mut below =
        vec![(3, Row::of("Enter connect   Tab next field   Ctrl-C leave", theme.role(Role::Quiet)))];
    if let Some(error) = &form.error {
        below.push((5, Row::of(error, theme.role(Role::Error))));
    }
    for (offset, row) in below {
        if offset < area.height {
            row.cut(area.width).draw(buffer, area.x, area.y + offset, right);
        }
    }
    draw_momentary(app, theme, screen, buffer);
    cursor
}

//! The question whether so much is to be sent: its first rows, how much it is, and the keys that answer.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::glyph::Row;
use super::overlay::lay;
use crate::client::app::{App, Guard, Measure};
use crate::client::editor::TEXT_MAX;
use crate::client::theme::{Role, Theme, Tint};

/// Rows of the text that are shown.
const PREVIEW: usize = 3;
/// Most cells of the question.
const WIDTH_MAX: u16 = 80;

/// Draws it above the input.
pub(super) fn draw(app: &App, guard: &Guard, theme: &Theme, messages: Rect, buffer: &mut Buffer) {
    let ink = |role| theme.on(Tint::Raised, role);
    let text = app.editor().text();
    let first: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(PREVIEW).collect();
    let measure = app.measure(guard);
    let mut rows: Vec<Row> = first.iter().map(|line| Row::of(line, ink(Role::Fg))).collect();
    rows.push(Row::of(&words(measure, guard.left_out), ink(Role::Muted)));
    rows.push(keys(guard).iter().fold(Row::default(), |row, (key, what)| {
        row.and(key, ink(Role::Accent))
            .and(" ", ink(Role::Fg))
            .and(what, ink(Role::Fg))
            .and("  ", ink(Role::Fg))
    }));
    let frame = if theme.is_tinted() { 0 } else { 2 };
    let wanted = u16::try_from(rows.len()).unwrap_or(u16::MAX) + frame;
    let height = wanted.min(messages.height);
    let area =
        Rect { y: messages.bottom() - height, height, width: WIDTH_MAX.min(messages.width), ..messages };
    if area.is_empty() {
        return;
    }
    let inner = lay(theme, area, buffer);
    // Where there is too little room for all, the keys matter most.
    let skipped = rows.len().saturating_sub(inner.height.into());
    for (row, y) in rows.into_iter().skip(skipped).zip(inner.top()..inner.bottom()) {
        row.cut(inner.width).draw(buffer, inner.x, y, inner.right());
    }
}

fn keys(guard: &Guard) -> Vec<(&'static str, &'static str)> {
    let mut keys = Vec::new();
    if guard.left_out == 0 {
        keys.push(("Enter", "send"));
    }
    keys.push(("e", "edit"));
    keys.push(("Esc", if guard.is_paste() { "drop" } else { "back" }));
    keys
}

fn words(measure: Measure, left_out: usize) -> String {
    let counted = |count: usize, what: &str| match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    };
    let size = size(measure.bytes);
    if left_out > 0 {
        return format!("{size} are too much for one go: the first {} fit", self::size(TEXT_MAX));
    }
    format!("{}, {}, {size}", counted(measure.lines, "line"), counted(measure.messages, "message"))
}

fn size(bytes: usize) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

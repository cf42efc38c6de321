//! The sheet of keys (F1), as the keys are mapped.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::glyph::Row;
use super::overlay::lay;
use crate::client::app::App;
use crate::client::keys::{Group, Keymap, SHEET, SheetRow};
use crate::client::theme::{Role, Theme, Tint};

/// Cells of the sheet.
const SHEET_WIDTH: u16 = 74;
/// Cells of a key on it, the blank behind it included.
const KEY_WIDTH: u16 = 16;

/// Keys, and what they do.
type Told = (String, &'static str);

/// Draws the sheet in the middle of what is between title and status; if that is too small, over all of it, from a row on.
pub(super) fn draw(app: &App, from: u16, theme: &Theme, middle: Rect, buffer: &mut Buffer) {
    let is_wide = middle.width >= SHEET_WIDTH;
    let rows = match app.sheet() {
        Some(sheet) => rows_of(sheet, is_wide),
        None => rows(app.keys(), is_wide),
    };
    let wanted = u16::try_from(rows.len()).unwrap_or(u16::MAX).saturating_add(3);
    let width = SHEET_WIDTH.min(middle.width);
    let area = if is_wide && wanted <= middle.height {
        let y = middle.y + (middle.height - wanted) / 2;
        Rect { x: middle.x + (middle.width - width) / 2, y, width, height: wanted }
    } else {
        middle
    };
    let inner = lay(theme, area, buffer);
    let right = inner.right();
    let ink = |role| theme.on(Tint::Raised, role);
    let mut y = inner.y;
    if inner.height >= wanted.saturating_sub(1) {
        let title = Row::of("Keys", ink(Role::Strong).add_modifier(Modifier::BOLD));
        title.draw(buffer, inner.x + 1, y, right);
        y += 2;
    }
    let room = usize::from(inner.bottom().saturating_sub(y));
    // What does not fit is reached by scrolling, and the last row says so.
    let fits = rows.len() <= room;
    let shown = if fits { rows.len() } else { room.saturating_sub(1) };
    let first = usize::from(from).min(rows.len().saturating_sub(shown));
    let second = inner.x + 1 + inner.width / 2;
    for (told, y) in rows.iter().skip(first).take(shown).zip(y..inner.bottom()) {
        for (told, x) in told.iter().zip([inner.x + 1, second]) {
            if let Some((keys, what)) = told {
                Row::of(keys, ink(Role::Accent)).draw(buffer, x, y, right);
                Row::of(what, ink(Role::Fg)).draw(buffer, x + KEY_WIDTH, y, right);
            }
        }
    }
    if !fits && room > 0 {
        let rest = rows.len().saturating_sub(first + shown);
        let hint = if rest > 0 { format!("{rest} more: PgDn") } else { "PgUp goes back".to_owned() };
        Row::of(&hint, ink(Role::Muted)).draw(buffer, inner.x + 1, inner.bottom() - 1, right);
    }
}

/// The rows of another sheet than that of the mapped keys.
fn rows_of(sheet: &[(&str, &'static str)], is_wide: bool) -> Vec<[Option<Told>; 2]> {
    let told: Vec<Told> = sheet.iter().map(|(key, what)| ((*key).to_owned(), *what)).collect();
    let half = if is_wide { told.len().div_ceil(2) } else { told.len() };
    (0..half).map(|n| [told.get(n).cloned(), told.get(half + n).cloned()]).collect()
}

/// The rows in one column or in two: writing beside reading, under them all else. What no key does is left out.
fn rows(keys: &Keymap, is_wide: bool) -> Vec<[Option<Told>; 2]> {
    let told = |row: &SheetRow| {
        let shown = keys.shown_row(row);
        (!shown.is_empty()).then_some((shown, row.what))
    };
    let group = |group: Group| -> Vec<Told> {
        SHEET.iter().filter(move |row| row.group == group).filter_map(told).collect()
    };
    let (write, read, go) = (group(Group::Write), group(Group::Read), group(Group::Go));
    if !is_wide {
        return write.into_iter().chain(read).chain(go).map(|told| [Some(told), None]).collect();
    }
    let upper = (0..write.len().max(read.len())).map(|n| [write.get(n).cloned(), read.get(n).cloned()]);
    let half = go.len().div_ceil(2);
    let lower = (0..half).map(|n| [go.get(n).cloned(), go.get(half + n).cloned()]);
    upper.chain([[None, None]]).chain(lower).collect()
}

//! What lies over the messages: the menu of a completion, the room switcher.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;

use super::glyph::Row;
use super::{paint, rooms};
use crate::client::app::{App, Found, Switcher, To};
use crate::client::editor::Completion;
use crate::client::theme::{Role, Theme, Tint};
use crate::client::touch::{Spot, Touch};

/// Cells of the room switcher.
const SWITCHER_WIDTH: u16 = 48;
/// Most rows of the menu of a completion.
const MENU_ROWS_MAX: u16 = 8;
/// Most cells of an entry of that menu.
const MENU_WIDTH_MAX: u16 = 76;

/// Empties an area for an overlay; where there is no ground to tell it by, it gets a frame. Returns its inside.
pub(super) fn lay(theme: &Theme, area: Rect, buffer: &mut Buffer) -> Rect {
    paint::clear(buffer, area, theme.tint(Tint::Raised));
    let inner = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    if theme.is_tinted() || area.width < 3 || area.height < 3 {
        return inner;
    }
    let style = theme.role(Role::Rule);
    let (left, right, top, bottom) = (area.x, area.right() - 1, area.y, area.bottom() - 1);
    for y in [top, bottom] {
        paint::across(buffer, left, right, y, '─', style);
    }
    for x in [left, right] {
        paint::down(buffer, x, top, area.bottom(), style);
    }
    for (x, y, sign) in [(left, top, '┌'), (right, top, '┐'), (left, bottom, '└'), (right, bottom, '┘')]
    {
        paint::put(buffer, x, y, sign, style);
    }
    Rect { y: top + 1, height: area.height - 2, ..inner }
}

/// Draws the menu of a completion: above the input, its left edge at the word (a column of the screen).
pub(super) fn draw_completion(
    completion: &Completion,
    theme: &Theme,
    column: u16,
    messages: Rect,
    screen: Rect,
    touch: &mut Touch,
    buffer: &mut Buffer,
) {
    let wide = |text: &str| Row::of(text, theme.tint(Tint::Raised)).width();
    let text_width = completion
        .matches
        .iter()
        .map(|entry| wide(&entry.shown()))
        .max()
        .unwrap_or(0)
        .min(MENU_WIDTH_MAX / 2);
    let note_width = completion.matches.iter().map(|entry| wide(&entry.note)).max().unwrap_or(0);
    let gap = if note_width > 0 { 2 } else { 0 };
    let frame = if theme.is_tinted() { 0 } else { 2 };
    let width = (text_width + gap + note_width + 2).min(MENU_WIDTH_MAX).min(screen.width);
    let count = u16::try_from(completion.matches.len()).unwrap_or(u16::MAX);
    let height = (count.min(MENU_ROWS_MAX) + frame).min(messages.height);
    let x = column.saturating_sub(1).min(screen.right().saturating_sub(width)).max(screen.x);
    let area = Rect { x, y: messages.bottom() - height, width, height };
    if area.is_empty() {
        return;
    }
    let inner = lay(theme, area, buffer);
    let shown = usize::from(inner.height);
    let first = (completion.chosen + 1).saturating_sub(shown);
    let entries = completion.matches.iter().enumerate().skip(first);
    for ((number, entry), y) in entries.zip(inner.top()..inner.bottom()) {
        let tint = if number == completion.chosen { Tint::Select } else { Tint::Raised };
        let x = if theme.is_tinted() { area.x } else { inner.x };
        let row = Rect { x, y, width: if theme.is_tinted() { area.width } else { inner.width }, height: 1 };
        buffer.set_style(row, theme.tint(tint));
        touch.put(y, row.x..row.right(), Spot::Choice(number));
        let text = Row::of(&entry.shown(), theme.on(tint, Role::Fg)).cut(text_width);
        text.draw(buffer, inner.x, y, inner.right());
        Row::of(&entry.note, theme.on(tint, Role::Muted))
            .cut(inner.width.saturating_sub(text_width + gap))
            .draw(buffer, inner.x + text_width + gap, y, inner.right());
    }
}

/// Draws the room switcher from the third row on, and says where the cursor is to be. On a screen too small for it,
/// it takes all between title and status.
pub(super) fn draw_switcher(
    app: &App,
    switcher: &Switcher,
    theme: &Theme,
    middle: Rect,
    touch: &mut Touch,
    buffer: &mut Buffer,
) -> Option<Position> {
    let found = app.switcher_found(switcher);
    let frame = if theme.is_tinted() { 0 } else { 2 };
    let wanted = u16::try_from(found.len().max(1)).unwrap_or(u16::MAX).saturating_add(2 + frame);
    let width = SWITCHER_WIDTH.min(middle.width);
    let top = middle.y + u16::from(wanted < middle.height);
    let height = wanted.min(middle.bottom() - top);
    let area = Rect { x: middle.x + (middle.width - width) / 2, y: top, width, height };
    if area.is_empty() {
        return None;
    }
    (area.top()..area.bottom()).for_each(|y| touch.put(y, area.x..area.right(), Spot::Cover));
    let inner = lay(theme, area, buffer);
    let ink = |role| theme.on(Tint::Raised, role);
    let mut y = inner.y;
    if inner.height > 2 {
        let title = Row::of("Go to", ink(Role::Strong).add_modifier(Modifier::BOLD));
        title.draw(buffer, inner.x, y, inner.right());
        y += 1;
    }
    let before = Row::of("› ", ink(Role::Accent))
        .and(&switcher.query.text()[..switcher.query.cursor()], ink(Role::Fg));
    let after = Row::of(&switcher.query.text()[switcher.query.cursor()..], ink(Role::Fg));
    let cursor = Position::new((inner.x + before.width()).min(inner.right().saturating_sub(1)), y);
    before.with(&after).cut(inner.width).draw(buffer, inner.x, y, inner.right());
    y += 1;
    let chosen = switcher.chosen(found.len());
    let shown = usize::from(inner.bottom().saturating_sub(y));
    if found.is_empty() {
        Row::of("nothing here is called that", ink(Role::Muted)).draw(buffer, inner.x, y, inner.right());
    }
    let first = (chosen + 1).saturating_sub(shown);
    for ((number, found), y) in found.iter().enumerate().skip(first).zip(y..inner.bottom()) {
        let (x, width) = if theme.is_tinted() { (area.x, area.width) } else { (inner.x, inner.width) };
        let tint = if number == chosen { Tint::Select } else { Tint::Raised };
        buffer.set_style(Rect { x, y, width, height: 1 }, theme.tint(tint));
        let spot = match &found.to {
            To::Window(at) => app.windows().get(*at).map(|window| Spot::Room(window.name.as_str().into())),
            To::Person(nick) => Some(Spot::Person(nick.clone())),
        };
        spot.into_iter().for_each(|spot| touch.put(y, x..x + width, spot));
        draw_found(app, found, theme, tint, Rect { y, height: 1, ..inner }, buffer);
    }
    Some(cursor)
}

fn draw_found(app: &App, found: &Found, theme: &Theme, tint: Tint, row: Rect, buffer: &mut Buffer) {
    let count = match found.to {
        To::Window(at) => {
            let Some(window) = app.windows().get(at) else { return };
            rooms::count(window.mentions, window.unread, &|role| theme.on(tint, role))
        }
        To::Person(_) => Row::of("write to", theme.on(tint, Role::Muted)),
    };
    let count_at = row.right().saturating_sub(count.width());
    let mut name = Row::of(&app.found_name(found), theme.on(tint, Role::Fg));
    for at in &found.letters {
        name.patch_bytes(*at..*at + 1, theme.on(tint, Role::Accent));
    }
    name.cut(count_at.saturating_sub(row.x + 1)).draw(buffer, row.x, row.y, count_at);
    count.draw(buffer, count_at, row.y, row.right());
}

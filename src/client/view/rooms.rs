//! The list of rooms, and its short form for windows in which it has no place.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::glyph::Row;
use super::paint;
use crate::client::app::App;
use crate::client::theme::{Role, Theme, Tint};
use crate::client::touch::{Spot, Touch};
use crate::client::window::{Window, With};

/// Fewest rows of the list in which rows are given to sums of what is not shown.
const ROWS_TO_SUM: usize = 4;
/// The highest count that is shown; of more nobody wants to know how many.
const COUNT_MAX: usize = 999;

/// Draws the list: digit, name, count; channels, a blank row, people. The server's window stands at the end while it
/// has something to say. `ground`: what lies under it.
pub(super) fn draw(
    app: &App,
    theme: &Theme,
    area: Rect,
    ground: Option<Tint>,
    touch: &mut Touch,
    buffer: &mut Buffer,
) {
    let items = items(app);
    let height = usize::from(area.height);
    let current = items.iter().position(|item| *item == Some(app.current())).unwrap_or(0);
    // The row of the current room is neither the first nor the last one if more are behind that.
    let first = (current + 2).saturating_sub(height).min(items.len().saturating_sub(height));
    let end = (first + height).min(items.len());
    let (above, below) = (height >= ROWS_TO_SUM && first > 0, height >= ROWS_TO_SUM && end < items.len());
    for (at, y) in (first..end).zip(area.top()..area.bottom()) {
        let row = Rect { y, height: 1, ..area };
        if above && at == first {
            draw_rest(app, theme, &items[..=at], row, ground, buffer);
        } else if below && at + 1 == end {
            draw_rest(app, theme, &items[at..], row, ground, buffer);
        } else if let Some(number) = items[at] {
            draw_room(app, theme, number, row, ground, buffer);
            touch.put(y, row.x..row.right(), Spot::Room(app.windows()[number].name.as_str().into()));
        }
    }
}

/// Those that have no row: how many, and at the right how much is new in them.
fn draw_rest(
    app: &App,
    theme: &Theme,
    rest: &[Option<usize>],
    row: Rect,
    ground: Option<Tint>,
    buffer: &mut Buffer,
) {
    let ink = |role| ground.map_or(theme.role(role), |tint| theme.on(tint, role));
    let windows: Vec<&Window> = rest.iter().flatten().filter_map(|at| app.windows().get(*at)).collect();
    let mentions = windows.iter().map(|window| window.mentions).sum();
    let unread = windows.iter().map(|window| window.unread).sum();
    let right = row.right().saturating_sub(1);
    let count = count(mentions, unread, &ink);
    let count_at = right.saturating_sub(count.width());
    Row::of(&format!("+ {} more", windows.len()), ink(Role::Muted)).draw(buffer, row.x + 1, row.y, count_at);
    count.draw(buffer, count_at, row.y, right);
}

/// The numbers of the windows in the order of the list; `None` is a blank row.
fn items(app: &App) -> Vec<Option<usize>> {
    let windows = app.windows();
    let of = |with: With| (0..windows.len()).filter(move |at| windows[*at].with == with);
    let speaks = |at: &usize| *at == app.current() || windows[*at].unread > 0;
    let mut items: Vec<Option<usize>> = Vec::new();
    for group in
        [of(With::Channel).collect(), of(With::Person).collect(), of(With::Server).filter(speaks).collect()]
    {
        let group: Vec<usize> = group;
        if !items.is_empty() && !group.is_empty() {
            items.push(None);
        }
        items.extend(group.into_iter().map(Some));
    }
    items
}

fn draw_room(app: &App, theme: &Theme, number: usize, row: Rect, ground: Option<Tint>, buffer: &mut Buffer) {
    let window = &app.windows()[number];
    let is_current = number == app.current();
    let ground = if is_current { Some(Tint::Select) } else { ground };
    let ink = |role| ground.map_or(theme.role(role), |tint| theme.on(tint, role));
    if is_current {
        buffer.set_style(row, theme.tint(Tint::Select));
    }
    let right = row.right().saturating_sub(1);
    if number <= 9 {
        Row::of(&number.to_string(), ink(Role::Quiet)).draw(buffer, row.x + 1, row.y, right);
    }
    // A muted room counts, but nothing of it stands out.
    let count_ink = |role| ink(if window.muted { Role::Quiet } else { role });
    let count = if is_current { Row::default() } else { count(window.mentions, window.unread, &count_ink) };
    let count_at = right.saturating_sub(count.width());
    let name_end = if count.is_empty() { right } else { count_at.saturating_sub(1) };
    let style = match (is_current, window.unread > 0) {
        (true, _) => ink(Role::Strong).add_modifier(Modifier::BOLD),
        (false, _) if window.muted => ink(Role::Quiet),
        (false, true) => ink(Role::Strong),
        (false, false) => ink(Role::Muted),
    };
    let name = Row::of(&window.name, style).cut(name_end.saturating_sub(row.x + 3));
    name.draw(buffer, row.x + 3, row.y, name_end);
    count.draw(buffer, count_at, row.y, right);
}

/// `@2` for those that name the reader, else `17`, else nothing.
pub(super) fn count(mentions: usize, unread: usize, ink: &impl Fn(Role) -> Style) -> Row {
    if mentions > 0 {
        Row::of(&format!("@{}", capped(mentions)), ink(Role::Mention))
    } else if unread > 0 {
        Row::of(&capped(unread), ink(Role::Muted))
    } else {
        Row::default()
    }
}

fn capped(count: usize) -> String {
    if count > COUNT_MAX { format!("{COUNT_MAX}+") } else { count.to_string() }
}

/// The rooms with something new in one row, `2 17  3 @2`, for the status line; two blanks before each. As many as
/// have room in so many cells. Also which cells stand for which window.
pub(super) fn folded(app: &App, theme: &Theme, width: u16) -> (Row, Vec<(Range<u16>, usize)>) {
    let ink = |role| theme.on(Tint::Bar, role);
    let mut row = Row::default();
    let mut places = Vec::new();
    for (number, window) in app.windows().iter().enumerate() {
        let ink = |role| ink(if window.muted { Role::Quiet } else { role });
        let count = count(window.mentions, window.urgent(), &ink);
        if number != app.current() && !count.is_empty() {
            let style = ink(if window.mentions > 0 { Role::Mention } else { Role::Muted });
            let room = Row::of(&format!("  {number} "), style).with(&count);
            if row.width() + room.width() > width {
                break;
            }
            let from = row.width() + 2;
            row.append(&room);
            places.push((from..row.width(), number));
        }
    }
    (row, places)
}

/// How much is new elsewhere, all rooms together: `@3 17`.
pub(super) fn sums(app: &App, theme: &Theme) -> Row {
    let others = || app.windows().iter().enumerate().filter(|(number, _)| *number != app.current());
    let mentions: usize = others().map(|(_, window)| window.mentions).sum();
    let unread: usize = others().map(|(_, window)| window.urgent().saturating_sub(window.mentions)).sum();
    let mut row = Row::default();
    if mentions > 0 {
        row = row.and(&format!("@{}", capped(mentions)), theme.on(Tint::Bar, Role::Mention));
    }
    if unread > 0 {
        let blank = if row.is_empty() { "" } else { " " };
        row = row.and(&format!("{blank}{}", capped(unread)), theme.on(Tint::Bar, Role::Muted));
    }
    row
}

/// The list over the messages, from the left, where it is folded.
pub(super) fn draw_over(
    app: &App,
    theme: &Theme,
    width: u16,
    messages: Rect,
    touch: &mut Touch,
    buffer: &mut Buffer,
) {
    let area = Rect { width: width.min(messages.width), ..messages };
    paint::clear(buffer, area, theme.tint(Tint::Raised));
    if !theme.is_tinted() {
        paint::down(
            buffer,
            area.right().saturating_sub(1),
            area.top(),
            area.bottom(),
            theme.role(Role::Rule),
        );
    }
    (area.top()..area.bottom()).for_each(|y| touch.put(y, area.x..area.right(), Spot::Cover));
    draw(app, theme, area, Some(Tint::Raised), touch, buffer);
}

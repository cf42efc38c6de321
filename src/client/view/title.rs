//! The title: the room, its topic, how many are in it; in a low window also the counts and what is momentary.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::glyph::Row;
use super::ink::Ink;
use super::{paint, rooms, status};
use crate::client::app::App;
use crate::client::session::Channel;
use crate::client::theme::{Role, Theme, Tint};
use crate::client::touch::{Hyperlink, Spot, Touch};

/// Of which entry the links of the topic are said to be: of none that there is.
const TOPIC: u64 = u64::MAX;

/// Draws the title. `alone`: there is no status line, so the title says what it would.
pub(super) fn draw(
    app: &App,
    theme: &Theme,
    area: Rect,
    alone: bool,
    touch: &mut Touch,
    buffer: &mut Buffer,
) {
    let on = |role| theme.on(Tint::Bar, role);
    paint::clear(buffer, area, theme.tint(Tint::Bar));
    let window = app.window();
    let (left, right) = (area.left() + 1, area.right().saturating_sub(1));
    let end = if alone { rooms::sums(app, theme) } else { people(app, theme) };
    let end_at = right.saturating_sub(end.width()).max(left);
    let name =
        Row::of(&window.name, on(Role::Strong).add_modifier(Modifier::BOLD)).cut((area.width / 2).max(1));
    let after_name = name.draw(buffer, left, area.y, right) + 2;
    let gap = if alone { 2 } else { 3 };
    let room = end_at.saturating_sub(if end.is_empty() { 0 } else { gap }).saturating_sub(after_name);
    let middle = status::momentary(app, theme).filter(|_| alone).unwrap_or_else(|| topic(app, theme));
    let middle = middle.cut(room);
    middle.draw(buffer, after_name, area.y, right);
    touch.put(area.y, area.x..area.right(), Spot::Title);
    for (place, link) in middle.links(after_name, right) {
        let id = (TOPIC, link.number);
        touch.put(area.y, place, Spot::Link(Hyperlink { uri: Arc::clone(&link.uri), id }));
    }
    if end_at >= after_name {
        end.draw(buffer, end_at, area.y, right);
    }
}

fn topic(app: &App, theme: &Theme) -> Row {
    let ink =
        Ink { theme, base: theme.on(Tint::Bar, Role::Muted), tint: Some(Tint::Bar), nick: "", words: &[] };
    app.channel(app.window()).map(|channel| ink.line(&channel.topic.text)).unwrap_or_default()
}

fn people(app: &App, theme: &Theme) -> Row {
    let count = match app.channel(app.window()).map(Channel::len) {
        None | Some(0) => return Row::default(),
        Some(1) => "1 person".to_owned(),
        Some(count) => format!("{count} people"),
    };
    Row::of(&count, theme.on(Tint::Bar, Role::Muted))
}

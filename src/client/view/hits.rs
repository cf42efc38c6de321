//! What a search has found: the list of it at the left, and the words lit up where they were said.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::glyph::Row;
use super::ink::Ink;
use super::{areas, clock};
use crate::client::app::{App, Hit, Search, Wanted};
use crate::client::theme::{Role, Theme, Tint};
use crate::irc::text::plain;

/// Rows of a hit in the list: who and when; what.
const ROWS: u16 = 2;
/// How much of a text that is too long stands in front of the word that was found, as a part of the width.
const BEFORE: u16 = 4;

/// The list, if there is something in it and room for it: the search, and how many cells it has.
pub(super) fn list(app: &App, width: u16) -> Option<(&Search, u16)> {
    let search = app.search().filter(|search| search.chosen().is_some())?;
    Some((search, areas::hits_width(width)?))
}

/// Draws the list, oldest first as in the messages; what is shown is in the middle.
pub(super) fn draw(app: &App, theme: &Theme, search: &Search, area: Rect, buffer: &mut Buffer) {
    let shown = usize::from(area.height / ROWS);
    let chosen = search.chosen().unwrap_or_default();
    let first = chosen.saturating_sub(shown / 2).min(search.hits().len().saturating_sub(shown));
    for ((number, hit), row) in search.hits().iter().enumerate().skip(first).take(shown).zip(0..) {
        let area = Rect { y: area.y + row * ROWS, height: ROWS, ..area };
        draw_hit(app, theme, search.wanted(), hit, number == chosen, area, buffer);
    }
}

fn draw_hit(
    app: &App,
    theme: &Theme,
    wanted: &Wanted,
    hit: &Hit,
    is_chosen: bool,
    area: Rect,
    buffer: &mut Buffer,
) {
    let tint = is_chosen.then_some(Tint::Select);
    let ink = |role| tint.map_or(theme.role(role), |tint| theme.on(tint, role));
    if let Some(tint) = tint {
        buffer.set_style(area, theme.tint(tint));
    }
    let (left, right) = (area.x + 1, area.right().saturating_sub(1));
    let time = Row::of(&clock::short(hit.at, app), ink(Role::Quiet));
    let place = Row::of(&plain(&hit.place), ink(Role::Muted)).cut(area.width / 3);
    let place_at = right.saturating_sub(place.width());
    let who_at = time.draw(buffer, left, area.y, right) + 1;
    let who = Row::of(&hit.who, theme.name(&hit.who)).cut(place_at.saturating_sub(who_at + 1));
    who.draw(buffer, who_at, area.y, place_at);
    place.draw(buffer, place_at, area.y, right);
    let ink = Ink { theme, base: ink(Role::Fg), tint, nick: "", words: &[] };
    let mut text = ink.line(&hit.text.replace('\n', " "));
    light(&mut text, wanted, lit(theme, is_chosen));
    excerpt(text, wanted, right.saturating_sub(left)).draw(buffer, left, area.y + 1, right);
}

/// The part of a text that has the first word that was found in it.
fn excerpt(text: Row, wanted: &Wanted, width: u16) -> Row {
    let first = wanted.marks(text.text()).into_iter().map(|mark| mark.start).min().unwrap_or_default();
    let (mut byte, mut column) = (0, 0);
    let columns: Vec<(usize, u16)> = text
        .glyphs()
        .map(|(cluster, glyph)| {
            let place = (byte, column);
            (byte, column) = (byte + cluster.len(), column + glyph.width);
            place
        })
        .collect();
    let found = columns.iter().find(|(byte, _)| *byte >= first).map_or(0, |(_, column)| *column);
    // What has room from the beginning begins there.
    if text.width() <= width || found < width / 2 {
        return text.cut(width);
    }
    let from = columns.partition_point(|(_, column)| *column + width / BEFORE < found);
    let style = text.glyphs().next().map_or(Style::new(), |(_, glyph)| glyph.style);
    Row::of("…", style).with(&text.slice(from, columns.len())).cut(width)
}

/// How the words of a hit are lit up.
pub(super) fn lit(theme: &Theme, is_chosen: bool) -> Style {
    if is_chosen { theme.role(Role::Mention).add_modifier(Modifier::REVERSED) } else { theme.tint(Tint::Hit) }
}

/// Lights up the words that were looked for.
pub(super) fn light(row: &mut Row, wanted: &Wanted, style: Style) {
    for mark in wanted.marks(row.text()) {
        row.patch_bytes(mark, style);
    }
}

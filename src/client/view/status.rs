//! The status line: who one is, what is momentary (one thing, the most urgent), the time.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::glyph::Row;
use super::{clock, paint, rooms};
use crate::client::app::{App, Status};
use crate::client::theme::{Role, Theme, Tint};
use crate::client::touch::{Spot, Touch};

/// Draws the status line. `rooms_folded`: it carries the counts of the rooms too.
pub(super) fn draw(
    app: &App,
    theme: &Theme,
    area: Rect,
    rooms_folded: bool,
    touch: &mut Touch,
    buffer: &mut Buffer,
) {
    paint::clear(buffer, area, theme.tint(Tint::Bar));
    let (left, right) = (area.left() + 1, area.right().saturating_sub(1));
    let time = Row::of(&clock::time(app.now(), app), theme.on(Tint::Bar, Role::Quiet));
    let time_at = right.saturating_sub(time.width()).max(left);
    let room = time_at.saturating_sub(left + 2);
    let mut row = Row::of(app.nick(), theme.on(Tint::Bar, Role::Accent)).cut(area.width / 4);
    let momentary = momentary(app, theme).map(|text| Row::of("   ", theme.tint(Tint::Bar)).with(&text));
    let momentary = momentary.unwrap_or_default();
    if rooms_folded {
        // What is momentary is the more urgent: the counts take what it leaves.
        let (rooms, places) = rooms::folded(app, theme, room.saturating_sub(row.width() + momentary.width()));
        let from = left + row.width();
        for (place, number) in places {
            let name = app.windows()[number].name.as_str().into();
            touch.put(area.y, from + place.start..from + place.end, Spot::Room(name));
        }
        row.append(&rooms);
    }
    row.with(&momentary).cut(room).draw(buffer, left, area.y, right);
    time.draw(buffer, time_at, area.y, right);
}

/// What is momentary, if anything is.
pub(super) fn momentary(app: &App, theme: &Theme) -> Option<Row> {
    let (role, text) = match app.status() {
        Status::Quiet => return None,
        Status::Typing(who) => (Role::Muted, typing(&who)),
        Status::Question(text) => (Role::Strong, text),
        Status::Error(text) => (Role::Error, if theme.is_tinted() { text } else { format!("! {text}") }),
        Status::Info(text) => (Role::Muted, text),
        Status::Back { after, sent } => (Role::Ok, back(after, sent)),
        Status::Offline { next, for_good, waiting } => {
            let doing = match next {
                _ if for_good => "Enter to connect".to_owned(),
                None => "trying now".to_owned(),
                Some(next) => format!("next try in {} s", next.since(app.now()).as_millis().div_ceil(1000)),
            };
            let waiting = match waiting {
                0 => String::new(),
                1 => " · 1 line waits".to_owned(),
                count => format!(" · {count} lines wait"),
            };
            (Role::Mention, format!("○ offline · {doing}{waiting}"))
        }
    };
    Some(Row::of(&text, theme.on(Tint::Bar, role)))
}

fn typing(who: &[String]) -> String {
    match who {
        [one] => format!("{one} is typing"),
        [one, other] => format!("{one} and {other} are typing"),
        many => format!("{} are typing", many.len()),
    }
}

fn back(after: Duration, sent: usize) -> String {
    let seconds = after.as_secs();
    let after = if seconds < 120 { format!("{seconds} s") } else { format!("{} min", seconds / 60) };
    if sent == 0 { format!("● back after {after}") } else { format!("● back after {after}, {sent} sent") }
}

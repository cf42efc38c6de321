//! The list of the people in a channel.

use std::sync::Arc;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::glyph::Row;
use super::paint;
use crate::client::app::App;
use crate::client::theme::{Role, Theme, Tint};
use crate::client::touch::{Spot, Touch};

/// For how long somebody who said something is not silent.
pub(super) const SPOKE_LATELY: Duration = Duration::from_secs(10 * 60);

/// Draws the list: operators first, then by name; names without hue. `ground`: what lies under it.
pub(super) fn draw(
    app: &App,
    theme: &Theme,
    area: Rect,
    ground: Option<Tint>,
    touch: &mut Touch,
    buffer: &mut Buffer,
) {
    let Some(channel) = app.channel(app.window()) else { return };
    let ink = |role| ground.map_or(theme.role(role), |tint| theme.on(tint, role));
    let height = usize::from(area.height);
    let shown = if channel.len() > height { height.saturating_sub(1) } else { height };
    let right = area.right().saturating_sub(1);
    for (member, y) in channel.ranked().take(shown).zip(area.top()..area.bottom()) {
        if let Some(sign) = app.session().prefixes().sign(member.prefixes) {
            Row::of(sign.encode_utf8(&mut [0; 4]), ink(Role::Quiet)).draw(buffer, area.x, y, right);
        }
        let style = if member.away {
            ink(Role::Quiet).add_modifier(Modifier::ITALIC)
        } else if member.spoke.millis() > 0 && app.now().since(member.spoke) < SPOKE_LATELY {
            ink(Role::Fg)
        } else {
            ink(Role::Muted)
        };
        let name = Row::of(&member.nick, style).cut(right.saturating_sub(area.x + 1));
        name.draw(buffer, area.x + 1, y, right);
        touch.put(y, area.x..area.right(), Spot::Person(Arc::clone(&member.nick)));
    }
    if channel.len() > shown && area.height > 0 {
        let more = Row::of(&format!("+ {} more", channel.len() - shown), ink(Role::Muted));
        more.cut(right.saturating_sub(area.x + 1)).draw(buffer, area.x + 1, area.bottom() - 1, right);
    }
}

/// The list over the messages, from the right, where it is folded.
pub(super) fn draw_over(
    app: &App,
    theme: &Theme,
    width: u16,
    messages: Rect,
    touch: &mut Touch,
    buffer: &mut Buffer,
) {
    // One blank inside on each side, and the sign in front of the names.
    let width = (width + 3).min(messages.width);
    let area = Rect { x: messages.right() - width, width, ..messages };
    paint::clear(buffer, area, theme.tint(Tint::Raised));
    if !theme.is_tinted() {
        paint::down(buffer, area.left(), area.top(), area.bottom(), theme.role(Role::Rule));
    }
    let inner = Rect { x: area.x + 1, width: area.width.saturating_sub(1), ..area };
    (area.top()..area.bottom()).for_each(|y| touch.put(y, area.x..area.right(), Spot::Cover));
    draw(app, theme, inner, Some(Tint::Raised), touch, buffer);
}

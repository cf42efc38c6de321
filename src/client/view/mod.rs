//! The screen as a function of the client's state: [`view`] draws what the [`App`] is, and nothing here changes it.
//!
//! What others wrote reaches the screen through `glyph` alone; where everything stands is decided in `areas` alone.

mod areas;
mod clock;
mod first;
mod glyph;
mod heal;
mod hits;
mod ink;
mod input;
mod messages;
mod overlay;
mod paint;
mod people;
mod plain;
mod rooms;
mod sheet;
mod status;
mod title;
mod widths;
mod wrap;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::app::{App, Overlay, Screen};
use super::theme::{Role, Theme};
use super::window::Drawn;
use areas::{Areas, Sidebars};

pub use heal::Healing;
pub use plain::Lines;
pub use widths::{PROBES, follow};

/// Draws the whole screen, and says what of the current window it shows, to be handed back as `Event::Drawn`.
pub fn view(app: &App, theme: &Theme, frame: &mut Frame<'_>) -> Drawn {
    let area = frame.area();
    let (drawn, cursor) = draw(app, theme, area, frame.buffer_mut());
    if let Some(cursor) = cursor {
        frame.set_cursor_position(cursor);
    }
    drawn
}

/// Draws the whole screen into a buffer; also says where the cursor is to be.
pub fn draw(app: &App, theme: &Theme, screen: Rect, buffer: &mut Buffer) -> (Drawn, Option<Position>) {
    if screen.is_empty() {
        return (Drawn::default(), None);
    }
    buffer.set_style(screen, theme.role(Role::Fg));
    let (drawn, cursor) = match app.screen() {
        Screen::Form(form) => (Drawn::default(), first::draw_form(app, theme, form, screen, buffer)),
        Screen::Connecting(connecting) => {
            first::draw_connecting(app, theme, connecting, screen, buffer);
            (Drawn::default(), None)
        }
        Screen::Rooms => draw_rooms(app, theme, screen, buffer),
    };
    (drawn, cursor.filter(|cursor| screen.contains(*cursor)))
}

fn draw_rooms(app: &App, theme: &Theme, screen: Rect, buffer: &mut Buffer) -> (Drawn, Option<Position>) {
    let typed = input::typed(app, theme, screen.width);
    let widths = areas::list_widths(screen.width);
    let (wide, lists) = (areas::standing(screen.width), app.lists_stand());
    let standing = (wide.0 && lists.0, wide.1 && lists.1);
    let has_people = app.channel(app.window()).is_some();
    let hits = hits::list(app, screen.width).filter(|_| !app.rooms_turned());
    // What was found needs more room than the rooms do: the people give it.
    let has_room = hits.is_none() || areas::is_wide(screen.width);
    let sidebars = Sidebars {
        rooms: match hits {
            Some((_, width)) => Some(width),
            None => (standing.0 && !app.rooms_turned()).then_some(widths.0),
        },
        people: (standing.1 && has_room && !app.people_turned()).then_some(widths.1),
    };
    let areas = Areas::of(screen, typed.height(), sidebars);
    let is_low = areas.status.is_none();
    if let Some(area) = areas.title {
        title::draw(app, theme, area, is_low, buffer);
    }
    draw_sidebars(app, theme, &areas, screen.width, buffer);
    let columns = areas.columns(clock::width(app.settings().time));
    let drawn = messages::draw(app, theme, areas.messages, columns, is_low, buffer);
    if let Some(area) = areas.status {
        status::draw(app, theme, area, areas.rooms.is_none(), buffer);
    }
    if app.rooms_turned() && !standing.0 {
        rooms::draw_over(app, theme, widths.0, areas.messages, buffer);
    }
    if app.people_turned() && !standing.1 && has_people {
        people::draw_over(app, theme, widths.1, areas.messages, buffer);
    }
    let mut cursor = input::draw(app, theme, &typed, areas.input, buffer);
    match app.overlay() {
        Some(Overlay::Help { from }) => sheet::draw(app.keys(), *from, theme, areas.middle, buffer),
        Some(Overlay::Switcher(switcher)) => {
            cursor = overlay::draw_switcher(app, switcher, theme, areas.middle, buffer);
        }
        None => {}
    }
    if let Some(completion) = app.editor().completion() {
        let column = screen.x + input::indent(screen.width) + typed.place(completion.start).0;
        overlay::draw_completion(completion, theme, column, areas.middle, screen, buffer);
    }
    (drawn, cursor)
}

/// Draws the standing lists and the rules beside them.
fn draw_sidebars(app: &App, theme: &Theme, areas: &Areas, width: u16, buffer: &mut Buffer) {
    let rule = theme.role(Role::Rule);
    // Where there is room, the lists have a blank row above them.
    let (blank, _) = areas::standing(width);
    let inner = |area: Rect| {
        let top = u16::from(blank).min(area.height);
        Rect { y: area.y + top, height: area.height - top, ..area }
    };
    if let Some(area) = areas.rooms {
        paint::down(buffer, area.right(), area.top(), area.bottom(), rule);
        match hits::list(app, width) {
            Some((search, _)) => hits::draw(app, theme, search, inner(area), buffer),
            None => rooms::draw(app, theme, inner(area), None, buffer),
        }
    }
    if let Some(area) = areas.people {
        paint::down(buffer, area.x - 1, area.top(), area.bottom(), rule);
        people::draw(app, theme, inner(area), None, buffer);
    }
}

//! The screen as a function of the client's state: [`view`] draws what the [`App`] is, and nothing here changes it.
//!
//! What others wrote reaches the screen through `glyph` alone; where everything stands is decided in `areas` alone.

mod areas;
mod clock;
mod first;
mod glyph;
mod guard;
mod heal;
mod held;
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
use ratatui::style::Modifier;

use super::app::{App, Overlay, Screen};
use super::theme::{Role, Theme, Tint};
use super::touch::{HINTS, Hyperlink, Place, Touch};
use super::window::Drawn;
use areas::{Areas, Sidebars};

pub use heal::Healing;
pub use held::Held;
pub use plain::Lines;
pub use widths::{PROBES, follow};

/// What a frame shows.
#[derive(Debug, Default)]
pub struct Shown {
    /// What of the current window, to be handed back as `Event::Drawn`.
    pub drawn: Drawn,
    /// What can be touched, to be handed back as `Event::Touchable`.
    pub touch: Touch,
    /// The links that can be seen, for [`Healing::show`].
    pub links: Vec<(Place, Hyperlink)>,
    /// Where the cursor is to be.
    pub cursor: Option<Position>,
}

/// Draws the whole screen into a buffer. `held` knows the frame before, and is told of this one; `terminal`: what that
/// shows, if its messages are to stand there once more instead of those that there are now.
pub fn show(
    app: &App,
    theme: &Theme,
    held: &mut Held,
    terminal: Option<&Buffer>,
    screen: Rect,
    buffer: &mut Buffer,
) -> Shown {
    let mut shown = Shown::default();
    if screen.is_empty() {
        return shown;
    }
    buffer.set_style(screen, theme.role(Role::Fg));
    match app.screen() {
        Screen::Form(form) => shown.cursor = first::draw_form(app, theme, form, screen, buffer),
        Screen::Connecting(connecting) => first::draw_connecting(app, theme, connecting, screen, buffer),
        Screen::Rooms => draw_rooms(app, theme, (held, terminal), screen, &mut shown, buffer),
    }
    if !matches!(app.screen(), Screen::Rooms) {
        held.forget();
    }
    shown.cursor = shown.cursor.filter(|cursor| screen.contains(*cursor));
    shown.links = links(&shown.touch, buffer);
    shown
}

/// Draws what a key changes at once, the title and the rows under the messages, if everything else can be left as the
/// frame before had it: rows of the screen, and what is shown with them there.
pub fn show_typed(app: &App, theme: &Theme, held: &Held, screen: Rect) -> Option<(Vec<Buffer>, Shown)> {
    if screen.is_empty() || !matches!(app.screen(), Screen::Rooms) || covers(app, screen.width) {
        return None;
    }
    let typed = input::typed(app, theme, screen.width);
    let areas = areas_of(app, &typed, screen);
    let rest = held.rest(&areas)?;
    let below = areas.middle.bottom();
    let below = Rect { y: below, height: screen.bottom() - below, ..screen };
    let mut parts: Vec<Buffer> = areas.title.into_iter().chain([below]).map(Buffer::empty).collect();
    let mut shown = Shown::default();
    for part in &mut parts {
        part.set_style(part.area, theme.role(Role::Fg));
        if areas.title == Some(part.area) {
            draw_title(app, theme, &areas, &mut shown.touch, part);
        } else {
            draw_status(app, theme, &areas, &mut shown.touch, part);
            shown.cursor = input::draw(app, theme, &typed, areas.input, part);
        }
        shown.links.extend(links(&shown.touch, part));
    }
    shown.touch.extend(rest);
    shown.cursor = shown.cursor.filter(|cursor| screen.contains(*cursor));
    Some((parts, shown))
}

/// The links that can be seen in some rows: a link is underlined, and what may lie over one is not.
fn links(touch: &Touch, buffer: &Buffer) -> Vec<(Place, Hyperlink)> {
    touch.links(|x, y| buffer.cell((x, y)).is_some_and(|cell| cell.modifier.contains(Modifier::UNDERLINED)))
}

/// Draws the whole screen into a buffer, and says what of the current window it shows and where the cursor is to be.
pub fn draw(app: &App, theme: &Theme, screen: Rect, buffer: &mut Buffer) -> (Drawn, Option<Position>) {
    let shown = show(app, theme, &mut Held::default(), None, screen, buffer);
    (shown.drawn, shown.cursor)
}

/// Draws the whole screen, and says what of the current window it shows.
pub fn view(app: &App, theme: &Theme, frame: &mut Frame<'_>) -> Drawn {
    let area = frame.area();
    let (drawn, cursor) = draw(app, theme, area, frame.buffer_mut());
    if let Some(cursor) = cursor {
        frame.set_cursor_position(cursor);
    }
    drawn
}

/// Where everything stands.
fn areas_of(app: &App, typed: &input::Typed, screen: Rect) -> Areas {
    let widths = areas::list_widths(screen.width);
    let standing = standing(app, screen.width);
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
    Areas::of(screen, typed.height(), sidebars)
}

/// Whether the lists stand in a window of this width before anybody turns them around.
fn standing(app: &App, width: u16) -> (bool, bool) {
    let (wide, lists) = (areas::standing(width), app.lists_stand());
    (wide.0 && lists.0, wide.1 && lists.1)
}

/// Which of the lists lie over the messages.
fn lists_over(app: &App, width: u16) -> (bool, bool) {
    let standing = standing(app, width);
    let has_people = app.channel(app.window()).is_some();
    (app.rooms_turned() && !standing.0, app.people_turned() && !standing.1 && has_people)
}

/// Whether something lies over the messages or in the place of a list.
fn covers(app: &App, width: u16) -> bool {
    let is_found = app.search().is_some() || app.editor().completion().is_some();
    is_found || app.overlay().is_some() || app.is_hinting() || lists_over(app, width) != (false, false)
}

fn draw_rooms(
    app: &App,
    theme: &Theme,
    (held, terminal): (&mut Held, Option<&Buffer>),
    screen: Rect,
    shown: &mut Shown,
    buffer: &mut Buffer,
) {
    let touch = &mut shown.touch;
    let typed = input::typed(app, theme, screen.width);
    let widths = areas::list_widths(screen.width);
    let areas = areas_of(app, &typed, screen);
    draw_title(app, theme, &areas, touch, buffer);
    let begin = touch.spots().len();
    draw_sidebars(app, theme, &areas, screen.width, touch, buffer);
    let beside = touch.spots().len() - begin;
    let columns = areas.columns(clock::width(app.settings().time));
    let again = terminal.and_then(|terminal| held.draw(areas.messages, terminal, touch, buffer));
    shown.drawn = again.unwrap_or_else(|| {
        messages::draw(app, theme, areas.messages, columns, areas.status.is_none(), touch, buffer)
    });
    held.keep(areas, &touch.spots()[begin..], beside, shown.drawn);
    held.cover(covers(app, screen.width), areas.messages, buffer);
    draw_status(app, theme, &areas, touch, buffer);
    let over = lists_over(app, screen.width);
    if over.0 {
        rooms::draw_over(app, theme, widths.0, areas.messages, touch, buffer);
    }
    if over.1 {
        people::draw_over(app, theme, widths.1, areas.messages, touch, buffer);
    }
    if app.is_hinting() {
        draw_hints(theme, touch, buffer);
    }
    shown.cursor = input::draw(app, theme, &typed, areas.input, buffer);
    match app.overlay() {
        Some(Overlay::Help { from }) => sheet::draw(app, *from, theme, areas.middle, buffer),
        Some(Overlay::Switcher(switcher)) => {
            shown.cursor = overlay::draw_switcher(app, switcher, theme, areas.middle, touch, buffer);
        }
        Some(Overlay::Guard(guard)) => guard::draw(app, guard, theme, areas.messages, buffer),
        None => {}
    }
    if let Some(completion) = app.editor().completion() {
        let column = screen.x + input::indent(screen.width) + typed.place(completion.start).0;
        overlay::draw_completion(completion, theme, column, areas.middle, screen, touch, buffer);
    }
}

fn draw_title(app: &App, theme: &Theme, areas: &Areas, touch: &mut Touch, buffer: &mut Buffer) {
    if let Some(area) = areas.title {
        title::draw(app, theme, area, areas.status.is_none(), touch, buffer);
    }
}

fn draw_status(app: &App, theme: &Theme, areas: &Areas, touch: &mut Touch, buffer: &mut Buffer) {
    if let Some(area) = areas.status {
        status::draw(app, theme, area, areas.rooms.is_none(), touch, buffer);
    }
}

/// Puts its letter on the first cell of each link.
fn draw_hints(theme: &Theme, touch: &Touch, buffer: &mut Buffer) {
    let style = theme.on(Tint::Select, Role::Strong).add_modifier(Modifier::BOLD);
    for ((place, _), letter) in touch.hints().into_iter().zip(HINTS) {
        if place.columns.start < buffer.area.right() && place.row < buffer.area.bottom() {
            paint::put(buffer, place.columns.start, place.row, letter, style);
        }
    }
}

/// Draws the standing lists and the rules beside them.
fn draw_sidebars(
    app: &App,
    theme: &Theme,
    areas: &Areas,
    width: u16,
    touch: &mut Touch,
    buffer: &mut Buffer,
) {
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
            None => rooms::draw(app, theme, inner(area), None, touch, buffer),
        }
    }
    if let Some(area) = areas.people {
        paint::down(buffer, area.x - 1, area.top(), area.bottom(), rule);
        people::draw(app, theme, inner(area), None, touch, buffer);
    }
}

//! Where everything stands. The columns hang on the size of the window and on nothing else, so that no long nick and
//! no arrival moves the text.

use ratatui::layout::Rect;

use crate::client::app::WIDTHS;

/// From this width on both sidebars stand, and are wide.
const WIDE: u16 = WIDTHS[3];
/// From this width on both sidebars stand.
const BOTH_SIDEBARS: u16 = WIDTHS[2];
/// From this width on the people stand; the rooms are folded into the status line.
const PEOPLE_ONLY: u16 = WIDTHS[1];
/// Under this width a name has a row of its own.
const NARROW: u16 = WIDTHS[0];
/// Under this height there is no status line: what is momentary stands in the title.
const LOW: u16 = 16;
/// Under this height there is no title either.
const FLAT: u16 = 9;
/// Most rows of the input.
const INPUT_ROWS_MAX: u16 = 6;
/// Most cells of a row of text: longer rows are hard to read.
const TEXT_WIDTH_MAX: u16 = 100;
/// Most cells of the list of what was found.
const HITS_WIDTH_MAX: u16 = 44;
/// The least that is left to the messages when somebody brings a sidebar or writes much.
const MESSAGES_MIN: u16 = 30;

/// Which sidebars stand beside the messages, and how wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sidebars {
    pub(super) rooms: Option<u16>,
    pub(super) people: Option<u16>,
}

/// The areas of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Areas {
    pub(super) title: Option<Rect>,
    pub(super) rooms: Option<Rect>,
    pub(super) people: Option<Rect>,
    /// Everything between title and status, in which the rules stand.
    pub(super) middle: Rect,
    pub(super) messages: Rect,
    pub(super) status: Option<Rect>,
    pub(super) input: Rect,
}

/// The columns of the messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    /// Whether a name and its time have a row of their own.
    pub(super) narrow: bool,
    pub(super) time: u16,
    pub(super) name: u16,
    pub(super) name_width: u16,
    pub(super) mark: u16,
    pub(super) text: u16,
    pub(super) text_width: u16,
    /// The column behind the last that may be written to; one blank lies between it and the rule.
    pub(super) right: u16,
}

/// How wide the lists are in a window of this width, as overlays where they are folded.
pub(super) fn list_widths(width: u16) -> (u16, u16) {
    match width {
        WIDE.. => (20, 18),
        BOTH_SIDEBARS.. => (16, 14),
        _ => (16, 12),
    }
}

/// Whether the lists stand in a window of this width before anybody turns them around.
pub(super) fn standing(width: u16) -> (bool, bool) {
    (width >= BOTH_SIDEBARS, width >= PEOPLE_ONLY)
}

/// How wide the list of what was found is in a window of this width, if it has room.
pub(super) fn hits_width(width: u16) -> Option<u16> {
    (width >= BOTH_SIDEBARS).then(|| (width / 3).min(HITS_WIDTH_MAX))
}

/// Whether there is room for everything in a window of this width.
pub(super) fn is_wide(width: u16) -> bool {
    width >= WIDE
}

/// How many rows the input may have in a window of this height.
pub(super) fn input_rows_max(height: u16) -> u16 {
    (height / 3).clamp(1, INPUT_ROWS_MAX)
}

impl Areas {
    /// Divides the screen: the input has so many rows, and these lists stand unless they are turned away.
    pub(super) fn of(screen: Rect, input_rows: u16, sidebars: Sidebars) -> Areas {
        let Rect { x, y, width, height } = screen;
        let input_rows = input_rows.clamp(1, input_rows_max(height)).min(height);
        let title_rows = u16::from(height >= FLAT);
        let status_rows = u16::from(height >= LOW && width >= NARROW);
        let middle_rows = height - input_rows - title_rows - status_rows;
        let middle = Rect { x, y: y + title_rows, width, height: middle_rows };
        let take = |wanted: Option<u16>, left: u16| wanted.filter(|cells| left >= cells + 1 + MESSAGES_MIN);
        let rooms = take(sidebars.rooms, width);
        let left = rooms.map_or(0, |cells| cells + 1);
        let people = take(sidebars.people, width - left);
        let right = people.map_or(0, |cells| cells + 1);
        Areas {
            title: (title_rows > 0).then_some(Rect { height: 1, ..screen }),
            rooms: rooms.map(|cells| Rect { width: cells, ..middle }),
            people: people.map(|cells| Rect { x: x + width - cells, width: cells, ..middle }),
            middle,
            messages: Rect { x: x + left, width: width - left - right, ..middle },
            status: (status_rows > 0).then_some(Rect {
                y: y + title_rows + middle_rows,
                height: 1,
                ..screen
            }),
            input: Rect { y: y + height - input_rows, height: input_rows, ..screen },
        }
    }

    /// The columns of the messages; how wide the names' is hangs on the whole window, how wide
    /// the times' on how they are written.
    pub(super) fn columns(&self, time_width: u16) -> Columns {
        let Rect { x, width, .. } = self.messages;
        let right = x + width.saturating_sub(1);
        if self.input.width < NARROW {
            let text = x + 2;
            let time = right.saturating_sub(time_width).max(x);
            return Columns {
                narrow: true,
                time,
                name: x + 1,
                name_width: time.saturating_sub(x + 2),
                mark: x,
                text,
                text_width: right.saturating_sub(text),
                right,
            };
        }
        let name_width = match self.input.width {
            WIDE.. => 14,
            BOTH_SIDEBARS.. => 12,
            PEOPLE_ONLY.. => 9,
            _ => 8,
        };
        let name = x + 1 + time_width + 1;
        let mark = name + name_width + 1;
        let text = mark + 2;
        let text_width = right.saturating_sub(text).min(TEXT_WIDTH_MAX);
        Columns { narrow: false, time: x + 1, name, name_width, mark, text, text_width, right }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn areas(width: u16, height: u16) -> Areas {
        let (rooms, people) = list_widths(width);
        let (rooms_stand, people_stand) = standing(width);
        let sidebars =
            Sidebars { rooms: rooms_stand.then_some(rooms), people: people_stand.then_some(people) };
        Areas::of(Rect::new(0, 0, width, height), 1, sidebars)
    }

    #[test]
    fn the_text_stands_where_the_width_says() {
        for (width, column) in
            [(200, 46), (140, 46), (139, 40), (100, 40), (99, 20), (76, 20), (75, 19), (50, 19), (49, 3)]
        {
            assert_eq!(areas(width, 40).columns(5).text + 1, column, "{width}");
        }
    }

    #[test]
    fn low_windows_give_their_rows_to_the_messages() {
        let rows = |width, height| areas(width, height).messages.height;
        assert_eq!((rows(120, 40), rows(80, 16), rows(80, 15), rows(80, 9), rows(80, 8)), (37, 13, 13, 7, 7));
        assert_eq!((rows(40, 12), rows(20, 5), rows(20, 1), rows(20, 0)), (10, 4, 0, 0));
    }

    #[test]
    fn every_size_is_divided_without_a_rest() {
        for width in 0..160 {
            for height in 0..45 {
                for input in [1, 3, 20] {
                    let (rooms, people) = list_widths(width);
                    let sidebars = Sidebars { rooms: Some(rooms), people: Some(people) };
                    let areas = Areas::of(Rect::new(0, 0, width, height), input, sidebars);
                    let rows = areas.title.map_or(0, |area| area.height)
                        + areas.messages.height
                        + areas.status.map_or(0, |area| area.height)
                        + areas.input.height;
                    assert_eq!(rows, height);
                    let columns = areas.columns(5);
                    assert!(columns.text + columns.text_width <= width.max(columns.text));
                }
            }
        }
    }
}

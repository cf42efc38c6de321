//! One row of the messages: time, name, mark, text; or a hairline.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::client::entry::EntryId;
use crate::client::theme::{Theme, Tint};
use crate::client::touch::{Hyperlink, Spot, Touch};
use crate::client::view::areas::Columns;
use crate::client::view::glyph::Row;
use crate::client::view::paint;

/// How many cells of a hairline are on the near side of its label.
const HAIRLINE_STUB: u16 = 3;

/// A line from edge to edge with a label in it.
#[derive(Clone, Debug)]
pub(super) struct Hairline {
    pub(super) sign: char,
    pub(super) style: Style,
    pub(super) label: Row,
    /// Whether the label stands near the right end.
    pub(super) at_right: bool,
}

/// One row of the messages.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    pub(super) time: Row,
    pub(super) name: Row,
    pub(super) mark: Row,
    pub(super) text: Row,
    pub(super) tint: Option<Tint>,
    pub(super) hairline: Option<Hairline>,
    /// Whether it belongs to what somebody said or did: at the top edge of the view it then has time and name.
    pub(super) body: bool,
    /// The message that it is a row of.
    pub(super) entry: Option<EntryId>,
    /// Whose name it has.
    pub(super) who: Option<Arc<str>>,
}

impl Line {
    /// Draws it into a row of the area.
    pub(super) fn draw(&self, columns: &Columns, area: Rect, y: u16, theme: &Theme, buffer: &mut Buffer) {
        if let Some(tint) = self.tint {
            buffer.set_style(Rect { y, height: 1, ..area }, theme.tint(tint));
        }
        if let Some(hairline) = &self.hairline {
            return hairline.draw(columns, area, y, buffer);
        }
        self.time.draw(buffer, columns.time, y, columns.right);
        let name = self.name.clone().cut(columns.name_width);
        let name_at =
            if columns.narrow { columns.name } else { columns.name + columns.name_width - name.width() };
        name.draw(buffer, name_at, y, columns.name + columns.name_width);
        self.mark.draw(buffer, columns.mark, y, columns.right);
        self.text.draw(buffer, columns.text, y, columns.text + columns.text_width);
    }

    /// Says what of it can be touched.
    pub(super) fn touch(&self, columns: &Columns, area: Rect, y: u16, touch: &mut Touch) {
        let Some(entry) = self.entry else { return };
        touch.put(y, area.x..area.right(), Spot::Message(entry));
        if let Some(who) = self.who.as_ref().filter(|_| !self.name.is_empty()) {
            let width = self.name.width().min(columns.name_width);
            let at = if columns.narrow { columns.name } else { columns.name + columns.name_width - width };
            touch.put(y, at..at + width, Spot::Person(Arc::clone(who)));
        }
        for (place, link) in self.text.links(columns.text, columns.text + columns.text_width) {
            let id = (entry.number(), link.number);
            touch.put(y, place, Spot::Link(Hyperlink { uri: Arc::clone(&link.uri), id }));
        }
    }
}

impl Hairline {
    fn draw(&self, columns: &Columns, area: Rect, y: u16, buffer: &mut Buffer) {
        let (left, right) = (area.x + 1, columns.right);
        paint::across(buffer, left, right, y, self.sign, self.style);
        if self.label.is_empty() || right <= left + 4 {
            return;
        }
        let blank = Row::of(" ", Style::new());
        let mut label = blank.clone();
        label.append(&self.label.clone().cut(right - left - 4));
        label.append(&blank);
        let at = if self.at_right {
            right.saturating_sub(label.width() + HAIRLINE_STUB - 1).max(left)
        } else {
            (left + HAIRLINE_STUB).min(right.saturating_sub(label.width())).max(left)
        };
        label.draw(buffer, at, y, right);
    }
}

//! An entry, or a run of comings and goings, as the rows it takes: the separators above it, its head, its text.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use ratatui::style::{Modifier, Style};

use super::fold;
use super::line::{Hairline, Line};
use crate::client::app::App;
use crate::client::entry::{Entry, Gap, GapState, Kind, Reaction, State};
use crate::client::keys::{Action, Does};
use crate::client::settings::Comings;
use crate::client::theme::{Role, Theme, Tint};
use crate::client::view::areas::Columns;
use crate::client::view::clock;
use crate::client::view::glyph::Row;
use crate::client::view::hits;
use crate::client::view::ink::Ink;
use crate::client::view::wrap::wrap;
use crate::client::window::{PENDING_SHOWN_AFTER, Past, Window, With};
use crate::irc::name::same;

/// For how long somebody who goes on speaking is not named again.
const SAME_SPEAKER: Duration = Duration::from_secs(5 * 60);

/// Most cells of a reaction.
const REACTION_WIDTH: u16 = 16;

/// All that rows are made from.
pub(super) struct Blocks<'a> {
    pub(super) app: &'a App,
    pub(super) theme: &'a Theme,
    pub(super) window: &'a Window,
    pub(super) columns: Columns,
}

impl Blocks<'_> {
    /// The rows of a block, top to bottom; at least one.
    pub(super) fn lines(&self, block: &Range<usize>) -> Vec<Line> {
        let mut lines = self.separators(block);
        let has_separators = !lines.is_empty();
        let entry = self.entry(block.start);
        match entry.kind {
            Kind::Gap(gap) => lines.push(self.gap(gap)),
            Kind::Beginning => {
                lines.extend(
                    self.plain(&entry.text, self.theme.role(Role::Muted))
                        .map(|text| Line { text, ..Line::default() }),
                );
            }
            _ => {
                let (time, name) = self.head_shown(block, has_separators);
                let mut body = self.body(block);
                let needs_row = self.columns.narrow && !(time.is_empty() && name.is_empty());
                if needs_row {
                    lines.push(Line { time, name, ..self.head_row(entry) });
                } else if let Some(first) = body.first_mut() {
                    (first.time, first.name) = (time, name);
                }
                lines.extend(body);
                self.name_rows(block, &mut lines);
            }
        }
        lines
    }

    /// Says of the rows of a message whose they are, for the hand that touches them.
    fn name_rows(&self, block: &Range<usize>, lines: &mut [Line]) {
        let entry = self.entry(block.start);
        if self.is_folded(block) || !entry.is_speech() {
            return;
        }
        for line in lines.iter_mut().filter(|line| line.body) {
            line.entry = Some(entry.id);
            line.who = (entry.kind == Kind::Message && !entry.own).then(|| Arc::clone(&entry.who));
        }
    }

    /// Time and name of a block, whatever stands above it.
    pub(super) fn head(&self, block: &Range<usize>) -> (Row, Row) {
        let entry = self.entry(block.start);
        let ground = self.tint(entry);
        let on = |role| ground.map_or(self.theme.role(role), |tint| self.theme.on(tint, role));
        let time = Row::of(&clock::time(entry.at, self.app), on(Role::Quiet));
        let hue = self.hue(entry);
        let name = match entry.kind {
            Kind::Message if ground.is_some() => Row::of(&entry.who, hue.add_modifier(Modifier::BOLD)),
            Kind::Message => Row::of(&entry.who, hue),
            Kind::Action if self.columns.narrow => Row::of(&entry.who, hue),
            Kind::Action => Row::of("*", hue),
            Kind::Error => Row::default(),
            _ if self.is_folded(block) => Row::default(),
            _ => Row::of("-", self.theme.role(Role::Muted)),
        };
        (time, name)
    }

    fn entry(&self, at: usize) -> &Entry {
        &self.window.entries()[at]
    }

    /// Whether the block is a row of comings and goings.
    fn is_folded(&self, block: &Range<usize>) -> bool {
        self.app.comings() != Comings::Show && fold::folds(self.window.entries(), block.start)
    }

    /// The entry that stands above a block that is not the first: what is hidden stands nowhere.
    fn above(&self, block: &Range<usize>) -> usize {
        match self.app.comings() {
            Comings::Hide => self.block(block.start - 1).start,
            Comings::Fold | Comings::Show => block.start - 1,
        }
    }

    /// The head as it is shown: the time if the minute is another one than above, the name if it is somebody else.
    fn head_shown(&self, block: &Range<usize>, has_separators: bool) -> (Row, Row) {
        let (mut time, mut name) = self.head(block);
        if has_separators || block.start == 0 {
            return (time, name);
        }
        let entry = self.entry(block.start);
        let above = self.entry(self.above(block));
        let goes_on = entry.kind == Kind::Message
            && above.kind == Kind::Message
            && same(&above.who, &entry.who)
            && entry.at.since(above.at) < SAME_SPEAKER;
        if goes_on {
            name = Row::default();
        }
        let above_shown = self.entry(self.block(block.start - 1).start);
        let is_timeless = matches!(above.kind, Kind::Gap(_) | Kind::Beginning);
        if !is_timeless && clock::time(above_shown.at, self.app) == clock::time(entry.at, self.app) {
            time = Row::default();
        }
        (time, name)
    }

    /// What stands between a block and the one above it: day, unread line, what is being loaded.
    fn separators(&self, block: &Range<usize>) -> Vec<Line> {
        let mut lines = Vec::new();
        let entry = self.entry(block.start);
        let muted = self.theme.role(Role::Muted);
        if block.start == 0 {
            match self.window.past {
                Past::Loading => lines.push(self.dotted("older messages, loading", muted)),
                Past::Nowhere => {
                    let rows = self.plain("older messages are not on this server", muted);
                    lines.extend(rows.map(|text| Line { text, ..Line::default() }));
                }
                Past::More | Past::Complete => {}
            }
        }
        if !matches!(entry.kind, Kind::Gap(_) | Kind::Beginning) {
            let offset = self.app.offset();
            let day = clock::day(entry.at, offset);
            let above = (block.start > 0).then(|| self.entry(self.above(block)));
            let day_above = above
                .filter(|above| !matches!(above.kind, Kind::Gap(_) | Kind::Beginning))
                .map(|above| clock::day(above.at, offset));
            if day_above != Some(day) {
                let label = Row::of(&clock::day_name(day), muted);
                let style = self.theme.role(Role::Rule);
                lines.push(hairline(Hairline { sign: '─', style, label, at_right: false }));
            }
        }
        if let Some(mark) = self.window.mark
            && block.clone().any(|at| self.entry(at).id == mark.entry)
        {
            let style = self.theme.unread_line();
            let label = Row::of(&format!("{} new", mark.count), style);
            lines.push(hairline(Hairline { sign: '─', style, label, at_right: true }));
        }
        lines
    }

    fn gap(&self, gap: Gap) -> Line {
        let what = match gap.missing {
            Some(1) => "1 message missing".to_owned(),
            Some(count) => format!("{count} messages missing"),
            None => "messages missing".to_owned(),
        };
        match gap.state {
            GapState::Loading => self.dotted(&format!("{what}, loading"), self.theme.role(Role::Muted)),
            // They are on the server, and come when the reader does.
            GapState::Waiting => {
                self.dotted(&what.replace("missing", "between"), self.theme.role(Role::Muted))
            }
            GapState::Failed => self.dotted(&format!("{what}, not there"), self.theme.role(Role::Error)),
        }
    }

    fn dotted(&self, label: &str, style: Style) -> Line {
        let label = Row::of(label, style);
        hairline(Hairline { sign: '┄', style: self.theme.role(Role::Rule), label, at_right: false })
    }

    fn tint(&self, entry: &Entry) -> Option<Tint> {
        if self.app.selected() == Some(entry.id) {
            return Some(Tint::Select);
        }
        // Between two people everything is meant for the reader: nothing stands out.
        (entry.mention && self.window.with != With::Person && entry.is_speech()).then_some(Tint::Mention)
    }

    fn hue(&self, entry: &Entry) -> Style {
        if entry.own { self.theme.role(Role::Accent) } else { self.theme.name(&entry.who) }
    }

    /// The rows of text of a block, without its head.
    fn body(&self, block: &Range<usize>) -> Vec<Line> {
        if self.is_folded(block) {
            let run = fold::text(self.window.entries().range(block.clone()));
            let text = Row::of(&run, self.theme.role(Role::Quiet)).cut(self.columns.text_width);
            return vec![Line { text, body: true, ..Line::default() }];
        }
        let entry = self.entry(block.start);
        let tint = self.tint(entry);
        let mark = self.mark(entry);
        let mut lines: Vec<Line> = self
            .lit(entry, self.text(entry))
            .into_iter()
            .flat_map(|line| wrap(&line, self.columns.text_width))
            .map(|text| Line { text, tint, body: true, ..Line::default() })
            .collect();
        if let Some(extra) = &entry.extra {
            if !extra.reply.is_empty() {
                lines.insert(
                    0,
                    Line { text: self.quoted(&extra.reply, tint), tint, body: true, ..Line::default() },
                );
            }
            if !extra.reactions.is_empty() {
                let text = self.reactions(&extra.reactions);
                lines.extend(wrap(&text, self.columns.text_width).into_iter().map(|text| Line {
                    text,
                    body: true,
                    ..Line::default()
                }));
            }
        }
        let marked = if tint == Some(Tint::Mention) { lines.len() } else { 1 };
        lines.iter_mut().take(marked).for_each(|line| line.mark = mark.clone());
        if let State::Failed(reason) = &entry.state {
            let reason = self.plain(reason, self.theme.role(Role::Error));
            lines.extend(reason.map(|text| Line { text, body: true, ..Line::default() }));
            if self.is_last_failed(block.start) {
                let keys = self.app.keys().keys_of(Does::Act(Action::Select));
                let more = keys.first().map(|key| format!(", {key} e edits it, {key} d drops it"));
                let words = format!("/retry sends it again{}", more.unwrap_or_default());
                let hint = self.plain(&words, self.theme.role(Role::Muted));
                lines.extend(hint.map(|text| Line { text, body: true, ..Line::default() }));
            }
        }
        lines
    }

    /// The same rows with the words lit up that are looked for, if it is a hit.
    fn lit(&self, entry: &Entry, mut rows: Vec<Row>) -> Vec<Row> {
        if let Some(search) = self.app.search()
            && let Some(is_chosen) = search.marks(self.window, entry)
        {
            let style = hits::lit(self.theme, is_chosen);
            rows.iter_mut().for_each(|row| hits::light(row, search.wanted(), style));
        }
        rows
    }

    /// Whether it is the hit that the reader has come to.
    fn is_found(&self, entry: &Entry) -> bool {
        self.app.search().is_some_and(|search| search.marks(self.window, entry) == Some(true))
    }

    /// The start of the message that another one answers.
    fn quoted(&self, msgid: &str, tint: Option<Tint>) -> Row {
        let on = |role| tint.map_or(self.theme.role(role), |tint| self.theme.on(tint, role));
        let quiet = on(Role::Quiet);
        let sign = Row::of("┌ ", quiet);
        let found = self.window.entries().iter().rev().find(|entry| *entry.msgid == *msgid);
        let Some(entry) = found else {
            return sign.and("an older message", quiet).cut(self.columns.text_width);
        };
        let words = entry.text.lines().next().unwrap_or_default();
        sign.and(&entry.who, self.hue(entry)).and(" ", quiet).and(words, quiet).cut(self.columns.text_width)
    }

    /// `🎉 marit  ❤️ bea`; from three people on their number.
    fn reactions(&self, reactions: &[Reaction]) -> Row {
        let muted = self.theme.role(Role::Muted);
        let mut row = Row::default();
        for reaction in reactions {
            if !row.is_empty() {
                row = row.and("  ", muted);
            }
            let own = reaction.who.iter().any(|who| same(who, self.app.nick()));
            let style = if own { self.theme.role(Role::Accent) } else { muted };
            // Whoever writes a novel there does not fill the screen with it.
            let with = Row::of(&reaction.with, style).cut(REACTION_WIDTH);
            let who = match &reaction.who[..] {
                few @ ([_] | [_, _]) => few.join(" "),
                many => many.len().to_string(),
            };
            row = row.with(&with).and(" ", style).and(&who, style);
        }
        row
    }

    /// The row that a name has to itself in a narrow window, without the name.
    pub(super) fn head_row(&self, entry: &Entry) -> Line {
        let tint = self.tint(entry);
        let mark = if tint.is_some() { self.mark(entry) } else { Row::default() };
        Line { mark, tint, body: true, ..Line::default() }
    }

    fn mark(&self, entry: &Entry) -> Row {
        match &entry.state {
            _ if self.app.selected() == Some(entry.id) => {
                Row::of("▸", self.theme.on(Tint::Select, Role::Accent))
            }
            _ if self.is_found(entry) => Row::of("▸", self.theme.role(Role::Accent)),
            State::Pending if self.is_late(entry) => Row::of("·", self.theme.role(Role::Muted)),
            State::Failed(_) => Row::of("!", self.theme.role(Role::Error)),
            _ if entry.kind == Kind::Error => Row::of("!", self.theme.role(Role::Error)),
            _ if self.tint(entry).is_some() => Row::of("▌", self.theme.role(Role::Mention)),
            _ => Row::default(),
        }
    }

    /// Whether nothing after this entry failed: that is what `/retry` is about.
    fn is_last_failed(&self, at: usize) -> bool {
        let later = self.window.entries().range(at + 1..);
        !later.into_iter().any(|entry| matches!(entry.state, State::Failed(_)))
    }

    /// Whether a waiting line has waited so long that it is drawn as such.
    fn is_late(&self, entry: &Entry) -> bool {
        self.app.now().since(entry.at) >= PENDING_SHOWN_AFTER
    }

    /// What an entry says, styled, in the lines that its author made.
    fn text(&self, entry: &Entry) -> Vec<Row> {
        let waits = match entry.state {
            State::Sent => false,
            State::Pending => self.is_late(entry),
            State::Failed(_) => true,
        };
        let tint = self.tint(entry);
        let base = self.theme.role(match entry.kind {
            _ if waits => Role::Muted,
            Kind::Message | Kind::Action => Role::Fg,
            Kind::Error => Role::Error,
            _ => Role::Muted,
        });
        let nick = if tint.is_some() { self.app.nick() } else { "" };
        let words = if tint.is_some() { &self.app.settings().highlight[..] } else { &[] };
        let ink = Ink { theme: self.theme, base, tint, nick, words };
        match entry.kind {
            Kind::Message => ink.lines(&entry.text),
            Kind::Action => {
                let ink = Ink { base: base.add_modifier(Modifier::ITALIC), ..ink };
                self.named(entry, ink.lines(&entry.text))
            }
            // A server has a dot in its name, a nick cannot.
            Kind::Notice if !entry.who.is_empty() && !entry.who.contains('.') => {
                self.named(entry, ink.lines(&entry.text))
            }
            _ => ink.lines(&sentence(entry)),
        }
    }

    /// The person's name in front of the first line.
    fn named(&self, entry: &Entry, lines: Vec<Row>) -> Vec<Row> {
        let mut lines = lines.into_iter();
        let mut first = Row::of(&entry.who, self.hue(entry)).and(" ", Style::new());
        if let Some(line) = lines.next() {
            first.append(&line);
        }
        std::iter::once(first).chain(lines).collect()
    }

    fn plain(&self, text: &str, style: Style) -> impl Iterator<Item = Row> + use<> {
        wrap(&Row::of(text, style), self.columns.text_width).into_iter()
    }
}

fn hairline(hairline: Hairline) -> Line {
    Line { hairline: Some(hairline), ..Line::default() }
}

/// What happened in a channel, in words.
pub(in crate::client::view) fn sentence(entry: &Entry) -> String {
    let (who, text) = (&entry.who, &entry.text);
    let because = |reason: &str| if reason.is_empty() { String::new() } else { format!(": {reason}") };
    match entry.kind {
        Kind::Ignored => format!("{who} (ignored): {text}"),
        Kind::Join => format!("{who} came"),
        Kind::Nick => format!("{who} is now called {text}"),
        Kind::Part => format!("{who} left the room{}", because(text)),
        Kind::Quit => format!("{who} left{}", because(text)),
        Kind::Topic if text.is_empty() => format!("{who} took the topic away"),
        Kind::Topic => format!("{who} set the topic: {text}"),
        Kind::Mode => format!("{who} set {text}"),
        Kind::Kick => {
            let (whom, reason) = text.split_once(' ').unwrap_or((text, ""));
            format!("{who} removed {whom}{}", because(reason))
        }
        _ => text.to_string(),
    }
}

//! `chatui log search`: the hits, the newest first, with what was said around them.

use std::io::{BufWriter, Write};
use std::ops::ControlFlow;

use chatui::irc::{Line, name};
use chatui::server::core::{Query, Reference, Which};
use chatui::server::log::{Archive, Pattern, Wanted};

use super::{FAILED, Failure, Span, USAGE, archive, form, unreadable, written};
use crate::cli::log::SearchArgs;

/// Most lines of one group of hits that lie close together; then another begins.
const MAX_GROUP: usize = 10_000;

pub fn run(args: &SearchArgs) -> Result<(), Failure> {
    let pattern =
        if args.regex { Pattern::regex(&args.words.join(" ")) } else { Pattern::words(&args.words) };
    let pattern = pattern.map_err(|why| Failure::new(USAGE, why))?;
    let archive = archive(&args.place)?;
    let Span { channel, since, until } = Span::of(&args.part);
    let channels = channel.map(|channel| vec![channel]);
    let wanted = Wanted { pattern, from: args.from.clone(), channels, topics: true, since, until };
    let mut out = Out {
        out: BufWriter::new(std::io::stdout().lock()),
        json: args.json,
        context: usize::from(args.context),
        group: Vec::new(),
        groups: 0,
    };
    let (mut found, mut result) = (0, Ok(()));
    let searched = archive.search(&wanted, &mut |line| {
        if args.lines.is_some_and(|most| found >= most) {
            return ControlFlow::Break(());
        }
        found += 1;
        result = out.hit(&archive, line);
        if result.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    searched.map_err(unreadable)?;
    written(result.and_then(|()| out.flush_group()).and_then(|()| out.out.flush()))?;
    if found == 0 { Err(Failure::new(FAILED, "nothing found")) } else { Ok(()) }
}

/// Writes hits, or groups of hits with the lines around them.
struct Out<W: Write> {
    out: W,
    json: bool,
    context: usize,
    /// The group under way, in the order of the log.
    group: Vec<Line>,
    groups: usize,
}

impl<W: Write> Out<W> {
    fn hit(&mut self, archive: &Archive, hit: Line) -> std::io::Result<()> {
        if self.context == 0 {
            return self.line(&hit);
        }
        let query = Query {
            channel: name::fold(hit.message().param(0)).into_owned(),
            which: Which::Around(Reference::Line(hit.time(), hit.seq())),
            limit: 2 * self.context + 1,
            events: false,
            until: None,
        };
        let mut around = archive.page(&query)?;
        if !around.iter().any(|line| line.msgid() == hit.msgid()) {
            // A topic is no message, so it is not in the page: it goes between.
            let at = around.partition_point(|line| line.msgid() < hit.msgid());
            around.insert(at, hit);
        }
        if self.joins(&around) {
            let first = self.group.first().map(|line| line.msgid().to_owned()).unwrap_or_default();
            around.retain(|line| line.msgid() < first.as_str());
            self.group.splice(..0, around);
            return Ok(());
        }
        self.flush_group()?;
        self.group = around;
        Ok(())
    }

    /// Whether these lines, which begin before the group under way, reach it.
    fn joins(&self, around: &[Line]) -> bool {
        self.group.len() < MAX_GROUP
            && self.group.first().zip(around.last()).is_some_and(|(first, last)| {
                name::same(first.message().param(0), last.message().param(0)) && last.msgid() >= first.msgid()
            })
    }

    fn flush_group(&mut self) -> std::io::Result<()> {
        if self.group.is_empty() {
            return Ok(());
        }
        if self.groups > 0 && !self.json {
            writeln!(self.out, "--")?;
        }
        self.groups += 1;
        for line in std::mem::take(&mut self.group) {
            self.line(&line)?;
        }
        Ok(())
    }

    fn line(&mut self, line: &Line) -> std::io::Result<()> {
        let told = if self.json { form::json(line) } else { form::readable(line) };
        writeln!(self.out, "{told}")
    }
}

//! What is asked of the log: a slice of one channel's history
//! ([chathistory](https://ircv3.net/specs/extensions/chathistory)), or what fits some words in several
//! ([search](https://codeberg.org/emersion/soju/src/branch/master/doc/ext/search.md)).

use crate::irc::Time;
use crate::irc::line::{Pieces, Seq};

/// A place in the history. Both are excluded from the answer, unless it is said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// A moment.
    Time(Time),
    /// A line, by the time and the number in its message id.
    Line(Time, Seq),
}

/// Which lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The last ones; those after the reference only, if there is one.
    Latest(Option<Reference>),
    /// The last ones before the reference.
    Before(Reference),
    /// The first ones after the reference.
    After(Reference),
    /// Half of them before the reference, it, and the rest after it.
    Around(Reference),
    /// The first ones between the two, counted from the first reference; if that is the later one, backwards.
    Between(Reference, Reference),
}

/// A slice of one channel's history. The answer is always in the order of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The channel's name, folded.
    pub channel: String,
    /// Which lines of it.
    pub which: Which,
    /// At most this many.
    pub limit: usize,
    /// Whether JOIN, PART, KICK, MODE, TOPIC, NICK and QUIT are among them (`draft/event-playback`), or messages only.
    pub events: bool,
    /// Nothing behind this line: what follows in the same turn is heard as it happens, and must not be heard twice.
    pub until: Option<(Time, Seq)>,
}

/// What is looked for. The answer is always in the order of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Find {
    /// Where, by folded names: nothing is found anywhere else, and nothing at all if there is none.
    pub channels: Vec<String>,
    /// Who must have said it: a nick.
    pub from: Option<String>,
    /// What the text must have in it: each of them, whatever the case of its letters. Without any, every text fits.
    pub words: Vec<String>,
    /// From where on; a time is included, a line is not.
    pub after: Option<Reference>,
    /// Up to where; a time is included, a line is not.
    pub before: Option<Reference>,
    /// Whether the first ones are wanted, from the beginning on; else the last ones, from the end back.
    pub forwards: bool,
    /// At most this many.
    pub limit: usize,
    /// Nothing behind this line.
    pub until: Option<(Time, Seq)>,
}

/// Something on a page of history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// A line.
    Line(Pieces<'a>),
    /// The log is damaged there: lines may be missing.
    Gap,
}

/// What lies beyond a page, in the direction in which it was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rest {
    /// There may be more: the page is as long as was asked for.
    #[default]
    Open,
    /// Nothing.
    End,
    /// The page is shorter than was asked for, but so much was searched for it that the rest is left for another page, which
    /// begins at this line (not necessarily one of the channel).
    From(Time, Seq),
}

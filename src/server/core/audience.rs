//! Who is to hear a line, and in which form.

use std::sync::Arc;

use bytes::BufMut;

use crate::irc::line::Pieces;
use crate::irc::{Cap, Caps, Line};

use super::ConnId;

/// Which tags a connection reads: what of a stamped line it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum Form {
    /// None.
    #[default]
    Untagged,
    /// `time` alone.
    Time,
    /// `msgid` and the sender's own, no `time`.
    Tags,
    /// All.
    Full,
}

/// How many forms there are.
pub const FORMS: usize = 4;

impl Form {
    /// The form that these capabilities ask for.
    pub fn of(caps: Caps) -> Form {
        match (caps.has(Cap::ServerTime), caps.has(Cap::MessageTags)) {
            (false, false) => Form::Untagged,
            (true, false) => Form::Time,
            (false, true) => Form::Tags,
            (true, true) => Form::Full,
        }
    }

    /// All of them, each at its own index.
    pub const ALL: [Form; FORMS] = [Form::Untagged, Form::Time, Form::Tags, Form::Full];

    /// Whether client tags are read.
    pub fn has_tags(self) -> bool {
        matches!(self, Form::Tags | Form::Full)
    }

    /// Writes a line in this form. `extra` are tags of the server for this one recipient (`batch=…`, `label=…`), as
    /// they stand on the wire, or empty; they are given to whoever asked for what they belong to.
    pub fn put(self, line: &Line, extra: &str, out: &mut impl BufMut) {
        self.put_pieces(line.pieces(), extra, out);
    }

    /// The same for a line in pieces.
    pub fn put_pieces(self, line: Pieces<'_>, extra: &str, out: &mut impl BufMut) {
        let (stamp, tags): (&[u8], &[u8]) = match self {
            Form::Untagged => (&[], &[]),
            Form::Time => (&line.time_tag()[1..], &[]),
            Form::Tags => (line.msgid_tag(), line.tags),
            Form::Full => (&line.stamp[1..], line.tags),
        };
        if !extra.is_empty() || !stamp.is_empty() {
            out.put_u8(b'@');
            out.put_slice(extra.as_bytes());
            if !extra.is_empty() && !stamp.is_empty() {
                out.put_u8(b';');
            }
            out.put_slice(stamp);
            out.put_slice(tags);
            out.put_u8(b' ');
        }
        out.put_slice(line.untagged);
    }
}

/// Who is to hear a line.
#[derive(Clone, Debug)]
pub enum Audience {
    /// One connection.
    One(ConnId, Form),
    /// Many, shared: deciding a message costs the same for ten and for ten thousand.
    Many(Arc<Ears>),
}

/// Connections, split by the lane that serves them and by the form they read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ears {
    lists: Vec<Vec<ConnId>>,
    lanes: usize,
}

impl Ears {
    /// Nobody, for this many lanes.
    pub fn new(lanes: usize) -> Ears {
        Ears { lists: vec![Vec::new(); lanes * FORMS], lanes }
    }

    fn slot(&self, id: ConnId, form: Form) -> usize {
        (id.index() % self.lanes) * FORMS + form as usize
    }

    /// Adds one.
    pub fn insert(&mut self, id: ConnId, form: Form) {
        let slot = self.slot(id, form);
        self.lists[slot].push(id);
    }

    /// Takes one out.
    pub fn remove(&mut self, id: ConnId, form: Form) {
        let slot = self.slot(id, form);
        let list = &mut self.lists[slot];
        if let Some(at) = list.iter().position(|other| *other == id) {
            list.swap_remove(at);
        }
    }

    /// The connections of one lane that read one form.
    pub fn of(&self, lane: usize, form: Form) -> &[ConnId] {
        self.lists.get(lane * FORMS + form as usize).map_or(&[], Vec::as_slice)
    }

    /// Every one of them.
    pub fn iter(&self) -> impl Iterator<Item = ConnId> + '_ {
        self.lists.iter().flatten().copied()
    }
}

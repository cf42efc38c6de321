//! The capabilities that chatui speaks, on both sides of the wire
//! ([capability negotiation](https://ircv3.net/specs/extensions/capability-negotiation)).
//!
//! One table: a row for each, with its name and the names that mean the same.

/// One capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Cap {
    /// Tags in both directions, and `TAGMSG`.
    MessageTags,
    /// The `time` tag.
    ServerTime,
    /// Lines grouped by `BATCH`.
    Batch,
    /// The answer to a labelled command carries its label.
    LabeledResponse,
    /// One's own messages come back.
    EchoMessage,
    /// All prefixes of a member in NAMES and WHO.
    MultiPrefix,
    /// `nick!user@host` in NAMES.
    UserhostInNames,
    /// `SETNAME`.
    Setname,
    /// `AWAY` of others in one's channels.
    AwayNotify,
    /// `INVITE` of others in one's channels.
    InviteNotify,
    /// Changes of watched people are told, as those of neighbours are.
    ExtendedMonitor,
    /// `CHGHOST`.
    Chghost,
    /// Changes of the offered capabilities are told.
    CapNotify,
    /// `FAIL`, `WARN`, `NOTE`.
    StandardReplies,
    /// JOIN with account and real name.
    ExtendedJoin,
    /// JOIN is not followed by the names of all who are there.
    NoImplicitNames,
    /// `CHATHISTORY`.
    Chathistory,
    /// History holds events besides messages.
    EventPlayback,
    /// `SEARCH`.
    Search,
    /// `MARKREAD`: how far a conversation was read, on all of one's devices
    /// ([read-marker](https://ircv3.net/specs/extensions/read-marker)). Without accounts a server has nobody to keep it
    /// for: the client speaks it, the server does not.
    ReadMarker,
    /// `AUTHENTICATE`: logging in to an account ([sasl](https://ircv3.net/specs/extensions/sasl-3.1)). The server has no
    /// accounts, the client knows those of other servers.
    Sasl,
}

/// Each capability with its names. All of them are offered, for programs learn a new name only after a while; the first
/// is the one to ask for.
pub const TABLE: &[(Cap, &[&str])] = &[
    (Cap::MessageTags, &["message-tags"]),
    (Cap::ServerTime, &["server-time"]),
    (Cap::Batch, &["batch"]),
    (Cap::LabeledResponse, &["labeled-response"]),
    (Cap::EchoMessage, &["echo-message"]),
    (Cap::MultiPrefix, &["multi-prefix"]),
    (Cap::UserhostInNames, &["userhost-in-names"]),
    (Cap::Setname, &["setname"]),
    (Cap::AwayNotify, &["away-notify"]),
    (Cap::InviteNotify, &["invite-notify"]),
    (Cap::ExtendedMonitor, &["extended-monitor"]),
    (Cap::Chghost, &["chghost"]),
    (Cap::CapNotify, &["cap-notify"]),
    (Cap::StandardReplies, &["standard-replies"]),
    (Cap::ExtendedJoin, &["extended-join"]),
    (Cap::NoImplicitNames, &["no-implicit-names", "draft/no-implicit-names"]),
    (Cap::Chathistory, &["draft/chathistory"]),
    (Cap::EventPlayback, &["draft/event-playback"]),
    (Cap::Search, &["soju.im/search"]),
    (Cap::ReadMarker, &["draft/read-marker"]),
    (Cap::Sasl, &["sasl"]),
];

impl Cap {
    /// The capability of this name, or of one that means the same.
    pub fn by_name(name: &str) -> Option<Cap> {
        TABLE.iter().find(|(_, names)| names.contains(&name)).map(|(cap, _)| *cap)
    }

    /// Whether the server offers it, and not only the client asks for it.
    pub fn is_served(self) -> bool {
        !matches!(self, Cap::ReadMarker | Cap::Sasl)
    }

    /// Its first name.
    pub fn name(self) -> &'static str {
        TABLE.iter().find(|(cap, _)| *cap == self).map_or("", |(_, names)| names[0])
    }
}

/// A set of capabilities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Caps(u32);

impl Caps {
    /// The set of these.
    pub fn of(caps: &[Cap]) -> Caps {
        let mut set = Caps::default();
        for cap in caps {
            set.insert(*cap);
        }
        set
    }

    /// Whether it holds this one.
    pub fn has(self, cap: Cap) -> bool {
        self.0 & (1 << cap as u8) != 0
    }

    /// Adds one.
    pub fn insert(&mut self, cap: Cap) {
        self.0 |= 1 << cap as u8;
    }

    /// Takes one away.
    pub fn remove(&mut self, cap: Cap) {
        self.0 &= !(1 << cap as u8);
    }

    /// All that it holds, in the table's order.
    pub fn iter(self) -> impl Iterator<Item = Cap> {
        TABLE.iter().map(|(cap, _)| *cap).filter(move |cap| self.has(*cap))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_sets() {
        assert_eq!(Cap::by_name("draft/no-implicit-names"), Some(Cap::NoImplicitNames));
        assert_eq!(Cap::by_name("no-such"), None);
        for (cap, names) in TABLE {
            assert_eq!(Cap::by_name(names[0]), Some(*cap));
            assert_eq!(cap.name(), names[0]);
        }
        let mut set = Caps::of(&[Cap::Batch, Cap::ServerTime]);
        set.remove(Cap::Batch);
        assert_eq!(set.iter().collect::<Vec<_>>(), [Cap::ServerTime]);
    }
}

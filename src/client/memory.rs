//! What is remembered of the conversations from one time to the next: who is ignored, which rooms are muted, with whom one
//! talks, how far each room was read, and where the reader was in it if not at its end. Plain lines in the wire's own language, one for each:
//!
//! ```text
//! IGNORE bob!*@*
//! MUTE #noise
//! OPEN carol
//! @msgid=01K7SR8E2R00000002;time=2026-11-20T16:05:00.123Z READ #lobby
//! @msgid=01K7SR8E2R00000001;time=2026-11-20T16:01:00.123Z PLACE #lobby
//! @time=2026-11-20T16:05:00.123Z PEOPLE *
//! ```

use crate::irc::message::push_tag;
use crate::irc::name::{mask_matches, same};
use crate::irc::{Message, Time};

/// Most masks of people who are ignored.
pub const IGNORED_MOST: usize = 200;
/// Most rooms that are muted.
pub const MUTED_MOST: usize = 200;
/// Most rooms of which it is known how far they were read; the one that was read longest ago is forgotten first.
pub const READ_MOST: usize = 500;

/// Most conversations with people that are opened again; the one that was opened longest ago is forgotten first.
pub const OPEN_MOST: usize = 50;

/// How far a room was read, or where in it the reader was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// The room.
    pub room: String,
    /// The server's id of a message: the last one that was seen there, or the uppermost one on the screen.
    pub msgid: Box<str>,
    /// Its time.
    pub at: Time,
}

/// What is remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Masks of people who are ignored: `nick!user@host`.
    pub ignored: Vec<String>,
    /// Rooms that are muted.
    pub muted: Vec<String>,
    /// The people one talks with, the one whose conversation was opened last at the end.
    pub open: Vec<String>,
    /// How far the rooms were read, the one that was read last at the end.
    pub read: Vec<Read>,
    /// Where the reader was in rooms that they have not left at their end; at most as many as `read`.
    pub places: Vec<Read>,
    /// Up to when all is known that people wrote to us; the beginning of all time if that was never known.
    pub people_at: Time,
}

impl Memory {
    /// Reads it, whatever became of it: what is no line of it is passed over.
    pub fn parse(bytes: &[u8]) -> Memory {
        let mut memory = Memory::default();
        let lines = bytes.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
        for message in lines.filter_map(|line| Message::parse(line).ok()) {
            let name = message.param(0);
            match message.command {
                _ if name.is_empty() => {}
                "IGNORE" => drop(memory.ignore(name)),
                "MUTE" => drop(memory.set_muted(name, true)),
                "OPEN" => drop(memory.set_open(name, true)),
                "PEOPLE" => {
                    let time = message.tags.get("time").unwrap_or_default();
                    memory.people_at = Time::parse(&time).unwrap_or_default();
                }
                verb @ ("READ" | "PLACE") => {
                    let tag = |key| message.tags.get(key).unwrap_or_default();
                    let (msgid, at) = (tag("msgid").into(), Time::parse(&tag("time")).unwrap_or_default());
                    let read = Read { room: name.to_owned(), msgid, at };
                    if verb == "READ" {
                        memory.note_read(read);
                    } else {
                        memory.set_place(name, Some(read));
                    }
                }
                _ => {}
            }
        }
        memory
    }

    /// The whole of it.
    pub fn written(&self) -> String {
        let mut text = String::new();
        for mask in &self.ignored {
            text.push_str(&format!("{}\n", Message::new("IGNORE", &[mask])));
        }
        for room in &self.muted {
            text.push_str(&format!("{}\n", Message::new("MUTE", &[room])));
        }
        for nick in &self.open {
            text.push_str(&format!("{}\n", Message::new("OPEN", &[nick])));
        }
        let places = self.places.iter().map(|place| ("PLACE", place));
        for (verb, read) in self.read.iter().map(|read| ("READ", read)).chain(places) {
            let mut tags = String::new();
            push_tag(&mut tags, "msgid", &read.msgid);
            push_tag(&mut tags, "time", &read.at.to_string());
            text.push_str(&format!("{}\n", Message::new(verb, &[&read.room]).with_tags(&tags)));
        }
        if self.people_at != Time::default() {
            let mut tags = String::new();
            push_tag(&mut tags, "time", &self.people_at.to_string());
            text.push_str(&format!("{}\n", Message::new("PEOPLE", &["*"]).with_tags(&tags)));
        }
        text
    }

    /// Ignores whoever fits a mask. Whether there was room for it.
    pub fn ignore(&mut self, mask: &str) -> bool {
        let mask = whole_mask(mask);
        self.unignore(&mask);
        let has_room = self.ignored.len() < IGNORED_MOST;
        if has_room {
            self.ignored.push(mask);
        }
        has_room
    }

    /// Ignores this mask no more. Whether it was ignored.
    pub fn unignore(&mut self, mask: &str) -> bool {
        let (mask, count) = (whole_mask(mask), self.ignored.len());
        self.ignored.retain(|known| !same(known, &mask));
        self.ignored.len() < count
    }

    /// Mutes a room, or no more. Whether that is so now.
    pub fn set_muted(&mut self, room: &str, muted: bool) -> bool {
        self.muted.retain(|known| !same(known, room));
        if muted && self.muted.len() < MUTED_MOST {
            self.muted.push(room.to_owned());
        }
        self.is_muted(room) == muted
    }

    /// Whether a room is muted.
    pub fn is_muted(&self, room: &str) -> bool {
        self.muted.iter().any(|known| same(known, room))
    }

    /// One talks with somebody, or no more. Whether that is news.
    pub fn set_open(&mut self, nick: &str, open: bool) -> bool {
        let known = self.open.iter().any(|known| same(known, nick));
        if known == open {
            return false;
        }
        self.open.retain(|known| !same(known, nick));
        if open {
            if self.open.len() >= OPEN_MOST {
                self.open.remove(0);
            }
            self.open.push(nick.to_owned());
        }
        true
    }

    /// Where the reader was in a room; nothing if at its end.
    pub fn place(&self, room: &str) -> Option<&Read> {
        self.places.iter().find(|place| same(&place.room, room))
    }

    /// The reader is there in a room now, or at its end. Whether that is news.
    pub fn set_place(&mut self, room: &str, place: Option<Read>) -> bool {
        if self.place(room) == place.as_ref() {
            return false;
        }
        self.places.retain(|known| !same(&known.room, room));
        if self.places.len() >= READ_MOST {
            self.places.remove(0);
        }
        self.places.extend(place);
        true
    }

    /// How far a room was read.
    pub fn read(&self, room: &str) -> Option<&Read> {
        self.read.iter().rev().find(|read| same(&read.room, room))
    }

    /// A room was read so far. Whether that is news.
    pub fn note_read(&mut self, read: Read) -> bool {
        let known = self.read(&read.room);
        if known.is_some_and(|known| known.at > read.at || (&known.msgid, known.at) == (&read.msgid, read.at))
        {
            return false;
        }
        self.read.retain(|known| !same(&known.room, &read.room));
        if self.read.len() >= READ_MOST {
            self.read.remove(0);
        }
        self.read.push(read);
        true
    }
}

/// Whether somebody fits one of these masks. Servers, whose source has no `!`, fit none.
pub fn is_ignored(masks: &[String], source: &str) -> bool {
    !masks.is_empty() && source.contains('!') && masks.iter().any(|mask| mask_matches(mask, source))
}

/// A mask in full: of a nick alone, whoever has it; of `user@host`, whatever their nick.
pub(super) fn whole_mask(mask: &str) -> String {
    match (mask.contains('!'), mask.contains('@')) {
        (true, true) => mask.to_owned(),
        (true, false) => format!("{mask}@*"),
        (false, true) => format!("*!{mask}"),
        (false, false) => format!("{mask}!*@*"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_is_damaged_is_passed_over() {
        let mut memory = Memory::default();
        assert!(memory.ignore("bob") && memory.ignore("x@h.example") && memory.set_muted("#Noise", true));
        for n in 0..READ_MOST as u64 + 2 {
            let at = Time::from_millis(1_795_190_700_000 + n);
            assert!(memory.note_read(Read { room: format!("#{n}"), msgid: format!("a;{n}\\ ").into(), at }));
        }
        assert_eq!((memory.read.len(), &*memory.read[0].room), (READ_MOST, "#2"));
        assert_eq!(memory.ignored, ["bob!*@*", "*!x@h.example"]);
        for n in 0..OPEN_MOST + 1 {
            assert!(memory.set_open(&format!("p{n}"), true) && !memory.set_open(&format!("P{n}"), true));
        }
        assert_eq!((memory.open.len(), &*memory.open[0]), (OPEN_MOST, "p1"));
        let place =
            Read { room: "#1".to_owned(), msgid: "x".into(), at: Time::from_millis(1_795_190_700_000) };
        assert!(memory.set_place("#1", Some(place.clone())) && !memory.set_place("#1", Some(place)));
        memory.people_at = Time::from_millis(1_795_190_700_001);
        let text = memory.written();
        assert_eq!(Memory::parse(text.as_bytes()), memory);
        let damaged = [b"\xff\xfe\nMUTE\nWHAT ever\n\n".as_slice(), text.as_bytes()].concat();
        assert_eq!(Memory::parse(&damaged), memory);
        assert!(memory.is_muted("#noise") && memory.set_muted("#NOISE", false) && !memory.is_muted("#Noise"));
        assert!(memory.unignore("BOB") && !memory.unignore("bob"));
        assert!(
            memory.set_open("P1", false) && memory.set_place("#1", None) && !memory.set_place("#1", None)
        );
    }

    #[test]
    fn reading_never_goes_back() {
        let mut memory = Memory::default();
        let read =
            |msgid: &str, at| Read { room: "#a".into(), msgid: msgid.into(), at: Time::from_millis(at) };
        assert!(memory.note_read(read("m2", 2)));
        assert!(!memory.note_read(read("m1", 1)) && !memory.note_read(read("m2", 2)));
        assert!(memory.note_read(read("m3", 2)));
        assert_eq!(memory.read("#A").map(|read| &*read.msgid), Some("m3"));
    }

    #[test]
    fn a_mask_fits_people_and_no_server() {
        let masks: Vec<String> = ["bob", "*@bad.example"].map(whole_mask).into();
        for source in ["bob!~b@h", "BOB!x@y", "eve!~e@bad.example"] {
            assert!(is_ignored(&masks, source), "{source}");
        }
        for source in ["bobby!~b@h", "eve!~e@good.example", "bob", "irc.bad.example", ""] {
            assert!(!is_ignored(&masks, source), "{source}");
        }
    }
}

//! The journal: what is not settled, in the form in which it outlives the client. A record is one line of text: its
//! checksum, a blank, and the record in the wire's own language.
//!
//! ```text
//! 5f0c1b2a @id=0d…7f;time=2026-11-20T16:05:00.123Z PRIVMSG #lobby :typed in the dark
//! 91d2e003 @id=0d…7f;after=00000000000000g1 SENT
//! c4ab0177 @id=0d…7f DONE
//! 0be1f9c2 @text=half\sa\sthought DRAFT #lobby 6
//! ```
//!
//! Recovery is defined for any bytes: a line whose checksum is not its own (a torn one, a damaged one, something else)
//! is passed over, and all others count. So a record is there wholly or not at all, whenever the client was killed.

use super::super::editor::Draft;
use super::{Item, Manner, Progress, Since};
use crate::irc::message::push_tag;
use crate::irc::{Message, Time};

/// Most lines that a recovery takes in: those of several clients that died with their outboxes full.
const RECOVERED_MOST: usize = 4 * super::MOST;
/// Most drafts that are kept.
pub const DRAFTS_MOST: usize = 200;

/// A line that was not settled when its client ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsettled {
    /// Its own id.
    pub id: String,
    /// To whom.
    pub target: String,
    /// How.
    pub manner: Manner,
    /// The words.
    pub text: String,
    /// The server's id of the message that it answers.
    pub reply: Option<Box<str>>,
    /// When it was typed, by the clock of this machine.
    pub typed: Time,
    /// If it may have been sent: what was the newest known there by then.
    pub sent: Option<Since>,
}

/// What a journal holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// The lines, in the order in which they were typed.
    pub lines: Vec<Unsettled>,
    /// What was being typed in which room.
    pub drafts: Vec<(String, Draft)>,
}

/// A line was typed.
pub(super) fn say(out: &mut String, item: &Item) {
    let mut tags = String::new();
    push_tag(&mut tags, "id", &item.id);
    push_tag(&mut tags, "time", &item.typed.to_string());
    if let Some(reply) = &item.reply {
        push_tag(&mut tags, "reply", reply);
    }
    let verb = match item.manner {
        Manner::Message => "PRIVMSG",
        Manner::Action => "ACTION",
        Manner::Notice => "NOTICE",
    };
    seal(out, &Message::new(verb, &[&item.target, &item.text]).with_tags(&tags).to_string());
    if item.progress != Progress::Waiting {
        sent(out, item);
    }
}

/// A line is about to be sent.
pub(super) fn sent(out: &mut String, item: &Item) {
    let mut tags = String::new();
    push_tag(&mut tags, "id", &item.id);
    push_tag(&mut tags, "after", &item.since.msgid);
    push_tag(&mut tags, "time", &item.since.at.to_string());
    seal(out, &Message::new("SENT", &[]).with_tags(&tags).to_string());
}

/// A line is settled, one way or the other.
pub(super) fn done(out: &mut String, id: &str) {
    let mut tags = String::new();
    push_tag(&mut tags, "id", id);
    seal(out, &Message::new("DONE", &[]).with_tags(&tags).to_string());
}

/// This is being typed in a room; an empty text: nothing any more.
pub fn draft(out: &mut String, room: &str, draft: &Draft) {
    let mut tags = String::new();
    push_tag(&mut tags, "text", &draft.text);
    seal(out, &Message::new("DRAFT", &[room, &draft.cursor.to_string()]).with_tags(&tags).to_string());
}

fn seal(out: &mut String, record: &str) {
    // A record that would not be one line could not be read back: what it says is not of our making then.
    if !record.contains(['\r', '\n', '\0']) {
        out.push_str(&format!("{:08x} {record}\n", crc32c::crc32c(record.as_bytes())));
    }
}

/// Reads a journal, whatever became of it. Of several records about one line the later count.
pub fn read(bytes: &[u8]) -> Recovered {
    let mut found = Recovered::default();
    for line in bytes.split(|byte| *byte == b'\n') {
        if let Some(record) = unseal(line)
            && let Ok(message) = Message::parse(record)
        {
            take(&mut found, &message);
        }
    }
    found
}

fn unseal(line: &[u8]) -> Option<&str> {
    let (sum, record) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    let is_whole = sum.len() == 8 && u32::from_str_radix(sum, 16).ok()? == crc32c::crc32c(record.as_bytes());
    is_whole.then_some(record)
}

fn take(found: &mut Recovered, message: &Message<'_>) {
    let tag = |key| message.tags.get(key).unwrap_or_default();
    let id = tag("id");
    let known = found.lines.iter().position(|line| line.id == id);
    let manner = match message.command {
        "PRIVMSG" => Manner::Message,
        "ACTION" => Manner::Action,
        "NOTICE" => Manner::Notice,
        "SENT" => {
            if let Some(at) = known {
                let since =
                    Since { msgid: tag("after").into(), at: Time::parse(&tag("time")).unwrap_or_default() };
                found.lines[at].sent = Some(since);
            }
            return;
        }
        "DONE" => {
            found.lines.retain(|line| line.id != id);
            return;
        }
        "DRAFT" => {
            let room = message.param(0);
            found.drafts.retain(|(known, _)| known != room);
            let draft =
                Draft { text: tag("text").into_owned(), cursor: message.param(1).parse().unwrap_or(0) };
            if !draft.text.is_empty() && found.drafts.len() < DRAFTS_MOST {
                found.drafts.push((room.to_owned(), draft));
            }
            return;
        }
        _ => return,
    };
    match known {
        // Its target has another nick now.
        Some(at) => message.param(0).clone_into(&mut found.lines[at].target),
        None if found.lines.len() < RECOVERED_MOST => found.lines.push(Unsettled {
            id: id.into_owned(),
            target: message.param(0).to_owned(),
            manner,
            text: message.param(1).to_owned(),
            reply: message.tags.get("reply").map(|reply| (&*reply).into()),
            typed: Time::parse(&tag("time")).unwrap_or_default(),
            sent: None,
        }),
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::entry::EntryId;

    fn item(n: u128, text: &str) -> Item {
        Item {
            id: format!("{n:032x}"),
            target: "#lobby".to_owned(),
            manner: [Manner::Message, Manner::Action, Manner::Notice][n as usize % 3],
            text: text.to_owned(),
            reply: (n == 2).then(|| "m0001".into()),
            place: "#lobby".to_owned(),
            entry: EntryId(0),
            label: None,
            probe: None,
            typed: Time::from_millis(1_795_190_700_123),
            since: Since { msgid: "a;b c\\".into(), at: Time::from_millis(7) },
            is_old: false,
            progress: if n.is_multiple_of(2) { Progress::Unsure } else { Progress::Waiting },
        }
    }

    fn journal() -> String {
        let mut text = String::new();
        for (n, words) in ["hi", ":) ", "日本 語", " two  blanks ", "a\tb"].into_iter().enumerate() {
            say(&mut text, &item(n as u128, words));
        }
        done(&mut text, &item(1, "").id);
        let cursor = 3;
        draft(&mut text, "#lobby", &Draft { text: "half a\nthought; or so\\".to_owned(), cursor });
        text
    }

    #[test]
    fn what_is_written_is_read() {
        let text = journal();
        let found = read(text.as_bytes());
        let words: Vec<&str> = found.lines.iter().map(|line| &*line.text).collect();
        assert_eq!(words, ["hi", "日本 語", " two  blanks ", "a\tb"]);
        let first = &found.lines[0];
        assert_eq!((&found.lines[1].reply, &first.reply), (&Some("m0001".into()), &None));
        assert_eq!((first.typed, &first.sent), (item(0, "").typed, &Some(item(0, "").since)));
        assert_eq!((found.lines[2].manner, &found.lines[2].sent), (Manner::Message, &None));
        assert_eq!(
            found.drafts,
            [("#lobby".to_owned(), Draft { text: "half a\nthought; or so\\".to_owned(), cursor: 3 })]
        );
    }

    #[test]
    fn every_beginning_of_a_journal_holds_the_records_that_are_whole_in_it() {
        let text = journal();
        let bytes = text.as_bytes();
        for cut in 0..=bytes.len() {
            // Without its line end a record is whole, too.
            let whole = bytes[..cut].iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
            let last = bytes.get(cut).is_none_or(|next| *next == b'\n');
            let expected = read(&bytes[..if last { cut } else { whole }]);
            assert_eq!(read(&bytes[..cut]), expected, "cut at {cut}");
        }
    }

    #[test]
    fn a_damaged_byte_costs_one_record_at_most() {
        let text = journal();
        let whole = read(text.as_bytes());
        for at in 0..text.len() {
            for flip in [1u8, 0x20, 0x80] {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= flip;
                let found = read(&bytes);
                let lost = whole.lines.iter().filter(|line| !found.lines.contains(line)).count();
                // A damaged line end joins two records.
                assert!(lost <= 2, "byte {at}: {lost} lost");
                let invented =
                    found.lines.iter().filter(|line| whole.lines.iter().all(|known| known.id != line.id));
                // A line whose DONE is lost is one of them, and nothing else.
                let invented = invented.filter(|line| line.id != item(1, "").id);
                assert_eq!(invented.count(), 0, "byte {at}");
            }
        }
    }
}

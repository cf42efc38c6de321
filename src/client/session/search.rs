//! SEARCH ([search](https://codeberg.org/emersion/soju/src/branch/master/doc/ext/search.md)) as it is asked.

use super::Session;
use crate::irc::message::push_tag;
use crate::irc::{MAX_REST, Time};

/// What is to be looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sought<'a> {
    /// The words, with blanks between them; what stands between double quotes is one word.
    pub text: &'a str,
    /// Who said it.
    pub from: Option<&'a str>,
    /// Where it was said.
    pub place: Option<&'a str>,
    /// When at the earliest.
    pub since: Option<Time>,
    /// When at the latest.
    pub until: Option<Time>,
    /// The id of the message before which it was said. A server that is no chatui does not know it and goes by the time.
    pub before: Option<&'a str>,
    /// The id of the message after which it was said: then the first ones are wanted.
    pub after: Option<&'a str>,
    /// At most this many.
    pub limit: usize,
}

impl Session {
    /// A question for what was said, for the last of it as a rule: the line and its label. Nothing, if it is too long for a line.
    pub fn ask_search(&mut self, sought: &Sought<'_>) -> Option<(String, Option<u64>)> {
        let mut attributes = String::new();
        let mut put = |key: &str, value: Option<&str>| {
            if let Some(value) = value {
                push_tag(&mut attributes, key, value);
            }
        };
        let stamp = |at: Option<Time>| at.map(|at| at.to_string());
        put("text", Some(sought.text).filter(|text| !text.is_empty()));
        put("from", sought.from);
        put("in", sought.place);
        put("after", stamp(sought.since).as_deref());
        put("before", stamp(sought.until).as_deref());
        put("limit", Some(&sought.limit.to_string()));
        match sought.after {
            Some(after) => put("chatui/after", Some(after)),
            // With this the last ones come, whatever else is asked for.
            None => put("chatui/before", Some(sought.before.unwrap_or("*"))),
        }
        let fits = "SEARCH :\r\n".len() + attributes.len() <= MAX_REST;
        fits.then(|| {
            let label = self.label();
            (self.line("SEARCH", &[&attributes], label, None), label)
        })
    }
}

//! What is looked for, as it is typed: `tide tables from:bob in:#harbour since:monday before:2026-03-01 has:link`.

use std::ops::Range;

use chrono::FixedOffset;

use super::when;
use crate::irc::Time;
use crate::irc::name::same;

/// What can be written, for the help.
pub(super) const EXAMPLES: &str =
    "words \"two words\" from:bob in:#room since:monday before:2026-03-01 has:link";

/// What every link has in it.
const LINK: &str = "://";

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// All of these are in it, whatever the case of their letters.
    pub words: Vec<String>,
    /// Who said it.
    pub from: Option<String>,
    /// Where.
    pub place: Option<String>,
    /// When at the earliest.
    pub since: Option<Time>,
    /// Before when.
    pub before: Option<Time>,
    /// Whether there is a link in it.
    pub link: bool,
}

impl Wanted {
    /// Reads what was typed.
    ///
    /// # Errors
    /// What makes no sense, in a sentence.
    pub(super) fn parse(text: &str, now: Time, offset: FixedOffset) -> Result<Wanted, String> {
        let mut wanted = Wanted::default();
        for word in split(text) {
            let (key, value) = match word.split_once(':').filter(|(key, _)| !key.contains('"')) {
                Some((key, value)) => (key.to_lowercase(), unquoted(value)),
                None => (String::new(), unquoted(&word)),
            };
            let moment =
                || when::parse(&value, now, offset).ok_or_else(|| format!("{key}: {}", when::EXAMPLES));
            match key.as_str() {
                "from" | "in" | "since" | "after" | "before" | "until" | "has" if value.is_empty() => {
                    return Err(format!("{key}: needs something behind it, as in {EXAMPLES}"));
                }
                "from" => wanted.from = Some(value),
                "in" => wanted.place = Some(value),
                "since" | "after" => wanted.since = Some(moment()?),
                "before" | "until" => wanted.before = Some(moment()?),
                "has" if same(&value, "link") => wanted.link = true,
                "has" => return Err("has:link is all that can be asked for".to_owned()),
                _ => wanted.words.extend(Some(unquoted(&word)).filter(|word| !word.trim().is_empty())),
            }
        }
        if wanted == Wanted::default() {
            return Err(format!("look for what? {EXAMPLES}"));
        }
        Ok(wanted)
    }

    /// The words as a server is asked for them.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for word in self.words.iter().map(String::as_str).chain(self.link.then_some(LINK)) {
            let blank = if text.is_empty() { "" } else { " " };
            let quote = if word.contains(char::is_whitespace) { "\"" } else { "" };
            text.push_str(&format!("{blank}{quote}{word}{quote}"));
        }
        text
    }

    /// Whether this was looked for: who said what, and when.
    pub(super) fn fits(&self, who: &str, text: &str, at: Time) -> bool {
        self.from.as_ref().is_none_or(|from| same(from, who))
            && self.since.is_none_or(|since| at >= since)
            && self.before.is_none_or(|before| at < before)
            && (!self.link || text.contains(LINK))
            && self.words.iter().all(|word| find(text, word).next().is_some())
    }

    /// Where in a text the words stand that were looked for.
    pub fn marks(&self, text: &str) -> Vec<Range<usize>> {
        self.words.iter().flat_map(|word| find(text, word)).take(MARKS_MOST).collect()
    }
}

/// Most words of one text that are marked as found.
const MARKS_MOST: usize = 64;

/// Where a word stands in a text, whatever the case of their letters.
fn find(text: &str, word: &str) -> impl Iterator<Item = Range<usize>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let starts = text[from..].char_indices().map(|(at, _)| from + at);
        let found = starts.filter_map(|at| Some(at..at + begins(&text[at..], word)?)).next()?;
        from = found.end;
        Some(found)
    })
}

/// How many bytes of a text are this word, if it begins with it.
fn begins(text: &str, word: &str) -> Option<usize> {
    let mut rest = text.chars();
    let mut length = 0;
    for wanted in word.chars() {
        let c = rest.next()?;
        if c != wanted && !c.to_lowercase().eq(wanted.to_lowercase()) {
            return None;
        }
        length += c.len_utf8();
    }
    Some(length).filter(|length| *length > 0)
}

/// What is between blanks; blanks between double quotes divide nothing.
fn split(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in text.chars() {
        quoted ^= c == '"';
        if c.is_whitespace() && !quoted {
            words.push(std::mem::take(&mut word));
        } else {
            word.push(c);
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

fn unquoted(word: &str) -> String {
    word.replace('"', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Wanted, String> {
        let now = Time::parse("2026-11-20T16:05:00.000Z").unwrap();
        Wanted::parse(text, now, FixedOffset::east_opt(0).unwrap())
    }

    #[test]
    fn what_is_typed_is_words_and_conditions() {
        let wanted =
            parse("Tide \"low water\" from:bob IN:#x since:monday before:2026-11-19 has:link").unwrap();
        assert_eq!(
            (&*wanted.words, wanted.from.as_deref()),
            (&["Tide".into(), "low water".into()][..], Some("bob"))
        );
        assert_eq!(wanted.place.as_deref(), Some("#x"));
        assert_eq!(wanted.since.unwrap().to_string(), "2026-11-16T00:00:00.000Z");
        assert_eq!(wanted.before.unwrap().to_string(), "2026-11-19T00:00:00.000Z");
        assert_eq!(wanted.text(), "Tide \"low water\" ://");
        let wanted = parse("since:\"yesterday 9:00\" 12:30 \"from:bob\" https://a.example").unwrap();
        assert_eq!(wanted.since.unwrap().to_string(), "2026-11-19T09:00:00.000Z");
        assert_eq!(wanted.words, ["12:30", "from:bob", "https://a.example"]);
        for bad in ["", "  ", "\"\"", "from:", "since:soon", "has:cheese"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn words_are_found_in_any_case_and_script() {
        let marks = |text: &str, words: &str| -> Vec<String> {
            parse(words).unwrap().marks(text).into_iter().map(|mark| text[mark].to_owned()).collect()
        };
        assert_eq!(marks("Tide tables: TIDE, stided", "tide"), ["Tide", "TIDE", "tide"]);
        assert_eq!(marks("Die FLÖSSE, die flösse", "Flösse"), ["FLÖSSE", "flösse"]);
        assert_eq!(marks("aaaa", "aa"), ["aa", "aa"]);
        assert_eq!(marks("日本", "本"), ["本"]);
        assert_eq!(marks("ab", "abc"), [""; 0]);
        let wanted = parse("ebb flow").unwrap();
        assert!(
            wanted.fits("x", "Flow and EBB", Time::default()) && !wanted.fits("x", "flow", Time::default())
        );
    }
}

//! One message of the wire, parsed in place from its line, and written back
//! ([Modern IRC, message format](https://modern.ircdocs.horse/#message-format),
//! [message-tags](https://ircv3.net/specs/extensions/message-tags)).

use std::borrow::Cow;
use std::fmt;

/// Most params that are told apart; what follows the fourteenth blank is the last param (RFC 1459 2.3).
pub const MAX_PARAMS: usize = 15;

/// A message: a borrowed view of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// The tags, still escaped.
    pub tags: Tags<'a>,
    /// Who it comes from, without the colon: `nick!user@host` or a server's name.
    pub source: Option<&'a str>,
    /// The verb or the three digits, as they were written.
    pub command: &'a str,
    /// Its params.
    pub params: Params<'a>,
}

/// Why a line is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// Nothing in it but blanks, tags or a source; also a second source or second tags where the command should
    /// be, for as a param of an answer they would be taken for something else.
    Empty,
    /// A CR, LF or NUL inside: it must never be relayed, so it is never parsed.
    Forbidden,
}

impl<'a> Message<'a> {
    /// Parses a line, given without its line end. Runs of blanks separate, as RFC 1459 has it.
    ///
    /// # Errors
    /// [`ParseError`], when there is no command or a byte that no line may hold.
    pub fn parse(line: &'a str) -> Result<Message<'a>, ParseError> {
        if memchr::memchr3(b'\r', b'\n', 0, line.as_bytes()).is_some() {
            return Err(ParseError::Forbidden);
        }
        let mut rest = skip_blanks(line);
        let mut tags = Tags("");
        if let Some(tagged) = rest.strip_prefix('@') {
            let (raw, after) = split_blank(tagged).ok_or(ParseError::Empty)?;
            tags = Tags(raw);
            rest = skip_blanks(after);
        }
        let mut source = None;
        if let Some(sourced) = rest.strip_prefix(':') {
            let (name, after) = split_blank(sourced).ok_or(ParseError::Empty)?;
            source = (!name.is_empty()).then_some(name);
            rest = skip_blanks(after);
        }
        let (command, rest) = split_blank(rest).unwrap_or((rest, ""));
        if command.is_empty() || command.starts_with([':', '@']) {
            return Err(ParseError::Empty);
        }
        Ok(Message { tags, source, command, params: Params::split(rest) })
    }

    /// A message to be sent: no tags, no source.
    pub fn new(command: &'a str, params: &[&'a str]) -> Message<'a> {
        let mut list = Params::default();
        for param in params.iter().take(MAX_PARAMS) {
            list.push(param);
        }
        Message { tags: Tags(""), source: None, command, params: list }
    }

    /// The same with a source in front.
    #[must_use]
    pub fn with_source(mut self, source: &'a str) -> Message<'a> {
        self.source = Some(source);
        self
    }

    /// The same with tags in front, given as they stand on the wire (see [`push_tag`]).
    #[must_use]
    pub fn with_tags(mut self, raw: &'a str) -> Message<'a> {
        self.tags = Tags(raw);
        self
    }

    /// The `n`-th param, or nothing at all.
    pub fn param(&self, n: usize) -> &'a str {
        self.params.get(n).unwrap_or("")
    }

    /// Whether the verb is this one; verbs are compared by ASCII letters without case.
    pub fn is(&self, command: &str) -> bool {
        self.command.eq_ignore_ascii_case(command)
    }

    /// The nick in front of the source, or the server's name.
    pub fn nick(&self) -> &'a str {
        self.source.map_or("", |source| super::name::Source::split(source).nick)
    }
}

/// What stands before the first blank, and what from there on. Every line is parsed some times on its way, so this looks at
/// bytes and not at characters.
fn split_blank(text: &str) -> Option<(&str, &str)> {
    let at = memchr::memchr(b' ', text.as_bytes())?;
    Some(text.split_at(at))
}

fn skip_blanks(text: &str) -> &str {
    let blanks = text.bytes().take_while(|b| *b == b' ').count();
    &text[blanks..]
}

/// The message as a line, without its line end. The last param gets its colon when it needs one.
impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.tags.0.is_empty() {
            write!(f, "@{} ", self.tags.0)?;
        }
        if let Some(source) = self.source {
            write!(f, ":{source} ")?;
        }
        f.write_str(self.command)?;
        let last = self.params.len().wrapping_sub(1);
        for (n, param) in self.params.iter().enumerate() {
            let colon = if n == last && needs_colon(param) { ":" } else { "" };
            write!(f, " {colon}{param}")?;
        }
        Ok(())
    }
}

/// Whether a last param must be written with a colon in front.
pub fn needs_colon(param: &str) -> bool {
    param.is_empty() || param.starts_with(':') || memchr::memchr(b' ', param.as_bytes()).is_some()
}

/// The params of a message: at most [`MAX_PARAMS`], none copied.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Params<'a> {
    list: [&'a str; MAX_PARAMS],
    len: usize,
}

impl<'a> Params<'a> {
    fn split(mut rest: &'a str) -> Params<'a> {
        let mut params = Params::default();
        loop {
            rest = skip_blanks(rest);
            if rest.is_empty() {
                return params;
            }
            if let Some(trailing) = rest.strip_prefix(':') {
                params.push(trailing);
                return params;
            }
            if params.len == MAX_PARAMS - 1 {
                params.push(rest);
                return params;
            }
            let (param, after) = split_blank(rest).unwrap_or((rest, ""));
            params.push(param);
            rest = after;
        }
    }

    fn push(&mut self, param: &'a str) {
        if let Some(slot) = self.list.get_mut(self.len) {
            *slot = param;
            self.len += 1;
        }
    }

    /// The `n`-th param.
    pub fn get(&self, n: usize) -> Option<&'a str> {
        self.as_slice().get(n).copied()
    }

    /// The last param: the text, in most commands.
    pub fn last(&self) -> Option<&'a str> {
        self.as_slice().last().copied()
    }

    /// All of them.
    pub fn as_slice(&self) -> &[&'a str] {
        &self.list[..self.len]
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.as_slice().iter().copied()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl fmt::Debug for Params<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_slice().fmt(f)
    }
}

/// The tags of a message, as they stand on the wire without the `@`: unescaped when asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tags<'a>(pub &'a str);

impl<'a> Tags<'a> {
    /// Every tag in the order of the line: key and escaped value. A key alone has the empty value.
    pub fn iter_raw(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0
            .split(';')
            .filter(|item| !item.is_empty())
            .map(|item| item.split_once('=').unwrap_or((item, "")))
            .filter(|(key, _)| !key.is_empty())
    }

    /// The value of a tag, unescaped; of two with one key the last counts.
    pub fn get(&self, key: &str) -> Option<Cow<'a, str>> {
        self.iter_raw().filter(|(name, _)| *name == key).last().map(|(_, raw)| unescape(raw))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A tag's value as it was meant ([escaping values](https://ircv3.net/specs/extensions/message-tags#escaping-values)).
pub fn unescape(raw: &str) -> Cow<'_, str> {
    if !raw.contains('\\') {
        return Cow::Borrowed(raw);
    }
    let mut value = String::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            value.push(c);
            continue;
        }
        match chars.next() {
            Some(':') => value.push(';'),
            Some('s') => value.push(' '),
            Some('r') => value.push('\r'),
            Some('n') => value.push('\n'),
            Some(other) => value.push(other),
            None => {}
        }
    }
    Cow::Owned(value)
}

/// Appends a tag to others, escaped, with the `;` between. An empty value is written as the key alone.
pub fn push_tag(tags: &mut String, key: &str, value: &str) {
    if !tags.is_empty() {
        tags.push(';');
    }
    tags.push_str(key);
    if !value.is_empty() {
        tags.push('=');
    }
    for c in value.chars() {
        match c {
            ';' => tags.push_str("\\:"),
            ' ' => tags.push_str("\\s"),
            '\\' => tags.push_str("\\\\"),
            '\r' => tags.push_str("\\r"),
            '\n' => tags.push_str("\\n"),
            other => tags.push(other),
        }
    }
}

/// The tag with which a line of a log that names no channel (NICK, QUIT) notes in which channels it was heard, with commas
/// between them. It is not a client's and never on the wire.
pub const PLACES_TAG: &str = "in";

/// A CTCP message inside a text: its verb and what follows
/// ([CTCP](https://modern.ircdocs.horse/ctcp)). `None` for ordinary text.
pub fn ctcp(text: &str) -> Option<(&str, &str)> {
    let body = text.strip_prefix('\u{1}')?;
    let body = body.strip_suffix('\u{1}').unwrap_or(body);
    Some(body.split_once(' ').unwrap_or((body, "")))
}

/// The text of a `/me`, if the text is one.
pub fn action(text: &str) -> Option<&str> {
    ctcp(text).filter(|(verb, _)| verb.eq_ignore_ascii_case("ACTION")).map(|(_, words)| words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_end_gets_in() {
        for bad in ["PING a\rb", "PING a\nb", "PING a\0b"] {
            assert_eq!(Message::parse(bad), Err(ParseError::Forbidden));
        }
    }

    #[test]
    fn a_second_source_is_no_command() {
        for bad in [": :", ":a :b c", "@ @x", "@a=b :c @d", "@a @b"] {
            assert_eq!(Message::parse(bad), Err(ParseError::Empty), "{bad}");
        }
    }

    #[test]
    fn the_fifteenth_param_takes_the_rest() {
        let message = Message::parse("X 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16").unwrap();
        assert_eq!(message.params.len(), MAX_PARAMS);
        assert_eq!(message.params.last(), Some("15 16"));
    }

    #[test]
    fn actions() {
        assert_eq!(action("\u{1}ACTION waves\u{1}"), Some("waves"));
        assert_eq!(action("\u{1}action waves"), Some("waves"));
        assert_eq!(action("ACTION waves"), None);
        assert_eq!(ctcp("\u{1}VERSION\u{1}"), Some(("VERSION", "")));
    }

    #[test]
    fn a_message_is_shown_as_it_stands_on_the_wire() {
        let message = Message::new("TOPIC", &["#x", "tide tables"]).with_source("a!b@c").with_tags("x=1");
        assert_eq!(message.to_string(), "@x=1 :a!b@c TOPIC #x :tide tables");
        for (params, written) in [
            (&["a"][..], "X a"),
            (&["a", "b"], "X a b"),
            (&["a", ""], "X a :"),
            (&["a", ":b"], "X a ::b"),
            (&[], "X"),
        ] {
            assert_eq!(Message::new("X", params).to_string(), written);
        }
        assert_eq!(format!("{:?}", message.params), "[\"#x\", \"tide tables\"]");
        assert!(Message::new("X", &[]).params.is_empty() && !message.params.is_empty());
        assert!(message.is("topic") && !message.is("TOPICS"));
        assert_eq!((message.nick(), Message::new("X", &[]).nick(), message.param(9)), ("a", "", ""));
        assert_eq!(Message::new("X", &["p"; 20]).params.len(), MAX_PARAMS);
    }

    #[test]
    fn tags_are_read_as_they_are_written() {
        let mut tags = String::new();
        push_tag(&mut tags, "a", "");
        push_tag(&mut tags, "+b", "1;2 3\\4\r5\n6");
        assert_eq!(tags, "a;+b=1\\:2\\s3\\\\4\\r5\\n6");
        assert_eq!(Tags(&tags).get("+b").as_deref(), Some("1;2 3\\4\r5\n6"));
        assert_eq!(Tags(&tags).get("a").as_deref(), Some(""));
        assert_eq!(Tags(&tags).get("b"), None);
        assert_eq!(Tags("a=1;;=2;a=3;b").iter_raw().collect::<Vec<_>>(), [("a", "1"), ("a", "3"), ("b", "")]);
        assert_eq!(Tags("a=1;a=3").get("a").as_deref(), Some("3"));
        assert_eq!((unescape("a\\bc\\"), unescape("plain")), ("abc".into(), "plain".into()));
        assert!(Tags("").is_empty() && !Tags("a").is_empty());
    }
}

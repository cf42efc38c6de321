//! Links of the web in a text: where they stand, where they lead, and what of that is not plain to see. Pure; whoever
//! draws or opens a link asks here, so that both mean the same.

use std::fmt::Write;
use std::ops::Range;

/// Most bytes of a link: what is longer is text.
pub const LINK_MOST: usize = 2_000;
/// Most bytes of the words of a link that has words of its own.
const WORDS_MOST: usize = 400;
/// Most characters of a label of a host.
const LABEL_MOST: usize = 63;

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The address in visible ASCII alone, as programs and terminals take it: the host as the network knows it, all
    /// else escaped.
    pub uri: String,
    /// The host as the network knows it.
    pub host: String,
    /// Whether the host is not what a reader would take it for: letters beyond ASCII, or a name in front of an `@`.
    pub is_veiled: bool,
}

/// A link that stands in a text as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its bytes in the text.
    pub at: Range<usize>,
    /// Where it leads.
    pub target: Target,
}

/// A link under words of its own: `[words](https://…)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named<'a> {
    /// The words, raw.
    pub words: &'a str,
    /// Where it leads.
    pub target: Target,
    /// How many bytes of the text it is.
    pub length: usize,
}

/// The links of a text: `http://` or `https://` up to a blank, a quote or a stand-in, without the punctuation that
/// belongs to the sentence around it.
pub fn links(text: &str) -> impl Iterator<Item = Link> + '_ {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let scheme = text[from..].find("://")? + from;
            let start = ["https", "http"]
                .iter()
                .find_map(|name| text[..scheme].ends_with(name).then(|| scheme - name.len()));
            from = scheme + 3;
            let Some(start) = start else { continue };
            if text[..start].ends_with(|c: char| c.is_alphanumeric()) {
                continue;
            }
            let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>' | '`' | '⟨' | '⟩' | '␛');
            let end = text[from..].find(is_end).map_or(text.len(), |length| from + length);
            let end = start + without_punctuation(&text[start..end]);
            if end > from {
                from = end;
                if let Some(target) = Target::of(&text[start..end]) {
                    return Some(Link { at: start..end, target });
                }
            }
        }
    })
}

/// The link with words of its own that a text begins with.
pub fn named(text: &str) -> Option<Named<'_>> {
    let rest = text.strip_prefix('[')?;
    let near = &rest[..rest.floor_char_boundary(WORDS_MOST)];
    let words = &near[..near.find(['[', ']', '\n'])?];
    let link = rest[words.len()..].strip_prefix("](")?;
    let near = &link[..link.floor_char_boundary(LINK_MOST)];
    let mut depth = 0usize;
    let end = near.find(|c: char| match c {
        '(' => {
            depth += 1;
            false
        }
        ')' if depth > 0 => {
            depth -= 1;
            false
        }
        c => c == ')' || c.is_whitespace() || c.is_control(),
    })?;
    if !near[end..].starts_with(')') || words.trim().is_empty() {
        return None;
    }
    let target = Target::of(&near[..end])?;
    Some(Named { words, target, length: 1 + words.len() + 2 + end + 1 })
}

/// The first link of a text, of either kind.
pub fn first(text: &str) -> Option<Target> {
    let mut brackets = text.match_indices('[').map(|(at, _)| at);
    let under_words = brackets.find_map(|at| named(&text[at..]).map(|named| (at, named.target)));
    let plain = links(text).next().map(|link| (link.at.start, link.target));
    match (under_words, plain) {
        // What stands within the words, or within the brackets, is not a link of its own.
        (Some((at, target)), Some((other, _))) if at < other => Some(target),
        (under_words, plain) => plain.or(under_words).map(|(_, target)| target),
    }
}

impl Target {
    /// Where an address of the web leads; nothing if it is none, or if it is not certain which host it names.
    pub fn of(link: &str) -> Option<Target> {
        let rest = link.strip_prefix("https://").or_else(|| link.strip_prefix("http://"))?;
        let scheme = &link[..link.len() - rest.len()];
        if link.len() > LINK_MOST || link.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return None;
        }
        // Browsers take a backslash for a slash.
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len()));
        let (user, place) = authority.rsplit_once('@').map_or((None, authority), |(u, p)| (Some(u), p));
        let (named, port) = match place.strip_prefix('[').and_then(|rest| rest.find(']')) {
            Some(end) => place.split_at(end + 2),
            None => place.split_at(place.find(':').unwrap_or(place.len())),
        };
        let digits = port.strip_prefix(':').unwrap_or(port);
        if !digits.bytes().all(|b| b.is_ascii_digit())
            || digits.len() > 5
            || (port.is_empty() != digits.is_empty())
        {
            return None;
        }
        let host = if named.starts_with('[') { number(named)? } else { name(named)? };
        let mut uri = scheme.to_owned();
        if let Some(user) = user {
            escape(user, &mut uri);
            uri.push('@');
        }
        uri.push_str(&host);
        uri.push_str(port);
        escape(path, &mut uri);
        Some(Target { uri, host, is_veiled: user.is_some() || !named.is_ascii() })
    }
}

/// What is no visible ASCII is escaped by its bytes ([RFC 3986, section 2.1](https://www.rfc-editor.org/rfc/rfc3986#section-2.1)).
fn escape(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'`') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

/// An address of version 6 in its brackets.
fn number(text: &str) -> Option<String> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    inner.parse::<std::net::Ipv6Addr>().ok()?;
    Some(text.to_owned())
}

/// A host's name as the network knows it.
fn name(text: &str) -> Option<String> {
    let labels: Option<Vec<String>> = text.strip_suffix('.').unwrap_or(text).split('.').map(label).collect();
    labels.map(|labels| labels.join("."))
}

fn label(text: &str) -> Option<String> {
    let is_letter = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    if text.is_empty() || text.chars().count() > LABEL_MOST || !text.chars().all(is_letter) {
        return None;
    }
    if text.is_ascii() {
        return Some(text.to_owned());
    }
    Some(format!("xn--{}", punycode(&text.to_lowercase())?)).filter(|label| label.len() <= LABEL_MOST)
}

/// A text in the letters of host names ([RFC 3492, section 6.3](https://www.rfc-editor.org/rfc/rfc3492#section-6.3)).
fn punycode(text: &str) -> Option<String> {
    const BASE: u32 = 36;
    let digit = |value: u32| {
        char::from_digit(value, BASE).map(|c| match c {
            // There the letters come first, and then the ciphers.
            '0'..='9' => char::from(b'a' + (c as u8 - b'0')),
            'a'..='p' => char::from(b'k' + (c as u8 - b'a')),
            c => char::from(b'0' + (c as u8 - b'q')),
        })
    };
    let mut out: String = text.chars().filter(char::is_ascii).collect();
    let basic = u32::try_from(out.len()).ok()?;
    let (mut done, mut bias, mut delta, mut next) = (basic, 72, 0u32, 128u32);
    if basic > 0 {
        out.push('-');
    }
    let all = u32::try_from(text.chars().count()).ok()?;
    while done < all {
        let least = text.chars().map(u32::from).filter(|code| *code >= next).min()?;
        delta = delta.checked_add((least - next).checked_mul(done + 1)?)?;
        next = least;
        for code in text.chars().map(u32::from) {
            if code < next {
                delta = delta.checked_add(1)?;
            }
            if code != next {
                continue;
            }
            let (mut rest, mut place) = (delta, BASE);
            loop {
                let threshold = if place <= bias { 1 } else { (place - bias).min(26) };
                if rest < threshold {
                    break;
                }
                out.push(digit(threshold + (rest - threshold) % (BASE - threshold))?);
                rest = (rest - threshold) / (BASE - threshold);
                place += BASE;
            }
            out.push(digit(rest)?);
            bias = adapted(delta, done + 1, done == basic);
            delta = 0;
            done += 1;
        }
        delta += 1;
        next += 1;
    }
    Some(out)
}

/// How the digits of the next number are weighed (section 6.1 there).
fn adapted(delta: u32, count: u32, is_first: bool) -> u32 {
    let mut delta = if is_first { delta / 700 } else { delta / 2 };
    delta += delta / count;
    let mut steps = 0;
    while delta > 35 * 26 / 2 {
        delta /= 35;
        steps += 36;
    }
    steps + 36 * delta / (delta + 38)
}

/// The length of a link without what follows it in the sentence; a closing bracket stays if it was opened in it.
fn without_punctuation(link: &str) -> usize {
    let mut link = link;
    while let Some(last) = link.chars().next_back() {
        let ends_sentence = matches!(last, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~' | '…');
        let closes = match last {
            ')' => !link.contains('('),
            ']' => !link.contains('['),
            '}' => !link.contains('{'),
            _ => false,
        };
        if !ends_sentence && !closes {
            break;
        }
        link = &link[..link.len() - last.len_utf8()];
    }
    link.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(text: &str) -> Vec<&str> {
        links(text).map(|link| &text[link.at]).collect()
    }

    #[test]
    fn links_end_where_the_sentence_goes_on() {
        assert_eq!(found("see https://a.example/x_(y), ok"), ["https://a.example/x_(y)"]);
        assert_eq!(found("(http://a.example/?q=1)."), ["http://a.example/?q=1"]);
        assert_eq!(found("https://a.b⟨RLO⟩gnp.exe"), ["https://a.b"]);
        assert_eq!(found("https:// ftp://x javascript://x xhttp://y https://."), Vec::<&str>::new());
        assert_eq!(found(&"https://x.y/ ".repeat(120)).len(), 120);
    }

    #[test]
    fn the_true_host_comes_to_light() {
        let host = |link: &str| Target::of(link).map(|target| (target.host, target.is_veiled));
        let plain = |name: &str| Some((name.to_owned(), false));
        let veiled = |name: &str| Some((name.to_owned(), true));
        assert_eq!(host("https://a.example:8080/x"), plain("a.example"));
        assert_eq!(host("https://[::1]:6667/"), plain("[::1]"));
        assert_eq!(host("https://bank.example@evil.example/"), veiled("evil.example"));
        assert_eq!(host("https://evil.example\\@bank.example/"), plain("evil.example"));
        assert_eq!(host("https://münchen.example/"), veiled("xn--mnchen-3ya.example"));
        assert_eq!(host("https://\u{430}pple.example"), veiled("xn--pple-43d.example"));
        assert_eq!(host("https://BÜCHER.example"), veiled("xn--bcher-kva.example"));
        assert_eq!(host("https://日本語.jp/"), veiled("xn--wgv71a119e.jp"));
        for none in
            ["https://", "https://a..b/", "https://a b", "https://a\u{200b}b/", "https://a:x/", "file:///a"]
        {
            assert_eq!(host(none), None, "{none:?}");
        }
        let target = Target::of("https://münchen.example/straße?q=\"\u{202e}").unwrap();
        assert_eq!(target.uri, "https://xn--mnchen-3ya.example/stra%C3%9Fe?q=%22%E2%80%AE");
    }

    #[test]
    fn words_can_be_a_link_and_never_hide_another() {
        let read =
            |text: &'static str| named(text).map(|named| (named.words, named.target.uri, named.length));
        let notes = "[notes](https://tides.example/n/46) and";
        assert_eq!(read(notes), Some(("notes", "https://tides.example/n/46".to_owned(), 35)));
        assert_eq!(read("[a](https://b.example/x_(y))").unwrap().1, "https://b.example/x_(y)");
        for none in [
            "[a](javascript:alert)",
            "[a](https://)",
            "[](https://a.example)",
            "[a] (https://a.example)",
            "[a](https://a.example",
            "[a\n](https://a.example)",
            "[a](file:///etc)",
            "[[",
        ] {
            assert_eq!(read(none), None, "{none}");
        }
        let uri = |text: &str| first(text).map(|target| target.uri);
        assert_eq!(uri("[https://bank.example](https://evil.example)").unwrap(), "https://evil.example");
        assert_eq!(uri("https://a.example [b](https://b.example)").unwrap(), "https://a.example");
        assert_eq!(uri("no link"), None);
    }

    proptest! {
        #[test]
        fn a_target_is_visible_ascii_whatever_the_text(text in "(https?://)?[ -~\u{0}-\u{9f}äж日\u{202e}\u{200d}.@:/\\[\\]()]{0,60}") {
            for link in links(&text).map(|link| link.target).chain(Target::of(&text)).chain(first(&text)) {
                prop_assert!(link.uri.bytes().all(|b| b.is_ascii_graphic()), "{:?}", link.uri);
                prop_assert!(link.host.bytes().all(|b| b.is_ascii_graphic()));
            }
        }
    }
}

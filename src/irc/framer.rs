//! Bytes in, whole lines out. A line ends with LF, and a CR in front of it belongs to the end; what is longer
//! than the limit is dropped whole and said once, so memory stays bounded whatever arrives.

/// What the framer found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framed<'a> {
    /// A line, without its end. It may be empty and need not be UTF-8.
    Line(&'a [u8]),
    /// A line was over the limit; nothing of it is kept.
    TooLong,
}

/// Cuts one connection's bytes into lines. It keeps only an unfinished line between calls: an idle connection
/// whose last line was whole keeps no buffer.
#[derive(Debug)]
pub struct Framer {
    partial: Vec<u8>,
    limit: usize,
    skipping: bool,
}

impl Framer {
    /// A framer that accepts lines of at most `limit` bytes, without the line end.
    pub fn new(limit: usize) -> Framer {
        Framer { partial: Vec::new(), limit, skipping: false }
    }

    /// Takes what has arrived and hands out each line that is whole now. Any cut of the same bytes into calls
    /// gives the same lines.
    pub fn push(&mut self, mut bytes: &[u8], mut each: impl FnMut(Framed<'_>)) {
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            if self.skipping {
                self.skipping = false;
            } else if self.partial.is_empty() {
                self.emit(line, &mut each);
            } else {
                let mut whole = std::mem::take(&mut self.partial);
                whole.extend_from_slice(line);
                self.emit(&whole, &mut each);
            }
            bytes = rest;
        }
        // A CR at the limit may belong to the line end: one byte of grace.
        if self.skipping || bytes.is_empty() {
            return;
        }
        if self.partial.len() + bytes.len() > self.limit + 1 {
            self.partial = Vec::new();
            self.skipping = true;
            each(Framed::TooLong);
        } else {
            self.partial.extend_from_slice(bytes);
        }
    }

    fn emit(&self, line: &[u8], each: &mut impl FnMut(Framed<'_>)) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() > self.limit { each(Framed::TooLong) } else { each(Framed::Line(line)) }
    }

    /// The unfinished line, as far as it has come.
    pub fn partial(&self) -> &[u8] {
        &self.partial
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(limit: usize, chunks: &[&[u8]]) -> Vec<String> {
        let mut framer = Framer::new(limit);
        let mut out = Vec::new();
        for chunk in chunks {
            framer.push(chunk, |framed| {
                out.push(match framed {
                    Framed::Line(line) => String::from_utf8_lossy(line).into_owned(),
                    Framed::TooLong => "too long".into(),
                });
            });
        }
        out
    }

    #[test]
    fn line_ends() {
        assert_eq!(lines(10, &[b"a\r\nb\n\nc", b"d\r", b"\ne"]), ["a", "b", "", "cd"]);
    }

    #[test]
    fn an_overlong_line_is_said_once() {
        assert_eq!(lines(4, &[b"abcd\r\n"]), ["abcd"]);
        assert_eq!(lines(4, &[b"abcde\n12\n"]), ["too long", "12"]);
        assert_eq!(lines(4, &[b"abc", b"def", b"ghi", b"\n12\n"]), ["too long", "12"]);
    }

    #[test]
    fn what_has_no_end_yet_is_seen() {
        let mut framer = Framer::new(10);
        assert_eq!(framer.partial(), b"");
        framer.push(b"a\nbc", |_| {});
        assert_eq!(framer.partial(), b"bc");
        framer.push(b"d\n", |_| {});
        assert_eq!(framer.partial(), b"");
    }
}

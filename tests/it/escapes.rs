//! The escapes in the files of `tests/data/hostile-lines`; their README says what each of them means.

/// The bytes that an escaped text means.
pub fn unescape(text: &str) -> Vec<u8> {
    let mut rest = text;
    let bytes = piece(&mut rest, false);
    assert!(rest.is_empty(), "left over: {rest:?}");
    bytes
}

/// Takes what comes up to the end or, inside of braces, to the one that closes them.
fn piece(rest: &mut &str, inside: bool) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(c) = rest.chars().next() {
        *rest = &rest[c.len_utf8()..];
        match c {
            '}' if inside => return out,
            '\\' => escape(rest, &mut out),
            c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out
}

fn escape(rest: &mut &str, out: &mut Vec<u8>) {
    let (kind, after) = rest.split_at(1);
    *rest = after;
    match kind {
        "r" => out.push(b'\r'),
        "n" => out.push(b'\n'),
        "t" => out.push(b'\t'),
        "0" => out.push(0),
        "e" => out.push(0x1b),
        "\\" => out.push(b'\\'),
        "x" => {
            out.push(u8::from_str_radix(&rest[..2], 16).unwrap());
            *rest = &rest[2..];
        }
        "u" => {
            let (code, after) = rest[1..].split_once('}').unwrap();
            put_code_point(u32::from_str_radix(code, 16).unwrap(), out);
            *rest = after;
        }
        "R" => {
            let (count, after) = rest[1..].split_once('|').unwrap();
            *rest = after;
            out.extend(piece(rest, true).repeat(count.parse().unwrap()));
        }
        other => panic!("unknown escape {other}"),
    }
}

/// A surrogate is none of Rust's characters, but here it has its three bytes all the same.
fn put_code_point(code: u32, out: &mut Vec<u8>) {
    match char::from_u32(code) {
        Some(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        None => out
            .extend([0xE0 | (code >> 12), 0x80 | (code >> 6 & 0x3F), 0x80 | (code & 0x3F)].map(|b| b as u8)),
    }
}

#[test]
fn escapes_are_read_as_their_readme_says() {
    assert_eq!(unescape(r"a\r\n\t\0\e\\\xff"), b"a\r\n\t\0\x1b\\\xff");
    assert_eq!(unescape(r"\u{20ac}\u{d800}"), b"\xe2\x82\xac\xed\xa0\x80");
    assert_eq!(unescape(r"${a}\R{2|x\R{3|y}\x7d}!"), b"${a}xyyy}xyyy}!");
}

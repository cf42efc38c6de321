//! Bytes of terminals, whole and in pieces, and what they are.

use super::*;
use proptest::prelude::*;

const NONE: KeyModifiers = KeyModifiers::NONE;
const CTRL: KeyModifiers = KeyModifiers::CONTROL;
const ALT: KeyModifiers = KeyModifiers::ALT;
const SHIFT: KeyModifiers = KeyModifiers::SHIFT;

/// What comes of bytes after which nothing more comes.
fn all(bytes: &[u8]) -> Vec<Sent> {
    let (mut parser, mut out) = (Parser::default(), Vec::new());
    parser.take(bytes, &mut out);
    settle(&mut parser, &mut out);
    out
}

/// Nothing more comes, however long it is waited for.
fn settle(parser: &mut Parser, out: &mut Vec<Sent>) {
    for _ in 0..4 {
        parser.release(out);
    }
    assert_eq!(parser.wait(), None, "nothing is held for ever");
}

fn keys(bytes: &[u8]) -> Vec<(KeyModifiers, KeyCode)> {
    let key = |sent| match sent {
        Sent::Typed(Event::Key(key)) => (key.modifiers, key.code),
        other => panic!("{other:?}"),
    };
    all(bytes).into_iter().map(key).collect()
}

#[test]
fn keys_are_read_as_terminals_send_them() {
    for (bytes, modifiers, code) in [
        (&b"a"[..], NONE, KeyCode::Char('a')),
        (b"A", SHIFT, KeyCode::Char('A')),
        ("日".as_bytes(), NONE, KeyCode::Char('日')),
        (b"\r", NONE, KeyCode::Enter),
        (b"\n", CTRL, KeyCode::Char('j')),
        (b"\x03", CTRL, KeyCode::Char('c')),
        (b"\x1f", CTRL, KeyCode::Char('7')),
        (b"\x7f", NONE, KeyCode::Backspace),
        (b"\x1b", NONE, KeyCode::Esc),
        (b"\x1b\x7f", ALT, KeyCode::Backspace),
        (b"\x1b\r", ALT, KeyCode::Enter),
        (b"\x1bx", ALT, KeyCode::Char('x')),
        ("\u{1b}é".as_bytes(), ALT, KeyCode::Char('é')),
        (b"\x1bB", ALT | SHIFT, KeyCode::Char('B')),
        (b"\x1bO", ALT | SHIFT, KeyCode::Char('O')),
        (b"\x1b]", ALT, KeyCode::Char(']')),
        (b"\x1b[", ALT, KeyCode::Char('[')),
        (b"\x1b[A", NONE, KeyCode::Up),
        (b"\x1bOA", NONE, KeyCode::Up),
        (b"\x1b[1;3A", ALT, KeyCode::Up),
        (b"\x1b\x1b[A", ALT, KeyCode::Up),
        (b"\x1b[1;2B", SHIFT, KeyCode::Down),
        (b"\x1b[1;5C", CTRL, KeyCode::Right),
        (b"\x1b[Z", SHIFT, KeyCode::BackTab),
        (b"\x1b[5~", NONE, KeyCode::PageUp),
        (b"\x1b[6;5~", CTRL, KeyCode::PageDown),
        (b"\x1bOP", NONE, KeyCode::F(1)),
        (b"\x1b[11~", NONE, KeyCode::F(1)),
        (b"\x1b[[A", NONE, KeyCode::F(1)),
        (b"\x1b[18~", NONE, KeyCode::F(7)),
        (b"\x1b[24~", NONE, KeyCode::F(12)),
        (b"\x1b[27;5;9~", CTRL, KeyCode::Tab),
        (b"\x1b[13;2u", SHIFT, KeyCode::Enter),
        (b"\x1b[9;2u", SHIFT, KeyCode::BackTab),
    ] {
        assert_eq!(keys(bytes), [(modifiers, code)], "{:?}", String::from_utf8_lossy(bytes));
    }
    assert_eq!(keys(b"\x1b\x1b"), [(NONE, KeyCode::Esc), (NONE, KeyCode::Esc)]);
    assert_eq!(keys(b"a\x1b[Ab").len(), 3);
}

#[test]
fn answers_are_no_keys_wherever_they_come() {
    for (bytes, answer) in [
        (&b"\x1b]11;rgb:1616/1818/1d1d\x1b\\"[..], Answer::Ground(Ground::DARK)),
        (b"\x1b]11;rgb:1616/1818/1d1d\x07", Answer::Ground(Ground::DARK)),
        (b"\x1b[?997;1n", Answer::Scheme),
        (b"\x1b[1;3R", Answer::Column(3)),
    ] {
        let between = [b"a", bytes, b"b"].concat();
        let found = all(&between);
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(found[1], Sent::Answer(answer));
    }
    // Those that nobody asked for are passed over.
    assert_eq!(all(b"\x1b[?62;52c\x1bP>|Term\x1b\\\x1b]4;1;rgb:0/0/0\x07\x1b[?1u\x1b[?2027;2$y"), []);
}

#[test]
fn the_mouse_and_the_focus_are_read() {
    let kind = |bytes: &[u8]| match &all(bytes)[..] {
        [Sent::Typed(Event::Mouse(mouse))] => (mouse.kind, mouse.column, mouse.row),
        other => panic!("{other:?}"),
    };
    assert_eq!(kind(b"\x1b[<0;300;2M"), (MouseEventKind::Down(MouseButton::Left), 299, 1));
    assert_eq!(kind(b"\x1b[<2;1;1m"), (MouseEventKind::Up(MouseButton::Right), 0, 0));
    assert_eq!(kind(b"\x1b[<32;1;1M"), (MouseEventKind::Drag(MouseButton::Left), 0, 0));
    assert_eq!(kind(b"\x1b[<64;5;5M").0, MouseEventKind::ScrollUp);
    assert_eq!(kind(b"\x1b[<65;5;5M").0, MouseEventKind::ScrollDown);
    assert_eq!(all(b"\x1b[I\x1b[O"), [Sent::Typed(Event::FocusGained), Sent::Typed(Event::FocusLost)]);
}

#[test]
fn a_paste_is_one_event_and_nothing_in_it_is_a_key() {
    let paste = |text: &str| Sent::Typed(Event::Paste(text.to_owned()));
    assert_eq!(all(b"\x1b[200~one\rtwo \x1b[A\x1b[201~"), [paste("one\rtwo \u{1b}[A")]);
    assert_eq!(all(b"\x1b[200~never ended"), [paste("never ended")], "its end is not waited for for ever");
    let huge = [&b"\x1b[200~"[..], &vec![b'x'; PASTE_MOST + 10], b"\x1b[201~y"].concat();
    let found = all(&huge);
    assert!(matches!(&found[0], Sent::Typed(Event::Paste(text)) if text.len() == PASTE_MOST));
    assert_eq!(found.len(), 2);
}

#[test]
fn a_paste_that_stands_still_is_shown_and_stays_a_paste() {
    let paste = |text: &str| Sent::Typed(Event::Paste(text.to_owned()));
    let (mut parser, mut out) = (Parser::default(), Vec::new());
    let mut take = |parser: &mut Parser, bytes: &[u8]| {
        parser.take(bytes, &mut out);
        std::mem::take(&mut out)
    };
    let released = |parser: &mut Parser| {
        let mut out = Vec::new();
        parser.release(&mut out);
        out
    };
    assert_eq!(take(&mut parser, b"\x1b[200~one\rtw\xC3"), []);
    assert_eq!(parser.wait(), Some(PASTE_WAIT));
    assert_eq!(released(&mut parser), [paste("one\rtw")], "half of a character waits for the other half");
    assert_eq!(parser.wait(), Some(PASTE_LOST));
    // Whoever waits can get out; nothing that they press sends.
    let control = |c| Sent::Typed(Event::Key(KeyEvent::new(KeyCode::Char(c), CTRL)));
    assert_eq!(take(&mut parser, b"\x03"), [control('c')]);
    assert_eq!(take(&mut parser, b"\xB6\r"), []);
    assert_eq!(parser.wait(), Some(REST_WAIT));
    assert_eq!(released(&mut parser), [paste("\u{f6}")]);
    assert_eq!((take(&mut parser, b"\r"), released(&mut parser).len()), (vec![], 1));
    // It was over by then: what comes now is typed.
    assert_eq!(take(&mut parser, b"x").len(), 1);

    // The rest comes, with its end cut in two.
    take(&mut parser, b"\x1b[200~one");
    assert_eq!(released(&mut parser), [paste("one")]);
    assert_eq!(take(&mut parser, b"\rtwo\x1b[20"), []);
    assert_eq!(released(&mut parser), [paste("\rtwo")]);
    assert_eq!(take(&mut parser, b"1~"), [paste("")]);
    assert_eq!(parser.wait(), None);

    // Escape alone is a key, after a while.
    take(&mut parser, b"\x1b[200~one");
    released(&mut parser);
    assert_eq!((take(&mut parser, b"\x1b"), parser.wait()), (vec![], Some(PASTE_WAIT)));
    assert_eq!(released(&mut parser), [Sent::Typed(Event::Key(KeyEvent::new(KeyCode::Esc, NONE)))]);
    assert_eq!(parser.wait(), Some(PASTE_LOST));
}

#[test]
fn nothing_is_held_without_a_limit() {
    for start in [&b"\x1b]"[..], b"\x1b[", b"\x1bP", b"\x1b"] {
        let (mut parser, mut out) = (Parser::default(), Vec::new());
        let filler = if start == b"\x1b" { 0x1B } else { b'1' };
        for _ in 0..5_000 {
            parser.take(&[filler], &mut out);
            assert!(parser.bytes.len() <= SEQUENCE_MOST + 1);
        }
    }
}

proptest! {
    #[test]
    fn bytes_cut_anywhere_are_the_same_events(
        pieces in proptest::collection::vec(
            prop_oneof![
                Just(b"\x1b[A".to_vec()), Just(b"\x1b[<0;3;4M".to_vec()), Just("日é".as_bytes().to_vec()),
                Just(b"\x1b[200~a\x1b[20b\x1b[201~".to_vec()), Just(b"\x1b]11;rgb:1/2/3\x07".to_vec()),
                Just(b"\x1b[?997;2n".to_vec()), Just(b"x".to_vec()), Just(b"\x1b\x1b[B".to_vec()),
                proptest::collection::vec(any::<u8>(), 0..6),
            ],
            0..8,
        ),
        cut in any::<proptest::sample::Index>(),
    ) {
        let bytes = pieces.concat();
        let cut = if bytes.is_empty() { 0 } else { cut.index(bytes.len()) };
        let (mut parser, mut out) = (Parser::default(), Vec::new());
        parser.take(&bytes[..cut], &mut out);
        parser.take(&bytes[cut..], &mut out);
        settle(&mut parser, &mut out);
        prop_assert_eq!(out, all(&bytes));
    }
}

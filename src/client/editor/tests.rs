use super::*;
use proptest::prelude::*;

fn typed(text: &str) -> Editor {
    let mut editor = Editor::new();
    text.chars().for_each(|c| editor.insert(c));
    editor
}

/// The text with `|` where the cursor stands.
fn picture(editor: &Editor) -> String {
    let (before, after) = editor.text().split_at(editor.cursor());
    format!("{before}|{after}")
}

fn candidates(words: &[&str]) -> Vec<Candidate> {
    words.iter().map(|word| Candidate { text: (*word).to_owned(), sign: None, note: String::new() }).collect()
}

#[test]
fn arrows_and_backspace_take_a_family_as_one() {
    let mut editor = typed("a👨‍👩‍👧e\u{301}");
    editor.left();
    assert_eq!(picture(&editor), "a👨‍👩‍👧|e\u{301}");
    editor.delete_back();
    assert_eq!(picture(&editor), "a|e\u{301}");
    editor.delete();
    assert_eq!(picture(&editor), "a|");
}

#[test]
fn words_are_moved_over_whatever_stands_between_them() {
    let mut editor = typed("don't  go, 日本");
    editor.word_left();
    assert_eq!(picture(&editor), "don't  go, 日|本");
    editor.word_left();
    editor.word_left();
    assert_eq!(picture(&editor), "don't  |go, 日本");
    editor.home();
    editor.word_right();
    assert_eq!(picture(&editor), "don't|  go, 日本");
}

#[test]
fn home_and_end_stay_in_their_line() {
    let mut editor = typed("one\ntwo\nthree");
    editor.up();
    assert_eq!(picture(&editor), "one\ntwo|\nthree");
    editor.home();
    assert_eq!(picture(&editor), "one\n|two\nthree");
    editor.end();
    editor.down();
    assert_eq!(picture(&editor), "one\ntwo\nthr|ee");
}

#[test]
fn a_run_of_ups_and_downs_keeps_its_column() {
    let mut editor = typed("longer\nx\nlonger");
    editor.up();
    assert_eq!(picture(&editor), "longer\nx|\nlonger");
    editor.up();
    assert_eq!(picture(&editor), "longer|\nx\nlonger");
}

#[test]
fn kills_that_follow_each_other_come_back_as_one() {
    let mut editor = typed("cd /a/b-c now");
    editor.kill_to_blank();
    editor.kill_to_blank();
    assert_eq!(picture(&editor), "cd |");
    editor.yank();
    assert_eq!(picture(&editor), "cd /a/b-c now|");
}

#[test]
fn yank_older_replaces_what_was_yanked() {
    let mut editor = typed("one two");
    editor.kill_word_back();
    editor.left();
    editor.right();
    editor.kill_to_start();
    assert_eq!(picture(&editor), "|");
    editor.yank();
    assert_eq!(picture(&editor), "one |");
    editor.yank_older();
    assert_eq!(picture(&editor), "two|");
    editor.left();
    editor.yank_older();
    assert_eq!(picture(&editor), "tw|o");
}

#[test]
fn killing_at_the_end_of_a_line_joins_it_with_the_next() {
    let mut editor = typed("a\nb");
    editor.up();
    editor.kill_to_end();
    assert_eq!(picture(&editor), "a|b");
    editor.kill_to_end();
    assert_eq!(picture(&editor), "a|");
}

#[test]
fn transpose_drags_the_cluster_before_the_cursor_on() {
    let mut editor = typed("ab日");
    editor.transpose();
    assert_eq!(picture(&editor), "a日b|");
    editor.home();
    editor.transpose();
    assert_eq!(picture(&editor), "|a日b");
    editor.right();
    editor.transpose();
    assert_eq!(picture(&editor), "日a|b");
}

#[test]
fn undo_goes_back_by_words_and_redo_forth() {
    let mut editor = typed("one two");
    assert!(editor.undo());
    assert_eq!(editor.text(), "one");
    assert!(editor.undo());
    assert_eq!(editor.text(), "");
    assert!(!editor.undo());
    assert!(editor.redo());
    assert!(editor.redo());
    assert_eq!(picture(&editor), "one two|");
    assert!(!editor.redo());
    editor.clear();
    assert!(editor.undo());
    assert_eq!(editor.text(), "one two");
}

#[test]
fn the_history_keeps_what_was_unsent() {
    let mut editor = Editor::new();
    for text in ["first", "second", "second", "  "] {
        editor.paste(text);
        editor.take();
    }
    editor.paste("unsent");
    editor.left();
    editor.up();
    assert_eq!(picture(&editor), "second|");
    editor.up();
    editor.up();
    assert_eq!(picture(&editor), "first|");
    editor.down();
    editor.down();
    editor.down();
    assert_eq!(picture(&editor), "unsen|t");
}

#[test]
fn a_search_finds_ever_older_texts_and_gives_back_what_was_typed() {
    let mut editor = Editor::new();
    for text in ["tide at six", "bread", "Tide at nine"] {
        editor.paste(text);
        editor.take();
    }
    editor.paste("typed");
    editor.search_older();
    "tide".chars().for_each(|c| editor.search_insert(c));
    assert_eq!(editor.text(), "Tide at nine");
    editor.search_older();
    assert_eq!(editor.text(), "tide at six");
    editor.search_older();
    assert!(editor.search().is_some_and(|search| !search.found));
    editor.search_cancel();
    assert_eq!((editor.text(), editor.search()), ("typed", None));
    editor.search_older();
    editor.search_insert('b');
    editor.search_accept();
    assert_eq!((editor.text(), editor.search()), ("bread", None));
}

#[test]
fn a_nick_gets_a_colon_only_at_the_start() {
    let names = || candidates(&["alice", "alan", "bea"]);
    let mut editor = typed("al");
    assert!(editor.complete(true, |kind| {
        assert_eq!(kind, Kind::Nick);
        names()
    }));
    assert_eq!(picture(&editor), "alice: |");
    assert!(editor.complete(true, |_| Vec::new()));
    assert_eq!(picture(&editor), "alan: |");
    assert!(editor.complete(false, |_| Vec::new()));
    assert_eq!(picture(&editor), "alice: |");
    "hi BE".chars().for_each(|c| editor.insert(c));
    assert!(editor.complete(true, |_| names()));
    assert_eq!(picture(&editor), "alice: hi bea |");
    assert_eq!(editor.completion(), None);
    assert!(!editor.complete(true, |_| names()));
}

#[test]
fn commands_and_channels_are_completed_with_their_sign() {
    let mut editor = typed("/jo");
    assert!(editor.complete(true, |kind| {
        assert_eq!(kind, Kind::Command);
        candidates(&["/join", "/part"])
    }));
    assert_eq!(picture(&editor), "/join |");
    editor.insert('#');
    assert!(editor.complete(false, |kind| {
        assert_eq!(kind, Kind::Channel);
        candidates(&["#a", "#b"])
    }));
    assert_eq!(picture(&editor), "/join #b |");
    editor.complete_cancel();
    assert_eq!(picture(&editor), "/join #|");
}

#[test]
fn a_blank_behind_the_word_is_used() {
    let mut editor = typed("x al y");
    editor.left();
    editor.left();
    assert!(editor.complete(true, |_| candidates(&["alice"])));
    assert_eq!(picture(&editor), "x alice| y");
}

#[test]
fn pasted_controls_are_left_out_and_the_limit_cuts_between_clusters() {
    let mut editor = Editor::new();
    assert!(editor.paste("a\r\nb\u{1b}[2Jc\td"));
    assert_eq!(editor.text(), "a\nb[2Jc\td");
    let mut editor = Editor::new();
    assert!(!editor.paste(&"👨‍👩‍👧".repeat(TEXT_MAX)));
    assert_eq!(editor.text().len() % "👨‍👩‍👧".len(), 0);
    assert!(editor.text().len() <= TEXT_MAX);
    editor.insert('👧');
    assert!(editor.text().len() <= TEXT_MAX);
}

#[test]
fn drafts_are_exchanged() {
    let mut editor = typed("here");
    let here = editor.swap(Draft { text: "there".to_owned(), cursor: 2 });
    assert_eq!(picture(&editor), "th|ere");
    assert!(!editor.undo());
    editor.swap(here);
    assert_eq!(picture(&editor), "here|");
}

/// Every operation, by number, with a text for those that take one.
fn operate(editor: &mut Editor, operation: u8, text: &str) {
    match operation {
        0 => text.chars().for_each(|c| editor.insert(c)),
        1 => {
            editor.paste(text);
        }
        2 => editor.left(),
        3 => editor.right(),
        4 => editor.word_left(),
        5 => editor.word_right(),
        6 => editor.home(),
        7 => editor.end(),
        8 => editor.up(),
        9 => editor.down(),
        10 => editor.delete_back(),
        11 => editor.delete(),
        12 => editor.transpose(),
        13 => {
            editor.undo();
        }
        14 => {
            editor.redo();
        }
        15 => editor.kill_to_end(),
        16 => editor.kill_to_start(),
        17 => editor.kill_word(),
        18 => editor.kill_word_back(),
        19 => editor.kill_to_blank(),
        20 => editor.yank(),
        21 => editor.yank_older(),
        22 => editor.search_older(),
        23 => text.chars().for_each(|c| editor.search_insert(c)),
        24 => editor.search_delete_back(),
        25 => editor.search_cancel(),
        26 => {
            editor.complete(true, |_| candidates(&["e\u{301}x", "👩‍🔬", "\u{301}"]));
        }
        27 => editor.complete_cancel(),
        28 => editor.place(text.len() * 3),
        29 => {
            editor.take();
        }
        30 => editor.clear(),
        _ => {
            editor.swap(Draft { text: text.to_owned(), cursor: 3 });
        }
    }
}

/// The cursor stands on a border, and the text is in its limit and without controls.
fn is_sound(editor: &Editor) -> bool {
    let mut borders = editor.text().grapheme_indices(true).map(|(at, _)| at).chain([editor.text().len()]);
    borders.any(|at| at == editor.cursor())
        && editor.text().len() <= TEXT_MAX
        && editor.text().chars().all(|c| !c.is_control() || matches!(c, '\n' | '\t'))
}

proptest! {
    #[test]
    fn no_operation_ever_splits_a_cluster(
        script in prop::collection::vec(
            (0u8..=31, "[a é\u{301}\u{200d}👩🔬🏽🇩🇪\u{fe0f}日\n]{0,6}"),
            0..60,
        ),
    ) {
        let mut editor = Editor::new();
        for (operation, text) in &script {
            operate(&mut editor, *operation, text);
            prop_assert!(is_sound(&editor), "{operation} {:?} at {}", editor.text(), editor.cursor());
        }
    }
}

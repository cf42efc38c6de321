//! The names of emoji (`:tada:`), as they are known elsewhere: a text, not a table of the program's own kind. Thousands of
//! pointers would be set right at each start and lie in memory from then on, for what few ever look up.

/// For each emoji a line: the emoji, its short names with blanks between them, its name. A test holds it against the crate
/// `emojis`, which somebody keeps up with Unicode.
const TABLE: &str = include_str!("emoji.tsv");

/// A short name of an emoji.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// The emoji itself.
    pub sign: &'static str,
    /// One of its short names, without the colons.
    pub short: &'static str,
    /// What it is called in full.
    pub name: &'static str,
}

/// All of them, in the order of Unicode.
pub fn all() -> impl Iterator<Item = Named> {
    TABLE
        .lines()
        .filter_map(|line| {
            let (sign, rest) = line.split_once('\t')?;
            let (shorts, name) = rest.split_once('\t')?;
            Some(shorts.split(' ').map(move |short| Named { sign, short, name }))
        })
        .flatten()
}

/// Whether one character is an emoji, also without the mark that asks for its colours.
pub fn is_emoji(character: char) -> bool {
    let is_it = |named: Named| named.sign.trim_end_matches('\u{fe0f}').strip_prefix(character) == Some("");
    !character.is_ascii() && all().any(is_it)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "the one test that writes the table")]
mod tests {
    use super::*;

    /// Has the test write the table anew, as the crate has it.
    const ANEW: &str = "CHATUI_EMOJI_ANEW";

    /// The table as the crate has it.
    fn table() -> String {
        let line = |emoji: &emojis::Emoji| {
            let shorts: Vec<&str> = emoji.shortcodes().collect();
            (!shorts.is_empty()).then(|| format!("{emoji}\t{}\t{}\n", shorts.join(" "), emoji.name()))
        };
        emojis::iter().filter_map(line).collect()
    }

    #[test]
    fn the_table_is_that_of_the_crate_that_is_kept_up_with_unicode() {
        if std::env::var_os(ANEW).is_some() {
            std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/src/client/emoji.tsv"), table()).unwrap();
        }
        assert_eq!(TABLE.lines().count(), table().lines().count());
        for (line, wanted) in TABLE.lines().zip(table().lines()) {
            assert_eq!(line, wanted, "{ANEW}=1 cargo test --lib emoji writes the table anew");
        }
        let tada = all().find(|named| named.short == "tada");
        assert_eq!(tada, Some(Named { sign: "🎉", short: "tada", name: "party popper" }));
        assert_eq!(all().count(), emojis::iter().flat_map(emojis::Emoji::shortcodes).count());
    }

    #[test]
    fn an_emoji_of_the_keyboard_is_known_with_and_without_its_mark() {
        assert!(['🎉', '❤', '👍', '🦀'].into_iter().all(is_emoji));
        assert!(!['a', '1', '日', '#', '\u{fe0f}', '\u{200d}'].into_iter().any(is_emoji));
    }
}

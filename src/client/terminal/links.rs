//! Whether a terminal may be told of links (OSC 8). Those that do not know them pass over them; a few do not.

/// The first version of VTE that takes long links (0.50, in its own way of counting).
const VTE_FIRST: u32 = 5_000;

/// Concluded from `TERM`, `VTE_VERSION`, and whether `STY` is set, as GNU screen does.
pub fn knows_links(term: &str, vte: &str, is_screen: bool) -> bool {
    let is_bad =
        matches!(term, "" | "dumb" | "linux" | "cons25" | "vt100" | "vt220") || term.starts_with("eterm");
    let is_old_vte = vte.parse::<u32>().is_ok_and(|version| version < VTE_FIRST);
    !is_bad && !is_old_vte && !is_screen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_those_that_are_known_to_be_bad_at_it_are_told_of_no_links() {
        for term in ["xterm-256color", "tmux-256color", "foot", "xterm-kitty", "alacritty"] {
            assert!(knows_links(term, "", false), "{term}");
        }
        for term in ["linux", "dumb", "", "eterm-color"] {
            assert!(!knows_links(term, "", false), "{term}");
        }
        assert!(
            !knows_links("xterm-256color", "4602", false) && knows_links("xterm-256color", "7006", false)
        );
        assert!(!knows_links("screen-256color", "", true));
    }
}

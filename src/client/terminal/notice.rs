//! Notices of the desktop: how a terminal is told to show one. Their texts have been through the gate.

/// A notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Who calls, and where: `bob in #lobby`.
    pub title: String,
    /// What they say.
    pub body: String,
}

/// Which sequence a terminal understands. Some know both, and would show a notice twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// OSC 9, as iTerm2 and most others have it; who does not know it passes over it.
    Nine,
    /// OSC 777, as rxvt-unicode, foot and the terminals built on VTE have it.
    Seven,
    /// None: there is no desktop.
    Bell,
}

/// Most characters of a notice's text.
const TEXT_MOST: usize = 200;

impl Manner {
    /// Concluded from `TERM`, and from whether `VTE_VERSION` is set.
    pub fn of(term: &str, is_vte: bool) -> Manner {
        match term {
            "" | "dumb" | "linux" => Manner::Bell,
            _ if is_vte || term.starts_with("rxvt") || term.starts_with("foot") => Manner::Seven,
            _ => Manner::Nine,
        }
    }

    /// What is written for a notice.
    pub fn sequence(self, notice: &Notice) -> String {
        let cut = |text: &str| text.chars().filter(|c| !c.is_control()).take(TEXT_MOST).collect::<String>();
        let (title, body) = (cut(&notice.title), cut(&notice.body));
        match self {
            // The word in front: what begins with a number and a semicolon is a command to some terminals.
            Manner::Nine => format!("\u{1b}]9;chatui: {title}: {body}\u{1b}\\"),
            Manner::Seven => {
                // A semicolon ends a field.
                let field = |text: &str| text.replace(';', ",");
                format!("\u{1b}]777;notify;{};{}\u{1b}\\", field(&title), field(&body))
            }
            Manner::Bell => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_one_sequence_whatever_is_in_it() {
        let notice = |title: &str, body: &str| Notice { title: title.to_owned(), body: body.to_owned() };
        let nice = notice("bob in #lobby", "tea?");
        assert_eq!(Manner::Nine.sequence(&nice), "\u{1b}]9;chatui: bob in #lobby: tea?\u{1b}\\");
        assert_eq!(Manner::Seven.sequence(&nice), "\u{1b}]777;notify;bob in #lobby;tea?\u{1b}\\");
        assert_eq!(Manner::Bell.sequence(&nice), "");
        // The gate has been passed by then; this is the second lock.
        let evil = notice("4;3;50;x", &format!("a\u{1b}\\b\u{7}c\u{9c}d\n;{}", "x".repeat(5000)));
        for manner in [Manner::Nine, Manner::Seven] {
            let sequence = manner.sequence(&evil);
            let inner = sequence.strip_prefix("\u{1b}]").unwrap().strip_suffix("\u{1b}\\").unwrap();
            assert!(!inner.chars().any(char::is_control) && inner.len() < 500, "{inner:?}");
            assert!(!inner.starts_with("9;4"), "no progress bar");
            assert!(manner == Manner::Nine || inner.matches(';').count() == 3, "{inner:?}");
        }
    }

    #[test]
    fn the_environment_tells_the_manner() {
        assert_eq!(Manner::of("xterm-kitty", false), Manner::Nine);
        assert_eq!(Manner::of("foot", false), Manner::Seven);
        assert_eq!(Manner::of("xterm-256color", true), Manner::Seven);
        assert_eq!(Manner::of("linux", false), Manner::Bell);
    }
}

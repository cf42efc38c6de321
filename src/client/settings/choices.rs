//! The settings that are one of several words: each word with its explanation.

use crate::client::theme::{Depth, Ground};

/// A setting that is one of several words.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal, $what:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $(#[doc = $what] $variant,)*
        }

        impl $name {
            /// All of them, in the order of [`Self::WORDS`].
            pub const ALL: &'static [$name] = &[$($name::$variant),*];
            /// The words with their explanations.
            pub const WORDS: &'static [(&'static str, &'static str)] = &[$(($word, $what)),*];
        }
    };
}

choice! {
    /// For which ground the colours are chosen.
    ThemeChoice {
        Auto = "auto", "as the terminal says, and as it changes";
        Dark = "dark", "for a dark ground";
        Light = "light", "for a light ground";
    }
}

choice! {
    /// How many colours are used.
    Colours {
        Auto = "auto", "as many as the terminal has";
        True = "truecolor", "all of them";
        Indexed = "256", "the palette of 256";
        Sixteen = "16", "sixteen";
        None = "none", "none: weight and marks instead";
    }
}

impl ThemeChoice {
    /// The ground that the colours are fitted to, if this is what is behind the text as far as anybody knows. What is set
    /// says dark or light; which dark or light it is, the terminal knows better.
    pub fn ground(self, known: Ground) -> Ground {
        let is_dark = match known {
            Ground::Known(colour) => Some(colour.is_dark()),
            Ground::Unknown => None,
        };
        match self {
            ThemeChoice::Auto => known,
            ThemeChoice::Dark if is_dark != Some(true) => Ground::DARK,
            ThemeChoice::Light if is_dark != Some(false) => Ground::LIGHT,
            ThemeChoice::Dark | ThemeChoice::Light => known,
        }
    }
}

impl Colours {
    /// How many that is; nothing if it is the terminal that says so.
    pub fn depth(self) -> Option<Depth> {
        match self {
            Colours::Auto => None,
            Colours::True => Some(Depth::True),
            Colours::Indexed => Some(Depth::Indexed),
            Colours::Sixteen => Some(Depth::Sixteen),
            Colours::None => Some(Depth::Mono),
        }
    }
}

choice! {
    /// How a time is written.
    TimeForm {
        Minutes = "24h", "17:05";
        Seconds = "seconds", "17:05:09";
        Twelve = "12h", "5:05 pm";
    }
}

choice! {
    /// By which clock.
    Clock {
        Local = "local", "the clock of this machine";
        Utc = "utc", "universal time";
    }
}

choice! {
    /// What is shown of those who come and go.
    Comings {
        Fold = "fold", "a run of them in one row";
        Show = "show", "each in a row";
        Hide = "hide", "none but those who spoke lately";
    }
}

choice! {
    /// Whether a list stands beside the messages.
    Sidebar {
        Auto = "auto", "where the window is wide enough";
        Hide = "hide", "only when its key is pressed";
    }
}

choice! {
    /// What calls somebody who looks elsewhere.
    Notify {
        Off = "off", "nothing";
        Mentions = "mentions", "being named, and being written to";
        All = "all", "each message of a room that is not muted";
    }
}

choice! {
    /// How the desktop is told.
    Desktop {
        Auto = "auto", "as the terminal seems to want it";
        Nine = "osc9", "as iTerm2, kitty, WezTerm, Windows Terminal";
        Seven = "osc777", "as rxvt-unicode, foot, Ghostty, those built on VTE";
        Off = "off", "not at all";
    }
}

//! What the terminal can show and on which ground, concluded from what the environment and the terminal say.

use super::colour::Rgb;

/// How many colours the terminal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// All of sRGB.
    True,
    /// The palette of 256, whose entries from 16 on are known.
    Indexed,
    /// Sixteen of unknown values.
    Sixteen,
    /// None: weight and marks must do ([NO_COLOR](https://no-color.org)).
    Mono,
}

/// The colour behind the text, which is the terminal's and never painted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// Nobody says: only what can be read on black and on white is used, and nothing is tinted.
    Unknown,
    /// This colour.
    Known(Rgb),
}

/// What the environment says, each the value of the variable of that name.
#[derive(Clone, Copy, Debug, Default)]
pub struct Environment<'a> {
    /// `NO_COLOR`: no colours if it is not empty.
    pub no_color: Option<&'a str>,
    /// `COLORTERM`: `truecolor` or `24bit`.
    pub colorterm: Option<&'a str>,
    /// `TERM`.
    pub term: Option<&'a str>,
    /// `COLORFGBG`: `15;0`, numbers of ink and ground.
    pub colorfgbg: Option<&'a str>,
}

impl Ground {
    /// The dark ground the colours were chosen on.
    pub const DARK: Ground = Ground::Known(Rgb::hex(0x16181d));
    /// The light ground the colours were chosen on.
    pub const LIGHT: Ground = Ground::Known(Rgb::hex(0xfbfbf9));
}

/// Terminals that show all of sRGB and do not say so in `COLORTERM` when it was lost on the way (ssh, sudo).
const TRUE_COLOUR_TERMS: [&str; 6] = ["alacritty", "foot", "ghostty", "kitty", "wezterm", "direct"];

impl Environment<'_> {
    /// How many colours the terminal has.
    pub fn depth(&self) -> Depth {
        let term = self.term.unwrap_or_default();
        if self.no_color.is_some_and(|value| !value.is_empty()) || term == "dumb" {
            Depth::Mono
        } else if self.colorterm.is_some_and(|value| matches!(value, "truecolor" | "24bit"))
            || TRUE_COLOUR_TERMS.iter().any(|name| term.contains(name))
        {
            Depth::True
        } else if term.contains("256") {
            Depth::Indexed
        } else {
            Depth::Sixteen
        }
    }

    /// The ground, as far as `COLORFGBG` tells dark from light; the terminal's own answer knows better.
    pub fn ground(&self) -> Ground {
        let number = self.colorfgbg.and_then(|value| value.rsplit(';').next()?.parse::<u8>().ok());
        match number {
            Some(0..=6 | 8) => Ground::DARK,
            Some(7 | 9..=15) => Ground::LIGHT,
            _ => Ground::Unknown,
        }
    }
}

/// What a terminal is asked for its ground with (OSC 11), to be ended by something that every terminal answers.
pub const GROUND_QUESTION: &str = "\u{1b}]11;?\u{1b}\\";

/// Finds the answer to [`GROUND_QUESTION`] in what the terminal sent: `ESC ] 11 ; rgb:RRRR/GGGG/BBBB`, ended by BEL
/// or ST, with one to four digits for each channel.
pub fn ground_answer(answer: &str) -> Option<Ground> {
    let (_, rest) = answer.split_once("\u{1b}]11;")?;
    let end = rest.find(['\u{7}', '\u{1b}'])?;
    let channels = rest[..end].strip_prefix("rgb:").or_else(|| rest[..end].strip_prefix("rgba:"))?;
    let mut parts = channels.split('/').map(channel);
    let (red, green, blue) = (parts.next()??, parts.next()??, parts.next()??);
    Some(Ground::Known(Rgb(red, green, blue)))
}

/// One channel of one to four hexadecimal digits, `F`, `FF` and `FFFF` being the most.
fn channel(digits: &str) -> Option<u8> {
    if !(1..=4).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let value = u32::from_str_radix(digits, 16).ok()?;
    let most = (1 << (4 * digits.len() as u32)) - 1;
    u8::try_from((value * 255 + most / 2) / most).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(no_color: &str, colorterm: &str, term: &str) -> Depth {
        Environment {
            no_color: Some(no_color),
            colorterm: Some(colorterm),
            term: Some(term),
            ..Environment::default()
        }
        .depth()
    }

    #[test]
    fn the_environment_tells_the_depth() {
        assert_eq!(depth("1", "truecolor", "xterm-256color"), Depth::Mono);
        assert_eq!(depth("", "truecolor", "xterm"), Depth::True);
        assert_eq!(depth("", "", "xterm-kitty"), Depth::True);
        assert_eq!(depth("", "", "tmux-256color"), Depth::Indexed);
        assert_eq!(depth("", "", "linux"), Depth::Sixteen);
        assert_eq!(depth("", "", "dumb"), Depth::Mono);
        assert_eq!(Environment::default().depth(), Depth::Sixteen);
    }

    #[test]
    fn the_environment_may_tell_the_ground() {
        let ground = |value| Environment { colorfgbg: Some(value), ..Environment::default() }.ground();
        assert_eq!(ground("15;0"), Ground::DARK);
        assert_eq!(ground("0;default;15"), Ground::LIGHT);
        assert_eq!(ground("default;default"), Ground::Unknown);
        assert_eq!(Environment::default().ground(), Ground::Unknown);
    }

    #[test]
    fn answers_of_any_precision_are_understood() {
        let known = |red, green, blue| Some(Ground::Known(Rgb(red, green, blue)));
        assert_eq!(ground_answer("\u{1b}]11;rgb:1616/1818/1d1d\u{1b}\\"), known(0x16, 0x18, 0x1d));
        assert_eq!(ground_answer("x\u{1b}]11;rgba:ff/00/80/ff\u{7}y"), known(255, 0, 128));
        assert_eq!(ground_answer("\u{1b}]11;rgb:f/0/f\u{7}"), known(255, 0, 255));
        for bad in [
            "",
            "\u{1b}]11;?\u{7}",
            "\u{1b}]11;rgb:12345/0/0\u{7}",
            "\u{1b}]11;rgb:1/2",
            "\u{1b}]11;rgb:é/2/3\u{7}",
        ] {
            assert_eq!(ground_answer(bad), None, "{bad:?}");
        }
    }
}

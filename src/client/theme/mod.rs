//! The colours: what each means, and what it is on this terminal. The rest of the view knows only meanings.
//!
//! Each colour was chosen on a reference ground. On another one its lightness is moved until it has the same contrast
//! there, its hue being kept, so that it means the same and can be read as well. Nothing that is read is under 4.5:1.

mod colour;
mod detect;

use ratatui::style::{Color, Modifier, Style};

pub use colour::Rgb;
pub use detect::{Depth, Environment, GROUND_QUESTION, Ground, ground_answer};

use crate::irc::name;
use colour::Palette;

/// What a text means; each role is an ink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Words of people, and the names of those who spoke lately.
    Fg,
    /// The current room, rooms with something unread, titles.
    Strong,
    /// The topic, silent people, pending text, explanations.
    Muted,
    /// Times, folds, digits, placeholders.
    Quiet,
    /// Hairlines; never text.
    Rule,
    /// Yours, or here: the own name, the prompt, the unread line, keys.
    Accent,
    /// You were named; also "offline".
    Mention,
    /// It failed.
    Error,
    /// It went well; shown once.
    Ok,
}

/// What a ground other than the terminal's means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tint {
    /// Title, status, "n new below".
    Bar,
    /// Overlays and menus.
    Raised,
    /// The current room, the chosen entry.
    Select,
    /// The rows of a message that names you.
    Mention,
    /// What a search found.
    Hit,
}

const ROLES: usize = 9;
const TINTS: usize = 5;
const HUES: usize = 12;

/// The inks and grounds in the order of [`Role`] and [`Tint`], and the hues for names.
struct Table {
    ground: Rgb,
    roles: [u32; ROLES],
    tints: [u32; TINTS],
    names: [u32; HUES],
}

const DARK: Table = Table {
    ground: Rgb::hex(0x16181d),
    roles: [0xd6d9df, 0xf1f4f8, 0x9499a1, 0x7d8189, 0x363940, 0x78b4f3, 0xf2bc61, 0xee8482, 0x82c490],
    tints: [0x222428, 0x292c31, 0x2b384a, 0x312718, 0x534613],
    names: [
        0xe09974, 0xb2ac5f, 0x95b46e, 0x74b987, 0x55baa6, 0x4ab9c1, 0x5ab4d8, 0x94a7ea, 0xada1e6, 0xc29adb,
        0xd595c7, 0xe392a8,
    ],
};

const LIGHT: Table = Table {
    ground: Rgb::hex(0xfbfbf9),
    roles: [0x2d3034, 0x1a1c1e, 0x5d6169, 0x6f747a, 0xd2d7de, 0x2d69a2, 0x8e6204, 0xa84647, 0x397a4a],
    tints: [0xeff2f8, 0xe6eaf1, 0xd4e4fa, 0xfdefdc, 0xf0e2ae],
    names: [
        0xa9521d, 0x746c03, 0x51740b, 0x0d7a3e, 0x037867, 0x00767d, 0x057394, 0x5365b7, 0x715db2, 0x8855a5,
        0x9c4f8d, 0xab4a6a,
    ],
};

/// Inks that can be read on black and on white; 0 is the terminal's own.
const EITHER: [u32; ROLES] = [0, 0, 0x71757d, 0x71757d, 0x71757d, 0x3679b9, 0x9c6c02, 0xc05354, 0x378451];
const EITHER_NAMES: [u32; HUES] = [
    0xac633a, 0x7e7819, 0x607f33, 0x378451, 0x078472, 0x01838a, 0x0380a3, 0x6072b7, 0x7a6bb4, 0x8f65a8,
    0xa16094, 0xae5c74,
];

/// All styles of the screen, worked out once for a terminal.
#[derive(Clone, Debug)]
pub struct Theme {
    roles: [Style; ROLES],
    tints: [Style; TINTS],
    names: Vec<Style>,
    is_tinted: bool,
    has_hues: bool,
}

impl Theme {
    /// The theme for a terminal of this depth on this ground.
    pub fn new(depth: Depth, ground: Ground) -> Theme {
        match (depth, ground) {
            (Depth::True | Depth::Indexed, Ground::Known(ground)) => Theme::on_known(depth, ground),
            (Depth::True | Depth::Indexed, Ground::Unknown) => Theme::on_unknown(depth),
            (Depth::Sixteen, ground) => Theme::of_sixteen(ground),
            (Depth::Mono, _) => Theme::without_colour(),
        }
    }

    /// The style of what has a meaning.
    pub fn role(&self, role: Role) -> Style {
        self.roles[role as usize]
    }

    /// The style of what has a meaning on a tinted ground: the weakest ink becomes the next stronger one there.
    pub fn on(&self, tint: Tint, role: Role) -> Style {
        let role = if role == Role::Quiet { Role::Muted } else { role };
        self.tint(tint).patch(self.role(role))
    }

    /// The style of a tinted ground, to be laid over what stands there. Empty where the terminal allows none.
    pub fn tint(&self, tint: Tint) -> Style {
        self.tints[tint as usize]
    }

    /// Whether overlays can be told from what they cover by their ground; if not they need a frame.
    pub fn is_tinted(&self) -> bool {
        self.is_tinted
    }

    /// A link: accent and underlined.
    pub fn link(&self) -> Style {
        self.role(Role::Accent).add_modifier(Modifier::UNDERLINED)
    }

    /// The hairline above what is unread: accent, and where there is no colour a line of another kind.
    pub fn unread_line(&self) -> Style {
        if self.has_hues { self.role(Role::Accent) } else { self.link() }
    }

    /// The style of a name: its hue, the same on every machine.
    pub fn name(&self, nick: &str) -> Style {
        self.hue(hue(nick))
    }

    /// One of the twelve hues, or the nearest that this terminal has.
    pub fn hue(&self, number: usize) -> Style {
        match self.names.len() {
            0 => self.role(Role::Fg),
            count => self.names[number % count],
        }
    }

    fn on_known(depth: Depth, ground: Rgb) -> Theme {
        let is_dark = ground.is_dark();
        let table = if is_dark { &DARK } else { &LIGHT };
        let palette = (depth == Depth::Indexed).then(Palette::new);
        let moved = |value: u32| {
            let reference = Rgb::hex(value);
            if ground == table.ground {
                return reference;
            }
            reference.with_contrast(reference.contrast(table.ground), ground, is_dark)
        };
        // Bars, overlays and hairlines mean no person and no state: they are the ground, a little stronger.
        let shade = |value: u32| {
            let reference = Rgb::hex(value);
            if ground == table.ground {
                return reference;
            }
            ground.with_contrast(reference.contrast(table.ground), ground, is_dark)
        };
        let shown = |colour: Rgb, legible_on: Option<Rgb>| match &palette {
            Some(palette) => Color::Indexed(palette.nearest(colour, legible_on)),
            None => Color::Rgb(colour.0, colour.1, colour.2),
        };
        let mut roles = table.roles.map(|value| Style::new().fg(shown(moved(value), Some(ground))));
        let rule = table.roles[Role::Rule as usize];
        roles[Role::Rule as usize] = Style::new().fg(shown(shade(rule), None));
        let mut tints = table.tints.map(|value| Style::new().bg(shown(moved(value), None)));
        for tint in [Tint::Bar, Tint::Raised] {
            let value = table.tints[tint as usize];
            tints[tint as usize] = Style::new().bg(shown(shade(value), None));
        }
        let names = table.names.map(|value| Style::new().fg(shown(moved(value), Some(ground))));
        Theme { roles, tints, names: names.to_vec(), is_tinted: true, has_hues: true }
    }

    fn on_unknown(depth: Depth) -> Theme {
        let palette = Palette::new();
        let ink = |value: u32, taken: &[Option<Color>]| match (value, depth) {
            (0, _) => Style::new(),
            (_, Depth::Indexed) => {
                let is_free = |entry| !taken.contains(&Some(Color::Indexed(entry)));
                Style::new().fg(Color::Indexed(palette.nearest_on_either(Rgb::hex(value), is_free)))
            }
            _ => Style::new().fg(Color::Rgb((value >> 16) as u8, (value >> 8) as u8, value as u8)),
        };
        let mut roles = EITHER.map(|value| ink(value, &[]));
        // Nobody's name looks like one's own, or like a failure.
        let taken = [Role::Accent, Role::Mention, Role::Error].map(|role| roles[role as usize].fg);
        let names = EITHER_NAMES.map(|value| ink(value, &taken)).to_vec();
        roles[Role::Mention as usize] = roles[Role::Mention as usize].add_modifier(Modifier::BOLD);
        roles[Role::Strong as usize] = Style::new().add_modifier(Modifier::BOLD);
        roles[Role::Rule as usize] = roles[Role::Rule as usize].add_modifier(Modifier::DIM);
        Theme { roles, tints: untinted(), names, is_tinted: false, has_hues: true }
    }

    fn of_sixteen(ground: Ground) -> Theme {
        let mut theme = Theme::without_colour();
        let bold = |color| Style::new().fg(color).add_modifier(Modifier::BOLD);
        let plain = |color| Style::new().fg(color);
        let mut set = |role: Role, style: Style| theme.roles[role as usize] = style;
        set(Role::Error, plain(Color::Red));
        let Ground::Known(ground) = ground else {
            // Red and magenta are the two that can be read on either.
            set(Role::Mention, bold(Color::Magenta));
            return theme;
        };
        if ground.is_dark() {
            set(Role::Accent, plain(Color::Cyan));
            set(Role::Mention, bold(Color::Yellow));
            set(Role::Ok, plain(Color::Green));
            theme.names = [
                Color::Green,
                Color::Magenta,
                Color::Cyan,
                Color::LightGreen,
                Color::LightMagenta,
                Color::LightCyan,
            ]
            .map(plain)
            .to_vec();
        } else {
            set(Role::Accent, plain(Color::Blue));
            set(Role::Mention, bold(Color::Magenta));
            theme.names =
                vec![plain(Color::Blue), plain(Color::Magenta), bold(Color::Blue), bold(Color::Magenta)];
        }
        theme.has_hues = true;
        theme
    }

    fn without_colour() -> Theme {
        let dim = Style::new().add_modifier(Modifier::DIM);
        let bold = Style::new().add_modifier(Modifier::BOLD);
        let mut roles = [Style::new(); ROLES];
        roles[Role::Strong as usize] = bold;
        roles[Role::Mention as usize] = bold;
        for role in [Role::Muted, Role::Quiet, Role::Rule] {
            roles[role as usize] = dim;
        }
        Theme { roles, tints: untinted(), names: Vec::new(), is_tinted: false, has_hues: false }
    }
}

/// No grounds but the reversed one of what is chosen or found.
fn untinted() -> [Style; TINTS] {
    let mut tints = [Style::new(); TINTS];
    tints[Tint::Select as usize] = Style::new().add_modifier(Modifier::REVERSED);
    tints[Tint::Hit as usize] = Style::new().add_modifier(Modifier::REVERSED);
    tints
}

/// The hue of a name, 0 to 11: a hash (FNV-1a) of the name as it is compared, without what people hang on to it when
/// the name is taken or they are away.
fn hue(nick: &str) -> usize {
    let folded = name::fold(nick);
    let mut core: &str = &folded;
    loop {
        let shorter = core.strip_suffix("|away").unwrap_or(core);
        let shorter = shorter.trim_end_matches(|c: char| matches!(c, '_' | '^') || c.is_ascii_digit());
        if shorter.is_empty() || shorter == core {
            break;
        }
        core = shorter;
    }
    let hash =
        core.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    // The upper half is the better mixed one.
    ((hash >> 16) ^ (hash & 0xFFFF)) as usize % HUES
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rgb(style: Style) -> Option<Rgb> {
        match style.fg {
            Some(Color::Rgb(red, green, blue)) => Some(Rgb(red, green, blue)),
            _ => None,
        }
    }

    fn inks(theme: &Theme) -> Vec<Style> {
        let read = [
            Role::Fg,
            Role::Strong,
            Role::Muted,
            Role::Quiet,
            Role::Accent,
            Role::Mention,
            Role::Error,
            Role::Ok,
        ];
        read.map(|role| theme.role(role)).into_iter().chain(theme.names.iter().copied()).collect()
    }

    #[test]
    fn on_the_reference_ground_the_colours_are_those_of_the_table() {
        let theme = Theme::new(Depth::True, Ground::DARK);
        assert_eq!(rgb(theme.role(Role::Mention)), Some(Rgb::hex(0xf2bc61)));
        assert_eq!(theme.tint(Tint::Bar).bg, Some(Color::Rgb(0x22, 0x24, 0x28)));
        let theme = Theme::new(Depth::True, Ground::LIGHT);
        assert_eq!(rgb(theme.role(Role::Accent)), Some(Rgb::hex(0x2d69a2)));
    }

    #[test]
    fn everything_can_be_read_on_every_usual_ground() {
        let grounds =
            [0x000000, 0xffffff, 0x16181d, 0xfbfbf9, 0x002b36, 0xfdf6e3, 0x282828, 0x1e1e2e, 0x300a24];
        for ground in grounds.map(Rgb::hex) {
            let theme = Theme::new(Depth::True, Ground::Known(ground));
            for ink in inks(&theme) {
                let contrast = rgb(ink).map(|ink| ink.contrast(ground)).unwrap_or_default();
                assert!(contrast > 4.35, "{ink:?} on {ground:?}: {contrast}");
            }
            let bar = match theme.tint(Tint::Bar).bg {
                Some(Color::Rgb(red, green, blue)) => Rgb(red, green, blue).contrast(ground),
                _ => 0.0,
            };
            assert!((1.02..1.3).contains(&bar), "bar on {ground:?}: {bar}");
        }
    }

    #[test]
    fn names_of_an_unknown_ground_can_be_read_on_black_and_on_white() {
        let theme = Theme::new(Depth::True, Ground::Unknown);
        for ink in theme.names.iter().filter_map(|style| rgb(*style)) {
            assert!(ink.contrast(Rgb(0, 0, 0)) > 4.4 && ink.contrast(Rgb(255, 255, 255)) > 4.4, "{ink:?}");
        }
        assert_eq!(theme.role(Role::Fg), Style::new());
        assert_eq!(theme.tint(Tint::Bar), Style::new());
    }

    #[test]
    fn of_256_colours_on_an_unknown_ground_all_can_be_read_on_black_and_on_white() {
        for ink in inks(&Theme::new(Depth::Indexed, Ground::Unknown)) {
            let Some(Color::Indexed(entry)) = ink.fg else { continue };
            let rgb = colour::indexed(entry);
            let least = rgb.contrast(Rgb(0, 0, 0)).min(rgb.contrast(Rgb(255, 255, 255)));
            assert!(least >= 4.3, "{entry}: {least}");
        }
    }

    #[test]
    fn of_256_colours_on_an_unknown_ground_no_name_looks_like_oneself_or_a_failure() {
        let theme = Theme::new(Depth::Indexed, Ground::Unknown);
        for role in [Role::Accent, Role::Mention, Role::Error] {
            assert!(theme.names.iter().all(|name| name.fg != theme.role(role).fg), "{role:?}");
        }
    }

    #[test]
    fn of_256_colours_none_is_taken_whose_value_is_unknown() {
        for ground in [Ground::DARK, Ground::LIGHT] {
            for ink in inks(&Theme::new(Depth::Indexed, ground)) {
                assert!(matches!(ink.fg, Some(Color::Indexed(16..=255))), "{ink:?}");
            }
        }
    }

    #[test]
    fn sixteen_colours_never_put_blue_on_dark_or_yellow_on_light() {
        for ink in inks(&Theme::new(Depth::Sixteen, Ground::DARK)) {
            assert!(!matches!(ink.fg, Some(Color::Blue | Color::DarkGray)), "{ink:?}");
        }
        for ink in inks(&Theme::new(Depth::Sixteen, Ground::LIGHT)) {
            assert!(matches!(ink.fg, None | Some(Color::Blue | Color::Magenta | Color::Red)), "{ink:?}");
        }
    }

    #[test]
    fn without_colour_nothing_is_coloured() {
        let theme = Theme::new(Depth::Mono, Ground::DARK);
        assert!(inks(&theme).iter().all(|ink| ink.fg.is_none() && ink.bg.is_none()));
        assert_eq!(theme.unread_line(), Style::new().add_modifier(Modifier::UNDERLINED));
    }

    #[test]
    fn a_hue_is_for_ever_and_does_not_hang_on_what_is_hung_on() {
        let hues = ["marit", "okonkwo", "bea", "leila", "yuki", "sunniva", "jp", "greta_s"].map(hue);
        assert_eq!(hues, [4, 1, 1, 7, 5, 7, 0, 3]);
        for same in ["Marit", "marit_", "marit__", "marit42", "marit|away", "marit_|away", "marit^1"] {
            assert_eq!(hue(same), hue("marit"), "{same}");
        }
        assert_ne!(hue("_1"), hue("_2"), "nothing but what is hung on: the whole name counts");
    }
}

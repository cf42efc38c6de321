//! Colours as the eye sees them: contrast, lightness at a kept hue, and the nearest of the 256.
//!
//! Contrast is that of [WCAG 2](https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio), 1 to 21; lightness and distance
//! are those of [OKLab](https://bottosson.github.io/posts/oklab/).

/// A colour of the sRGB space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

/// A colour as lightness (0 to 1) and two axes of hue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lab {
    lightness: f32,
    a: f32,
    b: f32,
}

impl Rgb {
    /// From the six digits of `#rrggbb`.
    pub const fn hex(value: u32) -> Rgb {
        Rgb((value >> 16) as u8, (value >> 8) as u8, value as u8)
    }

    /// The brightness of a surface of this colour, 0 to 1.
    pub fn luminance(self) -> f32 {
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    /// Whether white is read on it more easily than black.
    pub fn is_dark(self) -> bool {
        self.contrast(Rgb(255, 255, 255)) >= self.contrast(Rgb(0, 0, 0))
    }

    /// The contrast to another colour: 1 (the same) to 21 (black and white).
    pub fn contrast(self, other: Rgb) -> f32 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// This hue in the lightness that has a contrast to a ground: lighter than a dark one, darker than a light one.
    /// As near as it comes if the ground does not allow so much.
    pub fn with_contrast(self, wanted: f32, ground: Rgb, lighter: bool) -> Rgb {
        let lab = self.lab();
        let (mut low, mut high) = (0.0_f32, 1.0_f32);
        for _ in 0..16 {
            let middle = (low + high) / 2.0;
            let candidate = Lab { lightness: middle, ..lab }.rgb();
            let is_beyond = (candidate.luminance() > ground.luminance()) == lighter;
            let is_enough = is_beyond && candidate.contrast(ground) >= wanted;
            if is_enough == lighter {
                high = middle;
            } else {
                low = middle;
            }
        }
        Lab { lightness: if lighter { high } else { low }, ..lab }.rgb()
    }

    pub(super) fn lab(self) -> Lab {
        let (r, g, b) = (linear(self.0), linear(self.1), linear(self.2));
        let l = (0.412_221_46 * r + 0.536_332_55 * g + 0.051_445_995 * b).cbrt();
        let m = (0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b).cbrt();
        let s = (0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b).cbrt();
        Lab {
            lightness: 0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s,
            a: 1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
            b: 0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s,
        }
    }
}

impl Lab {
    fn rgb(self) -> Rgb {
        let l = (self.lightness + 0.396_337_78 * self.a + 0.215_803_76 * self.b).powi(3);
        let m = (self.lightness - 0.105_561_346 * self.a - 0.063_854_17 * self.b).powi(3);
        let s = (self.lightness - 0.089_484_18 * self.a - 1.291_485_5 * self.b).powi(3);
        Rgb(
            gamma(4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s),
            gamma(-1.268_438 * l + 2.609_757_4 * m - 0.341_319_4 * s),
            gamma(-0.004_196_086_3 * l - 0.703_418_6 * m + 1.707_614_7 * s),
        )
    }

    fn distance(self, other: Lab) -> f32 {
        (self.lightness - other.lightness).powi(2) + (self.a - other.a).powi(2) + (self.b - other.b).powi(2)
    }
}

/// The entries 16 to 255 of the palette of 256; the first sixteen are whatever their owner made of them.
pub(super) struct Palette(Vec<(u8, Rgb, Lab)>);

impl Palette {
    pub(super) fn new() -> Palette {
        let entry = |index: u8| {
            let rgb = indexed(index);
            (index, rgb, rgb.lab())
        };
        Palette((16..=255).map(entry).collect())
    }

    /// The entry nearest to a colour. With a ground, among those that can be read on it (4.5:1) and are at least as
    /// far from it in lightness, if the nearest of all cannot.
    pub(super) fn nearest(&self, wanted: Rgb, legible_on: Option<Rgb>) -> u8 {
        let lab = wanted.lab();
        let best = |is_right: &dyn Fn(Rgb) -> bool| {
            let right = self.0.iter().filter(|(_, rgb, _)| is_right(*rgb));
            right
                .min_by(|one, two| one.2.distance(lab).total_cmp(&two.2.distance(lab)))
                .map(|(index, ..)| *index)
        };
        let legible = legible_on.and_then(|ground| {
            let lighter = wanted.luminance() > ground.luminance();
            best(&|rgb| rgb.contrast(ground) >= LEGIBLE && (rgb.luminance() > ground.luminance()) == lighter)
        });
        legible.or_else(|| best(&|_| true)).unwrap_or(16)
    }
}

impl Palette {
    /// The entry nearest to a colour among those that are free and can be read on black and on white.
    pub(super) fn nearest_on_either(&self, wanted: Rgb, is_free: impl Fn(u8) -> bool) -> u8 {
        let lab = wanted.lab();
        let readable = self.0.iter().filter(|(entry, rgb, _)| {
            is_free(*entry)
                && rgb.contrast(Rgb(0, 0, 0)) >= LEGIBLE_ON_EITHER
                && rgb.contrast(Rgb(255, 255, 255)) >= LEGIBLE_ON_EITHER
        });
        let best = readable.min_by(|one, two| one.2.distance(lab).total_cmp(&two.2.distance(lab)));
        best.map_or(16, |(index, ..)| *index)
    }
}

/// The least contrast of what is to be read on black and on white: at the very best both are 4.58, and of the palette only
/// eleven entries come so near to that.
const LEGIBLE_ON_EITHER: f32 = 4.3;

/// The least contrast of what is read.
pub(super) const LEGIBLE: f32 = 4.5;

/// The colour of an entry from 16 on: a cube of 6 × 6 × 6, then 24 greys.
pub(super) fn indexed(index: u8) -> Rgb {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let step = |n: u8| STEPS[usize::from(n % 6)];
    match index {
        232..=255 => {
            let grey = 8 + 10 * (index - 232);
            Rgb(grey, grey, grey)
        }
        _ => {
            let n = index.saturating_sub(16);
            Rgb(step(n / 36), step(n / 6), step(n))
        }
    }
}

/// The light of a channel of sRGB, 0 to 1.
fn linear(channel: u8) -> f32 {
    let value = f32::from(channel) / 255.0;
    if value <= 0.040_45 { value / 12.92 } else { to_2_4(f64::from((value + 0.055) / 1.055)) as f32 }
}

/// The channel of sRGB with so much light.
fn gamma(value: f32) -> u8 {
    let value = value.clamp(0.0, 1.0);
    let encoded = if value <= 0.003_130_8 { value * 12.92 } else { 1.055 * root_of_2_4(value) - 0.055 };
    (encoded * 255.0).round() as u8
}

// Two powers that `powf` knows as well. It would be the one thing that the program wants of the C library's mathematics,
// which then lie in memory with all their tables.

/// To the power of 2.4, of what is from 0.05 to 1: the square, and the square of the fifth root (by Newton's method).
fn to_2_4(value: f64) -> f64 {
    let mut root = value.sqrt().sqrt();
    for _ in 0..6 {
        root -= (root.powi(5) - value) / (5.0 * root.powi(4));
    }
    value * value * root * root
}

/// The contrary: 5/12 are a third and a quarter of it.
fn root_of_2_4(value: f32) -> f32 {
    let root = value.cbrt();
    root * root.sqrt().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_and_white_are_as_far_apart_as_can_be() {
        assert!((Rgb(0, 0, 0).contrast(Rgb(255, 255, 255)) - 21.0).abs() < 0.01);
        assert!((Rgb(9, 9, 9).contrast(Rgb(9, 9, 9)) - 1.0).abs() < 0.001);
    }

    #[test]
    fn the_powers_are_those_of_the_library() {
        for channel in 11..=255_u8 {
            let value = (f64::from(channel) / 255.0 + 0.055) / 1.055;
            assert!((to_2_4(value) - value.powf(2.4)).abs() < 1e-12, "{channel}");
            assert_eq!(gamma(linear(channel)), channel);
        }
        for n in 4..=1000_u16 {
            let value = f32::from(n) / 1000.0;
            assert!((root_of_2_4(value) - value.powf(1.0 / 2.4)).abs() < 1e-6, "{value}");
        }
    }

    #[test]
    fn a_colour_comes_back_from_oklab_as_it_went() {
        for colour in [0x16181d, 0xe09974, 0x03_7867, 0xffffff, 0x000000, 0xff0000, 0x0000ff] {
            assert_eq!(Rgb::hex(colour).lab().rgb(), Rgb::hex(colour), "{colour:06x}");
        }
    }

    #[test]
    fn the_wanted_contrast_is_reached_or_the_end_of_the_scale() {
        let amber = Rgb::hex(0xf2bc61);
        let black = Rgb(0, 0, 0);
        assert!((amber.with_contrast(8.0, black, true).contrast(black) - 8.0).abs() < 0.2);
        let white = Rgb(255, 255, 255);
        assert!((amber.with_contrast(5.0, white, false).contrast(white) - 5.0).abs() < 0.2);
        assert!(amber.with_contrast(21.0, Rgb(128, 128, 128), true).contrast(white) < 1.2);
    }

    #[test]
    fn the_nearest_entry_is_the_entry_itself() {
        let palette = Palette::new();
        for index in [17, 60, 200, 231, 240, 255] {
            assert_eq!(indexed(palette.nearest(indexed(index), None)), indexed(index));
        }
        assert_eq!(palette.nearest(Rgb(0, 0, 0), None), 16);
    }
}

//! `chatui doctor`: what the terminal can do, by its own answers, and what the client makes of it. Here are the questions,
//! the reading of the answers, and the report; the asking is in `ask`.

mod ask;

use std::fmt::Write;

use ratatui::buffer::CellWidth;

use super::terminal::notice::Manner;
use super::theme::{Depth, GROUND_QUESTION, Ground, Rgb, ground_answer};
use crate::irc::text::plain;

pub use ask::examine;

/// Clusters whose widths are measured: letters, signs that the screen is made of, and those that terminals disagree on.
pub const CLUSTERS: [&str; 20] = [
    "a",
    "é",
    "z\u{308}",
    "日",
    "한",
    "│",
    "─",
    "…",
    "·",
    "▌",
    "→",
    "☕",
    "☁",
    "😀",
    "❤\u{fe0f}",
    "👍🏽",
    "1\u{fe0f}\u{20e3}",
    "🇫🇷",
    "👨\u{200d}👩\u{200d}👧",
    "🏴\u{200d}☠\u{fe0f}",
];
/// Most characters of the terminal's own name that are shown.
const NAME_MOST: usize = 60;

/// Where the words of a row begin.
const INDENT: usize = 11;

/// Switches that are asked about (DECRQM).
const FRAMES: u16 = 2026;
const FOCUS: u16 = 1004;
const PASTE: u16 = 2004;
const MOUSE: u16 = 1006;
const SCHEME: u16 = 2031;

/// What a terminal is asked, in one go. Every terminal answers the last question.
pub fn questions() -> String {
    // On the other screen, so that a terminal that prints what it does not understand does no harm.
    let mut text = format!("\u{1b}[?1049h\u{1b}[H{GROUND_QUESTION}\u{1b}[>0q");
    for switch in [FRAMES, FOCUS, PASTE, MOUSE, SCHEME] {
        let _ = write!(text, "\u{1b}[?{switch}$p");
    }
    for cluster in CLUSTERS {
        let _ = write!(text, "\r\u{1b}[K{cluster}\u{1b}[6n");
    }
    text.push_str("\r\u{1b}[K\u{1b}[?1049l\u{1b}[c");
    text
}

/// What a terminal has answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// Its name and version, through the gate.
    pub name: Option<String>,
    /// Its ground.
    pub ground: Option<Ground>,
    /// What it says of each switch: 0 is "unknown", 4 "never".
    pub switches: Vec<(u16, u8)>,
    /// How many cells it moved on for each of [`CLUSTERS`].
    pub widths: Vec<u16>,
    /// Whether it takes texts for the clipboard (OSC 52), if it says so.
    pub clipboard: bool,
    /// Whether the last question was answered.
    pub is_whole: bool,
}

impl Answers {
    /// Reads what came, whatever it is: what is no answer is passed over.
    pub fn read(bytes: &[u8]) -> Answers {
        let text = String::from_utf8_lossy(bytes);
        let mut answers = Answers::default();
        for (at, _) in text.match_indices('\u{1b}') {
            let rest = &text[at + 1..];
            if let Some(body) = rest.strip_prefix("P>|") {
                let name: String = body.chars().take_while(|c| *c != '\u{1b}').take(NAME_MOST).collect();
                answers.name = Some(plain(&name)).filter(|name| !name.is_empty());
            } else if rest.starts_with("]11;") {
                answers.ground = answers.ground.or(ground_answer(&text[at..]));
            } else if let Some(body) = rest.strip_prefix('[') {
                answers.take(body);
            }
        }
        answers
    }

    fn take(&mut self, body: &str) {
        let Some(end) = body.find(|c: char| ('@'..='~').contains(&c)) else { return };
        let numbers = |text: &str| -> Vec<u16> { text.split(';').filter_map(|n| n.parse().ok()).collect() };
        let (params, last) = body.split_at(end);
        match (params.strip_prefix('?'), last.chars().next()) {
            (Some(params), Some('y')) => {
                if let [switch, state] = numbers(params.trim_end_matches('$'))[..] {
                    self.switches.push((switch, u8::try_from(state).unwrap_or(0)));
                }
            }
            (Some(params), Some('c')) => {
                (self.is_whole, self.clipboard) = (true, numbers(params).contains(&52));
            }
            (None, Some('R')) => {
                if let [_, column] = numbers(params)[..]
                    && self.widths.len() < CLUSTERS.len()
                {
                    self.widths.push(column.saturating_sub(1));
                }
            }
            _ => {}
        }
    }

    /// Whether it knows a switch; nothing if it did not say.
    fn knows(&self, switch: u16) -> Option<bool> {
        let said = self.switches.iter().find(|(known, _)| *known == switch);
        said.map(|(_, state)| !matches!(state, 0 | 4))
    }
}

/// What is known without asking.
#[derive(Clone, Debug)]
pub struct Around {
    /// `TERM`.
    pub term: String,
    /// Columns and rows.
    pub size: Option<(u16, u16)>,
    /// How many colours, by the environment.
    pub depth: Depth,
    /// The ground, by the environment.
    pub ground: Ground,
    /// How the desktop is told.
    pub manner: Manner,
    /// Whether it is told of links.
    pub links: bool,
    /// The folder in which the client keeps things.
    pub folder: Option<String>,
    /// What is set of the look: it wins over all that is found.
    pub set: Vec<String>,
    /// The configuration, and what is wrong with it.
    pub config: Option<String>,
    /// A sentence for each thing.
    pub complaints: Vec<String>,
}

/// The report: what there is, and what the client does with it. `answers`: none if there is no terminal to ask.
pub fn report(around: &Around, answers: Option<&Answers>) -> String {
    let mut text = String::new();
    let columns = around.size.map_or(usize::MAX, |(columns, _)| usize::from(columns));
    let mut row = |what: &str, words: &str| write_row(&mut text, what, words, columns);
    row("chatui", env!("CARGO_PKG_VERSION"));
    let size = around.size.map_or(String::new(), |(columns, rows)| format!(", {columns}x{rows}"));
    let name = answers.and_then(|answers| answers.name.clone()).unwrap_or_else(|| "no name".to_owned());
    row("terminal", &format!("{name}, TERM={}{size}", plain(&around.term)));
    row(
        "colours",
        match around.depth {
            Depth::True => "all of them (COLORTERM or TERM says so)",
            Depth::Indexed => "256 (TERM; COLORTERM=truecolor would give all)",
            Depth::Sixteen => "16 (neither TERM nor COLORTERM names more)",
            Depth::Mono => "none (NO_COLOR or TERM): weight and marks instead",
        },
    );
    match answers {
        None => row("asked", "nothing: input and output are not both a terminal"),
        Some(answers) => {
            if !answers.is_whole {
                row("asked", "it did not answer within a second: what follows may be too little");
            }
            answered(around, answers, &mut row);
        }
    }
    row("notices", notices(around.manner));
    row(
        "links",
        if around.links {
            "clickable over all their rows (OSC 8); where that does nothing, a click on one, or Alt-Up and o"
        } else {
            "written as text, for TERM or its version: a click on one opens it, or Alt-Up and o"
        },
    );
    row("kept in", around.folder.as_deref().unwrap_or("nowhere: there is no home folder"));
    row("settings", around.config.as_deref().unwrap_or("none: there is no home folder"));
    if !around.set.is_empty() {
        row("set", &around.set.join(", "));
    }
    for words in &around.complaints {
        row("", &plain(words));
    }
    text
}

/// A row of the report, broken between words where the terminal ends; its other rows hang under the first.
fn write_row(text: &mut String, what: &str, words: &str, columns: usize) {
    let _ = write!(text, "{what:<INDENT$}");
    let mut at = INDENT;
    for word in words.split(' ') {
        let width = usize::from(word.cell_width());
        if at > INDENT && at.saturating_add(1 + width) >= columns {
            let _ = write!(text, "\n{:INDENT$}", "");
            at = INDENT;
        } else if at > INDENT {
            text.push(' ');
            at += 1;
        }
        text.push_str(word);
        at += width;
    }
    text.push('\n');
}

fn answered(around: &Around, answers: &Answers, row: &mut impl FnMut(&str, &str)) {
    let (ground, by) = match answers.ground {
        Some(ground) => (ground, "its own answer"),
        None => (around.ground, "COLORFGBG"),
    };
    match ground {
        Ground::Known(colour) => {
            let Rgb(red, green, blue) = colour;
            row("ground", &format!("#{red:02x}{green:02x}{blue:02x} by {by}: colours are fitted to it"));
        }
        Ground::Unknown => row("ground", "unknown: only what can be read on black and on white"),
    }
    row(
        "changes",
        match answers.knows(SCHEME) {
            Some(true) => "of light and dark are told (2031): the colours follow at once",
            Some(false) | None => {
                "of light and dark are not told: it is asked whenever the keyboard comes back"
            }
        },
    );
    let said = |switch, yes: &str, no: &str| match answers.knows(switch) {
        Some(true) => yes.to_owned(),
        Some(false) => no.to_owned(),
        None => format!("does not say; if it can: {yes}"),
    };
    row("frames", &said(FRAMES, "shown whole (2026)", "shown as they come: it may flicker"));
    row(
        "focus",
        &said(
            FOCUS,
            "told (1004): who is elsewhere is called",
            "not told: the bell rings for rooms not shown",
        ),
    );
    row(
        "paste",
        &said(PASTE, "in brackets (2004): never sent by itself", "as if typed: each line end sends"),
    );
    row("mouse", &said(MOUSE, "scrolls and clicks (1006); F9 leaves it to the terminal", "not used"));
    row(
        "clipboard",
        if answers.clipboard {
            "takes texts (OSC 52)"
        } else {
            "does not say; y tries all the same (OSC 52)"
        },
    );
    row("widths", &widths(&answers.widths));
}

fn notices(manner: Manner) -> &'static str {
    match manner {
        Manner::Nine => "OSC 9 and the bell",
        Manner::Seven => "OSC 777 and the bell",
        Manner::Bell => "the bell alone",
    }
}

fn widths(measured: &[u16]) -> String {
    if measured.len() < CLUSTERS.len() {
        return "not measured: it does not say where its cursor is".to_owned();
    }
    let others: Vec<String> = CLUSTERS
        .iter()
        .zip(measured)
        .filter(|(cluster, measured)| cluster.cell_width() != **measured)
        .map(|(cluster, measured)| format!("{cluster} takes {measured}, not {}", cluster.cell_width()))
        .collect();
    match others.len() {
        0 => format!("all {} clusters as reckoned", CLUSTERS.len()),
        count => format!(
            "{count} of {} clusters not as reckoned; what it counts by character is followed, all else painted whole: {}",
            CLUSTERS.len(),
            others.join("; ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around() -> Around {
        Around {
            term: "xterm\u{1b}[31m".to_owned(),
            size: Some((80, 24)),
            depth: Depth::True,
            ground: Ground::Unknown,
            manner: Manner::Nine,
            links: true,
            folder: None,
            set: Vec::new(),
            config: None,
            complaints: Vec::new(),
        }
    }

    #[test]
    fn answers_are_found_among_whatever_comes() {
        let cells: String = CLUSTERS.iter().map(|c| format!("\u{1b}[1;{}R", c.cell_width() + 1)).collect();
        let text = format!(
            "x\u{1b}]11;rgb:1616/1818/1d1d\u{1b}\\\u{1b}P>|Term\u{7}(3)\u{1b}\\q\u{1b}[?2026;2$y\u{1b}[?1004;0$y\u{1b}[A{cells}\u{1b}[?62;52c"
        );
        let answers = Answers::read(text.as_bytes());
        assert_eq!((answers.ground, answers.name.as_deref()), (Some(Ground::DARK), Some("Term␇(3)")));
        assert_eq!(
            (answers.knows(2026), answers.knows(1004), answers.knows(2004)),
            (Some(true), Some(false), None)
        );
        assert!(answers.clipboard && answers.is_whole);
        let report = report(&around(), Some(&answers));
        for part in ["#16181d by its own answer", "all 20 clusters as reckoned", "not told", "takes texts"] {
            assert!(report.contains(part), "{part}:\n{report}");
        }
        assert!(!report.chars().any(|c| c.is_control() && c != '\n'), "{report}");
        // Cut anywhere it is less, and never wrong.
        for cut in 0..text.len() {
            let part = Answers::read(&text.as_bytes()[..cut]);
            assert!(part.widths.len() <= CLUSTERS.len() && !part.is_whole);
        }
    }

    #[test]
    fn another_width_is_named() {
        let mut measured: Vec<u16> = CLUSTERS.iter().map(|cluster| cluster.cell_width()).collect();
        measured[18] = 6;
        assert!(widths(&measured).starts_with("1 of 20 clusters not as reckoned"));
        assert!(widths(&measured[1..]).starts_with("not measured"));
        let mut report = report(&around(), None);
        assert!(report.contains("not both a terminal") && report.contains("nowhere"), "{report}");
        report.clear();
        write_row(&mut report, "what", "one two three 日本 four", 21);
        assert_eq!(report, "what       one two\n           three\n           日本 four\n");
    }
}

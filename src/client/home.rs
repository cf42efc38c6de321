//! What the client finds around itself: the variables that speak of the terminal, and its folder.
#![allow(clippy::disallowed_methods, reason = "an edge: it keeps a small file from one time to the next")]

use std::fs::{DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use bytes::Bytes;

use super::address::Address;
use super::app::{Event, Keep};
use super::config;
use super::settings::{Desktop, Settings};
use super::store::{Store, file_name, private};
use super::terminal::links::knows_links as knows_links_by;
use super::terminal::notice::Manner;
use super::theme::{Depth, Environment, Ground, Theme};

/// The theme for this terminal: as it is set, or else by its own word on its ground, or else by the environment's.
pub(super) fn theme(answer: Option<Ground>, settings: &Settings) -> Theme {
    let depth = settings.colours.depth().unwrap_or_else(depth);
    Theme::new(depth, settings.theme.ground(answer.unwrap_or_else(ground)))
}

/// How many colours the terminal has, by the environment.
pub(super) fn depth() -> Depth {
    environment(|found| found.depth())
}

/// The ground, by the environment.
pub(super) fn ground() -> Ground {
    environment(|found| found.ground())
}

fn environment<T>(read: impl FnOnce(Environment<'_>) -> T) -> T {
    let variable = |name: &str| std::env::var(name).ok();
    let (no_color, colorterm) = (variable("NO_COLOR"), variable("COLORTERM"));
    let (term, colorfgbg) = (variable("TERM"), variable("COLORFGBG"));
    read(Environment {
        no_color: no_color.as_deref(),
        colorterm: colorterm.as_deref(),
        term: term.as_deref(),
        colorfgbg: colorfgbg.as_deref(),
    })
}

/// How this terminal has the desktop show a notice.
pub(super) fn manner(desktop: Desktop) -> Manner {
    match desktop {
        Desktop::Auto => {}
        Desktop::Nine => return Manner::Nine,
        Desktop::Seven => return Manner::Seven,
        Desktop::Off => return Manner::Bell,
    }
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    Manner::of(&variable("TERM"), !variable("VTE_VERSION").is_empty())
}

/// Whether this terminal is told of links.
pub(super) fn knows_links() -> bool {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    knows_links_by(&variable("TERM"), &variable("VTE_VERSION"), !variable("STY").is_empty())
}

/// The folder for what is remembered from one time to the next.
pub(super) fn state_folder() -> Option<PathBuf> {
    let folders = directories::ProjectDirs::from("", "", "chatui")?;
    Some(folders.state_dir().unwrap_or_else(|| folders.data_local_dir()).to_owned())
}

/// All that is kept from one time to the next.
#[derive(Debug, Default)]
pub(super) struct Keeper {
    /// What is not settled; none before there is a server, and when it cannot be kept.
    store: Option<Store>,
    /// What is remembered of the conversations; the same.
    notes: Option<Notes>,
}

impl Keeper {
    /// Does what the core wants kept; gives what it is to be told.
    pub(super) fn keep(&mut self, keep: Keep) -> Vec<Event> {
        match keep {
            Keep::Open { server, nick } => return self.open(&server, &nick),
            Keep::Memory(whole) => {
                let Some(notes) = &self.notes else { return Vec::new() };
                let Err(error) = notes.write(&whole) else { return Vec::new() };
                self.notes = None;
                return vec![Event::NotRemembered(error.to_string())];
            }
            Keep::Change(change) => {
                return config::change(&change).err().map(Event::NotSet).into_iter().collect();
            }
            Keep::Append(records) => self.store.as_mut().map_or(Ok(()), |store| store.append(&records)),
            Keep::Replace(whole) => self.store.as_mut().map_or(Ok(()), |store| store.replace(&whole)),
        }
        .map_or_else(|error| self.lost(&error), |()| Vec::new())
    }

    fn open(&mut self, server: &str, nick: &str) -> Vec<Event> {
        self.notes = Notes::of(server, nick);
        let recalled = self.notes.as_ref().and_then(Notes::read).map(Event::Recalled);
        let store = state_folder()
            .ok_or_else(|| io::Error::other("there is no home folder"))
            .and_then(|folder| Store::open(&folder.join("outbox"), server, nick));
        let kept = match store {
            Ok((store, found)) => {
                self.store = Some(store);
                vec![Event::Kept(found)]
            }
            Err(error) => self.lost(&error),
        };
        recalled.into_iter().chain(kept).collect()
    }

    fn lost(&mut self, error: &io::Error) -> Vec<Event> {
        self.store = None;
        vec![Event::NotKept(error.to_string())]
    }

    /// The end: what is empty goes.
    pub(super) fn close(&mut self) {
        if let Some(store) = self.store.take() {
            store.close();
        }
    }
}

/// The file with what is remembered of the conversations on a server under a nick. Of several clients at once the one
/// that writes last is right.
#[derive(Debug)]
struct Notes(PathBuf);

/// Most bytes of it that are read: a full one has less than a tenth of it.
const NOTES_MOST: u64 = 4 * 1024 * 1024;

impl Notes {
    /// None where there is no home folder.
    fn of(server: &str, nick: &str) -> Option<Notes> {
        state_folder().map(|folder| Notes(folder.join("rooms").join(file_name(server, nick))))
    }

    /// What is in it; none if there is none.
    fn read(&self) -> Option<Bytes> {
        let mut bytes = Vec::new();
        // What was read before an error counts.
        let _ = File::open(&self.0).ok()?.take(NOTES_MOST).read_to_end(&mut bytes);
        Some(bytes.into())
    }

    /// Writes it anew: aside, and then in its place.
    fn write(&self, whole: &str) -> io::Result<()> {
        if let Some(folder) = self.0.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let aside = self.0.with_added_extension(format!("new{}", std::process::id()));
        let mut file = private().write(true).create(true).truncate(true).open(&aside)?;
        file.write_all(whole.as_bytes())?;
        std::fs::rename(&aside, &self.0)
    }
}

/// Where the last server is kept for the form.
fn memory() -> Option<PathBuf> {
    state_folder().map(|folder| folder.join("last-server"))
}

pub(super) fn remembered() -> Option<String> {
    let text = std::fs::read_to_string(memory()?).ok()?;
    Address::parse(&text).ok().map(|address| address.to_string())
}

/// Keeps the server for the next time. A convenience: when it does not work, the form is empty, and that is all.
pub(super) fn remember(host: &str) {
    let Some(path) = memory() else { return };
    if std::fs::read_to_string(&path).is_ok_and(|known| known == host) {
        return;
    }
    if let Some(folder) = path.parent() {
        let _ = std::fs::create_dir_all(folder);
    }
    let _ = std::fs::write(path, host);
}

//! What the client finds around itself: the variables that speak of the terminal, and its folder.
#![allow(clippy::disallowed_methods, reason = "an edge: it keeps a small file from one time to the next")]

use std::io;
use std::path::PathBuf;

use bytes::Bytes;

use super::address::Address;
use super::store::Store;
use super::theme::{Environment, Ground, Theme};

/// The theme for this terminal, by its own word on its ground, or else by the environment's.
pub(super) fn theme(answer: Option<Ground>) -> Theme {
    let variable = |name: &str| std::env::var(name).ok();
    let (no_color, colorterm) = (variable("NO_COLOR"), variable("COLORTERM"));
    let (term, colorfgbg) = (variable("TERM"), variable("COLORFGBG"));
    let environment = Environment {
        no_color: no_color.as_deref(),
        colorterm: colorterm.as_deref(),
        term: term.as_deref(),
        colorfgbg: colorfgbg.as_deref(),
    };
    Theme::new(environment.depth(), answer.unwrap_or_else(|| environment.ground()))
}

/// The folder for what is remembered from one time to the next.
pub(super) fn state_folder() -> Option<PathBuf> {
    let folders = directories::ProjectDirs::from("", "", "chatui")?;
    Some(folders.state_dir().unwrap_or_else(|| folders.data_local_dir()).to_owned())
}

pub(super) fn open_store(server: &str, nick: &str) -> io::Result<(Store, Vec<Bytes>)> {
    let folder = state_folder().ok_or_else(|| io::Error::other("there is no home folder"))?;
    Store::open(&folder.join("outbox"), server, nick)
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

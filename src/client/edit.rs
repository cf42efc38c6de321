//! The user's own editor (`$VISUAL`, `$EDITOR`, or `vi`) for a draft: a file that only they can read, and a program that
//! has the terminal until it ends. And the program that opens links.
#![allow(clippy::disallowed_methods, reason = "an edge: it has a file and another program")]

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tokio::task::JoinHandle;

use super::editor::TEXT_MAX;

/// An editor that runs.
#[derive(Debug)]
pub struct Edit(JoinHandle<Result<String, String>>);

/// A draft in its file.
#[derive(Debug)]
pub struct Prepared(PathBuf);

impl Edit {
    /// Writes the draft into a file in this folder.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn prepare(folder: &Path, text: &str) -> io::Result<Prepared> {
        fs::create_dir_all(folder)?;
        let path = folder.join(format!("draft-{}.txt", std::process::id()));
        // One that is there is left from a client that died; a link is not followed.
        let _ = fs::remove_file(&path);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(text.as_bytes())?;
        Ok(Prepared(path))
    }

    /// Waits for its end: the text, or why there is none.
    pub async fn done(&mut self) -> Result<String, String> {
        (&mut self.0).await.unwrap_or_else(|_| Err("it could not be waited for".to_owned()))
    }
}

impl Prepared {
    /// Starts the editor, on a thread that waits for it.
    pub fn start(self) -> Edit {
        Edit(tokio::task::spawn_blocking(move || {
            let text = run(&self.0);
            // What cannot be removed is still nobody else's to read.
            let _ = fs::remove_file(&self.0);
            text
        }))
    }
}

/// Opens a link with `$BROWSER`, or with what the desktop has for links. It is not waited for.
///
/// # Errors
/// There is no such program.
pub fn open_link(link: &str) -> Result<(), String> {
    let desktop = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let browser = std::env::var("BROWSER").ok().filter(|name| !name.trim().is_empty());
    let browser = browser.unwrap_or_else(|| desktop.to_owned());
    let mut command = Command::new(&browser);
    command.arg(link).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| format!("{browser} cannot be started: {error}"))?;
    // Somebody has to take note of its end.
    std::thread::spawn(move || child.wait());
    Ok(())
}

fn run(path: &Path) -> Result<String, String> {
    let chosen = ["VISUAL", "EDITOR"].into_iter().filter_map(|name| std::env::var(name).ok());
    let editor = chosen.into_iter().find(|name| !name.trim().is_empty()).unwrap_or_else(|| "vi".to_owned());
    // The variable may hold a program with its options, as a shell reads it.
    let status = Command::new("sh").arg("-c").arg(format!("{editor} \"$1\"")).arg("sh").arg(path).status();
    match status {
        Err(error) => return Err(format!("{editor} cannot be started: {error}")),
        // So a shell says that it has found no such program.
        Ok(status) if status.code() == Some(127) => {
            return Err(format!("there is no {editor} here ($EDITOR names it): what was typed is kept"));
        }
        Ok(status) if !status.success() => {
            return Err(format!("{editor} has failed: what was typed is kept"));
        }
        Ok(_) => {}
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(|error| error.to_string())?;
    file.take(TEXT_MAX as u64 + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

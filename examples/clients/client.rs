//! The clients that can be measured: where they are, and how each is sent to a room without a question.

use std::fmt;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use portable_pty::CommandBuilder;

use crate::Outcome;

/// A make of client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Make {
    /// This one.
    Chatui,
    /// irssi.org
    Irssi,
    /// weechat.org
    Weechat,
    /// sr.ht/~delthas/senpai
    Senpai,
}

impl fmt::Display for Make {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Make::Chatui => "chatui",
            Make::Irssi => "irssi",
            Make::Weechat => "weechat",
            Make::Senpai => "senpai",
        })
    }
}

impl Make {
    /// Where its program is.
    pub fn program(self) -> Option<PathBuf> {
        if self == Make::Chatui {
            // Beside the folder of this example's own program.
            let own = std::env::current_exe().ok()?;
            let built = own.parent()?.parent()?.join("chatui");
            return built.exists().then_some(built);
        }
        let folders = std::env::var_os("PATH")?;
        std::env::split_paths(&folders).map(|folder| folder.join(self.to_string())).find(|path| path.exists())
    }

    /// The command that joins `#lobby` at an address as alice, with all its files in a folder.
    pub fn command(self, address: SocketAddr, home: &Path) -> Outcome<CommandBuilder> {
        let mut command = CommandBuilder::new(self.program().ok_or("it is not installed")?);
        let (host, port) = (address.ip().to_string(), address.port());
        match self {
            Make::Chatui => command.args(["join", &address.to_string(), "--nick", "alice"]),
            Make::Irssi => {
                fs::write(
                    home.join("config"),
                    format!(
                        "servers = ( {{ address = \"{host}\"; port = \"{port}\"; chatnet = \"x\"; autoconnect = \"yes\"; }} );\n\
                         chatnets = {{ x = {{ type = \"IRC\"; nick = \"alice\"; }}; }};\n\
                         channels = ( {{ name = \"#lobby\"; chatnet = \"x\"; autojoin = \"yes\"; }} );\n\
                         settings = {{ core = {{ nick = \"alice\"; real_name = \"alice\"; user_name = \"alice\"; }}; \
                         }};\n\
                         windows = {{ 1 = {{ immortal = \"yes\"; level = \"ALL\"; items = ( {{ type = \"CHANNEL\"; \
                         chat_type = \"IRC\"; name = \"#lobby\"; tag = \"x\"; }} ); }}; }};\n"
                    ),
                )?;
                command.arg(format!("--home={}", home.display()));
            }
            Make::Weechat => {
                command.args(["-d".into(), home.as_os_str().to_owned()]);
                for order in [
                    format!("/server add x {host}/{port} -nicks=alice -autojoin=#lobby"),
                    "/set irc.server_default.ssl off".to_owned(),
                    "/connect x".to_owned(),
                ] {
                    command.args(["-r", &order]);
                }
            }
            Make::Senpai => {
                let file = home.join("senpai.scfg");
                fs::write(
                    &file,
                    format!("address irc+insecure://{host}:{port}\nnickname alice\nchannel \"#lobby\"\n"),
                )?;
                command.args(["-config".into(), file.into_os_string()]);
            }
        }
        for (name, value) in [("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("LANG", "C.UTF-8")] {
            command.env(name, value);
        }
        for name in ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"] {
            command.env(name, home);
        }
        Ok(command)
    }
}

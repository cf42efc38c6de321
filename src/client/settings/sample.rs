//! The configuration file with all that can be in it, each thing explained and commented out: the documentation.

use std::fmt::Write;

use super::file::{SECTION, written};
use super::{Kind, Setting, TABLE};
use crate::client::keys;

/// The file. Whoever takes a `#` away in front of a line and changes it has set something.
pub fn sample() -> String {
    let mut text =
        String::from("# What chatui can be set to. Each line that is commented out is the default.\n");
    let _ = write!(text, "\n[{SECTION}]\n");
    for setting in TABLE {
        explain(setting, &mut text);
    }
    text.push_str("\n[rooms]\n# Which channels to join on a server, instead of those of `channels`.\n");
    text.push_str("# \"chat.example\" = [\"#lobby\", \"#tea\"]\n");
    text.push_str("\n[accounts]\n# As whom to come to a server. The first line of the file is the account's password; without it you are asked.\n");
    text.push_str("# optional: whether to go on without the account if the login fails. user: the user name, for a bouncer.\n");
    text.push_str(
        "# \"irc.example:6697\" = { name = \"ivy\", password-file = \"~/.config/chatui/ivy.password\" }\n",
    );
    text.push_str("\n[keys]\n# What a key does, by the name of the action; \"none\" takes a key away.\n");
    for spec in keys::TABLE {
        let _ = writeln!(text, "# {}: {}", spec.name, spec.what);
        for key in spec.keys {
            let _ = writeln!(text, "# \"{key}\" = \"{}\"", spec.name);
        }
    }
    text
}

fn explain(setting: &Setting, text: &mut String) {
    let when = if setting.live { "" } else { ", from the next start on" };
    let _ = writeln!(text, "\n# {}{when}: {}.", setting.what, setting.allowed());
    if let Kind::Choice { words, .. } = setting.kind {
        for (word, what) in words {
            let _ = writeln!(text, "#   {word}: {what}");
        }
    }
    let _ = writeln!(text, "# {} = {}", setting.name, written(&setting.default()));
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;
    use crate::client::keys::Keymap;

    #[test]
    fn the_sample_as_it_is_sets_nothing_and_uncommented_sets_the_defaults() {
        let text = sample();
        assert_eq!(read(&text), Default::default());
        let set: String = text
            .lines()
            .map(|line| match line.strip_prefix("# ") {
                Some(rest) if rest.contains(" = ") => format!("{rest}\n"),
                _ => format!("{line}\n"),
            })
            .collect();
        let loaded = read(&set);
        assert_eq!(loaded.complaints, [""; 0], "{set}");
        assert_eq!(loaded.settings, Default::default());
        assert_eq!((loaded.rooms.len(), loaded.accounts.len()), (1, 1));
        for spec in keys::TABLE {
            assert_eq!(loaded.keys.keys_of(spec.does).len(), Keymap::default().keys_of(spec.does).len());
            assert!(text.contains(&format!("# {}: {}", spec.name, spec.what)));
        }
    }
}

//! The table of commands: for each its verb, how many params it needs at least, and whether it may come before
//! registration. Both are checked here, once, so that no handler has to.

use crate::irc::numeric::{ERR_NEEDMOREPARAMS, ERR_NOTREGISTERED, ERR_UNKNOWNCOMMAND};
use crate::irc::{Cap, MAX_CLIENT_TAGS, MAX_REST, Message};

use super::register::shown_word;
use super::{ConnId, Core};

type Handler = fn(&mut Core, ConnId, &Message<'_>);

/// One command.
struct Command {
    verb: &'static str,
    least: usize,
    before_registration: bool,
    handler: Handler,
}

const fn command(verb: &'static str, least: usize, handler: Handler) -> Command {
    Command { verb, least, before_registration: false, handler }
}

const fn early(verb: &'static str, least: usize, handler: Handler) -> Command {
    Command { verb, least, before_registration: true, handler }
}

/// All commands, by verb.
const TABLE: &[Command] = &[
    command("ADMIN", 0, Core::admin),
    early("AUTHENTICATE", 1, Core::authenticate),
    command("AWAY", 0, Core::away),
    command("BATCH", 1, Core::batch),
    early("CAP", 1, Core::cap),
    command("CHATHISTORY", 1, Core::chathistory),
    command("CHGHOST", 2, Core::chghost),
    command("HELP", 0, Core::help),
    command("HELPOP", 0, Core::help),
    command("INFO", 0, Core::info),
    command("INVITE", 0, Core::invite),
    command("ISON", 1, Core::ison),
    command("JOIN", 1, Core::join),
    command("KICK", 2, Core::kick),
    command("KILL", 1, Core::kill),
    command("KLINE", 0, Core::kline),
    command("LINKS", 0, Core::links),
    command("LIST", 0, Core::list),
    command("LUSERS", 0, Core::lusers),
    command("MODE", 1, Core::mode),
    command("MONITOR", 1, Core::monitor),
    command("MOTD", 0, Core::motd),
    command("NAMES", 0, Core::names),
    early("NICK", 0, Core::nick),
    command("NOTICE", 0, Core::notice),
    command("OPER", 2, Core::oper),
    command("PART", 1, Core::part),
    early("PASS", 1, Core::pass),
    early("PING", 0, Core::ping),
    early("PONG", 0, Core::pong),
    command("PRIVMSG", 0, Core::privmsg),
    early("QUIT", 0, Core::quit),
    command("REGISTER", 0, Core::register_account),
    command("SEARCH", 0, Core::search),
    command("SETNAME", 1, Core::setname),
    command("TAGMSG", 1, Core::tagmsg),
    command("TIME", 0, Core::time),
    command("TOPIC", 1, Core::topic),
    command("UNKLINE", 1, Core::unkline),
    early("USER", 4, Core::user),
    command("USERHOST", 1, Core::userhost),
    command("VERSION", 0, Core::version),
    command("WALLOPS", 1, Core::wallops),
    command("WHO", 0, Core::who),
    command("WHOIS", 0, Core::whois),
    command("WHOWAS", 1, Core::whowas),
];

/// All verbs, in order.
#[cfg(test)]
pub(super) fn verbs() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|row| row.verb)
}

/// Whether a line is over one of the two limits: tags, and all else
/// ([message-tags](https://ircv3.net/specs/extensions/message-tags#size-limit)).
pub(super) fn too_long(line: &str) -> bool {
    let (tags, rest) = match line.strip_prefix('@') {
        Some(tagged) => tagged.split_once(' ').unwrap_or((tagged, "")),
        None => ("", line),
    };
    tags.len() > MAX_CLIENT_TAGS || rest.len() > MAX_REST - 2
}

impl Core {
    /// Finds the command's row, checks what the row asks, and calls its handler.
    pub(super) fn dispatch(&mut self, id: ConnId, message: &Message<'_>) {
        let Some(connection) = self.state.connection(id) else { return };
        if connection.leaving {
            return;
        }
        self.take_up_label(id, message);
        let Some(connection) = self.state.connection(id) else { return };
        let verb = message.command.to_ascii_uppercase();
        let Ok(row) = TABLE.binary_search_by(|row| row.verb.cmp(&verb)) else {
            self.numeric(id, ERR_UNKNOWNCOMMAND, &[&shown_word(&verb), "Unknown command"]);
            return;
        };
        let row = &TABLE[row];
        if !connection.registered && !row.before_registration {
            self.numeric(id, ERR_NOTREGISTERED, &["You have not registered"]);
        } else if message.params.len() < row.least {
            self.numeric(id, ERR_NEEDMOREPARAMS, &[&verb, "Not enough parameters"]);
        } else {
            (row.handler)(self, id, message);
        }
    }
}

impl Core {
    /// A labelled command of somebody who knows labels is answered under its label.
    pub(super) fn take_up_label(&mut self, id: ConnId, message: &Message<'_>) {
        let knows = self.state.connection(id).is_some_and(|c| c.caps.has(Cap::LabeledResponse));
        let label = message.tags.iter_raw().filter(|(key, _)| *key == "label").last();
        if let Some((_, label)) = label.filter(|(_, label)| knows && (1..=64).contains(&label.len())) {
            self.begin_label(id, label.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(TABLE.is_sorted_by(|one, other| one.verb < other.verb));
    }

    #[test]
    fn both_limits() {
        assert!(!too_long(&"x".repeat(510)));
        assert!(too_long(&"x".repeat(511)));
        assert!(!too_long(&format!("@{} PING", "x".repeat(4094))));
        assert!(too_long(&format!("@{} PING", "x".repeat(4095))));
    }
}

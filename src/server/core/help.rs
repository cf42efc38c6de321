//! HELP ([HELP](https://modern.ircdocs.horse/#help-message)): an index for people, and for each command of the table how
//! it is written and what it does.

use crate::irc::Message;
use crate::irc::numeric::*;

use super::register::shown_word;
use super::{ConnId, Core};

/// What HELP tells of itself: what most people need.
const INDEX: &[&str] = &[
    "JOIN #room            enter a room, PART #room leaves it",
    "PRIVMSG #room :text   say something; with a nick instead of a room: to that person alone",
    "TOPIC #room :text     set the topic, without text: ask for it",
    "NICK name             change your name",
    "NAMES, WHO, WHOIS     who is here",
    "LIST                  which rooms there are",
    "CHATHISTORY, SEARCH   what was said before",
    "AWAY :text            say that you are away, without text: that you are back",
    "QUIT :reason          leave",
    "HELP command          how a command is written",
];

/// Each command: its verb, its params, and what it does.
const COMMANDS: &[(&str, &str, &str)] = &[
    ("ADMIN", "[<server>]", "Says whom to ask about this server."),
    ("AUTHENTICATE", "<mechanism> | *", "Logs in where there are accounts; here there are none."),
    ("AWAY", "[:<text>]", "Says that you are away, without text that you are back."),
    ("BATCH", "+<name> <kind> | -<name>", "Groups lines where that is taken; here it is not."),
    ("CAP", "LS 302 | LIST | REQ :<names> | END", "Negotiates capabilities; for programs."),
    ("CHATHISTORY", "LATEST <room> * <count>", "Asks for what was said before; see the IRCv3 text."),
    ("CHGHOST", "<nick> <host>", "Hides where somebody is behind a name; for the server's operators."),
    ("HELP", "[<command>]", "Tells how a command is written."),
    ("HELPOP", "[<command>]", "The same as HELP."),
    ("INFO", "", "Says what this server is."),
    ("INVITE", "[<nick> <room>]", "Lets somebody into a room; alone it lists where you are invited."),
    ("ISON", "<nick> [<nick>…]", "Says which of these people are here."),
    ("JOIN", "<room>{,<room>} [<key>{,<key>}]", "Enters rooms; one that is not there yet is made."),
    ("KICK", "<room> <nick>{,<nick>} [:<reason>]", "Puts people out of a room; for its operators."),
    ("KILL", "<nick> [:<reason>]", "Ends somebody's connection; for the server's operators."),
    (
        "KLINE",
        "[[<minutes>] <address, network, mask or nick> [:<reason>]]",
        "Bans from this server, or lists who is banned; for the server's operators.",
    ),
    ("LINKS", "", "Lists other servers; there is none."),
    ("LIST", "[<room or mask>{,…}] [>n] [<n]", "Lists rooms: by name, !name, or number of people."),
    ("LUSERS", "", "Counts users and rooms."),
    ("MODE", "<room or nick> [<modes> [<params>]]", "Shows or changes what a room allows, or what you are."),
    ("MONITOR", "+ <nicks> | - <nicks> | C | L | S", "Tells when these people come and go."),
    ("MOTD", "", "Shows the message of the day."),
    ("NAMES", "<room>{,<room>}", "Lists who is in rooms."),
    ("NICK", "<nick>", "Changes your name."),
    ("NOTICE", "<target>{,<target>} :<text>", "Says something that programs do not answer."),
    ("OPER", "<name> <password>", "Makes you an operator of this server."),
    ("PART", "<room>{,<room>} [:<reason>]", "Leaves rooms."),
    ("PASS", "<password>", "Gives the server's password, before NICK and USER."),
    ("PING", "<token>", "Asks whether the server is there."),
    ("PONG", "<token>", "Answers a PING."),
    ("PRIVMSG", "<target>{,<target>} :<text>", "Says something in a room or to a person."),
    ("QUIT", "[:<reason>]", "Leaves the server."),
    (
        "REGISTER",
        "<account> <email> <password>",
        "Makes an account where there are any; here there are none.",
    ),
    ("SEARCH", "text=<words>;in=<room>;from=<nick>", "Looks for what was said; for programs."),
    ("SETNAME", ":<real name>", "Changes your real name."),
    ("TAGMSG", "<target>{,<target>}", "Sends tags without a text; for programs."),
    ("TIME", "", "Says what time it is here."),
    ("TOPIC", "<room> [:<text>]", "Shows or sets a room's topic."),
    ("UNKLINE", "<address, network, mask or nick>", "Takes a ban back; for the server's operators."),
    ("USER", "<name> 0 * :<real name>", "Says who you are, before anything else."),
    ("USERHOST", "<nick> [<nick>…]", "Says where people are."),
    ("VERSION", "", "Says what runs here."),
    ("WALLOPS", ":<text>", "Tells something to all with +w; for the server's operators."),
    ("WHO", "<room or mask> [o | %<fields>]", "Lists people."),
    ("WHOIS", "<nick>", "Says who somebody is."),
    ("WHOWAS", "<nick>{,<nick>} [<count>]", "Says who somebody was."),
];

impl Core {
    pub(super) fn help(&mut self, id: ConnId, message: &Message<'_>) {
        let asked = message.param(0);
        if asked.is_empty() || asked.eq_ignore_ascii_case("index") {
            return self.tell_help(id, "index", INDEX);
        }
        match COMMANDS.iter().find(|(verb, ..)| verb.eq_ignore_ascii_case(asked)) {
            Some((verb, params, words)) => {
                let usage = format!("{verb} {params}");
                self.tell_help(id, &shown_word(asked), &[usage.trim_end(), words]);
            }
            None => {
                let shown = shown_word(asked);
                self.numeric(id, ERR_HELPNOTFOUND, &[&shown, "There is no help on this"]);
            }
        }
    }

    fn tell_help(&mut self, id: ConnId, subject: &str, lines: &[&str]) {
        for (n, line) in lines.iter().enumerate() {
            self.numeric(id, if n == 0 { RPL_HELPSTART } else { RPL_HELPTXT }, &[subject, line]);
        }
        self.numeric(id, RPL_ENDOFHELP, &[subject, "End of /HELP"]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_help_on_every_command_and_on_no_other() {
        let with_help: Vec<&str> = COMMANDS.iter().map(|(verb, ..)| *verb).collect();
        assert_eq!(with_help, super::super::command::verbs().collect::<Vec<_>>());
    }
}

//! What the server says of itself: MOTD, LUSERS, VERSION, TIME, ADMIN, INFO, LINKS
//! ([server queries](https://modern.ircdocs.horse/#server-queries-and-commands)).

use crate::irc::Message;
use crate::irc::numeric::*;

use super::register::shown_word;
use super::{ConnId, Core};

impl Core {
    /// Whether a command that may name a server names this one; otherwise it is told that there is none.
    fn is_here(&mut self, id: ConnId, server: &str) -> bool {
        let here = server.is_empty()
            || crate::irc::name::mask_matches(server, &self.config.name)
            || self.state.user(server).is_some();
        if !here {
            let shown = shown_word(server);
            self.numeric(id, ERR_NOSUCHSERVER, &[&shown, "No such server"]);
        }
        here
    }

    pub(super) fn motd(&mut self, id: ConnId, message: &Message<'_>) {
        if !self.is_here(id, message.param(0)) {
            return;
        }
        let config = self.config.clone();
        if config.motd.is_empty() {
            self.numeric(id, ERR_NOMOTD, &["MOTD File is missing"]);
            return;
        }
        self.numeric(id, RPL_MOTDSTART, &[&format!("- {} Message of the day - ", config.name)]);
        for line in &config.motd {
            self.numeric(id, RPL_MOTD, &[&format!("- {line}")]);
        }
        self.numeric(id, RPL_ENDOFMOTD, &["End of /MOTD command."]);
    }

    pub(super) fn lusers(&mut self, id: ConnId, _: &Message<'_>) {
        let users = self.state.registered;
        let (mut invisible, mut operators) = (0, 0);
        for user in self.state.ids().into_iter().filter_map(|id| self.state.connection(id)) {
            invisible += usize::from(user.registered && user.modes.invisible);
            operators += usize::from(user.modes.operator);
        }
        let unknown = self.state.connections().saturating_sub(users);
        let channels = self.state.living_channels();
        let most = self.state.most;
        let visible = users - invisible;
        self.numeric(
            id,
            RPL_LUSERCLIENT,
            &[&format!("There are {visible} users and {invisible} invisible on 1 servers")],
        );
        self.numeric(id, RPL_LUSEROP, &[&operators.to_string(), "operator(s) online"]);
        self.numeric(id, RPL_LUSERUNKNOWN, &[&unknown.to_string(), "unknown connection(s)"]);
        self.numeric(id, RPL_LUSERCHANNELS, &[&channels.to_string(), "channels formed"]);
        self.numeric(id, RPL_LUSERME, &[&format!("I have {users} clients and 0 servers")]);
        let (users, most) = (users.to_string(), most.to_string());
        self.numeric(
            id,
            RPL_LOCALUSERS,
            &[&users, &most, &format!("Current local users {users}, max {most}")],
        );
        self.numeric(
            id,
            RPL_GLOBALUSERS,
            &[&users, &most, &format!("Current global users {users}, max {most}")],
        );
    }

    pub(super) fn version(&mut self, id: ConnId, message: &Message<'_>) {
        if self.is_here(id, message.param(0)) {
            let name = self.config.name.clone();
            self.numeric(id, RPL_VERSION, &[concat!("chatui-", env!("CARGO_PKG_VERSION")), &name, ""]);
        }
    }

    /// There is one server; that it has no others beside it is all that is told.
    pub(super) fn links(&mut self, id: ConnId, _: &Message<'_>) {
        self.numeric(id, RPL_ENDOFLINKS, &["*", "End of /LINKS list"]);
    }

    pub(super) fn time(&mut self, id: ConnId, message: &Message<'_>) {
        if self.is_here(id, message.param(0)) {
            let (name, now) = (self.config.name.clone(), self.now.to_string());
            self.numeric(id, RPL_TIME, &[&name, &now]);
        }
    }

    pub(super) fn admin(&mut self, id: ConnId, message: &Message<'_>) {
        if self.is_here(id, message.param(0)) {
            let config = self.config.clone();
            self.numeric(id, RPL_ADMINME, &[&config.name, "Administrative info"]);
            self.numeric(id, RPL_ADMINLOC1, &[&config.network]);
            self.numeric(id, RPL_ADMINLOC2, &["Ask the person who gave you this address"]);
            self.numeric(id, RPL_ADMINEMAIL, &["No address is given"]);
        }
    }

    pub(super) fn info(&mut self, id: ConnId, message: &Message<'_>) {
        if self.is_here(id, message.param(0)) {
            self.numeric(id, RPL_INFO, &[concat!("chatui ", env!("CARGO_PKG_VERSION"))]);
            self.numeric(id, RPL_INFO, &[&format!("running since {}", self.config.created)]);
            self.numeric(id, RPL_ENDOFINFO, &["End of INFO"]);
        }
    }
}

//! What the operator has chosen anew while the server runs.

use std::sync::Arc;

use crate::irc::Cap;

use super::Core;
use super::config::{Config, Reload};
use super::modes::UserModes;
use super::register::sts;

impl Core {
    /// Whether those who come through TLS are told to come in no other way, and for how many seconds.
    pub fn insist_on_tls(&mut self, seconds: Option<u64>) {
        self.config = Arc::new(Config { sts: seconds, ..Config::clone(&self.config) });
    }

    pub(super) fn reload(&mut self, reload: Reload) {
        let Reload { motd, password, operators, sts, near_guessers_wait, bans } = reload;
        let config =
            Config { motd, password, operators, sts, near_guessers_wait, ..Config::clone(&self.config) };
        let before = std::mem::replace(&mut self.config, Arc::new(config)).sts;
        self.drop_operators();
        if let Some(bans) = bans {
            self.reload_bans(&bans.read, &bans.known);
        }
        if before != self.config.sts {
            self.tell_sts();
        }
    }

    /// Who has become an operator by a name and a password that are no more is none any more.
    fn drop_operators(&mut self) {
        for id in self.state.ids() {
            let Some(connection) = self.state.connection(id) else { continue };
            let is_none = connection.modes.operator
                && !connection.operator.as_ref().is_some_and(|own| self.config.operators.contains(own));
            if is_none {
                self.set_user_modes(id, UserModes { operator: false, ..connection.modes });
            }
        }
    }

    /// Strict transport security has changed: those who want to know of new capabilities are told. It cannot be taken back by
    /// `DEL`; that it holds for no time at all ends it for those whom it binds
    /// ([sts](https://ircv3.net/specs/extensions/sts#capabilities)).
    fn tell_sts(&mut self) {
        let seconds = self.config.sts;
        for id in self.state.ids() {
            let Some(connection) = self.state.connection(id) else { continue };
            if !connection.caps.has(Cap::CapNotify) || !connection.cap_302 {
                continue;
            }
            let ended = connection.peer.secure.then_some(0);
            if let Some(value) = sts(&connection.peer, seconds.or(ended)) {
                let nick = connection.shown_nick().to_owned();
                self.server_line(id, "CAP", &[&nick, "NEW", &value]);
            }
        }
    }
}

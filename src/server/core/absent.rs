//! What other servers have and this one has not: accounts, and batches of clients. Who asks is told so in the words of the
//! extension, for programs that are set to log in wait for an answer.

use crate::irc::Message;
use crate::irc::numeric::{ERR_SASLABORTED, ERR_SASLFAIL};

use super::register::shown_word;
use super::{ConnId, Core};

impl Core {
    /// AUTHENTICATE: nobody can log in, whatever the mechanism ([sasl](https://ircv3.net/specs/extensions/sasl-3.1)).
    pub(super) fn authenticate(&mut self, id: ConnId, message: &Message<'_>) {
        if message.param(0) == "*" {
            self.numeric(id, ERR_SASLABORTED, &["SASL authentication aborted"]);
        } else {
            self.numeric(id, ERR_SASLFAIL, &["There are no accounts on this server"]);
        }
    }

    /// REGISTER: there are no accounts ([account-registration](https://ircv3.net/specs/extensions/account-registration)).
    pub(super) fn register_account(&mut self, id: ConnId, message: &Message<'_>) {
        let account = shown_word(message.param(0));
        let words = "There are no accounts on this server";
        self.fail(id, "REGISTER", "TEMPORARILY_UNAVAILABLE", &[&account], words);
    }

    /// BATCH: of all that a client could open none is known here
    /// ([client-initiated batches](https://ircv3.net/specs/extensions/client-batch)).
    pub(super) fn batch(&mut self, id: ConnId, message: &Message<'_>) {
        let (reference, kind) = (shown_word(message.param(0)), shown_word(message.param(1)));
        self.fail(id, "BATCH", "UNKNOWN_TYPE", &[&reference, &kind], "No batch of this kind is taken");
    }
}

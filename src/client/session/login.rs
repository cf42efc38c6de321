//! Logging in to an account before the welcome ([SASL 3.1](https://ircv3.net/specs/extensions/sasl-3.1),
//! [3.2](https://ircv3.net/specs/extensions/sasl-3.2)), by PLAIN ([RFC 4616](https://www.rfc-editor.org/rfc/rfc4616)). PLAIN
//! tells the server the password as it is: the link speaks TLS off this machine, or not at all unless the user has said so.

use std::fmt;

use base64ct::{Base64, Encoding};

use super::report::Report;
use super::{Session, Stage};
use crate::irc::numeric::{
    ERR_NICKLOCKED, ERR_SASLABORTED, ERR_SASLALREADY, ERR_SASLFAIL, ERR_SASLTOOLONG, RPL_SASLMECHS,
    RPL_SASLSUCCESS,
};
use crate::irc::{Cap, Message};

/// Most bytes of one AUTHENTICATE; a piece of exactly so many says that another follows.
const PIECE: usize = 400;

/// A password. What is printed for diagnosis does not have it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The password itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Secret {
        Secret(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Secret {
        Secret(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// An account to log in to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its password.
    pub password: Secret,
    /// Whether one goes on without it if the login fails.
    pub optional: bool,
}

/// How far the login of this connection is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Login {
    /// Not begun.
    #[default]
    Before,
    /// Asked for; no answer yet.
    UnderWay,
    /// It came about.
    Done,
    /// It did not come about.
    Failed,
}

impl Session {
    /// Whether the account is still to be logged in to.
    pub(super) fn wants_login(&self) -> bool {
        self.login == Login::Before && self.stage == Stage::Registering && self.identity.account.is_some()
    }

    /// What the server offers of SASL: the value of the capability. Without one it does not say which mechanisms it has.
    pub(super) fn note_mechanisms(&mut self, value: Option<&str>) {
        self.takes_plain =
            value.is_none_or(|list| list.split(',').any(|name| name.eq_ignore_ascii_case("PLAIN")));
    }

    /// The server has said all that it offers. Whether the registration goes on: not where there is no way to log in.
    pub(super) fn check_login(&mut self, out: &mut Vec<Report>) -> bool {
        if !self.wants_login() || (self.offered.has(Cap::Sasl) && self.takes_plain) {
            return true;
        }
        let reason = if self.offered.has(Cap::Sasl) {
            "this server takes no passwords (SASL PLAIN) for accounts"
        } else {
            "this server offers no login to accounts (SASL)"
        };
        // Where accounts are looked after by another program, that one may be back soon.
        self.login_failed(reason, true, out)
    }

    /// The capability is granted: the login begins. Whether it does.
    pub(super) fn begin_login(&mut self, out: &mut Vec<Report>) -> bool {
        let begins = self.wants_login() && self.caps.has(Cap::Sasl);
        if begins {
            self.login = Login::UnderWay;
            out.push(Report::Answer("AUTHENTICATE PLAIN".to_owned()));
        }
        begins
    }

    /// `AUTHENTICATE` from the server: it is ready for the name and the password.
    pub(super) fn on_authenticate(&self, message: &Message<'_>, out: &mut Vec<Report>) {
        let Some(account) = &self.identity.account else { return };
        if self.login != Login::UnderWay || message.param(0) != "+" {
            return;
        }
        out.extend(answers(account).into_iter().map(Report::Answer));
    }

    /// How the login went. Whether the numeric was about one that is under way.
    pub(super) fn on_login_numeric(&mut self, message: &Message<'_>, out: &mut Vec<Report>) -> bool {
        if self.login != Login::UnderWay {
            return false;
        }
        let sentence = message.params.last().unwrap_or_default();
        let goes_on = match message.command {
            RPL_SASLSUCCESS | ERR_SASLALREADY => {
                self.login = Login::Done;
                true
            }
            RPL_SASLMECHS => {
                let text = format!("this server wants another mechanism: {}", message.param(1));
                self.login_failed(&text, false, out)
            }
            ERR_SASLABORTED => self.login_failed("the server has given it up", true, out),
            ERR_NICKLOCKED | ERR_SASLFAIL | ERR_SASLTOOLONG => self.login_failed(sentence, false, out),
            _ => return false,
        };
        if goes_on {
            out.push(Report::Answer("CAP END".to_owned()));
        }
        true
    }

    /// The login does not come about. `again`, if it may do so later by itself. Whether the registration goes on.
    pub(super) fn login_failed(&mut self, why: &str, again: bool, out: &mut Vec<Report>) -> bool {
        let Some(account) = &self.identity.account else { return true };
        let optional = account.optional;
        let reason = format!("not logged in as {}: {why}", account.name);
        self.login = Login::Failed;
        out.push(match optional {
            true => Report::Told { place: String::new(), text: reason, asked: true },
            false => Report::LoginFailed { reason, again },
        });
        optional
    }

    /// The welcome has come without a login, which nobody wanted: a server from before capabilities, or a hasty one. Whether
    /// one stays.
    pub(super) fn stays_without_login(&mut self, out: &mut Vec<Report>) -> bool {
        let is_missing = matches!(self.login, Login::Before | Login::UnderWay);
        if self.identity.account.is_none() || !is_missing {
            return true;
        }
        self.login_failed("this server lets everybody in without", true, out)
    }
}

/// Name and password as PLAIN has them, in pieces.
fn answers(account: &Account) -> Vec<String> {
    let text = format!("\0{}\0{}", account.name, account.password.reveal());
    let encoded = Base64::encode_string(text.as_bytes());
    let mut lines = Vec::new();
    let mut rest = encoded.as_str();
    while rest.len() >= PIECE {
        let (piece, after) = rest.split_at(PIECE);
        lines.push(format!("AUTHENTICATE {piece}"));
        rest = after;
    }
    let last = if rest.is_empty() { "+" } else { rest };
    lines.push(format!("AUTHENTICATE {last}"));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, password: &str) -> Account {
        Account { name: name.to_owned(), password: password.into(), optional: false }
    }

    #[test]
    fn name_and_password_go_in_pieces_and_a_whole_last_one_is_followed_by_an_empty_one() {
        // The example of RFC 4616.
        assert_eq!(answers(&of("tim", "tanstaaftanstaaf")), ["AUTHENTICATE AHRpbQB0YW5zdGFhZnRhbnN0YWFm"]);
        for length in 0..700 {
            let lines = answers(&of("a", &"x".repeat(length)));
            let pieces: Vec<&str> = lines.iter().map(|line| &line["AUTHENTICATE ".len()..]).collect();
            let (last, whole) = pieces.split_last().unwrap();
            assert!(whole.iter().all(|piece| piece.len() == PIECE) && last.len() < PIECE, "{length}");
            let last = if *last == "+" { "" } else { last };
            let text = Base64::decode_vec(&(whole.concat() + last)).unwrap();
            assert_eq!(text, format!("\0a\0{}", "x".repeat(length)).as_bytes());
        }
        assert_eq!(answers(&of("a", &"x".repeat(297))).last().unwrap(), "AUTHENTICATE +");
    }

    #[test]
    fn a_password_is_not_printed() {
        let account = of("ivy", "hunter2");
        assert!(!format!("{account:?}").contains("hunter2"));
        assert_eq!(account.password.reveal(), "hunter2");
    }
}

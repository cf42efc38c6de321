//! Choosing anew while the server runs: what can be taken of a configuration is, and the rest is named.

use std::sync::Arc;

use crate::irc::Fingerprint;

use super::bans::BanFile;
use super::config::{Config, STS_DURATION};
use super::core::config::{ReadBans, Reload};
use super::house::House;
use super::inbox::{Event, Inbox};

/// Takes a configuration into a server that runs.
#[derive(Clone, Debug)]
pub struct Reloader {
    /// The configuration of its start: what is not taken anew is as it was then.
    pub(super) started: Arc<Config>,
    pub(super) house: Arc<House>,
    pub(super) inbox: Arc<Inbox>,
    pub(super) bans: BanFile,
}

/// What has come of it.
#[derive(Debug)]
pub struct Reloaded {
    /// The certificate that new connections are shown, if TLS is spoken.
    pub fingerprint: Option<Fingerprint>,
    /// How many are banned.
    pub bans: usize,
    /// The settings that are other than at the start and that only a new start takes.
    pub restart: Vec<&'static str>,
}

impl Reloader {
    /// Takes the message of the day, the password, the operators, the bans, the limits and the certificate.
    ///
    /// # Errors
    /// A sentence: something cannot be read. Then nothing has changed.
    pub fn reload(&self, config: &Config) -> Result<Reloaded, String> {
        // Before the file is read: what an operator bans from here on comes to both, or to neither.
        let known = self.house.bans();
        let bans = self.bans.read()?;
        let restart = self.restart(config);
        let fingerprint = match &self.house.tls {
            Some(tls) => Some(tls.reload_from(config.tls.files.as_ref()).map_err(|error| error.to_string())?),
            None => None,
        };
        // Nothing fails from here on.
        self.house.limit(config.limits);
        self.house.ban(Arc::clone(&bans));
        let count = bans.len();
        let core = &config.core;
        self.inbox.push_event(Event::Reload(Box::new(Reload {
            motd: Config { sync: self.started.sync, ..config.clone() }.motd(),
            password: core.password.clone(),
            operators: core.operators.clone(),
            sts: self.house.is_given().then_some(STS_DURATION),
            near_guessers_wait: core.near_guessers_wait,
            bans: Some(ReadBans { read: bans, known }),
        })));
        Ok(Reloaded { fingerprint, bans: count, restart })
    }

    /// What is other than at the start, and stays as it was.
    fn restart(&self, config: &Config) -> Vec<&'static str> {
        let (before, core) = (&*self.started, &config.core);
        let own = |config: &Config| config.tls.files.is_some();
        [
            ("listen", before.listen != config.listen),
            ("data", before.data != config.data),
            ("name", before.core.name != core.name),
            ("network", before.core.network != core.network),
            ("history", before.core.history != core.history),
            ("sync", before.sync != config.sync),
            ("keep", before.keep != config.keep),
            ("shards", before.shards != config.shards),
            ("plain", before.plain != config.plain),
            ("allow_plaintext", before.allow_plaintext != config.allow_plaintext),
            ("require_tls", before.tls.required != config.tls.required),
            ("tls_cert, tls_key", own(before) != own(config) && (own(before) || self.house.tls.is_none())),
            ("metrics", before.metrics != config.metrics),
        ]
        .into_iter()
        .filter_map(|(name, is_other)| is_other.then_some(name))
        .collect()
    }
}

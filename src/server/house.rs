//! What all shards know: how plain text is spoken, with whom TLS, how many are there, and how many stand on the threshold.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::config::{Config, Plain, Prompt, STS_DURATION};
use super::threshold::Threshold;
use super::tls::Tls;

/// What all shards know.
#[derive(Debug)]
pub struct House {
    /// How plain text is spoken.
    pub plain: Plain,
    /// The same at the door of those who must speak TLS: they are told so, whoever they are, and not asked for a nick before.
    guarded: Plain,
    /// The certificate, if there is one.
    pub tls: Option<Arc<Tls>>,
    /// How long the handshake of TLS may take, since the connection was accepted.
    pub handshake: Duration,
    clear: Clear,
    /// What those who come through TLS are told of coming in no other way.
    sts: Option<Arc<str>>,
    /// Where those stand who have not registered yet.
    pub threshold: Arc<Threshold>,
    max_clients: usize,
    /// Connections that have not been given up, strangers at the door among them.
    present: AtomicUsize,
}

/// Who may speak without TLS.
#[derive(Clone, Copy, Debug)]
enum Clear {
    /// Everybody.
    All,
    /// Who comes from this machine.
    Near,
    /// Nobody.
    None,
}

impl House {
    /// A house with nobody in it.
    pub fn new(config: &Config, tls: Option<Arc<Tls>>) -> House {
        let (plain, handshake) = (config.plain.clone(), config.tls.handshake);
        let clear = match (config.tls.required, config.allow_plaintext) {
            (true, _) => Clear::None,
            (false, true) => Clear::All,
            (false, false) => Clear::Near,
        };
        let mut guarded = Plain { on: Some(true), prompt: Prompt::Off, ..plain.clone() };
        guarded.times.nick_deadline = handshake;
        // A certificate that the server has made for itself is nothing that clients of other makers could insist on.
        let given = tls.as_ref().is_some_and(|tls| tls.is_given());
        let sts = given.then(|| format!("sts=duration={STS_DURATION}").into());
        House {
            plain,
            guarded,
            tls,
            handshake,
            clear,
            sts,
            threshold: Threshold::new(config.threshold),
            max_clients: config.max_clients,
            present: AtomicUsize::new(0),
        }
    }

    /// Whether somebody may speak without TLS, who comes from this machine or not.
    pub fn hears_clear(&self, near: bool) -> bool {
        match self.clear {
            Clear::All => true,
            Clear::Near => near,
            Clear::None => false,
        }
    }

    /// How the door is kept for somebody: who may come in as he is, and who may not.
    pub fn manners(&self, may_enter: bool) -> &Plain {
        if may_enter { &self.plain } else { &self.guarded }
    }

    /// What somebody is told of strict transport security: that TLS is spoken at this port, or that it is to be spoken from
    /// now on. On this machine nobody is told, since the certificate is not for the names it is called by there.
    pub fn sts(&self, near: bool, secure: bool, port: impl FnOnce() -> u16) -> Option<Arc<str>> {
        let sts = self.sts.as_ref().filter(|_| !near)?;
        Some(if secure { Arc::clone(sts) } else { format!("sts=port={}", port()).into() })
    }

    /// Somebody has come; says whether there is room for him. In any case he is to leave again.
    pub fn enter(&self) -> bool {
        self.present.fetch_add(1, Ordering::Relaxed) < self.max_clients
    }

    /// Somebody is gone.
    pub fn leave(&self) {
        self.present.fetch_sub(1, Ordering::Relaxed);
    }
}

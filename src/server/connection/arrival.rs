//! The beginning of a connection: its TLS, and the door, until the core knows of it.
#![allow(clippy::disallowed_types, reason = "this is the edge that has the socket")]

use std::time::{Duration, Instant};

use tracing::{debug, info};

use super::super::core::{Kind, Peer};
use super::super::door::{Door, Step, TLS_ALERT, TLS_TOO_OLD};
use super::super::guest::Guest;
use super::super::house::Refusal;
use super::super::inbox::Event;
use super::super::outbox::{Outbox, Spare};
use super::super::tls::{End, Received};
use super::{Behind, Connection, Phase, Tools};

/// Somebody at the door.
#[derive(Debug)]
pub(super) struct Stranger {
    pub door: Door,
    pub opened: Instant,
    pub address: String,
    /// Whether it comes from this machine.
    pub near: bool,
    /// It is not let in.
    pub refusal: Option<Refusal>,
    /// When it is looked at again.
    pub alarm: Option<Instant>,
    pub due: Option<Instant>,
}

impl Connection {
    /// Takes what has come through TLS.
    pub(super) fn take_opened(&mut self, received: &Received, clear: &[u8], tools: &mut Tools<'_>) {
        if let Phase::Door(stranger) = &mut self.phase
            && received.count == 0
            && received.end.is_none()
        {
            stranger.due = Some(tools.now);
            self.look(tools);
        }
        if received.count > 0 {
            self.take(&clear[..received.count], tools);
        }
        match &received.end {
            None => {}
            Some(End::Closed) => self.hears_no_more(tools),
            Some(End::Failed(why)) => self.tls_failed(why, None, tools),
            Some(End::TooOld) => self.tls_failed(
                "TLS failed: the client knows no version from 1.2 on",
                Some(TLS_TOO_OLD),
                tools,
            ),
        }
    }

    /// There is no TLS with this peer: it hears this alert, or the library's, and is let go as everybody is, so that the alert
    /// arrives.
    fn tls_failed(&mut self, why: &str, alert: Option<&[u8]>, tools: &mut Tools<'_>) {
        let address = match &self.phase {
            Phase::Door(stranger) => stranger.address.as_str(),
            _ => "",
        };
        info!(connection = self.id.0, address = %address, reason = %why, "turned away");
        self.outbox = Outbox::default();
        self.behind = Behind::default();
        // Some junk is none to the library: then there are no keys yet, and the alert is our own.
        let is_silent = self.tls.as_ref().is_some_and(|tls| !tls.waits());
        if matches!(self.phase, Phase::Door(_)) && (is_silent || alert.is_some()) {
            self.tls = None;
            self.outbox.buffer(tools.spare).extend_from_slice(alert.unwrap_or(TLS_ALERT));
        }
        self.end("TLS failed", tools.batch);
    }

    /// Does what the door says of a stranger.
    pub(super) fn look(&mut self, tools: &mut Tools<'_>) {
        loop {
            let Phase::Door(stranger) = &mut self.phase else { return };
            let at = tools.now.saturating_duration_since(stranger.opened);
            if self.tls.as_ref().is_some_and(|tls| tls.is_handshaking()) {
                let deadline = tools.house.handshake;
                if at >= deadline {
                    info!(connection = self.id.0, address = %stranger.address, reason = "no TLS in time", "turned away");
                    self.phase = Phase::TurnedAway;
                } else {
                    stranger.due = Some(stranger.opened + deadline);
                }
                return;
            }
            let refused = stranger.refusal.as_ref().map(|refusal| refusal.why.clone());
            if let Some(why) = refused.as_ref().filter(|_| self.tls.is_some()) {
                return self.dismiss(why, tools.spare);
            }
            let may_enter =
                (self.tls.is_some() || tools.house.hears_clear(stranger.near)) && refused.is_none();
            match stranger.door.look(at, tools.house.manners(may_enter)) {
                Step::Irc { .. } | Step::Plain(_) if refused.is_some() => {
                    return self.dismiss(&refused.unwrap_or_default(), tools.spare);
                }
                Step::Irc { .. } if !may_enter => return self.send_to_tls(Kind::Irc, tools),
                Step::Plain(_) if !may_enter => return self.send_to_tls(Kind::Plain, tools),
                Step::Tls => {
                    let door = std::mem::replace(&mut stranger.door, Door::inner());
                    self.tls = tools.house.tls.as_ref().and_then(|tls| tls.session()).map(Box::new);
                    match &mut self.tls {
                        Some(tls) => {
                            let received = tls.receive(&door.into_first(), &mut []);
                            return self.take_opened(&received, &[], tools);
                        }
                        None => return self.refuse(TLS_ALERT, "TLS is not offered here", tools.spare),
                    }
                }
                Step::Wait(until) => {
                    stranger.due = Some(stranger.opened + until);
                    return;
                }
                Step::Say(words) => self.outbox.buffer(tools.spare).extend_from_slice(words),
                Step::Refuse(answer, why) => return self.refuse(answer, why, tools.spare),
                Step::Irc { mid_line } => {
                    if mid_line {
                        self.outbox.buffer(tools.spare).extend_from_slice(b"\r\n");
                    }
                    if let Some(stranger) = self.let_in(Kind::Irc, tools) {
                        self.lines(&stranger.door.into_first(), tools);
                    }
                    return;
                }
                Step::Plain(manner) => {
                    if let Some(stranger) = self.let_in(Kind::Plain, tools) {
                        let Stranger { door, opened, alarm, .. } = *stranger;
                        let first = door.into_first();
                        let guest = Guest::enter(
                            manner,
                            &tools.house.plain,
                            &first,
                            opened,
                            tools.now,
                            alarm,
                            &self.socket,
                        );
                        self.guest = Some(Box::new(guest));
                        self.settle_guest(tools);
                    }
                    return;
                }
            }
        }
    }

    /// Sends somebody away who is over a limit, or banned. There may be thousands of them, so the diagnostics are not told of each.
    fn dismiss(&mut self, why: &str, spare: &mut Spare) {
        if let Phase::Door(stranger) = &self.phase {
            debug!(connection = self.id.0, address = %stranger.address, reason = why, "turned away");
            self.say(&format!("ERROR :{why}\r\n"), spare);
            self.phase = Phase::TurnedAway;
        }
    }

    /// Sends a stranger away, with these bytes.
    fn refuse(&mut self, answer: &[u8], why: &str, spare: &mut Spare) {
        if let Phase::Door(stranger) = &self.phase {
            info!(connection = self.id.0, address = %stranger.address, reason = why, "turned away");
            self.outbox.buffer(spare).extend_from_slice(answer);
            self.phase = Phase::TurnedAway;
        }
    }

    /// Tells somebody who speaks in the clear, and may not, where to speak through TLS. A client that asks for the
    /// capabilities first is told in its own way.
    fn send_to_tls(&mut self, kind: Kind, tools: &mut Tools<'_>) {
        let port = self.port();
        let Phase::Door(stranger) = &mut self.phase else { return };
        let first = std::mem::take(&mut stranger.door).into_first();
        let mut answer = String::new();
        if tools.house.is_given() && !stranger.near && first.trim_ascii_start().starts_with(b"CAP LS") {
            answer = format!("CAP * LS :sts=port={port}\r\n");
        }
        if kind == Kind::Irc {
            answer.push_str("ERROR :");
        }
        answer.push_str(&format!(
            "TLS is needed here: connect to port {port} with TLS (chatui does so by itself).\r\n"
        ));
        self.refuse(answer.as_bytes(), "not through TLS", tools.spare);
    }

    /// The port at which it has come.
    fn port(&self) -> u16 {
        self.socket.local_addr().map_or(0, |address| address.port())
    }

    /// From here on the core knows of it.
    fn let_in(&mut self, kind: Kind, tools: &mut Tools<'_>) -> Option<Box<Stranger>> {
        match std::mem::replace(&mut self.phase, Phase::Open) {
            Phase::Door(mut stranger) => {
                let address = std::mem::take(&mut stranger.address);
                let secure = self.tls.is_some();
                let port = if stranger.near { 0 } else { self.port() };
                // Whoever speaks plain text has given his name by now, in the time that the door allows for it.
                let waited = match kind {
                    Kind::Irc => tools.now.saturating_duration_since(stranger.opened),
                    Kind::Plain => Duration::ZERO,
                };
                tools.batch.events.push(Event::Open(self.id, Peer { address, kind, waited, secure, port }));
                Some(stranger)
            }
            other => {
                self.phase = other;
                None
            }
        }
    }
}

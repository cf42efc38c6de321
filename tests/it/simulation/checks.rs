//! What must hold after every step, and when all is quiet again.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use chatui::client::entry::{Kind, State};
use chatui::client::window::Past;
use chatui::server::log::Log;

use super::{CHANNEL, CLIENTS, World};

impl World {
    /// Nothing is shown that the log has not; the order is the log's; where something is missing, it is marked.
    pub(super) fn check(&self) {
        if self.server.is_none() {
            return;
        }
        let place: HashMap<&str, usize> =
            self.truth.iter().enumerate().map(|(at, line)| (line.msgid(), at)).collect();
        for (n, client) in self.clients.iter().enumerate() {
            let Some(window) = client.app.windows().iter().find(|window| window.is(CHANNEL)) else {
                continue;
            };
            let mut last: Option<usize> = None;
            let mut gap = false;
            for entry in window.entries() {
                gap |= matches!(entry.kind, Kind::Gap(_));
                if !entry.is_speech() || entry.msgid.is_empty() {
                    continue;
                }
                let at = *place
                    .get(&*entry.msgid)
                    .unwrap_or_else(|| panic!("nick{n} shows {:?}, which the log has not", entry.text));
                if let Some(before) = last {
                    assert!(at > before, "nick{n} shows {:?} doubled or out of order", entry.text);
                    assert!(gap || at == before + 1, "nick{n} lacks what comes before {:?}", entry.text);
                }
                last = Some(at);
                gap = false;
            }
        }
    }

    /// All is mended: everything arrives, nothing fails any more, until nothing happens.
    pub(super) fn settle(&mut self) {
        self.faults = false;
        self.clients.iter_mut().for_each(|client| client.fuse = None);
        if let Some(server) = &mut self.server
            && server.log.append(&[]).is_err()
        {
            self.crash_server();
        }
        for round in 0..600 {
            if self.server.is_none() {
                self.start_server();
            }
            for id in self.ids() {
                self.carry(id, usize::MAX);
            }
            // Some read what was said long ago while others talk, and the pages come late.
            if round < 200 && round % 20 == 0 {
                self.look_up(round / 20 % CLIENTS);
                self.type_line((round / 20 + 1) % CLIENTS);
            }
            self.turn();
            self.keep();
            if round % 3 == 2 {
                self.read_page();
            }
            self.check();
            self.tick(Duration::from_millis(if round < 300 { 200 } else { 20 }));
        }
    }

    pub(super) fn check_settled(&mut self) {
        let texts: Vec<String> = self.truth.iter().map(|line| line.message().param(1).to_owned()).collect();
        let mut failed: HashSet<String> = std::mem::take(&mut self.failed);
        for (n, client) in self.clients.iter().enumerate() {
            assert!(client.app.online(), "nick{n} is not online");
            let window = client.app.windows().iter().find(|window| window.is(CHANNEL)).unwrap();
            assert_eq!(window.waiting().count(), 0, "nick{n} still waits for an echo");
            assert!(client.disk.is_empty(), "nick{n} has left something in its journal");
            let known: Vec<&str> = window
                .entries()
                .iter()
                .filter(|e| e.is_speech() && !e.msgid.is_empty())
                .map(|e| &*e.text)
                .collect();
            assert!(
                texts.ends_with(&known.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()),
                "nick{n} differs from the log's end: {known:?}\n{texts:?}"
            );
            // What lies before can be paged in, unless the client believes that there is nothing.
            assert!(
                known.len() == texts.len() || matches!(window.past, Past::More | Past::Loading),
                "nick{n} knows too little: {} of {}",
                known.len(),
                texts.len()
            );
            let refused = window.entries().iter().filter(|entry| matches!(entry.state, State::Failed(_)));
            failed.extend(refused.map(|entry| entry.text.to_string()));
        }
        let mut seen = HashSet::new();
        for text in &texts {
            assert!(seen.insert(text.as_str()), "{text:?} is in the log twice");
        }
        for client in &self.clients {
            for text in &client.typed {
                let kept = seen.contains(text.as_str());
                assert!(
                    kept != failed.contains(text),
                    "{text:?}: in the log {kept}, and its sender was told otherwise"
                );
            }
        }
        // After a restart the log is what was said.
        let before = self.truth.clone();
        self.crash_server();
        self.start_server();
        assert_eq!(before, self.truth, "the log after a restart");
    }
}

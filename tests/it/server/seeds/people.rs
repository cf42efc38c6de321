//! People and programs without IRC: how each of them comes in, and how it reads.

use super::super::peers::Reads;
use super::{Host, Peer};

impl Peer {
    /// A person at a bare terminal.
    pub fn person(host: &Host) -> Peer {
        Peer::connect_as(Reads::Text, host.server().addresses()[0])
    }

    /// A program that reads little at once and dies of a cut character.
    pub fn program(host: &Host) -> Peer {
        Peer::connect_as(Reads::Pieces, host.server().addresses()[0])
    }

    /// 000: the name is asked in a window after the connection, then sent alone; so are messages.
    pub fn s000(host: &Host, name: &str) -> Peer {
        let mut client = Peer::program(host);
        client.hears("Type your nickname");
        client.write(name);
        client.hears("Welcome, ");
        client
    }

    /// 001: answers `NICK`, when that is all it reads, and puts its name in front of each message.
    pub fn s001(host: &Host, name: &str) -> Peer {
        let mut client = Peer::program(host);
        assert_eq!(client.piece(), "NICK");
        client.write(name);
        client.hears("Welcome, ");
        client
    }

    /// 001 with an owner who took his time: the first thing sent is a message.
    pub fn s001_late(host: &Host, name: &str, message: &str) -> Peer {
        let mut client = Peer::program(host);
        client.hears("Type your nickname");
        client.write(&format!("{name}: {message}\n"));
        client.hears("Welcome, ");
        client
    }

    /// 002: waits for a greeting, then its owner types the name into the chat.
    pub fn s002(host: &Host, name: &str) -> Peer {
        Peer::s000(host, name)
    }

    /// 003: as 000, by all that is known.
    pub fn s003(host: &Host, name: &str) -> Peer {
        Peer::s000(host, name)
    }

    /// 004: knows its name before it connects, and puts it in front of each message.
    pub fn s004(host: &Host, name: &str) -> Peer {
        let mut client = Peer::program(host);
        client.write(name);
        client.hears("Welcome, ");
        client
    }

    pub fn netcat(host: &Host, name: &str) -> Peer {
        let mut client = Peer::person(host);
        client.write(&format!("{name}\n"));
        client.hears("Welcome, ");
        client
    }

    pub fn telnet(host: &Host, name: &str) -> Peer {
        let mut client = Peer::person(host);
        client.write(&format!("{name}\r\n"));
        client.hears("Welcome, ");
        client
    }

    /// Telnet in its character mode: each key is a packet, and Enter is CR NUL.
    pub fn key_by_key(host: &Host, name: &str) -> Peer {
        let mut client = Peer::person(host);
        client.types(name);
        client.hears("Welcome, ");
        client
    }

    /// Each key for itself, and Enter.
    pub fn types(&mut self, text: &str) {
        for key in text.bytes().chain(*b"\r") {
            self.send_bytes(&[key]);
        }
        self.send_bytes(b"\0");
    }
}

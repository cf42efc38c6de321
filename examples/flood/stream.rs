//! A client's connection to the server, with or without TLS.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;

use mio::net::TcpStream;
use rustls::crypto::ring::default_provider;
use rustls::{ClientConfig, ClientConnection};

use crate::Outcome;
use crate::certificate::AnyCertificate;

/// A connection.
pub struct Stream {
    /// The socket.
    pub socket: TcpStream,
    tls: Option<Box<ClientConnection>>,
}

impl Stream {
    /// Begins to connect.
    pub fn connect(address: SocketAddr, tls: Option<&Arc<ClientConfig>>) -> io::Result<Stream> {
        let socket = TcpStream::connect(address)?;
        let tls = tls
            .map(|config| ClientConnection::new(Arc::clone(config), address.ip().into()).map(Box::new))
            .transpose()
            .map_err(io::Error::other)?;
        Ok(Stream { socket, tls })
    }

    /// Whether a read that gives less than there was room for says nothing about whether there is more.
    pub fn is_sealed(&self) -> bool {
        self.tls.is_some()
    }

    /// Writes what is sealed already, as much as the socket takes.
    pub fn push(&mut self) -> io::Result<()> {
        let Some(tls) = &mut self.tls else { return Ok(()) };
        while tls.wants_write() {
            tls.write_tls(&mut self.socket)?;
        }
        Ok(())
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else { return self.socket.write(bytes) };
        let taken = tls.writer().write(bytes)?;
        match self.push() {
            Err(error) if taken == 0 || error.kind() != io::ErrorKind::WouldBlock => Err(error),
            _ => Ok(taken),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.push()
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else { return self.socket.read(buffer) };
        loop {
            match tls.reader().read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return read,
            }
            if tls.read_tls(&mut self.socket)? == 0 {
                return Ok(0);
            }
            let processed = tls.process_new_packets().map_err(io::Error::other);
            // An answer of the handshake, or an alert; if it must wait, it goes out when the socket takes more.
            while tls.wants_write() && tls.write_tls(&mut self.socket).is_ok() {}
            processed?;
        }
    }
}

/// TLS with any certificate: what is measured is the server, not whom it belongs to.
pub fn any_certificate() -> Outcome<Arc<ClientConfig>> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate::default()))
        .with_no_client_auth();
    // Each handshake is a whole one, as of people who come from different places.
    config.resumption = rustls::client::Resumption::disabled();
    Ok(Arc::new(config))
}

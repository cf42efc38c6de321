//! Bytes waiting for one connection: a piece that it shares with others, or one contiguous buffer of its own; neither
//! exists while nothing waits.

use std::io::{self, Write};

use bytes::Bytes;

/// Most room that an emptied buffer keeps for the next one who needs it.
const KEPT_ROOM: usize = 64 << 10;

/// Most emptied buffers that a shard keeps.
const SPARE_BUFFERS: usize = 64;

/// Emptied buffers of a shard, to be used again: an idle connection has none.
#[derive(Debug, Default)]
pub struct Spare(Vec<Vec<u8>>);

/// Bytes for a connection.
#[derive(Clone, Copy, Debug)]
pub enum Piece<'a> {
    /// For it alone.
    Own(&'a [u8]),
    /// For others as well.
    Shared(&'a Bytes),
}

impl Piece<'_> {
    /// As they are.
    pub fn as_slice(&self) -> &[u8] {
        match self {
            Piece::Own(bytes) => bytes,
            Piece::Shared(bytes) => bytes,
        }
    }
}

/// The bytes that wait for one connection.
#[derive(Debug, Default)]
pub struct Outbox {
    /// All that waits, if many are given the very same: then `buffer` is empty.
    shared: Bytes,
    buffer: Vec<u8>,
    /// How much of the one or the other is sent.
    sent: usize,
}

/// How a flush ended.
#[derive(Debug)]
pub enum Flushed {
    /// Nothing waits any more.
    All,
    /// As much was written as was to be written at once.
    Part,
    /// The socket takes no more for now.
    Blocked,
    /// The connection is broken.
    Failed(io::Error),
}

impl Outbox {
    /// How many bytes wait.
    pub fn waiting(&self) -> usize {
        self.bytes().len()
    }

    fn bytes(&self) -> &[u8] {
        &(if self.shared.is_empty() { self.buffer.as_slice() } else { &self.shared })[self.sent..]
    }

    /// The buffer to write into; what is sent already is not moved.
    pub fn buffer(&mut self, spare: &mut Spare) -> &mut Vec<u8> {
        if self.buffer.capacity() == 0
            && let Some(used) = spare.0.pop()
        {
            self.buffer = used;
        }
        if !self.shared.is_empty() {
            let shared = std::mem::take(&mut self.shared);
            self.buffer.extend_from_slice(&shared[std::mem::take(&mut self.sent)..]);
        }
        &mut self.buffer
    }

    /// Adds bytes that others are given as well: not copied, if they are all that waits.
    pub fn share(&mut self, bytes: &Bytes, spare: &mut Spare) {
        if self.waiting() == 0 {
            self.shared = bytes.clone();
        } else {
            self.buffer(spare).extend_from_slice(bytes);
        }
    }

    /// Writes at most so many bytes, and of UTF-8 whole characters.
    pub fn flush_part(&mut self, socket: &mut impl Write, spare: &mut Spare, most: usize) -> Flushed {
        let mut rest = most;
        while self.waiting() > 0 {
            let bytes = self.bytes();
            let mut end = bytes.len().min(rest);
            // The socket may have taken half of a character before: then there is nothing whole in what is less than its rest.
            while end > 0 && bytes.get(end).is_some_and(|b| b & 0xC0 == 0x80) {
                end -= 1;
            }
            if end == 0 {
                self.close_ranks();
                return Flushed::Part;
            }
            match socket.write(&bytes[..end]) {
                Ok(0) => return Flushed::Failed(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    self.sent += written;
                    rest -= written;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.close_ranks();
                    return Flushed::Blocked;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Flushed::Failed(error),
            }
        }
        self.sent = 0;
        self.shared = Bytes::new();
        let mut used = std::mem::take(&mut self.buffer);
        if used.capacity() > 0 && used.capacity() <= KEPT_ROOM && spare.0.len() < SPARE_BUFFERS {
            used.clear();
            spare.0.push(used);
        }
        Flushed::All
    }

    /// What is sent is dropped once it is more than what waits, so that a slow reader's buffer does not grow.
    fn close_ranks(&mut self) {
        if self.shared.is_empty() && self.sent > self.buffer.len() / 2 {
            self.buffer.drain(..self.sent);
            self.sent = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Socket {
        room: usize,
        got: Vec<u8>,
    }

    impl Write for Socket {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.room == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let taken = bytes.len().min(self.room).min(3);
            self.room -= taken;
            self.got.extend_from_slice(&bytes[..taken]);
            Ok(taken)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn bytes_keep_their_order_over_a_full_socket() {
        let (mut outbox, mut spare) = (Outbox::default(), Spare::default());
        let mut socket = Socket { room: 5, got: Vec::new() };
        outbox.buffer(&mut spare).extend_from_slice(b"hello ");
        assert!(matches!(outbox.flush_part(&mut socket, &mut spare, usize::MAX), Flushed::Blocked));
        outbox.buffer(&mut spare).extend_from_slice(b"world");
        assert_eq!(outbox.waiting(), 6);
        socket.room = 100;
        assert!(matches!(outbox.flush_part(&mut socket, &mut spare, usize::MAX), Flushed::All));
        assert_eq!((socket.got.as_slice(), outbox.waiting()), (b"hello world".as_slice(), 0));
        assert_eq!(spare.0.len(), 1);
    }

    #[test]
    fn what_is_shared_is_sent_between_the_own_in_order() {
        let (mut outbox, mut spare) = (Outbox::default(), Spare::default());
        let shared = Bytes::from("shared ");
        let mut socket = Socket { room: 4, got: Vec::new() };
        outbox.share(&shared, &mut spare);
        assert!(outbox.buffer.is_empty(), "nothing is copied while it is all that waits");
        assert!(matches!(outbox.flush_part(&mut socket, &mut spare, usize::MAX), Flushed::Blocked));
        assert_eq!(outbox.waiting(), 3);
        outbox.share(&shared, &mut spare);
        outbox.buffer(&mut spare).extend_from_slice(b"own ");
        outbox.share(&shared, &mut spare);
        assert_eq!(outbox.waiting(), 3 + 7 + 4 + 7);
        socket.room = 100;
        assert!(matches!(outbox.flush_part(&mut socket, &mut spare, usize::MAX), Flushed::All));
        assert_eq!(String::from_utf8(socket.got).unwrap(), "shared shared own shared ");
        assert_eq!(outbox.waiting(), 0);
        outbox.share(&shared, &mut spare);
        assert_eq!(outbox.waiting(), 7);
    }

    #[test]
    fn a_part_ends_between_two_characters() {
        let (mut outbox, mut spare) = (Outbox::default(), Spare::default());
        outbox.buffer(&mut spare).extend_from_slice("a\u{e9}\u{20ac}b".as_bytes());
        let mut parts = Vec::new();
        loop {
            let mut socket = Socket { room: 100, got: Vec::new() };
            let flushed = outbox.flush_part(&mut socket, &mut spare, 4);
            parts.push(String::from_utf8(socket.got).unwrap());
            if matches!(flushed, Flushed::All) {
                break;
            }
        }
        assert_eq!(parts, ["a\u{e9}", "\u{20ac}b"]);
    }

    #[test]
    fn a_socket_that_has_taken_half_of_a_character_may_be_written_nothing_next() {
        let (mut outbox, mut spare) = (Outbox::default(), Spare::default());
        outbox.buffer(&mut spare).extend_from_slice("\u{20ac}\u{20ac}".as_bytes());
        let mut socket = Socket { room: 1, got: Vec::new() };
        assert!(matches!(outbox.flush_part(&mut socket, &mut spare, usize::MAX), Flushed::Blocked));
        for most in [0, 1] {
            assert!(matches!(outbox.flush_part(&mut socket, &mut spare, most), Flushed::Part));
            assert_eq!(outbox.waiting(), 5);
        }
        socket.room = 100;
        assert!(matches!(outbox.flush_part(&mut socket, &mut spare, 4), Flushed::Part));
        assert_eq!(outbox.waiting(), 3);
        assert!(matches!(outbox.flush_part(&mut socket, &mut spare, 4), Flushed::All));
        assert_eq!(String::from_utf8(socket.got).unwrap(), "\u{20ac}\u{20ac}");
    }
}

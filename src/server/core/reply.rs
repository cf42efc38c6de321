//! What one connection is answered: numerics, standard replies, notices; and the label that groups them
//! ([labeled-response](https://ircv3.net/specs/extensions/labeled-response),
//! [standard replies](https://ircv3.net/specs/extensions/standard-replies)).

use bytes::{BufMut, BytesMut};

use crate::irc::line::put_untagged;
use crate::irc::{Cap, Line};

use super::{ConnId, Core, Form, Output};

/// A labelled command under way: its answers wait here until all of them are known.
#[derive(Debug)]
pub(super) struct Label {
    to: ConnId,
    /// The label, still escaped.
    label: String,
    lines: Vec<BytesMut>,
    of: Option<Line>,
    /// What follows the answer.
    after: Vec<Output>,
    /// The answer comes from elsewhere (a page of the log) and will carry the label itself.
    passed_on: bool,
}

impl Label {
    /// Whether the command under way is this connection's.
    pub(super) fn is_for(&self, id: ConnId) -> bool {
        self.to == id
    }
}

impl Core {
    /// `:server 001 nick params…`
    pub(super) fn numeric(&mut self, to: ConnId, code: &str, params: &[&str]) {
        self.numeric_of(to, code, params, None);
    }

    /// The same, and it shows something of this line, so it must not be heard if the line could not be kept.
    pub(super) fn numeric_of(&mut self, to: ConnId, code: &str, params: &[&str], of: Option<&Line>) {
        let Some(connection) = self.state.connection(to) else { return };
        let mut all = Vec::with_capacity(params.len() + 1);
        all.push(connection.shown_nick());
        all.extend_from_slice(params);
        let mut line = BytesMut::new();
        put_untagged(&mut line, &self.config.name, code, &all);
        self.say(to, &line, of.cloned());
    }

    /// `:server COMMAND params…`
    pub(super) fn server_line(&mut self, to: ConnId, command: &str, params: &[&str]) {
        let mut line = BytesMut::new();
        put_untagged(&mut line, &self.config.name, command, params);
        self.say(to, &line, None);
    }

    /// A notice of the server to one connection.
    pub(super) fn server_notice(&mut self, to: ConnId, text: &str) {
        let nick = self.state.connection(to).map(|connection| connection.shown_nick().to_owned());
        if let Some(nick) = nick {
            self.server_line(to, "NOTICE", &[&nick, text]);
        }
    }

    /// A line as it stands, without its end.
    pub(super) fn raw(&mut self, to: ConnId, text: &str) {
        let mut line = BytesMut::with_capacity(text.len() + 2);
        line.put_slice(text.as_bytes());
        line.put_slice(b"\r\n");
        self.say(to, &line, None);
    }

    /// `FAIL COMMAND CODE context… :words`, or a notice with the words to those who do not know standard replies.
    pub(super) fn fail(&mut self, to: ConnId, command: &str, code: &str, context: &[&str], words: &str) {
        let Some(connection) = self.state.connection(to) else { return };
        let caps = connection.caps;
        if [Cap::StandardReplies, Cap::Chathistory, Cap::Search].iter().any(|cap| caps.has(*cap)) {
            let mut all = vec![command, code];
            all.extend_from_slice(context);
            all.push(words);
            self.server_line(to, "FAIL", &all);
        } else {
            self.server_notice(to, &format!("{command}: {words}"));
        }
    }

    /// A stamped line to one connection, in the form that it reads; as part of the answer to its labelled command,
    /// if one is under way. `kept` says that it must lie in the log first.
    pub(super) fn hear(&mut self, to: ConnId, line: &Line, kept: bool) {
        let Some(connection) = self.state.connection(to) else { return };
        let form = connection.form();
        if self.label.as_ref().is_some_and(|label| label.to == to) {
            let mut bytes = BytesMut::new();
            form.put(line, "", &mut bytes);
            self.say(to, &bytes, kept.then(|| line.clone()));
        } else {
            let to = super::Audience::One(to, form);
            self.out.push(Output::Deliver { line: line.clone(), to, except: None });
        }
    }

    /// Whole lines to one connection.
    pub(super) fn say(&mut self, to: ConnId, bytes: &[u8], of: Option<Line>) {
        if let Some(label) = self.label.as_mut().filter(|label| label.to == to) {
            label.lines.push(BytesMut::from(bytes));
            label.of = of.or(label.of.take());
            return;
        }
        self.push_reply(to, bytes, of);
    }

    fn push_reply(&mut self, to: ConnId, bytes: &[u8], of: Option<Line>) {
        match self.out.last_mut() {
            // A burst of answers to one connection is one piece.
            Some(Output::Reply { to: last, bytes: burst, of: None }) if *last == to && of.is_none() => {
                burst.put_slice(bytes);
            }
            _ => self.out.push(Output::Reply { to, bytes: BytesMut::from(bytes), of }),
        }
    }

    /// A labelled command begins.
    pub(super) fn begin_label(&mut self, to: ConnId, label: String) {
        self.label =
            Some(Label { to, label, lines: Vec::new(), of: None, after: Vec::new(), passed_on: false });
    }

    /// The label of the command under way, for an answer that comes from the log: it carries the label itself then.
    pub(super) fn take_label(&mut self, to: ConnId) -> Option<String> {
        let label = self.label.as_mut().filter(|label| label.to == to)?;
        label.passed_on = true;
        Some(label.label.clone())
    }

    /// What comes of the command under way and is no part of its answer: behind it.
    pub(super) fn after_label(&mut self, output: Output) {
        match &mut self.label {
            Some(label) => label.after.push(output),
            None => self.out.push(output),
        }
    }

    /// Answers the labelled command under way: with `ACK`, with its one line, or with a batch of its lines.
    pub(super) fn finish_label(&mut self) {
        let Some(Label { to, label, lines, of, mut after, passed_on }) = self.label.take() else { return };
        if passed_on || self.state.connection(to).is_none() {
            self.out.append(&mut after);
            return;
        }
        let tag = format!("label={label}");
        let mut bytes = BytesMut::new();
        match lines.as_slice() {
            [] => put_tagged(&mut bytes, &tag, format!(":{} ACK\r\n", self.config.name).as_bytes()),
            [one] => put_tagged(&mut bytes, &tag, one),
            // One batch of its own kind (a page of history) carries the label as it is.
            [first, rest @ ..]
                if is_batch(first, b'+') && rest.last().is_some_and(|last| is_batch(last, b'-')) =>
            {
                put_tagged(&mut bytes, &tag, first);
                rest.iter().for_each(|line| bytes.put_slice(line));
            }
            many => {
                let name = self.next_batch();
                let server = &self.config.name;
                put_tagged(
                    &mut bytes,
                    &tag,
                    format!(":{server} BATCH +{name} labeled-response\r\n").as_bytes(),
                );
                for line in many {
                    put_tagged(&mut bytes, &format!("batch={name}"), line);
                }
                bytes.put_slice(format!(":{server} BATCH -{name}\r\n").as_bytes());
            }
        }
        self.push_reply(to, &bytes, of);
        self.out.append(&mut after);
    }

    /// The lines that the log had no room for: their senders are told, and the channels forget them.
    pub(super) fn not_kept(&mut self, lines: &[(Line, ConnId)]) {
        for (line, sender) in lines {
            self.forget(line);
            let message = line.message();
            if matches!(message.command, "PRIVMSG" | "NOTICE" | "TOPIC") {
                let (target, why) = (message.param(0).to_owned(), "not sent, the server's disk is full");
                self.fail(*sender, message.command, "LOG_FULL", &[&target], why);
            }
        }
    }
}

/// Writes a line with a tag in front of its own.
fn put_tagged(out: &mut BytesMut, tag: &str, line: &[u8]) {
    out.put_u8(b'@');
    out.put_slice(tag.as_bytes());
    match line.strip_prefix(b"@") {
        Some(tagged) => {
            out.put_u8(b';');
            out.put_slice(tagged);
        }
        None => {
            out.put_u8(b' ');
            out.put_slice(line);
        }
    }
}

/// Whether a line opens or closes a batch.
fn is_batch(line: &[u8], sign: u8) -> bool {
    let text = std::str::from_utf8(line).unwrap_or_default();
    let mut words = text.split(' ').skip_while(|word| word.starts_with('@'));
    words.next().is_some_and(|source| source.starts_with(':'))
        && words.next() == Some("BATCH")
        && words.next().is_some_and(|name| name.as_bytes().first() == Some(&sign))
}

impl Form {
    /// The bytes of a line in this form.
    pub fn bytes(self, line: &Line) -> BytesMut {
        let mut bytes = BytesMut::with_capacity(line.tagged().len());
        self.put(line, "", &mut bytes);
        bytes
    }
}

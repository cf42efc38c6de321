//! What the server says of itself in 005 ([RPL_ISUPPORT](https://modern.ircdocs.horse/#rplisupport-parameters)).

use super::channel::Prefixes;

/// Most lines of history in one answer when the server names no limit of its own.
pub const HISTORY_PAGE: u32 = 100;

/// What the server says of itself, with the values that hold when it says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Support {
    /// The signs in front of nicks.
    pub prefixes: Prefixes,
    /// The signs with which a channel's name may begin.
    pub channel_types: String,
    /// The signs that may stand in front of a channel's name to reach only its members of that rank.
    pub status_targets: String,
    /// The name of the network.
    pub network: Option<String>,
    /// What program the server is, as its 004 names it ([RPL_MYINFO](https://modern.ircdocs.horse/#rplmyinfo-004)).
    pub version: String,
    /// Most channels in one JOIN (`TARGMAX`).
    pub join_most: usize,
    /// Most bytes of a nick.
    pub nick_len: usize,
    /// Most lines of history in one answer.
    pub history_page: u32,
    /// Whether history can be asked for by message id.
    pub history_by_id: bool,
    /// Whether a message's own id is relayed; then it comes back with its echo.
    pub client_tags: bool,
    /// The client tags that are not relayed (`CLIENTTAGDENY`).
    denied_tags: String,
    /// The channel modes of each of the four kinds: lists, always with a param, with one when set, without.
    pub channel_modes: [String; 4],
}

impl Default for Support {
    fn default() -> Support {
        Support {
            prefixes: Prefixes::default(),
            channel_types: "#&".to_owned(),
            status_targets: String::new(),
            network: None,
            version: String::new(),
            join_most: usize::MAX,
            nick_len: 9,
            history_page: HISTORY_PAGE,
            history_by_id: true,
            client_tags: true,
            denied_tags: String::new(),
            channel_modes: ["b".to_owned(), "k".to_owned(), "l".to_owned(), "imnpst".to_owned()],
        }
    }
}

impl Support {
    /// Takes in one token of 005, `KEY=value` or `KEY`.
    pub fn take(&mut self, token: &str) {
        let (key, value) = token.split_once('=').unwrap_or((token, ""));
        match key {
            "PREFIX" => self.prefixes = Prefixes::parse(value),
            // No number behind a command means that there is no limit.
            "TARGMAX" => {
                let join = value.split(',').find_map(|item| item.strip_prefix("JOIN:"));
                self.join_most = join.and_then(|most| most.parse().ok()).unwrap_or(usize::MAX);
            }
            "CHANTYPES" => value.clone_into(&mut self.channel_types),
            "STATUSMSG" => value.clone_into(&mut self.status_targets),
            "NETWORK" => self.network = Some(unescape(value)),
            "NICKLEN" => self.nick_len = value.parse().unwrap_or(self.nick_len).max(1),
            // Zero means that the server has no limit: ours holds.
            "CHATHISTORY" | "draft/CHATHISTORY" => {
                let most = value.parse().ok().filter(|most| *most > 0).unwrap_or(HISTORY_PAGE);
                self.history_page = HISTORY_PAGE.min(most);
            }
            "MSGREFTYPES" => self.history_by_id = value.split(',').any(|kind| kind == "msgid"),
            "CLIENTTAGDENY" => {
                value.clone_into(&mut self.denied_tags);
                self.client_tags = self.relays("chatui/id");
            }
            "CHANMODES" => {
                let mut kinds = value.split(',').map(str::to_owned);
                self.channel_modes = std::array::from_fn(|_| kinds.next().unwrap_or_default());
            }
            _ => {}
        }
    }

    /// Whether the server is one of chatui's own.
    pub fn is_chatui(&self) -> bool {
        self.version.starts_with("chatui-")
    }

    /// Whether a client tag, named without its `+`, reaches others.
    pub fn relays(&self, tag: &str) -> bool {
        let mut denied = self.denied_tags.split(',');
        self.denied_tags.split(',').any(|item| item.strip_prefix('-') == Some(tag))
            || !denied.any(|item| item == "*" || item == tag)
    }

    /// Whether a target is a channel.
    pub fn is_channel(&self, target: &str) -> bool {
        target.chars().next().is_some_and(|sign| self.channel_types.contains(sign))
    }

    /// A target without the rank it is limited to: `@#lobby` is said in `#lobby`.
    pub fn without_rank<'a>(&self, target: &'a str) -> &'a str {
        match target.chars().next() {
            Some(sign) if self.status_targets.contains(sign) => {
                let rest = &target[sign.len_utf8()..];
                if self.is_channel(rest) { rest } else { target }
            }
            _ => target,
        }
    }

    /// Whether a channel mode takes a param when it is set or taken away.
    pub fn mode_has_param(&self, mode: char, set: bool) -> bool {
        let [lists, always, when_set, _] = &self.channel_modes;
        self.prefixes.bit_of_mode(mode).is_some()
            || lists.contains(mode)
            || always.contains(mode)
            || (set && when_set.contains(mode))
    }
}

/// A value's text: `\x20` and the like stand for the byte with that number.
fn unescape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find("\\x") {
        out.push_str(&rest[..at]);
        let code = rest.get(at + 2..at + 4).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code.filter(u8::is_ascii) {
            Some(byte) => {
                out.push(char::from(byte));
                rest = &rest[at + 4..];
            }
            None => {
                out.push_str("\\x");
                rest = &rest[at + 2..];
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_taken_in() {
        let mut support = Support::default();
        for token in [
            "PREFIX=(qov)~@+",
            "CHANTYPES=#",
            "STATUSMSG=@+",
            "NETWORK=Tide\\x20Net\\x",
            "CHATHISTORY=50",
            "MSGREFTYPES=timestamp",
            "CLIENTTAGDENY=*,-draft/react",
            "CHANMODES=beI,k,l,imnst",
            "TARGMAX=NAMES:1,JOIN:4,PRIVMSG:",
            "WHATEVER",
        ] {
            support.take(token);
        }
        assert_eq!(support.network.as_deref(), Some("Tide Net\\x"));
        assert_eq!((support.history_page, support.history_by_id, support.client_tags), (50, false, false));
        assert_eq!(support.join_most, 4);
        support.take("TARGMAX=JOIN:,KICK:4");
        assert_eq!(support.join_most, usize::MAX);
        assert_eq!(support.without_rank("@#x"), "#x");
        assert_eq!(support.without_rank("@x"), "@x");
        assert!(support.mode_has_param('l', true) && !support.mode_has_param('l', false));
        assert!(support.mode_has_param('q', false) && !support.mode_has_param('n', true));
        support.take("CLIENTTAGDENY=*,-chatui/id");
        assert!(support.client_tags);
        support.take("CHATHISTORY=0");
        assert_eq!(support.history_page, HISTORY_PAGE);
    }
}

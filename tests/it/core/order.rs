//! The order decides: what was asked for is done when its line has its place, whatever has happened meanwhile.

use chatui::irc::Draft;

use super::*;

/// A core whose lines get their place when a test says so.
struct Slow {
    core: Core,
    seq: u64,
    now: Time,
}

impl Slow {
    /// Alice (1), an operator, and Bob (2), both in `#x`.
    fn new() -> Slow {
        let now = Time::from_millis(1_795_190_700_000);
        let mut slow = Slow { core: Core::new(Config::default()), seq: 0, now };
        for (id, nick) in [(1, "alice"), (2, "bob")] {
            slow.core.handle(Input::Open(ConnId(id), Peer::default()), now, &mut Vec::new());
            slow.ask(id, &format!("NICK {nick}"));
            slow.ask(id, &format!("USER {nick} 0 * :{nick}"));
            let join = slow.ask(id, "JOIN #x");
            slow.order(join);
        }
        slow
    }

    /// Says a line; gives what is to be ordered then.
    fn ask(&mut self, id: u32, line: &str) -> Vec<(Draft, ConnId)> {
        let mut out = Vec::new();
        self.core.handle(Input::Line(ConnId(id), line.as_bytes()), self.now, &mut out);
        let appends = out.into_iter().filter_map(|output| match output {
            Output::Append { draft, origin, .. } => Some((draft, origin)),
            _ => None,
        });
        appends.collect()
    }

    /// Gives them their places; says who hears what: the connection and the line.
    fn order(&mut self, drafts: Vec<(Draft, ConnId)>) -> Vec<(u32, String)> {
        let mut heard = Vec::new();
        for (draft, origin) in drafts {
            self.seq += 1;
            let mut out = Vec::new();
            self.core.handle(
                Input::Appended(draft.stamp(self.now, self.seq), Some(origin)),
                self.now,
                &mut out,
            );
            for output in out {
                if let Output::Deliver { line, to, except } = output {
                    let ids: Vec<ConnId> = match to {
                        Audience::One(id, _) => vec![id],
                        Audience::Many(ears) => ears.iter().collect(),
                    };
                    let text = String::from_utf8_lossy(line.untagged()).trim_end().to_owned();
                    heard.extend(
                        ids.into_iter().filter(|id| except != Some(*id)).map(|id| (id.0, text.clone())),
                    );
                }
            }
        }
        heard.sort();
        heard
    }
}

fn told(id: u32, line: &str) -> (u32, String) {
    (id, line.to_owned())
}

#[test]
fn who_sets_a_topic_and_has_left_before_it_is_set_hears_it_all_the_same() {
    let mut slow = Slow::new();
    let (topic, part) = (slow.ask(1, "TOPIC #x :tides"), slow.ask(1, "PART #x"));
    slow.order(part);
    let line = ":alice!~alice@ TOPIC #x :tides";
    assert_eq!(slow.order(topic), [told(1, line), told(2, line)]);
}

#[test]
fn a_kick_and_a_part_of_the_same_one_take_them_out_once() {
    let mut slow = Slow::new();
    let (kick, part) = (slow.ask(1, "KICK #x bob :out"), slow.ask(2, "PART #x"));
    slow.order(part);
    assert_eq!(slow.order(kick), [told(1, ":alice!~alice@ KICK #x bob :out")]);
    // And back in, they are there once.
    let join = slow.ask(2, "JOIN #x");
    slow.order(join);
    let message = slow.ask(1, "PRIVMSG #x :hi");
    assert_eq!(slow.order(message), [told(2, ":alice!~alice@ PRIVMSG #x :hi")]);
}

#[test]
fn a_join_that_was_asked_for_twice_is_one() {
    let mut slow = Slow::new();
    let both = [slow.ask(1, "JOIN #y"), slow.ask(1, "JOIN #y")].concat();
    assert_eq!(both.len(), 2);
    slow.order(both);
    let part = slow.ask(1, "PART #y");
    slow.order(part);
    let again = slow.ask(1, "PART #y");
    assert!(again.is_empty(), "not in it any more");
}

#[test]
fn a_mode_of_somebody_who_has_left_is_nobodys() {
    let mut slow = Slow::new();
    let (mode, part) = (slow.ask(1, "MODE #x +o bob"), slow.ask(2, "PART #x"));
    slow.order(part);
    slow.order(mode);
    let join = slow.ask(2, "JOIN #x");
    slow.order(join);
    assert!(slow.ask(2, "MODE #x +m").is_empty(), "who comes in is no operator");
}

#[test]
fn what_comes_from_and_for_a_connection_that_is_not_there_is_nothing() {
    let mut slow = Slow::new();
    let (line, away) = (slow.ask(2, "PRIVMSG alice :hi"), slow.ask(2, "AWAY :tea"));
    let mut out = Vec::new();
    for input in [
        Input::Line(ConnId(9), b"PING x"),
        Input::Line(ConnId(9), b"PING \xff"),
        Input::TooLong(ConnId(9)),
        Input::Close(ConnId(9), "gone".to_owned()),
        Input::Checked(ConnId(9), Verdict::Right),
    ] {
        slow.core.handle(input, slow.now, &mut out);
        slow.core.settle(&mut out);
    }
    assert!(out.is_empty(), "{out:?}");
    let part = slow.ask(2, "PART #x");
    slow.order(part);
    slow.core.handle(Input::Close(ConnId(2), "gone".to_owned()), slow.now, &mut out);
    assert!(matches!(out.last(), Some(Output::Close(ConnId(2), _))));
    // What they said before they went is heard, and a change of theirs changes nothing.
    assert_eq!(slow.order(line), [told(1, ":bob!~bob@ PRIVMSG alice :hi")]);
    assert_eq!(slow.order(away), []);
}

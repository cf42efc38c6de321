//! What gives drafts their order and their stamp. With one node that is this process; with several it would be what
//! they share, and the lines would come back later.

use std::time::Duration;

use crate::irc::line::Seq;
use crate::irc::{Draft, Line, Time};

/// Gives drafts their order.
pub trait Backbone: Send {
    /// Orders a draft. `None` means that it is under way and will come back with the others' lines.
    fn order(&mut self, draft: Draft, now: Time) -> Option<Line>;
}

/// How far the clock may be behind the last line before it is told. A clock that is set by others takes small steps back,
/// and a whole one at a leap second.
const BEHIND: Duration = Duration::from_secs(1);

/// The order of a single node: at once. Times never run backwards, whatever the clock does.
#[derive(Debug)]
pub struct Local {
    last: Time,
    seq: Seq,
    /// It has been told that the clock is behind.
    behind: bool,
}

impl Local {
    /// Goes on after the last line of the log.
    pub fn after(last: Time, seq: Seq) -> Local {
        Local { last, seq, behind: false }
    }

    /// Tells when the clock has fallen behind the last line, and when it has come so far again.
    fn watch(&mut self, now: Time) {
        let last = self.last;
        if last.since(now) > BEHIND && !self.behind {
            self.behind = true;
            tracing::warn!(
                "the clock says {now}, but the last line is dated {last}: new lines get that date until it has come so far"
            );
        } else if now >= last && self.behind {
            self.behind = false;
            tracing::info!("the clock has come to {last}: new lines have its time again");
        }
    }
}

impl Backbone for Local {
    fn order(&mut self, draft: Draft, now: Time) -> Option<Line> {
        self.watch(now);
        self.last = self.last.max(now);
        self.seq += 1;
        Some(draft.stamp(self.last, self.seq))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_goes_back_does_not_take_the_order_with_it() {
        let mut backbone = Local::after(Time::from_millis(100), 7);
        let draft = Draft::new("", "a!a@h", "PRIVMSG", &["#x", "hi"]);
        let one = backbone.order(draft.clone(), Time::from_millis(200)).unwrap();
        let two = backbone.order(draft, Time::from_millis(50)).unwrap();
        assert_eq!((one.time().millis(), one.seq()), (200, 8));
        assert_eq!((two.time().millis(), two.seq()), (200, 9));
        assert!(one.msgid() < two.msgid());
    }
}

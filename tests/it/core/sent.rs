//! Who gets a message: its targets, those above a rank, and the sender.

use super::*;

#[test]
fn a_message_has_at_most_four_targets() {
    script(
        "a+alice
        b+bob
        a> PRIVMSG bob,,BOB,nobody,bob,bob,alice :hi
        b< :alice!~alice@h PRIVMSG bob :hi
        b< :alice!~alice@h PRIVMSG bob :hi
        b< :alice!~alice@h PRIVMSG bob :hi
        a< :chatui.local 401 alice nobody :*
        a< :chatui.local 407 alice bob :*
        a> PRIVMSG , :hi
        a.",
    );
}

#[test]
fn what_is_for_those_above_a_rank_reaches_them_alone() {
    let stage = script(
        "a+alice
        b+bob
        c+carol
        d+dan
        a> JOIN #x
        b> JOIN #x
        c> JOIN #x
        a> MODE #x +v bob
        a*
        b*
        c*
        c> PRIVMSG @#X :ops
        a< :carol!~carol@h PRIVMSG @#x :ops
        c> NOTICE +#x :voices
        a< :carol!~carol@h NOTICE +#x :voices
        b< :carol!~carol@h NOTICE +#x :voices
        a> PRIVMSG @#x :myself
        a> PRIVMSG %#x :nobody
        a< :chatui.local 401 alice %#x :*
        a> PRIVMSG @bob :nobody
        a< :chatui.local 401 alice @bob :*
        d> PRIVMSG @#x :from outside
        d< :chatui.local 404 dan @#x :*
        a> CAP REQ :echo-message message-tags
        a*
        a> PRIVMSG @#x :again
        a< @msgid=* :alice!~alice@h PRIVMSG @#x :again
        b> CAP REQ message-tags
        b*
        a> @+typing=active TAGMSG +#x
        a< @msgid=*;+typing=active :alice!~alice@h TAGMSG +#x
        b< @msgid=*;+typing=active :alice!~alice@h TAGMSG +#x",
    );
    let kept = stage.kept.iter().filter(|line| matches!(line.message().command, "PRIVMSG" | "NOTICE"));
    assert_eq!(kept.count(), 0, "what is for some is not kept");
}

#[test]
fn who_writes_from_outside_hears_the_echo_all_the_same() {
    script(
        "a+alice
        b+bob
        b> CAP REQ echo-message
        a> JOIN #x
        a> MODE #x -n
        a*
        b*
        b> PRIVMSG #x :hi
        a< :bob!~bob@h PRIVMSG #x :hi
        b< :bob!~bob@h PRIVMSG #x :hi
        b> JOIN #x
        b*
        a*
        b> PRIVMSG #x :hi
        a< :bob!~bob@h PRIVMSG #x :hi
        b< :bob!~bob@h PRIVMSG #x :hi",
    );
}

#[test]
fn each_reads_the_tags_that_they_asked_for() {
    script(
        "a+alice
        b+bob
        c+carol
        d+dan
        b> CAP REQ server-time
        c> CAP REQ message-tags
        d> CAP REQ :server-time message-tags
        a> JOIN #x
        b> JOIN #x
        c> JOIN #x
        d> JOIN #x
        a*
        b*
        c*
        d*
        a> @+a=b;c=d;+=e;+f_g=h;+i.j/k-l=m PRIVMSG #x :hi
        b< @time=2026-11-20T16:05:00.*Z :alice!~alice@h PRIVMSG #x :hi
        c< @msgid=*;+a=b;+i.j/k-l=m :alice!~alice@h PRIVMSG #x :hi
        d< @time=2026-11-20T16:05:00.*Z;msgid=*;+a=b;+i.j/k-l=m :alice!~alice@h PRIVMSG #x :hi
        b> CAP REQ :-server-time message-tags
        b*
        a> PRIVMSG #x :again
        b< @msgid=* :alice!~alice@h PRIVMSG #x :again
        c< @msgid=* *
        d< @time=* *",
    );
}

#[test]
fn a_message_to_oneself_is_heard_once_or_echoed_too() {
    script(
        "a+alice
        a> PRIVMSG alice :note
        a< :alice!~alice@h PRIVMSG alice :note
        a> CAP REQ echo-message
        a*
        a> PRIVMSG alice :note
        a< :alice!~alice@h PRIVMSG alice :note
        a< :alice!~alice@h PRIVMSG alice :note",
    );
}

#[test]
fn who_talks_is_not_idle() {
    script(
        "a+alice
        b+bob
        ~60
        a> PRIVMSG bob :hi
        b> TAGMSG alice
        b*
        ~5
        a> WHOIS alice
        a< :chatui.local 311 *
        a< :chatui.local 312 *
        a< :chatui.local 317 alice alice 5 *
        a< :chatui.local 318 *
        a> WHOIS bob
        a< :chatui.local 311 *
        a< :chatui.local 312 *
        a< :chatui.local 317 alice bob 65 *
        a< :chatui.local 318 *",
    );
}

#[test]
fn what_a_full_disk_refused_may_be_said_again_under_its_id() {
    let mut stage = script("a+alice\n b+bob\n a> JOIN #x\n b> JOIN #x\n a*\n b*");
    let say = "a> @+chatui/id=0123456789abcdef0123456789abcdef PRIVMSG #x :once\n";
    stage.run(&format!("{say} b*"));
    let lost = stage.kept.split_off(stage.kept.len() - 1);
    stage.not_kept(lost);
    stage.run(&format!("a< :chatui.local NOTICE alice :PRIVMSG: not sent, *\n {say} b< * :once"));
    stage.run(&format!("a> CAP REQ standard-replies\n a*\n {say} b."));
    let mut joins = stage.kept.split_off(0);
    stage.not_kept(joins.drain(..1).collect());
    stage.run("a.");
    stage.not_kept(joins.split_off(joins.len() - 1));
    stage.run("a< :chatui.local FAIL PRIVMSG LOG_FULL #x :*");
}

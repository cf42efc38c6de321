//! MONITOR, what is told of watched people, and bots.

use super::script;

#[test]
fn a_watcher_learns_who_comes_and_goes() {
    script(
        "a+alice
        a> MONITOR + Bob,carol,bob,1x
        a< :chatui.local 432 alice 1x :*
        a< :chatui.local 731 alice Bob,carol
        b+bob
        a< :chatui.local 730 alice bob!~bob@h
        a> MONITOR S
        a< :chatui.local 730 alice bob!~bob@h
        a< :chatui.local 731 alice carol
        b> NICK BOB
        b*
        a.
        b> NICK carol
        b*
        a< :chatui.local 731 alice BOB
        a< :chatui.local 730 alice carol!~bob@h
        b! gone
        a< :chatui.local 731 alice carol
        a> MONITOR L
        a< :chatui.local 732 alice Bob,carol
        a< :chatui.local 733 alice :*
        a> MONITOR - bob
        a> MONITOR L
        a< :chatui.local 732 alice carol
        a< :chatui.local 733 alice :*
        a> MONITOR C
        b+carol
        a> MONITOR L
        a< :chatui.local 733 alice :*
        a> MONITOR x
        a< :chatui.local 400 alice MONITOR x :*",
    );
}

#[test]
fn a_full_list_of_the_watched_says_so() {
    let nicks: Vec<String> = (0..60).map(|n| format!("n{n}")).collect();
    let more: Vec<String> = (60..102).map(|n| format!("n{n}")).collect();
    script(&format!(
        "a+alice
        a> MONITOR + {}
        a< :chatui.local 731 alice n0,*,n59
        a> MONITOR + {}
        a< :chatui.local 734 alice 100 n100,n101 :*
        a< :chatui.local 731 alice n60,*,n99",
        nicks.join(","),
        more.join(",")
    ));
}

#[test]
fn a_connection_that_ends_watches_nobody() {
    script(
        "a+alice
        a> MONITOR + bob
        a*
        a! gone
        b+bob
        a+alice
        a> MONITOR L
        a< :chatui.local 733 alice :*",
    );
}

#[test]
fn a_change_of_the_watched_is_heard_once_by_those_who_asked() {
    script(
        "a+
        a> CAP REQ :extended-monitor away-notify setname
        a> NICK alice
        a> USER a 0 * :a
        a> CAP END
        a> MONITOR + bob
        b+bob
        a*
        b> AWAY :tea
        b< :chatui.local 306 bob :*
        a< :bob!~bob@h AWAY :tea
        b> AWAY :tea
        b< :chatui.local 306 bob :*
        a.
        a> JOIN #x
        b> JOIN #x
        a*
        b*
        b> SETNAME :Bob B
        a< :bob!~bob@h SETNAME :Bob B
        b> AWAY
        b< :chatui.local 305 bob :*
        a< :bob!~bob@h AWAY
        a> SETNAME :
        a< :chatui.local NOTICE alice :SETNAME: *
        a> SETNAME :Alice A
        a< :alice!~a@h SETNAME :Alice A
        b> WHOIS alice
        b< :chatui.local 311 bob alice ~a h * :Alice A
        b*",
    );
}

#[test]
fn two_changes_have_two_message_ids() {
    let mut stage = script(
        "a+
        a> CAP REQ :away-notify message-tags
        a> NICK alice
        a> USER a 0 * :a
        a> CAP END
        b+bob
        a> JOIN #x
        b> JOIN #x
        a*
        b*",
    );
    stage.say(u32::from(b'b'), "AWAY :one");
    stage.say(u32::from(b'b'), "AWAY :two");
    let ids = stage.take('a');
    assert_eq!(ids.len(), 2);
    assert!(ids[0].starts_with("@msgid=") && ids[0].split(' ').next() != ids[1].split(' ').next(), "{ids:?}");
}

#[test]
fn a_bot_says_that_it_is_one() {
    script(
        "a+
        a> CAP REQ :message-tags
        a> NICK alice
        a> USER a 0 * :a
        a> CAP END
        a*
        b+bob
        b> MODE bob +B
        b< :bob!~bob@h MODE bob +B
        b> PRIVMSG alice :beep
        a< @msgid=*;bot :bob!~bob@h PRIVMSG alice :beep
        a> WHO bob
        a< :chatui.local 352 alice * ~bob h chatui.local bob HB :0 bob
        a< :chatui.local 315 *
        a> WHOIS bob
        a< :chatui.local 311 *
        a< :chatui.local 312 *
        a< :chatui.local 335 alice bob :*
        a< :chatui.local 317 *
        a< :chatui.local 318 *",
    );
}

#[test]
fn a_long_list_of_the_watched_comes_in_lines_that_fit() {
    let nicks: Vec<String> = (0..40).map(|n| format!("{n:a>30}")).collect();
    let mut stage = script("a+alice");
    for part in nicks.chunks(10) {
        stage.say(u32::from('a'), &format!("MONITOR + {}", part.join(",")));
    }
    for (ask, code) in [("L", "732"), ("S", "731")] {
        stage.take('a');
        stage.say(u32::from('a'), &format!("MONITOR {ask}"));
        let told = stage.take('a');
        let head = format!(":chatui.local {code} alice ");
        let lists: Vec<&str> = told.iter().filter_map(|line| line.strip_prefix(&head)).collect();
        assert!(lists.len() > 2, "{told:#?}");
        assert_eq!(lists.join(",").split(',').collect::<Vec<_>>(), nicks, "each once, whole, in order");
    }
}

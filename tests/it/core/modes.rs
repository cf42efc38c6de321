//! A channel's modes: its lists, and what may not be said in it.

use super::script;

#[test]
fn an_exception_lifts_a_ban() {
    script(
        "a+alice
        b+bob
        a> JOIN #x
        a> MODE #x +b *!*@h
        a*
        b> JOIN #x
        b< :chatui.local 474 bob #x :*
        a> MODE #x +e B?B
        a< :alice!~alice@h MODE #x +e B?B!*@*
        b> JOIN #x
        b*
        a*
        b> PRIVMSG #x :hi
        a< :bob!~bob@h PRIVMSG #x :hi
        a> MODE #x -e b?b!*@*
        a*
        b*
        b> PRIVMSG #x :hi
        b< :chatui.local 404 bob #x :*
        a> MODE #x be
        a< :chatui.local 367 alice #x *!*@h alice *
        a< :chatui.local 368 alice #x :*
        a< :chatui.local 349 alice #x :*",
    );
}

#[test]
fn an_invite_exception_opens_an_invite_only_channel() {
    script(
        "a+alice
        b+bob
        a> JOIN #x
        a> MODE #x +i
        a*
        b> JOIN #x
        b< :chatui.local 473 bob #x :*
        a> MODE #x +I bob
        a< :alice!~alice@h MODE #x +I bob!*@*
        a> MODE #x I
        a< :chatui.local 346 alice #x bob!*@* alice *
        a< :chatui.local 347 alice #x :*
        b> JOIN #x
        b*
        a< :bob!~bob@h JOIN #x",
    );
}

#[test]
fn a_full_list_takes_no_mask_and_says_so() {
    let mut stage = script("a+alice\na> JOIN #x\na*");
    for n in 0..100 {
        stage.run(&format!("a> MODE #x +{} m{n}\na*", ["b", "e", "I"][n % 3]));
    }
    stage.run(
        "a> MODE #x +b one!*@*
        a< :chatui.local 478 alice #x b one!*@* :*
        a> MODE #x -e m1
        a< :alice!~alice@h MODE #x -e m1!*@*
        a> MODE #x +b one!*@*
        a< :alice!~alice@h MODE #x +b one!*@*",
    );
}

#[test]
fn where_there_is_no_ctcp_people_still_wave() {
    script(
        "a+alice
        b+bob
        a> JOIN #x
        b> JOIN #x
        a> MODE #x +C
        a*
        b*
        b> PRIVMSG #x :\u{1}VERSION\u{1}
        b< :chatui.local 404 bob #x :*
        b> NOTICE #x :\u{1}VERSION 1\u{1}
        b> PRIVMSG #x :\u{1}ACTION waves\u{1}
        a< :bob!~bob@h PRIVMSG #x :\u{1}ACTION waves\u{1}
        a.
        b.",
    );
}

#[test]
fn a_kick_takes_many_from_one_channel_or_each_from_one_of_their_own() {
    script(
        "a+alice
        b+bob
        c+carol
        a> JOIN #x,#y
        b> JOIN #x,#y
        c> JOIN #x,#y
        a*
        b*
        c*
        a> KICK #x,#y bob :one name too few
        a< :chatui.local 461 alice KICK :*
        a> KICK #x,#y bob,carol :out
        a< :alice!~alice@h KICK #x bob :out
        a< :alice!~alice@h KICK #y carol :out
        b< :alice!~alice@h KICK #x bob :out
        b< :alice!~alice@h KICK #y carol :out
        c< :alice!~alice@h KICK #x bob :out
        c< :alice!~alice@h KICK #y carol :out
        c> KICK #x alice,bob :mine
        c< :chatui.local 482 carol #x :*",
    );
}

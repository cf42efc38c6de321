//! Who may do what in a channel: operators and the voiced, its key, its limit, and the modes that shut it.

use super::script;

#[test]
fn operators_and_the_voiced_are_made_and_unmade() {
    script(
        "a+alice
        b+bob
        c+carol
        a> JOIN #x
        b> JOIN #x
        a*
        b*
        a> MODE #X +v BOB
        a< :alice!~alice@h MODE #x +v bob
        b< :alice!~alice@h MODE #x +v bob
        a> MODE #x +v bob
        a.
        a> NAMES #x
        a< :chatui.local 353 alice = #x :@alice +bob
        a< :chatui.local 366 *
        a> MODE #x +o-v bob bob
        a< :alice!~alice@h MODE #x +o-v bob bob
        b< :alice!~alice@h MODE #x +o-v bob bob
        b> MODE #x -o alice
        a< :bob!~bob@h MODE #x -o alice
        b< :bob!~bob@h MODE #x -o alice
        a> MODE #x +v alice
        a< :chatui.local 482 alice #x :*
        b> MODE #x +v alice
        a< :bob!~bob@h MODE #x +v alice
        b< :bob!~bob@h MODE #x +v alice
        b> MODE #x -o bob
        a< :bob!~bob@h MODE #x -o bob
        b< :bob!~bob@h MODE #x -o bob
        b> MODE #x +o bob
        b< :chatui.local 482 bob #x :*
        c> MODE #x +o carol
        c< :chatui.local 442 carol #x :You're not on that channel",
    );
}

#[test]
fn a_status_is_only_for_those_who_are_there() {
    script(
        "a+alice
        b+bob
        a> JOIN #x
        a*
        a> MODE #x +o nobody
        a< :chatui.local 401 alice nobody :*
        a> MODE #x +v BOB
        a< :chatui.local 441 alice bob #x :*
        a> MODE #x +o
        a.
        a> MODE #x +vx-q bob
        a< :chatui.local 441 alice bob #x :*
        a< :chatui.local 472 alice x :*
        a< :chatui.local 472 alice q :*
        b> MODE #x +ms
        b< :chatui.local 442 bob #x :*",
    );
}

#[test]
fn who_has_both_is_shown_with_one_mark_or_with_both() {
    script(
        "a+alice
        b+bob
        a> JOIN #x
        b> JOIN #x
        a> MODE #x +vo alice bob
        a*
        b*
        a> MODE #x +v alice
        a> MODE #x +v bob
        a*
        b*
        b> NAMES #x
        b< :chatui.local 353 bob = #x :@alice @bob
        b< :chatui.local 366 *
        b> CAP REQ multi-prefix
        b*
        b> NAMES #x
        b< :chatui.local 353 bob = #x :@+alice @+bob
        b< :chatui.local 366 *
        b> WHO alice
        b< :chatui.local 352 bob #x ~alice h chatui.local alice H@+ :0 alice
        b< :chatui.local 315 *
        b> WHOIS alice
        b< :chatui.local 311 *
        b< :chatui.local 319 bob alice :@+#x
        b*
        b> CAP REQ userhost-in-names
        b*
        b> NAMES #x
        b< :chatui.local 353 bob = #x :@+alice!~alice@h @+bob!~bob@h
        b< :chatui.local 366 *",
    );
}

#[test]
fn a_key_is_told_to_members_and_opens_the_door() {
    let long = "k".repeat(32);
    script(&format!(
        "a+alice
        b+bob
        a> JOIN #x,#y
        a*
        a> MODE #x +k a,b
        a< :chatui.local 525 alice #x :*
        a> MODE #x +k a:b
        a< :chatui.local 525 alice #x :*
        a> MODE #x +k é
        a< :chatui.local 525 alice #x :*
        a> MODE #x +k k{long}
        a< :chatui.local 525 alice #x :*
        a> MODE #x +k
        a.
        a> MODE #x -k
        a.
        a> MODE #x +k {long}
        a< :alice!~alice@h MODE #x +k {long}
        a> MODE #x +k word
        a< :alice!~alice@h MODE #x +k word
        b> MODE #x
        b< :chatui.local 324 bob #x +ntk *
        b< :chatui.local 329 bob #x 1795190700
        a> MODE #x
        a< :chatui.local 324 alice #x +ntk word
        a< :chatui.local 329 alice #x 1795190700
        b> JOIN #x,#y wrong,word
        b< :chatui.local 475 bob #x :*
        b< :bob!~bob@h JOIN #y
        b*
        a*
        b> JOIN #x Word
        b< :chatui.local 475 bob #x :*
        b> JOIN #nowhere,#x ,word
        b< :bob!~bob@h JOIN #nowhere
        b< :chatui.local 353 *
        b< :chatui.local 366 *
        b< :bob!~bob@h JOIN #x
        b*
        a*
        b> PART #x
        b*
        a*
        a> MODE #x -k guess
        a< :alice!~alice@h MODE #x -k word
        a> MODE #x
        a< :chatui.local 324 alice #x +nt
        a< :chatui.local 329 *
        b> JOIN #x
        b< :bob!~bob@h JOIN #x
        b*
        a*",
    ));
}

#[test]
fn a_limit_holds_for_those_who_are_not_invited() {
    script(
        "a+alice
        b+bob
        a> JOIN #x
        a*
        a> MODE #x +l 0
        a.
        a> MODE #x +l many
        a.
        a> MODE #x +l
        a.
        a> MODE #x -l
        a.
        a> MODE #x +l 01
        a< :alice!~alice@h MODE #x +l 1
        b> JOIN #x
        b< :chatui.local 471 bob #x :*
        a> MODE #x +l 2
        a< :alice!~alice@h MODE #x +l 2
        b> JOIN #x
        b*
        a*
        b> PART #x
        b*
        a*
        a> MODE #x +l 1
        a*
        a> INVITE bob #x
        a*
        b*
        b> JOIN #x
        b< :bob!~bob@h JOIN #x
        b*
        a< :bob!~bob@h JOIN #x
        b> PART #x
        b*
        a*
        b> JOIN #x
        b< :chatui.local 471 bob #x :*
        a> MODE #x -l
        a< :alice!~alice@h MODE #x -l
        b> JOIN #x
        b*
        a*",
    );
}

#[test]
fn an_invited_one_passes_bans_and_shut_doors_but_not_the_key() {
    script(
        "a+alice
        b+bob
        a> JOIN #x
        a> MODE #x +ib *!*@h
        a> INVITE bob #x
        a*
        b< :alice!~alice@h INVITE bob :#x
        b> JOIN #x
        b< :bob!~bob@h JOIN #x
        b*
        a*
        b> PART #x
        b*
        a*
        a> MODE #x +k word
        a> INVITE bob #x
        a*
        b*
        b> JOIN #x
        b< :chatui.local 475 bob #x :*
        b> JOIN #x word
        b< :bob!~bob@h JOIN #x
        b*
        a*",
    );
}

#[test]
fn in_a_moderated_channel_only_some_speak() {
    script(
        "a+alice
        b+bob
        c+carol
        a> JOIN #x
        b> JOIN #x
        a> MODE #x +m
        a*
        b*
        b> PRIVMSG #x :one
        b< :chatui.local 404 bob #x :*(+m)
        b> NOTICE #x :one
        b> TAGMSG #x
        b< :chatui.local 404 bob #x :*(+m)
        a> PRIVMSG #x :two
        b< :alice!~alice@h PRIVMSG #x :two
        a> MODE #x +v bob
        a*
        b*
        b> PRIVMSG #x :three
        a< :bob!~bob@h PRIVMSG #x :three
        c> PRIVMSG #x :four
        c< :chatui.local 404 carol #x :*not in it
        a> MODE #x -mn
        a< :alice!~alice@h MODE #x -mn
        b< :alice!~alice@h MODE #x -mn
        c> PRIVMSG #X :four
        a< :carol!~carol@h PRIVMSG #x :four
        b< :carol!~carol@h PRIVMSG #x :four
        a> MODE #x +bv *!*@h alice
        a*
        b*
        c> PRIVMSG #x :five
        c< :chatui.local 404 carol #x :*banned
        b> PRIVMSG #x :six
        a< :bob!~bob@h PRIVMSG #x :six",
    );
}

#[test]
fn where_ctcp_is_not_wanted_only_actions_pass() {
    script(
        "a+alice
        b+bob
        a> JOIN #x
        b> JOIN #x
        a> MODE #x +C
        a*
        b*
        b> PRIVMSG #x :\u{1}VERSION\u{1}
        b< :chatui.local 404 bob #x :*(+C)
        b> PRIVMSG #x :\u{1}ACTION waves\u{1}
        a< :bob!~bob@h PRIVMSG #x :\u{1}ACTION waves\u{1}
        b> PRIVMSG alice :\u{1}VERSION\u{1}
        a< :bob!~bob@h PRIVMSG alice :\u{1}VERSION\u{1}
        a> MODE #x
        a< :chatui.local 324 alice #x +Cnt
        a< :chatui.local 329 *
        a> MODE #x +C
        a.
        a> MODE #x -C+ims-t
        a< :alice!~alice@h MODE #x -C+ims-t
        b< :alice!~alice@h MODE #x -C+ims-t
        b> MODE #x
        b< :chatui.local 324 bob #x +imns
        b< :chatui.local 329 *",
    );
}

#[test]
fn only_so_many_changes_with_a_param_are_made_by_one_line() {
    script(
        "a+alice
        a> JOIN #x
        a*
        a> MODE #x +bbbbbb-i+bl 1 2 3 4 5 6 7 8
        a< :alice!~alice@h MODE #x +bbbbbb 1!*@* 2!*@* 3!*@* 4!*@* 5!*@* 6!*@*
        a> MODE #x +bb 7@h 8!u
        a< :alice!~alice@h MODE #x +bb *!7@h 8!u@*
        a> MODE #x +b-b *!7@H 7@h
        a< :alice!~alice@h MODE #x -b *!7@h
        a> MODE #x b-b
        a< :chatui.local 367 alice #x 1!*@* alice *
        a*",
    );
}

//! What the server is asked: WHOWAS, LIST, NAMES, INVITE, LUSERS, LINKS.

use super::script;

#[test]
fn whowas_remembers_the_last_ones_first() {
    script(
        "a+alice
        b+
        b> NICK bob
        b> USER one 0 * :Bob One
        b> QUIT
        b*
        c+
        c> NICK bob
        c> USER two 0 * :Bob Two
        c> NICK rob
        c*
        a> WHOWAS BOB
        a< :chatui.local 314 alice bob ~two h * :Bob Two
        a< :chatui.local 312 alice bob chatui.local *
        a< :chatui.local 314 alice bob ~one h * :Bob One
        a< :chatui.local 312 alice bob chatui.local *
        a< :chatui.local 369 alice BOB :*
        a> WHOWAS bob 1
        a< :chatui.local 314 alice bob ~two h * :Bob Two
        a< :chatui.local 312 *
        a< :chatui.local 369 alice bob :*
        a> WHOWAS carol,alice -1
        a< :chatui.local 406 alice carol :*
        a< :chatui.local 369 alice carol :*
        a< :chatui.local 406 alice alice :*
        a< :chatui.local 369 alice alice :*
        a> WHOWAS
        a< :chatui.local 461 alice WHOWAS :*",
    );
}

#[test]
fn list_takes_masks_their_opposites_and_numbers() {
    script(
        "a+alice
        b+bob
        a> JOIN #one,#two
        b> JOIN #two
        a*
        b*
        a> LIST *ne
        a< :chatui.local 321 *
        a< :chatui.local 322 alice #one 1 :
        a< :chatui.local 323 *
        a> LIST !*ne
        a< :chatui.local 321 *
        a< :chatui.local 322 alice #two 2 :
        a< :chatui.local 323 *
        a> LIST #o*,#t*,>1
        a< :chatui.local 321 *
        a< :chatui.local 322 alice #two 2 :
        a< :chatui.local 323 *",
    );
}

#[test]
fn the_names_of_many_channels_end_once() {
    script(
        "a+alice
        a> JOIN #One,#two
        a*
        a> NAMES #one,#nowhere,#two
        a< :chatui.local 353 alice = #One :@alice
        a< :chatui.local 353 alice = #two :@alice
        a< :chatui.local 366 alice #One,#nowhere,#two :*",
    );
}

#[test]
fn invite_alone_tells_where_one_is_awaited() {
    script(
        "a+alice
        b+bob
        a> JOIN #x,#y
        a*
        b> INVITE
        b< :chatui.local 337 bob :*
        a> INVITE bob #y
        a> INVITE bob #x
        a*
        b*
        b> INVITE
        b< :chatui.local 336 bob #x
        b< :chatui.local 336 bob #y
        b< :chatui.local 337 bob :*
        b> JOIN #x
        b*
        a*
        b> INVITE
        b< :chatui.local 336 bob #y
        b< :chatui.local 337 bob :*
        b> INVITE alice
        b< :chatui.local 461 bob INVITE :*",
    );
}

#[test]
fn the_most_users_are_counted_when_they_are_let_in() {
    script(
        "a+alice
        b+
        b> NICK bob
        a> LUSERS
        a< :chatui.local 251 alice :There are 1 users and 0 invisible on 1 servers
        a< :chatui.local 252 alice 0 :*
        a< :chatui.local 253 alice 1 :*
        a< :chatui.local 254 alice 0 :*
        a< :chatui.local 255 alice :I have 1 clients and 0 servers
        a< :chatui.local 265 alice 1 1 :*
        a< :chatui.local 266 alice 1 1 :*
        b> USER b 0 * :b
        b> QUIT
        b*
        a> LUSERS
        a< *
        a< *
        a< :chatui.local 253 alice 0 :*
        a< *
        a< *
        a< :chatui.local 265 alice 1 2 :*
        a< :chatui.local 266 alice 1 2 :*
        a> LINKS
        a< :chatui.local 365 alice * :*",
    );
}

#[test]
fn a_quit_before_registration_is_answered_at_once() {
    script(
        "a+
        a> QUIT :chkport
        a< ERROR :Quit: chkport
        a#",
    );
}

#[test]
fn what_is_not_utf8_or_empty_is_refused() {
    let mut stage = script("a+\na> NICK alice");
    stage.bytes('a', b"USER al 0 * :\xe9");
    stage.run(
        "a< :chatui.local FAIL USER INVALID_UTF8 :*
        a> USER al 0 * :
        a< :chatui.local 461 alice USER :*
        a> CAP REQ :labeled-response batch
        a> CAP END
        a> USER al 0 * :A
        a*",
    );
    stage.bytes('a', b"@label=l1 PRIVMSG alice :\xff");
    stage.run("a< @label=l1 :chatui.local FAIL PRIVMSG INVALID_UTF8 :*");
    stage.bytes('a', b"PRIV\xffMSG alice :x");
    stage.run("a< :chatui.local FAIL * INVALID_UTF8 :*");
}

#[test]
fn help_tells_how_a_command_is_written() {
    script(
        "a+alice
        a> HELP kick
        a< :chatui.local 704 alice kick :KICK <room> <nick>{,<nick>} [:<reason>]
        a< :chatui.local 705 alice kick :*
        a< :chatui.local 706 alice kick :*
        a> HELPOP nothing
        a< :chatui.local 524 alice nothing :*",
    );
}

#[test]
fn who_is_here() {
    script(
        "a+alice
        b+bob
        a> JOIN #x
        a*
        b> AWAY :lunch
        b< :chatui.local 306 bob :*
        a> PRIVMSG bob :hi
        a< :chatui.local 301 alice bob :lunch
        b< :alice!~alice@h PRIVMSG bob :hi
        b> WHO #x
        b< :chatui.local 352 bob #x ~alice h chatui.local alice H@ :0 alice
        b< :chatui.local 315 bob #x :*
        b> WHOIS alice
        b< :chatui.local 311 bob alice ~alice h * :alice
        b< :chatui.local 319 bob alice :@#x
        b< :chatui.local 312 bob alice chatui.local chatui
        b< :chatui.local 317 bob alice 0 * :*
        b< :chatui.local 318 bob alice :*
        b> LIST
        b< :chatui.local 321 bob *
        b< :chatui.local 322 bob #x 1 :
        b< :chatui.local 323 bob :*
        b> NAMES #x
        b< :chatui.local 353 bob = #x :@alice
        b< :chatui.local 366 bob #x :*
        a> MODE #x +s
        a< :alice!~alice@h MODE #x +s
        b> LIST
        b< :chatui.local 321 bob *
        b< :chatui.local 323 bob :*
        b> NAMES #x
        b< :chatui.local 366 bob #x :*
        b> WHOIS nobody
        b< :chatui.local 401 bob nobody :*
        b< :chatui.local 318 bob nobody :*",
    );
}

#[test]
fn list_takes_the_age_of_a_channel_and_of_its_topic() {
    script(
        "a+alice
        a> JOIN #old
        ~100
        a*
        a> PONG
        a> JOIN #new
        a> TOPIC #old :tea
        ~50
        a*
        a> PONG
        a> LIST C<2
        a< :chatui.local 321 alice *
        a< :chatui.local 322 alice #new *
        a< :chatui.local 323 alice :*
        a> LIST C>1
        a< :chatui.local 321 alice *
        a< :chatui.local 322 alice #old *
        a< :chatui.local 323 alice :*
        a> LIST T<1,#*
        a< :chatui.local 321 alice *
        a< :chatui.local 322 alice #old *
        a< :chatui.local 323 alice :*
        a> LIST T>1
        a< :chatui.local 321 alice *
        a< :chatui.local 323 alice :*
        a> LIST C>x
        a< :chatui.local 321 alice *
        a< :chatui.local 322 alice #new *
        a< :chatui.local 322 alice #old *
        a< :chatui.local 323 alice :*",
    );
}

#[test]
fn list_takes_numbers_of_members_and_leaves_out_what_makes_no_sense() {
    script(
        "a+alice
        b+bob
        a> JOIN #one,#two
        b> JOIN #two
        a*
        b*
        a> LIST <2
        a< :chatui.local 321 *
        a< :chatui.local 322 alice #one 1 :
        a< :chatui.local 323 *
        a> LIST >0,<2
        a< :chatui.local 321 *
        a< :chatui.local 322 alice #one 1 :
        a< :chatui.local 323 *
        a> LIST >1
        a< :chatui.local 321 *
        a< :chatui.local 322 alice #two 2 :
        a< :chatui.local 323 *
        a> LIST <x,>x,C,C5,T<x,c>,!#one
        a< :chatui.local 321 *
        a< :chatui.local 322 alice #two 2 :
        a< :chatui.local 323 *
        ~60
        a*
        b*
        a> LIST c<1
        a< :chatui.local 321 *
        a< :chatui.local 323 *
        a> LIST C>1
        a< :chatui.local 321 *
        a< :chatui.local 323 *
        a> LIST C<2
        a< :chatui.local 321 *
        a< :chatui.local 322 alice #one 1 :
        a< :chatui.local 322 alice #two 2 :
        a< :chatui.local 323 *",
    );
}

#[test]
fn a_channel_that_nobody_is_in_is_none_that_there_is() {
    let mut stage =
        script("a+alice\n a> JOIN #x,#y\n a*\n a> PRIVMSG #x :hi\n a*\n a> PRIVMSG #y :hi\n a> PART #x\n a*");
    stage.bytes('a', b"LUSERS");
    let told = stage.take('a');
    assert!(told.iter().any(|line| line.contains(" 254 alice 1 :")), "{told:?}");
}

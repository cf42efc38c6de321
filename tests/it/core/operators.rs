//! OPER, KILL, WALLOPS, and a user's modes.

use chatui::server::core::Config;
use chatui::server::core::config::Operator;
use chatui::server::core::password::Hidden;

use super::{Stage, script};

fn operated(text: &str) {
    let operator = Operator { name: "root".to_owned(), hash: Hidden::new("hash of tide") };
    Stage::new(Config { operators: vec![operator], ..Config::default() }).run(text);
}

#[test]
fn an_operator_says_the_right_name_and_password() {
    operated(
        "a+alice
        a> OPER root
        a< :chatui.local 461 alice OPER :*
        a> OPER root ebb
        a< :chatui.local 464 alice :*
        a> OPER toor tide
        a< :chatui.local 464 alice :*
        a> OPER root tide
        a< :chatui.local 381 alice :*
        a< :alice!~alice@h MODE alice +o
        b+bob
        b> WHO alice
        b< :chatui.local 352 bob * ~alice h chatui.local alice H* :0 alice
        b< :chatui.local 315 bob alice :*
        b> WHOIS alice
        b< :chatui.local 311 *
        b< :chatui.local 312 *
        b< :chatui.local 313 bob alice :*
        b< :chatui.local 317 *
        b< :chatui.local 318 *
        b> WHO * o
        b< :chatui.local 352 bob * ~alice h chatui.local alice H* :0 alice
        b< :chatui.local 315 bob * :*
        b> USERHOST alice
        b< :chatui.local 302 bob :alice*=+~alice@h",
    );
}

#[test]
fn a_guesser_is_sent_away_after_a_few_passwords() {
    operated(
        "a+alice
        a> OPER root a
        a< :chatui.local 464 alice :*
        a> OPER root b
        a< :chatui.local 464 alice :*
        a> OPER root c
        a< :chatui.local 464 alice :*
        a< ERROR :Too many wrong passwords
        a#",
    );
}

#[test]
fn without_operators_nobody_becomes_one() {
    script(
        "a+alice
        a> OPER root tide
        a< :chatui.local 491 alice :*
        a> MODE alice +o
        a.
        a> KILL alice :x
        a< :chatui.local 481 alice :*
        a> WALLOPS :x
        a< :chatui.local 481 alice :*",
    );
}

#[test]
fn a_killed_user_is_told_by_whom_and_so_are_the_others() {
    operated(
        "a+alice
        b+bob
        c+carol
        b> JOIN #x
        c> JOIN #x
        b*
        c*
        a> OPER root tide
        a*
        a> KILL nobody :x
        a< :chatui.local 401 alice nobody :*
        a> KILL bob :flooding
        b< :alice!~alice@h KILL bob :flooding
        b< ERROR :Killed (alice (flooding))
        b#
        c< :bob!~bob@h QUIT :Killed (alice (flooding))",
    );
}

#[test]
fn wallops_go_to_those_who_want_them() {
    operated(
        "a+alice
        b+bob
        c+carol
        b> MODE bob +w
        b< :bob!~bob@h MODE bob +w
        a> OPER root tide
        a*
        a> WALLOPS :restart at noon
        b< :alice!~alice@h WALLOPS :restart at noon
        c.
        a.",
    );
}

#[test]
fn the_modes_of_oneself() {
    operated(
        "a+alice
        b+bob
        a> MODE alice
        a< :chatui.local 221 alice +
        a> MODE alice +iwx
        a< :alice!~alice@h MODE alice +iw
        a< :chatui.local 501 alice :*
        a> OPER root tide
        a*
        a> MODE alice
        a< :chatui.local 221 alice +iow
        a> MODE alice -ow
        a< :alice!~alice@h MODE alice -ow
        a> KILL bob :x
        a< :chatui.local 481 alice :*
        a> MODE bob +i
        a< :chatui.local 502 alice :*
        a> MODE nobody +i
        a< :chatui.local 401 alice nobody :*",
    );
}

//! Who is let in, and who is not: passwords that are hashed, guessers, bans, and what is chosen anew. Tests are named by the
//! attack that they show.

use chatui::server::core::config::{Operator, Reload};
use chatui::server::core::password::{Hidden, Secret};

use super::*;

fn hashed() -> Config {
    let operator = Operator { name: "root".to_owned(), hash: Hidden::new("hash of tide") };
    Config {
        operators: vec![operator],
        password: Some(Secret::Hash(Hidden::new("hash of ebb"))),
        ..Config::default()
    }
}

fn operated() -> Config {
    Config { password: None, ..hashed() }
}

#[test]
fn a47_who_has_guessed_too_often_waits_on_other_connections_too_and_others_do_not() {
    let mut stage = Stage::new(operated());
    stage.run(
        "a+alice
        a> OPER root a
        a< :chatui.local 464 alice :Password incorrect
        a> OPER root b
        a< :chatui.local 464 alice :Password incorrect
        a> OPER root c
        a< :chatui.local 464 alice :Password incorrect
        a< ERROR :Too many wrong passwords
        a#
        b+bob
        b> OPER root tide
        b< :chatui.local 464 bob :Too many wrong passwords from your address; try again in 10 seconds",
    );
    assert_eq!(stage.checks, 3, "the fourth was not even looked at");
    stage.input(Input::Open(ConnId(7), Peer { address: "192.0.2.1".to_owned(), ..Peer::default() }));
    stage.say(7, "NICK carol");
    stage.say(7, "USER carol 0 * :carol");
    stage.say(7, "OPER root tide");
    assert!(stage.heard.remove(&7).unwrap().iter().any(|line| line.contains(" 381 carol ")));
    stage.run(
        "~11
        b> OPER root tide
        b< :chatui.local 381 bob :*
        b< :bob!~bob@h MODE bob +o",
    );
}

#[test]
fn a47_a_thousand_connections_with_one_guess_each_are_soon_turned_away_unheard() {
    let mut stage = Stage::new(hashed());
    for n in 0..1_000 {
        stage.input(Input::Open(ConnId(n), Peer { address: "192.0.2.1".to_owned(), ..Peer::default() }));
        stage.say(n, &format!("PASS guess{n}"));
        stage.say(n, &format!("NICK g{n}"));
        stage.say(n, "USER g 0 * :g");
    }
    assert_eq!((stage.checks, stage.closed.len()), (3, 1_000));
    stage.heard.clear();
    stage.run(
        "b+
        b> PASS ebb
        b> NICK bob
        b> USER bob 0 * :bob
        b< :chatui.local 001 bob *
        b*",
    );
}

#[test]
fn a47_this_machine_waits_only_if_that_is_wanted() {
    for (near_guessers_wait, checks) in [(false, 10), (true, 3)] {
        let mut stage = Stage::new(Config { near_guessers_wait, ..hashed() });
        for n in 0..10 {
            stage.input(Input::Open(ConnId(n), Peer { address: "127.0.0.1".to_owned(), ..Peer::default() }));
            for line in ["PASS wrong", &format!("NICK g{n}"), "USER g 0 * :g"] {
                stage.say(n, line);
            }
        }
        assert_eq!(stage.checks, checks);
    }
}

#[test]
fn a48_a_password_may_be_anything_that_fits_into_a_line() {
    let long = "x".repeat(500);
    for (given, right) in
        [("ebb", true), ("", false), ("e\u{301}bb \u{1f511}", false), ("eb\0b", false), (&long, false)]
    {
        let mut stage = Stage::new(hashed());
        stage.input(Input::Open(ConnId(1), Peer { address: "h".to_owned(), ..Peer::default() }));
        for line in [&format!("PASS :{given}"), "NICK a", "USER a 0 * :a"] {
            stage.say(1, line);
        }
        let heard = stage.heard.remove(&1).unwrap();
        assert_eq!(heard[0].contains(" 001 "), right, "{given:?}: {heard:?}");
        assert_eq!(stage.closed.is_empty(), right, "{given:?}");
    }
}

#[test]
fn a49_before_the_password_nothing_else_is_heard() {
    let mut stage = Stage::new(hashed());
    stage.run(
        "a+
        a> JOIN #x
        a< :chatui.local 451 * :*
        a> PRIVMSG bob :hi
        a< :chatui.local 451 * :*
        a> OPER root tide
        a< :chatui.local 451 * :*
        a> REGISTER x y z
        a< :chatui.local 451 * :*
        a> KLINE 192.0.2.1
        a< :chatui.local 451 * :*
        a> PING x
        a< :chatui.local PONG *
        a> CAP LS
        a< :chatui.local CAP * LS :*
        a> CAP END
        a> NICK a
        a> USER a 0 * :a
        a< :chatui.local 464 a :Password incorrect
        a< ERROR :Password incorrect
        a#",
    );
    assert_eq!(stage.checks, 0, "who gives none has not guessed");
}

#[test]
fn a50_a_name_that_is_no_operators_costs_as_much_as_a_wrong_password() {
    let mut stage = Stage::new(operated());
    stage.run(
        "a+alice
        a> OPER nobody tide
        a< :chatui.local 464 alice :Password incorrect
        a> OPER root ebb
        a< :chatui.local 464 alice :Password incorrect",
    );
    assert_eq!(stage.checks, 2);
}

#[test]
fn a52_no_password_is_in_what_is_printed_of_inputs_and_outputs() {
    let mut core = Core::new(hashed());
    let (mut out, now) = (Vec::new(), Time::from_millis(1_795_190_700_000));
    core.handle(Input::Open(ConnId(1), Peer::default()), now, &mut out);
    for line in ["PASS secret-word", "NICK a", "USER a 0 * :a"] {
        core.handle(Input::Line(ConnId(1), line.as_bytes()), now, &mut out);
    }
    assert!(matches!(out.last(), Some(Output::Check(_))), "{out:?}");
    let printed = format!("{out:?} {core:?}");
    assert!(!printed.contains("secret-word") && !printed.contains("hash of"), "{printed}");
}

#[test]
fn an_answer_to_a_labelled_oper_has_its_label() {
    Stage::new(operated()).run(
        "a+alice
        a> CAP REQ :labeled-response batch
        a*
        a> @label=7 OPER root ebb
        a< @label=7 :chatui.local 464 alice :*
        a> @label=8 OPER root tide
        a< @label=8 :chatui.local BATCH +* labeled-response
        a< @batch=* :chatui.local 381 alice :*
        a< @batch=* :alice!~alice@h MODE alice +o
        a< :chatui.local BATCH -*",
    );
}

#[test]
fn who_is_banned_goes_and_does_not_come_back_before_it_is_over() {
    let mut stage = Stage::new(operated());
    stage.run(
        "a+alice
        b+bob
        b> KLINE *!*@h
        b< :chatui.local 481 bob :*
        a> OPER root tide
        a*
        a> KLINE
        a< :chatui.local NOTICE alice :KLINE: 0 bans
        a> KLINE *!*@h :x
        a< :chatui.local NOTICE alice :KLINE: That is you, too
        a> KLINE :
        a< :chatui.local NOTICE alice :KLINE: Say KLINE *
        a> KLINE 10 bob :spam
        a< :chatui.local NOTICE alice :KLINE: bob!*@* until * by alice at * :spam
        b< ERROR :You are banned from this server until *: spam
        b#
        c+
        c> NICK BOB
        c> USER x 0 * :x
        c< :chatui.local 465 BOB :You are banned from this server until *: spam
        c< ERROR :*
        c#
        d+
        d> NICK bobby
        d> USER x 0 * :x
        d< :chatui.local 001 *
        d*",
    );
    assert_eq!(stage.bans.len(), 1);
    stage.run(
        "~601
        a*
        d*",
    );
    assert_eq!(stage.bans.len(), 0, "it has ended");
    stage.run(
        "e+bob
        e> PING x
        e< :chatui.local PONG *",
    );
}

#[test]
fn a_ban_of_a_network_means_the_address_whatever_host_is_shown() {
    let mut stage = Stage::new(operated());
    stage.input(Input::Open(ConnId(7), Peer { address: "2001:db8::7".to_owned(), ..Peer::default() }));
    stage.say(7, "NICK carol");
    stage.say(7, "USER carol 0 * :carol");
    stage.heard.clear();
    stage.run(
        "a+alice
        a> OPER root tide
        a*
        a> CHGHOST carol hidden.example
        a> KLINE 2001:db8::/32 :enough
        a< :chatui.local NOTICE alice :KLINE: 2001:db8::/32 until ever by alice at * :enough
        \u{7}*",
    );
    assert_eq!(stage.closed, [7]);
    stage.run(
        "a> UNKLINE 2001:db8::/33
        a< :chatui.local NOTICE alice :UNKLINE: There is no such ban*
        a> UNKLINE 2001:db8:1::/32
        a< :chatui.local NOTICE alice :UNKLINE: 2001:db8::/32",
    );
    assert_eq!(stage.bans.len(), 0);
}

#[test]
fn what_is_chosen_anew_holds_from_then_on_and_sts_is_announced() {
    let mut stage = Stage::new(operated());
    for (id, port, secure) in [(1, 0, true), (2, 6667, true), (3, 6667, false)] {
        let peer = Peer { address: "192.0.2.1".to_owned(), port, secure, ..Peer::default() };
        stage.input(Input::Open(ConnId(id), peer));
        for line in ["CAP LS 302", &format!("NICK u{id}"), "USER u 0 * :u", "CAP END"] {
            stage.say(id, line);
        }
    }
    stage.heard.clear();
    let choose = |stage: &mut Stage, sts| {
        stage.input(Input::Reload(Box::new(Reload {
            motd: vec!["new".to_owned()],
            password: None,
            operators: Vec::new(),
            sts,
            near_guessers_wait: false,
            bans: None,
        })));
        let heard = [1, 2, 3].map(|id| stage.heard.remove(&id).unwrap_or_default());
        heard.map(|lines| lines.into_iter().collect::<Vec<_>>().join("|"))
    };
    assert_eq!(
        choose(&mut stage, Some(100)),
        ["", ":chatui.local CAP u2 NEW :sts=duration=100", ":chatui.local CAP u3 NEW :sts=port=6667"],
        "this machine's own are not told"
    );
    assert_eq!(choose(&mut stage, Some(100)), ["", "", ""], "nothing new");
    assert_eq!(choose(&mut stage, None), ["", ":chatui.local CAP u2 NEW :sts=duration=0", ""]);
    stage.run(
        "a+alice
        a> OPER root tide
        a< :chatui.local 491 *
        a> MOTD
        a< :chatui.local 375 *
        a< :chatui.local 372 alice :*new
        a< :chatui.local 376 *",
    );
}

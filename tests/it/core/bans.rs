//! The list of bans: as it is told, kept, read anew and full; and passwords that nobody has the time to check.

use chatui::server::core::ban::Whom;
use chatui::server::core::config::{MAX_BANS, Operator, ReadBans, Reload};
use chatui::server::core::password::{Hidden, Secret};

use super::*;

fn operated() -> Config {
    let operator = Operator { name: "root".to_owned(), hash: Hidden::new("hash of tide") };
    Config { operators: vec![operator], ..Config::default() }
}

fn ban(whom: &str) -> Ban {
    Ban {
        whom: Whom::parse(whom).unwrap(),
        until: None,
        by: "root".to_owned(),
        set: Time::from_millis(1_795_190_000_000),
        reason: "spam".to_owned(),
    }
}

#[test]
fn the_list_is_told_as_it_is_and_a_ban_is_replaced_by_the_next_of_the_same() {
    let mut stage = Stage::new(operated());
    stage.run(
        "a+alice
        b+bob
        b> UNKLINE x
        b< :chatui.local 481 bob :*
        a> OPER root tide
        a*
        a> KLINE 192.0.2.1
        a< :chatui.local NOTICE alice :KLINE: 192.0.2.1* until ever by alice at 2026-11-20T16:05:00.000Z :No reason
        a> KLINE 0 x@y :for ever
        a< :chatui.local NOTICE alice :KLINE: *!x@y until ever by alice at * :for ever
        a> KLINE 5 X@Y :for a while
        a< :chatui.local NOTICE alice :KLINE: *!X@Y until 2026-11-20T16:10:00.000Z by alice at * :for a while
        a> KLINE 5 x@y :again
        a< :chatui.local NOTICE alice :KLINE: *!x@y until 2026-11-20T16:10:00.000Z by alice at * :again
        a> KLINE 99999999999 carol
        a< :chatui.local NOTICE alice :KLINE: carol!*@* until 2036-* by alice *
        a> KLINE
        a< :chatui.local NOTICE alice :KLINE: 192.0.2.1*
        a< :chatui.local NOTICE alice :KLINE: *!X@Y *
        a< :chatui.local NOTICE alice :KLINE: *!x@y *:again
        a< :chatui.local NOTICE alice :KLINE: carol!*@* *
        a< :chatui.local NOTICE alice :KLINE: 4 bans
        a> KLINE alice
        a< :chatui.local NOTICE alice :KLINE: That is you, too
        a> UNKLINE X@Y
        a< :chatui.local NOTICE alice :UNKLINE: *!X@Y",
    );
    assert_eq!(stage.bans.len(), 3);
    let address = "192.0.2.1".parse().unwrap();
    let of_all: Vec<bool> = stage.bans.iter().map(|ban| ban.is_of(address)).collect();
    assert_eq!(of_all, [true, false, false]);
    assert!(!stage.bans[0].is_of("192.0.2.2".parse().unwrap()));
}

#[test]
fn a_full_list_takes_only_what_is_on_it() {
    let mut stage = Stage::new(operated());
    stage.core.recall_bans((0..MAX_BANS).map(|n| ban(&format!("n{n}"))).collect());
    stage.run(
        "a+alice
        a> OPER root tide
        a*
        a> KLINE another
        a< :chatui.local NOTICE alice :KLINE: There are too many bans already
        a> KLINE n7 :worse
        a< :chatui.local NOTICE alice :KLINE: n7!*@* * :worse
        a> UNKLINE n8
        a*
        a> KLINE another
        a< :chatui.local NOTICE alice :KLINE: another!*@* *
        b+
        b> NICK n9
        b> USER n 0 * :n
        b< :chatui.local 465 n9 :You are banned from this server: spam
        b< ERROR :You are banned from this server: spam
        b#",
    );
    assert_eq!(stage.bans.len(), MAX_BANS);
}

#[test]
fn bans_that_are_read_anew_hold_for_those_who_are_here() {
    let mut stage = Stage::new(operated());
    stage.run("a+alice\n b+bob\n c+\n c> NICK carol");
    let some = |whom: &[&str]| whom.iter().map(|whom| ban(whom)).collect();
    let reload = |known: &[&str], read: Option<&[&str]>| {
        Input::Reload(Box::new(Reload {
            motd: Vec::new(),
            password: None,
            operators: Vec::new(),
            sts: None,
            near_guessers_wait: false,
            bans: read.map(|read| ReadBans { read: some(read), known: some(known) }),
        }))
    };
    stage.input(reload(&[], None));
    stage.run("a.\n b.");
    stage.input(reload(&[], Some(&["*!*bob@h"])));
    stage.run("b< ERROR :You are banned from this server: spam\n b#\n a.");
    stage.input(reload(&["*!*bob@h"], Some(&["carol"])));
    stage.run(
        "c.
        c> USER c 0 * :c
        c< :chatui.local 465 carol *
        c< ERROR *
        c#
        b+bob
        b> PING x
        b< :chatui.local PONG *",
    );
}

#[test]
fn who_comes_through_tls_is_told_to_stay_there_once_that_is_wanted() {
    let mut stage = Stage::new(Config::default());
    stage.core.insist_on_tls(Some(60));
    let peer = Peer { address: "192.0.2.1".to_owned(), port: 6697, secure: true, ..Peer::default() };
    stage.input(Input::Open(ConnId(7), peer));
    for (line, told) in [("CAP LS", false), ("CAP LS 301", false), ("CAP LS 302", true)] {
        stage.say(7, line);
        let heard = Vec::from(stage.heard.remove(&7).unwrap()).concat();
        assert_eq!(heard.contains(" sts=duration=60"), told, "{line}: {heard}");
    }
}

#[test]
fn when_too_many_passwords_are_being_checked_nobody_has_guessed() {
    let config = Config { password: Some(Secret::Hash(Hidden::new("hash of ebb"))), ..operated() };
    let mut stage = Stage::new(config);
    stage.run(
        "a+
        a> PASS ebb
        a> NICK alice
        a> USER a 0 * :a
        a*",
    );
    stage.busy = true;
    let again = "a> OPER root tide
        a< :chatui.local 464 alice :Too many passwords are being checked; try again
        ";
    stage.run(&again.repeat(5));
    stage.run(
        "b+
        b> PASS ebb
        b> NICK bob
        b> USER b 0 * :b
        b< ERROR :Too many passwords are being checked; try again
        b#",
    );
    stage.busy = false;
    stage.run(
        "a> OPER root tide
        a< :chatui.local 381 alice :*
        a< :alice!~a@h MODE alice +o
        a> OPER root ebb
        a< :chatui.local 464 alice :Password incorrect
        a> KILL alice
        a< :alice!~a@h KILL alice :No reason
        a< ERROR :Killed (alice (No reason))
        a#",
    );
    // A verdict for somebody who has gone is nobody's.
    stage.input(Input::Checked(ConnId(u32::from('a')), Verdict::Right));
    stage.input(Input::Checked(ConnId(u32::from('z')), Verdict::Right));
    stage.run("a.");
}

#[test]
fn a_password_and_operators_that_are_chosen_anew_hold_for_who_comes_next() {
    let mut stage = Stage::new(Config::default());
    stage.run("a+alice\n a> OPER root tide\n a< :chatui.local 491 alice :*");
    let operator = Operator { name: "root".to_owned(), hash: Hidden::new("hash of tide") };
    stage.input(Input::Reload(Box::new(Reload {
        motd: Vec::new(),
        password: Some(Secret::Plain(Hidden::new("ebb"))),
        operators: vec![operator],
        sts: None,
        near_guessers_wait: false,
        bans: None,
    })));
    stage.run(
        "a> OPER root tide
        a< :chatui.local 381 alice :*
        a< :alice!~alice@h MODE alice +o
        b+
        b> NICK bob
        b> USER b 0 * :b
        b< :chatui.local 464 bob :*
        b< ERROR :*
        b#
        c+
        c> PASS ebb
        c> NICK carol
        c> USER c 0 * :c
        c< :chatui.local 001 carol *
        c*",
    );
}

#[test]
fn who_knew_the_password_may_mistype_again() {
    let wrong = "OPER root ebb";
    Stage::new(operated()).run(&format!(
        "a+alice
        b+bob
        a> {wrong}
        a< :chatui.local 464 alice :Password incorrect
        a> {wrong}
        a< :chatui.local 464 alice :Password incorrect
        a> OPER root tide
        a< :chatui.local 381 alice :*
        a*
        b> {wrong}
        b< :chatui.local 464 bob :Password incorrect
        b> {wrong}
        b< :chatui.local 464 bob :Password incorrect
        b> OPER root tide
        b< :chatui.local 381 bob :*
        b*
        c+carol
        c> {wrong}
        c< :chatui.local 464 carol :Password incorrect
        c> OPER root tide
        c< :chatui.local 381 carol :*
        c*"
    ));
}

#[test]
fn a_nick_that_is_banned_is_taken_by_nobody_who_is_here() {
    let mut stage = Stage::new(operated());
    stage.run(
        "a+alice
        b+bob
        a> OPER root tide
        a*
        a> KLINE carol :not here
        a*
        b> NICK carol
        b< :chatui.local 432 bob carol :You are banned from this server: not here
        b> NICK Bob
        b< :bob!~bob@h NICK Bob",
    );
}

#[test]
fn a_ban_that_is_set_while_a_password_is_checked_holds() {
    let secret = Secret::Hash(Hidden::new("hash of ebb"));
    let mut stage = Stage::new(Config { password: Some(secret), ..operated() });
    stage.slow = true;
    stage.input(Input::Open(ConnId(1), Peer { address: "h".to_owned(), ..Peer::default() }));
    for line in ["PASS ebb", "NICK bob", "USER b 0 * :b"] {
        stage.say(1, line);
    }
    stage.input(Input::Reload(Box::new(Reload {
        motd: Vec::new(),
        password: None,
        operators: Vec::new(),
        sts: None,
        near_guessers_wait: false,
        bans: Some(ReadBans { read: [ban("bob")].into(), known: Arc::default() }),
    })));
    stage.input(Input::Checked(ConnId(1), Verdict::Right));
    let heard = stage.heard.remove(&1).unwrap();
    assert!(heard[0].contains(" 465 bob :You are banned"), "{heard:?}");
    assert_eq!(stage.closed, [1]);
}

#[test]
fn bans_that_were_set_and_lifted_while_the_file_was_read_are_not_lost() {
    let mut stage = Stage::new(operated());
    stage.run("a+alice\n a> OPER root tide\n a*\n a> KLINE one\n a> KLINE two\n a*");
    let known = Arc::clone(&stage.bans);
    // Somebody has added one to the file by hand, and it is being read; meanwhile:
    let read: Arc<[Ban]> = known.iter().cloned().chain([ban("by_hand")]).collect();
    stage.run("a> KLINE three\n a> UNKLINE one\n a*");
    stage.input(Input::Reload(Box::new(Reload {
        motd: Vec::new(),
        password: None,
        operators: operated().operators,
        sts: None,
        near_guessers_wait: false,
        bans: Some(ReadBans { read, known }),
    })));
    let whom: Vec<String> = stage.bans.iter().map(|ban| ban.whom.to_string()).collect();
    assert_eq!(whom, ["two!*@*", "by_hand!*@*", "three!*@*"]);
}

#[test]
fn whoever_is_no_operator_any_more_acts_for_the_server_no_more() {
    let mut stage = Stage::new(operated());
    stage.run("a+alice\n a> OPER root tide\n a*\n b+bob\n b> OPER root tide\n b*\n b> MODE bob -o\n b*");
    let reload = |operators| {
        Input::Reload(Box::new(Reload {
            motd: Vec::new(),
            password: None,
            operators,
            sts: None,
            near_guessers_wait: false,
            bans: None,
        }))
    };
    stage.input(reload(operated().operators));
    stage.run("a.");
    let other = Operator { name: "root".to_owned(), hash: Hidden::new("hash of another") };
    stage.input(reload(vec![other]));
    stage.run("a< :alice!~alice@h MODE alice -o\n a> KLINE\n a< :chatui.local 481 *\n b.");
}

#[test]
fn the_servers_password_gives_nobody_more_guesses_at_its_operators() {
    let secret = Secret::Hash(Hidden::new("hash of ebb"));
    let mut stage = Stage::new(Config { password: Some(secret), ..operated() });
    let enter =
        |id: char| format!("{id}+\n {id}> PASS ebb\n {id}> NICK n{id}\n {id}> USER u 0 * :u\n {id}*\n");
    for id in ['a', 'b'] {
        stage.run(&format!("{}{id}> OPER root x\n {id}> OPER root y\n {id}*", enter(id)));
    }
    stage.run(&format!(
        "{}c> OPER root tide
        c< :chatui.local 464 nc :Too many wrong passwords from your address; try again in *",
        enter('c')
    ));
}

#[test]
fn whether_this_machines_own_wait_is_chosen_anew_too() {
    let mut stage = Stage::new(operated());
    let near = |stage: &mut Stage, id: char| {
        let peer = Peer { address: "127.0.0.1".to_owned(), ..Peer::default() };
        stage.input(Input::Open(ConnId(u32::from(id)), peer));
        for line in [&format!("NICK n{id}"), "USER u 0 * :u", "OPER root x", "OPER root y"] {
            stage.bytes(id, line.as_bytes());
        }
        stage.take(id)
    };
    for id in ['a', 'b', 'c'] {
        assert!(near(&mut stage, id).last().unwrap().ends_with(":Password incorrect"));
    }
    stage.input(Input::Reload(Box::new(Reload {
        motd: Vec::new(),
        password: None,
        operators: operated().operators,
        sts: None,
        near_guessers_wait: true,
        bans: None,
    })));
    near(&mut stage, 'd');
    near(&mut stage, 'e');
    assert!(near(&mut stage, 'f').last().unwrap().contains("Too many wrong passwords"));
}

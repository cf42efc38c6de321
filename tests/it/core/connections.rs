//! A connection from its welcome to its end: names, passwords, silence, limits.

use super::*;
use chatui::server::core::password::{Hidden, Secret};

#[test]
fn a_welcome() {
    script(
        "a+
        a> NICK alice
        a.
        a> USER al 0 * :Alice A
        a< :chatui.local 001 alice :Welcome to chatui, alice!~al@h
        a< :chatui.local 002 alice :*
        a< :chatui.local 003 alice :*
        a< :chatui.local 004 alice chatui.local chatui-* Biow CIbeiklmnostv Ibeklov
        a< :chatui.local 005 alice *CASEMAPPING=ascii*
        a< :chatui.local 005 alice *ELIST=CMNTU*
        a< :chatui.local 005 alice *CHATHISTORY=*
        a< :chatui.local 251 alice :*
        a< :chatui.local 252 alice *
        a< :chatui.local 253 alice *
        a< :chatui.local 254 alice *
        a< :chatui.local 255 alice *
        a< :chatui.local 265 alice *
        a< :chatui.local 266 alice *
        a< :chatui.local 422 alice :*",
    );
}

#[test]
fn a_connection_that_ends_frees_its_nick_at_once() {
    let stage = script(
        "a+alice
        b+bob
        a> JOIN #x,#y
        b> JOIN #x,#y
        a*
        b*
        a! Connection reset by peer
        b< :alice!~alice@h QUIT :Connection reset by peer
        b.
        a#
        c+
        c> NICK ALICE
        c> USER c 0 * :c
        c< :chatui.local 001 ALICE :*
        c*
        b> QUIT :enough
        b< ERROR :Quit: enough
        b#",
    );
    assert_eq!(stage.closed.len(), 2);
}

#[test]
fn nicks_are_valid_and_free() {
    script(
        "a+alice
        b+
        b> NICK Alice
        b< :chatui.local 433 * Alice :*
        b> NICK 1x
        b< :chatui.local 432 * 1x :*
        b> NICK
        b< :chatui.local 431 * :*
        b> NICK server
        b< :chatui.local 432 * server :*
        b> PRIVMSG alice :x
        b< :chatui.local 451 * :*
        a> NICK Alice
        a< :alice!~alice@h NICK Alice",
    );
}

#[test]
fn a_silent_connection_is_asked_and_then_closed() {
    script(
        "a+alice
        b+
        ~31
        b< ERROR :Registration timed out
        b#
        ~90
        a< PING *chatui.local
        ~30
        a> PONG chatui.local
        ~121
        a< PING *
        ~61
        a< ERROR :Ping timeout
        a#",
    );
}

#[test]
fn the_password_opens_the_door() {
    let mut stage =
        Stage::new(Config { password: Some(Secret::Plain(Hidden::new("tide"))), ..Config::default() });
    stage.run(
        "a+
        a> PASS wrong
        a> NICK a
        a> USER a 0 * a
        a< :chatui.local 464 a :*
        a< ERROR :*
        a#
        b+
        b> PASS tide
        b> NICK b
        b> USER b 0 * b
        b< :chatui.local 001 b :*
        b*",
    );
}

#[test]
fn everybody_is_told_when_the_server_stops() {
    let mut stage = script("a+alice\n b+");
    stage.input(Input::Shutdown("Bye!".to_owned()));
    stage.run(
        "a< :chatui.local NOTICE alice :Bye!
        a< ERROR :Bye!
        b< ERROR :Bye!
        a#
        b#",
    );
}

#[test]
fn what_comes_before_its_time_is_answered_and_closes_nothing() {
    script(
        "a+
        a> PING before
        a< :chatui.local PONG chatui.local before
        a> CAP LS 302
        a< :chatui.local CAP * LS :*
        a> JOIN :
        a< :chatui.local 451 * :*
        a> USER alice 0 * :alice
        a> CAP END
        a> NICK alice
        a< :chatui.local 001 alice *
        a*
        a> CAP LS 302
        a*
        a> PING after
        a< :chatui.local PONG chatui.local after
        a> LINKS
        a< :chatui.local 365 alice *",
    );
}

#[test]
fn what_the_server_supports_is_told_in_whole_tokens() {
    let mut stage = Stage::new(Config::default());
    stage.run("a+");
    stage.say(u32::from('a'), "NICK alice");
    stage.say(u32::from('a'), "USER a 0 * :a");
    let told = stage.take('a');
    let tokens: Vec<&str> = told
        .iter()
        .filter_map(|line| line.strip_prefix(":chatui.local 005 alice "))
        .flat_map(|line| line.strip_suffix(" :are supported by this server").unwrap().split(' '))
        .collect();
    assert!(tokens.len() > 20, "{told:#?}");
    for token in &tokens {
        assert!(token.matches('=').count() <= 1, "{token}");
    }
    let has = |token: &str| tokens.contains(&token);
    assert!(has("CASEMAPPING=ascii") && has("UTF8ONLY") && has("WHOX") && has("ELIST=CMNTU"));
    // No client tag is refused, so nothing says so.
    assert!(!tokens.iter().any(|token| token.starts_with("CLIENTTAGDENY")));
}

#[test]
fn the_time_to_register_begins_with_the_connection() {
    let mut stage = Stage::new(Config::default());
    let waited = Duration::from_secs(25);
    stage.input(Input::Open(
        ConnId(u32::from('a')),
        Peer { address: "h".to_owned(), waited, ..Peer::default() },
    ));
    stage.run(
        "b+
        a> NICK alice
        ~5
        a< ERROR :Registration timed out
        a#
        b.
        ~25
        b< ERROR :Registration timed out
        b#",
    );
}

#[test]
fn a_user_name_is_made_of_what_is_allowed_in_one() {
    for (given, made) in [
        ("al_i-c.e", "~al_i-c.e"),
        ("a!l@i c", "~ali"),
        ("!@", "~user"),
        ("\u{e9}", "~user"),
        ("abcdefghijklmnopqrstuvwxyz", "~abcdefghijklmnopq"),
    ] {
        let given = given.split(' ').next().unwrap();
        script(&format!(
            "a+
            a> NICK alice
            a> USER {given} 0 * :a
            a< :chatui.local 001 alice :Welcome to chatui, alice!{made}@h
            a*"
        ));
    }
    script(
        "a+
        a> USER a 0 *
        a< :chatui.local 461 * USER :*
        a> USER : 0 * :a
        a< :chatui.local 461 * USER :*
        a> NICK alice
        a.",
    );
}

#[test]
fn capabilities_are_taken_whole_or_not_at_all() {
    script(
        "a+alice
        a> CAP REQ :echo-message nothing
        a< :chatui.local CAP alice NAK :echo-message nothing
        a> CAP LIST
        a< :chatui.local CAP alice LIST :
        a> CAP REQ :echo-message -cap-notify batch
        a< :chatui.local CAP alice ACK :echo-message -cap-notify batch
        a> CAP REQ :-echo-message
        a< :chatui.local CAP alice ACK :-echo-message
        a> CAP LIST
        a< :chatui.local CAP alice LIST :batch
        a> CAP LS 302
        a*
        a> CAP REQ -cap-notify
        a< :chatui.local CAP alice ACK :-cap-notify
        a> CAP LIST
        a< :chatui.local CAP alice LIST :* cap-notify*
        a> CAP WHAT
        a< :chatui.local 410 alice WHAT :*
        a> CAP
        a< :chatui.local 461 alice CAP :*
        b+
        b> CAP REQ cap-notify
        b< :chatui.local CAP * ACK :cap-notify
        b> CAP REQ -cap-notify
        b*
        b> CAP LIST
        b< :chatui.local CAP * LIST :
        b> NICK bob
        b> USER b 0 * :b
        b.
        b> CAP END
        b< :chatui.local 001 bob *
        b*",
    );
}

#[test]
fn the_end_of_a_silence_counts_from_what_was_said_last() {
    script(
        "a+alice
        ~119
        a.
        ~1
        a< PING :chatui.local
        ~59
        a.
        a> PONG
        ~119
        a.
        ~1
        a< PING :chatui.local
        ~60
        a< ERROR :Ping timeout
        a#
        b+
        ~29
        b.
        ~1
        b< ERROR :Registration timed out
        b#",
    );
}

#[test]
fn a_nick_is_changed_before_and_after_the_welcome() {
    script(
        "a+
        a> NICK first
        a> NICK second
        a> USER a 0 * :a
        a< :chatui.local 001 second *
        a*
        b+
        b> NICK first
        b> NICK Second
        b< :chatui.local 433 first Second :*
        b> USER b 0 * :b
        b< :chatui.local 001 first *
        b*
        a> NICK second
        a.
        a> NICK chatui.local
        a< :chatui.local 432 second chatui.local :*
        a> NICK ChanServ
        a< :chatui.local 432 second ChanServ :*
        a> NICK third
        a< :second!~a@h NICK third
        b> PRIVMSG second :x
        b< :chatui.local 401 first second :*
        b> NICK second
        b< :first!~b@h NICK second",
    );
}

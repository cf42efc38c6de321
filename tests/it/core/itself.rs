//! What the server says of itself, and of what it has not.

use chatui::server::core::config::MAX_EARLY_LINES;

use super::*;

#[test]
fn a_message_of_the_day_has_its_lines() {
    let motd = vec!["Welcome.".to_owned(), "Be kind.".to_owned()];
    Stage::new(Config { motd, ..Config::default() }).run(
        "a+alice
        a> MOTD
        a< :chatui.local 375 alice :- chatui.local Message of the day -*
        a< :chatui.local 372 alice :- Welcome.
        a< :chatui.local 372 alice :- Be kind.
        a< :chatui.local 376 alice :*
        a> MOTD elsewhere
        a< :chatui.local 402 alice elsewhere :*",
    );
}

#[test]
fn it_is_asked_by_its_name_a_mask_or_the_nick_of_somebody_on_it() {
    let version = env!("CARGO_PKG_VERSION");
    for (command, answers) in [
        ("VERSION", vec![format!("351 alice chatui-{version} chatui.local :")]),
        ("TIME", vec!["391 alice chatui.local 2026-11-20T16:05:00.000Z".to_owned()]),
        (
            "ADMIN",
            vec![
                "256 alice chatui.local :*".to_owned(),
                "257 alice chatui".to_owned(),
                "258 alice :*".to_owned(),
                "259 alice :*".to_owned(),
            ],
        ),
        (
            "INFO",
            vec![
                format!("371 alice :chatui {version}"),
                "371 alice :running since 1970-01-01T00:00:00.000Z".to_owned(),
                "374 alice :*".to_owned(),
            ],
        ),
        ("MOTD", vec!["422 alice :*".to_owned()]),
    ] {
        for server in ["", " chatui.local", " chat*", " ALICE"] {
            let heard: String = answers.iter().map(|answer| format!("a< :chatui.local {answer}\n")).collect();
            script(&format!("a+alice\n a> {command}{server}\n {heard}"));
        }
        script(&format!(
            "a+alice
            a> {command} irc.example.org
            a< :chatui.local 402 alice irc.example.org :*
            a> {command} :two words
            a< :chatui.local 402 alice two_words :*"
        ));
    }
}

#[test]
fn there_are_no_accounts_and_no_batches_of_clients() {
    script(
        "a+
        a> CAP REQ standard-replies
        a*
        a> AUTHENTICATE PLAIN
        a< :chatui.local 904 * :*
        a> AUTHENTICATE *
        a< :chatui.local 906 * :*
        a> NICK alice
        a> USER alice 0 * :alice
        a> CAP END
        a*
        a> REGISTER * * :secret
        a< :chatui.local FAIL REGISTER TEMPORARILY_UNAVAILABLE * :*
        a> BATCH +1 draft/multiline #x
        a< :chatui.local FAIL BATCH UNKNOWN_TYPE +1 draft/multiline :*",
    );
}

#[test]
fn what_lacks_something_is_answered_and_changes_nothing() {
    script(
        "a+alice
        a> PING
        a< :chatui.local 461 alice PING :*
        a> PING :
        a< :chatui.local 409 alice :*
        a> PASS word
        a< :chatui.local 462 alice :*
        a> USER a 0 * :a
        a< :chatui.local 462 alice :*
        a> PRIVMSG
        a< :chatui.local 411 alice :*(PRIVMSG)
        a> PRIVMSG alice
        a< :chatui.local 412 alice :*
        a> TAGMSG :
        a< :chatui.local 411 alice :*(TAGMSG)
        a> NOTICE
        a> NOTICE alice
        a> NOTICE nobody :x
        a> NOTICE #nowhere :x
        a> PRIVMSG nobody :x
        a< :chatui.local 401 alice nobody :*
        a> PRIVMSG #nowhere :x
        a< :chatui.local 403 alice #nowhere :*
        a> NAMES
        a< :chatui.local 366 alice * :*
        a> HELP
        a< :chatui.local 704 alice index :*
        a*
        a> AUTHENTICATE
        a< :chatui.local 461 alice AUTHENTICATE :*
        a> WHOWAS
        a< :chatui.local 461 alice WHOWAS :*",
    );
}

#[test]
fn a_line_that_is_too_long_is_told_and_nothing_else_happens() {
    let mut stage = script("a+alice\n a> JOIN #x\n a*");
    stage.input(Input::TooLong(ConnId(u32::from('a'))));
    stage.input(Input::TooLong(ConnId(u32::from('z'))));
    stage.run("a< :chatui.local 417 alice :*");
    let kept = stage.kept.len();
    // What is 510 bytes long is fine, and one more is not; tags are counted for themselves.
    let head = "PRIVMSG #x :";
    let most = format!("{head}{}", "x".repeat(510 - head.len()));
    let tags = format!("@{} ", "a".repeat(4094));
    for (line, taken) in [
        (most.clone(), true),
        (format!("{most}x"), false),
        (format!("{tags}{most}"), true),
        (format!("@a{}{most}", &tags[1..]), false),
    ] {
        let before = stage.kept.len();
        stage.bytes('a', line.as_bytes());
        assert_eq!(stage.kept.len() > before, taken, "{} bytes", line.len());
        if !taken {
            stage.run("a< :chatui.local 417 alice :*");
        }
    }
    assert_eq!(stage.kept.len(), kept + 2);
}

#[test]
fn who_only_talks_before_the_door_is_sent_away() {
    let mut stage = script("a+");
    for _ in 0..MAX_EARLY_LINES {
        stage.say(u32::from('a'), "PONG");
    }
    stage.run("a.\n a> PONG\n a< ERROR :Too many lines before registration\n a#");
}

//! What was once wrong: each script is named for it.

use chatui::server::core::config::Operator;
use chatui::server::core::password::Hidden;

use super::*;

impl Stage {
    /// The log had no room for what was kept last.
    fn lose(&mut self, count: usize) {
        let lost = self.kept.split_off(self.kept.len() - count);
        self.not_kept(lost);
    }
}

#[test]
fn a_word_of_a_peer_cannot_break_the_reply_that_names_it() {
    let mut stage = script("a+alice");
    let long = "X".repeat(500);
    stage.run(&format!(
        "a> {long}
        a< :chatui.local 421 alice {} :Unknown command
        a> CAP ::b c
        a< :chatui.local 410 alice B_C :*
        a> CAP :
        a< :chatui.local 410 alice * :*",
        "X".repeat(64)
    ));
    for (line, verb) in [(&b" \xff"[..], "*"), (b"@a :b \xff", "*"), (b"  join \xff", "JOIN")] {
        stage.input(Input::Line(ConnId(u32::from(b'a')), line));
        stage.run(&format!("a< :chatui.local FAIL {verb} INVALID_UTF8 :*"));
    }
    stage.input(Input::Line(ConnId(u32::from(b'a')), &[long.as_bytes(), long.as_bytes(), b" \xff"].concat()));
    stage.run(&format!("a< :chatui.local FAIL {} INVALID_UTF8 :*", "X".repeat(64)));
}

#[test]
fn a_mode_with_long_masks_becomes_several_lines_that_fit() {
    // A line over the limit cannot be kept, so the log would have stopped the server.
    let channel = format!("#{}", "c".repeat(63));
    let mut stage = script("");
    stage.run(&format!("a+alice\n a> JOIN {channel}\n a*"));
    let masks: Vec<String> = (0..6).map(|n| format!("{n}{}", "m".repeat(63))).collect();
    let before = stage.kept.len();
    stage.run(&format!("a> MODE {channel} +bbbbbb {}\n a*", masks.join(" ")));
    let lines = &stage.kept[before..];
    assert!(lines.len() > 1 && lines.iter().all(|line| line.untagged().len() <= 512));
    let told: usize = lines.iter().map(|line| line.message().params.len() - 2).sum();
    assert_eq!(told, 6, "each mask is told, whole");
    let list: Vec<String> =
        masks.iter().map(|mask| format!("a< :chatui.local 367 alice {channel} {mask}!*@* alice *")).collect();
    stage.run(&format!("a> MODE {channel} bb\n {}\n a< :chatui.local 368 *", list.join("\n")));
    let before = stage.kept.len();
    stage.run(&format!("a> MODE {channel} +{}bbb\n a*", "mi".repeat(150)));
    assert_eq!(stage.kept[before..].len(), 1);
    assert_eq!(stage.kept[before].message().param(1), "+mi");
}

#[test]
fn a_labelled_quit_is_answered_too() {
    script(
        "a+
        a> CAP REQ :labeled-response batch message-tags
        a> NICK alice
        a> USER a 0 * :a
        a> CAP END
        a*
        a> @label=q QUIT :enough
        a< @label=q ERROR :Quit: enough
        a#",
    );
}

#[test]
fn nobody_leaves_a_channel_twice_by_one_line() {
    script(
        "a+alice
        b+bob
        c+carol
        a> JOIN #x
        b> JOIN #x
        c> JOIN #x
        a*
        b*
        c*
        a> KICK #x bob,BOB :out
        a< :alice!~alice@h KICK #x bob :out
        b< :alice!~alice@h KICK #x bob :out
        c< :alice!~alice@h KICK #x bob :out
        c> PART #x,#X
        c< :carol!~carol@h PART #x
        a< :carol!~carol@h PART #x",
    );
}

#[test]
fn an_invitation_ends_with_the_channel_and_opens_no_other() {
    script(
        "a+alice
        b+bob
        c+carol
        a> JOIN #old
        a> INVITE bob #old
        a> PART #old
        a*
        b*
        c> JOIN #new
        c> MODE #new +i
        c> JOIN #old
        c> MODE #old +i
        c*
        b> JOIN #new
        b< :chatui.local 473 bob #new :*
        b> JOIN #old
        b< :chatui.local 473 bob #old :*
        c> INVITE bob #new
        b< :carol!~carol@h INVITE bob :#new
        b> JOIN #new
        b< :bob!~bob@h JOIN #new
        b*
        c*",
    );
}

#[test]
fn a_topic_that_could_not_be_kept_gives_way_to_the_one_before() {
    let mut stage = script("a+alice\n a> JOIN #x\n a> TOPIC #x :first\n a*");
    stage.run("a> TOPIC #x :second\n a> TOPIC #x :\n a*");
    stage.lose(2);
    stage.run(
        "a< :chatui.local NOTICE alice :TOPIC: not sent, *
        a< :chatui.local NOTICE alice :TOPIC: not sent, *
        a> TOPIC #x
        a< :chatui.local 332 alice #x :first
        a< :chatui.local 333 *",
    );
    // However many of them: the one that is kept stays known.
    stage.run(&format!("{} a*", "a> TOPIC #x :again\n".repeat(20)));
    stage.lose(20);
    stage.run("a*\n a> TOPIC #x\n a< :chatui.local 332 alice #x :first\n a< :chatui.local 333 *");
    // One that comes after a lost one is not touched.
    stage.run("a> TOPIC #x :lost\n a*");
    let lost = stage.kept.split_off(stage.kept.len() - 1);
    stage.run("a> TOPIC #x :later\n a*");
    stage.not_kept(lost);
    stage.run("a*\n a> TOPIC #x\n a< :chatui.local 332 alice #x :later\n a< :chatui.local 333 *");
}

#[test]
fn lines_that_were_lost_do_not_hide_the_older_ones() {
    let mut stage = script("a+alice\n a> JOIN #x\n a*");
    stage.run(&"a> PRIVMSG #x :kept\n".repeat(100));
    stage.run(&"a> PRIVMSG #x :lost\n".repeat(80));
    stage.lose(80);
    stage.run(
        "a*
        a> CAP REQ :draft/chathistory
        a*
        a> CHATHISTORY LATEST #x * 50
        a< asked for a page of #x",
    );
}

#[test]
fn names_are_whole_whatever_the_server_is_called() {
    let name = format!("{}.example", "n".repeat(55));
    let mut stage = Stage::new(Config { name: name.clone(), ..Config::default() });
    let channel = format!("#{}", "c".repeat(63));
    let nicks: Vec<String> = (0..40).map(|n| format!("{}{n:02}", "n".repeat(30))).collect();
    for (id, nick) in (0..).zip(&nicks) {
        stage.input(Input::Open(ConnId(id), Peer { address: "h".to_owned(), ..Peer::default() }));
        stage.say(id, &format!("NICK {nick}"));
        stage.say(id, "USER user 0 * :x");
        stage.heard.clear();
        stage.say(id, &format!("JOIN {channel}"));
    }
    let heard = stage.heard.remove(&39).unwrap();
    let listed = heard
        .iter()
        .filter(|line| line.starts_with(&format!(":{name} 353 ")))
        .flat_map(|line| line.rsplit_once(':').unwrap().1.split(' '))
        .map(|nick| nick.trim_start_matches('@'));
    assert_eq!(listed.collect::<Vec<_>>(), nicks);
}

#[test]
fn what_was_said_comes_after_the_labelled_join() {
    script(
        "b+bob
        b> JOIN #x
        b> PRIVMSG #x :one
        a+
        a> CAP REQ :labeled-response batch message-tags
        a> NICK alice
        a> USER a 0 * :a
        a> CAP END
        a*
        b*
        a> @label=j JOIN #x
        a< @label=j :chatui.local BATCH +b* labeled-response
        a< @batch=b*;msgid=* :alice!~a@h JOIN #x
        a< @batch=b* :chatui.local 353 alice = #x *
        a< @batch=b* :chatui.local 366 alice #x *
        a< :chatui.local BATCH -b*
        a< :chatui.local BATCH +b* chathistory #x
        a< @batch=b*;msgid=* :bob!~bob@h PRIVMSG #x :one
        a< :chatui.local BATCH -b*
        b*",
    );
}

#[test]
fn an_outsider_cannot_tell_a_secret_channel_from_none() {
    let mut stage = script(
        "a+alice
        b+bob
        a> JOIN #secret
        a> MODE #secret +s
        a*",
    );
    for command in [
        "NAMES",
        "TOPIC",
        "TOPIC ? :x",
        "PART",
        "MODE",
        "MODE ? +i",
        "MODE ? b",
        "WHO",
        "INVITE alice",
        "KICK ? alice",
        "PRIVMSG ? :x",
        "LIST",
    ] {
        let command = if command.contains('?') { command.to_owned() } else { format!("{command} ?") };
        let mut answers = Vec::new();
        for name in ["#secret", "#nobody"] {
            stage.say(u32::from('b'), &command.replace('?', name));
            let told = stage.take('b');
            answers.push(told.iter().map(|line| line.replace(name, "?")).collect::<Vec<_>>());
        }
        assert_eq!(answers[0], answers[1], "{command}");
        assert!(!answers[0].is_empty(), "{command}");
    }
    stage.run("a.");
}

#[test]
fn a_list_cannot_be_filled_beyond_its_limit_in_one_go() {
    let mut stage = script(
        "a+alice
        a> JOIN #x
        a*",
    );
    for n in 0..99 {
        stage.run(&format!("a> MODE #x +b n{n}\na*"));
    }
    stage.run(
        "a> MODE #x +bbe one two three
        a< :chatui.local 478 alice #x b two!*@* :*
        a< :chatui.local 478 alice #x e three!*@* :*
        a< :alice!~alice@h MODE #x +b one!*@*
        a> MODE #x -b+b one four
        a< :chatui.local 478 alice #x b four!*@* :*
        a< :alice!~alice@h MODE #x -b one!*@*
        a> MODE #x +b four
        a< :alice!~alice@h MODE #x +b four!*@*",
    );
}

#[test]
fn what_old_clients_expect_after_a_colon_is_after_a_colon() {
    script(
        "a+alice
        a> JOIN #x
        a*
        a> NAMES #x
        a< :chatui.local 353 alice = #x :@alice
        a< :chatui.local 366 alice #x :*
        a> TOPIC #x :tea
        a< :alice!~alice@h TOPIC #x :tea
        a> TOPIC #x
        a< :chatui.local 332 alice #x :tea
        a< :chatui.local 333 alice #x alice *
        a> LIST
        a< :chatui.local 321 alice *
        a< :chatui.local 322 alice #x 1 :tea
        a< :chatui.local 323 alice :*
        a> ISON alice
        a< :chatui.local 303 alice :alice
        a> USERHOST alice
        a< :chatui.local 302 alice :alice=+~alice@h
        a> CAP LIST
        a< :chatui.local CAP alice LIST :",
    );
}

#[test]
fn who_was_not_kept_is_told_whatever_he_is_called_by_then() {
    let mut stage = script("a+alice\n b+bob\n a> JOIN #x\n a> PRIVMSG #x :lost\n a*");
    let lost = stage.kept.split_off(stage.kept.len() - 1);
    stage.run("a> NICK carol\n a*\n b> NICK alice\n b*");
    stage.not_kept(lost);
    stage.run("a< :chatui.local NOTICE carol :PRIVMSG: not sent, *\n b.");
}

#[test]
fn a_member_who_is_no_operator_invites_nobody_past_a_ban_or_a_limit() {
    let mut stage = script("a+alice\n b+bob\n c+mallory\n a> JOIN #x\n b> JOIN #x\n a*\n b*");
    stage.run(
        "a> MODE #x +bl mallory!*@* 2
        a*
        b*
        b> INVITE mallory #x
        b< :chatui.local 341 bob mallory #x
        c< :bob!~bob@h INVITE mallory *#x
        c> JOIN #x
        c< :chatui.local 471 mallory #x :*
        a> MODE #x -l
        a*
        b*
        c> JOIN #x
        c< :chatui.local 474 mallory #x :*
        a> INVITE mallory #x
        a*
        c*
        c> JOIN #x
        c< :mallory!~mallory@h JOIN #x
        c*
        a*
        b*",
    );
    // Nor does one that was given before the channel was closed open it.
    stage.run(
        "d+dave
        b> INVITE dave #x
        a> MODE #x +i
        a*
        b*
        c*
        d*
        d> JOIN #x
        d< :chatui.local 473 dave #x :*",
    );
}

#[test]
fn a_mask_of_nothing_lists_and_bans_nobody() {
    let mut stage = script("a+alice\n a> JOIN #x\n a*");
    for mask in [":", ":::", ": ", "::"] {
        stage.run(&format!("a> MODE #x +b {mask}\n a< :chatui.local 368 alice #x :*"));
    }
    stage.run("a> MODE #x +b *\n a< :alice!~alice@h MODE #x +b *");
}

#[test]
fn a_question_between_clients_is_asked_once_and_not_told_as_history() {
    let mut stage = script("a+alice\n a> JOIN #x\n a*");
    stage.run(
        "a> PRIVMSG #x :\u{1}VERSION\u{1}\n a> PRIVMSG #x :\u{1}ACTION waves\u{1}\n a> PRIVMSG #x :hi\n a*",
    );
    stage.run("b+\n b> CAP REQ server-time\n b> NICK bob\n b> USER b 0 * :b\n b> CAP END\n b*");
    stage.bytes('b', b"JOIN #x");
    let heard = stage.take('b');
    assert!(!heard.iter().any(|line| line.contains("VERSION")), "{heard:#?}");
    assert!(heard.iter().any(|line| line.contains("ACTION waves")) && heard.last().unwrap().ends_with(":hi"));
    // Whoever can tell the past from now has all of it.
    stage.run("a*\n c+\n c> CAP REQ :server-time batch\n c> NICK carol\n c> USER c 0 * :c\n c> CAP END\n c*");
    stage.bytes('c', b"JOIN #x");
    assert!(stage.take('c').iter().any(|line| line.contains("VERSION")));
    stage.run("a*\n b*");
}

#[test]
fn a_kill_is_no_longer_than_a_line() {
    let operator = Operator { name: "root".to_owned(), hash: Hidden::new("hash of tide") };
    let mut stage = Stage::new(Config { operators: vec![operator], ..Config::default() });
    let host = "x".repeat(63);
    stage.run(&format!(
        "a+{0}\n b+{1}\n a> OPER root tide\n a*\n a> CHGHOST {0} {host}\n a*",
        "a".repeat(32),
        "b".repeat(32)
    ));
    stage.bytes('a', format!("KILL {} :{}", "b".repeat(32), "y".repeat(380)).as_bytes());
    let heard = stage.take('b');
    assert!(heard[0].len() == 510 && heard[0].contains(" KILL "), "{heard:?}");
}

//! Coming and going: JOIN, PART, KICK and INVITE, with their limits.

use super::*;

#[test]
fn zero_leaves_everything() {
    script(
        "a+alice
        b+bob
        a> JOIN #x,#y
        b> JOIN #y
        a*
        b*
        a> JOIN 0
        a< :alice!~alice@h PART #x
        a< :alice!~alice@h PART #y
        b< :alice!~alice@h PART #y
        a> JOIN 0
        a.
        a> PART #y
        a< :chatui.local 442 alice #y :*
        a> PART #x
        a< :chatui.local 403 alice #x :*",
    );
}

#[test]
fn a_name_is_valid_and_joined_once() {
    let long = format!("#{}", "c".repeat(64));
    script(&format!(
        "a+alice
        a> JOIN x,#,,#a#b,{long}
        a< :chatui.local 403 alice x :*
        a< :chatui.local 403 alice # :*
        a< :alice!~alice@h JOIN #a#b
        a< :chatui.local 353 *
        a< :chatui.local 366 *
        a< :chatui.local 403 alice {} :*
        a*
        a> JOIN #y,#Y,#y
        a< :alice!~alice@h JOIN #y
        a< :chatui.local 353 *
        a< :chatui.local 366 *
        a> MODE #y +ikl word 1
        a*
        a> JOIN #Y
        a.",
        &long[..64]
    ));
}

#[test]
fn nobody_is_in_more_than_fifty_channels() {
    let names: Vec<String> = (0..52).map(|n| format!("#c{n}")).collect();
    let mut stage = script(&format!("a+alice\n a> JOIN {}\n a*", names[..48].join(",")));
    stage.run(
        "a> JOIN #c48,#c49,#c50,#c51
        a< :alice!~alice@h JOIN #c48
        a< *
        a< *
        a< :alice!~alice@h JOIN #c49
        a< *
        a< *
        a< :chatui.local 405 alice #c50 :*
        a< :chatui.local 405 alice #c51 :*
        a> JOIN #c0
        a< :chatui.local 405 alice #c0 :*
        a> PART #c0
        a*
        a> JOIN #c0
        a< :alice!~alice@h JOIN #c0
        a*",
    );
}

#[test]
fn kick_takes_one_channel_for_all_or_one_for_each() {
    script(
        "a+alice
        b+bob
        c+carol
        a> JOIN #x,#y
        b> JOIN #x,#y
        c> JOIN #x
        a*
        b*
        c*
        a> KICK #x,#y bob
        a< :chatui.local 461 alice KICK :*
        a> KICK #x,#y carol,bob
        a< :alice!~alice@h KICK #x carol :alice
        b< :alice!~alice@h KICK #x carol :alice
        c< :alice!~alice@h KICK #x carol :alice
        a< :alice!~alice@h KICK #y bob :alice
        b< :alice!~alice@h KICK #y bob :alice
        a> KICK #x nobody,carol,bob :out
        a< :chatui.local 441 alice nobody #x :*
        a< :chatui.local 441 alice carol #x :*
        a< :alice!~alice@h KICK #x bob :out
        b< :alice!~alice@h KICK #x bob :out
        b> KICK #x alice,carol
        b< :chatui.local 442 bob #x :*
        b> JOIN #x
        b*
        a*
        b> KICK #x alice,carol
        b< :chatui.local 482 bob #x :*
        b> KICK #nowhere,#x alice,alice
        b< :chatui.local 403 bob #nowhere :*
        b< :chatui.local 482 bob #x :*
        a> KICK #x n1,n2,n3,n4,bob
        a< :chatui.local 441 alice n1 *
        a< :chatui.local 441 alice n2 *
        a< :chatui.local 441 alice n3 *
        a< :chatui.local 441 alice n4 *",
    );
}

#[test]
fn who_may_invite_whom() {
    script(
        "a+alice
        b+bob
        c+carol
        a> JOIN #x
        b> JOIN #x
        a> CAP REQ invite-notify
        a*
        b*
        c> INVITE bob #x
        c< :chatui.local 442 carol #x :*
        b> INVITE alice #X
        b< :chatui.local 443 bob alice #x :*
        b> INVITE nobody #x
        b< :chatui.local 401 bob nobody :*
        b> INVITE CAROL #X
        b< :chatui.local 341 bob carol #x
        c< :bob!~bob@h INVITE carol :#x
        a< :bob!~bob@h INVITE carol :#x
        a> MODE #x +i
        a*
        b*
        b> INVITE carol #x
        b< :chatui.local 482 bob #x :*
        b> CAP REQ invite-notify
        b*
        a> INVITE carol #x
        a< :chatui.local 341 alice carol #x
        c< :alice!~alice@h INVITE carol :#x",
    );
}

#[test]
fn of_many_invitations_the_oldest_are_forgotten() {
    let mut stage = script("b+bob");
    // One person is in fifty channels at most.
    for (who, id) in [("alice", 'a'), ("carol", 'c')] {
        stage.run(&format!("{id}+{who}"));
        for n in 0..26 {
            stage.run(&format!("{id}> JOIN #{id}{n:02}\n {id}> INVITE bob #{id}{n:02}\n {id}*\n b*"));
        }
    }
    stage.say(u32::from('b'), "INVITE");
    let told = stage.take('b');
    assert_eq!(told.len(), 50 + 1, "{told:#?}");
    assert_eq!(told[0], ":chatui.local 336 bob #a02");
    assert_eq!(told[49], ":chatui.local 336 bob #c25");
}

#[test]
fn a_reason_is_told_and_cut() {
    let long = "r".repeat(400);
    let cut = "r".repeat(390);
    script(&format!(
        "a+alice
        b+bob
        a> JOIN #x
        b> JOIN #x
        a*
        b*
        a> TOPIC #x :{long}
        a< :alice!~alice@h TOPIC #x :{cut}
        b< :alice!~alice@h TOPIC #x :{cut}
        a> KICK #x bob :{long}
        a< :alice!~alice@h KICK #x bob :{cut}
        b< :alice!~alice@h KICK #x bob :{cut}
        b> JOIN #x
        b*
        a*
        b> PART #x :{long}
        a< :bob!~bob@h PART #x :{cut}
        b< :bob!~bob@h PART #x :{cut}
        a> AWAY :{long}
        a*
        b> PRIVMSG alice :{long}
        a< :bob!~bob@h PRIVMSG alice :{long}
        b< :chatui.local 301 bob alice :{}",
        &long[..200]
    ));
}

#[test]
fn a_channel_without_members_is_as_new_but_remembers_what_was_said() {
    script(
        "a+alice
        b+bob
        a> JOIN #x
        a> MODE #x +im-t
        a> TOPIC #x :tides
        a> PRIVMSG #x :one
        a> PART #x
        a*
        b> MODE #x
        b< :chatui.local 403 bob #x :*
        b> JOIN #X
        b< :bob!~bob@h JOIN #x
        b< :chatui.local 332 bob #x :tides
        b< :chatui.local 333 *
        b< :chatui.local 353 bob = #x :@bob
        b< :chatui.local 366 *
        b< :alice!~alice@h PRIVMSG #x :[*] one
        b> MODE #x
        b< :chatui.local 324 bob #x +nt
        b< :chatui.local 329 *
        b> JOIN #Silent
        b> PART #silent
        b*
        b> JOIN #SILENT
        b< :bob!~bob@h JOIN #SILENT
        b*",
    );
}

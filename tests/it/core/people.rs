//! Who is asked about: WHO and its fields, WHOIS, USERHOST, ISON, AWAY, and those who do not want to be seen.

use super::*;

#[test]
fn who_takes_a_mask_of_any_of_four_things() {
    script(
        "a+alice
        b+
        b> NICK bob
        b> USER rob 0 * :Bob of the Hill
        b*
        c+
        a> WHO b?b
        a< :chatui.local 352 alice * ~rob h chatui.local bob H :0 Bob of the Hill
        a< :chatui.local 315 alice b?b :*
        a> WHO ~ro*
        a< :chatui.local 352 alice * ~rob *
        a< :chatui.local 315 alice ~ro* :*
        a> WHO *Hill
        a< :chatui.local 352 alice * ~rob *
        a< :chatui.local 315 alice *Hill :*
        a> WHO h
        a< :chatui.local 352 alice * ~alice *
        a< :chatui.local 352 alice * ~rob *
        a< :chatui.local 315 alice h :*
        a> WHO 0
        a< :chatui.local 352 alice * ~alice *
        a< :chatui.local 352 alice * ~rob *
        a< :chatui.local 315 alice 0 :*
        a> WHO
        a< :chatui.local 352 alice * ~alice *
        a< :chatui.local 352 alice * ~rob *
        a< :chatui.local 315 alice * :*
        a> WHO nobody
        a< :chatui.local 315 alice nobody :*
        a> WHO #nowhere
        a< :chatui.local 315 alice #nowhere :*
        a> WHO bob o
        a< :chatui.local 315 alice bob :*",
    );
}

#[test]
fn who_is_asked_for_fields_in_any_order_and_answers_in_its_own() {
    script(
        "a+alice
        b+
        b> NICK bob
        b> USER rob 0 * :Bob Two
        b> JOIN #x
        b> AWAY :tea
        ~7
        b*
        a> WHO #x %rnuhsfcdlaoit,152
        a< :chatui.local 354 alice 152 #x ~rob h h chatui.local bob G@ 0 7 0 n/a :Bob Two
        a< :chatui.local 315 alice #x :*
        a> WHO bob %tn,1234
        a< :chatui.local 354 alice 123 bob
        a< :chatui.local 315 alice bob :*
        a> WHO bob %nt
        a< :chatui.local 354 alice * bob
        a< :chatui.local 315 alice bob :*
        a> WHO bob %cf
        a< :chatui.local 354 alice #x G@
        a< :chatui.local 315 alice bob :*",
    );
}

#[test]
fn whoever_hides_is_seen_by_those_who_share_a_channel() {
    script(
        "a+alice
        b+bob
        c+carol
        b> MODE bob +i
        b> JOIN #x
        c> JOIN #x
        b*
        c*
        a> WHO bob
        a< :chatui.local 352 alice #x ~bob *
        a< :chatui.local 315 *
        a> WHO b*
        a< :chatui.local 315 *
        c> WHO b*
        c< :chatui.local 352 carol #x ~bob h chatui.local bob H@ :0 bob
        c< :chatui.local 315 *
        b> WHO b*
        b< :chatui.local 352 bob #x ~bob *
        b< :chatui.local 315 *
        a> WHO #x
        a< :chatui.local 352 alice #x ~carol *
        a< :chatui.local 315 *
        c> WHO #x
        c< :chatui.local 352 carol #x ~bob *
        c< :chatui.local 352 carol #x ~carol *
        c< :chatui.local 315 *
        a> NAMES #x
        a< :chatui.local 353 alice = #x :carol
        a< :chatui.local 366 *
        c> NAMES #x
        c< :chatui.local 353 carol = #x :@bob carol
        c< :chatui.local 366 *
        a> WHOIS bob
        a< :chatui.local 311 alice bob *
        a< :chatui.local 312 *
        a< :chatui.local 317 *
        a< :chatui.local 318 *
        c> WHOIS bob
        c< :chatui.local 311 *
        c< :chatui.local 319 carol bob :@#x
        c*
        b> WHOIS bob
        b< :chatui.local 311 *
        b< :chatui.local 319 bob bob :@#x
        b*
        a> LUSERS
        a< :chatui.local 251 alice :There are 2 users and 1 invisible on 1 servers
        a< :chatui.local 252 *
        a< :chatui.local 253 *
        a< :chatui.local 254 alice 1 :*
        a*",
    );
}

#[test]
fn a_secret_channel_shows_nobody_in_it() {
    script(
        "a+alice
        b+bob
        b> JOIN #s,#x
        b> MODE #s +s
        b*
        a> WHO bob
        a< :chatui.local 352 alice #x *
        a< :chatui.local 315 *
        a> WHOIS bob
        a< :chatui.local 311 *
        a< :chatui.local 319 alice bob :@#x
        a*
        b> PART #x
        b*
        a> WHO bob
        a< :chatui.local 352 alice * ~bob h chatui.local bob H :0 bob
        a< :chatui.local 315 *
        b> NAMES #s
        b< :chatui.local 353 bob @ #s :@bob
        b< :chatui.local 366 *
        b> WHOIS bob
        b< :chatui.local 311 *
        b< :chatui.local 319 bob bob :@#s
        b*",
    );
}

#[test]
fn whois_tells_what_there_is_to_tell() {
    let mut stage = script(
        "a+alice
        a> WHOIS
        a< :chatui.local 431 alice :*
        a> WHOIS ,alice
        a< :chatui.local 431 alice :*",
    );
    let peer = Peer { address: "h".to_owned(), secure: true, ..Peer::default() };
    stage.input(Input::Open(ConnId(u32::from('b')), peer));
    stage.run(
        "b> NICK bob
        b> USER rob 0 * :Bob
        b> JOIN #g,#f,#e,#d,#c,#b,#a
        b> AWAY :tea
        b> PRIVMSG #a :hi
        b*
        ~9
        a> WHOIS chatui.local bob,carol
        a< :chatui.local 311 alice bob ~rob h * :Bob
        a< :chatui.local 319 alice bob :@#a @#b @#c @#d @#e @#f
        a< :chatui.local 319 alice bob :@#g
        a< :chatui.local 312 alice bob chatui.local chatui
        a< :chatui.local 671 alice bob :*
        a< :chatui.local 301 alice bob :tea
        a< :chatui.local 317 alice bob 9 1795190700 :*
        a< :chatui.local 318 alice bob :*",
    );
}

#[test]
fn userhost_and_ison_know_who_is_there() {
    script(
        "a+alice
        b+bob
        c+
        c> NICK carol
        b> AWAY :tea
        b*
        a> USERHOST alice nobody BOB
        a< :chatui.local 302 alice :alice=+~alice@h bob=-~bob@h
        a> USERHOST n n n n n alice
        a< :chatui.local 302 alice :
        a> ISON :nobody BOB carol alice
        a< :chatui.local 303 alice :bob alice
        a> ISON bob alice
        a< :chatui.local 303 alice :bob alice",
    );
}

#[test]
fn who_is_away_is_told_to_those_who_write_and_who_asked() {
    script(
        "a+alice
        b+bob
        a> JOIN #x
        a> CAP REQ away-notify
        a*
        b> AWAY :tea
        b< :chatui.local 306 bob :*
        b> JOIN #x
        b*
        a< :bob!~bob@h JOIN #x
        a< :bob!~bob@h AWAY :tea
        a> NOTICE bob :hi
        b< :alice!~alice@h NOTICE bob :hi
        a.
        a> PRIVMSG BOB :hi
        a< :chatui.local 301 alice bob :tea
        b< :alice!~alice@h PRIVMSG bob :hi
        b> AWAY
        b< :chatui.local 305 bob :*
        a< :bob!~bob@h AWAY
        b> AWAY :
        b< :chatui.local 305 bob :*
        a> PRIVMSG bob :hi
        b< :alice!~alice@h PRIVMSG bob :hi",
    );
}

#[test]
fn names_come_in_lines_that_are_as_full_as_they_can_be() {
    for length in 1..=13 {
        let channel = format!("#{}", "c".repeat(length));
        let mut stage = Stage::new(Config::default());
        let nicks: Vec<String> = (0..60).map(|n| format!("nickname{n:04}")).collect();
        for (id, nick) in (0..).zip(&nicks) {
            stage.input(Input::Open(ConnId(id), Peer { address: "h".to_owned(), ..Peer::default() }));
            stage.say(id, &format!("NICK {nick}"));
            stage.say(id, "USER user 0 * :x");
            stage.say(id, &format!("JOIN {channel}"));
            stage.heard.clear();
        }
        stage.say(0, &format!("NAMES {channel}"));
        let told = stage.heard.remove(&0).unwrap();
        let head = format!(":chatui.local 353 nickname0000 = {channel} :");
        let lists: Vec<&str> = told.iter().filter_map(|line| line.strip_prefix(&head)).collect();
        let names: Vec<&str> = lists.iter().flat_map(|list| list.split(' ')).collect();
        assert_eq!(names[0], "@nickname0000");
        assert!(names[1..].iter().eq(&nicks[1..]), "each once, whole");
        assert!(lists.len() > 1);
        for pair in lists.windows(2) {
            let next = pair[1].split(' ').next().unwrap();
            assert!(head.len() + pair[0].len() + 1 + next.len() > 510, "{next} had room: {}", pair[0]);
        }
    }
}

#[test]
fn that_a_newcomer_is_away_is_told_to_those_alone_who_asked_for_it() {
    script(
        "a+alice
        b+bob
        b> CAP REQ away-notify
        c+carol
        a> CAP REQ away-notify
        a> AWAY :at sea
        a*
        b> JOIN #x
        c> JOIN #x
        b*
        c*
        a> JOIN #x
        b< :alice!~alice@h JOIN #x
        b< :alice!~alice@h AWAY :at sea
        c< :alice!~alice@h JOIN #x
        c.
        a< :alice!~alice@h JOIN #x
        a< * 353 *
        a< * 366 *
        a.",
    );
}

#[test]
fn where_somebody_was_heard_who_goes_or_is_called_otherwise_is_kept_and_nothing_else() {
    let mut stage = script("a+alice\n a> JOIN #x,#Y\n a> PRIVMSG #x :hi\n a> NICK alix\n a*");
    stage.bytes('a', b"QUIT");
    let tags: Vec<(&str, bool)> =
        stage.kept.iter().map(|line| (line.message().command, line.tags().contains(";in=#Y,#x"))).collect();
    let expected = [("JOIN", false), ("JOIN", false), ("PRIVMSG", false), ("NICK", true), ("QUIT", true)];
    assert_eq!(tags, expected);
}

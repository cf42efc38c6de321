//! SEARCH over real sockets: read from the log beside everything else.

use super::Host;

const CAPS: &str = "batch message-tags server-time soju.im/search labeled-response draft/chathistory";

#[test]
fn what_was_said_long_ago_is_found_and_comes_in_the_order_of_the_questions() {
    let mut host = Host::start();
    let mut talker = host.user_with("talker", "echo-message");
    talker.join("#x");
    for n in 1..=300 {
        let word = if n % 100 == 50 { "needle" } else { "hay" };
        talker.send(&format!("PRIVMSG #x :{word} {n}"));
    }
    talker.hears("hay 300");
    host.restart();
    let mut reader = host.user_with("reader", CAPS);
    reader.join("#x");
    reader.send("@label=1 SEARCH text=NEEDLE;in=#x\r\nPING first\r\n@label=2 SEARCH text=hay;limit=1\r\nPART #x\r\n@label=3 SEARCH text=needle\r\nPING last");
    let mut heard = Vec::new();
    reader.until(|line| {
        heard.push(line.to_owned());
        line.contains("PONG") && line.contains("last")
    });
    let place = |part: &str| {
        heard.iter().position(|line| line.contains(part)).unwrap_or_else(|| panic!("{part}: {heard:#?}"))
    };
    assert!(heard[place("label=1")].contains("BATCH +"));
    let hits: Vec<&str> =
        heard.iter().filter_map(|line| line.split_once(" PRIVMSG #x :")).map(|(_, text)| text).collect();
    assert_eq!(hits, ["needle 50", "needle 150", "needle 250", "hay 300"], "and nothing after the PART");
    assert!(place("label=1") < place("PONG") && place("first") < place("label=2"));
    assert!(place("label=2") < place(" PART #x") && place(" PART #x") < place("label=3"));
}

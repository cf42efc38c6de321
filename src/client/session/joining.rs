//! Joining many channels in few lines.

use crate::irc::MAX_REST;

/// The lines that join these channels, each with its key if it needs one: at most so many in a line, and none longer than a
/// line may be. Those with keys come first, for a key belongs to the channel at the same place
/// ([JOIN](https://modern.ircdocs.horse/#join-message)).
pub fn join_lines(rooms: &[(&str, Option<&str>)], most: usize) -> Vec<String> {
    let keyed = rooms.iter().filter(|(_, key)| key.is_some());
    let ordered: Vec<_> = keyed.chain(rooms.iter().filter(|(_, key)| key.is_none())).collect();
    let mut lines = Vec::new();
    let (mut names, mut keys, mut count) = (String::new(), String::new(), 0);
    for (name, key) in ordered {
        let key = key.unwrap_or_default();
        let length = "JOIN  \r\n".len() + names.len() + keys.len() + name.len() + key.len() + 2;
        if count > 0 && (count >= most.max(1) || length > MAX_REST) {
            lines.push(line(&names, &keys));
            (names, keys, count) = (String::new(), String::new(), 0);
        }
        if count > 0 {
            names.push(',');
        }
        names.push_str(name);
        if !key.is_empty() {
            if !keys.is_empty() {
                keys.push(',');
            }
            keys.push_str(key);
        }
        count += 1;
    }
    if count > 0 {
        lines.push(line(&names, &keys));
    }
    lines
}

fn line(names: &str, keys: &str) -> String {
    let line = if keys.is_empty() { format!("JOIN {names}") } else { format!("JOIN {names} {keys}") };
    // What a line cannot hold is not sent, whatever the caller gives.
    line.replace(['\r', '\n', '\0'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_share_lines_and_those_with_keys_stand_in_front() {
        assert_eq!(join_lines(&[], 10), [""; 0]);
        let rooms = [("#a", None), ("#b", Some("k1")), ("#c", None), ("#d", Some("k2"))];
        assert_eq!(join_lines(&rooms, usize::MAX), ["JOIN #b,#d,#a,#c k1,k2"]);
        assert_eq!(join_lines(&rooms, 3), ["JOIN #b,#d,#a k1,k2", "JOIN #c"]);
        assert_eq!(join_lines(&rooms[..2], 1), ["JOIN #b k1", "JOIN #a"]);
        assert_eq!(join_lines(&rooms[..2], 0).len(), 2);
    }

    #[test]
    fn no_line_is_too_long_and_no_room_is_left_out() {
        let names: Vec<String> = (0..100).map(|n| format!("#{}{n}", "x".repeat(n % 60))).collect();
        let rooms: Vec<(&str, Option<&str>)> = names
            .iter()
            .enumerate()
            .map(|(n, name)| (name.as_str(), (n % 7 == 0).then_some("a-key")))
            .collect();
        let lines = join_lines(&rooms, usize::MAX);
        assert!(lines.iter().all(|line| line.len() + 2 <= MAX_REST));
        assert!(lines.len() < 10);
        let mut joined = Vec::new();
        for line in &lines {
            let mut words = line.split(' ').skip(1);
            let in_line: Vec<&str> = words.next().unwrap().split(',').collect();
            let keys = words.next().map_or(0, |keys| keys.split(',').count());
            assert!(in_line.iter().enumerate().all(|(at, name)| {
                rooms.iter().any(|(known, key)| known == name && key.is_some() == (at < keys))
            }));
            joined.extend(in_line);
        }
        assert_eq!(joined.len(), names.len());
    }
}

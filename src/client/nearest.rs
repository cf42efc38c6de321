//! What may have been meant by a name that does not exist.

/// The name that is the fewest keystrokes away from what was typed, if that is few.
pub fn nearest<'a>(typed: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    names
        .map(|name| (distance(typed, name), name))
        .min()
        .filter(|(far, name)| *far <= 2 && *far < name.len())
        .map(|(_, name)| name)
}

/// How many letters must be added, taken away, changed or exchanged with their neighbour.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().take(32).collect(), other.chars().collect());
    let mut rows = vec![(0..=other.len()).collect::<Vec<usize>>()];
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let changed = rows[i][j] + usize::from(a != b);
            let mut least = changed.min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_near_and_another_word_is_not() {
        let near = |typed| nearest(typed, ["mouse", "theme", "time"].into_iter());
        assert_eq!(
            [near("moues"), near("thme"), near("themes")],
            [Some("mouse"), Some("theme"), Some("theme")]
        );
        assert_eq!([near("colour"), near(""), near(&"m".repeat(5000))], [None; 3]);
    }
}

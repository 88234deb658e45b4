//! Renaming many things at once, in an order in which no name is taken twice.

use std::collections::HashSet;

/// The renames to make, one after the other. `taken` are the names in use, those to be renamed included.
pub(super) fn in_order(mut taken: HashSet<String>, renames: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut open: Vec<(String, String)> = renames.into_iter().filter(|(from, to)| from != to).collect();
    let mut done = Vec::new();
    let mut aside = 0;
    while !open.is_empty() {
        // A name that nobody gives up is not waited for.
        let free = open.iter().position(|(_, to)| !taken.contains(to) || open.iter().all(|(from, _)| from != to));
        let (from, to) = if let Some(position) = free {
            open.remove(position)
        } else {
            // All that are left wait for each other: one steps aside.
            let temporary = loop {
                aside += 1;
                let name = format!("ablo_aside_{aside}");
                if !taken.contains(&name) {
                    break name;
                }
            };
            let from = std::mem::replace(&mut open[0].0, temporary.clone());
            (from, temporary)
        };
        taken.remove(&from);
        taken.insert(to.clone());
        done.push((from, to));
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(taken: &[&str], renames: &[(&str, &str)]) -> Vec<String> {
        let taken = taken.iter().map(|name| (*name).to_owned()).collect();
        let renames = renames.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect();
        in_order(taken, renames).into_iter().map(|(from, to)| format!("{from}>{to}")).collect()
    }

    #[test]
    fn chains_go_from_their_end_and_cycles_step_aside() {
        assert_eq!(run(&["a", "b"], &[("a", "b"), ("b", "c")]), ["b>c", "a>b"]);
        assert_eq!(run(&["a", "b"], &[("a", "b"), ("b", "a")]), ["a>ablo_aside_1", "b>a", "ablo_aside_1>b"]);
        assert!(run(&["a"], &[("a", "a")]).is_empty());
    }
}

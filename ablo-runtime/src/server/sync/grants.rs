use std::collections::HashMap;

/// A client that has not caught up by then is told anyway.
pub const GRANT_WAIT_MS: u64 = 500;

/// Leases that a connection is told of only after it has applied the row's latest delta.
///
/// A client reads the row and its `readAt` the moment it learns of its lease; told too early it would see the row as it
/// was before the last holder wrote, and its first write would be refused as stale.
#[derive(Debug, Default)]
pub struct Grants {
    waiting: HashMap<String, (u64, u64)>,
}

impl Grants {
    /// A lease began. `needs` is the row's latest delta, `applied` the last one the client has applied. Answers whether it
    /// may be told at once.
    pub fn began(&mut self, intent: &str, needs: u64, applied: u64, now: u64) -> bool {
        if applied >= needs {
            return true;
        }
        self.waiting.insert(intent.to_owned(), (needs, now.saturating_add(GRANT_WAIT_MS)));
        false
    }

    /// The waiter gave up, or lost the lease again.
    pub fn forget(&mut self, intent: &str) {
        self.waiting.remove(intent);
    }

    /// Who may be told now.
    pub fn due(&mut self, applied: u64, now: u64) -> Vec<String> {
        let mut due: Vec<(u64, String)> = Vec::new();
        self.waiting.retain(|intent, (needs, by)| {
            let told = applied >= *needs || now >= *by;
            if told {
                due.push((*needs, intent.clone()));
            }
            !told
        });
        due.sort();
        due.into_iter().map(|(_, intent)| intent).collect()
    }

    /// Whether somebody is to be told once the client has applied more.
    #[must_use]
    pub fn is_waited_for(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// When [`Grants::due`] has something to say without another ack.
    #[must_use]
    pub fn next_due(&self) -> Option<u64> {
        self.waiting.values().map(|(_, by)| *by).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_waits_for_the_ack_or_for_half_a_second() {
        let mut grants = Grants::default();
        assert!(grants.began("a", 5, 5, 0));
        assert!(!grants.began("b", 6, 5, 0));
        assert!(!grants.began("c", 9, 5, 100));
        assert!(grants.due(5, 499).is_empty());
        assert_eq!(grants.due(6, 10), ["b"]);
        assert_eq!(grants.next_due(), Some(600));
        assert_eq!(grants.due(6, 600), ["c"]);
        assert_eq!(grants.next_due(), None);
    }

    #[test]
    fn who_gave_up_is_not_told() {
        let mut grants = Grants::default();
        grants.began("a", 5, 0, 0);
        grants.forget("a");
        assert!(grants.due(9, 9_999).is_empty());
    }
}

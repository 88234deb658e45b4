use std::collections::{HashMap, VecDeque};

/// How long the head of a bootstrap is remembered.
const REMEMBER_MS: u64 = 30_000;
/// Most credentials remembered.
const MAX_ENTRIES: usize = 20_000;
/// Most heads remembered of one credential.
const MAX_HEADS: usize = 32;

/// The heads each credential was given by its recent bootstraps.
///
/// Clients of version 0.9.0 do not tell their socket how far the bootstrap reached. What is committed between the two
/// would be lost; with this memory the socket starts where the bootstrap ended. Several clients may share a credential,
/// and which of them a bootstrap was served to is not known.
#[derive(Debug, Default)]
pub struct Bootstraps {
    heads: HashMap<String, VecDeque<(u64, u64)>>,
}

impl Bootstraps {
    /// A bootstrap that reached `head` was served to a credential.
    pub fn served(&mut self, credential: &str, head: u64, now: u64) {
        if self.heads.len() >= MAX_ENTRIES {
            self.heads.retain(|_, heads| heads.iter().any(|(_, at)| is_recent(*at, now)));
        }
        if self.heads.len() >= MAX_ENTRIES && !self.heads.contains_key(credential) {
            return;
        }
        let heads = self.heads.entry(credential.to_owned()).or_default();
        heads.retain(|(known, at)| *known != head && is_recent(*at, now));
        if heads.len() >= MAX_HEADS {
            // The first stays: whoever got it has the most to be told.
            heads.remove(1);
        }
        heads.push_back((head, now));
    }

    /// A bootstrap that reached `head` is still being taken.
    pub fn still(&mut self, credential: &str, head: u64, now: u64) {
        let heads = self.heads.get_mut(credential).into_iter().flatten();
        heads.filter(|(known, _)| *known == head).for_each(|(_, at)| *at = now);
    }

    /// How far the credential's recent bootstraps reached.
    #[must_use]
    pub fn heads_of(&self, credential: &str, now: u64) -> Vec<u64> {
        let heads = self.heads.get(credential).into_iter().flatten();
        heads.filter(|(_, at)| is_recent(*at, now)).map(|(head, _)| *head).collect()
    }
}

fn is_recent(at: u64, now: u64) -> bool {
    now.saturating_sub(at) < REMEMBER_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bootstrap_is_remembered_for_a_short_while() {
        let mut memory = Bootstraps::default();
        memory.served("cap_1", 7, 1_000);
        assert_eq!(memory.heads_of("cap_1", 1_500), [7]);
        assert!(memory.heads_of("cap_2", 1_500).is_empty());
        memory.served("cap_1", 9, 2_000);
        assert_eq!(memory.heads_of("cap_1", 2_500), [7, 9], "either may be this client's");
        assert_eq!(memory.heads_of("cap_1", 1_000 + REMEMBER_MS), [9]);
    }

    #[test]
    fn many_bootstraps_keep_the_first() {
        let mut memory = Bootstraps::default();
        (0..100).for_each(|head| memory.served("pk_1", head, 0));
        let heads = memory.heads_of("pk_1", 1);
        assert_eq!((heads.len(), heads[0], heads[31]), (MAX_HEADS, 0, 99));
    }

    #[test]
    fn a_bootstrap_that_takes_long_is_remembered_until_after_its_end() {
        let mut memory = Bootstraps::default();
        memory.served("cap_1", 7, 0);
        memory.served("cap_1", 9, 0);
        memory.still("cap_1", 7, REMEMBER_MS);
        assert_eq!(memory.heads_of("cap_1", REMEMBER_MS + 1), [7], "the other one has ended long ago");
        memory.still("cap_2", 7, 0);
        assert!(memory.heads_of("cap_2", 0).is_empty());
    }
}

use std::collections::HashMap;

/// How long the head of a bootstrap is remembered.
const REMEMBER_MS: u64 = 30_000;
/// Most credentials remembered.
const MAX_ENTRIES: usize = 20_000;

/// The head each credential was last given by a bootstrap.
///
/// Clients of version 0.9.0 do not tell their socket how far the bootstrap reached. What is committed between the two
/// would be lost; with this memory the socket starts where the bootstrap ended.
#[derive(Debug, Default)]
pub struct Bootstraps {
    heads: HashMap<String, (u64, u64)>,
}

impl Bootstraps {
    /// A bootstrap that reached `head` was served to a credential.
    pub fn served(&mut self, credential: &str, head: u64, now: u64) {
        if self.heads.len() >= MAX_ENTRIES {
            self.heads.retain(|_, (_, at)| now.saturating_sub(*at) < REMEMBER_MS);
        }
        if self.heads.len() < MAX_ENTRIES {
            self.heads.insert(credential.to_owned(), (head, now));
        }
    }

    /// How far the credential's last bootstrap reached, if it was recent.
    #[must_use]
    pub fn head_of(&self, credential: &str, now: u64) -> Option<u64> {
        self.heads.get(credential).filter(|(_, at)| now.saturating_sub(*at) < REMEMBER_MS).map(|(head, _)| *head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bootstrap_is_remembered_for_a_short_while() {
        let mut memory = Bootstraps::default();
        memory.served("cap_1", 7, 1_000);
        assert_eq!(memory.head_of("cap_1", 1_500), Some(7));
        assert_eq!(memory.head_of("cap_2", 1_500), None);
        assert_eq!(memory.head_of("cap_1", 1_000 + REMEMBER_MS), None);
    }
}

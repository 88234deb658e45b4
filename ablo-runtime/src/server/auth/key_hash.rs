use std::hash::{Hash, Hasher};

use subtle::ConstantTimeEq;

/// The hex SHA-256 of a key's text. Comparing two takes the same time wherever they differ.
#[derive(Clone, Debug, Eq)]
pub(super) struct KeyHash(String);

impl KeyHash {
    pub fn of(key: &str) -> Self {
        Self(super::sha256_hex(key))
    }

    /// A hash that was kept.
    pub fn kept(hash: String) -> Self {
        Self(hash)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PartialEq for KeyHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Hash for KeyHash {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

use ablo_schema::time::Timestamp;
use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use serde_json::Value;

/// Keys are asked for again after this long, in seconds.
const FRESH: i64 = 3_600;
/// However many tokens name unknown keys, they are asked for at most this often, in seconds.
const PAUSE: i64 = 30;

/// An issuer's keys as last heard of.
#[derive(Debug, Default)]
pub(super) struct Ring {
    keys: Vec<Jwk>,
    /// When they were asked for last, whatever came of it.
    asked: Option<Timestamp>,
    /// When they were got last.
    got: Option<Timestamp>,
}

impl Ring {
    /// Keys that never change.
    pub fn fixed(keys: Vec<Jwk>) -> Self {
        Self { keys, asked: None, got: None }
    }

    /// The key a token was signed with. A token that names none is tried only where there is just one.
    pub fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<&Jwk> {
        let mut usable = self.keys.iter().filter(|key| fits(key, algorithm));
        match id {
            Some(id) => usable.find(|key| key.common.key_id.as_deref() == Some(id)),
            None => usable.next().filter(|_| usable.next().is_none()),
        }
    }

    /// Whether the keys should be asked for before the token is judged.
    pub fn wants(&self, is_known: bool, now: Timestamp) -> bool {
        let since = |at: Option<Timestamp>| at.map_or(i64::MAX, |at| now.as_second().saturating_sub(at.as_second()));
        (!is_known || since(self.got) >= FRESH) && since(self.asked) >= PAUSE
    }

    /// They are asked for now.
    pub fn ask(&mut self, now: Timestamp) {
        self.asked = Some(now);
    }

    /// What the issuer said. Something that is no key set changes nothing.
    pub fn got(&mut self, text: &str, now: Timestamp) {
        if let Some(keys) = read_keys(text) {
            self.keys = keys;
            self.got = Some(now);
        }
    }
}

/// The keys of a set that this server can use; `None` when it is no set.
pub(super) fn read_keys(text: &str) -> Option<Vec<Jwk>> {
    let mut set: Value = serde_json::from_str(text).ok()?;
    let keys = set.get_mut("keys")?.as_array_mut()?;
    // A set may have keys of kinds that are not known here.
    let keys = keys.drain(..).filter_map(|key| serde_json::from_value(key).ok());
    Some(keys.filter(|key| algorithm_of(key).is_some()).collect())
}

/// The one algorithm a key is good for. What the token says about it is never believed.
fn algorithm_of(key: &Jwk) -> Option<(Algorithm, KeyAlgorithm)> {
    match &key.algorithm {
        // At least 2048 bits.
        AlgorithmParameters::RSA(rsa) if rsa.n.trim_end_matches('=').len() >= 342 => {
            Some((Algorithm::RS256, KeyAlgorithm::RS256))
        }
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            Some((Algorithm::ES256, KeyAlgorithm::ES256))
        }
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            Some((Algorithm::EdDSA, KeyAlgorithm::EdDSA))
        }
        _ => None,
    }
}

fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let common = &key.common;
    algorithm_of(key)
        .is_some_and(|(own, named)| own == algorithm && common.key_algorithm.is_none_or(|only| only == named))
        && common.public_key_use.as_ref().is_none_or(|only| *only == PublicKeyUse::Signature)
        && common.key_operations.as_ref().is_none_or(|allowed| allowed.contains(&KeyOperations::Verify))
}

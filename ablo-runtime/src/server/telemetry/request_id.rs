use std::fmt;
use std::sync::Arc;

use crate::server::auth::random_id;

/// Names a request, in its answer and in the logs: at most 128 letters, digits and `-_.`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

/// Longest id that is taken from a caller.
const LONGEST: usize = 128;

impl RequestId {
    /// The id a caller gave its request; `None` when it cannot go into a log as it is.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        ((1..=LONGEST).contains(&text.len()) && text.bytes().all(harmless)).then(|| Self(text.into()))
    }

    /// A new one.
    #[must_use]
    pub fn random() -> Self {
        Self(random_id("req").map_or_else(|_| "req_unknown".into(), Into::into))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of a frame of the socket this request opened: whoever looks for either finds both.
    #[must_use]
    pub fn frame(&self, number: u64) -> String {
        format!("{}.{number}", self.0)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_no_log_stumbles_over_is_taken() {
        let longest = "x".repeat(LONGEST);
        for good in ["a", "req_0af7", "A-b.C_9", &longest] {
            assert_eq!(RequestId::parse(good).map(|id| id.to_string()).as_deref(), Some(good));
        }
        for bad in ["", "a b", "a\n", "ä", "a\"b", "{}", "a/b", &format!("{longest}x")] {
            assert_eq!(RequestId::parse(bad), None, "{bad}");
        }
        assert!(RequestId::parse(RequestId::random().as_str()).is_some());
        assert_ne!(RequestId::random(), RequestId::random());
    }
}

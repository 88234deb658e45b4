use std::{
    cmp::Ordering,
    fmt,
    hash::{BuildHasher, Hash, Hasher, RandomState},
    marker::PhantomData,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The id of a row of `M`. Ids are text; [`Id::new`] makes a time-ordered UUID, and any non-empty text is allowed.
pub struct Id<M: ?Sized> {
    text: String,
    model: PhantomData<fn() -> M>,
}

impl<M: ?Sized> Id<M> {
    /// A fresh UUIDv7: ids made later by one process sort later.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "two defaults would differ")]
    pub fn new() -> Self {
        Self::from_text(uuid_v7().to_string())
    }

    fn from_text(text: String) -> Self {
        Self { text, model: PhantomData }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The id as owned text.
    #[must_use]
    pub fn into_string(self) -> String {
        self.text
    }
}

/// Time to the millisecond, then a counter, then bits of a randomly keyed hash: unique without a random source of ours.
fn uuid_v7() -> uuid::Uuid {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    thread_local! { static KEYS: RandomState = RandomState::new(); }
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let millis = u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX);
    let count = COUNTER.fetch_add(1, Relaxed);
    let random = KEYS.with(|keys| keys.hash_one((count, since_epoch.as_nanos())));
    // Sub-millisecond time first, so that ids of one millisecond still sort by creation.
    let nanos = (since_epoch.subsec_nanos() % 1_000_000) as u64;
    let mut bytes = [0; 10];
    bytes[..2].copy_from_slice(&((nanos * 4096 / 1_000_000) as u16).to_be_bytes());
    bytes[2..].copy_from_slice(&random.to_be_bytes());
    uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
}

impl<M: ?Sized> From<String> for Id<M> {
    fn from(text: String) -> Self {
        Self::from_text(text)
    }
}

impl<M: ?Sized> From<&str> for Id<M> {
    fn from(text: &str) -> Self {
        Self::from_text(text.to_owned())
    }
}

impl<M: ?Sized> From<&Id<M>> for Id<M> {
    fn from(id: &Id<M>) -> Self {
        id.clone()
    }
}

impl<M: ?Sized> AsRef<str> for Id<M> {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl<M: ?Sized> Clone for Id<M> {
    fn clone(&self) -> Self {
        Self::from_text(self.text.clone())
    }
}

impl<M: ?Sized> fmt::Debug for Id<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl<M: ?Sized> fmt::Display for Id<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<M: ?Sized> PartialEq for Id<M> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<M: ?Sized> Eq for Id<M> {}

impl<M: ?Sized> PartialOrd for Id<M> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<M: ?Sized> Ord for Id<M> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl<M: ?Sized> Hash for Id<M> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl<M: ?Sized> Serialize for Id<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de, M: ?Sized> Deserialize<'de> for Id<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from_text)
    }
}

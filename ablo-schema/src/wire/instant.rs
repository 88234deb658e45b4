//! Instants as JavaScript writes them: every one with three digits of a second at least, so that texts sort as instants do.

use jiff::Timestamp;
use serde::{Serialize, Serializer};

/// One that is written so.
pub(super) struct Instant(pub Timestamp);

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(&self.0, serializer)
    }
}

/// Writes an instant.
pub(super) fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    match time.subsec_nanosecond() % 1_000_000 {
        0 => serializer.collect_str(&format_args!("{time:.3}")),
        _ => serializer.collect_str(time),
    }
}

/// Writes an instant, or null.
pub(super) fn serialize_any<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serialize(time, serializer),
        None => serializer.serialize_none(),
    }
}

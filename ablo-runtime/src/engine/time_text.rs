//! Instants as text. One instant has one text, so that texts compare equal exactly when the instants do.

use ablo_schema::time::Timestamp;
use ablo_schema::time::civil::{Date, Time};
use ablo_schema::time::tz::Offset;

/// The canonical text: UTC, milliseconds as JavaScript writes them, microseconds when there are any. Anything finer is
/// cut off: the coarsest store keeps microseconds, and all stores answer alike.
pub(crate) fn canonical(time: Timestamp) -> String {
    if time.subsec_nanosecond().rem_euclid(1_000_000) / 1_000 == 0 {
        format!("{time:.3}")
    } else {
        format!("{time:.6}")
    }
}

/// Reads ISO-8601 text of the years 0000 to 9999. A day alone is its midnight in UTC, as JavaScript reads it.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    // A sign would be an expanded year, which does not sort as text.
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let day = || Offset::UTC.to_timestamp(text.parse::<Date>().ok()?.to_datetime(Time::midnight())).ok();
    if text.len() == "2026-11-22".len() { day() } else { text.parse().ok() }
}

/// A key that sorts canonical texts by time: a shorter fraction is followed by nothing rather than by `Z`.
pub(crate) fn sort_key(canonical: &str) -> &str {
    canonical.strip_suffix('Z').unwrap_or(canonical)
}

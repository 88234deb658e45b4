//! Field types that other crates define.

#[cfg(any(feature = "chrono", feature = "time"))]
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

use super::{AbloField, TypeSpec};
use crate::ir::{FieldType, StringFormat};

macro_rules! through_text {
    ($($ty:ty, $spec:expr, $what:literal;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl AbloField for $ty {
            const SPEC: TypeSpec = $spec;

            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }

            fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(|_| D::Error::custom(format_args!("`{text}` is not {}", $what)))
            }
        }
    )*};
}

through_text! {
    jiff::Timestamp, TypeSpec::new(FieldType::Date), "an ISO-8601 instant such as 2026-01-31T12:00:00Z";
    jiff::civil::Date, TypeSpec::string(StringFormat::CivilDate), "a date such as 2026-01-31";
    uuid::Uuid, TypeSpec::string(StringFormat::Uuid), "a UUID";
}

/// A type whose text is made and read by functions of its crate.
#[cfg(any(feature = "chrono", feature = "time"))]
macro_rules! through_functions {
    ($($ty:ty, $spec:expr, $what:literal, $write:expr, $read:expr;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl AbloField for $ty {
            const SPEC: TypeSpec = $spec;

            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let text = ($write)(self).ok_or_else(|| S::Error::custom(format_args!("this is not {}", $what)))?;
                serializer.serialize_str(&text)
            }

            fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                ($read)(&text).ok_or_else(|| D::Error::custom(format_args!("`{text}` is not {}", $what)))
            }
        }
    )*};
}

#[cfg(feature = "chrono")]
through_functions! {
    chrono::DateTime<chrono::Utc>, TypeSpec::new(FieldType::Date), "an ISO-8601 instant such as 2026-01-31T12:00:00Z",
        |at: &Self| Some(at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)),
        |text: &str| Some(chrono::DateTime::parse_from_rfc3339(text).ok()?.to_utc());
    chrono::NaiveDate, TypeSpec::string(StringFormat::CivilDate), "a date such as 2026-01-31",
        |day: &Self| Some(day.to_string()),
        |text: &str| text.parse().ok();
}

#[cfg(feature = "time")]
through_functions! {
    ::time::OffsetDateTime, TypeSpec::new(FieldType::Date), "an ISO-8601 instant such as 2026-01-31T12:00:00Z",
        |at: &Self| at.to_offset(::time::UtcOffset::UTC).format(&::time::format_description::well_known::Rfc3339).ok(),
        |text: &str| Self::parse(text, &::time::format_description::well_known::Rfc3339).ok();
    ::time::Date, TypeSpec::string(StringFormat::CivilDate), "a date such as 2026-01-31",
        |day: &Self| day.format(&::time::format_description::well_known::Iso8601::DATE).ok(),
        |text: &str| Self::parse(text, &::time::format_description::well_known::Iso8601::DATE).ok();
}

#[cfg(feature = "decimal")]
through_text! {
    rust_decimal::Decimal, TypeSpec::string(StringFormat::Decimal), "a decimal number such as 12.50";
}

//! How bodies are read, and the places where peers are allowed to be sloppy.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
};
use serde_json::Number;

use super::{
    ids::{Group, SyncId},
    json::JsonText,
};
use crate::error::{AbloError, Code};

/// Reads a body.
///
/// # Errors
/// `invalid_json` when it is not JSON, `invalid_body` when it is of another shape; the message says where.
pub fn decode<'de, T: Deserialize<'de>>(json: &'de str) -> Result<T, AbloError> {
    serde_json::from_str(json).map_err(|error| {
        let code = if error.is_data() { Code::InvalidBody } else { Code::InvalidJson };
        AbloError::new(code, format!("{}: {}", code.message(), words(&error)))
    })
}

/// What is wrong with a body, without the names that its parts have here.
fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.split_once("expected struct ") {
        Some((before, rest)) => {
            let after = rest.trim_start_matches(char::is_alphanumeric);
            format!("{before}expected an object{after}")
        }
        None => text,
    }
}

/// A position a client claims to know: anything that is not a positive whole number knows nothing.
pub(super) fn sync_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SyncId>, D::Error> {
    Ok(Option::<Number>::deserialize(deserializer)?.map(|number| SyncId(number.as_u64().unwrap_or(0))))
}

/// An amount that may come with a fraction, as clients compute it; rounded up.
pub(super) fn amount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let Some(number) = Option::<Number>::deserialize(deserializer)? else { return Ok(None) };
    let rounded = number.as_f64().map(f64::ceil).filter(|amount| *amount >= 0.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is positive, and may stop at the largest"
    )]
    let amount = number.as_u64().or_else(|| rounded.map(|amount| amount as u64));
    amount.map(Some).ok_or_else(|| D::Error::custom("an amount is not below zero"))
}

/// The same, nothing being zero.
pub(super) fn amount_or_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    amount(deserializer).map(Option::unwrap_or_default)
}

/// Row data: JSON, or a string holding JSON.
pub(super) fn data<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<JsonText>, D::Error> {
    Ok(Option::<JsonText>::deserialize(deserializer)?.and_then(JsonText::unwrapped))
}

/// Groups a peer names; what is not a group is passed over.
pub(super) fn groups<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Group>, D::Error> {
    let named = Option::<Vec<Named>>::deserialize(deserializer)?.unwrap_or_default();
    Ok(named.into_iter().filter_map(|Named(group)| group).collect())
}

/// The group a text names, if it does, straight from the text.
struct Named(Option<Group>);

impl<'de> Deserialize<'de> for Named {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Named;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E>(self, text: &str) -> Result<Named, E> {
                Ok(Named(Group::named(text)))
            }
        }

        deserializer.deserialize_str(Text)
    }
}

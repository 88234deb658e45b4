//! Reading, level by level: serde_json finds where each value ends, so no feature of it can change what is read.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{Json, JsonError};

/// Deeper text is refused: nothing real nests further, and reading costs its depth times its length.
const MAX_DEPTH: usize = 64;

impl Json {
    /// Reads JSON text.
    ///
    /// # Errors
    /// When it is not JSON, an object repeats a member, a number is beyond a double, or it nests beyond 64 levels.
    pub fn parse(text: &str) -> Result<Self, JsonError> {
        value(serde_json::from_str::<&RawValue>(text).map_err(error)?, 0)
    }
}

fn value(raw: &RawValue, depth: usize) -> Result<Json, JsonError> {
    if depth > MAX_DEPTH {
        return Err(JsonError { message: format!("nested deeper than {MAX_DEPTH} levels") });
    }
    let text = raw.get();
    Ok(match text.as_bytes().first() {
        Some(b'{') => Json::Object(
            read::<Members<'_>>(text)?
                .0
                .into_iter()
                .map(|(name, raw)| Ok((name, value(raw, depth + 1)?)))
                .collect::<Result<_, JsonError>>()?,
        ),
        Some(b'[') => Json::Array(
            read::<Vec<&RawValue>>(text)?.into_iter().map(|raw| value(raw, depth + 1)).collect::<Result<_, _>>()?,
        ),
        Some(b'"') => Json::String(read(text)?),
        Some(b't' | b'f') => Json::Bool(read(text)?),
        Some(b'n') => Json::Null,
        _ if text.parse::<f64>().is_ok_and(f64::is_finite) => Json::Number(text.to_owned()),
        _ => return Err(JsonError { message: format!("the number {text} is beyond what a double carries") }),
    })
}

fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, JsonError> {
    serde_json::from_str(text).map_err(error)
}

fn error(error: serde_json::Error) -> JsonError {
    JsonError { message: error.to_string() }
}

/// An object's members in order, their values unread.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut seen = std::collections::HashSet::new();
        let mut members = Vec::new();
        while let Some((name, raw)) = map.next_entry::<String, &RawValue>()? {
            if !seen.insert(name.clone()) {
                return Err(A::Error::custom(format_args!("the member `{name}` is given twice")));
            }
            members.push((name, raw));
        }
        Ok(Members(members))
    }
}

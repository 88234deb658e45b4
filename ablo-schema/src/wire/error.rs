//! Errors as they travel: the HTTP envelope, and the smaller object inside WebSocket frames.

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value};

use crate::error::{AbloError, Code, ErrorCode, ErrorParts};

/// The body of a failed HTTP request.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorEnvelope {
    /// The failure; its details are members of the body itself.
    pub error: AbloError,
    /// Where to read more.
    pub doc_url: Option<String>,
    /// The request, to find it in the server's logs.
    pub request_id: Option<String>,
}

impl From<AbloError> for ErrorEnvelope {
    fn from(error: AbloError) -> Self {
        Self { error, doc_url: None, request_id: None }
    }
}

/// Members that are not details, in either form.
const RESERVED: [&str; 10] =
    ["type", "code", "param", "field", "message", "doc_url", "request_id", "problems", "error", "reason"];

fn details(error: &AbloError) -> impl Iterator<Item = (&String, &Value)> {
    error.details.iter().filter(|(name, _)| !RESERVED.contains(&name.as_str()))
}

impl Serialize for ErrorEnvelope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("type", self.error.code.error_type().as_str())?;
        members.serialize_entry("code", &self.error.code)?;
        if let Some(param) = &self.error.param {
            members.serialize_entry("param", param)?;
        }
        members.serialize_entry("message", &self.error.message)?;
        if let Some(doc_url) = &self.doc_url {
            members.serialize_entry("doc_url", doc_url)?;
        }
        if let Some(request_id) = &self.request_id {
            members.serialize_entry("request_id", request_id)?;
        }
        if !self.error.problems.is_empty() {
            members.serialize_entry("problems", &self.error.problems)?;
        }
        for (name, value) in details(&self.error) {
            members.serialize_entry(name, value)?;
        }
        members.end()
    }
}

impl ErrorEnvelope {
    /// Reads the body of a failed request, whatever it is: our envelope, an error nested under `error`, a bare text.
    #[must_use]
    pub fn decode(status: u16, body: &str) -> Self {
        let Ok(Value::Object(mut body)) = serde_json::from_str(body) else {
            let error = AbloError::new(unnamed(status), body.trim()).with_status(status);
            return Self::from(error);
        };
        let doc_url = text(body.remove("doc_url"));
        let request_id = text(body.remove("request_id"));
        let error =
            from_members(body).unwrap_or_else(|body| AbloError::new(unnamed(status), Value::Object(body).to_string()));
        // A body without a code we could read still fails with the status it came with.
        let error = if error.code.known().and_then(Code::http_status) == Some(status) {
            error
        } else {
            error.with_status(status)
        };
        Self { error, doc_url, request_id }
    }
}

/// The code of a failure that names none.
fn unnamed(status: u16) -> ErrorCode {
    ErrorCode::Other(format!("http_{status}"))
}

fn text(value: Option<Value>) -> Option<String> {
    match value {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

/// The failure these members describe; the members back when they describe none.
fn from_members(mut members: Map<String, Value>) -> Result<AbloError, Map<String, Value>> {
    let nested = members.remove("error");
    let reason = text(members.remove("reason"));
    let (mut inner, flat) = match nested {
        Some(Value::Object(inner)) => (inner, None),
        Some(Value::String(flat)) => (Map::new(), Some(flat)),
        _ => (Map::new(), None),
    };
    let code = text(members.remove("code")).or_else(|| text(inner.remove("code"))).or_else(|| flat.clone());
    let message = text(inner.remove("message"))
        .or(reason)
        .or_else(|| text(members.remove("message")))
        .or(flat)
        .or_else(|| code.clone());
    let (Some(code), Some(message)) = (code, message) else {
        members.extend(inner);
        return Err(members);
    };
    let param = text(members.remove("param")).or_else(|| text(members.remove("field")));
    let problems = members.remove("problems").and_then(|problems| serde_json::from_value(problems).ok());
    members.remove("message");
    members.remove("type");
    for (name, value) in inner {
        members.entry(name).or_insert(value);
    }
    Ok(AbloError::from(ErrorParts {
        code: ErrorCode::from(code.as_str()),
        message,
        status: None,
        param,
        problems: problems.unwrap_or_default(),
        details: members,
    }))
}

/// An error inside a frame: `{code, message, field?, …details}`.
pub(super) mod in_frame {
    use super::*;

    pub fn serialize<S: Serializer>(error: &Option<AbloError>, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(error) = error else { return serializer.serialize_none() };
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("code", &error.code)?;
        members.serialize_entry("message", &error.message)?;
        if let Some(param) = &error.param {
            members.serialize_entry("field", param)?;
        }
        if !error.problems.is_empty() {
            members.serialize_entry("problems", &error.problems)?;
        }
        for (name, value) in details(error) {
            members.serialize_entry(name, value)?;
        }
        members.end()
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<AbloError>, D::Error> {
        Ok(match Value::deserialize(deserializer)? {
            Value::Null => None,
            Value::String(message) => Some(named_by(message)),
            Value::Object(members) => Some(
                from_members(members)
                    .unwrap_or_else(|members| AbloError::new(Code::CommitFailed, Value::Object(members).to_string())),
            ),
            other => Some(AbloError::new(Code::CommitFailed, other.to_string())),
        })
    }

    /// A text alone is the code if it is one, and the message otherwise.
    fn named_by(text: String) -> AbloError {
        match ErrorCode::from(text.as_str()) {
            ErrorCode::Other(_) => AbloError::new(Code::CommitFailed, text),
            code => AbloError::new(code, text),
        }
    }
}

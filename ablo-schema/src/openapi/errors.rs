use super::{component, operation};
use crate::{
    error::{Category, Code, Surface},
    json::Json,
};

/// The statuses failures answer with.
const STATUSES: [(u16, &str); 9] = [
    (400, "The request is not well-formed, or a value does not fit."),
    (401, "There is no credential, or it is not valid."),
    (403, "The credential does not allow this."),
    (404, "There is no such row or route."),
    (409, "The row is claimed, or changed since it was read, or a key was used before."),
    (413, "The body is too large."),
    (429, "Too many requests; `retryAfterSeconds` says when to try again."),
    (500, "The server failed; the request may be repeated with the same idempotency key."),
    (503, "The server has more work than it can take; try again with some delay."),
];

/// Codes that the routes of the document answer with.
fn codes() -> impl Iterator<Item = Code> {
    let elsewhere = |code: &Code| matches!(code.category(), Category::Schema | Category::Bootstrap | Category::Client);
    Code::ALL.iter().copied().filter(move |code| code.surface() == Surface::Wire && !elsewhere(code))
}

/// The schema of error codes: the registered ones, and the application's own.
pub(super) fn code_schema() -> Json {
    let registered = Json::object([("type", Json::from("string")), ("enum", Json::strings(codes().map(Code::as_str)))]);
    let policies = Json::object([("type", Json::from("string")), ("pattern", Json::from("^policy:"))]);
    Json::object([
        ("description", Json::from("Stable: act on it, not on the message. `policy:…` are the application's own.")),
        ("anyOf", Json::Array(vec![registered, policies])),
    ])
}

/// The failures, by status.
pub(super) fn responses() -> Vec<(String, Json)> {
    let response = |(status, description): (u16, &str)| {
        let mut text = format!("{description}\n\n| code | meaning | retry |\n|---|---|---|\n");
        for code in codes().filter(|code| code.http_status() == Some(status)) {
            let retry = if code.retryable() { "yes" } else { "no" };
            text.push_str(&format!("| `{code}` | {} | {retry} |\n", code.message()));
        }
        let mut members = vec![("description".to_owned(), Json::from(text))];
        members.push(("headers".to_owned(), operation::headers()));
        members.push(("content".to_owned(), operation::content(component("schemas", "AbloError"))));
        (name(&status.to_string()), Json::Object(members))
    };
    STATUSES.into_iter().map(response).collect()
}

/// The component of a failure's status.
pub(super) fn name(status: &str) -> String {
    format!("AbloError{status}")
}

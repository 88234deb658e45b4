use super::{component, errors};
use crate::json::Json;

/// The headers of every answer.
pub(super) fn headers() -> Json {
    Json::object([
        ("x-request-id", component("headers", "AbloRequestId")),
        ("Ablo-Version", component("headers", "AbloVersion")),
    ])
}

/// A body of this schema.
pub(super) fn content(schema: Json) -> Json {
    Json::object([("application/json", Json::object([("schema", schema)]))])
}

/// What an operation answers: with one schema, perhaps by waiting in line, or with a failure.
pub(super) struct Answers<'a> {
    pub(super) status: &'a str,
    pub(super) description: &'a str,
    pub(super) schema: &'a str,
    pub(super) waits: bool,
    pub(super) fails: &'a [&'a str],
}

impl Answers<'_> {
    pub(super) fn responses(&self) -> Json {
        let answer = |description: &str, schema: &str| {
            Json::object([
                ("description", Json::from(description)),
                ("headers", headers()),
                ("content", content(component("schemas", schema))),
            ])
        };
        let mut responses = vec![(self.status.to_owned(), answer(self.description, self.schema))];
        if self.waits {
            responses.push(("202".to_owned(), answer("The claim waits in line", "AbloIntentWaiting")));
        }
        for status in self.fails {
            responses.push(((*status).to_owned(), component("responses", &errors::name(status))));
        }
        Json::Object(responses)
    }
}

/// A path of `shared.json` with the answers that its `x-` members stand for.
pub(super) fn completed(item: Json) -> Json {
    let Json::Object(operations) = item else { return item };
    Json::Object(operations.into_iter().map(|(method, operation)| (method, with_answers(operation))).collect())
}

fn with_answers(operation: Json) -> Json {
    let texts = |name: &str| match operation.get(name) {
        Some(Json::Array(items)) => items.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    let (answer, fails) = (texts("x-answer"), texts("x-fails"));
    let [status, description, schema] = answer.as_slice() else { return operation };
    let fails: Vec<&str> = fails.iter().map(String::as_str).collect();
    let responses =
        Answers { status, description, schema, waits: operation.get("x-waits").is_some(), fails: &fails }.responses();
    let Json::Object(members) = operation else { return operation };
    let mut members: Vec<_> = members.into_iter().filter(|(name, _)| !name.starts_with("x-")).collect();
    members.push(("responses".to_owned(), responses));
    Json::Object(members)
}

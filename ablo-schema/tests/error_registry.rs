//! The registry against a copy of the protocol's own list: none missing, every fact equal.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::HashSet;

use ablo_schema::error::{AbloError, Code, ErrorCode, ErrorType, Problem, Recovery};
use ablo_schema::wire::ErrorEnvelope;
use serde_json::{Value, json};

fn registry() -> Value {
    serde_json::from_str(include_str!("data/errors.json")).unwrap()
}

#[test]
fn every_fact_of_every_registered_code_is_equal() {
    let registry = registry();
    let codes = registry["codes"].as_array().unwrap();
    assert_eq!(codes.len(), 204);
    for expected in codes {
        let text = expected["code"].as_str().unwrap();
        let code: Code = text.parse().unwrap_or_else(|_| panic!("{text} is missing"));
        let actual = json!({
            "code": code.as_str(),
            "category": code.category().as_str(),
            "surface": code.surface().as_str(),
            "httpStatus": code.http_status(),
            "retryable": code.retryable(),
            "recovery": code.recovery().as_str(),
            "type": code.error_type().as_str(),
        });
        assert_eq!(&actual, expected);
        assert!(!code.is_ours(), "{text}");
    }
    let theirs = Code::ALL.iter().filter(|code| !code.is_ours());
    assert_eq!(theirs.count(), 204);
    let wire = Code::ALL.iter().filter(|code| !code.is_ours() && code.http_status().is_some());
    assert_eq!(Some(wire.count() as u64), registry["wireCount"].as_u64());
}

#[test]
fn types_have_the_registry_s_statuses() {
    let registry = registry();
    let statuses = registry["typeToHttpStatus"].as_object().unwrap();
    let types = [
        ErrorType::Authentication,
        ErrorType::Permission,
        ErrorType::Validation,
        ErrorType::RateLimit,
        ErrorType::Idempotency,
        ErrorType::StaleContext,
        ErrorType::Claimed,
        ErrorType::Connection,
        ErrorType::Server,
        ErrorType::Other,
    ];
    assert_eq!(types.len(), statuses.len());
    for ty in types {
        assert_eq!(statuses[ty.as_str()], ty.http_status());
    }
    let recoveries: HashSet<_> = Code::ALL.iter().map(|code| code.recovery().as_str()).collect();
    for class in registry["recoveryClasses"].as_array().unwrap() {
        assert!(recoveries.contains(class.as_str().unwrap()), "{class}");
    }
}

#[test]
fn every_code_has_its_own_words_and_says_what_to_do() {
    let mut explanations = HashSet::new();
    let mut texts = HashSet::new();
    for code in Code::ALL {
        assert!(texts.insert(code.as_str()), "{code} is there twice");
        assert_eq!(code.as_str().parse(), Ok(*code));
        assert!(code.message().contains("; "), "{code} does not say what to do: {}", code.message());
        assert!(!code.message().ends_with('.'), "{code}");
        assert!(code.explanation().ends_with('.'), "{code}");
        assert_ne!(code.explanation(), code.message());
        explanations.insert(code.explanation());
    }
    // A few client-side codes are twins that differ only by the component that raises them.
    assert!(explanations.len() > Code::ALL.len() - 12, "{}", explanations.len());
}

#[test]
fn unregistered_codes_are_final_and_policies_keep_their_reason() {
    let policy = ErrorCode::from("policy:too_risky");
    assert_eq!(policy, ErrorCode::policy("too_risky"));
    assert_eq!(policy.as_str(), "policy:too_risky");
    for code in [policy, ErrorCode::from("brand_new")] {
        assert!(!code.retryable());
        assert_eq!(code.recovery(), Recovery::None);
        assert_eq!(code.known(), None);
    }
    assert_eq!(ErrorCode::from("stale_context"), ErrorCode::Known(Code::StaleContext));
    assert_eq!(ErrorCode::policy("x").status(), 409);
    assert_eq!(ErrorCode::from("brand_new").status(), 500);
}

#[test]
fn several_problems_make_one_error_with_the_code_of_the_first() {
    assert!(AbloError::check(Vec::new()).is_ok());
    let problems = vec![
        Problem::new(Code::SchemaFieldNotCamelcase, "models.a.fields.Title", "write title"),
        Problem::new(Code::SchemaTableDuplicate, "models.b", "choose another table"),
    ];
    let error = AbloError::check(problems.clone()).unwrap_err();
    assert!(error.is(Code::SchemaFieldNotCamelcase));
    assert_eq!(error.problems, problems);
    assert_eq!(error.param.as_deref(), Some("models.a.fields.Title"));
    assert!(error.message.contains("1 more"), "{error}");
    let body = serde_json::to_value(ErrorEnvelope::from(error)).unwrap();
    assert_eq!(body["problems"][1]["code"], "schema_table_duplicate");
}

#[test]
fn an_envelope_spreads_details_and_reads_back() {
    let error = AbloError::new(Code::StaleContext, "tasks/t1 changed; read it again")
        .param("tasks.title")
        .detail("readAt", 5)
        .detail("conflicts", json!([{ "model": "tasks", "id": "t1", "observedSyncId": 9 }]));
    assert_eq!((error.status(), error.retryable()), (409, true));
    let envelope = ErrorEnvelope { error, doc_url: None, request_id: Some("req_1".into()) };
    let text = serde_json::to_string(&envelope).unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&text).unwrap(),
        json!({
            "type": "AbloStaleContextError", "code": "stale_context", "param": "tasks.title",
            "message": "tasks/t1 changed; read it again", "request_id": "req_1", "readAt": 5,
            "conflicts": [{ "model": "tasks", "id": "t1", "observedSyncId": 9 }],
        })
    );
    assert_eq!(ErrorEnvelope::decode(409, &text), envelope);
}

#[test]
fn a_detail_never_replaces_a_member_of_the_envelope() {
    let error = AbloError::new(Code::Forbidden, "no; ask").detail("code", "other").detail("type", "other");
    let body = serde_json::to_value(ErrorEnvelope::from(error)).unwrap();
    assert_eq!(body["code"], "forbidden");
    assert_eq!(body["type"], "AbloPermissionError");
}

#[test]
fn any_failed_body_reads_as_an_error() {
    let read = |status, body: &str| ErrorEnvelope::decode(status, body).error;
    let nested =
        read(500, r#"{"error":{"code":"internal_error","message":"nested","requiredCapability":{"scope":"x"}}}"#);
    assert!(nested.is(Code::InternalError));
    assert_eq!(nested.message, "nested");
    assert_eq!(nested.details["requiredCapability"]["scope"], "x");
    let flat = read(418, r#"{"error":"weird","reason":"flat reason"}"#);
    assert_eq!((flat.code.as_str(), flat.message.as_str(), flat.status()), ("weird", "flat reason", 418));
    let plain = read(400, "plain text");
    assert_eq!((plain.code.as_str(), plain.message.as_str(), plain.status()), ("http_400", "plain text", 400));
    assert_eq!(read(502, "").code.as_str(), "http_502");
    assert_eq!(read(400, r#"{"foo":1}"#).message, r#"{"foo":1}"#);
    // The status of the answer wins over the code's own.
    assert_eq!(read(404, r#"{"code":"stale_context","message":"m"}"#).status(), 404);
}

//! Section 9: how a failure is told.

use ablo_schema::error::Code;
use serde_json::json;

use super::Api;

/// 9.1: A failure is an envelope: type, code, message, a place to read more, the request's id, and details beside them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_is_an_envelope() {
    let api = Api::start().await;
    let wrong = json!({ "data": { "title": 1, "status": "nope", "nope": 1 } });
    let answer = api.write("POST", "/api/v1/models/tasks", wrong).await.is(400);
    for member in ["type", "code", "message", "doc_url", "request_id", "param"] {
        assert!(answer.body[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {}", answer.text);
    }
    assert_eq!(answer.header("x-request-id"), answer.body["request_id"].as_str());
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert!(answer.body["doc_url"].as_str().unwrap().ends_with(&format!("#{}", answer.code())), "{}", answer.text);
    assert!(answer.body["problems"].as_array().unwrap().len() >= 3, "every problem at once: {}", answer.text);
}

/// 9.1: The type follows from the status, the status from the code.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn type_and_status_follow_from_the_code() {
    let api = Api::start().await;
    api.row("tasks", "t1", json!({ "title": "one" })).await;
    let user =
        api.session(json!({ "participantKind": "user", "participantId": "u", "operations": ["tasks.read"] })).await;
    let holder = api.session(json!({ "participantKind": "user", "participantId": "holder" })).await;
    api.post("/api/v1/models/tasks/t1/claim", &json!({})).token(&holder).await.is(201);
    let title = json!({ "data": { "title": "x" } });
    api.keyed("POST", "/api/v1/models/tasks", "used", json!({ "id": "t2", "data": { "title": "a" } })).await.is(200);
    let last = api.write("PATCH", "/api/v1/models/tasks/t2", title.clone()).await.is(200).body["lastSyncId"].clone();
    assert!(last.as_u64().unwrap() > 1);
    let stale = json!({ "data": { "title": "y" }, "readAt": 1, "onStale": "reject" });
    let other = json!({ "id": "t3", "data": { "title": "b" } });
    let table = [
        (api.get("/api/auth/identity").token("nope"), 401, "apikey_invalid", "AbloAuthenticationError"),
        (
            api.write("PATCH", "/api/v1/models/tasks/t1", title.clone()).token(&user),
            403,
            "capability_scope_denied",
            "AbloPermissionError",
        ),
        (api.get("/api/v1/models/nope"), 400, "unknown_model", "AbloValidationError"),
        (api.write("PATCH", "/api/v1/models/tasks/t1", title.clone()), 409, "entity_claimed", "AbloClaimedError"),
        (
            api.post("/api/v1/models/tasks/t1/claim", &json!({ "queue": false })),
            409,
            "claim_conflict",
            "AbloClaimedError",
        ),
        (api.write("PATCH", "/api/v1/models/tasks/t2", stale), 409, "stale_context", "AbloStaleContextError"),
        (api.keyed("POST", "/api/v1/models/tasks", "used", other), 409, "idempotency_conflict", "AbloIdempotencyError"),
        (api.get("/api/v1/models/tasks/nope"), 404, "model_not_found", "AbloError"),
        (api.get("/nope"), 404, "route_not_found", "AbloError"),
        (api.call("PUT", "/api/v1/models/tasks"), 405, "method_not_allowed", "AbloError"),
    ];
    for (call, status, code, class) in table {
        call.await.fails(status, code).reads(json!({ "type": class }));
    }
}

/// 9.2: What a client needs to know beyond code and message stands beside them: the row's holder, the conflicts, the missing right.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn details_stand_beside_the_message() {
    let api = Api::start().await;
    let first = api.row("tasks", "t1", json!({ "title": "one" })).await.body["lastSyncId"].clone();
    api.write("PATCH", "/api/v1/models/tasks/t1", json!({ "data": { "title": "two" } })).await.is(200);
    let stale = json!({ "data": { "title": "x" }, "readAt": first, "onStale": "reject" });
    let answer = api.write("PATCH", "/api/v1/models/tasks/t1", stale).await.fails(409, "stale_context");
    let observed = first.as_u64().unwrap() + 1;
    answer
        .reads(json!({ "readAt": first, "conflicts": [{ "model": "tasks", "id": "t1", "observedSyncId": observed }] }));
    let holder = api.session(json!({ "participantKind": "user", "participantId": "holder" })).await;
    api.post("/api/v1/models/tasks/t1/claim", &json!({})).token(&holder).await.is(201);
    let answer = api.write("DELETE", "/api/v1/models/tasks/t1", json!({})).await.fails(409, "entity_claimed");
    answer.reads(json!({ "heldBy": "holder" }));
}

/// 9.1: A body that is too large, no JSON, no object, too deep, or no UTF-8 is refused with a code, on every route that reads one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_cannot_be_read() {
    let api = Api::start().await;
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    for path in ["/api/v1/commits", "/api/v1/models/tasks", "/api/sync/query", "/api/v1/intents", "/api/v1/tasks"] {
        for (body, code) in [
            ("{", "invalid_json"),
            ("nonsense", "invalid_json"),
            ("[]", "invalid_body"),
            ("\"x\"", "invalid_body"),
            ("1", "invalid_body"),
            (deep.as_str(), "invalid_json"),
        ] {
            api.call("POST", path).text(body).await.fails(400, code);
        }
    }
}

/// 9.3: Every code of the contract that may come over the wire is one the server knows, with its status, retryability and recovery.
#[test]
fn every_wire_code_is_known() {
    let codes: Vec<Code> = Code::ALL.iter().copied().filter(|code| code.http_status().is_some()).collect();
    assert!(codes.len() >= 149, "{}", codes.len());
    for (code, status, retryable, recovery) in [
        (Code::ApikeyExpired, 401, false, "access_credential_expiry"),
        (Code::SessionExpired, 401, false, "session_expiry"),
        (Code::JwtExpired, 401, false, "session_expiry"),
        (Code::ApikeyRevoked, 401, false, "auth_blocked"),
        (Code::CapabilityScopeDenied, 403, false, "permission"),
        (Code::ClaimConflict, 409, true, "transient"),
        (Code::EntityClaimed, 409, true, "transient"),
        (Code::StaleContext, 409, true, "transient"),
        (Code::IdempotencyConflict, 409, false, "none"),
        (Code::UniqueViolation, 409, false, "none"),
        (Code::InternalError, 500, true, "transient"),
    ] {
        let told = (code.http_status(), code.retryable(), code.recovery().as_str());
        assert_eq!(told, (Some(status), retryable, recovery), "{code:?}");
    }
}

//! What a server of this contract may have and this one does not, and what it answers instead.

use serde_json::json;

use super::Api;

/// 5.7: Presence over HTTP lists who has a socket; a report of oneself is accepted, and changes nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn presence_without_a_socket() {
    let api = Api::start().await;
    let token = api.session(json!({ "participantKind": "agent", "participantId": "agent:w" })).await;
    let report =
        json!({ "userId": "agent:w", "organizationId": "org_dev", "status": "online", "syncGroups": ["org:org_dev"] });
    api.post("/api/presence", &report).token(&token).await.is(200);
    api.post("/api/presence", &json!({ "status": "online" }))
        .token(&token)
        .await
        .fails(400, "presence_identity_required");
    let other = json!({ "userId": "agent:x", "organizationId": "org_dev", "status": "online" });
    api.post("/api/presence", &other).token(&token).await.fails(403, "capability_scope_denied");
    assert_eq!(api.get("/api/presence?orgId=org_dev").await.is(200).body, json!({ "entries": [] }));
    let mut socket = api.served.open(&token, &[]).await;
    socket.send("presence_update", &json!({ "status": "online" })).await;
    socket.settle().await;
    let listed = api.get("/api/presence?orgId=org_dev").await.is(200);
    listed.reads(json!({ "entries": [{ "userId": "agent:w", "isAgent": true, "status": "online" }] }));
}

/// 8.1: Not served: webhooks. Their paths are not there, for any method.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_webhooks() {
    let api = Api::start().await;
    for method in ["GET", "POST", "DELETE"] {
        for path in ["/api/v1/webhook_endpoints", "/v1/webhook_endpoints/we_1", "/v1/usage", "/v1/trusted-issuers"] {
            api.call(method, path).await.fails(404, "route_not_found");
        }
    }
}

/// 8.5: Not served: rows pushed by a data source.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_pushed_rows() {
    let api = Api::start().await;
    api.post("/api/source/events", &json!({ "events": [] })).await.fails(404, "route_not_found");
}

/// 8.6: Not served: rows in the caller's own database. A client that found one in `DATABASE_URL` starts all the same, and is
/// told that it is not used; its password is not looked at.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_data_source() {
    let api = Api::start().await;
    let urls = json!({ "connectionString": "postgres://user:secret@db/x", "schema": "public" });
    for body in [urls, json!({ "connectionString": "file:dev.db" }), json!({})] {
        let answer = api.post("/api/v1/datasource", &body).await.is(200);
        assert!(!answer.text.contains("secret"), "{}", answer.text);
        answer.reads(json!({ "object": "datasource", "registered": false }));
    }
    api.post("/v1/datasource", &json!({})).token("sk_test_nobodys").await.fails(401, "apikey_invalid");
}

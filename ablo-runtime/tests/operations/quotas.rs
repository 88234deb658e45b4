//! Quotas as clients meet them. What is counted is tested at the engine.

use std::num::NonZeroU64;

use ablo_runtime::server::mint_key;
use ablo_schema::wire::{KeyEnv, KeyKind};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::support::TestServer;

#[tokio::test]
async fn a_used_up_quota_is_told_over_every_channel_until_something_is_deleted() {
    let server = TestServer::with(|options| options.server.quotas.rows = NonZeroU64::new(1)).await;
    let mut socket = server.ready("u").await;
    socket.create("t1", "x").await;
    assert_eq!(socket.next("mutation_result").await["success"], true);
    socket.create("t2", "x").await;
    let error = socket.next("mutation_result").await["error"].take();
    assert_eq!(error["code"], "quota_exceeded", "{error}");

    let answer = server.http("POST", "/api/v1/models/tasks", &json!({ "data": { "title": "x" } })).await;
    let said = answer.json();
    assert_eq!((answer.status, answer.code().as_str()), (429, "quota_exceeded"), "{said}");
    assert_eq!(said["type"], "AbloRateLimitError");
    assert_eq!([&said["quota"], &said["limit"], &said["used"]], [&json!("rows"), &json!(1), &json!(1)], "{said}");

    assert_eq!(server.request("DELETE", "/api/v1/models/tasks/t1", &server.key, "", "").await.status, 200);
    // The very commit that was refused is carried out now.
    socket.create("t2", "x").await;
    assert_eq!(socket.next("mutation_result").await["success"], true);
}

#[tokio::test]
async fn a_claim_too_many_is_refused_and_answered() {
    let server = TestServer::with(|options| options.server.quotas.claims = NonZeroU64::new(1)).await;
    let mut socket = server.ready("u").await;
    for id in ["t1", "t2"] {
        socket.create(id, "x").await;
        assert_eq!(socket.next("mutation_result").await["success"], true);
    }
    let begin = |claim: &str, row: &str| json!({ "intentId": claim, "entityType": "tasks", "entityId": row, "action": "editing", "queue": true });
    socket.say("intent_begin", begin("c1", "t1")).await;
    socket.next("intent_acquired").await;
    socket.say("intent_begin", begin("c2", "t2")).await;
    let rejected = socket.next("intent_rejected").await;
    assert_eq!((&rejected["intentId"], &rejected["reason"]), (&json!("c2"), &json!("quota_exceeded")));
    let answer = server.http("POST", "/api/v1/models/tasks/t2/claim", &json!({})).await;
    assert_eq!((answer.status, &answer.json()["quota"]), (429, &json!("claims")), "{answer:?}");
    socket.say("intent_abandon", json!({ "intentId": "c1", "entityType": "tasks", "entityId": "t1" })).await;
    socket.say("intent_begin", begin("c2", "t2")).await;
    socket.next("intent_acquired").await;
}

/// Clients repeat an update that is refused in this way every 150 ms and never give up.
#[tokio::test]
async fn an_update_that_a_full_log_refuses_again_is_answered_later() {
    let server = TestServer::with(|options| options.server.quotas.log_bytes = NonZeroU64::new(3_000)).await;
    let mut socket = server.ready("u").await;
    socket.create("t1", &"x".repeat(1_000)).await;
    assert_eq!(socket.next("mutation_result").await["success"], true);
    let update = json!({ "type": "UPDATE", "model": "task", "id": "t1", "input": { "title": "y".repeat(1_000) } });
    for (attempt, held_back) in [("a", "ablo_paced_rejections_total 0"), ("b", "ablo_paced_rejections_total 1")] {
        socket.say("commit", json!({ "clientTxId": attempt, "operations": [update] })).await;
        let receipt = socket.next("mutation_result").await;
        assert_eq!(receipt["error"]["code"], "quota_exceeded", "{receipt}");
        assert!(server.server.metrics.render().contains(held_back), "{attempt}");
    }
}

#[tokio::test]
async fn the_sockets_of_an_organization_are_limited_whatever_its_keys() {
    let server = TestServer::with(|options| options.server.limits.sockets_per_organization = 2).await;
    let (mut first, _second) = (server.ready("a").await, server.ready("b").await);
    let mut third = server.socket(&server.session("c").await, "").await;
    assert_eq!(third.closed().await, (1013, "too many connections of this organization".to_owned()));
    let live = mint_key(&server.server.book, KeyKind::Secret, KeyEnv::Live, "org_dev").unwrap();
    let mut live = server.socket(&live, "").await;
    live.say("ping", Value::Null).await;
    live.next("pong").await;
    first.0.close(None).await.unwrap();
    // The place is free once the server has seen that.
    let key = server.session("c").await;
    loop {
        let mut again = server.socket(&key, "").await;
        again.say("ping", Value::Null).await;
        match again.message().await {
            Message::Text(_) => break,
            message => assert!(message.is_close(), "{message:?}"),
        }
    }
}

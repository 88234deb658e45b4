//! Client frames that are not writes or claims.

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::{Client, create};
use crate::{served, served_with};

/// 4.5: Frames nobody answers change nothing and break nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_frames_are_passed_over() {
    let served = served().await;
    let mut client = Client::user(&served, "u1").await;
    let table = [
        json!({ "type": "mutation", "payload": { "mutatorName": "m", "input": {}, "clientTxId": "x" } }),
        json!({ "type": "bootstrap_request", "payload": { "entities": ["Task"], "versions": {}, "capabilities": {} } }),
        json!({ "type": "some_future_frame", "payload": { "a": 1 } }),
        json!({ "type": "some_future_frame" }),
        json!({ "type": "release", "payload": { "claimId": "participant:unknown" } }),
        json!({ "type": "intent_abandon", "payload": { "intentId": "unknown" } }),
        json!({ "type": "intent_reorder", "payload": { "entityType": "tasks", "entityId": "none", "order": [] } }),
        json!({ "type": "ack", "payload": { "lastSyncId": 0, "versions": {} } }),
    ];
    client.settle().await;
    client.frames.clear();
    for frame in table {
        client.send_raw(Message::Text(frame.to_string().into())).await;
        let answers = client.seen(&["mutation_result", "claim_ack", "bootstrap_response", "intent_rejected"]).await;
        assert!(answers.is_empty(), "{frame}: {answers:?}");
    }
    assert_eq!(client.commit(&json!([create("task", "t1", json!({ "title": "a" }))])).await["success"], true);
}

/// 4.5: An event of the application goes to the others as it was sent, under each of its names, and not to its sender.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_relayed() {
    let served = served().await;
    let (mut one, mut two) = (Client::user(&served, "u1").await, Client::user(&served, "u2").await);
    for kind in ["sheet_selection", "slide_selection", "slide_cursor"] {
        let payload = json!({ "x": 1.5, "nested": { "list": [1, null] }, "timestamp": 1_795_341_110_789_u64 });
        one.send(kind, &payload).await;
        assert_eq!(two.next(kind, |_| true).await, payload);
        assert!(one.seen(&[kind]).await.is_empty());
    }
}

/// 4.11: A commit that is too large fails for good instead of cutting its sender off, who would send it again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_is_too_large_is_answered() {
    let served = served().await;
    let mut client = Client::user(&served, "u1").await;
    let large = create("task", "t1", json!({ "title": "x".repeat(300 << 10) }));
    let refused = client.commit(&json!([large])).await;
    assert_eq!((&refused["success"], &refused["error"]["code"]), (&json!(false), &json!("body_too_large")));
    assert_eq!(client.commit(&json!([create("task", "t1", json!({ "title": "x" }))])).await["success"], true);
}

/// 5.8: More groups for a socket are granted or denied, each with an answer, and end with a release or in time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scopes_are_answered() {
    let served = served().await;
    let limits = json!({ "syncGroups": ["project:p1"] });
    let mut narrow = Client::agent(&served, "agent:n", limits).await;
    narrow.send("claim", &json!({ "claimId": "participant:1", "syncGroups": ["project:p2"], "ttlSeconds": 300 })).await;
    let denied = narrow.next("claim_ack", |_| true).await;
    assert_eq!(
        (&denied["claimId"], &denied["success"], &denied["error"]["code"], &denied["error"]["requiredCapability"]),
        (
            &json!("participant:1"),
            &json!(false),
            &json!("capability_scope_denied"),
            &json!({ "scope": "subscribe", "constraints": { "syncGroup": ["project:p2"] } })
        )
    );
    let mut wide = Client::user(&served, "u1").await;
    for (claim, ttl) in
        [("participant:2", json!(300)), ("participant:3", json!(0.07 * 1000.0)), ("participant:4", Value::Null)]
    {
        wide.send("claim", &json!({ "claimId": claim, "syncGroups": ["project:p2"], "ttlSeconds": ttl })).await;
        let granted = wide.next("claim_ack", |_| true).await;
        assert_eq!(
            (&granted["claimId"], &granted["success"], &granted["syncGroups"]),
            (&json!(claim), &json!(true), &json!(["project:p2"])),
            "{granted}"
        );
    }
    wide.send("release", &json!({ "claimId": "participant:2" })).await;
    wide.send("claim", &json!({ "claimId": "participant:5", "syncGroups": ["project:p2"], "ttlSeconds": 0.3 })).await;
    assert_eq!(wide.next("claim_expired", |_| true).await, json!({ "claimId": "participant:5" }));
}

/// 4.5: An event goes to who shares a group with its sender, the sender's other sockets among them, and to nobody else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_stay_among_those_who_share_a_group() {
    let served = served().await;
    let within = |groups: &[&str]| json!({ "syncGroups": groups });
    let mut one = Client::agent(&served, "agent:1", within(&["project:p1"])).await;
    let mut tab = one.again(&served, "").await;
    let mut both = Client::agent(&served, "agent:12", within(&["project:p1", "project:p2"])).await;
    let mut two = Client::agent(&served, "agent:2", within(&["project:p2"])).await;
    one.send("slide_cursor", &json!({ "x": 1 })).await;
    for client in [&mut tab, &mut both] {
        assert_eq!(client.next("slide_cursor", |_| true).await, json!({ "x": 1 }));
    }
    both.send("slide_cursor", &json!({ "x": 2 })).await;
    // What came before would have come first.
    assert_eq!(two.next("slide_cursor", |_| true).await, json!({ "x": 2 }));
}

/// 4.5: Only events that the server was told of are relayed, under whatever names it was given.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_known_events_are_relayed() {
    let served = served_with(|options| options.server.relayed = vec!["cell_blink".to_owned()]).await;
    let (mut one, mut two) = (Client::user(&served, "u1").await, Client::user(&served, "u2").await);
    for kind in ["slide_cursor", "cell:blink", "presence_update2", "delta", "cell_blink"] {
        one.send(kind, &json!({ "kind": kind })).await;
    }
    two.next("cell_blink", |_| true).await;
    let others = two.seen(&["slide_cursor", "cell:blink", "presence_update2", "delta"]).await;
    assert!(others.is_empty(), "{others:?}");
}

/// 4.6: Every frame is an object with a type and, unless there is nothing to say, a payload that is an object. That there is
/// nothing else in it, every test with a socket sees.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_frame_has_a_type() {
    let served = served().await;
    served.commit(&json!([create("task", "t1", json!({ "title": "a" }))])).await;
    let mut one = Client::user(&served, "u1").await;
    let mut two = Client::user(&served, "u2").await;
    one.hold("c1", "t1").await;
    two.wait("c2", "t1", 0).await;
    two.begin("c3", "none", json!({})).await;
    two.send("claim", &json!({ "claimId": "s1", "syncGroups": ["project:p1"] })).await;
    one.send("commit", &json!({ "clientTxId": "x", "operations": [create("task", "t2", json!({ "title": "b" }))] }))
        .await;
    one.next("mutation_result", |_| true).await;
    for kind in ["presence_update", "intent_queue", "delta", "claim_ack", "intent_acquired"] {
        let payload = two.next(kind, |_| true).await;
        assert!(payload.is_object(), "{kind}: {payload}");
    }
}

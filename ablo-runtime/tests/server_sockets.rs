//! Sockets used in unusual orders, as clients do when they reconnect, open two tabs, or are not quite like ours.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/served.rs"]
mod served;
mod support;

use serde_json::{Value, json};
use served::{Served, Socket};
use tokio_tungstenite::tungstenite::Message;

fn task(id: &str, transaction: &str) -> Value {
    json!([{ "type": "CREATE", "model": "tasks", "id": id, "input": { "title": id }, "transactionId": transaction }])
}

fn begin(claim: &str, row: &str) -> Value {
    json!({ "intentId": claim, "entityType": "tasks", "entityId": row, "action": "editing", "queue": true })
}

/// A system's session: it sees everything, under the name given.
async fn token(server: &Served, name: &str) -> String {
    server.session(&json!({ "participantKind": "system", "participantId": name, "wideScope": true })).await.0
}

/// A socket that is up to date.
async fn ready(server: &Served, token: &str) -> Socket {
    let head = server.get("/api/sync/bootstrap", token).await["lastSyncId"].as_u64().unwrap();
    server.ready(token, &[], head).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_may_come_before_anything_else() {
    for server in Served::over_every_store(support::schema).await {
        let mut socket = server.open(&server.key, &[]).await;
        let receipt = socket.commit(&task("t1", "tx_1")).await;
        assert_eq!(receipt["success"], true, "{receipt}");
        // Whoever never asks for it gets what happened all the same.
        let delta = socket.next("delta", |delta| delta["modelId"] == "t1").await;
        assert_eq!((&delta["transactionId"], &delta["id"]), (&json!("tx_1"), &receipt["lastSyncId"]));
        let ahead = json!({ "cursor": "900", "versions": {}, "lastSyncId": 900, "capabilities": [] });
        socket.send("sync_request", &ahead).await;
        let answer = socket.next("sync_response", |_| true).await;
        assert_eq!(
            (&answer["deltas"], &answer["currentSyncId"]),
            (&json!([]), &json!(1)),
            "ahead of the log: {answer}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_understood_changes_nothing() {
    let server = Served::over_every_store(support::schema).await.remove(0);
    let mut socket = ready(&server, &server.key).await;
    let texts = [
        "",
        " ",
        "null",
        "true",
        "[1]",
        "{}",
        "\u{feff}{}",
        r#"{"type":null}"#,
        r#"{"type":"delta","payload":{"id":1}}"#,
        r#"{"type":"sync_request"}"#,
        r#"{"type":"sync_request","payload":{"lastSyncId":-1}}"#,
        r#"{"type":"sync_request","payload":{"lastSyncId":"9"}}"#,
        r#"{"type":"ack","payload":{"lastSyncId":1e400}}"#,
        r#"{"type":"intent_begin","payload":{}}"#,
        r#"{"type":"intent_begin","payload":[]}"#,
        r#"{"type":"presence_update","payload":7}"#,
        r#"{"type":"claim","payload":{"claimId":7}}"#,
        r#"{"type":"__proto__","payload":{"a":1}}"#,
        r#"{"payload":{"type":"ping"}}"#,
        "\u{0}",
    ];
    for text in texts {
        socket.send_raw(Message::Text(text.into())).await;
    }
    for bytes in [&b""[..], b"\xff\xfe", br#"{"type":"commit"}"#] {
        socket.send_raw(Message::Binary(bytes.to_vec().into())).await;
        socket.send_raw(Message::Ping(bytes.to_vec().into())).await;
        socket.send_raw(Message::Pong(bytes.to_vec().into())).await;
    }
    socket.settle().await;
    assert_eq!(socket.commit(&task("t1", "tx_1")).await["success"], true, "and the socket goes on");
    assert_eq!(server.get("/v1/intents", &server.key).await["intents"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_may_be_anything() {
    for server in Served::over_every_store(support::schema).await {
        let mut socket = ready(&server, &server.key).await;
        let long = "é".repeat(20_000);
        let ids = [
            "🦀",
            "a/b?c#d%2f",
            "'; DROP TABLE tasks; --",
            "\"",
            "__proto__",
            "__cursor__",
            " ",
            "a\nb",
            "\u{202e}x",
            "NULL",
            &long,
        ];
        for (at, id) in ids.into_iter().enumerate() {
            let receipt = socket.commit(&task(id, &format!("tx_{at}"))).await;
            assert_eq!(receipt["success"], true, "{id:.40}: {receipt}");
            let delta = socket.next("delta", |delta| delta["modelId"] == id).await;
            assert_eq!(delta["data"]["title"], id, "{id:.40}");
            socket.send("intent_begin", &begin(&format!("c{at}"), id)).await;
            socket.next("intent_acquired", |granted| granted["intentId"] == format!("c{at}").as_str()).await;
            let encoded: String = id.bytes().map(|byte| format!("%{byte:02X}")).collect();
            if id.len() < 1_000 {
                let found = server.get(&format!("/v1/models/tasks/{encoded}"), &server.key).await;
                assert_eq!(
                    (&found["data"]["id"], &found["claims"][0]["target"]["id"]),
                    (&json!(id), &json!(id)),
                    "{found}"
                );
            }
        }
        let gone = socket.commit(&json!([{ "type": "DELETE", "model": "tasks", "id": "🦀" }])).await;
        assert_eq!(gone["success"], true);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_tabs_are_one_participant() {
    for server in Served::over_every_store(support::schema).await {
        let (mine, theirs) = (token(&server, "tabs").await, token(&server, "peer").await);
        server.commit(&task("t1", "tx_1")).await;
        let mut peer = ready(&server, &theirs).await;
        let mut first = ready(&server, &mine).await;
        let mut second = ready(&server, &mine).await;
        first.send("intent_begin", &begin("c1", "t1")).await;
        first.next("intent_acquired", |_| true).await;
        let seen = peer
            .next("presence_update", |seen| {
                seen["userId"] == "tabs" && !seen["activeIntents"].as_array().unwrap().is_empty()
            })
            .await;
        assert_eq!(seen["activeIntents"][0]["intentId"], "c1");
        // The other tab writes under the same lease, and announces the row as its own.
        assert_eq!(
            second.commit(&json!([{ "type": "UPDATE", "model": "task", "id": "t1", "input": { "title": "b" } }])).await
                ["success"],
            true
        );
        second.send("intent_begin", &begin("c2", "t1")).await;
        second.next("intent_acquired", |granted| granted["intentId"] == "c2").await;
        let refused =
            peer.commit(&json!([{ "type": "UPDATE", "model": "task", "id": "t1", "input": { "title": "c" } }])).await;
        assert!(
            ["entity_claimed", "claim_conflict"].contains(&refused["error"]["code"].as_str().unwrap()),
            "{refused}"
        );
        drop(first);
        second.send("presence_update", &json!({ "status": "away" })).await;
        peer.next("presence_update", |seen| seen["userId"] == "tabs" && seen["status"] == "away").await;
        let left = |frames: &[Value]| {
            frames.iter().any(|frame| frame["payload"]["userId"] == "tabs" && frame["payload"]["kind"] == "leave")
        };
        assert!(!left(&peer.frames), "one tab is still there: {:?}", peer.frames);
        second.settle().await;
        let echoed = second
            .frames
            .iter()
            .any(|frame| frame["type"] == "presence_update" && frame["payload"]["userId"] == "tabs");
        assert!(!echoed, "nobody hears of itself, not of its other tab either: {:?}", second.frames);
        drop(second);
        peer.next("presence_update", |seen| seen["userId"] == "tabs" && seen["kind"] == "leave").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_holder_that_comes_back_goes_on_and_the_line_stays() {
    for server in Served::over_every_store(support::schema).await {
        let (mine, theirs) = (token(&server, "holder").await, token(&server, "waiter").await);
        server.commit(&task("t1", "tx_1")).await;
        let mut holder = ready(&server, &mine).await;
        let mut waiter = ready(&server, &theirs).await;
        holder.send("intent_begin", &begin("h", "t1")).await;
        holder.next("intent_acquired", |_| true).await;
        for _ in 0..2 {
            // Said twice, it is the same place.
            waiter.send("intent_begin", &begin("w", "t1")).await;
            assert_eq!(waiter.next("intent_queued", |queued| queued["intentId"] == "w").await["position"], 0);
        }
        // What somebody else holds cannot be given back, nor reordered without the right to.
        waiter.send("intent_abandon", &json!({ "intentId": "h", "entityType": "tasks", "entityId": "t1" })).await;
        waiter.settle().await;
        drop(holder);
        let mut holder = ready(&server, &mine).await;
        holder.send("intent_begin", &begin("h", "t1")).await;
        holder.next("intent_acquired", |granted| granted["intentId"] == "h").await;
        let line = server.get("/v1/intents?model=tasks&id=t1", &mine).await;
        assert_eq!((&line["intents"][0]["id"], &line["queue"][0]["id"]), (&json!("h"), &json!("w")), "{line}");
        assert_eq!(
            holder
                .commit(&json!([{ "type": "UPDATE", "model": "tasks", "id": "t1", "input": { "title": "held" } }]))
                .await["success"],
            true
        );
        // A name it never had ends nothing; its own does.
        holder.send("intent_abandon", &json!({ "intentId": "never", "entityType": "tasks", "entityId": "t1" })).await;
        holder.send("intent_abandon", &json!({ "intentId": "h" })).await;
        waiter.next("intent_granted", |granted| granted["intentId"] == "w").await;
        assert!(
            waiter.frames.iter().any(|frame| frame["payload"]["data"]["title"] == "held"),
            "after what the holder wrote"
        );
    }
}

/// Groups that a capability lends are heard, not owned, and only as long as it works.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_capability_lends_its_groups_to_a_socket() {
    for server in Served::over_every_store(support::schema).await {
        let person = server.session(&json!({ "participantKind": "user", "participantId": "u9" })).await.0;
        let lent = json!({ "participantKind": "system", "syncGroups": ["inbox:i1"] });
        let (_, lender) = server.post("/v1/capabilities", &server.key, &lent).await;
        let mut socket = ready(&server, &person).await;
        let ask = |groups: &str, token: &Value| json!({ "claimId": groups, "syncGroups": [groups], "capabilityToken": token });
        socket.send("claim", &json!({ "claimId": "own", "syncGroups": ["inbox:i1"] })).await;
        assert_eq!(
            socket.next("claim_ack", |_| true).await["error"]["code"],
            "capability_scope_denied",
            "not by itself"
        );
        socket.send("claim", &ask("inbox:i2", &lender["token"])).await;
        assert_eq!(socket.next("claim_ack", |_| true).await["success"], false, "nor more than the lender has");
        socket.send("claim", &ask("inbox:i1", &lender["token"])).await;
        let ack = socket.next("claim_ack", |_| true).await;
        assert_eq!((&ack["success"], &ack["syncGroups"]), (&json!(true), &json!(["inbox:i1"])), "{ack}");
        let row = |id: &str, inbox: &str| json!({ "type": "CREATE", "model": "tasks", "id": id, "input": { "title": "a", "inboxId": inbox } });
        server.commit(&json!([row("t2", "i2"), row("t1", "i1")])).await;
        socket.next("delta", |delta| delta["modelId"] == "t1").await;
        assert!(socket.deltas().is_empty());
        let refused = socket
            .commit(&json!([{ "type": "UPDATE", "model": "tasks", "id": "t1", "input": { "title": "b" } }]))
            .await;
        assert_eq!(refused["error"]["code"], "entity_not_found", "hearing is not writing");
        let path = format!("/v1/capabilities/{}", lender["id"].as_str().unwrap());
        assert_eq!(server.request("DELETE", &path, &server.key, &Value::Null).await.0, 200);
        assert_eq!(socket.next("claim_expired", |_| true).await["claimId"], "inbox:i1");
        server.commit(&json!([row("t3", "i1")])).await;
        socket.settle().await;
        assert!(socket.deltas().is_empty(), "nothing more is heard");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_sent_twice_at_once_is_answered_twice_and_done_once() {
    for server in Served::over_every_store(support::schema).await {
        let mut socket = ready(&server, &server.key).await;
        let commit = json!({ "clientTxId": "same", "operations": task("t1", "tx_1") });
        socket.send("commit", &commit).await;
        socket.send("commit", &commit).await;
        let [one, two] =
            [socket.next("mutation_result", |_| true).await, socket.next("mutation_result", |_| true).await];
        assert_eq!((&one["success"], &one["lastSyncId"]), (&json!(true), &two["lastSyncId"]), "{one} {two}");
        socket.send("commit", &json!({ "clientTxId": "same", "operations": task("t2", "tx_2") })).await;
        let other = socket.next("mutation_result", |_| true).await;
        assert_eq!(other["error"]["code"], "idempotency_conflict", "{other}");
    }
}

//! Writes and what becomes of them.

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::{Client, create, remove, update};
use crate::{served, served::uuid};

/// 4.7: A commit is answered with a receipt whose `lastSyncId` is its last delta, which reaches the same socket.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_names_the_last_delta() {
    let served = served().await;
    let mut client = Client::user(&served, "u1").await;
    let operations = [
        create("project", "p1", json!({ "name": "P" })),
        create("task", "t1", json!({ "title": "T", "projectId": "p1" })),
    ];
    let name = uuid();
    client.send("commit", &json!({ "clientTxId": name, "operations": operations })).await;
    let receipt = client.next("mutation_result", |_| true).await;
    assert_eq!(
        receipt,
        json!({ "object": "commit_receipt", "clientTxId": name, "serverTxId": "stx_2", "success": true,
            "status": "confirmed", "lastSyncId": 2, "ops": 2 })
    );
    for (row, id, operation) in [("p1", 1, &operations[0]), ("t1", 2, &operations[1])] {
        let delta = client.delta(row).await;
        assert_eq!((&delta["id"], &delta["transactionId"]), (&json!(id), &operation["transactionId"]));
    }
    let row = served.get("/v1/models/tasks/t1", &served.key).await["data"].clone();
    assert_eq!((&row["createdBy"], &row["organizationId"]), (&json!("u1"), &json!("org_dev")), "{row}");
}

/// 4.7: A rejection says `success: false`, names the attempt, and has a code whose retryability the client knows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rejections_have_their_codes() {
    let served = served().await;
    served.commit(&json!([create("task", "t1", json!({ "title": "a" }))])).await;
    let mut client = Client::user(&served, "u1").await;
    let mut agent = Client::agent(&served, "agent:r", json!({ "operations": ["tasks.read"] })).await;
    let table = [
        ("an update of what is not there", json!([update("none", json!({ "title": "x" }))]), "entity_not_found"),
        ("an unknown field", json!([update("t1", json!({ "nonsense": 1 }))]), "unknown_field"),
        ("a required field left out", json!([create("task", "t2", json!({ "status": "todo" }))]), "not_null_violation"),
        ("a row that exists", json!([create("task", "t1", json!({ "title": "x" }))]), "unique_violation"),
        ("an unknown model", json!([create("nonsense", "n1", json!({}))]), "unknown_model"),
        ("a model that is only read", json!([create("fact", "f1", json!({}))]), "model_not_mutable"),
        ("nothing", json!([]), "commit_operation_required"),
        (
            "an unknown operation",
            json!([{ "type": "UPSERT", "model": "task", "id": "t1" }]),
            "commit_operation_unsupported",
        ),
    ];
    for (what, operations, code) in table {
        let refused = client.commit(&operations).await;
        assert_eq!(
            (&refused["success"], &refused["status"], &refused["serverTxId"], &refused["error"]["code"]),
            (&json!(false), &json!("rejected"), &json!(""), &json!(code)),
            "{what}: {refused}"
        );
        assert!(refused["error"]["message"].as_str().is_some_and(|text| !text.contains("timeout")), "{refused}");
    }
    let denied = agent.commit(&json!([update("t1", json!({ "title": "x" }))])).await;
    assert_eq!(
        (&denied["error"]["code"], &denied["error"]["requiredCapability"]["scope"]),
        (&json!("capability_scope_denied"), &json!("task.update")),
        "by the name the client used, as the SDK's documentation has it"
    );
}

/// 4.11: Text that was cut between the halves of a character keeps no write of its batch out: the half becomes U+FFFD.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_character_refuses_nothing() {
    let served = served().await;
    let mut client = Client::user(&served, "u1").await;
    let mut peer = Client::user(&served, "u2").await;
    // What JSON.stringify makes of '👍'.slice(0, 1).
    let cut = r#"{"type":"commit","payload":{"clientTxId":"c1","operations":[
        {"type":"CREATE","model":"task","id":"t1","input":{"title":"whole"}},
        {"type":"CREATE","model":"task","id":"t2","input":{"title":"cut \ud83d","meta":{"k\udc4d":"\ud83d\udc4d"}}}]}}"#;
    client.send_raw(Message::Text(cut.into())).await;
    let receipt = client.next("mutation_result", |receipt| receipt["clientTxId"] == "c1").await;
    assert_eq!(receipt["success"], true, "{receipt}");
    assert_eq!(peer.delta("t1").await["data"]["title"], "whole");
    let data = peer.delta("t2").await["data"].clone();
    assert_eq!((&data["title"], &data["meta"]), (&json!("cut \u{fffd}"), &json!({ "k\u{fffd}": "👍" })));
    let (path, key) = ("/api/v1/models/tasks/t1", format!("authorization: Bearer {}\r\n", served.key));
    let (status, _, answer) = served.exchange("PATCH", path, &key, r#"{"data":{"title":"\udc4d"}}"#).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(peer.delta("t1").await["data"]["title"], "\u{fffd}");
}

/// 4.11: Unrelated writes share a commit: one that is refused refuses them all, and the next commit is not disturbed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_is_all_or_nothing() {
    let served = served().await;
    let mut client = Client::user(&served, "u1").await;
    let good = create("task", "t1", json!({ "title": "a" }));
    let refused = client.commit(&json!([good, update("none", json!({ "title": "x" }))])).await;
    assert_eq!(refused["error"]["code"], "entity_not_found");
    assert_eq!(client.commit(&json!([good])).await["lastSyncId"], 1, "the first left no trace");
    let many: Vec<Value> = (0..50).map(|at| create("task", &format!("m{at}"), json!({ "title": "m" }))).collect();
    let receipt = client.commit(&json!(many)).await;
    assert_eq!((&receipt["lastSyncId"], &receipt["ops"]), (&json!(51), &json!(50)));
}

/// 4.11: A create sent again under the same transaction succeeds with the first delta's id.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_create_is_done_once() {
    let served = served().await;
    let mut client = Client::user(&served, "u1").await;
    let operation = create("task", "t1", json!({ "title": "a" }));
    for attempt in 0..3 {
        let receipt = client.commit(&json!([operation])).await;
        assert_eq!((&receipt["success"], &receipt["lastSyncId"]), (&json!(true), &json!(1)), "attempt {attempt}");
    }
}

/// 4.11: The same `clientTxId` is the same commit, also on another connection; with another body it is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_is_answered_as_the_first_time() {
    let served = served().await;
    let mut client = Client::user(&served, "u1").await;
    let commit = json!({ "clientTxId": "once", "operations": [{ "type": "CREATE", "model": "tasks", "id": "t1", "input": { "title": "a" } }] });
    client.send("commit", &commit).await;
    let first = client.next("mutation_result", |_| true).await;
    let mut again = client.again(&served, "").await;
    again.ready(None, 0).await;
    again.send("commit", &commit).await;
    assert_eq!(again.next("mutation_result", |_| true).await, first);
    let other = json!({ "clientTxId": "once", "operations": [{ "type": "CREATE", "model": "tasks", "id": "t2", "input": { "title": "a" } }] });
    again.send("commit", &other).await;
    assert_eq!(again.next("mutation_result", |_| true).await["error"]["code"], "idempotency_conflict");
}

/// 4.11: Deleting what is not there succeeds with a `lastSyncId` of 0.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deleting_nothing_succeeds() {
    let served = served().await;
    let mut client = Client::user(&served, "u1").await;
    let receipt = client.commit(&json!([remove("none")])).await;
    assert_eq!((&receipt["success"], &receipt["lastSyncId"]), (&json!(true), &json!(0)));
}

/// 4.5: A model is found under every spelling that clients use in commits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn models_have_many_spellings() {
    let served = served().await;
    let mut client = Client::user(&served, "u1").await;
    for (at, model) in ["plan", "plans", "planmodel", "PlanModel", "Plans"].into_iter().enumerate() {
        let receipt = client.commit(&json!([create(model, &format!("r{at}"), json!({ "text": "x" }))])).await;
        assert_eq!(receipt["success"], true, "{model}: {receipt}");
        assert_eq!(client.delta(&format!("r{at}")).await["modelName"], "PlanModel");
    }
}

/// 5.9: A claimed row is written by its holder alone, whatever the operation; ownership goes by participant.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claimed_row_is_its_holders() {
    let served = served().await;
    served.commit(&json!([create("task", "t1", json!({ "title": "a" }))])).await;
    let mut holder = Client::user(&served, "u1").await;
    let mut other = Client::user(&served, "u2").await;
    let mut tab = holder.again(&served, "").await;
    tab.ready(None, 0).await;
    holder.hold("c1", "t1").await;
    for operation in [
        update("t1", json!({ "title": "x" })),
        remove("t1"),
        json!({ "type": "ARCHIVE", "model": "TASK", "id": "t1" }),
        json!({ "type": "UNARCHIVE", "model": "tasks", "id": "t1" }),
    ] {
        let refused = other.commit(&json!([operation])).await;
        assert_eq!(refused["error"]["code"], "entity_claimed", "{operation}: {refused}");
    }
    for client in [&mut holder, &mut tab] {
        assert_eq!(client.commit(&json!([update("t1", json!({ "title": "mine" }))])).await["success"], true);
    }
}

/// 5.9: A claim on a row that is not there yet does not keep others from making it; from then on it is its holder's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_create_is_in_nobodys_way() {
    let served = served().await;
    let mut holder = Client::user(&served, "u1").await;
    let mut other = Client::user(&served, "u2").await;
    holder.hold("c1", "new").await;
    assert_eq!(other.commit(&json!([create("task", "new", json!({ "title": "a" }))])).await["success"], true);
    let refused = other.commit(&json!([update("new", json!({ "title": "b" }))])).await;
    assert_eq!(refused["error"]["code"], "entity_claimed");
}

/// 5.9: A write that names what its writer had read is refused when the row changed since, unless it says otherwise.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stale_write_is_refused() {
    let served = served().await;
    served.commit(&json!([create("task", "t1", json!({ "title": "a", "status": "todo" }))])).await;
    served.commit(&json!([update("t1", json!({ "title": "b" }))])).await;
    let mut client = Client::user(&served, "u1").await;
    let table = [
        (json!({ "readAt": 1, "onStale": "reject" }), "title", "stale_context"),
        (json!({ "readAt": 1 }), "title", "stale_context"),
        (json!({ "readAt": 1, "onStale": "reject" }), "status", ""),
        (json!({ "readAt": 0, "onStale": "reject" }), "title", ""),
        (json!({ "readAt": 1, "onStale": "force" }), "title", ""),
        (json!({ "readAt": 1, "onStale": "flag" }), "title", ""),
        (json!({ "readAt": 1, "onStale": "merge" }), "title", ""),
        (json!({ "readAt": 99, "onStale": "reject" }), "title", ""),
    ];
    for (guard, field, code) in table {
        let mut operation = update("t1", json!({ field: "done" }));
        operation.as_object_mut().unwrap().extend(guard.as_object().unwrap().clone());
        let receipt = client.commit(&json!([operation])).await;
        assert_eq!(receipt["error"]["code"].as_str().unwrap_or(""), code, "{guard} {field}: {receipt}");
        if !code.is_empty() {
            assert_eq!(
                (&receipt["error"]["readAt"], &receipt["error"]["conflicts"][0]["id"]),
                (&json!(1), &json!("t1")),
                "{receipt}"
            );
        }
    }
}

/// 5.9: A holder writes twice with the `readAt` of its grant; its first write does not make the second stale.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn own_writes_under_a_claim_are_not_stale() {
    let served = served().await;
    served.commit(&json!([create("task", "t1", json!({ "title": "a" }))])).await;
    let mut client = Client::user(&served, "u1").await;
    client.ack(1).await;
    client.hold("c1", "t1").await;
    for title in ["b", "c", "d"] {
        let mut operation = update("t1", json!({ "title": title }));
        (operation["readAt"], operation["onStale"]) = (1.into(), "reject".into());
        let receipt = client.commit(&json!([operation])).await;
        assert_eq!(receipt["success"], true, "{title}: {receipt}");
    }
}

/// 5.9: A refused write that is sent again and again is answered every time, and goes through once the claim is over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_write_goes_through_in_the_end() {
    let served = served().await;
    served.commit(&json!([create("task", "t1", json!({ "title": "a" }))])).await;
    let mut holder = Client::user(&served, "u1").await;
    let mut other = Client::user(&served, "u2").await;
    holder.hold("c1", "t1").await;
    for _ in 0..3 {
        let refused = other.commit(&json!([update("t1", json!({ "title": "x" }))])).await;
        assert_eq!(refused["error"]["code"], "entity_claimed");
    }
    holder.abandon("c1", "t1").await;
    holder.settle().await;
    assert_eq!(other.commit(&json!([update("t1", json!({ "title": "x" }))])).await["success"], true);
}

/// 5.9: Of several reasons to refuse a write the first is told: the right that is missing, then the claim, then the stamp.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_come_in_their_order() {
    let served = served().await;
    served.commit(&json!([create("task", "t1", json!({ "title": "a" }))])).await;
    served.commit(&json!([update("t1", json!({ "title": "b" }))])).await;
    let mut holder = Client::user(&served, "u1").await;
    let mut other = Client::user(&served, "u2").await;
    let mut reader = Client::agent(&served, "agent:r", json!({ "operations": ["tasks.read"] })).await;
    holder.hold("c1", "t1").await;
    let mut stale = update("t1", json!({ "title": "c" }));
    (stale["readAt"], stale["onStale"]) = (1.into(), "reject".into());
    for (client, code) in
        [(&mut reader, "capability_scope_denied"), (&mut other, "entity_claimed"), (&mut holder, "stale_context")]
    {
        assert_eq!(client.commit(&json!([stale])).await["error"]["code"], code);
    }
}

/// 2.7: A commit on a socket may name the task it is part of, which has to be open and its participant's own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_names_its_task() {
    let served = served().await;
    let mut one = Client::agent(&served, "agent:1", Value::Null).await;
    let mut two = Client::agent(&served, "agent:2", Value::Null).await;
    let open = served.post("/api/agent/turn", &one.token, &json!({ "prompt": "x" })).await.1["turnId"].clone();
    let commit = async |client: &mut Client, task: &Value| {
        let (name, row) = (uuid(), uuid());
        let operations = json!([create("task", &row, json!({ "title": "a" }))]);
        let commit = json!({ "clientTxId": name, "causedByTaskId": task, "operations": operations });
        client.send("commit", &commit).await;
        let receipt = client.next("mutation_result", |receipt| receipt["clientTxId"] == name.as_str()).await;
        receipt["error"]["code"].as_str().unwrap_or("confirmed").to_owned()
    };
    assert_eq!(commit(&mut one, &open).await, "confirmed");
    assert_eq!(commit(&mut two, &open).await, "turn_foreign_agent");
    assert_eq!(commit(&mut one, &json!("turn_nope")).await, "turn_not_found");
    let path = format!("/api/agent/turn/{}/close", open.as_str().unwrap());
    assert_eq!(served.post(&path, &one.token, &json!({})).await.0, 200);
    assert_eq!(commit(&mut one, &open).await, "turn_not_found");
}

//! The same on a socket.

use ablo_runtime::server::ServeOptions;
use ablo_schema::wire::OrganizationId;
use serde_json::{Value, json};

use crate::requests::{commits, operations, session};
use crate::served::{Served, Socket, uuid};
use crate::support;
use crate::told::Told;

async fn commit(socket: &mut Socket, told: &mut Told, commit: &Value) {
    socket.send("commit", commit).await;
    let name = commit["clientTxId"].clone();
    let receipt = socket.next("mutation_result", |receipt| receipt["clientTxId"] == name).await;
    told.failure("mutation_result", &receipt["error"]);
}

pub async fn are_told(served: &Served, told: &mut Told) {
    // As it was when nothing had been trimmed.
    let reader = session(served, "reader", json!({ "operations": ["tasks.read"] })).await;
    let mut socket = served.ready(&served.key, &[], 0).await;
    let mut narrow = served.ready(&reader, &[], 0).await;
    for operation in operations() {
        commit(&mut socket, told, &json!({ "clientTxId": uuid(), "operations": [operation] })).await;
    }
    for one in commits() {
        commit(&mut socket, told, &one).await;
    }
    let title = json!({ "type": "UPDATE", "model": "tasks", "id": "t1", "input": { "title": "x" } });
    let deep = format!("{}1{}", "[".repeat(60), "]".repeat(60));
    let deep: Value = serde_json::from_str(&deep).unwrap();
    let large = json!({ "type": "CREATE", "model": "tasks", "id": "l", "input": { "title": "x".repeat(9 << 10) } });
    let nested = json!({ "type": "CREATE", "model": "tasks", "id": "l", "input": { "title": "x", "extra": deep } });
    for operations in [json!([large]), json!([nested])] {
        commit(&mut socket, told, &json!({ "clientTxId": uuid(), "operations": operations })).await;
    }
    commit(&mut narrow, told, &json!({ "clientTxId": uuid(), "operations": [title] })).await;

    for (groups, lender) in [
        (json!(["deck:d1"]), Value::Null),
        (json!(["deck:d1"]), json!("sk_test_0123456789ABCDEFGHIJKLMNOPQRST06ImRt")),
        (json!(["inbox:x"]), json!(served.key)),
    ] {
        let person = served.session(&json!({ "participantKind": "user", "participantId": "u1" })).await.0;
        let mut person = served.ready(&person, &[], 0).await;
        let groups =
            if lender == json!(served.key) { (0..65).map(|at| json!(format!("inbox:{at}"))).collect() } else { groups };
        person.send("claim", &json!({ "claimId": "s", "syncGroups": groups, "capabilityToken": lender })).await;
        told.failure("claim_ack", &person.next("claim_ack", |_| true).await["error"]);
    }

    let begin =
        |model: Value, row: &str| json!({ "intentId": uuid(), "entityType": model, "entityId": row, "action": "x" });
    for (is_wide, begin) in [
        (true, begin(json!("tasks"), "held")),
        (true, begin(json!("nothing"), "t1")),
        (true, begin(json!("tasks"), "")),
        (true, begin(json!(7), "t1")),
        (false, begin(json!("tasks"), "t1")),
    ] {
        let socket = if is_wide { &mut socket } else { &mut narrow };
        socket.send("intent_begin", &begin).await;
        told.reason(&socket.next("intent_rejected", |_| true).await);
    }

    let org = OrganizationId::from("org_dev").test_space();
    served.server.engine.trim(&org, ablo_schema::wire::SyncId(2)).await.unwrap();
    let mut late = served.open(&served.key, &[]).await;
    late.send("sync_request", &json!({ "cursor": null, "versions": {}, "lastSyncId": 1, "capabilities": [] })).await;
    let answer = late.next("sync_response", |_| true).await;
    told.failure("sync_response", &answer["bootstrapHint"]);

    let mut gone = served.ready(&reader, &[], 0).await;
    let book = &served.server.book;
    book.revoke(&book.present(&reader).unwrap().id).unwrap();
    told.close(&mut gone).await;
    let many: Vec<String> = (0..65).map(|at| format!("deck:{at}")).collect();
    told.close(&mut served.open(&served.key, &many).await).await;
    socket.send("slide_cursor", &json!("x".repeat(9 << 10))).await;
    told.close(&mut socket).await;
}

/// Sockets that are too many, and those of a server that stops.
pub async fn are_closed(told: &mut Told) {
    for (of_a_key, of_all) in [(1, 0), (0, 1)] {
        let mut options = ServeOptions::dev(support::odd_schema());
        let limits = &mut options.server.limits;
        limits.sockets_per_credential = if of_a_key > 0 { of_a_key } else { limits.sockets_per_credential };
        limits.sockets_per_organization = of_all;
        let served = Served::start(options, None).await;
        let mut first = served.ready(&served.key, &[], 0).await;
        told.close(&mut served.open(&served.key, &[]).await).await;
        tokio::join!(told.close(&mut first), served.stop());
    }
}

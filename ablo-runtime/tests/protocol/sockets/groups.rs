//! Who is sent what.

use serde_json::{Value, json};

use super::{Client, create, members, update};
use crate::served;

fn rename(room: &str, name: &str) -> Value {
    json!({ "type": "UPDATE", "model": "room", "id": room, "input": { "name": name } })
}

/// 6.3: A row that moves between groups is covered, whole, for who gains it and deleted for who loses it; who sees it before
/// and after, the writer too, gets the update alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_moves() {
    let served = served().await;
    served
        .commit(&json!([
            create("project", "p1", json!({ "name": "One" })),
            create("project", "p2", json!({ "name": "Two" })),
            create("task", "t1", json!({ "title": "a", "projectId": "p1" })),
        ]))
        .await;
    let narrow = |group: &str| json!({ "syncGroups": [group] });
    let mut one = Client::agent(&served, "agent:1", narrow("project:p1")).await;
    let mut two = Client::agent(&served, "agent:2", narrow("project:p2")).await;
    let mut writer = Client::user(&served, "u1").await;
    let receipt = writer.commit(&json!([update("t1", json!({ "projectId": "p2" }))])).await;
    let updated = writer.delta("t1").await;
    assert_eq!((&updated["actionType"], &updated["id"]), (&json!("U"), &receipt["lastSyncId"]));
    let lost = one.delta("t1").await;
    assert_eq!((&lost["actionType"], &lost["data"]), (&json!("D"), &Value::Null));
    // The update finds no row there.
    assert_eq!(two.delta("t1").await["actionType"], "U");
    let gained = two.delta("t1").await;
    assert_eq!((&gained["actionType"], &gained["data"]["title"]), (&json!("C"), &json!("a")));
    assert!(writer.seen(&["delta"]).await.is_empty(), "nothing besides");
}

/// 6.3: A claim on a row that is not seen any more can be given up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_outlives_the_view_of_its_row() {
    let served = served().await;
    served
        .commit(&json!([
            create("project", "p1", json!({ "name": "One" })),
            create("project", "p2", json!({ "name": "Two" })),
            create("task", "t1", json!({ "title": "a", "projectId": "p1" })),
        ]))
        .await;
    let mut narrow = Client::agent(&served, "agent:1", json!({ "syncGroups": ["project:p1"] })).await;
    let mut waiter = Client::user(&served, "u1").await;
    narrow.hold("c1", "t1").await;
    waiter.wait("c2", "t1", 0).await;
    let mut moves = update("t1", json!({ "projectId": "p2" }));
    moves["bypass"] = true.into();
    served.commit(&json!([moves])).await;
    assert_eq!(narrow.delta("t1").await["actionType"], "D");
    waiter.delta("t1").await;
    narrow.abandon("c1", "t1").await;
    waiter.next("intent_granted", |granted| granted["intentId"] == "c2").await;
}

/// 6.3: Who writes is always sent its own deltas, also of a row its socket does not listen to; nothing else of that group.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_is_sent_its_own() {
    let served = served().await;
    let (token, _) = served.session(&json!({ "participantKind": "user", "participantId": "u1" })).await;
    let mut writer = Client::start(&served, token, vec!["project:p1".to_owned()], true).await;
    let task = |id: &str| create("task", id, json!({ "title": "a", "projectId": "p2" }));
    served.commit(&json!([task("other")])).await;
    let write = task("mine");
    let receipt = writer.commit(&json!([write])).await;
    let delta = writer.next("delta", |_| true).await;
    assert_eq!(
        (&delta["modelId"], &delta["id"], &delta["transactionId"]),
        (&json!("mine"), &receipt["lastSyncId"], &write["transactionId"])
    );
    served.commit(&json!([update("mine", json!({ "title": "b" }))])).await;
    assert!(writer.seen(&["delta"]).await.is_empty());
}

/// 6.3: An agent is in the groups that a secret key names for it, also where its identity gives it none, and hands on those
/// alone; for a person they narrow what it is in, and nobody else gives any.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_is_given_its_groups() {
    let served = members().await;
    served
        .commit(&json!([create("room", "r1", json!({ "name": "a" })), create("room", "r2", json!({ "name": "b" }))]))
        .await;
    let rooms = async |token: &str| {
        let listed = served.get("/api/v1/models/rooms", token).await;
        listed["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect::<String>()
    };
    let given = json!({ "syncGroups": ["room:r1"] });
    let mut agent = Client::agent(&served, "agent:w", given.clone()).await;
    assert_eq!(rooms(&agent.token).await, "r1");
    served.commit(&json!([rename("r2", "c"), rename("r1", "d")])).await;
    assert_eq!(agent.next("delta", |_| true).await["data"]["name"], "d");
    assert_eq!(agent.commit(&json!([rename("r1", "e")])).await["success"], true);
    assert_eq!(agent.commit(&json!([rename("r2", "f")])).await["error"]["code"], "entity_not_found");
    // What it is lent for a while comes on top.
    let (lender, _) = served
        .session(&json!({ "participantKind": "agent", "participantId": "agent:l", "syncGroups": ["room:r2"] }))
        .await;
    let scope = json!({ "claimId": "participant:1", "syncGroups": ["room:r2"], "capabilityToken": lender });
    agent.send("claim", &scope).await;
    assert_eq!(agent.next("claim_ack", |_| true).await["success"], true);
    served.commit(&json!([rename("r1", "g"), rename("r2", "h")])).await;
    agent.next("delta", |delta| delta["data"]["name"] == "g").await;
    agent.next("delta", |delta| delta["modelId"] == "r2").await;

    let child =
        json!({ "participantKind": "agent", "participantId": "agent:child", "syncGroups": ["room:r1", "room:r2"] });
    let (_, made) = served.post("/api/v1/capabilities", &agent.token, &child).await;
    assert_eq!(rooms(made["token"].as_str().unwrap()).await, "r1", "{made}");
    // Who was given none cannot take any.
    let (free, _) = served.session(&json!({ "participantKind": "agent", "participantId": "agent:f" })).await;
    let (_, made) = served.post("/api/auth/capability", &free, &given).await;
    assert_eq!(rooms(made["token"].as_str().unwrap()).await, "", "{made}");
    let (person, _) =
        served.session(&json!({ "participantKind": "user", "participantId": "u1", "syncGroups": ["room:r1"] })).await;
    assert_eq!(rooms(&person).await, "");
    let (status, refused) = served.post("/api/v1/capabilities", &person, &child).await;
    assert_eq!((status, &refused["code"]), (400, &json!("narrow_scope_required")));
}

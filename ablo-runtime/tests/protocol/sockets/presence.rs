//! Who is there, and what they hold.

use serde_json::{Value, json};

use super::{Client, create};
use crate::{served, served::Served};

async fn row(served: &Served) {
    served.commit(&json!([create("project", "p1", json!({ "name": "One" }))])).await;
    for id in ["t1", "t2"] {
        served.commit(&json!([create("task", id, json!({ "title": "a", "projectId": "p1" }))])).await;
    }
}

fn held(frame: &Value) -> Vec<&str> {
    frame["activeIntents"].as_array().unwrap().iter().map(|intent| intent["intentId"].as_str().unwrap()).collect()
}

/// 5.5: Who comes is told of everyone there, and they of who comes; the last socket that goes says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn coming_and_going() {
    let served = served().await;
    let mut one = Client::user(&served, "u1").await;
    let mut two = Client::agent(&served, "agent:w", Value::Null).await;
    let came = one.next("presence_update", |seen| seen["userId"] == "agent:w").await;
    assert_eq!(
        (&came["kind"], &came["status"], &came["isAgent"], &came["activeIntents"]),
        (&json!("enter"), &json!("online"), &json!(true), &json!([]))
    );
    assert!(came["timestamp"].is_number() && came["syncGroups"].is_array());
    let there = two.next("presence_update", |seen| seen["userId"] == "u1").await;
    assert_eq!((&there["isAgent"], &there["status"]), (&json!(false), &json!("online")));
    let tab = two.again(&served, "").await;
    drop(two);
    one.settle().await;
    drop(tab);
    let left = one.next("presence_update", |seen| seen["kind"] == "leave").await;
    assert_eq!((&left["userId"], &left["activeIntents"]), (&json!("agent:w"), &json!([])));
}

/// 5.5: Each frame has all of a participant's claims, in the words they were announced in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_frame_has_all_claims() {
    let served = served().await;
    row(&served).await;
    let mut holder = Client::user(&served, "u1").await;
    let mut peer = Client::user(&served, "u2").await;
    let words = json!({ "meta": { "k": 1, "description": "rewriting" }, "field": "title", "estimatedMs": 60000, "queue": true });
    holder.begin("c1", "t1", words).await;
    let one = peer.next("presence_update", |seen| seen["userId"] == "u1" && held(seen) == ["c1"]).await;
    let intent = &one["activeIntents"][0];
    assert_eq!(
        (
            &intent["entityType"],
            &intent["entityId"],
            &intent["action"],
            &intent["field"],
            &intent["meta"],
            &intent["status"]
        ),
        (
            &json!("tasks"),
            &json!("t1"),
            &json!("editing"),
            &json!("title"),
            &json!({ "k": 1, "description": "rewriting" }),
            &json!("active")
        )
    );
    assert_eq!(intent["expiresAt"].as_i64().unwrap() - intent["declaredAt"].as_i64().unwrap(), 60_000);
    holder.begin("c2", "t2", json!({})).await;
    peer.next("presence_update", |seen| held(seen) == ["c1", "c2"]).await;
    holder.send("presence_update", &json!({ "status": "away", "customStatus": "lunch" })).await;
    let away = peer.next("presence_update", |seen| seen["status"] == "away").await;
    assert_eq!((held(&away), &away["customStatus"]), (vec!["c1", "c2"], &json!("lunch")));
    holder.abandon("c1", "t1").await;
    peer.next("presence_update", |seen| held(seen) == ["c2"]).await;
}

/// 5.5: Nobody is told of itself, on no socket of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_hears_of_itself() {
    let served = served().await;
    row(&served).await;
    let mut one = Client::user(&served, "u1").await;
    let mut peer = Client::user(&served, "u2").await;
    let mut tab = one.again(&served, "").await;
    tab.ready(None, 0).await;
    one.hold("c1", "t1").await;
    peer.next("presence_update", |seen| held(seen) == ["c1"]).await;
    for client in [&mut one, &mut tab] {
        let seen = client.seen(&["presence_update"]).await;
        assert!(seen.iter().all(|frame| frame["payload"]["userId"] == "u2"), "{seen:?}");
    }
}

/// 10.14: Who is there is told again, because a client that is still starting does not listen yet; lines of rows as well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_is_repeated() {
    let served = served().await;
    row(&served).await;
    let mut holder = Client::user(&served, "u1").await;
    let mut waiter = Client::user(&served, "u2").await;
    holder.hold("c1", "t1").await;
    waiter.wait("c2", "t1", 0).await;
    let mut late = Client::user(&served, "u3").await;
    // At once, after the first request, and twice more.
    for round in 0..4 {
        late.next("presence_update", |seen| seen["userId"] == "u1" && held(seen) == ["c1"]).await;
        let line = late.next("intent_queue", |_| true).await;
        assert_eq!(
            (&line["target"], &line["queue"][0]["id"]),
            (&json!({ "type": "tasks", "id": "t1" }), &json!("c2")),
            "{round}"
        );
    }
}

/// 10.14: What is told again is how it is then, of everyone but the listener.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_snapshot_is_of_now() {
    let served = served().await;
    row(&served).await;
    let mut holder = Client::user(&served, "u1").await;
    let mut peer = Client::user(&served, "u2").await;
    holder.hold("c1", "t1").await;
    // A socket that has said nothing yet.
    let mut early = peer.again(&served, "").await;
    early.next("presence_update", |seen| held(seen) == ["c1"]).await;
    holder.abandon("c1", "t1").await;
    early.next("presence_update", |seen| held(seen).is_empty()).await;
    early.frames.clear();
    early.ready(None, 0).await;
    let again = early.next("presence_update", |seen| seen["kind"] == "enter").await;
    assert_eq!((&again["userId"], held(&again)), (&json!("u1"), Vec::new()));
    peer.settle().await;
}

/// 5.5: Who sees a row but not its holder is told when the claim ends, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_of_a_claim_reaches_everyone_who_saw_it() {
    let served = served().await;
    row(&served).await;
    let mut narrow = Client::agent(&served, "agent:n", json!({ "syncGroups": ["project:p1"] })).await;
    let mut holder = Client::user(&served, "u1").await;
    holder.hold("c1", "t1").await;
    narrow.next("presence_update", |seen| seen["userId"] == "u1" && held(seen) == ["c1"]).await;
    holder.abandon("c1", "t1").await;
    narrow.next("presence_update", |seen| seen["userId"] == "u1" && held(seen).is_empty()).await;
}

/// 5.8: A socket that hears more groups is told of who is there in them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_groups_show_more_people() {
    let served = served().await;
    row(&served).await;
    let mut inside = Client::agent(&served, "agent:in", json!({ "syncGroups": ["project:p1"] })).await;
    let (lender, _) = served
        .session(&json!({ "participantKind": "agent", "participantId": "agent:l", "syncGroups": ["project:p1"] }))
        .await;
    let mut outside = Client::agent(&served, "agent:out", json!({ "syncGroups": ["project:p2"] })).await;
    let scope = json!({ "claimId": "participant:1", "syncGroups": ["project:p1"], "capabilityToken": lender });
    outside.send("claim", &scope).await;
    assert_eq!(outside.next("claim_ack", |_| true).await["success"], true);
    outside.next("presence_update", |seen| seen["userId"] == "agent:in").await;
    inside.settle().await;
}

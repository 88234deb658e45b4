//! Who is there, and what they hold.

use serde_json::{Value, json};

use super::{Client, create, members, update};
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
    // Also who does not see the row any more: it may come back.
    holder.hold("c2", "t1").await;
    narrow.next("presence_update", |seen| held(seen) == ["c2"]).await;
    served.commit(&json!([create("project", "p2", json!({ "name": "Two" }))])).await;
    assert_eq!(holder.commit(&json!([update("t1", json!({ "projectId": "p2" }))])).await["success"], true);
    let mut waiter = Client::user(&served, "u2").await;
    waiter.wait("w1", "t1", 0).await;
    holder.abandon("c2", "t1").await;
    narrow.next("presence_update", |seen| seen["userId"] == "u1" && held(seen).is_empty()).await;
    let line =
        |seen: &Value| seen["target"]["id"] == "t1" && seen["queue"].as_array().is_some_and(|line| !line.is_empty());
    assert!(narrow.frames.iter().all(|frame| !line(&frame["payload"])), "a line it may not see");
}

/// 5.4: Who was shown a row's line and does not see the row any more is told that there is none, for the row may come back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_line_of_a_row_that_is_gone_is_cleared() {
    let served = served().await;
    row(&served).await;
    let mut narrow = Client::agent(&served, "agent:n", json!({ "syncGroups": ["project:p1"] })).await;
    let mut holder = Client::user(&served, "u1").await;
    let mut waiter = Client::user(&served, "u2").await;
    holder.hold("c1", "t1").await;
    waiter.wait("c2", "t1", 0).await;
    let length = |seen: &Value| seen["queue"].as_array().unwrap().len();
    narrow.next("intent_queue", |seen| length(seen) == 1).await;
    served.commit(&json!([create("project", "p2", json!({ "name": "Two" }))])).await;
    assert_eq!(holder.commit(&json!([update("t1", json!({ "projectId": "p2" }))])).await["success"], true);
    narrow.delta("t1").await;
    let mut late = Client::user(&served, "u3").await;
    late.wait("c3", "t1", 1).await;
    narrow.next("intent_queue", |seen| length(seen) == 0).await;
    assert!(narrow.seen(&["intent_queue"]).await.iter().all(|frame| length(&frame["payload"]) < 2));
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

/// 5.8: Who hears everything and joins a group is shown to those who hear that group alone, until it leaves it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn joining_shows_oneself() {
    let served = served().await;
    row(&served).await;
    let mut inside = Client::agent(&served, "agent:in", json!({ "syncGroups": ["project:p1"] })).await;
    let mut wide = Client::user(&served, "u1").await;
    wide.send("claim", &json!({ "claimId": "participant:1", "syncGroups": ["project:p1"] })).await;
    assert_eq!(wide.next("claim_ack", |_| true).await["success"], true);
    let activity = json!({ "entityType": "Project", "entityId": "p1", "action": "reading" });
    wide.send("presence_update", &json!({ "status": "online", "activity": activity })).await;
    let shown = inside.next("presence_update", |seen| seen["activity"] == activity).await;
    assert_eq!((&shown["userId"], &shown["syncGroups"]), (&json!("u1"), &json!(["project:p1"])));
    wide.send("release", &json!({ "claimId": "participant:1" })).await;
    let left = inside.next("presence_update", |seen| seen["kind"] == "leave").await;
    assert_eq!((&left["userId"], &left["status"]), (&json!("u1"), &json!("offline")));
    // Who went on hearing of it heard of no leave.
    wide.settle().await;
    assert!(wide.seen(&["presence_update"]).await.iter().all(|seen| seen["payload"]["kind"] != "leave"));
}

/// 5.5: People who share what rows grant them know of each other, for as long as both are granted it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_know_of_each_other() {
    let served = members().await;
    let member = |user: &str| create("member", user, json!({ "userId": user, "roomId": "r1" }));
    served
        .commit(&json!([
            create("room", "r1", json!({ "name": "One" })),
            create("user", "u1", json!({})),
            create("user", "u2", json!({})),
            member("u1"),
            member("u2"),
        ]))
        .await;
    let mut one = Client::user(&served, "u1").await;
    let mut two = Client::user(&served, "u2").await;
    assert_eq!(one.next("presence_update", |_| true).await["userId"], "u2");
    let seen = two.next("presence_update", |_| true).await;
    assert_eq!((&seen["userId"], &seen["syncGroups"]), (&json!("u1"), &json!(["room:r1"])));
    served.commit(&json!([{ "type": "DELETE", "model": "member", "id": "u2" }])).await;
    for (client, other) in [(&mut one, "u2"), (&mut two, "u1")] {
        let left = client.next("presence_update", |seen| seen["kind"] == "leave").await;
        assert_eq!((&left["userId"], &left["activity"]), (&json!(other), &Value::Null));
    }
    served.commit(&json!([create("member", "again", json!({ "userId": "u2", "roomId": "r1" }))])).await;
    for (client, other) in [(&mut one, "u2"), (&mut two, "u1")] {
        client.next("presence_update", |seen| seen["kind"] != "leave" && seen["userId"] == other).await;
    }
}

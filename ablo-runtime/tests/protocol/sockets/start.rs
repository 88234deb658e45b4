//! Handshake, first frames, and where a stream begins.

use serde_json::{Value, json};

use super::{Client, create, update};
use crate::{served, served::Served};

async fn seeded(served: &Served) {
    served.commit(&json!([create("project", "p1", json!({ "name": "One" }))])).await;
    served.commit(&json!([create("task", "t1", json!({ "title": "one", "projectId": "p1" }))])).await;
}

/// 4.4: One of the offered subprotocols is selected: `ablo.sync.v1`, or what there is instead.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subprotocol_is_selected() {
    let served = served().await;
    let bearer = format!("ablo.bearer.{}", served.key);
    for (offered, expected) in [
        (format!("{bearer}, ablo.sync.v1"), "ablo.sync.v1"),
        (format!("ablo.sync.v1,{bearer}"), "ablo.sync.v1"),
        (bearer.clone(), &bearer),
    ] {
        assert_eq!(served.handshake("cursor=", &offered).await.1, expected, "{offered}");
    }
}

/// 4.4: Claims, activity and acknowledgements that come before the first `sync_request` count.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_before_the_first_request_counts() {
    let served = served().await;
    seeded(&served).await;
    let mut peer = Client::user(&served, "peer").await;
    let first = Client::agent(&served, "agent:w", Value::Null).await;
    let cursor = first.cursor_at(&served, 2).await;
    let mut again = first.again(&served, &cursor).await;
    let activity =
        json!({ "entityType": "Task", "entityId": "t1", "field": "title", "action": "editing", "detail": "typing" });
    again.send("presence_update", &json!({ "status": "online", "activity": activity })).await;
    again.hold("c1", "t1").await;
    let seen = peer.next("presence_update", |seen| seen["activity"] == activity).await;
    assert_eq!((&seen["userId"], &seen["isAgent"]), (&json!("agent:w"), &json!(true)));
    let answer = again.ready(Some(&cursor), 2).await;
    assert_eq!(
        answer,
        json!({ "deltas": [], "currentSyncId": 2, "newCursor": cursor, "requiresBootstrap": false }),
        "always with the head, a cursor, and without a wish for a bootstrap"
    );
}

/// 4.8: The `sync_request` of every 30 s tells where the head is, and nothing a second time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_later_request_repeats_nothing() {
    let served = served().await;
    seeded(&served).await;
    let mut client = Client::user(&served, "u1").await;
    client.primed().await;
    served.commit(&json!([update("t1", json!({ "title": "two" }))])).await;
    client.next("delta", |delta| delta["id"] == 3).await;
    let (before, head) = (client.cursor_at(&served, 2).await, client.cursor_at(&served, 3).await);
    // It has not applied what it was sent, or passed it over.
    for applied in [0, 2, 3] {
        let answer = client.request(Some(&before), applied).await;
        assert_eq!(
            (&answer["deltas"], &answer["currentSyncId"], &answer["newCursor"]),
            (&json!([]), &json!(3), &json!(head))
        );
    }
    let answer = client.request(Some("x"), 900).await;
    assert_eq!((&answer["deltas"], &answer["currentSyncId"]), (&json!([]), &json!(3)), "ahead of the log: {answer}");
}

/// 4.9: A first request at 0 is never answered with the whole log; a cursor of an earlier connection is where it resumes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_begins_where_its_cursor_says() {
    let served = served().await;
    seeded(&served).await;
    served.commit(&json!([update("t1", json!({ "title": "two" }))])).await;
    let agent = Client::agent(&served, "agent:w", Value::Null).await;
    let all: &[u64] = &[2, 3];
    let [one, two, three] =
        [agent.cursor_at(&served, 1).await, agent.cursor_at(&served, 2).await, agent.cursor_at(&served, 3).await];
    let table: [(&str, Option<&str>, u64, &[u64]); 9] = [
        ("", None, 0, &[]),
        ("", Some(""), 0, &[]),
        ("nonsense", Some("nonsense"), 0, &[]),
        ("", Some("-1"), 0, &[]),
        ("99999999999999999999999", None, 0, &[]),
        (&two, None, 0, &[3]),
        ("", Some(&two), 0, &[3]),
        (&one, Some(&one), 2, &[3]),
        (&three, Some(&three), 1, all),
    ];
    for (in_url, in_frame, applied, expected) in table {
        let mut socket = agent.again(&served, in_url).await;
        let answer = socket.ready(in_frame, applied).await;
        // Of one row: the last of what was missed, or after an insertion that of its own.
        let ids: Vec<u64> =
            answer["deltas"].as_array().unwrap().iter().map(|delta| delta["id"].as_u64().unwrap()).collect();
        let merged: Vec<u64> = expected.last().into_iter().copied().collect();
        assert!(ids == expected || ids == merged, "{in_url:?} {in_frame:?} {applied}: {answer}");
    }
}

/// 4.9: What is committed between the bootstrap and the first request arrives, whoever else shares the credential.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_gap_after_the_bootstrap_is_closed() {
    let served = served().await;
    seeded(&served).await;
    let (token, groups) = served.session(&json!({ "participantKind": "user", "participantId": "u1" })).await;
    let path = "/api/sync/bootstrap?models=Task";
    assert_eq!(served.get(path, &token).await["lastSyncId"], 2);
    served.commit(&json!([update("t1", json!({ "title": "two" }))])).await;
    // Another tab starts with the same token.
    assert_eq!(served.get(path, &token).await["lastSyncId"], 3);
    let mut client = served.open(&token, &groups).await;
    let request = json!({ "cursor": null, "versions": {}, "lastSyncId": 0, "capabilities": [] });
    client.send("sync_request", &request).await;
    let answer = client.next("sync_response", |_| true).await;
    assert_eq!(
        (&answer["deltas"][0]["id"], &answer["deltas"][0]["data"]["title"]),
        (&json!(3), &json!("two")),
        "{answer}"
    );
}

/// 4.9: A client whose bootstrap and request are through gets a deletion of a row that is not, at the head: its cursor.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_at_zero_is_primed() {
    let served = served().await;
    seeded(&served).await;
    let primer = |answer: &Value| {
        let delta = &answer["deltas"][0];
        [&delta["id"], &delta["actionType"], &delta["modelId"], &delta["data"]].map(Value::clone)
    };
    let expected = [json!(2), json!("D"), json!("__cursor__"), Value::Null];
    for mut client in [Client::user(&served, "u1").await, Client::agent(&served, "agent:w", Value::Null).await] {
        assert_eq!(primer(&client.primed().await), expected);
    }
    // The socket of a client may be ready first. What its credential is says nothing about how it starts.
    let (token, groups) = served.session(&json!({ "participantKind": "agent", "participantId": "agent:x" })).await;
    let mut early = served.open(&token, &groups).await;
    let request = json!({ "cursor": null, "versions": {}, "lastSyncId": 0, "capabilities": [] });
    early.send("sync_request", &request).await;
    early.next("sync_response", |_| true).await;
    early.settle().await;
    assert!(early.frames.iter().all(|frame| frame["type"] != "sync_response"), "not before the bootstrap");
    served.get("/api/sync/bootstrap?models=Task", &token).await;
    assert_eq!(primer(&early.next("sync_response", |_| true).await), expected);
}

/// 4.9: A cursor is moved once, and only of a client that needs it: not of one that is sent deltas to apply, whose log is
/// empty, that stands somewhere already, or that takes every delta as it happened.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_is_primed_only_where_it_must() {
    let served = served().await;
    let is_primed = async |client: &mut Client| {
        let frames = client.seen(&["sync_response"]).await;
        frames.iter().any(|frame| frame["payload"]["deltas"][0]["modelId"] == "__cursor__")
    };
    let mut early = Client::user(&served, "u0").await;
    assert!(!is_primed(&mut early).await, "an empty log has no head");
    seeded(&served).await;
    let mut client = Client::user(&served, "u1").await;
    client.primed().await;
    client.request(None, 0).await;
    assert!(!is_primed(&mut client).await, "once");
    let at = client.cursor_at(&served, 2).await;
    let mut standing = client.again(&served, &at).await;
    standing.ready(Some(&at), 2).await;
    assert!(!is_primed(&mut standing).await, "it stands where it stood");
    let mut ordered = client.again(&served, "").await;
    let every = json!({ "cursor": null, "versions": {}, "lastSyncId": 0, "capabilities": ["orderedStream"] });
    ordered.send("sync_request", &every).await;
    ordered.next("sync_response", |_| true).await;
    assert!(!is_primed(&mut ordered).await, "not one of 0.9.0");
    // Its bootstrap is not of now: what it missed moves its cursor.
    let (token, groups) = served.session(&json!({ "participantKind": "user", "participantId": "u2" })).await;
    served.get("/api/sync/bootstrap?models=Task", &token).await;
    served.commit(&json!([update("t1", json!({ "title": "two" }))])).await;
    let mut late = Client::start(&served, token, groups, false).await;
    assert!(!is_primed(&mut late).await, "it was sent what it missed");
}

/// 4.10: A `ping` is answered, and so is a client that says nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ping_is_answered() {
    let served = served().await;
    let mut client = Client::user(&served, "u1").await;
    for _ in 0..3 {
        client.settle().await;
    }
}

/// 6.3: Asking for a group does not give it; asking for what is unknown or lost disturbs nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_that_is_asked_for_is_not_given() {
    let served = served().await;
    seeded(&served).await;
    let narrow = json!({ "participantKind": "agent", "participantId": "agent:n", "syncGroups": ["project:p1"] });
    let (token, mut groups) = served.session(&narrow).await;
    groups.extend(["project:p2", "org:other", "nonsense", "default:", "user:u1", ""].map(str::to_owned));
    groups.extend((0..40).map(|at| format!("project:x{at}")));
    let mut client = Client::start(&served, token, groups, true).await;
    served
        .commit(&json!([
            create("project", "p2", json!({ "name": "Two" })),
            create("task", "t2", json!({ "title": "out", "projectId": "p2" })),
            create("task", "t3", json!({ "title": "in", "projectId": "p1" })),
        ]))
        .await;
    client.delta("t3").await;
    assert!(client.seen(&["delta"]).await.is_empty(), "nothing of another project");
}

/// 6.3: Who asks for no group hears all it may.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_group_asked_for_is_every_group() {
    let served = served().await;
    seeded(&served).await;
    let both =
        json!({ "participantKind": "agent", "participantId": "agent:w", "syncGroups": ["project:p1", "project:p2"] });
    let (token, _) = served.session(&both).await;
    let mut client = Client::start(&served, token, Vec::new(), true).await;
    for (id, project) in [("a", "p1"), ("b", "p2"), ("c", "p3"), ("d", "p1")] {
        served.commit(&json!([create("task", id, json!({ "title": "a", "projectId": project }))])).await;
    }
    for id in ["a", "b", "d"] {
        assert_eq!(client.next("delta", |_| true).await["modelId"], id);
    }
}

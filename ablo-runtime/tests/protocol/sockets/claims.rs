//! Claims: answers, lines, leases.

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::{Client, create, update};
use crate::{served, served::Served, served_with};

/// Every frame about a claim of one's own.
const ANSWERS: [&str; 5] = ["intent_acquired", "intent_granted", "intent_queued", "intent_rejected", "intent_lost"];

async fn rows(served: &Served) {
    for id in ["t1", "t2"] {
        served.commit(&json!([create("task", id, json!({ "title": "a" }))])).await;
    }
}

/// 5.2: Every `intent_begin` is answered, and one that waits for a claim it cannot get is told so in a way that ends its wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_begin_is_answered() {
    let served = served().await;
    rows(&served).await;
    let mut holder = Client::user(&served, "u1").await;
    let mut other = Client::user(&served, "u2").await;
    let mut reader = Client::agent(&served, "agent:r", json!({ "operations": ["tasks.read"] })).await;
    holder.hold("h1", "t1").await;
    let acquired: &[&str] = &["intent_acquired"];
    let queued: &[&str] = &["intent_queued"];
    let rejected: &[&str] = &["intent_rejected"];
    let ended: &[&str] = &["intent_rejected", "intent_lost"];
    let begin = |claim: &str, kind: &str, row: &str, more: Value| {
        let mut begin = json!({ "intentId": claim, "entityType": kind, "entityId": row, "action": "editing" });
        begin.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        begin
    };
    let table: Vec<(&str, u8, Value, &[&str])> = vec![
        ("free", 1, begin("a", "tasks", "t2", json!({})), acquired),
        ("its own, announced again", 1, begin("a", "tasks", "t2", json!({ "queue": true })), acquired),
        ("its own, under another id", 1, begin("b", "tasks", "t2", json!({})), acquired),
        ("under the typename", 1, begin("c", "Task", "t2", json!({})), acquired),
        ("a row that is to be made", 1, begin("d", "tasks", "new", json!({ "estimatedMs": 5000 })), acquired),
        ("a length with a fraction", 1, begin("e", "tasks", "t2", json!({ "estimatedMs": 30_000.000_001 })), acquired),
        ("a length of null", 1, begin("f", "tasks", "t2", json!({ "estimatedMs": null })), acquired),
        (
            "narrowed",
            1,
            begin(
                "g",
                "tasks",
                "t2",
                json!({ "field": "title", "path": "a.b", "range": { "startLine": 1, "endLine": 3 } }),
            ),
            acquired,
        ),
        ("held, waiting", 1, begin("w", "tasks", "t1", json!({ "queue": true })), queued),
        ("held, waiting, said again", 1, begin("w", "tasks", "t1", json!({ "queue": true })), queued),
        ("held, not waiting", 1, begin("x", "tasks", "t1", json!({})), rejected),
        ("held, another part of it", 1, begin("y", "tasks", "t1", json!({ "field": "status" })), rejected),
        ("an unknown model", 1, begin("z", "nonsense", "t1", json!({})), rejected),
        ("an unknown model, waiting", 1, begin("z1", "nonsense", "t1", json!({ "queue": true })), ended),
        ("no row", 1, begin("z2", "tasks", "", json!({ "queue": true })), ended),
        ("a broken range", 1, begin("z3", "tasks", "t1", json!({ "range": { "startLine": -1 } })), ended),
        (
            "members of the wrong kind",
            1,
            json!({ "intentId": "z4", "entityType": 7, "entityId": null, "action": [] }),
            ended,
        ),
        ("not allowed to write", 2, begin("z5", "tasks", "t2", json!({ "queue": true })), ended),
    ];
    other.seen(&ANSWERS).await;
    reader.seen(&ANSWERS).await;
    for (what, who, frame, expected) in table {
        let client = if who == 1 { &mut other } else { &mut reader };
        client.send("intent_begin", &frame).await;
        // An answer may wait for the row's last delta, never for longer than it takes.
        let kind = expected[0];
        let first = client.next(kind, |answer| answer["intentId"] == frame["intentId"]).await;
        assert_eq!(first["intentId"], frame["intentId"], "{what}");
        let rest = client.seen(&ANSWERS).await;
        let kinds: Vec<&str> = rest.iter().map(|frame| frame["type"].as_str().unwrap()).collect();
        assert_eq!(kinds, &expected[1..], "{what}: {rest:?}");
    }
}

/// 5.2: A claim lasts as long as it is estimated to, within bounds, and as long as the server likes when it is not; announced
/// again, as long as it says then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lengths_are_bounded() {
    let served = served().await;
    rows(&served).await;
    let mut holder = Client::user(&served, "u1").await;
    let mut peer = Client::user(&served, "u2").await;
    let limits = ablo_runtime::claims::ClaimLimits::default();
    for (at, (estimate, expected)) in [
        (Value::Null, limits.default_ttl_ms),
        (json!(limits.default_ttl_ms + 7_000), limits.default_ttl_ms + 7_000),
        (json!(1_000_000_000_000_u64), limits.max_ttl_ms),
    ]
    .into_iter()
    .enumerate()
    {
        let claim = format!("c{at}");
        holder.begin(&claim, "t1", json!({ "estimatedMs": estimate })).await;
        let seen = peer.next("presence_update", |seen| seen["activeIntents"][0]["intentId"] == claim.as_str()).await;
        let intent = &seen["activeIntents"][0];
        let lasts = intent["expiresAt"].as_u64().unwrap() - intent["declaredAt"].as_u64().unwrap();
        assert_eq!(lasts, expected, "{estimate}");
        holder.abandon(&claim, "t1").await;
    }
    holder.begin("again", "t1", json!({ "estimatedMs": 60_000 })).await;
    let end = |line: &Value| -> ablo_schema::time::Timestamp {
        line["intents"][0]["expiresAt"].as_str().unwrap().parse().unwrap()
    };
    holder.next("intent_acquired", |acquired| acquired["intentId"] == "again").await;
    let before = end(&served.get("/v1/intents?model=tasks&id=t1", &served.key).await);
    holder.begin("again", "t1", json!({ "estimatedMs": 120_000 })).await;
    holder.next("intent_acquired", |acquired| acquired["intentId"] == "again").await;
    let after = end(&served.get("/v1/intents?model=tasks&id=t1", &served.key).await);
    assert!(after.as_second() - before.as_second() >= 50, "{before} {after}");
}

/// 5.6: Any sign of life renews what its sender holds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_of_life_renews() {
    let served = served().await;
    rows(&served).await;
    let mut holder = Client::user(&served, "u1").await;
    holder.begin("h1", "t1", json!({ "estimatedMs": 8_000, "queue": true })).await;
    holder.next("intent_acquired", |_| true).await;
    let end = async || {
        let line = served.get("/v1/intents?model=tasks&id=t1", &served.key).await;
        line["intents"][0]["expiresAt"].as_str().expect("it is held").to_owned()
    };
    let first = end().await;
    while end().await == first {
        holder.settle().await;
    }
}

/// 5.3: A refusal says who is in the way, under which claim and until when.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_names_the_holder() {
    let served = served().await;
    rows(&served).await;
    let mut holder = Client::user(&served, "u1").await;
    let mut other = Client::agent(&served, "agent:w", Value::Null).await;
    holder.hold("h1", "t1").await;
    other.begin("x", "t1", json!({})).await;
    let mut refused = other.next("intent_rejected", |_| true).await;
    assert!(refused.as_object_mut().unwrap().remove("request_id").is_some(), "what the log calls it");
    let until = refused["heldByExpiresAt"].as_i64().unwrap();
    assert_eq!(
        refused,
        json!({ "intentId": "x", "reason": "conflict", "target": { "entityType": "tasks", "entityId": "t1" },
            "heldBy": "u1", "heldByIntentId": "h1", "heldByExpiresAt": until })
    );
}

/// 5.4: Everyone is shown a row's line under the name the waiters used, in order, and when it is empty.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_line_is_shown() {
    let served = served().await;
    rows(&served).await;
    let mut holder = Client::user(&served, "u1").await;
    let mut agent = Client::agent(&served, "agent:w", Value::Null).await;
    let mut person = Client::user(&served, "u2").await;
    let mut watcher = Client::user(&served, "u3").await;
    holder.hold("h1", "t1").await;
    agent.wait("a1", "t1", 0).await;
    person.wait("p1", "t1", 1).await;
    for client in [&mut holder, &mut agent, &mut person, &mut watcher] {
        let shown = client.next("intent_queue", |line| line["queue"].as_array().unwrap().len() == 2).await;
        assert_eq!(shown["target"], json!({ "type": "tasks", "id": "t1" }));
        let who: Vec<_> = shown["queue"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| {
                assert_eq!(
                    (&one["object"], &one["status"], &one["target"]["type"], &one["target"]["id"]),
                    (&json!("intent"), &json!("queued"), &json!("tasks"), &json!("t1"))
                );
                assert!(one["createdAt"].is_string() && one["expiresAt"].is_string());
                (
                    one["id"].as_str().unwrap(),
                    one["heldBy"].as_str().unwrap(),
                    one["participantKind"].as_str().unwrap(),
                    one["position"].as_u64().unwrap(),
                )
            })
            .collect();
        assert_eq!(who, [("a1", "agent:w", "agent", 0), ("p1", "u2", "human", 1)], "the holder is not in it");
    }
    agent.abandon("a1", "t1").await;
    watcher.next("intent_queue", |line| line["queue"][0]["id"] == "p1").await;
    person.abandon("p1", "t1").await;
    watcher.next("intent_queue", |line| line["queue"] == json!([])).await;
}

/// 5.6: A row goes to who waits longest, whoever that is; each is granted it once and finds it free of the one before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiters_take_turns() {
    let served = served().await;
    rows(&served).await;
    let mut holder = Client::user(&served, "u1").await;
    let mut agent = Client::agent(&served, "agent:w", Value::Null).await;
    let mut person = Client::user(&served, "u2").await;
    holder.hold("h1", "t1").await;
    agent.wait("a1", "t1", 0).await;
    person.wait("p1", "t1", 1).await;
    agent.seen(&[]).await;
    holder.abandon("h1", "t1").await;
    let granted = agent.next("intent_granted", |_| true).await;
    assert_eq!((&granted["intentId"], &granted["target"]), (&json!("a1"), &json!({ "type": "tasks", "id": "t1" })));
    let before: Vec<&Value> = agent.frames.iter().filter(|frame| frame["payload"]["userId"] == "u1").collect();
    assert!(
        before.iter().any(|frame| frame["payload"]["activeIntents"] == json!([])),
        "freed before it is granted: {before:?}"
    );
    agent.abandon("a1", "t1").await;
    person.next("intent_granted", |granted| granted["intentId"] == "p1").await;
    assert!(person.seen(&["intent_granted"]).await.is_empty());
}

/// 5.6: A client is told that it holds a row only once it has applied the row's last delta, whether it waited or not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_is_told_after_the_row() {
    let served = served().await;
    rows(&served).await;
    let mut holder = Client::user(&served, "u1").await;
    let mut next = Client::user(&served, "u2").await;
    for (waits, kind) in [(true, "intent_granted"), (false, "intent_acquired")] {
        holder.hold("h1", "t1").await;
        if waits {
            next.wait("n1", "t1", 0).await;
        }
        let receipt = holder.commit(&json!([update("t1", json!({ "title": kind }))])).await;
        holder.delta("t1").await;
        holder.abandon("h1", "t1").await;
        holder.settle().await;
        if !waits {
            next.begin("n1", "t1", json!({ "queue": true })).await;
        }
        let delta = next.next("delta", |delta| delta["data"]["title"] == kind).await;
        next.settle().await;
        assert!(next.frames.iter().all(|frame| frame["type"] != kind), "not before it has applied that");
        next.ack(delta["id"].as_u64().unwrap()).await;
        next.next(kind, |told| told["intentId"] == "n1").await;
        let mut write = update("t1", json!({ "title": "mine" }));
        (write["readAt"], write["onStale"]) = (receipt["lastSyncId"].clone(), "reject".into());
        assert_eq!(next.commit(&json!([write])).await["success"], true);
        next.abandon("n1", "t1").await;
        next.settle().await;
        holder.delta("t1").await;
    }
}

/// 5.6: A lease that runs out is lost for its holder, gone for the others and the row free; giving it up afterwards disturbs
/// nobody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_runs_out() {
    let served = served().await;
    rows(&served).await;
    let mut holder = Client::user(&served, "u1").await;
    let mut next = Client::user(&served, "u2").await;
    holder.begin("h1", "t1", json!({ "estimatedMs": 200 })).await;
    holder.next("intent_acquired", |_| true).await;
    let lost = holder.next("intent_lost", |_| true).await;
    assert_eq!(
        lost,
        json!({ "intentId": "h1", "reason": "expired", "target": { "entityType": "tasks", "entityId": "t1" } })
    );
    next.next("presence_update", |seen| seen["userId"] == "u1" && seen["activeIntents"] == json!([])).await;
    next.hold("n1", "t1").await;
    holder.abandon("h1", "t1").await;
    holder.abandon("n1", "t1").await;
    holder.settle().await;
    assert_eq!(next.commit(&json!([update("t1", json!({ "title": "mine" }))])).await["success"], true);
    assert!(next.seen(&ANSWERS).await.is_empty(), "it holds the row");
}

/// 5.6: A client that reconnects announces what it holds and waits for; its old socket, whose end is noticed only then, takes
/// neither from it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claims_are_announced_again() {
    let served = served().await;
    rows(&served).await;
    let mut holder = Client::user(&served, "u1").await;
    let mut waiter = Client::agent(&served, "agent:w", Value::Null).await;
    holder.hold("h1", "t1").await;
    waiter.wait("w1", "t1", 0).await;
    let mut waiter_again = waiter.again(&served, "").await;
    waiter_again.wait("w1", "t1", 0).await;
    let mut holder_again = holder.again(&served, "").await;
    holder_again.hold("h1", "t1").await;
    drop((waiter, holder));
    // Both ends are noticed: each other socket of theirs is told of nobody's leaving.
    waiter_again.settle().await;
    holder_again.settle().await;
    let line = served.get("/v1/intents?model=tasks&id=t1", &served.key).await;
    assert_eq!((&line["intents"][0]["id"], &line["queue"][0]["id"]), (&json!("h1"), &json!("w1")), "{line}");
    holder_again.abandon("h1", "t1").await;
    waiter_again.next("intent_granted", |granted| granted["intentId"] == "w1").await;
}

/// 5.6: What waits through a socket ends with it; what is held through it does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_socket_does_not_wait() {
    let served = served().await;
    rows(&served).await;
    let mut holder = Client::user(&served, "u1").await;
    let mut waiter = Client::user(&served, "u2").await;
    let mut watcher = Client::user(&served, "u3").await;
    holder.hold("h1", "t1").await;
    waiter.wait("w1", "t1", 0).await;
    watcher.next("intent_queue", |line| line["queue"][0]["id"] == "w1").await;
    drop(waiter);
    watcher.next("intent_queue", |line| line["queue"] == json!([])).await;
    drop(holder);
    watcher.next("presence_update", |seen| seen["userId"] == "u1" && seen["kind"] == "leave").await;
    let still = watcher.next("presence_update", |seen| seen["kind"] == "update" && seen["status"] == "offline").await;
    assert_eq!(
        (&still["kind"], &still["activeIntents"][0]["intentId"]),
        (&json!("update"), &json!("h1")),
        "it holds on"
    );
    watcher.begin("x", "t1", json!({})).await;
    watcher.next("intent_rejected", |_| true).await;
}

/// 5.6: A line is re-ranked by who may; anybody else is passed over in silence.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_is_reordered() {
    let served = served().await;
    rows(&served).await;
    let mut holder = Client::user(&served, "u1").await;
    let mut first = Client::user(&served, "u2").await;
    let mut second = Client::user(&served, "u3").await;
    let (token, groups) =
        served.session(&json!({ "participantKind": "system", "participantId": "boss", "wideScope": true })).await;
    let mut boss = Client::start(&served, token, groups, false).await;
    holder.hold("h1", "t1").await;
    first.wait("f1", "t1", 0).await;
    second.wait("s1", "t1", 1).await;
    let order = json!({ "entityType": "tasks", "entityId": "t1",
        "order": [{ "heldBy": "nobody", "intentId": "f1" }, { "heldBy": "u3", "intentId": "s1" }] });
    second.send("intent_reorder", &order).await;
    second.settle().await;
    let line = served.get("/v1/intents?model=tasks&id=t1", &served.key).await;
    assert_eq!(line["queue"][0]["id"], "f1", "{line}");
    boss.send("intent_reorder", &order).await;
    holder.next("intent_queue", |line| line["queue"][0]["id"] == "s1" && line["queue"][1]["id"] == "f1").await;
    holder.abandon("h1", "t1").await;
    second.next("intent_granted", |granted| granted["intentId"] == "s1").await;
}

/// 5.6: Where the server was told so, who may do `intent.preempt` takes a row over ahead of everybody who waits: its holder
/// is told that it lost it, and to whom the row is. Nobody else does, and nobody where the server was not told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_is_taken_over_where_that_is_allowed() {
    for is_on in [false, true] {
        let served = served_with(|options| options.server.preemption = is_on).await;
        rows(&served).await;
        let mut holder = Client::user(&served, "u1").await;
        let mut waiter = Client::user(&served, "u2").await;
        let may = json!({ "operations": ["tasks.update", "intent.preempt"] });
        let mut boss = Client::agent(&served, "agent:boss", may).await;
        holder.hold("h1", "t1").await;
        waiter.wait("w1", "t1", 0).await;
        let write = json!([update("t1", json!({ "title": "boss" }))]);
        if !is_on {
            boss.begin("b1", "t1", json!({})).await;
            boss.next("intent_rejected", |_| true).await;
            assert_eq!(boss.commit(&write).await["error"]["code"], "entity_claimed");
            assert!(holder.seen(&ANSWERS).await.is_empty());
            continue;
        }
        // At the time of a commit it means to go ahead; the row stays its holder's.
        assert_eq!(boss.commit(&write).await["success"], true);
        assert!(holder.seen(&ANSWERS).await.is_empty());
        boss.hold("b1", "t1").await;
        assert_eq!(
            holder.next("intent_lost", |_| true).await,
            json!({ "intentId": "h1", "reason": "preempted", "target": { "entityType": "tasks", "entityId": "t1" } })
        );
        assert_eq!(holder.commit(&write).await["error"]["heldBy"], "agent:boss");
        assert!(waiter.seen(&ANSWERS).await.is_empty(), "it goes on waiting");
        boss.abandon("b1", "t1").await;
        waiter.next("intent_granted", |granted| granted["intentId"] == "w1").await;
    }
}

/// 10.17: An abandon of a claim that is unknown or somebody else's disturbs no holder.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strange_abandons_disturb_nobody() {
    let served = served().await;
    rows(&served).await;
    let mut holder = Client::user(&served, "u1").await;
    let mut other = Client::user(&served, "u2").await;
    holder.hold("h1", "t1").await;
    for text in [
        r#"{"type":"intent_abandon","payload":{"intentId":"h1","entityType":"tasks","entityId":"t1"}}"#,
        r#"{"type":"intent_abandon","payload":{"intentId":"never","entityType":"tasks","entityId":"t1"}}"#,
        r#"{"type":"intent_abandon","payload":{"intentId":"h1"}}"#,
        r#"{"type":"intent_abandon","payload":{"intentId":"h1","entityType":"nonsense","entityId":"t1"}}"#,
        r#"{"type":"intent_abandon","payload":{}}"#,
    ] {
        other.send_raw(Message::Text(text.into())).await;
    }
    other.settle().await;
    other.begin("x", "t1", json!({})).await;
    assert_eq!(other.next("intent_rejected", |_| true).await["heldByIntentId"], "h1");
    assert!(holder.seen(&ANSWERS).await.is_empty());
}

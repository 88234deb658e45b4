//! Clients repeat a plain update that is refused with a retryable code every 150 ms, without end. They are slowed down,
//! never cut.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::{Client, create, update};
use crate::{served, served::Served, served::uuid, served_with};

/// Two rows, of which somebody holds the first.
async fn held(served: &Served) -> Client {
    for id in ["t1", "t2"] {
        served.commit(&json!([create("task", id, json!({ "title": "a" }))])).await;
    }
    let mut holder = Client::user(served, "holder").await;
    holder.hold("h1", "t1").await;
    holder
}

fn write(row: &str) -> Value {
    json!([update(row, json!({ "title": "x" }))])
}

/// How many refusals were held back so far.
fn paced(served: &Served) -> u64 {
    served.server.metrics.paced.load(Ordering::Relaxed)
}

/// 4.11: The first refusal of a row's write is answered at once, each one after it later; whatever else its socket says
/// meanwhile is answered as always, and so is the refusal in the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_refusal_is_held_back() {
    let served = served().await;
    let _holder = held(&served).await;
    let mut other = Client::user(&served, "u1").await;
    assert_eq!(other.commit(&write("t1")).await["error"]["code"], "entity_claimed");
    assert_eq!(paced(&served), 0);
    let mut is_overtaken = false;
    for round in 1..4 {
        let name = uuid();
        other.send("commit", &json!({ "clientTxId": name, "operations": write("t1") })).await;
        assert_eq!(other.commit(&write("t2")).await["success"], true);
        is_overtaken |= other.frames.iter().all(|frame| frame["payload"]["clientTxId"] != name.as_str());
        let refused = other.next("mutation_result", |receipt| receipt["clientTxId"] == name.as_str()).await;
        assert_eq!((&refused["error"]["code"], paced(&served)), (&json!("entity_claimed"), round));
    }
    assert!(is_overtaken, "another row waits for it");
}

/// 4.11: A held-back refusal is of one row on one connection: others, and other participants' sockets, are answered at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_who_repeats_itself_is_slowed_down() {
    let served = served().await;
    let mut holder = held(&served).await;
    holder.hold("h2", "t2").await;
    let mut one = Client::user(&served, "u1").await;
    let mut tab = one.again(&served, "").await;
    tab.ready(None, 0).await;
    let mut two = Client::user(&served, "u2").await;
    for client in [&mut one, &mut tab, &mut two] {
        for row in ["t1", "t2"] {
            assert_eq!(client.commit(&write(row)).await["error"]["code"], "entity_claimed");
        }
    }
    // What is wrong for good is not repeated; if it is, it costs its sender nothing.
    for _ in 0..3 {
        assert_eq!(one.commit(&write("none")).await["error"]["code"], "entity_not_found");
    }
    assert_eq!(paced(&served), 0);
}

/// 5.9: All retryable refusals of a write are held back when they are repeated; a write that goes through starts over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_retryable_refusal_is_held_back() {
    let served = served().await;
    let mut holder = held(&served).await;
    let mut other = Client::user(&served, "u1").await;
    served.commit(&write("t2")).await;
    let stale = || {
        let mut stale = update("t2", json!({ "title": "y" }));
        (stale["readAt"], stale["onStale"]) = (1.into(), "reject".into());
        json!([stale])
    };
    let mut expected = 0;
    for (operations, code) in [(write("t1"), "entity_claimed"), (stale(), "stale_context")] {
        for repeated in [0, 1] {
            assert_eq!(other.commit(&operations).await["error"]["code"], code);
            expected += repeated;
            assert_eq!(paced(&served), expected, "{code}");
        }
    }
    holder.abandon("h1", "t1").await;
    holder.settle().await;
    assert_eq!(other.commit(&write("t1")).await["success"], true);
    holder.hold("h1", "t1").await;
    assert_eq!(other.commit(&write("t1")).await["error"]["code"], "entity_claimed");
    assert_eq!(paced(&served), expected, "the first of its kind again");
}

/// 10.3: A socket has no rate of its own: a limit there would cut off who repeats itself, who then comes back and goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_may_say_as_much_as_it_likes() {
    let served = served_with(|options| options.server.limits.requests_per_second = 1).await;
    let mut agent = Client::agent(&served, "agent:w", Value::Null).await;
    for at in 0..50 {
        let receipt = agent.commit(&json!([create("task", &format!("t{at}"), json!({ "title": "a" }))])).await;
        assert_eq!(receipt["success"], true, "{at}: {receipt}");
    }
}

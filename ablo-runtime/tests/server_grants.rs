//! What sockets are told when the rows that grant somebody a group change.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/served.rs"]
mod served;
mod support;

use serde_json::{Value, json};
use served::Served;

fn create(model: &str, id: &str, data: Value) -> Value {
    json!({ "type": "CREATE", "model": model, "id": id, "input": data })
}

async fn prepare(server: &Served) {
    server
        .commit(&json!([
            create("decks", "d1", json!({ "title": "one" })),
            create("decks", "d2", json!({ "title": "two" })),
            create("people", "u1", json!({ "name": "U" })),
            create("members", "m1", json!({ "personId": "u1", "deckId": "d1" })),
            create("slides", "s1", json!({ "deckId": "d1" })),
            create("slides", "s2", json!({ "deckId": "d2" })),
            create("layers", "l2", json!({ "slideId": "s2" })),
        ]))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_sockets_are_told_what_a_grant_covers_and_takes_away() {
    for server in Served::over_every_store(support::schema).await {
        prepare(&server).await;
        let (token, groups) = server.session(&json!({ "participantKind": "user", "participantId": "u1" })).await;
        let (other, other_groups) = server.session(&json!({ "participantKind": "user", "participantId": "u2" })).await;
        assert_eq!(groups, ["user:u1"]);
        let start = server.get("/api/sync/bootstrap?models=Deck,Slide&syncGroups=user%3Au1", &token).await;
        assert_eq!(start["models"]["Deck"][0]["id"], "d1", "what rows grant comes along: {start}");
        assert_eq!(start["models"]["Deck"].as_array().unwrap().len(), 1);
        let head = start["lastSyncId"].as_u64().unwrap();
        let mut person = server.ready(&token, &groups, head).await;
        let mut stranger = server.ready(&other, &other_groups, head).await;

        server.commit(&json!([create("members", "m2", json!({ "personId": "u1", "deckId": "d2" }))])).await;
        let gained = person.next("delta", |delta| delta["actionType"] == "G").await;
        assert_eq!(gained["data"], json!({ "group": "deck:d2", "userId": "u1" }));
        assert_eq!(person.deltas_of(3).await, ["C d2", "C l2", "C s2"], "and what is in it, as it is");
        server.commit(&json!([{ "type": "UPDATE", "model": "layers", "id": "l2", "input": { "text": "x" } }])).await;
        let update = person.next("delta", |delta| delta["modelId"] == "l2").await;
        assert_eq!(
            (&update["actionType"], &update["data"]["text"]),
            (&json!("U"), &json!("x")),
            "from here on it hears"
        );

        // A row that moves and a grant that ends in one commit.
        server
            .commit(&json!([
                { "type": "UPDATE", "model": "slides", "id": "s1", "input": { "deckId": "d2" } },
                { "type": "DELETE", "model": "members", "id": "m1" },
            ]))
            .await;
        assert_eq!(
            person.deltas_of(3).await,
            ["C s1", "D d1", "U s1"],
            "what is in a deck that is still granted stays"
        );
        server.commit(&json!([{ "type": "ARCHIVE", "model": "members", "id": "m2" }])).await;
        assert_eq!(
            person.deltas_of(4).await,
            ["D d2", "D l2", "D s1", "D s2"],
            "a grant that is put away ends as well"
        );
        server.commit(&json!([{ "type": "UPDATE", "model": "decks", "id": "d2", "input": { "title": "new" } }])).await;
        let now = server.get("/api/sync/bootstrap?models=Deck,Slide&syncGroups=user%3Au1", &token).await;
        assert_eq!((&now["models"]["Deck"], &now["models"]["Slide"]), (&json!([]), &json!([])));
        person.settle().await;
        stranger.settle().await;
        assert!(person.deltas().is_empty() && stranger.deltas().is_empty(), "nobody else hears of any of it");
    }
}

/// Whoever is away reads the same from the log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_is_told_after_a_reconnect() {
    for server in Served::over_every_store(support::schema).await {
        prepare(&server).await;
        let (token, groups) =
            server.session(&json!({ "participantKind": "agent", "participantId": "a1", "userMeta": {} })).await;
        let head = server.get("/api/sync/bootstrap", &token).await["lastSyncId"].as_u64().unwrap();
        server.commit(&json!([create("members", "m3", json!({ "personId": "a1", "deckId": "d2" }))])).await;
        let mut agent = server.open(&token, &groups).await;
        agent
            .send("sync_request", &json!({ "cursor": null, "versions": {}, "lastSyncId": head, "capabilities": [] }))
            .await;
        let response = agent.next("sync_response", |_| true).await;
        let letters: Vec<&str> =
            response["deltas"].as_array().unwrap().iter().map(|delta| delta["actionType"].as_str().unwrap()).collect();
        assert_eq!(letters, ["G", "C", "C", "C"], "{response}");
    }
}

/// Rows that move are told to those who gain and lose them, never to the writer that goes on seeing them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_keeps_the_row_it_moves() {
    for server in Served::over_every_store(support::schema).await {
        prepare(&server).await;
        let head = server.get("/api/sync/bootstrap", &server.key).await["lastSyncId"].as_u64().unwrap();
        let mut writer = server.ready(&server.key, &[], head).await;
        let receipt = writer
            .commit(&json!([{ "type": "UPDATE", "model": "slides", "id": "s1", "input": { "deckId": "d2" } }]))
            .await;
        writer.settle().await;
        assert_eq!(writer.deltas(), ["U s1"]);
        assert_eq!(receipt["lastSyncId"], head + 1, "the last delta that reaches it: {receipt}");
    }
}

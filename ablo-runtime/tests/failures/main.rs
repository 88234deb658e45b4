//! Everything that callers are told when something fails, over HTTP and over sockets: which codes, in which words, and that
//! none of them gives away a statement, a file or anything of another organization.
#![cfg(all(feature = "server", feature = "sqlite"))]
#![allow(clippy::unwrap_used, missing_docs)]

mod broken;
mod logins;
mod requests;
#[path = "../support/served.rs"]
mod served;
mod sockets;
#[path = "../support/mod.rs"]
mod support;
mod told;

use ablo_runtime::server::auth::{IssuerKeys, IssuerOrganization, TrustedIssuer};
use ablo_runtime::server::{ServeOptions, StoreChoice, mint_key};
use ablo_schema::error::Code;
use ablo_schema::wire::{KeyEnv, KeyKind};
use serde_json::{Value, json};
use served::Served;
use told::Told;

/// What no request over the wire brings about here, and where it is shown instead.
const ELSEWHERE: [Code; 8] = [
    // Rows hold nothing but JSON. What callers are told of it is told of a store that failed as well.
    Code::InternalError,
    // A line of a thousand, and a full queue: `refusals`.
    Code::QueueTooDeep,
    Code::InstanceAtCapacity,
    // Fencing tokens are not part of this protocol: `refusals`.
    Code::StaleToken,
    // It ends an answer that has begun: `server_bootstrap`.
    Code::BootstrapFetchTimeout,
    // A file that is not opened: `sqlite_newer_file`.
    Code::StoreVersionUnsupported,
    // What is sent here is read as a list, or not at all: `refusals`.
    Code::ModelQueryFailed,
    // The name of an organization for which a command makes a key: `tests/cli/serve.rs`.
    Code::ArgumentInvalid,
];

/// The names of the other organization's things. Nobody in this one says them.
pub const CANARY: &str = "canary";

/// A server with a file, odd models, small limits and two trusted issuers; an organization beside the one that asks.
async fn prepared() -> (Served, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kept.db");
    let issuer = |name: &str, keys| TrustedIssuer::new(name, "ablo", keys, IssuerOrganization::Claim("org".to_owned()));
    let mut options = ServeOptions::dev(support::odd_schema());
    options.store = StoreChoice::Sqlite(file.clone());
    options.server.limits.operations = 3;
    options.server.limits.body_bytes = 8 << 10;
    options.server.limits.message_bytes = 8 << 10;
    options.server.issuers = vec![
        issuer("https://id.example", IssuerKeys::Inline(logins::keys())),
        issuer("https://gone.example", IssuerKeys::Url("https://localhost:1/keys".to_owned())),
    ];
    let served = Served::start(options, Some(folder)).await;
    // The same rows as here, with other words in them, held by somebody.
    let other = mint_key(&served.server.book, KeyKind::Secret, KeyEnv::Test, "canary_org").unwrap();
    for key in [&served.key, &other] {
        let word = if *key == other { CANARY } else { "a" };
        let create =
            |model: &str, id: &str, input: Value| json!({ "type": "CREATE", "model": model, "id": id, "input": input });
        for rows in [
            json!([
                create("tasks", "t1", json!({ "title": word, "note": word })),
                create("tasks", "held", json!({ "title": word })),
                create("decks", "d1", json!({ "title": word })),
            ]),
            json!([
                create("people", "p1", json!({ "name": word, "email": format!("{word}@x") })),
                create("people", "p2", json!({ "name": word, "bossId": "p1" })),
                create("shelves", "s1", json!({})),
            ]),
            json!([{ "type": "UPDATE", "model": "tasks", "id": "t1", "input": { "title": format!("{word} b") } }]),
        ] {
            let commit = json!({ "clientTxId": served::uuid(), "operations": rows });
            assert_eq!(served.post("/v1/commits", key, &commit).await.0, 200);
        }
        let holder = json!({ "participantKind": "system", "participantId": format!("{word}-holder"), "label": word });
        let token = served.post("/api/auth/capability", key, &holder).await.1["token"].as_str().unwrap().to_owned();
        let held = served.post("/v1/models/tasks/held/claim", &token, &json!({ "action": word, "ttl": "1h" })).await;
        assert_eq!(held.0, 201, "{held:?}");
        assert_eq!(served.post("/v1/tasks", key, &json!({ "prompt": word })).await.0, 200);
    }
    (served, file)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_failure_is_told_in_words_that_help_and_give_nothing_away() {
    let (served, file) = prepared().await;
    let mut told = Told::default();
    logins::are_refused(&served, &mut told).await;
    requests::are_refused(&served, &mut told).await;
    requests::are_too_many(&mut told).await;
    sockets::are_told(&served, &mut told).await;
    sockets::are_closed(&mut told).await;
    broken::stores_say_nothing_of_themselves(served, &file, &mut told).await;
    told.is_complete(&["src/engine", "src/claims", "src/server"], &ELSEWHERE);
    insta::assert_snapshot!(told.page());
}

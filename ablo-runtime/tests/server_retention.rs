//! A log that is trimmed while clients stand at different places of it, and one that is too long for a single page.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/served.rs"]
mod served;
mod support;

use std::time::Duration;

use ablo_runtime::engine::{Clock, Engine, EngineOptions, Participant};
use ablo_runtime::server::{Retention, ServeOptions};
use ablo_runtime::store::MemoryStore;
use ablo_schema::time::{SignedDuration, Timestamp};
use ablo_schema::wire::{OrganizationId, SyncId};
use serde_json::{Value, json};
use served::{Served, Socket};

fn tasks(count: usize, prefix: &str) -> Value {
    (0..count)
        .map(|at| json!({ "type": "CREATE", "model": "tasks", "id": format!("{prefix}{at}"), "input": { "title": "a" } }))
        .collect()
}

/// A system's session of its own, which has not bootstrapped.
async fn token(server: &Served, name: &str) -> String {
    server.session(&json!({ "participantKind": "system", "participantId": name, "wideScope": true })).await.0
}

async fn connect(server: &Served, token: &str, after: u64) -> (Socket, Value) {
    let mut socket = server.open(token, &[]).await;
    let asked = json!({ "cursor": null, "versions": {}, "lastSyncId": after, "capabilities": ["orderedStream"] });
    socket.send("sync_request", &asked).await;
    let answer = socket.next("sync_response", |_| true).await;
    (socket, answer)
}

fn ids(deltas: &Value) -> Vec<u64> {
    deltas.as_array().unwrap().iter().map(|delta| delta["id"].as_u64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_stands_before_a_trimmed_log_is_told_to_bootstrap() {
    for server in Served::over_every_store(support::schema).await {
        server.commit(&tasks(30, "a")).await;
        let organizations = server.server.engine.organizations(0).await.unwrap();
        let later = Timestamp::now() + SignedDuration::from_hours(24 * 30);
        let week = Duration::from_secs(7 * 24 * 3_600);
        for (age, now, trimmed) in
            [(None, later, 0), (Some(week), Timestamp::now(), 0), (Some(week), later, 20), (Some(week), later, 20)]
        {
            let retention = Retention { age, deltas: 10 };
            let mut reached = 0;
            for organization in &organizations {
                reached = retention.apply(&server.server.engine, organization, now).await.unwrap().0.max(reached);
            }
            assert_eq!(reached, trimmed, "{age:?}");
        }

        let (mut old, answer) = connect(&server, &token(&server, "old").await, 19).await;
        assert_eq!((&answer["requiresBootstrap"], &answer["currentSyncId"]), (&json!(true), &json!(30)), "{answer}");
        assert_eq!((&answer["deltas"], &answer["newCursor"]), (&json!([]), &Value::Null), "{answer}");
        assert_eq!(answer["bootstrapHint"]["code"], "must_bootstrap", "{answer}");
        let (_, answer) = connect(&server, &token(&server, "near").await, 20).await;
        assert_eq!(answer["requiresBootstrap"], false, "{answer}");
        assert_eq!(ids(&answer["deltas"]), (21..=30).collect::<Vec<_>>());

        let fresh = token(&server, "fresh").await;
        assert_eq!(server.get("/api/sync/bootstrap", &fresh).await["lastSyncId"], 30);
        server.commit(&tasks(1, "b")).await;
        // Whoever was told goes on hearing what happens, for which its bootstrap may come any time.
        assert_eq!(old.next("delta", |_| true).await["id"], 31);
        let (_, answer) = connect(&server, &fresh, 5).await;
        assert_eq!(answer["requiresBootstrap"], false, "it has everything up to its bootstrap: {answer}");
        assert_eq!(ids(&answer["deltas"]), [31]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_log_comes_page_by_page_and_whole() {
    for server in Served::over_every_store(support::schema).await {
        for batch in 0..5 {
            server.commit(&tasks(500, &format!("{batch}-"))).await;
        }
        let (mut socket, answer) = connect(&server, &token(&server, "far").await, 3).await;
        let mut got = ids(&answer["deltas"]);
        assert!(got.len() <= 1_000, "one page at most: {}", got.len());
        server.commit(&tasks(1, "last")).await;
        while got.last() != Some(&2_501) {
            got.push(socket.next("delta", |_| true).await["id"].as_u64().unwrap());
        }
        assert_eq!(got, (4..=2_501).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn only_what_is_old_and_not_among_the_last_is_trimmed() {
    let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let day = SignedDuration::from_hours(24);
    let (clock, hand) = Clock::manual(start);
    let options = EngineOptions { clock, ..EngineOptions::default() };
    let engine = Engine::open(support::schema(), MemoryStore::new(), options).await.unwrap();
    let session = support::system(&engine);
    for batch in 0..3 {
        let rows = (0..500).map(|at| support::create("tasks", &format!("{batch}-{at}"), json!({ "title": "a" })));
        session.commit(support::commit(rows)).await.unwrap();
        hand.advance(Duration::from_secs(24 * 3_600));
    }
    let organization = OrganizationId::from("org_1");
    let trimmed = async |deltas, now| {
        let retention = Retention { age: Some(Duration::from_secs(7 * 24 * 3_600)), deltas };
        retention.apply(&engine, &organization, now).await.unwrap()
    };
    assert_eq!(trimmed(0, start + day * 7).await, SyncId(0), "not older than a week yet");
    assert_eq!(trimmed(0, start + day * 8).await, SyncId(500));
    assert_eq!(trimmed(1_000, start + day * 30).await, SyncId(500), "the last thousand stay");
    assert_eq!(trimmed(7, start + day * 30).await, SyncId(1_493), "more than one step");
    assert_eq!(session.log_bounds().await.unwrap(), (SyncId(1_493), SyncId(1_500)));
}

/// The time between two looks passes at once, since nothing else happens.
#[tokio::test(start_paused = true)]
async fn a_running_server_trims_by_itself() {
    let mut options = ServeOptions::dev(support::schema());
    options.server.retention = Retention { age: Some(Duration::ZERO), deltas: 1 };
    let server = Served::start(options, None).await;
    let session = support::system(&server.server.engine);
    let rows = (0..3).map(|at| support::create("tasks", &format!("t{at}"), json!({ "title": "a" })));
    session.commit(support::commit(rows)).await.unwrap();
    let begun = std::time::Instant::now();
    while session.log_bounds().await.unwrap().0 < SyncId(2) {
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing was trimmed");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(session.log_bounds().await.unwrap(), (SyncId(2), SyncId(3)), "the last one stays");
}

/// A server that is mounted by hand, in which nobody has done anything since it was started.
#[cfg(feature = "sqlite")]
#[tokio::test]
async fn logs_that_nobody_has_asked_for_are_trimmed_too() {
    use ablo_runtime::server::auth::{Book, MemoryAuth};
    use ablo_runtime::server::{Server, ServerOptions, router};
    use ablo_runtime::store::{Durability, SqliteStore};

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.db");
    let open = async || {
        let store = SqliteStore::new(&file, Durability::Normal);
        Engine::open(support::schema(), store, EngineOptions::default()).await.unwrap()
    };
    let engine = open().await;
    for (organization, count) in [("org_1", 3), ("org_2", 5), ("org_3", 1)] {
        let session = engine.session(Participant::system(organization, "sys"));
        let rows = (0..count).map(|at| support::create("tasks", &format!("t{at}"), json!({ "title": "a" })));
        session.commit(support::commit(rows)).await.unwrap();
    }
    drop(engine);

    let retention = Retention { age: Some(Duration::ZERO), deltas: 1 };
    let options = ServerOptions { retention, ..ServerOptions::default() };
    let book = Book::open(Box::new(MemoryAuth), Clock::system()).unwrap();
    let server = Server::new(open().await, support::schema().into(), book, options);
    let _router = router(&server);
    let trimmed = || -> Vec<u64> {
        let file = rusqlite::Connection::open(&file).unwrap();
        let mut heads = file.prepare("SELECT trimmed FROM ablo_heads ORDER BY organization_id").unwrap();
        let trimmed = heads.query_map([], |row| Ok(row.get::<_, i64>(0)?.unsigned_abs())).unwrap();
        trimmed.collect::<Result<_, _>>().unwrap()
    };
    let begun = std::time::Instant::now();
    while trimmed() != [2, 4, 0] {
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", trimmed());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Repeats a commit's key with another commit: whether the first one is remembered.
async fn is_remembered(session: &ablo_runtime::engine::Session, key: &str) -> bool {
    let other = support::create("tasks", &format!("other-{key}"), json!({ "title": "other" }));
    match session.commit(support::keyed(key, [other])).await {
        Ok(_) => false,
        Err(error) => error.is(ablo_schema::error::Code::IdempotencyConflict),
    }
}

async fn answer(session: &ablo_runtime::engine::Session, key: &str) {
    let row = support::create("tasks", key, json!({ "title": "a" }));
    session.commit(support::keyed(key, [row])).await.unwrap();
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn answers_are_remembered_for_thirty_days_whatever_becomes_of_the_log() {
    let day = Duration::from_secs(24 * 3_600);
    let (clock, hand) = Clock::manual("2026-01-01T00:00:00Z".parse().unwrap());
    let options = EngineOptions { clock, ..EngineOptions::default() };
    let memory = Engine::open(support::schema(), MemoryStore::new(), options.clone()).await.unwrap();
    let (sqlite, _folder) = support::sqlite(options).await;
    let organization = OrganizationId::from("org_1");
    let sessions = [&memory, &sqlite].map(support::system);
    for session in &sessions {
        for key in 0..2_500 {
            answer(session, &format!("old{key}")).await;
        }
    }
    hand.advance(day * 20);
    for session in &sessions {
        answer(session, "young").await;
        let head = session.head().await.unwrap();
        session.engine().trim(&organization, head).await.unwrap();
    }
    for (is_over, days) in [(false, 9), (true, 2)] {
        hand.advance(day * days);
        for session in &sessions {
            let (mut after, mut steps) = (None, 0);
            loop {
                after = session.engine().forget_answers(&organization, after).await.unwrap();
                steps += 1;
                if after.is_none() {
                    break;
                }
            }
            if is_over {
                assert!(steps > 2, "never many at once: {steps}");
            }
            for key in ["old0", "old1234", "old2499"] {
                assert_eq!(is_remembered(session, key).await, !is_over, "{key} after {days} more");
            }
            assert!(is_remembered(session, "young").await);
        }
    }
    // The keys were used again, and that is remembered.
    for session in &sessions {
        session.engine().forget_answers(&organization, None).await.unwrap();
        let again = support::create("tasks", "new", json!({ "title": "new" }));
        let error = session.commit(support::keyed("old0", [again])).await.unwrap_err();
        assert!(error.is(ablo_schema::error::Code::IdempotencyConflict), "{error}");
    }
}

/// A server that keeps its whole log forgets all the same.
#[tokio::test]
async fn a_running_server_forgets_by_itself() {
    use ablo_runtime::server::auth::{Book, MemoryAuth, Mint};
    use ablo_runtime::server::{Server, ServerOptions};
    use ablo_schema::wire::{KeyEnv, KeyKind, ParticipantKind, ParticipantRef};

    let (clock, hand) = Clock::manual(Timestamp::now());
    let options = EngineOptions { clock: clock.clone(), ..EngineOptions::default() };
    let engine = Engine::open(support::schema(), MemoryStore::new(), options).await.unwrap();
    let book = Book::open(Box::new(MemoryAuth), clock).unwrap();
    let mint = Mint {
        ttl: Some(Duration::from_secs(60)),
        ..Mint::new(
            KeyKind::Ephemeral,
            KeyEnv::Test,
            "org_1",
            ParticipantRef { kind: ParticipantKind::User, id: "u1".into() },
        )
    };
    let (_, ended) = book.mint(mint).unwrap();
    let session = support::system(&engine);
    answer(&session, "old").await;
    hand.advance(Duration::from_secs(31 * 24 * 3_600));
    let server = Server::new(engine, support::schema().into(), book, ServerOptions::default());
    let begun = std::time::Instant::now();
    while server.book.find(&ended.id).is_some() || is_remembered(&session, "old").await {
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing was forgotten");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

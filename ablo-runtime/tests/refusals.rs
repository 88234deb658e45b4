//! Every refusal says its code and what is to blame, and leaves everything as it was.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use ablo_runtime::claims::{Acquire, ClaimCommand, ClaimDetails, ClaimReply};
use ablo_runtime::engine::{CommitRequest, Engine, EngineOptions, Participant, Session};
use ablo_runtime::store::MemoryStore;
use ablo_schema::wire::{Action, ClaimId, Commit, FencingToken, SyncId};
use serde_json::{Value, json};
use support::*;

/// An engine on every store, with one task, two people and a deck.
async fn prepared() -> Vec<(Engine, Option<tempfile::TempDir>)> {
    let options = EngineOptions { max_operations: 3, ..EngineOptions::default() };
    let memory = Engine::open(schema(), MemoryStore::new(), options.clone()).await.unwrap();
    let mut engines = vec![(memory, None)];
    #[cfg(feature = "sqlite")]
    {
        let (engine, folder) = sqlite(options).await;
        engines.push((engine, Some(folder)));
    }
    for (engine, _) in &engines {
        let rows = [
            create("tasks", "t1", json!({"title": "a", "note": "n"})),
            create("people", "p1", json!({"name": "P", "email": "p@x"})),
            create("people", "p2", json!({"name": "Q", "bossId": "p1"})),
        ];
        system(engine).commit(commit(rows)).await.unwrap();
        system(engine).commit(commit([create("decks", "d1", json!({"title": "D"}))])).await.unwrap();
        // Two changes, so that a stamp of 4 is stale.
        system(engine).commit(commit([update("tasks", "t1", json!({"title": "b"}))])).await.unwrap();
    }
    engines
}

/// The whole organization: rows, log and claims.
async fn everything(session: &Session) -> String {
    let models: Vec<&str> = session.engine().schema().models().map(|model| model.key()).collect();
    let rows = session.bootstrap(Some(&models), None).await.unwrap();
    let log = session.log(SyncId(0), usize::MAX).await.unwrap();
    let claims = session.all_claims().await.unwrap();
    format!("{rows:?} {:?} {claims:?}", log.entries.iter().map(|entry| &entry.delta).collect::<Vec<_>>())
}

async fn refused(who: Participant, request: impl Fn() -> CommitRequest, code: &str, param: Option<&str>) {
    for (engine, _folder) in prepared().await {
        let before = everything(&system(&engine)).await;
        let error = engine.session(who.clone()).commit(request()).await.unwrap_err();
        assert_eq!(error.code().as_str(), code, "{error}");
        assert_eq!(error.param.as_deref(), param, "{error}");
        assert!(error.message.len() > 20, "the message helps: {error}");
        assert_eq!(before, everything(&system(&engine)).await, "{code} changed something");
    }
}

fn sys() -> Participant {
    Participant::system("org_1", "sys")
}

fn one(operation: ablo_schema::wire::CommitOperation) -> impl Fn() -> CommitRequest {
    move || commit([operation.clone()]).into()
}

#[tokio::test]
async fn inputs_are_refused_with_their_path() {
    let cases = [
        ("tasks", json!({"title": 5}), "invalid_type", "tasks.title"),
        ("tasks", json!({"title": "a", "typo": 1}), "unknown_field", "tasks.typo"),
        ("tasks", json!({"title": null}), "not_null_violation", "tasks.title"),
        ("tasks", json!({"note": "x"}), "not_null_violation", "tasks.title"),
        ("tasks", json!({"title": "a", "status": "never"}), "invalid_enum_value", "tasks.status"),
        ("tasks", json!({"title": "a", "count": 9_007_199_254_740_993_i64}), "number_not_representable", "tasks.count"),
        ("tasks", json!({"title": "a", "count": 1.5}), "invalid_type", "tasks.count"),
        ("tasks", json!({"title": "a", "due": "soon"}), "invalid_type", "tasks.due"),
        ("tasks", json!({"title": "a", "createdAt": "2026-01-01T00:00:00Z"}), "field_read_only", "tasks.createdAt"),
        ("tasks", json!({"title": "a", "id": "other"}), "field_read_only", "tasks.id"),
        ("tasks", json!(["title"]), "invalid_body", "tasks"),
        ("people", json!({"name": "X", "email": "p@x"}), "unique_violation", "people.email"),
        ("people", json!({"name": "X", "bossId": "nobody"}), "foreign_key_violation", "people.bossId"),
    ];
    for (model, input, code, path) in cases {
        refused(sys(), one(create(model, "new", input)), code, Some(path)).await;
    }
    let many = one(update("tasks", "t1", json!({"title": 5, "done": "yes", "typo": 1})));
    for (engine, _folder) in prepared().await {
        let error = system(&engine).commit(many()).await.unwrap_err();
        let mut paths: Vec<&str> = error.problems.iter().map(|problem| problem.path.as_str()).collect();
        paths.sort_unstable();
        assert_eq!(paths, ["tasks.done", "tasks.title", "tasks.typo"], "all problems at once");
    }
}

#[tokio::test]
async fn what_refers_no_more_in_the_end_is_not_held_to_it() {
    for (engine, _folder) in prepared().await {
        let fleeting = [create("people", "p8", json!({"name": "X", "bossId": "nobody"})), delete("people", "p8")];
        system(&engine).commit(commit(fleeting)).await.unwrap();
        let own = [create("people", "p9", json!({"name": "X", "bossId": "p9"})), delete("people", "p9")];
        system(&engine).commit(commit(own)).await.unwrap();
        let changed = [
            create("people", "p8", json!({"name": "X", "bossId": "nobody"})),
            update("people", "p8", json!({"bossId": null})),
        ];
        system(&engine).commit(commit(changed)).await.unwrap();
    }
}

#[tokio::test]
async fn operations_are_refused_with_their_model() {
    refused(sys(), one(create("nothing", "x", json!({}))), "unknown_model", Some("nothing")).await;
    refused(sys(), one(create("facts", "x", json!({}))), "model_not_mutable", Some("facts")).await;
    refused(sys(), one(update("tasks", "gone", json!({}))), "entity_not_found", Some("tasks.id")).await;
    refused(sys(), one(op(Action::Archive, "tasks", "gone", Value::Null)), "entity_not_found", Some("tasks.id")).await;
    refused(sys(), one(delete("people", "p1")), "foreign_key_violation", Some("people.bossId")).await;
    refused(sys(), one(create("tasks", "t1", json!({"title": "again"}))), "unique_violation", Some("tasks.id")).await;
    let mut nameless = update("tasks", "", json!({}));
    refused(sys(), one(nameless.clone()), "model_identifier_missing", Some("tasks.id")).await;
    nameless.id = None;
    refused(sys(), one(nameless), "model_identifier_missing", Some("tasks.id")).await;
    refused(sys(), || commit([]).into(), "commit_operation_required", None).await;
    let four = || commit((0..4).map(|at| create("decks", &format!("x{at}"), json!({"title": "x"})))).into();
    refused(sys(), four, "commit_too_many_operations", None).await;
    let long = || keyed(&"k".repeat(256), [delete("tasks", "t1")]).into();
    refused(sys(), long, "idempotency_key_too_long", None).await;
}

#[tokio::test]
async fn participants_are_refused_what_is_not_theirs() {
    let narrow = sys().operations(["decks.update"]);
    refused(narrow, one(update("tasks", "t1", json!({}))), "capability_scope_denied", Some("tasks")).await;
    // A person sees what it made and what it was granted; this deck is neither.
    let person = || Participant::user("org_1", "u9");
    refused(person(), one(update("decks", "d1", json!({"title": "mine"}))), "entity_not_found", Some("decks.id")).await;
    // Without any group there is no access, not even to what one would make.
    let nobody = person().groups([]);
    refused(nobody, one(create("decks", "d2", json!({"title": "x"}))), "capability_scope_denied", Some("decks")).await;
    for (engine, _folder) in prepared().await {
        let stranger = engine.session(Participant::system("org_2", "sys"));
        assert_eq!(stranger.retrieve("decks", "d1").await.unwrap().0, None, "another organization");
        let gone = stranger.commit(commit([delete("decks", "d1")])).await.unwrap();
        assert_eq!(gone.receipt.last_sync_id, SyncId(0), "deleting what is not there is nothing");
        assert!(system(&engine).retrieve("decks", "d1").await.unwrap().0.is_some());
    }
}

#[tokio::test]
async fn a_stale_write_is_refused_with_what_changed() {
    let stale = || one(update("tasks", "t1", json!({"title": "c"})).read_at(SyncId(4)));
    refused(sys(), stale(), "stale_context", Some("tasks.title")).await;
    refused(sys(), one(delete("tasks", "t1").read_at(SyncId(4))), "stale_context", Some("tasks")).await;
    for (engine, _folder) in prepared().await {
        let session = system(&engine);
        let error = session.commit(stale()()).await.unwrap_err();
        assert_eq!(error.details["readAt"], 4);
        assert_eq!(
            error.details["conflicts"],
            json!([{"model": "tasks", "id": "t1", "observedSyncId": 5, "conflictingFields": ["title"]}])
        );
        // Another field is nobody's conflict, and neither is a stamp of zero.
        session.commit(one(update("tasks", "t1", json!({"note": "m"})).read_at(SyncId(4)))()).await.unwrap();
        session.commit(one(update("tasks", "t1", json!({"title": "c"})).read_at(SyncId(0)))()).await.unwrap();
    }
}

fn acquire(claim: &str) -> ClaimCommand {
    ClaimCommand::Acquire(Acquire {
        claim: ClaimId::from(claim),
        details: ClaimDetails { action: "editing".into(), ..ClaimDetails::default() },
        ttl_ms: None,
        wait: false,
        max_queue_depth: None,
    })
}

#[tokio::test]
async fn claims_stop_others_and_tokens_stop_the_late() {
    for (engine, _folder) in prepared().await {
        let (mine, other) = (system(&engine), engine.session(Participant::system("org_1", "other")));
        let ClaimReply::Granted(grant) = mine.claim("task", "t1", acquire("c1")).await.unwrap() else {
            panic!("the row is free")
        };
        let before = everything(&mine).await;
        for operation in [
            update("tasks", "t1", json!({"title": "x"})),
            delete("Task", "t1"),
            op(Action::Archive, "taskmodel", "t1", Value::Null),
        ] {
            let error = other.commit(commit([operation])).await.unwrap_err();
            assert_eq!(error.code().as_str(), "entity_claimed", "{error}");
            assert_eq!(error.param.as_deref(), Some("tasks.t1"));
            assert_eq!(error.details["heldBy"], "sys");
        }
        assert_eq!(before, everything(&mine).await);

        let under = |claim: &str, token: Option<FencingToken>| CommitRequest {
            commit: Commit { intent: Some(claim.into()), ..commit([update("tasks", "t1", json!({"title": "y"}))]) },
            token,
        };
        mine.commit(under("c1", Some(grant.token))).await.unwrap();
        let wrong = mine.commit(under("c1", Some(FencingToken(grant.token.0 + 1)))).await.unwrap_err();
        assert_eq!(wrong.code().as_str(), "stale_token", "{wrong}");
        let unknown = mine.commit(under("c2", None)).await.unwrap_err();
        assert_eq!(unknown.code().as_str(), "claim_lost", "{unknown}");
        mine.claim("tasks", "t1", ClaimCommand::Release { claim: None, token: None }).await.unwrap();
        other.commit(commit([update("tasks", "t1", json!({"title": "z"}))])).await.unwrap();
        let late = mine.commit(under("c1", Some(grant.token))).await.unwrap_err();
        assert_eq!(late.code().as_str(), "stale_token", "{late}");
    }
}

/// A relation may count on a key that the other model does not declare: others may, and here there is nothing to find.
#[tokio::test]
async fn a_relation_that_leads_nowhere_is_not_followed() {
    let mut def = (*schema()).clone();
    def.models["decks"].relations["slides"].foreign_key = "elsewhereId".into();
    let engine = Engine::open(def.validate().unwrap(), MemoryStore::new(), EngineOptions::default()).await.unwrap();
    system(&engine).commit(commit([create("decks", "d1", json!({"title": "D"}))])).await.unwrap();
    let before = everything(&system(&engine)).await;
    let query = ablo_runtime::engine::Query::of("decks").related("slides");
    let error = system(&engine).query(&[query]).await.unwrap_err();
    assert_eq!(error.code().as_str(), "query_relation_target_unknown", "{error}");
    assert_eq!(before, everything(&system(&engine)).await);
}

#[tokio::test]
async fn queries_are_refused_with_what_is_wrong() {
    use ablo_runtime::engine::Query;
    use ablo_schema::typed::Compare;
    let cases = [
        (Query::of("nothing"), "unknown_model"),
        (Query::of("tasks").holds("typo", Compare::Eq, 1), "query_invalid_identifier"),
        (Query::of("tasks").order_by("typo", false), "query_invalid_identifier"),
        (Query::of("tasks").order_by("extra", false), "query_unsupported_operator"),
        (Query::of("tasks").holds("points", Compare::Like, "1%"), "query_unsupported_operator"),
        (Query::of("tasks").holds("points", Compare::In, 1), "model_query_failed"),
        (Query::of("tasks").holds("points", Compare::Eq, "x"), "invalid_type"),
        (Query::of("tasks").related("typo"), "query_unknown_relation"),
        (Query::of("tasks").after("zz"), "invalid_cursor"),
    ];
    for (engine, _folder) in prepared().await {
        for (query, code) in &cases {
            let error = system(&engine).query(std::slice::from_ref(query)).await.unwrap_err();
            assert_eq!(error.code().as_str(), *code, "{error}");
        }
        engine.trim(&"org_1".into(), SyncId(3)).await.unwrap();
        let error = system(&engine).log(SyncId(2), 10).await.unwrap_err();
        assert_eq!(error.code().as_str(), "must_bootstrap", "{error}");
        assert_eq!(system(&engine).log(SyncId(3), 10).await.unwrap().entries.len(), 2);
        let error = system(&engine).log(SyncId(99), 10).await.unwrap_err();
        assert_eq!(error.code().as_str(), "must_bootstrap", "{error}");
        engine.shut_down();
        let error = system(&engine).commit(commit([delete("tasks", "t1")])).await.unwrap_err();
        assert_eq!(error.code().as_str(), "shutting_down", "{error}");
    }
}

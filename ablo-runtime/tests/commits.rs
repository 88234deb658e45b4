//! What commits do to rows and to the log.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use ablo_runtime::engine::{Engine, EngineOptions, Event};
use ablo_runtime::store::MemoryStore;
use ablo_schema::ir::SchemaDef;
use ablo_schema::wire::{Action, SyncId};
use serde_json::{Value, json};
use support::*;

#[tokio::test]
async fn a_row_lives_and_its_log_tells() {
    let engine = memory().await;
    let session = system(&engine);
    let mut subscription = session.subscribe(None).await.unwrap();
    session.commit(commit([create("tasks", "t1", json!({"title": "a", "points": 1.5}))])).await.unwrap();
    session.commit(commit([update("task", "t1", json!({"title": "b"}))])).await.unwrap();
    session.commit(commit([op(Action::Archive, "tasks", "t1", Value::Null)])).await.unwrap();
    session.commit(commit([op(Action::Unarchive, "tasks", "t1", Value::Null)])).await.unwrap();
    let done = session.commit(commit([delete("tasks", "t1")])).await.unwrap();
    assert_eq!(done.receipt.last_sync_id, SyncId(6));

    let page = session.log(SyncId(0), 100).await.unwrap();
    let story: Vec<(u64, String, Value, Value)> = page
        .entries
        .iter()
        .map(|entry| {
            let wire = serde_json::to_value(entry.delta.for_server()).unwrap();
            let text = |name: &str| wire.get(name).cloned().unwrap_or(Value::Null);
            (
                entry.id().0,
                text("actionType").as_str().unwrap().to_owned(),
                text("data")["title"].clone(),
                text("previousData"),
            )
        })
        .collect();
    let letters: Vec<&str> = story.iter().map(|(_, letter, ..)| letter.as_str()).collect();
    assert_eq!(letters, ["I", "U", "A", "V", "U", "D"]);
    assert_eq!(story.iter().map(|(id, ..)| *id).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    assert_eq!(story[1].2, "b");
    assert_eq!(story[1].3, json!({"title": "a"}));
    assert_eq!(story[5].3["title"], "b");
    for (entry, id) in page.entries.iter().zip(1..) {
        let Some(Event::Delta(delta)) = subscription.next().await.unwrap() else { panic!("a delta") };
        assert_eq!(delta.id(), SyncId(id));
        assert!(std::sync::Arc::ptr_eq(&delta, entry), "memory shares one entry with everybody");
        #[cfg(feature = "server")]
        {
            let first = delta.text(|delta| serde_json::to_string(&delta.for_client()).unwrap().into());
            let again = entry.text(|_| panic!("a delta is encoded once"));
            assert_eq!(first.as_str().as_ptr(), again.as_str().as_ptr());
        }
    }
    assert_eq!(session.retrieve("tasks", "t1").await.unwrap().0, None);
}

/// A model may be its own parent, so its rows can lie in each other in a circle, or in a long line.
#[tokio::test]
async fn rows_may_lie_in_each_other() {
    let artifact = json!({"v": 3, "identityRoles": [], "models": {"folders": {
        "typename": "Folder", "mutable": true, "scope": true, "load": "instant", "tenancy": {"kind": "column"},
        "fields": {"parentId": {"type": "string", "isIndexed": true, "isOptional": true}},
        "relations": {"parent": {"type": "belongsTo", "target": "folders", "foreignKey": "parentId",
            "foreignKeyColumn": "parentId", "options": {"parent": true}}}}}});
    let schema = SchemaDef::from_artifact(&artifact.to_string()).unwrap().validate().unwrap();
    let engine = Engine::open(schema, MemoryStore::new(), EngineOptions::default()).await.unwrap();
    let session = system(&engine);
    let within = |parent: &str| json!({"parentId": parent});
    session.commit(commit([create("folders", "a", within("b"))])).await.unwrap();
    session.commit(commit([create("folders", "b", within("a"))])).await.unwrap();
    session.commit(commit([update("folders", "a", within("a"))])).await.unwrap();
    session.commit(commit([update("folders", "a", within("b"))])).await.unwrap();

    let last = session.log(SyncId(0), 100).await.unwrap().entries.pop().unwrap();
    let groups = serde_json::to_value(last.delta.for_server()).unwrap()["syncGroups"].clone();
    assert!(groups.to_string().contains("folder:a") && groups.to_string().contains("folder:b"), "{groups}");

    let line = (1..60).map(|at| create("folders", &format!("deep{at}"), within(&format!("deep{}", at - 1))));
    session.commit(commit(line)).await.unwrap();
    session.commit(commit([update("folders", "deep1", within("a"))])).await.unwrap();
}

/// Only what a commit leaves behind is held to its references.
#[tokio::test]
async fn what_refers_no_more_in_the_end_is_not_held_to_it() {
    let engine = memory().await;
    let fleeting = [create("people", "p8", json!({"name": "X", "bossId": "nobody"})), delete("people", "p8")];
    let own = [create("people", "p9", json!({"name": "X", "bossId": "p9"})), delete("people", "p9")];
    let changed = [
        create("people", "p8", json!({"name": "X", "bossId": "nobody"})),
        update("people", "p8", json!({"bossId": null})),
    ];
    for operations in [fleeting, own, changed] {
        system(&engine).commit(commit(operations)).await.unwrap();
    }
}

use ablo_runtime::engine::Query;
use ablo_schema::{typed::Compare, wire::SyncId};

use crate::{proof::Proof, support::*};

pub async fn are_refused_with_what_is_wrong(proof: &mut Proof) {
    let tasks = || Query::of("tasks");
    let cases = [
        (Query::of("nothing"), "unknown_model", "nothing"),
        (tasks().holds("typo", Compare::Eq, 1), "query_invalid_identifier", "tasks.typo"),
        (tasks().order_by("typo", false), "query_invalid_identifier", "tasks.typo"),
        (tasks().order_by("extra", false), "query_unsupported_operator", "tasks.extra"),
        (tasks().holds("points", Compare::Like, "1%"), "query_unsupported_operator", "tasks.points"),
        (tasks().holds("extra", Compare::Lt, "1"), "query_unsupported_operator", "tasks.extra"),
        (tasks().holds("points", Compare::In, 1), "model_query_failed", "tasks.points"),
        (tasks().holds("points", Compare::Eq, "x"), "invalid_type", "tasks.points"),
        (tasks().related("typo"), "query_unknown_relation", "typo"),
        (Query::of("decks").related("slides"), "query_relation_target_unknown", "slides"),
        (tasks().after("zz"), "invalid_cursor", "after"),
    ];
    let session = proof.system();
    for (query, code, path) in cases {
        proof.refused(code, path, session.query(&[query])).await;
    }
    proof.refused("unknown_model", "nothing", session.bootstrap(Some(&["nothing"]), None)).await;
    proof.refused("unknown_model", "nothing", session.claims("nothing", "x")).await;
    proof.refused("entity_not_found", "tasks.id", user(&proof.engine, "u9").claims("tasks", "t1")).await;

    proof.refused("must_bootstrap", None, session.log(SyncId(99), 10)).await;
    proof.engine.trim(&"org_1".into(), SyncId(3)).await.unwrap();
    proof.refused("must_bootstrap", None, session.log(SyncId(2), 10)).await;
    assert!(!session.log(SyncId(3), 10).await.unwrap().entries.is_empty());
}

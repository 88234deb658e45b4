use ablo_schema::wire::Action;
use serde_json::{Value, json};

use crate::{proof::Proof, support::*};

pub async fn are_refused_with_their_model(proof: &mut Proof) {
    proof.refused_operation("unknown_model", "nothing", create("nothing", "x", json!({}))).await;
    proof.refused_operation("model_not_mutable", "facts", create("facts", "x", json!({}))).await;
    proof.refused_operation("entity_not_found", "tasks.id", update("tasks", "gone", json!({}))).await;
    proof.refused_operation("entity_not_found", "tasks.id", op(Action::Archive, "tasks", "gone", Value::Null)).await;
    proof.refused_operation("foreign_key_violation", "people.bossId", delete("people", "p1")).await;
    let again = create("tasks", "t1", json!({"title": "again"}));
    proof.refused_operation("unique_violation", "tasks.id", again).await;
    let mut nameless = update("tasks", "", json!({}));
    proof.refused_operation("model_identifier_missing", "tasks.id", nameless.clone()).await;
    nameless.id = None;
    proof.refused_operation("model_identifier_missing", "tasks.id", nameless).await;
    // It has a meaning of its own for the time a row is archived at.
    let shelve = op(Action::Archive, "shelves", "s1", Value::Null);
    proof.refused_operation("commit_operation_unsupported", "shelves.archivedAt", shelve).await;

    proof.refused_commit("commit_operation_required", "operations", commit([])).await;
    let four = (0..4).map(|at| create("decks", &format!("x{at}"), json!({"title": "x"})));
    proof.refused_commit("commit_too_many_operations", "operations", commit(four)).await;
    // One that is refused takes the others with it.
    let mixed =
        [update("tasks", "t1", json!({"title": "c"})), delete("people", "p2"), update("tasks", "no", json!({}))];
    proof.refused_commit("entity_not_found", "tasks.id", commit(mixed)).await;
}

pub async fn under_a_key_are_one(proof: &mut Proof) {
    let long = "k".repeat(256);
    proof.refused_commit("idempotency_key_too_long", "clientTxId", keyed(&long, [delete("tasks", "t1")])).await;
    let key = |title: &str| {
        let mut commit = keyed("attempt", [create("tasks", "keyed", json!({"title": title}))]);
        commit.idempotency_key = Some("k".into());
        commit
    };
    proof.system().commit(key("a")).await.unwrap();
    proof.refused_commit("idempotency_conflict", "idempotencyKey", key("b")).await;
    let mut long_key = key("a");
    long_key.idempotency_key = Some(long.as_str().into());
    proof.refused_commit("idempotency_key_too_long", "idempotencyKey", long_key).await;
}

/// With the row of the key above, the organization has as many as it may.
pub async fn are_refused_when_a_quota_is_used_up(proof: &mut Proof) {
    let one_more = create("decks", "d9", json!({"title": "D"}));
    let error = proof.refused_commit("quota_exceeded", None, commit([one_more])).await;
    assert_eq!(error.details["quota"], "rows");
}

use serde_json::json;

use crate::{proof::Proof, support::*};

pub async fn are_refused_with_their_path(proof: &mut Proof) {
    let cases = [
        ("tasks", json!({"title": 5}), "invalid_type", "tasks.title"),
        ("tasks", json!({"title": "a", "typo": 1}), "unknown_field", "tasks.typo"),
        ("tasks", json!({"title": null}), "not_null_violation", "tasks.title"),
        ("tasks", json!({"note": "x"}), "not_null_violation", "tasks.title"),
        ("tasks", json!({"title": "a", "status": "never"}), "invalid_enum_value", "tasks.status"),
        ("tasks", json!({"title": "a", "count": 9_007_199_254_740_993_i64}), "number_not_representable", "tasks.count"),
        ("tasks", json!({"title": "a", "count": 1.5}), "invalid_type", "tasks.count"),
        ("tasks", json!({"title": "a", "due": "soon"}), "invalid_type", "tasks.due"),
        ("tasks", json!({"title": "a", "extra": {"a": "x"}}), "invalid_type", "tasks.extra.a"),
        ("tasks", json!({"title": "a", "createdAt": "2026-01-01T00:00:00Z"}), "field_read_only", "tasks.createdAt"),
        ("tasks", json!({"title": "a", "id": "other"}), "field_read_only", "tasks.id"),
        ("tasks", json!(["title"]), "invalid_body", "tasks"),
        ("people", json!({"name": "X", "email": "p@x"}), "unique_violation", "people.email"),
        ("people", json!({"name": "X", "bossId": "nobody"}), "foreign_key_violation", "people.bossId"),
    ];
    for (model, input, code, path) in cases {
        proof.refused_operation(code, path, create(model, "new", input)).await;
    }
    let many = update("tasks", "t1", json!({"title": 5, "done": "yes", "typo": 1}));
    let error = proof.refused_operation("invalid_type", "tasks.done", many).await;
    let mut paths: Vec<&str> = error.problems.iter().map(|problem| problem.path.as_str()).collect();
    paths.sort_unstable();
    assert_eq!(paths, ["tasks.done", "tasks.title", "tasks.typo"], "all problems at once");
}

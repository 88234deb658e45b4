use ablo_runtime::{
    claims::{Acquire, ClaimCommand, ClaimDetails, ClaimReply},
    engine::{CommitRequest, Participant, Session},
};
use ablo_schema::{
    error::{AbloError, Code},
    wire::{Action, ClaimId, Commit, FencingToken, SyncId},
};
use serde_json::{Value, json};

use crate::{proof::Proof, support::*};

pub async fn of_participants_end_somewhere(proof: &mut Proof) {
    let narrow = Participant::system("org_1", "sys").operations(["decks.update"]);
    proof.refused_to(narrow, "capability_scope_denied", "tasks", update("tasks", "t1", json!({}))).await;
    // A person sees what it made and what it was granted; this deck is neither.
    let person = || Participant::user("org_1", "u9");
    let mine = update("decks", "d1", json!({"title": "mine"}));
    proof.refused_to(person(), "entity_not_found", "decks.id", mine).await;
    // Without any group there is no access, not even to what one would make.
    let nobody = person().groups([]);
    proof.refused_to(nobody, "capability_scope_denied", "decks", create("decks", "d2", json!({"title": "x"}))).await;

    let stranger = proof.engine.session(Participant::system("org_2", "sys"));
    assert_eq!(stranger.retrieve("decks", "d1").await.unwrap().0, None, "another organization");
    let before = proof.everything().await;
    let gone = stranger.commit(commit([delete("decks", "d1")])).await.unwrap();
    assert_eq!(gone.receipt.last_sync_id, SyncId(0), "deleting what is not there is nothing");
    assert_eq!(before, proof.everything().await);
}

pub async fn of_stale_writers_end_where_somebody_wrote(proof: &mut Proof) {
    let changed = proof.system().retrieve("tasks", "t1").await.unwrap().0.unwrap().row.sync_id;
    let at = SyncId(changed.0 - 1);
    let stale = update("tasks", "t1", json!({"title": "c"})).read_at(at);
    let error = proof.refused_operation("stale_context", "tasks.title", stale).await;
    proof.refused_operation("stale_context", "tasks", delete("tasks", "t1").read_at(at)).await;
    assert_eq!(error.details["readAt"], at.0);
    assert_eq!(
        error.details["conflicts"],
        json!([{"model": "tasks", "id": "t1", "observedSyncId": changed, "conflictingFields": ["title"]}])
    );
    // Another field is nobody's conflict, and neither is a stamp of zero.
    for welcome in [
        update("tasks", "t1", json!({"note": "m"})).read_at(at),
        update("tasks", "t1", json!({"title": "c"})).read_at(SyncId(0)),
    ] {
        proof.system().commit(commit([welcome])).await.unwrap();
    }
}

fn acquire(claim: &str, max_queue_depth: Option<u32>) -> ClaimCommand {
    ClaimCommand::Acquire(Acquire {
        claim: ClaimId::from(claim),
        details: ClaimDetails { action: "editing".into(), ..ClaimDetails::default() },
        ttl_ms: None,
        wait: max_queue_depth.is_some(),
        max_queue_depth,
    })
}

/// A command about the claims of the task, with its refusal as the error it is told as.
async fn claim(session: &Session, command: ClaimCommand) -> Result<ClaimReply, AbloError> {
    match session.claim("tasks", "t1", command).await? {
        ClaimReply::Refused(refusal) => Err(refusal.into_error("tasks", "t1", Code::EntityClaimed)),
        reply => Ok(reply),
    }
}

fn under(claim: &str, token: Option<FencingToken>) -> CommitRequest {
    let commit = Commit { intent: Some(claim.into()), ..commit([update("tasks", "t1", json!({"title": "y"}))]) };
    CommitRequest { token, ..commit.into() }
}

pub async fn of_holders_stop_others_and_end_with_the_claim(proof: &mut Proof) {
    let mine = proof.system();
    let other = proof.engine.session(Participant::system("org_1", "other"));
    let (at, row) = ("tasks.t1", "t1");
    let ClaimReply::Granted(grant) = claim(&mine, acquire("c1", None)).await.unwrap() else {
        panic!("the row is free")
    };
    for operation in [
        update("tasks", row, json!({"title": "x"})),
        delete("Task", row),
        op(Action::Archive, "taskmodel", row, Value::Null),
    ] {
        let error = proof.refused("entity_claimed", at, other.commit(commit([operation]))).await;
        assert_eq!(error.details["heldBy"], "sys");
    }
    proof.refused("entity_claimed", at, claim(&other, acquire("c2", None))).await;
    proof.refused("queue_too_deep", at, claim(&other, acquire("c2", Some(0)))).await;
    let renew = |claim: &str| ClaimCommand::Renew { claim: Some(claim.into()), token: None, ttl_ms: None };
    proof.refused("claim_lost", at, claim(&other, renew("c2"))).await;
    let person = proof.engine.session(Participant::system("org_1", "person").operations(["tasks.update"]));
    let reorder = || ClaimCommand::Reorder { order: Vec::new() };
    proof.refused("capability_scope_denied", at, claim(&person, reorder())).await;

    mine.commit(under("c1", Some(grant.token))).await.unwrap();
    proof.refused("stale_token", at, mine.commit(under("c1", Some(FencingToken(grant.token.0 + 1))))).await;
    proof.refused("claim_lost", at, mine.commit(under("c2", None))).await;
    // What it writes is another row, and what it removes is not there.
    for (operation, path) in
        [(update("people", "p1", json!({"name": "R"})), "people.p1"), (delete("people", "gone"), "intent")]
    {
        let elsewhere = Commit { intent: Some("c1".into()), ..commit([operation]) };
        proof.refused("claim_lost", path, mine.commit(elsewhere)).await;
    }

    claim(&mine, ClaimCommand::Release { claim: None, token: None }).await.unwrap();
    other.commit(commit([update("tasks", row, json!({"title": "z"}))])).await.unwrap();
    proof.refused("stale_token", at, mine.commit(under("c1", Some(grant.token)))).await;
}

use ablo_schema::error::Code;
use futures_util::FutureExt;
use serde_json::json;

use crate::{
    proof::{Mood, Proof},
    support::*,
};

pub async fn leave_everything_as_it_was(proof: &mut Proof) {
    let session = proof.system();
    let write = || session.commit(commit([update("tasks", "t1", json!({"title": "late"}))]));

    proof.set_mood(Mood::Fails);
    let failed = proof.refused("store_unavailable", None, write()).await;
    assert!(failed.retryable());

    // One may wait; the next one finds no place.
    proof.set_mood(Mood::Holds);
    let mut waiting = Box::pin(write());
    assert!(waiting.as_mut().now_or_never().is_none());
    let full = proof.refused("instance_at_capacity", None, write()).await;
    assert!(full.retryable());
    proof.set_mood(Mood::Works);
    waiting.await.unwrap();

    let before = proof.everything().await;
    proof.set_mood(Mood::Forgets);
    assert!(session.head().await.unwrap_err().is(Code::StoreUnavailable), "it did not read");
    proof.set_mood(Mood::Works);
    assert_eq!(before, proof.everything().await);

    proof.engine.shut_down();
    proof.refused("shutting_down", None, write()).await;
}

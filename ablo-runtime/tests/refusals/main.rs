//! Every refusal of the engine says its code and what is to blame, and leaves everything as it was: rows, log and claims.
#![allow(clippy::unwrap_used, missing_docs)]

mod inputs;
mod operations;
mod outages;
mod proof;
mod reads;
mod rights;
#[path = "../support/mod.rs"]
mod support;

use ablo_runtime::store::{MemoryStore, Store};
use ablo_schema::error::Code;
use proof::Proof;

/// What no request brings about: rows hold nothing but JSON, and organizations are made before they are looked up.
const NEVER: [Code; 1] = [Code::InternalError];

async fn prove(store: impl Store) {
    let mut proof = Proof::on(store).await;
    inputs::are_refused_with_their_path(&mut proof).await;
    operations::are_refused_with_their_model(&mut proof).await;
    operations::under_a_key_are_one(&mut proof).await;
    operations::are_refused_when_a_quota_is_used_up(&mut proof).await;
    rights::of_participants_end_somewhere(&mut proof).await;
    rights::of_stale_writers_end_where_somebody_wrote(&mut proof).await;
    rights::of_holders_stop_others_and_end_with_the_claim(&mut proof).await;
    reads::are_refused_with_what_is_wrong(&mut proof).await;
    outages::leave_everything_as_it_was(&mut proof).await;
    proof.is_complete(&["src/engine", "src/claims"], &NEVER);
}

#[tokio::test]
async fn refusals_in_memory_change_nothing() {
    prove(MemoryStore::new()).await;
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn refusals_on_sqlite_change_nothing() {
    use ablo_runtime::store::{Durability, SqliteStore};
    let folder = tempfile::tempdir().unwrap();
    prove(SqliteStore::new(folder.path().join("ablo.db"), Durability::Normal)).await;
}

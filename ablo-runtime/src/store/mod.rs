//! Where state lives.
//!
//! [`Store`] is the seam between the engine and a database; [`MemoryStore`] and `SqliteStore` are in this crate.

mod epoch;
mod memory;
mod seam;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::fmt;
use std::sync::Arc;

use ablo_schema::error::AbloError;
use ablo_schema::ir::{ModelIndex, RelationKind, ValidSchema};
use ablo_schema::wire::OrganizationId;
use futures_util::future::BoxFuture;

pub use epoch::Epoch;
pub use memory::MemoryStore;
pub use seam::{
    Count, Field, KeyMap, Loaded, LogRange, Match, OldReceipts, ReadSet, Reading, ReceiptKey, RowKey, RowWrite, Scan,
    Snapshot, Step, WriteSet,
};
#[cfg(all(feature = "sqlite", feature = "server"))]
pub(crate) use sqlite::hold;
#[cfg(feature = "sqlite")]
pub use sqlite::{CopyProgress, Durability, SqliteStore, SqliteUpgrade, backup_sqlite, restore_sqlite};

use crate::engine::{Clock, Writer};

/// What a store says when it is opened.
#[derive(Clone, Debug)]
pub struct Opened {
    /// What its positions are of.
    pub epoch: Epoch,
    /// The organizations with claims that are due, and when the first is, in milliseconds since 1970.
    pub due: Vec<(OrganizationId, u64)>,
}

/// A database that keeps organizations: rows, logs, claims and answers.
///
/// The engine decides what happens; a store reads what it is asked, writes what it is told, and guarantees:
///
/// - **One writer.** Transactions of one organization's [`Writer`] run one after the other, each on top of the one
///   before, also when several processes share the database: a transaction takes the organization's head first and holds
///   it until it ends. Reads inside it see everything that committed before it.
/// - **All or nothing.** A [`WriteSet`] is applied whole, in one transaction together with the new head, or not at all.
/// - **Durable before answered.** [`Writer::finish`] is told `Ok` only after the commit, at the durability the store was
///   opened with. When the outcome of a commit is not known, the error it is told is one that can be retried; the answer
///   that was written with the commit makes the retry harmless.
/// - **Consistent reads.** A [`Reading`] sees one moment: rows, claims, log and head belong together.
/// - **Its own time.** [`Loaded::now`] never goes back between transactions of one organization, as far as the clock
///   behind it does not.
/// - **The same answers.** Conditions and orders mean what [`Test`](crate::engine::Test) says, whatever the database's
///   own operators do, and values come back as they were written.
/// - **One history per epoch.** What was there stays there. A store whose content goes back in time, because a backup of
///   it was restored, draws a new [`Epoch`], and gives no position, stamp or token that it may have given before.
/// - **Organizations apart.** Nothing read or written for one organization touches another's.
pub trait Store: Send + Sync + fmt::Debug + 'static {
    /// Gets ready for the rows of a schema.
    ///
    /// # Errors
    /// When the database cannot be reached or holds another schema's rows.
    fn open<'a>(&'a self, schema: &'a ValidSchema, clock: &'a Clock) -> BoxFuture<'a, Result<Opened, AbloError>>;

    /// Runs a writer's transactions until [`Writer::begin`] has nothing left: begin, step until it writes, commit,
    /// finish. Returns without waiting for I/O.
    fn submit(&self, writer: Arc<Writer>);

    /// Runs a reading inside one transaction.
    ///
    /// # Errors
    /// When the reading fails, or the database does.
    fn read(&self, organization: &OrganizationId, reading: Box<dyn Reading>) -> BoxFuture<'_, Result<(), AbloError>>;

    /// Makes sure that the database can be written to, now.
    ///
    /// # Errors
    /// Why it cannot.
    fn check(&self) -> BoxFuture<'_, Result<(), AbloError>>;

    /// The organizations whose logs hold more than this many deltas, whether anybody has asked for them or not.
    ///
    /// # Errors
    /// When the database fails.
    fn organizations(&self, longer_than: u64) -> BoxFuture<'_, Result<Vec<OrganizationId>, AbloError>>;

    /// Keeps the moment of an organization's rows for somebody who reads them piece by piece, however long it takes, and
    /// holds nobody up. May wait for others who do so.
    ///
    /// # Errors
    /// When the database cannot be read.
    fn snapshot(&self, organization: &OrganizationId) -> BoxFuture<'_, Result<Box<dyn Snapshot>, AbloError>>;

    /// Finishes what is queued and lets the database go, so that it can be opened again as soon as this returns. The
    /// engine calls it when it ends.
    fn close(&self) {}
}

/// The slots of a model that rows are looked up by ([`Match`]): keys of relations, subjects of grants, sources of
/// entity roles, unique and indexed fields. A store keeps an index on each.
#[must_use]
pub fn indexed_slots(schema: &ValidSchema, model: ModelIndex) -> Vec<usize> {
    let model = schema.at(model);
    let shape = model.shape();
    let own = model.def().relations.values().filter(|relation| relation.kind == RelationKind::BelongsTo);
    let foreign = schema
        .models()
        .flat_map(|other| other.def().relations.values())
        .filter(|relation| relation.kind != RelationKind::BelongsTo && relation.target == model.key());
    let keys = own.chain(foreign).filter_map(|relation| shape.slot_of(&relation.foreign_key));
    let roles = model.def().entity_roles.iter().flatten().zip(model.role_slots());
    let roles = roles.filter(|(role, _)| !role.multi).filter_map(|(_, slot)| *slot);
    let marked = shape.slots().iter().enumerate().filter(|(_, slot)| slot.def.is_unique || slot.def.is_indexed);
    let mut slots: Vec<usize> = keys.chain(roles).chain(marked.map(|(at, _)| at)).collect();
    slots.sort_unstable();
    slots.dedup();
    slots
}

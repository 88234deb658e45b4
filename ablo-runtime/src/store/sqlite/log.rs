use std::sync::{Arc, LazyLock};

use ablo_schema::wire::{
    BackfillProvenance, CapabilityId, ConfirmationState, DeltaAction, DeltaAttribution, DeltaCore, DeltaProvenance,
    JsonText, OrganizationId, ParticipantId, ParticipantRef, StoredDelta, SyncId, TaskId, TransactionId,
};
use rusqlite::types::FromSqlError;
use rusqlite::{Row, params};
use serde::{Serialize, de::DeserializeOwned};

use super::database::{Database, signed, unsigned};
use super::insert::{Insert, owned, value};
use super::load::{instant, unreadable};
use super::write::{Times, unwritable};
use crate::engine::LogEntry;
use crate::store::LogRange;

/// The columns of a log entry, after the organization.
const COLUMNS: &str = "id, action_type, model_name, model_id, data, previous_data, sync_groups, created_at, \
    transaction_id, created_by, actor_id, actor_kind, on_behalf_of_id, on_behalf_of_kind, capability_id, \
    confirmation_state, backfill_provenance, caused_by_task_id, previous_id, hidden_from, only_for";

/// What entries of one participant, one kind and one model mostly have in common comes first.
static INSERT: LazyLock<Insert<16, 6>> = LazyLock::new(|| {
    let shared = "organization_id, action_type, model_name, sync_groups, created_at, created_by, actor_id, actor_kind, \
        on_behalf_of_id, on_behalf_of_kind, capability_id, confirmation_state, backfill_provenance, caused_by_task_id, \
        hidden_from, only_for";
    Insert::new("ablo_deltas", shared, "id, model_id, data, previous_data, transaction_id, previous_id")
});

impl Database {
    /// Appends to the log.
    pub fn append(&self, owner: &str, entries: &[Arc<LogEntry>]) -> rusqlite::Result<()> {
        let mut insert = INSERT.on(&self.connection);
        let mut times = Times::default();
        for run in entries.chunk_by(|entry, next| share(entry, next)) {
            let Some(LogEntry { delta: StoredDelta { core, attribution, provenance }, hidden_from, only_for, .. }) =
                run.first().map(|entry| &**entry)
            else {
                continue;
            };
            let groups = serde_json::to_string(&core.sync_groups).map_err(unwritable)?;
            let hidden = hidden_from.as_ref().map(serde_json::to_string).transpose().map_err(unwritable)?;
            let (actor, principal) = (attribution.actor.as_ref(), attribution.on_behalf_of.as_ref());
            let shared = [
                value(owner),
                value(core.action.letter()),
                value(&*core.model_name),
                owned(groups),
                owned(times.text(core.created_at).to_owned()),
                value(attribution.created_by.as_ref().map(|id| id.as_str())),
                value(actor.map(|actor| actor.id.as_str())),
                value(actor.map(|actor| actor.kind.as_str())),
                value(principal.map(|principal| principal.id.as_str())),
                value(principal.map(|principal| principal.kind.as_str())),
                value(attribution.capability_id.as_ref().map(|id| id.as_str())),
                owned(attribution.confirmation_state.map(word).transpose()?),
                owned(attribution.backfill_provenance.map(word).transpose()?),
                value(provenance.caused_by_task_id.as_ref().map(|id| id.as_str())),
                owned(hidden),
                value(only_for.as_deref()),
            ];
            insert.run(shared, run, |entry| {
                let core = &entry.delta.core;
                Ok([
                    owned(signed(core.id)),
                    value(&*core.model_id),
                    value(core.data.as_ref().map(|data| data.get())),
                    value(core.previous_data.as_ref().map(|data| data.get())),
                    value(core.transaction_id.as_ref().map(|id| id.as_str())),
                    owned(signed(entry.previous)),
                ])
            })?;
        }
        Ok(())
    }

    /// A stretch of the log.
    pub fn entries(&self, organization: &OrganizationId, range: &LogRange) -> rusqlite::Result<Vec<Arc<LogEntry>>> {
        let sql =
            format!("SELECT {COLUMNS} FROM ablo_deltas WHERE organization_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let limit = i64::try_from(range.limit).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![organization.as_str(), signed(range.after), limit], |row| {
            entry(organization, row).map(Arc::new)
        })?;
        range.taken(rows)
    }
}

/// Whether two entries differ only in what each entry has for itself.
fn share(one: &LogEntry, other: &LogEntry) -> bool {
    let (StoredDelta { core, attribution, provenance }, other_delta) = (&one.delta, &other.delta);
    core.action == other_delta.core.action
        && core.model_name == other_delta.core.model_name
        && core.sync_groups == other_delta.core.sync_groups
        && core.created_at == other_delta.core.created_at
        && *attribution == other_delta.attribution
        && *provenance == other_delta.provenance
        && one.hidden_from == other.hidden_from
        && one.only_for == other.only_for
}

fn entry(organization: &OrganizationId, row: &Row<'_>) -> rusqlite::Result<LogEntry> {
    let json = |at: usize| -> rusqlite::Result<Option<JsonText>> {
        let text = row.get_ref(at)?.as_str_or_null()?;
        text.map(JsonText::parse).transpose().map_err(|error| unreadable(at, FromSqlError::other(error)))
    };
    let participant = |id: usize, kind: usize| -> rusqlite::Result<Option<ParticipantRef>> {
        let (id, kind): (Option<String>, _) = (row.get(id)?, meaning(row, kind)?);
        Ok(id.zip(kind).map(|(id, kind)| ParticipantRef { kind, id: ParticipantId::from(id) }))
    };
    let core = DeltaCore {
        id: SyncId(unsigned(row.get(0)?)),
        action: meaning::<DeltaAction>(row, 1)?.ok_or_else(|| unreadable(1, FromSqlError::InvalidType))?,
        model_name: row.get(2)?,
        model_id: row.get(3)?,
        data: json(4)?,
        previous_data: json(5)?,
        sync_groups: list(row, 6)?.unwrap_or_default(),
        organization_id: organization.clone(),
        created_at: instant(row.get_ref(7)?.as_str()?),
        transaction_id: row.get::<_, Option<String>>(8)?.map(TransactionId::from),
    };
    let attribution = DeltaAttribution {
        created_by: row.get::<_, Option<String>>(9)?.map(ParticipantId::from),
        actor: participant(10, 11)?,
        on_behalf_of: participant(12, 13)?,
        capability_id: row.get::<_, Option<String>>(14)?.map(CapabilityId::from),
        confirmation_state: meaning::<ConfirmationState>(row, 15)?,
        backfill_provenance: meaning::<BackfillProvenance>(row, 16)?,
    };
    let provenance = DeltaProvenance { caused_by_task_id: row.get::<_, Option<String>>(17)?.map(TaskId::from) };
    let previous = SyncId(unsigned(row.get(18)?));
    Ok(LogEntry::new(StoredDelta { core, attribution, provenance }, previous, list(row, 19)?, row.get(20)?))
}

/// The word of a value that is one word on the wire.
fn word(value: impl Serialize) -> rusqlite::Result<String> {
    let json = serde_json::to_string(&value).map_err(unwritable)?;
    Ok(json.trim_matches('"').to_owned())
}

/// The reverse of [`word`].
fn meaning<T: DeserializeOwned>(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<T>> {
    let word: Option<String> = row.get(at)?;
    let value = word.map(|word| serde_json::from_value(word.into())).transpose();
    value.map_err(|error| unreadable(at, FromSqlError::other(error)))
}

fn list<T: DeserializeOwned>(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Vec<T>>> {
    let text: Option<String> = row.get(at)?;
    let value = text.map(|text| serde_json::from_str(&text)).transpose();
    value.map_err(|error| unreadable(at, FromSqlError::other(error)))
}

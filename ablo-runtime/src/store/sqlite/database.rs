use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use ablo_schema::error::AbloError;
use ablo_schema::ir::ValidSchema;
use ablo_schema::wire::{OrganizationId, SyncId};
use rusqlite::types::FromSqlError;
use rusqlite::{Connection, ErrorCode, OptionalExtension};

use super::guesses::Guesses;
use super::load::unreadable;
use super::recent::Recent;
use super::tables::Tables;
use super::upgrade::SqliteUpgrade;
use super::{Durability, failed, reading_step, told};
use crate::claims::RowClaims;
use crate::engine::Clock;
use crate::store::{Loaded, ReadSet, RowKey, Step};

/// One connection to the file.
pub(super) struct Database {
    pub connection: Connection,
    pub tables: Arc<Tables>,
    /// The rows that have claims, so that the others are not asked for theirs. The writing connection keeps it: nobody
    /// else writes the file.
    pub claimed: Option<HashSet<(OrganizationId, RowKey)>>,
    /// Rows as they were last committed. Used only by the writing connection, for the same reason.
    pub recent: Option<Recent>,
    pub clock: Clock,
    /// The last position and token that may have been given to what the file knows nothing of; see [`Self::stored_floor`].
    pub floor: u64,
}

impl Database {
    pub fn open(path: &Path, durability: Durability, tables: &Arc<Tables>, clock: &Clock) -> Result<Self, AbloError> {
        let unopened = |error| told(&format!("`{}` cannot be opened", path.display()), &error);
        let connection = Connection::open(path).map_err(unopened)?;
        connection.set_prepared_statement_cache_capacity(256);
        let synchronous = match durability {
            Durability::Full => "FULL",
            Durability::Normal => "NORMAL",
        };
        connection
            .execute_batch(&format!(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; PRAGMA busy_timeout = 5000; \
                 PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;"
            ))
            .map_err(unopened)?;
        Ok(Self { connection, tables: Arc::clone(tables), claimed: None, recent: None, clock: clock.clone(), floor: 0 })
    }

    /// A connection that only reads, and keeps little in memory.
    pub fn open_reader(path: &Path, tables: &Arc<Tables>, clock: &Clock) -> Result<Self, AbloError> {
        let database = Self::open(path, Durability::default(), tables, clock)?;
        database.connection.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -2048;").map_err(failed)?;
        Ok(database)
    }

    /// Makes what is missing, and brings what another schema made to this one.
    pub fn provision(&mut self, path: &Path, schema: &ValidSchema) -> Result<(), AbloError> {
        SqliteUpgrade::default().apply(&self.connection, path, schema)?;
        self.forget_lines().map_err(failed)?;
        self.claimed = Some(self.all_claimed().map_err(failed)?);
        self.recent = Some(Recent::default());
        Ok(())
    }

    /// Whoever waited did so through the process that had the file open before.
    fn forget_lines(&self) -> rusqlite::Result<()> {
        let transaction = self.connection.unchecked_transaction()?;
        let sql = "SELECT organization_id, model_name, model_id, state FROM ablo_claims \
                   WHERE json_array_length(state, '$.queue') > 0";
        let mut statement = transaction.prepare(sql)?;
        let rows = statement.query_map([], |row| {
            let state = serde_json::from_str(row.get_ref(3)?.as_str()?);
            let claims: RowClaims = state.map_err(|error| unreadable(3, FromSqlError::other(error)))?;
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, claims))
        })?;
        let rows: Vec<(String, String, String, RowClaims)> = rows.collect::<Result<_, _>>()?;
        drop(statement);
        for (owner, name, id, mut claims) in rows {
            claims.forget_line();
            self.write_claims(&owner, &name, &id, &claims)?;
        }
        transaction.commit()
    }

    fn all_claimed(&self) -> rusqlite::Result<HashSet<(OrganizationId, RowKey)>> {
        let mut statement = self.connection.prepare("SELECT organization_id, model_name, model_id FROM ablo_claims")?;
        let mut rows = statement.query([])?;
        let mut claimed = HashSet::new();
        while let Some(row) = rows.next()? {
            // A model that is no longer in the schema has no rows to write.
            if let Some(model) = self.tables.index_of(row.get_ref(1)?.as_str()?) {
                claimed.insert((row.get::<_, String>(0)?.into(), RowKey::new(model, row.get_ref(2)?.as_str()?)));
            }
        }
        Ok(claimed)
    }

    /// Which organizations have claims that are due, and when the first is.
    pub fn first_due(&self) -> Result<Vec<(OrganizationId, u64)>, AbloError> {
        let sql = "SELECT organization_id, MIN(due_at) FROM ablo_claims WHERE due_at IS NOT NULL GROUP BY 1";
        let mut statement = self.connection.prepare(sql).map_err(failed)?;
        let rows = statement
            .query_map([], |row| Ok((row.get::<_, String>(0)?.into(), super::load::millis(&row.get::<_, String>(1)?))));
        rows.and_then(Iterator::collect).map_err(failed)
    }

    /// Writes what is there already, down to the disk.
    pub fn check(&self) -> Result<(), AbloError> {
        self.connection
            .execute("UPDATE ablo_meta SET value = value WHERE key = 'epoch'", [])
            .map(|_| ())
            .map_err(failed)
    }

    /// The organizations whose logs are longer than this.
    pub fn organizations(&self, longer_than: u64) -> Result<Vec<OrganizationId>, AbloError> {
        let sql = "SELECT organization_id FROM ablo_heads WHERE head - trimmed > ?1";
        let mut statement = self.connection.prepare_cached(sql).map_err(failed)?;
        let rows = statement.query_map([signed(SyncId(longer_than))], |row| Ok(row.get::<_, String>(0)?.into()));
        rows.and_then(Iterator::collect).map_err(failed)
    }

    /// Runs one unit of work in one transaction.
    pub fn transact(
        &mut self,
        organization: &OrganizationId,
        mut step: impl FnMut(&Loaded) -> Result<Step, AbloError>,
    ) -> Result<(), AbloError> {
        let mut guesses = Some(Guesses::default());
        loop {
            self.execute("BEGIN IMMEDIATE")?;
            let outcome = match self.steps(organization, &mut step, guesses.as_mut()) {
                Ok(Outcome::Written) => self.execute("COMMIT"),
                Ok(Outcome::Unchanged) => Ok(()),
                Ok(Outcome::Misguessed) => {
                    self.roll_back();
                    guesses = None;
                    continue;
                }
                Err(error) => Err(error),
            };
            self.roll_back();
            if outcome.is_err() {
                // It has taken in what was to be committed.
                self.recent = self.recent.take().map(|_| Recent::default());
            }
            return outcome;
        }
    }

    /// Runs a reading in one transaction, which sees one moment of the file.
    pub fn read(
        &mut self,
        organization: &OrganizationId,
        mut step: impl FnMut(&Loaded) -> Result<Option<ReadSet>, AbloError>,
    ) -> Result<(), AbloError> {
        self.execute("BEGIN")?;
        let outcome = self.read_on(organization, &mut step);
        self.roll_back();
        outcome
    }

    /// Begins a transaction for [`read_on`](Self::read_on), at the moment that is now.
    pub fn begin_reading(&self, organization: &OrganizationId) -> Result<(), AbloError> {
        self.execute("BEGIN")?;
        // SQLite chooses the moment when something is read.
        self.head(organization).map(|_| ()).map_err(failed)
    }

    /// Runs a reading in the transaction there is.
    pub fn read_on(
        &mut self,
        organization: &OrganizationId,
        mut step: impl FnMut(&Loaded) -> Result<Option<ReadSet>, AbloError>,
    ) -> Result<(), AbloError> {
        self.steps(organization, |loaded| step(loaded).map(reading_step), None).map(|_| ())
    }

    fn steps(
        &mut self,
        organization: &OrganizationId,
        mut step: impl FnMut(&Loaded) -> Result<Step, AbloError>,
        mut guesses: Option<&mut Guesses>,
    ) -> Result<Outcome, AbloError> {
        let (head, trimmed) = self.head(organization).map_err(failed)?;
        let mut loaded = Loaded::new(self.clock.now(), head, trimmed);
        loop {
            match step(&loaded)? {
                Step::Read(wanted) => {
                    self.load(organization, &wanted, &mut loaded, guesses.as_deref_mut()).map_err(failed)?;
                }
                Step::Write(writes) if guesses.as_ref().is_some_and(|guesses| !guesses.are_decided_by(&writes)) => {
                    return Ok(Outcome::Misguessed);
                }
                Step::Write(writes) if writes.is_empty() => return Ok(Outcome::Unchanged),
                Step::Write(writes) => {
                    match self.write(organization, &writes, &loaded) {
                        Ok(()) => {}
                        Err(error) if guesses.is_some() && is_conflict(&error) => return Ok(Outcome::Misguessed),
                        Err(error) => return Err(failed(error)),
                    }
                    let head = writes.log.last().map_or(loaded.head, |entry| entry.id());
                    let trimmed = writes.trim.unwrap_or_default().max(loaded.trimmed);
                    if let Some(recent) = &mut self.recent {
                        recent.apply(organization, &writes.rows, (head, trimmed));
                    }
                    return Ok(Outcome::Written);
                }
            }
        }
    }

    fn head(&self, organization: &OrganizationId) -> rusqlite::Result<(SyncId, SyncId)> {
        if let Some(head) = self.recent.as_ref().and_then(|recent| recent.head(organization)) {
            return Ok(head);
        }
        let sql = "SELECT head, trimmed FROM ablo_heads WHERE organization_id = ?1";
        let row = self.connection.prepare_cached(sql)?.query_row([organization.as_str()], |row| {
            Ok((SyncId(unsigned(row.get(0)?)), SyncId(unsigned(row.get(1)?))))
        });
        Ok(row.optional()?.unwrap_or((SyncId(self.floor), SyncId(self.floor))))
    }

    fn execute(&self, sql: &str) -> Result<(), AbloError> {
        self.connection.prepare_cached(sql).and_then(|mut statement| statement.execute([])).map(|_| ()).map_err(failed)
    }

    /// Gives up the transaction. When that fails there is none.
    fn roll_back(&self) {
        if !self.connection.is_autocommit() {
            let _ = self.execute("ROLLBACK");
        }
    }
}

/// How far a unit of work came.
enum Outcome {
    Written,
    Unchanged,
    /// Something was there that had been taken to be new: it is done again, and looked for.
    Misguessed,
}

/// Whether a row that was inserted is there already.
fn is_conflict(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
}

/// A sync id out of a column.
pub(super) fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// A sync id into a column.
pub(super) fn signed(id: SyncId) -> i64 {
    i64::try_from(id.0).unwrap_or(i64::MAX)
}

//! The file's epoch, and what becomes of a file that begins a new one.

use ablo_schema::error::AbloError;
use ablo_schema::ir::BaseField;
use ablo_schema::sql::RUNTIME_COLUMNS;
use rusqlite::{Connection, OptionalExtension, params};

use super::database::Database;
use super::failed;
use super::tables::quote;
use crate::store::Epoch;

/// A copy has no epoch, and says so: whoever opens it begins one.
pub(super) const FORGET: &str =
    "INSERT INTO ablo_meta (key, value) VALUES ('epoch', 'copy') ON CONFLICT DO UPDATE SET value = 'copy'";

impl Database {
    /// The file's epoch.
    ///
    /// A file without one is new, or it is a copy. (One that was copied by other means than [`copy`](super::copy) has one,
    /// and cannot be told from a file that was moved: `restore_sqlite` makes a copy of it that has none.) The original may have gone on after the copy was made, and others have
    /// seen more of it than this file knows. So nothing here is to be taken for what they have seen.
    pub fn epoch(&mut self) -> Result<Epoch, AbloError> {
        let stored = self.meta("epoch").map_err(failed)?;
        if let Some(epoch) = stored.as_ref().and_then(|text| text.parse().ok()) {
            return Ok(epoch);
        }
        let epoch = Epoch::draw()?;
        let transaction = self.connection.unchecked_transaction().map_err(failed)?;
        // Copies that were made by earlier versions say nothing.
        let has_rows = || transaction.query_row("SELECT EXISTS (SELECT 1 FROM ablo_heads)", [], |row| row.get(0));
        if stored.is_some() || has_rows().map_err(failed)? {
            self.raise_floor(&transaction).map_err(failed)?;
        }
        self.begin(&transaction, epoch).map_err(failed)?;
        transaction.commit().map_err(failed)?;
        Ok(epoch)
    }

    /// The last position and token that may have been given to what this file knows nothing of: organizations and rows
    /// that were first written or claimed in the original, after the copy was made. Zero when the file is no copy.
    pub fn stored_floor(&self) -> Result<u64, AbloError> {
        let stored = self.meta("floor").map_err(failed)?;
        Ok(stored.and_then(|text| text.parse().ok()).unwrap_or(0))
    }

    fn raise_floor(&self, connection: &Connection) -> rusqlite::Result<()> {
        // As below, and beyond all that is here, should the clock be behind.
        let sql = "INSERT INTO ablo_meta (key, value) SELECT 'floor', 1 + max(?1, \
                       COALESCE((SELECT CAST(value AS INTEGER) FROM ablo_meta WHERE key = 'floor'), 0), \
                       COALESCE((SELECT max(head) FROM ablo_heads), 0), \
                       COALESCE((SELECT max(json_extract(state, '$.lastToken')) FROM ablo_claims), 0)) \
                   WHERE true ON CONFLICT DO UPDATE SET value = excluded.value";
        connection.execute(sql, [self.clock.now().as_microsecond()])?;
        Ok(())
    }

    fn meta(&self, key: &str) -> rusqlite::Result<Option<String>> {
        let sql = "SELECT value FROM ablo_meta WHERE key = ?1";
        self.connection.query_row(sql, [key], |row| row.get(0)).optional()
    }

    fn begin(&self, connection: &Connection, epoch: Epoch) -> rusqlite::Result<()> {
        // Microseconds: no log and no row's tokens ever grew faster than these, so this is beyond all that was given.
        let beyond = self.clock.now().as_microsecond();
        // Clients drop deltas below the highest they have seen. And everybody's place is before the log now, so that
        // everybody reads everything anew.
        connection.execute("UPDATE ablo_heads SET head = max(head + 1, ?1)", [beyond])?;
        connection.execute("UPDATE ablo_heads SET trimmed = head", [])?;
        connection.execute("DELETE FROM ablo_deltas", [])?;
        // Who read a row in the history that is lost may have read something else than is here.
        for model in self.tables.schema.models() {
            let shape = model.shape();
            let owner = shape.slot_of_base(BaseField::OrganizationId);
            let owner = owner.map_or("organization_id", |slot| shape.slots()[slot].column.as_str());
            let (table, [sync, _]) = (quote(model.table()), RUNTIME_COLUMNS.map(quote));
            let sql = format!(
                "UPDATE {table} SET {sync} = ablo_heads.head FROM ablo_heads \
                 WHERE ablo_heads.organization_id = {table}.{}",
                quote(owner)
            );
            connection.execute(&sql, [])?;
        }
        // What is held was held then. Whoever holds it still asks again.
        let sql = "UPDATE ablo_claims SET due_at = NULL, \
                   state = json_object('lastToken', max(json_extract(state, '$.lastToken') + 1, ?1))";
        connection.execute(sql, [beyond])?;
        let sql = "INSERT INTO ablo_meta (key, value) VALUES ('epoch', ?1) ON CONFLICT DO UPDATE SET value = ?1";
        connection.execute(sql, params![epoch.to_string()])?;
        Ok(())
    }
}

//! The file's epoch, and what becomes of a file that begins a new one.

use ablo_schema::error::AbloError;
use ablo_schema::ir::BaseField;
use ablo_schema::sql::RUNTIME_COLUMNS;
use rusqlite::{Connection, OptionalExtension, params};

use super::database::Database;
use super::failed;
use super::tables::quote;
use crate::store::Epoch;

/// A copy of a file has no epoch: whoever opens it begins one.
pub(super) const FORGET: &str = "DELETE FROM ablo_meta WHERE key = 'epoch'";

impl Database {
    /// The file's epoch.
    ///
    /// A file without one is new, or it is a copy. The original may have gone on after the copy was made, and others have
    /// seen more of it than this file knows. So nothing here is to be taken for what they have seen.
    pub fn epoch(&mut self) -> Result<Epoch, AbloError> {
        let stored = self.connection.query_row("SELECT value FROM ablo_meta WHERE key = 'epoch'", [], |row| row.get(0));
        if let Some(epoch) = stored.optional().map_err(failed)?.and_then(|text: String| text.parse().ok()) {
            return Ok(epoch);
        }
        let epoch = Epoch::draw()?;
        let transaction = self.connection.unchecked_transaction().map_err(failed)?;
        self.begin(&transaction, epoch).map_err(failed)?;
        transaction.commit().map_err(failed)?;
        Ok(epoch)
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

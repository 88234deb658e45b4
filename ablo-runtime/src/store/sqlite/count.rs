use rusqlite::params;
use rusqlite::types::FromSqlError;

use super::database::{Database, signed, unsigned};
use super::load::unreadable;
use crate::claims::RowClaims;
use crate::store::Count;

impl Database {
    /// Counts what an organization keeps.
    pub fn count(&self, owner: &str, count: Count) -> rusqlite::Result<u64> {
        match count {
            Count::Rows => {
                let mut rows = 0;
                for table in &self.tables.models {
                    let mut statement = self.connection.prepare_cached(&table.count)?;
                    rows += unsigned(statement.query_row([owner], |row| row.get(0))?);
                }
                Ok(rows)
            }
            Count::Claims => {
                let sql = "SELECT state, model_name FROM ablo_claims WHERE organization_id = ?1 AND due_at IS NOT NULL";
                let mut statement = self.connection.prepare_cached(sql)?;
                let mut rows = statement.query([owner])?;
                let mut claims = 0;
                while let Some(row) = rows.next()? {
                    if self.tables.index_of(row.get_ref(1)?.as_str()?).is_some() {
                        let state: RowClaims = serde_json::from_str(row.get_ref(0)?.as_str()?)
                            .map_err(|error| unreadable(0, FromSqlError::other(error)))?;
                        claims += state.handle_count() as u64;
                    }
                }
                Ok(claims)
            }
            // What `LogEntry::bytes` adds up, without reading the texts themselves.
            Count::LogBytes(through) => {
                let sql = "SELECT COALESCE(SUM(256 + octet_length(model_id) + COALESCE(octet_length(data), 0) \
                           + COALESCE(octet_length(previous_data), 0) + COALESCE(octet_length(transaction_id), 0)), 0) \
                           FROM ablo_deltas WHERE organization_id = ?1 AND id <= ?2";
                let mut statement = self.connection.prepare_cached(sql)?;
                Ok(unsigned(statement.query_row(params![owner, signed(through)], |row| row.get(0))?))
            }
        }
    }
}

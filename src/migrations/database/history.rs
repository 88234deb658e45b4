use ablo_schema::error::AbloError;

use super::{Database, failed, quote};
use crate::migrations::{Migration, hex_sha256};

/// A migration as the database remembers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its version.
    pub version: i64,
    /// Its name.
    pub name: String,
    /// SHA-256 of the file that applied it.
    pub checksum: String,
    /// Whether it ran to its end. A migration outside a transaction may have been cut short.
    pub finished: bool,
    /// When it was applied, in the database's words.
    pub applied_at: String,
}

impl Database {
    fn history_table(&self) -> String {
        format!("{}._ablo_migrations", quote(&self.schema))
    }

    /// Makes the history table unless it exists.
    pub(super) async fn create_history(&self) -> Result<(), AbloError> {
        // Asked first, so that a role that may read but not create can still see the history.
        if self.has_history().await? {
            return Ok(());
        }
        self.execute(&format!(
            "CREATE TABLE IF NOT EXISTS {} (version BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, \
             started_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(), finished_at TIMESTAMPTZ)",
            self.history_table()
        ))
        .await
    }

    async fn has_history(&self) -> Result<bool, AbloError> {
        let found = self.client.query_one("SELECT to_regclass($1) IS NOT NULL", &[&self.history_table()]).await;
        Ok(found.map_err(|error| failed(&error))?.get(0))
    }

    /// What was applied, oldest first. Nothing in a database that was never migrated.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn history(&self) -> Result<Vec<Entry>, AbloError> {
        if !self.has_history().await? {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT version, name, checksum, finished_at IS NOT NULL, \
             to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') FROM {} ORDER BY version",
            self.history_table()
        );
        let rows = self.client.query(&sql, &[]).await.map_err(|error| failed(&error))?;
        Ok(rows
            .iter()
            .map(|row| Entry {
                version: row.get(0),
                name: row.get(1),
                checksum: row.get(2),
                finished: row.get(3),
                applied_at: row.get(4),
            })
            .collect())
    }

    /// Remembers that a migration has begun, or that it is done.
    pub(super) async fn remember(&self, migration: &Migration, finished: bool) -> Result<(), AbloError> {
        let sql = format!(
            "INSERT INTO {} (version, name, checksum, finished_at) \
             VALUES ($1, $2, $3, CASE WHEN $4 THEN clock_timestamp() END) \
             ON CONFLICT (version) DO UPDATE SET checksum = excluded.checksum, finished_at = excluded.finished_at",
            self.history_table()
        );
        let checksum = hex_sha256(migration.up.as_bytes());
        let done = self.client.execute(&sql, &[&migration.version, &migration.name, &checksum, &finished]).await;
        done.map(|_| ()).map_err(|error| failed(&error))
    }

    /// Remembers that a migration is being taken back.
    pub(super) async fn unfinish(&self, version: i64) -> Result<(), AbloError> {
        let sql = format!("UPDATE {} SET finished_at = NULL WHERE version = $1", self.history_table());
        self.client.execute(&sql, &[&version]).await.map(|_| ()).map_err(|error| failed(&error))
    }

    /// Forgets a migration that was taken back.
    pub(super) async fn forget(&self, version: i64) -> Result<(), AbloError> {
        let sql = format!("DELETE FROM {} WHERE version = $1", self.history_table());
        self.client.execute(&sql, &[&version]).await.map(|_| ()).map_err(|error| failed(&error))
    }
}

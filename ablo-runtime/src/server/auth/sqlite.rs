use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ablo_schema::error::{AbloError, Code};
use rusqlite::{Connection, params};

use super::{AuthStore, Credential, Kept, Task};

/// Keeps credentials and tasks in tables of their own, in the file that also keeps the rows.
#[derive(Debug)]
pub struct SqliteAuth(Mutex<Connection>);

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS ablo_credential (hash TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ablo_task (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
";

impl SqliteAuth {
    /// Opens the file and makes the tables if they are missing.
    ///
    /// # Errors
    /// When that fails.
    pub fn open(path: &Path) -> Result<Self, AbloError> {
        let open = || {
            let connection = Connection::open(path)?;
            connection.busy_timeout(std::time::Duration::from_secs(10))?;
            connection.pragma_update(None, "journal_mode", "wal")?;
            connection.execute_batch(TABLES)?;
            Ok(connection)
        };
        open().map(Mutex::new).map(Self).map_err(|error| failed(&error))
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bodies<T: serde::de::DeserializeOwned>(&self, query: &str) -> Result<Vec<(String, T)>, AbloError> {
        let connection = self.lock();
        let read = || {
            let mut statement = connection.prepare(query)?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<Result<Vec<(String, String)>, rusqlite::Error>>()
        };
        let rows = read().map_err(|error| failed(&error))?;
        let parsed = rows.into_iter().map(|(key, body)| Ok((key, serde_json::from_str(&body)?)));
        parsed.collect::<serde_json::Result<_>>().map_err(|_| {
            AbloError::new(
                Code::StoreVersionUnsupported,
                "The credentials in this file are of another version of ablo.",
            )
        })
    }

    fn keep(&self, statement: &str, key: &str, body: &impl serde::Serialize) -> Result<(), AbloError> {
        let body = serde_json::to_string(body).map_err(|_| AbloError::from(Code::InternalError))?;
        self.lock().execute(statement, params![key, body]).map(|_| ()).map_err(|error| failed(&error))
    }
}

impl AuthStore for SqliteAuth {
    fn load(&self) -> Result<Kept, AbloError> {
        let credentials: Vec<(String, Credential)> = self.bodies("SELECT hash, body FROM ablo_credential")?;
        let tasks: Vec<(String, Task)> = self.bodies("SELECT id, body FROM ablo_task")?;
        Ok(Kept { credentials, tasks: tasks.into_iter().map(|(_, task)| task).collect() })
    }

    fn keep_credential(&self, hash: &str, credential: &Credential) -> Result<(), AbloError> {
        self.keep("INSERT OR REPLACE INTO ablo_credential (hash, body) VALUES (?1, ?2)", hash, credential)
    }

    fn forget_credentials(&self, hashes: &[&str]) -> Result<(), AbloError> {
        let mut connection = self.lock();
        let mut forget = || {
            let transaction = connection.transaction()?;
            for hash in hashes {
                transaction.execute("DELETE FROM ablo_credential WHERE hash = ?1", [hash])?;
            }
            transaction.commit()
        };
        forget().map_err(|error| failed(&error))
    }

    fn keep_task(&self, task: &Task) -> Result<(), AbloError> {
        self.keep("INSERT OR REPLACE INTO ablo_task (id, body) VALUES (?1, ?2)", &task.id, task)
    }
}

fn failed(error: &rusqlite::Error) -> AbloError {
    AbloError::new(Code::StoreUnavailable, format!("The file that keeps the credentials does not answer: {error}."))
}

use ablo_schema::error::{AbloError, Code};

use super::{Database, cause, failed, quote};
use crate::migrations::folder::is_transactional;
use crate::migrations::{Statement, statements};

impl Database {
    /// Runs the statements of a file, then `record`s it: in one transaction, or one by one when the file says so.
    pub(super) async fn run_file<F>(&self, file: &str, sql: &str, record: F) -> Result<(), AbloError>
    where
        F: AsyncFnOnce() -> Result<(), AbloError>,
    {
        if !is_transactional(sql) {
            return self.run_alone(file, sql, record).await;
        }
        self.execute("BEGIN").await?;
        let outcome = async {
            self.run_statements(file, sql).await?;
            record().await?;
            self.execute("COMMIT").await
        };
        let outcome = outcome.await;
        if outcome.is_err() {
            // The first failure is the one to tell; a connection that is gone has rolled back by itself.
            let _ = self.execute("ROLLBACK").await;
        }
        outcome
    }

    /// Runs statements outside a transaction. They may wait for others as long as they like: what runs this way
    /// (concurrent indexes, validation) blocks neither readers nor writers while it waits.
    async fn run_alone<F>(&self, file: &str, sql: &str, record: F) -> Result<(), AbloError>
    where
        F: AsyncFnOnce() -> Result<(), AbloError>,
    {
        let row = self.client.query_one("SELECT current_setting('lock_timeout')", &[]).await;
        let timeout: String = row.map_err(|error| failed(&error))?.get(0);
        self.execute("SET lock_timeout = 0").await?;
        let outcome = async {
            self.drop_invalid_indexes(sql).await?;
            self.run_statements(file, sql).await
        };
        let outcome = outcome.await;
        self.execute(&format!("SET lock_timeout = '{timeout}'")).await?;
        outcome?;
        record().await
    }

    async fn run_statements(&self, file: &str, sql: &str) -> Result<(), AbloError> {
        for statement in statements(sql) {
            if let Err(error) = self.client.batch_execute(statement.text).await {
                return Err(statement_failed(file, statement, &error));
            }
        }
        Ok(())
    }

    /// A concurrent index build that was cut short leaves an invalid index behind, which `IF NOT EXISTS` would take
    /// for the index. Those that the file names are dropped before it runs again.
    async fn drop_invalid_indexes(&self, sql: &str) -> Result<(), AbloError> {
        let invalid = "SELECT n.nspname, c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
                       JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT i.indisvalid";
        let rows = self.client.query(invalid, &[]).await.map_err(|error| failed(&error))?;
        for row in rows {
            let (schema, index): (String, String) = (row.get(0), row.get(1));
            if sql.contains(&quote(&index))
                || sql.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == index)
            {
                self.execute(&format!("DROP INDEX CONCURRENTLY IF EXISTS {}.{}", quote(&schema), quote(&index)))
                    .await?;
            }
        }
        Ok(())
    }
}

fn statement_failed(file: &str, statement: Statement<'_>, error: &tokio_postgres::Error) -> AbloError {
    if error.is_closed() {
        return failed(error);
    }
    let state = error.code().map_or_else(String::new, |state| state.code().to_owned());
    let fix = match state.as_str() {
        "55P03" => "somebody holds a lock on the table; run this again, or wait longer with `--lock-timeout SECONDS`",
        _ => {
            "mend the statement or the rows it stumbles over, then run this again; what came before is applied and stays"
        }
    };
    AbloError::new(
        Code::MigrationStatementFailed,
        format!("{file}:{}: {}\n    {}", statement.line, cause(error), statement.text.replace('\n', "\n    ")),
    )
    .detail("sqlstate", state)
    .detail("file", file)
    .detail("line", statement.line)
    .detail("statement", statement.text)
    .detail("fix", fix)
}

use std::time::{Duration, Instant};

use ablo_schema::error::{AbloError, Code};

use super::status::check_history;
use super::{Database, State};
use crate::migrations::{Folder, Migration};

/// How pending migrations are applied.
#[derive(Clone, Copy, Debug)]
pub struct Apply {
    /// How long a statement waits for a lock on a table.
    pub lock_timeout: Duration,
    /// How long to wait for another run to end.
    pub lock_wait: Duration,
    /// Stop after this version.
    pub to: Option<i64>,
    /// Also apply migrations that are older than an applied one.
    pub out_of_order: bool,
}

impl Default for Apply {
    fn default() -> Self {
        Self { lock_timeout: Duration::from_secs(5), lock_wait: Duration::from_secs(10), to: None, out_of_order: false }
    }
}

/// A migration that was just applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Its file's name, without the ending.
    pub stem: String,
    /// How long it took.
    pub elapsed: Duration,
}

impl Database {
    /// Applies what is pending, oldest first, and tells each migration as it is done. A run that was killed is
    /// taken up where it stopped.
    ///
    /// # Errors
    /// The first statement that fails, with its SQLSTATE; what was applied before it stays. Nothing is applied when
    /// another run holds the lock or the history is not the folder's.
    pub async fn apply(
        &self,
        folder: &Folder,
        options: Apply,
        mut done: impl FnMut(&Applied),
    ) -> Result<Vec<Applied>, AbloError> {
        self.lock(options.lock_wait).await?;
        self.prepare(options.lock_timeout).await?;
        self.create_history().await?;
        let pending = self.pending(folder, options).await?;
        let mut all = Vec::new();
        for migration in pending {
            let start = Instant::now();
            if !migration.is_transactional() {
                self.remember(migration, false).await?;
            }
            let file = migration.up_file();
            self.run_file(&file, &migration.up, async || self.remember(migration, true).await).await?;
            let applied = Applied { stem: migration.stem(), elapsed: start.elapsed() };
            done(&applied);
            all.push(applied);
        }
        Ok(all)
    }

    /// Remembers migrations as applied without running them: their tables exist already.
    ///
    /// # Errors
    /// When another run holds the lock, or the history is not the folder's.
    pub async fn baseline(&self, folder: &Folder, options: Apply) -> Result<Vec<String>, AbloError> {
        self.lock(options.lock_wait).await?;
        self.create_history().await?;
        let pending = self.pending(folder, options).await?;
        self.execute("BEGIN").await?;
        for migration in &pending {
            self.remember(migration, true).await?;
        }
        self.execute("COMMIT").await?;
        Ok(pending.iter().map(|migration| migration.stem()).collect())
    }

    /// What has yet to run, oldest first.
    ///
    /// # Errors
    /// When the history is not the folder's.
    pub async fn pending<'a>(&self, folder: &'a Folder, options: Apply) -> Result<Vec<&'a Migration>, AbloError> {
        let all = self.status(folder).await?;
        check_history(&all)?;
        let newest = all.iter().filter(|status| status.state == State::Applied).map(|status| status.version).max();
        let mut pending = Vec::new();
        for status in all.iter().filter(|status| matches!(status.state, State::Pending | State::Interrupted)) {
            if options.to.is_some_and(|to| status.version > to) {
                continue;
            }
            let late = status.state == State::Pending && newest.is_some_and(|newest| status.version < newest);
            if late && !options.out_of_order {
                return Err(AbloError::new(
                    Code::MigrationOutOfOrder,
                    format!("{}_{} is older than a migration that is applied", status.version, status.name),
                )
                .detail("fix", "make the change again with `ablo migrate new`, or add `--allow=out-of-order`"));
            }
            pending.extend(folder.migrations.iter().find(|migration| migration.version == status.version));
        }
        Ok(pending)
    }
}

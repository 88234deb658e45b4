use ablo_schema::error::{AbloError, Code};

use super::{Database, Entry};
use crate::migrations::{Folder, hex_sha256};

/// How the database stands to one migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It ran.
    Applied,
    /// It has yet to run.
    Pending,
    /// It began outside a transaction and did not end; applying runs it again.
    Interrupted,
    /// It ran, and its file was edited since.
    Changed,
    /// It ran, and the folder has no file for it.
    Missing,
}

impl State {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Pending => "pending",
            Self::Interrupted => "interrupted",
            Self::Changed => "changed",
            Self::Missing => "missing",
        }
    }
}

/// One migration and how the database stands to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Its version.
    pub version: i64,
    /// Its name.
    pub name: String,
    /// How the database stands to it.
    pub state: State,
    /// When it was applied.
    pub applied_at: Option<String>,
}

impl Database {
    /// Every migration of the folder or the database, oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn status(&self, folder: &Folder) -> Result<Vec<Status>, AbloError> {
        let history = self.history().await?;
        let mut all: Vec<Status> = folder
            .migrations
            .iter()
            .map(|migration| {
                let entry = history.iter().find(|entry| entry.version == migration.version);
                let state = match entry {
                    None => State::Pending,
                    Some(entry) if !entry.finished => State::Interrupted,
                    Some(entry) if entry.checksum != hex_sha256(migration.up.as_bytes()) => State::Changed,
                    Some(_) => State::Applied,
                };
                status(migration.version, &migration.name, state, entry)
            })
            .collect();
        let missing = history.iter().filter(|entry| !folder.migrations.iter().any(|own| own.version == entry.version));
        all.extend(missing.map(|entry| status(entry.version, &entry.name, State::Missing, Some(entry))));
        all.sort_by_key(|status| status.version);
        Ok(all)
    }
}

fn status(version: i64, name: &str, state: State, entry: Option<&Entry>) -> Status {
    Status { version, name: name.to_owned(), state, applied_at: entry.map(|entry| entry.applied_at.clone()) }
}

/// Refuses to go on from a history that the folder does not tell.
pub(super) fn check_history(all: &[Status]) -> Result<(), AbloError> {
    for status in all {
        let stem = format!("{}_{}", status.version, status.name);
        match status.state {
            State::Changed => {
                return Err(AbloError::new(
                    Code::MigrationChanged,
                    format!("{stem}.up.sql was edited after it was applied"),
                )
                .detail("fix", "restore the file as it was and put the change into a new migration"));
            }
            State::Missing => {
                return Err(AbloError::new(Code::MigrationMissing, format!("{stem} is applied and not in the folder"))
                    .detail("fix", "restore its files, or revert it from where they are"));
            }
            State::Applied | State::Pending | State::Interrupted => {}
        }
    }
    Ok(())
}

use ablo_schema::error::AbloError;

use super::{Credential, Task};

/// Where credentials and tasks are kept. Everything is also held in memory, so this is read once and then written to.
///
/// Keys are named by the hex SHA-256 of their text; the text itself is never passed.
pub trait AuthStore: Send + Sync {
    /// Everything that was kept.
    ///
    /// # Errors
    /// When it cannot be read.
    fn load(&self) -> Result<Kept, AbloError>;

    /// Keeps a credential, new or changed.
    ///
    /// # Errors
    /// When it cannot be written; the change then does not happen.
    fn keep_credential(&self, hash: &str, credential: &Credential) -> Result<(), AbloError>;

    /// Forgets the credentials with these hashes.
    ///
    /// # Errors
    /// When it cannot be written; then they are still there the next time.
    fn forget_credentials(&self, hashes: &[&str]) -> Result<(), AbloError>;

    /// Keeps a task, new or changed.
    ///
    /// # Errors
    /// When it cannot be written; the change then does not happen.
    fn keep_task(&self, task: &Task) -> Result<(), AbloError>;
}

/// What an [`AuthStore`] kept.
#[derive(Debug, Default)]
pub struct Kept {
    /// Credentials with the hashes of their keys.
    pub credentials: Vec<(String, Credential)>,
    /// Tasks.
    pub tasks: Vec<Task>,
}

/// Keeps nothing beyond the process.
#[derive(Clone, Copy, Debug, Default)]
pub struct MemoryAuth;

impl AuthStore for MemoryAuth {
    fn load(&self) -> Result<Kept, AbloError> {
        Ok(Kept::default())
    }

    fn keep_credential(&self, _hash: &str, _credential: &Credential) -> Result<(), AbloError> {
        Ok(())
    }

    fn forget_credentials(&self, _hashes: &[&str]) -> Result<(), AbloError> {
        Ok(())
    }

    fn keep_task(&self, _task: &Task) -> Result<(), AbloError> {
        Ok(())
    }
}

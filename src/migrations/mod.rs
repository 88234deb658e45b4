//! Migrations: their folder, and what runs them.
//!
//! The folder is that of sqlx and golang-migrate, so that either can run it: `<14 digits>_<name>.up.sql` with its
//! `.down.sql`, and `-- no-transaction` as the first bytes of a file whose one statement cannot run inside a
//! transaction. Beside them `meta/` keeps, per change, the schema it leads to and the change it follows.

#[cfg(feature = "migrate")]
pub mod adopt;
#[cfg(feature = "migrate")]
pub mod database;
#[cfg(feature = "migrate")]
mod draft;
mod folder;
#[cfg(feature = "migrate")]
mod lint;
mod snapshot;
mod stale;
#[cfg(feature = "migrate")]
mod statements;

pub use folder::{Folder, Migration, NO_TRANSACTION};
#[cfg(feature = "migrate")]
use lint::lint_alone;

#[cfg(feature = "migrate")]
pub use draft::{Change, Draft, draft};
#[cfg(feature = "migrate")]
pub use lint::{Finding, Rule, lint};
pub use snapshot::{Snapshot, Tables};
pub use stale::{behind_by, stale};
#[cfg(feature = "migrate")]
pub use statements::{Statement, statements};

#[cfg(feature = "migrate")]
pub(crate) fn hex_sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

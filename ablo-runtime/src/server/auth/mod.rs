//! Who is asking, and what it may do: keys, sessions, capabilities and tasks.

mod book;
mod credential;
mod exchange;
mod jwt;
mod key_hash;
#[cfg(feature = "sqlite")]
mod sqlite;
mod store;
mod task;

pub use book::{Book, Mint, NewTask, random, random_id, sha256_hex};
pub use credential::{Credential, DEFAULT_GROUP, Status};
pub use exchange::{exchange, is_itself, mint_capability};
pub use jwt::{FetchKeys, HttpKeys, IssuerKeys, IssuerOrganization, Issuers, TrustedIssuer};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteAuth;
pub use store::{AuthStore, Kept, MemoryAuth};
pub use task::{Task, TaskCost};

#[cfg(test)]
mod tests;

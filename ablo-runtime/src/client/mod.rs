//! The typed client: proxies over a local replica, optimistic writes, claims, snapshots and undo.
//!
//! [`Ablo`] is the entry. Its members are [`ModelProxy`]s; their verbs return builders, which are awaited. Reads named
//! `get` are answered by the local replica at once; everything that is awaited is answered by the engine.

mod ablo;
mod claim;
mod history;
mod local;
mod open;
mod proxy;
mod read;
mod replica;
mod session;
mod snapshot;
mod transaction;
pub mod transport;
mod verb;

pub use ablo::{Ablo, LocalProxies, Refusals};
pub use claim::{Claim, ClaimLoss, Claiming, Claims};
pub use history::{History, UndoPolicy};
pub use local::LocalTransport;
pub use open::{Join, Open};
pub use proxy::ModelProxy;
pub use read::{Expand, IfClaimed, List, LocalQuery, Retrieve};
pub use replica::Scope;
pub use session::{Wait, Watch};
pub use snapshot::{Outdated, Snapshot, Snapshotting};
pub use transaction::Transaction;
pub use verb::{Archive, Create, Delete, Edit, Unarchive, Update, Verb};

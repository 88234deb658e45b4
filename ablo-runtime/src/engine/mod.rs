//! Commits, the log and subscriptions.
//!
//! An [`Engine`] serves organizations over a [`Store`](crate::store::Store). A [`Session`] is a participant at it. One
//! write walks like this: [`Session::commit`] reads the operations' inputs and queues the request at the organization's
//! [`Writer`]; the writer hands up to 64 requests as one [`Batch`] to the store, which runs it inside one transaction;
//! the batch asks for what it needs and evaluates its requests in order, without I/O of its own; after the commit
//! everyone is answered and the deltas, encoded once, go to the subscriptions of their groups.

mod access;
mod batch;
mod bootstrap;
mod clock;
mod commit;
mod defect;
mod entry;
mod evaluate;
mod event;
mod handle;
mod hub;
mod input;
mod json_shape;
mod options;
mod participant;
mod pieces;
mod query;
mod quota;
mod read;
mod receipts;
mod record;
mod request;
mod rules;
mod seat;
mod session;
mod subscription;
mod sweeper;
mod test;
mod time_text;
mod values;
mod view;
mod writer;

pub use access::Access;
pub use batch::Batch;
pub use bootstrap::{Bootstrap, BootstrapReader, Piece};
pub use clock::{Clock, ClockHand};
pub use commit::{CommitRequest, Committed, StaleConflict};
pub use entry::LogEntry;
pub use event::{ClaimsChange, Event, ResyncReason};
pub use handle::Engine;
pub use options::EngineOptions;
pub use participant::{Operations, Participant};
pub use pieces::{QueryPiece, QueryReader};
pub use query::{Answers, Archived, Found, Page, Query, Related};
pub use quota::Quotas;
pub use read::LogPage;
pub use receipts::{Fingerprint, StoredReceipt};
pub use record::{Record, StoredRow};
pub use session::{ClaimWatch, Session};
#[cfg(feature = "server")]
pub(crate) use subscription::Rest;
pub use subscription::Subscription;
pub use test::{Test, compare as compare_values};
pub use writer::Writer;

#[cfg(test)]
mod tests;

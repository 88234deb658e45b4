//! What one connection is sent, and when.
//!
//! Clients of version 0.9.0 collect deltas for 100 ms and then keep only the first of several look-alike deltas of one
//! row; the rest is lost for good. [`Outbound`] makes that impossible to meet: a row that was sent is not sent again
//! before the client has applied it, what happens meanwhile is merged per row, and ids stay in order. A client that
//! names the capability [`ORDERED_STREAM`] gets every delta as it happened.

mod merge;
mod parcel;
mod window;

pub use parcel::{Delta, Parcel, Payload, RowKey};
pub use window::{Outbound, Stream};

/// The capability in `sync_request` by which a client asks for the plain ordered stream.
pub const ORDERED_STREAM: &str = "orderedStream";

/// How long a client may take to apply what has arrived: its own 100 ms, and the time until a busy one gets to it.
pub const QUIET_MS: u64 = 200;

/// How long a client may take that answers no question about what has arrived.
pub const SILENCE_MS: u64 = 2_000;

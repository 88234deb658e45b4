//! What the server tells whoever runs it, through `tracing`: ids, codes, counts and times, as `docs/logs.md` lists them.
//! Never what it keeps or what it was sent.
//!
//! Nothing here installs a subscriber: that is up to the program. Without one, a line costs a look at one number.

mod failure;
mod lines;
mod origin;
#[cfg(feature = "otel")]
mod otel;
mod request_id;
mod spans;

pub use failure::told;
pub use lines::{
    Tally, claims_preempted, committed, database_not_used, frame_refused, log_trimmed, millis, request_answered,
    socket_closed, socket_refused, socket_resyncs,
};
pub use origin::Origin;
#[cfg(feature = "otel")]
pub use otel::Exporter;
pub use request_id::RequestId;
pub use spans::{belongs_to, request_span, socket_span};

/// The server as a whole: starting, stopping, what it keeps.
pub const SERVER: &str = "ablo::server";
/// Requests.
pub const HTTP: &str = "ablo::http";
/// Sockets.
pub const SOCKET: &str = "ablo::socket";
/// Claims.
pub const CLAIMS: &str = "ablo::claims";

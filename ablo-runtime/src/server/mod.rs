//! The server: HTTP, WebSocket, credentials and everything the wire protocol asks of them.
//!
//! [`serve`] runs one with its own listener; [`router`] mounts anywhere. The state machines in [`sync`] hold the rules
//! of the sync plane with the time passed in; [`auth`] knows who is asking.

pub mod auth;
mod depth;
mod http;
mod metrics;
mod options;
mod presence;
mod rate;
mod retention;
mod room;
mod serve;
mod state;
pub mod sync;
mod telemetry;
mod ws;

pub use http::{Route, router, routes};
pub use metrics::Metrics;
pub use options::{Limits, ServeOptions, ServerOptions, StoreChoice};
pub use retention::Retention;
pub use serve::{DEV_ORGANIZATION, Ready, Running, mint_key, serve, start};
pub use state::{Server, Shared};
#[cfg(feature = "otel")]
pub use telemetry::Exporter;

//! The server: HTTP, WebSocket, credentials and everything the wire protocol asks of them.
//!
//! [`serve`] runs one with its own listener; [`router`] mounts anywhere. The state machines in [`sync`] hold the rules
//! of the sync plane with the time passed in; [`auth`] knows who is asking.
//!
//! Mounted by hand, everything is in [`Server::new`]: it also starts what a server does by itself.
//!
//! ```
//! use ablo_runtime::engine::{Clock, Engine, EngineOptions};
//! use ablo_runtime::server::auth::{Book, MemoryAuth};
//! use ablo_runtime::server::{Server, ServerOptions, router};
//! use ablo_runtime::store::MemoryStore;
//! # use ablo_schema::{error::AbloError, ir::ValidSchema};
//!
//! # async fn mount(schema: ValidSchema, app: axum::Router) -> Result<(), AbloError> {
//! let clock = Clock::system();
//! let options = EngineOptions { clock: clock.clone(), ..EngineOptions::default() };
//! let engine = Engine::open(schema.clone(), MemoryStore::new(), options).await?;
//! let book = Book::open(Box::new(MemoryAuth), clock)?;
//! let server = Server::new(engine, schema.into(), book, ServerOptions::default());
//! let app = app.merge(router(&server));
//! // Serve `app`. Before it ends:
//! server.close_sockets(1012, "the server is restarting");
//! server.stop();
//! # drop(app);
//! # Ok(())
//! # }
//! ```

pub mod auth;
mod depth;
mod health;
mod http;
mod metrics;
mod options;
mod outbox;
mod presence;
mod rate;
mod retention;
mod room;
mod serve;
mod state;
mod surrogates;
pub mod sync;
mod telemetry;
mod ws;

pub use http::{Route, router, routes};
pub use metrics::Metrics;
pub use options::{Limits, ServeOptions, ServerOptions, StoreChoice};
pub use retention::Retention;
#[cfg(feature = "sqlite")]
pub use serve::mint_key_in;
pub use serve::{DEV_ORGANIZATION, Ready, Running, mint_key, serve, start};
pub use state::{Server, Shared};
#[cfg(feature = "otel")]
pub use telemetry::Exporter;

use std::future::Future;
use std::net::SocketAddr;
#[cfg(feature = "sqlite")]
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ablo_schema::error::{AbloError, Code};
#[cfg(feature = "sqlite")]
use ablo_schema::wire::OrganizationId;
use ablo_schema::wire::{KeyEnv, KeyKind, ParticipantKind};
use axum::serve::ListenerExt;
use serde::Serialize;
use tokio::net::TcpListener;

#[cfg(feature = "sqlite")]
use super::auth::SqliteAuth;
use super::auth::{Book, MemoryAuth, Mint, TrustedIssuer};
use super::http;
use super::options::{ServeOptions, StoreChoice};
use super::state::{Server, Shared};
use super::telemetry;
use crate::claims::{ConflictPolicy, PreemptByOperation, RejectConflicts};
use crate::engine::{Clock, Engine, EngineOptions};
use crate::store::MemoryStore;
#[cfg(feature = "sqlite")]
use crate::store::{Durability, SqliteStore, hold};

/// The organization of a development server.
pub const DEV_ORGANIZATION: &str = "org_dev";

/// The exit code of a process that was told to stop twice.
const TOLD_TWICE: i32 = 130;

/// How long open sockets have to close once the server stops.
const CLOSING: Duration = Duration::from_secs(5);

/// What a server says once it accepts connections.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ready {
    /// Where it listens.
    pub addr: SocketAddr,
    /// The organization of a development server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<String>,
    /// A secret key of that organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_key: Option<String>,
    /// A publishable key of that organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publishable_key: Option<String>,
}

/// Opens the store, listens, says so through `ready`, and serves until the process is told to stop (SIGTERM, SIGINT). Told
/// a second time, the process ends at once with exit code 130.
///
/// # Errors
/// When the store cannot be opened or the address cannot be listened on.
pub async fn serve(options: ServeOptions, ready: impl FnOnce(&Ready)) -> Result<(), AbloError> {
    let running = start(options).await?;
    // From before the caller says that we are there: who reads that may tell us to stop at once.
    let stop = told_to_stop();
    ready(&running.ready);
    running.until(stop).await
}

/// A server that listens.
pub struct Running {
    /// Where, and with which keys.
    pub ready: Ready,
    /// Its state.
    pub server: Shared,
    listener: TcpListener,
}

/// Opens the store and listens.
///
/// # Errors
/// When the store cannot be opened or the address cannot be listened on.
pub async fn start(options: ServeOptions) -> Result<Running, AbloError> {
    options.server.issuers.iter().try_for_each(TrustedIssuer::check)?;
    let clock = Clock::system();
    let policy: Arc<dyn ConflictPolicy> = match options.server.preemption {
        true => Arc::new(PreemptByOperation),
        false => Arc::new(RejectConflicts),
    };
    let engine_options = EngineOptions {
        clock: clock.clone(),
        policy,
        max_operations: options.server.limits.operations,
        quotas: options.server.quotas,
        ..EngineOptions::default()
    };
    let schema = Arc::new(options.schema.clone());
    let (engine, book) = match &options.store {
        StoreChoice::Memory => {
            let engine = Engine::open(options.schema, MemoryStore::default(), engine_options).await?;
            (engine, Book::open(Box::new(MemoryAuth), clock)?)
        }
        #[cfg(feature = "sqlite")]
        StoreChoice::Sqlite(path) => {
            // What is acknowledged survives a power cut.
            let store = SqliteStore::new(path, Durability::Full);
            let engine = Engine::open(options.schema, store, engine_options).await?;
            (engine, Book::open(Box::new(SqliteAuth::open(path)?), clock)?)
        }
        #[cfg(not(feature = "sqlite"))]
        StoreChoice::Sqlite(_) => {
            return Err(AbloError::new(Code::StoreUnavailable, "This build has no SQLite store; use `memory`."));
        }
    };
    let keys = options.dev.then(|| dev_keys(&book)).transpose()?;
    let server = Server::new(engine, schema, book, options.server);
    let listener = TcpListener::bind(options.addr).await.map_err(|error| cannot_listen(options.addr, &error))?;
    let addr = listener.local_addr().map_err(|error| cannot_listen(options.addr, &error))?;
    let (secret_key, publishable_key) = keys.unzip();
    let organization_id = options.dev.then(|| DEV_ORGANIZATION.to_owned());
    Ok(Running { ready: Ready { addr, organization_id, secret_key, publishable_key }, server, listener })
}

impl Running {
    /// Serves until `stop` is done, then lets what is under way finish.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn until(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), AbloError> {
        let Self { server, listener, ready } = self;
        let (addr, version) = (ready.addr.to_string(), env!("CARGO_PKG_VERSION"));
        let schema = server.schema.hash().to_string();
        tracing::info!(target: telemetry::SERVER, addr, version, schema, "listening");
        let router = http::router(&server);
        // What is written alone is sent at once; otherwise it waits until the client has answered what came before.
        let listener = listener.tap_io(|stream| {
            // A connection that is gone by now fails where it is read.
            let _ = stream.set_nodelay(true);
        });
        let closing = server.clone();
        let stopping = async move {
            stop.await;
            closing.drain();
            let lame_duck_ms = telemetry::millis(closing.options.lame_duck);
            tracing::info!(target: telemetry::SERVER, lame_duck_ms, "draining");
            tokio::time::sleep(closing.options.lame_duck).await;
            // First nobody gets in any more, then everybody is asked out.
            let sockets = closing.metrics.sockets.load(Ordering::Relaxed);
            tracing::info!(target: telemetry::SERVER, sockets, "stopping");
            closing.stop();
            closing.close_sockets(1012, "the server is restarting");
        };
        let served = axum::serve(listener, router).with_graceful_shutdown(stopping);
        let mut stopped = server.stopped();
        let overtime = async {
            let _ = stopped.wait_for(|stop| *stop).await;
            tokio::time::sleep(CLOSING).await;
        };
        tokio::select! {
            outcome = std::future::IntoFuture::into_future(served) => outcome.map_err(|error| cannot_listen(ready.addr, &error))?,
            () = overtime => {}
        }
        server.engine.shut_down();
        // Sockets are not part of what axum waits for. Whoever still holds the server keeps its store open.
        let deadline = tokio::time::Instant::now() + CLOSING;
        while Arc::strong_count(&server) > 1 && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tracing::info!(target: telemetry::SERVER, "stopped");
        Ok(())
    }
}

/// The keys of the development organization: new ones each time, which are shown once.
fn dev_keys(book: &Book) -> Result<(String, String), AbloError> {
    let secret = mint_key(book, KeyKind::Secret, KeyEnv::Test, DEV_ORGANIZATION)?;
    let publishable = mint_key(book, KeyKind::Publishable, KeyEnv::Test, DEV_ORGANIZATION)?;
    Ok((secret, publishable))
}

/// Makes a long-lived key of an organization.
///
/// # Errors
/// When it cannot be kept.
pub fn mint_key(book: &Book, kind: KeyKind, env: KeyEnv, organization: &str) -> Result<String, AbloError> {
    let id = super::auth::random_id(if kind == KeyKind::Secret { "sys" } else { "pub" })?;
    let participant = ablo_schema::wire::ParticipantRef { kind: ParticipantKind::System, id: id.into() };
    let (key, _) = book.mint(Mint::new(kind, env, organization, participant))?;
    Ok(key.secret().to_owned())
}

/// Makes a long-lived key of an organization in the file of a server that does not run: one that does would not know it.
/// The server makes the file when it starts for the first time.
///
/// # Errors
/// When `path` is not such a file, when a server has it open, and when the key cannot be kept.
#[cfg(feature = "sqlite")]
pub fn mint_key_in(path: &Path, kind: KeyKind, env: KeyEnv, organization: &str) -> Result<String, AbloError> {
    if !OrganizationId::is_name(organization) {
        let message =
            format!("`{organization}` cannot be the name of an organization; leave out `#` and control characters");
        return Err(AbloError::new(Code::ArgumentInvalid, message).param("organization"));
    }
    let _held = hold(path)?;
    mint_key(&Book::open(Box::new(SqliteAuth::open(path)?), Clock::system())?, kind, env, organization)
}

fn cannot_listen(addr: SocketAddr, error: &std::io::Error) -> AbloError {
    AbloError::new(Code::StoreUnavailable, format!("Cannot listen on {addr}: {error}. Choose another `--addr`."))
}

/// Listens for being told to stop, from now on; done when the process is. Told a second time, it ends at once.
fn told_to_stop() -> impl Future<Output = ()> + Send + 'static {
    let mut signals = Signals::listen();
    async move {
        signals.next().await;
        tokio::spawn(async move {
            signals.next().await;
            std::process::exit(TOLD_TWICE);
        });
    }
}

/// SIGTERM and SIGINT. Whoever makes one has them from that moment, awaited or not.
struct Signals {
    #[cfg(unix)]
    listening: Option<[tokio::signal::unix::Signal; 2]>,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let [terminate, interrupt] = [SignalKind::terminate(), SignalKind::interrupt()].map(signal);
        Self { listening: terminate.ok().zip(interrupt.ok()).map(<[_; 2]>::from) }
    }

    async fn next(&mut self) {
        let Some([terminate, interrupt]) = &mut self.listening else { return std::future::pending().await };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    fn listen() -> Self {
        Self {}
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}

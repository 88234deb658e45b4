use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use ablo_schema::ir::ValidSchema;

use super::auth::TrustedIssuer;
use super::retention::Retention;
use crate::engine::Quotas;

/// Where rows are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StoreChoice {
    /// In memory; gone with the process.
    #[default]
    Memory,
    /// In a SQLite file, together with credentials and tasks.
    Sqlite(PathBuf),
}

/// The bounds of what one server takes on. Each has its error code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest body of a request, in bytes: `body_too_large`.
    pub body_bytes: usize,
    /// Largest message of a socket, in bytes: close code 1009.
    pub message_bytes: usize,
    /// Most operations of a commit: `commit_too_many_operations`.
    pub operations: usize,
    /// Most sockets of one credential: close code 1013.
    pub sockets_per_credential: usize,
    /// Most sockets of one organization's space: close code 1013. Zero sets no limit.
    pub sockets_per_organization: usize,
    /// Most groups a socket may ask for: close code 4008, or `connection_limit_exceeded` in a `claim_ack`.
    pub groups_per_socket: usize,
    /// Most commits of one socket that wait for their answer; more are read only when one is answered.
    pub commits_in_flight: usize,
    /// HTTP requests per second and credential, on average: `rate_limited`. Zero sets no limit. Sockets need none: what
    /// they send is read only as fast as it is answered.
    pub requests_per_second: u32,
    /// HTTP requests per second and organization, on average: `rate_limited`. Zero sets no limit.
    pub organization_requests_per_second: u32,
    /// A socket that takes this long to accept what it is sent is cut.
    pub write_timeout: Duration,
    /// A bootstrap, or a long answer to a query, that has not been taken whole within this time is broken off; so is one of
    /// which nothing is taken for as long as `write_timeout`.
    pub bootstrap_timeout: Duration,
    /// A socket that sends nothing for this long is asked whether it is there.
    pub idle_ping: Duration,
    /// A socket that sends nothing for this long, not even an answer to that, is closed: close code 4000.
    pub idle_timeout: Duration,
    /// Deepest nesting of JSON in a body or message: `invalid_json`.
    pub json_depth: usize,
    /// Most rows a list returns at once.
    pub page: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 2 << 20,
            message_bytes: 256 << 10,
            operations: 500,
            sockets_per_credential: 20,
            sockets_per_organization: 10_000,
            groups_per_socket: 64,
            commits_in_flight: 256,
            requests_per_second: 1_000,
            organization_requests_per_second: 10_000,
            write_timeout: Duration::from_secs(20),
            bootstrap_timeout: Duration::from_secs(300),
            idle_ping: Duration::from_secs(20),
            idle_timeout: Duration::from_secs(60),
            json_depth: 32,
            page: 100,
        }
    }
}

/// How a server behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerOptions {
    /// Bounds.
    pub limits: Limits,
    /// How much each organization may keep. Rows and the log have no quota unless it is given one: how much is much is
    /// the operator's to say. Claims have one that only a client gone wrong comes near.
    pub quotas: Quotas,
    /// How much of the log is kept.
    pub retention: Retention,
    /// Whose tokens are taken as credentials of people, besides this server's own keys.
    pub issuers: Vec<TrustedIssuer>,
    /// Web origins that may use the server from a browser; `None` allows every one. A key is needed in any case.
    pub origins: Option<Vec<String>>,
    /// Whether clients of version 0.9.0 are told to drop the marks that hide what others wrote, by an unused member
    /// `unassignedAt` in the deltas that need it.
    pub settle_marks: bool,
    /// Whether a participant that may do `intent.preempt` takes over a row that another one holds, and writes to it. Without
    /// it, no conflict ends that way.
    pub preemption: bool,
    /// Events of clients that are relayed to others, as `kind` of their frames. They say where somebody is: who reads too
    /// slowly is told the newest of each connection and kind.
    pub relayed: Vec<String>,
    /// How long the server goes on as before after it was told to stop, no longer ready, so that whoever sends it
    /// clients can stop doing so. Then it closes its sockets.
    pub lame_duck: Duration,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            quotas: Quotas { claims: NonZeroU64::new(10_000), ..Quotas::default() },
            retention: Retention::default(),
            issuers: Vec::new(),
            origins: None,
            settle_marks: true,
            preemption: false,
            relayed: ["sheet_selection", "slide_selection", "slide_cursor"].map(str::to_owned).to_vec(),
            lame_duck: Duration::from_secs(5),
        }
    }
}

impl ServerOptions {
    /// Whether a browser page of this origin may use the server.
    #[must_use]
    pub fn allows_origin(&self, origin: &str) -> bool {
        self.origins.as_ref().is_none_or(|allowed| allowed.iter().any(|known| known == origin || known == "*"))
    }
}

/// What [`serve`](super::serve) runs.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// The schema that is served.
    pub schema: ValidSchema,
    /// Where rows are kept.
    pub store: StoreChoice,
    /// Where to listen; port 0 picks a free one.
    pub addr: SocketAddr,
    /// Creates the organization `org_dev` and prints keys for it.
    pub dev: bool,
    /// How the server behaves.
    pub server: ServerOptions,
}

impl ServeOptions {
    /// Serves a schema from memory, on a free local port, for development.
    #[must_use]
    pub fn dev(schema: ValidSchema) -> Self {
        Self {
            schema,
            store: StoreChoice::Memory,
            addr: SocketAddr::from(([127, 0, 0, 1], 0)),
            dev: true,
            // Nobody sends a development server clients.
            server: ServerOptions { lame_duck: Duration::ZERO, ..ServerOptions::default() },
        }
    }
}

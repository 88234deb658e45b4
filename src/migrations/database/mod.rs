//! A PostgreSQL database: connecting, the migration lock, and errors that name the SQLSTATE.

mod apply;
pub mod catalog;
mod history;
mod revert;
mod run;
mod status;
mod verify;

use std::time::Duration;

use ablo_schema::error::{AbloError, Code};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Client, Config, NoTls};

pub use apply::{Applied, Apply};
pub use history::Entry;
pub use revert::{Revert, Reverted};
pub use status::{State, Status};
pub use verify::Verified;

/// How often a held lock is asked for again.
const LOCK_POLL: Duration = Duration::from_millis(100);

/// A connection to a database.
pub struct Database {
    client: Client,
    config: Config,
    /// The schema that unqualified names mean, where the history is kept.
    schema: String,
}

impl Database {
    /// Connects.
    ///
    /// # Errors
    /// When the URL is not one, or the database does not let us in.
    pub async fn connect(url: &str) -> Result<Self, AbloError> {
        let config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
            AbloError::new(Code::ArgumentInvalid, format!("the database URL is not one: {}", cause(&error)))
                .detail("fix", "write it as `postgres://user:password@host:port/database`")
        })?;
        Self::open(config).await
    }

    /// Connects to another database of the same server.
    ///
    /// # Errors
    /// When it does not let us in.
    pub async fn sibling(&self, name: &str) -> Result<Self, AbloError> {
        let mut config = self.config.clone();
        config.dbname(name);
        Self::open(config).await
    }

    async fn open(config: Config) -> Result<Self, AbloError> {
        if config.get_ssl_mode() == SslMode::Require {
            return Err(AbloError::new(
                Code::ArgumentInvalid,
                "`sslmode=require` is asked for and TLS is not built in",
            )
            .detail("fix", "connect through a local socket, a tunnel or a TLS proxy, without `sslmode=require`"));
        }
        let unreachable = |error: &tokio_postgres::Error| {
            AbloError::new(
                Code::DatabaseUnreachable,
                format!("cannot connect to {}: {}", target(&config), cause(error)),
            )
            .detail("fix", "check the URL, and that the server runs and lets this user in")
        };
        let (client, connection) = config.connect(NoTls).await.map_err(|error| unreachable(&error))?;
        // The driver ends when the client is dropped; what broke it is told by the query that notices.
        tokio::spawn(async move {
            let _ = connection.await;
        });
        let row = client.query_one("SELECT current_schema()", &[]).await.map_err(|error| failed(&error))?;
        let schema = row.get::<_, Option<String>>(0).unwrap_or_else(|| "public".to_owned());
        Ok(Self { client, config, schema })
    }

    /// Where it is, without the password.
    #[must_use]
    pub fn target(&self) -> String {
        target(&self.config)
    }

    /// The schema that unqualified names mean.
    #[must_use]
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// Runs statements that give nothing back.
    ///
    /// # Errors
    /// When the database refuses one.
    pub async fn execute(&self, sql: &str) -> Result<(), AbloError> {
        self.client.batch_execute(sql).await.map_err(|error| failed(&error))
    }

    /// Takes the lock that all runs of this schema's migrations share, for the life of the connection. It is asked
    /// for again and again instead of waited for: a waiting statement would hold a snapshot, and the holder's
    /// `CREATE INDEX CONCURRENTLY` waits for every older snapshot.
    async fn lock(&self, wait: Duration) -> Result<(), AbloError> {
        let key = format!("ablo.migrations.{}", self.schema);
        let deadline = tokio::time::Instant::now() + wait;
        loop {
            let row = self.client.query_one("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", &[&key]).await;
            if row.map_err(|error| failed(&error))?.get::<_, bool>(0) {
                return Ok(());
            }
            if tokio::time::Instant::now() >= deadline {
                return Err(AbloError::new(Code::MigrationLocked, "another run is migrating this database").detail(
                    "fix",
                    "wait for it to end and run this again, or wait longer with `--lock-wait SECONDS`",
                ));
            }
            tokio::time::sleep(LOCK_POLL).await;
        }
    }

    /// Prepares a session that changes the database: no statement waits long for a lock, and the server stops
    /// working for us soon after we are killed.
    async fn prepare(&self, lock_timeout: Duration) -> Result<(), AbloError> {
        let millis = lock_timeout.as_millis();
        self.execute(&format!(
            "SET lock_timeout = {millis}; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; \
             SELECT set_config('client_connection_check_interval', '1s', false) \
             FROM pg_settings WHERE name = 'client_connection_check_interval'"
        ))
        .await
    }
}

fn target(config: &Config) -> String {
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(host)) => host.clone(),
        Some(Host::Unix(path)) => path.display().to_string(),
        None => "localhost".to_owned(),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let name = config.get_dbname().or_else(|| config.get_user()).unwrap_or("postgres");
    format!("{host}:{port}/{name}")
}

/// An identifier as SQL writes it.
pub(super) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// What went wrong, in the server's words where it spoke.
fn cause(error: &tokio_postgres::Error) -> String {
    if let Some(answer) = error.as_db_error() {
        let mut text = format!("{} (SQLSTATE {})", answer.message(), answer.code().code());
        for (label, more) in [("detail", answer.detail()), ("hint", answer.hint())] {
            if let Some(more) = more {
                text += &format!("; {label}: {more}");
            }
        }
        return text;
    }
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

fn failed(error: &tokio_postgres::Error) -> AbloError {
    let code = if error.is_closed() { Code::DatabaseUnreachable } else { Code::DatabaseFailed };
    AbloError::new(code, cause(error))
}

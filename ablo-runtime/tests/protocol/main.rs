//! What clients of version 0.9.0 send and read: a test per fact of their contract, its section in the test's first line.
//! `docs/protocol.md` is made of those lines.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, missing_docs)]

mod http;
mod page;
#[path = "../support/served.rs"]
mod served;
mod sockets;
#[path = "../support/mod.rs"]
mod support;

use ablo_runtime::server::ServeOptions;
use ablo_schema::ir::{SchemaDef, ValidSchema};
use served::Served;

/// Every kind of field, relation and spelling the contract knows.
fn schema() -> ValidSchema {
    SchemaDef::from_artifact(include_str!("schema.json")).unwrap().validate().unwrap()
}

async fn served() -> Served {
    Served::start(ServeOptions::dev(schema()), None).await
}

/// A server whose rows grant groups to people, who see nothing else.
async fn granting() -> Served {
    Served::start(ServeOptions::dev(support::schema()), None).await
}

/// A server with other options than a development server's.
async fn served_with(change: impl FnOnce(&mut ServeOptions)) -> Served {
    let mut options = ServeOptions::dev(schema());
    change(&mut options);
    Served::start(options, None).await
}

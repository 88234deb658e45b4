//! What clients of version 0.9.0 send and read: a test per fact of their contract, its section in the test's first line.
//! `docs/protocol.md` is made of those lines.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, missing_docs)]

mod http;
mod page;
#[path = "../support/served.rs"]
mod served;
mod sockets;

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

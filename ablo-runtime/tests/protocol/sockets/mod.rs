//! Sections 4.4 to 6 and what of 7, 10 and 11 shows on a socket.

mod claims;
mod client;
mod closes;
mod commits;
mod deltas;
mod frames;
mod grants;
mod groups;
mod life;
mod pacing;
mod presence;
mod scopes;
mod start;
mod window;

use ablo_runtime::server::ServeOptions;
use ablo_schema::ir::SchemaDef;
use client::{Client, create, remove, update};

use crate::served::Served;

/// A server of a schema where nothing is seen for the organization's sake: rooms, and the rows that make people members.
async fn members() -> Served {
    let schema = SchemaDef::from_artifact(include_str!("members.json")).unwrap().validate().unwrap();
    Served::start(ServeOptions::dev(schema), None).await
}

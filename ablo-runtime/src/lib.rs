#![cfg_attr(test, allow(clippy::unwrap_used))]

//! The runtime of ablo: an ordered log per organization, claims, stores and the typed client.
//!
//! The cores ([`engine`], [`claims`]) are state machines with clock and randomness passed in; the code that awaits is
//! thin and lives around them.

#[cfg(test)]
extern crate self as ablo_runtime;

pub mod claims;
pub mod client;
pub mod engine;
mod lock;
#[cfg(feature = "server")]
pub mod server;
pub mod store;
#[cfg(test)]
#[path = "../tests/support/mod.rs"]
mod support;

//! What makes a server good to run: limits, stopping, watching, keeping.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, missing_docs)]

mod drain;
#[cfg(feature = "sqlite")]
mod health;
mod limits;
mod logs;
mod origins;
mod quotas;
mod rates;
mod support;
